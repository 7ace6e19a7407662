// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two messengers and their clients: each message of the one client comes to the
 * other, once and in order, whatever is killed meanwhile, and where.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <linux/fttcp.h>

#include "messenger/party.h"

static void all_arrive(void **state)
{
	(void)state;
	both_here();
	a.target = 1000;
	run_until(again() && b.got == 1000 && a.acked == 1000);
	assert_int_equal(b.again, 0);
	assert_int_equal(b.late, 0);
	count_in(0, 1 << FTTCP_MSG_ACKNOWLEDGED, 0, 1000);
	count_in(1, 1 << FTTCP_MSG_ACKNOWLEDGED, 0, 1000);
}

/* Both ways at once: a backup's client may say something, too. */
static void both_ways(void **state)
{
	(void)state;
	both_here();
	a.target = 300;
	b.target = 300;
	run_until(again() && b.got == 300 && a.got == 300 && a.acked == 300 &&
		  b.acked == 300);
}

static void killed_at(int i, enum fttcpd_point point, unsigned int nth)
{
	parties_setup(NULL);
	both_here();
	node[i].shared->point = point;
	node[i].shared->nth = nth;
	a.target = 60;
	run_until(again() && b.got == 60 && a.acked == 60);
	count_in(1, 1 << FTTCP_MSG_ACKNOWLEDGED, 0, 60);
	/* nobody says what the other one does not understand */
	assert_false(node_told(0, FTTCP_EVT_UNWANTED_MESSAGE, ""));
	assert_false(node_told(1, FTTCP_EVT_UNWANTED_MESSAGE, ""));
	parties_teardown(NULL);
}

/* Every step, on either node, the first time, the third, and later. */
static void killed_anywhere(void **state)
{
	static const unsigned int nth[] = { 1, 3, 17 };
	unsigned int i, point, n;

	(void)state;
	parties_teardown(NULL);
	for (point = 0; point < FTTCPD_POINTS; point++)
		for (i = 0; i < 2; i++)
			for (n = 0; n < 3; n++)
				killed_at(i, point, nth[n]);
	parties_setup(NULL);
}

/* Nodes, and what is between them, at any moment. */
static void killed_anytime(void **state)
{
	unsigned int seed = 11, round;
	int64_t next;

	(void)state;
	both_here();
	a.target = 3000;
	for (round = 0; round < 40; round++) {
		next = now_ms() + rand_r(&seed) % 60;
		run_until(again() && now_ms() >= next);
		if (round % 3 < 2) {
			node_kill(round % 3);
			node_start(round % 3);
		} else {
			wire_cut();
			wire_start();
		}
	}
	run_until(again() && b.got == 3000 && a.acked == 3000);
}

/* The wire is gone for long: what was accepted waits, and nothing is lost. */
static void long_loss(void **state)
{
	(void)state;
	both_here();
	wire_cut();
	a.target = 200;
	run_until(again() && a.kept == 200);
	assert_int_equal(a.staged, 0);
	assert_int_equal(b.got, 0);
	node_kill(0);
	node_start(0);
	run_until(again() && node[0].shared->status.client[0].pid);
	wire_start();
	run_until(again() && b.got == 200 && a.acked == 200);
}

/*
 * The active dies in the middle. What its client was told is on both nodes is
 * given to the twin before that hears that it is the active one; the rest comes
 * when the old active does, once, and is marked.
 */
static void takeover(void **state)
{
	uint64_t staged;

	(void)state;
	both_here();
	a.target = 500;
	run_until(again() && a.staged > 100);
	staged = a.staged;
	wire_cut();
	run_until(now_ms() && a.kept == 500);
	node_kill(0);
	leave(&a);
	node[1].shared->orders.role = FTTCP_ROLE_ACTIVE;
	node[1].shared->orders.epoch = 2;
	strcpy(node[1].shared->orders.state, "solo");
	node_order(1);
	run_until(b.role == FTTCP_ROLE_ACTIVE);
	assert_true(b.role_at >= staged);
	assert_int_equal(b.rounds, 1);
	/* it comes back as a backup */
	node[0].shared->orders.role = FTTCP_ROLE_BACKUP;
	node[0].shared->orders.epoch = 2;
	strcpy(node[0].shared->orders.state, "waiting");
	a.target = 0;
	node_start(0);
	wire_start();
	run_until(again() && b.got == 500);
	assert_true(b.late);
	/* and the new active's client has its state replicated to it */
	b.target = 50;
	run_until(again() && b.acked == 50);
	assert_int_equal(a.got, 50);
}

