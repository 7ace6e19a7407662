// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grammar of the link's records. Written from include/fttcp/wire.h and
 * Documentation/protocol.rst, as a table where the module has code, so that the
 * fuzzers can hold one against the other.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/fttcp.h>
#include <fttcp/limits.h>

#include "recgen.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum kind {
	ANY,		/* every value */
	RANGE,		/* min to max */
	NOT_0,
	BITS,		/* those of max */
	STATE,		/* of TCP: bits of max say which */
	MSS_OR_0,	/* min to max, or 0 */
	NAME,		/* text with its 0 */
	WORD,		/* the same, never empty, each from min to max */
	BYTES,		/* every value, @len of them */
	ADDR,		/* 16 bytes; what goes together is judged apart */
};

struct field {
	uint16_t off;
	uint8_t len;
	uint8_t kind;
	uint64_t min;
	uint64_t max;
};

#define F(type, name, kind, min, max) \
	{ offsetof(struct type, name), sizeof(((struct type *)0)->name), \
	  kind, min, max }
#define RESERVED(type, name)	F(type, name, RANGE, 0, 0)
#define ALL(type, name)		F(type, name, ANY, 0, 0)

#define INT_MOST	0x7fffffffU
#define WINDOW_MOST	(65535U << 14)
#define LIVE		(1U << TCP_ESTABLISHED | 1U << TCP_FIN_WAIT1 | \
			 1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSE_WAIT | \
			 1U << TCP_LAST_ACK | 1U << TCP_CLOSING)

static const struct field hello[] = {
	F(fttcp_wire_hello, node_id, NOT_0, 0, 0),
	F(fttcp_wire_hello, role, RANGE, 0, FTTCP_ROLE_MAX),
	F(fttcp_wire_hello, version_min, RANGE, 1, FTTCP_WIRE_VERSION),
	F(fttcp_wire_hello, lane, RANGE, 0, FTTCP_LANES_MAX - 1),
	F(fttcp_wire_hello, lanes, RANGE, 1, FTTCP_LANES_MAX),
	F(fttcp_wire_hello, epoch, RANGE, 0, FTTCP_EPOCH_MAX),
	ALL(fttcp_wire_hello, boot_id),
	F(fttcp_wire_hello, heartbeat_ms, RANGE, FTTCP_HEARTBEAT_MS_MIN,
	  FTTCP_HEARTBEAT_MS_MAX),
	ALL(fttcp_wire_hello, lease_ms),
	ALL(fttcp_wire_hello, features),
	F(fttcp_wire_hello, claim, RANGE, 0, FTTCP_WIRE_CLAIM_ALL),
	RESERVED(fttcp_wire_hello, reserved),
	RESERVED(fttcp_wire_hello, reserved2),
};

static const struct field sync_mark[] = {
	F(fttcp_wire_sync, epoch, RANGE, 0, FTTCP_EPOCH_MAX),
	F(fttcp_wire_sync, conns, RANGE, 0, FTTCP_CONNS_MAX),
	RESERVED(fttcp_wire_sync, reserved),
};

static const struct field tcp_state[] = {
	ALL(fttcp_wire_state, snd_una),
	F(fttcp_wire_state, snd_wnd, RANGE, 0, WINDOW_MOST),
	ALL(fttcp_wire_state, tx_end),
	ALL(fttcp_wire_state, rx_end),
	ALL(fttcp_wire_state, copied),
	ALL(fttcp_wire_state, rcv_edge),
	ALL(fttcp_wire_state, tsval),
	ALL(fttcp_wire_state, ts_recent),
	F(fttcp_wire_state, cwnd, RANGE, 0, FTTCP_CWND_MAX),
	F(fttcp_wire_state, ssthresh, RANGE, 0, INT_MOST),
	ALL(fttcp_wire_state, srtt_us),
	/* that of a new connection; an older one may have ended */
	F(fttcp_wire_state, tcp_state, STATE, 0, LIVE),
	F(fttcp_wire_state, flags, BITS, 0, 0x0f),
	RESERVED(fttcp_wire_state, reserved),
};

