// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes, headers and bodies of records: what a record may look like, decided
 * without any state but the index of the record before. Bytes that pass here
 * may still make no sense to the connection they are for; that is for
 * replica.c. Compiles in user space too.
 */
#include <linux/fttcp.h>
#include <fttcp/limits.h>

#include "compat/codec.h"
#include "record_codec.h"

static_assert(sizeof(struct fttcp_wire_hdr) == 24);
static_assert(sizeof(struct fttcp_wire_hello) == 40);
static_assert(sizeof(struct fttcp_wire_sync) == 16);
static_assert(sizeof(struct fttcp_wire_state) == 48);
static_assert(sizeof(struct fttcp_wire_opts) == 168);
static_assert(sizeof(struct fttcp_wire_conn) == 88);
static_assert(sizeof(struct fttcp_wire_conn_add) == 312);
static_assert(sizeof(struct fttcp_wire_conn_opts) == 176);
static_assert(sizeof(struct fttcp_wire_data) == 64);
static_assert(sizeof(struct fttcp_wire_conn_state) == 56);
static_assert(sizeof(struct fttcp_wire_conn_ref) == 16);
static_assert(sizeof(struct fttcp_wire_beat) == 40);
static_assert(sizeof(struct fttcp_wire_stop) == 16);
static_assert(sizeof(struct fttcp_wire_audit_mark) == 16);
static_assert(sizeof(struct fttcp_wire_audit) == 112);
static_assert(sizeof(struct fttcp_wire_audit_diff) == 32);
static_assert(sizeof(struct fttcp_wire_audit_done) == 32);
static_assert(sizeof(struct fttcp_wire_command) == 96);
static_assert(FTTCP_WIRE_COMMAND_ID > FTTCP_COMMAND_ID_MAX);
static_assert(FTTCP_WIRE_COMMAND_NAME > FTTCP_COMMAND_NAME_MAX);
static_assert(sizeof(struct fttcp_wire_conn_opts) <= FTTCP_WIRE_BODY_MAX);

/* Flags that this version knows; others are refused, not ignored. */
#define STATE_FLAGS	(FTTCP_WIRE_S_PEER_FIN | FTTCP_WIRE_S_FIN | \
			 FTTCP_WIRE_S_CLOSED | FTTCP_WIRE_S_FIN_ACKED)
#define OPTS_FLAGS	(FTTCP_WIRE_O_KEEPALIVE | FTTCP_WIRE_O_NODELAY | \
			 FTTCP_WIRE_O_CORK | FTTCP_WIRE_O_OOBINLINE | \
			 FTTCP_WIRE_O_SNDBUF | FTTCP_WIRE_O_RCVBUF | \
			 FTTCP_WIRE_O_HOP_LIMIT | FTTCP_WIRE_O_QUICKACK)
#define CONN_FLAGS	FTTCP_WIRE_C_ACTIVE_OPEN
#define TCP_OPTS	(FTTCP_WIRE_T_TSTAMP | FTTCP_WIRE_T_SACK | \
			 FTTCP_WIRE_T_WSCALE | FTTCP_WIRE_T_ECN | \
			 FTTCP_WIRE_T_USEC_TS)

#define AUDIT_FLAGS	(FTTCP_WIRE_A_MORE | FTTCP_WIRE_A_SKIP)
#define DIFF_WHAT	(FTTCP_WIRE_D_STATE | FTTCP_WIRE_D_OPTS | \
			 FTTCP_WIRE_D_TX | FTTCP_WIRE_D_RX | \
			 FTTCP_WIRE_D_MISSING | FTTCP_WIRE_D_STALE)

/* RFC 7323: a larger shift is taken for this one. */
#define WSCALE_MAX	14

/*
 * The largest that a number of an honest active can be: what the kernel lets
 * setsockopt() set, or TCP reach. TCP calculates with them, and some of its
 * calculations overflow beyond. Small ones are raised where they are used:
 * route and peer can make a segment size, even the congestion window, smaller
 * than TCP_MIN_MSS and 1; so only a divisor must not be 0.
 */
