// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of ftmatrix: every combination that can exist.
 */
#include <stdio.h>
#include <sys/socket.h>

#include "ftmatrix.h"

static bool in_flight(const struct kase *k)
{
	return k->state == ST_FIN_WAIT1 || k->state == ST_CLOSING ||
	       k->state == ST_LAST_ACK;
}

/**
 * kase_our_fin() - has act's program ended its direction?
 * @k: case
 *
 * Return: yes or no.
 */
bool kase_our_fin(const struct kase *k)
{
	return in_flight(k) || k->state == ST_FIN_WAIT2;
}

/**
 * kase_peer_fin() - has act got the peer's FIN?
 * @k: case
 *
 * Return: yes or no.
 */
bool kase_peer_fin(const struct kase *k)
{
	return k->state == ST_CLOSE_WAIT || k->state == ST_CLOSING ||
	       k->state == ST_LAST_ACK;
}

static bool extra_exists(const struct kase *k)
{
	switch (k->extra) {
	case EX_ZERO_WINDOW:
		/* nothing crosses a closed window, no FIN either */
		if (k->queues & QUEUE_RX && kase_peer_fin(k))
			return false;
		return k->queues && !k->seen;
	case EX_URGENT:
		return k->state == ST_ESTABLISHED &&
		       (k->queues == QUEUE_TX ||
			(k->queues == QUEUE_RX && !k->seen));
	default:
		return true;
	}
}

static bool exists(const struct kase *k)
{
	/* an acknowledged FIN has everything before it acknowledged */
	if (k->state == ST_FIN_WAIT2 && k->queues & QUEUE_TX)
		return false;
	/* closing with unread bytes resets */
	if (k->closed && (!in_flight(k) || k->queues & QUEUE_RX))
		return false;
	if (k->seen && !in_flight(k) && !(k->queues & QUEUE_TX))
		return false;
	return extra_exists(k);
}

/* Counts through all combinations; false behind the last. */
static bool step(struct kase *k)
{
	if (k->family == AF_INET) {
		k->family = AF_INET6;
		return true;
	}
	k->family = AF_INET;
	if (++k->queues <= (QUEUE_TX | QUEUE_RX))
		return true;
	k->queues = 0;
	k->closed = !k->closed;
	if (k->closed)
		return true;
	if (++k->extra < EX_NR)
		return true;
	k->extra = EX_NONE;
	return ++k->state < ST_NR;
}

/**
 * kase_next() - the next case
 * @k: case; changed
 *
 * Return: false when there is none.
 */
bool kase_next(struct kase *k)
{
	do {
		if (!step(k))
			return false;
	} while (!exists(k));
	return true;
}

/**
 * kase_first() - the first case
 * @k: result
 * @seen: those where the peer has seen what act sent last
 *
 * Return: true.
 */
bool kase_first(struct kase *k, bool seen)
{
	*k = (struct kase){ .family = AF_INET, .seen = seen };
	return exists(k) || kase_next(k);
}

/**
 * kase_name() - what a case is called
 * @k: case
 * @buf: result
 * @len: room there
 */
void kase_name(const struct kase *k, char *buf, size_t len)
{
	static const char *const states[] = {
		"ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2",
		"CLOSING", "LAST_ACK",
	};
	static const char *const queues[] = {
		"no data", "unacknowledged data", "unread data",
		"unacknowledged and unread data",
	};
	static const char *const extras[] = { "", ", zero window", ", urgent" };
	const char *fate = "";

	if (in_flight(k) && k->extra != EX_ZERO_WINDOW)
		fate = k->seen ? ", FIN seen" : ", FIN lost";
	else if (k->queues & QUEUE_TX && k->extra != EX_ZERO_WINDOW)
		fate = k->seen ? ", data seen" : ", data lost";
	snprintf(buf, len, "%s, IPv%c, %s%s%s%s", states[k->state],
		 k->family == AF_INET ? '4' : '6', queues[k->queues],
		 extras[k->extra], fate, k->closed ? ", closed" : "");
}
