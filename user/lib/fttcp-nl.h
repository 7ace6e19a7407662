/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The netlink side of the fttcp module, for programs. This header is the manual
 * of the layer; the attributes, their units and the enums are documented in
 * <linux/fttcp.h>. Links with libmnl, allocates only for dumps, prints nothing.
 *
 * Errors. Every function returns 0 (or a count) or a negative errno. After a
 * failed request fttcp_nl_error() says what the kernel said: its text, and the
 * attribute that it refused or missed, by the name that it has in the spec.
 *
 *	-ENOTSUP	the family is not there: the module is not loaded
 *	-EPERM		CAP_NET_ADMIN is missing in this network namespace
 *	-ENOBUFS	(events) the reader was too slow, events are lost
 *	others		from the kernel, explained by its text
 *
 * Objects. Each noun is a struct in which @present has one bit for each
 * attribute (fttcp_has(), fttcp_mark()). The same struct is read and written:
 *
 *	struct fttcp_node node = { 0 };
 *
 *	node.role = FTTCP_ROLE_ACTIVE;
 *	fttcp_mark(&node, FTTCP_A_NODE_ROLE);
 *	err = fttcp_node_set(nl, &node);
 *	if (err)
 *		fprintf(stderr, "%s\n", fttcp_nl_strerror(nl, err, buf, n));
 *
 * An attribute newer than this layer is skipped, one that the kernel does not
 * have is simply not present: both directions of version skew are harmless.
 *
 * Dumps. fttcp_<noun>_dump() gathers the whole list first and asks again, a few
 * times, when the kernel says that it changed meanwhile (NLM_F_DUMP_INTR). Then
 * the callback sees each object once; of objects that come and go faster than
 * they can be listed some may be missing. A callback that returns non-zero ends
 * the walk, and that is what the dump returns. A callback may use the handle.
 *
 * Events. Subscribe, then dump, then read: nothing falls between. Events are
 * numbered within the namespace. fttcp_events_read() gives -ENOBUFS when the
 * socket overran or a number is missing; the reader then calls
 * fttcp_events_sync() and dumps again. Events that the dump already covers (a
 * number not above node.events_seq, read before it) are dropped silently.
 *
 * Texts. The text of each enum value is in <fttcp/strings-gen.h>, generated from
 * the same spec: fttcp_role_name(), fttcp_role_value() and so on.
 *
 * A handle belongs to one thread and to the network namespace in which it was
 * opened.
 */
#ifndef FTTCP_NL_H
#define FTTCP_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fttcp/limits.h>
#include <linux/fttcp.h>

#include "addr.h"

#define FTTCP_TEXT_LEN 256	/* longest text taken from the kernel */
#define FTTCP_NAME_LEN 64	/* longest name of an event or a counter */

/* Presence of an attribute in an object; attr is an FTTCP_A_* value. */
#define FTTCP_BIT(attr) (1ULL << (attr))
#define fttcp_has(obj, attr) (!!((obj)->present & FTTCP_BIT(attr)))
#define fttcp_mark(obj, attr) ((void)((obj)->present |= FTTCP_BIT(attr)))

/* ------------------------------------------------------------ requests -- */

struct fttcp_nl;

/**
 * struct fttcp_nl_error - what the kernel said about the last request
 * @err: negative errno, 0 after a success
 * @cmd: FTTCP_CMD_* of the request
 * @text: its words, "" when it had none; after a success, a warning
 * @attr: name of the attribute that it refused, or ""
 * @missing: name of the attribute that it missed, or ""
 * @bounds: of @attr where it was out of range: "1..100", "at least 1", or ""
 */
struct fttcp_nl_error {
	int err;
	uint8_t cmd;
	char text[FTTCP_TEXT_LEN];
	char attr[FTTCP_NAME_LEN];
	char missing[FTTCP_NAME_LEN];
	char bounds[FTTCP_NAME_LEN];
};

/**
 * fttcp_nl_open() - open a handle in the current network namespace
 * @out: result; untouched on error
 *
 * The kernel loads the module by itself where it may and where it is installed.
 *
 * Return: 0, -ENOTSUP (no module), or what socket() said.
 */
