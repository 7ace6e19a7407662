// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of kmod/record_codec.c: what a record from the network may look
 * like. Every rule has the value that passes and the first that does not, and
 * random bytes must neither pass nor read out of bounds (run with sanitizers).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record_codec.c"

static struct fttcp_wire_hdr hdr(u8 type, u32 payload_len, u64 index)
{
	struct fttcp_wire_hdr h;

	fttcp_wire_encode_hdr(&h, type, payload_len, index);
	return h;
}

static enum fttcp_decode decode(const struct fttcp_wire_hdr *h, u64 last)
{
	struct fttcp_rx rx;

	return fttcp_wire_decode_hdr(h, last, &rx);
}

static void fill_conn_add(struct fttcp_wire_conn_add *a)
{
	static const u8 local[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };
	static const u8 remote[16] = { [10] = 0xff, 0xff, 10, 0, 0, 2 };

	memset(a, 0, sizeof(*a));
	a->conn.id = cpu_to_be64(7);
	a->conn.family = cpu_to_be16(AF_INET);
	a->conn.mode = FTTCP_MODE_SYNC;
	a->conn.lport = cpu_to_be16(179);
	a->conn.rport = cpu_to_be16(40000);
	memcpy(a->conn.laddr, local, sizeof(local));
	memcpy(a->conn.raddr, remote, sizeof(remote));
	a->conn.mss_clamp = cpu_to_be16(1460);
	a->conn.mss_cache = cpu_to_be16(1448);
	a->conn.advmss = cpu_to_be16(1460);
	a->conn.rcv_mss = cpu_to_be16(1448);
	a->conn.snd_wscale = 7;
	a->conn.rcv_wscale = 14;
	a->conn.tcp_opts = TCP_OPTS;
	a->state.tcp_state = TCP_ESTABLISHED;
	a->state.flags = STATE_FLAGS;
	a->opts.flags = cpu_to_be32(OPTS_FLAGS);
	a->opts.md5_keylen = cpu_to_be16(FTTCP_WIRE_MD5_KEYLEN);
	strcpy(a->opts.device, "vrf-blue");
	strcpy(a->opts.cong, "cubic");
}

static void fill_hello(struct fttcp_wire_hello *h)
{
	memset(h, 0, sizeof(*h));
	h->node_id = cpu_to_be32(1);
	h->role = FTTCP_ROLE_ACTIVE;
	h->version_min = FTTCP_WIRE_VERSION_MIN;
	h->lane = 1;
	h->lanes = 2;
	h->heartbeat_ms = cpu_to_be32(FTTCP_HEARTBEAT_MS_DEFAULT);
}

/* --- headers ----------------------------------------------------------- */

static void test_every_type_round_trips(void **state)
{
	(void)state;
	for (u8 type = FTTCP_WIRE_HELLO; type < __FTTCP_WIRE_MAX; type++) {
		u32 payload = fttcp_wire_has_payload(type) ? 1500 : 0;
		u64 index = fttcp_wire_counted(type) ? 42 : 0;
		struct fttcp_wire_hdr h = hdr(type, payload, index);
		struct fttcp_rx rx = {};

		assert_int_equal(fttcp_wire_decode_hdr(&h, 41, &rx),
				 FTTCP_DECODE_OK);
		assert_int_equal(rx.type, type);
		assert_int_equal(rx.body_len, fttcp_wire_body_len(type));
		assert_true(rx.body_len > 0);
		assert_true(rx.body_len <= FTTCP_WIRE_BODY_MAX);
		assert_int_equal(rx.payload_len, payload);
		assert_int_equal(rx.index, index);
	}
}

static void test_header_bytes(void **state)
{
	static const u8 want[24] = {
		0xf7, 0x7c, 1, FTTCP_WIRE_TX_DATA, 0, 64, 0, 0,
		0, 0, 5, 0xdc, 0, 0, 0, 0,
		0, 0, 0, 1, 0, 0, 0, 2,
	};
	struct fttcp_wire_hdr h = hdr(FTTCP_WIRE_TX_DATA, 1500,
				      0x100000002ULL);

	(void)state;
	assert_memory_equal(&h, want, sizeof(want));
}

