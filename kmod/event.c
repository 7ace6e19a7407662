// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: numbers them, limits those that a peer can cause or that a shortage
 * repeats, keeps the last ones and sends each to the group. A reader that sees
 * a gap in the numbers dumps again; the event events-lost tells it so when
 * nothing else follows.
 */
#include <linux/bsearch.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include <fttcp/strings-gen.h>

#include "event.h"
#include "fttcp.h"
#include "netlink.h"

/* How long a reader may stay unaware of lost events. */
#define EVENTS_LOST_DELAY	(HZ / 2)

static int desc_compare(const void *key, const void *elt)
{
	const struct fttcp_event_desc *desc = elt;
	u32 id = *(const u32 *)key;

	return id < desc->id ? -1 : id > desc->id;
}

/**
 * fttcp_event_find() - an event of the catalogue
 * @id: its number
 *
 * Return: the event, NULL when there is none of this number.
 */
const struct fttcp_event_desc *fttcp_event_find(u32 id)
{
	return bsearch(&id, fttcp_event_descs, FTTCP_EVENT_COUNT,
		       sizeof(*fttcp_event_descs), desc_compare);
}

/* --- limits ------------------------------------------------------------ */

static bool bucket_take(struct fttcp_event_bucket *b)
{
	unsigned long now = jiffies;
	unsigned long add;

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

/* Once, then not for a while. */
static bool short_take(struct fttcp_event_bucket *b)
{
	unsigned long now = jiffies;

	if (!b->raised || time_after_eq(now, b->refilled +
				msecs_to_jiffies(FTTCP_EVENT_SHORT_MS))) {
		b->refilled = now;
		return true;
	}
	return false;
}

static bool event_allowed(struct fttcp_event_bucket *b, u8 flags)
{
	if (flags & FTTCP_EVENT_LIMIT)
		return bucket_take(b);
	if (flags & FTTCP_EVENT_SHORT)
		return short_take(b);
	return true;
}

/* --- what is kept ------------------------------------------------------- */

static struct fttcp_event_kept *kept_slot(struct fttcp_events *es, u64 seq)
{
	struct fttcp_event_kept **slot;
	u32 pos;

	div_u64_rem(seq, FTTCP_EVENTS_KEPT, &pos);
	slot = &es->kept[pos];
	if (!*slot)
		*slot = kmalloc(sizeof(**slot), GFP_ATOMIC | __GFP_NOWARN);
	return *slot ?: &es->spare;
}

static void kept_text(struct fttcp_event_kept *k, const struct fttcp_event *ev)
{
	size_t size = sizeof(k->text);
	int n;

	n = scnprintf(k->text, size, "%s", ev->text ?: k->desc->text);
	if (ev->text)
		return;
	if (ev->reason)
		n += scnprintf(k->text + n, size - n, ": %s",
			       fttcp_down_reason_name(ev->reason));
	if (ev->err)
		scnprintf(k->text + n, size - n, " (error %d)", ev->err);
}

/* The id says it already for links. */
static u8 event_state(const struct fttcp_event *ev)
{
	switch (ev->id) {
	case FTTCP_EVT_LINK_UP:
		return FTTCP_LINK_STATE_UP;
	case FTTCP_EVT_LINK_DOWN:
		return FTTCP_LINK_STATE_DOWN;
	default:
		return ev->state;
	}
}

static void kept_fill(struct fttcp_event_kept *k, const struct fttcp_event *ev,
		      const struct fttcp_event_desc *desc, u64 seq)
{
	k->seq = seq;
	k->time_ns = ktime_get_real_ns();
	k->desc = desc;
	k->ev = *ev;
	k->ev.severity = max(ev->severity, desc->severity);
	k->ev.object = ev->object ?: desc->object;
	k->ev.action = ev->action ?: desc->action;
	k->ev.state = event_state(ev);
	kept_text(k, ev);
	k->ev.text = k->text;
	if (!ev->tuple)
		return;
	k->tuple = *ev->tuple;
	k->ev.tuple = &k->tuple;
}

/**
 * fttcp_events_next() - the oldest event that is kept
 * @es: events of a namespace, locked
 * @seq: not one of a smaller number
 *
 * Return: the event, NULL when there is none; good until the lock is released.
 */
const struct fttcp_event_kept *fttcp_events_next(struct fttcp_events *es,
						 u64 seq)
{
	const struct fttcp_event_kept *k;
	u32 pos;

	lockdep_assert_held(&es->lock);
	if (es->seq >= FTTCP_EVENTS_KEPT)
		seq = max(seq, es->seq - FTTCP_EVENTS_KEPT + 1);
	for (seq = max(seq, 1ULL); seq <= es->seq; seq++) {
		div_u64_rem(seq, FTTCP_EVENTS_KEPT, &pos);
		k = es->kept[pos];
		if (k && k->seq == seq)
			return k;
	}
	return NULL;
}

/* --- telling ------------------------------------------------------------ */

/* Number an event, keep and send it; false when a reader has missed it. */
static bool event_send(struct fttcp_net *fn, const struct fttcp_event *ev,
		       const struct fttcp_event_desc *desc)
{
	bool heard = fttcp_nl_has_listeners(fn->net);
	struct fttcp_events *es = &fn->events;
	struct fttcp_event_bucket *b;
	struct fttcp_event_kept *k;
	struct sk_buff *skb;

	lockdep_assert_held(&es->lock);
	b = &es->buckets[desc - fttcp_event_descs];
	/* what is suppressed has no number: EVENTS_LOST tells of it */
	if (!event_allowed(b, desc->flags)) {
		b->suppressed++;
		/* a shortage that goes on is no news, and no state is missed */
		return !heard || desc->flags & FTTCP_EVENT_SHORT;
	}
	b->raised++;
	WRITE_ONCE(es->seq, es->seq + 1);
	k = kept_slot(es, es->seq);
	kept_fill(k, ev, desc, es->seq);
	if (!heard)
		return true;
	skb = fttcp_nl_event_build(k);
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
	const struct fttcp_event_desc *desc = fttcp_event_find(ev->id);
	struct fttcp_events *es = &fn->events;

	if (WARN_ON_ONCE(!desc))
		return;
	spin_lock_bh(&es->lock);
	if (!event_send(fn, ev, desc)) {
		fttcp_stat_inc(fn, FTTCP_STAT_EVENTS_LOST);
		if (!es->lost++ && !READ_ONCE(fn->dying))
			schedule_delayed_work(&es->lost_work,
					      EVENTS_LOST_DELAY);
	}
	spin_unlock_bh(&es->lock);
}

/**
 * fttcp_event_raise() - tell user space of an event that has arguments
 * @fn: namespace
 * @link_id: of the link that it is about, 0 none
 * @id: enum fttcp_event_id
 * @err: negative error number, 0 none
 * @fmt: its sentence
 *
 * For event-gen.c, which has the sentences.
 *
 * Context: any but hard interrupts, with or without socket locks.
 */
void fttcp_event_raise(struct fttcp_net *fn, u32 link_id, u32 id, int err,
		       const char *fmt, ...)
{
	struct fttcp_event ev = { .id = id, .link_id = link_id, .err = err };
	char text[FTTCP_EVENT_TEXT];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ev.text = text;
	fttcp_event(fn, &ev);
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
		.id = FTTCP_EVT_MEMORY_LIMIT }, &fn->events.memory_told);
}

