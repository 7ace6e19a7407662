// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audits, on the backup: what AUDIT says is held against the replica. One that
 * differs is told of and asked for again; it stays until then, since it may be
 * all that there is of the connection. What the active does not name belongs to
 * no connection any more, and is dropped.
 */
#include <net/tcp.h>

#include "audit.h"
#include "conn.h"
#include "link.h"
#include "record.h"
#include "replica.h"
#include "sockstate.h"

/* --- comparing ----------------------------------------------------------- */

/* The timestamp clock runs on here by itself. */
static bool same_state(const struct fttcp_replica *r,
		       const struct fttcp_wire_state *told)
{
	struct fttcp_wire_state have = r->state;

	have.tsval = told->tsval;
	return !memcmp(&have, told, sizeof(have));
}

static bool same_ends(const struct fttcp_conn *c,
		      const struct fttcp_wire_state *told)
{
	const struct fttcp_replica *r = c->replica;

	return r->rx_end == be32_to_cpu(told->rx_end) &&
	       (c->mode == FTTCP_MODE_RX_ONLY ||
		r->tx_end == be32_to_cpu(told->tx_end));
}

/* The first skb may begin before @seq: they are trimmed whole. */
static bool same_bytes(const struct sk_buff_head *q, u32 seq, u32 len,
		       u64 digest)
{
	struct xxh64_state x;
	struct sk_buff *skb;
	u32 off, n;

	if (!len)
		return true;
	xxh64_reset(&x, 0);
	skb_queue_walk(q, skb) {
		off = seq - fttcp_skb_seq(skb);
		/* all of it is before, or behind: then there is a hole */
		if (off >= skb->len)
			continue;
		n = min(len, skb->len - off);
		fttcp_audit_digest(&x, skb, off, n);
		seq += n;
		len -= n;
		if (!len)
			return xxh64_digest(&x) == digest;
	}
	return false;
}

static u32 compare(const struct fttcp_conn *c, const struct fttcp_wire_audit *a)
{
	const struct fttcp_replica *r = c->replica;
	u32 what = 0;

	if (!same_state(r, &a->state) || !same_ends(c, &a->state))
		what |= FTTCP_WIRE_D_STATE;
	if (fttcp_audit_digest_opts(&r->add.opts) != be64_to_cpu(a->opts))
		what |= FTTCP_WIRE_D_OPTS;
	if (!same_bytes(&r->tx, be32_to_cpu(a->tx_seq), be32_to_cpu(a->tx_len),
			be64_to_cpu(a->tx_digest)))
		what |= FTTCP_WIRE_D_TX;
	/* a program that has the replica has, or has read, these bytes */
	if (!r->fed &&
	    !same_bytes(&r->rx, be32_to_cpu(a->rx_seq), be32_to_cpu(a->rx_len),
			be64_to_cpu(a->rx_digest)))
		what |= FTTCP_WIRE_D_RX;
	return what;
}

/* --- answering ----------------------------------------------------------- */

static void send_diff(struct fttcp_lane *lane, u64 id, u64 index, u32 what)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_wire_audit_diff *d;
	struct fttcp_record *rec;

	rec = fttcp_record_alloc(fn, FTTCP_WIRE_AUDIT_DIFF, GFP_NOIO);
	/* the next audit finds it again */
	if (!rec)
		return;
	d = fttcp_record_body(rec);
	d->id = cpu_to_be64(id);
	d->number = cpu_to_be64(lane->audit);
	d->index = cpu_to_be64(index);
	d->what = cpu_to_be32(what);
	spin_lock_bh(&fn->audit.lock);
	lane->link->tally.diffs++;
	spin_unlock_bh(&fn->audit.lock);
	fttcp_lane_queue(lane, rec);
}

static void tell(struct fttcp_conn *c, u32 id, u32 what)
{
	char text[160];

	fttcp_audit_what_text(what, text, sizeof(text));
	fttcp_event(c->fn, &(struct fttcp_event) {
		.id = id, .conn_id = c->id, .tuple = &c->tuple, .text = text });
}

static void send_done(struct fttcp_lane *lane,
		      const struct fttcp_audit_tally *t)
{
	struct fttcp_wire_audit_done *d;
	struct fttcp_record *rec;

	rec = fttcp_record_alloc(lane->link->fn, FTTCP_WIRE_AUDIT_DONE,
				 GFP_NOIO);
	if (!rec)
		return;
	d = fttcp_record_body(rec);
	d->number = cpu_to_be64(t->found.number);
	d->bytes = cpu_to_be64(t->found.bytes);
	d->conns = cpu_to_be32(min_t(u32, t->found.conns, FTTCP_CONNS_MAX));
	d->stale = cpu_to_be32(min_t(u32, t->found.stale, FTTCP_CONNS_MAX));
	d->diffs = cpu_to_be32(t->diffs);
	fttcp_lane_queue(lane, rec);
}

/* --- records ------------------------------------------------------------- */

static int take_mark(struct fttcp_lane *lane, u64 number, u64 index)
{
	struct fttcp_audit_tally *t = &lane->link->tally;
	struct fttcp_net *fn = lane->link->fn;

	if (number <= lane->audit)
		return -EPROTO;
	lane->audit = number;
	WRITE_ONCE(lane->audit_index, index);
	lane->swept = false;
	spin_lock_bh(&fn->audit.lock);
	if (t->found.number != number) {
		memset(t, 0, sizeof(*t));
		t->found.number = number;
		t->found.began_ns = ktime_get_real_ns();
		t->began = ktime_get_ns();
	}
	spin_unlock_bh(&fn->audit.lock);
	return 0;
}

/*
 * Return: in what it differs from what it should be, if that was not told yet.
 * What has no complete copy is counted, not compared.
 */
