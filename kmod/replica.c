// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replicas of a backup: made, fed and trimmed as the active's records say.
 * Nothing in a record is trusted: sequence numbers must join, lengths must
 * agree, or the record is -EPROTO and the link goes down.
 */
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "claim.h"
#include "fault.h"
#include "link.h"
#include "replica.h"
#include "sockstate.h"
#include "ulp.h"

/* --- queues -------------------------------------------------------------- */

static void purge(struct fttcp_replica *r, struct sk_buff_head *q,
		  struct fttcp_net *fn)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(q))) {
		fttcp_mem_uncharge(fn, skb->truesize);
		r->charged -= skb->truesize;
		kfree_skb(skb);
	}
}

/* append; the bytes begin exactly at @end */
static int append(struct fttcp_conn *c, struct sk_buff_head *q, u32 *end,
		  struct sk_buff *skb)
{
	if (!fttcp_mem_charge(c->fn, skb->truesize))
		return -EDQUOT;
	c->replica->charged += skb->truesize;
	fttcp_skb_set_seq(skb, *end);
	*end += skb->len;
	__skb_queue_tail(q, skb);
	return 0;
}

/* drop whole skbs whose bytes all come before @seq */
static void trim(struct fttcp_conn *c, struct sk_buff_head *q, u32 *begin,
		 u32 seq)
{
	struct fttcp_replica *r = c->replica;
	struct sk_buff *skb;

	while ((skb = skb_peek(q)) &&
	       !after(fttcp_skb_seq(skb) + skb->len, seq)) {
		__skb_unlink(skb, q);
		*begin = fttcp_skb_seq(skb) + skb->len;
		fttcp_mem_uncharge(c->fn, skb->truesize);
		r->charged -= skb->truesize;
		kfree_skb(skb);
	}
	if (skb_queue_empty(q))
		*begin = seq;
}

/**
 * fttcp_replica_feed_all() - queued inbound bytes go to the socket
 * @c: replica, its socket locked
 *
 * The first byte that the application gets is the first that its twin has
 * not read.
 */
void fttcp_replica_feed_all(struct fttcp_conn *c)
{
	struct fttcp_replica *r = c->replica;
	u32 copied = be32_to_cpu(r->state.copied);
	struct sk_buff *skb;

	if (!r->fed) {
		trim(c, &r->rx, &r->rx_begin, copied);
		fttcp_sock_rewind(c->sk, copied);
	}
	/* the first skb may begin before @copied: TCP skips what was read */
	while ((skb = __skb_dequeue(&r->rx))) {
		fttcp_mem_uncharge(c->fn, skb->truesize);
		r->charged -= skb->truesize;
		fttcp_sock_feed(c->sk, skb, fttcp_skb_seq(skb));
	}
	r->rx_begin = r->rx_end;
	r->fed = true;
}

/* --- life ---------------------------------------------------------------- */

/* What a replica without a byte holds: itself, its connection, its socket. */
#define REPLICA_CHARGE \
	(sizeof(struct fttcp_replica) + sizeof(struct fttcp_conn) + \
	 sizeof(struct tcp6_sock))

/**
 * fttcp_replica_free() - the bytes and the description
 * @fn: namespace that was charged
 * @r: replica that nobody sees any more
 *
 * Context: any.
 */
void fttcp_replica_free(struct fttcp_net *fn, struct fttcp_replica *r)
{
	purge(r, &r->tx, fn);
	purge(r, &r->rx, fn);
	fttcp_mem_uncharge(fn, REPLICA_CHARGE);
	/* it may hold a TCP-MD5 key */
	kfree_sensitive(r);
}

