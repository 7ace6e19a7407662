/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Silence of a node for endpoints that are not its own now: kmod/silence.c.
 */
#ifndef _FTTCP_SILENCE_H
#define _FTTCP_SILENCE_H

#include "fttcp.h"
#include "tuple.h"

struct fttcp_endpoint;

void fttcp_silence_init_net(struct fttcp_net *fn);
void fttcp_silence_exit_net(struct fttcp_net *fn);
int fttcp_silence_watch(struct fttcp_net *fn);

struct fttcp_endpoint *fttcp_endpoint_get(struct fttcp_net *fn,
					  const struct fttcp_tuple *t);
void fttcp_endpoint_put(struct fttcp_net *fn, struct fttcp_endpoint *e);
void fttcp_silence_over(struct fttcp_net *fn);

#endif /* _FTTCP_SILENCE_H */
