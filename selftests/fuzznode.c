// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node under test, as its operator sees it. A request that is not answered
 * within the time of nl_open() is -EAGAIN: the node hangs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fttcp/limits.h>
#include <linux/fttcp.h>

#include "fuzznode.h"
#include "nlreq.h"

int node_open(struct node *n)
{
	int family;

	n->fd = nl_open();
	if (n->fd < 0)
		return n->fd;
	family = family_id(n->fd);
	if (family < 0)
		return family;
	n->family = family;
	return 0;
}

/* Return: 0, or a negative errno of the kernel or of the way to it. */
static int ask(struct node *n, struct request *r,
	       void (*reply)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	struct answer ans = { .reply = reply, .arg = arg };
	int err = transact(n->fd, r, 0, &ans);

	return err ? err : -ans.err;
}

static void take_node(const struct nlmsghdr *nlh, void *arg)
{
	struct node_info *i = arg;

	i->role = reply_num(nlh, FTTCP_A_NODE_ROLE);
	i->state = reply_num(nlh, FTTCP_A_NODE_STATE);
	i->conns = reply_num(nlh, FTTCP_A_NODE_CONNS);
	i->replicas = reply_num(nlh, FTTCP_A_NODE_REPLICAS);
	i->standby = reply_num(nlh, FTTCP_A_NODE_REPLICAS_STANDBY);
	i->listeners = reply_num(nlh, FTTCP_A_NODE_LISTENERS);
	i->links = reply_num(nlh, FTTCP_A_NODE_LINKS);
	i->epoch = reply_num(nlh, FTTCP_A_NODE_EPOCH);
	i->epoch_seen = reply_num(nlh, FTTCP_A_NODE_EPOCH_SEEN);
	i->memory = reply_num(nlh, FTTCP_A_NODE_MEMORY_USED);
}

int node_get(struct node *n, struct node_info *i)
{
	struct request r;

	memset(i, 0, sizeof(*i));
	req_begin(&r, n->family, FTTCP_CMD_NODE_GET, 0);
	return ask(n, &r, take_node, i);
}

int node_role(struct node *n, uint32_t role)
{
	struct request r;

	req_begin(&r, n->family, FTTCP_CMD_NODE_SET, 0);
	req_u32(&r, FTTCP_A_NODE_ROLE, role);
	/* as often as they may be */
	req_u32(&r, FTTCP_A_NODE_AUDIT_INTERVAL_MS,
		FTTCP_AUDIT_INTERVAL_MS_MIN);
	return ask(n, &r, NULL, NULL);
}

int node_setting(struct node *n, uint16_t attr, uint32_t value)
{
	struct request r;

	req_begin(&r, n->family, FTTCP_CMD_NODE_SET, 0);
	req_u32(&r, attr, value);
	return ask(n, &r, NULL, NULL);
}

int node_command(struct node *n, uint8_t cmd)
{
	struct request r;

	req_begin(&r, n->family, cmd, 0);
	return ask(n, &r, NULL, NULL);
}

int node_dump(struct node *n, uint8_t cmd)
{
	struct request r;

	req_begin(&r, n->family, cmd, NLM_F_DUMP);
	return ask(n, &r, NULL, NULL);
}

int node_promote(struct node *n, bool force, bool dry_run)
{
	struct request r;

	req_begin(&r, n->family, FTTCP_CMD_PROMOTE, 0);
	if (force)
		req_attr(&r, FTTCP_A_PROMOTE_FORCE, "", 0);
	if (dry_run)
		req_attr(&r, FTTCP_A_PROMOTE_DRY_RUN, "", 0);
	return ask(n, &r, NULL, NULL);
}

int node_link_add(struct node *n, uint32_t id, const int *fds, int count)
{
	unsigned char nest[FTTCP_A_SOCKFDS_SOCKFD * 8 * 64];
	struct request r;
	int i;

	for (i = 0; i < count; i++) {
		struct nlattr a = { 8, FTTCP_A_SOCKFDS_SOCKFD };

		memcpy(nest + i * 8, &a, sizeof(a));
		memcpy(nest + i * 8 + 4, &fds[i], 4);
	}
	req_begin(&r, n->family, FTTCP_CMD_LINK_ADD, 0);
	req_u32(&r, FTTCP_A_LINK_ID, id);
	req_attr(&r, FTTCP_A_LINK_SOCKFDS | NLA_F_NESTED, nest, count * 8);
	return ask(n, &r, NULL, NULL);
}

int node_link_del(struct node *n, uint32_t id)
{
	struct request r;

	req_begin(&r, n->family, FTTCP_CMD_LINK_DEL, 0);
	req_u32(&r, FTTCP_A_LINK_ID, id);
	return ask(n, &r, NULL, NULL);
}

static void take_link(const struct nlmsghdr *nlh, void *arg)
{
	struct link_info *i = arg;

	if (reply_num(nlh, FTTCP_A_LINK_ID) != i->id)
		return;
	i->there = true;
	i->state = reply_num(nlh, FTTCP_A_LINK_STATE);
	i->reason = reply_num(nlh, FTTCP_A_LINK_DOWN_REASON);
	i->acked = reply_num(nlh, FTTCP_A_LINK_ACKED_INDEX);
}

/* @i->id says which link. */
int node_link_get(struct node *n, struct link_info *i)
{
	struct request r;

	i->there = false;
	req_begin(&r, n->family, FTTCP_CMD_LINK_GET, NLM_F_DUMP);
	return ask(n, &r, take_link, i);
}

/* Sum of the counters of this name, or of those that go on behind it. */
static int64_t counters(const char *name, bool longer)
{
	FILE *f = fopen("/proc/self/net/fttcp_stat", "r");
	size_t len = strlen(name);
	int64_t value, sum = 0;
	char word[64];

	if (!f)
		return -1;
	while (fscanf(f, "%63s %" SCNd64, word, &value) == 2) {
		if (strncmp(word, "Fttcp", 5) || strncmp(word + 5, name, len))
			continue;
		if (longer == (strlen(word) > len + 5))
			sum += value;
	}
	fclose(f);
	return sum;
}

/**
 * node_counter() - a counter of the module in this namespace
 * @name: without "Fttcp" before it
 *
 * Return: its value, -1 when there is no module.
 */
int64_t node_counter(const char *name)
{
	return counters(name, false);
}

/**
 * node_counter_sum() - the sum of those whose name begins so and goes on
 * @prefix: without "Fttcp" before it
 *
 * Return: their sum, -1 when there is no module.
 */
int64_t node_counter_sum(const char *prefix)
{
	return counters(prefix, true);
}
