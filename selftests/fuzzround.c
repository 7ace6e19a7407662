// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the rounds of both roles have in common: a link is made, said HELLO on,
 * gets records, some of them damaged, ends for a reason, and leaves nothing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "ftsock.h"
#include "fuzzlink.h"

#define HDR		sizeof(struct fttcp_wire_hdr)
#define WAIT_MS		20000
#define OUR_ID		2

static void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

/**
 * fuzz_link_open() - give the kernel its end of a new link
 * @f: round; @f->nr lanes are opened
 *
 * Return: NULL, or what should not have happened.
 */
const char *fuzz_link_open(struct fuzz *f)
{
	int fds[LANES], i, err;

	for (i = 0; i < f->nr; i++) {
		if (lane_open(&f->lanes[i], &fds[i]))
			return "no sockets for a lane";
	}
	err = node_link_add(&f->node, f->id, fds, f->nr);
	for (i = 0; i < f->nr; i++)
		close(fds[i]);
	return err ? "the link was not taken" : NULL;
}

/* What has to be refused, as long as it is read as the record that it was. */
static void refuse(struct fuzz *f, bool refused)
{
	f->refused |= refused && !f->unsure;
}

/* Type and payload length may by chance be those of another record. */
static void damage_header(struct fuzz *f, unsigned char *rec, uint8_t type)
{
	unsigned char was[HDR];

	memcpy(was, rec, HDR);
	recgen_damage_header(rec, &f->r);
	if (was[3] != rec[3] || memcmp(was + 8, rec + 8, 4))
		f->unsure = true;
	/* HELLO may be of a newer version */
	else if (type != FTTCP_WIRE_HELLO || was[2] == rec[2])
		refuse(f, memcmp(was, rec, HDR));
}

static void damage(struct fuzz *f, unsigned char *rec, uint8_t type)
{
	_Alignas(8) unsigned char body[FTTCP_WIRE_BODY_MAX];

	f->damaged++;
	if (rnd_one_in(&f->r, 3)) {
		damage_header(f, rec, type);
		return;
	}
	memcpy(body, rec + HDR, recgen_body_len(type));
	recgen_damage(type, body, &f->r);
	refuse(f, !recgen_valid(type, body));
	f->spoiled |= type == FTTCP_WIRE_CONN_ADD || type == FTTCP_WIRE_RX_DATA;
	memcpy(rec + HDR, body, recgen_body_len(type));
}

/* Bytes that belong to nothing, or a record that is cut. */
static size_t derail(struct fuzz *f, unsigned char *rec, size_t len)
{
	size_t i, n = 1 + rnd_below(&f->r, 64);

	f->damaged++;
	f->unsure = true;
	if (rnd_one_in(&f->r, 2))
		return len > n ? len - n : len;
	for (i = 0; i < n; i++)
		rec[len + i] = rnd64(&f->r);
	return len + n;
}

/**
 * fuzz_send() - send a record, perhaps damaged
 * @f: round
 * @l: lane
 * @type: enum fttcp_wire_type
 * @body: its part
 * @payload: or NULL
 * @len: bytes of @payload
 *
 * Return: NULL, or what should not have happened.
 */
const char *fuzz_send(struct fuzz *f, struct lane *l, uint8_t type, void *body,
		      const void *payload, uint32_t len)
{
	size_t size = HDR + recgen_body_len(type) + len;
	unsigned char *rec = malloc(size + 64);
	const char *wrong;
	int err;

	if (!rec)
		return "no memory";
	l->sent += recgen_counted(type);
	recgen_header(rec, type, len, recgen_counted(type) ? l->sent : 0);
	memcpy(rec + HDR, body, recgen_body_len(type));
	if (len)
		memcpy(rec + HDR + recgen_body_len(type), payload, len);
	if (f->damage && rnd_one_in(&f->r, f->damage)) {
		if (rnd_one_in(&f->r, 6))
			size = derail(f, rec, size);
		else
			damage(f, rec, type);
	}
	f->records++;
	err = lane_send(l, rec, size, &f->r);
	free(rec);
	if (err)
		return "the node takes no bytes from its lane";
	wrong = rnd_one_in(&f->r, 4) ? lane_read(l, NULL, NULL) : NULL;
	return wrong;
}

/**
 * fuzz_anything() - a valid record that hardly belongs here
 * @f: round
 *
 * Return: NULL, or what should not have happened.
 */
