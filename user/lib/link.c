// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "link": the dedicated connections to another node.
 */
#include <errno.h>

#include "nl.h"

static const struct attr_field sockfds_fields[] = {
	{
		.name = "sockfd",
		.type = FTTCP_A_SOCKFDS_SOCKFD,
		.kind = ATTR_NEST,
	},
	{ 0 },
};

static const struct attr_set attr_set_sockfds = { .fields = sockfds_fields };

#define LINK(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_LINK_##_TYPE, _name, _kind, fttcp_link, _member)

static const struct attr_field link_fields[] = {
	LINK(ID, "id", ATTR_U32, id),
	LINK(STATE, "state", ATTR_U32, state),
	LINK(PEER_ID, "peer-id", ATTR_U32, peer_id),
	LINK(PEER_EPOCH, "peer-epoch", ATTR_U64, peer_epoch),
	LINK(PEER_ROLE, "peer-role", ATTR_U32, peer_role),
	LINK(LANES, "lanes", ATTR_U32, lanes),
	{
		.name = "sockfds",
		.type = FTTCP_A_LINK_SOCKFDS,
		.kind = ATTR_NEST,
		.nested = &attr_set_sockfds,
	},
	LINK(IFINDEX, "ifindex", ATTR_U32, ifindex),
	LINK(DOWN_REASON, "down-reason", ATTR_U32, down_reason),
	LINK(LANE_QUEUED, "lane-queued", ATTR_U64, lane_queued),
	LINK(SENT_INDEX, "sent-index", ATTR_U64, sent_index),
	LINK(ACKED_INDEX, "acked-index", ATTR_U64, acked_index),
	LINK(RECORDS_TX, "records-tx", ATTR_U64, records_tx),
	LINK(RECORDS_RX, "records-rx", ATTR_U64, records_rx),
	LINK(BYTES_TX, "bytes-tx", ATTR_U64, bytes_tx),
	LINK(BYTES_RX, "bytes-rx", ATTR_U64, bytes_rx),
	LINK(BYTES_REFERENCED, "bytes-referenced", ATTR_U64, bytes_referenced),
	LINK(BYTES_COPIED, "bytes-copied", ATTR_U64, bytes_copied),
	LINK(RTT_US, "rtt-us", ATTR_U32, rtt_us),
	LINK(HEARTBEATS_MISSED, "heartbeats-missed", ATTR_U32,
	     heartbeats_missed),
	LINK(ERRNO, "errno", ATTR_S32, error),
	{ 0 },
};

const struct attr_set attr_set_link = {
	.fields = link_fields,
	.size = sizeof(struct fttcp_link),
};

struct link_walk {
	fttcp_link_cb cb;
	void *arg;
};

static int link_each(const void *obj, void *arg)
{
	const struct link_walk *w = arg;

	return w->cb(obj, w->arg);
}

int fttcp_link_dump(struct fttcp_nl *nl, fttcp_link_cb cb, void *arg)
{
	struct link_walk w = { .cb = cb, .arg = arg };

	return nl_dump(nl, FTTCP_CMD_LINK_GET, &attr_set_link, NULL, link_each,
		       &w);
}

static int sockfds_write(struct fttcp_nl *nl, struct nlmsghdr *nlh,
			 const struct fttcp_link *link)
{
	struct nlattr *nest;
	uint32_t i;

	nest = mnl_attr_nest_start_check(nlh, sizeof(nl->request),
					 FTTCP_A_LINK_SOCKFDS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < link->sockfd_count; i++)
		if (!mnl_attr_put_u32_check(nlh, sizeof(nl->request),
					    FTTCP_A_SOCKFDS_SOCKFD,
					    link->sockfds[i]))
			return -EMSGSIZE;
	mnl_attr_nest_end(nlh, nest);
	return 0;
}

int fttcp_link_add(struct fttcp_nl *nl, const struct fttcp_link *link)
{
	struct nlmsghdr *nlh;
	int err;

	if (link->sockfd_count > FTTCP_LANES_MAX)
		return -E2BIG;
	nlh = nl_request(nl, FTTCP_CMD_LINK_ADD, 0, &attr_set_link);
	err = attr_write(&attr_set_link, link, nlh, sizeof(nl->request));
	if (!err)
		err = sockfds_write(nl, nlh, link);
	if (err)
		return err;
	return nl_exchange(nl, nlh, NULL, NULL);
}

int fttcp_link_del(struct fttcp_nl *nl, uint32_t id)
{
	return fttcp_link_stop(nl, id, FTTCP_DOWN_REASON_NONE);
}

int fttcp_link_stop(struct fttcp_nl *nl, uint32_t id, uint32_t reason)
{
	struct fttcp_link link = { .id = id, .down_reason = reason };

	fttcp_mark(&link, FTTCP_A_LINK_ID);
	if (reason)
		fttcp_mark(&link, FTTCP_A_LINK_DOWN_REASON);
	return nl_do(nl, FTTCP_CMD_LINK_DEL, &attr_set_link, &link, NULL);
}
