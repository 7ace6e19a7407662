// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon without a kernel: all of it but main.c and loop.c runs against
 * daemon/pretend.c, which writes down what it is asked for. Each test looks at
 * that record: what was done, in which order, and what was not.
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
#include <sys/socket.h>

#include "daemon/bed.h"

static void active_without_other(void **state)
{
	(void)state;
	k.node.epoch_seen = 6;
	read_conf("active");
	start();
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	assert_string_equal(k.record, "settings;addr- 100;role 2;");
	forget();
	run_until(d.vip.announced[0] == 2);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	/* nobody was replaced: in the one that is known */
	assert_int_equal(k.node.epoch, 6);
	assert_string_equal(k.record, "role 1;addr+ 100;announce 100;"
			    "announce 100;");
}

static void active_meets_active(void **state)
{
	int fd;

	(void)state;
	read_conf("active");
	d.conf.startup_wait_ms = PATIENCE * 1000;
	start();
	fd = call_daemon();
	run_until(seen("link+ 1"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 1, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
	assert_false(seen("role 1"));
	assert_false(seen("addr+"));
}

static void active_meets_idle(void **state)
{
	int fd;

	(void)state;
	read_conf("active");
	d.conf.startup_wait_ms = PATIENCE * 1000;
	start();
	fd = call_daemon();
	run_until(seen("link+ 1"));
	close(fd);
	forget();
	k.node.replicas = 1;
	k.link[0].id = 1;
	k.link[0].peer_role = FTTCP_ROLE_BACKUP;
	k.links = 1;
	kernel_event(FTTCP_EVT_LINK_REFUSED, 1, FTTCP_DOWN_REASON_ROLE);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_ptr_equal(strstr(k.record, "link- 1;role 0;role 1;addr+ 100;"),
			 k.record);
}

/* Both are active in one epoch: the one that connects has to go. */
static void two_actives(void **state)
{
	(void)state;
	become_protected();
	k.link[0].peer_role = FTTCP_ROLE_ACTIVE;
	k.link[0].peer_epoch = 4;
	kernel_event(FTTCP_EVT_LINK_REFUSED, 7, FTTCP_DOWN_REASON_ROLE);
	run_until(d.state == FTTCPD_S_SOLO);
	d.link.id = 8;
	d.link.ended = false;
	d.conf.connect = d.conf.listen;
	memset(&d.conf.listen, 0, sizeof(d.conf.listen));
	forget();
	k.link[0].id = 8;
	kernel_event(FTTCP_EVT_LINK_REFUSED, 8, FTTCP_DOWN_REASON_ROLE);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_string_equal(k.record, "addr- 100;link- 8;role 2;");
}

static void takeover(void **state)
{
	(void)state;
	become_ready();
	k.promote_again = 2;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.vip.announced[0] == 2);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	assert_string_equal(k.record, "promote later;promote later;promote;"
			    "addr+ 100;announce 100;link- 1;announce 100;");
}

static void takeover_on_goodbye(void **state)
{
	(void)state;
	become_ready();
	kernel_event(FTTCP_EVT_GOODBYE, 1, FTTCP_DOWN_REASON_GOODBYE);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_GOODBYE);
	run_until(d.state == FTTCPD_S_SOLO);
	settle();
	assert_ptr_equal(strstr(k.record, "promote;addr+ 100;"), k.record);
	assert_null(strstr(k.record + 1, "promote;"));
}

static void broken_link_is_no_takeover(void **state)
{
	static const uint32_t reasons[] = {
		FTTCP_DOWN_REASON_DECODE, FTTCP_DOWN_REASON_EPOCH,
		FTTCP_DOWN_REASON_OPERATOR, FTTCP_DOWN_REASON_HOLD_MAX,
	};
	unsigned int i;
	int fd;

	(void)state;
	become_ready();
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		kernel_event(FTTCP_EVT_LINK_DOWN, i + 1, reasons[i]);
		run_until(d.state == FTTCPD_S_WAITING);
		fd = call_daemon();
		run_until(d.link.id == i + 2);
		close(fd);
		kernel_event(FTTCP_EVT_SYNC_END, i + 2, 0);
		run_until(d.state == FTTCPD_S_READY);
	}
	assert_false(seen("promote"));
}

/* A ready backup whose active goes on alone after so long, 0 for never. */
static void ready_behind(uint32_t alone_ms)
{
	become_ready();
	k.node.role = FTTCP_ROLE_BACKUP;
	k.node.alone_ms = alone_ms;
	fttcp_mark(&k.node, FTTCP_A_NODE_ALONE_MS);
}