static void test_header_fields(void **state)
{
	struct fttcp_wire_hdr good = hdr(FTTCP_WIRE_STATE, 0, 1), h;

	(void)state;
	assert_int_equal(decode(&good, 0), FTTCP_DECODE_OK);
	h = good;
	h.magic ^= 1;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_MAGIC);
	h = good;
	h.version++;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_VERSION);
	h = good;
	h.type = 0;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_TYPE);
	h.type = __FTTCP_WIRE_MAX;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_TYPE);
	h.type = 255;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_TYPE);
	h = good;
	h.body_len = cpu_to_be16(be16_to_cpu(h.body_len) + 1);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_BODY_LEN);
	h = good;
	h.reserved = cpu_to_be16(1);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_RESERVED);
	h = good;
	h.reserved2 = cpu_to_be32(1);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_RESERVED);
}

static void test_hello_of_a_newer_version(void **state)
{
	struct fttcp_wire_hdr h = hdr(FTTCP_WIRE_HELLO, 0, 1);

	(void)state;
	h.version = FTTCP_WIRE_VERSION + 1;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_OK);
	h.version = 0;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_VERSION);
}

static void test_payload_length(void **state)
{
	struct fttcp_wire_hdr h = hdr(FTTCP_WIRE_RX_DATA, 0, 1);

	(void)state;
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_PAYLOAD_LEN);
	h = hdr(FTTCP_WIRE_RX_DATA, FTTCP_RECORD_PAYLOAD_MAX, 1);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_OK);
	h = hdr(FTTCP_WIRE_RX_DATA, FTTCP_RECORD_PAYLOAD_MAX + 1, 1);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_PAYLOAD_LEN);
	h = hdr(FTTCP_WIRE_CONN_ADD, 1, 1);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_PAYLOAD_LEN);
}

static void test_index(void **state)
{
	struct fttcp_wire_hdr h = hdr(FTTCP_WIRE_STATE, 0, 5);

	(void)state;
	assert_int_equal(decode(&h, 4), FTTCP_DECODE_OK);
	assert_int_equal(decode(&h, 5), FTTCP_DECODE_INDEX);
	assert_int_equal(decode(&h, 3), FTTCP_DECODE_INDEX);
	h = hdr(FTTCP_WIRE_STATE, 0, 0);
	assert_int_equal(decode(&h, 0), FTTCP_DECODE_INDEX);
	h = hdr(FTTCP_WIRE_ACK, 0, 5);
	assert_int_equal(decode(&h, 4), FTTCP_DECODE_INDEX);
	h = hdr(FTTCP_WIRE_NACK, 0, 0);
	assert_int_equal(decode(&h, 4), FTTCP_DECODE_OK);
}

static void test_refused_header_leaves_rx_alone(void **state)
{
	struct fttcp_wire_hdr h = hdr(FTTCP_WIRE_STATE, 0, 9);
	struct fttcp_rx rx = { .type = 77, .index = 66, .payload_len = 55 };

	(void)state;
	assert_int_equal(fttcp_wire_decode_hdr(&h, 1, &rx),
			 FTTCP_DECODE_INDEX);
	assert_int_equal(rx.type, 77);
	assert_int_equal(rx.index, 66);
	assert_int_equal(rx.payload_len, 55);
}

/* --- bodies ------------------------------------------------------------ */

/* Set @field of the good body to @value and expect @want. */
#define EXPECT(type, body, field, value, want) do {			\
	__typeof__(body) bad_ = (body);					\
									\
	bad_.field = (value);						\
	assert_int_equal(fttcp_wire_check_body((type), &bad_), (want));	\
} while (0)

