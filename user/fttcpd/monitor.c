// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the kernel's events: reads them, tells the role table those that it
 * knows, and logs those that a person wants to know. When events were lost it
 * reads the node's state and tells what it must have missed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "classify.h"
#include "daemon.h"
#include "event.h"
#include "log.h"

/* Events may be lost faster than it can be made good: once in this time. */
#define RESYNC_MS	1000
/* Pause before a failed attempt to catch up is repeated. */
#define RETRY_MS	100
/* Longest wait for a promotion that somebody else began, in steps. */
#define PROMOTING_STEPS	500
#define PROMOTING_STEP_US 10000

struct search {
	struct fttcp_link link;
	bool found;
};

static int take_link(const struct fttcp_link *kernel, void *arg)
{
	struct search *search = arg;

	if (kernel->id == search->link.id) {
		search->link = *kernel;
		search->found = true;
	}
	return 0;
}

/* On a backup with a complete copy: does its active, if it lives, say nothing? */
static bool is_silent(const struct fttcp_node *node)
{
	return fttcp_has(node, FTTCP_A_NODE_ALONE_MS) && !node->alone_ms;
}

/* What ended the link @id, for @reason or for what the link itself says. */
static enum fttcpd_event link_ended(struct fttcpd *d, uint32_t id,
				    uint32_t reason)
{
	struct search search = { .link.id = id };
	const struct fttcp_link *link = &search.link;
	struct fttcpd_ended ended = { 0 };
	struct fttcp_node node = { 0 };
	enum fttcpd_event event;

	fttcp_link_dump(d->nl, take_link, &search);
	fttcp_node_get(d->nl, &node);
	ended.reason = reason ? reason : link->down_reason;
	if (!ended.reason)
		ended.reason = node.down_reason;
	ended.connects = d->conf.connect.family;
	ended.role = node.role;
	ended.epoch = node.epoch;
	ended.peer_role = link->peer_role;
	ended.peer_epoch = link->peer_epoch;
	ended.up = d->link.up;
	ended.synced = d->state == FTTCPD_S_READY;
	ended.silent = is_silent(&node);
	ended.lives = fttcpd_path_active(d);
	/* what was said before is of another time */
	if (d->link.up || ended.synced || d->state == FTTCPD_S_SYNCING ||
	    d->state == FTTCPD_S_PROTECTED)
		fttcpd_path_mark(d);
	if (d->link.up && node.role == FTTCP_ROLE_ACTIVE)
		fttcpd_evt_backup_down();
	if (!d->link.ended) {
		fttcpd_escalate_ended(d, node.role, ended.reason);
		fttcpd_resend_ended(d, node.role, ended.reason);
	}
	d->reason = ended.reason;
	d->link.ended = true;
	event = fttcpd_classify_ended(&ended);
	/* that one backup has no active says nothing of the others */
	return event == FTTCPD_E_PEER_IDLE && fttcpd_resend_several(d) ?
	       FTTCPD_E_LINK_BROKEN : event;
}

/* HELLOs were accepted; is it the node that the configuration means? */
static enum fttcpd_event link_up(struct fttcpd *d, uint32_t id)
{
	struct search search = { .link.id = id };
	char who[32];

	if (!d->conf.peer_id ||
	    fttcp_link_dump(d->nl, take_link, &search) || !search.found ||
	    search.link.peer_id == d->conf.peer_id)
		return FTTCPD_E_LINK_UP;
	fttcpd_evt_wrong_peer(id, search.link.peer_id, d->conf.peer_id,
			      d->conf_path);
	snprintf(who, sizeof(who), "node %u", search.link.peer_id);
	fttcpd_evt_security_viol(who, "to be the other end", "the link");
	return FTTCPD_E_LINK_BROKEN;
}

/*
 * Each attempt at a link may fail in the same way, twice a second. It is said
 * once, and again when it fails in another way or after it has worked.
 */
static bool said_before(struct fttcpd *d, const struct fttcp_event *event)
{
	uint32_t *said = event->id == FTTCP_EVT_LINK_DOWN ?
			 &d->said_down : &d->said_refused;

	if (event->id == FTTCP_EVT_LINK_UP) {
		d->said_down = 0;
		d->said_refused = 0;
	}
	if (event->id != FTTCP_EVT_LINK_DOWN &&
	    event->id != FTTCP_EVT_LINK_REFUSED)
		return false;
	if (*said == event->reason)
		return true;
	*said = event->reason;
	return false;
}

