// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the questions to the witness: when which one is asked, and which answers count.
 *
 * What this node says follows from what it is, again with each datagram, so that a lost
 * one matters little and a witness that was away learns how it stands:
 *
 *  - it wants to go on (the role table has asked), or is active without a backup
 *    already: it asks for the lease, and says which of the two it is;
 *  - it is active and its backup has everything, or it holds since: the lease is
 *    nobody's, either node may go on. It may be that the kernel has not noticed yet that
 *    the link is lost, and the backup has asked already: so only a lease from before the
 *    copy, or its own, is given back so;
 *  - it has the lease and is neither: it gives it back.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "daemon.h"
#include "event.h"
#include "log.h"

/* Datagrams read in one go: somebody may send many, and others wait. */
#define TURN		16

/** fttcpd_witness_wanted() - is one configured? */
bool fttcpd_witness_wanted(const struct fttcpd_conf *conf)
{
	return conf->witness_server.family;
}

static bool answers(const struct fttcpd *d)
{
	return d->witness.fd >= 0 &&
	       fttcpd_beat_lives(&d->witness.hearing, fttcpd_now_ms(),
				 FTTCP_WITNESS_SILENT_MS);
}

static bool is_active_alone(const struct fttcpd *d,
			    const struct fttcp_node *node)
{
	return (d->state == FTTCPD_S_SOLO || d->state == FTTCPD_S_CLIENTS ||
		d->state == FTTCPD_S_SYNCING) &&
	       node->role == FTTCP_ROLE_ACTIVE &&
	       (node->state == FTTCP_STATE_SOLO ||
		node->state == FTTCP_STATE_SYNCING);
}

/* What it would go on with may be old, unless it is active already. */
static bool has_connections(const struct fttcp_node *node)
{
	return node->state == FTTCP_STATE_HOLDING ||
	       fttcp_has(node, FTTCP_A_NODE_ALONE_MS);
}

static uint8_t question(struct fttcpd *d, const struct fttcp_node *node)
{
	struct fttcpd_witness *w = &d->witness;

	if (w->claim)
		return FTTCPD_ASK_CLAIM;
	if (w->asking)
		return has_connections(node) ? FTTCPD_ASK_GO_ON_WITH :
					       FTTCPD_ASK_GO_ON;
	if (is_active_alone(d, node)) {
		w->unused = 0;
		return FTTCPD_ASK_ALONE;
	}
	if (node->state == FTTCP_STATE_PROTECTED)
		return w->answer.owner == d->conf.id ||
		       w->answer.lease == w->shared ? FTTCPD_ASK_SHARED :
						      FTTCPD_ASK_LOOK;
	if (w->answer.owner != d->conf.id || d->state == FTTCPD_S_PROMOTING ||
	    d->state == FTTCPD_S_FENCING || d->fence.pid)
		return FTTCPD_ASK_LOOK;
	/* it was protected, or would not hold, and is silent since */
	if (node->state == FTTCP_STATE_HOLDING)
		return FTTCPD_ASK_SHARED;
	if (node->role == FTTCP_ROLE_ACTIVE || d->state == FTTCPD_S_STARTING)
		return FTTCPD_ASK_LOOK;
	return w->unused == w->answer.lease ? FTTCPD_ASK_UNUSED :
					      FTTCPD_ASK_GONE;
}

static void send_question(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;
	struct fttcpd_ask ask = { .node = d->conf.id,
				  .lease = w->answer.lease };
	uint8_t bytes[FTTCPD_ASK_LEN];
	struct fttcp_node node = { 0 };

	if (w->fd < 0 || fttcp_node_get(d->nl, &node))
		return;
	ask.what = question(d, &node);
	fttcpd_beat_number(&w->hearing, &ask.beat);
	fttcpd_ask_pack(&ask, bytes);
	if (fttcpd_auth_sign(&w->auth, FTTCPD_ASK_LABEL, bytes, FTTCPD_ASK_BODY,
			     bytes + FTTCPD_ASK_BODY))
		return;
	w->sent_ms[ask.beat.counter % FTTCPD_WITNESS_RING] = fttcpd_now_ms();
	if (send(w->fd, bytes, sizeof(bytes), MSG_DONTWAIT) == sizeof(bytes))
		w->sent++;
}

