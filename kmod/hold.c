// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold: a segment leaves when the backup has every byte that it carries and
 * every byte that it acknowledges, and while this node's lease is valid.
 *
 * The skb is TCP's clone with its header built and checksummed; it stays
 * charged to the socket (skb->sk), which keeps TCP from sending it again
 * while it waits. It is routed when it leaves.
 */
#include <net/tcp.h>

#include "fault.h"
#include "hold.h"
#include "link.h"
#include "patience.h"
#include "rx.h"
#include "snapshot.h"
#include "sockstate.h"
#include "trace.h"
#include "tx.h"

/* @need: its bytes are in no record yet */
#define NEED_CAPTURE	U64_MAX

/**
 * struct hold_cb - in skb->cb while a segment waits
 * @need: lane index that the backup must have acknowledged
 * @since: ktime
 */
struct hold_cb {
	u64	need;
	u64	since;
};

static struct hold_cb *cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct hold_cb) > sizeof_field(struct sk_buff, cb));
	return (struct hold_cb *)skb->cb;
}

static int xmit(struct fttcp_conn *c, struct sk_buff *skb, struct flowi *fl)
{
	if (fttcp_fault_dead(c->fn)) {
		kfree_skb(skb);
		return 0;
	}
	memset(skb->cb, 0, sizeof(skb->cb));
	return c->orig_af->queue_xmit(c->sk, skb, fl);
}

/* nothing decides for this node but itself */
static bool alone(const struct fttcp_conn *c)
{
	u8 state = READ_ONCE(c->fn->state);

	/* before every connection has been muted, this one may be asked */
	if (c->lane || state == FTTCP_STATE_FENCED)
		return false;
	return state != FTTCP_STATE_HOLDING ||
	       test_bit(FTTCP_CF_UNPROTECTED, &c->flags);
}

static bool may_leave(const struct fttcp_conn *c, u64 need)
{
	if (alone(c))
		return true;
	if (!c->lane || need > READ_ONCE(c->acked_index))
		return false;
	return fttcp_lease_valid(c->fn);
}

static bool is_pure_ack(const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);

	return skb->len == tcp_hdrlen(skb) && !th->syn && !th->fin &&
	       !th->rst && !th->urg;
}

/*
 * Is every outbound byte that it carries, or tells to be the last, in a record?
 * What the program has written beyond may wait for room in the lane.
 */
static bool carries_told(const struct fttcp_conn *c, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	u32 end = ntohl(th->seq) + skb->len - tcp_hdrlen(skb);

	return is_pure_ack(skb) ||
	       (!th->fin && (s32)(c->tx_seq - end) >= 0);
}

/* everything new into records; says which index covers a segment made now */
static u64 cover(struct fttcp_conn *c, const struct sk_buff *skb)
{
	int rx, tx, news;

	if (!c->lane || READ_ONCE(c->lane->dead))
		return NEED_CAPTURE;
	/* silent until the backup has forgotten it */
	if (test_bit(FTTCP_CF_LEAVING, &c->flags))
		return NEED_CAPTURE;
	if (!c->added && fttcp_snapshot_conn(c, GFP_ATOMIC))
		return NEED_CAPTURE;
	rx = fttcp_rx_capture(c);
	tx = fttcp_tx_capture(c);
	news = fttcp_tx_news(c, false);
	if (rx || news || fttcp_tx_again(c) ||
	    (tx && (tx == -EPIPE || !carries_told(c, skb))))
		return NEED_CAPTURE;
	/* what nothing waits for has no bound but the lane's queue */
	if (c->mode == FTTCP_MODE_ASYNC && !fttcp_lane_full(c->lane))
		return 0;
	return c->last_index;
}

static void take_out(struct fttcp_conn *c, struct sk_buff *skb)
{
	__skb_unlink(skb, &c->held);
	c->held_bytes -= skb->len;
	fttcp_stat_dec(c->fn, FTTCP_STAT_CURR_HELD_SEGMENTS);
}

/*
 * Behind which segment does one wait? Behind all, but for a pure ACK that is
 * covered: it overtakes those that find no room in the lane, since the peer
 * would send again, and stop, for no other reason than what our program writes.
 * To the peer it looks as if those before it were late.
 */
