/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our end of a lane: records to the node, and those that come from it.
 */
#ifndef FT_FUZZLANE_H
#define FT_FUZZLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recgen.h"

#define LANE_IN_ROOM	(3U << 20)

/**
 * struct lane - our end of a lane
 * @fd: TCP socket, the other end is the kernel's
 * @sent: index of the last counted record that we sent
 * @got: index of the last counted record that came
 * @acked: of ours, what the node has acknowledged
 * @peer_ns: the latest clock of the node's
 * @in: what has come
 * @in_len: how much
 * @ended: the node closed its end
 */
struct lane {
	int fd;
	uint64_t sent;
	uint64_t got;
	uint64_t acked;
	uint64_t peer_ns;
	unsigned char *in;
	size_t in_len;
	bool ended;
};

typedef void (*lane_record_fn)(struct lane *l, uint8_t type, const void *body,
			       const unsigned char *payload, uint32_t len,
			       void *arg);

int lane_open(struct lane *l, int *kernel_end);
void lane_close(struct lane *l, bool reset);
int lane_send(struct lane *l, const void *rec, size_t len, struct rnd *r);
const char *lane_read(struct lane *l, lane_record_fn fn, void *arg);

#endif /* FT_FUZZLANE_H */
