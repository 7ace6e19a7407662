// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the socket for clients: who may register, what is read from them, and
 * what they are told. See Documentation/clients.rst.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "log.h"
#include "messages.h"
#include "repo/convert.h"
#include "share.h"
#include "event-gen.h"

/* ------------------------------------------------------------ being told */

/**
 * fttcpd_client_tell() - when this turn is on the disk
 * @m:		messenger
 * @s:		client
 * @p:		what
 */
void fttcpd_client_tell(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			const struct fttcp_packet *p)
{
	if (s->fd < 0)
		return;
	if (s->box.bytes > FTTCP_OUTBOX_MAX) {
		log_warn("client %s does not read what it is told; its "
			 "connection is ended", s->name);
		fttcpd_client_drop(m, s);
	} else if (fttcpd_outbox_add(&s->box, p)) {
		fttcpd_client_drop(m, s);
	}
}

/**
 * fttcpd_client_flush() - write what waits, as far as it goes
 * @m:		messenger
 * @s:		client
 */
void fttcpd_client_flush(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	int rc = 1;

	if (s->fd < 0)
		return;
	while (s->box.first && rc > 0) {
		rc = fttcpd_outbox_write(&s->box, s->fd);
		if (rc > 0)
			fttcpd_messenger_point(m, FTTCPD_P_WRITTEN);
	}
	if (rc < 0) {
		fttcpd_client_drop(m, s);
		return;
	}
	if (!rc) {
		ev_io_start(m->loop, &s->out_io);
		return;
	}
	ev_io_stop(m->loop, &s->out_io);
	if (s->written_id == s->given_id)
		return;
	s->written_id = s->given_id;
	s->deliver = true;
	fttcpd_messenger_again(m);
}

static void on_room(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_stream *s = w->data;

	(void)revents;
	fttcpd_client_flush(ev_userdata(loop), s);
}

static void tell_node(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	s->tell_node = true;
	s->tell_after = s->deliver ? INT64_MAX : 0;
	s->deliver = true;
	fttcpd_messenger_again(m);
}

/** fttcpd_client_node() - this node is something else now: tell all */
void fttcpd_client_node(struct fttcpd_messenger *m)
{
	struct fttcpd_stream *s;

	for_each_stream(m, s)
		if (s->fd >= 0)
			tell_node(m, s);
}

/**
 * fttcpd_client_round() - its state has to be said from the beginning
 * @m:		messenger
 * @s:		client that is here
 * @why:	for people
 */
void fttcpd_client_round(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			 const char *why)
{
	struct fttcp_packet p = { .type = FTTCP_P_REPLICATE };
	int rc;

	if (!fttcpd_messenger_begin(m))
		return;
	s->row.inc++;
	s->row.seq = 0;
	/* all that this one lacks comes now */
	if (m->twin.ready)
		memcpy(s->row.peer, m->twin.repo, sizeof(s->row.peer));
	rc = fttcp_repo_client_put(m->repo, &s->row);
	if (rc) {
		fttcpd_messenger_broke(m, rc);
		return;
	}
	fttcpd_replica_event(m, s, FTTCPD_R_E_ROUND);
	p.inc = s->row.inc;
	snprintf(p.text, sizeof(p.text), "%s", why);
	fttcpd_client_tell(m, s, &p);
}

/**
 * fttcpd_client_lost() - a twin has lost what it had been given
 * @m:		messenger
 * @p:		FTTCP_P_LOST, with the incarnation that is lost
 */
void fttcpd_client_lost(struct fttcpd_messenger *m,
			const struct fttcp_packet *p)
{
	struct fttcpd_stream *s = fttcpd_stream_find(m, p->name, false);

	if (!s || !p->inc)
		return;
	s->lost_inc = p->inc;
	if (s->fd >= 0 && s->row.inc == p->inc &&
	    m->now.role == FTTCP_ROLE_ACTIVE)
		fttcpd_client_round(m, s, "its twin began anew");
}

