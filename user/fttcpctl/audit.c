// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl audit: are the replicas what they should be? Begins an audit on the
 * active and waits for its end, which the events tell.
 */
#include <errno.h>
#include <fttcp/strings-gen.h>
#include <time.h>

#include "args.h"

/* An audit that is not asked to wait for long: some 100,000 connections. */
#define AUDIT_WAIT_MS	60000

static const char audit_usage[] =
	"Usage: fttcpctl audit [ run [ wait TIME ] ]\n"
	"       fttcpctl audit show\n"
	"TIME := seconds, or with a unit: 500ms 30s; 60 when not given\n"
	"Exit status 0: nothing was found. 8: a replica differed, or was nobody's.\n"
	"4: the audit failed. 5: it has not ended within TIME, and goes on.\n";

void audit_print(struct out *out, const struct fttcp_audit *audit)
{
	out_u64(out, "number", audit->number);
	out_word(out, "result", fttcp_audit_result_name(audit->result));
	out_u64(out, "conns", audit->conns);
	out_u64(out, "bytes", audit->bytes);
	out_u64(out, "differing", audit->differing);
	out_u64(out, "skipped", audit->skipped);
	out_u64(out, "stale", audit->stale);
	if (audit->number) {
		out_ms(out, "took", audit->took_ms);
		out_time(out, "began", audit->began_ns);
	}
	if (audit->why[0])
		out_text(out, "why", audit->why);
}

static int audit_show(struct ctl *ctl, struct args *args)
{
	struct fttcp_audit audit;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	if (!err)
		err = ctl_fail_nl(ctl, fttcp_audit_get(ctl->nl, &audit));
	if (err)
		return err;
	out_begin(&ctl->out, "audit");
	audit_print(&ctl->out, &audit);
	out_end(&ctl->out);
	return 0;
}

/* ------------------------------------------------------------------- run */

struct wait {
	uint64_t present;
	uint32_t ms;
};

static const struct arg_key wait_keys[] = {
	{ .word = "wait", .kind = ARG_SECONDS,
	  .offset = offsetof(struct wait, ms) },
	{ 0 },
};

static bool running(const struct fttcp_audit *audit, uint64_t number)
{
	return audit->number == number &&
	       audit->result == FTTCP_AUDIT_RESULT_RUNNING;
}

/* The subscription is older than the audit, so that its end is not missed. */
static int audit_wait(struct ctl *ctl, struct fttcp_audit *audit, uint32_t ms)
{
	int64_t deadline = events_deadline(ms);
	struct fttcp_events *events;
	uint64_t number;
	int err;

	err = ctl_fail_open(ctl, fttcp_events_open(&events));
	if (err)
		return err;
	err = ctl_fail_nl(ctl, fttcp_audit_start(ctl->nl, audit));
	number = audit->number;
	if (!err)
		err = ctl_fail_nl(ctl, fttcp_audit_get(ctl->nl, audit));
	while (!err && running(audit, number) && !events_late(deadline)) {
		err = events_wait(events, deadline);
		if (!err)
			err = ctl_fail_nl(ctl, fttcp_audit_get(ctl->nl, audit));
	}
	fttcp_events_close(events);
	return err;
}

/* What was printed says it all, there is no error to add. */
static int audit_verdict(struct ctl *ctl, const struct fttcp_audit *audit)
{
	switch (audit->result) {
	case FTTCP_AUDIT_RESULT_CLEAN:
		return 0;
	case FTTCP_AUDIT_RESULT_DIFFERS:
		ctl->exit = CTL_DIFFERS;
		break;
	case FTTCP_AUDIT_RESULT_RUNNING:
		ctl->exit = CTL_TIMEOUT;
		break;
	default:
		ctl->exit = CTL_NOT_READY;
	}
	return -EAGAIN;
}

static int audit_run(struct ctl *ctl, struct args *args)
{
	struct wait wait = { .ms = AUDIT_WAIT_MS };
	struct fttcp_audit audit = { 0 };
	int err;

	err = args_parse(ctl, args, wait_keys, &wait);
	if (!err)
		err = ctl_nl(ctl);
	if (!err)
		err = audit_wait(ctl, &audit, wait.ms);
	if (err)
		return err;
	out_begin(&ctl->out, "audit");
	audit_print(&ctl->out, &audit);
	out_end(&ctl->out);
	return audit_verdict(ctl, &audit);
}

static const struct verb audit_verbs[] = {
	{ "run", audit_run, true },
	{ "show", audit_show, false },
	{ 0 },
};

const struct noun noun_audit = {
	.name = "audit",
	.usage = audit_usage,
	.verbs = audit_verbs,
};
