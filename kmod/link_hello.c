// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the two sides of a link agree on when they meet (HELLO), while they are
 * together (epochs, the end of the synchronisation), and how they part (STOP).
 * Nothing here takes fn->ctl: it runs in the workers of the lanes.
 */
#include <linux/ktime.h>

#include "fttcp.h"
#include "link.h"
#include "trace.h"

/**
 * fttcp_link_own_epoch() - the epoch that this node names
 * @fn: namespace
 *
 * Return: of an active its own, else the largest that it has seen: a backup
 * whose active was replaced makes the old one notice.
 */
u64 fttcp_link_own_epoch(const struct fttcp_net *fn)
{
	return READ_ONCE(fn->role) == FTTCP_ROLE_ACTIVE ?
	       READ_ONCE(fn->epoch) : READ_ONCE(fn->epoch_seen);
}

/**
 * fttcp_link_hello_record() - what this node says first on each lane
 * @lane: lane
 * @gfp: how to allocate
 *
 * Return: a record, NULL without memory.
 */
struct fttcp_record *fttcp_link_hello_record(struct fttcp_lane *lane,
					     gfp_t gfp)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_wire_hello *h;
	struct fttcp_record *rec;

	rec = fttcp_record_alloc(fn, FTTCP_WIRE_HELLO, gfp);
	if (!rec)
		return NULL;
	h = fttcp_record_body(rec);
	h->node_id = cpu_to_be32(READ_ONCE(fn->conf.id));
	h->role = READ_ONCE(fn->role);
	h->version_min = FTTCP_WIRE_VERSION_MIN;
	h->lane = lane->nr;
	h->lanes = lane->link->nr_lanes;
	h->epoch = cpu_to_be64(fttcp_link_own_epoch(fn));
	h->boot_id = cpu_to_be64(fttcp_boot_id);
	h->heartbeat_ms = cpu_to_be32(READ_ONCE(fn->conf.heartbeat_ms));
	h->lease_ms = cpu_to_be32(div_u64(fttcp_lease_length_ns(fn),
					  NSEC_PER_MSEC));
	h->features = cpu_to_be32(FTTCP_WIRE_F_AUDIT |
				  FTTCP_WIRE_F_COMMANDS);
	h->claim = lane->link->claim;
	return rec;
}

/* --- meeting ----------------------------------------------------------- */

enum verdict {
	FIT,
	SAME_ID,
	LANE_COUNT,
	OTHER_NODE,
	WE_ARE_OLD,
	PEER_IS_OLD,
	LEARNED,
	WE_YIELD,
	PEER_YIELDS,
	TWO_ACTIVES,
	NO_ACTIVE,
	NO_BACKUP,
};

static const struct {
	u8		reason;
	int		err;
	const char	*text;
} refusals[] = {
	[SAME_ID] = { FTTCP_DOWN_REASON_ROLE, -EEXIST,
		"the other node has the same id" },
	[LANE_COUNT] = { FTTCP_DOWN_REASON_DECODE, -EPROTO,
		"the other side counts the lanes differently" },
	[OTHER_NODE] = { FTTCP_DOWN_REASON_DECODE, -EPROTO,
		"the lanes lead to different nodes" },
	[WE_ARE_OLD] = { FTTCP_DOWN_REASON_EPOCH, -ESTALE,
		"the other node knows a larger epoch: this one was replaced" },
	[PEER_IS_OLD] = { FTTCP_DOWN_REASON_EPOCH, -ESTALE,
		"the other node is active in a smaller epoch" },
	[LEARNED] = { FTTCP_DOWN_REASON_EPOCH, -EAGAIN,
		"the other node knows a larger epoch; this one goes on in that" },
	[WE_YIELD] = { FTTCP_DOWN_REASON_EPOCH, -ESTALE,
		"both nodes are active, and this one has less to lose" },
	[PEER_YIELDS] = { FTTCP_DOWN_REASON_EPOCH, -EEXIST,
		"both nodes are active, and the other one has less to lose" },
	[TWO_ACTIVES] = { FTTCP_DOWN_REASON_ROLE, -EEXIST,
		"both nodes are active in the same epoch" },
	[NO_ACTIVE] = { FTTCP_DOWN_REASON_ROLE, -ENOTCONN,
		"no node is active" },
	[NO_BACKUP] = { FTTCP_DOWN_REASON_ROLE, -ENOTCONN,
		"the other node is not set to backup" },
};

/*
 * Two actives. One that has an epoch for its own was replaced if the other one
 * knows a larger; who has begun by itself cannot have been. Compared is what
 * was said, so both judge alike.
 */
