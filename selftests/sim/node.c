// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines: made, cut off, thrown away; their roles, their link, promotion.
 *
 *	 a  10.0.0.2, 2001:db8::2 --- a +
 *	                                +- lan (switch) - p --- peer 10.0.0.1
 *	 b  10.0.0.3, 2001:db8::3 --- b +
 *	 a  10.9.0.1 === link === 10.9.0.2  b
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "../ftsock.h"
#include "capture.h"
#include "node.h"
#include "traffic.h"

#define LINK_PORT	7000
#define DIAL_MS		3000

struct settings settings;

static const char * const port_name[] = { "a", "b" };
static const char * const lan4[] = { "10.0.0.2", "10.0.0.3" };
static const char * const lan6[] = { "2001:db8::2", "2001:db8::3" };
static const char * const link4[] = { "10.9.0.1", "10.9.0.2" };

static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 1 };

static void must(int err, const char *what)
{
	if (err)
		sim_fail("%s: %s", what, strerror(-err));
}

/* --- cables --------------------------------------------------------------- */

/* Nothing speaks by itself: no addresses but ours, no routers. */
static void quiet(const struct ns *ns, bool bridge)
{
	must(ns_sysctl(ns, "ipv6/conf/default/disable_ipv6", bridge ? "1" : "0"),
	     "disable_ipv6");
	must(ns_sysctl(ns, "ipv6/conf/default/accept_ra", "0"), "accept_ra");
	must(ns_sysctl(ns, "ipv6/conf/default/addr_gen_mode", "1"),
	     "addr_gen_mode");
	must(ns_sysctl(ns, "ipv6/conf/default/router_solicitations", "0"),
	     "router_solicitations");
	must(ns_sysctl(ns, "ipv4/tcp_rmem", "4096 131072 262144"), "rmem");
	must(ns_sysctl(ns, "ipv4/tcp_wmem", "4096 65536 262144"), "wmem");
}

void bed_up(void)
{
	uint8_t port_mac[6] = { 2, 0, 0, 0, 1, 1 };

	must(ns_open(&sim.sw), "namespace");
	quiet(&sim.sw, true);
	must(ns_open(&sim.peer), "namespace");
	quiet(&sim.peer, false);
	must(net_bridge(&sim.sw, "lan"), "bridge");
	must(net_up(&sim.sw, "lan", true), "up");
	must(net_veth(&sim.peer, "lan", peer_mac, &sim.sw, "p", port_mac),
	     "veth");
	must(net_master(&sim.sw, "p", "lan"), "port");
	must(net_up(&sim.sw, "p", true), "up");
	must(net_up(&sim.peer, "lo", true), "up");
	must(net_up(&sim.peer, "lan", true), "up");
	must(net_addr(&sim.peer, "lan", PEER4, 24, true), "address");
	must(net_addr(&sim.peer, "lan", PEER6, 64, true), "address");
	/* whatever a spoilt announcement did is soon found out */
	must(ns_sysctl(&sim.peer, "ipv4/neigh/lan/base_reachable_time_ms",
		       "4000"), "neighbours");
	must(ns_sysctl(&sim.peer, "ipv6/neigh/lan/base_reachable_time_ms",
		       "4000"), "neighbours");
	must(ns_sysctl(&sim.peer, "ipv4/neigh/lan/delay_first_probe_time", "1"),
	     "neighbours");
	must(ns_sysctl(&sim.peer, "ipv6/neigh/lan/delay_first_probe_time", "1"),
	     "neighbours");
	capture_open(WHO_PEER, "p");
}

/* Both machines are there: the cable between them. */
void cable_link(void)
{
	uint8_t a_mac[6] = { 2, 0, 0, 0, 2, 1 };
	uint8_t b_mac[6] = { 2, 0, 0, 0, 2, 2 };
	int i;

	must(net_veth(&sim.node[0].ns, "link", a_mac, &sim.node[1].ns, "link",
		      b_mac), "veth");
	for (i = 0; i < 2; i++) {
		must(net_addr(&sim.node[i].ns, "link", link4[i], 24, true),
		     "address");
		must(net_up(&sim.node[i].ns, "link", true), "up");
	}
}

