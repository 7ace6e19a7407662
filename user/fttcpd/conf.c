// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the schema of fttcpd.conf(5): one table of sections and keys, a
 * reader on top of inih, and the checks that need the whole file. The first
 * error ends the reading; it names file and line and says what to do.
 *
 * inih calls back with keys only and without line numbers. The line reader
 * handed to it counts lines and looks at section headers first, so an empty
 * section is checked like any other.
 */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fttcp/limits.h>
#include <fttcp/strings-gen.h>
#include <linux/fttcp.h>

#include "conf.h"
#include "fttcp-client.h"
#include "repo/repo.h"
#include "value.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define AT(field)	offsetof(struct fttcpd_conf, field)
#define AT_POLICY(field) offsetof(struct fttcpd_policy, field)

enum section {
	NODE, LINK, SERVICE, POLICY, LIMITS, MESSAGES, REPOSITORY, CONTROL,
	SECTIONS
};

static const char * const section_name[SECTIONS] = {
	[NODE] = "node",
	[LINK] = "link",
	[SERVICE] = "service",
	[POLICY] = "policy",
	[LIMITS] = "limits",
	[MESSAGES] = "messages",
	[REPOSITORY] = "repository",
	[CONTROL] = "control",
};

#define RANGE(lo, hi)	{ .min = (lo), .max = (hi) }
#define WORDS(w, fn)	{ .words = (w), .word_value = (fn) }
#define FREE		{ .max = 0 }
#define ROOM(size)	{ .max = (size) }

static int yes_no(const char *word)
{
	return !strcmp(word, "yes");
}

