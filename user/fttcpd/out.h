/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * That this node has lost its role and waits for an operator (rejoin = operator): told,
 * and remembered for the next daemon.
 */
#ifndef FTTCPD_OUT_H
#define FTTCPD_OUT_H

#include <stdbool.h>

#include "fsm.h"

struct fttcpd;

bool fttcpd_out_known(struct fttcpd *d, bool kernel_active);
void fttcpd_out_changed(struct fttcpd *d, enum fttcpd_state before,
			enum fttcpd_event event);
const char *fttcpd_out_trouble(const struct fttcpd *d);

#endif /* FTTCPD_OUT_H */
