/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets about messages: between a client and fttcpd, and between the two
 * fttcpd. One table says which fields each type has; encoding and decoding are
 * pure functions over it. Documentation/clients.rst is the description.
 */
#ifndef FTTCP_PACKET_H
#define FTTCP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include <fttcp/limits.h>

#define FTTCP_PACKET_VERSION	1
#define FTTCP_PACKET_HEADER	4	/* version, type, two zero bytes */
/* The longest one: a message with all its fields. */
#define FTTCP_PACKET_MAX	(FTTCP_MSG_MAX + 512)
#define FTTCP_PACKET_TEXT	200
#define FTTCP_PACKET_REPO	33	/* 32 hex digits */

/**
 * enum fttcp_packet_type - what is said
 * @FTTCP_P_REGISTER:	client: here I am
 * @FTTCP_P_MESSAGE:	client: for my twin
 * @FTTCP_P_COMPLETE:	client: that was all of my state
 * @FTTCP_P_DONE:	client: I am done with all messages up to this one
 * @FTTCP_P_WELCOME:	fttcpd: registered
 * @FTTCP_P_REFUSED:	fttcpd: not so, and why
 * @FTTCP_P_KEPT:	fttcpd: all of your messages up to this one are so far
 * @FTTCP_P_DELIVER:	fttcpd: from your twin
 * @FTTCP_P_REPLICATE:	fttcpd: begin anew, with all of your state
 * @FTTCP_P_NODE:	fttcpd: what this node is now; also to the other one
 * @FTTCP_P_FAILED:	fttcpd: this message of yours is in the error store
 * @FTTCP_P_HELLO:	other node: who I am
 * @FTTCP_P_CURSOR:	other node: so far I have the messages of this client
 * @FTTCP_P_BEGIN:	other node: that were all cursors
 * @FTTCP_P_LOST:	other node: the twin has lost what it had been given
 * @FTTCP_P_PUT:	other node: a message
 * @FTTCP_P_AT:		other node: this message, or all up to it, is so far
 * @FTTCP_P_PING:	other node: I live
 * @FTTCP_P_STOP:	other node: I was stopped, and for which reason
 * @FTTCP_P_TYPES:	one more than the largest
 */
enum fttcp_packet_type {
	FTTCP_P_REGISTER = 1,
	FTTCP_P_MESSAGE = 2,
	FTTCP_P_COMPLETE = 3,
	FTTCP_P_DONE = 4,
	FTTCP_P_WELCOME = 16,
	FTTCP_P_REFUSED = 17,
	FTTCP_P_KEPT = 18,
	FTTCP_P_DELIVER = 19,
	FTTCP_P_REPLICATE = 20,
	FTTCP_P_NODE = 21,
	FTTCP_P_FAILED = 22,
	FTTCP_P_HELLO = 32,
	FTTCP_P_CURSOR = 33,
	FTTCP_P_BEGIN = 34,
	FTTCP_P_LOST = 35,
	FTTCP_P_PUT = 36,
	FTTCP_P_AT = 37,
	FTTCP_P_PING = 38,
	FTTCP_P_STOP = 39,
	FTTCP_P_TYPES,
};

/* Flags, by type. */
#define FTTCP_PF_RESUME		1	/* REGISTER: I have lost nothing */
#define FTTCP_PF_LATE		2	/* DELIVER: of an epoch that has ended */
#define FTTCP_PF_AGAIN		4	/* DELIVER, PUT: a twin may have had it */
#define FTTCP_PF_RAW		8	/* DELIVER, PUT: sent again unconverted */
#define FTTCP_PF_HOLDING	16	/* HELLO, NODE: my clients are not complete */
#define FTTCP_PF_UP_TO		32	/* AT: all up to it */
#define FTTCP_PF_PEER		64	/* NODE: the other node's fttcpd is there */

/**
 * struct fttcp_packet - any packet; which fields count, its type says
 * @type:	enum fttcp_packet_type
 * @name:	of a client
 * @task:	its task id
 * @inc:	incarnation of a client's stream
 * @seq:	number in it
 * @id:		number of a delivery, or of a message where it was accepted
 * @pos:	place in the order of the link
 * @prev:	the place before it
 * @epoch:	of a node
 * @time_us:	time of day
 * @node:	a node's number
 * @role:	enum fttcp_role
 * @state:	enum fttcp_msg_state
 * @error:	errno, positive; or enum fttcp_msg_reason; of STOP enum
 *		fttcp_down_reason
 * @kind:	the client's own
 * @encoding:	enum fttcp_encoding
 * @flags:	FTTCP_PF_*
 * @repo:	id of a repository
 * @text:	for a person
 * @size:	bytes of @body
 * @body:	points into what was decoded
 */
struct fttcp_packet {
	uint32_t type;
	char name[FTTCP_CLIENT_NAME];
	uint32_t task;
	uint64_t inc;
	uint64_t seq;
	uint64_t id;
	uint64_t pos;
	uint64_t prev;
	uint64_t epoch;
	uint64_t time_us;
	uint32_t node;
	uint32_t role;
	uint32_t state;
	uint32_t error;
	uint32_t kind;
	uint32_t encoding;
	uint32_t flags;
	char repo[FTTCP_PACKET_REPO];
	char text[FTTCP_PACKET_TEXT];
	uint32_t size;
	const uint8_t *body;
};

/**
 * fttcp_packet_encode() - as bytes
 * @p: packet
 * @buf: room for FTTCP_PACKET_MAX bytes
 *
 * Return: bytes, -EINVAL for no such type or a field that cannot be said,
 * -EMSGSIZE for a body of more than FTTCP_MSG_MAX.
 */
int fttcp_packet_encode(const struct fttcp_packet *p, void *buf);

/**
 * fttcp_packet_decode() - from bytes
 * @p: filled; @p->body points into @buf
 * @buf: @len bytes
 * @len: how many
 *
 * Return: 0, -EPROTONOSUPPORT for another version, -EBADMSG for anything that
 * no encoder gives.
 */
int fttcp_packet_decode(struct fttcp_packet *p, const void *buf, size_t len);

/**
 * fttcp_packet_name() - the word for a type
 * @type: enum fttcp_packet_type
 *
 * Return: in small letters, "unknown" for no type.
 */
const char *fttcp_packet_name(unsigned int type);

/**
 * fttcp_client_name_ok() - may a client be called so?
 * @name: small letters, digits, dot, dash and underscore, not too many
 *
 * Return: 1 if so.
 */
int fttcp_client_name_ok(const char *name);

#endif
