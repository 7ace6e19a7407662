// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening the TCP connections of a link. See dial.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"

/* How long to wait before the next attempt after a refusal. */
#define DIAL_RETRY_MS 100

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Return: 0 when fd has the events (or, without fd, at the end), or -errno. */
static int dial_wait(int fd, short events, int64_t until)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t left;
	int ret;

	do {
		left = until - now_ms();
		if (left < 0)
			left = 0;
		if (left > INT_MAX)
			left = INT_MAX;
		ret = poll(&pfd, fd < 0 ? 0 : 1, left);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	return ret || fd < 0 ? 0 : -ETIMEDOUT;
}

/*
 * The lanes do their own batching and heartbeats, and the kernel drives the
 * socket whatever O_NONBLOCK says.
 */
static int lane_setup(int fd)
{
	int on = 1, off = 0;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof(off)) ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int tcp_socket(uint16_t family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

static int tcp_bind(int fd, const struct fttcp_endpoint *ep)
{
	struct sockaddr_storage ss;
	socklen_t len = fttcp_endpoint_sockaddr(ep, &ss);
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&ss, len))
		return -errno;
	return 0;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void dial_close(const uint32_t *fds, uint32_t count)
{
	while (count--)
		close(fds[count]);
}

/* ------------------------------------------------------------- connecting */

static int connect_finish(int fd, int64_t deadline)
{
	socklen_t len = sizeof(int);
	int err;

	err = dial_wait(fd, POLLOUT, deadline);
	if (err)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

static int connect_once(const struct dial *dial, int64_t deadline)
{
	struct sockaddr_storage ss;
	socklen_t len = fttcp_endpoint_sockaddr(&dial->peer, &ss);
	int fd = tcp_socket(dial->peer.family), err = 0;

	if (fd < 0)
		return fd;
	if (dial->bind.family)
		err = tcp_bind(fd, &dial->bind);
	if (!err && connect(fd, (struct sockaddr *)&ss, len))
		err = errno == EINPROGRESS ? connect_finish(fd, deadline) :
					     -errno;
	if (!err)
		err = lane_setup(fd);
	if (!err)
		return fd;
	close_if_open(fd);
	return err;
}

bool dial_absent(int err)
{
	return err == -ECONNREFUSED || err == -ECONNRESET ||
	       err == -EHOSTUNREACH || err == -ENETUNREACH;
}

static int connect_lane(const struct dial *dial, int64_t deadline)
{
	int64_t next;
	int fd;

	for (;;) {
		fd = connect_once(dial, deadline);
		if (fd >= 0 || !dial_absent(fd))
			return fd;
		next = now_ms() + DIAL_RETRY_MS;
		if (next >= deadline)
			return fd;
		dial_wait(-1, 0, next);
	}
}

/* -------------------------------------------------------------- listening */

static int listen_open(const struct dial *dial)
{
	int fd = tcp_socket(dial->local.family), err;

	if (fd < 0)
		return fd;
	err = tcp_bind(fd, &dial->local);
	if (!err && listen(fd, dial->lanes))
		err = -errno;
	if (!err)
		return fd;
	close_if_open(fd);
	return err;
}

static bool same_host(const struct sockaddr_storage *a,
		      const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr));
}

/* The first lane says who the peer is; others from elsewhere are closed. */
static int accept_lane(int listener, struct sockaddr_storage *peer,
		       int64_t deadline)
{
	struct sockaddr_storage from;
	socklen_t len;
	int fd, err;

	for (;;) {
		err = dial_wait(listener, POLLIN, deadline);
		if (err)
			return err;
		len = sizeof(from);
		fd = accept4(listener, (struct sockaddr *)&from, &len,
			     SOCK_CLOEXEC);
		if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED ||
			       errno == EINTR))
			continue;
		if (fd < 0)
			return -errno;
		if (!peer->ss_family)
			*peer = from;
		if (same_host(peer, &from))
			break;
		close(fd);
	}
	err = lane_setup(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int dial_open(const struct dial *dial, uint32_t *fds)
{
	int64_t deadline = now_ms() + dial->timeout_ms;
	struct sockaddr_storage peer = { 0 };
	int listener = -1, fd = 0;
	uint32_t i;

	if (dial->local.family) {
		listener = listen_open(dial);
		if (listener < 0)
			return listener;
	}
	for (i = 0; i < dial->lanes; i++) {
		fd = listener < 0 ? connect_lane(dial, deadline) :
				    accept_lane(listener, &peer, deadline);
		if (fd < 0)
			break;
		fds[i] = fd;
	}
	close_if_open(listener);
	if (fd >= 0)
		return 0;
	dial_close(fds, i);
	return fd;
}
