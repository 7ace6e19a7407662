// SPDX-License-Identifier: GPL-2.0-only
/*
 * Audits, on the active: a work item walks over the connections, some in each
 * step, and puts AUDIT records into their lanes, in order with everything else
 * that is told of them. So both nodes speak of the same moment without stopping
 * anything: what the records before AUDIT have told is what the replica must be.
 *
 * A queue is digested in pieces, each under a lock of its own. A byte that the
 * peer acknowledges, or the application reads, between two of them is compared
 * no more; it is needed no more, either. Bytes whose content may still change
 * (MSG_ZEROCOPY, sendfile) were copied when they were captured, and cannot be
 * compared with what has become of the original.
 */
#include <linux/slab.h>
#include <net/tcp.h>

#include "audit.h"
#include "conn.h"
#include "link.h"
#include "record.h"
#include "sockstate.h"
#include "tx.h"

/**
 * struct fttcp_audit_run - an audit under way
 * @link:	to the backup; referenced
 * @began:	when it began (ktime)
 * @found:	what was found so far; under fn->audit.lock
 * @done:	the backup has swept; under fn->audit.lock
 * @diffs:	AUDIT_DIFFs that it has sent
 * @answers:	of these, those that came; under fn->audit.lock
 *
 * The work item alone:
 * @marked:	lanes that have AUDIT_MARK
 * @swept:	lanes that have SWEEP
 * @walked:	every connection was named
 * @tries:	steps without memory
 * @end:	when the answer is given up (jiffies)
 * @it:		where the walk is
 * @conn:	the connection being named; referenced
 * @began_conn:	a piece of it was named
 * @tx_seq:	its next outbound byte
 * @tx_end:	the end of those
 * @rx_seq:	its next inbound byte
 * @rx_end:	the end of those
 */
struct fttcp_audit_run {
	struct fttcp_link		*link;
	u64				began;
	struct fttcp_audit_report	found;
	bool				done;
	u32				diffs;
	u32				answers;

	int				marked;
	int				swept;
	bool				walked;
	u32				tries;
	unsigned long			end;
	struct fttcp_conn_iter		it;
	struct fttcp_conn		*conn;
	bool				began_conn;
	u32				tx_seq;
	u32				tx_end;
	u32				rx_seq;
	u32				rx_end;
};

/* --- digests ------------------------------------------------------------- */

/**
 * fttcp_audit_digest() - bytes of an skb
 * @x: digest so far
 * @skb: has them, anywhere; not changed
 * @off: of the first
 * @len: how many
 *
 * Context: any.
 */
void fttcp_audit_digest(struct xxh64_state *x, struct sk_buff *skb, u32 off,
			u32 len)
{
	struct skb_seq_state st;
	unsigned int n, done = 0;
	const u8 *data;

	skb_prepare_seq_read(skb, off, off + len, &st);
	while ((n = skb_seq_read(done, &data, &st))) {
		/* it looks at the end before a block, not in it */
		n = min(n, len - done);
		xxh64_update(x, data, n);
		done += n;
	}
}

/**
 * fttcp_audit_digest_opts() - socket options as they were told
 * @o: options
 *
 * Return: the digest.
 */
u64 fttcp_audit_digest_opts(const struct fttcp_wire_opts *o)
{
	return xxh64(o, sizeof(*o), 0);
}

/**
 * fttcp_audit_what_text() - what a replica differs in
 * @what: FTTCP_WIRE_D_*
 * @text: where to
 * @len: room there
 */
void fttcp_audit_what_text(u32 what, char *text, size_t len)
{
	static const char * const names[] = {
		"sequence numbers", "socket options", "outbound bytes",
		"inbound bytes", "no replica", "not named by the active",
	};
	size_t n = scnprintf(text, len, "the replica is not what it should be");
	const char *sep = ": ";
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(what & 1U << i))
			continue;
		n += scnprintf(text + n, len - n, "%s%s", sep, names[i]);
		sep = ", ";
	}
}

/* --- a piece of a connection --------------------------------------------- */

