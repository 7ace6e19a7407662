// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patience: TCP gives up on a peer that does not answer, after TCP_USER_TIMEOUT, the
 * retransmissions of tcp_retries2, or keepalives that were sent in vain. What waits
 * for the backup has not been sent, so that the peer has nothing to answer: while it
 * waits TCP's time does not run. Otherwise a hold that is longer than a program's
 * patience would end a connection whose peer is well (R5 bounds the hold, not it).
 * That goes for sockets without a program, too: their FIN waits with the rest.
 *
 * Timer: patience_work, one a namespace, FTTCP_PATIENCE_MS, while anything waits.
 */
#include <net/tcp.h>

#include "compat/tcp.h"
#include "hold.h"
#include "patience.h"
#include "sockstate.h"

/*
 * The beginning of what TCP measures, moved to now. The number of timeouts stays, and
 * with it the backoff and what is known of congestion. Of probes none counts.
 */
static void be_patient(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->retrans_stamp)
		tp->retrans_stamp = fttcp_tcp_clock_ts(tp);
	if (icsk->icsk_probes_tstamp)
		icsk->icsk_probes_tstamp = tcp_jiffies32;
	icsk->icsk_probes_out = 0;
}

/* Return: does any segment of it wait? */
static bool look_at(struct fttcp_conn *c)
{
	u64 since;

	/* most have none; one that begins to wait now is seen the next time */
	if (!READ_ONCE(c->held_bytes))
		return false;
	if (!fttcp_conn_trylock(c, FTTCP_CF_RELEASE))
		return true;
	since = fttcp_hold_since(c);
	if (since && fttcp_sock_is_live(c->sk) &&
	    ktime_get_ns() - since >= FTTCP_PATIENCE_MS * NSEC_PER_MSEC / 2)
		be_patient(c->sk);
	fttcp_conn_unlock(c, true);
	return since;
}

static void patience_work(struct work_struct *work)
{
	struct fttcp_net *fn = container_of(to_delayed_work(work),
					    struct fttcp_net, patience_work);
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	bool any = false;

	while ((c = fttcp_conn_next(fn, &it))) {
		any |= look_at(c);
		fttcp_conn_put(c);
		cond_resched();
	}
	if (any)
		fttcp_patience_want(fn);
}

/**
 * fttcp_patience_want() - a segment has begun to wait
 * @fn: namespace
 *
 * Context: any.
 */
void fttcp_patience_want(struct fttcp_net *fn)
{
	if (!delayed_work_pending(&fn->patience_work) &&
	    !READ_ONCE(fn->dying))
		queue_delayed_work(fttcp_wq, &fn->patience_work,
				   msecs_to_jiffies(FTTCP_PATIENCE_MS));
}

/**
 * fttcp_patience_init_net() - nothing waits
 * @fn: namespace
 */
void fttcp_patience_init_net(struct fttcp_net *fn)
{
	INIT_DELAYED_WORK(&fn->patience_work, patience_work);
}
