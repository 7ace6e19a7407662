// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock, the generator of choices, the history's file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#define LOG_EVENTS	8192

struct sim sim = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct {
	int fd;
	uint64_t start;
	uint64_t digest;
	unsigned int n;
	struct hist_event ev[LOG_EVENTS];
} log_file;

/* --- choices: splitmix64 -------------------------------------------------- */

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL;
	rng_next(rng);
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

uint64_t rng_range(struct rng *rng, uint64_t from, uint64_t to)
{
	return from + rng_below(rng, to - from + 1);
}

bool rng_chance(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

/* --- the clock ------------------------------------------------------------ */

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t sim_now(void)
{
	return clock_ns() - log_file.start;
}

void sim_sleep(uint64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* --- words ---------------------------------------------------------------- */

static void say(const char *format, va_list args)
{
	uint64_t us = sim_now() / 1000;
	char line[256];

	vsnprintf(line, sizeof(line), format, args);
	printf("sim: %4llu.%06llu %s\n", (unsigned long long)us / 1000000,
	       (unsigned long long)us % 1000000, line);
	fflush(stdout);
}

void sim_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

/* Something is wrong with the simulation itself: no verdict at all. */
void sim_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("sim: broken:\n");
	say(format, args);
	va_end(args);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	exit(2);
}

/* --- history -------------------------------------------------------------- */

static void flush_log(void)
{
	size_t len = log_file.n * sizeof(log_file.ev[0]);

	log_file.digest = hist_hash(log_file.ev, len, log_file.digest);
	log_file.n = 0;
	if (write(log_file.fd, log_file.ev, len) != (ssize_t)len)
		sim_fail("the history cannot be written: %m");
}

int log_open(const char *path)
{
	log_file.start = clock_ns();
	log_file.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			   0644);
	return log_file.fd < 0 ? -errno : 0;
}

/* Of events with the same time the one that is written first was first. */
void log_event_at(uint64_t ns, struct hist_event ev)
{
	if (log_file.fd < 0)
		return;	/* the story is over */
	ev.ns = ns;
	log_file.ev[log_file.n++] = ev;
	if (log_file.n == LOG_EVENTS)
		flush_log();
}

void log_event(struct hist_event ev)
{
	log_event_at(sim_now(), ev);
}

uint64_t log_close(void)
{
	flush_log();
	close(log_file.fd);
	log_file.fd = -1;
	return log_file.digest;
}
