/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon may do to the machine. It starts with CAP_NET_ADMIN, and with
 * CAP_NET_RAW to open the sockets of packet.h, and goes on with the first alone.
 */
#ifndef FTTCPD_PRIVILEGE_H
#define FTTCPD_PRIVILEGE_H

#include <stdint.h>

uint64_t fttcpd_privilege_left(uint64_t have);
int fttcpd_privilege_drop(void);

#endif /* FTTCPD_PRIVILEGE_H */
