/* SPDX-License-Identifier: GPL-2.0-only */
/* Kick: the peer of a promoted connection goes on at once. */
#ifndef _FTTCP_KICK_H
#define _FTTCP_KICK_H

#include "conn.h"

int fttcp_kick_init(void);
void fttcp_kick_exit(void);
void fttcp_kick_init_net(struct fttcp_net *fn);
void fttcp_kick_want(struct fttcp_conn *c);
void fttcp_kick_start(struct fttcp_net *fn);

#endif /* _FTTCP_KICK_H */