int fttcp_nl_open(struct fttcp_nl **out);

/**
 * fttcp_nl_close() - close a handle
 * @nl: handle or NULL
 */
void fttcp_nl_close(struct fttcp_nl *nl);

/**
 * fttcp_nl_error() - the kernel's words about the last request
 * @nl: handle
 *
 * Return: never NULL; valid until the next request on @nl.
 */
const struct fttcp_nl_error *fttcp_nl_error(const struct fttcp_nl *nl);

/**
 * fttcp_nl_strerror() - one line about a failed request
 * @nl: handle, or NULL when there is none
 * @err: what the request returned
 * @buf: result
 * @len: size of @buf
 *
 * The kernel's text as it is, else that of @err, then the attribute.
 *
 * Return: @buf.
 */
const char *fttcp_nl_strerror(const struct fttcp_nl *nl, int err, char *buf,
			      size_t len);

/* ---------------------------------------------------------------- node -- */

/*
 * struct fttcp_node - this node, in this network namespace
 *
 * See the attribute set "node" for meaning and unit of each field. Settable:
 * id, role, epoch, mode, hold_max_ms, on_backup_loss, heartbeat_ms,
 * heartbeat_misses, lane_queue_max, memory_max, audit_interval_ms, local_peers.
 */
struct fttcp_node {
	uint64_t present;
	/* settings */
	uint32_t id;
	uint32_t role;
	uint64_t epoch;
	uint32_t mode;
	uint32_t hold_max_ms;
	uint32_t on_backup_loss;
	uint32_t heartbeat_ms;
	uint32_t heartbeat_misses;
	uint64_t lane_queue_max;
	uint64_t memory_max;
	uint32_t audit_interval_ms;
	uint32_t local_peers;
	/* state */
	uint32_t state;
	uint32_t peer_id;
	uint64_t epoch_seen;
	uint64_t events_seq;
	uint64_t memory_used;
	uint32_t lease_ms;
	uint32_t alone_ms;
	uint32_t down_reason;
	uint32_t conns;
	uint32_t replicas;
	uint32_t replicas_standby;
	uint32_t listeners;
	uint32_t policies;
	uint32_t links;
	bool ready;
	char not_ready_why[FTTCP_TEXT_LEN];
	char version[FTTCP_NAME_LEN];
};

/* lease_ms of a node that may send for ever: solo was decided. */
#define FTTCP_LEASE_UNLIMITED 0xffffffffU

/**
 * fttcp_node_get() - read the node
 * @nl: handle
 * @node: result
 *
 * Return: 0 or a negative errno.
 */
int fttcp_node_get(struct fttcp_nl *nl, struct fttcp_node *node);

/**
 * fttcp_node_set() - change what is marked present in @node, all or nothing
 * @nl: handle
 * @node: the settings
 *
 * Return: 0 or a negative errno.
 */
int fttcp_node_set(struct fttcp_nl *nl, const struct fttcp_node *node);

/* ---------------------------------------------------------------- link -- */

/*
 * struct fttcp_link - a link to one other node
 *
 * For an add: id, ifindex (the device whose carrier is watched), sockfds with
 * sockfd_count connected TCP sockets. The kernel takes its own references; the
 * caller closes its descriptors afterwards, whatever the result.
 */
struct fttcp_link {
	uint64_t present;
	uint32_t id;
	uint32_t ifindex;
	uint32_t sockfds[FTTCP_LANES_MAX];
	uint32_t sockfd_count;
	/* state */
	uint32_t state;
	uint32_t down_reason;
	int32_t error;
	uint32_t peer_id;
	uint32_t peer_role;
	uint64_t peer_epoch;
	uint32_t lanes;
	uint32_t rtt_us;
	uint32_t heartbeats_missed;
	/* counters */
	uint64_t lane_queued;
	uint64_t sent_index;
	uint64_t acked_index;
	uint64_t records_tx;
	uint64_t records_rx;
	uint64_t bytes_tx;
	uint64_t bytes_rx;
	uint64_t bytes_referenced;
	uint64_t bytes_copied;
};

