// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the file of the repository: how it is made, opened, locked, and set
 * aside when it is no repository any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "private.h"

/* A file of another version is not touched: its messages may be wanted. */
#define SCHEMA_VERSION	1
/* What makes the file ours: PRAGMA application_id, "fttc". */
#define APPLICATION_ID	0x66747463

static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
	"CREATE TABLE client("
	" name TEXT PRIMARY KEY, inc INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" complete INTEGER NOT NULL, pos INTEGER NOT NULL,"
	" peer TEXT NOT NULL);"
	"CREATE TABLE cursor("
	" origin TEXT NOT NULL, client TEXT NOT NULL, pos INTEGER NOT NULL,"
	" changed_us INTEGER NOT NULL, done_inc INTEGER NOT NULL DEFAULT 0,"
	" lost_inc INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(origin, client));"
	"CREATE TABLE message("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, inbound INTEGER NOT NULL,"
	" state INTEGER NOT NULL, reason INTEGER NOT NULL,"
	" client TEXT NOT NULL, task INTEGER NOT NULL, inc INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, pos INTEGER NOT NULL, origin TEXT NOT NULL,"
	" origin_id INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" accepted_us INTEGER NOT NULL, changed_us INTEGER NOT NULL,"
	" dest TEXT NOT NULL, encoding INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" tries INTEGER NOT NULL, size INTEGER NOT NULL,"
	" body_sum INTEGER NOT NULL, sum INTEGER NOT NULL,"
	" body BLOB NOT NULL);"
	"CREATE INDEX message_way ON message(inbound, client, reason, state);"
	"CREATE INDEX message_place ON message(inbound, client, pos);"
	"CREATE INDEX message_state ON message(state, reason);"
	"CREATE UNIQUE INDEX message_twice ON message(origin, origin_id)"
	" WHERE inbound = 1;";

static int __attribute__((format(printf, 3, 4)))
fail(char err[FTTCP_REPO_ERROR], int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, FTTCP_REPO_ERROR, fmt, ap);
	va_end(ap);
	return rc;
}

static int exec(struct fttcp_repo *repo, const char *sql)
{
	return fttcp_repo_rc(repo, sqlite3_exec(repo->db, sql, NULL, NULL,
						NULL));
}

static void make_id(char id[FTTCP_REPO_ID])
{
	uint8_t bytes[16];
	unsigned int i;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

static int create(struct fttcp_repo *repo)
{
	char sql[160];
	int rc;

	make_id(repo->id);
	rc = exec(repo, "BEGIN IMMEDIATE");
	if (rc)
		return rc;
	rc = exec(repo, schema);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; "
		 "PRAGMA user_version = %d", APPLICATION_ID, SCHEMA_VERSION);
	if (!rc)
		rc = exec(repo, sql);
	if (!rc)
		rc = fttcp_repo_run(repo, "INSERT INTO meta VALUES('id', ?)",
				    "t", repo->id);
	if (rc >= 0)
		rc = exec(repo, "COMMIT");
	if (rc < 0)
		exec(repo, "ROLLBACK");
	return rc < 0 ? rc : 0;
}

static int read_id(struct fttcp_repo *repo)
{
	sqlite3_stmt *stmt;
	int rc;

	rc = fttcp_repo_query(repo, &stmt,
			      "SELECT value FROM meta WHERE key = 'id'", "");
	if (rc)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		snprintf(repo->id, sizeof(repo->id), "%s",
			 (const char *)sqlite3_column_text(stmt, 0));
	else if (rc == SQLITE_DONE)
		rc = SQLITE_CORRUPT;
	rc = fttcp_repo_rc(repo, rc);
	sqlite3_finalize(stmt);
	if (!rc && strlen(repo->id) != FTTCP_REPO_ID - 1)
		rc = -EUCLEAN;
	return rc;
}

/* SQLite's own answer, "ok" or what is wrong. */
static int look_through(struct fttcp_repo *repo)
{
	sqlite3_stmt *stmt;
	const char *text;
	int rc;

	rc = fttcp_repo_query(repo, &stmt, "PRAGMA quick_check(1)", "");
	if (rc)
		return rc;
	rc = fttcp_repo_rc(repo, sqlite3_step(stmt));
	text = (const char *)sqlite3_column_text(stmt, 0);
	if (!rc && (!text || strcmp(text, "ok"))) {
		snprintf(repo->error, sizeof(repo->error), "%s",
			 text ? text : "no answer");
		rc = -EUCLEAN;
	}
	sqlite3_finalize(stmt);
	return rc;
}

