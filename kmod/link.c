// SPDX-License-Identifier: GPL-2.0-only
/*
 * The links of a namespace: from descriptors to a running link, its end, the
 * watch over carriers. What both sides say when they meet is in link_hello.c.
 *
 * Lifetime. The table has a reference, so has every work item that is queued
 * and every connection on a lane. A link that is down stays in the table, for
 * people to see why, until it is deleted or another takes its id.
 */
#include <linux/kthread.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>

#include "fttcp.h"
#include "link.h"
#include "trace.h"
#include "ulp.h"

/* --- references and look-up -------------------------------------------- */

/**
 * fttcp_link_get() - keep a link
 * @link: link that the caller holds
 */
void fttcp_link_get(struct fttcp_link *link)
{
	kref_get(&link->refs);
}

static void link_release(struct kref *refs)
{
	struct fttcp_link *link = container_of(refs, struct fttcp_link, refs);

	mutex_destroy(&link->down_lock);
	kfree_rcu(link, rcu);
}

/**
 * fttcp_link_put() - let go of a link
 * @link: link
 *
 * Context: any.
 */
void fttcp_link_put(struct fttcp_link *link)
{
	kref_put(&link->refs, link_release);
}

static bool is_down(const struct fttcp_link *link)
{
	return test_bit(FTTCP_LF_DOWN, &link->flags);
}

/**
 * fttcp_link_state() - for people
 * @link: link
 *
 * Return: enum fttcp_link_state.
 */
u8 fttcp_link_state(const struct fttcp_link *link)
{
	if (is_down(link))
		return FTTCP_LINK_STATE_DOWN;
	return test_bit(FTTCP_LF_UP, &link->flags) ? FTTCP_LINK_STATE_UP :
						     FTTCP_LINK_STATE_HELLO;
}

/**
 * fttcp_link_backup() - the link to this node's backup
 * @fn: namespace
 *
 * Context: any.
 * Return: strong reference to the link, NULL when there is none that is up.
 */
struct fttcp_link *fttcp_link_backup(struct fttcp_net *fn)
{
	struct fttcp_link *link, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &fn->links, list) {
		if (fttcp_link_state(link) != FTTCP_LINK_STATE_UP ||
		    link->peer_role != FTTCP_ROLE_BACKUP ||
		    !kref_get_unless_zero(&link->refs))
			continue;
		found = link;
		break;
	}
	rcu_read_unlock();
	return found;
}

/* Borrowed from the table. */
static struct fttcp_link *link_find(struct fttcp_net *fn, u32 id)
{
	struct fttcp_link *link;

	lockdep_assert_held(&fn->ctl);
	list_for_each_entry(link, &fn->links, list)
		if (link->id == id)
			return link;
	return NULL;
}

static struct fttcp_link *link_find_get(struct fttcp_net *fn, u32 id)
{
	struct fttcp_link *link;

	mutex_lock(&fn->ctl);
	link = link_find(fn, id);
	if (link)
		fttcp_link_get(link);
	mutex_unlock(&fn->ctl);
	return link;
}

static void link_list(struct fttcp_link *link)
{
	struct fttcp_net *fn = link->fn;

	lockdep_assert_held(&fn->ctl);
	set_bit(FTTCP_LF_LISTED, &link->flags);
	list_add_tail_rcu(&link->list, &fn->links);
	WRITE_ONCE(fn->nr_links, fn->nr_links + 1);
	fttcp_event(fn, &(struct fttcp_event){
		.id = FTTCP_EVT_LINK_ADDED,
		.link_id = link->id,
	});
}

static void link_unlist(struct fttcp_link *link)
{
	struct fttcp_net *fn = link->fn;

	lockdep_assert_held(&fn->ctl);
	if (!test_and_clear_bit(FTTCP_LF_LISTED, &link->flags))
		return;
	list_del_rcu(&link->list);
	WRITE_ONCE(fn->nr_links, fn->nr_links - 1);
	fn->link_gone = max(fn->link_gone, link->id);
	fttcp_event(fn, &(struct fttcp_event){
		.id = FTTCP_EVT_LINK_REMOVED,
		.link_id = link->id,
	});
	fttcp_link_put(link);
}

/* --- the end ----------------------------------------------------------- */

/*
 * First: nobody of this link makes progress any more. Waits for the workers
 * and for sync_work, none of which takes fn->ctl, so that it may be called with
 * it or without.
 */
