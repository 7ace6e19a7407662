/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The role of a node as a pure function: state and event in, next state and
 * list of actions out. No I/O, no time, no memory; what an action does is in
 * action.c, where events come from in monitor.c, link.c and control.c. The
 * diagram is in fsm.c.
 */
#ifndef FTTCPD_FSM_H
#define FTTCPD_FSM_H

/**
 * enum fttcpd_state - what this node is, in the eyes of its daemon
 * @FTTCPD_S_INIT:	nothing was done yet
 * @FTTCPD_S_STARTING:	wants to be active, looks whether another node is;
 *			the kernel's role is backup meanwhile
 * @FTTCPD_S_WAITING:	backup without a complete copy; never takes over by
 *			itself
 * @FTTCPD_S_READY:	backup that holds everything the peers have seen
 * @FTTCPD_S_ORPHANED:	backup that lost its active while no daemon was there to
 *			see it; the copy may be complete or old. Looks for the
 *			active, and takes over when there is none
 * @FTTCPD_S_PARTED:	backup that lost the link to its active, which lives, as the
 *			second path says. Takes over when nothing is heard there
 *			any more; gives its copy up when the active goes on alone
 * @FTTCPD_S_FENCING:	lost its active, which may live; takes over when that is proven
 *			to be silent, or nothing is there that could prove it
 * @FTTCPD_S_PROMOTING:	lost its active; takes over as soon as the lease that
 *			it granted has run out
 * @FTTCPD_S_SOLO:	active without a backup; the kernel may still be
 *			holding output
 * @FTTCPD_S_CLIENTS:	active without a backup; clients replicate their own state
 *			first, and the link waits for them
 * @FTTCPD_S_SYNCING:	active, a backup receives the snapshot
 * @FTTCPD_S_PROTECTED:	active, the backup has everything
 * @FTTCPD_S_SWITCHING:	active, the kernel is giving everything to the backup; how
 *			that ends is not known yet
 * @FTTCPD_S_DEMOTING:	gives up the address, then the role
 * @FTTCPD_S_OUT:	has lost its role to another node; a backup without a link, until an
 *			operator lets it come back
 * @FTTCPD_STATES:	how many
 */
enum fttcpd_state {
	FTTCPD_S_INIT,
	FTTCPD_S_STARTING,
	FTTCPD_S_WAITING,
	FTTCPD_S_READY,
	FTTCPD_S_ORPHANED,
	FTTCPD_S_PARTED,
	FTTCPD_S_FENCING,
	FTTCPD_S_PROMOTING,
	FTTCPD_S_SOLO,
	FTTCPD_S_CLIENTS,
	FTTCPD_S_SYNCING,
	FTTCPD_S_PROTECTED,
	FTTCPD_S_SWITCHING,
	FTTCPD_S_DEMOTING,
	FTTCPD_S_OUT,
	FTTCPD_STATES,
};

