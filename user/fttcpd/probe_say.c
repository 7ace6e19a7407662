// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what a health probe says in the log: the three messages of a failure, what
 * follows from it, and that all is well again. A failure that lasts is said again
 * once a minute, what follows once.
 */
#include <string.h>

#include "log.h"
#include "probe.h"

/* What is known of this address and port, also when others were added. */
static struct fttcpd_probe_said *said_of(struct fttcpd_probe *p,
					 const struct fttcp_endpoint *at)
{
	unsigned int i, unused = 0;

	for (i = 0; i < FTTCP_PROBE_TARGETS_MAX; i++) {
		if (fttcp_endpoint_equal(&p->said[i].at, at))
			return &p->said[i];
		if (!p->said[i].failure)
			unused = i;
	}
	memset(&p->said[unused], 0, sizeof(p->said[unused]));
	p->said[unused].at = *at;
	return &p->said[unused];
}

static void say_failure(const struct fttcpd_probe *p, const char *text,
			bool complete, bool late)
{
	fttcpd_log(complete ? LOG_ERR : LOG_WARNING, "probe %s: %s%s",
		   p->conf.name, text, late ? " (the machine is overloaded)" :
		   "");
}

/**
 * fttcpd_probe_say_round() - a round found something
 * @p:		probe
 * @round:	the round
 */
void fttcpd_probe_say_round(struct fttcpd_probe *p,
			    const struct fttcpd_round *round)
{
	char buf[FTTCPD_PROBE_TEXT];
	unsigned int i;

	for (i = 0; i < round->targets; i++) {
		const struct fttcpd_probe_target *t = &round->target[i];
		struct fttcpd_probe_said *said = said_of(p, &t->at);

		if (!*fttcpd_round_text(round, i, buf)) {
			said->failure = FTTCPD_PROBE_FAIL_NONE;
			continue;
		}
		if (!p->text[0] || t->failure == FTTCPD_PROBE_FAIL_CONNECT)
			memcpy(p->text, buf, sizeof(buf));
		if (said->failure == t->failure &&
		    p->last_ms - said->ms < FTTCP_PROBE_SAY_MS)
			continue;
		said->failure = t->failure;
		said->ms = p->last_ms;
		say_failure(p, buf, t->failure == FTTCPD_PROBE_FAIL_CONNECT,
			    round->late);
	}
}

/**
 * fttcpd_probe_say_well() - a round found nothing
 * @p:		probe; knows what was found before
 */
void fttcpd_probe_say_well(struct fttcpd_probe *p)
{
	unsigned int i;

	if (p->text[0])
		log_notice("probe %s: the service works again", p->conf.name);
	for (i = 0; i < FTTCP_PROBE_TARGETS_MAX; i++)
		p->said[i].failure = FTTCPD_PROBE_FAIL_NONE;
	p->said_action = FTTCPD_PROBE_NOTHING;
}

/**
 * fttcpd_probe_say_action() - what follows
 * @p:		probe
 * @action:	what, not NOTHING
 * @why:	why nothing more, of STAY
 */
void fttcpd_probe_say_action(struct fttcpd_probe *p,
			     enum fttcpd_probe_action action, const char *why)
{
	const char *name = p->conf.name;

	if (action == p->said_action && action != FTTCPD_PROBE_RESTART)
		return;
	p->said_action = action;
	switch (action) {
	case FTTCPD_PROBE_RESTART:
		log_err("probe %s: restarting the service (%s), %u of %u times "
			"in %ums: %s", name, p->conf.restart,
			p->history.restarts, p->rules.retry_count,
			p->rules.retry_interval_ms, p->text);
		break;
	case FTTCPD_PROBE_FAILOVER:
		log_err("probe %s: failing over to the other node (restarts "
			"in vain: %u in %ums): %s", name, p->history.restarts,
			p->rules.retry_interval_ms, p->text);
		break;
	case FTTCPD_PROBE_STAY:
		log_err("probe %s: the service does not work, and nothing more "
			"is done now (restarts in vain: %u in %ums; no "
			"fail-over: %s); see to the service, \"fttcpctl probe "
			"show\" tells what comes next: %s", name, p->history.restarts,
			p->rules.retry_interval_ms, why, p->text);
		break;
	case FTTCPD_PROBE_LOADED:
		log_warn("probe %s: not failing over for what the load of this "
			 "machine explains; find out what it is busy with: %s",
			 name, p->text);
		break;
	default:
		break;
	}
}
