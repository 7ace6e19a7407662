// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kick does to, and learns from, the socket of a promoted connection.
 *
 * The peer may be idle, wait for bytes of ours, or be in retransmission
 * backoff with bytes of its own, and only the last needs more than an
 * acknowledgement. It tells which itself: a segment from before the window
 * (RFC 9293, 3.8.4, a keep-alive) is answered by an acknowledgement whose
 * sequence number is the next that the peer would send.
 */
#include <linux/tcp.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat/tcp.h"
#include "sockstate.h"

/**
 * fttcp_sock_peer() - what is known of a promoted connection's peer
 * @sk: locked
 * @begin: rcv_nxt at promotion
 *
 * Return: enum fttcp_sock_peer.
 */
enum fttcp_sock_peer fttcp_sock_peer(const struct sock *sk, u32 begin)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->segs_in)
		return FTTCP_PEER_SILENT;
	/* snd_wl1: the largest sequence number that came with news */
	if (tp->rcv_nxt == begin && after(tp->snd_wl1, tp->rcv_nxt))
		return FTTCP_PEER_BEHIND;
	return FTTCP_PEER_GOING;
}

/**
 * fttcp_sock_rcv_nxt() - the next byte that the peer owes
 * @sk: locked
 *
 * Return: its sequence number.
 */
u32 fttcp_sock_rcv_nxt(const struct sock *sk)
{
	return tcp_sk(sk)->rcv_nxt;
}

/**
 * fttcp_sock_cwnd() - the congestion window
 * @sk: locked
 *
 * Return: segments.
 */
u32 fttcp_sock_cwnd(const struct sock *sk)
{
	return tcp_snd_cwnd(tcp_sk(sk));
}

/**
 * fttcp_sock_has_address() - could an answer of the peer arrive?
 * @sk: locked, promoted
 *
 * IPv4 finds no route without the address. IPv6 does not ask for it, and it is
 * told of an address before that is routed to this node: asked then, the peer
 * gives its link-layer address in vain, and is asked again a second later.
 *
 * Return: false while what is sent to its address does not come to this node.
 */
bool fttcp_sock_has_address(const struct sock *sk)
{
	bool has = true;
#if IS_ENABLED(CONFIG_IPV6)
	struct rt6_info *rt;

	if (sk->sk_family != AF_INET6 ||
	    ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		return true;
	rt = rt6_lookup(sock_net(sk), &sk->sk_v6_rcv_saddr, NULL,
			sk->sk_bound_dev_if, NULL, 0);
	has = rt && rt->rt6i_flags & RTF_LOCAL;
	ip6_rt_put(rt);
#endif
	return has;
}

/* an ACK that the peer has to answer; TCP's own function is not exported */
static void send_probe(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 next = tp->snd_nxt;

	WRITE_ONCE(tp->snd_nxt, tp->snd_una - 1);
	fttcp_tcp_send_ack(sk);
	WRITE_ONCE(tp->snd_nxt, next);
}

/* the one way to send that is open to a module: a timer that fires at once */
static void send_now(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	int what = ICSK_TIME_RETRANS;

	if (!tcp_sk(sk)->packets_out) {
		if (!tcp_send_head(sk))
			return;
		what = ICSK_TIME_PROBE0;
		icsk->icsk_probes_out = 0;
		icsk->icsk_probes_tstamp = 0;
	}
	icsk->icsk_backoff = 0;
	icsk->icsk_retransmits = 0;
	icsk->icsk_rto = TCP_RTO_MIN;
	inet_csk_reset_xmit_timer(sk, what, 1, TCP_RTO_MAX);
}

/**
 * fttcp_sock_kick() - make the peer go on now, not after its backed-off RTO
 * @sk: locked, promoted
 * @acks: acknowledgements to send
 * @probe: and a segment that it has to answer
 *
 * What is unacknowledged is sent again by the retransmission timer. What was
 * written before the address came found no route; TCP would try it again as it
 * probes a window.
 *
 * Context: softirqs disabled.
 */
void fttcp_sock_kick(struct sock *sk, unsigned int acks, bool probe)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!fttcp_sock_is_live(sk))
		return;
	sk_dst_reset(sk);
	fttcp_tcp_clock_refresh(tp);
	while (acks--)
		fttcp_tcp_send_ack(sk);
	if (probe)
		send_probe(sk);
	send_now(sk);
}

