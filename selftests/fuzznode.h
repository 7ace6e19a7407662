/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node under test, as its operator sees it: role, links, state, counters.
 */
#ifndef FT_FUZZNODE_H
#define FT_FUZZNODE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct node - the node of this network namespace
 * @fd: netlink socket
 * @family: number of the fttcp family
 */
struct node {
	int fd;
	uint16_t family;
};

/* What node-get says, see <linux/fttcp.h>. */
struct node_info {
	uint32_t role;
	uint32_t state;
	uint32_t conns;
	uint32_t replicas;
	uint32_t standby;
	uint32_t listeners;
	uint32_t links;
	uint64_t epoch;
	uint64_t epoch_seen;
	uint64_t memory;
};

/* What link-get says of one link; @there is false when it is not listed. */
struct link_info {
	uint32_t id;
	bool there;
	uint32_t state;
	uint32_t reason;
	uint64_t acked;
};

int node_open(struct node *n);
int node_get(struct node *n, struct node_info *i);
int node_role(struct node *n, uint32_t role);
int node_setting(struct node *n, uint16_t attr, uint32_t value);
int node_command(struct node *n, uint8_t cmd);
int node_dump(struct node *n, uint8_t cmd);
int node_promote(struct node *n, bool force, bool dry_run);
int node_link_add(struct node *n, uint32_t id, const int *fds, int count);
int node_link_del(struct node *n, uint32_t id);
int node_link_get(struct node *n, struct link_info *i);
int64_t node_counter(const char *name);
int64_t node_counter_sum(const char *prefix);

#endif /* FT_FUZZNODE_H */
