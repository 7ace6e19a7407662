// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the messenger's thread: its orders and its status, which are all that it
 * shares with the daemon's loop, and its turns. See messages.h.
 *
 * Whatever fails in the repository ends all connections and begins anew: both
 * clients and the other node say then how far they are, as after a crash, so
 * there is one way to recover and it is used often.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/fttcp.h>

#include "log.h"
#include "messages.h"
#include "thread.h"

/** fttcpd_messenger_wanted() - does the configuration ask for one? */
bool fttcpd_messenger_wanted(const struct fttcpd_conf *conf)
{
	return conf->clients.count || conf->client_socket[0];
}

/** fttcpd_messenger_point() - a test may end the process here */
void fttcpd_messenger_point(struct fttcpd_messenger *m, enum fttcpd_point p)
{
	if (m->hooks.point)
		m->hooks.point(m->hooks.arg, p);
}

/**
 * fttcpd_messenger_begin() - this turn will change the repository
 * @m:		messenger
 *
 * Return: false when it cannot.
 */
bool fttcpd_messenger_begin(struct fttcpd_messenger *m)
{
	int rc;

	if (!m->repo || m->broken)
		return false;
	rc = fttcp_repo_begin(m->repo);
	if (rc)
		fttcpd_messenger_broke(m, rc);
	return !rc;
}

/** fttcpd_messenger_broke() - this turn is void, and all that hangs on it */
void fttcpd_messenger_broke(struct fttcpd_messenger *m, int rc)
{
	if (!m->broken)
		m->broken = rc;
}

