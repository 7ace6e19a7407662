// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects into messages and back, and the names of attributes that the kernel
 * points at; every attribute set of the family is described whole.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "nl.h"

static uint64_t buffer[512];

static struct nlmsghdr *message(void)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	return nlh;
}

static void round_trip(void **state)
{
	struct fttcp_conn in = { 0 }, out;
	struct fttcp_endpoint local, remote;
	struct nlmsghdr *nlh = message();

	(void)state;
	fttcp_endpoint_parse("[2001:db8::1]:179", &local);
	fttcp_endpoint_parse("[2001:db8::2]:33000", &remote);
	fttcp_conn_local(&in, &local);
	fttcp_conn_remote(&in, &remote);
	in.id = 0x123456789abcdef0;
	fttcp_mark(&in, FTTCP_A_CONN_ID);
	in.mode = FTTCP_MODE_ASYNC;
	fttcp_mark(&in, FTTCP_A_CONN_MODE);
	in.tcp_state = 1;
	fttcp_mark(&in, FTTCP_A_CONN_TCP_STATE);
	in.unread = 77;		/* not marked: must not be sent */

	assert_int_equal(attr_write(&attr_set_conn, &in, nlh, sizeof(buffer)),
			 0);
	assert_int_equal(nl_read(&attr_set_conn, nlh, &out), 0);
	assert_true(out.present == in.present);
	assert_true(out.id == in.id);
	assert_int_equal(out.mode, FTTCP_MODE_ASYNC);
	assert_int_equal(out.tcp_state, 1);
	assert_int_equal(out.family, AF_INET6);
	assert_memory_equal(out.local.addr, local.addr, 16);
	assert_int_equal(out.remote.port, 33000);
	assert_int_equal(out.unread, 0);
}

static void flags(void **state)
{
	struct fttcp_promote in = { .dry_run = true }, out;
	struct nlmsghdr *nlh = message();

	(void)state;
	fttcp_mark(&in, FTTCP_A_PROMOTE_DRY_RUN);
	fttcp_mark(&in, FTTCP_A_PROMOTE_FORCE);	/* false: not sent */
	attr_write(&attr_set_promote, &in, nlh, sizeof(buffer));
	assert_int_equal(nl_read(&attr_set_promote, nlh, &out), 0);
	assert_true(out.dry_run);
	assert_false(out.force);
	assert_false(fttcp_has(&out, FTTCP_A_PROMOTE_FORCE));
}

static void text_is_cut(void **state)
{
	struct nlmsghdr *nlh = message();
	char text[2 * FTTCP_NAME_LEN];
	struct fttcp_node out;

	(void)state;
	memset(text, 'x', sizeof(text));
	mnl_attr_put(nlh, FTTCP_A_NODE_VERSION, sizeof(text), text);
	assert_int_equal(nl_read(&attr_set_node, nlh, &out), 0);
	assert_int_equal(strlen(out.version), FTTCP_NAME_LEN - 1);
}

static void unknown_is_skipped(void **state)
{
	struct nlmsghdr *nlh = message();
	struct fttcp_node out;

	(void)state;
	mnl_attr_put_u32(nlh, 500, 1);
	mnl_attr_put_u32(nlh, FTTCP_A_NODE_ID, 9);
	assert_int_equal(nl_read(&attr_set_node, nlh, &out), 0);
	assert_int_equal(out.id, 9);
}

static void wrong_size_is_refused(void **state)
{
	struct fttcp_node node;
	struct fttcp_conn conn;
	struct nlmsghdr *nlh;

	(void)state;
	nlh = message();
	mnl_attr_put_u16(nlh, FTTCP_A_NODE_ID, 9);
	assert_int_equal(nl_read(&attr_set_node, nlh, &node), -EBADMSG);
	nlh = message();
	mnl_attr_put_u32(nlh, FTTCP_A_NODE_READY, 1);
	assert_int_equal(nl_read(&attr_set_node, nlh, &node), -EBADMSG);
	nlh = message();
	mnl_attr_put(nlh, FTTCP_A_CONN_LOCAL_ADDR, 6, "abcdef");
	assert_int_equal(nl_read(&attr_set_conn, nlh, &conn), -EBADMSG);
}