/* ------------------------------------------------------------- what it means */

static void finish(struct fttcpd *d, const char *refused_why)
{
	struct fttcpd_witness *w = &d->witness;
	enum fttcpd_asking asking = w->asking;

	w->asking = FTTCPD_ASKING_NOTHING;
	if (!refused_why) {
		if (w->unused != w->answer.lease)
			fttcpd_evt_lease_granted(w->answer.lease);
		w->unused = w->answer.lease;
	} else if (w->refused_why != refused_why) {
		/* said once, not once for each attempt */
		fttcpd_evt_lease_refused(refused_why);
	}
	w->refused_why = refused_why;
	if (asking == FTTCPD_ASKING_LOOK)
		fttcpd_look_answer(d, !refused_why);
	else
		fttcpd_permit_answer(d, refused_why);
}

static const char *reason(uint8_t what)
{
	switch (what) {
	case FTTCPD_ASK_HELD:
		return "the witness has let the other node go on";
	case FTTCPD_ASK_STALE:
		return "the other node has gone on since they saw each other, "
		       "so the connections that this one has are old";
	default:
		return "the witness cannot keep what it grants, and grants "
		       "nothing";
	}
}

/* Whether @w->answer is to a question of now, and was not on its way for too long. */
static bool counts(const struct fttcpd_witness *w)
{
	uint64_t of = w->answer.beat.echo_counter;

	return of >= w->mark && w->hearing.counter - of < FTTCPD_WITNESS_RING &&
	       fttcpd_now_ms() - w->sent_ms[of % FTTCPD_WITNESS_RING] <=
	       FTTCP_WITNESS_ANSWER_MS;
}

/* Does the other node have the lease although this one goes on? */
static void look_for_two(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;
	struct fttcp_node node = { 0 };
	bool two;

	two = w->answer.what == FTTCPD_ASK_HELD && !w->asking &&
	      !fttcp_node_get(d->nl, &node) && is_active_alone(d, &node);
	if (two && !w->two)
		fttcpd_evt_two_go_on(w->answer.lease, w->answer.owner);
	w->two = two;
}

static void understand(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;
	uint8_t what = w->answer.what;

	if (w->claim && counts(w) && w->answer.owner == d->conf.id)
		w->claim = false;
	look_for_two(d);
	if (!w->asking || !counts(w) || what == FTTCPD_ASK_STATUS)
		return;
	finish(d, what == FTTCPD_ASK_GRANTED ? NULL : reason(what));
}

/* ------------------------------------------------------------- datagrams */

static void refuse(struct fttcpd *d, const char *what)
{
	char who[FTTCP_ADDR_STRLEN];

	d->witness.refused++;
	fttcpd_evt_security_viol(fttcp_endpoint_format(&d->conf.witness_server,
						       who), what,
				 "the witness's address");
}

static void hear(struct fttcpd *d, const uint8_t *bytes, size_t len)
{
	struct fttcpd_witness *w = &d->witness;
	bool met = w->hearing.met;
	struct fttcpd_ask ask;

	if (fttcpd_ask_unpack(&ask, bytes, len)) {
		w->malformed++;
		return;
	}
	if (!fttcpd_auth_verify(&w->auth, FTTCPD_ASK_LABEL, bytes,
				FTTCPD_ASK_BODY, bytes + FTTCPD_ASK_BODY)) {
		refuse(d, "an answer with a wrong key");
		return;
	}
	if (ask.what < FTTCPD_ASK_STATUS || ask.node != d->conf.id) {
		refuse(d, "an answer that is not for this node");
		return;
	}
	switch (fttcpd_beat_hear(&w->hearing, &ask.beat, fttcpd_now_ms(),
				 FTTCP_WITNESS_SILENT_MS)) {
	case FTTCPD_HEARD_LIVE:
		w->heard++;
		w->answer = ask;
		understand(d);
		break;
	case FTTCPD_HEARD_REPLAYED:
		refuse(d, "an answer again that was heard before");
		return;
	default:
		w->late++;
		break;
	}
	/* who has just met needs not wait for the next turn; once only */
	if (!met && w->hearing.counter < 4)
		send_question(d);
}

