// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: numbers them, limits those that a peer can cause, puts them into
 * netlink messages and sends these to the group. A reader that sees a gap in
 * the numbers dumps again; the event events-lost tells it so when nothing else
 * follows.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <net/genetlink.h>

#include <fttcp/strings-gen.h>

#include "event.h"
#include "fttcp.h"
#include "netlink.h"
#include "tuple.h"

/* What an event carries beside what is not 0, and how it is treated. */
#define EV_STATE	BIT(0)	/* the field state means something */
#define EV_ROLE		BIT(1)	/* the field role means something */
#define EV_ERR		BIT(2)	/* errno is told although it is 0 */
#define EV_LIMIT	BIT(3)	/* a peer can cause it: rate limited */

struct event_desc {
	u8		severity;
	u8		object;
	u8		action;
	u8		flags;
	const char	*text;
};

#define EV(id_, severity_, object_, action_, flags_, text_)		\
	[FTTCP_EVENT_ID_##id_] = {					\
		.severity	= FTTCP_SEVERITY_##severity_,		\
		.object		= FTTCP_OBJECT_##object_,		\
		.action		= FTTCP_ACTION_##action_,		\
		.flags		= (flags_),				\
		.text		= (text_),				\
	}

static const struct event_desc event_descs[FTTCP_EVENT_ID_MAX + 1] = {
	EV(NODE_STATE, NOTICE, NODE, CHANGE, EV_STATE | EV_ROLE,
	   "node state changed"),
	EV(NODE_ROLE, NOTICE, NODE, CHANGE, EV_STATE | EV_ROLE,
	   "node role changed"),
	EV(NODE_CONFIG, INFO, NODE, CHANGE, EV_STATE | EV_ROLE,
	   "node settings changed"),
	EV(LINK_ADDED, INFO, LINK, CREATE, EV_STATE, "link added"),
	EV(LINK_UP, NOTICE, LINK, CHANGE, EV_STATE | EV_ROLE, "link up"),
	EV(LINK_DOWN, WARNING, LINK, CHANGE, EV_STATE, "link down"),
	EV(LINK_REMOVED, INFO, LINK, DESTROY, 0, "link removed"),
	EV(LINK_REFUSED, WARNING, LINK, EVENT, EV_ROLE | EV_LIMIT,
	   "link refused"),
	EV(SYNC_BEGIN, INFO, LINK, EVENT, 0,
	   "transfer of existing connections began"),
	EV(SYNC_END, NOTICE, LINK, EVENT, 0,
	   "backup has every connection"),
	EV(HOLD_BEGIN, WARNING, NODE, EVENT, 0,
	   "backup lost, output waits"),
	EV(HOLD_EXPIRED, WARNING, NODE, EVENT, 0,
	   "no backup within hold-max"),
	EV(SOLO, WARNING, NODE, EVENT, EV_STATE, "going on without backup"),
	EV(LEASE_EXPIRED, WARNING, NODE, EVENT, 0,
	   "lease had run out; it is renewed"),
	EV(STOOD_STILL, ERROR, NODE, EVENT, EV_LIMIT,
	   "stood still for so long that the active may have gone on alone"),
	EV(FENCED, CRITICAL, NODE, EVENT, EV_STATE,
	   "larger epoch met, protected connections muted"),
	EV(EPOCH_REFUSED, WARNING, NODE, EVENT, EV_LIMIT,
	   "smaller epoch refused"),
	EV(GOODBYE, NOTICE, LINK, EVENT, 0,
	   "active has handed over"),
	EV(HANDOVER_BEGIN, NOTICE, NODE, EVENT, 0, "handover began"),
	EV(HANDOVER_END, NOTICE, NODE, EVENT, EV_ERR, "handover ended"),
	EV(PROMOTE_BEGIN, NOTICE, NODE, EVENT, 0, "promotion began"),
	EV(PROMOTED, NOTICE, NODE, EVENT, EV_STATE | EV_ROLE, "promoted"),
	EV(PROMOTE_FAILED, CRITICAL, NODE, EVENT, 0, "promotion failed"),
	EV(KICK_DONE, NOTICE, NODE, EVENT, 0,
	   "every peer has answered after the takeover"),
	EV(KICK_TIMEOUT, WARNING, NODE, EVENT, 0,
	   "a peer does not answer after the takeover"),
	EV(CONN_ATTACHED, INFO, CONN, CREATE, EV_STATE | EV_ROLE | EV_LIMIT,
	   "connection attached"),
	EV(CONN_STATE, INFO, CONN, CHANGE, EV_STATE | EV_ROLE | EV_LIMIT,
	   "connection state changed"),
	EV(CONN_DETACHED, INFO, CONN, DESTROY, EV_ROLE | EV_LIMIT,
	   "connection detached"),
	EV(CONN_REFUSED, WARNING, CONN, EVENT, EV_LIMIT,
	   "connection can not be protected"),
	EV(CONN_UNPROTECTED, WARNING, CONN, EVENT, EV_STATE | EV_LIMIT,
	   "connection lost its protection"),
	EV(REPLICA_ADDED, INFO, CONN, CREATE, EV_STATE | EV_ROLE | EV_LIMIT,
	   "replica added"),
	EV(REPLICA_REMOVED, INFO, CONN, DESTROY, EV_ROLE | EV_LIMIT,
	   "replica removed"),
	EV(REPLICA_FAILED, ERROR, CONN, EVENT, EV_LIMIT,
	   "record could not be applied to replica"),
	EV(STANDBY_ACCEPTED, INFO, CONN, CHANGE, EV_STATE | EV_LIMIT,
	   "replica given to a standby listener"),
	EV(CLAIMED, INFO, CONN, CHANGE, EV_STATE | EV_LIMIT,
	   "promoted connection given to a listener"),
	EV(CLAIM_QUEUE_FULL, WARNING, CONN, EVENT, EV_LIMIT,
	   "accept queue of listener is full"),
	EV(QUEUE_FULL, WARNING, LINK, EVENT, EV_LIMIT, "lane queue is full"),
	EV(MEMORY_LIMIT, ERROR, NODE, EVENT, EV_LIMIT,
	   "memory limit reached"),
	EV(POLICY_ADDED, INFO, POLICY, CREATE, 0, "policy added"),
	EV(POLICY_REMOVED, INFO, POLICY, DESTROY, 0, "policy removed"),
	EV(EVENTS_LOST, WARNING, NONE, EVENT, 0,
	   "events were lost, dump again"),
	EV(AUDIT_END, INFO, NODE, EVENT, 0, "audit ended"),
	EV(AUDIT_DIFF, ERROR, CONN, EVENT, EV_LIMIT,
	   "the replica is not what it should be"),
	EV(AUDIT_STALE, ERROR, CONN, EVENT, EV_LIMIT,
	   "replica of a connection that the active does not have"),
};

