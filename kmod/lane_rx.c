// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a lane's worker receives: bytes into records, payload as references to
 * the pages that it came in, then each record to whom it concerns.
 *
 * Two steps, since the lock of a replica's socket must not be taken under that
 * of the lane's socket, which is of the same class: under the lane's lock the
 * actor of tcp_read_sock() writes units (a record, or a piece of one) into a
 * buffer of the lane, and what they say is done after the lock was released.
 * Buffer and bytes per step are bounded.
 */
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include <fttcp/strings-gen.h>

#include "fault.h"
#include "fttcp.h"
#include "hold.h"
#include "link.h"
#include "trace.h"

/**
 * struct fttcp_rx_unit - a record, or a record's body with a piece of payload
 * @skb:	the piece, or NULL
 * @index:	of the record
 * @seq:	of the piece's first byte
 * @size:	bytes of the unit, a multiple of 8
 * @type:	enum fttcp_wire_type
 * @last:	the record is complete
 * @body:	checked
 */
struct fttcp_rx_unit {
	struct sk_buff	*skb;
	u64		index;
	u32		seq;
	u16		size;
	u8		type;
	bool		last;
	u8		body[] __aligned(8);
};

#define UNIT_SIZE_MAX \
	ALIGN(sizeof(struct fttcp_rx_unit) + FTTCP_WIRE_BODY_MAX, 8)

static_assert(FTTCP_LANE_RX_UNITS >= UNIT_SIZE_MAX);

static bool unit_room(const struct fttcp_lane *lane)
{
	return FTTCP_LANE_RX_UNITS - lane->units_len >= UNIT_SIZE_MAX;
}

/* A unit with the header and body that have just arrived. */
static struct fttcp_rx_unit *unit_add(struct fttcp_lane *lane)
{
	const struct fttcp_rx *rx = &lane->rx;
	struct fttcp_rx_unit *u = lane->units + lane->units_len;

	u->skb = NULL;
	u->index = rx->index;
	u->seq = 0;
	u->size = ALIGN(sizeof(*u) + rx->body_len, 8);
	u->type = rx->type;
	u->last = false;
	memcpy(u->body, rx->buf + sizeof(struct fttcp_wire_hdr), rx->body_len);
	lane->units_len += u->size;
	return u;
}

/* --- payload: references to the pages it came in ----------------------- */

static bool piece_add(struct sk_buff *to, struct page *page, u32 off, u32 len)
{
	int i = skb_shinfo(to)->nr_frags;

	if (skb_can_coalesce(to, i, page, off)) {
		skb_frag_size_add(&skb_shinfo(to)->frags[i - 1], len);
	} else {
		if (i >= MAX_SKB_FRAGS)
			return false;
		get_page(page);
		skb_fill_page_desc(to, i, page, off, len);
	}
	to->len += len;
	to->data_len += len;
	to->truesize += len;
	return true;
}

/* Memory that is in no page of its own has to be copied. */
static int take_copy(struct fttcp_lane *lane, struct sk_buff *to,
		     const void *from, u32 len)
{
	struct page *page;
	void *data;
	bool fits;

	len = min_t(u32, len, PAGE_SIZE);
	data = netdev_alloc_frag(len);
	if (!data) {
		fttcp_evt_no_mbuf(lane->link->fn, lane->link->id);
		return -ENOMEM;
	}
	memcpy(data, from, len);
	page = virt_to_head_page(data);
	fits = piece_add(to, page, data - page_address(page), len);
	put_page(page);
	if (!fits)
		return 0;
	WRITE_ONCE(lane->bytes_copied, lane->bytes_copied + len);
	return len;
}

static int take_page(struct fttcp_lane *lane, struct sk_buff *to,
		     struct page *page, u32 off, u32 len)
{
	if (!page)
		return -EFAULT;		/* memory of a device */
	if (!piece_add(to, page, off, len))
		return 0;
	WRITE_ONCE(lane->bytes_ref, lane->bytes_ref + len);
	return len;
}

static int take_linear(struct fttcp_lane *lane, struct sk_buff *to,
		       const struct sk_buff *from, u32 off, u32 len)
{
	struct page *page;

	if (!from->head_frag)
		return take_copy(lane, to, from->data + off, len);
	page = virt_to_head_page(from->data);
	return take_page(lane, to, page,
			 from->data + off - (u8 *)page_address(page), len);
}

