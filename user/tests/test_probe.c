// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and the health of a service on the loopback: when it looks, what it
 * does, what it tells. As in test_daemon.c the kernel is daemon/pretend.c.
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
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/bed.h"
#include "fttcpd/probe.h"
#include "probe/load.h"

static uint16_t port;
static char mark_path[128];

/* Rounds follow quickly; a start takes no time. */
#define QUICK	"interval = 100ms\nrestart-wait = 0ms\n"
#define SHORT	"probe-timeout = 100ms\n"

static void read_probe(const char *settings)
{
	char text[1024], err[FTTCPD_CONF_ERROR];

	snprintf(text, sizeof(text), SERVICE "[probe web]\naddress = "
		 "127.0.0.1\nport-list = %u\n" QUICK "%s%s", port,
		 strstr(settings, "probe-timeout") ? "" : SHORT, settings);
	write_conf("active", "", text);
	if (fttcpd_conf_read(conf_path, &d.conf, err))
		fail_msg("%s", err);
}

/* An active node with or without a backup, whose probe is set up like this. */
static void active(const char *settings, bool backup)
{
	read_probe(settings);
	k.node.role = FTTCP_ROLE_ACTIVE;
	k.node.state = backup ? FTTCP_STATE_PROTECTED : FTTCP_STATE_SOLO;
	k.node.epoch = 4;
	k.link[0].id = 7;
	k.link[0].state = FTTCP_LINK_STATE_UP;
	k.links = backup;
	start();
	assert_int_equal(d.state, backup ? FTTCPD_S_PROTECTED : FTTCPD_S_SOLO);
	assert_non_null(d.probes);
}

static const char *show(void)
{
	int fd = operator("{\"cmd\":\"probes\"}");

	run_until(answered(fd));
	close(fd);
	return answer;
}

static void shows(const char *what)
{
	if (!strstr(show(), what))
		fail_msg("no %s in %s", what, answer);
}

static bool marked(void)
{
	return !access(mark_path, F_OK);
}

static void works(void **state)
{
	int fd = peer_listen(port);

	(void)state;
	active("", true);
	shows("\"state\":\"starting\"");
	run_until(d.probes->rounds == 3);
	shows("\"name\":\"web\",\"state\":\"ok\",\"score\":0,\"last\":\"ok\"");
	shows("\"next\":\"fail-over\"");
	assert_null(strstr(answer, "\"text\""));
	assert_int_equal(d.probes->failed, 0);
	close(fd);
}

/* A backup looks at nothing, whatever is wrong. */
static void backup_does_not_look(void **state)
{
	(void)state;
	become_ready();
	read_probe("");
	fttcpd_probe_reload(&d);
	settle();
	assert_false(ev_is_active(&d.probes->timer));
	shows("\"state\":\"off\",\"score\":0,\"last\":\"none\"");
	/* it does as soon as it has taken over */
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_SOLO);
	run_until(d.probes->rounds == 1);
}

static void restarted_and_well(void **state)
{
	char restart[256];
	int fd;

	(void)state;
	snprintf(restart, sizeof(restart), "restart = /bin/touch %s\n",
		 mark_path);
	active(restart, true);
	run_until(marked());
	fd = peer_listen(port);
	run_until(d.probes->rounds - d.probes->failed > 0);
	shows("\"state\":\"ok\",\"score\":0");
	shows("\"restarts\":1,\"retry-count\":2,\"retry-interval-ms\":300000,"
	      "\"next\":\"restart\"");
	assert_false(seen("handover"));
	close(fd);
}

static void failed_over(void **state)
{
	(void)state;
	active("restart = /bin/true\nretry-count = 2\n", true);
	forget();
	run_until(d.state == FTTCPD_S_WAITING);
	assert_true(seen("handover;addr- 100;link- 7;role 2;"));
	assert_int_equal(d.probes->restarts, 2);
	assert_int_equal(d.probes->failovers, 1);
	shows("\"state\":\"off\"");
	shows("\"fail-overs\":1");
}

