/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the messenger share; all of it belongs to its thread but
 * for what messenger.c says of the lock. Nobody else includes this.
 *
 * One turn of the loop is one transaction: what was read is put into the
 * repository, then what can go on goes on, then all of it is committed, and only
 * then is anybody told (messenger.c).
 */
#ifndef FTTCPD_MESSAGES_H
#define FTTCPD_MESSAGES_H

#include <ev.h>
#include <pthread.h>

#include "greet.h"
#include "messenger.h"
#include "outbox.h"
#include "replica.h"
#include "retain.h"
#include "repo/repo.h"

/**
 * struct fttcpd_stream - a client and all that is on its way from and to it
 * @name:	of it, "" for a free slot
 * @awaited:	the configuration names it
 * @row:	what the repository knows of it
 * @replica:	enum fttcpd_replica_state
 * @complete_id: last message that it had sent when it said complete
 * @complete_pos: place that all of them have, or are before; 0 for not known
 * @fd:		its connection, -1 when it is not there (clients.c)
 * @pid:	of its process
 * @task:	its task id
 * @encoding:	what it reads
 * @io:		@fd is readable
 * @out_io:	@fd has room again
 * @box:	what it will be told
 * @refused:	number that was refused; what is behind it is not looked at
 *		before it comes again; 0 for none
 * @refused_inc: its incarnation
 * @send:	there may be something to send to the other node (outgoing.c)
 * @sent:	largest place that the other node has, or that was written to it
 * @staged:	largest place that it is known to have
 * @lost_inc:	incarnation that its twin has lost, 0 for none
 * @deliver:	there may be something to deliver (incoming.c)
 * @given:	deliveries that it is not done with
 * @given_id:	the last one that is in @box or written
 * @written_id:	the last one that is written
 * @tell_node:	it is to be told what this node is
 * @tell_after:	when it was given all up to this one
 * @stamp:	of the repository when these were counted, 0 for never
 * @unstaged:	messages of it that the other node does not have
 * @undelivered: messages for it that it is not done with
 */
struct fttcpd_stream {
	char name[FTTCP_CLIENT_NAME];
	bool awaited;
	struct fttcp_repo_client row;
	enum fttcpd_replica_state replica;
	int64_t complete_id;
	uint64_t complete_pos;

	int fd;
	int32_t pid;
	uint32_t task;
	uint32_t encoding;
	ev_io io;
	ev_io out_io;
	struct fttcpd_outbox box;
	uint64_t refused;
	uint64_t refused_inc;

	bool send;
	uint64_t sent;
	uint64_t staged;
	uint64_t lost_inc;

	bool deliver;
	unsigned int given;
	int64_t given_id;
	int64_t written_id;
	bool tell_node;
	int64_t tell_after;

	uint64_t stamp;
	uint64_t unstaged;
	uint64_t undelivered;
};

/* A packet between its length and its code. */
#define FTTCPD_FRAME_MAX \
	(sizeof(uint32_t) + FTTCP_PACKET_MAX + FTTCP_AUTH_MAC)

#define FTTCPD_REFUSAL_WHY	96	/* one clause */

/**
 * struct fttcpd_refusals - who was not the other node (twin_greet.c)
 * @count:	how many
 * @said:	when the last one was told
 * @who:	its address
 * @why:	and why
 */
struct fttcpd_refusals {
	uint64_t count;
	double said;
	char who[FTTCP_ADDR_STRLEN];
	char why[FTTCPD_REFUSAL_WHY];
};

/**
 * struct fttcpd_guest - a connection before its proof (twin_greet.c)
 * @fd:		-1 for a free place
 * @number:	it is the so-manieth
 * @greet:	what was said
 * @who:	its address
 * @io:		@fd
 * @limit:	until when it has to be done
 */
struct fttcpd_guest {
	int fd;
	uint64_t number;
	struct fttcpd_greet greet;
	char who[FTTCP_ADDR_STRLEN];
	ev_io io;
	ev_timer limit;
};

