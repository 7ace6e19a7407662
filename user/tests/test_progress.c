// SPDX-License-Identifier: GPL-2.0-only
/*
 * What counts as stuck, and when.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/progress.h"

#define MS	1000LL

static void in_time(void **state)
{
	struct fttcpd_progress p = { .since_us = { 0 } };

	(void)state;
	assert_int_equal(fttcpd_progress_stuck(&p, INT64_MAX), FTTCPD_WORKS);
	fttcpd_progress_begin(&p, FTTCPD_WORK_REQUEST, 5 * MS, 100);
	assert_false(fttcpd_progress_late(&p, FTTCPD_WORK_REQUEST, 5 * MS));
	assert_false(fttcpd_progress_late(&p, FTTCPD_WORK_REQUEST, 105 * MS));
	assert_int_equal(fttcpd_progress_stuck(&p, 105 * MS), FTTCPD_WORKS);
	assert_true(fttcpd_progress_late(&p, FTTCPD_WORK_REQUEST,
					 105 * MS + 1));
	assert_int_equal(fttcpd_progress_stuck(&p, 105 * MS + 1),
			 FTTCPD_WORK_REQUEST);
	fttcpd_progress_end(&p, FTTCPD_WORK_REQUEST);
	assert_int_equal(fttcpd_progress_stuck(&p, INT64_MAX), FTTCPD_WORKS);
}

/* Who begins again and again without an end does not get more time. */
static void again(void **state)
{
	struct fttcpd_progress p = { .since_us = { 0 } };

	(void)state;
	fttcpd_progress_begin(&p, FTTCPD_WORK_REQUEST, 0, 100);
	fttcpd_progress_begin(&p, FTTCPD_WORK_REQUEST, 90 * MS, 100);
	assert_int_equal(fttcpd_progress_stuck(&p, 102 * MS),
			 FTTCPD_WORK_REQUEST);
	fttcpd_progress_end(&p, FTTCPD_WORK_REQUEST);
	fttcpd_progress_begin(&p, FTTCPD_WORK_REQUEST, 102 * MS, 100);
	assert_int_equal(fttcpd_progress_stuck(&p, 200 * MS), FTTCPD_WORKS);
}

/* The longest limit there can be does not overflow. */
static void longest(void **state)
{
	struct fttcpd_progress p = { .since_us = { 0 } };

	(void)state;
	fttcpd_progress_begin(&p, FTTCPD_WORK_REQUEST, 1, UINT32_MAX);
	assert_int_equal(fttcpd_progress_stuck(&p, UINT32_MAX * MS),
			 FTTCPD_WORKS);
	assert_int_equal(fttcpd_progress_stuck(&p, UINT32_MAX * MS + 2),
			 FTTCPD_WORK_REQUEST);
}

/* A disk that hangs is late, and no reason to start anew. */
static void disk(void **state)
{
	struct fttcpd_progress p = { .since_us = { 0 } };

	(void)state;
	fttcpd_progress_begin(&p, FTTCPD_WORK_DISK, 1, 1000);
	assert_true(fttcpd_progress_late(&p, FTTCPD_WORK_DISK, 2000 * MS));
	assert_int_equal(fttcpd_progress_stuck(&p, 2000 * MS), FTTCPD_WORKS);
	/* and it does not hide one that is */
	fttcpd_progress_begin(&p, FTTCPD_WORK_REQUEST, 1, 1000);
	assert_int_equal(fttcpd_progress_stuck(&p, 2000 * MS),
			 FTTCPD_WORK_REQUEST);
}

static void names(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < FTTCPD_WORKS; i++)
		assert_non_null(fttcpd_progress_name(i));
	assert_string_equal(fttcpd_progress_name(FTTCPD_WORKS), "nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_time),
		cmocka_unit_test(again),
		cmocka_unit_test(longest),
		cmocka_unit_test(disk),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