/** fttcpd_messenger_again() - do not wait before the next turn */
void fttcpd_messenger_again(struct fttcpd_messenger *m)
{
	if (ev_is_active(&m->again))
		return;
	ev_timer_set(&m->again, 0., 0.);
	ev_timer_start(m->loop, &m->again);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

/**
 * fttcpd_stream_next() - all clients, one by one
 * @m:		messenger
 * @s:		the one before, NULL for none
 *
 * Return: client, NULL at the end.
 */
struct fttcpd_stream *fttcpd_stream_next(struct fttcpd_messenger *m,
					 struct fttcpd_stream *s)
{
	for (s = s ? s + 1 : m->stream; s < m->stream + FTTCP_CLIENTS_MAX; s++)
		if (s->name[0])
			return s;
	return NULL;
}

/**
 * fttcpd_stream_find() - the client of a name
 * @m:		messenger
 * @name:	it
 * @make:	have one in any case
 *
 * Return: the client; NULL when there is none, or no room.
 */
struct fttcpd_stream *fttcpd_stream_find(struct fttcpd_messenger *m,
					 const char *name, bool make)
{
	struct fttcpd_stream *s, *unused = NULL;

	for (s = m->stream; s < m->stream + FTTCP_CLIENTS_MAX; s++) {
		if (!strcmp(s->name, name))
			return s;
		if (!s->name[0] && !unused)
			unused = s;
	}
	if (!make || !unused)
		return NULL;
	memset(unused, 0, sizeof(*unused));
	unused->fd = -1;
	snprintf(unused->name, sizeof(unused->name), "%s", name);
	return unused;
}

/* ------------------------------------------------------------- repository */

static int load_stream(const char *name, void *arg)
{
	struct fttcpd_messenger *m = arg;
	struct fttcpd_stream *s = fttcpd_stream_find(m, name, true);

	if (!s)
		return 0;
	s->send = true;
	s->deliver = true;
	return 0;
}

/* Reading all names first: each has a row, or will get one. */
static int load(struct fttcpd_messenger *m)
{
	const struct fttcpd_conf *conf = &m->now.conf;
	struct fttcpd_stream *s;
	unsigned int i;
	int rc;

	for (i = 0; i < conf->clients.count; i++)
		load_stream(conf->clients.name[i], m);
	rc = fttcp_repo_clients(m->repo, load_stream, m);
	for_each_stream(m, s) {
		if (rc)
			break;
		rc = fttcp_repo_client_get(m->repo, s->name, &s->row);
		if (rc == -ENOENT)
			rc = fttcp_repo_client_put(m->repo, &s->row);
	}
	return rc;
}

static void set_awaited(struct fttcpd_messenger *m)
{
	const struct fttcpd_conf *conf = &m->now.conf;
	struct fttcpd_stream *s;
	unsigned int i;

	for_each_stream(m, s)
		s->awaited = false;
	for (i = 0; i < conf->clients.count; i++) {
		s = fttcpd_stream_find(m, conf->clients.name[i], true);
		if (s)
			s->awaited = true;
		else
			log_err("no room for the client %s; more than %d have "
				"registered: purge \"%s\" of names that are "
				"not used", conf->clients.name[i],
				FTTCP_CLIENTS_MAX, conf->repo_file);
	}
}

static void close_repo(struct fttcpd_messenger *m)
{
	struct fttcpd_stream *s;

	fttcpd_clients_unlisten(m);
	fttcpd_twin_close(m);
	for_each_stream(m, s) {
		fttcpd_client_drop(m, s);
		s->name[0] = '\0';
	}
	fttcp_repo_close(m->repo);
	m->repo = NULL;
	m->broken = 0;
}

static struct fttcp_repo_limits limits_of(const struct fttcpd_conf *conf)
{
	struct fttcp_repo_limits limits = {
		.size_max = conf->repo_size_max,
		.count_max = conf->repo_count_max,
		.age_ms = conf->repo_age_ms,
		.error_age_ms = FTTCP_REPO_ERROR_AGE_MS_DEFAULT,
	};

	return limits;
}

/* Said once for a series of attempts; "client show" has it all the time. */
static void no_repo(struct fttcpd_messenger *m, int rc, const char *err)
{
	snprintf(m->trouble, sizeof(m->trouble), "%.240s", err);
	if (rc != m->said_repo)
		log_err("the repository of messages: %s; clients have to wait",
			err);
	m->said_repo = rc;
}

static void open_repo(struct fttcpd_messenger *m)
{
	struct fttcp_repo_limits limits = limits_of(&m->now.conf);
	char aside[PATH_MAX], err[FTTCP_REPO_ERROR];
	int rc;

	rc = fttcp_repo_open(&m->repo, m->now.conf.repo_file, FTTCP_REPO_OWNER,
			     &limits, aside, err);
	if (aside[0])
		log_err("the repository of messages %s was corrupted; it is "
			"now %s, and a new one was begun",
			m->now.conf.repo_file, aside);
	if (rc) {
		no_repo(m, rc, err);
		return;
	}
	m->said_repo = 0;
	m->trouble[0] = '\0';
	rc = load(m);
	if (rc) {
		fttcpd_messenger_broke(m, rc);
		return;
	}
	set_awaited(m);
	fttcpd_outgoing_recover(m);
	fttcpd_clients_listen(m);
	fttcpd_twin_open(m);
}

static void repair(struct fttcpd_messenger *m)
{
	const char *text = fttcp_repo_error(m->repo);
	int rc = m->broken;

	snprintf(m->trouble, sizeof(m->trouble), "the repository failed: %.160s",
		 *text ? text : strerror(-rc));
	if (rc != m->said_repo)
		log_err("%s; all connections of clients begin anew",
			m->trouble);
	m->said_repo = rc;
	close_repo(m);
}

/* ------------------------------------------------------------------ turns */

static uint64_t count(struct fttcpd_messenger *m, const char *name, char way,
		      uint32_t states)
{
	struct fttcp_repo_filter filter = {
		.client = name, .way = way, .states = states,
		.errors = FTTCP_REPO_GOOD,
	};
	int64_t n = m->repo ? fttcp_repo_count(m->repo, &filter) : 0;

	return n < 0 ? 0 : n;
}

#define HERE_ONLY	(1 << FTTCP_MSG_ACCEPTED | 1 << FTTCP_MSG_CHECKED | \
			 1 << FTTCP_MSG_ROUTED | 1 << FTTCP_MSG_PACKED | \
			 1 << FTTCP_MSG_SENT)
#define NOT_DONE	(1 << FTTCP_MSG_ARRIVED | 1 << FTTCP_MSG_WAITING | \
			 1 << FTTCP_MSG_DELIVERING | 1 << FTTCP_MSG_DELIVERED)

