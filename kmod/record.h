/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records on their way out: memory, payload, header. No locks and no sockets:
 * a record has one owner at a time. The checks of what arrives are in
 * record_codec.c, which also compiles in user space, where it is tested.
 */
#ifndef _FTTCP_RECORD_H
#define _FTTCP_RECORD_H

#include <linux/list.h>
#include <linux/skbuff.h>
#include <fttcp/limits.h>
#include <fttcp/wire.h>

#include "record_codec.h"

struct fttcp_net;
struct fttcp_conn;

/* A reference to payload in one page, which may be the head of several. */
struct fttcp_frag {
	struct page	*page;
	u32		off;
	u32		len;
};

/**
 * struct fttcp_record - a record on its way out
 * @list:	in a lane's queue
 * @conn:	referenced; NULL for records of the lane itself. Whoever sets
 *		it takes the reference, fttcp_record_free() drops it
 * @fn:		namespace that was charged
 * @index:	given by fttcp_lane_queue()
 * @queued_ns:	when it was queued (ktime)
 * @charged:	bytes charged to the namespace
 * @payload:	bytes of payload; stays when the pages were dropped
 * @sent:	of header and payload, given to the lane's socket
 * @hdr_len:	bytes of @head
 * @nr_frags:	used entries of @frags
 * @big:	from the cache for CONN_ADD
 * @frags:	the payload
 * @head:	header and body, as they go over the wire
 */
struct fttcp_record {
	struct list_head	list;
	struct fttcp_conn	*conn;
	struct fttcp_net	*fn;
	u64			index;
	u64			queued_ns;
	u32			charged;
	u32			payload;
	u32			sent;
	u16			hdr_len;
	u8			nr_frags;
	bool			big;
	struct fttcp_frag	frags[FTTCP_RECORD_FRAGS];
	u8			head[] __aligned(8);
};

int fttcp_record_init(void);
void fttcp_record_exit(void);
struct fttcp_record *fttcp_record_alloc(struct fttcp_net *fn, u8 type,
					gfp_t gfp);
void fttcp_record_free(struct fttcp_record *rec);
void fttcp_record_drop_pages(struct fttcp_record *rec);
void *fttcp_record_body(struct fttcp_record *rec);
u8 fttcp_record_type(const struct fttcp_record *rec);
void fttcp_record_seal(struct fttcp_record *rec, u64 index);
bool fttcp_record_add_page(struct fttcp_record *rec, struct page *page,
			   u32 off, u32 len);
int fttcp_record_add_copy(struct fttcp_record *rec, const struct sk_buff *skb,
			  int off, u32 len);

#endif /* _FTTCP_RECORD_H */