/* offset is in struct fttcpd_policy for the section "policy". */
static const struct key {
	enum section section;
	const char *name;
	fttcpd_value_fn *parse;
	size_t offset;
	struct fttcpd_value value;
} keys[] = {
	{ NODE, "id", fttcpd_value_number, AT(id), RANGE(1, UINT32_MAX) },
	{ NODE, "peer-id", fttcpd_value_number, AT(peer_id),
	  RANGE(1, UINT32_MAX) },
	{ NODE, "role", fttcpd_value_word, AT(role),
	  WORDS("active backup", fttcp_role_value) },
	{ NODE, "on-backup-loss", fttcpd_value_word, AT(on_backup_loss),
	  WORDS("solo hold", fttcp_loss_value) },
	{ NODE, "hold-max", fttcpd_value_duration, AT(hold_max_ms),
	  RANGE(FTTCP_HOLD_MAX_MS_MIN, FTTCP_HOLD_MAX_MS_MAX) },
	{ NODE, "startup-wait", fttcpd_value_duration, AT(startup_wait_ms),
	  RANGE(0, 3600000) },
	{ NODE, "audit-interval", fttcpd_value_duration, AT(audit_interval_ms),
	  RANGE(0, FTTCP_AUDIT_INTERVAL_MS_MAX) },
	{ NODE, "mode", fttcpd_value_word, AT(mode),
	  WORDS("sync async rx-only", fttcp_mode_value) },
	{ NODE, "local-peers", fttcpd_value_word, AT(local_peers),
	  WORDS("leave protect", fttcp_local_peers_value) },
	{ NODE, "epoch-file", fttcpd_value_path, AT(epoch_file),
	  ROOM(FTTCPD_CONF_PATH) },

	{ LINK, "listen", fttcpd_value_endpoint, AT(listen), FREE },
	{ LINK, "connect", fttcpd_value_endpoint, AT(connect), FREE },
	{ LINK, "bind", fttcpd_value_address, AT(bind), FREE },
	{ LINK, "device", fttcpd_value_device, AT(link_device), FREE },
	{ LINK, "lanes", fttcpd_value_number, AT(lanes),
	  RANGE(1, FTTCP_LANES_MAX) },
	{ LINK, "heartbeat", fttcpd_value_duration, AT(heartbeat_ms),
	  RANGE(FTTCP_HEARTBEAT_MS_MIN, FTTCP_HEARTBEAT_MS_MAX) },
	{ LINK, "heartbeat-misses", fttcpd_value_number, AT(heartbeat_misses),
	  RANGE(FTTCP_HEARTBEAT_MISSES_MIN, FTTCP_HEARTBEAT_MISSES_MAX) },
	{ LINK, "retry", fttcpd_value_duration, AT(retry_ms),
	  RANGE(10, 60000) },

	{ SERVICE, "address", fttcpd_value_service, AT(service), FREE },
	{ SERVICE, "conflict-check", fttcpd_value_word, AT(conflict_check),
	  WORDS("yes no", yes_no) },
	{ SERVICE, "announce-count", fttcpd_value_number, AT(announce_count),
	  RANGE(1, 100) },
	{ SERVICE, "announce-interval", fttcpd_value_duration,
	  AT(announce_interval_ms), RANGE(10, 60000) },

	{ POLICY, "local", fttcpd_value_prefix, AT_POLICY(local), FREE },
	{ POLICY, "local-port", fttcpd_value_number, AT_POLICY(local_port),
	  RANGE(1, 65535) },
	{ POLICY, "remote", fttcpd_value_prefix, AT_POLICY(remote), FREE },
	{ POLICY, "remote-port", fttcpd_value_number, AT_POLICY(remote_port),
	  RANGE(1, 65535) },
	{ POLICY, "device", fttcpd_value_device, AT_POLICY(device), FREE },
	{ POLICY, "mode", fttcpd_value_word, AT_POLICY(mode),
	  WORDS("sync async rx-only", fttcp_mode_value) },

	{ LIMITS, "lane-queue-max", fttcpd_value_bytes, AT(lane_queue_max),
	  RANGE(FTTCP_LANE_QUEUE_MAX_MIN, FTTCP_LANE_QUEUE_MAX_MAX) },
	{ LIMITS, "memory-max", fttcpd_value_bytes, AT(memory_max),
	  RANGE(FTTCP_MEMORY_MAX_MIN, FTTCP_MEMORY_MAX_MAX) },

	{ MESSAGES, "clients", fttcpd_value_clients, AT(clients), FREE },
	{ MESSAGES, "client-socket", fttcpd_value_path, AT(client_socket),
	  ROOM(FTTCPD_CONF_PATH) },
	{ MESSAGES, "client-group", fttcpd_value_name, AT(client_group),
	  ROOM(FTTCPD_CONF_NAME) },
	{ MESSAGES, "port", fttcpd_value_number, AT(messages_port),
	  RANGE(1, 65535) },

	{ REPOSITORY, "file", fttcpd_value_path, AT(repo_file),
	  ROOM(FTTCPD_CONF_PATH) },
	{ REPOSITORY, "size-max", fttcpd_value_bytes, AT(repo_size_max),
	  RANGE(FTTCP_REPO_SIZE_MAX_MIN, FTTCP_REPO_SIZE_MAX_MAX) },
	{ REPOSITORY, "count-max", fttcpd_value_number, AT(repo_count_max),
	  RANGE(FTTCP_REPO_COUNT_MAX_MIN, FTTCP_REPO_COUNT_MAX_MAX) },
	{ REPOSITORY, "age-max", fttcpd_value_duration, AT(repo_age_ms),
	  RANGE(0, FTTCP_REPO_AGE_MS_MAX) },

	{ CONTROL, "socket", fttcpd_value_path, AT(socket),
	  ROOM(FTTCPD_CONF_PATH) },
	{ CONTROL, "group", fttcpd_value_name, AT(group),
	  ROOM(FTTCPD_CONF_NAME) },
};

/**
 * struct parser - one reading of one file
 * @path:	as given, for messages
 * @file:	open
 * @line:	the line that was read last
 * @section:	the section it is in, SECTIONS before the first
 * @policy:	the policy being read, NULL elsewhere
 * @seen:	line in which a key stood, per key; policies start anew
 * @conf:	being filled
 * @err:	the first error
 * @err_line:	its line, 0 for none
 */
