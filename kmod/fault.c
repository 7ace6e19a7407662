// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault points: which are armed, and what happens there. A test writes
 *
 *	POINT[@NODE][:NTH][:ACTION[=NODE]]
 *
 * to /sys/module/fttcp/parameters/fault, or "clear"; reading it lists the
 * points, how often each was passed and how often it struck. A point strikes
 * once for each time that it was armed; with 0 for NTH each time, until "clear".
 * Nodes are named by their ids, so that those of one kernel can be told apart,
 * and one may strike another.
 */
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fault.h"
#include "fttcp.h"
#include "link.h"

#define DELAY_MS	100	/* a link ends in less, and its heartbeats may take more */

enum action {
	ACTION_COUNT,	/* nothing */
	ACTION_FAIL,	/* what is done there fails, as without memory */
	ACTION_CORRUPT,	/* what is done there goes wrong, silently */
	ACTION_DELAY,	/* it is as if that machine were slow there */
	ACTION_FREEZE,	/* the node's lanes stand still */
	ACTION_DIE,	/* as a machine without power */
};

static const char * const action_names[] = {
	[ACTION_COUNT]	 = "count",
	[ACTION_FAIL]	 = "fail",
	[ACTION_CORRUPT] = "corrupt",
	[ACTION_DELAY]	 = "delay",
	[ACTION_FREEZE]	 = "freeze",
	[ACTION_DIE]	 = "die",
};

