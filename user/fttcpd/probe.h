/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A service whose health is looked after, as the daemon has it. Shared by
 * probe.c, which makes the rounds and acts, and probe_report.c, which tells.
 */
#ifndef FTTCPD_PROBE_H
#define FTTCPD_PROBE_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "probe_history.h"
#include "probe_restart.h"
#include "probe_round.h"

struct fttcpd;

/**
 * struct fttcpd_probe_said - what was logged of a target last
 * @at:		the target
 * @failure:	what was wrong with it
 * @ms:		when that was logged
 */
struct fttcpd_probe_said {
	struct fttcp_endpoint at;
	enum fttcpd_probe_failure failure;
	int64_t ms;
};

/**
 * struct fttcpd_probe - one service
 * @d:		daemon
 * @next:	next one, in the order of the configuration, or of those that
 *		are @gone
 * @conf:	what to do, and
 * @rules:	what follows
 * @gone:	the configuration does not have it any more; it is freed when nothing
 *		of it is under way
 * @history:	what happened lately
 * @timer:	next round
 * @round:	the one under way, or NULL; its thread's while that runs
 * @thread:	makes the round
 * @done:	sent by @thread
 * @restart:	the restart under way
 * @rounds:	made since the daemon runs
 * @failed:	of these, those in which something was wrong
 * @restarts:	since the daemon runs
 * @failovers:	the same
 * @last:	how the last round ended
 * @last_late:	it may have been for the machine's load
 * @last_ms:	when that was, 0 for never
 * @took_us:	how long it took
 * @delay_us:	how long an ordinary program could not run meanwhile
 * @text:	what was wrong first, since it was well last
 * @said:	what was logged of each target
 * @said_action: what was said to follow
 */
struct fttcpd_probe {
	struct fttcpd *d;
	struct fttcpd_probe *next;
	struct fttcpd_probe_conf conf;
	struct fttcpd_probe_rules rules;
	bool gone;
	struct fttcpd_probe_history history;
	ev_timer timer;
	struct fttcpd_round *round;
	pthread_t thread;
	ev_async done;
	struct fttcpd_restart restart;
	uint64_t rounds;
	uint64_t failed;
	uint64_t restarts;
	uint64_t failovers;
	enum fttcpd_probe_result last;
	bool last_late;
	int64_t last_ms;
	int64_t took_us;
	int64_t delay_us;
	char text[FTTCPD_PROBE_TEXT];
	struct fttcpd_probe_said said[FTTCP_PROBE_TARGETS_MAX];
	enum fttcpd_probe_action said_action;
};

/* probe_say.c: the log */
void fttcpd_probe_say_round(struct fttcpd_probe *p,
			    const struct fttcpd_round *round);
void fttcpd_probe_say_well(struct fttcpd_probe *p);
void fttcpd_probe_say_action(struct fttcpd_probe *p,
			     enum fttcpd_probe_action action, const char *why);

#endif /* FTTCPD_PROBE_H */
