/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP over IPv4 on a packet socket, for an address that no kernel has: building
 * and reading segments, and ARP. What is in them is the caller's business.
 */
#ifndef FT_RAWTCP_H
#define FT_RAWTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEG_OPTS_MAX	40
#define SEG_DATA_MAX	1460

/**
 * struct raw - a packet socket and both addresses
 * @fd: socket, does not block
 * @mac: ours, that of the device
 * @peer_mac: of the other side, as it was seen last
 * @known: @peer_mac is
 * @ip: ours, network byte order
 * @peer_ip: theirs
 */
struct raw {
	int fd;
	int ifindex;
	uint8_t mac[6];
	uint8_t peer_mac[6];
	bool known;
	uint32_t ip;
	uint32_t peer_ip;
};

/**
 * struct segment - all in host byte order
 * @sport: source port
 * @dport: destination port
 * @seq: sequence number
 * @ack: acknowledgement
 * @flags: the byte of flags
 * @win: as it is in the header
 * @urg: urgent pointer
 * @doff: data offset in words, 0 for the right one
 * @bad_sum: with a wrong checksum
 * @opts: options; a multiple of 4 bytes, as sent
 * @opts_len: bytes of these
 * @data: payload
 * @len: bytes of it
 */
struct segment {
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t win;
	uint16_t urg;
	uint8_t doff;
	bool bad_sum;
	uint8_t opts[SEG_OPTS_MAX];
	size_t opts_len;
	const uint8_t *data;
	size_t len;
};

#define F_FIN	0x01
#define F_SYN	0x02
#define F_RST	0x04
#define F_PSH	0x08
#define F_ACK	0x10
#define F_URG	0x20

int raw_open(struct raw *r, const char *dev, const char *ip,
	     const char *peer_ip);
int raw_send(struct raw *r, const struct segment *s);
int raw_receive(struct raw *r, struct segment *s);
void raw_ask(struct raw *r);

#endif /* FT_RAWTCP_H */
