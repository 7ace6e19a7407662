// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the shape of a log line and the choice between journal and terminal.
 * The one static variable is set once at the start, before any other thread
 * of control could exist, and only read afterwards.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static int log_journal;

/**
 * fttcpd_log_init() - look whether standard error ends at the journal
 *
 * systemd names the device and inode of the stream it made; another program
 * may have redirected standard error since, hence the comparison.
 */
void fttcpd_log_init(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	setvbuf(stderr, NULL, _IOLBF, 0);
	log_journal = env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 &&
		      !fstat(STDERR_FILENO, &st) && st.st_dev == dev &&
		      st.st_ino == ino;
}

/** fttcpd_log_is_journal() - whether standard error ends at the journal */
bool fttcpd_log_is_journal(void)
{
	return log_journal;
}

/**
 * fttcpd_log_format() - build one line
 * @buf:	where to
 * @size:	room in @buf
 * @priority:	LOG_*
 * @journal:	"<N>" in front instead of time and word
 * @wall_us:	the time of day, microseconds since 1970
 * @text:	the message, without newline
 *
 * Return: what snprintf() returns.
 */
int fttcpd_log_format(char *buf, int size, int priority, int journal,
		      int64_t wall_us, const char *text)
{
	static const char * const word[] = {
		[LOG_CRIT] = "critical", [LOG_ERR] = "error", [LOG_WARNING] = "warning",
		[LOG_NOTICE] = "notice", [LOG_INFO] = "info",
	};
	time_t sec = wall_us / 1000000;
	struct tm tm;
	char t[32];

	if (journal)
		return snprintf(buf, size, "<%d>%s\n", priority, text);
	gmtime_r(&sec, &tm);
	strftime(t, sizeof(t), "%Y-%m-%dT%H:%M:%S", &tm);
	return snprintf(buf, size, "%s.%06dZ fttcpd: %s: %s\n", t,
			(int)(wall_us % 1000000),
			priority >= LOG_CRIT && priority <= LOG_INFO ?
			word[priority] : "debug", text);
}

/**
 * fttcpd_log() - write one message
 * @priority:	LOG_*
 * @fmt:	as printf, without newline
 */
void fttcpd_log(int priority, const char *fmt, ...)
{
	struct timespec now;
	char text[1024];
	char line[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	clock_gettime(CLOCK_REALTIME, &now);
	fttcpd_log_format(line, sizeof(line), priority, log_journal,
			  now.tv_sec * 1000000LL + now.tv_nsec / 1000, text);
	fputs(line, stderr);
}
