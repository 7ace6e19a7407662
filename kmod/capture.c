// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payload of skbs into records. A page is referenced when its content is
 * final; it is copied where it is not (MSG_ZEROCOPY, sendfile: the
 * application or the file may still write to it) or where there is no page
 * that may be referenced (a linear part from kmalloc).
 */
#include "capture.h"
#include "fault.h"
#include "link.h"
#include "record.h"
#include "sockstate.h"
#include "trace.h"
#include "tx.h"

static bool is_tx(const struct fttcp_capture *cap)
{
	return cap->type == FTTCP_WIRE_TX_DATA;
}

static int begin(struct fttcp_capture *cap)
{
	struct fttcp_wire_data *d;

	cap->rec = fttcp_record_alloc(cap->c->fn, cap->type, GFP_ATOMIC);
	if (!cap->rec)
		return -ENOMEM;
	d = fttcp_record_body(cap->rec);
	d->id = cpu_to_be64(cap->c->id);
	d->seq = cpu_to_be32(cap->seq);
	d->reserved = 0;
	return 0;
}

/* how far the records of a direction reach */
static void reach(const struct fttcp_capture *cap, u32 seq, s64 bytes)
{
	struct fttcp_conn *c = cap->c;

	if (is_tx(cap)) {
		c->tx_seq = seq;
		c->tx_bytes += bytes;
	} else {
		c->rx_seq = seq;
		c->rx_bytes += bytes;
	}
}

/* That the lane is down, or the bytes are gone, is no failure to make a record. */
static int tell(const struct fttcp_capture *cap, int err)
{
	if (unlikely(err == -ENOMEM || err == -EFAULT || err == -EOPNOTSUPP))
		fttcp_evt_pack_failed(cap->c->fn, 0);
	return err;
}

/*
 * The record is full, or the run ends: it goes to the lane. On one that has died
 * meanwhile its bytes are in no record, and nothing may look as if they were: a
 * segment with them would leave.
 */
static int finish(struct fttcp_capture *cap)
{
	struct fttcp_record *rec = cap->rec;
	struct fttcp_conn *c = cap->c;
	struct fttcp_wire_data *d;
	u32 payload = rec->payload;
	int err;

	cap->rec = NULL;
	if (!payload) {
		fttcp_record_free(rec);
		return 0;
	}
	if (fttcp_fault(c->fn, is_tx(cap) ? FTTCP_FAULT_TX_DATA :
					    FTTCP_FAULT_RX_DATA)) {
		fttcp_record_free(rec);
		return -ENOMEM;
	}
	if (fttcp_fault(c->fn, FTTCP_FAULT_LANE_DIES))
		fttcp_link_down(c->lane->link, FTTCP_DOWN_REASON_OPERATOR, 0);
	reach(cap, cap->seq, payload);
	d = fttcp_record_body(rec);
	err = fttcp_tx_queue(c, rec, &d->state, true);
	if (err)
		reach(cap, cap->seq - payload, -(s64)payload);
	/* sequence numbers wrap: it must not fall behind for ever */
	else if (is_tx(cap) && (s32)(c->tx_seq - c->must_seq) > 0)
		c->must_seq = c->tx_seq;
	return err;
}

static void count(struct fttcp_capture *cap, u32 len, bool copied)
{
	struct fttcp_conn *c = cap->c;
	enum fttcp_stat s;

	if (copied) {
		s = is_tx(cap) ? FTTCP_STAT_BYTES_COPIED_TX :
				 FTTCP_STAT_BYTES_COPIED_RX;
		c->bytes_copied += len;
	} else {
		s = is_tx(cap) ? FTTCP_STAT_BYTES_REFERENCED_TX :
				 FTTCP_STAT_BYTES_REFERENCED_RX;
		c->bytes_ref += len;
	}
	fttcp_stat_add(c->fn, s, len);
	cap->seq += len;
}

static int add_page(struct fttcp_capture *cap, struct page *page, u32 off,
		    u32 len)
{
	int err;

	if (cap->rec && fttcp_record_add_page(cap->rec, page, off, len))
		goto added;
	if (cap->rec) {
		err = finish(cap);
		if (err)
			return err;
	}
	err = begin(cap);
	if (err)
		return err;
	if (!fttcp_record_add_page(cap->rec, page, off, len))
		return -ENOMEM;
added:
	count(cap, len, false);
	return 0;
}

