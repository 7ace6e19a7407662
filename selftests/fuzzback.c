// SPDX-License-Identifier: GPL-2.0-only
/*
 * We are the active of a backup: connections that exist nowhere are told in
 * records that fit together, until some are damaged or do not fit any more. At
 * any moment the node may be promoted with what it has, listeners claim what
 * becomes of it, as standby too, and what they read has to be what was told.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <fttcp/limits.h>
#include <linux/fttcp.h>

#include "ftsock.h"
#include "fuzzlink.h"
#include "pattern.h"

#define CONNS		FUZZ_CONNS
#define LISTENERS	3
#define FDS		32
#define PORT		5000
#define RX_MAX		(256U << 10)	/* told of one connection */
#define WAIT_MS		20000

/* A connection that we tell of. */
struct tale {
	bool told;
	uint64_t id;
	int lane;
	uint16_t rport;
	bool rx_only;
	uint32_t una;
	uint32_t tx_end;
	uint32_t copied;
	uint32_t rx_end;
	uint32_t rx_len;		/* stream bytes told since CONN_ADD */
};

struct story {
	struct tale tales[CONNS];
	int listeners[LISTENERS];
	int nr_listeners;
	int fds[FDS];
	int nr_fds;
	bool standby;
	bool ended;		/* by promotion or the operator */
	bool sync_ended[LANES];
	uint64_t audit;		/* number of the last one */
	bool auditing;
	uint32_t rx_most[65536 - PORT];	/* by remote port */
};

static uint64_t beat_body[sizeof(struct fttcp_wire_beat) / 8];

/* --- listeners and what they accept -------------------------------------- */

static void open_listeners(struct fuzz *f, struct story *s)
{
	static const char * const any[] = { "0.0.0.0", "::" };
	unsigned int i, n = rnd_below(&f->r, LISTENERS + 1);

	s->standby = rnd_one_in(&f->r, 2);
	for (i = 0; i < n; i++) {
		struct sock_opts o = {
			.ulp = true, .v6only = true,
			.standby = s->standby && rnd_one_in(&f->r, 2),
			.claim = i == 2, .backlog = 1 + rnd_below(&f->r, 8),
		};
		struct sockaddr_storage at;
		int fd;

		sock_addr(any[i % 2], i == 2 ? PORT + 1 : PORT, &at);
		fd = sock_listen(&at, &o, 8);
		if (fd >= 0)
			s->listeners[s->nr_listeners++] = fd;
	}
}

/* Were these bytes told of a connection with this port, in this order? */
static bool was_told(const struct story *s, uint16_t rport, const char *buf,
		     size_t len)
{
	struct pattern p = { .seed = rport, .dir = 'c' };
	uint32_t most = s->rx_most[rport - PORT];
	unsigned char *all = malloc(RX_MAX);
	bool found;

	if (!all)
		return false;
	pattern_fill(&p, 0, all, most);
	found = memmem(all, most, buf, len);
	free(all);
	return found;
}

/* Read all there is, check it; write at times. */
static const char *use(struct fuzz *f, const struct story *s, int fd)
{
	struct sockaddr_storage peer;
	socklen_t plen = sizeof(peer);
	static char buf[RX_MAX];
	size_t have = 0;
	ssize_t n;

	if (getpeername(fd, (struct sockaddr *)&peer, &plen))
		return NULL;		/* it was aborted */
	while (have < sizeof(buf) &&
	       (n = recv(fd, buf + have, sizeof(buf) - have,
			 MSG_DONTWAIT)) > 0)
		have += n;
	if (have && !f->spoiled && !f->unsure &&
	    !was_told(s, sock_port(&peer), buf, have))
		return "a claimed connection had bytes that were never told";
	f->bytes += have;
	if (rnd_one_in(&f->r, 2))
		send(fd, buf, rnd_below(&f->r, 3000),
		     MSG_DONTWAIT | MSG_NOSIGNAL);
	return NULL;
}

static void leave(struct fuzz *f, struct story *s, int i)
{
	struct linger now = { .l_onoff = 1 };

	if (rnd_one_in(&f->r, 2))
		setsockopt(s->fds[i], SOL_SOCKET, SO_LINGER, &now,
			   sizeof(now));
	close(s->fds[i]);
	s->fds[i] = s->fds[--s->nr_fds];
}

