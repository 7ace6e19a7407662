// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the control socket: SOCK_SEQPACKET, one JSON object a packet each way.
 *
 *   {"id": 1, "cmd": "status" | "ready" | "clients" | "probes" | "config" |
 *    "promote" | "demote" | "switchover" | "rejoin" |
 *    "reload" | "link-stop" | "link-start", "force": true, "first": 0}
 *   {"id": 1, "ok": true, ...}
 *   {"id": 1, "ok": false, "error": "text", "errno": 16}
 *
 * Root and the configured group may connect; that is the socket's file mode.
 * promote, demote, switchover and rejoin are answered when they are done, one at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "config.h"
#include "daemon.h"
#include "event.h"
#include "log.h"
#include "share.h"

/* A request is a few words; more is not one of ours. */
#define REQUEST_MAX	4096
#define REQUEST_DEPTH	4

static void drop_client(struct fttcpd *d, struct fttcpd_client *client)
{
	if (d->control.asker == client)
		d->control.asker = NULL;
	ev_io_stop(d->loop, &client->io);
	close(client->fd);
	client->fd = -1;
}

/* Takes over @reply. A client that does not read its answers is dropped. */
static void send_reply(struct fttcpd *d, struct fttcpd_client *client,
		       struct json_object *reply)
{
	const char *text;
	size_t len;

	text = json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN);
	len = text ? strlen(text) : 0;
	if (!text)
		fttcpd_evt_no_control_memory();
	errno = 0;
	if (!len || send(client->fd, text, len,
			 MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len) {
		if (errno == EMSGSIZE)
			fttcpd_evt_pack_message_failed();
		drop_client(d, client);
	}
	json_object_put(reply);
}

static struct json_object *new_reply(int64_t id, int err, const char *text)
{
	struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "id", json_object_new_int64(id));
	json_object_object_add(reply, "ok", json_object_new_boolean(!err));
	if (err) {
		json_object_object_add(reply, "error",
				       json_object_new_string(text));
		json_object_object_add(reply, "errno",
				       json_object_new_int(-err));
	}
	return reply;
}

static void add_text(struct json_object *obj, const char *key, const char *text)
{
	json_object_object_add(obj, key, json_object_new_string(text));
}

static void add_flag(struct json_object *obj, const char *key, bool flag)
{
	json_object_object_add(obj, key, json_object_new_boolean(flag));
}

static void add_number(struct json_object *obj, const char *key, uint64_t n)
{
	json_object_object_add(obj, key, json_object_new_int64(n));
}

static struct json_object *addresses(const struct fttcpd *d)
{
	struct json_object *list = json_object_new_array();
	char buf[FTTCP_ADDR_STRLEN];
	unsigned int i;

	for (i = 0; i < d->conf.services; i++) {
		const struct fttcpd_service *s = &d->conf.service[i];
		struct json_object *one = json_object_new_object();
		struct fttcp_prefix prefix = {
			.family = s->addr.family, .len = s->prefixlen,
		};

		memcpy(prefix.addr, s->addr.addr, sizeof(prefix.addr));
		add_text(one, "address", fttcp_prefix_format(&prefix, buf));
		add_text(one, "dev", s->dev);
		add_flag(one, "present", d->vip.present[i]);
		json_object_array_add(list, one);
	}
	return list;
}

/* What an operator has to know first. */
static void add_trouble(struct fttcpd *d, struct json_object *reply)
{
	/* what is wrong now before what an operator has allowed for good */
	const char *text = fttcpd_vip_trouble(d);

	if (!*text)
		text = fttcpd_out_trouble(d);
	if (!*text)
		text = fttcpd_look_trouble(d);
	if (!*text)
		text = fttcpd_watchdog_trouble(d);
	if (!*text)
		text = fttcpd_messages_trouble(d);
	if (!*text)
		text = fttcpd_witness_trouble(d);
	if (!*text)
		text = fttcpd_resend_trouble(d);
	if (!*text)
		text = fttcpd_escalate_trouble(d);
	if (!*text)
		text = fttcpd_path_trouble(d);
	if (!*text)
		text = fttcpd_fence_trouble(d);
	if (!*text)
		text = fttcpd_callers_trouble(d);
	if (*text)
		add_text(reply, "warning", text);
}

