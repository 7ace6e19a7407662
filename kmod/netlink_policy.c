// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for policies.
 */
#include "netlink.h"

/* An address with its prefix length, as the two sides of a policy have it. */
static int policy_parse_prefix(struct genl_info *info, int addr_attr,
			       int plen_attr, u16 family,
			       union fttcp_addr *addr, u8 *plen)
{
	u8 bits = family == AF_INET ? 32 : 128;
	int err;

	if (!info->attrs[addr_attr]) {
		if (!info->attrs[plen_attr])
			return 0;
		return fttcp_nl_refuse(info, plen_attr, -EINVAL,
				       "a prefix length without an address");
	}
	if (!family)
		return fttcp_nl_refuse(info, addr_attr, -EINVAL,
				       "an address without its family");
	err = fttcp_nl_addr_get(info, addr_attr, family, addr);
	if (err)
		return err;
	*plen = bits;
	if (!info->attrs[plen_attr])
		return 0;
	*plen = nla_get_u8(info->attrs[plen_attr]);
	if (*plen > bits)
		return fttcp_nl_refuse(info, plen_attr, -EINVAL,
				       "the prefix is longer than an address of the family");
	return 0;
}

static int policy_parse(struct genl_info *info, struct fttcp_policy *p)
{
	struct nlattr **attrs = info->attrs;
	int err;

	memset(p, 0, sizeof(*p));
	if (attrs[FTTCP_A_POLICY_FAMILY]) {
		err = fttcp_nl_family_get(info, FTTCP_A_POLICY_FAMILY,
					  &p->family);
		if (err)
			return err;
	}
	err = policy_parse_prefix(info, FTTCP_A_POLICY_LOCAL_ADDR,
				  FTTCP_A_POLICY_LOCAL_PREFIXLEN, p->family,
				  &p->laddr, &p->lplen);
	if (err)
		return err;
	err = policy_parse_prefix(info, FTTCP_A_POLICY_REMOTE_ADDR,
				  FTTCP_A_POLICY_REMOTE_PREFIXLEN, p->family,
				  &p->raddr, &p->rplen);
	if (err)
		return err;
	if (attrs[FTTCP_A_POLICY_LOCAL_PORT])
		p->lport = htons(nla_get_u16(attrs[FTTCP_A_POLICY_LOCAL_PORT]));
	if (attrs[FTTCP_A_POLICY_REMOTE_PORT])
		p->rport =
			htons(nla_get_u16(attrs[FTTCP_A_POLICY_REMOTE_PORT]));
	if (attrs[FTTCP_A_POLICY_IFINDEX])
		p->ifindex = nla_get_u32(attrs[FTTCP_A_POLICY_IFINDEX]);
	p->mode = FTTCP_POLICY_MODE_NODE;
	if (attrs[FTTCP_A_POLICY_MODE])
		p->mode = nla_get_u32(attrs[FTTCP_A_POLICY_MODE]);
	return 0;
}

static void policy_tell(struct fttcp_net *fn, u32 event, u32 id)
{
	struct fttcp_event ev = { .id = event, .conn_id = id };

	fttcp_event(fn, &ev);
}

static int policy_refuse_add(struct genl_info *info, int err)
{
	if (err == -EEXIST)
		return fttcp_nl_refuse(info, 0, err,
				       "a policy that matches the same exists");
	if (err == -ENOSPC)
		return fttcp_nl_refuse(info, 0, err,
				       "there are as many policies as possible");
	return err;
}

int fttcp_nl_policy_add_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct fttcp_policy p;
	struct sk_buff *skb;
	void *hdr;
	int err;

	err = policy_parse(info, &p);
	if (err)
		return err;
	/* Everything that can fail comes before the policy exists. */
	skb = fttcp_nl_reply_new(info, nla_total_size(sizeof(u32)), &hdr);
	if (!skb)
		return -ENOMEM;
	err = fttcp_policy_add(fn, &p);
	if (err) {
		nlmsg_free(skb);
		return policy_refuse_add(info, err);
	}
	policy_tell(fn, FTTCP_EVT_POLICY_ADDED, p.id);
	if (WARN_ON_ONCE(nla_put_u32(skb, FTTCP_A_POLICY_ID, p.id)))
		goto err_free;
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);

