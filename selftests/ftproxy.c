// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftproxy: stands between the two ends of a link and disturbs it. Forwards
 * bytes between one accepted and one opened connection. SIGUSR1 puts a piece
 * of garbage into the stream towards the server, SIGUSR2 towards the client.
 * Stopped (SIGSTOP) both connections stay open and silent; killed, both end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftsock.h"

#define GARBAGE_LEN	256

static volatile sig_atomic_t to_server, to_client;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		to_server = 1;
	else
		to_client = 1;
}

static int write_all(int fd, const char *buf, ssize_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
	return 0;
}

static void garbage(int fd, volatile sig_atomic_t *wanted)
{
	char junk[GARBAGE_LEN];

	if (!*wanted)
		return;
	*wanted = 0;
	memset(junk, 0xa5, sizeof(junk));
	write_all(fd, junk, sizeof(junk));
}

static int forward(int from, int to)
{
	static char buf[65536];
	ssize_t n = recv(from, buf, sizeof(buf), 0);

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	if (!n)
		return 0;
	n = write_all(to, buf, n);
	return n ? n : 1;
}

static int pump(int client, int server)
{
	struct pollfd pfd[2] = {
		{ .fd = client, .events = POLLIN },
		{ .fd = server, .events = POLLIN },
	};
	int ret = 1;

	while (ret > 0) {
		garbage(server, &to_server);
		garbage(client, &to_client);
		if (poll(pfd, 2, 20) <= 0)
			continue;
		if (pfd[0].revents)
			ret = forward(client, server);
		if (ret > 0 && pfd[1].revents)
			ret = forward(server, client);
	}
	return ret;
}

static int run(char **argv)
{
	struct pollfd pfd = { .events = POLLIN };
	struct sockaddr_storage at, to;
	struct sock_opts none = { 0 };
	int client, server;

	if (sock_addr(argv[1], atoi(argv[2]), &at) ||
	    sock_addr(argv[3], atoi(argv[4]), &to))
		return -EINVAL;
	pfd.fd = sock_listen(&at, &none, 1);
	if (pfd.fd < 0)
		return pfd.fd;
	while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
		;
	client = accept4(pfd.fd, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0)
		return -errno;
	server = sock_connect(&to, NULL, &none);
	if (server < 0)
		return server;
	return pump(client, server);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int err;

	if (argc != 5) {
		fprintf(stderr,
			"usage: %s ADDRESS PORT TO-ADDRESS TO-PORT\n", argv[0]);
		return 1;
	}
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	err = run(argv);
	if (err)
		fprintf(stderr, "ftproxy: %s\n", strerror(-err));
	return !!err;
}
