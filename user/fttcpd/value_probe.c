// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how ports, bytes and restarts of [probe NAME] are written in the
 * configuration file.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "units.h"
#include "value.h"

/** fttcpd_value_ports() - "179, 8080" */
int fttcpd_value_ports(const char *text, const struct fttcpd_value *value,
		       void *out, char err[FTTCPD_VALUE_ERROR])
{
	static const char remedy[] =
		"write up to 16 port numbers, for example 179, 8080";
	struct fttcpd_ports list = { .count = 0 };
	char copy[256], *word, *save = NULL;
	unsigned int i;
	uint64_t port;

	(void)value;
	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, ", \t", &save); word;
	     word = strtok_r(NULL, ", \t", &save)) {
		if (list.count == FTTCPD_CONF_PROBE_PORTS ||
		    fttcp_number_parse(word, UINT16_MAX, &port) || !port)
			return fttcpd_value_refuse(err, text, "a list of ports",
						   remedy);
		for (i = 0; i < list.count; i++)
			if (list.port[i] == port)
				return fttcpd_value_refuse(err, word,
							   "a new port",
							   "name each once");
		list.port[list.count++] = port;
	}
	if (!list.count)
		return fttcpd_value_refuse(err, text, "a list of ports", remedy);
	*(struct fttcpd_ports *)out = list;
	return 0;
}

static int hex(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* Return: the byte behind a backslash, and @text moves behind it; or -1. */
static int unescape(const char **text)
{
	static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
	const char *p = *text, *letter = *p ? strchr(letters, *p) : NULL;
	int high, low;

	if (letter) {
		(*text)++;
		return bytes[letter - letters];
	}
	if (*p != 'x')
		return -1;
	high = hex(p[1]);
	low = high < 0 ? -1 : hex(p[2]);
	if (low < 0)
		return -1;
	*text += 3;
	return high * 16 + low;
}

/** fttcpd_value_escaped() - bytes; \\n \\r \\t \\\\ and \\xHH stand for others */
int fttcpd_value_escaped(const char *text, const struct fttcpd_value *value,
			 void *out, char err[FTTCPD_VALUE_ERROR])
{
	struct fttcpd_bytes bytes = { .len = 0 };
	const char *p = text;
	int c;

	(void)value;
	while (*p) {
		c = (unsigned char)*p++;
		if (c == '\\')
			c = unescape(&p);
		if (c < 0)
			return fttcpd_value_refuse(err, text, "understood",
						   "behind a backslash write n, "
						   "r, t, another backslash, or "
						   "x and two digits");
		if (bytes.len == FTTCPD_CONF_BYTES)
			return fttcpd_value_refuse(err, text, "short enough",
						   "128 bytes are the most");
		bytes.data[bytes.len++] = c;
	}
	if (!bytes.len)
		return fttcpd_value_refuse(err, text, "any byte",
					   "write some, or remove the line");
	*(struct fttcpd_bytes *)out = bytes;
	return 0;
}

/* As systemd.unit(5) has it. */
static bool is_unit(const char *text)
{
	static const char more[] = ":-_.\\@";
	const char *p, *dot = strrchr(text, '.');

	if (!dot || dot == text || !dot[1] || *text == '-')
		return false;
	for (p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(more, *p))
			return false;
	return true;
}

/** fttcpd_value_restart() - "bird.service", or "/usr/sbin/restart it" */
int fttcpd_value_restart(const char *text, const struct fttcpd_value *value,
			 void *out, char err[FTTCPD_VALUE_ERROR])
{
	if (strlen(text) >= value->max || (*text != '/' && !is_unit(text)))
		return fttcpd_value_refuse(err, text, "a unit or a command",
					   "write for example bird.service, or "
					   "a command that begins with /");
	snprintf(out, value->max, "%s", text);
	return 0;
}

/** fttcpd_value_program() - "/usr/sbin/fence it", or "none" */
int fttcpd_value_program(const char *text, const struct fttcpd_value *value,
			 void *out, char err[FTTCPD_VALUE_ERROR])
{
	if (strlen(text) >= value->max ||
	    (*text != '/' && strcmp(text, "none")))
		return fttcpd_value_refuse(err, text, "a program",
					   "write its path, beginning with /, or "
					   "none");
	snprintf(out, value->max, "%s", text);
	return 0;
}
