// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the arithmetic of a service's failures and the choice of what follows.
 * See probe_history.h.
 */
#include <string.h>

#include "probe_history.h"

/* The edge belongs to the interval: "within". */
static bool expired(int64_t ms, const struct fttcpd_probe_rules *r,
		    int64_t now_ms)
{
	return now_ms - ms > r->retry_interval_ms;
}

/**
 * fttcpd_probe_expire() - forget what is too old
 * @h:		history
 * @r:		rules
 * @now_ms:	now
 */
void fttcpd_probe_expire(struct fttcpd_probe_history *h,
			 const struct fttcpd_probe_rules *r, int64_t now_ms)
{
	unsigned int n = 0;

	while (n < h->failures && expired(h->failure[n].ms, r, now_ms))
		n++;
	h->failures -= n;
	memmove(h->failure, h->failure + n,
		h->failures * sizeof(h->failure[0]));
	n = 0;
	while (n < h->restarts && expired(h->restart_ms[n], r, now_ms))
		n++;
	h->restarts -= n;
	memmove(h->restart_ms, h->restart_ms + n,
		h->restarts * sizeof(h->restart_ms[0]));
	if (h->failed_over && expired(h->failover_ms, r, now_ms))
		h->failed_over = false;
}

/**
 * fttcpd_probe_started() - the service begins here: give it time
 * @h:		history
 * @r:		rules
 * @now_ms:	now
 *
 * This node became active, or a restart has ended.
 */
void fttcpd_probe_started(struct fttcpd_probe_history *h,
			  const struct fttcpd_probe_rules *r, int64_t now_ms)
{
	h->failures = 0;
	h->settling = true;
	h->since_ms = now_ms;
	h->until_ms = now_ms + r->wait_ms;
}

/**
 * fttcpd_probe_restarted() - a restart begins
 * @h:		history
 * @now_ms:	now
 *
 * The failures that led to it have had their effect.
 */
void fttcpd_probe_restarted(struct fttcpd_probe_history *h, int64_t now_ms)
{
	h->failures = 0;
	if (h->restarts == FTTCP_PROBE_RESTARTS_MAX) {
		h->restarts--;
		memmove(h->restart_ms, h->restart_ms + 1,
			h->restarts * sizeof(h->restart_ms[0]));
	}
	h->restart_ms[h->restarts++] = now_ms;
}

/**
 * fttcpd_probe_failed_over() - a fail-over begins
 * @h:		history
 * @now_ms:	now
 *
 * Another one within retry-interval would be a service that is nowhere well,
 * going to and fro.
 */
void fttcpd_probe_failed_over(struct fttcpd_probe_history *h, int64_t now_ms)
{
	h->failures = 0;
	h->failed_over = true;
	h->failover_ms = now_ms;
}

/*
 * A service that is starting is not ill, and one on an overloaded machine starts
 * slowly: its time begins anew while that lasts, for retry-interval at most.
 */
static bool settles(struct fttcpd_probe_history *h,
		    const struct fttcpd_probe_rules *r, int64_t now_ms,
		    bool late)
{
	if (!h->settling)
		return false;
	if (late && now_ms <= h->until_ms &&
	    now_ms - h->since_ms <= r->retry_interval_ms)
		h->until_ms = now_ms + r->wait_ms;
	h->settling = now_ms < h->until_ms;
	return h->settling;
}

/**
 * fttcpd_probe_excuse() - may load be why a round has failed?
 * @h:		history
 * @r:		rules
 * @now_ms:	now
 * @late:	the machine was overloaded in this round
 * @slow:	nothing was wrong but that something was not done in time
 *
 * A service that has had no time works off what has piled up meanwhile.
 *
 * Return: true also for such a round, shortly after one that was late.
 */
bool fttcpd_probe_excuse(struct fttcpd_probe_history *h,
			 const struct fttcpd_probe_rules *r, int64_t now_ms,
			 bool late, bool slow)
{
	if (late) {
		h->loaded = true;
		h->loaded_ms = now_ms;
	} else if (now_ms - h->loaded_ms > r->wait_ms) {
		h->loaded = false;
	}
	return late || (slow && h->loaded);
}

