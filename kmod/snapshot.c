// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshot: a connection that exists goes to the backup, whole, while it
 * lives: CONN_ADD says how it is, then the bytes in both its queues follow as
 * any other bytes do. All under the socket lock, so that what comes after
 * joins without a seam.
 */
#include <linux/delay.h>
#include <net/tcp_states.h>

#include "fault.h"
#include "link.h"
#include "hold.h"
#include "replica.h"
#include "rx.h"
#include "snapshot.h"
#include "sockstate.h"
#include "tx.h"

/* the lane of a connection: by its id, so that it never changes in a link */
static struct fttcp_lane *lane_of(struct fttcp_link *link, u64 id)
{
	return &link->lanes[id % link->nr_lanes];
}

/**
 * fttcp_snapshot_unrefuse() - it ends, or another backup may answer otherwise
 * @c: connection, its socket locked
 */
void fttcp_snapshot_unrefuse(struct fttcp_conn *c)
{
	clear_bit(FTTCP_CF_REFUSED, &c->flags);
	if (test_and_clear_bit(FTTCP_CF_UNPROTECTED, &c->flags))
		atomic_dec(&c->fn->nr_refused);
}

static void take_lane(struct fttcp_conn *c, struct fttcp_link *link)
{
	struct fttcp_lane *lane = lane_of(link, c->id);

	if (c->lane == lane)
		return;
	if (c->lane)
		fttcp_lane_put(c->lane);
	c->lane = fttcp_lane_get(lane);
	c->added = false;
	c->told = false;
	fttcp_snapshot_unrefuse(c);
	c->last_index = 0;
	WRITE_ONCE(c->acked_index, 0);
	c->asked_index = 0;
	fttcp_hold_again(c);
	fttcp_conn_set_state(c, FTTCP_CONN_STATE_SYNCING,
			     FTTCP_DOWN_REASON_NONE);
}

/* handed over, or about to be: its address is, or may be soon, another node's */
static bool given_away(const struct fttcp_net *fn)
{
	return READ_ONCE(fn->leaving) ||
	       (READ_ONCE(fn->state) == FTTCP_STATE_NONE &&
		READ_ONCE(fn->down_reason) == FTTCP_DOWN_REASON_GOODBYE);
}

/**
 * fttcp_snapshot_join() - a new connection finds its place
 * @c: connection that was just attached or promoted, its socket locked
 *
 * With a link up, the lane's worker takes the snapshot, unless a segment
 * wants to leave first.
 *
 * Context: any.
 */
void fttcp_snapshot_join(struct fttcp_conn *c)
{
	struct fttcp_net *fn = c->fn;
	struct fttcp_link *link;
	u8 state = FTTCP_CONN_STATE_ATTACHED;

	/* it is listed: a handover that ends meanwhile unmutes it, see there */
	spin_lock_bh(&fn->lock);
	if (given_away(fn))
		WRITE_ONCE(c->muted, true);
	spin_unlock_bh(&fn->lock);
	if (READ_ONCE(fn->role) == FTTCP_ROLE_ACTIVE) {
		/* a handover takes no more than it began with */
		link = READ_ONCE(fn->leaving) ? NULL : fttcp_link_backup(fn);
		if (link) {
			take_lane(c, link);
			fttcp_lane_dirty(c->lane, c);
			fttcp_link_put(link);
			return;
		}
		state = READ_ONCE(fn->state) == FTTCP_STATE_HOLDING ?
			FTTCP_CONN_STATE_HELD : FTTCP_CONN_STATE_SOLO;
	}
	fttcp_conn_set_state(c, state, READ_ONCE(fn->down_reason));
}

/**
 * fttcp_snapshot_join_late() - one that could not when it began
 * @c: connection, its socket locked. It is older than this node's role, or began
 *	while that was being given away.
 *
 * Context: any.
 */
void fttcp_snapshot_join_late(struct fttcp_conn *c)
{
	if (READ_ONCE(c->fn->role) != FTTCP_ROLE_ACTIVE || c->lane ||
	    c->role == FTTCP_CONN_ROLE_REPLICA ||
	    test_bit(FTTCP_CF_DEAD, &c->flags) ||
	    test_bit(FTTCP_CF_UNPROTECTED, &c->flags))
		return;
	if (c->state == FTTCP_CONN_STATE_ATTACHED ||
	    c->state == FTTCP_CONN_STATE_SOLO)
		fttcp_snapshot_join(c);
}