#define CWND_MAX	(1U << 20)	/* segments; fills any window */
#define SSTHRESH_MAX	0x7fffffffU	/* TCP_INFINITE_SSTHRESH */
#define WINDOW_MAX	(65535U << WSCALE_MAX)
#define INT_OPT_MAX	0x7fffffffU	/* options that are an int */
#define KEEP_SECONDS_MAX 32767		/* MAX_TCP_KEEPIDLE, _KEEPINTVL */
#define KEEP_PROBES_MAX	127		/* MAX_TCP_KEEPCNT */
#define USER_MSS_MIN	88		/* TCP_MIN_MSS */
#define USER_MSS_MAX	32767		/* MAX_TCP_WINDOW */
#define PMTUDISC_MAX	5		/* IP_PMTUDISC_OMIT */
#define ERRNO_MAX	4095		/* MAX_ERRNO */

/* States in which a connection can be replicated, and the one after them. */
#define STATES_LIVE	(1U << TCP_ESTABLISHED | 1U << TCP_FIN_WAIT1 | \
			 1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSE_WAIT | \
			 1U << TCP_LAST_ACK | 1U << TCP_CLOSING)
#define STATES_ANY	(STATES_LIVE | 1U << TCP_CLOSE)

static const u16 body_len[__FTTCP_WIRE_MAX] = {
	[FTTCP_WIRE_HELLO]	= sizeof(struct fttcp_wire_hello),
	[FTTCP_WIRE_SYNC_BEGIN]	= sizeof(struct fttcp_wire_sync),
	[FTTCP_WIRE_SYNC_END]	= sizeof(struct fttcp_wire_sync),
	[FTTCP_WIRE_CONN_ADD]	= sizeof(struct fttcp_wire_conn_add),
	[FTTCP_WIRE_CONN_OPTS]	= sizeof(struct fttcp_wire_conn_opts),
	[FTTCP_WIRE_TX_DATA]	= sizeof(struct fttcp_wire_data),
	[FTTCP_WIRE_RX_DATA]	= sizeof(struct fttcp_wire_data),
	[FTTCP_WIRE_STATE]	= sizeof(struct fttcp_wire_conn_state),
	[FTTCP_WIRE_CONN_DEL]	= sizeof(struct fttcp_wire_conn_ref),
	[FTTCP_WIRE_HEARTBEAT]	= sizeof(struct fttcp_wire_beat),
	[FTTCP_WIRE_ACK]	= sizeof(struct fttcp_wire_beat),
	[FTTCP_WIRE_NACK]	= sizeof(struct fttcp_wire_conn_ref),
	[FTTCP_WIRE_STOP]	= sizeof(struct fttcp_wire_stop),
	[FTTCP_WIRE_AUDIT_MARK]	= sizeof(struct fttcp_wire_audit_mark),
	[FTTCP_WIRE_AUDIT]	= sizeof(struct fttcp_wire_audit),
	[FTTCP_WIRE_SWEEP]	= sizeof(struct fttcp_wire_audit_mark),
	[FTTCP_WIRE_AUDIT_DIFF]	= sizeof(struct fttcp_wire_audit_diff),
	[FTTCP_WIRE_AUDIT_DONE]	= sizeof(struct fttcp_wire_audit_done),
	[FTTCP_WIRE_COMMAND]	= sizeof(struct fttcp_wire_command),
};

static const char * const decode_text[] = {
	[FTTCP_DECODE_OK]		= "no error",
	[FTTCP_DECODE_MAGIC]		= "not a record",
	[FTTCP_DECODE_VERSION]		= "protocol version not understood",
	[FTTCP_DECODE_TYPE]		= "unknown record type",
	[FTTCP_DECODE_BODY_LEN]		= "wrong length of the record",
	[FTTCP_DECODE_PAYLOAD_LEN]	= "wrong length of the payload",
	[FTTCP_DECODE_RESERVED]		= "reserved field not zero",
	[FTTCP_DECODE_INDEX]		= "record out of order",
	[FTTCP_DECODE_FIELD]		= "field out of range",
};

/**
 * fttcp_decode_text() - say why a record was refused
 * @d: verdict of a check
 *
 * Return: a sentence without a full stop.
 */
