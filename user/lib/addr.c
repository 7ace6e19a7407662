// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Addresses, prefixes and end points: text to bytes and back. See addr.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "units.h"

size_t fttcp_addr_len(uint16_t family)
{
	switch (family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

/* "fe80::1%eth0": cut the zone off and resolve it. */
static int addr_zone(char *text, uint32_t *ifindex)
{
	char *zone = strchr(text, '%');

	*ifindex = 0;
	if (!zone)
		return 0;
	*zone++ = '\0';
	*ifindex = if_nametoindex(zone);
	return *ifindex ? 0 : -ENODEV;
}

/* Parse n characters at s, no brackets, as an address of either family. */
static int addr_parse_n(const char *s, size_t n, struct fttcp_endpoint *ep)
{
	char text[FTTCP_ADDR_STRLEN];
	int err;

	if (!n || n >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, n);
	text[n] = '\0';
	memset(ep, 0, sizeof(*ep));

	if (inet_pton(AF_INET, text, ep->addr) == 1) {
		ep->family = AF_INET;
		return 0;
	}
	err = addr_zone(text, &ep->ifindex);
	if (inet_pton(AF_INET6, text, ep->addr) != 1)
		return -EINVAL;
	ep->family = AF_INET6;
	return err;
}

int fttcp_addr_parse(const char *s, struct fttcp_endpoint *ep)
{
	size_t n = strlen(s);
	int err;

	if (n > 2 && s[0] == '[' && s[n - 1] == ']') {
		err = addr_parse_n(s + 1, n - 2, ep);
		return !err && ep->family == AF_INET ? -EINVAL : err;
	}
	return addr_parse_n(s, n, ep);
}

int fttcp_endpoint_parse(const char *s, struct fttcp_endpoint *ep)
{
	const char *colon = strrchr(s, ':');
	uint64_t port;
	int err;

	if (!colon)
		return -EINVAL;
	if (s[0] == '[') {
		if (colon - s < 3 || colon[-1] != ']')
			return -EINVAL;
		err = addr_parse_n(s + 1, colon - s - 2, ep);
		if (!err && ep->family == AF_INET)
			return -EINVAL;
	} else {
		/* 2001:db8::1:179 could mean two things: brackets required */
		if (memchr(s, ':', colon - s))
			return -EINVAL;
		err = addr_parse_n(s, colon - s, ep);
	}
	if (err)
		return err;
	err = fttcp_number_parse(colon + 1, 65535, &port);
	if (err)
		return err;
	if (!port)
		return -ERANGE;
	ep->port = port;
	return 0;
}

/* Is every bit behind len zero? */
static bool prefix_is_clean(const struct fttcp_prefix *p)
{
	size_t i, bits = 8 * fttcp_addr_len(p->family);

	for (i = p->len; i < bits; i++)
		if (p->addr[i / 8] & (0x80 >> (i % 8)))
			return false;
	return true;
}

int fttcp_prefix_parse(const char *s, struct fttcp_prefix *p)
{
	const char *slash = strchr(s, '/');
	struct fttcp_endpoint ep;
	uint64_t len;
	int err;

	err = addr_parse_n(s, slash ? (size_t)(slash - s) : strlen(s), &ep);
	if (err)
		return err;
	if (ep.ifindex)
		return -EINVAL;
	memset(p, 0, sizeof(*p));
	p->family = ep.family;
	memcpy(p->addr, ep.addr, sizeof(p->addr));
	len = 8 * fttcp_addr_len(ep.family);
	if (slash) {
		err = fttcp_number_parse(slash + 1, len, &len);
		if (err)
			return err;
	}
	p->len = len;
	return prefix_is_clean(p) ? 0 : -EDOM;
}

const char *fttcp_endpoint_format(const struct fttcp_endpoint *ep, char *buf)
{
	char text[INET6_ADDRSTRLEN] = "?", zone[IF_NAMESIZE + 1] = "";

	if (!fttcp_addr_len(ep->family))
		return strcpy(buf, "*");
	inet_ntop(ep->family, ep->addr, text, sizeof(text));
	if (ep->ifindex) {
		zone[0] = '%';
		if (!if_indextoname(ep->ifindex, zone + 1))
			snprintf(zone + 1, sizeof(zone) - 1, "%u", ep->ifindex);
	}
	snprintf(buf, FTTCP_ADDR_STRLEN,
		 ep->family == AF_INET6 ? "[%s%s]:%u" : "%s%s:%u",
		 text, zone, ep->port);
	return buf;
}

const char *fttcp_prefix_format(const struct fttcp_prefix *p, char *buf)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (!fttcp_addr_len(p->family))
		return strcpy(buf, "any");
	inet_ntop(p->family, p->addr, text, sizeof(text));
	snprintf(buf, FTTCP_ADDR_STRLEN, "%s/%u", text, p->len);
	return buf;
}

/* The IPv4 address in ep, v4-mapped ones included; NULL if it has none. */
static const uint8_t *endpoint_v4(const struct fttcp_endpoint *ep)
{
	static const uint8_t mapped[12] = {
		[10] = 0xff, [11] = 0xff,
	};

	if (ep->family == AF_INET)
		return ep->addr;
	if (ep->family == AF_INET6 && !memcmp(ep->addr, mapped, 12))
		return ep->addr + 12;
	return NULL;
}

bool fttcp_endpoint_equal(const struct fttcp_endpoint *a,
			  const struct fttcp_endpoint *b)
{
	const uint8_t *a4 = endpoint_v4(a), *b4 = endpoint_v4(b);

	if (a->port != b->port)
		return false;
	if (a4 && b4)
		return !memcmp(a4, b4, 4);
	return a->family == b->family &&
	       !memcmp(a->addr, b->addr, fttcp_addr_len(a->family));
}

socklen_t fttcp_endpoint_sockaddr(const struct fttcp_endpoint *ep,
				  struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (ep->family == AF_INET) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(ep->port);
		memcpy(&sin->sin_addr, ep->addr, 4);
		return sizeof(*sin);
	}
	if (ep->family == AF_INET6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(ep->port);
		sin6->sin6_scope_id = ep->ifindex;
		memcpy(&sin6->sin6_addr, ep->addr, 16);
		return sizeof(*sin6);
	}
	return 0;
}
