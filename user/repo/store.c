// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how messages come into the repository and how they move in it: each
 * move is one of state.c's table, and the row is as it was read.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

/**
 * fttcp_repo_begin() - what follows is one transaction
 * @repo:	repository
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_begin(struct fttcp_repo *repo)
{
	int rc;

	if (repo->in_transaction)
		return 0;
	rc = fttcp_repo_run(repo, "BEGIN IMMEDIATE", "");
	repo->in_transaction = rc >= 0;
	return rc < 0 ? rc : 0;
}

/**
 * fttcp_repo_commit() - the transaction is on the disk when this returns
 * @repo:	repository
 *
 * Return: 0, or a negative errno and nothing of it has happened.
 */
int fttcp_repo_commit(struct fttcp_repo *repo)
{
	int rc;

	if (!repo->in_transaction)
		return 0;
	rc = fttcp_repo_run(repo, "COMMIT", "");
	if (rc < 0) {
		fttcp_repo_rollback(repo);
		return rc;
	}
	repo->in_transaction = false;
	return 0;
}

/** fttcp_repo_rollback() - nothing of the transaction has happened */
void fttcp_repo_rollback(struct fttcp_repo *repo)
{
	char error[FTTCP_REPO_ERROR];

	if (!repo->in_transaction)
		return;
	/* SQLite may have done so itself; why it failed is worth more */
	memcpy(error, repo->error, sizeof(error));
	fttcp_repo_run(repo, "ROLLBACK", "");
	memcpy(repo->error, error, sizeof(error));
	repo->in_transaction = false;
}

/* Counting all of them for each one more would take longer than to store it. */
static int count(struct fttcp_repo *repo)
{
	int rc = 0;

	if (repo->count < 0 || repo->count >= repo->limits.count_max)
		repo->count = fttcp_repo_number(repo, "SELECT count(*) FROM "
						"message", &rc);
	return rc;
}

/**
 * fttcp_repo_room() - may one more message come in?
 * @repo:	repository
 * @size:	its bytes
 *
 * Return: 0, -ENOSPC over a limit, or another negative errno.
 */
int fttcp_repo_room(struct fttcp_repo *repo, size_t size)
{
	uint64_t bytes;
	int rc;

	rc = count(repo);
	if (!rc)
		rc = fttcp_repo_bytes(repo, &bytes);
	if (rc)
		return rc;
	if (repo->count < repo->limits.count_max &&
	    bytes + size <= repo->limits.size_max)
		return 0;
	snprintf(repo->error, sizeof(repo->error), "the repository is full: "
		 "%lld messages of %u, %llu bytes of %llu",
		 (long long)repo->count, repo->limits.count_max,
		 (unsigned long long)bytes,
		 (unsigned long long)repo->limits.size_max);
	return -ENOSPC;
}

/* The id is in the checksum, so it is chosen here. */
static int insert(struct fttcp_repo *repo, struct fttcp_msg *msg,
		  const void *body)
{
	int rc;

	msg->id = fttcp_repo_number(repo, "SELECT seq + 1 FROM sqlite_sequence "
				    "WHERE name = 'message'", &rc);
	if (rc)
		return rc;
	if (!msg->id)
		msg->id = 1;
	if (!msg->inbound) {
		memcpy(msg->origin, repo->id, sizeof(msg->origin));
		msg->origin_id = msg->id;
	}
	msg->changed_us = fttcp_repo_now_us();
	msg->body_sum = fttcp_repo_body_sum(body, msg->size);
	rc = fttcp_repo_run(repo, "INSERT INTO message(" FTTCP_REPO_COLUMNS
			    ", body) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
			    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			    "iiiitiiiitiiiitiiiiiiib", msg->id,
			    (int64_t)msg->inbound, (int64_t)msg->state,
			    (int64_t)msg->reason, msg->client,
			    (int64_t)msg->task, (int64_t)msg->inc,
			    (int64_t)msg->seq, (int64_t)msg->pos, msg->origin,
			    msg->origin_id, (int64_t)msg->epoch,
			    msg->accepted_us, msg->changed_us, msg->dest,
			    (int64_t)msg->encoding, (int64_t)msg->kind,
			    (int64_t)msg->flags, (int64_t)msg->tries,
			    (int64_t)msg->size, (int64_t)msg->body_sum,
			    (int64_t)fttcp_repo_row_sum(msg), body,
			    (size_t)msg->size);
	if (rc < 0)
		return rc;
	repo->count++;
	return 0;
}

