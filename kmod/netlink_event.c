// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink messages and requests for events: how one is told, the last ones for
 * a late reader, how often each was raised, and those that the daemon raises.
 */
#include <net/genetlink.h>

#include <fttcp/strings-gen.h>

#include "netlink.h"

/* Attributes of an event without the sentence; nla_put() checks. */
#define EVENT_MSG	512

static int event_put_tuple(struct sk_buff *skb, const struct fttcp_tuple *t)
{
	unsigned int len = fttcp_tuple_addr_len(t);

	if (nla_put_u16(skb, FTTCP_A_EVENT_FAMILY, t->family) ||
	    nla_put(skb, FTTCP_A_EVENT_LOCAL_ADDR, len, &t->laddr) ||
	    nla_put_u16(skb, FTTCP_A_EVENT_LOCAL_PORT, ntohs(t->lport)))
		return -EMSGSIZE;
	if (!t->rport)
		return 0;
	if (nla_put(skb, FTTCP_A_EVENT_REMOTE_ADDR, len, &t->raddr) ||
	    nla_put_u16(skb, FTTCP_A_EVENT_REMOTE_PORT, ntohs(t->rport)))
		return -EMSGSIZE;
	return 0;
}

static int event_put_what(struct sk_buff *skb, const struct fttcp_event_kept *k)
{
	const struct fttcp_event *ev = &k->ev;

	if (nla_put_u64_64bit(skb, FTTCP_A_EVENT_SEQ, k->seq,
			      FTTCP_A_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, FTTCP_A_EVENT_TIME_NS, k->time_ns,
			      FTTCP_A_EVENT_PAD) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_ID, ev->id) ||
	    nla_put_string(skb, FTTCP_A_EVENT_NAME, fttcp_event_name(ev->id)) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_SEVERITY, ev->severity) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_OBJECT, ev->object) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_ACTION, ev->action) ||
	    nla_put_string(skb, FTTCP_A_EVENT_TEXT, k->text))
		return -EMSGSIZE;
	return 0;
}

static int event_put_details(struct sk_buff *skb,
			     const struct fttcp_event_kept *k)
{
	const struct fttcp_event *ev = &k->ev;
	u8 flags = k->desc->flags;

	if (ev->link_id && nla_put_u32(skb, FTTCP_A_EVENT_LINK_ID, ev->link_id))
		return -EMSGSIZE;
	if (ev->conn_id && nla_put_u64_64bit(skb, FTTCP_A_EVENT_CONN_ID,
					     ev->conn_id, FTTCP_A_EVENT_PAD))
		return -EMSGSIZE;
	if (ev->reason && nla_put_u32(skb, FTTCP_A_EVENT_REASON, ev->reason))
		return -EMSGSIZE;
	if (ev->epoch && nla_put_u64_64bit(skb, FTTCP_A_EVENT_EPOCH, ev->epoch,
					   FTTCP_A_EVENT_PAD))
		return -EMSGSIZE;
	if ((flags & FTTCP_EVENT_STATE) &&
	    nla_put_u32(skb, FTTCP_A_EVENT_STATE, ev->state))
		return -EMSGSIZE;
	if ((flags & FTTCP_EVENT_ROLE) &&
	    nla_put_u32(skb, FTTCP_A_EVENT_ROLE, ev->role))
		return -EMSGSIZE;
	if ((ev->err || (flags & FTTCP_EVENT_ERR)) &&
	    nla_put_s32(skb, FTTCP_A_EVENT_ERRNO, ev->err))
		return -EMSGSIZE;
	if (ev->by_daemon && nla_put_flag(skb, FTTCP_A_EVENT_BY_DAEMON))
		return -EMSGSIZE;
	return ev->tuple ? event_put_tuple(skb, ev->tuple) : 0;
}

/**
 * fttcp_nl_event_build() - the message that tells of an event
 * @k: event
 *
 * Context: any.
 * Return: the message, NULL without memory.
 */
