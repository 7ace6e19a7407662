// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the meaning of the kernel's reasons and states for the role table.
 */
#include <linux/fttcp.h>

#include "classify.h"

/*
 * Two actives, of which the kernel cannot say which has more to lose: both were
 * told to begin as active while they could not see each other, and both have
 * connections or none has. One has to go, and both have to mean the same one: it
 * is the one that knows less of the past, or, as a rule, the one that connects.
 */
static enum fttcpd_event duel(const struct fttcpd_ended *e)
{
	bool yield = e->peer_epoch > e->epoch ||
		     (e->peer_epoch == e->epoch && e->connects);

	return yield ? FTTCPD_E_OUTRANKED : FTTCPD_E_LINK_BROKEN;
}

/*
 * The active may have died since this link failed, or live. If it lives, it is
 * silent, and remains so until it has a backup or somebody decides otherwise: who
 * finds it nowhere may take over.
 */
static bool failed(const struct fttcpd_ended *e)
{
	return e->up && e->silent;
}

/**
 * fttcpd_classify_ended() - what the end of a link means
 * @ended:	the link
 *
 * A backup takes over at once after the loss of the link over which its copy
 * became complete, unless the other node is heard elsewhere. Any other end says
 * nothing of the active, or proves that it lives; the copy is made anew then, if
 * there is an active.
 *
 * Return: FTTCPD_E_LINK_LOST, _LINK_CUT, _LINK_BROKEN, _LINK_FAILED, _GOODBYE,
 * _PEER_IDLE or _OUTRANKED.
 */
enum fttcpd_event fttcpd_classify_ended(const struct fttcpd_ended *ended)
{
	switch (ended->reason) {
	case FTTCP_DOWN_REASON_EOF:
	case FTTCP_DOWN_REASON_CARRIER:
	case FTTCP_DOWN_REASON_HEARTBEAT:
	case FTTCP_DOWN_REASON_SEND_ERROR:
	case FTTCP_DOWN_REASON_RECV_ERROR:
	case FTTCP_DOWN_REASON_STALLED:
	case FTTCP_DOWN_REASON_NETNS:
		if (ended->lives && ended->role == FTTCP_ROLE_BACKUP)
			return FTTCPD_E_LINK_CUT;
		return !ended->synced && failed(ended) ?
			FTTCPD_E_LINK_FAILED : FTTCPD_E_LINK_LOST;
	case FTTCP_DOWN_REASON_DECODE:
	case FTTCP_DOWN_REASON_VERSION:
	case FTTCP_DOWN_REASON_QUEUE_FULL:
	case FTTCP_DOWN_REASON_MEMORY:
	case FTTCP_DOWN_REASON_HOLD_MAX:
	case FTTCP_DOWN_REASON_NACK:
		return failed(ended) ? FTTCPD_E_LINK_FAILED :
				       FTTCPD_E_LINK_BROKEN;
	case FTTCP_DOWN_REASON_GOODBYE:
		return FTTCPD_E_GOODBYE;
	case FTTCP_DOWN_REASON_EPOCH:
	case FTTCP_DOWN_REASON_ROLE:
		/* between two actives of different claims the kernel decides */
		if (ended->peer_role == FTTCP_ROLE_BACKUP)
			return FTTCPD_E_PEER_IDLE;
		return ended->reason == FTTCP_DOWN_REASON_ROLE &&
		       ended->peer_role == FTTCP_ROLE_ACTIVE &&
		       ended->role == FTTCP_ROLE_ACTIVE ?
			duel(ended) : FTTCPD_E_LINK_BROKEN;
	default:
		return FTTCPD_E_LINK_BROKEN;
	}
}

/**
 * fttcpd_classify_start() - how the daemon begins
 * @kernel_role: enum fttcp_role that the kernel has already
 * @kernel_state: enum fttcp_state that it has already
 * @down_reason: enum fttcp_down_reason of the last link, if any
 * @silent:	as in struct fttcpd_ended
 * @wanted_role: enum fttcp_role of the configuration
 *
 * Return: FTTCPD_E_START_* on a fresh kernel, FTTCPD_E_ADOPT_* otherwise.
 */
enum fttcpd_event fttcpd_classify_start(uint32_t kernel_role,
					uint32_t kernel_state,
					uint32_t down_reason, bool silent,
					uint32_t wanted_role)
{
	struct fttcpd_ended ended = {
		.reason = down_reason, .up = true, .synced = true,
		.silent = silent,
	};
	enum fttcpd_event end = fttcpd_classify_ended(&ended);

	if (kernel_role == FTTCP_ROLE_NONE)
		return wanted_role == FTTCP_ROLE_ACTIVE ?
			FTTCPD_E_START_ACTIVE : FTTCPD_E_START_BACKUP;
	switch (kernel_state) {
	case FTTCP_STATE_FENCED:
		return FTTCPD_E_ADOPT_FENCED;
	case FTTCP_STATE_SYNCING:
		return FTTCPD_E_ADOPT_SYNCING;
	case FTTCP_STATE_PROTECTED:
		return FTTCPD_E_ADOPT_PROTECTED;
	case FTTCP_STATE_BACKUP_READY:
		return FTTCPD_E_ADOPT_READY;
	case FTTCP_STATE_BACKUP_WAITING:
		return end == FTTCPD_E_LINK_LOST || end == FTTCPD_E_GOODBYE ||
		       end == FTTCPD_E_LINK_FAILED ?
			FTTCPD_E_ADOPT_LOST : FTTCPD_E_ADOPT_WAITING;
	default:
		return kernel_role == FTTCP_ROLE_ACTIVE ?
			FTTCPD_E_ADOPT_SOLO : FTTCPD_E_ADOPT_WAITING;
	}
}

/**
 * fttcpd_classify_resync() - catch up after events were lost
 * @state:	what the daemon believes
 * @kernel_state: enum fttcp_state, read after the loss
 * @ended:	what fttcpd_classify_ended() says of the last link
 *
 * Return: the event that was missed, or FTTCPD_EVENTS when none was.
 */
enum fttcpd_event fttcpd_classify_resync(enum fttcpd_state state,
					 uint32_t kernel_state,
					 enum fttcpd_event ended)
{
	switch (kernel_state) {
	case FTTCP_STATE_FENCED:
		return FTTCPD_E_OUTRANKED;
	case FTTCP_STATE_PROTECTED:
	case FTTCP_STATE_BACKUP_READY:
		return FTTCPD_E_SYNCED;
	case FTTCP_STATE_SYNCING:
	case FTTCP_STATE_BACKUP_SYNCING:
		return FTTCPD_E_LINK_UP;
	case FTTCP_STATE_SOLO:
	case FTTCP_STATE_HOLDING:
		return state == FTTCPD_S_SYNCING ||
		       state == FTTCPD_S_PROTECTED ? ended : FTTCPD_EVENTS;
	case FTTCP_STATE_BACKUP_WAITING:
		return state == FTTCPD_S_READY ||
		       ended == FTTCPD_E_LINK_FAILED ? ended : FTTCPD_EVENTS;
	default:
		return FTTCPD_EVENTS;
	}
}