/* A machine boots: nothing of an earlier life is left. */
void node_on(int i)
{
	struct node *n = &sim.node[i];
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 + i };
	uint8_t port_mac[6] = { 2, 0, 0, 0, 1, 2 + i };

	n->who = i;
	must(ns_open(&n->ns), "namespace");
	quiet(&n->ns, false);
	must(net_veth(&n->ns, "lan", mac, &sim.sw, port_name[i], port_mac),
	     "veth");
	must(net_up(&n->ns, "lo", true), "up");
	must(net_up(&n->ns, "lan", true), "up");
	must(net_addr(&n->ns, "lan", lan4[i], 24, true), "address");
	must(net_addr(&n->ns, "lan", lan6[i], 64, true), "address");
	/* no segment waits for an answer before it leaves and is seen */
	must(net_neigh(&n->ns, "lan", PEER4, peer_mac), "neighbour");
	must(net_neigh(&n->ns, "lan", PEER6, peer_mac), "neighbour");
	must(ns_enter(&n->ns), "setns");
	must(fttcp_nl_open(&n->nl), "netlink");
	pthread_mutex_lock(&sim.lock);
	capture_open(i, port_name[i]);
	traffic_serve(n);
	n->on = true;
	pthread_mutex_unlock(&sim.lock);
	must(net_master(&sim.sw, port_name[i], "lan"), "port");
	must(net_up(&sim.sw, port_name[i], true), "up");
}

/* Nothing leaves or reaches it any more; with @carrier the others notice. */
void node_cut(int i, bool carrier)
{
	struct netem nothing = { .loss = 10000 };
	struct ns *ns = &sim.node[i].ns;

	if (carrier) {
		must(net_up(ns, "link", false), "down");
		must(net_up(ns, "lan", false), "down");
		return;
	}
	must(net_netem(ns, "link", &nothing), "cut");
	must(net_netem(ns, "lan", &nothing), "cut");
	must(net_netem(&sim.sw, port_name[i], &nothing), "cut");
	must(net_netem(&sim.node[!i].ns, "link", &nothing), "cut");
}

/* Its cable to the segment works again. */
void node_mend(int i)
{
	struct netem plain = { 0 };

	must(net_netem(&sim.node[i].ns, "lan", &plain), "mend");
	must(net_netem(&sim.sw, port_name[i], &plain), "mend");
}

/* The machine is gone, with all that its kernel knew. */
void node_off(int i)
{
	struct node *n = &sim.node[i];
	unsigned int k;

	pthread_mutex_lock(&sim.lock);
	traffic_kill(n);
	capture_close(i);
	n->on = false;
	n->announce_at = 0;
	pthread_mutex_unlock(&sim.lock);
	for (k = 0; k < n->n_lanes; k++)
		close(n->lanes[k]);
	n->n_lanes = 0;
	node_role(i, FTTCP_ROLE_NONE);
	fttcp_nl_close(n->nl);
	must(net_del(&sim.sw, port_name[i]), "port");
	net_del(&n->ns, "link");	/* gone with the other end of the cable? */
	ns_close(&n->ns);
}

/* --- the module ----------------------------------------------------------- */

static const char *why(int i, int err)
{
	static char text[FTTCP_TEXT_LEN];

	return fttcp_nl_strerror(sim.node[i].nl, err, text, sizeof(text));
}

void node_role(int i, uint32_t role)
{
	struct fttcp_node n = {
		.id = i + 1,
		.role = role,
		.heartbeat_ms = settings.heartbeat_ms,
		.heartbeat_misses = settings.misses,
		.hold_max_ms = settings.hold_max_ms,
		.on_backup_loss = settings.on_loss,
		.lane_queue_max = settings.queue_max,
	};
	int err;

	fttcp_mark(&n, FTTCP_A_NODE_ROLE);
	if (role != FTTCP_ROLE_NONE) {
		fttcp_mark(&n, FTTCP_A_NODE_ID);
		fttcp_mark(&n, FTTCP_A_NODE_HEARTBEAT_MS);
		fttcp_mark(&n, FTTCP_A_NODE_HEARTBEAT_MISSES);
		fttcp_mark(&n, FTTCP_A_NODE_HOLD_MAX_MS);
		fttcp_mark(&n, FTTCP_A_NODE_ON_BACKUP_LOSS);
		if (settings.queue_max)
			fttcp_mark(&n, FTTCP_A_NODE_LANE_QUEUE_MAX);
	}
	err = fttcp_node_set(sim.node[i].nl, &n);
	if (err)
		sim_fail("%s: role %s: %s", port_name[i], fttcp_role_name(role),
			 why(i, err));
}

