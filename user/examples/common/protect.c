// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the examples' dealings with fttcp's socket interface, and the listener
 * set-up that goes with it. See protect.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/fttcp_sock.h>

#include "protect.h"

int protect_listener(int fd, bool standby)
{
	int on = standby;

	if (setsockopt(fd, SOL_TCP, TCP_ULP, "fttcp", sizeof("fttcp")))
		return -errno;
	if (setsockopt(fd, SOL_FTTCP, FTTCP_STANDBY, &on, sizeof(on)))
		return -errno;
	return 0;
}

void protect_query(int fd, struct stream_pos *pos)
{
	struct fttcp_info info = {};
	socklen_t len = sizeof(info);

	memset(pos, 0, sizeof(*pos));
	if (getsockopt(fd, SOL_FTTCP, FTTCP_INFO, &info, &len))
		return;
	pos->known = true;
	pos->standby = info.flags & FTTCP_INFO_STANDBY;
	pos->resumed = info.flags & FTTCP_INFO_RESUMED;
	pos->rx = info.rx_consumed;
	pos->tx = info.tx_written;
}

static int parse_addr(const char *addr, uint16_t port,
		      struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		*len = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*len = sizeof(*in6);
		return 0;
	}
	return -EINVAL;
}

int listen_on(const char *addr, uint16_t port)
{
	struct sockaddr_storage ss;
	int fd, err, on = 1;
	socklen_t len;

	err = parse_addr(addr, port, &ss, &len);
	if (err)
		return err;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof(on));
	if (ss.ss_family == AF_INET6) {
		setsockopt(fd, SOL_IPV6, IPV6_FREEBIND, &on, sizeof(on));
		setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	if (bind(fd, (struct sockaddr *)&ss, len) || listen(fd, 128)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
}

void addr_text(const struct sockaddr_storage *ss, char *buf, size_t len,
	       uint16_t *port)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const void *a = &in->sin_addr;
	int family = ss->ss_family;

	*port = ntohs(in->sin_port);
	if (family == AF_INET6) {
		*port = ntohs(in6->sin6_port);
		a = &in6->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			family = AF_INET;
			a = &in6->sin6_addr.s6_addr[12];
		}
	}
	if (!inet_ntop(family, a, buf, len))
		buf[0] = '\0';
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}
