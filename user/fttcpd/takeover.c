// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the two requests that change who is active: promote and handover. The
 * kernel answers them when it is done, a handover perhaps after hold-max, so a
 * thread waits for the answer while the loop goes on: it feeds the service
 * manager's watchdog and answers operators. One request at a time.
 *
 * The thread knows the request and a netlink handle of its own, which nobody
 * else touches while @busy is set, and ends with ev_async_send(). What the
 * outcome means is decided in the loop. Other requests that the kernel would
 * make wait for this one (link, settings, role) must not be made meanwhile:
 * who makes them asks fttcpd_takeover_busy().
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/fttcp.h>

#include "daemon.h"
#include "event.h"
#include "log.h"
#include "thread.h"

/*
 * The epoch is on the disk before anything is said in it, unless the disk hangs:
 * then epoch.c says so.
 */
static void promote(struct fttcpd *d)
{
	struct fttcpd_takeover *t = &d->takeover;

	if (t->keep)
		fttcpd_epoch_settle(d);
	t->rc = fttcp_promote(t->nl, &t->promo);
}

static void *do_request(void *arg)
{
	struct fttcpd *d = arg;
	struct fttcpd_takeover *t = &d->takeover;

	if (t->handover)
		t->rc = fttcp_handover(t->nl);
	else
		promote(d);
	fttcp_nl_strerror(t->nl, t->rc, t->error, sizeof(t->error));
	ev_async_send(d->loop, &t->done);
	return NULL;
}

/* Without a thread the request is made here: late signs of life are better
 * than no takeover.
 */
static void start_request(struct fttcpd *d)
{
	struct fttcpd_takeover *t = &d->takeover;
	int rc;

	t->busy = true;
	fttcpd_progress_begin(&d->progress, FTTCPD_WORK_REQUEST,
			      fttcpd_monotonic_us(),
			      d->conf.hold_max_ms + FTTCP_REQUEST_MS);
	rc = fttcpd_thread_start(&t->thread, do_request, d);
	t->threaded = !rc;
	if (!rc)
		return;
	fttcpd_evt_spawn_failed("takeover");
	log_warn("no thread for a request to the kernel: %s", strerror(-rc));
	do_request(d);
}

static void choose_epoch(struct fttcpd *d, const struct fttcp_node *node)
{
	struct fttcpd_takeover *t = &d->takeover;

	t->before = d->epoch_kept;
	t->promo.epoch = fttcpd_epoch_next(d, node);
	fttcp_mark(&t->promo, FTTCP_A_PROMOTE_EPOCH);
	fttcpd_epoch_intend(d, t->promo.epoch, t->promo.epoch - 1);
	t->keep = fttcpd_epoch_pending(d);
}

/*
 * While the lease runs the kernel would refuse. It is not asked then: what is
 * written for that would outlive a machine that dies, perhaps of what the link
 * was lost by, before anybody has acted in it.
 */
static bool lease_runs(struct fttcpd *d, const struct fttcp_node *node)
{
	struct fttcpd_takeover *t = &d->takeover;

	if (node->role != FTTCP_ROLE_BACKUP || !node->lease_ms)
		return false;
	t->rc = -EAGAIN;
	fttcpd_event(d, FTTCPD_E_PROMOTE_LATER);
	return true;
}

/**
 * fttcpd_takeover_promote() - make this backup the active
 * @d:		daemon
 * @force:	without regard to the lease
 *
 * Gives PROMOTED, PROMOTE_LATER or PROMOTE_FAILED later. While one is under
 * way another one adds nothing, unless it forces: that follows then.
 */
void fttcpd_takeover_promote(struct fttcpd *d, bool force)
{
	struct fttcpd_takeover *t = &d->takeover;
	struct fttcp_node node = { 0 };
	bool knows;

	if (t->busy) {
		t->force_next = t->force_next || force;
		return;
	}
	knows = !fttcp_node_get(d->nl, &node);
	if (knows && !force && lease_runs(d, &node))
		return;
	t->handover = false;
	t->force_next = false;
	t->keep = false;
	memset(&t->promo, 0, sizeof(t->promo));
	t->promo.force = force;
	if (force)
		fttcp_mark(&t->promo, FTTCP_A_PROMOTE_FORCE);
	if (knows && d->conf.epoch_file[0])
		choose_epoch(d, &node);
	start_request(d);
}

/**
 * fttcpd_takeover_handover() - give everything to the backup
 * @d:		daemon
 *
 * Gives HANDED_OVER, HANDOVER_FAILED or HANDOVER_UNSURE later.
 */
void fttcpd_takeover_handover(struct fttcpd *d)
{
	struct fttcpd_takeover *t = &d->takeover;

	if (t->busy)
		return;
	t->handover = true;
	t->force_next = false;
	start_request(d);
}

static bool is_active(const struct fttcp_node *node)
{
	return node->role == FTTCP_ROLE_ACTIVE &&
	       node->state != FTTCP_STATE_FENCED;
}

/*
 * An answer can get lost, and an operator can have been faster: sockets that
 * are live need their address, whatever the request returned.
 */
