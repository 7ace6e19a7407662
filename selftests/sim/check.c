// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftsim-check: replays the history of a simulation and says what is wrong with
 * it.
 *
 * usage: ftsim-check [-p] HISTORY
 *	-p  print the events too
 *
 * The rules. Bytes: each read gives what the stream has at its offset, and the
 * one after the last one. Completeness: a connection ends in order, with as many
 * bytes at both ends as were meant to be. No connection that was protected fails,
 * nor does one fail while nothing was taken over. Owners: after a promotion no
 * segment comes from the other machine, before it none from this one. Output
 * commit: what the old owner had acknowledged or sent, the new one has. Stalls:
 * bounded, by a multiple of the time for which something disturbed. Exit status: 0
 * nothing is wrong, 1 something is, 2 this is no history.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pattern.h"
#include "hist.h"

#define CONNS		4097
#define SECOND		1000000000ULL
/* A stall that needs no excuse: five losses of a segment in a row. */
#define STALL_MAX	(8 * SECOND)
/* For each second of disturbance: backoff doubles. */
#define STALL_FACTOR	3
#define WRONG_SHOWN	20

/**
 * struct stream - one direction of a connection
 * @total: its length at the end, if known
 * @at: next offset to be read, for each program that reads
 * @max_rx: furthest that anybody has read
 * @max_tx: furthest that anybody has written
 */
struct stream {
	uint64_t total;
	uint64_t at[3];
	uint64_t max_rx;
	uint64_t max_tx;
};

/**
 * struct conn - what is known of a connection
 * @open: it began, ns
 * @pause: longest silence by intention
 * @last: bytes came last, ns
 * @excuse: disturbed time when that was, ns
 * @takeovers: there had been so many when it began
 * @guarded: may not fail
 * @done: ended in order
 * @failed: ended otherwise
 * @iss: sequence number of the service's first byte, once @synced
 * @irs: the same of the peer's
 * @synced: those are known
 * @end: furthest byte that the service sent, as offset
 * @ack: furthest acknowledgement, as offset
 * @end_before: @end when the owner changed last
 * @ack_before: the same of @ack
 * @s: streams
 */
struct conn {
	uint64_t open;
	uint64_t pause;
	uint64_t last;
	uint64_t excuse;
	unsigned int takeovers;
	bool guarded;
	bool done;
	bool failed;
	uint32_t iss;
	uint32_t irs;
	bool synced;
	uint64_t end;
	uint64_t ack;
	uint64_t end_before;
	uint64_t ack_before;
	struct stream s[2];
};

static struct conn conns[CONNS];
static struct {
	uint64_t seed;
	int owner;
	unsigned int takeovers;
	unsigned int disturbing;
	uint64_t disturb_at;
	uint64_t disturbed;	/* ns so far */
	uint64_t longest;	/* stall without excuse */
	uint64_t stopped;
	bool ended;
	unsigned int wrong;
	unsigned int segments;
	unsigned int lost_before;
	uint64_t bytes;
} st = { .owner = -1 };

static const char * const type_name[H_TYPES] = {
	"seed", "open", "tx", "rx", "total", "eof", "err", "shut", "done",
	"guard", "resume", "seg", "promote", "promoted", "unpromoted",
	"disturb", "calm", "stop", "counter", "stuck", "forget",
	"end",
};

