// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs know is in their manual pages, in the completion and in
 * the example: keys of the configuration, nouns and key words of fttcpctl,
 * exit statuses, states of fttcpd, what the module offers.
 */
#include <ctype.h>
#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fttcp/limits.h>

#include "fttcpctl/ctl.h"
#include "fttcpd/conf.h"
#include "fttcpd/fsm.h"
#include "fttcpd/reload.h"

#define USER	TEST_DIR "/../"
#define LOWER	"abcdefghijklmnopqrstuvwxyz"

static char *read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(f);
	assert_true(getdelim(&text, &size, '\0', f) > 0);
	fclose(f);
	return text;
}

static bool is_part(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* As a word of its own, not within another one. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);
	const char *p;

	for (p = strstr(text, word); p; p = strstr(p + 1, word))
		if ((p == text || !is_part(p[-1])) && !is_part(p[len]))
			return true;
	return false;
}

static void want(const char *text, const char *file, const char *word)
{
	if (!has_word(text, word))
		fail_msg("%s does not have \"%s\"", file, word);
}

/* The reader itself says which keys a section has. */
static const char *keys_of(const char *section, char *err)
{
	static const char path[] = "test_docs.tmp";
	struct fttcpd_conf conf;
	FILE *f = fopen(path, "we");
	const char *keys;

	assert_non_null(f);
	fprintf(f, "[%s]\nno-such-key = 1\n", section);
	fclose(f);
	assert_true(fttcpd_conf_read(path, &conf, err) < 0);
	unlink(path);
	keys = strstr(err, "here are: ");
	assert_non_null(keys);
	return keys + strlen("here are: ");
}

static void configuration(void **state)
{
	static const char * const sections[] = {
		"node", "link", "service", "policy x", "probe x", "limits",
		"messages", "repository", "control",
	};
	char *man = read_whole(USER "man/fttcpd.conf.5.scd");
	char *example = read_whole(USER "conf/fttcpd.conf");
	char err[FTTCPD_CONF_ERROR], keys[FTTCPD_CONF_ERROR], bold[64];
	char *word, *save;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		strcpy(keys, keys_of(sections[i], err));
		for (word = strtok_r(keys, " ", &save); word;
		     word = strtok_r(NULL, " ", &save)) {
			snprintf(bold, sizeof(bold), "*%s* = ", word);
			if (!strstr(man, bold))
				fail_msg("fttcpd.conf(5) lacks %s", word);
			/* a policy's are explained by those of the others */
			if (strncmp(sections[i], "policy", 6))
				want(example, "conf/fttcpd.conf", word);
		}
	}
	free(man);
	free(example);
}

/* What a reload changes when, as the daemon knows it. */
static void reload_table(void **state)
{
	struct fttcpd_setting *list = calloc(FTTCPD_SETTINGS_MAX,
					     sizeof(*list));
	char *man = read_whole(USER "man/fttcpd.conf.5.scd");
	static struct fttcpd_conf conf;
	enum fttcpd_when when;
	unsigned int i, n;
	char row[160];

	(void)state;
	assert_non_null(list);
	conf.services = 1;
	n = fttcpd_conf_settings(&conf, list);
	assert_true(n > 20);
	for (i = 0; i < n; i++) {
		when = fttcpd_reload_when(list[i].section, list[i].key);
		snprintf(row, sizeof(row), "\n|  [%.30s] %.30s\n:  %s\n",
			 list[i].section, list[i].key,
			 fttcpd_reload_when_name(when));
		if (!strstr(man, row))
			fail_msg("fttcpd.conf(5), RELOAD: no row %s", row);
	}
	assert_non_null(strstr(man, "\n|  [policy] all keys\n:  "
			       "next-connection\n"));
	for (i = 0; i < FTTCPD_WHENS; i++) {
		snprintf(row, sizeof(row), "\n*%s*\n\t",
			 fttcpd_reload_when_name(i));
		if (!strstr(man, row))
			fail_msg("fttcpd.conf(5), RELOAD: no word %s", row);
	}
	free(list);
	free(man);
}

static bool is_grammar(const char *line)
{
	return !strncmp(line, "Usage: ", 7) ||
	       !strncmp(line, "       fttcpctl ", 16) ||
	       !strncmp(line, "                   ", 19) ||
	       !strncmp(line, "           | ", 13) || strstr(line, ":= {");
}