struct parser {
	const char *path;
	FILE *file;
	unsigned int line;
	enum section section;
	struct fttcpd_policy *policy;
	unsigned int seen[ARRAY_SIZE(keys)];
	struct fttcpd_conf *conf;
	char *err;
	unsigned int err_line;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct parser *p, unsigned int line, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (p->err_line)
		return -EINVAL;
	p->err_line = line;
	n = snprintf(p->err, FTTCPD_CONF_ERROR, "%s:%u: ", p->path, line);
	if (n < 0 || n >= FTTCPD_CONF_ERROR)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(p->err + n, FTTCPD_CONF_ERROR - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static void key_list(enum section section, char *buf, size_t size)
{
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(keys) && len < size; i++)
		if (keys[i].section == section)
			len += snprintf(buf + len, size - len, "%s%s",
					len ? " " : "", keys[i].name);
}

static int begin_policy(struct parser *p, const char *name)
{
	static const struct fttcpd_value room = ROOM(FTTCPD_CONF_NAME);
	struct fttcpd_conf *conf = p->conf;
	char err[FTTCPD_VALUE_ERROR];
	struct fttcpd_policy *policy;
	unsigned int i;

	if (conf->policies == FTTCPD_CONF_POLICIES)
		return fail(p, p->line, "[policy %s]: more than %u policies; "
			    "join some of them", name, FTTCPD_CONF_POLICIES);
	policy = &conf->policy[conf->policies];
	if (fttcpd_value_name(name, &room, policy->name, err))
		return fail(p, p->line, "[policy]: %s", err);
	for (i = 0; i < conf->policies; i++)
		if (!strcmp(conf->policy[i].name, name))
			return fail(p, p->line, "[policy %s]: exists already "
				    "in line %u; choose another name", name,
				    conf->policy[i].line);
	policy->line = p->line;
	policy->mode = FTTCPD_UNSET;
	conf->policies++;
	p->policy = policy;
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].section == POLICY)
			p->seen[i] = 0;
	return 0;
}

static int begin_section(struct parser *p, const char *text)
{
	size_t len = strlen(section_name[POLICY]);
	enum section s;

	p->policy = NULL;
	if (!strncmp(text, section_name[POLICY], len) &&
	    (text[len] == ' ' || !text[len])) {
		p->section = POLICY;
		return begin_policy(p, text + len + strspn(text + len, " "));
	}
	for (s = 0; s < SECTIONS; s++)
		if (s != POLICY && !strcmp(text, section_name[s])) {
			p->section = s;
			return 0;
		}
	return fail(p, p->line, "[%.64s]: unknown section; the sections are: "
		    "node link service policy limits messages repository "
		    "control", text);
}

/* Looks at each line before inih does: see the top of the file. */
static char *read_line(char *buf, int size, void *stream)
{
	struct parser *p = stream;
	char text[256];
	size_t len;

	if (p->err_line || !fgets(buf, size, p->file))
		return NULL;
	p->line++;
	len = strlen(buf);
	if (len && buf[len - 1] != '\n' && !feof(p->file)) {
		fail(p, p->line, "line is longer than %d characters; shorten "
		     "it", size - 2);
		return NULL;
	}
	if (strchr(" \t", buf[0]) && buf[strspn(buf, " \t\r\n")] &&
	    !strchr(";#", buf[strspn(buf, " \t")])) {
		fail(p, p->line, "line begins with white space; begin it in "
		     "the first column");
		return NULL;
	}
	if (sscanf(buf, "[%255[^]]]", text) == 1 && strchr(buf, ']') &&
	    begin_section(p, text))
		return NULL;
	return buf;
}

