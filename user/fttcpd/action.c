// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the walk through the role table: takes an event, asks the table, does
 * the actions in their order. An action may cause an event; it waits until
 * the actions of the one before it are done, so the table sees one event at a
 * time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <fttcp/strings-gen.h>

#include "daemon.h"
#include "event.h"
#include "log.h"
#include "notify.h"

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/**
 * fttcpd_phase() - one line of the time line of a takeover
 * @d:		daemon
 * @phase:	its name
 * @fmt:	more name=value pairs, as printf
 *
 * Nothing is written outside a takeover or switchover. t_us is the monotonic
 * clock, wall_us the time of day, since_us counts from the detection.
 */
void fttcpd_phase(struct fttcpd *d, const char *phase, const char *fmt, ...)
{
	int64_t now = clock_us(CLOCK_MONOTONIC);
	char more[256];
	va_list ap;

	if (!d->mark_us)
		return;
	va_start(ap, fmt);
	vsnprintf(more, sizeof(more), fmt, ap);
	va_end(ap);
	log_notice("takeover phase=%s t_us=%" PRId64 " since_us=%" PRId64
		   " wall_us=%" PRId64 " %s", phase, now, now - d->mark_us,
		   clock_us(CLOCK_REALTIME), more);
}

/**
 * fttcpd_kernel_error_at() - what the kernel said about the last request
 * @d:		daemon
 * @err:	what the request returned
 * @function:	who asks
 * @line:	where
 *
 * The event of it is raised as well.
 *
 * Return: one line, also kept in @d->error for who asked.
 */
const char *fttcpd_kernel_error_at(struct fttcpd *d, int err,
				   const char *function, unsigned int line)
{
	fttcp_nl_strerror(d->nl, err, d->error, sizeof(d->error));
	fttcpd_evt_ioctl_failed_at(fttcp_nl_error(d->nl)->cmd, err, function,
				   line);
	return d->error;
}

