// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of the service as they leave each machine: a ring that is shared
 * with the kernel, so that looking costs no system call.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"

#define FRAME_SIZE	256
#define FRAMES		4096
#define BLOCK_SIZE	65536
#define SNAP_LEN	128

struct tap {
	int fd;
	uint8_t *ring;
	unsigned int next;
};

static struct tap taps[3] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };
static uint64_t real_start;	/* wall clock at the beginning of the history */
static uint64_t lost;
static uint8_t last[ETH_HLEN + 40];	/* a segment that was seen, its headers */

/* TCP that came in: ether type, protocol or next header. */
static struct sock_filter tcp_in[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 7, 0),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 2, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
	BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SNAP_LEN),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static struct sock_filter nothing[] = {
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static uint64_t real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void capture_open(enum hist_who who, const char *dev)
{
	struct tpacket_req req = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = FRAMES * FRAME_SIZE / BLOCK_SIZE,
		.tp_frame_size = FRAME_SIZE,
		.tp_frame_nr = FRAMES,
	};
	struct sock_fprog prog = {
		sizeof(tcp_in) / sizeof(tcp_in[0]), tcp_in
	};
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = net_index(&sim.sw, dev),
	};
	struct tap *tap = &taps[who];
	int version = TPACKET_V2;

	/* the same calls in any case: each takes some time of the clock */
	if (who == WHO_PEER && !sim.verbose)
		prog = (struct sock_fprog){ 1, nothing };
	if (!real_start)
		real_start = real_ns() - sim_now();
	tap->fd = ns_socket(&sim.sw, AF_PACKET, SOCK_RAW, 0);
	tap->next = 0;
	if (tap->fd < 0 ||
	    setsockopt(tap->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
		       sizeof(prog)) ||
	    setsockopt(tap->fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(tap->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		sim_fail("capture on %s: %m", dev);
	tap->ring = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, tap->fd, 0);
	if (tap->ring == MAP_FAILED ||
	    bind(tap->fd, (struct sockaddr *)&at, sizeof(at)))
		sim_fail("capture on %s: %m", dev);
}

void capture_close(enum hist_who who)
{
	struct tap *tap = &taps[who];
	struct tpacket_stats st = { 0 };
	socklen_t len = sizeof(st);

	if (tap->fd < 0)
		return;
	capture_drain();
	if (!getsockopt(tap->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		lost += st.tp_drops;
	munmap(tap->ring, FRAMES * FRAME_SIZE);
	close(tap->fd);
	tap->fd = -1;
}

uint64_t capture_lost(void)
{
	return lost;
}

static void segment(enum hist_who who, uint64_t ns, const struct tcphdr *th,
		    int len)
{
	const uint8_t *raw = (const uint8_t *)th;
	bool in = who == WHO_PEER;

	len -= th->doff * 4;
	log_event_at(ns, (struct hist_event){
		.type = H_SEG, .who = who, .dir = in ? DIR_IN : DIR_OUT,
		.conn = ntohs(in ? th->source : th->dest) - PEER_PORT_BASE,
		.a = (uint64_t)ntohl(th->seq) << 32 | ntohl(th->ack_seq),
		.b = (uint64_t)(len < 0 ? 0 : len) << 16 | raw[13],
	});
}

static void frame(enum hist_who who, uint64_t ns, const uint8_t *eth)
{
	const struct ip6_hdr *ip6 = (const void *)(eth + ETH_HLEN);
	const struct iphdr *ip = (const void *)(eth + ETH_HLEN);
	static struct in6_addr vip6;
	static struct in_addr vip4;

	if (!vip4.s_addr) {
		inet_pton(AF_INET, VIP4, &vip4);
		inet_pton(AF_INET6, VIP6, &vip6);
	}
	if (ip->version == 4 && ip->saddr == vip4.s_addr)
		memcpy(last, eth, sizeof(last));
	if (ip->version == 4 &&
	    (who == WHO_PEER || ip->saddr == vip4.s_addr))
		segment(who, ns, (const void *)((const uint8_t *)ip +
						ip->ihl * 4),
			ntohs(ip->tot_len) - ip->ihl * 4);
	else if (ip->version == 6 &&
		 (who == WHO_PEER || !memcmp(&ip6->ip6_src, &vip6, 16)))
		segment(who, ns, (const void *)(ip6 + 1),
			ntohs(ip6->ip6_plen));
}

static bool drain_one(enum hist_who who, struct tap *tap)
{
	struct tpacket2_hdr *h = (void *)(tap->ring + tap->next * FRAME_SIZE);
	uint64_t ns;

	if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
	      TP_STATUS_USER))
		return false;
	ns = h->tp_sec * 1000000000ULL + h->tp_nsec - real_start;
	frame(who, ns, (uint8_t *)h + h->tp_mac);
	__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	tap->next = (tap->next + 1) % FRAMES;
	return true;
}

/* Put into the history what has been seen. Called with the lock held. */
void capture_drain(void)
{
	int who;

	for (who = 0; who < 3; who++) {
		while (taps[who].fd >= 0 &&
		       drain_one(who, &taps[who]))
			;
	}
}

/**
 * capture_forge() - an error by order: a segment that should not be
 * @from: the machine that emits it
 * @ack: how much more than the last one it acknowledges
 */
void capture_forge(enum hist_who from, uint32_t ack)
{
	struct ns *ns = &sim.node[from].ns;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = net_index(ns, "lan"),
	};
	struct iphdr *ip = (void *)(last + ETH_HLEN);
	struct tcphdr *th = (void *)(ip + 1);
	int fd = ns_socket(ns, AF_PACKET, SOCK_RAW, 0);

	ip->tot_len = htons(40);
	th->doff = 5;
	th->ack_seq = htonl(ntohl(th->ack_seq) + ack);
	if (fd < 0 || sendto(fd, last, sizeof(last), 0, (void *)&to,
			     sizeof(to)) < 0)
		sim_fail("forge: %m");
	close(fd);
}