static const struct field opts[] = {
	F(fttcp_wire_opts, flags, BITS, 0, 0xff),
	F(fttcp_wire_opts, keepidle, RANGE, 0, 32767),
	F(fttcp_wire_opts, keepintvl, RANGE, 0, 32767),
	F(fttcp_wire_opts, user_timeout, RANGE, 0, INT_MOST),
	ALL(fttcp_wire_opts, notsent_lowat),
	ALL(fttcp_wire_opts, mark),
	ALL(fttcp_wire_opts, priority),
	F(fttcp_wire_opts, sndbuf, RANGE, 0, INT_MOST),
	F(fttcp_wire_opts, rcvbuf, RANGE, 0, INT_MOST),
	F(fttcp_wire_opts, rcvlowat, RANGE, 0, INT_MOST),
	F(fttcp_wire_opts, keepcnt, RANGE, 0, 127),
	ALL(fttcp_wire_opts, tos),
	ALL(fttcp_wire_opts, ttl),
	ALL(fttcp_wire_opts, min_ttl),
	ALL(fttcp_wire_opts, tclass),
	ALL(fttcp_wire_opts, hop_limit),
	ALL(fttcp_wire_opts, min_hop_limit),
	F(fttcp_wire_opts, pmtudisc, RANGE, 0, 5),
	F(fttcp_wire_opts, user_mss, MSS_OR_0, 88, 32767),
	F(fttcp_wire_opts, md5_keylen, RANGE, 0, FTTCP_WIRE_MD5_KEYLEN),
	F(fttcp_wire_opts, md5_key, BYTES, 0, 0),
	F(fttcp_wire_opts, device, NAME, 0, 0),
	F(fttcp_wire_opts, cong, NAME, 0, 0),
	RESERVED(fttcp_wire_opts, reserved),
};

static const struct field conn[] = {
	F(fttcp_wire_conn, id, NOT_0, 0, 0),
	F(fttcp_wire_conn, family, ANY, 0, 0),		/* with the addresses */
	F(fttcp_wire_conn, flags, BITS, 0, 1),
	F(fttcp_wire_conn, mode, RANGE, 0, FTTCP_MODE_MAX),
	F(fttcp_wire_conn, lport, NOT_0, 0, 0),
	F(fttcp_wire_conn, rport, NOT_0, 0, 0),
	F(fttcp_wire_conn, laddr, ADDR, 0, 0),
	F(fttcp_wire_conn, raddr, ADDR, 0, 0),
	ALL(fttcp_wire_conn, tx_offset),
	ALL(fttcp_wire_conn, rx_offset),
	F(fttcp_wire_conn, max_window, RANGE, 0, WINDOW_MOST),
	ALL(fttcp_wire_conn, rcv_wnd_max),
	F(fttcp_wire_conn, mss_clamp, NOT_0, 0, 0),
	F(fttcp_wire_conn, mss_cache, NOT_0, 0, 0),
	F(fttcp_wire_conn, advmss, NOT_0, 0, 0),
	F(fttcp_wire_conn, rcv_mss, NOT_0, 0, 0),
	F(fttcp_wire_conn, snd_wscale, RANGE, 0, 14),
	F(fttcp_wire_conn, rcv_wscale, RANGE, 0, 14),
	F(fttcp_wire_conn, tcp_opts, BITS, 0, 0x1f),
	RESERVED(fttcp_wire_conn, reserved),
	RESERVED(fttcp_wire_conn, reserved2),
};

static const struct field follow[] = {
	F(fttcp_wire_conn_add, tx_follow, RANGE, 0, INT_MOST),
	F(fttcp_wire_conn_add, rx_follow, RANGE, 0, INT_MOST),
};

static const struct field opts_id[] = {
	F(fttcp_wire_conn_opts, id, NOT_0, 0, 0),
};

static const struct field data[] = {
	F(fttcp_wire_data, id, NOT_0, 0, 0),
	ALL(fttcp_wire_data, seq),
	RESERVED(fttcp_wire_data, reserved),
};

static const struct field state_id[] = {
	F(fttcp_wire_conn_state, id, NOT_0, 0, 0),
};

static const struct field ref[] = {
	F(fttcp_wire_conn_ref, id, NOT_0, 0, 0),
	F(fttcp_wire_conn_ref, reason, RANGE, 0, FTTCP_DOWN_REASON_MAX),
	RESERVED(fttcp_wire_conn_ref, index),
};

static const struct field nack[] = {
	F(fttcp_wire_conn_ref, id, NOT_0, 0, 0),
	F(fttcp_wire_conn_ref, reason, RANGE, 0, FTTCP_DOWN_REASON_MAX),
	ALL(fttcp_wire_conn_ref, index),
};

