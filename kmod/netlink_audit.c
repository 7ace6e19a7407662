// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for audits.
 */
#include "audit.h"
#include "netlink.h"

static int audit_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FTTCP_A_AUDIT_PAD);
}

static int audit_put(struct sk_buff *skb, const struct fttcp_audit_report *r)
{
	if (audit_put_u64(skb, FTTCP_A_AUDIT_NUMBER, r->number) ||
	    nla_put_u32(skb, FTTCP_A_AUDIT_RESULT, r->result) ||
	    nla_put_u32(skb, FTTCP_A_AUDIT_CONNS, r->conns) ||
	    audit_put_u64(skb, FTTCP_A_AUDIT_BYTES, r->bytes) ||
	    nla_put_u32(skb, FTTCP_A_AUDIT_DIFFERING, r->differing) ||
	    nla_put_u32(skb, FTTCP_A_AUDIT_SKIPPED, r->skipped) ||
	    nla_put_u32(skb, FTTCP_A_AUDIT_STALE, r->stale) ||
	    audit_put_u64(skb, FTTCP_A_AUDIT_BEGAN_NS, r->began_ns) ||
	    nla_put_u32(skb, FTTCP_A_AUDIT_TOOK_MS, r->took_ms))
		return -EMSGSIZE;
	return r->why ? nla_put_string(skb, FTTCP_A_AUDIT_WHY, r->why) : 0;
}

int fttcp_nl_audit_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct fttcp_audit_report now;
	struct sk_buff *skb;
	void *hdr;

	skb = fttcp_nl_reply_new(info, GENLMSG_DEFAULT_SIZE, &hdr);
	if (!skb)
		return -ENOMEM;
	fttcp_audit_view(fn, &now);
	if (audit_put(skb, &now))
		return fttcp_nl_reply_full(info, skb);
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

int fttcp_nl_audit_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	const char *why = NULL;
	struct sk_buff *skb;
	u64 number;
	void *hdr;
	int err;

	skb = fttcp_nl_reply_new(info, GENLMSG_DEFAULT_SIZE, &hdr);
	if (!skb)
		return -ENOMEM;
	err = fttcp_audit_start(fn, &number, &why);
	if (err) {
		err = fttcp_nl_refuse(info, 0, err, why);
		goto err_free;
	}
	err = audit_put_u64(skb, FTTCP_A_AUDIT_NUMBER, number);
	if (err)
		goto err_free;
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);

err_free:
	nlmsg_free(skb);
	return err;
}
