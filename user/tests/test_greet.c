// SPDX-License-Identifier: GPL-2.0-only
/*
 * How two ends prove that they have the key: that it works, and that nothing else
 * does: another key or node, a message of before or of the other direction, a bit
 * that changed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/greet.h"

static struct fttcpd_auth key = { .keys = 1 }, other = { .keys = 1 };
static struct fttcpd_greet a, b;	/* node 2 connects to node 1 */

static void setup(void)
{
	key.key[0].len = FTTCP_AUTH_KEY_MIN;
	memset(key.key[0].byte, 1, FTTCP_AUTH_KEY_MIN);
	other = key;
	other.key[0].byte[31] = 2;
	a = (struct fttcpd_greet){ .connects = true, .id = 2, .peer_id = 1,
				   .lane = 3 };
	b = (struct fttcpd_greet){ .id = 1, .peer_id = 2 };
	assert_int_equal(fttcpd_greet_begin(&a), 0);
	assert_int_equal(fttcpd_greet_begin(&b), 0);
}

static void carry(const struct fttcpd_greet *from, struct fttcpd_greet *to)
{
	assert_int_equal(from->out_len, to->want);
	memcpy(to->in, from->out, from->out_len);
}

static void convinces(void **state)
{
	(void)state;
	setup();
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	assert_int_equal(b.lane, 3);
	carry(&b, &a);
	assert_int_equal(fttcpd_greet_take(&a, &key), 0);
	assert_int_equal(a.want, 0);
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	assert_int_equal(b.want, 0);
}

static void refuses_key(void **state)
{
	(void)state;
	setup();
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &other), 0);
	carry(&b, &a);
	assert_int_equal(fttcpd_greet_take(&a, &key), -EPERM);
	assert_string_equal(a.why, "it has another key");
	assert_int_equal(a.out_len, 0);

	/* and who goes on nevertheless */
	setup();
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	memset(b.in, 0, sizeof(b.in));
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
	assert_string_equal(b.why, "it has another key");
}

static void refuses_node(void **state)
{
	(void)state;
	setup();
	b.peer_id = 7;
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
	assert_non_null(strstr(b.why, "another node"));
	setup();
	b.id = 2;
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
	assert_non_null(strstr(b.why, "this node"));
	setup();
	a.lane = FTTCP_LANES_MAX;
	assert_int_equal(fttcpd_greet_begin(&a), 0);
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
	assert_non_null(strstr(b.why, "lane"));
}

/* All of a conversation that worked, said again to who listens. */
static void refuses_replay(void **state)
{
	uint8_t call[FTTCPD_GREET_CALL], proof[FTTCPD_GREET_PROOF];

	(void)state;
	convinces(NULL);
	memcpy(call, b.said, sizeof(call));
	memcpy(proof, a.out, sizeof(proof));
	assert_int_equal(fttcpd_greet_begin(&b), 0);
	memcpy(b.in, call, sizeof(call));
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	memcpy(b.in, proof, sizeof(proof));
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
}

/* The code of who listens is none of who connects. */
static void refuses_reflection(void **state)
{
	(void)state;
	setup();
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	memcpy(b.in, b.out + FTTCPD_GREET_CALL, FTTCPD_GREET_PROOF);
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
	/* nor is what it said itself */
	setup();
	memcpy(a.in, a.out, a.out_len);
	assert_int_equal(fttcpd_greet_take(&a, &key), -EPERM);
}

/* One bit of one message, and one of the two ends refuses. */
static bool survives(unsigned int message, size_t bit)
{
	struct fttcpd_greet *ends[] = { &a, &b };
	unsigned int i;

	setup();
	for (i = 0; i < 3; i++) {
		struct fttcpd_greet *to = ends[!(i & 1)];

		carry(ends[i & 1], to);
		if (i == message)
			to->in[bit / 8] ^= 1 << bit % 8;
		if (fttcpd_greet_take(to, &key))
			return false;
	}
	return true;
}

