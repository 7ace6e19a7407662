// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows from failures: each case is a story of what happened when, with the
 * score and the action after each step. retry-interval is a second, a start takes
 * 200 milliseconds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/probe_history.h"

/* ok, Partial, Complete, and the same when the machine is overloaded; Restart,
 * Failover, Started; Tick: only time passes.
 */
enum step { END, OK, P, C, LATE_P, LATE_C, R, F, S, T };

struct story {
	const char *name;
	unsigned int retry_count;
	bool failover;
	struct {
		enum step step;
		int64_t ms;
		unsigned int score;
		enum fttcpd_probe_action action;
	} step[24];
};

#define NOTHING	FTTCPD_PROBE_NOTHING
#define RESTART	FTTCPD_PROBE_RESTART
#define FAILOVER FTTCPD_PROBE_FAILOVER
#define STAY	FTTCPD_PROBE_STAY
#define LOADED	FTTCPD_PROBE_LOADED

static const struct story stories[] = {
	{ "all is well", 2, true, {
		{ OK, 0, 0, NOTHING }, { OK, 100, 0, NOTHING } } },
	{ "a complete failure is enough", 2, true, {
		{ C, 0, 100, RESTART } } },
	{ "the first failure at the time 0 counts as any", 2, true, {
		{ P, 0, 50, NOTHING }, { P, 1, 100, RESTART } } },
	{ "partial failures add up, whatever is between", 2, true, {
		{ P, 0, 50, NOTHING }, { OK, 100, 50, NOTHING },
		{ OK, 200, 50, NOTHING }, { P, 300, 100, RESTART } } },
	{ "just within the interval", 2, true, {
		{ P, 0, 50, NOTHING }, { P, 1000, 100, RESTART } } },
	{ "just not within it", 2, true, {
		{ P, 0, 50, NOTHING }, { P, 1001, 50, NOTHING },
		{ P, 2001, 100, RESTART } } },
	{ "they expire without another round", 2, true, {
		{ P, 0, 50, NOTHING }, { T, 1000, 50, NOTHING },
		{ T, 1001, 0, NOTHING } } },
	{ "a complete one expires too, when nothing was done", 0, false, {
		{ C, 0, 100, STAY }, { T, 1000, 100, STAY },
		{ T, 1001, 0, NOTHING } } },
	{ "more than enough is not more", 0, false, {
		{ C, 0, 100, STAY }, { C, 1, 100, STAY }, { P, 2, 100, STAY } } },
	{ "a restart wipes the slate", 2, true, {
		{ P, 0, 50, NOTHING }, { P, 10, 100, RESTART },
		{ R, 20, 0, NOTHING }, { P, 500, 50, NOTHING } } },
	{ "as many restarts as allowed, then fail over", 2, true, {
		{ C, 0, 100, RESTART }, { R, 0, 0, NOTHING },
		{ C, 400, 100, RESTART }, { R, 400, 0, NOTHING },
		{ C, 800, 100, FAILOVER } } },
	{ "a restart at the edge still counts", 1, true, {
		{ R, 0, 0, NOTHING }, { C, 1000, 100, FAILOVER } } },
	{ "and no longer behind it", 1, true, {
		{ R, 0, 0, NOTHING }, { C, 1001, 100, RESTART } } },
	{ "no restart: fail over at once", 0, true, {
		{ C, 0, 100, FAILOVER } } },
	{ "must not be failed over", 1, false, {
		{ R, 0, 0, NOTHING }, { C, 100, 100, STAY },
		{ C, 1001, 100, RESTART } } },
	{ "not to and fro", 0, true, {
		{ C, 0, 100, FAILOVER }, { F, 0, 0, NOTHING },
		{ C, 1000, 100, STAY }, { C, 1001, 100, FAILOVER } } },
	{ "a backup that comes later", 0, true, {
		{ C, 0, 100, FAILOVER }, { C, 500, 100, FAILOVER } } },
	{ "load alone: never, and however often", 1, true, {
		{ LATE_P, 0, 50, NOTHING }, { LATE_P, 10, 50, NOTHING },
		{ LATE_C, 20, 50, NOTHING }, { LATE_P, 30, 50, NOTHING },
		{ LATE_C, 40, 50, NOTHING } } },
	{ "load and one failure that it does not explain: restart", 1, true, {
		{ LATE_P, 0, 50, NOTHING }, { P, 10, 100, RESTART } } },
	{ "the same in the other order", 1, true, {
		{ P, 0, 50, NOTHING }, { LATE_P, 10, 100, RESTART } } },
	{ "but never a fail-over", 1, true, {
		{ R, 0, 0, NOTHING }, { LATE_P, 5, 50, NOTHING },
		{ P, 10, 100, LOADED }, { LATE_C, 20, 100, LOADED },
		{ P, 30, 100, FAILOVER } } },
	{ "what is sure is not pushed out by what is not", 1, true, {
		{ P, 0, 50, NOTHING },
		{ LATE_P, 1, 100, RESTART }, { LATE_P, 2, 100, RESTART },
		{ LATE_P, 3, 100, RESTART }, { LATE_P, 4, 100, RESTART },
		{ LATE_P, 5, 100, RESTART }, { LATE_P, 6, 100, RESTART },
		{ LATE_P, 7, 100, RESTART }, { LATE_P, 8, 100, RESTART },
		{ LATE_P, 9, 100, RESTART }, { LATE_P, 10, 100, RESTART },
		{ LATE_P, 11, 100, RESTART }, { LATE_P, 12, 100, RESTART },
		{ LATE_P, 13, 100, RESTART }, { LATE_P, 14, 100, RESTART },
		{ LATE_P, 15, 100, RESTART }, { LATE_P, 16, 100, RESTART },
		{ LATE_P, 17, 100, RESTART } } },
	{ "load that has passed", 1, true, {
		{ LATE_P, 0, 50, NOTHING }, { T, 1001, 0, NOTHING },
		{ P, 1002, 50, NOTHING } } },
	{ "what starts is not ill", 2, true, {
		{ S, 0, 0, NOTHING }, { C, 10, 0, NOTHING },
		{ C, 199, 0, NOTHING }, { C, 200, 100, RESTART } } },
	{ "once it has been well it has started", 2, true, {
		{ S, 0, 0, NOTHING }, { C, 10, 0, NOTHING },
		{ OK, 20, 0, NOTHING }, { C, 30, 100, RESTART } } },
	{ "it starts more slowly under load", 2, true, {
		{ S, 0, 0, NOTHING }, { LATE_C, 100, 0, NOTHING },
		{ C, 250, 0, NOTHING }, { LATE_P, 299, 0, NOTHING },
		{ C, 498, 0, NOTHING }, { C, 499, 100, RESTART } } },
	{ "but not for ever", 2, true, {
		{ S, 0, 0, NOTHING }, { LATE_P, 200, 0, NOTHING },
		{ LATE_P, 400, 0, NOTHING }, { LATE_P, 600, 0, NOTHING },
		{ LATE_P, 800, 0, NOTHING }, { LATE_P, 1000, 0, NOTHING },
		{ LATE_P, 1199, 0, NOTHING }, { C, 1200, 100, RESTART } } },
	{ "a start forgets failures, not restarts", 1, true, {
		{ R, 0, 0, NOTHING }, { S, 10, 0, NOTHING },
		{ OK, 20, 0, NOTHING }, { P, 30, 50, NOTHING },
		{ S, 40, 0, NOTHING }, { OK, 50, 0, NOTHING },
		{ C, 60, 100, FAILOVER } } },
};

