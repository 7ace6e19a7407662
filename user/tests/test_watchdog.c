// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon without a kernel: when it gives the service manager a sign of life,
 * and when not. See test_daemon.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fttcp/limits.h>

#include "daemon/bed.h"
#include "fttcpd/notify.h"

static int manager = -1;

/* A service manager that wants a sign of life every 20 ms. */
static void watch(void)
{
	struct sockaddr_un sun;
	char name[64];
	socklen_t len;

	snprintf(name, sizeof(name), "@fttcp-test-watchdog-%d", getpid());
	assert_int_equal(fttcpd_notify_address(name, &sun, &len), 0);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&sun, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "20000", 1);
	fttcpd_watchdog_start(&d);
}

static void unwatch(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(manager);
}

static bool told(const char *what)
{
	char text[128];
	ssize_t n;

	while ((n = recv(manager, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		if (strstr(text, what))
			return true;
	}
	return false;
}

static bool fed(void)
{
	return told("WATCHDOG=1");
}

/* The loop goes round some times, as long as some signs of life would take. */
static void a_while(void)
{
	unsigned int reads = k.reads;

	run_until(k.reads >= reads + 5);
}

static bool silent(void)
{
	while (told(""))
		;
	a_while();
	return !fed();
}

static void alive(void **state)
{
	(void)state;
	become_protected();
	watch();
	run_until(fed());
	run_until(fed());
	unwatch();
}

/* The kernel does not answer, or is not heard. */
static void deaf(void **state)
{
	(void)state;
	become_protected();
	watch();
	run_until(fed());
	k.node_err = -ENOMEM;
	assert_true(silent());
	assert_true(d.said_dead);
	k.node_err = 0;
	run_until(fed());
	assert_false(d.said_dead);
	ev_io_stop(d.loop, &d.events_io);
	assert_true(silent());
	ev_io_start(d.loop, &d.events_io);
	run_until(fed());
	unwatch();
}

/*
 * The thread with a promotion does not come back. It is given its time, and not
 * more; when it comes back after all, all is well.
 */
static void stuck_request(void **state)
{
	int gate[2];

	(void)state;
	assert_int_equal(pipe(gate), 0);
	become_ready();
	watch();
	k.gate = gate[0];
	d.conf.hold_max_ms = 100;
	fttcpd_takeover_promote(&d, true);
	run_until(seen("promote force"));
	assert_false(silent());
	assert_int_equal(d.progress.limit_ms[FTTCPD_WORK_REQUEST],
			 100 + FTTCP_REQUEST_MS);
	d.progress.since_us[FTTCPD_WORK_REQUEST] -=
		(100 + FTTCP_REQUEST_MS) * 1000LL;
	assert_true(silent());
	assert_true(d.said_dead);
	/* it is told to end: nothing that is stuck is waited for */
	d.stopping = true;
	assert_true(silent());
	assert_false(told("EXTEND"));
	d.stopping = false;
	assert_int_equal(write(gate[1], "", 1), 1);
	run_until(!fttcpd_takeover_busy(&d));
	run_until(fed());
	assert_false(d.said_dead);
	unwatch();
	close(gate[0]);
	close(gate[1]);
}

/* A disk that hangs is told of, and not a reason. */
static void stuck_disk(void **state)
{
	char file[96];
	int fd;

	(void)state;
	become_protected();
	watch();
	fd = operator("{\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, NO_TROUBLE));
	snprintf(file, sizeof(file), "%.64s.epoch", conf_path);
	snprintf(d.conf.epoch_file, sizeof(d.conf.epoch_file), "%s", file);
	k.disk_hangs = true;
	fttcpd_epoch_keep(&d, 9);
	run_until(d.epoch_late);
	assert_false(silent());
	assert_int_equal(send(fd, "{\"cmd\":\"status\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "the epoch is not on the disk"));
	k.disk_hangs = false;
	run_until(!d.epoch_late);
	assert_int_equal(send(fd, "{\"cmd\":\"status\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_non_null(strstr(answer, NO_TROUBLE));
	unwatch();
	close(fd);
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(alive),
		bed_test(deaf),
		bed_test(stuck_request),
		bed_test(stuck_disk),
	};

	return cmocka_run_group_tests_name("watchdog", tests, bed_enter,
					   bed_leave);
}
