// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns finding messages: the filter as SQL, the walk over what it finds, and
 * how much there is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/* Rows read before the callbacks, which may change them, are called. */
#define PAGE	128
#define SQL_MAX	1536

struct sql {
	char text[SQL_MAX];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct sql *sql, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sql->len += vsnprintf(sql->text + sql->len, SQL_MAX - sql->len, fmt,
			      ap);
	va_end(ap);
}

/* A list, so that the index goes to these states and past all others. */
static void add_states(struct sql *sql, uint32_t states)
{
	const char *comma = "";
	unsigned int i;

	add(sql, " AND state IN (");
	for (i = 0; i < 32; i++) {
		if (!(states & 1U << i))
			continue;
		add(sql, "%s%u", comma, i);
		comma = ", ";
	}
	add(sql, ")");
}

/* Where places bound it they are the way: there may be very many of a state. */
static void add_table(struct sql *sql, const struct fttcp_repo_filter *f)
{
	add(sql, " FROM message%s WHERE 1", f->way && f->client &&
	    (f->pos_min || f->pos_max) ? " INDEXED BY message_place" : "");
}

/*
 * Numbers are written out; words are bound: ?1 client, ?2 dest, ?3 text,
 * ?4 origin.
 */
static void add_filter(struct sql *sql, const struct fttcp_repo_filter *f)
{
	if (f->id)
		add(sql, " AND id = %lld", (long long)f->id);
	if (f->after)
		add(sql, " AND id > %lld", (long long)f->after);
	if (f->way)
		add(sql, " AND inbound = %d", f->way == 'i');
	if (f->client)
		add(sql, " AND client = ?1");
	if (f->states)
		add_states(sql, f->states);
	if (f->errors)
		add(sql, " AND reason %s 0",
		    f->errors == FTTCP_REPO_BAD ? "!=" : "=");
	if (f->reason)
		add(sql, " AND reason = %u", f->reason);
	if (f->dest)
		add(sql, " AND dest = ?2");
	if (f->origin)
		add(sql, " AND origin = ?4");
	if (f->text)
		add(sql, " AND instr(body, CAST(?3 AS BLOB))");
	if (f->since_us)
		add(sql, " AND accepted_us >= %lld", (long long)f->since_us);
	if (f->until_us)
		add(sql, " AND accepted_us <= %lld", (long long)f->until_us);
	if (f->pos_min)
		add(sql, " AND pos >= %llu", (unsigned long long)f->pos_min);
	if (f->pos_max)
		add(sql, " AND pos <= %llu", (unsigned long long)f->pos_max);
}

static int bind_words(struct fttcp_repo *repo, sqlite3_stmt *stmt,
		      const struct fttcp_repo_filter *f)
{
	const char *word[] = { f->client, f->dest, f->text, f->origin };
	int i, rc = SQLITE_OK;

	for (i = 0; i < 4 && rc == SQLITE_OK; i++)
		if (word[i])
			rc = sqlite3_bind_text(stmt, i + 1, word[i], -1,
					       SQLITE_STATIC);
	return fttcp_repo_rc(repo, rc);
}

struct page {
	struct fttcp_msg msg[PAGE];
	bool bad[PAGE];
	unsigned int count;
};

/* In the order of the ids, or of their places where one is asked for. */
static int read_page(struct fttcp_repo *repo, struct page *page,
		     const struct fttcp_repo_filter *f, int64_t beyond)
{
	struct sql sql = { .len = 0 };
	sqlite3_stmt *stmt;
	int rc, step;

	page->count = 0;
	add(&sql, "SELECT " FTTCP_REPO_COLUMNS);
	add_table(&sql, f);
	add_filter(&sql, f);
	if (beyond)
		add(&sql, " AND %s %c %lld", f->by_place ? "pos" : "id",
		    f->newest ? '<' : '>', (long long)beyond);
	add(&sql, " ORDER BY %s %s LIMIT %d", f->by_place ? "pos" : "id",
	    f->newest ? "DESC" : "ASC", PAGE);
	rc = fttcp_repo_query(repo, &stmt, sql.text, "");
	if (!rc)
		rc = bind_words(repo, stmt, f);
	if (rc) {
		sqlite3_finalize(stmt);
		return rc;
	}
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		page->bad[page->count] =
			!fttcp_repo_row(stmt, &page->msg[page->count]);
		page->count++;
	}
	rc = fttcp_repo_rc(repo, step);
	sqlite3_finalize(stmt);
	return rc;
}

static int give_one(struct fttcp_repo *repo, const struct fttcp_msg *msg,
		    bool bad, bool bytes, fttcp_repo_cb *cb, void *arg)
{
	uint8_t *body = NULL;
	int rc;

	if (bytes) {
		body = malloc(FTTCP_MSG_MAX);
		if (!body)
			return -ENOMEM;
		rc = fttcp_repo_body(repo, msg, body);
		if (rc == -ENOENT) {	/* purged since the page was read */
			free(body);
			return 0;
		}
		if (rc && rc != -EBADMSG) {
			free(body);
			return rc;
		}
		bad = bad || rc;
	}
	rc = cb(msg, body, bad, arg);
	free(body);
	return rc;
}

