// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulk-client: the peer of bulk-server; a plain TCP program that knows nothing
 * of fttcp. Sends and receives the streams of stream.h on some connections at
 * once, checks each received byte, and writes down when bytes came.
 *
 * A connection is done when -n bytes came and -m bytes went (or, without
 * them, on SIGUSR1): it then closes its direction and reads to the server's
 * end. Each connection's result is a line of JSON on standard output; the exit
 * status is 0 when all ended well.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "examples/common/protect.h"
#include "examples/common/stream.h"

#define MAX_CONNS	1024
#define CHUNK		65536
/* The log has a line at most this often for each connection, us. */
#define LOG_US		5000

/**
 * struct conn - one connection
 * @fd:		the descriptor, -1 when ended
 * @port:	our port
 * @connected:	the handshake is through
 * @shut:	our direction is closed
 * @eof:	the server's direction is closed
 * @rx:		bytes received
 * @tx:		bytes sent
 * @bad:	offset of the first wrong byte, -1 none
 * @error:	errno that ended it, 0 none
 * @rx_at:	when the last bytes came, us since the epoch
 * @log_at:	when the last log line was written, us since the epoch
 * @gap:	longest time without bytes, us
 * @gap_end:	when that ended, us since the epoch
 * @pace:	limit of what is sent
 * @rx_digest:	of what came
 * @tx_digest:	of what went
 */
struct conn {
	int fd;
	uint16_t port;
	bool connected;
	bool shut;
	bool eof;
	uint64_t rx;
	uint64_t tx;
	int64_t bad;
	int error;
	uint64_t rx_at;
	uint64_t log_at;
	uint64_t gap;
	uint64_t gap_end;
	struct pace pace;
	struct digest *rx_digest;
	struct digest *tx_digest;
};

/**
 * struct client - the whole program's state
 * @conn:	connections
 * @conns:	how many
 * @open:	how many have not ended
 * @want_rx:	bytes to receive, 0 until SIGUSR1
 * @want_tx:	bytes to send, 0 until SIGUSR1
 * @half:	close our direction as soon as @want_tx went
 * @log:	time line, NULL none
 */
struct client {
	struct conn conn[MAX_CONNS];
	int conns;
	int open;
	uint64_t want_rx;
	uint64_t want_tx;
	bool half;
	FILE *log;
};

static volatile sig_atomic_t enough;

static void on_signal(int sig)
{
	(void)sig;
	enough = 1;
}

static uint64_t real_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static void end(struct client *cl, struct conn *c, int error)
{
	c->error = error;
	if (error)
		warnx("port %u: %s; %llu bytes received, %llu sent, bad %lld",
		      c->port, strerror(error), (unsigned long long)c->rx,
		      (unsigned long long)c->tx, (long long)c->bad);
	close(c->fd);
	c->fd = -1;
	cl->open--;
}

static void note_arrival(struct client *cl, struct conn *c)
{
	uint64_t now = real_us();

	if (c->rx_at && now - c->rx_at > c->gap) {
		c->gap = now - c->rx_at;
		c->gap_end = now;
	}
	c->rx_at = now;
	if (cl->log && now - c->log_at >= LOG_US) {
		fprintf(cl->log, "%llu %u %llu %llu\n",
			(unsigned long long)now, c->port,
			(unsigned long long)c->rx, (unsigned long long)c->tx);
		c->log_at = now;
	}
}

/* What came instead tells where in the stream it belongs. */
static void show_wrong(const struct conn *c, const unsigned char *p, size_t len)
{
	fprintf(stderr, "bulk-client: port %u, at %lld:", c->port,
		(long long)c->bad);
	for (size_t i = 0; i < len && i < 32; i++)
		fprintf(stderr, " %02x", p[i]);
	fprintf(stderr, " (%zu bytes)\n", len);
}

static void receive(struct client *cl, struct conn *c)
{
	static unsigned char buf[CHUNK];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);
	size_t good;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		c->eof = !n;
		/* An end that we did not ask for is none. */
		end(cl, c, n ? errno : c->shut ? 0 : ENOTCONN);
		return;
	}
	good = stream_check(buf, n, stream_seed(c->port, STREAM_DOWN), c->rx);
	if (good < (size_t)n) {
		c->bad = c->rx + good;
		show_wrong(c, buf + good, n - good);
		end(cl, c, EBADMSG);
		return;
	}
	digest_add(c->rx_digest, buf, n);
	c->rx += n;
	note_arrival(cl, c);
}

