// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the packets that ask whether a neighbour has an address.
 *
 * ARP: the probe of RFC 5227, with no sender address, so that nobody's table
 * is changed by it. Whoever speaks as the owner of the address has it; and of
 * two machines that ask at the same time it is the one with the smaller
 * hardware address.
 *
 * IPv6: a neighbour solicitation (RFC 4861) from the device's link-local
 * address, which is answered to it alone.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "neighbour.h"

enum {
	PACKET_MAX = 256,	/* longer ones are cut: what is read comes first */
	PACKETS = 64,		/* that are read at a time, before others' turn */
};

static const uint8_t arp_head[6] = {
	0, ARPHRD_ETHER, ETHERTYPE_IP >> 8, ETHERTYPE_IP & 0xff, 6, 4,
};

/**
 * fttcpd_neighbour_arp() - an ARP probe
 * @packet:	filled; what follows the Ethernet header
 * @mac:	of the device that asks
 * @ip:		the address
 */
void fttcpd_neighbour_arp(uint8_t packet[FTTCPD_ARP_LEN], const uint8_t mac[6],
			  const uint8_t ip[4])
{
	memset(packet, 0, FTTCPD_ARP_LEN);
	memcpy(packet, arp_head, sizeof(arp_head));
	packet[7] = ARPOP_REQUEST;
	memcpy(packet + 8, mac, 6);
	memcpy(packet + 24, ip, 4);
}

/**
 * fttcpd_neighbour_arp_taken() - does this packet say that it is taken?
 * @packet:	from the network
 * @len:	its bytes
 * @own:	hardware address of the device that asked
 * @ip:		the address
 *
 * Return: whether the sender has the address, or asks for it and goes first.
 */
bool fttcpd_neighbour_arp_taken(const uint8_t *packet, size_t len,
				const uint8_t own[6], const uint8_t ip[4])
{
	static const uint8_t nobody[4];
	int order;

	if (len < FTTCPD_ARP_LEN || memcmp(packet, arp_head, sizeof(arp_head)))
		return false;
	order = memcmp(packet + 8, own, 6);
	if (!memcmp(packet + 14, ip, 4))
		return order;
	return packet[7] == ARPOP_REQUEST && order < 0 &&
	       !memcmp(packet + 14, nobody, 4) && !memcmp(packet + 24, ip, 4);
}

/**
 * fttcpd_neighbour_ns() - a neighbour solicitation
 * @packet:	filled; what follows the IPv6 header, checksum left to the
 *		kernel
 * @mac:	of the device that asks
 * @ip:		the address
 */
void fttcpd_neighbour_ns(uint8_t packet[FTTCPD_NS_LEN], const uint8_t mac[6],
			 const uint8_t ip[16])
{
	memset(packet, 0, FTTCPD_NS_LEN);
	packet[0] = ND_NEIGHBOR_SOLICIT;
	memcpy(packet + 8, ip, 16);
	packet[24] = ND_OPT_SOURCE_LINKADDR;
	packet[25] = 1;	/* in units of 8 bytes */
	memcpy(packet + 26, mac, 6);
}

/**
 * fttcpd_neighbour_na_taken() - does this packet say that it is taken?
 * @packet:	from the network, from the ICMPv6 header on
 * @len:	its bytes
 * @ip:		the address
 */
bool fttcpd_neighbour_na_taken(const uint8_t *packet, size_t len,
			       const uint8_t ip[16])
{
	return len >= sizeof(struct nd_neighbor_advert) &&
	       packet[0] == ND_NEIGHBOR_ADVERT && packet[1] == 0 &&
	       !memcmp(packet + 8, ip, 16);
}

