/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One BGP session over one accepted connection, live or in standby.
 *
 * What it receives decides everything: the state (OPEN seen, KEEPALIVE seen),
 * the hold time, the table. So a replica, which reads the same inbound stream
 * on the backup, comes to the same state without a message between the two
 * collectors.
 *
 * What it sends is a function of the offset alone: the OPEN, which depends on
 * nothing but the configuration, then KEEPALIVEs, all of them equal. The
 * replica that becomes live asks the kernel how many bytes were written
 * before it and goes on from there; should the last message not be whole it
 * completes it, and so stays on a message boundary in any case. (A
 * NOTIFICATION is the exception, and it is the last message of a connection.)
 */
#ifndef BGP_COLLECTOR_SESSION_H
#define BGP_COLLECTOR_SESSION_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bgp.h"
#include "table.h"

/* Four whole messages: a read never waits for more room. */
#define SESSION_RXBUF	(4 * BGP_MAX)

/**
 * struct session - one peer's connection
 * @next:	list of sessions
 * @fd:		the connection; -1 when it has ended
 * @remote:	peer's address
 * @port:	peer's port
 * @our:	what our OPEN says
 * @open:	what the peer's OPEN says
 * @open_seen:	the peer's OPEN was received
 * @established: OPEN and a KEEPALIVE were received
 * @standby:	reads only: a replica before promotion
 * @resumed:	the connection was taken over from another node
 * @partial:	joined in the middle of the stream, so the table is not whole
 * @resync:	still looking for the first message boundary
 * @out_done:	outbound stream bytes written, by whichever node
 * @out_want:	outbound stream bytes that should be written, a boundary
 * @hold_at:	when the peer is given up, ms; 0 never
 * @keepalive_at: when the next KEEPALIVE is due, ms; 0 never
 * @rx_total:	inbound stream bytes read, with those before us
 * @updates:	UPDATE messages received
 * @keepalives:	KEEPALIVE messages received
 * @error:	why the session ended; BGP_ERR_*, 0 for an ended connection
 * @sys_errno:	the socket's error, when it ended by one
 * @rx_len:	bytes in @rx
 * @rx:		bytes not yet parsed
 * @table:	what the peer announced
 */
struct session {
	struct session *next;
	int fd;
	char remote[INET6_ADDRSTRLEN];
	uint16_t port;
	struct bgp_open our;
	struct bgp_open open;
	bool open_seen;
	bool established;
	bool standby;
	bool resumed;
	bool partial;
	bool resync;
	uint64_t out_done;
	uint64_t out_want;
	uint64_t hold_at;
	uint64_t keepalive_at;
	uint64_t rx_total;
	uint64_t updates;
	uint64_t keepalives;
	int error;
	int sys_errno;
	size_t rx_len;
	uint8_t rx[SESSION_RXBUF];
	struct table table;
};

/**
 * session_new() - begin with an accepted connection
 * @fd:		non-blocking connection, owned by the session from here on
 * @remote:	peer's address
 * @port:	peer's port
 * @our:	our OPEN
 *
 * Return: the session; it ends the program when there is no memory.
 */
struct session *session_new(int fd, const char *remote, uint16_t port,
			    const struct bgp_open *our);

/* Close the connection and forget the table. */
void session_free(struct session *s);

/* What to poll() the descriptor for. */
short session_events(const struct session *s);

/* Poll() reported @revents for the descriptor. */
void session_io(struct session *s, short revents);

/* Send what is due and give up a silent peer. */
void session_timer(struct session *s);

/* Ms to the next session_timer(), -1 never. */
int session_timeout(const struct session *s);

/**
 * session_close() - end the session with a NOTIFICATION
 * @s:		session
 * @error:	BGP_ERR_*
 *
 * A replica in standby is only closed: the peer belongs to the active node.
 */
void session_close(struct session *s, int error);

/* One JSON object. */
void session_print(const struct session *s, FILE *out);

#endif