/* What the kernel says of the node, as far as it says it. */
static int add_node(struct fttcpd *d, struct json_object *reply, bool all)
{
	struct fttcp_node node = { 0 };
	int rc;

	rc = fttcp_node_get(d->nl, &node);
	if (rc)
		return rc;
	add_flag(reply, "ready", node.ready);
	if (!node.ready)
		add_text(reply, "why", node.not_ready_why);
	if (!all)
		return 0;
	add_number(reply, "node", node.id);
	add_number(reply, "peer", node.peer_id);
	add_text(reply, "role", fttcp_role_name(node.role));
	add_text(reply, "kernel-state", fttcp_state_name(node.state));
	add_number(reply, "epoch", node.epoch);
	return 0;
}

static void add_messages(struct json_object *reply,
			 const struct fttcpd_messages_status *s)
{
	add_number(reply, "messages-refused", s->refused);
	add_text(reply, "messages-resend", fttcpd_resend_name(s->resend.state));
	if (s->resend.tries)
		add_number(reply, "messages-resend-tries", s->resend.tries);
}

static struct json_object *do_status(struct fttcpd *d, int64_t id, bool all)
{
	struct json_object *reply = new_reply(id, 0, NULL), *path, *witness;
	int rc;

	rc = add_node(d, reply, all);
	if (rc) {
		json_object_put(reply);
		return new_reply(id, rc, fttcpd_kernel_error(d, rc));
	}
	if (!all)
		return reply;
	add_text(reply, "state", fttcpd_state_name(d->state));
	add_text(reply, "manager", d->conf.external ? "external" : "builtin");
	add_text(reply, "conf", d->conf_path);
	add_number(reply, "link", d->link.ended ? 0 : d->link.id);
	add_text(reply, "link-authentication", d->auth.keys ? "key" : "none");
	add_number(reply, "link-refused", d->callers.refused);
	add_text(reply, "last-down-reason", fttcp_down_reason_name(d->reason));
	add_text(reply, "resend", fttcpd_resend_name(d->resend.state));
	if (d->resend.tries)
		add_number(reply, "resend-tries", d->resend.tries);
	add_number(reply, "soft-errors", fttcpd_escalate_count_now(d));
	if (fttcpd_escalate_wait(d))
		add_number(reply, "backup-down-ms", fttcpd_escalate_wait(d));
	json_object_object_add(reply, "addresses", addresses(d));
	if (d->messages.messenger) {
		add_text(reply, "repository", d->conf.repo_file);
		add_messages(reply, &d->messages.status);
	}
	if (d->state == FTTCPD_S_CLIENTS)
		add_text(reply, "missing", d->messages.status.missing);
	path = fttcpd_path_report(d);
	if (path)
		json_object_object_add(reply, "second-path", path);
	witness = fttcpd_witness_report(d);
	if (witness)
		json_object_object_add(reply, "witness", witness);
	add_trouble(d, reply);
	return reply;
}

static struct json_object *client_object(const struct fttcpd_client_status *c)
{
	struct json_object *one = json_object_new_object();

	add_text(one, "name", c->name);
	add_text(one, "state", c->state);
	add_flag(one, "awaited", c->awaited);
	add_flag(one, "here", c->pid);
	add_number(one, "task", c->task);
	add_number(one, "pid", c->pid);
	add_number(one, "incarnation", c->inc);
	add_number(one, "sequence", c->seq);
	add_number(one, "unstaged", c->unstaged);
	add_number(one, "undelivered", c->undelivered);
	return one;
}