static void do_step(struct fttcpd_probe_history *h,
		    const struct fttcpd_probe_rules *r, enum step step,
		    int64_t ms)
{
	static const struct {
		enum fttcpd_probe_result result;
		bool late;
	} round[] = {
		[OK] = { FTTCPD_PROBE_OK, false },
		[P] = { FTTCPD_PROBE_PARTIAL, false },
		[C] = { FTTCPD_PROBE_COMPLETE, false },
		[LATE_P] = { FTTCPD_PROBE_PARTIAL, true },
		[LATE_C] = { FTTCPD_PROBE_COMPLETE, true },
	};

	switch (step) {
	case R:
		fttcpd_probe_restarted(h, ms);
		break;
	case F:
		fttcpd_probe_failed_over(h, ms);
		break;
	case S:
		fttcpd_probe_started(h, r, ms);
		break;
	case T:
		fttcpd_probe_expire(h, r, ms);
		break;
	default:
		fttcpd_probe_add(h, r, ms, round[step].result,
				 round[step].late);
		break;
	}
}

/* Each at several times, of which one has run for a month. */
static void run_stories(int64_t since)
{
	size_t i, j;

	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		const struct story *story = &stories[i];
		struct fttcpd_probe_history h = { 0 };
		const struct fttcpd_probe_rules r = {
			.retry_interval_ms = 1000,
			.retry_count = story->retry_count,
			.wait_ms = 200,
			.failover = story->failover,
		};

		for (j = 0; story->step[j].step; j++) {
			do_step(&h, &r, story->step[j].step,
				since + story->step[j].ms);
			if (fttcpd_probe_score(&h) != story->step[j].score ||
			    fttcpd_probe_action(&h, &r) !=
			    story->step[j].action)
				fail_msg("\"%s\", step %zu: score %u, action %d",
					 story->name, j, fttcpd_probe_score(&h),
					 fttcpd_probe_action(&h, &r));
		}
	}
}

static void tell_stories(void **state)
{
	(void)state;
	run_stories(0);
	run_stories(1);
	run_stories(30LL * 86400 * 1000);
}

