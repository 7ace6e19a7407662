// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what a health probe knows of the machine's load. That it was itself kept from
 * running is not enough: who sleeps most of the time is run at once when it wakes up,
 * also where a service that has something to compute waits for its turn.
 *
 * A file that is not there (a kernel without it, a sandbox that hides it) says
 * nothing.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fttcp/limits.h>

#include "probe_load.h"

/**
 * fttcpd_load_running() - how many want to run
 * @loadavg:	text of /proc/loadavg
 *
 * Return: how many others than the reader, -1 when it does not say.
 */
long fttcpd_load_running(const char *loadavg)
{
	long running;

	if (sscanf(loadavg, "%*f %*f %*f %ld/", &running) != 1 || running < 0)
		return -1;
	return running ? running - 1 : 0;
}

/**
 * fttcpd_load_stalled_us() - how long nothing went on for want of memory
 * @pressure:	text of /proc/pressure/memory
 *
 * Return: microseconds since boot, -1 when it does not say.
 */
int64_t fttcpd_load_stalled_us(const char *pressure)
{
	const char *full = strstr(pressure, "full ");
	const char *total = full ? strstr(full, "total=") : NULL;
	int64_t us;

	if (!total || sscanf(total, "total=%" SCNd64, &us) != 1)
		return -1;
	return us;
}

/**
 * fttcpd_load_is_crowd() - do so many want to run that each gets little?
 * @running:	how many do, negative when that is not known
 * @cpus:	how many can
 */
bool fttcpd_load_is_crowd(long running, unsigned int cpus)
{
	return running >= (long)cpus * FTTCP_PROBE_CROWD;
}

/* Return: @buf, "" when it cannot be read. */
static const char *read_text(int fd, char *buf, size_t size)
{
	ssize_t n = fd < 0 ? 0 : pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/**
 * fttcpd_load_begin() - begin to look
 * @load:	filled
 */
void fttcpd_load_begin(struct fttcpd_load *load)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char buf[256];

	load->running_fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	load->memory_fd = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
	load->cpus = cpus > 0 ? cpus : 1;
	load->memory_us = fttcpd_load_stalled_us(read_text(load->memory_fd, buf,
							   sizeof(buf)));
}

/** fttcpd_load_crowded() - does an ordinary program get little at the moment? */
bool fttcpd_load_crowded(const struct fttcpd_load *load)
{
	char buf[128];
	long running;

	running = fttcpd_load_running(read_text(load->running_fd, buf,
						sizeof(buf)));
	return fttcpd_load_is_crowd(running, load->cpus);
}

/**
 * fttcpd_load_end() - enough
 * @load:	begun
 *
 * Return: microseconds since then in which nothing went on for want of memory.
 */
int64_t fttcpd_load_end(struct fttcpd_load *load)
{
	int64_t now_us;
	char buf[256];

	now_us = fttcpd_load_stalled_us(read_text(load->memory_fd, buf,
						  sizeof(buf)));
	if (load->running_fd >= 0)
		close(load->running_fd);
	if (load->memory_fd >= 0)
		close(load->memory_fd);
	if (now_us < 0 || load->memory_us < 0 || now_us < load->memory_us)
		return 0;
	return now_us - load->memory_us;
}