struct sk_buff *fttcp_nl_event_build(const struct fttcp_event_kept *k)
{
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(EVENT_MSG + FTTCP_EVENT_TEXT,
			  GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, 0, 0, &fttcp_nl_family, 0, FTTCP_CMD_EVENT);
	if (!hdr || event_put_what(skb, k) || event_put_details(skb, k)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

static int event_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct fttcp_event_kept *k)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fttcp_nl_family, NLM_F_MULTI, FTTCP_CMD_EVENT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (event_put_what(skb, k) || event_put_details(skb, k)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/*
 * cb->args[0] is the number after the last one that was sent. Those that fall
 * out meanwhile are a gap, as for any reader.
 */
int fttcp_nl_event_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fttcp_events *es = &fttcp_net(sock_net(skb->sk))->events;
	const struct fttcp_event_kept *k;
	int err = 0;

	spin_lock_bh(&es->lock);
	while ((k = fttcp_events_next(es, cb->args[0]))) {
		err = event_dump_one(skb, cb, k);
		if (err)
			break;
		cb->args[0] = k->seq + 1;
	}
	spin_unlock_bh(&es->lock);
	return skb->len ?: err;
}

static int count_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			  u32 id, const struct fttcp_event_bucket *b)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fttcp_nl_family, NLM_F_MULTI,
			  FTTCP_CMD_EVENT_COUNT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, FTTCP_A_EVENT_COUNT_ID, id) ||
	    nla_put_string(skb, FTTCP_A_EVENT_COUNT_NAME,
			   fttcp_event_name(id)) ||
	    nla_put_u64_64bit(skb, FTTCP_A_EVENT_COUNT_RAISED, b->raised,
			      FTTCP_A_EVENT_COUNT_PAD) ||
	    nla_put_u64_64bit(skb, FTTCP_A_EVENT_COUNT_SUPPRESSED,
			      b->suppressed, FTTCP_A_EVENT_COUNT_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* cb->args[0] is the place in the catalogue. */
int fttcp_nl_event_count_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb)
{
	struct fttcp_events *es = &fttcp_net(sock_net(skb->sk))->events;
	int err = 0;

	spin_lock_bh(&es->lock);
	for (; cb->args[0] < FTTCP_EVENT_COUNT; cb->args[0]++) {
		struct fttcp_event_bucket *b = &es->buckets[cb->args[0]];

		if (b->raised || b->suppressed)
			err = count_dump_one(skb, cb,
					     fttcp_event_descs[cb->args[0]].id,
					     b);
		if (err)
			break;
	}
	spin_unlock_bh(&es->lock);
	return skb->len ?: err;
}

int fttcp_nl_event_raise_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct fttcp_event ev = { .by_daemon = true };
	const struct fttcp_event_desc *desc;
	char text[FTTCP_EVENT_TEXT];

	if (fttcp_nl_missing(info, FTTCP_A_EVENT_ID) ||
	    fttcp_nl_missing(info, FTTCP_A_EVENT_TEXT))
		return -EINVAL;
	ev.id = nla_get_u32(info->attrs[FTTCP_A_EVENT_ID]);
	desc = fttcp_event_find(ev.id);
	if (!desc || !(desc->flags & FTTCP_EVENT_DAEMON))
		return fttcp_nl_refuse(info, FTTCP_A_EVENT_ID, -EINVAL,
				       "the catalogue has no event of this number for the daemon");
	nla_strscpy(text, info->attrs[FTTCP_A_EVENT_TEXT], sizeof(text));
	ev.text = text;
	if (info->attrs[FTTCP_A_EVENT_LINK_ID])
		ev.link_id = nla_get_u32(info->attrs[FTTCP_A_EVENT_LINK_ID]);
	if (info->attrs[FTTCP_A_EVENT_CONN_ID])
		ev.conn_id = nla_get_u64(info->attrs[FTTCP_A_EVENT_CONN_ID]);
	if (info->attrs[FTTCP_A_EVENT_REASON])
		ev.reason = nla_get_u32(info->attrs[FTTCP_A_EVENT_REASON]);
	if (info->attrs[FTTCP_A_EVENT_ERRNO])
		ev.err = nla_get_s32(info->attrs[FTTCP_A_EVENT_ERRNO]);
	fttcp_event(fn, &ev);
	return 0;
}
