// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon of the pretended kernel and a real witness in the same loop: who may go on,
 * who may not, what happens when the witness is away, has another key, or starts anew;
 * and the going alone after hold-max, with witness and fence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "daemon/bed.h"
#include "fttcpd/arbiter.h"

static struct fttcpd_arbiter a;
static char keys[80], kept[80], program[80];

/* A key file of one key, all of one digit. */
static void key(char digit)
{
	char text[65] = "";
	FILE *f;

	memset(text, digit, 64);
	f = fopen(keys, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	fclose(f);
	assert_int_equal(chmod(keys, 0600), 0);
}

static void serve(char digit)
{
	char err[FTTCPD_AUTH_ERROR];

	key(digit);
	memset(&a.auth, 0, sizeof(a.auth));
	memset(&a.lease, 0, sizeof(a.lease));
	memset(a.node, 0, sizeof(a.node));
	assert_int_equal(fttcpd_auth_read(keys, &a.auth, err), 0);
	a.loop = d.loop;
	assert_int_equal(fttcpd_arbiter_open(&a), 0);
	assert_true(a.open_ms);
	a.open_ms = 0;
}

/* Of the loopback, which nobody else has. */
static uint16_t free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return ntohs(sin.sin_port);
}

static int enter(void **state)
{
	int rc = bed_setup(state);

	memset(&a, 0, sizeof(a));
	a.fd = -1;
	snprintf(keys, sizeof(keys), "%s.key", conf_path);
	snprintf(kept, sizeof(kept), "%s.lease", conf_path);
	snprintf(program, sizeof(program), "%s.fence", conf_path);
	a.conf.witness_listen.family = AF_INET;
	memcpy(a.conf.witness_listen.addr, "\x7f\0\0\1", 4);
	a.conf.witness_listen.port = free_port();
	snprintf(a.conf.witness_state, sizeof(a.conf.witness_state), "%s",
		 kept);
	return rc;
}

static int leave(void **state)
{
	fttcpd_arbiter_close(&a);
	unlink(keys);
	unlink(kept);
	unlink(program);
	return bed_teardown(state);
}

/* The configuration gets the witness; the daemon is started afterwards. */
static void configure(char digit)
{
	key(digit);
	d.conf.peer_id = 2;
	d.conf.witness_server = a.conf.witness_listen;
	snprintf(d.conf.witness_key, sizeof(d.conf.witness_key), "%s", keys);
	assert_int_equal(fttcpd_witness_load(&d), 0);
}

static void ready_with_witness(void)
{
	become_ready();
	configure('1');
	fttcpd_witness_open(&d);
	fttcp_mark(&k.node, FTTCP_A_NODE_ALONE_MS);
}

/* The other node has asked, or has done what @l says. */
static void it_was(uint64_t number, uint32_t owner, uint32_t last)
{
	a.lease.number = number;
	a.lease.owner = owner;
	a.lease.last = last;
}

static void lose(void)
{
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_CARRIER);
}

static bool says(uint32_t event, const char *text)
{
	return strstr(k.raised[event], text);
}

static void meet(void)
{
	run_until(says(FTTCP_EVT_WITNESS_UP, "answers"));
}

static struct fttcpd_ask capture(uint8_t what, uint32_t node)
{
	struct fttcpd_ask ask = { .what = what, .node = node };

	ask.beat.nonce = 77;
	ask.beat.counter = 1;
	return ask;
}

static void send_as(const struct fttcpd_ask *ask, char digit)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t raw[FTTCPD_ASK_LEN];
	struct fttcpd_auth auth;
	char err[FTTCPD_AUTH_ERROR];
	int fd;

	key(digit);
	assert_int_equal(fttcpd_auth_read(keys, &auth, err), 0);
	fttcpd_ask_pack(ask, raw);
	fttcpd_auth_sign(&auth, FTTCPD_ASK_LABEL, raw, FTTCPD_ASK_BODY,
			 raw + FTTCPD_ASK_BODY);
	to.sin_port = htons(a.conf.witness_listen.port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(sendto(fd, raw, sizeof(raw), 0,
				(struct sockaddr *)&to, sizeof(to)),
			 sizeof(raw));
	close(fd);
}

