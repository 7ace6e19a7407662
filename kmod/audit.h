/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audit: whether the backup's copies are what the active believes. The active
 * names every connection with digests of what its replica has to hold
 * (audit.c), the backup compares, answers, and drops what was not named
 * (audit_replica.c). Documentation/protocol.rst has the records.
 */
#ifndef _FTTCP_AUDIT_H
#define _FTTCP_AUDIT_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xxhash.h>
#include <fttcp/wire.h>
#include <uapi/linux/fttcp.h>

struct fttcp_audit_run;
struct fttcp_lane;
struct fttcp_link;
struct fttcp_net;
struct sk_buff;

/**
 * struct fttcp_audit_report - what `audit-get` tells
 * @number:	of the audit, 0 before the first
 * @result:	enum fttcp_audit_result
 * @conns:	connections that were compared
 * @bytes:	of their queues
 * @differing:	connections whose replica was not as it should be
 * @skipped:	connections that have no complete replica at present
 * @stale:	replicas that belonged to no connection
 * @began_ns:	when it began (real time)
 * @took_ms:	how long it took
 * @why:	why it failed, static text, or NULL
 */
struct fttcp_audit_report {
	u64		number;
	u8		result;
	u32		conns;
	u64		bytes;
	u32		differing;
	u32		skipped;
	u32		stale;
	u64		began_ns;
	u32		took_ms;
	const char	*why;
};

/**
 * struct fttcp_audit - of a namespace
 * @lock:	protects all but @work; softirq-safe, leaf
 * @work:	the steps of @run; without one, the time of the next
 * @run:	the audit under way, of an active; only @work ends it
 * @number:	of the last one that this node began
 * @last:	the last one that ended here
 */
struct fttcp_audit {
	spinlock_t			lock;	/* see above */
	struct delayed_work		work;
	struct fttcp_audit_run		*run;
	u64				number;
	struct fttcp_audit_report	last;
};

/**
 * struct fttcp_audit_tally - of a link, on a backup; under fn->audit.lock
 * @found:	what was found so far
 * @began:	when AUDIT_MARK came first (ktime)
 * @diffs:	AUDIT_DIFFs that were sent
 * @swept:	lanes on which SWEEP has come
 */
struct fttcp_audit_tally {
	struct fttcp_audit_report	found;
	u64				began;
	u32				diffs;
	u32				swept;
};

/* kmod/audit.c: the active, and what both need */
void fttcp_audit_init_net(struct fttcp_net *fn);
void fttcp_audit_exit_net(struct fttcp_net *fn);
void fttcp_audit_later(struct fttcp_net *fn);
int fttcp_audit_start(struct fttcp_net *fn, u64 *number, const char **why);
void fttcp_audit_view(struct fttcp_net *fn, struct fttcp_audit_report *now);
void fttcp_audit_ended(struct fttcp_net *fn,
		       const struct fttcp_audit_report *r);
void fttcp_audit_diff(struct fttcp_lane *lane,
		      const struct fttcp_wire_audit_diff *d);
void fttcp_audit_done(struct fttcp_lane *lane,
		      const struct fttcp_wire_audit_done *d);
void fttcp_audit_digest(struct xxh64_state *x, struct sk_buff *skb, u32 off,
			u32 len);
u64 fttcp_audit_digest_opts(const struct fttcp_wire_opts *o);
void fttcp_audit_what_text(u32 what, char *text, size_t len);

/* kmod/audit_replica.c: the backup */
int fttcp_audit_take(struct fttcp_lane *lane, u8 type, u64 index,
		     const void *body);

#endif /* _FTTCP_AUDIT_H */
