// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl client: which programs replicate their own state through fttcpd,
 * and how far they are.
 */
#include <errno.h>
#include <string.h>

#include "args.h"
#include "daemon.h"

static const char client_usage[] =
	"Usage: fttcpctl client [ show ]\n"
	"The clients of this node, and which of them the link waits for.\n";

static const char *text_of(struct json_object *from, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(from, key, &value) ?
	       json_object_get_string(value) : "";
}

static int64_t number_of(struct json_object *from, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(from, key, &value) ?
	       json_object_get_int64(value) : 0;
}

static bool flag_of(struct json_object *from, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(from, key, &value) &&
	       json_object_get_boolean(value);
}

/* What the link waits for: a client that is named and is not complete. */
static bool is_missing(struct json_object *one)
{
	return flag_of(one, "awaited") && strcmp(text_of(one, "state"),
						 "complete");
}

static void client_print(struct out *out, struct json_object *one)
{
	out_begin(out, "client");
	out_word(out, "name", text_of(one, "name"));
	out_word(out, "state", text_of(one, "state"));
	out_flag(out, "awaited", flag_of(one, "awaited"));
	out_flag(out, "missing", is_missing(one));
	out_u64(out, "task", number_of(one, "task"));
	if (flag_of(one, "here"))
		out_u64(out, "pid", number_of(one, "pid"));
	out_u64(out, "incarnation", number_of(one, "incarnation"));
	out_u64(out, "sequence", number_of(one, "sequence"));
	out_u64(out, "unstaged", number_of(one, "unstaged"));
	out_u64(out, "undelivered", number_of(one, "undelivered"));
	out_end(out);
}

static void clients_print(struct ctl *ctl, struct json_object *answer)
{
	struct json_object *list = NULL;
	size_t i;

	json_object_object_get_ex(answer, "clients", &list);
	out_list_begin(&ctl->out);
	for (i = 0; list && i < json_object_array_length(list); i++)
		client_print(&ctl->out, json_object_array_get_idx(list, i));
	out_list_end(&ctl->out);
	if (*text_of(answer, "warning"))
		fprintf(stderr, "fttcpctl: warning: %s\n",
			text_of(answer, "warning"));
}

static int client_show(struct ctl *ctl, struct args *args)
{
	struct fttcp_control *control = NULL;
	struct json_object *request, *answer = NULL;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = daemon_open(ctl, &control, "msg list");
	if (err)
		return err;
	request = daemon_command("clients");
	err = fttcp_control_request(control, request, &answer,
				    DAEMON_TIMEOUT_MS);
	if (!err)
		clients_print(ctl, answer);
	else
		ctl_fail_daemon(ctl, err, answer ? text_of(answer, "error") :
				strerror(-err));
	json_object_put(answer);
	json_object_put(request);
	fttcp_control_close(control);
	return err;
}

static const struct verb client_verbs[] = {
	{ "show", client_show, false },
	{ 0 },
};

const struct noun noun_client = {
	.name = "client",
	.usage = client_usage,
	.verbs = client_verbs,
};
