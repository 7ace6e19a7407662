// SPDX-License-Identifier: GPL-2.0-only
/*
 * The role table of fttcpd: every cell against the list in fsm.txt, and the
 * promises of its header comment over all cells.
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

#include "fttcpd/fsm.h"

/* In front of a line of fsm.txt: the cells that a rule changes come behind all others. */
static const char * const rule_name[] = {
	[0] = "",
	[FTTCPD_RULE_ORDERS] = "external: ",
	[FTTCPD_RULE_STAY_OUT] = "operator: ",
};

#define RULES	(sizeof(rule_name) / sizeof(rule_name[0]))

static bool has(const struct fttcpd_step *step, enum fttcpd_action action)
{
	int i;

	for (i = 0; i < FTTCPD_STEP_ACTIONS && step->action[i]; i++)
		if (step->action[i] == action)
			return true;
	return false;
}

static int place(const struct fttcpd_step *step, enum fttcpd_action action)
{
	int i;

	for (i = 0; i < FTTCPD_STEP_ACTIONS && step->action[i]; i++)
		if (step->action[i] == action)
			return i;
	return -1;
}

#define for_each_cell(s, e)						\
	for ((s) = 0, (e) = 0; (s) < FTTCPD_STATES;			\
	     (e) = ((e) + 1) % FTTCPD_EVENTS, (s) += !(e))

static void cell_text(unsigned int s, unsigned int e, unsigned int rules,
		      char *buf, size_t size)
{
	struct fttcpd_step step = fttcpd_fsm_step_by(s, e, rules);
	size_t len;
	int i;

	len = snprintf(buf, size, "%s%s %s -> %s", rule_name[rules],
		       fttcpd_state_name(s),
		       fttcpd_event_name(e), fttcpd_state_name(step.next));
	for (i = 0; i < FTTCPD_STEP_ACTIONS && step.action[i]; i++)
		len += snprintf(buf + len, size - len, " %s",
				fttcpd_action_name(step.action[i]));
	snprintf(buf + len, size - len, "\n");
}

static bool is_listed(unsigned int s, unsigned int e, unsigned int rules)
{
	struct fttcpd_step step = fttcpd_fsm_step_by(s, e, rules);
	struct fttcpd_step plain = fttcpd_fsm_step(s, e);

	if (rules)
		return memcmp(&step, &plain, sizeof(step));
	return !has(&step, FTTCPD_A_UNWANTED);
}

static bool next_line(FILE *f, char *buf, int size)
{
	do {
		if (!fgets(buf, size, f))
			return false;
	} while (buf[0] == '#' || buf[0] == '\n');
	return true;
}

/* fsm.txt has the wanted cells in order; all others must be unwanted. */
static void every_cell(void **state)
{
	FILE *f = fopen(TEST_DIR "/fsm.txt", "r");
	char line[256] = "", text[256];
	unsigned int cells = 0;
	unsigned int s, e, r;

	(void)state;
	assert_non_null(f);
	assert_true(next_line(f, line, sizeof(line)));
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (has(&step, FTTCPD_A_UNWANTED)) {
			assert_int_equal(step.next, s);
			assert_int_equal(step.action[1], FTTCPD_A_END);
		}
	}
	for (r = 0; r < RULES; r++) {
		for_each_cell(s, e) {
			if (!rule_name[r] || !is_listed(s, e, r))
				continue;
			cell_text(s, e, r, text, sizeof(text));
			assert_string_equal(text, line);
			cells++;
			if (!next_line(f, line, sizeof(line)))
				line[0] = '\0';
		}
	}
	assert_string_equal(line, "");
	assert_true(cells > FTTCPD_STATES);
	fclose(f);
}

static bool active(unsigned int s)
{
	return s == FTTCPD_S_SOLO || s == FTTCPD_S_CLIENTS ||
	       s == FTTCPD_S_SYNCING ||
	       s == FTTCPD_S_PROTECTED || s == FTTCPD_S_SWITCHING;
}

static void address_after_role(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (!has(&step, FTTCPD_A_ADD_ADDRESS))
			continue;
		assert_true(active(step.next));
		assert_true(e == FTTCPD_E_PROMOTED || e == FTTCPD_E_IS_ACTIVE ||
			    e == FTTCPD_E_ADOPT_SOLO ||
			    e == FTTCPD_E_ADOPT_SYNCING ||
			    e == FTTCPD_E_ADOPT_PROTECTED);
	}
}

