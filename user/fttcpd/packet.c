// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the sockets for ARP and neighbour discovery. Of no device: what is sent
 * names its device, what comes tells it. While nobody waits for an answer
 * filters drop everything, so that nothing is collected.
 */
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"

/** fttcpd_packet_kind() - which of the sockets an address family uses */
enum fttcpd_packet_kind fttcpd_packet_kind(int family)
{
	return family == AF_INET ? FTTCPD_PACKET_ARP : FTTCPD_PACKET_ND;
}

/* Of each packet so many bytes are taken: all of it, or nothing. */
static int arp_filter(int fd, unsigned int bytes)
{
	struct sock_filter take = BPF_STMT(BPF_RET | BPF_K, bytes);
	struct sock_fprog program = { .len = 1, .filter = &take };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) ? -errno : 0;
}

static int nd_filter(int fd, bool take)
{
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	if (take)
		ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
			  sizeof(filter)) ? -errno : 0;
}

static int or_close(int fd, int rc)
{
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

static int open_arp(void)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
	};
	int fd, rc;

	/* Protocol 0: nothing comes before the filter is there. */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = arp_filter(fd, 0);
	if (!rc && bind(fd, (struct sockaddr *)&all, sizeof(all)))
		rc = -errno;
	return or_close(fd, rc);
}

static int open_nd(void)
{
	int hops = 255;	/* receivers drop anything that came through a router */
	int one = 1, fd, rc;

	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    IPPROTO_ICMPV6);
	if (fd < 0)
		return -errno;
	rc = nd_filter(fd, false);
	if (!rc && (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
			       sizeof(hops)) ||
		    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one,
			       sizeof(one))))
		rc = -errno;
	return or_close(fd, rc);
}

/**
 * fttcpd_packet_open() - open the sockets
 * @p:		filled
 *
 * A socket that cannot be had, because IPv6 is switched off or a privilege is
 * missing, is told of when somebody wants to use it.
 */
void fttcpd_packet_open(struct fttcpd_packet *p)
{
	p->fd[FTTCPD_PACKET_ARP] = open_arp();
	p->fd[FTTCPD_PACKET_ND] = open_nd();
}

/** fttcpd_packet_close() - close them */
void fttcpd_packet_close(struct fttcpd_packet *p)
{
	int i;

	for (i = 0; i < FTTCPD_PACKET_KINDS; i++) {
		if (p->fd[i] >= 0)
			close(p->fd[i]);
		p->fd[i] = -EBADF;
	}
}

/**
 * fttcpd_packet_send_arp() - to all on a device
 * @p:		sockets
 * @packet:	what follows the Ethernet header
 * @len:	its bytes
 * @ifindex:	the device
 *
 * Return: 0, or what sending said.
 */
int fttcpd_packet_send_arp(const struct fttcpd_packet *p, const void *packet,
			   size_t len, int ifindex)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = ifindex,
		.sll_halen = 6,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	int fd = p->fd[FTTCPD_PACKET_ARP];

	if (fd < 0)
		return fd;
	if (sendto(fd, packet, len, MSG_DONTWAIT, (struct sockaddr *)&all,
		   sizeof(all)) < 0)
		return -errno;
	return 0;
}

/**
 * fttcpd_packet_send_nd() - to a group on a device
 * @p:		sockets
 * @packet:	what follows the IPv6 header, checksum left to the kernel
 * @len:	its bytes
 * @ifindex:	the device
 * @to:		the group
 * @from:	source address, NULL for the one that the kernel chooses
 *
 * Return: 0, or what sending said.
 */
int fttcpd_packet_send_nd(const struct fttcpd_packet *p, const void *packet,
			  size_t len, int ifindex, const uint8_t to[16],
			  const uint8_t *from)
{
	struct sockaddr_in6 group = {
		.sin6_family = AF_INET6, .sin6_scope_id = ifindex,
	};
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { .room = { 0 } };
	struct iovec iov = { (void *)packet, len };
	struct msghdr msg = {
		.msg_name = &group, .msg_namelen = sizeof(group),
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	struct in6_pktinfo info = { .ipi6_ifindex = ifindex };
	int fd = p->fd[FTTCPD_PACKET_ND];

	if (fd < 0)
		return fd;
	memcpy(&group.sin6_addr, to, 16);
	if (from) {
		memcpy(&info.ipi6_addr, from, 16);
		control.align.cmsg_level = IPPROTO_IPV6;
		control.align.cmsg_type = IPV6_PKTINFO;
		control.align.cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(&control.align), &info, sizeof(info));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	if (sendmsg(fd, &msg, MSG_DONTWAIT) < 0)
		return -errno;
	return 0;
}

/**
 * fttcpd_packet_listen() - from now on take what comes
 * @p:		sockets
 * @kind:	which
 *
 * Return: the descriptor to wait for, or why there is none.
 */
int fttcpd_packet_listen(const struct fttcpd_packet *p,
			 enum fttcpd_packet_kind kind)
{
	int fd = p->fd[kind], rc;

	if (fd < 0)
		return fd;
	rc = kind == FTTCPD_PACKET_ARP ? arp_filter(fd, UINT32_MAX) :
					 nd_filter(fd, true);
	return rc ? rc : fd;
}

/**
 * fttcpd_packet_deafen() - drop all that comes from now on
 * @p:		sockets
 * @kind:	which
 *
 * And what came before: it would answer nobody's question.
 */
void fttcpd_packet_deafen(const struct fttcpd_packet *p,
			  enum fttcpd_packet_kind kind)
{
	int fd = p->fd[kind];
	char c;

	if (fd < 0)
		return;
	if (kind == FTTCPD_PACKET_ARP)
		arp_filter(fd, 0);
	else
		nd_filter(fd, false);
	while (recv(fd, &c, 1, MSG_DONTWAIT) >= 0)
		;
}

static int device_of(struct msghdr *msg, const struct sockaddr_ll *from,
		     enum fttcpd_packet_kind kind)
{
	struct in6_pktinfo info;
	struct cmsghdr *cmsg;

	if (kind == FTTCPD_PACKET_ARP)
		return from->sll_ifindex;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IPV6 ||
		    cmsg->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		return info.ipi6_ifindex;
	}
	return 0;
}

/**
 * fttcpd_packet_read() - one packet that has come
 * @p:		sockets
 * @kind:	which
 * @buf:	for the packet; a longer one is cut
 * @size:	room there
 * @ifindex:	the device that it came by
 *
 * Return: its bytes, or a negative errno: -EAGAIN when there is none.
 */
ssize_t fttcpd_packet_read(const struct fttcpd_packet *p,
			   enum fttcpd_packet_kind kind, void *buf, size_t size,
			   int *ifindex)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct iovec iov = { buf, size };
	struct sockaddr_ll from = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	if (kind == FTTCPD_PACKET_ARP) {
		msg.msg_name = &from;
		msg.msg_namelen = sizeof(from);
	}
	n = recvmsg(p->fd[kind], &msg, MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	*ifindex = device_of(&msg, &from, kind);
	return n;
}
