// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the health probes: when a round is made, what is done about what it finds.
 *
 * Only an active node probes, since the services answer at the service addresses. A
 * round waits, so it has a thread of its own, which knows nothing but its struct
 * fttcpd_round and ends with ev_async_send(); all else happens in the loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "log.h"
#include "probe.h"
#include "thread.h"

static int64_t now_ms(void)
{
	return fttcpd_round_clock_us() / 1000;
}

/* Does this node have the services now, and is nothing about to change that? */
static bool is_active(const struct fttcpd *d)
{
	return d->state == FTTCPD_S_SOLO || d->state == FTTCPD_S_SYNCING ||
	       d->state == FTTCPD_S_PROTECTED;
}

static void next_round(struct fttcpd_probe *p, uint32_t ms)
{
	struct ev_loop *loop = p->d->loop;

	ev_timer_stop(loop, &p->timer);
	if (p->gone || !p->d->probing || p->round ||
	    fttcpd_restart_busy(&p->restart))
		return;
	ev_timer_set(&p->timer, ms / 1000., 0.);
	ev_now_update(loop);
	ev_timer_start(loop, &p->timer);
}

static void unlink_from(struct fttcpd_probe **at, struct fttcpd_probe *p)
{
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
}

/* Return: true when it has been freed. */
static bool bury(struct fttcpd_probe *p)
{
	if (!p->gone || p->round || fttcpd_restart_busy(&p->restart))
		return false;
	unlink_from(&p->d->old_probes, p);
	ev_timer_stop(p->d->loop, &p->timer);
	ev_async_stop(p->d->loop, &p->done);
	free(p);
	return true;
}

/* --- what follows ---------------------------------------------------------- */

static void restart_ended(void *arg, const char *error)
{
	struct fttcpd_probe *p = arg;

	if (error)
		log_err("probe %s: the restart failed: %s", p->conf.name, error);
	else
		log_notice("probe %s: restarted", p->conf.name);
	if (bury(p))
		return;
	fttcpd_probe_started(&p->history, &p->rules, now_ms());
	next_round(p, p->conf.interval_ms);
}

static void restart(struct fttcpd_probe *p)
{
	int rc;

	fttcpd_probe_restarted(&p->history, now_ms());
	p->restarts++;
	fttcpd_probe_say_action(p, FTTCPD_PROBE_RESTART, "");
	rc = fttcpd_restart_begin(&p->restart, p->d->loop, &p->conf, p->text,
				  restart_ended, p);
	if (rc)
		log_err("probe %s: \"%s\" cannot be run: %s", p->conf.name,
			p->conf.restart, strerror(-rc));
}

/*
 * The orderly way: connections and addresses go over whole. Without a backup that is
 * ready they would be lost, and the service is none the better for it.
 */
static void fail_over(struct fttcpd_probe *p)
{
	struct fttcpd *d = p->d;

	if (d->conf.external) {
		fttcpd_probe_say_action(p, FTTCPD_PROBE_STAY, "the role is "
					"decided elsewhere (manager = external)");
		return;
	}
	if (d->state != FTTCPD_S_PROTECTED || fttcpd_takeover_busy(d)) {
		fttcpd_probe_say_action(p, FTTCPD_PROBE_STAY,
					fttcpd_fsm_refusal(d->state,
							   FTTCPD_E_OP_SWITCHOVER));
		return;
	}
	fttcpd_probe_failed_over(&p->history, now_ms());
	p->failovers++;
	fttcpd_probe_say_action(p, FTTCPD_PROBE_FAILOVER, "");
	d->probe_asks = true;
	fttcpd_event(d, FTTCPD_E_OP_SWITCHOVER);
	d->probe_asks = false;
}

static void act(struct fttcpd_probe *p)
{
	enum fttcpd_probe_action action;

	action = fttcpd_probe_action(&p->history, &p->rules);
	switch (action) {
	case FTTCPD_PROBE_RESTART:
		return restart(p);
	case FTTCPD_PROBE_FAILOVER:
		return fail_over(p);
	case FTTCPD_PROBE_STAY:
		return fttcpd_probe_say_action(p, action, p->rules.failover ?
			"it was failed over a short time ago" :
			"failover = no");
	case FTTCPD_PROBE_LOADED:
		return fttcpd_probe_say_action(p, action, "");
	default:
		break;
	}
}

/* --- rounds ---------------------------------------------------------------- */

static void judge(struct fttcpd_probe *p, struct fttcpd_round *round)
{
	p->rounds++;
	p->last_ms = now_ms();
	round->late = fttcpd_probe_excuse(&p->history, &p->rules, p->last_ms,
					  round->late, round->slow &&
					  round->result != FTTCPD_PROBE_OK);
	p->last = round->result;
	p->last_late = round->late;
	p->took_us = round->took_us;
	p->delay_us = round->delay_us;
	if (round->result == FTTCPD_PROBE_OK) {
		fttcpd_probe_say_well(p);
		p->text[0] = '\0';
	} else {
		p->failed++;
		fttcpd_probe_say_round(p, round);
	}
	if (fttcpd_probe_add(&p->history, &p->rules, p->last_ms, round->result,
			     round->late))
		act(p);
}

