// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching and detaching: by setsockopt(TCP_ULP), by addresses, by the
 * listener's example, by policy when a connection becomes established.
 *
 * One ULP reference of the module belongs to each socket that carries it;
 * TCP drops it when the socket is destroyed. TCP takes it for setsockopt()
 * alone, so every other way takes it here.
 */
#include <linux/module.h>
#include <net/inet_hashtables.h>
#include <net/inet6_hashtables.h>
#include <net/tcp.h>

#include "claim.h"
#include "hold.h"
#include "link.h"
#include "replica.h"
#include "snapshot.h"
#include "tx.h"
#include "ulp.h"

static struct tcp_ulp_ops ulp_ops;

bool fttcp_ulp_is_ours(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ulp_ops == &ulp_ops;
}

static void count_refusal(struct fttcp_net *fn, enum fttcp_refuse why)
{
	static const u8 stat[FTTCP_REFUSE_MAX] = {
		[FTTCP_REFUSE_STATE] = FTTCP_STAT_ATTACH_REFUSED_STATE,
		[FTTCP_REFUSE_PROTO] = FTTCP_STAT_ATTACH_REFUSED_OTHER,
		[FTTCP_REFUSE_ULP] = FTTCP_STAT_ATTACH_REFUSED_ULP,
		[FTTCP_REFUSE_MPTCP] = FTTCP_STAT_ATTACH_REFUSED_MPTCP,
		[FTTCP_REFUSE_REPAIR] = FTTCP_STAT_ATTACH_REFUSED_REPAIR,
		[FTTCP_REFUSE_FASTOPEN] = FTTCP_STAT_ATTACH_REFUSED_FASTOPEN,
		[FTTCP_REFUSE_AO] = FTTCP_STAT_ATTACH_REFUSED_OPTION,
		[FTTCP_REFUSE_ADDRESS] = FTTCP_STAT_ATTACH_REFUSED_ADDRESS,
		[FTTCP_REFUSE_NOMEM] = FTTCP_STAT_ATTACH_REFUSED_MEMORY,
		[FTTCP_REFUSE_LIMIT] = FTTCP_STAT_ATTACH_REFUSED_LIMIT,
		[FTTCP_REFUSE_LINK] = FTTCP_STAT_ATTACH_REFUSED_OTHER,
	};

	if (!why || why >= FTTCP_REFUSE_MAX)
		return;
	fttcp_stat_inc(fn, stat[why]);
	if (fttcp_sock_refuse_option(why))
		fttcp_evt_getsockopt_failed(fn, 0, fttcp_sock_refuse_option(why),
					    fttcp_sock_refuse_errno(why));
}

/* --- finding ------------------------------------------------------------- */

static struct sock *find_established(struct fttcp_net *fn,
				     const struct fttcp_tuple *t)
{
	struct inet_hashinfo *h = fn->net->ipv4.tcp_death_row.hashinfo;

#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6)
		return __inet6_lookup_established(fn->net, h, &t->raddr.ip6,
						  t->rport, &t->laddr.ip6,
						  ntohs(t->lport), t->ifindex,
						  0);
#endif
	return __inet_lookup_established(fn->net, h, t->raddr.ip, t->rport,
					 t->laddr.ip, ntohs(t->lport),
					 t->ifindex, 0);
}

static struct sock *find_listener(struct fttcp_net *fn,
				  const struct fttcp_tuple *t)
{
	struct inet_hashinfo *h = fn->net->ipv4.tcp_death_row.hashinfo;
	struct sock *sk = NULL;

	rcu_read_lock();
#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6)
		sk = inet6_lookup_listener(fn->net, h, NULL, 0, &t->raddr.ip6,
					   0, &t->laddr.ip6, ntohs(t->lport),
					   t->ifindex, 0);
#endif
	if (t->family == AF_INET)
		sk = __inet_lookup_listener(fn->net, h, NULL, 0, t->raddr.ip,
					    0, t->laddr.ip, ntohs(t->lport),
					    t->ifindex, 0);
	if (sk && (!sk_fullsock(sk) || !refcount_inc_not_zero(&sk->sk_refcnt)))
		sk = NULL;
	rcu_read_unlock();
	return sk;
}

