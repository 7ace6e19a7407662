// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the connections of the link between TCP's handshake and the proof that the
 * other end has the key (greet.h): of who listens several at a time, so that one
 * that says nothing is in nobody's way. Who is refused is told, and counted.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "callers.h"
#include "daemon.h"
#include "event.h"

/**
 * fttcpd_link_key() - the key that a configuration names
 * @conf:	configuration
 * @auth:	gets it; nothing when there is none, or none is asked for
 * @err:	why it cannot be used, with a remedy
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_link_key(const struct fttcpd_conf *conf, struct fttcpd_auth *auth,
		    char err[FTTCPD_AUTH_ERROR])
{
	fttcpd_auth_forget(auth);
	if (conf->insecure || !conf->key_file[0])
		return 0;
	return fttcpd_auth_read(conf->key_file, auth, err);
}

/**
 * fttcpd_callers_trouble() - what an operator should know of the link's key
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_callers_trouble(const struct fttcpd *d)
{
	return d->auth.keys ? "" :
	       "the link is not authenticated: whoever reaches its address can "
	       "be the other node; set [auth] key-file";
}

/* Without the port, which is another one each time. */
static void who_is(int fd, char *buf, size_t size)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) ||
	    getnameinfo((struct sockaddr *)&ss, len, buf, size, NULL, 0,
			NI_NUMERICHOST))
		snprintf(buf, size, "somebody");
}

static void end(struct fttcpd_caller *c)
{
	ev_io_stop(c->d->loop, &c->io);
	ev_timer_stop(c->d->loop, &c->limit);
	c->fd = -1;
}

/* An end that has another key calls twice a second: the same is told each minute. */
static void tell(struct fttcpd *d, const char *who, const char *why)
{
	struct fttcpd_callers *all = &d->callers;
	char what[160];
	bool same = all->said_why && !strcmp(all->said_why, why) &&
		    !strcmp(all->said_who, who);

	all->refused++;
	if (same && ev_now(d->loop) - all->said < FTTCP_GREET_SAY_MS / 1000.0)
		return;
	all->said = ev_now(d->loop);
	all->said_why = why;
	snprintf(all->said_who, sizeof(all->said_who), "%s", who);
	snprintf(what, sizeof(what), "to be the other end (%s)", why);
	fttcpd_evt_security_viol(who, what, "the link");
}

static void refuse(struct fttcpd_caller *c, const char *why)
{
	struct fttcpd *d = c->d;
	bool connects = c->greet.connects;
	int fd = c->fd;

	end(c);
	tell(d, c->who, why);
	if (connects)
		fttcpd_link_refused(d);
	else
		close(fd);
}

static int flush(struct fttcpd_caller *c)
{
	struct fttcpd_greet *g = &c->greet;

	if (!g->out_len)
		return 0;
	return send(c->fd, g->out, g->out_len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)g->out_len ? 0 : -EIO;
}

static void take(struct fttcpd_caller *c)
{
	struct fttcpd *d = c->d;
	bool connects = c->greet.connects;
	unsigned int lane;
	int fd = c->fd;

	if (fttcpd_greet_take(&c->greet, &d->auth)) {
		refuse(c, c->greet.why);
		return;
	}
	if (flush(c)) {
		refuse(c, "it went away before it was answered");
		return;
	}
	if (c->greet.want)
		return;
	lane = c->greet.lane;
	end(c);
	fttcpd_link_greeted(d, fd, connects, lane);
}

/* No byte more than is wanted: what follows is the kernel's. */
static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_caller *c = w->data;
	struct fttcpd_greet *g = &c->greet;
	ssize_t n;

	(void)loop;
	(void)revents;
	n = recv(c->fd, g->in + g->have, g->want - g->have, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		refuse(c, "it went away without a proof; it may have another "
		       "key");
		return;
	}
	g->have += n;
	if (g->have == g->want)
		take(c);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	refuse(w->data, "it gave no proof in time; it may have no key");
}

/* A free place, or that of who has been here longest. */
static struct fttcpd_caller *place(struct fttcpd *d)
{
	struct fttcpd_caller *c, *oldest = d->callers.caller;

	for (c = d->callers.caller;
	     c < d->callers.caller + FTTCP_GREET_CALLERS; c++) {
		if (c->fd < 0)
			return c;
		if (c->number < oldest->number)
			oldest = c;
	}
	refuse(oldest, "it made room for others");
	return oldest;
}

/**
 * fttcpd_caller_begin() - a connection is made; who is there?
 * @d:		daemon; it has a key
 * @fd:		the connection; the caller's to close when this node connected,
 *		until fttcpd_link_greeted() otherwise this file's
 * @connects:	this node connected
 * @lane:	of who connects, which one it is
 *
 * The answer is fttcpd_link_greeted(), or fttcpd_link_refused() when this node
 * connected. Either may come before this returns.
 */
void fttcpd_caller_begin(struct fttcpd *d, int fd, bool connects,
			 unsigned int lane)
{
	struct fttcpd_caller *c = place(d);

	c->fd = fd;
	c->number = ++d->callers.number;
	c->greet = (struct fttcpd_greet){
		.connects = connects, .id = d->conf.id,
		.peer_id = d->conf.peer_id, .lane = lane,
	};
	who_is(fd, c->who, sizeof(c->who));
	ev_io_set(&c->io, fd, EV_READ);
	ev_io_start(d->loop, &c->io);
	ev_timer_set(&c->limit, FTTCP_GREET_MS / 1000.0, 0.);
	ev_timer_start(d->loop, &c->limit);
	if (fttcpd_greet_begin(&c->greet) || flush(c))
		refuse(c, "it went away before it was greeted");
}

/** fttcpd_callers_init() - before anything else here */
void fttcpd_callers_init(struct fttcpd *d)
{
	unsigned int i;

	for (i = 0; i < FTTCP_GREET_CALLERS; i++) {
		struct fttcpd_caller *c = &d->callers.caller[i];

		c->d = d;
		c->fd = -1;
		ev_init(&c->io, on_readable);
		ev_init(&c->limit, on_limit);
		c->io.data = c;
		c->limit.data = c;
	}
}

/** fttcpd_callers_forget() - none of them is wanted any more */
void fttcpd_callers_forget(struct fttcpd *d)
{
	struct fttcpd_caller *c;

	for (c = d->callers.caller;
	     c < d->callers.caller + FTTCP_GREET_CALLERS; c++) {
		int fd = c->fd;

		if (fd < 0)
			continue;
		end(c);
		/* link.c has the others */
		if (!c->greet.connects)
			close(fd);
	}
}
