// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fence of the daemon in the pretended kernel: programs that succeed, fail, hang,
 * and are not there; who takes over when.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "daemon/bed.h"

static char program[80], out[80];

/* The program of the fence: a script; what it writes goes to $OUT. */
static void fence_is(const char *script)
{
	FILE *f;

	snprintf(program, sizeof(program), "%s.fence", conf_path);
	snprintf(out, sizeof(out), "%s.out", conf_path);
	f = fopen(program, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nOUT=%s\n%s\n", out, script);
	fclose(f);
	assert_int_equal(chmod(program, 0755), 0);
	snprintf(d.conf.fence_program, sizeof(d.conf.fence_program),
		 "%s on 1", program);
	d.conf.peer_id = 2;
	d.conf.fence_timeout_ms = PATIENCE * 1000;
	d.conf.fence_retry_ms = 20;
}

static int leave(void **state)
{
	unlink(program);
	unlink(out);
	return bed_teardown(state);
}

static bool wrote(const char *text)
{
	char buf[512] = "";
	FILE *f = fopen(out, "r");

	if (!f)
		return false;
	if (!fread(buf, 1, sizeof(buf) - 1, f))
		buf[0] = '\0';
	fclose(f);
	return strstr(buf, text);
}

static void lose(void)
{
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_CARRIER);
}

static bool says(uint32_t event, const char *text)
{
	return strstr(k.raised[event], text);
}

static void succeeds(void **state)
{
	(void)state;
	become_ready();
	k.node.epoch_seen = 4;
	fence_is("env | grep FTTCP_FENCE | sort >$OUT; echo $1 $2 >>$OUT\n"
		 "while [ -e $OUT ]; do :; done");
	d.conf.path_peer.family = AF_INET;
	memcpy(d.conf.path_peer.addr, "\x0a\0\0\3", 4);
	lose();
	run_until(wrote("on 1\n"));
	assert_int_equal(d.state, FTTCPD_S_FENCING);
	assert_true(wrote("FTTCP_FENCE_ADDRESS=10.0.0.3\nFTTCP_FENCE_BY=1\n"
			  "FTTCP_FENCE_EPOCH=4\nFTTCP_FENCE_NODE=2\n"
			  "FTTCP_FENCE_REASON=carrier\n"));
	assert_false(seen("promote"));
	assert_true(says(FTTCP_EVT_FENCE_STARTED, "node 2 is lost (carrier)"));
	unlink(out);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_ptr_equal(strstr(k.record, "promote;addr+ 100;"), k.record);
	assert_string_equal(k.raised[FTTCP_EVT_FENCE_SUCCEEDED],
			    "node 2 is fenced");
	assert_string_equal(fttcpd_fence_trouble(&d), "");
}

/* Tried again until it succeeds; nobody takes over before. */
static void fails_first(void **state)
{
	(void)state;
	become_ready();
	fence_is("echo x >>$OUT; [ $(wc -l <$OUT) = 3 ] || exit 7");
	lose();
	run_until(says(FTTCP_EVT_FENCE_FAILED, "ended with the status 7"));
	assert_true(says(FTTCP_EVT_FENCE_FAILED, "tried again in 20 ms"));
	assert_int_equal(d.state, FTTCPD_S_FENCING);
	assert_false(seen("promote"));
	assert_non_null(strstr(fttcpd_fence_trouble(&d), "not taking over"));
	/* a living active is found again meanwhile */
	assert_true(d.link.listen_fd >= 0);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_true(wrote("x\nx\nx\n"));
}

/* It ignores what it is told, with all of its group. */
static void hangs(void **state)
{
	(void)state;
	become_ready();
	fence_is("trap '' TERM; echo $$ >$OUT; while :; do :; done");
	d.conf.fence_timeout_ms = 200;
	d.conf.fence_retry_ms = PATIENCE * 1000;
	lose();
	run_until(says(FTTCP_EVT_FENCE_FAILED, "longer than timeout"));
	assert_int_equal(d.fence.pid, 0);
	assert_int_equal(d.state, FTTCPD_S_FENCING);
	assert_false(seen("promote"));
}

static void is_not_there(void **state)
{
	(void)state;
	become_ready();
	fence_is("exit 0");
	unlink(program);
	d.conf.fence_retry_ms = PATIENCE * 1000;
	lose();
	run_until(says(FTTCP_EVT_FENCE_FAILED, "No such file"));
	assert_int_equal(d.state, FTTCPD_S_FENCING);
}

/* The active said itself that it is none any more. */
static void goodbye_needs_none(void **state)
{
	(void)state;
	become_ready();
	fence_is("exit 1");
	kernel_event(FTTCP_EVT_GOODBYE, 1, FTTCP_DOWN_REASON_GOODBYE);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_int_equal(k.raised[FTTCP_EVT_FENCE_STARTED][0], 0);
}

/* The link comes back while the fence fails: the active lives. */
static void link_comes_back(void **state)
{
	int fd;

	(void)state;
	become_ready();
	fence_is("exit 1");
	d.conf.fence_retry_ms = PATIENCE * 1000;
	lose();
	run_until(says(FTTCP_EVT_FENCE_FAILED, "status 1"));
	fd = call_daemon();
	run_until(seen("link+ 2"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 2, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
	assert_string_equal(fttcpd_fence_trouble(&d), "");
}

/* An operator may know better, and ends the program. */
static void operator_forces(void **state)
{
	int fd;

	(void)state;
	become_ready();
	fence_is("echo x >$OUT; while :; do :; done");
	lose();
	run_until(wrote("x"));
	fd = operator("{\"id\":1,\"cmd\":\"promote\",\"force\":true}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true"));
	run_until(!d.fence.pid);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	assert_int_equal(k.raised[FTTCP_EVT_FENCE_FAILED][0], 0);
	close(fd);
}

/* He asks without force: he hears that it was not possible. */
static void operator_asks(void **state)
{
	int fd;

	(void)state;
	become_ready();
	fence_is("exit 5");
	d.conf.fence_retry_ms = PATIENCE * 1000;
	lose();
	run_until(says(FTTCP_EVT_FENCE_FAILED, "status 5"));
	k.raised[FTTCP_EVT_FENCE_FAILED][0] = '\0';
	fd = operator("{\"id\":1,\"cmd\":\"promote\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "could not be fenced: it ended with the "
			       "status 5"));
	close(fd);
}

static void none(void **state)
{
	(void)state;
	become_ready();
	strcpy(d.conf.fence_program, "none");
	d.conf.allow_unfenced = 1;
	assert_non_null(strstr(fttcpd_fence_trouble(&d), "nothing fences"));
	lose();
	run_until(d.state == FTTCPD_S_SOLO);
}

/* The daemon ends while the program runs. */
static void daemon_ends(void **state)
{
	(void)state;
	become_ready();
	fence_is("echo x >$OUT; while :; do :; done");
	lose();
	run_until(wrote("x"));
	fttcpd_fence_exit(&d);
	assert_int_equal(d.fence.pid, 0);
}

#define fence_test(name)	\
	cmocka_unit_test_setup_teardown(name, bed_setup, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fence_test(succeeds),
		fence_test(fails_first),
		fence_test(hangs),
		fence_test(is_not_there),
		fence_test(goodbye_needs_none),
		fence_test(link_comes_back),
		fence_test(operator_forces),
		fence_test(operator_asks),
		fence_test(none),
		fence_test(daemon_ends),
	};

	return cmocka_run_group_tests_name("fence", tests, bed_enter,
					   bed_leave);
}