static const struct field beat[] = {
	ALL(fttcp_wire_beat, sent_ns),
	ALL(fttcp_wire_beat, echo_ns),
	ALL(fttcp_wire_beat, acked),
	F(fttcp_wire_beat, epoch, RANGE, 0, FTTCP_EPOCH_MAX),
	ALL(fttcp_wire_beat, lease_ms),
	F(fttcp_wire_beat, alone_ms, RANGE, 0, FTTCP_HOLD_MAX_MS_MAX),
};

static const struct field stop[] = {
	/* forced, the last one, is FTTCP_WIRE_STOP_FORCED there */
	F(fttcp_wire_stop, code, RANGE, 0, FTTCP_DOWN_REASON_MAX - 1),
	RESERVED(fttcp_wire_stop, reserved),
	F(fttcp_wire_stop, epoch, RANGE, 0, FTTCP_EPOCH_MAX),
};

static const struct field audit_mark[] = {
	F(fttcp_wire_audit_mark, number, NOT_0, 0, 0),
	RESERVED(fttcp_wire_audit_mark, reserved),
};

static const struct field audit[] = {
	F(fttcp_wire_audit, id, NOT_0, 0, 0),
	F(fttcp_wire_audit, number, NOT_0, 0, 0),
	ALL(fttcp_wire_audit, opts),
	ALL(fttcp_wire_audit, tx_digest),
	ALL(fttcp_wire_audit, rx_digest),
	ALL(fttcp_wire_audit, tx_seq),
	F(fttcp_wire_audit, tx_len, RANGE, 0, FTTCP_AUDIT_PIECE),
	ALL(fttcp_wire_audit, rx_seq),
	F(fttcp_wire_audit, rx_len, RANGE, 0, FTTCP_AUDIT_PIECE),
	F(fttcp_wire_audit, flags, BITS, 0, 3),
	RESERVED(fttcp_wire_audit, reserved),
};

static const struct field audit_diff[] = {
	F(fttcp_wire_audit_diff, id, NOT_0, 0, 0),
	F(fttcp_wire_audit_diff, number, NOT_0, 0, 0),
	ALL(fttcp_wire_audit_diff, index),
	F(fttcp_wire_audit_diff, what, RANGE, 1, 0x3f),
	RESERVED(fttcp_wire_audit_diff, reserved),
};

static const struct field audit_done[] = {
	F(fttcp_wire_audit_done, number, NOT_0, 0, 0),
	ALL(fttcp_wire_audit_done, bytes),
	F(fttcp_wire_audit_done, conns, RANGE, 0, FTTCP_CONNS_MAX),
	F(fttcp_wire_audit_done, stale, RANGE, 0, FTTCP_CONNS_MAX),
	ALL(fttcp_wire_audit_done, diffs),
	RESERVED(fttcp_wire_audit_done, reserved),
};

static const struct field command[] = {
	F(fttcp_wire_command, id, WORD, '!', '~'),
	F(fttcp_wire_command, name, WORD, ' ', '~'),
	ALL(fttcp_wire_command, began_ns),
	F(fttcp_wire_command, epoch, RANGE, 0, FTTCP_EPOCH_MAX),
	ALL(fttcp_wire_command, node),
	F(fttcp_wire_command, error, RANGE, 0, 4095),
	F(fttcp_wire_command, state, RANGE, 0, FTTCP_COMMAND_STATE_MAX),
	F(fttcp_wire_command, forget, RANGE, 0, 1),
	RESERVED(fttcp_wire_command, reserved),
	RESERVED(fttcp_wire_command, reserved2),
};

/* A run of fields that begins somewhere in the body. */
struct part {
	const struct field *fields;
	uint16_t count;
	uint16_t at;
};

#define PARTS	4

struct shape {
	uint16_t len;
	struct part parts[PARTS];
};

#define PART(fields, at)	{ fields, ARRAY_SIZE(fields), at }
#define SHAPE(type, ...)	{ sizeof(struct type), { __VA_ARGS__ } }

