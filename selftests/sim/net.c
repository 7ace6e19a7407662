// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces, devices, addresses and queues, by rtnetlink. A process in a
 * simulated machine costs more than all that it does, so nothing is started.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fttcpd/announce.h"
#include "net.h"

/* Not in Debian 12's headers. */
#ifndef TCA_NETEM_PRNG_SEED
#define TCA_NETEM_PRNG_SEED	14
#endif

#define NETEM_LIMIT		2000

static __thread unsigned int entered;	/* serial of this thread's namespace */
static unsigned int serials;

/**
 * ns_open() - a new namespace, which the calling thread enters
 * @ns: result
 */
int ns_open(struct ns *ns)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	ns->serial = ++serials;
	entered = ns->serial;
	ns->fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns->fd < 0)
		return -errno;
	ns->route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return ns->route < 0 ? -errno : 0;
}

void ns_close(struct ns *ns)
{
	close(ns->route);
	close(ns->fd);
	ns->serial = 0;
}

int ns_enter(const struct ns *ns)
{
	if (entered == ns->serial)
		return 0;
	if (setns(ns->fd, CLONE_NEWNET))
		return -errno;
	entered = ns->serial;
	return 0;
}

int ns_socket(const struct ns *ns, int family, int type, int protocol)
{
	int fd, err = ns_enter(ns);

	if (err)
		return err;
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	return fd < 0 ? -errno : fd;
}

/* A kernel without the file is as good as one that has the value. */
int ns_sysctl(const struct ns *ns, const char *path, const char *value)
{
	char name[128];
	int fd, err = ns_enter(ns);

	if (err)
		return err;
	snprintf(name, sizeof(name), "/proc/sys/net/%s", path);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* --- rtnetlink ------------------------------------------------------------ */

static struct nlmsghdr *request(void *buf, uint16_t type, uint16_t flags,
				const void *head, size_t len)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	memcpy(mnl_nlmsg_put_extra_header(nlh, len), head, len);
	return nlh;
}

static int ask(const struct ns *ns, struct nlmsghdr *nlh)
{
	union {
		char buf[1024];
		struct nlmsghdr nlh;
	} answer;
	const struct nlmsgerr *e;
	ssize_t n;

	if (send(ns->route, nlh, nlh->nlmsg_len, 0) < 0)
		return -errno;
	n = recv(ns->route, &answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(*e)) ||
	    answer.nlh.nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	e = mnl_nlmsg_get_payload(&answer.nlh);
	return e->error;
}

int net_index(const struct ns *ns, const char *dev)
{
	struct ifreq ifr = { 0 };
	int fd, ret;

	fd = ns_socket(ns, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	strncpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name) - 1);
	ret = ioctl(fd, SIOCGIFINDEX, &ifr) ? -errno : ifr.ifr_ifindex;
	close(fd);
	return ret;
}

int net_veth(const struct ns *a, const char *a_dev, const uint8_t a_mac[6],
	     const struct ns *b, const char *b_dev, const uint8_t b_mac[6])
{
	char buf[1024];
	struct ifinfomsg ifi = { 0 };
	struct nlattr *info, *data, *peer;
	struct nlmsghdr *nlh;

	nlh = request(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		      sizeof(ifi));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, a_dev);
	mnl_attr_put(nlh, IFLA_ADDRESS, 6, a_mac);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	memset(mnl_nlmsg_put_extra_header(nlh, sizeof(ifi)), 0, sizeof(ifi));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, b_dev);
	mnl_attr_put(nlh, IFLA_ADDRESS, 6, b_mac);
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, b->fd);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return ask(a, nlh);
}

int net_bridge(const struct ns *ns, const char *dev)
{
	char buf[512];
	struct ifinfomsg ifi = { 0 };
	struct nlattr *info, *data;
	struct nlmsghdr *nlh;

	nlh = request(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi,
		      sizeof(ifi));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, dev);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u8(nlh, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return ask(ns, nlh);
}

static int change(const struct ns *ns, const char *dev, struct ifinfomsg *ifi,
		  int attr, uint32_t value)
{
	char buf[256];
	struct nlmsghdr *nlh;

	ifi->ifi_index = net_index(ns, dev);
	if (ifi->ifi_index < 0)
		return ifi->ifi_index;
	nlh = request(buf, RTM_NEWLINK, 0, ifi, sizeof(*ifi));
	if (attr)
		mnl_attr_put_u32(nlh, attr, value);
	return ask(ns, nlh);
}

int net_master(const struct ns *ns, const char *dev, const char *bridge)
{
	struct ifinfomsg ifi = { 0 };
	int master = net_index(ns, bridge);

	return master < 0 ? master : change(ns, dev, &ifi, IFLA_MASTER, master);
}

int net_up(const struct ns *ns, const char *dev, bool up)
{
	struct ifinfomsg ifi = {
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};

	return change(ns, dev, &ifi, 0, 0);
}

int net_mtu(const struct ns *ns, const char *dev, int mtu)
{
	struct ifinfomsg ifi = { 0 };

	return change(ns, dev, &ifi, IFLA_MTU, mtu);
}

