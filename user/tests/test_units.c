// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers, durations and sizes: values, units, limits and refusals.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "units.h"

#define UNTOUCHED 4711

struct good {
	const char *text;
	uint64_t value;
};

struct bad {
	const char *text;
	int err;
};

static void number(void **state)
{
	uint64_t v = UNTOUCHED;

	(void)state;
	assert_int_equal(fttcp_number_parse("", 10, &v), -EINVAL);
	assert_int_equal(fttcp_number_parse("+1", 10, &v), -EINVAL);
	assert_int_equal(fttcp_number_parse("-1", 10, &v), -EINVAL);
	assert_int_equal(fttcp_number_parse(" 1", 10, &v), -EINVAL);
	assert_int_equal(fttcp_number_parse("1 ", 10, &v), -EINVAL);
	assert_int_equal(fttcp_number_parse("0x1", 10, &v), -EINVAL);
	assert_int_equal(fttcp_number_parse("11", 10, &v), -ERANGE);
	assert_int_equal(fttcp_number_parse("5", 4, &v), -ERANGE);
	assert_int_equal(fttcp_number_parse("18446744073709551616",
					    UINT64_MAX, &v), -ERANGE);
	assert_int_equal(v, UNTOUCHED);
	assert_int_equal(fttcp_number_parse("10", 10, &v), 0);
	assert_int_equal(v, 10);
	assert_int_equal(fttcp_number_parse("18446744073709551615",
					    UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(fttcp_number_parse("0", 0, &v), 0);
	assert_int_equal(v, 0);
}

static void duration_good(void **state)
{
	static const struct good good[] = {
		{ "500", 500000 },
		{ "0", 0 },
		{ "500ms", 500000 },
		{ "2s", 2000000 },
		{ "1.5s", 1500000 },
		{ "0.25s", 250000 },
		{ "0.000001s", 1 },
		{ "250us", 250 },
		{ "1m", 60000000 },
		{ "2min", 120000000 },
		{ "1h", 3600000000 },
	};
	uint64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(fttcp_duration_parse(good[i].text,
						      FTTCP_UNIT_MS, &us), 0);
		assert_true(us == good[i].value);
	}
	assert_int_equal(fttcp_duration_parse("30", FTTCP_UNIT_S, &us), 0);
	assert_true(us == 30000000);
}

static void duration_bad(void **state)
{
	static const struct bad bad[] = {
		{ "", -EINVAL },
		{ "ms", -EINVAL },
		{ "2x", -EINVAL },
		{ "2 s", -EINVAL },
		{ "2S", -EINVAL },
		{ "-2s", -EINVAL },
		{ "1.s", -EINVAL },
		{ ".5s", -EINVAL },
		{ "1.5us", -EINVAL },
		{ "0.0000001s", -EINVAL },
		{ "1.5.5s", -EINVAL },
		{ "99999999h", -ERANGE },
		{ "99999999999999999999s", -ERANGE },
	};
	uint64_t us = UNTOUCHED;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fttcp_duration_parse(bad[i].text, FTTCP_UNIT_MS, &us) !=
		    bad[i].err)
			fail_msg("\"%s\"", bad[i].text);
	assert_int_equal(us, UNTOUCHED);
}

static void size_good(void **state)
{
	static const struct good good[] = {
		{ "0", 0 },
		{ "65536", 65536 },
		{ "1B", 1 },
		{ "64K", 65536 },
		{ "64k", 65536 },
		{ "64KB", 65536 },
		{ "64KiB", 65536 },
		{ "16M", 16 << 20 },
		{ "1.5M", 3 << 19 },
		{ "2G", 2ULL << 30 },
		{ "1TiB", 1ULL << 40 },
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(fttcp_size_parse(good[i].text, &bytes), 0);
		assert_true(bytes == good[i].value);
	}
}

static void size_bad(void **state)
{
	static const struct bad bad[] = {
		{ "", -EINVAL },
		{ "K", -EINVAL },
		{ "1X", -EINVAL },
		{ "1 K", -EINVAL },
		{ "-1", -EINVAL },
		{ "0.5B", -EINVAL },
		{ "8388608T", 0 },
		{ "8388609T", -ERANGE },
		{ "18446744073709551616", -ERANGE },
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fttcp_size_parse(bad[i].text, &bytes) != bad[i].err)
			fail_msg("\"%s\"", bad[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number),
		cmocka_unit_test(duration_good),
		cmocka_unit_test(duration_bad),
		cmocka_unit_test(size_good),
		cmocka_unit_test(size_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
