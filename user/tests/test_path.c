// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second path of the daemon in the pretended kernel: the test is the other
 * node, on the loopback.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/bed.h"

/* The other node: its socket, what it says, what it has heard. */
static int fd;
static struct sockaddr_in to;
static struct fttcpd_hearing own;
static struct fttcpd_beat last;

static int loopback(uint16_t *port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(in);
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(s >= 0);
	assert_int_equal(bind(s, (struct sockaddr *)&in, len), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return s;
}

static void endpoint(struct fttcp_endpoint *ep, uint16_t port)
{
	memset(ep, 0, sizeof(*ep));
	ep->family = AF_INET;
	ep->port = port;
	ep->addr[0] = 127;
	ep->addr[3] = 1;
}

/* As the configuration would; nothing is heard for 200 ms: dead. */
static void open_path(void)
{
	uint16_t mine, its;

	close(loopback(&its));
	fd = loopback(&mine);
	to.sin_family = AF_INET;
	to.sin_port = htons(its);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(&own, 0, sizeof(own));
	own.nonce = 77;
	d.conf.peer_id = 2;
	endpoint(&d.conf.path_local, its);
	endpoint(&d.conf.path_peer, mine);
	d.conf.path_interval_ms = 20;
	d.conf.path_misses = 10;
	d.conf.path_insecure = 1;
	fttcpd_path_open(&d);
}

static int leave(void **state)
{
	if (fd > 0)
		close(fd);
	fd = 0;
	return bed_teardown(state);
}

static void listen_now(void)
{
	uint8_t raw[256];
	ssize_t n;

	while ((n = recv(fd, raw, sizeof(raw), 0)) > 0) {
		assert_int_equal(fttcpd_beat_unpack(&last, raw, n), 0);
		fttcpd_beat_hear(&own, &last, 0, 1000);
	}
}

static void send_raw(int from, const struct fttcpd_beat *beat)
{
	uint8_t raw[FTTCPD_BEAT_LEN] = { 0 };

	fttcpd_beat_pack(beat, raw);
	sendto(from, raw, sizeof(raw), 0, (struct sockaddr *)&to, sizeof(to));
}

static struct fttcpd_beat say(uint8_t kernel_state, uint8_t flags,
			      uint64_t epoch)
{
	struct fttcpd_beat beat = {
		.state = kernel_state, .flags = flags, .epoch = epoch,
		.from = 2, .to = 1,
	};

	listen_now();
	fttcpd_beat_number(&own, &beat);
	send_raw(fd, &beat);
	return beat;
}

/* Says it again and again until @condition; asserts as run_until() does. */
#define says_until(kernel_state, flags, epoch, condition)		\
do {									\
	int tries_;							\
									\
	for (tries_ = 0; tries_ < 400 && !(condition); tries_++) {	\
		say(kernel_state, flags, epoch);			\
		run_for_a_while();					\
	}								\
	if (!(condition))						\
		fail_msg("%s did not come; record: %s", #condition,	\
			 k.record);					\
} while (0)

static void run_for_a_while(void)
{
	bool late = false;
	ev_timer t;

	ev_timer_init(&t, on_patience, .005, 0.);
	t.data = &late;
	ev_now_update(d.loop);
	ev_timer_start(d.loop, &t);
	while (!late)
		ev_run(d.loop, EVRUN_ONCE);
}

static void ready_with_path(void)
{
	become_ready();
	k.node.role = FTTCP_ROLE_BACKUP;
	k.node.state = FTTCP_STATE_BACKUP_READY;
	k.node.alone_ms = 0;
	fttcp_mark(&k.node, FTTCP_A_NODE_ALONE_MS);
	open_path();
	says_until(FTTCP_STATE_PROTECTED, 0, 4, d.path.up);
	assert_int_equal(last.state, FTTCP_STATE_BACKUP_READY);
	assert_int_equal(last.flags, FTTCPD_BEAT_COPY);
	assert_string_equal(k.raised[FTTCP_EVT_SECOND_PATH_UP],
			    "node 2 is heard on the second path");
}

static void cut(void)
{
	k.node.state = FTTCP_STATE_BACKUP_WAITING;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_CARRIER);
	run_until(d.state == FTTCPD_S_PARTED);
	forget();
}

