// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the timer of the delayed delete. The age of a message goes on while the machine
 * sleeps, so the timer's clock does, too, which those of the loop do not.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <fttcp/limits.h>

#include "event-gen.h"
#include "retain.h"

static void on_due(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_retain *r = w->data;
	uint64_t times;

	(void)loop;
	(void)revents;
	if (read(r->fd, &times, sizeof(times)) == sizeof(times))
		r->due(r->arg);
}

static int make(void)
{
	const struct timespec each = {
		.tv_sec = FTTCP_REPO_RETAIN_MS / 1000,
		.tv_nsec = FTTCP_REPO_RETAIN_MS % 1000 * 1000000L,
	};
	const struct itimerspec when = { each, each };
	int fd, rc;

	fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!timerfd_settime(fd, 0, &when, NULL))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/**
 * fttcpd_retain_init() - before anything else here
 * @r:		filled
 * @loop:	in which the timer is to run
 * @due:	what is to be done each FTTCP_REPO_RETAIN_MS
 * @arg:	for it
 */
void fttcpd_retain_init(struct fttcpd_retain *r, struct ev_loop *loop,
			void (*due)(void *arg), void *arg)
{
	*r = (struct fttcpd_retain){
		.loop = loop, .fd = -1, .due = due, .arg = arg,
	};
	ev_init(&r->io, on_due);
	r->io.data = r;
	fttcpd_retain_look(r);
}

/**
 * fttcpd_retain_look() - have the timer
 * @r:		timer
 *
 * What could not be had is told once, and tried again with each call.
 */
void fttcpd_retain_look(struct fttcpd_retain *r)
{
	if (r->fd >= 0)
		return;
	r->fd = make();
	if (r->fd < 0) {
		if (!r->said)
			fttcpd_evt_del_signaltimeout_err(r->fd);
		r->said = true;
		return;
	}
	r->said = false;
	ev_io_set(&r->io, r->fd, EV_READ);
	ev_io_start(r->loop, &r->io);
}

/** fttcpd_retain_exit() - its loop ends */
void fttcpd_retain_exit(struct fttcpd_retain *r)
{
	if (r->fd < 0)
		return;
	ev_io_stop(r->loop, &r->io);
	close(r->fd);
	r->fd = -1;
}
