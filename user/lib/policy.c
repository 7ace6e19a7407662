// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "policy": which new connections are protected by themselves.
 */
#include "nl.h"

#define POLICY(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_POLICY_##_TYPE, _name, _kind, fttcp_policy, _member)

static const struct attr_field policy_fields[] = {
	POLICY(ID, "id", ATTR_U32, id),
	POLICY(FAMILY, "family", ATTR_U16, family),
	ATTR_ADDRESS(FTTCP_A_POLICY_LOCAL_ADDR, "local-addr", fttcp_policy,
		     local.addr),
	POLICY(LOCAL_PREFIXLEN, "local-prefixlen", ATTR_U8, local.len),
	POLICY(LOCAL_PORT, "local-port", ATTR_U16, local_port),
	ATTR_ADDRESS(FTTCP_A_POLICY_REMOTE_ADDR, "remote-addr", fttcp_policy,
		     remote.addr),
	POLICY(REMOTE_PREFIXLEN, "remote-prefixlen", ATTR_U8, remote.len),
	POLICY(REMOTE_PORT, "remote-port", ATTR_U16, remote_port),
	POLICY(IFINDEX, "ifindex", ATTR_U32, ifindex),
	POLICY(MODE, "mode", ATTR_U32, mode),
	POLICY(HITS, "hits", ATTR_U64, hits),
	{ 0 },
};

const struct attr_set attr_set_policy = {
	.fields = policy_fields,
	.size = sizeof(struct fttcp_policy),
};

static void policy_fix(void *obj)
{
	struct fttcp_policy *policy = obj;

	if (fttcp_has(policy, FTTCP_A_POLICY_LOCAL_ADDR))
		policy->local.family = policy->family;
	if (fttcp_has(policy, FTTCP_A_POLICY_REMOTE_ADDR))
		policy->remote.family = policy->family;
}

void fttcp_policy_local(struct fttcp_policy *policy,
			const struct fttcp_prefix *prefix)
{
	policy->local = *prefix;
	policy->family = prefix->family;
	fttcp_mark(policy, FTTCP_A_POLICY_FAMILY);
	fttcp_mark(policy, FTTCP_A_POLICY_LOCAL_ADDR);
	fttcp_mark(policy, FTTCP_A_POLICY_LOCAL_PREFIXLEN);
}

void fttcp_policy_remote(struct fttcp_policy *policy,
			 const struct fttcp_prefix *prefix)
{
	policy->remote = *prefix;
	policy->family = prefix->family;
	fttcp_mark(policy, FTTCP_A_POLICY_FAMILY);
	fttcp_mark(policy, FTTCP_A_POLICY_REMOTE_ADDR);
	fttcp_mark(policy, FTTCP_A_POLICY_REMOTE_PREFIXLEN);
}

struct policy_walk {
	fttcp_policy_cb cb;
	void *arg;
};

static int policy_each(const void *obj, void *arg)
{
	const struct policy_walk *w = arg;

	return w->cb(obj, w->arg);
}

int fttcp_policy_dump(struct fttcp_nl *nl, fttcp_policy_cb cb, void *arg)
{
	struct policy_walk w = { .cb = cb, .arg = arg };

	return nl_dump(nl, FTTCP_CMD_POLICY_GET, &attr_set_policy, policy_fix,
		       policy_each, &w);
}

int fttcp_policy_add(struct fttcp_nl *nl, struct fttcp_policy *policy)
{
	struct fttcp_policy answer;
	int err;

	err = nl_do(nl, FTTCP_CMD_POLICY_ADD, &attr_set_policy, policy,
		    &answer);
	if (err)
		return err;
	policy->id = answer.id;
	fttcp_mark(policy, FTTCP_A_POLICY_ID);
	return 0;
}

int fttcp_policy_del(struct fttcp_nl *nl, uint32_t id)
{
	struct fttcp_policy policy = { .id = id };

	if (id)
		fttcp_mark(&policy, FTTCP_A_POLICY_ID);
	return nl_do(nl, FTTCP_CMD_POLICY_DEL, &attr_set_policy, &policy, NULL);
}