const char *fuzz_anything(struct fuzz *f)
{
	static uint64_t body[FTTCP_WIRE_BODY_MAX / 8];
	uint8_t type = 1 + rnd_below(&f->r, __FTTCP_WIRE_MAX - 1);
	struct lane *l = &f->lanes[rnd_below(&f->r, f->nr)];

	f->damaged++;
	recgen_fill(type, body, &f->r);
	/* if it happens to belong, what is read is not what was told */
	if (type == FTTCP_WIRE_CONN_ADD || type == FTTCP_WIRE_RX_DATA)
		f->spoiled |= be64toh(body[0]) <= FUZZ_CONNS;
	return fuzz_send(f, l, type, body, "x", recgen_has_payload(type));
}

/**
 * fuzz_hello() - say HELLO on each lane, in any order
 * @f: round
 * @role: that we claim
 *
 * Return: NULL, or what should not have happened.
 */
const char *fuzz_hello(struct fuzz *f, uint8_t role)
{
	int i, first = rnd_below(&f->r, f->nr);
	struct fttcp_wire_hello h;
	const char *wrong;
	uint64_t boot = rnd64(&f->r);

	for (i = 0; i < f->nr; i++) {
		int lane = (first + i) % f->nr;

		recgen_fill(FTTCP_WIRE_HELLO, &h, &f->r);
		h.node_id = htonl(OUR_ID);
		h.role = role;
		h.lane = lane;
		h.lanes = f->nr;
		h.epoch = htobe64(f->epoch);
		h.boot_id = boot;
		h.heartbeat_ms = htonl(1000);
		h.lease_ms = htonl(10000);
		wrong = fuzz_send(f, &f->lanes[lane], FTTCP_WIRE_HELLO, &h,
				  NULL, 0);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/**
 * fuzz_beat() - fill in a HEARTBEAT or an ACK that is right
 * @f: round
 * @l: lane
 * @body: where
 * @acked: what we say to have
 */
void fuzz_beat(struct fuzz *f, struct lane *l, void *body, uint64_t acked)
{
	struct fttcp_wire_beat *b = body;
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	recgen_fill(FTTCP_WIRE_ACK, b, &f->r);
	b->sent_ns = htobe64(now.tv_sec * 1000000000ULL + now.tv_nsec);
	b->echo_ns = htobe64(l->peer_ns);
	b->acked = htobe64(acked);
	b->epoch = htobe64(f->epoch);
	b->lease_ms = htonl(10000);
}

/**
 * fuzz_link_ended() - our ends are closed, or something wrong was sent
 * @f: round
 *
 * Return: NULL once the link is down for a reason.
 */
const char *fuzz_link_ended(struct fuzz *f)
{
	int64_t limit = now_ms() + WAIT_MS;
	struct link_info link = { .id = f->id };
	const char *wrong = NULL;
	int i;

	do {
		for (i = 0; i < f->nr && !wrong; i++)
			wrong = lane_read(&f->lanes[i], NULL, NULL);
		if (wrong)
			return wrong;
		if (node_link_get(&f->node, &link))
			return "the node does not tell of its links";
		if (!link.there)
			return "the link is not listed";
		if (link.state == FTTCP_LINK_STATE_DOWN)
			return link.reason == FTTCP_DOWN_REASON_NONE ?
			       "the link is down for no reason" : NULL;
		nap();
	} while (now_ms() < limit);
	return "the link stays up";
}

const char *fuzz_link_forget(struct fuzz *f)
{
	int i;

	for (i = 0; i < f->nr; i++)
		lane_close(&f->lanes[i], rnd_one_in(&f->r, 4));
	return node_link_del(&f->node, f->id) ? "the link is not there" : NULL;
}

/**
 * fuzz_settled() - the node has nothing left of a round
 * @f: round
 *
 * Return: NULL, or what is left.
 */
const char *fuzz_settled(struct fuzz *f)
{
	int64_t limit = now_ms() + WAIT_MS;
	struct node_info i;

	for (;;) {
		if (node_get(&f->node, &i))
			return "the node does not answer";
		if (!i.replicas && !i.standby && !i.conns && !i.memory &&
		    !i.links && !i.listeners)
			return NULL;
		if (now_ms() > limit)
			break;
		nap();
	}
	if (i.replicas || i.standby)
		return "a replica is left";
	if (i.conns || i.listeners)
		return "a connection is left";
	return i.links ? "a link is left" : "memory is left";
}
