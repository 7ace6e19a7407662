// SPDX-License-Identifier: GPL-2.0-only
/*
 * A replica's socket becomes a live connection, at promotion.
 *
 * What the replica holds is put into the queues of its socket by page reference,
 * with the sequence numbers, windows and clock of the node before; then the socket
 * enters the hash. Nothing is sent.
 */
#include <linux/delay.h>
#include <net/inet_hashtables.h>
#include <net/inet6_hashtables.h>
#include <net/tcp.h>

#include "compat/tcp.h"
#include "sockstate.h"
#include "ulp.h"

static struct sock *lookup(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct inet_hashinfo *h = net->ipv4.tcp_death_row.hashinfo;
	const struct inet_sock *inet = inet_sk(sk);

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 &&
	    !ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return __inet6_lookup_established(net, h, &sk->sk_v6_daddr,
						  inet->inet_dport,
						  &sk->sk_v6_rcv_saddr,
						  inet->inet_num,
						  sk->sk_bound_dev_if, 0);
#endif
	return __inet_lookup_established(net, h, inet->inet_daddr,
					 inet->inet_dport, inet->inet_rcv_saddr,
					 inet->inet_num, sk->sk_bound_dev_if,
					 0);
}

/*
 * What TCP keeps of these addresses without a connection: a SYN that was answered
 * here while this node was active or took itself for that, and whose sender has gone
 * on with the other node since; or TIME_WAIT. Nobody speaks to it any more.
 */
static bool is_remnant(const struct sock *sk)
{
	u8 state = inet_sk_state_load(sk);

	return state == TCP_NEW_SYN_RECV || state == TCP_TIME_WAIT;
}

static void drop_remnant(struct sock *sk)
{
	struct sock *other = lookup(sk);
	struct request_sock *req;

	if (!other)
		return;
	/* as where TCP does this */
	local_bh_disable();
	if (inet_sk_state_load(other) == TCP_TIME_WAIT) {
		inet_twsk_deschedule_put(inet_twsk(other));
		other = NULL;
	} else if (inet_sk_state_load(other) == TCP_NEW_SYN_RECV) {
		req = inet_reqsk(other);
		inet_csk_reqsk_queue_drop(req->rsk_listener, req);
	}
	local_bh_enable();
	if (other)
		sock_gen_put(other);
}

/**
 * fttcp_sock_check() - would this replica's socket be installed?
 * @sk: locked replica
 * @why: static text when not
 *
 * Return: 0, -EADDRINUSE when the node has this very connection already,
 * -ENOTCONN when the socket is no longer usable.
 */
int fttcp_sock_check(struct sock *sk, const char **why)
{
	struct sock *other;
	bool remnant;

	if (sk->sk_state != TCP_ESTABLISHED) {
		*why = "the replica's socket was closed by the application";
		return -ENOTCONN;
	}
	other = lookup(sk);
	if (!other)
		return 0;
	remnant = is_remnant(other);
	sock_gen_put(other);
	if (remnant)
		return 0;
	*why = "this node has a connection with the same addresses";
	return -EADDRINUSE;
}

static void set_timestamps(struct tcp_sock *tp,
			   const struct fttcp_sock_live *live)
{
	u64 ms = div_u64(live->tsval_age_ns, NSEC_PER_MSEC) +
		 FTTCP_TS_MARGIN_MS;
	u32 ahead = fttcp_tcp_usec_ts(tp) ? ms * USEC_PER_MSEC : ms;

	tp->tsoffset = be32_to_cpu(live->w->tsval) + ahead -
		       fttcp_tcp_clock_ts(tp);
	tp->rx_opt.ts_recent = be32_to_cpu(live->w->ts_recent);
	tp->rx_opt.ts_recent_stamp = ktime_get_seconds();
}

