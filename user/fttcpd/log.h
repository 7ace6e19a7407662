/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's words: one line a message on standard error, with a "<N>"
 * priority in front when the journal reads it and with the time otherwise.
 * Says how a line looks; when to write one is the business of the callers.
 */
#ifndef FTTCPD_LOG_H
#define FTTCPD_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

void fttcpd_log_init(void);
bool fttcpd_log_is_journal(void);
void fttcpd_log(int priority, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int fttcpd_log_format(char *buf, int size, int priority, int journal,
		      int64_t wall_us, const char *text);

#define log_err(...)	fttcpd_log(LOG_ERR, __VA_ARGS__)
#define log_warn(...)	fttcpd_log(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)	fttcpd_log(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	fttcpd_log(LOG_INFO, __VA_ARGS__)

#endif /* FTTCPD_LOG_H */
