// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how the configuration in force is told. See config.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

static void add_text(struct json_object *obj, const char *key, const char *text)
{
	json_object_object_add(obj, key, json_object_new_string(text));
}

static struct json_object *new_object(const struct fttcpd_setting *s)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "section", s->section);
	add_text(obj, "key", s->key);
	if (s->line)
		json_object_object_add(obj, "line",
				       json_object_new_int64(s->line));
	return obj;
}

/**
 * fttcpd_config_change() - note a change for the answer
 * @change:	of a reload
 * @changes:	struct fttcpd_changes
 */
void fttcpd_config_change(const struct fttcpd_change *change, void *changes)
{
	const struct fttcpd_setting *s = change->to ? change->to : change->from;
	struct fttcpd_changes *c = changes;
	struct json_object *obj;

	if (json_object_array_length(c->list) == FTTCPD_CONFIG_BATCH) {
		c->more++;
		return;
	}
	obj = new_object(s);
	if (!change->to)
		json_object_object_del(obj, "line");
	add_text(obj, "from", change->from ? change->from->value : "");
	add_text(obj, "to", change->to ? change->to->value : "");
	add_text(obj, "takes-effect", fttcpd_reload_when_name(change->when));
	json_object_array_add(c->list, obj);
}

/* What the file leaves to the kernel is in force as the kernel has it. */
static void fill_in(struct fttcpd *d, struct fttcpd_conf *conf)
{
	struct fttcp_node node = { 0 };

	if (fttcp_node_get(d->nl, &node))
		return;
	if (!conf->lane_queue_max)
		conf->lane_queue_max = node.lane_queue_max;
	if (!conf->memory_max)
		conf->memory_max = node.memory_max;
}

static const char *source_of(const struct fttcpd_setting *s,
			     const struct fttcpd_setting *own)
{
	if (s->line)
		return "file";
	return strcmp(s->value, own->value) ? "kernel" : "default";
}

/* @own is what the configuration says, @filed what the file said last. */
static struct json_object *one(const struct fttcpd_setting *s,
			       const struct fttcpd_setting *own,
			       const struct fttcpd_setting *filed)
{
	enum fttcpd_when when = fttcpd_reload_when(s->section, s->key);
	struct json_object *obj = new_object(s);

	add_text(obj, "value", s->value);
	add_text(obj, "source", source_of(s, own));
	add_text(obj, "takes-effect", fttcpd_reload_when_name(when));
	if (when == FTTCPD_WHEN_RESTART && strcmp(filed->value, own->value))
		add_text(obj, "after-restart", filed->value);
	return obj;
}

/**
 * fttcpd_config_answer() - what is in force, and why
 * @d:		daemon
 * @answer:	gets the members
 * @first:	the first setting that is wanted
 *
 * Return: 0 or -ENOMEM.
 */
int fttcpd_config_answer(struct fttcpd *d, struct json_object *answer,
			 unsigned int first)
{
	struct fttcpd_setting *own, *filed, *now;
	struct fttcpd_conf *conf;
	struct json_object *list;
	unsigned int i, n;

	own = calloc(3 * FTTCPD_SETTINGS_MAX, sizeof(*own));
	conf = malloc(sizeof(*conf));
	if (!own || !conf) {
		free(own);
		free(conf);
		return -ENOMEM;
	}
	filed = own + FTTCPD_SETTINGS_MAX;
	now = filed + FTTCPD_SETTINGS_MAX;
	*conf = d->conf;
	fill_in(d, conf);
	n = fttcpd_conf_settings(&d->conf, own);
	fttcpd_conf_settings(&d->filed, filed);
	fttcpd_conf_settings(conf, now);
	list = json_object_new_array();
	for (i = first; i < n && i - first < FTTCPD_CONFIG_BATCH; i++)
		json_object_array_add(list, one(&now[i], &own[i], &filed[i]));
	add_text(answer, "file", d->conf_path);
	json_object_object_add(answer, "settings", list);
	if (i < n)
		json_object_object_add(answer, "next",
				       json_object_new_int64(i));
	free(own);
	free(conf);
	return 0;
}
