/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The repository of messages of one node: a file (SQLite) that fttcpd owns and
 * fttcpctl may open beside it. Nothing here waits for a network; all of it may
 * wait for a disk. One thread uses a handle.
 *
 * What changes something does it in a transaction of its own, or in the one
 * that fttcp_repo_begin() began.
 */
#ifndef FTTCP_REPO_H
#define FTTCP_REPO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fttcp/limits.h>

#include "state.h"

#define FTTCP_REPO_PATH		"/var/lib/fttcp/messages.db"
#define FTTCP_REPO_ERROR	512	/* one line for a person */
#define FTTCP_REPO_ID		33	/* 32 hex digits */
#define FTTCP_MSG_DEST		96	/* "2@[2001:db8::1]:7001" */

/* Flags of a message. */
#define FTTCP_MSG_F_RAW		1	/* sent again without a conversion */
#define FTTCP_MSG_F_AGAIN	2	/* its twin may have seen it before */

/**
 * struct fttcp_msg - one message, without its bytes
 * @id:		in this repository; a later one is larger
 * @inbound:	it came from the other node
 * @state:	enum fttcp_msg_state
 * @reason:	enum fttcp_msg_reason; not 0: it is in the error store
 * @client:	whose it is; its twin has the same name
 * @task:	the client's task id
 * @inc:	incarnation of the client's stream
 * @seq:	number in it, the client's own
 * @pos:	place in the order of the link, 0 for none yet
 * @prev:	largest place before @pos that the other node was to have, only
 *		for fttcp_repo_arrive()
 * @origin:	repository in which it was accepted
 * @origin_id:	its @id there
 * @epoch:	of the node when it was accepted
 * @accepted_us: time of day of that
 * @changed_us:	the same of the last change
 * @dest:	where it was routed to, "" for not yet
 * @encoding:	enum fttcp_encoding
 * @kind:	the client's own
 * @flags:	FTTCP_MSG_F_*
 * @tries:	how often it was written to the twin
 * @size:	bytes
 * @body_sum:	checksum of the bytes
 */
struct fttcp_msg {
	int64_t id;
	bool inbound;
	uint32_t state;
	uint32_t reason;
	char client[FTTCP_CLIENT_NAME];
	uint32_t task;
	uint64_t inc;
	uint64_t seq;
	uint64_t pos;
	uint64_t prev;
	char origin[FTTCP_REPO_ID];
	int64_t origin_id;
	uint64_t epoch;
	int64_t accepted_us;
	int64_t changed_us;
	char dest[FTTCP_MSG_DEST];
	uint32_t encoding;
	uint32_t kind;
	uint32_t flags;
	uint32_t tries;
	uint32_t size;
	uint64_t body_sum;
};

/**
 * struct fttcp_repo_client - what is known of a client for ever
 * @name:	of it
 * @inc:	incarnation of its stream that was begun last
 * @seq:	largest number accepted in it
 * @complete:	incarnation in which it said that it is complete, 0 for none
 * @pos:	place that was given last
 * @peer:	repository that the other node had last, "" for not known
 */
struct fttcp_repo_client {
	char name[FTTCP_CLIENT_NAME];
	uint64_t inc;
	uint64_t seq;
	uint64_t complete;
	uint64_t pos;
	char peer[FTTCP_REPO_ID];
};

/**
 * struct fttcp_repo_limits - what bounds the file
 * @size_max:	bytes
 * @count_max:	messages
 * @age_ms:	for how long a message that is done is kept, for people to see
 * @error_age_ms: the same of one in the error store
 */
struct fttcp_repo_limits {
	uint64_t size_max;
	uint32_t count_max;
	uint64_t age_ms;
	uint64_t error_age_ms;
};

/**
 * enum fttcp_repo_errors - of which messages
 * @FTTCP_REPO_ALL:	all of them
 * @FTTCP_REPO_GOOD:	those that are on their way, or done
 * @FTTCP_REPO_BAD:	the error store
 */
enum fttcp_repo_errors {
	FTTCP_REPO_ALL,
	FTTCP_REPO_GOOD,
	FTTCP_REPO_BAD,
};

/**
 * struct fttcp_repo_filter - which messages; 0 and NULL stand for any
 * @id:		this one
 * @after:	those with a larger id
 * @client:	of this client
 * @states:	bit mask of 1 << state
 * @errors:	see there
 * @reason:	with this reason
 * @dest:	with this destination
 * @origin:	accepted in this repository
 * @text:	with these bytes in them
 * @since_us:	accepted at this time of day or later
 * @until_us:	the same, at the latest
 * @way:	'o' for outbound, 'i' for inbound
 * @pos_min:	this place or a later one
 * @pos_max:	this place or an earlier one
 * @limit:	so many at most
 * @newest:	the largest id first
 * @by_place:	in the order of their places, from @pos_min on
 * @bytes:	call back with the bytes
 */
