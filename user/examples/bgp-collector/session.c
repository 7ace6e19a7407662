// SPDX-License-Identifier: GPL-2.0-only
/*
 * One BGP session over one accepted connection. See session.h.
 *
 * Timers: hold (peer silent for the negotiated hold time), keepalive (a third
 * of it). In standby neither does anything.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examples/common/protect.h"
#include "session.h"

/* RFC 4271 8.2.2: the hold time while waiting for the peer's OPEN, ms. */
#define OPEN_HOLD_MS	240000

static size_t open_len(const struct session *s)
{
	uint8_t buf[BGP_MAX];

	return bgp_put_open(buf, &s->our);
}

static void finish(struct session *s, int error, int sys_errno)
{
	if (s->fd < 0)
		return;
	close(s->fd);
	s->fd = -1;
	s->error = error;
	s->sys_errno = sys_errno;
	s->established = false;
	table_flush(&s->table);
}

/*
 * Copy out what the outbound stream has at an offset; at most up to the end
 * of one message.
 */
static size_t out_bytes(const struct session *s, uint64_t at, uint8_t *buf)
{
	uint8_t msg[BGP_MAX];
	size_t len = bgp_put_open(msg, &s->our);

	if (at >= len) {
		at = (at - len) % BGP_HEADER;
		len = bgp_put_keepalive(msg);
	}
	memcpy(buf, msg + at, len - at);
	return len - at;
}

