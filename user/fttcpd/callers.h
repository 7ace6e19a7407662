/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections of the link whose other end has not proved yet that it has the key.
 */
#ifndef FTTCPD_CALLERS_H
#define FTTCPD_CALLERS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "auth.h"
#include "conf.h"
#include "greet.h"

struct fttcpd;

/**
 * struct fttcpd_caller - one of them
 * @d:		daemon
 * @fd:		-1 for a free place
 * @number:	in the order of their coming
 * @greet:	what is said
 * @who:	its address, for people
 * @io:		@fd
 * @limit:	until when it has to be done
 */
struct fttcpd_caller {
	struct fttcpd *d;
	int fd;
	uint64_t number;
	struct fttcpd_greet greet;
	char who[FTTCP_ADDR_STRLEN];
	ev_io io;
	ev_timer limit;
};

/**
 * struct fttcpd_callers - all of them
 * @caller:	they; of who connects one at a time
 * @number:	of the last one
 * @refused:	how many were
 * @said:	when the last one was told
 * @said_who:	who that was
 * @said_why:	and why
 */
struct fttcpd_callers {
	struct fttcpd_caller caller[FTTCP_GREET_CALLERS];
	uint64_t number;
	uint64_t refused;
	double said;
	char said_who[FTTCP_ADDR_STRLEN];
	const char *said_why;
};

const char *fttcpd_callers_trouble(const struct fttcpd *d);
int fttcpd_link_key(const struct fttcpd_conf *conf, struct fttcpd_auth *auth,
		    char err[FTTCPD_AUTH_ERROR]);
void fttcpd_callers_init(struct fttcpd *d);
void fttcpd_callers_forget(struct fttcpd *d);
void fttcpd_caller_begin(struct fttcpd *d, int fd, bool connects,
			 unsigned int lane);

#endif /* FTTCPD_CALLERS_H */