static struct sk_buff *first(struct fttcp_conn *c, bool tx, u32 seq)
{
	return tx ? fttcp_sock_tx_first(c->sk, seq) :
		    fttcp_sock_rx_first(c->sk, seq);
}

static struct sk_buff *next(struct fttcp_conn *c, bool tx, struct sk_buff *skb)
{
	return tx ? fttcp_sock_tx_next(c->sk, skb) :
		    fttcp_sock_rx_next(c->sk, skb);
}

static bool may_change(struct sk_buff *skb)
{
	return skb_zcopy(skb) || skb_has_shared_frag(skb);
}

/*
 * Digest from *@seq on, and move it, as far as one piece goes. *@begin is where
 * the piece begins: behind bytes that cannot be compared.
 *
 * Return: bytes of the piece.
 */
static u32 piece(struct fttcp_conn *c, bool tx, u32 *seq, u32 end, u32 *begin,
		 u64 *digest)
{
	struct xxh64_state x;
	struct sk_buff *skb;
	u32 off, n, len = 0;

	xxh64_reset(&x, 0);
	*begin = *seq;
	for (skb = before(*seq, end) ? first(c, tx, *seq) : NULL;
	     skb && before(*seq, end) && len < FTTCP_AUDIT_PIECE;
	     skb = next(c, tx, skb)) {
		off = *seq - fttcp_skb_seq(skb);
		if (off >= skb->len)
			break;
		n = min(skb->len - off, end - *seq);
		if (may_change(skb)) {
			if (len)
				goto out;
			*seq += n;
			*begin = *seq;
			continue;
		}
		n = min_t(u32, n, FTTCP_AUDIT_PIECE - len);
		fttcp_audit_digest(&x, skb, off, n);
		*seq += n;
		len += n;
	}
	if (len < FTTCP_AUDIT_PIECE)
		*seq = end;
out:
	*digest = xxh64_digest(&x);
	return len;
}

/* what the peer or the application has meanwhile is not compared */
static void cursor(u32 *seq, u32 *end, u32 begin, u32 told, bool began)
{
	if (!began) {
		*seq = begin;
		*end = told;
		return;
	}
	if (before(*seq, begin))
		*seq = begin;
	/* it was sent again, and less was told than before */
	if (after(*end, told))
		*end = told;
	if (before(*end, *seq))
		*end = *seq;
}

/* Return: true when there is more */
static bool fill(struct fttcp_audit_run *run, struct fttcp_conn *c,
		 struct fttcp_wire_audit *a, u32 *bytes)
{
	u32 tx, rx, tx_len, rx_len;
	u64 tx_digest, rx_digest;

	cursor(&run->tx_seq, &run->tx_end, fttcp_sock_snd_una(c->sk),
	       c->tx_seq, run->began_conn);
	cursor(&run->rx_seq, &run->rx_end, fttcp_sock_copied(c->sk),
	       c->rx_seq, run->began_conn);
	run->began_conn = true;
	/* the backup has none of them */
	if (c->mode == FTTCP_MODE_RX_ONLY)
		run->tx_seq = run->tx_end;
	tx_len = piece(c, true, &run->tx_seq, run->tx_end, &tx, &tx_digest);
	rx_len = piece(c, false, &run->rx_seq, run->rx_end, &rx, &rx_digest);
	*bytes = tx_len + rx_len;
	a->state = c->state_sent;
	a->opts = cpu_to_be64(fttcp_audit_digest_opts(&c->opts_sent));
	a->tx_digest = cpu_to_be64(tx_digest);
	a->rx_digest = cpu_to_be64(rx_digest);
	a->tx_seq = cpu_to_be32(tx);
	a->tx_len = cpu_to_be32(tx_len);
	a->rx_seq = cpu_to_be32(rx);
	a->rx_len = cpu_to_be32(rx_len);
	return run->tx_seq != run->tx_end || run->rx_seq != run->rx_end;
}

