/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All programs of the simulation, in one thread: servers on the machines of the
 * cluster, clients on their peer. The director calls these from its own.
 */
#ifndef FTSIM_TRAFFIC_H
#define FTSIM_TRAFFIC_H

#include "sim.h"

void traffic_start(void);
void traffic_serve(struct node *node);
void traffic_abort(const struct node *node);
void traffic_kill(struct node *node);
void traffic_open(unsigned int count);
void traffic_guard(void);
void traffic_stop(void);
unsigned int traffic_left(void);
unsigned int traffic_silent(void);
void traffic_wake(void);
void traffic_show(void);

#endif /* FTSIM_TRAFFIC_H */