/* Ten thousand messages that wait are not counted each second. */
static void count_again(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	uint64_t stamp = m->repo ? fttcp_repo_stamp(m->repo) : 0;

	if (stamp && stamp == s->stamp)
		return;
	s->stamp = stamp;
	s->unstaged = count(m, s->name, 'o', HERE_ONLY);
	s->undelivered = count(m, s->name, 'i', NOT_DONE);
}

static void client_status(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			  struct fttcpd_client_status *c)
{
	memcpy(c->name, s->name, sizeof(c->name));
	snprintf(c->state, sizeof(c->state), "%s",
		 fttcpd_replica_name(s->replica));
	c->awaited = s->awaited;
	c->task = s->task;
	c->pid = s->fd >= 0 ? s->pid : 0;
	c->inc = s->row.inc;
	c->seq = s->row.seq;
	count_again(m, s);
	c->unstaged = s->unstaged;
	c->undelivered = s->undelivered;
}

static void missing(struct fttcpd_messenger *m, char *text, size_t size)
{
	struct fttcpd_stream *s;
	size_t len = 0;

	text[0] = '\0';
	for_each_stream(m, s)
		if (s->awaited && s->replica != FTTCPD_R_COMPLETE && len < size)
			len += snprintf(text + len, size - len, "%s%s",
					len ? ", " : "", s->name);
}

/* What was on a node that was stopped forced has to be said to the next one. */
static bool complete_there(const struct fttcpd_messenger *m)
{
	return m->complete && !fttcpd_twin_lost_backup(m);
}

static void publish(struct fttcpd_messenger *m)
{
	struct fttcpd_messages_status status = {
		.complete = complete_there(m),
		.resend = m->twin.resend,
		.peer = m->twin.ready,
		.peer_role = m->twin.role,
		.peer_epoch = m->twin.epoch,
		.peer_holding = m->twin.holding,
		.refused = m->twin.refusals.count,
	};
	struct fttcpd_stream *s;
	bool changed;

	missing(m, status.missing, sizeof(status.missing));
	memcpy(status.trouble, m->trouble, sizeof(status.trouble));
	for_each_stream(m, s)
		client_status(m, s, &status.client[status.clients++]);
	pthread_mutex_lock(&m->lock);
	changed = memcmp(&status, &m->status, sizeof(status));
	m->status = status;
	if (changed && !m->left && m->hooks.told)
		m->hooks.told(m->hooks.arg);
	pthread_mutex_unlock(&m->lock);
}

/* What may be decided upon is told at once, how much there is each second. */
static bool worth_telling(struct fttcpd_messenger *m)
{
	const struct fttcpd_messages_status *s = &m->status;

	return s->complete != complete_there(m) ||
	       s->resend.state != m->twin.resend.state || s->peer != m->twin.ready ||
	       s->peer_role != m->twin.role ||
	       s->peer_epoch != m->twin.epoch ||
	       s->peer_holding != m->twin.holding ||
	       strcmp(s->trouble, m->trouble);
}

static void flush_all(struct fttcpd_messenger *m)
{
	struct fttcpd_stream *s;

	for_each_stream(m, s)
		fttcpd_client_flush(m, s);
	fttcpd_twin_flush(m);
	fttcpd_messenger_point(m, FTTCPD_P_TOLD);
}

static void on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct fttcpd_messenger *m = w->data;
	struct fttcpd_stream *s;
	int rc = 0;

	(void)loop;
	(void)revents;
	if (!m->repo)
		return;
	for_each_stream(m, s) {
		fttcpd_outgoing_pump(m, s);
		fttcpd_incoming_pump(m, s);
	}
	fttcpd_completion_look(m);
	fttcpd_messenger_point(m, FTTCPD_P_COMMIT);
	if (!m->broken)
		rc = fttcp_repo_commit(m->repo);
	if (rc)
		fttcpd_messenger_broke(m, rc);
	if (m->broken) {
		repair(m);
	} else {
		fttcpd_messenger_point(m, FTTCPD_P_COMMITTED);
		flush_all(m);
	}
	if (worth_telling(m))
		publish(m);
}

/* ----------------------------------------------------------------- orders */

static void first_orders(struct fttcpd_messenger *m)
{
	m->begun = true;
	if (m->now.stopped)
		m->twin.resend.state = FTTCPD_RESEND_HERE;
	if (m->now.link_target >= 0)
		m->twin.resend.target = m->now.link_target;
	open_repo(m);
}

