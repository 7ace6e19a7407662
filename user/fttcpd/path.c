// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the second path: its socket, what is said there and how often, and what it
 * means to the role table that the other node is heard, or not.
 *
 * Two questions are answered here, both after the link was lost:
 *
 *  - A backup with a copy: is the active dead? It does not take over while the
 *    active says that it is active.
 *  - An active: may the backup be promoted with what it has? It goes on alone when
 *    the backup has said that it has no copy; and the backup gives its copy up when
 *    the active has said that it is waiting for that, or has gone on already.
 *
 * So the copy is given up before the active goes on, and one of them may speak at
 * any time. An answer counts only if it names a datagram that was sent after the
 * link was lost: none that was under way, or recorded, decides anything.
 */
#include <errno.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "daemon.h"
#include "event.h"
#include "log.h"

/* Datagrams read in one go: somebody may send many, and others wait. */
#define TURN		16
/* What the code of a datagram is of, beside its bytes. */
#define LABEL		"fttcp second path 1"

static bool configured(const struct fttcpd_conf *conf)
{
	return conf->path_peer.family;
}

static int64_t patience(const struct fttcpd_conf *conf)
{
	return (int64_t)conf->path_interval_ms * conf->path_misses;
}

static bool lives(const struct fttcpd *d)
{
	return d->path.fd >= 0 &&
	       fttcpd_beat_lives(&d->path.hearing, fttcpd_now_ms(),
				 patience(&d->conf));
}

/* It speaks of the time after the link was lost. */
static bool is_fresh(const struct fttcpd_path *path)
{
	return path->hearing.met && path->hearing.echo >= path->mark;
}

static bool state_is_active(uint8_t state)
{
	return state == FTTCP_STATE_SOLO || state == FTTCP_STATE_SYNCING ||
	       state == FTTCP_STATE_PROTECTED || state == FTTCP_STATE_HOLDING;
}

/* Without a link, and without a copy that it could be promoted with. */
static bool has_nothing(const struct fttcpd_beat *peer)
{
	return (peer->state == FTTCP_STATE_NONE ||
		peer->state == FTTCP_STATE_BACKUP_WAITING) &&
	       !(peer->flags & FTTCPD_BEAT_COPY);
}

static bool is_alone(const struct fttcpd_beat *peer)
{
	return peer->state == FTTCP_STATE_HOLDING ||
	       peer->state == FTTCP_STATE_SOLO;
}

static bool link_works(const struct fttcpd *d)
{
	return d->link.id && !d->link.ended && d->link.up;
}

static bool has_copy(const struct fttcp_node *node)
{
	return node->role == FTTCP_ROLE_BACKUP &&
	       fttcp_has(node, FTTCP_A_NODE_ALONE_MS);
}

/* A backup without a takeover of its own. */
static void check_waiting(struct fttcpd *d)
{
	const struct fttcpd_path *path = &d->path;
	struct fttcp_node node = { 0 };

	if (!lives(d) || !state_is_active(path->peer.state))
		return;
	if (ev_is_active(&d->timer))
		fttcpd_event(d, FTTCPD_E_PATH_ACTIVE);
	if (is_fresh(path) && is_alone(&path->peer) && !link_works(d) &&
	    !fttcp_node_get(d->nl, &node) && has_copy(&node))
		fttcpd_event(d, FTTCPD_E_PATH_ALONE);
}

static void check_parted(struct fttcpd *d)
{
	const struct fttcpd_path *path = &d->path;

	if (!lives(d))
		fttcpd_event(d, FTTCPD_E_PATH_DEAD);
	else if (!is_fresh(path))
		return;
	else if (!state_is_active(path->peer.state))
		fttcpd_event(d, FTTCPD_E_PATH_IDLE);
	else if (is_alone(&path->peer))
		fttcpd_event(d, FTTCPD_E_PATH_ALONE);
}

