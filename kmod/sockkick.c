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

static bool may_speak(const struct sock *sk)
{
	return (1 << sk->sk_state) &
	       (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
		TCPF_FIN_WAIT2 | TCPF_CLOSING | TCPF_LAST_ACK);
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

/**
 * fttcp_sock_kick() - make the peer go on now, not after its backed-off RTO
 * @sk: locked, promoted
 * @acks: acknowledgements to send
 * @probe: and a segment that it has to answer
 *
 * What is unacknowledged is sent again by the retransmission timer, which is
 * set to fire at once; that is the one way that is open to a module. What was
 * written before the address came found no route; TCP would try it again as it
 * probes a window.
 *
 * Context: softirqs disabled.
 */
void fttcp_sock_kick(struct sock *sk, unsigned int acks, bool probe)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!may_speak(sk))
		return;
	sk_dst_reset(sk);
	fttcp_tcp_clock_refresh(tp);
	while (acks--)
		fttcp_tcp_send_ack(sk);
	if (probe)
		send_probe(sk);
	if (!tp->packets_out) {
		if (tcp_send_head(sk))
			inet_csk_reset_xmit_timer(sk, ICSK_TIME_PROBE0, 1,
						  TCP_RTO_MAX);
		return;
	}
	icsk->icsk_backoff = 0;
	icsk->icsk_retransmits = 0;
	icsk->icsk_rto = TCP_RTO_MIN;
	inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, 1, TCP_RTO_MAX);
}
