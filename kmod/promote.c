// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promotion: check, fence by epoch, end the link, install every replica, offer
 * them to applications, kick. The order is the argument: the epoch is larger
 * before the first segment can leave, and the sockets are in the hash before
 * the address moves, so that no segment of a peer ever meets a node without
 * its socket.
 */
#include "claim.h"
#include "conn.h"
#include "fault.h"
#include "kick.h"
#include "link.h"
#include "promote.h"
#include "replica.h"
#include "snapshot.h"
#include "sockstate.h"
#include "trace.h"
#include "tx.h"
#include "ulp.h"

/* what may change while the links are being closed */
static int refuse_yet(struct fttcp_net *fn, struct fttcp_promote *p)
{
	if (p->force)
		return 0;
	p->why = "the copy is not complete (see fttcpctl ready); `force` promotes what is there";
	if (!fn->synced)
		return -ENODATA;
	p->why = "this node stood still, and the active may be alone: fence it, then `force`";
	if (READ_ONCE(fn->still_ns) && !READ_ONCE(fn->goodbye))
		return -ENOTRECOVERABLE;
	p->why = "the active node's lease still runs; try again when it has ended, or `force`";
	p->wait_ms = fttcp_lease_granted_ms(fn);
	if (p->wait_ms)
		return -EAGAIN;
	p->why = NULL;
	return 0;
}

static int refuse(struct fttcp_net *fn, struct fttcp_promote *p)
{
	p->why = "this node is not a backup: fttcpctl node set role backup";
	if (fn->role != FTTCP_ROLE_BACKUP)
		return -EPERM;
	p->why = fttcp_node_no_epoch(fn);
	if (p->why)
		return -EOVERFLOW;
	p->why = "the epoch is not larger than one that was seen";
	if (p->epoch && p->epoch <= fn->epoch_seen)
		return -ESTALE;
	if (p->dry_run)
		return 0;
	return refuse_yet(fn, p);
}

static bool is_replica(struct fttcp_conn *c)
{
	return c->role == FTTCP_CONN_ROLE_REPLICA && c->replica &&
	       !test_bit(FTTCP_CF_DEAD, &c->flags);
}

static u64 bytes_of(struct fttcp_conn *c)
{
	struct fttcp_conn_view v = {};

	fttcp_replica_view(c, &v);
	return v.unacked + v.unread + fttcp_replica_missing(c);
}

/* half a connection would deliver a stream with a hole */
static int check(struct fttcp_conn *c, const char **why)
{
	*why = "a connection is being sent again, and its copy is not complete";
	if (fttcp_replica_missing(c))
		return -ENODATA;
	return fttcp_sock_check(c->sk, why);
}

/*
 * Our FIN had been sent. It is so again at once; but accept() takes no socket in
 * LAST_ACK: there the FIN comes after it, if there will be an accept(). There
 * will be one if a standby program has it in its queue, and if it was not closed.
 */
static bool shut_later(const struct fttcp_conn *c, u8 wire_flags, bool taken)
{
	if (!(wire_flags & FTTCP_WIRE_S_FIN) ||
	    !(wire_flags & FTTCP_WIRE_S_PEER_FIN))
		return false;
	if (taken)
		return !c->sk->sk_socket;	/* still in the accept queue */
	return !(wire_flags & FTTCP_WIRE_S_CLOSED);
}

static int install(struct fttcp_conn *c, bool taken, bool spinning)
{
	struct fttcp_replica *r = c->replica;
	struct fttcp_sock_live live = {
		.w = &r->state,
		.tsval_age_ns = fttcp_lease_clock() - r->state_ns,
		.tx = &r->tx,
		.max_window = be32_to_cpu(r->add.conn.max_window),
		.peer_fin = r->state.flags & FTTCP_WIRE_S_PEER_FIN,
		.fin = (r->state.flags & FTTCP_WIRE_S_FIN) &&
		       !shut_later(c, r->state.flags, taken),
		.spinning = spinning,
	};
	struct fttcp_conn_view v = {};
	const char *why;
	int err;

	err = check(c, &why);
	if (err)
		return err;
	err = fttcp_fault(c->fn, FTTCP_FAULT_PROMOTE_CONN);
	if (err)
		return err;
	fttcp_replica_feed_all(c);
	fttcp_replica_view(c, &v);
	err = fttcp_sock_install(c->sk, &live);
	if (err)
		return err;
	fttcp_fault(c->fn, FTTCP_FAULT_PROMOTE_HASH);
	fttcp_sock_note_offsets(c, v.tx_acked, v.rx_consumed);
	return 0;
}