/**
 * enum fttcpd_event - what can happen; their numbers are told to people, and stay
 * @FTTCPD_E_START_ACTIVE: daemon starts, kernel has no role, wants active
 * @FTTCPD_E_START_BACKUP: the same, wants backup
 * @FTTCPD_E_ADOPT_SOLO: daemon starts, kernel is active without backup
 * @FTTCPD_E_ADOPT_SYNCING: the same, with a snapshot under way
 * @FTTCPD_E_ADOPT_PROTECTED: the same, protected
 * @FTTCPD_E_ADOPT_WAITING: daemon starts, kernel is a backup, not ready
 * @FTTCPD_E_ADOPT_READY: the same, ready
 * @FTTCPD_E_ADOPT_LOST: the same, its link was lost some time ago
 * @FTTCPD_E_ADOPT_FENCED: daemon starts, kernel was fenced
 * @FTTCPD_E_LINK_UP:	both HELLOs were accepted, so the roles fit
 * @FTTCPD_E_SYNCED:	the backup has everything
 * @FTTCPD_E_LINK_LOST:	the link ended as it does when the other node dies
 * @FTTCPD_E_LINK_BROKEN: the link ended although the other node lives
 * @FTTCPD_E_LINK_FAILED: it ended, and the copy is complete; the other node is
 *			dead, or alive and silent until it has a backup
 * @FTTCPD_E_GOODBYE:	the active handed over
 * @FTTCPD_E_PEER_IDLE:	the other node answered, and is not active either
 * @FTTCPD_E_OUTRANKED:	another node is active in a larger epoch
 * @FTTCPD_E_ADDRESS_FREE: no other machine has a service address
 * @FTTCPD_E_ADDRESS_UNSURE: another one has, or nobody can be asked
 * @FTTCPD_E_CLIENTS_MISSING: not all clients have replicated their own state
 * @FTTCPD_E_CLIENTS_COMPLETE: they have
 * @FTTCPD_E_PEER_HOLDS: the other node says, beside the link, that it is active
 *			and lets the link wait for its clients
 * @FTTCPD_E_PEER_ACTIVE: it says that it is active, and so is this one
 * @FTTCPD_E_TIMER:	the timer that an action armed
 * @FTTCPD_E_IS_ACTIVE:	the kernel took the role active
 * @FTTCPD_E_IS_BACKUP:	the kernel took the role backup
 * @FTTCPD_E_ROLE_FAILED: the kernel refused the role
 * @FTTCPD_E_PROMOTED:	all replicas are live sockets, this node is active
 * @FTTCPD_E_PROMOTE_LATER: the lease still runs
 * @FTTCPD_E_PROMOTE_FAILED: the kernel refused to promote
 * @FTTCPD_E_HANDED_OVER: the backup has everything, this node is silent
 * @FTTCPD_E_HANDOVER_FAILED: the kernel refused, nothing changed
 * @FTTCPD_E_HANDOVER_UNSURE: it was given away, perhaps to nobody
 * @FTTCPD_E_OP_PROMOTE: operator: take over
 * @FTTCPD_E_OP_FORCE:	operator: take over whatever stands against it
 * @FTTCPD_E_OP_SWITCHOVER: operator: let the backup take over
 * @FTTCPD_E_LINK_CUT:	as LINK_LOST, but the second path says that the active lives
 * @FTTCPD_E_PATH_ACTIVE: the other node says on the second path that it is active
 * @FTTCPD_E_PATH_ALONE: it says so, and that it goes on without this backup as soon
 *			as that has no copy, or does so already
 * @FTTCPD_E_PATH_IDLE:	it says there that it is not active, since the link was lost
 * @FTTCPD_E_PATH_DEAD:	it is not heard there any more
 * @FTTCPD_E_PATH_NO_COPY: it has said there, since this active lost the link, that it
 *			has no copy
 * @FTTCPD_E_FENCED:	the other node is silent, as the fence says, or will not go on, as
 *			the witness does; both where there are both
 * @FTTCPD_E_UNFENCED:	there is neither
 * @FTTCPD_E_FENCE_FAILED: that could not be proven
 * @FTTCPD_E_OP_DEMOTE: operator: give the role to the backup
 * @FTTCPD_E_OP_RESIGN:	operator: give the role up, also to nobody
 * @FTTCPD_E_OP_REJOIN:	operator: be a backup again
 * @FTTCPD_E_ADOPT_OUT:	daemon starts, and the node was OUT
 * @FTTCPD_EVENTS:	how many
 */
