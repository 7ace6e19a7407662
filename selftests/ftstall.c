// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftstall: how long a takeover keeps a stream waiting, by what the stream was
 * doing. Four connections, over IPv4 and IPv6, one of each with the peer as
 * the sender and one with the node. It has both ends of each in one process,
 * and its programs go on while it waits for commands.
 *
 * usage: ftstall PEER-NS ACT-NS BAK-NS burst|backoff|closed|idle
 *
 * burst    the sender writes all the time
 * backoff  the sender has written what was lost, and sends it again and again
 * closed   the receiver does not read, and the sender probes its window. It
 *          begins to read PAUSE_MS after "resume"
 * idle     nothing is under way. The sender writes again after "resume"
 *
 * Each command, one a line, is answered with "done COMMAND":
 *
 *   open     connects, and brings the connections into their state
 *   lose     writes what is to be lost (backoff)
 *   deep     waits until each sender has doubled its timer often enough
 *   cut      act is dead from now on
 *   address  the address is there, and announced
 *   resume   goes on to the end and prints for each connection
 *            "stall SITUATION FAMILY SENDER MS": from "address", or from when
 *            the receiver began to read, or the sender to write, until the
 *            receiver got a new byte; and "ok" or "bad WHY"
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftinfo.h"
#include "fttrio.h"

/* Bytes: before anything, lost, and after the takeover. */
#define BASE		3000
#define LOST		5000
#define REST		60000
/* Of a receiver that does not read. */
#define RCVBUF		32768

/* How long the receiver of a closed window goes on not to read. */
#define PAUSE_MS	3300
/* Doublings of the sender's timer at the cut. */
#define BACKOFF		4
#define PROBES_BACKOFF	2
#define WAIT_MS		30000

enum situation { BURST, LOSS, CLOSED, IDLE, SITUATION_NR };

static const char *const names[] = { "burst", "backoff", "closed", "idle" };

/**
 * struct conn - a connection
 * @family: AF_INET or AF_INET6
 * @port: of the peer
 * @end: the peer's end, and the node's
 * @sends: which of them sends, 0 or 1
 * @had: bytes that the receiver had at the cut
 * @moved_ms: when it had more, 0 until then
 * @moved: bak's program has it
 */
struct conn {
	int family;
	int port;
	struct end end[2];
	int sends;
	size_t had;
	int64_t moved_ms;
	bool moved;
};

#define NR_CONNS	4
static struct conn conns[NR_CONNS];
static enum situation situation;
static bool opened, dead, resumed;
static int64_t address_ms, resume_ms;

#define for_each_conn(c) for ((c) = conns; (c) < conns + NR_CONNS; (c)++)

static struct end *sender(struct conn *c)
{
	return &c->end[c->sends];
}

static struct end *receiver(struct conn *c)
{
	return &c->end[!c->sends];
}

/* --- what the programs do -------------------------------------------------- */

/* act's program is gone with it, and bak's is not there yet */
static bool has_program(struct conn *c, int i)
{
	return !i || !dead || c->moved;
}

static bool may_read(void)
{
	return situation != CLOSED || !opened ||
	       (resumed && now_ms() >= resume_ms + PAUSE_MS);
}

/* How far the sender's stream may go now. */
static uint64_t limit(const struct conn *c)
{
	if (!opened)
		return BASE;
	if (resumed)
		return c->had + REST;
	return situation == BURST || situation == CLOSED ? UINT64_MAX : 0;
}

static void note_stall(struct conn *c)
{
	if (dead && !c->moved_ms && receiver(c)->rx > c->had)
		c->moved_ms = now_ms();
}

static int64_t stall(const struct conn *c)
{
	int64_t from = address_ms;

	if (!c->moved_ms)
		return -1;
	if (situation == CLOSED)
		from = resume_ms + PAUSE_MS;
	else if (situation == IDLE)
		from = resume_ms;
	return c->moved_ms > from ? c->moved_ms - from : 0;
}

static bool pump_one(struct conn *c)
{
	struct end *s = sender(c), *r = receiver(c);
	bool moved = false;

	if (has_program(c, c->sends)) {
		uint64_t to = limit(c);

		if (s->tx < to)
			moved |= end_put(s, to - s->tx, 0) > 0;
		else if (resumed)
			end_shut(s);
		moved |= end_get(s, SIZE_MAX);
	}
	if (has_program(c, !c->sends) && may_read()) {
		moved |= end_get(r, SIZE_MAX);
		if (r->eof)
			end_shut(r);
		note_stall(c);
	}
	return moved;
}

/* bak's program goes on where fttcp says that act's was */
static void take_over(struct conn *c, int fd)
{
	struct fttcp_info i = { 0 };
	struct end *e = &c->end[1];
	socklen_t len = sizeof(i);

	if (getsockopt(fd, SOL_FTTCP, FTTCP_INFO, &i, &len))
		fail("FTTCP_INFO");
	close(e->fd);
	e->fd = fd;
	e->tx = i.tx_written;
	e->rx = i.rx_consumed;
	e->err = 0;
	if (!c->sends)
		c->had = i.rx_received;
	c->moved = true;
}

static void accept_moved(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct conn *c;
	int i, fd, port;

	for (i = 0; i < 2; i++) {
		fd = trio_moved(families[i], &port);
		if (fd < 0)
			continue;
		for_each_conn(c) {
			if (c->port == port && c->family == families[i])
				take_over(c, fd);
		}
	}
}

static bool pump(void)
{
	bool moved = false;
	struct conn *c;

	if (dead)
		accept_moved();
	for_each_conn(c)
		moved |= pump_one(c);
	return moved;
}

/* --- commands -------------------------------------------------------------- */

