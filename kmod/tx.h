/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The active's side of one connection: outbound bytes into records, and what
 * the records say besides bytes.
 */
#ifndef _FTTCP_TX_H
#define _FTTCP_TX_H

#include "conn.h"
#include "record.h"

int fttcp_tx_capture(struct fttcp_conn *c);
int fttcp_tx_news(struct fttcp_conn *c, bool always);
int fttcp_tx_queue(struct fttcp_conn *c, struct fttcp_record *rec,
		   struct fttcp_wire_state *state, bool protects);
void fttcp_tx_release_cb(struct fttcp_conn *c);
bool fttcp_tx_forget(struct fttcp_conn *c);
void fttcp_tx_end(struct fttcp_conn *c);
int fttcp_tx_freeze(struct fttcp_conn *c, bool mute, unsigned long end);
bool fttcp_tx_again(const struct fttcp_conn *c);
void fttcp_tx_resync(struct fttcp_conn *c);
void fttcp_conn_flush(struct fttcp_conn *c);

#endif /* _FTTCP_TX_H */
