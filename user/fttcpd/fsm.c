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
 * An active that lost its backup, and holds, goes on alone after hold-max, where the
 * configuration says so and somebody can be asked: with the same proof.
 *
 *   SOLO, CLIENTS (the kernel holds) --- hold-max: ASK_ALONE --- fenced: GO_ALONE --->
 *        ^                                      |                   SOLO, CLIENTS
 *        +--- failed: asked again --------------+
 *
 * The proof, which the table calls a fence: the lease of the witness, the program of
 * [fence], or, where there are both, one after the other.
 *
 * Somebody else may decide (manager = external). Then a few cells are others, at the end
 * of this file: what makes a node take over or become active by itself is an order
 * that is waited for, in ORPHANED or WAITING. What the active hands over (goodbye) is
 * taken, since that was ordered there.
 *
 * Who has lost its role may have to wait for an operator (rejoin = operator), with other
 * cells, again at the end of this file: OUT in place of DEMOTING.
 *
 *   SOLO, CLIENTS, SYNCING, PROTECTED --- outranked ---> OUT --- rejoin ---> DEMOTING
 *   SWITCHING --- perhaps to nobody -------------------> OUT
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
 *   active goes on alone only after the other node has said that it has none, or
 *   with that proof. (Where nobody can be asked, the kernel decides.)
 * - A node that lost its role passes through DEMOTING and WAITING: it has to
 *   be synchronised from scratch before it may take over again.
 *
 * A cell that is not written out keeps the state and says that the event was
 * not expected. Events that may arrive late, because an action ended their
 * reason meanwhile, are written out with no action.
 */
#include <stdbool.h>

#include "fsm.h"

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
#define YIELD	GO(DEMOTING, A(TIMER_STOP), A(FENCE_STOP), A(LINK_CLOSE), \
		   A(DEL_ADDRESS), A(LINK_DROP), A(SET_BACKUP))

/* What an active does when there is a backup again, or may be. */
#define FOUND(to)	GO(to, A(TIMER_STOP), A(FENCE_STOP))

/* What it does when that is gone. */
#define LOST	GO(SOLO, A(LINK_RETRY), A(TIMER_HOLD))

