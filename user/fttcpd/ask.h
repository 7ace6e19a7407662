/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node and the witness say to each other: one datagram and its bytes. Its
 * numbers are those of beat.h, and so is what is news. Pure.
 */
#ifndef FTTCPD_ASK_H
#define FTTCPD_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "beat.h"

#define FTTCPD_ASK_MAC		32	/* HMAC-SHA256 */
#define FTTCPD_ASK_BODY		64
#define FTTCPD_ASK_LEN		(FTTCPD_ASK_BODY + FTTCPD_ASK_MAC)
/* What the code of a datagram is of, beside its bytes. */
#define FTTCPD_ASK_LABEL	"fttcp witness 1"

/**
 * enum fttcpd_ask_what - what a datagram is for
 * @FTTCPD_ASK_LOOK:	node: how does it stand?
 * @FTTCPD_ASK_GO_ON:	node: may I go on without the other one?
 * @FTTCPD_ASK_GO_ON_WITH: the same, with the connections of before
 * @FTTCPD_ASK_ALONE:	node: the same; I am active without the other one already
 * @FTTCPD_ASK_CLAIM:	node: an operator lets me
 * @FTTCPD_ASK_UNUSED:	node: takes back the lease that it names, see enum fttcpd_end
 * @FTTCPD_ASK_GONE:	node: the same
 * @FTTCPD_ASK_SHARED:	node: the same
 * @FTTCPD_ASK_STATUS:	witness: this is how it stands
 * @FTTCPD_ASK_GRANTED:	witness: yes
 * @FTTCPD_ASK_HELD:	witness: no, the other one has the lease
 * @FTTCPD_ASK_STALE:	witness: no, your connections are old
 * @FTTCPD_ASK_CANNOT:	witness: no, I cannot keep it in my file
 * @FTTCPD_ASK_WHATS:	how many
 */
enum fttcpd_ask_what {
	FTTCPD_ASK_LOOK,
	FTTCPD_ASK_GO_ON,
	FTTCPD_ASK_GO_ON_WITH,
	FTTCPD_ASK_ALONE,
	FTTCPD_ASK_CLAIM,
	FTTCPD_ASK_UNUSED,
	FTTCPD_ASK_GONE,
	FTTCPD_ASK_SHARED,
	FTTCPD_ASK_STATUS,
	FTTCPD_ASK_GRANTED,
	FTTCPD_ASK_HELD,
	FTTCPD_ASK_STALE,
	FTTCPD_ASK_CANNOT,
	FTTCPD_ASK_WHATS,
};

/**
 * struct fttcpd_ask - one datagram
 * @what:	enum fttcpd_ask_what
 * @node:	the node that asks, or that is answered
 * @lease:	number of the lease; in an answer as it is now
 * @owner:	of the lease, in an answer
 * @last:	see struct fttcpd_lease, in an answer
 * @beat:	the numbers: nonce, counter and their echoes
 */
struct fttcpd_ask {
	uint8_t what;
	uint32_t node;
	uint64_t lease;
	uint32_t owner;
	uint32_t last;
	struct fttcpd_beat beat;
};

void fttcpd_ask_pack(const struct fttcpd_ask *ask, uint8_t out[FTTCPD_ASK_BODY]);
int fttcpd_ask_unpack(struct fttcpd_ask *ask, const uint8_t *in, size_t len);

#endif /* FTTCPD_ASK_H */