static void log_event(struct fttcpd *d, const struct fttcp_event *event)
{
	/* what the daemon raised it has written, too */
	if (event->by_daemon || event->severity == FTTCP_SEVERITY_INFO ||
	    event->severity > FTTCP_SEVERITY_CRITICAL ||
	    said_before(d, event) || event->id == FTTCP_EVT_NODE_ROLE)
		return;
	fttcpd_event_kernel(event);
}

/*
 * An operator may set the role behind the daemon's back, and mean it. The
 * table cannot follow, a new daemon can. The event may be older than the last
 * thing that was done here, so the kernel is asked.
 */
static void check_role(struct fttcpd *d)
{
	bool active = d->state == FTTCPD_S_SOLO ||
		      d->state == FTTCPD_S_CLIENTS ||
		      d->state == FTTCPD_S_SYNCING ||
		      d->state == FTTCPD_S_PROTECTED;
	bool changing = d->state == FTTCPD_S_DEMOTING ||
			d->state == FTTCPD_S_PROMOTING ||
			d->state == FTTCPD_S_SWITCHING;
	struct fttcp_node node = { 0 };
	bool kernel_active;

	if (changing || fttcp_node_get(d->nl, &node))
		return;
	kernel_active = node.role == FTTCP_ROLE_ACTIVE;
	if (active == kernel_active)
		return;
	fttcpd_evt_role_set_outside(fttcp_role_name(node.role),
				    fttcpd_state_name(d->state));
}

static void node_state(struct fttcpd *d, uint32_t state)
{
	if (state == FTTCP_STATE_PROTECTED || state == FTTCP_STATE_BACKUP_READY)
		fttcpd_event(d, FTTCPD_E_SYNCED);
	else if (state == FTTCP_STATE_FENCED)
		fttcpd_event(d, FTTCPD_E_OUTRANKED);
}

static int on_event(const struct fttcp_event *event, void *arg)
{
	struct fttcpd *d = arg;
	bool current = event->link_id == d->link.id && d->link.id;

	log_event(d, event);
	switch (event->id) {
	case FTTCP_EVT_LINK_UP:
		if (current) {
			d->link.up = true;
			fttcpd_resend_up(&d->resend);
			fttcpd_event(d, link_up(d, event->link_id));
		}
		break;
	case FTTCP_EVT_SYNC_END:
		if (current)
			fttcpd_event(d, FTTCPD_E_SYNCED);
		break;
	case FTTCP_EVT_GOODBYE:
		d->reason = FTTCP_DOWN_REASON_GOODBYE;
		d->link.ended = true;
		fttcpd_event(d, FTTCPD_E_GOODBYE);
		break;
	case FTTCP_EVT_LINK_DOWN:
	case FTTCP_EVT_LINK_REFUSED:
		if (current)
			fttcpd_event(d, link_ended(d, event->link_id,
						   event->reason));
		break;
	case FTTCP_EVT_FENCED:
		fttcpd_event(d, FTTCPD_E_OUTRANKED);
		break;
	case FTTCP_EVT_NODE_STATE:
		node_state(d, event->state);
		break;
	case FTTCP_EVT_NODE_ROLE:
	case FTTCP_EVT_PROMOTED:
	case FTTCP_EVT_HANDOVER_END:
		check_role(d);
		break;
	default:
		break;
	}
	return 0;
}

/* Subscribed events up to the node's number are in what is read here. */
static int read_node(struct fttcpd *d, struct fttcp_node *node)
{
	int rc = fttcp_node_get(d->nl, node);

	if (!rc)
		fttcp_events_sync(d->events, node->events_seq);
	return rc;
}

/* A link that is still being made has not ended. */
static bool has_ended(struct fttcpd *d)
{
	struct search search = { .link.id = d->link.id };

	if (!d->link.id || d->link.ended)
		return d->link.ended;
	if (fttcp_link_dump(d->nl, take_link, &search))
		return false;
	return !search.found ||
	       search.link.state == FTTCP_LINK_STATE_DOWN;
}

static int catch_up(struct fttcpd *d)
{
	enum fttcpd_event ended = FTTCPD_E_LINK_BROKEN, event;
	struct fttcp_node node = { 0 };
	int rc;

	rc = read_node(d, &node);
	if (rc)
		return rc;
	if (has_ended(d))
		ended = link_ended(d, d->link.id, FTTCP_DOWN_REASON_NONE);
	event = fttcpd_classify_resync(d->state, node.state, ended);
	if (event != FTTCPD_EVENTS)
		fttcpd_event(d, event);
	else if (d->link.ended && d->state != FTTCPD_S_PROMOTING &&
		 d->state != FTTCPD_S_CLIENTS &&
		 d->state != FTTCPD_S_SWITCHING &&
		 d->state != FTTCPD_S_DEMOTING && d->state != FTTCPD_S_OUT)
		fttcpd_link_retry(d);
	return 0;
}