/* --- beginning ----------------------------------------------------------- */

static void set_ulp_data(struct sock *sk, struct fttcp_conn *c)
{
	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, c);
}

/* a live connection begins: hooks, table, lane */
static enum fttcp_refuse start_live(struct fttcp_conn *c)
{
	int err;

	fttcp_tuple_from_sock(&c->tuple, c->sk);
	c->id = fttcp_conn_new_id(c->fn);
	fttcp_sock_note_offsets(c, 0, 0);
	if (fttcp_hooks_set(c, FTTCP_PROT_LIVE))
		return FTTCP_REFUSE_PROTO;
	err = fttcp_conn_list(c);
	if (err) {
		fttcp_hooks_clear(c, true);
		return err == -ENOMEM ? FTTCP_REFUSE_NOMEM : FTTCP_REFUSE_LIMIT;
	}
	set_bit(FTTCP_CF_ANNOUNCED, &c->flags);
	fttcp_stat_inc(c->fn, FTTCP_STAT_CONN_ATTACHED);
	fttcp_snapshot_join(c);
	fttcp_conn_announce(c, FTTCP_EVT_CONN_ATTACHED,
			    FTTCP_ACTION_CREATE, 0);
	return FTTCP_REFUSE_NONE;
}

static enum fttcp_refuse start_listener(struct fttcp_conn *c)
{
	fttcp_tuple_from_sock(&c->tuple, c->sk);
	if (fttcp_hooks_set(c, FTTCP_PROT_LISTEN))
		return FTTCP_REFUSE_PROTO;
	if (fttcp_conn_list(c)) {
		fttcp_hooks_clear(c, true);
		return FTTCP_REFUSE_LIMIT;
	}
	set_bit(FTTCP_CF_ANNOUNCED, &c->flags);
	fttcp_stat_inc(c->fn, FTTCP_STAT_CONN_ATTACHED);
	fttcp_conn_announce(c, FTTCP_EVT_CONN_ATTACHED,
			    FTTCP_ACTION_CREATE, 0);
	fttcp_claim_later(c->fn);
	return FTTCP_REFUSE_NONE;
}

/*
 * @state: what the socket is or, from fttcp_ulp_new_state(), is about to be
 */
static enum fttcp_refuse attach_state(struct sock *sk, int state,
				      const struct fttcp_attach *how)
{
	bool listen = state == TCP_LISTEN;
	enum fttcp_refuse why;
	struct fttcp_conn *c;

	if (!((1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			      TCPF_LISTEN)))
		return FTTCP_REFUSE_STATE;
	why = fttcp_sock_refuse(sk);
	if (why)
		return why;
	c = fttcp_conn_alloc(sk, listen ? FTTCP_CONN_ROLE_LISTENER :
				 FTTCP_CONN_ROLE_LIVE, how->gfp);
	if (!c)
		return FTTCP_REFUSE_NOMEM;
	c->mode = how->mode;
	c->policy_id = how->policy_id;
	if (how->active_open)
		set_bit(FTTCP_CF_ACTIVE_OPEN, &c->flags);
	set_ulp_data(sk, c);
	why = listen ? start_listener(c) : start_live(c);
	if (why) {
		set_ulp_data(sk, NULL);
		fttcp_conn_put(c);
	}
	return why;
}

/*
 * TCP forgets who began a connection. Without a listener where it could have
 * come in, it was begun here.
 */
static bool opened_here(struct sock *sk)
{
	struct fttcp_tuple t;
	struct sock *lsk;

	if (sk->sk_state == TCP_LISTEN)
		return false;
	fttcp_tuple_from_sock(&t, sk);
	lsk = find_listener(fttcp_net(sock_net(sk)), &t);
	if (lsk)
		sock_put(lsk);
	return !lsk;
}