static void address_goes_first(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);
		int del = place(&step, FTTCPD_A_DEL_ADDRESS);
		int set = place(&step, FTTCPD_A_SET_BACKUP);

		if (set >= 0) {
			assert_true(del >= 0);
			assert_true(del < set);
		}
		/* Nobody leaves an active state but by way of DEMOTING. */
		if (active(s) && !active(step.next))
			assert_int_equal(step.next, FTTCPD_S_DEMOTING);
		if (active(s) && step.next == FTTCPD_S_DEMOTING)
			assert_true(del >= 0);
	}
}

static void active_only_by_answer(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (active(s) || !active(step.next))
			continue;
		if (s == FTTCPD_S_INIT)
			continue;
		assert_true(e == FTTCPD_E_PROMOTED || e == FTTCPD_E_IS_ACTIVE);
		assert_true(has(&step, FTTCPD_A_ADD_ADDRESS));
	}
}

static void only_ready_promotes(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (has(&step, FTTCPD_A_FORCE))
			assert_int_equal(e, FTTCPD_E_OP_FORCE);
		if (has(&step, FTTCPD_A_FENCE))
			assert_int_equal(step.next, FTTCPD_S_FENCING);
		if (has(&step, FTTCPD_A_ASK_ALONE))
			assert_true(e == FTTCPD_E_TIMER && s == step.next &&
				    (s == FTTCPD_S_SOLO ||
				     s == FTTCPD_S_CLIENTS));
		if (step.next == FTTCPD_S_FENCING && s != step.next)
			assert_true((s == FTTCPD_S_READY &&
				     e == FTTCPD_E_LINK_LOST) ||
				    (s == FTTCPD_S_ORPHANED &&
				     (e == FTTCPD_E_TIMER ||
				      e == FTTCPD_E_OP_PROMOTE)) ||
				    (s == FTTCPD_S_PARTED &&
				     e == FTTCPD_E_PATH_DEAD));
		if (!has(&step, FTTCPD_A_PROMOTE) || s == FTTCPD_S_PROMOTING)
			continue;
		/* the other node has said so, or there was a fence */
		if (s == FTTCPD_S_FENCING)
			assert_true(e == FTTCPD_E_FENCED ||
				    e == FTTCPD_E_UNFENCED ||
				    e == FTTCPD_E_PATH_IDLE ||
				    e == FTTCPD_E_GOODBYE);
		else if (s == FTTCPD_S_PARTED)
			assert_true(e == FTTCPD_E_PATH_IDLE ||
				    e == FTTCPD_E_GOODBYE);
		else
			assert_true((s == FTTCPD_S_READY ||
				     s == FTTCPD_S_ORPHANED) &&
				    e == FTTCPD_E_GOODBYE);
	}
}

/* Who leaves FENCING stops the fence, unless it has ended. */
static void fence_is_stopped(void **state)
{
	unsigned int e;

	(void)state;
	for (e = 0; e < FTTCPD_EVENTS; e++) {
		struct fttcpd_step step = fttcpd_fsm_step(FTTCPD_S_FENCING, e);

		if (step.next == FTTCPD_S_FENCING)
			continue;
		assert_true(has(&step, FTTCPD_A_TIMER_STOP));
		assert_true(has(&step, FTTCPD_A_FENCE_STOP) ||
			    e == FTTCPD_E_FENCED || e == FTTCPD_E_UNFENCED);
	}
}

/*
 * An active that has lost its backup asks nobody to be fenced once there is one again, or
 * it is not active any more; but that it has lost its clients is no reason to forget
 * the hold.
 */
static void alone_is_forgotten(void **state)
{
	static const int alone[] = { FTTCPD_S_SOLO, FTTCPD_S_CLIENTS };
	unsigned int e, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (e = 0; e < FTTCPD_EVENTS; e++) {
			struct fttcpd_step step = fttcpd_fsm_step(alone[i], e);
			bool stays = step.next == FTTCPD_S_SOLO ||
				     step.next == FTTCPD_S_CLIENTS;

			if (has(&step, FTTCPD_A_GO_ALONE))
				continue;
			assert_int_equal(has(&step, FTTCPD_A_FENCE_STOP),
					 !stays);
			assert_int_equal(has(&step, FTTCPD_A_TIMER_STOP),
					 !stays);
		}
	}
}

/* Who loses its backup waits for hold-max, wherever it comes from. */
static void hold_is_timed(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (step.next == FTTCPD_S_SOLO &&
		    (s == FTTCPD_S_SYNCING || s == FTTCPD_S_PROTECTED ||
		     s == FTTCPD_S_INIT))
			assert_true(has(&step, FTTCPD_A_TIMER_HOLD));
	}
}

