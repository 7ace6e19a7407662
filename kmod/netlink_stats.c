// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for counters.
 */
#include "netlink.h"

/* Counters of one message of a dump: it fits into the smallest buffer. */
#define STATS_PER_MSG	40

/* Room for one counter: nest, name of up to 40 bytes, value. */
#define STATS_ENTRY	(nla_total_size(0) + nla_total_size(40) + \
			 nla_total_size_64bit(sizeof(u64)))

static int stats_put(struct sk_buff *skb, const struct fttcp_net *fn,
		     enum fttcp_stat s)
{
	struct nlattr *nest = nla_nest_start(skb, FTTCP_A_STATS_ENTRY);

	if (!nest ||
	    nla_put_string(skb, FTTCP_A_STAT_NAME, fttcp_stat_name(s)) ||
	    nla_put_u64_64bit(skb, FTTCP_A_STAT_VALUE, fttcp_stat_read(fn, s),
			      FTTCP_A_STAT_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int fttcp_nl_stats_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct sk_buff *skb;
	enum fttcp_stat s;
	void *hdr;

	skb = fttcp_nl_reply_new(info, FTTCP_STAT_COUNT * STATS_ENTRY, &hdr);
	if (!skb)
		return -ENOMEM;
	for (s = 0; s < FTTCP_STAT_COUNT; s++)
		if (stats_put(skb, fn, s))
			return fttcp_nl_reply_full(info, skb);
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* One message from counter @s on; the counter after the last one in it. */
static int stats_fill(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct fttcp_net *fn, enum fttcp_stat s)
{
	enum fttcp_stat end = min_t(int, FTTCP_STAT_COUNT, s + STATS_PER_MSG);
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fttcp_nl_family, NLM_F_MULTI, FTTCP_CMD_STATS_GET);
	if (!hdr)
		return -EMSGSIZE;
	for (; s < end; s++) {
		if (stats_put(skb, fn, s)) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
	}
	genlmsg_end(skb, hdr);
	return s;
}

/* cb->args[0] is the next counter. */
int fttcp_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct fttcp_net *fn = fttcp_net(sock_net(skb->sk));

	while (cb->args[0] < FTTCP_STAT_COUNT) {
		int next = stats_fill(skb, cb, fn, cb->args[0]);

		if (next < 0)
			return skb->len ?: next;
		cb->args[0] = next;
	}
	return skb->len;
}
