// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftcap: watches what a server sends on the wire, from the client's side. For
 * every connection to the given server port it keeps the highest sequence
 * number that a segment's data reached and the highest acknowledgement, and how
 * many acknowledgements without data came before data that was sent earlier; on
 * SIGUSR1 and at the end (SIGTERM) it prints them, one line a connection, and then
 * who has sent (the source MAC address): one line for each time that the sender
 * changed. It knows nothing of fttcp: what it prints is what left the machine.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FLOWS	256
#define MAX_SPANS	64

/**
 * struct flow - one connection as seen on the wire
 * @port: the client's port
 * @segments: how many the server sent
 * @resets: how many of these were RST
 * @end: sequence number behind the furthest byte (FIN counts as one)
 * @ack: furthest acknowledgement
 * @ttl: of the last segment
 * @tos: of the last segment
 * @ahead: empty segments from beyond that byte
 */
struct flow {
	uint16_t port;
	unsigned int segments;
	unsigned int resets;
	uint32_t end;
	uint32_t ack;
	uint8_t ttl;
	uint8_t tos;
	unsigned int ahead;
};

/**
 * struct span - segments in a row that came from one machine, of all connections
 * @mac: that machine
 * @segments: how many, resets included
 */
struct span {
	uint8_t mac[ETH_ALEN];
	unsigned int segments;
};

static struct flow flows[MAX_FLOWS];
static unsigned int n_flows;
static struct span spans[MAX_SPANS];
static unsigned int n_spans;
static volatile sig_atomic_t stopped, report;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		report = 1;
	else
		stopped = 1;
}

static struct flow *flow_find(uint16_t port)
{
	unsigned int i;

	for (i = 0; i < n_flows; i++) {
		if (flows[i].port == port)
			return &flows[i];
	}
	if (n_flows == MAX_FLOWS)
		return NULL;
	flows[n_flows].port = port;
	return &flows[n_flows++];
}

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void flow_update(struct flow *f, const struct tcphdr *th, uint32_t len)
{
	uint32_t end = ntohl(th->seq) + len + th->syn + th->fin;
	uint32_t ack = ntohl(th->ack_seq);

	if (th->rst) {
		f->resets++;
		return;
	}
	f->ahead += f->segments && !len && !th->fin && after(end, f->end);
	if (!f->segments || (len + th->fin && after(end, f->end)))
		f->end = end;
	if (th->ack && (!f->segments || after(ack, f->ack)))
		f->ack = ack;
	f->segments++;
}

/* Finds the TCP header; IPv6 with extension headers does not occur here. */
static const struct tcphdr *tcp_of(const uint8_t *p, size_t len, uint32_t *data,
				   uint8_t *ttl, uint8_t *tos)
{
	const struct ip6_hdr *ip6 = (const void *)p;
	const struct iphdr *ip = (const void *)p;
	const struct tcphdr *th;
	size_t total, head;

	if (len < sizeof(*ip))
		return NULL;
	if (ip->version == 4 && ip->protocol == IPPROTO_TCP) {
		total = ntohs(ip->tot_len);
		head = ip->ihl * 4;
		*ttl = ip->ttl;
		*tos = ip->tos;
	} else if (ip->version == 6 && len >= sizeof(*ip6) &&
		   ip6->ip6_nxt == IPPROTO_TCP) {
		total = ntohs(ip6->ip6_plen) + sizeof(*ip6);
		head = sizeof(*ip6);
		*ttl = ip6->ip6_hlim;
		*tos = ntohl(ip6->ip6_flow) >> 20;
	} else {
		return NULL;
	}
	if (len < head + sizeof(*th))
		return NULL;
	th = (const void *)(p + head);
	if (total < head + th->doff * 4)
		return NULL;
	*data = total - head - th->doff * 4;
	return th;
}

/* A sender that comes and goes shows as many spans; the last takes what is more. */
static void span_update(const uint8_t *mac)
{
	struct span *s = n_spans ? &spans[n_spans - 1] : NULL;

	if (n_spans < MAX_SPANS && (!s || memcmp(s->mac, mac, ETH_ALEN))) {
		s = &spans[n_spans++];
		memcpy(s->mac, mac, ETH_ALEN);
	}
	s->segments++;
}

static void take(const uint8_t *p, size_t len, uint16_t port,
		 const struct sockaddr_ll *from)
{
	const struct tcphdr *th;
	uint8_t ttl, tos;
	struct flow *f;
	uint32_t data;

	th = tcp_of(p, len, &data, &ttl, &tos);
	if (!th || ntohs(th->source) != port)
		return;
	span_update(from->sll_addr);
	f = flow_find(ntohs(th->dest));
	if (!f)
		return;
	flow_update(f, th, data);
	f->ttl = ttl;
	f->tos = tos;
}

static void print_flows(void)
{
	unsigned int i;

	for (i = 0; i < n_flows; i++) {
		const struct flow *f = &flows[i];

		printf("port=%u segments=%u resets=%u end=%u ack=%u ttl=%u tos=%u ahead=%u\n",
		       f->port, f->segments, f->resets, f->end, f->ack, f->ttl,
		       f->tos, f->ahead);
	}
	for (i = 0; i < n_spans; i++) {
		const uint8_t *m = spans[i].mac;

		printf("sender=%02x:%02x:%02x:%02x:%02x:%02x segments=%u\n",
		       m[0], m[1], m[2], m[3], m[4], m[5], spans[i].segments);
	}
	printf(".\n");
	fflush(stdout);
}

static int capture(int fd, uint16_t port)
{
	static uint8_t buf[256];

	while (!stopped) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		ssize_t n;

		/* A report has to include what was on the wire before it. */
		while ((n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len)) >= 0) {
			if (from.sll_pkttype == PACKET_HOST)
				take(buf, n, port, &from);
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (report) {
			report = 0;
			print_flows();
		}
		poll(&pfd, 1, 20);
	}
	return 0;
}

static int run(const char *dev, uint16_t port)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(dev),
	};
	struct tpacket_stats st;
	socklen_t len = sizeof(st);
	int buf = 32 << 20;
	int err, fd;

	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buf, sizeof(buf));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	printf("ready\n");
	fflush(stdout);
	err = capture(fd, port);
	print_flows();
	/* A capture with holes proves nothing. */
	if (!err && getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		err = -errno;
	if (!err && st.tp_drops)
		err = -ENOBUFS;
	return err;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: %s DEVICE SERVER-PORT\n", argv[0]);
		return 1;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	err = run(argv[1], atoi(argv[2]));
	if (err)
		fprintf(stderr, "ftcap: %s\n", strerror(-err));
	return !!err;
}
