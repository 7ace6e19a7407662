// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what has to be proven before this node goes on without the other one: the
 * witness's lease where there is a witness, then the fence where there is one. Both
 * are needed where both are: the lease says who of the two goes on, so that they do not
 * fence each other, and the fence makes sure that the other one is silent.
 */
#include <stdio.h>

#include "daemon.h"
#include "event.h"

/**
 * fttcpd_permit_start() - prove that this node may go on
 * @d:		daemon
 *
 * Gives FENCED, UNFENCED or FENCE_FAILED, now or later, unless it is stopped. While it
 * is under way another start adds nothing.
 */
void fttcpd_permit_start(struct fttcpd *d)
{
	if (fttcpd_witness_wanted(&d->conf))
		fttcpd_witness_ask(d, FTTCPD_ASKING_PERMIT);
	else
		fttcpd_fence_start(d);
}

/** fttcpd_permit_stop() - it needs not be proven any more */
void fttcpd_permit_stop(struct fttcpd *d)
{
	fttcpd_witness_stop(d, FTTCPD_ASKING_PERMIT);
	fttcpd_fence_stop(d);
}

/**
 * fttcpd_permit_answer() - the witness has answered, or has not
 * @d:		daemon
 * @refused_why: why this node may not go on, NULL when it may
 */
void fttcpd_permit_answer(struct fttcpd *d, const char *refused_why)
{
	if (!refused_why && fttcpd_fence_wanted(&d->conf)) {
		fttcpd_fence_start(d);
		return;
	}
	if (!refused_why) {
		fttcpd_phase(d, "leased", "lease=%llu", (unsigned long long)
			     d->witness.answer.lease);
		fttcpd_event(d, FTTCPD_E_FENCED);
		return;
	}
	snprintf(d->error, sizeof(d->error), "%s; see that the other node is "
		 "off, then add force", refused_why);
	fttcpd_event(d, FTTCPD_E_FENCE_FAILED);
}
