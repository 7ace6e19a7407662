// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a message against the list in msgstates.txt, the promises of
 * the table over all cells, and the conversion of encodings.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "repo/convert.h"
#include "repo/state.h"

#define for_each_cell(s, e)						\
	for ((s) = 0, (e) = 0; (s) < FTTCP_MSG_STATES;			\
	     (e) = ((e) + 1) % FTTCP_MSG_EVENTS, (s) += !(e))

static void cell_text(unsigned int s, unsigned int e, char *buf, size_t size)
{
	int next = fttcp_msg_next(s, e);

	snprintf(buf, size, "%u %s %s -> %d %s\n", s, fttcp_msg_state_name(s),
		 fttcp_msg_event_name(e), next, fttcp_msg_state_name(next));
}

static bool next_line(FILE *f, char *buf, int size)
{
	do {
		if (!fgets(buf, size, f))
			return false;
	} while (buf[0] == '#' || buf[0] == '\n');
	return true;
}

static void every_cell(void **state)
{
	FILE *f = fopen(TEST_DIR "/msgstates.txt", "re");
	char line[128] = "", text[128];
	unsigned int s, e, cells = 0;

	(void)state;
	assert_non_null(f);
	assert_true(next_line(f, line, sizeof(line)));
	for_each_cell(s, e) {
		if (fttcp_msg_next(s, e) < 0) {
			assert_int_equal(fttcp_msg_next(s, e), -EPROTO);
			continue;
		}
		cell_text(s, e, text, sizeof(text));
		assert_string_equal(text, line);
		cells++;
		if (!next_line(f, line, sizeof(line)))
			line[0] = '\0';
	}
	assert_string_equal(line, "");
	assert_true(cells > 20);
	fclose(f);
}

static bool is_inbound(unsigned int s)
{
	return s == FTTCP_MSG_ARRIVED || s == FTTCP_MSG_WAITING ||
	       s == FTTCP_MSG_DELIVERING;
}

/* What is acknowledged never moves again, so it is never delivered twice. */
static void the_end_is_the_end(void **state)
{
	unsigned int e;

	(void)state;
	for (e = 0; e < FTTCP_MSG_EVENTS; e++)
		assert_int_equal(fttcp_msg_next(FTTCP_MSG_ACKNOWLEDGED, e),
				 -EPROTO);
}

/* Delivery is noted before it is done, and only on the way to the twin. */
static void written_ahead(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		int next = fttcp_msg_next(s, e);

		if (next == FTTCP_MSG_DELIVERING) {
			assert_int_equal(s, FTTCP_MSG_WAITING);
			assert_int_equal(e, FTTCP_MSG_E_WRITE);
		}
		/* the two ways do not mix, but where they end */
		if (next > 0 && is_inbound(next) && s != FTTCP_MSG_DELIVERED)
			assert_true(is_inbound(s));
	}
}

static void names(void **state)
{
	unsigned int s;

	(void)state;
	for (s = 0; s < FTTCP_MSG_STATES; s++) {
		const char *name = fttcp_msg_state_name(s);

		if (strcmp(name, "unknown"))
			assert_int_equal(fttcp_msg_state_value(name), s);
	}
	assert_int_equal(fttcp_msg_state_value("14"), FTTCP_MSG_DELIVERED);
	assert_int_equal(fttcp_msg_state_value("3"), -EINVAL);
	assert_int_equal(fttcp_msg_state_value("99"), -EINVAL);
	assert_int_equal(fttcp_msg_state_value("1x"), -EINVAL);
	assert_int_equal(fttcp_msg_state_value("-1"), -EINVAL);
	assert_int_equal(fttcp_msg_state_value(""), -EINVAL);
	assert_int_equal(fttcp_msg_state_value("unknown"), -EINVAL);
	assert_string_equal(fttcp_msg_reason_group(107), "routing");
	assert_string_equal(fttcp_msg_reason_group(416), "protocol");
	assert_string_equal(fttcp_msg_reason_group(500), "internal");
	assert_string_equal(fttcp_msg_reason_group(0), "none");
	assert_string_equal(fttcp_msg_reason_text(0), "");
	assert_string_equal(fttcp_msg_reason_text(999), "unknown");
	assert_true(strlen(fttcp_msg_reason_text(107)) > 20);
	assert_int_equal(fttcp_msg_next(FTTCP_MSG_STATES, 0), -EPROTO);
	assert_int_equal(fttcp_msg_next(1, FTTCP_MSG_EVENTS), -EPROTO);
}