/* the replica is, or should be, whole */
static bool comparable(const struct fttcp_conn *c)
{
	return c->added && !c->muted && c->sk->sk_state != TCP_CLOSE &&
	       !test_bit(FTTCP_CF_RESYNC, &c->flags) &&
	       !test_bit(FTTCP_CF_REFUSED, &c->flags);
}

static void count_skipped(struct fttcp_net *fn, struct fttcp_audit_run *run)
{
	spin_lock_bh(&fn->audit.lock);
	run->found.skipped++;
	spin_unlock_bh(&fn->audit.lock);
	fttcp_stat_inc(fn, FTTCP_STAT_AUDIT_SKIPPED);
}

/* Return: 1 when there is more of it; 0; -ENOMEM; -EPIPE */
static int name_locked(struct fttcp_audit_run *run, struct fttcp_conn *c,
		       u32 *bytes, gfp_t gfp)
{
	struct fttcp_wire_audit *a;
	struct fttcp_record *rec;
	bool more = false;
	u32 flags = 0;
	int err;

	if (c->role == FTTCP_CONN_ROLE_REPLICA ||
	    test_bit(FTTCP_CF_DEAD, &c->flags))
		return 0;
	if (!c->lane || c->lane->link != run->link || !c->told) {
		count_skipped(c->fn, run);
		return 0;
	}
	rec = fttcp_record_alloc(c->fn, FTTCP_WIRE_AUDIT, gfp);
	if (!rec)
		return -ENOMEM;
	a = fttcp_record_body(rec);
	a->id = cpu_to_be64(c->id);
	a->number = cpu_to_be64(run->found.number);
	if (comparable(c)) {
		more = fill(run, c, a, bytes);
		flags = more ? FTTCP_WIRE_A_MORE : 0;
	} else {
		/* it is there: its replica must not be swept */
		a->state = c->state_sent;
		flags = FTTCP_WIRE_A_SKIP;
		count_skipped(c->fn, run);
	}
	a->flags = cpu_to_be32(flags);
	err = fttcp_tx_queue(c, rec, NULL, false);
	return err ?: more;
}

static int name(struct fttcp_audit_run *run, u32 *bytes)
{
	struct fttcp_conn *c = run->conn;
	bool spinning = fttcp_conn_lock(c);
	int err;

	err = name_locked(run, c, bytes, fttcp_conn_gfp(spinning));
	fttcp_conn_unlock(c, spinning);
	return err;
}

/* --- steps --------------------------------------------------------------- */

/* AUDIT_MARK or SWEEP, on the lanes that have none yet */
static int mark(struct fttcp_audit_run *run, u8 type, int *lanes)
{
	struct fttcp_link *link = run->link;
	struct fttcp_wire_audit_mark *m;
	struct fttcp_record *rec;

	for (; *lanes < link->nr_lanes; ++*lanes) {
		rec = fttcp_record_alloc(link->fn, type, GFP_KERNEL);
		if (!rec)
			return -ENOMEM;
		m = fttcp_record_body(rec);
		m->number = cpu_to_be64(run->found.number);
		if (!fttcp_lane_queue(&link->lanes[*lanes], rec))
			return -EPIPE;
	}
	return 0;
}

/* Return: 0 for more, 1 at the end, -ENOMEM, -EPIPE */
static int walk(struct fttcp_audit_run *run)
{
	u32 bytes, sum = 0;
	int n, err;

	for (n = 0; n < FTTCP_AUDIT_BATCH && sum < FTTCP_AUDIT_BATCH_BYTES;
	     n++) {
		if (!run->conn) {
			run->conn = fttcp_conn_next(run->link->fn, &run->it);
			run->began_conn = false;
		}
		if (!run->conn)
			return 1;
		bytes = 0;
		err = name(run, &bytes);
		if (err < 0)
			return err;
		sum += bytes;
		if (!err) {
			fttcp_conn_put(run->conn);
			run->conn = NULL;
		}
		cond_resched();
	}
	return 0;
}

