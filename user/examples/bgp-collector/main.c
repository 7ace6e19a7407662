// SPDX-License-Identifier: GPL-2.0-only
/*
 * bgp-collector: a small BGP-4 listener that keeps every peer's table.
 *
 * An ordinary accept() server with one poll() loop. What makes its sessions
 * survive the machine is protect_listener() below; the rest is in session.c.
 * The same program with the same arguments runs on the active and on the
 * backup node.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "examples/common/protect.h"
#include "session.h"

#define MAX_POLL	256

/**
 * struct collector - the whole program's state
 * @our:	what our OPEN says
 * @listener:	TCP listener
 * @control:	listener of the control socket, -1 without
 * @sessions:	newest first
 */
struct collector {
	struct bgp_open our;
	int listener;
	int control;
	struct session *sessions;
};

static volatile sig_atomic_t stop;
static volatile sig_atomic_t dump;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		dump = 1;
	else
		stop = 1;
}

static void usage(FILE *out)
{
	fputs("usage: bgp-collector [-l ADDRESS] [-p PORT] [-a AS] [-i ROUTER-ID]\n"
	      "                     [-t HOLD-SECONDS] [-s CONTROL-SOCKET] [-u]\n"
	      "       bgp-collector -q CONTROL-SOCKET [summary|routes]\n"
	      "\n"
	      "  -l  listen here, also when the address is on another node (0.0.0.0)\n"
	      "  -u  unprotected: do not ask for fttcp\n"
	      "  -q  query a running collector\n"
	      "SIGUSR1 prints the summary to standard output.\n", out);
}

static void print_summary(const struct collector *c, FILE *out)
{
	fputs("{\"sessions\":[", out);
	for (const struct session *s = c->sessions; s; s = s->next) {
		session_print(s, out);
		fputs(s->next ? "," : "", out);
	}
	fputs("]}\n", out);
	fflush(out);
}

static void print_routes(const struct collector *c, FILE *out)
{
	for (const struct session *s = c->sessions; s; s = s->next) {
		fprintf(out, "# %s\n", s->remote);
		table_print(&s->table, out);
	}
}

/* A peer that comes again, and an ended session, give way to the new one. */
static void drop_older(struct collector *c, const char *remote)
{
	struct session **at = &c->sessions;

	while (*at) {
		struct session *s = *at;

		if (strcmp(s->remote, remote)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		session_free(s);
	}
}

static void accept_all(struct collector *c)
{
	char remote[INET6_ADDRSTRLEN];
	struct sockaddr_storage ss;
	struct session *s;
	uint16_t port;
	int fd;

	for (;;) {
		socklen_t len = sizeof(ss);

		fd = accept4(c->listener, (struct sockaddr *)&ss, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		addr_text(&ss, remote, sizeof(remote), &port);
		drop_older(c, remote);
		s = session_new(fd, remote, port, &c->our);
		s->next = c->sessions;
		c->sessions = s;
	}
}

static void answer_control(struct collector *c)
{
	int fd = accept4(c->control, NULL, NULL, SOCK_CLOEXEC);
	struct timeval patience = { .tv_sec = 1 };
	char request[32] = "";
	FILE *out = NULL;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (recv(fd, request, sizeof(request) - 1, 0) > 0)
		out = fdopen(fd, "w");
	if (!out) {
		close(fd);
		return;
	}
	if (!strcmp(request, "routes"))
		print_routes(c, out);
	else
		print_summary(c, out);
	fclose(out);
}

static int control_socket(const char *path, bool server)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s: path too long for a socket", path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (server) {
		unlink(path);
		if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) ||
		    listen(fd, 8))
			err(1, "%s", path);
	} else if (connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		err(1, "%s", path);
	}
	return fd;
}

