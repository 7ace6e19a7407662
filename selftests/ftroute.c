// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftroute: a host route with features (RTAX_FEATURES) that this system's ip(8)
 * has no word for, such as timestamps of TCP in microseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	char attrs[128];
};

struct reply {
	struct nlmsghdr head;
	struct nlmsgerr err;
	char rest[512];
};

static struct rtattr *put(struct request *r, int type, const void *data, size_t len)
{
	struct rtattr *a;

	a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static int build(struct request *r, const char *dev, const char *to, uint32_t features)
{
	uint32_t index = if_nametoindex(dev);
	struct rtattr *metrics;
	unsigned char addr[16];
	bool v6;

	v6 = inet_pton(AF_INET6, to, addr) == 1;
	if (!index || (!v6 && inet_pton(AF_INET, to, addr) != 1))
		return -EINVAL;
	*r = (struct request){
		.head.nlmsg_len = NLMSG_LENGTH(sizeof(r->route)),
		.head.nlmsg_type = RTM_NEWROUTE,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE,
		.route.rtm_family = v6 ? AF_INET6 : AF_INET,
		.route.rtm_dst_len = v6 ? 128 : 32,
		.route.rtm_table = RT_TABLE_MAIN,
		.route.rtm_protocol = RTPROT_STATIC,
		.route.rtm_scope = v6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.route.rtm_type = RTN_UNICAST,
	};
	put(r, RTA_DST, addr, v6 ? 16 : 4);
	put(r, RTA_OIF, &index, sizeof(index));
	metrics = put(r, RTA_METRICS, NULL, 0);
	put(r, RTAX_FEATURES, &features, sizeof(features));
	metrics->rta_len = (char *)r + r->head.nlmsg_len - (char *)metrics;
	return 0;
}

static int ask(const struct request *r)
{
	struct reply reply;
	ssize_t n;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	n = send(fd, r, r->head.nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, &reply, sizeof(reply), 0);
	if (n < 0)
		n = -errno;
	else if (n < (ssize_t)NLMSG_LENGTH(sizeof(reply.err)) ||
		 reply.head.nlmsg_type != NLMSG_ERROR)
		n = -EPROTO;
	else
		n = reply.err.error;
	close(fd);
	return n;
}

int main(int argc, char **argv)
{
	struct request r;
	int err;

	if (argc != 4) {
		fprintf(stderr, "usage: %s DEVICE ADDRESS FEATURES\n", argv[0]);
		return 1;
	}
	err = build(&r, argv[1], argv[2], strtoul(argv[3], NULL, 0));
	if (!err)
		err = ask(&r);
	if (err)
		fprintf(stderr, "ftroute: %s: %s\n", argv[2], strerror(-err));
	return !!err;
}