static void check_active(struct fttcpd *d)
{
	const struct fttcpd_path *path = &d->path;
	bool rival, free;
	struct fttcp_node node = { 0 };

	if (!lives(d))
		return;
	rival = state_is_active(path->peer.state);
	free = d->state == FTTCPD_S_SOLO && !link_works(d) &&
	       is_fresh(path) && has_nothing(&path->peer);
	if ((!rival && !free) || fttcp_node_get(d->nl, &node))
		return;
	if (rival && path->peer.epoch > node.epoch)
		fttcpd_event(d, FTTCPD_E_OUTRANKED);
	else if (free && node.state == FTTCP_STATE_HOLDING)
		fttcpd_event(d, FTTCPD_E_PATH_NO_COPY);
}

static void check(struct fttcpd *d)
{
	switch (d->state) {
	case FTTCPD_S_STARTING:
	case FTTCPD_S_ORPHANED:
		if (fttcpd_path_active(d))
			fttcpd_event(d, FTTCPD_E_PATH_ACTIVE);
		break;
	case FTTCPD_S_WAITING:
		check_waiting(d);
		break;
	case FTTCPD_S_PARTED:
		check_parted(d);
		break;
	case FTTCPD_S_FENCING:
		if (fttcpd_path_active(d))
			fttcpd_event(d, FTTCPD_E_PATH_ACTIVE);
		else if (lives(d) && is_fresh(&d->path))
			fttcpd_event(d, FTTCPD_E_PATH_IDLE);
		break;
	case FTTCPD_S_SOLO:
	case FTTCPD_S_CLIENTS:
	case FTTCPD_S_SYNCING:
	case FTTCPD_S_PROTECTED:
		check_active(d);
		break;
	default:
		break;
	}
}

static void say(struct fttcpd *d)
{
	struct fttcpd_path *path = &d->path;
	bool up = lives(d);

	if (up && !path->up)
		fttcpd_evt_second_path_up(d->conf.peer_id);
	else if (!up && path->up)
		fttcpd_evt_second_path_down(d->conf.peer_id,
					    patience(&d->conf));
	path->up = up;
	if (d->state == FTTCPD_S_PARTED && !path->cut)
		fttcpd_evt_link_cut(d->conf.peer_id);
	path->cut = d->state == FTTCPD_S_PARTED;
}

/* Zeros where there is no key. Return: false when there is no code. */
static bool sign(const struct fttcpd *d, uint8_t bytes[FTTCPD_BEAT_LEN])
{
	uint8_t *mac = bytes + FTTCPD_BEAT_BODY;

	memset(mac, 0, FTTCPD_BEAT_MAC);
	return !d->path.auth.keys ||
	       !fttcpd_auth_sign(&d->path.auth, LABEL, bytes,
				 FTTCPD_BEAT_BODY, mac);
}

static bool is_signed(const struct fttcpd *d, const uint8_t *bytes)
{
	return !d->path.auth.keys ||
	       fttcpd_auth_verify(&d->path.auth, LABEL, bytes,
				  FTTCPD_BEAT_BODY, bytes + FTTCPD_BEAT_BODY);
}

static void send_beat(struct fttcpd *d)
{
	struct fttcpd_path *path = &d->path;
	struct fttcpd_beat beat = {
		.from = d->conf.id, .to = d->conf.peer_id,
	};
	uint8_t bytes[FTTCPD_BEAT_LEN];
	struct fttcp_node node = { 0 };
	struct sockaddr_storage ss;
	socklen_t len;

	if (path->fd < 0 || fttcp_node_get(d->nl, &node))
		return;
	beat.state = node.state;
	beat.flags = has_copy(&node) ? FTTCPD_BEAT_COPY : 0;
	beat.epoch = node.epoch;
	fttcpd_beat_number(&path->hearing, &beat);
	fttcpd_beat_pack(&beat, bytes);
	if (!sign(d, bytes))
		return;
	len = fttcp_endpoint_sockaddr(&d->conf.path_peer, &ss);
	/* what is lost is made good by the next one */
	if (sendto(path->fd, bytes, sizeof(bytes), MSG_DONTWAIT,
		   (struct sockaddr *)&ss, len) == sizeof(bytes))
		path->sent++;
}

