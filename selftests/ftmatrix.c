// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftmatrix: many connections between the peer and act, each brought into a
 * state of its own, and all of them gone on with on bak after one takeover.
 * It has both ends of every connection in one process, so that it knows what
 * each must have.
 *
 * usage: ftmatrix [-l] PEER-NS ACT-NS BAK-NS lost|seen
 *
 * -l lists the cases. Otherwise it reads one command a line and answers each
 * with what it found and a line "done COMMAND":
 *
 *   open     connects and moves some bytes each way; states that need nothing
 *            cut. Everything has to arrive.
 *   closing  the peer does not hear act: CLOSING (seen alone)
 *   act      what act does last: nothing of it arrives (lost), or act does
 *            not hear the answer (seen)
 *   states   "replica PORT TCP-STATE UNACKED UNREAD" for each connection, as
 *            the backup must have it
 *   resume   goes on with all of them on bak, to the end, and says
 *            "ok NAME" or "bad NAME: WHY" for each; then how long it took
 *            until each end got a byte more: "stall FAMILY QUEUES WINDOW END",
 *            how many, and ms: least, median, most
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftinfo.h"
#include "ftmatrix.h"
#include "fttrio.h"

#define CONNS_MAX	256

/* Bytes: before anything, in a queue, and after the takeover. */
#define BASE		3000
#define QUEUED		5000
#define REST		4000

#define WAIT_MS		60000

/**
 * struct conn - a connection
 * @k: which case it is
 * @port: of the peer
 * @peer: the end that stays
 * @node: the end on act, then on bak
 * @old: act's descriptor, once bak has it
 * @had: bytes that had arrived before: at the peer, at act's program
 * @stall: ms until more came, -1 until then
 * @unacked: bytes that bak has to have for the peer
 * @unread: bytes that bak has to have for the program
 * @why: what is wrong, or empty
 */
struct conn {
	struct kase k;
	int port;
	struct end peer;
	struct end node;
	int old;
	size_t unacked;
	size_t unread;
	size_t had[2];
	int64_t stall[2];
	char why[160];
};

static struct conn conns[CONNS_MAX];
static size_t nr_conns;

#define for_each_conn(c)	for ((c) = conns; (c) < conns + nr_conns; (c)++)

static void blame(struct conn *c, const char *what, long a, long b)
{
	if (!c->why[0])
		snprintf(c->why, sizeof(c->why), "%s: %ld, not %ld", what, a,
			 b);
}

/* --- waiting --------------------------------------------------------------- */

static bool wait_conn(struct conn *c, bool (*cond)(struct conn *c),
		      const char *what)
{
	int64_t end = now_ms() + WAIT_MS;

	while (!cond(c)) {
		if (now_ms() > end) {
			char name[120];

			kase_name(&c->k, name, sizeof(name));
			fprintf(stderr, "ftmatrix: %s: %s: in vain\n", name,
				what);
			exit(1);
		}
		usleep(500);
	}
	return true;
}

/* --- bytes ----------------------------------------------------------------- */

static void put_all(struct end *e, size_t len)
{
	if (end_put(e, len, 0) != len)
		fail("write");
}

static void put_urgent(struct end *e, size_t len)
{
	put_all(e, len - 101);
	if (end_put(e, 1, MSG_OOB) != 1)
		fail("urgent byte");
	put_all(e, 100);
}

/* --- open ------------------------------------------------------------------ */

static void open_conn(struct conn *c)
{
	bool closed_window = c->k.extra == EX_ZERO_WINDOW;
	struct sock_opts o = {
		.rcvbuf = closed_window && c->k.queues & QUEUE_TX ? 8192 : 0,
		.sndbuf = closed_window ? 32768 : 0,
	};
	int one = 1, fds[2];

	c->port = trio_open(c->k.family, &o, fds);
	end_setup(&c->peer, fds[0], c->port, true);
	end_setup(&c->node, fds[1], c->port, false);
	setsockopt(fds[0], SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
	if (closed_window)
		setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &o.sndbuf,
			   sizeof(o.sndbuf));
}

static bool base_moved(struct conn *c)
{
	end_get(&c->peer, BASE - c->peer.rx);
	end_get(&c->node, BASE - c->node.rx);
	return c->peer.rx == BASE && c->node.rx == BASE &&
	       !end_queued(&c->peer, SIOCOUTQ) && !end_queued(&c->node, SIOCOUTQ);
}