/* the replica's object becomes that of a live connection; the lock is held */
static void become_live(struct fttcp_conn *c, u8 wire_flags, bool taken)
{
	struct fttcp_replica *r = c->replica;

	if (c->lane)
		fttcp_lane_put(c->lane);
	c->lane = NULL;
	c->added = false;
	fttcp_conn_promote_role(c);
	c->replica = NULL;
	fttcp_replica_free(c->fn, r);
	c->muted = false;
	fttcp_hooks_change(c, c->lowat > 1 ? FTTCP_PROT_LOWAT :
					     FTTCP_PROT_LIVE);
	fttcp_conn_set_state(c, FTTCP_CONN_STATE_PROMOTED,
			     FTTCP_DOWN_REASON_NONE);
	fttcp_kick_want(c);
	if (shut_later(c, wire_flags, taken))
		set_bit(FTTCP_CF_SHUT_LATER, &c->flags);
	fttcp_sock_finish(c->sk);
	fttcp_snapshot_join(c);
}

/*
 * One that nobody was given is in no accept queue, and installing it may sleep:
 * fn->claims keeps it so.
 */
static bool lock_replica(struct fttcp_conn *c)
{
	if (c->state == FTTCP_CONN_STATE_STANDBY)
		return fttcp_conn_lock(c);
	lock_sock(c->sk);
	return false;
}

static int promote_one(struct fttcp_conn *c, struct fttcp_promote *p)
{
	bool taken, spinning;
	u8 wire_flags;
	int err;

	lockdep_assert_held(&c->fn->claims);
	spinning = lock_replica(c);
	if (!is_replica(c)) {
		fttcp_conn_unlock(c, spinning);
		return 0;
	}
	taken = c->state == FTTCP_CONN_STATE_STANDBY;
	wire_flags = c->replica->state.flags;
	err = install(c, taken, spinning);
	trace_fttcp_promote(c->id, p->epoch, c->replica->tx_end -
			    c->replica->tx_begin, c->replica->rx_end -
			    c->replica->rx_begin, err);
	if (err) {
		p->failed++;
		p->would_lose += bytes_of(c);
	} else {
		p->promoted++;
		become_live(c, wire_flags, taken);
		if (taken)
			fttcp_standby_live(c);
		else if (!(wire_flags & FTTCP_WIRE_S_CLOSED))
			fttcp_claim_want(c);
	}
	fttcp_conn_unlock(c, spinning);
	if (err) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_PROMOTE_FAILED);
		fttcp_conn_announce(c, FTTCP_EVT_PROMOTE_FAILED,
				    FTTCP_ACTION_EVENT, err);
		fttcp_replica_drop_locked(c);
		return err;
	}
	fttcp_stat_inc(c->fn, FTTCP_STAT_PROMOTED);
	if (!taken && (wire_flags & FTTCP_WIRE_S_CLOSED))
		fttcp_claim_orphan(c);
	return 0;
}

static void try_one(struct fttcp_conn *c, struct fttcp_promote *p)
{
	bool spinning = fttcp_conn_lock(c);
	const char *why;
	int err = 0;

	if (is_replica(c)) {
		err = check(c, &why);
		if (err) {
			p->why = why;
			p->failed++;
			p->would_lose += bytes_of(c);
		} else {
			p->promoted++;
		}
	}
	fttcp_conn_unlock(c, spinning);
}

