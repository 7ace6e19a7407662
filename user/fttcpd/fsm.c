// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the decision who is active, as one constant table.
 *
 *   role = active                            role = backup
 *        |                                        |
 *        v      another node is active            v
 *    STARTING ---------------------------+    DEMOTING <-----------------+
 *        |                               |        |                      |
 *        | nobody is, or startup-wait,   |        | role is backup       |
 *        | and the addresses are free    v        v                      |
 *        |         nobody is, and     WAITING <---+                      |
 *        | +------- role = active ---- |  ^                              |
 *        | |                           |  | link broken,                 |
 *        v v       operator forces     |  | other node lives             |
 *   +-> SOLO <---- PROMOTING <---------+  |                              |
 *   |    |             ^      synced   |  |                              |
 *   |    | link up     |               v  |                              |
 *   |    v             +------------ READY   link lost, goodbye          |
 *   +- SYNCING                                                           |
 *   |    |                                                               |
 *   |    | synced                     outranked (any active state)       |
 *   |    v                                                               |
 *   +- PROTECTED --------------------------------------------------------+
 *   link |   ^                                                           |
 *   lost |   | nothing has changed                                       |
 *        v   |                      handed over, perhaps to nobody       |
 *     SWITCHING ---------------------------------------------------------+
 *
 * Where the configuration names clients, sockets are replicated when all of them
 * have replicated their own state. Until then the link waits:
 *
 *   SOLO --- a client is missing ---> CLIENTS
 *    ^                                  |
 *    +----- complete, or the other node is active too ---+
 *
 * A node that looks for an active one meanwhile hears of it beside the link
 * (PEER_HOLDS), and does not become active itself. Two actives need the link to
 * find out which of them goes on, so it does not wait then.
 *
 * A daemon that starts adopts the kernel's role and begins in the state that
 * is its own. A backup whose link was lost meanwhile begins as ORPHANED: the
 * active may have died just now, or gone on alone long ago. So does one whose
 * link has failed for a reason that says nothing of the active, while its copy
 * is complete and the active, if it lives, is silent until it has a backup
 * again.
 *
 *   ORPHANED --- link up ---> WAITING
 *        +------ startup-wait passed, goodbye ---> PROMOTING
 *
 * Where there is a second path, a link that is lost is no reason to take over
 * while the active says there that it lives (LINK_CUT, PATH_*). Who of the two goes
 * on is settled by words: the active waits until the backup has no copy any more,
 * and the backup, told so, gives it up before it says that.
 *
 *   READY, ORPHANED --- link cut, the active lives ---> PARTED --- link up ---> WAITING
 *                                                         |  |
 *   PROMOTING <--- nothing heard any more, not active ----+  +--- it goes on alone,
 *                                                                 or would
 *                                                                 ---> DEMOTING
 *
 *   SOLO (the kernel holds) --- the other node has no copy: GO_ALONE ---> SOLO
 *
 * Who takes over without having heard that the other node is not active makes sure
 * of it first:
 *
 *   READY, ORPHANED, PARTED ---> FENCING --- fenced, or there is no fence ---> PROMOTING
 *                                 ^  |  |
 *                                 +--+  +--- link up ---> WAITING
 *                     failed: tried again    heard on the second path ---> PARTED
 *
 * What the table keeps, and the unit test proves over all cells:
 *
 * - The service address comes after the kernel said that it is active, never
 *   before; it goes before the role does.
 * - Nothing promotes by itself but a READY node whose link was lost or whose
 *   active said goodbye, an ORPHANED one that found no active, and a PARTED one
 *   that hears nothing of it any more or that it is not active; the kernel
 *   refuses if the copy was not complete. All but those that were told so by the
 *   other node pass through FENCING, which ends well when the fence did, or when
 *   there is none.
 * - A copy is given up only for an active that says that it goes on alone, and an
 *   active goes on alone only after the other node has said that it has none.
 * - A node that lost its role passes through DEMOTING and WAITING: it has to
 *   be synchronised from scratch before it may take over again.
 *
 * A cell that is not written out keeps the state and says that the event was
 * not expected. Events that may arrive late, because an action ended their
 * reason meanwhile, are written out with no action.
 */
