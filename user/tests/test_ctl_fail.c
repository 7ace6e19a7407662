// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exit status and words of a refusal: by the kernel with and without a
 * sentence of its own, and by fttcpd.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "fttcpctl/ctl.h"
#include "nl.h"

static struct fttcp_nl nl;
static struct ctl ctl;

/* What a request left behind, and how the command ends then. */
static enum ctl_exit refusal(int err, const char *text)
{
	memset(&nl, 0, sizeof(nl));
	memset(&ctl, 0, sizeof(ctl));
	ctl.nl = &nl;
	nl.error.err = err;
	strcpy(nl.error.text, text);
	assert_int_equal(ctl_fail_nl(&ctl, err), err);
	return ctl.exit;
}

static void role_is_no_privilege(void **state)
{
	static const char * const words[] = {
		"this node is not a backup: fttcpctl node set role backup",
		"only an active node can hand over",
		"a backup becomes active by `fttcpctl promote`",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(refusal(-EPERM, words[i]), CTL_REFUSED);
		assert_string_equal(ctl.error, words[i]);
	}
}

static void privileges(void **state)
{
	(void)state;
	assert_int_equal(refusal(-EPERM, ""), CTL_NO_PERMISSION);
	assert_non_null(strstr(ctl.error, "CAP_NET_ADMIN"));
	assert_int_equal(refusal(-EACCES, ""), CTL_NO_PERMISSION);
}

static void others(void **state)
{
	(void)state;
	assert_int_equal(refusal(-EAGAIN, "the lease runs"), CTL_REFUSED);
	assert_int_equal(refusal(-ENOENT, "no such link"), CTL_NOT_FOUND);
	assert_int_equal(refusal(-ENODEV, ""), CTL_NOT_FOUND);
	assert_int_equal(refusal(-ETIMEDOUT, ""), CTL_TIMEOUT);
	assert_int_equal(refusal(-EINVAL, ""), CTL_REFUSED);
	assert_int_equal(refusal(0, ""), CTL_OK);
	assert_string_equal(ctl.error, "");
}

static void module_is_missing(void **state)
{
	(void)state;
	memset(&ctl, 0, sizeof(ctl));
	assert_int_equal(ctl_fail_open(&ctl, -ENOTSUP), -ENOTSUP);
	assert_int_equal(ctl.exit, CTL_NOT_THERE);
	assert_int_equal(ctl_fail_open(&ctl, -EPERM), -EPERM);
	assert_int_equal(ctl.exit, CTL_NO_PERMISSION);
	assert_int_equal(ctl_fail_open(&ctl, 0), 0);
}

/* Whatever errno it gives: who was answered has been let in. */
static void daemon_refuses(void **state)
{
	static const int errs[] = { -EPERM, -EBUSY, -ENOENT, -ETIMEDOUT };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		memset(&ctl, 0, sizeof(ctl));
		assert_int_equal(ctl_fail_daemon(&ctl, errs[i], "not now"),
				 errs[i]);
		assert_int_equal(ctl.exit, CTL_REFUSED);
		assert_string_equal(ctl.error, "not now");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(role_is_no_privilege),
		cmocka_unit_test(privileges),
		cmocka_unit_test(others),
		cmocka_unit_test(module_is_missing),
		cmocka_unit_test(daemon_refuses),
	};

	return cmocka_run_group_tests_name("ctl_fail", tests, NULL, NULL);
}
