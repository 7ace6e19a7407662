// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftecho: a service for health probes. Listens on a port of all addresses, IPv4 and
 * IPv6, gives back what it gets, and tells who came and where to:
 *
 *   ftecho [--ulp] [--work MS] PORT   --ulp protects the listener; --work computes for so
 *                                     long before each answer
 *   ftecho -c ADDRESS PORT            connects, and stays connected
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ftsock.h"

#define CONNS	64

static int work_ms;

static int cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void work(void)
{
	int end = cpu_ms() + work_ms;

	while (work_ms && cpu_ms() < end)
		;
}

static void tell(int fd)
{
	struct sockaddr_storage from, to;
	socklen_t from_len = sizeof(from), to_len = sizeof(to);
	char from_text[64] = "?", to_text[64] = "?";

	if (!getpeername(fd, (struct sockaddr *)&from, &from_len))
		sock_text(&from, from_text, sizeof(from_text));
	if (!getsockname(fd, (struct sockaddr *)&to, &to_len))
		sock_text(&to, to_text, sizeof(to_text));
	printf("from %s to %s\n", from_text, to_text);
	fflush(stdout);
}

/* Return: false when the connection has ended. */
static bool give_back(int fd)
{
	char buf[4096];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n <= 0)
		return false;
	work();
	return send(fd, buf, n, MSG_NOSIGNAL) == n;
}

static void serve(int listener)
{
	struct pollfd fds[CONNS + 1] = { { .fd = listener, .events = POLLIN } };
	int n = 1, i;

	for (;;) {
		if (poll(fds, n, -1) < 0)
			continue;
		for (i = n - 1; i > 0; i--)
			if (fds[i].revents && !give_back(fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--n];
			}
		if (!fds[0].revents || n > CONNS)
			continue;
		fds[n].fd = accept(listener, NULL, NULL);
		if (fds[n].fd < 0)
			continue;
		tell(fds[n].fd);
		fds[n++].events = POLLIN;
	}
}

static int stay_connected(const char *host, const char *port)
{
	struct sock_opts opts = { .connect_ms = 10000 };
	struct sockaddr_storage to;
	char c;
	int fd;

	if (sock_addr(host, atoi(port), &to))
		return 2;
	fd = sock_connect(&to, NULL, &opts);
	if (fd < 0) {
		fprintf(stderr, "ftecho: %s\n", errno_name(-fd));
		return 1;
	}
	return recv(fd, &c, 1, 0) < 0;
}

int main(int argc, char **argv)
{
	struct sock_opts opts = { .backlog = CONNS };
	struct sockaddr_storage at;
	int fd;

	if (argc == 4 && !strcmp(argv[1], "-c"))
		return stay_connected(argv[2], argv[3]);
	for (; argc > 2; argc--, argv++) {
		if (!strcmp(argv[1], "--ulp")) {
			opts.ulp = true;
		} else if (!strcmp(argv[1], "--work") && argc > 3) {
			work_ms = atoi(argv[2]);
			argc--;
			argv++;
		}
	}
	if (argc != 2 || sock_addr("::", atoi(argv[1]), &at)) {
		fprintf(stderr, "usage: ftecho [--ulp] [--work MS] PORT\n");
		return 2;
	}
	fd = sock_listen(&at, &opts, CONNS);
	if (fd < 0) {
		fprintf(stderr, "ftecho: %s\n", errno_name(-fd));
		return 1;
	}
	serve(fd);
	return 0;
}