/* the program of a connection that is this node's own may sleep under its lock */
static void each_replica(struct fttcp_net *fn, struct fttcp_promote *p)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		mutex_lock(&fn->claims);
		if (READ_ONCE(c->role) == FTTCP_CONN_ROLE_REPLICA) {
			if (p->dry_run)
				try_one(c, p);
			else
				promote_one(c, p);
		}
		mutex_unlock(&fn->claims);
		fttcp_conn_put(c);
		cond_resched();
	}
}

/* from here on this node is the active one, and no replica changes any more */
static void take_role(struct fttcp_net *fn, struct fttcp_promote *p)
{
	fttcp_node_set_state(fn, FTTCP_STATE_PROMOTING, FTTCP_DOWN_REASON_NONE);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_PROMOTE_BEGIN, .epoch = p->epoch,
		.state = FTTCP_STATE_PROMOTING });
	fttcp_node_set_epoch(fn, p->epoch, true);
	WRITE_ONCE(fn->lease_ns, U64_MAX);
	fn->goodbye = false;
	fn->synced = false;
	fn->still_ns = 0;
	WRITE_ONCE(fn->role, FTTCP_ROLE_ACTIVE);
}

/**
 * fttcp_promote() - make every replica of this node a live connection
 * @fn: namespace; @fn->ctl is held
 * @p: order and outcome
 *
 * Nobody is answered before this returns (silence.c). Connections whose replica
 * cannot be installed are dropped one by one; the others live.
 *
 * Context: may sleep.
 * Return: 0; -EPERM when this is not a backup; -ESTALE for an epoch that is
 * too small; -EOVERFLOW when there is none left; -ENODATA while the copy is
 * not complete; -ENOTRECOVERABLE when this node stood still for so long that
 * the active may have gone on alone; -EAGAIN while the lease runs.
 */
int fttcp_promote(struct fttcp_net *fn, struct fttcp_promote *p)
{
	u64 begin = ktime_get_ns();
	bool chosen = !p->epoch;
	int err;

	lockdep_assert_held(&fn->ctl);
	err = refuse(fn, p);
	if (err)
		return err;
	if (!p->epoch)
		p->epoch = fn->epoch_seen + 1;
	p->why = NULL;
	if (p->dry_run) {
		each_replica(fn, p);
		p->why = p->why ? p->why : fttcp_node_not_ready(fn);
		goto out;
	}
	/*
	 * An active that lives learns from the farewell that it is no longer.
	 * Not where this may be refused yet: both would be silent.
	 */
	if (p->force)
		fttcp_node_epoch_seen(fn, p->epoch);
	fttcp_fault(fn, FTTCP_FAULT_PROMOTE_CLOSE);
	fttcp_link_close_all(fn, FTTCP_DOWN_REASON_OPERATOR);
	/* once the links are gone nothing is granted any more: look again */
	err = refuse_yet(fn, p);
	if (err)
		return err;
	/* nor is another epoch named: one that was before is not taken */
	if (chosen && !p->force)
		p->epoch = fn->epoch_seen + 1;
	p->why = "a node has named an epoch as large meanwhile; try again";
	if (fn->epoch_seen > p->epoch - !p->force ||
	    p->epoch > FTTCP_EPOCH_MAX)
		return -ESTALE;
	p->why = NULL;
	fttcp_fault(fn, FTTCP_FAULT_PROMOTE_EPOCH);
	take_role(fn, p);
	each_replica(fn, p);
	fttcp_fault(fn, FTTCP_FAULT_PROMOTE_END);
	fttcp_node_set_state(fn, FTTCP_STATE_SOLO, FTTCP_DOWN_REASON_NONE);
	fttcp_snapshot_join_all(fn);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_PROMOTED, .epoch = p->epoch,
		.state = FTTCP_STATE_SOLO, .role = FTTCP_ROLE_ACTIVE });
	fttcp_claim_later(fn);
	fttcp_kick_start(fn);
out:
	p->time_us = div_u64(ktime_get_ns() - begin, NSEC_PER_USEC);
	return 0;
}
