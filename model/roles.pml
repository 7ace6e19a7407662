/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * roles.pml: who may speak for a connection (R4).
 *
 * Two equal nodes as in kmod/node.c, lease.c, link_hello.c, link.c, promote.c:
 * roles, epochs, the lease, holding, solo, synchronisation, promotion,
 * handover, fencing; one connection, which node 0 has at first. Heartbeats and
 * their answers overtake records, as on a lane and between lanes. Every step
 * may be delayed for any time, which is what a machine that stands still does;
 * its clock goes on. Messages are lost by the end of the link, which each side
 * notices at another moment. Nodes die, and come back as backups; with -DBOOTS
 * also as actives that begin by themselves, and get a new connection when the
 * old one is nowhere any more; with -DKNOWS the backup remembers an epoch of
 * before all this.
 *
 * Time is counted in ticks, and a stamp is kept as what it would still grant:
 * so there is no horizon. L is the lease, W what the backup waits for, which
 * is a tick more; of the two clocks one may lose a tick in each W.
 *
 * What people decide is left open as far as it is safe whatever they decide.
 * The rest is what the protocol assumes; -DA_* takes one such assumption away.
 * -DM_* leaves a precaution out.
 */

#ifndef L
#define L	1
#endif
#ifdef M_NO_MARGIN
#define W	L
#else
#define W	(L + 1)
#endif
#define UNL	15		/* an unlimited lease */
#ifndef EMAX
#define EMAX	3		/* epochs */
#endif
#ifndef DEATHS
#define DEATHS	2
#endif

mtype = { DEAD, NONE, ACTIVE, BACKUP };			/* role */
/* state of an active; UNSURE is fenced for want of an answer to the goodbye */
mtype = { SOLO, SYNCING, PROTECTED, HOLDING, FENCED, UNSURE };
mtype = { CLOSED, MEETING, UP, ENDING };		/* this end of the link */
mtype = { HELLO, BEGIN, END, GOODBYE, STOP };		/* records */

typedef node_t {
	mtype role;
	mtype st;
	byte ep;		/* of an active its epoch, else epoch_seen */
	bool own;		/* epoch_own */
	bool conn;		/* has the live connection */
	bool rep;		/* has its replica */
	bool onlane;		/* the connection is on a lane, perhaps a dead one */
	bool muted;
	bool synced;		/* backup: SYNC_END came; active: it was sent */
	bool goodbye;
	byte lease, echo;	/* active: lease_ns, lease_echo */
	byte granted;		/* backup: granted_ns */
	byte peer, heard;	/* the last heartbeat: its stamp, and when it came */
	mtype link;
	bool retired;		/* the backup's STOP said goodbye */
	byte fence;		/* a larger epoch was met */
	bool yields;		/* or another active with more to lose */
	byte phase;		/* of the synchronisation, see sync() */
	byte acked;		/* of BEGIN, END, GOODBYE */
	byte taken;
	byte leaving;		/* a handover is under way, see handover() */
	byte prom;		/* a promotion is, and with which epoch */
	bool closing;		/* it closes the link */
};
node_t n[2];

chan rec[2] = [2] of { mtype, byte, byte };	/* epoch, role or flag */
chan beat[2] = [1] of { byte, byte, byte, byte }; /* whose stamp, epoch, acked */

byte top = 1, owner;		/* the largest epoch spoken in, and by whom */
#ifdef BOOTS
byte promo;			/* the largest that somebody was promoted in */
#endif
byte slip;			/* ticks until a clock may lose one again */
byte deaths;

/* used within one step, and 0 between two */
mtype x_t;
byte x_e, x_s, x_a, x_w, x_k;
byte x_b;

#define ME	n[i]
#define YOU	n[1 - i]

/* kmod/hold.c: alone(), may_leave() */
#ifdef M_NO_LEASE
#define LEASE(x)	true
#else
#define LEASE(x)	(n[x].lease > 0)
#endif
#define ALONE(x)	(!n[x].onlane && n[x].st != HOLDING && \
			 n[x].st != FENCED && n[x].st != UNSURE)