/* Whoever lost the role reaches PROMOTING only over WAITING and READY. */
static void lost_role_starts_over(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (s == FTTCPD_S_DEMOTING)
			assert_true(step.next == FTTCPD_S_DEMOTING ||
				    step.next == FTTCPD_S_WAITING);
		if (step.next == FTTCPD_S_PROMOTING && s != step.next)
			assert_true(s == FTTCPD_S_READY ||
				    s == FTTCPD_S_ORPHANED ||
				    s == FTTCPD_S_PARTED ||
				    s == FTTCPD_S_FENCING ||
				    e == FTTCPD_E_OP_FORCE);
		if (step.next == FTTCPD_S_PARTED && s != step.next)
			assert_true(s == FTTCPD_S_READY ||
				    s == FTTCPD_S_ORPHANED ||
				    s == FTTCPD_S_FENCING);
		if (step.next == FTTCPD_S_ORPHANED && s != step.next)
			assert_true(e == FTTCPD_E_ADOPT_LOST ||
				    e == FTTCPD_E_LINK_FAILED);
		if (step.next == FTTCPD_S_READY && s != step.next)
			assert_true(e == FTTCPD_E_SYNCED ||
				    e == FTTCPD_E_ADOPT_READY);
	}
}

/*
 * The link waits for clients only where there is no backup, and never when the
 * other node is active too: over the link they find out who goes on.
 */
static void link_waits_alone(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);

		if (step.next != FTTCPD_S_CLIENTS || s == step.next)
			continue;
		assert_int_equal(s, FTTCPD_S_SOLO);
		assert_int_equal(e, FTTCPD_E_CLIENTS_MISSING);
		assert_true(has(&step, FTTCPD_A_LINK_CLOSE));
	}
	for (e = 0; e < FTTCPD_EVENTS; e++) {
		struct fttcpd_step step = fttcpd_fsm_step(FTTCPD_S_CLIENTS, e);

		if (step.next == FTTCPD_S_SOLO)
			assert_true(has(&step, FTTCPD_A_LINK_OPEN));
		assert_false(step.next == FTTCPD_S_CLIENTS &&
			     e == FTTCPD_E_PEER_ACTIVE);
	}
}

/*
 * Two that live and have lost the link: the backup takes over by nothing that says
 * that the active lives, the copy goes only when the active goes on alone, and an
 * active waits for no backup any longer only when that has no copy.
 */
static void one_goes_on(void **state)
{
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step = fttcpd_fsm_step(s, e);
		int drop = place(&step, FTTCPD_A_DROP_COPY);

		if (e == FTTCPD_E_LINK_CUT || e == FTTCPD_E_PATH_ACTIVE ||
		    e == FTTCPD_E_PATH_ALONE)
			assert_false(has(&step, FTTCPD_A_PROMOTE) ||
				     has(&step, FTTCPD_A_FORCE) ||
				     has(&step, FTTCPD_A_SET_ACTIVE) ||
				     has(&step, FTTCPD_A_LOOK));
		if (drop >= 0) {
			assert_int_equal(e, FTTCPD_E_PATH_ALONE);
			assert_false(active(s));
			assert_int_equal(step.next, FTTCPD_S_DEMOTING);
			assert_true(drop > place(&step, FTTCPD_A_LINK_DROP));
			assert_true(drop < place(&step, FTTCPD_A_SET_BACKUP));
		}
		if (has(&step, FTTCPD_A_GO_ALONE)) {
			assert_true(e == FTTCPD_E_PATH_NO_COPY ||
				    e == FTTCPD_E_FENCED ||
				    e == FTTCPD_E_UNFENCED);
			assert_true(s == FTTCPD_S_SOLO ||
				    s == FTTCPD_S_CLIENTS);
			assert_int_equal(step.next, s);
		}
		/* who is heard to live is not asked the neighbours for */
		if (s == FTTCPD_S_PARTED && e != FTTCPD_E_OP_FORCE)
			assert_false(has(&step, FTTCPD_A_SET_ACTIVE));
	}
}

