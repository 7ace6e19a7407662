// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection of a hostile peer: what it sends, and what it makes sure of.
 */
#define _GNU_SOURCE
#include <string.h>

#include "ftsock.h"
#include "hostile.h"

/* Life of a connection in segments; the offset of its streams fits 32 bits. */
#define LIFE		800

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* --- options ------------------------------------------------------------- */

static void opt(struct segment *s, const void *bytes, size_t len)
{
	if (s->opts_len + len > SEG_OPTS_MAX)
		return;
	memcpy(s->opts + s->opts_len, bytes, len);
	s->opts_len += len;
}

static void opt32(struct segment *s, uint32_t v)
{
	uint8_t b[4] = { v >> 24, v >> 16, v >> 8, v };

	opt(s, b, 4);
}

static uint32_t clock_ts(const struct hconn *c)
{
	return (uint32_t)now_ms() + c->ts_off;
}

static void opt_tstamp(const struct hconn *c, struct segment *s)
{
	if (!c->tstamps)
		return;
	opt(s, "\1\1\10\12", 4);
	opt32(s, clock_ts(c));
	opt32(s, c->ts_peer);
}

static void opts_syn(struct hostile *h, struct hconn *c, struct segment *s)
{
	static const uint16_t sizes[] = { 1460, 1460, 536, 88, 48, 1, 65535 };
	uint16_t mss = sizes[rnd_below(&h->r, 7)];
	uint8_t m[4] = { 2, 4, mss >> 8, mss }, w[4] = { 1, 3, 3 };

	opt(s, m, 4);
	if (rnd_below(&h->r, 4)) {
		w[3] = rnd_below(&h->r, 15);
		opt(s, w, 4);
	}
	if (rnd_below(&h->r, 4))
		opt(s, "\1\1\4\2", 4);
	c->tstamps = rnd_below(&h->r, 4);
	opt_tstamp(c, s);
}

/* What the other side agreed to. */
static void take_options(struct hconn *c, const struct segment *s, bool syn)
{
	size_t i = 0;
	bool tstamp = false;

	while (i < s->opts_len && s->opts[i]) {
		const uint8_t *o = s->opts + i;

		if (*o == 1) {
			i++;
			continue;
		}
		if (i + 1 >= s->opts_len || o[1] < 2 || i + o[1] > s->opts_len)
			break;
		if (*o == 3 && syn)
			c->wscale = o[2];
		else if (*o == 4 && syn)
			c->sacks = true;
		else if (*o == 8 && o[1] == 10)
			tstamp = true, c->ts_peer = (uint32_t)o[2] << 24 |
				o[3] << 16 | o[4] << 8 | o[5];
		i += o[1];
	}
	if (syn)
		c->tstamps &= tstamp;
}

/* --- what is sent -------------------------------------------------------- */

static void transmit(struct hostile *h, struct hconn *c, struct segment *s)
{
	uint32_t last = s->seq + s->len + !!(s->flags & (F_SYN | F_FIN));

	/* a FIN or SYN far away, without bytes, is none */
	if (after(last, c->top) && (s->len || last - c->top < 2))
		c->top = last;
	if (s->flags & F_SYN && !(s->flags & F_RST))
		c->other = last;
	s->sport = c->port;
	s->dport = h->dport;
	h->sent++;
	raw_send(&h->raw, s);
}

/**
 * hostile_begin() - open a connection
 * @h: peer
 * @c: a connection that is closed
 * @port: ours
 */
void hostile_begin(struct hostile *h, struct hconn *c, uint16_t port)
{
	struct segment s = { .flags = F_SYN };

	memset(c, 0, sizeof(*c));
	c->state = H_SYN;
	c->port = port;
	c->iss = rnd_edge(&h->r, 4);
	c->una = c->iss;
	c->max = c->iss + 1;
	c->top = c->max;
	c->ts_off = rnd_edge(&h->r, 4);
	c->life = 20 + rnd_below(&h->r, LIFE);
	c->out = (struct pattern){ (uint64_t)port + h->dport, 'c' };
	c->in = (struct pattern){ (uint64_t)port + h->dport, 's' };
	s.seq = c->iss;
	s.win = 8192;
	opts_syn(h, c, &s);
	transmit(h, c, &s);
}