#define SPEAKS(x)	(n[x].conn && !n[x].muted && \
			 (n[x].role == NONE || n[x].role == ACTIVE) && \
			 (ALONE(x) || (n[x].onlane && LEASE(x))))

/* R4 */
inline speak()
{
	assert(!SPEAKS(1 - i));			/* never two at once */
	assert(ME.ep >= top);			/* no old epoch after a new one */
	assert(ME.ep > top || owner == i);	/* one node in an epoch */
	top = ME.ep;
	owner = i
}

inline clean()
{
	x_t = 0; x_e = 0; x_s = 0; x_a = 0; x_w = 0; x_k = 0; x_b = 0
}

inline say(type, epoch, flag)
{
	rec[i] ! type, epoch, flag
}

/*
 * The end of the link is coming. The last word (STOP) may leave or not; where
 * it says no more than that the link ends it is left out, since the other side
 * may find so at any time.
 */
inline link_down(code)
{
	if
	:: code && ME.link == UP && nfull(rec[i]) -> say(STOP, ME.ep, ME.role == BACKUP)
	:: true
	fi;
	ME.link = ENDING
}

/* what HELLO says: a backup, or an active and what it has to lose */
#define CLAIM(x)	((n[x].conn -> 2 : 0) + (n[x].own -> 1 : 0))
#define SAYS(x)		(n[x].role == ACTIVE -> 1 + CLAIM(x) : 0)

inline node_fence()
{
	if
	:: ME.role == ACTIVE && (ME.fence > ME.ep || ME.yields) ->
#ifdef BOOTS
		/* only who was replaced has to give a connection up */
		assert(!ME.conn || promo > ME.ep);
#endif
		ME.ep = (ME.fence > ME.ep -> ME.fence : ME.ep);
		ME.lease = 0;
		ME.muted = true;
		ME.st = FENCED
	:: else
	fi;
	ME.fence = 0;
	ME.yields = false
}

/* fttcp_node_link_lost() */
inline backup_lost()
{
	if
	:: ME.role == ACTIVE && (ME.st == SYNCING || ME.st == PROTECTED ||
			ME.st == HOLDING) ->
		if
		:: ME.retired || (ME.st == SYNCING && !ME.synced) ->
			ME.st = SOLO;
			ME.lease = UNL
#ifdef M_SOLO_LATE
		:: ME.st == SYNCING && ME.synced -> ME.st = SOLO; ME.lease = UNL
#endif
		:: !(ME.retired || (ME.st == SYNCING && !ME.synced)) ->
			ME.st = HOLDING
		fi
	:: else
	fi
}

inline link_leave()
{
	if
	:: ME.link != CLOSED -> backup_lost()
	:: else
	fi;
	ME.link = CLOSED;
	ME.retired = false;
	ME.fence = 0;
	ME.yields = false;
	ME.phase = 0;
	ME.acked = 0;
	ME.taken = 0;
	ME.peer = 0;
	ME.heard = 0;
	ME.echo = 0
}

/* judge_actives(): who has an epoch, and met a larger, was replaced; else claims */
inline hello_actives()
{
#ifdef M_NO_CLAIM
	x_a = (x_e > ME.ep || (x_e == ME.ep && i == 0))
#else
	if
	:: ME.own && x_e > ME.ep -> x_a = true
	:: (x_b == 2 || x_b == 4) && x_e < ME.ep -> x_a = false
	:: else -> x_a = (x_b - 1 > CLAIM(i))
	fi
#endif
	;
	if
	:: x_a -> ME.fence = x_e; ME.yields = true
	:: else
	fi;
	link_down(false)
}

