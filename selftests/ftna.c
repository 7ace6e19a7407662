// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftna: tells a segment that an address has moved to this device: gratuitous
 * ARP in request form (a reply that is not to itself would be ignored by Linux
 * while the neighbour's entry is young), or unsolicited neighbour
 * advertisement with the override flag. Each three times, as RFC 4861 7.2.6 has it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* MAX_NEIGHBOR_ADVERTISEMENT */
#define ANNOUNCEMENTS	3

struct na_frame {
	struct ether_header eth;
	struct ip6_hdr ip;
	struct nd_neighbor_advert na;
	struct nd_opt_hdr opt;
	uint8_t mac[ETH_ALEN];
} __attribute__((packed));

struct arp_frame {
	struct ether_header eth;
	struct ether_arp arp;
} __attribute__((packed));

static uint32_t sum16(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	return sum;
}

static uint16_t icmp6_csum(const struct na_frame *f, size_t icmp_len)
{
	uint32_t sum = IPPROTO_ICMPV6 + icmp_len;

	sum = sum16(&f->ip.ip6_src, 32, sum);
	sum = sum16(&f->na, icmp_len, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static size_t build_na(struct na_frame *f, const uint8_t *mac,
		       const struct in6_addr *addr)
{
	static const uint8_t to[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	size_t icmp_len = sizeof(*f) - sizeof(f->eth) - sizeof(f->ip);

	memset(f, 0, sizeof(*f));
	memcpy(f->eth.ether_dhost, to, ETH_ALEN);
	memcpy(f->eth.ether_shost, mac, ETH_ALEN);
	f->eth.ether_type = htons(ETHERTYPE_IPV6);
	f->ip.ip6_vfc = 0x60;
	f->ip.ip6_plen = htons(icmp_len);
	f->ip.ip6_nxt = IPPROTO_ICMPV6;
	f->ip.ip6_hlim = 255;
	f->ip.ip6_src = *addr;
	inet_pton(AF_INET6, "ff02::1", &f->ip.ip6_dst);
	f->na.nd_na_type = ND_NEIGHBOR_ADVERT;
	f->na.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	f->na.nd_na_target = *addr;
	f->opt.nd_opt_type = ND_OPT_TARGET_LINKADDR;
	f->opt.nd_opt_len = 1;
	memcpy(f->mac, mac, ETH_ALEN);
	f->na.nd_na_cksum = icmp6_csum(f, icmp_len);
	return sizeof(*f);
}

static size_t build_arp(struct arp_frame *f, const uint8_t *mac,
			const struct in_addr *addr)
{
	memset(f, 0, sizeof(*f));
	memset(f->eth.ether_dhost, 0xff, ETH_ALEN);
	memcpy(f->eth.ether_shost, mac, ETH_ALEN);
	f->eth.ether_type = htons(ETHERTYPE_ARP);
	f->arp.arp_hrd = htons(ARPHRD_ETHER);
	f->arp.arp_pro = htons(ETHERTYPE_IP);
	f->arp.arp_hln = ETH_ALEN;
	f->arp.arp_pln = sizeof(*addr);
	f->arp.arp_op = htons(ARPOP_REQUEST);
	memcpy(f->arp.arp_sha, mac, ETH_ALEN);
	memcpy(f->arp.arp_spa, addr, sizeof(*addr));
	memcpy(f->arp.arp_tpa, addr, sizeof(*addr));
	return sizeof(*f);
}

static int send_frame(int fd, int ifindex, const void *frame, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = ifindex,
		.sll_halen = ETH_ALEN,
	};

	memcpy(to.sll_addr, frame, ETH_ALEN);
	if (sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

static int announce(const char *dev, const char *text)
{
	struct ifreq ifr = { 0 };
	struct arp_frame arp;
	struct in6_addr a6;
	struct in_addr a4;
	struct na_frame na;
	int err, fd, index;

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return -errno;
	index = if_nametoindex(dev);
	strncpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		err = -errno;
	else if (inet_pton(AF_INET, text, &a4) == 1)
		err = send_frame(fd, index, &arp,
				 build_arp(&arp, (uint8_t *)ifr.ifr_hwaddr.sa_data,
					   &a4));
	else if (inet_pton(AF_INET6, text, &a6) == 1)
		err = send_frame(fd, index, &na,
				 build_na(&na, (uint8_t *)ifr.ifr_hwaddr.sa_data,
					  &a6));
	else
		err = -EINVAL;
	close(fd);
	return err;
}

int main(int argc, char **argv)
{
	int err, i, round;

	if (argc < 3) {
		fprintf(stderr, "usage: %s DEVICE ADDRESS...\n", argv[0]);
		return 1;
	}
	/* neighbours may be behind a path with losses */
	for (round = 0; round < ANNOUNCEMENTS; round++) {
		if (round)
			usleep(10000);
		for (i = 2; i < argc; i++) {
			err = announce(argv[1], argv[i]);
			if (err) {
				fprintf(stderr, "ftna: %s: %s\n", argv[i],
					strerror(-err));
				return 1;
			}
		}
	}
	return 0;
}