static struct fttcp_replica *replica_alloc(struct fttcp_lane *lane,
					   const struct fttcp_wire_conn_add *a)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_replica *r;

	if (!fttcp_mem_charge(fn, REPLICA_CHARGE))
		return NULL;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r) {
		fttcp_mem_uncharge(fn, REPLICA_CHARGE);
		return NULL;
	}
	r->add = *a;
	r->state = a->state;
	r->state_ns = fttcp_lease_clock();
	r->lane = lane;
	r->gen = READ_ONCE(fn->sync_gen);
	r->audit = lane->audit;
	__skb_queue_head_init(&r->tx);
	__skb_queue_head_init(&r->rx);
	r->tx_begin = be32_to_cpu(a->state.snd_una);
	r->tx_end = r->tx_begin;
	r->rx_begin = be32_to_cpu(a->state.copied);
	r->rx_end = r->rx_begin;
	r->tx_need = r->tx_end + be32_to_cpu(a->tx_follow);
	r->rx_need = r->rx_end + be32_to_cpu(a->rx_follow);
	r->tx_off = be64_to_cpu(a->conn.tx_offset);
	r->rx_off = be64_to_cpu(a->conn.rx_offset);
	return r;
}

static void tuple_of(struct fttcp_tuple *t, const struct fttcp_wire_conn *w)
{
	const struct in6_addr *l = (const struct in6_addr *)w->laddr;
	const struct in6_addr *r = (const struct in6_addr *)w->raddr;

	memset(t, 0, sizeof(*t));
	t->lport = w->lport;
	t->rport = w->rport;
	if (ipv6_addr_v4mapped(l)) {
		t->family = AF_INET;
		t->laddr.ip = l->s6_addr32[3];
		t->raddr.ip = r->s6_addr32[3];
		return;
	}
	t->family = AF_INET6;
	t->laddr.ip6 = *l;
	t->raddr.ip6 = *r;
}

static struct fttcp_conn *conn_create(struct fttcp_net *fn,
				      const struct fttcp_wire_conn_add *a)
{
	struct fttcp_conn *c;
	struct sock *sk;
	int err;

	err = fttcp_fault(fn, FTTCP_FAULT_REPLICA_MAKE);
	if (err)
		return ERR_PTR(err);
	if (fttcp_fault_corrupts(fn, FTTCP_FAULT_REPLICA_REFUSE))
		return ERR_PTR(-ENODEV);
	sk = fttcp_sock_create(fn, a);
	if (IS_ERR(sk))
		return ERR_CAST(sk);
	c = fttcp_conn_alloc(sk, FTTCP_CONN_ROLE_REPLICA, GFP_KERNEL);
	if (!c) {
		sock_release(sk->sk_socket);
		return ERR_PTR(-ENOMEM);
	}
	c->id = be64_to_cpu(a->conn.id);
	c->mode = a->conn.mode;
	c->muted = true;
	if (a->conn.flags & FTTCP_WIRE_C_ACTIVE_OPEN)
		set_bit(FTTCP_CF_ACTIVE_OPEN, &c->flags);
	fttcp_conn_set_state(c, FTTCP_CONN_STATE_REPLICA,
			     FTTCP_DOWN_REASON_NONE);
	tuple_of(&c->tuple, &a->conn);
	fttcp_ulp_attach_replica(c);
	return c;
}

static int conn_establish(struct fttcp_conn *c,
			  const struct fttcp_wire_conn_add *a)
{
	int err;

	err = fttcp_sock_establish(c->sk, a);
	if (err)
		return err;
	lock_sock(c->sk);
	c->tuple.ifindex = c->sk->sk_bound_dev_if;
	err = fttcp_hooks_set(c, FTTCP_PROT_REPLICA);
	if (!err)
		fttcp_sock_part(c->sk);
	c->lowat = max_t(u32, be32_to_cpu(a->opts.rcvlowat), 1);
	release_sock(c->sk);
	return err;
}

static u32 lacks(u32 end, u32 need)
{
	return before(end, need) ? need - end : 0;
}

/**
 * fttcp_replica_missing() - what CONN_ADD announced and has not come
 * @c: replica, its socket locked
 *
 * Return: bytes of both directions, 0 for a replica that is complete.
 */