/* judge(); e is the other's epoch, b what SAYS() */
inline hello()
{
#ifdef M_NO_EPOCHS
	x_e = ME.ep;
#endif
	if
	:: ME.role == ACTIVE && x_b -> hello_actives()
#ifndef M_NO_BORROW
	:: ME.role == ACTIVE && !x_b && x_e > ME.ep && !ME.own ->
		if
		:: ME.st != FENCED -> ME.ep = x_e
		:: else
		fi;
		link_down(false)
	:: ME.role == ACTIVE && !x_b && x_e > ME.ep && ME.own ->
#else
	:: ME.role == ACTIVE && !x_b && x_e > ME.ep ->
#endif
		ME.fence = x_e;
		link_down(false)
	:: ME.role == ACTIVE && x_e <= ME.ep && !x_b ->
		ME.link = UP;
		ME.phase = 1;
		ME.echo = 0
#ifdef M_UP_ENDS_HOLD
		;
		if
		:: ME.st == HOLDING -> ME.st = SYNCING; ME.lease = UNL;
			ME.synced = false
		:: else
		fi
#endif
	:: ME.role == BACKUP && x_b && x_e >= ME.ep ->
		ME.ep = (x_e > ME.ep -> x_e : ME.ep);
		ME.goodbye = false;
		ME.link = UP
	:: (ME.role == BACKUP && (!x_b || x_e < ME.ep)) ||
	   (ME.role != ACTIVE && ME.role != BACKUP) ->
		link_down(false)
	fi
}

/* fttcp_link_epoch_ok() for e; b says whether it is */
inline epoch_ok()
{
	x_b = true;
#ifdef M_NO_EPOCHS
	x_e = ME.ep;
#endif
	if
	:: ME.role == ACTIVE && x_e > ME.ep -> ME.fence = x_e; link_down(false);
		x_b = false
	:: ME.role == BACKUP && x_e < ME.ep -> link_down(false); x_b = false
	:: ME.role == BACKUP && x_e > ME.ep -> ME.ep = x_e
	:: else
	fi
}

/* a record: link_hello.c, replica.c */
inline take_record()
{
	rec[1 - i] ? x_t, x_e, x_b;
	if
	:: ME.link == MEETING && x_t == HELLO -> hello()
	:: ME.link == UP && x_t == BEGIN && ME.role == BACKUP ->
#ifndef M_KEEP_SYNCED
		ME.synced = false;
#endif
		ME.goodbye = false;
		ME.taken = 1
	:: ME.link == UP && x_t == END && ME.role == BACKUP ->
		ME.synced = true;
		ME.rep = x_b;
		ME.taken = 2
	:: ME.link == UP && x_t == GOODBYE && ME.role == BACKUP ->
		ME.goodbye = true;
		ME.taken = 3
	:: ME.link == UP && x_t == STOP ->
		x_a = x_b;
		epoch_ok();
		if
		:: x_b -> ME.retired = (ME.role == ACTIVE && x_a);
			ME.link = ENDING
		:: else
		fi
	:: else -> link_down(false)
	fi
}

/* a heartbeat or its answer: rx_beat(), fttcp_lease_renew() */
inline take_beat()
{
	beat[1 - i] ? x_w, x_s, x_e, x_a;
	epoch_ok();
	if
	:: x_b && ME.role == ACTIVE ->
		ME.acked = (x_a > ME.acked -> x_a : ME.acked);
		if
		:: x_w == i ->
#ifdef M_LEASE_FROM_ECHO
			x_s = L;
#endif
			ME.echo = (x_s > ME.echo -> x_s : ME.echo);
			ME.lease = (x_s > ME.lease -> x_s : ME.lease)
		:: else
		fi
	:: x_b && ME.role == BACKUP && x_w != i ->
		ME.peer = x_s;
		ME.heard = W
	:: else
	fi
}

/* an answer that tells nothing new changes nothing */
#define BEAT_NEWS	(ME.role == ACTIVE || ME.peer > 0 || \
			 ME.taken > YOU.acked || ME.ep > YOU.ep)

/* HEARTBEAT of an active; of a backup that, or ACK: fttcp_lease_grant() */
inline send_beat()
{
	if
	:: ME.role == ACTIVE -> beat[i] ! i, L, ME.ep, 0
	:: ME.role == BACKUP ->
#ifndef M_NO_GRANT
		ME.granted = (ME.heard > ME.granted -> ME.heard : ME.granted);
#endif
		beat[i] ! 1 - i, ME.peer, ME.ep, ME.taken
	fi
}

