// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of a command: values by kind, and that every mistake is named.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include <fttcp/strings-gen.h>

#include "fttcpctl/args.h"

struct object {
	uint64_t present;
	uint32_t number;
	uint64_t big;
	uint16_t port;
	uint32_t hold;
	uint32_t wait;
	uint64_t size;
	uint32_t role;
	struct fttcp_endpoint local;
	struct fttcp_prefix prefix;
	uint32_t dev;
	bool all;
	const char *text;
	int64_t when;
};

#define KEY(_word, _kind, _member, _attr)				\
	.word = _word, .kind = _kind,					\
	.offset = offsetof(struct object, _member), .attr = _attr

static const struct arg_key keys[] = {
	{ KEY("number", ARG_U32, number, 1), .min = 1, .max = 100 },
	{ KEY("big", ARG_U64, big, 2) },
	{ KEY("port", ARG_PORT, port, 3) },
	{ KEY("hold", ARG_MS, hold, 4) },
	{ KEY("wait", ARG_SECONDS, wait, 5) },
	{ KEY("size", ARG_SIZE, size, 6) },
	{ KEY("role", ARG_ENUM, role, 7),
	  .value = fttcp_role_value, .name = fttcp_role_name },
	{ KEY("local", ARG_ENDPOINT, local, 8) },
	{ KEY("prefix", ARG_PREFIX, prefix, 9) },
	{ KEY("dev", ARG_DEVICE, dev, 10) },
	{ KEY("all", ARG_FLAG, all, 0) },
	{ KEY("text", ARG_TEXT, text, 0) },
	{ KEY("when", ARG_WHEN, when, 0) },
	{ KEY("patient", ARG_SECONDS, wait, 0), .optional = true },
	{ 0 },
};

static struct ctl ctl;
static struct object object;

/* Words separated by blanks. */
static int parse(const char *line)
{
	static char text[256];
	char *words[32], *word, *save;
	struct args args = { .words = words };

	memset(&ctl, 0, sizeof(ctl));
	memset(&object, 0, sizeof(object));
	strcpy(text, line);
	for (word = strtok_r(text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		words[args.count++] = word;
	return args_parse(&ctl, &args, keys, &object);
}

/* A value that may be missing is not mistaken for the next key. */
static void optional(void **state)
{
	(void)state;
	assert_int_equal(parse("patient"), 0);
	assert_int_equal(object.wait, UINT32_MAX);
	assert_int_equal(parse("--patient all"), 0);
	assert_int_equal(object.wait, UINT32_MAX);
	assert_true(object.all);
	assert_int_equal(parse("patient 2 all"), 0);
	assert_int_equal(object.wait, 2000);
	assert_int_equal(parse("patient 2x"), -EINVAL);
	assert_int_equal(parse("wait"), -EINVAL);
}

static void values(void **state)
{
	(void)state;
	assert_int_equal(parse("number 7 big 18446744073709551615 port 179 "
			       "hold 2s wait 3 size 64K role backup "
			       "local [::1]:5 prefix 10.0.0.0/8 dev lo all"),
			 0);
	assert_int_equal(object.number, 7);
	assert_true(object.big == UINT64_MAX);
	assert_int_equal(object.port, 179);
	assert_int_equal(object.hold, 2000);
	assert_int_equal(object.wait, 3000);
	assert_int_equal(object.size, 65536);
	assert_int_equal(object.role, FTTCP_ROLE_BACKUP);
	assert_int_equal(object.local.port, 5);
	assert_int_equal(object.prefix.len, 8);
	assert_int_equal(object.dev, if_nametoindex("lo"));
	assert_true(object.all);
	assert_int_equal(object.present, 0x7fe);
}

static void nothing(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(object.present, 0);
}

static void dashes(void **state)
{
	(void)state;
	assert_int_equal(parse("--all --number 3"), 0);
	assert_true(object.all);
	assert_int_equal(object.number, 3);
	assert_int_equal(parse("-all"), -EINVAL);
}

static void mistakes(void **state)
{
	static const struct {
		const char *line;
		const char *error;
	} bad[] = {
		{ "nonsense", "unexpected word \"nonsense\"; there is: number, "
		  "big, port, hold, wait, size, role, local, prefix, dev, "
		  "all, text, when, patient" },
		{ "number", "number needs a value" },
		{ "number 1 number 2", "number is given twice" },
		{ "number x", "number: \"x\" is not a number" },
		{ "number 0", "number: \"0\" is not within 1..100" },
		{ "number 101", "number: \"101\" is not within 1..100" },
		{ "port 0", "port: \"0\" is not a port (1..65535)" },
		{ "port 65536", "port: \"65536\" is not within 0..65535" },
		{ "hold 2x",
		  "hold: \"2x\" is not a duration such as 500ms or 2s" },
		{ "hold 5us", "hold: \"5us\" is finer than a millisecond" },
		{ "size 1Q",
		  "size: \"1Q\" is not a size such as 65536, 64K or 16M" },
		{ "role boss",
		  "role: \"boss\" is none of: none, active, backup" },
		{ "local 10.0.0.1", "local: \"10.0.0.1\" is not of the form "
		  "10.0.0.1:179 or [2001:db8::1]:179" },
		{ "local 10.0.0.1:0", "local: \"10.0.0.1:0\" is without a port "
		  "within 1..65535" },
		{ "prefix 10.0.0.1/8", "prefix: \"10.0.0.1/8\" is no prefix: "
		  "bits are set behind its length" },
		{ "prefix 10.0.0.0/40", "prefix: \"10.0.0.0/40\" is longer than "
		  "an address (32 or 128 bits)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i].line), -EINVAL);
		assert_int_equal(ctl.exit, CTL_USAGE);
		assert_string_equal(ctl.error, bad[i].error);
	}
}

static void text_and_time(void **state)
{
	int64_t now = time(NULL) * 1000000LL;

	(void)state;
	assert_int_equal(parse("text it's when 2026-01-31T12:00:01Z"), 0);
	assert_string_equal(object.text, "it's");
	assert_int_equal(object.when, 1769860801000000LL);
	assert_int_equal(parse("when 10m"), 0);
	assert_in_range(object.when, now - 600000000, now - 590000000);
	assert_int_equal(parse("when yesterday"), -EINVAL);
	assert_string_equal(ctl.error, "when: \"yesterday\" is neither a time "
			    "such as 2026-01-31T12:00:00 nor how long ago, "
			    "such as 10m");
	assert_int_equal(parse("when 2026-01-31T12:00:01X"), -EINVAL);
	assert_int_equal(parse("when"), -EINVAL);
}

static void no_device(void **state)
{
	(void)state;
	assert_int_equal(parse("dev nosuchdev0"), -ENODEV);
	assert_int_equal(ctl.exit, CTL_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(optional),
		cmocka_unit_test(nothing),
		cmocka_unit_test(dashes),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(text_and_time),
		cmocka_unit_test(no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
