/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All state of the daemon, in one struct that every function is handed. One
 * thread runs it: whoever is called by the loop may change it. Of the other
 * threads one waits for an answer of the kernel (takeover.c), one for the disk
 * (keeper.c), one serves clients (messenger.h), and there are those of health
 * probes for services (probe.c); they touch nothing but what is said there. The
 * parts are owned by the files that are named beside them.
 */
#ifndef FTTCPD_DAEMON_H
#define FTTCPD_DAEMON_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <fttcp/limits.h>

#include "auth.h"
#include "callers.h"
#include "conf.h"
#include "escalate.h"
#include "fence.h"
#include "fsm.h"
#include "fttcp-nl.h"
#include "messenger.h"
#include "out.h"
#include "packet.h"
#include "path.h"
#include "progress.h"
#include "reload.h"
#include "resend.h"
#include "witness.h"

struct fttcpd_probe;
struct json_object;

#define FTTCPD_EXIT_NOT_NOW	3	/* exit status: trying again may help */
#define FTTCPD_QUEUE		16	/* events that one event may cause */
#define FTTCPD_CLIENTS		16	/* connections to the control socket */
#define FTTCPD_ERROR		512	/* one line for a person */
/* What the service manager is asked for, every so often, to end in order. */
#define FTTCPD_EXTEND_US	30000000

/**
 * struct fttcpd_link - the dedicated link (link.c)
 * @id:		of the kernel's link, 0 when it has none. Each new link gets a
 *		larger id, so that late events of an old one are told apart
 * @last_id:	the largest id used so far
 * @ended:	the kernel said that link @id is down
 * @up:		HELLO was accepted on it
 * @wanted:	listen or connect
 * @listen_fd:	listening socket, -1 for none
 * @fd:		@fds connected sockets, the last one still connecting while
 *		@io is active
 * @fds:	how many
 * @last_error:	errno of the last attempt that failed, 0 after one that did
 *		not: only the first of a series is logged
 * @accept_io:	@listen_fd
 * @io:		the socket that is connecting
 * @limit:	ends an attempt that takes too long
 * @retry:	begins the next attempt
 */
struct fttcpd_link {
	uint32_t id;
	uint32_t last_id;
	bool ended;
	bool up;
	bool wanted;
	int listen_fd;
	int fd[FTTCP_LANES_MAX];
	unsigned int fds;
	int last_error;
	ev_io accept_io;
	ev_io io;
	ev_timer limit;
	ev_timer retry;
};

/**
 * struct fttcpd_takeover - the promotion or handover under way (takeover.c)
 * @nl:		its own handle; the thread's while @busy
 * @busy:	the kernel has not answered, or the answer was not looked at yet
 * @threaded:	@thread has to be joined
 * @handover:	which of the two it is
 * @force_next:	a promotion by force follows the one under way
 * @promo:	the promotion; the thread's while @busy
 * @before:	the epoch that was kept before the one that is written for it
 * @keep:	it is being written, which is waited for first
 * @rc:		what the kernel answered; the thread's while @busy
 * @error:	the same in words; the thread's while @busy
 * @thread:	waits for the answer
 * @done:	sent by @thread
 */
struct fttcpd_takeover {
	struct fttcp_nl *nl;
	bool busy;
	bool threaded;
	bool handover;
	bool force_next;
	struct fttcp_promote promo;
	uint64_t before;
	bool keep;
	int rc;
	char error[FTTCPD_ERROR];
	pthread_t thread;
	ev_async done;
};

/**
 * struct fttcpd_vip - the service addresses (vip.c)
 * @wanted:	this node should have them
 * @present:	this node has it, or it may have, per address
 * @said:	errno of the last attempt that failed and was logged, per address
 * @settled:	nothing is left to do but to look now and then
 * @announced:	how often each was announced since it came
 * @timer:	next announcement, next attempt, or next look
 */
struct fttcpd_vip {
	bool wanted;
	bool settled;
	bool present[FTTCPD_CONF_SERVICES];
	int said[FTTCPD_CONF_SERVICES];
	uint32_t announced[FTTCPD_CONF_SERVICES];
	ev_timer timer;
};

