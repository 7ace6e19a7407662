// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the way to the other node: connects or listens, tries again, and hands
 * the connected sockets to the kernel. From then on only the kernel uses
 * them; that the link ended comes from monitor.c.
 *
 * The lanes of a link are connected one after the other, so they arrive at the
 * listener in their order.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "event.h"
#include "log.h"

/* An attempt, or a listener's wait for further lanes, ends after this. */
#define ATTEMPT_MS	2000

static void connect_lane(struct fttcpd *d);

static void forget_sockets(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	ev_io_stop(d->loop, &link->io);
	ev_timer_stop(d->loop, &link->limit);
	if (d->conf.connect.family)
		fttcpd_callers_forget(d);
	while (link->fds)
		close(link->fd[--link->fds]);
}

static const char *other_end(const struct fttcpd *d, char *buf)
{
	return fttcp_endpoint_format(d->conf.connect.family ?
				     fttcpd_resend_target(d) : &d->conf.listen,
				     buf);
}

static void retry_later(struct fttcpd *d)
{
	uint32_t ms = fttcpd_resend_pause(d);

	d->link.retry.repeat = ms / 1000.0;
	/* 0 stops it */
	ev_timer_again(d->loop, &d->link.retry);
}

/* Said once, not once for each attempt. */
static void attempt_failed(struct fttcpd *d, const char *what, int err)
{
	struct fttcpd_link *link = &d->link;
	char buf[FTTCP_ADDR_STRLEN];

	if (!link->last_error)
		fttcpd_evt_link_not_made(what, other_end(d, buf),
					 strerror(-err),
					 fttcpd_resend_interval(d));
	link->last_error = err;
	forget_sockets(d);
	fttcpd_resend_missed(d);
	if (link->wanted)
		retry_later(d);
}

static void delete_kernel_link(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;
	int rc;

	if (!link->id)
		return;
	rc = fttcp_link_del(d->nl, link->id);
	if (rc && rc != -ENOENT)
		log_warn("link %u: cannot be removed: %s", link->id,
			 fttcpd_kernel_error(d, rc));
	link->id = 0;
	link->ended = false;
	link->up = false;
}

/* All lanes are connected: the kernel's turn. */
static void hand_over(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;
	struct fttcp_link add = { .id = link->last_id + 1 };
	unsigned int i;
	int rc;

	delete_kernel_link(d);
	fttcp_mark(&add, FTTCP_A_LINK_ID);
	fttcp_mark(&add, FTTCP_A_LINK_SOCKFDS);
	for (i = 0; i < link->fds; i++)
		add.sockfds[i] = link->fd[i];
	add.sockfd_count = link->fds;
	if (d->conf.link_device[0]) {
		add.ifindex = if_nametoindex(d->conf.link_device);
		if (add.ifindex)
			fttcp_mark(&add, FTTCP_A_LINK_IFINDEX);
	}
	link->last_id = add.id;
	rc = fttcp_link_add(d->nl, &add);
	if (rc) {
		/* Said once, not once for each attempt. */
		if (rc != link->last_error)
			log_err("link %u: refused by the kernel: %s", add.id,
				fttcpd_kernel_error(d, rc));
		link->last_error = rc;
		attempt_failed(d, "use", rc);
		return;
	}
	link->id = add.id;
	link->last_error = 0;
	forget_sockets(d);
	ev_timer_stop(d->loop, &link->retry);
}

static bool in_use(const struct fttcpd_link *link)
{
	return link->id && !link->ended;
}

static int prepare(struct fttcpd *d, int fd, bool accepted)
{
	const char *dev = d->conf.link_device;
	int one = 1;

	/* An accepted one is bound already: to bind it again is a privilege. */
	if (dev[0] && !accepted && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
					      dev, strlen(dev) + 1))
		return -errno;
	if (setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one)))
		return -errno;
	return 0;
}

static void lane_connected(struct fttcpd *d)
{
	if (d->link.fds == d->conf.lanes)
		hand_over(d);
	else
		connect_lane(d);
}

