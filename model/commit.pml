/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * commit.pml: the way of the bytes of one connection (R1, R2, R3).
 *
 * Active: kmod/hold.c (cover, may_leave, hold, release), tx.c and rx.c
 * (capture, flush), snapshot.c (whole copy, joining and leaving a lane),
 * node.c (solo, syncing, protected, holding). Backup: replica.c. The link is
 * a FIFO in each direction; it may end at any time, for each side at another
 * moment, and what was under way is taken or lost. The peer is anything that
 * may follow from what has left: it may have seen all of it at once.
 *
 * Indices of a lane are counted from the last acknowledged one, so that the
 * number of records is not bounded, only how many are on their way.
 *
 * Who may speak when (R4) is roles.pml; here a node that could be promoted
 * has to have what the peer may have seen, at every moment.
 */

#ifndef TX
#define TX	2		/* bytes that the application writes */
#endif
#ifndef RX
#define RX	2		/* bytes that the peer writes */
#endif
#define OUT	4		/* records on their way: more is a full lane */
#ifndef HELD
#define HELD	1		/* segments in hold: more are dropped */
#endif
#define NEED	255		/* NEED_CAPTURE */

mtype = { SOLO, SYNCING, PROTECTED, HOLDING };		/* the active's state */
mtype = { BEGIN, ADD, TXD, RXD, STATE, DEL, END };	/* records */
mtype = { NOLANE, ON, DEADLANE };
mtype = { CLOSED, DYING, UP };

/* the active's TCP: written, sent, acknowledged; received, read */
byte wr, nxt, una, rcv, cop;
/* its struct fttcp_conn */
bool att, added, resync;
mtype lane = NOLANE;
byte txq, rxq, last;			/* tx_seq, rx_seq, last_index */
chan hold = [HELD] of { byte, byte, byte };	/* end, ack, need */
/* its node and link */
mtype st = SOLO, aup = CLOSED;
byte out;				/* queued and not acknowledged */
byte begin_ix, end_ix;			/* 0: acknowledged, or not queued */
bool begun, ended;			/* SYNC_BEGIN acked; SYNC_END queued */

/* what has left: the peer may have seen it */
byte seen_tx, seen_ack;

/* the backup */
bool bup, bsync, brep, brep_new;
byte btx, brx, bu, bc;			/* tx_end, rx_end, snd_una, copied */
byte bmust_tx, bmust_rx;		/* the copy is whole from here on */
byte backs;				/* taken; the ACK is on its way */
bool nack, bye;				/* NACK and STOP are, too */
#ifdef M_ACK_EARLY
byte early;
#endif

chan ab = [OUT] of { mtype, byte, byte, byte, byte };	/* tx, rx, una, cop */

bool fits = true;
bool R1 = true, R2 = true, R3 = true;
/* used within one step, and 0 between two */
byte x_k, h_end, h_ack, h_need, need, r_tx, r_rx, r_una, r_cop;
mtype r_t;

#ifdef M_PARTIAL
#define WHOLE	true
#else
#define WHOLE	(btx >= bmust_tx && brx >= bmust_rx)
#endif
/* this connection would be promoted, were the active to die now */
#define PROMOTABLE	(bsync && brep && WHOLE)

inline clean()
{
	x_k = 0; h_end = 0; h_ack = 0; h_need = 0; need = 0;
	r_t = 0; r_tx = 0; r_rx = 0; r_una = 0; r_cop = 0
}

inline check()
{
	R1 = !PROMOTABLE || seen_tx <= btx;
	R2 = !PROMOTABLE || seen_ack <= brx;
	R3 = !brep || (bu <= una && bc <= cop && bu <= btx && bc <= brx);
	assert(R1);
	assert(R2);
	assert(R3);
	assert(fits);
	clean()
}

/* --- the active: hold.c -------------------------------------------------- */

#define ALONE		(!att || (lane == NOLANE && st != HOLDING))
#define LEAVES(need)	(ALONE || (lane != NOLANE && (need) == 0))

inline emit(e, a)
{
	seen_tx = (e > seen_tx -> e : seen_tx);
	seen_ack = (a > seen_ack -> a : seen_ack)
}