/**
 * fttcp_ulp_attach() - protect a socket
 * @sk: TCP socket without a ULP, locked
 * @how: how; who opened the connection is found out
 *
 * The caller sets icsk_ulp_ops and takes the module's reference, or is TCP
 * itself.
 *
 * Context: any, as @how->gfp says.
 * Return: FTTCP_REFUSE_NONE, or why not.
 */
enum fttcp_refuse fttcp_ulp_attach(struct sock *sk,
				   const struct fttcp_attach *how)
{
	struct fttcp_attach now = *how;
	enum fttcp_refuse why;

	now.active_open = opened_here(sk);
	why = attach_state(sk, sk->sk_state, &now);
	count_refusal(fttcp_net(sock_net(sk)), why);
	return why;
}

static int ulp_init_sock(struct sock *sk)
{
	struct fttcp_net *fn = fttcp_net(sock_net(sk));
	struct fttcp_attach how = {
		.mode = READ_ONCE(fn->conf.mode),
		.gfp = GFP_KERNEL,
	};

	sock_owned_by_me(sk);
	return fttcp_sock_refuse_errno(fttcp_ulp_attach(sk, &how));
}

/**
 * fttcp_ulp_attach_replica() - the ULP of a socket that we made
 * @c: replica's connection, from fttcp_conn_alloc()
 *
 * Set before the socket is connected, so that no policy takes it.
 *
 * Context: may sleep.
 * Return: 0.
 */
int fttcp_ulp_attach_replica(struct fttcp_conn *c)
{
	lock_sock(c->sk);
	__module_get(THIS_MODULE);
	inet_csk(c->sk)->icsk_ulp_ops = &ulp_ops;
	set_ulp_data(c->sk, c);
	release_sock(c->sk);
	return 0;
}

/* --- children of a listener ---------------------------------------------- */

/*
 * Softirq, the listener not locked. The child is not complete: sequence
 * numbers, options and, for IPv4 on an IPv6 listener, the address family
 * operations come later. So it only gets its object; start_live() follows
 * when it becomes established.
 */
static void ulp_clone(const struct request_sock *req, struct sock *newsk,
		      const gfp_t priority)
{
	struct inet_connection_sock *icsk = inet_csk(newsk);
	struct fttcp_conn *parent = fttcp_conn_of(newsk);
	struct fttcp_conn *c;

	newsk->sk_prot = fttcp_base_prot(newsk);
	newsk->sk_prot_creator = newsk->sk_prot;
	c = fttcp_conn_alloc(newsk, FTTCP_CONN_ROLE_LIVE, priority);
	if (!c) {
		fttcp_stat_inc(fttcp_net(sock_net(newsk)),
			       FTTCP_STAT_ATTACH_REFUSED_MEMORY);
		icsk->icsk_ulp_ops = NULL;
		set_ulp_data(newsk, NULL);
		return;
	}
	if (parent) {
		c->mode = parent->mode;
		c->policy_id = parent->policy_id;
	}
	set_ulp_data(newsk, c);
	__module_get(THIS_MODULE);
}

static void drop_ulp(struct sock *sk)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);

	set_ulp_data(sk, NULL);
	inet_csk(sk)->icsk_ulp_ops = NULL;
	if (c)
		fttcp_conn_put(c);
	module_put(THIS_MODULE);
}

/*
 * A listener that a policy attached gives its ULP to every child; those that
 * the policies do not want go without.
 */
static bool child_wanted(struct fttcp_conn *c)
{
	struct fttcp_policy_result res;
	struct fttcp_tuple t;

	fttcp_tuple_from_sock(&t, c->sk);
	if (!c->policy_id)
		return !fttcp_leave_alone(c->fn, &t);
	if (!fttcp_policy_match(c->fn, &t, false, &res))
		return false;
	c->mode = res.mode;
	c->policy_id = res.id;
	return true;
}

