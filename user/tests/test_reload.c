// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one fttcpd.conf to another: each key has its text, its row in the table of
 * what counts when, and is compared.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/reload.h"

#define PATH	"test_reload.tmp"
#define HEAD	"[node]\nid = 1\nrole = active\n"
#define LINK	"[link]\nlisten = 10.1.0.1:7000\n"

/* Every key, as "config show" writes it, in its order. */
static const char everything[] =
	"[node]\nid = 2\npeer-id = 1\nrole = backup\nmanager = external\nrejoin = operator\n"
	"on-backup-loss = hold\n"
	"hold-max = 1500ms\nstartup-wait = 0ms\naudit-interval = 30s\n"
	"mode = rx-only\nlocal-peers = protect\nepoch-file = /var/epoch\n"
	"[link]\nlisten = [2001:db8::1]:7000\n"
	"connect = 10.1.0.1:7000\n"
	"connect-also = 10.1.0.3:7000, 10.1.0.4:7001\nbind = 10.1.0.2\n"
	"device = eth1\nlanes = 2\nheartbeat = 50ms\nheartbeat-misses = 4\n"
	"retry = 1s\nconnect-retry-interval = 3s\nauto-resend-retry-count = 2\n"
	"soft-error-count = 5\nsoft-error-window = 60s\n"
	"[auth]\nkey-file = /etc/key\ninsecure = yes\n"
	"[second-path]\nlocal = 10.0.0.2:7002\npeer = 10.0.0.3:7002\n"
	"interval = 50ms\nmisses = 3\nkey-file = /k\ninsecure = yes\n"
	"[fence]\nprogram = /sbin/fence -f\ntimeout = 30s\n"
	"retry-interval = 5s\nallow-unfenced = yes\n"
	"[witness]\nserver = 192.0.2.9:7003\nkey-file = /w\n"
	"[service]\naddress = 10.0.0.100/24 dev eth0\n"
	"address = 2001:db8:1::100/64 dev eth0\nconflict-check = no\n"
	"announce-count = 3\nannounce-interval = 1s\n"
	"[limits]\nlane-queue-max = 512K\nmemory-max = 1G\n"
	"[messages]\nclients = bgp, ldp\nclient-socket = /tmp/clients\n"
	"client-group = bgp\nport = 7007\n"
	"[repository]\nfile = /tmp/m.db\nsize-max = 2M\ncount-max = 100\n"
	"age-max = 60s\n"
	"[control]\nsocket = /tmp/c.sock\ngroup = fttcp\n"
	"[policy bgp]\nlocal = 10.0.0.0/8\nlocal-port = 179\n"
	"remote = 192.0.2.1/32\nremote-port = 646\ndevice = vrf-blue\n"
	"mode = async\n"
	"[probe web]\naddress = 10.0.0.100\naddress = 2001:db8::1\n"
	"port-list = 80, 443\ndevice = vrf-blue\nprobe-timeout = 2s\n"
	"interval = 60s\nretry-interval = 600s\nretry-count = 5\n"
	"request = GET\\x20/\\r\\n\\x00\\t\\\\\\x3b\nexpect = \\xff\n"
	"restart = /bin/x y z\nrestart-timeout = 30s\nrestart-wait = 20s\n"
	"failover = no\n";

static struct fttcpd_conf conf, other;
static struct fttcpd_setting list[FTTCPD_SETTINGS_MAX];
static char err[FTTCPD_CONF_ERROR];

static int enter_scratch(void **state)
{
	static char dir[] = "/tmp/test_reload.XXXXXX";

	*state = dir;
	return !mkdtemp(dir) || chdir(dir);
}

static int leave_scratch(void **state)
{
	unlink(PATH);
	return chdir("/") || rmdir(*state);
}

static void read_text(struct fttcpd_conf *into, const char *text)
{
	FILE *f = fopen(PATH, "w");

	assert_non_null(f);
	fputs(text, f);
	if (!strstr(text, "on-backup-loss"))
		fputs("[fence]\nallow-unfenced = yes\n", f);
	if (!strstr(text, "insecure") && !strstr(text, "key-file"))
		fputs("[auth]\ninsecure = yes\n", f);
	fclose(f);
	if (fttcpd_conf_read(PATH, into, err))
		fail_msg("%s", err);
}

/* The text without the lines that begin so. */
static const char *without(const char *text, const char *first,
			   const char *second)
{
	static char out[sizeof(everything)];
	const char *line, *end;
	size_t len = 0;

	for (line = text; *line; line = end) {
		end = strchr(line, '\n') + 1;
		if (!strncmp(line, first, strlen(first)) ||
		    !strncmp(line, second, strlen(second)))
			continue;
		memcpy(out + len, line, end - line);
		len += end - line;
	}
	out[len] = '\0';
	return out;
}

