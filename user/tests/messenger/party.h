/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two clients for a test of messengers, one on each node; what they were told is
 * looked at as it comes. Both say the numbers from 1 on.
 */
#ifndef TESTS_MESSENGER_PARTY_H
#define TESTS_MESSENGER_PARTY_H

#include <stdbool.h>
#include <stdint.h>

#include "fttcp-client.h"
#include "node.h"
#include "repo/repo.h"

/* Longest wait for anything; what is waited for takes milliseconds. */
#define PATIENCE_MS	60000

/**
 * struct party - a client
 * @node:	it is on
 * @handle:	or NULL
 * @target:	so many messages it sends
 * @kept:	largest number that is on its node, and
 * @staged:	on both, and
 * @acked:	was worked off by its twin
 * @got:	messages that came
 * @again:	that were marked as perhaps seen before
 * @late:	that were marked as late
 * @rounds:	how often it had to begin anew
 * @failed:	reason of the last one that failed
 * @role:	what its node is
 * @role_at:	@got when that was said
 * @hole:	number of a message that does not come
 * @encoding:	what it reads
 * @bytes:	what it is given is not a number; the last one is
 * @body:	this, with its flags and size
 * @room:	its first bytes
 * @mute:	it never says that it is done
 */
struct party {
	int node;
	struct fttcp_client *handle;
	uint64_t target;
	uint64_t kept;
	uint64_t staged;
	uint64_t acked;
	uint64_t got;
	unsigned int again;
	unsigned int late;
	unsigned int rounds;
	uint32_t failed;
	uint32_t role;
	uint64_t role_at;
	uint64_t hole;
	uint32_t encoding;
	bool bytes;
	struct fttcp_packet body;
	uint8_t room[16];
	bool mute;
};

extern struct party a, b;

#define run_until(condition)						\
do {									\
	int64_t end = now_ms() + PATIENCE_MS;				\
									\
	while (!(condition)) {						\
		turn();							\
		if (now_ms() > end)					\
			fail_msg("%s did not come: kept %d staged %d "	\
				 "acked %d got %d", #condition,		\
				 (int)a.kept, (int)a.staged,		\
				 (int)a.acked, (int)b.got);		\
	}								\
} while (0)

int64_t now_ms(void);
void turn(void);
bool again(void);
void reach(struct party *p);
void leave(struct party *p);
void both_here(void);
int parties_setup(void **state);
int parties_teardown(void **state);
int64_t count(int i, uint32_t states, enum fttcp_repo_errors errors);
void count_in(int i, uint32_t states, enum fttcp_repo_errors errors,
	      int64_t wanted);

#define node_test(name)							\
	cmocka_unit_test_setup_teardown(name, parties_setup, parties_teardown)

#endif /* TESTS_MESSENGER_PARTY_H */
