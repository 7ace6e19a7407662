// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the rtnetlink request for an address. An IPv6 address comes without
 * duplicate address detection: it would stay unusable for a second or more,
 * and the node that had it is known to be silent.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "rtaddr.h"

/**
 * fttcpd_rtaddr_request() - build RTM_NEWADDR or RTM_DELADDR
 * @buf:	room of MNL_SOCKET_BUFFER_SIZE bytes
 * @add:	which of the two
 * @service:	address and prefix length
 * @ifindex:	device
 * @seq:	sequence number of the request
 *
 * Return: the message, in @buf.
 */
struct nlmsghdr *fttcpd_rtaddr_request(void *buf, bool add,
				       const struct fttcpd_service *service,
				       int ifindex, unsigned int seq)
{
	const struct fttcp_endpoint *addr = &service->addr;
	size_t len = fttcp_addr_len(addr->family);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK |
			   (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	nlh->nlmsg_seq = seq;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = addr->family;
	ifa->ifa_prefixlen = service->prefixlen;
	ifa->ifa_flags = add && addr->family == AF_INET6 ? IFA_F_NODAD : 0;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_index = ifindex;
	mnl_attr_put(nlh, IFA_LOCAL, len, addr->addr);
	mnl_attr_put(nlh, IFA_ADDRESS, len, addr->addr);
	return nlh;
}

static int exchange(struct mnl_socket *nl, struct nlmsghdr *nlh)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	unsigned int seq = nlh->nlmsg_seq;
	ssize_t n;

	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	} while (n < 0 && errno == EINTR);
	if (n < 0 || mnl_cb_run(buf, n, seq, mnl_socket_get_portid(nl), NULL,
				NULL) < 0)
		return -errno;
	return 0;
}

/**
 * fttcpd_rtaddr() - add or remove a service address
 * @add:	which of the two
 * @service:	address, prefix length and device
 *
 * Return: 0, -EEXIST (is there already), -EADDRNOTAVAIL (is not there),
 * -ENODEV (no such device), or another negative errno.
 */
int fttcpd_rtaddr(bool add, const struct fttcpd_service *service)
{
	int ifindex = if_nametoindex(service->dev);
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl;
	int rc;

	if (!ifindex)
		return -ENODEV;
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	rc = exchange(nl, fttcpd_rtaddr_request(buf, add, service, ifindex, 1));
	mnl_socket_close(nl);
	return rc;
}