static void test_hello(void **state)
{
	struct fttcp_wire_hello h;

	(void)state;
	fill_hello(&h);
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_HELLO, &h), 0);
#define H(f, v, want) EXPECT(FTTCP_WIRE_HELLO, h, f, v, FTTCP_DECODE_##want)
	H(version_min, 0, VERSION);
	H(version_min, FTTCP_WIRE_VERSION + 1, VERSION);
	H(reserved, 1, RESERVED);
	H(reserved2, 1, RESERVED);
	H(claim, FTTCP_WIRE_CLAIM_ALL, OK);
	H(claim, FTTCP_WIRE_CLAIM_ALL + 1, FIELD);
	H(node_id, 0, FIELD);
	H(role, FTTCP_ROLE_MAX, OK);
	H(role, FTTCP_ROLE_MAX + 1, FIELD);
	H(lanes, 0, FIELD);
	H(lanes, FTTCP_LANES_MAX, OK);
	H(lanes, FTTCP_LANES_MAX + 1, FIELD);
	H(lane, 2, FIELD);
	H(heartbeat_ms, cpu_to_be32(FTTCP_HEARTBEAT_MS_MIN), OK);
	H(heartbeat_ms, cpu_to_be32(FTTCP_HEARTBEAT_MS_MIN - 1), FIELD);
	H(heartbeat_ms, cpu_to_be32(FTTCP_HEARTBEAT_MS_MAX), OK);
	H(heartbeat_ms, cpu_to_be32(FTTCP_HEARTBEAT_MS_MAX + 1), FIELD);
	H(epoch, cpu_to_be64(FTTCP_EPOCH_MAX), OK);
	H(epoch, cpu_to_be64(FTTCP_EPOCH_MAX + 1), FIELD);
	H(epoch, cpu_to_be64(UINT64_MAX), FIELD);
#undef H
}

static void test_conn_add(void **state)
{
	struct fttcp_wire_conn_add a;

	(void)state;
	fill_conn_add(&a);
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_ADD, &a), 0);
#define A(f, v, want) EXPECT(FTTCP_WIRE_CONN_ADD, a, f, v, FTTCP_DECODE_##want)
	A(conn.id, 0, FIELD);
	A(conn.family, cpu_to_be16(AF_INET6), OK);	/* both v4-mapped */
	A(conn.family, cpu_to_be16(AF_UNIX), FIELD);
	A(conn.flags, FTTCP_WIRE_C_ACTIVE_OPEN, OK);
	A(conn.flags, 0x80, FIELD);
	A(conn.mode, FTTCP_MODE_MAX, OK);
	A(conn.mode, FTTCP_MODE_MAX + 1, FIELD);
	A(conn.lport, 0, FIELD);
	A(conn.rport, 0, FIELD);
	A(conn.laddr[0], 0x20, FIELD);		/* one mapped, one not */
	A(conn.raddr[0], 0x20, FIELD);
	A(conn.mss_clamp, cpu_to_be16(1), OK);
	A(conn.mss_clamp, 0, FIELD);
	A(conn.mss_cache, 0, FIELD);
	A(conn.advmss, 0, FIELD);
	A(conn.rcv_mss, cpu_to_be16(1), OK);
	A(conn.rcv_mss, 0, FIELD);
	A(conn.max_window, cpu_to_be32(WINDOW_MAX), OK);
	A(conn.max_window, cpu_to_be32(WINDOW_MAX + 1), FIELD);
	A(conn.snd_wscale, 14, OK);
	A(conn.snd_wscale, 15, FIELD);
	A(conn.rcv_wscale, 15, FIELD);
	A(conn.tcp_opts, 0x80, FIELD);
	A(conn.reserved, 1, RESERVED);
	A(conn.reserved2, 1, RESERVED);
	A(state.reserved, 1, RESERVED);
	A(state.cwnd, cpu_to_be32(CWND_MAX + 1), FIELD);
	A(opts.reserved, 1, RESERVED);
	A(opts.rcvbuf, cpu_to_be32(INT_OPT_MAX + 1), FIELD);
	A(tx_follow, cpu_to_be32(INT_OPT_MAX), OK);
	A(tx_follow, cpu_to_be32(INT_OPT_MAX + 1), FIELD);
	A(rx_follow, cpu_to_be32(INT_OPT_MAX + 1), FIELD);
#undef A
}