/* Small letters stand for themselves in the grammar. */
static bool is_literal(const char *word)
{
	return strspn(word, LOWER "-") == strlen(word) &&
	       strcmp(word, "fttcpctl");
}

static void usage_words(const struct noun *noun, const char *man,
			const char *completion)
{
	char *usage = strdup(noun->usage);
	char *line, *word, *lines, *words;

	for (line = strtok_r(usage, "\n", &lines); line;
	     line = strtok_r(NULL, "\n", &lines)) {
		if (!is_grammar(line))
			continue;
		for (word = strtok_r(line, " []{}|.", &words); word;
		     word = strtok_r(NULL, " []{}|.", &words)) {
			if (!is_literal(word))
				continue;
			want(man, "fttcpctl(8)", word);
			want(completion, "the completion", word);
		}
	}
	free(usage);
}

static const struct noun * const nouns[] = {
	&noun_node, &noun_conn, &noun_policy, &noun_link, &noun_stats,
	&noun_ready, &noun_audit, &noun_monitor, &noun_events,
	&noun_explain, &noun_promote,
	&noun_demote, &noun_switchover, &noun_handover, &noun_solo, &noun_daemon,
	&noun_client, &noun_command, &noun_msg, &noun_probe, &noun_config,
	&noun_reload,
};

/* The list above is that of the program, whose main() is not here. */
static void all_commands(void **state)
{
	char *source = read_whole(USER "fttcpctl/main.c");
	unsigned int i, found = 0;
	const char *p;

	(void)state;
	for (p = source; (p = strstr(p, "\t&noun_")); p++)
		found++;
	assert_int_equal(found, sizeof(nouns) / sizeof(nouns[0]));
	for (i = 0; i < found; i++)
		want(source, "fttcpctl/main.c", nouns[i]->name);
	free(source);
}

/* --name of each option, as the tables for getopt_long() have it. */
static void options_of(const char *path, const char *page)
{
	char *source = read_whole(path), *man = read_whole(page);
	unsigned int found = 0;
	char name[32], text[40];
	const char *p;

	for (p = source; (p = strstr(p, "\t{ \"")); p++) {
		if (sscanf(p, "\t{ \"%31[a-z-]\", %*[a-z_]_argument", name) != 1)
			continue;
		snprintf(text, sizeof(text), "--%s", name);
		want(man, page, text);
		found++;
	}
	assert_true(found > 3);
	free(source);
	free(man);
}

static void options(void **state)
{
	(void)state;
	options_of(USER "fttcpctl/main.c", USER "man/fttcpctl.8.scd");
	options_of(USER "fttcpd/main.c", USER "man/fttcpd.8.scd");
}

static void commands(void **state)
{
	char *completion = read_whole(USER "completion/fttcpctl.bash");
	char *man = read_whole(USER "man/fttcpctl.8.scd");
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		want(completion, "the completion", nouns[i]->name);
		want(man, "fttcpctl(8)", nouns[i]->name);
		usage_words(nouns[i], man, completion);
	}
	free(completion);
	free(man);
}

static void exit_statuses(void **state)
{
	char *man = read_whole(USER "man/fttcpctl.8.scd");
	char text[16];
	int i;

	(void)state;
	for (i = CTL_OK; i <= CTL_NOT_THERE; i++) {
		snprintf(text, sizeof(text), "\n*%d*\n\t", i);
		assert_non_null(strstr(man, text));
	}
	free(man);
}

/* Names after "#define " that begin so, of a header. */
static void defines_of(const char *path, const char *first, const char *man)
{
	char *source = read_whole(path), name[64];
	unsigned int found = 0;
	const char *p;

	for (p = source; (p = strstr(p, "#define ")); p++) {
		if (sscanf(p, "#define %63[A-Z_0-9]", name) != 1 ||
		    strncmp(name, first, strlen(first)))
			continue;
		want(man, "fttcp(7)", name);
		found++;
	}
	assert_true(found);
	free(source);
}

/* Names after "@" in the comments of a header, up to the ":". */
static void members_of(const char *path, const char *man)
{
	char *source = read_whole(path), name[64];
	unsigned int found = 0;
	const char *p;

	for (p = source; (p = strstr(p, "\n * @")); p++) {
		if (sscanf(p, "\n * @%63[a-z_]:", name) != 1)
			continue;
		want(man, "fttcp(7)", name);
		found++;
	}
	assert_true(found > 10);
	free(source);
}

