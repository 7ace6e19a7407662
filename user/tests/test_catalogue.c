// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalogue of events: the formats that are kept to the letter, the numbers and
 * names that never change, how an event is looked up and explained, and that what
 * is generated says the same everywhere.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "catalogue.h"
#include "fttcp-nl.h"
#include "fttcpctl/ctl.h"
#include <fttcp/strings-gen.h>

/* What operators and scripts match on. Nobody changes a letter of it. */
static const struct {
	const char *rank;
	const char *format;
} kept[] = {
	{ "critical", "FTTCP:Couldn't get connection id" },
	{ "critical", "FTTCP:Failed to get mbuf. <function>:<line>" },
	{ "critical", "FTTCP:Failed to get memory. <function>:<line>" },
	{ "critical", "FTTCP:Pack msg failed. <function>:<line>" },
	{ "critical", "FTTCP:Unpack msg failed. <function>:<line>" },
	{ "major", "FTTCP:Bad message from repository. <function>:<line>" },
	{ "major", "FTTCP:Couldn't getsockopt <number>(<number>). <function>:<line>" },
	{ "major", "FTTCP:Failed to get memory. <function>:<line>" },
	{ "major", "FTTCP:Failed to pack message. <function>:<line>" },
	{ "major", "FTTCP:Failed to spawn the <name> task. <function>:<line>" },
	{ "major", "FTTCP:Fttcp kernel tasks have shutdown. <function>:<line>" },
	{ "major", "FTTCP:Informing serverfsm that fttcp had a persistent "
	  "error. <function>:<line>" },
	{ "major", "FTTCP:Informing serverfsm that fttcp had a soft error, "
	  "which will bring the backup down. <function>:<line>" },
	{ "major", "FTTCP:Internal error. Shutting down. <function>:<line>" },
	{ "major", "FTTCP:Ioctl failed <number>(<number>). <function>:<line>" },
	{ "major", "FTTCP:Partial Write. Wrote <bytes> out of <bytes>. <function>:<line>" },
	{ "major", "FTTCP:Read EOF. <function>:<line>" },
	{ "major", "FTTCP:Read failed <number>(<number>). <function>:<line>" },
	{ "major", "FTTCP:Read partial message of <bytes> bytes. <function>:<line>" },
	{ "major", "FTTCP:Received backup down notification" },
	{ "major", "FTTCP:Received unknown/unwanted message <type> from "
	  "0x<task> in fttcp state <state>. <function>:<line>" },
	{ "major", "FTTCP:Select failed <number>(<number>). <function>:<line>" },
	{ "major", "FTTCP:Unknown command <name>. <function>:<line>" },
	{ "major", "FTTCP:Write failed <number>(<number>). <function>:<line>" },
	{ "warning", "FTTCP:Received client complete message from 0x<task>. <name>:<line>" },
	{ "warning", "FTTCP:Received promote backup message, ip "
	  "<byte>.<byte>.<byte>.<byte>, from FSM. <name>:<line>" },
};

static void formats(void **state)
{
	const struct fttcp_catalogue_event *e;
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		e = fttcp_catalogue_by_number(101 + i);
		assert_non_null(e);
		assert_string_equal(e->format, kept[i].format);
		assert_string_equal(e->rank, kept[i].rank);
	}
	assert_int_equal(i, 26);
}

static void process_pair(void **state)
{
	static const struct {
		uint32_t number;
		const char *name;
	} nine[] = {
		{ 1, "SHUT-SIGNALTIMEOUT-ER" }, { 3, "USESEGMENT-ERR" },
		{ 8, "SWITCH-CMD-FAIL" }, { 11, "SPI-ERR" },
		{ 17, "DEL-SIGNALTIMEOUT-ERR" }, { 23, "SCB-FULL" },
		{ 25, "BKP-SIGNALTIMEOUT-ERR" }, { 33, "SUMSTATE-CHANGE" },
		{ 35, "SECURITY-VIOL" },
	};
	const struct fttcp_catalogue_event *e;
	char begin[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(nine) / sizeof(nine[0]); i++) {
		e = fttcp_catalogue_find(nine[i].name);
		assert_non_null(e);
		assert_int_equal(e->number, nine[i].number);
		snprintf(begin, sizeof(begin), "FTTCP:%s: ", nine[i].name);
		assert_ptr_equal(strstr(e->format, begin), e->format);
	}
}

/* Whoever compiled these numbers in relies on them. */
static void numbers(void **state)
{
	(void)state;
	assert_int_equal(FTTCP_EVT_NO_CONNECTION_ID, 101);
	assert_int_equal(FTTCP_EVT_PROMOTE_BACKUP, 126);
	assert_int_equal(FTTCP_EVT_NODE_STATE, 201);
	assert_int_equal(FTTCP_EVT_LINK_DOWN, 206);
	assert_int_equal(FTTCP_EVT_STOOD_STILL, 244);
	assert_int_equal(FTTCP_EVT_DAEMON_STARTED, 301);
}

static void look_up(void **state)
{
	static const char * const same[] = {
		"102", "no-mbuf", "NO_MBUF", "No-Mbuf", "FTTCP_EVT_NO_MBUF",
		"fttcp-evt-no-mbuf",
	};
	static const char * const none[] = {
		"", "0", "2", "102x", "4294967398", "no-mbu", "no-mbuff",
		"unknown", "-1", "99999999999999999999",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_ptr_equal(fttcp_catalogue_find(same[i]),
				 fttcp_catalogue_by_number(102));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (fttcp_catalogue_find(none[i]))
			fail_msg("\"%s\" is an event", none[i]);
}

static bool is_advice(const char *word)
{
	static const char * const all[] = {
		"restart", "send-elsewhere", "executed-already",
		"hold-commands", "none",
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i], word))
			return true;
	return false;
}

