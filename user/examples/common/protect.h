/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few calls with which an ordinary accept() server becomes one whose
 * connections survive the machine: protect the listener, ask a connection
 * where its streams stand. All of it does nothing on a machine without fttcp,
 * so that the same program also runs unprotected.
 */
#ifndef EXAMPLES_PROTECT_H
#define EXAMPLES_PROTECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct stream_pos - where a connection's two streams stand
 * @known:	the kernel answered: the connection is one of fttcp's
 * @standby:	a replica: it can be read, and not yet written
 * @resumed:	it began its life on another node
 * @rx:		inbound bytes that were read before, by whichever process
 * @tx:		outbound bytes that were written before
 */
struct stream_pos {
	bool known;
	bool standby;
	bool resumed;
	uint64_t rx;
	uint64_t tx;
};

/**
 * protect_listener() - have fttcp protect what a listener will accept
 * @fd:		a listening TCP socket
 * @standby:	on the backup, accept the replicas before promotion
 *
 * Return: 0 or a negative errno; -ENOENT without the fttcp module.
 */
int protect_listener(int fd, bool standby);

/**
 * protect_query() - ask where a connection's streams stand
 * @fd:		a connected TCP socket
 * @pos:	filled in; all zero for a connection that fttcp does not know
 */
void protect_query(int fd, struct stream_pos *pos);

/**
 * listen_on() - a non-blocking listener on a possibly absent address
 * @addr:	IPv4 or IPv6 literal; "0.0.0.0" and "::" for any
 * @port:	TCP port
 *
 * The service address lives on one node at a time, and the backup must listen
 * before it has it: hence IP_FREEBIND.
 *
 * Return: the descriptor or a negative errno.
 */
int listen_on(const char *addr, uint16_t port);

/* Send each write at once: the paced streams are made of small ones. */
void no_delay(int fd);

/**
 * addr_text() - numeric text of a socket address, without the port
 * @ss:		IPv4, IPv6 or v4-mapped address
 * @buf:	result
 * @len:	size of @buf
 * @port:	set to the port in host byte order
 */
void addr_text(const struct sockaddr_storage *ss, char *buf, size_t len,
	       uint16_t *port);

/**
 * now_ms() - monotonic clock
 *
 * Return: milliseconds.
 */
uint64_t now_ms(void);

#endif