uint32_t node_state(int i)
{
	struct fttcp_node n;

	must(fttcp_node_get(sim.node[i].nl, &n), "node-get");
	return n.state;
}

bool node_wait(int i, uint32_t state, uint64_t ns)
{
	uint64_t end = sim_now() + ns, nap = MS;

	while (node_state(i) != state) {
		if (sim_now() >= end)
			return false;
		sim_sleep(nap);
		if (nap < 10 * MS)
			nap += MS;
	}
	return true;
}

/* The address comes last: a segment must find its connection. */
void service_add(int i)
{
	struct node *n = &sim.node[i];

	must(net_addr(&n->ns, "lan", VIP4, 24, true), "service address");
	must(net_addr(&n->ns, "lan", VIP6, 64, true), "service address");
	pthread_mutex_lock(&sim.lock);
	n->announced = 0;
	n->announce_at = sim_now();
	pthread_mutex_unlock(&sim.lock);
	traffic_wake();
}

/* What a device that was down has lost (IPv6) need not be deleted. */
void service_del(int i)
{
	sim.node[i].announce_at = 0;
	net_addr(&sim.node[i].ns, "lan", VIP4, 24, false);
	net_addr(&sim.node[i].ns, "lan", VIP6, 64, false);
}

/* --- the link ------------------------------------------------------------- */

void link_drop(void)
{
	unsigned int k;
	int i;

	for (i = 0; i < 2; i++) {
		struct node *n = &sim.node[i];

		if (!n->on)
			continue;
		fttcp_link_del(n->nl, 1);
		for (k = 0; k < n->n_lanes; k++)
			close(n->lanes[k]);
		n->n_lanes = 0;
	}
}

static int await(int fd, short events, uint64_t end)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	uint64_t now = sim_now();

	if (now >= end)
		return -ETIMEDOUT;
	return poll(&pfd, 1, (end - now) / MS + 1) == 1 ? 0 : -ETIMEDOUT;
}

static int lane_setup(int fd)
{
	int on = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ?
	       -errno : 0;
}

/* One connection from b to a. */
static int dial_lane(int lfd, const struct sockaddr_storage *to, uint64_t end)
{
	struct node *a = &sim.node[0], *b = &sim.node[1];
	int err = 0, fa, fb;
	socklen_t len = sizeof(err);

	fb = ns_socket(&b->ns, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fb < 0)
		return fb;
	if (connect(fb, (const struct sockaddr *)to, sizeof(*to)) &&
	    errno != EINPROGRESS)
		err = -errno;
	if (!err)
		err = await(fb, POLLOUT, end);
	if (!err && !getsockopt(fb, SOL_SOCKET, SO_ERROR, &err, &len))
		err = -err;
	if (!err)
		err = await(lfd, POLLIN, end);
	fa = err ? -1 : accept4(lfd, NULL, NULL, SOCK_CLOEXEC);
	if (fa < 0) {
		close(fb);
		return err ? err : -errno;
	}
	a->lanes[a->n_lanes++] = fa;
	b->lanes[b->n_lanes++] = fb;
	err = lane_setup(fa);
	return err ? err : lane_setup(fb);
}

static int link_add(int i)
{
	struct node *n = &sim.node[i];
	struct fttcp_link link = {
		.id = 1,
		.ifindex = net_index(&n->ns, "link"),
		.sockfd_count = n->n_lanes,
	};
	unsigned int k;
	int err;

	for (k = 0; k < n->n_lanes; k++)
		link.sockfds[k] = n->lanes[k];
	fttcp_mark(&link, FTTCP_A_LINK_ID);
	fttcp_mark(&link, FTTCP_A_LINK_IFINDEX);
	fttcp_mark(&link, FTTCP_A_LINK_SOCKFDS);
	err = fttcp_link_add(n->nl, &link);
	if (err)
		sim_say("%s: link add: %s", port_name[i], why(i, err));
	return err;
}

