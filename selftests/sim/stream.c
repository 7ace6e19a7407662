// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs at both ends of a connection do, step by step.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/fttcp_sock.h>

#include "../pattern.h"
#include "stream.h"

#define BUF_LEN		65536
#define GREETING	64	/* bytes that a quiet direction has all the same */
#define STEPS		64	/* calls before the others have their turn */

static enum hist_dir out_dir(const struct end *e)
{
	return e->who == WHO_PEER ? DIR_IN : DIR_OUT;
}

static struct pattern stream_of(const struct conn *c, enum hist_dir dir)
{
	return (struct pattern){ c->id, dir == DIR_IN ? 'c' : 's' };
}

static bool asks(const struct conn *c)
{
	return c->kind == K_RPC || c->kind == K_IDLE;
}

/* --- choices -------------------------------------------------------------- */

static void choose_totals(struct conn *c, struct rng *rng)
{
	uint64_t some = rng_range(rng, GREETING, 20000);

	c->total[DIR_IN] = UINT64_MAX;
	c->total[DIR_OUT] = UINT64_MAX;
	switch (c->kind) {
	case K_BULK_IN:
		c->total[DIR_OUT] = GREETING;
		c->order = O_PEER_FIRST;
		break;
	case K_HALF_IN:
		c->total[DIR_OUT] = some;
		c->order = O_ANY;
		break;
	case K_BULK_OUT:
		c->total[DIR_IN] = GREETING;
		c->order = O_SERVICE_FIRST;
		break;
	case K_HALF_OUT:
		c->total[DIR_IN] = some;
		c->order = O_ANY;
		break;
	case K_SHORT:
		c->total[DIR_IN] = rng_range(rng, 1, 60000);
		c->total[DIR_OUT] = rng_range(rng, 1, 60000);
		break;
	default:
		break;
	}
}

/**
 * conn_choose() - what a connection will be like
 * @c: it
 * @id: its number
 * @rng: where to take that from
 */
void conn_choose(struct conn *c, unsigned int id, struct rng *rng)
{
	int i;

	memset(c, 0, sizeof(*c));
	c->id = id;
	c->kind = rng_below(rng, KINDS);
	c->family = rng_chance(rng, 60) ? AF_INET : AF_INET6;
	c->md5 = rng_chance(rng, 20);
	c->active = !c->md5 && rng_chance(rng, 15);
	c->order = rng_below(rng, 3);
	c->keepalive = c->kind == K_IDLE || rng_chance(rng, 20);
	c->ask = rng_range(rng, 1, 3000);
	c->answer = rng_range(rng, 1, 6000);
	for (i = 0; i < 2; i++) {
		c->chunk[i] = rng_range(rng, 50, rng_chance(rng, 30) ? 40000 :
							       3000);
		/* some 3 to 20 KB a second each way, in larger or smaller
		 * pieces
		 */
		c->pause[i] = c->chunk[i] * rng_range(rng, 50000, 300000);
	}
	if (c->kind == K_SLOW)
		c->slow[rng_below(rng, 2)] = rng_range(rng, 20, 300) * MS;
	if (asks(c))
		c->pause[DIR_IN] = (c->kind == K_IDLE ?
				    rng_range(rng, 1000, 6000) :
				    rng_range(rng, 1, 200)) * MS;
	choose_totals(c, rng);
	for (i = 0; i < 3; i++)
		c->end[i] = (struct end){ .conn = c, .who = i, .fd = -1 };
}

/* What the checker may take for the longest silence between two bytes. */
uint64_t conn_longest_pause(const struct conn *c)
{
	uint64_t in = c->pause[DIR_IN], out = c->pause[DIR_OUT];

	return (in > out ? in : out) + c->slow[DIR_IN] + c->slow[DIR_OUT];
}

/**
 * conn_stop() - the stream of each direction ends where it is, or soon
 * @c: the connection
 */
void conn_stop(struct conn *c)
{
	uint64_t *in = &c->total[DIR_IN], *out = &c->total[DIR_OUT];
	int i;

	if (asks(c)) {
		*in = (c->max[DIR_IN] + c->ask - 1) / c->ask * c->ask;
		*out = *in / c->ask * c->answer;
		c->pause[DIR_IN] = 0;
	}
	for (i = 0; i < 2; i++) {
		if (c->total[i] == UINT64_MAX)
			c->total[i] = c->max[i];
		c->slow[i] = 0;
		hist(.type = H_TOTAL, .conn = c->id, .dir = i,
		     .a = c->total[i]);
	}
	for (i = 0; i < 3; i++)
		c->end[i].rx_at = 0;
}

/* --- writing -------------------------------------------------------------- */

/* How far this end may have written by now. */
static uint64_t limit(const struct end *e)
{
	const struct conn *c = e->conn;
	uint64_t total = c->total[out_dir(e)], n;

	if (!asks(c))
		return total;
	if (e->who == WHO_PEER)
		n = (e->rx / c->answer + 1) * c->ask;
	else
		n = e->rx / c->ask * c->answer;
	return n < total ? n : total;
}

static bool may_shut(const struct end *e)
{
	const struct conn *c = e->conn;

	if (e->shut || e->standby || e->tx < c->total[out_dir(e)])
		return false;
	if (c->order == O_ANY || e->eof)
		return true;
	return (c->order == O_PEER_FIRST) == (e->who == WHO_PEER);
}

static void failed(struct end *e, int err)
{
	struct conn *c = e->conn;

	hist(.type = H_ERR, .conn = c->id, .who = e->who, .a = err);
	if (e->who == WHO_PEER || (c->active && !c->met)) {
		c->failed = true;
		sim_say("connection %u: %s", c->id, strerror(err));
	}
	end_reset(e);
}

