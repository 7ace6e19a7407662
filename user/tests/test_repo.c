// SPDX-License-Identifier: GPL-2.0-only
/*
 * The repository of messages on a disk: what is taken once, moved, found,
 * thrown away; what is found corrupted; and what is left when the process dies
 * at any moment.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "repo/convert.h"
#include "repo/repo.h"

static char dir[] = "/tmp/test_repo.XXXXXX";
static char path[64], aside[PATH_MAX], err[FTTCP_REPO_ERROR];
static struct fttcp_repo *repo;
static struct fttcp_repo_limits limits = {
	.size_max = 64 << 20, .count_max = 1000, .age_ms = 3600000,
	.error_age_ms = 3600000,
};

static void reopen(void)
{
	fttcp_repo_close(repo);
	repo = NULL;
	if (fttcp_repo_open(&repo, path, FTTCP_REPO_OWNER, &limits, aside, err))
		fail_msg("%s", err);
}

static void remove_files(void)
{
	struct dirent *entry;
	char name[400];
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", dir, entry->d_name);
		unlink(name);
	}
	closedir(d);
}

static int setup(void **state)
{
	struct fttcp_repo_client client = { .name = "bgp", .inc = 1 };

	(void)state;
	limits.count_max = 1000;
	limits.size_max = 64 << 20;
	limits.age_ms = 3600000;
	reopen();
	return fttcp_repo_client_put(repo, &client);
}

static int teardown(void **state)
{
	(void)state;
	fttcp_repo_close(repo);
	repo = NULL;
	remove_files();
	return 0;
}

static struct fttcp_msg message(uint64_t seq, size_t size)
{
	struct fttcp_msg msg = {
		.client = "bgp", .task = 0x17, .inc = 1, .seq = seq,
		.epoch = 3, .size = size,
	};

	return msg;
}

static int accept_text(uint64_t seq, const char *text)
{
	struct fttcp_msg msg = message(seq, strlen(text));

	return fttcp_repo_accept(repo, &msg, text);
}

struct found {
	unsigned int count;
	unsigned int bad;
	struct fttcp_msg last;
	char body[64];
};

static int find_one(const struct fttcp_msg *msg, const void *body, bool bad,
		    void *arg)
{
	struct found *found = arg;

	found->count++;
	found->bad += bad;
	found->last = *msg;
	if (body)
		snprintf(found->body, sizeof(found->body), "%.*s",
			 (int)msg->size, (const char *)body);
	return 0;
}

static struct found find(struct fttcp_repo_filter filter)
{
	struct found found = { .count = 0 };

	assert_int_equal(fttcp_repo_each(repo, &filter, find_one, &found), 0);
	return found;
}

static void taken_once(void **state)
{
	struct fttcp_repo_client client;

	(void)state;
	assert_int_equal(accept_text(1, "one"), 0);
	assert_int_equal(accept_text(1, "one"), -EALREADY);
	assert_int_equal(accept_text(3, "three"), -EILSEQ);
	assert_int_equal(accept_text(2, "two"), 0);
	reopen();
	assert_int_equal(accept_text(2, "two"), -EALREADY);
	assert_int_equal(fttcp_repo_client_get(repo, "bgp", &client), 0);
	assert_int_equal(client.seq, 2);
	assert_int_equal(find((struct fttcp_repo_filter){ 0 }).count, 2);
	/* nobody has registered it */
	assert_int_equal(fttcp_repo_client_get(repo, "ldp", &client), -ENOENT);
}

static void incarnations(void **state)
{
	struct fttcp_msg msg = message(1, 1);

	(void)state;
	assert_int_equal(accept_text(1, "a"), 0);
	msg.inc = 2;
	assert_int_equal(fttcp_repo_accept(repo, &msg, "b"), 0);
	msg.inc = 1;
	msg.seq = 2;
	assert_int_equal(fttcp_repo_accept(repo, &msg, "c"), -EILSEQ);
}

