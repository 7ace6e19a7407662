/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking the neighbours whether one of them has an address. The packets are
 * built and read by pure functions; when to ask, and what follows, is look.c's.
 */
#ifndef FTTCPD_NEIGHBOUR_H
#define FTTCPD_NEIGHBOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "announce.h"
#include "conf.h"
#include "packet.h"

#define FTTCPD_NS_LEN	32

void fttcpd_neighbour_arp(uint8_t packet[FTTCPD_ARP_LEN], const uint8_t mac[6],
			  const uint8_t ip[4]);
bool fttcpd_neighbour_arp_taken(const uint8_t *packet, size_t len,
				const uint8_t own[6], const uint8_t ip[4]);
void fttcpd_neighbour_ns(uint8_t packet[FTTCPD_NS_LEN], const uint8_t mac[6],
			 const uint8_t ip[16]);
bool fttcpd_neighbour_na_taken(const uint8_t *packet, size_t len,
			       const uint8_t ip[16]);

int fttcpd_neighbour_begin(const struct fttcpd_packet *p,
			   const struct fttcp_endpoint *addr, const char *dev);
void fttcpd_neighbour_end(const struct fttcpd_packet *p);
int fttcpd_neighbour_ask(const struct fttcpd_packet *p,
			 const struct fttcp_endpoint *addr, const char *dev);
int fttcpd_neighbour_taken(const struct fttcpd_packet *p,
			   enum fttcpd_packet_kind kind,
			   const struct fttcpd_service *service,
			   unsigned int services, uint8_t mac[6]);

#endif /* FTTCPD_NEIGHBOUR_H */
