/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of the catalogue, as the daemon tells them: into the log or the
 * journal, and through the kernel to everybody who follows events. Each that the
 * daemon raises has a function of its own in event-gen.h; what a role table
 * calls an event is something else (fsm.h).
 */
#ifndef FTTCPD_EVENT_H
#define FTTCPD_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "event-gen.h"
#include "fttcp-nl.h"

/**
 * struct fttcpd_event_limit - how often one event is written
 * @ms:		of the last look (burst) or of the last one written (short)
 * @tokens:	how many may be written at once
 * @used:	it was looked at before
 */
struct fttcpd_event_limit {
	int64_t ms;
	uint32_t tokens;
	bool used;
};

int fttcpd_event_init(void);
void fttcpd_event_exit(void);
void fttcpd_event_raise(uint32_t number, int error, const char *function,
			unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void fttcpd_event_kernel(const struct fttcp_event *event);
bool fttcpd_event_allowed(struct fttcpd_event_limit *limit, const char *kind,
			  int64_t now_ms);

#endif /* FTTCPD_EVENT_H */
