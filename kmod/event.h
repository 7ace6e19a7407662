/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what user space is told by multicast, numbered in each namespace so
 * that a reader sees that it missed some. Owns numbering, rate limits and the
 * sentence; the ids and what each carries are in
 * Documentation/netlink/specs/fttcp.yaml.
 */
#ifndef _FTTCP_EVENT_H
#define _FTTCP_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <uapi/linux/fttcp.h>

struct fttcp_net;
struct fttcp_tuple;

/**
 * struct fttcp_event - an event to be told
 * @id:		enum fttcp_event_id; the only field that has to be set
 * @severity:	enum fttcp_severity, when it is more than usual for this id
 * @object:	enum fttcp_object, FTTCP_OBJECT_NONE: the usual one of this id
 * @action:	enum fttcp_action, FTTCP_ACTION_EXISTS: the usual one of this id
 * @reason:	enum fttcp_down_reason, told when not 0
 * @state:	told by the ids that carry a state
 * @role:	told by the ids that carry a role
 * @link_id:	told when not 0
 * @conn_id:	told when not 0
 * @epoch:	told when not 0
 * @err:	negative error number, told when not 0 and by ids that carry
 *		errno
 * @tuple:	addresses, told when not NULL
 * @text:	instead of the usual sentence of this id
 */
struct fttcp_event {
	u32				id;
	u8				severity;
	u8				object;
	u8				action;
	u8				reason;
	u8				state;
	u8				role;
	u32				link_id;
	u64				conn_id;
	u64				epoch;
	int				err;
	const struct fttcp_tuple	*tuple;
	const char			*text;
};

/* Tokens of one event id; under fttcp_events.lock. */
struct fttcp_event_bucket {
	unsigned long	refilled;	/* jiffies */
	u32		tokens;
};

/**
 * struct fttcp_events - events of one namespace
 * @lock:	orders numbering and sending, so that numbers arrive in order;
 *		softirq-safe, nothing else is taken under it
 * @seq:	number of the last event
 * @lost:	events not sent since the last FTTCP_EVENT_ID_EVENTS_LOST
 * @lost_work:	tells of @lost, so that a reader learns even if silence follows
 * @buckets:	limits of the ids that a peer can cause
 * @memory_told: when FTTCP_EVENT_ID_MEMORY_LIMIT was told last (jiffies)
 */
struct fttcp_events {
	spinlock_t			lock;	/* see above */
	u64				seq;
	u64				lost;
	struct delayed_work		lost_work;
	struct fttcp_event_bucket	buckets[FTTCP_EVENT_ID_MAX + 1];
	unsigned long			memory_told;
};

void fttcp_events_init_net(struct fttcp_net *fn);
void fttcp_events_exit_net(struct fttcp_net *fn);
void fttcp_event(struct fttcp_net *fn, const struct fttcp_event *ev);
void fttcp_event_short(struct fttcp_net *fn, const struct fttcp_event *ev,
		       unsigned long *told);
void fttcp_event_memory_limit(struct fttcp_net *fn);
u64 fttcp_events_seq(struct fttcp_net *fn);

#endif /* _FTTCP_EVENT_H */
