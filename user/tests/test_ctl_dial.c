// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening the connections of a link, both sides, in a network namespace of the
 * test's own; skipped where none may be made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fttcpctl/dial.h"

#define LANES 4
#define LONG_MS 20000
#define SHORT_MS 150

static bool alone;

static int setup(void **state)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		return -1;
	close(fd);
	alone = true;
	return 0;
}

static struct dial dial_to(const char *text, uint32_t timeout_ms)
{
	struct dial dial = { .lanes = LANES, .timeout_ms = timeout_ms };

	assert_int_equal(fttcp_endpoint_parse(text, &dial.peer), 0);
	return dial;
}

static struct dial dial_on(const char *text, uint32_t timeout_ms)
{
	struct dial dial = { .lanes = LANES, .timeout_ms = timeout_ms };

	assert_int_equal(fttcp_endpoint_parse(text, &dial.local), 0);
	return dial;
}

/* The other side: takes its lanes, then writes "x" into each. */
static pid_t listener(const char *text)
{
	struct dial dial = dial_on(text, LONG_MS);
	uint32_t fds[LANES], i;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (dial_open(&dial, fds))
		_exit(1);
	for (i = 0; i < LANES; i++)
		if (write(fds[i], "x", 1) != 1)
			_exit(2);
	_exit(0);
}

static void option_is(int fd, int level, int option, int value)
{
	socklen_t len = sizeof(int);
	int got = -1;

	assert_int_equal(getsockopt(fd, level, option, &got, &len), 0);
	assert_int_equal(!!got, value);
}

static void lane_is_good(int fd)
{
	char byte;

	option_is(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	option_is(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 'x');
}

static void both_sides(const char *text)
{
	struct dial dial = dial_to(text, LONG_MS);
	uint32_t fds[LANES], i;
	int status = -1;
	pid_t pid;

	if (!alone)
		skip();
	pid = listener(text);
	assert_int_equal(dial_open(&dial, fds), 0);
	for (i = 0; i < LANES; i++)
		lane_is_good(fds[i]);
	dial_close(fds, LANES);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void ipv4(void **state)
{
	(void)state;
	both_sides("127.0.0.1:5000");
}

static void ipv6(void **state)
{
	(void)state;
	both_sides("[::1]:5000");
}

static void bound(void **state)
{
	struct dial dial = dial_to("127.0.0.1:5001", LONG_MS);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	uint32_t fds[LANES];
	int status = -1;
	pid_t pid;

	(void)state;
	if (!alone)
		skip();
	assert_int_equal(fttcp_addr_parse("127.0.0.9", &dial.bind), 0);
	pid = listener("127.0.0.1:5001");
	assert_int_equal(dial_open(&dial, fds), 0);
	assert_int_equal(getsockname(fds[LANES - 1], (struct sockaddr *)&sin,
				     &len), 0);
	assert_int_equal(ntohl(sin.sin_addr.s_addr), 0x7f000009);
	dial_close(fds, LANES);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nobody_listens(void **state)
{
	struct dial dial = dial_to("127.0.0.1:5002", SHORT_MS);
	uint32_t fds[LANES];

	(void)state;
	if (!alone)
		skip();
	assert_int_equal(dial_open(&dial, fds), -ECONNREFUSED);
	assert_true(dial_absent(-ECONNREFUSED));
	assert_false(dial_absent(-EADDRNOTAVAIL));
}

static void nobody_connects(void **state)
{
	struct dial dial = dial_on("127.0.0.1:5003", SHORT_MS);
	uint32_t fds[LANES];

	(void)state;
	if (!alone)
		skip();
	assert_int_equal(dial_open(&dial, fds), -ETIMEDOUT);
}

static void address_is_not_here(void **state)
{
	struct dial dial = dial_on("192.0.2.1:5004", LONG_MS);
	uint32_t fds[LANES];

	(void)state;
	if (!alone)
		skip();
	assert_int_equal(dial_open(&dial, fds), -EADDRNOTAVAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(bound),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(nobody_connects),
		cmocka_unit_test(address_is_not_here),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
