/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other ends of fttcpd's sockets: a node at the other end of the link, on
 * the loopback, and an operator at the control socket.
 */
#ifndef TESTS_DAEMON_PEER_H
#define TESTS_DAEMON_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint16_t peer_free_port(void);
int peer_connect(uint16_t port);
int peer_listen(uint16_t port);
int peer_ask(const char *path, const char *request);
bool peer_answer(int fd, char *answer, size_t size);

#endif /* TESTS_DAEMON_PEER_H */
