/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When old messages are thrown away: the timer of a delayed delete, in the loop of who
 * has the repository.
 */
#ifndef FTTCPD_RETAIN_H
#define FTTCPD_RETAIN_H

#include <ev.h>
#include <stdbool.h>

/**
 * struct fttcpd_retain - the timer
 * @loop:	in which it runs
 * @io:		@fd
 * @fd:		-1 as long as there is none
 * @said:	that there is none was told
 * @due:	delete what is old
 * @arg:	for @due
 */
struct fttcpd_retain {
	struct ev_loop *loop;
	ev_io io;
	int fd;
	bool said;
	void (*due)(void *arg);
	void *arg;
};

void fttcpd_retain_init(struct fttcpd_retain *r, struct ev_loop *loop,
			void (*due)(void *arg), void *arg);
void fttcpd_retain_look(struct fttcpd_retain *r);
void fttcpd_retain_exit(struct fttcpd_retain *r);

#endif /* FTTCPD_RETAIN_H */
