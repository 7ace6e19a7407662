// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the way of the configuration into the kernel: all of it or nothing.
 * Settings of the node are one request, policies one each, taken back when
 * something is refused. What is in force already is not sent again, so
 * applying disturbs nothing that did not change.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "devices.h"
#include "log.h"
#include "reload.h"

static void want_u32(struct fttcp_node *set, unsigned int attr, uint32_t *field,
		     uint32_t now, uint32_t wanted)
{
	if (now == wanted)
		return;
	*field = wanted;
	set->present |= FTTCP_BIT(attr);
}

static void want_u64(struct fttcp_node *set, unsigned int attr, uint64_t *field,
		     uint64_t now, uint64_t wanted)
{
	if (!wanted || now == wanted)
		return;
	*field = wanted;
	set->present |= FTTCP_BIT(attr);
}

/* "hold-max-ms" is the key hold-max, whose line the file gives. */
static void settings_refused(struct fttcpd *d, const struct fttcpd_conf *conf,
			     int rc, char err[FTTCPD_ERROR])
{
	const char *attr = fttcp_nl_error(d->nl)->attr;
	const char *why = fttcpd_kernel_error(d, rc);
	size_t len = strlen(attr);
	char key[FTTCP_NAME_LEN];
	unsigned int line;

	if (len > 3 && !strcmp(attr + len - 3, "-ms"))
		len -= 3;
	snprintf(key, sizeof(key), "%.*s", (int)len, attr);
	line = fttcpd_conf_line(conf, key);
	if (line)
		snprintf(err, FTTCPD_ERROR, "%s:%u: %s: the kernel refuses the "
			 "value: %s; change it", d->conf_path, line, key, why);
	else
		snprintf(err, FTTCPD_ERROR, "%s: the kernel refuses the "
			 "settings: %s; change them", d->conf_path, why);
}

/* In one request, so all of them are taken or none. */
static int apply_node(struct fttcpd *d, const struct fttcpd_conf *conf,
		      char err[FTTCPD_ERROR])
{
	struct fttcp_node now = { 0 }, set = { 0 };
	int rc;

	rc = fttcp_node_get(d->nl, &now);
	if (rc) {
		snprintf(err, FTTCPD_ERROR, "cannot read the node's settings: "
			 "%s", fttcpd_kernel_error(d, rc));
		return rc;
	}
	want_u32(&set, FTTCP_A_NODE_ID, &set.id, now.id, conf->id);
	want_u32(&set, FTTCP_A_NODE_MODE, &set.mode, now.mode, conf->mode);
	want_u32(&set, FTTCP_A_NODE_HOLD_MAX_MS, &set.hold_max_ms,
		 now.hold_max_ms, conf->hold_max_ms);
	/* what has to be proven first is no decision of the kernel's */
	want_u32(&set, FTTCP_A_NODE_ON_BACKUP_LOSS, &set.on_backup_loss,
		 now.on_backup_loss, fttcpd_conf_decides(conf) ?
		 FTTCP_LOSS_HOLD : conf->on_backup_loss);
	want_u32(&set, FTTCP_A_NODE_HEARTBEAT_MS, &set.heartbeat_ms,
		 now.heartbeat_ms, conf->heartbeat_ms);
	want_u32(&set, FTTCP_A_NODE_HEARTBEAT_MISSES, &set.heartbeat_misses,
		 now.heartbeat_misses, conf->heartbeat_misses);
	/* a module that does not know these would refuse the rest as well */
	if (fttcp_has(&now, FTTCP_A_NODE_AUDIT_INTERVAL_MS))
		want_u32(&set, FTTCP_A_NODE_AUDIT_INTERVAL_MS,
			 &set.audit_interval_ms, now.audit_interval_ms,
			 conf->audit_interval_ms);
	if (fttcp_has(&now, FTTCP_A_NODE_LOCAL_PEERS))
		want_u32(&set, FTTCP_A_NODE_LOCAL_PEERS, &set.local_peers,
			 now.local_peers, conf->local_peers);
	want_u64(&set, FTTCP_A_NODE_LANE_QUEUE_MAX, &set.lane_queue_max,
		 now.lane_queue_max, conf->lane_queue_max);
	want_u64(&set, FTTCP_A_NODE_MEMORY_MAX, &set.memory_max,
		 now.memory_max, conf->memory_max);
	rc = set.present ? fttcp_node_set(d->nl, &set) : 0;
	if (rc)
		settings_refused(d, conf, rc, err);
	else if (conf->on_backup_loss == FTTCP_LOSS_SOLO &&
		 !fttcpd_conf_decides(conf))
		log_warn("on-backup-loss = solo, and nothing fences: if the "
			 "link is cut while both nodes live, both become active "
			 "after hold-max; make the link redundant, or say hold");
	return rc;
}

