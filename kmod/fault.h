/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named fault points, for tests: something fails, a link stands still or a node
 * dies exactly there. Only in a module that was built with FTTCP_FAULTS=1;
 * otherwise nothing of it is left in the code. Documentation/testing.rst says
 * how they are armed.
 */
#ifndef _FTTCP_FAULT_H
#define _FTTCP_FAULT_H

#include <linux/types.h>

struct fttcp_lane;
struct fttcp_net;
struct sk_buff;

enum fttcp_fault_point {
#define FTTCP_FAULT_POINT(id, ...) FTTCP_FAULT_##id,
#include "fault-list.h"
#undef FTTCP_FAULT_POINT
	FTTCP_FAULT_NR
};

#ifdef FTTCP_FAULTS
int fttcp_fault_init(void);
void fttcp_fault_exit(void);
int fttcp_fault(struct fttcp_net *fn, enum fttcp_fault_point point);
bool fttcp_fault_corrupts(struct fttcp_net *fn, enum fttcp_fault_point point);
void fttcp_fault_flip(struct fttcp_net *fn, enum fttcp_fault_point point,
		      struct sk_buff *skb);
void fttcp_fault_delay(struct fttcp_net *fn, enum fttcp_fault_point point);
bool fttcp_fault_dead(struct fttcp_net *fn);
void fttcp_fault_stall(struct fttcp_lane *lane);
#else
static inline int fttcp_fault_init(void)
{
	return 0;
}

static inline void fttcp_fault_exit(void)
{
}

static inline int fttcp_fault(struct fttcp_net *fn,
			      enum fttcp_fault_point point)
{
	return 0;
}

static inline bool fttcp_fault_corrupts(struct fttcp_net *fn,
					enum fttcp_fault_point point)
{
	return false;
}

static inline void fttcp_fault_flip(struct fttcp_net *fn,
				    enum fttcp_fault_point point,
				    struct sk_buff *skb)
{
}

static inline void fttcp_fault_delay(struct fttcp_net *fn,
				     enum fttcp_fault_point point)
{
}

static inline bool fttcp_fault_dead(struct fttcp_net *fn)
{
	return false;
}

static inline void fttcp_fault_stall(struct fttcp_lane *lane)
{
}
#endif

#endif /* _FTTCP_FAULT_H */
