// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the process between two messengers, which carries their connection and may
 * do to one of its frames what somebody on the cable could. See node.h.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fttcpd/greet.h"
#include "fttcp-packet.h"
#include "node.h"

#define FRAME_MAX	(4 + FTTCP_PACKET_MAX + FTTCP_AUTH_MAC)

/* One direction of a connection that is bent. */
struct way {
	int number;	/* 0 to node 0, 1 to node 1 */
	int from;
	int to;
	size_t greeting;	/* bytes before the first frame */
	unsigned int frames;
	size_t have;
	uint8_t buf[FRAME_MAX];
	size_t kept_len;
	uint8_t kept[FRAME_MAX];
};

uint16_t node_port[2];
static pid_t wire;
static enum bend bend;
static int bend_way;
static unsigned int bend_frame;
/* what the first connection said, to be said again by another one */
static uint8_t tape[1 << 16];
static size_t taped;

int wire_dial(uint16_t to)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(to);
	if (!connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
		return fd;
	close(fd);
	return -1;
}

static bool put(int to, const uint8_t *buf, size_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= n) {
		n = send(to, buf, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

/* Behind a frame that was made up comes the real one, and so on. */
static bool put_bent(struct way *way, size_t len)
{
	static const uint8_t made_up[4 + 4 + FTTCP_AUTH_MAC] = {
		0, 0, 0, 4, FTTCP_PACKET_VERSION, FTTCP_P_PING,
	};
	enum bend how = bend;

	bend = BEND_NONE;
	switch (how) {
	case BEND_FLIP:
		way->buf[len / 2] ^= 1;
		break;
	case BEND_LENGTH:
		way->buf[0] ^= 0x40;
		break;
	case BEND_TWICE:
		return put(way->to, way->buf, len) &&
		       put(way->to, way->buf, len);
	case BEND_LEAVE_OUT:
		return true;
	case BEND_MAKE_UP:
		return put(way->to, made_up, sizeof(made_up)) &&
		       put(way->to, way->buf, len);
	case BEND_REFLECT:
		return put(way->from, way->buf, len);
	case BEND_SWAP:
		memcpy(way->kept, way->buf, len);
		way->kept_len = len;
		return true;
	default:
		break;
	}
	return put(way->to, way->buf, len);
}

static bool put_frame(struct way *way, size_t len)
{
	bool bent = bend && bend_way == way->number &&
		    ++way->frames == bend_frame;
	bool good = bent ? put_bent(way, len) : put(way->to, way->buf, len);

	if (!bent && way->kept_len) {
		good = good && put(way->to, way->kept, way->kept_len);
		way->kept_len = 0;
	}
	return good;
}

static void record(struct way *way, const uint8_t *buf, size_t len)
{
	if (bend != BEND_REPLAY || way->number ||
	    taped + len > sizeof(tape))
		return;
	memcpy(tape + taped, buf, len);
	taped += len;
}

/* Return: whether there was a whole one. */
static bool one_frame(struct way *way, size_t *used)
{
	uint32_t len;

	if (way->have < sizeof(len))
		return false;
	memcpy(&len, way->buf, sizeof(len));
	*used = sizeof(len) + ntohl(len) + FTTCP_AUTH_MAC;
	return way->have >= *used;
}

static bool carry_some(struct way *way, size_t *greeted)
{
	size_t want = *greeted < way->greeting ? way->greeting - *greeted :
						 sizeof(way->buf) - way->have;
	ssize_t n = recv(way->from, way->buf + way->have, want, 0);
	size_t used;

	if (n <= 0)
		return false;
	record(way, way->buf + way->have, n);
	if (*greeted < way->greeting) {
		*greeted += n;
		return put(way->to, way->buf, n);
	}
	way->have += n;
	while (one_frame(way, &used)) {
		if (!put_frame(way, used))
			return false;
		way->have -= used;
		memmove(way->buf, way->buf + used, way->have);
	}
	return true;
}

/* All that was said to the listening node before, once more. */
static void replay(void)
{
	int fd = wire_dial(node_port[0]);
	char buf[1024];

	if (fd < 0 || !put(fd, tape, taped))
		_exit(1);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	close(fd);
}

static void carry(int a)
{
	static struct way ways[2];
	int b = wire_dial(node_port[0]), i;
	struct pollfd pfd[2] = {
		{ .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN },
	};
	size_t greeted[2] = { 0 };

	memset(ways, 0, sizeof(ways));
	for (i = 0; i < 2; i++) {
		ways[i].number = i;
		ways[i].from = i ? b : a;
		ways[i].to = i ? a : b;
		ways[i].greeting = i ? FTTCPD_GREET_ANSWER :
				   FTTCPD_GREET_CALL + FTTCPD_GREET_PROOF;
	}
	while (b >= 0 && poll(pfd, 2, -1) > 0) {
		if ((pfd[0].revents && !carry_some(&ways[0], &greeted[0])) ||
		    (pfd[1].revents && !carry_some(&ways[1], &greeted[1])))
			break;
		if (bend == BEND_REPLAY && taped > 1000) {
			bend = BEND_NONE;
			replay();
		}
	}
	close(a);
	if (b >= 0)
		close(b);
}

/* Without a key there are no frames to look at. */
static void carry_blindly(int a)
{
	int b = wire_dial(node_port[0]), i;
	struct pollfd pfd[2] = {
		{ .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN },
	};
	uint8_t buf[8192];
	ssize_t n = 1;

	while (b >= 0 && n > 0 && poll(pfd, 2, -1) > 0)
		for (i = 0; i < 2; i++) {
			if (!pfd[i].revents)
				continue;
			n = recv(pfd[i].fd, buf, sizeof(buf), 0);
			if (n <= 0 || !put(pfd[!i].fd, buf, n)) {
				n = 0;
				break;
			}
		}
	close(a);
	if (b >= 0)
		close(b);
}

static void carry_all(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, a;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(node_port[1]);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 4))
		_exit(1);
	while ((a = accept(fd, NULL, NULL)) >= 0)
		if (bend)
			carry(a);
		else
			carry_blindly(a);
	_exit(1);
}

void wire_start(void)
{
	fflush(NULL);
	wire = fork();
	if (wire < 0)
		abort();
	if (!wire)
		carry_all();
}

void wire_cut(void)
{
	if (!wire)
		return;
	kill(wire, SIGKILL);
	waitpid(wire, NULL, 0);
	wire = 0;
}

void wire_bend(enum bend how, int way, unsigned int frame)
{
	wire_cut();
	bend = how;
	bend_way = way;
	bend_frame = frame;
	wire_start();
	bend = BEND_NONE;
}
