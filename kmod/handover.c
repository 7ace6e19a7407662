// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handover: the active gives its connections to the backup, as planned. Freeze,
 * say goodbye behind all records on every lane, wait for the receipt.
 */
#include "conn.h"
#include "fault.h"
#include "link.h"
#include "record.h"
#include "snapshot.h"
#include "tx.h"

static int queue_goodbye(struct fttcp_lane *lane, u64 *index)
{
	struct fttcp_wire_stop *s;
	struct fttcp_record *rec;

	rec = fttcp_record_alloc(lane->link->fn, FTTCP_WIRE_STOP, GFP_KERNEL);
	if (!rec)
		return -ENOMEM;
	s = fttcp_record_body(rec);
	s->code = cpu_to_be32(FTTCP_DOWN_REASON_GOODBYE);
	s->reserved = 0;
	s->epoch = cpu_to_be64(lane->link->fn->epoch);
	*index = fttcp_lane_queue(lane, rec);
	return *index ? 0 : -EPIPE;
}

/* @left: jiffies, for all lanes together */
static int wait_goodbye(struct fttcp_lane *lane, u64 index, long *left)
{
	*left = wait_event_idle_timeout(lane->wq,
					READ_ONCE(lane->acked_index) >= index ||
					READ_ONCE(lane->dead), *left);
	if (READ_ONCE(lane->acked_index) >= index)
		return 0;
	return *left ? -EPIPE : -ETIMEDOUT;
}

static int freeze_each(struct fttcp_net *fn, bool mute)
{
	unsigned long end = jiffies + msecs_to_jiffies(fn->conf.hold_max_ms);
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	int err = 0;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (!err)
			err = fttcp_tx_freeze(c, mute, end);
		fttcp_conn_put(c);
	}
	return err;
}

/*
 * What waits in the send queues goes first, while all still speak: the first to
 * be silent would be so for as long as the last one's bytes take. Both together
 * no longer than two hold-max.
 */
static int freeze_all(struct fttcp_net *fn)
{
	return freeze_each(fn, false) ?: freeze_each(fn, true);
}

/* how many lanes took it, and whether the receipt of all has come */
static int say_goodbye(struct fttcp_link *link, u64 *index, int *queued)
{
	long left = msecs_to_jiffies(link->fn->conf.hold_max_ms);
	int i, err = 0;

	for (*queued = 0; *queued < link->nr_lanes && !err; ++*queued) {
		err = queue_goodbye(&link->lanes[*queued], &index[*queued]);
		if (err)
			return err;
	}
	for (i = 0; i < link->nr_lanes && !err; i++)
		err = wait_goodbye(&link->lanes[i], index[i], &left);
	return err;
}

/*
 * No receipt came. The backup has to hear the goodbye on every lane, so one that
 * has not left on one of them is none. The workers could still send it: they
 * end first, and the node's state says then what a lost link leads to.
 */
static bool unsaid(struct fttcp_link *link, const u64 *index, int queued)
{
	int i;

	fttcp_link_down(link, FTTCP_DOWN_REASON_HOLD_MAX, -ETIMEDOUT);
	fttcp_link_close_all(link->fn, FTTCP_DOWN_REASON_HOLD_MAX);
	for (i = 0; i < queued; i++)
		if (link->lanes[i].sent_index < index[i])
			return true;
	return queued < link->nr_lanes;
}

static void handover_end(struct fttcp_link *link, int err)
{
	fttcp_event(link->fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_HANDOVER_END, .link_id = link->id,
		.err = err });
}

static const char * const not_all =
	"the backup does not take all in time, or memory is short; nothing was given away";
static const char * const not_left =
	"the goodbye has not left; nothing was given away";
static const char * const no_answer =
	"no answer to the goodbye: the backup may be active; `node set role backup`, or `solo`";

/**
 * fttcp_node_handover() - give the connections to the backup, as planned
 * @fn: namespace; @fn->ctl is held
 * @why: static text when refused or failed
 *
 * The backup has every byte when it reads the goodbye, and may promote at
 * once, so there is no way back after it has left: when its receipt cannot be
 * shown, the node stays silent (fenced) until an operator decides. One that
 * never left is a lost link, as any.
 *
 * Context: may sleep.
 * Return: 0; -EPERM, -EAGAIN: nothing was given away; -EPIPE, -ETIMEDOUT:
 * fenced.
 */
int fttcp_node_handover(struct fttcp_net *fn, const char **why)
{
	u64 index[FTTCP_LANES_MAX];
	struct fttcp_link *link;
	int queued = 0, err;

	lockdep_assert_held(&fn->ctl);
	*why = "only an active node can hand over";
	if (fn->role != FTTCP_ROLE_ACTIVE)
		return -EPERM;
	*why = fttcp_node_not_ready(fn);
	if (*why)
		return -EAGAIN;
	link = fttcp_link_backup(fn);
	*why = "no backup is connected";
	if (!link)
		return -EAGAIN;
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_HANDOVER_BEGIN, .link_id = link->id });
	/* a connection that begins now is not the backup's: it takes no lane */
	WRITE_ONCE(fn->leaving, true);
	fttcp_fault(fn, FTTCP_FAULT_HANDOVER_FREEZE);
	*why = not_all;
	err = freeze_all(fn);
	if (!err) {
		*why = not_left;
		err = fttcp_fault(fn, FTTCP_FAULT_HANDOVER_BYE);
	}
	if (!err)
		err = say_goodbye(link, index, &queued);
	fttcp_fault(fn, FTTCP_FAULT_HANDOVER_END);
	if (!err) {
		/*
		 * They stay, silent, until the next role: without its socket
		 * a segment of a peer would be answered with a reset while
		 * the service address is still here.
		 */
		WRITE_ONCE(fn->role, FTTCP_ROLE_NONE);
		fttcp_node_set_state(fn, FTTCP_STATE_NONE,
				     FTTCP_DOWN_REASON_GOODBYE);
		fttcp_link_down(link, FTTCP_DOWN_REASON_GOODBYE, 0);
	} else if (!queued || unsaid(link, index, queued)) {
		/* first of all: who joins from now on need not be unmuted */
		spin_lock_bh(&fn->lock);
		WRITE_ONCE(fn->leaving, false);
		spin_unlock_bh(&fn->lock);
		fttcp_node_unmute_all(fn);
		/* what has begun meanwhile took no lane: the link stays */
		if (!queued)
			fttcp_snapshot_join_all(fn);
		err = -EAGAIN;
	} else {
		*why = no_answer;
		fttcp_node_set_state(fn, FTTCP_STATE_FENCED,
				     FTTCP_DOWN_REASON_GOODBYE);
	}
	handover_end(link, err);
	WRITE_ONCE(fn->leaving, false);
	fttcp_link_put(link);
	return err;
}
