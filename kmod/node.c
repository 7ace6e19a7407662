// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node's role and state in one namespace, and what a lost link leads to:
 * hold, solo, fence. Sees connections through their list and
 * never a socket's inside.
 *
 *   none --role active--> solo --backup came--> syncing --> protected
 *                          ^ ^                      |           |
 *        hold-max, operator| +----------------------+           | link lost
 *                          +---------- holding <----------------+
 *   none --role backup--> backup-waiting --> backup-syncing --> backup-ready
 *                               ^ link lost        |                |
 *                               +------------------+----------------+
 *   backup-* --promote--> promoting --> solo                        |
 *   active, a larger epoch met --> fenced --role backup--> backup-waiting
 */
#include <linux/random.h>
#include <net/sock.h>

#include "claim.h"
#include "conn.h"
#include "fault.h"
#include "hold.h"
#include "kick.h"
#include "patience.h"
#include "link.h"
#include "record.h"
#include "replica.h"
#include "silence.h"
#include "snapshot.h"
#include "sockstate.h"
#include "tx.h"

/* --- state --------------------------------------------------------------- */

static void state_event(struct fttcp_net *fn, u8 state, u8 reason)
{
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_NODE_STATE,
		.state = state,
		.role = READ_ONCE(fn->role),
		.reason = reason,
		.epoch = READ_ONCE(fn->epoch),
	});
}

/**
 * fttcp_node_set_state() - the writer of a node's state
 * @fn: namespace
 * @state: enum fttcp_state
 * @reason: enum fttcp_down_reason
 *
 * Context: any.
 */
void fttcp_node_set_state(struct fttcp_net *fn, u8 state, u8 reason)
{
	u8 old;

	spin_lock_bh(&fn->lock);
	old = fn->state;
	WRITE_ONCE(fn->state, state);
	WRITE_ONCE(fn->down_reason, reason);
	spin_unlock_bh(&fn->lock);
	fttcp_silence_over(fn);
	if (old != state)
		state_event(fn, state, reason);
}

/*
 * The same, but only out of @from: what a link reports and what is decided
 * under fn->ctl meet here. The lease becomes unlimited with the state.
 */
static bool change_unlimited(struct fttcp_net *fn, u8 from, u8 to, u8 reason)
{
	bool done;

	spin_lock_bh(&fn->lock);
	done = fn->state == from;
	if (done) {
		WRITE_ONCE(fn->state, to);
		WRITE_ONCE(fn->down_reason, reason);
		WRITE_ONCE(fn->lease_ns, U64_MAX);
		if (to == FTTCP_STATE_SOLO)
			fn->hold_ns = 0;
	}
	spin_unlock_bh(&fn->lock);
	if (!done)
		return false;
	fttcp_silence_over(fn);
	state_event(fn, to, reason);
	return true;
}