static void refuse(int fd, int err, const char *text)
{
	struct fttcp_packet p = { .type = FTTCP_P_REFUSED, .error = err };
	uint8_t buf[FTTCP_PACKET_MAX];
	int len;

	snprintf(p.text, sizeof(p.text), "%s", text);
	len = fttcp_packet_encode(&p, buf);
	if (len > 0)
		send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ------------------------------------------------------------- what it says */

static void refuse_message(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			   const struct fttcp_packet *msg, int rc)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_REFUSED, .inc = msg->inc, .seq = msg->seq,
		.error = -rc,
	};

	s->refused = msg->seq;
	s->refused_inc = msg->inc;
	snprintf(p.text, sizeof(p.text), "%.190s", rc == -EILSEQ ?
		 "not the next message" : fttcp_repo_error(m->repo));
	fttcpd_client_tell(m, s, &p);
}

/* What was sent behind a refused one, before its client could know. */
static bool is_behind(const struct fttcpd_stream *s,
		      const struct fttcp_packet *p)
{
	return s->refused && p->inc == s->refused_inc && p->seq > s->refused;
}

static void kept(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		 const struct fttcp_packet *msg)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_KEPT, .inc = msg->inc, .seq = msg->seq,
		.state = FTTCP_MSG_ACCEPTED,
	};

	fttcpd_client_tell(m, s, &p);
}

static void take_message(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			 const struct fttcp_packet *p)
{
	struct fttcp_msg msg = {
		.task = s->task, .inc = p->inc, .seq = p->seq,
		.epoch = m->now.epoch, .encoding = p->encoding,
		.kind = p->kind, .size = p->size,
	};
	int rc;

	/* sent before it could know that it begins anew */
	if (p->inc < s->row.inc || is_behind(s, p))
		return;
	if (!fttcpd_messenger_begin(m))
		return;
	memcpy(msg.client, s->name, sizeof(msg.client));
	rc = p->inc > s->row.inc ? -EILSEQ :
	     fttcp_repo_accept(m->repo, &msg, p->body);
	if (rc == -ENOSPC || rc == -EILSEQ) {
		refuse_message(m, s, p, rc);
		return;
	}
	if (rc && rc != -EALREADY) {
		fttcpd_messenger_broke(m, rc);
		return;
	}
	fttcpd_messenger_point(m, FTTCPD_P_ACCEPTED);
	if (!rc) {
		s->row.seq = p->seq;
		s->send = true;
	}
	s->refused = 0;
	kept(m, s, p);
}

static void take_complete(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			  const struct fttcp_packet *p)
{
	int rc;

	/* of a round that is over, or in front of what was refused */
	if (p->inc < s->row.inc || s->refused)
		return;
	if (p->inc != s->row.inc || p->seq != s->row.seq) {
		refuse_message(m, s, p, -EILSEQ);
		s->refused = 0;
		return;
	}
	if (s->row.complete == p->inc || !fttcpd_messenger_begin(m))
		return;
	s->row.complete = p->inc;
	rc = fttcp_repo_client_put(m->repo, &s->row);
	if (rc) {
		fttcpd_messenger_broke(m, rc);
		return;
	}
	s->complete_id = fttcpd_outgoing_last(m, s);
	s->complete_pos = 0;
	fttcpd_replica_event(m, s, FTTCPD_R_E_COMPLETE);
}

static void take_packet(struct fttcpd_messenger *m, struct fttcpd_stream *s,
			const struct fttcp_packet *p)
{
	if (!fttcpd_replica_takes(p->type, m->now.role, s->replica)) {
		fttcpd_evt_unwanted_message(p->type, s->task, m->now.state);
		return;
	}
	if (p->type == FTTCP_P_MESSAGE) {
		take_message(m, s, p);
	} else if (p->type == FTTCP_P_COMPLETE) {
		take_complete(m, s, p);
	} else {
		fttcpd_incoming_done(m, s, p->id < (uint64_t)s->given_id ?
				     (int64_t)p->id : s->given_id);
	}
}

