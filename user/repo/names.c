// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what the repository knows beside messages: how far each client is, and
 * how far what came from the other node.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

/**
 * fttcp_repo_client_get() - what is known of a client
 * @repo:	repository
 * @name:	its name
 * @client:	filled; all but the name is zero when nothing is known
 *
 * Return: 0, -ENOENT, or another negative errno.
 */
int fttcp_repo_client_get(struct fttcp_repo *repo, const char *name,
			  struct fttcp_repo_client *client)
{
	sqlite3_stmt *stmt;
	int rc, step;

	memset(client, 0, sizeof(*client));
	snprintf(client->name, sizeof(client->name), "%s", name);
	rc = fttcp_repo_query(repo, &stmt, "SELECT inc, seq, complete, pos, "
			      "peer FROM client WHERE name = ?", "t",
			      name);
	if (rc)
		return rc;
	step = sqlite3_step(stmt);
	rc = fttcp_repo_rc(repo, step);
	if (!rc && step == SQLITE_DONE)
		rc = -ENOENT;
	if (!rc) {
		client->inc = sqlite3_column_int64(stmt, 0);
		client->seq = sqlite3_column_int64(stmt, 1);
		client->complete = sqlite3_column_int64(stmt, 2);
		client->pos = sqlite3_column_int64(stmt, 3);
		snprintf(client->peer, sizeof(client->peer), "%s",
			 (const char *)sqlite3_column_text(stmt, 4));
	}
	sqlite3_finalize(stmt);
	return rc;
}

/**
 * fttcp_repo_client_put() - remember this of a client
 * @repo:	repository
 * @client:	all of it
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_client_put(struct fttcp_repo *repo,
			  const struct fttcp_repo_client *client)
{
	int rc;

	rc = fttcp_repo_run(repo, "INSERT OR REPLACE INTO client(name, inc, "
			    "seq, complete, pos, peer) "
			    "VALUES(?, ?, ?, ?, ?, ?)", "tiiiit",
			    client->name, (int64_t)client->inc,
			    (int64_t)client->seq, (int64_t)client->complete,
			    (int64_t)client->pos, client->peer);
	return rc < 0 ? rc : 0;
}

/**
 * fttcp_repo_cursor_get() - how far a client's messages of an origin are here
 * @repo:	repository
 * @origin:	id of the other node's repository
 * @client:	name
 * @pos:	the largest place taken, 0 for none
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_cursor_get(struct fttcp_repo *repo, const char *origin,
			  const char *client, uint64_t *pos)
{
	sqlite3_stmt *stmt;
	int rc, step;

	*pos = 0;
	rc = fttcp_repo_query(repo, &stmt, "SELECT pos FROM cursor WHERE "
			      "origin = ? AND client = ?", "tt", origin,
			      client);
	if (rc)
		return rc;
	step = sqlite3_step(stmt);
	if (step == SQLITE_ROW)
		*pos = sqlite3_column_int64(stmt, 0);
	rc = fttcp_repo_rc(repo, step);
	sqlite3_finalize(stmt);
	return rc;
}

/**
 * fttcp_repo_cursor_put() - move it
 * @repo:	repository
 * @origin:	id of the other node's repository
 * @client:	name
 * @pos:	the place that was taken
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_cursor_put(struct fttcp_repo *repo, const char *origin,
			  const char *client, uint64_t pos)
{
	int rc;

	rc = fttcp_repo_run(repo, "INSERT INTO cursor(origin, client, pos, "
			    "changed_us) VALUES(?, ?, ?, ?) ON CONFLICT(origin, "
			    "client) DO UPDATE SET pos = excluded.pos, "
			    "changed_us = excluded.changed_us", "ttii", origin,
			    client, (int64_t)pos, fttcp_repo_now_us());
	return rc < 0 ? rc : 0;
}

/**
 * fttcp_repo_done() - a twin has taken something into its state
 * @repo:	repository
 * @msg:	what
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_done(struct fttcp_repo *repo, const struct fttcp_msg *msg)
{
	int rc;

	rc = fttcp_repo_run(repo, "UPDATE cursor SET done_inc = max(done_inc, ?) "
			    "WHERE origin = ? AND client = ?", "itt",
			    (int64_t)msg->inc, msg->origin, msg->client);
	return rc < 0 ? rc : 0;
}

/**
 * fttcp_repo_lost() - a twin has lost all that it had been given
 * @repo:	repository
 * @client:	its name
 *
 * What it had not taken yet is not lost: it will be given that.
 *
 * Return: 0 or a negative errno.
 */
int fttcp_repo_lost(struct fttcp_repo *repo, const char *client)
{
	int rc;

	rc = fttcp_repo_run(repo, "UPDATE cursor SET lost_inc = done_inc WHERE "
			    "client = ?", "t", client);
	return rc < 0 ? rc : 0;
}

/**
 * fttcp_repo_clients() - all that ever registered
 * @repo:	repository
 * @cb:		called with each name; not 0 stops
 * @arg:	for @cb
 *
 * Return: 0, what @cb returned, or a negative errno.
 */
int fttcp_repo_clients(struct fttcp_repo *repo,
		       int (*cb)(const char *client, void *arg), void *arg)
{
	sqlite3_stmt *stmt;
	int rc, step;

	rc = fttcp_repo_query(repo, &stmt, "SELECT name FROM client", "");
	if (rc)
		return rc;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		rc = cb((const char *)sqlite3_column_text(stmt, 0), arg);
		if (rc)
			break;
	}
	if (!rc)
		rc = fttcp_repo_rc(repo, step);
	sqlite3_finalize(stmt);
	return rc;
}

/**
 * fttcp_repo_cursors() - all of an origin
 * @repo:	repository
 * @origin:	id of the other node's repository
 * @cb:		called with each; not 0 stops
 * @arg:	for @cb
 *
 * Return: 0, what @cb returned, or a negative errno.
 */
int fttcp_repo_cursors(struct fttcp_repo *repo, const char *origin,
		       int (*cb)(const char *client, uint64_t pos,
				 uint64_t lost, void *arg), void *arg)
{
	sqlite3_stmt *stmt;
	int rc, step;

	rc = fttcp_repo_query(repo, &stmt, "SELECT client, pos, lost_inc FROM "
			      "cursor WHERE origin = ?", "t", origin);
	if (rc)
		return rc;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		rc = cb((const char *)sqlite3_column_text(stmt, 0),
			sqlite3_column_int64(stmt, 1),
			sqlite3_column_int64(stmt, 2), arg);
		if (rc)
			break;
	}
	if (!rc)
		rc = fttcp_repo_rc(repo, step);
	sqlite3_finalize(stmt);
	return rc;
}
