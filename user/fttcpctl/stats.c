// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl stats: the counters of the namespace.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "args.h"

/* Names that one command may ask for. */
#define STATS_NAMES_MAX 64

static const char stats_usage[] =
	"Usage: fttcpctl stats [ NAME... ]\n"
	"NAME := a counter, or a pattern of the shell: 'LinkDown*'\n";

/* What every counter begins with, and nobody wants to write. */
static const char prefix[] = "Fttcp";

static bool name_matches(const char *pattern, const char *name)
{
	if (!fnmatch(pattern, name, FNM_CASEFOLD))
		return true;
	return !strncmp(name, prefix, strlen(prefix)) &&
	       !fnmatch(pattern, name + strlen(prefix), FNM_CASEFOLD);
}

/**
 * struct stats_show - which counters to show
 * @args: names, none: all
 * @found: bit for each name that matched
 * @out: where to
 */
struct stats_show {
	const struct args *args;
	uint64_t found;
	struct out *out;
};

static int stats_show_one(const char *name, uint64_t value, void *arg)
{
	struct stats_show *show = arg;
	bool wanted = !show->args->count;
	int i;

	for (i = 0; i < show->args->count; i++) {
		if (!name_matches(show->args->words[i], name))
			continue;
		wanted = true;
		show->found |= 1ULL << i;
	}
	if (wanted)
		out_counter(show->out, name, value);
	return 0;
}

static int stats_run(struct ctl *ctl, struct args *args)
{
	struct stats_show show = { .args = args, .out = &ctl->out };
	int err, i;

	if (args->count > STATS_NAMES_MAX)
		return ctl_fail_usage(ctl, "more than %d names",
				      STATS_NAMES_MAX);
	err = ctl_nl(ctl);
	if (err)
		return err;
	out_begin(&ctl->out, NULL);
	err = fttcp_stats_get(ctl->nl, stats_show_one, &show);
	out_end(&ctl->out);
	if (err)
		return ctl_fail_nl(ctl, err);
	for (i = 0; i < args->count; i++)
		if (!(show.found & (1ULL << i)))
			return ctl_fail(ctl, CTL_NOT_FOUND, -ENOENT,
					"there is no counter \"%s\"",
					args->words[i]);
	return 0;
}

const struct noun noun_stats = {
	.name = "stats",
	.usage = stats_usage,
	.run = stats_run,
};
