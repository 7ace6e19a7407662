// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpd: the command line.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter.h"
#include "daemon.h"
#include "devices.h"
#include "log.h"

/* Exit status; documented in fttcpd(8), and the unit acts upon it. */
enum {
	EXIT_TOLD = 0,
	EXIT_USAGE = 1,
	EXIT_WRONG = 2,		/* trying again does not help */
	EXIT_NOT_NOW = FTTCPD_EXIT_NOT_NOW,	/* trying again may help */
};

#define DEFAULT_CONF	"/etc/fttcp/fttcpd.conf"
#define WITNESS_CONF	"/etc/fttcp/witness.conf"

static const char usage[] =
	"Usage: fttcpd [-f] [-c FILE] [--check] [--witness]\n"
	"  -c, --config FILE  configuration, default " DEFAULT_CONF "\n"
	"  -f, --foreground   stay in the foreground, which is the default\n"
	"      --check        check the configuration and end\n"
	"      --witness      be the witness of two other nodes; FILE is " WITNESS_CONF
	"\n                     then, unless -c names another\n"
	"  -h, --help         this text\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "check", no_argument, NULL, 'C' },
	{ "witness", no_argument, NULL, 'W' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* A program of its own, which shares the file's reader and the events. */
static int be_witness(const char *path, bool check)
{
	int rc = fttcpd_arbiter_run(path, check);

	if (!rc && check)
		printf("%s: no errors\n", path);
	return rc == -EINVAL || rc == -EADDRINUSE ? EXIT_WRONG :
	       rc ? EXIT_NOT_NOW : EXIT_TOLD;
}

/* The file is right so far; the keys, and what the machine has, may be not. */
static int look_at(struct fttcpd *d, char err[FTTCPD_CONF_ERROR])
{
	if (fttcpd_link_key(&d->conf, &d->auth, err)) {
		fprintf(stderr, "%s: [auth] key-file: %s\n",
			d->conf_path, err);
		return EXIT_WRONG;
	}
	/* (these say themselves why not) */
	if (fttcpd_path_load(d) || fttcpd_witness_load(d))
		return EXIT_WRONG;
	if (fttcpd_devices_check(d->conf_path, &d->conf, err))
		fprintf(stderr, "%s (which is no mistake in the file, "
			"but fttcpd does not start without it)\n", err);
	printf("%s: no errors\n", d->conf_path);
	return EXIT_TOLD;
}

int main(int argc, char **argv)
{
	/* Static because of its size; nothing but this function knows it. */
	static struct fttcpd d;
	char err[FTTCPD_CONF_ERROR];
	bool check = false, witness = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:fh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			d.conf_path = optarg;
			break;
		case 'f':
			break;
		case 'C':
			check = true;
			break;
		case 'W':
			witness = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_TOLD;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	/* Who reads the log may go away, the node must not go with it. */
	signal(SIGPIPE, SIG_IGN);
	fttcpd_log_init();
	if (!d.conf_path)
		d.conf_path = witness ? WITNESS_CONF : DEFAULT_CONF;
	if (witness)
		return be_witness(d.conf_path, check);
	if (fttcpd_conf_read(d.conf_path, &d.conf, err)) {
		if (check)
			fprintf(stderr, "%s\n", err);
		else
			log_err("%s", err);
		return EXIT_WRONG;
	}
	if (check)
		return look_at(&d, err);
	rc = fttcpd_loop_run(&d);
	if (rc == -EADDRINUSE)
		return EXIT_WRONG;
	return rc ? EXIT_NOT_NOW : EXIT_TOLD;
}
