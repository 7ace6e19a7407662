/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The routes that one peer announced: prefix to attribute text, with a digest
 * that depends on the content alone and not on the order of arrival.
 */
#ifndef BGP_COLLECTOR_TABLE_H
#define BGP_COLLECTOR_TABLE_H

#include <stdio.h>

#include "bgp.h"

#define TABLE_BUCKETS	(1 << 14)
/* SHA-256 in hexadecimal, with the end. */
#define TABLE_DIGEST	65

struct attrs;
struct route;

/**
 * struct table - one peer's routes
 * @bucket:	hash chains
 * @count:	routes
 * @last:	attributes of the last announcement; the prefixes of one
 *		message, and often of many, share them
 */
struct table {
	struct route *bucket[TABLE_BUCKETS];
	size_t count;
	struct attrs *last;
};

/* Add a route or replace its attributes. */
void table_put(struct table *t, const struct bgp_prefix *p, const char *attrs);

/* Remove a route, if it is there. */
void table_del(struct table *t, const struct bgp_prefix *p);

/* Remove everything. */
void table_flush(struct table *t);

/**
 * table_print() - the routes, one a line: "PREFIX ATTRIBUTES"
 * @t:		table
 * @out:	stream
 *
 * Sorted by address, then by length.
 */
void table_print(const struct table *t, FILE *out);

/**
 * table_digest() - SHA-256 of what table_print() prints
 * @t:		table
 * @hex:	result
 */
void table_digest(const struct table *t, char hex[TABLE_DIGEST]);

#endif
