/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The witness: a small program beside two nodes that says which of them may go on
 * when they do not see each other. It knows nothing of connections, has no kernel
 * module and needs no privilege. One thread.
 */
#ifndef FTTCPD_ARBITER_H
#define FTTCPD_ARBITER_H

#include <ev.h>
#include <stdint.h>

#include "ask.h"
#include "auth.h"
#include "conf.h"
#include "lease.h"

/**
 * struct fttcpd_arbiter_node - one of the nodes
 * @id:		its number, 0 for a free place
 * @hearing:	what was said to it and heard of it
 */
struct fttcpd_arbiter_node {
	uint32_t id;
	struct fttcpd_hearing hearing;
};

/**
 * struct fttcpd_arbiter - the witness
 * @loop:	libev's
 * @conf:	its configuration
 * @auth:	what proves who asks
 * @lease:	as it is in the file
 * @node:	who has asked since the start
 * @open_ms:	monotonic, from when on it gives its lease
 * @fd:		-1 for none
 * @io:		@fd
 * @term:	SIGTERM
 * @intr:	SIGINT
 * @answered:	datagrams
 * @late:	overtaken
 * @malformed:	no datagram of this version
 * @refused:	wrong key, heard before, or a third node
 */
struct fttcpd_arbiter {
	struct ev_loop *loop;
	struct fttcpd_conf conf;
	struct fttcpd_auth auth;
	struct fttcpd_lease lease;
	struct fttcpd_arbiter_node node[FTTCP_WITNESS_NODES];
	int64_t open_ms;
	int fd;
	ev_io io;
	ev_signal term;
	ev_signal intr;
	uint64_t answered;
	uint64_t late;
	uint64_t malformed;
	uint64_t refused;
};

int fttcpd_arbiter_open(struct fttcpd_arbiter *a);
void fttcpd_arbiter_close(struct fttcpd_arbiter *a);
int fttcpd_arbiter_run(const char *path, bool check);

#endif /* FTTCPD_ARBITER_H */
