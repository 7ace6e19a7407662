/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct fttcp_net: what one network namespace knows, and the module's own
 * small conventions. Nothing here knows sockets or the wire.
 *
 * Lifecycle words, everywhere: _init/_exit a file's global part,
 * _init_net/_exit_net its part of a namespace, _alloc/_get/_put/_release a
 * counted object. Locking and lifetime: Documentation/locking.rst.
 */
#ifndef _FTTCP_H
#define _FTTCP_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/tcp.h>
#include <uapi/linux/fttcp.h>
#include <fttcp/limits.h>

#include "audit.h"
#include "command.h"
#include "event.h"
#include "policy.h"
#include "stats.h"

#undef pr_fmt
#define pr_fmt(fmt) "fttcp: " fmt

#define FTTCP_VERSION "0.1.0"

#define FTTCP_CONN_HASH_BITS	10
#define FTTCP_CONN_HASH		BIT(FTTCP_CONN_HASH_BITS)

#define FTTCP_ENDPOINT_HASH_BITS 8
#define FTTCP_ENDPOINT_HASH	BIT(FTTCP_ENDPOINT_HASH_BITS)

struct fttcp_link;

/**
 * struct fttcp_silence - for which endpoints a silent node does not answer
 * @endpoints:	struct fttcp_endpoint; RCU, writers under fn->lock
 * @nr_left:	of these, kept though nothing has them any more; fn->lock
 * @watching:	packets are looked at; under fn->ctl
 */
struct fttcp_silence {
	struct hlist_head	endpoints[FTTCP_ENDPOINT_HASH];
	u32			nr_left;
	bool			watching;
};

/**
 * struct fttcp_config - what `node set` changes; read without a lock
 * @id:			node id, 0 while not set
 * @mode:		enum fttcp_mode of connections that no policy decides
 * @on_loss:		enum fttcp_loss
 * @hold_max_ms:	R5's bound
 * @heartbeat_ms:	interval
 * @heartbeat_misses:	link down after as many
 * @lane_queue_max:	bytes
 * @memory_max:		bytes
 * @audit_interval_ms:	from one audit to the next, 0 none
 * @local_peers:	enum fttcp_local_peers
 */
struct fttcp_config {
	u32	id;
	u8	mode;
	u8	on_loss;
	u8	local_peers;
	u32	hold_max_ms;
	u32	heartbeat_ms;
	u32	heartbeat_misses;
	u64	lane_queue_max;
	u64	memory_max;
	u32	audit_interval_ms;
};