/*
 * Append to @to the bytes of @from at @off, as far as they lie together and
 * not more than @len. How many, 0 when @to is full, or -errno.
 */
static int take_bytes(struct fttcp_lane *lane, struct sk_buff *to,
		      const struct sk_buff *from, u32 off, u32 len)
{
	const struct sk_buff *sub;
	u32 size = skb_headlen(from);
	int i;

	if (off < size)
		return take_linear(lane, to, from, off, min(len, size - off));
	off -= size;
	for (i = 0; i < skb_shinfo(from)->nr_frags; i++) {
		const skb_frag_t *f = &skb_shinfo(from)->frags[i];

		size = skb_frag_size(f);
		if (off < size)
			return take_page(lane, to, skb_frag_page(f),
					 skb_frag_off(f) + off,
					 min(len, size - off));
		off -= size;
	}
	skb_walk_frags(from, sub) {
		if (off < sub->len)
			return take_bytes(lane, to, sub, off,
					  min(len, sub->len - off));
		off -= sub->len;
	}
	return -EFAULT;
}

/* --- bytes to units ---------------------------------------------------- */

static void rx_complete(struct fttcp_lane *lane)
{
	trace_fttcp_record_rx(lane->link->id, lane->nr, lane->rx.type,
			      lane->rx.index, lane->rx.payload_len);
	if (lane->rx.index)
		lane->rx_index = lane->rx.index;
	lane->rx.have = 0;
	lane->piece = NULL;
}

/* Bytes of header or body up to @want; how many, or -errno. */
static int rx_collect(struct fttcp_lane *lane, const struct sk_buff *skb,
		      u32 off, u32 len, u32 want)
{
	struct fttcp_rx *rx = &lane->rx;
	int err;

	len = min(len, want - rx->have);
	err = skb_copy_bits(skb, off, rx->buf + rx->have, len);
	if (err)
		return err;
	rx->have += len;
	return len;
}

static int rx_header(struct fttcp_lane *lane, const struct sk_buff *skb,
		     u32 off, u32 len)
{
	struct fttcp_rx *rx = &lane->rx;
	int n = rx_collect(lane, skb, off, len, sizeof(struct fttcp_wire_hdr));

	if (n < 0 || rx->have < sizeof(struct fttcp_wire_hdr))
		return n;
	lane->decode = fttcp_wire_decode_hdr((void *)rx->buf, lane->rx_index,
					     rx);
	lane->bad_type = ((struct fttcp_wire_hdr *)rx->buf)->type;
	return lane->decode ? -EPROTO : n;
}

static int rx_body(struct fttcp_lane *lane, const struct sk_buff *skb,
		   u32 off, u32 len)
{
	struct fttcp_rx *rx = &lane->rx;
	u32 want = sizeof(struct fttcp_wire_hdr) + rx->body_len;
	int n;

	if (!unit_room(lane))
		return 0;
	n = rx_collect(lane, skb, off, len, want);
	if (n < 0 || rx->have < want)
		return n;
	lane->decode = fttcp_wire_check_body(rx->type, rx->buf +
					     sizeof(struct fttcp_wire_hdr));
	if (lane->decode)
		return -EPROTO;
	if (!rx->payload_len) {
		unit_add(lane)->last = true;
		rx_complete(lane);
	}
	return n;
}

/* A unit for payload, with the first bytes of it. */
static int piece_begin(struct fttcp_lane *lane, const struct sk_buff *from,
		       u32 off, u32 len)
{
	const struct fttcp_wire_data *d = (const void *)
		(lane->rx.buf + sizeof(struct fttcp_wire_hdr));
	struct sk_buff *skb = NULL;
	int n;

	if (!fttcp_fault(lane->link->fn, FTTCP_FAULT_LANE_SKB))
		skb = alloc_skb(0, GFP_NOIO | __GFP_NOWARN);
	if (!skb) {
		fttcp_evt_no_mbuf(lane->link->fn, lane->link->id);
		return -ENOMEM;
	}
	n = take_bytes(lane, skb, from, off, len);
	if (n <= 0) {
		kfree_skb(skb);
		return n ?: -EFAULT;
	}
	lane->piece = unit_add(lane);
	lane->piece->skb = skb;
	lane->piece->seq = be32_to_cpu(d->seq) + lane->rx.payload_got;
	return n;
}