/* Return: whether there may be more. */
static bool read_one(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	uint8_t buf[FTTCP_PACKET_MAX];
	struct fttcp_packet p;
	ssize_t n;

	n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		log_notice("client %s has gone", s->name);
		fttcpd_client_drop(m, s);
		return false;
	}
	if (n > (ssize_t)sizeof(buf) || fttcp_packet_decode(&p, buf, n)) {
		log_warn("client %s: what it says is not understood; its "
			 "connection is ended", s->name);
		refuse(s->fd, EBADMSG, "this packet is not understood");
		fttcpd_client_drop(m, s);
		return false;
	}
	take_packet(m, s, &p);
	return s->fd >= 0 && !m->broken;
}

static void on_packet(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_stream *s = w->data;
	int i;

	(void)revents;
	for (i = 0; i < FTTCP_TURN; i++)
		if (!read_one(ev_userdata(loop), s))
			break;
}

/* --------------------------------------------------------- coming, leaving */

/**
 * fttcpd_client_drop() - its connection has ended, or is to
 * @m:		messenger
 * @s:		client, here or not
 */
void fttcpd_client_drop(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	if (s->fd < 0)
		return;
	ev_io_stop(m->loop, &s->io);
	ev_io_stop(m->loop, &s->out_io);
	close(s->fd);
	s->fd = -1;
	fttcpd_outbox_clean(&s->box);
	fttcpd_replica_event(m, s, FTTCPD_R_E_GONE);
}

static void forget_stranger(struct fttcpd_messenger *m,
			    struct fttcpd_stranger *who, bool close_it)
{
	ev_io_stop(m->loop, &who->io);
	if (close_it)
		close(who->fd);
	who->fd = -1;
}

static void welcome(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_WELCOME, .node = m->now.conf.id,
		.epoch = m->now.epoch, .role = m->now.role,
		.inc = s->row.inc, .seq = s->row.seq,
	};

	memcpy(p.repo, fttcp_repo_id(m->repo), sizeof(p.repo));
	fttcpd_client_tell(m, s, &p);
	tell_node(m, s);
}

/* It knows this repository and its own incarnation: it has lost nothing. */
static bool resumes(struct fttcpd_messenger *m, const struct fttcpd_stream *s,
		    const struct fttcp_packet *p)
{
	return p->flags & FTTCP_PF_RESUME && p->inc && p->inc <= s->row.inc &&
	       !strcmp(p->repo, fttcp_repo_id(m->repo));
}

static int tell_lost(const char *name, uint64_t pos, uint64_t lost, void *arg)
{
	struct fttcp_packet p = { .type = FTTCP_P_LOST, .inc = lost };
	struct fttcpd_stream *s = ((void **)arg)[1];

	(void)pos;
	snprintf(p.name, sizeof(p.name), "%s", name);
	if (lost && !strcmp(name, s->name))
		fttcpd_twin_tell(((void **)arg)[0], &p);
	return 0;
}

/* It has nothing of what it had been given, and knows nothing of its stream. */
static int begin_anew(struct fttcpd_messenger *m, struct fttcpd_stream *s)
{
	void *arg[2] = { m, s };
	int rc;

	s->row.inc++;
	s->row.seq = 0;
	if (m->twin.ready)
		memcpy(s->row.peer, m->twin.repo, sizeof(s->row.peer));
	fttcpd_incoming_again(m, s);
	rc = fttcp_repo_lost(m->repo, s->name);
	if (!rc && m->twin.ready)
		rc = fttcp_repo_cursors(m->repo, m->twin.repo, tell_lost, arg);
	return rc;
}

/* What it had said it is done with may not have arrived. */
static int go_on(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		 const struct fttcp_packet *p)
{
	fttcpd_incoming_done(m, s, p->id > INT64_MAX ? INT64_MAX : p->id);
	fttcpd_incoming_again(m, s);
	return 0;
}

static void attach(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		   struct fttcpd_stranger *who, const struct fttcp_packet *p)
{
	s->fd = who->fd;
	s->pid = who->pid;
	s->task = p->task;
	s->encoding = p->encoding;
	s->refused = 0;
	s->given = 0;
	s->given_id = 0;
	s->written_id = 0;
	forget_stranger(m, who, false);
	fttcpd_outbox_setup(&s->box, false);
	ev_io_init(&s->io, on_packet, s->fd, EV_READ);
	ev_io_init(&s->out_io, on_room, s->fd, EV_WRITE);
	s->io.data = s;
	s->out_io.data = s;
	ev_io_start(m->loop, &s->io);
}

