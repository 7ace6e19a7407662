/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fence: a program that makes sure that the other node is silent, before this
 * one takes over, or goes on alone, without having heard that it is. One thread, the loop's.
 */
#ifndef FTTCPD_FENCE_H
#define FTTCPD_FENCE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fttcpd;
struct fttcpd_conf;

/**
 * struct fttcpd_fence - the fence
 * @pid:	of the program that runs, and of its group; 0 for none
 * @pidfd:	the same, readable when it has ended
 * @io:		@pidfd
 * @limit:	until when it may run, then until when it may take to end
 * @asked:	it was asked to end
 * @stopped:	nobody waits for its result
 * @again:	it is to be run again when it has ended
 * @failures:	in a row
 */
struct fttcpd_fence {
	pid_t pid;
	int pidfd;
	ev_io io;
	ev_timer limit;
	bool asked;
	bool stopped;
	bool again;
	uint32_t failures;
};

void fttcpd_fence_init(struct fttcpd *d);
void fttcpd_fence_exit(struct fttcpd *d);
bool fttcpd_fence_wanted(const struct fttcpd_conf *conf);
void fttcpd_fence_start(struct fttcpd *d);
void fttcpd_fence_stop(struct fttcpd *d);
const char *fttcpd_fence_trouble(const struct fttcpd *d);

#endif /* FTTCPD_FENCE_H */
