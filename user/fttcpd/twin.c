// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the connection between the two nodes' messengers: TCP on the addresses
 * of the dedicated link, a port beside it, packets with a length in front and,
 * where the nodes have a key, a code behind (seal.h). Here too, the node connects
 * that does so for the link. It is in no takeover's way: who loses it has lost
 * nothing, and makes it again.
 *
 *   both:	the proof of the key (twin_greet.c)
 *   both:	HELLO, then CURSOR for each client, then BEGIN
 *   then:	PUT and AT each way, LOST, NODE, PING
 *   last:	STOP, of a node that is stopped (twin_resend.c)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "addr.h"
#include "log.h"
#include "messages.h"
#include "event-gen.h"

static void attempt(struct fttcpd_messenger *m);

/**
 * fttcpd_twin_endpoint() - where the connection arrives
 * @conf:	configuration
 * @target:	0 for [link] connect, then those of connect-also
 *
 * Return: of the node that listens; of this one, when it does.
 */
struct fttcp_endpoint fttcpd_twin_endpoint(const struct fttcpd_conf *conf,
					   unsigned int target)
{
	struct fttcp_endpoint ep = conf->listen.family ? conf->listen :
				   conf->connect;

	/* a reload may have made the list shorter */
	if (target && target <= conf->connect_also.count)
		ep = conf->connect_also.ep[target - 1];
	if (conf->messages_port)
		ep.port = conf->messages_port;
	else
		ep.port += FTTCP_TWIN_PORT_DISTANCE;
	return ep;
}

/** fttcpd_twin_tell() - when this turn is on the disk */
void fttcpd_twin_tell(struct fttcpd_messenger *m, const struct fttcp_packet *p)
{
	if (m->twin.fd >= 0 && !m->twin.stopping &&
	    fttcpd_outbox_add(&m->twin.box, p))
		fttcpd_twin_drop(m, ENOMEM, "no memory for what it is told");
}

static void fill_node(struct fttcpd_messenger *m, struct fttcp_packet *p)
{
	p->node = m->now.conf.id;
	p->role = m->now.role;
	p->epoch = m->now.epoch;
	p->flags = m->now.holding ? FTTCP_PF_HOLDING : 0;
}

/** fttcpd_twin_node() - this node is something else now */
void fttcpd_twin_node(struct fttcpd_messenger *m)
{
	struct fttcp_packet p = { .type = FTTCP_P_NODE };

	fill_node(m, &p);
	if (m->twin.hello)
		fttcpd_twin_tell(m, &p);
}

/* ------------------------------------------------------------- coming, going */

/**
 * fttcpd_twin_later() - the next attempt, when and if there may be one
 * @m:		messenger
 */
void fttcpd_twin_later(struct fttcpd_messenger *m)
{
	uint32_t ms = fttcpd_twin_pause(m);

	ev_timer_stop(m->loop, &m->twin.retry);
	if (!ms)
		return;
	ev_timer_set(&m->twin.retry, ms / 1000.0, 0.);
	ev_timer_start(m->loop, &m->twin.retry);
}

static void forget(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;

	if (t->fd < 0)
		return;
	ev_io_stop(m->loop, &t->io);
	ev_io_stop(m->loop, &t->out_io);
	ev_timer_stop(m->loop, &t->ping);
	ev_timer_stop(m->loop, &t->full);
	fttcpd_twin_greet_forget(m, true);
	close(t->fd);
	fttcpd_outbox_clean(&t->box);
	fttcpd_seal_end(&t->seal);
	if (t->ready)
		fttcpd_client_node(m);
	t->fd = -1;
	t->connecting = false;
	t->stopping = false;
	t->proven = 0;
	t->checked = false;
	t->hello = false;
	t->ready = false;
	t->paused = false;
	t->holding = false;
	t->role = 0;
	t->epoch = 0;
	t->have = 0;
}

/**
 * fttcpd_twin_drop() - the connection has ended, or is to
 * @m:		messenger
 * @err:	errno, positive, for whether that was said before
 * @what:	for people
 */
void fttcpd_twin_drop(struct fttcpd_messenger *m, int err, const char *what)
{
	struct fttcpd_twin *t = &m->twin;
	char buf[FTTCP_ADDR_STRLEN];
	struct fttcp_endpoint ep = fttcpd_twin_endpoint(&m->now.conf,
							fttcpd_twin_target(m));
	bool was_up = t->ready;

	if (t->fd < 0 && t->listen_fd >= 0)
		return;
	forget(m);
	fttcp_endpoint_format(&ep, buf);
	/* said once, not once for each attempt */
	if (t->said != err && t->ended)
		log_warn("messages: %s (%s)", what, buf);
	else if (t->said != err)
		log_warn("messages: %s (%s); trying again every %u ms", what,
			 buf, m->now.conf.retry_ms);
	t->said = err;
	fttcpd_twin_ended(m, was_up);
	if (!m->now.conf.listen.family)
		fttcpd_twin_later(m);
}