/* The bytes of our stream from sequence number @seq on. */
static void with_data(struct hconn *c, struct segment *s, uint32_t seq,
		      size_t len)
{
	static uint8_t buf[SEG_DATA_MAX];

	if (len > sizeof(buf) - s->opts_len)
		len = sizeof(buf) - s->opts_len;
	pattern_fill(&c->out, (uint32_t)(seq - c->iss - 1), buf, len);
	s->seq = seq;
	s->data = buf;
	s->len = len;
}

/* An honest segment without data. */
static struct segment plain(struct hconn *c)
{
	struct segment s = {
		.flags = F_ACK, .seq = c->max, .ack = c->nxt, .win = 20000,
	};

	opt_tstamp(c, &s);
	return s;
}

static uint32_t room(const struct hconn *c)
{
	uint32_t edge = c->una + c->wnd;

	return after(edge, c->max) ? edge - c->max : 0;
}

static void honest(struct hostile *h, struct hconn *c)
{
	struct segment s = plain(c);
	uint32_t most = room(c);

	if (most > SEG_DATA_MAX)
		most = SEG_DATA_MAX;
	if (c->una != c->max && rnd_one_in(&h->r, 3)) {
		with_data(c, &s, c->una + (c->una == c->iss),
			  c->max - c->una < 1400 ? c->max - c->una : 1400);
	} else if (most && !c->fin && rnd_one_in(&h->r, 2)) {
		with_data(c, &s, c->max, 1 + rnd_below(&h->r, most));
		c->max += s.len;
	}
	transmit(h, c, &s);
}

/* Ours again: from anywhere behind, over what is new, always the same bytes. */
static void overlapping(struct hostile *h, struct hconn *c, struct segment *s)
{
	uint32_t back = c->max - c->iss - 1, seq, len;

	back = rnd_below(&h->r, back < 6000 ? back + 1 : 6000);
	seq = c->max - back;
	len = 1 + rnd_below(&h->r, SEG_DATA_MAX);
	if (c->fin && len > back)
		len = back;
	if (after(seq + len, c->max + room(c)))
		len = rnd_below(&h->r, back + 1);
	with_data(c, s, seq, len);
	if (after(seq + s->len, c->max))
		c->max = seq + s->len;
}

/* Behind a gap that is filled later, or beyond the window. */
static void ahead(struct hostile *h, struct hconn *c, struct segment *s)
{
	uint32_t gap = rnd_below(&h->r, rnd_one_in(&h->r, 4) ? 3000000 : 5000);

	if (c->fin)
		return;
	with_data(c, s, c->max + gap, 1 + rnd_below(&h->r, SEG_DATA_MAX));
}

static void wild_ack(struct hostile *h, struct hconn *c, struct segment *s)
{
	switch (rnd_below(&h->r, 4)) {
	case 0:
		s->ack = c->nxt - rnd_below(&h->r, 100000);
		break;
	case 1:
		s->ack = c->seen + 1 + rnd_below(&h->r, 100000);
		break;
	case 2:
		s->ack = rnd_edge(&h->r, 4);
		break;
	default:	/* of all that came, holes included */
		c->nxt = c->seen;
		s->ack = c->nxt;
	}
}

static void wild_sack(struct hostile *h, struct hconn *c, struct segment *s)
{
	unsigned int n = 1 + rnd_below(&h->r, 3);
	uint8_t head[4] = { 1, 1, 5, 2 + 8 * n };
	uint32_t from;

	opt(s, head, 4);
	while (n--) {
		/* below what is acknowledged (DSACK), of it, and beyond */
		from = c->nxt + rnd_below(&h->r, 20000) - 4000;
		opt32(s, from);
		opt32(s, rnd_one_in(&h->r, 8) ? rnd_edge(&h->r, 4) :
		      from + 1 + rnd_below(&h->r, 5000));
	}
}

static void wild_tstamp(struct hostile *h, struct hconn *c,
			struct segment *s)
{
	uint32_t old = c->ts_off, echo = c->ts_peer;

