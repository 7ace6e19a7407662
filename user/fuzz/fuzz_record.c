// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer on kmod/record_codec.c. The input is what comes over a lane: record
 * after record, until one is refused or the input ends. A mutator that knows
 * records adds, drops, exchanges and damages them and numbers them anew.
 *
 * What has to hold: a check reads no byte behind what it was given, changes
 * nothing and says the same when asked again; a refused header leaves the record
 * that is arriving alone; an accepted one encodes to the same bytes; a body is
 * accepted if and only if the grammar in selftests/recgen.c says that it is
 * valid.
 */
#include <stdio.h>
#include <stdlib.h>

#include "record_codec.c"
#include "recgen.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *in, size_t size, size_t max,
			       unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *in, size_t size, size_t max);

#define HDR	sizeof(struct fttcp_wire_hdr)

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* --- the checks ---------------------------------------------------------- */

/* At the end of memory of its own, so that a byte too far is seen. */
static void *exact(const uint8_t *from, size_t len)
{
	void *copy = malloc(len);

	must(copy, "memory");
	memcpy(copy, from, len);
	return copy;
}

static void encodes_alike(const struct fttcp_wire_hdr *h,
			  const struct fttcp_rx *rx)
{
	struct fttcp_wire_hdr again;

	fttcp_wire_encode_hdr(&again, rx->type, rx->payload_len, rx->index);
	/* HELLO may be of a newer version */
	if (rx->type == FTTCP_WIRE_HELLO)
		again.version = h->version;
	must(!memcmp(&again, h, sizeof(again)), "header encodes alike");
	recgen_header(&again, rx->type, rx->payload_len, rx->index);
	again.version = h->version;
	must(!memcmp(&again, h, sizeof(again)), "header as the grammar has it");
}

/* Return: false when the header was refused. */
static bool header(const uint8_t *in, u64 last, struct fttcp_rx *rx)
{
	struct fttcp_wire_hdr *h = exact(in, HDR);
	struct fttcp_rx before;
	enum fttcp_decode d;

	memset(rx, 0x5a, sizeof(*rx));
	before = *rx;
	d = fttcp_wire_decode_hdr(h, last, rx);
	must(!memcmp(h, in, HDR), "header is not written to");
	must(strcmp(fttcp_decode_text(d), "unknown error"), "verdict has a text");
	if (d) {
		must(!memcmp(rx, &before, sizeof(before)),
		     "refused header leaves no trace");
	} else {
		must(rx->have == before.have, "what was collected stays");
		must(rx->body_len && rx->body_len <= FTTCP_WIRE_BODY_MAX &&
		     rx->body_len == recgen_body_len(rx->type), "body length");
		must(rx->payload_len <= FTTCP_RECORD_PAYLOAD_MAX &&
		     !rx->payload_len == !fttcp_wire_has_payload(rx->type),
		     "payload length");
		must(!rx->payload_got, "payload begins");
		must(rx->index == (fttcp_wire_counted(rx->type) ? last + 1 : 0),
		     "index follows");
		encodes_alike(h, rx);
	}
	free(h);
	return !d;
}

static bool body(u8 type, const uint8_t *in, size_t len)
{
	void *copy = exact(in, len);
	enum fttcp_decode d = fttcp_wire_check_body(type, copy);

	must(!memcmp(copy, in, len), "body is not written to");
	must(d == fttcp_wire_check_body(type, copy), "verdict is stable");
	must(!d == recgen_valid(type, copy), "verdict is that of the grammar");
	free(copy);
	return !d;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct fttcp_rx rx;
	u64 last = 0;

	while (size >= HDR) {
		if (!header(in, last, &rx))
			return 0;
		in += HDR;
		size -= HDR;
		if (size < rx.body_len || !body(rx.type, in, rx.body_len))
			return 0;
		in += rx.body_len;
		size -= rx.body_len;
		if (size < rx.payload_len)
			return 0;
		in += rx.payload_len;
		size -= rx.payload_len;
		if (rx.index)
			last = rx.index;
	}
	return 0;
}

/* --- the mutator --------------------------------------------------------- */

#define RECORDS	64

struct cut {
	size_t at[RECORDS + 1];		/* where each begins, and the end */
	unsigned int n;
};

/* Where the records are, as far as the input looks like records. */
static void dissect(const uint8_t *in, size_t size, struct cut *c)
{
	size_t pos = 0, len;

	c->n = 0;
	c->at[0] = 0;
	while (c->n < RECORDS && size - pos >= HDR) {
		len = HDR + recgen_body_len(in[pos + 3]);
		if (recgen_has_payload(in[pos + 3]))
			len += (in[pos + 10] << 8 | in[pos + 11]) % 256;
		pos += len < size - pos ? len : size - pos;
		c->at[++c->n] = pos;
	}
}