static int open_arp(int ifindex)
{
	struct sockaddr_ll from = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = ifindex,
	};
	int fd, rc;

	/* Protocol 0: nothing of other devices before it is bound. */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&from, sizeof(from))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int open_icmp6(const char *dev)
{
	struct icmp6_filter only;
	int hops = 255;	/* receivers drop anything that came through a router */
	int fd, rc;

	ICMP6_FILTER_SETBLOCKALL(&only);
	ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &only);
	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    IPPROTO_ICMPV6);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only,
		       sizeof(only)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		       sizeof(hops)) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
		       strlen(dev) + 1)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/**
 * fttcpd_neighbour_open() - a socket that asks for one address
 * @addr:	the address
 * @dev:	the device that would have it
 *
 * Return: the socket, which does not block, for the caller to close;
 * -EOPNOTSUPP where the device has no neighbours, or what went wrong.
 */
int fttcpd_neighbour_open(const struct fttcp_endpoint *addr, const char *dev)
{
	int ifindex = if_nametoindex(dev);
	uint8_t mac[6];
	int rc;

	if (!ifindex)
		return -ENODEV;
	rc = fttcpd_device_mac(dev, mac);
	if (rc)
		return rc;
	return addr->family == AF_INET ? open_arp(ifindex) : open_icmp6(dev);
}

static int ask(int fd, const void *packet, size_t len, const void *to,
	       socklen_t to_len)
{
	if (sendto(fd, packet, len, MSG_DONTWAIT, to, to_len) < 0)
		return -errno;
	return 0;
}

/**
 * fttcpd_neighbour_ask() - ask once
 * @fd:		of fttcpd_neighbour_open()
 * @addr:	as there
 * @dev:	as there
 *
 * Return: 0, or what sending said.
 */
int fttcpd_neighbour_ask(int fd, const struct fttcp_endpoint *addr,
			 const char *dev)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = if_nametoindex(dev),
		.sll_halen = 6,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	/* ff02::1:ffXX:XXXX, the end of it being that of the address */
	struct sockaddr_in6 group = {
		.sin6_family = AF_INET6,
		.sin6_addr = { { { 0xff, 2, [11] = 1, [12] = 0xff } } },
		.sin6_scope_id = if_nametoindex(dev),
	};
	uint8_t packet[FTTCPD_NS_LEN], mac[6];
	int rc;

	rc = fttcpd_device_mac(dev, mac);
	if (rc)
		return rc;
	if (addr->family == AF_INET) {
		fttcpd_neighbour_arp(packet, mac, addr->addr);
		return ask(fd, packet, FTTCPD_ARP_LEN, &all, sizeof(all));
	}
	fttcpd_neighbour_ns(packet, mac, addr->addr);
	memcpy(group.sin6_addr.s6_addr + 13, addr->addr + 13, 3);
	return ask(fd, packet, FTTCPD_NS_LEN, &group, sizeof(group));
}

/* What a device said of its own, or the option of an advertisement; else 0. */
static void source_of(const uint8_t *packet, size_t len, bool arp,
		      uint8_t mac[6])
{
	memset(mac, 0, 6);
	if (arp)
		memcpy(mac, packet + 8, 6);
	else if (len >= FTTCPD_NA_LEN && packet[24] == ND_OPT_TARGET_LINKADDR)
		memcpy(mac, packet + 26, 6);
}

/**
 * fttcpd_neighbour_taken() - read what has come
 * @fd:		of fttcpd_neighbour_open()
 * @addr:	as there
 * @dev:	as there
 * @mac:	who has the address; zeros where the packet does not say it
 *
 * Return: whether somebody has it.
 */
bool fttcpd_neighbour_taken(int fd, const struct fttcp_endpoint *addr,
			    const char *dev, uint8_t mac[6])
{
	bool arp = addr->family == AF_INET, taken;
	uint8_t packet[PACKET_MAX], own[6];
	ssize_t n;
	int i;

	if (fttcpd_device_mac(dev, own))
		return false;
	for (i = 0; i < PACKETS; i++) {
		n = recv(fd, packet, sizeof(packet), 0);
		if (n <= 0)
			break;
		taken = arp ? fttcpd_neighbour_arp_taken(packet, n, own,
							 addr->addr) :
			      fttcpd_neighbour_na_taken(packet, n, addr->addr);
		if (!taken)
			continue;
		source_of(packet, n, arp, mac);
		return true;
	}
	return false;
}
