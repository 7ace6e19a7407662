/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what is done beside the loop makes progress. Each work has a time
 * within which it ends; one that is late is stuck. The loop notes beginning and
 * end, so that a thread which ended unheard counts as stuck too. Pure functions.
 */
#ifndef FTTCPD_PROGRESS_H
#define FTTCPD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* What is done beside the loop; a new thread gets its line here. */
enum fttcpd_work {
	FTTCPD_WORK_REQUEST,	/* the kernel promotes or hands over */
	FTTCPD_WORK_DISK,	/* the epoch is written */
	FTTCPD_WORK_MESSAGES,	/* clients are served, and their repository */
	FTTCPD_WORKS,
};

/**
 * struct fttcpd_progress - what is under way
 * @since_us:	when it began, monotonic; 0 for not at all
 * @limit_ms:	how long it may take
 */
struct fttcpd_progress {
	int64_t since_us[FTTCPD_WORKS];
	uint32_t limit_ms[FTTCPD_WORKS];
};

void fttcpd_progress_begin(struct fttcpd_progress *p, enum fttcpd_work work,
			   int64_t now_us, uint32_t limit_ms);
void fttcpd_progress_end(struct fttcpd_progress *p, enum fttcpd_work work);
bool fttcpd_progress_late(const struct fttcpd_progress *p,
			  enum fttcpd_work work, int64_t now_us);
enum fttcpd_work fttcpd_progress_stuck(const struct fttcpd_progress *p,
				       int64_t now_us);
const char *fttcpd_progress_name(enum fttcpd_work work);

#endif /* FTTCPD_PROGRESS_H */
