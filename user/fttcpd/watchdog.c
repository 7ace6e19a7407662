// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the sign of life to the service manager. It is given by the loop itself,
 * so one that stands still gives none; and only while the kernel answers, its
 * events are listened to, and nothing that is done beside the loop is stuck. A
 * manager that hears nothing ends this daemon and starts another one, which
 * adopts what the kernel has: the connections notice nothing of it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "log.h"
#include "notify.h"

/* How often, where the manager does not want it more often. */
#define ALIVE_SEC	10.

/** fttcpd_monotonic_us() - what work beside the loop is timed by */
int64_t fttcpd_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/** fttcpd_now_ms() - the same in milliseconds, for what people configure */
int64_t fttcpd_now_ms(void)
{
	return fttcpd_monotonic_us() / 1000;
}

static bool say_dead(struct fttcpd *d, const char *what)
{
	if (!d->said_dead)
		log_err("no progress: %s; the service manager gets no sign of "
			 "life until there is, and starts this daemon anew",
			 what);
	d->said_dead = true;
	return false;
}

/* Only a daemon that can still talk to the kernel, and hear it, is alive. */
static bool is_alive(struct fttcpd *d)
{
	struct fttcp_node node = { 0 };
	enum fttcpd_work work;
	int rc;

	rc = fttcp_node_get(d->nl, &node);
	if (rc)
		return say_dead(d, fttcpd_kernel_error(d, rc));
	if (!ev_is_active(&d->events_io))
		return say_dead(d, "nobody listens to the kernel's events");
	work = fttcpd_progress_stuck(&d->progress, fttcpd_monotonic_us());
	if (work != FTTCPD_WORKS)
		return say_dead(d, fttcpd_progress_name(work));
	if (d->said_dead)
		log_notice("progress again");
	d->said_dead = false;
	return true;
}

static void on_watchdog(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)revents;
	if (d->failed) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (!is_alive(d))
		return;
	fttcpd_notify("WATCHDOG=1");
	if (d->stopping)
		fttcpd_notify("EXTEND_TIMEOUT_USEC=%d", FTTCPD_EXTEND_US);
}

/** fttcpd_watchdog_start() - begin to give signs of life */
void fttcpd_watchdog_start(struct fttcpd *d)
{
	double sec = fttcpd_notify_watchdog_us() / 1e6 / 2;

	if (sec <= 0 || sec > ALIVE_SEC)
		sec = ALIVE_SEC;
	ev_timer_init(&d->watchdog, on_watchdog, sec, sec);
	d->watchdog.data = d;
	ev_timer_start(d->loop, &d->watchdog);
}

/** fttcpd_watchdog_stop() - end it */
void fttcpd_watchdog_stop(struct fttcpd *d)
{
	ev_timer_stop(d->loop, &d->watchdog);
}

/**
 * fttcpd_watchdog_trouble() - what takes too long, and is no reason to start anew
 * @d:		daemon
 *
 * Return: what an operator has to know, "" when there is nothing.
 */
const char *fttcpd_watchdog_trouble(const struct fttcpd *d)
{
	int64_t now = fttcpd_monotonic_us();

	if (fttcpd_progress_late(&d->progress, FTTCPD_WORK_DISK, now))
		return "the epoch is not on the disk, which does not answer; "
		       "fttcpd's log says what may follow";
	if (fttcpd_progress_late(&d->progress, FTTCPD_WORK_MESSAGES, now))
		return "clients are not served: the disk with the repository "
		       "does not answer; look for its errors in dmesg";
	return "";
}
