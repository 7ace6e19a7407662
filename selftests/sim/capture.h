/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comes out of the machines, seen at the switch before anything can
 * happen to it.
 */
#ifndef FTSIM_CAPTURE_H
#define FTSIM_CAPTURE_H

#include "sim.h"

void capture_open(enum hist_who who, const char *dev);
void capture_close(enum hist_who who);
void capture_drain(void);
uint64_t capture_lost(void);
void capture_forge(enum hist_who from, uint32_t ack);

#endif /* FTSIM_CAPTURE_H */
