// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftfuzzlink: fuzzes the link of the node in this network namespace, whose other
 * side it plays: as the active of a backup, or as the backup of an active.
 *
 *	ftfuzzlink [-s SEED] [-t SECONDS] [-n ROUNDS] backup|active
 *	ftfuzzlink -r ROUNDSEED backup|active
 *
 * Round by round, each with a seed of its own that follows from SEED. What
 * should not have happened ends it, with the command that does it again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "ftsock.h"
#include "fuzzlink.h"
#include "fuzznet.h"

#define NODE_ID		1
#define ROUND_LIMIT	60	/* seconds */

static struct fuzz fuzz;
static const char *role;
static uint64_t round_seed;

static void failed(const char *what)
{
	printf("failed: %s\nreplay: ftfuzzlink -r %" PRIu64 " %s\n", what,
	       round_seed, role);
	fflush(stdout);
}

static void stuck(int sig)
{
	(void)sig;
	failed("a round did not end");
	_exit(1);
}

/* In the kernel's log, so that it stands before what the kernel says. */
static void announce(void)
{
	char line[80];
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	int n = snprintf(line, sizeof(line),
			 "<7>ftfuzzlink -r %" PRIu64 " %s\n", round_seed, role);

	if (fd < 0)
		return;
	if (write(fd, line, n) < 0)
		fputs("no word in the kernel's log\n", stderr);
	close(fd);
}

static int one_round(void)
{
	const char *wrong;

	fuzz.r.s = round_seed;
	announce();
	alarm(ROUND_LIMIT);
	wrong = !strcmp(role, "backup") ? fuzz_backup(&fuzz) :
					  fuzz_active(&fuzz);
	alarm(0);
	if (wrong)
		failed(wrong);
	return wrong ? 1 : 0;
}

/*
 * A namespace of our own, and what is not to be the subject: time enough, and a
 * device that swallows what promoted connections say.
 */
static int prepare(void)
{
	int err;

	if (fuzz.node.fd > 0)
		close(fuzz.node.fd);
	err = fuzz_net_alone();
	if (!err)
		err = node_open(&fuzz.node);
	if (!err)
		err = node_role(&fuzz.node, FTTCP_ROLE_NONE);
	if (!err)
		err = node_setting(&fuzz.node, FTTCP_A_NODE_ID, NODE_ID);
	if (!err)
		err = node_setting(&fuzz.node, FTTCP_A_NODE_HEARTBEAT_MS, 1000);
	if (!err)
		err = node_setting(&fuzz.node, FTTCP_A_NODE_HEARTBEAT_MISSES,
				   20);
	if (!err)
		err = node_setting(&fuzz.node, FTTCP_A_NODE_HOLD_MAX_MS,
				   60000);
	return err;
}

/* Epochs only grow, and damage makes them jump: then begin anew. */
static bool worn_out(unsigned long n)
{
	struct node_info i;

	return n % 50 == 49 || node_get(&fuzz.node, &i) ||
	       i.epoch_seen > UINT32_MAX;
}

/* What may never happen, and that each link ended once and for a reason. */
static int counters(void)
{
	if (node_counter("UncoveredAckLeak"))
		failed("a segment left ahead of the backup");
	else if (node_counter("RxMissed"))
		failed("bytes were read before they were captured");
	else if (node_counter("LinkDown") != node_counter_sum("LinkDown"))
		failed("a link went down without a counted reason");
	else
		return 0;
	return 1;
}

static int rounds(uint64_t seed, unsigned long most, int seconds)
{
	int64_t begin = now_ms(), took;
	struct rnd seeds = { seed };
	unsigned long n = 0;
	int rc = 0;

	while (!rc && n < most && now_ms() - begin < seconds * 1000LL) {
		round_seed = rnd64(&seeds);
		rc = one_round() || counters();
		if (!rc && worn_out(n++) && prepare()) {
			failed("no fresh namespace");
			rc = 1;
		}
	}
	took = now_ms() - begin;
	printf("seed=%" PRIu64 " rounds=%lu records=%lu damaged=%lu ",
	       seed, n, fuzz.records, fuzz.damaged);
	printf("promoted=%lu accepted=%lu bytes=%lu ms=%" PRId64 "\n",
	       fuzz.promoted, fuzz.accepted, fuzz.bytes, took);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned long most = -1UL;
	bool again = false;
	uint64_t seed = 1;
	int c, err, seconds = 10;

	while ((c = getopt(argc, argv, "s:t:n:r:")) != -1) {
		if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 't')
			seconds = atoi(optarg);
		else if (c == 'n')
			most = strtoul(optarg, NULL, 0);
		else if (c == 'r')
			round_seed = strtoull(optarg, NULL, 0);
		else
			return 1;
		again |= c == 'r';
	}
	if (optind + 1 != argc)
		return 1;
	role = argv[optind];
	signal(SIGALRM, stuck);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = prepare();
	if (err) {
		fprintf(stderr, "ftfuzzlink: %s\n", strerror(-err));
		return 1;
	}
	return again ? one_round() || counters() : rounds(seed, most, seconds);
}
