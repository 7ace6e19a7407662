/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One round of a health probe: connects to every address and port, sends the
 * request, waits for the expected answer, disconnects; all at the same time and
 * within probe-timeout. Waits while it runs, so it has a thread of its own; it
 * knows nothing of the daemon.
 */
#ifndef FTTCPD_PROBE_ROUND_H
#define FTTCPD_PROBE_ROUND_H

#include <stdatomic.h>
#include <stdint.h>

#include "conf.h"
#include "probe_history.h"

/* What was wrong with a port. */
enum fttcpd_probe_failure {
	FTTCPD_PROBE_FAIL_NONE,
	FTTCPD_PROBE_FAIL_CONNECT,	/* complete */
	FTTCPD_PROBE_FAIL_DISCONNECT,	/* partial, as all below */
	FTTCPD_PROBE_FAIL_ANSWER,	/* ended, refused to read, or wrong */
	FTTCPD_PROBE_FAIL_TIMEOUT,	/* not done within probe-timeout */
	FTTCPD_PROBE_FAIL_OWN,		/* the probe itself lacked something */
	FTTCPD_PROBE_FAILS,
};

/* Room for one of the messages, an address and a reason in it. */
#define FTTCPD_PROBE_TEXT	256
#define FTTCPD_PROBE_WHY	128

/**
 * struct fttcpd_probe_target - one address and port
 * @at:		where
 * @failure:	what was wrong
 * @why:	in words, of FAIL_ANSWER and the later ones
 */
struct fttcpd_probe_target {
	struct fttcp_endpoint at;
	enum fttcpd_probe_failure failure;
	char why[FTTCPD_PROBE_WHY];
};

/**
 * struct fttcpd_round - one round
 * @conf:	what to do; a copy
 * @target:	@targets addresses and ports
 * @targets:	how many
 * @asked_us:	when it was asked for, CLOCK_MONOTONIC
 * @cancel:	it is to end soon, whatever comes of it
 * @result:	the worst of all targets
 * @late:	the machine's load may be why
 * @slow:	nothing was wrong but that something was not done in time
 * @took_us:	from the first step to the last
 * @delay_us:	how long an ordinary program could not run as it should, as far as
 *		it can tell
 */
struct fttcpd_round {
	struct fttcpd_probe_conf conf;
	struct fttcpd_probe_target target[FTTCP_PROBE_TARGETS_MAX];
	unsigned int targets;
	int64_t asked_us;
	atomic_bool cancel;
	enum fttcpd_probe_result result;
	bool late;
	bool slow;
	int64_t took_us;
	int64_t delay_us;
};

int64_t fttcpd_round_clock_us(void);
void fttcpd_round_setup(struct fttcpd_round *round,
			const struct fttcpd_conf *conf,
			const struct fttcpd_probe_conf *probe);
void fttcpd_round_run(struct fttcpd_round *round);
const char *fttcpd_round_text(const struct fttcpd_round *round, unsigned int i,
			      char buf[FTTCPD_PROBE_TEXT]);

#endif /* FTTCPD_PROBE_ROUND_H */
