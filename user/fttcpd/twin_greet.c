// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the connections for messages between TCP's handshake and the proof that the
 * other end has the key (greet.h), and what is told of who is refused, here or
 * later. Of who listens, several at a time: who proves nothing does not end the
 * connection that is there, and one that says nothing is in nobody's way.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "messages.h"
#include "event-gen.h"

#define FREE	(-1)

static void end(struct fttcpd_messenger *m, struct fttcpd_guest *g)
{
	ev_io_stop(m->loop, &g->io);
	ev_timer_stop(m->loop, &g->limit);
	explicit_bzero(&g->greet, sizeof(g->greet));
	g->fd = FREE;
}

/**
 * fttcpd_twin_who() - the other end
 * @fd:		connection
 * @who:	its address, without the port, which is another one each time
 */
void fttcpd_twin_who(int fd, char who[FTTCP_ADDR_STRLEN])
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) ||
	    getnameinfo((struct sockaddr *)&ss, len, who, FTTCP_ADDR_STRLEN,
			NULL, 0, NI_NUMERICHOST))
		snprintf(who, FTTCP_ADDR_STRLEN, "somebody");
}

/**
 * fttcpd_twin_violation() - somebody is not the other node, or not only that one
 * @m:		messenger
 * @who:	his address
 * @why:	for people; the same text for the same reason
 *
 * Each is counted. An end that has another key calls twice a second: the same of
 * the same address is told each minute.
 */
void fttcpd_twin_violation(struct fttcpd_messenger *m, const char *who,
			   const char *why)
{
	struct fttcpd_refusals *r = &m->twin.refusals;
	char what[160];

	r->count++;
	if (!strcmp(r->why, why) && !strcmp(r->who, who) &&
	    ev_now(m->loop) - r->said < FTTCP_GREET_SAY_MS / 1000.0)
		return;
	r->said = ev_now(m->loop);
	snprintf(r->why, sizeof(r->why), "%s", why);
	snprintf(r->who, sizeof(r->who), "%s", who);
	snprintf(what, sizeof(what), "to be the other end (%s)", why);
	fttcpd_evt_security_viol(who, what, "the connection for messages");
}

static void refuse(struct fttcpd_messenger *m, struct fttcpd_guest *g,
		   const char *why)
{
	bool connects = g->greet.connects;
	int fd = g->fd;

	end(m, g);
	fttcpd_twin_violation(m, g->who, why);
	if (connects)
		fttcpd_twin_drop(m, EPERM, why);
	else
		close(fd);
}

/* What is said fits any socket; one that has no room for it is dead. */
static bool flush(struct fttcpd_guest *g)
{
	ssize_t n = g->greet.out_len;

	return !n || send(g->fd, g->greet.out, n,
			  MSG_DONTWAIT | MSG_NOSIGNAL) == n;
}

static void take(struct fttcpd_messenger *m, struct fttcpd_guest *g)
{
	struct fttcpd_greet greet;
	int fd = g->fd;

	if (fttcpd_greet_take(&g->greet, &m->now.auth)) {
		refuse(m, g, g->greet.why);
		return;
	}
	if (!flush(g)) {
		refuse(m, g, "it went away before it was answered");
		return;
	}
	if (g->greet.want)
		return;
	greet = g->greet;
	end(m, g);
	fttcpd_twin_greeted(m, fd, &greet);
	explicit_bzero(&greet, sizeof(greet));
}

/* No byte more than is wanted: what follows is sealed. */
static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_guest *g = w->data;
	ssize_t n;

	(void)revents;
	n = recv(g->fd, g->greet.in + g->greet.have,
		 g->greet.want - g->greet.have, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* where nobody is behind the port, nobody was refused */
	if (n <= 0 && g->greet.connects && !g->greet.have) {
		fttcpd_twin_drop(ev_userdata(loop), ECONNRESET, "the other node "
				 "has ended the connection; it may have no key");
		return;
	}
	if (n <= 0) {
		refuse(ev_userdata(loop), g, "it went away without a proof; it "
		       "may have another key");
		return;
	}
	g->greet.have += n;
	if (g->greet.have == g->greet.want)
		take(ev_userdata(loop), g);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	refuse(ev_userdata(loop), w->data, "it gave no proof in time; it may "
	       "have no key");
}

/* A free place, or that of who has been here longest. */
static struct fttcpd_guest *place(struct fttcpd_messenger *m)
{
	struct fttcpd_guest *g, *oldest = m->twin.guest;

	for (g = m->twin.guest; g < m->twin.guest + FTTCP_GREET_CALLERS; g++) {
		if (g->fd == FREE)
			return g;
		if (g->number < oldest->number)
			oldest = g;
	}
	refuse(m, oldest, "it made room for others");
	return oldest;
}

/**
 * fttcpd_twin_greet() - a connection is made; who is there?
 * @m:		messenger with a key
 * @fd:		the connection; twin.c's to close when this node connected, this
 *		file's otherwise, until fttcpd_twin_greeted()
 * @connects:	this node connected
 */
void fttcpd_twin_greet(struct fttcpd_messenger *m, int fd, bool connects)
{
	struct fttcpd_guest *g = place(m);

	g->fd = fd;
	g->number = ++m->twin.guests;
	g->greet = (struct fttcpd_greet){
		.use = FTTCPD_GREET_MESSAGES, .connects = connects,
		.id = m->now.conf.id, .peer_id = m->now.conf.peer_id,
	};
	fttcpd_twin_who(fd, g->who);
	ev_io_set(&g->io, fd, EV_READ);
	ev_io_start(m->loop, &g->io);
	ev_timer_set(&g->limit, FTTCP_GREET_MS / 1000.0, 0.);
	ev_timer_start(m->loop, &g->limit);
	if (fttcpd_greet_begin(&g->greet) || !flush(g))
		refuse(m, g, "it went away before it was greeted");
}

/** fttcpd_twin_greet_init() - before anything else here */
void fttcpd_twin_greet_init(struct fttcpd_messenger *m)
{
	struct fttcpd_guest *g;

	for (g = m->twin.guest; g < m->twin.guest + FTTCP_GREET_CALLERS; g++) {
		g->fd = FREE;
		ev_init(&g->io, on_readable);
		ev_init(&g->limit, on_limit);
		g->io.data = g;
		g->limit.data = g;
	}
}

/**
 * fttcpd_twin_greet_forget() - they are not wanted any more
 * @m:		messenger
 * @connects:	only the one that this node connected, which twin.c closes; else
 *		the others
 */
void fttcpd_twin_greet_forget(struct fttcpd_messenger *m, bool connects)
{
	struct fttcpd_guest *g;

	for (g = m->twin.guest; g < m->twin.guest + FTTCP_GREET_CALLERS; g++) {
		int fd = g->fd;

		if (fd == FREE || g->greet.connects != connects)
			continue;
		end(m, g);
		if (!connects)
			close(fd);
	}
}
