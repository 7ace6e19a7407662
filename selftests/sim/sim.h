/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of ftsim share: the clock, the history, the generator of
 * choices, the machines.
 */
#ifndef FTSIM_SIM_H
#define FTSIM_SIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fttcp-nl.h"
#include "hist.h"
#include "net.h"

#define MS		1000000ULL		/* in ns */

#define VIP4		"10.0.0.100"
#define VIP6		"2001:db8::100"
#define PEER4		"10.0.0.1"
#define PEER6		"2001:db8::1"
#define MD5_KEY		"simulated"

/* Errors put in by order, for the checker to find. */
enum mutant {
	M_NONE, M_CORRUPT, M_SKIP, M_EMITTER, M_RESET, M_STALL, M_EARLY, M_ACK,
};

/**
 * struct rng - where choices come from; the same seed, the same choices
 * @state: of the generator
 */
struct rng {
	uint64_t state;
};

/**
 * struct node - a machine of the cluster
 * @who: which
 * @on: it is there
 * @ns: its namespace
 * @nl: to its module
 * @lanes: this end of the link's connections
 * @n_lanes: how many
 * @announce_at: when to announce the addresses again, ns, 0: never
 * @announced: how often they were
 */
struct node {
	enum hist_who who;
	bool on;
	struct ns ns;
	struct fttcp_nl *nl;
	int lanes[FTTCP_LANES_MAX];
	unsigned int n_lanes;
	uint64_t announce_at;
	unsigned int announced;
};

/**
 * struct sim - a seed's simulation
 * @seed: it
 * @verbose: what the peer sends is recorded, too
 * @mutant: an error to make
 * @rounds: how many at most, 0: as the seed says
 * @rng: choices of the director
 * @lock: everything that traffic and director share
 * @sw: the switch that the machines and their peer are plugged into
 * @peer: the peer
 * @node: the cluster
 * @owner: the active one, by number
 * @takeovers: machines that died, or were taken for dead
 * @handovers: planned changes
 */
struct sim {
	uint64_t seed;
	bool verbose;
	enum mutant mutant;
	unsigned int rounds;
	struct rng rng;
	pthread_mutex_t lock;
	struct ns sw;
	struct ns peer;
	struct node node[2];
	int owner;
	unsigned int takeovers;
	unsigned int handovers;
};

extern struct sim sim;

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t n);
uint64_t rng_range(struct rng *rng, uint64_t from, uint64_t to);
bool rng_chance(struct rng *rng, unsigned int percent);

uint64_t sim_now(void);
void sim_sleep(uint64_t ns);
void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

int log_open(const char *path);
void log_event(struct hist_event ev);
void log_event_at(uint64_t ns, struct hist_event ev);
uint64_t log_close(void);

#define hist(...)	log_event((struct hist_event){ __VA_ARGS__ })

#endif /* FTSIM_SIM_H */
