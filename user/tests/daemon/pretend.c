// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the pretended kernel. These functions take the place of those of
 * libfttcp and of fttcpd's rtaddr, announce and neighbour, and of
 * one of libc.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "fttcpd/announce.h"
#include "fttcpd/neighbour.h"
#include "fttcpd/rtaddr.h"
#include "pretend.h"

struct pretend k;

/* The daemon asks from two threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	size_t len;
	va_list ap;

	pthread_mutex_lock(&lock);
	len = strlen(k.record);
	va_start(ap, fmt);
	vsnprintf(k.record + len, sizeof(k.record) - len, fmt, ap);
	va_end(ap);
	strncat(k.record, ";", sizeof(k.record) - strlen(k.record) - 1);
	pthread_mutex_unlock(&lock);
}

/* It was asked for that. */
bool pretend_did(const char *what)
{
	bool did;

	pthread_mutex_lock(&lock);
	did = strstr(k.record, what);
	pthread_mutex_unlock(&lock);
	return did;
}

/* The request does not return before the test lets it. */
static void wait_for_gate(void)
{
	char c;

	if (k.gate && read(k.gate, &c, 1) < 0)
		note("no gate");
}

int fttcp_nl_open(struct fttcp_nl **out)
{
	*out = (struct fttcp_nl *)&k;
	return 0;
}

void fttcp_nl_close(struct fttcp_nl *nl)
{
	(void)nl;
}

int fttcp_event_raise(struct fttcp_nl *nl, const struct fttcp_event *event)
{
	(void)nl;
	pthread_mutex_lock(&lock);
	strcpy(k.raised[event->id], event->text);
	pthread_mutex_unlock(&lock);
	return 0;
}

int fttcp_node_get(struct fttcp_nl *nl, struct fttcp_node *node)
{
	(void)nl;
	k.reads++;
	if (k.node_err)
		return k.node_err;
	*node = k.node;
	return 0;
}

static int set_role(const struct fttcp_node *node)
{
	note("role %u", node->role);
	if (k.role_err)
		return k.role_err;
	/* replicas, and with them a complete copy, end with the role of a backup */
	if (k.node.role != node->role)
		k.node.present &= ~FTTCP_BIT(FTTCP_A_NODE_ALONE_MS);
	k.node.role = node->role;
	k.node.state = node->role == FTTCP_ROLE_ACTIVE ? FTTCP_STATE_SOLO :
		       FTTCP_STATE_BACKUP_WAITING;
	if (fttcp_has(node, FTTCP_A_NODE_EPOCH))
		k.node.epoch = node->epoch;
	else if (node->role == FTTCP_ROLE_ACTIVE)
		k.node.epoch = k.node.epoch_seen ? k.node.epoch_seen : 1;
	return 0;
}

int fttcp_node_set(struct fttcp_nl *nl, const struct fttcp_node *node)
{
	(void)nl;
	if (fttcp_has(node, FTTCP_A_NODE_ROLE))
		return set_role(node);
	note("settings");
	if (k.settings_err)
		return k.settings_err;
	if (fttcp_has(node, FTTCP_A_NODE_ID))
		k.node.id = node->id;
	if (fttcp_has(node, FTTCP_A_NODE_HOLD_MAX_MS))
		k.node.hold_max_ms = node->hold_max_ms;
	if (fttcp_has(node, FTTCP_A_NODE_HEARTBEAT_MS))
		k.node.heartbeat_ms = node->heartbeat_ms;
	if (fttcp_has(node, FTTCP_A_NODE_HEARTBEAT_MISSES))
		k.node.heartbeat_misses = node->heartbeat_misses;
	return 0;
}

int fttcp_link_dump(struct fttcp_nl *nl, fttcp_link_cb cb, void *arg)
{
	unsigned int i;

	(void)nl;
	for (i = 0; i < k.links; i++)
		cb(&k.link[i], arg);
	return 0;
}

int fttcp_link_add(struct fttcp_nl *nl, const struct fttcp_link *link)
{
	(void)nl;
	note("link+ %u lanes %u", link->id, link->sockfd_count);
	return 0;
}

int fttcp_link_del(struct fttcp_nl *nl, uint32_t id)
{
	(void)nl;
	note("link- %u", id);
	return 0;
}

int fttcp_link_stop(struct fttcp_nl *nl, uint32_t id, uint32_t reason)
{
	(void)nl;
	note("link- %u %s", id, fttcp_down_reason_name(reason));
	return 0;
}

int fttcp_policy_dump(struct fttcp_nl *nl, fttcp_policy_cb cb, void *arg)
{
	unsigned int i;

	(void)nl;
	for (i = 0; i < k.policies; i++)
		cb(&k.policy[i], arg);
	return 0;
}

