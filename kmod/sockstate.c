// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a live TCP socket: what the data path asks and what goes into a
 * record. Building one is in sockbuild.c, making it live in sockinstall.c.
 * Only the sock*.c files touch private fields of struct tcp_sock.
 */
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include <net/mptcp.h>
#include <net/tcp.h>

#include "compat/tcp.h"
#include "sockstate.h"
#include "ulp.h"

static const struct {
	int		err;
	const char	*text;
	int		option;
} refusals[] = {
	[FTTCP_REFUSE_NONE] = { 0, "none" },
	[FTTCP_REFUSE_STATE] = { -ENOTCONN,
		"the socket is neither ESTABLISHED, CLOSE_WAIT nor listening" },
	[FTTCP_REFUSE_PROTO] = { -EBUSY,
		"another module (BPF sockmap, kTLS) has taken over this socket" },
	[FTTCP_REFUSE_ULP] = { -EEXIST,
		"the socket has another upper layer protocol (see ss -i)", TCP_ULP },
	[FTTCP_REFUSE_MPTCP] = { -EOPNOTSUPP,
		"the socket is a subflow of MPTCP", TCP_IS_MPTCP },
	[FTTCP_REFUSE_REPAIR] = { -EBUSY, "the socket is in repair mode", TCP_REPAIR },
	[FTTCP_REFUSE_FASTOPEN] = { -EOPNOTSUPP,
		"TCP fast open would acknowledge data before the backup has it", TCP_FASTOPEN },
	[FTTCP_REFUSE_AO] = { -EOPNOTSUPP,
		"TCP-AO keys cannot be carried to the backup", TCP_AO_INFO },
	[FTTCP_REFUSE_ADDRESS] = { -EADDRNOTAVAIL,
		"a link-local address belongs to one machine; use another one" },
	[FTTCP_REFUSE_NOMEM] = { -ENOMEM, "out of memory" },
	[FTTCP_REFUSE_LIMIT] = { -EDQUOT,
		"as many connections as this namespace may protect" },
	[FTTCP_REFUSE_LINK] = { -EBUSY,
		"the kernel itself uses the socket (a link's lane, for instance)" },
};

/**
 * fttcp_sock_refuse_text() - a reason for people
 * @why: reason
 *
 * Return: static text.
 */
const char *fttcp_sock_refuse_text(enum fttcp_refuse why)
{
	return refusals[why < FTTCP_REFUSE_MAX ? why : 0].text;
}

/**
 * fttcp_sock_refuse_errno() - a reason for programs
 * @why: reason
 *
 * Return: negative errno, 0 for FTTCP_REFUSE_NONE.
 */
int fttcp_sock_refuse_errno(enum fttcp_refuse why)
{
	return refusals[why < FTTCP_REFUSE_MAX ? why : 0].err;
}

/**
 * fttcp_sock_refuse_option() - which option of the socket stands in the way
 * @why: reason
 *
 * Return: its number, of SOL_TCP; 0 for other reasons.
 */
int fttcp_sock_refuse_option(enum fttcp_refuse why)
{
	return refusals[why < FTTCP_REFUSE_MAX ? why : 0].option;
}

static bool fastopen_in_use(const struct sock *sk)
{
	if (sk->sk_state == TCP_LISTEN)
		return inet_csk(sk)->icsk_accept_queue.fastopenq.max_qlen;
	return rcu_access_pointer(tcp_sk(sk)->fastopen_rsk);
}

/* the backup's device has another one, and a number of its own */
static bool is_link_local(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 &&
	       ((ipv6_addr_type(&sk->sk_v6_rcv_saddr) |
		 ipv6_addr_type(&sk->sk_v6_daddr)) & IPV6_ADDR_LINKLOCAL);
#else
	return false;
#endif
}

/**
 * fttcp_sock_refuse() - can this socket be protected?
 * @sk: TCP socket, locked
 *
 * Context: any. The socket's own ULP is not looked at.
 * Return: FTTCP_REFUSE_NONE, or why not.
 */
