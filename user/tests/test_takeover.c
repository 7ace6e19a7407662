// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon while the kernel is asked for a promotion or a handover, after
 * each way in which that may end, and after events were lost. As in
 * test_daemon.c the kernel is daemon/pretend.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "daemon/bed.h"

static void switchover(void **state)
{
	int fd;

	(void)state;
	become_protected();
	forget();
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	close(fd);
	assert_string_equal(answer, "{\"id\":5,\"ok\":true,\"state\":"
			    "\"waiting\"," NO_TROUBLE "}");
	assert_string_equal(k.record, "handover;addr- 100;link- 7;role 2;");
}

static void switchover_fails(void **state)
{
	int fd;

	(void)state;
	become_protected();
	forget();
	k.handover_err = -EAGAIN;
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	close(fd);
	assert_non_null(strstr(answer, "\"ok\":false,\"error\":\"kernel says "
			       "-11\""));
	assert_string_equal(k.record, "handover;");
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
}

/* The kernel takes its time: the loop goes on, and touches nothing. */
static void switchover_takes_long(void **state)
{
	int gate[2], fd, other, caller;

	(void)state;
	become_protected();
	forget();
	assert_int_equal(pipe(gate), 0);
	k.gate = gate[0];
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(seen("handover;"));
	assert_int_equal(d.state, FTTCPD_S_SWITCHING);
	other = operator("{\"id\":6,\"cmd\":\"status\"}");
	run_until(answered(other));
	assert_non_null(strstr(answer, "\"state\":\"switching\""));
	assert_int_equal(send(other, "{\"cmd\":\"reload\"}", 16, 0), 16);
	run_until(answered(other));
	assert_non_null(strstr(answer, "is under way"));
	assert_int_equal(send(other, "{\"cmd\":\"promote\"}", 17, 0), 17);
	run_until(answered(other));
	assert_non_null(strstr(answer, "is under way"));
	kernel_event(FTTCP_EVT_LINK_DOWN, 7, FTTCP_DOWN_REASON_GOODBYE);
	caller = call_daemon();
	settle();
	assert_string_equal(k.record, "handover;");
	assert_int_equal(write(gate[1], "", 1), 1);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true,\"state\":\"waiting\""));
	assert_string_equal(k.record, "handover;addr- 100;link- 7;role 2;");
	close(caller);
	close(other);
	close(fd);
	close(gate[0]);
	close(gate[1]);
}

/* Who knows what the backup has: not this node, so it has nothing. */
static void switchover_is_unsure(void **state)
{
	int fd;

	(void)state;
	become_protected();
	forget();
	k.handover_err = -ETIMEDOUT;
	k.node.state = FTTCP_STATE_FENCED;
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	close(fd);
	assert_non_null(strstr(answer, "\"ok\":false"));
	assert_non_null(strstr(answer, "promote force"));
	run_until(d.state == FTTCPD_S_WAITING);
	assert_string_equal(k.record, "handover;addr- 100;link- 7;role 2;");
}

/* The link went while the kernel was asked, and nothing was handed over. */
static void switchover_loses_link(void **state)
{
	int fd;

	(void)state;
	become_protected();
	forget();
	k.handover_err = -EPIPE;
	k.node.state = FTTCP_STATE_SOLO;
	k.node.down_reason = FTTCP_DOWN_REASON_EOF;
	k.link[0].state = FTTCP_LINK_STATE_DOWN;
	fd = operator("{\"id\":5,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	close(fd);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_string_equal(k.record, "handover;link- 7;");
}

static uint64_t kept(void)
{
	unsigned long long epoch = 0;
	FILE *f = fopen(d.conf.epoch_file, "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%llu", &epoch), 1);
	fclose(f);
	return epoch;
}

static void use_epoch_file(void)
{
	snprintf(d.conf.epoch_file, sizeof(d.conf.epoch_file), "%s.epoch",
		 conf_path);
}

