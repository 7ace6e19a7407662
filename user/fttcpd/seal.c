// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the codes on frames. See seal.h.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "fttcp-packet.h"
#include "seal.h"

/**
 * fttcpd_seal_begin() - a connection is new
 * @seal:	one direction of it
 * @key:	that nobody else has
 */
void fttcpd_seal_begin(struct fttcpd_seal *seal,
		       const uint8_t key[FTTCP_AUTH_MAC])
{
	seal->on = true;
	seal->number = 0;
	memcpy(seal->key, key, sizeof(seal->key));
}

/** fttcpd_seal_end() - without a code, and no key in memory */
void fttcpd_seal_end(struct fttcpd_seal *seal)
{
	explicit_bzero(seal, sizeof(*seal));
}

/** fttcpd_seal_size() - bytes that come behind each frame */
size_t fttcpd_seal_size(const struct fttcpd_seal *seal)
{
	return seal->on ? FTTCP_AUTH_MAC : 0;
}

/* The code covers the number, which is not said: both ends count. */
static int code(const struct fttcpd_seal *seal, const void *frame, size_t len,
		uint8_t *mac)
{
	static __thread uint8_t text[sizeof(uint64_t) + sizeof(uint32_t) +
				     FTTCP_PACKET_MAX];
	uint64_t number = seal->number;
	int i;

	if (len > sizeof(text) - sizeof(number))
		return -EMSGSIZE;
	for (i = sizeof(number); i--; number >>= 8)
		text[i] = number;
	memcpy(text + sizeof(number), frame, len);
	return fttcpd_auth_hmac(seal->key, sizeof(seal->key), text,
				sizeof(number) + len, mac);
}

/**
 * fttcpd_seal_put() - the code of the next frame that is said
 * @seal:	that is on
 * @frame:	@len bytes
 * @len:	how many, those of its length among them
 * @mac:	for the code
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_seal_put(struct fttcpd_seal *seal, const void *frame, size_t len,
		    uint8_t mac[FTTCP_AUTH_MAC])
{
	int rc = code(seal, frame, len, mac);

	if (!rc)
		seal->number++;
	return rc;
}

/**
 * fttcpd_seal_check() - is this the next frame, as it was said?
 * @seal:	that is on
 * @frame:	@len bytes
 * @len:	how many, those of its length among them
 * @mac:	what came behind it
 *
 * Return: whether it is; false in doubt, and the connection is of no more use.
 */
bool fttcpd_seal_check(struct fttcpd_seal *seal, const void *frame, size_t len,
		       const uint8_t mac[FTTCP_AUTH_MAC])
{
	uint8_t own[FTTCP_AUTH_MAC];

	if (code(seal, frame, len, own) ||
	    CRYPTO_memcmp(own, mac, sizeof(own)))
		return false;
	seal->number++;
	return true;
}
