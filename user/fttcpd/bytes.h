/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers in a datagram: in network order, at any address.
 */
#ifndef FTTCPD_BYTES_H
#define FTTCPD_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void fttcpd_put32(uint8_t *out, uint32_t n)
{
	n = htobe32(n);
	memcpy(out, &n, sizeof(n));
}

static inline void fttcpd_put64(uint8_t *out, uint64_t n)
{
	n = htobe64(n);
	memcpy(out, &n, sizeof(n));
}

static inline uint32_t fttcpd_get32(const uint8_t *in)
{
	uint32_t n;

	memcpy(&n, in, sizeof(n));
	return be32toh(n);
}

static inline uint64_t fttcpd_get64(const uint8_t *in)
{
	uint64_t n;

	memcpy(&n, in, sizeof(n));
	return be64toh(n);
}

#endif /* FTTCPD_BYTES_H */