static int prepare(const struct fttcpd_conf *conf, int fd)
{
	const char *dev = conf->link_device;
	unsigned int ms = FTTCP_TWIN_SILENT_MS;
	int one = 1;

	if (dev[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
				 strlen(dev) + 1))
		return -errno;
	if (setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)))
		return -errno;
	return 0;
}

static void say_hello(struct fttcpd_messenger *m)
{
	struct fttcp_packet p = { .type = FTTCP_P_HELLO };

	fill_node(m, &p);
	memcpy(p.repo, fttcp_repo_id(m->repo), sizeof(p.repo));
	fttcpd_twin_tell(m, &p);
}

static void begin(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;

	t->connecting = false;
	fttcpd_twin_who(t->fd, t->who);
	t->heard = ev_now(m->loop);
	ev_io_stop(m->loop, &t->out_io);
	ev_io_set(&t->io, t->fd, EV_READ);
	ev_io_start(m->loop, &t->io);
	t->ping.repeat = FTTCP_TWIN_PING_MS / 1000.0;
	ev_timer_again(m->loop, &t->ping);
	say_hello(m);
}

static void take_socket(struct fttcpd_messenger *m, int fd)
{
	m->twin.fd = fd;
	m->twin.have = 0;
	fttcpd_outbox_setup(&m->twin.box, true);
	ev_io_set(&m->twin.out_io, fd, EV_WRITE);
}

/* This node has called, and was answered. */
static void connected(struct fttcpd_messenger *m)
{
	ev_io_stop(m->loop, &m->twin.out_io);
	if (m->now.auth.keys)
		fttcpd_twin_greet(m, m->twin.fd, true);
	else
		begin(m);
}

/**
 * fttcpd_twin_greeted() - both ends have proven that they have the key
 * @m:		messenger
 * @fd:		the connection
 * @greet:	what was said
 */
void fttcpd_twin_greeted(struct fttcpd_messenger *m, int fd,
			 const struct fttcpd_greet *greet)
{
	struct fttcpd_twin *t = &m->twin;

	if (!greet->connects) {
		/* who calls again has lost the old one */
		forget(m);
		take_socket(m, fd);
	}
	t->proven = greet->met;
	fttcpd_seal_begin(&t->seal, greet->hear_key);
	fttcpd_seal_begin(&t->box.seal, greet->say_key);
	begin(m);
}

static void on_accept(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);
	int fd;

	(void)revents;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (prepare(&m->now.conf, fd)) {
		close(fd);
		return;
	}
	if (m->now.auth.keys) {
		fttcpd_twin_greet(m, fd, false);
		return;
	}
	/* who calls again has lost the old one, whatever is known of it here */
	forget(m);
	take_socket(m, fd);
	begin(m);
}

static int start_listen(struct fttcpd_messenger *m,
			const struct fttcp_endpoint *ep)
{
	struct sockaddr_storage ss;
	int fd, one = 1, rc;
	socklen_t len;

	fd = socket(ep->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = prepare(&m->now.conf, fd);
	len = fttcp_endpoint_sockaddr(ep, &ss);
	if (!rc && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
			       sizeof(one)) ||
		    bind(fd, (struct sockaddr *)&ss, len) || listen(fd, 4)))
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	m->twin.listen_fd = fd;
	ev_io_set(&m->twin.accept_io, fd, EV_READ);
	ev_io_start(m->loop, &m->twin.accept_io);
	return 0;
}

