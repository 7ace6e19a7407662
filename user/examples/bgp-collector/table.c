// SPDX-License-Identifier: GPL-2.0-only
/*
 * One peer's routes in a chained hash; attribute texts are shared and
 * counted. See table.h.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "table.h"

struct attrs {
	unsigned int refs;
	char text[];
};

struct route {
	struct route *next;
	struct bgp_prefix prefix;
	struct attrs *attrs;
};

static void *must(void *p)
{
	if (!p)
		errx(1, "out of memory");
	return p;
}

static struct attrs *attrs_get(struct table *t, const char *text)
{
	if (!t->last || strcmp(t->last->text, text)) {
		size_t len = strlen(text) + 1;

		if (t->last && !--t->last->refs)
			free(t->last);
		t->last = must(malloc(sizeof(*t->last) + len));
		t->last->refs = 1;
		memcpy(t->last->text, text, len);
	}
	t->last->refs++;
	return t->last;
}

static void attrs_put(struct attrs *a)
{
	if (!--a->refs)
		free(a);
}

/* The link that points, or would point, to the route of a prefix. */
static struct route **find(struct table *t, const struct bgp_prefix *p)
{
	uint32_t h = (p->addr ^ p->len) * 0x9e3779b1u;
	struct route **at = &t->bucket[h % TABLE_BUCKETS];

	while (*at && ((*at)->prefix.addr != p->addr ||
		       (*at)->prefix.len != p->len))
		at = &(*at)->next;
	return at;
}

void table_put(struct table *t, const struct bgp_prefix *p, const char *attrs)
{
	struct route **at = find(t, p);

	if (*at) {
		attrs_put((*at)->attrs);
	} else {
		*at = must(calloc(1, sizeof(**at)));
		(*at)->prefix = *p;
		t->count++;
	}
	(*at)->attrs = attrs_get(t, attrs);
}

static void unlink_route(struct table *t, struct route **at)
{
	struct route *r = *at;

	*at = r->next;
	attrs_put(r->attrs);
	free(r);
	t->count--;
}

void table_del(struct table *t, const struct bgp_prefix *p)
{
	struct route **at = find(t, p);

	if (*at)
		unlink_route(t, at);
}

void table_flush(struct table *t)
{
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		while (t->bucket[i])
			unlink_route(t, &t->bucket[i]);
	if (t->last)
		attrs_put(t->last);
	t->last = NULL;
}

static int compare_routes(const void *a, const void *b)
{
	const struct route *x = *(struct route *const *)a;
	const struct route *y = *(struct route *const *)b;

	if (x->prefix.addr != y->prefix.addr)
		return x->prefix.addr < y->prefix.addr ? -1 : 1;
	return x->prefix.len - y->prefix.len;
}

static struct route **sorted(const struct table *t)
{
	struct route **list = must(calloc(t->count + 1, sizeof(*list)));
	size_t n = 0;

	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		for (struct route *r = t->bucket[i]; r; r = r->next)
			list[n++] = r;
	qsort(list, n, sizeof(*list), compare_routes);
	return list;
}

void table_print(const struct table *t, FILE *out)
{
	struct route **list = sorted(t);

	for (size_t i = 0; i < t->count; i++) {
		uint32_t a = list[i]->prefix.addr;

		fprintf(out, "%u.%u.%u.%u/%u %s\n", a >> 24, a >> 16 & 255,
			a >> 8 & 255, a & 255, list[i]->prefix.len,
			list[i]->attrs->text);
	}
	free(list);
}

void table_digest(const struct table *t, char hex[TABLE_DIGEST])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	out = must(open_memstream(&text, &len));
	table_print(t, out);
	fclose(out);
	if (!EVP_Digest(text, len, md, NULL, EVP_sha256(), NULL))
		errx(1, "SHA-256 is not available");
	free(text);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
}
