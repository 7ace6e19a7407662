// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same print calls as text and as JSON.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fttcpctl/out.h"

static char *text;
static size_t size;

static void begin(struct out *out, bool json)
{
	memset(out, 0, sizeof(*out));
	out->json = json;
	out->to = open_memstream(&text, &size);
	assert_non_null(out->to);
}

static void expect(struct out *out, const char *want)
{
	assert_int_equal(out_flush(out), 0);
	fclose(out->to);
	assert_string_equal(text, want);
	free(text);
}

static void node(struct out *out)
{
	out_begin(out, "node");
	out_u64(out, "id", 1);
	out_word(out, "role", "active");
	out_flag(out, "ready", false);
	out_text(out, "not-ready-why", "no \"backup\"\n");
	out_break(out);
	out_break(out);
	out_ms(out, "hold-max", 2000);
	out_us(out, "rtt", 15);
	out_s64(out, "errno", -5);
	out_flag(out, "all", true);
	out_break(out);
	out_end(out);
}

static void object_text(void **state)
{
	struct out out;

	(void)state;
	begin(&out, false);
	node(&out);
	expect(&out, "node id 1 role active not-ready-why "
	       "\"no \\\"backup\\\"\\x0a\"\n"
	       "\thold-max 2000ms rtt 15us errno -5 all\n");
}

static void object_oneline(void **state)
{
	struct out out;

	(void)state;
	begin(&out, false);
	out.oneline = true;
	out_begin(&out, "x");
	out_u64(&out, "a", 1);
	out_break(&out);
	out_u64(&out, "b", UINT64_MAX);
	out_end(&out);
	expect(&out, "x a 1 b 18446744073709551615\n");
}

static void object_json(void **state)
{
	struct out out;

	(void)state;
	begin(&out, true);
	node(&out);
	expect(&out, "{\"id\":1,\"role\":\"active\",\"ready\":false,"
	       "\"not-ready-why\":\"no \\\"backup\\\"\\n\","
	       "\"hold-max-ms\":2000,\"rtt-us\":15,\"errno\":-5,"
	       "\"all\":true}\n");
}

static void list_json(void **state)
{
	struct out out;
	int i;

	(void)state;
	begin(&out, true);
	out_list_begin(&out);
	out_list_end(&out);
	out_list_begin(&out);
	for (i = 0; i < 2; i++) {
		out_begin(&out, "x");
		out_u64(&out, "n", i);
		out_end(&out);
	}
	out_list_end(&out);
	expect(&out, "[]\n[{\"n\":0},{\"n\":1}]\n");
}

static void records(struct out *out)
{
	out_record(out, "exists", "node");
	out_u64(out, "id", 1);
	out_end(out);
	out_record(out, out->json ? "sync" : "-", NULL);
	out_end(out);
}

static void records_text(void **state)
{
	struct out out;

	(void)state;
	begin(&out, false);
	records(&out);
	expect(&out, "exists node id 1\n-\n");
}

static void records_json(void **state)
{
	struct out out;

	(void)state;
	begin(&out, true);
	records(&out);
	expect(&out, "{\"action\":\"exists\",\"object\":\"node\",\"id\":1}\n"
	       "{\"action\":\"sync\"}\n");
}

static void times(void **state)
{
	struct out out;

	(void)state;
	begin(&out, false);
	out_begin(&out, "x");
	out_time(&out, "time", 1700000000123456789);
	out_end(&out);
	expect(&out, "x time 2023-11-14T22:13:20.123456Z\n");
	begin(&out, true);
	out_begin(&out, "x");
	out_time(&out, "time", 1700000000123456789);
	out_end(&out);
	expect(&out, "{\"time\":\"2023-11-14T22:13:20.123456Z\","
	       "\"time-ns\":1700000000123456789}\n");
}

static void counters(void **state)
{
	struct out out;

	(void)state;
	begin(&out, false);
	out_begin(&out, NULL);
	out_counter(&out, "Some-Name", 3);
	out_counter(&out, "B", 4);
	out_end(&out);
	expect(&out, "Some-Name                        3\n"
	       "B                                4\n");
	begin(&out, true);
	out_begin(&out, NULL);
	out_counter(&out, "Some-Name", 3);
	out_end(&out);
	expect(&out, "{\"Some-Name\":3}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(object_text),
		cmocka_unit_test(object_oneline),
		cmocka_unit_test(object_json),
		cmocka_unit_test(list_json),
		cmocka_unit_test(records_text),
		cmocka_unit_test(records_json),
		cmocka_unit_test(times),
		cmocka_unit_test(counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
