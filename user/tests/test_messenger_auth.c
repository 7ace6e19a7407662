// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key of two messengers: who has another one, or has heard what was said by who
 * has it, gets nothing through; and what he is at ends in nothing that is lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "fttcp-packet.h"
#include "catalogue.h"
#include "messenger/party.h"

/* As ever, where nothing is to be proven. */
static void without_a_key(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&node[i].shared->orders.auth, 0,
		       sizeof(node[i].shared->orders.auth));
		node_order(i);
	}
	both_here();
	a.target = 100;
	b.target = 100;
	run_until(again() && b.acked == 100 && a.acked == 100);
	/* both get one: what goes on is proven from now on */
	for (i = 0; i < 2; i++) {
		node[i].shared->orders.auth.keys = 1;
		node[i].shared->orders.auth.key[0].len = FTTCP_AUTH_KEY_MIN;
		node_order(i);
	}
	a.target = 200;
	run_until(again() && a.acked == 200);
}

static bool refused(int i, const char *why)
{
	char words[200];

	snprintf(words, sizeof(words), "to be the other end (%s) on the "
		 "connection for messages", why);
	return node_told(i, FTTCP_EVT_SECURITY_VIOL, words);
}

#define NO_CODE	"what it says has not the code of the next packet"

/* Frames from node 1 to node 0, or back, and all arrives all the same. */
static void bent(enum bend how, int way)
{
	int told = how == BEND_REFLECT ? !way : way;

	parties_setup(NULL);
	both_here();
	wire_bend(how, way, 20);
	a.target = 300;
	b.target = 300;
	run_until(again() && refused(told, NO_CODE));
	run_until(again() && a.acked == 300 && b.acked == 300);
	assert_int_equal(a.rounds + b.rounds, 0);
	parties_teardown(NULL);
}

static void bent_frames(void **state)
{
	enum bend how;

	(void)state;
	parties_teardown(NULL);
	for (how = BEND_FLIP; how < BEND_REPLAY; how++) {
		bent(how, 0);
		bent(how, 1);
	}
	parties_setup(NULL);
}

/* A whole conversation that was good is of no use a second time. */
static void replayed(void **state)
{
	(void)state;
	both_here();
	wire_bend(BEND_REPLAY, 0, 0);
	a.target = 100;
	b.target = 100;
	run_until(again() && refused(0, "it has another key") &&
		  node[0].shared->status.refused);
	/* and does not end the connection that is there */
	assert_true(node[0].shared->status.peer);
	run_until(again() && a.acked == 100 && b.acked == 100);
}

/* Nobody gets through, nothing is lost; and with the right key all of it comes. */
static void another_key(void **state)
{
	static const uint8_t ping[48] = { 0, 0, 0, 4, 1, FTTCP_P_PING };
	struct fttcpd_auth *auth = &node[1].shared->orders.auth;
	int fd;

	(void)state;
	both_here();
	wire_cut();
	auth->key[0].byte[0]++;
	node_kill(1);
	node_start(1);
	wire_start();
	a.target = 50;
	run_until(again() && refused(1, "it has another key") &&
		  refused(0, "it went away without a proof; it may have "
			  "another key") && a.kept == 50);
	assert_false(node[0].shared->status.peer);
	assert_int_equal(b.got, 0);
	/* nor is there any way around it */
	fd = wire_dial(node_port[0]);
	assert_true(fd >= 0);
	assert_int_equal(send(fd, ping, sizeof(ping), MSG_NOSIGNAL),
			 sizeof(ping));
	run_until(again() && refused(0, "it does not speak as a node with a "
				     "key"));
	close(fd);
	/* the key changes: the new one of node 1 is the second one of node 0 */
	node[0].shared->orders.auth.key[1] = auth->key[0];
	node[0].shared->orders.auth.keys = 2;
	auth->key[1] = node[0].shared->orders.auth.key[0];
	auth->keys = 2;
	node_order(0);
	node_order(1);
	run_until(again() && b.got == 50 && a.acked == 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		node_test(without_a_key),
		node_test(bent_frames),
		node_test(replayed),
		node_test(another_key),
	};

	return cmocka_run_group_tests_name("messenger_auth", tests, nodes_enter,
					   nodes_leave);
}