/* Each event is whole, in order, and has the netlink interface's name. */
static void whole(void **state)
{
	const struct fttcp_catalogue_event *e, *last = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < fttcp_catalogue_count; last = e, i++) {
		e = &fttcp_catalogue[i];
		assert_true(!last || e->number > last->number);
		assert_string_equal(e->name, fttcp_event_name(e->number));
		assert_int_equal(fttcp_event_value(e->name), e->number);
		assert_int_equal(strlen(e->message_id), 32);
		assert_true(e->by_kernel || e->by_daemon);
		assert_true(is_advice(e->advice));
		assert_true(e->meaning[0] && e->effect[0] && e->cause[0]);
		assert_non_null(e->actions[0].run);
		assert_null(e->actions[FTTCP_CATALOGUE_ACTIONS - 1].run);
		assert_true(strlen(e->format) < 512);
	}
	assert_int_equal(fttcp_event_value("unknown"), -1);
	assert_string_equal(fttcp_event_name(2), "unknown");
}

/* The four decisions of a program can be taken: each advice is given. */
static void decisions(void **state)
{
	static const char * const all[] = {
		"restart", "send-elsewhere", "executed-already",
		"hold-commands",
	};
	unsigned int i, found;
	size_t j;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (found = 0, j = 0; j < fttcp_catalogue_count; j++)
			found += !strcmp(fttcp_catalogue[j].advice, all[i]);
		assert_true(found > 0);
	}
}

static char *explained(uint32_t number, bool json)
{
	struct out out = { .json = json };
	char *text = NULL;
	size_t size;

	out.to = open_memstream(&text, &size);
	explain_print(&out, fttcp_catalogue_by_number(number));
	fclose(out.to);
	return text;
}

static void explain_text(void **state)
{
	char *text = explained(117, false);

	(void)state;
	assert_ptr_equal(strstr(text, "117 FTTCP_EVT_READ_EOF (read-eof)\n"
				"text      FTTCP:Read EOF. <function>:<line>\n"
				"severity  notice\nrank      major\n"
				"from      kernel\nlimit     burst\n"
				"meaning   The other node has closed the link.\n"),
			 text);
	assert_non_null(strstr(text, "\nadvice    none\n"
			       "do        fttcpctl link show\n"
			       "              # on the other node: why it closed "
			       "it\n          fttcpctl node show\n"));
	free(text);
}

static void explain_json(void **state)
{
	struct json_object *object, *value, *one;
	char *text = explained(213, true);

	(void)state;
	object = json_tokener_parse(text);
	assert_non_null(object);
	assert_true(json_object_object_get_ex(object, "number", &value));
	assert_int_equal(json_object_get_int(value), 213);
	assert_true(json_object_object_get_ex(object, "constant", &value));
	assert_string_equal(json_object_get_string(value), "FTTCP_EVT_SOLO");
	assert_true(json_object_object_get_ex(object, "actions", &value));
	one = json_object_array_get_idx(value, 0);
	assert_true(json_object_object_get_ex(one, "run", &value));
	assert_string_equal(json_object_get_string(value),
			    "systemctl status fttcpd");
	json_object_put(object);
	free(text);
}

static char *read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(f);
	assert_true(getdelim(&text, &size, '\0', f) > 0);
	fclose(f);
	return text;
}

/* Programs, people and the journal are told the same. */
static void generated(void **state)
{
	char *catalog = read_whole(SOURCE_DIR "/user/systemd/fttcp.catalog");
	char *page = read_whole(SOURCE_DIR "/user/man/fttcp-events.7.scd");
	char *list = read_whole(SOURCE_DIR "/Documentation/events.rst");
	struct json_object *json, *events, *one, *value;
	char text[128];
	size_t i;

	(void)state;
	json = json_object_from_file(SOURCE_DIR "/user/share/events.json");
	assert_non_null(json);
	assert_true(json_object_object_get_ex(json, "events", &events));
	assert_int_equal(json_object_array_length(events),
			 fttcp_catalogue_count);
	for (i = 0; i < fttcp_catalogue_count; i++) {
		const struct fttcp_catalogue_event *e = &fttcp_catalogue[i];

		one = json_object_array_get_idx(events, i);
		assert_true(json_object_object_get_ex(one, "format", &value));
		assert_string_equal(json_object_get_string(value), e->format);
		assert_true(json_object_object_get_ex(one, "message-id",
						      &value));
		assert_string_equal(json_object_get_string(value),
				    e->message_id);
		snprintf(text, sizeof(text), "\n-- %s\n", e->message_id);
		assert_non_null(strstr(catalog, text));
		assert_non_null(strstr(page, e->format));
		snprintf(text, sizeof(text), "\n%-6u  %s ", e->number, e->name);
		assert_non_null(strstr(list, text));
	}
	json_object_put(json);
	free(catalog);
	free(page);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(process_pair),
		cmocka_unit_test(numbers),
		cmocka_unit_test(look_up),
		cmocka_unit_test(whole),
		cmocka_unit_test(decisions),
		cmocka_unit_test(explain_text),
		cmocka_unit_test(explain_json),
		cmocka_unit_test(generated),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
