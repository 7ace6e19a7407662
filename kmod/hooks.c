// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables that protected sockets get instead of TCP's own: socket
 * functions (struct proto), address family operations, callbacks, and for two
 * special cases struct proto_ops. They are copies of the originals with few
 * entries changed, so an unprotected socket sees nothing of all this.
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <net/inet_common.h>
#include <net/tcp.h>
#include <net/transp_v6.h>

#include "compat/hooks.h"
#include "hold.h"
#include "replica.h"
#include "rx.h"
#include "sockstate.h"
#include "tx.h"
#include "ulp.h"

enum { FAMILY_V4, FAMILY_V6, FAMILIES };

static struct proto prots[FAMILIES][FTTCP_PROT_MAX];

/* --- address family operations ------------------------------------------ */

/*
 * The originals are not all exported (ipv6_mapped), so a copy is made when
 * one is first met. There are three: IPv4, IPv6, IPv4 on an IPv6 socket.
 */
#define AF_OPS_MAX 4

static struct {
	const struct inet_connection_sock_af_ops *orig;
	struct inet_connection_sock_af_ops ops;
} af_ops[AF_OPS_MAX];
static DEFINE_SPINLOCK(af_ops_lock);

static const struct inet_connection_sock_af_ops *
hook_af(const struct inet_connection_sock_af_ops *orig)
{
	const struct inet_connection_sock_af_ops *found = NULL;
	int i;

	spin_lock_bh(&af_ops_lock);
	for (i = 0; i < AF_OPS_MAX && !found; i++) {
		if (!af_ops[i].orig) {
			af_ops[i].ops = *orig;
			af_ops[i].ops.queue_xmit = fttcp_queue_xmit;
			af_ops[i].orig = orig;
		}
		if (af_ops[i].orig == orig)
			found = &af_ops[i].ops;
	}
	spin_unlock_bh(&af_ops_lock);
	return found;
}

/* --- callbacks ----------------------------------------------------------- */

static void hook_data_ready(struct sock *sk)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);

	if (!c)
		return;
	if (c->role != FTTCP_CONN_ROLE_REPLICA)
		fttcp_rx_capture(c);
	if (c->lowat <= 1 || fttcp_sock_readable(sk, c->lowat))
		c->orig_data_ready(sk);
}

/*
 * TCP skips sk_data_ready while less than SO_RCVLOWAT is there, and a reader
 * could then take bytes that are in no record. So the socket's own value is
 * kept at 1 and the application's is honoured by us: here it is taken over.
 * Every change is made with the socket owned, thus before this runs, and
 * nothing can have been read in between.
 */
static void take_lowat(struct fttcp_conn *c)
{
	struct sock *sk = c->sk;

	/* inherited from the listener: accept() has been through */
	if (unlikely(c->lowat > 1) && c->role != FTTCP_CONN_ROLE_REPLICA)
		fttcp_hooks_set_ops(c);
	if (likely(sk->sk_rcvlowat <= 1))
		return;
	c->lowat = sk->sk_rcvlowat;
	WRITE_ONCE(sk->sk_rcvlowat, 1);
	if (c->role == FTTCP_CONN_ROLE_REPLICA)
		return;
	fttcp_hooks_change(c, FTTCP_PROT_LOWAT);
	fttcp_hooks_set_ops(c);
}

/* runs at the end of everything that a process does with the socket */
static void hook_release_cb(struct sock *sk)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);

	if (c && test_bit(FTTCP_CF_HOOKED, &c->flags)) {
		/* accept() is through */
		if (unlikely(test_bit(FTTCP_CF_SHUT_LATER, &c->flags)) &&
		    sk->sk_socket) {
			clear_bit(FTTCP_CF_SHUT_LATER, &c->flags);
			fttcp_sock_shut(sk);
		}
		take_lowat(c);
		if (c->role != FTTCP_CONN_ROLE_REPLICA)
			fttcp_tx_release_cb(c);
	}
	fttcp_base_prot(sk)->release_cb(sk);
}

/* --- socket functions ---------------------------------------------------- */

static bool lowat_reached(struct sock *sk, u32 want)
{
	return fttcp_sock_readable(sk, want);
}