void fttcp_node_epoch_seen(struct fttcp_net *fn, u64 epoch)
{
	spin_lock_bh(&fn->lock);
	if (epoch > fn->epoch_seen)
		WRITE_ONCE(fn->epoch_seen, epoch);
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_node_epoch_borrow() - a backup names a larger epoch than this active
 * @fn: namespace
 * @epoch: what the other node has seen
 *
 * An active that began by itself has no epoch of its own. Nobody has a copy of
 * its connections, so that nobody can have replaced it: it was others who were
 * active in that epoch, and they are not any more. It goes on in the same.
 *
 * Context: any.
 * Return: false when the epoch is its own, and a larger one outranks it.
 */
bool fttcp_node_epoch_borrow(struct fttcp_net *fn, u64 epoch)
{
	bool may;

	spin_lock_bh(&fn->lock);
	may = fn->role == FTTCP_ROLE_ACTIVE && !fn->epoch_own &&
	      fn->state != FTTCP_STATE_FENCED;
	if (may && epoch > fn->epoch)
		WRITE_ONCE(fn->epoch, epoch);
	if (may && epoch > fn->epoch_seen)
		WRITE_ONCE(fn->epoch_seen, epoch);
	spin_unlock_bh(&fn->lock);
	return may;
}

/**
 * fttcp_node_claim() - what this node has to lose if it yields
 * @fn: namespace
 *
 * Return: FTTCP_WIRE_CLAIM_*.
 */
u8 fttcp_node_claim(const struct fttcp_net *fn)
{
	if (READ_ONCE(fn->role) != FTTCP_ROLE_ACTIVE)
		return 0;
	return (READ_ONCE(fn->epoch_own) ? FTTCP_WIRE_CLAIM_EPOCH : 0) |
	       (READ_ONCE(fn->nr_conns) ? FTTCP_WIRE_CLAIM_CONNS : 0);
}

/**
 * fttcp_node_set_epoch() - that of an active, before it has the role
 * @fn: namespace; @fn->ctl is held
 * @epoch: number
 * @own: false when it begins by itself
 *
 * Context: any.
 */
void fttcp_node_set_epoch(struct fttcp_net *fn, u64 epoch, bool own)
{
	spin_lock_bh(&fn->lock);
	WRITE_ONCE(fn->epoch, epoch);
	WRITE_ONCE(fn->epoch_own, own);
	if (epoch > fn->epoch_seen)
		WRITE_ONCE(fn->epoch_seen, epoch);
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_node_not_ready() - what is missing for a takeover without loss
 * @fn: namespace
 *
 * Return: NULL when ready, else static text.
 */
const char *fttcp_node_not_ready(struct fttcp_net *fn)
{
	switch (READ_ONCE(fn->state)) {
	case FTTCP_STATE_PROTECTED:
		return atomic_read(&fn->nr_refused) ?
			"the backup cannot keep every connection: conn show, reason nack" :
			NULL;
	case FTTCP_STATE_BACKUP_READY:
		return atomic_read(&fn->nr_incomplete) ?
			"a connection is being sent again, and its copy is not complete" :
			NULL;
	case FTTCP_STATE_NONE:
		return "this node has no role: fttcpctl node set role active|backup";
	case FTTCP_STATE_SOLO:
		return "no backup is connected";
	case FTTCP_STATE_HOLDING:
		return "the link to the backup was lost; segments are held";
	case FTTCP_STATE_SYNCING:
		return "the backup does not have every connection yet";
	case FTTCP_STATE_BACKUP_WAITING:
		return "no link to an active node";
	case FTTCP_STATE_BACKUP_SYNCING:
		return "the snapshot of the active's connections is not complete";
	case FTTCP_STATE_PROMOTING:
		return "a promotion is under way";
	case FTTCP_STATE_FENCED:
		return "another node took over: fttcpctl node set role backup";
	}
	return "unknown state";
}

/**
 * fttcp_node_no_epoch() - whether nobody can take over any more
 * @fn: namespace
 *
 * A takeover takes one; only a peer that names the largest can use them up.
 *
 * Return: NULL, or static text when the largest epoch was seen.
 */
const char *fttcp_node_no_epoch(const struct fttcp_net *fn)
{
	return READ_ONCE(fn->epoch_seen) < FTTCP_EPOCH_MAX ? NULL :
	       "no epoch left: a node named the largest one; load the module anew on every node";
}

/* --- every connection ---------------------------------------------------- */

/* each with its lock, waiting for programs: only where nothing is urgent */
static void each_conn(struct fttcp_net *fn,
		      void (*func)(struct fttcp_conn *c, bool spinning))
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	bool spinning;

	while ((c = fttcp_conn_next(fn, &it))) {
		spinning = fttcp_conn_lock(c);
		if (c->role != FTTCP_CONN_ROLE_REPLICA)
			func(c, spinning);
		fttcp_conn_unlock(c, spinning);
		fttcp_conn_put(c);
		cond_resched();
	}
}

/* let go what may leave, everywhere */
static void wake_all(struct fttcp_net *fn)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		fttcp_hold_wake(c);
		fttcp_conn_put(c);
		cond_resched();
	}
}