static const uint8_t tlv8[] = { 1, 2, 'a', 'b', 255, 0 };
static const uint8_t tlv16[] = { 0, 1, 0, 2, 'a', 'b', 0, 255, 0, 0 };

static void converts(void **state)
{
	uint8_t out[64];

	(void)state;
	assert_int_equal(fttcp_convert(1, 2, tlv8, sizeof(tlv8), out, 64),
			 sizeof(tlv16));
	assert_memory_equal(out, tlv16, sizeof(tlv16));
	assert_int_equal(fttcp_convert(2, 1, tlv16, sizeof(tlv16), out, 64),
			 sizeof(tlv8));
	assert_memory_equal(out, tlv8, sizeof(tlv8));
	assert_int_equal(fttcp_convert(2, 2, tlv16, sizeof(tlv16), out, 64),
			 sizeof(tlv16));
	assert_int_equal(fttcp_convert(0, 0, "xyz", 3, out, 64), 3);
	assert_int_equal(fttcp_convert(1, 2, "", 0, out, 64), 0);
}

static void refuses(void **state)
{
	static const uint8_t big_type[] = { 1, 0, 0, 0 };
	uint8_t out[64], longest[4 + 256] = { 0, 1, 1, 0 };

	(void)state;
	/* cut anywhere, it is not in that encoding */
	assert_int_equal(fttcp_convert(1, 2, tlv8, 3, out, 64), -EBADMSG);
	assert_int_equal(fttcp_convert(1, 2, tlv8, 1, out, 64), -EBADMSG);
	assert_int_equal(fttcp_convert(2, 1, tlv16, 5, out, 64), -EBADMSG);
	assert_int_equal(fttcp_convert(2, 1, big_type, 4, out, 64), -ERANGE);
	assert_int_equal(fttcp_convert(2, 1, longest, sizeof(longest), out,
				       64), -ERANGE);
	assert_int_equal(fttcp_convert(1, 2, tlv8, sizeof(tlv8), out, 7),
			 -EMSGSIZE);
	assert_int_equal(fttcp_convert(0, 0, "xyz", 3, out, 2), -EMSGSIZE);
	assert_int_equal(fttcp_convert(0, 1, "", 0, out, 64), -EINVAL);
	assert_int_equal(fttcp_convert(1, 0, "", 0, out, 64), -EINVAL);
	assert_int_equal(fttcp_convert(9, 1, "", 0, out, 64), -EINVAL);
	assert_int_equal(fttcp_encoding_value("tlv8"), FTTCP_ENC_TLV8);
	assert_int_equal(fttcp_encoding_value("tlv9"), -EINVAL);
	assert_string_equal(fttcp_encoding_name(99), "unknown");
}

/* Whatever the bytes are: there and back gives them again, or an error. */
static void any_bytes(void **state)
{
	uint8_t in[48], there[256], back[256];
	unsigned int round, seed = 7;
	int len, n, m, good = 0;

	(void)state;
	for (round = 0; round < 200000; round++) {
		len = rand_r(&seed) % sizeof(in);
		for (n = 0; n < len; n++)
			in[n] = rand_r(&seed) % 4 ? rand_r(&seed) % 5 :
				rand_r(&seed);
		n = fttcp_convert(1, 2, in, len, there, sizeof(there));
		if (n < 0)
			continue;
		m = fttcp_convert(2, 1, there, n, back, sizeof(back));
		assert_int_equal(m, len);
		assert_memory_equal(in, back, len);
		good++;
	}
	assert_true(good > 1000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(the_end_is_the_end),
		cmocka_unit_test(written_ahead),
		cmocka_unit_test(names),
		cmocka_unit_test(converts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(any_bytes),
	};
	unsigned int s, e;
	char text[128];

	/* "--list" prints msgstates.txt, for reading before it is committed. */
	if (argc > 1 && !strcmp(argv[1], "--list")) {
		for_each_cell(s, e) {
			if (fttcp_msg_next(s, e) < 0)
				continue;
			cell_text(s, e, text, sizeof(text));
			fputs(text, stdout);
		}
		return 0;
	}
	return cmocka_run_group_tests_name("repo_state", tests, NULL, NULL);
}
