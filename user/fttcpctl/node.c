// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl node: settings and state of this node.
 */
#include <fttcp/strings-gen.h>

#include "args.h"
#include "daemon.h"

static const char node_usage[] =
	"Usage: fttcpctl node [ show ]\n"
	"       fttcpctl node set SETTING...\n"
	"       fttcpctl node rejoin\n"
	"SETTING := { id N | role { none | active | backup } | epoch N\n"
	"           | mode { sync | async | rx-only } | hold-max TIME\n"
	"           | on-backup-loss { solo | hold } | heartbeat TIME\n"
	"           | heartbeat-misses N | lane-queue-max SIZE | memory-max SIZE\n"
	"           | audit-interval TIME | local-peers { leave | protect } }\n"
	"TIME := milliseconds, or with a unit: 500ms 2s\n"
	"SIZE := bytes, or with a unit: 64K 16M 1G\n";

static void settings_print(struct out *out, const struct fttcp_node *node)
{
	if (fttcp_has(node, FTTCP_A_NODE_MODE))
		out_word(out, "mode", fttcp_mode_name(node->mode));
	if (fttcp_has(node, FTTCP_A_NODE_HOLD_MAX_MS))
		out_ms(out, "hold-max", node->hold_max_ms);
	if (fttcp_has(node, FTTCP_A_NODE_ON_BACKUP_LOSS))
		out_word(out, "on-backup-loss",
			 fttcp_loss_name(node->on_backup_loss));
	if (fttcp_has(node, FTTCP_A_NODE_HEARTBEAT_MS))
		out_ms(out, "heartbeat", node->heartbeat_ms);
	if (fttcp_has(node, FTTCP_A_NODE_HEARTBEAT_MISSES))
		out_u64(out, "heartbeat-misses", node->heartbeat_misses);
	out_break(out);
	if (fttcp_has(node, FTTCP_A_NODE_LANE_QUEUE_MAX))
		out_u64(out, "lane-queue-max", node->lane_queue_max);
	if (fttcp_has(node, FTTCP_A_NODE_MEMORY_MAX))
		out_u64(out, "memory-max", node->memory_max);
	if (fttcp_has(node, FTTCP_A_NODE_MEMORY_USED))
		out_u64(out, "memory-used", node->memory_used);
	if (fttcp_has(node, FTTCP_A_NODE_AUDIT_INTERVAL_MS))
		out_ms(out, "audit-interval", node->audit_interval_ms);
	if (fttcp_has(node, FTTCP_A_NODE_LOCAL_PEERS))
		out_word(out, "local-peers",
			 fttcp_local_peers_name(node->local_peers));
	out_break(out);
}

static void counts_print(struct out *out, const struct fttcp_node *node)
{
	out_u64(out, "conns", node->conns);
	out_u64(out, "replicas", node->replicas);
	out_u64(out, "replicas-standby", node->replicas_standby);
	out_u64(out, "listeners", node->listeners);
	out_u64(out, "policies", node->policies);
	out_u64(out, "links", node->links);
	out_break(out);
}

static void lease_print(struct out *out, uint32_t ms)
{
	if (out->json || (ms && ms != FTTCP_LEASE_UNLIMITED))
		out_ms(out, "lease", ms);
	else
		out_word(out, "lease", ms ? "unlimited" : "expired");
}

static void alone_print(struct out *out, uint32_t ms)
{
	if (out->json || ms)
		out_ms(out, "alone-after", ms);
	else
		out_word(out, "alone-after", "never");
}

static void peer_print(struct out *out, const struct fttcp_node *node)
{
	if (fttcp_has(node, FTTCP_A_NODE_PEER_ID))
		out_u64(out, "peer-id", node->peer_id);
	if (fttcp_has(node, FTTCP_A_NODE_EPOCH_SEEN))
		out_u64(out, "epoch-seen", node->epoch_seen);
	if (fttcp_has(node, FTTCP_A_NODE_LEASE_MS))
		lease_print(out, node->lease_ms);
	if (fttcp_has(node, FTTCP_A_NODE_ALONE_MS))
		alone_print(out, node->alone_ms);
	if (fttcp_has(node, FTTCP_A_NODE_DOWN_REASON))
		out_word(out, "down-reason",
			 fttcp_down_reason_name(node->down_reason));
	if (fttcp_has(node, FTTCP_A_NODE_EVENTS_SEQ))
		out_u64(out, "events-seq", node->events_seq);
	if (fttcp_has(node, FTTCP_A_NODE_VERSION))
		out_word(out, "version", node->version);
}