static int store(struct parser *p, const struct key *key, const char *value)
{
	struct fttcpd_conf *conf = p->conf;
	char err[FTTCPD_VALUE_ERROR];
	char *base = (char *)conf;
	char in[48];

	snprintf(in, sizeof(in), "%s", section_name[key->section]);
	if (key->section == POLICY) {
		base = (char *)p->policy;
		snprintf(in, sizeof(in), "policy %s", p->policy->name);
	}
	if (key->offset == AT(service) && key->section == SERVICE) {
		if (conf->services == FTTCPD_CONF_SERVICES)
			return fail(p, p->line, "[%s] %s: more than %u "
				    "addresses; remove some", in, key->name,
				    FTTCPD_CONF_SERVICES);
		conf->service[conf->services].line = p->line;
		base += conf->services++ * sizeof(conf->service[0]);
	} else if (p->seen[key - keys]) {
		return fail(p, p->line, "[%s] %s: given already in line %u; "
			    "remove one of the two", in, key->name,
			    p->seen[key - keys]);
	}
	p->seen[key - keys] = p->line;
	conf->key_line[key - keys] = key->section == POLICY ? 0 : p->line;
	if (key->parse(value, &key->value, base + key->offset, err))
		return fail(p, p->line, "[%s] %s: %s", in, key->name, err);
	return 0;
}

static int handle_key(void *user, const char *section, const char *name,
		      const char *value)
{
	struct parser *p = user;
	char list[256];
	size_t i;

	(void)section;
	if (p->err_line)
		return 0;
	if (p->section == SECTIONS) {
		fail(p, p->line, "%.50s stands before the first section; write "
		     "[node] above it", name);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].section == p->section &&
		    !strcmp(keys[i].name, name))
			return !store(p, &keys[i], value);
	key_list(p->section, list, sizeof(list));
	fail(p, p->line, "[%s] %.50s: unknown key; the keys here are: %s",
	     section_name[p->section], name, list);
	return 0;
}

_Static_assert(ARRAY_SIZE(keys) <= FTTCPD_CONF_KEYS, "key_line is too short");

/**
 * fttcpd_conf_line() - where a setting stands
 * @conf:	configuration
 * @key:	name of a key outside the policies
 *
 * Return: its line, 0 when the file does not have it.
 */
unsigned int fttcpd_conf_line(const struct fttcpd_conf *conf, const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].section != POLICY && !strcmp(keys[i].name, key) &&
		    conf->key_line[i])
			return conf->key_line[i];
	return 0;
}

static struct fttcpd_setting *add_setting(struct fttcpd_setting *s,
					  const struct key *key,
					  const void *base)
{
	memset(s, 0, sizeof(*s));
	s->key = key->name;
	snprintf(s->section, sizeof(s->section), "%s",
		 section_name[key->section]);
	fttcpd_value_text(key->parse, &key->value,
			  (const char *)base + key->offset, s->value);
	return s;
}

static unsigned int add_addresses(const struct fttcpd_conf *conf,
				  const struct key *key,
				  struct fttcpd_setting *list)
{
	unsigned int i;

	for (i = 0; i < conf->services; i++) {
		add_setting(&list[i], key, (const char *)conf +
			    i * sizeof(conf->service[0]));
		list[i].line = conf->service[i].line;
		list[i].many = true;
	}
	return i;
}

static unsigned int add_policies(const struct fttcpd_conf *conf,
				 struct fttcpd_setting *list)
{
	const struct fttcpd_policy *policy = conf->policy;
	struct fttcpd_setting *s;
	unsigned int n = 0;
	size_t i;

	for (; policy < conf->policy + conf->policies; policy++) {
		for (i = 0; i < ARRAY_SIZE(keys); i++) {
			if (keys[i].section != POLICY)
				continue;
			s = add_setting(&list[n], &keys[i], policy);
			if (!s->value[0])
				continue;
			snprintf(s->section, sizeof(s->section), "%s %.*s",
				 section_name[POLICY], FTTCPD_CONF_NAME,
				 policy->name);
			s->line = policy->line;
			n++;
		}
	}
	return n;
}

