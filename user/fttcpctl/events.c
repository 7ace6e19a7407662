// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl events: the last events, for who was not there when they happened,
 * and how often each was told. Here is also how one event is printed.
 */
#include <fttcp/strings-gen.h>

#include "args.h"

static const char events_usage[] =
	"Usage: fttcpctl events [ list ]\n"
	"       fttcpctl events counts\n"
	"list: the last 256, the oldest first, as monitor shows them; with -t the time.\n"
	"counts: how often each was told, and left out by its limit.\n";

/* "state" and "role" are of the enum that the object has. */
static const char *state_name(const struct fttcp_event *event)
{
	switch (event->object) {
	case FTTCP_OBJECT_LINK:
		return fttcp_link_state_name(event->state);
	case FTTCP_OBJECT_CONN:
		return fttcp_conn_state_name(event->state);
	default:
		return fttcp_state_name(event->state);
	}
}

static const char *role_name(const struct fttcp_event *event)
{
	if (event->object == FTTCP_OBJECT_CONN)
		return fttcp_conn_role_name(event->role);
	return fttcp_role_name(event->role);
}

static void event_subject(struct out *out, const struct fttcp_event *event)
{
	char text[FTTCP_ADDR_STRLEN];

	if (fttcp_has(event, FTTCP_A_EVENT_LINK_ID))
		out_u64(out, "link-id", event->link_id);
	if (fttcp_has(event, FTTCP_A_EVENT_CONN_ID))
		out_u64(out, event->object == FTTCP_OBJECT_POLICY ?
			"policy-id" : "conn-id", event->conn_id);
	if (event->local.family)
		out_word(out, "local",
			 fttcp_endpoint_format(&event->local, text));
	if (event->remote.family)
		out_word(out, "remote",
			 fttcp_endpoint_format(&event->remote, text));
}

static void event_details(struct out *out, const struct fttcp_event *event)
{
	if (fttcp_has(event, FTTCP_A_EVENT_ROLE))
		out_word(out, "role", role_name(event));
	if (fttcp_has(event, FTTCP_A_EVENT_STATE))
		out_word(out, "state", state_name(event));
	if (fttcp_has(event, FTTCP_A_EVENT_EPOCH))
		out_u64(out, "epoch", event->epoch);
	if (fttcp_has(event, FTTCP_A_EVENT_REASON))
		out_word(out, "reason", fttcp_down_reason_name(event->reason));
	if (fttcp_has(event, FTTCP_A_EVENT_ERRNO))
		out_s64(out, "errno", event->error);
}

void event_print(struct out *out, const struct fttcp_event *event, bool times)
{
	out_record(out, fttcp_action_name(event->action),
		   fttcp_object_name(event->object));
	out_word(out, "name", event->name);
	out_u64(out, "event-id", event->id);
	out_u64(out, "seq", event->seq);
	if (times || out->json)
		out_time(out, "time", event->time_ns);
	out_word(out, "severity", fttcp_severity_name(event->severity));
	event_subject(out, event);
	event_details(out, event);
	out_flag(out, "by-daemon", event->by_daemon);
	if (event->text[0])
		out_text(out, "text", event->text);
	out_end(out);
}

static int list_one(const struct fttcp_event *event, void *arg)
{
	struct ctl *ctl = arg;

	event_print(&ctl->out, event, ctl->times);
	return 0;
}

static int events_list(struct ctl *ctl, struct args *args)
{
	int err = args_none(ctl, args);

	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	ctl->out.oneline = true;
	out_list_begin(&ctl->out);
	err = fttcp_event_dump(ctl->nl, list_one, ctl);
	out_list_end(&ctl->out);
	return ctl_fail_nl(ctl, err);
}

static int count_one(const struct fttcp_event_count *count, void *arg)
{
	struct out *out = arg;

	out_begin(out, "event");
	out_u64(out, "event-id", count->id);
	out_word(out, "name", count->name);
	out_u64(out, "raised", count->raised);
	out_u64(out, "suppressed", count->suppressed);
	out_end(out);
	return 0;
}

static int events_counts(struct ctl *ctl, struct args *args)
{
	int err = args_none(ctl, args);

	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	out_list_begin(&ctl->out);
	err = fttcp_event_counts(ctl->nl, count_one, &ctl->out);
	out_list_end(&ctl->out);
	return ctl_fail_nl(ctl, err);
}

static const struct verb events_verbs[] = {
	{ "list", events_list, false },
	{ "counts", events_counts, false },
	{ 0 },
};

const struct noun noun_events = {
	.name = "events",
	.usage = events_usage,
	.verbs = events_verbs,
};