/* Length of the longest sentence that an event can carry. */
#define EVENT_TEXT	160

/* Attributes of an event without the sentence; nla_put() checks. */
#define EVENT_MSG	512

/* How long a reader may stay unaware of lost events. */
#define EVENTS_LOST_DELAY	(HZ / 2)

static bool event_allowed(struct fttcp_events *es, u32 id)
{
	struct fttcp_event_bucket *b = &es->buckets[id];
	unsigned long now = jiffies;
	unsigned long add;

	lockdep_assert_held(&es->lock);
	if (!(event_descs[id].flags & EV_LIMIT))
		return true;
	add = min_t(unsigned long, now - b->refilled, FTTCP_EVENT_BURST * HZ) *
	      FTTCP_EVENT_RATE_PER_SEC / HZ;
	if (add) {
		b->tokens = min_t(unsigned long, b->tokens + add,
				  FTTCP_EVENT_BURST);
		b->refilled = now;
	}
	if (!b->tokens)
		return false;
	b->tokens--;
	return true;
}

static int event_put_tuple(struct sk_buff *skb, const struct fttcp_tuple *t)
{
	unsigned int len = fttcp_tuple_addr_len(t);

	if (nla_put_u16(skb, FTTCP_A_EVENT_FAMILY, t->family) ||
	    nla_put(skb, FTTCP_A_EVENT_LOCAL_ADDR, len, &t->laddr) ||
	    nla_put_u16(skb, FTTCP_A_EVENT_LOCAL_PORT, ntohs(t->lport)))
		return -EMSGSIZE;
	if (!t->rport)
		return 0;
	if (nla_put(skb, FTTCP_A_EVENT_REMOTE_ADDR, len, &t->raddr) ||
	    nla_put_u16(skb, FTTCP_A_EVENT_REMOTE_PORT, ntohs(t->rport)))
		return -EMSGSIZE;
	return 0;
}