static const struct shape shapes[__FTTCP_WIRE_MAX] = {
	[FTTCP_WIRE_HELLO] = SHAPE(fttcp_wire_hello, PART(hello, 0)),
	[FTTCP_WIRE_SYNC_BEGIN] = SHAPE(fttcp_wire_sync, PART(sync_mark, 0)),
	[FTTCP_WIRE_SYNC_END] = SHAPE(fttcp_wire_sync, PART(sync_mark, 0)),
	[FTTCP_WIRE_CONN_ADD] = SHAPE(fttcp_wire_conn_add,
		PART(conn, offsetof(struct fttcp_wire_conn_add, conn)),
		PART(tcp_state, offsetof(struct fttcp_wire_conn_add, state)),
		PART(opts, offsetof(struct fttcp_wire_conn_add, opts)),
		PART(follow, 0)),
	[FTTCP_WIRE_CONN_OPTS] = SHAPE(fttcp_wire_conn_opts, PART(opts_id, 0),
		PART(opts, offsetof(struct fttcp_wire_conn_opts, opts))),
	[FTTCP_WIRE_TX_DATA] = SHAPE(fttcp_wire_data, PART(data, 0),
		PART(tcp_state, offsetof(struct fttcp_wire_data, state))),
	[FTTCP_WIRE_RX_DATA] = SHAPE(fttcp_wire_data, PART(data, 0),
		PART(tcp_state, offsetof(struct fttcp_wire_data, state))),
	[FTTCP_WIRE_STATE] = SHAPE(fttcp_wire_conn_state, PART(state_id, 0),
		PART(tcp_state, offsetof(struct fttcp_wire_conn_state, state))),
	[FTTCP_WIRE_CONN_DEL] = SHAPE(fttcp_wire_conn_ref, PART(ref, 0)),
	[FTTCP_WIRE_HEARTBEAT] = SHAPE(fttcp_wire_beat, PART(beat, 0)),
	[FTTCP_WIRE_ACK] = SHAPE(fttcp_wire_beat, PART(beat, 0)),
	[FTTCP_WIRE_NACK] = SHAPE(fttcp_wire_conn_ref, PART(nack, 0)),
	[FTTCP_WIRE_STOP] = SHAPE(fttcp_wire_stop, PART(stop, 0)),
	[FTTCP_WIRE_AUDIT_MARK] = SHAPE(fttcp_wire_audit_mark,
		PART(audit_mark, 0)),
	[FTTCP_WIRE_AUDIT] = SHAPE(fttcp_wire_audit, PART(audit, 0),
		PART(tcp_state, offsetof(struct fttcp_wire_audit, state))),
	[FTTCP_WIRE_SWEEP] = SHAPE(fttcp_wire_audit_mark, PART(audit_mark, 0)),
	[FTTCP_WIRE_AUDIT_DIFF] = SHAPE(fttcp_wire_audit_diff,
		PART(audit_diff, 0)),
	[FTTCP_WIRE_AUDIT_DONE] = SHAPE(fttcp_wire_audit_done,
		PART(audit_done, 0)),
	[FTTCP_WIRE_COMMAND] = SHAPE(fttcp_wire_command, PART(command, 0)),
};

static uint64_t get(const uint8_t *at, unsigned int len)
{
	uint64_t v = 0;

	while (len--)
		v = v << 8 | *at++;
	return v;
}

static void put(uint8_t *at, unsigned int len, uint64_t v)
{
	while (len--) {
		at[len] = v;
		v >>= 8;
	}
}

size_t recgen_body_len(uint8_t type)
{
	return type < __FTTCP_WIRE_MAX ? shapes[type].len : 0;
}

bool recgen_counted(uint8_t type)
{
	return type != FTTCP_WIRE_HEARTBEAT && type != FTTCP_WIRE_ACK &&
	       type != FTTCP_WIRE_NACK && type != FTTCP_WIRE_AUDIT_DIFF &&
	       type != FTTCP_WIRE_AUDIT_DONE;
}

bool recgen_has_payload(uint8_t type)
{
	return type == FTTCP_WIRE_TX_DATA || type == FTTCP_WIRE_RX_DATA;
}

/**
 * recgen_header() - write the header of a record
 * @at: where
 * @type: enum fttcp_wire_type
 * @payload_len: bytes of payload
 * @index: of a counted record, else 0
 */
