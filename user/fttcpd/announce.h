/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the neighbours that an address has moved: a gratuitous ARP request
 * for IPv4, an unsolicited neighbour advertisement for IPv6. The packets are
 * built by pure functions; when and how often they go out is vip.c's.
 */
#ifndef FTTCPD_ANNOUNCE_H
#define FTTCPD_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "packet.h"

#define FTTCPD_ARP_LEN	28
#define FTTCPD_NA_LEN	32

void fttcpd_announce_arp(uint8_t packet[FTTCPD_ARP_LEN], const uint8_t mac[6],
			 const uint8_t ip[4]);
void fttcpd_announce_na(uint8_t packet[FTTCPD_NA_LEN], const uint8_t mac[6],
			const uint8_t ip[16], bool router);
int fttcpd_device_mac(const char *dev, uint8_t mac[6]);
int fttcpd_announce(const struct fttcpd_packet *packet,
		    const struct fttcp_endpoint *addr, const char *dev);

#endif /* FTTCPD_ANNOUNCE_H */