static int rx_payload(struct fttcp_lane *lane, const struct sk_buff *skb,
		      u32 off, u32 len)
{
	struct fttcp_rx *rx = &lane->rx;
	int n = 0;

	len = min(len, rx->payload_len - rx->payload_got);
	if (lane->piece)
		n = take_bytes(lane, lane->piece->skb, skb, off, len);
	if (!n) {
		if (!unit_room(lane))
			return 0;
		n = piece_begin(lane, skb, off, len);
	}
	if (n < 0)
		return n;
	rx->payload_got += n;
	if (rx->payload_got == rx->payload_len) {
		lane->piece->last = true;
		rx_complete(lane);
	}
	return n;
}

static int rx_step(struct fttcp_lane *lane, const struct sk_buff *skb, u32 off,
		   u32 len)
{
	const struct fttcp_rx *rx = &lane->rx;

	if (rx->have < sizeof(struct fttcp_wire_hdr))
		return rx_header(lane, skb, off, len);
	if (rx->have < sizeof(struct fttcp_wire_hdr) + rx->body_len)
		return rx_body(lane, skb, off, len);
	return rx_payload(lane, skb, off, len);
}

/*
 * desc->count is what may still be read in this step; it becomes 0 to end the
 * step, since the units are full or there is an error.
 */
static int rx_actor(read_descriptor_t *desc, struct sk_buff *skb,
		    unsigned int off, size_t len)
{
	struct fttcp_lane *lane = desc->arg.data;
	u32 used = 0;
	int n;

	len = min(len, desc->count);
	while (used < len) {
		n = rx_step(lane, skb, off + used, len - used);
		if (n <= 0) {
			desc->error = n;
			desc->count = 0;
			return used;
		}
		used += n;
	}
	desc->count -= used;
	return used;
}

/* --- what records say -------------------------------------------------- */

/* Those that the other side has taken leave, and what waited for them. */
static void rx_acked(struct fttcp_lane *lane, u64 acked)
{
	struct fttcp_record *rec, *next;
	LIST_HEAD(done);

	fttcp_fault(lane->link->fn, FTTCP_FAULT_LANE_TAKEN);
	spin_lock_bh(&lane->lock);
	list_for_each_entry_safe(rec, next, &lane->inflight, list) {
		if (rec->index > acked)
			break;
		list_move_tail(&rec->list, &done);
	}
	spin_unlock_bh(&lane->lock);
	WRITE_ONCE(lane->acked_index, acked);
	WRITE_ONCE(lane->progress_ns, ktime_get_ns());

	list_for_each_entry_safe(rec, next, &done, list) {
		/* Once for several records in a row of one connection. */
		if (rec->conn && (list_is_last(&rec->list, &done) ||
				  next->conn != rec->conn))
			fttcp_hold_acked(lane, rec->conn, rec->index);
	}
	list_for_each_entry_safe(rec, next, &done, list)
		fttcp_record_free(rec);
	wake_up_all(&lane->wq);
	fttcp_link_sync_acked(lane, acked);
}

static void rx_echo(struct fttcp_lane *lane, u64 echo, u32 granted_ms, u64 now)
{
	struct fttcp_link *link = lane->link;

	if (echo <= lane->echo_ns)
		return;
	lane->echo_ns = echo;
	lane->granted_ms = granted_ms;
	WRITE_ONCE(lane->rtt_us, div_u64(now - echo, NSEC_PER_USEC));
	if (READ_ONCE(link->fn->role) == FTTCP_ROLE_ACTIVE &&
	    test_bit(FTTCP_LF_UP, &link->flags) &&
	    !test_bit(FTTCP_LF_DOWN, &link->flags))
		fttcp_lease_renew(link->fn, echo, granted_ms);
}