static void resync_now(struct fttcpd *d)
{
	d->lost_again = catch_up(d);
	d->resync.repeat = (d->lost_again ? RETRY_MS : RESYNC_MS) / 1000.0;
	ev_timer_again(d->loop, &d->resync);
}

/* The timer runs out when nothing was lost since the last time. */
static void on_resync(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)revents;
	if (d->lost_again)
		resync_now(d);
	else
		ev_timer_stop(loop, w);
}

/**
 * fttcpd_monitor_resync() - something may have been missed
 * @d:		daemon
 *
 * Reads the node's state, but once a second only.
 */
void fttcpd_monitor_resync(struct fttcpd *d)
{
	if (ev_is_active(&d->resync))
		d->lost_again = true;
	else
		resync_now(d);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = w->data;
	int rc;

	(void)loop;
	(void)revents;
	rc = fttcp_events_read(d->events, on_event, d);
	if (rc == -ENOBUFS) {
		/* One line for a series of losses. */
		if (!ev_is_active(&d->resync))
			log_notice("events of the kernel were lost; reading "
				   "its state, once a second while it goes on");
		fttcpd_monitor_resync(d);
	} else if (rc) {
		fttcpd_evt_spi_err("the kernel's events", rc);
		fttcpd_monitor_resync(d);
	}
}

/**
 * fttcpd_monitor_init() - subscribe to the kernel's events
 * @d:		daemon
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_monitor_init(struct fttcpd *d)
{
	int rc;

	rc = fttcp_events_open(&d->events);
	if (rc)
		return rc;
	ev_init(&d->resync, on_resync);
	d->resync.data = d;
	ev_io_init(&d->events_io, on_readable, fttcp_events_fd(d->events),
		   EV_READ);
	/* What the kernel says goes before whatever else is ready. */
	ev_set_priority(&d->events_io, EV_MAXPRI);
	d->events_io.data = d;
	ev_io_start(d->loop, &d->events_io);
	return 0;
}

/** fttcpd_monitor_exit() - end the subscription */
void fttcpd_monitor_exit(struct fttcpd *d)
{
	if (!d->events)
		return;
	ev_io_stop(d->loop, &d->events_io);
	ev_timer_stop(d->loop, &d->resync);
	fttcp_events_close(d->events);
	d->events = NULL;
}

/*
 * A promotion that is under way has set the role already, but not made all
 * sockets live: the address has to wait. It takes milliseconds.
 */
static int read_settled(struct fttcpd *d, struct fttcp_node *node)
{
	int steps = PROMOTING_STEPS;
	int rc;

	rc = read_node(d, node);
	while (!rc && node->state == FTTCP_STATE_PROMOTING && steps--) {
		usleep(PROMOTING_STEP_US);
		rc = read_node(d, node);
	}
	if (!rc && node->state == FTTCP_STATE_PROMOTING) {
		log_err("a promotion does not come to its end; see \"fttcpctl "
			"monitor\"");
		return -EBUSY;
	}
	return rc;
}

/**
 * fttcpd_monitor_start() - begin, or adopt what an earlier daemon left
 * @d:		daemon
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_monitor_start(struct fttcpd *d)
{
	struct fttcp_node node = { 0 };
	int rc;

	rc = read_settled(d, &node);
	if (rc)
		return rc;
	fttcpd_evt_daemon_started(fttcp_role_name(node.role));
	if (node.role != FTTCP_ROLE_NONE) {
		log_notice("adopting role %s, state %s",
			   fttcp_role_name(node.role),
			   fttcp_state_name(node.state));
		rc = fttcpd_link_adopt(d);
		if (rc)
			return rc;
	}
	d->reason = node.down_reason;
	if (d->link.id && d->link.ended)
		fttcpd_resend_ended(d, node.role, node.down_reason);
	if (fttcpd_out_known(d, node.role == FTTCP_ROLE_ACTIVE &&
			     node.state != FTTCP_STATE_FENCED)) {
		fttcpd_event(d, FTTCPD_E_ADOPT_OUT);
		return 0;
	}
	fttcpd_event(d, fttcpd_classify_start(node.role, node.state,
					      node.down_reason,
					      is_silent(&node), d->conf.role));
	/* It was said while nobody listened. */
	if (d->state == FTTCPD_S_ORPHANED &&
	    node.down_reason == FTTCP_DOWN_REASON_GOODBYE)
		fttcpd_event(d, FTTCPD_E_GOODBYE);
	return 0;
}