u32 fttcp_replica_missing(const struct fttcp_conn *c)
{
	const struct fttcp_replica *r = c->replica;

	if (!test_bit(FTTCP_CF_INCOMPLETE, &c->flags))
		return 0;
	return lacks(r->tx_end, r->tx_need) + lacks(r->rx_end, r->rx_need);
}

static void incomplete_begin(struct fttcp_conn *c)
{
	set_bit(FTTCP_CF_INCOMPLETE, &c->flags);
	if (fttcp_replica_missing(c))
		atomic_inc(&c->fn->nr_incomplete);
	else
		clear_bit(FTTCP_CF_INCOMPLETE, &c->flags);
}

static void incomplete_end(struct fttcp_conn *c)
{
	if (test_and_clear_bit(FTTCP_CF_INCOMPLETE, &c->flags))
		atomic_dec(&c->fn->nr_incomplete);
}

static void forget(struct fttcp_conn *c)
{
	fttcp_conn_unlist(c);
	incomplete_end(c);
	if (test_and_clear_bit(FTTCP_CF_ANNOUNCED, &c->flags)) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_REPLICA_REMOVED);
		fttcp_conn_announce(c, FTTCP_EVT_REPLICA_REMOVED,
				    FTTCP_ACTION_DESTROY, 0);
	}
}

/**
 * fttcp_replica_drop() - end a replica
 * @c: replica, unlocked; the caller has a reference
 *
 * An application that has accepted it gets ECONNABORTED.
 *
 * Context: may sleep.
 */
void fttcp_replica_drop(struct fttcp_conn *c)
{
	mutex_lock(&c->fn->claims);
	fttcp_replica_drop_locked(c);
	mutex_unlock(&c->fn->claims);
}

/**
 * fttcp_replica_drop_locked() - the same, under fn->claims
 * @c: replica, unlocked; the caller has a reference
 *
 * Context: may sleep.
 */
void fttcp_replica_drop_locked(struct fttcp_conn *c)
{
	struct sock *sk = c->sk;
	bool ours, spinning;

	lockdep_assert_held(&c->fn->claims);
	forget(c);
	if (test_bit(FTTCP_CF_DEAD, &c->flags))
		return;
	spinning = fttcp_conn_lock(c);
	ours = c->state == FTTCP_CONN_STATE_REPLICA ||
	       c->state == FTTCP_CONN_STATE_PROMOTED;
	c->muted = true;
	if (!ours) {
		fttcp_standby_gone(c);
		fttcp_sock_abort(sk, ECONNABORTED, spinning);
	}
	fttcp_conn_unlock(c, spinning);
	if (ours)
		fttcp_sock_destroy(sk);
}

/**
 * fttcp_replica_drop_all() - a backup starts from scratch
 * @fn: namespace
 *
 * Context: may sleep.
 */
void fttcp_replica_drop_all(struct fttcp_net *fn)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (c->role == FTTCP_CONN_ROLE_REPLICA)
			fttcp_replica_drop(c);
		fttcp_conn_put(c);
	}
}

/**
 * fttcp_replica_nack() - tell the active that a connection has no copy here
 * @lane: lane that it came on
 * @id: which
 * @reason: FTTCP_DOWN_REASON_NONE to have it sent again, _NACK when this node
 *	cannot keep it
 * @index: in the latter case, of the CONN_ADD
 *
 * Without memory for that the link ends.
 *
 * Context: any.
 */
void fttcp_replica_nack(struct fttcp_lane *lane, u64 id, u8 reason, u64 index)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_wire_conn_ref *r;
	struct fttcp_record *rec = NULL;

	if (fttcp_fault_corrupts(fn, FTTCP_FAULT_NACK_LOST))
		return;
	if (!fttcp_fault(fn, FTTCP_FAULT_NACK))
		rec = fttcp_record_alloc(fn, FTTCP_WIRE_NACK, GFP_ATOMIC);
	if (!rec) {
		/* the active would believe in a copy that is not there */
		fttcp_link_down(lane->link, FTTCP_DOWN_REASON_MEMORY, -ENOMEM);
		return;
	}
	r = fttcp_record_body(rec);
	r->id = cpu_to_be64(id);
	r->reason = cpu_to_be32(reason);
	r->index = cpu_to_be32((u32)index);
	fttcp_stat_inc(fn, FTTCP_STAT_NACK);
	fttcp_lane_queue(lane, rec);
}

