/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machines of the cluster, from the outside: power, cables, addresses, and
 * what fttcpd would say to the module.
 */
#ifndef FTSIM_NODE_H
#define FTSIM_NODE_H

#include "sim.h"

/**
 * struct settings - of both modules, for a whole seed
 * @heartbeat_ms: interval of heartbeats
 * @misses: how many make a link lost
 * @hold_max_ms: longest hold
 * @on_loss: enum fttcp_on_backup_loss
 * @lanes: connections of a link
 * @queue_max: bytes in a lane, 0: the default
 */
struct settings {
	uint32_t heartbeat_ms;
	uint32_t misses;
	uint32_t hold_max_ms;
	uint32_t on_loss;
	uint32_t lanes;
	uint32_t queue_max;
};

extern struct settings settings;

void bed_up(void);
void node_on(int i);
void node_cut(int i, bool carrier);
void node_mend(int i);
void node_off(int i);
void cable_link(void);

void node_role(int i, uint32_t role);
uint32_t node_state(int i);
bool node_wait(int i, uint32_t state, uint64_t ns);
void service_add(int i);
void service_del(int i);
int link_dial(void);
void link_drop(void);
int node_promote(int i, bool force);
void node_counters(int i);
void node_show(int i);

#endif /* FTSIM_NODE_H */