static void on_connected(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = w->data;
	socklen_t len = sizeof(int);
	int err = 0;

	(void)revents;
	ev_io_stop(loop, w);
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &err, &len)) {
		err = errno;
		fttcpd_evt_getsockopt_failed(SO_ERROR, -err);
	}
	if (err)
		attempt_failed(d, "connect to", -err);
	else if (d->auth.keys)
		fttcpd_caller_begin(d, w->fd, true, d->link.fds - 1);
	else
		lane_connected(d);
}

static int start_connect(struct fttcpd *d, int fd)
{
	const struct fttcpd_conf *conf = &d->conf;
	struct sockaddr_storage ss;
	socklen_t len;
	int rc;

	rc = prepare(d, fd, false);
	if (rc)
		return rc;
	if (conf->bind.family) {
		len = fttcp_endpoint_sockaddr(&conf->bind, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len))
			return -errno;
	}
	len = fttcp_endpoint_sockaddr(fttcpd_resend_target(d), &ss);
	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		return -errno;
	return 0;
}

static void connect_lane(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;
	int fd, rc;

	fd = socket(fttcpd_resend_target(d)->family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		attempt_failed(d, "connect to", -errno);
		return;
	}
	link->fd[link->fds++] = fd;
	rc = start_connect(d, fd);
	if (rc) {
		attempt_failed(d, "connect to", rc);
		return;
	}
	ev_io_set(&link->io, fd, EV_WRITE);
	ev_io_start(d->loop, &link->io);
}

static void start_limit(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	ev_timer_stop(d->loop, &link->limit);
	ev_timer_set(&link->limit, ATTEMPT_MS / 1000.0, 0.);
	ev_timer_start(d->loop, &link->limit);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	if (d->conf.connect.family)
		attempt_failed(d, "connect to", -ETIMEDOUT);
	else
		forget_sockets(d);
}

/* Lanes come in their order; a first one, when its node begins anew. */
static void lane_accepted(struct fttcpd *d, int fd, unsigned int lane)
{
	struct fttcpd_link *link = &d->link;

	if (!lane && link->fds)
		forget_sockets(d);
	if (in_use(link) || fttcpd_takeover_busy(d) || !link->wanted ||
	    lane != link->fds || lane >= d->conf.lanes) {
		close(fd);
		return;
	}
	if (!link->fds)
		start_limit(d);
	link->fd[link->fds++] = fd;
	if (link->fds == d->conf.lanes)
		hand_over(d);
}

/**
 * fttcpd_link_greeted() - the other end of a connection has the key
 * @d:		daemon
 * @fd:		connection
 * @connects:	this node connected
 * @lane:	which one it is
 */
void fttcpd_link_greeted(struct fttcpd *d, int fd, bool connects,
			 unsigned int lane)
{
	if (connects)
		lane_connected(d);
	else
		lane_accepted(d, fd, lane);
}

/** fttcpd_link_refused() - it has not, and this node had connected */
void fttcpd_link_refused(struct fttcpd *d)
{
	attempt_failed(d, "trust", -EKEYREJECTED);
}

static void on_accept(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = w->data;
	struct fttcpd_link *link = &d->link;
	int fd;

	(void)loop;
	(void)revents;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	/*
	 * While the link works, the other node has no reason to call again. If
	 * it has (it was reset so fast that nobody noticed), heartbeats end the
	 * old link, and it will be heard at its next attempt.
	 */
	if (in_use(link) || fttcpd_takeover_busy(d) || prepare(d, fd, true)) {
		close(fd);
		return;
	}
	if (d->auth.keys)
		fttcpd_caller_begin(d, fd, false, 0);
	else
		lane_accepted(d, fd, link->fds);
}

static int start_listen(struct fttcpd *d, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int one = 1;
	int rc;

	rc = prepare(d, fd, false);
	if (rc)
		return rc;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -errno;
	len = fttcp_endpoint_sockaddr(&d->conf.listen, &ss);
	if (bind(fd, (struct sockaddr *)&ss, len) ||
	    listen(fd, FTTCP_LANES_MAX))
		return -errno;
	return 0;
}

