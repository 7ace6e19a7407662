// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what "fttcpctl probe show" is told.
 */
#include <json-c/json.h>

#include "daemon.h"
#include "probe.h"

static void add_text(struct json_object *obj, const char *key, const char *text)
{
	json_object_object_add(obj, key, json_object_new_string(text));
}

static void add_number(struct json_object *obj, const char *key, int64_t n)
{
	json_object_object_add(obj, key, json_object_new_int64(n));
}

static const char *state_of(const struct fttcpd_probe *p)
{
	if (fttcpd_restart_busy(&p->restart))
		return "restarting";
	if (!p->d->probing)
		return p->d->probe_active ? "switching" : "off";
	if (p->history.settling)
		return "starting";
	if (!p->last_ms)
		return "unknown";
	return p->last == FTTCPD_PROBE_OK ? "ok" : "failing";
}

static const char *next_of(const struct fttcpd_probe *p)
{
	switch (fttcpd_probe_next(&p->history, &p->rules)) {
	case FTTCPD_PROBE_RESTART:
		return "restart";
	case FTTCPD_PROBE_FAILOVER:
		return "fail-over";
	default:
		return "none";
	}
}

static void add_last(struct json_object *one, const struct fttcpd_probe *p,
		     int64_t now_ms)
{
	static const char * const names[FTTCPD_PROBE_RESULTS] = {
		[FTTCPD_PROBE_OK] = "ok",
		[FTTCPD_PROBE_PARTIAL] = "partial",
		[FTTCPD_PROBE_COMPLETE] = "complete",
	};

	add_text(one, "last", p->last_ms ? names[p->last] : "none");
	if (p->last_ms) {
		add_number(one, "ago-ms", now_ms - p->last_ms);
		add_number(one, "took-us", p->took_us);
		add_number(one, "delay-us", p->delay_us);
		json_object_object_add(one, "overloaded",
				       json_object_new_boolean(p->last_late));
	}
}

static struct json_object *report_one(struct fttcpd_probe *p)
{
	struct json_object *one = json_object_new_object();
	int64_t now_ms = fttcpd_round_clock_us() / 1000;
	const struct fttcpd_probe_rules *r = &p->rules;

	fttcpd_probe_expire(&p->history, r, now_ms);
	add_text(one, "name", p->conf.name);
	add_text(one, "state", state_of(p));
	add_number(one, "score", fttcpd_probe_score(&p->history));
	add_last(one, p, now_ms);
	add_number(one, "restarts", p->history.restarts);
	add_number(one, "retry-count", r->retry_count);
	add_number(one, "retry-interval-ms", r->retry_interval_ms);
	add_text(one, "next", next_of(p));
	add_number(one, "rounds", p->rounds);
	add_number(one, "rounds-failed", p->failed);
	add_number(one, "restarts-all", p->restarts);
	add_number(one, "fail-overs", p->failovers);
	if (p->text[0])
		add_text(one, "text", p->text);
	return one;
}

/**
 * fttcpd_probe_report() - all probes
 * @d:		daemon
 *
 * Return: a list, the caller's.
 */
struct json_object *fttcpd_probe_report(struct fttcpd *d)
{
	struct json_object *list = json_object_new_array();
	struct fttcpd_probe *p;

	for (p = d->probes; p; p = p->next)
		json_object_array_add(list, report_one(p));
	return list;
}
