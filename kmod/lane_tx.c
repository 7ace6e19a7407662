// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a lane's worker sends: records in order, headers copied, payload as
 * pages, never waiting for room; between two records a HEARTBEAT or an ACK,
 * which is built when it can leave, so that it says the latest; and farewell.
 */
#include <linux/net.h>
#include <net/sock.h>

#include "compat/link.h"
#include "fault.h"
#include "fttcp.h"
#include "link.h"
#include "trace.h"

#define TX_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL)

/* Bytes that the socket took, -EAGAIN when it has no room, or an error. */
static int tx_bytes(struct fttcp_lane *lane, void *data, size_t len, int more)
{
	struct msghdr msg = { .msg_flags = TX_FLAGS | more };
	struct kvec iov = { .iov_base = data, .iov_len = len };

	return kernel_sendmsg(lane->sock, &msg, &iov, 1, len);
}

static int tx_pages(struct fttcp_lane *lane, struct fttcp_record *rec,
		    int more)
{
	u32 skip = rec->sent - rec->hdr_len, len = rec->payload - skip;
	struct bio_vec bv[FTTCP_RECORD_FRAGS];
	unsigned int i, nr = 0;

	for (i = 0; i < rec->nr_frags; i++) {
		const struct fttcp_frag *f = &rec->frags[i];

		if (skip >= f->len) {
			skip -= f->len;
			continue;
		}
		bv[nr].bv_page = f->page;
		bv[nr].bv_offset = f->off + skip;
		bv[nr].bv_len = f->len - skip;
		nr++;
		skip = 0;
	}
	return fttcp_send_pages(lane->sock, bv, nr, len, TX_FLAGS | more);
}

/* The rest of a record: 0 when it is out, else -EAGAIN or an error. */
static int tx_record(struct fttcp_lane *lane, struct fttcp_record *rec,
		     int more)
{
	int n;

	while (rec->sent < rec->hdr_len) {
		n = tx_bytes(lane, rec->head + rec->sent,
			     rec->hdr_len - rec->sent,
			     rec->payload ? MSG_MORE : more);
		if (n <= 0)
			return n ?: -EAGAIN;
		rec->sent += n;
	}
	if (rec->payload && fttcp_fault(rec->fn, FTTCP_FAULT_LANE_PART))
		return -EPIPE;
	while (rec->sent < rec->hdr_len + rec->payload) {
		n = tx_pages(lane, rec, more);
		if (n <= 0)
			return n ?: -EAGAIN;
		rec->sent += n;
	}
	return 0;
}

static void tx_count(struct fttcp_lane *lane, u32 bytes)
{
	struct fttcp_net *fn = lane->link->fn;

	WRITE_ONCE(lane->records_tx, lane->records_tx + 1);
	WRITE_ONCE(lane->bytes_tx, lane->bytes_tx + bytes);
	fttcp_stat_inc(fn, FTTCP_STAT_RECORDS_TX);
	fttcp_stat_add(fn, FTTCP_STAT_RECORD_BYTES_TX, bytes);
}

/*
 * TCP has all of it. The worker is the only one that reads acknowledgements,
 * so nobody can have missed the record in between.
 */
static void tx_done(struct fttcp_lane *lane, struct fttcp_record *rec)
{
	bool counted = rec->index;

	trace_fttcp_record_tx(lane->link->id, lane->nr,
			      fttcp_record_type(rec), rec->index,
			      rec->payload);
	tx_count(lane, rec->sent);
	lane->cur = NULL;
	spin_lock_bh(&lane->lock);
	if (counted) {
		WRITE_ONCE(lane->queued, lane->queued - rec->charged);
		WRITE_ONCE(lane->sent_index, rec->index);
		list_move_tail(&rec->list, &lane->inflight);
	} else {
		list_del(&rec->list);
	}
	spin_unlock_bh(&lane->lock);
	if (counted)
		fttcp_record_drop_pages(rec);
	else
		fttcp_record_free(rec);
}

/* The next record, which stays in its queue, and whether one follows it. */
static struct fttcp_record *tx_next(struct fttcp_lane *lane, int *more)
{
	struct list_head *q = &lane->pending;
	struct fttcp_record *rec = lane->cur;

	spin_lock_bh(&lane->lock);
	if (rec ? !rec->index : !list_empty(&lane->urgent))
		q = &lane->urgent;
	if (!rec)
		rec = list_first_entry_or_null(q, struct fttcp_record, list);
	*more = rec && (!list_is_last(&rec->list, q) ||
			(q == &lane->urgent && !list_empty(&lane->pending))) ?
		MSG_MORE : 0;
	spin_unlock_bh(&lane->lock);
	return rec;
}

/* --- HEARTBEAT and ACK ------------------------------------------------- */

/*
 * R4: what a backup echoes makes the active's lease longer, so that it is
 * accounted as granted before it can have left.
 */
