// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness's decision, without clock and network: every order of what two nodes may
 * say, up to some length; its file; its datagrams.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/ask.h"
#include "fttcpd/lease.h"

static void one_at_a_time(void **state)
{
	struct fttcpd_lease l = { 0 };

	(void)state;
	assert_int_equal(fttcpd_lease_ask(&l, 2, true), FTTCPD_LEASE_GRANTED);
	assert_int_equal(l.number, 1);
	assert_int_equal(fttcpd_lease_ask(&l, 1, true), FTTCPD_LEASE_HELD);
	assert_int_equal(fttcpd_lease_ask(&l, 1, false), FTTCPD_LEASE_HELD);
	/* again, since the answer may have been lost */
	assert_int_equal(fttcpd_lease_ask(&l, 2, true), FTTCPD_LEASE_GRANTED);
	assert_int_equal(l.number, 1);
	assert_int_equal(l.owner, 2);
}

static void given_back_unused(void **state)
{
	struct fttcpd_lease l = { 0 };

	(void)state;
	fttcpd_lease_ask(&l, 2, true);
	assert_false(fttcpd_lease_return(&l, 1, 1, FTTCPD_LEASE_UNUSED));
	assert_false(fttcpd_lease_return(&l, 2, 0, FTTCPD_LEASE_UNUSED));
	assert_true(fttcpd_lease_return(&l, 2, 1, FTTCPD_LEASE_UNUSED));
	assert_false(fttcpd_lease_return(&l, 2, 1, FTTCPD_LEASE_UNUSED));
	assert_int_equal(fttcpd_lease_ask(&l, 1, true), FTTCPD_LEASE_GRANTED);
	assert_int_equal(l.number, 2);
}

/* It went on without the other one: what that has is old, whoever lives. */
static void gone_on(void **state)
{
	struct fttcpd_lease l = { 0 };

	(void)state;
	fttcpd_lease_ask(&l, 1, true);
	assert_true(fttcpd_lease_return(&l, 1, 1, FTTCPD_LEASE_GONE));
	assert_int_equal(fttcpd_lease_ask(&l, 2, true), FTTCPD_LEASE_STALE);
	/* with nothing it may begin anew, and is the one that has gone on then */
	assert_int_equal(fttcpd_lease_ask(&l, 2, false), FTTCPD_LEASE_GRANTED);
	assert_true(fttcpd_lease_return(&l, 2, 2, FTTCPD_LEASE_GONE));
	assert_int_equal(fttcpd_lease_ask(&l, 1, true), FTTCPD_LEASE_STALE);
	assert_int_equal(fttcpd_lease_ask(&l, 2, true), FTTCPD_LEASE_GRANTED);
}

static void shared_again(void **state)
{
	struct fttcpd_lease l = { 0 };

	(void)state;
	fttcpd_lease_ask(&l, 1, true);
	fttcpd_lease_return(&l, 1, 1, FTTCPD_LEASE_GONE);
	assert_true(fttcpd_lease_return(&l, 2, 1, FTTCPD_LEASE_SHARED));
	assert_false(fttcpd_lease_return(&l, 2, 1, FTTCPD_LEASE_SHARED));
	assert_int_equal(fttcpd_lease_ask(&l, 2, true), FTTCPD_LEASE_GRANTED);
	/* what was said of an earlier lease is not meant for this one */
	assert_false(fttcpd_lease_return(&l, 1, 1, FTTCPD_LEASE_SHARED));
	assert_int_equal(l.owner, 2);
}

static void claimed(void **state)
{
	struct fttcpd_lease l = { 0 };

	(void)state;
	fttcpd_lease_ask(&l, 1, true);
	fttcpd_lease_claim(&l, 2);
	assert_int_equal(l.number, 2);
	assert_int_equal(fttcpd_lease_ask(&l, 1, true), FTTCPD_LEASE_HELD);
	fttcpd_lease_claim(&l, 2);
	assert_int_equal(l.number, 2);
}

/*
 * All orders of six words of two nodes: an owner loses the lease to the other one by
 * that one's claim only, or by a return; and who was not part of the last sharing is
 * never let on with old connections.
 */
enum { WORDS = 14, LENGTH = 5 };

struct play {
	struct fttcpd_lease lease;
	uint32_t on;	/* who has gone on since the last sharing, 0 none */
};

