// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl msg against a repository: what it prints, changes and refuses.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fttcpctl/args.h"
#include "repo/repo.h"

static char dir[] = "/tmp/test_ctl_msg.XXXXXX";
static char path[64], *output;
static size_t size;
static struct ctl ctl;
static struct fttcp_repo *repo;

/* fttcpctl msg LINE file PATH. Return: its exit status. */
static int run(const char *line)
{
	char copy[256], *words[32], *save;
	struct args args = { .words = words };
	const struct verb *v;
	int err = -ENOENT;

	free(output);
	output = NULL;
	memset(&ctl, 0, sizeof(ctl));
	ctl.out.to = open_memstream(&output, &size);
	assert_non_null(ctl.out.to);
	ctl.out.json = strstr(line, "JSON");
	snprintf(copy, sizeof(copy), "%s file %s", line, path);
	for (words[0] = strtok_r(copy, " ", &save); words[args.count];
	     words[args.count] = strtok_r(NULL, " ", &save))
		if (strcmp(words[args.count], "JSON"))
			args.count++;
	args.words++;
	args.count--;
	for (v = noun_msg.verbs; v->name; v++)
		if (!strcmp(v->name, words[0]))
			err = v->run(&ctl, &args);
	fclose(ctl.out.to);
	assert_true(!err == (ctl.exit == CTL_OK));
	return ctl.exit;
}

static bool says(const char *text)
{
	return output && strstr(output, text);
}

static void add(uint64_t seq, const char *text)
{
	struct fttcp_msg msg = {
		.client = "bgp", .task = 23, .inc = 1, .seq = seq,
		.size = strlen(text), .encoding = 1,
	};

	assert_int_equal(fttcp_repo_accept(repo, &msg, text), 0);
	if (seq == 2)
		assert_int_equal(fttcp_repo_fail(repo, &msg,
						 FTTCP_MSG_R_CONVERT_IN), 0);
}

static int setup(void **state)
{
	static const struct fttcp_repo_limits limits = {
		.size_max = 1 << 24, .count_max = 100,
	};
	struct fttcp_repo_client client = { .name = "bgp", .inc = 1 };
	char aside[PATH_MAX], err[FTTCP_REPO_ERROR];

	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/m.db", dir);
	if (fttcp_repo_open(&repo, path, FTTCP_REPO_OWNER, &limits, aside, err))
		return -1;
	fttcp_repo_client_put(repo, &client);
	add(1, "hello");
	add(2, "wo\"rld");
	add(3, "\x01\x02");
	return 0;
}

static int teardown(void **state)
{
	char name[100];

	(void)state;
	fttcp_repo_close(repo);
	free(output);
	output = NULL;
	unlink(path);
	snprintf(name, sizeof(name), "%s.lock", path);
	unlink(name);
	return rmdir(dir);
}

static void lists(void **state)
{
	(void)state;
	assert_int_equal(run("list"), CTL_OK);
	assert_ptr_equal(strstr(output, "message id 1 client bgp way out state "
				"accepted state-number 1 size 5 accepted 20"),
			 output);
	assert_true(says("message id 2"));
	assert_int_equal(run("list errors"), CTL_OK);
	assert_ptr_equal(strstr(output, "message id 2 "), output);
	assert_true(says("reason 416"));
	assert_false(says("id 1 ") || says("id 3 "));
	assert_int_equal(run("list newest limit 1"), CTL_OK);
	assert_ptr_equal(strstr(output, "message id 3 "), output);
	assert_int_equal(run("list state accepted way out since 1h text ello"),
			 CTL_OK);
	assert_true(says("id 1 ") && !says("id 2 "));
	assert_int_equal(run("list client ldp JSON"), CTL_OK);
	assert_string_equal(output, "[]\n");
	assert_int_equal(run("list until 1h JSON"), CTL_OK);
	assert_string_equal(output, "[]\n");
}

static void shows(void **state)
{
	(void)state;
	assert_int_equal(run("show id 2"), CTL_OK);
	assert_true(says("body 776f22726c64"));
	assert_true(says("body-text \"wo\\\"rld\""));
	assert_true(says("reason-group protocol"));
	assert_true(says("encoding tlv8"));
	assert_int_equal(run("show id 3 JSON"), CTL_OK);
	assert_true(says("\"body\":\"0102\""));
	assert_false(says("body-text"));
	assert_int_equal(run("show id 77"), CTL_NOT_FOUND);
	assert_string_equal(ctl.error, "there is no message 77");
	assert_int_equal(run("show"), CTL_USAGE);
}

static void sends_again(void **state)
{
	(void)state;
	assert_int_equal(run("resend"), CTL_USAGE);
	assert_int_equal(run("resend all errors"), CTL_USAGE);
	assert_int_equal(run("resend id 1"), CTL_NOT_FOUND);
	assert_int_equal(run("resend id 2 -e nothing"), CTL_USAGE);
	assert_int_equal(run("resend id 2 -e tlv16"), CTL_OK);
	assert_string_equal(output, "resend messages 1\n");
	assert_int_equal(run("show id 2"), CTL_OK);
	assert_true(says("state checked") && says("encoding tlv16"));
	assert_int_equal(run("resend all JSON"), CTL_OK);
	assert_string_equal(output, "{\"messages\":0}\n");
}

static void purges(void **state)
{
	(void)state;
	assert_int_equal(run("purge"), CTL_USAGE);
	assert_int_equal(run("purge all"), CTL_OK);
	assert_string_equal(output, "purge messages 1\n");
	assert_int_equal(run("purge id 1"), CTL_NOT_FOUND);
	assert_int_equal(run("purge id 1 undone"), CTL_OK);
	assert_int_equal(run("list"), CTL_OK);
	assert_ptr_equal(strstr(output, "message id 3 "), output);
}

static void refuses(void **state)
{
	(void)state;
	assert_int_equal(run("list state gone"), CTL_USAGE);
	assert_int_equal(run("list way up"), CTL_USAGE);
	assert_int_equal(run("list reason 0"), CTL_USAGE);
	strcat(path, "x");
	assert_int_equal(run("list"), CTL_NOT_THERE);
	assert_non_null(strstr(ctl.error, "no daemon has made a repository"));
	path[strlen(path) - 1] = '\0';
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists, setup, teardown),
		cmocka_unit_test_setup_teardown(shows, setup, teardown),
		cmocka_unit_test_setup_teardown(sends_again, setup, teardown),
		cmocka_unit_test_setup_teardown(purges, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses, setup, teardown),
	};

	return cmocka_run_group_tests_name("ctl_msg", tests, NULL, NULL);
}