static void on_done(struct ev_loop *loop, ev_async *w, int revents)
{
	struct fttcpd_probe *p = w->data;
	struct fttcpd_round *round = p->round;

	(void)loop;
	(void)revents;
	if (!round)
		return;
	pthread_join(p->thread, NULL);
	p->round = NULL;
	/* what was cut short, or is no longer this node's business, says nothing */
	if (!round->cancel && !p->gone && p->d->probing)
		judge(p, round);
	free(round);
	if (!bury(p))
		next_round(p, p->conf.interval_ms);
}

static void *make_round(void *arg)
{
	struct fttcpd_probe *p = arg;

	fttcpd_round_run(p->round);
	ev_async_send(p->d->loop, &p->done);
	return NULL;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd_probe *p = w->data;
	int rc = -ENOMEM;

	(void)loop;
	(void)revents;
	p->round = calloc(1, sizeof(*p->round));
	if (p->round) {
		fttcpd_round_setup(p->round, &p->d->conf, &p->conf);
		rc = fttcpd_thread_start(&p->thread, make_round, p);
	}
	if (!rc)
		return;
	/* the machine's trouble, not the service's */
	log_warn("probe %s: no round could be made: %s; trying again",
		 p->conf.name, strerror(-rc));
	free(p->round);
	p->round = NULL;
	next_round(p, p->conf.interval_ms);
}

static void cancel(struct fttcpd_probe *p)
{
	ev_timer_stop(p->d->loop, &p->timer);
	if (p->round)
		p->round->cancel = true;
}

/* --- which, and when --------------------------------------------------------- */

static void begin(struct fttcpd_probe *p)
{
	fttcpd_probe_expire(&p->history, &p->rules, now_ms());
	fttcpd_probe_started(&p->history, &p->rules, now_ms());
	p->said_action = FTTCPD_PROBE_NOTHING;
	next_round(p, p->conf.interval_ms);
}

/**
 * fttcpd_probe_follow() - the node's state has changed
 * @d:		daemon
 *
 * During a switchover nothing is probed; if it fails, what was known still holds.
 */
void fttcpd_probe_follow(struct fttcpd *d)
{
	bool active = is_active(d), paused = d->state == FTTCPD_S_SWITCHING;
	bool was = d->probe_active;
	struct fttcpd_probe *p;

	d->probe_active = active || paused;
	if (active == d->probing)
		return;
	d->probing = active;
	for (p = d->probes; p; p = p->next) {
		if (!active)
			cancel(p);
		else if (!was)
			begin(p);
		else
			next_round(p, p->conf.interval_ms);
	}
}

static struct fttcpd_probe *find(const struct fttcpd *d, const char *name)
{
	struct fttcpd_probe *p;

	for (p = d->probes; p; p = p->next)
		if (!strcmp(p->conf.name, name))
			return p;
	return NULL;
}

static struct fttcpd_probe *make(struct fttcpd *d)
{
	struct fttcpd_probe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->d = d;
	ev_init(&p->timer, on_timer);
	ev_async_init(&p->done, on_done);
	p->timer.data = p;
	p->done.data = p;
	ev_async_start(d->loop, &p->done);
	return p;
}

static void configure(struct fttcpd_probe *p,
		      const struct fttcpd_probe_conf *conf)
{
	p->conf = *conf;
	p->rules.retry_interval_ms = conf->retry_interval_ms;
	p->rules.retry_count = conf->retry_count;
	p->rules.wait_ms = conf->restart_wait_ms;
	p->rules.failover = conf->failover;
}

static void drop_all(struct fttcpd *d)
{
	while (d->probes) {
		struct fttcpd_probe *p = d->probes;

		d->probes = p->next;
		p->next = d->old_probes;
		d->old_probes = p;
		p->gone = true;
		cancel(p);
		bury(p);
	}
}

/**
 * fttcpd_probe_reload() - the configuration has changed
 * @d:		daemon, with what is in force from now on
 *
 * Those that are in it by the same name keep what is known of their service.
 */
void fttcpd_probe_reload(struct fttcpd *d)
{
	struct fttcpd_probe *list = NULL, **end = &list, *p;
	unsigned int i;

	for (i = 0; i < d->conf.probes; i++) {
		const struct fttcpd_probe_conf *conf = &d->conf.probe[i];
		bool old;

		p = find(d, conf->name);
		old = p;
		if (old)
			unlink_from(&d->probes, p);
		else
			p = make(d);
		if (!p) {
			log_err("probe %s: out of memory; reload again",
				conf->name);
			continue;
		}
		configure(p, conf);
		p->next = NULL;
		*end = p;
		end = &p->next;
		if (d->probing && !old)
			begin(p);
		else if (ev_is_active(&p->timer))
			next_round(p, conf->interval_ms);
	}
	drop_all(d);
	d->probes = list;
}

/** fttcpd_probe_exit() - the loop has ended */
void fttcpd_probe_exit(struct fttcpd *d)
{
	struct fttcpd_probe *p;

	d->probing = false;
	drop_all(d);
	while (d->old_probes) {
		p = d->old_probes;
		if (p->round)
			pthread_join(p->thread, NULL);
		free(p->round);
		p->round = NULL;
		fttcpd_restart_leave(&p->restart);
		bury(p);
	}
}