static u32 lease_give(struct fttcp_lane *lane)
{
	struct fttcp_net *fn = lane->link->fn;
	u64 ns = fttcp_lease_length_ns(fn);

	if (READ_ONCE(fn->role) != FTTCP_ROLE_BACKUP)
		return 0;
	fttcp_lease_grant(fn, ns, lane->peer_heard_ns);
	return div_u64(ns, NSEC_PER_MSEC);
}

/* What a backup has to know that stands still, see fttcp_lease_stood_still(). */
static u32 alone_after(const struct fttcp_net *fn)
{
	return READ_ONCE(fn->role) == FTTCP_ROLE_ACTIVE &&
	       READ_ONCE(fn->conf.on_loss) == FTTCP_LOSS_SOLO ?
	       READ_ONCE(fn->conf.hold_max_ms) : 0;
}

static void ctl_build(struct fttcp_lane *lane, u8 type, bool echo)
{
	struct fttcp_wire_hdr *h = (struct fttcp_wire_hdr *)lane->ctl;
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_wire_beat *b;

	static_assert(sizeof(lane->ctl) == sizeof(*h) + sizeof(*b));
	b = (struct fttcp_wire_beat *)(h + 1);
	fttcp_wire_encode_hdr(h, type, 0, 0);
	memset(b, 0, sizeof(*b));
	b->sent_ns = cpu_to_be64(fttcp_lease_clock());
	if (echo && lane->peer_ns) {
		b->echo_ns = cpu_to_be64(lane->peer_ns);
		b->lease_ms = cpu_to_be32(lease_give(lane));
	}
	b->alone_ms = cpu_to_be32(alone_after(fn));
	b->acked = cpu_to_be64(lane->taken_index);
	b->epoch = cpu_to_be64(fttcp_link_own_epoch(fn));
	lane->acked_sent = lane->taken_index;
	lane->ctl_len = sizeof(lane->ctl);
	lane->ctl_sent = 0;
}

/* A HEARTBEAT says all that an ACK says. */
static bool ctl_next(struct fttcp_lane *lane)
{
	bool beat = test_and_clear_bit(FTTCP_LN_BEAT, &lane->flags);
	bool ack = test_and_clear_bit(FTTCP_LN_ACK, &lane->flags);

	if (!beat && !ack)
		return false;
	fttcp_fault(lane->link->fn, FTTCP_FAULT_LANE_ACK);
	fttcp_fault_stall(lane);
	ctl_build(lane, beat ? FTTCP_WIRE_HEARTBEAT : FTTCP_WIRE_ACK, true);
	if (beat)
		fttcp_stat_inc(lane->link->fn, FTTCP_STAT_HEARTBEAT_TX);
	return true;
}

static int tx_ctl(struct fttcp_lane *lane)
{
	int n;

	while (lane->ctl_sent < lane->ctl_len) {
		n = tx_bytes(lane, lane->ctl + lane->ctl_sent,
			     lane->ctl_len - lane->ctl_sent, 0);
		if (n <= 0)
			return n ?: -EAGAIN;
		lane->ctl_sent += n;
	}
	if (lane->ctl_len)
		tx_count(lane, lane->ctl_len);
	lane->ctl_len = 0;
	lane->ctl_sent = 0;
	return 0;
}

/* --- a round of the worker --------------------------------------------- */

/* Sent records, or an error once nothing goes any more. */
static int tx_batch(struct fttcp_lane *lane)
{
	struct fttcp_record *rec;
	int n, err, more;

	for (n = 0; n < FTTCP_LANE_TX_BATCH; n++) {
		/* HELLO is the first record of a lane; nothing may overtake it. */
		if (!lane->cur && lane->sent_index &&
		    (lane->ctl_len || ctl_next(lane))) {
			err = tx_ctl(lane);
			if (err)
				return err;
		}
		rec = tx_next(lane, &more);
		if (!rec)
			return n;
		if (fttcp_fault(lane->link->fn, FTTCP_FAULT_LANE_SEND))
			return -EPIPE;
		fttcp_fault_stall(lane);
		lane->cur = rec;
		/* What arrives meanwhile must not keep the last one back. */
		err = tx_record(lane, rec,
				n + 1 < FTTCP_LANE_TX_BATCH ? more : 0);
		if (err)
			return err;
		tx_done(lane, rec);
	}
	return n;
}

/* No room, and nobody said that there is some again. */
static bool tx_must_wait(struct fttcp_lane *lane)
{
	unsigned long retry = msecs_to_jiffies(FTTCP_LANE_TX_RETRY_MS);

	return test_bit(SOCK_NOSPACE, &lane->sock->flags) &&
	       time_before(jiffies, lane->last_tx + retry);
}

/**
 * fttcp_lane_tx_part() - tell of what left only in part
 * @lane: lane whose worker has ended
 */