/* Everything that can be sent is sent, and the other side says: no more. */
static bool blocked(struct end *e)
{
	struct more_info mi;

	while (end_put(e, 65536, 0))
		;
	mi = more_info(e->fd);
	return !mi.snd_wnd && !mi.unacked && mi.unsent;
}

static bool peer_blocked(struct conn *c)
{
	return blocked(&c->peer);
}

static bool node_blocked(struct conn *c)
{
	return blocked(&c->node);
}

static bool peer_unacked(struct conn *c)
{
	return !end_queued(&c->peer, SIOCOUTQ);
}

static bool got_fin(struct conn *c)
{
	return more_info(c->node.fd).state == TCP_CLOSE_WAIT &&
	       peer_unacked(c);
}

static bool fin_acked(struct conn *c)
{
	return more_info(c->node.fd).state == TCP_FIN_WAIT2;
}

static void fill_rx(struct conn *c)
{
	if (!(c->k.queues & QUEUE_RX))
		return;
	if (c->k.extra == EX_ZERO_WINDOW) {
		wait_conn(c, peer_blocked, "act's window closes");
	} else {
		if (c->k.extra == EX_URGENT)
			put_urgent(&c->peer, QUEUED);
		else
			put_all(&c->peer, QUEUED);
		wait_conn(c, peer_unacked, "act gets the bytes");
	}
	c->unread = c->peer.tx - end_queued(&c->peer, SIOCOUTQ) - c->node.rx;
}

static void do_open(bool seen)
{
	static const struct sock_opts plain;
	struct kase k;
	struct conn *c;
	bool more;

	trio_listen(BAK, &plain, CONNS_MAX);
	trio_listen(ACT, &plain, CONNS_MAX);
	trio_enter(PEER);
	for (more = kase_first(&k, seen); more; more = kase_next(&k)) {
		if (nr_conns == CONNS_MAX)
			fail("too many cases");
		c = &conns[nr_conns++];
		c->k = k;
		open_conn(c);
		put_all(&c->peer, BASE);
		put_all(&c->node, BASE);
	}
	for_each_conn(c) {
		wait_conn(c, base_moved, "the first bytes");
		fill_rx(c);
		if (c->k.queues & QUEUE_TX && c->k.extra == EX_ZERO_WINDOW)
			wait_conn(c, node_blocked, "the peer's window closes");
		if (c->k.state == ST_CLOSE_WAIT || c->k.state == ST_LAST_ACK) {
			end_shut(&c->peer);
			wait_conn(c, got_fin, "the peer's FIN");
		}
		if (c->k.state == ST_FIN_WAIT2) {
			end_shut(&c->node);
			wait_conn(c, fin_acked, "act's FIN is acknowledged");
		}
	}
}

/* --- what act does last ---------------------------------------------------- */

/*
 * In CLOSING only what is sent again reaches the peer, and without an answer
 * that is no more than one segment.
 */
static size_t last_len(const struct kase *k)
{
	return k->seen && k->state == ST_CLOSING ? 1000 : QUEUED;
}

/* Writes and ends as the case says; a descriptor that is closed is kept. */
static void act_last(struct conn *c)
{
	struct kase *k = &c->k;

	if (k->queues & QUEUE_TX && k->extra != EX_ZERO_WINDOW) {
		if (k->extra == EX_URGENT)
			put_urgent(&c->node, QUEUED);
		else
			put_all(&c->node, last_len(k));
	}
	c->unacked = end_queued(&c->node, SIOCOUTQ);
	if (k->state == ST_FIN_WAIT2)
		c->unacked = 0;
	if (!kase_our_fin(k) || k->state == ST_FIN_WAIT2)
		return;
	if (!k->closed) {
		end_shut(&c->node);
		return;
	}
	c->node.shut = true;
	close(c->node.fd);
	c->node.fd = -1;
}

static bool is_closing(struct conn *c)
{
	return more_info(c->node.fd).state == TCP_CLOSING;
}

static void act_closing(void)
{
	struct conn *c;

	for_each_conn(c) {
		if (c->k.state != ST_CLOSING)
			continue;
		act_last(c);
		end_shut(&c->peer);
		if (!c->k.closed)
			wait_conn(c, is_closing, "act is in CLOSING");
	}
}

