// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policies of a generic netlink family, asked from the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <string.h>

#include <linux/fttcp.h>

#include "nlpolicy.h"
#include "nlreq.h"

/* The attributes in an attribute. */
static const struct nlattr *first_in(const struct nlattr *in)
{
	return (const struct nlattr *)((const char *)in + NLA_HDRLEN);
}

static bool is_in(const struct nlattr *a, const struct nlattr *in)
{
	const char *end = (const char *)in + in->nla_len;

	return (const char *)a + NLA_HDRLEN <= end && a->nla_len >= NLA_HDRLEN;
}

static const struct nlattr *next(const struct nlattr *a)
{
	return (const struct nlattr *)((const char *)a +
				       NLA_ALIGN(a->nla_len));
}

static uint16_t type_of(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static uint64_t number(const struct nlattr *a)
{
	size_t len = a->nla_len - NLA_HDRLEN;
	uint64_t v = 0;

	memcpy(&v, a + 1, len < sizeof(v) ? len : sizeof(v));
	return v;
}

static void take_attr(struct attr_policy *p, const struct nlattr *attr)
{
	p->nested = NO_POLICY;
	for (const struct nlattr *a = first_in(attr); is_in(a, attr);
	     a = next(a)) {
		switch (type_of(a)) {
		case NL_POLICY_TYPE_ATTR_TYPE:
			p->type = number(a);
			break;
		case NL_POLICY_TYPE_ATTR_MIN_VALUE_U:
			p->min = number(a);
			break;
		case NL_POLICY_TYPE_ATTR_MAX_VALUE_U:
			p->max = number(a);
			break;
		case NL_POLICY_TYPE_ATTR_MIN_LENGTH:
			p->min_len = number(a);
			break;
		case NL_POLICY_TYPE_ATTR_MAX_LENGTH:
			p->max_len = number(a);
			break;
		case NL_POLICY_TYPE_ATTR_POLICY_IDX:
			p->nested = number(a);
			break;
		}
	}
}

static void take_policy(struct family_policy *f, const struct nlattr *policy)
{
	for (const struct nlattr *p = first_in(policy); is_in(p, policy);
	     p = next(p)) {
		if (type_of(p) >= POLICIES)
			continue;
		if (type_of(p) >= f->nr)
			f->nr = type_of(p) + 1;
		for (const struct nlattr *a = first_in(p); is_in(a, p);
		     a = next(a)) {
			if (type_of(a) < POLICY_ATTRS)
				take_attr(&f->attrs[type_of(p)][type_of(a)], a);
		}
	}
}

static void take_ops(struct family_policy *f, const struct nlattr *ops)
{
	for (const struct nlattr *op = first_in(ops); is_in(op, ops);
	     op = next(op)) {
		if (type_of(op) >= OPS)
			continue;
		for (const struct nlattr *a = first_in(op); is_in(a, op);
		     a = next(a)) {
			if (type_of(a) == CTRL_ATTR_POLICY_DO)
				f->request[type_of(op)] = number(a);
			else if (type_of(a) == CTRL_ATTR_POLICY_DUMP)
				f->dump[type_of(op)] = number(a);
		}
	}
}

static void take(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a = reply_attr(nlh, CTRL_ATTR_POLICY);

	if (a)
		take_policy(arg, a);
	a = reply_attr(nlh, CTRL_ATTR_OP_POLICY);
	if (a)
		take_ops(arg, a);
}

/**
 * nl_policies() - ask for all policies of a family
 * @fd: from nl_open()
 * @family: its number
 * @f: result
 *
 * Return: 0 or a negative errno.
 */
int nl_policies(int fd, uint16_t family, struct family_policy *f)
{
	struct answer ans = { .reply = take, .arg = f };
	struct request r;
	int err;

	memset(f, 0, sizeof(*f));
	memset(f->request, 0xff, sizeof(f->request));
	memset(f->dump, 0xff, sizeof(f->dump));
	req_begin(&r, GENL_ID_CTRL, CTRL_CMD_GETPOLICY, NLM_F_DUMP);
	req_attr(&r, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	err = transact(fd, &r, 0, &ans);
	if (err || ans.err)
		return err ? err : -ans.err;
	return f->nr ? 0 : -ENODATA;
}

struct wanted {
	const char *name;
	int id;
};

static void take_groups(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *groups = reply_attr(nlh, CTRL_ATTR_MCAST_GROUPS);
	struct wanted *w = arg;

	if (!groups)
		return;
	for (const struct nlattr *group = first_in(groups); is_in(group, groups);
	     group = next(group)) {
		bool it = false;
		int id = 0;

		for (const struct nlattr *a = first_in(group); is_in(a, group);
		     a = next(a)) {
			if (type_of(a) == CTRL_ATTR_MCAST_GRP_NAME)
				it = !strcmp((const char *)(a + 1), w->name);
			else if (type_of(a) == CTRL_ATTR_MCAST_GRP_ID)
				id = number(a);
		}
		if (it)
			w->id = id;
	}
}

/**
 * nl_group() - the number of a multicast group of the family
 * @fd: from nl_open()
 * @name: of the group
 *
 * Return: the number or -ENOENT.
 */
int nl_group(int fd, const char *name)
{
	struct wanted w = { .name = name };
	struct answer ans = { .reply = take_groups, .arg = &w };
	struct request r;

	req_begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	req_attr(&r, CTRL_ATTR_FAMILY_NAME, FTTCP_FAMILY_NAME,
		 sizeof(FTTCP_FAMILY_NAME));
	if (transact(fd, &r, 0, &ans) || !w.id)
		return -ENOENT;
	return w.id;
}