#include <stdbool.h>
#include <stddef.h>

#include "fsm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Short names, for a table that can be read. */
#define S(name)		FTTCPD_S_##name
#define E(name)		\
	[FTTCPD_E_##name]
#define A(name)		FTTCPD_A_##name
#define GO(to, ...)	{ true, { S(to), { __VA_ARGS__ } } }
#define STAY(st)	{ true, { S(st), { A(END) } } }
#define REFUSE(st)	GO(st, A(REPLY_REFUSED))

struct cell {
	bool wanted;
	struct fttcpd_step step;
};

/* A backup whose active goes on alone begins anew: its copy is old from now on. */
#define GIVE_UP	GO(DEMOTING, A(TIMER_STOP), A(LINK_CLOSE), A(DEL_ADDRESS), \
		   A(LINK_DROP), A(DROP_COPY), A(SET_BACKUP))

/* What every active state does when somebody else is the active. */
#define YIELD	GO(DEMOTING, A(TIMER_STOP), A(LINK_CLOSE), A(DEL_ADDRESS), \
		   A(LINK_DROP), A(SET_BACKUP))

static const struct cell table[FTTCPD_STATES][FTTCPD_EVENTS] = {
	[S(INIT)] = {
		E(START_ACTIVE) = GO(STARTING, A(DEL_ADDRESS), A(SET_BACKUP),
				     A(LINK_OPEN), A(TIMER_STARTUP)),
		E(START_BACKUP) = GO(DEMOTING, A(DEL_ADDRESS), A(SET_BACKUP)),
		E(ADOPT_SOLO) = GO(SOLO, A(ADD_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_SYNCING) = GO(SYNCING, A(ADD_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_PROTECTED) = GO(PROTECTED, A(ADD_ADDRESS),
					A(LINK_OPEN)),
		E(ADOPT_WAITING) = GO(WAITING, A(DEL_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_READY) = GO(READY, A(DEL_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_LOST) = GO(ORPHANED, A(DEL_ADDRESS), A(LINK_RETRY),
				   A(TIMER_STARTUP)),
		E(ADOPT_FENCED) = YIELD,
	},
	[S(STARTING)] = {
		E(LINK_UP) = GO(WAITING, A(TIMER_STOP)),
		E(SYNCED) = GO(READY, A(TIMER_STOP)),
		E(LINK_LOST) = GO(STARTING, A(LINK_RETRY)),
		E(LINK_CUT) = GO(STARTING, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(STARTING, A(LINK_RETRY)),
		E(LINK_FAILED) = GO(STARTING, A(LINK_RETRY)),
		E(GOODBYE) = GO(STARTING, A(LINK_RETRY)),
		E(OUTRANKED) = GO(STARTING, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(STARTING, A(TIMER_STOP), A(LINK_DROP),
				  A(SET_ACTIVE)),
		E(ADDRESS_FREE) = GO(STARTING, A(LINK_DROP), A(SET_ACTIVE)),
		E(ADDRESS_UNSURE) = GO(STARTING, A(TIMER_STARTUP)),
		E(TIMER) = GO(STARTING, A(LOOK)),
		E(IS_BACKUP) = STAY(STARTING),
		E(IS_ACTIVE) = GO(SOLO, A(TIMER_STOP), A(ADD_ADDRESS),
				  A(LINK_RETRY), A(REPLY_OK)),
		E(ROLE_FAILED) = GO(STARTING, A(REPLY_FAILED), A(LINK_RETRY),
				    A(TIMER_STARTUP)),
		E(OP_PROMOTE) = REFUSE(STARTING),
		E(OP_FORCE) = GO(STARTING, A(TIMER_STOP), A(LINK_DROP),
				 A(SET_ACTIVE)),
		E(OP_SWITCHOVER) = REFUSE(STARTING),
		E(PEER_HOLDS) = GO(WAITING, A(TIMER_STOP)),
		E(PATH_ACTIVE) = GO(WAITING, A(TIMER_STOP)),
	},
	[S(WAITING)] = {
		E(LINK_UP) = GO(WAITING, A(TIMER_STOP)),
		E(SYNCED) = GO(READY, A(TIMER_STOP)),
		E(LINK_LOST) = GO(WAITING, A(SAY_NOBODY), A(LINK_RETRY)),
		E(LINK_CUT) = GO(WAITING, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(WAITING, A(LINK_RETRY)),
		E(LINK_FAILED) = GO(ORPHANED, A(LINK_RETRY),
				    A(TIMER_STARTUP)),
		E(GOODBYE) = GO(WAITING, A(LINK_RETRY)),
		E(OUTRANKED) = GO(WAITING, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(WAITING, A(LINK_RETRY), A(TIMER_IDLE)),
		E(TIMER) = GO(WAITING, A(LINK_DROP), A(SET_ACTIVE)),
		E(IS_BACKUP) = STAY(WAITING),
		E(IS_ACTIVE) = GO(SOLO, A(TIMER_STOP), A(ADD_ADDRESS),
				  A(LINK_RETRY)),
		/* the kernel may have no role now, with which no link is made */
		E(ROLE_FAILED) = GO(DEMOTING, A(TIMER_RETRY)),
		E(OP_PROMOTE) = REFUSE(WAITING),
		E(OP_FORCE) = GO(PROMOTING, A(TIMER_STOP), A(MARK),
				 A(LINK_CLOSE), A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(WAITING),
		E(PEER_HOLDS) = GO(WAITING, A(TIMER_STOP)),
		E(PATH_ACTIVE) = GO(WAITING, A(TIMER_STOP)),
		E(PATH_ALONE) = GIVE_UP,
	},
	[S(READY)] = {
		E(LINK_UP) = STAY(READY),
		E(SYNCED) = STAY(READY),
		E(LINK_LOST) = GO(FENCING, A(MARK), A(LINK_CLOSE), A(FENCE)),
		E(GOODBYE) = GO(PROMOTING, A(MARK), A(LINK_CLOSE),
				A(PROMOTE)),
		E(LINK_CUT) = GO(PARTED, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(WAITING, A(LINK_RETRY)),
		E(LINK_FAILED) = GO(ORPHANED, A(LINK_RETRY),
				    A(TIMER_STARTUP)),
		E(OUTRANKED) = GO(WAITING, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(WAITING, A(LINK_RETRY), A(TIMER_IDLE)),
		E(OP_PROMOTE) = REFUSE(READY),
		E(OP_FORCE) = GO(PROMOTING, A(MARK), A(LINK_CLOSE), A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(READY),
		E(PEER_HOLDS) = STAY(READY),
	},
	[S(ORPHANED)] = {
		E(LINK_UP) = GO(WAITING, A(TIMER_STOP)),
		E(SYNCED) = GO(READY, A(TIMER_STOP)),
		E(LINK_LOST) = GO(ORPHANED, A(LINK_RETRY)),
		E(LINK_CUT) = GO(PARTED, A(TIMER_STOP), A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(ORPHANED, A(LINK_RETRY)),
		E(LINK_FAILED) = GO(ORPHANED, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(ORPHANED, A(LINK_RETRY)),
		E(OUTRANKED) = GO(ORPHANED, A(LINK_RETRY)),
		E(GOODBYE) = GO(PROMOTING, A(TIMER_STOP), A(MARK),
				A(LINK_CLOSE), A(PROMOTE)),
		E(TIMER) = GO(FENCING, A(MARK), A(LINK_CLOSE), A(FENCE)),
		E(OP_PROMOTE) = GO(FENCING, A(TIMER_STOP), A(MARK),
				   A(LINK_CLOSE), A(FENCE)),
		E(OP_FORCE) = GO(PROMOTING, A(TIMER_STOP), A(MARK),
				 A(LINK_CLOSE), A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(ORPHANED),
		E(PEER_HOLDS) = GO(WAITING, A(TIMER_STOP)),
		E(PATH_ACTIVE) = GO(PARTED, A(TIMER_STOP)),
	},
	[S(PARTED)] = {
		E(LINK_UP) = STAY(WAITING),
		E(SYNCED) = STAY(READY),
		E(LINK_LOST) = GO(PARTED, A(LINK_RETRY)),
		E(LINK_CUT) = GO(PARTED, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(PARTED, A(LINK_RETRY)),
		E(LINK_FAILED) = GO(PARTED, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(PARTED, A(LINK_RETRY)),
		E(OUTRANKED) = GO(PARTED, A(LINK_RETRY)),
		E(GOODBYE) = GO(PROMOTING, A(MARK), A(LINK_CLOSE),
				A(PROMOTE)),
		E(PATH_ACTIVE) = STAY(PARTED),
		E(PATH_ALONE) = GIVE_UP,
		E(PATH_IDLE) = GO(PROMOTING, A(MARK), A(LINK_CLOSE),
				  A(PROMOTE)),
		E(PATH_DEAD) = GO(FENCING, A(MARK), A(LINK_CLOSE), A(FENCE)),
		E(OP_PROMOTE) = REFUSE(PARTED),
		E(OP_FORCE) = GO(PROMOTING, A(MARK), A(LINK_CLOSE), A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(PARTED),
		E(PEER_HOLDS) = STAY(PARTED),
	},
	[S(FENCING)] = {
		E(FENCED) = GO(PROMOTING, A(TIMER_STOP), A(LINK_CLOSE),
			       A(PROMOTE)),
		E(UNFENCED) = GO(PROMOTING, A(TIMER_STOP), A(LINK_CLOSE),
				 A(PROMOTE)),
		/* it may live: then the link may come back meanwhile */
		E(FENCE_FAILED) = GO(FENCING, A(REPLY_FAILED), A(TIMER_FENCE),
				     A(LINK_RETRY)),
		E(TIMER) = GO(FENCING, A(FENCE)),
		E(LINK_UP) = GO(WAITING, A(TIMER_STOP), A(FENCE_STOP)),
		E(SYNCED) = GO(READY, A(TIMER_STOP), A(FENCE_STOP)),
		E(LINK_LOST) = GO(FENCING, A(LINK_RETRY)),
		E(LINK_CUT) = GO(FENCING, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(FENCING, A(LINK_RETRY)),
		E(LINK_FAILED) = GO(FENCING, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(FENCING, A(LINK_RETRY)),
		E(OUTRANKED) = GO(FENCING, A(LINK_RETRY)),
		E(GOODBYE) = GO(PROMOTING, A(TIMER_STOP), A(FENCE_STOP),
				A(LINK_CLOSE), A(PROMOTE)),
		E(PATH_ACTIVE) = GO(PARTED, A(TIMER_STOP), A(FENCE_STOP),
				    A(LINK_RETRY)),
		E(PATH_ALONE) = STAY(FENCING),
		E(PATH_IDLE) = GO(PROMOTING, A(TIMER_STOP), A(FENCE_STOP),
				  A(LINK_CLOSE), A(PROMOTE)),
		E(PATH_DEAD) = STAY(FENCING),
		E(OP_PROMOTE) = GO(FENCING, A(TIMER_STOP), A(FENCE)),
		E(OP_FORCE) = GO(PROMOTING, A(TIMER_STOP), A(FENCE_STOP),
				 A(LINK_CLOSE), A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(FENCING),
		E(PEER_HOLDS) = STAY(FENCING),
	},
	[S(PROMOTING)] = {
		E(PROMOTED) = GO(SOLO, A(TIMER_STOP), A(ADD_ADDRESS),
				 A(LINK_RETRY), A(REPLY_OK)),
		E(PROMOTE_LATER) = GO(PROMOTING, A(TIMER_LEASE)),
		E(PROMOTE_FAILED) = GO(WAITING, A(TIMER_STOP), A(REPLY_FAILED),
				       A(SAY_NOBODY), A(LINK_RETRY)),
		E(TIMER) = GO(PROMOTING, A(PROMOTE)),
		E(LINK_UP) = STAY(PROMOTING),
		E(SYNCED) = STAY(PROMOTING),
		E(LINK_LOST) = STAY(PROMOTING),
		E(LINK_CUT) = STAY(PROMOTING),
		E(LINK_BROKEN) = STAY(PROMOTING),
		E(LINK_FAILED) = STAY(PROMOTING),
		E(GOODBYE) = GO(PROMOTING, A(PROMOTE)),
		E(OUTRANKED) = STAY(PROMOTING),
		E(PEER_IDLE) = STAY(PROMOTING),
		E(OP_PROMOTE) = STAY(PROMOTING),
		E(OP_FORCE) = GO(PROMOTING, A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(PROMOTING),
		E(PEER_HOLDS) = STAY(PROMOTING),
		E(PATH_ACTIVE) = STAY(PROMOTING),
		E(PATH_ALONE) = STAY(PROMOTING),
		E(PATH_IDLE) = STAY(PROMOTING),
		E(PATH_DEAD) = STAY(PROMOTING),
	},
	[S(SOLO)] = {
		E(LINK_UP) = GO(SYNCING, A(END)),
		E(SYNCED) = GO(PROTECTED, A(END)),
		E(LINK_LOST) = GO(SOLO, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(SOLO, A(LINK_RETRY)),
		E(GOODBYE) = GO(SOLO, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(SOLO, A(LINK_RETRY)),
		E(OUTRANKED) = YIELD,
		E(OP_PROMOTE) = GO(SOLO, A(REPLY_OK)),
		E(OP_FORCE) = GO(SOLO, A(REPLY_OK)),
		E(OP_SWITCHOVER) = REFUSE(SOLO),
		E(CLIENTS_MISSING) = GO(CLIENTS, A(LINK_CLOSE), A(LINK_DROP)),
		E(CLIENTS_COMPLETE) = STAY(SOLO),
		E(PEER_ACTIVE) = STAY(SOLO),
		E(PATH_NO_COPY) = GO(SOLO, A(GO_ALONE)),
	},
	[S(CLIENTS)] = {
		E(CLIENTS_COMPLETE) = GO(SOLO, A(LINK_OPEN)),
		E(PEER_ACTIVE) = GO(SOLO, A(LINK_OPEN)),
		E(CLIENTS_MISSING) = STAY(CLIENTS),
		E(LINK_UP) = STAY(CLIENTS),
		E(SYNCED) = STAY(CLIENTS),
		E(LINK_LOST) = STAY(CLIENTS),
		E(LINK_BROKEN) = STAY(CLIENTS),
		E(GOODBYE) = STAY(CLIENTS),
		E(PEER_IDLE) = STAY(CLIENTS),
		E(OUTRANKED) = YIELD,
		E(OP_PROMOTE) = GO(CLIENTS, A(REPLY_OK)),
		E(OP_FORCE) = GO(CLIENTS, A(REPLY_OK)),
		E(OP_SWITCHOVER) = REFUSE(CLIENTS),
		E(PATH_NO_COPY) = STAY(CLIENTS),
	},
	[S(SYNCING)] = {
		E(LINK_UP) = STAY(SYNCING),
		E(SYNCED) = GO(PROTECTED, A(END)),
		E(LINK_LOST) = GO(SOLO, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(SOLO, A(LINK_RETRY)),
		E(GOODBYE) = GO(SOLO, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(SOLO, A(LINK_RETRY)),
		E(OUTRANKED) = YIELD,
		E(OP_PROMOTE) = GO(SYNCING, A(REPLY_OK)),
		E(OP_FORCE) = GO(SYNCING, A(REPLY_OK)),
		E(OP_SWITCHOVER) = REFUSE(SYNCING),
		E(CLIENTS_MISSING) = STAY(SYNCING),
		E(CLIENTS_COMPLETE) = STAY(SYNCING),
		E(PATH_NO_COPY) = STAY(SYNCING),
	},
	[S(PROTECTED)] = {
		E(LINK_UP) = GO(SYNCING, A(END)),
		E(SYNCED) = STAY(PROTECTED),
		E(LINK_LOST) = GO(SOLO, A(LINK_RETRY)),
		E(LINK_BROKEN) = GO(SOLO, A(LINK_RETRY)),
		E(GOODBYE) = GO(SOLO, A(LINK_RETRY)),
		E(PEER_IDLE) = GO(SOLO, A(LINK_RETRY)),
		E(OUTRANKED) = YIELD,
		E(OP_PROMOTE) = GO(PROTECTED, A(REPLY_OK)),
		E(OP_FORCE) = GO(PROTECTED, A(REPLY_OK)),
		E(OP_SWITCHOVER) = GO(SWITCHING, A(MARK), A(HANDOVER)),
		E(CLIENTS_MISSING) = STAY(PROTECTED),
		E(CLIENTS_COMPLETE) = STAY(PROTECTED),
		E(PATH_NO_COPY) = STAY(PROTECTED),
	},
	[S(SWITCHING)] = {
		E(LINK_UP) = STAY(SWITCHING),
		E(SYNCED) = STAY(SWITCHING),
		E(LINK_LOST) = STAY(SWITCHING),
		E(LINK_BROKEN) = STAY(SWITCHING),
		E(GOODBYE) = STAY(SWITCHING),
		E(PEER_IDLE) = STAY(SWITCHING),
		E(OUTRANKED) = STAY(SWITCHING),
		E(HANDED_OVER) = YIELD,
		E(HANDOVER_FAILED) = GO(PROTECTED, A(REPLY_FAILED), A(RESYNC)),
		E(HANDOVER_UNSURE) = GO(DEMOTING, A(REPLY_FAILED),
					A(LINK_CLOSE), A(DEL_ADDRESS),
					A(LINK_DROP), A(SET_BACKUP)),
		E(OP_PROMOTE) = REFUSE(SWITCHING),
		E(OP_FORCE) = REFUSE(SWITCHING),
		E(OP_SWITCHOVER) = REFUSE(SWITCHING),
		E(CLIENTS_MISSING) = STAY(SWITCHING),
		E(CLIENTS_COMPLETE) = STAY(SWITCHING),
	},
	[S(DEMOTING)] = {
		E(IS_BACKUP) = GO(WAITING, A(TIMER_STOP), A(LINK_RETRY),
				  A(REPLY_OK)),
		E(ROLE_FAILED) = GO(DEMOTING, A(TIMER_RETRY)),
		E(TIMER) = GO(DEMOTING, A(DEL_ADDRESS), A(LINK_DROP),
			      A(SET_BACKUP)),
		E(LINK_UP) = STAY(DEMOTING),
		E(SYNCED) = STAY(DEMOTING),
		E(LINK_LOST) = STAY(DEMOTING),
		E(LINK_BROKEN) = STAY(DEMOTING),
		E(LINK_FAILED) = STAY(DEMOTING),
		E(GOODBYE) = STAY(DEMOTING),
		E(PEER_IDLE) = STAY(DEMOTING),
		E(OUTRANKED) = STAY(DEMOTING),
		E(OP_PROMOTE) = REFUSE(DEMOTING),
		E(OP_FORCE) = REFUSE(DEMOTING),
		E(OP_SWITCHOVER) = REFUSE(DEMOTING),
		E(PEER_HOLDS) = STAY(DEMOTING),
		E(CLIENTS_MISSING) = STAY(DEMOTING),
		E(CLIENTS_COMPLETE) = STAY(DEMOTING),
		E(LINK_CUT) = STAY(DEMOTING),
		E(PATH_ACTIVE) = STAY(DEMOTING),
		E(PATH_ALONE) = STAY(DEMOTING),
		E(PATH_IDLE) = STAY(DEMOTING),
		E(PATH_DEAD) = STAY(DEMOTING),
		E(PATH_NO_COPY) = STAY(DEMOTING),
	},
};

/**
 * fttcpd_fsm_step() - what follows from an event
 * @state:	where the node is
 * @event:	what happened
 *
 * Return: the next state and what to do; the same state and
 * FTTCPD_A_UNWANTED where the event has no place.
 */
struct fttcpd_step fttcpd_fsm_step(enum fttcpd_state state,
				   enum fttcpd_event event)
{
	struct fttcpd_step unwanted = { state, { A(UNWANTED) } };

	if ((unsigned int)state >= FTTCPD_STATES ||
	    (unsigned int)event >= FTTCPD_EVENTS ||
	    !table[state][event].wanted)
		return unwanted;
	return table[state][event].step;
}

static const char *name_of(const char * const *names, size_t count,
			   unsigned int i)
{
	return i < count && names[i] ? names[i] : "unknown";
}

/** fttcpd_state_name() - as in the diagram, in small letters */
const char *fttcpd_state_name(enum fttcpd_state state)
{
	static const char * const names[FTTCPD_STATES] = {
		[S(INIT)] = "init",
		[S(STARTING)] = "starting",
		[S(WAITING)] = "waiting",
		[S(READY)] = "ready",
		[S(ORPHANED)] = "orphaned",
		[S(PARTED)] = "parted",
		[S(FENCING)] = "fencing",
		[S(PROMOTING)] = "promoting",
		[S(SOLO)] = "solo",
		[S(CLIENTS)] = "clients",
		[S(SYNCING)] = "syncing",
		[S(PROTECTED)] = "protected",
		[S(SWITCHING)] = "switching",
		[S(DEMOTING)] = "demoting",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

/** fttcpd_event_name() - for messages and tests */
const char *fttcpd_event_name(enum fttcpd_event event)
{
	static const char * const names[FTTCPD_EVENTS] = {
		E(START_ACTIVE) = "start-active",
		E(START_BACKUP) = "start-backup",
		E(ADOPT_SOLO) = "adopt-solo",
		E(ADOPT_SYNCING) = "adopt-syncing",
		E(ADOPT_PROTECTED) = "adopt-protected",
		E(ADOPT_WAITING) = "adopt-waiting",
		E(ADOPT_READY) = "adopt-ready",
		E(ADOPT_LOST) = "adopt-lost",
		E(ADOPT_FENCED) = "adopt-fenced",
		E(LINK_UP) = "link-up",
		E(SYNCED) = "synced",
		E(LINK_LOST) = "link-lost",
		E(LINK_CUT) = "link-cut",
		E(LINK_BROKEN) = "link-broken",
		E(LINK_FAILED) = "link-failed",
		E(GOODBYE) = "goodbye",
		E(PEER_IDLE) = "peer-idle",
		E(OUTRANKED) = "outranked",
		E(ADDRESS_FREE) = "address-free",
		E(ADDRESS_UNSURE) = "address-unsure",
		E(CLIENTS_MISSING) = "clients-missing",
		E(CLIENTS_COMPLETE) = "clients-complete",
		E(PEER_HOLDS) = "peer-holds",
		E(PEER_ACTIVE) = "peer-active",
		E(PATH_ACTIVE) = "path-active",
		E(PATH_ALONE) = "path-alone",
		E(PATH_IDLE) = "path-idle",
		E(PATH_DEAD) = "path-dead",
		E(PATH_NO_COPY) = "path-no-copy",
		E(FENCED) = "fenced",
		E(UNFENCED) = "unfenced",
		E(FENCE_FAILED) = "fence-failed",
		E(TIMER) = "timer",
		E(IS_ACTIVE) = "is-active",
		E(IS_BACKUP) = "is-backup",
		E(ROLE_FAILED) = "role-failed",
		E(PROMOTED) = "promoted",
		E(PROMOTE_LATER) = "promote-later",
		E(PROMOTE_FAILED) = "promote-failed",
		E(HANDED_OVER) = "handed-over",
		E(HANDOVER_FAILED) = "handover-failed",
		E(HANDOVER_UNSURE) = "handover-unsure",
		E(OP_PROMOTE) = "op-promote",
		E(OP_FORCE) = "op-force",
		E(OP_SWITCHOVER) = "op-switchover",
	};

	return name_of(names, ARRAY_SIZE(names), event);
}

/** fttcpd_action_name() - for messages and tests */
const char *fttcpd_action_name(enum fttcpd_action action)
{
	static const char * const names[FTTCPD_ACTIONS] = {
		[A(END)] = "end",
		[A(SET_ACTIVE)] = "set-active",
		[A(SET_BACKUP)] = "set-backup",
		[A(DROP_COPY)] = "drop-copy",
		[A(GO_ALONE)] = "go-alone",
		[A(FENCE)] = "fence",
		[A(FENCE_STOP)] = "fence-stop",
		[A(PROMOTE)] = "promote",
		[A(FORCE)] = "force",
		[A(HANDOVER)] = "handover",
		[A(ADD_ADDRESS)] = "add-address",
		[A(DEL_ADDRESS)] = "del-address",
		[A(LINK_OPEN)] = "link-open",
		[A(LINK_RETRY)] = "link-retry",
		[A(LINK_CLOSE)] = "link-close",
		[A(LINK_DROP)] = "link-drop",
		[A(LOOK)] = "look",
		[A(TIMER_STARTUP)] = "timer-startup",
		[A(TIMER_IDLE)] = "timer-idle",
		[A(TIMER_LEASE)] = "timer-lease",
		[A(TIMER_RETRY)] = "timer-retry",
		[A(TIMER_FENCE)] = "timer-fence",
		[A(TIMER_STOP)] = "timer-stop",
		[A(MARK)] = "mark",
		[A(RESYNC)] = "resync",
		[A(SAY_NOBODY)] = "say-nobody",
		[A(REPLY_OK)] = "reply-ok",
		[A(REPLY_FAILED)] = "reply-failed",
		[A(REPLY_REFUSED)] = "reply-refused",
		[A(UNWANTED)] = "unwanted",
	};

	return name_of(names, ARRAY_SIZE(names), action);
}

/**
 * fttcpd_fsm_refusal() - why an operator's wish is refused, and what helps
 * @state:	where the node is
 * @event:	FTTCPD_E_OP_*
 *
 * Return: one line; "" for anything but FTTCPD_E_OP_*.
 */
const char *fttcpd_fsm_refusal(enum fttcpd_state state,
			       enum fttcpd_event event)
{
	static const char * const switchover[FTTCPD_STATES] = {
		[S(INIT)] = "the daemon is still starting; try again",
		[S(STARTING)] = "this node has no role yet; try again when "
			"\"fttcpctl node show\" says protected",
		[S(WAITING)] = "this node is a backup; run switchover on the "
			"active node",
		[S(READY)] = "this node is the backup; run switchover on the "
			"active node",
		[S(ORPHANED)] = "this node is a backup without its active; "
			"promote it, or wait until it promotes itself",
		[S(PARTED)] = "this node is a backup that has lost the link; "
			"run switchover on the active node once the link is "
			"back",
		[S(FENCING)] = "this node is about to take over; try again when "
			"it is protected",
		[S(PROMOTING)] = "this node is taking over right now; try "
			"again when it is protected",
		[S(SOLO)] = "there is no backup to hand over to; start "
			"fttcpd on the other node and wait with "
			"\"fttcpctl ready wait 60\"",
		[S(CLIENTS)] = "there is no backup yet: clients replicate "
			"their state first; \"fttcpctl client show\" says "
			"which are missing",
		[S(SYNCING)] = "the backup is still being synchronised; wait "
			"with \"fttcpctl ready wait 60\"",
		[S(SWITCHING)] = "a switchover is under way",
		[S(DEMOTING)] = "this node is giving up its role right now",
	};
	static const char * const promote[FTTCPD_STATES] = {
		[S(INIT)] = "the daemon is still starting; try again",
		[S(STARTING)] = "this node still looks for another active "
			"one; wait, or add force",
		[S(WAITING)] = "this backup has no complete copy, connections "
			"would be lost; wait with \"fttcpctl ready wait 60\", "
			"or add force",
		[S(READY)] = "the active node is alive; run switchover there, "
			"or add force to take its role away",
		[S(PARTED)] = "the active node is alive, as the second path "
			"says; repair the link, or add force to take its role "
			"away",
		[S(SWITCHING)] = "a switchover is under way; run promote on "
			"the other node if it fails",
		[S(DEMOTING)] = "this node is giving up its role right now; "
			"try again",
	};

	if (event == FTTCPD_E_OP_SWITCHOVER)
		return name_of(switchover, ARRAY_SIZE(switchover), state);
	if (event == FTTCPD_E_OP_PROMOTE || event == FTTCPD_E_OP_FORCE)
		return name_of(promote, ARRAY_SIZE(promote), state);
	return "";
}
