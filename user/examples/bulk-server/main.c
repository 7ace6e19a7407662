// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulk-server: sends and receives the streams of stream.h on every connection,
 * both ways at once, and checks each received byte.
 *
 * An ordinary accept() server. Its only knowledge of fttcp is in accept_one()
 * and go_live(): at which offsets a connection that another node began is to
 * be continued. It keeps sending until the client has closed its direction
 * and -n bytes are sent, then closes. Each connection's end is a line of JSON
 * on standard output.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examples/common/protect.h"
#include "examples/common/stream.h"

#define MAX_LISTENERS	4
#define MAX_CONNS	2048
#define CHUNK		65536

/**
 * struct conn - one connection
 * @fd:		the descriptor
 * @remote:	client's address
 * @port:	client's port
 * @standby:	a replica, reads only
 * @resumed:	another node began it
 * @eof:	the client has closed its direction
 * @rx_start:	inbound offset at which this process began
 * @rx:		inbound offset
 * @tx:		outbound offset
 * @bad:	inbound offset of the first wrong byte, -1 none
 * @pace:	limit of what is sent
 * @digest:	of the inbound stream from @rx_start
 */
struct conn {
	int fd;
	char remote[INET6_ADDRSTRLEN];
	uint16_t port;
	bool standby;
	bool resumed;
	bool eof;
	uint64_t rx_start;
	uint64_t rx;
	uint64_t tx;
	int64_t bad;
	struct pace pace;
	struct digest *digest;
};

/**
 * struct server - the whole program's state
 * @listener:	listeners
 * @listeners:	how many
 * @conn:	connections, dense
 * @conns:	how many
 * @rate:	limit for each connection, bytes a second
 * @least:	bytes to send before closing
 */
struct server {
	int listener[MAX_LISTENERS];
	int listeners;
	struct conn *conn[MAX_CONNS];
	int conns;
	uint64_t rate;
	uint64_t least;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void go_live(struct conn *c, const struct stream_pos *pos)
{
	c->standby = false;
	c->resumed = pos->resumed;
	c->tx = pos->tx;
	if (c->resumed)
		warnx("port %u: taken over at %llu (%llu) in, %llu out",
		      c->port, (unsigned long long)c->rx,
		      (unsigned long long)pos->rx,
		      (unsigned long long)pos->tx);
}

static void accept_one(struct server *s, int fd,
		       const struct sockaddr_storage *ss)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct stream_pos pos;

	if (!c)
		errx(1, "out of memory");
	protect_query(fd, &pos);
	c->fd = fd;
	no_delay(fd);
	addr_text(ss, c->remote, sizeof(c->remote), &c->port);
	c->bad = -1;
	c->pace.rate = s->rate;
	c->digest = digest_new();
	c->rx_start = pos.rx;
	c->rx = pos.rx;
	c->standby = pos.standby;
	if (!pos.standby)
		go_live(c, &pos);
	s->conn[s->conns++] = c;
}

