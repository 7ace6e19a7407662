// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns messages from the other node: taken once, given to the twin in their
 * order, and told to the other node how far they are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "messages.h"
#include "repo/convert.h"
#include "event-gen.h"

#define QUEUED	(1 << FTTCP_MSG_ARRIVED | 1 << FTTCP_MSG_WAITING)
#define GIVEN	(1 << FTTCP_MSG_DELIVERING | 1 << FTTCP_MSG_DELIVERED)

struct walk {
	struct fttcpd_messenger *m;
	struct fttcpd_stream *s;
	unsigned int count;
	int64_t low;
};

static int outcome(struct fttcpd_messenger *m, int rc)
{
	if (!rc || rc == -ESTALE || rc == -EPROTO)
		return 0;
	fttcpd_messenger_broke(m, rc);
	return rc;
}

/* ------------------------------------------------------ to the other node */

static void tell_at(struct fttcpd_messenger *m, const struct fttcp_msg *msg,
		    uint32_t state, uint32_t flags)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_AT, .pos = msg->pos, .state = state,
		.flags = flags,
	};

	/* what came from another repository is nothing to this one */
	if (!m->twin.ready || strcmp(msg->origin, m->twin.repo))
		return;
	memcpy(p.name, msg->client, sizeof(p.name));
	fttcpd_twin_tell(m, &p);
}

static int fail(struct fttcpd_messenger *m, struct fttcp_msg *msg,
		enum fttcp_msg_reason reason)
{
	int rc = fttcp_repo_fail(m->repo, msg, reason);

	if (rc)
		return outcome(m, rc);
	log_warn("message %lld for client %s is in the error store: %u, %s; "
		 "see \"fttcpctl msg show id %lld\"", (long long)msg->id,
		 msg->client, reason, fttcp_msg_reason_text(reason),
		 (long long)msg->id);
	tell_at(m, msg, FTTCP_MSG_FAILED, 0);
	return 0;
}

static int bad_row(struct fttcpd_messenger *m, const struct fttcp_msg *found)
{
	struct fttcp_msg msg = *found;

	fttcpd_evt_bad_message();
	return fail(m, &msg, FTTCP_MSG_R_CHAIN);
}

static int report_one(const struct fttcp_msg *msg, const void *body, bool bad,
		      void *arg)
{
	struct walk *walk = arg;

	(void)body;
	/* one that is just being given is only staged, for who sent it */
	if (bad || (!msg->reason && msg->state == FTTCP_MSG_DELIVERING))
		return 0;
	tell_at(walk->m, msg, msg->reason ? FTTCP_MSG_FAILED : msg->state, 0);
	return 0;
}

static int lowest(const struct fttcp_msg *msg, const void *body, bool bad,
		  void *arg)
{
	(void)body;
	(void)bad;
	*(struct fttcp_msg *)arg = *msg;
	return 1;
}

static int report_client(const char *name, uint64_t pos, uint64_t lost,
			 void *arg)
{
	struct walk *walk = arg;
	struct fttcpd_messenger *m = walk->m;
	struct fttcp_repo_filter filter = {
		.client = name, .way = 'i', .origin = m->twin.repo,
		.states = QUEUED | GIVEN, .by_place = true, .limit = 1,
	};
	struct fttcp_msg low = { .pos = pos + 1 };
	struct fttcp_packet p = { .type = FTTCP_P_LOST, .inc = lost };
	int rc;

	snprintf(p.name, sizeof(p.name), "%s", name);
	if (lost)
		fttcpd_twin_tell(m, &p);
	rc = fttcp_repo_each(m->repo, &filter, lowest, &low);
	if (rc < 0)
		return rc;
	/* all before the first that is not done is done */
	snprintf(low.client, sizeof(low.client), "%s", name);
	snprintf(low.origin, sizeof(low.origin), "%s", m->twin.repo);
	filter.pos_min = low.pos--;
	tell_at(m, &low, FTTCP_MSG_ACKNOWLEDGED, FTTCP_PF_UP_TO);
	filter.limit = 0;
	filter.states = GIVEN | 1 << FTTCP_MSG_ACKNOWLEDGED;
	rc = fttcp_repo_each(m->repo, &filter, report_one, walk);
	filter.pos_min = 0;
	filter.states = 0;
	filter.errors = FTTCP_REPO_BAD;
	return rc ? rc : fttcp_repo_each(m->repo, &filter, report_one, walk);
}