/**
 * fttcp_snapshot_join_all() - each of these
 * @fn: namespace of an active node
 *
 * Context: process; does not wait for programs.
 */
void fttcp_snapshot_join_all(struct fttcp_net *fn)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (fttcp_conn_trylock(c, FTTCP_CF_JOIN)) {
			fttcp_snapshot_join_late(c);
			fttcp_conn_unlock(c, true);
		}
		fttcp_conn_put(c);
		cond_resched();
	}
}

static int queue_conn_add(struct fttcp_conn *c, gfp_t gfp)
{
	struct fttcp_wire_conn_add *a;
	struct fttcp_record *rec;
	int err;

	if (fttcp_fault(c->fn, FTTCP_FAULT_CONN_ADD))
		return -ENOMEM;
	rec = fttcp_record_alloc(c->fn, FTTCP_WIRE_CONN_ADD, gfp);
	if (!rec)
		return -ENOMEM;
	a = fttcp_record_body(rec);
	c->tx_seq = fttcp_sock_snd_una(c->sk);
	c->must_seq = fttcp_sock_snd_nxt(c->sk);
	c->rx_seq = fttcp_sock_copied(c->sk);
	if (c->mode != FTTCP_MODE_RX_ONLY)
		a->tx_follow = cpu_to_be32(c->must_seq - c->tx_seq);
	a->rx_follow = cpu_to_be32(fttcp_sock_rx_end(c->sk) - c->rx_seq);
	fttcp_sock_conn(c, &a->conn);
	fttcp_sock_opts(c->sk, &a->opts);
	a->opts.rcvlowat = cpu_to_be32(c->lowat);
	c->opts_sent = a->opts;
	err = fttcp_tx_queue(c, rec, &a->state, true);
	if (!err) {
		c->told = true;
		c->add_index = c->last_index;
	}
	return err;
}

/* what the backup was told so far does not count any more */
static void begin_again(struct fttcp_conn *c)
{
	if (!test_and_clear_bit(FTTCP_CF_RESYNC, &c->flags))
		return;
	c->added = false;
	fttcp_hold_again(c);
	fttcp_conn_set_state(c, FTTCP_CONN_STATE_SYNCING,
			     FTTCP_DOWN_REASON_NACK);
}

/**
 * fttcp_snapshot_conn() - put a whole connection into its lane
 * @c: live connection with a lane, its socket locked
 * @gfp: allocation context
 *
 * Nothing happens to one that is being detached.
 *
 * Context: any, as @gfp says.
 * Return: 0; -ENOMEM or -EPIPE, and then it is not there.
 */
int fttcp_snapshot_conn(struct fttcp_conn *c, gfp_t gfp)
{
	u64 bytes;
	int err;

	clear_bit(FTTCP_CF_STARVED, &c->flags);
	if (test_bit(FTTCP_CF_LEAVING, &c->flags))
		return 0;
	begin_again(c);
	/* ended, and the application has not noticed yet */
	if (!fttcp_sock_is_live(c->sk))
		return 0;
	err = queue_conn_add(c, gfp);
	if (err == -ENOMEM)
		fttcp_evt_pack_failed(c->fn, 0);
	if (err)
		goto again;
	c->added = true;
	err = fttcp_rx_capture(c);
	if (err && err != -EAGAIN) {
		c->added = false;
		goto again;
	}
	/* bytes that have not left may wait for room in the lane */
	err = fttcp_tx_capture(c);
	if (err && (s32)(c->tx_seq - c->must_seq) < 0) {
		c->added = false;
		goto again;
	}
	c->sync_index = c->last_index;
	bytes = (u32)(c->tx_seq - fttcp_sock_snd_una(c->sk)) +
		(u32)(c->rx_seq - fttcp_sock_copied(c->sk));
	fttcp_stat_inc(c->fn, FTTCP_STAT_SNAPSHOT_CONN);
	fttcp_stat_add(c->fn, FTTCP_STAT_SNAPSHOT_BYTES, bytes);
	return 0;
again:
	if (err != -EPIPE)
		fttcp_tx_resync(c);
	return err;
}

/**
 * fttcp_snapshot_refused() - has the backup said that it cannot keep this one?
 * @c: connection of a lane, its socket locked
 *
 * Then it goes on without protection; the others are not concerned. If it was
 * sent again since, the backup may have it now, and promote it: what counts is
 * the answer to the last CONN_ADD.
 *
 * Context: process.
 * Return: true when it has no lane any more.
 */
