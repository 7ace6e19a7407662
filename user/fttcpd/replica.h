/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a client is in replicating its own state, as a pure function, and
 * which of its packets have a place when. The diagram is in replica.c.
 */
#ifndef FTTCPD_REPLICA_H
#define FTTCPD_REPLICA_H

#include <stdint.h>

/**
 * enum fttcpd_replica_state - of a client on this node
 * @FTTCPD_R_ABSENT:	was never here, or is not any more
 * @FTTCPD_R_REPLICATING: is here, its state is not on the other node
 * @FTTCPD_R_COMPLETING: has said all of it, the other node does not have it yet
 * @FTTCPD_R_COMPLETE:	the other node has it
 * @FTTCPD_R_STATES:	how many
 */
enum fttcpd_replica_state {
	FTTCPD_R_ABSENT,
	FTTCPD_R_REPLICATING,
	FTTCPD_R_COMPLETING,
	FTTCPD_R_COMPLETE,
	FTTCPD_R_STATES,
};

/**
 * enum fttcpd_replica_event - what happens to it
 * @FTTCPD_R_E_REGISTER: it came, and has yet to say its state
 * @FTTCPD_R_E_RESUME:	it came back, and had said all of it before
 * @FTTCPD_R_E_COMPLETE: it says that it has said all of it
 * @FTTCPD_R_E_STAGED:	the other node has all that it has said
 * @FTTCPD_R_E_ROUND:	it has to begin anew
 * @FTTCPD_R_E_GONE:	its connection has ended
 * @FTTCPD_R_EVENTS:	how many
 */
enum fttcpd_replica_event {
	FTTCPD_R_E_REGISTER,
	FTTCPD_R_E_RESUME,
	FTTCPD_R_E_COMPLETE,
	FTTCPD_R_E_STAGED,
	FTTCPD_R_E_ROUND,
	FTTCPD_R_E_GONE,
	FTTCPD_R_EVENTS,
};

int fttcpd_replica_next(unsigned int state, unsigned int event);
const char *fttcpd_replica_name(unsigned int state);
const char *fttcpd_replica_event_name(unsigned int event);
int fttcpd_replica_takes(uint32_t packet, uint32_t role, unsigned int state);

#endif /* FTTCPD_REPLICA_H */
