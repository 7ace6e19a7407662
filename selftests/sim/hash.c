// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash of bytes in histories, and of histories. It finds errors, no
 * attackers: every bit of every word changes the result.
 */
#include <string.h>

#include "hist.h"

static uint64_t step(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
}

/**
 * hist_hash() - hash of some bytes
 * @data: the bytes
 * @len: how many
 * @from: hash of what came before, or 0
 *
 * Return: the hash.
 */
uint64_t hist_hash(const void *data, size_t len, uint64_t from)
{
	const unsigned char *p = data;
	uint64_t h = step(from, len), w;

	for (; len >= sizeof(w); len -= sizeof(w), p += sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		h = step(h, w);
	}
	w = 0;
	memcpy(&w, p, len);
	return step(h, w);
}
