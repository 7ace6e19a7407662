/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two nodes for a test of messengers: each a process that runs one and may be
 * killed, at a point or at any moment; between them a process that carries
 * their connection, and may be killed as well.
 */
#ifndef TESTS_MESSENGER_NODE_H
#define TESTS_MESSENGER_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fttcpd/messenger.h"

/**
 * struct shared - what a node and its process share
 * @orders:	what its messenger is told
 * @status:	what that said last
 * @point:	where it is killed,
 * @nth:	when it comes there for the so-manieth time; 0 for never
 */
struct shared {
	struct fttcpd_orders orders;
	struct fttcpd_messages_status status;
	enum fttcpd_point point;
	unsigned int nth;
};

/**
 * struct node - a node
 * @pid:	its process, 0 for none
 * @shared:	with that
 */
struct node {
	pid_t pid;
	struct shared *shared;
};

/**
 * enum bend - what the wire does to a frame, once
 * @BEND_NONE:	nothing
 * @BEND_FLIP:	one bit in its middle is another one
 * @BEND_LENGTH: its length is another one
 * @BEND_TWICE:	it comes twice
 * @BEND_LEAVE_OUT: it does not come
 * @BEND_SWAP:	it comes behind the next one
 * @BEND_MAKE_UP: one that nobody said comes before it
 * @BEND_REFLECT: it comes back to who said it
 * @BEND_REPLAY: all that was said to the listening node comes on another
 *		connection once more
 */
enum bend {
	BEND_NONE,
	BEND_FLIP,
	BEND_LENGTH,
	BEND_TWICE,
	BEND_LEAVE_OUT,
	BEND_SWAP,
	BEND_MAKE_UP,
	BEND_REFLECT,
	BEND_REPLAY,
};

extern struct node node[2];
extern uint16_t node_port[2];	/* where they listen: the node, the wire */

int nodes_enter(void **state);
int nodes_leave(void **state);
int nodes_setup(void **state);
int nodes_teardown(void **state);
void node_start(int i);
void node_kill(int i);
bool node_died(int i);
void node_order(int i);
bool node_told(int i, uint32_t number, const char *words);
void wire_start(void);
void wire_cut(void);
void wire_bend(enum bend how, int way, unsigned int frame);
int wire_dial(uint16_t to);
const char *node_socket(int i);
const char *node_repo(int i);

#endif /* TESTS_MESSENGER_NODE_H */