/**
 * struct fttcp_net - one namespace
 * @net:	the namespace; it outlives this
 * @conf:	settings
 * @stats:	counters
 * @events:	event numbering and rate limits
 * @policies:	rules that attach new connections
 * @commands:	of operators, by their ids
 * @silence:	R4 for what no socket sends
 * @ctl:	serialises role changes, links, promotion; may sleep under it
 * @role:	enum fttcp_role; written under @ctl
 * @state:	enum fttcp_state; written by fttcp_node_set_state() alone
 * @down_reason: why the last link ended
 * @epoch:	of the role; written under @lock
 * @epoch_own:	an active has been promoted in @epoch, or a backup has followed
 *		it there; otherwise it began by itself, and goes by the largest
 *		that it hears of. Under @lock
 * @epoch_seen:	largest epoch that any node named; under @lock
 * @peer_id:	node id of the other side, from its HELLO
 * @lease_ns:	R4: nothing leaves after this (ktime), U64_MAX unlimited,
 *		extended by the backup's echoes
 * @lease_echo:	until when the echoes alone would let it speak; what @lease_ns
 *		becomes when it ends to be unlimited; under @lock
 * @lease_over_ns: when the last lease ended that let anything go, if those that
 *		came since were over already; 0 otherwise; under @lock
 * @granted_ns:	on a backup: until when the active may send (ktime)
 * @goodbye:	on a backup: the active has said that it sends no more
 * @alone_ms:	on a backup: after how long without it the active goes on alone
 *		by itself, as it has said; 0 never
 * @still_ns:	on a backup: when it went on after it had stood still for longer
 *		than that; 0 not, or the active was heard since
 * @synced:	on a backup: SYNC_END was seen, so that promotion is whole; on an
 *		active: it was sent, so that the backup may be promoted
 * @claims:	a replica is being made, given to an application, promoted or
 *		dropped; taken under @ctl, or by a lane's worker without it
 * @leaving:	a handover is under way; written under @ctl
 * @establish:	replicas share loopback addresses while they are made; taken last
 * @cong_missing: congestion control that this node lacks; a lane's worker would
 *		look for its module at every connection
 * @sync_gen:	on a backup: counts links that came up; a replica that the last
 *		one did not name belongs to a connection that has ended
 * @nr_refused:	connections that the backup cannot keep
 * @nr_incomplete: replicas whose bytes have not all followed CONN_ADD yet
 * @lock:	protects the lists below for writers; readers use RCU
 * @conns:	live, promoted and replica connections by id
 * @tuples:	the same by addresses
 * @listeners:	listening sockets with the ULP
 * @links:	under @ctl for writers, RCU for readers
 * @nr_conns:	entries in @conns that are not replicas
 * @nr_replicas: entries in @conns that are replicas
 * @nr_standby:	of these, given to an application
 * @nr_listeners: entries in @listeners
 * @nr_links:	entries in @links
 * @link_gone:	largest id of a link that was removed; under @ctl
 * @next_id:	low part of the next connection id; @boot_tag the high part
 * @boot_tag:	random, so that ids of two nodes never meet
 * @mem_used:	bytes in records and replicas
 * @hold_ns:	when the protection was lost, 0 while nothing is held for it or
 *		since this node went on alone (ktime); under @lock
 * @solo_work:	ends the hold hold_max after that
 * @release_work: lets segments go when an expired lease was renewed
 * @claim_work:	offers promoted connections to listeners
 * @kick_work:	wakes the peers of promoted connections
 * @patience_work: keeps TCP from giving up on who waits for the backup
 * @audit:	whether the replicas are what they should be
 * @kick_step:	next of FTTCP_KICK_STEPS_MS; see the essay
 * @kick_next:	when it is due, jiffies
 * @kick_tell:	some peers seemed to be behind; kick_work alone
 * @dying:	the namespace goes away: nothing new begins
 */
struct fttcp_net {
	struct net		*net;
	struct fttcp_config	conf;
	struct fttcp_stats __percpu *stats;
	struct fttcp_events	events;
	struct fttcp_policies	policies;
	struct fttcp_commands	commands;
	struct fttcp_silence	silence;

	struct mutex		ctl;	/* see the essay */
	u8			role;
	u8			state;
	u8			down_reason;
	bool			dying;
	bool			epoch_own;
	u64			epoch;
	u64			epoch_seen;
	u32			peer_id;

	u64			lease_ns;
	u64			lease_echo;
	u64			lease_over_ns;
	u64			granted_ns;
	u32			alone_ms;
	u64			still_ns;
	bool			goodbye;
	bool			synced;
	bool			leaving;
	u64			hold_ns;
	u32			sync_gen;
	atomic_t		nr_refused;
	atomic_t		nr_incomplete;

	struct mutex		claims;	/* who has a replica's socket */
	struct mutex		establish; /* a replica's connect() */
	spinlock_t		lock;	/* lists and counts below */
	struct hlist_head	conns[FTTCP_CONN_HASH];
	struct hlist_head	tuples[FTTCP_CONN_HASH];
	struct list_head	listeners;
	struct list_head	links;
	u32			nr_conns;
	u32			nr_replicas;
	u32			nr_standby;
	u32			nr_listeners;
	u32			nr_links;
	u32			link_gone;
	u32			next_id;
	u32			boot_tag;
	char			cong_missing[TCP_CA_NAME_MAX];
	atomic64_t		mem_used;