void fttcp_lane_tx_part(struct fttcp_lane *lane)
{
	size_t sent = lane->ctl_sent, of = lane->ctl_len;

	if (lane->cur) {
		sent = lane->cur->sent;
		of = lane->cur->hdr_len + lane->cur->payload;
	}
	if (sent && sent < of)
		fttcp_evt_partial_write(lane->link->fn, lane->link->id, sent,
					of);
}

/**
 * fttcp_lane_tx() - send what can be sent
 * @lane: lane
 *
 * Context: the worker. Does not wait for room.
 * Return: 1 when there may be more that can go at once, else 0.
 */
int fttcp_lane_tx(struct fttcp_lane *lane)
{
	int n;

	if (READ_ONCE(lane->dead) || tx_must_wait(lane))
		return 0;
	lane->last_tx = jiffies;
	n = tx_batch(lane);
	/* Somebody may wait for fttcp_lane_full() to become false. */
	if (!fttcp_lane_full(lane) && wq_has_sleeper(&lane->wq))
		wake_up_all(&lane->wq);
	if (n >= 0)
		return n == FTTCP_LANE_TX_BATCH;
	if (n == -EAGAIN)
		return 0;

	/* Why it ended may wait to be read: the other side's STOP. */
	while (fttcp_lane_rx(lane) && !READ_ONCE(lane->dead))
		;
	if (!READ_ONCE(lane->dead))
		fttcp_evt_write_failed(lane->link->fn, lane->link->id, lane->nr,
				       n);
	fttcp_link_down(lane->link, FTTCP_DOWN_REASON_SEND_ERROR, n);
	return 0;
}

/**
 * fttcp_lane_tx_beat() - a HEARTBEAT or an ACK that is due, and nothing else
 * @lane: lane
 *
 * For whoever works through a lot: it reads nothing and ends no link. What
 * does not go is for the next fttcp_lane_tx().
 *
 * Context: the worker. Does not wait for room.
 */
void fttcp_lane_tx_beat(struct fttcp_lane *lane)
{
	if (READ_ONCE(lane->dead) || lane->cur || !lane->sent_index)
		return;
	if (lane->ctl_len || ctl_next(lane))
		tx_ctl(lane);
}

/* --- farewell ---------------------------------------------------------- */

static int tx_hello(struct fttcp_lane *lane)
{
	struct fttcp_record *rec;
	int err, more;

	if (lane->sent_index)
		return 0;
	rec = tx_next(lane, &more);
	if (!rec)
		return 0;
	lane->cur = rec;
	err = tx_record(lane, rec, 0);
	if (!err)
		tx_done(lane, rec);
	return err;
}

/* Records that wait behind it never leave, so that the index has no gap. */
static void tx_stop(struct fttcp_lane *lane, u8 code)
{
	struct {
		struct fttcp_wire_hdr	hdr;
		struct fttcp_wire_stop	stop;
	} rec = {};

	static_assert(sizeof(rec) == sizeof(rec.hdr) + sizeof(rec.stop));
	fttcp_wire_encode_hdr(&rec.hdr, FTTCP_WIRE_STOP, 0,
			      lane->sent_index + 1);
	rec.stop.code = cpu_to_be32(fttcp_wire_stop_code(code));
	rec.stop.epoch = cpu_to_be64(fttcp_link_own_epoch(lane->link->fn));
	if (tx_bytes(lane, &rec, sizeof(rec), 0) == sizeof(rec))
		tx_count(lane, sizeof(rec));
}

static bool farewell_is_vain(u8 reason)
{
	return reason == FTTCP_DOWN_REASON_EOF ||
	       reason == FTTCP_DOWN_REASON_SEND_ERROR ||
	       reason == FTTCP_DOWN_REASON_RECV_ERROR;
}

/**
 * fttcp_lane_farewell() - last words, as far as they can leave at once
 * @lane: lane of a link that is down
 *
 * Our HELLO, so that a node of a smaller epoch learns of ours; an ACK of what
 * was taken, without extending anybody's lease; STOP with the reason, unless
 * the other side was first.
 *
 * Context: the worker, its last act.
 */
void fttcp_lane_farewell(struct fttcp_lane *lane)
{
	u8 reason = READ_ONCE(lane->link->down_reason);

	if (!READ_ONCE(lane->dead) || farewell_is_vain(reason))
		return;
	if (lane->ctl_len && tx_ctl(lane))
		return;
	if (lane->cur) {
		if (tx_record(lane, lane->cur, 0))
			return;
		tx_done(lane, lane->cur);
	}
	if (tx_hello(lane))
		return;
	if (lane->taken_index > lane->acked_sent) {
		ctl_build(lane, FTTCP_WIRE_ACK, false);
		if (tx_ctl(lane))
			return;
	}
	if (!lane->stopped)
		tx_stop(lane, reason);
}
