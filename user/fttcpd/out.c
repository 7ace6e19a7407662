// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the mark that says that this node is out: an empty file beside the epoch's. What
 * it says need not be true to the second, so nobody waits for the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "event.h"
#include "log.h"
#include "out.h"

#define MARK	".out"

static bool mark_of(const struct fttcpd *d,
		    char path[FTTCPD_CONF_PATH + sizeof(MARK)])
{
	snprintf(path, FTTCPD_CONF_PATH + sizeof(MARK), "%s" MARK,
		 d->conf.epoch_file);
	return d->conf.epoch_file[0];
}

static void set_mark(struct fttcpd *d)
{
	char path[FTTCPD_CONF_PATH + sizeof(MARK)];
	int fd;

	if (!mark_of(d, path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		log_err("%s: cannot be written: %s; the next daemon will not "
			"know that this node waits for an operator", path,
			strerror(errno));
	else
		close(fd);
}

static void remove_mark(struct fttcpd *d)
{
	char path[FTTCPD_CONF_PATH + sizeof(MARK)];

	if (mark_of(d, path) && unlink(path) && errno != ENOENT)
		log_err("%s: cannot be removed: %s; remove it, or the next "
			"daemon waits for an operator", path, strerror(errno));
}

/**
 * fttcpd_out_known() - at the start: was this node out?
 * @d:		daemon
 * @kernel_active: the kernel is active by now, and not fenced: somebody has decided
 *
 * Return: true if it still is.
 */
bool fttcpd_out_known(struct fttcpd *d, bool kernel_active)
{
	char path[FTTCPD_CONF_PATH + sizeof(MARK)];

	if (!mark_of(d, path) || access(path, F_OK))
		return false;
	if (d->conf.stay_out && !kernel_active)
		return true;
	remove_mark(d);
	return false;
}

/**
 * fttcpd_out_changed() - the state of this node has
 * @d:		daemon
 * @before:	what it was
 * @event:	why
 */
void fttcpd_out_changed(struct fttcpd *d, enum fttcpd_state before,
			enum fttcpd_event event)
{
	if (d->state == FTTCPD_S_OUT) {
		set_mark(d);
		fttcpd_evt_role_lost(fttcpd_event_name(event));
	} else if (before == FTTCPD_S_OUT) {
		remove_mark(d);
		fttcpd_evt_rejoins(fttcpd_event_name(event));
	}
}

/**
 * fttcpd_out_trouble() - what an operator should know of it
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_out_trouble(const struct fttcpd *d)
{
	return d->state != FTTCPD_S_OUT ? "" :
	       "this node has lost its role, and is no backup until \"fttcpctl "
	       "node rejoin\" (rejoin = operator): nothing is protected";
}