/* An active that is silent until it has a backup again, and does not come. */
static void failed_link_and_nobody(void **state)
{
	(void)state;
	ready_behind(0);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_DECODE);
	run_until(d.state == FTTCPD_S_ORPHANED);
	assert_true(d.link.listen_fd >= 0);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_string_equal(k.record, "link- 1;promote;addr+ 100;announce 100;");
}

/* The same, that comes, and dies before it has copied anything. */
static void failed_link_and_death(void **state)
{
	int fd;

	(void)state;
	ready_behind(0);
	d.conf.startup_wait_ms = PATIENCE * 1000;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_HOLD_MAX);
	run_until(d.state == FTTCPD_S_ORPHANED);
	fd = call_daemon();
	run_until(seen("link+ 2"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 2, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
	d.conf.startup_wait_ms = 30;
	kernel_event(FTTCP_EVT_LINK_DOWN, 2, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_ORPHANED);
	run_until(d.state == FTTCPD_S_SOLO);
}

/* One that goes on alone may be alone; and who ends a link knows why. */
static void failed_link_is_no_takeover(uint32_t alone_ms, uint32_t reason)
{
	ready_behind(alone_ms);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, reason);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
	assert_false(seen("promote"));
}

static void failed_link_to_soloist(void **state)
{
	(void)state;
	failed_link_is_no_takeover(2000, FTTCP_DOWN_REASON_DECODE);
}

static void failed_link_by_operator(void **state)
{
	(void)state;
	failed_link_is_no_takeover(0, FTTCP_DOWN_REASON_OPERATOR);
}

static void old_link_is_not_heard(void **state)
{
	int fd;

	(void)state;
	become_ready();
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_DECODE);
	run_until(d.state == FTTCPD_S_WAITING);
	fd = call_daemon();
	run_until(seen("link+ 2"));
	close(fd);
	kernel_event(FTTCP_EVT_SYNC_END, 2, 0);
	run_until(d.state == FTTCPD_S_READY);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	settle();
	assert_int_equal(d.state, FTTCPD_S_READY);
	assert_false(seen("promote"));
}

