/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link: the connection to one other node, made of lanes. A lane: one TCP
 * socket that user space connected and handed over, its worker, the records
 * that wait for it and those that the backup has yet to acknowledge.
 *
 * Who runs where. The worker is a kthread; it alone sends and receives, and it
 * never takes fn->ctl nor waits for anybody who holds it, so that ending it
 * under fn->ctl is safe. Connections with news are flushed from a work item of
 * the lane, since that needs the locks of sockets that programs use: a program
 * that sleeps under its socket's lock then delays news, not heartbeats.
 *
 * How a link ends. fttcp_link_down() may be called in any context: the first
 * caller's reason counts, it tells the event, marks the lanes dead (they take
 * no more records) and queues down_work. The worker sees that its lane is
 * dead, says farewell (HELLO if it has not gone yet, a last ACK, STOP) without
 * waiting, and idles. down_work, or fttcp_link_close_all() if it is earlier,
 * ends the workers, tells the node, drops all records and takes the connections
 * off the lanes, in this order: whoever leaves a lane does what the node's state
 * says. Memory stays until the last connection has left its lane.
 */
#ifndef _FTTCP_LINK_H
#define _FTTCP_LINK_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/wait.h>
#include <fttcp/wire.h>

#include "audit.h"
#include "fttcp.h"
#include "record.h"

struct socket;
struct task_struct;
struct fttcp_rx_unit;

/* Bits of fttcp_lane.flags */
enum fttcp_lane_flag {
	FTTCP_LN_KICK,		/* the worker has something to do */
	FTTCP_LN_PROMPT,	/* a dirty connection can not wait */
	FTTCP_LN_STARVED,	/* one waits for room in the queue */
	FTTCP_LN_BEAT,		/* a HEARTBEAT is due */
	FTTCP_LN_ACK,		/* an ACK is due */
};

/**
 * struct fttcp_lane - one socket of a link
 * @link:	never NULL; the link owns its lanes
 * @sock:	the socket; belongs to the worker while the link is up
 * @task:	the worker, the only one that sends and receives
 * @wq:		where it sleeps; also woken when @acked_index grows and when
 *		the lane dies, for whoever waits for a record
 * @nr:		number in the link
 * @flags:	FTTCP_LN_*
 *
 * @lock:	protects the queues, softirq-safe, leaf
 * @urgent:	records that are not counted, before all of @pending
 * @pending:	records to be sent, in order; the first may be sent in part
 * @inflight:	sent, not acknowledged by the backup; holds no pages
 * @dirty:	connections with news to tell, each referenced
 * @flushing:	the one whose news are being told
 * @nr_dirty:	entries of @dirty
 * @next_index:	of the next counted record
 * @queued:	bytes of memory in @pending
 * @dead:	takes no more records
 *
 * @flush_work:	tells the news of @dirty
 * @flush_left:	how many of @dirty belong to this round; worker and @flush_work
 * @flush_tx:	@records_tx when @flush_work ran last
 *
 * Worker alone:
 * @cur:	record that is sent in part; still the first of its queue
 * @ctl:	HEARTBEAT or ACK that is being sent
 * @ctl_len:	bytes of @ctl
 * @ctl_sent:	of these, given to TCP
 * @rx:		the record that is arriving
 * @units:	what has arrived and is to be acted upon
 * @units_len:	used bytes of @units
 * @piece:	the last of these, while it can take more payload
 * @rx_index:	index of the last counted record that arrived whole
 * @taken_index: index of the last record acted upon
 * @acked_sent:	the last index that the other side was told
 * @decode:	why the last record was refused
 * @bad_type:	and of which type it was
 * @hello_done:	the other side's HELLO was accepted
 * @stopped:	the other side's STOP came
 * @last_rx:	when something came last; these six in jiffies
 * @last_beat:	when the last HEARTBEAT was sent
 * @last_state:	when connections last told their state
 * @last_tick:	when the worker last looked at the time
 * @last_tx:	when something was sent last
 * @opened:	when the lane was opened
 * @progress_ns: when @acked_index last grew (ktime)
 * @peer_ns:	latest sent_ns of the other side
 * @peer_heard_ns: fttcp_lease_clock() when it came
 * @turn_ns:	the same when the worker had its last turn
 * @echo_ns:	latest of our sent_ns that came back
 * @granted_ms:	the lease that came with it, 0 from an active
 * @audit:	number of the last AUDIT_MARK
 * @audit_index: its index; read by anybody
 * @swept:	SWEEP of the same audit has come
 *
 * Written by the worker, read by anybody:
 * @acked_index: the other side has taken all up to this
 * @sent_index:	last counted record that was given to TCP whole
 * @records_tx:	records sent
 * @records_rx:	records received
 * @bytes_tx:	bytes sent
 * @bytes_rx:	bytes received
 * @bytes_ref:	payload received by reference
 * @bytes_copied: payload received by copy
 * @misses:	heartbeat intervals of silence, now
 * @rtt_us:	of the last heartbeat
 *
 * Written by whoever finds the queue full:
 * @full_told:	when FTTCP_EVT_QUEUE_FULL was told last (jiffies)
 *
 * Replaced while the lane has the socket:
 * @orig_data_ready: callback
 * @orig_write_space: callback
 * @orig_state_change: callback
 * @orig_allocation: flags of the socket's allocations
 */
