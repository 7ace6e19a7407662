/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between attributes and structs: one table per attribute set says where each
 * attribute lives in its struct, and serves reading, writing and the names of
 * attributes in error messages. Private to the library.
 */
#ifndef FTTCP_LIB_ATTR_H
#define FTTCP_LIB_ATTR_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* How an attribute is laid out in its struct. */
enum attr_kind {
	ATTR_PAD,	/* nowhere */
	ATTR_U8,
	ATTR_U16,
	ATTR_U32,
	ATTR_S32,
	ATTR_U64,
	ATTR_FLAG,	/* bool */
	ATTR_TEXT,	/* char[], cut to fit */
	ATTR_ADDR,	/* uint8_t[16], 4 or 16 bytes on the wire */
	ATTR_NEST,	/* handled by the noun; nested names its set */
};

/**
 * struct attr_field - one attribute of a set
 * @name: as in the spec
 * @type: FTTCP_A_*
 * @kind: layout
 * @offset: of the member
 * @size: of the member, for ATTR_TEXT
 * @family: offset of the uint16_t family that an ATTR_ADDR goes by
 * @nested: set of an ATTR_NEST
 */
struct attr_field {
	const char *name;
	uint16_t type;
	uint8_t kind;
	uint16_t offset;
	uint16_t size;
	uint16_t family;
	const struct attr_set *nested;
};

/**
 * struct attr_set - an attribute set
 * @fields: ends with one without a name
 * @size: of the struct
 *
 * The struct begins with "uint64_t present".
 */
struct attr_set {
	const struct attr_field *fields;
	size_t size;
};

#define ATTR(_type, _name, _kind, _struct, _member)			\
	{								\
		.name = _name,						\
		.type = _type,						\
		.kind = _kind,						\
		.offset = offsetof(struct _struct, _member),		\
		.size = sizeof(((struct _struct *)0)->_member),		\
	}

/* An address; its family is the member "family" of the same struct. */
#define ATTR_ADDRESS(_type, _name, _struct, _member)			\
	{								\
		.name = _name,						\
		.type = _type,						\
		.kind = ATTR_ADDR,					\
		.offset = offsetof(struct _struct, _member),		\
		.size = sizeof(((struct _struct *)0)->_member),		\
		.family = offsetof(struct _struct, family),		\
	}

extern const struct attr_set attr_set_node;
extern const struct attr_set attr_set_link;
extern const struct attr_set attr_set_conn;
extern const struct attr_set attr_set_policy;
extern const struct attr_set attr_set_stats;
extern const struct attr_set attr_set_promote;
extern const struct attr_set attr_set_audit;
extern const struct attr_set attr_set_command;
extern const struct attr_set attr_set_event;
extern const struct attr_set attr_set_event_count;

/**
 * attr_read() - attributes of a message into its struct
 * @set: attribute set
 * @first: first attribute
 * @len: bytes of attributes
 * @obj: struct, cleared first
 *
 * Unknown attributes are skipped.
 *
 * Return: 0, or -EBADMSG: an attribute has the wrong size.
 */
int attr_read(const struct attr_set *set, const void *first, size_t len,
	      void *obj);

/**
 * attr_write() - members that are marked present into a message
 * @set: attribute set
 * @obj: struct
 * @nlh: message
 * @room: size of the buffer in which @nlh stands
 *
 * Nests are left to the caller.
 *
 * Return: 0, or -EMSGSIZE.
 */
int attr_write(const struct attr_set *set, const void *obj,
	       struct nlmsghdr *nlh, size_t room);

/**
 * attr_name() - name of an attribute
 * @set: attribute set
 * @type: FTTCP_A_*
 *
 * Return: its name in the spec, or NULL.
 */
const char *attr_name(const struct attr_set *set, uint16_t type);

/**
 * attr_name_at() - name of the attribute at a place in a message
 * @set: attribute set of the message
 * @nlh: message
 * @hdrlen: bytes between the netlink header and the first attribute
 * @offset: place, counted from @nlh
 *
 * Return: the innermost name known, or NULL.
 */
const char *attr_name_at(const struct attr_set *set, const struct nlmsghdr *nlh,
			 size_t hdrlen, size_t offset);

#pragma GCC visibility pop

#endif