static void link_halt(struct fttcp_link *link)
{
	unsigned int i;

	mutex_lock(&link->down_lock);
	for (i = 0; i < link->nr_lanes; i++)
		fttcp_lane_stop(&link->lanes[i]);
	if (cancel_work_sync(&link->sync_work))
		fttcp_link_put(link);
	mutex_unlock(&link->down_lock);
}

/*
 * How a backup lost the link that its copy came over decides whether it may take
 * over. An attempt that never came up does not change it.
 */
static bool keeps_reason(const struct fttcp_link *link)
{
	const struct fttcp_net *fn = link->fn;

	return !test_bit(FTTCP_LF_UP, &link->flags) &&
	       READ_ONCE(fn->role) == FTTCP_ROLE_BACKUP &&
	       READ_ONCE(fn->synced);
}

/*
 * Second: the node's state has to say what follows before a connection leaves
 * its lane. A link that never came up is no loss to an active.
 */
static void link_leave(struct fttcp_link *link)
{
	struct fttcp_net *fn = link->fn;
	u8 reason = link->down_reason;
	unsigned int i;

	lockdep_assert_held(&fn->ctl);
	if (test_and_set_bit(FTTCP_LF_CLOSED, &link->flags))
		return;
	if (keeps_reason(link))
		reason = READ_ONCE(fn->down_reason);
	if (test_bit(FTTCP_LF_UP, &link->flags) ||
	    fn->role == FTTCP_ROLE_BACKUP)
		fttcp_node_link_lost(fn, reason);
	for (i = 0; i < link->nr_lanes; i++)
		fttcp_lane_clean(&link->lanes[i]);
	fttcp_evt_kernel_tasks_shutdown(fn, link->id);
	fttcp_snapshot_link_lost(link);
}

/* A role that was set since, which closed this link, need not yield. */
static void link_fence(struct fttcp_link *link)
{
	u64 epoch = READ_ONCE(link->fence_epoch);

	if (epoch && READ_ONCE(link->fn->state) != FTTCP_STATE_FENCED)
		fttcp_node_fence(link->fn, epoch, READ_ONCE(link->yields) &&
				 !test_bit(FTTCP_LF_CLOSED, &link->flags));
}

static void link_down_work(struct work_struct *work)
{
	struct fttcp_link *link = container_of(work, struct fttcp_link,
					       down_work);
	struct fttcp_net *fn = link->fn;

	/* First of all: whoever was replaced must fall silent. */
	link_fence(link);
	link_halt(link);
	/* The workers' last word. Work may have told of another state since. */
	link_fence(link);
	mutex_lock(&fn->ctl);
	link_leave(link);
	mutex_unlock(&fn->ctl);
	fttcp_link_put(link);
}

/**
 * fttcp_link_down_text() - end a link, with a sentence
 * @link: link that the caller holds
 * @reason: enum fttcp_down_reason
 * @err: negative errno or 0
 * @text: static text for the event, NULL for the usual sentence
 *
 * As fttcp_link_down().
 */
void fttcp_link_down_text(struct fttcp_link *link, u8 reason, int err,
			  const char *text)
{
	struct fttcp_net *fn = link->fn;
	unsigned int i;

	spin_lock_bh(&link->lock);
	if (is_down(link))
		goto out;
	WRITE_ONCE(link->down_reason, reason);
	WRITE_ONCE(link->error, err);
	if (!keeps_reason(link)) {
		spin_lock(&fn->lock);
		WRITE_ONCE(fn->down_reason, reason);
		spin_unlock(&fn->lock);
	}
	/* Whoever sees the bit sees why. */
	smp_mb__before_atomic();
	set_bit(FTTCP_LF_DOWN, &link->flags);
	fttcp_event(fn, &(struct fttcp_event){
		.id = FTTCP_EVT_LINK_DOWN,
		.link_id = link->id,
		.reason = reason,
		.err = err,
		.text = text,
	});
	fttcp_stat_link_down(fn, reason);
	trace_fttcp_link_state(link->id, link->peer_id, FTTCP_LINK_STATE_DOWN,
			       reason, err);
	fttcp_link_get(link);
	for (i = 0; i < link->nr_lanes; i++)
		fttcp_lane_kill(&link->lanes[i]);
	if (!queue_work(fttcp_wq, &link->down_work))
		fttcp_link_put(link);
out:
	spin_unlock_bh(&link->lock);
}

