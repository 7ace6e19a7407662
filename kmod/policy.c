// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policies of a namespace: an ordered list, changed by netlink, searched
 * from softirq for every new connection. The first that matches wins.
 */
#include <linux/atomic.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "fttcp.h"
#include "policy.h"

/* One entry of the list. */
struct policy_entry {
	struct list_head	list;
	struct fttcp_policy	p;	/* does not change once listed */
	atomic64_t		hits;
	struct rcu_head		rcu;
};

void fttcp_policies_init_net(struct fttcp_net *fn)
{
	struct fttcp_policies *ps = &fn->policies;

	mutex_init(&ps->lock);
	INIT_LIST_HEAD(&ps->list);
	ps->next_id = 1;
	ps->count = 0;
	ps->gen = 1;
}

void fttcp_policies_exit_net(struct fttcp_net *fn)
{
	fttcp_policy_del(fn, 0);
}

static void policies_changed(struct fttcp_policies *ps)
{
	lockdep_assert_held(&ps->lock);
	if (++ps->gen == 0)
		ps->gen = 1;
}

/* Clear the bits of @addr behind the first @plen of @bits. */
static void addr_mask(union fttcp_addr *addr, u8 plen, u8 bits)
{
	struct in6_addr pfx;

	if (bits == 32) {
		addr->ip &= plen ? htonl(~0U << (32 - plen)) : 0;
		return;
	}
	ipv6_addr_prefix(&pfx, &addr->ip6, plen);
	addr->ip6 = pfx;
}

/* True when two policies match the same; the mode does not matter. */
static bool policy_same(const struct fttcp_policy *a,
			const struct fttcp_policy *b)
{
	return a->family == b->family && a->lplen == b->lplen &&
	       a->rplen == b->rplen && a->lport == b->lport &&
	       a->rport == b->rport && a->ifindex == b->ifindex &&
	       ipv6_addr_equal(&a->laddr.ip6, &b->laddr.ip6) &&
	       ipv6_addr_equal(&a->raddr.ip6, &b->raddr.ip6);
}

/**
 * fttcp_policy_add() - append a policy
 * @fn: namespace
 * @p: the policy, checked by the caller; gets its id, loses its host bits
 *
 * Context: may sleep.
 * Return: 0, -EEXIST when one that matches the same exists (its id is put into
 * @p), -ENOSPC when there are FTTCP_POLICIES_MAX, -ENOMEM.
 */
int fttcp_policy_add(struct fttcp_net *fn, struct fttcp_policy *p)
{
	u8 bits = p->family == AF_INET6 ? 128 : 32;
	struct fttcp_policies *ps = &fn->policies;
	struct policy_entry *e, *new;
	int err = 0;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new) {
		fttcp_evt_no_control_memory(fn, 0);
		return -ENOMEM;
	}
	addr_mask(&p->laddr, p->lplen, bits);
	addr_mask(&p->raddr, p->rplen, bits);

	mutex_lock(&ps->lock);
	list_for_each_entry(e, &ps->list, list) {
		if (policy_same(&e->p, p)) {
			p->id = e->p.id;
			err = -EEXIST;
			goto out;
		}
	}
	if (ps->count >= FTTCP_POLICIES_MAX) {
		fttcp_evt_scb_full(fn, 0, "policies", FTTCP_POLICIES_MAX);
		err = -ENOSPC;
		goto out;
	}
	p->id = ps->next_id++;
	new->p = *p;
	list_add_tail_rcu(&new->list, &ps->list);
	WRITE_ONCE(ps->count, ps->count + 1);
	policies_changed(ps);
	new = NULL;
out:
	mutex_unlock(&ps->lock);
	kfree(new);
	return err;
}

/**
 * fttcp_policy_del() - remove a policy
 * @fn: namespace
 * @id: its id, 0 removes all of them
 *
 * Context: may sleep.
 * Return: 0, -EALREADY when the one with this id is gone already, -ENOENT when
 * there was none.
 */
int fttcp_policy_del(struct fttcp_net *fn, u32 id)
{
	struct fttcp_policies *ps = &fn->policies;
	struct policy_entry *e, *next;
	int err = id ? -ENOENT : 0;

	mutex_lock(&ps->lock);
	if (id && id < ps->next_id)
		err = -EALREADY;
	list_for_each_entry_safe(e, next, &ps->list, list) {
		if (id && e->p.id != id)
			continue;
		list_del_rcu(&e->list);
		WRITE_ONCE(ps->count, ps->count - 1);
		policies_changed(ps);
		kfree_rcu(e, rcu);
		err = 0;
	}
	mutex_unlock(&ps->lock);
	return err;
}

