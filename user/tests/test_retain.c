// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer of the delayed delete: that it comes, and what is told when there is none.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <linux/fttcp.h>

#include "fttcpd/event-gen.h"
#include "fttcpd/retain.h"

static struct fttcpd_retain r;
static struct itimerspec set;
static unsigned int deletes, timers;
static int settime_errno;

/* In the place of the library's: fails on demand, and does not let anybody wait. */
int timerfd_settime(int fd, int flags, const struct itimerspec *when,
		    struct itimerspec *old)
{
	const struct itimerspec soon = { .it_value.tv_nsec = 1 };

	set = *when;
	timers++;
	errno = settime_errno;
	return settime_errno ? -1 :
	       syscall(SYS_timerfd_settime, fd, flags, &soon, old);
}

static void delete(void *arg)
{
	assert_ptr_equal(arg, &r);
	deletes++;
}

static int begin(void **state)
{
	(void)state;
	deletes = 0;
	timers = 0;
	settime_errno = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	fttcpd_retain_exit(&r);
	assert_int_equal(r.fd, -1);
	return 0;
}

/* What was written to standard error, and where it was before. */
static char *told(void)
{
	static char text[1024];
	size_t n;

	fflush(stderr);
	rewind(stderr);
	n = fread(text, 1, sizeof(text) - 1, stderr);
	text[n] = '\0';
	return text;
}

static void comes(void **state)
{
	(void)state;
	fttcpd_retain_init(&r, EV_DEFAULT, delete, &r);
	assert_true(r.fd >= 0);
	assert_int_equal(set.it_value.tv_sec, 10);
	assert_int_equal(set.it_interval.tv_sec, 10);
	ev_run(EV_DEFAULT, EVRUN_ONCE);
	assert_int_equal(deletes, 1);
	/* nothing to read: it was somebody else's turn */
	ev_feed_event(EV_DEFAULT, &r.io, EV_READ);
	ev_run(EV_DEFAULT, EVRUN_NOWAIT);
	assert_int_equal(deletes, 1);
	fttcpd_retain_look(&r);
	assert_int_equal(timers, 1);
}

static void none(void **state)
{
	char path[] = "/tmp/test_retain.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(freopen(path, "w+", stderr));
	settime_errno = ENOMEM;
	fttcpd_retain_init(&r, EV_DEFAULT, delete, &r);
	assert_int_equal(r.fd, -ENOMEM);
	fttcpd_retain_look(&r);
	assert_int_equal(timers, 2);
	/* FTTCP_EVT_DEL_SIGNALTIMEOUT_ERR: once, and in its words */
	assert_non_null(strstr(told(), "FTTCP:DEL-SIGNALTIMEOUT-ERR: the timer "
			       "of a delayed delete could not be set "
			       "(12). fttcpd_retain_look:"));
	assert_null(strstr(strstr(told(), "DEL-SIG") + 1, "DEL-SIG"));
	settime_errno = 0;
	fttcpd_retain_look(&r);
	assert_true(r.fd >= 0);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes, begin, end),
		cmocka_unit_test_setup_teardown(none, begin, end),
	};

	return cmocka_run_group_tests_name("retain", tests, NULL, NULL);
}
