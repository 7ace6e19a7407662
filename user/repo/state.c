// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the way of a message as one constant table. On the node of the client
 * that says it:
 *
 *   accepted -> checked -> routed -> packed <--> sent -> staged
 *      1           2          5         7          8        9
 *                                                           |
 *        failed 15 <-- delivered 14 <-----------------------+
 *                             |
 *                             v
 *                      acknowledged 21
 *
 * and on the node of its twin:
 *
 *   arrived -> waiting -> delivering -> delivered -> acknowledged
 *      10      11   ^         17            14           21
 *                   +----------+-------------+
 *                       the twin went away
 *
 * A message in the error store has a reason beside its state, which is then
 * the one that it was in. It moves no more but by an operator's resend.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define S(name)		FTTCP_MSG_##name
#define E(name)		\
	[FTTCP_MSG_E_##name]

/* 0 is no state, so a cell that is not written out is refused. */
static const unsigned char table[FTTCP_MSG_STATES][FTTCP_MSG_EVENTS] = {
	[S(ACCEPTED)] = {
		E(CHECK) = S(CHECKED),
		E(RESEND_OUT) = S(CHECKED),
	},
	[S(CHECKED)] = {
		E(ROUTE) = S(ROUTED),
		E(RESEND_OUT) = S(CHECKED),
	},
	[S(ROUTED)] = {
		E(PACK) = S(PACKED),
		E(RESEND_OUT) = S(CHECKED),
	},
	[S(PACKED)] = {
		E(SEND) = S(SENT),
		/* the acknowledgement of an earlier connection came late */
		E(STAGE) = S(STAGED),
		E(WRITTEN) = S(DELIVERED),
		E(DONE) = S(ACKNOWLEDGED),
		E(RESEND_OUT) = S(CHECKED),
	},
	[S(SENT)] = {
		E(UNSENT) = S(PACKED),
		E(STAGE) = S(STAGED),
		E(WRITTEN) = S(DELIVERED),
		E(DONE) = S(ACKNOWLEDGED),
		E(REMOTE_FAIL) = S(FAILED),
		E(RESEND_OUT) = S(CHECKED),
	},
	[S(STAGED)] = {
		/* the other node has lost its repository */
		E(UNSENT) = S(PACKED),
		E(WRITTEN) = S(DELIVERED),
		E(DONE) = S(ACKNOWLEDGED),
		E(REMOTE_FAIL) = S(FAILED),
	},
	[S(ARRIVED)] = {
		E(QUEUE) = S(WAITING),
		E(RESEND_IN) = S(WAITING),
	},
	[S(WAITING)] = {
		E(WRITE) = S(DELIVERING),
		E(RESEND_IN) = S(WAITING),
	},
	[S(DELIVERING)] = {
		E(WRITTEN) = S(DELIVERED),
		E(AGAIN) = S(WAITING),
		E(DONE) = S(ACKNOWLEDGED),
		E(RESEND_IN) = S(WAITING),
	},
	[S(DELIVERED)] = {
		E(UNSENT) = S(PACKED),
		E(AGAIN) = S(WAITING),
		E(DONE) = S(ACKNOWLEDGED),
		E(REMOTE_FAIL) = S(FAILED),
		E(RESEND_IN) = S(WAITING),
	},
	/* the operator there has sent it again */
	[S(FAILED)] = {
		E(WRITTEN) = S(DELIVERED),
		E(DONE) = S(ACKNOWLEDGED),
	},
};

/**
 * fttcp_msg_next() - what follows from an event
 * @state:	enum fttcp_msg_state
 * @event:	enum fttcp_msg_event
 *
 * Return: the next state, or -EPROTO where the event has no place.
 */
int fttcp_msg_next(unsigned int state, unsigned int event)
{
	if (state >= FTTCP_MSG_STATES || event >= FTTCP_MSG_EVENTS ||
	    !table[state][event])
		return -EPROTO;
	return table[state][event];
}

static const char * const state_names[FTTCP_MSG_STATES] = {
	[S(ACCEPTED)] = "accepted",
	[S(CHECKED)] = "checked",
	[S(ROUTED)] = "routed",
	[S(PACKED)] = "packed",
	[S(SENT)] = "sent",
	[S(STAGED)] = "staged",
	[S(ARRIVED)] = "arrived",
	[S(WAITING)] = "waiting",
	[S(DELIVERED)] = "delivered",
	[S(FAILED)] = "failed",
	[S(DELIVERING)] = "delivering",
	[S(ACKNOWLEDGED)] = "acknowledged",
};

/** fttcp_msg_state_name() - as in the diagram; "unknown" for no state */
const char *fttcp_msg_state_name(unsigned int state)
{
	return state < FTTCP_MSG_STATES && state_names[state] ?
	       state_names[state] : "unknown";
}

/**
 * fttcp_msg_state_value() - state of a name or a number
 * @name:	as fttcp_msg_state_name() gives it, or its number
 *
 * Return: enum fttcp_msg_state, or -EINVAL.
 */
int fttcp_msg_state_value(const char *name)
{
	unsigned long n;
	unsigned int i;
	char *end;

	for (i = 0; i < FTTCP_MSG_STATES; i++)
		if (state_names[i] && !strcmp(state_names[i], name))
			return i;
	n = strtoul(name, &end, 10);
	if (*name < '0' || *name > '9' || *end || n >= FTTCP_MSG_STATES ||
	    !state_names[n])
		return -EINVAL;
	return n;
}

/** fttcp_msg_event_name() - for messages and tests */
const char *fttcp_msg_event_name(unsigned int event)
{
	static const char * const names[FTTCP_MSG_EVENTS] = {
		E(CHECK) = "check",
		E(ROUTE) = "route",
		E(PACK) = "pack",
		E(SEND) = "send",
		E(UNSENT) = "unsent",
		E(STAGE) = "stage",
		E(QUEUE) = "queue",
		E(WRITE) = "write",
		E(WRITTEN) = "written",
		E(AGAIN) = "again",
		E(DONE) = "done",
		E(REMOTE_FAIL) = "remote-fail",
		E(RESEND_OUT) = "resend-out",
		E(RESEND_IN) = "resend-in",
	};

	return event < ARRAY_SIZE(names) ? names[event] : "unknown";
}

static const struct {
	unsigned int reason;
	const char *text;
} reasons[] = {
	{ FTTCP_MSG_R_MOVED, "the configuration has moved its destination since" },
	{ FTTCP_MSG_R_NOT_HERE, "it arrived at a node that it is not for" },
	{ FTTCP_MSG_R_CHECK, "its form is not right: no such encoding" },
	{ FTTCP_MSG_R_RETRIES, "its twin went away too often while it had it" },
	{ FTTCP_MSG_R_CONVERT_IN, "it is not in the encoding that its client named" },
	{ FTTCP_MSG_R_CONVERT_OUT, "it cannot be said in the encoding that its twin reads" },
	{ FTTCP_MSG_R_CHAIN, "what the repository gave back is not what was put in" },
};

/** fttcp_msg_reason_text() - one sentence; "" for no reason */
const char *fttcp_msg_reason_text(unsigned int reason)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].text;
	return reason ? "unknown" : "";
}

/** fttcp_msg_reason_group() - the reference's group of a reason */
const char *fttcp_msg_reason_group(unsigned int reason)
{
	if (reason >= 100 && reason <= 108)
		return "routing";
	if (reason >= 200 && reason <= 205)
		return "check";
	if (reason >= 400 && reason <= 419)
		return "protocol";
	if (reason >= 500 && reason <= 501)
		return "internal";
	return reason ? "unknown" : "none";
}
