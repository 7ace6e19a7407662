// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftstate: brings a TCP socket into a named condition, tries to attach fttcp
 * to it, prints what came of it and the connection's tuple, and keeps it until
 * its standard input ends, so that a script can try the same by netlink.
 *
 * Output: one line "state=NAME local=A:P remote=A:P ulp=ERRNO again=ERRNO
 * standby=ERRNO claim=ERRNO reserved=ERRNO". ulp: the result of
 * setsockopt(TCP_ULP), "-" when -k said not to try; then those of the options
 * of a listener, the last one with something in a reserved field. -u gives up
 * all privileges before. -r begins another connection in the same socket then:
 * "reuse=ERRNO connect=ERRNO" follow, of connect() to no address and to the
 * listener.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ftsock.h"

/**
 * struct pair - a connection over the loopback, both ends in this process
 * @lfd: the listener
 * @a: the end under test
 * @b: the other end
 * @proto: IPPROTO_TCP or IPPROTO_MPTCP
 */
struct pair {
	int lfd;
	int a;
	int b;
	int proto;
};

/**
 * struct state - one condition
 * @name: on the command line
 * @enter: brings @pair.a into it; a negative errno means that this kernel can
 *	not do it, which is no result of a test
 */
struct state {
	const char *name;
	int (*enter)(struct pair *p);
};

static int open_listener(struct pair *p)
{
	struct sockaddr_storage ss;

	sock_addr("127.0.0.1", 0, &ss);
	p->lfd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, p->proto);
	if (p->lfd < 0 || bind(p->lfd, (struct sockaddr *)&ss, sizeof(ss)))
		return -errno;
	return 0;
}

/* @prepare: what is done to both sockets before they connect, or NULL */
static int open_prepared(struct pair *p, int (*prepare)(int fd))
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int err = open_listener(p);

	if (err)
		return err;
	p->a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, p->proto);
	if (p->a < 0 || getsockname(p->lfd, (struct sockaddr *)&ss, &len))
		return -errno;
	if (prepare)
		err = prepare(p->lfd) ?: prepare(p->a);
	if (err)
		return err;
	if (listen(p->lfd, 1) || connect(p->a, (struct sockaddr *)&ss, len))
		return -errno;
	p->b = accept4(p->lfd, NULL, NULL, SOCK_CLOEXEC);
	return p->b < 0 ? -errno : 0;
}

static int open_pair(struct pair *p)
{
	return open_prepared(p, NULL);
}

/* Fills every buffer between the two ends, so that a FIN can not be sent. */
static int fill(int fd)
{
	static char junk[65536];
	int idle = 0;

	while (idle < 10) {
		struct pollfd pfd = { .fd = fd, .events = POLLOUT };

		if (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			idle = 0;
		else if (errno != EAGAIN)
			return -errno;
		else if (poll(&pfd, 1, 50) == 0)
			idle++;
	}
	return 0;
}

/* Until the other side's FIN is there. */
static int wait_fin(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLRDHUP };

	return poll(&pfd, 1, 5000) == 1 ? 0 : -ETIMEDOUT;
}

static int tcp_state(int fd)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len) ?
	       -errno : ti.tcpi_state;
}

static int wait_state(int fd, int state)
{
	int i;

	for (i = 0; i < 500 && tcp_state(fd) != state; i++)
		usleep(10000);
	return tcp_state(fd) == state ? 0 : -ETIMEDOUT;
}

static int enter_closed(struct pair *p)
{
	p->a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	return p->a < 0 ? -errno : 0;
}

/* Nobody answers for this address: the SYN waits for a neighbour. */
static int enter_syn_sent(struct pair *p)
{
	struct sockaddr_storage ss;

	sock_addr("10.0.0.77", 9, &ss);
	p->a = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
	if (p->a < 0)
		return -errno;
	if (!connect(p->a, (struct sockaddr *)&ss, sizeof(ss)) ||
	    errno != EINPROGRESS)
		return -errno;
	return 0;
}

static int enter_listen(struct pair *p)
{
	int err = open_listener(p);

	p->a = p->lfd;
	return err ? err : listen(p->a, 1) ? -errno : 0;
}

static int enter_close_wait(struct pair *p)
{
	int err = open_pair(p);

	if (!err && shutdown(p->b, SHUT_WR))
		err = -errno;
	return err ? err : wait_fin(p->a);
}

static int enter_fin_wait1(struct pair *p)
{
	int err = open_pair(p);

	if (!err)
		err = fill(p->a);
	if (!err && shutdown(p->a, SHUT_WR))
		err = -errno;
	return err ? err : wait_state(p->a, TCP_FIN_WAIT1);
}

static int enter_fin_wait2(struct pair *p)
{
	int err = open_pair(p);

	if (!err && shutdown(p->a, SHUT_WR))
		err = -errno;
	return err ? err : wait_state(p->a, TCP_FIN_WAIT2);
}

static int enter_last_ack(struct pair *p)
{
	int err = enter_close_wait(p);

	if (!err)
		err = fill(p->a);
	if (!err && shutdown(p->a, SHUT_WR))
		err = -errno;
	return err ? err : wait_state(p->a, TCP_LAST_ACK);
}

static int enter_closing(struct pair *p)
{
	int err = enter_fin_wait1(p);

	if (!err && shutdown(p->b, SHUT_WR))
		err = -errno;
	return err ? err : wait_state(p->a, TCP_CLOSING);
}

static int enter_tls(struct pair *p)
{
	int err = open_pair(p);

	if (!err && setsockopt(p->a, IPPROTO_TCP, TCP_ULP, "tls", 3))
		err = -errno;
	return err;
}

