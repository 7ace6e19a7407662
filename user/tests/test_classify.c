// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says, in the words of fttcpd's role table: each reason, each
 * state, and who gives way when two are active.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include <linux/fttcp.h>

#include "fttcpd/classify.h"

static enum fttcpd_event ended(uint32_t reason, uint32_t role,
			       uint32_t peer_role)
{
	struct fttcpd_ended e = {
		.reason = reason, .role = role, .epoch = 5,
		.peer_role = peer_role, .peer_epoch = 5,
	};

	return fttcpd_classify_ended(&e);
}

static void each_reason(void **state)
{
	static const enum fttcpd_event expect[] = {
		[FTTCP_DOWN_REASON_NONE] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_EOF] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_CARRIER] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_HEARTBEAT] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_DECODE] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_EPOCH] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_ROLE] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_VERSION] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_QUEUE_FULL] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_MEMORY] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_HOLD_MAX] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_SEND_ERROR] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_RECV_ERROR] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_OPERATOR] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_GOODBYE] = FTTCPD_E_GOODBYE,
		[FTTCP_DOWN_REASON_NACK] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_NETNS] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_STALLED] = FTTCPD_E_LINK_LOST,
		[FTTCP_DOWN_REASON_STOPPED] = FTTCPD_E_LINK_BROKEN,
		[FTTCP_DOWN_REASON_FORCED] = FTTCPD_E_LINK_BROKEN,
	};
	uint32_t i;

	(void)state;
	assert_int_equal(sizeof(expect) / sizeof(expect[0]),
			 FTTCP_DOWN_REASON_MAX + 1);
	for (i = 0; i <= FTTCP_DOWN_REASON_MAX; i++)
		assert_int_equal(ended(i, FTTCP_ROLE_BACKUP,
				       FTTCP_ROLE_ACTIVE), expect[i]);
}

/* Only where a living active says nothing until it has a backup again. */
static void failed_link(void **state)
{
	static const uint32_t faults[] = {
		FTTCP_DOWN_REASON_DECODE, FTTCP_DOWN_REASON_VERSION,
		FTTCP_DOWN_REASON_QUEUE_FULL, FTTCP_DOWN_REASON_MEMORY,
		FTTCP_DOWN_REASON_HOLD_MAX, FTTCP_DOWN_REASON_NACK,
	};
	static const uint32_t deeds[] = {
		FTTCP_DOWN_REASON_NONE, FTTCP_DOWN_REASON_EPOCH,
		FTTCP_DOWN_REASON_ROLE, FTTCP_DOWN_REASON_OPERATOR,
	};
	struct fttcpd_ended e = {
		.role = FTTCP_ROLE_BACKUP, .peer_role = FTTCP_ROLE_ACTIVE,
		.up = true, .silent = true,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		e.reason = faults[i];
		e.synced = i % 2;
		assert_int_equal(fttcpd_classify_ended(&e),
				 FTTCPD_E_LINK_FAILED);
		e.silent = false;
		assert_int_equal(fttcpd_classify_ended(&e),
				 FTTCPD_E_LINK_BROKEN);
		e.silent = true;
	}
	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		e.reason = deeds[i];
		assert_int_equal(fttcpd_classify_ended(&e),
				 FTTCPD_E_LINK_BROKEN);
	}
	/* one that worked, and over which nothing has been copied yet */
	e.reason = FTTCP_DOWN_REASON_EOF;
	e.synced = false;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_FAILED);
	e.silent = false;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_LOST);
	e.silent = true;
	e.up = false;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_LOST);
	e.up = true;
	e.synced = true;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_LOST);
}

static void nobody_active(void **state)
{
	(void)state;
	assert_int_equal(ended(FTTCP_DOWN_REASON_ROLE, FTTCP_ROLE_BACKUP,
			       FTTCP_ROLE_BACKUP), FTTCPD_E_PEER_IDLE);
	assert_int_equal(ended(FTTCP_DOWN_REASON_ROLE, FTTCP_ROLE_BACKUP,
			       FTTCP_ROLE_NONE), FTTCPD_E_LINK_BROKEN);
	assert_int_equal(ended(FTTCP_DOWN_REASON_EPOCH, FTTCP_ROLE_BACKUP,
			       FTTCP_ROLE_BACKUP), FTTCPD_E_PEER_IDLE);
}

static void two_actives(void **state)
{
	struct fttcpd_ended e = {
		.reason = FTTCP_DOWN_REASON_ROLE,
		.role = FTTCP_ROLE_ACTIVE, .epoch = 5,
		.peer_role = FTTCP_ROLE_ACTIVE, .peer_epoch = 6,
	};

	(void)state;
	/* the kernel has said why, and fences this node if it has lost */
	e.reason = FTTCP_DOWN_REASON_EPOCH;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_BROKEN);
	e.reason = FTTCP_DOWN_REASON_ROLE;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_OUTRANKED);
	e.connects = true;
	e.peer_epoch = 4;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_BROKEN);
	e.peer_epoch = 5;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_OUTRANKED);
	e.connects = false;
	assert_int_equal(fttcpd_classify_ended(&e), FTTCPD_E_LINK_BROKEN);
}

