/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what the kernel says to what the role table understands. Pure.
 */
#ifndef FTTCPD_CLASSIFY_H
#define FTTCPD_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "fsm.h"

/**
 * struct fttcpd_ended - a link that ended, and who was at its ends
 * @reason:	enum fttcp_down_reason
 * @connects:	this node is the one that connects, the other one listens
 * @role:	enum fttcp_role of this node
 * @epoch:	of this node
 * @peer_role:	what the other node said in HELLO, 0 when it said nothing
 * @peer_epoch:	what it said in HELLO
 * @up:		HELLO was accepted on it
 * @synced:	the copy of this backup became complete over it
 * @lives:	the second path says that the other node is alive, and active
 * @silent:	the copy of this backup is complete, and its active has said that
 *		it does not go on alone by itself
 */
struct fttcpd_ended {
	uint32_t reason;
	bool connects;
	uint32_t role;
	uint64_t epoch;
	uint32_t peer_role;
	uint64_t peer_epoch;
	bool up;
	bool synced;
	bool silent;
	bool lives;
};

enum fttcpd_event fttcpd_classify_ended(const struct fttcpd_ended *ended);
enum fttcpd_event fttcpd_classify_start(uint32_t kernel_role,
					uint32_t kernel_state,
					uint32_t down_reason, bool silent,
					uint32_t wanted_role);
enum fttcpd_event fttcpd_classify_resync(enum fttcpd_state state,
					 uint32_t kernel_state,
					 enum fttcpd_event ended);

#endif /* FTTCPD_CLASSIFY_H */