/* The active lives and waits: the copy goes before that is said. */
static void copy_is_given_up(void **state)
{
	struct fttcpd_beat old;

	(void)state;
	ready_with_path();
	listen_now();
	old = say(FTTCP_STATE_HOLDING, 0, 4);
	cut();
	assert_non_null(strstr(k.raised[FTTCP_EVT_LINK_CUT], "node 2 lives"));
	/* it was said before the link was lost, of whatever that was */
	assert_true(old.echo_counter < d.path.mark);
	settle();
	assert_int_equal(d.state, FTTCPD_S_PARTED);
	assert_false(seen("role"));
	says_until(FTTCP_STATE_HOLDING, 0, 4, d.state == FTTCPD_S_WAITING);
	assert_string_equal(k.record, "addr- 100;role 0;role 2;");
	assert_non_null(strstr(k.raised[FTTCP_EVT_COPY_GIVEN_UP], "node 2"));
	forget();
	says_until(FTTCP_STATE_SOLO, 0, 4, last.flags == 0 &&
		   last.state == FTTCP_STATE_BACKUP_WAITING);
	assert_false(seen("promote"));
	assert_false(seen("role"));
}

/* An active that still believes in its link says nothing of a copy. */
static void parted_waits(void **state)
{
	(void)state;
	ready_with_path();
	cut();
	says_until(FTTCP_STATE_PROTECTED, 0, 4,
		   d.path.hearing.echo > d.path.mark + 3);
	assert_int_equal(d.state, FTTCPD_S_PARTED);
	assert_string_equal(k.record, "");
}

static void parted_and_dead(void **state)
{
	(void)state;
	ready_with_path();
	cut();
	run_until(d.state == FTTCPD_S_SOLO);
	assert_ptr_equal(strstr(k.record, "promote;addr+ 100;"), k.record);
	assert_non_null(strstr(k.raised[FTTCP_EVT_SECOND_PATH_DOWN],
			       "node 2"));
}

/* It was reset and runs again: what this one has is the only copy. */
static void parted_and_idle(void **state)
{
	(void)state;
	ready_with_path();
	cut();
	says_until(FTTCP_STATE_NONE, 0, 4, d.state == FTTCPD_S_SOLO);
	assert_true(seen("promote;"));
}

static void parted_and_mended(void **state)
{
	int link;

	(void)state;
	ready_with_path();
	cut();
	link = call_daemon();
	run_until(seen("link+ 2"));
	close(link);
	kernel_event(FTTCP_EVT_LINK_UP, 2, 0);
	kernel_event(FTTCP_EVT_SYNC_END, 2, 0);
	run_until(d.state == FTTCPD_S_READY);
	assert_false(seen("role"));
}

static void not_heard_is_dead(void **state)
{
	(void)state;
	ready_with_path();
	run_until(!d.path.up);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_non_null(strstr(fttcpd_path_trouble(&d), "nothing is heard"));
}

/* Whoever was met over the link only may be gone; who is heard here is not. */
static void orphan_hears_it(void **state)
{
	(void)state;
	ready_with_path();
	d.conf.startup_wait_ms = PATIENCE * 1000;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_DECODE);
	run_until(d.state == FTTCPD_S_PARTED);
	assert_false(ev_is_active(&d.timer));
}

static void hold_protected(void)
{
	become_protected();
	open_path();
	says_until(FTTCP_STATE_BACKUP_WAITING, 0, 0, d.path.up);
	assert_int_equal(last.state, FTTCP_STATE_PROTECTED);
	k.node.state = FTTCP_STATE_HOLDING;
	d.link.up = true;
	forget();
}

