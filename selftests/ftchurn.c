// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftchurn: opens and closes connections, one after the other, as fast as they
 * come. The server gives back what it gets. The client ends them in every way:
 * in order, with a reset, at once, with bytes of its own or the server's unread.
 * With -k it opens as many as it is told, each with one answer, and keeps them.
 *
 * Client's exit status: 0 every byte that was read was right, 1 not so, or a
 * connection could not be made; with -k, or one has ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftsock.h"

#define MAX_CONNS	2048
#define MAX_BYTES	3000

static volatile sig_atomic_t stopped;

static void on_term(int sig)
{
	(void)sig;
	stopped = 1;
}

/* --- server -------------------------------------------------------------- */

/* Give back what has come; false when the connection has ended. */
static bool echo(int fd)
{
	static char buf[MAX_BYTES];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	return n > 0 && send(fd, buf, n, MSG_NOSIGNAL) == n;
}

static int serve(int lfd)
{
	static struct pollfd p[MAX_CONNS + 1];
	unsigned int n = 1, i;

	p[0] = (struct pollfd){ .fd = lfd, .events = POLLIN };
	while (!stopped) {
		poll(p, n, 20);
		for (i = n - 1; i; i--) {
			if (!p[i].revents || echo(p[i].fd))
				continue;
			close(p[i].fd);
			p[i] = p[--n];
		}
		while (n <= MAX_CONNS && p[0].revents) {
			int fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);

			if (fd < 0)
				break;
			p[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
	return 0;
}

/* --- client -------------------------------------------------------------- */

static void reset_on_close(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* The answer has to be what was said, and nothing behind it. */
static bool answer_is_right(int fd, const char *said, size_t len)
{
	char buf[MAX_BYTES];
	size_t have = 0;
	ssize_t n = 1;

	while (n > 0 && have < len) {
		n = recv(fd, buf + have, len - have, 0);
		have += n > 0 ? n : 0;
	}
	return have == len && !memcmp(buf, said, len);
}

/* One connection; how it ends depends on its number. */
static bool one(int fd, unsigned int nr)
{
	size_t len = 1 + nr * 37 % MAX_BYTES, i;
	char said[MAX_BYTES], c;

	for (i = 0; i < len; i++)
		said[i] = nr + i * 7;
	if (nr % 7 == 0)
		return true;
	if (send(fd, said, len, MSG_NOSIGNAL) != (ssize_t)len)
		return false;
	if (nr % 7 == 1)
		return true;
	if (!answer_is_right(fd, said, len))
		return false;
	if (nr % 7 == 2)
		reset_on_close(fd);
	if (nr % 7 < 4)
		return true;
	shutdown(fd, SHUT_WR);
	return recv(fd, &c, 1, 0) == 0;
}

static int churn(const struct sockaddr_storage *to, unsigned int count,
		 unsigned int seconds)
{
	int64_t end = now_ms() + seconds * 1000ll;
	unsigned int nr, bad = 0, failed = 0;
	struct sock_opts opts = { 0 };

	for (nr = 0; nr < count && now_ms() < end && !stopped; nr++) {
		int fd = sock_connect(to, NULL, &opts);

		if (fd < 0) {
			failed++;
			continue;
		}
		bad += !one(fd, nr);
		close(fd);
	}
	printf("conns=%u bad=%u failed=%u\n", nr, bad, failed);
	return bad || failed;
}

/* Until it is told to end, or one of them does. */
static int keep(const struct sockaddr_storage *to, unsigned int count,
		const char *ready)
{
	static struct pollfd p[MAX_CONNS];
	struct sock_opts opts = { 0 };
	unsigned int n;

	for (n = 0; n < count && n < MAX_CONNS && !stopped; n++) {
		int fd = sock_connect(to, NULL, &opts);

		if (fd < 0 || send(fd, "x", 1, MSG_NOSIGNAL) != 1 ||
		    !answer_is_right(fd, "x", 1)) {
			fprintf(stderr, "ftchurn: connection %u: %s\n", n,
				strerror(fd < 0 ? -fd : errno));
			return 1;
		}
		p[n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	close(open(ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	return poll(p, n, -1) > 0;
}

static int usage(const char *prog)
{
	fprintf(stderr, "usage: %s -l ADDRESS PORT READY-FILE\n"
		"       %s -c ADDRESS PORT COUNT SECONDS\n"
		"       %s -k ADDRESS PORT COUNT READY-FILE\n",
		prog, prog, prog);
	return 2;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct sock_opts opts = { .ulp = true };
	struct sockaddr_storage at;
	int fd;

	if (argc < 5 || sock_addr(argv[2], atoi(argv[3]), &at))
		return usage(argv[0]);
	sigaction(SIGTERM, &sa, NULL);
	if (!strcmp(argv[1], "-c") && argc == 6)
		return churn(&at, atoi(argv[4]), atoi(argv[5]));
	if (!strcmp(argv[1], "-k") && argc == 6)
		return keep(&at, atoi(argv[4]), argv[5]);
	if (strcmp(argv[1], "-l"))
		return usage(argv[0]);
	fd = sock_listen(&at, &opts, MAX_CONNS);
	if (fd < 0) {
		fprintf(stderr, "ftchurn: %s\n", strerror(-fd));
		return 1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	close(open(argv[4], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	return serve(fd);
}
