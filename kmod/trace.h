/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of decisions: states, held and released segments, records,
 * promotion. They take plain values, so that this header knows no object of
 * the module.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM fttcp

#if !defined(_FTTCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _FTTCP_TRACE_H

#include <linux/tracepoint.h>

/* A connection changed its state. */
TRACE_EVENT(fttcp_state,
	TP_PROTO(u64 conn_id, u8 old, u8 new, u8 reason),
	TP_ARGS(conn_id, old, new, reason),
	TP_STRUCT__entry(
		__field(u64, conn_id)
		__field(u8, old)
		__field(u8, new)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->conn_id = conn_id;
		__entry->old = old;
		__entry->new = new;
		__entry->reason = reason;
	),
	TP_printk("conn=%llx state=%u->%u reason=%u", __entry->conn_id,
		  __entry->old, __entry->new, __entry->reason)
);

/* A link changed its state. */
TRACE_EVENT(fttcp_link_state,
	TP_PROTO(u32 link_id, u32 peer_id, u8 state, u8 reason, int err),
	TP_ARGS(link_id, peer_id, state, reason, err),
	TP_STRUCT__entry(
		__field(u32, link_id)
		__field(u32, peer_id)
		__field(u8, state)
		__field(u8, reason)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->link_id = link_id;
		__entry->peer_id = peer_id;
		__entry->state = state;
		__entry->reason = reason;
		__entry->err = err;
	),
	TP_printk("link=%u peer=%u state=%u reason=%u err=%d",
		  __entry->link_id, __entry->peer_id, __entry->state,
		  __entry->reason, __entry->err)
);

/* A segment waits for the backup to acknowledge the record @index. */
TRACE_EVENT(fttcp_hold,
	TP_PROTO(u64 conn_id, u32 seq, u32 ack, u32 len, u64 index),
	TP_ARGS(conn_id, seq, ack, len, index),
	TP_STRUCT__entry(
		__field(u64, conn_id)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
		__field(u64, index)
	),
	TP_fast_assign(
		__entry->conn_id = conn_id;
		__entry->seq = seq;
		__entry->ack = ack;
		__entry->len = len;
		__entry->index = index;
	),
	TP_printk("conn=%llx seq=%u ack=%u len=%u index=%llu",
		  __entry->conn_id, __entry->seq, __entry->ack, __entry->len,
		  __entry->index)
);

/* A segment leaves that had waited for @wait_ns. */
TRACE_EVENT(fttcp_release,
	TP_PROTO(u64 conn_id, u32 len, u64 index, u64 wait_ns),
	TP_ARGS(conn_id, len, index, wait_ns),
	TP_STRUCT__entry(
		__field(u64, conn_id)
		__field(u32, len)
		__field(u64, index)
		__field(u64, wait_ns)
	),
	TP_fast_assign(
		__entry->conn_id = conn_id;
		__entry->len = len;
		__entry->index = index;
		__entry->wait_ns = wait_ns;
	),
	TP_printk("conn=%llx len=%u index=%llu wait_ns=%llu",
		  __entry->conn_id, __entry->len, __entry->index,
		  __entry->wait_ns)
);

DECLARE_EVENT_CLASS(fttcp_record,
	TP_PROTO(u32 link_id, u8 lane, u8 type, u64 index, u32 payload),
	TP_ARGS(link_id, lane, type, index, payload),
	TP_STRUCT__entry(
		__field(u32, link_id)
		__field(u8, lane)
		__field(u8, type)
		__field(u64, index)
		__field(u32, payload)
	),
	TP_fast_assign(
		__entry->link_id = link_id;
		__entry->lane = lane;
		__entry->type = type;
		__entry->index = index;
		__entry->payload = payload;
	),
	TP_printk("link=%u lane=%u type=%u index=%llu payload=%u",
		  __entry->link_id, __entry->lane, __entry->type,
		  __entry->index, __entry->payload)
);

/* A record was given to its lane's socket. */
DEFINE_EVENT(fttcp_record, fttcp_record_tx,
	TP_PROTO(u32 link_id, u8 lane, u8 type, u64 index, u32 payload),
	TP_ARGS(link_id, lane, type, index, payload)
);

/* A record arrived whole. */
DEFINE_EVENT(fttcp_record, fttcp_record_rx,
	TP_PROTO(u32 link_id, u8 lane, u8 type, u64 index, u32 payload),
	TP_ARGS(link_id, lane, type, index, payload)
);

/* A replica became a live socket, or did not. */
TRACE_EVENT(fttcp_promote,
	TP_PROTO(u64 conn_id, u64 epoch, u32 unacked, u32 unread, int err),
	TP_ARGS(conn_id, epoch, unacked, unread, err),
	TP_STRUCT__entry(
		__field(u64, conn_id)
		__field(u64, epoch)
		__field(u32, unacked)
		__field(u32, unread)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->conn_id = conn_id;
		__entry->epoch = epoch;
		__entry->unacked = unacked;
		__entry->unread = unread;
		__entry->err = err;
	),
	TP_printk("conn=%llx epoch=%llu unacked=%u unread=%u err=%d",
		  __entry->conn_id, __entry->epoch, __entry->unacked,
		  __entry->unread, __entry->err)
);

#endif /* _FTTCP_TRACE_H */

/* The directory of this file is on the include path of trace.c. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
