/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From one configuration to another: what differs, and when each difference
 * counts. Pure functions over conf.h.
 */
#ifndef FTTCPD_RELOAD_H
#define FTTCPD_RELOAD_H

#include "conf.h"

/* Documented in fttcpd.conf(5) under RELOAD, by these names. */
enum fttcpd_when {
	FTTCPD_WHEN_NOW,		/* with the reload */
	FTTCPD_WHEN_NEXT_USE,		/* the next time that it is needed */
	FTTCPD_WHEN_NEXT_CONNECTION,	/* for what begins afterwards */
	FTTCPD_WHEN_NEXT_LINK,		/* the link that is up stays as it is */
	FTTCPD_WHEN_NO_ROLE,		/* refused while the node has a role */
	FTTCPD_WHEN_RESTART,		/* of the daemon */
	FTTCPD_WHENS,
};

/**
 * struct fttcpd_change - one difference
 * @from:	in force so far; NULL when there was none of the kind
 * @to:		wanted; NULL when there is none any more
 * @when:	it counts
 */
struct fttcpd_change {
	const struct fttcpd_setting *from;
	const struct fttcpd_setting *to;
	enum fttcpd_when when;
};

typedef void fttcpd_change_cb(const struct fttcpd_change *change, void *arg);

enum fttcpd_when fttcpd_reload_when(const char *section, const char *key);
const char *fttcpd_reload_when_name(enum fttcpd_when when);
int fttcpd_reload_compare(const struct fttcpd_conf *from,
			  const struct fttcpd_conf *to, fttcpd_change_cb *cb,
			  void *arg);
void fttcpd_reload_keep(const struct fttcpd_conf *from,
			struct fttcpd_conf *to);

#endif /* FTTCPD_RELOAD_H */