static int start_connect(struct fttcpd_messenger *m,
			 const struct fttcp_endpoint *ep)
{
	const struct fttcpd_conf *conf = &m->now.conf;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, rc;

	fd = socket(ep->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	take_socket(m, fd);
	rc = prepare(conf, fd);
	if (!rc && conf->bind.family) {
		len = fttcp_endpoint_sockaddr(&conf->bind, &ss);
		rc = bind(fd, (struct sockaddr *)&ss, len) ? -errno : 0;
	}
	len = fttcp_endpoint_sockaddr(ep, &ss);
	if (!rc && connect(fd, (struct sockaddr *)&ss, len) &&
	    errno != EINPROGRESS)
		rc = -errno;
	if (rc)
		return rc;
	m->twin.connecting = true;
	m->twin.heard = ev_now(m->loop);
	ev_io_start(m->loop, &m->twin.out_io);
	m->twin.ping.repeat = FTTCP_TWIN_PING_MS / 1000.0;
	ev_timer_again(m->loop, &m->twin.ping);
	return 0;
}

static void attempt(struct fttcpd_messenger *m)
{
	bool listens = m->now.conf.listen.family;
	struct fttcp_endpoint ep;
	int rc;

	ev_timer_stop(m->loop, &m->twin.retry);
	if (!m->repo || m->twin.listen_fd >= 0 || m->twin.fd >= 0 ||
	    !fttcpd_twin_try(m))
		return;
	ep = fttcpd_twin_endpoint(&m->now.conf, fttcpd_twin_target(m));
	rc = listens ? start_listen(m, &ep) : start_connect(m, &ep);
	if (!rc)
		return;
	fttcpd_twin_drop(m, -rc, listens ? "cannot listen" : "cannot connect");
	if (listens)
		fttcpd_twin_later(m);
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	attempt(ev_userdata(loop));
}

/* ------------------------------------------------------------- what it says */

static int tell_cursor(const char *client, uint64_t pos, uint64_t lost,
		       void *arg)
{
	struct fttcp_packet p = { .type = FTTCP_P_CURSOR, .pos = pos };

	(void)lost;
	snprintf(p.name, sizeof(p.name), "%s", client);
	fttcpd_twin_tell(arg, &p);
	return 0;
}

/* It is not the other node who says this; the connection is of no more use. */
static void violation(struct fttcpd_messenger *m, const char *why)
{
	fttcpd_twin_violation(m, m->twin.who, why);
	fttcpd_twin_drop(m, EPERM, why);
}

/* Return: what is wrong with who calls, or NULL. */
static const char *objection(const struct fttcpd_conf *conf,
			     const struct fttcp_packet *p)
{
	if (p->node == conf->id)
		return "the other end has the same node id as this one";
	if (conf->peer_id && p->node != conf->peer_id)
		return "the other end is not the node that [node] peer-id names";
	return NULL;
}

static void take_hello(struct fttcpd_messenger *m, const struct fttcp_packet *p)
{
	struct fttcp_packet begin = { .type = FTTCP_P_BEGIN };
	const char *text = objection(&m->now.conf, p);
	struct fttcpd_twin *t = &m->twin;
	struct fttcpd_stream *s;
	int rc;

	if (t->proven && p->node != t->proven) {
		violation(m, "it says that it is another node than it has "
			  "proven to be");
		return;
	}
	if (text) {
		fttcpd_twin_drop(m, EPERM, text);
		return;
	}
	t->hello = true;
	t->node = p->node;
	t->role = p->role;
	t->epoch = p->epoch;
	t->holding = p->flags & FTTCP_PF_HOLDING;
	memcpy(t->repo, p->repo, sizeof(t->repo));
	for_each_stream(m, s) {
		s->sent = 0;
		s->staged = 0;
	}
	rc = fttcp_repo_cursors(m->repo, t->repo, tell_cursor, m);
	if (rc)
		fttcpd_messenger_broke(m, rc);
	fttcpd_twin_tell(m, &begin);
}

static void take_begin(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;

	t->ready = true;
	fttcpd_resend_up(&t->resend);
	if (t->said >= 0)
		log_info("messages: connected with node %u", t->node);
	t->said = 0;
	fttcpd_outgoing_begin(m);
	fttcpd_incoming_report(m);
	fttcpd_client_node(m);
}

static void take_node(struct fttcpd_messenger *m, const struct fttcp_packet *p)
{
	m->twin.role = p->role;
	m->twin.epoch = p->epoch;
	m->twin.holding = p->flags & FTTCP_PF_HOLDING;
}

/* Its node was stopped by an operator, or by the cluster's software. */
static void take_stop(struct fttcpd_messenger *m, const struct fttcp_packet *p)
{
	bool forced = p->error == FTTCP_DOWN_REASON_FORCED;

	if (!forced && p->error != FTTCP_DOWN_REASON_STOPPED) {
		fttcpd_evt_unwanted_message(p->type, 0, m->now.state);
		fttcpd_twin_drop(m, EPROTO, "the other end says what has no "
				 "place");
		return;
	}
	m->twin.ended = p->error;
	fttcpd_twin_drop(m, ESHUTDOWN, forced ? "the other node was stopped "
			 "forced (591-000)" : "the other node was stopped in "
			 "order");
}

/* Return: 0, or -ENOSPC when it has to wait. */
static int take_put(struct fttcpd_messenger *m, const struct fttcp_packet *p)
{
	int rc = fttcpd_incoming_put(m, p);

	if (rc == -EILSEQ)
		fttcpd_twin_drop(m, EILSEQ, "a message is missing; the other "
				 "node has to say again what it sent");
	return rc == -ENOSPC ? rc : 0;
}

static int take_packet(struct fttcpd_messenger *m, const struct fttcp_packet *p)
{
	struct fttcpd_stream *s;

	if (!m->twin.hello && p->type == FTTCP_P_HELLO) {
		take_hello(m, p);
	} else if (m->twin.hello && !m->twin.ready &&
		   p->type == FTTCP_P_CURSOR) {
		s = fttcpd_stream_find(m, p->name, true);
		if (s)
			fttcpd_outgoing_cursor(m, s, p->pos);
	} else if (m->twin.hello && !m->twin.ready &&
		   p->type == FTTCP_P_BEGIN) {
		take_begin(m);
	} else if (m->twin.hello && p->type == FTTCP_P_NODE) {
		take_node(m, p);
	} else if (m->twin.ready && p->type == FTTCP_P_PUT) {
		return take_put(m, p);
	} else if (m->twin.ready && p->type == FTTCP_P_AT) {
		fttcpd_outgoing_at(m, p);
	} else if (m->twin.ready && p->type == FTTCP_P_LOST) {
		fttcpd_client_lost(m, p);
	} else if (m->twin.hello && p->type == FTTCP_P_STOP) {
		take_stop(m, p);
	} else if (p->type != FTTCP_P_PING) {
		fttcpd_evt_unwanted_message(p->type, 0, m->now.state);
		fttcpd_twin_drop(m, EPROTO, "the other end says what has no "
				 "place");
	}
	return 0;
}

/* A packet that had to wait was looked at before, and has the number it had. */
static bool genuine(struct fttcpd_messenger *m, size_t at, uint32_t len)
{
	struct fttcpd_twin *t = &m->twin;
	const uint8_t *frame = t->buf + at;

	if (!t->seal.on || t->checked)
		return true;
	if (len > FTTCP_PACKET_MAX)
		return false;
	len += sizeof(len);
	t->checked = fttcpd_seal_check(&t->seal, frame, len, frame + len);
	return t->checked;
}

/* Return: bytes used of what is there, 0 for not a whole packet. */
static size_t take_one(struct fttcpd_messenger *m, size_t at)
{
	struct fttcpd_twin *t = &m->twin;
	size_t tail = fttcpd_seal_size(&t->seal), used;
	struct fttcp_packet p;
	uint32_t len;

	if (t->have - at < sizeof(len))
		return 0;
	memcpy(&len, t->buf + at, sizeof(len));
	len = ntohl(len);
	used = sizeof(len) + len;
	if (len <= FTTCP_PACKET_MAX && t->have - at < used + tail)
		return 0;
	if (!genuine(m, at, len)) {
		violation(m, "what it says has not the code of the next packet");
		return 0;
	}
	if (len > FTTCP_PACKET_MAX ||
	    fttcp_packet_decode(&p, t->buf + at + sizeof(len), len)) {
		fttcpd_twin_drop(m, EBADMSG, "what the other end says is not "
				 "understood");
		return 0;
	}
	if (take_packet(m, &p)) {
		t->paused = true;
		return 0;
	}
	t->checked = false;
	return used + tail;
}

static void pause_reading(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;

	ev_io_stop(m->loop, &t->io);
	ev_timer_stop(m->loop, &t->full);
	ev_timer_set(&t->full, FTTCP_TWIN_FULL_MS / 1000.0, 0.);
	ev_timer_start(m->loop, &t->full);
	if (!m->trouble[0])
		log_warn("messages: %s; the other node has to wait",
			 fttcp_repo_error(m->repo));
	snprintf(m->trouble, sizeof(m->trouble), "%.200s",
		 fttcp_repo_error(m->repo));
}

static void take_all(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;
	size_t used, at = 0;

	while (!m->broken && t->fd >= 0) {
		used = take_one(m, at);
		if (!used)
			break;
		at += used;
	}
	if (t->fd < 0 || m->broken)
		return;
	memmove(t->buf, t->buf + at, t->have - at);
	t->have -= at;
	if (t->paused)
		pause_reading(m);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);
	struct fttcpd_twin *t = &m->twin;
	ssize_t n;

	(void)w;
	(void)revents;
	if (t->stopping)
		t->have = 0;
	n = recv(t->fd, t->buf + t->have, sizeof(t->buf) - t->have,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (t->stopping) {
		if (n <= 0)
			forget(m);
		return;
	}
	if (n <= 0) {
		fttcpd_twin_drop(m, n ? errno : ECONNRESET,
				 n ? strerror(errno) : "the other node has "
				 "ended the connection");
		return;
	}
	t->have += n;
	t->heard = ev_now(loop);
	take_all(m);
}

static void on_full(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);

	(void)w;
	(void)revents;
	m->twin.paused = false;
	m->twin.heard = ev_now(loop);
	m->trouble[0] = '\0';
	ev_io_start(loop, &m->twin.io);
	take_all(m);
}