/* fttcp_hold_again(): an index means nothing on another lane */
inline hold_again()
{
	x_k = len(hold);
#ifdef M_STALE_INDEX
	x_k = 0;
#endif
	do
	:: x_k > 0 -> hold ? h_end, h_ack, h_need; hold ! h_end, h_ack, NEED; x_k--
	:: else -> break
	od
}

inline queue(t, x, y)
{
	ab ! t, x, y, una, cop;
	out++;
	last = out
}

#define ROOM(n)	(aup == UP && out + (n) <= OUT && len(ab) + (n) <= OUT)

/* fttcp_snapshot_conn(): whole under the socket's lock, arrives in parts */
inline snapshot()
{
	txq = una;
	rxq = cop;
	queue(ADD, nxt, rcv);
	added = true;
	if
	:: rxq < rcv -> rxq = rcv; queue(RXD, 0, rxq)
	:: else
	fi;
#ifdef M_SNAPSHOT_UNSENT
	txq = nxt;
#endif
	if
	:: txq < wr -> txq = wr; queue(TXD, txq, 0)
	:: txq < nxt && nxt < wr -> txq = nxt; queue(TXD, txq, 0)
	:: txq == wr || (txq == nxt && nxt < wr) /* the rest waits for room */
	fi;
	resync = false
}

/* memory ran short after CONN_ADD: it begins anew */
inline snapshot_fails()
{
	txq = una;
	rxq = cop;
	queue(ADD, nxt, rcv);
	added = false;
	resync = true
}

/* a connection that begins anew tells nothing until it does */
#ifdef M_RESYNC_TELLS
#define TELLS	true
#else
#define TELLS	(!resync)
#endif

inline capture_rx()
{
	if
	:: rxq < rcv && cop <= rxq && ROOM(1) && TELLS ->
		rxq = rcv; queue(RXD, 0, rxq)
	:: rxq < cop -> resync = true
	:: rxq >= rcv || !ROOM(1) || !TELLS
	fi
}

inline capture_tx()
{
	if
	:: txq < wr && ROOM(1) && TELLS -> txq = wr; queue(TXD, txq, 0)
	:: txq == wr || !ROOM(1) || !TELLS
	fi
}

/* cover(): all that is new into records, or NEED; leaves it in h_need */
inline cover()
{
	h_need = NEED;
	if
	:: lane == ON && aup == UP && !added && ROOM(3) -> snapshot()
	:: else
	fi;
	if
	:: lane == ON && aup == UP && added ->
		capture_rx();
		capture_tx();
		h_need = (rxq == rcv && txq == wr && TELLS -> last : NEED)
	:: else
	fi
}

/* the same for what had to wait without a record */
inline cover_late()
{
	if
	:: h_need == NEED && added -> cover()
	:: h_need != NEED || !added
	fi
}

/* fttcp_hold_release(): from the front, as far as it is covered */
inline release()
{
	x_k = 1;
	do
	:: x_k && len(hold) > 0 ->
		hold ? <h_end, h_ack, h_need>;
		cover_late();
		if
		:: LEAVES(h_need) ->
			hold ? h_end, h_ack, _;
			emit(h_end, h_ack)
		:: else ->
			/* its index may be known now: the queue keeps its order */
			x_k = len(hold);
			hold ? h_end, h_ack, _;
			hold ! h_end, h_ack, h_need;
			x_k--;
			do
			:: x_k > 0 ->
				hold ? h_end, h_ack, h_need;
				hold ! h_end, h_ack, h_need;
				x_k--
			:: else -> break
			od
		fi
	:: else -> break
	od
}

/* fttcp_queue_xmit(): a segment that ends at nxt and acknowledges rcv */
inline xmit()
{
	if
	:: ALONE && len(hold) == 0 -> emit(nxt, rcv)
	:: else ->
		cover();
		need = h_need;
		release();
		if
#ifdef M_SEND_EARLY
		:: empty(hold) -> emit(nxt, rcv)
#endif
#ifdef M_ACK_UNCOVERED
		:: empty(hold) -> emit(0, rcv)
#endif
		:: empty(hold) && LEAVES(need) -> emit(nxt, rcv)
		:: nempty(hold) && nfull(hold) -> hold ! nxt, rcv, need
		:: empty(hold) && !LEAVES(need) -> hold ! nxt, rcv, need
		:: full(hold)
		fi
	fi
}