__attribute__((format(printf, 2, 3)))
static void wrong(const struct hist_event *ev, const char *format, ...)
{
	va_list args;

	if (st.wrong++ >= WRONG_SHOWN)
		return;
	va_start(args, format);
	printf("seed %llu, %llu.%06llu s, connection %u: ",
	       (unsigned long long)st.seed,
	       (unsigned long long)(ev->ns / SECOND),
	       (unsigned long long)(ev->ns % SECOND / 1000), ev->conn);
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

static void print(const struct hist_event *ev)
{
	printf("%4llu.%06llu %-10s %c %s %4u  %llu %llu %llx\n",
	       (unsigned long long)(ev->ns / SECOND),
	       (unsigned long long)(ev->ns % SECOND / 1000),
	       ev->type < H_TYPES ? type_name[ev->type] : "?",
	       "abp?"[ev->who & 3], ev->dir ? "out" : "in ", ev->conn,
	       (unsigned long long)(ev->type == H_SEG ? ev->a >> 32 : ev->a),
	       (unsigned long long)(ev->type == H_SEG ? ev->a & UINT32_MAX :
						       ev->b),
	       (unsigned long long)(ev->type == H_SEG ? ev->b : ev->c));
}

/* --- stalls --------------------------------------------------------------- */

static uint64_t disturbed_until(uint64_t ns)
{
	return st.disturbed + (st.disturbing ? ns - st.disturb_at : 0);
}

/* Bytes have come, or are about to be asked for. */
static void mark(struct conn *c, uint64_t ns)
{
	c->last = ns;
	c->excuse = disturbed_until(ns);
}

static void check_stall(const struct hist_event *ev, struct conn *c)
{
	uint64_t gap = ev->ns - c->last;
	uint64_t excuse = disturbed_until(ev->ns) - c->excuse;
	uint64_t allowed = STALL_MAX + c->pause + STALL_FACTOR * excuse;

	/* a SYN may have met one outage after the other: it waits twice as long
	 * after each
	 */
	if (!c->s[DIR_IN].max_rx && !c->s[DIR_OUT].max_rx)
		allowed += ev->ns - c->open;
	if (gap > allowed)
		wrong(ev, "stall of %llu ms (disturbed for %llu ms)",
		      (unsigned long long)gap / 1000000,
		      (unsigned long long)excuse / 1000000);
	if (!excuse && gap > st.longest)
		st.longest = gap;
}

/* --- bytes ---------------------------------------------------------------- */

static void rx(const struct hist_event *ev, struct conn *c)
{
	struct pattern p = { ev->conn, ev->dir == DIR_IN ? 'c' : 's' };
	struct stream *s = &c->s[ev->dir];
	static unsigned char buf[1 << 20];

	if (ev->a != s->at[ev->who])
		wrong(ev, "read at %llu, not at %llu",
		      (unsigned long long)ev->a,
		      (unsigned long long)s->at[ev->who]);
	pattern_fill(&p, ev->a, buf, ev->b);
	if (ev->b > sizeof(buf) || hist_hash(buf, ev->b, 0) != ev->c)
		wrong(ev, "wrong bytes among %llu at %llu",
		      (unsigned long long)ev->b, (unsigned long long)ev->a);
	if (ev->a + ev->b > s->max_tx)
		wrong(ev, "read up to %llu, written up to %llu",
		      (unsigned long long)(ev->a + ev->b),
		      (unsigned long long)s->max_tx);
	s->at[ev->who] = ev->a + ev->b;
	if (s->at[ev->who] > s->max_rx)
		s->max_rx = s->at[ev->who];
	st.bytes += ev->b;
	check_stall(ev, c);
	mark(c, ev->ns);
}

static void resume(const struct hist_event *ev, struct conn *c)
{
	struct stream *in = &c->s[DIR_IN], *out = &c->s[DIR_OUT];

	/* a program that only listens is free to begin where it likes */
	if (ev->b > in->max_rx && !ev->dir)
		wrong(ev, "taken over at %llu in, nobody has read more than %llu",
		      (unsigned long long)ev->b,
		      (unsigned long long)in->max_rx);
	in->at[ev->who] = ev->b;
	if (ev->dir)
		return;
	if (ev->a > out->max_tx)
		wrong(ev, "%llu bytes to be written, nobody has more than %llu",
		      (unsigned long long)ev->a,
		      (unsigned long long)out->max_tx);
	if (c->synced && c->end_before > ev->a + 1)
		wrong(ev, "had sent %llu bytes, of which %llu survived",
		      (unsigned long long)c->end_before,
		      (unsigned long long)ev->a);
	if (c->synced && c->ack_before > ev->c + 1)
		wrong(ev, "had acknowledged %llu bytes, of which %llu survived",
		      (unsigned long long)c->ack_before,
		      (unsigned long long)ev->c);
}

static void eof(const struct hist_event *ev, struct conn *c)
{
	struct stream *s = &c->s[ev->dir];

	if (ev->a != s->at[ev->who])
		wrong(ev, "the end at %llu, not at %llu",
		      (unsigned long long)ev->a,
		      (unsigned long long)s->at[ev->who]);
	if (ev->a != s->total)
		wrong(ev, "the end at %llu of %llu",
		      (unsigned long long)ev->a,
		      (unsigned long long)s->total);
	mark(c, ev->ns);
}

/* --- the wire ------------------------------------------------------------- */

static bool is_later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void sync_seq(struct conn *c, uint32_t seq, uint32_t ack,
		     unsigned int flags)
{
	if ((flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK))
		c->irs = ack;
	else if (flags & TH_SYN)
		c->irs = 0;
	if (flags & TH_SYN)
		c->iss = seq + 1;
	/* the service's own SYN says nothing of the other side; its first
	 * acknowledgement does
	 */
	if (!(flags & TH_SYN) && !c->synced) {
		if (!c->irs)
			c->irs = ack;
		c->synced = c->iss;
	}
}

static void seg(const struct hist_event *ev, struct conn *c)
{
	uint32_t seq = ev->a >> 32, ack = ev->a, len = ev->b >> 16;
	unsigned int flags = ev->b & 0xff;
	uint64_t off;

	if (ev->who > 1)
		return;
	st.segments++;
	/* a handshake that the old owner had begun is nobody's yet: it may
	 * repeat its SYN-ACK, and refuse one that it did not begin
	 */
	if (st.owner >= 0 && ev->who != st.owner &&
	    (c->guarded || !(flags & (TH_SYN | TH_RST))))
		wrong(ev, "a segment from %c, which is not the owner",
		      "ab"[ev->who]);
	if (flags & TH_RST) {
		if (c->guarded && !c->done)
			wrong(ev, "a reset from %c", "ab"[ev->who]);
		return;
	}
	sync_seq(c, seq, ack, flags);
	if (!c->synced || !(flags & TH_ACK))
		return;
	if (is_later(c->irs + (uint32_t)c->ack_before, ack))
		wrong(ev, "%c acknowledges %u bytes less than was acknowledged before",
		      "ab"[ev->who], c->irs + (uint32_t)c->ack_before - ack);
	off = c->ack + (int32_t)(ack - c->irs - (uint32_t)c->ack);
	if ((int64_t)off > (int64_t)c->ack)
		c->ack = off;
	off = c->end + (int32_t)(seq + len - c->iss - (uint32_t)c->end);
	if ((int64_t)off > (int64_t)c->end)
		c->end = off;
}

/* --- owners --------------------------------------------------------------- */

static void promoted(const struct hist_event *ev)
{
	if (ev->c)
		wrong(ev, "%llu connections could not be promoted",
		      (unsigned long long)ev->c);
	st.takeovers++;
}

/*
 * The owner changes with the request for the promotion that succeeds. As that
 * is known later only, the events are read ahead.
 */
static void promote(const struct hist_event *ev, const struct hist_event *end)
{
	const struct hist_event *next;
	unsigned int i;

	for (next = ev + 1; next < end; next++) {
		if (next->type == H_UNPROMOTED && next->who == ev->who)
			return;
		if (next->type == H_PROMOTED && next->who == ev->who)
			break;
	}
	st.owner = ev->who;
	for (i = 0; i < CONNS; i++) {
		/* one that the old owner was about to open is lost with it */
		if (conns[i].open && conns[i].iss && !conns[i].irs &&
		    !conns[i].guarded && !conns[i].failed) {
			conns[i].failed = true;
			st.lost_before++;
		}
		conns[i].end_before = conns[i].end;
		conns[i].ack_before = conns[i].ack;
	}
}

static void err(const struct hist_event *ev, struct conn *c)
{
	/* a machine that lost its role has lost its connections */
	if (ev->who != 2 && (ev->who != st.owner || ev->a == ECONNABORTED) &&
	    st.takeovers)
		return;
	if (c->done)
		return;
	if (ev->who == 2 || !c->guarded)
		c->failed = true;
	if (c->guarded || c->takeovers == st.takeovers)
		wrong(ev, "failed at %s: %s", ev->who == 2 ? "the peer" :
		      "the service", strerror(ev->a));
	else
		st.lost_before++;
}

static void disturb(const struct hist_event *ev, bool begins)
{
	if (begins) {
		if (!st.disturbing++)
			st.disturb_at = ev->ns;
	} else if (st.disturbing && !--st.disturbing) {
		st.disturbed += ev->ns - st.disturb_at;
	}
}

/* --- one event after the other -------------------------------------------- */

static void begin(const struct hist_event *ev, struct conn *c)
{
	int i;

	memset(c, 0, sizeof(*c));
	c->open = ev->ns + 1;
	c->pause = ev->c;
	c->takeovers = st.takeovers;
	for (i = 0; i < 2; i++)
		c->s[i].total = UINT64_MAX;
	mark(c, ev->ns);
}

static void stop(const struct hist_event *ev)
{
	unsigned int i;

	st.stopped = ev->ns;
	for (i = 0; i < CONNS; i++) {
		if (!conns[i].open || conns[i].done || conns[i].failed)
			continue;
		check_stall(ev, &conns[i]);
		mark(&conns[i], ev->ns);
	}
}

static void done(const struct hist_event *ev, struct conn *c)
{
	struct stream *out = &c->s[DIR_OUT];

	if (out->at[2] != out->total)
		wrong(ev, "ended after %llu of %llu bytes",
		      (unsigned long long)out->at[2],
		      (unsigned long long)out->total);
	c->done = true;
}

static void at_end(const struct hist_event *ev)
{
	struct hist_event at = *ev;
	unsigned int i;

	st.ended = true;
	if (ev->c)
		wrong(ev, "the capture has lost %llu packets",
		      (unsigned long long)ev->c);
	for (i = 0; i < CONNS; i++) {
		struct conn *c = &conns[i];
		struct stream *in = &c->s[DIR_IN];

		at.conn = i;
		if (!c->open || c->failed)
			continue;
		if (st.stopped && !c->done)
			wrong(&at, "never ended");
		if (c->done && in->max_rx != in->total)
			wrong(&at, "the service has read %llu of %llu bytes",
			      (unsigned long long)in->max_rx,
			      (unsigned long long)in->total);
	}
}

static void tx(const struct hist_event *ev, struct conn *c)
{
	struct stream *s = &c->s[ev->dir];

	if (ev->a + ev->b > s->max_tx)
		s->max_tx = ev->a + ev->b;
}

static void event(const struct hist_event *ev, const struct hist_event *last)
{
	struct conn *c = &conns[ev->conn < CONNS ? ev->conn : 0];

	switch (ev->type) {
	case H_SEED:
		st.seed = ev->a;
		break;
	case H_OPEN:
		begin(ev, c);
		break;
	case H_TX:
		tx(ev, c);
		break;
	case H_RX:
		rx(ev, c);
		break;
	case H_TOTAL:
		c->s[ev->dir].total = ev->a;
		break;
	case H_EOF:
		eof(ev, c);
		break;
	case H_ERR:
		err(ev, c);
		break;
	case H_DONE:
		done(ev, c);
		break;
	case H_GUARD:
		c->guarded = true;
		break;
	case H_FORGET:
		if (c->guarded)
			wrong(ev, "forgotten");
		c->failed = true;
		break;
	case H_RESUME:
		resume(ev, c);
		break;
	case H_SEG:
		seg(ev, c);
		break;
	case H_PROMOTE:
		promote(ev, last);
		break;
	case H_PROMOTED:
		promoted(ev);
		break;
	case H_DISTURB:
	case H_CALM:
		disturb(ev, ev->type == H_DISTURB);
		break;
	case H_STOP:
		stop(ev);
		break;
	case H_COUNTER:
		if (ev->a)
			wrong(ev, "counter %llu is %llu on %c",
			      (unsigned long long)ev->b,
			      (unsigned long long)ev->a, "ab"[ev->who]);
		break;
	case H_STUCK:
		wrong(ev, "the cluster is stuck (%llu)",
		      (unsigned long long)ev->a);
		break;
	case H_END:
		at_end(ev);
		break;
	}
}

/* --- reading -------------------------------------------------------------- */

struct entry {
	struct hist_event ev;
	size_t index;
};

/* What was seen by the capture is written late: by time, then as written. */
static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->ev.ns != y->ev.ns)
		return x->ev.ns < y->ev.ns ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static struct hist_event *load(const char *path, size_t *count)
{
	struct hist_event *all;
	struct entry *sorted;
	FILE *f = fopen(path, "re");
	size_t n, i;
	long len;

	if (!f || fseek(f, 0, SEEK_END))
		return NULL;
	len = ftell(f);
	if (len < 0)
		return NULL;
	rewind(f);
	n = len / sizeof(*all);
	all = malloc(len + 1);
	sorted = malloc((n + 1) * sizeof(*sorted));
	if (!all || !sorted || fread(all, sizeof(*all), n, f) != n)
		return NULL;
	fclose(f);
	for (i = 0; i < n; i++)
		sorted[i] = (struct entry){ all[i], i };
	qsort(sorted, n, sizeof(*sorted), by_time);
	for (i = 0; i < n; i++)
		all[i] = sorted[i].ev;
	free(sorted);
	*count = n;
	return all;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 2 && !strcmp(argv[1], "-p");
	struct hist_event *ev;
	size_t n, i;

	if (argc != 2 + verbose)
		return 2;
	ev = load(argv[1 + verbose], &n);
	if (!ev || !n || ev[0].type != H_SEED || ev[0].b != HIST_MAGIC) {
		printf("%s is no history\n", argv[1 + verbose]);
		return 2;
	}
	for (i = 0; i < n; i++) {
		if (verbose)
			print(&ev[i]);
		event(&ev[i], ev + n);
	}
	if (!st.ended) {
		printf("the history has no end\n");
		st.wrong++;
	}
	printf("%zu events, %u segments, %llu bytes read, %u promotions, %u connections lost before they were protected, longest stall without excuse %llu ms, %u wrong\n",
	       n, st.segments, (unsigned long long)st.bytes, st.takeovers,
	       st.lost_before, (unsigned long long)st.longest / 1000000,
	       st.wrong);
	return st.wrong != 0;
}
