// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outbound bytes of a live connection into records, at the end of everything
 * a process does with the socket and in the output hook; state and option
 * records; what the lane's worker does for a connection from time to time.
 */
#include "capture.h"
#include "fault.h"
#include "hold.h"
#include "link.h"
#include "rx.h"
#include "snapshot.h"
#include "sockstate.h"
#include "trace.h"
#include "tx.h"

/**
 * fttcp_tx_queue() - a record of a connection goes to its lane
 * @c: live connection, its socket locked, with a lane
 * @rec: record; ownership passes
 * @state: the state part in it, filled in here, or NULL
 * @protects: segments made from now on wait until the backup has it. Without
 *	that, a window edge that it tells is not yet one to build upon.
 *
 * Context: any.
 * Return: 0, -EPIPE when the lane is down (the record is gone).
 */
int fttcp_tx_queue(struct fttcp_conn *c, struct fttcp_record *rec,
		   struct fttcp_wire_state *state, bool protects)
{
	u64 index;
	u32 edge;

	if (state) {
		fttcp_sock_state(c, state);
		c->state_sent = *state;
		edge = fttcp_sock_edge_most(state);
		if (protects || (s32)(edge - c->edge_most) < 0)
			c->edge_most = edge;
	}
	rec->conn = fttcp_conn_get(c);
	index = fttcp_lane_queue(c->lane, rec);
	if (!index)
		return -EPIPE;
	if (protects)
		c->last_index = index;
	/* tell how far the peer and the application got, once they did */
	fttcp_lane_dirty(c->lane, c);
	return 0;
}

/*
 * Both directions have ended and TCP is through with it; the program has only
 * not closed it yet. The sequence numbers count a FIN now, or do not, and
 * nothing shows which: there is no more to tell but the end itself.
 */
static bool is_over(const struct fttcp_conn *c)
{
	return c->sk->sk_state == TCP_CLOSE;
}

/*
 * Has the peer acknowledged what is in no record? What TCP sent may wait in
 * hold, so an acknowledgement of it is a guess. TCP believes it: the bytes are
 * gone, and the replica can only be made anew.
 */
static bool lied(struct fttcp_conn *c)
{
	if (c->mode == FTTCP_MODE_RX_ONLY ||
	    (s32)(fttcp_sock_snd_una(c->sk) - c->tx_seq) <= 0)
		return false;
	fttcp_tx_resync(c);
	return true;
}

/*
 * The lane is full, and what begins at @seq can stay in its socket. What had
 * left before the snapshot can not: the peer may have it.
 */
static bool may_wait(const struct fttcp_conn *c, u32 seq)
{
	return fttcp_lane_full(c->lane) && (s32)(seq - c->must_seq) >= 0;
}

/**
 * fttcp_tx_capture() - put what the application wrote into records
 * @c: live connection, its socket locked
 *
 * Context: any.
 * Return: 0; -EAGAIN when the lane's queue is full or the connection has to be
 * sent again, and -ENOMEM: bytes remain that are in no record, and the worker
 * will try again; -EPIPE when the lane is down.
 */
int fttcp_tx_capture(struct fttcp_conn *c)
{
	struct fttcp_capture cap = { .c = c, .type = FTTCP_WIRE_TX_DATA };
	u32 end = fttcp_sock_tx_end(c->sk);
	struct sk_buff *skb;
	int err = 0, err2;

	if (!c->lane || !c->added || is_over(c))
		return 0;
	if (fttcp_tx_again(c) || lied(c))
		return -EAGAIN;
	if (c->mode == FTTCP_MODE_RX_ONLY) {
		c->tx_seq = fttcp_sock_snd_una(c->sk);
		return 0;
	}
	if (c->tx_seq == end)
		return 0;
	if (may_wait(c, c->tx_seq)) {
		fttcp_lane_note_full(c->lane);
		err = -EAGAIN;
		goto starved;
	}
	cap.seq = c->tx_seq;
	for (skb = fttcp_sock_tx_first(c->sk, cap.seq); skb && !err;
	     skb = fttcp_sock_tx_next(c->sk, skb)) {
		err = fttcp_capture_skb(&cap, skb);
		if (!err && may_wait(c, cap.seq))
			err = -EAGAIN;
	}
	err2 = fttcp_capture_end(&cap);
	err = err2 ? err2 : err;
	if (c->tx_seq == end)
		return 0;
	if (err == -ESTALE) {
		/* it left, and was acknowledged, without having been told */
		fttcp_tx_resync(c);
		return err;
	}
starved:
	if (err != -EPIPE) {
		set_bit(FTTCP_CF_STARVED, &c->flags);
		fttcp_lane_dirty(c->lane, c);
	}
	return err ? err : -ENOMEM;
}

/* something that the backup must know before a segment may tell the peer */
static bool state_urgent(const struct fttcp_conn *c)
{
	const struct sock *sk = c->sk;

	return fttcp_sock_told_fins(c) != c->state_sent.flags ||
	       sk->sk_state != c->state_sent.tcp_state ||
	       (s32)(fttcp_sock_edge(sk) - c->edge_most) > 0;
}

