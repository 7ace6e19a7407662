/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A round of fuzzing the link: what main, and the two roles that we play, share.
 */
#ifndef FT_FUZZLINK_H
#define FT_FUZZLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzzlane.h"
#include "fuzznode.h"
#include "rnd.h"

#define LANES	3
#define FUZZ_CONNS	8	/* connections that are told of, with the ids 1 to 8 */

/**
 * struct fuzz - what a round works with
 * @node: the node under test
 * @r: everything that is random
 * @lanes: of the link of this round
 * @nr: of these
 * @id: of the link
 * @epoch: that we name
 * @damage: one record in so many is damaged, 0 none is
 * @refused: something was sent that no node may take
 * @unsure: where records begin and end is no longer known
 * @spoiled: a random or damaged record may have said something of a connection that
 *	is told of
 * @records: sent so far, in all rounds
 * @damaged: of these
 * @promoted: promotions, in all rounds
 * @accepted: connections that were claimed, in all rounds
 * @bytes: that were read from these and found right
 */
struct fuzz {
	struct node node;
	struct rnd r;
	struct lane lanes[LANES];
	int nr;
	uint32_t id;
	uint64_t epoch;
	uint32_t damage;
	bool refused;
	bool unsure;
	bool spoiled;
	unsigned long records;
	unsigned long damaged;
	unsigned long promoted;
	unsigned long accepted;
	unsigned long bytes;
};

/* All return NULL, or what should not have happened. */
const char *fuzz_backup(struct fuzz *f);
const char *fuzz_active(struct fuzz *f);

const char *fuzz_link_open(struct fuzz *f);
const char *fuzz_link_ended(struct fuzz *f);
const char *fuzz_link_forget(struct fuzz *f);
const char *fuzz_hello(struct fuzz *f, uint8_t role);
const char *fuzz_send(struct fuzz *f, struct lane *l, uint8_t type, void *body,
		      const void *payload, uint32_t len);
const char *fuzz_anything(struct fuzz *f);
const char *fuzz_settled(struct fuzz *f);
void fuzz_beat(struct fuzz *f, struct lane *l, void *body, uint64_t acked);

#endif /* FT_FUZZLINK_H */