static void waiting_never_promotes(void **state)
{
	int fd;

	(void)state;
	read_conf("backup");
	start();
	fd = call_daemon();
	run_until(seen("link+ 1"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 1, 0);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(seen("link- 1"));
	assert_int_equal(d.state, FTTCPD_S_WAITING);
	assert_false(seen("promote"));
	assert_false(seen("addr+"));
}

static void wrong_peer(void **state)
{
	int fd;

	(void)state;
	read_conf("backup");
	d.conf.peer_id = 2;
	start();
	fd = call_daemon();
	run_until(seen("link+ 1"));
	close(fd);
	k.link[0].id = 1;
	k.link[0].peer_id = 3;
	k.links = 1;
	kernel_event(FTTCP_EVT_LINK_UP, 1, 0);
	run_until(seen("link- 1"));
	assert_int_equal(d.state, FTTCPD_S_WAITING);
}

static void fenced(void **state)
{
	(void)state;
	become_protected();
	forget();
	kernel_event(FTTCP_EVT_FENCED, 7, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_string_equal(k.record, "addr- 100;link- 7;role 2;");
	assert_true(d.link.listen_fd >= 0);
}

static void fenced_and_refused(void **state)
{
	(void)state;
	become_protected();
	k.role_err = -ENOMEM;
	forget();
	kernel_event(FTTCP_EVT_FENCED, 7, 0);
	run_until(d.state == FTTCPD_S_DEMOTING);
	k.role_err = 0;
	run_until(d.state == FTTCPD_S_WAITING);
	assert_string_equal(k.record, "addr- 100;link- 7;role 2;addr- 100;"
			    "role 2;");
}

static void adopted(void **state)
{
	(void)state;
	become_protected();
	assert_false(seen("role"));
	assert_false(seen("link"));
	assert_false(seen("addr-"));
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(seen("link- 7"));
}

/* A backup whose active died while it had no daemon. */
static void adopt_lost(uint32_t reason, uint32_t wait_ms)
{
	read_conf("backup");
	d.conf.startup_wait_ms = wait_ms;
	k.node.role = FTTCP_ROLE_BACKUP;
	k.node.state = FTTCP_STATE_BACKUP_WAITING;
	k.node.down_reason = reason;
	k.link[0].id = 4;
	k.link[0].state = FTTCP_LINK_STATE_DOWN;
	k.links = 1;
	start();
}

static void orphan_takes_over(void **state)
{
	(void)state;
	adopt_lost(FTTCP_DOWN_REASON_CARRIER, 30);
	assert_int_equal(d.state, FTTCPD_S_ORPHANED);
	assert_string_equal(k.record, "settings;addr- 100;link- 4;");
	forget();
	run_until(d.state == FTTCPD_S_SOLO);
	assert_ptr_equal(strstr(k.record, "promote;addr+ 100;"), k.record);
}

static void orphan_was_told(void **state)
{
	(void)state;
	adopt_lost(FTTCP_DOWN_REASON_GOODBYE, PATIENCE * 1000);
	assert_int_equal(d.state, FTTCPD_S_PROMOTING);
	run_until(d.state == FTTCPD_S_SOLO);
}

static void orphan_finds_active(void **state)
{
	int fd;

	(void)state;
	adopt_lost(FTTCP_DOWN_REASON_HEARTBEAT, PATIENCE * 1000);
	fd = call_daemon();
	run_until(seen("link+ 5"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 5, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
	assert_false(seen("promote"));
}

static void backup_comes_back(void **state)
{
	int fd;

	(void)state;
	become_protected();
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_HEARTBEAT);
	run_until(d.state == FTTCPD_S_SOLO);
	fd = call_daemon();
	run_until(seen("link+ 8"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 8, 0);
	run_until(d.state == FTTCPD_S_SYNCING);
	kernel_event(FTTCP_EVT_SYNC_END, 8, 0);
	run_until(d.state == FTTCPD_S_PROTECTED);
	assert_false(seen("role"));
}

static void address_is_tried_again(void **state)
{
	(void)state;
	become_ready();
	k.addr_err = -ENODEV;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_false(seen("announce"));
	k.addr_err = 0;
	run_until(d.vip.announced[0] == 2);
	assert_true(seen("addr+ 100;announce 100;"));
}

/* An address that stays is tried again, and nobody is left in the dark. */
static void address_stays(void **state)
{
	int fd;

	(void)state;
	become_protected();
	k.addr_err = -EPERM;
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true"));
	assert_non_null(strstr(answer, "two nodes may have it"));
	assert_true(d.vip.present[0]);
	k.addr_err = 0;
	forget();
	run_until(seen("addr- 100;"));
	assert_false(d.vip.present[0]);
	assert_false(ev_is_active(&d.vip.timer));
	assert_int_equal(send(fd, "{\"cmd\":\"status\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_non_null(strstr(answer, NO_TROUBLE));
	close(fd);
}

static void address_is_missing(void **state)
{
	int fd;

	(void)state;
	become_ready();
	k.addr_err = -ENODEV;
	fd = operator("{\"id\":1,\"cmd\":\"promote\",\"force\":true}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true"));
	assert_non_null(strstr(answer, "could not be added"));
	close(fd);
}

/* Somebody removed it: it comes back, and is announced; but not when the
 * kernel has lost the role.
 */
static void address_comes_back(void **state)
{
	(void)state;
	become_protected();
	k.addr_err = -EEXIST;
	run_until(d.vip.settled);
	forget();
	ev_feed_event(d.loop, &d.vip.timer, EV_TIMER);
	settle();
	assert_string_equal(k.record, "addr+ 100;");
	forget();
	k.addr_err = 0;
	ev_feed_event(d.loop, &d.vip.timer, EV_TIMER);
	run_until(seen("announce 100;announce 100;"));
	assert_string_equal(k.record, "addr+ 100;announce 100;announce 100;");
	run_until(d.vip.settled);
	forget();
	k.node.role = FTTCP_ROLE_NONE;
	ev_feed_event(d.loop, &d.vip.timer, EV_TIMER);
	settle();
	assert_string_equal(k.record, "");
}

static void operator_on_backup(void **state)
{
	int fd;

	(void)state;
	become_ready();
	fd = operator("{\"id\":1,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	assert_string_equal(answer, "{\"id\":1,\"ok\":false,\"error\":\"this "
			    "node is the backup; run switchover on the active "
			    "node\",\"errno\":16,\"state\":\"ready\"}");
	assert_int_equal(send(fd, "{\"cmd\":\"promote\"}", 17, 0), 17);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "the active node is alive"));
	assert_string_equal(k.record, "");
	assert_int_equal(send(fd, "{\"cmd\":\"promote\",\"force\":true}", 30,
			      0), 30);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true,\"state\":\"solo\""));
	assert_ptr_equal(strstr(k.record, "promote force;addr+ 100;"),
			 k.record);
	close(fd);
}

static void operator_goes_away(void **state)
{
	int fd;

	(void)state;
	become_ready();
	k.promote_again = 1;
	k.node.lease_ms = 20;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_PROMOTING);
	fd = operator("{\"id\":1,\"cmd\":\"promote\"}");
	run_until(d.control.asker);
	close(fd);
	run_until(!d.control.asker);
	k.node.lease_ms = 0;
	run_until(d.state == FTTCPD_S_SOLO);
}

static void operator_asks(void **state)
{
	static const char * const bad[] = {
		"rubbish", "[]", "{\"id\":1", "{\"id\":1}", "{\"cmd\":5}",
		"{\"cmd\":\"dance\"}", "{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}",
	};
	unsigned int i;
	int fd;

	(void)state;
	become_protected();
	k.node.ready = true;
	fd = operator("{\"id\":2,\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"id\":2,\"ok\":true,\"ready\":true"));
	assert_non_null(strstr(answer, "\"role\":\"active\""));
	assert_non_null(strstr(answer, "\"state\":\"protected\""));
	assert_non_null(strstr(answer, "\"link\":7"));
	assert_non_null(strstr(answer, "\"address\":\"10.0.0.100\\/24\","
			       "\"dev\":\"lo\",\"present\":true"));
	k.node.ready = false;
	strcpy(k.node.not_ready_why, "because");
	assert_int_equal(send(fd, "{\"cmd\":\"ready\"}", 15, 0), 15);
	run_until(answered(fd));
	assert_string_equal(answer, "{\"id\":0,\"ok\":true,\"ready\":false,"
			    "\"why\":\"because\"}");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send(fd, bad[i], strlen(bad[i]), 0);
		run_until(answered(fd));
		assert_non_null(strstr(answer, "\"ok\":false,\"error\":\""));
	}
	close(fd);
	settle();
	assert_int_equal(d.control.client[0].fd, -1);
}