static int rx_beat(struct fttcp_lane *lane, u8 type,
		   const struct fttcp_wire_beat *b)
{
	u64 echo = be64_to_cpu(b->echo_ns), acked = be64_to_cpu(b->acked);
	u64 sent = be64_to_cpu(b->sent_ns), now = fttcp_lease_clock();
	struct fttcp_net *fn = lane->link->fn;

	/* It can have neither what was not sent nor an hour that is to come. */
	if (acked > lane->sent_index || echo > now) {
		lane->decode = FTTCP_DECODE_FIELD;
		return -EPROTO;
	}
	if (!fttcp_link_epoch_ok(lane->link, be64_to_cpu(b->epoch)))
		return 0;
	if (sent > lane->peer_ns) {
		lane->peer_ns = sent;
		lane->peer_heard_ns = now;
	}
	if (READ_ONCE(fn->role) == FTTCP_ROLE_BACKUP)
		fttcp_lease_heard(fn, echo, be32_to_cpu(b->alone_ms));
	rx_echo(lane, echo, be32_to_cpu(b->lease_ms), now);
	if (acked > lane->acked_index)
		rx_acked(lane, acked);
	if (type != FTTCP_WIRE_HEARTBEAT)
		return 0;
	fttcp_stat_inc(fn, FTTCP_STAT_HEARTBEAT_RX);
	/* The lease counts from when it was asked for: answer at once. */
	if (READ_ONCE(fn->role) == FTTCP_ROLE_BACKUP)
		set_bit(FTTCP_LN_ACK, &lane->flags);
	return 0;
}

/* Where a backup may fail, stand still or lose the node that it copies. */
static int rx_fault(struct fttcp_lane *lane, u8 type)
{
	static const u8 points[] = {
		[FTTCP_WIRE_SYNC_BEGIN]	= FTTCP_FAULT_TAKE_BEGIN,
		[FTTCP_WIRE_SYNC_END]	= FTTCP_FAULT_TAKE_END,
		[FTTCP_WIRE_CONN_ADD]	= FTTCP_FAULT_TAKE_ADD,
		[FTTCP_WIRE_CONN_OPTS]	= FTTCP_FAULT_TAKE_OPTS,
		[FTTCP_WIRE_TX_DATA]	= FTTCP_FAULT_TAKE_TX,
		[FTTCP_WIRE_RX_DATA]	= FTTCP_FAULT_TAKE_RX,
		[FTTCP_WIRE_STATE]	= FTTCP_FAULT_TAKE_STATE,
		[FTTCP_WIRE_CONN_DEL]	= FTTCP_FAULT_TAKE_DEL,
	};
	int err = 0;

	if (type < ARRAY_SIZE(points) && points[type])
		err = fttcp_fault(lane->link->fn, points[type]);
	fttcp_fault_stall(lane);
	return READ_ONCE(lane->dead) ? -ENOMEM : err;
}

/* Records for replicas; a piece of payload is passed on or dropped here. */
static int rx_replica(struct fttcp_lane *lane, struct fttcp_rx_unit *u)
{
	struct sk_buff *skb = u->skb;
	const void *body = u->body;
	int err;

	err = rx_fault(lane, u->type);
	if (err)
		return err;
	u->skb = NULL;
	switch (u->type) {
	case FTTCP_WIRE_SYNC_BEGIN:
	case FTTCP_WIRE_SYNC_END:
		return fttcp_replica_sync(lane, body,
					  u->type == FTTCP_WIRE_SYNC_BEGIN);
	case FTTCP_WIRE_CONN_ADD:
		return fttcp_replica_add(lane, body, u->index);
	case FTTCP_WIRE_CONN_OPTS:
		return fttcp_replica_opts(lane, body);
	case FTTCP_WIRE_TX_DATA:
	case FTTCP_WIRE_RX_DATA:
		return fttcp_replica_data(lane, u->type, body, skb, u->seq);
	case FTTCP_WIRE_STATE:
		return fttcp_replica_state(lane, body);
	case FTTCP_WIRE_CONN_DEL:
		return fttcp_replica_del(lane, body);
	case FTTCP_WIRE_AUDIT_MARK:
	case FTTCP_WIRE_AUDIT:
	case FTTCP_WIRE_SWEEP:
		return fttcp_audit_take(lane, u->type, u->index, body);
	case FTTCP_WIRE_COMMAND:
		return fttcp_command_take(lane->link->fn, body);
	}
	return -EPROTO;
}