static struct sk_buff *place_of(struct fttcp_conn *c, const struct sk_buff *skb,
				u64 need)
{
	struct sk_buff *last = skb_peek_tail(&c->held);

	if (need == NEED_CAPTURE || !is_pure_ack(skb))
		return last;
	while (last && cb(last)->need == NEED_CAPTURE)
		last = skb_queue_is_first(&c->held, last) ?
			       NULL : skb_queue_prev(&c->held, last);
	return last;
}

/*
 * A pure ACK that waits for the same as a newer one says nothing that the
 * newer one does not. Duplicates are kept: the peer counts them.
 */
static bool says_no_more(const struct sk_buff *older, u64 need,
			 const struct sk_buff *skb)
{
	return older && cb(older)->need == need &&
	       is_pure_ack(older) && is_pure_ack(skb) &&
	       after(ntohl(tcp_hdr(skb)->ack_seq),
		     ntohl(tcp_hdr(older)->ack_seq));
}

static void enqueue(struct fttcp_conn *c, struct sk_buff *skb, u64 need)
{
	struct sk_buff *last = place_of(c, skb, need);

	if (last)
		__skb_queue_after(&c->held, last, skb);
	else
		__skb_queue_head(&c->held, skb);
	if (!says_no_more(last, need, skb))
		return;
	take_out(c, last);
	kfree_skb(last);
	fttcp_stat_inc(c->fn, FTTCP_STAT_ACK_COALESCED);
}

static int hold(struct fttcp_conn *c, struct sk_buff *skb, struct flowi *fl,
		u64 need)
{
	cb(skb)->need = need;
	cb(skb)->since = ktime_get_ns();
	c->held_bytes += skb->len;
	fttcp_stat_inc(c->fn, FTTCP_STAT_CURR_HELD_SEGMENTS);
	enqueue(c, skb, need);
	if (skb_queue_len(&c->held) > FTTCP_HELD_SEGMENTS_MAX) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_HOLD_QUEUE_FULL);
		take_out(c, skb);
		kfree_skb(skb);
		return NET_XMIT_DROP;
	}
	c->fl = *fl;
	fttcp_patience_want(c->fn);
	fttcp_stat_inc(c->fn, FTTCP_STAT_SEG_HELD);
	trace_fttcp_hold(c->id, ntohl(tcp_hdr(skb)->seq),
			 ntohl(tcp_hdr(skb)->ack_seq), skb->len, need);
	return 0;
}

/* an assertion: a segment acknowledges what is in no record, unnoticed */
static bool uncovered(const struct fttcp_conn *c, const struct sk_buff *skb,
		      u64 need)
{
	u32 covered = c->rx_seq + sock_flag(c->sk, SOCK_DONE);

	return need != NEED_CAPTURE && c->added &&
	       after(ntohl(tcp_hdr(skb)->ack_seq), covered);
}

/*
 * A reset waits for nothing, as it says nothing of bytes; but it is speech, so
 * without a lease it is dropped, and the peer learns when it speaks itself.
 */
static int reset(struct fttcp_conn *c, struct sk_buff *skb, struct flowi *fl)
{
	fttcp_hold_flush(c, false);
	if (may_leave(c, 0))
		return xmit(c, skb, fl);
	fttcp_stat_inc(c->fn, FTTCP_STAT_SEG_DROPPED);
	kfree_skb(skb);
	return 0;
}

/**
 * fttcp_queue_xmit() - the output hook of a protected socket
 * @sk: locked socket
 * @skb: a segment, complete but for the network header; ownership passes
 * @fl: flow
 *
 * The authoritative place of capture: whatever else was missed, nothing goes
 * beyond this that is in no record.
 *
 * Context: any.
 * Return: as ip_queue_xmit(); 0 when the segment was held, or dropped because
 * this socket must not speak.
 */