/* something that lets the backup free memory, or be more exact */
static bool state_differs(const struct fttcp_conn *c)
{
	const struct fttcp_wire_state *s = &c->state_sent;

	return be32_to_cpu(s->snd_una) != fttcp_sock_snd_una(c->sk) ||
	       be32_to_cpu(s->copied) != fttcp_sock_copied(c->sk) ||
	       be32_to_cpu(s->rcv_edge) != fttcp_sock_edge(c->sk);
}

/**
 * fttcp_tx_news() - a STATE record when there is something to tell
 * @c: live connection, its socket locked
 * @always: also what can wait
 *
 * Context: any.
 * Return: 0, -ENOMEM, -EPIPE.
 */
int fttcp_tx_news(struct fttcp_conn *c, bool always)
{
	struct fttcp_wire_conn_state *s;
	struct fttcp_record *rec;
	bool urgent;

	if (!c->lane || !c->added || is_over(c) || fttcp_tx_again(c))
		return 0;
	urgent = state_urgent(c);
	if (!urgent && !(always && state_differs(c)))
		return 0;
	if (fttcp_fault(c->fn, FTTCP_FAULT_STATE))
		return -ENOMEM;
	rec = fttcp_record_alloc(c->fn, FTTCP_WIRE_STATE, GFP_ATOMIC);
	if (!rec)
		return -ENOMEM;
	s = fttcp_record_body(rec);
	s->id = cpu_to_be64(c->id);
	return fttcp_tx_queue(c, rec, &s->state, urgent);
}

static int options_news(struct fttcp_conn *c, gfp_t gfp)
{
	struct fttcp_wire_conn_opts *o;
	struct fttcp_wire_opts now;
	struct fttcp_record *rec;

	if (fttcp_tx_again(c))
		return 0;
	fttcp_sock_opts(c->sk, &now);
	now.rcvlowat = cpu_to_be32(c->lowat);
	if (!memcmp(&now, &c->opts_sent, sizeof(now)))
		return 0;
	rec = fttcp_record_alloc(c->fn, FTTCP_WIRE_CONN_OPTS, gfp);
	if (!rec)
		return -ENOMEM;
	o = fttcp_record_body(rec);
	o->id = cpu_to_be64(c->id);
	o->opts = now;
	c->opts_sent = now;
	return fttcp_tx_queue(c, rec, NULL, false);
}

/**
 * fttcp_tx_release_cb() - a process lets go of the socket
 * @c: live connection; its socket is owned and spin-locked
 *
 * Context: softirqs disabled.
 */
void fttcp_tx_release_cb(struct fttcp_conn *c)
{
	if (unlikely(test_and_clear_bit(FTTCP_CF_LOST, &c->flags)))
		fttcp_snapshot_lose(c);
	if (unlikely(test_and_clear_bit(FTTCP_CF_JOIN, &c->flags)))
		fttcp_snapshot_join_late(c);
	if (c->lane) {
		fttcp_rx_capture(c);
		fttcp_tx_capture(c);
		fttcp_lane_dirty(c->lane, c);
	}
	if (test_and_clear_bit(FTTCP_CF_RELEASE, &c->flags)) {
		fttcp_hold_alone(c);
		fttcp_hold_release(c);
	}
}

/**
 * fttcp_tx_forget() - have the backup forget a connection
 * @c: connection, its socket locked
 *
 * Context: any.
 * Return: true when CONN_DEL is c->last_index of its lane; false when the
 * backup does not know it, or the lane is down.
 */
bool fttcp_tx_forget(struct fttcp_conn *c)
{
	struct fttcp_wire_conn_ref *r;
	struct fttcp_record *rec;
	u64 index;

	c->added = false;
	if (!c->lane || !c->told)
		return false;
	c->told = false;
	rec = fttcp_record_alloc(c->fn, FTTCP_WIRE_CONN_DEL, GFP_ATOMIC);
	if (!rec) {
		/* the backup would keep, and promote, a dead connection */
		fttcp_link_down(c->lane->link, FTTCP_DOWN_REASON_MEMORY,
				-ENOMEM);
		return false;
	}
	r = fttcp_record_body(rec);
	r->id = cpu_to_be64(c->id);
	r->reason = 0;
	r->index = 0;
	rec->conn = fttcp_conn_get(c);
	index = fttcp_lane_queue(c->lane, rec);
	if (index)
		c->last_index = index;
	return index;
}

/**
 * fttcp_tx_end() - the connection has ended, or is no longer protected
 * @c: connection, its socket locked
 *
 * Context: any.
 */
void fttcp_tx_end(struct fttcp_conn *c)
{
	fttcp_conn_set_state(c, FTTCP_CONN_STATE_CLOSING,
			     FTTCP_DOWN_REASON_NONE);
	fttcp_tx_forget(c);
}