	s->opts_len = 0;
	c->ts_off += rnd_one_in(&h->r, 2) ? rnd_below(&h->r, 1000000) :
					   rnd_edge(&h->r, 4);
	if (rnd_one_in(&h->r, 3))
		c->ts_peer = rnd_edge(&h->r, 4);
	opt_tstamp(c, s);
	c->ts_peer = echo;
	if (rnd_one_in(&h->r, 2))
		c->ts_off = old;
}

static void wild_options(struct hostile *h, struct segment *s)
{
	size_t i;

	s->opts_len = 4 * (1 + rnd_below(&h->r, 10));
	for (i = 0; i < s->opts_len; i++)
		s->opts[i] = rnd_one_in(&h->r, 2) ? rnd_below(&h->r, 10) :
						   rnd64(&h->r);
	/* shorter than a header, longer than the segment */
	if (rnd_one_in(&h->r, 8))
		s->doff = 1 + rnd_below(&h->r, 4);
	else if (rnd_one_in(&h->r, 8) && s->opts_len < SEG_OPTS_MAX)
		s->doff = 15;
}

/* In the window, at its edges, beyond; the very one that ends it is rare. */
static uint32_t somewhere(struct hostile *h, const struct hconn *c)
{
	static const int32_t off[] = { -1, 1, 2, 1000, -1000, 70000, -70000 };

	if (rnd_one_in(&h->r, 40))
		return c->max;
	return rnd_one_in(&h->r, 4) ? rnd_edge(&h->r, 4) :
	       c->max + off[rnd_below(&h->r, 7)] + rnd_below(&h->r, 3);
}

static void wild_control(struct hostile *h, struct hconn *c,
			 struct segment *s)
{
	static const uint8_t flags[] = {
		F_RST, F_RST | F_ACK, F_SYN, F_SYN | F_ACK, F_SYN | F_RST,
		F_FIN, 0, 0xff, F_SYN | F_FIN | F_ACK,
	};

	s->flags = flags[rnd_below(&h->r, 9)];
	s->seq = somewhere(h, c);
	/* a FIN among the bytes would end the stream too early: beyond, only */
	if (s->flags & F_FIN && !(s->flags & (F_SYN | F_RST)))
		s->seq = c->una - 1000 - rnd_below(&h->r, 1000);
}

static void wild_window(struct hostile *h, struct segment *s)
{
	static const uint16_t wins[] = { 0, 0, 1, 2, 100, 1460, 65535 };

	s->win = wins[rnd_below(&h->r, 7)];
}

static void urgent(struct hostile *h, struct hconn *c, struct segment *s)
{
	overlapping(h, c, s);
	s->flags |= F_URG;
	s->urg = rnd_edge(&h->r, 2);
}

/* The end of our stream; more than once, and with bytes before it again. */
static void end(struct hostile *h, struct hconn *c, struct segment *s)
{
	if (!c->fin && c->life > 100)
		return;
	if (!c->fin)
		c->max++;
	c->fin = true;
	s->len = 0;
	s->seq = c->max - 1;
	s->flags |= F_FIN;
	if (rnd_one_in(&h->r, 3) && c->max - c->iss > 200) {
		with_data(c, s, c->max - 1 - 100, 100);
		s->flags |= F_FIN;
	}
}

static void evil(struct hostile *h, struct hconn *c)
{
	struct segment s = plain(c);

	h->evil++;
	/* one bad thing, or several at once; bytes behind a wrong offset differ */
	do {
		switch (rnd_below(&h->r, 11)) {
		case 0:
			wild_ack(h, c, &s);
			break;
		case 1:
			wild_window(h, &s);
			break;
		case 2:
			if (!s.len)
				wild_sack(h, c, &s);
			break;
		case 3:
			if (!s.len)
				wild_tstamp(h, c, &s);
			break;
		case 4:
			if (!s.len)
				wild_options(h, &s);
			break;
		case 5:
			urgent(h, c, &s);
			break;
		case 6:
			overlapping(h, c, &s);
			break;
		case 7:
			ahead(h, c, &s);
			break;
		case 8:
			if (!s.len)
				wild_control(h, c, &s);
			break;
		case 9:
			end(h, c, &s);
			break;
		default:
			s.bad_sum = true;
		}
	} while (!s.doff && rnd_one_in(&h->r, 4));
	transmit(h, c, &s);
}