/**
 * fttcp_link_down() - end a link
 * @link: link that the caller holds
 * @reason: enum fttcp_down_reason; the first caller's counts
 * @err: negative errno or 0
 *
 * Tells the event at once; the rest follows in down_work.
 *
 * Context: any but hard interrupts.
 */
void fttcp_link_down(struct fttcp_link *link, u8 reason, int err)
{
	fttcp_link_down_text(link, reason, err, NULL);
}

/**
 * fttcp_link_close_all() - end all links, and wait until they have ended
 * @fn: namespace, under fn->ctl
 * @reason: enum fttcp_down_reason; the other sides are told
 *
 * When it returns, no worker runs, nothing is put into a replica any more, and
 * fttcp_node_link_lost() has been called for each link that was up.
 *
 * Context: process.
 */
void fttcp_link_close_all(struct fttcp_net *fn, u8 reason)
{
	struct fttcp_link *link;

	lockdep_assert_held(&fn->ctl);
	list_for_each_entry(link, &fn->links, list)
		fttcp_link_down(link, reason, 0);
	list_for_each_entry(link, &fn->links, list) {
		link_halt(link);
		link_leave(link);
	}
}

/* All of a link that is down has happened; without fn->ctl. */
static void link_settle(struct fttcp_link *link)
{
	/* Whoever ended it has queued the work and is done with the node. */
	spin_lock_bh(&link->lock);
	spin_unlock_bh(&link->lock);
	flush_work(&link->down_work);
}

/* Reference to a link that is down and has not ended, or NULL. */
static struct fttcp_link *link_find_ending(struct fttcp_net *fn)
{
	struct fttcp_link *link, *found = NULL;

	mutex_lock(&fn->ctl);
	list_for_each_entry(link, &fn->links, list) {
		if (!is_down(link) || test_bit(FTTCP_LF_CLOSED, &link->flags))
			continue;
		fttcp_link_get(link);
		found = link;
		break;
	}
	mutex_unlock(&fn->ctl);
	return found;
}

/*
 * What a new link takes the place of has to have ended: what the node does
 * about its loss must not be done about the new one.
 */
static void link_settle_all(struct fttcp_net *fn)
{
	struct fttcp_link *link;

	while ((link = link_find_ending(fn))) {
		link_settle(link);
		fttcp_link_put(link);
	}
}

/**
 * fttcp_link_del() - end a link and forget it
 * @fn: namespace
 * @id: which
 * @reason: FTTCP_DOWN_REASON_OPERATOR, _STOPPED or _FORCED
 * @why: told why not
 *
 * Context: process, without fn->ctl.
 * Return: 0 or -ENOENT.
 */
int fttcp_link_del(struct fttcp_net *fn, u32 id, u8 reason, const char **why)
{
	struct fttcp_link *link = link_find_get(fn, id);

	if (!link && id && id <= READ_ONCE(fn->link_gone)) {
		*why = "this link is gone already; nothing was done";
		return 0;
	}
	if (!link) {
		*why = "there is no link of this id";
		return -ENOENT;
	}
	fttcp_link_down(link, reason, 0);
	link_settle(link);
	mutex_lock(&fn->ctl);
	link_unlist(link);
	mutex_unlock(&fn->ctl);
	fttcp_link_put(link);
	return 0;
}

/**
 * fttcp_link_free_all() - the namespace goes away
 * @fn: namespace, which is marked dying, so that no link is added
 *
 * Context: process, without fn->ctl.
 */
void fttcp_link_free_all(struct fttcp_net *fn)
{
	struct fttcp_link *link;

	mutex_lock(&fn->ctl);
	fttcp_link_close_all(fn, FTTCP_DOWN_REASON_NETNS);
	while ((link = list_first_entry_or_null(&fn->links, struct fttcp_link,
						list))) {
		fttcp_link_get(link);
		mutex_unlock(&fn->ctl);
		link_settle(link);
		mutex_lock(&fn->ctl);
		link_unlist(link);
		fttcp_link_put(link);
	}
	mutex_unlock(&fn->ctl);
}

/* --- a new link -------------------------------------------------------- */

static void link_sync_work(struct work_struct *work)
{
	struct fttcp_link *link = container_of(work, struct fttcp_link,
					       sync_work);

	fttcp_snapshot_link(link);
	fttcp_link_put(link);
}

