// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the capabilities of the process. Before any thread is started: they
 * belong to threads.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege.h"

/**
 * fttcpd_privilege_left() - what is kept of a set of capabilities
 * @have:	a bit each
 *
 * Return: CAP_NET_ADMIN, if it is among them: for the module's netlink family
 * and for the service addresses.
 */
uint64_t fttcpd_privilege_left(uint64_t have)
{
	return have & (1ULL << CAP_NET_ADMIN);
}

static uint64_t whole(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

/**
 * fttcpd_privilege_drop() - give up what is not needed any more
 *
 * For good, and for the programs that this one runs as well: they get none. Who
 * started the daemon as root has to run it so: files of root's are root's by
 * capabilities too, and nothing is dropped then.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_privilege_drop(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	uint64_t keep;

	if (!geteuid())
		return 0;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    syscall(SYS_capget, &head, data))
		return -errno;
	keep = fttcpd_privilege_left(whole(data[0].permitted,
					   data[1].permitted));
	memset(data, 0, sizeof(data));
	data[0].permitted = keep;
	data[1].permitted = keep >> 32;
	data[0].effective = keep;
	data[1].effective = keep >> 32;
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}