/**
 * struct fttcpd_look - who else has a service address (look.c)
 * @ask:	@asks addresses that are being asked for
 * @asks:	how many, 0 when this is not under way
 * @io:		answers come here
 * @round:	how often they were asked for
 * @said:	that another machine has one was logged
 * @failed:	nobody could be asked, which was logged
 * @tries:	how often nobody could be asked, though a device was up
 * @found:	what the table is to be told, FTTCPD_EVENTS while that is open
 * @timer:	next time
 */
struct fttcpd_look {
	struct fttcpd_service ask[FTTCPD_CONF_SERVICES];
	unsigned int asks;
	ev_io io[FTTCPD_PACKET_KINDS];
	unsigned int round;
	bool said;
	bool failed;
	unsigned int tries;
	enum fttcpd_event found;
	ev_timer timer;
};

/**
 * struct fttcpd_client - somebody at the control socket (control.c)
 * @fd:		-1 for a free slot
 * @io:		@fd
 */
struct fttcpd_client {
	int fd;
	ev_io io;
};

/**
 * struct fttcpd_control - the control socket (control.c)
 * @fd:		listening, -1 for none
 * @io:		@fd
 * @client:	who is connected
 * @asker:	who waits for the end of a promotion or switchover, or NULL
 * @asker_id:	"id" of that request
 * @asked:	FTTCPD_E_OP_*
 */
struct fttcpd_control {
	int fd;
	ev_io io;
	struct fttcpd_client client[FTTCPD_CLIENTS];
	struct fttcpd_client *asker;
	int64_t asker_id;
	enum fttcpd_event asked;
};

/**
 * struct fttcpd_messages - clients and their messages (messages.c)
 * @messenger:	who serves them, NULL where there are none
 * @status:	what it said last
 * @news:	sent by it
 * @stopped:	enum fttcp_down_reason for which an operator has stopped it, or 0
 * @again:	how often one wanted it to begin anew
 * @rounds:	how often clients had to say their state anew
 */
struct fttcpd_messages {
	struct fttcpd_messenger *messenger;
	struct fttcpd_messages_status status;
	ev_async news;
	uint32_t stopped;
	uint32_t again;
	uint32_t rounds;
};

/**
 * struct fttcpd - the daemon
 * @loop:	libev's
 * @conf_path:	where @conf came from
 * @conf:	what is in force
 * @filed:	what the file said when it was read last; differs in what only a
 *		restart changes
 * @state:	of the role table; action.c changes it
 * @queue:	events that wait for the table (action.c)
 * @queued:	how many
 * @stepping:	the table is being walked
 * @timer:	FTTCPD_E_TIMER (action.c)
 * @nl:		requests to the kernel
 * @events:	the kernel's events (monitor.c)
 * @events_io:	their descriptor
 * @resync:	runs for a second after it was caught up with lost events
 * @lost_again:	more were lost meanwhile
 * @reason:	enum fttcp_down_reason of the last link that ended
 * @said_down:	reason of the link's end that was logged last, 0 for none
 * @said_refused: the same for its refusal
 * @said_nobody: that no node may be active was logged
 * @failed:	waiting for what happens failed, negative errno
 * @stopping:	told to end while a promotion or handover was under way
 * @mark_us:	when the takeover under way was detected, monotonic
 * @error:	what the kernel said last, for who asked
 * @epoch_kept:	what the file of epoch.c says, or would
 * @epoch_was:	what it said before, while @epoch_kept is an intent only, or 0
 * @epoch_said:	why that could not be written last, negative errno
 * @epoch_late:	it should be on the disk, and is not yet
 * @keeper:	writes it, in a thread; NULL until there is something to write
 * @epoch_done:	sent by that thread
 * @epoch_limit: until when it should be written
 * @takeover:	see there
 * @link:	see there
 * @resend:	see there
 * @escalation:	soft errors of the copy
 * @auth:	the key of both nodes; none, and nobody has to prove anything
 * @callers:	who has not proved yet that he has it
 * @vip:	see there
 * @packet:	sockets to the neighbours, opened before the privilege for it
 *		is given up
 * @look:	see there
 * @control:	see there
 * @messages:	see there
 * @path:	the second path
 * @fence:	what makes sure that the other node is silent
 * @witness:	who says which node may go on without the other one
 * @hold_until_us: when the time ends in which output waits for a lost backup,
 *		monotonic; 0 while none is lost
 * @probes:	the services whose health is looked after (probe.c)
 * @old_probes:	those that the configuration has no more, until they have ended
 * @probing:	this node looks after them now
 * @probe_active: it did when a switchover began, or does
 * @probe_asks:	the switchover that begins is a probe's
 * @progress:	what is done beside the loop
 * @said_dead:	that there is none was logged
 * @watchdog:	feeds the service manager (watchdog.c)
 * @sig_term:	SIGTERM
 * @sig_int:	SIGINT
 * @sig_hup:	SIGHUP
 */
