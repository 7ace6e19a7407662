/* SPDX-License-Identifier: GPL-2.0-only */
/* How a connection that exists gets to a backup, and what a lost link means. */
#ifndef _FTTCP_SNAPSHOT_H
#define _FTTCP_SNAPSHOT_H

#include "conn.h"

struct fttcp_lane;
struct fttcp_link;

void fttcp_snapshot_join(struct fttcp_conn *c);
void fttcp_snapshot_join_late(struct fttcp_conn *c);
void fttcp_snapshot_join_all(struct fttcp_net *fn);
int fttcp_snapshot_conn(struct fttcp_conn *c, gfp_t gfp);
bool fttcp_snapshot_refused(struct fttcp_conn *c);
void fttcp_snapshot_unrefuse(struct fttcp_conn *c);
void fttcp_snapshot_link(struct fttcp_link *link);
void fttcp_snapshot_lose(struct fttcp_conn *c);
void fttcp_snapshot_link_lost(struct fttcp_link *link);
void fttcp_snapshot_nack(struct fttcp_lane *lane,
			 const struct fttcp_wire_conn_ref *r);

#endif /* _FTTCP_SNAPSHOT_H */