enum fttcp_refuse fttcp_sock_refuse(const struct sock *sk)
{
	if (sk->sk_prot != fttcp_base_prot(sk))
		return FTTCP_REFUSE_PROTO;
	if (sk_is_mptcp(sk))
		return FTTCP_REFUSE_MPTCP;
	if (tcp_sk(sk)->repair)
		return FTTCP_REFUSE_REPAIR;
	if (sk->sk_user_data)
		return FTTCP_REFUSE_LINK;
	if (fastopen_in_use(sk))
		return FTTCP_REFUSE_FASTOPEN;
	if (fttcp_tcp_has_ao(tcp_sk(sk)))
		return FTTCP_REFUSE_AO;
	if (is_link_local(sk))
		return FTTCP_REFUSE_ADDRESS;
	return FTTCP_REFUSE_NONE;
}

/* --- sequence numbers --------------------------------------------------- */

static bool fin_sent(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
				      TCPF_CLOSING | TCPF_LAST_ACK |
				      TCPF_TIME_WAIT);
}

/**
 * fttcp_sock_tx_end() - end of what the application wrote, without a FIN
 * @sk: locked socket
 *
 * Return: sequence number.
 */
u32 fttcp_sock_tx_end(const struct sock *sk)
{
	return tcp_sk(sk)->write_seq - fin_sent(sk);
}

/**
 * fttcp_sock_rx_end() - end of what arrived in order, without a FIN
 * @sk: locked socket
 *
 * Return: sequence number.
 */
u32 fttcp_sock_rx_end(const struct sock *sk)
{
	return tcp_sk(sk)->rcv_nxt - sock_flag(sk, SOCK_DONE);
}

u32 fttcp_sock_snd_una(const struct sock *sk)
{
	u32 una = tcp_sk(sk)->snd_una, end = fttcp_sock_tx_end(sk);

	return after(una, end) ? end : una;
}

/**
 * fttcp_sock_snd_nxt() - end of what TCP has sent, without a FIN
 * @sk: locked socket
 *
 * Return: sequence number.
 */
u32 fttcp_sock_snd_nxt(const struct sock *sk)
{
	u32 nxt = tcp_sk(sk)->snd_nxt, end = fttcp_sock_tx_end(sk);

	return after(nxt, end) ? end : nxt;
}

u32 fttcp_sock_copied(const struct sock *sk)
{
	u32 copied = tcp_sk(sk)->copied_seq, end = fttcp_sock_rx_end(sk);

	return after(copied, end) ? end : copied;
}

u32 fttcp_sock_edge(const struct sock *sk)
{
	return tcp_sk(sk)->rcv_wup + tcp_sk(sk)->rcv_wnd;
}

/**
 * fttcp_sock_edge_most() - the window edge that a state lets the active reach
 * @w: what the backup was told
 *
 * And the one that a promoted node grants. No more than twice the window: a
 * small one has little room behind it, and what the peer sends into room that
 * is not there it has to send again, after a timeout.
 *
 * Return: sequence number.
 */
u32 fttcp_sock_edge_most(const struct fttcp_wire_state *w)
{
	u32 edge = be32_to_cpu(w->rcv_edge), end = be32_to_cpu(w->rx_end);

	if (!after(edge, end))
		return edge;
	return edge + min_t(u32, edge - end, FTTCP_WINDOW_SLACK);
}

/**
 * fttcp_sock_fins() - how far both directions are closed
 * @sk: locked socket
 *
 * Return: FTTCP_WIRE_S_* bits.
 */
u8 fttcp_sock_fins(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u8 flags = 0;

	if (sock_flag(sk, SOCK_DONE))
		flags |= FTTCP_WIRE_S_PEER_FIN;
	if (fin_sent(sk))
		flags |= FTTCP_WIRE_S_FIN;
	if (fin_sent(sk) && tp->snd_una == tp->write_seq)
		flags |= FTTCP_WIRE_S_FIN_ACKED;
	if (sock_flag(sk, SOCK_DEAD))
		flags |= FTTCP_WIRE_S_CLOSED;
	return flags;
}

/**
 * fttcp_sock_is_live() - is there something to copy?
 * @sk: locked
 *
 * Return: false for one that has ended, or has not begun.
 */
bool fttcp_sock_is_live(const struct sock *sk)
{
	return (1 << sk->sk_state) &
	       (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
		TCPF_FIN_WAIT2 | TCPF_CLOSING | TCPF_LAST_ACK);
}

