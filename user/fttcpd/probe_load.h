/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the machine's time an ordinary program cannot have, as far as that can
 * be seen from outside of it: when many want to run, and when all wait for memory.
 */
#ifndef FTTCPD_PROBE_LOAD_H
#define FTTCPD_PROBE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct fttcpd_load - what is looked at
 * @running_fd:	/proc/loadavg, -1 where there is none
 * @memory_fd:	/proc/pressure/memory, the same
 * @cpus:	how many this machine has
 * @memory_us:	what @memory_fd said at the beginning
 */
struct fttcpd_load {
	int running_fd;
	int memory_fd;
	unsigned int cpus;
	int64_t memory_us;
};

long fttcpd_load_running(const char *loadavg);
int64_t fttcpd_load_stalled_us(const char *pressure);
bool fttcpd_load_is_crowd(long running, unsigned int cpus);

void fttcpd_load_begin(struct fttcpd_load *load);
bool fttcpd_load_crowded(const struct fttcpd_load *load);
int64_t fttcpd_load_end(struct fttcpd_load *load);

#endif /* FTTCPD_PROBE_LOAD_H */
