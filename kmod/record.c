// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records on their way out: their memory, what of it the namespace is charged,
 * and the payload's page references. A record has one owner at a time, so
 * there is no lock here.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "conn.h"
#include "fttcp.h"
#include "record.h"

/* The largest body of a record from the small cache. */
#define SMALL_BODY_MAX	sizeof(struct fttcp_wire_data)

#define RECORD_SIZE(body) \
	(sizeof(struct fttcp_record) + sizeof(struct fttcp_wire_hdr) + (body))

static_assert(sizeof(struct fttcp_wire_hello) <= SMALL_BODY_MAX);
static_assert(sizeof(struct fttcp_wire_conn_state) <= SMALL_BODY_MAX);
static_assert(sizeof(struct fttcp_wire_beat) <= SMALL_BODY_MAX);
static_assert(sizeof(struct fttcp_wire_audit_diff) <= SMALL_BODY_MAX);
static_assert(FTTCP_RECORD_FRAGS <= MAX_SKB_FRAGS);

static struct kmem_cache *small_cache;
static struct kmem_cache *big_cache;

/*
 * What makes both nodes agree again, or gives memory back, must not fail for
 * want of memory to spend. It is small, and there is little of it: some for each
 * link, one for each connection that ends or is refused.
 */
static bool is_free(u8 type)
{
	switch (type) {
	case FTTCP_WIRE_HELLO:
	case FTTCP_WIRE_SYNC_BEGIN:
	case FTTCP_WIRE_SYNC_END:
	case FTTCP_WIRE_CONN_DEL:
	case FTTCP_WIRE_NACK:
		return true;
	}
	return false;
}

static bool charge(struct fttcp_net *fn, u8 type, u32 size)
{
	if (!is_free(type))
		return fttcp_mem_charge(fn, size);
	atomic64_add(size, &fn->mem_used);
	return true;
}

/**
 * fttcp_record_alloc() - begin a record
 * @fn: namespace to charge; refused above its limit, but for few types
 * @type: enum fttcp_wire_type
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows.
 * Return: a record without payload, its body zeroed; NULL when the limit or
 * the machine's memory is reached.
 */
struct fttcp_record *fttcp_record_alloc(struct fttcp_net *fn, u8 type,
					gfp_t gfp)
{
	u16 body_len = fttcp_wire_body_len(type);
	bool big = body_len > SMALL_BODY_MAX;
	struct fttcp_record *rec;
	u32 size;

	size = RECORD_SIZE(big ? FTTCP_WIRE_BODY_MAX : SMALL_BODY_MAX);
	if (!charge(fn, type, size))
		return NULL;
	rec = kmem_cache_alloc(big ? big_cache : small_cache,
			       gfp | __GFP_NOWARN);
	if (!rec) {
		fttcp_mem_uncharge(fn, size);
		fttcp_stat_inc(fn, FTTCP_STAT_ALLOC_FAIL);
		fttcp_evt_no_memory(fn, 0);
		return NULL;
	}

	INIT_LIST_HEAD(&rec->list);
	rec->conn = NULL;
	rec->fn = fn;
	rec->index = 0;
	rec->queued_ns = 0;
	rec->charged = size;
	rec->payload = 0;
	rec->sent = 0;
	rec->hdr_len = sizeof(struct fttcp_wire_hdr) + body_len;
	rec->nr_frags = 0;
	rec->big = big;
	memset(rec->head, 0, rec->hdr_len);
	((struct fttcp_wire_hdr *)rec->head)->type = type;
	return rec;
}

static void put_frags(struct fttcp_record *rec)
{
	while (rec->nr_frags)
		put_page(rec->frags[--rec->nr_frags].page);
}

/**
 * fttcp_record_drop_pages() - let go of the payload once TCP holds it
 * @rec: record; what remains of it waits for an acknowledgement
 *
 * Context: any.
 */
void fttcp_record_drop_pages(struct fttcp_record *rec)
{
	if (!rec->nr_frags)
		return;
	put_frags(rec);
	rec->charged -= rec->payload;
	fttcp_mem_uncharge(rec->fn, rec->payload);
}

/**
 * fttcp_record_free() - end a record
 * @rec: record, or NULL
 *
 * Drops the reference to its connection.
 *
 * Context: any, but under no lock that the end of a connection may take.
 */
void fttcp_record_free(struct fttcp_record *rec)
{
	if (!rec)
		return;
	put_frags(rec);
	fttcp_mem_uncharge(rec->fn, rec->charged);
	if (rec->conn)
		fttcp_conn_put(rec->conn);
	kmem_cache_free(rec->big ? big_cache : small_cache, rec);
}

/**
 * fttcp_record_body() - the type's own part
 * @rec: record
 *
 * Return: where to write it; the struct that wire.h has for the type.
 */
