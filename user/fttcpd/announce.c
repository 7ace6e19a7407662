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
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
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

/**
 * fttcpd_announce() - say once that an address is here now
 * @packet:	sockets to the neighbours
 * @addr:	the address
 * @dev:	the device that has it
 *
 * Return: 0, -EOPNOTSUPP where the device has no neighbours to tell, or what
 * sending said.
 */
int fttcpd_announce(const struct fttcpd_packet *packet,
		    const struct fttcp_endpoint *addr, const char *dev)
{
	static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
	int ifindex = if_nametoindex(dev);
	uint8_t buf[FTTCPD_NA_LEN], mac[6];
	int rc;

	if (!ifindex)
		return -ENODEV;
	rc = fttcpd_device_mac(dev, mac);
	if (rc)
		return rc;
	if (addr->family == AF_INET) {
		fttcpd_announce_arp(buf, mac, addr->addr);
		return fttcpd_packet_send_arp(packet, buf, FTTCPD_ARP_LEN,
					      ifindex);
	}
	fttcpd_announce_na(buf, mac, addr->addr, device_forwards(dev));
	return fttcpd_packet_send_nd(packet, buf, FTTCPD_NA_LEN, ifindex,
				     all_nodes, addr->addr);
}
