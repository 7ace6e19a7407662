// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of clients and between nodes, there and back, and against bytes that
 * nobody meant; and the table of a client's replication.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include <linux/fttcp.h>

#include "fttcpd/replica.h"
#include "fttcp-packet.h"

static uint8_t buf[FTTCP_PACKET_MAX], body[FTTCP_MSG_MAX];

static struct fttcp_packet any_packet(unsigned int type, unsigned int *seed)
{
	struct fttcp_packet p = {
		.type = type, .task = rand_r(seed), .inc = rand_r(seed),
		.seq = rand_r(seed), .id = ~0ULL, .pos = rand_r(seed),
		.prev = rand_r(seed), .epoch = rand_r(seed),
		.time_us = rand_r(seed), .node = rand_r(seed),
		.role = rand_r(seed), .state = rand_r(seed),
		.error = rand_r(seed), .kind = rand_r(seed),
		.encoding = rand_r(seed), .flags = rand_r(seed),
	};

	strcpy(p.name, "bgp-4.x_1");
	strcpy(p.repo, "0123456789abcdef0123456789abcdef");
	strcpy(p.text, "why not");
	return p;
}

/* What is in it comes out of it, and that is all. */
static void there_and_back(void **state)
{
	unsigned int type, types = 0, seed = 3;
	struct fttcp_packet p, q;
	uint8_t again[FTTCP_PACKET_MAX];
	int len;

	(void)state;
	for (type = 0; type < FTTCP_P_TYPES; type++) {
		p = any_packet(type, &seed);
		p.body = body;
		p.size = type == FTTCP_P_MESSAGE ? FTTCP_MSG_MAX : 0;
		len = fttcp_packet_encode(&p, buf);
		if (!strcmp(fttcp_packet_name(type), "unknown")) {
			assert_int_equal(len, -EINVAL);
			continue;
		}
		types++;
		assert_true(len > 0);
		assert_int_equal(fttcp_packet_decode(&q, buf, len), 0);
		assert_int_equal(q.type, type);
		q.body = body;
		assert_int_equal(fttcp_packet_encode(&q, again), len);
		assert_memory_equal(buf, again, len);
		/* cut anywhere, or longer, it is not taken */
		if (type == FTTCP_P_MESSAGE)
			continue;
		buf[len] = 0;
		if (type != FTTCP_P_DELIVER && type != FTTCP_P_PUT)
			assert_int_equal(fttcp_packet_decode(&q, buf, len + 1),
					 -EBADMSG);
		while (len-- > 0)
			assert_int_equal(fttcp_packet_decode(&q, buf, len),
					 -EBADMSG);
	}
	assert_int_equal(types, 19);
}

static void fields(void **state)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_MESSAGE, .inc = 0x0102030405060708, .seq = 9,
		.kind = 0xa0b0c0d0, .encoding = 2, .body = (uint8_t *)"hi",
		.size = 2,
	};
	static const uint8_t wire[] = {
		1, 2, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9,
		0xa0, 0xb0, 0xc0, 0xd0, 0, 0, 0, 2, 'h', 'i',
	};

	(void)state;
	assert_int_equal(fttcp_packet_encode(&p, buf), sizeof(wire));
	assert_memory_equal(buf, wire, sizeof(wire));
}

static void refused(void **state)
{
	struct fttcp_packet p = { .type = FTTCP_P_PING }, q;
	int len;

	(void)state;
	len = fttcp_packet_encode(&p, buf);
	buf[0] = 2;
	assert_int_equal(fttcp_packet_decode(&q, buf, len), -EPROTONOSUPPORT);
	buf[0] = 1;
	buf[2] = 1;
	assert_int_equal(fttcp_packet_decode(&q, buf, len), -EBADMSG);
	p.type = FTTCP_P_MESSAGE;
	p.size = FTTCP_MSG_MAX + 1;
	assert_int_equal(fttcp_packet_encode(&p, buf), -EMSGSIZE);
	p.size = 0;
	p.type = FTTCP_P_CURSOR;
	strcpy(p.name, "b p");
	assert_int_equal(fttcp_packet_encode(&p, buf), -EINVAL);
	strcpy(p.name, "bgp");
	len = fttcp_packet_encode(&p, buf);
	buf[6] = '\n';
	assert_int_equal(fttcp_packet_decode(&q, buf, len), -EBADMSG);
	p.type = FTTCP_P_HELLO;
	strcpy(p.repo, "no hex");
	assert_int_equal(fttcp_packet_encode(&p, buf), -EINVAL);
	p.repo[0] = '\0';
	len = fttcp_packet_encode(&p, buf);
	buf[len - 1] = 'x';
	assert_int_equal(fttcp_packet_decode(&q, buf, len), -EBADMSG);
	assert_string_equal(fttcp_packet_name(3), "complete");
	assert_string_equal(fttcp_packet_name(99), "unknown");
}

