// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the bytes of what nodes and the witness say. Numbers go in network order.
 *
 *	 0  "ftwi"
 *	 4  version, 1
 *	 5  what
 *	 6  0, 0
 *	 8  lease
 *	16  node		20  owner
 *	24  last		28  0
 *	32  nonce		40  counter
 *	48  echo-nonce		56  echo-counter
 *	64  HMAC of all that, which is not this file's
 */
#include <errno.h>
#include <string.h>

#include "ask.h"
#include "bytes.h"

#define MAGIC		"ftwi"
#define VERSION		1

/**
 * fttcpd_ask_pack() - as bytes
 * @ask:	datagram
 * @out:	all of it but the code
 */
void fttcpd_ask_pack(const struct fttcpd_ask *ask, uint8_t out[FTTCPD_ASK_BODY])
{
	memset(out, 0, FTTCPD_ASK_BODY);
	memcpy(out, MAGIC, 4);
	out[4] = VERSION;
	out[5] = ask->what;
	fttcpd_put64(out + 8, ask->lease);
	fttcpd_put32(out + 16, ask->node);
	fttcpd_put32(out + 20, ask->owner);
	fttcpd_put32(out + 24, ask->last);
	fttcpd_put64(out + 32, ask->beat.nonce);
	fttcpd_put64(out + 40, ask->beat.counter);
	fttcpd_put64(out + 48, ask->beat.echo_nonce);
	fttcpd_put64(out + 56, ask->beat.echo_counter);
}

/**
 * fttcpd_ask_unpack() - from bytes
 * @ask:	filled
 * @in:		what has arrived
 * @len:	bytes of it
 *
 * Return: 0; -EPROTO for another version; -EBADMSG for what is none.
 */
int fttcpd_ask_unpack(struct fttcpd_ask *ask, const uint8_t *in, size_t len)
{
	if (len < 5 || memcmp(in, MAGIC, 4))
		return -EBADMSG;
	if (in[4] != VERSION)
		return -EPROTO;
	if (len != FTTCPD_ASK_LEN || in[5] >= FTTCPD_ASK_WHATS || in[6] ||
	    in[7] || fttcpd_get32(in + 28))
		return -EBADMSG;
	memset(ask, 0, sizeof(*ask));
	ask->what = in[5];
	ask->lease = fttcpd_get64(in + 8);
	ask->node = fttcpd_get32(in + 16);
	ask->owner = fttcpd_get32(in + 20);
	ask->last = fttcpd_get32(in + 24);
	ask->beat.nonce = fttcpd_get64(in + 32);
	ask->beat.counter = fttcpd_get64(in + 40);
	ask->beat.echo_nonce = fttcpd_get64(in + 48);
	ask->beat.echo_counter = fttcpd_get64(in + 56);
	return ask->node && ask->beat.nonce && ask->beat.counter ? 0 : -EBADMSG;
}