static void refuse(struct fttcpd *d, const struct fttcp_endpoint *from,
		   const char *what)
{
	char who[FTTCP_ADDR_STRLEN];

	d->path.refused++;
	fttcpd_evt_security_viol(fttcp_endpoint_format(from, who), what,
				 "the second path");
}

static void hear_beat(struct fttcpd *d, const struct fttcp_endpoint *from,
		      const struct fttcpd_beat *beat)
{
	struct fttcpd_path *path = &d->path;

	switch (fttcpd_beat_hear(&path->hearing, beat, fttcpd_now_ms(),
				 patience(&d->conf))) {
	case FTTCPD_HEARD_LIVE:
		path->heard++;
		path->peer = *beat;
		break;
	case FTTCPD_HEARD_REPLAYED:
		refuse(d, from, "a heartbeat again that was heard before");
		break;
	default:
		path->late++;
		break;
	}
}

static void hear(struct fttcpd *d, const struct fttcp_endpoint *from,
		 uint8_t *bytes, size_t len)
{
	struct fttcpd_beat beat;
	char what[80];

	if (!fttcp_endpoint_equal(from, &d->conf.path_peer)) {
		refuse(d, from, "a heartbeat from an address that is not peer");
		return;
	}
	if (fttcpd_beat_unpack(&beat, bytes, len)) {
		d->path.malformed++;
		return;
	}
	if (!is_signed(d, bytes)) {
		refuse(d, from, "a heartbeat with a wrong key");
		return;
	}
	if (beat.from != d->conf.peer_id || beat.to != d->conf.id) {
		snprintf(what, sizeof(what), "a heartbeat of node %u for node "
			 "%u", beat.from, beat.to);
		refuse(d, from, what);
		return;
	}
	hear_beat(d, from, &beat);
}

/**
 * fttcpd_endpoint_of() - an address of the kernel, as one of ours
 * @ss:		IPv4 or IPv6
 * @ep:		filled
 */
void fttcpd_endpoint_of(const struct sockaddr_storage *ss,
			struct fttcp_endpoint *ep)
{
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in = (const void *)ss;

	memset(ep, 0, sizeof(*ep));
	ep->family = ss->ss_family;
	if (ss->ss_family == AF_INET) {
		ep->port = ntohs(in->sin_port);
		memcpy(ep->addr, &in->sin_addr, sizeof(in->sin_addr));
	} else {
		ep->port = ntohs(in6->sin6_port);
		ep->ifindex = in6->sin6_scope_id;
		memcpy(ep->addr, &in6->sin6_addr, sizeof(in6->sin6_addr));
	}
}

static void receive(struct fttcpd *d)
{
	uint8_t bytes[FTTCPD_BEAT_LEN + 1];
	struct fttcp_endpoint from;
	struct sockaddr_storage ss;
	socklen_t len;
	ssize_t n;
	int i;

	for (i = 0; i < TURN && d->path.fd >= 0; i++) {
		len = sizeof(ss);
		n = recvfrom(d->path.fd, bytes, sizeof(bytes), MSG_DONTWAIT,
			     (struct sockaddr *)&ss, &len);
		/* an error is that of a datagram sent: nobody listens there */
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			continue;
		fttcpd_endpoint_of(&ss, &from);
		hear(d, &from, bytes, n);
	}
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	receive(d);
	say(d);
	check(d);
}