struct fttcp_lane {
	struct fttcp_link	*link;
	struct socket		*sock;
	struct task_struct	*task;
	wait_queue_head_t	wq;
	u8			nr;
	unsigned long		flags;

	spinlock_t		lock;	/* queues; see above */
	struct list_head	urgent;
	struct list_head	pending;
	struct list_head	inflight;
	struct list_head	dirty;
	struct fttcp_conn	*flushing;
	u32			nr_dirty;
	u64			next_index;
	u64			queued;
	bool			dead;

	struct work_struct	flush_work;
	u32			flush_left;
	u64			flush_tx;

	struct fttcp_record	*cur;
	u8			ctl[sizeof(struct fttcp_wire_hdr) +
				    sizeof(struct fttcp_wire_beat)] __aligned(8);
	u16			ctl_len;
	u16			ctl_sent;
	struct fttcp_rx		rx;
	void			*units;
	u32			units_len;
	struct fttcp_rx_unit	*piece;
	u64			rx_index;
	u64			taken_index;
	u64			acked_sent;
	enum fttcp_decode	decode;
	u8			bad_type;
	bool			hello_done;
	bool			stopped;
	unsigned long		last_rx;
	unsigned long		last_beat;
	unsigned long		last_state;
	unsigned long		last_tick;
	unsigned long		last_tx;
	unsigned long		opened;
	u64			progress_ns;
	u64			peer_ns;
	u64			peer_heard_ns;
	u64			turn_ns;
	u64			echo_ns;
	u32			granted_ms;
	u64			audit;
	u64			audit_index;
	bool			swept;

	u64			acked_index;
	u64			sent_index;
	u64			records_tx;
	u64			records_rx;
	u64			bytes_tx;
	u64			bytes_rx;
	u64			bytes_ref;
	u64			bytes_copied;
	u32			misses;
	u32			rtt_us;
	unsigned long		full_told;

	void (*orig_data_ready)(struct sock *sk);
	void (*orig_write_space)(struct sock *sk);
	void (*orig_state_change)(struct sock *sk);
	gfp_t			orig_allocation;
};

/* Bits of fttcp_link.flags */
enum fttcp_link_flag {
	FTTCP_LF_DOWN,		/* fttcp_link_down() was called */
	FTTCP_LF_UP,		/* every lane said HELLO; stays when down */
	FTTCP_LF_SYNCED,	/* the backup acknowledged SYNC_END */
	FTTCP_LF_LISTED,	/* in fn->links; under fn->ctl */
	FTTCP_LF_CLOSED,	/* sockets are gone, workers ended */
};

