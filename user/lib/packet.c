// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Packets about messages as bytes. See packet.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fttcp-packet.h"

/* What a packet can carry, and how many bytes that takes: 4 or 8 for numbers. */
enum field {
	F_END,
	F_NAME,
	F_TASK,
	F_INC,
	F_SEQ,
	F_ID,
	F_POS,
	F_PREV,
	F_EPOCH,
	F_TIME,
	F_NODE,
	F_ROLE,
	F_STATE,
	F_ERROR,
	F_KIND,
	F_ENCODING,
	F_FLAGS,
	F_REPO,
	F_TEXT,
	F_BODY,
	FIELDS,
};

#define MAX_FIELDS	16

/* A body goes last: it takes what is left. */
static const struct {
	const char *name;
	enum field field[MAX_FIELDS];
} types[FTTCP_P_TYPES] = {
	[FTTCP_P_REGISTER] = { "register", { F_NAME, F_TASK, F_ENCODING,
		F_FLAGS, F_REPO, F_INC, F_ID } },
	[FTTCP_P_MESSAGE] = { "message", { F_INC, F_SEQ, F_KIND, F_ENCODING,
		F_BODY } },
	[FTTCP_P_COMPLETE] = { "complete", { F_INC, F_SEQ } },
	[FTTCP_P_DONE] = { "done", { F_ID } },
	[FTTCP_P_WELCOME] = { "welcome", { F_NODE, F_EPOCH, F_ROLE, F_REPO,
		F_INC, F_SEQ } },
	[FTTCP_P_REFUSED] = { "refused", { F_INC, F_SEQ, F_ERROR, F_TEXT } },
	[FTTCP_P_KEPT] = { "kept", { F_INC, F_SEQ, F_STATE } },
	[FTTCP_P_DELIVER] = { "deliver", { F_ID, F_INC, F_SEQ, F_EPOCH,
		F_FLAGS, F_KIND, F_ENCODING, F_REPO, F_BODY } },
	[FTTCP_P_REPLICATE] = { "replicate", { F_INC, F_TEXT } },
	[FTTCP_P_NODE] = { "node", { F_ROLE, F_EPOCH, F_FLAGS, F_TEXT } },
	[FTTCP_P_FAILED] = { "failed", { F_INC, F_SEQ, F_ERROR, F_TEXT } },
	[FTTCP_P_HELLO] = { "hello", { F_NODE, F_EPOCH, F_ROLE, F_FLAGS,
		F_REPO } },
	[FTTCP_P_CURSOR] = { "cursor", { F_NAME, F_POS } },
	[FTTCP_P_BEGIN] = { "begin", { F_END } },
	[FTTCP_P_LOST] = { "lost", { F_NAME, F_INC } },
	[FTTCP_P_PUT] = { "put", { F_NAME, F_TASK, F_POS, F_PREV, F_ID, F_INC,
		F_SEQ, F_EPOCH, F_TIME, F_NODE, F_KIND, F_ENCODING, F_FLAGS,
		F_BODY } },
	[FTTCP_P_AT] = { "at", { F_NAME, F_POS, F_STATE, F_FLAGS } },
	[FTTCP_P_PING] = { "ping", { F_END } },
	[FTTCP_P_STOP] = { "stop", { F_ERROR } },
};

#define NUMBER(_field, _member)						\
	[_field] = { offsetof(struct fttcp_packet, _member),		\
		     sizeof(((struct fttcp_packet *)0)->_member) }

static const struct {
	size_t offset;
	size_t size;
} numbers[FIELDS] = {
	NUMBER(F_TASK, task),
	NUMBER(F_INC, inc),
	NUMBER(F_SEQ, seq),
	NUMBER(F_ID, id),
	NUMBER(F_POS, pos),
	NUMBER(F_PREV, prev),
	NUMBER(F_EPOCH, epoch),
	NUMBER(F_TIME, time_us),
	NUMBER(F_NODE, node),
	NUMBER(F_ROLE, role),
	NUMBER(F_STATE, state),
	NUMBER(F_ERROR, error),
	NUMBER(F_KIND, kind),
	NUMBER(F_ENCODING, encoding),
	NUMBER(F_FLAGS, flags),
};