static void goes_on_alone(void **state)
{
	struct fttcpd_beat old;

	(void)state;
	hold_protected();
	old = say(FTTCP_STATE_BACKUP_WAITING, 0, 0);
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(old.echo_counter < d.path.mark);
	settle();
	assert_false(seen("solo"));
	says_until(FTTCP_STATE_BACKUP_WAITING, FTTCPD_BEAT_COPY, 0,
		   d.path.hearing.echo > d.path.mark + 2);
	assert_false(seen("solo"));
	says_until(FTTCP_STATE_BACKUP_SYNCING, 0, 0,
		   d.path.hearing.echo > d.path.mark + 4);
	assert_false(seen("solo"));
	says_until(FTTCP_STATE_BACKUP_WAITING, 0, 0, seen("solo;"));
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	assert_non_null(strstr(k.raised[FTTCP_EVT_SOLO_AGREED], "node 2"));
}

/* Two actives that do not see each other but here: the larger epoch stays. */
static void outranked_here(void **state)
{
	(void)state;
	hold_protected();
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	says_until(FTTCP_STATE_SOLO, 0, 4, d.path.peer.state ==
		   FTTCP_STATE_SOLO);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	says_until(FTTCP_STATE_SOLO, 0, 5, d.state == FTTCPD_S_WAITING);
	assert_true(seen("addr- 100;"));
	assert_true(seen("role 2;"));
}

/* One that starts does not become active beside one that is heard. */
static void starting_hears_it(void **state)
{
	(void)state;
	read_conf("active");
	d.conf.startup_wait_ms = PATIENCE * 1000;
	start();
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	open_path();
	says_until(FTTCP_STATE_SOLO, 0, 4, d.state == FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
}

static void refused(const char *text)
{
	if (!strstr(k.raised[FTTCP_EVT_SECURITY_VIOL], text))
		fail_msg("\"%s\" is not in \"%s\"", text,
			 k.raised[FTTCP_EVT_SECURITY_VIOL]);
}

static void strangers(void **state)
{
	struct fttcpd_beat beat;
	uint64_t heard;
	uint16_t port;
	int other;

	(void)state;
	ready_with_path();
	heard = d.path.heard;
	beat = say(FTTCP_STATE_PROTECTED, 0, 4);
	run_until(d.path.heard > heard);
	send_raw(fd, &beat);
	run_until(d.path.refused == 1);
	refused("heard before on the second path");
	fttcpd_beat_number(&own, &beat);
	beat.from = 3;
	send_raw(fd, &beat);
	run_until(d.path.refused == 2);
	refused("a heartbeat of node 3 for node 1");
	/* its own, sent back */
	listen_now();
	send_raw(fd, &last);
	run_until(d.path.refused == 3);
	refused("a heartbeat of node 1 for node 2");
	other = loopback(&port);
	beat = say(FTTCP_STATE_NONE, 0, 9);
	send_raw(other, &beat);
	close(other);
	run_until(d.path.refused == 4);
	refused("an address that is not peer");
	sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to));
	run_until(d.path.malformed == 1);
	assert_int_equal(d.state, FTTCPD_S_READY);
}

