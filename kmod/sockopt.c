// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of level SOL_FTTCP, and the few options of other levels that a
 * protected socket cannot take.
 */
#include <linux/module.h>
#include <net/tcp.h>
#include <uapi/linux/fttcp_sock.h>

#include "claim.h"
#include "compat/tcp.h"
#include "sockstate.h"
#include "ulp.h"

static int set_standby(struct fttcp_conn *c, sockptr_t val, unsigned int len)
{
	int on;

	if (c->role != FTTCP_CONN_ROLE_LISTENER)
		return -EINVAL;
	if (len < sizeof(on))
		return -EINVAL;
	if (copy_from_sockptr(&on, val, sizeof(on)))
		return -EFAULT;
	/* poll() of its children must know that a replica is not writable */
	if (on)
		fttcp_hooks_set_ops(c);
	WRITE_ONCE(c->standby, !!on);
	if (on)
		fttcp_claim_later(c->fn);
	return 0;
}

static int check_claim(const struct fttcp_claim *f)
{
	u8 bits = f->family == AF_INET ? 32 : 128;

	if (f->reserved)
		return -EINVAL;
	if (f->family && f->family != AF_INET && f->family != AF_INET6)
		return -EAFNOSUPPORT;
	if (!f->family && (f->local_prefixlen || f->remote_prefixlen))
		return -EINVAL;
	if (f->local_prefixlen > bits || f->remote_prefixlen > bits)
		return -EINVAL;
	return 0;
}

static int set_claim(struct fttcp_conn *c, sockptr_t val, unsigned int len)
{
	struct fttcp_claim *f;
	int err;

	if (!ns_capable(c->fn->net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (c->role != FTTCP_CONN_ROLE_LISTENER || len != sizeof(*f))
		return -EINVAL;
	if (c->claim)
		return -EBUSY;
	f = kmalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	err = -EFAULT;
	if (!copy_from_sockptr(f, val, sizeof(*f)))
		err = check_claim(f);
	if (err) {
		kfree(f);
		return err;
	}
	/* readers see it whole or not at all; it lives as long as @c */
	smp_store_release(&c->claim, f);
	fttcp_claim_later(c->fn);
	return 0;
}

static int set_ours(struct sock *sk, int opt, sockptr_t val, unsigned int len)
{
	struct fttcp_conn *c;
	int err = -ENOPROTOOPT;

	lock_sock(sk);
	c = fttcp_ulp_is_ours(sk) ? fttcp_conn_of(sk) : NULL;
	if (c && opt == FTTCP_STANDBY)
		err = set_standby(c, val, len);
	else if (c && opt == FTTCP_CLAIM)
		err = set_claim(c, val, len);
	release_sock(sk);
	return err;
}

/**
 * fttcp_setsockopt() - of every protected socket and listener
 * @sk: socket, unlocked
 * @level: level
 * @opt: option
 * @val: value
 * @len: its length
 *
 * Context: may sleep.
 * Return: as setsockopt(); -EBUSY for what would take our functions off the
 * socket (TCP_REPAIR, IPV6_ADDRFORM).
 */
int fttcp_setsockopt(struct sock *sk, int level, int opt, sockptr_t val,
		     unsigned int len)
{
	int err;

	if (level == SOL_FTTCP)
		return set_ours(sk, opt, val, len);
	if ((level == SOL_TCP && opt == TCP_REPAIR) ||
	    (level == SOL_IPV6 && opt == IPV6_ADDRFORM))
		return -EBUSY;
	/* it may sleep, and the socket be detached meanwhile: our code stays */
	__module_get(THIS_MODULE);
	err = fttcp_base_prot(sk)->setsockopt(sk, level, opt, val, len);
	module_put(THIS_MODULE);
	return err;
}

static void fill_info(struct fttcp_conn *c, struct fttcp_info *i)
{
	struct fttcp_conn_view v;

	memset(i, 0, sizeof(*i));
	fttcp_conn_view(c, &v);
	if (c->role != FTTCP_CONN_ROLE_LIVE)
		i->flags |= FTTCP_INFO_RESUMED;
	if (c->role == FTTCP_CONN_ROLE_REPLICA)
		i->flags |= FTTCP_INFO_STANDBY;
	if (c->state == FTTCP_CONN_STATE_PROTECTED)
		i->flags |= FTTCP_INFO_PROTECTED;
	if (test_bit(FTTCP_CF_ACTIVE_OPEN, &c->flags))
		i->flags |= FTTCP_INFO_ACTIVE_OPEN;
	i->mode = c->mode;
	i->state = c->state;
	i->down_reason = c->down_reason;
	i->epoch = READ_ONCE(c->fn->epoch);
	i->conn_id = c->id;
	i->rx_received = v.rx_received;
	i->rx_consumed = v.rx_consumed;
	i->tx_written = v.tx_written;
	i->tx_acked = v.tx_acked;
	i->tx_held = v.tx_held;
}

static int get_info(struct sock *sk, char __user *val, int __user *lenp)
{
	struct fttcp_info info;
	struct fttcp_conn *c;
	int len;

	if (get_user(len, lenp))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	lock_sock(sk);
	c = fttcp_ulp_is_ours(sk) ? fttcp_conn_of(sk) : NULL;
	if (c && c->role != FTTCP_CONN_ROLE_LISTENER)
		fill_info(c, &info);
	else
		c = NULL;
	release_sock(sk);
	if (!c)
		return -ENOPROTOOPT;
	len = min_t(int, len, sizeof(info));
	if (copy_to_user(val, &info, len) || put_user(len, lenp))
		return -EFAULT;
	return 0;
}

static int get_standby(struct sock *sk, char __user *val, int __user *lenp)
{
	struct fttcp_conn *c;
	int len, on = -1;

	if (get_user(len, lenp))
		return -EFAULT;
	lock_sock(sk);
	c = fttcp_ulp_is_ours(sk) ? fttcp_conn_of(sk) : NULL;
	if (c && c->role == FTTCP_CONN_ROLE_LISTENER)
		on = c->standby;
	release_sock(sk);
	if (on < 0)
		return -ENOPROTOOPT;
	if (len < (int)sizeof(on))
		return -EINVAL;
	len = sizeof(on);
	if (copy_to_user(val, &on, len) || put_user(len, lenp))
		return -EFAULT;
	return 0;
}

/**
 * fttcp_getsockopt() - of every protected socket and listener
 * @sk: socket, unlocked
 * @level: level
 * @opt: option
 * @val: where to
 * @len: room there; what was used
 *
 * Context: may sleep.
 * Return: as getsockopt().
 */
int fttcp_getsockopt(struct sock *sk, int level, int opt, char __user *val,
		     int __user *len)
{
	int err;

	if (level != SOL_FTTCP) {
		__module_get(THIS_MODULE);
		err = fttcp_base_prot(sk)->getsockopt(sk, level, opt, val,
						      len);
		module_put(THIS_MODULE);
		return err;
	}
	if (opt == FTTCP_INFO)
		return get_info(sk, val, len);
	if (opt == FTTCP_STANDBY)
		return get_standby(sk, val, len);
	return -ENOPROTOOPT;
}