static bool complete(void)
{
	return node[0].shared->status.complete;
}

static void completion(void **state)
{
	uint64_t inc, first;

	(void)state;
	wire_cut();
	both_here();
	a.target = 20;
	run_until(again() && a.kept == 20);
	assert_int_equal(fttcp_client_complete(a.handle), 0);
	fttcp_client_next(a.handle, &first);
	/* said, but the other node does not have it */
	run_until(!strcmp(node[0].shared->status.client[0].state,
			  "completing"));
	assert_false(complete());
	assert_string_equal(node[0].shared->status.missing, "bgp");
	wire_start();
	assert_false(node_told(0, FTTCP_EVT_CLIENT_COMPLETE, ""));
	run_until(again() && complete());
	assert_string_equal(node[0].shared->status.missing, "");
	assert_true(node_told(0, FTTCP_EVT_CLIENT_COMPLETE, "17."));
	/* a second time: nothing */
	assert_int_equal(fttcp_client_complete(a.handle), 0);
	run_until(b.got == 20 && a.acked == 20);
	assert_true(complete());
	/* the daemon dies: the client goes on where it was */
	node_kill(0);
	node_start(0);
	run_until(again() && complete());
	fttcp_client_next(a.handle, &inc);
	assert_int_equal(inc, first);
	assert_int_equal(a.rounds, 0);
	/* the client dies: its successor begins anew */
	leave(&a);
	run_until(!complete());
	a.target = 0;
	reach(&a);
	fttcp_client_next(a.handle, &inc);
	assert_true(inc > first);
	assert_false(complete());
	b.got = 0;
	a.kept = 0;
	a.target = 5;
	run_until(a.kept == 5);
	assert_int_equal(fttcp_client_complete(a.handle), 0);
	run_until(complete());
}

/* Thirty messages have arrived, and that was all. */
static void all_is_said(void)
{
	both_here();
	a.target = 30;
	run_until(again() && a.acked == 30);
	assert_int_equal(fttcp_client_complete(a.handle), 0);
	run_until(complete());
}

/* The client here was told to begin anew, and its twin gets everything again. */
static void said_again(void)
{
	run_until(a.rounds == 1 && b.got == 30);
	assert_false(complete());
	assert_int_equal(fttcp_client_complete(a.handle), 0);
	run_until(complete());
	assert_int_equal(b.again, 0);
}

/* The twin dies and has lost what it had: the client says it all again. */
static void twin_dies(void **state)
{
	(void)state;
	all_is_said();
	leave(&b);
	b.got = 0;
	reach(&b);
	said_again();
}

/* A persistent error of the copy: the clients here say it all again, the twins do not. */
static void copy_fails(void **state)
{
	(void)state;
	all_is_said();
	b.got = 0;
	node[0].shared->orders.rounds++;
	node_order(0);
	said_again();
	assert_int_equal(a.rounds, 1);
	assert_int_equal(b.rounds, 0);
}

/* One that dies with a message in its hands gets it again, but not for ever. */
static void poison(void **state)
{
	int i;

	(void)state;
	both_here();
	b.mute = true;
	a.target = 1;
	for (i = 0; i < FTTCP_DELIVER_TRIES; i++) {
		run_until(b.got == 1);
		assert_int_equal(b.again, i ? 1 : 0);
		leave(&b);
		memset(&b, 0, sizeof(b));
		b.node = 1;
		b.mute = true;
		run_until((reach(&b), b.handle));
	}
	a.target = 2;
	b.mute = false;
	b.got = 1;
	run_until(b.got == 2);
	count_in(1, 0, FTTCP_REPO_BAD, 1);
	run_until(a.acked == 2);
	count_in(0, 1 << FTTCP_MSG_FAILED, 0, 1);
}

/* As a disk would do it. */
static void ruin(const char *path)
{
	char garbage[4096], wal[200];
	int fd = open(path, O_WRONLY);

	memset(garbage, 0x5a, sizeof(garbage));
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 0),
			 sizeof(garbage));
	close(fd);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	unlink(wal);
}

static void other_repository(void **state)
{
	(void)state;
	both_here();
	b.mute = true;
	a.target = 20;
	run_until(again() && a.staged == 20);
	node_kill(1);
	leave(&b);
	ruin(node_repo(1));
	b.mute = false;
	b.got = 0;
	a.target = 0;
	node_start(1);
	/* what was on that disk only comes again; then all of it, anew */
	run_until(again() && a.rounds == 1 && b.got == 20);
	/* nobody knows any more how far the twin was */
	assert_int_equal(b.again, 20);
	b.got = 0;
	a.target = 20;
	run_until(again() && b.got == 20 && a.acked == 20);
}

