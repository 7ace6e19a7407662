/* SPDX-License-Identifier: GPL-2.0-only */
/* Claim: connections reach applications through the accept queue. */
#ifndef _FTTCP_CLAIM_H
#define _FTTCP_CLAIM_H

#include <uapi/linux/fttcp_sock.h>

#include "conn.h"

void fttcp_claim_init_net(struct fttcp_net *fn);
void fttcp_claim_later(struct fttcp_net *fn);
void fttcp_claim_want(struct fttcp_conn *c);
void fttcp_claim_orphan(struct fttcp_conn *c);
void fttcp_claim_standby(struct fttcp_conn *c);
void fttcp_claim_bury_all(struct fttcp_net *fn);
void fttcp_claim_drop_all(struct fttcp_net *fn);
void fttcp_standby_live(struct fttcp_conn *c);
void fttcp_standby_gone(struct fttcp_conn *c);

#endif /* _FTTCP_CLAIM_H */
