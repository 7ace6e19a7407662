// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a link is made again by itself, to whom, and how often: each end of a
 * link, on a sender that calls, on one that is called, and on a backup.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include <linux/fttcp.h>

#include "fttcpd/resend.h"

static struct fttcpd_resend r;

static const struct fttcpd_resend_end forced = {
	.reason = FTTCP_DOWN_REASON_FORCED, .active = true, .connects = true,
	.was_up = true, .targets = 3,
};

static int begin(void **state)
{
	(void)state;
	r = (struct fttcpd_resend){ 0 };
	return 0;
}

static bool ended(uint32_t reason, bool active, bool connects, bool was_up)
{
	struct fttcpd_resend_end end = {
		.reason = reason, .active = active, .connects = connects,
		.was_up = was_up, .targets = 3,
	};

	return fttcpd_resend_end(&r, &end);
}

/* Every reason but two leaves the link to be made again, for ever. */
static void any_other_end(void **state)
{
	uint32_t reason;

	(void)state;
	for (reason = 0; reason <= FTTCP_DOWN_REASON_MAX; reason++) {
		if (reason == FTTCP_DOWN_REASON_FORCED ||
		    reason == FTTCP_DOWN_REASON_STOPPED)
			continue;
		assert_false(ended(reason, true, true, true));
		assert_int_equal(r.state, FTTCPD_RESEND_NONE);
		assert_int_equal(r.target, 0);
		assert_false(fttcpd_resend_held(&r));
		assert_false(fttcpd_resend_exhausted(&r, 0));
	}
}

static void the_count(void **state)
{
	unsigned int i;

	(void)state;
	assert_true(fttcpd_resend_end(&r, &forced));
	for (i = 0; i < 4; i++) {
		assert_int_equal(r.state, FTTCPD_RESEND_DUE);
		assert_int_equal(r.target, (i + 1) % 3);
		assert_false(fttcpd_resend_exhausted(&r, 4));
		assert_false(fttcpd_resend_held(&r));
		r.tries++;
		fttcpd_resend_failed(&r, 3);
	}
	assert_true(fttcpd_resend_exhausted(&r, 4));
	assert_int_equal(r.state, FTTCPD_RESEND_GAVE_UP);
	assert_true(fttcpd_resend_held(&r));
	/* once */
	assert_false(fttcpd_resend_exhausted(&r, 4));
	assert_true(fttcpd_resend_again(&r));
	assert_false(fttcpd_resend_again(&r));
	/* none at all */
	assert_true(fttcpd_resend_end(&r, &forced));
	assert_true(fttcpd_resend_exhausted(&r, 0));
}

/* Who is being stopped as well counts; who takes over ends it. */
static void the_next_one(void **state)
{
	(void)state;
	assert_true(fttcpd_resend_end(&r, &forced));
	r.tries = 2;
	assert_false(fttcpd_resend_end(&r, &forced));
	assert_int_equal(r.tries, 2);
	assert_int_equal(r.target, 2);
	/* refused in HELLO: neither the end of it nor its target */
	assert_false(ended(FTTCP_DOWN_REASON_ROLE, true, true, false));
	assert_int_equal(r.state, FTTCPD_RESEND_DUE);
	assert_int_equal(r.target, 0);
	fttcpd_resend_up(&r);
	assert_int_equal(r.state, FTTCPD_RESEND_NONE);
	assert_int_equal(r.tries, 0);
	/* that one is stopped later: all attempts again */
	assert_true(fttcpd_resend_end(&r, &forced));
	assert_int_equal(r.target, 1);
}

static void in_order(void **state)
{
	(void)state;
	assert_true(ended(FTTCP_DOWN_REASON_STOPPED, true, true, true));
	assert_int_equal(r.state, FTTCPD_RESEND_STOPPED);
	assert_true(fttcpd_resend_held(&r));
	fttcpd_resend_up(&r);
	assert_true(fttcpd_resend_held(&r));
	begin(NULL);
	assert_true(ended(FTTCP_DOWN_REASON_STOPPED, false, true, true));
	assert_true(fttcpd_resend_held(&r));
	/* who is called goes on listening */
	begin(NULL);
	assert_false(ended(FTTCP_DOWN_REASON_STOPPED, true, false, true));
	assert_false(fttcpd_resend_held(&r));
}

static void not_the_sender(void **state)
{
	(void)state;
	assert_false(ended(FTTCP_DOWN_REASON_FORCED, false, true, true));
	assert_false(ended(FTTCP_DOWN_REASON_FORCED, true, false, true));
	assert_int_equal(r.state, FTTCPD_RESEND_NONE);
	/* nor the node that is stopped itself, whose link ends for that */
	r.state = FTTCPD_RESEND_HERE;
	assert_false(fttcpd_resend_end(&r, &forced));
	assert_false(ended(FTTCP_DOWN_REASON_STOPPED, true, true, true));
	assert_int_equal(r.state, FTTCPD_RESEND_HERE);
}

static void names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < FTTCPD_RESEND_STATES; i++)
		assert_string_not_equal(fttcpd_resend_name(i), "unknown");
	assert_string_equal(fttcpd_resend_name(FTTCPD_RESEND_STATES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(any_other_end, begin),
		cmocka_unit_test_setup(the_count, begin),
		cmocka_unit_test_setup(the_next_one, begin),
		cmocka_unit_test_setup(in_order, begin),
		cmocka_unit_test_setup(not_the_sender, begin),
		cmocka_unit_test_setup(names, begin),
	};

	return cmocka_run_group_tests_name("resend", tests, NULL, NULL);
}