/* nobody waits for the answer of a link that has ended, or is about to */
static bool lost(const struct fttcp_audit_run *run)
{
	const struct fttcp_link *link = run->link;

	return test_bit(FTTCP_LF_DOWN, &link->flags) ||
	       READ_ONCE(link->fn->leaving) || READ_ONCE(link->fn->dying) ||
	       READ_ONCE(link->fn->role) != FTTCP_ROLE_ACTIVE;
}

/* Return: 0 for more, 1 at the end, -ENOMEM, -EPIPE, -ETIMEDOUT */
static int step(struct fttcp_audit_run *run)
{
	struct fttcp_net *fn = run->link->fn;
	bool done;
	int err;

	if (lost(run))
		return -EPIPE;
	err = mark(run, FTTCP_WIRE_AUDIT_MARK, &run->marked);
	if (err)
		return err;
	if (!run->walked) {
		err = walk(run);
		run->walked = err > 0;
		return min(err, 0);
	}
	if (run->swept < run->link->nr_lanes) {
		run->end = jiffies + msecs_to_jiffies(FTTCP_AUDIT_ANSWER_MS);
		return mark(run, FTTCP_WIRE_SWEEP, &run->swept);
	}
	spin_lock_bh(&fn->audit.lock);
	done = run->done && run->answers >= run->diffs;
	spin_unlock_bh(&fn->audit.lock);
	if (done)
		return 1;
	return time_after(jiffies, run->end) ? -ETIMEDOUT : 0;
}

/* --- beginning and end --------------------------------------------------- */

static void run_free(struct fttcp_audit_run *run)
{
	if (run->conn)
		fttcp_conn_put(run->conn);
	fttcp_link_put(run->link);
	kfree(run);
}

static const char *failure(int err)
{
	switch (err) {
	case -ENOMEM:
		return "no memory for its records";
	case -ETIMEDOUT:
		return "the backup gave no answer";
	}
	return "the link to the backup has ended";
}

/**
 * fttcp_audit_ended() - an audit has ended, here
 * @fn: namespace
 * @r: what it has found
 *
 * Context: process.
 */
void fttcp_audit_ended(struct fttcp_net *fn,
		       const struct fttcp_audit_report *r)
{
	bool clean = r->result == FTTCP_AUDIT_RESULT_CLEAN;
	char text[160];

	fttcp_stat_inc(fn, r->why ? FTTCP_STAT_AUDIT_FAILED :
				    FTTCP_STAT_AUDIT_DONE);
	fttcp_stat_add(fn, FTTCP_STAT_AUDIT_CONN, r->conns);
	fttcp_stat_add(fn, FTTCP_STAT_AUDIT_BYTES, r->bytes);
	if (r->why)
		scnprintf(text, sizeof(text), "audit %llu failed: %s",
			  r->number, r->why);
	else
		scnprintf(text, sizeof(text),
			  "audit %llu: %u connections, %llu bytes, %u differ, %u skipped, %u stale, %u ms",
			  r->number, r->conns, r->bytes, r->differing,
			  r->skipped, r->stale, r->took_ms);
	fttcp_event(fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_AUDIT_END,
		.severity = clean ? 0 : FTTCP_SEVERITY_WARNING,
		.text = text,
	});
}

static void finish(struct fttcp_net *fn, struct fttcp_audit_run *run, int err)
{
	struct fttcp_audit *a = &fn->audit;
	struct fttcp_audit_report r;

	spin_lock_bh(&a->lock);
	r = run->found;
	r.took_ms = div_u64(ktime_get_ns() - run->began, NSEC_PER_MSEC);
	r.result = r.differing || r.stale ? FTTCP_AUDIT_RESULT_DIFFERS :
					    FTTCP_AUDIT_RESULT_CLEAN;
	if (err < 0) {
		r.result = FTTCP_AUDIT_RESULT_FAILED;
		r.why = failure(err);
	}
	a->last = r;
	a->run = NULL;
	spin_unlock_bh(&a->lock);
	run_free(run);
	fttcp_audit_ended(fn, &r);
	fttcp_audit_later(fn);
}

