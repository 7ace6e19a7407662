// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "fttcp": its registration, and the helpers with
 * which its handlers refuse, parse addresses and reply. No handler is here.
 */
#include <linux/cred.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>

#include <fttcp/strings-gen.h>

#include "netlink.h"

/*
 * Whoever may create a user namespace is root of a network namespace, and on a
 * link is its own other end. Records and replicas hold memory of the machine
 * and their workers its processors, so that is not for everybody.
 */
static bool userns;
module_param(userns, bool, 0444);
MODULE_PARM_DESC(userns,
		 "let root of any user namespace control its network namespaces");

enum {
	NL_GROUP_EVENTS,
};

static const struct genl_multicast_group nl_groups[] = {
	[NL_GROUP_EVENTS] = {
		.name	= FTTCP_MCGRP_EVENTS,
		/* Each event is copied for each reader, by who tells it. */
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

/* Who it was, as the machine knows him. */
static void nl_tell(const struct genl_split_ops *ops, struct sk_buff *skb,
		    struct genl_info *info)
{
	char who[TASK_COMM_LEN + 32];

	scnprintf(who, sizeof(who), "%s (uid %u)", current->comm,
		  from_kuid_munged(&init_user_ns, current_uid()));
	fttcp_evt_security_viol(fttcp_net(genl_info_net(info)), 0, who,
				fttcp_cmd_name(ops->cmd),
				"a namespace that is not the machine's");
}

/* The core has looked for CAP_NET_ADMIN in the namespace's owner. */
static int nl_pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		       struct genl_info *info)
{
	if (!(ops->flags & GENL_UNS_ADMIN_PERM) || userns ||
	    netlink_capable(skb, CAP_NET_ADMIN))
		return 0;
	nl_tell(ops, skb, info);
	return fttcp_nl_refuse(info, 0, -EPERM,
			       "needs CAP_NET_ADMIN in the initial user namespace, or the module loaded with userns=1");
}

struct genl_family fttcp_nl_family __ro_after_init = {
	.name		= FTTCP_FAMILY_NAME,
	.version	= FTTCP_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.pre_doit	= nl_pre_doit,
	.ops		= fttcp_nl_ops,
	.n_ops		= ARRAY_SIZE(fttcp_nl_ops),
	.mcgrps		= nl_groups,
	.n_mcgrps	= ARRAY_SIZE(nl_groups),
};

/* Who has begun a command and is gone says no more how it ended. */
static int nl_released(struct notifier_block *nb, unsigned long event,
		       void *data)
{
	const struct netlink_notify *n = data;

	if (event == NETLINK_URELEASE && n->protocol == NETLINK_GENERIC)
		fttcp_commands_gone(n->net, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block nl_notifier = {
	.notifier_call = nl_released,
};

/* Namespaces come before the family and go after it, and tell events. */
static bool nl_registered;

/**
 * fttcp_netlink_init() - register the family; requests may come from now on
 *
 * Return: 0 or a negative error number.
 */
int __init fttcp_netlink_init(void)
{
	int err = netlink_register_notifier(&nl_notifier);

	if (err)
		return err;
	err = genl_register_family(&fttcp_nl_family);
	if (err)
		netlink_unregister_notifier(&nl_notifier);
	else
		WRITE_ONCE(nl_registered, true);
	return err;
}

/**
 * fttcp_netlink_exit() - unregister it; returns when no request is under way
 */
void fttcp_netlink_exit(void)
{
	WRITE_ONCE(nl_registered, false);
	genl_unregister_family(&fttcp_nl_family);
	netlink_unregister_notifier(&nl_notifier);
}

/**
 * fttcp_nl_has_listeners() - whether somebody reads events
 * @net: namespace
 *
 * Context: any.
 * Return: false when an event needs not be built.
 */
bool fttcp_nl_has_listeners(struct net *net)
{
	return READ_ONCE(nl_registered) &&
	       genl_has_listeners(&fttcp_nl_family, net, NL_GROUP_EVENTS);
}

/**
 * fttcp_nl_multicast() - send a message to all readers of events
 * @net: namespace
 * @skb: complete message, consumed
 * @gfp: what the context allows
 *
 * Nobody there is no error, and a reader whose buffer is full is told by
 * netlink itself.
 *
 * Context: any, as @gfp says.
 */
void fttcp_nl_multicast(struct net *net, struct sk_buff *skb, gfp_t gfp)
{
	genlmsg_multicast_netns(&fttcp_nl_family, net, skb, 0, NL_GROUP_EVENTS,
				gfp);
}

/**
 * fttcp_nl_refuse() - refuse a request
 * @info: request
 * @attr: attribute to blame, 0 none
 * @err: negative error number; 0 to grant it with a remark
 * @why: sentence for a person; a constant, it is read after the handler ended
 *
 * Return: @err.
 */
int fttcp_nl_refuse(struct genl_info *info, int attr, int err,
		    const char *why)
{
	struct netlink_ext_ack *extack = info->extack;

	if (!extack)
		return err;
	/* Not the macro: it takes literals only, or cuts after 80 bytes. */
	if (why)
		extack->_msg = why;
	if (attr)
		NL_SET_BAD_ATTR(extack, info->attrs[attr]);
	return err;
}

/**
 * fttcp_nl_missing() - check that an attribute is there
 * @info: request
 * @attr: attribute
 *
 * Return: true when it is not; the request is to be refused with -EINVAL, and
 * the attribute is named.
 */
bool fttcp_nl_missing(struct genl_info *info, int attr)
{
	if (!GENL_REQ_ATTR_CHECK(info, attr))
		return false;
	GENL_SET_ERR_MSG(info, "a required attribute is missing");
	return true;
}

/**
 * fttcp_nl_family_get() - read an address family
 * @info: request
 * @attr: attribute, present
 * @family: result
 *
 * Return: 0, or -EAFNOSUPPORT for what is neither IPv4 nor IPv6.
 */
int fttcp_nl_family_get(struct genl_info *info, int attr, u16 *family)
{
	*family = nla_get_u16(info->attrs[attr]);
	if (*family == AF_INET ||
	    (IS_ENABLED(CONFIG_IPV6) && *family == AF_INET6))
		return 0;
	return fttcp_nl_refuse(info, attr, -EAFNOSUPPORT,
			       "the address family is neither IPv4 nor IPv6");
}

/**
 * fttcp_nl_addr_get() - read an address
 * @info: request
 * @attr: attribute, present
 * @family: AF_INET or AF_INET6
 * @addr: result, bytes behind an IPv4 address are left alone
 *
 * Return: 0, or -EINVAL when its length is not that of the family.
 */
int fttcp_nl_addr_get(struct genl_info *info, int attr, u16 family,
		      union fttcp_addr *addr)
{
	int len = family == AF_INET ? sizeof(addr->ip) : sizeof(addr->ip6);

	if (nla_len(info->attrs[attr]) != len)
		return fttcp_nl_refuse(info, attr, -EINVAL,
				       "the length of the address is not that of its family");
	memcpy(addr, nla_data(info->attrs[attr]), len);
	return 0;
}

/**
 * fttcp_nl_reply_new() - begin the reply to a request
 * @info: request
 * @size: room for attributes
 * @hdr: set for genlmsg_end()
 *
 * Return: the message or NULL without memory.
 */
struct sk_buff *fttcp_nl_reply_new(struct genl_info *info, size_t size,
				   void **hdr)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);

	if (!skb) {
		fttcp_evt_no_control_memory(fttcp_net(genl_info_net(info)), 0);
		return NULL;
	}
	*hdr = genlmsg_put_reply(skb, info, &fttcp_nl_family, 0,
				 info->genlhdr->cmd);
	if (*hdr)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

/**
 * fttcp_nl_reply_full() - a reply had no room for what it has to say
 * @info: request
 * @skb: reply, consumed
 *
 * Return: -EMSGSIZE.
 */
int fttcp_nl_reply_full(struct genl_info *info, struct sk_buff *skb)
{
	fttcp_evt_pack_message_failed(fttcp_net(genl_info_net(info)), 0);
	nlmsg_free(skb);
	return -EMSGSIZE;
}
