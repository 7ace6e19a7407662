/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bulk programs send: a stream whose every byte follows from the
 * client's port, the direction and the offset. Whoever joins in the middle can
 * go on with it and can check it. Also the digest and the rate limit that both
 * programs use.
 */
#ifndef BULK_STREAM_H
#define BULK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 in hexadecimal, with the end. */
#define STREAM_DIGEST	65

enum stream_dir {
	STREAM_UP = 0,		/* client to server */
	STREAM_DOWN = 1,
};

/* The seed of one direction of a connection. */
uint64_t stream_seed(uint16_t client_port, enum stream_dir dir);

/* The bytes of a stream from an offset on. */
void stream_fill(void *buf, size_t len, uint64_t seed, uint64_t offset);

/**
 * stream_check() - compare bytes with what a stream has at an offset
 * @buf:	the bytes
 * @len:	how many
 * @seed:	of stream_seed()
 * @offset:	where in the stream they belong
 *
 * Return: index of the first wrong byte, or @len.
 */
size_t stream_check(const void *buf, size_t len, uint64_t seed,
		    uint64_t offset);

struct digest;

/* An empty SHA-256; ends the program when there is none. */
struct digest *digest_new(void);

void digest_add(struct digest *d, const void *buf, size_t len);

/* The result of all that was added; frees the digest. */
void digest_end(struct digest *d, char hex[STREAM_DIGEST]);

/**
 * struct pace - a rate limit
 * @rate:	bytes a second, 0 unlimited
 * @start:	ms of the first call
 * @done:	bytes since then
 */
struct pace {
	uint64_t rate;
	uint64_t start;
	uint64_t done;
};

/* Bytes that may go now, SIZE_MAX for any number. */
size_t pace_room(struct pace *p);

/* Milliseconds until there is room again. */
int pace_wait(const struct pace *p);

#endif
