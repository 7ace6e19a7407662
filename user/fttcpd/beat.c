// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the datagrams of the second path: their bytes, and what is news.
 *
 *	 0  "ftsp"
 *	 4  version, 1
 *	 5  state
 *	 6  flags
 *	 7  0
 *	 8  from		12  to
 *	16  epoch
 *	24  nonce		32  counter
 *	40  echo-nonce		48  echo-counter
 *	56  HMAC of all that, which is path.c's
 */
#include <errno.h>
#include <string.h>

#include <fttcp/strings-gen.h>
#include <linux/fttcp.h>

#include "beat.h"
#include "bytes.h"

#define MAGIC		"ftsp"
#define VERSION		1
/* So far behind the newest one a datagram may be overtaken (bits of @seen). */
#define WINDOW		64

/**
 * fttcpd_beat_pack() - as bytes
 * @beat:	datagram
 * @out:	all of it but the code
 */
void fttcpd_beat_pack(const struct fttcpd_beat *beat,
		      uint8_t out[FTTCPD_BEAT_BODY])
{
	memcpy(out, MAGIC, 4);
	out[4] = VERSION;
	out[5] = beat->state;
	out[6] = beat->flags;
	out[7] = 0;
	fttcpd_put32(out + 8, beat->from);
	fttcpd_put32(out + 12, beat->to);
	fttcpd_put64(out + 16, beat->epoch);
	fttcpd_put64(out + 24, beat->nonce);
	fttcpd_put64(out + 32, beat->counter);
	fttcpd_put64(out + 40, beat->echo_nonce);
	fttcpd_put64(out + 48, beat->echo_counter);
}

/**
 * fttcpd_beat_unpack() - from bytes
 * @beat:	filled
 * @in:		what has arrived
 * @len:	bytes of it
 *
 * Return: 0; -EPROTO for another version; -EBADMSG for what is none.
 */
int fttcpd_beat_unpack(struct fttcpd_beat *beat, const uint8_t *in, size_t len)
{
	if (len < 5 || memcmp(in, MAGIC, 4))
		return -EBADMSG;
	if (in[4] != VERSION)
		return -EPROTO;
	if (len != FTTCPD_BEAT_LEN || in[5] > FTTCP_STATE_MAX ||
	    in[6] & ~FTTCPD_BEAT_COPY || in[7])
		return -EBADMSG;
	beat->state = in[5];
	beat->flags = in[6];
	beat->from = fttcpd_get32(in + 8);
	beat->to = fttcpd_get32(in + 12);
	beat->epoch = fttcpd_get64(in + 16);
	beat->nonce = fttcpd_get64(in + 24);
	beat->counter = fttcpd_get64(in + 32);
	beat->echo_nonce = fttcpd_get64(in + 40);
	beat->echo_counter = fttcpd_get64(in + 48);
	return beat->nonce && beat->counter ? 0 : -EBADMSG;
}

/**
 * fttcpd_beat_number() - the numbers of the next datagram
 * @h:		hearing
 * @beat:	gets them
 */
void fttcpd_beat_number(struct fttcpd_hearing *h, struct fttcpd_beat *beat)
{
	beat->nonce = h->nonce;
	beat->counter = ++h->counter;
	beat->echo_nonce = h->peer_nonce;
	beat->echo_counter = h->peer_counter;
}

/* It names this start, and nothing that was not sent yet. */
static bool knows_us(const struct fttcpd_hearing *h,
		     const struct fttcpd_beat *beat)
{
	return beat->echo_nonce == h->nonce &&
	       beat->echo_counter <= h->counter;
}

static void begin(struct fttcpd_hearing *h, const struct fttcpd_beat *beat)
{
	h->peer_nonce = beat->nonce;
	h->peer_counter = beat->counter;
	h->seen = 1;
	h->met = false;
}

static enum fttcpd_heard take(struct fttcpd_hearing *h,
			      const struct fttcpd_beat *beat, int64_t now_ms)
{
	if (!knows_us(h, beat))
		return FTTCPD_HEARD_GREETING;
	h->met = true;
	h->heard_ms = now_ms;
	if (beat->echo_counter > h->echo)
		h->echo = beat->echo_counter;
	return FTTCPD_HEARD_LIVE;
}

static enum fttcpd_heard hear_known(struct fttcpd_hearing *h,
				    const struct fttcpd_beat *beat,
				    int64_t now_ms)
{
	uint64_t ahead, behind;

	if (beat->counter > h->peer_counter) {
		ahead = beat->counter - h->peer_counter;
		h->seen = ahead < WINDOW ? h->seen << ahead | 1 : 1;
		h->peer_counter = beat->counter;
		return take(h, beat, now_ms);
	}
	behind = h->peer_counter - beat->counter;
	if (behind >= WINDOW || h->seen & 1ULL << behind)
		return FTTCPD_HEARD_REPLAYED;
	h->seen |= 1ULL << behind;
	return FTTCPD_HEARD_LATE;
}

/**
 * fttcpd_beat_hear() - a datagram of the other node, whose code was right
 * @h:		hearing
 * @beat:	what it says
 * @now_ms:	monotonic
 * @patience_ms: as in fttcpd_beat_lives()
 *
 * The other node may have started anew. If it names something of this node that
 * is newer than all it has named before, it has; while one is heard well, nobody
 * else is greeted, so that what was recorded cannot end the conversation.
 *
 * Return: what it is; @beat counts with FTTCPD_HEARD_LIVE only.
 */
enum fttcpd_heard fttcpd_beat_hear(struct fttcpd_hearing *h,
				   const struct fttcpd_beat *beat,
				   int64_t now_ms, int64_t patience_ms)
{
	if (beat->nonce == h->peer_nonce)
		return hear_known(h, beat, now_ms);
	if (knows_us(h, beat) && beat->echo_counter > h->echo) {
		begin(h, beat);
		return take(h, beat, now_ms);
	}
	if (!fttcpd_beat_lives(h, now_ms, patience_ms)) {
		begin(h, beat);
		return FTTCPD_HEARD_GREETING;
	}
	return beat->echo_nonce ? FTTCPD_HEARD_REPLAYED :
				  FTTCPD_HEARD_GREETING;
}

/**
 * fttcpd_beat_lives() - whether the other node was heard lately
 * @h:		hearing
 * @now_ms:	monotonic
 * @patience_ms: for how long it counts
 *
 * Return: true if so, and it hears this one.
 */
bool fttcpd_beat_lives(const struct fttcpd_hearing *h, int64_t now_ms,
		       int64_t patience_ms)
{
	return h->met && now_ms - h->heard_ms <= patience_ms;
}