enum fttcpd_event {
	FTTCPD_E_START_ACTIVE,
	FTTCPD_E_START_BACKUP,
	FTTCPD_E_ADOPT_SOLO,
	FTTCPD_E_ADOPT_SYNCING,
	FTTCPD_E_ADOPT_PROTECTED,
	FTTCPD_E_ADOPT_WAITING,
	FTTCPD_E_ADOPT_READY,
	FTTCPD_E_ADOPT_LOST,
	FTTCPD_E_ADOPT_FENCED,
	FTTCPD_E_LINK_UP,
	FTTCPD_E_SYNCED,
	FTTCPD_E_LINK_LOST,
	FTTCPD_E_LINK_BROKEN,
	FTTCPD_E_LINK_FAILED,
	FTTCPD_E_GOODBYE,
	FTTCPD_E_PEER_IDLE,
	FTTCPD_E_OUTRANKED,
	FTTCPD_E_ADDRESS_FREE,
	FTTCPD_E_ADDRESS_UNSURE,
	FTTCPD_E_CLIENTS_MISSING,
	FTTCPD_E_CLIENTS_COMPLETE,
	FTTCPD_E_PEER_HOLDS,
	FTTCPD_E_PEER_ACTIVE,
	FTTCPD_E_TIMER,
	FTTCPD_E_IS_ACTIVE,
	FTTCPD_E_IS_BACKUP,
	FTTCPD_E_ROLE_FAILED,
	FTTCPD_E_PROMOTED,
	FTTCPD_E_PROMOTE_LATER,
	FTTCPD_E_PROMOTE_FAILED,
	FTTCPD_E_HANDED_OVER,
	FTTCPD_E_HANDOVER_FAILED,
	FTTCPD_E_HANDOVER_UNSURE,
	FTTCPD_E_OP_PROMOTE,
	FTTCPD_E_OP_FORCE,
	FTTCPD_E_OP_SWITCHOVER,
	FTTCPD_E_LINK_CUT,
	FTTCPD_E_PATH_ACTIVE,
	FTTCPD_E_PATH_ALONE,
	FTTCPD_E_PATH_IDLE,
	FTTCPD_E_PATH_DEAD,
	FTTCPD_E_PATH_NO_COPY,
	FTTCPD_E_FENCED,
	FTTCPD_E_UNFENCED,
	FTTCPD_E_FENCE_FAILED,
	FTTCPD_E_OP_DEMOTE,
	FTTCPD_E_OP_RESIGN,
	FTTCPD_E_OP_REJOIN,
	FTTCPD_E_ADOPT_OUT,
	FTTCPD_EVENTS,
};

/**
 * enum fttcpd_action - what is to be done
 * @FTTCPD_A_END:	ends a list
 * @FTTCPD_A_SET_ACTIVE: kernel role active; gives IS_ACTIVE or ROLE_FAILED
 * @FTTCPD_A_SET_BACKUP: kernel role backup; gives IS_BACKUP or ROLE_FAILED
 * @FTTCPD_A_DROP_COPY: kernel role none, which ends the replicas; ROLE_FAILED if not
 * @FTTCPD_A_GO_ALONE:	the kernel waits for no backup any longer
 * @FTTCPD_A_ASK_ALONE:	if the kernel holds for a backup that is lost: as FENCE
 * @FTTCPD_A_FENCE:	make sure that the other node is silent, or does not go on; gives
 *			FENCED, UNFENCED or FENCE_FAILED, later, unless it is stopped
 * @FTTCPD_A_FENCE_STOP: it is not needed any more
 * @FTTCPD_A_PROMOTE:	gives PROMOTED, PROMOTE_LATER or PROMOTE_FAILED
 * @FTTCPD_A_FORCE:	the same without regard to the lease
 * @FTTCPD_A_HANDOVER:	gives HANDED_OVER, HANDOVER_FAILED or HANDOVER_UNSURE
 * @FTTCPD_A_ADD_ADDRESS: service addresses up and announced
 * @FTTCPD_A_DEL_ADDRESS: service addresses down
 * @FTTCPD_A_LINK_OPEN:	listen or connect, unless a link is there
 * @FTTCPD_A_LINK_RETRY: forget the link that ended, then as LINK_OPEN
 * @FTTCPD_A_LINK_CLOSE: neither listen nor connect
 * @FTTCPD_A_LINK_DROP:	take the kernel's link away
 * @FTTCPD_A_LOOK:	who has the service addresses? gives ADDRESS_FREE or
 *			ADDRESS_UNSURE
 * @FTTCPD_A_TIMER_STARTUP: TIMER after startup-wait
 * @FTTCPD_A_TIMER_IDLE: the same, unless it runs, and only where the
 *			configuration says "role = active"
 * @FTTCPD_A_TIMER_LEASE: TIMER when the lease will have run out
 * @FTTCPD_A_TIMER_RETRY: TIMER after retry
 * @FTTCPD_A_TIMER_FENCE: TIMER when the fence may be tried again
 * @FTTCPD_A_TIMER_HOLD: TIMER when hold-max has passed since the backup was lost, where
 *			it is the daemon that decides then
 * @FTTCPD_A_TIMER_STOP: no TIMER, and nothing of LOOK
 * @FTTCPD_A_MARK:	the time line of a takeover begins
 * @FTTCPD_A_RESYNC:	look what was missed meanwhile
 * @FTTCPD_A_SAY_NOBODY: say that perhaps no node is active
 * @FTTCPD_A_SAY_ORDER:	say that this backup could take over, and waits for an order
 * @FTTCPD_A_REPLY_OK:	tell the operator who asked
 * @FTTCPD_A_REPLY_FAILED: tell him what the kernel said
 * @FTTCPD_A_REPLY_REFUSED: tell him why not in this state
 * @FTTCPD_A_UNWANTED:	say that this event should not come in this state
 * @FTTCPD_ACTIONS:	how many
 */