void *fttcp_record_body(struct fttcp_record *rec)
{
	return rec->head + sizeof(struct fttcp_wire_hdr);
}

/**
 * fttcp_record_type() - what a record is
 * @rec: record
 *
 * Return: enum fttcp_wire_type.
 */
u8 fttcp_record_type(const struct fttcp_record *rec)
{
	return ((const struct fttcp_wire_hdr *)rec->head)->type;
}

/**
 * fttcp_record_seal() - write the header; the record changes no more
 * @rec: record
 * @index: number on its lane, 0 for a type that is not counted
 */
void fttcp_record_seal(struct fttcp_record *rec, u64 index)
{
	rec->index = index;
	fttcp_wire_encode_hdr((struct fttcp_wire_hdr *)rec->head,
			      fttcp_record_type(rec), rec->payload, index);
}

static u32 room(const struct fttcp_record *rec)
{
	return FTTCP_RECORD_PAYLOAD_MAX - rec->payload;
}

static bool extends(const struct fttcp_record *rec, const struct page *page,
		    u32 off)
{
	const struct fttcp_frag *last;

	if (!rec->nr_frags)
		return false;
	last = &rec->frags[rec->nr_frags - 1];
	return last->page == page && last->off + last->len == off;
}

/*
 * Takes over the caller's reference to @page. Charged without asking: the
 * limit was asked for the record, and one record's payload is bounded, so that
 * a namespace exceeds its limit by no more than what is being captured.
 */
static void add_frag(struct fttcp_record *rec, struct page *page, u32 off,
		     u32 len)
{
	struct fttcp_frag *f;

	if (extends(rec, page, off)) {
		rec->frags[rec->nr_frags - 1].len += len;
		put_page(page);
	} else {
		f = &rec->frags[rec->nr_frags++];
		f->page = page;
		f->off = off;
		f->len = len;
	}
	rec->payload += len;
	rec->charged += len;
	atomic64_add(len, &rec->fn->mem_used);
}

/**
 * fttcp_record_add_page() - append payload by reference
 * @rec: record
 * @page: page with the bytes, which must not change any more
 * @off: where they begin; may be behind the first of several pages
 * @len: how many
 *
 * Context: any.
 * Return: true when all of it was taken, with an own reference; false when
 * the record has no room, so that the caller begins another.
 */
bool fttcp_record_add_page(struct fttcp_record *rec, struct page *page,
			   u32 off, u32 len)
{
	if (len > room(rec))
		return false;
	if (rec->nr_frags == FTTCP_RECORD_FRAGS && !extends(rec, page, off))
		return false;
	get_page(page);
	add_frag(rec, page, off, len);
	return true;
}

/**
 * fttcp_record_add_copy() - append a copy of payload
 * @rec: record
 * @skb: has the bytes, anywhere
 * @off: of the first
 * @len: how many are wanted
 *
 * Context: process or softirq.
 * Return: how many were taken, less than @len when the record has no room for
 * all of them; -ENOMEM or -EFAULT when not one could be.
 */
int fttcp_record_add_copy(struct fttcp_record *rec, const struct sk_buff *skb,
			  int off, u32 len)
{
	u32 done = 0;
	int err = 0;

	len = min(len, room(rec));
	while (done < len && rec->nr_frags < FTTCP_RECORD_FRAGS) {
		u32 n = min_t(u32, len - done, PAGE_SIZE);
		void *data = netdev_alloc_frag(n);
		struct page *page;

		if (!data) {
			fttcp_stat_inc(rec->fn, FTTCP_STAT_ALLOC_FAIL);
			fttcp_evt_no_mbuf(rec->fn, 0);
			err = -ENOMEM;
			break;
		}
		page = virt_to_head_page(data);
		err = skb_copy_bits(skb, off + done, data, n);
		if (err) {
			put_page(page);
			break;
		}
		add_frag(rec, page, data - page_address(page), n);
		done += n;
	}
	return done ?: err;
}

/**
 * fttcp_record_init() - caches for records
 *
 * Return: 0 or -ENOMEM.
 */
int fttcp_record_init(void)
{
	small_cache = kmem_cache_create("fttcp_record",
					RECORD_SIZE(SMALL_BODY_MAX), 0,
					SLAB_ACCOUNT, NULL);
	if (!small_cache)
		return -ENOMEM;
	big_cache = kmem_cache_create("fttcp_record_big",
				      RECORD_SIZE(FTTCP_WIRE_BODY_MAX), 0,
				      SLAB_ACCOUNT, NULL);
	if (!big_cache)
		goto err_small;
	return 0;

err_small:
	kmem_cache_destroy(small_cache);
	return -ENOMEM;
}

/**
 * fttcp_record_exit() - no record exists any more
 */
void fttcp_record_exit(void)
{
	kmem_cache_destroy(big_cache);
	kmem_cache_destroy(small_cache);
}
