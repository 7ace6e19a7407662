/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft and persistent errors. A link that ends because the copy at its other end, or
 * here, was not faithful any more is a soft error: the copy is made anew, which is what
 * happens after every end. So many of them in so short a time are a persistent one:
 * trying again has not helped, and each attempt holds the peers' data up. A function of
 * what is here; escalate_link.c acts by it.
 */
#ifndef FTTCPD_ESCALATE_H
#define FTTCPD_ESCALATE_H

#include <stdbool.h>
#include <stdint.h>

#include <fttcp/limits.h>

/**
 * struct fttcpd_escalation - what has gone wrong lately
 * @at_ms:	when, the oldest first
 * @count:	how many
 * @until_ms:	no link before, 0 for no such time
 */
struct fttcpd_escalation {
	int64_t at_ms[FTTCP_SOFT_ERRORS_MAX];
	unsigned int count;
	int64_t until_ms;
};

/**
 * struct fttcpd_escalation_rules - of the configuration
 * @count:	so many within @window_ms are a persistent error, 0 never
 * @window_ms:	also how long there is no link then
 */
struct fttcpd_escalation_rules {
	unsigned int count;
	uint32_t window_ms;
};

bool fttcpd_escalate_is_soft(uint32_t reason, bool active);
bool fttcpd_escalate_count(struct fttcpd_escalation *e,
			   const struct fttcpd_escalation_rules *rules,
			   int64_t now_ms);
void fttcpd_escalate_pause(struct fttcpd_escalation *e, uint32_t window_ms,
			   int64_t now_ms);
unsigned int fttcpd_escalate_recent(const struct fttcpd_escalation *e,
				    uint32_t window_ms, int64_t now_ms);
uint32_t fttcpd_escalate_left(const struct fttcpd_escalation *e,
			      int64_t now_ms);
void fttcpd_escalate_forget(struct fttcpd_escalation *e);

#endif /* FTTCPD_ESCALATE_H */
