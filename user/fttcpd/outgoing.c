// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns messages on their way to the other node: checked, routed, packed, sent,
 * and what the other node says of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/fttcp.h>

#include "addr.h"
#include "log.h"
#include "messages.h"
#include "repo/convert.h"
#include "event-gen.h"

#define NOT_PACKED	(1 << FTTCP_MSG_ACCEPTED | 1 << FTTCP_MSG_CHECKED | \
			 1 << FTTCP_MSG_ROUTED)
#define ROUTED		(1 << FTTCP_MSG_ROUTED | 1 << FTTCP_MSG_PACKED | \
			 1 << FTTCP_MSG_SENT)
#define THERE		(1 << FTTCP_MSG_STAGED | 1 << FTTCP_MSG_DELIVERED)
#define UNDER_WAY	(1 << FTTCP_MSG_PACKED | 1 << FTTCP_MSG_SENT | \
			 1 << FTTCP_MSG_STAGED | 1 << FTTCP_MSG_DELIVERED)

/* One walk over messages of a client. */
struct walk {
	struct fttcpd_messenger *m;
	struct fttcpd_stream *s;
	uint32_t state;
	unsigned int count;
	struct fttcp_msg last;
};

/*
 * Return: 0 to go on. A row that somebody else has changed is looked at again
 * in the next turn; one that cannot move was moved by who had the right to.
 */
static int outcome(struct fttcpd_messenger *m, int rc)
{
	if (!rc || rc == -ESTALE || rc == -EPROTO)
		return 0;
	fttcpd_messenger_broke(m, rc);
	return rc;
}

static int take_last(const struct fttcp_msg *msg, const void *body, bool bad,
		     void *arg)
{
	(void)body;
	(void)bad;
	*(int64_t *)arg = msg->id;
	return 0;
}

/**
 * fttcpd_outgoing_last() - the last message of a client
 * @m:		messenger
 * @s:		client
 *
 * Return: its id, 0 for none.
 */
int64_t fttcpd_outgoing_last(struct fttcpd_messenger *m,
			     const struct fttcpd_stream *s)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'o', .newest = true, .limit = 1,
	};
	int64_t id = 0;

	fttcp_repo_each(m->repo, &filter, take_last, &id);
	return id;
}

/* ---------------------------------------------------------- telling clients */

static void tell_failed(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			const struct fttcp_msg *msg)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_FAILED, .inc = msg->inc, .seq = msg->seq,
		.error = msg->reason,
	};

	snprintf(p.text, sizeof(p.text), "%s",
		 fttcp_msg_reason_text(msg->reason));
	log_warn("message %lld of client %s is in the error store: %u, %s; see "
		 "\"fttcpctl msg show id %lld\"", (long long)msg->id,
		 msg->client, msg->reason, p.text, (long long)msg->id);
	if (s)
		fttcpd_client_tell(m, s, &p);
}

static int fail(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		struct fttcp_msg *msg, enum fttcp_msg_reason reason)
{
	int rc = fttcp_repo_fail(m->repo, msg, reason);

	if (!rc)
		tell_failed(m, s, msg);
	return outcome(m, rc);
}

static void tell_kept(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		      const struct fttcp_msg *msg, uint32_t state)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_KEPT, .inc = msg->inc, .seq = msg->seq,
		.state = state,
	};

	if (msg->id)
		fttcpd_client_tell(m, s, &p);
}

/* ------------------------------------------------------------------ routing */

/**
 * fttcpd_outgoing_dest() - where messages go
 * @conf:	configuration
 * @target:	which of its addresses (resend.h)
 * @dest:	node, address and port
 *
 * Return: whether there is such a place.
 */
bool fttcpd_outgoing_dest(const struct fttcpd_conf *conf, unsigned int target,
			  char dest[FTTCP_MSG_DEST])
{
	struct fttcp_endpoint ep = fttcpd_twin_endpoint(conf, target);
	char buf[FTTCP_ADDR_STRLEN];

	snprintf(dest, FTTCP_MSG_DEST, "%u@%.80s", conf->peer_id,
		 fttcp_endpoint_format(&ep, buf));
	return ep.family;
}

/* Whichever of the backups it was routed to, as long as it is still one. */
static bool is_agreed(const struct fttcpd_conf *conf, const char *routed)
{
	char dest[FTTCP_MSG_DEST];
	unsigned int i;

	for (i = 0; i <= conf->connect_also.count; i++) {
		fttcpd_outgoing_dest(conf, i, dest);
		if (!strcmp(routed, dest))
			return true;
	}
	return false;
}

static int recover_one(const struct fttcp_msg *found, const void *body,
		       bool bad, void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;

	(void)body;
	/* one that is bad the pump finds, too */
	if (bad || is_agreed(&walk->m->now.conf, msg.dest))
		return 0;
	return fail(walk->m, fttcpd_stream_find(walk->m, msg.client, false),
		    &msg, FTTCP_MSG_R_MOVED);
}

