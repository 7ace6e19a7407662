/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection of a hostile peer.
 */
#ifndef FT_HOSTILE_H
#define FT_HOSTILE_H

#include "pattern.h"
#include "rawtcp.h"
#include "rnd.h"

enum hstate { H_CLOSED, H_SYN, H_OPEN };

/**
 * struct hostile - what all connections share
 * @raw: socket
 * @r: everything that is random
 * @dport: the server's port
 * @sent: segments
 * @evil: of these, those that no honest peer would send
 * @got: segments that came
 * @bytes_in: new bytes that came, and were right
 * @bytes_out: bytes of the stream that were acknowledged
 * @opened: handshakes that ended
 * @resets: connections that ended with one
 */
struct hostile {
	struct raw raw;
	struct rnd r;
	uint16_t dport;
	unsigned long sent;
	unsigned long evil;
	unsigned long got;
	uint64_t bytes_in;
	uint64_t bytes_out;
	unsigned long opened;
	unsigned long resets;
};

/**
 * struct hconn - a connection
 * @state: of the handshake
 * @port: ours
 * @iss: our first sequence number
 * @una: first of ours that is not acknowledged
 * @max: end of what was sent in order
 * @top: end of what was ever sent
 * @other: the first byte that was expected of a SYN which did not belong
 * @irs: their first sequence number
 * @nxt: what we acknowledge when we are honest
 * @seen: end of what came
 * @wnd: their window, scaled
 * @wscale: of theirs
 * @tstamps: negotiated
 * @sacks: negotiated
 * @ts_off: added to our clock
 * @ts_peer: to echo
 * @fin: our FIN was sent, behind @max
 * @life: segments until it is left
 * @mss: of the other side
 * @out: our stream
 * @in: theirs
 */
struct hconn {
	enum hstate state;
	uint16_t port;
	uint32_t iss;
	uint32_t una;
	uint32_t max;
	uint32_t top;
	uint32_t other;
	uint32_t irs;
	uint32_t nxt;
	uint32_t seen;
	uint32_t wnd;
	uint8_t wscale;
	bool tstamps;
	bool sacks;
	uint32_t ts_off;
	uint32_t ts_peer;
	bool fin;
	unsigned int life;
	struct pattern out;
	struct pattern in;
};

void hostile_begin(struct hostile *h, struct hconn *c, uint16_t port);
void hostile_act(struct hostile *h, struct hconn *c);
const char *hostile_receive(struct hostile *h, struct hconn *c,
			    const struct segment *s);

#endif /* FT_HOSTILE_H */
