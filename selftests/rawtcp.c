// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP over IPv4 on a packet socket. ARP requests for our address are answered,
 * and whoever speaks for the other one is believed: it moves in a takeover.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rawtcp.h"

#define FRAME_ROOM	65600

static uint8_t frame[FRAME_ROOM] __attribute__((aligned(4)));

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	return len ? sum + (p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/**
 * raw_open() - a packet socket on a device
 * @r: to fill
 * @dev: device, whose MAC address becomes ours
 * @ip: our address
 * @peer_ip: theirs
 *
 * Return: 0 or a negative errno.
 */
int raw_open(struct raw *r, const char *dev, const char *ip,
	     const char *peer_ip)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	int room = 8 << 20;
	struct ifreq ifr = {};

	memset(r, 0, sizeof(*r));
	if (inet_pton(AF_INET, ip, &r->ip) != 1 ||
	    inet_pton(AF_INET, peer_ip, &r->peer_ip) != 1)
		return -EINVAL;
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       htons(ETH_P_ALL));
	if (r->fd < 0)
		return -errno;
	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	if (ioctl(r->fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	memcpy(r->mac, ifr.ifr_hwaddr.sa_data, 6);
	r->ifindex = if_nametoindex(dev);
	at.sll_ifindex = r->ifindex;
	at.sll_protocol = htons(ETH_P_ALL);
	setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return bind(r->fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
}

static int transmit(struct raw *r, size_t len)
{
	return send(r->fd, frame, len, 0) < 0 ? -errno : 0;
}

static void ethernet(struct raw *r, const uint8_t *to, uint16_t proto)
{
	memcpy(frame, to, 6);
	memcpy(frame + 6, r->mac, 6);
	put16(frame + 12, proto);
}

/* an ARP message; @to of an answer, all ones of a question */
static void arp(struct raw *r, uint16_t op, const uint8_t *to, uint32_t ip)
{
	uint8_t *a = frame + ETH_HLEN;

	ethernet(r, to, ETH_P_ARP);
	memset(a, 0, 28);
	put16(a, 1);
	put16(a + 2, ETH_P_IP);
	a[4] = 6;
	a[5] = 4;
	put16(a + 6, op);
	memcpy(a + 8, r->mac, 6);
	memcpy(a + 14, &r->ip, 4);
	if (op == ARPOP_REPLY)
		memcpy(a + 18, to, 6);
	memcpy(a + 24, &ip, 4);
	transmit(r, ETH_HLEN + 28);
}

/**
 * raw_ask() - where is the other address?
 * @r: socket
 */
void raw_ask(struct raw *r)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };

	arp(r, ARPOP_REQUEST, all, r->peer_ip);
}

static void take_arp(struct raw *r, size_t len)
{
	const uint8_t *a = frame + ETH_HLEN;
	uint8_t from[6];
	uint32_t ip;

	if (len < ETH_HLEN + 28)
		return;
	if (!memcmp(a + 14, &r->peer_ip, 4) && memcmp(a + 8, r->mac, 6)) {
		memcpy(r->peer_mac, a + 8, 6);
		r->known = true;
	}
	if (get16(a + 6) != ARPOP_REQUEST || memcmp(a + 24, &r->ip, 4))
		return;
	memcpy(from, a + 8, 6);
	memcpy(&ip, a + 14, 4);
	arp(r, ARPOP_REPLY, from, ip);
}

/**
 * raw_send() - send a segment
 * @r: socket
 * @s: segment
 *
 * Return: 0 or a negative errno.
 */
int raw_send(struct raw *r, const struct segment *s)
{
	uint8_t *ip = frame + ETH_HLEN, *tcp = ip + 20;
	size_t head = 20 + s->opts_len, len = head + s->len;
	uint32_t sum;

	if (!r->known)
		return -EHOSTUNREACH;
	ethernet(r, r->peer_mac, ETH_P_IP);
	memset(ip, 0, 40);
	ip[0] = 0x45;
	put16(ip + 2, 20 + len);
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, &r->ip, 4);
	memcpy(ip + 16, &r->peer_ip, 4);
	put16(ip + 10, fold(sum16(0, ip, 20)));
	put16(tcp, s->sport);
	put16(tcp + 2, s->dport);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = (s->doff ? s->doff : head / 4) << 4;
	tcp[13] = s->flags;
	put16(tcp + 14, s->win);
	put16(tcp + 18, s->urg);
	memcpy(tcp + 20, s->opts, s->opts_len);
	if (s->len)
		memcpy(tcp + head, s->data, s->len);
	sum = sum16(IPPROTO_TCP + len, ip + 12, 8);
	put16(tcp + 16, fold(sum16(sum, tcp, len)) + s->bad_sum);
	return transmit(r, ETH_HLEN + 20 + len);
}

/* Return: 1 when the frame is a segment for us. */
static int take_ip(struct raw *r, struct segment *s, size_t len)
{
	const uint8_t *ip = frame + ETH_HLEN, *tcp;
	size_t head, total;

	if (len < ETH_HLEN + 40 || ip[9] != IPPROTO_TCP ||
	    memcmp(ip + 12, &r->peer_ip, 4) || memcmp(ip + 16, &r->ip, 4))
		return 0;
	memcpy(r->peer_mac, frame + 6, 6);
	head = (ip[0] & 15) * 4;
	total = get16(ip + 2);
	tcp = ip + head;
	if (total > len - ETH_HLEN || total < head + 20 ||
	    total < head + (tcp[12] >> 4) * 4)
		return 0;
	memset(s, 0, sizeof(*s));
	s->sport = get16(tcp);
	s->dport = get16(tcp + 2);
	s->seq = get32(tcp + 4);
	s->ack = get32(tcp + 8);
	s->flags = tcp[13];
	s->win = get16(tcp + 14);
	s->opts_len = (tcp[12] >> 4) * 4 - 20;
	memcpy(s->opts, tcp + 20, s->opts_len);
	s->data = tcp + 20 + s->opts_len;
	s->len = total - head - 20 - s->opts_len;
	return 1;
}

/**
 * raw_receive() - the next segment for us
 * @r: socket
 * @s: result; its data is good until the next call of any of these
 *
 * Return: 1 when there is one, 0 when there is none now.
 */
int raw_receive(struct raw *r, struct segment *s)
{
	struct sockaddr_ll from;
	socklen_t flen;
	ssize_t n;

	for (;;) {
		flen = sizeof(from);
		n = recvfrom(r->fd, frame, sizeof(frame), MSG_TRUNC,
			     (struct sockaddr *)&from, &flen);
		if (n < 0)
			return 0;
		if (from.sll_pkttype == PACKET_OUTGOING || n < ETH_HLEN ||
		    n > (ssize_t)sizeof(frame))
			continue;
		if (get16(frame + 12) == ETH_P_ARP)
			take_arp(r, n);
		else if (get16(frame + 12) == ETH_P_IP &&
			 take_ip(r, s, n))
			return 1;
	}
}
