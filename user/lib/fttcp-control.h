/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Client of fttcpd's control socket: SOCK_SEQPACKET, one JSON object a packet
 * each way. A request is {"id": N, "cmd": "...", ...}; the answer repeats the
 * id and has "ok": true and more members, or "ok": false, "error": "text" and
 * "errno": N (positive). Links with json-c.
 */
#ifndef FTTCP_CONTROL_H
#define FTTCP_CONTROL_H

#include <json-c/json.h>

#define FTTCP_CONTROL_PATH "/run/fttcp/control.sock"

/* Longest packet either way. */
#define FTTCP_CONTROL_MAX 65536

struct fttcp_control;

/**
 * fttcp_control_open() - connect to the daemon
 * @out: result; untouched on error
 * @path: of the socket, or NULL for FTTCP_CONTROL_PATH
 *
 * Return: 0, -ENOTCONN (nobody listens there), -EXDEV (the daemon there serves
 * another network namespace), -EACCES, -ENAMETOOLONG, or another negative
 * errno.
 */
int fttcp_control_open(struct fttcp_control **out, const char *path);

/**
 * fttcp_control_close() - disconnect
 * @control: connection or NULL
 */
void fttcp_control_close(struct fttcp_control *control);

/**
 * fttcp_control_request() - one request, one answer
 * @control: connection
 * @request: JSON object with "cmd"; gets its "id" here
 * @answer: result, also when the daemon refused: the caller puts it; NULL when
 *	there is none
 * @timeout_ms: longest wait for the answer, -1 for ever
 *
 * Return: 0, -ETIMEDOUT, -ECONNRESET (the daemon went away), -EBADMSG (no JSON
 * or no answer to this), or, refused, the negative of the daemon's errno,
 * -EREMOTEIO when it gave none.
 */
int fttcp_control_request(struct fttcp_control *control,
			  struct json_object *request,
			  struct json_object **answer, int timeout_ms);

#endif
