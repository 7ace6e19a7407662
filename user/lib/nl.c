// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The netlink socket: opening it, resolving the family, one request and its
 * answers, the kernel's words when it refuses. Knows no noun.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nl.h"

#ifndef NLMSGERR_ATTR_MISS_TYPE		/* since Linux 6.1 */
#define NLMSGERR_ATTR_MISS_TYPE 5
#endif

/* ---------------------------------------------------------------- opening */

static int socket_open(struct fttcp_nl *nl)
{
	int one = 1;

	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock)
		return -errno;
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	nl->portid = mnl_socket_get_portid(nl->sock);
	/* without them there is less to say about an error, nothing worse */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &one,
			      sizeof(one));
	return 0;
}

/* One entry of CTRL_ATTR_MCAST_GROUPS: its id if it is the group of events. */
static void group_read(const struct nlattr *entry, struct fttcp_nl *nl)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, entry) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_MCAST_GRP_NAME:
			name = mnl_attr_get_str(attr);
			break;
		case CTRL_ATTR_MCAST_GRP_ID:
			id = mnl_attr_get_u32(attr);
			break;
		}
	}
	if (!strcmp(name, FTTCP_MCGRP_EVENTS))
		nl->events_group = id;
}

static int family_read(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr, *entry;
	struct fttcp_nl *nl = arg;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			nl->family = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			mnl_attr_for_each_nested(entry, attr)
				group_read(entry, nl);
			break;
		}
	}
	return 0;
}

/* Asking for the family by name also makes the kernel load the module. */
static int family_resolve(struct fttcp_nl *nl)
{
	struct nlmsghdr *nlh;
	int err;

	nl->family = GENL_ID_CTRL;
	nlh = nl_request(nl, CTRL_CMD_GETFAMILY, 0, NULL);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, FTTCP_FAMILY_NAME);
	err = nl_exchange(nl, nlh, family_read, nl);
	if (err == -ENOENT)
		return -ENOTSUP;
	return err;
}

int fttcp_nl_open(struct fttcp_nl **out)
{
	struct fttcp_nl *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return -ENOMEM;
	err = socket_open(nl);
	if (!err)
		err = family_resolve(nl);
	if (err) {
		fttcp_nl_close(nl);
		return err;
	}
	*out = nl;
	return 0;
}

void fttcp_nl_close(struct fttcp_nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl);
}

/* ----------------------------------------------------------------- errors */

const struct fttcp_nl_error *fttcp_nl_error(const struct fttcp_nl *nl)
{
	return &nl->error;
}

const char *fttcp_nl_strerror(const struct fttcp_nl *nl, int err, char *buf,
			      size_t len)
{
	const struct fttcp_nl_error *e = nl ? &nl->error : NULL;
	const char *text = strerror(-err), *attr = "", *what = "";

	if (e && e->err == err) {
		if (e->text[0])
			text = e->text;
		if (e->missing[0]) {
			what = "missing attribute ";
			attr = e->missing;
		} else if (e->attr[0]) {
			what = "attribute ";
			attr = e->attr;
		}
	}
	if (attr[0])
		snprintf(buf, len, "%s (%s%s%s%s)", text, what, attr,
			 err == -ERANGE && e->bounds[0] ? ": " : "",
			 err == -ERANGE ? e->bounds : "");
	else
		snprintf(buf, len, "%s", text);
	return buf;
}

static void name_copy(char *to, const char *name, uint32_t number)
{
	if (name)
		snprintf(to, FTTCP_NAME_LEN, "%s", name);
	else
		snprintf(to, FTTCP_NAME_LEN, "#%u", number);
}

