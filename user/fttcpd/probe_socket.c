// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the steps of one connection of a health probe: connect, send the request, read
 * until the expected answer is there, disconnect.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe_socket.h"

static void failed(struct fttcpd_probe_socket *s,
		   enum fttcpd_probe_failure failure, const char *why)
{
	s->target->failure = failure;
	snprintf(s->target->why, sizeof(s->target->why), "%s", why);
	s->step = FTTCPD_PROBE_DONE;
}

/* What the machine has run out of says nothing of the service. */
static bool is_own(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM ||
	       err == ENOBUFS || err == EAGAIN || err == EINTR;
}

/* A connection that TCP gave up is one that took too long. */
static void connect_failed(struct fttcpd_probe_socket *s, int err)
{
	if (is_own(err))
		failed(s, FTTCPD_PROBE_FAIL_OWN, strerror(err));
	else if (err == ETIMEDOUT)
		failed(s, FTTCPD_PROBE_FAIL_TIMEOUT, strerror(err));
	else
		failed(s, FTTCPD_PROBE_FAIL_CONNECT, strerror(err));
}

/*
 * Half of the connection ends in order; what the service still says is not waited
 * for, but what it has said is taken, or it would be told that it was lost.
 */
static void disconnect(struct fttcpd_probe_socket *s)
{
	char rest[FTTCP_PROBE_ANSWER_MAX];
	unsigned int i;
	int err = 0;

	if (shutdown(s->fd, SHUT_WR))
		err = errno;
	/* (one that never ends is left after some) */
	for (i = 0; i < 16; i++)
		if (recv(s->fd, rest, sizeof(rest), MSG_DONTWAIT) <= 0)
			break;
	if (close(s->fd) && !err)
		err = errno;
	s->fd = -1;
	s->step = FTTCPD_PROBE_DONE;
	if (err)
		failed(s, FTTCPD_PROBE_FAIL_DISCONNECT, strerror(err));
}

static bool is_expected(const struct fttcpd_probe_socket *s)
{
	const struct fttcpd_bytes *expect = &s->conf->expect;

	return s->len && memmem(s->answer, s->len, expect->data, expect->len);
}

static void read_answer(struct fttcpd_probe_socket *s)
{
	char why[FTTCPD_PROBE_WHY];
	ssize_t n;

	while (s->len < sizeof(s->answer)) {
		n = recv(s->fd, s->answer + s->len, sizeof(s->answer) - s->len,
			 MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			return failed(s, FTTCPD_PROBE_FAIL_ANSWER,
				      strerror(errno));
		if (!n)
			return failed(s, FTTCPD_PROBE_FAIL_ANSWER, s->len ?
				      "the answer ended and was not the "
				      "expected one" :
				      "it disconnected without an answer");
		s->len += n;
		/* without an expected one any answer will do */
		if (is_expected(s))
			return disconnect(s);
	}
	snprintf(why, sizeof(why), "the expected answer is not in its first %u "
		 "bytes", FTTCP_PROBE_ANSWER_MAX);
	failed(s, FTTCPD_PROBE_FAIL_ANSWER, why);
}

static void send_request(struct fttcpd_probe_socket *s)
{
	const struct fttcpd_bytes *request = &s->conf->request;
	ssize_t n;

	while (s->sent < request->len) {
		n = send(s->fd, request->data + s->sent, request->len - s->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			return failed(s, FTTCPD_PROBE_FAIL_ANSWER,
				      strerror(errno));
		s->sent += n;
	}
	if (!request->len && !s->conf->expect.len)
		return disconnect(s);
	s->step = FTTCPD_PROBE_READING;
}

/*
 * Where nobody listens at a port that programs are given for their own connections,
 * TCP may connect a socket to itself.
 */
static bool is_itself(int fd)
{
	struct sockaddr_storage own = { 0 }, peer = { 0 };
	socklen_t own_len = sizeof(own), peer_len = sizeof(peer);

	return !getsockname(fd, (struct sockaddr *)&own, &own_len) &&
	       !getpeername(fd, (struct sockaddr *)&peer, &peer_len) &&
	       own_len == peer_len && !memcmp(&own, &peer, own_len);
}

static void connected(struct fttcpd_probe_socket *s)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (!err && is_itself(s->fd))
		err = ECONNREFUSED;
	if (err)
		return connect_failed(s, err);
	s->step = FTTCPD_PROBE_SENDING;
	send_request(s);
}

/* The port is chosen with the other end in mind, of which there are more. */
static int set_source(int fd, const struct fttcpd_probe_conf *conf,
		      const struct fttcp_endpoint *at)
{
	struct fttcp_endpoint own = *at;
	struct sockaddr_storage ss;
	socklen_t len;
	int one = 1;

	own.port = 0;
	len = fttcp_endpoint_sockaddr(&own, &ss);
	setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (conf->device[0] &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, conf->device,
		       strlen(conf->device)))
		return -errno;
	return bind(fd, (struct sockaddr *)&ss, len) ? -errno : 0;
}

