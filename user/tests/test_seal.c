// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code on each frame: what was said comes through, once and in its order, and
 * nothing else does.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcp-packet.h"
#include "fttcpd/seal.h"

static const uint8_t key[FTTCP_AUTH_MAC] = { 1, 2, 3 };
static const uint8_t other[FTTCP_AUTH_MAC] = { 1, 2, 4 };
static struct fttcpd_seal says, hears;
static uint8_t mac[3][FTTCP_AUTH_MAC];
static const char *frame[3] = { "one..", "two..", "two.." };

/* Three were said. */
static int begin(void **state)
{
	unsigned int i;

	(void)state;
	fttcpd_seal_begin(&says, key);
	fttcpd_seal_begin(&hears, key);
	for (i = 0; i < 3; i++)
		if (fttcpd_seal_put(&says, frame[i], 5, mac[i]))
			return -1;
	return 0;
}

static bool hear(unsigned int text, unsigned int code)
{
	return fttcpd_seal_check(&hears, frame[text], 5, mac[code]);
}

static void in_order(void **state)
{
	(void)state;
	assert_int_equal(fttcpd_seal_size(&hears), FTTCP_AUTH_MAC);
	assert_true(hear(0, 0) && hear(1, 1) && hear(2, 2));
	fttcpd_seal_end(&hears);
	assert_int_equal(fttcpd_seal_size(&hears), 0);
}

static void twice(void **state)
{
	(void)state;
	assert_true(hear(0, 0));
	assert_false(hear(0, 0));
	/* the same words later have another code */
	assert_true(hear(1, 1));
	assert_false(hear(1, 1));
}

static void left_out(void **state)
{
	(void)state;
	assert_false(hear(1, 1));
	assert_true(hear(0, 0));
	assert_false(hear(2, 2));
}

static void changed(void **state)
{
	uint8_t text[5], code[FTTCP_AUTH_MAC];
	unsigned int bit;

	(void)state;
	for (bit = 0; bit < 8 * sizeof(text); bit++) {
		memcpy(text, frame[0], sizeof(text));
		text[bit / 8] ^= 1 << bit % 8;
		assert_false(fttcpd_seal_check(&hears, text, 5, mac[0]));
	}
	for (bit = 0; bit < 8 * sizeof(code); bit++) {
		memcpy(code, mac[0], sizeof(code));
		code[bit / 8] ^= 1 << bit % 8;
		assert_false(fttcpd_seal_check(&hears, frame[0], 5, code));
	}
	/* a part of it, and with it what is not a part of it */
	assert_false(fttcpd_seal_check(&hears, frame[0], 4, mac[0]));
	assert_false(fttcpd_seal_check(&hears, frame[0], 6, mac[0]));
	assert_true(hear(0, 0));
}

static void another_key(void **state)
{
	(void)state;
	fttcpd_seal_begin(&hears, other);
	assert_false(hear(0, 0));
}

static void longest(void **state)
{
	static uint8_t text[4 + FTTCP_PACKET_MAX + 1];
	uint8_t code[FTTCP_AUTH_MAC];

	(void)state;
	fttcpd_seal_begin(&says, key);
	assert_int_equal(fttcpd_seal_put(&says, text, sizeof(text) - 1, code),
			 0);
	assert_true(fttcpd_seal_check(&hears, text, sizeof(text) - 1, code));
	assert_true(fttcpd_seal_put(&says, text, sizeof(text), code) < 0);
	assert_false(fttcpd_seal_check(&hears, text, sizeof(text), code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, begin),
		cmocka_unit_test_setup(twice, begin),
		cmocka_unit_test_setup(left_out, begin),
		cmocka_unit_test_setup(changed, begin),
		cmocka_unit_test_setup(another_key, begin),
		cmocka_unit_test_setup(longest, begin),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