/* Where only orders count, every state that can be reached, and what changes there. */
static void reach(bool reached[FTTCPD_STATES], unsigned int rules)
{
	unsigned int s, e, found = 1, before = 0;

	memset(reached, 0, FTTCPD_STATES * sizeof(reached[0]));
	reached[FTTCPD_S_INIT] = true;
	while (found != before) {
		before = found;
		for_each_cell(s, e) {
			struct fttcpd_step step;

			step = fttcpd_fsm_step_by(s, e, rules);
			if (!reached[s] || reached[step.next])
				continue;
			reached[step.next] = true;
			found++;
		}
	}
}

/*
 * With "manager = external" nothing but an order makes a node take over or become active;
 * a goodbye is one that was given to the other node. What an order began may go
 * through its states.
 */
static void external_takes_orders(void **state)
{
	bool reached[FTTCPD_STATES];
	unsigned int s, e;

	(void)state;
	reach(reached, 0);
	assert_true(reached[FTTCPD_S_STARTING]);
	reach(reached, FTTCPD_RULE_ORDERS);
	assert_false(reached[FTTCPD_S_STARTING]);
	assert_true(reached[FTTCPD_S_PROTECTED]);
	for_each_cell(s, e) {
		struct fttcpd_step step;

		step = fttcpd_fsm_step_by(s, e, FTTCPD_RULE_ORDERS);
		assert_false(has(&step, FTTCPD_A_TIMER_IDLE) ||
			     (has(&step, FTTCPD_A_TIMER_STARTUP) &&
			      step.next != FTTCPD_S_STARTING));
		if (!reached[s] || e == FTTCPD_E_OP_PROMOTE ||
		    e == FTTCPD_E_OP_FORCE || e == FTTCPD_E_GOODBYE)
			continue;
		assert_false(has(&step, FTTCPD_A_SET_ACTIVE) ||
			     has(&step, FTTCPD_A_FORCE));
		if (s == FTTCPD_S_PROMOTING || s == FTTCPD_S_FENCING)
			continue;
		assert_false(has(&step, FTTCPD_A_PROMOTE) ||
			     has(&step, FTTCPD_A_FENCE) ||
			     step.next == FTTCPD_S_PROMOTING ||
			     step.next == FTTCPD_S_FENCING);
	}
	/* an order that was not carried out is not tried again */
	assert_int_equal(fttcpd_fsm_step_by(FTTCPD_S_FENCING,
					    FTTCPD_E_FENCE_FAILED,
					    FTTCPD_RULE_ORDERS).next,
			 FTTCPD_S_ORPHANED);
}

/*
 * With "rejoin = operator" whoever loses its role is out, and comes back by an operator's
 * word only; without, nobody is.
 */
static void out_until_told(void **state)
{
	bool reached[FTTCPD_STATES];
	unsigned int s, e;

	(void)state;
	for_each_cell(s, e) {
		struct fttcpd_step step;

		step = fttcpd_fsm_step_by(s, e, FTTCPD_RULE_STAY_OUT);
		if (active(s) && e == FTTCPD_E_OUTRANKED &&
		    s != FTTCPD_S_SWITCHING)
			assert_int_equal(step.next, FTTCPD_S_OUT);
		if (step.next == FTTCPD_S_OUT && s != FTTCPD_S_OUT) {
			assert_true(has(&step, FTTCPD_A_SET_BACKUP));
			assert_true(place(&step, FTTCPD_A_DEL_ADDRESS) <
				    place(&step, FTTCPD_A_SET_BACKUP));
		}
		if (s != FTTCPD_S_OUT)
			continue;
		assert_false(has(&step, FTTCPD_A_LINK_OPEN) ||
			     has(&step, FTTCPD_A_LINK_RETRY));
		if (step.next != s)
			assert_true(e == FTTCPD_E_OP_REJOIN ||
				    e == FTTCPD_E_OP_FORCE);
	}
	for_each_cell(s, e)
		if (s != FTTCPD_S_OUT && e != FTTCPD_E_ADOPT_OUT)
			assert_int_not_equal(fttcpd_fsm_step(s, e).next,
					     FTTCPD_S_OUT);
	reach(reached, FTTCPD_RULE_STAY_OUT | FTTCPD_RULE_ORDERS);
	assert_true(reached[FTTCPD_S_OUT]);
	assert_false(reached[FTTCPD_S_STARTING]);
}

