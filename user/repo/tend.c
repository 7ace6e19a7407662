// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what is done to messages that are there: sent again out of the error
 * store, thrown away on demand, thrown away by age and number.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "convert.h"
#include "private.h"

struct work {
	struct fttcp_repo *repo;
	int encoding;
	bool undone;
	unsigned int count;
};

static bool is_done(const struct fttcp_msg *msg)
{
	return msg->reason || msg->state == FTTCP_MSG_ACKNOWLEDGED ||
	       msg->state == FTTCP_MSG_FAILED;
}

/* All of it or nothing, whatever the callback does. */
static int in_transaction(struct work *work,
			  const struct fttcp_repo_filter *filter,
			  fttcp_repo_cb *cb, unsigned int *count)
{
	int rc;

	*count = 0;
	rc = fttcp_repo_begin(work->repo);
	if (rc)
		return rc;
	rc = fttcp_repo_each(work->repo, filter, cb, work);
	if (!rc)
		rc = fttcp_repo_commit(work->repo);
	else
		fttcp_repo_rollback(work->repo);
	if (!rc)
		*count = work->count;
	work->repo->count = -1;
	return rc;
}

/* Deliveries are numbered by their rows, and the twin counts on their order. */
static int to_the_end(struct fttcp_repo *repo, struct fttcp_msg *msg)
{
	int64_t old = msg->id;
	int rc;

	msg->id = fttcp_repo_number(repo, "SELECT seq + 1 FROM sqlite_sequence "
				    "WHERE name = 'message'", &rc);
	if (rc)
		return rc;
	rc = fttcp_repo_run(repo, "UPDATE message SET id = ? WHERE id = ?",
			    "ii", msg->id, old);
	if (rc >= 0)
		rc = fttcp_repo_run(repo, "UPDATE sqlite_sequence SET seq = ? "
				    "WHERE name = 'message'", "i", msg->id);
	return rc < 0 ? rc : 0;
}

static int resend_one(const struct fttcp_msg *msg, const void *body, bool bad,
		      void *arg)
{
	struct work *work = arg;
	struct fttcp_msg new = *msg;
	uint32_t before = msg->state;
	int next, rc;

	(void)body;
	next = fttcp_msg_next(before, msg->inbound ? FTTCP_MSG_E_RESEND_IN :
			      FTTCP_MSG_E_RESEND_OUT);
	if (next < 0)
		return 0;
	/* its bytes are not what its client said, whoever asks for them */
	if (bad || msg->reason == FTTCP_MSG_R_CHAIN)
		return 0;
	new.state = next;
	new.reason = FTTCP_MSG_R_NONE;
	new.tries = 0;
	/* a place of its own again, and the destination of today */
	if (!msg->inbound) {
		new.pos = 0;
		new.dest[0] = '\0';
	}
	if (work->encoding >= 0) {
		new.encoding = work->encoding;
		new.flags &= ~FTTCP_MSG_F_RAW;
	} else if (msg->reason == FTTCP_MSG_R_CONVERT_IN ||
		   msg->reason == FTTCP_MSG_R_CONVERT_OUT ||
		   msg->reason == FTTCP_MSG_R_CHECK) {
		new.flags |= FTTCP_MSG_F_RAW;
	}
	rc = msg->inbound ? to_the_end(work->repo, &new) : 0;
	if (!rc)
		rc = fttcp_repo_write(work->repo, &new, before, msg->reason);
	if (!rc)
		work->count++;
	return rc;
}

/**
 * fttcp_repo_resend() - out of the error store, on their way again
 * @repo:	repository
 * @filter:	which; those outside the error store are left alone
 * @encoding:	take their bytes for this encoding and convert them as if they
 *		were new, -1 for as they are
 * @count:	how many
 *
 * Messages that are corrupted stay. What is sent again comes after what was
 * sent meanwhile.
 *
 * Return: 0, or a negative errno and nothing has changed.
 */
int fttcp_repo_resend(struct fttcp_repo *repo,
		      const struct fttcp_repo_filter *filter, int encoding,
		      unsigned int *count)
{
	struct work work = { .repo = repo, .encoding = encoding };
	struct fttcp_repo_filter errors = *filter;

	errors.errors = FTTCP_REPO_BAD;
	errors.bytes = true;
	return in_transaction(&work, &errors, resend_one, count);
}

static int purge_one(const struct fttcp_msg *msg, const void *body, bool bad,
		     void *arg)
{
	struct work *work = arg;
	int rc;

	(void)body;
	if (!work->undone && !bad && !is_done(msg))
		return 0;
	rc = fttcp_repo_run(work->repo, "DELETE FROM message WHERE id = ?",
			    "i", msg->id);
	if (rc < 0)
		return rc;
	work->count += rc;
	return 0;
}

/**
 * fttcp_repo_purge() - throw messages away
 * @repo:	repository
 * @filter:	which
 * @undone:	also those that were not delivered yet
 * @count:	how many
 *
 * Return: 0, or a negative errno and nothing has changed.
 */
int fttcp_repo_purge(struct fttcp_repo *repo,
		     const struct fttcp_repo_filter *filter, bool undone,
		     unsigned int *count)
{
	struct work work = { .repo = repo, .undone = undone };

	return in_transaction(&work, filter, purge_one, count);
}

/* Return: how many, or a negative errno. */
static int drop_old(struct fttcp_repo *repo, const char *which, uint64_t age_ms,
		    uint32_t keep)
{
	int64_t before = fttcp_repo_now_us() - (int64_t)age_ms * 1000;
	char sql[512];

	snprintf(sql, sizeof(sql), "DELETE FROM message WHERE id IN (SELECT id "
		 "FROM message WHERE %s AND (changed_us < %lld OR id <= "
		 "(SELECT id FROM message WHERE %s ORDER BY id DESC LIMIT 1 "
		 "OFFSET %u)) LIMIT %u)", which, (long long)before, which, keep,
		 FTTCP_REPO_RETAIN_BATCH);
	return fttcp_repo_run(repo, sql, "");
}

/**
 * fttcp_repo_retain() - throw away what was kept for people only
 * @repo:	repository
 * @errors:	how many of the error store went
 *
 * What is on its way is never thrown away; half of the room for messages is
 * kept free of what is not, and the owner's file gives its pages back.
 *
 * Return: how many messages went, or a negative errno.
 */
int fttcp_repo_retain(struct fttcp_repo *repo, unsigned int *errors)
{
	const struct fttcp_repo_limits *limits = &repo->limits;
	uint32_t keep = limits->count_max / 4;
	char done[64];
	uint64_t bytes;
	int rc, bad;

	*errors = 0;
	snprintf(done, sizeof(done), "reason = 0 AND state IN (%d, %d)",
		 FTTCP_MSG_ACKNOWLEDGED, FTTCP_MSG_FAILED);
	rc = fttcp_repo_bytes(repo, &bytes);
	if (rc)
		return rc;
	/* short of bytes, not of rows: what is done goes first, all of it */
	rc = drop_old(repo, done, limits->age_ms,
		      bytes > limits->size_max / 2 ? 0 : keep);
	if (rc < 0)
		return rc;
	bad = drop_old(repo, "reason != 0", limits->error_age_ms, keep);
	if (bad < 0)
		return bad;
	*errors = bad;
	if (!rc && !bad)
		return 0;
	repo->count = -1;
	fttcp_repo_run(repo, "PRAGMA incremental_vacuum", "");
	return rc + bad;
}
