/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Socket set-up shared by the helpers: addresses from text, the options that
 * the tests vary, and attaching the ULP. Each call answers with a negative
 * errno; the caller prints.
 */
#ifndef FT_SOCK_H
#define FT_SOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ftabi.h"

/**
 * struct sock_opts - what a test asks of each socket
 * @md5_key: TCP-MD5 key, NULL for none
 * @md5_peer: the address the key is for
 * @dev: SO_BINDTODEVICE, NULL for none
 * @lowat: SO_RCVLOWAT, 0 for the default
 * @rcvbuf: SO_RCVBUF, 0 for the default
 * @sndbuf: SO_SNDBUF, 0 for the default
 * @mss: TCP_MAXSEG, 0 for the default
 * @window_clamp: TCP_WINDOW_CLAMP, 0 for none
 * @ttl: IP_TTL or IPV6_UNICAST_HOPS, 0 for the default
 * @tos: IP_TOS or IPV6_TCLASS, 0 for the default
 * @mark: SO_MARK, 0 for none
 * @keepalive: seconds of TCP_KEEPIDLE and TCP_KEEPINTVL, 0 for off
 * @user_timeout: TCP_USER_TIMEOUT in ms, 0 for the default
 * @connect_ms: how long sock_connect() waits, 0 for as long as TCP
 * @backlog: of a listener, 0 for enough
 * @claim_port: the peer's port that FTTCP_CLAIM asks for, 0 for any
 * @nodelay: TCP_NODELAY
 * @v6only: refuse v4-mapped clients (listeners)
 * @oobinline: SO_OOBINLINE
 * @ulp: attach the fttcp ULP
 * @standby: FTTCP_STANDBY (listeners)
 * @claim: FTTCP_CLAIM (listeners)
 * @tfo: TCP_FASTOPEN (listeners)
 */
struct sock_opts {
	const char *md5_key;
	const char *md5_peer;
	const char *dev;
	int lowat;
	int rcvbuf;
	int sndbuf;
	int mss;
	int window_clamp;
	int ttl;
	int tos;
	int mark;
	int keepalive;
	int user_timeout;
	int connect_ms;
	int backlog;
	int claim_port;
	bool nodelay;
	bool v6only;
	bool oobinline;
	bool ulp;
	bool standby;
	bool claim;
	bool tfo;
};

int sock_addr(const char *host, int port, struct sockaddr_storage *ss);
int sock_port(const struct sockaddr_storage *ss);
void sock_text(const struct sockaddr_storage *ss, char *buf, size_t len);
int sock_apply(int fd, int family, const struct sock_opts *o);
int sock_attach(int fd);
int sock_listen(const struct sockaddr_storage *at, const struct sock_opts *o,
		int backlog);
int sock_connect(const struct sockaddr_storage *to,
		 const struct sockaddr_storage *from,
		 const struct sock_opts *o);
int sock_ports(int fd, int *local, int *remote);
const char *errno_name(int err);
int64_t now_ms(void);

#endif /* FT_SOCK_H */