/* Giving the role up never takes connections away without force. */
static void demoting_is_gentle(void **state)
{
	unsigned int s;

	(void)state;
	for (s = FTTCPD_S_STARTING; s < FTTCPD_STATES; s++) {
		struct fttcpd_step step;

		step = fttcpd_fsm_step(s, FTTCPD_E_OP_DEMOTE);
		assert_false(has(&step, FTTCPD_A_SET_BACKUP));
		step = fttcpd_fsm_step(s, FTTCPD_E_OP_RESIGN);
		if (active(s) && s != FTTCPD_S_SWITCHING)
			assert_true(step.next == FTTCPD_S_DEMOTING ||
				    has(&step, FTTCPD_A_HANDOVER));
	}
}

static size_t refusal_len(unsigned int s, unsigned int e)
{
	return strlen(fttcpd_fsm_refusal(s, e));
}

/* An operator gets an answer in each state, at once or from what follows. */
static void operator_is_answered(void **state)
{
	static const int ops[] = { FTTCPD_E_OP_PROMOTE, FTTCPD_E_OP_FORCE,
				   FTTCPD_E_OP_SWITCHOVER, FTTCPD_E_OP_DEMOTE,
				   FTTCPD_E_OP_RESIGN };
	unsigned int i, s;

	(void)state;
	for (s = FTTCPD_S_STARTING; s < FTTCPD_STATES; s++) {
		for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
			struct fttcpd_step step = fttcpd_fsm_step(s, ops[i]);

			if (has(&step, FTTCPD_A_REPLY_REFUSED))
				assert_true(refusal_len(s, ops[i]) > 20);
			else
				assert_true(has(&step, FTTCPD_A_REPLY_OK) ||
					    has(&step, FTTCPD_A_FORCE) ||
				    has(&step, FTTCPD_A_PROMOTE) ||
					    has(&step, FTTCPD_A_FENCE) ||
					    has(&step, FTTCPD_A_HANDOVER) ||
					    has(&step, FTTCPD_A_SET_ACTIVE) ||
					    has(&step, FTTCPD_A_SET_BACKUP) ||
					    s == FTTCPD_S_PROMOTING);
		}
	}
	assert_string_equal(fttcpd_fsm_refusal(FTTCPD_S_SOLO,
					       FTTCPD_E_TIMER), "");
}

static void out_of_bounds(void **state)
{
	struct fttcpd_step step;

	(void)state;
	step = fttcpd_fsm_step(FTTCPD_STATES, FTTCPD_E_TIMER);
	assert_int_equal(step.action[0], FTTCPD_A_UNWANTED);
	step = fttcpd_fsm_step(FTTCPD_S_SOLO, FTTCPD_EVENTS);
	assert_int_equal(step.next, FTTCPD_S_SOLO);
	assert_string_equal(fttcpd_state_name(FTTCPD_STATES), "unknown");
	assert_string_equal(fttcpd_event_name(FTTCPD_EVENTS), "unknown");
	assert_string_equal(fttcpd_action_name(FTTCPD_ACTIONS), "unknown");
}

static void every_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < FTTCPD_STATES; i++)
		assert_string_not_equal(fttcpd_state_name(i), "unknown");
	for (i = 0; i < FTTCPD_EVENTS; i++)
		assert_string_not_equal(fttcpd_event_name(i), "unknown");
	for (i = 0; i < FTTCPD_ACTIONS; i++)
		assert_string_not_equal(fttcpd_action_name(i), "unknown");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(address_after_role),
		cmocka_unit_test(address_goes_first),
		cmocka_unit_test(active_only_by_answer),
		cmocka_unit_test(only_ready_promotes),
		cmocka_unit_test(lost_role_starts_over),
		cmocka_unit_test(link_waits_alone),
		cmocka_unit_test(one_goes_on),
		cmocka_unit_test(fence_is_stopped),
		cmocka_unit_test(alone_is_forgotten),
		cmocka_unit_test(hold_is_timed),
		cmocka_unit_test(operator_is_answered),
		cmocka_unit_test(external_takes_orders),
		cmocka_unit_test(demoting_is_gentle),
		cmocka_unit_test(out_until_told),
		cmocka_unit_test(out_of_bounds),
		cmocka_unit_test(every_name),
	};
	char text[256];
	unsigned int s, e, r;

	/* "--list" prints fsm.txt, for reading before it is committed. */
	if (argc > 1 && !strcmp(argv[1], "--list")) {
		for (r = 0; r < RULES; r++) {
			for_each_cell(s, e) {
				if (!rule_name[r] || !is_listed(s, e, r))
					continue;
				cell_text(s, e, r, text, sizeof(text));
				fputs(text, stdout);
			}
		}
		return 0;
	}
	return cmocka_run_group_tests_name("fsm", tests, NULL, NULL);
}
