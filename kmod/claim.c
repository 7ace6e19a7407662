// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claim: promoted connections, and before that replicas for a standby
 * application, are put into the accept queue of a listener that has the ULP:
 * one on the connection's own address and port, or a claim listener whose
 * filter takes connections that were once opened actively.
 *
 * Timer: claim_work, one a namespace, while a connection finds no listener or
 * a full queue.
 */
#include <net/tcp.h>

#include "claim.h"
#include "compat/tcp.h"
#include "fault.h"
#include "replica.h"
#include "sockstate.h"
#include "ulp.h"

/* --- which listener ------------------------------------------------------ */

static bool addr_unspecified(const struct fttcp_tuple *t)
{
	return t->family == AF_INET6 ? ipv6_addr_any(&t->laddr.ip6) :
				       !t->laddr.ip;
}

static bool serves(const struct fttcp_conn *l, const struct fttcp_conn *c)
{
	if (l->claim || l->tuple.lport != c->tuple.lport ||
	    l->sk->sk_family != c->sk->sk_family)
		return false;
	if (l->tuple.ifindex && l->tuple.ifindex != c->tuple.ifindex)
		return false;
	if (addr_unspecified(&l->tuple))
		return true;
	return l->tuple.family == c->tuple.family &&
	       !memcmp(&l->tuple.laddr, &c->tuple.laddr,
		       fttcp_tuple_addr_len(&c->tuple));
}

static bool prefix_equal(const u8 *a, const void *b, u8 bits)
{
	const u8 *q = b;
	u8 whole = bits / 8, rest = bits % 8;

	if (memcmp(a, q, whole))
		return false;
	return !rest || !((a[whole] ^ q[whole]) >> (8 - rest));
}

static bool claims(const struct fttcp_conn *l, const struct fttcp_conn *c)
{
	const struct fttcp_claim *f = l->claim;
	const struct fttcp_tuple *t = &c->tuple;

	if (!f || l->sk->sk_family != c->sk->sk_family)
		return false;
	if ((f->family && f->family != t->family) ||
	    (f->local_port && f->local_port != t->lport) ||
	    (f->remote_port && f->remote_port != t->rport))
		return false;
	return prefix_equal(f->local, &t->laddr, f->local_prefixlen) &&
	       prefix_equal(f->remote, &t->raddr, f->remote_prefixlen);
}

static bool matches(const struct fttcp_conn *l, const struct fttcp_conn *c,
		    bool standby)
{
	if (test_bit(FTTCP_CF_DEAD, &l->flags) || (standby && !l->standby))
		return false;
	return test_bit(FTTCP_CF_ACTIVE_OPEN, &c->flags) ? claims(l, c) :
							   serves(l, c);
}