/**
 * fttcpd_outgoing_recover() - does the configuration agree with what was routed?
 * @m:		messenger, with orders that it has not acted by yet
 *
 * A destination is fixed when a message is routed. One that does not answer
 * keeps its messages, one that was moved loses them to the error store. That
 * another backup took over moves nothing: it is the configuration that does.
 */
void fttcpd_outgoing_recover(struct fttcpd_messenger *m)
{
	struct fttcp_repo_filter filter = {
		.way = 'o', .states = ROUTED, .errors = FTTCP_REPO_GOOD,
	};
	struct walk walk = { .m = m };
	int rc;

	if (!fttcpd_messenger_begin(m))
		return;
	rc = fttcp_repo_each(m->repo, &filter, recover_one, &walk);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
}

/* ------------------------------------------------------- checked to packed */

/*
 * What goes over the link is the later wire version. Whether it can be said is
 * found out here, where the client can still be told.
 */
static enum fttcp_msg_reason check(const struct fttcp_msg *msg,
				   const void *body)
{
	static __thread uint8_t wire[FTTCP_MSG_MAX];
	int n;

	if (msg->flags & FTTCP_MSG_F_RAW)
		return FTTCP_MSG_R_NONE;
	if (msg->encoding >= FTTCP_ENCODINGS)
		return FTTCP_MSG_R_CHECK;
	n = fttcp_convert(msg->encoding, msg->encoding ? FTTCP_ENC_TLV16 :
			  FTTCP_ENC_OPAQUE, body, msg->size, wire,
			  sizeof(wire));
	return n < 0 ? FTTCP_MSG_R_CONVERT_IN : FTTCP_MSG_R_NONE;
}

/* A place is given once; it is on the disk before it is on the wire. */
static int pack(struct walk *walk, struct fttcp_msg *msg)
{
	struct fttcpd_stream *s = walk->s;
	int rc;

	msg->pos = s->row.pos + 1;
	rc = fttcp_repo_move(walk->m->repo, msg, FTTCP_MSG_E_PACK);
	if (rc)
		return outcome(walk->m, rc);
	s->row.pos = msg->pos;
	rc = fttcp_repo_client_put(walk->m->repo, &s->row);
	if (rc)
		return outcome(walk->m, rc);
	fttcpd_messenger_point(walk->m, FTTCPD_P_PACKED);
	return 0;
}

static int route(struct walk *walk, struct fttcp_msg *msg)
{
	if (!fttcpd_outgoing_dest(&walk->m->now.conf,
				  fttcpd_twin_target(walk->m), msg->dest))
		return -EPROTO;
	return fttcp_repo_move(walk->m->repo, msg, FTTCP_MSG_E_ROUTE);
}

static int prepare_one(const struct fttcp_msg *found, const void *body,
		       bool bad, void *arg)
{
	enum fttcp_msg_reason reason;
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;
	int rc = 0;

	walk->count++;
	if (bad) {
		fttcpd_evt_bad_message();
		return fail(walk->m, walk->s, &msg, FTTCP_MSG_R_CHAIN);
	}
	reason = check(&msg, body);
	if (reason)
		return fail(walk->m, walk->s, &msg, reason);
	if (msg.state == FTTCP_MSG_ACCEPTED)
		rc = fttcp_repo_move(walk->m->repo, &msg, FTTCP_MSG_E_CHECK);
	if (!rc && msg.state == FTTCP_MSG_CHECKED)
		rc = route(walk, &msg);
	if (rc)
		return outcome(walk->m, rc);
	return pack(walk, &msg);
}

/* -------------------------------------------------------------- to the link */

static uint32_t to_wire(const struct fttcp_msg *msg, const void *body,
			struct fttcp_packet *p, uint8_t *room)
{
	int n;

	p->encoding = msg->encoding;
	p->body = body;
	p->size = msg->size;
	p->flags = (msg->flags & FTTCP_MSG_F_RAW ? FTTCP_PF_RAW : 0) |
		   (msg->flags & FTTCP_MSG_F_AGAIN ? FTTCP_PF_AGAIN : 0);
	if (msg->flags & FTTCP_MSG_F_RAW || !msg->encoding)
		return FTTCP_MSG_R_NONE;
	n = fttcp_convert(msg->encoding, FTTCP_ENC_TLV16, body, msg->size, room,
			  FTTCP_MSG_MAX);
	if (n < 0)
		return FTTCP_MSG_R_CONVERT_IN;
	p->encoding = FTTCP_ENC_TLV16;
	p->body = room;
	p->size = n;
	return FTTCP_MSG_R_NONE;
}

