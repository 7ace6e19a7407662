// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "stats": the counters of the namespace.
 */
#include <errno.h>

#include "nl.h"

/* A counter, as the dump carries it. */
struct stat {
	uint64_t present;
	char name[FTTCP_NAME_LEN];
	uint64_t value;
};

static const struct attr_field stat_fields[] = {
	ATTR(FTTCP_A_STAT_NAME, "name", ATTR_TEXT, stat, name),
	ATTR(FTTCP_A_STAT_VALUE, "value", ATTR_U64, stat, value),
	{ 0 },
};

static const struct attr_set attr_set_stat = {
	.fields = stat_fields,
	.size = sizeof(struct stat),
};

static const struct attr_field stats_fields[] = {
	{
		.name = "entry",
		.type = FTTCP_A_STATS_ENTRY,
		.kind = ATTR_NEST,
		.nested = &attr_set_stat,
	},
	{ 0 },
};

const struct attr_set attr_set_stats = { .fields = stats_fields };

struct stats_walk {
	fttcp_stats_cb cb;
	void *arg;
};

static int stats_message(const struct nlmsghdr *nlh, void *arg)
{
	const struct stats_walk *w = arg;
	const struct nlattr *attr;
	struct stat stat;
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != FTTCP_A_STATS_ENTRY)
			continue;
		err = attr_read(&attr_set_stat, mnl_attr_get_payload(attr),
				mnl_attr_get_payload_len(attr), &stat);
		if (!err)
			err = w->cb(stat.name, stat.value, w->arg);
		if (err)
			return err;
	}
	return 0;
}

/* Counters change all the time: nothing to be consistent with, no list. */
int fttcp_stats_get(struct fttcp_nl *nl, fttcp_stats_cb cb, void *arg)
{
	struct stats_walk w = { .cb = cb, .arg = arg };
	struct nlmsghdr *nlh;
	int err;

	nlh = nl_request(nl, FTTCP_CMD_STATS_GET, NLM_F_DUMP, &attr_set_stats);
	err = nl_exchange(nl, nlh, stats_message, &w);
	return err == -EINTR ? 0 : err;
}