static struct fttcp_conn *find_listener(struct fttcp_conn *c, bool standby)
{
	struct fttcp_conn *l, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(l, &c->fn->listeners, list) {
		if (matches(l, c, standby) && refcount_inc_not_zero(&l->refs)) {
			found = l;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* --- handing over -------------------------------------------------------- */

static struct request_sock *make_request(struct sock *lsk)
{
	struct request_sock *req;

	req = inet_reqsk_alloc(fttcp_base_prot(lsk)->rsk_prot, lsk, false);
	if (!req)
		return NULL;
	tcp_rsk(req)->tfo_listener = false;
#if IS_ENABLED(CONFIG_MPTCP)
	tcp_rsk(req)->is_mptcp = 0;
#endif
	refcount_set(&req->rsk_refcnt, 1);
	return req;
}

/*
 * The listener is locked: its state cannot change, so the child is not thrown
 * away by inet_csk_reqsk_queue_add().
 */
static int enqueue(struct fttcp_conn *l, struct fttcp_conn *c)
{
	struct sock *lsk = l->sk, *child = c->sk;
	struct request_sock *req;

	if (lsk->sk_state != TCP_LISTEN)
		return -ENOTCONN;
	if (sk_acceptq_is_full(lsk))
		return -EAGAIN;
	req = make_request(lsk);
	if (!req)
		return -ENOMEM;
	if (!child->sk_net_refcnt)
		fttcp_sk_net_refcnt_upgrade(child);
	local_bh_disable();
	inet_csk_reqsk_queue_add(lsk, req, child);
	local_bh_enable();
	lsk->sk_data_ready(lsk);
	return 0;
}

/* Return: 0 when an application has it, or will; the socket is unlocked */
static int deliver(struct fttcp_conn *c, struct fttcp_conn *l)
{
	int err;

	lock_sock(l->sk);
	err = enqueue(l, c);
	release_sock(l->sk);
	if (err == -EAGAIN) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_CLAIM_QUEUE_FULL);
		fttcp_event(c->fn, &(struct fttcp_event) {
			.id = FTTCP_EVT_CLAIM_QUEUE_FULL,
			.conn_id = c->id, .tuple = &l->tuple });
	}
	return err;
}

/* --- promoted connections ------------------------------------------------ */

/**
 * fttcp_claim_want() - a promoted connection has no application yet
 * @c: connection, its socket locked
 */
void fttcp_claim_want(struct fttcp_conn *c)
{
	set_bit(FTTCP_CF_UNCLAIMED, &c->flags);
}

/**
 * fttcp_claim_orphan() - the application had closed it: nobody will claim it
 * @c: promoted connection, unlocked
 *
 * TCP finishes by itself, as after any close().
 *
 * Context: may sleep.
 */
void fttcp_claim_orphan(struct fttcp_conn *c)
{
	/* its timers go on without anybody who keeps the namespace */
	if (!c->sk->sk_net_refcnt)
		fttcp_sk_net_refcnt_upgrade(c->sk);
	fttcp_base_prot(c->sk)->close(c->sk, 0);
}

/* it has no program, and there is nothing left to give to one */
static void bury(struct fttcp_conn *c)
{
	if (!test_and_clear_bit(FTTCP_CF_UNCLAIMED, &c->flags))
		return;
	WRITE_ONCE(c->muted, true);
	fttcp_sock_destroy(c->sk);
}

static bool claim_one(struct fttcp_conn *c)
{
	struct fttcp_conn *l;
	int err;

	if (inet_sk_state_load(c->sk) == TCP_CLOSE) {
		bury(c);
		return true;
	}
	if (fttcp_fault(c->fn, FTTCP_FAULT_CLAIM))
		return false;
	l = find_listener(c, false);

	if (!l)
		return false;
	err = deliver(c, l);
	fttcp_conn_put(l);
	if (err)
		return false;
	clear_bit(FTTCP_CF_UNCLAIMED, &c->flags);
	fttcp_stat_inc(c->fn, FTTCP_STAT_CLAIMED);
	fttcp_conn_announce(c, FTTCP_EVT_CLAIMED, FTTCP_ACTION_CHANGE, 0);
	return true;
}

/* --- standby ------------------------------------------------------------- */

/* Return: true when the replica can be, and is not yet, an application's */
static bool standby_begin(struct fttcp_conn *c)
{
	bool spinning = fttcp_conn_lock(c);
	bool ok;

	ok = c->role == FTTCP_CONN_ROLE_REPLICA && c->replica &&
	     c->state == FTTCP_CONN_STATE_REPLICA &&
	     test_bit(FTTCP_CF_LISTED, &c->flags) &&
	     !test_bit(FTTCP_CF_DEAD, &c->flags);
	if (ok) {
		fttcp_conn_set_state(c, FTTCP_CONN_STATE_STANDBY,
				     FTTCP_DOWN_REASON_NONE);
		set_bit(FTTCP_CF_STANDBY, &c->flags);
	}
	fttcp_conn_unlock(c, spinning);
	return ok;
}

static void standby_count(struct fttcp_net *fn)
{
	spin_lock_bh(&fn->lock);
	fn->nr_standby++;
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_claim_standby() - offer a replica to a standby application
 * @c: replica, unlocked; the caller has a reference
 *
 * What has arrived so far is put into the receive queue once an application is
 * sure to come: until then its twin decides what is still to be read.
 *
 * Context: may sleep. Takes fn->claims.
 */
void fttcp_claim_standby(struct fttcp_conn *c)
{
	struct fttcp_conn *l = find_listener(c, true);
	bool spinning;

	if (!l)
		return;
	mutex_lock(&c->fn->claims);
	if (!standby_begin(c))
		goto out;
	standby_count(c->fn);
	if (deliver(c, l)) {
		spinning = fttcp_conn_lock(c);
		fttcp_standby_gone(c);
		if (!test_bit(FTTCP_CF_DEAD, &c->flags))
			fttcp_conn_set_state(c, FTTCP_CONN_STATE_REPLICA,
					     FTTCP_DOWN_REASON_NONE);
		fttcp_conn_unlock(c, spinning);
		goto out;
	}
	spinning = fttcp_conn_lock(c);
	if (!test_bit(FTTCP_CF_DEAD, &c->flags)) {
		fttcp_replica_feed_all(c);
		fttcp_sock_feed_wake(c->sk);
	}
	fttcp_conn_unlock(c, spinning);
	fttcp_stat_inc(c->fn, FTTCP_STAT_STANDBY_ACCEPTED);
	fttcp_conn_announce(c, FTTCP_EVT_STANDBY_ACCEPTED,
			    FTTCP_ACTION_CHANGE, 0);
out:
	mutex_unlock(&c->fn->claims);
	fttcp_conn_put(l);
}

/**
 * fttcp_standby_gone() - a replica is no longer with an application
 * @c: connection
 *
 * Context: any.
 */
void fttcp_standby_gone(struct fttcp_conn *c)
{
	if (!test_and_clear_bit(FTTCP_CF_STANDBY, &c->flags))
		return;
	spin_lock_bh(&c->fn->lock);
	c->fn->nr_standby--;
	spin_unlock_bh(&c->fn->lock);
}

/**
 * fttcp_standby_live() - a standby application's connection is live now
 * @c: promoted connection, its socket locked
 */
void fttcp_standby_live(struct fttcp_conn *c)
{
	fttcp_standby_gone(c);
	/* it may write now, and is told so */
	c->sk->sk_write_space(c->sk);
	c->sk->sk_state_change(c->sk);
	fttcp_stat_inc(c->fn, FTTCP_STAT_CLAIMED);
}

/* --- from time to time --------------------------------------------------- */

static void claim_work(struct work_struct *work)
{
	struct fttcp_net *fn = container_of(to_delayed_work(work),
					    struct fttcp_net, claim_work);
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	bool left = false;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (test_bit(FTTCP_CF_UNCLAIMED, &c->flags))
			left |= !claim_one(c);
		else if (c->state == FTTCP_CONN_STATE_REPLICA)
			fttcp_claim_standby(c);
		fttcp_conn_put(c);
	}
	if (left && !READ_ONCE(fn->dying))
		queue_delayed_work(fttcp_wq, &fn->claim_work,
				   msecs_to_jiffies(FTTCP_CLAIM_RETRY_MS));
}

/**
 * fttcp_claim_later() - offer what waits to the listeners there are now
 * @fn: namespace
 *
 * Context: any.
 */
void fttcp_claim_later(struct fttcp_net *fn)
{
	if (!READ_ONCE(fn->dying))
		mod_delayed_work(fttcp_wq, &fn->claim_work, 1);
}

/**
 * fttcp_claim_bury_all() - free connections that ended before anybody came
 * @fn: namespace
 *
 * Their ids may come back as those of replicas.
 *
 * Context: may sleep. Not while claim_work runs.
 */
void fttcp_claim_bury_all(struct fttcp_net *fn)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (inet_sk_state_load(c->sk) == TCP_CLOSE)
			bury(c);
		fttcp_conn_put(c);
		cond_resched();
	}
}

/**
 * fttcp_claim_drop_all() - end connections that no application ever claimed
 * @fn: namespace that goes away
 *
 * Context: may sleep.
 */
void fttcp_claim_drop_all(struct fttcp_net *fn)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		bury(c);
		fttcp_conn_put(c);
	}
}

void fttcp_claim_init_net(struct fttcp_net *fn)
{
	INIT_DELAYED_WORK(&fn->claim_work, claim_work);
}
