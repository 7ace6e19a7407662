/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two sockets that speak to neighbours: one for ARP, one for IPv6 neighbour
 * discovery. To open them is the only thing in fttcpd that needs CAP_NET_RAW,
 * so it is done once, at the start, for all devices and whatever the
 * configuration says; then the capability is given up (privilege.h).
 */
#ifndef FTTCPD_PACKET_H
#define FTTCPD_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In the order of struct fttcpd_packet's sockets. */
enum fttcpd_packet_kind {
	FTTCPD_PACKET_ARP,
	FTTCPD_PACKET_ND,
	FTTCPD_PACKET_KINDS,
};

/**
 * struct fttcpd_packet - the sockets
 * @fd:		per kind; or why there is none, a negative errno
 */
struct fttcpd_packet {
	int fd[FTTCPD_PACKET_KINDS];
};

enum fttcpd_packet_kind fttcpd_packet_kind(int family);

void fttcpd_packet_open(struct fttcpd_packet *p);
void fttcpd_packet_close(struct fttcpd_packet *p);
int fttcpd_packet_send_arp(const struct fttcpd_packet *p, const void *packet,
			   size_t len, int ifindex);
int fttcpd_packet_send_nd(const struct fttcpd_packet *p, const void *packet,
			  size_t len, int ifindex, const uint8_t to[16],
			  const uint8_t *from);
int fttcpd_packet_listen(const struct fttcpd_packet *p,
			 enum fttcpd_packet_kind kind);
void fttcpd_packet_deafen(const struct fttcpd_packet *p,
			  enum fttcpd_packet_kind kind);
ssize_t fttcpd_packet_read(const struct fttcpd_packet *p,
			   enum fttcpd_packet_kind kind, void *buf, size_t size,
			   int *ifindex);

#endif /* FTTCPD_PACKET_H */
