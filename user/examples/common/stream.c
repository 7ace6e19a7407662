// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bulk programs' stream (splitmix64 of the word's number), digest and rate
 * limit. See stream.h.
 */
#include <err.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "protect.h"
#include "stream.h"

/* A limited stream is written in pieces of at least this many ms. */
#define PACE_STEP_MS	10
/* After a pause the limit catches up with at most this many ms. */
#define PACE_BURST_MS	200

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

uint64_t stream_seed(uint16_t client_port, enum stream_dir dir)
{
	return mix((uint64_t)client_port << 1 | dir);
}

/* Eight bytes of the stream, as they lie in memory. */
static uint64_t word(uint64_t seed, uint64_t number)
{
	return htole64(mix(seed + number));
}

void stream_fill(void *buf, size_t len, uint64_t seed, uint64_t offset)
{
	unsigned char *p = buf;

	while (len) {
		size_t skip = offset % 8, n = 8 - skip;
		uint64_t w = word(seed, offset / 8);

		if (!skip && len >= 8) {
			memcpy(p, &w, 8);
		} else {
			if (n > len)
				n = len;
			memcpy(p, (unsigned char *)&w + skip, n);
		}
		p += n;
		len -= n;
		offset += n;
	}
}

static bool byte_ok(const unsigned char *p, uint64_t seed, uint64_t offset)
{
	uint64_t w = word(seed, offset / 8);

	return *p == ((unsigned char *)&w)[offset % 8];
}

size_t stream_check(const void *buf, size_t len, uint64_t seed, uint64_t offset)
{
	const unsigned char *p = buf;
	size_t at = 0;

	while (at < len) {
		uint64_t w;

		if (!((offset + at) % 8) && len - at >= 8) {
			w = word(seed, (offset + at) / 8);
			if (!memcmp(p + at, &w, 8)) {
				at += 8;
				continue;
			}
		}
		if (!byte_ok(p + at, seed, offset + at))
			break;
		at++;
	}
	return at;
}

struct digest *digest_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		errx(1, "SHA-256 is not available");
	return (struct digest *)ctx;
}

void digest_add(struct digest *d, const void *buf, size_t len)
{
	EVP_DigestUpdate((EVP_MD_CTX *)d, buf, len);
}

void digest_end(struct digest *d, char hex[STREAM_DIGEST])
{
	unsigned char md[EVP_MAX_MD_SIZE];

	EVP_DigestFinal_ex((EVP_MD_CTX *)d, md, NULL);
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
}

size_t pace_room(struct pace *p)
{
	uint64_t now, due;

	if (!p->rate)
		return SIZE_MAX;
	now = now_ms();
	if (!p->start)
		p->start = now - PACE_STEP_MS;
	due = (now - p->start) * p->rate / 1000;
	if (due > p->done + p->rate * PACE_BURST_MS / 1000)
		p->done = due - p->rate * PACE_BURST_MS / 1000;
	return due > p->done ? due - p->done : 0;
}

int pace_wait(const struct pace *p)
{
	return p->rate ? PACE_STEP_MS : 0;
}
