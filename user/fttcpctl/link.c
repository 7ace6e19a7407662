// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl link: the dedicated connections to another node.
 */
#include <errno.h>
#include <fttcp/strings-gen.h>
#include <net/if.h>
#include <string.h>

#include "args.h"
#include "daemon.h"
#include "dial.h"

/* Unless the command says otherwise. */
#define LINK_TIMEOUT_MS 30000

static const char link_usage[] =
	"Usage: fttcpctl link [ show ]\n"
	"       fttcpctl link add id N { connect A:P [ bind A ] | listen A:P }\n"
	"                         [ lanes N ] [ dev DEV ] [ timeout TIME ]\n"
	"       fttcpctl link del id N\n"
	"       fttcpctl link stop [ forced ]\n"
	"       fttcpctl link start\n"
	"A:P  := 10.0.0.1:5000 | [2001:db8::1]:5000\n"
	"TIME := seconds, or with a unit: 500ms 30s\n"
	"dev:    the device whose carrier is watched\n"
	"stop and start are for the link of fttcpd\n";

static void counters_print(struct out *out, const struct fttcp_link *link)
{
	out_break(out);
	out_u64(out, "lane-queued", link->lane_queued);
	out_u64(out, "sent-index", link->sent_index);
	out_u64(out, "acked-index", link->acked_index);
	out_u64(out, "records-tx", link->records_tx);
	out_u64(out, "records-rx", link->records_rx);
	out_break(out);
	out_u64(out, "bytes-tx", link->bytes_tx);
	out_u64(out, "bytes-rx", link->bytes_rx);
	out_u64(out, "bytes-referenced", link->bytes_referenced);
	out_u64(out, "bytes-copied", link->bytes_copied);
	out_us(out, "rtt", link->rtt_us);
	out_u64(out, "heartbeats-missed", link->heartbeats_missed);
}

void link_print(struct out *out, const struct fttcp_link *link)
{
	char dev[IF_NAMESIZE];

	out_u64(out, "id", link->id);
	out_word(out, "state", fttcp_link_state_name(link->state));
	if (out->json || link->down_reason != FTTCP_DOWN_REASON_NONE)
		out_word(out, "down-reason",
			 fttcp_down_reason_name(link->down_reason));
	if (link->down_reason == FTTCP_DOWN_REASON_FORCED)
		out_word(out, "code", "591-000");
	if (link->error)
		out_s64(out, "errno", link->error);
	out_u64(out, "peer-id", link->peer_id);
	out_word(out, "peer-role", fttcp_role_name(link->peer_role));
	out_u64(out, "peer-epoch", link->peer_epoch);
	out_u64(out, "lanes", link->lanes);
	if (link->ifindex && if_indextoname(link->ifindex, dev))
		out_word(out, "dev", dev);
	else if (link->ifindex)
		out_u64(out, "ifindex", link->ifindex);
	counters_print(out, link);
}

static int link_show_one(const struct fttcp_link *link, void *arg)
{
	struct out *out = arg;

	out_begin(out, "link");
	link_print(out, link);
	out_end(out);
	return 0;
}

static int link_show(struct ctl *ctl, struct args *args)
{
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	out_list_begin(&ctl->out);
	err = fttcp_link_dump(ctl->nl, link_show_one, &ctl->out);
	out_list_end(&ctl->out);
	return ctl_fail_nl(ctl, err);
}

/* -------------------------------------------------------------------- add */

struct link_add {
	uint64_t present;
	uint32_t id;
	uint32_t ifindex;
	struct dial dial;
};

#define ADD_KEY(_word, _kind, _member)					\
	.word = _word, .kind = _kind,					\
	.offset = offsetof(struct link_add, _member)

static const struct arg_key add_keys[] = {
	{ ADD_KEY("id", ARG_U32, id), .min = 1 },
	{ ADD_KEY("connect", ARG_ENDPOINT, dial.peer) },
	{ ADD_KEY("listen", ARG_ENDPOINT, dial.local) },
	{ ADD_KEY("bind", ARG_ADDRESS, dial.bind) },
	{ ADD_KEY("lanes", ARG_U32, dial.lanes), .min = 1,
	  .max = FTTCP_LANES_MAX },
	{ ADD_KEY("dev", ARG_DEVICE, ifindex) },
	{ ADD_KEY("timeout", ARG_SECONDS, dial.timeout_ms), .min = 1 },
	{ 0 },
};

static int add_check(struct ctl *ctl, const struct link_add *add)
{
	const struct dial *dial = &add->dial;

	if (!add->id)
		return ctl_fail_usage(ctl, "id is missing");
	if (!dial->peer.family == !dial->local.family)
		return ctl_fail_usage(ctl,
				      "one of connect and listen is needed");
	if (dial->bind.family && dial->local.family)
		return ctl_fail_usage(ctl, "bind goes with connect only");
	if (dial->bind.family && dial->bind.family != dial->peer.family)
		return ctl_fail_usage(ctl,
				      "connect and bind are of different address families");
	return 0;
}

