// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the packets that make neighbours send to this machine.
 *
 * ARP: the request form, sender and target address the same. Linux takes a
 * reply for gratuitous only when its target hardware address is the sender's,
 * and ignores other replies while its own entry is younger than a second; a
 * request that names the sender's address always updates the entry.
 *
 * IPv6: override set, solicited not set (RFC 4861, 7.2.6). The router flag
 * follows the device: without it every host would drop this machine from its
 * list of default routers.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "announce.h"

/**
 * fttcpd_announce_arp() - a gratuitous ARP request
 * @packet:	filled; what follows the Ethernet header
 * @mac:	of the device that has the address now
 * @ip:		the address
 */
void fttcpd_announce_arp(uint8_t packet[FTTCPD_ARP_LEN], const uint8_t mac[6],
			 const uint8_t ip[4])
{
	static const uint8_t head[8] = {
		0, ARPHRD_ETHER,
		ETHERTYPE_IP >> 8, ETHERTYPE_IP & 0xff,
		6, 4,
		0, ARPOP_REQUEST,
	};

	memcpy(packet, head, 8);
	memcpy(packet + 8, mac, 6);
	memcpy(packet + 14, ip, 4);
	memset(packet + 18, 0, 6);
	memcpy(packet + 24, ip, 4);
}

/**
 * fttcpd_announce_na() - an unsolicited neighbour advertisement
 * @packet:	filled; what follows the IPv6 header, checksum left to the
 *		kernel
 * @mac:	of the device that has the address now
 * @ip:		the address
 * @router:	this machine forwards
 */
void fttcpd_announce_na(uint8_t packet[FTTCPD_NA_LEN], const uint8_t mac[6],
			const uint8_t ip[16], bool router)
{
	enum { ROUTER = 0x80, OVERRIDE = 0x20 };

	memset(packet, 0, FTTCPD_NA_LEN);
	packet[0] = ND_NEIGHBOR_ADVERT;
	packet[4] = OVERRIDE | (router ? ROUTER : 0);
	memcpy(packet + 8, ip, 16);
	packet[24] = ND_OPT_TARGET_LINKADDR;
	packet[25] = 1;	/* in units of 8 bytes */
	memcpy(packet + 26, mac, 6);
}

/**
 * fttcpd_device_mac() - the hardware address of a device
 * @dev:	its name
 * @mac:	filled
 *
 * Return: 0, -EOPNOTSUPP for one without Ethernet addresses, which has no
 * neighbours to tell anything, or what the kernel said.
 */
int fttcpd_device_mac(const char *dev, uint8_t mac[6])
{
	struct ifreq ifr = { 0 };
	int fd, rc = 0;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		rc = -errno;
	else if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		rc = -EOPNOTSUPP;
	else
		memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	close(fd);
	return rc;
}

static bool device_forwards(const char *dev)
{
	char path[64 + IF_NAMESIZE];
	int value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/forwarding",
		 dev);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%d", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

static int send_arp(const uint8_t ip[4], const uint8_t mac[6], int ifindex)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = ifindex,
		.sll_halen = 6,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	uint8_t packet[FTTCPD_ARP_LEN];
	int fd, rc = 0;

	fttcpd_announce_arp(packet, mac, ip);
	/* Protocol 0: this socket sends only and must not collect packets. */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, packet, sizeof(packet), MSG_DONTWAIT,
		   (struct sockaddr *)&to, sizeof(to)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int send_na(const uint8_t ip[16], const uint8_t mac[6], int ifindex,
		   bool router)
{
	static const struct icmp6_filter block = {
		{ ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u },
	};
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_addr = { { { 0xff, 2, [15] = 1 } } },
		.sin6_scope_id = ifindex,
	};
	uint8_t packet[FTTCPD_NA_LEN];
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { .room = { 0 } };
	struct iovec iov = { packet, sizeof(packet) };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct in6_pktinfo info = { .ipi6_ifindex = ifindex };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int hops = 255;	/* receivers drop anything that came through a router */
	int fd, rc = 0;

	fttcpd_announce_na(packet, mac, ip, router);
	memcpy(&info.ipi6_addr, ip, 16);
	cmsg->cmsg_level = IPPROTO_IPV6;
	cmsg->cmsg_type = IPV6_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));

	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &block,
		       sizeof(block)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		       sizeof(hops)) ||
	    sendmsg(fd, &msg, MSG_DONTWAIT) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/**
 * fttcpd_announce() - say once that an address is here now
 * @addr:	the address
 * @dev:	the device that has it
 *
 * Return: 0, -EOPNOTSUPP where the device has no neighbours to tell, or what
 * sending said.
 */
int fttcpd_announce(const struct fttcp_endpoint *addr, const char *dev)
{
	int ifindex = if_nametoindex(dev);
	uint8_t mac[6];
	int rc;

	if (!ifindex)
		return -ENODEV;
	rc = fttcpd_device_mac(dev, mac);
	if (rc)
		return rc;
	if (addr->family == AF_INET)
		return send_arp(addr->addr, mac, ifindex);
	return send_na(addr->addr, mac, ifindex, device_forwards(dev));
}