bool fttcp_snapshot_refused(struct fttcp_conn *c)
{
	if (!test_and_clear_bit(FTTCP_CF_REFUSED, &c->flags) ||
	    READ_ONCE(c->refused_index) != (u32)c->add_index)
		return false;
	fttcp_lane_put(c->lane);
	c->lane = NULL;
	c->added = false;
	clear_bit(FTTCP_CF_STARVED, &c->flags);
	if (!test_and_set_bit(FTTCP_CF_UNPROTECTED, &c->flags))
		atomic_inc(&c->fn->nr_refused);
	fttcp_conn_set_state(c, FTTCP_CONN_STATE_SOLO, FTTCP_DOWN_REASON_NACK);
	fttcp_conn_announce(c, FTTCP_EVT_CONN_UNPROTECTED,
			    FTTCP_ACTION_EVENT, 0);
	return true;
}

/* --- a backup has come --------------------------------------------------- */

static int queue_sync(struct fttcp_lane *lane, u8 type, u32 conns)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_wire_sync *s;
	struct fttcp_record *rec;
	u64 index;

	rec = fttcp_record_alloc(fn, type, GFP_KERNEL);
	if (!rec)
		return -ENOMEM;
	s = fttcp_record_body(rec);
	s->epoch = cpu_to_be64(READ_ONCE(fn->epoch));
	s->conns = cpu_to_be32(conns);
	s->reserved = 0;
	index = fttcp_lane_queue(lane, rec);
	if (!index)
		return -EPIPE;
	if (type == FTTCP_WIRE_SYNC_END)
		fttcp_link_sync_sent(lane, index);
	else
		lane->link->begin_index[lane->nr] = index;
	return 0;
}

/* until then the backup could be promoted with what it had before */
static int wait_begun(struct fttcp_link *link)
{
	struct fttcp_lane *lane;
	int i;

	for (i = 0; i < link->nr_lanes; i++) {
		lane = &link->lanes[i];
		if (wait_event_killable(lane->wq, READ_ONCE(lane->dead) ||
					READ_ONCE(lane->acked_index) >=
					link->begin_index[i]) ||
		    READ_ONCE(lane->dead))
			return -EPIPE;
	}
	return 0;
}

static int sync_mark(struct fttcp_link *link, u8 type, u32 conns)
{
	int i, err = 0;

	for (i = 0; i < link->nr_lanes && !err; i++)
		err = queue_sync(&link->lanes[i], type, conns);
	return err;
}

static int sync_conn(struct fttcp_link *link, struct fttcp_conn *c)
{
	struct fttcp_lane *lane = lane_of(link, c->id);
	int err = 0;

	/* an old connection waits for room; it is not protected yet anyway */
	if (wait_event_killable(lane->wq, !fttcp_lane_full(lane) ||
				READ_ONCE(lane->dead)))
		return -EINTR;
	/* a program may sleep under its lock: the end of the link must not */
	while (!fttcp_conn_trylock(c, FTTCP_CF_RELEASE)) {
		if (READ_ONCE(lane->dead))
			return -EPIPE;
		msleep(FTTCP_STATE_INTERVAL_MS);
	}
	if (!test_bit(FTTCP_CF_DEAD, &c->flags) &&
	    c->role != FTTCP_CONN_ROLE_REPLICA &&
	    test_bit(FTTCP_CF_HOOKED, &c->flags)) {
		take_lane(c, link);
		if (!c->added)
			err = fttcp_snapshot_conn(c, GFP_ATOMIC);
	}
	/* also of one that has ended while segments were held */
	fttcp_hold_release(c);
	fttcp_conn_unlock(c, true);
	return err;
}

/* memory may be short for a moment; a copy with holes is none */
static int sync_conn_retry(struct fttcp_link *link, struct fttcp_conn *c)
{
	int tries = FTTCP_SNAPSHOT_TRIES, err;

	err = fttcp_fault(link->fn, FTTCP_FAULT_SYNC_CONN);
	if (err)
		return err;
	while ((err = sync_conn(link, c)) == -ENOMEM && --tries)
		msleep(FTTCP_SNAPSHOT_RETRY_MS);
	return err;
}

/**
 * fttcp_snapshot_link() - replicate every connection that exists
 * @link: link to a backup, up
 *
 * Connections that begin meanwhile come by themselves.
 *
 * Context: process, the link's sync work.
 */