static int event_put_text(struct sk_buff *skb, const struct fttcp_event *ev,
			  const struct event_desc *desc)
{
	char text[EVENT_TEXT];
	int n;

	n = scnprintf(text, sizeof(text), "%s", ev->text ?: desc->text);
	if (!ev->text && ev->reason)
		n += scnprintf(text + n, sizeof(text) - n, ": %s",
			       fttcp_down_reason_name(ev->reason));
	if (!ev->text && ev->err)
		scnprintf(text + n, sizeof(text) - n, " (error %d)", ev->err);
	return nla_put_string(skb, FTTCP_A_EVENT_TEXT, text);
}

static int event_put_what(struct sk_buff *skb, const struct fttcp_event *ev,
			  const struct event_desc *desc)
{
	u8 severity = max(ev->severity, desc->severity);
	u8 object = ev->object ?: desc->object;
	u8 action = ev->action ?: desc->action;

	if (nla_put_u32(skb, FTTCP_A_EVENT_ID, ev->id) ||
	    nla_put_string(skb, FTTCP_A_EVENT_NAME,
			   fttcp_event_name(ev->id)) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_SEVERITY, severity) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_OBJECT, object) ||
	    nla_put_u32(skb, FTTCP_A_EVENT_ACTION, action))
		return -EMSGSIZE;
	return event_put_text(skb, ev, desc);
}

/* The id says it already for links. */
static u8 event_state(const struct fttcp_event *ev)
{
	switch (ev->id) {
	case FTTCP_EVENT_ID_LINK_UP:
		return FTTCP_LINK_STATE_UP;
	case FTTCP_EVENT_ID_LINK_DOWN:
		return FTTCP_LINK_STATE_DOWN;
	default:
		return ev->state;
	}
}

static int event_put_details(struct sk_buff *skb, const struct fttcp_event *ev,
			     const struct event_desc *desc)
{
	if (ev->link_id && nla_put_u32(skb, FTTCP_A_EVENT_LINK_ID, ev->link_id))
		return -EMSGSIZE;
	if (ev->conn_id && nla_put_u64_64bit(skb, FTTCP_A_EVENT_CONN_ID,
					     ev->conn_id, FTTCP_A_EVENT_PAD))
		return -EMSGSIZE;
	if (ev->reason && nla_put_u32(skb, FTTCP_A_EVENT_REASON, ev->reason))
		return -EMSGSIZE;
	if (ev->epoch && nla_put_u64_64bit(skb, FTTCP_A_EVENT_EPOCH, ev->epoch,
					   FTTCP_A_EVENT_PAD))
		return -EMSGSIZE;
	if ((desc->flags & EV_STATE) &&
	    nla_put_u32(skb, FTTCP_A_EVENT_STATE, event_state(ev)))
		return -EMSGSIZE;
	if ((desc->flags & EV_ROLE) &&
	    nla_put_u32(skb, FTTCP_A_EVENT_ROLE, ev->role))
		return -EMSGSIZE;
	if ((ev->err || (desc->flags & EV_ERR)) &&
	    nla_put_s32(skb, FTTCP_A_EVENT_ERRNO, ev->err))
		return -EMSGSIZE;
	return ev->tuple ? event_put_tuple(skb, ev->tuple) : 0;
}

