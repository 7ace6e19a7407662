// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftnl: sends hand-made requests of the fttcp netlink family, right and wrong
 * ones, and prints the kernel's answer. Uses no library, so that it can say
 * what a library would not.
 *
 *	ftnl [-u] [-d] [-t BYTES] COMMAND [ATTR:TYPE[=VALUE]]...
 *	ftnl -z COUNT [-s SEED]
 *
 * COMMAND and ATTR are numbers of <linux/fttcp.h>; TYPE is u8, u16, u32, u64,
 * hex (bytes), flag, or nest (hex bytes with the nested bit).
 * -u: without privilege   -d: as a dump   -t: cut so many bytes off the end
 * -z: COUNT random requests; each has to be answered
 *
 * Output: "errno=NAME attr=N miss=N replies=N msg=TEXT"; attr is the attribute
 * that the kernel blames, miss the one that it wants, 0 for none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "ftsock.h"

#ifndef NLMSGERR_ATTR_MISS_TYPE
#define NLMSGERR_ATTR_MISS_TYPE	5
#endif

#define MSG_ROOM	4096

/**
 * struct request - a message under construction
 * @buf: netlink header, generic header, attributes
 * @len: bytes in use
 */
struct request {
	_Alignas(8) unsigned char buf[MSG_ROOM];
	size_t len;
};

/**
 * struct answer - what came back
 * @err: positive errno of the acknowledgement, 0 for success
 * @attr: type of the attribute at the offset that the kernel blames
 * @miss: type of the missing attribute
 * @replies: messages before the acknowledgement
 * @text: the kernel's sentence
 */
struct answer {
	int err;
	int attr;
	int miss;
	int replies;
	char text[256];
};

static void req_begin(struct request *r, uint16_t family, uint8_t cmd,
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

static int req_attr(struct request *r, uint16_t type, const void *data,
		    size_t len)
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

static int nl_open(void)
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

/* Return: 0 when an acknowledgement or the end of a dump came. */
static int transact(int fd, struct request *r, size_t cut, struct answer *ans)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)r->buf;
	static _Alignas(8) unsigned char buf[65536];
	ssize_t n;

	memset(ans, 0, sizeof(*ans));
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
		}
	}
}

static int family_id(int fd)
{
	static _Alignas(8) unsigned char buf[8192];
	const unsigned char *p, *end;
	struct request r;
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
	end = buf + n;
	for (p = buf + NLMSG_HDRLEN + GENL_HDRLEN; p + NLA_HDRLEN <= end;
	     p += NLA_ALIGN(((struct nlattr *)p)->nla_len)) {
		const struct nlattr *a = (const struct nlattr *)p;
		uint16_t id;

		if (a->nla_len < NLA_HDRLEN)
			break;
		memcpy(&id, p + NLA_HDRLEN, sizeof(id));
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return id;
	}
	return -ENOENT;
}

static size_t hex(const char *text, unsigned char *out, size_t room)
{
	size_t n = 0;
	unsigned int byte;

	while (n < room && sscanf(text, "%2x", &byte) == 1) {
		out[n++] = byte;
		text += 2;
	}
	return n;
}

/* "3:u32=7" */
static int parse_attr(struct request *r, char *arg)
{
	char *type = strchr(arg, ':'), *value;
	unsigned char bytes[1024];
	uint16_t id = atoi(arg);
	uint64_t v;

	if (!type)
		return -EINVAL;
	value = strchr(++type, '=');
	if (value)
		*value++ = 0;
	else
		value = "";
	v = strtoull(value, NULL, 0);
	if (!strcmp(type, "u8"))
		return req_attr(r, id, &v, 1);
	if (!strcmp(type, "u16"))
		return req_attr(r, id, &v, 2);
	if (!strcmp(type, "u32"))
		return req_attr(r, id, &v, 4);
	if (!strcmp(type, "u64"))
		return req_attr(r, id, &v, 8);
	if (!strcmp(type, "flag"))
		return req_attr(r, id, &v, 0);
	if (!strcmp(type, "hex"))
		return req_attr(r, id, bytes, hex(value, bytes, sizeof(bytes)));
	if (!strcmp(type, "nest"))
		return req_attr(r, id | NLA_F_NESTED, bytes,
				hex(value, bytes, sizeof(bytes)));
	return -EINVAL;
}

static void print_answer(const struct answer *a)
{
	printf("errno=%s attr=%d miss=%d replies=%d msg=%s\n",
	       errno_name(a->err), a->attr, a->miss, a->replies, a->text);
}

static uint32_t rnd(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Mostly plausible: existing commands and attributes, lengths off by a bit. */
static void random_request(struct request *r, uint16_t family, uint64_t *s)
{
	static const uint8_t lens[] = { 0, 1, 2, 4, 4, 4, 8, 8, 16, 3, 64 };
	unsigned int i, n = rnd(s) % 8;
	uint32_t data[16];

	req_begin(r, family, rnd(s) % (FTTCP_CMD_MAX + 2),
		  rnd(s) % 4 ? 0 : NLM_F_DUMP);
	while (n--) {
		size_t len = lens[rnd(s) % sizeof(lens)];

		for (i = 0; i < 16; i++)
			data[i] = rnd(s) % 3 ? rnd(s) % 8 : rnd(s);
		req_attr(r, (rnd(s) % 30) | (rnd(s) % 8 ? 0 : NLA_F_NESTED),
			 data, len);
	}
}

static int random_requests(int fd, uint16_t family, unsigned int count,
			   uint64_t seed)
{
	unsigned int i, accepted = 0;
	struct answer ans;
	struct request r;
	int err;

	for (i = 0; i < count; i++) {
		random_request(&r, family, &seed);
		err = transact(fd, &r, 0, &ans);
		if (err) {
			printf("request=%u errno=%s\n", i, errno_name(-err));
			return 1;
		}
		accepted += !ans.err;
	}
	printf("answered=%u accepted=%u\n", count, accepted);
	return 0;
}

static int drop_privilege(void)
{
	if (setgid(65534) || setuid(65534))
		return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	bool dump = false, weak = false;
	unsigned int count = 0;
	uint64_t seed = 1;
	struct answer ans;
	struct request r;
	size_t cut = 0;
	int c, err, family, fd;

	while ((c = getopt(argc, argv, "udt:z:s:")) != -1) {
		switch (c) {
		case 'u':
			weak = true;
			break;
		case 'd':
			dump = true;
			break;
		case 't':
			cut = atoi(optarg);
			break;
		case 'z':
			count = atoi(optarg);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		default:
			return 1;
		}
	}
	err = weak ? drop_privilege() : 0;
	fd = err ? err : nl_open();
	family = fd < 0 ? fd : family_id(fd);
	if (family < 0) {
		fprintf(stderr, "ftnl: %s\n", strerror(-family));
		return 1;
	}
	if (count)
		return random_requests(fd, family, count, seed);
	if (optind >= argc)
		return 1;
	req_begin(&r, family, atoi(argv[optind]), dump ? NLM_F_DUMP : 0);
	for (c = optind + 1; c < argc; c++) {
		if (parse_attr(&r, argv[c])) {
			fprintf(stderr, "ftnl: bad attribute %s\n", argv[c]);
			return 1;
		}
	}
	err = transact(fd, &r, cut, &ans);
	if (err) {
		printf("errno=%s no answer\n", errno_name(-err));
		return 1;
	}
	print_answer(&ans);
	return 0;
}