static bool file_says(const char *text)
{
	char buf[128] = "";
	FILE *f = fopen(d.conf.epoch_file, "r");

	assert_non_null(f);
	assert_true(fread(buf, 1, sizeof(buf) - 1, f) > 0);
	fclose(f);
	return !strcmp(buf, text);
}

/* An intent before the kernel is asked, a fact when it has answered. */
static void epoch_is_kept(void **state)
{
	int gate[2];

	(void)state;
	become_ready();
	k.node.epoch_seen = 4;
	assert_int_equal(pipe(gate), 0);
	k.gate = gate[0];
	use_epoch_file();
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(seen("promote;"));
	assert_int_equal(kept(), 5);
	assert_false(file_says("5\n"));
	assert_int_equal(write(gate[1], "", 1), 1);
	run_until(d.state == FTTCPD_S_SOLO);
	run_until(file_says("5\n"));
	d.epoch_kept = 0;
	fttcpd_epoch_load(&d);
	assert_int_equal(d.epoch_kept, 5);
	unlink(d.conf.epoch_file);
	close(gate[0]);
	close(gate[1]);
}

/* What would be refused is not written: the machine may die while it waits. */
static void epoch_waits_for_the_lease(void **state)
{
	unsigned int before;

	(void)state;
	become_ready();
	k.node.epoch_seen = 4;
	k.node.lease_ms = 5;
	use_epoch_file();
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_PROMOTING);
	before = k.reads;
	run_until(k.reads > before + 4);
	assert_false(seen("promote"));
	assert_int_not_equal(access(d.conf.epoch_file, F_OK), 0);
	k.node.lease_ms = 0;
	run_until(d.state == FTTCPD_S_SOLO);
	assert_int_equal(kept(), 5);
	run_until(!fttcpd_epoch_pending(&d));
	unlink(d.conf.epoch_file);
}

/* What the next daemon makes of an intent, by what the kernel says of itself. */
static void find_intent(const char *boot, uint32_t role, uint64_t seen_epoch,
			uint64_t expect)
{
	FILE *f;

	use_epoch_file();
	f = fopen(d.conf.epoch_file, "w");
	assert_non_null(f);
	fprintf(f, "5\nwas 4 boot %s\n", boot);
	fclose(f);
	k.node.role = role;
	k.node.epoch_seen = seen_epoch;
	d.epoch_kept = 0;
	fttcpd_epoch_load(&d);
	assert_int_equal(d.epoch_kept, expect);
	run_until(!fttcpd_epoch_pending(&d));
	assert_int_equal(kept(), expect);
	unlink(d.conf.epoch_file);
}

static void epoch_was_intended(void **state)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
	char boot[37];

	(void)state;
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%36s", boot), 1);
	fclose(f);
	find_intent(boot, FTTCP_ROLE_BACKUP, 4, 4);
	/* it was taken, or the kernel does not know */
	find_intent(boot, FTTCP_ROLE_ACTIVE, 5, 5);
	find_intent(boot, FTTCP_ROLE_BACKUP, 5, 5);
	find_intent(boot, FTTCP_ROLE_BACKUP, 3, 5);
	find_intent(boot, FTTCP_ROLE_NONE, 4, 5);
	k.node.state = FTTCP_STATE_PROMOTING;
	find_intent(boot, FTTCP_ROLE_BACKUP, 4, 5);
	k.node.state = FTTCP_STATE_NONE;
	/* nobody knows */
	find_intent("b4ffe1e0-0000-4000-8000-000000000000", FTTCP_ROLE_BACKUP,
		    4, 5);
}