static void renumber(uint8_t *in, const struct cut *c)
{
	u64 index = 0;

	for (unsigned int i = 0; i < c->n; i++) {
		uint8_t *h = in + c->at[i];	/* not aligned */
		__be64 be;

		if (c->at[i + 1] - c->at[i] < HDR)
			return;
		be = cpu_to_be64(recgen_counted(h[3]) ? ++index : 0);
		memcpy(h + offsetof(struct fttcp_wire_hdr, index), &be,
		       sizeof(be));
	}
}

/* Open a gap of @len bytes at @pos; the new size, 0 when it does not fit. */
static size_t make_room(uint8_t *in, size_t size, size_t max, size_t pos,
			size_t len)
{
	if (size + len > max)
		return 0;
	memmove(in + pos + len, in + pos, size - pos);
	return size + len;
}

static size_t add_record(uint8_t *in, size_t size, size_t max,
			 const struct cut *c, struct rnd *r)
{
	u8 type = 1 + rnd_below(r, __FTTCP_WIRE_MAX - 1);
	size_t payload = recgen_has_payload(type) ? 1 + rnd_below(r, 16) : 0;
	size_t len = HDR + recgen_body_len(type) + payload;
	size_t pos = c->at[rnd_below(r, c->n + 1)];
	u8 *tmp = malloc(HDR + FTTCP_WIRE_BODY_MAX);

	must(tmp, "memory");
	size = make_room(in, size, max, pos, len);
	if (size) {
		recgen_header(tmp, type, payload, 0);
		recgen_fill(type, tmp + HDR, r);
		memcpy(in + pos, tmp, len - payload);
		memset(in + pos + len - payload, 'p', payload);
	}
	free(tmp);
	return size;
}

static size_t copy_record(uint8_t *in, size_t size, size_t max,
			  const struct cut *c, unsigned int i, struct rnd *r)
{
	size_t len = c->at[i + 1] - c->at[i];
	size_t pos = c->at[rnd_below(r, c->n + 1)];
	u8 *tmp = exact(in + c->at[i], len);

	size = make_room(in, size, max, pos, len);
	if (size)
		memcpy(in + pos, tmp, len);
	free(tmp);
	return size;
}

static size_t drop_record(uint8_t *in, size_t size, const struct cut *c,
			  unsigned int i)
{
	memmove(in + c->at[i], in + c->at[i + 1], size - c->at[i + 1]);
	return size - (c->at[i + 1] - c->at[i]);
}

/* In memory of its own, since what is in the input is not aligned. */
static void damage_record(uint8_t *rec, size_t len, struct rnd *r)
{
	u8 type = rec[3];
	void *tmp;

	if (rnd_one_in(r, 4) || !recgen_body_len(type) ||
	    len < HDR + recgen_body_len(type)) {
		recgen_damage_header(rec, r);
		return;
	}
	tmp = exact(rec + HDR, recgen_body_len(type));
	recgen_damage(type, tmp, r);
	memcpy(rec + HDR, tmp, recgen_body_len(type));
	free(tmp);
}

static size_t change(uint8_t *in, size_t size, size_t max,
		     const struct cut *c, struct rnd *r)
{
	unsigned int i = rnd_below(r, c->n);
	size_t n = 0;

	if (!c->n || rnd_one_in(r, 4))
		n = add_record(in, size, max, c, r);
	else if (rnd_one_in(r, 6))
		n = copy_record(in, size, max, c, i, r);
	if (n || !c->n)
		return n;
	if (rnd_one_in(r, 6) && c->n > 1)
		return drop_record(in, size, c, i);
	if (c->at[i + 1] - c->at[i] >= HDR)
		damage_record(in + c->at[i], c->at[i + 1] - c->at[i], r);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *in, size_t size, size_t max,
			       unsigned int seed)
{
	struct rnd r = { seed };
	struct cut c;
	size_t n;

	if (rnd_one_in(&r, 8))
		return LLVMFuzzerMutate(in, size, max);
	dissect(in, size, &c);
	if (c.n && rnd_one_in(&r, 2)) {
		/* another number first, so that damage to it stays */
		renumber(in, &c);
		n = change(in, size, max, &c, &r);
	} else {
		n = change(in, size, max, &c, &r);
		dissect(in, n ? n : size, &c);
		renumber(in, &c);
	}
	return n ? n : LLVMFuzzerMutate(in, size, max);
}