static const char * const point_names[] = {
#define FTTCP_FAULT_POINT(id, name) \
	[FTTCP_FAULT_##id] = name,
#include "fault-list.h"
#undef FTTCP_FAULT_POINT
};

/**
 * struct armed - what is to happen
 * @list:	in @armed_list
 * @point:	where
 * @node:	on which node, 0 any
 * @left:	times that it is passed until then
 * @always:	from then on each time, not once
 * @action:	what
 * @victim:	id of the node that is struck, 0 the one that passes
 */
struct armed {
	struct list_head	list;
	int			point;
	u32			node;
	u32			left;
	bool			always;
	int			action;
	u32			victim;
};

static LIST_HEAD(armed_list);
static DEFINE_SPINLOCK(armed_lock);	/* the list and the counts */
static u32 passed[FTTCP_FAULT_NR];
static u32 struck[FTTCP_FAULT_NR];

/* --- a namespace --------------------------------------------------------- */

struct fault_net {
	struct net		*net;
	bool			dead;
	bool			frozen;
	struct work_struct	die_work;
};

static unsigned int fault_net_id;

static struct fault_net *fault_net(const struct net *net)
{
	return net_generic(net, fault_net_id);
}

static void die_work(struct work_struct *work)
{
	struct fault_net *f = container_of(work, struct fault_net, die_work);
	struct net_device *dev;

	rtnl_lock();
	for_each_netdev(f->net, dev)
		if (!(dev->flags & IFF_LOOPBACK))
			dev_close(dev);
	rtnl_unlock();
}

static int __net_init fault_init_net(struct net *net)
{
	struct fault_net *f = fault_net(net);

	f->net = net;
	INIT_WORK(&f->die_work, die_work);
	return 0;
}

static void __net_exit fault_exit_net(struct net *net)
{
	cancel_work_sync(&fault_net(net)->die_work);
}

static struct pernet_operations fault_net_ops = {
	.init	= fault_init_net,
	.exit	= fault_exit_net,
	.id	= &fault_net_id,
	.size	= sizeof(struct fault_net),
};

static void strike(struct net *net, int action)
{
	struct fault_net *f = fault_net(net);

	if (action == ACTION_FREEZE)
		WRITE_ONCE(f->frozen, true);
	if (action == ACTION_DIE) {
		WRITE_ONCE(f->dead, true);
		queue_work(fttcp_wq, &f->die_work);
	}
}

static void strike_node(u32 node, int action)
{
	struct net *net;

	rcu_read_lock();
	for_each_net_rcu(net)
		if (READ_ONCE(fttcp_net(net)->conf.id) == node)
			strike(net, action);
	rcu_read_unlock();
}

/* --- points -------------------------------------------------------------- */

static int pass(struct fttcp_net *fn, enum fttcp_fault_point point)
{
	u32 id = READ_ONCE(fn->conf.id), victim = 0;
	struct armed *a, *next;
	int action = ACTION_COUNT;

	spin_lock_bh(&armed_lock);
	passed[point]++;
	list_for_each_entry_safe(a, next, &armed_list, list) {
		if (a->point != point || (a->node && a->node != id) ||
		    (a->left && --a->left))
			continue;
		action = a->action;
		victim = a->victim;
		struck[point]++;
		if (a->always)
			continue;
		list_del(&a->list);
		kfree(a);
	}
	spin_unlock_bh(&armed_lock);
	if (victim)
		strike_node(victim, action);
	else
		strike(fn->net, action);
	return action;
}

/**
 * fttcp_fault() - a point is passed
 * @fn: namespace
 * @point: which
 *
 * Context: any but hard interrupts.
 * Return: 0, or -ENOMEM for a failure to be reported by the caller, who may
 * ignore it where nothing can fail.
 */
int fttcp_fault(struct fttcp_net *fn, enum fttcp_fault_point point)
{
	return pass(fn, point) == ACTION_FAIL ? -ENOMEM : 0;
}

/**
 * fttcp_fault_corrupts() - a point is passed where something may go wrong
 * @fn: namespace
 * @point: which
 *
 * Context: any but hard interrupts.
 * Return: whether the caller has to do it wrong.
 */
bool fttcp_fault_corrupts(struct fttcp_net *fn, enum fttcp_fault_point point)
{
	return pass(fn, point) == ACTION_CORRUPT;
}

/**
 * fttcp_fault_delay() - a point is passed where time may pass
 * @fn: namespace
 * @point: which
 *
 * Context: process.
 */
void fttcp_fault_delay(struct fttcp_net *fn, enum fttcp_fault_point point)
{
	if (pass(fn, point) == ACTION_DELAY)
		msleep(DELAY_MS);
}

/**
 * fttcp_fault_flip() - a point is passed where a byte may become another
 * @fn: namespace
 * @point: which
 * @skb: payload of a record, in pages that others have as well: in tests on one
 *	machine also the socket that the bytes come from
 *
 * Context: process.
 */
void fttcp_fault_flip(struct fttcp_net *fn, enum fttcp_fault_point point,
		      struct sk_buff *skb)
{
	skb_frag_t *f = &skb_shinfo(skb)->frags[0];
	u32 size = skb_frag_size(f);
	struct page *page;

	if (!fttcp_fault_corrupts(fn, point))
		return;
	page = alloc_pages(GFP_ATOMIC | __GFP_COMP, get_order(size));
	if (!page)
		return;
	memcpy(page_address(page), skb_frag_address(f), size);
	((u8 *)page_address(page))[size - 1] ^= 1;
	put_page(skb_frag_page(f));
	__skb_fill_page_desc(skb, 0, page, 0, size);
}

/**
 * fttcp_fault_dead() - nothing leaves any more
 * @fn: namespace
 *
 * For the time until its devices are down.
 *
 * Context: any.
 * Return: true once the node has died.
 */
bool fttcp_fault_dead(struct fttcp_net *fn)
{
	return READ_ONCE(fault_net(fn->net)->dead);
}

/**
 * fttcp_fault_stall() - stand still while the node is frozen or dead
 * @lane: lane
 *
 * Until it is not, or the lane is dead. Nothing that was read is lost.
 *
 * Context: the worker, between two records.
 */
void fttcp_fault_stall(struct fttcp_lane *lane)
{
	struct fault_net *f = fault_net(lane->link->fn->net);

	while ((READ_ONCE(f->frozen) || READ_ONCE(f->dead)) &&
	       !READ_ONCE(lane->dead) && !kthread_should_stop())
		schedule_timeout_interruptible(1);
}

/* --- the parameter ------------------------------------------------------- */

static void disarm_all(void)
{
	struct armed *a, *next;

	spin_lock_bh(&armed_lock);
	list_for_each_entry_safe(a, next, &armed_list, list) {
		list_del(&a->list);
		kfree(a);
	}
	memset(passed, 0, sizeof(passed));
	memset(struck, 0, sizeof(struck));
	spin_unlock_bh(&armed_lock);
}

static void revive_all(void)
{
	struct net *net;

	rcu_read_lock();
	for_each_net_rcu(net) {
		WRITE_ONCE(fault_net(net)->dead, false);
		WRITE_ONCE(fault_net(net)->frozen, false);
	}
	rcu_read_unlock();
}

/* the number behind @sep in @s, which ends there */
static int cut_number(char *s, char sep, u32 *value)
{
	char *at = strchr(s, sep);

	if (!at)
		return 0;
	*at = 0;
	return kstrtou32(at + 1, 10, value);
}

static int parse(char *s, struct armed *a)
{
	char *point = strsep(&s, ":"), *word;
	int err;

	a->left = 1;
	a->action = ACTION_FAIL;
	err = cut_number(point, '@', &a->node);
	if (err)
		return err;
	a->point = match_string(point_names, FTTCP_FAULT_NR, point);
	if (a->point < 0)
		return a->point;
	word = strsep(&s, ":");
	if (word && isdigit(*word)) {
		err = kstrtou32(word, 10, &a->left);
		a->always = !a->left;
		if (err)
			return err;
		word = strsep(&s, ":");
	}
	if (!word)
		return 0;
	err = cut_number(word, '=', &a->victim);
	if (err)
		return err;
	a->action = match_string(action_names, ARRAY_SIZE(action_names), word);
	return s ? -EINVAL : min(a->action, 0);
}

static int fault_set(const char *val, const struct kernel_param *kp)
{
	char text[64];
	struct armed *a;
	int err;

	if (strscpy(text, val, sizeof(text)) < 0)
		return -EINVAL;
	strim(text);
	if (!strcmp(text, "clear")) {
		disarm_all();
		revive_all();
		return 0;
	}
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	err = parse(text, a);
	if (err) {
		kfree(a);
		return err;
	}
	spin_lock_bh(&armed_lock);
	list_add_tail(&a->list, &armed_list);
	spin_unlock_bh(&armed_lock);
	return 0;
}

static int fault_get(char *buf, const struct kernel_param *kp)
{
	int i, n = 0;

	spin_lock_bh(&armed_lock);
	for (i = 0; i < FTTCP_FAULT_NR; i++)
		n += scnprintf(buf + n, PAGE_SIZE - n, "%s %u %u\n",
			       point_names[i], passed[i], struck[i]);
	spin_unlock_bh(&armed_lock);
	return n;
}

static const struct kernel_param_ops fault_ops = {
	.set	= fault_set,
	.get	= fault_get,
};

module_param_cb(fault, &fault_ops, NULL, 0600);
MODULE_PARM_DESC(fault, "fault points for tests: POINT[@NODE][:NTH][:ACTION]");

/**
 * fttcp_fault_init() - before any namespace has its part of the module
 *
 * Return: 0 or -errno.
 */
int fttcp_fault_init(void)
{
	return register_pernet_subsys(&fault_net_ops);
}

/**
 * fttcp_fault_exit() - after all of them have lost it
 */
void fttcp_fault_exit(void)
{
	unregister_pernet_subsys(&fault_net_ops);
	disarm_all();
}
