/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses, prefixes and A:P end points as a person writes them, for fttcpctl
 * and for fttcpd's configuration. Pure functions: no name resolution, no
 * sockets, no allocation.
 *
 *   end point   10.0.0.1:179   [2001:db8::1]:179   [fe80::1%eth0]:179
 *   address     10.0.0.1       2001:db8::1         [2001:db8::1]
 *   prefix      10.0.0.0/8     2001:db8::/32       a bare address is /32 or /128
 */
#ifndef FTTCP_ADDR_H
#define FTTCP_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for any end point or prefix in text, zone included. */
#define FTTCP_ADDR_STRLEN 80

/**
 * struct fttcp_endpoint - one side of a connection
 * @family: AF_INET, AF_INET6, or 0: not given
 * @port: host byte order; 0 is "any" where that is allowed
 * @ifindex: from a zone ("%eth0"), else 0
 * @addr: network byte order; the first 4 or all 16 bytes count
 */
struct fttcp_endpoint {
	uint16_t family;
	uint16_t port;
	uint32_t ifindex;
	uint8_t addr[16];
};

/**
 * struct fttcp_prefix - an address and how many of its bits count
 * @family: AF_INET, AF_INET6, or 0: not given
 * @len: prefix length in bits
 * @addr: network byte order, bits behind @len are zero
 */
struct fttcp_prefix {
	uint16_t family;
	uint8_t len;
	uint8_t addr[16];
};

/**
 * fttcp_addr_len() - bytes of an address of a family
 * @family: AF_INET or AF_INET6
 *
 * Return: 4, 16, or 0 for any other family.
 */
size_t fttcp_addr_len(uint16_t family);

/**
 * fttcp_addr_parse() - read an address without a port
 * @s: text; IPv6 with or without brackets, with or without a zone
 * @ep: result; the port is 0
 *
 * Return: 0, -EINVAL (no address), -ENODEV (the zone names no interface).
 */
int fttcp_addr_parse(const char *s, struct fttcp_endpoint *ep);

/**
 * fttcp_endpoint_parse() - read A:P
 * @s: text; an IPv6 address must stand in brackets
 * @ep: result
 *
 * Return: 0, -EINVAL (not of the form A:P), -ERANGE (port not in 1..65535),
 * -ENODEV (the zone names no interface).
 */
int fttcp_endpoint_parse(const char *s, struct fttcp_endpoint *ep);

/**
 * fttcp_prefix_parse() - read ADDRESS[/LENGTH]
 * @s: text
 * @p: result
 *
 * Return: 0, -EINVAL (no prefix), -ERANGE (length over 32 or 128), -EDOM
 * (bits set behind the length: 10.0.0.1/8 is a mistake more often than not).
 */
int fttcp_prefix_parse(const char *s, struct fttcp_prefix *p);

/**
 * fttcp_endpoint_format() - write A:P
 * @ep: what to write; an absent one (family 0) is "*"
 * @buf: at least FTTCP_ADDR_STRLEN bytes
 *
 * Return: @buf.
 */
const char *fttcp_endpoint_format(const struct fttcp_endpoint *ep, char *buf);

/**
 * fttcp_prefix_format() - write ADDRESS/LENGTH
 * @p: what to write; an absent one (family 0) is "any"
 * @buf: at least FTTCP_ADDR_STRLEN bytes
 *
 * Return: @buf.
 */
const char *fttcp_prefix_format(const struct fttcp_prefix *p, char *buf);

/**
 * fttcp_endpoint_equal() - the same address and port?
 * @a: one
 * @b: other; a v4-mapped IPv6 address equals the IPv4 address in it
 *
 * Return: true when they are the same end point.
 */
bool fttcp_endpoint_equal(const struct fttcp_endpoint *a,
			  const struct fttcp_endpoint *b);

/**
 * fttcp_endpoint_sockaddr() - fill a sockaddr for connect() or bind()
 * @ep: end point with a family
 * @ss: result
 *
 * Return: the length of the address in @ss, or 0 for an absent end point.
 */
socklen_t fttcp_endpoint_sockaddr(const struct fttcp_endpoint *ep,
				  struct sockaddr_storage *ss);

#endif
