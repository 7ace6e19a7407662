/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two nodes say to each other beside the link: one datagram, its bytes, and
 * whether it is news, an old one, or one that somebody sends again. Pure.
 *
 * Every start of a daemon has a number of its own (nonce), every datagram one that
 * grows, and each names the newest of the other side. Who is named so knows that
 * what he hears was said after what he has said himself, whatever was recorded
 * before. Numbers go in network order; the code behind them is of all before it.
 */
#ifndef FTTCPD_BEAT_H
#define FTTCPD_BEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTTCPD_BEAT_MAC		32	/* HMAC-SHA256 */
#define FTTCPD_BEAT_BODY	56
#define FTTCPD_BEAT_LEN		(FTTCPD_BEAT_BODY + FTTCPD_BEAT_MAC)

/* This backup has a complete copy: it may be promoted. */
#define FTTCPD_BEAT_COPY	0x01

/**
 * struct fttcpd_beat - one datagram
 * @state:	enum fttcp_state of the sender's kernel
 * @flags:	FTTCPD_BEAT_*
 * @from:	number of the node that sends
 * @to:		of the one that it is for
 * @epoch:	of the sender
 * @nonce:	of the sender's start
 * @counter:	of this datagram
 * @echo_nonce:	the newest @nonce that the sender has heard, 0 for none
 * @echo_counter: @counter of that
 */
struct fttcpd_beat {
	uint8_t state;
	uint8_t flags;
	uint32_t from;
	uint32_t to;
	uint64_t epoch;
	uint64_t nonce;
	uint64_t counter;
	uint64_t echo_nonce;
	uint64_t echo_counter;
};

/**
 * enum fttcpd_heard - what a datagram is
 * @FTTCPD_HEARD_LIVE:	said now, by who has heard this node
 * @FTTCPD_HEARD_GREETING: of who has not heard this node yet; proves nothing
 * @FTTCPD_HEARD_LATE:	overtaken by a newer one; proves nothing
 * @FTTCPD_HEARD_REPLAYED: heard before, or of another time
 */
enum fttcpd_heard {
	FTTCPD_HEARD_LIVE,
	FTTCPD_HEARD_GREETING,
	FTTCPD_HEARD_LATE,
	FTTCPD_HEARD_REPLAYED,
};

/**
 * struct fttcpd_hearing - what was said and heard so far
 * @nonce:	of this start, not 0
 * @counter:	of the last datagram sent
 * @peer_nonce:	of the other node's start, 0 for none
 * @peer_counter: largest that was heard of it
 * @seen:	bit n: @peer_counter - n was heard
 * @echo:	the newest own counter that it has named
 * @met:	it has named @nonce
 * @heard_ms:	when it was heard last, which counts with @met
 */
struct fttcpd_hearing {
	uint64_t nonce;
	uint64_t counter;
	uint64_t peer_nonce;
	uint64_t peer_counter;
	uint64_t seen;
	uint64_t echo;
	bool met;
	int64_t heard_ms;
};

void fttcpd_beat_pack(const struct fttcpd_beat *beat,
		      uint8_t out[FTTCPD_BEAT_BODY]);
int fttcpd_beat_unpack(struct fttcpd_beat *beat, const uint8_t *in, size_t len);
void fttcpd_beat_number(struct fttcpd_hearing *h, struct fttcpd_beat *beat);
enum fttcpd_heard fttcpd_beat_hear(struct fttcpd_hearing *h,
				   const struct fttcpd_beat *beat,
				   int64_t now_ms, int64_t patience_ms);
bool fttcpd_beat_lives(const struct fttcpd_hearing *h, int64_t now_ms,
		       int64_t patience_ms);

#endif /* FTTCPD_BEAT_H */