/**
 * struct fttcp_link - to one other node
 * @fn:		namespace
 * @refs:	table, work items, connections with a lane of it
 * @list:	in fn->links
 * @id:		chosen by user space
 * @flags:	FTTCP_LF_*
 * @lock:	what HELLO says, and that the link is told up, synchronised and
 *		down in this order; softirq-safe, taken before lane->lock,
 *		fn->lock and the events' lock
 * @down_reason: why it ended
 * @error:	the error that made it end, or 0
 * @fence_epoch: larger epoch that was met, 0 none
 * @yields:	two actives met, and this one has less to lose
 * @claim:	what our HELLO says, on all lanes: FTTCP_WIRE_CLAIM_*
 * @peer_id:	from HELLO, as the other @peer_ fields
 * @peer_epoch:	from HELLO
 * @peer_boot:	from HELLO
 * @peer_role:	from HELLO
 * @peer_heartbeat_ms: from HELLO
 * @peer_lease_ms: from HELLO
 * @peer_features: from HELLO
 * @ifindex:	device whose carrier counts, or 0
 * @nr_lanes:	of @lanes
 * @hellos:	lanes that said HELLO; under @lock
 * @stops:	lanes on which STOP with the code goodbye came
 * @ended_lanes: the lanes of @synced_lanes, as bits
 * @synced_lanes: on a backup, lanes whose SYNC_END came
 * @begin_index: on an active, for each lane the index of its SYNC_BEGIN
 * @sync_index:	the same of its SYNC_END
 * @tally:	of the audit under way, on a backup
 * @down_lock:	whoever wakes or ends the workers; nothing that takes fn->ctl
 *		is waited for under it
 * @sync_work:	replicates what exists
 * @down_work:	takes the link apart
 * @rcu:	freed after readers of fn->links
 * @lanes:	the lanes
 */
struct fttcp_link {
	struct fttcp_net	*fn;
	struct kref		refs;
	struct list_head	list;
	u32			id;
	unsigned long		flags;
	spinlock_t		lock;	/* see above */
	u8			down_reason;
	int			error;
	u64			fence_epoch;
	bool			yields;
	u8			claim;
	u32			peer_id;
	u64			peer_epoch;
	u64			peer_boot;
	u8			peer_role;
	u32			peer_heartbeat_ms;
	u32			peer_lease_ms;
	u32			peer_features;
	int			ifindex;
	u8			nr_lanes;
	u8			hellos;
	atomic_t		stops;
	unsigned long		ended_lanes;
	atomic_t		synced_lanes;
	u64			begin_index[FTTCP_LANES_MAX];
	u64			sync_index[FTTCP_LANES_MAX];
	struct fttcp_audit_tally tally;
	struct mutex		down_lock;	/* see above */
	struct work_struct	sync_work;
	struct work_struct	down_work;
	struct rcu_head		rcu;
	struct fttcp_lane	lanes[];
};

/**
 * struct fttcp_link_params - what user space says of a new link
 * @id: number, unique in the namespace
 * @ifindex: device whose carrier counts, or 0
 * @nr: lanes
 * @fds: as many descriptors of connected TCP sockets, of the caller
 */
struct fttcp_link_params {
	u32	id;
	int	ifindex;
	u8	nr;
	int	fds[FTTCP_LANES_MAX];
};

/* kmod/link.c: the table, life and end */
int fttcp_link_init(void);
void fttcp_link_exit(void);
int fttcp_link_add(struct fttcp_net *fn, const struct fttcp_link_params *p,
		   int *bad_fd, const char **why);
int fttcp_link_del(struct fttcp_net *fn, u32 id, u8 reason, const char **why);
void fttcp_link_down(struct fttcp_link *link, u8 reason, int err);
void fttcp_link_down_text(struct fttcp_link *link, u8 reason, int err,
			  const char *text);
void fttcp_link_close_all(struct fttcp_net *fn, u8 reason);
void fttcp_link_free_all(struct fttcp_net *fn);
void fttcp_link_get(struct fttcp_link *link);
void fttcp_link_put(struct fttcp_link *link);
u8 fttcp_link_state(const struct fttcp_link *link);
struct fttcp_link *fttcp_link_backup(struct fttcp_net *fn);

/* kmod/link_hello.c: what both sides agree on, and how they part */
void fttcp_link_hello(struct fttcp_lane *lane,
		      const struct fttcp_wire_hello *h);
void fttcp_link_stopped(struct fttcp_lane *lane,
			const struct fttcp_wire_stop *s);
bool fttcp_link_epoch_ok(struct fttcp_link *link, u64 epoch);
u64 fttcp_link_own_epoch(const struct fttcp_net *fn);
void fttcp_link_sync_sent(struct fttcp_lane *lane, u64 index);
void fttcp_link_sync_acked(struct fttcp_lane *lane, u64 index);
struct fttcp_record *fttcp_link_hello_record(struct fttcp_lane *lane,
					     gfp_t gfp);

