/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection of a round: its steps, one after the other, none of which waits.
 */
#ifndef FTTCPD_PROBE_SOCKET_H
#define FTTCPD_PROBE_SOCKET_H

#include "probe_round.h"

/* How far a connection is. */
enum fttcpd_probe_step {
	FTTCPD_PROBE_CONNECTING,
	FTTCPD_PROBE_SENDING,
	FTTCPD_PROBE_READING,
	FTTCPD_PROBE_DONE,
};

/**
 * struct fttcpd_probe_socket - one connection
 * @fd:		-1 for none
 * @step:	what it waits for
 * @conf:	what to do
 * @target:	where, and what was wrong
 * @sent:	bytes of the request that are sent
 * @len:	bytes in @answer
 * @answer:	what has come
 */
struct fttcpd_probe_socket {
	int fd;
	enum fttcpd_probe_step step;
	const struct fttcpd_probe_conf *conf;
	struct fttcpd_probe_target *target;
	unsigned int sent;
	unsigned int len;
	char answer[FTTCP_PROBE_ANSWER_MAX];
};

void fttcpd_probe_socket_begin(struct fttcpd_probe_socket *s,
			       const struct fttcpd_probe_conf *conf,
			       struct fttcpd_probe_target *target);
short fttcpd_probe_socket_events(const struct fttcpd_probe_socket *s);
void fttcpd_probe_socket_ready(struct fttcpd_probe_socket *s);
void fttcpd_probe_socket_end(struct fttcpd_probe_socket *s);

#endif /* FTTCPD_PROBE_SOCKET_H */