/**
 * hostile_act() - send something
 * @h: peer
 * @c: a connection that is not closed
 */
void hostile_act(struct hostile *h, struct hconn *c)
{
	struct segment s = { .flags = F_RST };

	if (!c->life--) {
		s.seq = c->max;
		if (rnd_one_in(&h->r, 2))
			transmit(h, c, &s);
		c->state = H_CLOSED;
		return;
	}
	if (c->state == H_SYN) {
		/* again, should it have been lost */
		if (rnd_one_in(&h->r, 100))
			hostile_begin(h, c, c->port);
		return;
	}
	if (rnd_one_in(&h->r, 3))
		evil(h, c);
	else
		honest(h, c);
}

/* --- what comes ---------------------------------------------------------- */

static const char *open_now(struct hostile *h, struct hconn *c,
			    const struct segment *s)
{
	if (!(s->flags & F_SYN) || s->ack != c->iss + 1)
		return NULL;
	take_options(c, s, true);
	c->irs = s->seq;
	c->nxt = s->seq + 1;
	c->seen = c->nxt;
	c->una = c->iss + 1;
	c->wnd = s->win;
	c->state = H_OPEN;
	h->opened++;
	honest(h, c);
	return NULL;
}

/*
 * Where the server had reset this connection already, a SYN of ours out of the
 * blue was taken for the beginning of another.
 */
static bool is_other(const struct hconn *c, const struct segment *s)
{
	return s->ack == c->other &&
	       (after(s->ack, c->top) || after(c->una, s->ack));
}

static const char *take_ack(struct hostile *h, struct hconn *c,
			    const struct segment *s)
{
	if (after(s->ack, c->top))
		return "what was never sent is acknowledged";
	if (after(c->una, s->ack))
		return "an acknowledgement goes back";
	h->bytes_out += s->ack - c->una;
	c->una = s->ack;
	if (after(c->una, c->max))
		c->max = c->una;
	c->wnd = (uint32_t)s->win << c->wscale;
	return NULL;
}

static const char *take_data(struct hostile *h, struct hconn *c,
			     const struct segment *s)
{
	uint32_t end = s->seq + s->len, off = s->seq - c->irs - 1;
	const uint8_t *data = s->data;
	size_t len = s->len;

	/* a keepalive has one byte before the stream, of any value */
	if (len == 1 && s->seq == c->nxt - 1)
		return NULL;
	if (pattern_check(&c->in, off, data, len) != len)
		return "a wrong byte came";
	if (after(end, c->seen)) {
		h->bytes_in += end - c->seen;
		c->seen = end;
	}
	/* mostly in order; at times something is as good as lost */
	if (!after(s->seq, c->nxt) && after(end, c->nxt) &&
	    !rnd_one_in(&h->r, 20))
		c->nxt = end;
	if ((s->flags & F_FIN) && c->nxt == end)
		c->nxt++;
	if (after(c->nxt, c->seen))
		c->seen = c->nxt;
	return NULL;
}

/**
 * hostile_receive() - take a segment
 * @h: peer
 * @c: a connection that is not closed
 * @s: segment
 *
 * Return: NULL, or what is wrong with it.
 */
const char *hostile_receive(struct hostile *h, struct hconn *c,
			    const struct segment *s)
{
	const char *wrong;

	h->got++;
	if (s->flags & F_RST) {
		h->resets++;
		c->state = H_CLOSED;
		return NULL;
	}
	if (c->state == H_SYN)
		return open_now(h, c, s);
	if (s->flags & F_SYN || !(s->flags & F_ACK))
		return NULL;
	if (is_other(c, s)) {
		c->state = H_CLOSED;
		return NULL;
	}
	take_options(c, s, false);
	wrong = take_ack(h, c, s);
	if (!wrong && s->len | (s->flags & F_FIN))
		wrong = take_data(h, c, s);
	return wrong;
}
