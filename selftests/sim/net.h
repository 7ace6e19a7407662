/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces and what is in them: devices, addresses, queues that
 * disturb. Calls give 0 or a negative errno.
 */
#ifndef FTSIM_NET_H
#define FTSIM_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct ns - a network namespace
 * @fd: it, open
 * @route: its rtnetlink socket
 * @serial: never used for another one
 */
struct ns {
	int fd;
	int route;
	unsigned int serial;
};

/**
 * struct netem - what a queue does to packets; all zero: nothing
 * @delay_us: each way
 * @jitter_us: more or less than that
 * @loss: in 1/10000
 * @dup: the same
 * @reorder: the same
 * @corrupt: the same
 * @rate_kbit: 0 for none
 * @seed: of its generator
 */
struct netem {
	uint32_t delay_us;
	uint32_t jitter_us;
	uint32_t loss;
	uint32_t dup;
	uint32_t reorder;
	uint32_t corrupt;
	uint32_t rate_kbit;
	uint64_t seed;
};

int ns_open(struct ns *ns);
void ns_close(struct ns *ns);
int ns_enter(const struct ns *ns);
int ns_socket(const struct ns *ns, int family, int type, int protocol);
int ns_sysctl(const struct ns *ns, const char *path, const char *value);

int net_index(const struct ns *ns, const char *dev);
int net_veth(const struct ns *a, const char *a_dev, const uint8_t a_mac[6],
	     const struct ns *b, const char *b_dev, const uint8_t b_mac[6]);
int net_bridge(const struct ns *ns, const char *dev);
int net_master(const struct ns *ns, const char *dev, const char *bridge);
int net_up(const struct ns *ns, const char *dev, bool up);
int net_mtu(const struct ns *ns, const char *dev, int mtu);
int net_del(const struct ns *ns, const char *dev);
int net_addr(const struct ns *ns, const char *dev, const char *addr, int len,
	     bool add);
int net_neigh(const struct ns *ns, const char *dev, const char *addr,
	      const uint8_t mac[6]);
int net_netem(const struct ns *ns, const char *dev, const struct netem *em);
int net_announce(const struct ns *ns, const char *dev, const char *v4,
		 const char *v6);

#endif /* FTSIM_NET_H */