static void too_long_request(void **state)
{
	static char text[5000];
	int fd;

	(void)state;
	become_protected();
	memset(text, ' ', sizeof(text) - 1);
	fd = operator(text);
	run_until(recv(fd, answer, sizeof(answer), MSG_DONTWAIT) == 0);
	close(fd);
}

/* Nobody listens at first; then all lanes are connected, in order. */
static void connects_until_it_can(void **state)
{
	int fd;

	(void)state;
	read_conf("backup");
	d.conf.connect = d.conf.listen;
	memset(&d.conf.listen, 0, sizeof(d.conf.listen));
	d.conf.bind = d.conf.connect;
	d.conf.bind.port = 0;
	d.conf.lanes = 2;
	start();
	run_until(d.link.last_error == -ECONNREFUSED);
	run_until(ev_is_active(&d.link.retry));

	fd = peer_listen(link_port);
	run_until(seen("link+ 1 lanes 2"));
	settle();
	assert_int_equal(d.link.fds, 0);
	assert_false(ev_is_active(&d.link.retry));
	assert_false(ev_is_active(&d.link.limit));

	/* The link ends: another one is made, under another number. */
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(seen("link- 1;link+ 2 lanes 2"));
	close(fd);
}

/* A caller that has no reason to call is sent away. */
static void one_link_is_enough(void **state)
{
	char c;
	int fd;

	(void)state;
	become_ready();
	fd = call_daemon();
	run_until(recv(fd, &c, 1, MSG_DONTWAIT) == 0);
	close(fd);
	assert_int_equal(d.link.id, 1);
	assert_string_equal(k.record, "");
}

static void second_daemon(void **state)
{
	struct fttcpd other;

	(void)state;
	become_protected();
	other = d;
	assert_int_equal(fttcpd_control_init(&other), -EADDRINUSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(active_without_other),
		bed_test(active_meets_active),
		bed_test(active_meets_idle),
		bed_test(two_actives),
		bed_test(takeover),
		bed_test(takeover_on_goodbye),
		bed_test(broken_link_is_no_takeover),
		bed_test(failed_link_and_nobody),
		bed_test(failed_link_and_death),
		bed_test(failed_link_to_soloist),
		bed_test(failed_link_by_operator),
		bed_test(old_link_is_not_heard),
		bed_test(waiting_never_promotes),
		bed_test(wrong_peer),
		bed_test(fenced),
		bed_test(fenced_and_refused),
		bed_test(adopted),
		bed_test(orphan_takes_over),
		bed_test(orphan_was_told),
		bed_test(orphan_finds_active),
		bed_test(backup_comes_back),
		bed_test(address_is_tried_again),
		bed_test(address_stays),
		bed_test(address_is_missing),
		bed_test(address_comes_back),
		bed_test(operator_on_backup),
		bed_test(operator_goes_away),
		bed_test(operator_asks),
		bed_test(too_long_request),
		bed_test(connects_until_it_can),
		bed_test(one_link_is_enough),
		bed_test(second_daemon),
	};

	return cmocka_run_group_tests_name("daemon", tests, bed_enter,
					   bed_leave);
}