static void refuses_bits(void **state)
{
	static const size_t len[] = { FTTCPD_GREET_CALL, FTTCPD_GREET_ANSWER,
				      FTTCPD_GREET_PROOF };
	unsigned int message;
	size_t bit;

	(void)state;
	for (message = 0; message < 3; message++)
		for (bit = 0; bit < 8 * len[message]; bit++)
			if (survives(message, bit))
				fail_msg("message %u, bit %zu", message, bit);
}

static void converse(enum fttcpd_greet_use use)
{
	setup();
	a.use = use;
	b.use = use;
	a.lane = 0;
	assert_int_equal(fttcpd_greet_begin(&a), 0);
	assert_int_equal(fttcpd_greet_begin(&b), 0);
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	carry(&b, &a);
	assert_int_equal(fttcpd_greet_take(&a, &key), 0);
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	assert_int_equal(a.met, 1);
	assert_int_equal(b.met, 2);
}

/* What was proven for the link is no proof for messages, with any magic. */
static void refuses_other_use(void **state)
{
	uint8_t magic[8];

	(void)state;
	converse(FTTCPD_GREET_MESSAGES);
	memcpy(magic, a.said, sizeof(magic));
	setup();
	b.use = FTTCPD_GREET_MESSAGES;
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &key), -EPERM);
	setup();
	b.use = FTTCPD_GREET_MESSAGES;
	carry(&a, &b);
	memcpy(b.in, magic, sizeof(magic));
	assert_int_equal(fttcpd_greet_take(&b, &key), 0);
	carry(&b, &a);
	memcpy(a.in, a.said, sizeof(magic));
	assert_int_equal(fttcpd_greet_take(&a, &key), -EPERM);
	assert_string_equal(a.why, "it has another key");
}

/* The same for both ends, another one for each direction and conversation. */
static void makes_keys(void **state)
{
	struct fttcpd_auth both = { .keys = 2 };
	uint8_t before[FTTCP_AUTH_MAC];

	(void)state;
	converse(FTTCPD_GREET_MESSAGES);
	assert_memory_equal(a.say_key, b.hear_key, FTTCP_AUTH_MAC);
	assert_memory_equal(a.hear_key, b.say_key, FTTCP_AUTH_MAC);
	assert_memory_not_equal(a.say_key, a.hear_key, FTTCP_AUTH_MAC);
	memcpy(before, a.say_key, sizeof(before));
	converse(FTTCPD_GREET_MESSAGES);
	assert_memory_not_equal(a.say_key, before, FTTCP_AUTH_MAC);
	/* while the key changes each end says with its own first one */
	both.key[0] = other.key[0];
	both.key[1] = key.key[0];
	setup();
	a.use = FTTCPD_GREET_MESSAGES;
	b.use = FTTCPD_GREET_MESSAGES;
	assert_int_equal(fttcpd_greet_begin(&a), 0);
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &both), 0);
	key.keys = 2;
	key.key[1] = both.key[0];
	carry(&b, &a);
	assert_int_equal(fttcpd_greet_take(&a, &key), 0);
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &both), 0);
	assert_memory_equal(a.say_key, b.hear_key, FTTCP_AUTH_MAC);
	assert_memory_equal(a.hear_key, b.say_key, FTTCP_AUTH_MAC);
	key.keys = 1;
}

static void refuses_without_key(void **state)
{
	static const struct fttcpd_auth none;

	(void)state;
	setup();
	carry(&a, &b);
	assert_int_equal(fttcpd_greet_take(&b, &none), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convinces),
		cmocka_unit_test(refuses_key),
		cmocka_unit_test(refuses_node),
		cmocka_unit_test(refuses_replay),
		cmocka_unit_test(refuses_reflection),
		cmocka_unit_test(refuses_bits),
		cmocka_unit_test(refuses_other_use),
		cmocka_unit_test(makes_keys),
		cmocka_unit_test(refuses_without_key),
	};

	return cmocka_run_group_tests_name("greet", tests, NULL, NULL);
}
