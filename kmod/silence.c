// SPDX-License-Identifier: GPL-2.0-only
/*
 * Silence (R4) where no socket of ours is asked. A node that may not speak for
 * its connections must not answer for them either: TCP itself resets a segment
 * that finds no socket, as on a backup that was given the service address too
 * early, or where a program has ended while its node waits; it repeats a SYN-ACK,
 * and the last acknowledgement in TIME_WAIT. While the node is silent these are
 * dropped when they come from an endpoint, a local address and port, that a
 * connection or replica has, or had during the silence. The peer sends again, to
 * whoever is active then. Listeners do not count: one of a backup may serve others
 * on addresses of its own. While the node may speak, an answer is dropped all the same
 * as long as its connection has something that the backup has not (R1).
 *
 * Segments of sockets pass: those that are protected have been asked already
 * (hold.c), and the others are not ours.
 */
#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/jhash.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "conn.h"
#include "hold.h"
#include "silence.h"

#ifndef CONFIG_NETFILTER
#error "fttcp needs a kernel with CONFIG_NETFILTER"
#endif

/**
 * struct fttcp_endpoint - a local address and port
 * @hash:	in fn->silence.endpoints; RCU, writers under fn->lock
 * @rcu:	freed after readers
 * @family:	AF_INET or AF_INET6
 * @port:	local port
 * @addr:	local address
 * @users:	connections and replicas; fn->lock. One without is kept as long as
 *		the node is silent
 */
struct fttcp_endpoint {
	struct hlist_node	hash;
	struct rcu_head		rcu;
	u16			family;
	__be16			port;
	union fttcp_addr	addr;
	u32			users;
};

/* must this node say nothing for its connections? */
static bool is_silent(const struct fttcp_net *fn)
{
	switch (READ_ONCE(fn->state)) {
	case FTTCP_STATE_SOLO:
		return false;
	case FTTCP_STATE_SYNCING:
	case FTTCP_STATE_PROTECTED:
		return !fttcp_lease_valid(fn);
	case FTTCP_STATE_NONE:
		/* handed over, and no role since */
		return READ_ONCE(fn->down_reason) == FTTCP_DOWN_REASON_GOODBYE;
	}
	return true;
}

/* --- endpoints ----------------------------------------------------------- */

static struct hlist_head *bucket(struct fttcp_net *fn, u16 family,
				 const union fttcp_addr *addr, __be16 port)
{
	u32 hash = jhash(addr, sizeof(*addr), family ^ (__force u32)port << 16);

	return &fn->silence.endpoints[hash_32(hash, FTTCP_ENDPOINT_HASH_BITS)];
}

/* fn->lock, or RCU */
static struct fttcp_endpoint *find(struct fttcp_net *fn, u16 family,
				   const union fttcp_addr *addr, __be16 port)
{
	struct fttcp_endpoint *e;

	hlist_for_each_entry_rcu(e, bucket(fn, family, addr, port), hash,
				 lockdep_is_held(&fn->lock))
		if (e->family == family && e->port == port &&
		    ipv6_addr_equal(&e->addr.ip6, &addr->ip6))
			return e;
	return NULL;
}

/**
 * fttcp_endpoint_get() - a connection or replica begins
 * @fn: namespace; its lock is held
 * @t: addresses
 *
 * Context: any.
 * Return: what fttcp_endpoint_put() gets, or NULL without memory.
 */
struct fttcp_endpoint *fttcp_endpoint_get(struct fttcp_net *fn,
					  const struct fttcp_tuple *t)
{
	struct fttcp_endpoint *e = find(fn, t->family, &t->laddr, t->lport);

	lockdep_assert_held(&fn->lock);
	if (!e) {
		e = kzalloc(sizeof(*e), GFP_ATOMIC);
		if (!e)
			return NULL;
		e->family = t->family;
		e->port = t->lport;
		e->addr = t->laddr;
		hlist_add_head_rcu(&e->hash, bucket(fn, t->family, &t->laddr,
						    t->lport));
	} else if (!e->users) {
		fn->silence.nr_left--;
	}
	e->users++;
	return e;
}

static void forget(struct fttcp_endpoint *e)
{
	hlist_del_rcu(&e->hash);
	kfree_rcu(e, rcu);
}

/**
 * fttcp_endpoint_put() - and ends
 * @fn: namespace; its lock is held
 * @e: what fttcp_endpoint_get() gave
 *
 * Context: any.
 */
void fttcp_endpoint_put(struct fttcp_net *fn, struct fttcp_endpoint *e)
{
	lockdep_assert_held(&fn->lock);
	if (--e->users)
		return;
	if (is_silent(fn) && fn->silence.nr_left < FTTCP_CONNS_MAX)
		fn->silence.nr_left++;
	else
		forget(e);
}

/**
 * fttcp_silence_over() - the node's state, or its lease, has changed
 * @fn: namespace
 *
 * Endpoints that nothing has any more are forgotten when it may speak.
 *
 * Context: any.
 */