/**
 * fttcpd_incoming_report() - how far all is that the other node has sent
 * @m:		messenger with a new connection
 *
 * What was said on an earlier one may not have arrived.
 */
void fttcpd_incoming_report(struct fttcpd_messenger *m)
{
	struct walk walk = { .m = m };
	int rc;

	rc = fttcp_repo_cursors(m->repo, m->twin.repo, report_client, &walk);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
}

/* ----------------------------------------------------- from the other node */

static void from_packet(const struct fttcpd_messenger *m,
			const struct fttcp_packet *p, struct fttcp_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	memcpy(msg->client, p->name, sizeof(msg->client));
	memcpy(msg->origin, m->twin.repo, sizeof(msg->origin));
	msg->task = p->task;
	msg->pos = p->pos;
	msg->prev = p->prev;
	msg->origin_id = p->id;
	msg->inc = p->inc;
	msg->seq = p->seq;
	msg->epoch = p->epoch;
	msg->accepted_us = p->time_us;
	msg->kind = p->kind;
	msg->encoding = p->encoding;
	msg->flags = (p->flags & FTTCP_PF_RAW ? FTTCP_MSG_F_RAW : 0) |
		     (p->flags & FTTCP_PF_AGAIN ? FTTCP_MSG_F_AGAIN : 0);
	msg->size = p->size;
}

/**
 * fttcpd_incoming_put() - take a message
 * @m:		messenger
 * @p:		FTTCP_P_PUT
 *
 * Return: 0; -ENOSPC when there is no room for it now, -EILSEQ when one before
 * it is missing.
 */
int fttcpd_incoming_put(struct fttcpd_messenger *m,
			const struct fttcp_packet *p)
{
	struct fttcpd_stream *s;
	struct fttcp_msg msg;
	int rc;

	if (!fttcpd_messenger_begin(m))
		return 0;
	from_packet(m, p, &msg);
	rc = fttcp_repo_arrive(m->repo, &msg, p->body);
	if (rc == -ENOSPC || rc == -EILSEQ)
		return rc;
	if (rc && rc != -EALREADY) {
		fttcpd_messenger_broke(m, rc);
		return 0;
	}
	fttcpd_messenger_point(m, FTTCPD_P_ARRIVED);
	tell_at(m, &msg, FTTCP_MSG_STAGED, FTTCP_PF_UP_TO);
	if (rc)
		return 0;
	if (p->node && p->node != m->now.conf.id)
		return fail(m, &msg, FTTCP_MSG_R_NOT_HERE);
	s = fttcpd_stream_find(m, msg.client, false);
	if (s)
		s->deliver = true;
	return 0;
}

/* --------------------------------------------------------------- the twin */

static int written_one(const struct fttcp_msg *found, const void *body,
		       bool bad, void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;

	(void)body;
	if (bad)
		return bad_row(walk->m, &msg);
	if (msg.id > walk->s->written_id)
		return 1;
	if (outcome(walk->m, fttcp_repo_move(walk->m->repo, &msg,
					     FTTCP_MSG_E_WRITTEN)))
		return -EIO;
	tell_at(walk->m, &msg, FTTCP_MSG_DELIVERED, 0);
	return 0;
}

/* Return: a negative errno, or 0 and what its twin can read in @p. */
static int to_twin(const struct fttcpd_stream *s, const struct fttcp_msg *msg,
		   const void *body, struct fttcp_packet *p, uint8_t *room)
{
	int n;

	p->body = body;
	p->size = msg->size;
	p->encoding = msg->encoding;
	if (msg->flags & FTTCP_MSG_F_RAW || !msg->encoding || !s->encoding ||
	    msg->encoding == s->encoding)
		return 0;
	n = fttcp_convert(msg->encoding, s->encoding, body, msg->size, room,
			  FTTCP_MSG_MAX);
	if (n < 0)
		return n;
	p->body = room;
	p->size = n;
	p->encoding = s->encoding;
	return 0;
}