/**
 * fttcpd_conf_settings() - a configuration as text, key by key
 * @conf:	configuration
 * @list:	room for FTTCPD_SETTINGS_MAX, filled in the order of the sections
 *
 * Of policies only what they have, of all else every key.
 *
 * Return: how many there are.
 */
unsigned int fttcpd_conf_settings(const struct fttcpd_conf *conf,
				  struct fttcpd_setting *list)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].section == POLICY)
			continue;
		if (keys[i].section == SERVICE && keys[i].offset == AT(service)) {
			n += add_addresses(conf, &keys[i], list + n);
			continue;
		}
		add_setting(&list[n++], &keys[i], conf)->line =
			conf->key_line[i];
	}
	return n + add_policies(conf, list + n);
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

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(section_name[keys[i].section], section) ||
		    strcmp(keys[i].name, key))
			continue;
		memcpy((char *)to + keys[i].offset,
		       (const char *)from + keys[i].offset,
		       fttcpd_value_size(keys[i].parse, &keys[i].value));
		to->key_line[i] = from->key_line[i];
	}
}

static void defaults(struct fttcpd_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->on_backup_loss = FTTCP_LOSS_SOLO;
	conf->mode = FTTCP_MODE_SYNC;
	conf->hold_max_ms = FTTCP_HOLD_MAX_MS_DEFAULT;
	conf->startup_wait_ms = 3000;
	conf->audit_interval_ms = FTTCP_AUDIT_INTERVAL_MS_DEFAULT;
	conf->lanes = 1;
	conf->heartbeat_ms = FTTCP_HEARTBEAT_MS_DEFAULT;
	conf->heartbeat_misses = FTTCP_HEARTBEAT_MISSES_DEFAULT;
	conf->retry_ms = 500;
	conf->conflict_check = true;
	conf->announce_count = 5;
	conf->announce_interval_ms = 300;
	strcpy(conf->socket, "/run/fttcp/control.sock");
	strcpy(conf->repo_file, FTTCP_REPO_PATH);
	conf->repo_size_max = FTTCP_REPO_SIZE_MAX_DEFAULT;
	conf->repo_count_max = FTTCP_REPO_COUNT_MAX_DEFAULT;
	conf->repo_age_ms = FTTCP_REPO_AGE_MS_DEFAULT;
}

static int check_link(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;
	unsigned int bind = fttcpd_conf_line(conf, "bind");

	if (conf->listen.family && conf->connect.family)
		return fail(p, fttcpd_conf_line(conf, "connect"),
			    "[link]: both listen and connect; keep "
			    "listen on one node and connect on the other");
	if (!conf->listen.family && !conf->connect.family)
		return fail(p, p->line, "[link]: neither listen nor connect; "
			    "add for example \"listen = 10.1.0.1:7000\"");
	if (conf->bind.family && conf->listen.family)
		return fail(p, bind, "[link] bind: has no use with listen; "
			    "remove it");
	if (conf->bind.family && conf->bind.family != conf->connect.family)
		return fail(p, bind, "[link] bind: not of the address "
			    "family of connect; make them the same");
	return 0;
}

static int check_services(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;
	const struct fttcpd_service *a, *b;

	for (a = conf->service; a < conf->service + conf->services; a++)
		for (b = conf->service; b < a; b++)
			if (fttcp_endpoint_equal(&a->addr, &b->addr))
				return fail(p, a->line, "[service] address: "
					    "given already in line %u; remove "
					    "one of the two", b->line);
	return 0;
}