int fttcp_policy_add(struct fttcp_nl *nl, struct fttcp_policy *policy)
{
	(void)nl;
	note("policy+ %u", policy->local_port);
	if (policy->local_port == k.policy_bad)
		return -EINVAL;
	policy->id = k.policies + 1;
	k.policy[k.policies++] = *policy;
	return 0;
}

int fttcp_policy_del(struct fttcp_nl *nl, uint32_t id)
{
	(void)nl;
	note("policy- %u", k.policy[id - 1].local_port);
	memset(&k.policy[id - 1], 0, sizeof(k.policy[0]));
	return 0;
}

void fttcp_policy_local(struct fttcp_policy *policy,
			const struct fttcp_prefix *prefix)
{
	policy->local = *prefix;
}

void fttcp_policy_remote(struct fttcp_policy *policy,
			 const struct fttcp_prefix *prefix)
{
	policy->remote = *prefix;
}

int fttcp_promote(struct fttcp_nl *nl, struct fttcp_promote *promote)
{
	(void)nl;
	if (k.promote_again && !promote->force) {
		k.promote_again--;
		note("promote later");
		return -EAGAIN;
	}
	note(promote->force ? "promote force" : "promote");
	wait_for_gate();
	if (k.promote_err)
		return k.promote_err;
	k.node.role = FTTCP_ROLE_ACTIVE;
	promote->promoted = 3;
	promote->failed = k.promote_failed;
	promote->epoch = k.node.epoch_seen + 1;
	return 0;
}

int fttcp_handover(struct fttcp_nl *nl)
{
	(void)nl;
	note("handover");
	wait_for_gate();
	return k.handover_err;
}

int fttcp_solo(struct fttcp_nl *nl)
{
	(void)nl;
	note("solo");
	k.node.state = FTTCP_STATE_SOLO;
	return 0;
}

const struct fttcp_nl_error *fttcp_nl_error(const struct fttcp_nl *nl)
{
	(void)nl;
	return &k.error;
}

const char *fttcp_nl_strerror(const struct fttcp_nl *nl, int err, char *buf,
			      size_t len)
{
	(void)nl;
	snprintf(buf, len, "kernel says %d", err);
	return buf;
}

int fttcp_events_open(struct fttcp_events **out)
{
	*out = (struct fttcp_events *)&k;
	return pipe2(k.pipe, O_NONBLOCK | O_CLOEXEC) ? -errno : 0;
}

void fttcp_events_close(struct fttcp_events *ev)
{
	(void)ev;
	close(k.pipe[0]);
	close(k.pipe[1]);
}

int fttcp_events_fd(const struct fttcp_events *ev)
{
	(void)ev;
	return k.pipe[0];
}

void fttcp_events_sync(struct fttcp_events *ev, uint64_t seq)
{
	(void)ev;
	(void)seq;
}

int fttcp_events_read(struct fttcp_events *ev, fttcp_event_cb cb, void *arg)
{
	unsigned int i, n = k.events;
	char c[16];

	(void)ev;
	if (read(k.pipe[0], c, sizeof(c)) < 0)
		return -errno;
	if (k.overrun) {
		k.overrun = false;
		return -ENOBUFS;
	}
	if (k.read_err)
		return k.read_err;
	k.events = 0;
	for (i = 0; i < n; i++)
		cb(&k.event[i], arg);
	return 0;
}

int fttcpd_rtaddr(bool add, const struct fttcpd_service *service)
{
	note("addr%c %u", add ? '+' : '-', service->addr.addr[3]);
	return k.addr_err;
}

int fttcpd_announce(const struct fttcpd_packet *packet,
		    const struct fttcp_endpoint *addr, const char *dev)
{
	(void)packet;
	(void)dev;
	note("announce %u", addr->addr[3]);
	return 0;
}

int fttcpd_neighbour_begin(const struct fttcpd_packet *p,
			   const struct fttcp_endpoint *addr, const char *dev)
{
	(void)p;
	(void)addr;
	(void)dev;
	return k.neighbour_err ? k.neighbour_err : k.network[0];
}

void fttcpd_neighbour_end(const struct fttcpd_packet *p)
{
	(void)p;
}

int fttcpd_neighbour_ask(const struct fttcpd_packet *p,
			 const struct fttcp_endpoint *addr, const char *dev)
{
	(void)p;
	(void)dev;
	note("ask %u", addr->addr[3]);
	return 0;
}

/* A packet is one byte, '!' if it says that the first address is taken. */
int fttcpd_neighbour_taken(const struct fttcpd_packet *p,
			   enum fttcpd_packet_kind kind,
			   const struct fttcpd_service *service,
			   unsigned int services, uint8_t mac[6])
{
	char c;

	(void)p;
	(void)kind;
	(void)service;
	(void)services;
	memset(mac, 2, 6);
	return read(k.network[0], &c, 1) == 1 && c == '!' ? 0 : -1;
}

int fsync(int fd)
{
	while (k.disk_hangs)
		usleep(1000);
	return syscall(SYS_fsync, fd);
}