static void release_work(struct work_struct *work)
{
	struct fttcp_net *fn = container_of(work, struct fttcp_net,
					    release_work);

	fttcp_silence_over(fn);
	wake_all(fn);
}

/* whoever has the sockets locked; the role is written under @fn->ctl */
static void set_muted(struct fttcp_net *fn, bool muted)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (READ_ONCE(c->role) != FTTCP_CONN_ROLE_REPLICA)
			WRITE_ONCE(c->muted, muted);
		fttcp_conn_put(c);
	}
}

/* not one more segment */
static void silence_all(struct fttcp_net *fn)
{
	set_muted(fn, true);
}

static void mute_one(struct fttcp_conn *c, bool spinning)
{
	WRITE_ONCE(c->muted, true);
	fttcp_hold_flush(c, false);
}

/**
 * fttcp_node_unmute_all() - what was silenced may speak again
 * @fn: namespace; @fn->ctl is held
 *
 * Context: may sleep.
 */
void fttcp_node_unmute_all(struct fttcp_net *fn)
{
	set_muted(fn, false);
}

/*
 * What was muted belongs to another node. The application learns
 * ECONNABORTED, the peer nothing. Its id may come back as a replica's while
 * the program still has the descriptor.
 */
static void abort_muted(struct fttcp_conn *c, bool spinning)
{
	if (!READ_ONCE(c->muted))
		return;
	fttcp_hold_flush(c, false);
	fttcp_sock_abort(c->sk, ECONNABORTED, spinning);
	if (!test_bit(FTTCP_CF_UNCLAIMED, &c->flags))
		fttcp_conn_unlist(c);
}

static void abort_all_muted(struct fttcp_net *fn)
{
	/* it may be giving one of them to a program */
	cancel_delayed_work_sync(&fn->claim_work);
	each_conn(fn, abort_muted);
	fttcp_claim_bury_all(fn);
	fttcp_claim_later(fn);
}

/* --- alone --------------------------------------------------------------- */

/* @risk: nothing has proved that the backup will not take over as well */
static void go_solo(struct fttcp_net *fn, u8 from, u8 reason, bool risk)
{
	if (!change_unlimited(fn, from, FTTCP_STATE_SOLO, reason))
		return;
	fttcp_stat_inc(fn, FTTCP_STAT_SOLO_ENTERED);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_SOLO,
		.reason = reason,
		.state = FTTCP_STATE_SOLO,
		.epoch = READ_ONCE(fn->epoch),
		.severity = risk ? FTTCP_SEVERITY_ERROR : 0,
		.text = risk ? "going on without backup: if it lives and takes over, there are two owners" :
			       NULL,
	});
	wake_all(fn);
}

/*
 * One bound from the loss of the protection until there is one again: a backup
 * that comes and goes does not make it begin anew.
 */
static void hold_count(struct fttcp_net *fn)
{
	u64 now = ktime_get_ns(), end;

	lockdep_assert_held(&fn->ctl);
	spin_lock_bh(&fn->lock);
	if (!fn->hold_ns)
		fn->hold_ns = now;
	end = fn->hold_ns + (u64)fn->conf.hold_max_ms * NSEC_PER_MSEC;
	spin_unlock_bh(&fn->lock);
	mod_delayed_work(fttcp_wq, &fn->solo_work,
			 end > now ? nsecs_to_jiffies(end - now) + 1 : 0);
}

/**
 * fttcp_node_conf_changed() - what was set may end a hold
 * @fn: namespace; @fn->ctl is held
 *
 * Context: may sleep.
 */
void fttcp_node_conf_changed(struct fttcp_net *fn)
{
	if (READ_ONCE(fn->state) == FTTCP_STATE_HOLDING)
		hold_count(fn);
}

