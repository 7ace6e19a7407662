/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replica: what a backup keeps of one connection. A real TCP socket, muted
 * and in no lookup table, and the bytes of both directions.
 */
#ifndef _FTTCP_REPLICA_H
#define _FTTCP_REPLICA_H

#include "conn.h"

struct fttcp_lane;

/**
 * struct fttcp_replica - hangs on a connection of role replica
 * @add:	the connection as CONN_ADD told it; options are kept current
 * @state:	how far it was when the active last told
 * @state_ns:	when that was (boot time, that runs on in a suspend)
 * @tx:		outbound bytes from snd_una to @tx_end
 * @tx_begin:	sequence number of the first byte in @tx
 * @tx_end:	after the last one
 * @rx:		inbound bytes that are not in the socket's receive queue
 * @rx_begin:	sequence number of the first byte in @rx
 * @rx_end:	after the last inbound byte
 * @tx_need:	without the outbound bytes before this it is incomplete
 * @rx_need:	the same of the inbound bytes
 * @tx_off:	stream offset of @state.snd_una
 * @rx_off:	stream offset of @state.copied
 * @charged:	bytes charged to the namespace
 * @lane:	where its records come from; not referenced, only compared
 * @gen:	the namespace's sync_gen when it was told
 * @audit:	the last audit that named it, or began before it was made
 * @audit_told:	the last audit whose difference was told
 * @fed:	inbound bytes go to the socket as they come: an application
 *		reads them before promotion
 *
 * All under the socket lock.
 */
struct fttcp_replica {
	struct fttcp_wire_conn_add add;
	struct fttcp_wire_state	state;
	u64			state_ns;
	struct sk_buff_head	tx;
	u32			tx_begin;
	u32			tx_end;
	struct sk_buff_head	rx;
	u32			rx_begin;
	u32			rx_end;
	u32			tx_need;
	u32			rx_need;
	u64			tx_off;
	u64			rx_off;
	u64			charged;
	const struct fttcp_lane	*lane;
	u32			gen;
	u64			audit;
	u64			audit_told;
	bool			fed;
};

int fttcp_replica_sync(struct fttcp_lane *lane,
		       const struct fttcp_wire_sync *s, bool begin);
int fttcp_replica_add(struct fttcp_lane *lane,
		      const struct fttcp_wire_conn_add *a, u64 index);
int fttcp_replica_opts(struct fttcp_lane *lane,
		       const struct fttcp_wire_conn_opts *o);
int fttcp_replica_data(struct fttcp_lane *lane, u8 type,
		       const struct fttcp_wire_data *d, struct sk_buff *skb,
		       u32 seq);
int fttcp_replica_state(struct fttcp_lane *lane,
			const struct fttcp_wire_conn_state *s);
int fttcp_replica_del(struct fttcp_lane *lane,
		      const struct fttcp_wire_conn_ref *r);

struct fttcp_conn *fttcp_replica_find(struct fttcp_lane *lane, __be64 id);
void fttcp_replica_free(struct fttcp_net *fn, struct fttcp_replica *r);
void fttcp_replica_view(struct fttcp_conn *c, struct fttcp_conn_view *v);
void fttcp_replica_feed_all(struct fttcp_conn *c);
u32 fttcp_replica_missing(const struct fttcp_conn *c);
void fttcp_replica_drop(struct fttcp_conn *c);
void fttcp_replica_drop_locked(struct fttcp_conn *c);
void fttcp_replica_nack(struct fttcp_lane *lane, u64 id, u8 reason, u64 index);
void fttcp_replica_drop_all(struct fttcp_net *fn);
void fttcp_replica_sock_gone(struct fttcp_conn *c);

#endif /* _FTTCP_REPLICA_H */