/* Of several backups none is named: it is for the one that was met. */
static uint32_t node_of(const struct fttcpd_messenger *m)
{
	return m->now.conf.peer_id ? m->now.conf.peer_id : m->twin.node;
}

static int put_one(const struct fttcp_msg *found, const void *body, bool bad,
		   void *arg)
{
	static __thread uint8_t room[FTTCP_MSG_MAX];
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;
	struct fttcp_packet p = {
		.type = FTTCP_P_PUT, .task = msg.task, .pos = msg.pos,
		.prev = walk->s->sent, .id = msg.id, .inc = msg.inc,
		.seq = msg.seq, .epoch = msg.epoch,
		.time_us = msg.accepted_us, .node = node_of(walk->m),
		.kind = msg.kind,
	};
	uint32_t reason;
	int rc;

	walk->count++;
	memcpy(p.name, msg.client, sizeof(p.name));
	if (bad) {
		fttcpd_evt_bad_message();
		return fail(walk->m, walk->s, &msg, FTTCP_MSG_R_CHAIN);
	}
	reason = to_wire(&msg, body, &p, room);
	if (reason)
		return fail(walk->m, walk->s, &msg, reason);
	rc = fttcp_repo_move(walk->m->repo, &msg, FTTCP_MSG_E_SEND);
	if (rc)
		return outcome(walk->m, rc);
	walk->s->sent = msg.pos;
	fttcpd_twin_tell(walk->m, &p);
	return 0;
}

/* Return: whether there may be more. */
static bool walk_some(struct walk *walk, struct fttcp_repo_filter *filter,
		      fttcp_repo_cb *cb)
{
	int rc;

	walk->count = 0;
	rc = fttcp_repo_each(walk->m->repo, filter, cb, walk);
	if (rc < 0)
		fttcpd_messenger_broke(walk->m, rc);
	return walk->count == filter->limit;
}

/**
 * fttcpd_outgoing_pump() - move on what can go on
 * @m:		messenger
 * @s:		client
 */
void fttcpd_outgoing_pump(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'o', .states = NOT_PACKED,
		.errors = FTTCP_REPO_GOOD, .limit = FTTCP_TURN, .bytes = true,
	};
	struct walk walk = { .m = m, .s = s };
	bool more;

	if (!s->send || !fttcpd_messenger_begin(m))
		return;
	more = walk_some(&walk, &filter, prepare_one);
	if (m->twin.ready && !m->broken) {
		/* while its reader has no room: again when it has */
		if (m->twin.box.bytes > FTTCP_OUTBOX_FILL)
			return;
		filter.states = 1 << FTTCP_MSG_PACKED;
		filter.by_place = true;
		filter.pos_min = s->sent + 1;
		more |= walk_some(&walk, &filter, put_one);
	}
	s->send = more;
	if (more)
		fttcpd_messenger_again(m);
}

/* ----------------------------------------------- what the other node says */

static enum fttcp_msg_event event_of(uint32_t state)
{
	switch (state) {
	case FTTCP_MSG_STAGED:
		return FTTCP_MSG_E_STAGE;
	case FTTCP_MSG_DELIVERED:
		return FTTCP_MSG_E_WRITTEN;
	case FTTCP_MSG_ACKNOWLEDGED:
		return FTTCP_MSG_E_DONE;
	default:
		return FTTCP_MSG_E_REMOTE_FAIL;
	}
}

static int at_one(const struct fttcp_msg *found, const void *body, bool bad,
		  void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;

	(void)body;
	if (bad) {
		fttcpd_evt_bad_message();
		return fail(walk->m, walk->s, &msg, FTTCP_MSG_R_CHAIN);
	}
	if (outcome(walk->m, fttcp_repo_move(walk->m->repo, &msg,
					     event_of(walk->state))))
		return -EIO;
	if (msg.inc == walk->s->row.inc && msg.seq > walk->last.seq)
		walk->last = msg;
	return 0;
}

static void at(struct fttcpd_messenger *m, struct fttcpd_stream *s,
	       uint64_t from, uint64_t to, uint32_t state)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'o', .states = UNDER_WAY,
		.errors = FTTCP_REPO_GOOD, .pos_min = from, .pos_max = to,
	};
	struct walk walk = { .m = m, .s = s, .state = state };
	int rc;

	/* one that had failed there was sent again by an operator */
	if (from == to)
		filter.states |= 1 << FTTCP_MSG_FAILED;
	if (!to || !fttcpd_messenger_begin(m))
		return;
	rc = fttcp_repo_each(m->repo, &filter, at_one, &walk);
	if (rc < 0) {
		fttcpd_messenger_broke(m, rc);
		return;
	}
	fttcpd_messenger_point(m, FTTCPD_P_STAGED);
	if (state != FTTCP_MSG_FAILED)
		tell_kept(m, s, &walk.last, state);
}