static void granted(void **state)
{
	(void)state;
	serve('1');
	assert_true(says(FTTCP_EVT_WITNESS_SERVES, "the lease 0 is node 0's"));
	ready_with_witness();
	meet();
	assert_string_equal(fttcpd_witness_trouble(&d), "");
	lose();
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(says(FTTCP_EVT_LEASE_GRANTED, "the lease 1"));
	assert_true(says(FTTCP_EVT_LEASE_GIVEN, "to node 1 (it has asked)"));
	assert_int_equal(a.lease.owner, 1);
	/* what it has, it keeps while it is alone, and not when it is not */
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = FTTCP_STATE_SOLO;
	run_until(d.witness.answer.what == FTTCPD_ASK_GRANTED);
	fttcpd_event(&d, FTTCPD_E_LINK_UP);
	k.node.state = FTTCP_STATE_PROTECTED;
	fttcpd_event(&d, FTTCPD_E_SYNCED);
	run_until(!a.lease.owner);
	assert_true(says(FTTCP_EVT_LEASE_FREE, "both nodes have everything"));
	assert_int_equal(a.lease.last, 0);
}

static void held(void **state)
{
	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	it_was(5, 2, 0);
	lose();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "let the other node go on"));
	assert_int_equal(d.state, FTTCPD_S_FENCING);
	assert_false(seen("promote"));
	assert_non_null(strstr(fttcpd_witness_trouble(&d), "does not let"));
	assert_int_equal(a.lease.owner, 2);
	/* it asks again, and gets it when that one gives it back */
	it_was(5, 0, 0);
	run_until(d.state == FTTCPD_S_SOLO);
}

static void stale(void **state)
{
	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	it_was(5, 0, 2);
	lose();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "has gone on since"));
	assert_int_equal(a.lease.owner, 0);
	assert_false(seen("promote"));
}

/* Nobody is there: nobody takes over, and it is told at the start already. */
static void silent(void **state)
{
	(void)state;
	ready_with_witness();
	run_until(says(FTTCP_EVT_WITNESS_DOWN, "has not answered for 3000 ms"));
	assert_non_null(strstr(fttcpd_witness_trouble(&d), "does not answer"));
	lose();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "the witness does not answer"));
	assert_int_equal(d.state, FTTCPD_S_FENCING);
	assert_false(seen("promote"));
	serve('1');
	run_until(d.state == FTTCPD_S_SOLO);
}

static void wrong_key(void **state)
{
	(void)state;
	ready_with_witness();
	serve('2');
	run_until(a.refused > 2);
	assert_true(says(FTTCP_EVT_SECURITY_VIOL, "a question with a wrong key "
			 "on the witness: refused"));
	assert_int_equal(d.witness.heard, 0);
	lose();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "does not answer"));
	assert_int_equal(a.lease.owner, 0);
}

/* What was granted outlives the witness; so does whom it was granted to. */
static void restarts(void **state)
{
	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	lose();
	run_until(d.state == FTTCPD_S_SOLO);
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = FTTCP_STATE_SOLO;
	fttcpd_arbiter_close(&a);
	serve('1');
	assert_true(says(FTTCP_EVT_WITNESS_SERVES, "the lease 1 is node 1's"));
	run_until(a.answered > 1);
	assert_int_equal(a.lease.owner, 1);
	assert_int_equal(a.lease.number, 1);
	assert_int_equal(a.refused, 0);
}

static void file_is_broken(void **state)
{
	FILE *f = fopen(kept, "w");
	char err[FTTCPD_AUTH_ERROR];

	(void)state;
	assert_non_null(f);
	fputs("1 2\n", f);
	fclose(f);
	key('1');
	assert_int_equal(fttcpd_auth_read(keys, &a.auth, err), 0);
	a.loop = d.loop;
	assert_int_equal(fttcpd_arbiter_open(&a), -EINVAL);
	snprintf(a.conf.witness_state, sizeof(a.conf.witness_state),
		 "%s.not-there/lease", conf_path);
	assert_int_equal(fttcpd_arbiter_open(&a), -ENOENT);
}