static int check_policies(struct parser *p)
{
	const struct fttcpd_policy *pol = p->conf->policy;
	unsigned int i;

	for (i = 0; i < p->conf->policies; i++, pol++) {
		if (!pol->local.family && !pol->remote.family &&
		    !pol->local_port && !pol->remote_port && !pol->device[0])
			return fail(p, pol->line, "[policy %s]: matches every "
				    "connection of this machine; add for "
				    "example \"local-port = 179\"", pol->name);
		if (pol->local.family && pol->remote.family &&
		    pol->local.family != pol->remote.family)
			return fail(p, pol->line, "[policy %s]: local and "
				    "remote are of two address families; make "
				    "two policies of it", pol->name);
	}
	return 0;
}

/* Where there are clients, there is a place for them to register. */
static int check_messages(struct parser *p)
{
	struct fttcpd_conf *conf = p->conf;
	const struct fttcp_endpoint *link = conf->listen.family ?
					    &conf->listen : &conf->connect;

	if (conf->clients.count && !conf->client_socket[0])
		strcpy(conf->client_socket, FTTCP_CLIENT_PATH);
	if (!conf->client_socket[0])
		return 0;
	if (!strcmp(conf->client_socket, conf->socket))
		return fail(p, fttcpd_conf_line(conf, "client-socket"),
			    "[messages] client-socket: is the control socket; "
			    "choose another path");
	if (conf->messages_port == link->port)
		return fail(p, fttcpd_conf_line(conf, "port"),
			    "[messages] port: is that of the link; choose "
			    "another");
	if (!conf->messages_port && link->port == UINT16_MAX)
		return fail(p, p->line, "[messages] port: the link has the "
			    "last port there is; add for example \"port = "
			    "7001\" below [messages], on both nodes");
	return 0;
}

static int check_whole(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;

	if (!conf->id)
		return fail(p, p->line, "[node] id is missing; add for example "
			    "\"id = 1\" below [node]");
	if (!conf->role)
		return fail(p, p->line, "[node] role is missing; add \"role = "
			    "active\" or \"role = backup\" below [node]");
	if (conf->peer_id == conf->id)
		return fail(p, fttcpd_conf_line(conf, "peer-id"),
			    "[node] peer-id: is the same as id; "
			    "give each node its own number");
	if (check_link(p) || check_services(p) || check_policies(p) ||
	    check_messages(p))
		return -EINVAL;
	return 0;
}

static int parse(struct parser *p)
{
	int rc;

	rc = ini_parse_stream(read_line, p, handle_key, p);
	if (rc > 0 && (!p->err_line || (unsigned int)rc < p->err_line)) {
		p->err_line = 0;
		fail(p, rc, "neither \"[section]\" nor \"key = value\"; "
		     "comments begin with # or ;");
	}
	if (p->err_line)
		return -EINVAL;
	if (ferror(p->file))
		return -EIO;
	return check_whole(p);
}

/**
 * fttcpd_conf_read() - read and check a configuration file
 * @path:	the file
 * @conf:	filled when all of it is right, untouched otherwise
 * @err:	one line with file, line and remedy otherwise
 *
 * Return: 0, -EINVAL for a wrong content, -ENOMEM, or why the file cannot be
 * read.
 */
int fttcpd_conf_read(const char *path, struct fttcpd_conf *conf,
		     char err[FTTCPD_CONF_ERROR])
{
	struct parser p = { .path = path, .section = SECTIONS, .err = err };
	int rc = -ENOMEM;

	err[0] = '\0';
	p.file = fopen(path, "re");
	if (!p.file) {
		rc = -errno;
		snprintf(err, FTTCPD_CONF_ERROR, "%.256s: cannot be read: %s; "
			 "name a readable file with -c", path, strerror(-rc));
		return rc;
	}
	p.conf = malloc(sizeof(*p.conf));
	if (!p.conf)
		goto err_close;
	defaults(p.conf);
	rc = parse(&p);
	if (!rc)
		*conf = *p.conf;
	else if (!err[0])
		snprintf(err, FTTCPD_CONF_ERROR, "%.256s: cannot be read: %s; "
			 "name a readable file with -c", path, strerror(-rc));
	free(p.conf);
err_close:
	fclose(p.file);
	return rc;
}