static u32 look(struct fttcp_conn *c, const struct fttcp_wire_audit *a,
		u64 number)
{
	bool last = !(be32_to_cpu(a->flags) & FTTCP_WIRE_A_MORE);
	bool skip = be32_to_cpu(a->flags) & FTTCP_WIRE_A_SKIP;
	struct fttcp_audit_tally *t = &c->lane->link->tally;
	struct fttcp_replica *r = c->replica;
	u32 what = 0;

	WRITE_ONCE(r->audit, number);
	skip |= fttcp_replica_missing(c) != 0;
	if (!skip)
		what = compare(c, a);
	if (what && r->audit_told == number)
		what = 0;
	else if (what)
		r->audit_told = number;
	spin_lock_bh(&c->fn->audit.lock);
	if (skip)
		t->found.skipped += last;
	else
		t->found.conns += last;
	t->found.differing += what != 0;
	if (!skip)
		t->found.bytes += be32_to_cpu(a->tx_len) +
				  be32_to_cpu(a->rx_len);
	spin_unlock_bh(&c->fn->audit.lock);
	return what;
}

static int take_audit(struct fttcp_lane *lane, const struct fttcp_wire_audit *a,
		      u64 index)
{
	struct fttcp_conn *c;
	bool spinning;
	u32 what = 0;

	if (be64_to_cpu(a->number) != lane->audit || lane->swept)
		return -EPROTO;
	c = fttcp_replica_find(lane, a->id);
	if (!c) {
		/* its end, or that it cannot be made here, may be on its way */
		if (!(be32_to_cpu(a->flags) &
		      (FTTCP_WIRE_A_MORE | FTTCP_WIRE_A_SKIP)))
			send_diff(lane, be64_to_cpu(a->id), index,
				  FTTCP_WIRE_D_MISSING);
		return 0;
	}
	spinning = fttcp_conn_lock(c);
	if (!test_bit(FTTCP_CF_DEAD, &c->flags))
		what = look(c, a, lane->audit);
	fttcp_conn_unlock(c, spinning);
	if (what) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_AUDIT_DIFF);
		tell(c, FTTCP_EVT_AUDIT_DIFF, what);
		send_diff(lane, c->id, index, what);
	}
	fttcp_conn_put(c);
	return 0;
}

/*
 * If the active has the connection after all, it sends it again: nothing is
 * lost by a mistake of its own.
 */
static void drop_stale(struct fttcp_link *link, struct fttcp_conn *c)
{
	struct fttcp_lane *lane = NULL;
	int i;

	for (i = 0; i < link->nr_lanes; i++)
		if (c->replica->lane == &link->lanes[i])
			lane = &link->lanes[i];
	tell(c, FTTCP_EVT_AUDIT_STALE, FTTCP_WIRE_D_STALE);
	fttcp_stat_inc(link->fn, FTTCP_STAT_AUDIT_STALE);
	fttcp_replica_drop(c);
	if (lane)
		send_diff(lane, c->id, READ_ONCE(lane->audit_index),
			  FTTCP_WIRE_D_STALE);
}

/* Return: how many replicas were dropped */
static u32 sweep(struct fttcp_lane *lane, u64 number)
{
	struct fttcp_link *link = lane->link;
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	u32 stale = 0;

	while (!READ_ONCE(lane->dead) &&
	       (c = fttcp_conn_next(link->fn, &it))) {
		if (c->role == FTTCP_CONN_ROLE_REPLICA && c->replica &&
		    READ_ONCE(c->replica->audit) < number) {
			drop_stale(link, c);
			stale++;
		}
		fttcp_conn_put(c);
		if (fttcp_lane_beat_due(lane))
			fttcp_lane_tx_beat(lane);
		cond_resched();
	}
	return stale;
}

static int take_sweep(struct fttcp_lane *lane, u64 number)
{
	struct fttcp_link *link = lane->link;
	struct fttcp_audit_tally *t = &link->tally;
	struct fttcp_net *fn = link->fn;
	struct fttcp_audit_tally all;
	bool last;
	u32 stale;

	if (number != lane->audit || lane->swept)
		return -EPROTO;
	lane->swept = true;
	spin_lock_bh(&fn->audit.lock);
	last = t->found.number == number && ++t->swept == link->nr_lanes;
	spin_unlock_bh(&fn->audit.lock);
	if (!last)
		return 0;
	stale = sweep(lane, number);

	spin_lock_bh(&fn->audit.lock);
	t->found.stale = stale;
	t->found.took_ms = div_u64(ktime_get_ns() - t->began, NSEC_PER_MSEC);
	t->found.result = t->diffs ? FTTCP_AUDIT_RESULT_DIFFERS :
				     FTTCP_AUDIT_RESULT_CLEAN;
	all = *t;
	fn->audit.last = all.found;
	spin_unlock_bh(&fn->audit.lock);
	send_done(lane, &all);
	fttcp_audit_ended(fn, &all.found);
	return 0;
}

/**
 * fttcp_audit_take() - a record of an audit
 * @lane: lane it came on
 * @type: AUDIT_MARK, AUDIT or SWEEP
 * @index: of the record
 * @body: checked by the codec
 *
 * Context: process, the lane's worker.
 * Return: 0, -EPROTO.
 */
int fttcp_audit_take(struct fttcp_lane *lane, u8 type, u64 index,
		     const void *body)
{
	const struct fttcp_wire_audit_mark *m = body;

	switch (type) {
	case FTTCP_WIRE_AUDIT_MARK:
		return take_mark(lane, be64_to_cpu(m->number), index);
	case FTTCP_WIRE_AUDIT:
		return take_audit(lane, body, index);
	case FTTCP_WIRE_SWEEP:
		return take_sweep(lane, be64_to_cpu(m->number));
	}
	return -EPROTO;
}
