// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl monitor: what exists, a mark, then what happens. A reader who was
 * too slow sees "overrun" and everything that exists again.
 */
#include <errno.h>
#include <fttcp/strings-gen.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "args.h"

/* Everything is listed once in this time, however many events are lost. */
#define SNAPSHOT_MS 1000

static const char monitor_usage[] =
	"Usage: fttcpctl monitor\n"
	"First a line \"exists OBJECT ...\" for each object and a line \"-\", then\n"
	"\"create | change | destroy | event OBJECT ...\" as it happens. After a line\n"
	"\"overrun\" everything that exists is listed again. With -j one JSON object\n"
	"a line; the mark is {\"action\":\"sync\"}.\n";

static int exists_link(const struct fttcp_link *link, void *arg)
{
	struct out *out = arg;

	out_record(out, "exists", "link");
	link_print(out, link);
	out_end(out);
	return 0;
}

static int exists_policy(const struct fttcp_policy *policy, void *arg)
{
	struct out *out = arg;

	out_record(out, "exists", "policy");
	policy_print(out, policy);
	out_end(out);
	return 0;
}

static int exists_conn(const struct fttcp_conn *conn, void *arg)
{
	struct out *out = arg;

	out_record(out, "exists", "conn");
	conn_print(out, conn, false);
	out_end(out);
	return 0;
}

static void exists_node(struct out *out, const struct fttcp_node *node)
{
	out_record(out, "exists", "node");
	node_print(out, node, NULL);
	out_end(out);
}

static void mark_print(struct out *out, const char *text, const char *json)
{
	out_record(out, out->json ? json : text, NULL);
	out_end(out);
}

/* The node first: its events-seq is what the rest of the dump covers. */
static int snapshot(struct ctl *ctl, struct fttcp_events *events)
{
	struct fttcp_node node;
	int err;

	err = fttcp_node_get(ctl->nl, &node);
	if (err)
		return ctl_fail_nl(ctl, err);
	fttcp_events_sync(events, node.events_seq);
	exists_node(&ctl->out, &node);
	err = fttcp_link_dump(ctl->nl, exists_link, &ctl->out);
	if (!err)
		err = fttcp_policy_dump(ctl->nl, exists_policy, &ctl->out);
	if (!err)
		err = fttcp_conn_dump(ctl->nl, exists_conn, &ctl->out);
	if (err)
		return ctl_fail_nl(ctl, err);
	mark_print(&ctl->out, "-", "sync");
	return out_flush(&ctl->out);
}

/* ------------------------------------------------------------------ events */

static int event_take(const struct fttcp_event *event, void *arg)
{
	struct ctl *ctl = arg;

	event_print(&ctl->out, event, ctl->times);
	return out_flush(&ctl->out);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int monitor_wait(struct fttcp_events *events, int timeout_ms)
{
	struct pollfd pfd = { .fd = fttcp_events_fd(events), .events = POLLIN };

	/* a socket that overran is readable too: POLLERR is what it says */
	if (poll(&pfd, 1, timeout_ms) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/*
 * Where events are lost all the time, listing everything each time would lose
 * more of them: what comes meanwhile is printed, the list follows at its time.
 */
static int monitor_follow(struct ctl *ctl, struct fttcp_events *events)
{
	bool overrun = false;
	int64_t next, left;
	int err;

	err = snapshot(ctl, events);
	next = now_ms() + SNAPSHOT_MS;
	while (!err) {
		left = next - now_ms();
		if (overrun && left <= 0) {
			overrun = false;
			mark_print(&ctl->out, "overrun", "overrun");
			err = snapshot(ctl, events);
			next = now_ms() + SNAPSHOT_MS;
			continue;
		}
		err = monitor_wait(events, overrun ? left : -1);
		if (!err)
			err = fttcp_events_read(events, event_take, ctl);
		if (err == -ENOBUFS) {
			overrun = true;
			err = 0;
		}
	}
	return err;
}

static int monitor_run(struct ctl *ctl, struct args *args)
{
	struct fttcp_events *events;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	if (!err)
		err = ctl_fail_open(ctl, fttcp_events_open(&events));
	if (err)
		return err;
	ctl->out.oneline = true;
	err = monitor_follow(ctl, events);
	fttcp_events_close(events);
	return err;
}

const struct noun noun_monitor = {
	.name = "monitor",
	.usage = monitor_usage,
	.run = monitor_run,
};
