// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl msg: the repository of messages. It opens the file itself, beside
 * fttcpd or without one.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "msg.h"
#include "repo/convert.h"
#include "repo/repo.h"

static const char msg_usage[] =
	"Usage: fttcpctl msg [ list ] [ FILTER... ] [ limit N ] [ newest ] [ file PATH ]\n"
	"       fttcpctl msg show id N [ file PATH ]\n"
	"       fttcpctl msg resend { FILTER... | all } [ encoding ENC ] [ file PATH ]\n"
	"       fttcpctl msg purge { FILTER... | all } [ undone ] [ file PATH ]\n"
	"FILTER := { id N | client NAME | state STATE | errors | reason N\n"
	"           | way { in | out } | dest DEST | since WHEN | until WHEN\n"
	"           | text TEXT }\n"
	"STATE := { accepted | checked | routed | packed | sent | staged | arrived\n"
	"           | waiting | delivering | delivered | failed | acknowledged }\n"
	"ENC := { opaque | tlv8 | tlv16 }\n"
	"WHEN := 2026-01-31T12:00:00 (UTC), or how long ago: 30s 10m 1h\n";

/* What the words of a command say. */
struct ask {
	uint64_t present;
	uint64_t id;
	const char *client;
	const char *state;
	bool errors;
	uint32_t reason;
	const char *way;
	const char *dest;
	int64_t since_us;
	int64_t until_us;
	const char *text;
	bool all;
	uint32_t limit;
	bool newest;
	bool undone;
	const char *encoding;
	const char *file;
};

#define KEY(_word, _kind, _member)					\
	.word = _word, .kind = _kind, .offset = offsetof(struct ask, _member)

static const struct arg_key filter_keys[] = {
	{ KEY("id", ARG_U64, id), .min = 1, .max = INT64_MAX },
	{ KEY("client", ARG_TEXT, client) },
	{ KEY("state", ARG_TEXT, state) },
	{ KEY("errors", ARG_FLAG, errors) },
	{ KEY("reason", ARG_U32, reason), .min = 1, .max = UINT16_MAX },
	{ KEY("way", ARG_TEXT, way) },
	{ KEY("dest", ARG_TEXT, dest) },
	{ KEY("since", ARG_WHEN, since_us) },
	{ KEY("until", ARG_WHEN, until_us) },
	{ KEY("text", ARG_TEXT, text) },
	{ KEY("file", ARG_TEXT, file) },
};

#define FILTER_KEYS	(sizeof(filter_keys) / sizeof(filter_keys[0]))
#define MORE_KEYS	4	/* with the last, empty one */

static const struct arg_key list_keys[MORE_KEYS] = {
	{ KEY("limit", ARG_U32, limit), .min = 1, .max = UINT32_MAX },
	{ KEY("newest", ARG_FLAG, newest) },
};

static const struct arg_key show_keys[] = {
	{ KEY("id", ARG_U64, id), .min = 1, .max = INT64_MAX },
	{ KEY("file", ARG_TEXT, file) },
	{ 0 },
};

static const struct arg_key resend_keys[MORE_KEYS] = {
	{ KEY("all", ARG_FLAG, all) },
	{ KEY("encoding", ARG_TEXT, encoding) },
	{ KEY("-e", ARG_TEXT, encoding) },
};

static const struct arg_key purge_keys[MORE_KEYS] = {
	{ KEY("all", ARG_FLAG, all) },
	{ KEY("undone", ARG_FLAG, undone) },
};

/* The words of every filter, and those of this command. */
static int ask_parse(struct ctl *ctl, struct args *args,
		     const struct arg_key more[MORE_KEYS], struct ask *ask)
{
	struct arg_key keys[FILTER_KEYS + MORE_KEYS];

	memcpy(keys, filter_keys, sizeof(filter_keys));
	memcpy(keys + FILTER_KEYS, more, MORE_KEYS * sizeof(*more));
	return args_parse(ctl, args, keys, ask);
}

static int filter_make(struct ctl *ctl, const struct ask *ask,
		       struct fttcp_repo_filter *filter)
{
	int state;

	memset(filter, 0, sizeof(*filter));
	filter->id = ask->id;
	filter->client = ask->client;
	filter->errors = ask->errors ? FTTCP_REPO_BAD : FTTCP_REPO_ALL;
	filter->reason = ask->reason;
	filter->dest = ask->dest;
	filter->since_us = ask->since_us;
	filter->until_us = ask->until_us;
	filter->text = ask->text;
	filter->limit = ask->limit;
	filter->newest = ask->newest;
	if (ask->state) {
		state = fttcp_msg_state_value(ask->state);
		if (state < 0)
			return ctl_fail_usage(ctl, "state: \"%s\" is no state "
					      "of a message", ask->state);
		filter->states = 1U << state;
	}
	if (!ask->way)
		return 0;
	if (strcmp(ask->way, "in") && strcmp(ask->way, "out"))
		return ctl_fail_usage(ctl, "way: \"%s\" is none of: in, out",
				      ask->way);
	filter->way = ask->way[0];
	return 0;
}