static struct json_object *do_clients(struct fttcpd *d, int64_t id)
{
	const struct fttcpd_messages_status *s = &d->messages.status;
	struct json_object *reply, *list;
	unsigned int i;

	if (!d->messages.messenger)
		return new_reply(id, -ENOENT, "no clients are configured; name "
				 "them in [messages] clients of fttcpd.conf(5)");
	reply = new_reply(id, 0, NULL);
	add_flag(reply, "complete", s->complete);
	add_text(reply, "missing", s->missing);
	add_flag(reply, "peer", s->peer);
	list = json_object_new_array();
	for (i = 0; i < s->clients; i++)
		json_object_array_add(list, client_object(&s->client[i]));
	json_object_object_add(reply, "clients", list);
	if (s->trouble[0])
		add_text(reply, "warning", s->trouble);
	return reply;
}

/* Answered by fttcpd_control_done(), possibly before this returns. */
static struct json_object *do_operate(struct fttcpd *d,
				      struct fttcpd_client *client, int64_t id,
				      enum fttcpd_event event)
{
	struct fttcpd_control *control = &d->control;

	if (control->asker)
		return new_reply(id, -EBUSY, "another promote or switchover is "
				 "under way; wait for its end");
	control->asker = client;
	control->asker_id = id;
	control->asked = event;
	d->error[0] = '\0';
	fttcpd_event(d, event);
	return NULL;
}

static struct json_object *do_reload(struct fttcpd *d, int64_t id)
{
	struct fttcpd_changes changes = { .list = json_object_new_array() };
	char err[FTTCPD_ERROR] = "";
	struct json_object *reply;
	int rc;

	rc = fttcpd_reload(d, fttcpd_config_change, &changes, err);
	reply = new_reply(id, rc, err);
	if (rc) {
		json_object_put(changes.list);
		return reply;
	}
	json_object_object_add(reply, "changed", changes.list);
	if (changes.more)
		add_number(reply, "more", changes.more);
	return reply;
}

static struct json_object *do_link_stop(struct fttcpd *d, int64_t id,
					bool forced)
{
	char err[FTTCPD_ERROR] = "";
	int rc = fttcpd_resend_stop(d, forced, err);

	return new_reply(id, rc, err);
}

static struct json_object *do_link_start(struct fttcpd *d, int64_t id)
{
	fttcpd_resend_start(d);
	return new_reply(id, 0, NULL);
}

static struct json_object *do_config(struct fttcpd *d, int64_t id,
				     struct json_object *request)
{
	struct json_object *reply = new_reply(id, 0, NULL);
	struct json_object *first = NULL;
	int64_t from = 0;

	if (json_object_object_get_ex(request, "first", &first))
		from = json_object_get_int64(first);
	if (from < 0 || from > FTTCPD_SETTINGS_MAX ||
	    fttcpd_config_answer(d, reply, from)) {
		json_object_put(reply);
		return new_reply(id, -EINVAL, "\"first\" is no such number, "
				 "or memory is short");
	}
	return reply;
}

static struct json_object *do_probes(struct fttcpd *d, int64_t id)
{
	struct json_object *reply = new_reply(id, 0, NULL);

	json_object_object_add(reply, "probes", fttcpd_probe_report(d));
	return reply;
}

static struct json_object *do_command(struct fttcpd *d,
				      struct fttcpd_client *client, int64_t id,
				      struct json_object *request)
{
	struct json_object *cmd = NULL, *force = NULL;
	const char *name;