static void no_room(void **state)
{
	struct fttcp_node in = { 0 };
	struct nlmsghdr *nlh = message();

	(void)state;
	fttcp_mark(&in, FTTCP_A_NODE_MEMORY_MAX);
	assert_int_equal(attr_write(&attr_set_node, &in, nlh,
				    nlh->nlmsg_len + 8), -EMSGSIZE);
}

/* The offset that the kernel reports is that of the attribute's header. */
static void name_by_offset(void **state)
{
	struct nlmsghdr *nlh = message();
	size_t hdrlen = sizeof(struct genlmsghdr), id, nest, inner;
	struct nlattr *start;

	(void)state;
	id = nlh->nlmsg_len;
	mnl_attr_put_u32(nlh, FTTCP_A_LINK_ID, 1);
	nest = nlh->nlmsg_len;
	start = mnl_attr_nest_start(nlh, FTTCP_A_LINK_SOCKFDS);
	mnl_attr_put_u32(nlh, FTTCP_A_SOCKFDS_SOCKFD, 3);
	inner = nlh->nlmsg_len;
	mnl_attr_put_u32(nlh, FTTCP_A_SOCKFDS_SOCKFD, 4);
	mnl_attr_nest_end(nlh, start);

	assert_string_equal(attr_name_at(&attr_set_link, nlh, hdrlen, id),
			    "id");
	assert_string_equal(attr_name_at(&attr_set_link, nlh, hdrlen, nest),
			    "sockfds");
	assert_string_equal(attr_name_at(&attr_set_link, nlh, hdrlen, inner),
			    "sockfd");
	assert_null(attr_name_at(&attr_set_link, nlh, hdrlen, 4));
	assert_null(attr_name_at(&attr_set_link, nlh, hdrlen, 100000));
	assert_null(attr_name_at(NULL, nlh, hdrlen, id));
}

/* Attributes from FTTCP_A_x_PAD + 1 to the last: each is in the table. */
static void complete(const struct attr_set *set, uint16_t first, uint16_t last)
{
	uint16_t type;

	assert_true(last < 64);	/* the bits of "present" */
	for (type = first; type <= last; type++)
		if (!attr_name(set, type))
			fail_msg("attribute %u of the set with \"%s\"", type,
				 set->fields[0].name);
}

static void sets_are_complete(void **state)
{
	(void)state;
	complete(&attr_set_node, FTTCP_A_NODE_PAD + 1, FTTCP_A_NODE_MAX);
	complete(&attr_set_link, FTTCP_A_LINK_PAD + 1, FTTCP_A_LINK_MAX);
	complete(&attr_set_conn, FTTCP_A_CONN_PAD + 1, FTTCP_A_CONN_MAX);
	complete(&attr_set_policy, FTTCP_A_POLICY_PAD + 1, FTTCP_A_POLICY_MAX);
	complete(&attr_set_stats, FTTCP_A_STATS_ENTRY, FTTCP_A_STATS_MAX);
	complete(&attr_set_promote, FTTCP_A_PROMOTE_PAD + 1,
		 FTTCP_A_PROMOTE_MAX);
	complete(&attr_set_audit, FTTCP_A_AUDIT_PAD + 1, FTTCP_A_AUDIT_MAX);
	complete(&attr_set_event, FTTCP_A_EVENT_PAD + 1, FTTCP_A_EVENT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(flags),
		cmocka_unit_test(text_is_cut),
		cmocka_unit_test(unknown_is_skipped),
		cmocka_unit_test(wrong_size_is_refused),
		cmocka_unit_test(no_room),
		cmocka_unit_test(name_by_offset),
		cmocka_unit_test(sets_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
