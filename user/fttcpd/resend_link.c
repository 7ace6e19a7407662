// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what the daemon does about an automatic resend: which address link.c
 * calls and after which pause, what an operator asks for, what he is told.
 */
#include <errno.h>
#include <stdio.h>

#include <linux/fttcp.h>

#include "daemon.h"
#include "event.h"
#include "log.h"

static unsigned int targets(const struct fttcpd *d)
{
	return 1 + d->conf.connect_also.count;
}

/** fttcpd_resend_several() - there may be backups beside the one that is met */
bool fttcpd_resend_several(const struct fttcpd *d)
{
	return targets(d) > 1;
}

/**
 * fttcpd_resend_target() - whom to call next
 * @d:		daemon, whose configuration has [link] connect
 *
 * Return: an address of the configuration.
 */
const struct fttcp_endpoint *fttcpd_resend_target(const struct fttcpd *d)
{
	const struct fttcpd_endpoints *also = &d->conf.connect_also;
	unsigned int i = d->resend.target;

	/* a reload may have made the list shorter */
	return i && i <= also->count ? &also->ep[i - 1] : &d->conf.connect;
}

static void say(struct fttcpd *d)
{
	char buf[FTTCP_ADDR_STRLEN];

	fttcp_endpoint_format(fttcpd_resend_target(d), buf);
	if (d->resend.state == FTTCPD_RESEND_DUE)
		fttcpd_evt_resend_due(d->conf.connect_retry_ms, buf);
	else
		fttcpd_evt_link_stopped("the other node", "in order");
}

/**
 * fttcpd_resend_ended() - a link ended
 * @d:		daemon
 * @role:	enum fttcp_role of this node
 * @reason:	enum fttcp_down_reason
 */
void fttcpd_resend_ended(struct fttcpd *d, uint32_t role, uint32_t reason)
{
	struct fttcpd_resend_end end = {
		.reason = reason,
		.active = role == FTTCP_ROLE_ACTIVE,
		.connects = d->conf.connect.family,
		.was_up = d->link.up,
		.targets = targets(d),
	};

	if (fttcpd_resend_end(&d->resend, &end))
		say(d);
}

/** fttcpd_resend_missed() - an attempt of link.c to connect has failed */
void fttcpd_resend_missed(struct fttcpd *d)
{
	if (d->conf.connect.family)
		fttcpd_resend_failed(&d->resend, targets(d));
}

static bool is_active(enum fttcpd_state state)
{
	return state == FTTCPD_S_SOLO || state == FTTCPD_S_CLIENTS ||
	       state == FTTCPD_S_SYNCING || state == FTTCPD_S_PROTECTED ||
	       state == FTTCPD_S_SWITCHING;
}

/** fttcpd_resend_interval() - milliseconds between two attempts, as it stands */
uint32_t fttcpd_resend_interval(const struct fttcpd *d)
{
	return d->resend.state == FTTCPD_RESEND_DUE ? d->conf.connect_retry_ms :
						      d->conf.retry_ms;
}

/**
 * fttcpd_resend_pause() - how long to wait before the next attempt
 * @d:		daemon
 *
 * Return: milliseconds, 0 for no attempt.
 */
uint32_t fttcpd_resend_pause(struct fttcpd *d)
{
	struct fttcpd_resend *r = &d->resend;

	/* a node that is no sender any more has nothing to send again */
	if ((r->state == FTTCPD_RESEND_DUE ||
	     r->state == FTTCPD_RESEND_GAVE_UP) && !is_active(d->state))
		fttcpd_resend_again(r);
	if (fttcpd_resend_exhausted(r, d->conf.auto_resend_count))
		fttcpd_evt_resend_given_up(r->tries);
	if (fttcpd_resend_held(r))
		return 0;
	return fttcpd_resend_interval(d);
}

/** fttcpd_resend_try() - an attempt to connect begins */
void fttcpd_resend_try(struct fttcpd *d)
{
	if (d->resend.state == FTTCPD_RESEND_DUE)
		d->resend.tries++;
}

/** fttcpd_resend_reload() - the configuration was read again */
void fttcpd_resend_reload(struct fttcpd *d)
{
	if (d->resend.target >= targets(d))
		d->resend.target = 0;
	if (d->resend.state == FTTCPD_RESEND_GAVE_UP)
		fttcpd_resend_start(d);
	/* its orders come at the end of the reload */
	else if (d->messages.status.resend.state == FTTCPD_RESEND_GAVE_UP)
		d->messages.again++;
}

static bool is_changing(const struct fttcpd *d)
{
	return d->state == FTTCPD_S_PROMOTING ||
	       d->state == FTTCPD_S_SWITCHING ||
	       d->state == FTTCPD_S_DEMOTING || fttcpd_takeover_busy(d);
}

/**
 * fttcpd_resend_stop() - an operator, or the cluster's software, stops the link
 * @d:		daemon
 * @forced:	with 591-000: the sender is to call the node that takes over
 * @err:	why not, in one line
 *
 * The node stays what it is, and makes no link until it is told to. That the
 * kernel's link ended comes from there, like any other end.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_resend_stop(struct fttcpd *d, bool forced, char err[FTTCPD_ERROR])
{
	uint32_t reason = forced ? FTTCP_DOWN_REASON_FORCED :
				   FTTCP_DOWN_REASON_STOPPED;
	struct fttcpd_link *link = &d->link;
	int rc = 0;

	if (is_changing(d)) {
		snprintf(err, FTTCPD_ERROR, "a promotion or switchover is under "
			 "way; stop the link when it has ended");
		return -EBUSY;
	}
	d->resend.state = FTTCPD_RESEND_HERE;
	d->resend.tries = 0;
	fttcpd_link_close(d);
	if (link->id && !link->ended)
		rc = fttcp_link_stop(d->nl, link->id, reason);
	if (rc && rc != -ENOENT) {
		snprintf(err, FTTCPD_ERROR, "link %u: %s", link->id,
			 fttcpd_kernel_error(d, rc));
		fttcpd_resend_start(d);
		return rc;
	}
	fttcpd_messages_halt(d, reason);
	fttcpd_evt_link_stopped("this node", forced ? "forced (591-000)" :
						      "in order");
	return 0;
}

/**
 * fttcpd_resend_start() - let there be a link again
 * @d:		daemon
 *
 * Also the pause of a resend that is due ends with it, and its attempts count
 * from the beginning.
 */
void fttcpd_resend_start(struct fttcpd *d)
{
	fttcpd_resend_again(&d->resend);
	fttcpd_escalate_forget(&d->escalation);
	fttcpd_messages_halt(d, 0);
	if (!is_changing(d) && d->state != FTTCPD_S_CLIENTS &&
	    d->state != FTTCPD_S_INIT)
		fttcpd_link_open(d);
}

/**
 * fttcpd_resend_trouble() - what an operator should know of it first
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_resend_trouble(const struct fttcpd *d)
{
	switch (d->resend.state) {
	case FTTCPD_RESEND_GAVE_UP:
		return "no node took over from the one that was stopped; start "
		       "one and say \"fttcpctl link start\"";
	case FTTCPD_RESEND_STOPPED:
		return "the other node has stopped the link in order; start it "
		       "there and here with \"fttcpctl link start\"";
	case FTTCPD_RESEND_HERE:
		return "the link is stopped; \"fttcpctl link start\" ends that";
	default:
		return "";
	}
}