/* kmod/snapshot.c on the active: fttcp_snapshot_link() */
inline sync()
{
	if
	:: ME.phase == 1 && nfull(rec[i]) ->
		say(BEGIN, ME.ep, false);
		ME.phase = 2
	:: ME.phase == 2 && ME.acked >= 1 ->	/* fttcp_node_sync_begun() */
		ME.phase = 3;
		ME.synced = false;
		ME.own = true;
		if
		:: ME.st == HOLDING || ME.st == SOLO ->
			ME.st = SYNCING;
			ME.lease = UNL
		:: else
		fi
	:: ME.phase == 3 && ME.conn && !ME.onlane -> ME.onlane = true
	:: ME.phase == 3 && (!ME.conn || ME.onlane) ->	/* _sync_ending() */
		ME.phase = 4;
		if
		:: ME.st == SYNCING ->
			ME.synced = true
#ifndef M_LEASE_LATE
			; ME.lease = ME.echo
#endif
		:: else
		fi
	:: ME.phase == 4 && nfull(rec[i]) ->
		say(END, ME.ep, ME.conn);
		ME.phase = 5
	:: ME.phase == 5 && ME.acked >= 2 ->	/* fttcp_node_protected() */
		ME.phase = 6;
		if
		:: ME.st == SYNCING ->
			ME.st = PROTECTED
#ifdef M_LEASE_LATE
			; ME.lease = ME.echo
#endif
		:: else
		fi
	fi
}

#define SYNCS	(ME.role == ACTIVE && ME.link == UP && ( \
	((ME.phase == 1 || ME.phase == 4) && nfull(rec[i])) || \
	(ME.phase == 2 && ME.acked >= 1) || ME.phase == 3 || \
	(ME.phase == 5 && ME.acked >= 2)))

/* kmod/promote.c */
inline take_role()
{
	ME.role = ACTIVE;
	ME.st = SOLO;
	ME.ep++;
#ifdef M_SAME_EPOCH
	ME.ep--;
#endif
	ME.own = true;
#ifdef BOOTS
	promo = (ME.ep > promo -> ME.ep : promo);
#endif
	ME.lease = UNL;
	ME.goodbye = false;
	ME.synced = false;
	ME.granted = 0;
	ME.conn = ME.rep;
	ME.rep = false;
	ME.muted = false;
	ME.onlane = false;
	ME.prom = 0
}

#define MAY_PROMOTE	(ME.synced && (ME.goodbye || ME.granted == 0))

/*
 * What has to be known before somebody lets a node go on alone, or forces a
 * promotion: that the other one neither speaks nor will speak again with what
 * it has, and has not taken over in between.
 */
#ifdef A_SOLO
#define GONE	true
#else
#ifdef A_SOLO_IF_DOWN
#define GONE	(YOU.role == DEAD)
#else
#define GONE	(!YOU.conn && !YOU.synced && YOU.link == CLOSED && \
		 top == ME.ep)
#endif
#endif
#ifdef A_FORCE
#define SILENT	true
#else
#define SILENT	(!YOU.conn || (YOU.muted && YOU.leaving != 1))
#endif

#ifdef HANDOVER
#define REJOINS	(ME.role == ACTIVE || ME.role == NONE)
#else
#define REJOINS	(ME.role == ACTIVE && ME.st == FENCED)
#endif
#ifdef BOOTS
/* one that has nothing to lose; daemons settle a tie so */
#define YIELDS	(ME.role == ACTIVE && !ME.own && !ME.conn)
#else
#define YIELDS	false
#endif

inline forget()
{
	ME.conn = false; ME.rep = false; ME.onlane = false; ME.muted = false;
	ME.synced = false; ME.goodbye = false; ME.lease = 0; ME.leaving = 0;
	ME.prom = 0; ME.closing = false; ME.st = SOLO; ME.own = false
}

/* --- a node -------------------------------------------------------------- */