typedef int (*fttcp_link_cb)(const struct fttcp_link *link, void *arg);

/**
 * fttcp_link_dump() - every link
 * @nl: handle
 * @cb: called for each
 * @arg: handed to @cb
 *
 * Return: 0, a negative errno, or what @cb returned.
 */
int fttcp_link_dump(struct fttcp_nl *nl, fttcp_link_cb cb, void *arg);

/**
 * fttcp_link_add() - hand connected sockets to the kernel
 * @nl: handle
 * @link: see struct fttcp_link
 *
 * Return: 0 or a negative errno.
 */
int fttcp_link_add(struct fttcp_nl *nl, const struct fttcp_link *link);

/**
 * fttcp_link_del() - take a link down with a goodbye and forget it
 * @nl: handle
 * @id: of the link
 *
 * Return: 0, -ENOENT, or another negative errno.
 */
int fttcp_link_del(struct fttcp_nl *nl, uint32_t id);

/**
 * fttcp_link_stop() - take a link down and forget it; the other side learns why
 * @nl: handle
 * @id: of the link
 * @reason: FTTCP_DOWN_REASON_OPERATOR, _STOPPED (in order) or _FORCED (a resend
 * is due); _NONE for the first
 *
 * Return: 0, -ENOENT, or another negative errno.
 */
int fttcp_link_stop(struct fttcp_nl *nl, uint32_t id, uint32_t reason);

/* ---------------------------------------------------------------- conn -- */

/*
 * struct fttcp_conn - a protected connection, a replica or a listener
 *
 * For attach and detach: local, remote (none: a listener), ifindex, mode; set
 * the two sides with fttcp_conn_local() and fttcp_conn_remote().
 */
struct fttcp_conn {
	uint64_t present;
	uint64_t id;
	uint16_t family;
	struct fttcp_endpoint local;
	struct fttcp_endpoint remote;
	uint32_t ifindex;
	uint32_t mode;
	bool all;
	/* state */
	uint32_t origin;
	uint32_t role;
	uint32_t state;
	uint8_t tcp_state;
	uint32_t down_reason;
	uint32_t policy_id;
	uint32_t not_carried;	/* 1 << FTTCP_SOCK_OPTION_*, or-ed */
	/* streams */
	uint32_t tx_seq;
	uint32_t rx_seq;
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	uint64_t bytes_referenced;
	uint64_t bytes_copied;
	uint64_t unacked;
	uint64_t unread;
	/* output commit */
	uint32_t held_segments;
	uint64_t held_bytes;
	uint32_t held_max_us;
};

typedef int (*fttcp_conn_cb)(const struct fttcp_conn *conn, void *arg);

/**
 * fttcp_conn_local() - name the local side
 * @conn: object
 * @ep: address and port
 */
void fttcp_conn_local(struct fttcp_conn *conn, const struct fttcp_endpoint *ep);

/**
 * fttcp_conn_remote() - name the remote side
 * @conn: object
 * @ep: address and port
 */
void fttcp_conn_remote(struct fttcp_conn *conn,
		       const struct fttcp_endpoint *ep);

/**
 * fttcp_conn_dump() - every connection
 * @nl: handle
 * @cb: called for each
 * @arg: handed to @cb
 *
 * Return: 0, a negative errno, or what @cb returned.
 */
int fttcp_conn_dump(struct fttcp_nl *nl, fttcp_conn_cb cb, void *arg);

/**
 * fttcp_conn_attach() - protect a socket that exists
 * @nl: handle
 * @conn: in: which, and optionally in which mode; out: its id
 *
 * Return: 0, -ENOENT (no such socket), -EEXIST (protected already, or another
 * ULP), or another negative errno with the reason in words.
 */
int fttcp_conn_attach(struct fttcp_nl *nl, struct fttcp_conn *conn);

/**
 * fttcp_conn_detach() - end the protection, leave the connection alone
 * @nl: handle
 * @conn: its id, or its tuple, or @all
 *
 * Return: 0, -ENOENT, or another negative errno.
 */
