/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct fttcp_conn: one socket that fttcp knows, on either node. Owns its
 * life, its place in the namespace's tables and its state. What flows through
 * it is in tx.c, rx.c and hold.c; what the backup keeps is in replica.c.
 */
#ifndef _FTTCP_CONN_H
#define _FTTCP_CONN_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <fttcp/wire.h>

#include "fttcp.h"
#include "tuple.h"

struct fttcp_endpoint;
struct fttcp_lane;
struct fttcp_replica;

/* Bits of fttcp_conn.flags; set and tested without the socket lock. */
enum fttcp_conn_flag {
	FTTCP_CF_HOOKED,	/* the socket's tables are ours */
	FTTCP_CF_DEAD,		/* the socket has been destroyed or detached */
	FTTCP_CF_RELEASE,	/* release_cb: let go what is covered */
	FTTCP_CF_LOST,		/* release_cb: its lane is gone */
	FTTCP_CF_JOIN,		/* release_cb: find its place */
	FTTCP_CF_DIRTY,		/* on the lane's dirty list */
	FTTCP_CF_RESYNC,	/* send it again, whole */
	FTTCP_CF_STARVED,	/* outbound bytes wait for room in the lane */
	FTTCP_CF_ACTIVE_OPEN,	/* the handshake was begun here */
	FTTCP_CF_LISTED,	/* in the namespace's table */
	FTTCP_CF_ANNOUNCED,	/* its life was told as an event */
	FTTCP_CF_KICK,		/* promoted, and the peer does not go on yet */
	FTTCP_CF_BEHIND,	/* the peer was behind when last asked */
	FTTCP_CF_UNCLAIMED,	/* promoted, and no application has it */
	FTTCP_CF_REFUSED,	/* the backup says that it cannot keep it */
	FTTCP_CF_UNPROTECTED,	/* so it goes on alone; counted */
	FTTCP_CF_SHUT_LATER,	/* our FIN follows once it was claimed */
	FTTCP_CF_STANDBY,	/* a replica that an application has */
	FTTCP_CF_INCOMPLETE,	/* a replica without all bytes of its CONN_ADD */
	FTTCP_CF_FIN,		/* our FIN was sent */
	FTTCP_CF_LEAVING,	/* being detached: the backup is to forget it */
};

/**
 * struct fttcp_conn - a connection, a replica or a listener
 * @sk:		the socket; referenced until this object is freed
 * @fn:		namespace; the socket keeps it
 * @refs:	users: the socket's ulp_data, the table, each record in flight
 * @flags:	FTTCP_CF_*
 * @id:		the connection's number, the same on both nodes
 * @role:	enum fttcp_conn_role; socket lock
 * @state:	enum fttcp_conn_state; written by fttcp_conn_set_state() alone
 * @mode:	enum fttcp_mode
 * @down_reason: why it is not protected
 * @muted:	R4: whatever this socket sends is dropped; any context
 * @policy_id:	the policy that attached it, or 0
 * @tuple:	addresses
 * @endpoint:	of these, the local ones, while it is listed; fn->lock
 *
 * Socket lock, data path:
 * @orig_af:	the address family operations that we replaced
 * @lane:	where its records go; NULL while not replicated
 * @added:	CONN_ADD is in the lane
 * @told:	CONN_ADD was sent on this lane, perhaps to be sent again
 * @tx_seq:	outbound bytes before this are in records
 * @rx_seq:	inbound bytes before this are in records
 * @must_seq:	outbound bytes before this had left when the snapshot was taken
 * @last_index:	lane index of the last record that protects bytes
 * @sync_index:	lane index of the last record of its snapshot
 * @acked_index: lane index that the backup has taken; any context, monotonic
 * @asked_index: lane index of the last record when the backup last asked for it
 *		again; what an audit found before that is known. The lane's worker
 * @add_index:	lane index of the last CONN_ADD
 * @refused_index: of the CONN_ADD that the backup refused, low half. The lane's
 *		worker, before FTTCP_CF_REFUSED
 * @edge_most:	window edge that may be advertised without another record
 * @kick_seq:	next byte that the peer owed when this was promoted
 * @kick_cwnd:	congestion window then, segments
 * @state_sent:	what the last record said, to find out what is new
 * @opts_sent:	the same for options
 * @held:	segments that wait, in order
 * @held_bytes:	their payload and headers
 * @fl:		flow of the held segments, for when the socket is gone
 * @lowat:	SO_RCVLOWAT of the application; the socket's own stays 1
 *
 * @tx_off0:	stream offset that corresponds to @acked0
 * @acked0:	the socket's bytes_acked when that was noted
 * @rx_off0:	stream offset that corresponds to @received0
 * @received0:	the socket's bytes_received when that was noted
 *
 * Statistics, socket lock:
 * @bytes_ref:	payload replicated by reference
 * @bytes_copied: payload replicated by copy
 * @tx_bytes:	outbound payload
 * @rx_bytes:	inbound payload
 * @held_max_ns: longest time that a segment was held
 *
 * @orig_data_ready: replaced callback; sk_callback_lock
 * @orig_prot:	replaced sk_prot
 * @orig_ops:	replaced socket operations, or NULL
 *
 * @dirty_list:	in @lane's list of connections with news; the lane's lock
 * @hash:	in the namespace's table by id; RCU
 * @tuple_hash:	in that by addresses; RCU
 * @list:	in the namespace's list of listeners; RCU
 * @replica:	what a backup keeps; socket lock, NULL on an active node
 * @claim:	filter of a claim listener; RCU-free, written once
 * @standby:	a listener that takes replicas before promotion
 * @rcu:	freed after readers
 */
