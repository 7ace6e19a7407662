/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cases of ftmatrix: which there are, and what each is called.
 */
#ifndef FT_MATRIX_H
#define FT_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

/* The state of TCP on the node that dies. */
enum state { ST_ESTABLISHED, ST_CLOSE_WAIT, ST_FIN_WAIT1, ST_FIN_WAIT2,
	     ST_CLOSING, ST_LAST_ACK, ST_NR };

#define QUEUE_TX	1
#define QUEUE_RX	2

enum extra { EX_NONE, EX_ZERO_WINDOW, EX_URGENT, EX_NR };

/**
 * struct kase - one combination
 * @family: AF_INET or AF_INET6
 * @state: of the connection on act
 * @queues: QUEUE_*: what has bytes in it: written and not acknowledged,
 *	received and not read
 * @closed: act's program has closed it; otherwise it has called shutdown()
 * @seen: the peer has got those bytes and our FIN, and its answer was lost;
 *	otherwise they were lost themselves
 * @extra: what else
 */
struct kase {
	int family;
	enum state state;
	unsigned int queues;
	bool closed;
	bool seen;
	enum extra extra;
};

bool kase_first(struct kase *k, bool seen);
bool kase_next(struct kase *k);
void kase_name(const struct kase *k, char *buf, size_t len);
bool kase_our_fin(const struct kase *k);
bool kase_peer_fin(const struct kase *k);

#endif /* FT_MATRIX_H */
