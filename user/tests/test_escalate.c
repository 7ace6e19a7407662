// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ends of a link are soft errors, and how many of them in which time are a
 * persistent one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include <linux/fttcp.h>

#include "fttcpd/escalate.h"

static struct fttcpd_escalation e;

static int begin(void **state)
{
	(void)state;
	fttcpd_escalate_forget(&e);
	return 0;
}

static bool count(unsigned int limit, int64_t now_ms)
{
	const struct fttcpd_escalation_rules rules = {
		.count = limit, .window_ms = 1000,
	};

	return fttcpd_escalate_count(&e, &rules, now_ms);
}

/* What says nothing of the copy is none. */
static void reasons(void **state)
{
	static const uint32_t soft[] = {
		FTTCP_DOWN_REASON_DECODE, FTTCP_DOWN_REASON_MEMORY,
		FTTCP_DOWN_REASON_NACK, FTTCP_DOWN_REASON_QUEUE_FULL,
		FTTCP_DOWN_REASON_HOLD_MAX,
	};
	unsigned int n[2] = { 0 };
	uint32_t reason;
	size_t i;

	(void)state;
	for (reason = 0; reason <= FTTCP_DOWN_REASON_MAX; reason++) {
		n[0] += fttcpd_escalate_is_soft(reason, false);
		n[1] += fttcpd_escalate_is_soft(reason, true);
	}
	assert_int_equal(n[0], 4);
	assert_int_equal(n[1], 5);
	for (i = 0; i < sizeof(soft) / sizeof(soft[0]); i++)
		assert_true(fttcpd_escalate_is_soft(soft[i], true));
	assert_false(fttcpd_escalate_is_soft(FTTCP_DOWN_REASON_HOLD_MAX,
					     false));
}

static void third_of_three(void **state)
{
	(void)state;
	assert_false(count(3, 5000));
	assert_false(count(3, 5500));
	assert_int_equal(fttcpd_escalate_recent(&e, 1000, 5600), 2);
	/* the edge of the window belongs to it */
	assert_true(count(3, 6000));
	assert_int_equal(fttcpd_escalate_recent(&e, 1000, 6000), 0);
	/* their effect is past: it takes three more */
	assert_false(count(3, 6001));
	assert_false(count(3, 6002));
	assert_true(count(3, 6003));
}

static void too_far_apart(void **state)
{
	int64_t t;

	(void)state;
	for (t = 0; t < 100; t++)
		assert_false(count(3, t * 501));
	assert_int_equal(fttcpd_escalate_recent(&e, 1000, 99 * 501), 2);
	assert_int_equal(fttcpd_escalate_recent(&e, 1000, 1000000), 0);
}

static void never(void **state)
{
	int64_t t;

	(void)state;
	for (t = 0; t < 3 * FTTCP_SOFT_ERRORS_MAX; t++)
		assert_false(count(0, t));
	assert_int_equal(e.count, FTTCP_SOFT_ERRORS_MAX);
}

static void as_many_as_can_be(void **state)
{
	int64_t t;

	(void)state;
	for (t = 1; t < FTTCP_SOFT_ERRORS_MAX; t++)
		assert_false(count(FTTCP_SOFT_ERRORS_MAX, t));
	assert_true(count(FTTCP_SOFT_ERRORS_MAX, t));
}

static void pauses(void **state)
{
	(void)state;
	assert_int_equal(fttcpd_escalate_left(&e, 77), 0);
	fttcpd_escalate_pause(&e, 1000, 5000);
	assert_int_equal(fttcpd_escalate_left(&e, 5000), 1000);
	assert_int_equal(fttcpd_escalate_left(&e, 5999), 1);
	assert_int_equal(fttcpd_escalate_left(&e, 6000), 0);
	fttcpd_escalate_pause(&e, 1000, 5000);
	fttcpd_escalate_forget(&e);
	assert_int_equal(fttcpd_escalate_left(&e, 5000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reasons, begin),
		cmocka_unit_test_setup(third_of_three, begin),
		cmocka_unit_test_setup(too_far_apart, begin),
		cmocka_unit_test_setup(never, begin),
		cmocka_unit_test_setup(as_many_as_can_be, begin),
		cmocka_unit_test_setup(pauses, begin),
	};

	return cmocka_run_group_tests_name("escalate", tests, NULL, NULL);
}