/* The kernel's form of a configured policy. */
static int to_kernel(const struct fttcpd_conf *conf,
		     const struct fttcpd_policy *policy,
		     struct fttcp_policy *out)
{
	memset(out, 0, sizeof(*out));
	if (policy->local.family)
		fttcp_policy_local(out, &policy->local);
	if (policy->remote.family)
		fttcp_policy_remote(out, &policy->remote);
	if (policy->local_port) {
		out->local_port = policy->local_port;
		fttcp_mark(out, FTTCP_A_POLICY_LOCAL_PORT);
	}
	if (policy->remote_port) {
		out->remote_port = policy->remote_port;
		fttcp_mark(out, FTTCP_A_POLICY_REMOTE_PORT);
	}
	if (policy->device[0]) {
		out->ifindex = if_nametoindex(policy->device);
		if (!out->ifindex)
			return -ENODEV;
		fttcp_mark(out, FTTCP_A_POLICY_IFINDEX);
	}
	out->mode = policy->mode == FTTCPD_UNSET ? conf->mode : policy->mode;
	fttcp_mark(out, FTTCP_A_POLICY_MODE);
	return 0;
}

struct search {
	const struct fttcp_policy *wanted;
	uint32_t id;
};

static bool same_prefix(const struct fttcp_prefix *a,
			const struct fttcp_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

/* A missing part of a policy is zero in the kernel's and in ours. */
static int match_policy(const struct fttcp_policy *have, void *arg)
{
	const struct fttcp_policy *want = ((struct search *)arg)->wanted;

	if (same_prefix(&have->local, &want->local) &&
	    same_prefix(&have->remote, &want->remote) &&
	    have->local_port == want->local_port &&
	    have->remote_port == want->remote_port &&
	    have->ifindex == want->ifindex && have->mode == want->mode)
		((struct search *)arg)->id = have->id;
	return 0;
}

static uint32_t find_policy(struct fttcpd *d, const struct fttcp_policy *want)
{
	struct search search = { .wanted = want };

	fttcp_policy_dump(d->nl, match_policy, &search);
	return search.id;
}

/* What was added for a configuration that is not in force yet. */
struct added {
	uint32_t id[FTTCPD_CONF_POLICIES];
	unsigned int count;
};

static int add_policy(struct fttcpd *d, const struct fttcpd_conf *conf,
		      const struct fttcpd_policy *policy, struct added *added,
		      char err[FTTCPD_ERROR])
{
	struct fttcp_policy kernel;
	int rc;

	rc = to_kernel(conf, policy, &kernel);
	if (rc)
		return fttcpd_devices_absent(d->conf_path, policy->line,
					     "[policy] device", policy->device,
					     err);
	if (find_policy(d, &kernel))
		return 0;
	rc = fttcp_policy_add(d->nl, &kernel);
	if (rc) {
		snprintf(err, FTTCPD_ERROR, "%s:%u: [policy %s]: the kernel "
			 "refuses it: %s; change or remove it", d->conf_path,
			 policy->line, policy->name,
			 fttcpd_kernel_error(d, rc));
		return rc;
	}
	added->id[added->count++] = kernel.id;
	log_info("policy %s added", policy->name);
	return 0;
}

static void take_back(struct fttcpd *d, struct added *added)
{
	while (added->count)
		fttcp_policy_del(d->nl, added->id[--added->count]);
}

static void del_policy(struct fttcpd *d, const struct fttcpd_conf *conf,
		       const struct fttcpd_policy *policy)
{
	struct fttcp_policy kernel;
	uint32_t id;
	int rc;

	if (to_kernel(conf, policy, &kernel))
		return;
	id = find_policy(d, &kernel);
	if (!id)
		return;
	rc = fttcp_policy_del(d->nl, id);
	if (rc)
		log_warn("policy %s cannot be removed: %s", policy->name,
			 fttcpd_kernel_error(d, rc));
	else
		log_info("policy %s removed", policy->name);
}

static bool in_conf(const struct fttcpd_conf *conf,
		    const struct fttcp_policy *want)
{
	struct search search = { .wanted = want };
	struct fttcp_policy kernel;
	unsigned int i;

	for (i = 0; i < conf->policies; i++) {
		if (to_kernel(conf, &conf->policy[i], &kernel))
			continue;
		kernel.id = 1;
		match_policy(&kernel, &search);
	}
	return search.id;
}

/**
 * fttcpd_apply() - from one configuration to another, as far as the kernel knows
 * @d:		daemon
 * @from:	in force so far, NULL at the start
 * @to:		wanted
 * @err:	why not, in one line, with file, line and remedy
 *
 * Policies that an operator added by hand are nobody's business here, and
 * connections that exist keep their protection. What may be refused comes
 * first and is taken back; what is left out goes last.
 *
 * Return: 0, or a negative errno and nothing has changed.
 */
int fttcpd_apply(struct fttcpd *d, const struct fttcpd_conf *from,
		 const struct fttcpd_conf *to, char err[FTTCPD_ERROR])
{
	struct added added = { .count = 0 };
	struct fttcp_policy kernel;
	unsigned int i;
	int rc;

	rc = fttcpd_devices_check(d->conf_path, to, err);
	for (i = 0; !rc && i < to->policies; i++)
		rc = add_policy(d, to, &to->policy[i], &added, err);
	if (!rc)
		rc = apply_node(d, to, err);
	if (rc) {
		if (rc == -EPERM && !fttcp_nl_error(d->nl)->text[0])
			snprintf(err, FTTCPD_ERROR, "CAP_NET_ADMIN is missing "
				 "in this network namespace; run fttcpd as "
				 "root, or by its systemd unit");
		take_back(d, &added);
		return rc;
	}
	for (i = 0; from && i < from->policies; i++)
		if (!to_kernel(from, &from->policy[i], &kernel) &&
		    !in_conf(to, &kernel))
			del_policy(d, from, &from->policy[i]);
	return 0;
}

static bool link_changed(const struct fttcpd_conf *a,
			 const struct fttcpd_conf *b)
{
	return memcmp(&a->listen, &b->listen, sizeof(a->listen)) ||
	       memcmp(&a->connect, &b->connect, sizeof(a->connect)) ||
	       memcmp(&a->bind, &b->bind, sizeof(a->bind)) ||
	       strcmp(a->link_device, b->link_device) || a->lanes != b->lanes;
}

static void link_reload(struct fttcpd *d, bool changed)
{
	bool wanted = d->link.wanted;

	if (!changed)
		return;
	log_notice("the new end points are used from the next link on");
	fttcpd_link_close(d);
	if (wanted)
		fttcpd_link_open(d);
}

static void say_change(const struct fttcpd_change *change, void *arg)
{
	const struct fttcpd_setting *s = change->to ? change->to : change->from;
	const char *from = change->from ? change->from->value : "";
	const char *to = change->to ? change->to->value : "";

	(void)arg;
	log_notice("[%s] %s: from %s to %s (%s)", s->section, s->key,
		   *from ? from : "nothing", *to ? to : "nothing",
		   fttcpd_reload_when_name(change->when));
}

/**
 * fttcpd_reload() - read the configuration again
 * @d:		daemon
 * @cb:		told of each change of what the file says, or NULL
 * @arg:	for @cb
 * @err:	why not, in one line
 *
 * A wrong file, or settings that the kernel refuses, change nothing. The link
 * that is up stays up, also when its end points have changed; what only a
 * restart changes stays as it is, and is told again by each reload until then.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_reload(struct fttcpd *d, fttcpd_change_cb *cb, void *arg,
		  char err[FTTCPD_ERROR])
{
	static struct fttcpd_conf conf, filed, before;
	struct fttcpd_auth auth;
	bool changed;
	int rc;

	/* The kernel would let the settings wait for its end, and us too. */
	if (fttcpd_takeover_busy(d)) {
		snprintf(err, FTTCPD_ERROR, "a promotion or switchover is under "
			 "way; reload again when it has ended");
		return -EBUSY;
	}
	rc = fttcpd_conf_read(d->conf_path, &filed, err);
	if (rc)
		return rc;
	rc = fttcpd_link_key(&filed, &auth, err);
	if (rc)
		return rc;
	fttcpd_epoch_default(&filed);
	conf = filed;
	fttcpd_reload_keep(&d->conf, &conf);
	rc = fttcpd_apply(d, &d->conf, &conf, err);
	if (!rc)
		d->auth = auth;
	fttcpd_auth_forget(&auth);
	if (rc)
		return rc;
	fttcpd_path_key(d);
	fttcpd_reload_compare(&d->conf, &filed, say_change, NULL);
	if (cb)
		fttcpd_reload_compare(&d->conf, &filed, cb, arg);
	fttcpd_vip_reload(d, &conf);
	changed = link_changed(&d->conf, &conf);
	fttcpd_messages_move(d, &conf);
	before = d->conf;
	d->conf = conf;
	d->filed = filed;
	fttcpd_vip_refresh(d);
	fttcpd_probe_reload(d);
	link_reload(d, changed);
	fttcpd_resend_reload(d);
	fttcpd_path_reload(d, &before);
	fttcpd_action_reload(d);
	fttcpd_messages_order(d);
	fttcpd_messages_check(d);
	log_notice("%s: read again", d->conf_path);
	return 0;
}
