/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For a program that is a client of fttcpd: it replicates its own state as
 * messages to its twin, the same program on the other node. One handle is one
 * registration; no threads, no hidden waiting: fttcp_client_fd() goes into the
 * program's own poll(). Documentation/clients.rst has the protocol and an
 * example.
 */
#ifndef FTTCP_CLIENT_H
#define FTTCP_CLIENT_H

#include "fttcp-packet.h"

#define FTTCP_CLIENT_PATH "/run/fttcp/clients.sock"

struct fttcp_client;

/**
 * struct fttcp_client_who - who registers
 * @name: the same on both nodes
 * @task: number of the task, for messages to people
 * @encoding: what the client reads, enum fttcp_encoding
 * @path: of the socket, NULL for FTTCP_CLIENT_PATH
 */
struct fttcp_client_who {
	const char *name;
	uint32_t task;
	uint32_t encoding;
	const char *path;
};

/**
 * fttcp_client_open() - register
 * @out: result; untouched on error
 * @who: name and task
 * @error: room for FTTCP_PACKET_TEXT bytes: what fttcpd said
 *
 * Return: 0, -ENOTCONN (nobody listens), -EACCES, or what fttcpd said.
 */
int fttcp_client_open(struct fttcp_client **out,
		      const struct fttcp_client_who *who, char *error);

/**
 * fttcp_client_reopen() - the connection broke: go on where it stood
 * @client: handle
 * @error: room for FTTCP_PACKET_TEXT bytes: what fttcpd said
 *
 * Nothing was lost and nothing is doubled: after it, fttcp_client_next() says
 * which message fttcpd expects. When fttcpd does not know the client any more,
 * the incarnation is a new one, and the state has to be sent from the beginning.
 *
 * Return: as fttcp_client_open().
 */
int fttcp_client_reopen(struct fttcp_client *client, char *error);

/**
 * fttcp_client_close() - leave
 * @client: handle or NULL
 */
void fttcp_client_close(struct fttcp_client *client);

/**
 * fttcp_client_fd() - for poll()
 * @client: handle
 *
 * Return: descriptor, -1 while the connection is broken.
 */
int fttcp_client_fd(const struct fttcp_client *client);

/**
 * fttcp_client_next() - the number of the next message
 * @client: handle
 * @inc: incarnation of the stream, or NULL
 *
 * Return: it.
 */
uint64_t fttcp_client_next(const struct fttcp_client *client, uint64_t *inc);

/**
 * fttcp_client_send() - a message to the twin
 * @client: handle
 * @kind: the program's own
 * @encoding: enum fttcp_encoding
 * @body: bytes
 * @size: how many
 *
 * It is safe when FTTCP_P_KEPT with its number or a larger one came back: state
 * 1, on this node; state 9, on both.
 *
 * Return: 0, -EAGAIN (fttcpd has no time; poll for writing), -EMSGSIZE,
 * -ECONNRESET.
 */
int fttcp_client_send(struct fttcp_client *client, uint32_t kind,
		      uint32_t encoding, const void *body, size_t size);

/**
 * fttcp_client_complete() - all of the state was sent
 * @client: handle
 *
 * Return: as fttcp_client_send().
 */
int fttcp_client_complete(struct fttcp_client *client);

/**
 * fttcp_client_done() - all messages up to this one were worked off
 * @client: handle
 * @id: of the FTTCP_P_DELIVER packet
 *
 * Return: as fttcp_client_send().
 */
int fttcp_client_done(struct fttcp_client *client, uint64_t id);

/**
 * fttcp_client_read() - what fttcpd has said
 * @client: handle
 * @p: filled; its body is valid until the next call
 *
 * FTTCP_P_REPLICATE and FTTCP_P_REFUSED of a message have changed
 * fttcp_client_next() already.
 *
 * Return: 0, -EAGAIN when there is nothing, -ECONNRESET when the connection is
 * broken, -EBADMSG.
 */
int fttcp_client_read(struct fttcp_client *client, struct fttcp_packet *p);

#endif