/* Both ends of a new link. Return: 0 once the modules have it. */
int link_dial(void)
{
	uint64_t end = sim_now() + DIAL_MS * MS;
	struct sock_opts o = { 0 };
	struct sockaddr_storage at;
	unsigned int k;
	int err, lfd;

	link_drop();
	sock_addr(link4[0], LINK_PORT, &at);
	must(ns_enter(&sim.node[0].ns), "setns");
	lfd = sock_listen(&at, &o, FTTCP_LANES_MAX);
	if (lfd < 0)
		return lfd;
	for (k = 0, err = 0; k < settings.lanes && !err; k++)
		err = dial_lane(lfd, &at, end);
	close(lfd);
	if (!err)
		err = link_add(0);
	if (!err)
		err = link_add(1);
	if (err)
		link_drop();
	return err;
}

/* --- promotion ------------------------------------------------------------ */

/**
 * node_promote() - make it the owner, as soon as the lease allows
 * @i: which
 * @force: do not wait for that
 *
 * Return: 0 or a negative errno.
 */
int node_promote(int i, bool force)
{
	uint64_t end = sim_now() + 60000 * MS;
	int err;

	for (;;) {
		struct fttcp_promote p = { .force = force };

		if (force)
			fttcp_mark(&p, FTTCP_A_PROMOTE_FORCE);
		pthread_mutex_lock(&sim.lock);
		capture_drain();
		hist(.type = H_PROMOTE, .who = i);
		pthread_mutex_unlock(&sim.lock);
		err = fttcp_promote(sim.node[i].nl, &p);
		if (!err) {
			hist(.type = H_PROMOTED, .who = i, .a = p.epoch,
			     .b = p.promoted, .c = p.failed);
			sim_say("%s: promoted %u, epoch %llu", port_name[i],
				p.promoted, (unsigned long long)p.epoch);
			return 0;
		}
		hist(.type = H_UNPROMOTED, .who = i, .a = -err);
		if (err != -EAGAIN || sim_now() > end)
			break;
		sim_sleep(10 * MS);
	}
	sim_say("%s: promote: %s", port_name[i], why(i, err));
	return err;
}

/* --- at the end ----------------------------------------------------------- */

static int bad_counter(const char *name, uint64_t value, void *arg)
{
	static const char * const zero[] = {
		"FttcpUncoveredAckLeak", "FttcpRxMissed",
	};
	const struct node *n = arg;
	unsigned int k;

	for (k = 0; k < 2; k++) {
		if (!strcmp(name, zero[k]))
			hist(.type = H_COUNTER, .who = n->who, .a = value,
			     .b = k);
	}
	return 0;
}

void node_counters(int i)
{
	must(fttcp_stats_get(sim.node[i].nl, bad_counter, &sim.node[i]),
	     "stats");
}

static int show_conn(const struct fttcp_conn *c, void *arg)
{
	(void)arg;
	if (c->role == FTTCP_CONN_ROLE_LISTENER)
		return 0;
	sim_say("  port %u: %s, %s, tcp %u, unacked %llu, unread %llu, held %u",
		c->remote.port, fttcp_conn_role_name(c->role),
		fttcp_conn_state_name(c->state), c->tcp_state,
		(unsigned long long)c->unacked, (unsigned long long)c->unread,
		c->held_segments);
	return 0;
}

static int show_link(const struct fttcp_link *l, void *arg)
{
	(void)arg;
	sim_say("  link %s, %s, missed %u, sent %llu, acked %llu",
		fttcp_link_state_name(l->state),
		fttcp_down_reason_name(l->down_reason), l->heartbeats_missed,
		(unsigned long long)l->sent_index,
		(unsigned long long)l->acked_index);
	return 0;
}

/* For whoever looks into a failure. */
void node_show(int i)
{
	struct fttcp_node n;

	if (!sim.node[i].on ||
	    fttcp_node_get(sim.node[i].nl, &n))
		return;
	sim_say("%s: %s, %s, lease %u ms, down for %s, not ready: %s",
		port_name[i], fttcp_role_name(n.role), fttcp_state_name(n.state),
		n.lease_ms, fttcp_down_reason_name(n.down_reason),
		n.not_ready_why);
	fttcp_link_dump(sim.node[i].nl, show_link, NULL);
	fttcp_conn_dump(sim.node[i].nl, show_conn, NULL);
}
