// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the decision about an automatic resend, without any act: functions of
 * the state and of what happened.
 */
#include <linux/fttcp.h>

#include "resend.h"

static void next_target(struct fttcpd_resend *r, unsigned int targets)
{
	r->target = targets ? (r->target + 1) % targets : 0;
}

/**
 * fttcpd_resend_end() - a link ended
 * @r:		changed
 * @end:	how
 *
 * Forced, for a sender that calls: a resend is due, beginning with the address
 * behind the one that was stopped. In order: whoever calls does not do so until
 * told to; whoever is called goes on listening, since the one that stopped will
 * not call either. Any other end is a failure, which changes nothing but whom
 * to try next, when this one was never reached.
 *
 * Return: whether a resend has become due, or the link has become stopped, which
 * an operator is told.
 */
bool fttcpd_resend_end(struct fttcpd_resend *r,
		       const struct fttcpd_resend_end *end)
{
	if (r->state == FTTCPD_RESEND_HERE || !end->connects)
		return false;
	if (end->reason == FTTCP_DOWN_REASON_STOPPED) {
		r->state = FTTCPD_RESEND_STOPPED;
		return true;
	}
	if (end->reason == FTTCP_DOWN_REASON_FORCED && end->active) {
		next_target(r, end->targets);
		/* one of several that is being stopped as well was an attempt */
		if (r->state == FTTCPD_RESEND_DUE)
			return false;
		r->state = FTTCPD_RESEND_DUE;
		r->tries = 0;
		return true;
	}
	if (!end->was_up)
		next_target(r, end->targets);
	return false;
}

/**
 * fttcpd_resend_failed() - nobody could be reached
 * @r:		changed
 * @targets:	how many addresses there are to call
 */
void fttcpd_resend_failed(struct fttcpd_resend *r, unsigned int targets)
{
	next_target(r, targets);
}

/**
 * fttcpd_resend_exhausted() - was that the last attempt?
 * @r:		changed when it was
 * @count:	auto-resend-retry-count
 *
 * Return: whether it is given up now.
 */
bool fttcpd_resend_exhausted(struct fttcpd_resend *r, uint32_t count)
{
	if (r->state != FTTCPD_RESEND_DUE || r->tries < count)
		return false;
	r->state = FTTCPD_RESEND_GAVE_UP;
	return true;
}

/** fttcpd_resend_held() - is no link to be made until somebody says so? */
bool fttcpd_resend_held(const struct fttcpd_resend *r)
{
	return r->state != FTTCPD_RESEND_NONE && r->state != FTTCPD_RESEND_DUE;
}

/**
 * fttcpd_resend_again() - begin anew
 * @r:		changed
 *
 * Return: whether a link was held.
 */
bool fttcpd_resend_again(struct fttcpd_resend *r)
{
	bool held = fttcpd_resend_held(r);

	r->state = FTTCPD_RESEND_NONE;
	r->tries = 0;
	return held;
}

/** fttcpd_resend_up() - the nodes have accepted each other */
void fttcpd_resend_up(struct fttcpd_resend *r)
{
	if (!fttcpd_resend_held(r))
		fttcpd_resend_again(r);
}

/** fttcpd_resend_name() - for people and programs */
const char *fttcpd_resend_name(enum fttcpd_resend_state state)
{
	static const char * const names[FTTCPD_RESEND_STATES] = {
		[FTTCPD_RESEND_NONE] = "none",
		[FTTCPD_RESEND_DUE] = "due",
		[FTTCPD_RESEND_GAVE_UP] = "gave-up",
		[FTTCPD_RESEND_STOPPED] = "stopped-by-peer",
		[FTTCPD_RESEND_HERE] = "stopped",
	};

	return (unsigned int)state < FTTCPD_RESEND_STATES ? names[state] :
							    "unknown";
}
