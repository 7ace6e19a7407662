// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the file with the largest epoch that this node has acted in or heard
 * of. The kernel forgets it when the machine dies. A node that came back
 * without it would take an old active, which stood still while this node was
 * the active one, for its own (R4).
 *
 * It is written before the kernel acts in a new epoch, never after.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "daemon.h"
#include "log.h"

static int sync_dir_of(const char *path)
{
	char copy[sizeof(((struct fttcpd_conf *)0)->epoch_file)];
	int fd, rc = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		rc = -errno;
	close(fd);
	return rc;
}

static int write_new(const char *path, uint64_t epoch)
{
	int fd, len, rc = 0;
	char text[32];

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "%" PRIu64 "\n", epoch);
	errno = ENOSPC;
	if (write(fd, text, len) != len || fsync(fd))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

/**
 * fttcpd_epoch_write() - put an epoch on the disk
 * @path:	the file, "" for none
 * @epoch:	number
 *
 * The file has the old number or the new one, whatever happens. Any thread.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_epoch_write(const char *path, uint64_t epoch)
{
	char new[sizeof(((struct fttcpd_conf *)0)->epoch_file) + 4];
	int rc;

	if (!path[0])
		return 0;
	snprintf(new, sizeof(new), "%s.new", path);
	rc = write_new(new, epoch);
	if (!rc && rename(new, path))
		rc = -errno;
	return rc ? rc : sync_dir_of(path);
}

/**
 * fttcpd_epoch_written() - what came of it
 * @d:		daemon
 * @epoch:	number
 * @rc:		what fttcpd_epoch_write() returned
 *
 * A disk that is full keeps nobody from taking over.
 */
void fttcpd_epoch_written(struct fttcpd *d, uint64_t epoch, int rc)
{
	d->epoch_kept = epoch;
	if (rc && rc != d->epoch_said)
		log_err("%s: the epoch %" PRIu64 " cannot be kept: %s; if this "
			"machine dies, an old active may be taken for the "
			"right one", d->conf.epoch_file, epoch, strerror(-rc));
	d->epoch_said = rc;
}

/**
 * fttcpd_epoch_keep() - remember this number
 * @d:		daemon
 * @epoch:	may also be smaller than the last one, which was not taken then
 */
void fttcpd_epoch_keep(struct fttcpd *d, uint64_t epoch)
{
	if (epoch != d->epoch_kept)
		fttcpd_epoch_written(d, epoch,
				     fttcpd_epoch_write(d->conf.epoch_file,
							epoch));
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
 * fttcpd_epoch_load() - what an earlier life of this node has left
 * @d:		daemon with its configuration
 */
void fttcpd_epoch_load(struct fttcpd *d)
{
	const char *dir = getenv("STATE_DIRECTORY");
	uint64_t epoch = 0;
	FILE *f;

	if (!d->conf.epoch_file[0] && dir)
		snprintf(d->conf.epoch_file, sizeof(d->conf.epoch_file),
			 "%s/epoch", dir);
	if (!d->conf.epoch_file[0]) {
		log_warn("no [node] epoch-file and no state directory: after a "
			 "reboot this node does not know which active is the "
			 "right one");
		return;
	}
	f = fopen(d->conf.epoch_file, "re");
	if (!f && errno == ENOENT)
		return;
	if (!f || fscanf(f, "%" SCNu64, &epoch) != 1 ||
	    epoch > FTTCP_EPOCH_MAX) {
		log_err("%s: %s; taken for 0", d->conf.epoch_file,
			f ? "there is no epoch in it" : strerror(errno));
		epoch = 0;
	}
	if (f)
		fclose(f);
	d->epoch_kept = epoch;
}
