// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the modes of the daemon's sockets.
 */
#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "share.h"

/**
 * fttcpd_share() - let a group use a socket, beside root and the daemon's user
 * @path:	of the socket, which nobody can connect to yet
 * @group:	name, "" for none
 *
 * Return: 0; -ESRCH when there is no such group, -EDOM when fttcpd is not in it
 * and may not give files away, or another negative errno.
 */
int fttcpd_share(const char *path, const char *group)
{
	const struct group *entry;
	struct stat st;

	if (!group[0])
		return chmod(path, 0600) ? -errno : 0;
	entry = getgrnam(group);
	if (!entry)
		return -ESRCH;
	/* The unit runs the daemon in that group, and lets it not even try. */
	if (stat(path, &st))
		return -errno;
	if (st.st_gid != entry->gr_gid && chown(path, -1, entry->gr_gid))
		return errno == EPERM ? -EDOM : -errno;
	return chmod(path, 0660) ? -errno : 0;
}
