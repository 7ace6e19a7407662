// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop around all sockets, opening and accepting. What is done on a
 * connection is in stream.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../ftsock.h"
#include "capture.h"
#include "stream.h"
#include "traffic.h"

#define CONNS_MAX	4096
#define LISTENERS	6
#define ACTIVE_PORT	30000	/* of the service, plus the connection's number */
#define CLAIM_PORT	5900
#define KEEPALIVE_SECS	1
#define BACKLOG		64
#define MAX_EVENTS	64
#define ANNOUNCEMENTS	4

/* What an event of epoll is about: the upper half of its data. */
enum tag { TAG_WAKE, TAG_LISTENER, TAG_END, TAG_PEER_LISTENER };

static struct {
	int epoll;
	int wake;
	bool standby;
	struct rng rng;
	unsigned int n;
	int listeners[2][LISTENERS];
	int peer_listener[CONNS_MAX];
	struct conn *conns;
} tr;

static void watch(int fd, enum tag tag, uint32_t what, uint32_t events)
{
	struct epoll_event ev = {
		.events = events | EPOLLET,
		.data.u64 = (uint64_t)tag << 32 | what,
	};

	if (epoll_ctl(tr.epoll, EPOLL_CTL_ADD, fd, &ev))
		sim_fail("epoll: %m");
}

static void watch_end(struct end *e)
{
	watch(e->fd, TAG_END, (e->conn - tr.conns) << 2 | e->who,
	      EPOLLIN | EPOLLOUT | EPOLLRDHUP);
}

/* --- opening -------------------------------------------------------------- */

static struct sock_opts options_of(const struct conn *c, bool service)
{
	const char *peer = service ?
			   (c->family == AF_INET ? PEER4 : PEER6) :
			   (c->family == AF_INET ? VIP4 : VIP6);

	return (struct sock_opts){
		.keepalive = c->keepalive ? KEEPALIVE_SECS : 0,
		.nodelay = c->kind == K_RPC,
		.md5_key = c->md5 ? MD5_KEY : NULL,
		.md5_peer = peer,
	};
}

static void begin_connect(struct end *e, const struct ns *ns, const char *from,
			  int from_port, const char *to, int to_port)
{
	struct sock_opts o = options_of(e->conn, e->who != WHO_PEER);
	struct sockaddr_storage local, remote;
	int err;

	sock_addr(from, from_port, &local);
	sock_addr(to, to_port, &remote);
	e->fd = ns_socket(ns, e->conn->family, SOCK_STREAM | SOCK_NONBLOCK,
			  IPPROTO_TCP);
	if (e->fd < 0)
		sim_fail("socket: %d", e->fd);
	err = sock_apply(e->fd, e->conn->family, &o);
	if (err || bind(e->fd, (struct sockaddr *)&local, sizeof(local)))
		sim_fail("connection %u: bind: %d %m", e->conn->id, err);
	e->connecting = true;
	if (connect(e->fd, (struct sockaddr *)&remote, sizeof(remote)) &&
	    errno != EINPROGRESS) {
		sim_say("connection %u: connect: %m", e->conn->id);
		hist(.type = H_ERR, .conn = e->conn->id, .who = e->who,
		     .a = errno);
		e->conn->failed = true;
		end_reset(e);
		return;
	}
	watch_end(e);
}

static void open_peer_listener(struct conn *c)
{
	struct sock_opts o = options_of(c, false);
	struct sockaddr_storage at;
	int fd;

	sock_addr(c->family == AF_INET ? PEER4 : PEER6,
		  PEER_PORT_BASE + c->id, &at);
	if (ns_enter(&sim.peer))
		sim_fail("setns: %m");
	fd = sock_listen(&at, &o, 1);
	if (fd < 0)
		sim_fail("the peer cannot listen: %d", fd);
	tr.peer_listener[c - tr.conns] = fd;
	watch(fd, TAG_PEER_LISTENER, c - tr.conns, EPOLLIN);
}

