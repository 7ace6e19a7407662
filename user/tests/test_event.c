// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream of events: order, what a dump covers already, and gaps. The
 * subscription reads from a socket pair instead of the kernel.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nl.h"

#define FAMILY 40

static struct fttcp_events ev;
static int kernel;

static uint64_t seen[16];
static unsigned int count;

static int setup(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds))
		return -1;
	kernel = fds[1];
	memset(&ev, 0, sizeof(ev));
	ev.nl = calloc(1, sizeof(*ev.nl));
	ev.nl->sock = mnl_socket_fdopen(fds[0]);
	ev.nl->family = FAMILY;
	count = 0;
	return ev.nl->sock ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	fttcp_nl_close(ev.nl);
	close(kernel);
	return 0;
}

static void event_send(uint64_t seq, uint32_t id)
{
	uint64_t buf[64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct fttcp_event event = { .seq = seq, .id = id };

	nlh->nlmsg_type = FAMILY;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	fttcp_mark(&event, FTTCP_A_EVENT_SEQ);
	fttcp_mark(&event, FTTCP_A_EVENT_ID);
	attr_write(&attr_set_event, &event, nlh, sizeof(buf));
	assert_int_equal(send(kernel, buf, nlh->nlmsg_len, 0), nlh->nlmsg_len);
}

static int note(const struct fttcp_event *event, void *arg)
{
	(void)arg;
	seen[count++] = event->seq;
	return 0;
}

static int refuse(const struct fttcp_event *event, void *arg)
{
	(void)event;
	(void)arg;
	count++;
	return 42;
}

static void in_order(void **state)
{
	(void)state;
	fttcp_events_sync(&ev, 4);
	event_send(5, FTTCP_EVT_LINK_UP);
	event_send(6, FTTCP_EVT_LINK_DOWN);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(seen[0], 5);
	assert_int_equal(seen[1], 6);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), 0);
	assert_int_equal(count, 2);
}

/* Without a dump the first event says where the count stands. */
static void first_event_is_no_gap(void **state)
{
	(void)state;
	event_send(1000, FTTCP_EVT_LINK_UP);
	event_send(1001, FTTCP_EVT_LINK_UP);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), 0);
	assert_int_equal(count, 2);
}

static void covered_by_the_dump(void **state)
{
	(void)state;
	event_send(3, FTTCP_EVT_LINK_UP);
	event_send(4, FTTCP_EVT_LINK_UP);
	event_send(5, FTTCP_EVT_LINK_UP);
	fttcp_events_sync(&ev, 4);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(seen[0], 5);
}

/* All that is there is handed over, and that something is missing is said. */
static void gap(void **state)
{
	(void)state;
	fttcp_events_sync(&ev, 4);
	event_send(5, FTTCP_EVT_LINK_UP);
	event_send(8, FTTCP_EVT_LINK_UP);
	event_send(9, FTTCP_EVT_LINK_UP);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), -ENOBUFS);
	assert_int_equal(count, 3);
	event_send(10, FTTCP_EVT_LINK_UP);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), 0);
	assert_int_equal(count, 4);
}

static void kernel_says_lost(void **state)
{
	(void)state;
	fttcp_events_sync(&ev, 4);
	event_send(5, FTTCP_EVT_EVENTS_LOST);
	assert_int_equal(fttcp_events_read(&ev, note, NULL), -ENOBUFS);
}

static void callback_ends_the_walk(void **state)
{
	(void)state;
	fttcp_events_sync(&ev, 4);
	event_send(5, FTTCP_EVT_LINK_UP);
	event_send(6, FTTCP_EVT_LINK_UP);
	assert_int_equal(fttcp_events_read(&ev, refuse, NULL), 42);
	assert_int_equal(count, 1);
}

static void garbage(void **state)
{
	struct nlmsghdr nlh = {
		.nlmsg_len = sizeof(nlh),
		.nlmsg_type = FAMILY,
	};

	(void)state;
	/* shorter than a generic netlink header, then longer than it is */
	assert_int_equal(send(kernel, &nlh, sizeof(nlh), 0), sizeof(nlh));
	nlh.nlmsg_len = 4096;
	assert_int_equal(send(kernel, &nlh, sizeof(nlh), 0), sizeof(nlh));
	assert_int_equal(fttcp_events_read(&ev, note, NULL), 0);
	assert_int_equal(count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order),
		TEST(first_event_is_no_gap),
		TEST(covered_by_the_dump),
		TEST(gap),
		TEST(kernel_says_lost),
		TEST(callback_ends_the_walk),
		TEST(garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