static void solo_work(struct work_struct *work)
{
	struct fttcp_net *fn = container_of(to_delayed_work(work),
					    struct fttcp_net, solo_work);

	mutex_lock(&fn->ctl);
	if (READ_ONCE(fn->state) == FTTCP_STATE_HOLDING && !fn->dying &&
	    fn->conf.on_loss == FTTCP_LOSS_SOLO) {
		fttcp_stat_inc(fn, FTTCP_STAT_HOLD_MAX_EXPIRED);
		fttcp_event(fn, &(struct fttcp_event) {
			.id = FTTCP_EVT_HOLD_EXPIRED,
			.reason = fn->down_reason });
		go_solo(fn, FTTCP_STATE_HOLDING, fn->down_reason, true);
	}
	mutex_unlock(&fn->ctl);
}

/**
 * fttcp_node_solo() - an operator decides that this node goes on alone
 * @fn: namespace; @fn->ctl is held
 * @why: static text when refused
 *
 * Context: may sleep.
 * Return: 0, -EPERM, -EBUSY, -ESTALE.
 */
int fttcp_node_solo(struct fttcp_net *fn, const char **why)
{
	u8 state = READ_ONCE(fn->state);

	lockdep_assert_held(&fn->ctl);
	*why = "only an active node can go on alone: fttcpctl node set role active";
	if (fn->role != FTTCP_ROLE_ACTIVE)
		return -EPERM;
	*why = "a backup is connected: remove it first (fttcpctl link del)";
	if (state == FTTCP_STATE_PROTECTED || state == FTTCP_STATE_SYNCING)
		return -EBUSY;
	if (state == FTTCP_STATE_SOLO)
		return 0;
	*why = "another node is active, in a larger epoch: fttcpctl node set role backup";
	if (fn->epoch_seen > fn->epoch)
		return -ESTALE;
	fttcp_node_unmute_all(fn);
	go_solo(fn, state, FTTCP_DOWN_REASON_OPERATOR, false);
	return 0;
}

static void backup_lost(struct fttcp_net *fn, u8 reason)
{
	u8 state = READ_ONCE(fn->state);

	if (state != FTTCP_STATE_SYNCING && state != FTTCP_STATE_PROTECTED &&
	    state != FTTCP_STATE_HOLDING)
		return;
	if (reason == FTTCP_DOWN_REASON_GOODBYE ||
	    (state == FTTCP_STATE_SYNCING && !READ_ONCE(fn->synced))) {
		go_solo(fn, state, reason, false);
		return;
	}
	if (state == FTTCP_STATE_HOLDING)
		return;
	fttcp_node_set_state(fn, FTTCP_STATE_HOLDING, reason);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_HOLD_BEGIN, .reason = reason });
	hold_count(fn);
}

/**
 * fttcp_node_link_lost() - the link to the other node is down
 * @fn: namespace; @fn->ctl is held
 * @reason: enum fttcp_down_reason
 *
 * Called once its workers have ended, before any connection leaves its lane.
 * A backup that said goodbye will not promote; one that was not sent SYNC_END
 * cannot: the active goes on at once. Otherwise it holds, R1 and R2, and
 * hold_max decides. Holding ends neither by a new link nor by its loss, only by
 * fttcp_node_sync_begun().
 *
 * Context: may sleep.
 */
void fttcp_node_link_lost(struct fttcp_net *fn, u8 reason)
{
	lockdep_assert_held(&fn->ctl);
	if (fn->role == FTTCP_ROLE_ACTIVE)
		backup_lost(fn, reason);
	else if (fn->role == FTTCP_ROLE_BACKUP &&
		 fn->state != FTTCP_STATE_PROMOTING)
		fttcp_node_set_state(fn, FTTCP_STATE_BACKUP_WAITING, reason);
}

/**
 * fttcp_node_link_up() - a backup's link is up; nothing has changed yet
 * @fn: namespace of an active node
 *
 * Context: any.
 */
