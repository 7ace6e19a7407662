// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the file with the largest epoch that this node has acted in or heard
 * of. The kernel forgets it when the machine dies. A node that came back
 * without it would take an old active, which stood still while this node was
 * the active one, for its own (R4).
 *
 * It is written before the kernel acts in a new epoch, by a thread (keeper.c)
 * that whoever acts waits for; but not longer than FTTCP_EPOCH_WRITE_MS: a disk
 * that hangs is no reason to leave the connections dead.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/fttcp.h>

#include "daemon.h"
#include "event.h"
#include "keeper.h"
#include "log.h"

/* What the kernel has for a boot's name, a UUID. */
#define BOOT_LEN	37
#define BOOT_FORMAT	"36s"

/* From the keeper's thread. */
static void on_told(void *arg)
{
	struct fttcpd *d = arg;

	ev_async_send(d->loop, &d->epoch_done);
}

/* A disk that is full keeps nobody from taking over. */
static void written(struct fttcpd *d, int rc)
{
	if (rc && rc != d->epoch_said)
		fttcpd_evt_epoch_not_kept(d->conf.epoch_file, d->epoch_kept,
					  strerror(-rc));
	if (!rc && d->epoch_late)
		log_notice("%s: the disk is back, the epoch %" PRIu64
			   " is kept", d->conf.epoch_file, d->epoch_kept);
	d->epoch_late = false;
	d->epoch_said = rc;
}

static void on_done(struct ev_loop *loop, ev_async *w, int revents)
{
	struct fttcpd *d = w->data;
	int rc;

	(void)revents;
	/* the last write of all is told, too */
	if (!fttcpd_keeper_done(d->keeper, 0, &rc))
		return;
	ev_timer_stop(loop, &d->epoch_limit);
	fttcpd_progress_end(&d->progress, FTTCPD_WORK_DISK);
	written(d, rc);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	if (fttcpd_keeper_done(d->keeper, 0, NULL))
		return;
	d->epoch_late = true;
	log_err("%s: the epoch %" PRIu64 " is not on the disk after %u ms; "
		"this node goes on without, and it is written when the disk "
		"answers. If this machine dies before, an old active may be "
		"taken for the right one: look for what makes the disk hang, "
		"and keep the other node from coming back until it is told "
		"here that the epoch is kept", d->conf.epoch_file,
		d->epoch_kept, FTTCP_EPOCH_WRITE_MS);
}

/* Without a thread it is written here: late is better than not at all. */
static bool has_keeper(struct fttcpd *d)
{
	int rc;

	if (d->keeper)
		return true;
	rc = fttcpd_keeper_start(&d->keeper, d->conf.epoch_file, on_told, d);
	if (rc)
		fttcpd_evt_spawn_failed("epoch");
	return !rc;
}

static void put(struct fttcpd *d, uint64_t epoch, const char *text)
{
	d->epoch_kept = epoch;
	if (!d->conf.epoch_file[0])
		return;
	if (!has_keeper(d)) {
		written(d, fttcpd_keeper_write(d->conf.epoch_file, text));
		return;
	}
	fttcpd_progress_begin(&d->progress, FTTCPD_WORK_DISK,
			      fttcpd_monotonic_us(), FTTCP_EPOCH_WRITE_MS);
	fttcpd_keeper_post(d->keeper, text);
	if (d->epoch_late || ev_is_active(&d->epoch_limit))
		return;
	ev_timer_set(&d->epoch_limit, FTTCP_EPOCH_WRITE_MS / 1000., 0.);
	ev_now_update(d->loop);
	ev_timer_start(d->loop, &d->epoch_limit);
}

/**
 * fttcpd_epoch_keep() - remember this number
 * @d:		daemon
 * @epoch:	may also be smaller than the last one, which was not taken then
 *
 * Does not wait; who has to calls fttcpd_epoch_settle().
 */
void fttcpd_epoch_keep(struct fttcpd *d, uint64_t epoch)
{
	char text[FTTCPD_KEEPER_TEXT];

	if (epoch == d->epoch_kept && !d->epoch_was)
		return;
	d->epoch_was = 0;
	snprintf(text, sizeof(text), "%" PRIu64 "\n", epoch);
	put(d, epoch, text);
}

/* Of this boot, or "" */
static void read_boot(char boot[BOOT_LEN])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || fscanf(f, "%" BOOT_FORMAT, boot) != 1)
		boot[0] = '\0';
	if (f)
		fclose(f);
}

/**
 * fttcpd_epoch_intend() - the kernel is about to be asked to act in this one
 * @d:		daemon
 * @epoch:	number
 * @was:	what counts if it does not
 *
 * fttcpd_epoch_keep() follows when it has done so, fttcpd_epoch_withdraw() when
 * it has not. If neither does, the number counts after a reboot, for nobody
 * knows then; while the kernel lives, it knows.
 */
void fttcpd_epoch_intend(struct fttcpd *d, uint64_t epoch, uint64_t was)
{
	char text[FTTCPD_KEEPER_TEXT], boot[BOOT_LEN];

	read_boot(boot);
	if (!was || !boot[0]) {
		fttcpd_epoch_keep(d, epoch);
		return;
	}
	d->epoch_was = was;
	snprintf(text, sizeof(text), "%" PRIu64 "\nwas %" PRIu64 " boot %s\n",
		 epoch, was, boot);
	put(d, epoch, text);
}

/* The kernel says itself that it did not act in @epoch, nor is about to. */
static bool not_taken(const struct fttcp_node *node, uint64_t epoch,
		      uint64_t was)
{
	return node->role == FTTCP_ROLE_BACKUP &&
	       node->state != FTTCP_STATE_PROMOTING &&
	       node->epoch_seen >= was && node->epoch_seen < epoch;
}