void fttcp_silence_over(struct fttcp_net *fn)
{
	struct fttcp_endpoint *e;
	struct hlist_node *next;
	unsigned int i;

	if (is_silent(fn) || !READ_ONCE(fn->silence.nr_left))
		return;
	spin_lock_bh(&fn->lock);
	for (i = 0; i < FTTCP_ENDPOINT_HASH && fn->silence.nr_left; i++) {
		hlist_for_each_entry_safe(e, next, &fn->silence.endpoints[i],
					  hash) {
			if (e->users)
				continue;
			forget(e);
			fn->silence.nr_left--;
		}
	}
	spin_unlock_bh(&fn->lock);
}

/* --- the hook ------------------------------------------------------------ */

/* the sockets that TCP answers with in the name of none are raw ones */
static bool is_of_socket(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk->sk_type == SOCK_STREAM &&
	       sk->sk_state != TCP_LISTEN;
}

/* Return: false for what is not TCP */
static bool ends_of(const struct sk_buff *skb, u16 family,
		    struct fttcp_tuple *t)
{
	const struct tcphdr *th;
	int off = skb_network_offset(skb);
	struct tcphdr buf;

	memset(t, 0, sizeof(*t));
	t->family = family;
	if (family == AF_INET) {
		const struct iphdr *ip = ip_hdr(skb);

		if (ip->protocol != IPPROTO_TCP)
			return false;
		t->laddr.ip = ip->saddr;
		t->raddr.ip = ip->daddr;
		off += ip->ihl * 4;
	} else {
		const struct ipv6hdr *ip6 = ipv6_hdr(skb);

		/* such an answer has no other headers */
		if (ip6->nexthdr != IPPROTO_TCP)
			return false;
		t->laddr.ip6 = ip6->saddr;
		t->raddr.ip6 = ip6->daddr;
		off += sizeof(*ip6);
	}
	th = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!th)
		return false;
	t->lport = th->source;
	t->rport = th->dest;
	return true;
}

/*
 * R1: what is left of a connection in TIME_WAIT acknowledges a FIN that comes again,
 * with all bytes before it. It has to wait for the backup as its socket's segments do;
 * the peer asks again.
 */
static bool too_early(struct fttcp_net *fn, const struct fttcp_tuple *t)
{
	const struct fttcp_conn *c;
	bool early;

	rcu_read_lock();
	c = fttcp_conn_peek(fn, t);
	early = c && c->role != FTTCP_CONN_ROLE_REPLICA && fttcp_hold_waits(c);
	rcu_read_unlock();
	return early;
}

static unsigned int on_output(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct fttcp_net *fn = fttcp_net(state->net);
	u16 family = state->pf == NFPROTO_IPV4 ? AF_INET : AF_INET6;
	struct fttcp_tuple t;

	/* the state may ask for the time: not for what sockets send */
	if (likely(is_of_socket(skb)) || !ends_of(skb, family, &t) ||
	    !find(fn, family, &t.laddr, t.lport) ||
	    (!is_silent(fn) && !too_early(fn, &t)))
		return NF_ACCEPT;
	fttcp_stat_inc(fn, FTTCP_STAT_ANSWER_SILENCED);
	return NF_DROP;
}

static const struct nf_hook_ops hook = {
	.hook		= on_output,
	.pf		= NFPROTO_INET,
	.hooknum	= NF_INET_LOCAL_OUT,
	.priority	= NF_IP_PRI_FIRST,
};

/**
 * fttcp_silence_watch() - this node gets a role
 * @fn: namespace; @fn->ctl is held
 *
 * A namespace without one is not slowed down by a look at each packet.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM.
 */
int fttcp_silence_watch(struct fttcp_net *fn)
{
	int err;

	lockdep_assert_held(&fn->ctl);
	if (fn->silence.watching)
		return 0;
	err = nf_register_net_hook(fn->net, &hook);
	fn->silence.watching = !err;
	return err;
}

void fttcp_silence_init_net(struct fttcp_net *fn)
{
	int i;

	for (i = 0; i < FTTCP_ENDPOINT_HASH; i++)
		INIT_HLIST_HEAD(&fn->silence.endpoints[i]);
}

/**
 * fttcp_silence_exit_net() - the namespace ends
 * @fn: namespace; no connection is left in it
 */
void fttcp_silence_exit_net(struct fttcp_net *fn)
{
	struct fttcp_endpoint *e;
	struct hlist_node *next;
	int i;

	if (fn->silence.watching)
		nf_unregister_net_hook(fn->net, &hook);
	spin_lock_bh(&fn->lock);
	for (i = 0; i < FTTCP_ENDPOINT_HASH; i++)
		hlist_for_each_entry_safe(e, next, &fn->silence.endpoints[i],
					  hash)
			if (!WARN_ON_ONCE(e->users))
				forget(e);
	spin_unlock_bh(&fn->lock);
}
