/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family: registration, multicast, and what its files of
 * handlers (netlink_*.c, one a noun) share. The handlers themselves are
 * declared in netlink-gen.h.
 */
#ifndef _FTTCP_NETLINK_H
#define _FTTCP_NETLINK_H

#include <net/genetlink.h>
#include <net/sock.h>

#include "compat/netlink.h"
#include "fttcp.h"
#include "netlink-gen.h"
#include "tuple.h"

extern struct genl_family fttcp_nl_family;

int fttcp_netlink_init(void);
void fttcp_netlink_exit(void);
bool fttcp_nl_has_listeners(struct net *net);
void fttcp_nl_multicast(struct net *net, struct sk_buff *skb, gfp_t gfp);

int fttcp_nl_refuse(struct genl_info *info, int attr, int err,
		    const char *why);
bool fttcp_nl_missing(struct genl_info *info, int attr);
int fttcp_nl_family_get(struct genl_info *info, int attr, u16 *family);
int fttcp_nl_addr_get(struct genl_info *info, int attr, u16 family,
		      union fttcp_addr *addr);
struct sk_buff *fttcp_nl_reply_new(struct genl_info *info, size_t size,
				   void **hdr);
int fttcp_nl_reply_full(struct genl_info *info, struct sk_buff *skb);

#endif /* _FTTCP_NETLINK_H */