/* It cannot write: it grants nothing. */
static void cannot_keep(void **state)
{
	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	snprintf(a.conf.witness_state, sizeof(a.conf.witness_state),
		 "%s.not-there/lease", conf_path);
	lose();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "cannot keep"));
	assert_true(says(FTTCP_EVT_LEASE_NOT_KEPT, "nothing is granted"));
	assert_int_equal(a.lease.owner, 0);
	assert_false(seen("promote"));
}

/* The link came back while it was asked, or before it was used: it goes back. */
static void not_needed(void **state)
{
	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	k.promote_err = -ENODATA;
	lose();
	run_until(says(FTTCP_EVT_LEASE_FREE, "not used"));
	assert_int_equal(a.lease.owner, 0);
	assert_int_equal(a.lease.last, 0);
	assert_int_equal(d.state, FTTCPD_S_WAITING);
}

/* A new daemon does not know what the last one did with it. */
static void gone(void **state)
{
	(void)state;
	serve('1');
	ready_with_witness();
	it_was(9, 1, 0);
	run_until(says(FTTCP_EVT_LEASE_FREE, "not active any more"));
	assert_int_equal(a.lease.last, 1);
}

/* An operator is obeyed, and the witness told. */
static void force(void **state)
{
	int fd;

	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	it_was(5, 2, 0);
	lose();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "let the other node go on"));
	fd = operator("{\"id\":1,\"cmd\":\"promote\",\"force\":true}");
	run_until(answered(fd));
	close(fd);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	run_until(a.lease.owner == 1);
	assert_true(says(FTTCP_EVT_LEASE_GIVEN, "an operator said so"));
	run_until(!d.witness.claim);
}

/*
 * An operator has decided while the witness was away: who asks first afterwards does not
 * get the lease before that was told.
 */
static void force_while_away(void **state)
{
	struct fttcpd_ask ask;

	(void)state;
	serve('1');
	a.open_ms = INT64_MAX;
	ready_with_witness();
	meet();
	lose();
	run_until(d.witness.asking && d.witness.heard > 3);
	assert_int_equal(a.lease.owner, 0);
	assert_false(says(FTTCP_EVT_LEASE_REFUSED, "t"));
	ask = capture(FTTCPD_ASK_CLAIM, 2);
	send_as(&ask, '1');
	run_until(a.node[1].id == 2);
	ask.beat.counter = 2;
	ask.beat.echo_nonce = a.node[1].hearing.nonce;
	ask.beat.echo_counter = a.node[1].hearing.counter;
	send_as(&ask, '1');
	run_until(a.lease.owner == 2);
	a.open_ms = 0;
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "let the other node go on"));
	assert_false(seen("promote"));
}

/* The same of an active that was told to go on alone: it need not be told twice. */
static void solo_while_away(void **state)
{
	(void)state;
	serve('1');
	a.open_ms = INT64_MAX;
	become_protected();
	k.node.state = FTTCP_STATE_SOLO;
	configure('1');
	fttcpd_witness_open(&d);
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
	run_until(a.lease.owner == 1);
}

/* Of two that are active, as the witness sees it, both are told. */
static void two(void **state)
{
	(void)state;
	serve('1');
	it_was(5, 2, 0);
	become_protected();
	k.node.state = FTTCP_STATE_SOLO;
	configure('1');
	fttcpd_witness_open(&d);
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
	run_until(says(FTTCP_EVT_TWO_GO_ON, "the lease 5 to node 2"));
	assert_non_null(strstr(fttcpd_witness_trouble(&d), "both may be"));
}

/* A machine that boots beside nobody asks before it becomes active. */
static void starts(void **state)
{
	(void)state;
	serve('1');
	it_was(3, 2, 0);
	read_conf("active");
	configure('1');
	start();
	fttcpd_witness_open(&d);
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "let the other node go on"));
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	it_was(3, 0, 2);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_int_equal(a.lease.owner, 1);
}

