// SPDX-License-Identifier: GPL-2.0-only
/*
 * See fttrio.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fttrio.h"

/* the service of bed.sh */
#define PORT		5000
#define VIP4		"10.0.0.100"
#define VIP6		"2001:db8::100"

static const char *helper_name;
static int netns[NS_NR];
static int listeners[NS_NR][2];

/**
 * fail() - end the helper; errno says why
 * @what: what has failed
 */
void fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", helper_name, what, strerror(errno));
	exit(1);
}

/**
 * trio_init() - the namespaces
 * @helper: name for messages
 * @names: of the peer's, act's and bak's
 */
void trio_init(const char *helper, char **names)
{
	char path[200];
	int i;

	helper_name = helper;
	for (i = 0; i < NS_NR; i++) {
		snprintf(path, sizeof(path), "/run/netns/%s", names[i]);
		netns[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (netns[i] < 0)
			fail(path);
	}
}

/**
 * trio_enter() - be in a namespace; sockets are made there
 * @ns: which
 */
void trio_enter(enum trio_ns ns)
{
	if (setns(netns[ns], CLONE_NEWNET))
		fail("setns");
}

/**
 * trio_listen() - listen on the service's addresses, with the ULP
 * @ns: where; this namespace is left entered
 * @o: further options
 * @backlog: of each listener
 */
void trio_listen(enum trio_ns ns, const struct sock_opts *o, int backlog)
{
	static const char *const addrs[] = { VIP4, VIP6 };
	struct sock_opts with = *o;
	struct sockaddr_storage ss;
	int i;

	with.ulp = true;
	trio_enter(ns);
	for (i = 0; i < 2; i++) {
		sock_addr(addrs[i], PORT, &ss);
		listeners[ns][i] = sock_listen(&ss, &with, backlog);
		if (listeners[ns][i] < 0) {
			errno = -listeners[ns][i];
			fail("listen");
		}
	}
}

/**
 * trio_listener() - a listener's descriptor
 * @ns: act or bak
 * @family: AF_INET or AF_INET6
 *
 * Return: the descriptor.
 */
int trio_listener(enum trio_ns ns, int family)
{
	return listeners[ns][family == AF_INET6];
}

/**
 * trio_open() - a connection from the namespace that is entered to act
 * @family: AF_INET or AF_INET6
 * @o: options of the connecting socket
 * @fds: result: the peer's socket and act's, both non-blocking
 *
 * Return: the peer's port.
 */
int trio_open(int family, const struct sock_opts *o, int fds[2])
{
	bool v6 = family == AF_INET6;
	struct sockaddr_storage ss;
	int port, remote;

	sock_addr(v6 ? VIP6 : VIP4, PORT, &ss);
	fds[0] = sock_connect(&ss, NULL, o);
	if (fds[0] < 0) {
		errno = -fds[0];
		fail("connect");
	}
	if (sock_ports(fds[0], &port, &remote))
		fail("ports");
	do {
		fds[1] = accept4(listeners[ACT][v6], NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
		usleep(fds[1] < 0 ? 200 : 0);
	} while (fds[1] < 0 && errno == EAGAIN);
	if (fds[1] < 0)
		fail("accept");
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK))
		fail("O_NONBLOCK");
	return port;
}

/**
 * trio_moved() - accept a connection that came to bak
 * @family: AF_INET or AF_INET6
 * @port: result: of the peer. With the address, for getpeername() knows none of
 *	a connection that has ended
 *
 * Return: the socket, non-blocking, or -1 when none is there.
 */
int trio_moved(int family, int *port)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd;

	fd = accept4(trio_listener(BAK, family), (struct sockaddr *)&from, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		*port = sock_port(&from);
	return fd;
}

/**
 * end_setup() - a connection's end at its beginning
 * @e: the end
 * @fd: its socket
 * @port: of the peer, from which the streams are made
 * @peer: it is the peer's
 */
void end_setup(struct end *e, int fd, int port, bool peer)
{
	*e = (struct end){
		.fd = fd,
		.out = { port, peer ? 'c' : 's' },
		.in = { port, peer ? 's' : 'c' },
	};
}

/**
 * end_put() - write the stream's next bytes
 * @e: the end; its errors are kept in it
 * @len: at most so many, and no more than the socket takes
 * @flags: of send()
 *
 * Return: how many were written.
 */
size_t end_put(struct end *e, size_t len, int flags)
{
	static unsigned char buf[65536];
	size_t n = len < sizeof(buf) ? len : sizeof(buf);
	ssize_t done;

	if (!n || e->err || e->shut)
		return 0;
	pattern_fill(&e->out, e->tx, buf, n);
	done = send(e->fd, buf, n, flags | MSG_NOSIGNAL);
	if (done < 0) {
		if (errno != EAGAIN)
			e->err = errno;
		return 0;
	}
	e->tx += done;
	return done;
}

/**
 * end_get() - read, and compare with what has to come
 * @e: the end; its errors are kept in it
 * @most: at most so many bytes
 *
 * Return: whether anything came, the stream's end included.
 */
bool end_get(struct end *e, size_t most)
{
	static unsigned char buf[65536];
	size_t want = most < sizeof(buf) ? most : sizeof(buf);
	ssize_t n;

	if (e->eof || e->err || !want)
		return false;
	n = recv(e->fd, buf, want, 0);
	if (n < 0) {
		if (errno != EAGAIN)
			e->err = errno;
		return false;
	}
	if (!n)
		e->eof = true;
	else if (pattern_check(&e->in, e->rx, buf, n) != (size_t)n)
		e->wrong = true;
	e->rx += n;
	return true;
}

/**
 * end_shut() - send no more, once
 * @e: the end
 */
void end_shut(struct end *e)
{
	if (!e->shut && !e->err && shutdown(e->fd, SHUT_WR))
		e->err = errno;
	e->shut = true;
}

/**
 * end_queued() - bytes in a queue of the socket
 * @e: the end
 * @which: SIOCINQ, not read, or SIOCOUTQ, not acknowledged
 *
 * Return: how many.
 */
size_t end_queued(const struct end *e, int which)
{
	int n = 0;

	if (ioctl(e->fd, which, &n))
		fail("ioctl");
	return n;
}