int fttcp_conn_detach(struct fttcp_nl *nl, const struct fttcp_conn *conn);

/* -------------------------------------------------------------- policy -- */

/*
 * struct fttcp_policy - which new connections are protected by themselves
 *
 * What is not present matches everything.
 */
struct fttcp_policy {
	uint64_t present;
	uint32_t id;
	uint16_t family;
	struct fttcp_prefix local;
	struct fttcp_prefix remote;
	uint16_t local_port;
	uint16_t remote_port;
	uint32_t ifindex;
	uint32_t mode;
	uint64_t hits;
};

typedef int (*fttcp_policy_cb)(const struct fttcp_policy *policy, void *arg);

/**
 * fttcp_policy_local() - restrict to local addresses
 * @policy: object
 * @prefix: addresses
 */
void fttcp_policy_local(struct fttcp_policy *policy,
			const struct fttcp_prefix *prefix);

/**
 * fttcp_policy_remote() - restrict to remote addresses
 * @policy: object
 * @prefix: addresses
 */
void fttcp_policy_remote(struct fttcp_policy *policy,
			 const struct fttcp_prefix *prefix);

/**
 * fttcp_policy_dump() - every policy, in the order in which they are matched
 * @nl: handle
 * @cb: called for each
 * @arg: handed to @cb
 *
 * Return: 0, a negative errno, or what @cb returned.
 */
int fttcp_policy_dump(struct fttcp_nl *nl, fttcp_policy_cb cb, void *arg);

/**
 * fttcp_policy_add() - add a policy
 * @nl: handle
 * @policy: in: the match and the mode; out: its id
 *
 * Return: 0 or a negative errno.
 */
int fttcp_policy_add(struct fttcp_nl *nl, struct fttcp_policy *policy);

/**
 * fttcp_policy_del() - remove a policy; connections it attached stay protected
 * @nl: handle
 * @id: its id, or 0 for all of them
 *
 * Return: 0, -ENOENT, or another negative errno.
 */
int fttcp_policy_del(struct fttcp_nl *nl, uint32_t id);

/* --------------------------------------------------------------- stats -- */

typedef int (*fttcp_stats_cb)(const char *name, uint64_t value, void *arg);

/**
 * fttcp_stats_get() - the counters of the namespace
 * @nl: handle
 * @cb: called for each, in the kernel's order; non-zero ends the walk
 * @arg: handed to @cb
 *
 * Return: 0, a negative errno, or what @cb returned.
 */
int fttcp_stats_get(struct fttcp_nl *nl, fttcp_stats_cb cb, void *arg);

/* ------------------------------------------------------------- promote -- */

/**
 * struct fttcp_promote - a promotion: what is asked, and what came of it
 * @present: bits of what is set
 * @epoch: ask: the new epoch, 0 for the next; answer: the one taken
 * @dry_run: ask: say what would happen, change nothing
 * @force: ask: ignore that the lease granted to the active still runs
 * @promoted: answer: connections that are live here now
 * @failed: answer: connections that could not be installed
 * @would_lose: answer: bytes that the peer may have seen and this node has not
 * @time_us: answer: how long it took
 * @why: answer: what stands against it, or ""
 */
struct fttcp_promote {
	uint64_t present;
	uint64_t epoch;
	bool dry_run;
	bool force;
	uint32_t promoted;
	uint32_t failed;
	uint64_t would_lose;
	uint32_t time_us;
	char why[FTTCP_TEXT_LEN];
};

/**
 * fttcp_promote() - make every replica a live connection and this node active
 * @nl: handle
 * @promote: in and out
 *
 * The service address is moved after this returned, never before.
 *
 * Return: 0, -EAGAIN (the lease still runs), or another negative errno.
 */
int fttcp_promote(struct fttcp_nl *nl, struct fttcp_promote *promote);

/**
 * fttcp_handover() - on the active: give everything to the backup and be silent
 * @nl: handle
 *
 * Return: 0 once the backup has everything, or a negative errno and nothing
 * happened.
 */
int fttcp_handover(struct fttcp_nl *nl);

