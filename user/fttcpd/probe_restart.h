/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Restarting a service: "systemctl restart" or a command, in a process group of its
 * own, with a time limit.
 */
#ifndef FTTCPD_PROBE_RESTART_H
#define FTTCPD_PROBE_RESTART_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "conf.h"

/**
 * struct fttcpd_restart - one restart; zero when none is under way
 * @loop:	the daemon's
 * @name:	of the probe
 * @pid:	of the first process, and of its group; 0 for none
 * @pidfd:	the same, readable when it has ended
 * @io:		@pidfd
 * @limit:	until when it may take
 * @late:	it took longer, and was asked to end
 * @ended:	called when it has; with 0, or what it gave in words
 * @arg:	for @ended
 */
struct fttcpd_restart {
	struct ev_loop *loop;
	char name[FTTCPD_CONF_NAME];
	pid_t pid;
	int pidfd;
	ev_io io;
	ev_timer limit;
	bool late;
	void (*ended)(void *arg, const char *error);
	void *arg;
};

int fttcpd_restart_begin(struct fttcpd_restart *r, struct ev_loop *loop,
			 const struct fttcpd_probe_conf *conf,
			 const char *reason,
			 void (*ended)(void *arg, const char *error), void *arg);
bool fttcpd_restart_busy(const struct fttcpd_restart *r);
void fttcpd_restart_leave(struct fttcpd_restart *r);

#endif /* FTTCPD_PROBE_RESTART_H */