static void events_lost_work(struct work_struct *work)
{
	struct fttcp_events *es = container_of(to_delayed_work(work),
					       struct fttcp_events, lost_work);
	struct fttcp_net *fn = container_of(es, struct fttcp_net, events);
	struct fttcp_event ev = { .id = FTTCP_EVT_EVENTS_LOST };
	char text[64];

	ev.text = text;
	spin_lock_bh(&es->lock);
	scnprintf(text, sizeof(text), "%llu events were lost, dump again",
		  es->lost);
	if (event_send(fn, &ev, fttcp_event_find(ev.id)))
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
	u32 pos;

	spin_lock_init(&es->lock);
	INIT_DELAYED_WORK(&es->lost_work, events_lost_work);
	es->seq = 0;
	es->lost = 0;
	for (pos = 0; pos < FTTCP_EVENT_COUNT; pos++) {
		es->buckets[pos].tokens = FTTCP_EVENT_BURST;
		es->buckets[pos].refilled = jiffies;
	}
}

/**
 * fttcp_events_exit_net() - the namespace goes away
 * @fn: namespace; marked as dying before, and nobody tells events any more
 */
void fttcp_events_exit_net(struct fttcp_net *fn)
{
	u32 pos;

	cancel_delayed_work_sync(&fn->events.lost_work);
	for (pos = 0; pos < FTTCP_EVENTS_KEPT; pos++)
		kfree(fn->events.kept[pos]);
}
