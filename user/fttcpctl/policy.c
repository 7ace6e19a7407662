// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl policy: which new connections are protected by themselves.
 */
#include <fttcp/strings-gen.h>
#include <net/if.h>

#include "args.h"

static const char policy_usage[] =
	"Usage: fttcpctl policy [ show ]\n"
	"       fttcpctl policy add [ local PREFIX ] [ local-port P ]\n"
	"                           [ remote PREFIX ] [ remote-port P ]\n"
	"                           [ dev DEV ] [ mode { sync | async | rx-only } ]\n"
	"       fttcpctl policy del { id N | all }\n"
	"PREFIX := 10.0.0.0/8 | 10.0.0.1 | 2001:db8::/32\n";

void policy_print(struct out *out, const struct fttcp_policy *policy)
{
	char text[FTTCP_ADDR_STRLEN], dev[IF_NAMESIZE];

	out_u64(out, "id", policy->id);
	if (policy->local.family)
		out_word(out, "local", fttcp_prefix_format(&policy->local,
							   text));
	if (policy->local_port)
		out_u64(out, "local-port", policy->local_port);
	if (policy->remote.family)
		out_word(out, "remote", fttcp_prefix_format(&policy->remote,
							    text));
	if (policy->remote_port)
		out_u64(out, "remote-port", policy->remote_port);
	if (policy->ifindex && if_indextoname(policy->ifindex, dev))
		out_word(out, "dev", dev);
	else if (policy->ifindex)
		out_u64(out, "ifindex", policy->ifindex);
	if (fttcp_has(policy, FTTCP_A_POLICY_MODE))
		out_word(out, "mode", fttcp_mode_name(policy->mode));
	if (fttcp_has(policy, FTTCP_A_POLICY_HITS))
		out_u64(out, "hits", policy->hits);
}

static int policy_show_one(const struct fttcp_policy *policy, void *arg)
{
	struct out *out = arg;

	out_begin(out, "policy");
	policy_print(out, policy);
	out_end(out);
	return 0;
}

static int policy_show(struct ctl *ctl, struct args *args)
{
	int err;

	err = args_none(ctl, args);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	out_list_begin(&ctl->out);
	err = fttcp_policy_dump(ctl->nl, policy_show_one, &ctl->out);
	out_list_end(&ctl->out);
	return ctl_fail_nl(ctl, err);
}

#define POLICY_KEY(_word, _kind, _member, _ATTR)			\
	.word = _word, .kind = _kind,					\
	.offset = offsetof(struct fttcp_policy, _member),		\
	.attr = FTTCP_A_POLICY_##_ATTR

static const struct arg_key add_keys[] = {
	{ POLICY_KEY("local", ARG_PREFIX, local, LOCAL_ADDR) },
	{ POLICY_KEY("local-port", ARG_PORT, local_port, LOCAL_PORT) },
	{ POLICY_KEY("remote", ARG_PREFIX, remote, REMOTE_ADDR) },
	{ POLICY_KEY("remote-port", ARG_PORT, remote_port, REMOTE_PORT) },
	{ POLICY_KEY("dev", ARG_DEVICE, ifindex, IFINDEX) },
	{ POLICY_KEY("mode", ARG_ENUM, mode, MODE),
	  .value = fttcp_mode_value, .name = fttcp_mode_name },
	{ 0 },
};

static int policy_prefixes(struct ctl *ctl, struct fttcp_policy *policy)
{
	struct fttcp_prefix local = policy->local, remote = policy->remote;

	if (local.family && remote.family && local.family != remote.family)
		return ctl_fail_usage(ctl,
				      "local and remote are of different address families");
	if (local.family)
		fttcp_policy_local(policy, &local);
	if (remote.family)
		fttcp_policy_remote(policy, &remote);
	return 0;
}

static int policy_add(struct ctl *ctl, struct args *args)
{
	struct fttcp_policy policy = { 0 };
	int err;

	err = args_parse(ctl, args, add_keys, &policy);
	if (!err)
		err = policy_prefixes(ctl, &policy);
	if (!err)
		err = ctl_nl(ctl);
	if (!err)
		err = ctl_fail_nl(ctl, fttcp_policy_add(ctl->nl, &policy));
	if (err)
		return err;
	out_begin(&ctl->out, "policy");
	out_u64(&ctl->out, "id", policy.id);
	out_end(&ctl->out);
	return 0;
}

struct policy_del {
	uint64_t present;
	uint32_t id;
	bool all;
};

static const struct arg_key del_keys[] = {
	{ .word = "id", .kind = ARG_U32, .min = 1,
	  .offset = offsetof(struct policy_del, id) },
	{ .word = "all", .kind = ARG_FLAG,
	  .offset = offsetof(struct policy_del, all) },
	{ 0 },
};

static int policy_del(struct ctl *ctl, struct args *args)
{
	struct policy_del del = { 0 };
	int err;

	err = args_parse(ctl, args, del_keys, &del);
	if (err)
		return err;
	if (!del.id == !del.all)
		return ctl_fail_usage(ctl, "one of id and all is needed");
	err = ctl_nl(ctl);
	if (err)
		return err;
	err = ctl_fail_nl(ctl, fttcp_policy_del(ctl->nl, del.id));
	if (!err)
		ctl_warn_nl(ctl);
	return err;
}

static const struct verb policy_verbs[] = {
	{ "show", policy_show, false },
	{ "add", policy_add, true },
	{ "del", policy_del, true },
	{ 0 },
};

const struct noun noun_policy = {
	.name = "policy",
	.usage = policy_usage,
	.verbs = policy_verbs,
};