/**
 * struct fttcpd_twin - the connection to the other node's messenger (twin.c)
 * @listen_fd:	where it arrives, -1 for none
 * @fd:		it, -1 for none
 * @resend:	may there be a connection, to whom, and when (twin_resend.c)
 * @ended:	enum fttcp_down_reason that the other end gave, 0 for none
 * @stopping:	that was said to it, and nothing is heard any more
 * @connecting:	@fd is not connected yet, or nothing is proven yet
 * @who:	the other end's address
 * @proven:	the node that has proven to have the key, 0 without one
 * @seal:	of what is heard
 * @checked:	the first frame in @buf is that of @seal
 * @hello:	the other side has said who it is
 * @ready:	and how far it has what was sent
 * @node:	its number
 * @role:	its enum fttcp_role
 * @epoch:	its epoch
 * @holding:	its link waits for its clients
 * @repo:	its repository
 * @said:	errno of the last failure, 0 after a connection: the first of a
 *		series is logged
 * @paused:	nothing is read: the repository is full
 * @heard:	when something came last
 * @have:	bytes in @buf
 * @buf:	what was read and is not a whole packet, or waits
 * @box:	what it will be told
 * @accept_io:	@listen_fd
 * @io:		@fd is readable
 * @out_io:	@fd is connected, or has room again
 * @retry:	next attempt
 * @ping:	signs of life
 * @full:	end of @paused
 * @guest:	connections before their proof
 * @guests:	how many there were
 * @refusals:	who was refused
 */
struct fttcpd_twin {
	int listen_fd;
	int fd;
	struct fttcpd_resend resend;
	uint32_t ended;
	bool stopping;
	bool connecting;
	char who[FTTCP_ADDR_STRLEN];
	uint32_t proven;
	struct fttcpd_seal seal;
	bool checked;
	bool hello;
	bool ready;
	uint32_t node;
	uint32_t role;
	uint64_t epoch;
	bool holding;
	char repo[FTTCP_REPO_ID];
	int said;
	bool paused;
	double heard;
	size_t have;
	uint8_t buf[2 * FTTCPD_FRAME_MAX];
	struct fttcpd_outbox box;
	ev_io accept_io;
	ev_io io;
	ev_io out_io;
	ev_timer retry;
	ev_timer ping;
	ev_timer full;
	struct fttcpd_guest guest[FTTCP_GREET_CALLERS];
	uint64_t guests;
	struct fttcpd_refusals refusals;
};

#define FTTCPD_STRANGERS	8	/* connections that have not registered */

/**
 * struct fttcpd_stranger - a connection before it has registered (clients.c)
 * @fd:		-1 for a free slot
 * @pid:	of its process
 * @io:		@fd
 */
struct fttcpd_stranger {
	int fd;
	int32_t pid;
	ev_io io;
};

/**
 * struct fttcpd_messenger - the thread and all it has
 * @hooks:	who is told
 * @thread:	it
 * @lock:	protects what is up to @ended
 * @change:	@ended
 * @wake:	there are new orders
 * @next:	they
 * @ordered:	@next is newer than @now
 * @stop:	end
 * @left:	nobody waits for the end
 * @status:	what was published last
 * @ended:	the thread touches nothing any more
 * @now:	orders in force; the thread's, like all below
 * @before:	those before them, while new ones are taken
 * @begun:	there are some
 * @loop:	its loop
 * @turn:	end of each turn
 * @again:	there is more to do: a turn at once
 * @look:	every second
 * @retain:	every ten seconds
 * @repo:	NULL while it cannot be had
 * @broken:	errno of what failed in this turn, 0 for nothing
 * @said_repo:	that the repository cannot be had was logged
 * @listen_fd:	socket for clients, -1 for none
 * @listen_io:	it
 * @said_listen: that it cannot be had was logged
 * @stranger:	who has not registered yet
 * @stream:	clients
 * @twin:	the other node
 * @complete:	all awaited clients are
 * @completer:	task of the one that was last
 * @trouble:	for an operator
 */
struct fttcpd_messenger {
	struct fttcpd_messenger_hooks hooks;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t change;
	ev_async wake;
	struct fttcpd_orders next;
	bool ordered;
	bool stop;
	bool left;
	struct fttcpd_messages_status status;
	bool ended;

	struct fttcpd_orders now;
	struct fttcpd_orders before;
	bool begun;
	struct ev_loop *loop;
	ev_prepare turn;
	ev_timer again;
	ev_timer look;
	struct fttcpd_retain retain;
	struct fttcp_repo *repo;
	int broken;
	int said_repo;
	int listen_fd;
	ev_io listen_io;
	int said_listen;
	struct fttcpd_stranger stranger[FTTCPD_STRANGERS];
	struct fttcpd_stream stream[FTTCP_CLIENTS_MAX];
	struct fttcpd_twin twin;
	bool complete;
	uint32_t completer;
	char trouble[FTTCPD_MESSENGER_TROUBLE];
};

#define for_each_stream(m, s)						\
	for ((s) = fttcpd_stream_next(m, NULL); (s);			\
	     (s) = fttcpd_stream_next(m, s))