	if (!json_object_object_get_ex(request, "cmd", &cmd) ||
	    !json_object_is_type(cmd, json_type_string))
		return new_reply(id, -EINVAL, "\"cmd\" is missing");
	name = json_object_get_string(cmd);
	json_object_object_get_ex(request, "force", &force);
	if (!strcmp(name, "status"))
		return do_status(d, id, true);
	if (!strcmp(name, "ready"))
		return do_status(d, id, false);
	if (!strcmp(name, "clients"))
		return do_clients(d, id);
	if (!strcmp(name, "reload"))
		return do_reload(d, id);
	if (!strcmp(name, "probes"))
		return do_probes(d, id);
	if (!strcmp(name, "config"))
		return do_config(d, id, request);
	if (!strcmp(name, "link-stop"))
		return do_link_stop(d, id, json_object_get_boolean(force));
	if (!strcmp(name, "link-start"))
		return do_link_start(d, id);
	if (!strcmp(name, "promote"))
		return do_operate(d, client, id, json_object_get_boolean(force) ?
				  FTTCPD_E_OP_FORCE : FTTCPD_E_OP_PROMOTE);
	if (!strcmp(name, "rejoin") && d->state != FTTCPD_S_OUT)
		return new_reply(id, -EINVAL, "this node has not lost its role, "
				 "or has come back already; \"fttcpctl daemon\" "
				 "says its state");
	if (!strcmp(name, "rejoin"))
		return do_operate(d, client, id, FTTCPD_E_OP_REJOIN);
	if (!strcmp(name, "demote"))
		return do_operate(d, client, id, json_object_get_boolean(force) ?
				  FTTCPD_E_OP_RESIGN : FTTCPD_E_OP_DEMOTE);
	if (!strcmp(name, "switchover"))
		return do_operate(d, client, id, FTTCPD_E_OP_SWITCHOVER);
	fttcpd_evt_unknown_command(name);
	return new_reply(id, -EOPNOTSUPP, "unknown command; it is one of: "
			 "status ready clients probes config promote demote "
			 "switchover rejoin reload link-stop link-start");
}

static void handle_request(struct fttcpd *d, struct fttcpd_client *client,
			   const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(REQUEST_DEPTH);
	struct json_object *request = NULL, *reply, *id = NULL;

	if (tok)
		request = json_tokener_parse_ex(tok, text, len);
	if (json_object_is_type(request, json_type_object)) {
		json_object_object_get_ex(request, "id", &id);
		reply = do_command(d, client, json_object_get_int64(id),
				   request);
	} else {
		reply = new_reply(0, -EBADMSG, "not one JSON object");
	}
	if (reply)
		send_reply(d, client, reply);
	json_object_put(request);
	json_tokener_free(tok);
}

static void on_request(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = ev_userdata(loop);
	struct fttcpd_client *client = w->data;
	char text[REQUEST_MAX + 1];
	ssize_t n;

	(void)revents;
	n = recv(client->fd, text, sizeof(text), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || n > REQUEST_MAX) {
		drop_client(d, client);
		return;
	}
	text[n] = '\0';
	handle_request(d, client, text, n + 1);
}

static void on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = w->data;
	unsigned int i;
	int fd;

	(void)revents;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (i = 0; i < FTTCPD_CLIENTS; i++) {
		struct fttcpd_client *client = &d->control.client[i];

		if (client->fd >= 0)
			continue;
		client->fd = fd;
		ev_io_init(&client->io, on_request, fd, EV_READ);
		client->io.data = client;
		ev_io_start(loop, &client->io);
		return;
	}
	fttcpd_evt_scb_full("programs at the control socket", FTTCPD_CLIENTS);
	close(fd);
}

/* The directory of the socket, where nobody else made it (systemd does). */
static void make_directory(const char *path)
{
	char dir[FTTCPD_CONF_PATH];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == dir)
		return;
	*slash = '\0';
	mkdir(dir, 0755);
}

/* A socket file that nobody serves any more is in the way; a served one is
 * another daemon's.
 */
static int remove_stale(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)sun, sizeof(*sun)))
		rc = -EADDRINUSE;
	else if (errno == ECONNREFUSED)
		unlink(sun->sun_path);
	else if (errno == EACCES)
		rc = -EACCES;
	close(fd);
	return rc;
}

