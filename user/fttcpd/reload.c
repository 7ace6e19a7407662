// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the table of what a reload changes when. A key that is not in it is not
 * in fttcpd.conf either: a test compares the two.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reload.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* NULL for all keys of the section. */
static const struct row {
	const char *section;
	const char *key;
	enum fttcpd_when when;
} rows[] = {
	{ "node", "id", FTTCPD_WHEN_NO_ROLE },
	{ "node", "peer-id", FTTCPD_WHEN_NEXT_LINK },
	{ "node", "role", FTTCPD_WHEN_NEXT_USE },
	{ "node", "manager", FTTCPD_WHEN_RESTART },
	{ "node", "rejoin", FTTCPD_WHEN_NEXT_USE },
	{ "node", "startup-wait", FTTCPD_WHEN_NEXT_USE },
	{ "node", "hold-max", FTTCPD_WHEN_NOW },
	{ "node", "on-backup-loss", FTTCPD_WHEN_NOW },
	{ "node", "audit-interval", FTTCPD_WHEN_NOW },
	{ "node", "mode", FTTCPD_WHEN_NEXT_CONNECTION },
	{ "node", "local-peers", FTTCPD_WHEN_NEXT_CONNECTION },
	{ "node", "epoch-file", FTTCPD_WHEN_RESTART },

	{ "link", "listen", FTTCPD_WHEN_NEXT_LINK },
	{ "link", "connect", FTTCPD_WHEN_NEXT_LINK },
	{ "link", "connect-also", FTTCPD_WHEN_NEXT_LINK },
	{ "link", "bind", FTTCPD_WHEN_NEXT_LINK },
	{ "link", "device", FTTCPD_WHEN_NEXT_LINK },
	{ "link", "lanes", FTTCPD_WHEN_NEXT_LINK },
	{ "link", "heartbeat", FTTCPD_WHEN_NOW },
	{ "link", "heartbeat-misses", FTTCPD_WHEN_NOW },
	{ "link", "retry", FTTCPD_WHEN_NEXT_USE },
	{ "link", "connect-retry-interval", FTTCPD_WHEN_NEXT_USE },
	{ "link", "auto-resend-retry-count", FTTCPD_WHEN_NEXT_USE },
	{ "link", "soft-error-count", FTTCPD_WHEN_NEXT_USE },
	{ "link", "soft-error-window", FTTCPD_WHEN_NEXT_USE },

	{ "auth", "key-file", FTTCPD_WHEN_NEXT_LINK },
	{ "auth", "insecure", FTTCPD_WHEN_NEXT_LINK },

	{ "second-path", "local", FTTCPD_WHEN_NOW },
	{ "second-path", "peer", FTTCPD_WHEN_NOW },
	{ "second-path", "interval", FTTCPD_WHEN_NOW },
	{ "second-path", "misses", FTTCPD_WHEN_NOW },
	{ "second-path", "key-file", FTTCPD_WHEN_RESTART },
	{ "second-path", "insecure", FTTCPD_WHEN_NOW },

	{ "fence", "program", FTTCPD_WHEN_NEXT_USE },
	{ "fence", "timeout", FTTCPD_WHEN_NEXT_USE },
	{ "fence", "retry-interval", FTTCPD_WHEN_NEXT_USE },
	{ "fence", "allow-unfenced", FTTCPD_WHEN_NOW },

	{ "witness", "server", FTTCPD_WHEN_RESTART },
	{ "witness", "key-file", FTTCPD_WHEN_RESTART },
	{ "witness", "listen", FTTCPD_WHEN_RESTART },
	{ "witness", "state-file", FTTCPD_WHEN_RESTART },

	{ "service", "address", FTTCPD_WHEN_NOW },
	{ "service", "conflict-check", FTTCPD_WHEN_NEXT_USE },
	{ "service", "announce-count", FTTCPD_WHEN_NEXT_USE },
	{ "service", "announce-interval", FTTCPD_WHEN_NEXT_USE },

	{ "policy", NULL, FTTCPD_WHEN_NEXT_CONNECTION },

	{ "probe", NULL, FTTCPD_WHEN_NOW },

	{ "limits", "lane-queue-max", FTTCPD_WHEN_NOW },
	{ "limits", "memory-max", FTTCPD_WHEN_NOW },

	{ "messages", "clients", FTTCPD_WHEN_NOW },
	{ "messages", "client-socket", FTTCPD_WHEN_NOW },
	{ "messages", "client-group", FTTCPD_WHEN_NOW },
	{ "messages", "port", FTTCPD_WHEN_NOW },

	{ "repository", "file", FTTCPD_WHEN_NOW },
	{ "repository", "size-max", FTTCPD_WHEN_NOW },
	{ "repository", "count-max", FTTCPD_WHEN_NOW },
	{ "repository", "age-max", FTTCPD_WHEN_NOW },

	{ "control", "socket", FTTCPD_WHEN_RESTART },
	{ "control", "group", FTTCPD_WHEN_RESTART },
};

