/* SPDX-License-Identifier: GPL-2.0-only */
/* Patience: TCP does not give up on a peer while what it is to answer waits. */
#ifndef _FTTCP_PATIENCE_H
#define _FTTCP_PATIENCE_H

#include "conn.h"

void fttcp_patience_init_net(struct fttcp_net *fn);
void fttcp_patience_want(struct fttcp_net *fn);

#endif /* _FTTCP_PATIENCE_H */
