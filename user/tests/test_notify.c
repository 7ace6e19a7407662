// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fttcpd says to the service manager and to the journal.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "fttcpd/log.h"
#include "fttcpd/notify.h"

static void addresses(void **state)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 2];
	struct sockaddr_un sun;
	socklen_t len;

	(void)state;
	assert_int_equal(fttcpd_notify_address("/run/n", &sun, &len), 0);
	assert_string_equal(sun.sun_path, "/run/n");
	assert_int_equal(len, offsetof(struct sockaddr_un, sun_path) + 7);
	assert_int_equal(fttcpd_notify_address("@abc", &sun, &len), 0);
	assert_memory_equal(sun.sun_path, "\0abc", 5);
	assert_int_equal(len, offsetof(struct sockaddr_un, sun_path) + 4);

	assert_int_equal(fttcpd_notify_address("", &sun, &len), -EINVAL);
	assert_int_equal(fttcpd_notify_address("/", &sun, &len), -EINVAL);
	assert_int_equal(fttcpd_notify_address("run/n", &sun, &len), -EINVAL);
	memset(path, '/', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(fttcpd_notify_address(path, &sun, &len), -EINVAL);
}

static void message(void **state)
{
	struct sockaddr_un sun;
	char name[64], buf[64];
	socklen_t len;
	ssize_t n;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@fttcp-test-notify-%d", getpid());
	assert_int_equal(fttcpd_notify_address(name, &sun, &len), 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	fttcpd_notify("READY=1\nSTATUS=%s", "solo");
	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(n, strlen("READY=1\nSTATUS=solo"));
	assert_memory_equal(buf, "READY=1\nSTATUS=solo", n);

	unsetenv("NOTIFY_SOCKET");
	fttcpd_notify("READY=1");
	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
	close(fd);
}

static void watchdog(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(fttcpd_notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "5000000", 1);
	assert_int_equal(fttcpd_notify_watchdog_us(), 5000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(fttcpd_notify_watchdog_us(), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(fttcpd_notify_watchdog_us(), 5000000);
}

static void log_lines(void **state)
{
	const int64_t when = 1000000000000123LL;
	char buf[128];

	(void)state;
	fttcpd_log_format(buf, sizeof(buf), LOG_WARNING, 1, when, "text");
	assert_string_equal(buf, "<4>text\n");
	fttcpd_log_format(buf, sizeof(buf), LOG_ERR, 0, when, "text");
	assert_string_equal(buf, "2001-09-09T01:46:40.000123Z fttcpd: error: "
			    "text\n");
	fttcpd_log_format(buf, sizeof(buf), LOG_DEBUG, 0, when, "text");
	assert_string_equal(buf, "2001-09-09T01:46:40.000123Z fttcpd: debug: "
			    "text\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(message),
		cmocka_unit_test(watchdog),
		cmocka_unit_test(log_lines),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
