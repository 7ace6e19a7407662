// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading and writing attributes by table. See attr.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "addr.h"
#include "attr.h"

static const struct attr_field *field_of(const struct attr_set *set,
					 uint16_t type)
{
	const struct attr_field *f;

	for (f = set->fields; f->name; f++)
		if (f->type == type)
			return f;
	return NULL;
}

/* Bytes of a fixed-size kind on the wire, -1 where the size varies. */
static int kind_size(uint8_t kind)
{
	switch (kind) {
	case ATTR_U8:
		return 1;
	case ATTR_U16:
		return 2;
	case ATTR_U32:
	case ATTR_S32:
		return 4;
	case ATTR_U64:
		return 8;
	case ATTR_FLAG:
		return 0;
	default:
		return -1;
	}
}

static int field_read(const struct attr_field *f, const struct nlattr *attr,
		      char *obj)
{
	const void *data = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);
	int size = kind_size(f->kind);
	char *to = obj + f->offset;

	if (size >= 0 && len != (size_t)size)
		return -EBADMSG;
	switch (f->kind) {
	case ATTR_FLAG:
		*(bool *)to = true;
		break;
	case ATTR_TEXT:
		len = strnlen(data, len);
		if (len >= f->size)
			len = f->size - 1;
		memcpy(to, data, len);
		to[len] = '\0';
		break;
	case ATTR_ADDR:
		if (len != 4 && len != 16)
			return -EBADMSG;
		memcpy(to, data, len);
		break;
	case ATTR_PAD:
	case ATTR_NEST:
		break;
	default:
		memcpy(to, data, len);
	}
	return 0;
}

int attr_read(const struct attr_set *set, const void *first, size_t len,
	      void *obj)
{
	const struct attr_field *f;
	const struct nlattr *attr;
	int err;

	memset(obj, 0, set->size);
	mnl_attr_for_each_payload(first, len) {
		f = field_of(set, mnl_attr_get_type(attr));
		if (!f)
			continue;
		err = field_read(f, attr, obj);
		if (err)
			return err;
		*(uint64_t *)obj |= 1ULL << f->type;
	}
	return 0;
}

static int field_write(const struct attr_field *f, const char *obj,
		       struct nlmsghdr *nlh, size_t room)
{
	const char *from = obj + f->offset;
	size_t len = 0;

	switch (f->kind) {
	case ATTR_FLAG:
		if (!*(const bool *)from)
			return 0;
		break;
	case ATTR_TEXT:
		len = strlen(from) + 1;
		break;
	case ATTR_ADDR:
		len = fttcp_addr_len(*(const uint16_t *)(obj + f->family));
		break;
	case ATTR_PAD:
	case ATTR_NEST:
		return 0;
	default:
		len = kind_size(f->kind);
	}
	if (!mnl_attr_put_check(nlh, room, f->type, len, from))
		return -EMSGSIZE;
	return 0;
}

int attr_write(const struct attr_set *set, const void *obj,
	       struct nlmsghdr *nlh, size_t room)
{
	uint64_t present = *(const uint64_t *)obj;
	const struct attr_field *f;
	int err;

	for (f = set->fields; f->name; f++) {
		if (!(present & (1ULL << f->type)))
			continue;
		err = field_write(f, obj, nlh, room);
		if (err)
			return err;
	}
	return 0;
}

const char *attr_name(const struct attr_set *set, uint16_t type)
{
	const struct attr_field *f = set ? field_of(set, type) : NULL;

	return f ? f->name : NULL;
}

static const char *name_in(const struct attr_set *set, const void *first,
			   size_t len, const char *place)
{
	const struct attr_field *f;
	const struct nlattr *attr;
	const char *inner, *end;

	mnl_attr_for_each_payload(first, len) {
		end = (const char *)attr + attr->nla_len;
		if (place < (const char *)attr || place >= end)
			continue;
		f = field_of(set, mnl_attr_get_type(attr));
		if (!f)
			return NULL;
		if (place == (const char *)attr || !f->nested)
			return f->name;
		inner = name_in(f->nested, mnl_attr_get_payload(attr),
				mnl_attr_get_payload_len(attr), place);
		return inner ? inner : f->name;
	}
	return NULL;
}

const char *attr_name_at(const struct attr_set *set, const struct nlmsghdr *nlh,
			 size_t hdrlen, size_t offset)
{
	size_t start = MNL_NLMSG_HDRLEN + MNL_ALIGN(hdrlen);

	if (!set || nlh->nlmsg_len < start || offset >= nlh->nlmsg_len)
		return NULL;
	return name_in(set, (const char *)nlh + start, nlh->nlmsg_len - start,
		       (const char *)nlh + offset);
}