struct fttcpd {
	struct ev_loop *loop;
	const char *conf_path;
	struct fttcpd_conf conf;
	struct fttcpd_conf filed;

	enum fttcpd_state state;
	enum fttcpd_event queue[FTTCPD_QUEUE];
	unsigned int queued;
	bool stepping;
	ev_timer timer;

	struct fttcp_nl *nl;
	struct fttcp_events *events;
	ev_io events_io;
	ev_timer resync;
	bool lost_again;
	uint32_t reason;
	uint32_t said_down;
	uint32_t said_refused;
	bool said_nobody;
	int failed;
	bool stopping;
	int64_t mark_us;
	char error[FTTCPD_ERROR];
	uint64_t epoch_kept;
	uint64_t epoch_was;
	int epoch_said;
	bool epoch_late;
	struct fttcpd_keeper *keeper;
	ev_async epoch_done;
	ev_timer epoch_limit;

	struct fttcpd_takeover takeover;
	struct fttcpd_link link;
	struct fttcpd_resend resend;
	struct fttcpd_escalation escalation;
	struct fttcpd_auth auth;
	struct fttcpd_callers callers;
	struct fttcpd_vip vip;
	struct fttcpd_packet packet;
	struct fttcpd_look look;
	struct fttcpd_control control;
	struct fttcpd_messages messages;
	struct fttcpd_path path;
	struct fttcpd_fence fence;
	struct fttcpd_witness witness;
	int64_t hold_until_us;
	struct fttcpd_probe *probes;
	struct fttcpd_probe *old_probes;
	bool probing;
	bool probe_active;
	bool probe_asks;

	struct fttcpd_progress progress;
	bool said_dead;
	ev_timer watchdog;
	ev_signal sig_term;
	ev_signal sig_int;
	ev_signal sig_hup;
};