/* Partial ones: two are as good as a complete one. */
static void hung(void **state)
{
	int fd = peer_listen(port);

	(void)state;
	active("expect = hello\nprobe-timeout = 500ms\n", true);
	run_until(d.probes->failed == 1);
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
	shows("\"state\":\"failing\",\"score\":50,\"last\":\"partial\"");
	shows("did not answer within 500ms");
	run_until(d.state == FTTCPD_S_WAITING);
	/* more where the machine that runs the test stands still at times */
	assert_true(d.probes->failed >= 2);
	close(fd);
}

/* The same, on a machine that has too much to do: nothing follows, until it has not. */
static void hung_for_load(void **state)
{
	int fd = peer_listen(port);

	(void)state;
	pretend_crowd = true;
	active("expect = hello\nprobe-timeout = 200ms\nretry-count = 3\n"
	       "restart = /bin/true\n", true);
	run_until(d.probes->failed == 5);
	assert_int_equal(d.probes->restarts, 0);
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
	shows("\"score\":50,\"last\":\"partial\"");
	assert_non_null(strstr(answer, "\"overloaded\":true"));
	pretend_crowd = false;
	run_until(d.probes->restarts == 1);
	close(fd);
}

/* Nobody to give it to: it stays, until there is somebody. */
static void no_backup(void **state)
{
	(void)state;
	active("", false);
	run_until(d.probes->failed == 4);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	assert_false(seen("handover"));
	assert_int_equal(d.probes->failovers, 0);
	assert_int_equal(d.probes->said_action, FTTCPD_PROBE_STAY);
	fttcpd_event(&d, FTTCPD_E_LINK_UP);
	fttcpd_event(&d, FTTCPD_E_SYNCED);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_int_equal(d.probes->failovers, 1);
}

static void never_failed_over(void **state)
{
	(void)state;
	active("failover = no\nrestart = /bin/true\nretry-count = 1\n", true);
	run_until(d.probes->failed == 4);
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
	assert_int_equal(d.probes->restarts, 1);
	shows("\"next\":\"none\"");
	shows("\"score\":100");
}

/* A handover that the kernel refuses is not asked for again and again. */
static void failover_refused(void **state)
{
	(void)state;
	k.handover_err = -EAGAIN;
	active("", true);
	run_until(seen("handover;"));
	run_until(d.vip.announced[0] == 2);
	forget();
	run_until(d.probes->failed == 4);
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
	assert_string_equal(k.record, "");
	assert_int_equal(d.probes->failovers, 1);
}

/* Each ends in its own way, counts, and is not the end. */
static void restarts_fail(void **state)
{
	static const char * const commands[] = {
		"restart = /bin/false\n",
		"restart = /no/such/program\n",
		"restart = /bin/sleep 1000\nrestart-timeout = 100ms\n",
	};
	char settings[256];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (i) {
			bed_teardown(state);
			bed_setup(state);
		}
		snprintf(settings, sizeof(settings), "failover = no\n"
			 "retry-count = 1\n%s", commands[i]);
		active(settings, true);
		run_until(d.probes->restarts == 1);
		run_until(!fttcpd_restart_busy(&d.probes->restart) &&
			  d.probes->failed >= 2);
		assert_int_equal(d.probes->restarts, 1);
	}
}

/* One that does not want to end, and its children. */
static void restart_is_killed(void **state)
{
	char script[160], settings[320];
	pid_t group;
	FILE *f;

	(void)state;
	snprintf(script, sizeof(script), "%s.sh", mark_path);
	f = fopen(script, "we");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\ntrap '' TERM\necho \"$FTTCP_PROBE: $FTTCP_REASON\" "
		">%s\nsleep 1000 &\nwait; wait\n", mark_path);
	fclose(f);
	chmod(script, 0700);
	snprintf(settings, sizeof(settings), "failover = no\nretry-count = 1\n"
		 "restart-timeout = 300ms\nrestart = %s\n", script);
	active(settings, true);
	run_until(marked());
	shows("\"state\":\"restarting\"");
	group = d.probes->restart.pid;
	assert_int_equal(kill(-group, 0), 0);
	run_until(!fttcpd_restart_busy(&d.probes->restart));
	run_until(kill(-group, 0));
	unlink(script);
	f = fopen(mark_path, "re");
	assert_non_null(f);
	assert_non_null(fgets(settings, sizeof(settings), f));
	fclose(f);
	assert_ptr_equal(strstr(settings, "web: Failed to connect to the host "
				"<127.0.0.1> and port <"), settings);
}

