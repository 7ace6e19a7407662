// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftnl: sends hand-made requests of the fttcp netlink family, right and wrong
 * ones, and prints the kernel's answer.
 *
 *	ftnl [-u] [-d] [-t BYTES] COMMAND [ATTR:TYPE[=VALUE]]...
 *	ftnl -z COUNT [-s SEED]
 *
 * COMMAND and ATTR are numbers of <linux/fttcp.h>; TYPE is u8, u16, u32, u64,
 * hex (bytes), flag, or nest (hex bytes with the nested bit).
 * -u: without privilege   -d: as a dump   -t: cut so many bytes off the end
 * -z: COUNT random requests; each has to be answered
 *
 * Output: "errno=NAME attr=N miss=N replies=N msg=TEXT"; attr is the attribute
 * that the kernel blames, miss the one that it wants, 0 for none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "ftsock.h"
#include "nlreq.h"

static size_t hex(const char *text, unsigned char *out, size_t room)
{
	size_t n = 0;
	unsigned int byte;

	while (n < room && sscanf(text, "%2x", &byte) == 1) {
		out[n++] = byte;
		text += 2;
	}
	return n;
}

/* "3:u32=7" */
static int parse_attr(struct request *r, char *arg)
{
	char *type = strchr(arg, ':'), *value;
	unsigned char bytes[1024];
	uint16_t id = atoi(arg);
	uint64_t v;

	if (!type)
		return -EINVAL;
	value = strchr(++type, '=');
	if (value)
		*value++ = 0;
	else
		value = "";
	v = strtoull(value, NULL, 0);
	if (!strcmp(type, "u8"))
		return req_attr(r, id, &v, 1);
	if (!strcmp(type, "u16"))
		return req_attr(r, id, &v, 2);
	if (!strcmp(type, "u32"))
		return req_attr(r, id, &v, 4);
	if (!strcmp(type, "u64"))
		return req_attr(r, id, &v, 8);
	if (!strcmp(type, "flag"))
		return req_attr(r, id, &v, 0);
	if (!strcmp(type, "hex"))
		return req_attr(r, id, bytes, hex(value, bytes, sizeof(bytes)));
	if (!strcmp(type, "nest"))
		return req_attr(r, id | NLA_F_NESTED, bytes,
				hex(value, bytes, sizeof(bytes)));
	return -EINVAL;
}

static void print_answer(const struct answer *a)
{
	printf("errno=%s attr=%d miss=%d replies=%d msg=%s\n",
	       errno_name(a->err), a->attr, a->miss, a->replies, a->text);
}

static uint32_t rnd(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Mostly plausible: existing commands and attributes, lengths off by a bit. */
static void random_request(struct request *r, uint16_t family, uint64_t *s)
{
	static const uint8_t lens[] = { 0, 1, 2, 4, 4, 4, 8, 8, 16, 3, 64 };
	unsigned int i, n = rnd(s) % 8;
	uint32_t data[16];

	req_begin(r, family, rnd(s) % (FTTCP_CMD_MAX + 2),
		  rnd(s) % 4 ? 0 : NLM_F_DUMP);
	while (n--) {
		size_t len = lens[rnd(s) % sizeof(lens)];

		for (i = 0; i < 16; i++)
			data[i] = rnd(s) % 3 ? rnd(s) % 8 : rnd(s);
		req_attr(r, (rnd(s) % 30) | (rnd(s) % 8 ? 0 : NLA_F_NESTED),
			 data, len);
	}
}

static int random_requests(int fd, uint16_t family, unsigned int count,
			   uint64_t seed)
{
	unsigned int i, accepted = 0;
	struct answer ans = {};
	struct request r;
	int err;

	for (i = 0; i < count; i++) {
		random_request(&r, family, &seed);
		err = transact(fd, &r, 0, &ans);
		if (err) {
			printf("request=%u errno=%s\n", i, errno_name(-err));
			return 1;
		}
		accepted += !ans.err;
	}
	printf("answered=%u accepted=%u\n", count, accepted);
	return 0;
}

static int drop_privilege(void)
{
	if (setgid(65534) || setuid(65534))
		return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	bool dump = false, weak = false;
	unsigned int count = 0;
	uint64_t seed = 1;
	struct answer ans = {};
	struct request r;
	size_t cut = 0;
	int c, err, family, fd;

	while ((c = getopt(argc, argv, "udt:z:s:")) != -1) {
		switch (c) {
		case 'u':
			weak = true;
			break;
		case 'd':
			dump = true;
			break;
		case 't':
			cut = atoi(optarg);
			break;
		case 'z':
			count = atoi(optarg);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		default:
			return 1;
		}
	}
	err = weak ? drop_privilege() : 0;
	fd = err ? err : nl_open();
	family = fd < 0 ? fd : family_id(fd);
	if (family < 0) {
		fprintf(stderr, "ftnl: %s\n", strerror(-family));
		return 1;
	}
	if (count)
		return random_requests(fd, family, count, seed);
	if (optind >= argc)
		return 1;
	req_begin(&r, family, atoi(argv[optind]), dump ? NLM_F_DUMP : 0);
	for (c = optind + 1; c < argc; c++) {
		if (parse_attr(&r, argv[c])) {
			fprintf(stderr, "ftnl: bad attribute %s\n", argv[c]);
			return 1;
		}
	}
	err = transact(fd, &r, cut, &ans);
	if (err) {
		printf("errno=%s no answer\n", errno_name(-err));
		return 1;
	}
	print_answer(&ans);
	return 0;
}