static size_t tx_room(const struct client *cl, struct conn *c)
{
	size_t room = pace_room(&c->pace);

	if (room > CHUNK)
		room = CHUNK;
	if (cl->want_tx && room > cl->want_tx - c->tx)
		room = cl->want_tx - c->tx;
	return room;
}

static void transmit(struct client *cl, struct conn *c)
{
	static unsigned char buf[CHUNK];
	size_t len = tx_room(cl, c);
	ssize_t n;

	stream_fill(buf, len, stream_seed(c->port, STREAM_UP), c->tx);
	n = send(c->fd, buf, len, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(cl, c, errno);
		return;
	}
	digest_add(c->tx_digest, buf, n);
	c->tx += n;
	c->pace.done += n;
}

static void finish_connect(struct client *cl, struct conn *c)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		end(cl, c, error);
	c->connected = true;
}

/* Everything that was asked for went out, or the user has enough. */
static bool tx_done(const struct client *cl, const struct conn *c)
{
	if (cl->half && cl->want_tx && c->tx >= cl->want_tx)
		return true;
	if (!cl->want_rx && !cl->want_tx)
		return enough;
	return c->tx >= cl->want_tx && c->rx >= cl->want_rx;
}

static void io(struct client *cl, struct conn *c, short revents)
{
	if (revents & POLLOUT && !c->connected)
		finish_connect(cl, c);
	if (c->fd >= 0 && revents & (POLLIN | POLLERR | POLLHUP))
		receive(cl, c);
	if (c->fd >= 0 && revents & POLLOUT && !c->shut && tx_room(cl, c))
		transmit(cl, c);
	if (c->fd >= 0 && c->connected && !c->shut && tx_done(cl, c)) {
		shutdown(c->fd, SHUT_WR);
		c->shut = true;
	}
}

static short events(const struct client *cl, struct conn *c, int *timeout)
{
	if (!c->connected)
		return POLLOUT;
	if (c->shut)
		return POLLIN;
	if (tx_room(cl, c))
		return POLLIN | POLLOUT;
	if (c->pace.rate && pace_wait(&c->pace) < *timeout)
		*timeout = pace_wait(&c->pace);
	return POLLIN;
}

static void run_once(struct client *cl)
{
	static struct pollfd p[MAX_CONNS];
	int timeout = 100;

	for (int i = 0; i < cl->conns; i++) {
		struct conn *c = &cl->conn[i];

		p[i].fd = c->fd;
		p[i].events = c->fd < 0 ? 0 : events(cl, c, &timeout);
	}
	/* A signal or a time-out is looked at like any other event. */
	if (poll(p, cl->conns, timeout) < 0)
		return;
	for (int i = 0; i < cl->conns; i++)
		if (cl->conn[i].fd >= 0)
			io(cl, &cl->conn[i], p[i].revents);
}

static void open_one(struct client *cl, const struct addrinfo *to,
		     uint16_t port, uint64_t rate)
{
	struct conn *c = &cl->conn[cl->conns++];
	struct sockaddr_storage ss = { .ss_family = to->ai_family };
	socklen_t len = sizeof(ss);
	char text[INET6_ADDRSTRLEN];
	int on = 1;

	c->fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	no_delay(c->fd);
	/* Port and flow of both families lie at the same place. */
	((struct sockaddr_in *)&ss)->sin_port = htons(port);
	if (bind(c->fd, (struct sockaddr *)&ss, to->ai_addrlen))
		err(1, "port %u", port);
	if (connect(c->fd, to->ai_addr, to->ai_addrlen) &&
	    errno != EINPROGRESS)
		err(1, "connect");
	getsockname(c->fd, (struct sockaddr *)&ss, &len);
	addr_text(&ss, text, sizeof(text), &c->port);
	c->bad = -1;
	c->pace.rate = rate;
	c->rx_digest = digest_new();
	c->tx_digest = digest_new();
	cl->open++;
}

