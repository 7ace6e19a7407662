// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftoption: one connection for each option of a socket and address family. act's
 * program sets it; after the takeover bak's must find it, without having set
 * anything, and the stream goes on.
 *
 * usage: ftoption [-l] PEER-NS ACT-NS BAK-NS
 *
 * -l lists the cases. Otherwise "open" and "resume", one a line, are answered
 * with "done COMMAND", the latter after "ok NAME" or "bad NAME: WHY" for each
 * case. The last connection, "rest", has set what is not carried.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftinfo.h"
#include "fttrio.h"

#define CONNS_MAX	128
#define WAIT_MS		60000

/* Bytes, in each direction: before, after, and to open the congestion window. */
#define SOME		2000
#define MUCH		400000
/* SO_RCVLOWAT, and how long fewer bytes are seen not to wake anybody. */
#define LOWAT		1000
#define LOWAT_LOOK_MS	200

#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT	73
#endif
#ifndef TCP_INQ
#define TCP_INQ			36
#endif

enum { V4 = 1, V6 = 2 };
enum kind { K_INT, K_TEXT, K_WSCALE, K_CWND, K_LOWAT, K_REST };

/**
 * struct option - a case, or one for each family
 * @name: what it is called
 * @families: V4, V6
 * @kind: what is set and compared
 * @level: as setsockopt() has it
 * @opt: as setsockopt() has it
 * @val: value; window scale of act's side
 * @text: value of a K_TEXT
 */
struct option {
	const char *name;
	int families;
	enum kind kind;
	int level;
	int opt;
	int val;
	const char *text;
};

#define INT(_name, _families, _level, _opt, _val) \
	{ _name, _families, K_INT, _level, _opt, _val, NULL }
#define TEXT(_name, _families, _level, _opt, _text) \
	{ _name, _families, K_TEXT, _level, _opt, 0, _text }

static const struct option options[] = {
	INT("keepalive", V4 | V6, SOL_SOCKET, SO_KEEPALIVE, 1),
	INT("keepalive, idle time", V4 | V6, IPPROTO_TCP, TCP_KEEPIDLE, 77),
	INT("keepalive, interval", V4 | V6, IPPROTO_TCP, TCP_KEEPINTVL, 13),
	INT("keepalive, count", V4 | V6, IPPROTO_TCP, TCP_KEEPCNT, 5),
	/* a dead machine's orphan lives as long, and keeps the module */
	INT("user timeout", V4 | V6, IPPROTO_TCP, TCP_USER_TIMEOUT, 12345),
	INT("no delay", V4 | V6, IPPROTO_TCP, TCP_NODELAY, 1),
	INT("cork", V4 | V6, IPPROTO_TCP, TCP_CORK, 1),
	INT("not-sent low-water mark", V4 | V6, IPPROTO_TCP,
	    TCP_NOTSENT_LOWAT, 123456),
	INT("mark", V4 | V6, SOL_SOCKET, SO_MARK, 77),
	INT("priority", V4 | V6, SOL_SOCKET, SO_PRIORITY, 5),
	INT("receive buffer", V4 | V6, SOL_SOCKET, SO_RCVBUF, 100000),
	INT("send buffer", V4 | V6, SOL_SOCKET, SO_SNDBUF, 50000),
	INT("urgent bytes inline", V4 | V6, SOL_SOCKET, SO_OOBINLINE, 1),
	TEXT("congestion control", V4 | V6, IPPROTO_TCP, TCP_CONGESTION,
	     "reno"),
	TEXT("device", V4 | V6, SOL_SOCKET, SO_BINDTODEVICE, "lan"),
	INT("TOS", V4, IPPROTO_IP, IP_TOS, 0x20),
	INT("TTL", V4, IPPROTO_IP, IP_TTL, 33),
	INT("least TTL", V4, IPPROTO_IP, IP_MINTTL, 30),
	INT("path MTU discovery", V4, IPPROTO_IP, IP_MTU_DISCOVER,
	    IP_PMTUDISC_PROBE),
	INT("traffic class", V6, IPPROTO_IPV6, IPV6_TCLASS, 0x28),
	INT("hop limit", V6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44),
	INT("least hop limit", V6, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 20),
	{ "congestion window", V4 | V6, K_CWND, 0, 0, 0, NULL },
	{ "receive low-water mark", V4 | V6, K_LOWAT, SOL_SOCKET, SO_RCVLOWAT,
	  LOWAT, NULL },
	{ "rest", V4 | V6, K_REST, 0, 0, 0, NULL },
};