/* A unit is restarted by systemctl, here by one that writes down its words. */
static void unit(void **state)
{
	char dir[] = "/tmp/test_probe.XXXXXX", path[64], line[1024];
	char *before = strdup(getenv("PATH"));
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/systemctl", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\necho \"$*\" >%s.new\nmv %s.new %s\n", mark_path,
		mark_path, mark_path);
	fclose(f);
	chmod(path, 0700);
	snprintf(line, sizeof(line), "%s:%s", dir, before);
	setenv("PATH", line, 1);
	active("restart = web@1.service\n", true);
	run_until(marked());
	setenv("PATH", before, 1);
	f = fopen(mark_path, "re");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_string_equal(line,
			    "--no-ask-password restart -- web@1.service\n");
	unlink(path);
	rmdir(dir);
	free(before);
}

/* The configuration changes: what is known of those that stay is kept. */
static void reloaded(void **state)
{
	char text[1024], err[FTTCPD_ERROR];
	struct fttcpd_probe *web;

	(void)state;
	active("failover = no\nrestart = /bin/true\nretry-count = 1\n", true);
	run_until(d.probes->restarts == 1 && d.probes->failed >= 2);
	web = d.probes;
	snprintf(text, sizeof(text), SERVICE "[probe more]\nport-list = 1\n"
		 "address = 127.0.0.1\n" QUICK "failover = no\nrestart = "
		 "/bin/true\nretry-count = 0\n[probe web]\nport-list = %u\n"
		 "address = 127.0.0.1\n" QUICK "failover = no\nrestart = "
		 "/bin/true\nretry-count = 2\n", port);
	write_conf("active", "", text);
	if (fttcpd_reload(&d, NULL, NULL, err))
		fail_msg("%s", err);
	assert_string_equal(d.probes->conf.name, "more");
	assert_ptr_equal(d.probes->next, web);
	assert_int_equal(web->history.restarts, 1);
	run_until(d.probes->failed >= 1);
	run_until(web->restarts == 2);
	/* and all go, one of them while it is at work */
	run_until(web->round);
	write_conf("active", "", SERVICE);
	assert_int_equal(fttcpd_reload(&d, NULL, NULL, err), 0);
	assert_null(d.probes);
	assert_non_null(strstr(show(), "\"probes\":[]"));
	settle();
}

/* The role is lost while a round waits: what it finds is of no interest. */
static void role_lost(void **state)
{
	int fd = peer_listen(port);

	(void)state;
	active("expect = hello\nprobe-timeout = 60s\n", true);
	run_until(d.probes->round);
	kernel_event(FTTCP_EVT_FENCED, 7, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	run_until(!d.probes->round);
	assert_int_equal(d.probes->rounds, 0);
	shows("\"state\":\"off\"");
	close(fd);
}

/* The daemon may end at any time. */
static void ends_at_work(void **state)
{
	int fd = peer_listen(port);

	(void)state;
	active("expect = hello\nprobe-timeout = 60s\n", true);
	run_until(d.probes->round);
	close(fd);
}

static void ends_while_restarting(void **state)
{
	(void)state;
	active("restart = /bin/sleep 1\n", true);
	run_until(fttcpd_restart_busy(&d.probes->restart));
}

static int setup(void **state)
{
	port = peer_free_port();
	unlink(mark_path);
	return bed_setup(state);
}

static int teardown(void **state)
{
	unlink(mark_path);
	return bed_teardown(state);
}

static int enter(void **state)
{
	int rc = bed_enter(state);

	snprintf(mark_path, sizeof(mark_path), "%s.mark", conf_path);
	return rc;
}

#define probe_test(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		probe_test(works),
		probe_test(backup_does_not_look),
		probe_test(restarted_and_well),
		probe_test(failed_over),
		probe_test(hung),
		probe_test(hung_for_load),
		probe_test(no_backup),
		probe_test(never_failed_over),
		probe_test(failover_refused),
		probe_test(restarts_fail),
		probe_test(restart_is_killed),
		probe_test(unit),
		probe_test(reloaded),
		probe_test(role_lost),
		probe_test(ends_at_work),
		probe_test(ends_while_restarting),
	};

	return cmocka_run_group_tests_name("probe", tests, enter, bed_leave);
}
