/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences of the kernels' TCP, as static inline functions with the newest
 * kernel's meaning. Included by the sock*.c files and claim.c
 * alone.
 */
#ifndef _FTTCP_COMPAT_TCP_H
#define _FTTCP_COMPAT_TCP_H

#include <linux/bvec.h>
#include <linux/version.h>
#include <net/inet_sock.h>
#include <net/tcp.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)

static inline bool fttcp_tcp_usec_ts(const struct tcp_sock *tp)
{
	return tp->tcp_usec_ts;
}

static inline void fttcp_tcp_set_usec_ts(struct tcp_sock *tp, bool on)
{
	tp->tcp_usec_ts = on;
}

static inline u32 fttcp_tcp_clock_ts(const struct tcp_sock *tp)
{
	return tcp_clock_ts(tp->tcp_usec_ts);
}

static inline bool fttcp_tcp_has_ao(const struct tcp_sock *tp)
{
#ifdef CONFIG_TCP_AO
	return rcu_access_pointer(tp->ao_info);
#else
	return false;
#endif
}

#else

static inline bool fttcp_tcp_usec_ts(const struct tcp_sock *tp)
{
	return false;
}

static inline void fttcp_tcp_set_usec_ts(struct tcp_sock *tp, bool on)
{
}

static inline u32 fttcp_tcp_clock_ts(const struct tcp_sock *tp)
{
	return tcp_time_stamp_raw();
}

static inline bool fttcp_tcp_has_ao(const struct tcp_sock *tp)
{
	return false;
}

#endif

/* tcp_mstamp_refresh(), which is not exported */
static inline void fttcp_tcp_clock_refresh(struct tcp_sock *tp)
{
	u64 ns = tcp_clock_ns();

	tp->tcp_clock_cache = ns;
	tp->tcp_mstamp = div_u64(ns, NSEC_PER_USEC);
}

#ifdef inet_assign_bit

static inline void fttcp_inet_set_transparent(struct sock *sk, bool on)
{
	inet_assign_bit(TRANSPARENT, sk, on);
}

static inline bool fttcp_inet_transparent(const struct sock *sk)
{
	return inet_test_bit(TRANSPARENT, sk);
}

static inline bool fttcp_inet_recverr(const struct sock *sk)
{
	return inet_test_bit(RECVERR, sk);
}

static inline bool fttcp_inet6_recverr(const struct sock *sk)
{
	return inet_test_bit(RECVERR6, sk);
}

#else

static inline bool fttcp_inet_transparent(const struct sock *sk)
{
	return inet_sk(sk)->transparent;
}

static inline bool fttcp_inet_recverr(const struct sock *sk)
{
	return inet_sk(sk)->recverr;
}

static inline bool fttcp_inet6_recverr(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return inet6_sk(sk)->recverr;
#else
	return false;
#endif
}

static inline void fttcp_inet_set_transparent(struct sock *sk, bool on)
{
	inet_sk(sk)->transparent = on;
}

#endif

/* the flags came within 6.12.y: Kbuild looks at the header */
#ifdef FTTCP_HAVE_SEND_ACK_FLAGS
static inline void fttcp_tcp_send_ack(struct sock *sk)
{
	__tcp_send_ack(sk, tcp_sk(sk)->rcv_nxt, 0);
}
#else
static inline void fttcp_tcp_send_ack(struct sock *sk)
{
	__tcp_send_ack(sk, tcp_sk(sk)->rcv_nxt);
}
#endif

#ifdef FTTCP_HAVE_NET_REFCNT_UPGRADE
static inline void fttcp_sk_net_refcnt_upgrade(struct sock *sk)
{
	sk_net_refcnt_upgrade(sk);
}
#else
static inline void fttcp_sk_net_refcnt_upgrade(struct sock *sk)
{
	struct net *net = sock_net(sk);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	__netns_tracker_free(net, &sk->ns_tracker, false);
#endif
	sk->sk_net_refcnt = 1;
	get_net_track(net, &sk->ns_tracker, GFP_KERNEL);
	sock_inuse_add(net, 1);
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)

/*
 * Page references into the write queue; the socket is locked. The pages do not
 * change any more, so the next snapshot may reference them too.
 */
static inline int fttcp_tcp_splice(struct sock *sk, struct page *page, u32 off,
				   u32 len)
{
	struct msghdr msg = {
		.msg_flags = MSG_SPLICE_PAGES | MSG_NO_SHARED_FRAGS |
			     MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	struct bio_vec bv;

	bvec_set_page(&bv, page, len, off);
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bv, 1, len);
	return tcp_sendmsg_locked(sk, &msg, len);
}

#else

static inline int fttcp_tcp_splice(struct sock *sk, struct page *page, u32 off,
				   u32 len)
{
	return do_tcp_sendpages(sk, page, off, len,
				MSG_NO_SHARED_FRAGS | MSG_DONTWAIT |
				MSG_NOSIGNAL);
}

#endif

/* Numbers of options, for messages alone. */
#ifndef TCP_AO_INFO /* since 6.7 */
#define TCP_AO_INFO	40
#endif
#ifndef TCP_IS_MPTCP /* since 6.11 */
#define TCP_IS_MPTCP	43
#endif

#endif /* _FTTCP_COMPAT_TCP_H */