static void say(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;
	char buf[FTTCP_ADDR_STRLEN];
	bool up = answers(d);

	fttcp_endpoint_format(&d->conf.witness_server, buf);
	if (up && !w->up)
		fttcpd_evt_witness_up(buf);
	else if (!up && !w->down &&
		 (w->up || fttcpd_now_ms() - w->opened_ms >
			   FTTCP_WITNESS_SILENT_MS))
		fttcpd_evt_witness_down(buf, FTTCP_WITNESS_SILENT_MS);
	else
		return;
	w->up = up;
	w->down = !up;
}

static void receive(struct fttcpd *d)
{
	uint8_t bytes[FTTCPD_ASK_LEN + 1];
	ssize_t n;
	int i;

	for (i = 0; i < TURN && d->witness.fd >= 0; i++) {
		n = recv(d->witness.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		/* an error is that of a question: nobody listens there */
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n >= 0)
			hear(d, bytes, n);
	}
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	receive(w->data);
	say(w->data);
}

/* A connected socket: only what comes from there is heard. */
static int open_socket(const struct fttcpd_conf *conf)
{
	struct sockaddr_storage ss;
	socklen_t len = fttcp_endpoint_sockaddr(&conf->witness_server, &ss);
	int fd, rc;

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&ss, len))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* A route may come later: it is tried with each datagram. */
static void try_open(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;
	char buf[FTTCP_ADDR_STRLEN];
	int fd;

	if (w->fd >= 0)
		return;
	fd = open_socket(&d->conf);
	if (fd < 0) {
		if (w->error != fd)
			log_err("%s: [witness] server: cannot reach %s: %s; "
				"give this machine a route to it (tried again)",
				d->conf_path,
				fttcp_endpoint_format(&d->conf.witness_server,
						      buf), strerror(-fd));
		w->error = fd;
		return;
	}
	w->error = 0;
	w->fd = fd;
	ev_io_set(&w->io, fd, EV_READ);
	ev_io_start(d->loop, &w->io);
}

/* What has arrived is heard first, should the loop have been late. */
static void on_timer(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct fttcpd *d = t->data;
	struct fttcpd_witness *w = &d->witness;

	(void)loop;
	(void)revents;
	try_open(d);
	receive(d);
	if (w->asking && fttcpd_now_ms() - w->asked_ms > FTTCP_WITNESS_SILENT_MS)
		finish(d, "the witness does not answer");
	send_question(d);
	say(d);
}

/* ------------------------------------------------------------- for others */

/** fttcpd_witness_init() - before anything else here */
void fttcpd_witness_init(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;

	w->fd = -1;
	ev_init(&w->io, on_readable);
	ev_init(&w->timer, on_timer);
	w->io.data = d;
	w->timer.data = d;
}

/** fttcpd_witness_exit() - the daemon ends */
void fttcpd_witness_exit(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;

	ev_timer_stop(d->loop, &w->timer);
	if (w->fd >= 0) {
		ev_io_stop(d->loop, &w->io);
		close(w->fd);
		w->fd = -1;
	}
	fttcpd_auth_forget(&w->auth);
}

/**
 * fttcpd_witness_load() - read the key
 * @d:		daemon, with the privileges that the file needs
 *
 * Return: 0 or a negative errno; why was logged.
 */
int fttcpd_witness_load(struct fttcpd *d)
{
	char err[FTTCPD_AUTH_ERROR];
	int rc;

	if (!fttcpd_witness_wanted(&d->conf))
		return 0;
	rc = fttcpd_auth_read(d->conf.witness_key, &d->witness.auth, err);
	if (rc)
		log_err("%s: [witness] key-file: %s", d->conf_path, err);
	return rc;
}

/**
 * fttcpd_witness_open() - begin to ask
 * @d:		daemon
 *
 * Does nothing where none is configured.
 */
void fttcpd_witness_open(struct fttcpd *d)
{
	struct fttcpd_witness *w = &d->witness;

	if (!fttcpd_witness_wanted(&d->conf))
		return;
	while (!w->hearing.nonce)
		if (fttcpd_auth_nonce(&w->hearing.nonce,
				      sizeof(w->hearing.nonce)))
			w->hearing.nonce = fttcpd_monotonic_us();
	w->opened_ms = fttcpd_now_ms();
	try_open(d);
	w->timer.repeat = FTTCP_WITNESS_INTERVAL_MS / 1000.;
	ev_timer_again(d->loop, &w->timer);
	send_question(d);
}

