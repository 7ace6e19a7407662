/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policies of a generic netlink family, as the kernel itself tells them
 * (CTRL_CMD_GETPOLICY).
 */
#ifndef FT_NLPOLICY_H
#define FT_NLPOLICY_H

#include <stdint.h>

#define POLICIES	32	/* of a family */
#define POLICY_ATTRS	64	/* of a policy */
#define OPS		256
#define NO_POLICY	0xffff

/**
 * struct attr_policy - what an attribute may be
 * @type: enum netlink_attribute_type, 0 when there is no such attribute
 * @min: smallest number
 * @max: largest number, 0 when there is no limit
 * @min_len: bytes
 * @max_len: bytes, 0 when there is no limit
 * @nested: policy of what is in it, NO_POLICY
 */
struct attr_policy {
	uint32_t type;
	uint64_t min;
	uint64_t max;
	uint32_t min_len;
	uint32_t max_len;
	uint16_t nested;
};

/**
 * struct family_policy - all of a family
 * @attrs: by policy and type of attribute
 * @nr: policies
 * @request: by command: of requests, NO_POLICY
 * @dump: by command: of dumps, NO_POLICY
 */
struct family_policy {
	struct attr_policy attrs[POLICIES][POLICY_ATTRS];
	unsigned int nr;
	uint16_t request[OPS];
	uint16_t dump[OPS];
};

int nl_policies(int fd, uint16_t family, struct family_policy *f);
int nl_group(int fd, const char *name);

#endif /* FT_NLPOLICY_H */
