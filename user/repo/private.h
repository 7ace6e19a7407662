/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the repository share. Nobody else includes this.
 */
#ifndef FTTCP_REPO_PRIVATE_H
#define FTTCP_REPO_PRIVATE_H

#include <sqlite3.h>

#include "repo.h"

/**
 * struct fttcp_repo - an open repository
 * @db:		SQLite's handle
 * @limits:	what is refused, and what is thrown away
 * @in_transaction: one is open
 * @count:	messages, at least; -1 for not known
 * @version:	of the data when it was looked at last
 * @lock_fd:	the owner's lock, -1 for none
 * @id:		of the file
 * @error:	what SQLite said last
 */
struct fttcp_repo {
	sqlite3 *db;
	struct fttcp_repo_limits limits;
	bool in_transaction;
	int64_t count;
	int64_t version;
	int lock_fd;
	char id[FTTCP_REPO_ID];
	char error[FTTCP_REPO_ERROR];
};

/* Columns of struct fttcp_msg, in the order of fttcp_repo_row(). */
#define FTTCP_REPO_COLUMNS						\
	"id, inbound, state, reason, client, task, inc, seq, pos, origin, " \
	"origin_id, epoch, accepted_us, changed_us, dest, encoding, kind, " \
	"flags, tries, size, body_sum, sum"
#define FTTCP_REPO_COLUMN_COUNT	22

int64_t fttcp_repo_now_us(void);
int fttcp_repo_rc(struct fttcp_repo *repo, int sqlite_rc);
int fttcp_repo_run(struct fttcp_repo *repo, const char *sql,
		   const char *types, ...);
int fttcp_repo_query(struct fttcp_repo *repo, sqlite3_stmt **out,
		     const char *sql, const char *types, ...);
int64_t fttcp_repo_number(struct fttcp_repo *repo, const char *sql, int *rc);
int fttcp_repo_bytes(struct fttcp_repo *repo, uint64_t *bytes);
uint64_t fttcp_repo_body_sum(const void *body, size_t size);
uint64_t fttcp_repo_row_sum(const struct fttcp_msg *msg);
bool fttcp_repo_row(sqlite3_stmt *stmt, struct fttcp_msg *msg);
int fttcp_repo_write(struct fttcp_repo *repo, struct fttcp_msg *msg,
		     uint32_t from_state, uint32_t from_reason);

#endif /* FTTCP_REPO_PRIVATE_H */
