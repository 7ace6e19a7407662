/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that wait to be written, in order: until what they say is on the
 * disk, and until their reader has room.
 */
#ifndef FTTCPD_OUTBOX_H
#define FTTCPD_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "fttcp-packet.h"
#include "seal.h"

struct fttcpd_packet;

/**
 * struct fttcpd_outbox - they
 * @first:	the next one
 * @last:	where the one behind the last goes
 * @done:	bytes of @first that were written, on a stream
 * @bytes:	of all of them
 * @stream:	a length goes before each, and a packet may go in parts
 * @seal:	of a stream: a code goes behind each, where it is on
 */
struct fttcpd_outbox {
	struct fttcpd_packet *first;
	struct fttcpd_packet **last;
	size_t done;
	size_t bytes;
	bool stream;
	struct fttcpd_seal seal;
};

void fttcpd_outbox_setup(struct fttcpd_outbox *box, bool stream);
void fttcpd_outbox_clean(struct fttcpd_outbox *box);
int fttcpd_outbox_add(struct fttcpd_outbox *box, const struct fttcp_packet *p);
int fttcpd_outbox_write(struct fttcpd_outbox *box, int fd);

#endif /* FTTCPD_OUTBOX_H */