/* What nobody may say, or has said before, moves nothing. */
static void strangers(void **state)
{
	struct fttcpd_ask ask;

	(void)state;
	serve('1');
	ready_with_witness();
	meet();
	ask = capture(FTTCPD_ASK_CLAIM, 2);
	send_as(&ask, '1');
	/* who has not heard the witness yet is greeted, and not obeyed */
	run_until(a.node[1].id == 2);
	assert_int_equal(a.lease.owner, 0);
	ask.beat.echo_nonce = a.node[1].hearing.nonce;
	ask.beat.echo_counter = a.node[1].hearing.counter;
	send_as(&ask, '1');
	run_until(a.refused == 1);
	assert_true(says(FTTCP_EVT_SECURITY_VIOL, "that was heard before"));
	ask.beat.counter = 2;
	send_as(&ask, '1');
	run_until(a.lease.owner == 2);
	send_as(&ask, '1');
	run_until(a.refused == 2);
	ask = capture(FTTCPD_ASK_CLAIM, 3);
	send_as(&ask, '1');
	run_until(a.refused == 3);
	assert_true(says(FTTCP_EVT_SECURITY_VIOL, "to be a third node"));
	ask = capture(FTTCPD_ASK_GRANTED, 2);
	send_as(&ask, '1');
	run_until(a.refused == 4);
	ask = capture(FTTCPD_ASK_CLAIM, 1);
	send_as(&ask, '3');
	run_until(a.refused == 5);
	assert_int_equal(a.lease.owner, 2);
}

/* ------------------------------------------------------------- hold-max */

static void hold(void)
{
	become_protected();
	k.node.state = FTTCP_STATE_HOLDING;
	d.conf.on_backup_loss = FTTCP_LOSS_SOLO;
	d.conf.hold_max_ms = 100;
	d.conf.fence_retry_ms = 20;
	d.conf.fence_timeout_ms = PATIENCE * 1000;
	d.conf.peer_id = 2;
	forget();
}

static void lose_backup(void)
{
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
}

static void fence_is(const char *script)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(program, 0755), 0);
	snprintf(d.conf.fence_program, sizeof(d.conf.fence_program), "%s",
		 program);
}

static void alone_with_witness(void **state)
{
	(void)state;
	serve('1');
	hold();
	configure('1');
	fttcpd_witness_open(&d);
	meet();
	it_was(4, 2, 0);
	lose_backup();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "let the other node go on"));
	assert_false(seen("solo"));
	it_was(4, 0, 0);
	run_until(seen("solo;"));
	assert_int_equal(a.lease.owner, 1);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
}

static void alone_with_fence(void **state)
{
	(void)state;
	hold();
	fence_is("exit 1");
	lose_backup();
	run_until(says(FTTCP_EVT_FENCE_FAILED, "ended with the status 1"));
	assert_false(seen("solo"));
	fence_is("exit 0");
	run_until(seen("solo;"));
	assert_true(says(FTTCP_EVT_FENCE_SUCCEEDED, "node 2"));
}

/* Both: the lease first; without it nobody is fenced. */
static void alone_with_both(void **state)
{
	(void)state;
	serve('1');
	hold();
	configure('1');
	fence_is("exit 0");
	fttcpd_witness_open(&d);
	meet();
	it_was(4, 2, 0);
	lose_backup();
	run_until(says(FTTCP_EVT_LEASE_REFUSED, "let the other node go on"));
	assert_false(says(FTTCP_EVT_FENCE_STARTED, "node 2"));
	it_was(4, 0, 0);
	run_until(seen("solo;"));
	assert_true(says(FTTCP_EVT_FENCE_SUCCEEDED, "node 2"));
}

/* A backup that comes back in time is not fenced, and the time begins anew after it. */
static void back_in_time(void **state)
{
	(void)state;
	hold();
	fence_is("exit 0");
	d.conf.hold_max_ms = PATIENCE * 1000;
	lose_backup();
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(ev_is_active(&d.timer));
	assert_true(d.hold_until_us);
	fttcpd_event(&d, FTTCPD_E_LINK_UP);
	assert_false(ev_is_active(&d.timer));
	assert_true(d.hold_until_us);
	fttcpd_event(&d, FTTCPD_E_SYNCED);
	assert_int_equal(d.hold_until_us, 0);
	assert_false(says(FTTCP_EVT_FENCE_STARTED, "node 2"));
}