void fttcp_node_link_up(struct fttcp_net *fn)
{
	spin_lock_bh(&fn->lock);
	fn->lease_echo = 0;
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_node_sync_begun() - the backup has acknowledged SYNC_BEGIN
 * @fn: namespace of an active node
 *
 * From here on it cannot be promoted with what it had of us before, so that a
 * hold ends; but its time goes on, see hold_count(). And from here on it may
 * replace us one day, and nobody else has our epoch: it is our own.
 *
 * Context: any.
 */
void fttcp_node_sync_begun(struct fttcp_net *fn)
{
	WRITE_ONCE(fn->synced, false);
	spin_lock_bh(&fn->lock);
	WRITE_ONCE(fn->epoch_own, true);
	spin_unlock_bh(&fn->lock);
	if (change_unlimited(fn, FTTCP_STATE_HOLDING, FTTCP_STATE_SYNCING,
			     FTTCP_DOWN_REASON_NONE))
		cancel_delayed_work(&fn->solo_work);
	else
		change_unlimited(fn, FTTCP_STATE_SOLO, FTTCP_STATE_SYNCING,
				 FTTCP_DOWN_REASON_NONE);
}

/**
 * fttcp_node_sync_ending() - SYNC_END is about to be sent
 * @fn: namespace of an active node
 *
 * Once it has that, the backup may be promoted as soon as the lease that it
 * granted has run out. So from here on the lease counts, and as far as it was
 * granted, not a moment more.
 *
 * Context: any.
 */
void fttcp_node_sync_ending(struct fttcp_net *fn)
{
	spin_lock_bh(&fn->lock);
	if (fn->state == FTTCP_STATE_SYNCING) {
		WRITE_ONCE(fn->synced, true);
		WRITE_ONCE(fn->lease_ns, fn->lease_echo);
		WRITE_ONCE(fn->lease_over_ns, 0);
	}
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_node_protected() - the backup has acknowledged SYNC_END
 * @fn: namespace of an active node
 *
 * Context: any.
 */
void fttcp_node_protected(struct fttcp_net *fn)
{
	bool done;

	fttcp_fault(fn, FTTCP_FAULT_PROTECTED);
	spin_lock_bh(&fn->lock);
	done = fn->state == FTTCP_STATE_SYNCING;
	if (done) {
		WRITE_ONCE(fn->state, FTTCP_STATE_PROTECTED);
		WRITE_ONCE(fn->down_reason, FTTCP_DOWN_REASON_NONE);
		fn->hold_ns = 0;
	}
	spin_unlock_bh(&fn->lock);
	if (!done)
		return;
	state_event(fn, FTTCP_STATE_PROTECTED, FTTCP_DOWN_REASON_NONE);
	fttcp_audit_later(fn);
}

/* --- losing the role ----------------------------------------------------- */

/**
 * fttcp_node_fence() - another node is active, and has the better claim
 * @fn: namespace of an active node
 * @epoch: the other's
 * @yield: also when that is not larger
 *
 * From here on not one segment leaves for a protected connection.
 *
 * Context: may sleep. Takes @fn->ctl.
 */
void fttcp_node_fence(struct fttcp_net *fn, u64 epoch, bool yield)
{
	mutex_lock(&fn->ctl);
	if (fn->role != FTTCP_ROLE_ACTIVE || (epoch <= fn->epoch && !yield))
		goto out;
	fttcp_node_epoch_seen(fn, epoch);
	WRITE_ONCE(fn->lease_ns, 0);
	silence_all(fn);
	fttcp_node_set_state(fn, FTTCP_STATE_FENCED, FTTCP_DOWN_REASON_EPOCH);
	each_conn(fn, mute_one);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_FENCED,
		.epoch = epoch,
		.reason = FTTCP_DOWN_REASON_EPOCH,
		.state = FTTCP_STATE_FENCED,
	});
out:
	mutex_unlock(&fn->ctl);
}

/* --- role ---------------------------------------------------------------- */