/**
 * struct conn - a connection
 * @o: what it is about; of a window scale @wscale
 * @wscale: act's scale; the peer's is 14 less that
 * @family: AF_INET or AF_INET6
 * @port: of the peer
 * @peer: the peer's socket
 * @node: act's, then bak's
 * @want: what act's socket had, K_INT; or K_CWND
 * @tx: bytes so far from each end, the peer's first
 * @moved: bak's program has it
 * @why: what is wrong, or empty
 */
struct conn {
	struct option o;
	int family;
	int port;
	int peer;
	int node;
	int want;
	size_t tx[2];
	bool moved;
	char why[160];
};

static struct conn conns[CONNS_MAX];
static size_t nr_conns;

#define for_each_conn(c) for ((c) = conns; (c) < conns + nr_conns; (c)++)

static void blame(struct conn *c, const char *what, long a, long b)
{
	if (!c->why[0])
		snprintf(c->why, sizeof(c->why), "%s: %ld, not %ld", what, a,
			 b);
}

static void name_of(const struct conn *c, char *buf, size_t len)
{
	if (c->o.kind == K_WSCALE)
		snprintf(buf, len, "window scale %d and %d, IPv%c",
			 c->o.val, 14 - c->o.val,
			 c->family == AF_INET ? '4' : '6');
	else
		snprintf(buf, len, "%s, IPv%c", c->o.name,
			 c->family == AF_INET ? '4' : '6');
}

static void add(const struct option *o, int family)
{
	if (nr_conns == CONNS_MAX)
		fail("too many cases");
	conns[nr_conns].o = *o;
	conns[nr_conns++].family = family;
}

static void add_all(void)
{
	struct option scale = { .kind = K_WSCALE };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].families & V4)
			add(&options[i], AF_INET);
		if (options[i].families & V6)
			add(&options[i], AF_INET6);
	}
	for (scale.val = 0; scale.val <= 14; scale.val++)
		add(&scale, scale.val & 1 ? AF_INET6 : AF_INET);
}

/* --- bytes ----------------------------------------------------------------- */

/* From one end to the other, @len bytes, with both sockets non-blocking. */
static void move(struct conn *c, int from, size_t len)
{
	struct pattern p = { c->port, from ? 's' : 'c' };
	int out = from ? c->node : c->peer, in = from ? c->peer : c->node;
	static unsigned char buf[16384];
	size_t end = c->tx[from] + len, rx = c->tx[from];
	int64_t deadline = now_ms() + WAIT_MS;

	while (rx < end && !c->why[0]) {
		struct pollfd pfd = { .fd = in, .events = POLLIN };
		ssize_t n = end - c->tx[from];

		if (n > (ssize_t)sizeof(buf))
			n = sizeof(buf);
		pattern_fill(&p, c->tx[from], buf, n);
		n = n ? send(out, buf, n, MSG_NOSIGNAL) : 0;
		if (n < 0 && errno != EAGAIN)
			blame(c, "write", errno, 0);
		c->tx[from] += n > 0 ? n : 0;
		poll(&pfd, 1, 10);
		n = recv(in, buf, sizeof(buf), 0);
		if (n < 0 && errno != EAGAIN)
			blame(c, "read", errno, 0);
		if (n > 0 && pattern_check(&p, rx, buf, n) != (size_t)n)
			blame(c, "wrong byte at", rx, 0);
		rx += n > 0 ? n : 0;
		if (!n || now_ms() > deadline)
			blame(c, "bytes", rx, end);
	}
}

