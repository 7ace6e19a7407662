// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon without a kernel: which events of the catalogue it raises when, and
 * with which text, to the letter. See test_daemon.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "daemon/bed.h"
#include "fttcpd/event.h"

static bool raised(uint32_t number)
{
	return k.raised[number][0];
}

/* Its text, but for the line at the end; that is a number. */
static void is(uint32_t number, const char *text)
{
	size_t len = strlen(text);
	const char *got = k.raised[number];

	if (strncmp(got, text, len))
		fail_msg("event %u is \"%s\"", number, got);
	if (text[len - 1] == ':' && got[len + strspn(got + len, "0123456789")])
		fail_msg("event %u ends in \"%s\"", number, got + len);
	if (text[len - 1] != ':')
		assert_string_equal(got, text);
}

static void starts(void **state)
{
	(void)state;
	become_protected();
	is(FTTCP_EVT_DAEMON_STARTED, "fttcpd runs, the node's role is active");
	is(FTTCP_EVT_SUMSTATE_CHANGE, "FTTCP:SUMSTATE-CHANGE: init -> "
	   "protected (adopt-protected). say_state:");
}

static void backup_goes(void **state)
{
	(void)state;
	become_protected();
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	is(FTTCP_EVT_BACKUP_DOWN, "FTTCP:Received backup down notification");
	assert_false(raised(FTTCP_EVT_PROMOTE_BACKUP));
}

static void takes_over(void **state)
{
	(void)state;
	become_ready();
	k.promote_failed = 2;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	is(FTTCP_EVT_PROMOTE_BACKUP, "FTTCP:Received promote backup message, "
	   "ip 10.0.0.100, from FSM. say_promote:");
	is(FTTCP_EVT_CONNECTIONS_LOST, "2 of 5 connections could not be taken "
	   "over; see \"fttcpctl monitor\"");
	assert_false(raised(FTTCP_EVT_BACKUP_DOWN));
}

/* Without an IPv4 address there is none to tell. */
static void takes_over_ipv6(void **state)
{
	(void)state;
	become_ready();
	d.conf.services = 0;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	is(FTTCP_EVT_PROMOTE_BACKUP, "FTTCP:Received promote backup message, "
	   "ip 0.0.0.0, from FSM. say_promote:");
}

static void cannot_take_over(void **state)
{
	(void)state;
	become_ready();
	k.promote_err = -ENODATA;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(raised(FTTCP_EVT_PROMOTION_FAILED));
	is(FTTCP_EVT_PROMOTION_FAILED, "promotion failed: kernel says -61");
	is(FTTCP_EVT_IOCTL_FAILED, "FTTCP:Ioctl failed 13(61). "
	   "promote_failed:");
}

static void cannot_switch(void **state)
{
	int fd;

	(void)state;
	become_protected();
	k.handover_err = -EAGAIN;
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	close(fd);
	is(FTTCP_EVT_SWITCH_CMD_FAIL, "FTTCP:SWITCH-CMD-FAIL: switchover "
	   "failed: kernel says -11 (11). handover_failed:");
}

static void no_role(void **state)
{
	(void)state;
	read_conf("backup");
	k.role_err = -EPERM;
	k.error.cmd = FTTCP_CMD_NODE_SET;
	start();
	run_until(raised(FTTCP_EVT_ROLE_FAILED));
	is(FTTCP_EVT_ROLE_FAILED, "cannot take the role backup: kernel says -1");
	is(FTTCP_EVT_IOCTL_FAILED, "FTTCP:Ioctl failed 2(1). set_role:");
}

static void nobody(void **state)
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
	is(FTTCP_EVT_NOBODY_ACTIVE, "the active node is gone, and this backup "
	   "has no complete copy or must not use it: nobody may have the "
	   "service addresses now; bring the other node back, or, if that is "
	   "certainly off, run \"fttcpctl promote force\" here");
}

static void unwanted(void **state)
{
	(void)state;
	become_protected();
	d.conf.id = 0x2a;
	fttcpd_event(&d, FTTCPD_E_PROMOTED);
	is(FTTCP_EVT_UNWANTED_MESSAGE, "FTTCP:Received unknown/unwanted message "
	   "27 from 0x2a in fttcp state protected. unwanted:");
	assert_int_equal(FTTCPD_E_PROMOTED, 27);
}