/**
 * fttcp_repo_each() - call back for each message that the filter lets through
 * @repo:	repository
 * @filter:	which
 * @cb:		may change, and remove, what it is called with
 * @arg:	for @cb
 *
 * Return: 0, what @cb returned to stop, or a negative errno.
 */
int fttcp_repo_each(struct fttcp_repo *repo,
		    const struct fttcp_repo_filter *filter, fttcp_repo_cb *cb,
		    void *arg)
{
	struct page *page = malloc(sizeof(*page));
	uint32_t given = 0;
	int64_t beyond = 0;
	unsigned int i;
	int rc = 0;

	if (!page)
		return -ENOMEM;
	do {
		rc = read_page(repo, page, filter, beyond);
		for (i = 0; !rc && i < page->count; i++) {
			beyond = filter->by_place ? (int64_t)page->msg[i].pos :
				 page->msg[i].id;
			rc = give_one(repo, &page->msg[i], page->bad[i],
				      filter->bytes, cb, arg);
			if (filter->limit && ++given == filter->limit)
				goto out;
		}
	} while (!rc && page->count == PAGE);
out:
	free(page);
	return rc;
}

/**
 * fttcp_repo_count() - how many the filter lets through
 * @repo:	repository
 * @filter:	which; without a limit
 *
 * Return: that, or a negative errno.
 */
int64_t fttcp_repo_count(struct fttcp_repo *repo,
			 const struct fttcp_repo_filter *filter)
{
	struct sql sql = { .len = 0 };
	sqlite3_stmt *stmt;
	int64_t n = 0;
	int rc, step;

	add(&sql, "SELECT count(*)");
	add_table(&sql, filter);
	add_filter(&sql, filter);
	rc = fttcp_repo_query(repo, &stmt, sql.text, "");
	if (!rc)
		rc = bind_words(repo, stmt, filter);
	if (!rc) {
		step = sqlite3_step(stmt);
		if (step == SQLITE_ROW)
			n = sqlite3_column_int64(stmt, 0);
		rc = fttcp_repo_rc(repo, step);
	}
	sqlite3_finalize(stmt);
	return rc ? rc : n;
}

/**
 * fttcp_repo_body() - the bytes of a message
 * @repo:	repository
 * @msg:	its row
 * @body:	room for FTTCP_MSG_MAX bytes
 *
 * Return: 0, -EBADMSG when they are not what was put in (@body has what there
 * is, filled up with zeroes), -ENOENT, or another negative errno.
 */
int fttcp_repo_body(struct fttcp_repo *repo, const struct fttcp_msg *msg,
		    void *body)
{
	sqlite3_stmt *stmt;
	const void *blob;
	size_t size = 0;
	int rc, step;

	rc = fttcp_repo_query(repo, &stmt, "SELECT body FROM message WHERE "
			      "id = ?", "i", msg->id);
	if (rc)
		return rc;
	step = sqlite3_step(stmt);
	rc = fttcp_repo_rc(repo, step);
	if (!rc && step == SQLITE_DONE)
		rc = -ENOENT;
	if (!rc) {
		memset(body, 0, FTTCP_MSG_MAX);
		blob = sqlite3_column_blob(stmt, 0);
		size = sqlite3_column_bytes(stmt, 0);
		if (blob)
			memcpy(body, blob, size < FTTCP_MSG_MAX ? size :
			       FTTCP_MSG_MAX);
		if (size != msg->size ||
		    fttcp_repo_body_sum(body, size) != msg->body_sum)
			rc = -EBADMSG;
	}
	sqlite3_finalize(stmt);
	return rc;
}

/**
 * fttcp_repo_bytes() - what is in use of the file
 * @repo:	repository
 * @bytes:	result
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_bytes(struct fttcp_repo *repo, uint64_t *bytes)
{
	int64_t pages, unused = 0, size = 0;
	int rc;

	pages = fttcp_repo_number(repo, "PRAGMA page_count", &rc);
	if (!rc)
		unused = fttcp_repo_number(repo, "PRAGMA freelist_count", &rc);
	if (!rc)
		size = fttcp_repo_number(repo, "PRAGMA page_size", &rc);
	*bytes = (pages - unused) * size;
	return rc;
}

#define DONE_STATES	(1 << FTTCP_MSG_ACKNOWLEDGED | 1 << FTTCP_MSG_FAILED)

/**
 * fttcp_repo_counts() - how much there is
 * @repo:	repository
 * @counts:	filled
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_counts(struct fttcp_repo *repo,
		      struct fttcp_repo_counts *counts)
{
	char sql[160];
	int rc;

	memset(counts, 0, sizeof(*counts));
	counts->messages = fttcp_repo_number(repo, "SELECT count(*) FROM "
					     "message", &rc);
	if (!rc)
		counts->errors = fttcp_repo_number(repo, "SELECT count(*) FROM "
						   "message WHERE reason != 0",
						   &rc);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM message WHERE reason = "
		 "0 AND NOT (1 << state) & %u", DONE_STATES);
	if (!rc)
		counts->undone = fttcp_repo_number(repo, sql, &rc);
	return rc ? rc : fttcp_repo_bytes(repo, &counts->bytes);
}
