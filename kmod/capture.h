/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payload of skbs into records, by page reference wherever the page cannot
 * change any more. Used by tx.c and rx.c, which know the queues.
 */
#ifndef _FTTCP_CAPTURE_H
#define _FTTCP_CAPTURE_H

#include "conn.h"

/**
 * struct fttcp_capture - a run of bytes on its way into records
 * @c:	connection, its socket locked, with a lane
 * @type: FTTCP_WIRE_TX_DATA or FTTCP_WIRE_RX_DATA
 * @seq: next byte to take
 * @rec: record being filled, or NULL
 */
struct fttcp_capture {
	struct fttcp_conn	*c;
	u8			type;
	u32			seq;
	struct fttcp_record	*rec;
};

int fttcp_capture_skb(struct fttcp_capture *cap, struct sk_buff *skb);
int fttcp_capture_end(struct fttcp_capture *cap);

#endif /* _FTTCP_CAPTURE_H */