/* The epoch for a promotion that the kernel refuses leaves the file as it was. */
static void promotion_is_refused(uint64_t remembered, uint64_t after)
{
	become_ready();
	k.node.epoch_seen = 4;
	k.promote_err = -ENODATA;
	snprintf(d.conf.epoch_file, sizeof(d.conf.epoch_file), "%s.epoch",
		 conf_path);
	if (remembered)
		fttcpd_epoch_keep(&d, remembered);
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_true(seen("promote;"));
	run_until(!fttcpd_epoch_pending(&d));
	assert_int_equal(kept(), after);
	unlink(d.conf.epoch_file);
}

static void epoch_is_given_back(void **state)
{
	(void)state;
	promotion_is_refused(0, 4);
}

/* What the disk remembers may be more than this kernel has seen since it booted. */
static void epoch_is_not_set_back(void **state)
{
	(void)state;
	promotion_is_refused(7, 7);
}

static void epoch_cannot_be_kept(void **state)
{
	(void)state;
	become_ready();
	snprintf(d.conf.epoch_file, sizeof(d.conf.epoch_file),
		 "/nowhere/epoch");
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	run_until(d.epoch_said == -ENOENT);
}

static void hang_the_disk(void)
{
	become_ready();
	k.node.epoch_seen = 4;
	snprintf(d.conf.epoch_file, sizeof(d.conf.epoch_file), "%s.epoch",
		 conf_path);
	k.disk_hangs = true;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_PROMOTING);
}

/* It is waited for, by nobody but the takeover, and not for ever. */
static void disk_hangs(void **state)
{
	double begin;
	int fd;

	(void)state;
	hang_the_disk();
	begin = ev_now(d.loop);
	fd = operator("{\"id\":1,\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "promoting"));
	assert_false(seen("promote;"));
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(ev_now(d.loop) - begin > FTTCP_EPOCH_WRITE_MS / 2000.);
	assert_true(seen("promote;addr+ 100;"));
	run_until(d.epoch_late);
	assert_int_not_equal(access(d.conf.epoch_file, F_OK), 0);
	k.disk_hangs = false;
	run_until(!d.epoch_late && !fttcpd_epoch_pending(&d));
	assert_int_equal(kept(), 5);
	assert_int_equal(d.epoch_said, 0);
	unlink(d.conf.epoch_file);
	close(fd);
}

/* What it hangs with is not asked for again, and the last word counts. */
static void disk_hangs_and_refused(void **state)
{
	(void)state;
	k.promote_err = -ENODATA;
	hang_the_disk();
	run_until(d.epoch_late);
	run_until(d.state == FTTCPD_S_WAITING);
	k.disk_hangs = false;
	run_until(!d.epoch_late && !fttcpd_epoch_pending(&d));
	assert_int_equal(kept(), 4);
	unlink(d.conf.epoch_file);
}

/* The daemon can be ended, and the file is written all the same, to the last word. */
static void disk_hangs_at_the_end(void **state)
{
	int tries = PATIENCE * 1000;

	(void)state;
	hang_the_disk();
	run_until(d.epoch_late && d.state == FTTCPD_S_SOLO);
	fttcpd_takeover_exit(&d);
	fttcpd_epoch_exit(&d);
	assert_int_not_equal(access(d.conf.epoch_file, F_OK), 0);
	k.disk_hangs = false;
	while ((access(d.conf.epoch_file, F_OK) || !file_says("5\n")) &&
	       tries--)
		usleep(1000);
	assert_true(file_says("5\n"));
	unlink(d.conf.epoch_file);
}

static void promotion_fails(void **state)
{
	(void)state;
	become_ready();
	k.promote_err = -ENODATA;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_true(d.said_nobody);
	assert_false(seen("addr+"));
}

/* The answer was lost, the sockets are live: they need their address. */
static void promotion_answer_is_lost(void **state)
{
	(void)state;
	become_ready();
	k.promote_err = -ENOBUFS;
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = FTTCP_STATE_SOLO;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(seen("promote;addr+ 100;"));
}

/* An operator forces while an attempt is under way that has to wait. */
static void force_follows(void **state)
{
	int gate[2], fd;

	(void)state;
	become_ready();
	assert_int_equal(pipe(gate), 0);
	k.gate = gate[0];
	k.promote_err = -EAGAIN;
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(seen("promote;"));
	fd = operator("{\"id\":1,\"cmd\":\"promote\",\"force\":true}");
	run_until(d.takeover.force_next);
	assert_int_equal(write(gate[1], "", 1), 1);
	run_until(seen("promote force;"));
	k.promote_err = 0;
	assert_int_equal(write(gate[1], "", 1), 1);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true,\"state\":\"solo\""));
	close(fd);
	close(gate[0]);
	close(gate[1]);
}