/* All of it has arrived; what became of the peer then. */
static bool peer_has_it(struct conn *c)
{
	struct more_info mi = more_info(c->peer.fd);
	size_t want = c->node.tx - c->peer.rx;

	if (end_queued(&c->peer, SIOCINQ) != want)
		return false;
	if (!kase_our_fin(&c->k))
		return true;
	return mi.state == (kase_peer_fin(&c->k) ? TCP_CLOSE :
							TCP_CLOSE_WAIT);
}

static void do_act(bool seen)
{
	struct conn *c;

	if (!seen)
		act_closing();
	for_each_conn(c) {
		if (c->k.state != ST_CLOSING)
			act_last(c);
	}
	if (!seen)
		return;
	for_each_conn(c)
		wait_conn(c, peer_has_it, "the peer has what act sent last");
}

static void do_states(void)
{
	static const char *const names[] = {
		"established", "close-wait", "fin-wait-1", "fin-wait-2",
		"closing", "last-ack",
	};
	struct conn *c;

	for_each_conn(c) {
		printf("replica %d %s %zu %zu\n", c->port, names[c->k.state],
		       c->unacked, c->unread);
		c->had[0] = c->peer.rx + end_queued(&c->peer, SIOCINQ);
		c->had[1] = c->node.rx + c->unread;
	}
}

/* --- on bak ---------------------------------------------------------------- */

static struct conn *find_conn(int port, int family)
{
	struct conn *c;

	for_each_conn(c) {
		if (c->port == port && c->k.family == family)
			return c;
	}
	return NULL;
}

static void check_info(struct conn *c)
{
	struct fttcp_info i = { 0 };
	socklen_t len = sizeof(i);

	if (getsockopt(c->node.fd, SOL_FTTCP, FTTCP_INFO, &i, &len))
		blame(c, "FTTCP_INFO", errno, 0);
	if (i.rx_consumed != c->node.rx)
		blame(c, "inbound offset", i.rx_consumed, c->node.rx);
	if (i.tx_written != c->node.tx)
		blame(c, "outbound offset", i.tx_written, c->node.tx);
}

/* Return: true when one was there. */
static bool accept_one(int family)
{
	struct conn *c;
	int fd, port;

	fd = trio_moved(family, &port);
	if (fd < 0)
		return false;
	c = find_conn(port, family);
	if (!c)
		fail("a connection of nobody");
	if (c->k.closed || c->old >= 0)
		blame(c, "given to a program", 1, 0);
	c->old = c->node.fd;
	c->node.fd = fd;
	check_info(c);
	return true;
}

static bool end_step(struct end *e, size_t total)
{
	bool moved = end_get(e, SIZE_MAX);

	if (e->err || e->shut)
		return moved;
	if (e->tx < total)
		return end_put(e, total - e->tx, 0) || moved;
	end_shut(e);
	return true;
}

static bool end_over(const struct end *e)
{
	return e->err || (e->eof && e->shut);
}

/*
 * A program that has closed is not there, and TCP answers bytes for it with a
 * reset, as it does anywhere.
 *
 * Return: true when something has happened.
 */
static bool go_on(struct conn *c)
{
	size_t total = BASE + QUEUED + REST;
	bool moved;

	moved = end_step(&c->peer, c->k.closed ? c->peer.tx : total);
	if (!c->k.closed && c->old >= 0)
		moved |= end_step(&c->node, total);
	return moved;
}

static void note_stall(struct conn *c, int64_t start)
{
	const struct end *ends[] = { &c->peer, &c->node };
	int i;

	for (i = 0; i < 2; i++) {
		if (c->stall[i] < 0 && ends[i]->rx > c->had[i])
			c->stall[i] = now_ms() - start;
	}
}

static bool conn_over(const struct conn *c)
{
	return end_over(&c->peer) &&
	       (c->k.closed || (c->old >= 0 && end_over(&c->node)));
}

static void judge_end(struct conn *c, const char *who, const struct end *e,
		      const struct end *from)
{
	char what[80];

	snprintf(what, sizeof(what), "error of %s", who);
	if (e->err)
		blame(c, what, e->err, 0);
	snprintf(what, sizeof(what), "wrong bytes at %s", who);
	if (e->wrong)
		blame(c, what, 1, 0);
	snprintf(what, sizeof(what), "bytes at %s", who);
	if (e->rx != from->tx)
		blame(c, what, e->rx, from->tx);
	snprintf(what, sizeof(what), "end of the stream at %s", who);
	if (!e->eof)
		blame(c, what, 0, 1);
}