static int add_copy(struct fttcp_capture *cap, const struct sk_buff *skb,
		    u32 off, u32 len, enum fttcp_stat why)
{
	int n, err;

	while (len) {
		err = cap->rec ? 0 : begin(cap);
		if (err)
			return err;
		n = fttcp_record_add_copy(cap->rec, skb, off, len);
		if (!n) {
			/* it takes no more */
			err = finish(cap);
			if (err)
				return err;
			continue;
		}
		if (n < 0)
			return n;
		count(cap, n, true);
		fttcp_stat_add(cap->c->fn, why, n);
		off += n;
		len -= n;
	}
	return 0;
}

/* the first @headlen bytes of an skb, from @off on */
static int add_linear(struct fttcp_capture *cap, const struct sk_buff *skb,
		      u32 off, u32 len)
{
	struct page *page;

	if (!skb->head_frag)
		return add_copy(cap, skb, off, len,
				FTTCP_STAT_BYTES_COPIED_LINEAR);
	page = virt_to_head_page(skb->head);
	return add_page(cap, page,
			skb->data + off - (u8 *)page_address(page), len);
}

static int add_frags(struct fttcp_capture *cap, const struct sk_buff *skb,
		     u32 off)
{
	int i, err;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *f = &skb_shinfo(skb)->frags[i];
		u32 size = skb_frag_size(f);
		struct page *page;

		if (off >= size) {
			off -= size;
			continue;
		}
		page = skb_frag_page(f);
		if (unlikely(!page))
			return -EOPNOTSUPP;	/* device memory */
		err = add_page(cap, page, skb_frag_off(f) + off, size - off);
		if (err)
			return err;
		off = 0;
	}
	return 0;
}

/* linear part and fragments of one skb, without its frag_list */
static int add_one(struct fttcp_capture *cap, const struct sk_buff *skb,
		   u32 off)
{
	u32 head = skb_headlen(skb);
	int err;

	if (off < head) {
		err = add_linear(cap, skb, off, head - off);
		if (err)
			return err;
		off = head;
	}
	return add_frags(cap, skb, off - head);
}

static int add_referenced(struct fttcp_capture *cap, struct sk_buff *skb,
			  u32 off)
{
	u32 own = skb->len;
	struct sk_buff *list;
	int err;

	skb_walk_frags(skb, list)
		own -= list->len;
	if (off < own) {
		err = add_one(cap, skb, off);
		if (err)
			return err;
		off = own;
	}
	off -= own;
	skb_walk_frags(skb, list) {
		if (off >= list->len) {
			off -= list->len;
			continue;
		}
		err = add_referenced(cap, list, off);
		if (err)
			return err;
		off = 0;
	}
	return 0;
}

/**
 * fttcp_capture_skb() - take what is new in an skb
 * @cap: run of bytes; @cap->seq lies in the skb, or is its end
 * @skb: in a queue of the locked socket; not changed
 *
 * Context: any.
 * Return: 0; -ENOMEM, and what was taken before that is in records; -ESTALE
 * when the bytes at @cap->seq are not in the queue any more.
 */
int fttcp_capture_skb(struct fttcp_capture *cap, struct sk_buff *skb)
{
	u32 off = cap->seq - fttcp_skb_seq(skb);

	if (off >= skb->len)
		return (s32)off < 0 ? -ESTALE : 0;
	if (unlikely(skb_zcopy(skb)))
		return tell(cap, add_copy(cap, skb, off, skb->len - off,
					  FTTCP_STAT_BYTES_COPIED_ZEROCOPY));
	if (unlikely(skb_has_shared_frag(skb)))
		return tell(cap, add_copy(cap, skb, off, skb->len - off,
					  FTTCP_STAT_BYTES_COPIED_SHARED));
	return tell(cap, add_referenced(cap, skb, off));
}

/**
 * fttcp_capture_end() - the run is over
 * @cap: run of bytes
 *
 * Context: any.
 * Return: 0, or -EPIPE when the lane is down.
 */
int fttcp_capture_end(struct fttcp_capture *cap)
{
	return cap->rec ? tell(cap, finish(cap)) : 0;
}