static void child_established(struct sock *sk)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);
	enum fttcp_refuse why;

	if (!c || c->role != FTTCP_CONN_ROLE_LIVE ||
	    test_bit(FTTCP_CF_HOOKED, &c->flags))
		return;
	if (!child_wanted(c)) {
		drop_ulp(sk);
		return;
	}
	why = fttcp_sock_refuse(sk);
	if (!why)
		why = start_live(c);
	if (!why)
		return;
	count_refusal(c->fn, why);
	drop_ulp(sk);
}

/* --- policies ------------------------------------------------------------ */

static void attach_by_policy(struct sock *sk, int state, bool active_open)
{
	struct fttcp_net *fn = fttcp_net(sock_net(sk));
	struct fttcp_policy_result res;
	struct fttcp_attach how;
	enum fttcp_refuse why;
	struct fttcp_tuple t;

	fttcp_tuple_from_sock(&t, sk);
	if (!fttcp_policy_match(fn, &t, state == TCP_LISTEN, &res))
		return;
	how.mode = res.mode;
	how.policy_id = res.id;
	how.gfp = GFP_ATOMIC;
	how.active_open = active_open;
	if (inet_csk(sk)->icsk_ulp_ops) {
		why = FTTCP_REFUSE_ULP;
	} else {
		why = attach_state(sk, state, &how);
		if (!why) {
			__module_get(THIS_MODULE);
			inet_csk(sk)->icsk_ulp_ops = &ulp_ops;
			return;
		}
	}
	count_refusal(fn, why);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_CONN_REFUSED,
		.tuple = &t,
		.err = fttcp_sock_refuse_errno(why),
		.text = fttcp_sock_refuse_text(why),
	});
}

/**
 * fttcp_ulp_by_policy() - could a policy want this socket?
 * @sk: TCP socket
 *
 * Context: any, preemption disabled included.
 * Return: false when none can.
 */
bool fttcp_ulp_by_policy(const struct sock *sk)
{
	/* the kernel's own (a file system's, say) have no use for it */
	return fttcp_policies_any(fttcp_net(sock_net(sk))) && !sk->sk_kern_sock;
}

/**
 * fttcp_ulp_new_state() - a socket becomes established, or listens
 * @sk: TCP socket, locked
 * @state: TCP_ESTABLISHED, TCP_CLOSE_WAIT or TCP_LISTEN; the socket has it, or
 * is about to
 * @active_open: the connection was begun here
 *
 * Attaches it when its listener or a policy says so.
 *
 * Context: softirq or process, does not sleep.
 */
void fttcp_ulp_new_state(struct sock *sk, int state, bool active_open)
{
	if (fttcp_ulp_is_ours(sk))
		child_established(sk);
	else if (fttcp_ulp_by_policy(sk))
		attach_by_policy(sk, state, active_open);
}

/* --- by addresses -------------------------------------------------------- */

static enum fttcp_refuse attach_locked(struct sock *sk,
				       const struct fttcp_attach *how, u64 *id)
{
	enum fttcp_refuse why;

	if (inet_csk(sk)->icsk_ulp_ops) {
		/* a lane has one, to keep others off */
		why = fttcp_sock_refuse(sk);
		return why == FTTCP_REFUSE_LINK ? why : FTTCP_REFUSE_ULP;
	}
	why = fttcp_ulp_attach(sk, how);
	if (why)
		return why;
	__module_get(THIS_MODULE);
	inet_csk(sk)->icsk_ulp_ops = &ulp_ops;
	*id = fttcp_conn_of(sk)->id;
	return FTTCP_REFUSE_NONE;
}

/**
 * fttcp_ulp_attach_tuple() - protect the socket with these addresses
 * @fn: namespace
 * @t: addresses; without a remote port, a listener
 * @how: how
 * @id: the new connection's id, 0 for a listener
 *
 * Context: may sleep.
 * Return: FTTCP_REFUSE_NONE, or why not; FTTCP_REFUSE_STATE also when there is
 * no such socket.
 */