static void spoil(const struct conn *c, unsigned char *buf, size_t len)
{
	if (sim.mutant == M_CORRUPT && c->max[DIR_OUT] > 5000) {
		buf[len / 2] ^= 4;
		sim.mutant = M_NONE;
	}
}

/* Return: there is more to do. */
static bool write_some(struct end *e, uint64_t now)
{
	static unsigned char buf[BUF_LEN];
	enum hist_dir dir = out_dir(e);
	struct conn *c = e->conn;
	struct pattern p = stream_of(c, dir);
	uint64_t len = limit(e) - e->tx;
	ssize_t n;

	if (len > c->chunk[dir])
		len = c->chunk[dir];
	pattern_fill(&p, e->tx, buf, len);
	if (e->who != WHO_PEER)
		spoil(c, buf, len);
	n = send(e->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) {
		e->writable = false;
		return false;
	}
	if (n < 0) {
		failed(e, errno);
		return false;
	}
	hist(.type = H_TX, .conn = c->id, .who = e->who, .dir = dir,
	     .a = e->tx, .b = n);
	e->tx += n;
	if (e->tx > c->max[dir])
		c->max[dir] = e->tx;
	/* a question is not interrupted */
	if (!asks(c) || (dir == DIR_IN && e->tx % c->ask == 0))
		e->tx_at = now + c->pause[dir];
	return true;
}

static bool write_step(struct end *e, uint64_t now)
{
	if (e->fd < 0 || e->shut || e->standby || e->connecting)
		return false;
	if (may_shut(e)) {
		if (shutdown(e->fd, SHUT_WR)) {
			failed(e, errno);
			return false;
		}
		e->shut = true;
		hist(.type = H_SHUT, .conn = e->conn->id, .who = e->who,
		     .dir = out_dir(e), .a = e->tx);
		return true;
	}
	return e->writable && now >= e->tx_at && e->tx < limit(e) &&
	       write_some(e, now);
}

/* --- reading -------------------------------------------------------------- */

static bool read_step(struct end *e, uint64_t now)
{
	static unsigned char buf[BUF_LEN];
	enum hist_dir dir = !out_dir(e);
	struct conn *c = e->conn;
	uint64_t slow = c->slow[dir];
	ssize_t n;

	if (e->fd < 0 || e->eof || !e->readable || e->connecting ||
	    now < e->rx_at)
		return false;
	n = recv(e->fd, buf, slow ? 700 : sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) {
		e->readable = false;
		return false;
	}
	if (n < 0) {
		failed(e, errno);
		return false;
	}
	if (!n) {
		e->eof = true;
		hist(.type = H_EOF, .conn = c->id, .who = e->who, .dir = dir,
		     .a = e->rx);
		return true;
	}
	hist(.type = H_RX, .conn = c->id, .who = e->who, .dir = dir,
	     .a = e->rx, .b = n, .c = hist_hash(buf, n, 0));
	e->rx += n;
	if (dir == DIR_IN && e->rx > c->got)
		c->got = e->rx;
	if (slow)
		e->rx_at = now + slow;
	if (sim.mutant == M_SKIP && e->rx > 5000) {
		e->rx += 3;
		sim.mutant = M_NONE;
	}
	return true;
}

/* --- an end --------------------------------------------------------------- */

/**
 * end_reset() - the program has no socket any more
 * @e: its end
 */
void end_reset(struct end *e)
{
	if (e->fd >= 0)
		close(e->fd);
	*e = (struct end){ .conn = e->conn, .who = e->who, .fd = -1 };
}

/* A replica becomes live, or a connection was just accepted. */
int end_resume(struct end *e)
{
	struct fttcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(e->fd, SOL_FTTCP, FTTCP_INFO, &info, &len))
		return -errno;
	if (!(info.flags & (FTTCP_INFO_RESUMED | FTTCP_INFO_STANDBY)))
		return 0;
	if (!e->standby)
		e->rx = info.rx_consumed;
	e->standby = info.flags & FTTCP_INFO_STANDBY;
	e->tx = info.tx_written;
	hist(.type = H_RESUME, .conn = e->conn->id, .who = e->who,
	     .dir = e->standby, .a = info.tx_written, .b = e->rx,
	     .c = info.rx_received);
	return 0;
}

static void ended(struct end *e)
{
	struct conn *c = e->conn;

	if (e->who == WHO_PEER) {
		c->done = true;
		hist(.type = H_DONE, .conn = c->id, .who = WHO_PEER);
	}
	end_reset(e);
}

/**
 * end_step() - do what can be done now
 * @e: an end with a socket
 * @now: the time
 */
void end_step(struct end *e, uint64_t now)
{
	int i;

	for (i = 0; i < STEPS; i++) {
		bool more = read_step(e, now);

		more |= write_step(e, now);
		if (e->fd < 0 || !more)
			break;
	}
	if (e->fd >= 0 && e->eof && e->shut)
		ended(e);
}

/**
 * end_due() - when there will be something to do without anybody telling
 * @e: the end
 * @now: the time
 *
 * Return: the time, or UINT64_MAX.
 */
uint64_t end_due(const struct end *e, uint64_t now)
{
	uint64_t due = UINT64_MAX;

	if (e->fd < 0 || e->connecting)
		return due;
	if (e->readable && !e->eof)
		due = e->rx_at > now ? e->rx_at : now;
	if (e->writable && !e->shut && !e->standby && e->tx < limit(e) &&
	    e->tx_at < due)
		due = e->tx_at > now ? e->tx_at : now;
	return due;
}
