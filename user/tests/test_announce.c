// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes with which fttcpd moves an address: ARP, neighbour advertisement,
 * rtnetlink.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "fttcpd/announce.h"
#include "fttcpd/neighbour.h"
#include "fttcpd/rtaddr.h"

static const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint8_t ip4[4] = { 10, 0, 0, 100 };
static const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 0x64 };

static void arp(void **state)
{
	static const uint8_t expect[FTTCPD_ARP_LEN] = {
		0, 1, 8, 0, 6, 4, 0, 1,			/* request */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
		10, 0, 0, 100,
		0, 0, 0, 0, 0, 0,
		10, 0, 0, 100,				/* for itself */
	};
	uint8_t packet[FTTCPD_ARP_LEN];

	(void)state;
	memset(packet, 0xff, sizeof(packet));
	fttcpd_announce_arp(packet, mac, ip4);
	assert_memory_equal(packet, expect, sizeof(expect));
}

static void neighbour_advertisement(void **state)
{
	static const uint8_t expect[FTTCPD_NA_LEN] = {
		136, 0, 0, 0,
		0x20, 0, 0, 0,				/* override */
		0x20, 1, 0xd, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0x64,
		2, 1, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
	};
	uint8_t packet[FTTCPD_NA_LEN];

	(void)state;
	memset(packet, 0xff, sizeof(packet));
	fttcpd_announce_na(packet, mac, ip6, false);
	assert_memory_equal(packet, expect, sizeof(expect));
	fttcpd_announce_na(packet, mac, ip6, true);
	assert_int_equal(packet[4], 0xa0);
}

static void check_attrs(struct nlmsghdr *nlh, const uint8_t *ip, size_t len)
{
	unsigned int local = 0, address = 0;
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct ifaddrmsg)) {
		assert_int_equal(mnl_attr_get_payload_len(attr), len);
		assert_memory_equal(mnl_attr_get_payload(attr), ip, len);
		local += mnl_attr_get_type(attr) == IFA_LOCAL;
		address += mnl_attr_get_type(attr) == IFA_ADDRESS;
	}
	assert_int_equal(local, 1);
	assert_int_equal(address, 1);
}

static void rtnetlink_v4(void **state)
{
	struct fttcpd_service service = {
		.addr = { .family = AF_INET }, .prefixlen = 24,
	};
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh;

	(void)state;
	memcpy(service.addr.addr, ip4, 4);
	nlh = fttcpd_rtaddr_request(buf, true, &service, 7, 42);
	ifa = mnl_nlmsg_get_payload(nlh);
	assert_int_equal(nlh->nlmsg_type, RTM_NEWADDR);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK |
			 NLM_F_CREATE | NLM_F_EXCL);
	assert_int_equal(nlh->nlmsg_seq, 42);
	assert_int_equal(ifa->ifa_family, AF_INET);
	assert_int_equal(ifa->ifa_prefixlen, 24);
	assert_int_equal(ifa->ifa_index, 7);
	assert_int_equal(ifa->ifa_flags, 0);
	check_attrs(nlh, ip4, 4);

	nlh = fttcpd_rtaddr_request(buf, false, &service, 7, 43);
	assert_int_equal(nlh->nlmsg_type, RTM_DELADDR);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	check_attrs(nlh, ip4, 4);
}

static void rtnetlink_v6(void **state)
{
	struct fttcpd_service service = {
		.addr = { .family = AF_INET6 }, .prefixlen = 64,
	};
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh;

	(void)state;
	memcpy(service.addr.addr, ip6, 16);
	nlh = fttcpd_rtaddr_request(buf, true, &service, 7, 1);
	ifa = mnl_nlmsg_get_payload(nlh);
	assert_int_equal(ifa->ifa_family, AF_INET6);
	assert_int_equal(ifa->ifa_flags, IFA_F_NODAD);
	check_attrs(nlh, ip6, 16);
	nlh = fttcpd_rtaddr_request(buf, false, &service, 7, 1);
	ifa = mnl_nlmsg_get_payload(nlh);
	assert_int_equal(ifa->ifa_flags, 0);
}

static void arp_probe(void **state)
{
	static const uint8_t expect[FTTCPD_ARP_LEN] = {
		0, 1, 8, 0, 6, 4, 0, 1,			/* request */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
		0, 0, 0, 0,				/* of nobody */
		0, 0, 0, 0, 0, 0,
		10, 0, 0, 100,
	};
	uint8_t packet[FTTCPD_ARP_LEN];

	(void)state;
	memset(packet, 0xff, sizeof(packet));
	fttcpd_neighbour_arp(packet, mac, ip4);
	assert_memory_equal(packet, expect, sizeof(expect));
}

static bool arp_taken(const uint8_t *packet)
{
	return fttcpd_neighbour_arp_taken(packet, FTTCPD_ARP_LEN, mac, ip4);
}

static void arp_answer(void **state)
{
	static const uint8_t other[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x54 };
	static const uint8_t larger[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x56 };
	uint8_t packet[FTTCPD_ARP_LEN];

	(void)state;
	/* announced, asked for in the name of the address, answered */
	fttcpd_announce_arp(packet, larger, ip4);
	assert_true(arp_taken(packet));
	packet[7] = 2;
	assert_true(arp_taken(packet));
	assert_false(fttcpd_neighbour_arp_taken(packet, FTTCPD_ARP_LEN - 1, mac,
						ip4));
	packet[17]++;
	assert_false(arp_taken(packet));
	/* from this device */
	fttcpd_announce_arp(packet, mac, ip4);
	assert_false(arp_taken(packet));
	/* two ask at once */
	fttcpd_neighbour_arp(packet, other, ip4);
	assert_true(arp_taken(packet));
	fttcpd_neighbour_arp(packet, larger, ip4);
	assert_false(arp_taken(packet));
	/* of no Ethernet and IPv4 */
	fttcpd_announce_arp(packet, other, ip4);
	packet[3] = 1;
	assert_false(arp_taken(packet));
}

static void solicitation(void **state)
{
	static const uint8_t expect[FTTCPD_NS_LEN] = {
		135, 0, 0, 0, 0, 0, 0, 0,
		0x20, 1, 0xd, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0x64,
		1, 1, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55,
	};
	uint8_t packet[FTTCPD_NS_LEN];

	(void)state;
	memset(packet, 0xff, sizeof(packet));
	fttcpd_neighbour_ns(packet, mac, ip6);
	assert_memory_equal(packet, expect, sizeof(expect));
	assert_false(fttcpd_neighbour_na_taken(packet, sizeof(packet), ip6));
	fttcpd_announce_na(packet, mac, ip6, true);
	assert_true(fttcpd_neighbour_na_taken(packet, sizeof(packet), ip6));
	assert_true(fttcpd_neighbour_na_taken(packet, 24, ip6));
	assert_false(fttcpd_neighbour_na_taken(packet, 23, ip6));
	packet[23]++;
	assert_false(fttcpd_neighbour_na_taken(packet, sizeof(packet), ip6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp),
		cmocka_unit_test(neighbour_advertisement),
		cmocka_unit_test(arp_probe),
		cmocka_unit_test(arp_answer),
		cmocka_unit_test(solicitation),
		cmocka_unit_test(rtnetlink_v4),
		cmocka_unit_test(rtnetlink_v6),
	};

	return cmocka_run_group_tests_name("announce", tests, NULL, NULL);
}
