// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection of ftstream: offsets, receiving and checking, when to stop,
 * and picking up a connection that began on another node. The ways to send
 * are in ftsend.c.
 *
 * A step does at most one system call that moves bytes. It gives a positive
 * number for progress, 0 when this direction has ended, -EAGAIN when it has
 * to wait, and another negative errno when the connection failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ftconn.h"
#include "ftsock.h"

#define RX_BUF		65536

/**
 * conn_setup() - prepare a connection
 * @c: to fill
 * @fd: its socket, owned by @c from now on
 * @plan: what to do
 * @dir: 'c' or 's', the stream that this end sends
 * @seed: of both streams
 *
 * Return: 0 or a negative errno.
 */
int conn_setup(struct conn *c, int fd, const struct conn_plan *plan, char dir,
	       uint64_t seed)
{
	int one = 1;

	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->plan = plan;
	c->first_bad = -1;
	c->file = -1;
	c->txpipe[0] = -1;
	c->txpipe[1] = -1;
	c->rxpipe[0] = -1;
	c->rxpipe[1] = -1;
	c->out = (struct pattern){ .seed = seed, .dir = dir };
	c->in = (struct pattern){ .seed = seed, .dir = dir == 'c' ? 's' : 'c' };
	c->rxbuf = malloc(RX_BUF);
	c->txbuf = malloc((size_t)plan->chunk * ZC_RING);
	if (!c->rxbuf || !c->txbuf)
		return -ENOMEM;
	if (plan->tx == TX_SENDFILE) {
		c->file = memfd_create("ftstream", MFD_CLOEXEC);
		if (c->file < 0)
			return -errno;
	}
	if (plan->tx == TX_SPLICE && pipe2(c->txpipe, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	if (plan->rx == RX_SPLICE && pipe2(c->rxpipe, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	if (plan->tx == TX_ZEROCOPY &&
	    setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		return -errno;
	return 0;
}

static void close_both(int fds[2])
{
	if (fds[0] < 0)
		return;
	close(fds[0]);
	close(fds[1]);
}

void conn_clean(struct conn *c)
{
	close(c->fd);
	if (c->file >= 0)
		close(c->file);
	close_both(c->txpipe);
	close_both(c->rxpipe);
	free(c->rxbuf);
	free(c->txbuf);
}

/**
 * conn_resume() - continue where the other node's application stopped
 * @c: a connection that was just accepted, or one in standby
 *
 * Asks the kernel for the offsets. The inbound one is taken only the first
 * time: afterwards this process reads and knows it.
 *
 * Return: 0 or a negative errno. A socket without fttcp is no error.
 */
int conn_resume(struct conn *c)
{
	struct fttcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(c->fd, SOL_FTTCP, FTTCP_INFO, &info, &len))
		return errno == ENOPROTOOPT || errno == EOPNOTSUPP ? 0 : -errno;
	if (!(info.flags & (FTTCP_INFO_RESUMED | FTTCP_INFO_STANDBY)))
		return 0;
	if (!c->resumed) {
		c->rx_off = c->plan->base_rx + info.rx_consumed;
		c->resumed = true;
	}
	c->tx_off = c->plan->base_tx + info.tx_written;
	c->standby = info.flags & FTTCP_INFO_STANDBY;
	return 0;
}

static bool paced(uint64_t rate, int64_t *since, uint64_t *since_off,
		  uint64_t off)
{
	int64_t now = now_ms();

	if (!rate)
		return true;
	if (!*since) {
		*since = now;
		*since_off = off;
	}
	return (off - *since_off) <= (uint64_t)(now - *since) * rate / 1000;
}

/* Looking for a file costs more than sending; every ten milliseconds will do. */
static bool exists(struct sight *sight, const char *path)
{
	int64_t now;

	if (!path || sight->seen)
		return path;
	now = now_ms();
	if (now - sight->looked >= 10) {
		sight->looked = now;
		sight->seen = !access(path, F_OK);
	}
	return sight->seen;
}

/* How many bytes the plan still lets this end send; 0 with @end: no more. */
static uint64_t may_send(struct conn *c, bool *end)
{
	const struct conn_plan *p = c->plan;
	uint64_t left = p->total > c->tx_off ? p->total - c->tx_off : 0;

	*end = !left || exists(&c->stop, p->stop_file);
	if (*end)
		return 0;
	if (p->pause_file && !exists(&c->go_on, p->pause_file)) {
		uint64_t room = p->pause_at > c->tx_off ?
				p->pause_at - c->tx_off : 0;

		return room < left ? room : left;
	}
	if (p->lead >= 0) {
		uint64_t until = c->rx_off + p->lead;
		uint64_t room = until > c->tx_off ? until - c->tx_off : 0;

		return room < left ? room : left;
	}
	return left;
}

/**
 * conn_may_send() - is it worth waiting for room in the socket
 * @c: the connection
 *
 * Return: false while the rate, a pause or standby forbids sending.
 */
bool conn_may_send(struct conn *c)
{
	bool end;

	if (c->tx_done || c->standby)
		return false;
	if (may_send(c, &end))
		return paced(c->plan->rate, &c->started, &c->start_off,
			     c->tx_off);
	if (!end || c->plan->shut == SHUT_NEVER)
		return false;
	return c->plan->shut == SHUT_ASAP || c->rx_done;
}

bool conn_may_read(struct conn *c)
{
	const struct conn_plan *p = c->plan;

	if (p->rx_pause_file && c->rx_off >= p->rx_pause_at &&
	    !exists(&c->read_on, p->rx_pause_file))
		return false;
	return !c->rx_done && paced(p->rx_rate, &c->rx_started,
				    &c->rx_start_off, c->rx_off);
}

static int send_end(struct conn *c)
{
	if (c->plan->shut == SHUT_NEVER ||
	    (c->plan->shut == SHUT_AFTER_PEER && !c->rx_done))
		return -EAGAIN;
	if (shutdown(c->fd, SHUT_WR)) {
		c->err_tx = errno;
		c->tx_done = true;
		return -errno;
	}
	c->tx_done = true;
	return 0;
}

/**
 * conn_tx_step() - send some bytes, or the end of the stream
 * @c: the connection
 *
 * Return: as described at the top of the file.
 */
int conn_tx_step(struct conn *c)
{
	uint64_t room;
	bool end;
	int n;

	if (c->tx_done)
		return 0;
	if (c->standby)
		return -EAGAIN;
	if (c->plan->tx == TX_ZEROCOPY)
		conn_reap_zerocopy(c);
	room = may_send(c, &end);
	if (end && !c->in_txpipe)
		return send_end(c);
	if (!paced(c->plan->rate, &c->started, &c->start_off, c->tx_off))
		return -EAGAIN;
	if (!room && !c->in_txpipe)
		return -EAGAIN;
	n = conn_send(c, room < c->plan->chunk ? room : c->plan->chunk);
	if (n == -EAGAIN || n == -EINTR || n == -ENOBUFS)
		return -EAGAIN;
	if (n < 0) {
		c->err_tx = -n;
		c->tx_done = true;
	}
	return n;
}

/* For whoever has to find out why: how many are wrong, and what are they. */
static void explain(const struct conn *c, const unsigned char *buf,
		    size_t right, size_t len)
{
	static __thread unsigned char want[RX_BUF];
	size_t i, n = len - right < 16 ? len - right : 16, end = right;

	pattern_fill(&c->in, c->rx_off, want, len);
	for (i = right; i < len; i++) {
		if (buf[i] != want[i])
			end = i + 1;
	}
	fprintf(stderr, "wrong bytes: stream '%c' at %llu, %zu until %llu of a read from %llu to %llu; they are offset %lld of it, %lld of the other one; starts %02x%02x%02x%02x\n",
		c->in.dir, (unsigned long long)(c->rx_off + right),
		end - right, (unsigned long long)(c->rx_off + end),
		(unsigned long long)c->rx_off,
		(unsigned long long)(c->rx_off + len),
		(long long)pattern_find(&c->in, c->rx_off, buf + right, n),
		(long long)pattern_find(&c->out, c->rx_off, buf + right, n),
		buf[right], buf[right + 1], buf[right + 2], buf[right + 3]);
}

static void check(struct conn *c, const void *buf, unsigned int len)
{
	size_t right = pattern_check(&c->in, c->rx_off, buf, len);
	int64_t now = now_ms();

	if (right < len) {
		if (c->first_bad < 0)
			c->first_bad = c->rx_off + right;
		if (c->bad++ < 4)
			explain(c, buf, right, len);
	}
	if (c->last_rx && now - c->last_rx > c->gap_ms)
		c->gap_ms = now - c->last_rx;
	c->last_rx = now;
	c->rx_off += len;
}

static int rx_read(struct conn *c)
{
	ssize_t n;

	if (c->plan->rx == RX_PEEK) {
		n = recv(c->fd, c->rxbuf, RX_BUF, MSG_PEEK);
		if (n > 0 && pattern_check(&c->in, c->rx_off, c->rxbuf, n) !=
		    (size_t)n && c->first_bad < 0) {
			c->first_bad = c->rx_off;
			c->bad++;
		}
	}
	n = recv(c->fd, c->rxbuf, RX_BUF, 0);
	if (n < 0)
		return -errno;
	check(c, c->rxbuf, n);
	/* the head of a message is there; for its rest any byte will do */
	if (c->plan->rx == RX_LOWAT_OFF && n > 0 &&
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &(int){ 1 },
		       sizeof(int)))
		return -errno;
	return n;
}

/* The socket's pages go into the pipe, and from there through the check. */
static int rx_splice(struct conn *c)
{
	ssize_t n = splice(c->fd, NULL, c->rxpipe[1], NULL, RX_BUF,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	ssize_t left = n;

	if (n < 0)
		return -errno;
	while (left > 0) {
		ssize_t got = read(c->rxpipe[0], c->rxbuf, left);

		if (got <= 0)
			return -EIO;
		check(c, c->rxbuf, got);
		left -= got;
	}
	return n;
}

/**
 * conn_rx_step() - receive and check some bytes
 * @c: the connection
 *
 * Return: as described at the top of the file.
 */
int conn_rx_step(struct conn *c)
{
	int n;

	if (c->rx_done)
		return 0;
	if (!conn_may_read(c))
		return -EAGAIN;
	n = c->plan->rx == RX_SPLICE ? rx_splice(c) : rx_read(c);
	if (n == -EAGAIN || n == -EINTR)
		return -EAGAIN;
	if (n <= 0) {
		c->err_rx = -n;
		c->rx_done = true;
	}
	return n;
}