static struct sk_buff *event_build(const struct fttcp_event *ev, u64 seq)
{
	const struct event_desc *desc = &event_descs[ev->id];
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(EVENT_MSG + EVENT_TEXT, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, 0, 0, &fttcp_nl_family, 0, FTTCP_CMD_EVENT);
	if (!hdr ||
	    nla_put_u64_64bit(skb, FTTCP_A_EVENT_SEQ, seq, FTTCP_A_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, FTTCP_A_EVENT_TIME_NS, ktime_get_real_ns(),
			      FTTCP_A_EVENT_PAD) ||
	    event_put_what(skb, ev, desc) ||
	    event_put_details(skb, ev, desc)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/* Number an event and send it; false when it is lost. */
static bool event_send(struct fttcp_net *fn, const struct fttcp_event *ev)
{
	struct fttcp_events *es = &fn->events;
	struct sk_buff *skb;

	lockdep_assert_held(&es->lock);
	if (!fttcp_nl_has_listeners(fn->net)) {
		WRITE_ONCE(es->seq, es->seq + 1);
		return true;
	}
	/* what is suppressed has no number: EVENTS_LOST tells of it */
	if (!event_allowed(es, ev->id))
		return false;
	WRITE_ONCE(es->seq, es->seq + 1);
	skb = event_build(ev, es->seq);
	if (!skb)
		return false;
	/* A reader whose socket is full learns so from its next read. */
	fttcp_nl_multicast(fn->net, skb, GFP_ATOMIC);
	return true;
}

/**
 * fttcp_event() - tell user space of an event
 * @fn: namespace
 * @ev: the event; only its id has to be set
 *
 * Context: any but hard interrupts, with or without socket locks.
 */
void fttcp_event(struct fttcp_net *fn, const struct fttcp_event *ev)
{
	struct fttcp_events *es = &fn->events;

	if (WARN_ON_ONCE(!ev->id || ev->id > FTTCP_EVENT_ID_MAX))
		return;
	spin_lock_bh(&es->lock);
	if (!event_send(fn, ev)) {
		fttcp_stat_inc(fn, FTTCP_STAT_EVENTS_LOST);
		if (!es->lost++ && !READ_ONCE(fn->dying))
			schedule_delayed_work(&es->lost_work,
					      EVENTS_LOST_DELAY);
	}
	spin_unlock_bh(&es->lock);
}

/**
 * fttcp_event_short() - tell user space that something has run out
 * @fn: namespace
 * @ev: the event
 * @told: when it was told last (jiffies), 0 never
 *
 * Callers find that out for each packet, and it comes and goes as fast: once
 * every FTTCP_EVENT_SHORT_MS is enough to act upon. Counters have the number.
 *
 * Context: any but hard interrupts, with or without socket locks.
 */
void fttcp_event_short(struct fttcp_net *fn, const struct fttcp_event *ev,
		       unsigned long *told)
{
	unsigned long before = READ_ONCE(*told), now = jiffies | 1;

	if (before && time_before(now, before +
				  msecs_to_jiffies(FTTCP_EVENT_SHORT_MS)))
		return;
	if (cmpxchg(told, before, now) == before)
		fttcp_event(fn, ev);
}

/**
 * fttcp_event_memory_limit() - memory-max has refused something
 * @fn: namespace
 *
 * Context: any but hard interrupts, with or without socket locks.
 */
void fttcp_event_memory_limit(struct fttcp_net *fn)
{
	fttcp_stat_inc(fn, FTTCP_STAT_MEMORY_LIMIT);
	fttcp_event_short(fn, &(struct fttcp_event) {
		.id = FTTCP_EVENT_ID_MEMORY_LIMIT }, &fn->events.memory_told);
}

static void events_lost_work(struct work_struct *work)
{
	struct fttcp_events *es = container_of(to_delayed_work(work),
					       struct fttcp_events, lost_work);
	struct fttcp_net *fn = container_of(es, struct fttcp_net, events);
	struct fttcp_event ev = { .id = FTTCP_EVENT_ID_EVENTS_LOST };
	char text[64];

	ev.text = text;
	spin_lock_bh(&es->lock);
	scnprintf(text, sizeof(text), "%llu events were lost, dump again",
		  es->lost);
	if (event_send(fn, &ev))
		es->lost = 0;
	else if (!READ_ONCE(fn->dying))
		schedule_delayed_work(&es->lost_work, EVENTS_LOST_DELAY);
	spin_unlock_bh(&es->lock);
}

/**
 * fttcp_events_seq() - number of the last event
 * @fn: namespace
 *
 * Context: any but hard interrupts.
 * Return: the number; every later event has a larger one.
 */
u64 fttcp_events_seq(struct fttcp_net *fn)
{
	u64 seq;

	spin_lock_bh(&fn->events.lock);
	seq = fn->events.seq;
	spin_unlock_bh(&fn->events.lock);
	return seq;
}

void fttcp_events_init_net(struct fttcp_net *fn)
{
	struct fttcp_events *es = &fn->events;
	u32 id;

	spin_lock_init(&es->lock);
	INIT_DELAYED_WORK(&es->lost_work, events_lost_work);
	es->seq = 0;
	es->lost = 0;
	for (id = 0; id <= FTTCP_EVENT_ID_MAX; id++) {
		es->buckets[id].tokens = FTTCP_EVENT_BURST;
		es->buckets[id].refilled = jiffies;
	}
}

/**
 * fttcp_events_exit_net() - the namespace goes away
 * @fn: namespace; marked as dying before, and nobody tells events any more
 */
void fttcp_events_exit_net(struct fttcp_net *fn)
{
	cancel_delayed_work_sync(&fn->events.lost_work);
}
