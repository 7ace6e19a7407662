// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the conversion between the encodings of a message. Bytes are taken
 * for what they are said to be, and refused where they are not.
 */
#include <errno.h>
#include <string.h>

#include "convert.h"

struct element {
	unsigned int type;
	size_t len;
	const uint8_t *value;
};

/* Bytes of type and of length. */
static size_t width_of(unsigned int encoding)
{
	return encoding == FTTCP_ENC_TLV8 ? 1 : 2;
}

static unsigned int get(const uint8_t *p, size_t width)
{
	return width == 1 ? p[0] : p[0] << 8 | p[1];
}

static void put(uint8_t *p, size_t width, unsigned int value)
{
	if (width == 2)
		*p++ = value >> 8;
	*p = value;
}

/* Return: bytes used, or -EBADMSG. */
static int take(unsigned int encoding, const uint8_t *p, size_t left,
		struct element *e)
{
	size_t width = width_of(encoding);

	if (left < 2 * width)
		return -EBADMSG;
	e->type = get(p, width);
	e->len = get(p + width, width);
	e->value = p + 2 * width;
	if (left - 2 * width < e->len)
		return -EBADMSG;
	return 2 * width + e->len;
}

static int give(unsigned int encoding, const struct element *e, uint8_t *p,
		size_t room)
{
	size_t width = width_of(encoding);
	unsigned int max = width == 1 ? UINT8_MAX : UINT16_MAX;

	if (e->type > max || e->len > max)
		return -ERANGE;
	if (room < 2 * width + e->len)
		return -EMSGSIZE;
	put(p, width, e->type);
	put(p + width, width, e->len);
	memcpy(p + 2 * width, e->value, e->len);
	return 2 * width + e->len;
}

/**
 * fttcp_convert() - from one encoding to another
 * @from:	enum fttcp_encoding of @in
 * @to:		wanted
 * @in:		@len bytes
 * @len:	how many
 * @out:	room for @room bytes, not the same as @in
 * @room:	how many
 *
 * The form is checked also where @from and @to are the same. Opaque bytes have
 * no form and are only copied; nothing else becomes or was opaque.
 *
 * Return: bytes in @out, -EBADMSG when @in is not in that encoding, -ERANGE
 * when @to cannot say it, -EMSGSIZE when it does not fit, -EINVAL for no such
 * encoding or no way from the one to the other.
 */
int fttcp_convert(unsigned int from, unsigned int to, const void *in,
		  size_t len, void *out, size_t room)
{
	const uint8_t *p = in;
	size_t used = 0;
	struct element e;
	int n;

	if (from >= FTTCP_ENCODINGS || to >= FTTCP_ENCODINGS || !from != !to)
		return -EINVAL;
	if (from == FTTCP_ENC_OPAQUE) {
		if (len > room)
			return -EMSGSIZE;
		if (len)
			memcpy(out, in, len);
		return len;
	}
	while (len) {
		n = take(from, p, len, &e);
		if (n < 0)
			return n;
		p += n;
		len -= n;
		n = give(to, &e, (uint8_t *)out + used, room - used);
		if (n < 0)
			return n;
		used += n;
	}
	return used;
}

static const char * const names[FTTCP_ENCODINGS] = {
	[FTTCP_ENC_OPAQUE] = "opaque",
	[FTTCP_ENC_TLV8] = "tlv8",
	[FTTCP_ENC_TLV16] = "tlv16",
};

/** fttcp_encoding_name() - "unknown" for no encoding */
const char *fttcp_encoding_name(unsigned int encoding)
{
	return encoding < FTTCP_ENCODINGS ? names[encoding] : "unknown";
}

/**
 * fttcp_encoding_value() - the encoding of a name
 * @name:	as fttcp_encoding_name() gives it
 *
 * Return: enum fttcp_encoding, or -EINVAL.
 */
int fttcp_encoding_value(const char *name)
{
	int i;

	for (i = 0; i < FTTCP_ENCODINGS; i++)
		if (!strcmp(names[i], name))
			return i;
	return -EINVAL;
}