static void flush(struct session *s)
{
	uint8_t buf[BGP_MAX];

	while (s->fd >= 0 && !s->standby && s->out_done < s->out_want) {
		size_t len = out_bytes(s, s->out_done, buf);
		ssize_t n = send(s->fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			finish(s, 0, errno);
		else
			s->out_done += n;
	}
}

static void send_keepalive(struct session *s)
{
	s->out_want += BGP_HEADER;
	flush(s);
}

static unsigned int hold_time(const struct session *s)
{
	if (s->open_seen && s->open.hold < s->our.hold)
		return s->open.hold;
	return s->our.hold;
}

static void arm_hold(struct session *s)
{
	unsigned int hold = hold_time(s);

	s->hold_at = hold ? now_ms() + hold * 1000 : 0;
}

static void arm_keepalive(struct session *s)
{
	unsigned int hold = hold_time(s);

	s->keepalive_at = hold ? now_ms() + hold * 1000 / 3 : 0;
}

/* The first message boundary of the outbound stream at or after an offset. */
static uint64_t out_boundary(const struct session *s, uint64_t at)
{
	uint64_t len = open_len(s);

	if (at <= len)
		return len;
	return len + (at - len + BGP_HEADER - 1) / BGP_HEADER * BGP_HEADER;
}

/*
 * The connection can be written: a new one, or a replica after promotion.
 * What the node before us wrote tells how far the session's opening had come.
 */
static void go_live(struct session *s, const struct stream_pos *pos)
{
	uint64_t before = pos->tx;

	s->standby = false;
	s->resumed = pos->resumed;
	s->out_done = before;
	s->out_want = out_boundary(s, before);
	if (s->open_seen && s->out_want == open_len(s))
		s->out_want += BGP_HEADER;
	else if (before && (s->established || s->partial))
		s->out_want += BGP_HEADER;
	if (s->open_seen || s->partial) {
		arm_hold(s);
		arm_keepalive(s);
	} else {
		s->hold_at = now_ms() + OPEN_HOLD_MS;
	}
	flush(s);
}

struct session *session_new(int fd, const char *remote, uint16_t port,
			    const struct bgp_open *our)
{
	struct session *s = calloc(1, sizeof(*s));
	struct stream_pos pos;

	if (!s)
		errx(1, "out of memory");
	protect_query(fd, &pos);
	s->fd = fd;
	snprintf(s->remote, sizeof(s->remote), "%s", remote);
	s->port = port;
	s->our = *our;
	s->rx_total = pos.rx;
	s->standby = pos.standby;
	s->resumed = pos.resumed;
	/* Somebody else read the beginning; the peer's OPEN is known good. */
	s->partial = pos.rx > 0;
	s->resync = s->partial;
	s->established = s->partial;
	s->open.as4 = s->partial;
	if (!s->standby)
		go_live(s, &pos);
	return s;
}

void session_free(struct session *s)
{
	if (s->fd >= 0)
		close(s->fd);
	table_flush(&s->table);
	free(s);
}

void session_close(struct session *s, int error)
{
	uint8_t buf[BGP_MAX];

	/* Nobody waits for it, so a full socket just loses it. */
	if (s->fd >= 0 && !s->standby && s->out_done == s->out_want)
		send(s->fd, buf, bgp_put_notification(buf, error),
		     MSG_NOSIGNAL);
	finish(s, error, 0);
}

static void withdraw(void *arg, const struct bgp_prefix *p)
{
	struct session *s = arg;

	table_del(&s->table, p);
}

static void announce(void *arg, const struct bgp_prefix *p, const char *attrs)
{
	struct session *s = arg;

	table_put(&s->table, p, attrs);
}

static int handle_open(struct session *s, const uint8_t *msg, size_t len)
{
	int err;

	if (s->open_seen || s->partial)
		return BGP_ERR_FSM;
	err = bgp_parse_open(msg, len, &s->open);
	if (err)
		return err;
	s->open_seen = true;
	arm_hold(s);
	arm_keepalive(s);
	if (!s->standby)
		send_keepalive(s);
	return 0;
}

static int handle_update(struct session *s, const uint8_t *msg, size_t len)
{
	static const struct bgp_update_ops ops = {
		.withdraw = withdraw,
		.announce = announce,
	};

	if (!s->established)
		return BGP_ERR_FSM;
	s->updates++;
	return bgp_parse_update(msg, len, s->open.as4, &ops, s);
}

static int handle(struct session *s, const uint8_t *msg, size_t len)
{
	arm_hold(s);
	switch (bgp_type(msg)) {
	case BGP_OPEN:
		return handle_open(s, msg, len);
	case BGP_UPDATE:
		return handle_update(s, msg, len);
	case BGP_KEEPALIVE:
		if (!s->open_seen && !s->partial)
			return BGP_ERR_FSM;
		s->keepalives++;
		s->established = true;
		return 0;
	default:
		finish(s, msg[BGP_HEADER] << 8 | msg[BGP_HEADER + 1], 0);
		return 0;
	}
}

static void parse(struct session *s)
{
	size_t at = 0;
	int err = 0;

	if (s->resync) {
		at = bgp_resync(s->rx, s->rx_len);
		s->resync = s->rx_len - at < BGP_HEADER;
	}
	while (s->fd >= 0 && !s->resync) {
		int len = bgp_frame(s->rx + at, s->rx_len - at, &err);

		if (len <= 0)
			break;
		err = handle(s, s->rx + at, len);
		if (err)
			break;
		at += len;
	}
	if (err)
		session_close(s, err);
	memmove(s->rx, s->rx + at, s->rx_len - at);
	s->rx_len -= at;
}

static void receive(struct session *s)
{
	while (s->fd >= 0) {
		ssize_t n = recv(s->fd, s->rx + s->rx_len,
				 sizeof(s->rx) - s->rx_len, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			finish(s, 0, n ? errno : 0);
			return;
		}
		s->rx_len += n;
		s->rx_total += n;
		parse(s);
	}
}

short session_events(const struct session *s)
{
	/* A replica is told of its promotion by becoming writable. */
	if (s->standby || s->out_done < s->out_want)
		return POLLIN | POLLOUT;
	return POLLIN;
}

void session_io(struct session *s, short revents)
{
	if (revents & (POLLIN | POLLHUP | POLLERR))
		receive(s);
	if (s->fd >= 0 && s->standby && revents & POLLOUT) {
		struct stream_pos pos;

		protect_query(s->fd, &pos);
		if (!pos.standby)
			go_live(s, &pos);
	}
	if (revents & POLLOUT)
		flush(s);
}

void session_timer(struct session *s)
{
	uint64_t now = now_ms();

	if (s->fd < 0 || s->standby)
		return;
	if (s->hold_at && now >= s->hold_at) {
		session_close(s, BGP_ERR_HOLD_EXPIRED);
		return;
	}
	if (s->keepalive_at && now >= s->keepalive_at) {
		arm_keepalive(s);
		if (s->out_done == s->out_want)
			send_keepalive(s);
	}
}

int session_timeout(const struct session *s)
{
	uint64_t now = now_ms(), at = s->hold_at;

	if (s->fd < 0 || s->standby)
		return -1;
	if (s->keepalive_at && (!at || s->keepalive_at < at))
		at = s->keepalive_at;
	if (!at)
		return -1;
	return at > now ? at - now : 0;
}

static const char *state_name(const struct session *s)
{
	if (s->fd < 0)
		return "closed";
	if (s->established)
		return "established";
	return s->open_seen ? "open-confirm" : "open-sent";
}

void session_print(const struct session *s, FILE *out)
{
	char digest[TABLE_DIGEST];

	table_digest(&s->table, digest);
	fprintf(out, "{\"remote\":\"%s\",\"port\":%u,\"as\":%u,"
		"\"state\":\"%s\",\"standby\":%s,\"resumed\":%s,"
		"\"partial\":%s,\"hold\":%u,\"prefixes\":%zu,"
		"\"digest\":\"%s\",\"updates\":%llu,\"keepalives\":%llu,"
		"\"rx\":%llu,\"tx\":%llu,\"error\":\"%d/%d\",\"errno\":%d}",
		s->remote, s->port, s->open.as, state_name(s),
		s->standby ? "true" : "false", s->resumed ? "true" : "false",
		s->partial ? "true" : "false", hold_time(s), s->table.count,
		digest, (unsigned long long)s->updates,
		(unsigned long long)s->keepalives,
		(unsigned long long)s->rx_total,
		(unsigned long long)s->out_done, s->error >> 8,
		s->error & 0xff, s->sys_errno);
}
