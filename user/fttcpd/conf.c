// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how fttcpd.conf(5) is read: by inih and the table of conf_keys.h, and the
 * checks that need the whole file. The first error ends the reading; it names
 * file and line and says what to do.
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
#include <linux/fttcp.h>

#include "conf.h"
#include "conf_keys.h"
#include "conf_probe.h"
#include "fttcp-client.h"
#include "repo/repo.h"
#include "value.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
/**
 * struct parser - one reading of one file
 * @path:	as given, for messages
 * @file:	open
 * @line:	the line that was read last
 * @section:	the section it is in, SECTIONS before the first
 * @policy:	the policy being read, NULL elsewhere
 * @probe:	the same for a probe
 * @witness:	the file is that of a witness
 * @seen:	line in which a key stood, per key; named sections start anew
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
	struct fttcpd_probe_conf *probe;
	bool witness;
	unsigned int seen[FTTCPD_CONF_KEYS];
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

	for (i = 0; fttcpd_keys[i].name && len < size; i++)
		if (fttcpd_keys[i].section == section)
			len += snprintf(buf + len, size - len, "%s%s",
					len ? " " : "", fttcpd_keys[i].name);
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
	return 0;
}

static int begin_probe(struct parser *p, const char *name)
{
	static const struct fttcpd_value room = ROOM(FTTCPD_CONF_NAME);
	struct fttcpd_conf *conf = p->conf;
	struct fttcpd_probe_conf *probe;
	char err[FTTCPD_VALUE_ERROR];
	unsigned int i;

	if (conf->probes == FTTCPD_CONF_PROBES)
		return fail(p, p->line, "[probe %s]: more than %u probes; join "
			    "some of them", name, FTTCPD_CONF_PROBES);
	probe = &conf->probe[conf->probes];
	if (fttcpd_value_name(name, &room, probe->name, err))
		return fail(p, p->line, "[probe]: %s", err);
	for (i = 0; i < conf->probes; i++)
		if (!strcmp(conf->probe[i].name, name))
			return fail(p, p->line, "[probe %s]: exists already in "
				    "line %u; choose another name", name,
				    conf->probe[i].line);
	probe->line = p->line;
	fttcpd_conf_probe_defaults(probe);
	conf->probes++;
	p->probe = probe;
	return 0;
}

/* Return: the name behind the word of such a section, or NULL. */
static const char *name_behind(const char *text, enum section s)
{
	size_t len = strlen(fttcpd_section_name[s]);

	if (strncmp(text, fttcpd_section_name[s], len) ||
	    (text[len] != ' ' && text[len]))
		return NULL;
	return text + len + strspn(text + len, " ");
}

static int begin_named(struct parser *p, enum section s, const char *name)
{
	size_t i;

	p->section = s;
	for (i = 0; fttcpd_keys[i].name; i++)
		if (fttcpd_keys[i].section == s)
			p->seen[i] = 0;
	return s == POLICY ? begin_policy(p, name) : begin_probe(p, name);
}