/* What is set, as a file. */
static const char *written(const struct fttcpd_conf *c)
{
	static char text[4096];
	const char *section = "";
	unsigned int i, n = fttcpd_conf_settings(c, list);
	size_t len = 0;

	for (i = 0; i < n; i++) {
		if (!list[i].value[0])
			continue;
		if (strcmp(section, list[i].section))
			len += snprintf(text + len, sizeof(text) - len,
					"[%s]\n", list[i].section);
		section = list[i].section;
		len += snprintf(text + len, sizeof(text) - len, "%s = %s\n",
				list[i].key, list[i].value);
		assert_true(len < sizeof(text));
	}
	return text;
}

/*
 * A node has either listen or connect and bind; further ones exclude messages,
 * and all that names the peer.
 */
static void text_of_every_key(void **state)
{
	char listens[sizeof(everything)], connects[sizeof(everything)];
	char also[sizeof(everything)];

	(void)state;
	strcpy(connects, without(everything, "listen", "connect-also"));
	strcpy(listens, without(connects, "connect =", "bind"));
	strcpy(strstr(listens, "[link]\n") + 7, "listen = [2001:db8::1]:7000\n");
	strcat(listens, strstr(connects, "device = eth1"));
	strcpy(also, without(everything, "listen", "peer-id"));
	strcpy(also, without(also, "clients", "client-socket"));
	strcpy(also, without(also, "local = 10.0.0.2", "peer = 10.0.0.3"));
	strcpy(also, without(also, "[witness]", "server = "));
	strcpy(also, without(also, "key-file = /w", "key-file = /k"));
	strcpy(also, without(also, "program", "program"));
	read_text(&conf, also);
	assert_string_equal(written(&conf), also);
	read_text(&conf, connects);
	assert_string_equal(written(&conf), connects);
	read_text(&conf, listens);
	assert_string_equal(written(&conf), listens);
}

static void lines_and_defaults(void **state)
{
	unsigned int i, n;

	(void)state;
	read_text(&conf, HEAD LINK "[service]\naddress = 10.0.0.1/24 dev lo\n"
		  "[policy a]\nlocal-port = 1\n");
	n = fttcpd_conf_settings(&conf, list);
	for (i = 0; i < n; i++) {
		const struct fttcpd_setting *s = &list[i];

		if (!strcmp(s->key, "id"))
			assert_int_equal(s->line, 2);
		else if (!strcmp(s->key, "role"))
			assert_int_equal(s->line, 3);
		else if (!strcmp(s->key, "listen") &&
			 !strcmp(s->section, "link"))
			assert_int_equal(s->line, 5);
		else if (!strcmp(s->key, "address"))
			assert_int_equal(s->line, 7);
		else if (!strcmp(s->key, "local-port"))
			assert_int_equal(s->line, 8);
		else if (!strcmp(s->key, "allow-unfenced"))
			assert_int_equal(s->line, 11);
		else if (!strcmp(s->key, "insecure") &&
			 !strcmp(s->section, "auth"))
			assert_int_equal(s->line, 13);
		else
			assert_int_equal(s->line, 0);
		assert_int_equal(s->many, !strcmp(s->key, "address"));
	}
	/* of a policy only what it has */
	assert_string_equal(list[n - 1].section, "policy a");
	assert_string_equal(list[n - 1].key, "local-port");
	assert_string_not_equal(list[n - 2].section, "policy a");
}

/* Both tables have the same keys. */
static void every_key_has_a_row(void **state)
{
	enum fttcpd_when when;
	unsigned int i, n;

	(void)state;
	read_text(&conf, without(everything, "listen", "connect-also"));
	n = fttcpd_conf_settings(&conf, list);
	for (i = 0; i < n; i++) {
		when = fttcpd_reload_when(list[i].section, list[i].key);
		if (when == FTTCPD_WHENS)
			fail_msg("reload.c has no row for [%s] %s",
				 list[i].section, list[i].key);
		assert_string_not_equal(fttcpd_reload_when_name(when),
					"unknown");
	}
	assert_int_equal(fttcpd_reload_when("node", "no-such-key"),
			 FTTCPD_WHENS);
	assert_int_equal(fttcpd_reload_when("nodes", "id"), FTTCPD_WHENS);
	assert_int_equal(fttcpd_reload_when("policy", "device"),
			 FTTCPD_WHEN_NEXT_CONNECTION);
	assert_int_equal(fttcpd_reload_when("link", "device"),
			 FTTCPD_WHEN_NEXT_LINK);
	assert_string_equal(fttcpd_reload_when_name(FTTCPD_WHENS), "unknown");
}

static char changes[8192];