const char *fttcp_decode_text(enum fttcp_decode d)
{
	return (unsigned int)d < ARRAY_SIZE(decode_text) ?
	       decode_text[d] : "unknown error";
}

/**
 * fttcp_wire_body_len() - bytes of a type's own part
 * @type: enum fttcp_wire_type
 *
 * Return: the length, 0 for a type that does not exist.
 */
u16 fttcp_wire_body_len(u8 type)
{
	return type < __FTTCP_WIRE_MAX ? body_len[type] : 0;
}

/**
 * fttcp_wire_counted() - whether records of a type have an index
 * @type: enum fttcp_wire_type
 *
 * Return: false for HEARTBEAT, ACK and what a backup answers, which overtake
 * the others.
 */
bool fttcp_wire_counted(u8 type)
{
	return type != FTTCP_WIRE_HEARTBEAT && type != FTTCP_WIRE_ACK &&
	       type != FTTCP_WIRE_NACK && type != FTTCP_WIRE_AUDIT_DIFF &&
	       type != FTTCP_WIRE_AUDIT_DONE;
}

/**
 * fttcp_wire_has_payload() - whether records of a type carry payload
 * @type: enum fttcp_wire_type
 *
 * Return: true if they always do, false if they never do.
 */
bool fttcp_wire_has_payload(u8 type)
{
	return type == FTTCP_WIRE_TX_DATA || type == FTTCP_WIRE_RX_DATA;
}

/**
 * fttcp_wire_encode_hdr() - write a header
 * @h: where
 * @type: enum fttcp_wire_type
 * @payload_len: bytes of payload
 * @index: of a counted record, else 0
 */
void fttcp_wire_encode_hdr(struct fttcp_wire_hdr *h, u8 type, u32 payload_len,
			   u64 index)
{
	memset(h, 0, sizeof(*h));
	h->magic = cpu_to_be16(FTTCP_WIRE_MAGIC);
	h->version = FTTCP_WIRE_VERSION;
	h->type = type;
	h->body_len = cpu_to_be16(fttcp_wire_body_len(type));
	h->payload_len = cpu_to_be32(payload_len);
	h->index = cpu_to_be64(index);
}

/* HELLO of a newer node may still offer a version that we have. */
static bool version_ok(const struct fttcp_wire_hdr *h)
{
	if (h->type == FTTCP_WIRE_HELLO)
		return h->version >= FTTCP_WIRE_VERSION_MIN;
	return h->version == FTTCP_WIRE_VERSION;
}

static bool payload_len_ok(u8 type, u32 len)
{
	if (fttcp_wire_has_payload(type))
		return len && len <= FTTCP_RECORD_PAYLOAD_MAX;
	return !len;
}

/**
 * fttcp_wire_decode_hdr() - check a header
 * @h: the header as it came
 * @last_index: of the counted record before this one, 0 before the first
 * @rx: told what to expect; untouched but for success
 *
 * Return: FTTCP_DECODE_OK or why the link has to go down.
 */
enum fttcp_decode fttcp_wire_decode_hdr(const struct fttcp_wire_hdr *h,
					u64 last_index, struct fttcp_rx *rx)
{
	u32 payload_len = be32_to_cpu(h->payload_len);
	u64 index = be64_to_cpu(h->index);

	if (be16_to_cpu(h->magic) != FTTCP_WIRE_MAGIC)
		return FTTCP_DECODE_MAGIC;
	if (!version_ok(h))
		return FTTCP_DECODE_VERSION;
	if (!fttcp_wire_body_len(h->type))
		return FTTCP_DECODE_TYPE;
	if (be16_to_cpu(h->body_len) != fttcp_wire_body_len(h->type))
		return FTTCP_DECODE_BODY_LEN;
	if (h->reserved || h->reserved2)
		return FTTCP_DECODE_RESERVED;
	if (!payload_len_ok(h->type, payload_len))
		return FTTCP_DECODE_PAYLOAD_LEN;
	if (index != (fttcp_wire_counted(h->type) ? last_index + 1 : 0))
		return FTTCP_DECODE_INDEX;

	rx->type = h->type;
	rx->body_len = fttcp_wire_body_len(h->type);
	rx->payload_len = payload_len;
	rx->payload_got = 0;
	rx->index = index;
	return FTTCP_DECODE_OK;
}

