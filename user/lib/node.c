// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "node": settings and state of this node.
 */
#include "nl.h"

#define NODE(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_NODE_##_TYPE, _name, _kind, fttcp_node, _member)

static const struct attr_field node_fields[] = {
	NODE(ID, "id", ATTR_U32, id),
	NODE(ROLE, "role", ATTR_U32, role),
	NODE(STATE, "state", ATTR_U32, state),
	NODE(EPOCH, "epoch", ATTR_U64, epoch),
	NODE(MODE, "mode", ATTR_U32, mode),
	NODE(HOLD_MAX_MS, "hold-max-ms", ATTR_U32, hold_max_ms),
	NODE(ON_BACKUP_LOSS, "on-backup-loss", ATTR_U32, on_backup_loss),
	NODE(HEARTBEAT_MS, "heartbeat-ms", ATTR_U32, heartbeat_ms),
	NODE(HEARTBEAT_MISSES, "heartbeat-misses", ATTR_U32, heartbeat_misses),
	NODE(LANE_QUEUE_MAX, "lane-queue-max", ATTR_U64, lane_queue_max),
	NODE(MEMORY_MAX, "memory-max", ATTR_U64, memory_max),
	NODE(MEMORY_USED, "memory-used", ATTR_U64, memory_used),
	NODE(CONNS, "conns", ATTR_U32, conns),
	NODE(REPLICAS, "replicas", ATTR_U32, replicas),
	NODE(REPLICAS_STANDBY, "replicas-standby", ATTR_U32, replicas_standby),
	NODE(LISTENERS, "listeners", ATTR_U32, listeners),
	NODE(POLICIES, "policies", ATTR_U32, policies),
	NODE(LINKS, "links", ATTR_U32, links),
	NODE(EPOCH_SEEN, "epoch-seen", ATTR_U64, epoch_seen),
	NODE(LEASE_MS, "lease-ms", ATTR_U32, lease_ms),
	NODE(DOWN_REASON, "down-reason", ATTR_U32, down_reason),
	NODE(PEER_ID, "peer-id", ATTR_U32, peer_id),
	NODE(EVENTS_SEQ, "events-seq", ATTR_U64, events_seq),
	NODE(READY, "ready", ATTR_FLAG, ready),
	NODE(NOT_READY_WHY, "not-ready-why", ATTR_TEXT, not_ready_why),
	NODE(VERSION, "version", ATTR_TEXT, version),
	NODE(AUDIT_INTERVAL_MS, "audit-interval-ms", ATTR_U32,
	     audit_interval_ms),
	NODE(ALONE_MS, "alone-ms", ATTR_U32, alone_ms),
	NODE(LOCAL_PEERS, "local-peers", ATTR_U32, local_peers),
	{ 0 },
};

const struct attr_set attr_set_node = {
	.fields = node_fields,
	.size = sizeof(struct fttcp_node),
};

int fttcp_node_get(struct fttcp_nl *nl, struct fttcp_node *node)
{
	return nl_do(nl, FTTCP_CMD_NODE_GET, &attr_set_node, NULL, node);
}

int fttcp_node_set(struct fttcp_nl *nl, const struct fttcp_node *node)
{
	return nl_do(nl, FTTCP_CMD_NODE_SET, &attr_set_node, node, NULL);
}