static bool is_section(const char *section, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(section, name, len) &&
	       (!section[len] || section[len] == ' ');
}

/**
 * fttcpd_reload_when() - when a change of a key counts
 * @section:	"node", or "policy NAME"
 * @key:	the key
 *
 * Return: one of enum fttcpd_when; FTTCPD_WHENS for what the table lacks.
 */
enum fttcpd_when fttcpd_reload_when(const char *section, const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_section(section, rows[i].section) &&
		    (!rows[i].key || !strcmp(rows[i].key, key)))
			return rows[i].when;
	return FTTCPD_WHENS;
}

/** fttcpd_reload_when_name() - the same in a word */
const char *fttcpd_reload_when_name(enum fttcpd_when when)
{
	static const char * const name[FTTCPD_WHENS] = {
		[FTTCPD_WHEN_NOW] = "now",
		[FTTCPD_WHEN_NEXT_USE] = "next-use",
		[FTTCPD_WHEN_NEXT_CONNECTION] = "next-connection",
		[FTTCPD_WHEN_NEXT_LINK] = "next-link",
		[FTTCPD_WHEN_NO_ROLE] = "no-role",
		[FTTCPD_WHEN_RESTART] = "restart",
	};

	return when < FTTCPD_WHENS ? name[when] : "unknown";
}

/* A key that may stand there often is known by its value. */
static const struct fttcpd_setting *find(const struct fttcpd_setting *list,
					 unsigned int count,
					 const struct fttcpd_setting *like)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i].section, like->section) &&
		    !strcmp(list[i].key, like->key) &&
		    (!like->many || !strcmp(list[i].value, like->value)))
			return &list[i];
	return NULL;
}

static void compare(const struct fttcpd_setting *from, unsigned int from_count,
		    const struct fttcpd_setting *to, unsigned int to_count,
		    fttcpd_change_cb *cb, void *arg)
{
	struct fttcpd_change change;
	unsigned int i;

	for (i = 0; i < from_count; i++) {
		change.from = &from[i];
		change.to = find(to, to_count, &from[i]);
		if (change.to && !strcmp(change.to->value, from[i].value))
			continue;
		change.when = fttcpd_reload_when(from[i].section, from[i].key);
		cb(&change, arg);
	}
	for (i = 0; i < to_count; i++) {
		if (find(from, from_count, &to[i]))
			continue;
		change.from = NULL;
		change.to = &to[i];
		change.when = fttcpd_reload_when(to[i].section, to[i].key);
		cb(&change, arg);
	}
}

/**
 * fttcpd_reload_compare() - what differs
 * @from:	in force
 * @to:		wanted
 * @cb:		called for each difference, in the order of the keys
 * @arg:	for @cb
 *
 * Return: 0 or -ENOMEM.
 */
int fttcpd_reload_compare(const struct fttcpd_conf *from,
			  const struct fttcpd_conf *to, fttcpd_change_cb *cb,
			  void *arg)
{
	struct fttcpd_setting *list;

	list = calloc(2 * FTTCPD_SETTINGS_MAX, sizeof(*list));
	if (!list)
		return -ENOMEM;
	compare(list, fttcpd_conf_settings(from, list),
		list + FTTCPD_SETTINGS_MAX,
		fttcpd_conf_settings(to, list + FTTCPD_SETTINGS_MAX), cb, arg);
	free(list);
	return 0;
}

/**
 * fttcpd_reload_keep() - leave as it is what only a restart changes
 * @from:	in force
 * @to:		wanted; gets @from's values of these keys
 */
void fttcpd_reload_keep(const struct fttcpd_conf *from, struct fttcpd_conf *to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].when == FTTCPD_WHEN_RESTART)
			fttcpd_conf_keep(from, to, rows[i].section,
					 rows[i].key);
}
