// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lane's worker and queues: who wakes it, when it acts, what waits in it.
 * Sending is in lane_tx.c, receiving in lane_rx.c. Timers of a lane, all looked
 * at by lane_tick(): HELLO, heartbeat, silence, hold-max, state interval.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/net.h>
#include <linux/sched/mm.h>
#include <linux/tcp.h>
#include <linux/user_namespace.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "conn.h"
#include "fault.h"
#include "fttcp.h"
#include "link.h"

/* --- callbacks of the socket: they wake, the worker looks -------------- */

static void lane_data_ready(struct sock *sk)
{
	struct fttcp_lane *lane;

	read_lock_bh(&sk->sk_callback_lock);
	lane = sk->sk_user_data;
	if (lane)
		fttcp_lane_wake(lane);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void lane_write_space(struct sock *sk)
{
	struct fttcp_lane *lane;

	read_lock_bh(&sk->sk_callback_lock);
	lane = sk->sk_user_data;
	if (lane && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &lane->sock->flags);
		fttcp_lane_wake(lane);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/*
 * Takes the place of any other ULP. Another one (TLS) would keep our callbacks
 * as those below its own, and call them when the lane, or the module, is gone.
 */
static const struct tcp_ulp_ops lane_ulp = {
	.name	= "link-fttcp",
	.owner	= THIS_MODULE,
};

static int callbacks_set(struct fttcp_lane *lane, struct sock *sk)
{
	int err = -EBUSY;

	sock_owned_by_me(sk);
	if (inet_csk_has_ulp(sk))
		return err;
	write_lock_bh(&sk->sk_callback_lock);
	if (!sk->sk_user_data) {
		lane->orig_data_ready = sk->sk_data_ready;
		lane->orig_write_space = sk->sk_write_space;
		lane->orig_state_change = sk->sk_state_change;
		sk->sk_user_data = lane;
		sk->sk_data_ready = lane_data_ready;
		sk->sk_write_space = lane_write_space;
		sk->sk_state_change = lane_data_ready;
		inet_csk(sk)->icsk_ulp_ops = &lane_ulp;
		err = 0;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	return err;
}

/* Nobody is in a callback with this lane any more when it returns. */
static void callbacks_clear(struct fttcp_lane *lane, struct sock *sk)
{
	sock_owned_by_me(sk);
	inet_csk(sk)->icsk_ulp_ops = NULL;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = lane->orig_data_ready;
	sk->sk_write_space = lane->orig_write_space;
	sk->sk_state_change = lane->orig_state_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* --- queues ------------------------------------------------------------ */

/**
 * fttcp_lane_wake() - the worker has something to do
 * @lane: lane
 *
 * Context: any; takes no lock of a socket.
 */
void fttcp_lane_wake(struct fttcp_lane *lane)
{
	if (test_and_set_bit(FTTCP_LN_KICK, &lane->flags))
		return;
	fttcp_stat_inc(lane->link->fn, FTTCP_STAT_LANE_WAKEUPS);
	wake_up(&lane->wq);
}

/**
 * fttcp_lane_queue() - send a record
 * @lane: lane
 * @rec: record with its body and payload; consumed
 *
 * Records that are not counted (NACK) go before all that are.
 *
 * Context: any, also softirq under the lock of a connection's socket.
 * Return: the record's index on the lane; 0 when it is not counted, or when
 * the lane is dead and the record was dropped.
 */
u64 fttcp_lane_queue(struct fttcp_lane *lane, struct fttcp_record *rec)
{
	bool counted = fttcp_wire_counted(fttcp_record_type(rec));
	u64 index = 0;

	rec->queued_ns = ktime_get_ns();
	spin_lock_bh(&lane->lock);
	if (lane->dead) {
		spin_unlock_bh(&lane->lock);
		fttcp_record_free(rec);
		return 0;
	}
	if (counted) {
		index = lane->next_index++;
		WRITE_ONCE(lane->queued, lane->queued + rec->charged);
	}
	fttcp_record_seal(rec, index);
	list_add_tail(&rec->list, counted ? &lane->pending : &lane->urgent);
	spin_unlock_bh(&lane->lock);

	fttcp_lane_wake(lane);
	return index;
}

/**
 * fttcp_lane_last() - which record was queued last
 * @lane: lane
 *
 * Context: any.
 * Return: the index of the last counted one.
 */
u64 fttcp_lane_last(struct fttcp_lane *lane)
{
	u64 index;

	spin_lock_bh(&lane->lock);
	index = lane->next_index - 1;
	spin_unlock_bh(&lane->lock);
	return index;
}

/**
 * fttcp_lane_full() - whether outbound data should wait in its own socket
 * @lane: lane
 *
 * Whoever waits marks the connection FTTCP_CF_STARVED and calls
 * fttcp_lane_dirty().
 *
 * Context: any.
 * Return: true when the queue is at the limit of the namespace.
 */
bool fttcp_lane_full(const struct fttcp_lane *lane)
{
	return READ_ONCE(lane->queued) >=
	       READ_ONCE(lane->link->fn->conf.lane_queue_max);
}

/**
 * fttcp_lane_note_full() - something waits because the queue is full
 * @lane: lane
 *
 * Context: any.
 */
void fttcp_lane_note_full(struct fttcp_lane *lane)
{
	struct fttcp_net *fn = lane->link->fn;

	fttcp_stat_inc(fn, FTTCP_STAT_LANE_QUEUE_FULL);
	fttcp_event_short(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_QUEUE_FULL,
		.link_id = lane->link->id }, &lane->full_told);
}

/* Enough room that those who wait for it may be asked again. */
static bool lane_roomy(const struct fttcp_lane *lane)
{
	return READ_ONCE(lane->queued) <
	       READ_ONCE(lane->link->fn->conf.lane_queue_max) / 2;
}

/**
 * fttcp_lane_oldest_ns() - since when something is not acknowledged
 * @lane: lane
 *
 * Context: any.
 * Return: when the oldest such record was queued (ktime), 0 when there is none.
 */
u64 fttcp_lane_oldest_ns(struct fttcp_lane *lane)
{
	struct fttcp_record *rec;
	u64 ns = 0;

	spin_lock_bh(&lane->lock);
	rec = list_first_entry_or_null(&lane->inflight, struct fttcp_record,
				       list);
	if (!rec)
		rec = list_first_entry_or_null(&lane->pending,
					       struct fttcp_record, list);
	if (rec)
		ns = rec->queued_ns;
	spin_unlock_bh(&lane->lock);
	return ns;
}

/**
 * fttcp_lane_idle() - whether the other side has taken all
 * @lane: lane
 *
 * Context: any.
 * Return: true when no counted record waits, neither to be sent nor to be
 * acknowledged.
 */
bool fttcp_lane_idle(struct fttcp_lane *lane)
{
	bool idle;

	spin_lock_bh(&lane->lock);
	idle = list_empty(&lane->pending) && list_empty(&lane->inflight);
	spin_unlock_bh(&lane->lock);
	return idle;
}

/**
 * fttcp_lane_kill() - a lane takes no more records
 * @lane: lane of a link that is going down
 *
 * Context: any.
 */
void fttcp_lane_kill(struct fttcp_lane *lane)
{
	spin_lock_bh(&lane->lock);
	WRITE_ONCE(lane->dead, true);
	spin_unlock_bh(&lane->lock);
	fttcp_lane_wake(lane);
	wake_up_all(&lane->wq);
}

static void drop_list(struct fttcp_lane *lane, struct list_head *head)
{
	struct fttcp_record *rec, *next;
	LIST_HEAD(drop);

	spin_lock_bh(&lane->lock);
	list_splice_init(head, &drop);
	spin_unlock_bh(&lane->lock);
	list_for_each_entry_safe(rec, next, &drop, list)
		fttcp_record_free(rec);
}

/* --- connections with news --------------------------------------------- */

/**
 * fttcp_lane_dirty() - a connection has news that no record says yet
 * @lane: the connection's lane
 * @c: connection; kept until its news were told or the lane died
 *
 * They are told by fttcp_conn_flush(), soon when the connection is starved,
 * has to be sent again or is not known to the backup, else at the next
 * FTTCP_STATE_INTERVAL_MS.
 *
 * Context: the lock of the connection's socket, in either form.
 */
void fttcp_lane_dirty(struct fttcp_lane *lane, struct fttcp_conn *c)
{
	bool starved = test_bit(FTTCP_CF_STARVED, &c->flags);
	bool prompt = !c->added || test_bit(FTTCP_CF_RESYNC, &c->flags);
	bool wake = false;

	if (!starved && !prompt && test_bit(FTTCP_CF_DIRTY, &c->flags))
		return;

	spin_lock_bh(&lane->lock);
	if (lane->dead)
		goto out;
	if (!test_and_set_bit(FTTCP_CF_DIRTY, &c->flags)) {
		fttcp_conn_get(c);
		list_add_tail(&c->dirty_list, &lane->dirty);
		WRITE_ONCE(lane->nr_dirty, lane->nr_dirty + 1);
		/* The worker has slept without this timer. */
		wake = lane->nr_dirty == 1;
	}
	if (starved)
		set_bit(FTTCP_LN_STARVED, &lane->flags);
	/*
	 * One that fttcp_conn_flush() left with news has to wait for room or
	 * for the interval: at once would be a loop.
	 */
	if (lane->flushing != c && (prompt || (starved && lane_roomy(lane)))) {
		set_bit(FTTCP_LN_PROMPT, &lane->flags);
		wake = true;
	}
out:
	spin_unlock_bh(&lane->lock);
	if (wake)
		fttcp_lane_wake(lane);
}

/* The next connection with news, with the list's reference; NULL at the end. */
static struct fttcp_conn *dirty_pop(struct fttcp_lane *lane)
{
	struct fttcp_conn *c;

	spin_lock_bh(&lane->lock);
	c = list_first_entry_or_null(&lane->dirty, struct fttcp_conn,
				     dirty_list);
	if (c) {
		list_del_init(&c->dirty_list);
		WRITE_ONCE(lane->nr_dirty, lane->nr_dirty - 1);
		clear_bit(FTTCP_CF_DIRTY, &c->flags);
	}
	lane->flushing = c;
	spin_unlock_bh(&lane->lock);
	return c;
}

static void dirty_drop(struct fttcp_lane *lane)
{
	struct fttcp_conn *c;

	while ((c = dirty_pop(lane)))
		fttcp_conn_put(c);
}

/* One batch of a round over what was dirty when the round began. */
static void lane_flush_work(struct work_struct *work)
{
	struct fttcp_lane *lane = container_of(work, struct fttcp_lane,
					       flush_work);
	unsigned int n = FTTCP_STATE_BATCH;
	struct fttcp_conn *c;

	if (!lane->flush_left) {
		clear_bit(FTTCP_LN_PROMPT, &lane->flags);
		clear_bit(FTTCP_LN_STARVED, &lane->flags);
		/* What is set again from here on is for the next round. */
		smp_mb__after_atomic();
		WRITE_ONCE(lane->flush_tx, READ_ONCE(lane->records_tx));
		lane->flush_left = READ_ONCE(lane->nr_dirty);
	}
	while (n-- && lane->flush_left && !READ_ONCE(lane->dead)) {
		c = dirty_pop(lane);
		if (!c) {
			lane->flush_left = 0;
			break;
		}
		lane->flush_left--;
		fttcp_conn_flush(c);
		fttcp_conn_put(c);
		cond_resched();
	}
	spin_lock_bh(&lane->lock);
	lane->flushing = NULL;
	spin_unlock_bh(&lane->lock);
	if (lane->flush_left && !READ_ONCE(lane->dead))
		queue_work(fttcp_wq, &lane->flush_work);
	else
		fttcp_lane_wake(lane);
}

/* Who waits for room is asked again once something was sent, not before. */
static bool prompt_or_starved(struct fttcp_lane *lane)
{
	return test_bit(FTTCP_LN_PROMPT, &lane->flags) ||
	       (test_bit(FTTCP_LN_STARVED, &lane->flags) &&
		lane->records_tx != READ_ONCE(lane->flush_tx));
}

static void lane_flush(struct fttcp_lane *lane, unsigned long now)
{
	unsigned long interval = msecs_to_jiffies(FTTCP_STATE_INTERVAL_MS);
	bool due = time_after_eq(now, lane->last_state + interval);

	if (!READ_ONCE(lane->nr_dirty))
		return;
	if (due)
		lane->last_state = now;
	if (due || (lane_roomy(lane) && prompt_or_starved(lane)))
		queue_work(fttcp_wq, &lane->flush_work);
}

/* --- the worker -------------------------------------------------------- */

/*
 * As the settings say, but often enough for the lease that the backup grants:
 * its settings may make that shorter than ours would.
 */
static unsigned long beat_interval(const struct fttcp_lane *lane)
{
	const struct fttcp_config *conf = &lane->link->fn->conf;
	u32 ms = READ_ONCE(conf->heartbeat_ms), often;

	if (lane->granted_ms) {
		often = lane->granted_ms /
			min(READ_ONCE(conf->heartbeat_misses),
			    (u32)FTTCP_HEARTBEAT_MISSES_DEFAULT);
		ms = min(ms, max(often, (u32)FTTCP_HEARTBEAT_MS_MIN));
	}
	return msecs_to_jiffies(ms);
}

/* The slower side's heartbeats decide how long silence may last. */
static unsigned long silence_max(const struct fttcp_lane *lane)
{
	const struct fttcp_config *conf = &lane->link->fn->conf;
	u32 ms = max(READ_ONCE(conf->heartbeat_ms),
		     READ_ONCE(lane->link->peer_heartbeat_ms));

	return msecs_to_jiffies(ms * READ_ONCE(conf->heartbeat_misses));
}

static void tick_silence(struct fttcp_lane *lane, unsigned long now, bool late)
{
	unsigned long silent = now - lane->last_rx;
	unsigned long interval = beat_interval(lane);
	u32 misses = silent / max(interval, 1UL);

	if (misses > lane->misses)
		fttcp_stat_add(lane->link->fn, FTTCP_STAT_HEARTBEAT_MISSED,
			       misses - lane->misses);
	WRITE_ONCE(lane->misses, misses);

	if (silent <= silence_max(lane))
		return;
	/* It may be this machine that stood still: what came needs time. */
	if (late)
		lane->last_rx = now - silence_max(lane) + interval;
	else
		fttcp_link_down(lane->link, FTTCP_DOWN_REASON_HEARTBEAT,
				-ETIMEDOUT);
}

/* R5: on the active, the other side has to acknowledge within hold-max. */
static bool hold_matters(const struct fttcp_lane *lane)
{
	return READ_ONCE(lane->link->fn->role) == FTTCP_ROLE_ACTIVE &&
	       lane->hello_done;
}

/*
 * When the time for an acknowledgement is over, 0 when none is due. A lane that
 * is full with what existed before the link did may need longer than hold-max
 * to send that; as long as the backup takes it, giving the link up would only
 * make it begin anew.
 */
static u64 hold_end(struct fttcp_lane *lane)
{
	struct fttcp_link *link = lane->link;
	u64 since = hold_matters(lane) ? fttcp_lane_oldest_ns(lane) : 0;

	if (!since)
		return 0;
	if (!test_bit(FTTCP_LF_SYNCED, &link->flags))
		since = max(since, lane->progress_ns);
	return since + (u64)READ_ONCE(link->fn->conf.hold_max_ms) *
		       NSEC_PER_MSEC;
}

static void tick_hold(struct fttcp_lane *lane, bool late)
{
	u64 end = late ? 0 : hold_end(lane);

	if (end && ktime_get_ns() > end)
		fttcp_link_down(lane->link, FTTCP_DOWN_REASON_HOLD_MAX,
				-ETIMEDOUT);
}

/*
 * R5 again: a lease that is never renewed in time, as the link is slower than it
 * is long, keeps every segment, with the backup acknowledging all the while.
 */
static void tick_lease(struct fttcp_lane *lane, bool late)
{
	struct fttcp_net *fn = lane->link->fn;
	u64 until = READ_ONCE(fn->lease_ns);

	if (late || READ_ONCE(fn->role) != FTTCP_ROLE_ACTIVE ||
	    READ_ONCE(fn->state) != FTTCP_STATE_PROTECTED || until == U64_MAX)
		return;
	until = READ_ONCE(fn->lease_over_ns) ?: until;
	until += READ_ONCE(fn->conf.hold_max_ms) * (u64)NSEC_PER_MSEC;
	if (fttcp_lease_clock() > until)
		fttcp_link_down_text(lane->link, FTTCP_DOWN_REASON_HOLD_MAX,
				     -ETIMEDOUT,
				     "the lease was not renewed in time: heartbeat-misses is too small for this link");
}

/**
 * fttcp_lane_beat_due() - see whether a HEARTBEAT has to leave
 * @lane: lane
 *
 * Context: the worker.
 * Return: true once each interval; FTTCP_LN_BEAT is set then.
 */
bool fttcp_lane_beat_due(struct fttcp_lane *lane)
{
	unsigned long now = jiffies;

	if (!lane->hello_done ||
	    time_before(now, lane->last_beat + beat_interval(lane)))
		return false;
	lane->last_beat = now;
	set_bit(FTTCP_LN_BEAT, &lane->flags);
	return true;
}

static void lane_tick(struct fttcp_lane *lane)
{
	unsigned long now = jiffies, interval = beat_interval(lane);
	bool late = time_after(now, lane->last_tick + 2 * interval);

	lane->last_tick = now;
	lane_flush(lane, now);
	if (!lane->hello_done) {
		if (time_after(now, lane->opened +
			       msecs_to_jiffies(FTTCP_HELLO_TIMEOUT_MS)))
			fttcp_link_down_text(lane->link,
					     FTTCP_DOWN_REASON_STALLED,
					     -ETIMEDOUT,
					     "the other side said no HELLO");
		return;
	}
	fttcp_lane_beat_due(lane);
	tick_silence(lane, now, late);
	tick_hold(lane, late);
	tick_lease(lane, late);
}

/* Jiffies until lane_tick() or a retry is due. */
static long lane_timeout(struct fttcp_lane *lane)
{
	long left, now = jiffies;
	u64 end, now_ns;

	if (lane->hello_done)
		left = lane->last_beat + beat_interval(lane) - now;
	else
		left = lane->opened - now +
		       msecs_to_jiffies(FTTCP_HELLO_TIMEOUT_MS) + 1;
	if (READ_ONCE(lane->nr_dirty))
		left = min_t(long, left, lane->last_state - now +
			     msecs_to_jiffies(FTTCP_STATE_INTERVAL_MS));
	/* What could go out did, so the socket has no room. */
	if (lane->cur || lane->ctl_len)
		left = min_t(long, left,
			     msecs_to_jiffies(FTTCP_LANE_TX_RETRY_MS));

	end = hold_end(lane);
	if (end) {
		now_ns = ktime_get_ns();
		left = min_t(long, left, end > now_ns ?
			     nsecs_to_jiffies(end - now_ns) + 1 : 1);
	}
	return max(left, 1L);
}

/*
 * Each round begins with this: what is read later may be older. By a clock
 * that goes on while the machine is suspended.
 */
static void lane_note_turn(struct fttcp_lane *lane)
{
	u64 now = fttcp_lease_clock(), last = lane->turn_ns;
	struct fttcp_net *fn = lane->link->fn;
	u64 limit = jiffies_to_nsecs(silence_max(lane)) +
		    FTTCP_STILL_MS * (u64)NSEC_PER_MSEC;

	lane->turn_ns = now;
	if (last && now - last > limit && lane->peer_heard_ns &&
	    READ_ONCE(fn->role) == FTTCP_ROLE_BACKUP)
		fttcp_lease_stood_still(fn, now, now - lane->peer_heard_ns);
}

static bool lane_called(const struct fttcp_lane *lane)
{
	return test_bit(FTTCP_LN_KICK, &lane->flags) || kthread_should_stop();
}

static int lane_worker(void *arg)
{
	unsigned int noio = memalloc_noio_save();
	struct fttcp_lane *lane = arg;
	bool again = false;

	while (!kthread_should_stop()) {
		if (!again)
			wait_event_interruptible_timeout(lane->wq,
							 lane_called(lane),
							 lane_timeout(lane));
		clear_bit(FTTCP_LN_KICK, &lane->flags);
		/* Pairs with test_and_set_bit() in fttcp_lane_wake(). */
		smp_mb__after_atomic();
		fttcp_fault_stall(lane);
		lane_note_turn(lane);
		if (READ_ONCE(lane->dead))
			break;
		again = fttcp_lane_rx(lane);
		lane_tick(lane);
		again |= fttcp_lane_tx(lane);
		cond_resched();
	}
	/* Its last round may have stood still, and ended the link itself. */
	lane_note_turn(lane);
	fttcp_lane_farewell(lane);
	wait_event_interruptible(lane->wq, kthread_should_stop());
	memalloc_noio_restore(noio);
	return 0;
}

/* --- life -------------------------------------------------------------- */

/**
 * fttcp_lane_setup() - first of all
 * @lane: zeroed memory
 * @link: its link
 * @nr: its number
 */
void fttcp_lane_setup(struct fttcp_lane *lane, struct fttcp_link *link, u8 nr)
{
	lane->link = link;
	lane->nr = nr;
	lane->next_index = 1;
	init_waitqueue_head(&lane->wq);
	spin_lock_init(&lane->lock);
	INIT_LIST_HEAD(&lane->urgent);
	INIT_LIST_HEAD(&lane->pending);
	INIT_LIST_HEAD(&lane->inflight);
	INIT_LIST_HEAD(&lane->dirty);
	INIT_WORK(&lane->flush_work, lane_flush_work);
}

/* The first record of each lane. */
static int lane_queue_hello(struct fttcp_lane *lane)
{
	struct fttcp_record *rec = fttcp_link_hello_record(lane, GFP_KERNEL);

	if (!rec)
		return -ENOMEM;
	fttcp_lane_queue(lane, rec);
	return 0;
}

/**
 * fttcp_lane_start() - take over a socket
 * @lane: lane after fttcp_lane_setup()
 * @sock: connected TCP socket with a reference, which is the lane's on success
 * @why: told why not
 *
 * The worker is created, not woken: the caller does that once the link can be
 * found.
 *
 * Return: 0 or -errno.
 */
int fttcp_lane_start(struct fttcp_lane *lane, struct socket *sock,
		     const char **why)
{
	struct sock *sk = sock->sk;
	struct task_struct *task;
	int err;

	lane->sock = sock;
	lane->opened = jiffies;
	lane->last_rx = jiffies;
	lane->last_beat = jiffies;
	lane->last_state = jiffies;
	lane->last_tick = jiffies;
	*why = "out of memory";
	err = fttcp_lane_rx_setup(lane);
	if (err)
		goto err_sock;
	err = lane_queue_hello(lane);
	if (err)
		goto err_rx;
	task = ERR_PTR(fttcp_fault(lane->link->fn, FTTCP_FAULT_LANE_WORKER));
	if (!task)
		task = kthread_create(lane_worker, lane, "fttcp/%u:%u",
				      lane->link->id, lane->nr);
	if (IS_ERR(task)) {
		err = PTR_ERR(task);
		fttcp_lane_spawn_failed(lane, err);
		goto err_rx;
	}
	/*
	 * Every held segment waits for it, and silence is taken for death; but
	 * what anybody may start gets no more than its share.
	 */
	if (lane->link->fn->net->user_ns == &init_user_ns)
		set_user_nice(task, MIN_NICE);
	lock_sock(sk);
	err = callbacks_set(lane, sk);
	release_sock(sk);
	if (err) {
		*why = "somebody else in the kernel uses the socket";
		goto err_task;
	}
	lane->task = task;
	tcp_sock_set_nodelay(sk);
	/*
	 * Memory reclaim must not wait for I/O that may itself wait for what
	 * this lane has to say.
	 */
	lane->orig_allocation = sk->sk_allocation;
	sk->sk_allocation = GFP_NOIO;
	*why = NULL;
	return 0;

err_task:
	kthread_stop(task);
err_rx:
	drop_list(lane, &lane->pending);
	fttcp_lane_rx_clean(lane);
err_sock:
	lane->sock = NULL;
	return err;
}

/*
 * Closing a socket with bytes unread resets it, and a reset throws away what
 * we have said last: the acknowledgement of a goodbye, for instance.
 */
static void drain(struct socket *sock)
{
	struct kvec iov = { .iov_len = FTTCP_LANE_RX_BATCH };
	int rounds = FTTCP_LANE_TX_BATCH, n;

	do {
		struct msghdr msg = {};

		n = kernel_recvmsg(sock, &msg, &iov, 1, iov.iov_len,
				   MSG_DONTWAIT | MSG_TRUNC);
	} while (n > 0 && --rounds);
}

/**
 * fttcp_lane_stop() - end the worker, give the socket back
 * @lane: lane
 *
 * Context: process; waits for the worker, which waits for nobody who holds
 * fn->ctl.
 */
void fttcp_lane_stop(struct fttcp_lane *lane)
{
	struct socket *sock = lane->sock;

	if (!sock)
		return;
	fttcp_lane_kill(lane);
	kthread_stop(lane->task);
	lane->task = NULL;
	kernel_sock_shutdown(sock, SHUT_RDWR);
	drain(sock);
	lock_sock(sock->sk);
	callbacks_clear(lane, sock->sk);
	release_sock(sock->sk);
	sock->sk->sk_allocation = lane->orig_allocation;
	lane->sock = NULL;
	/* it would keep its namespace for the minutes that a FIN is repeated */
	if (lane->link->down_reason == FTTCP_DOWN_REASON_HEARTBEAT ||
	    lane->link->down_reason == FTTCP_DOWN_REASON_CARRIER)
		sock_no_linger(sock->sk);
	sockfd_put(sock);
}

/**
 * fttcp_lane_clean() - drop all that a lane has
 * @lane: lane after fttcp_lane_stop()
 *
 * Context: process; waits for fttcp_conn_flush().
 */
void fttcp_lane_clean(struct fttcp_lane *lane)
{
	cancel_work_sync(&lane->flush_work);
	dirty_drop(lane);
	fttcp_lane_tx_part(lane);
	lane->cur = NULL;
	drop_list(lane, &lane->urgent);
	drop_list(lane, &lane->pending);
	drop_list(lane, &lane->inflight);
	fttcp_lane_rx_clean(lane);
}