int net_del(const struct ns *ns, const char *dev)
{
	struct ifinfomsg ifi = { .ifi_index = net_index(ns, dev) };
	char buf[128];

	if (ifi.ifi_index < 0)
		return ifi.ifi_index;
	return ask(ns, request(buf, RTM_DELLINK, 0, &ifi, sizeof(ifi)));
}

int net_addr(const struct ns *ns, const char *dev, const char *addr, int len,
	     bool add)
{
	char buf[256];
	struct ifaddrmsg ifa = { .ifa_prefixlen = len };
	struct nlmsghdr *nlh;
	uint8_t bin[16];
	int index = net_index(ns, dev);

	if (index < 0)
		return index;
	ifa.ifa_family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	ifa.ifa_flags = ifa.ifa_family == AF_INET6 ? IFA_F_NODAD : 0;
	ifa.ifa_index = index;
	if (inet_pton(ifa.ifa_family, addr, bin) != 1)
		return -EINVAL;
	nlh = request(buf, add ? RTM_NEWADDR : RTM_DELADDR,
		      add ? NLM_F_CREATE : 0, &ifa, sizeof(ifa));
	mnl_attr_put(nlh, IFA_LOCAL, ifa.ifa_family == AF_INET ? 4 : 16, bin);
	return ask(ns, nlh);
}

/* A neighbour that need not be looked for. */
int net_neigh(const struct ns *ns, const char *dev, const char *addr,
	      const uint8_t mac[6])
{
	char buf[256];
	struct ndmsg ndm = {
		.ndm_family = strchr(addr, ':') ? AF_INET6 : AF_INET,
		.ndm_state = NUD_PERMANENT,
		.ndm_ifindex = net_index(ns, dev),
	};
	struct nlmsghdr *nlh;
	uint8_t bin[16];

	if (ndm.ndm_ifindex < 0)
		return ndm.ndm_ifindex;
	if (inet_pton(ndm.ndm_family, addr, bin) != 1)
		return -EINVAL;
	nlh = request(buf, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &ndm,
		      sizeof(ndm));
	mnl_attr_put(nlh, NDA_DST, ndm.ndm_family == AF_INET ? 4 : 16, bin);
	mnl_attr_put(nlh, NDA_LLADDR, 6, mac);
	return ask(ns, nlh);
}

/* --- netem ---------------------------------------------------------------- */

static uint32_t share(uint32_t of_10000)
{
	return (uint64_t)of_10000 * UINT32_MAX / 10000;
}

int net_netem(const struct ns *ns, const char *dev, const struct netem *em)
{
	char buf[512];
	struct tcmsg tcm = {
		.tcm_parent = TC_H_ROOT,
		.tcm_handle = 1 << 16,
		.tcm_ifindex = net_index(ns, dev),
	};
	struct tc_netem_qopt opt = {
		.limit = NETEM_LIMIT,
		.loss = share(em->loss),
		.duplicate = share(em->dup),
		.gap = em->reorder ? 1 : 0,
	};
	struct tc_netem_reorder reorder = { share(em->reorder), 0 };
	struct tc_netem_corrupt corrupt = { share(em->corrupt), 0 };
	struct tc_netem_rate rate = { .rate = em->rate_kbit * 125 };
	struct nlattr *options;
	struct nlmsghdr *nlh;

	if (tcm.tcm_ifindex < 0)
		return tcm.tcm_ifindex;
	nlh = request(buf, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tcm,
		      sizeof(tcm));
	mnl_attr_put_strz(nlh, TCA_KIND, "netem");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(opt)), &opt, sizeof(opt));
	mnl_attr_put_u64(nlh, TCA_NETEM_LATENCY64, em->delay_us * 1000ULL);
	mnl_attr_put_u64(nlh, TCA_NETEM_JITTER64, em->jitter_us * 1000ULL);
	mnl_attr_put(nlh, TCA_NETEM_REORDER, sizeof(reorder), &reorder);
	mnl_attr_put(nlh, TCA_NETEM_CORRUPT, sizeof(corrupt), &corrupt);
	mnl_attr_put(nlh, TCA_NETEM_RATE, sizeof(rate), &rate);
	mnl_attr_put_u64(nlh, TCA_NETEM_PRNG_SEED, em->seed);
	options->nla_type &= NLA_TYPE_MASK;	/* it is a struct first */
	mnl_attr_nest_end(nlh, options);
	return ask(ns, nlh);
}

/* --- addresses ------------------------------------------------------------ */

/**
 * net_announce() - tell the segment that the addresses are here now
 * @ns: where
 * @dev: the device
 * @v4: IPv4 address
 * @v6: IPv6 address
 */
int net_announce(const struct ns *ns, const char *dev, const char *v4,
		 const char *v6)
{
	struct fttcp_endpoint ep = { .family = AF_INET };
	struct fttcpd_packet packet;
	int err = ns_enter(ns);

	if (err)
		return err;
	/* Sockets belong to a namespace, and takeovers are few. */
	fttcpd_packet_open(&packet);
	inet_pton(AF_INET, v4, ep.addr);
	err = fttcpd_announce(&packet, &ep, dev);
	if (!err) {
		ep.family = AF_INET6;
		inet_pton(AF_INET6, v6, ep.addr);
		err = fttcpd_announce(&packet, &ep, dev);
	}
	fttcpd_packet_close(&packet);
	return err;
}
