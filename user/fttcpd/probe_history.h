/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was found wrong with a service lately, and what follows from it. No I/O
 * and no clock: times are parameters, milliseconds of any clock that does not go
 * back.
 *
 * A complete failure counts 100, a partial one 50, for as long as it is not older
 * than retry-interval; 100 require action. What an overloaded machine explains
 * (late) counts 50 together, so that it never requires action by itself, and
 * nothing of it counts for a fail-over.
 */
#ifndef FTTCPD_PROBE_HISTORY_H
#define FTTCPD_PROBE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <fttcp/limits.h>

/* How a round of the probe ended. */
enum fttcpd_probe_result {
	FTTCPD_PROBE_OK,
	FTTCPD_PROBE_PARTIAL,
	FTTCPD_PROBE_COMPLETE,
	FTTCPD_PROBE_RESULTS,
};

/**
 * enum fttcpd_probe_action - what is to be done
 * @FTTCPD_PROBE_NOTHING:	not enough has failed
 * @FTTCPD_PROBE_RESTART:	restart the service here
 * @FTTCPD_PROBE_FAILOVER:	restarts did not help: give it to the other node
 * @FTTCPD_PROBE_STAY:		nothing may be done now: no restart is left, and
 *				it must not be failed over, or was just now
 * @FTTCPD_PROBE_LOADED:	no restart is left, and the machine's load may be
 *				why it fails
 * @FTTCPD_PROBE_ACTIONS:	how many
 */
enum fttcpd_probe_action {
	FTTCPD_PROBE_NOTHING,
	FTTCPD_PROBE_RESTART,
	FTTCPD_PROBE_FAILOVER,
	FTTCPD_PROBE_STAY,
	FTTCPD_PROBE_LOADED,
	FTTCPD_PROBE_ACTIONS,
};

/**
 * struct fttcpd_probe_rules - what the configuration says
 * @retry_interval_ms:	how long failures, restarts and fail-overs count
 * @retry_count:	restarts in that time, 0 for none
 * @wait_ms:		after a start, failures do not count for so long; and so long
 *			a service may still be slow for the load of before
 * @failover:		it may be failed over
 */
struct fttcpd_probe_rules {
	uint32_t retry_interval_ms;
	uint32_t retry_count;
	uint32_t wait_ms;
	bool failover;
};

/**
 * struct fttcpd_probe_history - what happened lately; zero is nothing
 * @failure:	the last ones, oldest first
 * @failures:	how many
 * @restart_ms:	when it was restarted, oldest first
 * @restarts:	how often
 * @failover_ms: when it was failed over last
 * @failed_over: it was
 * @settling:	it was started, and has not been seen to work since
 * @since_ms:	when that began
 * @until_ms:	failures do not count until then
 * @loaded:	the machine was overloaded, at
 * @loaded_ms:	that time
 */
struct fttcpd_probe_history {
	struct {
		int64_t ms;
		uint8_t weight;
		bool late;
	} failure[FTTCP_PROBE_FAILURES_MAX];
	unsigned int failures;
	int64_t restart_ms[FTTCP_PROBE_RESTARTS_MAX];
	unsigned int restarts;
	int64_t failover_ms;
	bool failed_over;
	bool settling;
	int64_t since_ms;
	int64_t until_ms;
	bool loaded;
	int64_t loaded_ms;
};

void fttcpd_probe_started(struct fttcpd_probe_history *h,
			  const struct fttcpd_probe_rules *r, int64_t now_ms);
void fttcpd_probe_restarted(struct fttcpd_probe_history *h, int64_t now_ms);
void fttcpd_probe_failed_over(struct fttcpd_probe_history *h, int64_t now_ms);
bool fttcpd_probe_excuse(struct fttcpd_probe_history *h,
			 const struct fttcpd_probe_rules *r, int64_t now_ms,
			 bool late, bool slow);
bool fttcpd_probe_add(struct fttcpd_probe_history *h,
		      const struct fttcpd_probe_rules *r, int64_t now_ms,
		      enum fttcpd_probe_result result, bool late);
void fttcpd_probe_expire(struct fttcpd_probe_history *h,
			 const struct fttcpd_probe_rules *r, int64_t now_ms);
unsigned int fttcpd_probe_score(const struct fttcpd_probe_history *h);
enum fttcpd_probe_action
fttcpd_probe_action(const struct fttcpd_probe_history *h,
		    const struct fttcpd_probe_rules *r);
enum fttcpd_probe_action
fttcpd_probe_next(const struct fttcpd_probe_history *h,
		  const struct fttcpd_probe_rules *r);
bool fttcpd_probe_is_late(int64_t delay_us, uint32_t timeout_ms);

#endif /* FTTCPD_PROBE_HISTORY_H */
