/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The random numbers of the fuzzers: small, the same everywhere for a seed, and
 * inclined to the edges where programs go wrong.
 */
#ifndef FT_RND_H
#define FT_RND_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct rnd - a generator
 * @s: its state; the seed at first
 */
struct rnd {
	uint64_t s;
};

/* splitmix64 */
static inline uint64_t rnd64(struct rnd *r)
{
	uint64_t x = r->s += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* 0 to @n - 1 */
static inline uint32_t rnd_below(struct rnd *r, uint32_t n)
{
	return n ? rnd64(r) % n : 0;
}

static inline bool rnd_one_in(struct rnd *r, uint32_t n)
{
	return !rnd_below(r, n);
}

/* @min to @max, often one of the two or next to them */
static inline uint64_t rnd_range(struct rnd *r, uint64_t min, uint64_t max)
{
	uint64_t span = max - min;

	switch (rnd_below(r, 8)) {
	case 0:
		return min;
	case 1:
		return max;
	case 2:
		return span ? min + 1 : min;
	case 3:
		return span ? max - 1 : max;
	}
	return span == UINT64_MAX ? rnd64(r) : min + rnd64(r) % (span + 1);
}

/* any number of @bytes bytes, often one that is easily got wrong */
static inline uint64_t rnd_edge(struct rnd *r, unsigned int bytes)
{
	unsigned int bits = bytes * 8;
	uint64_t all = bits == 64 ? UINT64_MAX : (1ULL << bits) - 1;

	switch (rnd_below(r, 6)) {
	case 0:
		return 0;
	case 1:
		return all;
	case 2:
		return all >> 1;
	case 3:
		return (all >> 1) + 1;
	case 4:
		return 1ULL << rnd_below(r, bits);
	}
	return rnd64(r) & all;
}

#endif /* FT_RND_H */
