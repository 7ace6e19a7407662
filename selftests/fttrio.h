/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For helpers that have both ends of every connection in one process: the three
 * namespaces of bed.sh, connections between the peer and act that bak takes
 * over, and what the program at each end has sent and read. What can not go
 * wrong in a test ends the helper with a message.
 */
#ifndef FT_TRIO_H
#define FT_TRIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "ftsock.h"
#include "pattern.h"

enum trio_ns { PEER, ACT, BAK, NS_NR };

/**
 * struct end - one end of a connection, and what its program has done
 * @fd: socket, non-blocking, or -1
 * @out: stream that it sends
 * @in: stream that it reads
 * @tx: bytes written
 * @rx: bytes read
 * @shut: it has said that it sends no more
 * @eof: it has read the end of the other stream
 * @wrong: it read a wrong byte
 * @err: errno that ended it
 */
struct end {
	int fd;
	struct pattern out;
	struct pattern in;
	size_t tx;
	size_t rx;
	bool shut;
	bool eof;
	bool wrong;
	int err;
};

void fail(const char *what) __attribute__((noreturn));

void trio_init(const char *helper, char **names);
void trio_enter(enum trio_ns ns);
void trio_listen(enum trio_ns ns, const struct sock_opts *o, int backlog);
int trio_listener(enum trio_ns ns, int family);
int trio_open(int family, const struct sock_opts *o, int fds[2]);
int trio_moved(int family, int *port);

void end_setup(struct end *e, int fd, int port, bool peer);
size_t end_put(struct end *e, size_t len, int flags);
bool end_get(struct end *e, size_t most);
void end_shut(struct end *e);
size_t end_queued(const struct end *e, int which);

#endif /* FT_TRIO_H */