/* action.c */
void fttcpd_action_init(struct fttcpd *d);
void fttcpd_action_reload(struct fttcpd *d);
void fttcpd_event(struct fttcpd *d, enum fttcpd_event event);
void fttcpd_phase(struct fttcpd *d, const char *phase, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const char *fttcpd_kernel_error_at(struct fttcpd *d, int err,
				   const char *function, unsigned int line);
#define fttcpd_kernel_error(d, err) \
	fttcpd_kernel_error_at((d), (err), __func__, __LINE__)

/* apply.c */
int fttcpd_apply(struct fttcpd *d, const struct fttcpd_conf *from,
		 const struct fttcpd_conf *to, char err[FTTCPD_ERROR]);
int fttcpd_reload(struct fttcpd *d, fttcpd_change_cb *cb, void *arg,
		  char err[FTTCPD_ERROR]);

/* epoch.c */
void fttcpd_epoch_init(struct fttcpd *d);
void fttcpd_epoch_exit(struct fttcpd *d);
void fttcpd_epoch_default(struct fttcpd_conf *conf);
void fttcpd_epoch_load(struct fttcpd *d);
void fttcpd_epoch_note(struct fttcpd *d);
void fttcpd_epoch_keep(struct fttcpd *d, uint64_t epoch);
void fttcpd_epoch_intend(struct fttcpd *d, uint64_t epoch, uint64_t was);
void fttcpd_epoch_withdraw(struct fttcpd *d, const struct fttcp_node *node,
			   uint64_t was);
bool fttcpd_epoch_pending(const struct fttcpd *d);
void fttcpd_epoch_settle(struct fttcpd *d);
uint64_t fttcpd_epoch_next(const struct fttcpd *d,
			   const struct fttcp_node *node);

/* link.c */
void fttcpd_link_init(struct fttcpd *d);
void fttcpd_link_exit(struct fttcpd *d);
int fttcpd_link_adopt(struct fttcpd *d);
void fttcpd_link_open(struct fttcpd *d);
void fttcpd_link_retry(struct fttcpd *d);
void fttcpd_link_close(struct fttcpd *d);
void fttcpd_link_drop(struct fttcpd *d);
void fttcpd_link_greeted(struct fttcpd *d, int fd, bool connects,
			 unsigned int lane);
void fttcpd_link_refused(struct fttcpd *d);

/* messages.c */
void fttcpd_messages_init(struct fttcpd *d);
void fttcpd_messages_exit(struct fttcpd *d);
void fttcpd_messages_order(struct fttcpd *d);
void fttcpd_messages_stop(struct fttcpd *d);
void fttcpd_messages_move(struct fttcpd *d, const struct fttcpd_conf *conf);
void fttcpd_messages_check(struct fttcpd *d);
void fttcpd_messages_halt(struct fttcpd *d, uint32_t reason);
const char *fttcpd_messages_trouble(const struct fttcpd *d);

/* monitor.c */
int fttcpd_monitor_init(struct fttcpd *d);
void fttcpd_monitor_exit(struct fttcpd *d);
int fttcpd_monitor_start(struct fttcpd *d);
void fttcpd_monitor_resync(struct fttcpd *d);

/* escalate_link.c */
void fttcpd_escalate_ended(struct fttcpd *d, uint32_t role, uint32_t reason);
uint32_t fttcpd_escalate_wait(const struct fttcpd *d);
unsigned int fttcpd_escalate_count_now(const struct fttcpd *d);
const char *fttcpd_escalate_trouble(const struct fttcpd *d);

/* resend_link.c */
bool fttcpd_resend_several(const struct fttcpd *d);
const struct fttcp_endpoint *fttcpd_resend_target(const struct fttcpd *d);
void fttcpd_resend_ended(struct fttcpd *d, uint32_t role, uint32_t reason);
void fttcpd_resend_missed(struct fttcpd *d);
uint32_t fttcpd_resend_interval(const struct fttcpd *d);
uint32_t fttcpd_resend_pause(struct fttcpd *d);
void fttcpd_resend_try(struct fttcpd *d);
void fttcpd_resend_reload(struct fttcpd *d);
int fttcpd_resend_stop(struct fttcpd *d, bool forced, char err[FTTCPD_ERROR]);
void fttcpd_resend_start(struct fttcpd *d);
const char *fttcpd_resend_trouble(const struct fttcpd *d);

/* takeover.c */
void fttcpd_takeover_init(struct fttcpd *d);
void fttcpd_takeover_exit(struct fttcpd *d);
bool fttcpd_takeover_busy(const struct fttcpd *d);
void fttcpd_takeover_promote(struct fttcpd *d, bool force);
void fttcpd_takeover_handover(struct fttcpd *d);

/* look.c */
void fttcpd_look_init(struct fttcpd *d);
void fttcpd_look_start(struct fttcpd *d);
void fttcpd_look_stop(struct fttcpd *d);
void fttcpd_look_answer(struct fttcpd *d, bool granted);
const char *fttcpd_look_trouble(const struct fttcpd *d);

/* probe.c */
void fttcpd_probe_follow(struct fttcpd *d);
void fttcpd_probe_reload(struct fttcpd *d);
void fttcpd_probe_exit(struct fttcpd *d);

/* probe_report.c */
struct json_object *fttcpd_probe_report(struct fttcpd *d);

/* vip.c */
const char *fttcpd_service_text(const struct fttcpd_service *service,
				char *buf);
void fttcpd_vip_init(struct fttcpd *d);
void fttcpd_vip_add(struct fttcpd *d);
void fttcpd_vip_del(struct fttcpd *d);
void fttcpd_vip_reload(struct fttcpd *d, const struct fttcpd_conf *to);
void fttcpd_vip_refresh(struct fttcpd *d);
const char *fttcpd_vip_trouble(const struct fttcpd *d);

/* control.c */
int fttcpd_control_init(struct fttcpd *d);
void fttcpd_control_exit(struct fttcpd *d);
void fttcpd_control_done(struct fttcpd *d, int err, const char *text);

/* watchdog.c */
int64_t fttcpd_monotonic_us(void);
int64_t fttcpd_now_ms(void);
void fttcpd_watchdog_start(struct fttcpd *d);
void fttcpd_watchdog_stop(struct fttcpd *d);
const char *fttcpd_watchdog_trouble(const struct fttcpd *d);

/* loop.c */
int fttcpd_loop_run(struct fttcpd *d);

#endif /* FTTCPD_DAEMON_H */
