/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening the TCP connections of a link, from either side, within a time.
 */
#ifndef FTTCPCTL_DIAL_H
#define FTTCPCTL_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/**
 * struct dial - what to open
 * @peer: connect to it, or absent
 * @local: listen on it, or absent
 * @bind: connect from it, or absent
 * @lanes: number of connections
 * @timeout_ms: for all of them
 */
struct dial {
	struct fttcp_endpoint peer;
	struct fttcp_endpoint local;
	struct fttcp_endpoint bind;
	uint32_t lanes;
	uint32_t timeout_ms;
};

/**
 * dial_open() - open the connections
 * @dial: what
 * @fds: result, @dial->lanes descriptors, Nagle and keepalive off
 *
 * The side that connects tries again until the other one listens. The side
 * that listens takes all connections of one link from the same address.
 *
 * Return: 0, -ETIMEDOUT, what the last attempt to connect got, or another
 * negative errno; nothing stays open then.
 */
int dial_open(const struct dial *dial, uint32_t *fds);

/**
 * dial_absent() - would an attempt succeed once the other side is there?
 * @err: what it got
 *
 * Return: true when it is worth another one.
 */
bool dial_absent(int err);

/**
 * dial_close() - close descriptors
 * @fds: descriptors
 * @count: how many
 */
void dial_close(const uint32_t *fds, uint32_t count);

#endif
