/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A code on each frame of one direction of a connection, which covers its number:
 * a frame that was changed, made up, left out, said twice or in another order, or
 * that is of another connection or of the other direction, has another one. The key
 * is of this connection and direction alone (greet.h).
 */
#ifndef FTTCPD_SEAL_H
#define FTTCPD_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"

/**
 * struct fttcpd_seal - one direction of one connection
 * @on:		frames have a code
 * @key:	the code's
 * @number:	frames so far
 */
struct fttcpd_seal {
	bool on;
	uint8_t key[FTTCP_AUTH_MAC];
	uint64_t number;
};

void fttcpd_seal_begin(struct fttcpd_seal *seal,
		       const uint8_t key[FTTCP_AUTH_MAC]);
void fttcpd_seal_end(struct fttcpd_seal *seal);
size_t fttcpd_seal_size(const struct fttcpd_seal *seal);
int fttcpd_seal_put(struct fttcpd_seal *seal, const void *frame, size_t len,
		    uint8_t mac[FTTCP_AUTH_MAC]);
bool fttcpd_seal_check(struct fttcpd_seal *seal, const void *frame, size_t len,
		       const uint8_t mac[FTTCP_AUTH_MAC]);

#endif /* FTTCPD_SEAL_H */
