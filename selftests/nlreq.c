// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of the fttcp netlink family, made by hand, and the kernel's answers.
 * Uses no library, so that it can say what a library would not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/fttcp.h>

#include "nlreq.h"

#ifndef NLMSGERR_ATTR_MISS_TYPE
#define NLMSGERR_ATTR_MISS_TYPE	5
#endif

/**
 * req_begin() - an empty request that wants an acknowledgement
 * @r: request
 * @family: id of the generic netlink family
 * @cmd: command
 * @flags: NLM_F_DUMP, or 0
 */
void req_begin(struct request *r, uint16_t family, uint8_t cmd,
	       uint16_t flags)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)r->buf;
	struct genlmsghdr *g = NLMSG_DATA(nlh);

	memset(r->buf, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = 1;
	g->cmd = cmd;
	g->version = 1;
	r->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

/**
 * req_attr() - append an attribute
 * @r: request
 * @type: its type, with NLA_F_NESTED where that is wanted
 * @data: its bytes
 * @len: how many
 *
 * Return: 0, -EMSGSIZE when there is no room.
 */
int req_attr(struct request *r, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(r->buf + r->len);

	if (r->len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(r->buf))
		return -EMSGSIZE;
	memset(a, 0, NLA_HDRLEN + NLA_ALIGN(len));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((unsigned char *)a + NLA_HDRLEN, data, len);
	r->len += NLA_ALIGN(a->nla_len);
	return 0;
}

int req_u32(struct request *r, uint16_t type, uint32_t value)
{
	return req_attr(r, type, &value, sizeof(value));
}

int req_u64(struct request *r, uint16_t type, uint64_t value)
{
	return req_attr(r, type, &value, sizeof(value));
}

/**
 * nl_open() - a generic netlink socket with extended acknowledgements
 *
 * Return: the descriptor or a negative errno; waits 20 s for an answer.
 */
int nl_open(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 20 };
	int one = 1, fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* The attribute of our own request that begins at an offset of the message. */
static int attr_at(const struct request *r, uint32_t offset)
{
	const struct nlattr *a;

	if (offset + sizeof(*a) > r->len)
		return 0;
	a = (const struct nlattr *)(r->buf + offset);
	return a->nla_type & NLA_TYPE_MASK;
}

static void read_tlvs(struct answer *ans, const struct request *r,
		      const unsigned char *p, size_t len)
{
	while (len >= NLA_HDRLEN) {
		const struct nlattr *a = (const struct nlattr *)p;
		const unsigned char *data = p + NLA_HDRLEN;
		size_t step = NLA_ALIGN(a->nla_len);
		uint32_t v = 0;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			return;
		if (a->nla_len >= NLA_HDRLEN + sizeof(v))
			memcpy(&v, data, sizeof(v));
		if (a->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(ans->text, sizeof(ans->text), "%s", data);
		else if (a->nla_type == NLMSGERR_ATTR_OFFS)
			ans->attr = attr_at(r, v);
		else if (a->nla_type == NLMSGERR_ATTR_MISS_TYPE)
			ans->miss = v;
		p += step;
		len -= step < len ? step : len;
	}
}

static void read_error(struct answer *ans, const struct request *r,
		       const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	size_t skip = NLMSG_HDRLEN + sizeof(*e);

	ans->err = -e->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* An error quotes the request, unless it was capped. */
	if (e->error && !(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (skip < nlh->nlmsg_len)
		read_tlvs(ans, r, (const unsigned char *)nlh + skip,
			  nlh->nlmsg_len - skip);
}

/**
 * transact() - send a request and read the whole answer
 * @fd: from nl_open()
 * @r: request
 * @cut: bytes to leave away at its end
 * @ans: result; each message goes to @ans->reply, if there is one
 *
 * Return: 0 when an acknowledgement or the end of a dump came.
 */
int transact(int fd, struct request *r, size_t cut, struct answer *ans)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)r->buf;
	static _Alignas(8) unsigned char buf[65536];
	ssize_t n;

	ans->err = 0;
	ans->attr = 0;
	ans->miss = 0;
	ans->replies = 0;
	ans->text[0] = 0;
	nlh->nlmsg_len = r->len - cut;
	if (send(fd, r->buf, r->len - cut, 0) < 0)
		return -errno;
	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			return -errno;
		for (nlh = (struct nlmsghdr *)buf; NLMSG_OK(nlh, n);
		     nlh = NLMSG_NEXT(nlh, n)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				return 0;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				read_error(ans, r, nlh);
				return 0;
			}
			ans->replies++;
			if (ans->reply)
				ans->reply(nlh, ans->arg);
		}
	}
}

/**
 * reply_attr() - an attribute of an answer
 * @nlh: one message of it
 * @type: which
 *
 * Return: the first one of that type, or NULL.
 */
const struct nlattr *reply_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const unsigned char *p = (const unsigned char *)nlh + NLMSG_HDRLEN +
				 GENL_HDRLEN;
	const unsigned char *end = (const unsigned char *)nlh + nlh->nlmsg_len;
	const struct nlattr *a;

	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(a->nla_len)) {
		a = (const struct nlattr *)p;
		if (a->nla_len < NLA_HDRLEN)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

/**
 * reply_num() - a number of an answer
 * @nlh: one message of it
 * @type: of the attribute
 *
 * Return: its value, 0 when it is not there.
 */
uint64_t reply_num(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *a = reply_attr(nlh, type);
	uint64_t v = 0;
	size_t len;

	if (!a)
		return 0;
	len = a->nla_len - NLA_HDRLEN;
	memcpy(&v, a + 1, len < sizeof(v) ? len : sizeof(v));
	return v;
}

/**
 * family_id() - the number that the family has now
 * @fd: from nl_open()
 *
 * Return: the number or a negative errno.
 */
int family_id(int fd)
{
	static _Alignas(8) unsigned char buf[8192];
	const struct nlattr *attr;
	struct request r;
	uint16_t id;
	ssize_t n;

	req_begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	req_attr(&r, CTRL_ATTR_FAMILY_NAME, FTTCP_FAMILY_NAME,
		 sizeof(FTTCP_FAMILY_NAME));
	((struct nlmsghdr *)r.buf)->nlmsg_len = r.len;
	((struct nlmsghdr *)r.buf)->nlmsg_flags = NLM_F_REQUEST;
	if (send(fd, r.buf, r.len, 0) < 0)
		return -errno;
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		return -errno;
	if (((struct nlmsghdr *)buf)->nlmsg_type == NLMSG_ERROR)
		return -ENOENT;
	attr = reply_attr((struct nlmsghdr *)buf, CTRL_ATTR_FAMILY_ID);
	if (!attr)
		return -ENOENT;
	memcpy(&id, attr + 1, sizeof(id));
	return id;
}