/* Events that cause events without end: a bug, which harms nobody. */
static void too_many(void **state)
{
	int i;

	(void)state;
	become_protected();
	d.stepping = true;
	for (i = 0; i <= FTTCPD_QUEUE; i++)
		fttcpd_event(&d, FTTCPD_E_SYNCED);
	d.stepping = false;
	d.queued = 0;
	is(FTTCP_EVT_INTERNAL_ERROR, "FTTCP:Internal error. Shutting down. "
	   "fttcpd_event:");
}

static void wrong_peer(void **state)
{
	char text[256];
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
	snprintf(text, sizeof(text), "link 1: the other end is node 3, not 2; "
		 "correct [node] peer-id of %s, or the end points of its "
		 "[link]", conf_path);
	is(FTTCP_EVT_WRONG_PEER, text);
	is(FTTCP_EVT_SECURITY_VIOL, "FTTCP:SECURITY-VIOL: node 3 tried to be "
	   "the other end on the link: refused. link_up:");
}

static void role_from_outside(void **state)
{
	(void)state;
	become_protected();
	k.node.role = FTTCP_ROLE_BACKUP;
	kernel_event(FTTCP_EVT_NODE_ROLE, 0, 0);
	run_until(raised(FTTCP_EVT_ROLE_SET_OUTSIDE));
	is(FTTCP_EVT_ROLE_SET_OUTSIDE, "somebody else set the role to backup, "
	   "this daemon is protected and has not moved the service addresses; "
	   "restart fttcpd to adopt the role and have it do so");
}

static void addresses(void **state)
{
	char text[256];

	(void)state;
	become_ready();
	k.addr_err = -ENODEV;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(raised(FTTCP_EVT_ADDRESS_NOT_ADDED));
	snprintf(text, sizeof(text), "%s:%u: cannot add 10.0.0.100/24 to lo: "
		 "%s; trying again", conf_path, d.conf.service[0].line,
		 strerror(ENODEV));
	is(FTTCP_EVT_ADDRESS_NOT_ADDED, text);
	k.addr_err = 0;
	run_until(d.vip.present[0]);
	k.addr_err = -EPERM;
	fttcpd_vip_del(&d);
	snprintf(text, sizeof(text), "%s:%u: cannot remove 10.0.0.100/24 from "
		 "lo: %s; two nodes may have it: remove it with \"ip addr "
		 "del\" if it stays", conf_path, d.conf.service[0].line,
		 strerror(EPERM));
	is(FTTCP_EVT_ADDRESS_NOT_REMOVED, text);
}

static void address_has_owner(void **state)
{
	char text[512];

	(void)state;
	k.neighbour_err = 0;
	assert_int_equal(pipe(k.network), 0);
	read_conf("active");
	start();
	run_until(seen("ask 100"));
	assert_int_equal(write(k.network[1], "!", 1), 1);
	run_until(raised(FTTCP_EVT_ADDRESS_TAKEN));
	close(k.network[0]);
	close(k.network[1]);
	snprintf(text, sizeof(text), "%s:%u: another machine on lo has the "
		 "service address 10.0.0.100/24 (hardware address "
		 "02:02:02:02:02:02): not becoming active beside it; see to "
		 "the link between the nodes, or, if that machine must not "
		 "have the address, take it away there or run \"fttcpctl "
		 "promote force\" here", conf_path, d.conf.service[0].line);
	/* what goes through the kernel is cut */
	text[FTTCP_TEXT_LEN - 1] = '\0';
	is(FTTCP_EVT_ADDRESS_TAKEN, text);
}

static void epoch_is_lost(void **state)
{
	(void)state;
	become_protected();
	strcpy(d.conf.epoch_file, "/nonexistent/epoch");
	fttcpd_epoch_keep(&d, 9);
	run_until(raised(FTTCP_EVT_EPOCH_NOT_KEPT));
	is(FTTCP_EVT_EPOCH_NOT_KEPT, "/nonexistent/epoch: the epoch 9 cannot be "
	   "kept: No such file or directory; if this machine dies, an old "
	   "active may be taken for the right one");
}

static void no_link(void **state)
{
	char text[128];

	(void)state;
	read_conf("backup");
	d.conf.connect = d.conf.listen;
	memset(&d.conf.listen, 0, sizeof(d.conf.listen));
	start();
	run_until(raised(FTTCP_EVT_LINK_NOT_MADE));
	snprintf(text, sizeof(text), "link: cannot connect to 127.0.0.1:%u: "
		 "Connection refused; trying again every 20 ms", link_port);
	is(FTTCP_EVT_LINK_NOT_MADE, text);
}