/* The bounds in the policy that an attribute failed, as a person reads them. */
static void policy_read(const struct nlattr *policy, char *bounds)
{
	uint64_t min = 0, max = UINT64_MAX;
	const struct nlattr *attr;
	bool given = false;

	mnl_attr_for_each_nested(attr, policy) {
		if (mnl_attr_get_payload_len(attr) != sizeof(uint64_t))
			continue;
		switch (mnl_attr_get_type(attr)) {
		case NL_POLICY_TYPE_ATTR_MIN_VALUE_U:
			min = mnl_attr_get_u64(attr);
			given = true;
			break;
		case NL_POLICY_TYPE_ATTR_MAX_VALUE_U:
			max = mnl_attr_get_u64(attr);
			given = true;
			break;
		}
	}
	if (given && max < UINT64_MAX)
		snprintf(bounds, FTTCP_NAME_LEN, "%" PRIu64 "..%" PRIu64, min,
			 max);
	else if (given)
		snprintf(bounds, FTTCP_NAME_LEN, "at least %" PRIu64, min);
}

static void extack_attr(struct fttcp_nl *nl, const struct nlattr *attr)
{
	const struct nlmsghdr *req = (const void *)nl->request;
	size_t len = mnl_attr_get_payload_len(attr);
	uint32_t v = 0;

	switch (mnl_attr_get_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		snprintf(nl->error.text, sizeof(nl->error.text), "%.*s",
			 (int)len, mnl_attr_get_str(attr));
		break;
	case NLMSGERR_ATTR_OFFS:
		if (len == sizeof(v))
			v = mnl_attr_get_u32(attr);
		name_copy(nl->error.attr,
			  attr_name_at(nl->set, req, sizeof(struct genlmsghdr),
				       v), v);
		break;
	case NLMSGERR_ATTR_POLICY:
		policy_read(attr, nl->error.bounds);
		break;
	case NLMSGERR_ATTR_MISS_TYPE:
		if (len == sizeof(v))
			v = mnl_attr_get_u32(attr);
		name_copy(nl->error.missing, attr_name(nl->set, v), v);
		break;
	}
}

/* The attributes behind the fixed part of an error or of the end of a dump. */
static void extack_read(struct fttcp_nl *nl, const struct nlmsghdr *nlh,
			size_t fixed)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, fixed)
		extack_attr(nl, attr);
}

static int error_read(struct fttcp_nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t fixed = sizeof(*e);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
		return nl->error.err = -EBADMSG;
	/* without NLM_F_CAPPED the whole request stands between */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		fixed += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	nl->error.err = e->error;
	/* after a success its words are a warning */
	extack_read(nl, nlh, fixed);
	return e->error;
}

static int done_read(struct fttcp_nl *nl, const struct nlmsghdr *nlh)
{
	int err = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	if (err >= 0)
		return 0;
	nl->error.err = err;
	extack_read(nl, nlh, sizeof(err));
	return err;
}

/* --------------------------------------------------------------- exchange */

struct nlmsghdr *nl_request(struct fttcp_nl *nl, uint8_t cmd, uint16_t flags,
			    const struct attr_set *set)
{
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;

	memset(&nl->error, 0, sizeof(nl->error));
	nl->error.cmd = cmd;
	nl->set = set;
	nlh = mnl_nlmsg_put_header(nl->request);
	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = FTTCP_FAMILY_VERSION;
	return nlh;
}

/* State of an exchange while its datagrams come in. */
struct exchange {
	nl_cb cb;
	void *arg;
	bool interrupted;	/* NLM_F_DUMP_INTR was seen */
	bool done;
	int result;
};

static void message_take(struct fttcp_nl *nl, const struct nlmsghdr *nlh,
			 struct exchange *x)
{
	int err = 0;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		x->interrupted = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		break;
	case NLMSG_ERROR:
		err = error_read(nl, nlh);
		x->done = true;
		break;
	case NLMSG_DONE:
		err = done_read(nl, nlh);
		x->done = true;
		break;
	default:
		if (x->cb && mnl_nlmsg_get_payload_len(nlh) >=
			     sizeof(struct genlmsghdr))
			err = x->cb(nlh, x->arg);
	}
	/*
	 * A callback that has had enough is not called again, but the exchange
	 * is read to its end: while a dump runs, the kernel refuses another.
	 */
	if (err && !x->result) {
		x->result = err;
		x->cb = NULL;
	}
}

