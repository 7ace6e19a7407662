/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of the fttcp netlink family, made by hand, and the kernel's answers.
 */
#ifndef FT_NLREQ_H
#define FT_NLREQ_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define MSG_ROOM	4096

/**
 * struct request - a message under construction
 * @buf: netlink header, generic header, attributes
 * @len: bytes in use
 */
struct request {
	_Alignas(8) unsigned char buf[MSG_ROOM];
	size_t len;
};

/**
 * struct answer - what came back
 * @err: positive errno of the acknowledgement, 0 for success
 * @attr: type of the attribute at the offset that the kernel blames
 * @miss: type of the missing attribute
 * @replies: messages before the acknowledgement
 * @text: the kernel's sentence
 * @reply: called for each of the messages, or NULL; set by the caller
 * @arg: for @reply
 */
struct answer {
	int err;
	int attr;
	int miss;
	int replies;
	char text[256];
	void (*reply)(const struct nlmsghdr *nlh, void *arg);
	void *arg;
};

void req_begin(struct request *r, uint16_t family, uint8_t cmd,
	       uint16_t flags);
int req_attr(struct request *r, uint16_t type, const void *data, size_t len);
int req_u32(struct request *r, uint16_t type, uint32_t value);
int req_u64(struct request *r, uint16_t type, uint64_t value);
int nl_open(void);
int transact(int fd, struct request *r, size_t cut, struct answer *ans);
const struct nlattr *reply_attr(const struct nlmsghdr *nlh, uint16_t type);
uint64_t reply_num(const struct nlmsghdr *nlh, uint16_t type);
int family_id(int fd);

#endif /* FT_NLREQ_H */
