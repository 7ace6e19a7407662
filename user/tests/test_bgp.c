// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BGP collector without a network: framing, messages, attribute text, the
 * table's digest, and a session over a socket pair.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "examples/bgp-collector/attr.h"
#include "examples/bgp-collector/bgp.h"
#include "examples/bgp-collector/session.h"
#include "examples/bgp-collector/table.h"

static const struct bgp_open our = { .as = 65000, .id = 0x0a000064,
				     .hold = 30, .as4 = true };

/* origin igp, as-path 65011 (four octets), next-hop 10.0.0.11, community */
static const uint8_t attrs[] = {
	0x40, 1, 1, 0,
	0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xf3,
	0x40, 3, 4, 10, 0, 0, 11,
	0xc0, 8, 8, 0xfd, 0xf3, 0, 9, 0xfd, 0xf3, 0, 7,
};

#define ATTRS "origin igp as-path 65011 next-hop 10.0.0.11 " \
	"communities 65011:7 65011:9"

static size_t put_update(uint8_t *buf, const uint8_t *withdrawn, size_t wlen,
			 const uint8_t *attr, size_t alen,
			 const uint8_t *nlri, size_t nlen)
{
	size_t len = BGP_HEADER + 4 + wlen + alen + nlen;
	uint8_t *p = buf + BGP_HEADER;

	memset(buf, 0xff, 16);
	buf[16] = len >> 8;
	buf[17] = len;
	buf[18] = BGP_UPDATE;
	*p++ = wlen >> 8;
	*p++ = wlen;
	if (wlen)
		memcpy(p, withdrawn, wlen);
	p += wlen;
	*p++ = alen >> 8;
	*p++ = alen;
	if (alen)
		memcpy(p, attr, alen);
	if (nlen)
		memcpy(p + alen, nlri, nlen);
	return len;
}

/* 20.1.2.0/24, 20.1.128.0/17, 0.0.0.0/0; host bits set in the second */
static const uint8_t nlri[] = { 24, 20, 1, 2, 17, 20, 1, 255, 0 };

static void test_frame(void **state)
{
	uint8_t buf[BGP_MAX];
	size_t len = bgp_put_open(buf, &our);
	int err = 0;

	(void)state;
	for (size_t have = 0; have < len; have++)
		assert_int_equal(bgp_frame(buf, have, &err), 0);
	assert_int_equal(bgp_frame(buf, len, &err), len);
	assert_int_equal(bgp_frame(buf, len + 5, &err), len);
	buf[3] = 0;
	assert_int_equal(bgp_frame(buf, len, &err), -1);
	assert_int_equal(err, BGP_ERR_SYNC);
	bgp_put_keepalive(buf);
	buf[17] = BGP_HEADER + 1;
	assert_int_equal(bgp_frame(buf, len, &err), -1);
	assert_int_equal(err, BGP_ERR_LENGTH);
	bgp_put_keepalive(buf);
	buf[18] = 9;
	assert_int_equal(bgp_frame(buf, len, &err), -1);
	assert_int_equal(err, BGP_ERR_TYPE);
}

static void test_resync(void **state)
{
	uint8_t buf[512];
	size_t len;

	(void)state;
	len = put_update(buf, NULL, 0, attrs, sizeof(attrs), nlri,
			 sizeof(nlri));
	bgp_put_keepalive(buf + len);
	assert_int_equal(bgp_resync(buf, len), 0);
	for (size_t cut = 1; cut <= len; cut++)
		assert_int_equal(bgp_resync(buf + cut, len + BGP_HEADER - cut),
				 len - cut);
}

static void test_open(void **state)
{
	struct bgp_open big = { .as = 4200000001u, .id = 0x01020304,
				.hold = 90 }, got;
	uint8_t buf[BGP_MAX];
	size_t len = bgp_put_open(buf, &big);

	(void)state;
	assert_int_equal(bgp_type(buf), BGP_OPEN);
	assert_int_equal(bgp_parse_open(buf, len, &got), 0);
	assert_int_equal(got.as, big.as);
	assert_int_equal(got.id, big.id);
	assert_int_equal(got.hold, 90);
	assert_true(got.as4);
	for (size_t cut = BGP_HEADER + 10; cut < len; cut++)
		assert_int_equal(bgp_parse_open(buf, cut, &got),
				 BGP_ERR_OPTION);
	buf[BGP_HEADER] = 3;
	assert_int_equal(bgp_parse_open(buf, len, &got), BGP_ERR_VERSION);
}

static void test_attrs(void **state)
{
	/* The same, other order, extended lengths. */
	static const uint8_t other[] = {
		0xd0, 8, 0, 8, 0xfd, 0xf3, 0, 7, 0xfd, 0xf3, 0, 9,
		0x50, 2, 0, 6, 2, 1, 0, 0, 0xfd, 0xf3,
		0x40, 3, 4, 10, 0, 0, 11,
		0x40, 1, 1, 0,
	};
	static const uint8_t twice[] = { 0x40, 1, 1, 0, 0x40, 1, 1, 0 };
	static const uint8_t longer[] = { 0x40, 1, 2, 0, 0 };
	char text[BGP_ATTR_TEXT];

	(void)state;
	assert_int_equal(attr_text(attrs, sizeof(attrs), true, text,
				   sizeof(text)), 0);
	assert_string_equal(text, ATTRS);
	assert_int_equal(attr_text(other, sizeof(other), true, text,
				   sizeof(text)), 0);
	assert_string_equal(text, ATTRS);
	assert_int_equal(attr_text(twice, sizeof(twice), true, text,
				   sizeof(text)), BGP_ERR_ATTR_LIST);
	assert_int_equal(attr_text(longer, sizeof(longer), true, text,
				   sizeof(text)), BGP_ERR_ATTR_LENGTH);
	/* Read with two octets a number, the rest is no whole segment. */
	assert_int_not_equal(attr_text(attrs + 4, 9, false, text,
				       sizeof(text)),
			     attr_text(attrs + 4, 9, true, text,
				       sizeof(text)));
}

