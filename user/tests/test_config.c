// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon without a kernel: what it does and says when its configuration is
 * read again, and how it tells what is in force. See test_daemon.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fttcp/limits.h>

#include "daemon/bed.h"

#define CHANGED_AT(section, key, line, from, to, when)			\
	"{\"section\":\"" section "\",\"key\":\"" key "\",\"line\":" line	\
	",\"from\":\"" from "\",\"to\":\"" to "\",\"takes-effect\":\""	\
	when "\"}"
#define CHANGED(section, key, from, to, when)				\
	"{\"section\":\"" section "\",\"key\":\"" key "\",\"from\":\""	\
	from "\",\"to\":\"" to "\",\"takes-effect\":\"" when "\"}"

static void reload(void **state)
{
	int fd;

	(void)state;
	become_protected();
	forget();
	write_conf("active", "",
		   "[service]\naddress = 10.0.0.101/24 dev lo\n"
		   "announce-count = 1\n[policy a]\nlocal-port = 179\n");
	fd = operator("{\"id\":1,\"cmd\":\"reload\"}");
	run_until(answered(fd));
	assert_string_equal(answer, "{\"id\":1,\"ok\":true,\"changed\":["
			    CHANGED("service", "address", "10.0.0.100\\/24 dev "
				    "lo", "", "now") ","
			    CHANGED_AT("service", "announce-count", "12", "2",
				       "1", "next-use") ","
			    CHANGED("service", "announce-interval", "10ms",
				    "300ms", "next-use") ","
			    CHANGED_AT("service", "address", "11", "",
				       "10.0.0.101\\/24 dev lo", "now") ","
			    CHANGED_AT("policy a", "local-port", "13", "",
				       "179", "next-connection") "]}");
	assert_string_equal(k.record, "policy+ 179;addr- 100;addr+ 101;"
			    "announce 101;");

	/* The same once more: nothing to do. */
	forget();
	assert_int_equal(send(fd, "{\"cmd\":\"reload\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_string_equal(k.record, "");
	assert_non_null(strstr(answer, "\"changed\":[]"));

	/* Another policy, other settings. */
	write_conf("active", "hold-max = 1s\n",
		   "[service]\naddress = 10.0.0.101/24 dev lo\n"
		   "announce-count = 1\n[policy b]\nlocal-port = 646\n");
	assert_int_equal(send(fd, "{\"cmd\":\"reload\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_string_equal(k.record, "policy+ 646;settings;policy- 179;");

	/* A wrong file changes nothing. */
	forget();
	write_conf("active", "hold-max = never\n", "");
	assert_int_equal(send(fd, "{\"cmd\":\"reload\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "conf:5: [node] hold-max: "));
	assert_string_equal(k.record, "");
	assert_int_equal(d.conf.hold_max_ms, 1000);
	close(fd);
}

/* What needs a restart is told, and told again, and stays as it is. */
static void reload_keeps(void **state)
{
	int fd, i;

	(void)state;
	become_protected();
	fd = operator("{\"cmd\":\"config\"}");
	run_until(answered(fd));
	assert_null(strstr(answer, "after-restart"));
	assert_non_null(strstr(answer, "\"key\":\"hold-max\",\"value\":\"2s\","
			       "\"source\":\"default\""));
	assert_non_null(strstr(answer, "\"key\":\"id\",\"line\":2,\"value\":"
			       "\"1\",\"source\":\"file\""));
	forget();
	write_conf("active", "", SERVICE "[control]\ngroup = ops\n");
	for (i = 0; i < 2; i++) {
		assert_int_equal(send(fd, "{\"cmd\":\"reload\"}", 16, 0), 16);
		run_until(answered(fd));
		assert_non_null(strstr(answer, "\"changed\":[{\"section\":"
				       "\"control\",\"key\":\"group\","));
		assert_non_null(strstr(answer, "\"to\":\"ops\","
				       "\"takes-effect\":\"restart\"}]"));
	}
	assert_string_equal(k.record, "");
	assert_string_equal(d.conf.group, "");
	assert_int_equal(send(fd, "{\"cmd\":\"config\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"after-restart\":\"ops\""));
	close(fd);
}

/* The kernel's own limits, and a configuration that is told in parts. */
static void config_in_parts(void **state)
{
	char more[4096] = SERVICE, *next;
	size_t len = strlen(more);
	int fd, i;

	(void)state;
	for (i = 0; i < 60; i++)
		len += sprintf(more + len, "[policy p%d]\nlocal-port = 1\n"
			       "mode = async\n", i);
	k.node.memory_max = 256 << 20;
	write_conf("active", "", more);
	assert_int_equal(fttcpd_conf_read(conf_path, &d.conf, d.error), 0);
	d.conf.policies = 0;	/* the pretended kernel has no room for them */
	start();
	assert_int_equal(fttcpd_conf_read(conf_path, &d.conf, d.error), 0);
	fd = operator("{\"cmd\":\"config\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"key\":\"memory-max\",\"value\":"
			       "\"256M\",\"source\":\"kernel\""));
	next = strstr(answer, "\"next\":");
	assert_non_null(next);
	assert_string_equal(next, "\"next\":100}");
	assert_null(strstr(answer, "policy p59"));
	assert_int_equal(send(fd, "{\"cmd\":\"config\",\"first\":100}", 28, 0),
			 28);
	run_until(answered(fd));
	assert_null(strstr(answer, "\"next\":"));
	assert_non_null(strstr(answer, "\"policy p59\",\"key\":\"mode\""));
	assert_int_equal(send(fd, "{\"cmd\":\"config\",\"first\":-1}", 27, 0),
			 27);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":false"));
	close(fd);
}

static void refused_reload(int fd, const char *why)
{
	assert_int_equal(send(fd, "{\"cmd\":\"reload\"}", 16, 0), 16);
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":false"));
	if (!strstr(answer, why))
		fail_msg("%s", answer);
}

/* Whatever is refused, and by whom: all is as before. */
static void reload_is_refused(void **state)
{
	int fd;

	(void)state;
	become_protected();
	fd = operator("{\"cmd\":\"status\"}");
	run_until(answered(fd));
	forget();
	write_conf("active", "hold-max = 9s\n",
		   "[policy a]\nlocal-port = 179\n"
		   "[policy b]\nlocal-port = 646\n");
	k.policy_bad = 646;
	refused_reload(fd, "conf:13: [policy b]: the kernel refuses it: kernel "
		       "says -22; change or remove it");
	assert_string_equal(k.record, "policy+ 179;policy+ 646;policy- 179;");

	forget();
	k.policy_bad = 0;
	k.settings_err = -ERANGE;
	strcpy(k.error.attr, "hold-max-ms");
	refused_reload(fd, "conf:5: hold-max: the kernel refuses the value: "
		       "kernel says -34; change it");
	assert_string_equal(k.record, "policy+ 179;policy+ 646;settings;"
			    "policy- 646;policy- 179;");

	forget();
	write_conf("active", "", "[service]\naddress = 10.0.0.101/24 dev "
		   "nodev0\n");
	refused_reload(fd, "conf:11: [service] address: device nodev0 does not "
		       "exist; ");
	assert_string_equal(k.record, "");
	assert_int_equal(d.conf.policies, 0);
	assert_int_equal(d.conf.hold_max_ms, FTTCP_HOLD_MAX_MS_DEFAULT);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(reload),
		bed_test(reload_keeps),
		bed_test(config_in_parts),
		bed_test(reload_is_refused),
	};

	return cmocka_run_group_tests_name("config", tests, bed_enter,
					   bed_leave);
}
