/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The history of a simulation: fixed-size events, written in the order in which
 * they took place, on the simulated clock. ftsim writes it and judges nothing;
 * ftsim-check reads it and knows nothing of ftsim but this file.
 */
#ifndef FTSIM_HIST_H
#define FTSIM_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_MAGIC	0x3174736968737466ULL	/* "ftshist1" */

/* Who: the two machines of the cluster, and their peer. */
enum hist_who { WHO_A, WHO_B, WHO_PEER };

/* Which way a stream goes: from the peer to the service, or back. */
enum hist_dir { DIR_IN, DIR_OUT };

/* Ports of the service's peers: connection number plus this. */
#define PEER_PORT_BASE	20000
#define SERVICE_PORT	5000	/* and the next one, with TCP-MD5 */

/**
 * enum hist_type - what an event says, and what its fields are
 * @H_SEED: a: the seed, b: HIST_MAGIC
 * @H_OPEN: a connection begins; a: AF_*, b: enum kind, c: longest time
 *	between two bytes when nothing is wrong, ns
 * @H_TX: a program has written; a: offset, b: bytes
 * @H_RX: a program has read; a: offset, b: bytes, c: their hash
 * @H_TOTAL: how long the stream will have been at its end; a: bytes
 * @H_EOF: a program has read the end of the stream; a: offset
 * @H_ERR: a program's socket failed; a: errno
 * @H_SHUT: a program has said that it sends no more; a: offset
 * @H_DONE: the peer's program has ended the connection in order
 * @H_GUARD: the connection is protected: from here on it may not fail
 * @H_RESUME: a program took a connection over; a: bytes written, b: bytes
 *	consumed, c: bytes received, as the kernel says
 * @H_SEG: a segment of the service came out of a machine; a: sequence number
 *	<< 32 | acknowledgement, b: bytes << 16 | TCP flags
 * @H_PROMOTE: a machine is told to promote
 * @H_PROMOTED: it says that it has; a: epoch, b: connections, c: failures
 * @H_UNPROMOTED: it refused; a: errno
 * @H_DISTURB: from here on a stall is no wonder; a: enum disturb
 * @H_CALM: the end of that
 * @H_STOP: nothing is opened, disturbed or written any more but what is under
 *	way
 * @H_COUNTER: a kernel counter that has to be 0; a: its value, b: which
 * @H_STUCK: the cluster did not come where it was expected; a: enum stuck
 * @H_FORGET: the machine that opened it died before the peer had heard of it
 * @H_END: a: takeovers, b: handovers, c: packets that the capture lost
 */
enum hist_type {
	H_SEED, H_OPEN, H_TX, H_RX, H_TOTAL, H_EOF, H_ERR, H_SHUT, H_DONE,
	H_GUARD, H_RESUME, H_SEG, H_PROMOTE, H_PROMOTED, H_UNPROMOTED,
	H_DISTURB, H_CALM, H_STOP, H_COUNTER, H_STUCK,
	H_FORGET, H_END,
	H_TYPES
};

/* What disturbs. */
enum disturb {
	D_TAKEOVER, D_LAN, D_LINK, D_HANDOVER, D_BACKUP, D_SPLIT, D_FLAP,
	D_MTU, D_RESET,
};

/* Where the cluster got stuck. */
enum stuck { S_LINK, S_PROTECT, S_NOTICE, S_PROMOTE, S_HANDOVER, S_FINISH };

/**
 * struct hist_event - one event
 * @ns: simulated time since the beginning of the seed
 * @type: enum hist_type
 * @who: enum hist_who, where it applies
 * @dir: enum hist_dir, where it applies
 * @conn: number of the connection, or 0
 * @a: see enum hist_type
 * @b: the same
 * @c: the same
 */
struct hist_event {
	uint64_t ns;
	uint16_t type;
	uint8_t who;
	uint8_t dir;
	uint32_t conn;
	uint64_t a;
	uint64_t b;
	uint64_t c;
};

_Static_assert(sizeof(struct hist_event) == 40, "histories are kept");

uint64_t hist_hash(const void *data, size_t len, uint64_t from);

#endif /* FTSIM_HIST_H */
