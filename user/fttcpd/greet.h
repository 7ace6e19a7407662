/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the two ends of a new connection prove to each other that they have the key.
 * A pure state machine over bytes: sockets and time are its caller's.
 *
 *   connects:	CALL	who I am, which lane, a nonce
 *   listens:	ANSWER	the same of its own, and a code over both
 *   connects:	PROOF	a code of its own over both
 *
 * The codes have a label for each direction and each use of a connection: what one
 * end says is of no use to say to it, nor on another connection. They cover both
 * nonces: what was recorded is of no use a second time.
 */
#ifndef FTTCPD_GREET_H
#define FTTCPD_GREET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"

#define FTTCPD_GREET_CALL	(16 + FTTCP_GREET_NONCE)
#define FTTCPD_GREET_ANSWER	(FTTCPD_GREET_CALL + FTTCP_AUTH_MAC)
#define FTTCPD_GREET_PROOF	FTTCP_AUTH_MAC

/**
 * enum fttcpd_greet_use - what the connection will be for
 * @FTTCPD_GREET_LINK:	a lane of the link; what follows is the kernel's
 * @FTTCPD_GREET_MESSAGES: messages of clients, with a code on each (seal.h)
 * @FTTCPD_GREET_USES:	how many
 */
enum fttcpd_greet_use {
	FTTCPD_GREET_LINK,
	FTTCPD_GREET_MESSAGES,
	FTTCPD_GREET_USES
};

/**
 * struct fttcpd_greet - one connection that is new
 * @use:	enum fttcpd_greet_use
 * @connects:	this end is who connected
 * @id:		this node
 * @peer_id:	the other node, 0 when any with the key is welcome
 * @met:	the node that the other end says it is; proven when this is done
 * @lane:	which connection; of who listens, as the other end said
 * @said:	CALL, then ANSWER without its code: what the codes cover
 * @in:		what came
 * @have:	bytes in @in
 * @want:	bytes that have to come next, 0 when this is done
 * @out:	@out_len bytes to send, at once: they fit any socket
 * @out_len:	how many
 * @why:	why it was refused, for a person
 * @say_key:	for messages, when this is done: of what this end says
 * @hear_key:	and of what the other end says
 */
struct fttcpd_greet {
	enum fttcpd_greet_use use;
	bool connects;
	uint32_t id;
	uint32_t peer_id;
	uint32_t met;
	uint32_t lane;
	uint8_t said[2 * FTTCPD_GREET_CALL];
	uint8_t in[FTTCPD_GREET_ANSWER];
	size_t have;
	size_t want;
	uint8_t out[FTTCPD_GREET_ANSWER];
	size_t out_len;
	const char *why;
	uint8_t say_key[FTTCP_AUTH_MAC];
	uint8_t hear_key[FTTCP_AUTH_MAC];
};

int fttcpd_greet_begin(struct fttcpd_greet *g);
int fttcpd_greet_take(struct fttcpd_greet *g, const struct fttcpd_auth *auth);

#endif /* FTTCPD_GREET_H */
