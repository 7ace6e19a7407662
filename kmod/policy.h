/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies: rules of a namespace that attach new connections, and listeners,
 * of programs that know nothing of fttcp. Owns the list; who attaches is
 * ulp.c's business.
 */
#ifndef _FTTCP_POLICY_H
#define _FTTCP_POLICY_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "tuple.h"

struct fttcp_net;

/* The mode of a policy that leaves it to the node. */
#define FTTCP_POLICY_MODE_NODE	0xff

/**
 * struct fttcp_policy - what a policy matches; 0 everywhere matches everything
 * @id:		given by fttcp_policy_add()
 * @family:	AF_INET, AF_INET6 or 0 for both; not 0 when a prefix is given
 * @laddr:	local prefix, host bits are 0
 * @raddr:	remote prefix, host bits are 0
 * @lplen:	bits of @laddr that count
 * @rplen:	bits of @raddr that count
 * @lport:	local port or 0
 * @rport:	remote port or 0
 * @ifindex:	device or VRF that the socket is bound to, or 0
 * @mode:	enum fttcp_mode or FTTCP_POLICY_MODE_NODE
 */
struct fttcp_policy {
	u32			id;
	u16			family;
	u8			lplen;
	u8			rplen;
	union fttcp_addr	laddr;
	union fttcp_addr	raddr;
	__be16			lport;
	__be16			rport;
	int			ifindex;
	u8			mode;
};

/**
 * struct fttcp_policies - the policies of one namespace
 * @lock:	serialises add and del; nothing else is taken under it
 * @list:	in the order of adding; RCU
 * @next_id:	id of the next one; under @lock
 * @count:	entries of @list; written under @lock
 * @gen:	changes with @list, so that a dump notices; never 0
 */
struct fttcp_policies {
	struct mutex		lock;	/* see above */
	struct list_head	list;
	u32			next_id;
	u32			count;
	u32			gen;
};

/**
 * struct fttcp_policy_result - what the policy that matched says
 * @id:		its id
 * @mode:	enum fttcp_mode, the node's when the policy leaves it open
 */
struct fttcp_policy_result {
	u32	id;
	u8	mode;
};

/* Called for each policy with its number of hits; not 0 ends the walk. */
typedef int (*fttcp_policy_fn)(const struct fttcp_policy *p, u64 hits,
			       void *arg);

void fttcp_policies_init_net(struct fttcp_net *fn);
void fttcp_policies_exit_net(struct fttcp_net *fn);
int fttcp_policy_add(struct fttcp_net *fn, struct fttcp_policy *p);
int fttcp_policy_del(struct fttcp_net *fn, u32 id);
int fttcp_policy_for_each(struct fttcp_net *fn, u32 after,
			  fttcp_policy_fn func, void *arg);
bool fttcp_leave_alone(struct fttcp_net *fn, const struct fttcp_tuple *t);
bool fttcp_policies_any(const struct fttcp_net *fn);
bool fttcp_policy_match(struct fttcp_net *fn, const struct fttcp_tuple *t,
			bool listener, struct fttcp_policy_result *res);

#endif /* _FTTCP_POLICY_H */
