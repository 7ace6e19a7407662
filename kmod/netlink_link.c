// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for links.
 */
#include "link.h"
#include "netlink.h"

/* The descriptors of the lanes, and the attributes they came in. */
static int link_parse_fds(struct genl_info *info, struct fttcp_link_params *p,
			  struct nlattr *attrs[FTTCP_LANES_MAX])
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, info->attrs[FTTCP_A_LINK_SOCKFDS], rem) {
		if (p->nr == FTTCP_LANES_MAX)
			return fttcp_nl_refuse(info, FTTCP_A_LINK_SOCKFDS,
					       -E2BIG,
					       "a link has no more than 8 lanes");
		attrs[p->nr] = attr;
		p->fds[p->nr++] = nla_get_u32(attr);
	}
	static_assert(FTTCP_LANES_MAX == 8);
	if (!p->nr)
		return fttcp_nl_refuse(info, FTTCP_A_LINK_SOCKFDS, -EINVAL,
				       "a link needs at least one socket");
	return 0;
}

int fttcp_nl_link_add_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct nlattr *fds[FTTCP_LANES_MAX];
	struct fttcp_link_params p = {};
	const char *why = NULL;
	int bad_fd = -1;
	int err;

	if (fttcp_nl_missing(info, FTTCP_A_LINK_ID) ||
	    fttcp_nl_missing(info, FTTCP_A_LINK_SOCKFDS))
		return -EINVAL;
	p.id = nla_get_u32(info->attrs[FTTCP_A_LINK_ID]);
	if (info->attrs[FTTCP_A_LINK_IFINDEX])
		p.ifindex = nla_get_u32(info->attrs[FTTCP_A_LINK_IFINDEX]);
	err = link_parse_fds(info, &p, fds);
	if (err)
		return err;

	err = fttcp_link_add(fn, &p, &bad_fd, &why);
	if (!err)
		return 0;
	if (bad_fd >= 0 && bad_fd < p.nr)
		NL_SET_BAD_ATTR(info->extack, fds[bad_fd]);
	return fttcp_nl_refuse(info, 0, err, why);
}

/* All others are found out, not asked for. */
static bool is_request(u32 reason)
{
	return reason == FTTCP_DOWN_REASON_OPERATOR ||
	       reason == FTTCP_DOWN_REASON_STOPPED ||
	       reason == FTTCP_DOWN_REASON_FORCED;
}

int fttcp_nl_link_del_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	u32 reason = FTTCP_DOWN_REASON_OPERATOR;
	const char *why = NULL;
	int err;

	if (fttcp_nl_missing(info, FTTCP_A_LINK_ID))
		return -EINVAL;
	if (info->attrs[FTTCP_A_LINK_DOWN_REASON])
		reason = nla_get_u32(info->attrs[FTTCP_A_LINK_DOWN_REASON]);
	if (!is_request(reason))
		return fttcp_nl_refuse(info, FTTCP_A_LINK_DOWN_REASON, -EINVAL,
				       "a link is ended with operator, stopped or forced");
	err = fttcp_link_del(fn, nla_get_u32(info->attrs[FTTCP_A_LINK_ID]),
			     reason, &why);
	if (err)
		return fttcp_nl_refuse(info, FTTCP_A_LINK_ID, err, why);
	return fttcp_nl_refuse(info, 0, 0, why);
}

/* What is told of a link as the sum over its lanes. */
struct link_sums {
	u64	queued;
	u64	records_tx;
	u64	records_rx;
	u64	bytes_tx;
	u64	bytes_rx;
	u64	bytes_ref;
	u64	bytes_copied;
	u32	misses;
};

