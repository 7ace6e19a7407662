// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of the journal, byte by byte: the journal's native protocol.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/journal.h"

static char dir[] = "/tmp/test_journal.XXXXXX";
static char path[64];
static int journal;

static int enter(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	strcpy(sun.sun_path, path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return bind(journal, (struct sockaddr *)&sun, sizeof(sun));
}

static int leave(void **state)
{
	(void)state;
	close(journal);
	unlink(path);
	return rmdir(dir);
}

static void entry(void **state)
{
	static const char expect[] =
		"PRIORITY=3\nSYSLOG_IDENTIFIER=fttcpd\n"
		"MESSAGE=FTTCP:Read EOF. f:1\nFTTCP_EVENT=117\n";
	struct fttcpd_journal j;
	char got[256];

	(void)state;
	fttcpd_journal_begin(&j, LOG_ERR, "FTTCP:Read EOF. f:1");
	fttcpd_journal_add(&j, "FTTCP_EVENT", "%u", 117);
	assert_true(fttcpd_journal_send(&j, path));
	assert_int_equal(recv(journal, got, sizeof(got), MSG_DONTWAIT),
			 strlen(expect));
	assert_memory_equal(got, expect, strlen(expect));
}

/* A value of several lines has its length before it. */
static void lines(void **state)
{
	static const char expect[] = "PRIORITY=3\nSYSLOG_IDENTIFIER=fttcpd\n"
		"MESSAGE\n\3\0\0\0\0\0\0\0a\nb\n";
	struct fttcpd_journal j;

	(void)state;
	fttcpd_journal_begin(&j, LOG_ERR, "a\nb");
	assert_int_equal(j.len, sizeof(expect) - 1);
	assert_memory_equal(j.data, expect, j.len);
}

/* What does not fit is left out, whole. */
static void bounded(void **state)
{
	struct fttcpd_journal j;
	char value[1000];
	int i;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	fttcpd_journal_begin(&j, LOG_ERR, "text");
	for (i = 0; i < 10; i++)
		fttcpd_journal_add(&j, "LONG", "%s", value);
	assert_true(j.len <= sizeof(j.data));
	assert_int_equal(j.data[j.len - 1], '\n');
	fttcpd_journal_add(&j, "A", "b");
	assert_memory_equal(j.data + j.len - 4, "A=b\n", 4);
}

static void nobody_there(void **state)
{
	struct fttcpd_journal j;

	(void)state;
	fttcpd_journal_begin(&j, LOG_ERR, "text");
	assert_false(fttcpd_journal_send(&j, "/nonexistent/socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry),
		cmocka_unit_test(lines),
		cmocka_unit_test(bounded),
		cmocka_unit_test(nobody_there),
	};

	return cmocka_run_group_tests_name("journal", tests, enter, leave);
}
