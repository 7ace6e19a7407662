// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bulk programs' stream: the same bytes in whatever pieces, every wrong
 * byte found, and a digest that scripts/demo/stream.py computes too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "examples/common/stream.h"

static void test_pieces(void **state)
{
	uint64_t seed = stream_seed(7000, STREAM_UP), at = 0;
	unsigned char whole[4096], part[4096];

	(void)state;
	stream_fill(whole, sizeof(whole), seed, 0);
	for (size_t len = 1; at + len <= sizeof(part); at += len++)
		stream_fill(part + at, len, seed, at);
	assert_memory_equal(whole, part, at);
	stream_fill(part, sizeof(part), stream_seed(7000, STREAM_DOWN), 0);
	assert_memory_not_equal(whole, part, 64);
	stream_fill(part, sizeof(part), stream_seed(7001, STREAM_UP), 0);
	assert_memory_not_equal(whole, part, 64);
}

static void test_check(void **state)
{
	uint64_t seed = stream_seed(9, STREAM_DOWN);
	unsigned char buf[200];

	(void)state;
	for (uint64_t from = 0; from < 16; from++) {
		stream_fill(buf, sizeof(buf), seed, from);
		assert_int_equal(stream_check(buf, sizeof(buf), seed, from),
				 sizeof(buf));
		for (size_t bad = 0; bad < sizeof(buf); bad++) {
			buf[bad] ^= 0x10;
			assert_int_equal(stream_check(buf, sizeof(buf), seed,
						      from), bad);
			buf[bad] ^= 0x10;
		}
		assert_int_not_equal(stream_check(buf, sizeof(buf), seed,
						  from + 1), sizeof(buf));
	}
}

static void test_digest(void **state)
{
	static unsigned char buf[1000000];
	struct digest *d = digest_new();
	char hex[STREAM_DIGEST];

	(void)state;
	stream_fill(buf, sizeof(buf), stream_seed(7000, STREAM_UP), 0);
	digest_add(d, buf, 1);
	digest_add(d, buf + 1, sizeof(buf) - 1);
	digest_end(d, hex);
	/* stream.digest(7000, stream.UP, 1000000) */
	assert_memory_equal(hex, "65417a054212f25e209a5b83a04d5536", 32);
	assert_string_equal(hex + 32, "057ff2a18dd8698be281dc04fa4b071c");
}

static void test_pace(void **state)
{
	struct pace p = { .rate = 1000000 }, none = { 0 };

	(void)state;
	assert_true(pace_room(&none) == SIZE_MAX);
	assert_int_not_equal(pace_room(&p), 0);
	p.done = 1000000000;
	assert_int_equal(pace_room(&p), 0);
	assert_true(pace_wait(&p) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
