// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building a TCP socket from what the active told: a replica, which is muted
 * and in no lookup table.
 *
 * A replica is made by a repair-mode connect() to the loopback address, which
 * initialises every part of an ESTABLISHED socket without a route to the peer
 * and without a segment; then it is taken out of the hash and gets its real
 * addresses. It enters the hash again when it is promoted: sockinstall.c.
 */
#include <linux/in6.h>
#include <net/inet_hashtables.h>
#include <net/inet6_hashtables.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat/tcp.h"
#include "sockstate.h"
#include "ulp.h"

static int set_int(struct sock *sk, int level, int opt, int val)
{
	return fttcp_base_prot(sk)->setsockopt(sk, level, opt,
					       KERNEL_SOCKPTR(&val),
					       sizeof(val));
}

struct endpoint {
	union {
		struct sockaddr		sa;
		struct sockaddr_in	v4;
		struct sockaddr_in6	v6;
	};
	int len;
};

static void endpoint_set(struct endpoint *e, u16 family, const u8 addr[16],
			 __be16 port)
{
	memset(e, 0, sizeof(*e));
	if (family == AF_INET6) {
		e->v6.sin6_family = AF_INET6;
		e->v6.sin6_port = port;
		memcpy(&e->v6.sin6_addr, addr, 16);
		e->len = sizeof(e->v6);
		return;
	}
	e->v4.sin_family = AF_INET;
	e->v4.sin_port = port;
	memcpy(&e->v4.sin_addr, addr + 12, 4);
	e->len = sizeof(e->v4);
}

static bool is_mapped(const u8 addr[16])
{
	return ipv6_addr_v4mapped((const struct in6_addr *)addr);
}

static void endpoint_loopback(struct endpoint *e,
			      const struct fttcp_wire_conn *w)
{
	struct in6_addr a = IN6ADDR_LOOPBACK_INIT;

	if (is_mapped(w->raddr))
		ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &a);
	endpoint_set(e, be16_to_cpu(w->family), a.s6_addr, w->rport);
}

/**
 * fttcp_sock_create() - a socket for a replica, not yet connected
 * @fn: namespace
 * @a: the connection
 *
 * The socket belongs to the kernel (it holds no namespace) until an
 * application accepts it.
 *
 * Context: may sleep.
 * Return: the socket, to be ended by fttcp_sock_destroy(); ERR_PTR.
 */
struct sock *fttcp_sock_create(struct fttcp_net *fn,
			       const struct fttcp_wire_conn_add *a)
{
	struct socket *sock;
	int err;

	err = __sock_create(fn->net, be16_to_cpu(a->conn.family), SOCK_STREAM,
			    IPPROTO_TCP, &sock, 1);
	if (err)
		return ERR_PTR(err);
	/* the struct socket is needed for bind() and connect(): keep it */
	return sock->sk;
}

/* part a socket from its struct socket, without closing it */
static void strip_socket(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;

	if (!sock)
		return;
	write_lock_bh(&sk->sk_callback_lock);
	sk_set_socket(sk, NULL);
	rcu_assign_pointer(sk->sk_wq, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	sock->sk = NULL;
	sock_release(sock);
}

static int connect_loopback(struct sock *sk, const struct fttcp_wire_conn *w)
{
	struct mutex *lock = &fttcp_net(sock_net(sk))->establish;
	struct socket *sock = sk->sk_socket;
	struct endpoint local, lo;
	int err;

	endpoint_set(&local, be16_to_cpu(w->family), w->laddr, w->lport);
	endpoint_loopback(&lo, w);
	err = kernel_bind(sock, &local.sa, local.len);
	if (err)
		return err;
	mutex_lock(lock);
	err = kernel_connect(sock, &lo.sa, lo.len, 0);
	if (!err) {
		lock_sock(sk);
		fttcp_base_prot(sk)->unhash(sk);
		release_sock(sk);
	}
	mutex_unlock(lock);
	return err;
}

static void set_peer(struct sock *sk, const struct fttcp_wire_conn *w)
{
	__be32 v4;

	memcpy(&v4, w->raddr + 12, sizeof(v4));
	sk_dst_reset(sk);
	inet_sk(sk)->inet_dport = w->rport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		memcpy(&sk->sk_v6_daddr, w->raddr, sizeof(sk->sk_v6_daddr));
		if (!is_mapped(w->raddr))
			return;
	}
#endif
	sk_daddr_set(sk, v4);
	/* what a cached route is used with */
	inet_sk(sk)->cork.fl.u.ip4.saddr = inet_sk(sk)->inet_saddr;
	inet_sk(sk)->cork.fl.u.ip4.daddr = v4;
}