static void test_conn_add_ipv6(void **state)
{
	struct fttcp_wire_conn_add a;

	(void)state;
	fill_conn_add(&a);
	a.conn.laddr[0] = 0x20;
	a.conn.raddr[0] = 0x20;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_ADD, &a),
			 FTTCP_DECODE_FIELD);
	a.conn.family = cpu_to_be16(AF_INET6);
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_ADD, &a),
			 FTTCP_DECODE_OK);
}

static void test_states(void **state)
{
	static const u8 live[] = {
		TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT,
		TCP_LAST_ACK, TCP_CLOSING,
	};
	struct fttcp_wire_conn_state s = { .id = cpu_to_be64(1) };
	struct fttcp_wire_conn_add a;

	(void)state;
	fill_conn_add(&a);
	for (unsigned int v = 0; v < 256; v++) {
		bool ok = memchr(live, v, sizeof(live));

		a.state.tcp_state = v;
		assert_int_equal(!fttcp_wire_check_body(FTTCP_WIRE_CONN_ADD,
							&a), ok);
		/* An ended connection may still be told of. */
		s.state.tcp_state = v;
		assert_int_equal(!fttcp_wire_check_body(FTTCP_WIRE_STATE, &s),
				 ok || v == TCP_CLOSE);
	}
	s.state.tcp_state = TCP_ESTABLISHED;
	s.state.flags = 0x10;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_STATE, &s),
			 FTTCP_DECODE_FIELD);
	s.state.flags = 0;
	s.id = 0;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_STATE, &s),
			 FTTCP_DECODE_FIELD);
}

/* What TCP would calculate with after a promotion. */
static void test_state_numbers(void **state)
{
	struct fttcp_wire_conn_state s = {
		.id = cpu_to_be64(1),
		.state.tcp_state = TCP_ESTABLISHED,
	};

	(void)state;
#define S(f, v, want) EXPECT(FTTCP_WIRE_STATE, s, state.f,		\
			     cpu_to_be32(v), FTTCP_DECODE_##want)
	S(snd_wnd, 65535 << 14, OK);
	S(snd_wnd, (65535 << 14) + 1, FIELD);
	S(cwnd, 0, OK);
	S(cwnd, 1 << 20, OK);
	S(cwnd, (1 << 20) + 1, FIELD);
	S(cwnd, 1U << 31, FIELD);
	S(ssthresh, INT32_MAX, OK);
	S(ssthresh, INT32_MAX + 1U, FIELD);
#undef S
}

static void test_opt_numbers(void **state)
{
	struct fttcp_wire_conn_opts o = { .id = cpu_to_be64(1) };

	(void)state;
#define O(f, v, want) EXPECT(FTTCP_WIRE_CONN_OPTS, o, opts.f, v,	\
			     FTTCP_DECODE_##want)
	O(keepidle, cpu_to_be32(32767), OK);
	O(keepidle, cpu_to_be32(32768), FIELD);
	O(keepintvl, cpu_to_be32(32767), OK);
	O(keepintvl, cpu_to_be32(32768), FIELD);
	O(keepcnt, 127, OK);
	O(keepcnt, 128, FIELD);
	O(user_timeout, cpu_to_be32(INT32_MAX), OK);
	O(user_timeout, cpu_to_be32(INT32_MAX + 1U), FIELD);
	O(notsent_lowat, cpu_to_be32(UINT32_MAX), OK);
	O(sndbuf, cpu_to_be32(INT32_MAX), OK);
	O(sndbuf, cpu_to_be32(INT32_MAX + 1U), FIELD);
	O(rcvbuf, cpu_to_be32(INT32_MAX), OK);
	O(rcvbuf, cpu_to_be32(INT32_MAX + 1U), FIELD);
	O(rcvlowat, cpu_to_be32(INT32_MAX), OK);
	O(rcvlowat, cpu_to_be32(INT32_MAX + 1U), FIELD);
	O(user_mss, cpu_to_be16(87), FIELD);
	O(user_mss, cpu_to_be16(88), OK);
	O(user_mss, cpu_to_be16(32767), OK);
	O(user_mss, cpu_to_be16(32768), FIELD);
	O(pmtudisc, 5, OK);
	O(pmtudisc, 6, FIELD);
#undef O
}