/* ------------------------------------------------------------- being told */

/** fttcpd_twin_flush() - write what waits, as far as it goes */
void fttcpd_twin_flush(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;
	struct fttcpd_stream *s;
	int rc = 1;

	if (t->fd < 0 || t->connecting)
		return;
	while (t->box.first && rc > 0) {
		rc = fttcpd_outbox_write(&t->box, t->fd);
		if (rc > 0)
			fttcpd_messenger_point(m, FTTCPD_P_WRITTEN);
	}
	if (rc < 0) {
		fttcpd_twin_drop(m, -rc, strerror(-rc));
		return;
	}
	if (!rc) {
		ev_io_start(m->loop, &t->out_io);
		return;
	}
	ev_io_stop(m->loop, &t->out_io);
	if (t->stopping) {
		shutdown(t->fd, SHUT_WR);
		return;
	}
	for_each_stream(m, s)
		if (s->send)
			fttcpd_messenger_again(m);
}

static void on_room(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);
	struct fttcpd_twin *t = &m->twin;
	socklen_t len = sizeof(int);
	int err = 0;

	(void)w;
	(void)revents;
	if (!t->connecting) {
		fttcpd_twin_flush(m);
		return;
	}
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (err)
		fttcpd_twin_drop(m, err, strerror(err));
	else
		connected(m);
}

