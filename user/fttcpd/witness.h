/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node's side of the witness (arbiter.h): asks it whether this node may go on
 * without the other one, and tells it when the lease is not needed. And the permission
 * to go on as a whole: the witness's lease first, then the fence, as far as they are
 * configured. One thread, the loop's.
 */
#ifndef FTTCPD_WITNESS_H
#define FTTCPD_WITNESS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "auth.h"

struct fttcpd;
struct fttcpd_conf;
struct json_object;

/* Answers may come in another order than questions, and late: so many are known. */
#define FTTCPD_WITNESS_RING	16

/**
 * enum fttcpd_asking - for what the witness is asked
 * @FTTCPD_ASKING_NOTHING: for nothing
 * @FTTCPD_ASKING_PERMIT: to go on without the other node
 * @FTTCPD_ASKING_LOOK:	to become active without having heard of the other node
 */
enum fttcpd_asking {
	FTTCPD_ASKING_NOTHING,
	FTTCPD_ASKING_PERMIT,
	FTTCPD_ASKING_LOOK,
};

/**
 * struct fttcpd_witness - the witness, as seen from here
 * @fd:		-1 for none
 * @io:		@fd
 * @timer:	next datagram
 * @auth:	the key that it and both nodes have
 * @hearing:	what was said and heard
 * @sent_ms:	when the question @counter % FTTCPD_WITNESS_RING was sent
 * @answer:	what it has said last
 * @asking:	what for
 * @asked_ms:	since when
 * @mark:	own counter then: what answers an earlier question does not count
 * @claim:	an operator has decided for this node, which it does not know yet
 * @unused:	number of the lease that was given to this daemon, which has done nothing
 *		with it; 0 for none
 * @shared:	number of the lease when the backup of now began to get its copy: no later one
 *		can have been given back by that
 * @refused_why: why the last one was not given, "" when it was, or is not wanted
 * @opened_ms:	when it was asked first
 * @up:		that it answers was told
 * @down:	that it does not was told
 * @two:	that both may be active was told
 * @error:	errno of the last attempt to open a socket that was logged
 * @sent:	datagrams
 * @heard:	datagrams that counted
 * @late:	overtaken, or of who has not heard this node yet
 * @malformed:	no datagram of this version
 * @refused:	wrong key or node, or heard before
 */
struct fttcpd_witness {
	int fd;
	ev_io io;
	ev_timer timer;
	struct fttcpd_auth auth;
	struct fttcpd_hearing hearing;
	int64_t sent_ms[FTTCPD_WITNESS_RING];
	struct fttcpd_ask answer;
	enum fttcpd_asking asking;
	int64_t asked_ms;
	uint64_t mark;
	bool claim;
	uint64_t unused;
	uint64_t shared;
	const char *refused_why;
	int64_t opened_ms;
	bool up;
	bool down;
	bool two;
	int error;
	uint64_t sent;
	uint64_t heard;
	uint64_t late;
	uint64_t malformed;
	uint64_t refused;
};

void fttcpd_witness_init(struct fttcpd *d);
void fttcpd_witness_exit(struct fttcpd *d);
int fttcpd_witness_load(struct fttcpd *d);
void fttcpd_witness_open(struct fttcpd *d);
void fttcpd_witness_changed(struct fttcpd *d);
void fttcpd_witness_ask(struct fttcpd *d, enum fttcpd_asking what);
void fttcpd_witness_stop(struct fttcpd *d, enum fttcpd_asking what);
void fttcpd_witness_claim(struct fttcpd *d);
bool fttcpd_witness_wanted(const struct fttcpd_conf *conf);
bool fttcpd_witness_refuses(const struct fttcpd *d);
const char *fttcpd_witness_trouble(const struct fttcpd *d);
struct json_object *fttcpd_witness_report(const struct fttcpd *d);

/* permit.c */
void fttcpd_permit_start(struct fttcpd *d);
void fttcpd_permit_stop(struct fttcpd *d);
void fttcpd_permit_answer(struct fttcpd *d, const char *refused_why);

#endif /* FTTCPD_WITNESS_H */