static void enroll(struct fttcpd_messenger *m, struct fttcpd_stream *s,
		   struct fttcpd_stranger *who, const struct fttcp_packet *p)
{
	bool same = resumes(m, s, p);
	bool complete;
	int rc;

	if (!fttcpd_messenger_begin(m)) {
		forget_stranger(m, who, true);
		return;
	}
	attach(m, s, who, p);
	rc = same ? go_on(m, s, p) : begin_anew(m, s);
	if (!rc)
		rc = fttcp_repo_client_put(m->repo, &s->row);
	if (rc) {
		fttcpd_messenger_broke(m, rc);
		return;
	}
	complete = same && s->row.complete == s->row.inc;
	if (complete)
		s->complete_id = fttcpd_outgoing_last(m, s);
	s->complete_pos = 0;
	fttcpd_replica_event(m, s, complete ? FTTCPD_R_E_RESUME :
			     FTTCPD_R_E_REGISTER);
	log_info("client %s: task 0x%x, process %d, %s incarnation %llu",
		 s->name, s->task, s->pid, same ? "goes on in" : "begins",
		 (unsigned long long)s->row.inc);
	s->deliver = true;
	welcome(m, s);
	if (same && s->lost_inc == s->row.inc &&
	    m->now.role == FTTCP_ROLE_ACTIVE)
		fttcpd_client_round(m, s, "its twin began anew");
}

/* Return: why it may not register, or NULL. */
static const char *objection(struct fttcpd_messenger *m,
			     const struct fttcpd_stranger *who,
			     const struct fttcp_packet *p, int *err)
{
	struct fttcpd_stream *s;

	if (p->encoding >= FTTCP_ENCODINGS) {
		*err = EINVAL;
		return "there is no such encoding; it is 0, 1 or 2";
	}
	for_each_stream(m, s) {
		if (s->fd < 0)
			continue;
		if (!strcmp(s->name, p->name) && s->pid != who->pid) {
			*err = EBUSY;
			return "another process has registered this name; end it first";
		}
		if (strcmp(s->name, p->name) && s->task == p->task) {
			*err = EEXIST;
			return "another client has this task id; choose one of its own";
		}
	}
	*err = ENOSPC;
	return fttcpd_stream_find(m, p->name, true) ? NULL :
	       "too many clients have registered here";
}

static void take_register(struct fttcpd_messenger *m,
			  struct fttcpd_stranger *who,
			  const struct fttcp_packet *p)
{
	struct fttcpd_stream *s;
	const char *text;
	int err;

	text = objection(m, who, p, &err);
	if (text) {
		log_warn("client %s (process %d) is refused: %s", p->name,
			 who->pid, text);
		refuse(who->fd, err, text);
		forget_stranger(m, who, true);
		return;
	}
	s = fttcpd_stream_find(m, p->name, true);
	/* the same process again, before its old connection was seen to end */
	fttcpd_client_drop(m, s);
	enroll(m, s, who, p);
}

static void on_stranger(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);
	struct fttcpd_stranger *who = w->data;
	uint8_t buf[FTTCP_PACKET_MAX];
	struct fttcp_packet p;
	ssize_t n;
	int rc;

	(void)revents;
	n = recv(who->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	rc = n > 0 && n <= (ssize_t)sizeof(buf) ?
	     fttcp_packet_decode(&p, buf, n) : -EBADMSG;
	if (!rc && p.type == FTTCP_P_REGISTER) {
		take_register(m, who, &p);
		return;
	}
	if (!rc)
		fttcpd_evt_unwanted_message(p.type, 0, m->now.state);
	if (n > 0)
		refuse(who->fd, EPROTO, rc == -EPROTONOSUPPORT ?
		       "fttcpd speaks version 1 of this protocol" :
		       "the first packet has to be register");
	forget_stranger(m, who, true);
}

/* -------------------------------------------------------------- the socket */