struct counted {
	struct table table;
	int announced;
	int withdrawn;
};

static void on_withdraw(void *arg, const struct bgp_prefix *p)
{
	struct counted *c = arg;

	c->withdrawn++;
	table_del(&c->table, p);
}

static void on_announce(void *arg, const struct bgp_prefix *p,
			const char *text)
{
	struct counted *c = arg;

	c->announced++;
	table_put(&c->table, p, text);
}

static const struct bgp_update_ops ops = {
	.withdraw = on_withdraw,
	.announce = on_announce,
};

static void test_update(void **state)
{
	struct counted *c = calloc(1, sizeof(*c));
	char *text = NULL;
	uint8_t buf[BGP_MAX];
	size_t size, len;
	FILE *out;

	(void)state;
	len = put_update(buf, NULL, 0, attrs, sizeof(attrs), nlri,
			 sizeof(nlri));
	assert_int_equal(bgp_parse_update(buf, len, true, &ops, c), 0);
	assert_int_equal(c->announced, 3);
	assert_int_equal(c->table.count, 3);
	out = open_memstream(&text, &size);
	table_print(&c->table, out);
	fclose(out);
	assert_string_equal(text, "0.0.0.0/0 " ATTRS "\n"
			    "20.1.2.0/24 " ATTRS "\n"
			    "20.1.128.0/17 " ATTRS "\n");
	free(text);
	len = put_update(buf, nlri, 4, NULL, 0, NULL, 0);
	assert_int_equal(bgp_parse_update(buf, len, true, &ops, c), 0);
	assert_int_equal(c->withdrawn, 1);
	assert_int_equal(c->table.count, 2);
	table_flush(&c->table);
	assert_int_equal(c->table.count, 0);
	free(c);
}

/* Nothing of a message that is not whole in itself reaches the table. */
static void test_update_bad(void **state)
{
	struct counted *c = calloc(1, sizeof(*c));
	uint8_t good[BGP_MAX], *buf;
	size_t len;

	(void)state;
	len = put_update(good, nlri, 4, attrs, sizeof(attrs), nlri,
			 sizeof(nlri));
	for (size_t cut = 23; cut < len; cut++) {
		/* In its own allocation, so that a sanitizer sees the end. */
		buf = malloc(cut);
		memcpy(buf, good, cut);
		if (bgp_parse_update(buf, cut, true, &ops, c))
			assert_int_equal(c->announced, 0);
		c->announced = 0;
		free(buf);
	}
	good[len - 5] = 33;
	assert_int_equal(bgp_parse_update(good, len, true, &ops, c),
			 BGP_ERR_PREFIX);
	assert_int_equal(c->announced, 0);
	table_flush(&c->table);
	free(c);
}

static void test_digest(void **state)
{
	struct table *x = calloc(1, sizeof(*x)), *y = calloc(1, sizeof(*y));
	char a[TABLE_DIGEST], b[TABLE_DIGEST];

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		struct bgp_prefix p = { i << 8, 24 }, q = { (2999 - i) << 8,
							    24 };

		table_put(x, &p, i % 7 ? "one" : "two");
		table_put(y, &q, "other");
		table_put(y, &q, (2999 - i) % 7 ? "one" : "two");
	}
	table_digest(x, a);
	table_digest(y, b);
	assert_string_equal(a, b);
	table_put(y, &(struct bgp_prefix){ 0, 24 }, "one");
	table_digest(y, b);
	assert_string_not_equal(a, b);
	table_flush(x);
	table_digest(x, a);
	/* SHA-256 of nothing */
	assert_memory_equal(a, "e3b0c44298fc1c14", 16);
	table_flush(y);
	free(x);
	free(y);
}

static size_t drain(int fd, uint8_t *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT);

	return n < 0 ? 0 : n;
}

static void test_session(void **state)
{
	struct bgp_open peer = { .as = 65011, .id = 1, .hold = 9 }, got;
	uint8_t buf[BGP_MAX];
	struct session *s;
	size_t len, n;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    fd), 0);
	s = session_new(fd[0], "10.0.0.11", 40000, &our);
	n = drain(fd[1], buf, sizeof(buf));
	assert_int_equal(bgp_parse_open(buf, n, &got), 0);
	assert_int_equal(got.as, our.as);

	len = bgp_put_open(buf, &peer);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(send(fd[1], buf + i, 1, 0), 1);
		session_io(s, POLLIN);
	}
	assert_int_equal(drain(fd[1], buf, sizeof(buf)), BGP_HEADER);
	assert_int_equal(bgp_type(buf), BGP_KEEPALIVE);
	assert_false(s->established);
	n = bgp_put_keepalive(buf);
	n += put_update(buf + n, NULL, 0, attrs, sizeof(attrs), nlri,
			sizeof(nlri));
	assert_int_equal(send(fd[1], buf, n, 0), n);
	session_io(s, POLLIN);
	assert_true(s->established);
	assert_int_equal(s->table.count, 3);
	assert_true(session_timeout(s) <= 3000);

	memset(buf, 0, BGP_HEADER);
	send(fd[1], buf, BGP_HEADER, 0);
	session_io(s, POLLIN);
	assert_int_equal(s->fd, -1);
	assert_int_equal(s->error, BGP_ERR_SYNC);
	n = drain(fd[1], buf, sizeof(buf));
	assert_int_equal(n, BGP_HEADER + 2);
	assert_int_equal(bgp_type(buf), BGP_NOTIFICATION);
	session_free(s);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_bad),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