enum fttcp_refuse fttcp_ulp_attach_tuple(struct fttcp_net *fn,
					 const struct fttcp_tuple *t,
					 const struct fttcp_attach *how,
					 u64 *id)
{
	enum fttcp_refuse why = FTTCP_REFUSE_STATE;
	struct fttcp_attach now = *how;
	struct sock *sk;

	sk = t->rport ? find_established(fn, t) : find_listener(fn, t);
	if (!sk)
		return why;
	if (sk_fullsock(sk)) {
		bool spinning = fttcp_sk_lock(sk);

		now.gfp = fttcp_conn_gfp(spinning);
		why = attach_locked(sk, &now, id);
		fttcp_sk_unlock(sk, spinning);
	}
	sock_gen_put(sk);
	return why;
}

/* --- ending -------------------------------------------------------------- */

/*
 * The socket is being destroyed: softirq or process context, locked. Segments
 * in hold stay until the backup has what they need; the object keeps the
 * socket's memory meanwhile.
 */
static void ulp_release(struct sock *sk)
{
	struct fttcp_conn *c = fttcp_conn_of(sk);

	set_ulp_data(sk, NULL);
	if (!c)
		return;
	fttcp_hooks_clear(c, true);
	set_bit(FTTCP_CF_DEAD, &c->flags);
	fttcp_snapshot_unrefuse(c);
	if (c->role == FTTCP_CONN_ROLE_REPLICA)
		fttcp_replica_sock_gone(c);
	else if (c->role != FTTCP_CONN_ROLE_LISTENER)
		fttcp_tx_end(c);
	if (test_and_clear_bit(FTTCP_CF_ANNOUNCED, &c->flags)) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_CONN_DETACHED);
		fttcp_conn_announce(c, FTTCP_EVT_CONN_DETACHED,
				    FTTCP_ACTION_DESTROY, 0);
	}
	/* listed until the backup has all: TCP may answer for it still */
	if (!fttcp_hold_waits(c))
		fttcp_conn_unlist(c);
	fttcp_conn_put(c);
}

static int refuse_detach(const struct fttcp_conn *c, const char **why)
{
	u8 state = READ_ONCE(c->fn->state);

	*why = "a replica cannot be detached: promote it, or remove the link";
	if (c->role == FTTCP_CONN_ROLE_REPLICA)
		return -EBUSY;
	*why = "no program has this connection yet; it waits for its listener";
	if (test_bit(FTTCP_CF_UNCLAIMED, &c->flags))
		return -EBUSY;
	/* R4: it would speak, with nobody to keep it from that */
	*why = "another node has this connection: fttcpctl node set role backup, or none";
	if (c->muted || state == FTTCP_STATE_FENCED)
		return -EBUSY;
	*why = "the backup may take it over: fttcpctl solo, or wait for a link";
	if (state == FTTCP_STATE_HOLDING &&
	    c->role != FTTCP_CONN_ROLE_LISTENER &&
	    !test_bit(FTTCP_CF_UNPROTECTED, &c->flags))
		return -EBUSY;
	return 0;
}

static bool part_ends(const struct fttcp_lane *lane, u64 index)
{
	return READ_ONCE(lane->acked_index) >= index || READ_ONCE(lane->dead);
}

/*
 * What the backup has it may promote: nothing leaves that it does not have
 * until it has acknowledged that it forgets this connection. The socket is not
 * locked meanwhile, and may be gone afterwards.
 */
static int part(struct fttcp_conn *c, bool *spinning, const char **why)
{
	long left = msecs_to_jiffies(READ_ONCE(c->fn->conf.hold_max_ms));
	struct fttcp_lane *lane;
	u64 index;
	bool done;

	if (!c->lane || !c->told)
		return 0;
	lane = fttcp_lane_get(c->lane);
	set_bit(FTTCP_CF_LEAVING, &c->flags);
	done = fttcp_tx_forget(c);
	index = c->last_index;
	fttcp_conn_unlock(c, *spinning);
	if (done)
		left = wait_event_killable_timeout(lane->wq,
						   part_ends(lane, index),
						   left);
	done = done && READ_ONCE(lane->acked_index) >= index;
	*spinning = fttcp_conn_lock(c);
	clear_bit(FTTCP_CF_LEAVING, &c->flags);
	if (!done && c->lane == lane)
		fttcp_tx_resync(c);
	*why = READ_ONCE(lane->dead) ?
	       "the link went down before the backup had forgotten it; it stays protected" :
	       "the backup did not answer; it stays protected";
	fttcp_lane_put(lane);
	if (done)
		return 0;
	return left < 0 ? -EINTR : left ? -EPIPE : -ETIMEDOUT;
}

