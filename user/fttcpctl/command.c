// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl command, and how a command that changes something is executed once
 * for its id: the kernel, and that of the backup, remember the id before and the
 * outcome afterwards.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fttcp/strings-gen.h>

#include "args.h"

static const char command_usage[] =
	"Usage: fttcpctl command [ show [ id ID ] ]\n"
	"       fttcpctl command begin id ID name NAME\n"
	"       fttcpctl command end id ID [ errno N ] [ forget ]\n"
	"begin and end are for commands of other programs: begin, execute, end.\n";

static void command_print(struct out *out, const struct fttcp_command *c)
{
	bool done = c->state == FTTCP_COMMAND_STATE_DONE;

	out_begin(out, "command");
	out_word(out, "id", c->id);
	out_text(out, "name", c->name);
	out_word(out, "state", fttcp_command_state_name(c->state));
	if (done)
		out_text(out, "outcome", c->error ? strerror(-c->error) :
			 "success");
	if (done && (c->error || out->json))
		out_s64(out, "errno", c->error);
	out_u64(out, "node", c->node);
	out_u64(out, "epoch", c->epoch);
	out_time(out, "began", c->began_ns);
}

/* --------------------------------------------------------------- once each */

/*
 * What was refused for a state that may change, or for a mistake in its words,
 * was not executed.
 */
static bool to_forget(const struct ctl *ctl, int err)
{
	switch (err) {
	case 0:
		return ctl->forget;
	case -EACCES:
	case -EAGAIN:
	case -EBUSY:
	case -EINPROGRESS:
	case -EINTR:
	case -ENOBUFS:
	case -ENOMEM:
	case -ENOSPC:
	case -EPERM:
		return true;
	}
	return ctl->forget || ctl->exit == CTL_USAGE ||
	       ctl->exit == CTL_NO_PERMISSION || ctl->exit == CTL_NOT_THERE;
}

/* The first outcome is this one's too. */
static int repeated(struct ctl *ctl, const char *id)
{
	struct fttcp_command c;
	int err;

	err = ctl_fail_nl(ctl, fttcp_command_get(ctl->nl, id, &c));
	if (err)
		return err;
	command_print(&ctl->out, &c);
	out_word(&ctl->out, "advice", fttcp_advice(-EALREADY));
	out_end(&ctl->out);
	if (c.state != FTTCP_COMMAND_STATE_DONE)
		return ctl_fail(ctl, CTL_REFUSED, -EALREADY,
				"it was begun on node %u, and is not known to have ended there; look at the state (fttcpctl daemon, fttcpctl node) before it is given again with another id",
				c.node);
	if (c.error)
		return ctl_fail(ctl, ctl_exit_of(c.error), -EALREADY,
				"executed before, and it failed: %s",
				strerror(-c.error));
	return 0;
}

/*
 * Return: 0: the command has to be executed, and @id is noted if its end is to
 * be told; 1: it was before; or a negative errno, noted.
 */
static int begin(struct ctl *ctl, const char *name, char *id)
{
	bool asked = ctl->command_id;
	int err;

	*id = '\0';
	if (!asked && fttcp_nl_open(&ctl->nl))
		return 0;
	err = ctl_nl(ctl);
	if (err)
		return err;
	if (asked && strlen(ctl->command_id) >= FTTCP_COMMAND_ID_LEN)
		return ctl_fail_usage(ctl, "--command-id: \"%s\" is longer than 36 characters",
				      ctl->command_id);
	if (asked)
		strcpy(id, ctl->command_id);
	else if (fttcp_command_new_id(id))
		return 0;
	err = fttcp_command_begin(ctl->nl, id, name);
	if (err == -EALREADY)
		return repeated(ctl, id) ?: 1;
	if (!err)
		return 0;
	if (asked)
		return ctl_fail_nl(ctl, err);
	/* who may ask fttcpd, or read its files, need not be the kernel's master */
	*id = '\0';
	return 0;
}