int fttcp_queue_xmit(struct sock *sk, struct sk_buff *skb, struct flowi *fl)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);
	u64 need;

	if (unlikely(!c || READ_ONCE(c->muted))) {
		if (c)
			fttcp_stat_inc(c->fn, FTTCP_STAT_SEG_DROPPED);
		kfree_skb(skb);
		return 0;
	}
	if (unlikely(tcp_hdr(skb)->fin))
		set_bit(FTTCP_CF_FIN, &c->flags);
	if (alone(c) && skb_queue_empty(&c->held))
		return xmit(c, skb, fl);
	if (unlikely(tcp_hdr(skb)->rst))
		return reset(c, skb, fl);
	need = cover(c, skb);
	/* a record could not be made, and perhaps nothing else calls for it */
	if (unlikely(need == NEED_CAPTURE && c->lane))
		fttcp_lane_dirty(c->lane, c);
	if (unlikely(uncovered(c, skb, need))) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_UNCOVERED_ACK_LEAK);
		fttcp_evt_internal_error(c->fn, 0);
	}
	if (!skb_queue_empty(&c->held)) {
		local_bh_disable();
		fttcp_hold_release(c);
		local_bh_enable();
	}
	if (!place_of(c, skb, need) && may_leave(c, need)) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_SEG_PASSED);
		return xmit(c, skb, fl);
	}
	return hold(c, skb, fl, need);
}

static void let_go(struct fttcp_conn *c, struct sk_buff *skb)
{
	u64 waited = ktime_get_ns() - cb(skb)->since;

	fttcp_fault(c->fn, FTTCP_FAULT_HOLD_RELEASE);
	take_out(c, skb);
	c->held_max_ns = max(c->held_max_ns, waited);
	fttcp_stat_inc(c->fn, FTTCP_STAT_SEG_RELEASED);
	trace_fttcp_release(c->id, skb->len, cb(skb)->need, waited);
	xmit(c, skb, &c->fl);
}

/* the same for a segment that had to wait without a record */
static u64 cover_late(struct fttcp_conn *c, const struct sk_buff *skb)
{
	if (!c->lane)
		return NEED_CAPTURE;
	/* nothing of it goes into records any more; CONN_DEL is the last */
	if (test_bit(FTTCP_CF_DEAD, &c->flags))
		return c->last_index;
	if (!c->added || (test_bit(FTTCP_CF_STARVED, &c->flags) &&
			  !carries_told(c, skb)))
		return NEED_CAPTURE;
	return cover(c, skb);
}

/**
 * fttcp_hold_waits() - is there anything that the backup does not have yet?
 * @c: connection, live or ended
 *
 * What TCP answers without its socket must not leave meanwhile (R1).
 *
 * Context: any, nothing locked: what is new just now has not been answered.
 */
bool fttcp_hold_waits(const struct fttcp_conn *c)
{
	if (!skb_queue_empty_lockless(&c->held))
		return true;
	return READ_ONCE(c->lane) && READ_ONCE(c->mode) != FTTCP_MODE_ASYNC &&
	       READ_ONCE(c->acked_index) < READ_ONCE(c->last_index);
}

/**
 * fttcp_hold_again() - what waits has to be covered anew
 * @c: connection that begins on a lane, or begins again; its socket locked
 *
 * An index means nothing on another lane, nor for another replica.
 */
void fttcp_hold_again(struct fttcp_conn *c)
{
	u64 now = ktime_get_ns();
	struct sk_buff *skb;

	skb_queue_walk(&c->held, skb) {
		cb(skb)->need = NEED_CAPTURE;
		cb(skb)->since = now;
	}
}

/**
 * fttcp_hold_release() - let go what is covered
 * @c: connection, its socket locked
 *
 * Context: softirqs disabled.
 */
void fttcp_hold_release(struct fttcp_conn *c)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&c->held))) {
		if (cb(skb)->need == NEED_CAPTURE)
			cb(skb)->need = cover_late(c, skb);
		if (!may_leave(c, cb(skb)->need))
			break;
		let_go(c, skb);
	}
	if (test_bit(FTTCP_CF_DEAD, &c->flags) && !fttcp_hold_waits(c))
		fttcp_conn_unlist(c);
}

/**
 * fttcp_hold_flush() - empty the hold queue
 * @c: connection, its socket locked
 * @send: let the segments go, in order; otherwise drop them
 *
 * Context: any.
 */
void fttcp_hold_flush(struct fttcp_conn *c, bool send)
{
	struct sk_buff *skb;

	local_bh_disable();
	while ((skb = skb_peek(&c->held))) {
		if (send) {
			let_go(c, skb);
			continue;
		}
		take_out(c, skb);
		kfree_skb(skb);
		fttcp_stat_inc(c->fn, FTTCP_STAT_SEG_DROPPED);
	}
	local_bh_enable();
	if (test_bit(FTTCP_CF_DEAD, &c->flags))
		fttcp_conn_unlist(c);
}