static void set_sequences(struct sock *sk, const struct fttcp_sock_live *live)
{
	const struct fttcp_wire_state *w = live->w;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 una = be32_to_cpu(w->snd_una);
	u32 edge = fttcp_sock_edge_most(w);
	u32 most = 65535U << tp->rx_opt.rcv_wscale;
	const u32 window_max = 65535U << TCP_MAX_WSCALE;

	WRITE_ONCE(tp->write_seq, una);
	WRITE_ONCE(tp->snd_una, una);
	WRITE_ONCE(tp->snd_nxt, una);
	tp->snd_sml = una;
	tp->snd_up = una;
	tp->pushed_seq = una;
	tp->snd_wnd = min(be32_to_cpu(w->snd_wnd), window_max);
	tp->max_window = clamp(live->max_window, tp->snd_wnd, window_max);
	/* those of the connect() are for another header and window */
	tp->pred_flags = 0;
	tcp_init_wl(tp, tp->rcv_nxt - 1);
	tp->rcv_wup = tp->rcv_nxt;
	tp->rcv_wnd = after(edge, tp->rcv_nxt) ? edge - tp->rcv_nxt : 0;
	tp->rcv_wnd = min(tp->rcv_wnd, most);
	tp->rcv_tstamp = tcp_jiffies32;
	tp->lsndtime = tcp_jiffies32;
	tp->segs_in = 0;
	tcp_snd_cwnd_set(tp, clamp_t(u32, be32_to_cpu(w->cwnd), TCP_INIT_CWND,
				     FTTCP_CWND_MAX));
	tp->snd_ssthresh = max_t(u32, be32_to_cpu(w->ssthresh), 2);
}

/* one skb of a replica, without the @skip bytes that were acknowledged */
static int splice_skb(struct sock *sk, struct sk_buff *skb, u32 skip)
{
	int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *f = &skb_shinfo(skb)->frags[i];
		u32 gone = min_t(u32, skip, skb_frag_size(f));
		int n, size = skb_frag_size(f) - gone;

		skip -= gone;
		if (!size)
			continue;
		n = fttcp_tcp_splice(sk, skb_frag_page(f),
				     skb_frag_off(f) + gone, size);
		if (n != size)
			return n < 0 ? n : -ENOMEM;
	}
	return 0;
}

/*
 * What may have been sent goes to the retransmit queue, by page reference: all
 * that the socket does not have yet. Only whole skbs are trimmed, so the first
 * may begin before snd_una too.
 */
static int splice_rest(struct sock *sk, struct sk_buff_head *tx)
{
	struct sk_buff *skb;
	int err;

	skb_queue_walk(tx, skb) {
		u32 have = tcp_sk(sk)->write_seq - fttcp_skb_seq(skb);

		if ((s32)have >= (s32)skb->len)
			continue;
		/* TCP lowers it when it is short of memory */
		sk->sk_sndbuf = INT_MAX / 2;
		err = splice_skb(sk, skb, max_t(s32, have, 0));
		if (err)
			return err;
	}
	return 0;
}

/*
 * A connection that is not installed is lost to its peer. So memory that is
 * short for a moment is waited for, where waiting is possible.
 */
static int splice_all(struct sock *sk, struct sk_buff_head *tx, bool spinning)
{
	int tries, err = 0;

	for (tries = 0; tries < FTTCP_PROMOTE_TRIES; tries++) {
		if (tries && !spinning)
			msleep(FTTCP_PROMOTE_RETRY_MS);
		err = splice_rest(sk, tx);
		if (!err)
			return 0;
	}
	return err;
}

/*
 * The bytes are in memory already: what TCP may have of it (tcp_mem) must not
 * part a connection from them. Counted, not asked for; too much is given back
 * by TCP with the next acknowledgement.
 */
static void take_memory(struct sock *sk, const struct sk_buff_head *tx)
{
	const int overhead = SKB_TRUESIZE(MAX_TCP_HEADER);
	struct sk_buff *skb;
	u64 size = 0;
	int pages;

#ifdef CONFIG_MEMCG
	if (sk->sk_memcg)
		return;
#endif
	skb_queue_walk(tx, skb)
		size += skb->len + (1 + skb_shinfo(skb)->nr_frags) * overhead;
	pages = sk_mem_pages(min_t(u64, size, INT_MAX / 2));
	/* (sk_memory_allocated_add() needs what is not exported) */
	atomic_long_add(pages, sk->sk_prot->memory_allocated);
	WRITE_ONCE(sk->sk_forward_alloc,
		   sk->sk_forward_alloc + (pages << PAGE_SHIFT));
}

