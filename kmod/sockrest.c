// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program has set on its socket, and no record tells: the node that
 * takes over does not have it. For people to know beforehand; what is carried
 * is in sockstate.c (fttcp_sock_opts()).
 */
#include <linux/ipv6.h>
#include <net/tcp.h>

#include "compat/tcp.h"
#include "sockstate.h"

static u32 bit(bool set, enum fttcp_sock_option option)
{
	return set ? 1U << option : 0;
}

static u32 rest_socket(const struct sock *sk)
{
	bool times = sk->sk_rcvtimeo != MAX_SCHEDULE_TIMEOUT ||
		     sk->sk_sndtimeo != MAX_SCHEDULE_TIMEOUT;
	u32 set;

	set = bit(sock_flag(sk, SOCK_LINGER), FTTCP_SOCK_OPTION_LINGER) |
	      bit(rcu_access_pointer(sk->sk_filter),
		  FTTCP_SOCK_OPTION_FILTER) |
	      bit(sock_flag(sk, SOCK_RCVTSTAMP) || sk->sk_tsflags,
		  FTTCP_SOCK_OPTION_TIMESTAMPING) |
	      bit(sk->sk_max_pacing_rate != ~0UL,
		  FTTCP_SOCK_OPTION_PACING_RATE) |
	      bit(times, FTTCP_SOCK_OPTION_TIME_LIMITS) |
	      bit(sock_flag(sk, SOCK_ZEROCOPY), FTTCP_SOCK_OPTION_ZEROCOPY) |
	      bit(sock_flag(sk, SOCK_LOCALROUTE),
		  FTTCP_SOCK_OPTION_DONT_ROUTE) |
	      bit(sock_flag(sk, SOCK_TXTIME),
		  FTTCP_SOCK_OPTION_TRANSMIT_TIME) |
	      bit(sk->sk_peek_off >= 0, FTTCP_SOCK_OPTION_PEEK_OFFSET);
#ifdef CONFIG_NET_RX_BUSY_POLL
	set |= bit(sk->sk_ll_usec, FTTCP_SOCK_OPTION_BUSY_POLL);
#endif
	return set;
}

static u32 rest_ip(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	bool errors = fttcp_inet_recverr(sk);
	u32 set;

	set = bit(rcu_access_pointer(inet->inet_opt),
		  FTTCP_SOCK_OPTION_IP_OPTIONS) |
	      bit(fttcp_inet_transparent(sk), FTTCP_SOCK_OPTION_TRANSPARENT);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		const struct ipv6_pinfo *np = inet6_sk(sk);

		errors |= fttcp_inet6_recverr(sk);
		set |= bit(rcu_access_pointer(np->opt),
			   FTTCP_SOCK_OPTION_IP_OPTIONS) |
		       bit(np->flow_label, FTTCP_SOCK_OPTION_FLOW_LABEL) |
		       bit(np->pmtudisc != IPV6_PMTUDISC_WANT,
			   FTTCP_SOCK_OPTION_MTU_DISCOVER);
	}
#endif
	return set | bit(errors, FTTCP_SOCK_OPTION_ERROR_QUEUE);
}

static u32 rest_tcp(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return bit(tp->linger2, FTTCP_SOCK_OPTION_LINGER2) |
	       bit(tp->thin_lto, FTTCP_SOCK_OPTION_THIN_STREAM) |
	       bit(tp->recvmsg_inq, FTTCP_SOCK_OPTION_QUEUE_LENGTH) |
	       bit(tp->tcp_tx_delay, FTTCP_SOCK_OPTION_TRANSMIT_DELAY);
}

/**
 * fttcp_sock_not_carried() - options that a takeover would not bring along
 * @sk: live socket, locked
 *
 * Return: 1 << FTTCP_SOCK_OPTION_*, or-ed.
 */
u32 fttcp_sock_not_carried(const struct sock *sk)
{
	return rest_socket(sk) | rest_ip(sk) | rest_tcp(sk);
}
