// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftcommands: begins so many commands with ids, until one is refused, says how many
 * were begun and why it stopped, and keeps them under way until it is killed.
 *
 *   ftcommands COUNT PREFIX
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/fttcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nlreq.h"

static int begin(int fd, int family, const char *prefix, int nr)
{
	struct answer ans = { 0 };
	struct request r;
	char id[64];

	snprintf(id, sizeof(id), "%s%d", prefix, nr);
	req_begin(&r, family, FTTCP_CMD_COMMAND_BEGIN, 0);
	req_attr(&r, FTTCP_A_COMMAND_ID, id, strlen(id) + 1);
	req_attr(&r, FTTCP_A_COMMAND_NAME, "test", sizeof("test"));
	if (transact(fd, &r, 0, &ans))
		return EIO;
	return ans.err;
}

int main(int argc, char **argv)
{
	int fd, family, count, nr, err = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: ftcommands COUNT PREFIX\n");
		return 2;
	}
	count = atoi(argv[1]);
	fd = nl_open();
	family = family_id(fd);
	if (fd < 0 || family < 0) {
		fprintf(stderr, "ftcommands: no family fttcp\n");
		return 1;
	}
	for (nr = 0; nr < count && !err; nr++)
		err = begin(fd, family, argv[2], nr);
	printf("begun %d errno %s\n", err ? nr - 1 : nr,
	       err ? strerrorname_np(err) : "0");
	fflush(stdout);
	pause();
	return 0;
}