static void on_ping(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);
	struct fttcp_packet p = { .type = FTTCP_P_PING };
	struct fttcpd_twin *t = &m->twin;
	double silent = ev_now(loop) - t->heard;

	(void)w;
	(void)revents;
	if (t->stopping) {
		if (silent > FTTCP_TWIN_STOP_MS / 1000.0)
			forget(m);
		return;
	}
	if (!t->paused && silent > FTTCP_TWIN_SILENT_MS / 1000.0)
		fttcpd_twin_drop(m, ETIMEDOUT, "the other node is silent");
	else if (t->hello && !t->box.first)
		fttcpd_twin_tell(m, &p);
}

/** fttcpd_twin_init() - before anything else here */
void fttcpd_twin_init(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;

	t->listen_fd = -1;
	t->fd = -1;
	ev_init(&t->accept_io, on_accept);
	ev_init(&t->io, on_readable);
	ev_init(&t->out_io, on_room);
	ev_init(&t->retry, on_retry);
	ev_init(&t->ping, on_ping);
	ev_init(&t->full, on_full);
	fttcpd_twin_greet_init(m);
}

static void stop_listening(struct fttcpd_messenger *m)
{
	struct fttcpd_twin *t = &m->twin;

	fttcpd_twin_greet_forget(m, false);
	ev_timer_stop(m->loop, &t->retry);
	if (t->listen_fd < 0)
		return;
	ev_io_stop(m->loop, &t->accept_io);
	close(t->listen_fd);
	t->listen_fd = -1;
}

/**
 * fttcpd_twin_say_stop() - this node is stopped, and says for which reason
 * @m:		messenger with such orders
 *
 * Nothing is heard after it, and nothing else said. The connection stays until the
 * other end has read it and goes, or FTTCP_TWIN_STOP_MS: a socket that is closed
 * with something unread in it takes back what was sent.
 */
void fttcpd_twin_say_stop(struct fttcpd_messenger *m)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_STOP, .error = m->now.stopped,
	};
	struct fttcpd_twin *t = &m->twin;

	stop_listening(m);
	if (!t->hello) {
		forget(m);
		return;
	}
	fttcpd_twin_tell(m, &p);
	if (t->fd < 0)
		return;
	if (t->ready)
		fttcpd_client_node(m);
	t->stopping = true;
	t->ready = false;
	t->hello = false;
	t->paused = false;
	t->heard = ev_now(m->loop);
	ev_timer_stop(m->loop, &t->full);
	ev_io_start(m->loop, &t->io);
}

/** fttcpd_twin_open() - have a connection */
void fttcpd_twin_open(struct fttcpd_messenger *m)
{
	attempt(m);
}

/** fttcpd_twin_close() - have none */
void fttcpd_twin_close(struct fttcpd_messenger *m)
{
	forget(m);
	stop_listening(m);
}