static void accept_all(struct server *s, int listener)
{
	struct sockaddr_storage ss;
	int fd;

	while (s->conns < MAX_CONNS) {
		socklen_t len = sizeof(ss);

		fd = accept4(listener, (struct sockaddr *)&ss, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		accept_one(s, fd, &ss);
	}
}

static void report(struct conn *c, int error)
{
	char digest[STREAM_DIGEST];

	digest_end(c->digest, digest);
	printf("{\"remote\":\"%s\",\"port\":%u,\"rx_start\":%llu,\"rx\":%llu,"
	       "\"rx_sha256\":\"%s\",\"tx\":%llu,\"bad\":%lld,\"eof\":%s,"
	       "\"standby\":%s,\"resumed\":%s,\"errno\":%d}\n",
	       c->remote, c->port, (unsigned long long)c->rx_start,
	       (unsigned long long)c->rx, digest, (unsigned long long)c->tx,
	       (long long)c->bad, c->eof ? "true" : "false",
	       c->standby ? "true" : "false", c->resumed ? "true" : "false",
	       error);
	fflush(stdout);
}

static void drop(struct server *s, int i, int error)
{
	struct linger hard = { .l_onoff = 1 };
	struct conn *c = s->conn[i];

	report(c, error);
	/* A wrong byte must not look like a good end to the client. */
	if (c->bad >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(c->fd);
	free(c);
	s->conn[i] = s->conn[--s->conns];
}

/* Return: 0 to go on, else the errno that ended the connection. */
static int receive(struct conn *c)
{
	static unsigned char buf[CHUNK];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);
	size_t good;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : errno;
	if (!n) {
		c->eof = true;
		return 0;
	}
	good = stream_check(buf, n, stream_seed(c->port, STREAM_UP), c->rx);
	if (good < (size_t)n) {
		c->bad = c->rx + good;
		return EBADMSG;
	}
	digest_add(c->digest, buf, n);
	c->rx += n;
	return 0;
}

static int transmit(struct conn *c)
{
	static unsigned char buf[CHUNK];
	size_t len = pace_room(&c->pace);
	ssize_t n;

	if (len > sizeof(buf))
		len = sizeof(buf);
	stream_fill(buf, len, stream_seed(c->port, STREAM_DOWN), c->tx);
	n = send(c->fd, buf, len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : errno;
	c->tx += n;
	c->pace.done += n;
	return 0;
}

static bool finished(const struct server *s, const struct conn *c)
{
	return !c->standby && c->eof && c->tx >= s->least;
}

static short events(const struct server *s, struct conn *c, int *timeout)
{
	short e = c->eof ? 0 : POLLIN;

	/* A replica is told of its promotion by becoming writable. */
	if (c->standby)
		return e | POLLOUT;
	if (finished(s, c))
		*timeout = 0;
	else if (pace_room(&c->pace))
		e |= POLLOUT;
	else if (*timeout < 0 || pace_wait(&c->pace) < *timeout)
		*timeout = pace_wait(&c->pace);
	return e;
}

static int io(struct conn *c, short revents)
{
	int error = 0;

	if (revents & (POLLIN | POLLERR | POLLHUP))
		error = receive(c);
	if (error || !(revents & POLLOUT))
		return error;
	if (c->standby) {
		struct stream_pos pos;

		protect_query(c->fd, &pos);
		if (pos.standby)
			return 0;
		go_live(c, &pos);
	}
	return transmit(c);
}

static void run_once(struct server *s)
{
	static struct pollfd p[MAX_LISTENERS + MAX_CONNS];
	int n = 0, timeout = -1, base = s->listeners;

	for (; n < base; n++)
		p[n] = (struct pollfd){ .fd = s->listener[n],
					.events = POLLIN };
	for (int i = 0; i < s->conns; i++, n++)
		p[n] = (struct pollfd){ .fd = s->conn[i]->fd,
			.events = events(s, s->conn[i], &timeout) };
	if (poll(p, n, timeout) < 0)
		return;
	/* Downwards, because drop() moves the last one into the gap. */
	for (int i = s->conns - 1; i >= 0; i--) {
		struct conn *c = s->conn[i];
		int error = io(c, p[base + i].revents);

		if (error || finished(s, c))
			drop(s, i, error);
	}
	for (int i = 0; i < base; i++)
		if (p[i].revents)
			accept_all(s, s->listener[i]);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	if (*end || end == text)
		errx(1, "%s: not a number", text);
	return v;
}

static void usage(FILE *out)
{
	fputs("usage: bulk-server [-l ADDRESS]... [-p PORT] [-r BYTES/S] [-n BYTES] [-u]\n"
	      "  -l  listen here, also when the address is on another node (0.0.0.0)\n"
	      "  -r  limit what is sent on each connection\n"
	      "  -n  send at least this much on each connection\n"
	      "  -u  unprotected: do not ask for fttcp\n", out);
}

static void add_listener(struct server *s, const char *addr, uint16_t port,
			 bool protected)
{
	int error, fd = listen_on(addr, port);

	if (fd < 0)
		errx(1, "%s port %u: %s", addr, port, strerror(-fd));
	error = protected ? protect_listener(fd, true) : 0;
	if (error)
		errx(1, "no protection: %s; is fttcp.ko loaded? (-u runs without)",
		     strerror(-error));
	s->listener[s->listeners++] = fd;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	const char *addr[MAX_LISTENERS] = { "0.0.0.0" };
	static struct server s;
	bool protected = true;
	uint16_t port = 5001;
	int opt, addrs = 0;

	while ((opt = getopt(argc, argv, "l:p:r:n:uh")) != -1) {
		switch (opt) {
		case 'l':
			if (addrs == MAX_LISTENERS)
				errx(1, "at most %d addresses", MAX_LISTENERS);
			addr[addrs++] = optarg;
			break;
		case 'p':
			port = number(optarg);
			break;
		case 'r':
			s.rate = number(optarg);
			break;
		case 'n':
			s.least = number(optarg);
			break;
		case 'u':
			protected = false;
			break;
		default:
			usage(opt == 'h' ? stdout : stderr);
			return opt != 'h';
		}
	}
	for (int i = 0; i < (addrs ? addrs : 1); i++)
		add_listener(&s, addr[i], port, protected);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	while (!stop)
		run_once(&s);
	while (s.conns)
		drop(&s, 0, ECANCELED);
	return 0;
}