/*
 * A replica that no program has is without a struct socket, of which the paths
 * that wait for memory want the flags and the wait queue: it is lent one. They
 * do not wait, by MSG_DONTWAIT. No limit of the program's may end it half way.
 * A FIN that was sent comes behind the bytes: until TCP counts it as sent, it
 * drops all that a peer sends who has acknowledged it.
 */
static int splice_tx(struct sock *sk, const struct fttcp_sock_live *live)
{
	u32 lowat = tcp_sk(sk)->notsent_lowat;
	gfp_t allocation = sk->sk_allocation;
	int sndbuf = sk->sk_sndbuf, err;
	struct socket none = {};
	bool lend = !sk->sk_socket;

	if (lend) {
		init_waitqueue_head(&none.wq.wait);
		sk_set_socket(sk, &none);
		rcu_assign_pointer(sk->sk_wq, &none.wq);
	}
	if (live->spinning)
		sk->sk_allocation = GFP_ATOMIC;
	tcp_sk(sk)->notsent_lowat = UINT_MAX;
	take_memory(sk, live->tx);
	err = splice_all(sk, live->tx, live->spinning);
	if (!err && live->fin)
		fttcp_sock_shut(sk);
	tcp_sk(sk)->notsent_lowat = lowat;
	sk->sk_allocation = allocation;
	sk->sk_sndbuf = sndbuf;
	if (lend) {
		RCU_INIT_POINTER(sk->sk_wq, NULL);
		sk_set_socket(sk, NULL);
	}
	return err;
}

/* the peer's FIN had come */
static void take_fin(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	WRITE_ONCE(tp->rcv_nxt, tp->rcv_nxt + 1);
	tp->rcv_wup = tp->rcv_nxt;
	sock_set_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	tcp_set_state(sk, TCP_CLOSE_WAIT);
}

/**
 * fttcp_sock_install() - a replica's socket becomes a live connection
 * @sk: locked replica, inbound bytes already fed
 * @live: what it continues from
 *
 * Afterwards the socket is found by incoming segments. Nothing was sent: the
 * address may not be here yet.
 *
 * Context: the socket lock is held by a process.
 * Return: 0, or -ENOMEM, and then the socket is not installed.
 */
int fttcp_sock_install(struct sock *sk, const struct fttcp_sock_live *live)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int err;

	set_sequences(sk, live);
	set_timestamps(tp, live);
	fttcp_tcp_clock_refresh(tp);
	if (live->peer_fin)
		take_fin(sk);
	tp->repair = 1;
	tp->repair_queue = TCP_SEND_QUEUE;
	err = splice_tx(sk, live);
	tp->repair = 0;
	tp->repair_queue = TCP_NO_QUEUE;
	if (err)
		return err;
	drop_remnant(sk);
	tp->bytes_acked = 0;
	fttcp_inet_set_transparent(sk, false);
	sk->sk_reuse = SK_CAN_REUSE;
	sk_set_txhash(sk);
	inet_csk_clear_xmit_timer(sk, ICSK_TIME_RETRANS);
	inet_csk(sk)->icsk_rto = TCP_TIMEOUT_INIT;
	return fttcp_base_prot(sk)->hash(sk);
}

/**
 * fttcp_sock_finish() - last steps, once the hooks are those of a live socket
 * @sk: locked, just installed
 *
 * Context: the socket lock is held by a process.
 */
void fttcp_sock_finish(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sock_flag(sk, SOCK_KEEPOPEN))
		inet_csk_reset_keepalive_timer(sk, keepalive_time_when(tp));
	if (tp->packets_out)
		inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, TCP_RTO_MIN,
					  TCP_RTO_MAX);
	sk->sk_write_space(sk);
}

/**
 * fttcp_sock_shut() - our FIN, as shutdown(SHUT_WR) sends it
 * @sk: locked
 */
void fttcp_sock_shut(struct sock *sk)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);

	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	fttcp_base_prot(sk)->shutdown(sk, SEND_SHUTDOWN);
	if (c)
		set_bit(FTTCP_CF_FIN, &c->flags);
}
