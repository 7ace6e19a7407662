// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what the daemon does about soft and persistent errors (escalate.h): which are
 * told, that there is no link for a while, or one to another backup, that clients say
 * their state anew, and what an operator is told.
 */
#include <stdio.h>

#include "daemon.h"
#include "event.h"
#include "log.h"

static bool is_alone(const struct fttcpd *d)
{
	return d->state == FTTCPD_S_SOLO || d->state == FTTCPD_S_CLIENTS ||
	       d->state == FTTCPD_S_WAITING;
}

/*
 * Where the peers wait for a backup, as the configuration says or because nobody lets
 * this node go on, any attempt is better than none.
 */
static bool peers_wait(const struct fttcpd *d)
{
	return d->conf.on_backup_loss == FTTCP_LOSS_HOLD ||
	       fttcpd_witness_refuses(d) || d->fence.failures;
}

/*
 * The next backup may be well. Where there is none beside this one, nothing is lost by
 * a pause but protection that did not last, and the peers are not held up again and
 * again. What clients have said may be what the copy fails at: it is said anew.
 */
static void escalate(struct fttcpd *d, bool active)
{
	fttcpd_evt_persistent_error();
	if (active)
		d->messages.rounds++;
	if (active && fttcpd_resend_several(d)) {
		fttcpd_resend_missed(d);
		return;
	}
	fttcpd_escalate_pause(&d->escalation, d->conf.soft_error_window_ms,
			      fttcpd_now_ms());
	log_err("the copy of the connections went wrong %u times within %u s: "
		"%s", d->conf.soft_error_count,
		d->conf.soft_error_window_ms / 1000, peers_wait(d) ?
		"it is made again all the same, as the peers wait for it" :
		"the backup stays down for as long; \"fttcpctl link start\" "
		"tries at once");
}

/**
 * fttcpd_escalate_ended() - a link ended
 * @d:		daemon
 * @role:	enum fttcp_role of this node
 * @reason:	enum fttcp_down_reason
 */
void fttcpd_escalate_ended(struct fttcpd *d, uint32_t role, uint32_t reason)
{
	const struct fttcpd_escalation_rules rules = {
		.count = d->conf.soft_error_count,
		.window_ms = d->conf.soft_error_window_ms,
	};
	bool active = role == FTTCP_ROLE_ACTIVE;

	if (!d->link.up || !fttcpd_escalate_is_soft(reason, active))
		return;
	fttcpd_evt_soft_error();
	if (fttcpd_escalate_count(&d->escalation, &rules, fttcpd_now_ms()))
		escalate(d, active);
}

/**
 * fttcpd_escalate_wait() - how long there may be no link
 * @d:		daemon
 *
 * Only a node that makes a copy anew waits, and only while the connections go on without
 * one. Who looks for the other node, because it may have to be active, does not.
 *
 * Return: milliseconds, 0 for no such time.
 */
uint32_t fttcpd_escalate_wait(const struct fttcpd *d)
{
	return is_alone(d) && !peers_wait(d) ?
	       fttcpd_escalate_left(&d->escalation, fttcpd_now_ms()) : 0;
}

/** fttcpd_escalate_count_now() - soft errors that count, for "fttcpctl daemon" */
unsigned int fttcpd_escalate_count_now(const struct fttcpd *d)
{
	return fttcpd_escalate_recent(&d->escalation,
				      d->conf.soft_error_window_ms,
				      fttcpd_now_ms());
}

/**
 * fttcpd_escalate_trouble() - what an operator should know of it
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_escalate_trouble(const struct fttcpd *d)
{
	return fttcpd_escalate_wait(d) ?
	       "the copy of the connections went wrong again and again; the backup "
	       "stays down for soft-error-window: the journal of both nodes says "
	       "why, \"fttcpctl link start\" tries at once" : "";
}