	struct delayed_work	solo_work;
	struct work_struct	release_work;
	struct delayed_work	claim_work;
	struct delayed_work	kick_work;
	struct delayed_work	patience_work;
	struct fttcp_audit	audit;
	u32			kick_step;
	bool			kick_tell;
	unsigned long		kick_next;
};

extern unsigned int fttcp_net_id;
extern u64 fttcp_boot_id;
extern struct workqueue_struct *fttcp_wq;

/* R4 has to hold across a suspend, so not the monotonic clock */
static inline u64 fttcp_lease_clock(void)
{
	return ktime_get_boottime_ns();
}

static inline struct fttcp_net *fttcp_net(const struct net *net)
{
	return net_generic(net, fttcp_net_id);
}

/* kmod/node.c: role and state; kmod/lease.c */
int fttcp_node_init_net(struct net *net, struct fttcp_net *fn);
void fttcp_node_exit_net(struct fttcp_net *fn);
void fttcp_node_set_state(struct fttcp_net *fn, u8 state, u8 reason);
int fttcp_node_set_role(struct fttcp_net *fn, u8 role, u64 epoch,
			const char **why);
void fttcp_node_epoch_seen(struct fttcp_net *fn, u64 epoch);
bool fttcp_node_epoch_borrow(struct fttcp_net *fn, u64 epoch);
void fttcp_node_set_epoch(struct fttcp_net *fn, u64 epoch, bool own);
u8 fttcp_node_claim(const struct fttcp_net *fn);
void fttcp_node_link_up(struct fttcp_net *fn);
void fttcp_node_sync_begun(struct fttcp_net *fn);
void fttcp_node_sync_ending(struct fttcp_net *fn);
void fttcp_node_protected(struct fttcp_net *fn);
void fttcp_node_link_lost(struct fttcp_net *fn, u8 reason);
void fttcp_node_conf_changed(struct fttcp_net *fn);
int fttcp_node_solo(struct fttcp_net *fn, const char **why);
void fttcp_node_unmute_all(struct fttcp_net *fn);
int fttcp_node_handover(struct fttcp_net *fn, const char **why);
const char *fttcp_node_not_ready(struct fttcp_net *fn);
const char *fttcp_node_no_epoch(const struct fttcp_net *fn);
void fttcp_node_fence(struct fttcp_net *fn, u64 epoch, bool yield);
bool fttcp_lease_valid(const struct fttcp_net *fn);
void fttcp_lease_renew(struct fttcp_net *fn, u64 asked_ns, u32 granted_ms);
u64 fttcp_lease_length_ns(const struct fttcp_net *fn);
u32 fttcp_lease_left_ms(const struct fttcp_net *fn);
void fttcp_lease_stood_still(struct fttcp_net *fn, u64 now, u64 age_ns);
void fttcp_lease_heard(struct fttcp_net *fn, u64 echo_ns, u32 alone_ms);
void fttcp_lease_grant(struct fttcp_net *fn, u64 len, u64 heard_ns);
u32 fttcp_lease_granted_ms(const struct fttcp_net *fn);

/**
 * fttcp_mem_charge() - account for memory that records or replicas hold
 * @fn: namespace
 * @bytes: how much
 *
 * Context: any.
 * Return: false when the namespace's limit does not allow it; then nothing is
 * accounted.
 */
static inline bool fttcp_mem_charge(struct fttcp_net *fn, u32 bytes)
{
	u64 max = READ_ONCE(fn->conf.memory_max);

	if (atomic64_add_return(bytes, &fn->mem_used) <= max)
		return true;
	atomic64_sub(bytes, &fn->mem_used);
	fttcp_event_memory_limit(fn);
	return false;
}

/* would that much more be allowed? */
static inline bool fttcp_mem_fits(const struct fttcp_net *fn, u32 bytes)
{
	return atomic64_read(&fn->mem_used) + bytes <=
	       READ_ONCE(fn->conf.memory_max);
}

static inline void fttcp_mem_uncharge(struct fttcp_net *fn, u32 bytes)
{
	atomic64_sub(bytes, &fn->mem_used);
}

#endif /* _FTTCP_H */