/* Where the module has audits, and there was one. */
static void audit_line(struct out *out, const struct fttcp_audit *audit)
{
	out_break(out);
	out_u64(out, "last-audit", audit->number);
	out_word(out, "audit-result", fttcp_audit_result_name(audit->result));
	out_u64(out, "audit-differing", audit->differing);
	out_u64(out, "audit-stale", audit->stale);
	out_time(out, "audit-began", audit->began_ns);
}

void node_print(struct out *out, const struct fttcp_node *node,
		const struct fttcp_audit *audit)
{
	if (fttcp_has(node, FTTCP_A_NODE_ID))
		out_u64(out, "id", node->id);
	out_word(out, "role", fttcp_role_name(node->role));
	out_word(out, "state", fttcp_state_name(node->state));
	out_u64(out, "epoch", node->epoch);
	out_flag(out, "ready", node->ready);
	out_break(out);
	settings_print(out, node);
	counts_print(out, node);
	peer_print(out, node);
	if (audit && audit->number)
		audit_line(out, audit);
	/* last: what stands behind a sentence is hard to find for scripts */
	out_break(out);
	if (fttcp_has(node, FTTCP_A_NODE_NOT_READY_WHY))
		out_text(out, "not-ready-why", node->not_ready_why);
}

static int node_show(struct ctl *ctl, struct args *args)
{
	struct fttcp_audit audit = { 0 };
	struct fttcp_node node;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	if (!err)
		err = ctl_fail_nl(ctl, fttcp_node_get(ctl->nl, &node));
	if (err)
		return err;
	/* a module without audits has had none */
	if (fttcp_audit_get(ctl->nl, &audit))
		audit.number = 0;
	out_begin(&ctl->out, "node");
	node_print(&ctl->out, &node, &audit);
	out_end(&ctl->out);
	return 0;
}

#define NODE_KEY(_word, _kind, _member, _ATTR)				\
	.word = _word, .kind = _kind,					\
	.offset = offsetof(struct fttcp_node, _member),			\
	.attr = FTTCP_A_NODE_##_ATTR

/* Ranges are the kernel's business: it names them, and it may widen them. */
static const struct arg_key node_keys[] = {
	{ NODE_KEY("id", ARG_U32, id, ID) },
	{ NODE_KEY("role", ARG_ENUM, role, ROLE),
	  .value = fttcp_role_value, .name = fttcp_role_name },
	{ NODE_KEY("epoch", ARG_U64, epoch, EPOCH) },
	{ NODE_KEY("mode", ARG_ENUM, mode, MODE),
	  .value = fttcp_mode_value, .name = fttcp_mode_name },
	{ NODE_KEY("hold-max", ARG_MS, hold_max_ms, HOLD_MAX_MS) },
	{ NODE_KEY("on-backup-loss", ARG_ENUM, on_backup_loss, ON_BACKUP_LOSS),
	  .value = fttcp_loss_value, .name = fttcp_loss_name },
	{ NODE_KEY("heartbeat", ARG_MS, heartbeat_ms, HEARTBEAT_MS) },
	{ NODE_KEY("heartbeat-misses", ARG_U32, heartbeat_misses,
		   HEARTBEAT_MISSES) },
	{ NODE_KEY("lane-queue-max", ARG_SIZE, lane_queue_max,
		   LANE_QUEUE_MAX) },
	{ NODE_KEY("memory-max", ARG_SIZE, memory_max, MEMORY_MAX) },
	{ NODE_KEY("audit-interval", ARG_MS, audit_interval_ms,
		   AUDIT_INTERVAL_MS) },
	{ NODE_KEY("local-peers", ARG_ENUM, local_peers, LOCAL_PEERS),
	  .value = fttcp_local_peers_value, .name = fttcp_local_peers_name },
	{ 0 },
};

static int node_set(struct ctl *ctl, struct args *args)
{
	struct fttcp_node node = { 0 };
	int err;

	if (!args->count)
		return ctl_fail_usage(ctl, "nothing to set");
	err = args_parse(ctl, args, node_keys, &node);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	err = ctl_fail_nl(ctl, fttcp_node_set(ctl->nl, &node));
	if (!err)
		ctl_warn_nl(ctl);
	return err;
}

/* fttcpd's business: it decides what the role is. */
static int node_rejoin(struct ctl *ctl, struct args *args)
{
	struct fttcp_control *control = NULL;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = daemon_open(ctl, &control, "node set role backup");
	if (err)
		return err;
	err = daemon_ask(ctl, control, daemon_command("rejoin"), "rejoin",
			 DAEMON_TIMEOUT_MS);
	fttcp_control_close(control);
	return err;
}

static const struct verb node_verbs[] = {
	{ "show", node_show, false },
	{ "set", node_set, true },
	{ "rejoin", node_rejoin, true },
	{ 0 },
};

const struct noun noun_node = {
	.name = "node",
	.usage = node_usage,
	.verbs = node_verbs,
};