static struct fttcp_link *link_alloc(struct fttcp_net *fn,
				     const struct fttcp_link_params *p)
{
	struct fttcp_link *link;
	unsigned int i;

	link = kzalloc(struct_size(link, lanes, p->nr), GFP_KERNEL);
	if (!link)
		return NULL;
	link->fn = fn;
	link->id = p->id;
	link->ifindex = p->ifindex;
	link->nr_lanes = p->nr;
	link->claim = fttcp_node_claim(fn);
	kref_init(&link->refs);
	spin_lock_init(&link->lock);
	mutex_init(&link->down_lock);
	INIT_LIST_HEAD(&link->list);
	INIT_WORK(&link->sync_work, link_sync_work);
	INIT_WORK(&link->down_work, link_down_work);
	for (i = 0; i < p->nr; i++)
		fttcp_lane_setup(&link->lanes[i], link, i);
	return link;
}

static bool carrier_ok(struct net *net, int ifindex)
{
	struct net_device *dev;
	bool ok;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	ok = dev && netif_running(dev) && netif_carrier_ok(dev);
	rcu_read_unlock();
	return ok;
}

/* What the node's state has against a new link. */
static int link_check_node(struct fttcp_net *fn, u32 id, const char **why)
{
	if (fn->dying) {
		*why = "the network namespace goes away";
		return -ENETDOWN;
	}
	if (!fn->conf.id) {
		fttcp_evt_no_connection_id(fn, id);
		*why = "set the id of this node first";
		return -EOPNOTSUPP;
	}
	if (fn->role == FTTCP_ROLE_NONE) {
		*why = "set the role of this node first";
		return -EOPNOTSUPP;
	}
	if (fn->state == FTTCP_STATE_FENCED) {
		*why = "this node was replaced; set its role to backup first";
		return -EPERM;
	}
	return 0;
}

/* What the other links have against it: one at a time is live. */
static int link_check_others(struct fttcp_net *fn, u32 id, const char **why)
{
	struct fttcp_link *link;

	list_for_each_entry(link, &fn->links, list) {
		if (test_bit(FTTCP_LF_CLOSED, &link->flags))
			continue;
		if (is_down(link)) {
			*why = "the last link is still being taken apart";
			return -EBUSY;
		}
		*why = link->id == id ? "there is a link of this id" :
					"this node has a link already";
		return -EEXIST;
	}
	if (fn->nr_links >= FTTCP_LINKS_MAX && !link_find(fn, id)) {
		fttcp_evt_scb_full(fn, id, "links", FTTCP_LINKS_MAX);
		*why = "too many links; delete those that are down";
		return -ENOSPC;
	}
	return 0;
}

static int link_check(struct fttcp_net *fn, const struct fttcp_link_params *p,
		      const char **why)
{
	int err;

	if (!p->id) {
		*why = "the id of a link is not 0";
		return -EINVAL;
	}
	if (!p->nr || p->nr > FTTCP_LANES_MAX) {
		*why = "a link has 1 to 8 lanes";
		return -EINVAL;
	}
	static_assert(FTTCP_LANES_MAX == 8);
	err = link_check_node(fn, p->id, why);
	if (!err)
		err = link_check_others(fn, p->id, why);
	if (!err && p->ifindex && !carrier_ok(fn->net, p->ifindex)) {
		*why = "the device does not exist, is down or has no carrier";
		err = -ENETDOWN;
	}
	return err;
}

static const char *sock_unfit(const struct fttcp_net *fn, struct sock *sk)
{
	if (!sk_is_tcp(sk) ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6))
		return "not a TCP socket";
	if (!net_eq(sock_net(sk), fn->net))
		return "the socket belongs to another network namespace";
	if (inet_sk_state_load(sk) != TCP_ESTABLISHED)
		return "the socket is not connected";
	if (fttcp_ulp_is_ours(sk))
		return "a policy matches the link's own sockets: narrow its ports or addresses";
	if (inet_csk_has_ulp(sk))
		return "the socket has an upper layer protocol (TLS, for instance)";
	return NULL;
}

/* The link's file descriptors become its lanes' sockets. */
static int link_open(struct fttcp_link *link,
		     const struct fttcp_link_params *p, int *bad_fd,
		     const char **why)
{
	struct socket *sock;
	unsigned int i;
	int err;

	for (i = 0; i < p->nr; i++) {
		*bad_fd = i;
		sock = sockfd_lookup(p->fds[i], &err);
		if (!sock) {
			*why = "not a socket";
			return err;
		}
		*why = sock_unfit(link->fn, sock->sk);
		err = *why ? -EOPNOTSUPP :
			     fttcp_lane_start(&link->lanes[i], sock, why);
		if (err) {
			sockfd_put(sock);
			return err;
		}
	}
	*bad_fd = -1;
	return 0;
}