static bool twin_moved(const struct fttcpd_conf *a, const struct fttcpd_conf *b)
{
	struct fttcp_endpoint x, y;
	unsigned int i;

	for (i = 0; i <= FTTCP_BACKUPS_MORE; i++) {
		x = fttcpd_twin_endpoint(a, i);
		y = fttcpd_twin_endpoint(b, i);
		if (memcmp(&x, &y, sizeof(x)))
			return true;
	}
	return a->peer_id != b->peer_id || !a->listen.family != !b->listen.family ||
	       memcmp(&a->bind, &b->bind, sizeof(a->bind)) ||
	       strcmp(a->link_device, b->link_device);
}

static void new_round(struct fttcpd_messenger *m, const char *why)
{
	struct fttcpd_stream *s;

	for_each_stream(m, s)
		if (s->fd >= 0)
			fttcpd_client_round(m, s, why);
}

/* A new active's state is nowhere else: its clients begin anew. */
static void role_changed(struct fttcpd_messenger *m, uint32_t before)
{
	fttcpd_client_node(m);
	if (before != m->now.role && m->now.role == FTTCP_ROLE_ACTIVE)
		new_round(m, "this node is active now");
}

static void take_orders(struct fttcpd_messenger *m)
{
	struct fttcpd_orders *before = &m->before;
	struct fttcp_repo_limits limits;

	*before = m->now;
	pthread_mutex_lock(&m->lock);
	m->now = m->next;
	m->ordered = false;
	pthread_mutex_unlock(&m->lock);
	if (!m->begun) {
		first_orders(m);
		return;
	}
	if (!m->repo)
		return;
	limits = limits_of(&m->now.conf);
	fttcp_repo_limit(m->repo, &limits);
	set_awaited(m);
	/* what goes on without a key now, or is to have one, begins anew */
	if (twin_moved(&before->conf, &m->now.conf) ||
	    !before->auth.keys != !m->now.auth.keys) {
		fttcpd_twin_close(m);
		fttcpd_outgoing_recover(m);
		fttcpd_twin_open(m);
	}
	if (before->role != m->now.role || before->epoch != m->now.epoch ||
	    strcmp(before->state, m->now.state))
		role_changed(m, before->role);
	if (before->rounds != m->now.rounds)
		new_round(m, "the copy of the connections went wrong again "
			  "and again");
	if (before->role != m->now.role || before->epoch != m->now.epoch ||
	    before->holding != m->now.holding)
		fttcpd_twin_node(m);
	fttcpd_twin_orders(m);
}

static void on_wake(struct ev_loop *loop, ev_async *w, int revents)
{
	struct fttcpd_messenger *m = w->data;
	bool ordered, stop;

	(void)revents;
	pthread_mutex_lock(&m->lock);
	ordered = m->ordered;
	stop = m->stop;
	pthread_mutex_unlock(&m->lock);
	if (stop)
		ev_break(loop, EVBREAK_ALL);
	else if (ordered)
		take_orders(m);
}

/* Somebody may have sent messages again, or thrown them away. */
static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd_messenger *m = w->data;
	struct fttcpd_stream *s;

	(void)loop;
	(void)revents;
	fttcpd_retain_look(&m->retain);
	if (!m->repo && m->begun)
		open_repo(m);
	else if (m->repo && m->listen_fd < 0)
		fttcpd_clients_listen(m);
	if (m->repo && fttcp_repo_changed(m->repo))
		for_each_stream(m, s) {
			s->send = true;
			s->deliver = true;
		}
	publish(m);
}

static void on_retain(void *arg)
{
	struct fttcpd_messenger *m = arg;
	unsigned int errors;
	int rc;

	if (!m->repo || m->broken)
		return;
	rc = fttcp_repo_commit(m->repo);
	if (!rc)
		rc = fttcp_repo_retain(m->repo, &errors);
	if (rc < 0)
		fttcpd_messenger_broke(m, rc);
	else if (errors)
		log_notice("%u messages of the error store were thrown away, "
			   "for their age or number", errors);
}

