// SPDX-License-Identifier: GPL-2.0-only
/*
 * BGP-4 framing, OPEN, KEEPALIVE, NOTIFICATION, and the walk through an
 * UPDATE. The attributes' text is made in attr.c.
 */
#include <string.h>

#include "attr.h"
#include "bgp.h"

#define AS_TRANS	23456
#define CAP_MP		1
#define CAP_AS4		65

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint8_t *put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

static bool marker_ok(const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len && i < 16; i++)
		if (buf[i] != 0xff)
			return false;
	return true;
}

static int check_header(const uint8_t *buf)
{
	static const uint16_t least[] = {
		[BGP_OPEN] = 29,
		[BGP_UPDATE] = 23,
		[BGP_NOTIFICATION] = 21,
		[BGP_KEEPALIVE] = BGP_HEADER,
	};
	uint16_t len = get16(buf + 16);
	uint8_t type = buf[18];

	if (!marker_ok(buf, 16))
		return BGP_ERR_SYNC;
	if (type < BGP_OPEN || type > BGP_KEEPALIVE)
		return BGP_ERR_TYPE;
	if (len < least[type] || len > BGP_MAX ||
	    (type == BGP_KEEPALIVE && len != BGP_HEADER))
		return BGP_ERR_LENGTH;
	return 0;
}

int bgp_frame(const uint8_t *buf, size_t len, int *err)
{
	if (len < BGP_HEADER)
		return 0;
	*err = check_header(buf);
	if (*err)
		return -1;
	return len < get16(buf + 16) ? 0 : get16(buf + 16);
}

size_t bgp_resync(const uint8_t *buf, size_t len)
{
	size_t at;

	for (at = 0; at < len; at++) {
		if (!marker_ok(buf + at, len - at))
			continue;
		if (len - at < BGP_HEADER || !check_header(buf + at))
			break;
	}
	return at;
}

int bgp_type(const uint8_t *msg)
{
	return msg[18];
}

static size_t put_header(uint8_t *buf, size_t len, int type)
{
	memset(buf, 0xff, 16);
	put16(buf + 16, len);
	buf[18] = type;
	return len;
}

size_t bgp_put_open(uint8_t *buf, const struct bgp_open *open)
{
	/* One optional parameter with two capabilities: IPv4 unicast, AS4. */
	static const uint8_t caps[] = { 2, 12, CAP_MP, 4, 0, 1, 0, 1,
					CAP_AS4, 4 };
	uint8_t *p = buf + BGP_HEADER;

	*p++ = 4;
	p = put16(p, open->as > 0xffff ? AS_TRANS : open->as);
	p = put16(p, open->hold);
	p = put32(p, open->id);
	*p++ = sizeof(caps) + 4;
	memcpy(p, caps, sizeof(caps));
	p = put32(p + sizeof(caps), open->as);
	return put_header(buf, p - buf, BGP_OPEN);
}

size_t bgp_put_keepalive(uint8_t *buf)
{
	return put_header(buf, BGP_HEADER, BGP_KEEPALIVE);
}

size_t bgp_put_notification(uint8_t *buf, int err)
{
	put16(buf + BGP_HEADER, err);
	return put_header(buf, BGP_HEADER + 2, BGP_NOTIFICATION);
}

static int parse_caps(const uint8_t *p, const uint8_t *end,
		      struct bgp_open *open)
{
	while (p < end) {
		if (end - p < 2 || end - p - 2 < p[1])
			return BGP_ERR_OPTION;
		if (p[0] == CAP_AS4 && p[1] == 4) {
			open->as4 = true;
			open->as = get32(p + 2);
		}
		p += 2 + p[1];
	}
	return 0;
}

int bgp_parse_open(const uint8_t *msg, size_t len, struct bgp_open *open)
{
	const uint8_t *p = msg + BGP_HEADER, *end = msg + len;
	int err;

	if (p[0] != 4)
		return BGP_ERR_VERSION;
	memset(open, 0, sizeof(*open));
	open->as = get16(p + 1);
	open->hold = get16(p + 3);
	open->id = get32(p + 5);
	if (p[9] != end - p - 10)
		return BGP_ERR_OPTION;
	for (p += 10; p < end; p += 2 + p[1]) {
		if (end - p < 2 || end - p - 2 < p[1])
			return BGP_ERR_OPTION;
		if (p[0] != 2)
			continue;
		err = parse_caps(p + 2, p + 2 + p[1], open);
		if (err)
			return err;
	}
	if (!open->as)
		return BGP_ERR_PEER_AS;
	if (open->hold == 1 || open->hold == 2)
		return BGP_ERR_HOLD_TIME;
	return 0;
}

/* One prefix of a list; NULL when it is not well formed. */
static const uint8_t *get_prefix(const uint8_t *p, const uint8_t *end,
				 struct bgp_prefix *out)
{
	unsigned int bytes = (p[0] + 7) / 8;
	uint32_t addr = 0;

	if (p[0] > 32 || end - p < 1 + (int)bytes)
		return NULL;
	for (unsigned int i = 0; i < bytes; i++)
		addr |= (uint32_t)p[1 + i] << (24 - 8 * i);
	out->len = p[0];
	out->addr = p[0] ? addr & (~0U << (32 - p[0])) : 0;
	return p + 1 + bytes;
}

static bool prefixes_ok(const uint8_t *p, const uint8_t *end)
{
	struct bgp_prefix prefix;

	while (p && p < end)
		p = get_prefix(p, end, &prefix);
	return p == end;
}

int bgp_parse_update(const uint8_t *msg, size_t len, bool as4,
		     const struct bgp_update_ops *ops, void *arg)
{
	const uint8_t *withdrawn = msg + BGP_HEADER + 2, *end = msg + len;
	const uint8_t *attrs, *nlri, *p;
	char text[BGP_ATTR_TEXT] = "";
	struct bgp_prefix prefix;
	int err;

	if (end - withdrawn < get16(withdrawn - 2) + 2)
		return BGP_ERR_ATTR_LIST;
	attrs = withdrawn + get16(withdrawn - 2) + 2;
	if (end - attrs < get16(attrs - 2))
		return BGP_ERR_ATTR_LIST;
	nlri = attrs + get16(attrs - 2);
	if (!prefixes_ok(withdrawn, attrs - 2) || !prefixes_ok(nlri, end))
		return BGP_ERR_PREFIX;
	err = attr_text(attrs, nlri - attrs, as4, text, sizeof(text));
	if (err)
		return err;

	for (p = withdrawn; p < attrs - 2;) {
		p = get_prefix(p, attrs - 2, &prefix);
		ops->withdraw(arg, &prefix);
	}
	for (p = nlri; p < end;) {
		p = get_prefix(p, end, &prefix);
		ops->announce(arg, &prefix, text);
	}
	return 0;
}