/**
 * fttcpd_probe_socket_begin() - begin to connect
 * @s:		connection
 * @conf:	what to do
 * @target:	where; takes what is wrong
 */
void fttcpd_probe_socket_begin(struct fttcpd_probe_socket *s,
			       const struct fttcpd_probe_conf *conf,
			       struct fttcpd_probe_target *target)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int rc;

	s->step = FTTCPD_PROBE_CONNECTING;
	s->conf = conf;
	s->target = target;
	s->sent = 0;
	s->len = 0;
	len = fttcp_endpoint_sockaddr(&target->at, &ss);
	s->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (s->fd < 0)
		return connect_failed(s, errno);
	rc = set_source(s->fd, conf, &target->at);
	if (rc)
		return connect_failed(s, -rc);
	if (!connect(s->fd, (struct sockaddr *)&ss, len))
		return connected(s);
	if (errno == EADDRNOTAVAIL)
		failed(s, FTTCPD_PROBE_FAIL_OWN, "no port is free here");
	else if (errno != EINPROGRESS)
		connect_failed(s, errno);
}

/**
 * fttcpd_probe_socket_events() - what it waits for
 * @s:		connection
 *
 * Return: as poll() has them, 0 when it is done.
 */
short fttcpd_probe_socket_events(const struct fttcpd_probe_socket *s)
{
	switch (s->step) {
	case FTTCPD_PROBE_CONNECTING:
	case FTTCPD_PROBE_SENDING:
		return POLLOUT;
	case FTTCPD_PROBE_READING:
		return POLLIN;
	default:
		return 0;
	}
}

/**
 * fttcpd_probe_socket_ready() - what it waited for is there
 * @s:		connection that is not done
 */
void fttcpd_probe_socket_ready(struct fttcpd_probe_socket *s)
{
	if (s->step == FTTCPD_PROBE_CONNECTING)
		connected(s);
	else if (s->step == FTTCPD_PROBE_SENDING)
		send_request(s);
	if (s->step == FTTCPD_PROBE_READING)
		read_answer(s);
}

static void timed_out(struct fttcpd_probe_socket *s)
{
	static const char * const what[] = {
		[FTTCPD_PROBE_CONNECTING] = "it did not connect",
		[FTTCPD_PROBE_SENDING] = "it did not take the request",
		[FTTCPD_PROBE_READING] = "it did not answer",
	};
	char why[FTTCPD_PROBE_WHY];

	snprintf(why, sizeof(why), "%s within %ums",
		 s->step == FTTCPD_PROBE_READING && s->len ?
		 "it did not give the expected answer" : what[s->step],
		 s->conf->timeout_ms);
	failed(s, FTTCPD_PROBE_FAIL_TIMEOUT, why);
}

/**
 * fttcpd_probe_socket_end() - the round's time is over
 * @s:		connection; what is not done has failed
 */
void fttcpd_probe_socket_end(struct fttcpd_probe_socket *s)
{
	if (s->step != FTTCPD_PROBE_DONE)
		timed_out(s);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
