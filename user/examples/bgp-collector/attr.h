/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Canonical text of BGP path attributes: the same attributes give the same
 * text in whatever order and encoding they came, so that two tables can be
 * compared by digest. Pure.
 */
#ifndef BGP_COLLECTOR_ATTR_H
#define BGP_COLLECTOR_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * attr_text() - path attributes as text
 * @p:		the attributes as an UPDATE has them
 * @len:	their length
 * @as4:	AS numbers in AS_PATH and AGGREGATOR have four octets
 * @out:	"origin igp as-path 65001 65002 next-hop 10.0.0.1 ...", words in
 *		the order of attribute types
 * @size:	size of @out
 *
 * Return: 0 or an error (bgp.h).
 */
int attr_text(const uint8_t *p, size_t len, bool as4, char *out, size_t size);

#endif