static void start_timer(struct fttcpd *d, uint32_t ms)
{
	ev_timer_stop(d->loop, &d->timer);
	ev_timer_set(&d->timer, ms / 1000.0, 0.);
	/* libev's idea of now may be as old as a long promotion. */
	ev_now_update(d->loop);
	ev_timer_start(d->loop, &d->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	fttcpd_event(w->data, FTTCPD_E_TIMER);
}

/** fttcpd_action_init() - before anything else here */
void fttcpd_action_init(struct fttcpd *d)
{
	ev_init(&d->timer, on_timer);
	d->timer.data = d;
}

/*
 * The kernel begins in the largest epoch that was ever seen here, also by what
 * the other node said in HELLO while this one was starting; the file's it knows
 * since it is a backup. Nobody was replaced, so none is used up, and whoever
 * was promoted, even in the same, has the better claim. Replicas from an earlier
 * life as a backup are given up: nobody promoted them when it was time, so what
 * they hold is old.
 */
static int set_active(struct fttcpd *d)
{
	struct fttcp_node now = { 0 }, set = { 0 };
	uint64_t epoch;
	int rc;

	rc = fttcp_node_get(d->nl, &now);
	if (rc)
		return rc;
	fttcp_mark(&set, FTTCP_A_NODE_ROLE);
	if (now.role == FTTCP_ROLE_BACKUP && now.replicas) {
		log_notice("%u old replicas are given up", now.replicas);
		set.role = FTTCP_ROLE_NONE;
		rc = fttcp_node_set(d->nl, &set);
		if (rc)
			return rc;
	}
	epoch = now.epoch_seen ? now.epoch_seen : 1;
	if (epoch > d->epoch_kept)
		fttcpd_epoch_keep(d, epoch);
	if (fttcpd_epoch_pending(d))
		fttcpd_epoch_settle(d);
	set.role = FTTCP_ROLE_ACTIVE;
	return fttcp_node_set(d->nl, &set);
}

static int set_backup(struct fttcpd *d)
{
	struct fttcp_node set = { .role = FTTCP_ROLE_BACKUP };

	fttcp_mark(&set, FTTCP_A_NODE_ROLE);
	/* the machine may have died since: the kernel has to know it again */
	set.epoch = d->epoch_kept;
	fttcp_mark(&set, FTTCP_A_NODE_EPOCH);
	return fttcp_node_set(d->nl, &set);
}

static void set_role(struct fttcpd *d, uint32_t role)
{
	bool active = role == FTTCP_ROLE_ACTIVE;
	int rc;

	rc = active ? set_active(d) : set_backup(d);
	if (rc) {
		fttcpd_evt_role_failed(fttcp_role_name(role),
				       fttcpd_kernel_error(d, rc));
		fttcpd_event(d, FTTCPD_E_ROLE_FAILED);
		return;
	}
	log_notice("role %s", fttcp_role_name(role));
	fttcpd_event(d, active ? FTTCPD_E_IS_ACTIVE : FTTCPD_E_IS_BACKUP);
}

/* Without a role the kernel has no replicas. */
static void drop_copy(struct fttcpd *d)
{
	struct fttcp_node set = { .role = FTTCP_ROLE_NONE };
	int rc;

	fttcp_mark(&set, FTTCP_A_NODE_ROLE);
	rc = fttcp_node_set(d->nl, &set);
	if (!rc) {
		fttcpd_evt_copy_given_up(d->conf.peer_id);
		return;
	}
	fttcpd_evt_role_failed(fttcp_role_name(set.role),
			       fttcpd_kernel_error(d, rc));
	fttcpd_event(d, FTTCPD_E_ROLE_FAILED);
}

/*
 * The lease to wait for is the kernel's; ask again when it has run out. What
 * else may be in the way (memory) has no end that is known.
 */
static void wait_for_lease(struct fttcpd *d)
{
	enum { SHORTEST = 1, LONGEST = 1000 };
	struct fttcp_node node = { 0 };
	uint32_t ms = d->takeover.rc == -EAGAIN ? SHORTEST : d->conf.retry_ms;

	if (!fttcp_node_get(d->nl, &node) && node.lease_ms > ms)
		ms = node.lease_ms > LONGEST ? LONGEST : node.lease_ms;
	start_timer(d, ms);
}

/*
 * As the kernel counts it: from the first loss on, whatever links come and go, until
 * there is a backup again. Where the kernel decides itself there is nothing to do.
 */
static void wait_for_backup(struct fttcpd *d)
{
	int64_t now = fttcpd_monotonic_us();
	struct fttcp_node node = { 0 };

	if (d->conf.on_backup_loss != FTTCP_LOSS_SOLO ||
	    !fttcpd_conf_decides(&d->conf) || fttcp_node_get(d->nl, &node) ||
	    node.state != FTTCP_STATE_HOLDING)
		return;
	if (!d->hold_until_us)
		d->hold_until_us = now + d->conf.hold_max_ms * 1000LL;
	start_timer(d, d->hold_until_us > now ?
		       (d->hold_until_us - now) / 1000 + 1 : 1);
}

/**
 * fttcpd_action_reload() - the configuration has changed
 * @d:		daemon
 *
 * "on-backup-loss = solo" may be said while a lost backup is waited for already.
 */
void fttcpd_action_reload(struct fttcpd *d)
{
	if ((d->state == FTTCPD_S_SOLO || d->state == FTTCPD_S_CLIENTS) &&
	    !ev_is_active(&d->timer) && !d->witness.asking && !d->fence.pid)
		wait_for_backup(d);
}

/* Only who holds has to ask: without a hold nobody could go on with its connections. */
static void ask_alone(struct fttcpd *d)
{
	struct fttcp_node node = { 0 };

	if (!fttcp_node_get(d->nl, &node) && node.state == FTTCP_STATE_HOLDING)
		fttcpd_permit_start(d);
}

static void mark(struct fttcpd *d)
{
	d->mark_us = clock_us(CLOCK_MONOTONIC);
	fttcpd_phase(d, "detected", "reason=%s", d->control.asker ? "operator" :
		     d->probe_asks ? "probe" :
		     fttcp_down_reason_name(d->reason));
}

/* Not for a series of links that fail: it is true until this node is ready. */
static void say_nobody(struct fttcpd *d)
{
	if (d->said_nobody)
		return;
	d->said_nobody = true;
	fttcpd_evt_nobody_active();
}

static void say_order(const struct fttcpd *d)
{
	fttcpd_evt_order_awaited(fttcp_down_reason_name(d->reason));
}

static void do_timer(struct fttcpd *d, enum fttcpd_action action)
{
	switch (action) {
	case FTTCPD_A_TIMER_STARTUP:
		start_timer(d, d->conf.startup_wait_ms);
		break;
	case FTTCPD_A_TIMER_IDLE:
		if (d->conf.role == FTTCP_ROLE_ACTIVE &&
		    !ev_is_active(&d->timer))
			start_timer(d, d->conf.startup_wait_ms);
		break;
	case FTTCPD_A_TIMER_LEASE:
		wait_for_lease(d);
		break;
	case FTTCPD_A_TIMER_RETRY:
		start_timer(d, d->conf.retry_ms);
		break;
	case FTTCPD_A_TIMER_FENCE:
		start_timer(d, fttcpd_witness_refuses(d) ?
			    FTTCP_WITNESS_RETRY_MS : d->conf.fence_retry_ms);
		break;
	case FTTCPD_A_TIMER_HOLD:
		wait_for_backup(d);
		break;
	default:
		ev_timer_stop(d->loop, &d->timer);
		fttcpd_look_stop(d);
		break;
	}
}

static void unwanted(struct fttcpd *d, enum fttcpd_state state,
		     enum fttcpd_event event)
{
	fttcpd_evt_unwanted_message(event, d->conf.id,
				    fttcpd_state_name(state));
	log_notice("event %s was not expected in the state %s",
		   fttcpd_event_name(event), fttcpd_state_name(state));
}

static void do_action(struct fttcpd *d, enum fttcpd_action action,
		      enum fttcpd_state before, enum fttcpd_event event)
{
	switch (action) {
	case FTTCPD_A_SET_ACTIVE:
		return set_role(d, FTTCP_ROLE_ACTIVE);
	case FTTCPD_A_SET_BACKUP:
		return set_role(d, FTTCP_ROLE_BACKUP);
	case FTTCPD_A_DROP_COPY:
		return drop_copy(d);
	case FTTCPD_A_GO_ALONE:
		return fttcpd_path_go_alone(d);
	case FTTCPD_A_ASK_ALONE:
		return ask_alone(d);
	case FTTCPD_A_FENCE:
		return fttcpd_permit_start(d);
	case FTTCPD_A_FENCE_STOP:
		return fttcpd_permit_stop(d);
	case FTTCPD_A_PROMOTE:
		return fttcpd_takeover_promote(d, false);
	case FTTCPD_A_FORCE:
		return fttcpd_takeover_promote(d, true);
	case FTTCPD_A_HANDOVER:
		return fttcpd_takeover_handover(d);
	case FTTCPD_A_ADD_ADDRESS:
		return fttcpd_vip_add(d);
	case FTTCPD_A_DEL_ADDRESS:
		return fttcpd_vip_del(d);
	case FTTCPD_A_LOOK:
		return fttcpd_look_start(d);
	case FTTCPD_A_LINK_OPEN:
		return fttcpd_link_open(d);
	case FTTCPD_A_LINK_RETRY:
		return fttcpd_link_retry(d);
	case FTTCPD_A_LINK_CLOSE:
		return fttcpd_link_close(d);
	case FTTCPD_A_LINK_DROP:
		return fttcpd_link_drop(d);
	case FTTCPD_A_MARK:
		return mark(d);
	case FTTCPD_A_RESYNC:
		return fttcpd_monitor_resync(d);
	case FTTCPD_A_SAY_NOBODY:
		return say_nobody(d);
	case FTTCPD_A_SAY_ORDER:
		return say_order(d);
	case FTTCPD_A_REPLY_OK:
		return fttcpd_control_done(d, 0, NULL);
	case FTTCPD_A_REPLY_FAILED:
		return fttcpd_control_done(d, -EREMOTEIO, d->error);
	case FTTCPD_A_REPLY_REFUSED:
		return fttcpd_control_done(d, -EBUSY,
					   fttcpd_fsm_refusal(before, event));
	case FTTCPD_A_UNWANTED:
		return unwanted(d, before, event);
	default:
		return do_timer(d, action);
	}
}

/* Who takes over is told by its first IPv4 address. */
static void say_promote(const struct fttcpd *d)
{
	static const uint8_t none[4];
	const uint8_t *ip = none;
	unsigned int i;

	for (i = 0; i < d->conf.services; i++) {
		if (d->conf.service[i].addr.family != AF_INET)
			continue;
		ip = d->conf.service[i].addr.addr;
		break;
	}
	fttcpd_evt_promote_backup(ip[0], ip[1], ip[2], ip[3]);
}

static void say_state(const struct fttcpd *d, enum fttcpd_state before,
		      enum fttcpd_event event)
{
	fttcpd_evt_sumstate_change(fttcpd_state_name(before),
				   fttcpd_state_name(d->state),
				   fttcpd_event_name(event));
	fttcpd_notify("STATUS=%s", fttcpd_state_name(d->state));
	if (d->state == FTTCPD_S_PROMOTING)
		say_promote(d);
}

static unsigned int rules(const struct fttcpd *d)
{
	return (d->conf.external ? FTTCPD_RULE_ORDERS : 0) |
	       (d->conf.stay_out ? FTTCPD_RULE_STAY_OUT : 0);
}

static void step(struct fttcpd *d, enum fttcpd_event event)
{
	enum fttcpd_state before = d->state;
	struct fttcpd_step s = fttcpd_fsm_step_by(before, event, rules(d));
	int i;

	d->state = s.next;
	if (s.next != before)
		say_state(d, before, event);
	for (i = 0; i < FTTCPD_STEP_ACTIONS && s.action[i]; i++)
		do_action(d, s.action[i], before, event);
	if (s.next != before)
		fttcpd_probe_follow(d);
	/* A takeover ends with the address, a switchover with the role. */
	if (event == FTTCPD_E_PROMOTED || event == FTTCPD_E_IS_BACKUP ||
	    event == FTTCPD_E_PROMOTE_FAILED ||
	    event == FTTCPD_E_HANDOVER_FAILED ||
	    (before == FTTCPD_S_FENCING && s.next != before &&
	     s.next != FTTCPD_S_PROMOTING))
		d->mark_us = 0;
	if (event == FTTCPD_E_LINK_UP || event == FTTCPD_E_SYNCED)
		d->said_nobody = false;
	if (event == FTTCPD_E_LINK_UP || event == FTTCPD_E_SYNCED ||
	    event == FTTCPD_E_OUTRANKED || event == FTTCPD_E_PROMOTED)
		fttcpd_epoch_note(d);
	if (s.next != FTTCPD_S_SOLO && s.next != FTTCPD_S_CLIENTS &&
	    s.next != FTTCPD_S_SYNCING)
		d->hold_until_us = 0;
	if (event == FTTCPD_E_OP_FORCE && s.next != FTTCPD_S_SWITCHING &&
	    s.next != FTTCPD_S_DEMOTING)
		fttcpd_witness_claim(d);
	if (s.next != before) {
		fttcpd_out_changed(d, before, event);
		fttcpd_path_changed(d);
		fttcpd_witness_changed(d);
	}
	if (s.next != before && fttcpd_messenger_wanted(&d->conf)) {
		fttcpd_messages_order(d);
		fttcpd_messages_check(d);
	}
}

/**
 * fttcpd_event() - something happened
 * @d:		daemon
 * @event:	what
 *
 * Called from an action, the event waits for the end of that action's list.
 */
void fttcpd_event(struct fttcpd *d, enum fttcpd_event event)
{
	if (d->queued == FTTCPD_QUEUE) {
		log_err("too many events at once; %s is dropped",
			fttcpd_event_name(event));
		fttcpd_evt_internal_error();
		return;
	}
	d->queue[d->queued++] = event;
	if (d->stepping)
		return;
	d->stepping = true;
	while (d->queued) {
		event = d->queue[0];
		d->queued--;
		memmove(d->queue, d->queue + 1,
			d->queued * sizeof(d->queue[0]));
		step(d, event);
	}
	d->stepping = false;
}
