// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generating and checking the byte streams of the tests: eight bytes from one
 * mix of seed, direction and word index. No sockets here.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "pattern.h"

/* The finaliser of splitmix64: all output bits depend on all input bits. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* How far from where they belong pattern_find() looks for bytes. */
#define FIND_RANGE	(4U << 20)

static uint64_t word_at(const struct pattern *p, uint64_t index)
{
	uint64_t base = mix(p->seed * 2 + (p->dir == 's'));

	return mix(base + index * 0x9e3779b97f4a7c15ULL);
}

/**
 * pattern_fill() - generate a piece of the stream
 * @p: which stream
 * @off: offset of the first byte
 * @buf: where to put it
 * @len: how many bytes
 */
void pattern_fill(const struct pattern *p, uint64_t off, void *buf, size_t len)
{
	unsigned char *out = buf;

	while (len) {
		uint64_t w = word_at(p, off / 8);
		size_t skip = off % 8;
		size_t n = 8 - skip < len ? 8 - skip : len;

		memcpy(out, (unsigned char *)&w + skip, n);
		out += n;
		off += n;
		len -= n;
	}
}

/**
 * pattern_check() - compare a received piece with what it must be
 * @p: which stream
 * @off: offset of the first byte
 * @buf: what was received
 * @len: how many bytes
 *
 * Return: how many leading bytes are right; @len when all are.
 */
size_t pattern_check(const struct pattern *p, uint64_t off, const void *buf,
		     size_t len)
{
	const unsigned char *in = buf;
	size_t done = 0;

	while (done < len) {
		uint64_t w = word_at(p, (off + done) / 8);
		const unsigned char *want = (unsigned char *)&w;
		size_t skip = (off + done) % 8;
		size_t n = 8 - skip < len - done ? 8 - skip : len - done;
		size_t i;

		for (i = 0; i < n; i++) {
			if (in[done + i] != want[skip + i])
				return done + i;
		}
		done += n;
	}
	return len;
}

/**
 * pattern_find() - where in the stream do these bytes belong
 * @p: which stream
 * @near: where they were found
 * @buf: the bytes, 16 or more to be sure
 * @len: how many
 *
 * Return: their offset, or -1 when they are not within four megabytes.
 */
int64_t pattern_find(const struct pattern *p, uint64_t near, const void *buf,
		     size_t len)
{
	uint64_t from = near > FIND_RANGE ? near - FIND_RANGE : 0;
	unsigned char *all = malloc(2 * (size_t)FIND_RANGE);
	int64_t found = -1;
	unsigned char *at;

	if (!all)
		return -1;
	pattern_fill(p, from, all, 2 * (size_t)FIND_RANGE);
	at = memmem(all, 2 * (size_t)FIND_RANGE, buf, len);
	if (at)
		found = from + (at - all);
	free(all);
	return found;
}