static uint32_t flags_of(const struct fttcpd_messenger *m,
			 const struct fttcp_msg *msg)
{
	return (msg->flags & FTTCP_MSG_F_RAW ? FTTCP_PF_RAW : 0) |
	       (msg->flags & FTTCP_MSG_F_AGAIN ? FTTCP_PF_AGAIN : 0) |
	       (msg->epoch < m->now.epoch ? FTTCP_PF_LATE : 0);
}

static int queue_one(const struct fttcp_msg *found, const void *body, bool bad,
		     void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;

	(void)body;
	walk->count++;
	if (bad)
		return bad_row(walk->m, &msg);
	return outcome(walk->m, fttcp_repo_move(walk->m->repo, &msg,
						FTTCP_MSG_E_QUEUE));
}

/* Noted before it is done: after a crash it is known that it may have been. */
static int give_one(const struct fttcp_msg *found, const void *body, bool bad,
		    void *arg)
{
	static __thread uint8_t room[FTTCP_MSG_MAX];
	struct walk *walk = arg;
	struct fttcpd_messenger *m = walk->m;
	struct fttcpd_stream *s = walk->s;
	struct fttcp_msg msg = *found;
	struct fttcp_packet p = {
		.type = FTTCP_P_DELIVER, .id = msg.id, .inc = msg.inc,
		.seq = msg.seq, .epoch = msg.epoch, .kind = msg.kind,
	};
	int rc;

	if (s->given == FTTCP_DELIVER_WINDOW ||
	    s->box.bytes > FTTCP_OUTBOX_FILL ||
	    (walk->low && msg.id > walk->low))
		return 1;
	walk->count++;
	if (bad)
		return bad_row(m, &msg);
	if (msg.tries == FTTCP_DELIVER_TRIES)
		return fail(m, &msg, FTTCP_MSG_R_RETRIES);
	if (to_twin(s, &msg, body, &p, room))
		return fail(m, &msg, FTTCP_MSG_R_CONVERT_OUT);
	msg.tries++;
	rc = fttcp_repo_move(m->repo, &msg, FTTCP_MSG_E_WRITE);
	if (rc)
		return outcome(m, rc);
	memcpy(p.repo, msg.origin, sizeof(p.repo));
	p.flags = flags_of(m, &msg);
	s->given++;
	s->given_id = msg.id;
	fttcpd_client_tell(m, s, &p);
	return s->fd < 0;
}

static int first_id(const struct fttcp_msg *msg, const void *body, bool bad,
		    void *arg)
{
	(void)body;
	(void)bad;
	*(int64_t *)arg = msg->id;
	return 1;
}

static int64_t edge(struct fttcpd_messenger *m, const char *name,
		    uint32_t states, bool newest)
{
	struct fttcp_repo_filter filter = {
		.client = name, .way = 'i', .states = states,
		.errors = FTTCP_REPO_GOOD, .newest = newest, .limit = 1,
	};
	int64_t id = 0;
	int rc;

	rc = fttcp_repo_each(m->repo, &filter, first_id, &id);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
	return id;
}

/* Behind all that came before this node became what it is. */
static void tell_node(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_NODE, .role = m->now.role,
		.epoch = m->now.epoch,
		.flags = m->twin.ready ? FTTCP_PF_PEER : 0,
	};
	int64_t first;

	first = edge(m, s->name, QUEUED, false);
	if (first && first <= s->tell_after)
		return;
	s->tell_node = false;
	snprintf(p.text, sizeof(p.text), "%s", m->now.state);
	fttcpd_client_tell(m, s, &p);
}