static struct fttcp_msg arrival(uint64_t prev, uint64_t pos, int64_t id)
{
	struct fttcp_msg msg = message(pos, 2);

	strcpy(msg.origin, "0123456789abcdef0123456789abcdef");
	msg.origin_id = id;
	msg.pos = pos;
	msg.prev = prev;
	return msg;
}

static void arrives_once(void **state)
{
	struct fttcp_msg a = arrival(0, 1, 11), b = arrival(1, 2, 12);
	struct fttcp_msg gap = arrival(4, 5, 15), hole = arrival(2, 9, 19);
	struct fttcp_msg again = arrival(9, 10, 11);
	uint64_t pos;

	(void)state;
	assert_int_equal(fttcp_repo_arrive(repo, &a, "xx"), 0);
	assert_int_equal(fttcp_repo_arrive(repo, &a, "xx"), -EALREADY);
	assert_int_equal(fttcp_repo_arrive(repo, &b, "xx"), 0);
	/* one is missing, and none is: the sender has thrown some away */
	assert_int_equal(fttcp_repo_arrive(repo, &gap, "xx"), -EILSEQ);
	assert_int_equal(fttcp_repo_arrive(repo, &hole, "xx"), 0);
	/* sent again by an operator, in a new place, but it was here */
	assert_int_equal(fttcp_repo_arrive(repo, &again, "xx"), -EALREADY);
	assert_int_equal(fttcp_repo_cursor_get(repo, a.origin, "bgp", &pos), 0);
	assert_int_equal(pos, 10);
	assert_int_equal(find((struct fttcp_repo_filter){ .way = 'i' }).count,
			 3);
}

static void moves(void **state)
{
	struct fttcp_msg msg, other;

	(void)state;
	assert_int_equal(accept_text(1, "one"), 0);
	msg = find((struct fttcp_repo_filter){ 0 }).last;
	other = msg;
	assert_int_equal(fttcp_repo_move(repo, &msg, FTTCP_MSG_E_SEND),
			 -EPROTO);
	assert_int_equal(msg.state, FTTCP_MSG_ACCEPTED);
	assert_int_equal(fttcp_repo_move(repo, &msg, FTTCP_MSG_E_CHECK), 0);
	/* who has an old copy moves nothing */
	assert_int_equal(fttcp_repo_move(repo, &other, FTTCP_MSG_E_CHECK),
			 -ESTALE);
	assert_int_equal(fttcp_repo_fail(repo, &msg, FTTCP_MSG_R_MOVED), 0);
	reopen();
	msg = find((struct fttcp_repo_filter){ .reason = 107 }).last;
	assert_int_equal(msg.state, FTTCP_MSG_CHECKED);
	assert_int_equal(find((struct fttcp_repo_filter){ 0 }).bad, 0);
}

static void filters(void **state)
{
	struct fttcp_msg msg;
	int i;

	(void)state;
	for (i = 1; i <= 300; i++)
		assert_int_equal(accept_text(i, i == 7 ? "sev\"en" : "x"), 0);
	msg = find((struct fttcp_repo_filter){ .text = "v\"e" }).last;
	assert_int_equal(msg.seq, 7);
	assert_int_equal(fttcp_repo_fail(repo, &msg, FTTCP_MSG_R_CHECK), 0);
	assert_int_equal(find((struct fttcp_repo_filter){ 0 }).count, 300);
	assert_int_equal(find((struct fttcp_repo_filter){
		.errors = FTTCP_REPO_BAD }).count, 1);
	assert_int_equal(find((struct fttcp_repo_filter){
		.errors = FTTCP_REPO_GOOD }).count, 299);
	assert_int_equal(find((struct fttcp_repo_filter){
		.client = "b' OR '1" }).count, 0);
	assert_int_equal(find((struct fttcp_repo_filter){
		.client = "bgp", .limit = 200 }).last.seq, 200);
	assert_int_equal(find((struct fttcp_repo_filter){
		.newest = true, .limit = 150 }).last.seq, 151);
	assert_int_equal(find((struct fttcp_repo_filter){
		.states = 1 << FTTCP_MSG_SENT }).count, 0);
	assert_int_equal(find((struct fttcp_repo_filter){
		.since_us = msg.accepted_us + 3600000000LL }).count, 0);
	assert_int_equal(find((struct fttcp_repo_filter){
		.until_us = msg.accepted_us - 3600000000LL }).count, 0);
	assert_string_equal(find((struct fttcp_repo_filter){
		.id = msg.id, .bytes = true }).body, "sev\"en");
}

