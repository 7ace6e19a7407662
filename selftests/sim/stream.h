/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection: what both its ends do. What an end may write follows from what
 * it has read and written, so a program that takes a connection over needs to
 * know nothing but the offsets that the kernel tells it.
 */
#ifndef FTSIM_STREAM_H
#define FTSIM_STREAM_H

#include "sim.h"

/* What a connection is for. */
enum kind {
	K_BULK_IN,	/* the peer sends */
	K_BULK_OUT,	/* the service sends */
	K_BOTH,		/* both do */
	K_RPC,		/* question and answer, one after the other */
	K_IDLE,		/* a question now and then, and keepalives */
	K_SLOW,		/* both send, the reader of one end is slow */
	K_HALF_IN,	/* the service sends its end soon and reads on */
	K_HALF_OUT,	/* the peer sends its end soon and reads on */
	K_SHORT,	/* ends by itself after some bytes */
	KINDS
};

/* Who says first that it sends no more. */
enum order { O_ANY, O_PEER_FIRST, O_SERVICE_FIRST };

struct conn;

/**
 * struct end - a program's socket of a connection
 * @conn: of which
 * @who: where the program runs
 * @fd: the socket, or -1
 * @tx: offset of the next byte to write
 * @rx: offset of the next byte to read
 * @tx_at: not written before this, ns
 * @rx_at: not read before this, ns
 * @connecting: connect() is under way
 * @standby: a replica
 * @readable: there may be something to read
 * @writable: there may be room
 * @shut: no more is written
 * @eof: all is read
 */
struct end {
	struct conn *conn;
	enum hist_who who;
	int fd;
	uint64_t tx;
	uint64_t rx;
	uint64_t tx_at;
	uint64_t rx_at;
	bool connecting;
	bool standby;
	bool readable;
	bool writable;
	bool shut;
	bool eof;
};

/**
 * struct conn - a connection
 * @id: from 1
 * @family: AF_INET or AF_INET6
 * @kind: enum kind
 * @order: enum order
 * @md5: signed
 * @active: opened by the service
 * @keepalive: both ends probe
 * @met: opened by the service, and the peer has accepted it
 * @done: the peer has ended it in order
 * @failed: the peer's socket failed
 * @guarded: may not fail any more
 * @ask: bytes of a question
 * @answer: bytes of an answer
 * @chunk: most bytes in a call, for each direction
 * @pause: between two calls, ns, for each direction
 * @slow: between two reads, ns, for the reader of each direction
 * @total: length of the stream of each direction, UINT64_MAX: not known yet
 * @max: furthest offset that was ever written, by whomever
 * @got: furthest offset that the service has read
 * @end: WHO_A, WHO_B, WHO_PEER
 */
struct conn {
	unsigned int id;
	int family;
	enum kind kind;
	enum order order;
	bool md5;
	bool active;
	bool keepalive;
	bool met;
	bool done;
	bool failed;
	bool guarded;
	uint32_t ask;
	uint32_t answer;
	uint32_t chunk[2];
	uint64_t pause[2];
	uint64_t slow[2];
	uint64_t total[2];
	uint64_t max[2];
	uint64_t got;
	struct end end[3];
};

void conn_choose(struct conn *c, unsigned int id, struct rng *rng);
void conn_stop(struct conn *c);
void end_reset(struct end *e);
void end_step(struct end *e, uint64_t now);
uint64_t end_due(const struct end *e, uint64_t now);
int end_resume(struct end *e);
uint64_t conn_longest_pause(const struct conn *c);

#endif /* FTSIM_STREAM_H */