static void pump_until(bool (*cond)(struct conn *c), const char *what)
{
	int64_t end = now_ms() + WAIT_MS;
	struct conn *c = conns;

	while (c < conns + NR_CONNS) {
		if (cond(c)) {
			c++;
			continue;
		}
		if (now_ms() > end) {
			struct more_info mi = more_info(sender(c)->fd);

			fprintf(stderr,
				"ftstall: IPv%c, %s sends: %s: in vain (window %u, unacked %u, unsent %u, backoff %u)\n",
				c->family == AF_INET ? '4' : '6',
				c->sends ? "node" : "peer", what, mi.snd_wnd,
				mi.unacked, mi.unsent, mi.backoff);
			return;
		}
		if (!pump())
			usleep(500);
	}
}

static void open_conn(struct conn *c)
{
	/* little in flight: closed windows close soon, and bursts go on */
	struct sock_opts o = {
		.rcvbuf = situation == CLOSED ? RCVBUF : 0,
		.sndbuf = 65536,
	};
	int fds[2];

	c->port = trio_open(c->family, &o, fds);
	end_setup(&c->end[0], fds[0], c->port, true);
	end_setup(&c->end[1], fds[1], c->port, false);
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &o.sndbuf, sizeof(o.sndbuf));
}

static bool base_moved(struct conn *c)
{
	return receiver(c)->rx == BASE && !end_queued(sender(c), SIOCOUTQ);
}

static bool bursting(struct conn *c)
{
	return receiver(c)->rx > 100000;
}

static bool is_closed(struct conn *c)
{
	struct more_info mi = more_info(sender(c)->fd);

	/* less than a segment is not sent either */
	return !mi.unacked && mi.unsent && mi.backoff >= PROBES_BACKOFF;
}

static bool is_deep(struct conn *c)
{
	return more_info(sender(c)->fd).backoff >= BACKOFF;
}

static void do_open(void)
{
	struct sock_opts o = { .rcvbuf = situation == CLOSED ? RCVBUF : 0 };
	struct conn *c;
	int i = 0;

	trio_listen(BAK, &o, NR_CONNS);
	trio_listen(ACT, &o, NR_CONNS);
	trio_enter(PEER);
	for_each_conn(c) {
		c->family = i & 1 ? AF_INET6 : AF_INET;
		c->sends = i++ >> 1;
		open_conn(c);
	}
	pump_until(base_moved, "the first bytes");
	opened = true;
	if (situation == BURST)
		pump_until(bursting, "the burst");
	if (situation == CLOSED)
		pump_until(is_closed, "the window closes");
}

static void do_lose(void)
{
	struct conn *c;

	for_each_conn(c)
		end_put(sender(c), LOST, 0);
}

static void do_cut(void)
{
	struct conn *c;

	while (pump())
		;
	for_each_conn(c) {
		struct end *r = receiver(c);

		c->had = r->rx + end_queued(r, SIOCINQ);
	}
	dead = true;
}

static bool is_over(struct conn *c)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct end *e = &c->end[i];

		if (!e->err && !(e->shut && e->eof))
			return false;
	}
	return c->moved;
}

static void judge(struct conn *c)
{
	struct end *p = &c->end[0], *n = &c->end[1];

	printf("stall %-8s IPv%c %s %6lld\n", names[situation],
	       c->family == AF_INET ? '4' : '6', c->sends ? "node" : "peer",
	       (long long)stall(c));
	if (p->err || n->err || p->wrong || n->wrong || !p->eof || !n->eof ||
	    p->rx != n->tx || n->rx != p->tx)
		printf("bad IPv%c %s: errors %d %d, wrong %d %d, ends %d %d, bytes %lld of %lld, %lld of %lld\n",
		       c->family == AF_INET ? '4' : '6',
		       c->sends ? "node" : "peer", p->err, n->err, p->wrong,
		       n->wrong, p->eof, n->eof, (long long)p->rx,
		       (long long)n->tx, (long long)n->rx, (long long)p->tx);
	else
		printf("ok\n");
}

static void do_resume(void)
{
	struct conn *c;

	resume_ms = now_ms();
	resumed = true;
	pump_until(is_over, "the end");
	for_each_conn(c)
		judge(c);
}

static void command(const char *word)
{
	if (!strcmp(word, "open"))
		do_open();
	else if (!strcmp(word, "lose"))
		do_lose();
	else if (!strcmp(word, "deep"))
		pump_until(is_deep, "backoff");
	else if (!strcmp(word, "cut"))
		do_cut();
	else if (!strcmp(word, "address"))
		address_ms = now_ms();
	else if (!strcmp(word, "resume"))
		do_resume();
	else
		exit(1);
	printf("done %s\n", word);
	fflush(stdout);
}

/* Whole lines, as a shell's echo writes them. */
static bool commands(void)
{
	char line[200], *word, *rest = line;
	ssize_t n = read(0, line, sizeof(line) - 1);

	if (n <= 0)
		return false;
	line[n] = 0;
	while ((word = strsep(&rest, "\n")))
		if (*word)
			command(word);
	return true;
}

int main(int argc, char **argv)
{
	struct pollfd in = { .events = POLLIN };
	int i;

	for (i = 0; argc == 5 && i < SITUATION_NR; i++)
		if (!strcmp(argv[4], names[i]))
			break;
	if (argc != 5 || i == SITUATION_NR) {
		fprintf(stderr,
			"usage: %s PEER ACT BAK burst|backoff|closed|idle\n",
			argv[0]);
		return 1;
	}
	situation = i;
	trio_init("ftstall", argv + 1);
	for (;;) {
		bool moved = opened && pump();

		if (poll(&in, 1, moved ? 0 : 1) > 0 && !commands())
			return 0;
	}
}