void recgen_header(void *at, uint8_t type, uint32_t payload_len,
		   uint64_t index)
{
	uint8_t *h = at;

	memset(h, 0, sizeof(struct fttcp_wire_hdr));
	put(h, 2, FTTCP_WIRE_MAGIC);
	h[2] = FTTCP_WIRE_VERSION;
	h[3] = type;
	put(h + 4, 2, recgen_body_len(type));
	put(h + 8, 4, payload_len);
	put(h + 16, 8, index);
}

/* --- valid values -------------------------------------------------------- */

static void fill_name(uint8_t *at, unsigned int len, struct rnd *r)
{
	static const char * const names[] = {
		"", "lo", "lan", "cubic", "reno", "no-such-thing",
	};

	memset(at, 0, len);
	strncpy((char *)at, names[rnd_below(r, ARRAY_SIZE(names))], len - 1);
}

static void fill_word(uint8_t *at, unsigned int len, struct rnd *r)
{
	memset(at, 0, len);
	snprintf((char *)at, len, "word-%u", rnd_below(r, 64));
}

static uint64_t value(const struct field *f, struct rnd *r)
{
	uint64_t v;

	switch (f->kind) {
	case RANGE:
		return rnd_range(r, f->min, f->max);
	case NOT_0:
		v = rnd_edge(r, f->len);
		return v ? v : 1;
	case BITS:
		return rnd64(r) & f->max;
	case STATE:
		do {
			v = rnd_below(r, TCP_CLOSING + 1);
		} while (!(f->max >> v & 1));
		return v;
	case MSS_OR_0:
		return rnd_one_in(r, 2) ? 0 : rnd_range(r, f->min, f->max);
	}
	return rnd_edge(r, f->len);
}

static void fill_field(const struct field *f, uint8_t *body, struct rnd *r)
{
	unsigned int i;

	switch (f->kind) {
	case NAME:
		fill_name(body + f->off, f->len, r);
		break;
	case WORD:
		fill_word(body + f->off, f->len, r);
		break;
	case BYTES:
	case ADDR:
		for (i = 0; i < f->len; i++)
			body[f->off + i] = rnd64(r);
		break;
	default:
		put(body + f->off, f->len, value(f, r));
	}
}

/* Both of one family, which fits the socket's. */
static void fill_addresses(struct fttcp_wire_conn *c, struct rnd *r)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	bool v4 = rnd_one_in(r, 2);

	c->family = htons(v4 && rnd_one_in(r, 2) ? AF_INET : AF_INET6);
	if (v4) {
		memcpy(c->laddr, mapped, sizeof(mapped));
		memcpy(c->raddr, mapped, sizeof(mapped));
	} else {
		c->laddr[0] = 0x20;
		c->raddr[0] = 0x20;
	}
}

/**
 * recgen_fill() - a body that has to be accepted
 * @type: enum fttcp_wire_type
 * @body: where; recgen_body_len() bytes
 * @r: chooses the values
 */
void recgen_fill(uint8_t type, void *body, struct rnd *r)
{
	const struct part *p = shapes[type].parts;
	unsigned int i;

	memset(body, 0, shapes[type].len);
	for (; p < shapes[type].parts + PARTS && p->fields; p++) {
		for (i = 0; i < p->count; i++)
			fill_field(&p->fields[i], (uint8_t *)body + p->at, r);
	}
	if (type == FTTCP_WIRE_HELLO) {
		struct fttcp_wire_hello *h = body;

		h->lane = rnd_below(r, h->lanes);
	} else if (type == FTTCP_WIRE_CONN_ADD) {
		struct fttcp_wire_conn_add *a = body;

		fill_addresses(&a->conn, r);
		/* whoever says that bytes follow has to send them */
		a->tx_follow = 0;
		a->rx_follow = 0;
	}
}

/* --- damage -------------------------------------------------------------- */

static const struct field *any_field(uint8_t type, struct rnd *r, size_t *at)
{
	const struct part *p = shapes[type].parts;
	unsigned int n = 1;

	while (n < PARTS && p[n].fields)
		n++;
	p += rnd_below(r, n);
	*at = p->at;
	return &p->fields[rnd_below(r, p->count)];
}

static uint64_t outside(const struct field *f, struct rnd *r)
{
	switch (rnd_below(r, 4)) {
	case 0:
		return f->max + 1;
	case 1:
		return f->min - 1;
	case 2:
		return 0;
	}
	return rnd_edge(r, f->len);
}

/**
 * recgen_damage() - set one field of a body to what it should hardly be
 * @type: enum fttcp_wire_type
 * @body: a body
 * @r: chooses
 *
 * The value may happen to be allowed: recgen_valid() tells.
 */