static void set_negotiated(struct sock *sk, const struct fttcp_wire_conn *w,
			   bool md5)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 o = w->tcp_opts;

	tp->rx_opt.tstamp_ok = !!(o & FTTCP_WIRE_T_TSTAMP);
	tp->rx_opt.saw_tstamp = 0;
	tp->rx_opt.sack_ok = !!(o & FTTCP_WIRE_T_SACK);
	tp->rx_opt.wscale_ok = !!(o & FTTCP_WIRE_T_WSCALE);
	tp->rx_opt.snd_wscale = w->snd_wscale;
	tp->rx_opt.rcv_wscale = w->rcv_wscale;
	tp->rx_opt.mss_clamp = max_t(u32, be16_to_cpu(w->mss_clamp),
				     TCP_MIN_MSS);
	tp->ecn_flags = o & FTTCP_WIRE_T_ECN ? TCP_ECN_OK : 0;
	fttcp_tcp_set_usec_ts(tp, o & FTTCP_WIRE_T_USEC_TS);
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (tp->rx_opt.tstamp_ok)
		tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
	if (md5)
		tp->tcp_header_len += TCPOLEN_MD5SIG_ALIGNED;
	/* TCP divides by these; it works them out anew once there is a route */
	tp->advmss = max_t(u32, be16_to_cpu(w->advmss), TCP_MIN_MSS);
	tp->mss_cache = max_t(u32, be16_to_cpu(w->mss_cache), TCP_MIN_MSS);
	tcp_mtup_init(sk);
	/* the first window update works out the MSS from it: not from nothing */
	inet_csk(sk)->icsk_pmtu_cookie = tcp_mss_to_mtu(sk, tp->mss_cache);
	inet_csk(sk)->icsk_ack.rcv_mss = max_t(u32, be16_to_cpu(w->rcv_mss),
					       TCP_MIN_MSS);
}

/**
 * fttcp_sock_establish() - make a created socket the image of a connection
 * @sk: from fttcp_sock_create(), already carrying our ULP
 * @a: the connection
 *
 * Afterwards the socket is ESTABLISHED, in no hash table, without queues and
 * without timers; its hooks are the caller's business. The sequence numbers
 * begin at what the peer has not acknowledged and what the application has
 * not read.
 *
 * Context: may sleep.
 * Return: 0, or why not: EADDRINUSE for a taken port, ENETUNREACH when the
 * namespace's loopback device is down, what the options give.
 */
int fttcp_sock_establish(struct sock *sk, const struct fttcp_wire_conn_add *a)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int err;

	lock_sock(sk);
	fttcp_inet_set_transparent(sk, true);
	release_sock(sk);
	err = set_int(sk, SOL_TCP, TCP_REPAIR, TCP_REPAIR_ON);
	if (err)
		return err;
	lock_sock(sk);
	tp->write_seq = be32_to_cpu(a->state.snd_una);
	tp->rcv_nxt = be32_to_cpu(a->state.copied);
	tp->copied_seq = tp->rcv_nxt;
	release_sock(sk);
	err = connect_loopback(sk, &a->conn);
	if (err)
		return err;
	lock_sock(sk);
	set_peer(sk, &a->conn);
	set_negotiated(sk, &a->conn, a->opts.md5_keylen);
	/* never seen outside: recvmsg() in repair mode gives EPERM */
	tp->repair = 0;
	tp->repair_queue = TCP_NO_QUEUE;
	release_sock(sk);
	return fttcp_sock_apply_opts(sk, &a->opts);
}

/**
 * fttcp_sock_part() - let a replica's socket stand alone
 * @sk: established replica
 *
 * Context: may sleep.
 */
void fttcp_sock_part(struct sock *sk)
{
	strip_socket(sk);
}

/**
 * fttcp_sock_destroy() - end a socket that no application has
 * @sk: unlocked replica or unclaimed connection; the caller has a reference
 *
 * Not one segment leaves: the caller has muted it.
 *
 * Context: may sleep.
 */
