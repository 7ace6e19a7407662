// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for connections and listeners.
 */
#include <net/ipv6.h>

#include "conn.h"
#include "netlink.h"
#include "sockstate.h"
#include "ulp.h"

/* The IPv4 connection of an IPv6 socket may be named in either way. */
static void tuple_unmap(struct fttcp_tuple *t)
{
	if (t->family != AF_INET6 || !ipv6_addr_v4mapped(&t->laddr.ip6))
		return;
	if (t->rport && !ipv6_addr_v4mapped(&t->raddr.ip6))
		return;
	t->family = AF_INET;
	t->laddr.ip = t->laddr.ip6.s6_addr32[3];
	memset(&t->laddr.ip6.s6_addr32[1], 0, 12);
	t->raddr.ip = t->raddr.ip6.s6_addr32[3];
	memset(&t->raddr.ip6.s6_addr32[1], 0, 12);
}

static int conn_parse_remote(struct genl_info *info, struct fttcp_tuple *t)
{
	struct nlattr **attrs = info->attrs;
	int err;

	if (!attrs[FTTCP_A_CONN_REMOTE_ADDR] &&
	    !attrs[FTTCP_A_CONN_REMOTE_PORT])
		return 0;
	if (fttcp_nl_missing(info, FTTCP_A_CONN_REMOTE_ADDR) ||
	    fttcp_nl_missing(info, FTTCP_A_CONN_REMOTE_PORT))
		return -EINVAL;
	err = fttcp_nl_addr_get(info, FTTCP_A_CONN_REMOTE_ADDR, t->family,
				&t->raddr);
	if (err)
		return err;
	t->rport = htons(nla_get_u16(attrs[FTTCP_A_CONN_REMOTE_PORT]));
	return 0;
}

static int conn_parse_tuple(struct genl_info *info, struct fttcp_tuple *t)
{
	struct nlattr **attrs = info->attrs;
	int err;

	memset(t, 0, sizeof(*t));
	if (fttcp_nl_missing(info, FTTCP_A_CONN_FAMILY) ||
	    fttcp_nl_missing(info, FTTCP_A_CONN_LOCAL_ADDR) ||
	    fttcp_nl_missing(info, FTTCP_A_CONN_LOCAL_PORT))
		return -EINVAL;
	err = fttcp_nl_family_get(info, FTTCP_A_CONN_FAMILY, &t->family);
	if (err)
		return err;
	err = fttcp_nl_addr_get(info, FTTCP_A_CONN_LOCAL_ADDR, t->family,
				&t->laddr);
	if (err)
		return err;
	t->lport = htons(nla_get_u16(attrs[FTTCP_A_CONN_LOCAL_PORT]));
	if (attrs[FTTCP_A_CONN_IFINDEX])
		t->ifindex = nla_get_u32(attrs[FTTCP_A_CONN_IFINDEX]);
	err = conn_parse_remote(info, t);
	if (!err)
		tuple_unmap(t);
	return err;
}

/*
 * The connection or the listener; a listener also when it is the wildcard one
 * that takes connections to this address, as with attaching it.
 */
static struct fttcp_conn *conn_find_tuple(struct fttcp_net *fn,
					  const struct fttcp_tuple *t)
{
	struct fttcp_conn *c = fttcp_conn_find_tuple(fn, t);
	struct fttcp_tuple any = *t;

	if (c || t->rport)
		return c;
	memset(&any.laddr, 0, sizeof(any.laddr));
	c = fttcp_conn_find_tuple(fn, &any);
	if (c || t->family == AF_INET6)
		return c;
	any.family = AF_INET6;
	return fttcp_conn_find_tuple(fn, &any);
}

static int conn_attach(struct genl_info *info, struct fttcp_net *fn,
		       const struct fttcp_tuple *t, u64 *id)
{
	struct nlattr *mode = info->attrs[FTTCP_A_CONN_MODE];
	struct fttcp_attach how = {
		.mode = mode ? nla_get_u32(mode) : READ_ONCE(fn->conf.mode),
		.gfp = GFP_KERNEL,
	};
	struct fttcp_conn *c = conn_find_tuple(fn, t);
	enum fttcp_refuse why;

	if (c) {
		fttcp_conn_put(c);
		return fttcp_nl_refuse(info, 0, -EEXIST,
				       "this socket is attached already");
	}
	why = fttcp_ulp_attach_tuple(fn, t, &how, id);
	if (why == FTTCP_REFUSE_STATE && t->rport)
		return fttcp_nl_refuse(info, 0, -ENOENT,
				       "no connection with these addresses is ESTABLISHED or CLOSE_WAIT");
	if (why == FTTCP_REFUSE_STATE)
		return fttcp_nl_refuse(info, 0, -ENOENT,
				       "there is no listener with this address and port");
	return fttcp_nl_refuse(info, 0, fttcp_sock_refuse_errno(why),
			       why ? fttcp_sock_refuse_text(why) : NULL);
}