void recgen_damage(uint8_t type, void *body, struct rnd *r)
{
	const struct field *f;
	uint8_t *at;
	size_t off;

	if (rnd_one_in(r, 8)) {
		at = (uint8_t *)body + rnd_below(r, shapes[type].len);
		*at ^= 1 << rnd_below(r, 8);
		return;
	}
	f = any_field(type, r, &off);
	at = (uint8_t *)body + off + f->off;
	if (f->kind == NAME || f->kind == WORD)
		memset(at, 'x', f->len);
	else if (f->len > 8)
		at[rnd_below(r, f->len)] ^= 1 << rnd_below(r, 8);
	else
		put(at, f->len, outside(f, r));
}

/**
 * recgen_damage_header() - the same of a record's header
 * @at: the header
 * @r: chooses
 */
void recgen_damage_header(void *at, struct rnd *r)
{
	static const uint8_t fields[][2] = {
		{ 0, 2 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 6, 2 }, { 8, 4 },
		{ 12, 4 }, { 16, 8 },
	};
	const uint8_t *f = fields[rnd_below(r, ARRAY_SIZE(fields))];
	uint8_t *h = (uint8_t *)at + f[0];

	switch (rnd_below(r, 3)) {
	case 0:
		put(h, f[1], get(h, f[1]) + 1);
		break;
	case 1:
		put(h, f[1], get(h, f[1]) - 1);
		break;
	default:
		put(h, f[1], rnd_edge(r, f[1]));
	}
}

/* --- an opinion ---------------------------------------------------------- */

static bool number_ok(const struct field *f, uint64_t v)
{
	switch (f->kind) {
	case RANGE:
		return v >= f->min && v <= f->max;
	case NOT_0:
		return v;
	case BITS:
		return !(v & ~f->max);
	case STATE:
		return v <= TCP_CLOSING && f->max >> v & 1;
	case MSS_OR_0:
		return !v || (v >= f->min && v <= f->max);
	}
	return true;
}

/* Of all but CONN_ADD, a connection that has ended may be told. */
static bool ended_ok(const struct field *f, uint8_t type, uint64_t v)
{
	return f->kind == STATE && type != FTTCP_WIRE_CONN_ADD &&
	       v == TCP_CLOSE;
}

static bool word_ok(const struct field *f, const uint8_t *at)
{
	unsigned int i;

	for (i = 0; i < f->len && at[i]; i++)
		if (at[i] < f->min || at[i] > f->max)
			return false;
	return i && i < f->len;
}

static bool field_ok(const struct field *f, uint8_t type, const uint8_t *body)
{
	const uint8_t *at = body + f->off;
	uint64_t v;

	if (f->kind == WORD)
		return word_ok(f, at);
	if (f->kind == NAME)
		return memchr(at, 0, f->len);
	if (f->kind == BYTES || f->kind == ADDR)
		return true;
	v = get(at, f->len);
	return number_ok(f, v) || ended_ok(f, type, v);
}

static bool addresses_ok(const struct fttcp_wire_conn *c)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	bool l = !memcmp(c->laddr, mapped, sizeof(mapped));
	bool r = !memcmp(c->raddr, mapped, sizeof(mapped));

	if (l != r)
		return false;
	return c->family == htons(AF_INET6) ||
	       (c->family == htons(AF_INET) && l);
}

/**
 * recgen_valid() - has this body to be accepted?
 * @type: enum fttcp_wire_type
 * @body: recgen_body_len() bytes
 *
 * Return: true if so; if not, it has to be refused.
 */
bool recgen_valid(uint8_t type, const void *body)
{
	const struct part *p = shapes[type].parts;
	unsigned int i;

	for (; p < shapes[type].parts + PARTS && p->fields; p++) {
		for (i = 0; i < p->count; i++) {
			if (!field_ok(&p->fields[i], type,
				      (const uint8_t *)body + p->at))
				return false;
		}
	}
	if (type == FTTCP_WIRE_HELLO) {
		const struct fttcp_wire_hello *h = body;

		return h->lane < h->lanes;
	}
	if (type == FTTCP_WIRE_CONN_ADD)
		return addresses_ok(&((const struct fttcp_wire_conn_add *)
				      body)->conn);
	return true;
}
