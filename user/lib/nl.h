/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request and its answers; the nouns are built on it. Private to the
 * library.
 */
#ifndef FTTCP_LIB_NL_H
#define FTTCP_LIB_NL_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "attr.h"
#include "fttcp-nl.h"

#pragma GCC visibility push(hidden)

/* Big enough for what the kernel puts into one datagram of a dump. */
#define NL_BUF_LEN 32768

/* How often a dump is asked for until it is not interrupted by a change. */
#define NL_DUMP_TRIES 4

struct fttcp_nl {
	struct mnl_socket *sock;
	uint32_t portid;
	uint32_t seq;
	uint16_t family;
	uint32_t events_group;
	const struct attr_set *set;	/* of the request under way */
	struct fttcp_nl_error error;
	uint64_t request[1024];
	uint64_t answer[NL_BUF_LEN / sizeof(uint64_t)];
};

/**
 * struct fttcp_events - a subscription
 * @nl: its own socket, so that answers and events never mix
 * @last: number of the last event seen, or covered by a dump
 * @synced: @last is meaningful
 */
struct fttcp_events {
	struct fttcp_nl *nl;
	uint64_t last;
	bool synced;
};

/* Called with each answer; after non-zero no more. */
typedef int (*nl_cb)(const struct nlmsghdr *nlh, void *arg);

/**
 * nl_request() - begin a request
 * @nl: handle
 * @cmd: FTTCP_CMD_*
 * @flags: NLM_F_DUMP or 0
 * @set: its attribute set
 *
 * Return: the message, in a buffer of sizeof(nl->request) bytes.
 */
struct nlmsghdr *nl_request(struct fttcp_nl *nl, uint8_t cmd, uint16_t flags,
			    const struct attr_set *set);

/**
 * nl_exchange() - send a request, take the answers
 * @nl: handle
 * @nlh: from nl_request()
 * @cb: called with each answer, or NULL
 * @arg: handed to @cb
 *
 * Return: 0, what @cb returned, a negative errno with nl->error filled, or
 * -EINTR when a dump was interrupted by a change.
 */
int nl_exchange(struct fttcp_nl *nl, struct nlmsghdr *nlh, nl_cb cb, void *arg);

/**
 * nl_do() - a request whose attributes are a struct and so is the answer
 * @nl: handle
 * @cmd: FTTCP_CMD_*
 * @set: attribute set of both
 * @in: request, or NULL
 * @out: answer, or NULL; zeroed when there is none
 *
 * Return: 0 or a negative errno.
 */
int nl_do(struct fttcp_nl *nl, uint8_t cmd, const struct attr_set *set,
	  const void *in, void *out);

typedef int (*nl_obj_cb)(const void *obj, void *arg);

/**
 * nl_dump() - every object of a kind, once
 * @nl: handle
 * @cmd: FTTCP_CMD_*
 * @set: attribute set of the objects
 * @fix: completes each object after reading, or NULL
 * @cb: called with each
 * @arg: handed to @cb
 *
 * Return: 0, what @cb returned, or a negative errno.
 */
int nl_dump(struct fttcp_nl *nl, uint8_t cmd, const struct attr_set *set,
	    void (*fix)(void *obj), nl_obj_cb cb, void *arg);

/**
 * nl_read() - attributes of a generic netlink message into a struct
 * @set: attribute set
 * @nlh: message
 * @obj: struct
 *
 * Return: 0 or -EBADMSG.
 */
int nl_read(const struct attr_set *set, const struct nlmsghdr *nlh, void *obj);

#pragma GCC visibility pop

#endif