/* For what changes something: it has to be said which. */
static int filter_needed(struct ctl *ctl, const struct ask *ask)
{
	bool some = ask->id || ask->client || ask->state || ask->errors ||
		    ask->reason || ask->way || ask->dest || ask->since_us ||
		    ask->until_us || ask->text;

	if (some && ask->all)
		return ctl_fail_usage(ctl, "all and a filter exclude each other");
	if (!some && !ask->all)
		return ctl_fail_usage(ctl, "which messages? name a filter, or "
				      "all");
	return 0;
}

static int repo_fail(struct ctl *ctl, int err, const char *text)
{
	enum ctl_exit status = CTL_REFUSED;

	if (err == -EACCES || err == -EPERM || err == -EROFS)
		status = CTL_NO_PERMISSION;
	else if (err == -ENOENT || err == -ENOTDIR)
		status = CTL_NOT_THERE;
	else if (err == -EBUSY)
		status = CTL_TIMEOUT;
	return ctl_fail(ctl, status, err, "%s", text);
}

static int repo_open(struct ctl *ctl, const struct ask *ask,
		     struct fttcp_repo **repo)
{
	static const struct fttcp_repo_limits none;
	char aside[PATH_MAX], path[PATH_MAX], err[FTTCP_REPO_ERROR];
	int rc;

	msg_path(ctl, ask->file, path, sizeof(path));
	rc = fttcp_repo_open(repo, path, FTTCP_REPO_TOOL, &none, aside, err);
	return rc ? repo_fail(ctl, rc, err) : 0;
}

static int repo_failed(struct ctl *ctl, struct fttcp_repo *repo, int err)
{
	const char *text = fttcp_repo_error(repo);

	return repo_fail(ctl, err, *text ? text : strerror(-err));
}

static void row_print(struct out *out, const struct fttcp_msg *msg, bool bad)
{
	out_u64(out, "id", msg->id);
	/* what is corrupted may be anything, for a terminal too */
	if (bad)
		out_text(out, "client", msg->client);
	else
		out_word(out, "client", msg->client);
	out_word(out, "way", msg->inbound ? "in" : "out");
	out_word(out, "state", fttcp_msg_state_name(msg->state));
	out_u64(out, "state-number", msg->state);
	if (msg->reason)
		out_u64(out, "reason", msg->reason);
	out_u64(out, "size", msg->size);
	out_flag(out, "corrupted", bad);
	out_time(out, "accepted", msg->accepted_us * 1000);
}

static int list_one(const struct fttcp_msg *msg, const void *body, bool bad,
		    void *arg)
{
	struct out *out = arg;

	(void)body;
	out_begin(out, "message");
	row_print(out, msg, bad);
	out_end(out);
	return 0;
}

static int msg_list(struct ctl *ctl, struct args *args)
{
	struct fttcp_repo_filter filter;
	struct fttcp_repo *repo = NULL;
	struct ask ask = { 0 };
	int err;

	err = ask_parse(ctl, args, list_keys, &ask);
	if (!err)
		err = filter_make(ctl, &ask, &filter);
	if (!err)
		err = repo_open(ctl, &ask, &repo);
	if (err)
		return err;
	out_list_begin(&ctl->out);
	err = fttcp_repo_each(repo, &filter, list_one, &ctl->out);
	out_list_end(&ctl->out);
	if (err)
		repo_failed(ctl, repo, err);
	fttcp_repo_close(repo);
	return err;
}

static bool is_text(const uint8_t *body, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (!isprint(body[i]) && !strchr("\t\n", body[i]))
			return false;
	return size;
}

