// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the question whether the clients have replicated their own state, so
 * that the sockets may follow.
 */
#include "log.h"
#include "messages.h"
#include "event-gen.h"

/**
 * fttcpd_replica_event() - something happened to a client
 * @m:		messenger
 * @s:		client
 * @event:	what
 */
void fttcpd_replica_event(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			  enum fttcpd_replica_event event)
{
	int next = fttcpd_replica_next(s->replica, event);

	(void)m;
	if (next < 0 || next == (int)s->replica)
		return;
	log_info("client %s: %s -> %s (%s)", s->name,
		 fttcpd_replica_name(s->replica), fttcpd_replica_name(next),
		 fttcpd_replica_event_name(event));
	s->replica = next;
	if (next == FTTCPD_R_COMPLETE)
		m->completer = s->task;
}

#define NOT_PACKED	(1 << FTTCP_MSG_ACCEPTED | 1 << FTTCP_MSG_CHECKED | \
			 1 << FTTCP_MSG_ROUTED)
#define NOT_THERE	(1 << FTTCP_MSG_PACKED | 1 << FTTCP_MSG_SENT)

static int stop_at_first(const struct fttcp_msg *msg, const void *body,
			 bool bad, void *arg)
{
	(void)body;
	(void)bad;
	*(int64_t *)arg = msg->id;
	return 1;
}

/* Return: the first that the filter lets through, 0 for none. */
static int64_t first(struct fttcpd_messenger *m,
		     const struct fttcp_repo_filter *filter)
{
	int64_t id = 0;
	int rc;

	rc = fttcp_repo_each(m->repo, filter, stop_at_first, &id);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
	return rc < 0 ? 1 : id;
}

/*
 * What it says after "complete" is not part of it, but for what has got a place
 * before all of it had one.
 */
static bool has_all(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'o', .states = NOT_PACKED,
		.errors = FTTCP_REPO_GOOD, .limit = 1,
	};
	int64_t id;

	if (!s->complete_pos) {
		id = first(m, &filter);
		if (id && id <= s->complete_id)
			return false;
		s->complete_pos = s->row.pos;
	}
	if (!m->twin.ready)
		return false;
	filter.states = NOT_THERE;
	filter.by_place = true;
	filter.pos_min = s->staged + 1;
	filter.pos_max = s->complete_pos;
	return s->staged >= s->complete_pos || !first(m, &filter);
}

/**
 * fttcpd_completion_look() - is it so?
 * @m:		messenger
 *
 * Once a turn. Without a client that is awaited there is nothing to wait for.
 */
void fttcpd_completion_look(struct fttcpd_messenger *m)
{
	bool complete = true, any = false;
	struct fttcpd_stream *s;

	for_each_stream(m, s) {
		if (s->replica == FTTCPD_R_COMPLETING && has_all(m, s))
			fttcpd_replica_event(m, s, FTTCPD_R_E_STAGED);
		if (!s->awaited)
			continue;
		any = true;
		complete = complete && s->replica == FTTCPD_R_COMPLETE;
	}
	if (complete && any && !m->complete)
		fttcpd_evt_client_complete(m->completer);
	m->complete = complete;
}