static enum verdict judge_actives(const struct fttcp_link *link,
				  const struct fttcp_wire_hello *h, u64 own)
{
	u64 epoch = be64_to_cpu(h->epoch);

	if (epoch > own && (link->claim & FTTCP_WIRE_CLAIM_EPOCH))
		return WE_ARE_OLD;
	if (epoch < own && (h->claim & FTTCP_WIRE_CLAIM_EPOCH))
		return PEER_IS_OLD;
	if (link->claim != h->claim)
		return link->claim < h->claim ? WE_YIELD : PEER_YIELDS;
	return TWO_ACTIVES;
}

static enum verdict judge(const struct fttcp_link *link,
			  const struct fttcp_wire_hello *h)
{
	struct fttcp_net *fn = link->fn;
	u64 epoch = be64_to_cpu(h->epoch), own = fttcp_link_own_epoch(fn);
	u8 role = READ_ONCE(fn->role);

	if (be32_to_cpu(h->node_id) == READ_ONCE(fn->conf.id))
		return SAME_ID;
	if (role == FTTCP_ROLE_ACTIVE && h->role == FTTCP_ROLE_ACTIVE)
		return judge_actives(link, h, own);
	if (role == FTTCP_ROLE_ACTIVE && epoch > own)
		return fttcp_node_epoch_borrow(fn, epoch) ? LEARNED :
							    WE_ARE_OLD;
	if (h->role == FTTCP_ROLE_ACTIVE && epoch < own)
		return PEER_IS_OLD;
	if (role == FTTCP_ROLE_ACTIVE)
		return h->role == FTTCP_ROLE_BACKUP ? FIT : NO_BACKUP;
	if (role != FTTCP_ROLE_BACKUP || h->role != FTTCP_ROLE_ACTIVE)
		return NO_ACTIVE;
	return FIT;
}

static void epoch_refused(struct fttcp_link *link, u64 epoch)
{
	fttcp_stat_inc(link->fn, FTTCP_STAT_EPOCH_REFUSED);
	fttcp_event(link->fn, &(struct fttcp_event){
		.id = FTTCP_EVT_EPOCH_REFUSED,
		.link_id = link->id,
		.epoch = epoch,
	});
}

static void refuse(struct fttcp_link *link, const struct fttcp_wire_hello *h,
		   enum verdict v)
{
	u64 epoch = be64_to_cpu(h->epoch);

	/* Also of a link that ends for another reason meanwhile. */
	if (v == WE_YIELD)
		WRITE_ONCE(link->yields, true);
	if (v == WE_ARE_OLD || v == WE_YIELD)
		WRITE_ONCE(link->fence_epoch, epoch);
	if (test_bit(FTTCP_LF_DOWN, &link->flags))
		return;
	/* Who it was: the events are rate limited, the link is not. */
	if (!test_bit(FTTCP_LF_UP, &link->flags)) {
		spin_lock_bh(&link->lock);
		link->peer_id = be32_to_cpu(h->node_id);
		link->peer_epoch = epoch;
		link->peer_role = h->role;
		spin_unlock_bh(&link->lock);
	}
	/* Our HELLO still leaves: the farewell sends it first. */
	fttcp_event(link->fn, &(struct fttcp_event){
		.id = FTTCP_EVT_LINK_REFUSED,
		.link_id = link->id,
		.reason = refusals[v].reason,
		.role = h->role,
		.epoch = epoch,
		.err = refusals[v].err,
		.text = refusals[v].text,
	});
	if (v == PEER_IS_OLD)
		epoch_refused(link, epoch);
	if (v == SAME_ID)
		fttcp_evt_no_connection_id(link->fn, link->id);
	fttcp_link_down_text(link, refusals[v].reason, refusals[v].err, refusals[v].text);
}

/* Every lane said HELLO; under the link's lock, so that no end comes before. */
static void link_up(struct fttcp_link *link)
{
	struct fttcp_net *fn = link->fn;

	lockdep_assert_held(&link->lock);
	set_bit(FTTCP_LF_UP, &link->flags);
	WRITE_ONCE(fn->peer_id, link->peer_id);
	fttcp_stat_inc(fn, FTTCP_STAT_LINK_UP);
	fttcp_event(fn, &(struct fttcp_event){
		.id = FTTCP_EVT_LINK_UP,
		.link_id = link->id,
		.role = link->peer_role,
		.epoch = link->peer_epoch,
	});
	trace_fttcp_link_state(link->id, link->peer_id, FTTCP_LINK_STATE_UP,
			       0, 0);
	if (READ_ONCE(fn->role) != FTTCP_ROLE_ACTIVE) {
		WRITE_ONCE(fn->goodbye, false);
		return;
	}
	fttcp_node_link_up(fn);
	fttcp_link_get(link);
	if (!queue_work(fttcp_wq, &link->sync_work))
		fttcp_link_put(link);
}