/* Nobody but the caller has seen the link. */
static void link_discard(struct fttcp_link *link)
{
	unsigned int i;

	for (i = 0; i < link->nr_lanes; i++) {
		fttcp_lane_stop(&link->lanes[i]);
		fttcp_lane_clean(&link->lanes[i]);
	}
	fttcp_link_put(link);
}

/* Somebody may have ended it since it was listed. */
static void link_run(struct fttcp_link *link)
{
	unsigned int i;

	mutex_lock(&link->down_lock);
	for (i = 0; i < link->nr_lanes; i++)
		if (link->lanes[i].task)
			wake_up_process(link->lanes[i].task);
	mutex_unlock(&link->down_lock);
}

static int link_add_locked(struct fttcp_net *fn,
			   const struct fttcp_link_params *p, int *bad_fd,
			   const char **why)
{
	struct fttcp_link *link, *old;
	int err;

	err = link_check(fn, p, why);
	if (err)
		return err;
	link = link_alloc(fn, p);
	if (!link) {
		fttcp_evt_no_control_memory(fn, p->id);
		*why = "out of memory";
		return -ENOMEM;
	}
	err = link_open(link, p, bad_fd, why);
	if (err) {
		link_discard(link);
		return err;
	}
	old = link_find(fn, p->id);
	if (old)
		link_unlist(old);
	link_list(link);
	/*
	 * Before a lane runs: one may bring replicas while another still
	 * waits for its HELLO, and they are this link's.
	 */
	WRITE_ONCE(fn->sync_gen, fn->sync_gen + 1);
	/* The carrier may have gone before the notifier could find the link. */
	if (p->ifindex && !carrier_ok(fn->net, p->ifindex))
		fttcp_link_down(link, FTTCP_DOWN_REASON_CARRIER, -ENETDOWN);
	link_run(link);
	return 0;
}

/**
 * fttcp_link_add() - a link from connected sockets
 * @fn: namespace
 * @p: what user space says
 * @bad_fd: told which descriptor is to blame, -1 none
 * @why: told why not; static text
 *
 * The sockets belong to the link from then on; the caller may close its
 * descriptors. Records flow once both sides have said HELLO.
 *
 * Context: process, without fn->ctl.
 * Return: 0 or -errno.
 */
int fttcp_link_add(struct fttcp_net *fn, const struct fttcp_link_params *p,
		   int *bad_fd, const char **why)
{
	int err;

	*bad_fd = -1;
	*why = NULL;
	link_settle_all(fn);
	mutex_lock(&fn->ctl);
	err = link_add_locked(fn, p, bad_fd, why);
	mutex_unlock(&fn->ctl);
	return err;
}

/* --- carriers ---------------------------------------------------------- */

/* Cleared before the notifier goes, which tells of the end of every device. */
static bool watching;

static void carrier_lost(struct fttcp_net *fn, int ifindex)
{
	struct fttcp_link *link;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &fn->links, list) {
		if (link->ifindex != ifindex ||
		    !kref_get_unless_zero(&link->refs))
			continue;
		fttcp_link_down(link, FTTCP_DOWN_REASON_CARRIER, -ENETDOWN);
		fttcp_link_put(link);
	}
	rcu_read_unlock();
}

static int device_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (!READ_ONCE(watching))
		return NOTIFY_DONE;
	if (event == NETDEV_DOWN || event == NETDEV_UNREGISTER ||
	    (event == NETDEV_CHANGE && !netif_carrier_ok(dev)))
		carrier_lost(fttcp_net(dev_net(dev)), dev->ifindex);
	return NOTIFY_DONE;
}

static struct notifier_block device_nb = {
	.notifier_call = device_event,
};

/**
 * fttcp_link_init() - watch carriers
 *
 * Call it once every namespace has its part of the module.
 *
 * Return: 0 or -errno.
 */
int fttcp_link_init(void)
{
	int err;

	WRITE_ONCE(watching, true);
	err = register_netdevice_notifier(&device_nb);
	if (err)
		WRITE_ONCE(watching, false);
	return err;
}

/**
 * fttcp_link_exit() - watch them no more
 *
 * Call it before the namespaces lose their part of the module.
 */
void fttcp_link_exit(void)
{
	WRITE_ONCE(watching, false);
	unregister_netdevice_notifier(&device_nb);
}
