// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the daemon's side of the messenger: what it is told of this node, and
 * what its news are to the role table.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/fttcp.h>

#include "daemon.h"
#include "log.h"

static bool is_active(enum fttcpd_state state)
{
	return state == FTTCPD_S_SOLO || state == FTTCPD_S_CLIENTS ||
	       state == FTTCPD_S_SYNCING || state == FTTCPD_S_PROTECTED ||
	       state == FTTCPD_S_SWITCHING;
}

static void fill_orders(struct fttcpd *d, struct fttcpd_orders *orders)
{
	struct fttcp_node node = { 0 };

	memset(orders, 0, sizeof(*orders));
	fttcp_node_get(d->nl, &node);
	orders->conf = d->conf;
	orders->auth = d->auth;
	orders->role = is_active(d->state) ? FTTCP_ROLE_ACTIVE :
					     FTTCP_ROLE_BACKUP;
	orders->epoch = node.epoch;
	orders->holding = d->state == FTTCPD_S_CLIENTS;
	orders->stopped = d->messages.stopped;
	orders->again = d->messages.again;
	orders->rounds = d->messages.rounds;
	orders->link_resend = d->resend.state;
	orders->link_target = d->conf.connect.family && d->link.up &&
			      !d->link.ended ? (int)d->resend.target : -1;
	snprintf(orders->state, sizeof(orders->state), "%s",
		 fttcpd_state_name(d->state));
}

/* It tells something at least once in FTTCP_MESSENGER_LOOK_MS. */
static void time_messenger(struct fttcpd *d)
{
	fttcpd_progress_begin(&d->progress, FTTCPD_WORK_MESSAGES,
			      fttcpd_monotonic_us(), FTTCP_MESSENGER_QUIET_MS);
}

static void told(void *arg)
{
	struct fttcpd *d = arg;

	ev_async_send(d->loop, &d->messages.news);
}

static void on_news(struct ev_loop *loop, ev_async *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	if (!d->messages.messenger)
		return;
	fttcpd_progress_end(&d->progress, FTTCPD_WORK_MESSAGES);
	time_messenger(d);
	fttcpd_messenger_status(d->messages.messenger, &d->messages.status);
	fttcpd_messages_check(d);
}

/* The other node has to be met over the link when both are active. */
static bool both_active(const struct fttcpd *d)
{
	const struct fttcpd_messages_status *s = &d->messages.status;

	return s->peer && s->peer_role == FTTCP_ROLE_ACTIVE;
}

/**
 * fttcpd_messages_check() - do clients, or the other node's words, matter now?
 * @d:		daemon
 */
void fttcpd_messages_check(struct fttcpd *d)
{
	const struct fttcpd_messages_status *s = &d->messages.status;
	bool missing = d->messages.messenger && d->conf.clients.count &&
		       !s->complete;

	switch (d->state) {
	case FTTCPD_S_SOLO:
		if (missing && !both_active(d)) {
			log_notice("the link waits for clients: %s",
				   s->missing[0] ? s->missing : "all");
			fttcpd_event(d, FTTCPD_E_CLIENTS_MISSING);
		}
		break;
	case FTTCPD_S_CLIENTS:
		if (!missing) {
			/* the sockets go where the clients' state is */
			d->resend.target = s->resend.target;
			fttcpd_event(d, FTTCPD_E_CLIENTS_COMPLETE);
		} else if (both_active(d)) {
			fttcpd_event(d, FTTCPD_E_PEER_ACTIVE);
		}
		break;
	case FTTCPD_S_STARTING:
	case FTTCPD_S_ORPHANED:
		if (both_active(d) && s->peer_holding)
			fttcpd_event(d, FTTCPD_E_PEER_HOLDS);
		break;
	case FTTCPD_S_WAITING:
		if (both_active(d) && s->peer_holding &&
		    ev_is_active(&d->timer))
			fttcpd_event(d, FTTCPD_E_PEER_HOLDS);
		break;
	default:
		break;
	}
}

/**
 * fttcpd_messages_order() - this node, or its configuration, has changed
 * @d:		daemon
 *
 * The first clients in a configuration bring the messenger up, and without any
 * it ends.
 */
void fttcpd_messages_order(struct fttcpd *d)
{
	const struct fttcpd_messenger_hooks hooks = { .told = told, .arg = d };
	static struct fttcpd_orders orders;
	struct fttcpd_messages *m = &d->messages;
	int rc;

	if (!fttcpd_messenger_wanted(&d->conf)) {
		fttcpd_messages_stop(d);
		return;
	}
	fill_orders(d, &orders);
	if (m->messenger) {
		fttcpd_messenger_order(m->messenger, &orders);
		fttcpd_auth_forget(&orders.auth);
		return;
	}
	rc = fttcpd_messenger_start(&m->messenger, &orders, &hooks);
	fttcpd_auth_forget(&orders.auth);
	if (rc)
		log_err("no thread for messages of clients: %s",
			strerror(-rc));
	else
		time_messenger(d);
}

/** fttcpd_messages_init() - before anything else here */
void fttcpd_messages_init(struct fttcpd *d)
{
	ev_async_init(&d->messages.news, on_news);
	d->messages.news.data = d;
	ev_async_start(d->loop, &d->messages.news);
}

/** fttcpd_messages_stop() - no clients any more */
void fttcpd_messages_stop(struct fttcpd *d)
{
	fttcpd_messenger_stop(d->messages.messenger, FTTCP_MESSENGER_STOP_MS);
	d->messages.messenger = NULL;
	fttcpd_progress_end(&d->progress, FTTCPD_WORK_MESSAGES);
	memset(&d->messages.status, 0, sizeof(d->messages.status));
}

/**
 * fttcpd_messages_move() - another socket for clients, another file?
 * @d:		daemon, with the configuration so far
 * @conf:	the one that comes
 *
 * The messenger ends then, and fttcpd_messages_order() begins another one.
 * Clients register again; what they were told stays true of the file that is
 * left, and only of that one.
 */
void fttcpd_messages_move(struct fttcpd *d, const struct fttcpd_conf *conf)
{
	const struct fttcpd_conf *now = &d->conf;

	if (strcmp(conf->client_socket, now->client_socket) ||
	    strcmp(conf->client_group, now->client_group) ||
	    strcmp(conf->repo_file, now->repo_file))
		fttcpd_messages_stop(d);
}

/**
 * fttcpd_messages_halt() - the link is stopped on this node, or started
 * @d:		daemon
 * @reason:	enum fttcp_down_reason for the other node, 0 to begin anew
 */
void fttcpd_messages_halt(struct fttcpd *d, uint32_t reason)
{
	d->messages.stopped = reason;
	d->messages.again += !reason;
	if (d->messages.messenger)
		fttcpd_messages_order(d);
}

/** fttcpd_messages_exit() - the daemon ends */
void fttcpd_messages_exit(struct fttcpd *d)
{
	fttcpd_messages_stop(d);
	ev_async_stop(d->loop, &d->messages.news);
}

/**
 * fttcpd_messages_trouble() - what an operator should know of them first
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_messages_trouble(const struct fttcpd *d)
{
	const struct fttcpd_messages_status *s = &d->messages.status;

	if (!s->trouble[0] && s->resend.state == FTTCPD_RESEND_GAVE_UP)
		return "messages: no node took over from the one that was "
		       "stopped; start one and say \"fttcpctl link start\"";
	return s->trouble;
}