/* The sequence number tells answers to an exchange that failed half-way. */
static int datagram_take(struct fttcp_nl *nl, struct exchange *x)
{
	const struct nlmsghdr *nlh = (const void *)nl->answer;
	ssize_t n;
	int left;

	n = mnl_socket_recvfrom(nl->sock, nl->answer, sizeof(nl->answer));
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (left = n; !x->done && mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq == nl->seq &&
		    nlh->nlmsg_pid == nl->portid)
			message_take(nl, nlh, x);
	}
	return 0;
}

int nl_exchange(struct fttcp_nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *arg)
{
	struct exchange x = { .cb = cb, .arg = arg };
	int err;

	nlh->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return nl->error.err = -errno;
	while (!x.done) {
		err = datagram_take(nl, &x);
		if (err)
			return nl->error.err = err;
	}
	if (!x.result && x.interrupted)
		return nl->error.err = -EINTR;
	return x.result;
}

int nl_read(const struct attr_set *set, const struct nlmsghdr *nlh, void *obj)
{
	size_t skip = sizeof(struct genlmsghdr);

	return attr_read(set, mnl_nlmsg_get_payload_offset(nlh, skip),
			 mnl_nlmsg_get_payload_len(nlh) - skip, obj);
}

struct answer {
	const struct attr_set *set;
	void *obj;
};

static int answer_read(const struct nlmsghdr *nlh, void *arg)
{
	const struct answer *a = arg;

	return nl_read(a->set, nlh, a->obj);
}

int nl_do(struct fttcp_nl *nl, uint8_t cmd, const struct attr_set *set,
	  const void *in, void *out)
{
	struct answer a = { .set = set, .obj = out };
	struct nlmsghdr *nlh = nl_request(nl, cmd, 0, set);
	int err;

	if (in) {
		err = attr_write(set, in, nlh, sizeof(nl->request));
		if (err)
			return nl->error.err = err;
	}
	if (out)
		memset(out, 0, set->size);
	return nl_exchange(nl, nlh, out ? answer_read : NULL, &a);
}

/* ------------------------------------------------------------------ dumps */

/* Objects of a dump until it is known to be whole. */
struct list {
	const struct attr_set *set;
	void (*fix)(void *obj);
	char *objs;
	size_t count;
	size_t room;
};

static int list_add(const struct nlmsghdr *nlh, void *arg)
{
	struct list *l = arg;
	size_t room;
	void *obj;
	int err;

	if (l->count == l->room) {
		room = l->room ? 2 * l->room : 16;
		obj = reallocarray(l->objs, room, l->set->size);
		if (!obj)
			return -ENOMEM;
		l->objs = obj;
		l->room = room;
	}
	obj = l->objs + l->count * l->set->size;
	err = nl_read(l->set, nlh, obj);
	if (err)
		return err;
	if (l->fix)
		l->fix(obj);
	l->count++;
	return 0;
}

int nl_dump(struct fttcp_nl *nl, uint8_t cmd, const struct attr_set *set,
	    void (*fix)(void *obj), nl_obj_cb cb, void *arg)
{
	struct list l = { .set = set, .fix = fix };
	int err = -EINTR, tries = NL_DUMP_TRIES;
	size_t i;

	while (err == -EINTR && tries--) {
		l.count = 0;
		err = nl_exchange(nl, nl_request(nl, cmd, NLM_F_DUMP, set),
				  list_add, &l);
	}
	/* it changes all the time: the last list is as good as any can be */
	if (err == -EINTR)
		err = 0;
	for (i = 0; !err && i < l.count; i++)
		err = cb(l.objs + i * set->size, arg);
	free(l.objs);
	return err;
}