static void say(struct play *p, unsigned int word)
{
	uint32_t node = 1 + word % 2;
	uint32_t owner = p->lease.owner;
	uint64_t number = p->lease.number;

	switch (word / 2) {
	case 0:
	case 1:
		if (fttcpd_lease_ask(&p->lease, node, word / 2) ==
		    FTTCPD_LEASE_GRANTED) {
			assert_true(!owner || owner == node);
			if (word / 2)
				assert_true(!p->on || p->on == node);
		}
		assert_true(p->lease.owner == node || p->lease.owner == owner);
		break;
	case 2:
		fttcpd_lease_claim(&p->lease, node);
		assert_int_equal(p->lease.owner, node);
		break;
	case 6:
		if (number)
			assert_false(fttcpd_lease_return(&p->lease, node,
							 number - 1,
							 word % 3));
		break;
	default:
		if (!fttcpd_lease_return(&p->lease, node, number, word / 2 - 3))
			break;
		assert_int_equal(p->lease.owner, 0);
		if (word / 2 - 3 == FTTCPD_LEASE_SHARED)
			p->on = 0;
		else
			assert_int_equal(owner, node);
		if (word / 2 - 3 == FTTCPD_LEASE_GONE)
			p->on = node;
		break;
	}
	assert_true(p->lease.number - number <= 1);
	if (p->lease.owner && p->lease.owner != owner)
		assert_int_equal(p->lease.number, number + 1);
}

static void play(struct play p, unsigned int left)
{
	struct play next;
	unsigned int w;

	for (w = 0; left && w < WORDS; w++) {
		next = p;
		say(&next, w);
		play(next, left - 1);
	}
}

static void all_orders(void **state)
{
	struct play p = { .on = 0 };

	(void)state;
	play(p, LENGTH);
}

static void file(void **state)
{
	static const char * const wrong[] = {
		"", "1", "1 2\n", "1 2 3", "1 2 3 4\n", "1 2 3\n\n", "-1 2 3\n",
		"01 2 3\n", "x 2 3\n", "1 4294967296 3\n",
	};
	struct fttcpd_lease l = { 7, 2, 1 }, read = { 0 };
	char text[FTTCPD_LEASE_TEXT];
	unsigned int i;

	(void)state;
	assert_string_equal(fttcpd_lease_text(&l, text), "7 2 1\n");
	assert_int_equal(fttcpd_lease_parse(&read, text), 0);
	assert_memory_equal(&read, &l, sizeof(l));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(fttcpd_lease_parse(&read, wrong[i]), -EINVAL);
	assert_memory_equal(&read, &l, sizeof(l));
	memset(&l, 0xff, sizeof(l));
	assert_int_equal(fttcpd_lease_parse(&read, fttcpd_lease_text(&l, text)),
			 0);
	assert_memory_equal(&read, &l, sizeof(l));
}

static void datagram(void **state)
{
	struct fttcpd_ask ask = {
		.what = FTTCPD_ASK_GRANTED, .node = 0x01020304,
		.lease = 0x1112131415161718, .owner = 5, .last = 6,
		.beat = { .nonce = 7, .counter = 8, .echo_nonce = 9,
			  .echo_counter = 10 },
	}, back;
	uint8_t raw[FTTCPD_ASK_LEN + 1] = { 0 };
	unsigned int i;

	(void)state;
	fttcpd_ask_pack(&ask, raw);
	assert_memory_equal(raw, "ftwi\1\11\0\0\x11\x12\x13\x14\x15\x16\x17"
			    "\x18\1\2\3\4", 20);
	assert_int_equal(fttcpd_ask_unpack(&back, raw, FTTCPD_ASK_LEN), 0);
	assert_memory_equal(&back, &ask, sizeof(ask));
	for (i = 0; i < sizeof(raw); i++)
		if (i != FTTCPD_ASK_LEN)
			assert_int_equal(fttcpd_ask_unpack(&back, raw, i),
					 -EBADMSG);
	assert_int_equal(fttcpd_ask_unpack(&back, raw, sizeof(raw)), -EBADMSG);
	raw[4] = 2;
	assert_int_equal(fttcpd_ask_unpack(&back, raw, FTTCPD_ASK_LEN),
			 -EPROTO);
	raw[4] = 1;
	raw[5] = FTTCPD_ASK_WHATS;
	assert_int_equal(fttcpd_ask_unpack(&back, raw, FTTCPD_ASK_LEN),
			 -EBADMSG);
	raw[5] = 0;
	memset(raw + 40, 0, 8);
	assert_int_equal(fttcpd_ask_unpack(&back, raw, FTTCPD_ASK_LEN),
			 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(given_back_unused),
		cmocka_unit_test(gone_on),
		cmocka_unit_test(shared_again),
		cmocka_unit_test(claimed),
		cmocka_unit_test(all_orders),
		cmocka_unit_test(file),
		cmocka_unit_test(datagram),
	};

	return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