static void body_print(struct out *out, const uint8_t *body, size_t size)
{
	char *text = calloc(2, size + 1);
	size_t i;

	if (!text)
		return;
	out_break(out);
	for (i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", body[i]);
	out_word(out, "body", size ? text : "-");
	if (is_text(body, size)) {
		memcpy(text, body, size);
		text[size] = '\0';
		out_break(out);
		out_text(out, "body-text", text);
	}
	free(text);
}

static int show_one(const struct fttcp_msg *msg, const void *body, bool bad,
		    void *arg)
{
	struct out *out = arg;

	out_begin(out, "message");
	row_print(out, msg, bad);
	out_break(out);
	out_u64(out, "task", msg->task);
	out_u64(out, "incarnation", msg->inc);
	out_u64(out, "sequence", msg->seq);
	out_u64(out, "place", msg->pos);
	out_u64(out, "epoch", msg->epoch);
	out_word(out, "dest", msg->dest[0] ? msg->dest : "-");
	out_word(out, "encoding", fttcp_encoding_name(msg->encoding));
	out_u64(out, "kind", msg->kind);
	out_u64(out, "tries", msg->tries);
	out_flag(out, "raw", msg->flags & FTTCP_MSG_F_RAW);
	out_break(out);
	out_word(out, "origin", msg->origin);
	out_u64(out, "origin-id", msg->origin_id);
	out_time(out, "changed", msg->changed_us * 1000);
	if (msg->reason) {
		out_break(out);
		out_word(out, "reason-group", fttcp_msg_reason_group(msg->reason));
		out_text(out, "why", fttcp_msg_reason_text(msg->reason));
	}
	body_print(out, body, msg->size < FTTCP_MSG_MAX ? msg->size :
		   FTTCP_MSG_MAX);
	out_end(out);
	return 1;
}

static int msg_show(struct ctl *ctl, struct args *args)
{
	struct fttcp_repo_filter filter;
	struct fttcp_repo *repo = NULL;
	struct ask ask = { 0 };
	int err;

	err = args_parse(ctl, args, show_keys, &ask);
	if (!err && !ask.id)
		return ctl_fail_usage(ctl, "id is missing");
	if (!err)
		err = filter_make(ctl, &ask, &filter);
	if (!err)
		err = repo_open(ctl, &ask, &repo);
	if (err)
		return err;
	filter.bytes = true;
	err = fttcp_repo_each(repo, &filter, show_one, &ctl->out);
	if (err < 0)
		repo_failed(ctl, repo, err);
	else if (!err)
		err = ctl_fail(ctl, CTL_NOT_FOUND, -ENOENT,
			       "there is no message %llu",
			       (unsigned long long)ask.id);
	fttcp_repo_close(repo);
	return err < 0 ? err : 0;
}

static int count_print(struct ctl *ctl, const struct ask *ask,
		       const char *word, unsigned int count)
{
	if (!count && ask->id)
		return ctl_fail(ctl, CTL_NOT_FOUND, -ENOENT, "message %llu is "
				"not there, or not one to %s (fttcpctl msg "
				"show id %llu)", (unsigned long long)ask->id,
				word, (unsigned long long)ask->id);
	out_begin(&ctl->out, word);
	out_u64(&ctl->out, "messages", count);
	out_end(&ctl->out);
	return 0;
}

static int encoding_take(struct ctl *ctl, const char *name, int *encoding)
{
	*encoding = -1;
	if (!name)
		return 0;
	*encoding = fttcp_encoding_value(name);
	if (*encoding < 0)
		return ctl_fail_usage(ctl, "encoding: \"%s\" is none of: "
				      "opaque, tlv8, tlv16", name);
	return 0;
}

static int msg_resend(struct ctl *ctl, struct args *args)
{
	struct fttcp_repo_filter filter;
	struct fttcp_repo *repo = NULL;
	unsigned int count = 0;
	struct ask ask = { 0 };
	int encoding, err;

	err = ask_parse(ctl, args, resend_keys, &ask);
	if (!err)
		err = filter_needed(ctl, &ask);
	if (!err)
		err = encoding_take(ctl, ask.encoding, &encoding);
	if (!err)
		err = filter_make(ctl, &ask, &filter);
	if (!err)
		err = repo_open(ctl, &ask, &repo);
	if (err)
		return err;
	err = fttcp_repo_resend(repo, &filter, encoding, &count);
	err = err ? repo_failed(ctl, repo, err) :
		    count_print(ctl, &ask, "resend", count);
	fttcp_repo_close(repo);
	return err;
}

static int msg_purge(struct ctl *ctl, struct args *args)
{
	struct fttcp_repo_filter filter;
	struct fttcp_repo *repo = NULL;
	unsigned int count = 0;
	struct ask ask = { 0 };
	int err;

	err = ask_parse(ctl, args, purge_keys, &ask);
	if (!err)
		err = filter_needed(ctl, &ask);
	if (!err)
		err = filter_make(ctl, &ask, &filter);
	if (!err)
		err = repo_open(ctl, &ask, &repo);
	if (err)
		return err;
	err = fttcp_repo_purge(repo, &filter, ask.undone, &count);
	err = err ? repo_failed(ctl, repo, err) :
		    count_print(ctl, &ask, "purge", count);
	fttcp_repo_close(repo);
	return err;
}

static const struct verb msg_verbs[] = {
	{ "list", msg_list, false },
	{ "show", msg_show, false },
	{ "resend", msg_resend, true },
	{ "purge", msg_purge, true },
	{ 0 },
};

const struct noun noun_msg = {
	.name = "msg",
	.usage = msg_usage,
	.verbs = msg_verbs,
};