static int rx_audit(struct fttcp_lane *lane, u8 type, const void *body, u8 role)
{
	if (role != FTTCP_ROLE_ACTIVE)
		return -EPERM;
	if (type == FTTCP_WIRE_AUDIT_DIFF)
		fttcp_audit_diff(lane, body);
	else
		fttcp_audit_done(lane, body);
	return 0;
}

static int rx_unit(struct fttcp_lane *lane, struct fttcp_rx_unit *u)
{
	u8 role = READ_ONCE(lane->link->fn->role);
	bool is_hello = u->type == FTTCP_WIRE_HELLO;
	const void *body = u->body;

	/* HELLO is first, and once. */
	if (is_hello == lane->hello_done) {
		lane->decode = FTTCP_DECODE_INDEX;
		return -EPROTO;
	}
	switch (u->type) {
	case FTTCP_WIRE_HELLO:
		fttcp_link_hello(lane, body);
		return 0;
	case FTTCP_WIRE_HEARTBEAT:
	case FTTCP_WIRE_ACK:
		return rx_beat(lane, u->type, body);
	case FTTCP_WIRE_STOP:
		fttcp_link_stopped(lane, body);
		return 0;
	case FTTCP_WIRE_NACK:
		if (role != FTTCP_ROLE_ACTIVE)
			return -EPERM;
		fttcp_snapshot_nack(lane, body);
		return 0;
	case FTTCP_WIRE_AUDIT_DIFF:
	case FTTCP_WIRE_AUDIT_DONE:
		return rx_audit(lane, u->type, body, role);
	}
	return role == FTTCP_ROLE_BACKUP ? rx_replica(lane, u) : -EPERM;
}

/*
 * Act upon the units. Those behind an error, or behind the end of the link,
 * are dropped: they are not acknowledged, so nobody relies on them.
 */
static int rx_units(struct fttcp_lane *lane)
{
	struct fttcp_rx_unit *u;
	u32 pos, taken = 0;
	int err = 0;

	for (pos = 0; pos < lane->units_len; pos += u->size) {
		u = lane->units + pos;
		if (!err && !READ_ONCE(lane->dead)) {
			err = rx_unit(lane, u);
			if (err)
				lane->bad_type = u->type;
			if (!err && u->last) {
				taken++;
				lane->taken_index = u->index ?:
						    lane->taken_index;
			}
		}
		kfree_skb(u->skb);
		/* One unit may have made a socket, or dropped many. */
		if (fttcp_lane_beat_due(lane))
			fttcp_lane_tx_beat(lane);
		cond_resched();
	}
	lane->units_len = 0;
	lane->piece = NULL;
	WRITE_ONCE(lane->records_rx, lane->records_rx + taken);
	fttcp_stat_add(lane->link->fn, FTTCP_STAT_RECORDS_RX, taken);
	if (lane->taken_index > lane->acked_sent)
		set_bit(FTTCP_LN_ACK, &lane->flags);
	return err;
}

/* --- a round of the worker --------------------------------------------- */

/* Told before the link's end, which it explains. */
static void rx_tell(struct fttcp_lane *lane, int err)
{
	struct fttcp_link *link = lane->link;
	struct fttcp_net *fn = link->fn;

	if (READ_ONCE(lane->dead))
		return;
	if (err == -ENOMEM)
		fttcp_evt_no_memory(fn, link->id);
	if (err == -EPROTO)
		fttcp_evt_unpack_failed(fn, link->id);
	if (err == -EPERM ||
	    (err == -EPROTO && lane->decode == FTTCP_DECODE_TYPE))
		fttcp_evt_unwanted_message(fn, link->id, lane->bad_type,
					   READ_ONCE(link->peer_id),
					   fttcp_state_name(READ_ONCE(fn->state)));
}

static void rx_failed(struct fttcp_lane *lane, int err)
{
	struct fttcp_link *link = lane->link;
	u8 reason = FTTCP_DOWN_REASON_MEMORY;
	const char *text = NULL;

	rx_tell(lane, err);
	if (err == -EPROTO) {
		fttcp_stat_inc(link->fn, FTTCP_STAT_DECODE_ERROR);
		reason = lane->decode == FTTCP_DECODE_VERSION ?
			 FTTCP_DOWN_REASON_VERSION : FTTCP_DOWN_REASON_DECODE;
		text = lane->decode ? fttcp_decode_text(lane->decode) :
				      "record does not fit its replica";
	} else if (err == -EPERM) {
		reason = FTTCP_DOWN_REASON_ROLE;
		text = "record for another role than this node has";
	} else if (err == -EFAULT) {
		reason = FTTCP_DOWN_REASON_RECV_ERROR;
	}
	fttcp_link_down_text(link, reason, err, text);
}