static void judge(struct conn *c)
{
	char name[120];

	judge_end(c, "the peer", &c->peer, &c->node);
	if (!c->k.closed) {
		if (c->old < 0)
			blame(c, "accepted", 0, 1);
		judge_end(c, "the program", &c->node, &c->peer);
	}
	kase_name(&c->k, name, sizeof(name));
	if (c->why[0])
		printf("bad %s: %s\n", name, c->why);
	else
		printf("ok %s\n", name);
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of the connections with these queues, in one family; @i: which end waited. */
static void print_stall(unsigned int queues, enum extra extra, int family,
			int i)
{
	static const char *const what[] = {
		"idle", "act's bytes not acknowledged", "unread bytes",
		"unacknowledged and unread bytes",
	};
	int64_t all[CONNS_MAX];
	struct conn *c;
	size_t n = 0;

	for_each_conn(c) {
		if (c->k.queues == queues && c->k.extra == extra &&
		    c->k.family == family && c->stall[i] >= 0)
			all[n++] = c->stall[i];
	}
	if (!n)
		return;
	qsort(all, n, sizeof(all[0]), by_size);
	printf("stall IPv%c %-34s %-12s %-10s %3zu %6lld %6lld %6lld\n",
	       family == AF_INET ? '4' : '6', what[queues],
	       extra == EX_ZERO_WINDOW ? "zero window" : "",
	       i ? "to the node" : "to the peer", n, (long long)all[0],
	       (long long)all[n / 2], (long long)all[n - 1]);
}

static void print_stalls(void)
{
	unsigned int queues;
	int i;

	for (queues = 0; queues <= (QUEUE_TX | QUEUE_RX); queues++) {
		for (i = 0; i < 2; i++) {
			print_stall(queues, EX_NONE, AF_INET, i);
			print_stall(queues, EX_NONE, AF_INET6, i);
			print_stall(queues, EX_ZERO_WINDOW, AF_INET, i);
			print_stall(queues, EX_ZERO_WINDOW, AF_INET6, i);
		}
	}
}

static void do_resume(void)
{
	int64_t start = now_ms(), end = start + WAIT_MS;
	bool moved, left = true;
	struct conn *c;

	trio_enter(BAK);
	while (left && now_ms() < end) {
		moved = accept_one(AF_INET) | accept_one(AF_INET6);
		left = false;
		for_each_conn(c) {
			moved |= go_on(c);
			note_stall(c, start);
			left |= !conn_over(c);
		}
		if (!moved)
			usleep(1000);
	}
	for_each_conn(c) {
		judge(c);
		close(c->peer.fd);
		if (c->old >= 0)
			close(c->node.fd);
	}
	print_stalls();
}

/* --- commands -------------------------------------------------------------- */

static void command(const char *word, bool seen)
{
	if (!strcmp(word, "open"))
		do_open(seen);
	else if (!strcmp(word, "closing"))
		act_closing();
	else if (!strcmp(word, "act"))
		do_act(seen);
	else if (!strcmp(word, "states"))
		do_states();
	else if (!strcmp(word, "resume"))
		do_resume();
	else
		exit(1);
	printf("done %s\n", word);
	fflush(stdout);
}

static void list(bool seen)
{
	struct kase k;
	char name[120];
	bool more;

	for (more = kase_first(&k, seen); more; more = kase_next(&k)) {
		kase_name(&k, name, sizeof(name));
		printf("%s\n", name);
	}
}

int main(int argc, char **argv)
{
	bool only_list = argc > 1 && !strcmp(argv[1], "-l");
	char word[40];
	bool seen;
	int i;

	seen = argc > 2 && !strcmp(argv[argc - 1], "seen");
	if (only_list) {
		list(seen);
		return 0;
	}
	if (argc != 5) {
		fprintf(stderr, "usage: %s [-l] PEER ACT BAK lost|seen\n",
			argv[0]);
		return 1;
	}
	trio_init("ftmatrix", argv + 1);
	for (i = 0; i < CONNS_MAX; i++) {
		conns[i].old = -1;
		conns[i].stall[0] = -1;
		conns[i].stall[1] = -1;
	}
	while (scanf("%39s", word) == 1)
		command(word, seen);
	return 0;
}