static int enter_mptcp(struct pair *p)
{
	p->proto = IPPROTO_MPTCP;
	return open_pair(p);
}

static int enter_repair(struct pair *p)
{
	int one = 1, err = open_pair(p);

	if (!err && setsockopt(p->a, IPPROTO_TCP, TCP_REPAIR, &one,
			       sizeof(one)))
		err = -errno;
	return err;
}

/* RFC 5925: Linux 6.7, and no header of this system knows it yet. */
#ifndef TCP_AO_ADD_KEY
#define TCP_AO_ADD_KEY	38

struct tcp_ao_add {
	struct sockaddr_storage addr;
	char alg_name[64];
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved2;
	uint8_t prefix;
	uint8_t sndid;
	uint8_t rcvid;
	uint8_t maclen;
	uint8_t keyflags;
	uint8_t keylen;
	uint8_t key[80];
} __attribute__((aligned(8)));
#endif

static int add_ao_key(int fd)
{
	struct tcp_ao_add ao = {
		.alg_name = "hmac(sha1)", .prefix = 32, .sndid = 1, .rcvid = 1,
		.keylen = 6, .key = "secret",
	};

	sock_addr("127.0.0.1", 0, &ao.addr);
	return setsockopt(fd, IPPROTO_TCP, TCP_AO_ADD_KEY, &ao, sizeof(ao)) ?
	       -errno : 0;
}

static int enter_ao(struct pair *p)
{
	return open_prepared(p, add_ao_key);
}

/* A listener that takes data in the SYN: acknowledged before we see it. */
static int enter_tfo_listen(struct pair *p)
{
	int qlen = 5, err = enter_listen(p);

	if (!err && setsockopt(p->a, IPPROTO_TCP, TCP_FASTOPEN, &qlen,
			       sizeof(qlen)))
		err = -errno;
	return err;
}

static const struct state states[] = {
	{ "closed", enter_closed },
	{ "syn-sent", enter_syn_sent },
	{ "established", open_pair },
	{ "listen", enter_listen },
	{ "close-wait", enter_close_wait },
	{ "fin-wait-1", enter_fin_wait1 },
	{ "fin-wait-2", enter_fin_wait2 },
	{ "last-ack", enter_last_ack },
	{ "closing", enter_closing },
	{ "tls", enter_tls },
	{ "mptcp", enter_mptcp },
	{ "repair", enter_repair },
	{ "ao", enter_ao },
	{ "tfo-listen", enter_tfo_listen },
};

static void addr_text(int fd, bool peer, char *buf, size_t len)
{
	struct sockaddr_storage ss;
	socklen_t slen = sizeof(ss);
	int err;

	if (peer)
		err = getpeername(fd, (struct sockaddr *)&ss, &slen);
	else
		err = getsockname(fd, (struct sockaddr *)&ss, &slen);
	if (err)
		snprintf(buf, len, "-");
	else
		sock_text(&ss, buf, len);
}

static const char *try_standby(int fd)
{
	int one = 1;

	return errno_name(setsockopt(fd, SOL_FTTCP, FTTCP_STANDBY, &one,
				     sizeof(one)) ? errno : 0);
}

static const char *try_claim(int fd, int reserved)
{
	struct fttcp_claim claim = { .reserved = reserved };

	return errno_name(setsockopt(fd, SOL_FTTCP, FTTCP_CLAIM, &claim,
				     sizeof(claim)) ? errno : 0);
}

static void report(const char *name, int fd, bool attach)
{
	char local[80], remote[80];
	const char *first = "-", *again = "-";

	addr_text(fd, false, local, sizeof(local));
	addr_text(fd, true, remote, sizeof(remote));
	if (attach) {
		first = errno_name(-sock_attach(fd));
		again = errno_name(-sock_attach(fd));
	}
	printf("state=%s local=%s remote=%s ulp=%s again=%s standby=%s claim=%s reserved=%s\n",
	       name, local, remote, first, again, try_standby(fd),
	       try_claim(fd, 0), try_claim(fd, 1));
	fflush(stdout);
}

static void reuse(const struct pair *p)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int err;

	/* what TCP itself does comes after both halves were shut */
	shutdown(p->a, SHUT_RDWR);
	err = connect(p->a, &none, sizeof(none)) ? errno : 0;
	printf("reuse=%s ", errno_name(err));
	getsockname(p->lfd, (struct sockaddr *)&ss, &len);
	err = connect(p->a, (struct sockaddr *)&ss, len) ? errno : 0;
	printf("connect=%s\n", errno_name(err));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct pair p = { -1, -1, -1, IPPROTO_TCP };
	bool keep = argc == 3 && !strcmp(argv[1], "-k");
	bool weak = argc == 3 && !strcmp(argv[1], "-u");
	bool again = argc == 3 && !strcmp(argv[1], "-r");
	size_t i;
	char c;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		int err;

		if (argc < 2 || strcmp(states[i].name, argv[argc - 1]))
			continue;
		err = states[i].enter(&p);
		if (!err && weak && (setgid(65534) || setuid(65534)))
			err = -errno;
		if (err) {
			printf("state=%s unavailable=%s\n", states[i].name,
			       errno_name(-err));
			return 4;
		}
		report(states[i].name, p.a, !keep);
		if (again)
			reuse(&p);
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
		return 0;
	}
	fprintf(stderr, "usage: %s [-k | -u | -r] STATE\n", argv[0]);
	return 1;
}
