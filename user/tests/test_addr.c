// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses, end points and prefixes: what is taken, what is refused and why,
 * and that what is written is read back the same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"

static void endpoint_good(void **state)
{
	static const struct {
		const char *text;
		uint16_t family;
		uint16_t port;
	} good[] = {
		{ "10.0.0.1:179", AF_INET, 179 },
		{ "0.0.0.0:1", AF_INET, 1 },
		{ "255.255.255.255:65535", AF_INET, 65535 },
		{ "[2001:db8::1]:179", AF_INET6, 179 },
		{ "[::]:646", AF_INET6, 646 },
		{ "[::ffff:10.0.0.1]:22", AF_INET6, 22 },
	};
	char text[FTTCP_ADDR_STRLEN];
	struct fttcp_endpoint ep;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(fttcp_endpoint_parse(good[i].text, &ep), 0);
		assert_int_equal(ep.family, good[i].family);
		assert_int_equal(ep.port, good[i].port);
		assert_string_equal(fttcp_endpoint_format(&ep, text),
				    good[i].text);
	}
}

static void endpoint_bad(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "", -EINVAL },
		{ ":", -EINVAL },
		{ ":179", -EINVAL },
		{ "10.0.0.1", -EINVAL },
		{ "10.0.0.1:", -EINVAL },
		{ "10.0.0.1:x", -EINVAL },
		{ "10.0.0.1:17 9", -EINVAL },
		{ "10.0.0.1:-1", -EINVAL },
		{ "10.0.0.1:0", -ERANGE },
		{ "10.0.0.1:65536", -ERANGE },
		{ "10.0.0.1:99999999999999999999", -ERANGE },
		{ "10.0.0:179", -EINVAL },
		{ "10.0.0.256:179", -EINVAL },
		{ "[10.0.0.1]:179", -EINVAL },
		{ "2001:db8::1:179", -EINVAL },
		{ "[2001:db8::1]", -EINVAL },
		{ "[2001:db8::1]179", -EINVAL },
		{ "[]:179", -EINVAL },
		{ "[:179", -EINVAL },
		{ "[2001:db8::1:179", -EINVAL },
		{ "host:179", -EINVAL },
		{ "[fe80::1%nosuchdev0]:179", -ENODEV },
	};
	char longest[300];
	struct fttcp_endpoint ep;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fttcp_endpoint_parse(bad[i].text, &ep) != bad[i].err)
			fail_msg("\"%s\" gave %d", bad[i].text,
				 fttcp_endpoint_parse(bad[i].text, &ep));
	memset(longest, '1', sizeof(longest));
	strcpy(longest + sizeof(longest) - 4, ":17");
	assert_int_equal(fttcp_endpoint_parse(longest, &ep), -EINVAL);
}

/* lo is in every namespace and has index 1 in each. */
static void endpoint_zone(void **state)
{
	struct fttcp_endpoint ep = { 0 };
	struct sockaddr_storage ss;
	char text[FTTCP_ADDR_STRLEN];

	(void)state;
	assert_int_equal(fttcp_endpoint_parse("[fe80::1%lo]:179", &ep), 0);
	assert_int_equal(ep.ifindex, if_nametoindex("lo"));
	assert_string_equal(fttcp_endpoint_format(&ep, text),
			    "[fe80::1%lo]:179");
	assert_int_equal(fttcp_endpoint_sockaddr(&ep, &ss),
			 sizeof(struct sockaddr_in6));
	assert_int_equal(((struct sockaddr_in6 *)&ss)->sin6_scope_id,
			 ep.ifindex);
}

static void endpoint_equality(void **state)
{
	struct fttcp_endpoint four, mapped, six, other;

	(void)state;
	fttcp_endpoint_parse("10.0.0.1:179", &four);
	fttcp_endpoint_parse("[::ffff:10.0.0.1]:179", &mapped);
	fttcp_endpoint_parse("[2001:db8::1]:179", &six);
	fttcp_endpoint_parse("10.0.0.1:180", &other);
	assert_true(fttcp_endpoint_equal(&four, &four));
	assert_true(fttcp_endpoint_equal(&four, &mapped));
	assert_true(fttcp_endpoint_equal(&mapped, &four));
	assert_true(fttcp_endpoint_equal(&six, &six));
	assert_false(fttcp_endpoint_equal(&four, &six));
	assert_false(fttcp_endpoint_equal(&four, &other));
}

static void endpoint_absent(void **state)
{
	struct fttcp_endpoint none = { 0 };
	char text[FTTCP_ADDR_STRLEN];
	struct sockaddr_storage ss;

	(void)state;
	assert_string_equal(fttcp_endpoint_format(&none, text), "*");
	assert_int_equal(fttcp_endpoint_sockaddr(&none, &ss), 0);
}

static void address(void **state)
{
	struct fttcp_endpoint ep;

	(void)state;
	assert_int_equal(fttcp_addr_parse("10.0.0.1", &ep), 0);
	assert_int_equal(ep.family, AF_INET);
	assert_int_equal(fttcp_addr_parse("2001:db8::1", &ep), 0);
	assert_int_equal(ep.family, AF_INET6);
	assert_int_equal(fttcp_addr_parse("[2001:db8::1]", &ep), 0);
	assert_int_equal(ep.family, AF_INET6);
	assert_int_equal(ep.port, 0);
	assert_int_equal(fttcp_addr_parse("[10.0.0.1]", &ep), -EINVAL);
	assert_int_equal(fttcp_addr_parse("10.0.0.1:5", &ep), -EINVAL);
	assert_int_equal(fttcp_addr_parse("", &ep), -EINVAL);
}

static void prefix_good(void **state)
{
	static const struct {
		const char *text;
		const char *back;
	} good[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.1", "10.0.0.1/32" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "10.0.0.128/25", "10.0.0.128/25" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8::1", "2001:db8::1/128" },
		{ "::/0", "::/0" },
		{ "fe80::/10", "fe80::/10" },
	};
	char text[FTTCP_ADDR_STRLEN];
	struct fttcp_prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(fttcp_prefix_parse(good[i].text, &p), 0);
		assert_string_equal(fttcp_prefix_format(&p, text),
				    good[i].back);
	}
}

static void prefix_bad(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "", -EINVAL },
		{ "/8", -EINVAL },
		{ "10.0.0.0/", -EINVAL },
		{ "10.0.0.0/x", -EINVAL },
		{ "10.0.0.0/33", -ERANGE },
		{ "2001:db8::/129", -ERANGE },
		{ "10.0.0.1/8", -EDOM },
		{ "10.0.0.128/24", -EDOM },
		{ "2001:db8::1/64", -EDOM },
		{ "1.0.0.0/0", -EDOM },
		{ "fe80::1%lo", -EINVAL },
	};
	struct fttcp_prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fttcp_prefix_parse(bad[i].text, &p) != bad[i].err)
			fail_msg("\"%s\" gave %d", bad[i].text,
				 fttcp_prefix_parse(bad[i].text, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoint_good),
		cmocka_unit_test(endpoint_bad),
		cmocka_unit_test(endpoint_zone),
		cmocka_unit_test(endpoint_equality),
		cmocka_unit_test(endpoint_absent),
		cmocka_unit_test(address),
		cmocka_unit_test(prefix_good),
		cmocka_unit_test(prefix_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
