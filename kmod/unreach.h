/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FTTCP_UNREACH_H
#define _FTTCP_UNREACH_H

#include "conn.h"

int fttcp_unreach_send(const struct fttcp_conn *c, u32 seq);

#endif /* _FTTCP_UNREACH_H */