/**
 * fttcp_sock_told_fins() - the same, as far as the backup may know
 * @c: live connection, its socket locked
 *
 * An end comes after the last byte: told before all bytes are in records (the
 * lane was full), it would cut the stream short at a takeover. The program is
 * not gone either, then: the rest is for another to write.
 *
 * Return: FTTCP_WIRE_S_* bits.
 */
u8 fttcp_sock_told_fins(const struct fttcp_conn *c)
{
	u8 flags = fttcp_sock_fins(c->sk);

	if (c->rx_seq != fttcp_sock_rx_end(c->sk))
		flags &= ~FTTCP_WIRE_S_PEER_FIN;
	if (c->tx_seq != fttcp_sock_tx_end(c->sk))
		flags &= ~(FTTCP_WIRE_S_FIN | FTTCP_WIRE_S_FIN_ACKED |
			   FTTCP_WIRE_S_CLOSED);
	return flags;
}

bool fttcp_sock_readable(const struct sock *sk, u32 want)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return (s32)(tp->rcv_nxt - tp->copied_seq) >= (s32)want ||
	       sk->sk_err || (sk->sk_shutdown & RCV_SHUTDOWN) ||
	       sock_flag(sk, SOCK_DONE) || sk->sk_state == TCP_CLOSE ||
	       tcp_rmem_pressure(sk);
}

u32 fttcp_skb_seq(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->seq;
}

void fttcp_skb_set_seq(struct sk_buff *skb, u32 seq)
{
	TCP_SKB_CB(skb)->seq = seq;
}

/* --- walking the queues ------------------------------------------------- */

/* the data of @skb ends after @seq: it holds something new */
static bool reaches_past(const struct sk_buff *skb, u32 seq)
{
	return after(TCP_SKB_CB(skb)->seq + skb->len, seq);
}

static struct sk_buff *rtx_first(struct sock *sk, u32 seq)
{
	struct sk_buff *skb = tcp_rtx_queue_tail(sk), *found = NULL;

	while (skb && reaches_past(skb, seq)) {
		found = skb;
		skb = skb_rb_prev(skb);
	}
	return found;
}

/**
 * fttcp_sock_tx_first() - the skb that holds an outbound byte
 * @sk: locked socket
 * @seq: sequence number
 *
 * Looks from the newest back, as what is new is at the end.
 *
 * Return: the first skb with bytes at or after @seq, sent or not, or NULL.
 */
struct sk_buff *fttcp_sock_tx_first(struct sock *sk, u32 seq)
{
	struct sk_buff *skb, *found = NULL;

	skb_queue_reverse_walk(&sk->sk_write_queue, skb) {
		if (!reaches_past(skb, seq))
			return found;
		found = skb;
	}
	skb = rtx_first(sk, seq);
	return skb ? skb : found;
}

/**
 * fttcp_sock_tx_next() - the skb after one of fttcp_sock_tx_first()
 * @sk: locked socket
 * @skb: skb in one of its outbound queues
 *
 * Return: the next one in sequence, or NULL.
 */
struct sk_buff *fttcp_sock_tx_next(struct sock *sk, struct sk_buff *skb)
{
	u32 seq = TCP_SKB_CB(skb)->seq;
	struct sk_buff *next;

	if (!tcp_write_queue_empty(sk) &&
	    !before(seq, TCP_SKB_CB(tcp_send_head(sk))->seq))
		return tcp_skb_is_last(sk, skb) ? NULL :
			skb_queue_next(&sk->sk_write_queue, skb);
	next = skb_rb_next(skb);
	return next ? next : tcp_send_head(sk);
}

/**
 * fttcp_sock_rx_first() - the skb that holds an inbound byte
 * @sk: locked socket
 * @seq: sequence number
 *
 * Return: the first skb of the receive queue with bytes at or after @seq.
 */
struct sk_buff *fttcp_sock_rx_first(struct sock *sk, u32 seq)
{
	struct sk_buff *skb, *found = NULL;

	skb_queue_reverse_walk(&sk->sk_receive_queue, skb) {
		if (!reaches_past(skb, seq))
			break;
		found = skb;
	}
	return found;
}

