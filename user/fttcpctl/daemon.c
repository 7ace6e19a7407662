// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl daemon, demote, switchover: what fttcpd is asked for. See daemon.h.
 */
#include <errno.h>
#include <string.h>

#include "args.h"
#include "config.h"
#include "daemon.h"

static const char switchover_usage[] =
	"Usage: fttcpctl switchover [ timeout TIME ]\n"
	"fttcpd hands the connections and the service address over to the backup.\n";

static const char demote_usage[] =
	"Usage: fttcpctl demote [ force ] [ timeout TIME ]\n"
	"fttcpd gives the role of this node up: to the backup, as switchover does; a node\n"
	"that is backup stays it.\n"
	"force: also when no backup has the connections, which end then\n";

static const char daemon_usage[] =
	"Usage: fttcpctl daemon [ status ]\n"
	"       fttcpctl daemon reload\n"
	"What fttcpd says of itself; read its configuration again.\n";

static const char *daemon_path(const struct ctl *ctl)
{
	return ctl->control_path ? ctl->control_path : FTTCP_CONTROL_PATH;
}

static int daemon_absent(struct ctl *ctl, int err, const char *instead)
{
	const char *path = daemon_path(ctl);

	switch (err) {
	case -ENOTCONN:
		return ctl_fail(ctl, CTL_NOT_THERE, err,
				"no fttcpd listens on %s (start it with systemctl start fttcpd, or use fttcpctl %s)",
				path, instead);
	case -EXDEV:
		return ctl_fail(ctl, CTL_NOT_THERE, err,
				"the fttcpd on %s serves another network namespace (name the right one with -s, or use fttcpctl %s)",
				path, instead);
	case -EACCES:
		return ctl_fail(ctl, CTL_NO_PERMISSION, err,
				"%s: permission denied (try sudo, or join the group that fttcpd.conf names)",
				path);
	default:
		return ctl_fail(ctl, ctl_exit_of(err), err, "%s: %s", path,
				strerror(-err));
	}
}

int daemon_open(struct ctl *ctl, struct fttcp_control **control,
		const char *instead)
{
	int err = fttcp_control_open(control, ctl->control_path);

	return err ? daemon_absent(ctl, err, instead) : 0;
}

void daemon_print(struct out *out, struct json_object *answer,
		  const char *word)
{
	out_begin(out, word);
	json_object_object_foreach(answer, key, value) {
		if (strcmp(key, "id") && strcmp(key, "ok"))
			out_json(out, key, value);
	}
	out_end(out);
}

int daemon_refused(struct ctl *ctl, int err, struct json_object *answer)
{
	const char *text = strerror(-err);
	struct json_object *value;

	if (!answer) {
		if (err == -ETIMEDOUT)
			text = "no answer in time; what it does goes on";
		return ctl_fail(ctl, ctl_exit_of(err), err, "fttcpd: %s", text);
	}
	if (json_object_object_get_ex(answer, "error", &value) &&
	    json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	return ctl_fail_daemon(ctl, err, text);
}

int daemon_fetch(struct ctl *ctl, struct fttcp_control *control,
		 struct json_object *request, struct json_object **answer,
		 int timeout_ms)
{
	int err;

	err = fttcp_control_request(control, request, answer, timeout_ms);
	json_object_put(request);
	if (!err)
		return 0;
	daemon_refused(ctl, err, *answer);
	json_object_put(*answer);
	*answer = NULL;
	return err;
}

int daemon_ask(struct ctl *ctl, struct fttcp_control *control,
	       struct json_object *request, const char *word, int timeout_ms)
{
	struct json_object *answer;
	int err;

	err = daemon_fetch(ctl, control, request, &answer, timeout_ms);
	if (err)
		return err;
	daemon_print(&ctl->out, answer, word);
	json_object_put(answer);
	return 0;
}

struct json_object *daemon_command(const char *cmd)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "cmd", json_object_new_string(cmd));
	return request;
}

/* ------------------------------------------------------------- switchover */

struct switchover {
	uint64_t present;
	uint32_t timeout_ms;
};

static const struct arg_key switchover_keys[] = {
	{ .word = "timeout", .kind = ARG_SECONDS, .min = 1, .max = INT32_MAX,
	  .offset = offsetof(struct switchover, timeout_ms) },
	{ 0 },
};

static int switchover_run(struct ctl *ctl, struct args *args)
{
	struct switchover ask = { .timeout_ms = DAEMON_TIMEOUT_MS };
	struct fttcp_control *control = NULL;
	int err;

	err = args_parse(ctl, args, switchover_keys, &ask);
	if (err)
		return err;
	err = daemon_open(ctl, &control, "handover");
	if (err)
		return err;
	err = daemon_ask(ctl, control, daemon_command("switchover"),
			 "switchover", ask.timeout_ms);
	fttcp_control_close(control);
	return err;
}

const struct noun noun_switchover = {
	.name = "switchover",
	.usage = switchover_usage,
	.run = switchover_run,
	.changes = true,
};

/* ----------------------------------------------------------------- demote */

struct demote {
	uint64_t present;
	uint32_t timeout_ms;
	bool force;
};

static const struct arg_key demote_keys[] = {
	{ .word = "force", .kind = ARG_FLAG,
	  .offset = offsetof(struct demote, force) },
	{ .word = "timeout", .kind = ARG_SECONDS, .min = 1, .max = INT32_MAX,
	  .offset = offsetof(struct demote, timeout_ms) },
	{ 0 },
};

static int demote_run(struct ctl *ctl, struct args *args)
{
	struct demote ask = { .timeout_ms = DAEMON_TIMEOUT_MS };
	struct fttcp_control *control = NULL;
	struct json_object *request;
	int err;

	err = args_parse(ctl, args, demote_keys, &ask);
	if (err)
		return err;
	err = daemon_open(ctl, &control, "node set role backup");
	if (err)
		return err;
	request = daemon_command("demote");
	json_object_object_add(request, "force",
			       json_object_new_boolean(ask.force));
	err = daemon_ask(ctl, control, request, "demote", ask.timeout_ms);
	fttcp_control_close(control);
	return err;
}

const struct noun noun_demote = {
	.name = "demote",
	.usage = demote_usage,
	.run = demote_run,
	.changes = true,
};

/* ----------------------------------------------------------------- daemon */

static int daemon_status(struct ctl *ctl, struct args *args)
{
	struct fttcp_control *control = NULL;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = daemon_open(ctl, &control, "node show");
	if (err)
		return err;
	err = daemon_ask(ctl, control, daemon_command("status"), "daemon",
			 DAEMON_TIMEOUT_MS);
	fttcp_control_close(control);
	return err;
}

static const struct verb daemon_verbs[] = {
	{ "status", daemon_status, false },
	{ "reload", reload_run, true },
	{ 0 },
};

const struct noun noun_daemon = {
	.name = "daemon",
	.usage = daemon_usage,
	.verbs = daemon_verbs,
};
