// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options of a replica that change while it is one.
 */
#include "link.h"
#include "replica.h"
#include "sockstate.h"
#include "ulp.h"

/*
 * A replica that a program has may be closed at any time, and TCP's way of
 * setting an option must not meet a socket that is destroyed: what is more than
 * a value makes it a new replica.
 *
 * Return: 0; -ESTALE for a new replica; -ENODEV.
 */
static int opts_standby(struct fttcp_conn *c, const struct fttcp_wire_opts *w)
{
	bool spinning = fttcp_conn_lock(c);
	int err = -ESTALE;

	if (test_bit(FTTCP_CF_DEAD, &c->flags)) {
		err = 0;
	} else if (fttcp_sock_same_opts(&c->replica->add.opts, w)) {
		c->replica->add.opts = *w;
		c->lowat = max_t(u32, be32_to_cpu(w->rcvlowat), 1);
		err = fttcp_sock_apply_plain(c->sk, w);
	}
	fttcp_conn_unlock(c, spinning);
	return err;
}

static int opts_ours(struct fttcp_conn *c, const struct fttcp_wire_opts *w)
{
	c->replica->add.opts = *w;
	c->lowat = max_t(u32, be32_to_cpu(w->rcvlowat), 1);
	return fttcp_sock_apply_opts(c->sk, w);
}

/**
 * fttcp_replica_opts() - socket options have changed
 * @lane: lane it came on
 * @o: CONN_OPTS, checked by the codec
 *
 * Context: process, the lane's worker. Takes fn->claims.
 * Return: 0. An option that cannot be set here is an event.
 */
int fttcp_replica_opts(struct fttcp_lane *lane,
		       const struct fttcp_wire_conn_opts *o)
{
	struct fttcp_conn *c = fttcp_replica_find(lane, o->id);
	int err = 0;

	if (!c)
		return 0;
	/* nobody is given it meanwhile, and nobody promotes or drops it */
	mutex_lock(&c->fn->claims);
	if (c->role != FTTCP_CONN_ROLE_REPLICA ||
	    test_bit(FTTCP_CF_DEAD, &c->flags))
		goto out;
	if (c->state == FTTCP_CONN_STATE_STANDBY)
		err = opts_standby(c, &o->opts);
	else
		err = opts_ours(c, &o->opts);
	if (err == -ESTALE) {
		fttcp_replica_nack(lane, c->id, FTTCP_DOWN_REASON_NONE, 0);
		fttcp_replica_drop_locked(c);
	} else if (err) {
		fttcp_conn_announce(c, FTTCP_EVT_REPLICA_FAILED,
				    FTTCP_ACTION_EVENT, err);
	}
out:
	mutex_unlock(&c->fn->claims);
	fttcp_conn_put(c);
	return 0;
}
