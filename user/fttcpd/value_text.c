// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the way back from a value to its text, for each parser of value.c. What
 * was not set, a zero where that is no value, gives "".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "value_text.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

typedef void text_fn(const struct fttcpd_value *value, const void *in,
		     char buf[FTTCPD_VALUE_TEXT]);

static void number(const struct fttcpd_value *value, const void *in, char *buf)
{
	uint32_t n = *(const uint32_t *)in;

	if (n || !value->min)
		snprintf(buf, FTTCPD_VALUE_TEXT, "%" PRIu32, n);
}

static void duration(const struct fttcpd_value *value, const void *in,
		     char *buf)
{
	uint32_t ms = *(const uint32_t *)in;

	(void)value;
	if (ms && ms % 1000 == 0)
		snprintf(buf, FTTCPD_VALUE_TEXT, "%" PRIu32 "s", ms / 1000);
	else
		snprintf(buf, FTTCPD_VALUE_TEXT, "%" PRIu32 "ms", ms);
}

static void bytes(const struct fttcpd_value *value, const void *in, char *buf)
{
	static const char unit[] = "\0KMG";
	uint64_t n = *(const uint64_t *)in;
	unsigned int i = 0;
	char u[2] = "";

	if (!n && value->min)
		return;
	for (; n && n % 1024 == 0 && i < sizeof(unit) - 2; i++)
		n /= 1024;
	u[0] = unit[i];
	snprintf(buf, FTTCPD_VALUE_TEXT, "%" PRIu64 "%s", n, u);
}

static void word(const struct fttcpd_value *value, const void *in, char *buf)
{
	uint32_t n = *(const uint32_t *)in;
	const char *p = value->words;
	char one[32];
	size_t len;

	for (; *p; p += len + (p[len] == ' ')) {
		len = strcspn(p, " ");
		snprintf(one, sizeof(one), "%.*s", (int)len, p);
		if ((uint32_t)value->word_value(one) == n) {
			snprintf(buf, FTTCPD_VALUE_TEXT, "%s", one);
			return;
		}
	}
}

static void string(const struct fttcpd_value *value, const void *in, char *buf)
{
	(void)value;
	snprintf(buf, FTTCPD_VALUE_TEXT, "%s", (const char *)in);
}

static void address(const struct fttcpd_value *value, const void *in, char *buf)
{
	const struct fttcp_endpoint *ep = in;
	struct fttcp_prefix prefix = { .family = ep->family };

	(void)value;
	if (!ep->family)
		return;
	memcpy(prefix.addr, ep->addr, sizeof(prefix.addr));
	prefix.len = 8 * fttcp_addr_len(ep->family);
	fttcp_prefix_format(&prefix, buf);
	buf[strcspn(buf, "/")] = '\0';
}

static void endpoint(const struct fttcpd_value *value, const void *in,
		     char *buf)
{
	(void)value;
	if (((const struct fttcp_endpoint *)in)->family)
		fttcp_endpoint_format(in, buf);
}

static void prefix(const struct fttcpd_value *value, const void *in, char *buf)
{
	(void)value;
	if (((const struct fttcp_prefix *)in)->family)
		fttcp_prefix_format(in, buf);
}

static void service(const struct fttcpd_value *value, const void *in, char *buf)
{
	const struct fttcpd_service *s = in;
	char addr[FTTCPD_VALUE_TEXT] = "";

	if (!s->addr.family)
		return;
	address(value, &s->addr, addr);
	snprintf(buf, FTTCPD_VALUE_TEXT, "%.64s/%u dev %s", addr, s->prefixlen,
		 s->dev);
}

static void clients(const struct fttcpd_value *value, const void *in, char *buf)
{
	const struct fttcpd_clients *c = in;
	size_t len = 0;
	unsigned int i;

	(void)value;
	for (i = 0; i < c->count; i++)
		len += snprintf(buf + len, FTTCPD_VALUE_TEXT - len, "%s%s",
				i ? ", " : "", c->name[i]);
}

