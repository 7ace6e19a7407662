/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of a message on its way from a client to its twin, and the
 * reasons for which it may end in the error store: numbers, names, and one
 * pure table. No I/O here; repo.h keeps messages on a disk.
 */
#ifndef FTTCP_REPO_STATE_H
#define FTTCP_REPO_STATE_H

/**
 * enum fttcp_msg_state - where a message is
 * @FTTCP_MSG_ACCEPTED:	durable on the node of its client, not looked at yet
 * @FTTCP_MSG_CHECKED:	its form is right
 * @FTTCP_MSG_ROUTED:	its destination, port included, is fixed
 * @FTTCP_MSG_PACKED:	has its place in the order of the link
 * @FTTCP_MSG_SENT:	was written to the other node
 * @FTTCP_MSG_STAGED:	durable on the other node too
 * @FTTCP_MSG_ARRIVED:	on the other node: durable, not looked at yet
 * @FTTCP_MSG_WAITING:	on the other node: waits for the twin
 * @FTTCP_MSG_DELIVERED: was written to the twin
 * @FTTCP_MSG_FAILED:	delivery failed; the reason is on the other node
 * @FTTCP_MSG_DELIVERING: on the other node: noted before it is written
 * @FTTCP_MSG_ACKNOWLEDGED: the twin has said that it is done
 * @FTTCP_MSG_STATES:	one more than the largest
 *
 * Numbers up to 17 are those of the reference (Documentation/messages.rst);
 * 21 is this project's own.
 */
enum fttcp_msg_state {
	FTTCP_MSG_ACCEPTED = 1,
	FTTCP_MSG_CHECKED = 2,
	FTTCP_MSG_ROUTED = 5,
	FTTCP_MSG_PACKED = 7,
	FTTCP_MSG_SENT = 8,
	FTTCP_MSG_STAGED = 9,
	FTTCP_MSG_ARRIVED = 10,
	FTTCP_MSG_WAITING = 11,
	FTTCP_MSG_DELIVERED = 14,
	FTTCP_MSG_FAILED = 15,
	FTTCP_MSG_DELIVERING = 17,
	FTTCP_MSG_ACKNOWLEDGED = 21,
	FTTCP_MSG_STATES,
};

/**
 * enum fttcp_msg_event - what can happen to a message
 * @FTTCP_MSG_E_CHECK:	its form was found right
 * @FTTCP_MSG_E_ROUTE:	its destination was chosen
 * @FTTCP_MSG_E_PACK:	it got its place in the order of the link
 * @FTTCP_MSG_E_SEND:	it goes to the other node
 * @FTTCP_MSG_E_UNSENT:	the other node does not have it
 * @FTTCP_MSG_E_STAGE:	the other node has it on its disk
 * @FTTCP_MSG_E_QUEUE:	on the other node: its form was found right
 * @FTTCP_MSG_E_WRITE:	about to be written to the twin
 * @FTTCP_MSG_E_WRITTEN: was written to the twin
 * @FTTCP_MSG_E_AGAIN:	the twin went away without an answer
 * @FTTCP_MSG_E_DONE:	the twin is done with it
 * @FTTCP_MSG_E_REMOTE_FAIL: the other node could not deliver it
 * @FTTCP_MSG_E_RESEND_OUT: operator: back on its way to the other node
 * @FTTCP_MSG_E_RESEND_IN: operator: back on its way to the twin
 * @FTTCP_MSG_EVENTS:	how many
 */
enum fttcp_msg_event {
	FTTCP_MSG_E_CHECK,
	FTTCP_MSG_E_ROUTE,
	FTTCP_MSG_E_PACK,
	FTTCP_MSG_E_SEND,
	FTTCP_MSG_E_UNSENT,
	FTTCP_MSG_E_STAGE,
	FTTCP_MSG_E_QUEUE,
	FTTCP_MSG_E_WRITE,
	FTTCP_MSG_E_WRITTEN,
	FTTCP_MSG_E_AGAIN,
	FTTCP_MSG_E_DONE,
	FTTCP_MSG_E_REMOTE_FAIL,
	FTTCP_MSG_E_RESEND_OUT,
	FTTCP_MSG_E_RESEND_IN,
	FTTCP_MSG_EVENTS,
};

/**
 * enum fttcp_msg_reason - why a message is in the error store
 * @FTTCP_MSG_R_NONE:	it is not
 * @FTTCP_MSG_R_MOVED:	routed to a destination that the configuration has
 *			moved since
 * @FTTCP_MSG_R_NOT_HERE: arrived at a node that it is not for
 * @FTTCP_MSG_R_CHECK:	its form is not right
 * @FTTCP_MSG_R_RETRIES: its twin went away too often while it had it
 * @FTTCP_MSG_R_CONVERT_IN: cannot be converted from the encoding it came in
 * @FTTCP_MSG_R_CONVERT_OUT: cannot be converted to what its twin reads
 * @FTTCP_MSG_R_CHAIN:	what the repository gave back is not what was put in
 */
enum fttcp_msg_reason {
	FTTCP_MSG_R_NONE = 0,
	FTTCP_MSG_R_MOVED = 107,
	FTTCP_MSG_R_NOT_HERE = 108,
	FTTCP_MSG_R_CHECK = 200,
	FTTCP_MSG_R_RETRIES = 405,
	FTTCP_MSG_R_CONVERT_IN = 416,
	FTTCP_MSG_R_CONVERT_OUT = 417,
	FTTCP_MSG_R_CHAIN = 500,
};

int fttcp_msg_next(unsigned int state, unsigned int event);
const char *fttcp_msg_state_name(unsigned int state);
int fttcp_msg_state_value(const char *name);
const char *fttcp_msg_event_name(unsigned int event);
const char *fttcp_msg_reason_text(unsigned int reason);
const char *fttcp_msg_reason_group(unsigned int reason);

#endif /* FTTCP_REPO_STATE_H */