/** fttcpd_witness_changed() - the state of this node has: it may have more to say */
void fttcpd_witness_changed(struct fttcpd *d)
{
	if (d->state != FTTCPD_S_STARTING && d->state != FTTCPD_S_FENCING &&
	    d->state != FTTCPD_S_SOLO && d->state != FTTCPD_S_CLIENTS)
		d->witness.refused_why = NULL;
	if (d->state == FTTCPD_S_SYNCING)
		d->witness.shared = d->witness.answer.lease;
	if (d->state == FTTCPD_S_WAITING)
		d->witness.claim = false;
	send_question(d);
}

/**
 * fttcpd_witness_ask() - may this node go on?
 * @d:		daemon
 * @what:	for what it wants to
 *
 * The answer comes later: to fttcpd_permit_answer() or fttcpd_look_answer().
 */
void fttcpd_witness_ask(struct fttcpd *d, enum fttcpd_asking what)
{
	struct fttcpd_witness *w = &d->witness;

	if (w->asking == what)
		return;
	w->asking = what;
	w->asked_ms = fttcpd_now_ms();
	w->mark = w->hearing.counter + 1;
	send_question(d);
}

/**
 * fttcpd_witness_stop() - this node does not want to go on any more
 * @d:		daemon
 * @what:	for what it wanted to
 */
void fttcpd_witness_stop(struct fttcpd *d, enum fttcpd_asking what)
{
	if (d->witness.asking == what)
		d->witness.asking = FTTCPD_ASKING_NOTHING;
}

/** fttcpd_witness_claim() - an operator has decided that this node goes on */
void fttcpd_witness_claim(struct fttcpd *d)
{
	if (!fttcpd_witness_wanted(&d->conf))
		return;
	d->witness.claim = true;
	d->witness.asking = FTTCPD_ASKING_NOTHING;
	d->witness.unused = 0;
	d->witness.mark = d->witness.hearing.counter + 1;
}

/** fttcpd_witness_refuses() - it was the witness that did not let this node go on */
bool fttcpd_witness_refuses(const struct fttcpd *d)
{
	return d->witness.refused_why;
}

/**
 * fttcpd_witness_trouble() - what an operator should know of it
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_witness_trouble(const struct fttcpd *d)
{
	if (!fttcpd_witness_wanted(&d->conf))
		return "";
	if (d->witness.two)
		return "the witness has given its lease to the other node: both "
		       "may be active; look at \"fttcpctl node show\" there";
	if (!answers(d))
		return "the witness does not answer: this node does not go on "
		       "without the other one; \"fttcpctl daemon\" counts what "
		       "arrives";
	return d->witness.refused_why ?
	       "the witness does not let this node go on without the other one; "
	       "fttcpd's log says why. If that one is certainly off: \"fttcpctl "
	       "promote force\"" : "";
}

static void add_number(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_int64(n));
}

/**
 * fttcpd_witness_report() - the witness, for "fttcpctl daemon"
 * @d:		daemon
 *
 * Return: an object, NULL where none is configured.
 */
struct json_object *fttcpd_witness_report(const struct fttcpd *d)
{
	const struct fttcpd_witness *w = &d->witness;
	const struct { const char *name; uint64_t n; } numbers[] = {
		{ "sent", w->sent }, { "heard", w->heard }, { "late", w->late },
		{ "malformed", w->malformed }, { "refused", w->refused },
	};
	char buf[FTTCP_ADDR_STRLEN];
	struct json_object *o;
	bool up = answers(d);
	size_t i;

	if (!fttcpd_witness_wanted(&d->conf))
		return NULL;
	o = json_object_new_object();
	fttcp_endpoint_format(&d->conf.witness_server, buf);
	json_object_object_add(o, "server", json_object_new_string(buf));
	json_object_object_add(o, "state",
			       json_object_new_string(up ? "up" : "down"));
	if (up) {
		add_number(o, "lease", w->answer.lease);
		add_number(o, "owner", w->answer.owner);
		add_number(o, "gone-on", w->answer.last);
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_number(o, numbers[i].name, numbers[i].n);
	return o;
}