/* Nothing more can come; what came before may not have been read yet. */
static bool rx_at_end(const struct sock *sk)
{
	return READ_ONCE(sk->sk_err) ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
	       inet_sk_state_load(sk) == TCP_CLOSE;
}

/* All was read, and no more can come. */
static void rx_ended(struct fttcp_lane *lane)
{
	struct fttcp_link *link = lane->link;
	int err = sock_error(lane->sock->sk);

	if (err)
		fttcp_evt_read_failed(link->fn, link->id, lane->nr, err);
	else
		fttcp_evt_read_eof(link->fn, link->id);
	if (lane->rx.have)
		fttcp_evt_partial_read(link->fn, link->id,
				       lane->rx.have + lane->rx.payload_got);
	fttcp_link_down(link, !err || err == -ECONNRESET ?
			FTTCP_DOWN_REASON_EOF : FTTCP_DOWN_REASON_RECV_ERROR,
			err);
}

/**
 * fttcp_lane_rx() - read what has arrived and act upon it
 * @lane: lane
 *
 * Context: the worker.
 * Return: 1 when there may be more to read at once, else 0.
 */
int fttcp_lane_rx(struct fttcp_lane *lane)
{
	read_descriptor_t desc = {
		.arg.data = lane,
		.count = FTTCP_LANE_RX_BATCH,
	};
	struct sock *sk = lane->sock->sk;
	bool at_end;
	int n, err;

	if (READ_ONCE(lane->dead))
		return 0;
	lock_sock(sk);
	/* seen first: an end that comes while this reads has words before it */
	at_end = rx_at_end(sk);
	n = tcp_read_sock(sk, &desc, rx_actor);
	release_sock(sk);

	if (n > 0) {
		lane->last_rx = jiffies;
		WRITE_ONCE(lane->bytes_rx, lane->bytes_rx + n);
		fttcp_stat_add(lane->link->fn, FTTCP_STAT_RECORD_BYTES_RX, n);
	}
	err = rx_units(lane);
	if (!err)
		err = desc.error;
	if (err) {
		rx_failed(lane, err);
		return 0;
	}
	fttcp_fault_delay(lane->link->fn, FTTCP_FAULT_LANE_READ);
	if (!desc.count)
		return 1;
	if (!at_end)
		return rx_at_end(sk);
	rx_ended(lane);
	return 0;
}

/**
 * fttcp_lane_spawn_failed() - tell that a worker could not be started
 * @lane: lane
 * @err: negative error number
 *
 * Its timers are what would watch the other node.
 */
void fttcp_lane_spawn_failed(struct fttcp_lane *lane, int err)
{
	struct fttcp_link *link = lane->link;
	char name[TASK_COMM_LEN];

	scnprintf(name, sizeof(name), "fttcp/%u:%u", link->id, lane->nr);
	fttcp_evt_spawn_failed(link->fn, link->id, name);
	fttcp_evt_bkp_signaltimeout_err(link->fn, link->id, err);
}

/**
 * fttcp_lane_rx_setup() - memory for what arrives
 * @lane: lane
 *
 * Return: 0 or -ENOMEM.
 */
int fttcp_lane_rx_setup(struct fttcp_lane *lane)
{
	struct fttcp_link *link = lane->link;

	if (!fttcp_fault(link->fn, FTTCP_FAULT_LANE_MEMORY))
		lane->units = kvmalloc(FTTCP_LANE_RX_UNITS, GFP_KERNEL);
	if (lane->units)
		return 0;
	fttcp_evt_usesegment_err(link->fn, link->id, FTTCP_LANE_RX_UNITS,
				 lane->nr);
	return -ENOMEM;
}

/**
 * fttcp_lane_rx_clean() - give that memory back
 * @lane: lane whose worker has ended
 */
void fttcp_lane_rx_clean(struct fttcp_lane *lane)
{
	kvfree(lane->units);
	lane->units = NULL;
}