/* messenger.c */
void fttcpd_messenger_point(struct fttcpd_messenger *m, enum fttcpd_point p);
bool fttcpd_messenger_begin(struct fttcpd_messenger *m);
void fttcpd_messenger_broke(struct fttcpd_messenger *m, int rc);
void fttcpd_messenger_again(struct fttcpd_messenger *m);
struct fttcpd_stream *fttcpd_stream_next(struct fttcpd_messenger *m,
					 struct fttcpd_stream *s);
struct fttcpd_stream *fttcpd_stream_find(struct fttcpd_messenger *m,
					 const char *name, bool make);

/* clients.c */
void fttcpd_clients_init(struct fttcpd_messenger *m);
void fttcpd_clients_listen(struct fttcpd_messenger *m);
void fttcpd_clients_unlisten(struct fttcpd_messenger *m);
void fttcpd_client_drop(struct fttcpd_messenger *m, struct fttcpd_stream *s);
void fttcpd_client_tell(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			const struct fttcp_packet *p);
void fttcpd_client_flush(struct fttcpd_messenger *m, struct fttcpd_stream *s);
void fttcpd_client_round(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			 const char *why);
void fttcpd_client_lost(struct fttcpd_messenger *m,
			const struct fttcp_packet *p);
void fttcpd_client_node(struct fttcpd_messenger *m);

/* completion.c */
void fttcpd_replica_event(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			  enum fttcpd_replica_event event);
void fttcpd_completion_look(struct fttcpd_messenger *m);

/* outgoing.c */
bool fttcpd_outgoing_dest(const struct fttcpd_conf *conf, unsigned int target,
			  char dest[FTTCP_MSG_DEST]);
void fttcpd_outgoing_recover(struct fttcpd_messenger *m);
void fttcpd_outgoing_pump(struct fttcpd_messenger *m, struct fttcpd_stream *s);
void fttcpd_outgoing_at(struct fttcpd_messenger *m,
			const struct fttcp_packet *p);
void fttcpd_outgoing_cursor(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			    uint64_t pos);
void fttcpd_outgoing_begin(struct fttcpd_messenger *m);
int64_t fttcpd_outgoing_last(struct fttcpd_messenger *m,
			     const struct fttcpd_stream *s);

/* incoming.c */
int fttcpd_incoming_put(struct fttcpd_messenger *m,
			const struct fttcp_packet *p);
void fttcpd_incoming_pump(struct fttcpd_messenger *m, struct fttcpd_stream *s);
void fttcpd_incoming_done(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			  int64_t id);
void fttcpd_incoming_again(struct fttcpd_messenger *m,
			   struct fttcpd_stream *s);
void fttcpd_incoming_report(struct fttcpd_messenger *m);

/* twin.c */
void fttcpd_twin_init(struct fttcpd_messenger *m);
void fttcpd_twin_open(struct fttcpd_messenger *m);
void fttcpd_twin_close(struct fttcpd_messenger *m);
void fttcpd_twin_drop(struct fttcpd_messenger *m, int err, const char *what);
void fttcpd_twin_tell(struct fttcpd_messenger *m, const struct fttcp_packet *p);
void fttcpd_twin_flush(struct fttcpd_messenger *m);
void fttcpd_twin_node(struct fttcpd_messenger *m);
void fttcpd_twin_greeted(struct fttcpd_messenger *m, int fd,
			 const struct fttcpd_greet *greet);
void fttcpd_twin_say_stop(struct fttcpd_messenger *m);
void fttcpd_twin_later(struct fttcpd_messenger *m);
struct fttcp_endpoint fttcpd_twin_endpoint(const struct fttcpd_conf *conf,
					   unsigned int target);

/* twin_resend.c */
unsigned int fttcpd_twin_target(const struct fttcpd_messenger *m);
void fttcpd_twin_ended(struct fttcpd_messenger *m, bool was_up);
uint32_t fttcpd_twin_pause(struct fttcpd_messenger *m);
bool fttcpd_twin_try(struct fttcpd_messenger *m);
bool fttcpd_twin_lost_backup(const struct fttcpd_messenger *m);
void fttcpd_twin_orders(struct fttcpd_messenger *m);

/* twin_greet.c */
void fttcpd_twin_greet_init(struct fttcpd_messenger *m);
void fttcpd_twin_greet(struct fttcpd_messenger *m, int fd, bool connects);
void fttcpd_twin_greet_forget(struct fttcpd_messenger *m, bool connects);
void fttcpd_twin_who(int fd, char who[FTTCP_ADDR_STRLEN]);
void fttcpd_twin_violation(struct fttcpd_messenger *m, const char *who,
			   const char *why);

#endif /* FTTCPD_MESSAGES_H */
