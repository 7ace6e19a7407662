// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and its clients, in the pretended kernel: the link waits for them,
 * and does not where that would leave two nodes active.
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
#include <libgen.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/bed.h"
#include "fttcp-client.h"

static char base[64];

static const char *in_base(const char *name)
{
	static char path[sizeof(base) + 32];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void write_clients(const char *role, const char *file)
{
	char more[512], copy[64];

	strcpy(copy, conf_path);
	snprintf(base, sizeof(base), "%s", dirname(copy));
	snprintf(more, sizeof(more), SERVICE "[messages]\nclients = bgp, ldp\n"
		 "client-socket = %.40s/clients\n"
		 "[repository]\nfile = %.40s/%s\n", base, base, file);
	write_conf(role, "", more);
}

static void read_clients(const char *role)
{
	char err[FTTCPD_CONF_ERROR];

	write_clients(role, "m.db");
	if (fttcpd_conf_read(conf_path, &d.conf, err))
		fail_msg("%s", err);
	d.conf.messages_port = peer_free_port();
}

static int teardown(void **state)
{
	static const char * const files[] = {
		"m.db", "m.db-wal", "m.db-shm", "m.db.lock",
		"n.db", "n.db-wal", "n.db-shm", "n.db.lock",
	};
	int rc = bed_teardown(state);
	unsigned int i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(in_base(files[i]));
	return rc;
}

/* What the messenger would say; it has said its own first. */
static void news(bool complete, bool peer, uint32_t role, bool holding)
{
	struct fttcpd_messages_status *s = &d.messages.status;

	run_until(s->clients == 2);
	s->complete = complete;
	s->peer = peer;
	s->peer_role = role;
	s->peer_holding = holding;
	fttcpd_messages_check(&d);
}

static bool link_is_open(void)
{
	int fd = call_daemon();

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void link_waits(void **state)
{
	(void)state;
	read_clients("active");
	start();
	run_until(d.state == FTTCPD_S_CLIENTS);
	/* it is active, and has the address */
	run_until(d.vip.announced[0] == 2);
	assert_true(d.vip.present[0]);
	assert_int_equal(d.link.listen_fd, -1);
	assert_false(link_is_open());
	news(true, true, FTTCP_ROLE_BACKUP, false);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	assert_true(link_is_open());
	run_until(seen("link+ 1"));
	/* once the sockets follow, a client that is lost ends nothing */
	kernel_event(FTTCP_EVT_LINK_UP, 1, 0);
	run_until(d.state == FTTCPD_S_SYNCING);
	news(false, true, FTTCP_ROLE_BACKUP, false);
	assert_int_equal(d.state, FTTCPD_S_SYNCING);
	/* but the next link waits again */
	kernel_event(FTTCP_EVT_LINK_DOWN, 1, FTTCP_DOWN_REASON_EOF);
	run_until(d.state == FTTCPD_S_CLIENTS);
	assert_false(link_is_open());
}

/* Two actives find out over the link which of them goes on. */
static void not_for_two(void **state)
{
	(void)state;
	read_clients("active");
	start();
	run_until(d.state == FTTCPD_S_CLIENTS);
	news(false, true, FTTCP_ROLE_ACTIVE, true);
	assert_int_equal(d.state, FTTCPD_S_SOLO);
	assert_true(link_is_open());
	news(false, true, FTTCP_ROLE_BACKUP, false);
	assert_int_equal(d.state, FTTCPD_S_CLIENTS);
}

/* A node that looks for an active one hears of it beside the link. */
static void hears_of_it(void **state)
{
	(void)state;
	read_clients("active");
	d.conf.startup_wait_ms = PATIENCE * 1000;
	start();
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	news(false, true, FTTCP_ROLE_ACTIVE, false);
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	news(false, true, FTTCP_ROLE_ACTIVE, true);
	assert_int_equal(d.state, FTTCPD_S_WAITING);
	assert_false(ev_is_active(&d.timer));
	assert_false(seen("role 1"));
}

static void orphan_does_not_promote(void **state)
{
	(void)state;
	read_clients("backup");
	d.conf.startup_wait_ms = PATIENCE * 1000;
	k.node.role = FTTCP_ROLE_BACKUP;
	k.node.state = FTTCP_STATE_BACKUP_WAITING;
	k.node.down_reason = FTTCP_DOWN_REASON_EOF;
	start();
	assert_int_equal(d.state, FTTCPD_S_ORPHANED);
	news(false, true, FTTCP_ROLE_ACTIVE, true);
	assert_int_equal(d.state, FTTCPD_S_WAITING);
	assert_false(seen("promote"));
}

static void operators_are_told(void **state)
{
	int fd;

	(void)state;
	read_clients("active");
	start();
	run_until(d.state == FTTCPD_S_CLIENTS);
	run_until(d.messages.status.clients == 2);
	fd = operator("{\"id\":1,\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"state\":\"clients\""));
	assert_non_null(strstr(answer, "\"missing\":\"bgp, ldp\""));
	assert_non_null(strstr(answer, "m.db\""));
	close(fd);
	fd = operator("{\"id\":1,\"cmd\":\"clients\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"name\":\"bgp\",\"state\":\"absent\","
			       "\"awaited\":true,\"here\":false"));
	close(fd);
	fd = operator("{\"id\":1,\"cmd\":\"switchover\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "client show"));
	close(fd);
	fd = operator("{\"id\":1,\"cmd\":\"promote\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"ok\":true"));
	close(fd);
}

/* Without clients in the configuration there is nothing of all this. */
static void none_configured(void **state)
{
	char err[FTTCPD_ERROR];
	struct stat st;
	int fd;

	(void)state;
	become_protected();
	assert_null(d.messages.messenger);
	fd = operator("{\"id\":1,\"cmd\":\"clients\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "no clients are configured"));
	close(fd);
	/* a reload brings them, and takes them away again */
	read_clients("active");
	assert_int_equal(fttcpd_reload(&d, NULL, NULL, err), 0);
	assert_non_null(d.messages.messenger);
	assert_int_equal(d.state, FTTCPD_S_PROTECTED);
	run_until(d.messages.status.clients == 2);
	assert_int_equal(stat(in_base("n.db"), &st), -1);
	/* another file, while it runs */
	write_clients("active", "n.db");
	assert_int_equal(fttcpd_reload(&d, NULL, NULL, err), 0);
	run_until(d.messages.status.clients == 2);
	assert_int_equal(stat(in_base("n.db"), &st), 0);
	write_conf("active", "", SERVICE);
	assert_int_equal(fttcpd_reload(&d, NULL, NULL, err), 0);
	assert_null(d.messages.messenger);
}

/* A disk that cannot be had is said, and clients are not let in meanwhile. */
static void no_repository(void **state)
{
	int fd;

	(void)state;
	read_clients("active");
	strcpy(d.conf.repo_file, "/nowhere/m.db");
	start();
	run_until(d.messages.status.trouble[0]);
	fd = operator("{\"id\":1,\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "name a file in a directory"));
	close(fd);
}

#define clients_test(name)	\
	cmocka_unit_test_setup_teardown(name, bed_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		clients_test(link_waits),
		clients_test(not_for_two),
		clients_test(hears_of_it),
		clients_test(orphan_does_not_promote),
		clients_test(operators_are_told),
		clients_test(none_configured),
		clients_test(no_repository),
	};

	return cmocka_run_group_tests_name("clients", tests, bed_enter,
					   bed_leave);
}