err_free:
	return fttcp_nl_reply_full(info, skb);
}

int fttcp_nl_policy_del_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	u32 id = 0;
	int err;

	if (info->attrs[FTTCP_A_POLICY_ID])
		id = nla_get_u32(info->attrs[FTTCP_A_POLICY_ID]);
	err = fttcp_policy_del(fn, id);
	if (err == -EALREADY)
		return fttcp_nl_refuse(info, 0, 0,
				       "this policy is gone already; nothing was done");
	if (err)
		return fttcp_nl_refuse(info, FTTCP_A_POLICY_ID, -ENOENT,
				       "there is no policy with this id");
	policy_tell(fn, FTTCP_EVT_POLICY_REMOVED, id);
	return 0;
}

/* What a dump of policies hands to each step. */
struct policy_dump {
	struct sk_buff		*skb;
	struct netlink_callback	*cb;
};

static int policy_put_addrs(struct sk_buff *skb, const struct fttcp_policy *p)
{
	int len = p->family == AF_INET ? sizeof(__be32) :
					 sizeof(struct in6_addr);

	if (p->family && nla_put_u16(skb, FTTCP_A_POLICY_FAMILY, p->family))
		return -EMSGSIZE;
	if (p->lplen &&
	    (nla_put(skb, FTTCP_A_POLICY_LOCAL_ADDR, len, &p->laddr) ||
	     nla_put_u8(skb, FTTCP_A_POLICY_LOCAL_PREFIXLEN, p->lplen)))
		return -EMSGSIZE;
	if (p->rplen &&
	    (nla_put(skb, FTTCP_A_POLICY_REMOTE_ADDR, len, &p->raddr) ||
	     nla_put_u8(skb, FTTCP_A_POLICY_REMOTE_PREFIXLEN, p->rplen)))
		return -EMSGSIZE;
	return 0;
}

static int policy_put(struct sk_buff *skb, const struct fttcp_policy *p,
		      u64 hits)
{
	if (nla_put_u32(skb, FTTCP_A_POLICY_ID, p->id) ||
	    policy_put_addrs(skb, p))
		return -EMSGSIZE;
	if (p->lport &&
	    nla_put_u16(skb, FTTCP_A_POLICY_LOCAL_PORT, ntohs(p->lport)))
		return -EMSGSIZE;
	if (p->rport &&
	    nla_put_u16(skb, FTTCP_A_POLICY_REMOTE_PORT, ntohs(p->rport)))
		return -EMSGSIZE;
	if (p->ifindex && nla_put_u32(skb, FTTCP_A_POLICY_IFINDEX, p->ifindex))
		return -EMSGSIZE;
	if (p->mode != FTTCP_POLICY_MODE_NODE &&
	    nla_put_u32(skb, FTTCP_A_POLICY_MODE, p->mode))
		return -EMSGSIZE;
	return nla_put_u64_64bit(skb, FTTCP_A_POLICY_HITS, hits,
				 FTTCP_A_POLICY_PAD);
}

static int policy_dump_one(const struct fttcp_policy *p, u64 hits, void *arg)
{
	struct policy_dump *d = arg;
	void *hdr;

	hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid,
			  d->cb->nlh->nlmsg_seq, &fttcp_nl_family, NLM_F_MULTI,
			  FTTCP_CMD_POLICY_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(d->cb, hdr);
	if (policy_put(d->skb, p, hits)) {
		genlmsg_cancel(d->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->skb, hdr);
	d->cb->args[0] = p->id;
	return 0;
}

/* cb->args[0] is the id of the last policy that was sent. */
int fttcp_nl_policy_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	struct fttcp_net *fn = fttcp_net(sock_net(skb->sk));
	struct policy_dump d = { .skb = skb, .cb = cb };
	int err;

	cb->seq = READ_ONCE(fn->policies.gen);
	err = fttcp_policy_for_each(fn, cb->args[0], policy_dump_one, &d);
	return skb->len ?: err;
}