static void note_change(const struct fttcpd_change *change, void *arg)
{
	const struct fttcpd_setting *s = change->to ? change->to : change->from;
	size_t len = strlen(changes);

	assert_ptr_equal(arg, changes);
	snprintf(changes + len, sizeof(changes) - len, "%s %s: %s -> %s, %s\n",
		 s->section, s->key, change->from ? change->from->value : "-",
		 change->to ? change->to->value : "-",
		 fttcpd_reload_when_name(change->when));
}

static const char *changed(void)
{
	changes[0] = '\0';
	assert_int_equal(fttcpd_reload_compare(&conf, &other, note_change,
					       changes), 0);
	return changes;
}

static void compare(void **state)
{
	(void)state;
	read_text(&conf, HEAD LINK "[service]\naddress = 10.0.0.1/24 dev lo\n"
		  "address = 10.0.0.2/24 dev lo\n[policy a]\nlocal-port = 1\n"
		  "mode = async\n[policy b]\nlocal-port = 2\n");
	/* only other lines, and a default that is written down */
	read_text(&other, HEAD "hold-max = 2s\n[policy b]\nlocal-port = 2\n"
		  "[policy a]\nmode = async\nlocal-port = 1\n"
		  LINK "[service]\naddress = 10.0.0.2/24 dev lo\n"
		  "address = 10.0.0.1/24 dev lo\n");
	assert_string_equal(changed(), "");
	read_text(&other, "[node]\nid = 3\nrole = active\nhold-max = 5s\n"
		  "[link]\nconnect = 10.1.0.2:7000\n[service]\n"
		  "address = 10.0.0.2/24 dev lo\n"
		  "address = 10.0.0.3/24 dev lo\n"
		  "[policy a]\nlocal-port = 1\n[policy c]\nlocal-port = 3\n"
		  "[control]\ngroup = ops\n");
	assert_string_equal(changed(),
			    "node id: 1 -> 3, no-role\n"
			    "node hold-max: 2s -> 5s, now\n"
			    "link listen: 10.1.0.1:7000 -> , next-link\n"
			    "link connect:  -> 10.1.0.2:7000, next-link\n"
			    "service address: 10.0.0.1/24 dev lo -> -, now\n"
			    "control group:  -> ops, restart\n"
			    "policy a mode: async -> -, next-connection\n"
			    "policy b local-port: 2 -> -, next-connection\n"
			    "service address: - -> 10.0.0.3/24 dev lo, now\n"
			    "policy c local-port: - -> 3, next-connection\n");
}

/* What only a restart changes stays, with its line; all else is the new one's. */
static void keep(void **state)
{
	(void)state;
	read_text(&conf, HEAD LINK "[control]\nsocket = /a\n");
	read_text(&other, HEAD "epoch-file = /e\nhold-max = 9s\n" LINK
		  "[control]\nsocket = /b\ngroup = ops\n");
	fttcpd_reload_keep(&conf, &other);
	assert_string_equal(other.socket, "/a");
	assert_string_equal(other.group, "");
	assert_string_equal(other.epoch_file, "");
	assert_int_equal(other.hold_max_ms, 9000);
	assert_int_equal(fttcpd_conf_line(&other, "socket"), 7);
	assert_int_equal(fttcpd_conf_line(&other, "group"), 0);
	assert_string_equal(changed(), "node hold-max: 2s -> 9s, now\n");
}

/* As many policies as there may be, all keys in each. */
static void largest(void **state)
{
	char *text = malloc(65536);
	unsigned int i, n;
	size_t len;

	(void)state;
	assert_non_null(text);
	len = sprintf(text, HEAD LINK "[service]\n");
	for (i = 0; i < FTTCPD_CONF_SERVICES; i++)
		len += sprintf(text + len, "address = 10.0.0.%u/24 dev e\n",
			       i + 1);
	for (i = 0; i < FTTCPD_CONF_POLICIES; i++)
		len += sprintf(text + len, "[policy p%u]\nlocal = 10.0.0.1\n"
			       "local-port = 1\nremote = 10.0.0.2\n"
			       "remote-port = 2\ndevice = e\nmode = sync\n", i);
	read_text(&conf, text);
	free(text);
	n = fttcpd_conf_settings(&conf, list);
	assert_true(n > FTTCPD_CONF_SERVICES + 6 * FTTCPD_CONF_POLICIES);
	assert_true(n <= FTTCPD_SETTINGS_MAX);
	assert_string_equal(list[n - 1].section, "policy p63");
	other = conf;
	assert_string_equal(changed(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_every_key),
		cmocka_unit_test(lines_and_defaults),
		cmocka_unit_test(every_key_has_a_row),
		cmocka_unit_test(compare),
		cmocka_unit_test(keep),
		cmocka_unit_test(largest),
	};

	return cmocka_run_group_tests_name("reload", tests, enter_scratch,
					   leave_scratch);
}
