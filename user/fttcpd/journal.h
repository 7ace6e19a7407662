/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One entry of the journal with fields of its own, by the journal's native
 * protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). Where standard error
 * does not end at the journal, or that does not take the entry, it becomes a line
 * of the log.
 */
#ifndef FTTCPD_JOURNAL_H
#define FTTCPD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define FTTCPD_JOURNAL_PATH	"/run/systemd/journal/socket"

/* All fields of one entry; what does not fit is left out. */
#define FTTCPD_JOURNAL_MAX	4096

/**
 * struct fttcpd_journal - an entry that is being made
 * @priority:	LOG_*
 * @text:	its message; the caller's, until fttcpd_journal_end()
 * @len:	bytes of @data
 * @data:	its fields
 */
struct fttcpd_journal {
	int priority;
	const char *text;
	size_t len;
	char data[FTTCPD_JOURNAL_MAX];
};

void fttcpd_journal_begin(struct fttcpd_journal *j, int priority,
			  const char *text);
void fttcpd_journal_add(struct fttcpd_journal *j, const char *key,
			const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool fttcpd_journal_send(const struct fttcpd_journal *j, const char *path);
void fttcpd_journal_end(const struct fttcpd_journal *j);

#endif /* FTTCPD_JOURNAL_H */