/* the backup knows less; records on their way may tell it too */
#define STATE_NEWS	(brep && (bu != una || bc != cop) && ROOM(1) && out <= 1)

/* fttcp_conn_flush() */
inline flush()
{
	if
	:: resync -> resync = false; added = false; hold_again()
	:: else
	fi;
	if
	:: !added && ROOM(3) -> snapshot()
#ifndef PLAIN
	:: !added && ROOM(3) -> snapshot_fails()
#endif
	:: added -> capture_rx(); capture_tx();
		if
		/* what nobody waits for leaves last_index alone */
		:: STATE_NEWS && TELLS -> ab ! STATE, txq, rxq, una, cop; out++
		:: else
		fi
	:: !added && !ROOM(3)
	fi;
	release()
}

/* a connection takes its lane: take_lane() */
inline take_lane()
{
	lane = ON;
	added = false;
	last = 0;
	hold_again()
}

/* --- processes ----------------------------------------------------------- */

/* the socket: whoever has its lock */
active proctype conn()
{
	do
	:: atomic { wr < TX -> wr++ }
	:: atomic { nxt < wr -> nxt++; xmit(); check() }
	/* an acknowledgement, a retransmission, a probe */
	:: atomic { (seen_ack < rcv || una < nxt) -> xmit(); check() }
	:: atomic { una < nxt && una < seen_tx -> una++; check() }
	:: atomic { rcv < RX -> rcv++;
		if
		:: att && lane == ON && added -> capture_rx()
#ifndef PLAIN
		:: att && lane == ON && added	/* no memory for a record */
#endif
		:: else
		fi }
	:: atomic { cop < rcv -> cop++;
		if
		:: att && lane == ON && added && cop > rxq -> resync = true
		:: else
		fi; check() }
	/* fttcp_ulp_attach(), fttcp_snapshot_join() */
	:: atomic { !att -> att = true;
		if
		:: aup == UP -> take_lane()
		:: else
		fi; clean() }
	:: atomic { att && lane == ON && aup == UP && (resync || !added ||
			rxq < rcv || txq < wr || STATE_NEWS) ->
		flush(); check() }
	/* fttcp_snapshot_lose(), when the program lets go of the socket */
	:: atomic { lane == DEADLANE -> lane = NOLANE; added = false;
		last = 0; release(); check() }
	:: atomic { att && nempty(hold) && ALONE -> release(); check() }
	od
}