static struct fttcp_audit_run *run_alloc(struct fttcp_link *link)
{
	struct fttcp_audit_run *run = kzalloc(sizeof(*run), GFP_KERNEL);

	if (!run)
		return NULL;
	fttcp_link_get(link);
	run->link = link;
	run->began = ktime_get_ns();
	run->found.began_ns = ktime_get_real_ns();
	run->found.result = FTTCP_AUDIT_RESULT_RUNNING;
	return run;
}

static int begin(struct fttcp_net *fn, struct fttcp_link *link, u64 *number,
		 const char **why)
{
	struct fttcp_audit *a = &fn->audit;
	struct fttcp_audit_run *run;

	*why = "the backup's module is too old for audits";
	if (!(link->peer_features & FTTCP_WIRE_F_AUDIT))
		return -EOPNOTSUPP;
	*why = "the backup does not have every connection yet";
	if (READ_ONCE(fn->state) != FTTCP_STATE_PROTECTED ||
	    !test_bit(FTTCP_LF_SYNCED, &link->flags))
		return -EAGAIN;
	*why = "out of memory";
	run = run_alloc(link);
	if (!run)
		return -ENOMEM;
	spin_lock_bh(&a->lock);
	if (!a->run) {
		run->found.number = ++a->number;
		a->run = run;
		run = NULL;
	}
	*number = a->run->found.number;
	spin_unlock_bh(&a->lock);
	if (run)
		run_free(run);
	*why = NULL;
	return 0;
}

/**
 * fttcp_audit_start() - compare every replica, now
 * @fn: namespace
 * @number: told the number of the audit; of that which is under way, if one is
 * @why: told why not, static text
 *
 * Context: process.
 * Return: 0, -EPERM, -EAGAIN, -EOPNOTSUPP, -ENOMEM.
 */
int fttcp_audit_start(struct fttcp_net *fn, u64 *number, const char **why)
{
	struct fttcp_link *link;
	int err;

	*why = "only an active node begins audits";
	if (READ_ONCE(fn->role) != FTTCP_ROLE_ACTIVE)
		return -EPERM;
	*why = "no backup is connected";
	link = fttcp_link_backup(fn);
	if (!link)
		return -EAGAIN;
	err = begin(fn, link, number, why);
	fttcp_link_put(link);
	if (!err && !READ_ONCE(fn->dying))
		mod_delayed_work(fttcp_wq, &fn->audit.work, 0);
	return err;
}

static void audit_work(struct work_struct *work)
{
	struct fttcp_audit *a = container_of(to_delayed_work(work),
					     struct fttcp_audit, work);
	struct fttcp_net *fn = container_of(a, struct fttcp_net, audit);
	struct fttcp_audit_run *run = READ_ONCE(a->run);
	const char *why;
	u64 number;
	int err;

	if (!run) {
		/* without a backup there will be one, and then it is later */
		fttcp_audit_start(fn, &number, &why);
		return;
	}
	err = step(run);
	if (err == -ENOMEM && ++run->tries < FTTCP_AUDIT_TRIES)
		err = 0;
	if (err)
		finish(fn, run, err);
	else if (!READ_ONCE(fn->dying))
		queue_delayed_work(fttcp_wq, &a->work,
				   msecs_to_jiffies(FTTCP_AUDIT_PAUSE_MS));
}

/**
 * fttcp_audit_later() - the next audit, after the interval
 * @fn: namespace that is protected since now, had one just now, or has a new
 *	interval
 *
 * Context: any.
 */
void fttcp_audit_later(struct fttcp_net *fn)
{
	u32 ms = READ_ONCE(fn->conf.audit_interval_ms);

	if (READ_ONCE(fn->audit.run) || READ_ONCE(fn->dying))
		return;
	if (ms)
		mod_delayed_work(fttcp_wq, &fn->audit.work,
				 msecs_to_jiffies(ms));
	else
		cancel_delayed_work(&fn->audit.work);
}