static bool in_group(int fd, gid_t gid)
{
	gid_t groups[256];
	socklen_t len = sizeof(groups);
	unsigned int i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* The file mode says so already, unless somebody else has changed it. */
static bool may_register(const struct fttcpd_conf *conf, int fd,
			 const struct ucred *cred)
{
	const struct group *group;

	if (!cred->uid || cred->uid == geteuid())
		return true;
	group = conf->client_group[0] ? getgrnam(conf->client_group) : NULL;
	return group && (cred->gid == group->gr_gid ||
			 in_group(fd, group->gr_gid));
}

static struct fttcpd_stranger *free_slot(struct fttcpd_messenger *m)
{
	unsigned int i;

	for (i = 0; i < FTTCPD_STRANGERS; i++)
		if (m->stranger[i].fd < 0)
			return &m->stranger[i];
	/* who connects and says nothing has to give way */
	forget_stranger(m, &m->stranger[0], true);
	return &m->stranger[0];
}

static void on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_messenger *m = ev_userdata(loop);
	socklen_t len = sizeof(struct ucred);
	struct fttcpd_stranger *who;
	struct ucred cred;
	int fd;

	(void)revents;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ||
	    !may_register(&m->now.conf, fd, &cred)) {
		log_warn("a process of user %d may not be a client; add the "
			 "user to the group of [messages] client-group",
			 (int)cred.uid);
		refuse(fd, EACCES, "not in the group that fttcpd.conf names");
		close(fd);
		return;
	}
	who = free_slot(m);
	who->fd = fd;
	who->pid = cred.pid;
	ev_io_init(&who->io, on_stranger, fd, EV_READ);
	who->io.data = who;
	ev_io_start(loop, &who->io);
}

static int open_socket(const struct fttcpd_conf *conf)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, rc = 0;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", conf->client_socket);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* the repository's lock says that no other daemon serves it */
	unlink(sun.sun_path);
	/* its mode before anybody can connect: it does not listen yet */
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)))
		rc = -errno;
	if (!rc)
		rc = fttcpd_share(conf->client_socket, conf->client_group);
	if (!rc && listen(fd, FTTCP_CLIENTS_MAX))
		rc = -errno;
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/** fttcpd_clients_init() - before anything else here */
void fttcpd_clients_init(struct fttcpd_messenger *m)
{
	unsigned int i;

	m->listen_fd = -1;
	for (i = 0; i < FTTCPD_STRANGERS; i++)
		m->stranger[i].fd = -1;
	ev_set_userdata(m->loop, m);
	ev_init(&m->listen_io, on_connection);
}

static const char *why_not(int rc)
{
	switch (rc) {
	case -ESRCH:
		return "there is no such client-group";
	case -EDOM:
		return "fttcpd is not in the client-group; name its own, or "
		       "set Group= in the unit";
	default:
		return strerror(-rc);
	}
}

/** fttcpd_clients_listen() - clients may come; tried again each second */
void fttcpd_clients_listen(struct fttcpd_messenger *m)
{
	const struct fttcpd_conf *conf = &m->now.conf;
	int fd = open_socket(conf);

	if (fd < 0) {
		snprintf(m->trouble, sizeof(m->trouble), "no clients: %.108s: "
			 "%.100s", conf->client_socket, why_not(fd));
		if (fd != m->said_listen)
			log_err("%s; see [messages] in %s(5)", m->trouble,
				"fttcpd.conf");
		m->said_listen = fd;
		return;
	}
	if (m->said_listen)
		m->trouble[0] = '\0';
	m->said_listen = 0;
	m->listen_fd = fd;
	ev_io_set(&m->listen_io, fd, EV_READ);
	ev_io_start(m->loop, &m->listen_io);
}

/** fttcpd_clients_unlisten() - nobody new may come */
void fttcpd_clients_unlisten(struct fttcpd_messenger *m)
{
	unsigned int i;

	for (i = 0; i < FTTCPD_STRANGERS; i++)
		if (m->stranger[i].fd >= 0)
			forget_stranger(m, &m->stranger[i], true);
	if (m->listen_fd < 0)
		return;
	ev_io_stop(m->loop, &m->listen_io);
	close(m->listen_fd);
	m->listen_fd = -1;
	unlink(m->now.conf.client_socket);
}
