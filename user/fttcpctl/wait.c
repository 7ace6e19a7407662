// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for something to happen in the kernel: an event wakes us up, and what
 * it says is read from the object.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "ctl.h"

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int64_t events_deadline(uint32_t ms)
{
	return ms == UINT32_MAX ? INT64_MAX : now_ms() + ms;
}

bool events_late(int64_t deadline)
{
	return now_ms() >= deadline;
}

static int event_ignore(const struct fttcp_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return 0;
}

int events_wait(struct fttcp_events *events, int64_t deadline)
{
	struct pollfd pfd = { .fd = fttcp_events_fd(events), .events = POLLIN };
	int64_t left = deadline - now_ms();
	int err;

	/* poll() takes an int, which is less than the longest wait */
	if (left > INT_MAX)
		left = INT_MAX;
	if (poll(&pfd, 1, left > 0 ? left : 0) < 0 && errno != EINTR)
		return -errno;
	err = fttcp_events_read(events, event_ignore, NULL);
	return err == -ENOBUFS ? 0 : err;
}