static int dial_report(struct ctl *ctl, const struct dial *dial, int err)
{
	const struct fttcp_endpoint *ep = &dial->peer;
	char text[FTTCP_ADDR_STRLEN];
	bool in = dial->local.family;

	if (in)
		ep = &dial->local;
	fttcp_endpoint_format(ep, text);
	if (err == -ETIMEDOUT)
		return ctl_fail(ctl, CTL_TIMEOUT, err,
				in ? "nobody connected to %s within %u ms" :
				"no connection to %s within %u ms",
				text, dial->timeout_ms);
	if (!in && dial_absent(err))
		return ctl_fail(ctl, CTL_TIMEOUT, err,
				"no connection to %s within %u ms: %s", text,
				dial->timeout_ms, strerror(-err));
	return ctl_fail(ctl, ctl_exit_of(err), err, "%s %s: %s",
			in ? "listen" : "connect", text, strerror(-err));
}

static int link_add_fds(struct ctl *ctl, const struct link_add *add,
			struct fttcp_link *link)
{
	link->id = add->id;
	fttcp_mark(link, FTTCP_A_LINK_ID);
	link->sockfd_count = add->dial.lanes;
	if (add->ifindex) {
		link->ifindex = add->ifindex;
		fttcp_mark(link, FTTCP_A_LINK_IFINDEX);
	}
	return ctl_fail_nl(ctl, fttcp_link_add(ctl->nl, link));
}

static int link_add(struct ctl *ctl, struct args *args)
{
	struct link_add add = {
		.dial = { .lanes = 1, .timeout_ms = LINK_TIMEOUT_MS },
	};
	struct fttcp_link link = { 0 };
	int err;

	err = args_parse(ctl, args, add_keys, &add);
	if (!err)
		err = add_check(ctl, &add);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	err = dial_open(&add.dial, link.sockfds);
	if (err)
		return dial_report(ctl, &add.dial, err);
	err = link_add_fds(ctl, &add, &link);
	dial_close(link.sockfds, add.dial.lanes);
	return err;
}

struct link_del {
	uint64_t present;
	uint32_t id;
};

static const struct arg_key del_keys[] = {
	{ .word = "id", .kind = ARG_U32, .min = 1,
	  .offset = offsetof(struct link_del, id) },
	{ 0 },
};

static int link_del(struct ctl *ctl, struct args *args)
{
	struct link_del del = { 0 };
	int err;

	err = args_parse(ctl, args, del_keys, &del);
	if (err)
		return err;
	if (!del.id)
		return ctl_fail_usage(ctl, "id is missing");
	err = ctl_nl(ctl);
	if (err)
		return err;
	err = ctl_fail_nl(ctl, fttcp_link_del(ctl->nl, del.id));
	if (!err)
		ctl_warn_nl(ctl);
	return err;
}

/* -------------------------------------------------------------- stop, start */

struct link_stop {
	uint64_t present;
	bool forced;
};

static const struct arg_key stop_keys[] = {
	{ .word = "forced", .kind = ARG_FLAG,
	  .offset = offsetof(struct link_stop, forced) },
	{ 0 },
};

static int link_ask(struct ctl *ctl, struct json_object *request)
{
	struct fttcp_control *control = NULL;
	int err;

	err = daemon_open(ctl, &control, "link del");
	if (err) {
		json_object_put(request);
		return err;
	}
	err = daemon_ask(ctl, control, request, "link", DAEMON_TIMEOUT_MS);
	fttcp_control_close(control);
	return err;
}

static int link_stop(struct ctl *ctl, struct args *args)
{
	struct link_stop stop = { 0 };
	struct json_object *request;
	int err;

	err = args_parse(ctl, args, stop_keys, &stop);
	if (err)
		return err;
	request = daemon_command("link-stop");
	json_object_object_add(request, "force",
			       json_object_new_boolean(stop.forced));
	return link_ask(ctl, request);
}

static int link_start(struct ctl *ctl, struct args *args)
{
	int err = args_none(ctl, args);

	return err ? err : link_ask(ctl, daemon_command("link-start"));
}

static const struct verb link_verbs[] = {
	{ "show", link_show, false },
	{ "add", link_add, true },
	{ "del", link_del, true },
	{ "stop", link_stop, true },
	{ "start", link_start, true },
	{ 0 },
};

const struct noun noun_link = {
	.name = "link",
	.usage = link_usage,
	.verbs = link_verbs,
};