/**
 * fttcp_solo() - on the active: go on without a backup
 * @nl: handle
 *
 * Return: 0 or a negative errno.
 */
int fttcp_solo(struct fttcp_nl *nl);

/* --------------------------------------------------------------- audit -- */

/*
 * struct fttcp_audit - an audit: whether the replicas are what they should be
 *
 * See the attribute set "audit" for meaning and unit of each field. number is 0
 * before the first one.
 */
struct fttcp_audit {
	uint64_t present;
	uint64_t number;
	uint32_t result;
	uint32_t conns;
	uint64_t bytes;
	uint32_t differing;
	uint32_t skipped;
	uint32_t stale;
	uint64_t began_ns;
	uint32_t took_ms;
	char why[FTTCP_TEXT_LEN];
};

/**
 * fttcp_audit_get() - the audit under way, or the last one
 * @nl: handle
 * @audit: result
 *
 * Return: 0 or a negative errno.
 */
int fttcp_audit_get(struct fttcp_nl *nl, struct fttcp_audit *audit);

/**
 * fttcp_audit_start() - on the active: begin an audit
 * @nl: handle
 * @audit: told its number; of one that is under way already, if there is one
 *
 * The event audit-end says that it has ended.
 *
 * Return: 0, -EPERM (not active, or no capability), -EAGAIN (no backup that has
 * everything), or another negative errno.
 */
int fttcp_audit_start(struct fttcp_nl *nl, struct fttcp_audit *audit);

/* ------------------------------------------------------------- commands -- */

#define FTTCP_COMMAND_ID_LEN	40	/* the longest id, and its end */
#define FTTCP_COMMAND_NAME_LEN	40

/*
 * struct fttcp_command - a command by the id that its caller chose
 *
 * See the attribute set "command" for meaning and unit of each field; state is
 * FTTCP_COMMAND_STATE_*, error 0 or a negative errno.
 */
struct fttcp_command {
	uint64_t present;
	char id[FTTCP_COMMAND_ID_LEN];
	char name[FTTCP_COMMAND_NAME_LEN];
	uint32_t state;
	int32_t error;
	uint32_t node;
	uint64_t epoch;
	uint64_t began_ns;
	bool forget;
};

/**
 * fttcp_command_new_id() - an id that nobody has: a random UUID
 * @id: FTTCP_COMMAND_ID_LEN bytes for it
 *
 * Source: RFC 9562, 5.4.
 *
 * Return: 0 or a negative errno.
 */
int fttcp_command_new_id(char *id);

/**
 * fttcp_command_begin() - before a command that changes something
 * @nl: handle; if it is closed before the end, the command is abandoned
 * @id: the caller's; the same again if it repeats the command, on any node
 * @name: the command in words
 *
 * Return: 0: execute it, then call fttcp_command_end(). -EALREADY: do not, it
 * was executed or begun before; fttcp_command_get() has the outcome.
 * -EINPROGRESS: it is under way. Or another negative errno.
 */
int fttcp_command_begin(struct fttcp_nl *nl, const char *id, const char *name);

/**
 * fttcp_command_end() - after it; returns when the backup knows
 * @nl: handle
 * @id: as begun
 * @err: its outcome, 0 or a negative errno
 * @forget: it did nothing, and may be repeated
 *
 * Return: 0 or a negative errno.
 */
int fttcp_command_end(struct fttcp_nl *nl, const char *id, int err,
		      bool forget);

/**
 * fttcp_command_get() - what became of a command
 * @nl: handle
 * @id: as begun, perhaps on the other node
 * @command: result
 *
 * Return: 0, -ENOENT when nothing is known of it, or another negative errno.
 */
int fttcp_command_get(struct fttcp_nl *nl, const char *id,
		      struct fttcp_command *command);

typedef int (*fttcp_command_cb)(const struct fttcp_command *command, void *arg);

/**
 * fttcp_command_dump() - all that are remembered, the oldest first
 * @nl: handle
 * @cb: called with each; not 0 ends it
 * @arg: handed to @cb
 *
 * Return: 0, what @cb returned, or a negative errno.
 */