static void unprotect_one(struct fttcp_conn *c, bool spinning)
{
	if (c->muted)
		return;
	if (!test_bit(FTTCP_CF_DEAD, &c->flags))
		fttcp_conn_set_state(c, FTTCP_CONN_STATE_ATTACHED,
				     FTTCP_DOWN_REASON_OPERATOR);
	local_bh_disable();
	fttcp_hold_release(c);
	local_bh_enable();
}

/*
 * Silence comes first: a connection without a lane would speak, and so would one
 * that has begun since this node was fenced. And a backup that drops its
 * replicas lets the active go on at once.
 */
static void leave_role(struct fttcp_net *fn, u8 next)
{
	bool backup = fn->role == FTTCP_ROLE_BACKUP;

	/* aborted while a lane is there, they would end their replicas too */
	if (fn->state == FTTCP_STATE_FENCED ||
	    (fn->role == FTTCP_ROLE_ACTIVE && next == FTTCP_ROLE_BACKUP)) {
		silence_all(fn);
		each_conn(fn, mute_one);
	}
	fttcp_link_close_all(fn, backup ? FTTCP_DOWN_REASON_GOODBYE :
					  FTTCP_DOWN_REASON_OPERATOR);
	abort_all_muted(fn);
	cancel_delayed_work(&fn->solo_work);
	spin_lock_bh(&fn->lock);
	fn->hold_ns = 0;
	spin_unlock_bh(&fn->lock);
	if (backup)
		fttcp_replica_drop_all(fn);
}

/**
 * fttcp_node_set_role() - none, active or backup
 * @fn: namespace; @fn->ctl is held
 * @role: enum fttcp_role
 * @epoch: of an active its own, larger than all that were seen, or 0: then it
 *	begins by itself, in the largest seen, and yields to whoever has that for
 *	its own; of a backup, what user space remembers as the largest seen
 * @why: static text when refused
 *
 * An active that becomes a backup ends its protected connections without a
 * word to the peers: they belong to another node.
 *
 * Context: may sleep.
 * Return: 0, -EPERM, -ESTALE, -EINVAL, -EOVERFLOW, -ENOMEM.
 */
int fttcp_node_set_role(struct fttcp_net *fn, u8 role, u64 epoch,
			const char **why)
{
	u8 old = fn->role;

	lockdep_assert_held(&fn->ctl);
	*why = "a backup becomes active by `fttcpctl promote`";
	if (role == FTTCP_ROLE_ACTIVE && old == FTTCP_ROLE_BACKUP &&
	    fn->nr_replicas)
		return -EPERM;
	*why = "an epoch as large has been seen from another node: it is, or was, the active";
	if (role == FTTCP_ROLE_ACTIVE && epoch && epoch <= fn->epoch_seen &&
	    !(role == old && epoch == fn->epoch &&
	      fn->state != FTTCP_STATE_FENCED))
		return -ESTALE;
	*why = fttcp_node_no_epoch(fn);
	if (*why && role == FTTCP_ROLE_ACTIVE && !epoch &&
	    (role != old || fn->state == FTTCP_STATE_FENCED))
		return -EOVERFLOW;
	*why = "a node without a role has no epoch";
	if (epoch && role == FTTCP_ROLE_NONE)
		return -EINVAL;
	*why = "no memory to look at what is sent";
	if (role != FTTCP_ROLE_NONE && fttcp_silence_watch(fn))
		return -ENOMEM;
	if (role != FTTCP_ROLE_ACTIVE)
		fttcp_node_epoch_seen(fn, epoch);
	else if (epoch)
		fttcp_node_set_epoch(fn, epoch, true);
	else if (role != old || fn->state == FTTCP_STATE_FENCED)
		fttcp_node_set_epoch(fn, max(fn->epoch_seen, 1ULL), false);
	if (role == old && fn->state != FTTCP_STATE_FENCED) {
		/* after a handover the role is none already */
		abort_all_muted(fn);
		if (role == FTTCP_ROLE_NONE)
			fttcp_node_set_state(fn, FTTCP_STATE_NONE,
					     FTTCP_DOWN_REASON_NONE);
		return 0;
	}
	leave_role(fn, role);
	WRITE_ONCE(fn->role, role);
	fn->goodbye = false;
	fn->synced = false;
	fn->still_ns = 0;
	/* an active that has said nothing yet may be alone at once */
	WRITE_ONCE(fn->alone_ms, 1);
	fn->cong_missing[0] = 0;
	switch (role) {
	case FTTCP_ROLE_ACTIVE:
		WRITE_ONCE(fn->lease_ns, U64_MAX);
		fttcp_node_set_state(fn, FTTCP_STATE_SOLO,
				     FTTCP_DOWN_REASON_NONE);
		fttcp_snapshot_join_all(fn);
		break;
	case FTTCP_ROLE_BACKUP:
		fttcp_node_set_state(fn, FTTCP_STATE_BACKUP_WAITING,
				     FTTCP_DOWN_REASON_NONE);
		break;
	default:
		fttcp_node_set_state(fn, FTTCP_STATE_NONE,
				     FTTCP_DOWN_REASON_NONE);
		each_conn(fn, unprotect_one);
	}
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_NODE_ROLE, .role = role,
		.state = fn->state, .epoch = fn->epoch });
	return 0;
}

