/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that serves clients and carries their messages to the other node.
 * It may wait for a disk at any time, which the daemon's loop never does: the
 * two tell each other what they know, orders there and status back, and
 * neither waits for the other.
 */
#ifndef FTTCPD_MESSENGER_H
#define FTTCPD_MESSENGER_H

#include <stdbool.h>
#include <stdint.h>

#include "auth.h"
#include "conf.h"
#include "resend.h"

#define FTTCPD_MESSENGER_WORD	24
#define FTTCPD_MESSENGER_TROUBLE 256

/**
 * struct fttcpd_orders - what the daemon tells the messenger
 * @conf:	the configuration in force
 * @auth:	key that the two nodes share; without one nothing is proven
 * @role:	enum fttcp_role of this node
 * @epoch:	of this node
 * @holding:	the link waits for the clients
 * @stopped:	enum fttcp_down_reason for which an operator has stopped it on
 *		this node, 0 for not so
 * @again:	how often somebody wanted it to begin anew
 * @rounds:	how often clients had to say their state anew
 * @link_resend: where the link is with an automatic resend
 * @link_target: which of the addresses the link is with (resend.h), -1 for none
 * @state:	of the role table, in words
 */
struct fttcpd_orders {
	struct fttcpd_conf conf;
	struct fttcpd_auth auth;
	uint32_t role;
	uint64_t epoch;
	bool holding;
	uint32_t stopped;
	uint32_t again;
	uint32_t rounds;
	enum fttcpd_resend_state link_resend;
	int link_target;
	char state[FTTCPD_MESSENGER_WORD];
};

/**
 * struct fttcpd_client_status - one client, for people
 * @name:	of it
 * @awaited:	the configuration names it
 * @state:	of its own replication, in words
 * @task:	its task id
 * @pid:	of its process, 0 when it is not there
 * @inc:	incarnation of its stream
 * @seq:	last message accepted
 * @unstaged:	messages that are on this node only
 * @undelivered: messages for it that it is not done with
 */
struct fttcpd_client_status {
	char name[FTTCP_CLIENT_NAME];
	bool awaited;
	char state[FTTCPD_MESSENGER_WORD];
	uint32_t task;
	int32_t pid;
	uint64_t inc;
	uint64_t seq;
	uint64_t unstaged;
	uint64_t undelivered;
};

/**
 * struct fttcpd_messages_status - what the messenger tells the daemon
 * @complete:	every awaited client has replicated its state
 * @missing:	names of those that have not
 * @peer:	the other node's messenger is there
 * @peer_role:	enum fttcp_role that it says
 * @peer_epoch:	epoch that it says
 * @peer_holding: its link waits for its clients
 * @resend:	where messages are with an automatic resend
 * @refused:	how many were not the other node
 * @trouble:	what an operator should look at, "" for nothing
 * @clients:	how many there are
 * @client:	they
 */
struct fttcpd_messages_status {
	bool complete;
	char missing[FTTCPD_MESSENGER_TROUBLE];
	bool peer;
	uint32_t peer_role;
	uint64_t peer_epoch;
	bool peer_holding;
	struct fttcpd_resend resend;
	uint64_t refused;
	char trouble[FTTCPD_MESSENGER_TROUBLE];
	unsigned int clients;
	struct fttcpd_client_status client[FTTCP_CLIENTS_MAX];
};

/**
 * enum fttcpd_point - where a test may end the process
 * @FTTCPD_P_ACCEPTED:	a message was taken from a client, not committed
 * @FTTCPD_P_ARRIVED:	a message was taken from the other node, not committed
 * @FTTCPD_P_PACKED:	a message has got its place, not committed
 * @FTTCPD_P_COMMIT:	just before a commit
 * @FTTCPD_P_COMMITTED:	just behind it: nobody was told
 * @FTTCPD_P_TOLD:	everybody was told
 * @FTTCPD_P_WRITTEN:	one packet was written, others were not
 * @FTTCPD_P_DONE:	a client said that it is done, not committed
 * @FTTCPD_P_STAGED:	the other node said that it has it, not committed
 * @FTTCPD_POINTS:	how many
 */
enum fttcpd_point {
	FTTCPD_P_ACCEPTED,
	FTTCPD_P_ARRIVED,
	FTTCPD_P_PACKED,
	FTTCPD_P_COMMIT,
	FTTCPD_P_COMMITTED,
	FTTCPD_P_TOLD,
	FTTCPD_P_WRITTEN,
	FTTCPD_P_DONE,
	FTTCPD_P_STAGED,
	FTTCPD_POINTS,
};

/**
 * struct fttcpd_messenger_hooks - who is told
 * @told:	called in the messenger's thread when its status has changed;
 *		does not wait
 * @point:	called at each enum fttcpd_point, NULL but in tests
 * @arg:	for both
 */
struct fttcpd_messenger_hooks {
	void (*told)(void *arg);
	void (*point)(void *arg, enum fttcpd_point point);
	void *arg;
};

struct fttcpd_messenger;

int fttcpd_messenger_start(struct fttcpd_messenger **out,
			   const struct fttcpd_orders *orders,
			   const struct fttcpd_messenger_hooks *hooks);
void fttcpd_messenger_order(struct fttcpd_messenger *m,
			    const struct fttcpd_orders *orders);
void fttcpd_messenger_status(struct fttcpd_messenger *m,
			     struct fttcpd_messages_status *status);
void fttcpd_messenger_stop(struct fttcpd_messenger *m, uint32_t wait_ms);
bool fttcpd_messenger_wanted(const struct fttcpd_conf *conf);

#endif /* FTTCPD_MESSENGER_H */