/**
 * fttcp_replica_sock_gone() - a replica's socket was destroyed
 * @c: replica, its socket locked
 *
 * A standby application closed it: the copy is lost, so the active is asked
 * for a new one.
 *
 * Context: any.
 */
void fttcp_replica_sock_gone(struct fttcp_conn *c)
{
	if (test_bit(FTTCP_CF_LISTED, &c->flags) && c->lane)
		fttcp_replica_nack(c->lane, c->id, FTTCP_DOWN_REASON_NONE, 0);
	fttcp_standby_gone(c);
	forget(c);
}

/* what the active did not name again has ended while no link was up */
static void drop_older(struct fttcp_lane *lane)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;

	while ((c = fttcp_conn_next(fn, &it))) {
		if (c->role == FTTCP_CONN_ROLE_REPLICA && c->replica &&
		    c->replica->gen != fn->sync_gen)
			fttcp_replica_drop(c);
		fttcp_conn_put(c);
		/* there may be many, and silence is taken for death */
		if (fttcp_lane_beat_due(lane))
			fttcp_lane_tx_beat(lane);
		cond_resched();
	}
}

/* --- records ------------------------------------------------------------- */

/**
 * fttcp_replica_sync() - the active begins, or has ended, to tell what exists
 * @lane: lane it came on
 * @s: SYNC_BEGIN or SYNC_END
 * @begin: which
 *
 * Context: process, the lane's worker.
 * Return: 0, -EPROTO.
 */
int fttcp_replica_sync(struct fttcp_lane *lane,
		       const struct fttcp_wire_sync *s, bool begin)
{
	struct fttcp_link *link = lane->link;
	struct fttcp_net *fn = link->fn;

	if (begin) {
		if (be64_to_cpu(s->epoch) < READ_ONCE(fn->epoch_seen))
			return -EPROTO;
		if (lane->nr == 0) {
			fn->synced = false;
			fn->goodbye = false;
			WRITE_ONCE(fn->still_ns, 0);
			WRITE_ONCE(fn->epoch, be64_to_cpu(s->epoch));
			fttcp_node_epoch_seen(fn, be64_to_cpu(s->epoch));
			fttcp_node_set_state(fn, FTTCP_STATE_BACKUP_SYNCING,
					     FTTCP_DOWN_REASON_NONE);
		}
		return 0;
	}
	if (test_and_set_bit(lane->nr, &link->ended_lanes))
		return -EPROTO;
	if (atomic_inc_return(&link->synced_lanes) != link->nr_lanes)
		return 0;
	fttcp_fault(fn, FTTCP_FAULT_BACKUP_READY);
	drop_older(lane);
	fn->synced = true;
	fttcp_node_set_state(fn, FTTCP_STATE_BACKUP_READY,
			     FTTCP_DOWN_REASON_NONE);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_SYNC_END, .link_id = link->id,
		.epoch = be64_to_cpu(s->epoch) });
	return 0;
}

/*
 * The copy of before is worth nothing once the active begins anew. It goes with
 * SYNC_END, or sooner when it would take the room of the new one: for want of
 * that the link would end, and begin anew, for ever.
 */
static void make_room(struct fttcp_lane *lane, u32 size)
{
	struct fttcp_net *fn = lane->link->fn;

	if (!fn->synced && !fttcp_mem_fits(fn, size))
		drop_older(lane);
}

/* an error that concerns every connection, not this one */
static bool no_room(int err)
{
	return err == -ENOMEM || err == -EDQUOT;
}

