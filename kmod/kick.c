// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kick: after promotion the peer is somewhere in its retransmission backoff
 * and would go on when its timer says so, seconds later perhaps. A promoted
 * connection acknowledges and retransmits as soon as its address is here, and
 * again a few times until the peer has said something. When what it says is
 * that it waits in backoff, it is told to leave that (unreach.c).
 *
 * Timer: kick_work, one a namespace, FTTCP_KICK_STEPS_MS.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>

#include "fault.h"
#include "kick.h"
#include "sockstate.h"
#include "unreach.h"

static const unsigned int steps_ms[FTTCP_KICK_STEPS] = FTTCP_KICK_STEPS_MS;

/**
 * fttcp_kick_want() - this connection's peer waits for a word
 * @c: connection that was just promoted, its socket locked
 */
void fttcp_kick_want(struct fttcp_conn *c)
{
	c->kick_seq = fttcp_sock_rcv_nxt(c->sk);
	c->kick_cwnd = fttcp_sock_cwnd(c->sk);
	set_bit(FTTCP_CF_KICK, &c->flags);
}

/*
 * The peer answers a probe once in half a second, and the first answer may go
 * to the old node, for the address was not announced yet: none in step 0, and
 * none before the address is here.
 */
static void kick_silent(struct fttcp_conn *c, u32 step)
{
	unsigned int acks = step ? 1 : FTTCP_KICK_ACKS;

	/* with its snapshot still to be taken, snd_nxt must not be changed */
	fttcp_sock_kick(c->sk, acks, step && (!c->lane || c->added));
	fttcp_stat_add(c->fn, FTTCP_STAT_KICK_ACK, acks);
}

static void kick_behind(struct fttcp_conn *c)
{
	unsigned int i;

	for (i = 0; i < FTTCP_KICK_UNREACHABLES; i++)
		if (!fttcp_unreach_send(c, c->kick_seq))
			fttcp_stat_inc(c->fn, FTTCP_STAT_KICK_UNREACHABLE);
}

static bool is_over(const struct fttcp_conn *c)
{
	return test_bit(FTTCP_CF_DEAD, &c->flags) || c->muted;
}

/* R4: this is speech, too; a lease comes back, or the connection goes */
static bool may_speak(const struct fttcp_conn *c)
{
	return fttcp_lease_valid(c->fn) &&
	       READ_ONCE(c->fn->state) != FTTCP_STATE_HOLDING;
}

/* what is left to do: nothing, to kick again, to look again soon */
enum left { LEFT_NONE, LEFT_AGAIN, LEFT_SOON };

/* to kick; to see what came of it; to tell those that seemed to be behind */
enum round { ROUND_KICK, ROUND_LOOK, ROUND_TELL };

/*
 * A segment that overtook another makes a peer look as if it were behind, for
 * a moment, and to one with IP_RECVERR set an unreachable is an error of its
 * connection: not at first sight.
 */
static enum left kick_one(struct fttcp_conn *c, u32 step, enum round round)
{
	bool spinning = fttcp_conn_lock(c);
	enum left left = LEFT_AGAIN;
	enum fttcp_sock_peer peer;

	peer = fttcp_sock_peer(c->sk, c->kick_seq);
	local_bh_disable();
	if (is_over(c) || (peer == FTTCP_PEER_GOING &&
			   !fttcp_sock_unsend(c->sk, c->kick_seq,
					      c->kick_cwnd))) {
		clear_bit(FTTCP_CF_KICK, &c->flags);
		left = LEFT_NONE;
	} else if (step == FTTCP_KICK_STEPS || peer == FTTCP_PEER_GOING) {
		/* only to see what the last one did, or what it will say */
	} else if (peer == FTTCP_PEER_SILENT) {
		if (round == ROUND_KICK && fttcp_sock_has_address(c->sk))
			kick_silent(c, step);
	} else if (!test_and_set_bit(FTTCP_CF_BEHIND, &c->flags)) {
		left = LEFT_SOON;
	} else if (round != ROUND_LOOK && may_speak(c)) {
		kick_behind(c);
	}
	local_bh_enable();
	fttcp_conn_unlock(c, spinning);
	return left;
}

static void kick_ended(struct fttcp_net *fn, enum left left)
{
	fttcp_event(fn, &(struct fttcp_event) {
		.id = left == LEFT_NONE ? FTTCP_EVT_KICK_DONE :
					  FTTCP_EVT_KICK_TIMEOUT });
}

static enum round this_round(struct fttcp_net *fn)
{
	if (time_after_eq(jiffies, READ_ONCE(fn->kick_next)))
		return ROUND_KICK;
	return fn->kick_tell ? ROUND_TELL : ROUND_LOOK;
}

static unsigned long next_step(u32 step)
{
	return msecs_to_jiffies(steps_ms[min(step + 1, FTTCP_KICK_STEPS - 1U)]);
}

