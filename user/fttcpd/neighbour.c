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
#include <string.h>
#include <sys/socket.h>

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

/**
 * fttcpd_neighbour_begin() - questions about an address will follow
 * @p:		sockets to the neighbours
 * @addr:	the address
 * @dev:	the device that would have it
 *
 * Return: the descriptor by which answers come, one for all addresses of the
 * family; -EOPNOTSUPP where the device has no neighbours, or what went wrong.
 */
int fttcpd_neighbour_begin(const struct fttcpd_packet *p,
			   const struct fttcp_endpoint *addr, const char *dev)
{
	uint8_t mac[6];
	int rc;

	if (!if_nametoindex(dev))
		return -ENODEV;
	rc = fttcpd_device_mac(dev, mac);
	if (rc)
		return rc;
	return fttcpd_packet_listen(p, fttcpd_packet_kind(addr->family));
}

/** fttcpd_neighbour_end() - no answer is waited for any more */
void fttcpd_neighbour_end(const struct fttcpd_packet *p)
{
	fttcpd_packet_deafen(p, FTTCPD_PACKET_ARP);
	fttcpd_packet_deafen(p, FTTCPD_PACKET_ND);
}

/**
 * fttcpd_neighbour_ask() - ask once
 * @p:		sockets to the neighbours
 * @addr:	as above
 * @dev:	as above
 *
 * Return: 0, or what sending said.
 */
int fttcpd_neighbour_ask(const struct fttcpd_packet *p,
			 const struct fttcp_endpoint *addr, const char *dev)
{
	/* ff02::1:ffXX:XXXX, the end of it being that of the address */
	uint8_t group[16] = { 0xff, 2, [11] = 1, [12] = 0xff };
	uint8_t packet[FTTCPD_NS_LEN], mac[6];
	int ifindex = if_nametoindex(dev);
	int rc;

	rc = fttcpd_device_mac(dev, mac);
	if (rc)
		return rc;
	if (addr->family == AF_INET) {
		fttcpd_neighbour_arp(packet, mac, addr->addr);
		return fttcpd_packet_send_arp(p, packet, FTTCPD_ARP_LEN,
					      ifindex);
	}
	fttcpd_neighbour_ns(packet, mac, addr->addr);
	memcpy(group + 13, addr->addr + 13, 3);
	return fttcpd_packet_send_nd(p, packet, FTTCPD_NS_LEN, ifindex, group,
				     NULL);
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

/* One of several addresses, if the packet says that it is taken; or -1. */
static int owner_of(const uint8_t *packet, size_t len,
		    enum fttcpd_packet_kind kind, int ifindex,
		    const struct fttcpd_service *service, unsigned int services)
{
	uint8_t own[6];
	unsigned int i;

	for (i = 0; i < services; i++) {
		const struct fttcp_endpoint *addr = &service[i].addr;

		if (fttcpd_packet_kind(addr->family) != kind ||
		    (int)if_nametoindex(service[i].dev) != ifindex ||
		    fttcpd_device_mac(service[i].dev, own))
			continue;
		if (kind == FTTCPD_PACKET_ARP ?
		    fttcpd_neighbour_arp_taken(packet, len, own, addr->addr) :
		    fttcpd_neighbour_na_taken(packet, len, addr->addr))
			return i;
	}
	return -1;
}

/**
 * fttcpd_neighbour_taken() - read what has come
 * @p:		sockets to the neighbours
 * @kind:	by which of them
 * @service:	@services addresses that were asked for
 * @services:	how many
 * @mac:	who has one of them; zeros where the packet does not say it
 *
 * Return: which one somebody has, or -1 when nothing like that was said.
 */
int fttcpd_neighbour_taken(const struct fttcpd_packet *p,
			   enum fttcpd_packet_kind kind,
			   const struct fttcpd_service *service,
			   unsigned int services, uint8_t mac[6])
{
	uint8_t packet[PACKET_MAX];
	int i, ifindex, found;
	ssize_t n;

	for (i = 0; i < PACKETS; i++) {
		n = fttcpd_packet_read(p, kind, packet, sizeof(packet),
				       &ifindex);
		if (n <= 0)
			break;
		found = owner_of(packet, n, kind, ifindex, service, services);
		if (found < 0)
			continue;
		source_of(packet, n, kind == FTTCPD_PACKET_ARP, mac);
		return found;
	}
	return -1;
}
