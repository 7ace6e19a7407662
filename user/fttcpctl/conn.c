// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl conn: protected connections, replicas and listeners.
 */
#include <errno.h>
#include <fttcp/strings-gen.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "args.h"

static const char conn_usage[] =
	"Usage: fttcpctl conn [ show [ local A:P ] [ remote A:P ] [ id N ] [ detail ] ]\n"
	"       fttcpctl conn attach local A:P [ remote A:P ] [ dev DEV ] [ mode MODE ]\n"
	"       fttcpctl conn detach { local A:P [ remote A:P ] [ dev DEV ] | id N | all }\n"
	"A:P  := 10.0.0.1:179 | [2001:db8::1]:179 ; without remote: the listener\n"
	"MODE := { sync | async | rx-only }\n";

static const char *tcp_state_name(uint8_t state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "established",
		[TCP_SYN_SENT] = "syn-sent",
		[TCP_SYN_RECV] = "syn-recv",
		[TCP_FIN_WAIT1] = "fin-wait-1",
		[TCP_FIN_WAIT2] = "fin-wait-2",
		[TCP_TIME_WAIT] = "time-wait",
		[TCP_CLOSE] = "closed",
		[TCP_CLOSE_WAIT] = "close-wait",
		[TCP_LAST_ACK] = "last-ack",
		[TCP_LISTEN] = "listen",
		[TCP_CLOSING] = "closing",
	};

	if (state >= sizeof(names) / sizeof(names[0]) || !names[state])
		return "unknown";
	return names[state];
}

static void tuple_print(struct out *out, const struct fttcp_conn *conn)
{
	char text[FTTCP_ADDR_STRLEN], dev[IF_NAMESIZE];

	if (conn->local.family)
		out_word(out, "local", fttcp_endpoint_format(&conn->local,
							     text));
	if (conn->remote.family)
		out_word(out, "remote", fttcp_endpoint_format(&conn->remote,
							      text));
	if (conn->ifindex && if_indextoname(conn->ifindex, dev))
		out_word(out, "dev", dev);
	else if (conn->ifindex)
		out_u64(out, "ifindex", conn->ifindex);
}

static void streams_print(struct out *out, const struct fttcp_conn *conn)
{
	out_break(out);
	out_u64(out, "tx-bytes", conn->tx_bytes);
	out_u64(out, "rx-bytes", conn->rx_bytes);
	if (fttcp_has(conn, FTTCP_A_CONN_TX_SEQ))
		out_u64(out, "tx-seq", conn->tx_seq);
	if (fttcp_has(conn, FTTCP_A_CONN_RX_SEQ))
		out_u64(out, "rx-seq", conn->rx_seq);
	out_u64(out, "unacked", conn->unacked);
	out_u64(out, "unread", conn->unread);
	out_break(out);
	out_u64(out, "bytes-referenced", conn->bytes_referenced);
	out_u64(out, "bytes-copied", conn->bytes_copied);
	out_u64(out, "held-segments", conn->held_segments);
	out_u64(out, "held-bytes", conn->held_bytes);
	out_us(out, "held-max", conn->held_max_us);
	if (fttcp_has(conn, FTTCP_A_CONN_POLICY_ID))
		out_u64(out, "policy-id", conn->policy_id);
}

/* What a takeover would leave behind: "linger,filter". */
static void rest_print(struct out *out, const struct fttcp_conn *conn)
{
	char text[400] = "";
	size_t len = 0;
	uint32_t i;

	for (i = 0; i < 32 && len < sizeof(text); i++) {
		if (conn->not_carried & 1U << i)
			len += snprintf(text + len, sizeof(text) - len,
					"%s%s", len ? "," : "",
					fttcp_sock_option_name(i));
	}
	out_word(out, "not-carried", len ? text : "none");
}

void conn_print(struct out *out, const struct fttcp_conn *conn, bool detail)
{
	tuple_print(out, conn);
	/* a listener has no number, it is not replicated */
	if (out->json || conn->id)
		out_u64(out, "id", conn->id);
	out_word(out, "role", fttcp_conn_role_name(conn->role));
	out_word(out, "state", fttcp_conn_state_name(conn->state));
	out_word(out, "mode", fttcp_mode_name(conn->mode));
	if (fttcp_has(conn, FTTCP_A_CONN_ORIGIN))
		out_word(out, "origin", fttcp_origin_name(conn->origin));
	if (fttcp_has(conn, FTTCP_A_CONN_TCP_STATE))
		out_word(out, "tcp-state", tcp_state_name(conn->tcp_state));
	if (out->json || conn->down_reason != FTTCP_DOWN_REASON_NONE)
		out_word(out, "down-reason",
			 fttcp_down_reason_name(conn->down_reason));
	if (fttcp_has(conn, FTTCP_A_CONN_NOT_CARRIED) &&
	    (out->json || conn->not_carried))
		rest_print(out, conn);
	if (out->json || detail)
		streams_print(out, conn);
}

/* ------------------------------------------------------------------- show */

/**
 * struct conn_filter - which connections to show
 * @present: unused, the keys' mark
 * @local: local side, or absent
 * @remote: remote side, or absent
 * @id: or 0
 * @detail: the numbers too
 * @out: where to
 * @shown: how many
 */
struct conn_filter {
	uint64_t present;
	struct fttcp_endpoint local;
	struct fttcp_endpoint remote;
	uint64_t id;
	bool detail;
	struct out *out;
	unsigned int shown;
};

