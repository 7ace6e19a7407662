// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl probe: the health of the services, as fttcpd has found it.
 */
#include <errno.h>
#include <string.h>

#include "args.h"
#include "daemon.h"

static const char usage[] =
	"Usage: fttcpctl probe [ show [ name NAME ] ]\n"
	"The services whose health fttcpd looks after, and what it would do next.\n";

/* Members in their order; "-ms" and "-us" are units. */
static void member_print(struct out *out, const char *key,
			 struct json_object *value)
{
	size_t len = strlen(key);
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)(len > 3 ? len - 3 : 0), key);
	if (json_object_is_type(value, json_type_boolean))
		out_flag(out, key, json_object_get_boolean(value));
	else if (len > 3 && !strcmp(key + len - 3, "-ms"))
		out_ms(out, word, json_object_get_int64(value));
	else if (len > 3 && !strcmp(key + len - 3, "-us"))
		out_us(out, word, json_object_get_int64(value));
	else if (json_object_is_type(value, json_type_int))
		out_u64(out, key, json_object_get_int64(value));
	else if (!strcmp(key, "text"))
		out_text(out, key, json_object_get_string(value));
	else
		out_word(out, key, json_object_get_string(value));
}

static void probe_print(struct out *out, struct json_object *probe)
{
	out_begin(out, "probe");
	json_object_object_foreach(probe, key, value) {
		/* what follows, and what has been, on lines of their own */
		if (!strcmp(key, "restarts") || !strcmp(key, "rounds") ||
		    !strcmp(key, "text"))
			out_break(out);
		member_print(out, key, value);
	}
	out_end(out);
}

static bool is_named(struct json_object *probe, const char *name)
{
	struct json_object *value;

	return !name || (json_object_object_get_ex(probe, "name", &value) &&
			 !strcmp(json_object_get_string(value), name));
}

static int list_print(struct ctl *ctl, struct json_object *answer,
		      const char *name)
{
	struct json_object *list = NULL, *probe;
	size_t i, n = 0, shown = 0;

	if (json_object_object_get_ex(answer, "probes", &list))
		n = json_object_array_length(list);
	out_list_begin(&ctl->out);
	for (i = 0; i < n; i++) {
		probe = json_object_array_get_idx(list, i);
		if (!is_named(probe, name))
			continue;
		probe_print(&ctl->out, probe);
		shown++;
	}
	out_list_end(&ctl->out);
	if (name && !shown)
		return ctl_fail(ctl, CTL_NOT_FOUND, -ENOENT,
				"no probe \"%s\" (fttcpctl probe shows all; add [probe %s] to fttcpd.conf)",
				name, name);
	return 0;
}

static int probe_show(struct ctl *ctl, struct args *args)
{
	struct fttcp_control *control = NULL;
	struct json_object *answer = NULL;
	const char *word = args_next(args), *name = NULL;
	int err;

	if (word && strcmp(word, "name"))
		return ctl_fail_usage(ctl, "unexpected word \"%s\"; there is: name",
				      word);
	if (word) {
		name = args_next(args);
		if (!name)
			return ctl_fail_usage(ctl, "\"name\" needs a value");
	}
	err = args_none(ctl, args);
	if (!err)
		err = daemon_open(ctl, &control, "node show");
	if (err)
		return err;
	err = daemon_fetch(ctl, control, daemon_command("probes"), &answer,
			   DAEMON_TIMEOUT_MS);
	if (!err)
		err = list_print(ctl, answer, name);
	json_object_put(answer);
	fttcp_control_close(control);
	return err;
}

static const struct verb verbs[] = {
	{ "show", probe_show, false },
	{ 0 },
};

const struct noun noun_probe = {
	.name = "probe",
	.usage = usage,
	.verbs = verbs,
};