static int query(const char *path, const char *request)
{
	int fd = control_socket(path, false);
	char buf[65536];
	ssize_t n;

	if (send(fd, request, strlen(request), 0) < 0)
		err(1, "%s", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	close(fd);
	return n < 0;
}

static int next_timeout(const struct collector *c)
{
	int least = -1;

	for (const struct session *s = c->sessions; s; s = s->next) {
		int t = session_timeout(s);

		if (t >= 0 && (least < 0 || t < least))
			least = t;
	}
	return least;
}

static void run_once(struct collector *c, const sigset_t *waiting)
{
	struct pollfd p[MAX_POLL] = {
		{ .fd = c->listener, .events = POLLIN },
		{ .fd = c->control, .events = POLLIN },
	};
	struct session *at[MAX_POLL];
	struct timespec ts;
	int n = 2, timeout = next_timeout(c);

	for (struct session *s = c->sessions; s && n < MAX_POLL; s = s->next) {
		if (s->fd < 0)
			continue;
		at[n] = s;
		p[n].fd = s->fd;
		p[n++].events = session_events(s);
	}
	ts.tv_sec = timeout / 1000;
	ts.tv_nsec = timeout % 1000 * 1000000L;
	if (ppoll(p, n, timeout < 0 ? NULL : &ts, waiting) < 0)
		return;
	for (int i = 2; i < n; i++)
		if (p[i].revents)
			session_io(at[i], p[i].revents);
	for (struct session *s = c->sessions; s; s = s->next)
		session_timer(s);
	if (p[1].revents)
		answer_control(c);
	/* Last: it may free sessions that are in at[]. */
	if (p[0].revents)
		accept_all(c);
}

static void run(struct collector *c)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block, waiting;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &waiting);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	/* who asked may be gone before all routes are written */
	signal(SIGPIPE, SIG_IGN);
	while (!stop) {
		run_once(c, &waiting);
		if (dump)
			print_summary(c, stdout);
		dump = 0;
	}
	for (struct session *s = c->sessions; s; s = s->next)
		session_close(s, BGP_ERR_SHUTDOWN);
	while (c->sessions)
		drop_older(c, c->sessions->remote);
}

static uint32_t number(const char *text, uint32_t least, uint32_t most)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end || end == text || v < least || v > most)
		errx(1, "%s: not a number from %u to %u", text, least, most);
	return v;
}

static void protect(int listener)
{
	int error = protect_listener(listener, true);

	if (error)
		errx(1, "no protection: %s; is fttcp.ko loaded? (-u runs without)",
		     strerror(-error));
}

int main(int argc, char **argv)
{
	struct collector c = { .our = { .as = 65000, .hold = 30, .as4 = true,
					.id = 0x0a000064 }, .control = -1 };
	const char *addr = "0.0.0.0", *control = NULL, *ask = NULL;
	bool protected = true;
	uint16_t port = 179;
	struct in_addr id;
	int opt;

	while ((opt = getopt(argc, argv, "l:p:a:i:t:s:q:uh")) != -1) {
		switch (opt) {
		case 'l':
			addr = optarg;
			break;
		case 'p':
			port = number(optarg, 1, 65535);
			break;
		case 'a':
			c.our.as = number(optarg, 1, UINT32_MAX);
			break;
		case 't':
			c.our.hold = number(optarg, 3, 65535);
			break;
		case 's':
			control = optarg;
			break;
		case 'q':
			ask = optarg;
			break;
		case 'u':
			protected = false;
			break;
		case 'i':
			if (inet_pton(AF_INET, optarg, &id) != 1)
				errx(1, "%s: not a router ID", optarg);
			c.our.id = ntohl(id.s_addr);
			break;
		default:
			usage(opt == 'h' ? stdout : stderr);
			return opt != 'h';
		}
	}
	if (ask)
		return query(ask, argv[optind] ? argv[optind] : "summary");
	c.listener = listen_on(addr, port);
	if (c.listener < 0)
		errx(1, "%s port %u: %s", addr, port, strerror(-c.listener));
	if (protected)
		protect(c.listener);
	if (control)
		c.control = control_socket(control, true);
	run(&c);
	if (control)
		unlink(control);
	return 0;
}