/* from the retransmit queue back to the head of the write queue */
static void unsend_skb(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int segs = tcp_skb_pcount(skb);

	tp->packets_out -= segs;
	if (TCP_SKB_CB(skb)->sacked & TCPCB_LOST)
		tp->lost_out -= segs;
	if (TCP_SKB_CB(skb)->sacked & TCPCB_SACKED_RETRANS)
		tp->retrans_out -= segs;
	TCP_SKB_CB(skb)->sacked = 0;
	list_del(&skb->tcp_tsorted_anchor);
	tcp_rtx_queue_unlink(skb, sk);
	INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
	__skb_queue_head(&sk->sk_write_queue, skb);
	WRITE_ONCE(tp->snd_nxt, TCP_SKB_CB(skb)->seq);
}

/* what TCP remembers of segments that were never sent */
static void forget_sent(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_clear_all_retrans_hints(tp);
	tcp_highest_sack_reset(sk);
	tp->sacked_out = 0;
	tp->undo_marker = 0;
	tp->tlp_high_seq = 0;
	if (after(tp->high_seq, tp->snd_nxt))
		tp->high_seq = tp->snd_nxt;
	if (!tp->packets_out)
		tp->retrans_stamp = 0;
}

/*
 * Each timeout has made the threshold out of the window that the one before it
 * had left. Once they are known to say nothing of the network, half the window
 * of before is taken, as after one loss: no ACK clocks what is sent, and others
 * may have filled the queues meanwhile.
 */
static void restore_window(struct tcp_sock *tp, u32 cwnd)
{
	cwnd = max_t(u32, cwnd / 2, TCP_INIT_CWND);
	tcp_snd_cwnd_set(tp, max(tcp_snd_cwnd(tp), cwnd));
	tp->snd_ssthresh = max(tp->snd_ssthresh, cwnd);
}

/**
 * fttcp_sock_unsend() - the peer has spoken: send what it can take
 * @sk: locked, promoted
 * @begin: rcv_nxt at promotion
 * @cwnd: congestion window then, segments
 *
 * At promotion all bytes count as sent, for any of them may have been. What
 * lies beyond the window that the peer tells now was not taken by it, for a
 * right edge never shrinks (and one that does tells by SACK). It goes back to
 * the write queue: TCP would send one segment of it again and again as a probe
 * of a closed window, take that for lost, and not look when the window opens
 * but when its backed-off timer runs out.
 *
 * The timeouts until now were the takeover's and say nothing of the network:
 * neither is a timer backed off by them, nor the congestion window left small.
 *
 * Context: softirqs disabled.
 * Return: 0; -EAGAIN when the peer has not told its window yet, or a segment
 * is still on its way out.
 */
int fttcp_sock_unsend(struct sock *sk, u32 begin, u32 cwnd)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 edge = tcp_wnd_end(tp);
	struct sk_buff *skb, *prev;
	bool any = false;
	int err = 0;

	if (!tp->packets_out || !fttcp_sock_is_live(sk))
		return 0;
	if (before(tp->snd_wl1, begin))
		return -EAGAIN;
	skb = tcp_is_sack(tp) && tp->sacked_out ? NULL : tcp_rtx_queue_tail(sk);
	for (; skb && !before(TCP_SKB_CB(skb)->seq, edge); skb = prev) {
		prev = skb_rb_prev(skb);
		/* TCP splits what is in the write queue in place */
		if (skb_cloned(skb)) {
			err = -EAGAIN;
			break;
		}
		unsend_skb(sk, skb);
		any = true;
	}
	if (any)
		forget_sent(sk);
	/* with nothing under way any more, no timer asks for a window either */
	if (!err && (inet_csk(sk)->icsk_backoff || !tp->packets_out))
		send_now(sk);
	restore_window(tp, cwnd);
	return err;
}