/**
 * fttcp_repo_accept() - take a message from a client of this node
 * @repo:	repository
 * @msg:	client, task, inc, seq, epoch, encoding, kind, size; the rest is
 *		filled in
 * @body:	its bytes
 *
 * The client's row is brought up to it: of the same incarnation, only the next
 * number is taken.
 *
 * Return: 0, -EALREADY when it was taken before, -EILSEQ when it is not the
 * next one, -ENOSPC, or another negative errno.
 */
int fttcp_repo_accept(struct fttcp_repo *repo, struct fttcp_msg *msg,
		      const void *body)
{
	struct fttcp_repo_client client;
	int rc;

	rc = fttcp_repo_client_get(repo, msg->client, &client);
	if (rc && rc != -ENOENT)
		return rc;
	if (rc || msg->inc < client.inc)
		return -EILSEQ;
	if (msg->inc == client.inc && msg->seq <= client.seq)
		return -EALREADY;
	if (msg->seq != (msg->inc == client.inc ? client.seq + 1 : 1))
		return -EILSEQ;
	rc = fttcp_repo_room(repo, msg->size);
	if (rc)
		return rc;
	msg->inbound = false;
	msg->state = FTTCP_MSG_ACCEPTED;
	msg->reason = FTTCP_MSG_R_NONE;
	msg->accepted_us = fttcp_repo_now_us();
	rc = insert(repo, msg, body);
	if (rc)
		return rc;
	client.inc = msg->inc;
	client.seq = msg->seq;
	return fttcp_repo_client_put(repo, &client);
}

/**
 * fttcp_repo_arrive() - take a message from the other node
 * @repo:	repository
 * @msg:	as it is there, with @pos and @prev; state and id are filled in
 * @body:	its bytes
 *
 * To be called in a transaction: the cursor of its origin moves with it.
 *
 * Return: 0, -EALREADY when it was taken before, -EILSEQ when one before it is
 * missing here, -ENOSPC, or another negative errno.
 */
int fttcp_repo_arrive(struct fttcp_repo *repo, struct fttcp_msg *msg,
		      const void *body)
{
	uint64_t cursor;
	int rc;

	rc = fttcp_repo_cursor_get(repo, msg->origin, msg->client, &cursor);
	if (rc)
		return rc;
	if (msg->pos <= cursor)
		return -EALREADY;
	if (msg->prev > cursor)
		return -EILSEQ;
	rc = fttcp_repo_room(repo, msg->size);
	if (rc)
		return rc;
	msg->inbound = true;
	msg->state = FTTCP_MSG_ARRIVED;
	msg->reason = FTTCP_MSG_R_NONE;
	msg->tries = 0;
	rc = insert(repo, msg, body);
	/* an operator over there sent it again, and it was here all the time */
	if (rc && rc != -EEXIST)
		return rc;
	if (fttcp_repo_cursor_put(repo, msg->origin, msg->client, msg->pos) < 0)
		return -EIO;
	return rc ? -EALREADY : 0;
}

/**
 * fttcp_repo_move() - one step of a message
 * @repo:	repository
 * @msg:	as it was read; brought up to date, also what else of it changed
 * @event:	what happened to it
 *
 * Return: 0, -EPROTO when the event has no place in its state, -ESTALE when
 * somebody else has changed it meanwhile, or another negative errno.
 */
int fttcp_repo_move(struct fttcp_repo *repo, struct fttcp_msg *msg,
		    enum fttcp_msg_event event)
{
	uint32_t before = msg->state;
	int next = fttcp_msg_next(before, event);
	int rc;

	if (next < 0)
		return next;
	msg->state = next;
	rc = fttcp_repo_write(repo, msg, before, msg->reason);
	if (rc)
		msg->state = before;
	return rc;
}

/**
 * fttcp_repo_fail() - into the error store
 * @repo:	repository
 * @msg:	as it was read
 * @reason:	why
 *
 * Return: 0, -ESTALE, or another negative errno.
 */
int fttcp_repo_fail(struct fttcp_repo *repo, struct fttcp_msg *msg,
		    enum fttcp_msg_reason reason)
{
	uint32_t before = msg->reason;
	int rc;

	msg->reason = reason;
	rc = fttcp_repo_write(repo, msg, msg->state, before);
	if (rc)
		msg->reason = before;
	return rc;
}