static void resend(void **state)
{
	struct fttcp_msg msg;
	unsigned int count;

	(void)state;
	assert_int_equal(accept_text(1, "\x05"), 0);
	assert_int_equal(accept_text(2, "fine"), 0);
	msg = find((struct fttcp_repo_filter){ .limit = 1 }).last;
	msg.encoding = FTTCP_ENC_TLV8;
	assert_int_equal(fttcp_repo_fail(repo, &msg,
					 FTTCP_MSG_R_CONVERT_IN), 0);
	/* the bytes go on as they are */
	assert_int_equal(fttcp_repo_resend(repo, &(struct fttcp_repo_filter){
		0 }, -1, &count), 0);
	assert_int_equal(count, 1);
	msg = find((struct fttcp_repo_filter){ .limit = 1 }).last;
	assert_int_equal(msg.state, FTTCP_MSG_CHECKED);
	assert_int_equal(msg.encoding, FTTCP_ENC_TLV8);
	assert_true(msg.flags & FTTCP_MSG_F_RAW);
	/* with an encoding they are converted as if they were new */
	assert_int_equal(fttcp_repo_fail(repo, &msg,
					 FTTCP_MSG_R_CONVERT_IN), 0);
	assert_int_equal(fttcp_repo_resend(repo, &(struct fttcp_repo_filter){
		.id = msg.id }, FTTCP_ENC_TLV16, &count), 0);
	msg = find((struct fttcp_repo_filter){ .limit = 1 }).last;
	assert_int_equal(msg.encoding, FTTCP_ENC_TLV16);
	assert_false(msg.flags & FTTCP_MSG_F_RAW);
	assert_int_equal(msg.reason, 0);
	/* what is no error is not sent again */
	assert_int_equal(fttcp_repo_resend(repo, &(struct fttcp_repo_filter){
		0 }, -1, &count), 0);
	assert_int_equal(count, 0);
}