struct sk_buff *fttcp_sock_rx_next(struct sock *sk, struct sk_buff *skb)
{
	return skb_queue_is_last(&sk->sk_receive_queue, skb) ? NULL :
		skb_queue_next(&sk->sk_receive_queue, skb);
}

/* --- records ------------------------------------------------------------ */

/**
 * fttcp_sock_state() - how far a connection is
 * @c: live connection, its socket locked
 * @w: filled in
 */
void fttcp_sock_state(struct fttcp_conn *c, struct fttcp_wire_state *w)
{
	const struct sock *sk = c->sk;
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 una = fttcp_sock_snd_una(sk);

	/*
	 * Of a closed one nothing shows any more that it counts the FIN. Else,
	 * a peer acknowledges what has not left; see lied() in tx.c.
	 */
	if ((sk->sk_state == TCP_CLOSE || c->mode != FTTCP_MODE_RX_ONLY) &&
	    after(una, c->tx_seq))
		una = c->tx_seq;
	memset(w, 0, sizeof(*w));
	w->snd_una = cpu_to_be32(una);
	w->snd_wnd = cpu_to_be32(tp->snd_wnd);
	w->tx_end = cpu_to_be32(c->tx_seq);
	w->rx_end = cpu_to_be32(c->rx_seq);
	w->copied = cpu_to_be32(fttcp_sock_copied(sk));
	w->rcv_edge = cpu_to_be32(fttcp_sock_edge(sk));
	w->tsval = cpu_to_be32(fttcp_tcp_clock_ts(tp) + tp->tsoffset);
	w->ts_recent = cpu_to_be32(tp->rx_opt.ts_recent);
	w->cwnd = cpu_to_be32(tcp_snd_cwnd(tp));
	w->ssthresh = cpu_to_be32(tp->snd_ssthresh);
	w->srtt_us = cpu_to_be32(tp->srtt_us);
	w->tcp_state = sk->sk_state;
	w->flags = fttcp_sock_told_fins(c);
}

static void opts_ip(const struct sock *sk, struct fttcp_wire_opts *w)
{
	const struct inet_sock *inet = inet_sk(sk);

	w->tos = inet->tos;
	w->ttl = inet->uc_ttl > 0 ? inet->uc_ttl : 0;
	w->min_ttl = inet->min_ttl;
	w->pmtudisc = inet->pmtudisc;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		const struct ipv6_pinfo *np = inet6_sk(sk);

		w->tclass = np->tclass;
		w->min_hop_limit = np->min_hopcount;
		w->hop_limit = np->hop_limit;
		if (np->hop_limit >= 0)
			w->flags |= cpu_to_be32(FTTCP_WIRE_O_HOP_LIMIT);
	}
#endif
}

#ifdef CONFIG_TCP_MD5SIG
static bool md5_matches(const struct sock *sk, const struct tcp_md5sig_key *k)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (k->family == AF_INET6)
		return sk->sk_family == AF_INET6 &&
		       ipv6_prefix_equal(&sk->sk_v6_daddr, &k->addr.a6,
					 k->prefixlen);
#endif
	return !k->prefixlen ||
	       !((sk->sk_daddr ^ k->addr.a4.s_addr) &
		 inet_make_mask(k->prefixlen));
}

static void opts_md5(const struct sock *sk, struct fttcp_wire_opts *w)
{
	const struct tcp_md5sig_key *k, *best = NULL;
	const struct tcp_md5sig_info *info;

	info = rcu_dereference_protected(tcp_sk(sk)->md5sig_info,
					 lockdep_sock_is_held(sk));
	if (!info)
		return;
	hlist_for_each_entry_rcu(k, &info->head, node,
				 lockdep_sock_is_held(sk))
		if (md5_matches(sk, k) &&
		    (!best || k->prefixlen > best->prefixlen))
			best = k;
	if (!best)
		return;
	w->md5_keylen = cpu_to_be16(best->keylen);
	memcpy(w->md5_key, best->key, best->keylen);
}
#else
static void opts_md5(const struct sock *sk, struct fttcp_wire_opts *w)
{
}
#endif