static bool report(const char *addr, struct conn *c)
{
	char rx[STREAM_DIGEST], tx[STREAM_DIGEST];
	bool ok = c->eof && c->shut && !c->error && c->bad < 0;

	digest_end(c->rx_digest, rx);
	digest_end(c->tx_digest, tx);
	printf("{\"server\":\"%s\",\"port\":%u,\"rx\":%llu,\"rx_sha256\":\"%s\","
	       "\"tx\":%llu,\"tx_sha256\":\"%s\",\"bad\":%lld,\"eof\":%s,"
	       "\"errno\":%d,\"error\":\"%s\",\"gap_us\":%llu,"
	       "\"gap_end_us\":%llu,\"ok\":%s}\n", addr, c->port,
	       (unsigned long long)c->rx, rx, (unsigned long long)c->tx, tx,
	       (long long)c->bad, c->eof ? "true" : "false", c->error,
	       c->error ? strerror(c->error) : "", (unsigned long long)c->gap,
	       (unsigned long long)c->gap_end, ok ? "true" : "false");
	return ok;
}

static uint64_t number(const char *text)
{
	char *e;
	uint64_t v = strtoull(text, &e, 10);

	if (*e || e == text)
		errx(1, "%s: not a number", text);
	return v;
}

static void usage(FILE *out)
{
	fputs("usage: bulk-client [-c CONNECTIONS] [-P LOCAL-PORT] [-n BYTES] [-m BYTES] [-e]\n"
	      "                   [-r BYTES/S] [-t SECONDS] [-o LOG] ADDRESS PORT\n"
	      "  -P  first local port; the streams follow from it\n"
	      "  -n  receive at least this much on each connection\n"
	      "  -m  send this much on each connection; without -n and -m it goes on\n"
	      "      until SIGUSR1\n"
	      "  -e  close our direction as soon as -m bytes went\n"
	      "  -r  limit what is sent on each connection\n"
	      "  -t  give up after this time\n"
	      "  -o  time line: us since the epoch, port, bytes received, sent\n",
	      out);
}

static void connect_all(struct client *cl, const char *addr, const char *port,
			int conns, uint16_t first, uint64_t rate)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *to;
	int error = getaddrinfo(addr, port, &hints, &to);

	if (error)
		errx(1, "%s port %s: %s", addr, port, gai_strerror(error));
	for (int i = 0; i < conns; i++)
		open_one(cl, to, first ? first + i : 0, rate);
	freeaddrinfo(to);
}

static FILE *open_log(const char *path)
{
	FILE *log = fopen(path, "w");

	if (!log)
		err(1, "%s", path);
	setvbuf(log, NULL, _IOLBF, 0);
	return log;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t rate = 0, limit = 0, start = now_ms();
	int opt, conns = 1, failed = 0;
	static struct client cl;
	uint16_t first = 0;

	while ((opt = getopt(argc, argv, "c:P:n:m:er:t:o:h")) != -1) {
		switch (opt) {
		case 'c':
			conns = number(optarg);
			break;
		case 'P':
			first = number(optarg);
			break;
		case 'n':
			cl.want_rx = number(optarg);
			break;
		case 'm':
			cl.want_tx = number(optarg);
			break;
		case 'e':
			cl.half = true;
			break;
		case 'r':
			rate = number(optarg);
			break;
		case 't':
			limit = number(optarg) * 1000;
			break;
		case 'o':
			cl.log = open_log(optarg);
			break;
		default:
			usage(opt == 'h' ? stdout : stderr);
			return opt != 'h';
		}
	}
	if (argc - optind != 2 || conns < 1 || conns > MAX_CONNS) {
		usage(stderr);
		return 1;
	}
	sigaction(SIGUSR1, &sa, NULL);
	connect_all(&cl, argv[optind], argv[optind + 1], conns, first, rate);
	while (cl.open && (!limit || now_ms() - start < limit))
		run_once(&cl);
	for (int i = 0; i < cl.conns; i++) {
		if (cl.conn[i].fd >= 0)
			end(&cl, &cl.conn[i], ETIMEDOUT);
		failed += !report(argv[optind], &cl.conn[i]);
	}
	return failed != 0;
}