/* The backup was stopped forced; nobody is where the two others would be. */
static void resend(void **state)
{
	char text[128];
	int fd, peer;

	(void)state;
	read_conf("active");
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = FTTCP_STATE_PROTECTED;
	k.link[0].id = 7;
	k.link[0].state = FTTCP_LINK_STATE_UP;
	k.links = 1;
	d.conf.connect = d.conf.listen;
	d.conf.connect_also.count = 1;
	d.conf.connect_also.ep[0] = d.conf.listen;
	d.conf.connect_also.ep[0].addr[3] = 2;
	memset(&d.conf.listen, 0, sizeof(d.conf.listen));
	d.conf.connect_retry_ms = 20;
	d.conf.auto_resend_count = 3;
	start();
	k.node.state = FTTCP_STATE_HOLDING;
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_FORCED);
	run_until(raised(FTTCP_EVT_RESEND_DUE));
	snprintf(text, sizeof(text), "link: the other node was stopped forced "
		 "(591-000); resending in 20 ms, to 127.0.0.2:%u", link_port);
	is(FTTCP_EVT_RESEND_DUE, text);
	run_until(raised(FTTCP_EVT_RESEND_GIVEN_UP));
	is(FTTCP_EVT_RESEND_GIVEN_UP, "link: nobody took over in 3 attempts; "
	   "the automatic resend is given up until \"fttcpctl link start\"");
	assert_int_equal(d.resend.state, FTTCPD_RESEND_GAVE_UP);
	assert_int_equal(d.resend.tries, 3);
	settle();
	assert_false(ev_is_active(&d.link.retry));
	assert_int_equal(d.link.fds, 0);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	fd = operator("{\"cmd\":\"status\"}");
	run_until(answered(fd));
	close(fd);
	assert_non_null(strstr(answer, "\"resend\":\"gave-up\""));
	assert_non_null(strstr(answer, "fttcpctl link start"));
	/* now somebody is there, and an operator says so */
	peer = peer_listen(link_port);
	fd = operator("{\"cmd\":\"link-start\"}");
	run_until(answered(fd));
	close(fd);
	run_until(seen("link+ "));
	close(peer);
}

/* So many within a minute, and the connections go on meanwhile. */
static void persistent_after(uint32_t count)
{
	become_protected();
	d.conf.on_backup_loss = FTTCP_LOSS_SOLO;
	d.conf.soft_error_count = count;
	d.conf.soft_error_window_ms = 60000;
}

static void copy_fails(uint32_t reason)
{
	k.node.state = FTTCP_STATE_HOLDING;
	kernel_event(FTTCP_EVT_LINK_DOWN, d.link.id, reason);
	run_until(d.state == FTTCPD_S_SOLO);
}

/* The same daemon with a link again. */
static void copy_works(void)
{
	int fd = peer_connect(link_port);

	run_until(d.link.id && !d.link.ended);
	k.node.state = FTTCP_STATE_SYNCING;
	kernel_event(FTTCP_EVT_LINK_UP, d.link.id, 0);
	run_until(d.state == FTTCPD_S_SYNCING);
	close(fd);
}

/* The third soft error within the window is one too many. */
static void soft_errors(void **state)
{
	int fd;

	(void)state;
	persistent_after(3);
	copy_fails(FTTCP_DOWN_REASON_EOF);
	assert_false(raised(FTTCP_EVT_SOFT_ERROR));
	copy_works();
	copy_fails(FTTCP_DOWN_REASON_DECODE);
	is(FTTCP_EVT_SOFT_ERROR, "FTTCP:Informing serverfsm that fttcp had a "
	   "soft error, which will bring the backup down. "
	   "fttcpd_escalate_ended:");
	assert_true(d.link.listen_fd >= 0);
	copy_works();
	copy_fails(FTTCP_DOWN_REASON_HOLD_MAX);
	assert_false(raised(FTTCP_EVT_PERSISTENT_ERROR));
	copy_works();
	copy_fails(FTTCP_DOWN_REASON_MEMORY);
	is(FTTCP_EVT_PERSISTENT_ERROR, "FTTCP:Informing serverfsm that fttcp "
	   "had a persistent error. escalate:");
	assert_int_equal(d.messages.rounds, 1);
	/* nobody is heard, until an operator wants it */
	settle();
	assert_int_equal(d.link.listen_fd, -1);
	fd = operator("{\"cmd\":\"status\"}");
	run_until(answered(fd));
	close(fd);
	assert_non_null(strstr(answer, "\"soft-errors\":0"));
	assert_non_null(strstr(answer, "\"backup-down-ms\":"));
	assert_non_null(strstr(answer, "again and again"));
	fd = operator("{\"cmd\":\"link-start\"}");
	run_until(answered(fd));
	close(fd);
	assert_true(d.link.listen_fd >= 0);
	assert_int_equal(fttcpd_escalate_wait(&d), 0);
}