static void opts_device(const struct sock *sk, struct fttcp_wire_opts *w)
{
	const struct net_device *dev;

	if (!sk->sk_bound_dev_if)
		return;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(sock_net(sk), sk->sk_bound_dev_if);
	if (dev)
		strscpy(w->device, dev->name, sizeof(w->device));
	rcu_read_unlock();
}

static u32 opts_flags(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 f = 0;

	if (sock_flag(sk, SOCK_KEEPOPEN))
		f |= FTTCP_WIRE_O_KEEPALIVE;
	if (tp->nonagle & TCP_NAGLE_OFF)
		f |= FTTCP_WIRE_O_NODELAY;
	if (tp->nonagle & TCP_NAGLE_CORK)
		f |= FTTCP_WIRE_O_CORK;
	if (sock_flag(sk, SOCK_URGINLINE))
		f |= FTTCP_WIRE_O_OOBINLINE;
	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		f |= FTTCP_WIRE_O_SNDBUF;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		f |= FTTCP_WIRE_O_RCVBUF;
	return f;
}

/**
 * fttcp_sock_opts() - the options that the other node must know
 * @sk: live socket, locked
 * @w: filled in
 */
void fttcp_sock_opts(const struct sock *sk, struct fttcp_wire_opts *w)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	memset(w, 0, sizeof(*w));
	w->flags = cpu_to_be32(opts_flags(sk));
	w->keepidle = cpu_to_be32(tp->keepalive_time / HZ);
	w->keepintvl = cpu_to_be32(tp->keepalive_intvl / HZ);
	w->keepcnt = tp->keepalive_probes;
	w->user_timeout = cpu_to_be32(icsk->icsk_user_timeout);
	w->notsent_lowat = cpu_to_be32(tp->notsent_lowat);
	w->mark = cpu_to_be32(sk->sk_mark);
	w->priority = cpu_to_be32(sk->sk_priority);
	w->sndbuf = cpu_to_be32(sk->sk_sndbuf);
	w->rcvbuf = cpu_to_be32(sk->sk_rcvbuf);
	w->user_mss = cpu_to_be16(tp->rx_opt.user_mss);
	strscpy(w->cong, icsk->icsk_ca_ops->name, sizeof(w->cong));
	opts_ip(sk, w);
	opts_device(sk, w);
	opts_md5(sk, w);
}

static void conn_addrs(const struct sock *sk, struct fttcp_wire_conn *w)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct in6_addr l, r;

	w->family = cpu_to_be16(sk->sk_family);
	w->lport = inet->inet_sport;
	w->rport = inet->inet_dport;
	ipv6_addr_set_v4mapped(inet->inet_saddr, &l);
	ipv6_addr_set_v4mapped(inet->inet_daddr, &r);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		l = sk->sk_v6_rcv_saddr;
		r = sk->sk_v6_daddr;
	}
#endif
	memcpy(w->laddr, &l, sizeof(l));
	memcpy(w->raddr, &r, sizeof(r));
}

static u8 conn_tcp_opts(const struct tcp_sock *tp)
{
	u8 o = 0;

	if (tp->rx_opt.tstamp_ok)
		o |= FTTCP_WIRE_T_TSTAMP;
	if (tp->rx_opt.sack_ok)
		o |= FTTCP_WIRE_T_SACK;
	if (tp->rx_opt.wscale_ok)
		o |= FTTCP_WIRE_T_WSCALE;
	if (tp->ecn_flags & TCP_ECN_OK)
		o |= FTTCP_WIRE_T_ECN;
	if (fttcp_tcp_usec_ts(tp))
		o |= FTTCP_WIRE_T_USEC_TS;
	return o;
}

/**
 * fttcp_sock_conn() - addresses and what the two ends agreed on
 * @c: live connection, its socket locked
 * @w: filled in
 */