/*
 * WAL, and each commit on the disk before it returns: what was acknowledged
 * outlives the machine. The owner alone makes the file, with room that it
 * can give back.
 */
static int set_up(struct fttcp_repo *repo, enum fttcp_repo_mode mode,
		  const char *path, char err[FTTCP_REPO_ERROR])
{
	int64_t version, application, tables;
	char sql[96];
	int rc;

	sqlite3_extended_result_codes(repo->db, 0);
	sqlite3_busy_timeout(repo->db, FTTCP_REPO_BUSY_MS);
	if (mode == FTTCP_REPO_OWNER) {
		rc = exec(repo, "PRAGMA auto_vacuum = INCREMENTAL");
		if (!rc)
			rc = exec(repo, "PRAGMA journal_mode = WAL");
		if (rc)
			return rc;
	}
	snprintf(sql, sizeof(sql), "PRAGMA synchronous = FULL; "
		 "PRAGMA journal_size_limit = %u", FTTCP_REPO_WAL_MAX);
	rc = exec(repo, sql);
	if (rc)
		return rc;
	version = fttcp_repo_number(repo, "PRAGMA user_version", &rc);
	if (!rc)
		application = fttcp_repo_number(repo, "PRAGMA application_id",
						&rc);
	if (!rc)
		tables = fttcp_repo_number(repo, "SELECT count(*) FROM "
					   "sqlite_master", &rc);
	if (rc)
		return rc;
	if (!tables && mode == FTTCP_REPO_OWNER)
		return create(repo);
	if (application != APPLICATION_ID)
		return fail(err, -EMEDIUMTYPE, "%s: is a database, but no "
			    "repository of fttcpd; name another file", path);
	if (version != SCHEMA_VERSION)
		return fail(err, -EMEDIUMTYPE, "%s: has version %lld of the "
			    "repository, not %d; use the fttcp that wrote it, "
			    "or move the file away", path, (long long)version,
			    SCHEMA_VERSION);
	rc = mode == FTTCP_REPO_OWNER ? look_through(repo) : 0;
	return rc ? rc : read_id(repo);
}

static int lock(struct fttcp_repo *repo, const char *path,
		char err[FTTCP_REPO_ERROR])
{
	char name[PATH_MAX];
	int rc;

	snprintf(name, sizeof(name), "%.4000s.lock", path);
	repo->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (repo->lock_fd < 0) {
		rc = -errno;
		return fail(err, rc, "%.256s: %s; name a file in a directory "
			    "that exists and that fttcpd may write", name,
			    strerror(-rc));
	}
	if (!flock(repo->lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	return fail(err, -EADDRINUSE, "%.256s: another fttcpd uses this "
		    "repository; give each its own file", path);
}

static int attempt(struct fttcp_repo *repo, const char *path,
		   enum fttcp_repo_mode mode, char err[FTTCP_REPO_ERROR])
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int fd, rc;

	/* SQLite's other files get the mode of this one */
	if (mode == FTTCP_REPO_OWNER) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	err[0] = '\0';
	rc = sqlite3_open_v2(path, &repo->db, flags, NULL);
	rc = fttcp_repo_rc(repo, rc);
	if (!rc)
		rc = set_up(repo, mode, path, err);
	if (!rc)
		return 0;
	if (!err[0])
		snprintf(err, FTTCP_REPO_ERROR, "%.256s: %.200s", path,
			 repo->error);
	sqlite3_close(repo->db);
	repo->db = NULL;
	return rc;
}

static int set_one_aside(const char *path, const char *aside,
			 const char *suffix)
{
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%.4000s%s", path, suffix);
	snprintf(to, sizeof(to), "%.4000s%s", aside, suffix);
	return rename(from, to) && errno != ENOENT ? -errno : 0;
}

/**
 * fttcp_repo_aside() - take a corrupted file out of the way
 * @path:	the file; nobody has it open
 * @aside:	its new name, with the time in it
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_aside(const char *path, char aside[PATH_MAX])
{
	struct tm tm;
	time_t now = time(NULL);
	char stamp[32];
	int i, n, rc;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	n = snprintf(aside, PATH_MAX, "%.4000s.bad-%s", path, stamp);
	/* two in one second */
	for (i = 1; i < 100 && !access(aside, F_OK); i++)
		snprintf(aside + n, PATH_MAX - n, ".%d", i);
	rc = set_one_aside(path, aside, "");
	if (!rc)
		rc = set_one_aside(path, aside, "-wal");
	if (!rc)
		rc = set_one_aside(path, aside, "-shm");
	return rc;
}