static void start_watchers(struct fttcpd_messenger *m)
{
	ev_prepare_init(&m->turn, on_turn);
	m->turn.data = m;
	ev_prepare_start(m->loop, &m->turn);
	ev_init(&m->again, on_again);
	ev_timer_init(&m->look, on_look, FTTCP_MESSENGER_LOOK_MS / 1000.0,
		      FTTCP_MESSENGER_LOOK_MS / 1000.0);
	m->look.data = m;
	ev_timer_start(m->loop, &m->look);
	fttcpd_retain_init(&m->retain, m->loop, on_retain, m);
	fttcpd_clients_init(m);
	fttcpd_twin_init(m);
}

static void destroy(struct fttcpd_messenger *m)
{
	ev_loop_destroy(m->loop);
	pthread_cond_destroy(&m->change);
	pthread_mutex_destroy(&m->lock);
	fttcpd_auth_forget(&m->next.auth);
	fttcpd_auth_forget(&m->now.auth);
	fttcpd_auth_forget(&m->before.auth);
	free(m);
}

static void *run(void *arg)
{
	struct fttcpd_messenger *m = arg;
	bool left;

	start_watchers(m);
	ev_async_send(m->loop, &m->wake);
	ev_run(m->loop, 0);
	fttcpd_retain_exit(&m->retain);
	if (m->repo)
		close_repo(m);
	pthread_mutex_lock(&m->lock);
	left = m->left;
	m->ended = true;
	pthread_cond_broadcast(&m->change);
	pthread_mutex_unlock(&m->lock);
	if (left)
		destroy(m);
	return NULL;
}

/* -------------------------------------------------- the daemon's side of it */

/**
 * fttcpd_messenger_start() - have a thread for clients
 * @out:	messenger, or NULL
 * @orders:	the first
 * @hooks:	who is told
 *
 * What it needs, file and socket, it gets by itself, also later; its status
 * says what is missing.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_messenger_start(struct fttcpd_messenger **out,
			   const struct fttcpd_orders *orders,
			   const struct fttcpd_messenger_hooks *hooks)
{
	struct fttcpd_messenger *m = calloc(1, sizeof(*m));
	pthread_condattr_t attr;
	int rc;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->hooks = *hooks;
	m->next = *orders;
	m->ordered = true;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->change, &attr);
	pthread_condattr_destroy(&attr);
	m->loop = ev_loop_new(EVFLAG_AUTO);
	if (!m->loop) {
		free(m);
		return -ENOMEM;
	}
	ev_async_init(&m->wake, on_wake);
	m->wake.data = m;
	ev_async_start(m->loop, &m->wake);
	rc = fttcpd_thread_start(&m->thread, run, m);
	if (rc)
		destroy(m);
	else
		*out = m;
	return rc;
}

/**
 * fttcpd_messenger_order() - things have changed
 * @m:		messenger
 * @orders:	how they are now
 */
void fttcpd_messenger_order(struct fttcpd_messenger *m,
			    const struct fttcpd_orders *orders)
{
	pthread_mutex_lock(&m->lock);
	m->next = *orders;
	m->ordered = true;
	pthread_mutex_unlock(&m->lock);
	ev_async_send(m->loop, &m->wake);
}

/**
 * fttcpd_messenger_status() - what it said last
 * @m:		messenger
 * @status:	copy
 */
void fttcpd_messenger_status(struct fttcpd_messenger *m,
			     struct fttcpd_messages_status *status)
{
	pthread_mutex_lock(&m->lock);
	*status = m->status;
	pthread_mutex_unlock(&m->lock);
}

/**
 * fttcpd_messenger_stop() - end of the messenger
 * @m:		messenger, or NULL; nobody may use it any more
 * @wait_ms:	wait so long for its disk, then leave it behind
 */
void fttcpd_messenger_stop(struct fttcpd_messenger *m, uint32_t wait_ms)
{
	struct timespec end;

	if (!m)
		return;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += wait_ms / 1000;
	pthread_mutex_lock(&m->lock);
	m->stop = true;
	ev_async_send(m->loop, &m->wake);
	while (!m->ended)
		if (pthread_cond_timedwait(&m->change, &m->lock, &end))
			break;
	m->left = !m->ended;
	if (m->left) {
		pthread_detach(m->thread);
		pthread_mutex_unlock(&m->lock);
		return;
	}
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	destroy(m);
}
