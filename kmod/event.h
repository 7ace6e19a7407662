/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what user space is told by multicast, numbered in each namespace so
 * that a reader sees that it missed some, and kept for a late one. Owns
 * numbering, limits, counts and the sentence; which events there are is in
 * include/fttcp/events.yaml, their message in netlink_event.c.
 */
#ifndef _FTTCP_EVENT_H
#define _FTTCP_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <fttcp/limits.h>
#include <uapi/linux/fttcp.h>

#include "event-gen.h"
#include "tuple.h"

struct fttcp_net;

/* What an event carries beside what is not 0, and how it is treated. */
#define FTTCP_EVENT_STATE	BIT(0)	/* the field state means something */
#define FTTCP_EVENT_ROLE	BIT(1)	/* the field role means something */
#define FTTCP_EVENT_ERR		BIT(2)	/* errno is told although it is 0 */
#define FTTCP_EVENT_LIMIT	BIT(3)	/* a peer can cause it: rate limited */
#define FTTCP_EVENT_SHORT	BIT(4)	/* once in FTTCP_EVENT_SHORT_MS */
#define FTTCP_EVENT_DAEMON	BIT(5)	/* event-raise may raise it */

/**
 * struct fttcp_event_desc - an event of the catalogue
 * @id:		its number, enum fttcp_event_id
 * @severity:	enum fttcp_severity
 * @object:	enum fttcp_object
 * @action:	enum fttcp_action
 * @flags:	FTTCP_EVENT_STATE and so on
 * @text:	the usual sentence, "" where the caller has it
 */
struct fttcp_event_desc {
	u32		id;
	u8		severity;
	u8		object;
	u8		action;
	u8		flags;
	const char	*text;
};

/* In the order of their numbers. */
extern const struct fttcp_event_desc fttcp_event_descs[FTTCP_EVENT_COUNT];

/**
 * struct fttcp_event - an event to be told
 * @id:		enum fttcp_event_id; the only field that has to be set
 * @severity:	enum fttcp_severity, when it is more than usual for this id
 * @object:	enum fttcp_object, FTTCP_OBJECT_NONE: the usual one of this id
 * @action:	enum fttcp_action, FTTCP_ACTION_EXISTS: the usual one of this id
 * @reason:	enum fttcp_down_reason, told when not 0
 * @state:	told by the ids that carry a state
 * @role:	told by the ids that carry a role
 * @by_daemon:	event-raise raises it
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
	bool				by_daemon;
	u32				link_id;
	u64				conn_id;
	u64				epoch;
	int				err;
	const struct fttcp_tuple	*tuple;
	const char			*text;
};

/**
 * struct fttcp_event_kept - an event that was told
 * @seq:	its number, 0 never used
 * @time_ns:	time of day
 * @desc:	of the catalogue
 * @ev:		with severity, object, action and state as they are told; its
 *		pointers are NULL, or @tuple and @text
 * @tuple:	its addresses
 * @text:	its sentence
 */
struct fttcp_event_kept {
	u64				seq;
	u64				time_ns;
	const struct fttcp_event_desc	*desc;
	struct fttcp_event		ev;
	struct fttcp_tuple		tuple;
	char				text[FTTCP_EVENT_TEXT];
};

/* Limit and counts of one event; under fttcp_events.lock. */
struct fttcp_event_bucket {
	unsigned long	refilled;	/* jiffies; of the last one, if short */
	u32		tokens;
	u64		raised;		/* told */
	u64		suppressed;	/* left out, by its limit */
};

/**
 * struct fttcp_events - events of one namespace
 * @lock:	orders numbering and sending, so that numbers arrive in order;
 *		softirq-safe, nothing else is taken under it
 * @seq:	number of the last event
 * @lost:	events not sent since the last FTTCP_EVT_EVENTS_LOST
 * @lost_work:	tells of @lost, so that a reader learns even if silence follows
 * @buckets:	limit and counts of each event of the catalogue, in its order
 * @kept:	the last events, that of number N at N % FTTCP_EVENTS_KEPT; made
 *		when they are needed first, so a namespace without fttcp has none
 * @spare:	for one that found no memory; it is told but not kept
 * @memory_told: when FTTCP_EVT_MEMORY_LIMIT was told last (jiffies)
 */
struct fttcp_events {
	spinlock_t			lock;	/* see above */
	u64				seq;
	u64				lost;
	struct delayed_work		lost_work;
	struct fttcp_event_bucket	buckets[FTTCP_EVENT_COUNT];
	struct fttcp_event_kept		*kept[FTTCP_EVENTS_KEPT];
	struct fttcp_event_kept		spare;
	unsigned long			memory_told;
};

void fttcp_events_init_net(struct fttcp_net *fn);
void fttcp_events_exit_net(struct fttcp_net *fn);
void fttcp_event(struct fttcp_net *fn, const struct fttcp_event *ev);
void fttcp_event_raise(struct fttcp_net *fn, u32 link_id, u32 id, int err,
		       const char *fmt, ...) __printf(5, 6);
void fttcp_event_short(struct fttcp_net *fn, const struct fttcp_event *ev,
		       unsigned long *told);
void fttcp_event_memory_limit(struct fttcp_net *fn);
u64 fttcp_events_seq(struct fttcp_net *fn);
const struct fttcp_event_desc *fttcp_event_find(u32 id);
const struct fttcp_event_kept *fttcp_events_next(struct fttcp_events *es,
						 u64 seq);

/* kmod/netlink_event.c */
struct sk_buff *fttcp_nl_event_build(const struct fttcp_event_kept *k);

#endif /* _FTTCP_EVENT_H */