/* --- options --------------------------------------------------------------- */

static int get_int(int fd, int level, int opt)
{
	socklen_t len = sizeof(int);
	int val = -1;

	getsockopt(fd, level, opt, &val, &len);
	return val;
}

static void set_int(struct conn *c, int level, int opt, int val)
{
	if (setsockopt(c->node, level, opt, &val, sizeof(val)))
		blame(c, "setsockopt", errno, 0);
}

/* what `conn show` has to list, and nothing that is carried */
static void set_rest(struct conn *c)
{
	struct linger linger = { 1, 3 };
	struct timeval tv = { 100, 0 };

	setsockopt(c->node, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	setsockopt(c->node, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	set_int(c, SOL_SOCKET, SO_MAX_PACING_RATE, 1 << 30);
	set_int(c, SOL_SOCKET, SO_ZEROCOPY, 1);
	set_int(c, IPPROTO_TCP, TCP_LINGER2, 7);
	set_int(c, IPPROTO_TCP, TCP_INQ, 1);
	if (c->family == AF_INET)
		set_int(c, IPPROTO_IP, IP_RECVERR, 1);
	else
		set_int(c, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

static void set_option(struct conn *c)
{
	const struct option *o = &c->o;

	switch (o->kind) {
	case K_INT:
		set_int(c, o->level, o->opt, o->val);
		c->want = get_int(c->node, o->level, o->opt);
		break;
	case K_LOWAT:
		set_int(c, o->level, o->opt, o->val);
		break;
	case K_TEXT:
		if (setsockopt(c->node, o->level, o->opt, o->text,
			       strlen(o->text)))
			blame(c, "setsockopt", errno, 0);
		break;
	case K_REST:
		set_rest(c);
		break;
	default:
		break;
	}
}

/* TCP_INFO packs them: what the peer scales by, what we do */
static void check_wscale(struct conn *c)
{
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);

	getsockopt(c->node, IPPROTO_TCP, TCP_INFO, &ti, &len);
	if (ti.tcpi_rcv_wscale != c->o.val)
		blame(c, "our scale", ti.tcpi_rcv_wscale, c->o.val);
	if (ti.tcpi_snd_wscale != 14 - c->o.val)
		blame(c, "the peer's scale", ti.tcpi_snd_wscale,
		      14 - c->o.val);
}

static void check_text(struct conn *c)
{
	char text[64] = "";
	socklen_t len = sizeof(text) - 1;

	getsockopt(c->node, c->o.level, c->o.opt, text, &len);
	if (strcmp(text, c->o.text) && !c->why[0])
		snprintf(c->why, sizeof(c->why), "'%s', not '%s'", text,
			 c->o.text);
}

static void check_option(struct conn *c)
{
	const struct option *o = &c->o;
	int got;

	switch (o->kind) {
	case K_INT:
		got = get_int(c->node, o->level, o->opt);
		if (got != c->want)
			blame(c, "value", got, c->want);
		break;
	case K_TEXT:
		check_text(c);
		break;
	case K_WSCALE:
		check_wscale(c);
		break;
	case K_CWND:
		got = more_info(c->node).cwnd;
		if (got < c->want)
			blame(c, "segments", got, c->want);
		break;
	case K_LOWAT:
	case K_REST:
		break;
	}
}

/* One byte less than the mark wakes nobody, one more does. */
static void check_lowat(struct conn *c)
{
	struct pollfd pfd = { .fd = c->node, .events = POLLIN };
	struct pattern p = { c->port, 'c' };
	unsigned char buf[LOWAT];

	pattern_fill(&p, c->tx[0], buf, LOWAT);
	if (send(c->peer, buf, LOWAT - 1, MSG_NOSIGNAL) != LOWAT - 1)
		blame(c, "write below the mark", errno, 0);
	if (poll(&pfd, 1, LOWAT_LOOK_MS))
		blame(c, "woken below the mark", 1, 0);
	if (send(c->peer, buf + LOWAT - 1, 1, MSG_NOSIGNAL) != 1)
		blame(c, "write at the mark", errno, 0);
	if (poll(&pfd, 1, WAIT_MS) != 1)
		blame(c, "woken at the mark", 0, 1);
	if (recv(c->node, buf, LOWAT, 0) != LOWAT ||
	    pattern_check(&p, c->tx[0], buf, LOWAT) != LOWAT)
		blame(c, "bytes at the mark", 0, LOWAT);
	c->tx[0] += LOWAT;
}

/* --- open ------------------------------------------------------------------ */

/* A clamp of 2^15 bytes more each step; the buffers allow the largest. */
static int clamp(int scale)
{
	return 1 << (15 + scale);
}

static void open_conn(struct conn *c)
{
	struct sock_opts o = {};
	int mine, fds[2];

	if (c->o.kind == K_WSCALE) {
		mine = clamp(c->o.val);
		o.window_clamp = clamp(14 - c->o.val);
		if (setsockopt(trio_listener(ACT, c->family), IPPROTO_TCP,
			       TCP_WINDOW_CLAMP, &mine, sizeof(mine)))
			fail("TCP_WINDOW_CLAMP");
	}
	c->port = trio_open(c->family, &o, fds);
	c->peer = fds[0];
	c->node = fds[1];
}

static void do_open(void)
{
	static const struct sock_opts plain;
	struct conn *c;

	trio_listen(BAK, &plain, CONNS_MAX);
	trio_listen(ACT, &plain, CONNS_MAX);
	trio_enter(PEER);
	for_each_conn(c) {
		open_conn(c);
		set_option(c);
	}
	for_each_conn(c) {
		move(c, 0, SOME);
		move(c, 1, c->o.kind == K_CWND ? MUCH : SOME);
	}
	for_each_conn(c) {
		if (c->o.kind == K_CWND)
			c->want = more_info(c->node).cwnd;
		if (c->o.kind == K_CWND && c->want <= 10)
			blame(c, "segments before", c->want, 11);
	}
}

/* --- on bak ---------------------------------------------------------------- */

static bool accept_one(int family)
{
	struct conn *c;
	int fd, port;

	fd = trio_moved(family, &port);
	if (fd < 0)
		return false;
	for_each_conn(c) {
		if (c->port != port || c->family != family)
			continue;
		/* act's stays open, for it is dead, and would say so */
		c->node = fd;
		c->moved = true;
		check_option(c);
	}
	return true;
}

static void do_resume(void)
{
	int64_t end = now_ms() + WAIT_MS;
	char name[120];
	size_t n = 0;
	struct conn *c;

	while (n < nr_conns && now_ms() < end) {
		bool any = accept_one(AF_INET);

		n += any;
		if (accept_one(AF_INET6))
			n++;
		else if (!any)
			usleep(1000);
	}
	for_each_conn(c) {
		if (!c->moved)
			blame(c, "accepted", 0, 1);
		if (c->o.kind == K_LOWAT)
			check_lowat(c);
		move(c, 0, SOME);
		move(c, 1, SOME);
		name_of(c, name, sizeof(name));
		if (c->why[0])
			printf("bad %s: %s\n", name, c->why);
		else
			printf("ok %s\n", name);
	}
}

int main(int argc, char **argv)
{
	char name[120], word[40];
	struct conn *c;

	add_all();
	if (argc == 2 && !strcmp(argv[1], "-l")) {
		for_each_conn(c) {
			name_of(c, name, sizeof(name));
			printf("%s\n", name);
		}
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: %s [-l] PEER ACT BAK\n", argv[0]);
		return 1;
	}
	trio_init("ftoption", argv + 1);
	while (scanf("%39s", word) == 1) {
		if (!strcmp(word, "open"))
			do_open();
		else
			do_resume();
		printf("done %s\n", word);
		fflush(stdout);
	}
	return 0;
}
