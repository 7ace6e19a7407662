/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel for fttcpd that exists only in the test's process: netlink layer,
 * rtnetlink and announcer write down what they are asked for, and answer as
 * the test has set. Its disk may hang.
 */
#ifndef TESTS_DAEMON_PRETEND_H
#define TESTS_DAEMON_PRETEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fttcp-nl.h"

/* Numbers of events are below this. */
#define PRETEND_EVENTS	(FTTCP_EVT_MAX + 1)

/**
 * struct pretend - the kernel that is not there
 * @node:	what fttcp_node_get() says
 * @reads:	how often it was asked
 * @node_err:	why it does not
 * @link:	what fttcp_link_dump() lists, @links of them
 * @links:	how many
 * @policy:	what was added, and is listed, @policies of them
 * @policies:	how many
 * @event:	what the next read of events delivers, @events of them
 * @events:	how many
 * @pipe:	readable while events wait
 * @read_err:	what reading events says
 * @overrun:	the next read of events says that some were lost
 * @promote_again: so many promotions are told to come again
 * @promote_failed: so many connections cannot be promoted
 * @promote_err: what the others return
 * @gate:	fttcp_promote() and fttcp_handover() read a byte from here before
 *		they return, 0 for none
 * @handover_err: what fttcp_handover() says
 * @role_err:	what setting the role says
 * @settings_err: what setting anything else of the node says
 * @error:	of which attribute
 * @policy_bad:	the local port of a policy that is refused
 * @addr_err:	what adding or removing an address says
 * @neighbour_err: why no neighbour can be asked for an address
 * @network:	what neighbours say comes here
 * @disk_hangs:	fsync() does not return meanwhile
 * @raised:	what was raised last, of each event, by its number
 * @record:	all that was asked for, in order, each with a ";" behind it
 */
struct pretend {
	struct fttcp_node node;
	unsigned int reads;
	int node_err;
	struct fttcp_link link[4];
	unsigned int links;
	struct fttcp_policy policy[4];
	unsigned int policies;
	struct fttcp_event event[8];
	unsigned int events;
	int pipe[2];
	int read_err;
	bool overrun;
	int promote_again;
	unsigned int promote_failed;
	int promote_err;
	int gate;
	int handover_err;
	int role_err;
	int settings_err;
	struct fttcp_nl_error error;
	uint16_t policy_bad;
	int addr_err;
	int neighbour_err;
	int network[2];
	atomic_bool disk_hangs;
	char raised[PRETEND_EVENTS][FTTCP_TEXT_LEN];
	char record[2048];
};

extern struct pretend k;

bool pretend_did(const char *what);

#endif /* TESTS_DAEMON_PRETEND_H */