proctype node(byte i)
{
	do
	/* the connection's output */
	:: atomic { SPEAKS(i) -> speak() }
	/* the lane's worker */
	:: atomic { (ME.link == MEETING || ME.link == UP) &&
			nempty(rec[1 - i]) -> take_record(); clean() }
	:: atomic { ME.link == UP && nempty(beat[1 - i]) -> take_beat(); clean() }
	:: atomic { ME.link == UP && nfull(beat[i]) && BEAT_NEWS -> send_beat() }
	:: atomic { SYNCS -> sync() }
	:: atomic { ME.link == MEETING || ME.link == UP -> link_down(false) }
	/* down_work, which waits for whoever decides something */
	:: atomic { ME.link == ENDING && !ME.leaving && !ME.prom ->
		node_fence();
		link_leave() }
	/* the connection leaves its lane when its program lets go of it */
	:: atomic { ME.onlane && ME.link == CLOSED -> ME.onlane = false }

	/* on-backup-loss, or an operator: fttcp_node_solo() */
	:: atomic { ME.role == ACTIVE && !ME.leaving && GONE &&
			(ME.st == HOLDING || ME.st == UNSURE) &&
			ME.link != UP ->
		ME.st = SOLO;
		ME.muted = false;
		ME.lease = UNL }
#ifdef HANDOVER
	/* fttcp_node_handover() */
	:: atomic { ME.role == ACTIVE && ME.st == PROTECTED && !ME.leaving &&
			ME.link == UP ->
		ME.leaving = 1;
#ifndef M_GOODBYE_FIRST
		ME.muted = ME.onlane
#endif
		}
	:: atomic { ME.leaving == 1 && ME.link == UP && nfull(rec[i]) ->
		say(GOODBYE, ME.ep, false);
		ME.leaving = 2 }
	:: atomic { ME.leaving == 1 && ME.link == ENDING ->
		ME.muted = false;
		ME.leaving = 0 }
	:: atomic { ME.leaving == 2 && ME.acked >= 3 ->
		ME.muted = ME.onlane;
		ME.leaving = 0;
		ME.role = NONE;
		ME.st = SOLO;
		link_down(false) }
	:: atomic { ME.leaving == 2 && ME.acked < 3 ->	/* ended, or too late */
		ME.leaving = 0;
		ME.st = UNSURE;
		link_down(false) }
#endif
	/* fttcp_node_set_role(): rejoin as a backup; a backup begins anew */
	:: atomic { (REJOINS || YIELDS || (ME.role == BACKUP && ME.rep)) && !ME.leaving &&
			!ME.prom ->
		if
		:: ME.link == MEETING || ME.link == UP ->
			link_down(ME.role == BACKUP)
		:: else
		fi;
		ME.fence = 0;
		link_leave();
		forget();
		ME.role = BACKUP }
#ifdef A_ROLE_NONE
	/* an operator takes the role away: the connections go on */
	:: atomic { ME.role == ACTIVE && !ME.leaving && ME.link == CLOSED &&
			!ME.muted ->
		ME.role = NONE; ME.st = SOLO; ME.onlane = false }
#endif
#ifdef A_SET_EPOCH
	/* an operator gives it a larger epoch */
	:: atomic { ME.role == ACTIVE && ME.st != FENCED && ME.st != UNSURE &&
			!ME.leaving && ME.ep < EMAX -> ME.ep++ }
#endif

	/* fttcp_promote(): refuse, close the link, look again */
	:: atomic { ME.role == BACKUP && !ME.prom && ME.ep < EMAX &&
			MAY_PROMOTE -> ME.prom = ME.ep + 1 }
	:: atomic { ME.prom && !ME.closing ->
		if
		:: ME.link == MEETING || ME.link == UP -> link_down(false)
		:: else
		fi;
		link_leave();
		ME.closing = true }
	:: atomic { ME.prom && ME.closing ->
		ME.closing = false;
		if
		:: ME.ep >= EMAX -> ME.prom = 0
#ifdef M_LOOK_ONCE
		:: ME.ep < EMAX -> take_role()
#else
		:: ME.ep < EMAX && MAY_PROMOTE -> take_role()
		:: ME.ep < EMAX && !MAY_PROMOTE -> ME.prom = 0
#endif
		fi }
	/* by force */
	:: atomic { ME.role == BACKUP && !ME.prom && ME.ep < EMAX && ME.rep &&
			SILENT ->
		if	/* the last word tells the epoch */
		:: ME.link == UP && nfull(rec[i]) ->
			say(STOP, ME.ep + 1, false)
		:: true
		fi;
		link_leave();
		take_role() }

	/* it dies, and comes back */
	:: atomic { ME.role != DEAD && deaths < DEATHS ->
		deaths++;
		forget();
		ME.link = ENDING; ME.leaving = 0; ME.retired = false;
		link_leave();
		ME.role = DEAD; ME.granted = 0; ME.fence = 0
#ifdef M_EPOCH_LOST
		; ME.ep = 0
#endif
		}
	:: atomic { ME.role == DEAD -> ME.role = BACKUP }
#ifdef BOOTS
	/* fttcp_node_set_role() */
	:: atomic { ME.role == DEAD && ME.ep < EMAX ->
		ME.role = ACTIVE;
		ME.lease = UNL;
#ifdef M_START_TAKES_EPOCH
		ME.ep++
#else
		ME.ep = (ME.ep > 0 -> ME.ep : 1)
#endif
		}
	/* the old connection is nowhere any more, and this is another */
	:: atomic { ME.role == ACTIVE && ME.st == SOLO && !ME.own && !ME.prom &&
			!ME.conn && !YOU.conn && !ME.rep && !YOU.rep &&
			ME.link == CLOSED && YOU.link == CLOSED ->
		ME.conn = true;
		ME.muted = false;
		top = ME.ep;
		promo = 0;
		owner = i }
#endif
	od
}

