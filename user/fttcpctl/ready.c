// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl ready: would a takeover or a switchover lose nothing now? The one
 * place to ask. Waiting follows the events, it does not poll.
 */
#include <errno.h>
#include <fttcp/strings-gen.h>

#include "args.h"
#include "daemon.h"

/* The daemon is asked for a note, and may be busy: the answer goes without. */
#define NOTE_MS		1000

static const char ready_usage[] =
	"Usage: fttcpctl ready [ wait [ TIME ] ]\n"
	"TIME := seconds, or with a unit: 500ms 30s; without it, as long as it takes\n"
	"Exit status 0: ready. 4: not ready. 5: not ready within TIME.\n";

struct ready {
	uint64_t present;
	uint32_t wait_ms;
};

static const struct arg_key ready_keys[] = {
	{ .word = "wait", .kind = ARG_SECONDS, .optional = true,
	  .offset = offsetof(struct ready, wait_ms) },
	{ 0 },
};

/* The state decides; the kernel's flag may only say no. */
static bool node_ready(const struct fttcp_node *node)
{
	bool state = node->state == FTTCP_STATE_PROTECTED ||
		     node->state == FTTCP_STATE_BACKUP_READY;

	return state && !fttcp_has(node, FTTCP_A_NODE_NOT_READY_WHY);
}

/* Ready for the death of a node is not ready for that of the link. */
static bool two_owners_possible(const struct fttcp_node *node)
{
	return node->role == FTTCP_ROLE_ACTIVE &&
	       fttcp_has(node, FTTCP_A_NODE_ON_BACKUP_LOSS) &&
	       node->on_backup_loss == FTTCP_LOSS_SOLO;
}

static int count_rest(const struct fttcp_conn *conn, void *arg)
{
	if (conn->not_carried)
		++*(unsigned int *)arg;
	return 0;
}

/* What fttcpd would warn of, where one runs: a witness that does not answer, for one. */
static void daemon_note(struct ctl *ctl)
{
	struct json_object *request, *answer = NULL, *text;
	struct fttcp_control *control = NULL;

	if (fttcp_control_open(&control, ctl->control_path))
		return;
	request = daemon_command("status");
	if (!fttcp_control_request(control, request, &answer, NOTE_MS) &&
	    json_object_object_get_ex(answer, "warning", &text))
		out_text(&ctl->out, "warning", json_object_get_string(text));
	json_object_put(request);
	json_object_put(answer);
	fttcp_control_close(control);
}

static void ready_print(struct ctl *ctl, const struct fttcp_node *node,
			unsigned int rest)
{
	struct out *out = &ctl->out;
	bool ready = node_ready(node);

	out_begin(out, ready ? "ready" : "not-ready");
	if (out->json)
		out_flag(out, "ready", ready);
	out_word(out, "role", fttcp_role_name(node->role));
	out_word(out, "state", fttcp_state_name(node->state));
	if (!ready && node->not_ready_why[0])
		out_text(out, "why", node->not_ready_why);
	if (two_owners_possible(node))
		out_text(out, "risk",
			 "on-backup-loss solo, unfenced: a cut link gives two owners");
	if (out->json || rest)
		out_u64(out, "not-carried", rest);
	daemon_note(ctl);
	out_end(out);
}

static int ready_wait(struct ctl *ctl, struct fttcp_node *node, uint32_t ms)
{
	int64_t deadline = events_deadline(ms);
	struct fttcp_events *events;
	int err;

	err = ctl_fail_open(ctl, fttcp_events_open(&events));
	if (err)
		return err;
	err = ctl_fail_nl(ctl, fttcp_node_get(ctl->nl, node));
	while (!err && !node_ready(node) && !events_late(deadline)) {
		err = events_wait(events, deadline);
		if (!err)
			err = ctl_fail_nl(ctl, fttcp_node_get(ctl->nl, node));
	}
	fttcp_events_close(events);
	return err;
}

static int ready_run(struct ctl *ctl, struct args *args)
{
	struct ready ask = { 0 };
	struct fttcp_node node;
	unsigned int rest = 0;
	int err;

	err = args_parse(ctl, args, ready_keys, &ask);
	if (!err)
		err = ctl_nl(ctl);
	if (err)
		return err;
	if (ask.wait_ms)
		err = ready_wait(ctl, &node, ask.wait_ms);
	else
		err = ctl_fail_nl(ctl, fttcp_node_get(ctl->nl, &node));
	if (err)
		return err;
	/* a note: bytes are not lost by it */
	err = ctl_fail_nl(ctl, fttcp_conn_dump(ctl->nl, count_rest, &rest));
	if (err)
		return err;
	ready_print(ctl, &node, rest);
	if (node_ready(&node))
		return 0;
	/* the answer was printed, there is no error to add */
	ctl->exit = ask.wait_ms ? CTL_TIMEOUT : CTL_NOT_READY;
	return -EAGAIN;
}

const struct noun noun_ready = {
	.name = "ready",
	.usage = ready_usage,
	.run = ready_run,
};