/**
 * fttcp_hold_acked() - the backup has taken records of a connection
 * @lane: lane that they went over; the connection may have left it
 * @c: connection
 * @index: lane index of the last one
 *
 * Context: process, the lane's worker; takes the socket lock.
 */
void fttcp_hold_acked(struct fttcp_lane *lane, struct fttcp_conn *c,
		      u64 index)
{
	struct sock *sk = c->sk;

	local_bh_disable();
	bh_lock_sock(sk);
	if (c->lane != lane)
		goto out;
	WRITE_ONCE(c->acked_index, index);
	if (c->state == FTTCP_CONN_STATE_SYNCING && c->added &&
	    index >= c->sync_index)
		fttcp_conn_set_state(c, FTTCP_CONN_STATE_PROTECTED,
				     FTTCP_DOWN_REASON_NONE);
	if (!sock_owned_by_user(sk)) {
		fttcp_hold_release(c);
	} else if (test_bit(FTTCP_CF_HOOKED, &c->flags)) {
		set_bit(FTTCP_CF_RELEASE, &c->flags);
	} else {
		/* release_cb is TCP's own again: the worker comes back */
		fttcp_lane_dirty(c->lane, c);
	}
out:
	bh_unlock_sock(sk);
	local_bh_enable();
}

/**
 * fttcp_hold_alone() - say so when a held connection goes on without a backup
 * @c: connection, its socket locked
 */
void fttcp_hold_alone(struct fttcp_conn *c)
{
	if (c->state == FTTCP_CONN_STATE_HELD && alone(c))
		fttcp_conn_set_state(c, FTTCP_CONN_STATE_SOLO,
				     READ_ONCE(c->fn->down_reason));
}

/**
 * fttcp_hold_wake() - whether a connection may speak has changed
 * @c: connection, unlocked; the caller has a reference
 *
 * One that a program has locked, for however long, looks itself when the
 * program lets go of it.
 *
 * Context: process; does not wait for programs.
 */
void fttcp_hold_wake(struct fttcp_conn *c)
{
	if (!fttcp_conn_trylock(c, FTTCP_CF_RELEASE))
		return;
	fttcp_hold_alone(c);
	fttcp_hold_release(c);
	fttcp_conn_unlock(c, true);
}

/**
 * fttcp_hold_too_long() - R5 for a connection whose bytes find no record
 * @c: connection, its socket locked
 *
 * The lane's worker watches over records; segments that wait because no
 * record could be made are watched here. That the lane is full is no reason, as
 * long as the backup takes what it has.
 *
 * Context: softirqs disabled.
 */
void fttcp_hold_too_long(struct fttcp_conn *c)
{
	u64 max = READ_ONCE(c->fn->conf.hold_max_ms) * (u64)NSEC_PER_MSEC;
	struct sk_buff *skb;
	u64 since = 0;

	skb_queue_walk(&c->held, skb) {
		if (cb(skb)->need != NEED_CAPTURE)
			continue;
		/* behind one that waits for its receipt nobody has looked */
		cb(skb)->need = cover_late(c, skb);
		if (cb(skb)->need == NEED_CAPTURE) {
			since = cb(skb)->since;
			break;
		}
	}
	if (!since)
		return;
	if (test_bit(FTTCP_CF_STARVED, &c->flags))
		since = max(since, READ_ONCE(c->lane->progress_ns));
	if (ktime_get_ns() < since + max) {
		fttcp_lane_dirty(c->lane, c);
		return;
	}
	fttcp_stat_inc(c->fn, FTTCP_STAT_HOLD_MAX_EXPIRED);
	fttcp_link_down(c->lane->link, FTTCP_DOWN_REASON_HOLD_MAX, -ETIMEDOUT);
}

/**
 * fttcp_hold_since() - how long does the first in the queue wait?
 * @c: connection, its socket locked
 *
 * Return: since when, ktime in nanoseconds; 0 when nothing waits.
 */
u64 fttcp_hold_since(const struct fttcp_conn *c)
{
	const struct sk_buff *skb = skb_peek(&c->held);

	return skb ? cb(skb)->since : 0;
}
