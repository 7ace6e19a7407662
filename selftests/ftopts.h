/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command line of ftstream.
 */
#ifndef FT_OPTS_H
#define FT_OPTS_H

#include "ftconn.h"
#include "ftsock.h"

/**
 * struct options - what the command line said
 * @listen: server, else client
 * @addr: where to listen or to connect to
 * @bind_addr: own address of a client, NULL for any
 * @bind_port: own port of a client's first connection; the others follow it
 * @conns: number of connections
 * @dir: 'c' or 's', the stream this end sends
 * @seed: added to the sum of the ports, which is the seed of a connection
 * @blocking: threads and blocking sockets instead of poll()
 * @info: print FTTCP_INFO of each accepted connection
 * @verbose: a line for each connection at the end
 * @timeout: seconds for everything
 * @ready: file to create when listening, or when all are connected
 * @progress: file that shows connections, bytes received, bytes sent
 * @plan: what the connections do
 * @sock: socket options
 */
struct options {
	bool listen;
	struct sockaddr_storage addr;
	const char *bind_addr;
	int bind_port;
	unsigned int conns;
	char dir;
	uint64_t seed;
	bool blocking;
	bool info;
	bool verbose;
	int timeout;
	const char *ready;
	const char *progress;
	struct conn_plan plan;
	struct sock_opts sock;
};

int options_parse(struct options *o, int argc, char **argv);
void print_info(int fd);

#endif /* FT_OPTS_H */
