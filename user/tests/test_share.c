// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may use a socket: as root, and as a user who may not give files away.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fttcpd/share.h"

#define NOBODY	65534	/* and its group, nogroup */

static char dir[] = "/tmp/test_share.XXXXXX";

static int enter(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chmod(dir, 0777) || chdir(dir);
}

static int leave(void **state)
{
	(void)state;
	return chdir("/") || rmdir(dir);
}

/* A file of ours, shared. */
static int share(const char *group, unsigned int *mode, unsigned int *gid)
{
	int fd = open("s", O_CREAT | O_RDONLY, 0644);
	struct stat st;
	int rc;

	if (fd < 0)
		return -errno;
	rc = fttcpd_share("s", group);
	if (fstat(fd, &st))
		rc = -errno;
	close(fd);
	unlink("s");
	*mode = st.st_mode & 0777;
	*gid = st.st_gid;
	return rc;
}

static void groups(void **state)
{
	unsigned int mode, gid;

	(void)state;
	assert_int_equal(share("", &mode, &gid), 0);
	assert_int_equal(mode, 0600);
	assert_int_equal(share("no-such-group", &mode, &gid), -ESRCH);
	assert_int_equal(fttcpd_share("nothing", "nogroup"), -ENOENT);
	if (geteuid())
		return;
	assert_int_equal(share("nogroup", &mode, &gid), 0);
	assert_int_equal(mode, 0660);
	assert_int_equal(gid, NOBODY);
}

/* Return: what is wrong, 0 for nothing. */
static int as_nobody(void)
{
	unsigned int mode, gid;

	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	if (share("nogroup", &mode, &gid) || mode != 0660 || gid != NOBODY)
		return 2;
	if (share("root", &mode, &gid) != -EDOM)
		return 3;
	/* it is as closed as before */
	return mode & 0022 ? 4 : 0;
}

static void not_root(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	pid = fork();
	if (!pid)
		_exit(as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(not_root),
	};

	return cmocka_run_group_tests_name("share", tests, enter, leave);
}
