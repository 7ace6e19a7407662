// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl: options, the table of nouns, and the one place that prints errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "ctl.h"

#ifndef FTTCP_VERSION
#define FTTCP_VERSION "0.1.0"
#endif

#define NETNS_DIR "/var/run/netns"

static const struct noun *const nouns[] = {
	&noun_node,
	&noun_conn,
	&noun_policy,
	&noun_link,
	&noun_stats,
	&noun_ready,
	&noun_audit,
	&noun_monitor,
	&noun_events,
	&noun_explain,
	&noun_promote,
	&noun_demote,
	&noun_switchover,
	&noun_handover,
	&noun_solo,
	&noun_daemon,
	&noun_client,
	&noun_command,
	&noun_msg,
	&noun_probe,
	&noun_config,
	&noun_reload,
	NULL,
};

static const char options_text[] =
	"OPTIONS := { -j | --json        JSON instead of text\n"
	"           | -p | --pretty      JSON with newlines\n"
	"           | -o | --oneline     each object on one line\n"
	"           | -t | --timestamp   monitor: the time of each event\n"
	"           | -n | --netns NAME  in the network namespace NAME\n"
	"           | -s | --socket PATH control socket of fttcpd\n"
	"           | -i | --command-id ID  what changes something is done once for it\n"
	"           | -V | --version\n"
	"           | -h | --help }\n";

static void usage_print(FILE *to)
{
	const struct noun *const *n;

	fputs("Usage: fttcpctl [ OPTIONS ] NOUN [ VERB ] [ ARGUMENTS ]\n"
	      "       fttcpctl NOUN help\n"
	      "NOUN := {", to);
	for (n = nouns; *n; n++)
		fprintf(to, "%s %s", n == nouns ? "" : " |", (*n)->name);
	fputs(" }\n", to);
	fputs(options_text, to);
}

/* ---------------------------------------------------------------- options */

/* Like ip -n: a name under /var/run/netns, or a path. */
static int netns_enter(struct ctl *ctl, const char *name)
{
	char path[4096];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s%s%s",
		 strchr(name, '/') ? "" : NETNS_DIR,
		 strchr(name, '/') ? "" : "/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		return ctl_fail(ctl, ctl_exit_of(err), err,
				"network namespace \"%s\": %s", name,
				err == -ENOENT ? "there is none of this name" :
				strerror(-err));
	}
	if (setns(fd, CLONE_NEWNET))
		err = ctl_fail(ctl, ctl_exit_of(-errno), -errno,
			       "network namespace \"%s\": %s", name,
			       strerror(errno));
	close(fd);
	return err;
}

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "oneline", no_argument, NULL, 'o' },
	{ "timestamp", no_argument, NULL, 't' },
	{ "netns", required_argument, NULL, 'n' },
	{ "socket", required_argument, NULL, 's' },
	{ "command-id", required_argument, NULL, 'i' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Return: 0, 1 when there is nothing more to do, or a negative errno, noted. */
static int options_take(struct ctl *ctl, int argc, char **argv)
{
	const char *netns = NULL;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:jpotn:s:i:Vh", long_options,
				NULL)) >= 0) {
		switch (c) {
		case 'p':
			ctl->out.pretty = true;
			break;
		case 'j':
			ctl->out.json = true;
			break;
		case 'o':
			ctl->out.oneline = true;
			break;
		case 't':
			ctl->times = true;
			break;
		case 'n':
			netns = optarg;
			break;
		case 's':
			ctl->control_path = optarg;
			break;
		case 'i':
			ctl->command_id = optarg;
			break;
		case 'V':
			puts("fttcpctl " FTTCP_VERSION);
			return 1;
		case 'h':
			usage_print(stdout);
			return 1;
		case ':':
			return ctl_fail_usage(ctl, "option \"%s\" needs a value",
					      argv[optind - 1]);
		default:
			return ctl_fail_usage(ctl, "unknown option \"%s\"",
					      argv[optind - 1]);
		}
	}
	return netns ? netns_enter(ctl, netns) : 0;
}

/* ---------------------------------------------------------------- command */

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "-h") ||
	       !strcmp(word, "--help");
}

static int run_once(struct ctl *ctl, struct args *args, const char *verb,
		    ctl_run run, bool changes)
{
	if (changes)
		return command_once(ctl, args, verb, run);
	if (ctl->command_id)
		return ctl_fail_usage(ctl, "this command changes nothing; it has no id");
	return run(ctl, args);
}

static int verb_run(struct ctl *ctl, struct args *args)
{
	const struct verb *v = ctl->noun->verbs;
	const char *word = args_next(args);

	for (; word && v->name; v++)
		if (!strcmp(v->name, word))
			break;
	if (!v->name)
		return ctl_fail_usage(ctl, "%s has no command \"%s\"",
				      ctl->noun->name, word);
	return run_once(ctl, args, v->name, v->run, v->changes);
}

static int noun_run(struct ctl *ctl, struct args *args)
{
	const char *word = args_next(args);
	const struct noun *const *n;

	if (!word)
		return ctl_fail_usage(ctl, "a command is missing");
	if (is_help(word)) {
		usage_print(stdout);
		return 0;
	}
	for (n = nouns; *n; n++)
		if (!strcmp((*n)->name, word))
			break;
	if (!*n)
		return ctl_fail_usage(ctl, "unknown command \"%s\"", word);
	ctl->noun = *n;
	if (args->count && is_help(args->words[args->count - 1])) {
		fputs(ctl->noun->usage, stdout);
		return 0;
	}
	if (ctl->noun->verbs)
		return verb_run(ctl, args);
	return run_once(ctl, args, NULL, ctl->noun->run, ctl->noun->changes);
}

static int report(const struct ctl *ctl, int err)
{
	const char *advice = fttcp_advice(err);

	if (ctl->exit == CTL_NOT_THERE)
		advice = fttcp_advice(-ENOTCONN);
	if (ctl->error[0])
		fprintf(stderr, "fttcpctl: %s\n", ctl->error);
	if (ctl->error[0] && strcmp(advice, fttcp_advice(0)))
		fprintf(stderr, "fttcpctl: advice: %s\n", advice);
	if (ctl->exit == CTL_USAGE && ctl->noun)
		fprintf(stderr, "Try \"fttcpctl %s help\".\n",
			ctl->noun->name);
	else if (ctl->exit == CTL_USAGE)
		usage_print(stderr);
	return ctl->exit;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .out = { .to = stdout } };
	struct args args;
	int err, ret;

	err = options_take(&ctl, argc, argv);
	if (!err) {
		args.count = argc - optind;
		args.words = argv + optind;
		err = noun_run(&ctl, &args);
	}
	if (err < 0 && ctl.exit == CTL_OK)
		ctl_fail(&ctl, ctl_exit_of(err), err, "%s", strerror(-err));
	fttcp_nl_close(ctl.nl);
	ret = out_flush(&ctl.out);
	if (ret && err >= 0)
		err = ctl_fail(&ctl, CTL_REFUSED, ret, "standard output: %s",
			       strerror(-ret));
	return err < 0 ? report(&ctl, err) : CTL_OK;
}