/*
 * What has arrived is looked at whether its twin is here or not, so that all
 * that waits has one state, and the next of very many is found at once. What
 * was not looked at is not overtaken.
 */
static void give_some(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'i',
		.states = 1 << FTTCP_MSG_ARRIVED, .errors = FTTCP_REPO_GOOD,
		.limit = FTTCP_TURN,
	};
	struct walk walk = { .m = m, .s = s };
	bool more;
	int rc;

	rc = fttcp_repo_each(m->repo, &filter, queue_one, &walk);
	more = walk.count == FTTCP_TURN;
	if (rc >= 0 && s->fd >= 0) {
		if (more)
			walk.low = edge(m, s->name, 1 << FTTCP_MSG_ARRIVED,
					false);
		walk.count = 0;
		filter.states = 1 << FTTCP_MSG_WAITING;
		filter.bytes = true;
		rc = fttcp_repo_each(m->repo, &filter, give_one, &walk);
		more |= walk.count == FTTCP_TURN;
	}
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
	s->deliver = more;
	if (more)
		fttcpd_messenger_again(m);
}

/* What is written is told, and counts as delivered. */
static void note_written(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'i',
		.states = 1 << FTTCP_MSG_DELIVERING,
		.errors = FTTCP_REPO_GOOD,
	};
	struct walk walk = { .m = m, .s = s };
	int rc;

	rc = fttcp_repo_each(m->repo, &filter, written_one, &walk);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
}

/**
 * fttcpd_incoming_pump() - give a twin what there is for it
 * @m:		messenger
 * @s:		client
 */
void fttcpd_incoming_pump(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	if (!s->deliver || !fttcpd_messenger_begin(m))
		return;
	if (s->tell_node && s->tell_after == INT64_MAX)
		s->tell_after = edge(m, s->name, QUEUED, true);
	if (s->fd >= 0)
		note_written(m, s);
	give_some(m, s);
	if (s->tell_node && s->fd >= 0)
		tell_node(m, s);
}

static int done_one(const struct fttcp_msg *found, const void *body, bool bad,
		    void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;
	int rc;

	(void)body;
	if (msg.id > walk->low)
		return 1;
	if (bad)
		return bad_row(walk->m, &msg);
	rc = fttcp_repo_move(walk->m->repo, &msg, FTTCP_MSG_E_DONE);
	if (!rc)
		rc = fttcp_repo_done(walk->m->repo, &msg);
	if (rc)
		return outcome(walk->m, rc);
	if (walk->s->given)
		walk->s->given--;
	tell_at(walk->m, &msg, FTTCP_MSG_ACKNOWLEDGED, 0);
	return 0;
}

/**
 * fttcpd_incoming_done() - a twin is done
 * @m:		messenger
 * @s:		client
 * @id:		with all that it was given up to this one
 */
void fttcpd_incoming_done(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			  int64_t id)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'i', .states = GIVEN,
		.errors = FTTCP_REPO_GOOD,
	};
	struct walk walk = { .m = m, .s = s, .low = id };
	int rc;

	if (!fttcpd_messenger_begin(m))
		return;
	rc = fttcp_repo_each(m->repo, &filter, done_one, &walk);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
	fttcpd_messenger_point(m, FTTCPD_P_DONE);
	s->deliver = true;
}

static int again_one(const struct fttcp_msg *found, const void *body, bool bad,
		     void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;

	(void)body;
	if (bad)
		return bad_row(walk->m, &msg);
	msg.flags |= FTTCP_MSG_F_AGAIN;
	return outcome(walk->m, fttcp_repo_move(walk->m->repo, &msg,
						FTTCP_MSG_E_AGAIN));
}

/**
 * fttcpd_incoming_again() - what the last one was given is given to this one
 * @m:		messenger
 * @s:		client
 */
void fttcpd_incoming_again(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'i', .states = GIVEN,
		.errors = FTTCP_REPO_GOOD,
	};
	struct walk walk = { .m = m, .s = s };
	int rc;

	rc = fttcp_repo_each(m->repo, &filter, again_one, &walk);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
}
