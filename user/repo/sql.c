// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how the repository talks to SQLite: binding, errors as negative errno,
 * and the form of a row with its checksum.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "private.h"

/** fttcp_repo_now_us() - the time of day */
int64_t fttcp_repo_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/**
 * fttcp_repo_rc() - errno of what SQLite returned, and note its sentence
 * @repo:	repository
 * @sqlite_rc:	its code
 *
 * Return: 0, -EUCLEAN for a corrupted file, or another negative errno.
 */
int fttcp_repo_rc(struct fttcp_repo *repo, int sqlite_rc)
{
	if (sqlite_rc == SQLITE_OK || sqlite_rc == SQLITE_ROW ||
	    sqlite_rc == SQLITE_DONE)
		return 0;
	snprintf(repo->error, sizeof(repo->error), "%s",
		 repo->db ? sqlite3_errmsg(repo->db) :
		 sqlite3_errstr(sqlite_rc));
	switch (sqlite_rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return -EUCLEAN;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_TOOBIG:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

/* 'i' int64_t, 't' text, 'b' bytes: pointer and size_t */
static int bind_all(sqlite3_stmt *stmt, const char *types, va_list ap)
{
	const void *bytes;
	int i, rc = SQLITE_OK;

	for (i = 1; *types && rc == SQLITE_OK; i++, types++) {
		switch (*types) {
		case 'i':
			rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 't':
			rc = sqlite3_bind_text(stmt, i, va_arg(ap, char *), -1,
					       SQLITE_TRANSIENT);
			break;
		default:
			bytes = va_arg(ap, void *);
			rc = sqlite3_bind_blob64(stmt, i, bytes ? bytes : "",
						 va_arg(ap, size_t),
						 SQLITE_TRANSIENT);
			break;
		}
	}
	return rc;
}

static int prepare(struct fttcp_repo *repo, sqlite3_stmt **out,
		   const char *sql, const char *types, va_list ap)
{
	int rc;

	rc = sqlite3_prepare_v2(repo->db, sql, -1, out, NULL);
	if (rc == SQLITE_OK)
		rc = bind_all(*out, types, ap);
	return rc;
}

/**
 * fttcp_repo_query() - a statement to be stepped
 * @repo:	repository
 * @out:	statement; the caller finalizes it
 * @sql:	one statement
 * @types:	of what follows: i for int64_t, t for text, b for pointer and
 *		size_t
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_query(struct fttcp_repo *repo, sqlite3_stmt **out,
		     const char *sql, const char *types, ...)
{
	va_list ap;
	int rc;

	*out = NULL;
	va_start(ap, types);
	rc = prepare(repo, out, sql, types, ap);
	va_end(ap);
	if (rc == SQLITE_OK)
		return 0;
	rc = fttcp_repo_rc(repo, rc);
	sqlite3_finalize(*out);
	*out = NULL;
	return rc;
}

/**
 * fttcp_repo_run() - a statement that gives nothing back
 * @repo:	repository
 * @sql:	one statement
 * @types:	as fttcp_repo_query() has it
 *
 * Return: how many rows it changed, or a negative errno.
 */
int fttcp_repo_run(struct fttcp_repo *repo, const char *sql,
		   const char *types, ...)
{
	sqlite3_stmt *stmt = NULL;
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = prepare(repo, &stmt, sql, types, ap);
	va_end(ap);
	if (rc == SQLITE_OK)
		do {
			rc = sqlite3_step(stmt);
		} while (rc == SQLITE_ROW);
	rc = fttcp_repo_rc(repo, rc);
	sqlite3_finalize(stmt);
	return rc ? rc : sqlite3_changes(repo->db);
}

/**
 * fttcp_repo_number() - a statement that gives one number
 * @repo:	repository
 * @sql:	one statement
 * @rc:		0 or a negative errno
 *
 * Return: the number, 0 for none.
 */
int64_t fttcp_repo_number(struct fttcp_repo *repo, const char *sql, int *rc)
{
	sqlite3_stmt *stmt;
	int64_t n = 0;
	int step;

	*rc = fttcp_repo_query(repo, &stmt, sql, "");
	if (*rc)
		return 0;
	step = sqlite3_step(stmt);
	if (step == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	*rc = fttcp_repo_rc(repo, step);
	sqlite3_finalize(stmt);
	return n;
}

/* FNV-1a: finds what a disk or memory does, not what an enemy does. */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

#define HASH_BEGIN	0xcbf29ce484222325ULL

/** fttcp_repo_body_sum() - checksum of the bytes of a message */
uint64_t fttcp_repo_body_sum(const void *body, size_t size)
{
	return hash(HASH_BEGIN, body, size);
}

/**
 * fttcp_repo_row_sum() - checksum of all of a row but its bytes
 * @msg:	row
 *
 * Return: it; @msg->body_sum is in it, so both together cover all.
 */
uint64_t fttcp_repo_row_sum(const struct fttcp_msg *msg)
{
	char text[640];
	int n;

	n = snprintf(text, sizeof(text), "%lld|%d|%u|%u|%s|%u|%llu|%llu|%llu|"
		     "%s|%lld|%llu|%lld|%lld|%s|%u|%u|%u|%u|%u|%llu",
		     (long long)msg->id, msg->inbound, msg->state, msg->reason,
		     msg->client, msg->task, (unsigned long long)msg->inc,
		     (unsigned long long)msg->seq, (unsigned long long)msg->pos,
		     msg->origin, (long long)msg->origin_id,
		     (unsigned long long)msg->epoch,
		     (long long)msg->accepted_us, (long long)msg->changed_us,
		     msg->dest, msg->encoding, msg->kind, msg->flags,
		     msg->tries, msg->size, (unsigned long long)msg->body_sum);
	return hash(HASH_BEGIN, text, n);
}

static void text_of(sqlite3_stmt *stmt, int i, char *out, size_t room)
{
	const unsigned char *text = sqlite3_column_text(stmt, i);

	snprintf(out, room, "%s", text ? (const char *)text : "");
}

/**
 * fttcp_repo_row() - a row of FTTCP_REPO_COLUMNS
 * @stmt:	statement that stands on it
 * @msg:	filled
 *
 * Return: whether it passes its check; its bytes were not looked at.
 */
bool fttcp_repo_row(sqlite3_stmt *stmt, struct fttcp_msg *msg)
{
	int i = 0;

	memset(msg, 0, sizeof(*msg));
	msg->id = sqlite3_column_int64(stmt, i++);
	msg->inbound = sqlite3_column_int(stmt, i++);
	msg->state = sqlite3_column_int(stmt, i++);
	msg->reason = sqlite3_column_int(stmt, i++);
	text_of(stmt, i++, msg->client, sizeof(msg->client));
	msg->task = sqlite3_column_int64(stmt, i++);
	msg->inc = sqlite3_column_int64(stmt, i++);
	msg->seq = sqlite3_column_int64(stmt, i++);
	msg->pos = sqlite3_column_int64(stmt, i++);
	text_of(stmt, i++, msg->origin, sizeof(msg->origin));
	msg->origin_id = sqlite3_column_int64(stmt, i++);
	msg->epoch = sqlite3_column_int64(stmt, i++);
	msg->accepted_us = sqlite3_column_int64(stmt, i++);
	msg->changed_us = sqlite3_column_int64(stmt, i++);
	text_of(stmt, i++, msg->dest, sizeof(msg->dest));
	msg->encoding = sqlite3_column_int64(stmt, i++);
	msg->kind = sqlite3_column_int64(stmt, i++);
	msg->flags = sqlite3_column_int64(stmt, i++);
	msg->tries = sqlite3_column_int64(stmt, i++);
	msg->size = sqlite3_column_int64(stmt, i++);
	msg->body_sum = sqlite3_column_int64(stmt, i++);
	return (uint64_t)sqlite3_column_int64(stmt, i) ==
	       fttcp_repo_row_sum(msg);
}

/**
 * fttcp_repo_write() - a row that exists, as it is now
 * @repo:	repository
 * @msg:	the row; its time of change is set here
 * @from_state:	what the repository should say,
 * @from_reason: and this
 *
 * Return: 0, -ESTALE when somebody else changed the row, or another negative
 * errno.
 */
int fttcp_repo_write(struct fttcp_repo *repo, struct fttcp_msg *msg,
		     uint32_t from_state, uint32_t from_reason)
{
	int rc;

	msg->changed_us = fttcp_repo_now_us();
	rc = fttcp_repo_run(repo, "UPDATE message SET state = ?, reason = ?, "
			    "pos = ?, changed_us = ?, dest = ?, encoding = ?, "
			    "flags = ?, tries = ?, sum = ? WHERE id = ? AND "
			    "state = ? AND reason = ?", "iiiitiiiiiii",
			    (int64_t)msg->state, (int64_t)msg->reason,
			    (int64_t)msg->pos, msg->changed_us, msg->dest,
			    (int64_t)msg->encoding, (int64_t)msg->flags,
			    (int64_t)msg->tries,
			    (int64_t)fttcp_repo_row_sum(msg), msg->id,
			    (int64_t)from_state, (int64_t)from_reason);
	if (rc < 0)
		return rc;
	return rc ? 0 : -ESTALE;
}
