/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema of fttcpd.conf(5): sections and keys. For the files conf*.c.
 */
#ifndef FTTCPD_CONF_KEYS_H
#define FTTCPD_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "value.h"

#define AT(field)	offsetof(struct fttcpd_conf, field)
#define AT_POLICY(field) offsetof(struct fttcpd_policy, field)
#define AT_PROBE(field) offsetof(struct fttcpd_probe_conf, field)

/* struct fttcpd_value of a text with so much room */
#define ROOM(size)	{ .max = (size) }

enum section {
	NODE, LINK, AUTH, SECOND_PATH, FENCE, WITNESS, SERVICE, POLICY, PROBE, LIMITS,
	MESSAGES, REPOSITORY, CONTROL, SECTIONS
};

/**
 * struct fttcpd_key - one key
 * @section:	it belongs to
 * @name:	of it; NULL behind the last one
 * @parse:	how its value is read
 * @offset:	where it goes: in the structure of the one policy or probe,
 *		elsewhere in that of all
 * @value:	what @parse accepts
 */
struct fttcpd_key {
	enum section section;
	const char *name;
	fttcpd_value_fn *parse;
	size_t offset;
	struct fttcpd_value value;
};

extern const char * const fttcpd_section_name[SECTIONS];
extern const struct fttcpd_key fttcpd_keys[FTTCPD_CONF_KEYS + 1];

bool fttcpd_section_is_named(enum section s);

#endif /* FTTCPD_CONF_KEYS_H */