/* A row changed under the daemon's feet goes to the error store. */
static void bad_row(void **state)
{
	sqlite3 *db;

	(void)state;
	both_here();
	wire_cut();
	a.target = 3;
	run_until(again() && a.kept == 3);
	assert_int_equal(sqlite3_open(node_repo(0), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_exec(db, "UPDATE message SET body = 'x' WHERE "
				      "seq = 2", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	b.hole = 2;
	wire_start();
	run_until(again() && b.got == 3 && a.failed == FTTCP_MSG_R_CHAIN);
	assert_true(node_told(0, FTTCP_EVT_BAD_MESSAGE, "put_one:"));
}

/* The destination is moved while messages wait for it: 107. */
static void moved(void **state)
{
	static const struct fttcp_repo_limits none;
	char aside[PATH_MAX], err[FTTCP_REPO_ERROR];
	struct fttcp_repo_filter filter = { .reason = FTTCP_MSG_R_MOVED };
	struct fttcp_repo *repo;
	unsigned int count;
	uint32_t port;

	(void)state;
	both_here();
	wire_cut();
	a.target = 4;
	run_until(again() && a.kept == 4);
	/* it does not answer, and that is all: it stays, over a restart too */
	node_kill(0);
	node_start(0);
	run_until(again() && node[0].shared->status.client[0].pid);
	count_in(0, 0, FTTCP_REPO_BAD, 0);
	port = node[0].shared->orders.conf.messages_port;
	node_kill(0);
	node[0].shared->orders.conf.messages_port = 1;
	node_start(0);
	run_until(again() && node[0].shared->status.client[0].pid);
	count_in(0, 0, FTTCP_REPO_BAD, 4);
	/* and back: they stay where they are until somebody says so */
	node[0].shared->orders.conf.messages_port = port;
	node_order(0);
	wire_start();
	a.target = 5;
	b.got = 4;
	run_until(again() && b.got == 5);
	assert_int_equal(fttcp_repo_open(&repo, node_repo(0), FTTCP_REPO_TOOL,
					 &none, aside, err), 0);
	assert_int_equal(fttcp_repo_resend(repo, &filter, -1, &count), 0);
	fttcp_repo_close(repo);
	assert_int_equal(count, 4);
	b.got = 0;
	run_until(again() && b.got == 4);
}

/* Whoever gets past the file's mode is looked at again. */
static void nobody(void **state)
{
	struct fttcp_client_who who = { .name = "ldp", .task = 0x18 };
	char error[FTTCP_PACKET_TEXT], dir[128];
	struct fttcp_client *other;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	both_here();
	who.path = node_socket(0);
	assert_int_equal(chmod(who.path, 0666), 0);
	snprintf(dir, sizeof(dir), "%s", who.path);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(chmod(dir, 0711), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(1);
		_exit(fttcp_client_open(&other, &who, error) == -EACCES ? 0 :
		      2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* An operator sends what is in the error store of a node again. */
static void resend(int i, uint32_t reason, int encoding)
{
	static const struct fttcp_repo_limits none;
	char aside[PATH_MAX], err[FTTCP_REPO_ERROR];
	struct fttcp_repo_filter filter = { .reason = reason };
	struct fttcp_repo *repo;
	unsigned int count;

	assert_int_equal(fttcp_repo_open(&repo, node_repo(i), FTTCP_REPO_TOOL,
					 &none, aside, err), 0);
	assert_int_equal(fttcp_repo_resend(repo, &filter, encoding, &count), 0);
	fttcp_repo_close(repo);
	assert_int_equal(count, 1);
}

#define got_bytes(n, ...)						\
do {									\
	static const uint8_t bytes[] = { __VA_ARGS__ };			\
									\
	run_until(b.got == (n));					\
	assert_int_equal(b.body.size, sizeof(bytes));			\
	assert_memory_equal(b.room, bytes, sizeof(bytes));		\
} while (0)

/* The twin reads tlv8, whatever is sent: converted, or kept as it came. */
static void conversion(void **state)
{
	(void)state;
	b.encoding = 1;
	b.bytes = true;
	both_here();
	fttcp_client_send(a.handle, 0, 2, "\0\x7\0\x1z", 5);
	got_bytes(1, 7, 1, 'z');
	assert_int_equal(b.body.encoding, 1);
	/* 416: not what its client says; as it is, and as what it really is */
	fttcp_client_send(a.handle, 0, 1, "\0\x1\0\x1x", 5);
	run_until(a.failed == FTTCP_MSG_R_CONVERT_IN);
	resend(0, FTTCP_MSG_R_CONVERT_IN, -1);
	got_bytes(2, 0, 1, 0, 1, 'x');
	assert_true(b.body.flags & FTTCP_PF_RAW);
	assert_int_equal(b.body.encoding, 1);
	a.failed = 0;
	fttcp_client_send(a.handle, 0, 1, "\0\x1\0\x1x", 5);
	run_until(a.failed == FTTCP_MSG_R_CONVERT_IN);
	resend(0, FTTCP_MSG_R_CONVERT_IN, 2);
	got_bytes(3, 1, 1, 'x');
	assert_false(b.body.flags & FTTCP_PF_RAW);
	/* 417: what tlv8 cannot say */
	fttcp_client_send(a.handle, 0, 2, "\x1\0\0\0", 4);
	fttcp_client_send(a.handle, 0, 0, "opaque", 6);
	got_bytes(4, 'o', 'p', 'a', 'q', 'u', 'e');
	run_until(count(0, 1 << FTTCP_MSG_FAILED, 0) == 1);
	resend(1, FTTCP_MSG_R_CONVERT_OUT, -1);
	got_bytes(5, 1, 0, 0, 0);
	assert_int_equal(b.body.encoding, 2);
	/* 200: an encoding that there is not */
	a.failed = 0;
	fttcp_client_send(a.handle, 0, 7, "?", 1);
	run_until(a.failed == FTTCP_MSG_R_CHECK);
}

/*
 * 108: node 1 is another one now, and the connection has not ended by that. What was
 * for the one that it was is not given to anybody; an operator knows better.
 */
static void not_for_this_node(void **state)
{
	(void)state;
	both_here();
	a.target = 5;
	run_until(again() && a.acked == 5);
	node[1].shared->orders.conf.id = 7;
	node[1].shared->orders.epoch = 2;
	node_order(1);
	/* it has taken that, once the other one knows its new epoch */
	run_until(node[0].shared->status.peer_epoch == 2);
	a.target = 6;
	run_until(again() && count(1, 0, FTTCP_REPO_BAD) == 1);
	run_until(again() && count(0, 1 << FTTCP_MSG_FAILED, 0) == 1);
	assert_int_equal(b.got, 5);
	resend(1, FTTCP_MSG_R_NOT_HERE, -1);
	run_until(again() && b.got == 6 && a.acked == 6);
	count_in(1, 0, FTTCP_REPO_BAD, 0);
}

/* A name is one process's, and a task id one client's. */
static void registration(void **state)
{
	struct fttcp_client_who who = { .name = "ldp", .task = 0x17 };
	char error[FTTCP_PACKET_TEXT];
	struct fttcp_client *other;

	(void)state;
	both_here();
	/* only an active node has a state to be complete */
	assert_int_equal(fttcp_client_complete(b.handle), 0);
	b.target = 1;
	run_until(b.staged == 1 && node[1].shared->status.client[0].seq == 1);
	assert_string_equal(node[1].shared->status.client[0].state,
			    "replicating");
	assert_true(node_told(1, FTTCP_EVT_UNWANTED_MESSAGE,
			      "3 from 0x17 in fttcp state ready."));
	who.path = node_socket(0);
	assert_int_equal(fttcp_client_open(&other, &who, error), -EEXIST);
	assert_non_null(strstr(error, "task id"));
	who.task = 0x18;
	who.encoding = 9;
	assert_int_equal(fttcp_client_open(&other, &who, error), -EINVAL);
	who.encoding = 1;
	who.name = "LDP";
	assert_int_equal(fttcp_client_open(&other, &who, error), -EINVAL);
	who.name = "ldp";
	assert_int_equal(fttcp_client_open(&other, &who, error), 0);
	fttcp_client_close(other);
	who.path = "/tmp/test_messenger-nobody";
	assert_int_equal(fttcp_client_open(&other, &who, error), -ENOTCONN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		node_test(all_arrive),
		node_test(both_ways),
		node_test(killed_anywhere),
		node_test(killed_anytime),
		node_test(long_loss),
		node_test(takeover),
		node_test(completion),
		node_test(twin_dies),
		node_test(copy_fails),
		node_test(poison),
		node_test(other_repository),
		node_test(bad_row),
		node_test(moved),
		node_test(conversion),
		node_test(registration),
		node_test(nobody),
		node_test(not_for_this_node),
	};

	return cmocka_run_group_tests_name("messenger", tests, nodes_enter,
					   nodes_leave);
}

