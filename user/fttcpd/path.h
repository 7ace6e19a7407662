/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second path: small datagrams between the two daemons beside the link, which
 * tell a lost link from a dead node. What is heard there becomes events of the role
 * table. One thread, the loop's.
 */
#ifndef FTTCPD_PATH_H
#define FTTCPD_PATH_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "addr.h"
#include "auth.h"
#include "beat.h"

struct fttcpd;
struct fttcpd_conf;
struct json_object;

/**
 * struct fttcpd_path - the second path
 * @fd:		-1 for none
 * @io:		@fd
 * @timer:	next datagram
 * @auth:	what proves who sends, without keys nothing does
 * @hearing:	what was said and heard
 * @peer:	what the other node has said last
 * @mark:	own counter when the link was lost: who names a smaller one does not
 *		speak of what came after that
 * @up:		that the other node is heard was told
 * @cut:	that the link alone is lost was told
 * @error:	errno of the last attempt to open it that was logged
 * @sent:	datagrams
 * @heard:	datagrams that counted
 * @late:	overtaken, or of who has not heard this node yet
 * @malformed:	no datagram of this version
 * @refused:	wrong key, wrong node or address, or heard before
 */
struct fttcpd_path {
	int fd;
	ev_io io;
	ev_timer timer;
	struct fttcpd_auth auth;
	struct fttcpd_hearing hearing;
	struct fttcpd_beat peer;
	uint64_t mark;
	bool up;
	bool cut;
	int error;
	uint64_t sent;
	uint64_t heard;
	uint64_t late;
	uint64_t malformed;
	uint64_t refused;
};

void fttcpd_path_init(struct fttcpd *d);
void fttcpd_path_exit(struct fttcpd *d);
void fttcpd_path_key(struct fttcpd *d);
int fttcpd_path_load(struct fttcpd *d);
void fttcpd_path_open(struct fttcpd *d);
void fttcpd_path_reload(struct fttcpd *d, const struct fttcpd_conf *before);
void fttcpd_path_mark(struct fttcpd *d);
void fttcpd_path_changed(struct fttcpd *d);
void fttcpd_path_go_alone(struct fttcpd *d);
void fttcpd_endpoint_of(const struct sockaddr_storage *ss,
			struct fttcp_endpoint *ep);
bool fttcpd_path_active(const struct fttcpd *d);
const char *fttcpd_path_trouble(const struct fttcpd *d);
struct json_object *fttcpd_path_report(const struct fttcpd *d);

#endif /* FTTCPD_PATH_H */