static void endpoints(const struct fttcpd_value *value, const void *in,
		      char *buf)
{
	const struct fttcpd_endpoints *list = in;
	char one[FTTCP_ADDR_STRLEN];
	size_t len = 0;
	unsigned int i;

	(void)value;
	for (i = 0; i < list->count; i++)
		len += snprintf(buf + len, FTTCPD_VALUE_TEXT - len, "%s%s",
				i ? ", " : "",
				fttcp_endpoint_format(&list->ep[i], one));
}

static void ports(const struct fttcpd_value *value, const void *in, char *buf)
{
	const struct fttcpd_ports *p = in;
	size_t len = 0;
	unsigned int i;

	(void)value;
	for (i = 0; i < p->count; i++)
		len += snprintf(buf + len, FTTCPD_VALUE_TEXT - len, "%s%u",
				i ? ", " : "", p->port[i]);
}

/* What the reader takes as it is: a blank, as it would be lost at either end, and
 * what begins a comment, are written otherwise.
 */
static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != ';' && c != '#';
}

static void escaped(const struct fttcpd_value *value, const void *in, char *buf)
{
	static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
	const struct fttcpd_bytes *b = in;
	size_t len = 0;
	unsigned int i;

	(void)value;
	for (i = 0; i < b->len; i++) {
		unsigned char c = b->data[i];
		const char *letter = c ? strchr(bytes, c) : NULL;

		if (letter)
			len += snprintf(buf + len, FTTCPD_VALUE_TEXT - len,
					"\\%c", letters[letter - bytes]);
		else
			len += snprintf(buf + len, FTTCPD_VALUE_TEXT - len,
					is_plain(c) ? "%c" : "\\x%02x", c);
	}
}

/* size 0: as long as value->max says. */
static const struct type {
	fttcpd_value_fn *parse;
	text_fn *text;
	size_t size;
} types[] = {
	{ fttcpd_value_number, number, sizeof(uint32_t) },
	{ fttcpd_value_duration, duration, sizeof(uint32_t) },
	{ fttcpd_value_bytes, bytes, sizeof(uint64_t) },
	{ fttcpd_value_word, word, sizeof(uint32_t) },
	{ fttcpd_value_name, string, 0 },
	{ fttcpd_value_device, string, IF_NAMESIZE },
	{ fttcpd_value_path, string, 0 },
	{ fttcpd_value_address, address, sizeof(struct fttcp_endpoint) },
	{ fttcpd_value_endpoint, endpoint, sizeof(struct fttcp_endpoint) },
	{ fttcpd_value_endpoints, endpoints, sizeof(struct fttcpd_endpoints) },
	{ fttcpd_value_prefix, prefix, sizeof(struct fttcp_prefix) },
	{ fttcpd_value_clients, clients, sizeof(struct fttcpd_clients) },
	{ fttcpd_value_ports, ports, sizeof(struct fttcpd_ports) },
	{ fttcpd_value_escaped, escaped, sizeof(struct fttcpd_bytes) },
	{ fttcpd_value_restart, string, 0 },
	{ fttcpd_value_program, string, 0 },
	{ fttcpd_value_service, service, sizeof(struct fttcpd_service) },
};

static const struct type *type_of(fttcpd_value_fn *parse)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].parse == parse)
			return &types[i];
	return NULL;
}

/**
 * fttcpd_value_size() - how long a value is in memory
 * @parse:	its parser
 * @value:	what that accepts
 *
 * Return: bytes; 0 for a parser that this file does not know, which a test
 * looks for.
 */
size_t fttcpd_value_size(fttcpd_value_fn *parse,
			 const struct fttcpd_value *value)
{
	const struct type *type = type_of(parse);

	if (!type)
		return 0;
	return type->size ? type->size : value->max;
}

/**
 * fttcpd_value_text() - a value as it is written in the file
 * @parse:	its parser
 * @value:	what that accepts
 * @in:		the value
 * @buf:	for the text
 *
 * Return: @buf; "" for a value that was not set.
 */
const char *fttcpd_value_text(fttcpd_value_fn *parse,
			      const struct fttcpd_value *value, const void *in,
			      char buf[FTTCPD_VALUE_TEXT])
{
	const struct type *type = type_of(parse);

	buf[0] = '\0';
	if (type)
		type->text(value, in, buf);
	return buf;
}
