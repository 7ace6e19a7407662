// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams of the second path: their bytes, and which of them are news, old, or
 * sent again by somebody.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <linux/fttcp.h>

#include "fttcpd/beat.h"

#define PATIENCE	1000

static void bytes(void **state)
{
	const struct fttcpd_beat in = {
		.state = FTTCP_STATE_HOLDING, .flags = FTTCPD_BEAT_COPY,
		.from = 0x01020304, .to = 5, .epoch = 6,
		.nonce = 0x1122334455667788, .counter = 7, .echo_nonce = 8,
		.echo_counter = 9,
	};
	uint8_t raw[FTTCPD_BEAT_LEN + 1] = { 0 }, bad[sizeof(raw)];
	struct fttcpd_beat out;
	size_t i;

	(void)state;
	memset(&out, 0, sizeof(out));
	fttcpd_beat_pack(&in, raw);
	assert_memory_equal(raw, "ftsp\1", 5);
	assert_int_equal(raw[8], 1);
	assert_int_equal(raw[24], 0x11);
	assert_int_equal(raw[55], 9);
	assert_int_equal(fttcpd_beat_unpack(&out, raw, FTTCPD_BEAT_LEN), 0);
	fttcpd_beat_pack(&out, bad);
	assert_memory_equal(raw, bad, FTTCPD_BEAT_BODY);
	for (i = 0; i <= sizeof(raw); i++)
		if (i != FTTCPD_BEAT_LEN)
			assert_int_equal(fttcpd_beat_unpack(&out, raw, i),
					 -EBADMSG);
	for (i = 0; i < 8; i++) {
		memcpy(bad, raw, sizeof(raw));
		bad[i] = 0xff;
		assert_int_equal(fttcpd_beat_unpack(&out, bad,
						    FTTCPD_BEAT_LEN),
				 i == 4 ? -EPROTO : -EBADMSG);
	}
	/* numbers begin at 1 */
	memcpy(bad, raw, sizeof(raw));
	memset(bad + 32, 0, 8);
	assert_int_equal(fttcpd_beat_unpack(&out, bad, FTTCPD_BEAT_LEN),
			 -EBADMSG);
}

static struct fttcpd_hearing a, b;

static struct fttcpd_beat say(struct fttcpd_hearing *h)
{
	struct fttcpd_beat beat = { .from = 1 };

	fttcpd_beat_number(h, &beat);
	return beat;
}

static enum fttcpd_heard hear(struct fttcpd_hearing *h,
			      struct fttcpd_beat beat, int64_t now_ms)
{
	return fttcpd_beat_hear(h, &beat, now_ms, PATIENCE);
}

static int meet(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a.nonce = 11;
	b.nonce = 22;
	assert_int_equal(hear(&b, say(&a), 0), FTTCPD_HEARD_GREETING);
	assert_false(fttcpd_beat_lives(&b, 0, PATIENCE));
	assert_int_equal(hear(&a, say(&b), 0), FTTCPD_HEARD_LIVE);
	assert_int_equal(hear(&b, say(&a), 0), FTTCPD_HEARD_LIVE);
	assert_true(fttcpd_beat_lives(&a, PATIENCE, PATIENCE));
	assert_false(fttcpd_beat_lives(&a, PATIENCE + 1, PATIENCE));
	return 0;
}

/* Who is named knows that it was said after that. */
static void names_the_newest(void **state)
{
	uint64_t mark = a.counter + 1;
	struct fttcpd_beat old = say(&b);

	(void)state;
	hear(&b, say(&a), 1);
	assert_int_equal(hear(&a, old, 1), FTTCPD_HEARD_LIVE);
	assert_true(a.echo < mark);
	hear(&a, say(&b), 2);
	assert_int_equal(a.echo, mark);
	assert_int_equal(a.heard_ms, 2);
}

static void late_and_again(void **state)
{
	struct fttcpd_beat one = say(&a), two = say(&a), last;
	int i;

	(void)state;
	assert_int_equal(hear(&b, two, 1), FTTCPD_HEARD_LIVE);
	assert_int_equal(hear(&b, one, 2), FTTCPD_HEARD_LATE);
	assert_int_equal(b.heard_ms, 1);
	assert_int_equal(hear(&b, one, 3), FTTCPD_HEARD_REPLAYED);
	assert_int_equal(hear(&b, two, 3), FTTCPD_HEARD_REPLAYED);
	last = say(&a);
	for (i = 0; i < 100; i++)
		one = say(&a);
	assert_int_equal(hear(&b, one, 4), FTTCPD_HEARD_LIVE);
	/* too old to be remembered: as if it had been heard */
	assert_int_equal(hear(&b, last, 5), FTTCPD_HEARD_REPLAYED);
	assert_int_equal(b.heard_ms, 4);
}

/* Nothing recorded keeps a dead node alive, or makes one live. */
static void recorded(void **state)
{
	struct fttcpd_beat old[8];
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		old[i] = say(&a);
		hear(&b, old[i], 10);
		hear(&a, say(&b), 10);
	}
	for (i = 0; i < 8; i++)
		assert_int_equal(hear(&b, old[i], 500),
				 FTTCPD_HEARD_REPLAYED);
	assert_false(fttcpd_beat_lives(&b, 1011, PATIENCE));
	/* a daemon that starts later has another number */
	memset(&b, 0, sizeof(b));
	b.nonce = 33;
	for (i = 0; i < 8; i++)
		assert_int_equal(hear(&b, old[i], 2000),
				 FTTCPD_HEARD_GREETING);
	assert_false(fttcpd_beat_lives(&b, 2000, PATIENCE));
	/* the true one is heard all the same */
	hear(&a, say(&b), 2000);
	assert_int_equal(hear(&b, say(&a), 2000), FTTCPD_HEARD_LIVE);
	assert_int_equal(hear(&b, old[0], 2001), FTTCPD_HEARD_REPLAYED);
	assert_true(fttcpd_beat_lives(&b, 2001, PATIENCE));
}

/* The other daemon starts anew while it is still taken for alive. */
static void starts_anew(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	a.nonce = 44;
	assert_int_equal(hear(&b, say(&a), 10), FTTCPD_HEARD_GREETING);
	assert_int_equal(b.peer_nonce, 11);
	assert_int_equal(hear(&a, say(&b), 20), FTTCPD_HEARD_GREETING);
	assert_int_equal(hear(&b, say(&a), 30), FTTCPD_HEARD_LIVE);
	assert_int_equal(b.peer_nonce, 44);
	assert_int_equal(hear(&a, say(&b), 40), FTTCPD_HEARD_LIVE);
}

/* Nobody can name what was not said yet. */
static void names_the_future(void **state)
{
	struct fttcpd_beat beat = say(&a);

	(void)state;
	beat.echo_counter = b.counter + 1;
	assert_int_equal(hear(&b, beat, 1), FTTCPD_HEARD_GREETING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test_setup(names_the_newest, meet),
		cmocka_unit_test_setup(late_and_again, meet),
		cmocka_unit_test_setup(recorded, meet),
		cmocka_unit_test_setup(starts_anew, meet),
		cmocka_unit_test_setup(names_the_future, meet),
	};

	return cmocka_run_group_tests_name("beat", tests, NULL, NULL);
}