/* wait as TCP would for SO_RCVLOWAT bytes; the read itself does not */
static int wait_lowat(struct sock *sk, u32 want, int flags)
{
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err = 0;

	lock_sock(sk);
	add_wait_queue(sk_sleep(sk), &wait);
	while (timeo && !lowat_reached(sk, want) && !err) {
		sk_wait_event(sk, &timeo, lowat_reached(sk, want), &wait);
		if (signal_pending(current))
			err = sock_intr_errno(timeo);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	release_sock(sk);
	return err;
}

static int lowat_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			 int flags, int *addr_len)
{
	struct fttcp_conn *c;
	u32 lowat = 1;
	int err;

	rcu_read_lock();
	c = fttcp_conn_of(sk);
	if (c)
		lowat = READ_ONCE(c->lowat);
	rcu_read_unlock();
	/* a detach may come while this sleeps: our code has to stay */
	__module_get(THIS_MODULE);
	if (lowat > 1 && !(flags & (MSG_ERRQUEUE | MSG_OOB))) {
		err = wait_lowat(sk, min_t(size_t, lowat, len), flags);
		if (err && !fttcp_sock_readable(sk, 1))
			goto out;
	}
	err = fttcp_base_prot(sk)->recvmsg(sk, msg, len, flags, addr_len);
out:
	module_put(THIS_MODULE);
	return err;
}

static int replica_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	return -EAGAIN;
}

/*
 * shutdown() would begin a close that only the active may begin. What inet has
 * noted of it already would keep a promotion from filling the send queue.
 */
static void replica_shutdown(struct sock *sk, int how)
{
	WRITE_ONCE(sk->sk_shutdown, 0);
}

static void replica_close(struct sock *sk, long timeout)
{
	/* closed at once: nothing leaves, so there is nothing to wait for */
	sock_set_flag(sk, SOCK_LINGER);
	sk->sk_lingertime = 0;
	fttcp_base_prot(sk)->close(sk, 0);
}

/*
 * connect(AF_UNSPEC) would begin another connection in the same socket, and
 * comes with the flags of its file. TCP itself calls this, without any, to end
 * one: at close(), and for a child that was never accepted.
 */
static int live_disconnect(struct sock *sk, int flags)
{
	if (sk->sk_socket && (flags || sk->sk_shutdown != SHUTDOWN_MASK))
		return -EOPNOTSUPP;
	return fttcp_base_prot(sk)->disconnect(sk, flags);
}

static void build_prots(struct proto *p, const struct proto *base)
{
	struct proto *k;
	int i;

	for (i = 0; i < FTTCP_PROT_MAX; i++) {
		k = &p[i];
		*k = *base;
		k->setsockopt = fttcp_setsockopt;
		k->getsockopt = fttcp_getsockopt;
		if (i == FTTCP_PROT_LISTEN)
			continue;
		k->release_cb = hook_release_cb;
		k->disconnect = live_disconnect;
	}
	p[FTTCP_PROT_LOWAT].recvmsg = lowat_recvmsg;
	k = &p[FTTCP_PROT_REPLICA];
	k->sendmsg = replica_sendmsg;
	fttcp_prot_no_sendpage(k);
	k->shutdown = replica_shutdown;
	k->close = replica_close;
}

/**
 * fttcp_base_prot() - TCP's own socket functions
 * @sk: TCP socket
 *
 * Return: tcp_prot or tcpv6_prot.
 */
struct proto *fttcp_base_prot(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return &tcpv6_prot;
#endif
	return &tcp_prot;
}

struct proto *fttcp_hook_prot(const struct sock *sk, enum fttcp_prot_kind k)
{
	return &prots[sk->sk_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4][k];
}

/* --- struct proto_ops ---------------------------------------------------- */

/*
 * Only poll() and SO_RCVLOWAT differ: a replica is never writable, and who waits
 * for more than a byte waits in our code. There are two originals, IPv4 and IPv6.
 */
#define OPS_MAX 4

static struct {
	const struct proto_ops *orig;
	struct proto_ops ops;
} ops_table[OPS_MAX];
static DEFINE_SPINLOCK(ops_lock);

