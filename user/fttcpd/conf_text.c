// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns a configuration as text, key by key: what is in force, what differs, what is
 * taken over from another one.
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "conf_keys.h"
#include "conf_probe.h"
#include "value_text.h"

/**
 * fttcpd_conf_line() - where a setting stands
 * @conf:	configuration
 * @key:	name of a key outside the policies and probes
 *
 * Return: its line, 0 when the file does not have it.
 */
unsigned int fttcpd_conf_line(const struct fttcpd_conf *conf, const char *key)
{
	size_t i;

	for (i = 0; fttcpd_keys[i].name; i++)
		if (!strcmp(fttcpd_keys[i].name, key) && conf->key_line[i])
			return conf->key_line[i];
	return 0;
}

static struct fttcpd_setting *add_setting(struct fttcpd_setting *s,
					  const struct fttcpd_key *key,
					  const void *base)
{
	memset(s, 0, sizeof(*s));
	s->key = key->name;
	snprintf(s->section, sizeof(s->section), "%s",
		 fttcpd_section_name[key->section]);
	fttcpd_value_text(key->parse, &key->value,
			  (const char *)base + key->offset, s->value);
	return s;
}

/* All that stand there of a key which may stand there several times. */
static unsigned int add_each(struct fttcpd_setting *list,
			     const struct fttcpd_key *key, const void *base,
			     size_t size, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		add_setting(&list[i], key, (const char *)base + i * size)->many =
			true;
	return count;
}

static unsigned int add_addresses(const struct fttcpd_conf *conf,
				  const struct fttcpd_key *key,
				  struct fttcpd_setting *list)
{
	unsigned int i, n;

	n = add_each(list, key, conf, sizeof(conf->service[0]),
		     conf->services);
	for (i = 0; i < n; i++)
		list[i].line = conf->service[i].line;
	return n;
}

/* Where a key of such a section stands: in the section, or nowhere. */
static unsigned int line_of(const struct fttcpd_setting *s,
			    const struct fttcpd_key *key, unsigned int line)
{
	static struct fttcpd_probe_conf usual;
	struct fttcpd_setting is_usual;

	if (key->section != PROBE)
		return line;
	fttcpd_conf_probe_defaults(&usual);
	add_setting(&is_usual, key, &usual);
	return strcmp(s->value, is_usual.value) ? line : 0;
}

/* What one section with a name has. */
static unsigned int add_named(struct fttcpd_setting *list, enum section section,
			      const void *base, const char *name,
			      unsigned int line)
{
	const struct fttcpd_probe_conf *probe = base;
	unsigned int n = 0, first, i;

	for (i = 0; fttcpd_keys[i].name; i++) {
		const struct fttcpd_key *key = &fttcpd_keys[i];

		if (key->section != section)
			continue;
		first = n;
		if (section == PROBE && key->offset == AT_PROBE(address))
			n += add_each(&list[n], key, base,
				      sizeof(probe->address[0]),
				      probe->addresses);
		else if (add_setting(&list[n], key, base)->value[0])
			n++;
		for (; first < n; first++) {
			snprintf(list[first].section,
				 sizeof(list[first].section), "%s %.*s",
				 fttcpd_section_name[section], FTTCPD_CONF_NAME,
				 name);
			list[first].line = line_of(&list[first], key, line);
		}
	}
	return n;
}

static unsigned int add_all_named(const struct fttcpd_conf *conf,
				  struct fttcpd_setting *list)
{
	unsigned int n = 0, i;

	for (i = 0; i < conf->policies; i++)
		n += add_named(list + n, POLICY, &conf->policy[i],
			       conf->policy[i].name, conf->policy[i].line);
	for (i = 0; i < conf->probes; i++)
		n += add_named(list + n, PROBE, &conf->probe[i],
			       conf->probe[i].name, conf->probe[i].line);
	return n;
}

/**
 * fttcpd_conf_settings() - a configuration as text, key by key
 * @conf:	configuration
 * @list:	room for FTTCPD_SETTINGS_MAX, filled in the order of the sections
 *
 * Of policies and probes only what they have, of all else every key.
 *
 * Return: how many there are.
 */
unsigned int fttcpd_conf_settings(const struct fttcpd_conf *conf,
				  struct fttcpd_setting *list)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; fttcpd_keys[i].name; i++) {
		if (fttcpd_section_is_named(fttcpd_keys[i].section))
			continue;
		if (fttcpd_keys[i].section == SERVICE && fttcpd_keys[i].offset == AT(service)) {
			n += add_addresses(conf, &fttcpd_keys[i], list + n);
			continue;
		}
		add_setting(&list[n++], &fttcpd_keys[i], conf)->line =
			conf->key_line[i];
	}
	return n + add_all_named(conf, list + n);
}

/**
 * fttcpd_conf_keep() - take one value over
 * @from:	configuration that has it
 * @to:		gets it, and its line
 * @section:	of the key, not a policy's
 * @key:	its name; one that stands there once
 */
void fttcpd_conf_keep(const struct fttcpd_conf *from, struct fttcpd_conf *to,
		      const char *section, const char *key)
{
	size_t i;

	for (i = 0; fttcpd_keys[i].name; i++) {
		if (strcmp(fttcpd_section_name[fttcpd_keys[i].section], section) ||
		    strcmp(fttcpd_keys[i].name, key))
			continue;
		memcpy((char *)to + fttcpd_keys[i].offset,
		       (const char *)from + fttcpd_keys[i].offset,
		       fttcpd_value_size(fttcpd_keys[i].parse, &fttcpd_keys[i].value));
		to->key_line[i] = from->key_line[i];
	}
}