/* Who promotes past the daemon moves the address, too: it only looks. */
static void promoted_by_hand(void **state)
{
	unsigned int before;

	(void)state;
	become_ready();
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = FTTCP_STATE_SOLO;
	before = k.reads;
	kernel_event(FTTCP_EVT_PROMOTED, 0, 0);
	run_until(k.reads > before);
	settle();
	assert_int_equal(d.state, FTTCPD_S_READY);
	assert_string_equal(k.record, "");
}

static void lose_events(void)
{
	k.overrun = true;
	assert_int_equal(write(k.pipe[1], "", 1), 1);
	run_until(!k.overrun);
}

/* A burst of losses makes two looks at the kernel, now and a second later. */
static void events_lost_often(void **state)
{
	unsigned int i, first;

	(void)state;
	become_ready();
	k.node.state = FTTCP_STATE_BACKUP_READY;
	k.link[0].id = 1;
	k.link[0].state = FTTCP_LINK_STATE_UP;
	k.links = 1;
	k.reads = 0;
	lose_events();
	first = k.reads;
	assert_true(first > 0);
	for (i = 0; i < 20; i++)
		lose_events();
	assert_int_equal(k.reads, first);
	run_until(k.reads > first);
	run_until(!ev_is_active(&d.resync));
	assert_int_equal(d.state, FTTCPD_S_READY);
}

/* Lost events are no reason to end a link that is still being made. */
static void events_lost_new_link(void **state)
{
	int fd;

	(void)state;
	read_conf("backup");
	start();
	fd = call_daemon();
	run_until(seen("link+ 1"));
	k.link[0].id = 1;
	k.link[0].state = FTTCP_LINK_STATE_HELLO;
	k.links = 1;
	lose_events();
	settle();
	assert_false(seen("link- 1"));
	k.link[0].state = FTTCP_LINK_STATE_DOWN;
	lose_events();
	run_until(seen("link- 1"));
	close(fd);
}

static void events_lost(void **state)
{
	(void)state;
	become_ready();
	k.node.state = FTTCP_STATE_BACKUP_WAITING;
	k.node.down_reason = FTTCP_DOWN_REASON_CARRIER;
	k.overrun = true;
	assert_int_equal(write(k.pipe[1], "", 1), 1);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(seen("promote;addr+ 100;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(switchover),
		bed_test(switchover_fails),
		bed_test(switchover_takes_long),
		bed_test(switchover_is_unsure),
		bed_test(switchover_loses_link),
		bed_test(epoch_is_kept),
		bed_test(epoch_waits_for_the_lease),
		bed_test(epoch_was_intended),
		bed_test(epoch_is_given_back),
		bed_test(epoch_is_not_set_back),
		bed_test(epoch_cannot_be_kept),
		bed_test(disk_hangs),
		bed_test(disk_hangs_and_refused),
		bed_test(disk_hangs_at_the_end),
		bed_test(promotion_fails),
		bed_test(promotion_answer_is_lost),
		bed_test(force_follows),
		bed_test(promoted_by_hand),
		bed_test(events_lost),
		bed_test(events_lost_often),
		bed_test(events_lost_new_link),
	};

	return cmocka_run_group_tests_name("takeover", tests, bed_enter,
					   bed_leave);
}