static void link_sum(const struct fttcp_link *link, struct link_sums *sum)
{
	unsigned int i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < link->nr_lanes; i++) {
		const struct fttcp_lane *lane = &link->lanes[i];

		sum->queued += READ_ONCE(lane->queued);
		sum->records_tx += READ_ONCE(lane->records_tx);
		sum->records_rx += READ_ONCE(lane->records_rx);
		sum->bytes_tx += READ_ONCE(lane->bytes_tx);
		sum->bytes_rx += READ_ONCE(lane->bytes_rx);
		sum->bytes_ref += READ_ONCE(lane->bytes_ref);
		sum->bytes_copied += READ_ONCE(lane->bytes_copied);
		sum->misses = max(sum->misses, READ_ONCE(lane->misses));
	}
}

static int link_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FTTCP_A_LINK_PAD);
}

static int link_put_counts(struct sk_buff *skb, const struct fttcp_link *link)
{
	const struct fttcp_lane *lane = &link->lanes[0];
	struct link_sums sum;

	link_sum(link, &sum);
	if (link_put_u64(skb, FTTCP_A_LINK_LANE_QUEUED, sum.queued) ||
	    link_put_u64(skb, FTTCP_A_LINK_SENT_INDEX,
			 READ_ONCE(lane->sent_index)) ||
	    link_put_u64(skb, FTTCP_A_LINK_ACKED_INDEX,
			 READ_ONCE(lane->acked_index)) ||
	    link_put_u64(skb, FTTCP_A_LINK_RECORDS_TX, sum.records_tx) ||
	    link_put_u64(skb, FTTCP_A_LINK_RECORDS_RX, sum.records_rx) ||
	    link_put_u64(skb, FTTCP_A_LINK_BYTES_TX, sum.bytes_tx) ||
	    link_put_u64(skb, FTTCP_A_LINK_BYTES_RX, sum.bytes_rx) ||
	    link_put_u64(skb, FTTCP_A_LINK_BYTES_REFERENCED, sum.bytes_ref) ||
	    link_put_u64(skb, FTTCP_A_LINK_BYTES_COPIED, sum.bytes_copied) ||
	    nla_put_u32(skb, FTTCP_A_LINK_RTT_US, READ_ONCE(lane->rtt_us)) ||
	    nla_put_u32(skb, FTTCP_A_LINK_HEARTBEATS_MISSED, sum.misses))
		return -EMSGSIZE;
	return 0;
}

static int link_put(struct sk_buff *skb, const struct fttcp_link *link)
{
	if (nla_put_u32(skb, FTTCP_A_LINK_ID, link->id) ||
	    nla_put_u32(skb, FTTCP_A_LINK_STATE, fttcp_link_state(link)) ||
	    nla_put_u32(skb, FTTCP_A_LINK_PEER_ID, READ_ONCE(link->peer_id)) ||
	    link_put_u64(skb, FTTCP_A_LINK_PEER_EPOCH,
			 READ_ONCE(link->peer_epoch)) ||
	    nla_put_u32(skb, FTTCP_A_LINK_PEER_ROLE,
			READ_ONCE(link->peer_role)) ||
	    nla_put_u32(skb, FTTCP_A_LINK_LANES, link->nr_lanes) ||
	    nla_put_u32(skb, FTTCP_A_LINK_DOWN_REASON,
			READ_ONCE(link->down_reason)) ||
	    nla_put_s32(skb, FTTCP_A_LINK_ERRNO, READ_ONCE(link->error)))
		return -EMSGSIZE;
	if (link->ifindex &&
	    nla_put_u32(skb, FTTCP_A_LINK_IFINDEX, link->ifindex))
		return -EMSGSIZE;
	return link_put_counts(skb, link);
}

static int link_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct fttcp_link *link)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fttcp_nl_family, NLM_F_MULTI, FTTCP_CMD_LINK_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (link_put(skb, link)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* cb->args[0] is the number of links that were sent. */
int fttcp_nl_link_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fttcp_net *fn = fttcp_net(sock_net(skb->sk));
	struct fttcp_link *link;
	long pos = 0;
	int err = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &fn->links, list) {
		if (pos++ < cb->args[0])
			continue;
		err = link_dump_one(skb, cb, link);
		if (err)
			break;
		cb->args[0] = pos;
	}
	rcu_read_unlock();
	return skb->len ?: err;
}
