/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking fttcpd over its control socket, for the commands that go through it.
 */
#ifndef FTTCPCTL_DAEMON_H
#define FTTCPCTL_DAEMON_H

#include "ctl.h"
#include "fttcp-control.h"

/* Longest wait for an answer: the bounds of what it does are far below. */
#define DAEMON_TIMEOUT_MS 60000

/**
 * daemon_command() - a request
 * @cmd: its "cmd"
 *
 * Return: an object for daemon_ask(), which takes it over.
 */
struct json_object *daemon_command(const char *cmd);

/**
 * daemon_open() - connect to the daemon of this namespace
 * @ctl: context
 * @control: result
 * @instead: what to use when there is none, for the message
 *
 * Return: 0 or a negative errno, noted.
 */
int daemon_open(struct ctl *ctl, struct fttcp_control **control,
		const char *instead);

/**
 * daemon_fetch() - send a request, get the answer
 * @ctl: context
 * @control: connection
 * @request: taken over
 * @answer: result, the caller's; NULL when there is none
 * @timeout_ms: longest wait
 *
 * Return: 0 or a negative errno, noted.
 */
int daemon_fetch(struct ctl *ctl, struct fttcp_control *control,
		 struct json_object *request, struct json_object **answer,
		 int timeout_ms);

/**
 * daemon_ask() - send a request, print the answer
 * @ctl: context
 * @control: connection
 * @request: taken over
 * @word: first word of the answer
 * @timeout_ms: longest wait
 *
 * Return: 0 or a negative errno, noted.
 */
int daemon_ask(struct ctl *ctl, struct fttcp_control *control,
	       struct json_object *request, const char *word, int timeout_ms);

/**
 * daemon_print() - the members of an answer but the envelope
 * @out: output
 * @answer: of the daemon
 * @word: first word of the line
 */
void daemon_print(struct out *out, struct json_object *answer,
		  const char *word);

/**
 * daemon_refused() - note why a request was not done
 * @ctl: context
 * @err: negative errno
 * @answer: of the daemon, or NULL when there is none
 *
 * Return: @err.
 */
int daemon_refused(struct ctl *ctl, int err, struct json_object *answer);

#endif