int command_once(struct ctl *ctl, struct args *args, const char *verb,
		 ctl_run run)
{
	char id[FTTCP_COMMAND_ID_LEN], name[FTTCP_COMMAND_NAME_LEN];
	int err;

	snprintf(name, sizeof(name), "%s%s%s", ctl->noun->name,
		 verb ? " " : "", verb ? verb : "");
	err = begin(ctl, name, id);
	if (err)
		return err < 0 ? err : 0;
	err = run(ctl, args);
	/* without an answer nobody knows: it is abandoned with the handle */
	if (*id && err != -ETIMEDOUT)
		fttcp_command_end(ctl->nl, id, err, to_forget(ctl, err));
	return err;
}

/* ------------------------------------------------------------------ command */

struct words {
	uint64_t present;
	const char *id;
	const char *name;
	uint32_t error;
	bool forget;
};

static const struct arg_key show_keys[] = {
	{ .word = "id", .kind = ARG_TEXT,
	  .offset = offsetof(struct words, id) },
	{ 0 },
};

static int show_one(const struct fttcp_command *c, void *arg)
{
	struct out *out = arg;

	command_print(out, c);
	out_end(out);
	return 0;
}

static int command_show(struct ctl *ctl, struct args *args)
{
	struct words words = { 0 };
	struct fttcp_command c;
	int err;

	err = args_parse(ctl, args, show_keys, &words);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	if (words.id) {
		err = ctl_fail_nl(ctl, fttcp_command_get(ctl->nl, words.id,
							 &c));
		return err ? err : show_one(&c, &ctl->out);
	}
	out_list_begin(&ctl->out);
	err = fttcp_command_dump(ctl->nl, show_one, &ctl->out);
	out_list_end(&ctl->out);
	return ctl_fail_nl(ctl, err);
}

static const struct arg_key begin_keys[] = {
	{ .word = "id", .kind = ARG_TEXT,
	  .offset = offsetof(struct words, id) },
	{ .word = "name", .kind = ARG_TEXT,
	  .offset = offsetof(struct words, name) },
	{ 0 },
};

static const struct arg_key end_keys[] = {
	{ .word = "id", .kind = ARG_TEXT,
	  .offset = offsetof(struct words, id) },
	{ .word = "errno", .kind = ARG_U32, .max = 4095,
	  .offset = offsetof(struct words, error) },
	{ .word = "forget", .kind = ARG_FLAG,
	  .offset = offsetof(struct words, forget) },
	{ 0 },
};

static int words_take(struct ctl *ctl, struct args *args,
		      const struct arg_key *keys, struct words *words)
{
	int err = args_parse(ctl, args, keys, words);

	if (err)
		return err;
	if (!words->id)
		return ctl_fail_usage(ctl, "id is missing");
	if (strlen(words->id) >= FTTCP_COMMAND_ID_LEN)
		return ctl_fail_usage(ctl, "id: \"%s\" is longer than 36 characters",
				      words->id);
	return ctl_nl(ctl);
}

/*
 * The handle is closed when this program ends, so the command is listed as
 * abandoned until it is ended: that is how it is known to a shell.
 */
static int command_begin(struct ctl *ctl, struct args *args)
{
	struct words words = { 0 };
	int err;

	err = words_take(ctl, args, begin_keys, &words);
	if (err)
		return err;
	if (!words.name)
		return ctl_fail_usage(ctl, "name is missing");
	err = fttcp_command_begin(ctl->nl, words.id, words.name);
	if (err == -EALREADY) {
		err = repeated(ctl, words.id);
		return err ? err : ctl_fail(ctl, CTL_REFUSED, -EALREADY,
					    "executed before, with success");
	}
	return ctl_fail_nl(ctl, err);
}

static int command_end(struct ctl *ctl, struct args *args)
{
	struct words words = { 0 };
	int err;

	err = words_take(ctl, args, end_keys, &words);
	if (err)
		return err;
	return ctl_fail_nl(ctl, fttcp_command_end(ctl->nl, words.id,
						  -(int)words.error,
						  words.forget));
}

static const struct verb command_verbs[] = {
	{ "show", command_show, false },
	{ "begin", command_begin, false },
	{ "end", command_end, false },
	{ 0 },
};

const struct noun noun_command = {
	.name = "command",
	.usage = command_usage,
	.verbs = command_verbs,
};