static int open_missing(const char *path, int rc, char err[FTTCP_REPO_ERROR])
{
	if (access(path, F_OK))
		return fail(err, -errno, "%.256s: %s; no daemon has made a "
			    "repository there", path, strerror(errno));
	if (rc == -EUCLEAN)
		return fail(err, rc, "%.256s: the file is corrupted; fttcpd "
			    "sets it aside when it starts", path);
	return rc;
}

/**
 * fttcp_repo_open() - open the repository, make one where there is none
 * @out:	repository
 * @path:	its file
 * @mode:	who asks; only the owner makes a file
 * @limits:	what bounds it
 * @aside:	where a corrupted file went, "" when there was none
 * @err:	why not, in one line
 *
 * Return: 0, -EUCLEAN (a tool, and the file is corrupted), -EADDRINUSE (it has
 * an owner), -EMEDIUMTYPE (not ours, or of another version), or another
 * negative errno.
 */
int fttcp_repo_open(struct fttcp_repo **out, const char *path,
		    enum fttcp_repo_mode mode,
		    const struct fttcp_repo_limits *limits,
		    char aside[PATH_MAX], char err[FTTCP_REPO_ERROR])
{
	struct fttcp_repo *repo = calloc(1, sizeof(*repo));
	int rc = 0;

	aside[0] = '\0';
	err[0] = '\0';
	if (!repo)
		return fail(err, -ENOMEM, "no memory");
	repo->lock_fd = -1;
	repo->count = -1;
	repo->limits = *limits;
	if (mode == FTTCP_REPO_OWNER)
		rc = lock(repo, path, err);
	if (!rc)
		rc = attempt(repo, path, mode, err);
	if (rc == -EUCLEAN && mode == FTTCP_REPO_OWNER) {
		rc = fttcp_repo_aside(path, aside);
		if (!rc)
			rc = attempt(repo, path, mode, err);
	} else if (rc && mode == FTTCP_REPO_TOOL) {
		rc = open_missing(path, rc, err);
	}
	if (rc) {
		fttcp_repo_close(repo);
		return rc;
	}
	fttcp_repo_changed(repo);
	*out = repo;
	return 0;
}

/** fttcp_repo_close() - the file may be used by others */
void fttcp_repo_close(struct fttcp_repo *repo)
{
	if (!repo)
		return;
	fttcp_repo_rollback(repo);
	sqlite3_close(repo->db);
	if (repo->lock_fd >= 0)
		close(repo->lock_fd);
	free(repo);
}

/**
 * fttcp_repo_limit() - other limits from now on
 * @repo:	repository
 * @limits:	they
 */
void fttcp_repo_limit(struct fttcp_repo *repo,
		      const struct fttcp_repo_limits *limits)
{
	repo->limits = *limits;
}

/** fttcp_repo_id() - what tells this file from every other one */
const char *fttcp_repo_id(const struct fttcp_repo *repo)
{
	return repo->id;
}

/** fttcp_repo_error() - what SQLite said when something failed last */
const char *fttcp_repo_error(const struct fttcp_repo *repo)
{
	return repo->error;
}

/**
 * fttcp_repo_changed() - did somebody else change something?
 * @repo:	repository
 *
 * Return: whether another handle has committed since the last time.
 */
bool fttcp_repo_changed(struct fttcp_repo *repo)
{
	int64_t version;
	bool changed;
	int rc;

	version = fttcp_repo_number(repo, "PRAGMA data_version", &rc);
	changed = !rc && version != repo->version;
	if (!rc)
		repo->version = version;
	if (changed)
		repo->count = -1;
	return changed;
}

/**
 * fttcp_repo_stamp() - for whoever keeps what was counted
 * @repo:	repository
 *
 * Return: another number after each change by this handle or another one, as long
 * as it is open; 0 when that cannot be told.
 */
uint64_t fttcp_repo_stamp(struct fttcp_repo *repo)
{
	int64_t version;
	int rc;

	version = fttcp_repo_number(repo, "PRAGMA data_version", &rc);
	if (rc)
		return 0;
	return (uint64_t)version << 32 |
	       (uint32_t)sqlite3_total_changes(repo->db);
}
