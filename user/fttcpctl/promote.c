// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl promote, handover, solo: who is active. A daemon that runs is asked
 * to promote, for it also moves the service address; the bare kernel commands
 * are there for tests and for other cluster managers.
 */
#include <errno.h>

#include "args.h"
#include "daemon.h"

static const char promote_usage[] =
	"Usage: fttcpctl promote [ dry-run ] [ force ] [ epoch N ] [ kernel ]\n"
	"kernel: do not ask fttcpd, the service address is moved by somebody else;\n"
	"        so it is too when no fttcpd runs, and with dry-run and epoch\n"
	"force:  the active is known to be dead, do not wait for its lease\n";

static const char handover_usage[] =
	"Usage: fttcpctl handover\n"
	"The bare kernel command on the active; fttcpd is not asked. Afterwards move\n"
	"the service address, and give this node its next role.\n";

static const char solo_usage[] =
	"Usage: fttcpctl solo\n"
	"On the active: go on without a backup, now.\n";

/* ---------------------------------------------------------------- promote */

struct promote {
	uint64_t present;
	struct fttcp_promote ask;
	bool kernel;
};

static const struct arg_key promote_keys[] = {
	{ .word = "dry-run", .kind = ARG_FLAG,
	  .offset = offsetof(struct promote, ask.dry_run) },
	{ .word = "force", .kind = ARG_FLAG,
	  .offset = offsetof(struct promote, ask.force) },
	{ .word = "epoch", .kind = ARG_U64, .min = 1,
	  .offset = offsetof(struct promote, ask.epoch) },
	{ .word = "kernel", .kind = ARG_FLAG,
	  .offset = offsetof(struct promote, kernel) },
	{ 0 },
};

static void promote_print(struct out *out, const struct fttcp_promote *done,
			  bool dry_run)
{
	out_begin(out, "promote");
	out_flag(out, "dry-run", dry_run);
	out_u64(out, "promoted", done->promoted);
	out_u64(out, "failed", done->failed);
	out_u64(out, "would-lose", done->would_lose);
	if (fttcp_has(done, FTTCP_A_PROMOTE_EPOCH))
		out_u64(out, "epoch", done->epoch);
	if (fttcp_has(done, FTTCP_A_PROMOTE_TIME_US))
		out_us(out, "time", done->time_us);
	if (done->why[0])
		out_text(out, "why", done->why);
	out_end(out);
}

/* A dry run that finds something against it is not ready, and prints what. */
static int promote_kernel(struct ctl *ctl, struct fttcp_promote *ask)
{
	bool dry_run = ask->dry_run;
	int err;

	if (ask->dry_run)
		fttcp_mark(ask, FTTCP_A_PROMOTE_DRY_RUN);
	if (ask->force)
		fttcp_mark(ask, FTTCP_A_PROMOTE_FORCE);
	if (ask->epoch)
		fttcp_mark(ask, FTTCP_A_PROMOTE_EPOCH);
	err = ctl_nl(ctl);
	if (!err)
		err = ctl_fail_nl(ctl, fttcp_promote(ctl->nl, ask));
	if (err)
		return err;
	promote_print(&ctl->out, ask, dry_run);
	if (dry_run && (ask->failed || ask->would_lose || ask->why[0]))
		return ctl_fail(ctl, CTL_NOT_READY, -EAGAIN,
				"a promotion now would not be complete");
	return 0;
}

static int promote_daemon(struct ctl *ctl, struct fttcp_control *control,
			  const struct fttcp_promote *ask)
{
	struct json_object *request = daemon_command("promote");

	json_object_object_add(request, "force",
			       json_object_new_boolean(ask->force));
	return daemon_ask(ctl, control, request, "promote", DAEMON_TIMEOUT_MS);
}

static int promote_run(struct ctl *ctl, struct args *args)
{
	struct fttcp_control *control = NULL;
	struct promote promote = { 0 };
	int err;

	err = args_parse(ctl, args, promote_keys, &promote);
	if (err)
		return err;
	ctl->forget = promote.ask.dry_run;
	if (promote.kernel || promote.ask.dry_run || promote.ask.epoch)
		return promote_kernel(ctl, &promote.ask);
	err = daemon_open(ctl, &control, "promote kernel");
	if ((err == -ENOTCONN || err == -EXDEV) && !ctl->control_path)
		return promote_kernel(ctl, &promote.ask);
	if (err)
		return err;
	err = promote_daemon(ctl, control, &promote.ask);
	fttcp_control_close(control);
	return err;
}

const struct noun noun_promote = {
	.name = "promote",
	.usage = promote_usage,
	.run = promote_run,
	.changes = true,
};

/* ------------------------------------------------------- handover and solo */

static int handover_run(struct ctl *ctl, struct args *args)
{
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	return err ? err : ctl_fail_nl(ctl, fttcp_handover(ctl->nl));
}

const struct noun noun_handover = {
	.name = "handover",
	.usage = handover_usage,
	.run = handover_run,
	.changes = true,
};

static int solo_run(struct ctl *ctl, struct args *args)
{
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	return err ? err : ctl_fail_nl(ctl, fttcp_solo(ctl->nl));
}

const struct noun noun_solo = {
	.name = "solo",
	.usage = solo_usage,
	.run = solo_run,
	.changes = true,
};
