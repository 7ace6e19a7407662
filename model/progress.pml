/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.pml: the connection is worth more than the copy (R5), and a ready
 * backup takes over from one that died.
 *
 * The timers of an active (kmod/lane.c: tick_hold(); node.c: solo_work) and of
 * a backup (lease.c), a link that comes and goes as it likes, and a backup that
 * answers or does not. Waits says that a segment is in hold. Liveness: needs
 * weak fairness (the clock ticks on, whoever can act for ever does so), of
 * which the link and the backup are exempt, since they may always do nothing.
 *
 * With HOLD, on-backup-loss is hold: then the link breaks only so often, and
 * the backup answers in the end.
 */

#define HOLDMAX	2		/* ticks */
#define LEASE	2

mtype = { SOLO, SYNCING, PROTECTED, HOLDING };

mtype st = PROTECTED;
bool up = true, begun = true, ended = true;
bool lane = true;		/* the connection is on it */
bool waits;			/* a segment is in hold */
byte age;			/* of the oldest record that is not acknowledged */
byte left;			/* until the hold ends, when it runs */
bool runs;			/* solo_work is queued */
bool counts;			/* since the output was first held */
bool dead, synced = true, taken_over;
byte granted = LEASE;
bool idle1, idle2;
#ifdef HOLD
byte breaks = 2;		/* the link breaks so often */
#endif

inline go_solo()
{
	st = SOLO;
	runs = false;
	counts = false;
	left = 0;
	waits = false
}

/* solo_work(): timers are not late in this model */
inline expire()
{
	if
	:: runs && left == 0 && st == HOLDING ->
#if defined(HOLD) || defined(M_NO_SOLO)
		runs = false
#else
		go_solo()
#endif
	:: else
	fi
}

/* fttcp_node_link_lost(), fttcp_snapshot_lose() */
inline lost()
{
	up = false;
	lane = false;
	begun = false;
	age = 0;
	if
	:: st == SYNCING && !ended -> go_solo()
	:: st == PROTECTED || (st == SYNCING && ended) ->
		st = HOLDING;
#ifdef M_HOLD_RESTARTS
		counts = false;
#endif
		left = (counts -> left : HOLDMAX);
		counts = true;
		runs = true;
		expire()
	:: st == SOLO || st == HOLDING
	fi;
	ended = false
}

/* the connection has something to send */
active proctype conn()
{
	do
	:: atomic { !dead && !waits && (st == HOLDING || lane) -> waits = true }
	:: idle1 = !idle1		/* or nothing */
	od
}

/* the link, and the backup at its other end: they may do nothing, for ever */
active proctype others()
{
	do
#ifdef HOLD
	:: atomic { !dead && up && breaks > 0 -> breaks--; lost() }
#else
	:: atomic { !dead && up -> lost() }
	:: idle2 = !idle2
#endif
	:: atomic { !dead && !up -> up = true; age = 0 }
	/* SYNC_BEGIN is acknowledged: fttcp_node_sync_begun() */
	:: atomic { !dead && up && !begun ->
		begun = true;
		ended = false;
		synced = false;
		if
		:: st == HOLDING || st == SOLO -> st = SYNCING; runs = false
		:: else
		fi }
	/* whatever waits is acknowledged */
	:: atomic { !dead && up && lane && waits -> waits = false; age = 0 }
	/* SYNC_END is, and all before it: fttcp_node_protected() */
	:: atomic { !dead && up && ended && st == SYNCING ->
		st = PROTECTED;
		synced = true;
		waits = false;
		age = 0;
		counts = false;
		left = 0 }
	od
}

active proctype node()
{
	do
	/* fttcp_snapshot_link(): its connections, then SYNC_END */
	:: atomic { !dead && up && begun && st == SYNCING && !ended ->
		lane = true;
		ended = true }
	od
}

/* it is dead, and whoever counted on it has to find so */
active proctype death()
{
	atomic { st == PROTECTED -> dead = true; granted = LEASE }
}

active proctype backup()
{
	atomic { dead && synced && granted == 0 -> taken_over = true }
}

active proctype clock()
{
	do
#ifdef HOLD
	/* the backup answers in time */
	:: atomic { dead || !(up && lane && waits && age == HOLDMAX) ->
#else
	:: atomic { true ->
#endif
		left = (left > 0 -> left - 1 : 0);
		expire();
		#ifndef M_GRANT_RENEWED
		granted = (dead && granted > 0 -> granted - 1 : granted);
#endif
		skip;
		if
#ifndef M_NO_HOLD_MAX
		/* tick_hold() */
		:: !dead && up && lane && waits && age == HOLDMAX -> lost()
#else
		:: !dead && up && lane && waits && age == HOLDMAX
#endif
		:: !dead && up && lane && waits && age < HOLDMAX -> age++
		:: else
		fi }
	od
}

ltl goes_on { [] (waits -> <> (!waits || dead)) }
ltl taken { [] ((dead && synced) -> <> taken_over) }