static const struct proto_ops *ops_original(const struct proto_ops *ops)
{
	int i;

	for (i = 0; i < OPS_MAX; i++)
		if (&ops_table[i].ops == ops)
			return ops_table[i].orig;
	return NULL;
}

static __poll_t hook_poll(struct file *file, struct socket *sock,
			  poll_table *wait)
{
	const struct proto_ops *orig = ops_original(READ_ONCE(sock->ops));
	struct sock *sk = sock->sk;
	struct fttcp_conn *c;
	__poll_t mask;

	mask = orig ? orig->poll(file, sock, wait) :
		      tcp_poll(file, sock, wait);
	rcu_read_lock();
	c = fttcp_conn_of(sk);
	if (c && fttcp_ulp_is_ours(sk)) {
		if (READ_ONCE(c->role) == FTTCP_CONN_ROLE_REPLICA)
			mask &= ~(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
		if (c->lowat > 1 && !fttcp_sock_readable(sk, c->lowat))
			mask &= ~(EPOLLIN | EPOLLRDNORM);
	}
	rcu_read_unlock();
	return mask;
}

/*
 * From here on a program's 1 can be told from ours. The socket is owned by a
 * process.
 */
static int hook_set_rcvlowat(struct sock *sk, int val)
{
	const struct proto_ops *orig = ops_original(sk->sk_socket->ops);
	struct fttcp_conn *c = fttcp_conn_of(sk);
	int err;

	if (!orig || !orig->set_rcvlowat)
		return -EOPNOTSUPP;
	err = orig->set_rcvlowat(sk, val);
	if (err || !c || !test_bit(FTTCP_CF_HOOKED, &c->flags))
		return err;
	c->lowat = max(sk->sk_rcvlowat, 1);
	WRITE_ONCE(sk->sk_rcvlowat, 1);
	if (c->lowat > 1 && c->role != FTTCP_CONN_ROLE_REPLICA)
		fttcp_hooks_change(c, FTTCP_PROT_LOWAT);
	/* what is there may be enough now */
	if (fttcp_sock_readable(sk, c->lowat))
		sk->sk_data_ready(sk);
	return 0;
}

/**
 * fttcp_hook_ops() - our copy of a socket's operations
 * @base: TCP's own
 *
 * Return: the copy, or @base when it is of an unknown kind.
 */
const struct proto_ops *fttcp_hook_ops(const struct proto_ops *base)
{
	const struct proto_ops *found = NULL;
	int i;

	spin_lock_bh(&ops_lock);
	for (i = 0; i < OPS_MAX && !found; i++) {
		if (!ops_table[i].orig) {
			ops_table[i].ops = *base;
			ops_table[i].ops.poll = hook_poll;
			ops_table[i].ops.set_rcvlowat = hook_set_rcvlowat;
			/* accept() and release() count it for children */
			ops_table[i].ops.owner = THIS_MODULE;
			ops_table[i].orig = base;
		}
		if (ops_table[i].orig == base ||
		    &ops_table[i].ops == base)
			found = &ops_table[i].ops;
	}
	spin_unlock_bh(&ops_lock);
	return found ? found : base;
}

/**
 * fttcp_hooks_set_ops() - poll() through us
 * @c: connection or listener, its socket owned by a process
 */
void fttcp_hooks_set_ops(struct fttcp_conn *c)
{
	struct socket *sock = c->sk->sk_socket;

	const struct proto_ops *ops;

	if (!sock || !sock->ops || ops_original(sock->ops))
		return;
	ops = fttcp_hook_ops(sock->ops);
	if (ops == sock->ops)
		return;
	__module_get(THIS_MODULE);
	WRITE_ONCE(sock->ops, ops);
}

/**
 * fttcp_hooks_clear_ops() - and back
 * @c: connection or listener, its socket owned by a process
 */
void fttcp_hooks_clear_ops(struct fttcp_conn *c)
{
	struct socket *sock = c->sk->sk_socket;
	const struct proto_ops *orig;

	orig = sock && sock->ops ? ops_original(sock->ops) : NULL;
	if (!orig)
		return;
	WRITE_ONCE(sock->ops, orig);
	module_put(THIS_MODULE);
}

/* --- putting on, taking off ---------------------------------------------- */

/**
 * fttcp_hooks_set() - give a socket our tables
 * @c: connection or listener; its socket is locked, ulp_data is set already
 * @kind: which
 *
 * Context: any.
 * Return: 0, -EBUSY when the socket has an address family we do not know.
 */
int fttcp_hooks_set(struct fttcp_conn *c, enum fttcp_prot_kind kind)
{
	const struct inet_connection_sock_af_ops *af = NULL;
	struct sock *sk = c->sk;

	if (kind != FTTCP_PROT_LISTEN) {
		c->orig_af = inet_csk(sk)->icsk_af_ops;
		af = hook_af(c->orig_af);
		if (!af)
			return -EBUSY;
	}
	c->orig_prot = fttcp_base_prot(sk);
	WRITE_ONCE(sk->sk_prot, fttcp_hook_prot(sk, kind));
	set_bit(FTTCP_CF_HOOKED, &c->flags);
	if (!af)
		return 0;
	c->lowat = max(sk->sk_rcvlowat, 1);
	WRITE_ONCE(sk->sk_rcvlowat, 1);
	if (c->lowat > 1 && kind == FTTCP_PROT_LIVE)
		fttcp_hooks_change(c, FTTCP_PROT_LOWAT);
	WRITE_ONCE(inet_csk(sk)->icsk_af_ops, af);
	/* TSQ counts held segments: let it allow for their wait */
	sk_pacing_shift_update(sk, FTTCP_PACING_SHIFT);
	write_lock_bh(&sk->sk_callback_lock);
	c->orig_data_ready = sk->sk_data_ready;
	sk->sk_data_ready = hook_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	return 0;
}

/**
 * fttcp_hooks_change() - another table of socket functions
 * @c: hooked connection, its socket locked
 * @kind: which
 */
void fttcp_hooks_change(struct fttcp_conn *c, enum fttcp_prot_kind kind)
{
	WRITE_ONCE(c->sk->sk_prot, fttcp_hook_prot(c->sk, kind));
}

static bool still_ours(const struct fttcp_conn *c)
{
	const struct sock *sk = c->sk;
	int f = sk->sk_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4;

	if (sk->sk_prot < &prots[f][0] || sk->sk_prot >= &prots[f][FTTCP_PROT_MAX])
		return false;
	if (!c->orig_af)
		return true;
	return sk->sk_data_ready == hook_data_ready &&
	       inet_csk(sk)->icsk_af_ops->queue_xmit == fttcp_queue_xmit;
}

/**
 * fttcp_hooks_clear() - give the socket its own tables back
 * @c: connection or listener, its socket locked
 * @destroy: the socket is being destroyed, so do it whatever it looks like
 *
 * Return: false when another module has put itself over ours; then nothing
 * was changed.
 */
bool fttcp_hooks_clear(struct fttcp_conn *c, bool destroy)
{
	struct sock *sk = c->sk;

	if (!test_bit(FTTCP_CF_HOOKED, &c->flags))
		return true;
	if (!still_ours(c) && !destroy)
		return false;
	clear_bit(FTTCP_CF_HOOKED, &c->flags);
	if (c->orig_af) {
		WRITE_ONCE(inet_csk(sk)->icsk_af_ops, c->orig_af);
		write_lock_bh(&sk->sk_callback_lock);
		if (sk->sk_data_ready == hook_data_ready)
			sk->sk_data_ready = c->orig_data_ready;
		write_unlock_bh(&sk->sk_callback_lock);
		if (c->lowat > 1)
			WRITE_ONCE(sk->sk_rcvlowat, c->lowat);
		if (sk->sk_pacing_shift == FTTCP_PACING_SHIFT)
			WRITE_ONCE(sk->sk_pacing_shift, FTTCP_PACING_SHIFT_TCP);
	}
	WRITE_ONCE(sk->sk_prot, c->orig_prot);
	sk->sk_prot_creator = c->orig_prot;
	return true;
}

int __init fttcp_hooks_init(void)
{
	build_prots(prots[FAMILY_V4], &tcp_prot);
#if IS_ENABLED(CONFIG_IPV6)
	build_prots(prots[FAMILY_V6], &tcpv6_prot);
#endif
	return 0;
}