/*
 * The first lane's HELLO says who the other side is, all others have to agree.
 */
static enum verdict accept_hello(struct fttcp_lane *lane,
				 const struct fttcp_wire_hello *h)
{
	struct fttcp_link *link = lane->link;
	enum verdict v = FIT;

	spin_lock_bh(&link->lock);
	if (test_bit(FTTCP_LF_DOWN, &link->flags))
		goto out;
	if (h->lanes != link->nr_lanes) {
		v = LANE_COUNT;
		goto out;
	}
	if (!link->hellos) {
		link->peer_id = be32_to_cpu(h->node_id);
		link->peer_epoch = be64_to_cpu(h->epoch);
		link->peer_boot = be64_to_cpu(h->boot_id);
		link->peer_role = h->role;
		link->peer_heartbeat_ms = be32_to_cpu(h->heartbeat_ms);
		link->peer_lease_ms = be32_to_cpu(h->lease_ms);
		link->peer_features = be32_to_cpu(h->features);
	} else if (link->peer_id != be32_to_cpu(h->node_id) ||
		   link->peer_epoch != be64_to_cpu(h->epoch) ||
		   link->peer_boot != be64_to_cpu(h->boot_id) ||
		   link->peer_role != h->role) {
		v = OTHER_NODE;
		goto out;
	}
	lane->hello_done = true;
	if (++link->hellos == link->nr_lanes)
		link_up(link);
out:
	spin_unlock_bh(&link->lock);
	return v;
}

/**
 * fttcp_link_hello() - the other side said HELLO
 * @lane: lane that brought it
 * @h: checked
 *
 * Context: the lane's worker.
 */
void fttcp_link_hello(struct fttcp_lane *lane,
		      const struct fttcp_wire_hello *h)
{
	struct fttcp_link *link = lane->link;
	enum verdict v = judge(link, h);

	if (!v)
		v = accept_hello(lane, h);
	if (v) {
		refuse(link, h, v);
		return;
	}
	if (!lane->hello_done)
		return;
	fttcp_node_epoch_seen(link->fn, be64_to_cpu(h->epoch));
	/* The other side waits for a sign. */
	set_bit(FTTCP_LN_BEAT, &lane->flags);
}

/**
 * fttcp_link_epoch_ok() - the other side named its epoch again
 * @link: link that is up
 * @epoch: what it says
 *
 * Takes the link down when one of the two nodes was replaced.
 *
 * Context: a lane's worker.
 * Return: false when the link goes down.
 */
bool fttcp_link_epoch_ok(struct fttcp_link *link, u64 epoch)
{
	struct fttcp_net *fn = link->fn;
	u64 own = fttcp_link_own_epoch(fn);

	if (READ_ONCE(fn->role) == FTTCP_ROLE_ACTIVE) {
		if (epoch <= own)
			return true;
		WRITE_ONCE(link->fence_epoch, epoch);
		fttcp_link_down_text(link, FTTCP_DOWN_REASON_EPOCH, -ESTALE,
				     refusals[WE_ARE_OLD].text);
		return false;
	}
	if (epoch < own) {
		epoch_refused(link, epoch);
		fttcp_link_down_text(link, FTTCP_DOWN_REASON_EPOCH, -ESTALE,
				     refusals[PEER_IS_OLD].text);
		return false;
	}
	if (epoch > own)
		fttcp_node_epoch_seen(fn, epoch);
	return true;
}

/* --- the end of the synchronisation ------------------------------------ */

static void sync_check(struct fttcp_link *link)
{
	unsigned int i;

	for (i = 0; i < link->nr_lanes; i++) {
		u64 index = READ_ONCE(link->sync_index[i]);

		if (!index || READ_ONCE(link->lanes[i].acked_index) < index)
			return;
	}
	spin_lock_bh(&link->lock);
	if (test_bit(FTTCP_LF_DOWN, &link->flags) ||
	    test_and_set_bit(FTTCP_LF_SYNCED, &link->flags))
		goto out;
	fttcp_node_protected(link->fn);
	fttcp_event(link->fn, &(struct fttcp_event){
		.id = FTTCP_EVT_SYNC_END,
		.link_id = link->id,
	});
out:
	spin_unlock_bh(&link->lock);
}