static void open_one(void)
{
	struct conn *c = &tr.conns[tr.n];
	const char *vip, *peer;
	int i;

	if (tr.n == CONNS_MAX)
		return;
	conn_choose(c, ++tr.n, &tr.rng);
	vip = c->family == AF_INET ? VIP4 : VIP6;
	peer = c->family == AF_INET ? PEER4 : PEER6;
	hist(.type = H_OPEN, .conn = c->id, .a = c->family, .b = c->kind,
	     .c = conn_longest_pause(c));
	for (i = 0; i < 2; i++) {
		if (c->total[i] != UINT64_MAX)
			hist(.type = H_TOTAL, .conn = c->id, .dir = i,
			     .a = c->total[i]);
	}
	if (c->active) {
		open_peer_listener(c);
		begin_connect(&c->end[sim.owner], &sim.node[sim.owner].ns, vip,
			      ACTIVE_PORT + c->id, peer,
			      PEER_PORT_BASE + c->id);
	} else {
		begin_connect(&c->end[WHO_PEER], &sim.peer, peer,
			      PEER_PORT_BASE + c->id, vip,
			      SERVICE_PORT + c->md5);
	}
}

/* --- the service ---------------------------------------------------------- */

static int listen_at(const struct ns *ns, int i)
{
	struct sock_opts o = { .ulp = true };
	struct sockaddr_storage at;
	bool v6 = i & 1;
	int err;

	o.v6only = v6;
	o.standby = tr.standby && i < 2;
	o.claim = i >= 4;
	if (o.claim)
		sock_addr(v6 ? "::" : "0.0.0.0", CLAIM_PORT, &at);
	else
		sock_addr(v6 ? VIP6 : VIP4, SERVICE_PORT + i / 2, &at);
	if (i / 2 == 1) {
		o.md5_key = MD5_KEY;
		o.md5_peer = v6 ? PEER6 : PEER4;
	}
	err = ns_enter(ns);
	return err ? err : sock_listen(&at, &o, BACKLOG);
}

/* The programs of a machine start. */
void traffic_serve(struct node *node)
{
	int i, fd;

	for (i = 0; i < LISTENERS; i++) {
		fd = listen_at(&node->ns, i);
		if (fd < 0)
			sim_fail("listener %d: %d", i, fd);
		tr.listeners[node->who][i] = fd;
		watch(fd, TAG_LISTENER, node->who << 8 | i, EPOLLIN);
	}
}

/* They are gone, and nobody is told: the machine has no cables any more. */
void traffic_kill(struct node *node)
{
	struct linger now = { .l_onoff = 1 };
	unsigned int i;

	for (i = 0; i < LISTENERS; i++) {
		if (tr.listeners[node->who][i] >= 0)
			close(tr.listeners[node->who][i]);
		tr.listeners[node->who][i] = -1;
	}
	for (i = 0; i < tr.n; i++) {
		struct conn *c = &tr.conns[i];
		struct end *e = &c->end[node->who];

		if (e->fd < 0)
			continue;
		if (c->active && !c->met && !c->failed) {
			c->failed = true;
			hist(.type = H_FORGET, .conn = c->id);
		}
		setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		end_reset(e);
	}
}

/* An error by order: a program resets its connections. */
void traffic_abort(const struct node *node)
{
	struct linger now = { .l_onoff = 1 };
	unsigned int i;

	for (i = 0; i < tr.n; i++) {
		struct end *e = &tr.conns[i].end[node->who];

		if (e->fd < 0 || !tr.conns[i].guarded)
			continue;
		setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		end_reset(e);
	}
}

static void adopt(struct end *e, int fd)
{
	int err;

	if (e->fd >= 0)
		end_reset(e);
	e->fd = fd;
	if (e->who == WHO_PEER) {
		e->conn->met = true;
	} else {
		err = end_resume(e);
		if (err)
			sim_say("connection %u: info: %d", e->conn->id, err);
	}
	watch_end(e);
}