/* jiffies until there is something to do again */
static unsigned long next_round(struct fttcp_net *fn)
{
	long kick = READ_ONCE(fn->kick_next) - jiffies;

	return clamp_t(long, kick, 0, msecs_to_jiffies(FTTCP_KICK_LOOK_MS));
}

static void kick_work(struct work_struct *work)
{
	struct fttcp_net *fn = container_of(to_delayed_work(work),
					    struct fttcp_net, kick_work);
	u32 step = READ_ONCE(fn->kick_step);
	enum round round = this_round(fn);
	struct fttcp_conn_iter it = {};
	enum left left = LEFT_NONE;
	struct fttcp_conn *c;

	fttcp_fault(fn, FTTCP_FAULT_PROMOTE_KICK);
	while ((c = fttcp_conn_next(fn, &it))) {
		if (test_bit(FTTCP_CF_KICK, &c->flags))
			left = max(left, kick_one(c, step, round));
		fttcp_conn_put(c);
		cond_resched();
	}
	if (left == LEFT_NONE ||
	    (round == ROUND_KICK && step >= FTTCP_KICK_STEPS)) {
		kick_ended(fn, left);
		return;
	}
	/* an address that came meanwhile has set it to the beginning */
	if (round == ROUND_KICK &&
	    cmpxchg(&fn->kick_step, step, step + 1) == step)
		WRITE_ONCE(fn->kick_next, jiffies + next_step(step));
	fn->kick_tell = left == LEFT_SOON;
	if (!READ_ONCE(fn->dying))
		queue_delayed_work(fttcp_wq, &fn->kick_work, next_round(fn));
}

/**
 * fttcp_kick_start() - begin, or begin again, to kick
 * @fn: namespace
 *
 * Context: any.
 */
void fttcp_kick_start(struct fttcp_net *fn)
{
	if (READ_ONCE(fn->dying))
		return;
	WRITE_ONCE(fn->kick_step, 0);
	WRITE_ONCE(fn->kick_next, jiffies + msecs_to_jiffies(steps_ms[0]));
	mod_delayed_work(fttcp_wq, &fn->kick_work,
			 msecs_to_jiffies(steps_ms[0]));
}

/* --- an address has come ------------------------------------------------- */

static bool has_address(struct fttcp_net *fn, const struct fttcp_tuple *want)
{
	struct fttcp_conn_iter it = {};
	struct fttcp_conn *c;
	bool found = false;

	while (!found && (c = fttcp_conn_next(fn, &it))) {
		found = test_bit(FTTCP_CF_KICK, &c->flags) &&
			c->tuple.family == want->family &&
			!memcmp(&c->tuple.laddr, &want->laddr,
				sizeof(want->laddr));
		fttcp_conn_put(c);
	}
	return found;
}

static void address_up(struct net *net, const struct fttcp_tuple *t)
{
	struct fttcp_net *fn = fttcp_net(net);

	if (READ_ONCE(fn->role) == FTTCP_ROLE_ACTIVE && has_address(fn, t))
		fttcp_kick_start(fn);
}

static int inet_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct in_ifaddr *ifa = ptr;
	struct fttcp_tuple t = { .family = AF_INET };

	if (event != NETDEV_UP)
		return NOTIFY_DONE;
	t.laddr.ip = ifa->ifa_local;
	address_up(dev_net(ifa->ifa_dev->dev), &t);
	return NOTIFY_DONE;
}

static struct notifier_block inet_nb = { .notifier_call = inet_event };

#if IS_ENABLED(CONFIG_IPV6)
static int inet6_event(struct notifier_block *nb, unsigned long event,
		       void *ptr)
{
	struct inet6_ifaddr *ifa = ptr;
	struct fttcp_tuple t = { .family = AF_INET6 };

	if (event != NETDEV_UP)
		return NOTIFY_DONE;
	t.laddr.ip6 = ifa->addr;
	address_up(dev_net(ifa->idev->dev), &t);
	return NOTIFY_DONE;
}

static struct notifier_block inet6_nb = { .notifier_call = inet6_event };
#endif

void fttcp_kick_init_net(struct fttcp_net *fn)
{
	INIT_DELAYED_WORK(&fn->kick_work, kick_work);
}

int __init fttcp_kick_init(void)
{
	int err = register_inetaddr_notifier(&inet_nb);

#if IS_ENABLED(CONFIG_IPV6)
	if (!err) {
		err = register_inet6addr_notifier(&inet6_nb);
		if (err)
			unregister_inetaddr_notifier(&inet_nb);
	}
#endif
	return err;
}

void fttcp_kick_exit(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	unregister_inet6addr_notifier(&inet6_nb);
#endif
	unregister_inetaddr_notifier(&inet_nb);
}