/* Told to wait for a decision it asks nobody; nor does it when it holds nothing. */
static void nothing_to_ask(void **state)
{
	(void)state;
	hold();
	fence_is("exit 0");
	d.conf.on_backup_loss = FTTCP_LOSS_HOLD;
	lose_backup();
	run_until(d.state == FTTCPD_S_SOLO);
	assert_false(ev_is_active(&d.timer));
	d.conf.on_backup_loss = FTTCP_LOSS_SOLO;
	/* until it is told otherwise */
	fttcpd_action_reload(&d);
	assert_true(ev_is_active(&d.timer));
	fttcpd_event(&d, FTTCPD_E_LINK_UP);
	k.node.state = FTTCP_STATE_SOLO;
	fttcpd_event(&d, FTTCPD_E_LINK_LOST);
	assert_false(ev_is_active(&d.timer));
	fttcpd_event(&d, FTTCPD_E_TIMER);
	assert_false(says(FTTCP_EVT_FENCE_STARTED, "node 2"));
}

static void report(void **state)
{
	struct json_object *o;
	const char *text;

	(void)state;
	assert_null(fttcpd_witness_report(&d));
	serve('1');
	ready_with_witness();
	meet();
	it_was(5, 2, 2);
	run_until(d.witness.answer.lease == 5);
	o = fttcpd_witness_report(&d);
	text = json_object_to_json_string(o);
	assert_non_null(strstr(text, "\"state\": \"up\", \"lease\": 5, "
			       "\"owner\": 2, \"gone-on\": 2"));
	json_object_put(o);
}

static void own_file(void **state)
{
	static struct fttcpd_conf conf;
	char err[FTTCPD_CONF_ERROR];
	FILE *f = fopen(keys, "w");

	(void)state;
	fputs("[witness]\nlisten = 192.0.2.9:7003\nkey-file = /k\n", f);
	fclose(f);
	assert_int_equal(fttcpd_conf_read_witness(keys, &conf, err), 0);
	assert_int_equal(conf.witness_listen.port, 7003);
	assert_string_equal(conf.witness_state, "/var/lib/fttcp-witness/lease");
	f = fopen(keys, "w");
	fputs("[witness]\nserver = 192.0.2.9:7003\nkey-file = /k\n", f);
	fclose(f);
	assert_int_equal(fttcpd_conf_read_witness(keys, &conf, err), -EINVAL);
	assert_non_null(strstr(err, ":2: [witness] server: is for a node"));
	f = fopen(keys, "w");
	fputs("[witness]\nlisten = 192.0.2.9:7003\n", f);
	fclose(f);
	assert_int_equal(fttcpd_conf_read_witness(keys, &conf, err), -EINVAL);
	assert_non_null(strstr(err, "key-file is missing"));
	f = fopen(keys, "w");
	fputs("[witness]\nkey-file = /k\n", f);
	fclose(f);
	assert_int_equal(fttcpd_conf_read_witness(keys, &conf, err), -EINVAL);
	assert_non_null(strstr(err, "listen is missing"));
	/* the whole life of one that only looks at its file */
	assert_int_equal(fttcpd_arbiter_run(keys, true), -EINVAL);
}

#define witness_test(name)	\
	cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		witness_test(granted),
		witness_test(held),
		witness_test(stale),
		witness_test(silent),
		witness_test(wrong_key),
		witness_test(restarts),
		witness_test(file_is_broken),
		witness_test(cannot_keep),
		witness_test(not_needed),
		witness_test(gone),
		witness_test(force),
		witness_test(force_while_away),
		witness_test(solo_while_away),
		witness_test(two),
		witness_test(starts),
		witness_test(strangers),
		witness_test(alone_with_witness),
		witness_test(alone_with_fence),
		witness_test(alone_with_both),
		witness_test(back_in_time),
		witness_test(nothing_to_ask),
		witness_test(report),
		witness_test(own_file),
	};

	return cmocka_run_group_tests_name("witness", tests, bed_enter,
					   bed_leave);
}
