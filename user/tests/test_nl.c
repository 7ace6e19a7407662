// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, dumps and the kernel's words, against the family "nlctrl" that
 * every Linux has: the module need not be there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "nl.h"

/* A family as nlctrl describes it. */
struct family {
	uint64_t present;
	uint16_t id;
	char name[16];
	uint32_t version;
};

static const struct attr_field family_fields[] = {
	ATTR(CTRL_ATTR_FAMILY_ID, "family-id", ATTR_U16, family, id),
	ATTR(CTRL_ATTR_FAMILY_NAME, "family-name", ATTR_TEXT, family, name),
	ATTR(CTRL_ATTR_VERSION, "version", ATTR_U32, family, version),
	{ 0 },
};

static const struct attr_set family_set = {
	.fields = family_fields,
	.size = sizeof(struct family),
};

static struct fttcp_nl nl;

static int setup(void **state)
{
	int one = 1;

	(void)state;
	memset(&nl, 0, sizeof(nl));
	nl.sock = mnl_socket_open(NETLINK_GENERIC);
	if (!nl.sock || mnl_socket_bind(nl.sock, 0, MNL_SOCKET_AUTOPID))
		return -1;
	mnl_socket_setsockopt(nl.sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl.sock, NETLINK_CAP_ACK, &one, sizeof(one));
	nl.portid = mnl_socket_get_portid(nl.sock);
	nl.family = GENL_ID_CTRL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return mnl_socket_close(nl.sock);
}

static void request_and_answer(void **state)
{
	struct family in = { .name = "nlctrl" }, out;

	(void)state;
	fttcp_mark(&in, CTRL_ATTR_FAMILY_NAME);
	assert_int_equal(nl_do(&nl, CTRL_CMD_GETFAMILY, &family_set, &in, &out),
			 0);
	assert_int_equal(out.id, GENL_ID_CTRL);
	assert_string_equal(out.name, "nlctrl");
	assert_int_equal(fttcp_nl_error(&nl)->err, 0);
}

static void refused(void **state)
{
	struct family in = { .name = "no-such-one" }, out;

	(void)state;
	fttcp_mark(&in, CTRL_ATTR_FAMILY_NAME);
	assert_int_equal(nl_do(&nl, CTRL_CMD_GETFAMILY, &family_set, &in, &out),
			 -ENOENT);
	assert_int_equal(fttcp_nl_error(&nl)->err, -ENOENT);
	/* the next request has nothing of it */
	request_and_answer(state);
}

/* An attribute that is too short: the kernel's words, and our name for it. */
static void refused_attribute(void **state)
{
	struct nlmsghdr *nlh;
	char text[FTTCP_TEXT_LEN];
	int err;

	(void)state;
	nlh = nl_request(&nl, CTRL_CMD_GETFAMILY, 0, &family_set);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "nlctrl");
	mnl_attr_put_u8(nlh, CTRL_ATTR_FAMILY_ID, 1);
	err = nl_exchange(&nl, nlh, NULL, NULL);
	assert_true(err < 0);
	assert_string_equal(fttcp_nl_error(&nl)->attr, "family-id");
	fttcp_nl_strerror(&nl, err, text, sizeof(text));
	assert_non_null(strstr(text, "(attribute family-id"));
	assert_true(fttcp_nl_error(&nl)->text[0]);
	assert_int_equal(strncmp(text, fttcp_nl_error(&nl)->text,
				 strlen(fttcp_nl_error(&nl)->text)), 0);
}

static void words_without_a_handle(void **state)
{
	char text[FTTCP_TEXT_LEN];

	(void)state;
	fttcp_nl_strerror(NULL, -EPERM, text, sizeof(text));
	assert_string_equal(text, strerror(EPERM));
}

static int find(const void *obj, void *arg)
{
	const struct family *family = obj;
	int *found = arg;

	*found += !strcmp(family->name, "nlctrl");
	return 0;
}

static int stop(const void *obj, void *arg)
{
	(void)obj;
	(*(int *)arg)++;
	return 42;
}

static void dump(void **state)
{
	int found = 0, calls = 0;

	(void)state;
	assert_int_equal(nl_dump(&nl, CTRL_CMD_GETFAMILY, &family_set, NULL,
				 find, &found), 0);
	assert_int_equal(found, 1);
	assert_int_equal(nl_dump(&nl, CTRL_CMD_GETFAMILY, &family_set, NULL,
				 stop, &calls), 42);
	assert_int_equal(calls, 1);
	request_and_answer(state);
}

static int refuse(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	(void)arg;
	return -EDOM;
}

/* A dump that the reader has had enough of does not block the next one. */
static void dump_left_early(void **state)
{
	struct nlmsghdr *nlh;

	nlh = nl_request(&nl, CTRL_CMD_GETFAMILY, NLM_F_DUMP, &family_set);
	assert_int_equal(nl_exchange(&nl, nlh, refuse, NULL), -EDOM);
	dump(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(request_and_answer),
		TEST(refused),
		TEST(refused_attribute),
		TEST(words_without_a_handle),
		TEST(dump),
		TEST(dump_left_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
