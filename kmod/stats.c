// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of a namespace and /proc/net/fttcp_stat. Owns the arrays and the
 * names; who counts what is everybody else's business.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "fttcp.h"
#include "stats.h"

#define FTTCP_STAT(id, name) \
	[FTTCP_STAT_##id] = "Fttcp" name,
static const char * const stat_names[FTTCP_STAT_COUNT] = {
#include "stats-list.h"
};

#undef FTTCP_STAT

/**
 * fttcp_stat_name() - name of a counter
 * @s: counter
 *
 * Return: the name with its prefix, "unknown" for a value that is none.
 */
const char *fttcp_stat_name(enum fttcp_stat s)
{
	return s < FTTCP_STAT_COUNT ? stat_names[s] : "unknown";
}

/**
 * fttcp_stat_add() - add to a counter
 * @fn: namespace
 * @s: counter
 * @n: how much
 *
 * Context: any, interrupts included.
 */
void fttcp_stat_add(struct fttcp_net *fn, enum fttcp_stat s, u64 n)
{
	this_cpu_add(fn->stats->v[s], n);
}

/**
 * fttcp_stat_sub() - take from a gauge
 * @fn: namespace
 * @s: gauge
 * @n: how much
 *
 * Context: any, interrupts included.
 */
void fttcp_stat_sub(struct fttcp_net *fn, enum fttcp_stat s, u64 n)
{
	this_cpu_sub(fn->stats->v[s], n);
}

/**
 * fttcp_stat_inc() - count one
 * @fn: namespace
 * @s: counter
 *
 * Context: any, interrupts included.
 */
void fttcp_stat_inc(struct fttcp_net *fn, enum fttcp_stat s)
{
	this_cpu_inc(fn->stats->v[s]);
}

/**
 * fttcp_stat_dec() - one less in a gauge
 * @fn: namespace
 * @s: gauge
 *
 * Context: any, interrupts included.
 */
void fttcp_stat_dec(struct fttcp_net *fn, enum fttcp_stat s)
{
	this_cpu_dec(fn->stats->v[s]);
}

/**
 * fttcp_stat_link_down() - count a link that went down, in all and by its
 * reason
 * @fn: namespace
 * @reason: enum fttcp_down_reason
 *
 * Context: any.
 */
void fttcp_stat_link_down(struct fttcp_net *fn, u8 reason)
{
	static_assert(FTTCP_STAT_LINK_DOWN_FORCED -
		      FTTCP_STAT_LINK_DOWN_EOF ==
		      FTTCP_DOWN_REASON_FORCED - FTTCP_DOWN_REASON_EOF);
	static_assert(FTTCP_DOWN_REASON_FORCED == FTTCP_DOWN_REASON_MAX);

	fttcp_stat_inc(fn, FTTCP_STAT_LINK_DOWN);
	if (reason >= FTTCP_DOWN_REASON_EOF && reason <= FTTCP_DOWN_REASON_MAX)
		fttcp_stat_inc(fn, FTTCP_STAT_LINK_DOWN_EOF + reason -
				   FTTCP_DOWN_REASON_EOF);
}

/**
 * fttcp_stat_read() - value of a counter
 * @fn: namespace
 * @s: counter
 *
 * Gauges that the namespace keeps anyway are read there and counted nowhere
 * else.
 *
 * Context: any. A reader beside a writer may miss the writer's last addition.
 * Return: the sum over all CPUs.
 */
u64 fttcp_stat_read(const struct fttcp_net *fn, enum fttcp_stat s)
{
	u64 sum = 0;
	int cpu;

	switch (s) {
	case FTTCP_STAT_CURR_MEMORY:
		return atomic64_read(&fn->mem_used);
	case FTTCP_STAT_CURR_CONN:
		return READ_ONCE(fn->nr_conns);
	case FTTCP_STAT_CURR_REPLICA:
		return READ_ONCE(fn->nr_replicas);
	default:
		break;
	}
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(fn->stats, cpu)->v[s]);
	return sum;
}

static int stats_show(struct seq_file *seq, void *unused)
{
	const struct fttcp_net *fn = fttcp_net(seq->private);
	enum fttcp_stat s;

	for (s = 0; s < FTTCP_STAT_COUNT; s++)
		seq_printf(seq, "%-32s\t%llu\n", stat_names[s],
			   fttcp_stat_read(fn, s));
	return 0;
}

/**
 * fttcp_stats_init_net() - counters of a new namespace
 * @net: namespace
 * @fn: our part of it
 *
 * Return: 0 or -ENOMEM.
 */
int fttcp_stats_init_net(struct net *net, struct fttcp_net *fn)
{
	fn->stats = alloc_percpu(struct fttcp_stats);
	if (!fn->stats)
		return -ENOMEM;
	if (!proc_create_net_single("fttcp_stat", 0444, net->proc_net,
				    stats_show, NULL)) {
		free_percpu(fn->stats);
		return -ENOMEM;
	}
	return 0;
}

/**
 * fttcp_stats_exit_net() - the namespace goes away; nobody counts any more
 * @net: namespace
 * @fn: our part of it
 */
void fttcp_stats_exit_net(struct net *net, struct fttcp_net *fn)
{
	remove_proc_entry("fttcp_stat", net->proc_net);
	free_percpu(fn->stats);
}
