// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the arithmetic of soft errors. See escalate.h.
 */
#include <string.h>

#include <linux/fttcp.h>

#include "escalate.h"

/**
 * fttcpd_escalate_is_soft() - was the copy not faithful any more?
 * @reason:	enum fttcp_down_reason of a link whose nodes had accepted each other
 * @active:	this node is the active one
 *
 * That the other node is gone, or was told to go, is no error of a copy. A backup that
 * hears that hold-max has passed hears it from the active, which counts it.
 */
bool fttcpd_escalate_is_soft(uint32_t reason, bool active)
{
	switch (reason) {
	case FTTCP_DOWN_REASON_DECODE:
	case FTTCP_DOWN_REASON_MEMORY:
	case FTTCP_DOWN_REASON_NACK:
	case FTTCP_DOWN_REASON_QUEUE_FULL:
		return true;
	case FTTCP_DOWN_REASON_HOLD_MAX:
		return active;
	default:
		return false;
	}
}

static bool is_recent(int64_t at_ms, uint32_t window_ms, int64_t now_ms)
{
	return now_ms - at_ms <= window_ms;
}

/**
 * fttcpd_escalate_recent() - soft errors that still count
 * @e:		what has gone wrong
 * @window_ms:	for so long
 * @now_ms:	now
 *
 * Return: how many.
 */
unsigned int fttcpd_escalate_recent(const struct fttcpd_escalation *e,
				    uint32_t window_ms, int64_t now_ms)
{
	unsigned int i, n = 0;

	for (i = 0; i < e->count; i++)
		n += is_recent(e->at_ms[i], window_ms, now_ms);
	return n;
}

static void drop_oldest(struct fttcpd_escalation *e)
{
	e->count--;
	memmove(e->at_ms, e->at_ms + 1, e->count * sizeof(e->at_ms[0]));
}

/**
 * fttcpd_escalate_count() - there was a soft error
 * @e:		changed
 * @rules:	of the configuration
 * @now_ms:	now
 *
 * Return: whether that makes it a persistent one. Those that led to it have had their
 * effect then, and are forgotten.
 */
bool fttcpd_escalate_count(struct fttcpd_escalation *e,
			   const struct fttcpd_escalation_rules *rules,
			   int64_t now_ms)
{
	while (e->count && (e->count == FTTCP_SOFT_ERRORS_MAX ||
			    !is_recent(e->at_ms[0], rules->window_ms, now_ms)))
		drop_oldest(e);
	e->at_ms[e->count++] = now_ms;
	if (!rules->count || e->count < rules->count)
		return false;
	e->count = 0;
	return true;
}

/**
 * fttcpd_escalate_pause() - no link for a while
 * @e:		changed
 * @window_ms:	for so long
 * @now_ms:	now
 */
void fttcpd_escalate_pause(struct fttcpd_escalation *e, uint32_t window_ms,
			   int64_t now_ms)
{
	e->until_ms = now_ms + window_ms;
}

/**
 * fttcpd_escalate_left() - of such a pause
 * @e:		what has gone wrong
 * @now_ms:	now
 *
 * Return: milliseconds, 0 for none.
 */
uint32_t fttcpd_escalate_left(const struct fttcpd_escalation *e, int64_t now_ms)
{
	return e->until_ms > now_ms ? e->until_ms - now_ms : 0;
}

/** fttcpd_escalate_forget() - an operator wants it to be tried now */
void fttcpd_escalate_forget(struct fttcpd_escalation *e)
{
	memset(e, 0, sizeof(*e));
}
