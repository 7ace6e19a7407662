// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client of the control socket against a daemon of three lines, in a child.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fttcp-control.h"

static char dir[] = "/tmp/fttcp-test-XXXXXX";
static char path[sizeof(dir) + 8];
static int listener;
static pid_t child;

/* Takes one connection and one request, then sends the packets. */
static void daemon_start(const char *const *packets)
{
	char request[1024];
	int fd;

	child = fork();
	assert_true(child >= 0);
	if (child)
		return;
	fd = accept(listener, NULL, NULL);
	if (fd < 0 || recv(fd, request, sizeof(request), 0) <= 0)
		_exit(1);
	for (; *packets; packets++)
		if (send(fd, *packets, strlen(*packets), 0) < 0)
			_exit(1);
	_exit(0);
}

static int setup(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	strcpy(sun.sun_path, path);
	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)))
		return -1;
	child = 0;
	return listen(listener, 1);
}

static int teardown(void **state)
{
	int status = 0;

	(void)state;
	close(listener);
	unlink(path);
	rmdir(dir);
	if (child > 0)
		waitpid(child, &status, 0);
	return status;
}

/* Return: what the request returned. */
static int ask(struct json_object **answer, int timeout_ms)
{
	struct json_object *request = json_object_new_object();
	struct fttcp_control *control;
	int err;

	json_object_object_add(request, "cmd", json_object_new_string("status"));
	assert_int_equal(fttcp_control_open(&control, path), 0);
	err = fttcp_control_request(control, request, answer, timeout_ms);
	fttcp_control_close(control);
	json_object_put(request);
	return err;
}

static void answered(void **state)
{
	static const char *const packets[] = {
		"{\"id\":99,\"ok\":false}",	/* somebody else's */
		"{\"id\":1,\"ok\":true,\"state\":\"protected\"}",
		NULL,
	};
	struct json_object *answer, *value;

	(void)state;
	daemon_start(packets);
	assert_int_equal(ask(&answer, 5000), 0);
	assert_true(json_object_object_get_ex(answer, "state", &value));
	assert_string_equal(json_object_get_string(value), "protected");
	json_object_put(answer);
}

static void refused(void **state)
{
	static const char *const packets[] = {
		"{\"id\":1,\"ok\":false,\"error\":\"not now\",\"errno\":11}",
		NULL,
	};
	struct json_object *answer, *value;

	(void)state;
	daemon_start(packets);
	assert_int_equal(ask(&answer, 5000), -EAGAIN);
	assert_true(json_object_object_get_ex(answer, "error", &value));
	assert_string_equal(json_object_get_string(value), "not now");
	json_object_put(answer);
}

static void refused_without_errno(void **state)
{
	static const char *const packets[] = {
		"{\"id\":1,\"ok\":false,\"error\":\"no\"}", NULL,
	};
	struct json_object *answer;

	(void)state;
	daemon_start(packets);
	assert_int_equal(ask(&answer, 5000), -EREMOTEIO);
	json_object_put(answer);
}

static void no_json(void **state)
{
	static const char *const packets[] = { "[1", NULL };
	struct json_object *answer;

	(void)state;
	daemon_start(packets);
	assert_int_equal(ask(&answer, 5000), -EBADMSG);
	assert_null(answer);
}

static void no_verdict(void **state)
{
	static const char *const packets[] = { "{\"id\":1}", NULL };
	struct json_object *answer;

	(void)state;
	daemon_start(packets);
	assert_int_equal(ask(&answer, 5000), -EBADMSG);
	json_object_put(answer);
}

static void daemon_goes_away(void **state)
{
	static const char *const packets[] = { NULL };
	struct json_object *answer;

	(void)state;
	daemon_start(packets);
	assert_int_equal(ask(&answer, 5000), -ECONNRESET);
	assert_null(answer);
}

/* The listener's backlog takes the connection, nobody answers. */
static void no_answer(void **state)
{
	struct json_object *answer;

	(void)state;
	assert_int_equal(ask(&answer, 50), -ETIMEDOUT);
	assert_null(answer);
}

static void no_daemon(void **state)
{
	struct fttcp_control *control = NULL;
	char longest[200];

	(void)state;
	assert_int_equal(fttcp_control_open(&control, "/nonexistent/sock"),
			 -ENOTCONN);
	close(listener);
	listener = -1;
	assert_int_equal(fttcp_control_open(&control, path), -ENOTCONN);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(fttcp_control_open(&control, longest), -ENAMETOOLONG);
	assert_null(control);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answered),
		TEST(refused),
		TEST(refused_without_errno),
		TEST(no_json),
		TEST(no_verdict),
		TEST(daemon_goes_away),
		TEST(no_answer),
		TEST(no_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
