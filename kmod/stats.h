/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a namespace: one array for each CPU, added to from any context,
 * read by summing up. stats-list.h is the list. /proc/net/fttcp_stat and
 * netlink show them.
 */
#ifndef _FTTCP_STATS_H
#define _FTTCP_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

struct fttcp_net;
struct net;

#define FTTCP_STAT(id, ...) FTTCP_STAT_##id,
enum fttcp_stat {
#include "stats-list.h"
	/* private: */
	FTTCP_STAT_COUNT
};

#undef FTTCP_STAT

/**
 * struct fttcp_stats - one CPU's share of the counters
 * @v:	may be negative for a gauge, or for a share of it; only the sum means
 *		anything
 */
struct fttcp_stats {
	u64	v[FTTCP_STAT_COUNT];
};

int fttcp_stats_init_net(struct net *net, struct fttcp_net *fn);
void fttcp_stats_exit_net(struct net *net, struct fttcp_net *fn);

void fttcp_stat_add(struct fttcp_net *fn, enum fttcp_stat s, u64 n);
void fttcp_stat_sub(struct fttcp_net *fn, enum fttcp_stat s, u64 n);
void fttcp_stat_inc(struct fttcp_net *fn, enum fttcp_stat s);
void fttcp_stat_dec(struct fttcp_net *fn, enum fttcp_stat s);
void fttcp_stat_link_down(struct fttcp_net *fn, u8 reason);

u64 fttcp_stat_read(const struct fttcp_net *fn, enum fttcp_stat s);
const char *fttcp_stat_name(enum fttcp_stat s);

#endif /* _FTTCP_STATS_H */
