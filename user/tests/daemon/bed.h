/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon under test in the pretended kernel, for all tests of it: one at a
 * time. cmocka.h comes before this.
 */
#ifndef TESTS_DAEMON_BED_H
#define TESTS_DAEMON_BED_H

#include <stdbool.h>
#include <stdint.h>

#include "fttcpd/daemon.h"
#include "peer.h"
#include "pretend.h"

/* Longest wait for anything; what is waited for takes milliseconds. */
#define PATIENCE	20.

#define SERVICE	"[service]\naddress = 10.0.0.100/24 dev lo\n" \
		"announce-count = 2\nannounce-interval = 10ms\n"

/* What is left to warn of when nothing is wrong: the pretended node has no key. */
#define NO_TROUBLE	"\"warning\":\"the link is not authenticated: whoever " \
			"reaches its address can be the other node; set " \
			"[auth] key-file\""

extern struct fttcpd d;
extern char conf_path[64], socket_path[64];
extern char answer[65537];
extern uint16_t link_port;

void on_patience(struct ev_loop *loop, ev_timer *w, int revents);
void on_tick(struct ev_loop *loop, ev_timer *w, int revents);

/* Runs the daemon until @condition holds; it may come true in its thread. */
#define run_until(condition)						\
do {									\
	bool late = false;						\
	ev_timer patience, tick;					\
									\
	ev_timer_init(&tick, on_tick, .001, .001);			\
	ev_timer_start(d.loop, &tick);					\
	ev_timer_init(&patience, on_patience, PATIENCE, 0.);		\
	patience.data = &late;						\
	ev_now_update(d.loop);						\
	ev_timer_start(d.loop, &patience);				\
	while (!(condition) && !late)					\
		ev_run(d.loop, EVRUN_ONCE);				\
	ev_timer_stop(d.loop, &patience);				\
	ev_timer_stop(d.loop, &tick);					\
	if (late)							\
		fail_msg("%s did not come; record: %s", #condition,	\
			 k.record);					\
} while (0)

void write_conf(const char *role, const char *settings, const char *more);
void read_conf(const char *role);
bool seen(const char *what);
void forget(void);
void settle(void);
void kernel_event(uint32_t id, uint32_t link_id, uint32_t reason);
void start(void);
int call_daemon(void);
void become_ready(void);
void become_protected(void);
int operator(const char *request);
bool answered(int fd);

int bed_setup(void **state);
int bed_teardown(void **state);
int bed_enter(void **state);
int bed_leave(void **state);

#define bed_test(name)	\
	cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

#endif /* TESTS_DAEMON_BED_H */
