// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how far a client is in replicating its own state, as one table:
 *
 *   ABSENT --- register ---> REPLICATING <------- round ---------+
 *     ^  |                        |                              |
 *     |  |                        | complete                     |
 *     |  |                        v            staged            |
 *     |  +------ resume ----> COMPLETING ---------------> COMPLETE
 *     |                                                          |
 *     +------------------- gone, from anywhere ------------------+
 *
 * A client that says complete a second time, in a round, is told nothing and
 * changes nothing. One that dies is as one that was never here; its successor
 * says its state from the beginning, unless it resumes.
 */
#include <errno.h>
#include <stddef.h>

#include <linux/fttcp.h>

#include "fttcp-packet.h"
#include "replica.h"

#define S(name)		FTTCPD_R_##name
/* 0 is "no place", so states are kept one larger. */
#define E(name, to)	\
	[FTTCPD_R_E_##name] = FTTCPD_R_##to + 1

static const unsigned char table[FTTCPD_R_STATES][FTTCPD_R_EVENTS] = {
	[S(ABSENT)] = {
		E(REGISTER, REPLICATING),
		E(RESUME, COMPLETING),
		E(GONE, ABSENT),
	},
	[S(REPLICATING)] = {
		E(COMPLETE, COMPLETING),
		E(STAGED, REPLICATING),
		E(ROUND, REPLICATING),
		E(GONE, ABSENT),
	},
	[S(COMPLETING)] = {
		E(COMPLETE, COMPLETING),
		E(STAGED, COMPLETE),
		E(ROUND, REPLICATING),
		E(GONE, ABSENT),
	},
	[S(COMPLETE)] = {
		E(COMPLETE, COMPLETE),
		E(STAGED, COMPLETE),
		E(ROUND, REPLICATING),
		E(GONE, ABSENT),
	},
};

/**
 * fttcpd_replica_next() - what follows from an event
 * @state:	enum fttcpd_replica_state
 * @event:	enum fttcpd_replica_event
 *
 * Return: the next state, or -EPROTO where the event has no place.
 */
int fttcpd_replica_next(unsigned int state, unsigned int event)
{
	if (state >= FTTCPD_R_STATES || event >= FTTCPD_R_EVENTS ||
	    !table[state][event])
		return -EPROTO;
	return table[state][event] - 1;
}

/**
 * fttcpd_replica_takes() - has a client's packet a place now?
 * @packet:	enum fttcp_packet_type
 * @role:	enum fttcp_role of this node
 * @state:	enum fttcpd_replica_state of the client
 *
 * Messages and acknowledgements always have, also those of a backup's client.
 * Only an active node has a state to be complete.
 *
 * Return: not 0 if so.
 */
int fttcpd_replica_takes(uint32_t packet, uint32_t role, unsigned int state)
{
	switch (packet) {
	case FTTCP_P_REGISTER:
		return state == FTTCPD_R_ABSENT;
	case FTTCP_P_MESSAGE:
	case FTTCP_P_DONE:
		return state != FTTCPD_R_ABSENT;
	case FTTCP_P_COMPLETE:
		return state != FTTCPD_R_ABSENT && role == FTTCP_ROLE_ACTIVE;
	default:
		return 0;
	}
}

/** fttcpd_replica_name() - as in the diagram, in small letters */
const char *fttcpd_replica_name(unsigned int state)
{
	static const char * const names[FTTCPD_R_STATES] = {
		[S(ABSENT)] = "absent",
		[S(REPLICATING)] = "replicating",
		[S(COMPLETING)] = "completing",
		[S(COMPLETE)] = "complete",
	};

	return state < FTTCPD_R_STATES ? names[state] : "unknown";
}

/** fttcpd_replica_event_name() - for messages and tests */
const char *fttcpd_replica_event_name(unsigned int event)
{
	static const char * const names[FTTCPD_R_EVENTS] = {
		[FTTCPD_R_E_REGISTER] = "register",
		[FTTCPD_R_E_RESUME] = "resume",
		[FTTCPD_R_E_COMPLETE] = "complete",
		[FTTCPD_R_E_STAGED] = "staged",
		[FTTCPD_R_E_ROUND] = "round",
		[FTTCPD_R_E_GONE] = "gone",
	};

	return event < FTTCPD_R_EVENTS ? names[event] : "unknown";
}