/* It ends by itself. */
static void soft_error_window(void **state)
{
	(void)state;
	persistent_after(1);
	d.conf.soft_error_window_ms = 200;
	copy_fails(FTTCP_DOWN_REASON_DECODE);
	assert_true(raised(FTTCP_EVT_PERSISTENT_ERROR));
	assert_int_equal(d.link.listen_fd, -1);
	run_until(d.link.listen_fd >= 0);
	copy_works();
}

/* Peers that wait for a backup are not let wait for the window as well. */
static void soft_error_of_held(void **state)
{
	(void)state;
	persistent_after(1);
	d.conf.on_backup_loss = FTTCP_LOSS_HOLD;
	copy_fails(FTTCP_DOWN_REASON_DECODE);
	assert_true(raised(FTTCP_EVT_PERSISTENT_ERROR));
	assert_int_equal(fttcpd_escalate_wait(&d), 0);
	assert_true(d.link.listen_fd >= 0);
	/* somebody lets them go on, and then does not */
	d.conf.on_backup_loss = FTTCP_LOSS_SOLO;
	assert_true(fttcpd_escalate_wait(&d) > 0);
	d.fence.failures = 1;
	assert_int_equal(fttcpd_escalate_wait(&d), 0);
	d.fence.failures = 0;
	d.witness.refused_why = "held";
	assert_int_equal(fttcpd_escalate_wait(&d), 0);
	d.witness.refused_why = NULL;
}

/* With several backups the next one is called, and nothing waits. */
static void soft_error_of_several(void **state)
{
	(void)state;
	persistent_after(1);
	d.conf.connect = d.conf.listen;
	d.conf.connect_also.count = 1;
	d.conf.connect_also.ep[0] = d.conf.listen;
	d.conf.connect_also.ep[0].addr[3] = 2;
	memset(&d.conf.listen, 0, sizeof(d.conf.listen));
	copy_fails(FTTCP_DOWN_REASON_DECODE);
	assert_true(raised(FTTCP_EVT_PERSISTENT_ERROR));
	assert_int_equal(d.resend.target, 1);
	assert_int_equal(fttcpd_escalate_wait(&d), 0);
}

/* Whoever may have to be active looks for the other node, also in the pause. */
static void soft_error_and_takeover(void **state)
{
	(void)state;
	persistent_after(1);
	copy_fails(FTTCP_DOWN_REASON_DECODE);
	assert_true(fttcpd_escalate_wait(&d) > 0);
	d.state = FTTCPD_S_STARTING;
	assert_int_equal(fttcpd_escalate_wait(&d), 0);
	fttcpd_link_open(&d);
	assert_true(d.link.listen_fd >= 0);
}

/* In order, here: nobody is heard or called until an operator wants it. */
static void stopped(void **state)
{
	int fd;

	(void)state;
	become_protected();
	forget();
	fd = operator("{\"cmd\":\"link-stop\"}");
	run_until(answered(fd));
	close(fd);
	assert_non_null(strstr(answer, "\"ok\":true"));
	is(FTTCP_EVT_LINK_STOPPED, "link: stopped by this node, in order; it "
	   "waits for \"fttcpctl link start\"");
	assert_true(seen("link- 7 stopped"));
	k.node.state = FTTCP_STATE_HOLDING;
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_STOPPED);
	run_until(d.state == FTTCPD_S_SOLO);
	settle();
	assert_int_equal(d.link.listen_fd, -1);
	fd = operator("{\"cmd\":\"link-start\"}");
	run_until(answered(fd));
	close(fd);
	assert_true(d.link.listen_fd >= 0);
	/* forced, of a backup: it does not take over */
	fd = operator("{\"cmd\":\"link-stop\",\"force\":true}");
	run_until(answered(fd));
	close(fd);
	is(FTTCP_EVT_LINK_STOPPED, "link: stopped by this node, forced "
	   "(591-000); it waits for \"fttcpctl link start\"");
}