void fttcp_sock_conn(struct fttcp_conn *c, struct fttcp_wire_conn *w)
{
	const struct sock *sk = c->sk;
	const struct tcp_sock *tp = tcp_sk(sk);
	struct fttcp_conn_view v;

	memset(w, 0, sizeof(*w));
	fttcp_sock_view(c, &v);
	conn_addrs(sk, w);
	w->id = cpu_to_be64(c->id);
	w->mode = c->mode;
	if (test_bit(FTTCP_CF_ACTIVE_OPEN, &c->flags))
		w->flags |= FTTCP_WIRE_C_ACTIVE_OPEN;
	w->tx_offset = cpu_to_be64(v.tx_acked);
	w->rx_offset = cpu_to_be64(v.rx_consumed);
	w->max_window = cpu_to_be32(tp->max_window);
	w->rcv_wnd_max = cpu_to_be32(tp->rcv_wnd);
	w->mss_clamp = cpu_to_be16(tp->rx_opt.mss_clamp);
	w->mss_cache = cpu_to_be16(tp->mss_cache);
	w->advmss = cpu_to_be16(tp->advmss);
	w->rcv_mss = cpu_to_be16(inet_csk(sk)->icsk_ack.rcv_mss);
	w->snd_wscale = tp->rx_opt.snd_wscale;
	w->rcv_wscale = tp->rx_opt.rcv_wscale;
	w->tcp_opts = conn_tcp_opts(tp);
}

/* TCP counts the peer's FIN as a byte */
static u64 received(const struct sock *sk)
{
	return tcp_sk(sk)->bytes_received - sock_flag(sk, SOCK_DONE);
}

/**
 * fttcp_sock_note_offsets() - tie stream offsets to the socket's counters
 * @c: connection, its socket locked
 * @tx_off: stream offset of the first byte that the peer has not acknowledged
 * @rx_off: stream offset of the first byte that the application has not read
 */
void fttcp_sock_note_offsets(struct fttcp_conn *c, u64 tx_off, u64 rx_off)
{
	const struct tcp_sock *tp = tcp_sk(c->sk);

	c->tx_off0 = tx_off;
	c->acked0 = tp->bytes_acked;
	c->rx_off0 = rx_off + (u32)(fttcp_sock_rx_end(c->sk) -
				    fttcp_sock_copied(c->sk));
	c->received0 = received(c->sk);
}

/* TCP counts our FIN as a byte, also when its state shows no more of it */
static bool fin_counted(const struct fttcp_conn *c)
{
	const struct tcp_sock *tp = tcp_sk(c->sk);

	if (c->sk->sk_state == TCP_CLOSE)
		return test_bit(FTTCP_CF_FIN, &c->flags) &&
		       tp->snd_una == tp->write_seq;
	return fttcp_sock_fins(c->sk) & FTTCP_WIRE_S_FIN_ACKED;
}

/**
 * fttcp_sock_view() - offsets and queues of a live connection
 * @c: connection, its socket locked
 * @v: filled in; held segments are the caller's to add
 */
void fttcp_sock_view(struct fttcp_conn *c, struct fttcp_conn_view *v)
{
	const struct sock *sk = c->sk;
	const struct tcp_sock *tp = tcp_sk(sk);

	v->unacked = (u32)(fttcp_sock_tx_end(sk) - fttcp_sock_snd_una(sk));
	v->unread = (u32)(fttcp_sock_rx_end(sk) - fttcp_sock_copied(sk));
	v->rx_received = c->rx_off0 + received(sk) - c->received0;
	v->rx_consumed = v->rx_received - v->unread;
	v->tx_acked = c->tx_off0 + tp->bytes_acked - c->acked0;
	if (fin_counted(c))
		v->tx_acked--;
	v->tx_written = v->tx_acked + v->unacked;
	v->tx_held = v->tx_acked;
	if (c->added && c->acked_index >= c->last_index)
		v->tx_held += (u32)(c->tx_seq - fttcp_sock_snd_una(sk));
}

static void abort_now(struct sock *sk, int err)
{
	if (sk->sk_state == TCP_CLOSE)
		return;
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
	tcp_done(sk);
}

/**
 * fttcp_sock_abort() - end a connection, telling the application alone
 * @sk: locked socket whose output is muted
 * @err: positive errno for the application
 * @spinning: how it is locked: fttcp_sk_lock()
 *
 * Context: process.
 */
void fttcp_sock_abort(struct sock *sk, int err, bool spinning)
{
	local_bh_disable();
	if (spinning) {
		abort_now(sk, err);
	} else {
		bh_lock_sock(sk);
		abort_now(sk, err);
		bh_unlock_sock(sk);
	}
	local_bh_enable();
}