static void test_opts(void **state)
{
	struct fttcp_wire_conn_opts o = { .id = cpu_to_be64(1) };

	(void)state;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_OPTS, &o), 0);
#define O(f, v, want) EXPECT(FTTCP_WIRE_CONN_OPTS, o, f, v, FTTCP_DECODE_##want)
	O(id, 0, FIELD);
	O(opts.flags, cpu_to_be32(1U << 31), FIELD);
	O(opts.md5_keylen, cpu_to_be16(80), OK);
	O(opts.md5_keylen, cpu_to_be16(81), FIELD);
	O(opts.reserved, 1, RESERVED);
#undef O
	memset(o.opts.device, 'x', 15);
	memset(o.opts.cong, 'x', 15);
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_OPTS, &o), 0);
	o.opts.device[15] = 'x';
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_OPTS, &o),
			 FTTCP_DECODE_FIELD);
	o.opts.device[15] = 0;
	o.opts.cong[15] = 'x';
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_OPTS, &o),
			 FTTCP_DECODE_FIELD);
}

static void test_data(void **state)
{
	struct fttcp_wire_data d = {
		.id = cpu_to_be64(1),
		.state.tcp_state = TCP_ESTABLISHED,
	};

	(void)state;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_TX_DATA, &d), 0);
	EXPECT(FTTCP_WIRE_TX_DATA, d, id, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_RX_DATA, d, reserved, 1, FTTCP_DECODE_RESERVED);
	EXPECT(FTTCP_WIRE_RX_DATA, d, state.tcp_state, TCP_LISTEN,
	       FTTCP_DECODE_FIELD);
}

static void test_small_bodies(void **state)
{
	struct fttcp_wire_conn_ref r = { .id = cpu_to_be64(1) };
	struct fttcp_wire_beat b = {};
	struct fttcp_wire_sync y = {};
	struct fttcp_wire_stop s = {};

	(void)state;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_CONN_DEL, &r), 0);
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_NACK, &r), 0);
	EXPECT(FTTCP_WIRE_NACK, r, id, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_CONN_DEL, r, index, 1, FTTCP_DECODE_RESERVED);
	EXPECT(FTTCP_WIRE_NACK, r, index, 1, FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_CONN_DEL, r, reason,
	       cpu_to_be32(FTTCP_DOWN_REASON_MAX + 1), FTTCP_DECODE_FIELD);

	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_ACK, &b), 0);
	EXPECT(FTTCP_WIRE_HEARTBEAT, b, alone_ms,
	       cpu_to_be32(FTTCP_HOLD_MAX_MS_MAX), FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_HEARTBEAT, b, alone_ms,
	       cpu_to_be32(FTTCP_HOLD_MAX_MS_MAX + 1), FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_ACK, b, epoch, cpu_to_be64(FTTCP_EPOCH_MAX),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_ACK, b, epoch, cpu_to_be64(FTTCP_EPOCH_MAX + 1),
	       FTTCP_DECODE_FIELD);

	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_SYNC_BEGIN, &y), 0);
	EXPECT(FTTCP_WIRE_SYNC_END, y, conns, cpu_to_be32(FTTCP_CONNS_MAX),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_SYNC_END, y, conns, cpu_to_be32(FTTCP_CONNS_MAX + 1),
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_SYNC_END, y, reserved, 1, FTTCP_DECODE_RESERVED);
	EXPECT(FTTCP_WIRE_SYNC_BEGIN, y, epoch, cpu_to_be64(FTTCP_EPOCH_MAX),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_SYNC_BEGIN, y, epoch,
	       cpu_to_be64(FTTCP_EPOCH_MAX + 1), FTTCP_DECODE_FIELD);

	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_STOP, &s), 0);
	EXPECT(FTTCP_WIRE_STOP, s, code, cpu_to_be32(FTTCP_DOWN_REASON_STOPPED),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_STOP, s, code, cpu_to_be32(FTTCP_DOWN_REASON_FORCED),
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_STOP, s, code, cpu_to_be32(591000), FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_STOP, s, code, cpu_to_be32(591001),
	       FTTCP_DECODE_FIELD);
	assert_int_equal(fttcp_wire_stop_code(FTTCP_DOWN_REASON_FORCED), 591000);
	assert_int_equal(fttcp_wire_stop_reason(591000),
			 FTTCP_DOWN_REASON_FORCED);
	assert_int_equal(fttcp_wire_stop_code(FTTCP_DOWN_REASON_STOPPED),
			 FTTCP_DOWN_REASON_STOPPED);
	assert_int_equal(fttcp_wire_stop_reason(FTTCP_DOWN_REASON_STOPPED),
			 FTTCP_DOWN_REASON_STOPPED);
	EXPECT(FTTCP_WIRE_STOP, s, code,
	       cpu_to_be32(FTTCP_DOWN_REASON_MAX + 1), FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_STOP, s, reserved, 1, FTTCP_DECODE_RESERVED);
	EXPECT(FTTCP_WIRE_STOP, s, epoch, cpu_to_be64(FTTCP_EPOCH_MAX),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_STOP, s, epoch, cpu_to_be64(FTTCP_EPOCH_MAX + 1),
	       FTTCP_DECODE_FIELD);
}

