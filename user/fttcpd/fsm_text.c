// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the words of the role table: names, and why an operator's wish is refused.
 */
#include <stddef.h>

#include "fsm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Short names, as in the table. */
#define S(name)		FTTCPD_S_##name
#define E(name)		\
	[FTTCPD_E_##name]
#define A(name)		FTTCPD_A_##name

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
		[S(OUT)] = "out",
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
		E(OP_DEMOTE) = "op-demote",
		E(OP_RESIGN) = "op-resign",
		E(OP_REJOIN) = "op-rejoin",
		E(ADOPT_OUT) = "adopt-out",
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
		[A(ASK_ALONE)] = "ask-alone",
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
		[A(TIMER_HOLD)] = "timer-hold",
		[A(TIMER_STOP)] = "timer-stop",
		[A(MARK)] = "mark",
		[A(RESYNC)] = "resync",
		[A(SAY_NOBODY)] = "say-nobody",
		[A(SAY_ORDER)] = "say-order",
		[A(REPLY_OK)] = "reply-ok",
		[A(REPLY_FAILED)] = "reply-failed",
		[A(REPLY_REFUSED)] = "reply-refused",
		[A(UNWANTED)] = "unwanted",
	};

	return name_of(names, ARRAY_SIZE(names), action);
}

/* Why not in this state, and what helps: a switchover, a promotion, a demotion. */
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
	[S(OUT)] = "this node has lost its role; let it come back with "
		"\"fttcpctl node rejoin\"",
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
	[S(OUT)] = "this node has lost its role, and has no copy; let it "
		"come back with \"fttcpctl node rejoin\", or add "
		"force",
};

static const char * const demote[FTTCPD_STATES] = {
	[S(FENCING)] = "this node is about to take over; try again when "
		"it is active",
	[S(PROMOTING)] = "this node is taking over right now; try "
		"again when it is active",
	[S(SOLO)] = "no backup has the connections, they would end; "
		"wait with \"fttcpctl ready wait 60\", or add force",
	[S(CLIENTS)] = "no backup has the connections, they would end; "
		"wait with \"fttcpctl ready wait 60\", or add force",
	[S(SYNCING)] = "the backup does not have all connections yet, "
		"they would end; wait with \"fttcpctl ready wait 60\", "
		"or add force",
	[S(SWITCHING)] = "a switchover is under way",
	[S(DEMOTING)] = "this node is giving up its role right now",
};

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
	if (event == FTTCPD_E_OP_DEMOTE || event == FTTCPD_E_OP_RESIGN)
		return name_of(demote, ARRAY_SIZE(demote), state);
	if (event == FTTCPD_E_OP_SWITCHOVER)
		return name_of(switchover, ARRAY_SIZE(switchover), state);
	if (event == FTTCPD_E_OP_PROMOTE || event == FTTCPD_E_OP_FORCE)
		return name_of(promote, ARRAY_SIZE(promote), state);
	return "";
}