static void counts(void **state)
{
	const struct fttcpd_probe_rules r = {
		.retry_interval_ms = 1000, .wait_ms = 200,
	};
	struct fttcpd_probe_history h = { 0 };

	(void)state;
	assert_false(fttcpd_probe_add(&h, &r, 0, FTTCPD_PROBE_OK, false));
	assert_true(fttcpd_probe_add(&h, &r, 1, FTTCPD_PROBE_PARTIAL, false));
	assert_true(fttcpd_probe_add(&h, &r, 2, FTTCPD_PROBE_COMPLETE, true));
	fttcpd_probe_started(&h, &r, 3);
	assert_false(fttcpd_probe_add(&h, &r, 4, FTTCPD_PROBE_COMPLETE, false));
}

static void what_is_next(void **state)
{
	struct fttcpd_probe_rules r = {
		.retry_interval_ms = 1000, .retry_count = 1, .failover = true,
	};
	struct fttcpd_probe_history h = { 0 };

	(void)state;
	assert_int_equal(fttcpd_probe_next(&h, &r), RESTART);
	fttcpd_probe_restarted(&h, 0);
	assert_int_equal(fttcpd_probe_next(&h, &r), FAILOVER);
	fttcpd_probe_failed_over(&h, 10);
	assert_int_equal(fttcpd_probe_next(&h, &r), STAY);
	fttcpd_probe_expire(&h, &r, 1001);
	assert_int_equal(fttcpd_probe_next(&h, &r), RESTART);
	r.retry_count = 0;
	assert_int_equal(fttcpd_probe_next(&h, &r), STAY);
	fttcpd_probe_expire(&h, &r, 1011);
	assert_int_equal(fttcpd_probe_next(&h, &r), FAILOVER);
	r.failover = false;
	assert_int_equal(fttcpd_probe_next(&h, &r), STAY);
}

/* What has piled up is worked off. */
static void aftermath(void **state)
{
	const struct fttcpd_probe_rules r = {
		.retry_interval_ms = 1000, .wait_ms = 200,
	};
	struct fttcpd_probe_history h = { 0 };

	(void)state;
	/* no load was ever seen, also right after the clock began */
	assert_false(fttcpd_probe_excuse(&h, &r, 0, false, true));
	assert_true(fttcpd_probe_excuse(&h, &r, 1000, true, true));
	assert_true(fttcpd_probe_excuse(&h, &r, 1200, false, true));
	/* a port that refuses is sure, and does not end it */
	assert_false(fttcpd_probe_excuse(&h, &r, 1200, false, false));
	assert_true(fttcpd_probe_excuse(&h, &r, 1200, false, true));
	assert_false(fttcpd_probe_excuse(&h, &r, 1201, false, true));
	/* each late round begins it anew, one that was well too */
	assert_true(fttcpd_probe_excuse(&h, &r, 1300, true, false));
	assert_true(fttcpd_probe_excuse(&h, &r, 1400, true, false));
	assert_true(fttcpd_probe_excuse(&h, &r, 1600, false, true));
	assert_false(fttcpd_probe_excuse(&h, &r, 1601, false, true));
}

/* Nothing is remembered without bound. */
static void bounds(void **state)
{
	const struct fttcpd_probe_rules r = {
		.retry_interval_ms = 1000000,
		.retry_count = FTTCP_PROBE_RESTARTS_MAX, .failover = true,
	};
	struct fttcpd_probe_history h = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 2 * FTTCP_PROBE_RESTARTS_MAX; i++) {
		fttcpd_probe_add(&h, &r, i, FTTCPD_PROBE_COMPLETE, i & 1);
		assert_in_range(h.failures, 1, FTTCP_PROBE_FAILURES_MAX);
	}
	for (i = 0; i < 2 * FTTCP_PROBE_RESTARTS_MAX; i++)
		fttcpd_probe_restarted(&h, i);
	assert_int_equal(h.restarts, FTTCP_PROBE_RESTARTS_MAX);
	assert_int_equal(h.restart_ms[0], FTTCP_PROBE_RESTARTS_MAX);
	assert_int_equal(fttcpd_probe_next(&h, &r), FAILOVER);
}

static void lateness(void **state)
{
	(void)state;
	assert_false(fttcpd_probe_is_late(0, 1000));
	assert_false(fttcpd_probe_is_late(249999, 1000));
	assert_true(fttcpd_probe_is_late(250000, 1000));
	assert_true(fttcpd_probe_is_late(INT64_C(150000000),
					 FTTCP_PROBE_TIMEOUT_MS_MAX));
	assert_false(fttcpd_probe_is_late(INT64_C(149999999),
					  FTTCP_PROBE_TIMEOUT_MS_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tell_stories),
		cmocka_unit_test(counts),
		cmocka_unit_test(what_is_next),
		cmocka_unit_test(aftermath),
		cmocka_unit_test(bounds),
		cmocka_unit_test(lateness),
	};

	return cmocka_run_group_tests_name("probe_history", tests, NULL, NULL);
}