static void each_start(void **state)
{
	static const struct {
		uint32_t role, state, reason;
		enum fttcpd_event expect;
	} cases[] = {
		{ FTTCP_ROLE_ACTIVE, FTTCP_STATE_SOLO,
		  FTTCP_DOWN_REASON_EOF, FTTCPD_E_ADOPT_SOLO },
		{ FTTCP_ROLE_ACTIVE, FTTCP_STATE_HOLDING,
		  FTTCP_DOWN_REASON_EOF, FTTCPD_E_ADOPT_SOLO },
		{ FTTCP_ROLE_ACTIVE, FTTCP_STATE_SYNCING, 0,
		  FTTCPD_E_ADOPT_SYNCING },
		{ FTTCP_ROLE_ACTIVE, FTTCP_STATE_PROTECTED, 0,
		  FTTCPD_E_ADOPT_PROTECTED },
		{ FTTCP_ROLE_ACTIVE, FTTCP_STATE_FENCED,
		  FTTCP_DOWN_REASON_EPOCH, FTTCPD_E_ADOPT_FENCED },
		{ FTTCP_ROLE_BACKUP, FTTCP_STATE_BACKUP_WAITING, 0,
		  FTTCPD_E_ADOPT_WAITING },
		{ FTTCP_ROLE_BACKUP, FTTCP_STATE_BACKUP_WAITING,
		  FTTCP_DOWN_REASON_DECODE, FTTCPD_E_ADOPT_WAITING },
		{ FTTCP_ROLE_BACKUP, FTTCP_STATE_BACKUP_WAITING,
		  FTTCP_DOWN_REASON_CARRIER, FTTCPD_E_ADOPT_LOST },
		{ FTTCP_ROLE_BACKUP, FTTCP_STATE_BACKUP_WAITING,
		  FTTCP_DOWN_REASON_GOODBYE, FTTCPD_E_ADOPT_LOST },
		{ FTTCP_ROLE_BACKUP, FTTCP_STATE_BACKUP_SYNCING, 0,
		  FTTCPD_E_ADOPT_WAITING },
		{ FTTCP_ROLE_BACKUP, FTTCP_STATE_BACKUP_READY, 0,
		  FTTCPD_E_ADOPT_READY },
	};
	enum fttcpd_event event;
	uint32_t wanted;
	size_t i;

	(void)state;
	event = fttcpd_classify_start(FTTCP_ROLE_NONE, 0, 0, false,
				      FTTCP_ROLE_ACTIVE);
	assert_int_equal(event, FTTCPD_E_START_ACTIVE);
	event = fttcpd_classify_start(FTTCP_ROLE_NONE, 0, 0, false,
				      FTTCP_ROLE_BACKUP);
	assert_int_equal(event, FTTCPD_E_START_BACKUP);
	/* A role that is there counts, not the one that is configured. */
	for (wanted = FTTCP_ROLE_ACTIVE; wanted <= FTTCP_ROLE_BACKUP; wanted++)
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			event = fttcpd_classify_start(cases[i].role,
						      cases[i].state,
						      cases[i].reason, false,
						      wanted);
			assert_int_equal(event, cases[i].expect);
		}
}

static void lost_events(void **state)
{
	static const struct {
		enum fttcpd_state daemon;
		uint32_t kernel;
		enum fttcpd_event expect;
	} cases[] = {
		{ FTTCPD_S_READY, FTTCP_STATE_BACKUP_WAITING,
		  FTTCPD_E_LINK_LOST },
		{ FTTCPD_S_WAITING, FTTCP_STATE_BACKUP_WAITING,
		  FTTCPD_EVENTS },
		{ FTTCPD_S_PROTECTED, FTTCP_STATE_HOLDING,
		  FTTCPD_E_LINK_LOST },
		{ FTTCPD_S_SYNCING, FTTCP_STATE_SOLO, FTTCPD_E_LINK_LOST },
		{ FTTCPD_S_SOLO, FTTCP_STATE_SOLO, FTTCPD_EVENTS },
		{ FTTCPD_S_SOLO, FTTCP_STATE_PROTECTED, FTTCPD_E_SYNCED },
		{ FTTCPD_S_WAITING, FTTCP_STATE_BACKUP_READY,
		  FTTCPD_E_SYNCED },
		{ FTTCPD_S_SOLO, FTTCP_STATE_SYNCING, FTTCPD_E_LINK_UP },
		{ FTTCPD_S_PROTECTED, FTTCP_STATE_FENCED,
		  FTTCPD_E_OUTRANKED },
		{ FTTCPD_S_SOLO, FTTCP_STATE_NONE, FTTCPD_EVENTS },
	};
	enum fttcpd_event event;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		event = fttcpd_classify_resync(cases[i].daemon,
					       cases[i].kernel,
					       FTTCPD_E_LINK_LOST);
		assert_int_equal(event, cases[i].expect);
	}
}

static void missed_failure(void **state)
{
	enum fttcpd_event event;

	(void)state;
	event = fttcpd_classify_start(FTTCP_ROLE_BACKUP,
				      FTTCP_STATE_BACKUP_WAITING,
				      FTTCP_DOWN_REASON_DECODE, true,
				      FTTCP_ROLE_BACKUP);
	assert_int_equal(event, FTTCPD_E_ADOPT_LOST);
	event = fttcpd_classify_start(FTTCP_ROLE_BACKUP,
				      FTTCP_STATE_BACKUP_WAITING,
				      FTTCP_DOWN_REASON_OPERATOR, true,
				      FTTCP_ROLE_BACKUP);
	assert_int_equal(event, FTTCPD_E_ADOPT_WAITING);
	event = fttcpd_classify_resync(FTTCPD_S_WAITING,
				       FTTCP_STATE_BACKUP_WAITING,
				       FTTCPD_E_LINK_FAILED);
	assert_int_equal(event, FTTCPD_E_LINK_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason),
		cmocka_unit_test(failed_link),
		cmocka_unit_test(nobody_active),
		cmocka_unit_test(two_actives),
		cmocka_unit_test(each_start),
		cmocka_unit_test(lost_events),
		cmocka_unit_test(missed_failure),
	};

	return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