static const struct arg_key show_keys[] = {
	{ .word = "local", .kind = ARG_ENDPOINT,
	  .offset = offsetof(struct conn_filter, local) },
	{ .word = "remote", .kind = ARG_ENDPOINT,
	  .offset = offsetof(struct conn_filter, remote) },
	{ .word = "id", .kind = ARG_U64, .min = 1,
	  .offset = offsetof(struct conn_filter, id) },
	{ .word = "detail", .kind = ARG_FLAG,
	  .offset = offsetof(struct conn_filter, detail) },
	{ 0 },
};

static bool filter_matches(const struct conn_filter *f,
			   const struct fttcp_conn *conn)
{
	return (!f->id || f->id == conn->id) &&
	       (!f->local.family ||
		fttcp_endpoint_equal(&f->local, &conn->local)) &&
	       (!f->remote.family ||
		fttcp_endpoint_equal(&f->remote, &conn->remote));
}

static int conn_show_one(const struct fttcp_conn *conn, void *arg)
{
	struct conn_filter *f = arg;

	if (!filter_matches(f, conn))
		return 0;
	f->shown++;
	out_begin(f->out, "conn");
	conn_print(f->out, conn, f->detail);
	out_end(f->out);
	return 0;
}

static int conn_show(struct ctl *ctl, struct args *args)
{
	struct conn_filter f = { .out = &ctl->out };
	int err;

	err = args_parse(ctl, args, show_keys, &f);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	out_list_begin(&ctl->out);
	err = ctl_fail_nl(ctl, fttcp_conn_dump(ctl->nl, conn_show_one, &f));
	out_list_end(&ctl->out);
	if (!err && !f.shown && (f.local.family || f.remote.family || f.id))
		return ctl_fail(ctl, CTL_NOT_FOUND, -ENOENT,
				"no such connection is attached");
	return err;
}

/* ------------------------------------------------------- attach and detach */

#define CONN_KEY(_word, _kind, _member, _ATTR)				\
	.word = _word, .kind = _kind,					\
	.offset = offsetof(struct fttcp_conn, _member),			\
	.attr = FTTCP_A_CONN_##_ATTR

static const struct arg_key attach_keys[] = {
	{ CONN_KEY("local", ARG_ENDPOINT, local, LOCAL_ADDR) },
	{ CONN_KEY("remote", ARG_ENDPOINT, remote, REMOTE_ADDR) },
	{ CONN_KEY("dev", ARG_DEVICE, ifindex, IFINDEX) },
	{ CONN_KEY("mode", ARG_ENUM, mode, MODE),
	  .value = fttcp_mode_value, .name = fttcp_mode_name },
	{ 0 },
};

static const struct arg_key detach_keys[] = {
	{ CONN_KEY("local", ARG_ENDPOINT, local, LOCAL_ADDR) },
	{ CONN_KEY("remote", ARG_ENDPOINT, remote, REMOTE_ADDR) },
	{ CONN_KEY("dev", ARG_DEVICE, ifindex, IFINDEX) },
	{ CONN_KEY("id", ARG_U64, id, ID), .min = 1 },
	{ CONN_KEY("all", ARG_FLAG, all, ALL) },
	{ 0 },
};

/* The two sides as parsed into the two sides as asked for. */
static int conn_tuple(struct ctl *ctl, struct fttcp_conn *conn)
{
	struct fttcp_endpoint local = conn->local, remote = conn->remote;

	if (!local.family)
		return ctl_fail_usage(ctl, "local is missing");
	if (remote.family && remote.family != local.family)
		return ctl_fail_usage(ctl,
				      "local and remote are of different address families");
	fttcp_conn_local(conn, &local);
	if (remote.family)
		fttcp_conn_remote(conn, &remote);
	return 0;
}

static int conn_attach(struct ctl *ctl, struct args *args)
{
	struct fttcp_conn conn = { 0 };
	int err;

	err = args_parse(ctl, args, attach_keys, &conn);
	if (!err)
		err = conn_tuple(ctl, &conn);
	if (!err)
		err = ctl_nl(ctl);
	if (!err)
		err = ctl_fail_nl(ctl, fttcp_conn_attach(ctl->nl, &conn));
	if (err || (!conn.id && !ctl->out.json))
		return err;
	out_begin(&ctl->out, "conn");
	out_u64(&ctl->out, "id", conn.id);
	out_end(&ctl->out);
	return 0;
}

static int conn_detach(struct ctl *ctl, struct args *args)
{
	struct fttcp_conn conn = { 0 };
	int err, ways;

	err = args_parse(ctl, args, detach_keys, &conn);
	if (err)
		return err;
	ways = conn.all + !!conn.id +
	       (conn.local.family || conn.remote.family || conn.ifindex);
	if (ways != 1)
		return ctl_fail_usage(ctl,
				      "one of local, id and all is needed");
	if (conn.local.family || conn.remote.family || conn.ifindex)
		err = conn_tuple(ctl, &conn);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	err = ctl_fail_nl(ctl, fttcp_conn_detach(ctl->nl, &conn));
	if (!err)
		ctl_warn_nl(ctl);
	return err;
}

static const struct verb conn_verbs[] = {
	{ "show", conn_show, false },
	{ "attach", conn_attach, true },
	{ "detach", conn_detach, true },
	{ 0 },
};

const struct noun noun_conn = {
	.name = "conn",
	.usage = conn_usage,
	.verbs = conn_verbs,
};