/**
 * fttcp_link_sync_sent() - SYNC_END was queued on a lane
 * @lane: lane
 * @index: its index there
 *
 * The node is protected once the backup has acknowledged it on every lane.
 *
 * Context: process.
 */
void fttcp_link_sync_sent(struct fttcp_lane *lane, u64 index)
{
	WRITE_ONCE(lane->link->sync_index[lane->nr], index);
	/* Pairs with fttcp_link_sync_acked(): one of the two sees both. */
	smp_mb();
	sync_check(lane->link);
}

/**
 * fttcp_link_sync_acked() - the other side acknowledged records
 * @lane: lane
 * @index: up to which
 *
 * Context: the lane's worker.
 */
void fttcp_link_sync_acked(struct fttcp_lane *lane, u64 index)
{
	u64 wanted;

	/* Pairs with fttcp_link_sync_sent(). */
	smp_mb();
	wanted = READ_ONCE(lane->link->sync_index[lane->nr]);
	if (wanted && index >= wanted &&
	    !test_bit(FTTCP_LF_SYNCED, &lane->link->flags))
		sync_check(lane->link);
}

/* --- parting ----------------------------------------------------------- */

/*
 * The active has handed over: on every lane all that it had came before this.
 */
static void goodbye(struct fttcp_link *link, u64 epoch)
{
	struct fttcp_net *fn = link->fn;

	if (atomic_inc_return(&link->stops) < link->nr_lanes)
		return;
	WRITE_ONCE(fn->goodbye, true);
	fttcp_event(fn, &(struct fttcp_event){
		.id = FTTCP_EVT_GOODBYE,
		.link_id = link->id,
		.epoch = epoch,
	});
	fttcp_link_down(link, FTTCP_DOWN_REASON_GOODBYE, 0);
}

/*
 * A backup that has dropped its replicas cannot be promoted. One whose link
 * was deleted (operator) can.
 */
static bool backup_retires(u8 code)
{
	return code == FTTCP_DOWN_REASON_NETNS ||
	       code == FTTCP_DOWN_REASON_GOODBYE;
}

/*
 * What of the active's reasons would make this node take it for dead, had it
 * found so itself. But whoever says why it leaves is alive: for the active it
 * is the backup that was silent, or too slow.
 */
static bool active_lives(u8 code)
{
	return code == FTTCP_DOWN_REASON_EOF ||
	       code == FTTCP_DOWN_REASON_CARRIER ||
	       code == FTTCP_DOWN_REASON_HEARTBEAT ||
	       code == FTTCP_DOWN_REASON_SEND_ERROR ||
	       code == FTTCP_DOWN_REASON_RECV_ERROR ||
	       code == FTTCP_DOWN_REASON_STALLED;
}

/**
 * fttcp_link_stopped() - the other side ends the link
 * @lane: lane that brought STOP
 * @s: checked
 *
 * On a backup the code goodbye is a handover, and the link ends when it came
 * on every lane; the last ACK leaves with the farewell. Any other code ends
 * the link at once with that reason, with two exceptions: an active takes the
 * leave of its backup for a goodbye, which lets it go on alone at once, and a
 * backup does not take a living active for lost. Before all comes the epoch:
 * a backup that is promoted tells it with its STOP, and fences.
 *
 * Context: the lane's worker.
 */
void fttcp_link_stopped(struct fttcp_lane *lane,
			const struct fttcp_wire_stop *s)
{
	struct fttcp_link *link = lane->link;
	u8 role = READ_ONCE(link->fn->role);
	u8 code = fttcp_wire_stop_reason(be32_to_cpu(s->code));

	/* A handover's STOP may be followed by that of the farewell. */
	if (lane->stopped)
		return;
	lane->stopped = true;
	if (!fttcp_link_epoch_ok(link, be64_to_cpu(s->epoch)))
		return;
	if (!code)
		code = FTTCP_DOWN_REASON_EOF;
	if (role == FTTCP_ROLE_BACKUP && code == FTTCP_DOWN_REASON_GOODBYE) {
		goodbye(link, be64_to_cpu(s->epoch));
		return;
	}
	if (role == FTTCP_ROLE_ACTIVE && backup_retires(code))
		code = FTTCP_DOWN_REASON_GOODBYE;
	if (role == FTTCP_ROLE_BACKUP && active_lives(code))
		code = FTTCP_DOWN_REASON_HOLD_MAX;
	fttcp_link_down_text(link, code, 0, code == FTTCP_DOWN_REASON_FORCED ?
			     "the other side was stopped forced (591-000)" :
			     "the other side ended the link");
}