/**
 * fttcp_audit_view() - the audit under way, or the last one
 * @fn: namespace
 * @now: filled in
 *
 * Context: process.
 */
void fttcp_audit_view(struct fttcp_net *fn, struct fttcp_audit_report *now)
{
	struct fttcp_audit *a = &fn->audit;

	spin_lock_bh(&a->lock);
	*now = a->run ? a->run->found : a->last;
	if (a->run)
		now->took_ms = div_u64(ktime_get_ns() - a->run->began,
				       NSEC_PER_MSEC);
	spin_unlock_bh(&a->lock);
}

/* --- what the backup answers --------------------------------------------- */

/* @differs: it is to be sent again */
static void count_diff(struct fttcp_net *fn, u64 number, bool differs)
{
	struct fttcp_audit *a = &fn->audit;

	spin_lock_bh(&a->lock);
	if (a->run && a->run->found.number == number) {
		a->run->answers++;
		a->run->found.differing += differs;
	}
	spin_unlock_bh(&a->lock);
	if (differs)
		fttcp_stat_inc(fn, FTTCP_STAT_AUDIT_DIFF);
}

static void send_again(struct fttcp_lane *lane, struct fttcp_conn *c, u32 what)
{
	char text[160];

	c->asked_index = fttcp_lane_last(lane);
	fttcp_audit_what_text(what, text, sizeof(text));
	fttcp_event(c->fn, &(struct fttcp_event) {
		.id = FTTCP_EVT_AUDIT_DIFF, .conn_id = c->id,
		.tuple = &c->tuple, .text = text });
	set_bit(FTTCP_CF_RESYNC, &c->flags);
	fttcp_lane_dirty(lane, c);
}

/**
 * fttcp_audit_diff() - a replica is not as it should be
 * @lane: lane it came on
 * @d: which, and in what
 *
 * The connection is sent again, whole. One that was asked for again since, or
 * that the backup has refused, had no replica for that reason.
 *
 * Context: the lane's worker.
 */
void fttcp_audit_diff(struct fttcp_lane *lane,
		      const struct fttcp_wire_audit_diff *d)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_conn *c = fttcp_conn_find(fn, be64_to_cpu(d->id));
	bool differs = c && READ_ONCE(c->lane) == lane &&
		       be64_to_cpu(d->index) > c->asked_index;

	if (differs)
		send_again(lane, c, be32_to_cpu(d->what));
	count_diff(fn, be64_to_cpu(d->number), differs);
	if (c)
		fttcp_conn_put(c);
}

/**
 * fttcp_audit_done() - the backup has looked at everything
 * @lane: lane it came on
 * @d: what it has found
 *
 * Context: the lane's worker.
 */
void fttcp_audit_done(struct fttcp_lane *lane,
		      const struct fttcp_wire_audit_done *d)
{
	struct fttcp_net *fn = lane->link->fn;
	struct fttcp_audit *a = &fn->audit;
	struct fttcp_audit_run *run;

	spin_lock_bh(&a->lock);
	run = a->run;
	if (run && run->link == lane->link && !run->done &&
	    run->found.number == be64_to_cpu(d->number)) {
		run->found.conns = be32_to_cpu(d->conns);
		run->found.bytes = be64_to_cpu(d->bytes);
		run->found.stale = be32_to_cpu(d->stale);
		run->diffs = be32_to_cpu(d->diffs);
		run->done = true;
	}
	spin_unlock_bh(&a->lock);
}

/* --- namespace ----------------------------------------------------------- */

void fttcp_audit_init_net(struct fttcp_net *fn)
{
	spin_lock_init(&fn->audit.lock);
	INIT_DELAYED_WORK(&fn->audit.work, audit_work);
}

/**
 * fttcp_audit_exit_net() - the namespace ends
 * @fn: namespace, marked as dying, its links ended
 */
void fttcp_audit_exit_net(struct fttcp_net *fn)
{
	cancel_delayed_work_sync(&fn->audit.work);
	if (fn->audit.run)
		run_free(fn->audit.run);
	fn->audit.run = NULL;
}