/* Keys that differ; the right one; and a second one that is still accepted. */
static void keys(void **state)
{
	static const char one[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	uint8_t raw[FTTCPD_BEAT_LEN];
	struct fttcpd_auth auth = { 0 };
	struct fttcpd_beat beat;
	FILE *f;
	int i;

	(void)state;
	become_ready();
	open_path();
	snprintf(d.conf.path_key_file, sizeof(d.conf.path_key_file), "%s.key",
		 conf_path);
	f = fopen(d.conf.path_key_file, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", one);
	fclose(f);
	chmod(d.conf.path_key_file, 0644);
	assert_int_not_equal(fttcpd_path_load(&d), 0);
	chmod(d.conf.path_key_file, 0600);
	assert_int_equal(fttcpd_path_load(&d), 0);
	say(FTTCP_STATE_PROTECTED, 0, 4);
	run_until(d.path.refused);
	refused("a heartbeat with a wrong key on the second path");
	auth = d.path.auth;
	for (i = 0; i < 100 && !d.path.heard; i++) {
		listen_now();
		beat = (struct fttcpd_beat){ .state = FTTCP_STATE_PROTECTED,
					     .from = 2, .to = 1 };
		fttcpd_beat_number(&own, &beat);
		fttcpd_beat_pack(&beat, raw);
		assert_int_equal(fttcpd_auth_sign(&auth, "fttcp second path 1",
						  raw, FTTCPD_BEAT_BODY,
						  raw + FTTCPD_BEAT_BODY), 0);
		sendto(fd, raw, sizeof(raw), 0, (struct sockaddr *)&to,
		       sizeof(to));
		run_for_a_while();
	}
	assert_true(d.path.heard);
	assert_string_equal(fttcpd_path_trouble(&d), "");
	/* for another purpose, it proves nothing */
	i = d.path.refused;
	fttcpd_beat_number(&own, &beat);
	fttcpd_beat_pack(&beat, raw);
	fttcpd_auth_sign(&auth, "fttcp", raw, FTTCPD_BEAT_BODY,
			 raw + FTTCPD_BEAT_BODY);
	sendto(fd, raw, sizeof(raw), 0, (struct sockaddr *)&to, sizeof(to));
	run_until(d.path.refused > (unsigned int)i);
	unlink(d.conf.path_key_file);
}

static void report(void **state)
{
	int asker;

	(void)state;
	ready_with_path();
	asker = operator("{\"id\":1,\"cmd\":\"status\"}");
	run_until(answered(asker));
	assert_non_null(strstr(answer, "\"second-path\":{\"state\":\"up\","
			       "\"peer-state\":\"protected\",\"peer-epoch\":4,"
			       "\"peer-copy\":false,"));
	assert_non_null(strstr(answer, "is not authenticated"));
	close(asker);
}

/* The address comes later, and the configuration changes. */
static void opened_later(void **state)
{
	struct fttcpd_conf before;

	(void)state;
	become_ready();
	d.conf.peer_id = 2;
	endpoint(&d.conf.path_local, 7);
	endpoint(&d.conf.path_peer, 9);
	d.conf.path_local.addr[0] = 192;	/* not of this machine */
	d.conf.path_interval_ms = 10;
	d.conf.path_misses = 10;
	fttcpd_path_open(&d);
	assert_int_equal(d.path.fd, -1);
	assert_int_equal(d.path.error, -EADDRNOTAVAIL);
	before = d.conf;
	d.conf.path_local.addr[0] = 127;
	d.conf.path_local.port = 0;
	run_until(d.path.fd >= 0);
	memset(&d.conf.path_local, 0, sizeof(before.path_local));
	memset(&d.conf.path_peer, 0, sizeof(before.path_peer));
	fttcpd_path_reload(&d, &before);
	assert_int_equal(d.path.fd, -1);
	assert_false(ev_is_active(&d.path.timer));
	assert_null(fttcpd_path_report(&d));
}

#define path_test(name)	\
	cmocka_unit_test_setup_teardown(name, bed_setup, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		path_test(copy_is_given_up),
		path_test(parted_waits),
		path_test(parted_and_dead),
		path_test(parted_and_idle),
		path_test(parted_and_mended),
		path_test(not_heard_is_dead),
		path_test(orphan_hears_it),
		path_test(goes_on_alone),
		path_test(outranked_here),
		path_test(starting_hears_it),
		path_test(strangers),
		path_test(keys),
		path_test(report),
		path_test(opened_later),
	};

	return cmocka_run_group_tests_name("path", tests, bed_enter, bed_leave);
}
