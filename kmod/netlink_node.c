// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests for the node: its settings and its state, its role, and the
 * decisions solo, handover and promote.
 */
#include "netlink.h"
#include "promote.h"

static int node_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, FTTCP_A_NODE_PAD);
}

static int node_put_conf(struct sk_buff *skb, const struct fttcp_config *conf)
{
	if (nla_put_u32(skb, FTTCP_A_NODE_ID, conf->id) ||
	    nla_put_u32(skb, FTTCP_A_NODE_MODE, conf->mode) ||
	    nla_put_u32(skb, FTTCP_A_NODE_HOLD_MAX_MS, conf->hold_max_ms) ||
	    nla_put_u32(skb, FTTCP_A_NODE_ON_BACKUP_LOSS, conf->on_loss) ||
	    nla_put_u32(skb, FTTCP_A_NODE_HEARTBEAT_MS, conf->heartbeat_ms) ||
	    nla_put_u32(skb, FTTCP_A_NODE_HEARTBEAT_MISSES,
			conf->heartbeat_misses) ||
	    node_put_u64(skb, FTTCP_A_NODE_LANE_QUEUE_MAX,
			 conf->lane_queue_max) ||
	    node_put_u64(skb, FTTCP_A_NODE_MEMORY_MAX, conf->memory_max) ||
	    nla_put_u32(skb, FTTCP_A_NODE_AUDIT_INTERVAL_MS,
			conf->audit_interval_ms) ||
	    nla_put_u32(skb, FTTCP_A_NODE_LOCAL_PEERS, conf->local_peers))
		return -EMSGSIZE;
	return 0;
}

static int node_put_counts(struct sk_buff *skb, struct fttcp_net *fn)
{
	if (node_put_u64(skb, FTTCP_A_NODE_MEMORY_USED,
			 atomic64_read(&fn->mem_used)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_CONNS, READ_ONCE(fn->nr_conns)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_REPLICAS,
			READ_ONCE(fn->nr_replicas)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_REPLICAS_STANDBY,
			READ_ONCE(fn->nr_standby)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_LISTENERS,
			READ_ONCE(fn->nr_listeners)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_POLICIES,
			READ_ONCE(fn->policies.count)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_LINKS, READ_ONCE(fn->nr_links)))
		return -EMSGSIZE;
	return 0;
}

static int node_put_state(struct sk_buff *skb, struct fttcp_net *fn)
{
	u8 role = READ_ONCE(fn->role);
	u32 lease = role == FTTCP_ROLE_BACKUP ? fttcp_lease_granted_ms(fn) :
						fttcp_lease_left_ms(fn);

	if (nla_put_u32(skb, FTTCP_A_NODE_ROLE, role) ||
	    nla_put_u32(skb, FTTCP_A_NODE_STATE, READ_ONCE(fn->state)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_DOWN_REASON,
			READ_ONCE(fn->down_reason)) ||
	    node_put_u64(skb, FTTCP_A_NODE_EPOCH, READ_ONCE(fn->epoch)) ||
	    node_put_u64(skb, FTTCP_A_NODE_EPOCH_SEEN,
			 READ_ONCE(fn->epoch_seen)) ||
	    nla_put_u32(skb, FTTCP_A_NODE_LEASE_MS, lease) ||
	    nla_put_u32(skb, FTTCP_A_NODE_PEER_ID, READ_ONCE(fn->peer_id)) ||
	    nla_put_string(skb, FTTCP_A_NODE_VERSION, FTTCP_VERSION))
		return -EMSGSIZE;
	if (role == FTTCP_ROLE_BACKUP && READ_ONCE(fn->synced) &&
	    nla_put_u32(skb, FTTCP_A_NODE_ALONE_MS, READ_ONCE(fn->alone_ms)))
		return -EMSGSIZE;
	return 0;
}

static int node_put_ready(struct sk_buff *skb, struct fttcp_net *fn)
{
	const char *why = fttcp_node_not_ready(fn);

	if (why)
		return nla_put_string(skb, FTTCP_A_NODE_NOT_READY_WHY, why);
	return nla_put_flag(skb, FTTCP_A_NODE_READY);
}