/* Whatever comes: nothing out of bounds, and what is taken can be said again. */
static void any_bytes(void **state)
{
	unsigned int round, seed = 5, i, taken = 0;
	uint8_t again[FTTCP_PACKET_MAX];
	struct fttcp_packet p, q;
	uint8_t *exact;
	int len;

	(void)state;
	for (round = 0; round < 300000; round++) {
		p = any_packet(rand_r(&seed) % FTTCP_P_TYPES, &seed);
		p.body = body;
		p.size = rand_r(&seed) % 32;
		len = fttcp_packet_encode(&p, buf);
		if (len < 0)
			len = rand_r(&seed) % 40;
		for (i = rand_r(&seed) % 4; i; i--)
			buf[rand_r(&seed) % (len + 1)] = rand_r(&seed);
		if (!(rand_r(&seed) % 8))
			len = rand_r(&seed) % (len + 1);
		/* of that size, for the sanitizer to see one byte more */
		exact = malloc(len ? len : 1);
		memcpy(exact, buf, len);
		if (!fttcp_packet_decode(&q, exact, len)) {
			taken++;
			assert_int_equal(fttcp_packet_encode(&q, again), len);
			assert_memory_equal(exact, again, len);
		}
		free(exact);
	}
	assert_true(taken > 1000);
}

static const char replica[] =
	"absent register -> replicating\n"
	"absent resume -> completing\n"
	"absent gone -> absent\n"
	"replicating complete -> completing\n"
	"replicating staged -> replicating\n"
	"replicating round -> replicating\n"
	"replicating gone -> absent\n"
	"completing complete -> completing\n"
	"completing staged -> complete\n"
	"completing round -> replicating\n"
	"completing gone -> absent\n"
	"complete complete -> complete\n"
	"complete staged -> complete\n"
	"complete round -> replicating\n"
	"complete gone -> absent\n";

static void replication(void **state)
{
	char text[2048] = "";
	unsigned int s, e;
	size_t len = 0;

	(void)state;
	for (s = 0; s < FTTCPD_R_STATES; s++)
		for (e = 0; e < FTTCPD_R_EVENTS; e++) {
			int next = fttcpd_replica_next(s, e);

			if (next < 0)
				continue;
			len += snprintf(text + len, sizeof(text) - len,
					"%s %s -> %s\n", fttcpd_replica_name(s),
					fttcpd_replica_event_name(e),
					fttcpd_replica_name(next));
			/* nothing is complete that is not on both nodes */
			if (next == FTTCPD_R_COMPLETE && s != FTTCPD_R_COMPLETE)
				assert_int_equal(e, FTTCPD_R_E_STAGED);
		}
	assert_string_equal(text, replica);
	assert_int_equal(fttcpd_replica_next(9, 0), -EPROTO);
	assert_int_equal(fttcpd_replica_next(0, 9), -EPROTO);
	assert_string_equal(fttcpd_replica_name(9), "unknown");
	assert_string_equal(fttcpd_replica_event_name(9), "unknown");
}

/* Of all packets: which have a place, from whom, when. */
static void places(void **state)
{
	unsigned int type, s;

	(void)state;
	for (type = 0; type < FTTCP_P_TYPES; type++)
		for (s = 0; s < FTTCPD_R_STATES; s++) {
			int active = fttcpd_replica_takes(type,
				FTTCP_ROLE_ACTIVE, s);
			int backup = fttcpd_replica_takes(type,
				FTTCP_ROLE_BACKUP, s);

			assert_int_equal(active, type == FTTCP_P_REGISTER ?
					 s == FTTCPD_R_ABSENT :
					 type <= FTTCP_P_DONE && type &&
					 s != FTTCPD_R_ABSENT);
			assert_int_equal(backup, active &&
					 type != FTTCP_P_COMPLETE);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(fields),
		cmocka_unit_test(refused),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(replication),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