static int begin_section(struct parser *p, const char *text)
{
	enum section s;

	p->policy = NULL;
	p->probe = NULL;
	for (s = 0; s < SECTIONS; s++) {
		if (fttcpd_section_is_named(s) && name_behind(text, s))
			return begin_named(p, s, name_behind(text, s));
		if (!fttcpd_section_is_named(s) && !strcmp(text, fttcpd_section_name[s])) {
			p->section = s;
			return 0;
		}
	}
	return fail(p, p->line, "[%.64s]: unknown section; the sections are: "
		    "node link auth second-path fence witness service policy "
		    "probe limits messages repository control", text);
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

/* What belongs to this section, and how messages call it. */
static char *place_of(struct parser *p, enum section s, char *in, size_t size)
{
	if (s == POLICY) {
		snprintf(in, size, "policy %s", p->policy->name);
		return (char *)p->policy;
	}
	if (s == PROBE) {
		snprintf(in, size, "probe %s", p->probe->name);
		return (char *)p->probe;
	}
	snprintf(in, size, "%s", fttcpd_section_name[s]);
	return (char *)p->conf;
}

/* A key that may stand several times: count and bound of what it fills. */
static unsigned int *list_of(struct parser *p, const struct fttcpd_key *key,
			     unsigned int *most, size_t *size)
{
	if (key->section == SERVICE && key->offset == AT(service)) {
		*most = FTTCPD_CONF_SERVICES;
		*size = sizeof(p->conf->service[0]);
		return &p->conf->services;
	}
	if (key->section == PROBE && key->offset == AT_PROBE(address)) {
		*most = FTTCPD_CONF_PROBE_ADDRESSES;
		*size = sizeof(p->probe->address[0]);
		return &p->probe->addresses;
	}
	return NULL;
}

static int store(struct parser *p, const struct fttcpd_key *key, const char *value)
{
	struct fttcpd_conf *conf = p->conf;
	char err[FTTCPD_VALUE_ERROR];
	unsigned int *count, most;
	char in[48], *base;
	size_t size;

	base = place_of(p, key->section, in, sizeof(in));
	count = list_of(p, key, &most, &size);
	if (count) {
		if (*count == most)
			return fail(p, p->line, "[%s] %s: more than %u "
				    "addresses; remove some", in, key->name,
				    most);
		if (key->section == SERVICE)
			conf->service[*count].line = p->line;
		base += (*count)++ * size;
	} else if (p->seen[key - fttcpd_keys]) {
		return fail(p, p->line, "[%s] %s: given already in line %u; "
			    "remove one of the two", in, key->name,
			    p->seen[key - fttcpd_keys]);
	}
	p->seen[key - fttcpd_keys] = p->line;
	conf->key_line[key - fttcpd_keys] = fttcpd_section_is_named(key->section) ? 0 : p->line;
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
	for (i = 0; fttcpd_keys[i].name; i++)
		if (fttcpd_keys[i].section == p->section &&
		    !strcmp(fttcpd_keys[i].name, name))
			return !store(p, &fttcpd_keys[i], value);
	key_list(p->section, list, sizeof(list));
	fail(p, p->line, "[%s] %.50s: unknown key; the keys here are: %s",
	     fttcpd_section_name[p->section], name, list);
	return 0;
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
	conf->connect_retry_ms = FTTCP_CONNECT_RETRY_MS_DEFAULT;
	conf->auto_resend_count = FTTCP_AUTO_RESEND_DEFAULT;
	conf->soft_error_count = FTTCP_SOFT_ERRORS_DEFAULT;
	conf->soft_error_window_ms = FTTCP_SOFT_ERROR_WINDOW_MS_DEFAULT;
	conf->path_interval_ms = FTTCP_PATH_INTERVAL_MS_DEFAULT;
	conf->path_misses = FTTCP_PATH_MISSES_DEFAULT;
	conf->fence_timeout_ms = FTTCP_FENCE_TIMEOUT_MS_DEFAULT;
	conf->fence_retry_ms = FTTCP_FENCE_RETRY_MS_DEFAULT;
	conf->conflict_check = true;
	conf->announce_count = 5;
	conf->announce_interval_ms = 300;
	strcpy(conf->socket, "/run/fttcp/control.sock");
	strcpy(conf->repo_file, FTTCP_REPO_PATH);
	conf->repo_size_max = FTTCP_REPO_SIZE_MAX_DEFAULT;
	conf->repo_count_max = FTTCP_REPO_COUNT_MAX_DEFAULT;
	conf->repo_age_ms = FTTCP_REPO_AGE_MS_DEFAULT;
}

/* Further backups have numbers of their own. */
static int check_also(struct parser *p)
{
	const struct fttcpd_endpoints *also = &p->conf->connect_also;
	unsigned int line = fttcpd_conf_line(p->conf, "connect-also"), i;

	if (!also->count)
		return 0;
	if (!p->conf->connect.family)
		return fail(p, line, "[link] connect-also: has no use without "
			    "connect; remove it");
	if (p->conf->peer_id)
		return fail(p, line, "[link] connect-also: leads to other nodes "
			    "than [node] peer-id names; remove peer-id");
	for (i = 0; i < also->count; i++)
		if (fttcp_endpoint_equal(&also->ep[i], &p->conf->connect) ||
		    also->ep[i].family != p->conf->connect.family)
			return fail(p, line, "[link] connect-also: has the "
				    "address of connect again, or one of "
				    "another address family; correct it");
	return 0;
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
	if (check_also(p))
		return -EINVAL;
	if (conf->bind.family && conf->listen.family)
		return fail(p, bind, "[link] bind: has no use with listen; "
			    "remove it");
	if (conf->bind.family && conf->bind.family != conf->connect.family)
		return fail(p, bind, "[link] bind: not of the address "
			    "family of connect; make them the same");
	return 0;
}

static int check_second_path(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;
	unsigned int local = fttcpd_conf_line(conf, "local");
	unsigned int peer = fttcpd_conf_line(conf, "peer");

	if (!conf->path_local.family && !conf->path_peer.family)
		return 0;
	if (!conf->path_local.family || !conf->path_peer.family)
		return fail(p, local + peer, "[second-path]: local and peer "
			    "belong together; give both");
	if (conf->path_local.family != conf->path_peer.family)
		return fail(p, peer, "[second-path] peer: not of the address "
			    "family of local; make them the same");
	if (!conf->peer_id)
		return fail(p, peer, "[second-path]: it has to be known which "
			    "node is heard; add for example \"peer-id = 2\" "
			    "below [node]");
	/* what proves the link's other end proves this one's too */
	if (!conf->path_key_file[0] && !conf->path_insecure &&
	    !conf->key_file[0])
		return fail(p, peer, "[second-path]: nothing proves who sends; "
			    "add \"key-file = PATH\", or, where nobody else can "
			    "reach the network, \"insecure = yes\"");
	return 0;
}

/* The other end of the link gets all connections, and may silence this node. */
static int check_proof(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;

	if (conf->key_file[0] || conf->insecure)
		return 0;
	return fail(p, p->line, "[auth]: nothing proves who the link's other "
		    "end is; add \"key-file = PATH\" (\"openssl rand -hex 32\", "
		    "the same on both nodes), or, where nobody else can reach "
		    "the network, \"insecure = yes\"");
}

static int check_fence(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;
	unsigned int line = fttcpd_conf_line(conf, "program");
	bool none = !strcmp(conf->fence_program, "none");

	if (none && !conf->allow_unfenced)
		return fail(p, line, "[fence] program: without a fence nothing "
			    "proves that the other node is silent when this one "
			    "takes over; if that is meant, add "
			    "\"allow-unfenced = yes\"");
	if (conf->fence_program[0] && !none && !conf->peer_id)
		return fail(p, line, "[fence] program: it has to be known which "
			    "node is fenced; add for example \"peer-id = 2\" "
			    "below [node]");
	return 0;
}

/**
 * fttcpd_conf_decides() - does the daemon decide what hold-max ends in?
 * @conf:	configuration
 *
 * Return: true where it has to be proven first that the other node does not go on; false
 * where nobody can be asked: then the kernel goes on alone by itself.
 */
bool fttcpd_conf_decides(const struct fttcpd_conf *conf)
{
	return conf->witness_server.family ||
	       (conf->fence_program[0] && strcmp(conf->fence_program, "none"));
}

static int check_alone(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;
	unsigned int line = fttcpd_conf_line(conf, "on-backup-loss");

	if (conf->on_backup_loss != FTTCP_LOSS_SOLO || conf->allow_unfenced ||
	    fttcpd_conf_decides(conf))
		return 0;
	return fail(p, line ? line : p->line, "[node] on-backup-loss: \"solo\", "
		    "the default, without a fence or a witness: if the link is "
		    "cut while both nodes live, both become active after "
		    "hold-max. Add [fence] program or [witness] server, say "
		    "\"on-backup-loss = hold\", or, if that is meant, [fence] "
		    "\"allow-unfenced = yes\"");
}

static int check_witness(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;
	unsigned int line = fttcpd_conf_line(conf, "server");

	if (conf->witness_listen.family || conf->witness_state[0])
		/* no line: [link] has a key of the same name */
		return fail(p, p->line, "[witness]: listen and "
			    "state-file are for a witness; put them into "
			    "a file for \"fttcpd --witness\", and \"server = "
			    "ADDRESS:PORT\" here");
	if (conf->witness_server.family && !conf->witness_key[0])
		return fail(p, line, "[witness] key-file is missing: nothing "
			    "proves who answers; add \"key-file = PATH\"");
	if (conf->witness_server.family && !conf->peer_id)
		return fail(p, line, "[witness] server: it has to be known "
			    "which node is the other one; add for example "
			    "\"peer-id = 2\" below [node]");
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

static bool is_link_port(const struct fttcpd_conf *conf, uint32_t port)
{
	unsigned int i;

	for (i = 0; i < conf->connect_also.count; i++)
		if (conf->connect_also.ep[i].port == port)
			return true;
	return port == (conf->listen.family ? conf->listen.port :
					      conf->connect.port);
}

/* Messages take the next one, where the configuration names none. */
static bool last_port(const struct fttcpd_conf *conf)
{
	return is_link_port(conf, UINT16_MAX);
}

/* Where there are clients, there is a place for them to register. */
static int check_messages(struct parser *p)
{
	struct fttcpd_conf *conf = p->conf;

	if (conf->clients.count && !conf->client_socket[0])
		strcpy(conf->client_socket, FTTCP_CLIENT_PATH);
	if (!conf->client_socket[0])
		return 0;
	if (!strcmp(conf->client_socket, conf->socket))
		return fail(p, fttcpd_conf_line(conf, "client-socket"),
			    "[messages] client-socket: is the control socket; "
			    "choose another path");
	if (is_link_port(conf, conf->messages_port))
		return fail(p, fttcpd_conf_line(conf, "port"),
			    "[messages] port: is that of the link; choose "
			    "another");
	if (!conf->messages_port && last_port(conf))
		return fail(p, p->line, "[messages] port: the link has the "
			    "last port there is; add for example \"port = "
			    "7001\" below [messages], on both nodes");
	return 0;
}

static int check_probes(struct parser *p)
{
	struct fttcpd_conf *conf = p->conf;
	char err[FTTCPD_VALUE_ERROR];
	unsigned int i;

	for (i = 0; i < conf->probes; i++)
		if (fttcpd_conf_probe_check(conf, &conf->probe[i], err,
					    sizeof(err)))
			return fail(p, conf->probe[i].line, "[probe %s]: %s",
				    conf->probe[i].name, err);
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
	if (check_link(p) || check_second_path(p) || check_fence(p) ||
	    check_witness(p) ||
	    check_services(p) || check_policies(p) || check_probes(p) ||
	    check_messages(p) || check_alone(p) || check_proof(p))
		return -EINVAL;
	return 0;
}

/* Of a witness: that section alone. */
static int check_as_witness(struct parser *p)
{
	const struct fttcpd_conf *conf = p->conf;

	if (conf->witness_server.family)
		return fail(p, fttcpd_conf_line(conf, "server"),
			    "[witness] server: is for a node; this is the "
			    "witness, add \"listen = ADDRESS:PORT\"");
	if (!conf->witness_listen.family)
		return fail(p, p->line, "[witness] listen is missing; add for "
			    "example \"listen = 192.0.2.9:7003\" below "
			    "[witness]");
	if (!conf->witness_key[0])
		return fail(p, p->line, "[witness] key-file is missing: nothing "
			    "proves who asks; add \"key-file = PATH\"");
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
	return p->witness ? check_as_witness(p) : check_whole(p);
}

static int read_file(const char *path, struct fttcpd_conf *conf, bool witness,
		     char *err)
{
	struct parser p = { .path = path, .section = SECTIONS, .err = err,
			    .witness = witness };
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
	return read_file(path, conf, false, err);
}

/**
 * fttcpd_conf_read_witness() - the same for the file of a witness
 * @path:	the file
 * @conf:	as above; of use are the keys of [witness]
 * @err:	as above
 *
 * Return: as fttcpd_conf_read().
 */
int fttcpd_conf_read_witness(const char *path, struct fttcpd_conf *conf,
			     char err[FTTCPD_CONF_ERROR])
{
	int rc = read_file(path, conf, true, err);

	if (!rc && !conf->witness_state[0])
		snprintf(conf->witness_state, sizeof(conf->witness_state),
			 "/var/lib/fttcp-witness/lease");
	return rc;
}