/* Together they count as one, so the newest is all that is needed. */
static void forget_late(struct fttcpd_probe_history *h)
{
	unsigned int i, n = 0;

	for (i = 0; i < h->failures; i++)
		if (!h->failure[i].late)
			h->failure[n++] = h->failure[i];
	h->failures = n;
}

/**
 * fttcpd_probe_add() - a round has ended
 * @h:		history
 * @r:		rules
 * @now_ms:	now
 * @result:	how
 * @late:	the machine's load may be why
 *
 * Return: true when it was a failure that counts.
 */
bool fttcpd_probe_add(struct fttcpd_probe_history *h,
		      const struct fttcpd_probe_rules *r, int64_t now_ms,
		      enum fttcpd_probe_result result, bool late)
{
	unsigned int weight = FTTCP_PROBE_PARTIAL;

	fttcpd_probe_expire(h, r, now_ms);
	if (result == FTTCPD_PROBE_OK) {
		h->settling = false;
		return false;
	}
	if (settles(h, r, now_ms, late))
		return false;
	if (result == FTTCPD_PROBE_COMPLETE && !late)
		weight = FTTCP_PROBE_COMPLETE;
	if (late)
		forget_late(h);
	if (h->failures == FTTCP_PROBE_FAILURES_MAX) {
		h->failures--;
		memmove(h->failure, h->failure + 1,
			h->failures * sizeof(h->failure[0]));
	}
	h->failure[h->failures].ms = now_ms;
	h->failure[h->failures].weight = weight;
	h->failure[h->failures].late = late;
	h->failures++;
	return true;
}

static unsigned int sum(const struct fttcpd_probe_history *h, bool late)
{
	unsigned int i, n = 0;

	for (i = 0; i < h->failures; i++)
		if (h->failure[i].late == late)
			n += h->failure[i].weight;
	return n;
}

/**
 * fttcpd_probe_score() - how bad it is
 * @h:		history, expired
 *
 * Return: 0 to 100.
 */
unsigned int fttcpd_probe_score(const struct fttcpd_probe_history *h)
{
	unsigned int late = sum(h, true), n = sum(h, false);

	n += late < FTTCP_PROBE_LATE_MAX ? late : FTTCP_PROBE_LATE_MAX;
	return n < FTTCP_PROBE_COMPLETE ? n : FTTCP_PROBE_COMPLETE;
}

/**
 * fttcpd_probe_next() - what a complete failure would lead to
 * @h:		history, expired
 * @r:		rules
 *
 * Return: the action.
 */
enum fttcpd_probe_action
fttcpd_probe_next(const struct fttcpd_probe_history *h,
		  const struct fttcpd_probe_rules *r)
{
	if (h->restarts < r->retry_count)
		return FTTCPD_PROBE_RESTART;
	if (r->failover && !h->failed_over)
		return FTTCPD_PROBE_FAILOVER;
	return FTTCPD_PROBE_STAY;
}

/**
 * fttcpd_probe_action() - what is to be done now
 * @h:		history, expired
 * @r:		rules
 *
 * Return: the action.
 */
enum fttcpd_probe_action
fttcpd_probe_action(const struct fttcpd_probe_history *h,
		    const struct fttcpd_probe_rules *r)
{
	enum fttcpd_probe_action action;

	if (fttcpd_probe_score(h) < FTTCP_PROBE_COMPLETE)
		return FTTCPD_PROBE_NOTHING;
	action = fttcpd_probe_next(h, r);
	if (action == FTTCPD_PROBE_FAILOVER &&
	    sum(h, false) < FTTCP_PROBE_COMPLETE)
		return FTTCPD_PROBE_LOADED;
	return action;
}

/**
 * fttcpd_probe_is_late() - may the machine's load be why nothing came in time?
 * @delay_us:	how long an ordinary program could not run as it should
 * @timeout_ms:	probe-timeout
 *
 * Return: true when it was for a good part of its time.
 */
bool fttcpd_probe_is_late(int64_t delay_us, uint32_t timeout_ms)
{
	return delay_us * 100 >=
	       (int64_t)timeout_ms * 1000 * FTTCP_PROBE_LATE_PCT;
}