static const struct cell table[FTTCPD_STATES][FTTCPD_EVENTS] = {
	[S(INIT)] = {
		E(START_ACTIVE) = GO(STARTING, A(DEL_ADDRESS), A(SET_BACKUP),
				     A(LINK_OPEN), A(TIMER_STARTUP)),
		E(START_BACKUP) = GO(DEMOTING, A(DEL_ADDRESS), A(SET_BACKUP)),
		E(ADOPT_SOLO) = GO(SOLO, A(ADD_ADDRESS), A(LINK_OPEN),
				   A(TIMER_HOLD)),
		E(ADOPT_SYNCING) = GO(SYNCING, A(ADD_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_PROTECTED) = GO(PROTECTED, A(ADD_ADDRESS),
					A(LINK_OPEN)),
		E(ADOPT_WAITING) = GO(WAITING, A(DEL_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_READY) = GO(READY, A(DEL_ADDRESS), A(LINK_OPEN)),
		E(ADOPT_LOST) = GO(ORPHANED, A(DEL_ADDRESS), A(LINK_RETRY),
				   A(TIMER_STARTUP)),
		E(ADOPT_FENCED) = YIELD,
		E(ADOPT_OUT) = GO(OUT, A(DEL_ADDRESS), A(SET_BACKUP)),
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
		E(OP_DEMOTE) = GO(WAITING, A(TIMER_STOP), A(REPLY_OK)),
		E(OP_RESIGN) = GO(WAITING, A(TIMER_STOP), A(REPLY_OK)),
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
		E(OP_DEMOTE) = GO(WAITING, A(TIMER_STOP), A(REPLY_OK)),
		E(OP_RESIGN) = GO(WAITING, A(TIMER_STOP), A(REPLY_OK)),
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
		E(OP_DEMOTE) = GO(READY, A(REPLY_OK)),
		E(OP_RESIGN) = GO(READY, A(REPLY_OK)),
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
		E(OP_DEMOTE) = GO(ORPHANED, A(TIMER_STOP), A(REPLY_OK)),
		E(OP_RESIGN) = GO(ORPHANED, A(TIMER_STOP), A(REPLY_OK)),
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
		E(OP_DEMOTE) = GO(PARTED, A(REPLY_OK)),
		E(OP_RESIGN) = GO(PARTED, A(REPLY_OK)),
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
		E(OP_DEMOTE) = REFUSE(FENCING),
		E(OP_RESIGN) = REFUSE(FENCING),
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
		E(OP_DEMOTE) = REFUSE(PROMOTING),
		E(OP_RESIGN) = REFUSE(PROMOTING),
	},
	[S(SOLO)] = {
		E(LINK_UP) = FOUND(SYNCING),
		E(SYNCED) = FOUND(PROTECTED),
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
		E(PATH_NO_COPY) = GO(SOLO, A(TIMER_STOP), A(FENCE_STOP),
				     A(GO_ALONE)),
		E(TIMER) = GO(SOLO, A(ASK_ALONE)),
		E(FENCED) = GO(SOLO, A(GO_ALONE)),
		E(UNFENCED) = GO(SOLO, A(GO_ALONE)),
		E(FENCE_FAILED) = GO(SOLO, A(TIMER_FENCE)),
		E(OP_DEMOTE) = REFUSE(SOLO),
		E(OP_RESIGN) = YIELD,
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
		E(TIMER) = GO(CLIENTS, A(ASK_ALONE)),
		E(FENCED) = GO(CLIENTS, A(GO_ALONE)),
		E(UNFENCED) = GO(CLIENTS, A(GO_ALONE)),
		E(FENCE_FAILED) = GO(CLIENTS, A(TIMER_FENCE)),
		E(OP_DEMOTE) = REFUSE(CLIENTS),
		E(OP_RESIGN) = YIELD,
	},
	[S(SYNCING)] = {
		E(LINK_UP) = STAY(SYNCING),
		E(SYNCED) = GO(PROTECTED, A(END)),
		E(LINK_LOST) = LOST,
		E(LINK_BROKEN) = LOST,
		E(GOODBYE) = LOST,
		E(PEER_IDLE) = LOST,
		E(OUTRANKED) = YIELD,
		E(OP_PROMOTE) = GO(SYNCING, A(REPLY_OK)),
		E(OP_FORCE) = GO(SYNCING, A(REPLY_OK)),
		E(OP_SWITCHOVER) = REFUSE(SYNCING),
		E(CLIENTS_MISSING) = STAY(SYNCING),
		E(CLIENTS_COMPLETE) = STAY(SYNCING),
		E(PATH_NO_COPY) = STAY(SYNCING),
		E(OP_DEMOTE) = REFUSE(SYNCING),
		E(OP_RESIGN) = YIELD,
	},
	[S(PROTECTED)] = {
		E(LINK_UP) = GO(SYNCING, A(END)),
		E(SYNCED) = STAY(PROTECTED),
		E(LINK_LOST) = LOST,
		E(LINK_BROKEN) = LOST,
		E(GOODBYE) = LOST,
		E(PEER_IDLE) = LOST,
		E(OUTRANKED) = YIELD,
		E(OP_PROMOTE) = GO(PROTECTED, A(REPLY_OK)),
		E(OP_FORCE) = GO(PROTECTED, A(REPLY_OK)),
		E(OP_SWITCHOVER) = GO(SWITCHING, A(MARK), A(HANDOVER)),
		E(CLIENTS_MISSING) = STAY(PROTECTED),
		E(CLIENTS_COMPLETE) = STAY(PROTECTED),
		E(PATH_NO_COPY) = STAY(PROTECTED),
		E(OP_DEMOTE) = GO(SWITCHING, A(MARK), A(HANDOVER)),
		E(OP_RESIGN) = GO(SWITCHING, A(MARK), A(HANDOVER)),
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
		E(OP_DEMOTE) = REFUSE(SWITCHING),
		E(OP_RESIGN) = REFUSE(SWITCHING),
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
		E(OP_DEMOTE) = REFUSE(DEMOTING),
		E(OP_RESIGN) = REFUSE(DEMOTING),
	},
	[S(OUT)] = {
		E(IS_BACKUP) = GO(OUT, A(TIMER_STOP)),
		E(ROLE_FAILED) = GO(OUT, A(TIMER_RETRY)),
		E(TIMER) = GO(OUT, A(DEL_ADDRESS), A(LINK_DROP), A(SET_BACKUP)),
		/* the role again, for whoever has set it by hand meanwhile */
		E(OP_REJOIN) = GO(DEMOTING, A(TIMER_STOP), A(DEL_ADDRESS),
				  A(SET_BACKUP)),
		E(OP_PROMOTE) = REFUSE(OUT),
		E(OP_FORCE) = GO(PROMOTING, A(TIMER_STOP), A(MARK), A(FORCE)),
		E(OP_SWITCHOVER) = REFUSE(OUT),
		E(OP_DEMOTE) = GO(OUT, A(REPLY_OK)),
		E(OP_RESIGN) = GO(OUT, A(REPLY_OK)),
		E(LINK_UP) = STAY(OUT),
		E(SYNCED) = STAY(OUT),
		E(LINK_LOST) = STAY(OUT),
		E(LINK_CUT) = STAY(OUT),
		E(LINK_BROKEN) = STAY(OUT),
		E(LINK_FAILED) = STAY(OUT),
		E(GOODBYE) = STAY(OUT),
		E(PEER_IDLE) = STAY(OUT),
		E(OUTRANKED) = STAY(OUT),
		E(CLIENTS_MISSING) = STAY(OUT),
		E(CLIENTS_COMPLETE) = STAY(OUT),
		E(PEER_HOLDS) = STAY(OUT),
		E(PATH_ACTIVE) = STAY(OUT),
		E(PATH_ALONE) = STAY(OUT),
		E(PATH_IDLE) = STAY(OUT),
		E(PATH_DEAD) = STAY(OUT),
		E(PATH_NO_COPY) = STAY(OUT),
	},
};

/* What a backup does that could take over, and waits for an order. */
#define AWAIT	GO(ORPHANED, A(LINK_RETRY), A(SAY_ORDER))

/* The cells that are others where only orders count. */
static const struct cell orders[FTTCPD_STATES][FTTCPD_EVENTS] = {
	[S(INIT)] = {
		E(START_ACTIVE) = GO(DEMOTING, A(DEL_ADDRESS), A(SET_BACKUP)),
		E(ADOPT_LOST) = GO(ORPHANED, A(DEL_ADDRESS), A(LINK_RETRY),
				   A(SAY_ORDER)),
	},
	[S(WAITING)] = {
		E(LINK_FAILED) = AWAIT,
		E(PEER_IDLE) = GO(WAITING, A(LINK_RETRY)),
		E(TIMER) = STAY(WAITING),
	},
	[S(READY)] = {
		E(LINK_LOST) = AWAIT,
		E(LINK_FAILED) = AWAIT,
		E(PEER_IDLE) = GO(WAITING, A(LINK_RETRY)),
	},
	[S(ORPHANED)] = {
		E(TIMER) = STAY(ORPHANED),
	},
	[S(PARTED)] = {
		E(PATH_IDLE) = AWAIT,
		E(PATH_DEAD) = AWAIT,
	},
	/* the order was not carried out: the next try is another one's business */
	[S(FENCING)] = {
		E(FENCE_FAILED) = GO(ORPHANED, A(TIMER_STOP), A(FENCE_STOP),
				     A(REPLY_FAILED), A(LINK_RETRY)),
	},
};

/* As YIELD, and no way back but an operator's word. */
#define LEAVE	GO(OUT, A(TIMER_STOP), A(FENCE_STOP), A(LINK_CLOSE), \
		   A(DEL_ADDRESS), A(LINK_DROP), A(SET_BACKUP))

/* The cells that are others where who lost its role stays out. */
static const struct cell stay_out[FTTCPD_STATES][FTTCPD_EVENTS] = {
	[S(INIT)] = { E(ADOPT_FENCED) = LEAVE },
	[S(SOLO)] = { E(OUTRANKED) = LEAVE },
	[S(CLIENTS)] = { E(OUTRANKED) = LEAVE },
	[S(SYNCING)] = { E(OUTRANKED) = LEAVE },
	[S(PROTECTED)] = { E(OUTRANKED) = LEAVE },
	[S(SWITCHING)] = {
		E(HANDOVER_UNSURE) = GO(OUT, A(REPLY_FAILED), A(LINK_CLOSE),
					A(DEL_ADDRESS), A(LINK_DROP),
					A(SET_BACKUP)),
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

/**
 * fttcpd_fsm_step_by() - the same where some cells are others
 * @state:	where the node is
 * @event:	what happened
 * @rules:	FTTCPD_RULE_*
 *
 * Return: as fttcpd_fsm_step().
 */
struct fttcpd_step fttcpd_fsm_step_by(enum fttcpd_state state,
				      enum fttcpd_event event,
				      unsigned int rules)
{
	if ((unsigned int)state < FTTCPD_STATES &&
	    (unsigned int)event < FTTCPD_EVENTS &&
	    rules & FTTCPD_RULE_ORDERS && orders[state][event].wanted)
		return orders[state][event].step;
	if ((unsigned int)state < FTTCPD_STATES &&
	    (unsigned int)event < FTTCPD_EVENTS &&
	    rules & FTTCPD_RULE_STAY_OUT && stay_out[state][event].wanted)
		return stay_out[state][event].step;
	return fttcpd_fsm_step(state, event);
}