int fttcp_client_name_ok(const char *name)
{
	size_t len = strnlen(name, FTTCP_CLIENT_NAME);

	return len && len < FTTCP_CLIENT_NAME &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static uint8_t *put_number(uint8_t *to, const void *from, size_t size)
{
	uint64_t v;
	size_t i;

	if (size == 8)
		v = *(const uint64_t *)from;
	else
		v = *(const uint32_t *)from;
	for (i = size; i--; v >>= 8)
		to[i] = v;
	return to + size;
}

static uint8_t *put_string(uint8_t *to, const char *s, size_t room)
{
	size_t len = strnlen(s, room - 1);

	*to++ = len;
	memcpy(to, s, len);
	return to + len;
}

static bool is_hex(const char *s)
{
	return strnlen(s, FTTCP_PACKET_REPO) == FTTCP_PACKET_REPO - 1 &&
	       strspn(s, "0123456789abcdef") == FTTCP_PACKET_REPO - 1;
}

/* Return: behind what was written, NULL for what cannot be said. */
static uint8_t *put_field(uint8_t *to, const struct fttcp_packet *p,
			  enum field f)
{
	switch (f) {
	case F_NAME:
		return fttcp_client_name_ok(p->name) ?
		       put_string(to, p->name, sizeof(p->name)) : NULL;
	case F_REPO:	/* none is 32 zeroes */
		if (!p->repo[0])
			memset(to, '0', FTTCP_PACKET_REPO - 1);
		else if (is_hex(p->repo))
			memcpy(to, p->repo, FTTCP_PACKET_REPO - 1);
		else
			return NULL;
		return to + FTTCP_PACKET_REPO - 1;
	case F_TEXT:
		return put_string(to, p->text, sizeof(p->text));
	case F_BODY:
		if (p->size)
			memcpy(to, p->body, p->size);
		return to + p->size;
	default:
		return put_number(to, (const char *)p + numbers[f].offset,
				  numbers[f].size);
	}
}

int fttcp_packet_encode(const struct fttcp_packet *p, void *buf)
{
	uint8_t *to = buf;
	int i;

	if (p->type >= FTTCP_P_TYPES || !types[p->type].name)
		return -EINVAL;
	if (p->size > FTTCP_MSG_MAX)
		return -EMSGSIZE;
	*to++ = FTTCP_PACKET_VERSION;
	*to++ = p->type;
	*to++ = 0;
	*to++ = 0;
	for (i = 0; i < MAX_FIELDS && types[p->type].field[i]; i++) {
		to = put_field(to, p, types[p->type].field[i]);
		if (!to)
			return -EINVAL;
	}
	return to - (uint8_t *)buf;
}

/* What is left of a packet. */
struct rest {
	const uint8_t *p;
	size_t len;
};

static bool get_number(struct rest *rest, void *out, size_t size)
{
	uint64_t v = 0;
	size_t i;

	if (rest->len < size)
		return false;
	for (i = 0; i < size; i++)
		v = v << 8 | rest->p[i];
	if (size == 8)
		*(uint64_t *)out = v;
	else
		*(uint32_t *)out = v;
	rest->p += size;
	rest->len -= size;
	return true;
}

/* Only what can be printed: it goes into logs. */
static bool get_string(struct rest *rest, char *out, size_t room)
{
	size_t i, len;

	if (!rest->len || rest->p[0] >= room || rest->len - 1 < rest->p[0])
		return false;
	len = rest->p[0];
	for (i = 0; i < len; i++) {
		if (rest->p[1 + i] < ' ' || rest->p[1 + i] > '~')
			return false;
		out[i] = rest->p[1 + i];
	}
	out[len] = '\0';
	rest->p += 1 + len;
	rest->len -= 1 + len;
	return true;
}

static bool get_repo(struct rest *rest, char *out)
{
	size_t len = FTTCP_PACKET_REPO - 1;

	if (rest->len < len)
		return false;
	memcpy(out, rest->p, len);
	out[len] = '\0';
	rest->p += len;
	rest->len -= len;
	return is_hex(out);
}

static bool get_field(struct rest *rest, struct fttcp_packet *p, enum field f)
{
	switch (f) {
	case F_NAME:
		return get_string(rest, p->name, sizeof(p->name)) &&
		       fttcp_client_name_ok(p->name);
	case F_REPO:
		return get_repo(rest, p->repo);
	case F_TEXT:
		return get_string(rest, p->text, sizeof(p->text));
	case F_BODY:
		if (rest->len > FTTCP_MSG_MAX)
			return false;
		p->body = rest->p;
		p->size = rest->len;
		rest->len = 0;
		return true;
	default:
		return get_number(rest, (char *)p + numbers[f].offset,
				  numbers[f].size);
	}
}

int fttcp_packet_decode(struct fttcp_packet *p, const void *buf, size_t len)
{
	const uint8_t *head = buf;
	struct rest rest;
	int i;

	memset(p, 0, sizeof(*p));
	if (len < FTTCP_PACKET_HEADER)
		return -EBADMSG;
	if (head[0] != FTTCP_PACKET_VERSION)
		return -EPROTONOSUPPORT;
	p->type = head[1];
	if (head[2] || head[3] || p->type >= FTTCP_P_TYPES ||
	    !types[p->type].name)
		return -EBADMSG;
	rest.p = head + FTTCP_PACKET_HEADER;
	rest.len = len - FTTCP_PACKET_HEADER;
	for (i = 0; i < MAX_FIELDS && types[p->type].field[i]; i++)
		if (!get_field(&rest, p, types[p->type].field[i]))
			return -EBADMSG;
	return rest.len ? -EBADMSG : 0;
}

const char *fttcp_packet_name(unsigned int type)
{
	return type < FTTCP_P_TYPES && types[type].name ? types[type].name :
	       "unknown";
}
