// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl config, reload: fttcpd.conf(5), as it is written and as it is in force.
 * Files are read here, with fttcpd's own reader; what is in force fttcpd tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "config.h"
#include "daemon.h"
#include "fttcpd/conf.h"
#include "fttcpd/devices.h"
#include "fttcpd/reload.h"

#define DEFAULT_CONF	"/etc/fttcp/fttcpd.conf"

static const char config_usage[] =
	"Usage: fttcpctl config [ show [ FILE ] ]\n"
	"       fttcpctl config check [ FILE ]\n"
	"What is in force, or would be by a file, and where it comes from;\n"
	"whether a file is right, " DEFAULT_CONF " if none is named.\n";

static const char reload_usage[] =
	"Usage: fttcpctl reload\n"
	"Have fttcpd read its configuration again; prints what has changed.\n";

/* ------------------------------------------------------------------- show */

static const char *text_of(struct json_object *obj, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static uint64_t number_of(struct json_object *obj, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(obj, key, &value) ?
	       json_object_get_uint64(value) : 0;
}

static void setting_object(struct out *out, const struct config_setting *s)
{
	out_begin(out, NULL);
	out_word(out, "section", s->section);
	out_word(out, "key", s->key);
	out_word(out, "value", s->value);
	out_word(out, "source", s->source);
	if (s->line)
		out_u64(out, "line", s->line);
	out_word(out, "takes-effect", s->when);
	if (s->later)
		out_word(out, "after-restart", s->later);
	out_end(out);
}

void config_print(struct out *out, const struct config_setting *s,
		  char section[CONFIG_SECTION])
{
	if (out->json) {
		setting_object(out, s);
		return;
	}
	if (strcmp(section, s->section)) {
		fprintf(out->to, "[%s]\n", s->section);
		snprintf(section, CONFIG_SECTION, "%s", s->section);
	}
	if (!s->value[0] && !s->later) {
		fprintf(out->to, "; %s is not set\n", s->key);
		return;
	}
	if (s->value[0])
		fprintf(out->to, "%s = %s ; ", s->key, s->value);
	else
		fprintf(out->to, "; %s is not set, ", s->key);
	if (s->line)
		fprintf(out->to, "line %u", s->line);
	else
		fprintf(out->to, "%s", s->source);
	if (s->later)
		fprintf(out->to, ", after a restart: %s",
			*s->later ? s->later : "not set");
	fputc('\n', out->to);
}

static int settings_print(struct ctl *ctl, struct json_object *answer,
			  char section[CONFIG_SECTION])
{
	struct json_object *list, *obj;
	struct config_setting s;
	size_t i;

	if (!json_object_object_get_ex(answer, "settings", &list) ||
	    !json_object_is_type(list, json_type_array))
		return ctl_fail(ctl, CTL_REFUSED, -EBADMSG,
				"fttcpd: no settings in its answer");
	for (i = 0; i < json_object_array_length(list); i++) {
		obj = json_object_array_get_idx(list, i);
		s = (struct config_setting) {
			.section = text_of(obj, "section"),
			.key = text_of(obj, "key"),
			.value = text_of(obj, "value"),
			.source = text_of(obj, "source"),
			.line = number_of(obj, "line"),
			.when = text_of(obj, "takes-effect"),
			.later = text_of(obj, "after-restart"),
		};
		if (s.section && s.key && s.value && s.source && s.when)
			config_print(&ctl->out, &s, section);
	}
	return 0;
}

/* In parts: the whole of a large configuration does not fit one packet. */
static int show_in_force(struct ctl *ctl)
{
	struct fttcp_control *control = NULL;
	char section[CONFIG_SECTION] = "";
	struct json_object *request, *answer;
	uint64_t first = 0;
	int err;

	err = daemon_open(ctl, &control, "config show FILE");
	if (err)
		return err;
	out_list_begin(&ctl->out);
	do {
		request = daemon_command("config");
		json_object_object_add(request, "first",
				       json_object_new_int64(first));
		err = fttcp_control_request(control, request, &answer,
					    DAEMON_TIMEOUT_MS);
		if (err)
			daemon_refused(ctl, err, answer);
		else if (!first && !ctl->out.json && text_of(answer, "file"))
			fprintf(ctl->out.to, "; in force, from %s\n",
				text_of(answer, "file"));
		if (!err)
			err = settings_print(ctl, answer, section);
		first = err ? 0 : number_of(answer, "next");
		json_object_put(answer);
		json_object_put(request);
	} while (first);
	out_list_end(&ctl->out);
	fttcp_control_close(control);
	return err;
}

static int file_read(struct ctl *ctl, const char *path,
		     struct fttcpd_conf *conf)
{
	char text[FTTCPD_CONF_ERROR];
	int err;

	err = fttcpd_conf_read(path, conf, text);
	if (err)
		ctl_fail(ctl, ctl_exit_of(err), err, "%s", text);
	return err;
}

static void show_conf(struct ctl *ctl, const struct fttcpd_conf *conf,
		      struct fttcpd_setting *list)
{
	unsigned int i, n = fttcpd_conf_settings(conf, list);
	char section[CONFIG_SECTION] = "";
	struct config_setting s;
	enum fttcpd_when when;

	out_list_begin(&ctl->out);
	for (i = 0; i < n; i++) {
		when = fttcpd_reload_when(list[i].section, list[i].key);
		s = (struct config_setting) {
			.section = list[i].section, .key = list[i].key,
			.value = list[i].value, .line = list[i].line,
			.source = list[i].line ? "file" : "default",
			.when = fttcpd_reload_when_name(when),
		};

		config_print(&ctl->out, &s, section);
	}
	out_list_end(&ctl->out);
}

static int show_file(struct ctl *ctl, const char *path)
{
	struct fttcpd_setting *list = calloc(FTTCPD_SETTINGS_MAX,
					     sizeof(*list));
	struct fttcpd_conf *conf = malloc(sizeof(*conf));
	int err = -ENOMEM;

	if (list && conf)
		err = file_read(ctl, path, conf);
	if (!err)
		show_conf(ctl, conf, list);
	free(conf);
	free(list);
	return err;
}

static int config_show(struct ctl *ctl, struct args *args)
{
	const char *path = args_next(args);
	int err = args_none(ctl, args);

	if (err)
		return err;
	return path ? show_file(ctl, path) : show_in_force(ctl);
}

/* ------------------------------------------------------------------ check */

static int config_check(struct ctl *ctl, struct args *args)
{
	const char *path = args_next(args);
	char text[FTTCPD_CONF_ERROR];
	struct fttcpd_conf *conf;
	int err = args_none(ctl, args);

	if (err)
		return err;
	if (!path)
		path = DEFAULT_CONF;
	conf = malloc(sizeof(*conf));
	err = conf ? file_read(ctl, path, conf) : -ENOMEM;
	if (!err) {
		out_begin(&ctl->out, "config");
		out_text(&ctl->out, "file", path);
		out_flag(&ctl->out, "valid", true);
		if (fttcpd_devices_check(path, conf, text))
			out_text(&ctl->out, "warning", text);
		out_end(&ctl->out);
	}
	free(conf);
	return err;
}

static const struct verb config_verbs[] = {
	{ "show", config_show, false },
	{ "check", config_check, false },
	{ 0 },
};

const struct noun noun_config = {
	.name = "config",
	.usage = config_usage,
	.verbs = config_verbs,
};

/* ----------------------------------------------------------------- reload */

static void changes_print(struct out *out, struct json_object *answer)
{
	struct json_object *list, *obj;
	size_t i, n = 0;

	if (json_object_object_get_ex(answer, "changed", &list) &&
	    json_object_is_type(list, json_type_array))
		n = json_object_array_length(list);
	for (i = 0; i < n; i++) {
		obj = json_object_array_get_idx(list, i);
		out_begin(out, "changed");
		out_text(out, "section", text_of(obj, "section") ?: "");
		out_word(out, "key", text_of(obj, "key") ?: "");
		out_text(out, "from", text_of(obj, "from") ?: "");
		out_text(out, "to", text_of(obj, "to") ?: "");
		out_word(out, "takes-effect",
			 text_of(obj, "takes-effect") ?: "");
		out_end(out);
	}
	if (n && !number_of(answer, "more"))
		return;
	out_begin(out, n ? "more" : "changed");
	if (n)
		out_u64(out, "changes", number_of(answer, "more"));
	else
		out_word(out, "nothing", "");
	out_end(out);
}

int reload_run(struct ctl *ctl, struct args *args)
{
	struct json_object *request, *answer;
	struct fttcp_control *control = NULL;
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = daemon_open(ctl, &control, "config check");
	if (err)
		return err;
	request = daemon_command("reload");
	err = fttcp_control_request(control, request, &answer,
				    DAEMON_TIMEOUT_MS);
	if (err)
		daemon_refused(ctl, err, answer);
	else if (ctl->out.json)
		daemon_print(&ctl->out, answer, "reload");
	else
		changes_print(&ctl->out, answer);
	json_object_put(answer);
	json_object_put(request);
	fttcp_control_close(control);
	return err;
}

const struct noun noun_reload = {
	.name = "reload",
	.usage = reload_usage,
	.run = reload_run,
	.changes = true,
};
