// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place that sees every connection become established and every
 * socket begin to listen: the kernel's tracepoint inet_sock_set_state. It
 * runs before the state is written, with the socket locked, in softirq or
 * process context, and with preemption disabled. Unprotected traffic pays for
 * it twice in a connection's life.
 *
 * On PREEMPT_RT, where attaching needs locks that sleep, the sockets wait in
 * a ring for a worker instead, which attaches them as `conn attach` does.
 */
#include <linux/module.h>
#include <linux/tracepoint.h>
#include <net/tcp.h>
#include <trace/events/sock.h>

#include <fttcp/limits.h>

#include "policy.h"
#include "stats.h"
#include "ulp.h"

static struct tracepoint *set_state_tp;

#ifdef CONFIG_PREEMPT_RT

struct later {
	struct sock	*sk;
	bool		active_open;
};

static struct later ring[FTTCP_PROBE_RING];
static unsigned int ring_in, ring_out;
/* raw: the probe runs with preemption disabled */
static DEFINE_RAW_SPINLOCK(ring_lock);

static bool take(struct later *later)
{
	unsigned long flags;
	bool any;

	raw_spin_lock_irqsave(&ring_lock, flags);
	any = ring_out != ring_in;
	if (any)
		*later = ring[ring_out++ % FTTCP_PROBE_RING];
	raw_spin_unlock_irqrestore(&ring_lock, flags);
	return any;
}

static void attach_work(struct work_struct *work)
{
	struct later later;

	while (take(&later)) {
		bool spinning = fttcp_sk_lock(later.sk);

		if ((1 << later.sk->sk_state) &
		    (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_LISTEN))
			fttcp_ulp_new_state(later.sk, later.sk->sk_state,
					    later.active_open);
		fttcp_sk_unlock(later.sk, spinning);
		sock_put(later.sk);
		cond_resched();
	}
}

static DECLARE_WORK(later_work, attach_work);

static void new_state(struct sock *sk, int state, bool active_open)
{
	unsigned long flags;
	bool full;

	if (!fttcp_ulp_is_ours(sk) && !fttcp_ulp_by_policy(sk))
		return;
	raw_spin_lock_irqsave(&ring_lock, flags);
	full = ring_in - ring_out == FTTCP_PROBE_RING;
	if (!full) {
		sock_hold(sk);
		ring[ring_in++ % FTTCP_PROBE_RING] = (struct later) {
			.sk = sk,
			.active_open = active_open,
		};
	}
	raw_spin_unlock_irqrestore(&ring_lock, flags);
	if (full)
		fttcp_stat_inc(fttcp_net(sock_net(sk)),
			       FTTCP_STAT_ATTACH_REFUSED_LIMIT);
	else
		queue_work(fttcp_wq, &later_work);
}

static void drop_waiting(void)
{
	struct later later;

	cancel_work_sync(&later_work);
	while (take(&later))
		sock_put(later.sk);
}

#else

static void new_state(struct sock *sk, int state, bool active_open)
{
	fttcp_ulp_new_state(sk, state, active_open);
}

static void drop_waiting(void)
{
}

#endif /* CONFIG_PREEMPT_RT */

static void probe_set_state(void *data, const struct sock *csk, const int old,
			    const int new)
{
	struct sock *sk = (struct sock *)csk;
	bool active_open = old == TCP_SYN_SENT;

	if (new != TCP_ESTABLISHED && new != TCP_LISTEN)
		return;
	if (sk->sk_protocol != IPPROTO_TCP ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6))
		return;
	if (new == TCP_ESTABLISHED && old != TCP_SYN_RECV && !active_open)
		return;
	new_state(sk, new, active_open);
}

static void find_tracepoint(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "inet_sock_set_state"))
		set_state_tp = tp;
}

/**
 * fttcp_probe_init() - see sockets become established from now on
 *
 * Context: module load.
 * Return: 0; -EOPNOTSUPP when the kernel has no such tracepoint; what
 * tracepoint_probe_register() returns.
 */
int __init fttcp_probe_init(void)
{
	for_each_kernel_tracepoint(find_tracepoint, NULL);
	if (!set_state_tp) {
		pr_err("the kernel has no tracepoint inet_sock_set_state (CONFIG_TRACEPOINTS)\n");
		return -EOPNOTSUPP;
	}
	return tracepoint_probe_register(set_state_tp, probe_set_state, NULL);
}

/**
 * fttcp_probe_exit() - and no more; nothing waits any longer
 *
 * Context: may sleep.
 */
void fttcp_probe_exit(void)
{
	tracepoint_probe_unregister(set_state_tp, probe_set_state, NULL);
	tracepoint_synchronize_unregister();
	drop_waiting();
}