void fttcp_snapshot_link(struct fttcp_link *link)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_net *fn = link->fn;
	struct fttcp_conn *c;
	u32 conns = 0;
	int err;

	err = fttcp_fault(fn, FTTCP_FAULT_SYNC_BEGIN);
	if (!err)
		err = sync_mark(link, FTTCP_WIRE_SYNC_BEGIN,
				READ_ONCE(fn->nr_conns));
	if (!err)
		err = wait_begun(link);
	if (!err)
		err = fttcp_fault(fn, FTTCP_FAULT_SYNC_BEGUN);
	if (err)
		goto out;
	fttcp_node_sync_begun(fn);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_SYNC_BEGIN,
		.link_id = link->id,
		.epoch = READ_ONCE(fn->epoch),
	});
	err = fttcp_commands_sync(link);
	while (!err && (c = fttcp_conn_next(fn, &it))) {
		err = sync_conn_retry(link, c);
		fttcp_conn_put(c);
		cond_resched();
		conns++;
	}
	if (!err)
		err = fttcp_fault(fn, FTTCP_FAULT_SYNC_END);
	if (!err) {
		fttcp_node_sync_ending(fn);
		err = sync_mark(link, FTTCP_WIRE_SYNC_END, conns);
	}
out:
	if (err)
		fttcp_link_down(link, FTTCP_DOWN_REASON_MEMORY, err);
}

/* --- a backup has gone --------------------------------------------------- */

/**
 * fttcp_snapshot_lose() - a connection leaves a lane that is dead
 * @c: connection, its socket locked
 *
 * Context: softirqs disabled.
 */
void fttcp_snapshot_lose(struct fttcp_conn *c)
{
	struct fttcp_net *fn = c->fn;
	u8 state = FTTCP_CONN_STATE_ATTACHED, reason;

	if (!c->lane || !READ_ONCE(c->lane->dead))
		return;
	reason = c->lane->link->down_reason;
	if (READ_ONCE(fn->role) == FTTCP_ROLE_ACTIVE)
		state = READ_ONCE(fn->state) == FTTCP_STATE_HOLDING ?
			FTTCP_CONN_STATE_HELD : FTTCP_CONN_STATE_SOLO;
	fttcp_lane_put(c->lane);
	c->lane = NULL;
	c->added = false;
	c->told = false;
	clear_bit(FTTCP_CF_STARVED, &c->flags);
	if (!test_bit(FTTCP_CF_DEAD, &c->flags) &&
	    c->role != FTTCP_CONN_ROLE_REPLICA)
		fttcp_conn_set_state(c, state, reason);
	fttcp_hold_release(c);
}

/**
 * fttcp_snapshot_link_lost() - take every connection off a link's lanes
 * @link: link that is down
 *
 * The node's state says already what follows (holding or solo), so a
 * connection without a lane does what is right. One that a program has locked
 * leaves when the program lets go of it.
 *
 * Context: process, the link's down work.
 */
void fttcp_snapshot_link_lost(struct fttcp_link *link)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(link->fn, &it))) {
		if (fttcp_conn_trylock(c, FTTCP_CF_LOST)) {
			if (c->lane && c->lane->link == link)
				fttcp_snapshot_lose(c);
			fttcp_conn_unlock(c, true);
		}
		fttcp_conn_put(c);
		cond_resched();
	}
}

/**
 * fttcp_snapshot_nack() - the backup wants one connection again
 * @lane: lane it came on
 * @r: which, and why
 *
 * Context: process, the lane's worker.
 */
void fttcp_snapshot_nack(struct fttcp_lane *lane,
			 const struct fttcp_wire_conn_ref *r)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_conn *c = fttcp_conn_find(fn, be64_to_cpu(r->id));

	fttcp_stat_inc(fn, FTTCP_STAT_NACK);
	if (!c)
		return;
	/* the socket may be a program's for long: the flush waits, not we */
	if (READ_ONCE(c->lane) == lane) {
		c->asked_index = fttcp_lane_last(lane);
		if (r->reason)
			WRITE_ONCE(c->refused_index, be32_to_cpu(r->index));
		set_bit(r->reason ? FTTCP_CF_REFUSED : FTTCP_CF_RESYNC,
			&c->flags);
		fttcp_lane_dirty(lane, c);
	}
	fttcp_conn_put(c);
}