static void test_audit(void **state)
{
	struct fttcp_wire_audit a = {
		.id = cpu_to_be64(1), .number = cpu_to_be64(1),
		.state.tcp_state = TCP_ESTABLISHED,
	};

	(void)state;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_AUDIT, &a), 0);
	EXPECT(FTTCP_WIRE_AUDIT, a, id, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT, a, number, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT, a, reserved, 1, FTTCP_DECODE_RESERVED);
	EXPECT(FTTCP_WIRE_AUDIT, a, state.tcp_state, TCP_CLOSE,
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_AUDIT, a, state.tcp_state, TCP_LISTEN,
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT, a, flags,
	       cpu_to_be32(FTTCP_WIRE_A_MORE | FTTCP_WIRE_A_SKIP),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_AUDIT, a, flags, cpu_to_be32(4), FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT, a, tx_len, cpu_to_be32(FTTCP_AUDIT_PIECE),
	       FTTCP_DECODE_OK);
	EXPECT(FTTCP_WIRE_AUDIT, a, tx_len, cpu_to_be32(FTTCP_AUDIT_PIECE + 1),
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT, a, rx_len, cpu_to_be32(FTTCP_AUDIT_PIECE + 1),
	       FTTCP_DECODE_FIELD);
}

static void test_audit_marks_and_answers(void **state)
{
	struct fttcp_wire_audit_mark m = { .number = cpu_to_be64(1) };
	struct fttcp_wire_audit_done n = { .number = cpu_to_be64(1) };
	struct fttcp_wire_audit_diff d = {
		.id = cpu_to_be64(1), .number = cpu_to_be64(1),
		.what = cpu_to_be32(FTTCP_WIRE_D_TX),
	};

	(void)state;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_SWEEP, &m), 0);
	EXPECT(FTTCP_WIRE_AUDIT_MARK, m, number, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_SWEEP, m, reserved, 1, FTTCP_DECODE_RESERVED);

	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_AUDIT_DIFF, &d), 0);
	EXPECT(FTTCP_WIRE_AUDIT_DIFF, d, id, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DIFF, d, number, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DIFF, d, what, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DIFF, d, what,
	       cpu_to_be32(FTTCP_WIRE_D_STALE << 1), FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DIFF, d, reserved, 1, FTTCP_DECODE_RESERVED);

	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_AUDIT_DONE, &n), 0);
	EXPECT(FTTCP_WIRE_AUDIT_DONE, n, number, 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DONE, n, conns,
	       cpu_to_be32(FTTCP_CONNS_MAX + 1), FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DONE, n, stale,
	       cpu_to_be32(FTTCP_CONNS_MAX + 1), FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_AUDIT_DONE, n, reserved, 1, FTTCP_DECODE_RESERVED);
}