int fttcp_nl_node_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	/* First of all: what happens from here on has a larger number. */
	u64 seq = fttcp_events_seq(fn);
	struct sk_buff *skb;
	void *hdr;

	skb = fttcp_nl_reply_new(info, GENLMSG_DEFAULT_SIZE, &hdr);
	if (!skb)
		return -ENOMEM;
	if (node_put_u64(skb, FTTCP_A_NODE_EVENTS_SEQ, seq) ||
	    node_put_conf(skb, &fn->conf) || node_put_state(skb, fn) ||
	    node_put_counts(skb, fn) || node_put_ready(skb, fn)) {
		return fttcp_nl_reply_full(info, skb);
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* What the request says, over what is set; the policy checked the bounds. */
static void node_parse_conf(struct genl_info *info, struct fttcp_config *conf)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[FTTCP_A_NODE_ID])
		conf->id = nla_get_u32(attrs[FTTCP_A_NODE_ID]);
	if (attrs[FTTCP_A_NODE_MODE])
		conf->mode = nla_get_u32(attrs[FTTCP_A_NODE_MODE]);
	if (attrs[FTTCP_A_NODE_HOLD_MAX_MS])
		conf->hold_max_ms =
			nla_get_u32(attrs[FTTCP_A_NODE_HOLD_MAX_MS]);
	if (attrs[FTTCP_A_NODE_ON_BACKUP_LOSS])
		conf->on_loss = nla_get_u32(attrs[FTTCP_A_NODE_ON_BACKUP_LOSS]);
	if (attrs[FTTCP_A_NODE_HEARTBEAT_MS])
		conf->heartbeat_ms =
			nla_get_u32(attrs[FTTCP_A_NODE_HEARTBEAT_MS]);
	if (attrs[FTTCP_A_NODE_HEARTBEAT_MISSES])
		conf->heartbeat_misses =
			nla_get_u32(attrs[FTTCP_A_NODE_HEARTBEAT_MISSES]);
	if (attrs[FTTCP_A_NODE_LANE_QUEUE_MAX])
		conf->lane_queue_max =
			nla_get_u64(attrs[FTTCP_A_NODE_LANE_QUEUE_MAX]);
	if (attrs[FTTCP_A_NODE_MEMORY_MAX])
		conf->memory_max = nla_get_u64(attrs[FTTCP_A_NODE_MEMORY_MAX]);
	if (attrs[FTTCP_A_NODE_AUDIT_INTERVAL_MS])
		conf->audit_interval_ms =
			nla_get_u32(attrs[FTTCP_A_NODE_AUDIT_INTERVAL_MS]);
	if (attrs[FTTCP_A_NODE_LOCAL_PEERS])
		conf->local_peers =
			nla_get_u32(attrs[FTTCP_A_NODE_LOCAL_PEERS]);
}

static bool node_has_conf(struct genl_info *info)
{
	int attr;

	if (info->attrs[FTTCP_A_NODE_AUDIT_INTERVAL_MS] ||
	    info->attrs[FTTCP_A_NODE_LOCAL_PEERS])
		return true;
	for (attr = FTTCP_A_NODE_ID; attr <= FTTCP_A_NODE_MEMORY_MAX; attr++)
		if (info->attrs[attr] && attr != FTTCP_A_NODE_ROLE &&
		    attr != FTTCP_A_NODE_EPOCH)
			return true;
	return false;
}

static int node_set_role(struct genl_info *info, struct fttcp_net *fn)
{
	struct nlattr *role = info->attrs[FTTCP_A_NODE_ROLE];
	struct nlattr *epoch = info->attrs[FTTCP_A_NODE_EPOCH];
	const char *why = NULL;
	int err;

	if (!role && !epoch)
		return 0;
	err = fttcp_node_set_role(fn, role ? nla_get_u32(role) : fn->role,
				  epoch ? nla_get_u64(epoch) : 0, &why);
	if (!err)
		return 0;
	return fttcp_nl_refuse(info, err == -ESTALE && epoch ?
				     FTTCP_A_NODE_EPOCH : FTTCP_A_NODE_ROLE,
			       err, why);
}