static enum fttcpd_event promote_failed(struct fttcpd *d)
{
	struct fttcpd_takeover *t = &d->takeover;
	struct fttcp_node node = { 0 };

	switch (t->rc) {
	case -EAGAIN:
	case -EBUSY:
	case -ENOMEM:
	case -EINTR:
	case -ESTALE:	/* another node has named as large an epoch just now */
		log_info("promotion has to wait: %s", t->error);
		if (!fttcp_node_get(d->nl, &node))
			fttcpd_epoch_withdraw(d, &node, t->before);
		return FTTCPD_E_PROMOTE_LATER;
	}
	if (fttcp_node_get(d->nl, &node)) {
		log_err("promotion failed: %s; and the kernel does not tell "
			"its state", t->error);
		return FTTCPD_E_PROMOTE_FAILED;
	}
	if (is_active(&node)) {
		log_warn("promotion: %s, but the kernel is active", t->error);
		fttcpd_epoch_keep(d, node.epoch);
		return FTTCPD_E_PROMOTED;
	}
	fttcpd_epoch_withdraw(d, &node, t->before);
	fttcpd_evt_ioctl_failed(FTTCP_CMD_PROMOTE, t->rc);
	fttcpd_evt_promotion_failed(t->error);
	return FTTCPD_E_PROMOTE_FAILED;
}

static enum fttcpd_event promote_ended(struct fttcpd *d)
{
	const struct fttcp_promote *p = &d->takeover.promo;

	if (d->takeover.rc)
		return promote_failed(d);
	fttcpd_epoch_keep(d, p->epoch);
	fttcpd_phase(d, "promoted", "connections=%u failed=%u epoch=%" PRIu64
		     " kernel_us=%u", p->promoted, p->failed, p->epoch,
		     p->time_us);
	if (p->failed)
		fttcpd_evt_connections_lost(p->failed,
					    p->failed + p->promoted);
	return FTTCPD_E_PROMOTED;
}

/*
 * A failed handover has changed nothing, or nobody knows whether the backup
 * took over: then the kernel is fenced, and this node must not keep the
 * address that the other one may have.
 */
static enum fttcpd_event handover_failed(struct fttcpd *d)
{
	const char *error = d->takeover.error;
	struct fttcp_node node = { 0 };

	fttcpd_evt_ioctl_failed(FTTCP_CMD_HANDOVER, d->takeover.rc);
	fttcpd_evt_switch_cmd_fail(error, d->takeover.rc);
	if (fttcp_node_get(d->nl, &node))
		return FTTCPD_E_HANDOVER_FAILED;
	if (node.role != FTTCP_ROLE_ACTIVE)
		return FTTCPD_E_HANDED_OVER;
	if (node.state != FTTCP_STATE_FENCED)
		return FTTCPD_E_HANDOVER_FAILED;
	snprintf(d->error, sizeof(d->error), "the backup did not confirm that "
		 "it has everything (%.200s); this node gives its role and "
		 "addresses up. Look at the other node: if \"fttcpctl node "
		 "show\" there does not say active, run \"fttcpctl promote "
		 "force\" there", error);
	log_err("%s", d->error);
	return FTTCPD_E_HANDOVER_UNSURE;
}

static enum fttcpd_event handover_ended(struct fttcpd *d)
{
	if (d->takeover.rc)
		return handover_failed(d);
	fttcpd_phase(d, "handed-over", "role=was-active");
	return FTTCPD_E_HANDED_OVER;
}

static void on_done(struct ev_loop *loop, ev_async *w, int revents)
{
	struct fttcpd *d = w->data;
	struct fttcpd_takeover *t = &d->takeover;
	enum fttcpd_event event;

	(void)loop;
	(void)revents;
	if (!t->busy)
		return;
	if (t->threaded)
		pthread_join(t->thread, NULL);
	t->busy = false;
	fttcpd_progress_end(&d->progress, FTTCPD_WORK_REQUEST);
	memcpy(d->error, t->error, sizeof(d->error));
	event = t->handover ? handover_ended(d) : promote_ended(d);
	if (t->force_next && event != FTTCPD_E_PROMOTED)
		fttcpd_takeover_promote(d, true);
	else
		fttcpd_event(d, event);
	if (d->stopping && !t->busy)
		ev_break(d->loop, EVBREAK_ALL);
}

/** fttcpd_takeover_busy() - the kernel works at a promotion or a handover */
bool fttcpd_takeover_busy(const struct fttcpd *d)
{
	return d->takeover.busy;
}

/**
 * fttcpd_takeover_init() - before anything else here
 * @d:		daemon, with its loop
 */
void fttcpd_takeover_init(struct fttcpd *d)
{
	ev_async_init(&d->takeover.done, on_done);
	d->takeover.done.data = d;
	ev_async_start(d->loop, &d->takeover.done);
}

/** fttcpd_takeover_exit() - the loop has ended */
void fttcpd_takeover_exit(struct fttcpd *d)
{
	struct fttcpd_takeover *t = &d->takeover;

	if (t->busy && t->threaded)
		pthread_join(t->thread, NULL);
	t->busy = false;
	ev_async_stop(d->loop, &t->done);
}
