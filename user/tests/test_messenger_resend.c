// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection for messages is stopped: what its code says, who calls again, how
 * often, and who is told. Node 1 is the sender here, as it is the one that connects.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "catalogue.h"
#include "messenger/party.h"

#define TRIES	3

static const struct fttcpd_resend *sender(void)
{
	return &node[1].shared->status.resend;
}

static void begin(void)
{
	struct fttcpd_orders *o = &node[1].shared->orders;

	o->role = FTTCP_ROLE_ACTIVE;
	o->conf.connect_retry_ms = 50;
	o->conf.auto_resend_count = TRIES;
	node[0].shared->orders.role = FTTCP_ROLE_BACKUP;
	node_order(0);
	node_order(1);
	both_here();
	b.target = 20;
	run_until(again() && b.acked == 20);
}

static void stop(uint32_t reason)
{
	node[0].shared->orders.stopped = reason;
	node_order(0);
}

/* "fttcpctl link start" on node @i */
static void start(int i)
{
	node[i].shared->orders.stopped = 0;
	node[i].shared->orders.again++;
	node_order(i);
}

/* Points 2, 4 and 5: called again so often, then no more, until somebody says so. */
static void stopped_forced(void **state)
{
	char text[64];

	(void)state;
	begin();
	stop(FTTCP_DOWN_REASON_FORCED);
	run_until(again() && sender()->state == FTTCPD_RESEND_GAVE_UP);
	snprintf(text, sizeof(text), "resending in 50 ms, to 127.0.0.1:%u",
		 node_port[1]);
	assert_true(node_told(1, FTTCP_EVT_MESSAGES_RESEND_DUE, text));
	assert_true(node_told(1, FTTCP_EVT_MESSAGES_GIVEN_UP,
			      "in 3 attempts"));
	assert_true(node_told(0, FTTCP_EVT_MESSAGES_STOPPED,
			      "this node, forced (591-000)"));
	assert_int_equal(sender()->tries, TRIES);
	assert_false(node[1].shared->status.complete);
	/* kept, and nobody calls though there is somebody again */
	b.target = 40;
	start(0);
	run_until(again() && b.kept == 40);
	assert_int_equal(sender()->state, FTTCPD_RESEND_GAVE_UP);
	assert_int_equal(a.got, 20);
	start(1);
	run_until(again() && b.acked == 40);
	assert_int_equal(a.got, 40);
	assert_int_equal(sender()->state, FTTCPD_RESEND_NONE);
	/* it is the same node, which has all that it had */
	assert_int_equal(b.rounds, 0);
	assert_int_equal(a.again, 0);
}

/* Point 4: who is back in time is found, and it goes on where it was. */
static void back_in_time(void **state)
{
	(void)state;
	begin();
	node[1].shared->orders.conf.auto_resend_count = 1000;
	node_order(1);
	stop(FTTCP_DOWN_REASON_FORCED);
	run_until(again() && sender()->state == FTTCPD_RESEND_DUE);
	b.target = 40;
	run_until(again() && b.kept == 40);
	start(0);
	run_until(again() && b.acked == 40 &&
		  sender()->state == FTTCPD_RESEND_NONE);
	assert_int_equal(a.got, 40);
}

/* Point 2: any other end has no such consequence. */
static void stopped_in_order(void **state)
{
	(void)state;
	begin();
	stop(FTTCP_DOWN_REASON_STOPPED);
	run_until(again() && sender()->state == FTTCPD_RESEND_STOPPED);
	assert_true(node_told(1, FTTCP_EVT_MESSAGES_STOPPED,
			      "the other node, in order"));
	assert_false(node_told(1, FTTCP_EVT_MESSAGES_RESEND_DUE, ""));
	start(0);
	b.target = 40;
	run_until(again() && b.kept == 40);
	assert_int_equal(a.got, 20);
	start(1);
	run_until(again() && b.acked == 40);
	assert_int_equal(a.got, 40);
}

/* What the link was told goes for messages whose connection had ended before. */
static void told_by_link(void **state)
{
	(void)state;
	begin();
	wire_cut();
	run_until(again() && !node[1].shared->status.peer);
	assert_int_equal(sender()->state, FTTCPD_RESEND_NONE);
	node[1].shared->orders.link_resend = FTTCPD_RESEND_DUE;
	node_order(1);
	run_until(again() && sender()->state == FTTCPD_RESEND_GAVE_UP);
	/* the link is with somebody: so he is there */
	wire_start();
	node[1].shared->orders.link_resend = FTTCPD_RESEND_NONE;
	node[1].shared->orders.link_target = 0;
	node_order(1);
	b.target = 40;
	run_until(again() && b.acked == 40);
}

/* A client that is away when its twin's node has lost all hears of it later. */
static void told_later(void **state)
{
	char garbage[4096] = "no database", wal[200];
	int fd;

	(void)state;
	begin();
	node_kill(0);
	node_kill(1);
	leave(&a);
	fd = open(node_repo(0), O_WRONLY);
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 0),
			 sizeof(garbage));
	close(fd);
	snprintf(wal, sizeof(wal), "%s-wal", node_repo(0));
	unlink(wal);
	a.got = 0;
	node_start(0);
	node_start(1);
	run_until(node[1].shared->status.peer);
	node_kill(1);
	node_start(1);
	run_until(node[1].shared->status.peer);
	assert_int_equal(b.rounds, 0);
	run_until(again() && b.rounds == 1 && a.got == 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		node_test(stopped_forced),
		node_test(back_in_time),
		node_test(stopped_in_order),
		node_test(told_by_link),
		node_test(told_later),
	};

	return cmocka_run_group_tests_name("messenger_resend", tests,
					   nodes_enter, nodes_leave);
}