/* kmod/lane.c: the worker and its queues */
void fttcp_lane_setup(struct fttcp_lane *lane, struct fttcp_link *link,
		      u8 nr);
int fttcp_lane_start(struct fttcp_lane *lane, struct socket *sock,
		     const char **why);
void fttcp_lane_stop(struct fttcp_lane *lane);
void fttcp_lane_clean(struct fttcp_lane *lane);
void fttcp_lane_kill(struct fttcp_lane *lane);
void fttcp_lane_wake(struct fttcp_lane *lane);
u64 fttcp_lane_queue(struct fttcp_lane *lane, struct fttcp_record *rec);
u64 fttcp_lane_last(struct fttcp_lane *lane);
bool fttcp_lane_full(const struct fttcp_lane *lane);
void fttcp_lane_note_full(struct fttcp_lane *lane);
void fttcp_lane_dirty(struct fttcp_lane *lane, struct fttcp_conn *c);
u64 fttcp_lane_oldest_ns(struct fttcp_lane *lane);
bool fttcp_lane_idle(struct fttcp_lane *lane);
bool fttcp_lane_beat_due(struct fttcp_lane *lane);

/* kmod/lane_tx.c */
int fttcp_lane_tx(struct fttcp_lane *lane);
void fttcp_lane_tx_part(struct fttcp_lane *lane);
void fttcp_lane_spawn_failed(struct fttcp_lane *lane, int err);
void fttcp_lane_tx_beat(struct fttcp_lane *lane);
void fttcp_lane_farewell(struct fttcp_lane *lane);

/* kmod/lane_rx.c */
int fttcp_lane_rx(struct fttcp_lane *lane);
void fttcp_lane_rx_clean(struct fttcp_lane *lane);
int fttcp_lane_rx_setup(struct fttcp_lane *lane);

/**
 * fttcp_lane_get() - keep a lane
 * @lane: lane of a link that the caller holds, or sees under RCU in the table
 *
 * It is the link that is held. The lane may die, and then takes no records.
 *
 * Return: @lane.
 */
static inline struct fttcp_lane *fttcp_lane_get(struct fttcp_lane *lane)
{
	fttcp_link_get(lane->link);
	return lane;
}

/**
 * fttcp_lane_put() - let go of a lane
 * @lane: what fttcp_lane_get() kept
 *
 * Context: any.
 */
static inline void fttcp_lane_put(struct fttcp_lane *lane)
{
	fttcp_link_put(lane->link);
}

/*
 * What others make of the records: the replica on a backup, the snapshot and
 * the hold on an active. All run in the worker or, where it is said, in a work
 * item, without a lock, and take neither fn->ctl nor wait for who has it.
 *
 * The replica's functions return 0; -EPROTO takes the link down as
 * undecodable, any other error as out of memory. A piece of payload belongs to
 * the callee. The pieces of a record come in order, not always in one batch.
 */
int fttcp_replica_sync(struct fttcp_lane *lane,
		       const struct fttcp_wire_sync *s, bool begin);
int fttcp_replica_add(struct fttcp_lane *lane,
		      const struct fttcp_wire_conn_add *a, u64 index);
int fttcp_replica_opts(struct fttcp_lane *lane,
		       const struct fttcp_wire_conn_opts *o);
int fttcp_replica_data(struct fttcp_lane *lane, u8 type,
		       const struct fttcp_wire_data *d, struct sk_buff *skb,
		       u32 seq);
int fttcp_replica_state(struct fttcp_lane *lane,
			const struct fttcp_wire_conn_state *s);
int fttcp_replica_del(struct fttcp_lane *lane,
		      const struct fttcp_wire_conn_ref *r);
void fttcp_snapshot_nack(struct fttcp_lane *lane,
			 const struct fttcp_wire_conn_ref *r);
void fttcp_snapshot_link(struct fttcp_link *link);	/* sync_work */
void fttcp_snapshot_link_lost(struct fttcp_link *link);	/* down_work */
void fttcp_conn_flush(struct fttcp_conn *c);		/* flush_work */

#endif /* _FTTCP_LINK_H */
