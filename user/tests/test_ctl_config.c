// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl config: a setting as text, which fttcpd could read, and as JSON.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpctl/args.h"
#include "fttcpctl/config.h"

static const struct config_setting settings[] = {
	{ "node", "id", "1", "file", 2, "no-role", NULL },
	{ "node", "hold-max", "2s", "default", 0, "now", NULL },
	{ "node", "peer-id", "", "default", 0, "next-link", NULL },
	{ "limits", "memory-max", "256M", "kernel", 0, "now", NULL },
	{ "control", "socket", "/a", "file", 9, "restart", "/b" },
	{ "control", "group", "", "default", 0, "restart", "ops" },
};

static void expect(bool json, const char *want)
{
	char section[CONFIG_SECTION] = "";
	struct out out = { .json = json };
	char *text;
	size_t i, size;

	out.to = open_memstream(&text, &size);
	assert_non_null(out.to);
	out_list_begin(&out);
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		config_print(&out, &settings[i], section);
	out_list_end(&out);
	assert_int_equal(out_flush(&out), 0);
	fclose(out.to);
	assert_string_equal(text, want);
	free(text);
}

static void text(void **state)
{
	(void)state;
	expect(false, "[node]\n"
	       "id = 1 ; line 2\n"
	       "hold-max = 2s ; default\n"
	       "; peer-id is not set\n"
	       "[limits]\n"
	       "memory-max = 256M ; kernel\n"
	       "[control]\n"
	       "socket = /a ; line 9, after a restart: /b\n"
	       "; group is not set, default, after a restart: ops\n");
}

static void json(void **state)
{
	(void)state;
	expect(true, "[{\"section\":\"node\",\"key\":\"id\",\"value\":\"1\","
	       "\"source\":\"file\",\"line\":2,\"takes-effect\":\"no-role\"},"
	       "{\"section\":\"node\",\"key\":\"hold-max\",\"value\":\"2s\","
	       "\"source\":\"default\",\"takes-effect\":\"now\"},"
	       "{\"section\":\"node\",\"key\":\"peer-id\",\"value\":\"\","
	       "\"source\":\"default\",\"takes-effect\":\"next-link\"},"
	       "{\"section\":\"limits\",\"key\":\"memory-max\","
	       "\"value\":\"256M\",\"source\":\"kernel\","
	       "\"takes-effect\":\"now\"},"
	       "{\"section\":\"control\",\"key\":\"socket\",\"value\":\"/a\","
	       "\"source\":\"file\",\"line\":9,\"takes-effect\":\"restart\","
	       "\"after-restart\":\"/b\"},"
	       "{\"section\":\"control\",\"key\":\"group\",\"value\":\"\","
	       "\"source\":\"default\",\"takes-effect\":\"restart\","
	       "\"after-restart\":\"ops\"}]\n");
}

/* fttcpctl config VERB FILE, with that content. */
static enum ctl_exit run(const char *verb, const char *content, char **output,
			 char *error)
{
	char path[] = "/tmp/test_ctl_config.XXXXXX";
	const struct verb *v = noun_config.verbs;
	struct ctl ctl = { .noun = &noun_config };
	int fd = mkstemp(path);
	char *words[] = { path };
	struct args args = { .count = 1, .words = words };
	size_t size;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)),
			 strlen(content));
	close(fd);
	ctl.out.to = open_memstream(output, &size);
	while (strcmp(v->name, verb))
		v++;
	v->run(&ctl, &args);
	fclose(ctl.out.to);
	unlink(path);
	strcpy(error, ctl.error);
	return ctl.exit;
}

#define GOOD "[node]\nid = 1\nrole = active\non-backup-loss = hold\n" \
	     "[auth]\ninsecure = yes\n[link]\nlisten = 10.0.0.1:7000\n"

static void check(void **state)
{
	char *output, error[2 * FTTCP_TEXT_LEN];

	(void)state;
	assert_int_equal(run("check", GOOD, &output, error), CTL_OK);
	assert_non_null(strstr(output, " valid\n"));
	assert_string_equal(error, "");
	free(output);
	assert_int_equal(run("check", GOOD "device = nodev0\n", &output, error),
			 CTL_OK);
	assert_non_null(strstr(output, " valid warning "));
	assert_non_null(strstr(output, ":9: [link] device: device nodev0 does "
			       "not exist"));
	free(output);
	assert_int_equal(run("check", GOOD "lanes = many\n", &output, error),
			 CTL_REFUSED);
	assert_string_equal(output, "");
	assert_non_null(strstr(error, ":9: [link] lanes: \"many\" is not a "
			       "number"));
	free(output);
}

static void show(void **state)
{
	char *output, *again, error[2 * FTTCP_TEXT_LEN];

	(void)state;
	assert_int_equal(run("show", GOOD, &output, error), CTL_OK);
	assert_non_null(strstr(output, "[link]\nlisten = 10.0.0.1:7000 ; line "
			       "8\n"));
	/* it is a configuration itself, that says the same */
	assert_int_equal(run("show", output, &again, error), CTL_OK);
	assert_non_null(strstr(again, "\nhold-max = 2s ; line "));
	free(output);
	assert_int_equal(run("check", again, &output, error), CTL_OK);
	free(output);
	free(again);
}

static void absent(void **state)
{
	char *words[] = { "/nowhere/fttcpd.conf", "more" };
	struct args args = { .count = 1, .words = words };
	struct ctl ctl = { .noun = &noun_config, .out.to = stdout };

	(void)state;
	noun_config.verbs[1].run(&ctl, &args);
	assert_int_equal(ctl.exit, CTL_NOT_FOUND);
	args = (struct args){ .count = 2, .words = words };
	noun_config.verbs[1].run(&ctl, &args);
	assert_int_equal(ctl.exit, CTL_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(json),
		cmocka_unit_test(check),
		cmocka_unit_test(show),
		cmocka_unit_test(absent),
	};

	return cmocka_run_group_tests_name("ctl_config", tests, NULL, NULL);
}
