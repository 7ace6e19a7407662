// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the sockets that talk to fttcpd in its test. A descriptor that could
 * not be had is -1; whoever uses it fails.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer.h"

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	in.sin_port = htons(port);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return in;
}

/* A port that nobody listens on, 0 for none. */
uint16_t peer_free_port(void)
{
	struct sockaddr_in in = loopback(0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(in);

	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) ||
	    getsockname(fd, (struct sockaddr *)&in, &len))
		in.sin_port = 0;
	close(fd);
	return ntohs(in.sin_port);
}

/* The other node calls. */
int peer_connect(uint16_t port)
{
	struct sockaddr_in in = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!connect(fd, (struct sockaddr *)&in, sizeof(in)))
		return fd;
	close(fd);
	return -1;
}

/* The other node may be called. */
int peer_listen(uint16_t port)
{
	struct sockaddr_in in = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&in, sizeof(in)) && !listen(fd, 4))
		return fd;
	close(fd);
	return -1;
}

/* An operator connects and asks. */
int peer_ask(const char *path, const char *request)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	size_t len = strlen(request);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&sun, sizeof(sun)) &&
	    send(fd, request, len, 0) == (ssize_t)len)
		return fd;
	close(fd);
	return -1;
}

/* He has his answer. */
bool peer_answer(int fd, char *answer, size_t size)
{
	ssize_t n = recv(fd, answer, size - 1, MSG_DONTWAIT);

	if (n <= 0)
		return false;
	answer[n] = '\0';
	return true;
}
