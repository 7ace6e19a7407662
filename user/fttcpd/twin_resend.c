// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what the messenger does about an automatic resend (resend.h): whom twin.c
 * calls and after which pause, what ends that, what an operator is told. Messages
 * have a decision of their own, as their connection may end alone; but they go to
 * the node that the link is with, and know what the link was told.
 */
#include <stdio.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "addr.h"
#include "messages.h"
#include "event-gen.h"

static unsigned int targets(const struct fttcpd_conf *conf)
{
	return 1 + conf->connect_also.count;
}

/** fttcpd_twin_target() - the so-manieth address that is called now, 0 the first */
unsigned int fttcpd_twin_target(const struct fttcpd_messenger *m)
{
	return m->twin.resend.target;
}

static void say(struct fttcpd_messenger *m)
{
	struct fttcp_endpoint ep = fttcpd_twin_endpoint(&m->now.conf,
							fttcpd_twin_target(m));
	char buf[FTTCP_ADDR_STRLEN];

	fttcp_endpoint_format(&ep, buf);
	if (m->twin.resend.state == FTTCPD_RESEND_DUE)
		fttcpd_evt_messages_resend_due(m->now.conf.connect_retry_ms,
					       buf);
	else
		fttcpd_evt_messages_stopped("the other node", "in order");
}

static void end_for(struct fttcpd_messenger *m, uint32_t reason, bool was_up)
{
	struct fttcpd_resend_end end = {
		.reason = reason,
		.active = m->now.role == FTTCP_ROLE_ACTIVE,
		.connects = m->now.conf.connect.family,
		.was_up = was_up,
		.targets = targets(&m->now.conf),
	};

	if (fttcpd_resend_end(&m->twin.resend, &end))
		say(m);
}

/**
 * fttcpd_twin_ended() - the connection ended, or none could be made
 * @m:		messenger
 * @was_up:	the nodes had met
 */
void fttcpd_twin_ended(struct fttcpd_messenger *m, bool was_up)
{
	struct fttcpd_resend *r = &m->twin.resend;

	end_for(m, m->twin.ended, was_up);
	m->twin.ended = 0;
	/* sockets and messages are of no use on two nodes */
	if (r->state == FTTCPD_RESEND_NONE && m->now.link_target >= 0)
		r->target = m->now.link_target;
}

/**
 * fttcpd_twin_pause() - how long to wait before the next attempt
 * @m:		messenger
 *
 * Return: milliseconds, 0 for no attempt.
 */
uint32_t fttcpd_twin_pause(struct fttcpd_messenger *m)
{
	struct fttcpd_resend *r = &m->twin.resend;

	/* a node that is no sender any more has nothing to send again */
	if ((r->state == FTTCPD_RESEND_DUE ||
	     r->state == FTTCPD_RESEND_GAVE_UP) &&
	    m->now.role != FTTCP_ROLE_ACTIVE)
		fttcpd_resend_again(r);
	if (fttcpd_resend_exhausted(r, m->now.conf.auto_resend_count))
		fttcpd_evt_messages_given_up(r->tries);
	if (fttcpd_resend_held(r))
		return 0;
	return r->state == FTTCPD_RESEND_DUE ? m->now.conf.connect_retry_ms :
					       m->now.conf.retry_ms;
}

/**
 * fttcpd_twin_try() - an attempt begins
 * @m:		messenger
 *
 * Return: whether it may.
 */
bool fttcpd_twin_try(struct fttcpd_messenger *m)
{
	if (fttcpd_resend_held(&m->twin.resend))
		return false;
	if (m->twin.resend.state == FTTCPD_RESEND_DUE)
		m->twin.resend.tries++;
	return true;
}

/** fttcpd_twin_lost_backup() - is the state of clients on no other node now? */
bool fttcpd_twin_lost_backup(const struct fttcpd_messenger *m)
{
	return m->twin.resend.state == FTTCPD_RESEND_DUE ||
	       m->twin.resend.state == FTTCPD_RESEND_GAVE_UP;
}

/* What the link was told goes for messages that were not told themselves. */
static void know_link(struct fttcpd_messenger *m)
{
	struct fttcpd_resend *r = &m->twin.resend;
	uint32_t reason = 0;

	if (m->now.link_resend == FTTCPD_RESEND_DUE)
		reason = FTTCP_DOWN_REASON_FORCED;
	else if (m->now.link_resend == FTTCPD_RESEND_STOPPED)
		reason = FTTCP_DOWN_REASON_STOPPED;
	if (!reason || m->before.link_resend == m->now.link_resend ||
	    r->state != FTTCPD_RESEND_NONE || m->twin.ready)
		return;
	fttcpd_twin_close(m);
	end_for(m, reason, true);
	fttcpd_twin_later(m);
}

/* The link is with a node: messages are for that one, and it is there. */
static void follow_link(struct fttcpd_messenger *m)
{
	struct fttcpd_resend *r = &m->twin.resend;
	unsigned int target = m->now.link_target;

	if (m->now.link_target < 0 || m->now.link_target == m->before.link_target)
		return;
	if (r->target == target && r->state != FTTCPD_RESEND_GAVE_UP)
		return;
	if (r->state == FTTCPD_RESEND_GAVE_UP)
		fttcpd_resend_again(r);
	if (fttcpd_resend_held(r))
		return;
	r->target = target;
	fttcpd_twin_close(m);
	fttcpd_twin_open(m);
}

/**
 * fttcpd_twin_orders() - there are new orders
 * @m:		messenger, with those before
 */
void fttcpd_twin_orders(struct fttcpd_messenger *m)
{
	const struct fttcpd_orders *now = &m->now, *before = &m->before;
	struct fttcpd_resend *r = &m->twin.resend;

	if (r->target >= targets(&now->conf))
		r->target = 0;
	if (now->stopped && !before->stopped) {
		r->state = FTTCPD_RESEND_HERE;
		r->tries = 0;
		fttcpd_twin_say_stop(m);
		fttcpd_evt_messages_stopped("this node", now->stopped ==
					    FTTCP_DOWN_REASON_FORCED ?
					    "forced (591-000)" : "in order");
	} else if (!now->stopped && now->again != before->again) {
		fttcpd_resend_again(r);
		fttcpd_twin_open(m);
	}
	know_link(m);
	follow_link(m);
}
