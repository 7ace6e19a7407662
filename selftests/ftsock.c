// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets for the helpers: addresses from text, options, ULP, listen and
 * connect. What is sent on them is the callers' business.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ftsock.h"

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/**
 * errno_name() - the symbolic name of an error number, for stable output
 * @err: positive errno
 *
 * Return: a string such as "EPERM".
 */
const char *errno_name(int err)
{
	const char *name = err ? strerrorname_np(err) : "0";

	return name ? name : "E?";
}

/**
 * sock_addr() - address from text
 * @host: IPv4 or IPv6 literal, the latter perhaps with %DEVICE
 * @port: host byte order
 * @ss: result
 *
 * Return: 0, or -EINVAL when @host is no literal.
 */
int sock_addr(const char *host, int port, struct sockaddr_storage *ss)
{
	char literal[INET6_ADDRSTRLEN + IF_NAMESIZE], *scope;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	snprintf(literal, sizeof(literal), "%s", host);
	scope = strchr(literal, '%');
	if (scope) {
		*scope++ = 0;
		in6->sin6_scope_id = if_nametoindex(scope);
	}
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return 0;
	}
	if (inet_pton(AF_INET6, literal, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return 0;
	}
	return -EINVAL;
}

int sock_port(const struct sockaddr_storage *ss)
{
	/* The port is at the same place in both families. */
	return ntohs(((const struct sockaddr_in *)ss)->sin_port);
}

void sock_text(const struct sockaddr_storage *ss, char *buf, size_t len)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	char host[INET6_ADDRSTRLEN] = "?";

	if (ss->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(buf, len, "[%s]:%d", host, sock_port(ss));
	} else {
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(buf, len, "%s:%d", host, sock_port(ss));
	}
}

static int set_int(int fd, int level, int name, int val)
{
	return setsockopt(fd, level, name, &val, sizeof(val)) ? -errno : 0;
}

static int set_unless_zero(int fd, int level, int name, int val)
{
	return val ? set_int(fd, level, name, val) : 0;
}

static int set_md5(int fd, int family, const struct sock_opts *o)
{
	struct tcp_md5sig md5 = { 0 };
	struct sockaddr_storage ss;
	int err;

	err = sock_addr(o->md5_peer, 0, &ss);
	if (err)
		return err;
	if (ss.ss_family != family)
		return -EAFNOSUPPORT;
	memcpy(&md5.tcpm_addr, &ss, sizeof(ss));
	md5.tcpm_keylen = strlen(o->md5_key);
	if (md5.tcpm_keylen > sizeof(md5.tcpm_key))
		return -EINVAL;
	memcpy(md5.tcpm_key, o->md5_key, md5.tcpm_keylen);
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &md5, sizeof(md5)) ?
	       -errno : 0;
}

static int set_keepalive(int fd, int secs)
{
	int err;

	if (!secs)
		return 0;
	err = set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (!err)
		err = set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, secs);
	if (!err)
		err = set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, secs);
	return err;
}

static int set_ip(int fd, int family, const struct sock_opts *o)
{
	bool v6 = family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int err;

	err = set_unless_zero(fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL,
			      o->ttl);
	if (!err)
		err = set_unless_zero(fd, level, v6 ? IPV6_TCLASS : IP_TOS,
				      o->tos);
	if (!err && v6)
		err = set_int(fd, level, IPV6_V6ONLY, o->v6only);
	return err;
}

/**
 * sock_apply() - set everything but the ULP, before bind and connect
 * @fd: the socket
 * @family: AF_INET or AF_INET6
 * @o: what to set
 *
 * Return: 0 or the first negative errno.
 */
int sock_apply(int fd, int family, const struct sock_opts *o)
{
	int err = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_RCVLOWAT, o->lowat);
	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_RCVBUF, o->rcvbuf);
	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_SNDBUF, o->sndbuf);
	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_MARK, o->mark);
	if (!err)
		err = set_unless_zero(fd, IPPROTO_TCP, TCP_MAXSEG, o->mss);
	if (!err)
		err = set_unless_zero(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP,
				      o->window_clamp);
	if (!err)
		err = set_unless_zero(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
				      o->user_timeout);
	if (!err)
		err = set_unless_zero(fd, IPPROTO_TCP, TCP_NODELAY,
				      o->nodelay);
	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_OOBINLINE,
				      o->oobinline);
	if (!err)
		err = set_ip(fd, family, o);
	if (!err)
		err = set_keepalive(fd, o->keepalive);
	if (!err && o->dev &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->dev,
		       strlen(o->dev) + 1))
		err = -errno;
	if (!err && o->md5_key)
		err = set_md5(fd, family, o);
	return err;
}

int sock_attach(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "fttcp", 5) ? -errno : 0;
}

static int listener_ulp(int fd, const struct sock_opts *o)
{
	struct fttcp_claim claim = { .remote_port = htons(o->claim_port) };
	int err = 0;

	if (o->ulp)
		err = sock_attach(fd);
	if (!err && o->standby)
		err = set_int(fd, SOL_FTTCP, FTTCP_STANDBY, 1);
	if (!err && o->claim &&
	    setsockopt(fd, SOL_FTTCP, FTTCP_CLAIM, &claim, sizeof(claim)))
		err = -errno;
	return err;
}

/**
 * sock_listen() - a listener as the options say
 * @at: address and port; need not be local yet
 * @o: options
 * @backlog: accept queue length
 *
 * Return: the descriptor, non-blocking, or a negative errno.
 */
int sock_listen(const struct sockaddr_storage *at, const struct sock_opts *o,
		int backlog)
{
	int err, fd;

	fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	err = sock_apply(fd, at->ss_family, o);
	if (!err)
		err = set_int(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (!err && o->tfo)
		err = set_int(fd, IPPROTO_TCP, TCP_FASTOPEN, 16);
	if (!err && bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		err = -errno;
	if (!err && listen(fd, o->backlog ? o->backlog : backlog))
		err = -errno;
	if (!err)
		err = listener_ulp(fd, o);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/**
 * sock_connect() - connect as the options say, waiting for the handshake
 * @to: the server
 * @from: own address and port, or NULL
 * @o: options; the ULP is attached once connected
 *
 * Return: the descriptor, blocking, or a negative errno.
 */
int sock_connect(const struct sockaddr_storage *to,
		 const struct sockaddr_storage *from,
		 const struct sock_opts *o)
{
	struct timeval limit = {
		.tv_sec = o->connect_ms / 1000,
		.tv_usec = o->connect_ms % 1000 * 1000,
	};
	int err, fd;

	fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	err = sock_apply(fd, to->ss_family, o);
	if (!err && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
			       sizeof(limit)))
		err = -errno;
	if (!err && from && bind(fd, (const struct sockaddr *)from,
				 sizeof(*from)))
		err = -errno;
	if (!err && connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		err = -errno;
	if (!err && o->ulp)
		err = sock_attach(fd);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/**
 * sock_ports() - both ports of a connection
 * @fd: connected socket
 * @local: result, host byte order
 * @remote: result, host byte order
 *
 * Return: 0 or a negative errno.
 */
int sock_ports(int fd, int *local, int *remote)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	*local = sock_port(&ss);
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	*remote = sock_port(&ss);
	return 0;
}