static void accept_all(int lfd, enum hist_who who)
{
	struct sockaddr_storage from;
	socklen_t len;
	int fd, id;

	for (;;) {
		len = sizeof(from);
		fd = accept4(lfd, (struct sockaddr *)&from, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0) {
			sim_say("accept: %m");
			continue;
		}
		id = who == WHO_PEER ? sock_port(&from) - ACTIVE_PORT :
				       sock_port(&from) - PEER_PORT_BASE;
		if (id < 1 || (unsigned int)id > tr.n) {
			sim_say("accepted from a stranger, port %d",
				sock_port(&from));
			close(fd);
			continue;
		}
		adopt(&tr.conns[id - 1].end[who], fd);
	}
}

/* --- the loop ------------------------------------------------------------- */

static void connected(struct end *e)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(e->fd, SOL_SOCKET, SO_ERROR, &err, &len) || err)
		sim_say("connection %u: connect: %d", e->conn->id, err);
	else if (e->who != WHO_PEER)
		err = -sock_attach(e->fd);
	e->connecting = false;
	if (!err)
		return;
	hist(.type = H_ERR, .conn = e->conn->id, .who = e->who, .a = err);
	e->conn->failed = true;
	end_reset(e);
}

static void end_event(uint32_t what, uint32_t events)
{
	struct conn *c = &tr.conns[what >> 2];
	struct end *e = &c->end[what & 3];

	if (e->fd < 0)
		return;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		e->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		e->writable = true;
	if (e->connecting && e->writable)
		connected(e);
	if (e->standby && e->writable)
		end_resume(e);
}

static void handle(const struct epoll_event *ev)
{
	uint32_t what = ev->data.u64;
	uint64_t count;
	int fd;

	switch (ev->data.u64 >> 32) {
	case TAG_WAKE:
		if (read(tr.wake, &count, sizeof(count)) < 0)
			sim_say("wake: %m");
		break;
	case TAG_LISTENER:
		fd = tr.listeners[what >> 8][what & 0xff];
		if (fd >= 0)
			accept_all(fd, what >> 8);
		break;
	case TAG_PEER_LISTENER:
		fd = tr.peer_listener[what];
		accept_all(fd, WHO_PEER);
		close(fd);
		break;
	case TAG_END:
		end_event(what, ev->events);
		break;
	}
}

static void announce(uint64_t now, uint64_t *due)
{
	static const unsigned int after[ANNOUNCEMENTS] = {
		100, 400, 1000, 2500
	};
	int i;

	for (i = 0; i < 2; i++) {
		struct node *n = &sim.node[i];

		if (!n->announce_at || !n->on)
			continue;
		if (now >= n->announce_at) {
			net_announce(&n->ns, "lan", VIP4, VIP6);
			n->announce_at = n->announced < ANNOUNCEMENTS ?
					 now + after[n->announced++] * MS : 0;
		}
		if (n->announce_at && n->announce_at < *due)
			*due = n->announce_at;
	}
}

/* Return: when the next thing has to be done. */
static uint64_t serve(uint64_t now)
{
	uint64_t due = UINT64_MAX, at;
	unsigned int i, k;

	for (i = 0; i < tr.n; i++) {
		for (k = 0; k < 3; k++) {
			struct end *e = &tr.conns[i].end[k];

			if (e->fd < 0)
				continue;
			if (end_due(e, now) <= now || (e->eof && e->shut) ||
			    e->readable || !e->shut)
				end_step(e, now);
			at = end_due(e, now);
			if (at < due)
				due = at;
		}
	}
	announce(now, &due);
	return due;
}