/* All of it or nothing: the settings are put back when the role is refused. */
static int node_set_locked(struct genl_info *info, struct fttcp_net *fn)
{
	struct fttcp_config old = fn->conf;
	struct fttcp_config new = old;
	int err;

	lockdep_assert_held(&fn->ctl);
	node_parse_conf(info, &new);
	if (new.id != old.id && fn->role != FTTCP_ROLE_NONE)
		return fttcp_nl_refuse(info, FTTCP_A_NODE_ID, -EBUSY,
				       "the id can change only while the role is none");
	if (new.audit_interval_ms &&
	    new.audit_interval_ms < FTTCP_AUDIT_INTERVAL_MS_MIN)
		return fttcp_nl_refuse(info, FTTCP_A_NODE_AUDIT_INTERVAL_MS,
				       -ERANGE, "at least 100 ms, or 0 for none");
	fn->conf = new;
	err = node_set_role(info, fn);
	if (err) {
		fn->conf = old;
		return err;
	}
	fttcp_node_conf_changed(fn);
	if (info->attrs[FTTCP_A_NODE_ON_BACKUP_LOSS] &&
	    new.on_loss == FTTCP_LOSS_SOLO)
		GENL_SET_ERR_MSG(info, "unfenced solo: a cut link gives two owners");
	return 0;
}

int fttcp_nl_node_set_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct fttcp_event ev = { .id = FTTCP_EVT_NODE_CONFIG };
	int err;

	mutex_lock(&fn->ctl);
	err = node_set_locked(info, fn);
	if (!err && node_has_conf(info)) {
		if (info->attrs[FTTCP_A_NODE_AUDIT_INTERVAL_MS])
			fttcp_audit_later(fn);
		ev.role = fn->role;
		ev.state = fn->state;
		fttcp_event(fn, &ev);
	}
	mutex_unlock(&fn->ctl);
	return err;
}

int fttcp_nl_solo_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	const char *why = NULL;
	int err;

	mutex_lock(&fn->ctl);
	err = fttcp_node_solo(fn, &why);
	mutex_unlock(&fn->ctl);
	return err ? fttcp_nl_refuse(info, 0, err, why) : 0;
}

int fttcp_nl_handover_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	const char *why = NULL;
	int err;

	mutex_lock(&fn->ctl);
	err = fttcp_node_handover(fn, &why);
	mutex_unlock(&fn->ctl);
	return err ? fttcp_nl_refuse(info, 0, err, why) : 0;
}

static int promote_refuse(struct genl_info *info, int err,
			  const struct fttcp_promote *p)
{
	if (p->wait_ms) {
		GENL_SET_ERR_MSG_FMT(info,
				     "the active's lease runs for %u ms more; wait, or use force",
				     p->wait_ms);
		return err;
	}
	return fttcp_nl_refuse(info, err == -ESTALE ? FTTCP_A_PROMOTE_EPOCH : 0,
			       err, p->why);
}

static int promote_put(struct sk_buff *skb, const struct fttcp_promote *p)
{
	if (nla_put_u64_64bit(skb, FTTCP_A_PROMOTE_EPOCH, p->epoch,
			      FTTCP_A_PROMOTE_PAD) ||
	    nla_put_u32(skb, FTTCP_A_PROMOTE_PROMOTED, p->promoted) ||
	    nla_put_u32(skb, FTTCP_A_PROMOTE_FAILED, p->failed) ||
	    nla_put_u64_64bit(skb, FTTCP_A_PROMOTE_WOULD_LOSE, p->would_lose,
			      FTTCP_A_PROMOTE_PAD) ||
	    nla_put_u32(skb, FTTCP_A_PROMOTE_TIME_US, p->time_us))
		return -EMSGSIZE;
	return p->why ? nla_put_string(skb, FTTCP_A_PROMOTE_WHY, p->why) : 0;
}

int fttcp_nl_promote_doit(struct sk_buff *req, struct genl_info *info)
{
	struct fttcp_net *fn = fttcp_net(genl_info_net(info));
	struct nlattr *epoch = info->attrs[FTTCP_A_PROMOTE_EPOCH];
	struct fttcp_promote p = {
		.epoch = epoch ? nla_get_u64(epoch) : 0,
		.dry_run = info->attrs[FTTCP_A_PROMOTE_DRY_RUN],
		.force = info->attrs[FTTCP_A_PROMOTE_FORCE],
	};
	struct sk_buff *skb;
	void *hdr;
	int err;

	/* Everything that can fail comes before the sockets are live. */
	skb = fttcp_nl_reply_new(info, GENLMSG_DEFAULT_SIZE, &hdr);
	if (!skb)
		return -ENOMEM;
	mutex_lock(&fn->ctl);
	err = fttcp_promote(fn, &p);
	mutex_unlock(&fn->ctl);
	if (err) {
		err = promote_refuse(info, err, &p);
		goto err_free;
	}
	err = promote_put(skb, &p);
	if (err)
		goto err_free;
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);

err_free:
	nlmsg_free(skb);
	return err;
}