/**
 * fttcpd_epoch_withdraw() - what was intended did not come about
 * @d:		daemon
 * @node:	what the kernel says since
 * @was:	what was kept before
 */
void fttcpd_epoch_withdraw(struct fttcpd *d, const struct fttcp_node *node,
			   uint64_t was)
{
	uint64_t epoch = node->epoch_seen > was ? node->epoch_seen : was;

	if (not_taken(node, d->epoch_kept, 0))
		fttcpd_epoch_keep(d, epoch);
}

/**
 * fttcpd_epoch_pending() - is it worth while to wait for the disk?
 * @d:		daemon
 *
 * Return: false as well when it is known to hang.
 */
bool fttcpd_epoch_pending(const struct fttcpd *d)
{
	return d->keeper && !d->epoch_late &&
	       !fttcpd_keeper_done(d->keeper, 0, NULL);
}

/**
 * fttcpd_epoch_settle() - wait until it is on the disk
 * @d:		daemon
 *
 * No longer than FTTCP_EPOCH_WRITE_MS. Any thread.
 */
void fttcpd_epoch_settle(struct fttcpd *d)
{
	fttcpd_keeper_done(d->keeper, FTTCP_EPOCH_WRITE_MS, NULL);
}

/**
 * fttcpd_epoch_next() - the epoch that this node would act in next
 * @d:		daemon
 * @node:	what the kernel knows
 *
 * Return: larger than all that either has seen.
 */
uint64_t fttcpd_epoch_next(const struct fttcpd *d,
			   const struct fttcp_node *node)
{
	uint64_t epoch = node->epoch > node->epoch_seen ? node->epoch :
			 node->epoch_seen;

	return (epoch > d->epoch_kept ? epoch : d->epoch_kept) + 1;
}

/**
 * fttcpd_epoch_note() - the kernel may have heard of a larger epoch
 * @d:		daemon
 */
void fttcpd_epoch_note(struct fttcpd *d)
{
	struct fttcp_node node = { 0 };

	if (!fttcp_node_get(d->nl, &node) && node.epoch_seen > d->epoch_kept)
		fttcpd_epoch_keep(d, node.epoch_seen);
}

/**
 * fttcpd_epoch_init() - before anything else here
 * @d:		daemon, with its loop
 */
void fttcpd_epoch_init(struct fttcpd *d)
{
	ev_async_init(&d->epoch_done, on_done);
	d->epoch_done.data = d;
	ev_async_start(d->loop, &d->epoch_done);
	ev_init(&d->epoch_limit, on_limit);
	d->epoch_limit.data = d;
}

/** fttcpd_epoch_exit() - the loop has ended */
void fttcpd_epoch_exit(struct fttcpd *d)
{
	fttcpd_keeper_stop(d->keeper, d->epoch_late ? 0 : FTTCP_EPOCH_WRITE_MS);
	d->keeper = NULL;
	ev_timer_stop(d->loop, &d->epoch_limit);
	ev_async_stop(d->loop, &d->epoch_done);
}

static int read_file(FILE *f, uint64_t *epoch, uint64_t *was,
		     char boot[BOOT_LEN])
{
	int n = fscanf(f, "%" SCNu64 " was %" SCNu64 " boot %" BOOT_FORMAT,
		       epoch, was, boot);

	if (n < 1 || *epoch > FTTCP_EPOCH_MAX)
		return -EINVAL;
	if (n < 3)
		*was = 0;
	return 0;
}

/*
 * A daemon was ended between writing and the kernel's answer. If that happened in
 * this boot, the kernel knows what came of it; else nobody does, and to take the
 * smaller number could have two nodes speak.
 */
static void look_back(struct fttcpd *d, uint64_t was, const char *boot)
{
	struct fttcp_node node = { 0 };
	char now[BOOT_LEN];

	read_boot(now);
	if (!was || strcmp(boot, now) || fttcp_node_get(d->nl, &node) ||
	    !not_taken(&node, d->epoch_kept, was))
		return;
	log_notice("the epoch %" PRIu64 " was intended, and not taken: %" PRIu64
		   " counts", d->epoch_kept, node.epoch_seen);
	fttcpd_epoch_keep(d, node.epoch_seen);
}

/**
 * fttcpd_epoch_default() - the file, where the configuration names none
 * @conf:	configuration
 */
void fttcpd_epoch_default(struct fttcpd_conf *conf)
{
	const char *dir = getenv("STATE_DIRECTORY");

	if (!conf->epoch_file[0] && dir)
		snprintf(conf->epoch_file, sizeof(conf->epoch_file),
			 "%s/epoch", dir);
}

/**
 * fttcpd_epoch_load() - what an earlier life of this node has left
 * @d:		daemon with its configuration
 */
void fttcpd_epoch_load(struct fttcpd *d)
{
	uint64_t epoch = 0, was = 0;
	char boot[BOOT_LEN] = "";
	FILE *f;

	fttcpd_epoch_default(&d->conf);
	if (!d->conf.epoch_file[0]) {
		log_warn("no [node] epoch-file and no state directory: after a "
			 "reboot this node does not know which active is the "
			 "right one");
		return;
	}
	f = fopen(d->conf.epoch_file, "re");
	if (!f && errno == ENOENT)
		return;
	if (!f || read_file(f, &epoch, &was, boot)) {
		log_err("%s: %s; taken for 0", d->conf.epoch_file,
			f ? "there is no epoch in it" : strerror(errno));
		epoch = 0;
		was = 0;
	}
	if (f)
		fclose(f);
	d->epoch_kept = epoch;
	look_back(d, was, boot);
}
