/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The byte streams of the tests. Every byte is a function of a seed, a
 * direction and its offset in the stream, so that a process which joins in
 * the middle can generate and check from any offset on.
 */
#ifndef FT_PATTERN_H
#define FT_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct pattern - one direction of one connection
 * @seed: the same on both ends, different for every connection
 * @dir: 'c' from the client, 's' from the server
 */
struct pattern {
	uint64_t seed;
	char dir;
};

void pattern_fill(const struct pattern *p, uint64_t off, void *buf, size_t len);
size_t pattern_check(const struct pattern *p, uint64_t off, const void *buf,
		     size_t len);
int64_t pattern_find(const struct pattern *p, uint64_t near, const void *buf,
		     size_t len);

#endif /* FT_PATTERN_H */
