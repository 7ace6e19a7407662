/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service manager's notification protocol (sd_notify(3)): lines of
 * NAME=value in one datagram to the socket named by $NOTIFY_SOCKET. Plain
 * sockets; nothing happens without a manager.
 */
#ifndef FTTCPD_NOTIFY_H
#define FTTCPD_NOTIFY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

int fttcpd_notify_address(const char *path, struct sockaddr_un *sun,
			  socklen_t *len);
void fttcpd_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint64_t fttcpd_notify_watchdog_us(void);

#endif /* FTTCPD_NOTIFY_H */