/* --- namespace ----------------------------------------------------------- */

int fttcp_node_init_net(struct net *net, struct fttcp_net *fn)
{
	int i;

	fn->net = net;
	fn->conf = (struct fttcp_config) {
		.mode = FTTCP_MODE_SYNC,
		.on_loss = FTTCP_LOSS_SOLO,
		.hold_max_ms = FTTCP_HOLD_MAX_MS_DEFAULT,
		.heartbeat_ms = FTTCP_HEARTBEAT_MS_DEFAULT,
		.heartbeat_misses = FTTCP_HEARTBEAT_MISSES_DEFAULT,
		.lane_queue_max = FTTCP_LANE_QUEUE_MAX_DEFAULT,
		.memory_max = FTTCP_MEMORY_MAX_DEFAULT,
		.audit_interval_ms = FTTCP_AUDIT_INTERVAL_MS_DEFAULT,
		.local_peers = FTTCP_LOCAL_PEERS_LEAVE,
	};
	mutex_init(&fn->ctl);
	mutex_init(&fn->claims);
	mutex_init(&fn->establish);
	spin_lock_init(&fn->lock);
	for (i = 0; i < FTTCP_CONN_HASH; i++) {
		INIT_HLIST_HEAD(&fn->conns[i]);
		INIT_HLIST_HEAD(&fn->tuples[i]);
	}
	INIT_LIST_HEAD(&fn->listeners);
	INIT_LIST_HEAD(&fn->links);
	atomic64_set(&fn->mem_used, 0);
	fn->lease_ns = U64_MAX;
	fn->boot_tag = get_random_u32() | 1;
	INIT_DELAYED_WORK(&fn->solo_work, solo_work);
	INIT_WORK(&fn->release_work, release_work);
	fttcp_silence_init_net(fn);
	fttcp_claim_init_net(fn);
	fttcp_kick_init_net(fn);
	fttcp_patience_init_net(fn);
	fttcp_audit_init_net(fn);
	return 0;
}

/**
 * fttcp_node_exit_net() - the namespace ends
 * @fn: namespace; no socket of user space is left in it
 */
void fttcp_node_exit_net(struct fttcp_net *fn)
{
	WRITE_ONCE(fn->dying, true);
	fttcp_link_free_all(fn);
	cancel_delayed_work_sync(&fn->solo_work);
	cancel_work_sync(&fn->release_work);
	cancel_delayed_work_sync(&fn->claim_work);
	cancel_delayed_work_sync(&fn->kick_work);
	fttcp_audit_exit_net(fn);
	fttcp_replica_drop_all(fn);
	fttcp_claim_drop_all(fn);
	/* no socket is left that could ask for it */
	cancel_delayed_work_sync(&fn->patience_work);
	fttcp_silence_exit_net(fn);
}