static void unknown_command(void **state)
{
	int fd;

	(void)state;
	become_protected();
	fd = operator("{\"cmd\":\"dance\"}");
	run_until(answered(fd));
	close(fd);
	is(FTTCP_EVT_UNKNOWN_COMMAND, "FTTCP:Unknown command dance. "
	   "do_command:");
}

static void full_table(void **state)
{
	int fd[FTTCPD_CLIENTS + 1], i;

	(void)state;
	become_protected();
	for (i = 0; i <= FTTCPD_CLIENTS; i++) {
		fd[i] = operator("{\"cmd\":\"ready\"}");
		settle();
	}
	is(FTTCP_EVT_SCB_FULL, "FTTCP:SCB-FULL: the table of programs at the "
	   "control socket is full (16). on_connection:");
	for (i = 0; i <= FTTCPD_CLIENTS; i++)
		close(fd[i]);
}

/* More addresses than fit into the smallest buffer that a socket can have. */
static void answer_too_long(void **state)
{
	int fd, size = 1, i;
	char c;

	(void)state;
	become_protected();
	fd = operator("{\"cmd\":\"ready\"}");
	run_until(answered(fd));
	for (i = 1; i < FTTCPD_CONF_SERVICES; i++) {
		d.conf.service[i] = d.conf.service[0];
		memset(d.conf.service[i].dev, 'x',
		       sizeof(d.conf.service[i].dev) - 1);
	}
	d.conf.services = FTTCPD_CONF_SERVICES;
	assert_int_equal(setsockopt(d.control.client[0].fd, SOL_SOCKET,
				    SO_SNDBUF, &size, sizeof(size)), 0);
	assert_int_equal(send(fd, "{\"cmd\":\"status\"}", 16, 0), 16);
	run_until(recv(fd, &c, 1, MSG_DONTWAIT) == 0);
	close(fd);
	d.conf.services = 1;
	is(FTTCP_EVT_PACK_MESSAGE_FAILED, "FTTCP:Failed to pack message. "
	   "send_reply:");
}

/* The kernel's events cannot be read any more. */
static void no_events(void **state)
{
	(void)state;
	become_protected();
	k.read_err = -EBADF;
	assert_int_equal(write(k.pipe[1], "", 1), 1);
	run_until(raised(FTTCP_EVT_SPI_ERR));
	k.read_err = 0;
	is(FTTCP_EVT_SPI_ERR, "FTTCP:SPI-ERR: the kernel's events failed and "
	   "cannot be used (9). on_readable:");
}

/* The limits are those of the kernel. */
static void limits(void **state)
{
	struct fttcpd_event_limit burst = { 0 }, often = { 0 }, none = { 0 };
	int i, told = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		told += fttcpd_event_allowed(&burst, "burst", 5000);
		assert_true(fttcpd_event_allowed(&none, "none", 5000));
	}
	assert_int_equal(told, FTTCP_EVENT_BURST);
	assert_true(fttcpd_event_allowed(&burst, "burst", 5000 + 1000));
	for (told = 1, i = 0; i < 1000; i++)
		told += fttcpd_event_allowed(&burst, "burst", 5000 + 1000);
	assert_int_equal(told, FTTCP_EVENT_RATE_PER_SEC);
	assert_true(fttcpd_event_allowed(&often, "short", 0));
	assert_false(fttcpd_event_allowed(&often, "short",
					  FTTCP_EVENT_SHORT_MS - 1));
	assert_true(fttcpd_event_allowed(&often, "short",
					 FTTCP_EVENT_SHORT_MS));
	assert_false(fttcpd_event_allowed(&often, "short",
					  FTTCP_EVENT_SHORT_MS + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(starts),
		bed_test(backup_goes),
		bed_test(takes_over),
		bed_test(takes_over_ipv6),
		bed_test(cannot_take_over),
		bed_test(cannot_switch),
		bed_test(no_role),
		bed_test(nobody),
		bed_test(unwanted),
		bed_test(too_many),
		bed_test(wrong_peer),
		bed_test(role_from_outside),
		bed_test(addresses),
		bed_test(address_has_owner),
		bed_test(epoch_is_lost),
		bed_test(no_link),
		bed_test(resend),
		bed_test(stopped),
		bed_test(soft_errors),
		bed_test(soft_error_window),
		bed_test(soft_error_of_held),
		bed_test(soft_error_of_several),
		bed_test(soft_error_and_takeover),
		bed_test(unknown_command),
		bed_test(full_table),
		bed_test(answer_too_long),
		bed_test(no_events),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests_name("daemon events", tests, bed_enter,
					   bed_leave);
}