int fttcp_nl_conn_attach_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct fttcp_tuple t;
	struct sk_buff *skb;
	u64 id = 0;
	void *hdr;
	int err;

	err = conn_parse_tuple(info, &t);
	if (err)
		return err;
	/* Everything that can fail comes before the socket is attached. */
	skb = fttcp_nl_reply_new(info, nla_total_size_64bit(sizeof(id)), &hdr);
	if (!skb)
		return -ENOMEM;
	err = conn_attach(info, fn, &t, &id);
	if (err)
		goto err_free;
	err = nla_put_u64_64bit(skb, FTTCP_A_CONN_ID, id, FTTCP_A_CONN_PAD);
	if (WARN_ON_ONCE(err))
		goto err_free;
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);

err_free:
	nlmsg_free(skb);
	return err;
}

static struct fttcp_conn *listener_at(struct fttcp_net *fn, unsigned long pos)
{
	struct fttcp_conn *c, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(c, &fn->listeners, list) {
		if (pos--)
			continue;
		if (refcount_inc_not_zero(&c->refs))
			found = c;
		break;
	}
	rcu_read_unlock();
	return found;
}

/* Replicas stay: they are the copies of somebody else's connections. */
static int conn_detach_all(struct fttcp_net *fn, const char **why)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	int ret = 0;
	int err;

	while ((c = listener_at(fn, 0))) {
		err = fttcp_ulp_detach(c, why);
		fttcp_conn_put(c);
		if (err)
			return err;
	}
	while ((c = fttcp_conn_next(fn, &it))) {
		if (c->role != FTTCP_CONN_ROLE_REPLICA) {
			err = fttcp_ulp_detach(c, why);
			ret = ret ?: err;
		}
		fttcp_conn_put(c);
	}
	return ret;
}

static struct fttcp_conn *conn_find(struct genl_info *info,
				    struct fttcp_net *fn)
{
	struct nlattr *id = info->attrs[FTTCP_A_CONN_ID];
	struct fttcp_tuple t;
	int err;

	if (id)
		return fttcp_conn_find(fn, nla_get_u64(id));
	err = conn_parse_tuple(info, &t);
	return err ? ERR_PTR(err) : conn_find_tuple(fn, &t);
}

/* This node has given the id, so whoever had it is gone. */
static bool conn_was(struct genl_info *info, struct fttcp_net *fn)
{
	u64 id;

	if (!info->attrs[FTTCP_A_CONN_ID])
		return false;
	id = nla_get_u64(info->attrs[FTTCP_A_CONN_ID]);
	return upper_32_bits(id) == fn->boot_tag && lower_32_bits(id) &&
	       lower_32_bits(id) <= READ_ONCE(fn->next_id);
}

int fttcp_nl_conn_detach_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	const char *why = NULL;
	struct fttcp_conn *c;
	int err;

	if (info->attrs[FTTCP_A_CONN_ALL]) {
		err = conn_detach_all(fn, &why);
		return err ? fttcp_nl_refuse(info, 0, err, why) : 0;
	}
	c = conn_find(info, fn);
	if (IS_ERR(c))
		return PTR_ERR(c);
	if (!c && conn_was(info, fn))
		return fttcp_nl_refuse(info, 0, 0,
				       "it has ended or is detached already; nothing was done");
	if (!c)
		return fttcp_nl_refuse(info, 0, -ENOENT,
				       "no such connection or listener is attached");
	err = fttcp_ulp_detach(c, &why);
	fttcp_conn_put(c);
	return err ? fttcp_nl_refuse(info, 0, err, why) : 0;
}

static int conn_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FTTCP_A_CONN_PAD);
}

static int conn_put_tuple(struct sk_buff *skb, const struct fttcp_tuple *t)
{
	unsigned int len = fttcp_tuple_addr_len(t);

	if (nla_put_u16(skb, FTTCP_A_CONN_FAMILY, t->family) ||
	    nla_put(skb, FTTCP_A_CONN_LOCAL_ADDR, len, &t->laddr) ||
	    nla_put_u16(skb, FTTCP_A_CONN_LOCAL_PORT, ntohs(t->lport)))
		return -EMSGSIZE;
	if (t->ifindex && nla_put_u32(skb, FTTCP_A_CONN_IFINDEX, t->ifindex))
		return -EMSGSIZE;
	if (!t->rport)
		return 0;
	if (nla_put(skb, FTTCP_A_CONN_REMOTE_ADDR, len, &t->raddr) ||
	    nla_put_u16(skb, FTTCP_A_CONN_REMOTE_PORT, ntohs(t->rport)))
		return -EMSGSIZE;
	return 0;
}

