// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unreachable: tells the peer of a promoted connection that its segment was
 * lost for want of a way, not by congestion, which is what happened to it.
 *
 * RFC 6069 has the sender take one step of its retransmission backoff back for
 * each such message, and send at once when its timer would have run out by
 * then. No acknowledgement does that: in loss recovery after a timeout,
 * duplicates of the last one change nothing. To the peer's application it is a
 * soft error (RFC 1122, 4.2.3.9).
 *
 * Written out here and not left to icmp_send(), which needs the peer's own
 * segment and lets six messages a second go to one peer, whatever the number
 * of its connections. What is sent is bounded by the steps of the kick.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "fault.h"
#include "unreach.h"

/*
 * Both hop limits are the largest: a peer that checks them (RFC 5082) looks at
 * the outer one in IPv6, and at the inner one in IPv4.
 */
#define HOPS	255

/* what an ICMP error carries of the segment: the first words of its header */
struct quote {
	__be16	source;
	__be16	dest;
	__be32	seq;
};

struct unreach4 {
	struct iphdr	outer;
	struct icmphdr	icmp;
	struct iphdr	inner;
	struct quote	tcp;
};

struct unreach6 {
	struct ipv6hdr	outer;
	struct icmp6hdr	icmp;
	struct ipv6hdr	inner;
	struct quote	tcp;
};

static void fill_quote(struct quote *q, const struct fttcp_tuple *t, u32 seq)
{
	q->source = t->rport;
	q->dest = t->lport;
	q->seq = htonl(seq);
}

static void fill_ip(struct iphdr *ip, __be32 from, __be32 to, u8 protocol,
		    size_t len)
{
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(len);
	ip->frag_off = htons(IP_DF);
	ip->ttl = HOPS;
	ip->protocol = protocol;
	ip->saddr = from;
	ip->daddr = to;
	ip_send_check(ip);
}

static void fill4(struct unreach4 *u, const struct fttcp_tuple *t, u32 seq)
{
	fill_ip(&u->outer, t->laddr.ip, t->raddr.ip, IPPROTO_ICMP, sizeof(*u));
	fill_ip(&u->inner, t->raddr.ip, t->laddr.ip, IPPROTO_TCP,
		sizeof(u->inner) + sizeof(struct tcphdr));
	fill_quote(&u->tcp, t, seq);
	u->icmp.type = ICMP_DEST_UNREACH;
	u->icmp.code = ICMP_HOST_UNREACH;
	u->icmp.checksum = ip_compute_csum(&u->icmp, sizeof(*u) -
					   offsetof(struct unreach4, icmp));
}

static void fill_ip6(struct ipv6hdr *ip, const struct in6_addr *from,
		     const struct in6_addr *to, u8 protocol, size_t payload)
{
	ip->version = 6;
	ip->payload_len = htons(payload);
	ip->nexthdr = protocol;
	ip->hop_limit = HOPS;
	ip->saddr = *from;
	ip->daddr = *to;
}

static void fill6(struct unreach6 *u, const struct fttcp_tuple *t, u32 seq)
{
	size_t len = sizeof(*u) - offsetof(struct unreach6, icmp);

	fill_ip6(&u->outer, &t->laddr.ip6, &t->raddr.ip6, IPPROTO_ICMPV6, len);
	fill_ip6(&u->inner, &t->raddr.ip6, &t->laddr.ip6, IPPROTO_TCP,
		 sizeof(struct tcphdr));
	fill_quote(&u->tcp, t, seq);
	u->icmp.icmp6_type = ICMPV6_DEST_UNREACH;
	u->icmp.icmp6_code = ICMPV6_NOROUTE;
	u->icmp.icmp6_cksum = csum_ipv6_magic(&u->outer.saddr, &u->outer.daddr,
					      len, IPPROTO_ICMPV6,
					      csum_partial(&u->icmp, len, 0));
}

/* an skb with room for @len zeroed bytes, to go the way of the socket's own */
static struct sk_buff *make(const struct fttcp_conn *c, size_t len)
{
	struct dst_entry *dst = sk_dst_get(c->sk);
	struct sk_buff *skb;

	if (!dst)
		return NULL;
	skb = alloc_skb(LL_MAX_HEADER + dst->header_len + len, GFP_ATOMIC);
	if (!skb) {
		dst_release(dst);
		return NULL;
	}
	skb_reserve(skb, LL_MAX_HEADER + dst->header_len);
	skb_reset_network_header(skb);
	skb_put_zero(skb, len);
	skb->mark = READ_ONCE(c->sk->sk_mark);
	skb->priority = READ_ONCE(c->sk->sk_priority);
	skb_dst_set(skb, dst);
	return skb;
}

static int send4(const struct fttcp_conn *c, u32 seq)
{
	struct sk_buff *skb = make(c, sizeof(struct unreach4));

	if (!skb)
		return -ENOBUFS;
	skb_set_transport_header(skb, offsetof(struct unreach4, icmp));
	fill4((struct unreach4 *)skb->data, &c->tuple, seq);
	return ip_local_out(sock_net(c->sk), c->sk, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
static int send6(const struct fttcp_conn *c, u32 seq)
{
	struct sk_buff *skb = make(c, sizeof(struct unreach6));

	if (!skb)
		return -ENOBUFS;
	skb_set_transport_header(skb, offsetof(struct unreach6, icmp));
	fill6((struct unreach6 *)skb->data, &c->tuple, seq);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	return ip6_local_out(sock_net(c->sk), c->sk, skb);
}
#else
static int send6(const struct fttcp_conn *c, u32 seq)
{
	return -EAFNOSUPPORT;
}
#endif

/**
 * fttcp_unreach_send() - the peer's segment did not reach the host
 * @c: connection that has sent something, so that its socket has a route; its
 *     socket locked
 * @seq: sequence number of the segment: what is expected next
 *
 * Context: softirqs disabled.
 * Return: 0; -ENOBUFS without a route or memory, or what the way out said.
 * Source: RFC 6069.
 */
int fttcp_unreach_send(const struct fttcp_conn *c, u32 seq)
{
	if (fttcp_fault_dead(c->fn))
		return 0;
	return c->tuple.family == AF_INET6 ? send6(c, seq) : send4(c, seq);
}
