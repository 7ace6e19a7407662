// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of a connection: taken from a socket, compared, hashed,
 * printed.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "tuple.h"

#if IS_ENABLED(CONFIG_IPV6)
/* False when the socket is one of IPv6 that runs, or listens, over IPv4. */
static bool tuple_is_v6(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 &&
	       !ipv6_addr_v4mapped(&sk->sk_v6_daddr) &&
	       !ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr);
}
#endif

/**
 * fttcp_tuple_from_sock() - addresses of a socket
 * @t: result, every byte is set
 * @sk: TCP socket, connected or listening
 *
 * Context: the socket is locked or its addresses do not change any more.
 */
void fttcp_tuple_from_sock(struct fttcp_tuple *t, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	memset(t, 0, sizeof(*t));
	t->family = AF_INET;
	t->lport = inet->inet_sport;
	t->rport = inet->inet_dport;
	t->ifindex = READ_ONCE(sk->sk_bound_dev_if);
#if IS_ENABLED(CONFIG_IPV6)
	if (tuple_is_v6(sk)) {
		t->family = AF_INET6;
		t->laddr.ip6 = sk->sk_v6_rcv_saddr;
		if (t->rport)
			t->raddr.ip6 = sk->sk_v6_daddr;
		return;
	}
#endif
	t->laddr.ip = inet->inet_rcv_saddr;
	if (t->rport)
		t->raddr.ip = inet->inet_daddr;
}

/**
 * fttcp_tuple_equal() - compare two tuples
 * @a: one
 * @b: the other
 *
 * Return: true when everything, the device included, is the same.
 */
bool fttcp_tuple_equal(const struct fttcp_tuple *a,
		       const struct fttcp_tuple *b)
{
	return a->family == b->family && a->lport == b->lport &&
	       a->rport == b->rport && a->ifindex == b->ifindex &&
	       ipv6_addr_equal(&a->laddr.ip6, &b->laddr.ip6) &&
	       ipv6_addr_equal(&a->raddr.ip6, &b->raddr.ip6);
}

/**
 * fttcp_tuple_hash() - hash of the addresses and ports
 * @t: tuple
 *
 * Return: the hash. The device has no part in it.
 */
u32 fttcp_tuple_hash(const struct fttcp_tuple *t)
{
	u32 ports = ((__force u32)t->lport << 16) ^ (__force u32)t->rport;
	u32 hash;

	hash = jhash(&t->laddr, sizeof(t->laddr), ports);
	return jhash(&t->raddr, sizeof(t->raddr), hash);
}

/**
 * fttcp_tuple_addr_len() - bytes of an address of this family
 * @t: tuple
 *
 * Return: 4 or 16.
 */
unsigned int fttcp_tuple_addr_len(const struct fttcp_tuple *t)
{
	return t->family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32);
}

/**
 * fttcp_tuple_is_local() - are both ends on this machine?
 * @net: namespace
 * @t: tuple of a connection
 *
 * An address of the VRF that the socket is bound to, or of none, is meant.
 *
 * Context: any.
 * Return: true when the remote address is one of the namespace's own.
 */
bool fttcp_tuple_is_local(struct net *net, const struct fttcp_tuple *t)
{
	struct net_device *dev = NULL;
	bool local;

	rcu_read_lock();
	if (t->ifindex)
		dev = dev_get_by_index_rcu(net, t->ifindex);
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6) {
		local = ipv6_chk_addr(net, &t->raddr.ip6, dev, 0);
		rcu_read_unlock();
		return local;
	}
#endif
	local = inet_addr_type_dev_table(net, dev, t->raddr.ip) == RTN_LOCAL;
	rcu_read_unlock();
	return local;
}

static int tuple_print_end(u16 family, const union fttcp_addr *addr,
			   __be16 port, char *buf, size_t len)
{
	if (family == AF_INET)
		return scnprintf(buf, len, "%pI4:%u", &addr->ip, ntohs(port));
	return scnprintf(buf, len, "[%pI6c]:%u", &addr->ip6, ntohs(port));
}

/**
 * fttcp_tuple_print() - a tuple as a person reads it
 * @t: tuple
 * @buf: FTTCP_TUPLE_TEXT bytes are always enough
 * @len: of @buf
 *
 * Return: length of the text, as scnprintf().
 */
int fttcp_tuple_print(const struct fttcp_tuple *t, char *buf, size_t len)
{
	int n = tuple_print_end(t->family, &t->laddr, t->lport, buf, len);

	if (!t->rport)
		return n;
	n += scnprintf(buf + n, len - n, " -> ");
	return n + tuple_print_end(t->family, &t->raddr, t->rport, buf + n,
				   len - n);
}
