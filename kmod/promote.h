/* SPDX-License-Identifier: GPL-2.0-only */
/* Promotion: the replicas of a node become live connections. */
#ifndef _FTTCP_PROMOTE_H
#define _FTTCP_PROMOTE_H

#include "fttcp.h"

/**
 * struct fttcp_promote - an order to promote, and what came of it
 * @epoch:	in: the new epoch, 0 for the largest seen plus one; out: used
 * @dry_run:	in: change nothing, tell what would happen
 * @force:	in: although a lease runs, or the copy is not complete
 * @promoted:	out: connections that live here now, or would
 * @failed:	out: connections that could not be installed
 * @would_lose:	out: bytes of these, and of incomplete ones
 * @wait_ms:	out, with -EAGAIN: how long the lease still runs
 * @time_us:	out: how long it took
 * @why:	out: static text when refused, or why one failed
 */
struct fttcp_promote {
	u64		epoch;
	bool		dry_run;
	bool		force;
	u32		promoted;
	u32		failed;
	u64		would_lose;
	u32		wait_ms;
	u32		time_us;
	const char	*why;
};

int fttcp_promote(struct fttcp_net *fn, struct fttcp_promote *p);

#endif /* _FTTCP_PROMOTE_H */
