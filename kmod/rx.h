/* SPDX-License-Identifier: GPL-2.0-only */
/* Inbound bytes of a live connection into records. */
#ifndef _FTTCP_RX_H
#define _FTTCP_RX_H

struct fttcp_conn;

int fttcp_rx_capture(struct fttcp_conn *c);

#endif /* _FTTCP_RX_H */