/* the node: its state, the ends of its link */
active proctype node()
{
	do
	/* a new link; both sides are through with the last one */
	:: atomic { aup == CLOSED && !bup ->
		aup = UP; bup = true; brep_new = false;
		backs = 0; nack = false; bye = false;
#ifdef M_ACK_EARLY
		early = 0;
#endif
		out = 0; begun = false;
		do
		:: nempty(ab) -> ab ? _, _, _, _, _
		:: empty(ab) -> break
		od;
		ab ! BEGIN, 0, 0, 0, 0;
		out = 1; begin_ix = 1; end_ix = 0 }
	/* SYNC_BEGIN was acknowledged: fttcp_node_sync_begun() */
	:: atomic { aup == UP && begin_ix == 0 && !begun -> begun = true;
		ended = false;
		if
		:: st == HOLDING || st == SOLO -> st = SYNCING
		:: else
		fi }
	/* sync_conn() */
	:: atomic { aup == UP && begun && att && lane != ON && !ended ->
		take_lane(); clean() }
	/* fttcp_node_sync_ending() */
	:: atomic { aup == UP && begun && st == SYNCING && !ended && ROOM(1) &&
			(!att || (lane == ON && added)) ->
		ended = true;
		ab ! END, 0, 0, 0, 0;
		out++;
		end_ix = out }
	:: atomic { aup == UP && st == SYNCING && ended && end_ix == 0 ->
		st = PROTECTED }
	/* an answer of the backup: rx_acked(), fttcp_snapshot_nack() */
	:: atomic { aup == UP && backs > 0 -> r_una = backs; backs = 0;
		out = out - r_una;
		last = (last > r_una -> last - r_una : 0);
		begin_ix = (begin_ix > r_una -> begin_ix - r_una : 0);
		end_ix = (end_ix > r_una -> end_ix - r_una : 0);
		x_k = len(hold);
		do
		:: x_k > 0 -> hold ? h_end, h_ack, h_need;
			h_need = (h_need == NEED || lane != ON -> h_need :
				(h_need > r_una -> h_need - r_una : 0));
			hold ! h_end, h_ack, h_need; x_k--
		:: else -> break
		od;
		release();
		check() }
	:: atomic { aup == UP && nack -> nack = false;
		if
		:: att && lane == ON -> resync = true
		:: else
		fi }
	:: atomic { aup == UP && bye -> bye = false;
		aup = CLOSED;
		lane = (lane == ON -> DEADLANE : lane);
		st = SOLO }
	/* the link is down, for any reason: backup_lost() */
	:: atomic { aup == UP -> aup = DYING }
	:: atomic { aup == DYING ->
		aup = CLOSED;
		lane = (lane == ON -> DEADLANE : lane);
		if
		:: st == SYNCING && !ended -> st = SOLO
#ifdef M_SOLO_LATE
		:: st == SYNCING && ended -> st = SOLO
#endif
		:: st == PROTECTED || (st == SYNCING && ended) -> st = HOLDING
		:: st == SOLO || st == HOLDING
		fi }
	/* somebody knows that the backup is gone */
#ifdef A_NO_FENCE
	:: atomic { st == HOLDING && aup == CLOSED -> st = SOLO }
#else
	:: atomic { st == HOLDING && aup == CLOSED && !bup && !bsync -> st = SOLO }
#endif
	od
}

/* the backup: replica.c; what was taken is acknowledged later */
active proctype backup()
{
	do
#ifdef M_ACK_EARLY
	/* acknowledged when it came, before it is in the replica */
	:: atomic { bup && len(ab) > early -> backs++; early++ }
	:: atomic { bup && early > 0 -> early--;
#else
	:: atomic { bup && nempty(ab) -> backs++;
#endif
		ab ? r_t, r_tx, r_rx, r_una, r_cop;
		if
		:: r_t == BEGIN ->
#ifndef M_KEEP_SYNCED
			bsync = false
#endif
		:: r_t == ADD -> brep = true; brep_new = true;
			btx = r_una; bu = r_una; brx = r_cop; bc = r_cop;
			bmust_tx = r_tx; bmust_rx = r_rx
		:: r_t == TXD && brep -> btx = (r_tx > btx -> r_tx : btx)
		:: r_t == RXD && brep -> brx = (r_rx > brx -> r_rx : brx)
		:: r_t == DEL -> brep = false
		:: r_t == END -> bsync = true;
			if
			:: brep && !brep_new -> brep = false
			:: else
			fi
		:: else
		fi;
		if
		:: brep && (r_t == TXD || r_t == RXD || r_t == STATE) ->
			fits = (r_una <= btx && r_cop <= brx && r_una >= bu &&
				r_cop >= bc);
			bu = r_una;
			bc = r_cop;
#ifdef M_TRIM_TX
			bu = btx;
#endif
#ifdef M_TRIM_RX
			bc = brx;
#endif
		:: else
		fi;
		check() }
#ifndef PLAIN
	/* a standby program closes the replica, or does not read */
	:: atomic { bup && brep && !nack -> brep = false; nack = true }
#endif
	/* it gives up its role */
	:: atomic { bup && !bye -> bye = true;
		bup = false; bsync = false; brep = false }
	/* its end of the link */
	:: atomic { bup -> bup = false }
	/* it dies, and comes back without anything */
	:: atomic { bsync || brep || bup -> bup = false; bsync = false;
		brep = false }
	od
}