int fttcp_command_dump(struct fttcp_nl *nl, fttcp_command_cb cb, void *arg);

/**
 * fttcp_advice() - what a program should do about a refusal
 * @err: negative errno of a request to the kernel or to fttcpd
 *
 * Return: "executed-already", "hold-commands" (try again later, here),
 * "send-elsewhere" (a table is full, or memory is short), "restart" (fttcpd does
 * not run) or "none"; the words that events have too.
 */
const char *fttcp_advice(int err);

/* -------------------------------------------------------------- events -- */

struct fttcp_events;

/*
 * struct fttcp_event - one notification
 *
 * seq counts in the namespace; id and name are those of the catalogue; object
 * and action say what changed; the rest is there as far as it applies.
 */
struct fttcp_event {
	uint64_t present;
	uint64_t seq;
	uint32_t id;
	uint32_t severity;
	uint32_t object;
	uint32_t action;
	char name[FTTCP_NAME_LEN];
	char text[FTTCP_TEXT_LEN];
	uint64_t time_ns;
	uint64_t conn_id;
	uint64_t epoch;
	uint32_t link_id;
	uint32_t reason;
	uint32_t state;
	uint32_t role;
	int32_t error;
	uint16_t family;
	struct fttcp_endpoint local;
	struct fttcp_endpoint remote;
	bool by_daemon;
};

typedef int (*fttcp_event_cb)(const struct fttcp_event *event, void *arg);

/**
 * fttcp_event_dump() - the last events, the oldest first
 * @nl: handle
 * @cb: called for each
 * @arg: handed to @cb
 *
 * Return: 0, a negative errno, or what @cb returned.
 */
int fttcp_event_dump(struct fttcp_nl *nl, fttcp_event_cb cb, void *arg);

/**
 * fttcp_event_raise() - raise an event of the daemon
 * @nl: handle
 * @event: id and text; link_id, conn_id, reason and error as far as marked
 *
 * Return: 0, -EINVAL (no event of the daemon), or another negative errno.
 */
int fttcp_event_raise(struct fttcp_nl *nl, const struct fttcp_event *event);

/* struct fttcp_event_count - how often an event was told and left out */
struct fttcp_event_count {
	uint64_t present;
	uint32_t id;
	char name[FTTCP_NAME_LEN];
	uint64_t raised;
	uint64_t suppressed;
};

typedef int (*fttcp_event_count_cb)(const struct fttcp_event_count *count,
				    void *arg);

/**
 * fttcp_event_counts() - each event that was ever told or left out
 * @nl: handle
 * @cb: called for each, in the order of their numbers
 * @arg: handed to @cb
 *
 * Return: 0, a negative errno, or what @cb returned.
 */
int fttcp_event_counts(struct fttcp_nl *nl, fttcp_event_count_cb cb, void *arg);

/**
 * fttcp_events_open() - subscribe to the events of the current namespace
 * @out: result; untouched on error
 *
 * Return: 0, -ENOTSUP (no module), or another negative errno.
 */
int fttcp_events_open(struct fttcp_events **out);

/**
 * fttcp_events_close() - end a subscription
 * @ev: subscription or NULL
 */
void fttcp_events_close(struct fttcp_events *ev);

/**
 * fttcp_events_fd() - descriptor that is readable when events wait
 * @ev: subscription
 *
 * Return: the descriptor; it stays the subscription's.
 */
int fttcp_events_fd(const struct fttcp_events *ev);

/**
 * fttcp_events_sync() - say what the reader knows already
 * @ev: subscription
 * @seq: node.events_seq, read after subscribing and before dumping
 */
void fttcp_events_sync(struct fttcp_events *ev, uint64_t seq);

/**
 * fttcp_events_read() - hand over what waits, without blocking
 * @ev: subscription
 * @cb: called for each event; non-zero ends the walk
 * @arg: handed to @cb
 *
 * Return: 0, what @cb returned, -ENOBUFS (events are lost: sync and dump
 * again), or another negative errno.
 */
int fttcp_events_read(struct fttcp_events *ev, fttcp_event_cb cb, void *arg);

#endif