/**
 * fttcp_policy_for_each() - walk through the policies
 * @fn: namespace
 * @after: begin behind the policy with this id, 0 at the first
 * @func: called under RCU, must not sleep
 * @arg: for @func
 *
 * Context: any.
 * Return: 0, or what @func returned to end the walk.
 */
int fttcp_policy_for_each(struct fttcp_net *fn, u32 after,
			  fttcp_policy_fn func, void *arg)
{
	struct policy_entry *e;
	int err = 0;

	rcu_read_lock();
	/* Ids grow along the list: entries are only ever appended. */
	list_for_each_entry_rcu(e, &fn->policies.list, list) {
		if (e->p.id <= after)
			continue;
		err = func(&e->p, atomic64_read(&e->hits), arg);
		if (err)
			break;
	}
	rcu_read_unlock();
	return err;
}

static bool addr_any(const union fttcp_addr *addr, u16 family)
{
	return family == AF_INET ? !addr->ip : ipv6_addr_any(&addr->ip6);
}

static bool prefix_match(const union fttcp_addr *addr,
			 const union fttcp_addr *prefix, u8 plen, u16 family)
{
	if (!plen)
		return true;
	if (family == AF_INET)
		return !((addr->ip ^ prefix->ip) & htonl(~0U << (32 - plen)));
	return ipv6_prefix_equal(&addr->ip6, &prefix->ip6, plen);
}

static bool conn_match(const struct fttcp_policy *p,
		       const struct fttcp_tuple *t)
{
	return (!p->family || p->family == t->family) &&
	       (!p->rport || p->rport == t->rport) &&
	       prefix_match(&t->laddr, &p->laddr, p->lplen, p->family) &&
	       prefix_match(&t->raddr, &p->raddr, p->rplen, p->family);
}

/*
 * A listener matches when a connection that it accepts can match: it has to be
 * attached before connections exist that a takeover can give to it. A wildcard
 * address stands for every local address, that of IPv6 for IPv4 as well.
 */
static bool listener_match(const struct fttcp_policy *p,
			   const struct fttcp_tuple *t)
{
	bool any = addr_any(&t->laddr, t->family);

	if (p->family && p->family != t->family)
		return any && t->family == AF_INET6;
	return any || prefix_match(&t->laddr, &p->laddr, p->lplen, p->family);
}

/**
 * fttcp_policies_any() - whether there is a policy at all
 * @fn: namespace
 *
 * Context: any.
 * Return: false when fttcp_policy_match() would not match anything.
 */
bool fttcp_policies_any(const struct fttcp_net *fn)
{
	return READ_ONCE(fn->policies.count);
}

/**
 * fttcp_leave_alone() - is this a connection of the machine with itself?
 * @fn: namespace
 * @t: addresses of a connection
 *
 * Both ends would die at once, so nobody could take it over. What looks after
 * the service from here, a health probe, is such a one.
 *
 * Context: any; softirq-safe.
 * Return: true, and counts it, when it is and such ones are left alone.
 */
bool fttcp_leave_alone(struct fttcp_net *fn, const struct fttcp_tuple *t)
{
	if (READ_ONCE(fn->conf.local_peers) == FTTCP_LOCAL_PEERS_PROTECT ||
	    !fttcp_tuple_is_local(fn->net, t))
		return false;
	fttcp_stat_inc(fn, FTTCP_STAT_LOCAL_PEER_LEFT);
	return true;
}

/**
 * fttcp_policy_match() - the policy for a new connection or listener
 * @fn: namespace
 * @t: its addresses
 * @listener: a listener; what a policy says of the remote side does not matter
 *	      then, so that each of its connections has to be checked on its
 *	      own
 * @res: set when one matches
 *
 * Context: any; softirq-safe.
 * Return: true when a policy matches, which counts as its hit, and the
 * connection is none of this machine with itself.
 */
bool fttcp_policy_match(struct fttcp_net *fn, const struct fttcp_tuple *t,
			bool listener, struct fttcp_policy_result *res)
{
	struct policy_entry *e;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(e, &fn->policies.list, list) {
		const struct fttcp_policy *p = &e->p;

		if ((p->lport && p->lport != t->lport) ||
		    (p->ifindex && p->ifindex != t->ifindex))
			continue;
		if (listener ? !listener_match(p, t) : !conn_match(p, t))
			continue;
		if (!listener && fttcp_leave_alone(fn, t))
			break;
		atomic64_inc(&e->hits);
		fttcp_stat_inc(fn, FTTCP_STAT_POLICY_HIT);
		res->id = p->id;
		res->mode = p->mode;
		if (res->mode == FTTCP_POLICY_MODE_NODE)
			res->mode = READ_ONCE(fn->conf.mode);
		found = true;
		break;
	}
	rcu_read_unlock();
	return found;
}