/* user space makes a link when both ends are through with the last one */
active proctype daemons()
{
	do
	:: atomic { n[0].link == CLOSED && n[1].link == CLOSED &&
			((n[0].role == ACTIVE && (n[1].role == ACTIVE ||
			n[1].role == BACKUP)) ||
			(n[1].role == ACTIVE && n[0].role == BACKUP)) &&
			n[0].st != FENCED && n[0].st != UNSURE &&
			n[1].st != FENCED && n[1].st != UNSURE ->
		do
		:: nempty(rec[0]) -> rec[0] ? _, _, _
		:: nempty(rec[1]) -> rec[1] ? _, _, _
		:: nempty(beat[0]) -> beat[0] ? _, _, _, _
		:: nempty(beat[1]) -> beat[1] ? _, _, _, _
		:: empty(rec[0]) && empty(rec[1]) && empty(beat[0]) &&
		   empty(beat[1]) -> break
		od;
		n[0].link = MEETING;
		n[1].link = MEETING;
		rec[0] ! HELLO, n[0].ep, SAYS(0);
		rec[1] ! HELLO, n[1].ep, SAYS(1) }
	od
}

#define DEC(x)	x = (x > 0 && x != UNL -> x - 1 : x)

/* a tick of the clock of node x: all that is counted on it */
inline tick(x)
{
	DEC(n[x].lease);
	DEC(n[x].echo);
	DEC(n[x].granted);
	DEC(n[x].heard);
	DEC(n[1 - x].peer);
	x_k = 0;
	do
	:: x_k < 2 ->
		if
		:: nempty(beat[x_k]) ->
			beat[x_k] ? x_w, x_s, x_e, x_a;
			x_s = (x_w == x && x_s > 0 -> x_s - 1 : x_s);
			beat[x_k] ! x_w, x_s, x_e, x_a
		:: empty(beat[x_k])
		fi;
		x_k++
	:: else -> break
	od
}

active proctype clock()
{
	do
	:: d_step { tick(0); tick(1); slip = (slip > 0 -> slip - 1 : 0); clean() }
#ifdef A_DRIFT
	:: d_step { tick(0); clean() }
	:: d_step { tick(1); clean() }
#else
	:: d_step { slip == 0 -> tick(0); slip = L + 1; clean() }
	:: d_step { slip == 0 -> tick(1); slip = L + 1; clean() }
#endif
	od
}

init {
	atomic {
		n[0].role = ACTIVE;
		n[0].st = SOLO;
		n[0].ep = 1;
		n[0].conn = true;
#ifndef BOOTS
		n[0].own = true;
#endif
		n[0].lease = UNL;
		n[0].link = CLOSED;
		n[1].role = BACKUP;
		n[1].st = SOLO;
		n[1].link = CLOSED;
#ifdef KNOWS
		n[1].ep = 2;
#endif
		run node(0);
		run node(1)
	}
}