/**
 * fttcp_replica_add() - a connection, whole
 * @lane: lane it came on
 * @a: CONN_ADD, checked by the codec
 * @index: its lane index
 *
 * Takes the place of an older replica of the same connection. One that cannot
 * be made here (no such device, a key that is refused) is told as an event and
 * to the active, and the others go on.
 *
 * Context: process, the lane's worker.
 * Return: 0, -ENOMEM, -EDQUOT.
 */
int fttcp_replica_add(struct fttcp_lane *lane,
		      const struct fttcp_wire_conn_add *a, u64 index)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_conn *c;
	int err;

	make_room(lane, REPLICA_CHARGE);
	c = fttcp_conn_find(fn, be64_to_cpu(a->conn.id));
	if (c) {
		if (c->role == FTTCP_CONN_ROLE_REPLICA)
			fttcp_replica_drop(c);
		fttcp_conn_put(c);
	}
	c = conn_create(fn, a);
	if (IS_ERR(c)) {
		err = PTR_ERR(c);
		if (no_room(err))
			return err;
		/* IPv6 is off here, say: the others are not concerned */
		fttcp_event(fn, &(struct fttcp_event) {
			.id = FTTCP_EVT_REPLICA_FAILED,
			.conn_id = be64_to_cpu(a->conn.id), .err = err });
		fttcp_replica_nack(lane, be64_to_cpu(a->conn.id),
				   FTTCP_DOWN_REASON_NACK, index);
		return 0;
	}
	fttcp_conn_get(c);
	c->replica = replica_alloc(lane, a);
	if (c->replica)
		incomplete_begin(c);
	err = c->replica ? conn_establish(c, a) : -ENOMEM;
	c->lane = fttcp_lane_get(lane);
	if (!err)
		err = fttcp_conn_list(c);
	if (err) {
		fttcp_event(fn, &(struct fttcp_event) {
			.id = FTTCP_EVT_REPLICA_FAILED,
			.conn_id = c->id, .tuple = &c->tuple, .err = err });
		if (!no_room(err))
			fttcp_replica_nack(lane, c->id, FTTCP_DOWN_REASON_NACK,
					   index);
		fttcp_replica_drop(c);
		fttcp_conn_put(c);
		return no_room(err) ? err : 0;
	}
	set_bit(FTTCP_CF_ANNOUNCED, &c->flags);
	fttcp_stat_inc(fn, FTTCP_STAT_REPLICA_ADDED);
	fttcp_conn_announce(c, FTTCP_EVT_REPLICA_ADDED,
			    FTTCP_ACTION_CREATE, 0);
	fttcp_claim_standby(c);
	fttcp_fault(fn, FTTCP_FAULT_REPLICA_ADDED);
	fttcp_conn_put(c);
	return 0;
}

/**
 * fttcp_replica_find() - the replica of a record
 * @lane: lane it came on
 * @id: of the connection
 *
 * Context: process, the lane's worker.
 * Return: a reference; NULL when it could not be made or is gone, and for a
 * record that came on another lane than CONN_ADD did, as no active sends it.
 */
struct fttcp_conn *fttcp_replica_find(struct fttcp_lane *lane, __be64 id)
{
	struct fttcp_conn *c = fttcp_conn_find(lane->link->fn,
					       be64_to_cpu(id));

	if (c && (c->role != FTTCP_CONN_ROLE_REPLICA || !c->replica ||
		  c->replica->lane != lane)) {
		fttcp_conn_put(c);
		return NULL;
	}
	return c;
}

/*
 * The timestamp clock runs on from what was told. A record that waited in the
 * lane tells an older time than is shown already, and a clock that goes back
 * makes the peer drop everything (PAWS).
 */
static void take_clock(struct fttcp_replica *r, u32 told)
{
	bool usec = r->add.conn.tcp_opts & FTTCP_WIRE_T_USEC_TS;
	u64 now = fttcp_lease_clock();
	u32 shown = be32_to_cpu(r->state.tsval) +
		    div_u64(now - r->state_ns,
			    usec ? NSEC_PER_USEC : NSEC_PER_MSEC);

	r->state_ns = now;
	r->state.tsval = cpu_to_be32(after(told, shown) ? told : shown);
}