/* What an application does meanwhile: one thing of it. */
static const char *application(struct fuzz *f, struct story *s)
{
	int i, fd;

	if (s->nr_fds && rnd_one_in(&f->r, 3)) {
		i = rnd_below(&f->r, s->nr_fds);
		if (rnd_one_in(&f->r, 3))
			leave(f, s, i);
		else
			return use(f, s, s->fds[i]);
	}
	if (!s->nr_listeners || s->nr_fds == FDS)
		return NULL;
	i = rnd_below(&f->r, s->nr_listeners);
	fd = accept4(s->listeners[i], NULL, NULL,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	f->accepted++;
	s->fds[s->nr_fds++] = fd;
	return use(f, s, fd);
}

/* --- records that fit ---------------------------------------------------- */

static void some_addresses(struct fttcp_wire_conn *c, struct rnd *r)
{
	static const char * const pairs[][2] = {
		{ "::ffff:10.66.0.1", "::ffff:10.66.0.2" },
		{ "::ffff:10.66.0.9", "::ffff:10.66.0.3" },
		{ "fd66::1", "fd66::2" }, { "fd66::9", "fd66::3" },
		{ "::ffff:127.0.0.1", "::ffff:127.0.0.1" },
	};
	unsigned int i = rnd_below(r, rnd_one_in(r, 16) ? 5 : 4);
	bool v6 = i == 2 || i == 3;

	inet_pton(AF_INET6, pairs[i][0], c->laddr);
	inet_pton(AF_INET6, pairs[i][1], c->raddr);
	c->family = htons(v6 || rnd_one_in(r, 3) ? AF_INET6 : AF_INET);
}

/* What a node can hardly have is left to damage; here it has to work. */
static void some_opts(struct fttcp_wire_opts *o, struct rnd *r)
{
	memset(o->device, 0, sizeof(o->device));
	memset(o->cong, 0, sizeof(o->cong));
	if (rnd_one_in(r, 8))
		strcpy(o->device, "lo");
	strcpy(o->cong, rnd_one_in(r, 2) ? "cubic" : "reno");
	if (rnd_one_in(r, 2))
		o->md5_keylen = 0;
}

/* From where the tale is; bytes that were told may be read or acknowledged. */
static void some_state(struct tale *t, struct fttcp_wire_state *w,
		       struct rnd *r)
{
	_Alignas(8) struct fttcp_wire_conn_state tmp;

	recgen_fill(FTTCP_WIRE_STATE, &tmp, r);
	*w = tmp.state;
	if (t->rx_only)
		t->tx_end = t->una + rnd_below(r, 3000);
	if (rnd_one_in(r, 2))
		t->una += rnd_range(r, 0, t->tx_end - t->una);
	if (t->rx_only)
		t->tx_end = t->una;
	if (rnd_one_in(r, 2))
		t->copied += rnd_range(r, 0, t->rx_end - t->copied);
	w->snd_una = htonl(t->una);
	w->tx_end = htonl(t->tx_end);
	w->copied = htonl(t->copied);
	w->rx_end = htonl(t->rx_end);
	if (rnd_one_in(r, 2))
		w->rcv_edge = htonl(t->rx_end + rnd_below(r, 65536));
	if (!rnd_one_in(r, 4))
		w->flags = 0;
}

static const char *tell_add(struct fuzz *f, struct story *s, struct tale *t)
{
	_Alignas(8) struct fttcp_wire_conn_add a;

	if (!t->told) {
		t->id = rnd_one_in(&f->r, 32) ? rnd64(&f->r) | 1 :
		       1 + (uint64_t)(t - s->tales);
		t->lane = rnd_below(&f->r, f->nr);
		t->rport = PORT + 1 + rnd_below(&f->r, 12);
	}
	t->told = true;
	recgen_fill(FTTCP_WIRE_CONN_ADD, &a, &f->r);
	some_addresses(&a.conn, &f->r);
	some_opts(&a.opts, &f->r);
	a.conn.id = htobe64(t->id);
	a.conn.lport = htons(PORT);
	a.conn.rport = htons(t->rport);
	if (!rnd_one_in(&f->r, 8))
		a.conn.mode = FTTCP_MODE_SYNC;
	t->rx_only = a.conn.mode == FTTCP_MODE_RX_ONLY;
	t->una = rnd_edge(&f->r, 4);
	t->copied = rnd_edge(&f->r, 4);
	t->tx_end = t->una;
	t->rx_end = t->copied;
	t->rx_len = 0;
	some_state(t, &a.state, &f->r);
	a.state.tcp_state = TCP_ESTABLISHED;
	return fuzz_send(f, &f->lanes[t->lane], FTTCP_WIRE_CONN_ADD, &a, NULL,
			 0);
}

static uint32_t some_len(struct rnd *r)
{
	switch (rnd_below(r, 6)) {
	case 0:
		return 1;
	case 1:
		return 1 + rnd_below(r, 60000);
	}
	return 1 + rnd_below(r, 3000);
}

/* Sometimes from where it does not fit. */
static uint32_t misfit(struct fuzz *f, uint32_t seq)
{
	if (!f->damage || !rnd_one_in(&f->r, f->damage * 2))
		return seq;
	f->damaged++;
	return seq + rnd_edge(&f->r, 4);
}

static const char *tell_data(struct fuzz *f, struct story *s, struct tale *t,
			     bool rx)
{
	struct pattern p = { .seed = t->rport, .dir = rx ? 'c' : 's' };
	uint32_t len = some_len(&f->r), *most, seq;
	struct fttcp_wire_data d = { .id = htobe64(t->id) };
	static char buf[60000];

	if (rx ? t->rx_len + len > RX_MAX : t->rx_only)
		return NULL;
	pattern_fill(&p, t->rx_len, buf, len);
	if (rx) {
		seq = t->rx_end;
		t->rx_end += len;
		t->rx_len += len;
		most = &s->rx_most[t->rport - PORT];
		if (t->rx_len > *most)
			*most = t->rx_len;
	} else {
		seq = t->tx_end;
		t->tx_end += len;
	}
	d.seq = htonl(misfit(f, seq));
	some_state(t, &d.state, &f->r);
	return fuzz_send(f, &f->lanes[t->lane],
			 rx ? FTTCP_WIRE_RX_DATA : FTTCP_WIRE_TX_DATA, &d, buf,
			 len);
}

static const char *tell_state(struct fuzz *f, struct tale *t)
{
	struct fttcp_wire_conn_state w = { .id = htobe64(t->id) };

	some_state(t, &w.state, &f->r);
	w.state.snd_una = htonl(misfit(f, t->una));
	w.state.copied = htonl(misfit(f, t->copied));
	return fuzz_send(f, &f->lanes[t->lane], FTTCP_WIRE_STATE, &w, NULL, 0);
}

static const char *tell_opts(struct fuzz *f, struct tale *t)
{
	_Alignas(8) struct fttcp_wire_conn_opts o;

	recgen_fill(FTTCP_WIRE_CONN_OPTS, &o, &f->r);
	if (!rnd_one_in(&f->r, 16))
		some_opts(&o.opts, &f->r);
	o.id = htobe64(t->id);
	return fuzz_send(f, &f->lanes[t->lane], FTTCP_WIRE_CONN_OPTS, &o, NULL,
			 0);
}

static const char *tell_del(struct fuzz *f, struct tale *t)
{
	struct fttcp_wire_conn_ref ref = { .id = htobe64(t->id) };

	t->told = false;
	return fuzz_send(f, &f->lanes[t->lane], FTTCP_WIRE_CONN_DEL, &ref,
			 NULL, 0);
}

static const char *tell_beat(struct fuzz *f)
{
	struct lane *l = &f->lanes[rnd_below(&f->r, f->nr)];

	/* the node's HELLO is the only counted record of a backup */
	fuzz_beat(f, l, beat_body, rnd_below(&f->r, l->got + 1));
	return fuzz_send(f, l, rnd_one_in(&f->r, 2) ? FTTCP_WIRE_HEARTBEAT :
			 FTTCP_WIRE_ACK, beat_body, NULL, 0);
}

static const char *tell_sync(struct fuzz *f, struct story *s, bool begin,
			     int lane)
{
	struct fttcp_wire_sync sync = { .epoch = htobe64(f->epoch) };

	s->sync_ended[lane] |= !begin;
	return fuzz_send(f, &f->lanes[lane], begin ? FTTCP_WIRE_SYNC_BEGIN :
			 FTTCP_WIRE_SYNC_END, &sync, NULL, 0);
}

/* AUDIT_MARK or SWEEP, on every lane: the next audit begins, or this one ends. */
static const char *tell_marks(struct fuzz *f, struct story *s)
{
	uint8_t type = s->auditing ? FTTCP_WIRE_SWEEP : FTTCP_WIRE_AUDIT_MARK;
	struct fttcp_wire_audit_mark m = {};
	const char *wrong = NULL;
	int i;

	s->audit += s->auditing ? 0 : 1 + rnd_below(&f->r, 3);
	s->auditing = !s->auditing;
	m.number = htobe64(s->audit);
	for (i = 0; i < f->nr && !wrong; i++)
		wrong = fuzz_send(f, &f->lanes[i], type, &m, NULL, 0);
	return wrong;
}

/* With digests that are hardly right; what is not named is swept. */
static const char *tell_audit(struct fuzz *f, struct story *s, struct tale *t)
{
	struct fttcp_wire_audit a;

	if (!s->auditing || rnd_one_in(&f->r, 8))
		return tell_marks(f, s);
	recgen_fill(FTTCP_WIRE_AUDIT, &a, &f->r);
	a.id = htobe64(t->id);
	a.number = htobe64(s->audit);
	if (rnd_one_in(&f->r, 2)) {
		a.tx_seq = htonl(t->una);
		a.tx_len = htonl((t->tx_end - t->una) % FTTCP_AUDIT_PIECE);
		a.rx_seq = htonl(t->copied);
		a.rx_len = htonl((t->rx_end - t->copied) % FTTCP_AUDIT_PIECE);
	}
	return fuzz_send(f, &f->lanes[t->lane], FTTCP_WIRE_AUDIT, &a, NULL, 0);
}

/* What an operator has done at the active; on the first lane. */
static const char *tell_command(struct fuzz *f)
{
	struct fttcp_wire_command c;

	recgen_fill(FTTCP_WIRE_COMMAND, &c, &f->r);
	return fuzz_send(f, &f->lanes[0], FTTCP_WIRE_COMMAND, &c, NULL, 0);
}

static const char *tell(struct fuzz *f, struct story *s)
{
	struct tale *t = &s->tales[rnd_below(&f->r, CONNS)];

	if (f->damage && rnd_one_in(&f->r, f->damage * 4))
		return fuzz_anything(f);
	if (!t->told)
		return tell_add(f, s, t);
	switch (rnd_below(&f->r, 17)) {
	case 16:
		return tell_command(f);
	case 0:
		return tell_del(f, t);
	case 1:
		return tell_opts(f, t);
	case 2:
		return tell_beat(f);
	case 3:
		return rnd_one_in(&f->r, 3) ? tell_add(f, s, t) :
					      tell_audit(f, s, t);
	case 4:
	case 5:
	case 6:
		return tell_state(f, t);
	}
	return tell_data(f, s, t, rnd_one_in(&f->r, 2));
}

/* --- a round ------------------------------------------------------------- */

static const char *promote(struct fuzz *f, struct story *s)
{
	bool dry = rnd_one_in(&f->r, 3);
	int err = node_promote(&f->node, rnd_below(&f->r, 4), dry);

	if (err == -EAGAIN || err == -ENODATA)
		return NULL;
	if (err)
		return "the backup could not be promoted";
	f->promoted += !dry;
	s->ended |= !dry;
	return NULL;
}

/* What an operator does meanwhile. */
static const char *operate(struct fuzz *f, struct story *s)
{
	static const uint8_t dumps[] = {
		FTTCP_CMD_LINK_GET, FTTCP_CMD_CONN_GET, FTTCP_CMD_POLICY_GET,
		FTTCP_CMD_COMMAND_GET,
	};

	switch (rnd_below(&f->r, 8)) {
	case 0:
		return promote(f, s);
	case 1:
		s->ended = true;
		if (node_role(&f->node, FTTCP_ROLE_NONE))
			return "the role could not be taken away";
		return NULL;
	}
	return node_dump(&f->node, dumps[rnd_below(&f->r, 4)]) ?
	       "the node gives no dump" : NULL;
}

static const char *play(struct fuzz *f, struct story *s)
{
	int i, steps = 5 + rnd_below(&f->r, 100);
	const char *wrong = fuzz_hello(f, FTTCP_ROLE_ACTIVE);

	for (i = 0; i < f->nr && !wrong; i++)
		wrong = tell_sync(f, s, true, i);
	while (steps-- && !wrong && !s->ended) {
		wrong = tell(f, s);
		if (!wrong && rnd_one_in(&f->r, 8))
			wrong = application(f, s);
		if (!wrong && rnd_one_in(&f->r, 100))
			wrong = operate(f, s);
	}
	return wrong;
}

/* Nothing was wrong with what we said: all of it has to be taken. */
static const char *all_taken(struct fuzz *f, struct story *s)
{
	int64_t limit = now_ms() + WAIT_MS;
	struct node_info info;
	const char *wrong = NULL;
	int i;

	for (i = 0; i < f->nr && !wrong; i++)
		if (!s->sync_ended[i])
			wrong = tell_sync(f, s, false, i);
	for (i = 0; i < f->nr && !wrong;) {
		wrong = lane_read(&f->lanes[i], NULL, NULL);
		if (!wrong && f->lanes[i].ended)
			wrong = "the node refused what was right";
		if (!wrong && now_ms() > limit)
			wrong = "the node did not acknowledge what was right";
		i += f->lanes[i].acked == f->lanes[i].sent;
	}
	if (wrong)
		return wrong;
	if (node_get(&f->node, &info))
		return "the node does not answer";
	return info.state == FTTCP_STATE_BACKUP_READY ? NULL :
	       "the copy is complete, and the node is not ready";
}

static const char *finish(struct fuzz *f, struct story *s)
{
	const char *wrong = NULL;
	int i;

	if (!f->damage && !s->ended)
		wrong = all_taken(f, s);
	for (i = 0; i < 20 && !wrong; i++)
		wrong = application(f, s);
	if (wrong)
		return wrong;
	if (!f->refused)
		for (i = 0; i < f->nr; i++)
			shutdown(f->lanes[i].fd, SHUT_RDWR);
	wrong = fuzz_link_ended(f);
	if (!wrong && !s->ended && rnd_one_in(&f->r, 2))
		wrong = promote(f, s);
	for (i = 0; i < 20 && !wrong; i++)
		wrong = application(f, s);
	return wrong;
}

static const char *tidy(struct fuzz *f, struct story *s)
{
	const char *wrong;

	while (s->nr_fds)
		leave(f, s, 0);
	while (s->nr_listeners)
		close(s->listeners[--s->nr_listeners]);
	wrong = fuzz_link_forget(f);
	/* by way of backup: an active ends then what it was promoted with */
	if (node_role(&f->node, FTTCP_ROLE_BACKUP) ||
	    node_role(&f->node, FTTCP_ROLE_NONE))
		return "the role could not be taken away";
	return wrong ? wrong : fuzz_settled(f);
}

/**
 * fuzz_backup() - a round against a backup
 * @f: round
 *
 * Return: NULL, or what should not have happened.
 */
const char *fuzz_backup(struct fuzz *f)
{
	static struct story s;
	static const uint32_t damages[] = { 0, 100, 30, 5 };
	struct node_info info;
	const char *wrong;

	memset(&s, 0, sizeof(s));
	if (node_role(&f->node, FTTCP_ROLE_BACKUP) ||
	    node_get(&f->node, &info))
		return "the node does not become backup";
	f->epoch = info.epoch_seen + rnd_below(&f->r, 2);
	if (!f->epoch)
		f->epoch = 1;
	f->nr = 1 + rnd_below(&f->r, LANES);
	f->id = 1 + rnd_below(&f->r, 3);
	f->damage = damages[rnd_below(&f->r, 4)];
	f->refused = false;
	f->unsure = false;
	f->spoiled = false;
	open_listeners(f, &s);
	wrong = fuzz_link_open(f);
	if (!wrong)
		wrong = play(f, &s);
	if (!wrong)
		wrong = finish(f, &s);
	return wrong ? wrong : tidy(f, &s);
}
