// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our end of a lane: a TCP connection over the loopback device, whose other end
 * is given to the kernel. What the node sends has to be right, always.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fttcp/limits.h>

#include "fuzzlane.h"

#define HDR	sizeof(struct fttcp_wire_hdr)

static int pair(int fds[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int l, err = 0;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = -1;
	if (l < 0 || fds[0] < 0 || bind(l, (struct sockaddr *)&at, len) ||
	    listen(l, 1) || getsockname(l, (struct sockaddr *)&at, &len) ||
	    connect(fds[0], (struct sockaddr *)&at, len))
		err = -errno;
	else
		fds[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (!err && fds[1] < 0)
		err = -errno;
	close(l);
	if (err && fds[0] >= 0)
		close(fds[0]);
	return err;
}

/**
 * lane_open() - connect a lane
 * @l: lane
 * @kernel_end: the socket for the kernel, to be closed by the caller
 *
 * Return: 0 or a negative errno.
 */
int lane_open(struct lane *l, int *kernel_end)
{
	struct timeval limit = { .tv_sec = 20 };
	int one = 1, fds[2], err;

	err = pair(fds);
	if (err)
		return err;
	memset(l, 0, sizeof(*l));
	l->in = malloc(LANE_IN_ROOM);
	if (!l->in)
		return -ENOMEM;
	l->fd = fds[0];
	*kernel_end = fds[1];
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return 0;
}

void lane_close(struct lane *l, bool reset)
{
	struct linger now = { .l_onoff = 1 };

	if (l->fd < 0)
		return;
	if (reset)
		setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(l->fd);
	l->fd = -1;
	free(l->in);
	l->in = NULL;
}

/**
 * lane_send() - send bytes, whole or in pieces
 * @l: lane
 * @rec: bytes
 * @len: how many
 * @r: decides on the pieces
 *
 * Return: 0, also when the node has closed its end; -EAGAIN when it does not
 * take them.
 */
int lane_send(struct lane *l, const void *rec, size_t len, struct rnd *r)
{
	uint32_t most = len < 1000 ? 40 : len / 4;
	bool pieces = rnd_one_in(r, 4);
	const char *p = rec;

	while (len && !l->ended) {
		size_t n = pieces ? 1 + rnd_below(r, most) : len;
		int flags = MSG_NOSIGNAL | (rnd_one_in(r, 8) ? MSG_MORE : 0);
		ssize_t done;

		if (n >= len) {
			n = len;
			flags = MSG_NOSIGNAL;
		}
		done = send(l->fd, p, n, flags);
		if (done < 0 && errno == EAGAIN)
			return -EAGAIN;
		if (done < 0)
			l->ended = true;
		else
			p += done, len -= done;
	}
	return 0;
}

static uint64_t be64(const void *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return be64toh(v);
}

static uint32_t be32(const void *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return ntohl(v);
}

/* Of the header at @h; NULL when it is as a node has to send it. */
static const char *wrong_header(const struct lane *l, const unsigned char *h)
{
	_Alignas(8) unsigned char want[HDR];
	uint8_t type = h[3];
	uint32_t payload = be32(h + 8);

	if (!recgen_body_len(type))
		return "the node sent an unknown type";
	if (recgen_has_payload(type) ?
	    !payload || payload > FTTCP_RECORD_PAYLOAD_MAX : payload)
		return "the node sent a wrong length";
	recgen_header(want, type, payload,
		      recgen_counted(type) ? l->got + 1 : 0);
	return memcmp(want, h, HDR) ? "the node sent a wrong header" : NULL;
}

static void note(struct lane *l, uint8_t type, uint64_t index,
		 const void *body)
{
	const struct fttcp_wire_beat *b = body;
	uint64_t v;

	if (index)
		l->got = index;
	if (type != FTTCP_WIRE_ACK && type != FTTCP_WIRE_HEARTBEAT)
		return;
	v = be64(&b->acked);
	if (v > l->acked)
		l->acked = v;
	v = be64(&b->sent_ns);
	if (v > l->peer_ns)
		l->peer_ns = v;
}

/* The record at the beginning of @l->in; its length, 0 when it is not whole. */
static size_t take(struct lane *l, const unsigned char *p, size_t len,
		   lane_record_fn fn, void *arg, const char **wrong)
{
	_Alignas(8) unsigned char body[FTTCP_WIRE_BODY_MAX];
	uint32_t payload;
	size_t size;
	uint8_t type;

	if (len < HDR)
		return 0;
	*wrong = wrong_header(l, p);
	if (*wrong)
		return 0;
	type = p[3];
	payload = be32(p + 8);
	size = HDR + recgen_body_len(type) + payload;
	if (len < size)
		return 0;
	memcpy(body, p + HDR, recgen_body_len(type));
	if (!recgen_valid(type, body)) {
		*wrong = "the node sent a body that no node accepts";
		return 0;
	}
	note(l, type, be64(p + 16), body);
	if (fn)
		fn(l, type, body, p + HDR + recgen_body_len(type), payload,
		   arg);
	return size;
}

/**
 * lane_read() - take what has come
 * @l: lane
 * @fn: told each record, or NULL
 * @arg: for @fn
 *
 * Return: NULL, or what is wrong with what the node sent.
 */
const char *lane_read(struct lane *l, lane_record_fn fn, void *arg)
{
	const char *wrong = NULL;
	size_t pos = 0, size;
	ssize_t n;

	if (l->fd < 0)
		return NULL;
	for (;;) {
		n = recv(l->fd, l->in + l->in_len, LANE_IN_ROOM - l->in_len,
			 MSG_DONTWAIT);
		if (n <= 0)
			break;
		l->in_len += n;
		pos = 0;
		while ((size = take(l, l->in + pos, l->in_len - pos, fn, arg,
				    &wrong)))
			pos += size;
		memmove(l->in, l->in + pos, l->in_len - pos);
		l->in_len -= pos;
		if (wrong)
			return wrong;
	}
	if (!n || (errno != EAGAIN && errno != EINTR))
		l->ended = true;
	return NULL;
}
