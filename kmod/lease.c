// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lease (R4): an active with a backup speaks until the time that the backup
 * has granted, and the backup does not promote before that is over.
 */
#include <net/net_namespace.h>

#include "fttcp.h"

u64 fttcp_lease_length_ns(const struct fttcp_net *fn)
{
	return (u64)READ_ONCE(fn->conf.heartbeat_ms) *
	       READ_ONCE(fn->conf.heartbeat_misses) * NSEC_PER_MSEC;
}

/**
 * fttcp_lease_valid() - may this node speak for its connections now?
 * @fn: namespace of an active node with a backup
 *
 * Context: any.
 */
bool fttcp_lease_valid(const struct fttcp_net *fn)
{
	u64 until = READ_ONCE(fn->lease_ns);

	return until == U64_MAX || fttcp_lease_clock() < until;
}

/**
 * fttcp_lease_renew() - the backup has answered
 * @fn: namespace of an active node
 * @asked_ns: our clock when we asked what was answered: the grant counts
 *	from then, which is before the backup gave it
 * @granted_ms: how long the backup will wait; settings of two nodes may differ
 *
 * Context: process, a lane's worker.
 */
void fttcp_lease_renew(struct fttcp_net *fn, u64 asked_ns, u32 granted_ms)
{
	u64 until = asked_ns + min(fttcp_lease_length_ns(fn),
				   granted_ms * (u64)NSEC_PER_MSEC);
	bool was_valid = fttcp_lease_valid(fn);
	u64 now = fttcp_lease_clock();

	/* an echo of the future is a lie or another boot's */
	if (!asked_ns || asked_ns > now ||
	    READ_ONCE(fn->role) != FTTCP_ROLE_ACTIVE)
		return;
	spin_lock_bh(&fn->lock);
	fn->lease_echo = max(fn->lease_echo, until);
	if (fn->lease_ns != U64_MAX && until > fn->lease_ns) {
		/* one that is over when it comes lets nothing go */
		if (until > now)
			WRITE_ONCE(fn->lease_over_ns, 0);
		else if (!fn->lease_over_ns)
			WRITE_ONCE(fn->lease_over_ns, fn->lease_ns);
		WRITE_ONCE(fn->lease_ns, until);
	}
	spin_unlock_bh(&fn->lock);
	if (was_valid || !fttcp_lease_valid(fn))
		return;
	/* segments wait for nothing but this */
	fttcp_stat_inc(fn, FTTCP_STAT_LEASE_EXPIRED);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_LEASE_EXPIRED });
	/* not here: a program may sleep under its socket's lock */
	queue_work(fttcp_wq, &fn->release_work);
}

u32 fttcp_lease_left_ms(const struct fttcp_net *fn)
{
	u64 until = READ_ONCE(fn->lease_ns), now = fttcp_lease_clock();

	if (until == U64_MAX)
		return U32_MAX;
	return until > now ? div_u64(until - now, NSEC_PER_MSEC) : 0;
}

/**
 * fttcp_lease_grant() - the backup is about to answer the active
 * @fn: namespace of a backup
 * @len: what it is about to grant: the setting may be changed meanwhile
 * @heard_ns: our clock when we heard what is answered; the active counts from
 *	when it was said, which is earlier, so an answer that is repeated to
 *	a silent active grants nothing new
 *
 * Until this runs out the backup must not promote.
 *
 * Context: process, a lane's worker.
 */
void fttcp_lease_grant(struct fttcp_net *fn, u64 len, u64 heard_ns)
{
	u64 until = heard_ns + len +
		    div_u64(len * FTTCP_LEASE_MARGIN_PCT, 100);

	spin_lock_bh(&fn->lock);
	if (until > fn->granted_ns)
		WRITE_ONCE(fn->granted_ns, until);
	spin_unlock_bh(&fn->lock);
}

/**
 * fttcp_lease_granted_ms() - how long the other node may still speak
 * @fn: namespace of a backup
 *
 * Return: milliseconds, rounded up; 0 when a promotion is safe.
 */
u32 fttcp_lease_granted_ms(const struct fttcp_net *fn)
{
	u64 until = READ_ONCE(fn->granted_ns), now = fttcp_lease_clock();

	if (READ_ONCE(fn->goodbye) || until <= now)
		return 0;
	return div_u64(until - now, NSEC_PER_MSEC) + 1;
}

/**
 * fttcp_lease_stood_still() - a backup had no turn for longer than the link may
 *	be silent
 * @fn: namespace of a backup
 * @now: our clock
 * @age_ns: how long ago it heard the active last
 *
 * The active has taken it for dead, and may have gone on alone: that the link is
 * gone says nothing of the active then.
 *
 * Context: process, a lane's worker.
 */
void fttcp_lease_stood_still(struct fttcp_net *fn, u64 now, u64 age_ns)
{
	u64 alone = READ_ONCE(fn->alone_ms) * (u64)NSEC_PER_MSEC;

	fttcp_stat_inc(fn, FTTCP_STAT_STOOD_STILL);
	age_ns += div_u64(age_ns * FTTCP_LEASE_MARGIN_PCT, 100);
	if (!alone || age_ns < alone)
		return;
	WRITE_ONCE(fn->still_ns, now);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_STOOD_STILL });
}

/**
 * fttcp_lease_heard() - the active has said something
 * @fn: namespace of a backup
 * @echo_ns: our clock when we said what it has heard
 * @alone_ms: what it says of itself
 *
 * One that has heard of us since we stood still has not gone on alone.
 *
 * Context: process, a lane's worker.
 */
void fttcp_lease_heard(struct fttcp_net *fn, u64 echo_ns, u32 alone_ms)
{
	u64 still = READ_ONCE(fn->still_ns);

	WRITE_ONCE(fn->alone_ms, alone_ms);
	if (still && echo_ns >= still)
		WRITE_ONCE(fn->still_ns, 0);
}
