/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BGP-4 messages (RFC 4271, RFC 6793, RFC 5492): framing, the three messages
 * that the collector sends, and parsing of those it receives. Pure functions:
 * no sockets, no clock, no allocation.
 */
#ifndef BGP_COLLECTOR_BGP_H
#define BGP_COLLECTOR_BGP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BGP_HEADER	19
#define BGP_MAX		4096
/* Longest canonical text of one path's attributes. */
#define BGP_ATTR_TEXT	8192

enum bgp_type {
	BGP_OPEN = 1,
	BGP_UPDATE = 2,
	BGP_NOTIFICATION = 3,
	BGP_KEEPALIVE = 4,
};

/*
 * Errors are what a NOTIFICATION says: code << 8 | subcode, always positive.
 */
#define BGP_ERR(code, sub)	((code) << 8 | (sub))
#define BGP_ERR_SYNC		BGP_ERR(1, 1)
#define BGP_ERR_LENGTH		BGP_ERR(1, 2)
#define BGP_ERR_TYPE		BGP_ERR(1, 3)
#define BGP_ERR_VERSION		BGP_ERR(2, 1)
#define BGP_ERR_PEER_AS		BGP_ERR(2, 2)
#define BGP_ERR_OPTION		BGP_ERR(2, 4)
#define BGP_ERR_HOLD_TIME	BGP_ERR(2, 6)
#define BGP_ERR_CAPABILITY	BGP_ERR(2, 7)
#define BGP_ERR_ATTR_LIST	BGP_ERR(3, 1)
#define BGP_ERR_ATTR_LENGTH	BGP_ERR(3, 5)
#define BGP_ERR_PREFIX		BGP_ERR(3, 10)
#define BGP_ERR_HOLD_EXPIRED	BGP_ERR(4, 0)
#define BGP_ERR_FSM		BGP_ERR(5, 0)
#define BGP_ERR_SHUTDOWN	BGP_ERR(6, 2)

/**
 * struct bgp_open - what an OPEN message says
 * @as:		autonomous system, four octets where the capability says so
 * @id:		BGP identifier, host byte order
 * @hold:	proposed hold time, seconds
 * @as4:	the sender knows four-octet AS numbers
 */
struct bgp_open {
	uint32_t as;
	uint32_t id;
	uint16_t hold;
	bool as4;
};

/**
 * struct bgp_prefix - one IPv4 prefix
 * @addr:	host byte order, host bits zero
 * @len:	length in bits
 */
struct bgp_prefix {
	uint32_t addr;
	uint8_t len;
};

/**
 * struct bgp_update_ops - where the parts of an UPDATE go
 * @withdraw:	called for every withdrawn prefix
 * @announce:	called for every announced prefix; @attrs is the canonical
 *		text of the attributes, the same for all prefixes of a message
 */
struct bgp_update_ops {
	void (*withdraw)(void *arg, const struct bgp_prefix *p);
	void (*announce)(void *arg, const struct bgp_prefix *p,
			 const char *attrs);
};

/**
 * bgp_frame() - find one whole message at the start of a buffer
 * @buf:	bytes of the stream, starting at a message boundary
 * @len:	how many
 * @err:	set to the error when the header is bad
 *
 * Return: the message's length, 0 when more bytes are needed, -1 with @err.
 */
int bgp_frame(const uint8_t *buf, size_t len, int *err);

/**
 * bgp_resync() - find the next header in the middle of a stream
 * @buf:	bytes of the stream
 * @len:	how many
 *
 * Return: bytes to skip up to what looks like a header, or may become one.
 */
size_t bgp_resync(const uint8_t *buf, size_t len);

/**
 * bgp_type() - type of a framed message
 * @msg:	the message
 *
 * Return: enum bgp_type.
 */
int bgp_type(const uint8_t *msg);

size_t bgp_put_open(uint8_t *buf, const struct bgp_open *open);
size_t bgp_put_keepalive(uint8_t *buf);
size_t bgp_put_notification(uint8_t *buf, int err);

/**
 * bgp_parse_open() - read a framed OPEN
 * @msg:	the message
 * @len:	its length
 * @open:	result
 *
 * Return: 0 or an error.
 */
int bgp_parse_open(const uint8_t *msg, size_t len, struct bgp_open *open);

/**
 * bgp_parse_update() - read a framed UPDATE
 * @msg:	the message
 * @len:	its length
 * @as4:	AS paths have four octets a number
 * @ops:	where the prefixes go, called after the whole message was checked
 * @arg:	handed to @ops
 *
 * Return: 0 or an error.
 */
int bgp_parse_update(const uint8_t *msg, size_t len, bool as4,
		     const struct bgp_update_ops *ops, void *arg);

#endif
