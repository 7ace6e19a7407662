/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of fttcpctl share: the context of one invocation, the table of
 * nouns, and how a command fails. Commands return 0 or a negative errno after
 * one of the ctl_fail_*() functions has noted text and exit status; main() is
 * the only place that prints an error.
 */
#ifndef FTTCPCTL_CTL_H
#define FTTCPCTL_CTL_H

#include <stdbool.h>
#include <stdio.h>

#include "fttcp-nl.h"
#include "out.h"

/* Exit status; documented in fttcpctl(8). */
enum ctl_exit {
	CTL_OK = 0,
	CTL_USAGE = 1,
	CTL_REFUSED = 2,	/* by the kernel or the daemon */
	CTL_NOT_FOUND = 3,
	CTL_NOT_READY = 4,
	CTL_TIMEOUT = 5,
	CTL_NO_PERMISSION = 6,
	CTL_NOT_THERE = 7,	/* no module, no daemon */
	CTL_DIFFERS = 8,	/* an audit has found something */
};

struct args;

/**
 * struct ctl - one invocation
 * @out: where results go
 * @nl: netlink handle, opened by ctl_nl()
 * @control_path: -s, or NULL
 * @times: -t: show the time of events
 * @noun: under which the command stands, for usage
 * @command_id: -i, or NULL
 * @forget: the command changes nothing in this form, a dry run
 * @exit: status of the failure noted
 * @error: its text
 */
struct ctl {
	struct out out;
	struct fttcp_nl *nl;
	const char *control_path;
	bool times;
	const char *command_id;
	bool forget;
	const struct noun *noun;
	enum ctl_exit exit;
	char error[2 * FTTCP_TEXT_LEN];
};

/* A command; it notes why it fails. */
typedef int (*ctl_run)(struct ctl *ctl, struct args *args);

/**
 * struct verb - second word of a command
 * @name: the word; the first of a table is what a noun alone means
 * @run: the command
 * @changes: something; so it is executed only once for each id
 */
struct verb {
	const char *name;
	ctl_run run;
	bool changes;
};

/**
 * struct noun - first word of a command
 * @name: the word
 * @usage: its grammar in BNF, a line each
 * @verbs: second words, ends with one without a name; or NULL
 * @run: the command, for a noun without verbs
 * @changes: it changes something, as in a verb
 */
struct noun {
	const char *name;
	const char *usage;
	const struct verb *verbs;
	ctl_run run;
	bool changes;
};

extern const struct noun noun_node;
extern const struct noun noun_link;
extern const struct noun noun_conn;
extern const struct noun noun_policy;
extern const struct noun noun_stats;
extern const struct noun noun_promote;
extern const struct noun noun_demote;
extern const struct noun noun_switchover;
extern const struct noun noun_handover;
extern const struct noun noun_solo;
extern const struct noun noun_daemon;
extern const struct noun noun_probe;
extern const struct noun noun_config;
extern const struct noun noun_reload;
extern const struct noun noun_ready;
extern const struct noun noun_audit;
extern const struct noun noun_monitor;
extern const struct noun noun_events;
extern const struct noun noun_explain;
extern const struct noun noun_msg;
extern const struct noun noun_client;
extern const struct noun noun_command;

/**
 * ctl_nl() - open the netlink handle if it is not open
 * @ctl: context
 *
 * Return: 0 or a negative errno, noted.
 */
int ctl_nl(struct ctl *ctl);

/**
 * command_once() - run a command that changes something, once for its id
 * @ctl: context
 * @args: its words
 * @verb: second word, or NULL
 * @run: the command
 *
 * If it was executed before, here or on the node that was active then, its first
 * outcome is shown and is the result.
 *
 * Return: 0 or a negative errno, noted.
 */
int command_once(struct ctl *ctl, struct args *args, const char *verb,
		 ctl_run run);

/**
 * ctl_warn_nl() - show what the kernel remarked of the last request
 * @ctl: context; the request had no error
 */
void ctl_warn_nl(struct ctl *ctl);

/**
 * ctl_fail() - note a failure
 * @ctl: context
 * @status: exit status
 * @err: negative errno
 * @fmt: text, without a newline
 *
 * Return: @err.
 */
int ctl_fail(struct ctl *ctl, enum ctl_exit status, int err, const char *fmt,
	     ...) __attribute__((format(printf, 4, 5)));

/**
 * ctl_fail_usage() - note a mistake in the arguments
 * @ctl: context
 * @fmt: text, without a newline
 *
 * Return: -EINVAL.
 */
int ctl_fail_usage(struct ctl *ctl, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ctl_fail_nl() - note what the kernel said to the last request
 * @ctl: context
 * @err: what the request returned; 0 is no failure
 *
 * Return: @err.
 */
int ctl_fail_nl(struct ctl *ctl, int err);

/**
 * ctl_fail_daemon() - note what fttcpd answered instead of doing it
 * @ctl: context
 * @err: negative errno
 * @text: its sentence
 *
 * Return: @err.
 */
int ctl_fail_daemon(struct ctl *ctl, int err, const char *text);

/**
 * ctl_fail_open() - note that the family could not be opened
 * @ctl: context
 * @err: what fttcp_nl_open() or fttcp_events_open() returned; 0 is no failure
 *
 * Return: @err.
 */
int ctl_fail_open(struct ctl *ctl, int err);

/**
 * ctl_exit_of() - exit status of an errno from the kernel or the daemon
 * @err: negative errno
 *
 * Return: CTL_REFUSED unless there is a more exact one.
 */
enum ctl_exit ctl_exit_of(int err);

/**
 * events_deadline() - when a time that begins now will be over
 * @ms: how long; UINT32_MAX is for ever
 *
 * Return: the end, for events_late() and events_wait().
 */
int64_t events_deadline(uint32_t ms);

/**
 * events_late() - whether a time is over
 * @deadline: its end
 *
 * Return: true if so.
 */
bool events_late(int64_t deadline);

/**
 * events_wait() - until an event came or the time is over
 * @events: subscription; what the events say is thrown away
 * @deadline: from events_deadline()
 *
 * Return: 0 or a negative errno; lost events are events too.
 */
int events_wait(struct fttcp_events *events, int64_t deadline);

/* The fields of an object, in an output object that is open already. */
void node_print(struct out *out, const struct fttcp_node *node,
		const struct fttcp_audit *audit);
void audit_print(struct out *out, const struct fttcp_audit *audit);
void link_print(struct out *out, const struct fttcp_link *link);
void conn_print(struct out *out, const struct fttcp_conn *conn, bool detail);
void policy_print(struct out *out, const struct fttcp_policy *policy);

/* A whole event; @times: with its time, also in text. */
void event_print(struct out *out, const struct fttcp_event *event, bool times);

/* An entry of the catalogue: a text of several lines, or an object. */
struct fttcp_catalogue_event;
void explain_print(struct out *out, const struct fttcp_catalogue_event *e);

#endif