void fttcp_sock_destroy(struct sock *sk)
{
	if (sk->sk_socket)
		strip_socket(sk);
	lock_sock(sk);
	local_bh_disable();
	bh_lock_sock(sk);
	sock_set_flag(sk, SOCK_DEAD);
	this_cpu_inc(*sk->sk_prot->orphan_count);
	if (sk->sk_state != TCP_CLOSE)
		tcp_done(sk);
	else
		inet_csk_destroy_sock(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	release_sock(sk);
}

/* --- options ------------------------------------------------------------ */

#ifdef CONFIG_TCP_MD5SIG
static int apply_md5(struct sock *sk, const struct fttcp_wire_opts *w)
{
	struct tcp_md5sig md5 = {};
	u16 len = be16_to_cpu(w->md5_keylen);
	int err;

	/* no key: one of before goes */
	if (!len && !rcu_access_pointer(tcp_sk(sk)->md5sig_info))
		return 0;
	md5.tcpm_keylen = len;
	memcpy(md5.tcpm_key, w->md5_key, len);
	if (sk->sk_family == AF_INET6) {
		struct sockaddr_in6 *a = (void *)&md5.tcpm_addr;

		a->sin6_family = AF_INET6;
		a->sin6_addr = sk->sk_v6_daddr;
	} else {
		struct sockaddr_in *a = (void *)&md5.tcpm_addr;

		a->sin_family = AF_INET;
		a->sin_addr.s_addr = sk->sk_daddr;
	}
	err = fttcp_base_prot(sk)->setsockopt(sk, SOL_TCP, TCP_MD5SIG,
					      KERNEL_SOCKPTR(&md5),
					      sizeof(md5));
	/* it went at an earlier record */
	return err == -ENOENT && !len ? 0 : err;
}
#else
static int apply_md5(struct sock *sk, const struct fttcp_wire_opts *w)
{
	return w->md5_keylen ? -EOPNOTSUPP : 0;
}
#endif

static int apply_device(struct sock *sk, const struct fttcp_wire_opts *w)
{
	struct net_device *dev;
	int err = 0;

	if (!w->device[0]) {
		sk->sk_bound_dev_if = 0;
		return 0;
	}
	rcu_read_lock();
	dev = dev_get_by_name_rcu(sock_net(sk), w->device);
	if (dev)
		sk->sk_bound_dev_if = dev->ifindex;
	else
		err = -ENODEV;
	rcu_read_unlock();
	return err;
}

static void apply_ip(struct sock *sk, const struct fttcp_wire_opts *w)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->tos = w->tos;
	inet->uc_ttl = w->ttl ? w->ttl : -1;
	inet->min_ttl = w->min_ttl;
	inet->pmtudisc = w->pmtudisc;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		struct ipv6_pinfo *np = inet6_sk(sk);
		bool hop = w->flags & cpu_to_be32(FTTCP_WIRE_O_HOP_LIMIT);

		np->tclass = w->tclass;
		np->hop_limit = hop ? w->hop_limit : -1;
		np->min_hopcount = w->min_hop_limit;
	}
#endif
}

static void apply_flags(struct sock *sk, const struct fttcp_wire_opts *w)
{
	u32 f = be32_to_cpu(w->flags);
	struct tcp_sock *tp = tcp_sk(sk);

	sock_valbool_flag(sk, SOCK_KEEPOPEN, f & FTTCP_WIRE_O_KEEPALIVE);
	sock_valbool_flag(sk, SOCK_URGINLINE, f & FTTCP_WIRE_O_OOBINLINE);
	tp->nonagle = (f & FTTCP_WIRE_O_NODELAY ? TCP_NAGLE_OFF : 0) |
		      (f & FTTCP_WIRE_O_CORK ? TCP_NAGLE_CORK : 0);
	sk->sk_userlocks &= ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK);
	if (f & FTTCP_WIRE_O_SNDBUF)
		sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	if (f & FTTCP_WIRE_O_RCVBUF)
		sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
}

static void apply_cong(struct sock *sk, const struct fttcp_wire_opts *w)
{
	struct fttcp_net *fn = fttcp_net(sock_net(sk));
	char name[FTTCP_WIRE_NAME];
	int err;

	strscpy(name, w->cong, sizeof(name));
	if (!name[0] || !strcmp(name, inet_csk(sk)->icsk_ca_ops->name) ||
	    !strncmp(name, fn->cong_missing, sizeof(fn->cong_missing)))
		return;
	err = fttcp_base_prot(sk)->setsockopt(sk, SOL_TCP, TCP_CONGESTION,
					      KERNEL_SOCKPTR(name),
					      strlen(name));
	/* no reason to lose anything, nor to look for its module each time */
	if (err == -ENOENT)
		strscpy(fn->cong_missing, name, sizeof(fn->cong_missing));
}

/* through TCP, which begins to look at them then (static branches) */
static int apply_gtsm(struct sock *sk, const struct fttcp_wire_opts *w)
{
	int err = 0;

	if (w->min_ttl)
		err = set_int(sk, SOL_IP, IP_MINTTL, w->min_ttl);
	if (!err && sk->sk_family == AF_INET6 && w->min_hop_limit)
		err = set_int(sk, SOL_IPV6, IPV6_MINHOPCOUNT,
			      w->min_hop_limit);
	return err;
}

