/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The witness's lease: which of two nodes may go on while they do not see each
 * other. The decision alone: no clock, no file, no socket; those are in arbiter.c.
 *
 * The lease does not pass to the other node by time. Who was given it may have gone on
 * with the connections at once, and if it has, what the other node has of them is old: to
 * take over with that is what the whole project is there to prevent, whether the
 * first one lives or not. So it ends by a word only: of its owner, that it did not use
 * it or is no longer active, or of an active whose backup has everything again. What
 * ends by time is the answer (FTTCP_WITNESS_ANSWER_MS): a node relies on one for so
 * long from when it asked, by its own clock.
 */
#ifndef FTTCPD_LEASE_H
#define FTTCPD_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTTCPD_LEASE_TEXT	64	/* a lease as text, with its end */

/**
 * struct fttcpd_lease - all that the witness has to remember
 * @number:	grows by one each time that it is given to somebody else than before
 * @owner:	node that has it, 0 for none
 * @last:	the only node whose connections may be up to date, as it may have gone on
 *		without the other one; 0 for either
 */
struct fttcpd_lease {
	uint64_t number;
	uint32_t owner;
	uint32_t last;
};

/**
 * enum fttcpd_verdict - what is said about a request
 * @FTTCPD_LEASE_GRANTED: the node has it
 * @FTTCPD_LEASE_HELD:	the other node has it
 * @FTTCPD_LEASE_STALE:	nobody has it, but the other node went on without this one
 *			since: the connections that this one has are old
 */
enum fttcpd_verdict {
	FTTCPD_LEASE_GRANTED,
	FTTCPD_LEASE_HELD,
	FTTCPD_LEASE_STALE,
};

/**
 * enum fttcpd_end - why a lease is not needed any more
 * @FTTCPD_LEASE_UNUSED: its owner did nothing with it
 * @FTTCPD_LEASE_GONE:	its owner is not active, and may have been
 * @FTTCPD_LEASE_SHARED: a backup has everything, or had, and the active was silent
 *			since: either node may go on
 */
enum fttcpd_end {
	FTTCPD_LEASE_UNUSED,
	FTTCPD_LEASE_GONE,
	FTTCPD_LEASE_SHARED,
};

enum fttcpd_verdict fttcpd_lease_ask(struct fttcpd_lease *lease, uint32_t node,
				     bool has_connections);
void fttcpd_lease_claim(struct fttcpd_lease *lease, uint32_t node);
bool fttcpd_lease_return(struct fttcpd_lease *lease, uint32_t node,
			 uint64_t number, enum fttcpd_end end);
const char *fttcpd_lease_text(const struct fttcpd_lease *lease,
			      char buf[FTTCPD_LEASE_TEXT]);
int fttcpd_lease_parse(struct fttcpd_lease *lease, const char *text);

#endif /* FTTCPD_LEASE_H */
