// SPDX-License-Identifier: GPL-2.0-only
/*
 * We are the backup of an active: connections of this namespace are protected,
 * we acknowledge what we are told, and then not, or too much, or ask for
 * connections that we have, or say what no backup says. Whatever we say, each
 * byte of each connection arrives, and none of them is reset.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "ftsock.h"
#include "fuzzlink.h"
#include "pattern.h"

#define PAIRS		4
#define IDS		16
#define PORT		5000
#define WAIT_MS		20000
#define AT_END		20000	/* bytes each way once the link is gone */

/* One end of a connection, and how far it is. */
struct end {
	int fd;
	struct pattern out;
	struct pattern in;
	uint64_t sent;
	uint64_t got;
	uint64_t most;		/* to send */
	bool shut;
	bool eof;
};

struct scene {
	struct end ends[PAIRS][2];
	int nr_pairs;
	uint64_t ids[IDS];
	unsigned int nr_ids;
	uint64_t acked[LANES];
	bool lazy;			/* acknowledges rarely */
};

/* --- the application ----------------------------------------------------- */

static const char *send_some(struct end *e, uint32_t room)
{
	static char buf[16384];
	ssize_t n;

	if (e->sent + room > e->most)
		room = e->most - e->sent;
	if (room > sizeof(buf))
		room = sizeof(buf);
	if (!room)
		return NULL;
	pattern_fill(&e->out, e->sent, buf, room);
	n = send(e->fd, buf, room, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? NULL : "a connection was broken (send)";
	e->sent += n;
	return NULL;
}

static const char *read_some(struct end *e)
{
	static char buf[65536];
	ssize_t n = recv(e->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? NULL : "a connection was broken (recv)";
	if (!n) {
		e->eof = true;
		return NULL;
	}
	if (pattern_check(&e->in, e->got, buf, n) != (size_t)n)
		return "a wrong byte arrived";
	e->got += n;
	return NULL;
}

static const char *traffic(struct fuzz *f, struct scene *s)
{
	const char *wrong = NULL;
	int i, j;

	for (i = 0; i < s->nr_pairs; i++) {
		for (j = 0; j < 2 && !wrong; j++) {
			struct end *e = &s->ends[i][j];

			if (rnd_one_in(&f->r, 2))
				wrong = send_some(e, 1 + rnd_below(&f->r,
								   8000));
			if (!wrong && rnd_one_in(&f->r, 2))
				wrong = read_some(e);
		}
	}
	return wrong;
}

static const char *open_pair(struct scene *s, int l, uint64_t seed)
{
	struct end *pair = s->ends[s->nr_pairs];
	struct sock_opts plain = {};
	struct sockaddr_storage at;
	int j;

	sock_addr("10.66.0.1", PORT, &at);
	pair[0].fd = sock_connect(&at, NULL, &plain);
	if (pair[0].fd < 0)
		return "no connection";
	pair[1].fd = accept4(l, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (pair[1].fd < 0)
		return "no connection to accept";
	for (j = 0; j < 2; j++) {
		pair[j].out = (struct pattern){ seed, j ? 's' : 'c' };
		pair[j].in = (struct pattern){ seed, j ? 'c' : 's' };
		pair[j].most = UINT64_MAX;
	}
	s->nr_pairs++;
	return NULL;
}

static const char *open_pairs(struct fuzz *f, struct scene *s)
{
	int n = 1 + rnd_below(&f->r, PAIRS), l;
	struct sock_opts ulp = { .ulp = true };
	struct sockaddr_storage at;
	const char *wrong = NULL;

	sock_addr("10.66.0.1", PORT, &at);
	l = sock_listen(&at, &ulp, PAIRS);
	if (l < 0)
		return "no listener";
	while (n-- && !wrong)
		wrong = open_pair(s, l, rnd64(&f->r));
	close(l);
	return wrong;
}

/* --- what the node tells, and what we answer ------------------------------ */

static void listen_to(struct lane *l, uint8_t type, const void *body,
		      const unsigned char *payload, uint32_t len, void *arg)
{
	const struct fttcp_wire_conn_add *a = body;
	struct scene *s = arg;

	(void)l, (void)payload, (void)len;
	if (type == FTTCP_WIRE_CONN_ADD && s->nr_ids < IDS)
		s->ids[s->nr_ids++] = be64toh(a->conn.id);
}

static const char *acknowledge(struct fuzz *f, struct scene *s)
{
	int i = rnd_below(&f->r, f->nr);
	struct lane *l = &f->lanes[i];
	const char *wrong = lane_read(l, listen_to, s);
	struct fttcp_wire_beat b;

	if (wrong || l->ended)
		return wrong;
	if (!s->lazy || rnd_one_in(&f->r, 8))
		s->acked[i] = rnd_range(&f->r, s->acked[i], l->got);
	fuzz_beat(f, l, &b, s->acked[i]);
	return fuzz_send(f, l, rnd_one_in(&f->r, 4) ? FTTCP_WIRE_HEARTBEAT :
			 FTTCP_WIRE_ACK, &b, NULL, 0);
}

/* More than was sent, an hour that is to come, an epoch that is larger. */
static const char *bad_ack(struct fuzz *f)
{
	struct lane *l = &f->lanes[rnd_below(&f->r, f->nr)];
	struct fttcp_wire_beat b;

	f->damaged++;
	fuzz_beat(f, l, &b, l->got);
	switch (rnd_below(&f->r, 4)) {
	case 0:
		b.acked = htobe64(l->got + 1000 + rnd_below(&f->r, 9));
		break;
	case 1:
		b.echo_ns = htobe64(UINT64_MAX - rnd_below(&f->r, 9));
		break;
	case 2:
		b.epoch = htobe64(f->epoch + 1 + rnd_below(&f->r, 9));
		break;
	case 3:		/* older than before: nothing new, and right */
		b.acked = 0;
		b.sent_ns = 0;
		b.echo_ns = 0;
		b.epoch = 0;
	}
	return fuzz_send(f, l, FTTCP_WIRE_ACK, &b, NULL, 0);
}

static const char *nack(struct fuzz *f, struct scene *s)
{
	struct lane *l = &f->lanes[rnd_below(&f->r, f->nr)];
	struct fttcp_wire_conn_ref ref;

	recgen_fill(FTTCP_WIRE_NACK, &ref, &f->r);
	if (s->nr_ids && !rnd_one_in(&f->r, 4))
		ref.id = htobe64(s->ids[rnd_below(&f->r, s->nr_ids)]);
	if (rnd_one_in(&f->r, 2))
		ref.reason = htonl(rnd_one_in(&f->r, 2) ?
				   FTTCP_DOWN_REASON_NACK : 0);
	return fuzz_send(f, l, FTTCP_WIRE_NACK, &ref, NULL, 0);
}

/* What a backup says to an audit, asked for or not. */
static const char *audit(struct fuzz *f, struct scene *s)
{
	struct lane *l = &f->lanes[rnd_below(&f->r, f->nr)];
	struct fttcp_wire_audit_diff d;
	struct fttcp_wire_audit_done n;

	if (rnd_one_in(&f->r, 4)) {
		recgen_fill(FTTCP_WIRE_AUDIT_DONE, &n, &f->r);
		n.number = htobe64(1 + rnd_below(&f->r, 3));
		return fuzz_send(f, l, FTTCP_WIRE_AUDIT_DONE, &n, NULL, 0);
	}
	recgen_fill(FTTCP_WIRE_AUDIT_DIFF, &d, &f->r);
	if (s->nr_ids && !rnd_one_in(&f->r, 4))
		d.id = htobe64(s->ids[rnd_below(&f->r, s->nr_ids)]);
	d.number = htobe64(1 + rnd_below(&f->r, 3));
	return fuzz_send(f, l, FTTCP_WIRE_AUDIT_DIFF, &d, NULL, 0);
}

static const char *stop(struct fuzz *f)
{
	struct lane *l = &f->lanes[rnd_below(&f->r, f->nr)];
	struct fttcp_wire_stop st;

	f->damaged++;
	recgen_fill(FTTCP_WIRE_STOP, &st, &f->r);
	st.epoch = htobe64(f->epoch);
	return fuzz_send(f, l, FTTCP_WIRE_STOP, &st, NULL, 0);
}

static const char *say(struct fuzz *f, struct scene *s)
{
	if (f->damage && rnd_one_in(&f->r, f->damage * 4))
		return fuzz_anything(f);
	if (f->damage && rnd_one_in(&f->r, f->damage * 4))
		return stop(f);
	if (f->damage && rnd_one_in(&f->r, f->damage * 2))
		return bad_ack(f);
	if (rnd_one_in(&f->r, 40))
		return rnd_one_in(&f->r, 2) ? nack(f, s) : audit(f, s);
	return acknowledge(f, s);
}

static const char *play(struct fuzz *f, struct scene *s)
{
	const char *wrong = fuzz_hello(f, FTTCP_ROLE_BACKUP);
	int steps = 10 + rnd_below(&f->r, 200);

	while (steps-- && !wrong) {
		wrong = say(f, s);
		if (!wrong)
			wrong = traffic(f, s);
	}
	return wrong;
}

/* --- the end ------------------------------------------------------------- */

/* We said nothing wrong and acknowledge all: the node has to be protected. */
static const char *becomes_protected(struct fuzz *f, struct scene *s)
{
	int64_t limit = now_ms() + WAIT_MS;
	struct fttcp_wire_beat b;
	struct node_info info;
	const char *wrong;
	int i;

	for (;;) {
		for (i = 0; i < f->nr; i++) {
			struct lane *l = &f->lanes[i];

			wrong = lane_read(l, listen_to, s);
			if (!wrong && l->ended)
				wrong = "the node refused what was right";
			fuzz_beat(f, l, &b, l->got);
			if (!wrong)
				wrong = fuzz_send(f, l, FTTCP_WIRE_ACK, &b,
						  NULL, 0);
			if (wrong)
				return wrong;
		}
		wrong = traffic(f, s);
		if (wrong)
			return wrong;
		if (node_get(&f->node, &info))
			return "the node does not answer";
		if (info.state == FTTCP_STATE_PROTECTED)
			return NULL;
		if (now_ms() > limit)
			return "the node does not become protected";
	}
}

static bool all_over(struct scene *s)
{
	bool over = true;
	int i, j;

	for (i = 0; i < s->nr_pairs; i++) {
		for (j = 0; j < 2; j++) {
			struct end *e = &s->ends[i][j];

			if (e->sent == e->most && !e->shut) {
				shutdown(e->fd, SHUT_WR);
				e->shut = true;
			}
			over &= e->eof;
		}
	}
	return over;
}

/* Without a backup they go on, and each byte arrives. */
static const char *go_on(struct fuzz *f, struct scene *s)
{
	int64_t limit = now_ms() + WAIT_MS;
	const char *wrong = NULL;
	int i, j, err;

	do {
		err = node_command(&f->node, FTTCP_CMD_SOLO);
	} while (err == -EBUSY && now_ms() < limit);
	/* fenced by our epoch: they are another's, who ends them here */
	if (err == -ESTALE && f->damage)
		return NULL;
	if (err)
		return "the node does not go on alone";
	for (i = 0; i < s->nr_pairs; i++)
		for (j = 0; j < 2; j++)
			s->ends[i][j].most = s->ends[i][j].sent + AT_END;
	while (!wrong && !all_over(s)) {
		wrong = traffic(f, s);
		if (now_ms() > limit)
			wrong = "a connection stands still";
	}
	for (i = 0; i < s->nr_pairs && !wrong; i++) {
		if (s->ends[i][0].got != s->ends[i][1].sent ||
		    s->ends[i][1].got != s->ends[i][0].sent)
			wrong = "bytes were lost";
		f->bytes += s->ends[i][0].got + s->ends[i][1].got;
	}
	return wrong;
}

static const char *tidy(struct fuzz *f, struct scene *s)
{
	const char *wrong;
	int i;

	for (i = 0; i < s->nr_pairs; i++) {
		close(s->ends[i][0].fd);
		close(s->ends[i][1].fd);
	}
	wrong = fuzz_link_forget(f);
	/* by way of backup: a fenced one ends then what it has */
	if (!wrong && (node_role(&f->node, FTTCP_ROLE_BACKUP) ||
		       node_role(&f->node, FTTCP_ROLE_NONE)))
		wrong = "the role could not be taken away";
	return wrong ? wrong : fuzz_settled(f);
}

/**
 * fuzz_active() - a round against an active
 * @f: round
 *
 * Return: NULL, or what should not have happened.
 */
const char *fuzz_active(struct fuzz *f)
{
	static const uint32_t damages[] = { 0, 100, 30, 5 };
	struct scene s = { .lazy = rnd_one_in(&f->r, 4) };
	struct node_info info;
	const char *wrong;
	int i;

	if (node_role(&f->node, FTTCP_ROLE_ACTIVE) ||
	    node_get(&f->node, &info))
		return "the node does not become active";
	f->epoch = info.epoch - rnd_below(&f->r, 2);
	f->nr = 1 + rnd_below(&f->r, LANES);
	f->id = 1 + rnd_below(&f->r, 3);
	f->damage = damages[rnd_below(&f->r, 4)];
	f->refused = false;
	f->unsure = false;
	wrong = open_pairs(f, &s);
	if (!wrong)
		wrong = fuzz_link_open(f);
	if (!wrong)
		wrong = play(f, &s);
	if (!wrong && !f->damage)
		wrong = becomes_protected(f, &s);
	if (wrong)
		return wrong;
	if (!f->refused)
		for (i = 0; i < f->nr; i++)
			shutdown(f->lanes[i].fd, SHUT_RDWR);
	wrong = fuzz_link_ended(f);
	if (!wrong)
		wrong = go_on(f, &s);
	return wrong ? wrong : tidy(f, &s);
}