static void test_command(void **state)
{
	struct fttcp_wire_command c = {
		.id = "0b1c", .name = "policy add", .error = cpu_to_be32(2),
		.state = FTTCP_COMMAND_STATE_DONE,
	};

	(void)state;
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_COMMAND, &c), 0);
	EXPECT(FTTCP_WIRE_COMMAND, c, id[0], 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, id[1], ' ', FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, id[1], 0x7f, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, id[1], '\x9b', FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, name[0], 0, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, name[1], '\n', FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, error, cpu_to_be32(4096),
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, state, FTTCP_COMMAND_STATE_MAX + 1,
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, forget, 2, FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, epoch, cpu_to_be64(FTTCP_EPOCH_MAX + 1),
	       FTTCP_DECODE_FIELD);
	EXPECT(FTTCP_WIRE_COMMAND, c, reserved, 1, FTTCP_DECODE_RESERVED);
	EXPECT(FTTCP_WIRE_COMMAND, c, reserved2, 1, FTTCP_DECODE_RESERVED);
	memset(c.id, 'x', sizeof(c.id));
	assert_int_equal(fttcp_wire_check_body(FTTCP_WIRE_COMMAND, &c),
			 FTTCP_DECODE_FIELD);
}

static void test_unknown_type(void **state)
{
	u8 body[FTTCP_WIRE_BODY_MAX] __attribute__((aligned(8))) = {};

	(void)state;
	assert_int_equal(fttcp_wire_check_body(0, body), FTTCP_DECODE_TYPE);
	assert_int_equal(fttcp_wire_check_body(__FTTCP_WIRE_MAX, body),
			 FTTCP_DECODE_TYPE);
	assert_int_equal(fttcp_wire_body_len(__FTTCP_WIRE_MAX), 0);
}

static void test_texts(void **state)
{
	(void)state;
	for (int d = FTTCP_DECODE_OK; d <= FTTCP_DECODE_FIELD; d++)
		assert_true(strlen(fttcp_decode_text(d)) > 0);
	assert_string_equal(fttcp_decode_text(FTTCP_DECODE_FIELD + 1),
			    "unknown error");
}

/* --- bytes that nobody wrote ------------------------------------------- */

/*
 * Bodies on the heap and of exactly their size, so that a sanitizer sees a
 * byte too far. Every type has a reserved field or a range that random bytes
 * miss, or all but miss.
 */
static void test_random_bodies(void **state)
{
	unsigned int passed[__FTTCP_WIRE_MAX] = {}, each = 10000;

	(void)state;
	srandom(1);
	for (unsigned int i = 0; i < each * (__FTTCP_WIRE_MAX - 1); i++) {
		u8 type = 1 + i % (__FTTCP_WIRE_MAX - 1);
		u16 len = fttcp_wire_body_len(type);
		u8 *body = malloc(len);

		assert_non_null(body);
		for (u16 k = 0; k < len; k++)
			body[k] = random();
		if (!fttcp_wire_check_body(type, body))
			passed[type]++;
		free(body);
	}
	for (u8 type = 1; type < __FTTCP_WIRE_MAX; type++)
		assert_in_range(passed[type], 0, each / 1000);
}

/* A changed bit anywhere in a header is noticed. */
static void test_every_bit_of_a_header(void **state)
{
	struct fttcp_wire_hdr good = hdr(FTTCP_WIRE_STATE, 0, 3);

	(void)state;
	for (unsigned int bit = 0; bit < 8 * sizeof(good); bit++) {
		struct fttcp_wire_hdr h = good;

		((u8 *)&h)[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(decode(&h, 2), FTTCP_DECODE_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_round_trips),
		cmocka_unit_test(test_header_bytes),
		cmocka_unit_test(test_header_fields),
		cmocka_unit_test(test_hello_of_a_newer_version),
		cmocka_unit_test(test_payload_length),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_refused_header_leaves_rx_alone),
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_conn_add),
		cmocka_unit_test(test_conn_add_ipv6),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_state_numbers),
		cmocka_unit_test(test_opt_numbers),
		cmocka_unit_test(test_opts),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_small_bodies),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_audit_marks_and_answers),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_random_bodies),
		cmocka_unit_test(test_every_bit_of_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
