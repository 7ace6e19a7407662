// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes entries of the journal and sends them, a datagram each. See journal.h.
 */
#include <endian.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "journal.h"
#include "log.h"

/* "KEY=value\n", or with its length before it a value that has lines. */
static void add(struct fttcpd_journal *j, const char *key, const char *value)
{
	size_t len = strlen(value), klen = strlen(key);
	bool lines = strchr(value, '\n');
	uint64_t size = htole64(len);
	char *to = j->data + j->len;

	if (len + klen + sizeof(size) + 3 > sizeof(j->data) - j->len)
		return;
	to = mempcpy(to, key, klen);
	*to++ = lines ? '\n' : '=';
	if (lines)
		to = mempcpy(to, &size, sizeof(size));
	to = mempcpy(to, value, len);
	*to++ = '\n';
	j->len = to - j->data;
}

/**
 * fttcpd_journal_add() - add a field
 * @j:		entry
 * @key:	its name, of capital letters
 * @fmt:	as printf
 */
void fttcpd_journal_add(struct fttcpd_journal *j, const char *key,
			const char *fmt, ...)
{
	char value[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	add(j, key, value);
}

/**
 * fttcpd_journal_begin() - begin an entry
 * @j:		entry
 * @priority:	LOG_*
 * @text:	its message, without newline; kept until fttcpd_journal_end()
 */
void fttcpd_journal_begin(struct fttcpd_journal *j, int priority,
			  const char *text)
{
	j->priority = priority;
	j->text = text;
	j->len = 0;
	fttcpd_journal_add(j, "PRIORITY", "%d", priority);
	fttcpd_journal_add(j, "SYSLOG_IDENTIFIER", "fttcpd");
	add(j, "MESSAGE", text);
}

/**
 * fttcpd_journal_send() - give an entry to the journal
 * @j:		entry
 * @path:	its socket
 *
 * The socket is opened for each: there are few of them, and a journal that was
 * restarted is found.
 *
 * Return: false when the journal did not take it.
 */
bool fttcpd_journal_send(const struct fttcpd_journal *j, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	ssize_t n;
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	n = sendto(fd, j->data, j->len, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&sun, sizeof(sun));
	close(fd);
	return n == (ssize_t)j->len;
}

/**
 * fttcpd_journal_end() - write the entry
 * @j:		entry
 */
void fttcpd_journal_end(const struct fttcpd_journal *j)
{
	if (!fttcpd_log_is_journal() ||
	    !fttcpd_journal_send(j, FTTCPD_JOURNAL_PATH))
		fttcpd_log(j->priority, "%s", j->text);
}