static void purge(void **state)
{
	struct fttcp_msg msg;
	unsigned int count;

	(void)state;
	assert_int_equal(accept_text(1, "one"), 0);
	assert_int_equal(accept_text(2, "two"), 0);
	msg = find((struct fttcp_repo_filter){ .limit = 1 }).last;
	assert_int_equal(fttcp_repo_fail(repo, &msg, FTTCP_MSG_R_MOVED), 0);
	assert_int_equal(fttcp_repo_purge(repo, &(struct fttcp_repo_filter){
		0 }, false, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(find((struct fttcp_repo_filter){ 0 }).last.seq, 2);
	assert_int_equal(fttcp_repo_purge(repo, &(struct fttcp_repo_filter){
		0 }, true, &count), 0);
	assert_int_equal(count, 1);
	/* its number is not taken again, nor is the place of its row */
	assert_int_equal(accept_text(2, "two"), -EALREADY);
	assert_int_equal(accept_text(3, "three"), 0);
	assert_int_equal(find((struct fttcp_repo_filter){ 0 }).last.id, 3);
}

static void full(void **state)
{
	struct fttcp_repo_counts counts;
	unsigned int i, errors;
	struct fttcp_msg msg;

	(void)state;
	limits.count_max = 16;
	reopen();
	for (i = 1; i <= 16; i++)
		assert_int_equal(accept_text(i, "x"), 0);
	assert_int_equal(accept_text(17, "x"), -ENOSPC);
	assert_non_null(strstr(fttcp_repo_error(repo), "16 messages of 16"));
	/* what is on its way is never thrown away */
	limits.age_ms = 0;
	fttcp_repo_limit(repo, &limits);
	assert_int_equal(fttcp_repo_retain(repo, &errors), 0);
	for (i = 1; i <= 16; i++) {
		msg = find((struct fttcp_repo_filter){ .id = i }).last;
		msg.state = FTTCP_MSG_SENT;
		assert_int_equal(fttcp_repo_move(repo, &msg,
						 FTTCP_MSG_E_DONE), -ESTALE);
		msg.state = FTTCP_MSG_ACCEPTED;
		assert_int_equal(fttcp_repo_move(repo, &msg,
						 FTTCP_MSG_E_CHECK), 0);
		assert_int_equal(fttcp_repo_move(repo, &msg,
						 FTTCP_MSG_E_ROUTE), 0);
		assert_int_equal(fttcp_repo_move(repo, &msg,
						 FTTCP_MSG_E_PACK), 0);
		if (i <= 10)
			assert_int_equal(fttcp_repo_move(repo, &msg,
							 FTTCP_MSG_E_DONE), 0);
	}
	assert_int_equal(fttcp_repo_retain(repo, &errors), 10);
	assert_int_equal(errors, 0);
	assert_int_equal(fttcp_repo_counts(repo, &counts), 0);
	assert_int_equal(counts.messages, 6);
	assert_int_equal(counts.undone, 6);
	assert_int_equal(accept_text(17, "x"), 0);
}

/* By number too: the oldest errors go before they take all of the room. */
static void full_of_errors(void **state)
{
	unsigned int i, errors;
	struct fttcp_msg msg;

	(void)state;
	limits.count_max = 16;
	reopen();
	for (i = 1; i <= 16; i++) {
		assert_int_equal(accept_text(i, "x"), 0);
		msg = find((struct fttcp_repo_filter){ .id = i }).last;
		assert_int_equal(fttcp_repo_fail(repo, &msg,
						 FTTCP_MSG_R_CHECK), 0);
	}
	assert_int_equal(fttcp_repo_retain(repo, &errors), 12);
	assert_int_equal(errors, 12);
	assert_int_equal(find((struct fttcp_repo_filter){ .limit = 1 }).last.seq,
			 13);
}

static void too_many_bytes(void **state)
{
	static char big[FTTCP_MSG_MAX];
	struct fttcp_msg msg;
	int i, rc = 0;

	(void)state;
	limits.size_max = 1 << 20;
	reopen();
	for (i = 1; i <= 32 && !rc; i++) {
		msg = message(i, sizeof(big));
		rc = fttcp_repo_accept(repo, &msg, big);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_in_range(i, 10, 18);
}

/* As a disk would do it, past all of the code above. */
static void damage(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void corrupted_row(void **state)
{
	static const char * const damages[] = {
		"UPDATE message SET state = 14 WHERE id = 1",
		"UPDATE message SET client = 'ldp' WHERE id = 2",
		"UPDATE message SET body = 'twX' WHERE id = 3",
		"UPDATE message SET body = '' WHERE id = 4",
		"UPDATE message SET seq = 77 WHERE id = 5",
		"UPDATE message SET size = 99999999 WHERE id = 6",
	};
	struct fttcp_msg msg;
	unsigned int i, count;
	struct found found;

	(void)state;
	for (i = 1; i <= 6; i++)
		assert_int_equal(accept_text(i, "two"), 0);
	for (i = 0; i < 6; i++) {
		damage(damages[i]);
		found = find((struct fttcp_repo_filter){ .bytes = true });
		assert_int_equal(found.bad, i + 1);
	}
	assert_true(fttcp_repo_changed(repo));
	assert_false(fttcp_repo_changed(repo));
	/* in the error store it stays, whoever wants it sent again */
	msg = find((struct fttcp_repo_filter){ .id = 5 }).last;
	assert_int_equal(fttcp_repo_fail(repo, &msg, FTTCP_MSG_R_CHAIN), 0);
	assert_int_equal(find((struct fttcp_repo_filter){
		.id = 5, .bytes = true }).bad, 0);
	assert_int_equal(fttcp_repo_resend(repo, &(struct fttcp_repo_filter){
		0 }, -1, &count), 0);
	assert_int_equal(count, 0);
}

static void overwrite(const char *what, off_t at)
{
	char text[256];
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	memset(text, 0x5a, sizeof(text));
	memcpy(text, what, strlen(what));
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, sizeof(text), at), sizeof(text));
	close(fd);
}

static void corrupted_file(void **state)
{
	char first[FTTCP_REPO_ID], second[FTTCP_REPO_ID];
	struct fttcp_repo *tool = NULL;
	off_t at;

	(void)state;
	strcpy(first, fttcp_repo_id(repo));
	for (at = 0; at <= 4096; at += 4096) {
		assert_int_equal(accept_text(1, "one"), at ? -EILSEQ : 0);
		fttcp_repo_close(repo);
		repo = NULL;
		overwrite("no database", at);
		assert_int_equal(fttcp_repo_open(&tool, path, FTTCP_REPO_TOOL,
						 &limits, aside, err) < 0, !at);
		if (!at)
			assert_non_null(strstr(err, "fttcpd sets it aside"));
		else
			fttcp_repo_close(tool);
		assert_string_equal(aside, "");
		reopen();
		assert_non_null(strstr(aside, "messages.db.bad-"));
		assert_int_equal(access(aside, F_OK), 0);
		strcpy(second, fttcp_repo_id(repo));
		assert_string_not_equal(first, second);
		assert_int_equal(find((struct fttcp_repo_filter){ 0 }).count,
				 0);
	}
}

static void not_ours(void **state)
{
	struct fttcp_repo *other = NULL;

	(void)state;
	assert_int_equal(fttcp_repo_open(&other, path, FTTCP_REPO_OWNER,
					 &limits, aside, err), -EADDRINUSE);
	assert_non_null(strstr(err, "another fttcpd uses this repository"));
	assert_int_equal(fttcp_repo_open(&other, "/tmp/test_repo-none",
					 FTTCP_REPO_TOOL, &limits, aside, err),
			 -ENOENT);
	assert_non_null(strstr(err, "no daemon has made a repository there"));
	assert_int_equal(fttcp_repo_open(&other, "/nowhere/at/all",
					 FTTCP_REPO_OWNER, &limits, aside, err),
			 -ENOENT);
	assert_non_null(strstr(err, "name a file in a directory"));
	damage("PRAGMA user_version = 9");
	fttcp_repo_close(repo);
	repo = NULL;
	/* messages of a later fttcp are not thrown away */
	assert_int_equal(fttcp_repo_open(&repo, path, FTTCP_REPO_OWNER,
					 &limits, aside, err), -EMEDIUMTYPE);
	assert_non_null(strstr(err, "version 9"));
	damage("PRAGMA application_id = 1");
	assert_int_equal(fttcp_repo_open(&repo, path, FTTCP_REPO_OWNER,
					 &limits, aside, err), -EMEDIUMTYPE);
	assert_non_null(strstr(err, "no repository of fttcpd"));
}

static void beside_the_owner(void **state)
{
	struct fttcp_repo *tool = NULL;
	unsigned int count;
	uint64_t stamp;

	(void)state;
	assert_int_equal(accept_text(1, "one"), 0);
	assert_int_equal(fttcp_repo_open(&tool, path, FTTCP_REPO_TOOL, &limits,
					 aside, err), 0);
	fttcp_repo_changed(repo);
	stamp = fttcp_repo_stamp(repo);
	assert_true(stamp);
	assert_int_equal(fttcp_repo_stamp(repo), stamp);
	assert_int_equal(fttcp_repo_purge(tool, &(struct fttcp_repo_filter){
		0 }, true, &count), 0);
	fttcp_repo_close(tool);
	assert_int_equal(count, 1);
	assert_int_not_equal(fttcp_repo_stamp(repo), stamp);
	assert_true(fttcp_repo_changed(repo));
	assert_int_equal(find((struct fttcp_repo_filter){ 0 }).count, 0);
	stamp = fttcp_repo_stamp(repo);
	assert_int_equal(accept_text(2, "two"), 0);
	assert_int_not_equal(fttcp_repo_stamp(repo), stamp);
}

/* Tells what was committed through the pipe, and is killed at any moment. */
static void child(int to)
{
	uint64_t seq;

	repo = NULL;
	if (fttcp_repo_open(&repo, path, FTTCP_REPO_OWNER, &limits, aside, err))
		_exit(1);
	for (seq = 1; ; seq++) {
		struct fttcp_msg a = message(seq, 4);
		struct fttcp_msg b = arrival(seq - 1, seq, seq);

		if (fttcp_repo_begin(repo) || fttcp_repo_accept(repo, &a, "abcd") ||
		    fttcp_repo_arrive(repo, &b, "xx") ||
		    fttcp_repo_move(repo, &a, FTTCP_MSG_E_CHECK) ||
		    fttcp_repo_commit(repo))
			_exit(1);
		if (write(to, &seq, sizeof(seq)) != sizeof(seq))
			_exit(1);
	}
}

static uint64_t killed_after(unsigned int messages, unsigned int us)
{
	uint64_t seq, last = 0;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(fds[1]);
	close(fds[1]);
	while (last < messages && read(fds[0], &seq, sizeof(seq)) > 0)
		last = seq;
	usleep(us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &seq, sizeof(seq)) > 0)
		last = seq;
	close(fds[0]);
	return last;
}

static void killed(void **state)
{
	struct fttcp_repo_client client, begin = { .name = "bgp", .inc = 1 };
	uint64_t told, pos;
	unsigned int round;
	struct found in, out;

	(void)state;
	for (round = 0; round < 12; round++) {
		fttcp_repo_close(repo);
		repo = NULL;
		told = killed_after(3 + round, 137 * round);
		reopen();
		assert_string_equal(aside, "");
		assert_int_equal(fttcp_repo_client_get(repo, "bgp", &client), 0);
		in.last = arrival(0, 0, 0);
		assert_int_equal(fttcp_repo_cursor_get(repo, in.last.origin,
						       "bgp", &pos), 0);
		in = find((struct fttcp_repo_filter){ .way = 'i',
			  .bytes = true });
		out = find((struct fttcp_repo_filter){ .way = 'o',
			   .bytes = true });
		/* all that was told, at most one more, and all of it alike */
		assert_in_range(client.seq, told, told + 1);
		assert_int_equal(pos, client.seq);
		assert_int_equal(in.count, client.seq);
		assert_int_equal(out.count, client.seq);
		assert_int_equal(in.bad + out.bad, 0);
		assert_int_equal(find((struct fttcp_repo_filter){ .states =
				 1 << FTTCP_MSG_CHECKED }).count, client.seq);
		fttcp_repo_close(repo);
		repo = NULL;
		remove_files();
		reopen();
		assert_int_equal(fttcp_repo_client_put(repo, &begin), 0);
	}
}

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/messages.db", dir);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define repo_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		repo_test(taken_once),
		repo_test(incarnations),
		repo_test(arrives_once),
		repo_test(moves),
		repo_test(filters),
		repo_test(resend),
		repo_test(purge),
		repo_test(full),
		repo_test(full_of_errors),
		repo_test(too_many_bytes),
		repo_test(corrupted_row),
		repo_test(corrupted_file),
		repo_test(not_ours),
		repo_test(beside_the_owner),
		repo_test(killed),
	};

	return cmocka_run_group_tests_name("repo", tests, enter, leave);
}