static void say_why(const struct fttcpd *d, int rc)
{
	const struct fttcpd_conf *conf = &d->conf;

	if (rc == -ESRCH)
		log_err("%s:%u: [control] group: %s does not exist; create it "
			"with \"groupadd -r %s\"", d->conf_path,
			fttcpd_conf_line(conf, "group"), conf->group,
			conf->group);
	else if (rc == -EDOM)
		log_err("%s:%u: [control] group: fttcpd is not in the group "
			"%s and may not give its socket to it; name a group of "
			"its own, or set Group=%s in the unit", d->conf_path,
			fttcpd_conf_line(conf, "group"), conf->group,
			conf->group);
	else if (rc == -EACCES)
		log_err("%s:%u: [control] socket: %s: %s; if no other fttcpd "
			"runs, remove it (one of another user has left it), "
			"or choose a path in a directory that fttcpd may write",
			d->conf_path, fttcpd_conf_line(conf, "socket"),
			conf->socket, strerror(-rc));
	else
		log_err("%s:%u: [control] socket: %s: %s; %s", d->conf_path,
			fttcpd_conf_line(conf, "socket"), conf->socket,
			strerror(-rc), rc == -EADDRINUSE ?
			"another fttcpd runs already" :
			"choose a path in a directory that fttcpd may write");
}

static int open_socket(struct fttcpd *d)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", d->conf.socket);
	make_directory(sun.sun_path);
	rc = remove_stale(&sun);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Nobody may connect before the owner is set. */
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun)) ? -errno : 0;
	umask(mask);
	if (rc)
		goto err_close;
	rc = fttcpd_share(d->conf.socket, d->conf.group);
	if (!rc && listen(fd, FTTCPD_CLIENTS))
		rc = -errno;
	if (!rc)
		return fd;
	unlink(sun.sun_path);
err_close:
	close(fd);
	return rc;
}

/**
 * fttcpd_control_init() - open the control socket
 * @d:		daemon
 *
 * Return: 0, -EADDRINUSE when another daemon serves it, or another negative
 * errno; why was logged.
 */
int fttcpd_control_init(struct fttcpd *d)
{
	struct fttcpd_control *control = &d->control;
	unsigned int i;
	int fd;

	control->fd = -1;
	for (i = 0; i < FTTCPD_CLIENTS; i++)
		control->client[i].fd = -1;
	fd = open_socket(d);
	if (fd < 0) {
		say_why(d, fd);
		return fd;
	}
	control->fd = fd;
	ev_set_userdata(d->loop, d);
	ev_io_init(&control->io, on_connection, fd, EV_READ);
	control->io.data = d;
	ev_io_start(d->loop, &control->io);
	return 0;
}

/** fttcpd_control_exit() - close the socket and remove its file */
void fttcpd_control_exit(struct fttcpd *d)
{
	struct fttcpd_control *control = &d->control;
	unsigned int i;

	if (control->fd < 0)
		return;
	for (i = 0; i < FTTCPD_CLIENTS; i++)
		if (control->client[i].fd >= 0)
			drop_client(d, &control->client[i]);
	ev_io_stop(d->loop, &control->io);
	close(control->fd);
	unlink(d->conf.socket);
	control->fd = -1;
}

/**
 * fttcpd_control_done() - what an operator asked for has ended
 * @d:		daemon
 * @err:	0 or a negative errno
 * @text:	why not, and what helps
 *
 * Does nothing when nobody waits.
 */
void fttcpd_control_done(struct fttcpd *d, int err, const char *text)
{
	struct fttcpd_control *control = &d->control;
	struct fttcpd_client *client = control->asker;
	struct json_object *reply;

	if (!client)
		return;
	control->asker = NULL;
	reply = new_reply(control->asker_id, err, text);
	add_text(reply, "state", fttcpd_state_name(d->state));
	if (!err)
		add_trouble(d, reply);
	send_reply(d, client, reply);
}
