/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Automatic resend: what follows from the way in which a link ended. The
 * decision is a function of what is here; resend_link.c acts by it.
 */
#ifndef FTTCPD_RESEND_H
#define FTTCPD_RESEND_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum fttcpd_resend_state - may a link be made, and when
 * @FTTCPD_RESEND_NONE: as ever: a link that is lost is made again, for ever
 * @FTTCPD_RESEND_DUE: the other node was stopped forced; whoever took over is
 *		called, each time after connect-retry-interval
 * @FTTCPD_RESEND_GAVE_UP: nobody took over in auto-resend-retry-count attempts
 * @FTTCPD_RESEND_STOPPED: the other node stopped the link in order
 * @FTTCPD_RESEND_HERE: an operator stopped the link on this node
 * @FTTCPD_RESEND_STATES: how many
 *
 * The last three end with "fttcpctl link start"; GAVE_UP with a reload, too.
 */
enum fttcpd_resend_state {
	FTTCPD_RESEND_NONE,
	FTTCPD_RESEND_DUE,
	FTTCPD_RESEND_GAVE_UP,
	FTTCPD_RESEND_STOPPED,
	FTTCPD_RESEND_HERE,
	FTTCPD_RESEND_STATES
};

/**
 * struct fttcpd_resend - where this node is with it
 * @state:	enum fttcpd_resend_state
 * @tries:	attempts since it became due
 * @target:	which of the addresses is called next, 0 for [link] connect
 */
struct fttcpd_resend {
	enum fttcpd_resend_state state;
	uint32_t tries;
	unsigned int target;
};

/**
 * struct fttcpd_resend_end - a link that ended
 * @reason:	enum fttcp_down_reason
 * @active:	this node is the sender
 * @connects:	it calls the other one, instead of being called
 * @was_up:	the nodes had accepted each other
 * @targets:	how many addresses there are to call
 */
struct fttcpd_resend_end {
	uint32_t reason;
	bool active;
	bool connects;
	bool was_up;
	unsigned int targets;
};

bool fttcpd_resend_end(struct fttcpd_resend *r,
		       const struct fttcpd_resend_end *end);
void fttcpd_resend_failed(struct fttcpd_resend *r, unsigned int targets);
bool fttcpd_resend_exhausted(struct fttcpd_resend *r, uint32_t count);
bool fttcpd_resend_held(const struct fttcpd_resend *r);
bool fttcpd_resend_again(struct fttcpd_resend *r);
void fttcpd_resend_up(struct fttcpd_resend *r);
const char *fttcpd_resend_name(enum fttcpd_resend_state state);

#endif /* FTTCPD_RESEND_H */
