/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of a connection or a listener, in one form for sockets of all
 * kinds: what runs over IPv4 is AF_INET, also on an IPv6 socket. Pure values,
 * no locks.
 */
#ifndef _FTTCP_TUPLE_H
#define _FTTCP_TUPLE_H

#include <linux/in6.h>
#include <linux/types.h>

struct net;
struct sock;

union fttcp_addr {
	__be32		ip;
	struct in6_addr	ip6;
};

/**
 * struct fttcp_tuple - addresses of a connection
 * @family:	AF_INET or AF_INET6, of what is on the wire
 * @lport:	local port
 * @rport:	remote port, 0 for a listener
 * @ifindex:	device or VRF the socket is bound to, 0 none
 * @laddr:	local address, unspecified for a wildcard listener; unused
 *		bytes are 0
 * @raddr:	remote address, unspecified for a listener; unused bytes are 0
 */
struct fttcp_tuple {
	u16			family;
	__be16			lport;
	__be16			rport;
	int			ifindex;
	union fttcp_addr	laddr;
	union fttcp_addr	raddr;
};

/* Room for fttcp_tuple_print(): two IPv6 ends and an arrow. */
#define FTTCP_TUPLE_TEXT	112

void fttcp_tuple_from_sock(struct fttcp_tuple *t, const struct sock *sk);
bool fttcp_tuple_equal(const struct fttcp_tuple *a,
		       const struct fttcp_tuple *b);
bool fttcp_tuple_is_local(struct net *net, const struct fttcp_tuple *t);
u32 fttcp_tuple_hash(const struct fttcp_tuple *t);
unsigned int fttcp_tuple_addr_len(const struct fttcp_tuple *t);
int fttcp_tuple_print(const struct fttcp_tuple *t, char *buf, size_t len);

#endif /* _FTTCP_TUPLE_H */