static bool epoch_ok(__be64 epoch)
{
	return be64_to_cpu(epoch) <= FTTCP_EPOCH_MAX;
}

static enum fttcp_decode check_hello(const struct fttcp_wire_hello *h)
{
	u32 heartbeat = be32_to_cpu(h->heartbeat_ms);

	if (!h->version_min || h->version_min > FTTCP_WIRE_VERSION)
		return FTTCP_DECODE_VERSION;
	if (h->reserved || h->reserved2)
		return FTTCP_DECODE_RESERVED;
	if (!h->node_id || h->role > FTTCP_ROLE_MAX ||
	    h->claim > FTTCP_WIRE_CLAIM_ALL ||
	    !h->lanes || h->lanes > FTTCP_LANES_MAX || h->lane >= h->lanes ||
	    heartbeat < FTTCP_HEARTBEAT_MS_MIN ||
	    heartbeat > FTTCP_HEARTBEAT_MS_MAX || !epoch_ok(h->epoch))
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static enum fttcp_decode check_sync(const struct fttcp_wire_sync *s)
{
	if (s->reserved)
		return FTTCP_DECODE_RESERVED;
	if (be32_to_cpu(s->conns) > FTTCP_CONNS_MAX || !epoch_ok(s->epoch))
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static enum fttcp_decode check_state(const struct fttcp_wire_state *s,
				     u32 states)
{
	if (s->reserved)
		return FTTCP_DECODE_RESERVED;
	if (s->tcp_state > TCP_CLOSING || !(states & 1U << s->tcp_state) ||
	    s->flags & ~STATE_FLAGS ||
	    be32_to_cpu(s->snd_wnd) > WINDOW_MAX ||
	    be32_to_cpu(s->cwnd) > CWND_MAX ||
	    be32_to_cpu(s->ssthresh) > SSTHRESH_MAX)
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static bool terminated(const char *name)
{
	return memchr(name, 0, FTTCP_WIRE_NAME);
}

static bool user_mss_ok(u16 mss)
{
	return !mss || (mss >= USER_MSS_MIN && mss <= USER_MSS_MAX);
}

static bool opt_numbers_ok(const struct fttcp_wire_opts *o)
{
	return be32_to_cpu(o->keepidle) <= KEEP_SECONDS_MAX &&
	       be32_to_cpu(o->keepintvl) <= KEEP_SECONDS_MAX &&
	       o->keepcnt <= KEEP_PROBES_MAX &&
	       be32_to_cpu(o->user_timeout) <= INT_OPT_MAX &&
	       be32_to_cpu(o->sndbuf) <= INT_OPT_MAX &&
	       be32_to_cpu(o->rcvbuf) <= INT_OPT_MAX &&
	       be32_to_cpu(o->rcvlowat) <= INT_OPT_MAX &&
	       user_mss_ok(be16_to_cpu(o->user_mss)) &&
	       o->pmtudisc <= PMTUDISC_MAX;
}

static enum fttcp_decode check_opts(const struct fttcp_wire_opts *o)
{
	if (o->reserved)
		return FTTCP_DECODE_RESERVED;
	if (be32_to_cpu(o->flags) & ~OPTS_FLAGS ||
	    be16_to_cpu(o->md5_keylen) > FTTCP_WIRE_MD5_KEYLEN ||
	    !terminated(o->device) || !terminated(o->cong) ||
	    !opt_numbers_ok(o))
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static bool v4_mapped(const u8 *addr)
{
	static const u8 prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

/* A socket of AF_INET6 may well have v4-mapped addresses, but both or none. */
static bool addresses_ok(const struct fttcp_wire_conn *c)
{
	bool mapped = v4_mapped(c->laddr);

	if (mapped != v4_mapped(c->raddr) || !c->lport || !c->rport)
		return false;
	if (c->family == cpu_to_be16(AF_INET))
		return mapped;
	return c->family == cpu_to_be16(AF_INET6);
}

static enum fttcp_decode check_conn(const struct fttcp_wire_conn *c)
{
	if (c->reserved || c->reserved2)
		return FTTCP_DECODE_RESERVED;
	/* A peer may offer a segment size of 1; nothing but 0 is nonsense. */
	if (!c->id || c->flags & ~CONN_FLAGS || c->mode > FTTCP_MODE_MAX ||
	    !addresses_ok(c) || !c->mss_clamp || !c->mss_cache || !c->advmss ||
	    !c->rcv_mss || be32_to_cpu(c->max_window) > WINDOW_MAX ||
	    c->snd_wscale > WSCALE_MAX || c->rcv_wscale > WSCALE_MAX ||
	    c->tcp_opts & ~TCP_OPTS)
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static enum fttcp_decode check_conn_add(const struct fttcp_wire_conn_add *a)
{
	enum fttcp_decode d = check_conn(&a->conn);

	if (!d)
		d = check_state(&a->state, STATES_LIVE);
	if (!d)
		d = check_opts(&a->opts);
	/* Sequence numbers compare within half of their space. */
	if (!d && (be32_to_cpu(a->tx_follow) > INT_OPT_MAX ||
		   be32_to_cpu(a->rx_follow) > INT_OPT_MAX))
		d = FTTCP_DECODE_FIELD;
	return d;
}

static enum fttcp_decode check_data(const struct fttcp_wire_data *d)
{
	if (d->reserved)
		return FTTCP_DECODE_RESERVED;
	return d->id ? check_state(&d->state, STATES_ANY) : FTTCP_DECODE_FIELD;
}

static enum fttcp_decode check_ref(const struct fttcp_wire_conn_ref *r,
				   u8 type)
{
	if (r->index && type != FTTCP_WIRE_NACK)
		return FTTCP_DECODE_RESERVED;
	if (!r->id || be32_to_cpu(r->reason) > FTTCP_DOWN_REASON_MAX)
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static enum fttcp_decode check_beat(const struct fttcp_wire_beat *b)
{
	if (be32_to_cpu(b->alone_ms) > FTTCP_HOLD_MAX_MS_MAX ||
	    !epoch_ok(b->epoch))
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

/**
 * fttcp_wire_stop_code() - how STOP says why
 * @reason: enum fttcp_down_reason
 *
 * Context: any.
 * Return: its code.
 */
u32 fttcp_wire_stop_code(u8 reason)
{
	return reason == FTTCP_DOWN_REASON_FORCED ? FTTCP_WIRE_STOP_FORCED :
						    reason;
}

/**
 * fttcp_wire_stop_reason() - what the code of a STOP means
 * @code: of a record that was checked
 *
 * Context: any.
 * Return: enum fttcp_down_reason.
 */
u8 fttcp_wire_stop_reason(u32 code)
{
	return code == FTTCP_WIRE_STOP_FORCED ? FTTCP_DOWN_REASON_FORCED : code;
}

static enum fttcp_decode check_stop(const struct fttcp_wire_stop *s)
{
	u32 code = be32_to_cpu(s->code);

	if (s->reserved)
		return FTTCP_DECODE_RESERVED;
	if (code == FTTCP_DOWN_REASON_FORCED ||
	    (code > FTTCP_DOWN_REASON_MAX && code != FTTCP_WIRE_STOP_FORCED) ||
	    !epoch_ok(s->epoch))
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static enum fttcp_decode check_mark(const struct fttcp_wire_audit_mark *m)
{
	if (m->reserved)
		return FTTCP_DECODE_RESERVED;
	return m->number ? FTTCP_DECODE_OK : FTTCP_DECODE_FIELD;
}

static enum fttcp_decode check_audit(const struct fttcp_wire_audit *a)
{
	if (a->reserved)
		return FTTCP_DECODE_RESERVED;
	if (!a->id || !a->number || be32_to_cpu(a->flags) & ~AUDIT_FLAGS ||
	    be32_to_cpu(a->tx_len) > FTTCP_AUDIT_PIECE ||
	    be32_to_cpu(a->rx_len) > FTTCP_AUDIT_PIECE)
		return FTTCP_DECODE_FIELD;
	return check_state(&a->state, STATES_ANY);
}

static enum fttcp_decode check_diff(const struct fttcp_wire_audit_diff *d)
{
	u32 what = be32_to_cpu(d->what);

	if (d->reserved)
		return FTTCP_DECODE_RESERVED;
	if (!d->id || !d->number || !what || what & ~DIFF_WHAT)
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

static enum fttcp_decode check_done(const struct fttcp_wire_audit_done *d)
{
	if (d->reserved)
		return FTTCP_DECODE_RESERVED;
	if (!d->number || be32_to_cpu(d->conns) > FTTCP_CONNS_MAX ||
	    be32_to_cpu(d->stale) > FTTCP_CONNS_MAX)
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

/**
 * fttcp_wire_word_ok() - whether a text may name a command
 * @text: bytes, ended by 0
 * @size: of @text
 * @blanks: blanks are allowed
 *
 * What is printed must neither move the cursor nor end a line.
 *
 * Return: true if it has a character, an end, and only printing ones.
 */
bool fttcp_wire_word_ok(const char *text, size_t size, bool blanks)
{
	size_t i;

	for (i = 0; i < size && text[i]; i++)
		if (text[i] < (blanks ? ' ' : '!') || text[i] > '~')
			return false;
	return i && i < size;
}

static enum fttcp_decode check_command(const struct fttcp_wire_command *c)
{
	if (c->reserved || c->reserved2)
		return FTTCP_DECODE_RESERVED;
	if (!fttcp_wire_word_ok(c->id, sizeof(c->id), false) ||
	    !fttcp_wire_word_ok(c->name, sizeof(c->name), true) ||
	    !epoch_ok(c->epoch) || c->state > FTTCP_COMMAND_STATE_MAX ||
	    c->forget > 1 || be32_to_cpu(c->error) > ERRNO_MAX)
		return FTTCP_DECODE_FIELD;
	return FTTCP_DECODE_OK;
}

/**
 * fttcp_wire_check_body() - check a type's own part
 * @type: enum fttcp_wire_type, which fttcp_wire_decode_hdr() accepted
 * @body: as many bytes as fttcp_wire_body_len() says, aligned to 8
 *
 * Return: FTTCP_DECODE_OK or why the link has to go down.
 */
enum fttcp_decode fttcp_wire_check_body(u8 type, const void *body)
{
	const struct fttcp_wire_conn_state *state = body;
	const struct fttcp_wire_conn_opts *opts = body;

	switch (type) {
	case FTTCP_WIRE_HELLO:
		return check_hello(body);
	case FTTCP_WIRE_SYNC_BEGIN:
	case FTTCP_WIRE_SYNC_END:
		return check_sync(body);
	case FTTCP_WIRE_CONN_ADD:
		return check_conn_add(body);
	case FTTCP_WIRE_CONN_OPTS:
		return opts->id ? check_opts(&opts->opts) : FTTCP_DECODE_FIELD;
	case FTTCP_WIRE_TX_DATA:
	case FTTCP_WIRE_RX_DATA:
		return check_data(body);
	case FTTCP_WIRE_STATE:
		return state->id ? check_state(&state->state, STATES_ANY) :
				   FTTCP_DECODE_FIELD;
	case FTTCP_WIRE_CONN_DEL:
	case FTTCP_WIRE_NACK:
		return check_ref(body, type);
	case FTTCP_WIRE_HEARTBEAT:
	case FTTCP_WIRE_ACK:
		return check_beat(body);
	case FTTCP_WIRE_STOP:
		return check_stop(body);
	case FTTCP_WIRE_AUDIT_MARK:
	case FTTCP_WIRE_SWEEP:
		return check_mark(body);
	case FTTCP_WIRE_AUDIT:
		return check_audit(body);
	case FTTCP_WIRE_AUDIT_DIFF:
		return check_diff(body);
	case FTTCP_WIRE_AUDIT_DONE:
		return check_done(body);
	case FTTCP_WIRE_COMMAND:
		return check_command(body);
	}
	return FTTCP_DECODE_TYPE;
}