/**
 * fttcp_sock_same_opts() - do options differ by plain values alone?
 * @a: options
 * @b: options
 *
 * Return: false when TCP has to be asked for the difference.
 */
bool fttcp_sock_same_opts(const struct fttcp_wire_opts *a,
			  const struct fttcp_wire_opts *b)
{
	return a->md5_keylen == b->md5_keylen &&
	       !memcmp(a->md5_key, b->md5_key, sizeof(a->md5_key)) &&
	       !memcmp(a->cong, b->cong, sizeof(a->cong)) &&
	       a->min_ttl == b->min_ttl &&
	       a->min_hop_limit == b->min_hop_limit;
}

/**
 * fttcp_sock_apply_opts() - give a replica the active's socket options
 * @sk: unlocked replica
 * @w: options, checked by the codec
 *
 * The keepalive timer is not armed here: a muted socket would find its peer
 * dead. fttcp_sock_finish() does.
 *
 * Context: may sleep.
 * Return: 0, -ENODEV when the device that it is bound to does not exist here,
 * or what setting the MD5 key gives.
 */
int fttcp_sock_apply_opts(struct sock *sk, const struct fttcp_wire_opts *w)
{
	int err;

	apply_cong(sk, w);
	err = apply_md5(sk, w);
	if (!err)
		err = apply_gtsm(sk, w);
	if (err)
		return err;
	lock_sock(sk);
	err = fttcp_sock_apply_plain(sk, w);
	release_sock(sk);
	return err;
}

/**
 * fttcp_sock_apply_plain() - those options that are but a value
 * @sk: locked replica
 * @w: options, checked by the codec
 *
 * Context: any.
 * Return: 0, -ENODEV.
 */
int fttcp_sock_apply_plain(struct sock *sk, const struct fttcp_wire_opts *w)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int err;

	apply_flags(sk, w);
	apply_ip(sk, w);
	err = apply_device(sk, w);
	tp->keepalive_time = min_t(u32, be32_to_cpu(w->keepidle),
				   MAX_TCP_KEEPIDLE) * HZ;
	tp->keepalive_intvl = min_t(u32, be32_to_cpu(w->keepintvl),
				    MAX_TCP_KEEPINTVL) * HZ;
	tp->keepalive_probes = w->keepcnt;
	inet_csk(sk)->icsk_user_timeout = be32_to_cpu(w->user_timeout);
	tp->notsent_lowat = be32_to_cpu(w->notsent_lowat);
	tp->rx_opt.user_mss = be16_to_cpu(w->user_mss);
	sk->sk_mark = be32_to_cpu(w->mark);
	sk->sk_priority = be32_to_cpu(w->priority);
	sk->sk_sndbuf = clamp_t(u32, be32_to_cpu(w->sndbuf), SOCK_MIN_SNDBUF,
				INT_MAX / 2);
	sk->sk_rcvbuf = clamp_t(u32, be32_to_cpu(w->rcvbuf), SOCK_MIN_RCVBUF,
				INT_MAX / 2);
	tp->window_clamp = max_t(u32, tp->window_clamp, tcp_full_space(sk));
	tp->rcv_ssthresh = tp->window_clamp;
	return err;
}

/**
 * fttcp_sock_rewind() - say where the inbound queue begins
 * @sk: locked replica with an empty receive queue
 * @seq: the next byte that is fed, and the first that is not read
 */
void fttcp_sock_rewind(struct sock *sk, u32 seq)
{
	struct tcp_sock *tp = tcp_sk(sk);

	WRITE_ONCE(tp->rcv_nxt, seq);
	WRITE_ONCE(tp->copied_seq, seq);
}

/* --- feeding ------------------------------------------------------------ */

/**
 * fttcp_sock_feed() - append inbound bytes to the receive queue
 * @sk: locked socket
 * @skb: bytes in page fragments; ownership passes
 * @seq: of the first byte, which is rcv_nxt
 *
 * The memory is charged even above the limit: the peer was told that it is
 * there.
 */
void fttcp_sock_feed(struct sock *sk, struct sk_buff *skb, u32 seq)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 len = skb->len;

	memset(TCP_SKB_CB(skb), 0, sizeof(struct tcp_skb_cb));
	TCP_SKB_CB(skb)->seq = seq;
	TCP_SKB_CB(skb)->end_seq = seq + len;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK;
	TCP_SKB_CB(skb)->ack_seq = tp->snd_una - 1;
	/* when refused, the socket owes it until the application has read */
	sk_rmem_schedule(sk, skb, skb->truesize);
	skb_set_owner_r(skb, sk);
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	WRITE_ONCE(tp->rcv_nxt, seq + len);
	tp->bytes_received += len;
}

void fttcp_sock_feed_wake(struct sock *sk)
{
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}