struct fttcp_repo_filter {
	int64_t id;
	int64_t after;
	const char *client;
	uint32_t states;
	enum fttcp_repo_errors errors;
	uint32_t reason;
	const char *dest;
	const char *origin;
	const char *text;
	int64_t since_us;
	int64_t until_us;
	char way;
	uint64_t pos_min;
	uint64_t pos_max;
	uint32_t limit;
	bool newest;
	bool by_place;
	bool bytes;
};

/**
 * struct fttcp_repo_counts - how much there is
 * @messages:	all
 * @undone:	on their way
 * @errors:	in the error store
 * @bytes:	of the file that are in use
 */
struct fttcp_repo_counts {
	uint64_t messages;
	uint64_t undone;
	uint64_t errors;
	uint64_t bytes;
};

/**
 * enum fttcp_repo_mode - who opens it
 * @FTTCP_REPO_OWNER:	the daemon: makes the file, sets a corrupted one aside
 * @FTTCP_REPO_TOOL:	somebody beside it, or while there is none
 */
enum fttcp_repo_mode {
	FTTCP_REPO_OWNER,
	FTTCP_REPO_TOOL,
};

struct fttcp_repo;

/*
 * @body is NULL unless the filter says bytes; @bad: the row or its bytes fail
 * their check. Return: not 0 to stop.
 */
typedef int fttcp_repo_cb(const struct fttcp_msg *msg, const void *body,
			  bool bad, void *arg);

/* open.c */
int fttcp_repo_open(struct fttcp_repo **out, const char *path,
		    enum fttcp_repo_mode mode,
		    const struct fttcp_repo_limits *limits,
		    char aside[PATH_MAX], char err[FTTCP_REPO_ERROR]);
void fttcp_repo_close(struct fttcp_repo *repo);
int fttcp_repo_aside(const char *path, char aside[PATH_MAX]);
void fttcp_repo_limit(struct fttcp_repo *repo,
		      const struct fttcp_repo_limits *limits);
const char *fttcp_repo_id(const struct fttcp_repo *repo);
const char *fttcp_repo_error(const struct fttcp_repo *repo);
bool fttcp_repo_changed(struct fttcp_repo *repo);
uint64_t fttcp_repo_stamp(struct fttcp_repo *repo);

/* store.c */
int fttcp_repo_begin(struct fttcp_repo *repo);
int fttcp_repo_commit(struct fttcp_repo *repo);
void fttcp_repo_rollback(struct fttcp_repo *repo);
int fttcp_repo_room(struct fttcp_repo *repo, size_t size);
int fttcp_repo_accept(struct fttcp_repo *repo, struct fttcp_msg *msg,
		      const void *body);
int fttcp_repo_arrive(struct fttcp_repo *repo, struct fttcp_msg *msg,
		      const void *body);
int fttcp_repo_move(struct fttcp_repo *repo, struct fttcp_msg *msg,
		    enum fttcp_msg_event event);
int fttcp_repo_fail(struct fttcp_repo *repo, struct fttcp_msg *msg,
		    enum fttcp_msg_reason reason);

/* names.c */
int fttcp_repo_client_get(struct fttcp_repo *repo, const char *name,
			  struct fttcp_repo_client *client);
int fttcp_repo_client_put(struct fttcp_repo *repo,
			  const struct fttcp_repo_client *client);
int fttcp_repo_cursor_get(struct fttcp_repo *repo, const char *origin,
			  const char *client, uint64_t *pos);
int fttcp_repo_cursor_put(struct fttcp_repo *repo, const char *origin,
			  const char *client, uint64_t pos);
int fttcp_repo_done(struct fttcp_repo *repo, const struct fttcp_msg *msg);
int fttcp_repo_lost(struct fttcp_repo *repo, const char *client);
int fttcp_repo_cursors(struct fttcp_repo *repo, const char *origin,
		       int (*cb)(const char *client, uint64_t pos,
				 uint64_t lost, void *arg), void *arg);

int fttcp_repo_clients(struct fttcp_repo *repo,
		       int (*cb)(const char *client, void *arg), void *arg);

/* list.c */
int64_t fttcp_repo_count(struct fttcp_repo *repo,
			 const struct fttcp_repo_filter *filter);
int fttcp_repo_each(struct fttcp_repo *repo,
		    const struct fttcp_repo_filter *filter, fttcp_repo_cb *cb,
		    void *arg);
int fttcp_repo_body(struct fttcp_repo *repo, const struct fttcp_msg *msg,
		    void *body);
int fttcp_repo_counts(struct fttcp_repo *repo,
		      struct fttcp_repo_counts *counts);

/* tend.c */
int fttcp_repo_resend(struct fttcp_repo *repo,
		      const struct fttcp_repo_filter *filter, int encoding,
		      unsigned int *count);
int fttcp_repo_purge(struct fttcp_repo *repo,
		     const struct fttcp_repo_filter *filter, bool undone,
		     unsigned int *count);
int fttcp_repo_retain(struct fttcp_repo *repo, unsigned int *errors);

#endif /* FTTCP_REPO_H */