/* what the active has told of itself; @tx_end and @rx_end only assert */
static int take_state(struct fttcp_conn *c, const struct fttcp_wire_state *w)
{
	struct fttcp_replica *r = c->replica;
	u32 una = be32_to_cpu(w->snd_una), copied = be32_to_cpu(w->copied);
	__be32 tsval;

	if (c->mode == FTTCP_MODE_RX_ONLY)
		r->tx_end = una;
	if (after(una, r->tx_end) || after(copied, r->rx_end))
		return -EPROTO;
	if (before(una, be32_to_cpu(r->state.snd_una)) ||
	    before(copied, be32_to_cpu(r->state.copied)))
		return -EPROTO;
	r->tx_off += (u32)(una - be32_to_cpu(r->state.snd_una));
	r->rx_off += (u32)(copied - be32_to_cpu(r->state.copied));
	take_clock(r, be32_to_cpu(w->tsval));
	tsval = r->state.tsval;
	r->state = *w;
	r->state.tsval = tsval;
	trim(c, &r->tx, &r->tx_begin, una);
	if (!r->fed)
		trim(c, &r->rx, &r->rx_begin, copied);
	return 0;
}

static int take_tx(struct fttcp_conn *c, struct sk_buff *skb, u32 seq)
{
	struct fttcp_replica *r = c->replica;

	if (seq != r->tx_end)
		return -EPROTO;
	fttcp_stat_add(c->fn, FTTCP_STAT_REPLICA_BYTES_TX, skb->len);
	fttcp_fault_flip(c->fn, FTTCP_FAULT_REPLICA_TX, skb);
	c->tx_bytes += skb->len;
	c->tx_seq = seq + skb->len;
	return append(c, &r->tx, &r->tx_end, skb);
}

static int take_rx(struct fttcp_conn *c, struct sk_buff *skb, u32 seq)
{
	struct fttcp_replica *r = c->replica;

	if (seq != r->rx_end)
		return -EPROTO;
	fttcp_stat_add(c->fn, FTTCP_STAT_REPLICA_BYTES_RX, skb->len);
	fttcp_fault_flip(c->fn, FTTCP_FAULT_REPLICA_RX, skb);
	c->rx_bytes += skb->len;
	c->rx_seq = seq + skb->len;
	if (!r->fed)
		return append(c, &r->rx, &r->rx_end, skb);
	/* a standby application that does not read must not cost the node */
	if ((u32)(r->rx_end - fttcp_sock_copied(c->sk)) + skb->len >
	    FTTCP_STANDBY_UNREAD_MAX)
		return -ENOBUFS;
	r->rx_end += skb->len;
	r->rx_begin = r->rx_end;
	fttcp_sock_feed(c->sk, skb, seq);
	fttcp_sock_feed_wake(c->sk);
	return 0;
}

/**
 * fttcp_replica_data() - bytes of a connection
 * @lane: lane they came on
 * @type: FTTCP_WIRE_TX_DATA or FTTCP_WIRE_RX_DATA
 * @d: the record's own part
 * @skb: the bytes, or a piece of them, in page fragments; ownership passes
 * @seq: of the first byte of @skb
 *
 * Context: process, the lane's worker.
 * Return: 0; -EPROTO when they do not join what is there; -EDQUOT.
 */
