// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon without a kernel: how it asks for the service addresses before it
 * becomes active by itself. See test_daemon.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "daemon/bed.h"

/* The network is there; nobody has said anything yet. */
static void neighbours(void)
{
	k.neighbour_err = 0;
	assert_int_equal(pipe(k.network), 0);
}

static void no_neighbours(void)
{
	close(k.network[0]);
	close(k.network[1]);
}

/* One that is alone asks around first, and is told of nobody. */
static void active_asks_around(void **state)
{
	(void)state;
	neighbours();
	read_conf("active");
	start();
	forget();
	run_until(seen("ask 100;ask 100"));
	assert_int_equal(write(k.network[1], "?", 1), 1);
	run_until(d.state == FTTCPD_S_SOLO);
	settle();
	assert_ptr_equal(strstr(k.record, "ask 100;ask 100;ask 100;role 1;"
				"addr+ 100;"), k.record);
	no_neighbours();
}

/* The other one is alive, has the address, and cannot be reached otherwise. */
static void address_is_taken(void **state)
{
	int fd;

	(void)state;
	neighbours();
	read_conf("active");
	start();
	fd = operator("{\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, NO_TROUBLE));
	close(fd);
	run_until(seen("ask 100"));
	assert_int_equal(write(k.network[1], "!", 1), 1);
	run_until(d.look.said);
	assert_int_equal(d.look.asks, 0);
	fd = operator("{\"cmd\":\"status\"}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "another machine has a service address"));
	close(fd);
	/* as long as it is so */
	forget();
	run_until(seen("ask 100"));
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	assert_int_equal(write(k.network[1], "!", 1), 1);
	forget();
	run_until(seen("ask 100"));
	assert_false(seen("role"));
	run_until(d.state == FTTCPD_S_SOLO);
	assert_false(d.look.said);
	no_neighbours();
}

/* The other one answers meanwhile. */
static void asking_is_given_up(void **state)
{
	int fd;

	(void)state;
	neighbours();
	read_conf("active");
	start();
	run_until(seen("ask 100"));
	fd = call_daemon();
	run_until(seen("link+ 1"));
	close(fd);
	kernel_event(FTTCP_EVT_LINK_UP, 1, 0);
	run_until(d.state == FTTCPD_S_WAITING);
	assert_int_equal(d.look.asks, 0);
	assert_false(ev_is_active(&d.look.timer));
	no_neighbours();
}

static void nobody_can_be_asked(void **state)
{
	(void)state;
	read_conf("active");
	k.neighbour_err = -ENETDOWN;
	start();
	forget();
	run_until(d.look.failed);
	run_until(!ev_is_active(&d.look.timer));
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	assert_true(ev_is_active(&d.timer));
	d.conf.conflict_check = 0;
	run_until(d.state == FTTCPD_S_SOLO);
	assert_false(seen("ask"));
}

/* Not for ever, where a device is up. */
static void nobody_can_ever_be_asked(void **state)
{
	(void)state;
	read_conf("active");
	k.neighbour_err = -EADDRNOTAVAIL;
	start();
	run_until(d.look.tries == 2);
	assert_int_equal(d.state, FTTCPD_S_STARTING);
	assert_true(d.look.failed);
	run_until(d.state == FTTCPD_S_SOLO);
	assert_false(d.look.failed);
}

static void active_by_force(void **state)
{
	int fd;

	(void)state;
	neighbours();
	read_conf("active");
	start();
	run_until(seen("ask 100"));
	fd = operator("{\"id\":1,\"cmd\":\"promote\",\"force\":true}");
	run_until(answered(fd));
	assert_non_null(strstr(answer, "\"state\":\"solo\""));
	close(fd);
	assert_int_equal(d.look.asks, 0);
	no_neighbours();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(active_asks_around),
		bed_test(address_is_taken),
		bed_test(asking_is_given_up),
		bed_test(nobody_can_be_asked),
		bed_test(nobody_can_ever_be_asked),
		bed_test(active_by_force),
	};

	return cmocka_run_group_tests_name("look", tests, bed_enter,
					   bed_leave);
}
