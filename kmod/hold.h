/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hold: output commit (R1, R2) and the lease (R4), at the output hook of each
 * protected socket.
 */
#ifndef _FTTCP_HOLD_H
#define _FTTCP_HOLD_H

#include "conn.h"

struct fttcp_lane;

int fttcp_queue_xmit(struct sock *sk, struct sk_buff *skb, struct flowi *fl);
void fttcp_hold_release(struct fttcp_conn *c);
bool fttcp_hold_waits(const struct fttcp_conn *c);
void fttcp_hold_again(struct fttcp_conn *c);
void fttcp_hold_alone(struct fttcp_conn *c);
void fttcp_hold_wake(struct fttcp_conn *c);
void fttcp_hold_flush(struct fttcp_conn *c, bool send);
void fttcp_hold_acked(struct fttcp_lane *lane, struct fttcp_conn *c,
		      u64 index);
void fttcp_hold_too_long(struct fttcp_conn *c);
u64 fttcp_hold_since(const struct fttcp_conn *c);

#endif /* _FTTCP_HOLD_H */