static int conn_put_state(struct sk_buff *skb, const struct fttcp_conn *c,
			  const struct fttcp_conn_view *v)
{
	bool active = test_bit(FTTCP_CF_ACTIVE_OPEN, &c->flags);
	u32 origin = active ? FTTCP_ORIGIN_ACTIVE_OPEN :
			      FTTCP_ORIGIN_PASSIVE_OPEN;

	if (nla_put_u32(skb, FTTCP_A_CONN_MODE, c->mode) ||
	    nla_put_u32(skb, FTTCP_A_CONN_ROLE, c->role) ||
	    nla_put_u32(skb, FTTCP_A_CONN_STATE, c->state) ||
	    nla_put_u8(skb, FTTCP_A_CONN_TCP_STATE, v->tcp_state) ||
	    nla_put_u32(skb, FTTCP_A_CONN_DOWN_REASON, c->down_reason) ||
	    nla_put_u32(skb, FTTCP_A_CONN_POLICY_ID, c->policy_id))
		return -EMSGSIZE;
	if (c->role == FTTCP_CONN_ROLE_LISTENER)
		return 0;
	return nla_put_u32(skb, FTTCP_A_CONN_ORIGIN, origin);
}

/*
 * Who knows them can reset the connection or write into it from anywhere, so
 * they are for those who could do so anyhow.
 */
static int conn_put_seqs(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct fttcp_conn *c)
{
	if (!netlink_ns_capable(cb->skb, sock_net(skb->sk)->user_ns,
				CAP_NET_ADMIN))
		return 0;
	if (nla_put_u32(skb, FTTCP_A_CONN_TX_SEQ, c->tx_seq) ||
	    nla_put_u32(skb, FTTCP_A_CONN_RX_SEQ, c->rx_seq))
		return -EMSGSIZE;
	return 0;
}

static int conn_put_counts(struct sk_buff *skb, const struct fttcp_conn *c,
			   const struct fttcp_conn_view *v)
{
	u64 held_us = div_u64(c->held_max_ns, NSEC_PER_USEC);

	if (nla_put_u32(skb, FTTCP_A_CONN_HELD_SEGMENTS, v->held_segments) ||
	    conn_put_u64(skb, FTTCP_A_CONN_HELD_BYTES, v->held_bytes) ||
	    nla_put_u32(skb, FTTCP_A_CONN_HELD_MAX_US,
			min_t(u64, held_us, U32_MAX)) ||
	    conn_put_u64(skb, FTTCP_A_CONN_TX_BYTES, c->tx_bytes) ||
	    conn_put_u64(skb, FTTCP_A_CONN_RX_BYTES, c->rx_bytes) ||
	    conn_put_u64(skb, FTTCP_A_CONN_BYTES_REFERENCED, c->bytes_ref) ||
	    conn_put_u64(skb, FTTCP_A_CONN_BYTES_COPIED, c->bytes_copied) ||
	    conn_put_u64(skb, FTTCP_A_CONN_UNACKED, v->unacked) ||
	    conn_put_u64(skb, FTTCP_A_CONN_UNREAD, v->unread))
		return -EMSGSIZE;
	return 0;
}

/* The socket is locked, so that what is told belongs together. */
static int conn_put_locked(struct sk_buff *skb, struct netlink_callback *cb,
			   struct fttcp_conn *c)
{
	struct fttcp_conn_view v;

	sock_owned_by_me(c->sk);
	fttcp_conn_view(c, &v);
	if (conn_put_u64(skb, FTTCP_A_CONN_ID, c->id) ||
	    conn_put_tuple(skb, &c->tuple) || conn_put_state(skb, c, &v))
		return -EMSGSIZE;
	if (c->role == FTTCP_CONN_ROLE_LISTENER)
		return 0;
	if (conn_put_seqs(skb, cb, c))
		return -EMSGSIZE;
	if (c->role != FTTCP_CONN_ROLE_REPLICA &&
	    nla_put_u32(skb, FTTCP_A_CONN_NOT_CARRIED,
			fttcp_sock_not_carried(c->sk)))
		return -EMSGSIZE;
	return conn_put_counts(skb, c, &v);
}

static int conn_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			 struct fttcp_conn *c)
{
	bool spinning;
	void *hdr;
	int err;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &fttcp_nl_family, NLM_F_MULTI, FTTCP_CMD_CONN_GET);
	if (!hdr)
		return -EMSGSIZE;
	spinning = fttcp_conn_lock(c);
	err = conn_put_locked(skb, cb, c);
	fttcp_conn_unlock(c, spinning);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* Where a dump of connections is; lives in cb->ctx. */
struct conn_dump {
	unsigned long		listeners;	/* sent so far */
	struct fttcp_conn_iter	it;		/* behind the last one sent */
};

int fttcp_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct fttcp_net *fn = fttcp_net(sock_net(skb->sk));
	struct conn_dump *d = (struct conn_dump *)cb->ctx;
	struct fttcp_conn_iter it = d->it;
	struct fttcp_conn *c;
	int err;

	static_assert(sizeof(*d) <= sizeof(cb->ctx));
	while ((c = listener_at(fn, d->listeners))) {
		err = conn_dump_one(skb, cb, c);
		fttcp_conn_put(c);
		if (err)
			return skb->len ?: err;
		d->listeners++;
	}
	while ((c = fttcp_conn_next(fn, &it))) {
		err = conn_dump_one(skb, cb, c);
		fttcp_conn_put(c);
		if (err)
			return skb->len ?: err;
		d->it = it;
	}
	return skb->len;
}