int fttcp_replica_data(struct fttcp_lane *lane, u8 type,
		       const struct fttcp_wire_data *d, struct sk_buff *skb,
		       u32 seq)
{
	struct fttcp_conn *c;
	u32 last = be32_to_cpu(type == FTTCP_WIRE_TX_DATA ? d->state.tx_end :
							    d->state.rx_end);
	u32 end = seq + skb->len;
	bool spinning;
	int err;

	make_room(lane, skb->truesize);
	c = fttcp_replica_find(lane, d->id);
	if (!c) {
		kfree_skb(skb);
		return 0;
	}
	spinning = fttcp_conn_lock(c);
	if (test_bit(FTTCP_CF_DEAD, &c->flags)) {
		kfree_skb(skb);
		err = 0;
		goto out;
	}
	err = type == FTTCP_WIRE_TX_DATA ? take_tx(c, skb, seq) :
					   take_rx(c, skb, seq);
	if (err)
		kfree_skb(skb);
	else if (end == last)
		err = take_state(c, &d->state);
	else if (after(end, last))
		err = -EPROTO;
	if (!err && !fttcp_replica_missing(c))
		incomplete_end(c);
out:
	fttcp_conn_unlock(c, spinning);
	if (err == -ENOBUFS) {
		fttcp_replica_nack(lane, c->id, FTTCP_DOWN_REASON_NONE, 0);
		fttcp_replica_drop(c);
		err = 0;
	}
	fttcp_conn_put(c);
	return err;
}

/**
 * fttcp_replica_state() - how far a connection is
 * @lane: lane it came on
 * @s: STATE
 *
 * Context: process, the lane's worker.
 * Return: 0, -EPROTO.
 */
int fttcp_replica_state(struct fttcp_lane *lane,
			const struct fttcp_wire_conn_state *s)
{
	struct fttcp_conn *c = fttcp_replica_find(lane, s->id);
	bool spinning;
	int err = 0;

	if (!c)
		return 0;
	fttcp_stat_inc(c->fn, FTTCP_STAT_REPLICA_UPDATED);
	spinning = fttcp_conn_lock(c);
	if (!test_bit(FTTCP_CF_DEAD, &c->flags))
		err = take_state(c, &s->state);
	c->replica->tx_end += fttcp_fault_corrupts(c->fn,
						   FTTCP_FAULT_REPLICA_SEQ);
	fttcp_conn_unlock(c, spinning);
	if (fttcp_fault_corrupts(c->fn, FTTCP_FAULT_REPLICA_LOSE)) {
		fttcp_replica_nack(lane, c->id, FTTCP_DOWN_REASON_NONE, 0);
		fttcp_replica_drop(c);
	}
	fttcp_conn_put(c);
	return err;
}

/**
 * fttcp_replica_del() - the connection has ended
 * @lane: lane it came on
 * @r: which
 *
 * Context: process, the lane's worker.
 * Return: 0.
 */
int fttcp_replica_del(struct fttcp_lane *lane,
		      const struct fttcp_wire_conn_ref *r)
{
	struct fttcp_conn *c = fttcp_replica_find(lane, r->id);

	if (!c)
		return 0;
	if (!fttcp_fault_corrupts(c->fn, FTTCP_FAULT_REPLICA_KEEP))
		fttcp_replica_drop(c);
	fttcp_conn_put(c);
	return 0;
}

/**
 * fttcp_replica_view() - offsets and queues of a replica
 * @c: replica, its socket locked
 * @v: filled in
 */
void fttcp_replica_view(struct fttcp_conn *c, struct fttcp_conn_view *v)
{
	const struct fttcp_replica *r = c->replica;
	u32 una = be32_to_cpu(r->state.snd_una);
	u32 copied = be32_to_cpu(r->state.copied);
	u32 read = r->fed ? fttcp_sock_copied(c->sk) : copied;

	/* what promotion makes of it; the socket itself waits in ESTABLISHED */
	v->tcp_state = r->state.tcp_state;
	v->unacked = (u32)(r->tx_end - una);
	v->unread = (u32)(r->rx_end - read);
	v->tx_acked = r->tx_off;
	v->tx_written = r->tx_off + v->unacked;
	v->tx_held = v->tx_written;
	/* a standby application may be before or behind its twin */
	v->rx_consumed = r->rx_off + (s32)(read - copied);
	v->rx_received = v->rx_consumed + v->unread;
}