enum fttcpd_action {
	FTTCPD_A_END,
	FTTCPD_A_SET_ACTIVE,
	FTTCPD_A_SET_BACKUP,
	FTTCPD_A_DROP_COPY,
	FTTCPD_A_GO_ALONE,
	FTTCPD_A_ASK_ALONE,
	FTTCPD_A_FENCE,
	FTTCPD_A_FENCE_STOP,
	FTTCPD_A_PROMOTE,
	FTTCPD_A_FORCE,
	FTTCPD_A_HANDOVER,
	FTTCPD_A_ADD_ADDRESS,
	FTTCPD_A_DEL_ADDRESS,
	FTTCPD_A_LINK_OPEN,
	FTTCPD_A_LINK_RETRY,
	FTTCPD_A_LINK_CLOSE,
	FTTCPD_A_LINK_DROP,
	FTTCPD_A_LOOK,
	FTTCPD_A_TIMER_STARTUP,
	FTTCPD_A_TIMER_IDLE,
	FTTCPD_A_TIMER_LEASE,
	FTTCPD_A_TIMER_RETRY,
	FTTCPD_A_TIMER_FENCE,
	FTTCPD_A_TIMER_HOLD,
	FTTCPD_A_TIMER_STOP,
	FTTCPD_A_MARK,
	FTTCPD_A_RESYNC,
	FTTCPD_A_SAY_NOBODY,
	FTTCPD_A_SAY_ORDER,
	FTTCPD_A_REPLY_OK,
	FTTCPD_A_REPLY_FAILED,
	FTTCPD_A_REPLY_REFUSED,
	FTTCPD_A_UNWANTED,
	FTTCPD_ACTIONS,
};

#define FTTCPD_STEP_ACTIONS	6

/**
 * struct fttcpd_step - one cell of the table
 * @next:	the state after it
 * @action:	what to do, in this order, up to the first FTTCPD_A_END
 */
struct fttcpd_step {
	enum fttcpd_state next;
	enum fttcpd_action action[FTTCPD_STEP_ACTIONS];
};

/* Rules that change some cells. */
#define FTTCPD_RULE_ORDERS	0x01	/* "manager = external" */
#define FTTCPD_RULE_STAY_OUT	0x02	/* "rejoin = operator" */

struct fttcpd_step fttcpd_fsm_step(enum fttcpd_state state,
				   enum fttcpd_event event);
struct fttcpd_step fttcpd_fsm_step_by(enum fttcpd_state state,
				      enum fttcpd_event event,
				      unsigned int rules);
const char *fttcpd_state_name(enum fttcpd_state state);
const char *fttcpd_event_name(enum fttcpd_event event);
const char *fttcpd_action_name(enum fttcpd_action action);
const char *fttcpd_fsm_refusal(enum fttcpd_state state,
			       enum fttcpd_event event);

#endif /* FTTCPD_FSM_H */
