// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections: allocation, the namespace's table, lookup, iteration. State is
 * changed in conn_state.c only; what a socket's hooks do is in ulp.c.
 */
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "conn.h"
#include "link.h"
#include "replica.h"
#include "silence.h"
#include "sockstate.h"

static struct kmem_cache *conn_cache;

int __init fttcp_conn_init(void)
{
	conn_cache = KMEM_CACHE(fttcp_conn, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return conn_cache ? 0 : -ENOMEM;
}

void fttcp_conn_exit(void)
{
	/* objects are freed by RCU callbacks */
	rcu_barrier();
	kmem_cache_destroy(conn_cache);
}

/**
 * fttcp_conn_alloc() - a connection object for a socket
 * @sk: the socket; a reference is taken and kept until the object is freed
 * @role: enum fttcp_conn_role
 * @gfp: GFP_ATOMIC where the caller may not sleep
 *
 * The module cannot be unloaded while such an object exists: skbs in hold
 * outlive the ULP of their socket.
 *
 * Context: any, as @gfp says.
 * Return: the object with one reference, or NULL.
 */
struct fttcp_conn *fttcp_conn_alloc(struct sock *sk, u8 role, gfp_t gfp)
{
	struct fttcp_net *fn = fttcp_net(sock_net(sk));
	struct fttcp_conn *c;

	if (READ_ONCE(fn->dying))
		return NULL;
	/* not while the module is being unloaded */
	if (!try_module_get(THIS_MODULE))
		return NULL;
	c = kmem_cache_zalloc(conn_cache, gfp);
	if (!c) {
		fttcp_stat_inc(fn, FTTCP_STAT_ALLOC_FAIL);
		fttcp_evt_no_memory(fn, 0);
		module_put(THIS_MODULE);
		return NULL;
	}
	sock_hold(sk);
	c->sk = sk;
	c->fn = fn;
	c->role = role;
	c->mode = READ_ONCE(fn->conf.mode);
	refcount_set(&c->refs, 1);
	skb_queue_head_init(&c->held);
	INIT_LIST_HEAD(&c->dirty_list);
	INIT_LIST_HEAD(&c->list);
	INIT_HLIST_NODE(&c->hash);
	INIT_HLIST_NODE(&c->tuple_hash);
	return c;
}

static void conn_free_rcu(struct rcu_head *rcu)
{
	struct fttcp_conn *c = container_of(rcu, struct fttcp_conn, rcu);

	kfree(c->claim);
	kmem_cache_free(conn_cache, c);
	module_put(THIS_MODULE);
}

/**
 * fttcp_conn_release() - the last reference is gone
 * @c: connection, hooks off, out of every table
 *
 * Context: any; called by fttcp_conn_put() alone.
 */
void fttcp_conn_release(struct fttcp_conn *c)
{
	WARN_ON_ONCE(!skb_queue_empty(&c->held));
	if (c->lane)
		fttcp_lane_put(c->lane);
	if (c->replica)
		fttcp_replica_free(c->fn, c->replica);
	sock_put(c->sk);
	call_rcu(&c->rcu, conn_free_rcu);
}

/**
 * fttcp_sk_lock() - take the lock of a socket that need not be a program's
 * @sk: TCP socket; the caller has a reference
 *
 * A child that was not accepted yet must never be owned by a process: when its
 * listener closes, inet_csk_listen_stop() ends it under the spinlock alone, and
 * does not wait. So a socket without a struct socket is taken by the spinlock.
 *
 * Context: may sleep.
 * Return: true when the caller must not sleep until fttcp_sk_unlock(), which
 * gets this value.
 */
bool fttcp_sk_lock(struct sock *sk)
{
	while (!READ_ONCE(sk->sk_socket)) {
		local_bh_disable();
		bh_lock_sock(sk);
		if (!sock_owned_by_user(sk)) {
			/* sparse does not see locks that outlive a function */
			__release(&sk->sk_lock.slock);
			return true;
		}
		bh_unlock_sock(sk);
		local_bh_enable();
		/* accept() is at it, or a part of ours that may sleep */
		lock_sock(sk);
		if (sk->sk_socket)
			return false;
		release_sock(sk);
	}
	lock_sock(sk);
	return false;
}

/**
 * fttcp_sk_unlock() - give it back
 * @sk: socket
 * @spinning: what fttcp_sk_lock() gave
 */
void fttcp_sk_unlock(struct sock *sk, bool spinning)
{
	if (!spinning) {
		release_sock(sk);
		return;
	}
	__acquire(&sk->sk_lock.slock);
	bh_unlock_sock(sk);
	local_bh_enable();
}

/**
 * fttcp_conn_trylock() - take a connection's lock unless a program has it
 * @c: connection
 * @flag: FTTCP_CF_* to set when a program has it; its release_cb acts on that
 *
 * Context: process; waits for no program that sleeps under its socket's lock.
 * Return: true when it is locked; the caller must not sleep, and calls
 * fttcp_conn_unlock(c, true).
 */
bool fttcp_conn_trylock(struct fttcp_conn *c, int flag)
{
	struct sock *sk = c->sk;

	for (;;) {
		local_bh_disable();
		bh_lock_sock(sk);
		if (!sock_owned_by_user(sk)) {
			__release(&sk->sk_lock.slock);
			return true;
		}
		if (test_bit(FTTCP_CF_HOOKED, &c->flags)) {
			set_bit(flag, &c->flags);
			break;
		}
		/* it is being ended, which does not take long */
		bh_unlock_sock(sk);
		local_bh_enable();
		cond_resched();
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	return false;
}

static struct hlist_head *bucket(struct fttcp_net *fn, u64 id)
{
	return &fn->conns[hash_64(id, FTTCP_CONN_HASH_BITS)];
}

static struct hlist_head *tuple_bucket(struct fttcp_net *fn,
				       const struct fttcp_tuple *t)
{
	return &fn->tuples[hash_32(fttcp_tuple_hash(t), FTTCP_CONN_HASH_BITS)];
}

static u32 *counter(struct fttcp_conn *c)
{
	return c->role == FTTCP_CONN_ROLE_REPLICA ? &c->fn->nr_replicas :
						    &c->fn->nr_conns;
}

/*
 * An id names one replica, whatever a peer node says on how many lanes: a walk
 * sees only one of a kind. fn->lock is held.
 */
static bool is_double(const struct fttcp_conn *c)
{
	struct fttcp_conn *other;

	if (c->role != FTTCP_CONN_ROLE_REPLICA)
		return false;
	hlist_for_each_entry(other, bucket(c->fn, c->id), hash)
		if (other->id == c->id)
			return true;
	return false;
}

/**
 * fttcp_conn_list() - put a connection into its namespace's table
 * @c: connection with an id, or a listener
 *
 * The table holds a reference until fttcp_conn_unlist().
 *
 * Context: any.
 * Return: 0, -EDQUOT when the table is full, -EEXIST for a second replica of
 * an id, -ENOMEM.
 */
int fttcp_conn_list(struct fttcp_conn *c)
{
	struct fttcp_net *fn = c->fn;
	int err = 0;

	spin_lock_bh(&fn->lock);
	if (c->role == FTTCP_CONN_ROLE_LISTENER) {
		list_add_tail_rcu(&c->list, &fn->listeners);
		fn->nr_listeners++;
	} else if (*counter(c) >= FTTCP_CONNS_MAX) {
		err = -EDQUOT;
	} else if (is_double(c)) {
		err = -EEXIST;
	} else {
		c->endpoint = fttcp_endpoint_get(fn, &c->tuple);
		err = c->endpoint ? 0 : -ENOMEM;
	}
	if (!err && c->endpoint) {
		hlist_add_head_rcu(&c->hash, bucket(fn, c->id));
		hlist_add_head_rcu(&c->tuple_hash, tuple_bucket(fn, &c->tuple));
		++*counter(c);
	}
	if (!err) {
		fttcp_conn_get(c);
		set_bit(FTTCP_CF_LISTED, &c->flags);
	}
	spin_unlock_bh(&fn->lock);
	if (err == -EDQUOT)
		fttcp_evt_scb_full(fn, 0, "connections", FTTCP_CONNS_MAX);
	return err;
}

/**
 * fttcp_conn_unlist() - take a connection out of the table
 * @c: connection; nothing happens when it is not listed
 *
 * Context: any. The caller holds a reference of its own.
 */
void fttcp_conn_unlist(struct fttcp_conn *c)
{
	struct fttcp_net *fn = c->fn;
	bool put = false;

	spin_lock_bh(&fn->lock);
	if (test_and_clear_bit(FTTCP_CF_LISTED, &c->flags)) {
		put = true;
		if (c->role == FTTCP_CONN_ROLE_LISTENER) {
			list_del_rcu(&c->list);
			fn->nr_listeners--;
		} else {
			fttcp_endpoint_put(fn, c->endpoint);
			hlist_del_init_rcu(&c->hash);
			hlist_del_init_rcu(&c->tuple_hash);
			--*counter(c);
		}
	}
	spin_unlock_bh(&fn->lock);
	if (put)
		fttcp_conn_put(c);
}

/**
 * fttcp_conn_promote_role() - a listed replica becomes a promoted connection
 * @c: listed replica; its socket is locked
 */
void fttcp_conn_promote_role(struct fttcp_conn *c)
{
	struct fttcp_net *fn = c->fn;

	spin_lock_bh(&fn->lock);
	if (test_bit(FTTCP_CF_LISTED, &c->flags)) {
		fn->nr_replicas--;
		fn->nr_conns++;
	}
	c->role = FTTCP_CONN_ROLE_PROMOTED;
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_conn_find() - by id
 * @fn: namespace
 * @id: connection id
 *
 * Context: any.
 * Return: a reference, or NULL.
 */
struct fttcp_conn *fttcp_conn_find(struct fttcp_net *fn, u64 id)
{
	struct fttcp_conn *c, *found = NULL;

	rcu_read_lock();
	hlist_for_each_entry_rcu(c, bucket(fn, id), hash) {
		if (c->id == id && refcount_inc_not_zero(&c->refs)) {
			found = c;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/**
 * fttcp_conn_peek() - by addresses as they are on the wire
 * @fn: namespace
 * @t: both ends; of what device is not asked
 *
 * Context: any, under rcu_read_lock().
 * Return: a connection that is listed, valid for as long, or NULL. Of a program's
 * and what is left of an earlier one, any.
 */
struct fttcp_conn *fttcp_conn_peek(struct fttcp_net *fn,
				   const struct fttcp_tuple *t)
{
	struct fttcp_tuple any;
	struct fttcp_conn *c;

	hlist_for_each_entry_rcu(c, tuple_bucket(fn, t), tuple_hash) {
		any = c->tuple;
		any.ifindex = t->ifindex;
		if (fttcp_tuple_equal(&any, t))
			return c;
	}
	return NULL;
}

/**
 * fttcp_conn_find_tuple() - by addresses, listeners too
 * @fn: namespace
 * @t: addresses; a remote port of zero means a listener
 *
 * Context: any.
 * Return: a reference, or NULL.
 */
struct fttcp_conn *fttcp_conn_find_tuple(struct fttcp_net *fn,
					 const struct fttcp_tuple *t)
{
	struct fttcp_conn *c, *found = NULL;

	rcu_read_lock();
	if (!t->rport) {
		list_for_each_entry_rcu(c, &fn->listeners, list)
			if (fttcp_tuple_equal(&c->tuple, t) &&
			    refcount_inc_not_zero(&c->refs)) {
				found = c;
				break;
			}
		goto out;
	}
	hlist_for_each_entry_rcu(c, tuple_bucket(fn, t), tuple_hash)
		if (fttcp_tuple_equal(&c->tuple, t) &&
		    refcount_inc_not_zero(&c->refs)) {
			found = c;
			break;
		}
out:
	rcu_read_unlock();
	return found;
}

/**
 * fttcp_conn_new_id() - a number that no connection of either node has
 * @fn: namespace
 *
 * Context: any.
 * Return: the id, never zero.
 */
u64 fttcp_conn_new_id(struct fttcp_net *fn)
{
	u64 id;

	spin_lock_bh(&fn->lock);
	id = (u64)fn->boot_tag << 32 | ++fn->next_id;
	spin_unlock_bh(&fn->lock);
	return id;
}

/* the connection with the smallest id above @cursor in a bucket */
static struct fttcp_conn *next_in_bucket(struct hlist_head *head, u64 cursor,
					 bool first)
{
	struct fttcp_conn *c, *best = NULL;

	hlist_for_each_entry_rcu(c, head, hash)
		if ((first || c->id > cursor) && (!best || c->id < best->id))
			best = c;
	return best;
}

/**
 * fttcp_conn_next() - walk all connections without holding a lock
 * @fn: namespace
 * @it: begins zeroed; says where the walk is
 *
 * Connections that come or go meanwhile may or may not be seen; every other
 * one is seen once. Listeners are not.
 *
 * Context: any.
 * Return: a reference, or NULL at the end.
 */
struct fttcp_conn *fttcp_conn_next(struct fttcp_net *fn,
				   struct fttcp_conn_iter *it)
{
	struct fttcp_conn *c;

	rcu_read_lock();
	while (it->bucket < FTTCP_CONN_HASH) {
		c = next_in_bucket(&fn->conns[it->bucket], it->id, !it->began);
		if (!c) {
			it->bucket++;
			it->began = false;
			continue;
		}
		it->began = true;
		it->id = c->id;
		if (refcount_inc_not_zero(&c->refs)) {
			rcu_read_unlock();
			return c;
		}
	}
	rcu_read_unlock();
	return NULL;
}

/**
 * fttcp_conn_view() - what the outside is told of a connection
 * @c: connection; its socket is locked
 * @v: filled in
 */
void fttcp_conn_view(struct fttcp_conn *c, struct fttcp_conn_view *v)
{
	memset(v, 0, sizeof(*v));
	v->tcp_state = c->sk->sk_state;
	if (c->role == FTTCP_CONN_ROLE_REPLICA && c->replica)
		fttcp_replica_view(c, v);
	else if (c->role != FTTCP_CONN_ROLE_LISTENER)
		fttcp_sock_view(c, v);
	v->held_segments = skb_queue_len(&c->held);
	v->held_bytes = c->held_bytes;
}