/* hooks off; @c->sk is as it was, and what was in hold leaves, in order */
static int give_back(struct fttcp_conn *c, const char **why)
{
	struct sock *sk = c->sk;

	*why = "another module has put its functions over ours on this socket";
	if (!fttcp_hooks_clear(c, false)) {
		/* the backup has forgotten it already */
		fttcp_tx_resync(c);
		return -EBUSY;
	}
	fttcp_hooks_clear_ops(c);
	set_bit(FTTCP_CF_DEAD, &c->flags);
	fttcp_snapshot_unrefuse(c);
	if (c->role != FTTCP_CONN_ROLE_LISTENER) {
		fttcp_tx_end(c);
		fttcp_hold_flush(c, true);
	}
	set_ulp_data(sk, NULL);
	inet_csk(sk)->icsk_ulp_ops = NULL;
	if (test_and_clear_bit(FTTCP_CF_ANNOUNCED, &c->flags)) {
		fttcp_stat_inc(c->fn, FTTCP_STAT_CONN_DETACHED);
		fttcp_conn_announce(c, FTTCP_EVT_CONN_DETACHED,
				    FTTCP_ACTION_DESTROY, 0);
	}
	fttcp_conn_unlist(c);
	fttcp_conn_put(c);
	module_put(THIS_MODULE);
	return 0;
}

/**
 * fttcp_ulp_detach() - stop protecting a live socket, which goes on
 * @c: connection or listener, unlocked; the caller has a reference
 * @why: static text when refused
 *
 * A backup that has it forgets it first. Everything in hold leaves, in order.
 *
 * Context: may sleep, no longer than hold-max. Takes fn->ctl, so that neither
 * the role nor the end of a link comes between.
 * Return: 0; -EBUSY when the socket cannot be given back (another module came
 * over ours, it is a replica or another node's, or the backup may take over);
 * -EPIPE, -ETIMEDOUT, -EINTR: the backup may have it still, nothing has
 * changed.
 */
int fttcp_ulp_detach(struct fttcp_conn *c, const char **why)
{
	struct fttcp_net *fn = c->fn;
	bool spinning;
	int err = 0;

	mutex_lock(&fn->ctl);
	spinning = fttcp_conn_lock(c);
	if (fttcp_conn_of(c->sk) != c)
		goto out;
	err = refuse_detach(c, why);
	if (!err)
		err = part(c, &spinning, why);
	/* the program may have closed it meanwhile */
	if (fttcp_conn_of(c->sk) != c)
		err = 0;
	else if (!err)
		err = give_back(c, why);
out:
	fttcp_conn_unlock(c, spinning);
	mutex_unlock(&fn->ctl);
	return err;
}

static struct tcp_ulp_ops ulp_ops = {
	.name		= "fttcp",
	.owner		= THIS_MODULE,
	.init		= ulp_init_sock,
	.release	= ulp_release,
	.clone		= ulp_clone,
};

int __init fttcp_ulp_init(void)
{
	int err;

	err = fttcp_hooks_init();
	if (err)
		return err;
	err = fttcp_probe_init();
	if (err)
		return err;
	err = tcp_register_ulp(&ulp_ops);
	if (err)
		fttcp_probe_exit();
	return err;
}

void fttcp_ulp_exit(void)
{
	tcp_unregister_ulp(&ulp_ops);
	fttcp_probe_exit();
}