static void *loop(void *arg)
{
	struct epoll_event ev[MAX_EVENTS];
	int i, n, wait = 0;
	uint64_t now, due;

	(void)arg;
	for (;;) {
		n = epoll_wait(tr.epoll, ev, MAX_EVENTS, wait);
		pthread_mutex_lock(&sim.lock);
		capture_drain();
		for (i = 0; i < n; i++)
			handle(&ev[i]);
		now = sim_now();
		due = serve(now);
		pthread_mutex_unlock(&sim.lock);
		if (due == UINT64_MAX)
			wait = -1;
		else
			wait = due <= now ? 0 : (due - now) / MS + 1;
	}
	return NULL;
}

/* --- for the director ----------------------------------------------------- */

void traffic_start(void)
{
	pthread_t thread;
	unsigned int i;

	rng_seed(&tr.rng, sim.seed ^ 0x7261666669636bULL);
	tr.standby = rng_chance(&tr.rng, 25);
	tr.conns = calloc(CONNS_MAX, sizeof(*tr.conns));
	tr.epoll = epoll_create1(EPOLL_CLOEXEC);
	tr.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!tr.conns || tr.epoll < 0 || tr.wake < 0)
		sim_fail("traffic: %m");
	for (i = 0; i < LISTENERS; i++) {
		tr.listeners[0][i] = -1;
		tr.listeners[1][i] = -1;
	}
	watch(tr.wake, TAG_WAKE, 0, EPOLLIN);
	if (pthread_create(&thread, NULL, loop, NULL))
		sim_fail("thread: %m");
}

void traffic_wake(void)
{
	uint64_t one = 1;

	if (write(tr.wake, &one, sizeof(one)) < 0)
		sim_fail("wake: %m");
}

void traffic_open(unsigned int count)
{
	while (count--)
		open_one();
	traffic_wake();
}

/*
 * The active is protected at this instant: every connection that the peer has
 * heard something on survives whatever comes.
 */
void traffic_guard(void)
{
	unsigned int i;

	for (i = 0; i < tr.n; i++) {
		struct conn *c = &tr.conns[i];

		if (c->guarded || c->done || c->failed ||
		    !c->end[WHO_PEER].rx)
			continue;
		c->guarded = true;
		hist(.type = H_GUARD, .conn = c->id);
	}
}

void traffic_stop(void)
{
	unsigned int i;

	hist(.type = H_STOP);
	for (i = 0; i < tr.n; i++) {
		if (!tr.conns[i].done && !tr.conns[i].failed)
			conn_stop(&tr.conns[i]);
	}
	traffic_wake();
}

unsigned int traffic_left(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < tr.n; i++) {
		struct conn *c = &tr.conns[i];

		n += !c->failed && (!c->done || c->got < c->total[DIR_IN]);
	}
	return n;
}

/* Connections on which the peer has heard nothing yet. */
unsigned int traffic_silent(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < tr.n; i++)
		n += !tr.conns[i].done && !tr.conns[i].failed &&
		     !tr.conns[i].end[WHO_PEER].rx;
	return n;
}

/* For whoever looks into a failure: what is not done. */
void traffic_show(void)
{
	unsigned int i, k;

	for (i = 0; i < tr.n; i++) {
		struct conn *c = &tr.conns[i];

		if (c->failed || (c->done && c->got == c->total[DIR_IN]))
			continue;
		sim_say("connection %u: the service has read %llu of %lld",
			c->id, (unsigned long long)c->got,
			(long long)c->total[DIR_IN]);
		for (k = 0; k < 3; k++) {
			struct end *e = &c->end[k];

			if (e->fd < 0)
				continue;
			sim_say("connection %u (kind %d, order %d, %s%s%s) at %d: tx %llu of %lld, rx %llu%s%s%s",
				c->id, c->kind, c->order,
				c->family == AF_INET ? "v4" : "v6",
				c->md5 ? ", md5" : "",
				c->active ? ", active" : "", k,
				(unsigned long long)e->tx,
				(long long)c->total[k == WHO_PEER ? DIR_IN : DIR_OUT],
				(unsigned long long)e->rx,
				e->eof ? ", eof" : "", e->shut ? ", shut" : "",
				e->standby ? ", standby" : "");
		}
	}
}