struct fttcp_conn {
	struct sock		*sk;
	struct fttcp_net	*fn;
	refcount_t		refs;
	unsigned long		flags;
	u64			id;
	u8			role;
	u8			state;
	u8			mode;
	u8			down_reason;
	bool			muted;
	bool			added;
	bool			told;
	bool			standby;
	u32			policy_id;
	struct fttcp_tuple	tuple;
	struct fttcp_endpoint	*endpoint;

	const struct inet_connection_sock_af_ops *orig_af;
	struct fttcp_lane	*lane;
	u32			tx_seq;
	u32			rx_seq;
	u32			must_seq;
	u64			last_index;
	u64			sync_index;
	u64			acked_index;
	u64			asked_index;
	u64			add_index;
	u32			refused_index;
	u32			edge_most;
	u32			kick_seq;
	u32			kick_cwnd;
	struct fttcp_wire_state	state_sent;
	struct sk_buff_head	held;
	u32			held_bytes;
	u32			lowat;
	struct flowi		fl;

	u64			tx_off0;
	u64			acked0;
	u64			rx_off0;
	u64			received0;

	u64			bytes_ref;
	u64			bytes_copied;
	u64			tx_bytes;
	u64			rx_bytes;
	u64			held_max_ns;

	void (*orig_data_ready)(struct sock *sk);
	struct proto		*orig_prot;
	const struct proto_ops	*orig_ops;

	struct list_head	dirty_list;
	struct hlist_node	hash;
	struct hlist_node	tuple_hash;
	struct list_head	list;
	struct fttcp_replica	*replica;
	struct fttcp_claim	*claim;
	struct fttcp_wire_opts	opts_sent;
	struct rcu_head		rcu;
};

int fttcp_conn_init(void);
void fttcp_conn_exit(void);

struct fttcp_conn *fttcp_conn_alloc(struct sock *sk, u8 role, gfp_t gfp);
void fttcp_conn_release(struct fttcp_conn *c);

static inline struct fttcp_conn *fttcp_conn_get(struct fttcp_conn *c)
{
	refcount_inc(&c->refs);
	return c;
}

static inline void fttcp_conn_put(struct fttcp_conn *c)
{
	if (refcount_dec_and_test(&c->refs))
		fttcp_conn_release(c);
}

/**
 * fttcp_conn_of() - the connection of a socket that carries our ULP
 * @sk: socket whose hooks are ours
 *
 * Context: the socket lock, in either form, or RCU.
 * Return: borrowed reference, NULL while the socket is being taken apart.
 */
static inline struct fttcp_conn *fttcp_conn_of(const struct sock *sk)
{
	return rcu_dereference_raw(inet_csk(sk)->icsk_ulp_data);
}

bool fttcp_sk_lock(struct sock *sk);
void fttcp_sk_unlock(struct sock *sk, bool spinning);

/* Return: true when the caller must not sleep; for fttcp_conn_unlock() */
static inline bool fttcp_conn_lock(struct fttcp_conn *c)
{
	return fttcp_sk_lock(c->sk);
}

static inline void fttcp_conn_unlock(struct fttcp_conn *c, bool spinning)
{
	fttcp_sk_unlock(c->sk, spinning);
}

bool fttcp_conn_trylock(struct fttcp_conn *c, int flag);

/* how to allocate under fttcp_conn_lock() */
static inline gfp_t fttcp_conn_gfp(bool spinning)
{
	return spinning ? GFP_ATOMIC : GFP_KERNEL;
}

int fttcp_conn_list(struct fttcp_conn *c);
void fttcp_conn_unlist(struct fttcp_conn *c);
void fttcp_conn_promote_role(struct fttcp_conn *c);
struct fttcp_conn *fttcp_conn_find(struct fttcp_net *fn, u64 id);
struct fttcp_conn *fttcp_conn_peek(struct fttcp_net *fn,
				   const struct fttcp_tuple *t);
struct fttcp_conn *fttcp_conn_find_tuple(struct fttcp_net *fn,
					 const struct fttcp_tuple *t);
u64 fttcp_conn_new_id(struct fttcp_net *fn);

/* Where a walk over all connections is; zeroed at its beginning. */
struct fttcp_conn_iter {
	u32	bucket;
	bool	began;
	u64	id;
};

struct fttcp_conn *fttcp_conn_next(struct fttcp_net *fn,
				   struct fttcp_conn_iter *it);

/* kmod/conn_state.c */
void fttcp_conn_set_state(struct fttcp_conn *c, u8 state, u8 reason);
void fttcp_conn_announce(struct fttcp_conn *c, u32 event, u8 action, int err);

/* What `conn show` and FTTCP_INFO tell; offsets in stream bytes. */
struct fttcp_conn_view {
	u64	rx_received;
	u64	rx_consumed;
	u64	tx_written;
	u64	tx_acked;
	u64	tx_held;
	u32	held_segments;
	u32	held_bytes;
	u64	unacked;
	u64	unread;
	u8	tcp_state;
};

void fttcp_conn_view(struct fttcp_conn *c, struct fttcp_conn_view *v);

#endif /* _FTTCP_CONN_H */
