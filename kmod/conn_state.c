// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only writer of a connection's state: validate, switch, trace, tell.
 *
 *	attached --> syncing --> protected        active, a backup is there
 *	    |           |  ^        |
 *	    |           v  |        v
 *	    +--------> held (link lost) --> solo --> syncing (a backup came)
 *	    +--------> solo
 *	replica --> standby --> promoted --> claimed   backup, then active
 *	    +----------------------+
 *	any --> closing                                 the socket has ended
 */
#include "conn.h"
#include "trace.h"

#define S(x) BIT(FTTCP_CONN_STATE_##x)

/* the states that may follow each state */
static const u32 allowed[] = {
	[FTTCP_CONN_STATE_ATTACHED] = S(SYNCING) | S(SOLO) | S(HELD) |
				      S(CLOSING) | S(REPLICA),
	[FTTCP_CONN_STATE_SYNCING] = S(PROTECTED) | S(SOLO) | S(HELD) |
				     S(ATTACHED) | S(CLOSING) | S(SYNCING),
	[FTTCP_CONN_STATE_PROTECTED] = S(SYNCING) | S(SOLO) | S(HELD) |
				       S(ATTACHED) | S(CLOSING),
	[FTTCP_CONN_STATE_SOLO] = S(SYNCING) | S(ATTACHED) | S(HELD) |
				  S(CLOSING),
	[FTTCP_CONN_STATE_HELD] = S(SYNCING) | S(SOLO) | S(ATTACHED) |
				  S(CLOSING),
	[FTTCP_CONN_STATE_CLOSING] = 0,
	[FTTCP_CONN_STATE_REPLICA] = S(STANDBY) | S(PROMOTED) | S(CLOSING),
	[FTTCP_CONN_STATE_STANDBY] = S(PROMOTED) | S(REPLICA) | S(CLOSING),
	[FTTCP_CONN_STATE_PROMOTED] = S(CLAIMED) | S(SYNCING) | S(SOLO) |
				      S(HELD) | S(ATTACHED) | S(CLOSING),
	[FTTCP_CONN_STATE_CLAIMED] = S(SYNCING) | S(SOLO) | S(HELD) |
				     S(ATTACHED) | S(CLOSING),
};

/**
 * fttcp_conn_announce() - tell the outside about a connection
 * @c: connection
 * @event: enum fttcp_event_id
 * @action: enum fttcp_action
 * @err: errno, or 0
 *
 * Context: any.
 */
void fttcp_conn_announce(struct fttcp_conn *c, u32 event, u8 action, int err)
{
	struct fttcp_event ev = {
		.id = event,
		.severity = FTTCP_SEVERITY_INFO,
		.object = FTTCP_OBJECT_CONN,
		.action = action,
		.conn_id = c->id,
		.reason = c->down_reason,
		.state = c->state,
		.role = c->role,
		.epoch = READ_ONCE(c->fn->epoch),
		.err = err,
		.tuple = &c->tuple,
	};

	fttcp_event(c->fn, &ev);
}

/**
 * fttcp_conn_set_state() - change a connection's state
 * @c: connection; its socket is locked, or nobody else knows it yet
 * @state: enum fttcp_conn_state
 * @reason: enum fttcp_down_reason when it is less protected than before
 *
 * A change that the diagram above does not have is refused with a warning:
 * it is a bug, but no reason to harm the connection.
 *
 * Context: any.
 */
void fttcp_conn_set_state(struct fttcp_conn *c, u8 state, u8 reason)
{
	u8 old = c->state;

	c->down_reason = reason;
	if (old == state)
		return;
	if (WARN_ON_ONCE(old >= ARRAY_SIZE(allowed) ||
			 !(allowed[old] & BIT(state)))) {
		fttcp_evt_internal_error(c->fn, 0);
		return;
	}
	WRITE_ONCE(c->state, state);
	trace_fttcp_state(c->id, old, state, reason);
	if (state == FTTCP_CONN_STATE_CLOSING)
		return;
	fttcp_conn_announce(c, FTTCP_EVT_CONN_STATE,
			    FTTCP_ACTION_CHANGE, 0);
}