/* What "NAME(" has in its parentheses first, in each file of the module. */
static void arguments_of(const char *function, const char *man)
{
	char text[64], name[64];
	unsigned int found = 0;
	const char *p;
	glob_t files;
	size_t i;

	snprintf(text, sizeof(text), "\n%s(", function);
	assert_int_equal(glob(SOURCE_DIR "/kmod/*.[ch]", 0, NULL, &files), 0);
	for (i = 0; i < files.gl_pathc; i++) {
		char *source = read_whole(files.gl_pathv[i]);

		for (p = source; (p = strstr(p, text)); p++) {
			size_t len = strspn(p + strlen(text), LOWER "_");

			assert_in_range(len, 1, sizeof(name) - 1);
			snprintf(name, sizeof(name), "%.*s", (int)len,
				 p + strlen(text));
			want(man, "fttcp(7)", name);
			found++;
		}
		free(source);
	}
	globfree(&files);
	if (!found)
		fail_msg("nothing in kmod/ calls %s", function);
}

static void want_number(const char *man, unsigned long n, const char *unit)
{
	char text[64];

	snprintf(text, sizeof(text), "%lu %s", n, unit);
	if (!strstr(man, text))
		fail_msg("fttcp(7) does not have \"%s\"", text);
}

static void kernel_page(void **state)
{
	static const char socket_h[] = SOURCE_DIR
		"/include/uapi/linux/fttcp_sock.h";
	char *man = read_whole(USER "man/fttcp.7.scd");

	(void)state;
	defines_of(socket_h, "SOL_", man);
	defines_of(socket_h, "FTTCP_", man);
	members_of(socket_h, man);
	arguments_of("module_param", man);
	arguments_of("module_param_cb", man);
	arguments_of("TRACE_EVENT", man);
	want(man, "fttcp(7)", "fttcp_stat");
	want_number(man, FTTCP_CONNS_MAX, "connections and replicas");
	want_number(man, FTTCP_POLICIES_MAX, "policies");
	want_number(man, FTTCP_LINKS_MAX, "links");
	want_number(man, FTTCP_LANES_MAX, "lanes");
	want_number(man, FTTCP_MEMORY_MAX_DEFAULT >> 20, "MiB unless set");
	want_number(man, FTTCP_HELD_SEGMENTS_MAX, "segments");
	want_number(man, FTTCP_STANDBY_UNREAD_MAX >> 20, "MiB that a standby");
	want_number(man, FTTCP_HOLD_MAX_MS_DEFAULT / 1000, "seconds");
	free(man);
}

/* Who reads one page finds the others. */
static void see_also(void **state)
{
	static const char * const pages[] = {
		"fttcpd.8", "fttcpctl.8", "fttcpd.conf.5", "fttcp.7",
	};
	unsigned int i, j, n = sizeof(pages) / sizeof(pages[0]);
	char path[256], name[32];

	(void)state;
	for (i = 0; i < n; i++) {
		char *man, *also;

		snprintf(path, sizeof(path), USER "man/%s.scd", pages[i]);
		man = read_whole(path);
		also = strstr(man, "# SEE ALSO\n");
		assert_non_null(also);
		for (j = 0; j < n; j++) {
			const char *dot = strrchr(pages[j], '.');

			snprintf(name, sizeof(name), "*%.*s*(%s)",
				 (int)(dot - pages[j]), pages[j], dot + 1);
			if (i != j && !strstr(also, name))
				fail_msg("%s: SEE ALSO lacks %s", path, name);
		}
		free(man);
	}
}

static void states(void **state)
{
	char *man = read_whole(USER "man/fttcpd.8.scd");
	char text[32];
	int i;

	(void)state;
	for (i = FTTCPD_S_STARTING; i < FTTCPD_STATES; i++) {
		snprintf(text, sizeof(text), "*%s*", fttcpd_state_name(i));
		if (!strstr(man, text))
			fail_msg("fttcpd(8) lacks the state %s", text);
	}
	free(man);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration),
		cmocka_unit_test(reload_table),
		cmocka_unit_test(all_commands),
		cmocka_unit_test(options),
		cmocka_unit_test(commands),
		cmocka_unit_test(exit_statuses),
		cmocka_unit_test(kernel_page),
		cmocka_unit_test(see_also),
		cmocka_unit_test(states),
	};

	return cmocka_run_group_tests_name("docs", tests, NULL, NULL);
}