static void listen_now(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;
	int rc, fd;

	if (link->listen_fd >= 0)
		return;
	fd = socket(d->conf.listen.family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = fd < 0 ? -errno : start_listen(d, fd);
	if (rc) {
		if (fd >= 0)
			close(fd);
		attempt_failed(d, "listen on", rc);
		return;
	}
	link->last_error = 0;
	link->listen_fd = fd;
	ev_io_set(&link->accept_io, fd, EV_READ);
	ev_io_start(d->loop, &link->accept_io);
}

static void stop_listening(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	if (link->listen_fd < 0)
		return;
	ev_io_stop(d->loop, &link->accept_io);
	close(link->listen_fd);
	link->listen_fd = -1;
}

static void attempt(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	ev_timer_stop(d->loop, &link->retry);
	if (!link->wanted || fttcpd_resend_held(&d->resend))
		return;
	/* looked at each time: an operator, or the peers, may not want to wait */
	if (fttcpd_escalate_wait(d)) {
		stop_listening(d);
		retry_later(d);
		return;
	}
	if (d->conf.listen.family) {
		listen_now(d);
		return;
	}
	if (in_use(link) || link->fds || fttcpd_takeover_busy(d))
		return;
	fttcpd_resend_try(d);
	start_limit(d);
	connect_lane(d);
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	attempt(w->data);
}

/** fttcpd_link_init() - before anything else here */
void fttcpd_link_init(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	fttcpd_callers_init(d);
	link->listen_fd = -1;
	ev_init(&link->accept_io, on_accept);
	ev_init(&link->io, on_connected);
	ev_init(&link->limit, on_limit);
	ev_init(&link->retry, on_retry);
	link->accept_io.data = d;
	link->io.data = d;
	link->limit.data = d;
	link->retry.data = d;
}

static int adopt_one(const struct fttcp_link *kernel, void *arg)
{
	struct fttcpd_link *link = arg;

	if (kernel->id > link->last_id)
		link->last_id = kernel->id;
	if (!link->id || kernel->state != FTTCP_LINK_STATE_DOWN) {
		link->id = kernel->id;
		link->ended = kernel->state == FTTCP_LINK_STATE_DOWN;
		link->up = kernel->state == FTTCP_LINK_STATE_UP;
	}
	return 0;
}

/**
 * fttcpd_link_adopt() - find the link that an earlier daemon handed over
 * @d:		daemon
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_link_adopt(struct fttcpd *d)
{
	int rc = fttcp_link_dump(d->nl, adopt_one, &d->link);

	if (!rc && d->link.id)
		log_info("link %u: adopted", d->link.id);
	return rc;
}

/** fttcpd_link_open() - have a link, unless there is one */
void fttcpd_link_open(struct fttcpd *d)
{
	d->link.wanted = true;
	attempt(d);
}

/**
 * fttcpd_link_retry() - the link ended, have another one
 * @d:		daemon
 *
 * Connecting waits a little: the other node sees the end of the old link at
 * about the same time. Listening does not wait.
 */
void fttcpd_link_retry(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	delete_kernel_link(d);
	link->wanted = true;
	if (d->conf.listen.family)
		attempt(d);
	else if (!link->fds)
		retry_later(d);
}

/** fttcpd_link_close() - no new link; the kernel's is left alone */
void fttcpd_link_close(struct fttcpd *d)
{
	struct fttcpd_link *link = &d->link;

	link->wanted = false;
	fttcpd_callers_forget(d);
	forget_sockets(d);
	ev_timer_stop(d->loop, &link->retry);
	stop_listening(d);
}

/** fttcpd_link_drop() - end the kernel's link, if it has one */
void fttcpd_link_drop(struct fttcpd *d)
{
	delete_kernel_link(d);
}

/** fttcpd_link_exit() - the daemon ends; the kernel's link goes on */
void fttcpd_link_exit(struct fttcpd *d)
{
	fttcpd_link_close(d);
}