static int open_socket(const struct fttcpd_conf *conf)
{
	struct sockaddr_storage ss;
	socklen_t len = fttcp_endpoint_sockaddr(&conf->path_local, &ss);
	int fd, rc;

	fd = socket(conf->path_local.family,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* An address may come later: it is tried with each datagram. */
static void try_open(struct fttcpd *d)
{
	struct fttcpd_path *path = &d->path;
	char buf[FTTCP_ADDR_STRLEN];
	int fd;

	if (path->fd >= 0)
		return;
	fd = open_socket(&d->conf);
	if (fd < 0) {
		if (path->error != fd)
			log_err("%s:%u: [second-path] local: cannot use %s: "
				"%s; give this machine the address, or change "
				"it (tried again)", d->conf_path,
				fttcpd_conf_line(&d->conf, "local"),
				fttcp_endpoint_format(&d->conf.path_local, buf),
				strerror(-fd));
		path->error = fd;
		return;
	}
	path->error = 0;
	path->fd = fd;
	ev_io_set(&path->io, fd, EV_READ);
	ev_io_start(d->loop, &path->io);
}

/* What has arrived is heard first, should the loop have been late. */
static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	try_open(d);
	receive(d);
	send_beat(d);
	say(d);
	check(d);
}

static void close_path(struct fttcpd *d)
{
	struct fttcpd_path *path = &d->path;

	ev_timer_stop(d->loop, &path->timer);
	if (path->fd < 0)
		return;
	ev_io_stop(d->loop, &path->io);
	close(path->fd);
	path->fd = -1;
}

/** fttcpd_path_init() - before anything else here */
void fttcpd_path_init(struct fttcpd *d)
{
	struct fttcpd_path *path = &d->path;

	path->fd = -1;
	ev_init(&path->io, on_readable);
	ev_init(&path->timer, on_timer);
	path->io.data = d;
	path->timer.data = d;
}

/** fttcpd_path_exit() - the daemon ends */
void fttcpd_path_exit(struct fttcpd *d)
{
	close_path(d);
	fttcpd_auth_forget(&d->path.auth);
}

/**
 * fttcpd_path_key() - use the link's key, unless this path has one of its own
 * @d:		daemon whose link's key was read
 *
 * What is said on one of the two cannot be used on the other: see auth.h.
 */
void fttcpd_path_key(struct fttcpd *d)
{
	if (d->conf.path_key_file[0])
		return;
	if (d->conf.path_insecure)
		fttcpd_auth_forget(&d->path.auth);
	else
		d->path.auth = d->auth;
}

/**
 * fttcpd_path_load() - read the key
 * @d:		daemon, with the privileges that the file needs
 *
 * Return: 0 or a negative errno; why was logged.
 */
int fttcpd_path_load(struct fttcpd *d)
{
	char err[FTTCPD_AUTH_ERROR];
	int rc;

	fttcpd_path_key(d);
	if (!d->conf.path_key_file[0])
		return 0;
	rc = fttcpd_auth_read(d->conf.path_key_file, &d->path.auth, err);
	if (rc)
		/* no line: [auth] has a key of the same name */
		log_err("%s: [second-path] key-file: %s", d->conf_path, err);
	return rc;
}

/**
 * fttcpd_path_open() - begin to speak and to hear
 * @d:		daemon
 *
 * Does nothing where none is configured.
 */
void fttcpd_path_open(struct fttcpd *d)
{
	struct fttcpd_path *path = &d->path;

	if (!configured(&d->conf))
		return;
	while (!path->hearing.nonce)
		if (getrandom(&path->hearing.nonce,
			      sizeof(path->hearing.nonce), 0) < 0)
			path->hearing.nonce = fttcpd_monotonic_us();
	try_open(d);
	path->timer.repeat = d->conf.path_interval_ms / 1000.;
	ev_timer_again(d->loop, &path->timer);
	send_beat(d);
}

/**
 * fttcpd_path_reload() - the configuration has changed
 * @d:		daemon, with what is in force now
 * @before:	what was
 */
void fttcpd_path_reload(struct fttcpd *d, const struct fttcpd_conf *before)
{
	const struct fttcpd_conf *now = &d->conf;

	if (fttcp_endpoint_equal(&now->path_local, &before->path_local) &&
	    fttcp_endpoint_equal(&now->path_peer, &before->path_peer) &&
	    now->path_interval_ms == before->path_interval_ms)
		return;
	close_path(d);
	d->path.hearing.met = false;
	fttcpd_path_open(d);
	say(d);
	check(d);
}

/**
 * fttcpd_path_mark() - the link was lost
 * @d:		daemon
 *
 * What the other node says counts as of now if it names what is sent from here
 * on.
 */
void fttcpd_path_mark(struct fttcpd *d)
{
	d->path.mark = d->path.hearing.counter + 1;
}

/**
 * fttcpd_path_changed() - the state of this node has
 * @d:		daemon
 *
 * The other node hears of it at once. What a waiting backup does about it can wait
 * for the next datagram: a kernel that refuses is not asked in a loop.
 */
void fttcpd_path_changed(struct fttcpd *d)
{
	if (!configured(&d->conf) && d->state != FTTCPD_S_PARTED)
		return;
	send_beat(d);
	say(d);
	if (d->state != FTTCPD_S_WAITING)
		check(d);
}

/**
 * fttcpd_path_active() - does the other node live, and is it active?
 * @d:		daemon
 *
 * Return: true if it has said so lately.
 */
bool fttcpd_path_active(const struct fttcpd *d)
{
	return lives(d) && state_is_active(d->path.peer.state);
}

/**
 * fttcpd_path_go_alone() - this active needs not wait for its backup any longer
 * @d:		daemon
 *
 * The other node has said that it has no copy. The kernel may have a backup again
 * by now, and refuse.
 */
void fttcpd_path_go_alone(struct fttcpd *d)
{
	int rc = fttcp_solo(d->nl);

	if (rc)
		log_info("does not go on alone: %s",
			 fttcpd_kernel_error(d, rc));
	else
		fttcpd_evt_solo_agreed(d->conf.peer_id);
}

/**
 * fttcpd_path_trouble() - what an operator should know of it
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_path_trouble(const struct fttcpd *d)
{
	if (!configured(&d->conf))
		return "";
	if (!lives(d))
		return "nothing is heard on the second path: if the link is "
		       "lost too, nobody can tell a dead node from a cut link; "
		       "\"fttcpctl daemon\" counts what arrives";
	return d->path.auth.keys ? "" :
	       "the second path is not authenticated: who reaches it decides "
	       "who is active; set [auth] key-file, or [second-path] "
	       "key-file";
}

static void add_word(struct json_object *o, const char *key, const char *word)
{
	json_object_object_add(o, key, json_object_new_string(word));
}

/**
 * fttcpd_path_report() - the second path, for "fttcpctl daemon"
 * @d:		daemon
 *
 * Return: an object, NULL where none is configured.
 */
struct json_object *fttcpd_path_report(const struct fttcpd *d)
{
	const struct fttcpd_path *path = &d->path;
	const struct { const char *name; uint64_t n; } numbers[] = {
		{ "sent", path->sent }, { "heard", path->heard },
		{ "late", path->late }, { "malformed", path->malformed },
		{ "refused", path->refused },
	};
	struct json_object *o;
	bool up = lives(d), copy;
	size_t i;

	if (!configured(&d->conf))
		return NULL;
	o = json_object_new_object();
	add_word(o, "state", up ? "up" : "down");
	if (up) {
		add_word(o, "peer-state", fttcp_state_name(path->peer.state));
		json_object_object_add(o, "peer-epoch",
				       json_object_new_int64(path->peer.epoch));
		copy = path->peer.flags & FTTCPD_BEAT_COPY;
		json_object_object_add(o, "peer-copy",
				       json_object_new_boolean(copy));
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_object_add(o, numbers[i].name,
				       json_object_new_int64(numbers[i].n));
	return o;
}
