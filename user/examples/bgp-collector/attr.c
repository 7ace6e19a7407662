// SPDX-License-Identifier: GPL-2.0-only
/*
 * Canonical text of BGP path attributes. See attr.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attr.h"
#include "bgp.h"

enum attr_type {
	ATTR_ORIGIN = 1,
	ATTR_AS_PATH = 2,
	ATTR_NEXT_HOP = 3,
	ATTR_MED = 4,
	ATTR_LOCAL_PREF = 5,
	ATTR_ATOMIC = 6,
	ATTR_AGGREGATOR = 7,
	ATTR_COMMUNITIES = 8,
	ATTR_LARGE_COMMUNITIES = 32,
};

#define FLAG_EXTENDED	0x10
#define AS_SET		1

/**
 * struct text - a bounded string under construction
 * @s:		start
 * @size:	room
 * @len:	used, without the end
 * @full:	something did not fit
 */
struct text {
	char *s;
	size_t size;
	size_t len;
	bool full;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->size - t->len)
		t->full = true;
	else
		t->len += n;
}

static uint32_t get_be(const uint8_t *p, unsigned int bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static void add_ip(struct text *t, const uint8_t *p)
{
	add(t, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
}

static int add_as_path(struct text *t, const uint8_t *p, size_t len,
		       unsigned int width)
{
	const uint8_t *end = p + len;

	add(t, " as-path");
	while (p < end) {
		size_t bytes = 2;

		if (end - p >= 2)
			bytes += p[1] * width;
		if (end - p < (long)bytes)
			return BGP_ERR(3, 11);
		add(t, p[0] == AS_SET ? " {" : "");
		for (unsigned int i = 0; i < p[1]; i++)
			add(t, " %u", get_be(p + 2 + i * width, width));
		add(t, p[0] == AS_SET ? " }" : "");
		p += bytes;
	}
	return 0;
}

static int compare_be(const void *a, const void *b)
{
	return memcmp(a, b, 4);
}

static int compare_be_large(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

static void add_communities(struct text *t, const uint8_t *p, size_t len)
{
	uint8_t sorted[BGP_MAX];

	memcpy(sorted, p, len);
	qsort(sorted, len / 4, 4, compare_be);
	add(t, " communities");
	for (size_t i = 0; i + 4 <= len; i += 4)
		add(t, " %u:%u", get_be(sorted + i, 2),
		    get_be(sorted + i + 2, 2));
}

static void add_large_communities(struct text *t, const uint8_t *p, size_t len)
{
	uint8_t sorted[BGP_MAX];

	memcpy(sorted, p, len);
	qsort(sorted, len / 12, 12, compare_be_large);
	add(t, " large-communities");
	for (size_t i = 0; i + 12 <= len; i += 12)
		add(t, " %u:%u:%u", get_be(sorted + i, 4),
		    get_be(sorted + i + 4, 4), get_be(sorted + i + 8, 4));
}

static void add_unknown(struct text *t, int type, const uint8_t *p, size_t len)
{
	add(t, " attr-%d ", type);
	for (size_t i = 0; i < len; i++)
		add(t, "%02x", p[i]);
}

/* Length that an attribute must have, or a divisor of it when negative. */
static bool length_ok(int type, size_t len, unsigned int width)
{
	switch (type) {
	case ATTR_ORIGIN:
		return len == 1;
	case ATTR_NEXT_HOP:
	case ATTR_MED:
	case ATTR_LOCAL_PREF:
		return len == 4;
	case ATTR_ATOMIC:
		return len == 0;
	case ATTR_AGGREGATOR:
		return len == width + 4;
	case ATTR_COMMUNITIES:
		return len % 4 == 0;
	case ATTR_LARGE_COMMUNITIES:
		return len % 12 == 0;
	default:
		return true;
	}
}

static int add_attr(struct text *t, int type, const uint8_t *p, size_t len,
		    unsigned int width)
{
	static const char * const origin[] = { "igp", "egp", "incomplete" };

	if (!length_ok(type, len, width))
		return BGP_ERR_ATTR_LENGTH;
	switch (type) {
	case ATTR_ORIGIN:
		add(t, " origin %s", p[0] < 3 ? origin[p[0]] : "?");
		break;
	case ATTR_AS_PATH:
		return add_as_path(t, p, len, width);
	case ATTR_NEXT_HOP:
		add(t, " next-hop ");
		add_ip(t, p);
		break;
	case ATTR_MED:
		add(t, " med %u", get_be(p, 4));
		break;
	case ATTR_LOCAL_PREF:
		add(t, " local-pref %u", get_be(p, 4));
		break;
	case ATTR_ATOMIC:
		add(t, " atomic");
		break;
	case ATTR_AGGREGATOR:
		add(t, " aggregator %u ", get_be(p, width));
		add_ip(t, p + width);
		break;
	case ATTR_COMMUNITIES:
		add_communities(t, p, len);
		break;
	case ATTR_LARGE_COMMUNITIES:
		add_large_communities(t, p, len);
		break;
	default:
		add_unknown(t, type, p, len);
	}
	return 0;
}

/* Where each attribute type is in the message; NULL where there is none. */
struct attr_index {
	const uint8_t *at[256];
	size_t len[256];
};

static int index_attrs(const uint8_t *p, size_t left, struct attr_index *x)
{
	memset(x, 0, sizeof(*x));
	while (left) {
		size_t head = 3, len;

		if (left >= 1 && p[0] & FLAG_EXTENDED)
			head = 4;
		if (left < head)
			return BGP_ERR_ATTR_LIST;
		len = get_be(p + 2, head - 2);
		if (left - head < len || x->at[p[1]])
			return BGP_ERR_ATTR_LIST;
		x->at[p[1]] = p + head;
		x->len[p[1]] = len;
		p += head + len;
		left -= head + len;
	}
	return 0;
}

int attr_text(const uint8_t *p, size_t len, bool as4, char *out, size_t size)
{
	struct text t = { .s = out, .size = size };
	struct attr_index x;
	int err;

	out[0] = '\0';
	err = index_attrs(p, len, &x);
	if (err)
		return err;
	for (int type = 0; type < 256; type++) {
		if (!x.at[type])
			continue;
		err = add_attr(&t, type, x.at[type], x.len[type], as4 ? 4 : 2);
		if (err)
			return err;
	}
	if (t.full)
		return BGP_ERR(6, 8);
	/* Every word was put with a space before it. */
	memmove(out, out + !!t.len, t.len + 1 - !!t.len);
	return 0;
}