/**
 * fttcp_tx_again() - whether this connection waits for being sent again
 * @c: live connection
 *
 * Until it is, nothing of it goes into records: what they tell (how far the
 * program has read, for one) may be ahead of what the replica has.
 *
 * Context: any.
 */
bool fttcp_tx_again(const struct fttcp_conn *c)
{
	return test_bit(FTTCP_CF_RESYNC, &c->flags);
}

/**
 * fttcp_tx_resync() - send this connection again, whole, soon
 * @c: live connection
 *
 * Context: any.
 */
void fttcp_tx_resync(struct fttcp_conn *c)
{
	if (!c->lane)
		return;
	set_bit(FTTCP_CF_RESYNC, &c->flags);
	fttcp_lane_dirty(c->lane, c);
}

/* Return: true when every byte is in a record and, if asked for, it is silent */
static bool freeze(struct fttcp_conn *c, bool mute)
{
	if (!c->lane || READ_ONCE(c->lane->dead)) {
		/* no part of what is given away, but the address is */
		if (mute)
			c->muted = true;
		return true;
	}
	if (!c->added || fttcp_tx_again(c))
		fttcp_snapshot_conn(c, GFP_ATOMIC);
	if (fttcp_rx_capture(c) || fttcp_tx_capture(c) ||
	    (!c->added && fttcp_sock_is_live(c->sk)))
		return false;
	if (!mute)
		return true;
	fttcp_tx_news(c, true);
	c->muted = true;
	fttcp_hold_flush(c, false);
	return true;
}

/**
 * fttcp_tx_freeze() - put everything into records, then be silent
 * @c: live connection, unlocked
 * @mute: be silent; without that, only to have little left to do then
 * @end: when to give up, in jiffies
 *
 * Segments in hold are dropped: what they carry is in records, and the node
 * that takes over sends it. The socket is not locked while the lane drains:
 * its worker may want it. A program that sleeps under its lock has the time that
 * a full lane has.
 *
 * Context: may sleep; does not wait for programs.
 * Return: 0; -EAGAIN when not everything is in records, and it goes on.
 */
int fttcp_tx_freeze(struct fttcp_conn *c, bool mute, unsigned long end)
{
	unsigned long interval = msecs_to_jiffies(FTTCP_STATE_INTERVAL_MS);
	struct fttcp_lane *lane = NULL;
	bool done = false;

	for (;;) {
		if (fttcp_conn_trylock(c, FTTCP_CF_RELEASE)) {
			done = c->role == FTTCP_CONN_ROLE_REPLICA ||
			       test_bit(FTTCP_CF_DEAD, &c->flags) ||
			       freeze(c, mute);
			if (!done && !lane)
				lane = fttcp_lane_get(c->lane);
			fttcp_conn_unlock(c, true);
		}
		if (done || time_after(jiffies, end))
			break;
		if (lane && fttcp_lane_full(lane))
			wait_event_timeout(lane->wq, !fttcp_lane_full(lane),
					   interval);
		else
			schedule_timeout_uninterruptible(interval);
	}
	if (lane)
		fttcp_lane_put(lane);
	return done ? 0 : -EAGAIN;
}

static bool fin_is_out(const struct sock *sk)
{
	u8 fins = fttcp_sock_fins(sk);

	return (fins & FTTCP_WIRE_S_FIN) && !(fins & FTTCP_WIRE_S_FIN_ACKED);
}

static void flush_live(struct fttcp_conn *c, gfp_t gfp)
{
	bool again = false;

	if (fttcp_snapshot_refused(c))
		return;
	if (!c->added || fttcp_tx_again(c)) {
		again = fttcp_snapshot_conn(c, gfp);
	} else {
		again |= fttcp_rx_capture(c) != 0;
		clear_bit(FTTCP_CF_STARVED, &c->flags);
		again |= fttcp_tx_capture(c) != 0;
		again |= options_news(c, gfp) != 0;
		again |= fttcp_tx_news(c, true) != 0;
	}
	/* the peer will acknowledge this some day, and nothing will call us */
	again |= !is_over(c) && (fttcp_sock_snd_una(c->sk) != c->tx_seq ||
				 fin_is_out(c->sk));
	if (again)
		fttcp_lane_dirty(c->lane, c);
}

/**
 * fttcp_conn_flush() - what the lane's worker does for a dirty connection
 * @c: connection of this lane; the caller has a reference
 *
 * One that a program has locked, perhaps while its memory is fetched from a
 * server that is gone, becomes dirty again when the program lets go of it: the
 * others, and the end of the link, do not wait for that.
 *
 * Context: process; does not wait for programs.
 */
void fttcp_conn_flush(struct fttcp_conn *c)
{
	if (!fttcp_conn_trylock(c, FTTCP_CF_RELEASE))
		return;
	if (c->lane && !READ_ONCE(c->lane->dead)) {
		if (!test_bit(FTTCP_CF_DEAD, &c->flags))
			flush_live(c, GFP_ATOMIC);
		fttcp_hold_release(c);
		if (c->lane)
			fttcp_hold_too_long(c);
	}
	fttcp_conn_unlock(c, true);
}
