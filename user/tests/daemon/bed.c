// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the daemon under test: how it comes up and ends, and the ways into the
 * states that the tests begin in.
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

#include "bed.h"
#include "fttcpd/event.h"

struct fttcpd d;
char conf_path[64], socket_path[64];
static char dir[] = "/tmp/test_daemon.XXXXXX";

uint16_t link_port;

void write_conf(const char *role, const char *settings, const char *more)
{
	FILE *f = fopen(conf_path, "w");

	assert_non_null(f);
	fprintf(f, "[node]\nid = 1\nrole = %s\nstartup-wait = 30ms\n%s"
		"[link]\nlisten = 127.0.0.1:%u\nretry = 20ms\n"
		"[control]\nsocket = %s\n%s"
		"[node]\non-backup-loss = hold\n"
		"[auth]\ninsecure = yes\n", role, settings, link_port,
		socket_path, more);
	fclose(f);
}

void read_conf(const char *role)
{
	char err[FTTCPD_CONF_ERROR];

	write_conf(role, "", SERVICE);
	if (fttcpd_conf_read(conf_path, &d.conf, err))
		fail_msg("%s", err);
}

void on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	*(bool *)w->data = true;
}

void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

bool seen(const char *what)
{
	return pretend_did(what);
}

void forget(void)
{
	k.record[0] = '\0';
}

/* Lets the daemon handle what is ready, without waiting. */
void settle(void)
{
	int i;

	for (i = 0; i < 10; i++)
		ev_run(d.loop, EVRUN_NOWAIT);
}

void kernel_event(uint32_t id, uint32_t link_id, uint32_t reason)
{
	struct fttcp_event *event = &k.event[k.events++];

	memset(event, 0, sizeof(*event));
	event->id = id;
	event->link_id = link_id;
	event->reason = reason;
	assert_int_equal(write(k.pipe[1], "", 1), 1);
}

int bed_setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	memset(&d, 0, sizeof(d));
	k.neighbour_err = -EOPNOTSUPP;
	k.node.on_backup_loss = FTTCP_LOSS_HOLD;
	d.conf_path = conf_path;
	d.loop = ev_loop_new(EVFLAG_AUTO);
	fttcpd_event_init();
	fttcpd_action_init(&d);
	fttcpd_epoch_init(&d);
	fttcpd_takeover_init(&d);
	fttcpd_vip_init(&d);
	fttcpd_look_init(&d);
	fttcpd_link_init(&d);
	fttcpd_messages_init(&d);
	fttcpd_path_init(&d);
	fttcpd_witness_init(&d);
	fttcpd_fence_init(&d);
	return fttcpd_monitor_init(&d);
}

int bed_teardown(void **state)
{
	(void)state;
	fttcpd_watchdog_stop(&d);
	fttcpd_look_stop(&d);
	fttcpd_probe_exit(&d);
	fttcpd_takeover_exit(&d);
	fttcpd_messages_exit(&d);
	fttcpd_path_exit(&d);
	fttcpd_witness_exit(&d);
	fttcpd_fence_exit(&d);
	fttcpd_epoch_exit(&d);
	fttcpd_link_exit(&d);
	fttcpd_control_exit(&d);
	fttcpd_monitor_exit(&d);
	ev_timer_stop(d.loop, &d.vip.timer);
	ev_timer_stop(d.loop, &d.timer);
	ev_loop_destroy(d.loop);
	fttcpd_event_exit();
	return 0;
}

void start(void)
{
	char err[FTTCPD_ERROR];

	assert_int_equal(fttcpd_control_init(&d), 0);
	d.filed = d.conf;
	assert_int_equal(fttcpd_apply(&d, NULL, &d.conf, err), 0);
	fttcpd_probe_reload(&d);
	fttcpd_path_open(&d);
	assert_int_equal(fttcpd_monitor_start(&d), 0);
}

/* The other node connects to the daemon's link. */
int call_daemon(void)
{
	return peer_connect(link_port);
}

/* A backup that is ready, over the kernel's link 1. */
void become_ready(void)
{
	int fd;

	read_conf("backup");
	start();
	assert_int_equal(d.state, FTTCPD_S_WAITING);
	fd = call_daemon();
	run_until(seen("link+ 1"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 1, 0);
	kernel_event(FTTCP_EVT_SYNC_END, 1, 0);
	run_until(d.state == FTTCPD_S_READY);
	forget();
}

/* An active node with a backup, over the kernel's link 7. */
void become_protected(void)
{
	read_conf("active");
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = FTTCP_STATE_PROTECTED;
	k.node.epoch = 4;
	k.link[0].id = 7;
	k.link[0].state = FTTCP_LINK_STATE_UP;
	k.links = 1;
	start();
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
	run_until(d.vip.announced[0] == 2);
}

char answer[65537];

int operator(const char *request)
{
	return peer_ask(socket_path, request);
}

bool answered(int fd)
{
	return peer_answer(fd, answer, sizeof(answer));
}

int bed_enter(void **state)
{
	(void)state;
	link_port = peer_free_port();
	if (!link_port || !mkdtemp(dir))
		return -1;
	snprintf(conf_path, sizeof(conf_path), "%s/conf", dir);
	snprintf(socket_path, sizeof(socket_path), "%s/sock", dir);
	return 0;
}

int bed_leave(void **state)
{
	(void)state;
	unlink(conf_path);
	return rmdir(dir);
}