/**
 * fttcpd_outgoing_at() - the other node says how far messages are
 * @m:		messenger
 * @p:		FTTCP_P_AT
 */
void fttcpd_outgoing_at(struct fttcpd_messenger *m,
			const struct fttcp_packet *p)
{
	struct fttcpd_stream *s = fttcpd_stream_find(m, p->name, false);

	if (!s || (p->state != FTTCP_MSG_STAGED &&
		   p->state != FTTCP_MSG_DELIVERED &&
		   p->state != FTTCP_MSG_ACKNOWLEDGED &&
		   p->state != FTTCP_MSG_FAILED)) {
		fttcpd_evt_unwanted_message(p->type, 0, m->now.state);
		return;
	}
	if (!(p->flags & FTTCP_PF_UP_TO)) {
		at(m, s, p->pos, p->pos, p->state);
		return;
	}
	at(m, s, p->state == FTTCP_MSG_STAGED ? s->staged + 1 : 0, p->pos,
	   p->state);
	if (p->state == FTTCP_MSG_STAGED && p->pos > s->staged)
		s->staged = p->pos;
}

static int back_one(const struct fttcp_msg *found, const void *body, bool bad,
		    void *arg)
{
	struct walk *walk = arg;
	struct fttcp_msg msg = *found;

	(void)body;
	if (bad)
		return 0;
	/* what another repository had, its twin may have had */
	if (walk->state)
		msg.flags |= FTTCP_MSG_F_AGAIN;
	return outcome(walk->m, fttcp_repo_move(walk->m->repo, &msg,
						FTTCP_MSG_E_UNSENT));
}

/* What the other node has not got goes back in front of the link. */
static void back(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		 uint32_t states, uint64_t from, bool again)
{
	struct fttcp_repo_filter filter = {
		.client = s->name, .way = 'o', .states = states,
		.errors = FTTCP_REPO_GOOD, .pos_min = from,
	};
	struct walk walk = { .m = m, .s = s, .state = again };
	int rc;

	rc = fttcp_repo_each(m->repo, &filter, back_one, &walk);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
}

/**
 * fttcpd_outgoing_cursor() - so far the other node has a client's messages
 * @m:		messenger
 * @s:		client
 * @pos:	largest place it has
 */
void fttcpd_outgoing_cursor(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			    uint64_t pos)
{
	s->sent = pos;
	/*
	 * An older state of this repository has come back, from a copy: places
	 * that the other node has seen must not be given again.
	 */
	if (pos > s->row.pos) {
		log_err("the other node has more of client %s than this one "
			"ever sent; was \"%s\" restored from a copy? What was "
			"accepted since that copy is lost", s->name,
			m->now.conf.repo_file);
		s->row.pos = pos;
		if (fttcpd_messenger_begin(m))
			fttcp_repo_client_put(m->repo, &s->row);
	}
	at(m, s, 0, pos, FTTCP_MSG_STAGED);
	s->staged = pos;
}

/* Its twin has nothing of its state; a client that is not here will be told. */
static void begin_anew(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	s->lost_inc = s->row.inc;
	if (s->fd >= 0 && m->now.role == FTTCP_ROLE_ACTIVE)
		fttcpd_client_round(m, s, "the other node is another one, or "
				    "has lost its repository");
}

/*
 * A client that is away goes on where it was when it comes back, though this twin
 * has nothing of that. So the repository that its state is in stays on record, over
 * a restart too, until it was told (fttcpd_client_round()).
 */
static bool knows(const struct fttcpd_messenger *m,
		  const struct fttcpd_stream *s)
{
	return s->fd >= 0 || m->now.role != FTTCP_ROLE_ACTIVE ||
	       !s->row.peer[0];
}

/**
 * fttcpd_outgoing_begin() - the other node has said all that it has
 * @m:		messenger
 *
 * Where its repository is another one than before, what was staged there and
 * not acknowledged is gone with it, or is on the node that was met before this one.
 * How far that got with it is not known here: it is sent again, and marked.
 */
void fttcpd_outgoing_begin(struct fttcpd_messenger *m)
{
	struct fttcpd_stream *s;

	if (!fttcpd_messenger_begin(m))
		return;
	for_each_stream(m, s) {
		if (s->row.peer[0] && strcmp(s->row.peer, m->twin.repo)) {
			log_notice("the other node is another one, or has "
				   "another repository; messages of client %s "
				   "that were not acknowledged are sent again",
				   s->name);
			back(m, s, THERE | 1 << FTTCP_MSG_SENT, s->sent + 1,
			     true);
			begin_anew(m, s);
		}
		back(m, s, 1 << FTTCP_MSG_SENT, s->sent + 1, false);
		s->send = true;
		if (!knows(m, s))
			continue;
		memcpy(s->row.peer, m->twin.repo, sizeof(s->row.peer));
		fttcp_repo_client_put(m->repo, &s->row);
	}
}
