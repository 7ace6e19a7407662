// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round of a health probe against servers on the loopback, each ill in a way of its
 * own; and the messages, to the letter.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/probe_load.h"
#include "fttcpd/probe_round.h"
#include "fttcpd/probe_socket.h"

/* Longest round that has to fail by time, and one that has all the time it needs. */
#define SHORT_MS	300
#define LONG_MS		20000

enum manner {
	ECHO,		/* gives back what it gets */
	GREET,		/* "HELLO 1.0\n", a part at a time */
	SILENT,		/* takes and says nothing */
	DEAF,		/* does not even take */
	RUDE,		/* disconnects at once */
	RESET,		/* with a reset, when it has got something */
	WRONG,		/* answers something else and ends */
	CHATTER,	/* answers something else, without end */
	SLOW,		/* answers after half of SHORT_MS */
};

struct server {
	enum manner manner;
	int fd;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint taken;
};

static void nap_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

static void wait_for_input(struct server *s, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (!s->stop && !poll(&pfd, 1, 10))
		;
}

/* Until the other end is gone. */
static void drain(struct server *s, int fd)
{
	char buf[256];

	do
		wait_for_input(s, fd);
	while (!s->stop && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0);
}

static void echo(struct server *s, int fd)
{
	char buf[256];
	ssize_t n;

	for (;;) {
		wait_for_input(s, fd);
		n = s->stop ? 0 : recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n <= 0 || send(fd, buf, n, MSG_NOSIGNAL) != n)
			return;
	}
}

static void reset(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void serve(struct server *s, int fd)
{
	switch (s->manner) {
	case ECHO:
		echo(s, fd);
		break;
	case GREET:
		say(fd, "HEL");
		nap_ms(5);
		say(fd, "LO 1.0\n");
		drain(s, fd);
		break;
	case WRONG:
		say(fd, "NO\n");
		break;
	case RESET:
		wait_for_input(s, fd);
		reset(fd);
		break;
	case CHATTER:
		while (!s->stop && send(fd, "tralala ", 8, MSG_NOSIGNAL) > 0)
			;
		break;
	case SLOW:
		nap_ms(SHORT_MS / 2);
		say(fd, "HELLO\n");
		drain(s, fd);
		break;
	case SILENT:
		drain(s, fd);
		break;
	default:
		break;
	}
}

static void *run_server(void *arg)
{
	struct server *s = arg;
	int fd;

	while (!s->stop) {
		wait_for_input(s, s->fd);
		fd = s->stop ? -1 : accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		s->taken++;
		serve(s, fd);
		close(fd);
	}
	return NULL;
}

static uint16_t listen_on(int *fd, int family, int backlog)
{
	struct sockaddr_in6 sa6 = {
		.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct sockaddr_in sa4 = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr *sa = family == AF_INET ? (struct sockaddr *)&sa4 :
			      (struct sockaddr *)&sa6;
	socklen_t len = family == AF_INET ? sizeof(sa4) : sizeof(sa6);

	*fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*fd >= 0);
	assert_int_equal(bind(*fd, sa, len), 0);
	assert_int_equal(listen(*fd, backlog), 0);
	assert_int_equal(getsockname(*fd, sa, &len), 0);
	return ntohs(family == AF_INET ? sa4.sin_port : sa6.sin6_port);
}

static void start(struct server *s, enum manner manner)
{
	memset(s, 0, sizeof(*s));
	s->manner = manner;
	s->port = listen_on(&s->fd, AF_INET, 64);
	if (manner != DEAF)
		assert_int_equal(pthread_create(&s->thread, NULL, run_server,
						s), 0);
}

static void stop(struct server *s)
{
	s->stop = true;
	if (s->manner != DEAF)
		pthread_join(s->thread, NULL);
	close(s->fd);
}

static struct fttcpd_round *round_;

static void ask(struct fttcpd_probe_conf *conf, unsigned int timeout_ms)
{
	static const struct fttcpd_conf none;

	strcpy(conf->name, "svc");
	conf->timeout_ms = timeout_ms;
	if (!conf->addresses) {
		conf->addresses = 1;
		assert_int_equal(fttcp_addr_parse("127.0.0.1",
						  &conf->address[0]), 0);
	}
	memset(round_, 0, sizeof(*round_));
	fttcpd_round_setup(round_, &none, conf);
	fttcpd_round_run(round_);
}

static void bytes(struct fttcpd_bytes *b, const char *text)
{
	b->len = strlen(text);
	memcpy(b->data, text, b->len);
}

/* A round with one server; NULL for what is not sent or expected. */
static void one(enum manner manner, const char *request, const char *expect,
		unsigned int timeout_ms)
{
	struct fttcpd_probe_conf conf = { .ports.count = 1 };
	struct server s;

	start(&s, manner);
	conf.ports.port[0] = s.port;
	if (request)
		bytes(&conf.request, request);
	if (expect)
		bytes(&conf.expect, expect);
	ask(&conf, timeout_ms);
	stop(&s);
}

/* # stands for the port. */
static void is(enum fttcpd_probe_result result,
	       enum fttcpd_probe_failure failure, const char *text)
{
	char buf[FTTCPD_PROBE_TEXT], want[FTTCPD_PROBE_TEXT];

	assert_int_equal(round_->result, result);
	assert_int_equal(round_->target[0].failure, failure);
	snprintf(want, sizeof(want), "%.*s", (int)strcspn(text, "#"), text);
	if (strchr(text, '#'))
		snprintf(want + strlen(want), sizeof(want) - strlen(want),
			 "%u%s", round_->target[0].at.port,
			 strchr(text, '#') + 1);
	assert_string_equal(fttcpd_round_text(round_, 0, buf), want);
}

static void well(void)
{
	is(FTTCPD_PROBE_OK, FTTCPD_PROBE_FAIL_NONE, "");
}

static void good_ones(void **state)
{
	(void)state;
	one(SILENT, NULL, NULL, LONG_MS);
	well();
	/* nobody has taken it, but it is connected */
	one(DEAF, NULL, NULL, LONG_MS);
	well();
	one(ECHO, "ping\r\n", "ping", LONG_MS);
	well();
	/* any answer will do */
	one(ECHO, "x", NULL, LONG_MS);
	well();
	/* without a request, and in two parts */
	one(GREET, NULL, "HELLO 1.0", LONG_MS);
	well();
	one(SLOW, NULL, "HELLO", LONG_MS);
	well();
	assert_true(round_->took_us >= SHORT_MS / 2 * 1000);
}

static void nobody_listens(void **state)
{
	struct fttcpd_probe_conf conf = { .ports.count = 1 };
	struct server s;

	(void)state;
	start(&s, DEAF);
	stop(&s);
	conf.ports.port[0] = s.port;
	ask(&conf, LONG_MS);
	is(FTTCPD_PROBE_COMPLETE, FTTCPD_PROBE_FAIL_CONNECT,
	   "Failed to connect to the host <127.0.0.1> and port <#>.");
	assert_false(round_->late);
	/* the address is not this machine's, so nobody else is asked */
	assert_int_equal(fttcp_addr_parse("192.0.2.1", &conf.address[0]), 0);
	ask(&conf, LONG_MS);
	is(FTTCPD_PROBE_COMPLETE, FTTCPD_PROBE_FAIL_CONNECT,
	   "Failed to connect to the host <192.0.2.1> and port <#>.");
	assert_int_equal(fttcp_addr_parse("2001:db8::1", &conf.address[0]), 0);
	ask(&conf, LONG_MS);
	is(FTTCPD_PROBE_COMPLETE, FTTCPD_PROBE_FAIL_CONNECT,
	   "Failed to connect to the host <2001:db8::1> and port <#>.");
}

/* Full queues: TCP does not answer any more. */
static void does_not_connect(void **state)
{
	struct fttcpd_probe_conf conf = { .ports.count = 1 };
	struct sockaddr_in sa = {
		.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd, full[8];
	unsigned int i;

	(void)state;
	conf.ports.port[0] = listen_on(&fd, AF_INET, 0);
	sa.sin_port = htons(conf.ports.port[0]);
	for (i = 0; i < 8; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(full[i], (struct sockaddr *)&sa, sizeof(sa));
	}
	ask(&conf, SHORT_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_TIMEOUT,
	   "Failed to communicate with server 127.0.0.1 port #: it did not "
	   "connect within 300ms");
	for (i = 0; i < 8; i++)
		close(full[i]);
	close(fd);
}

static void no_answer(void **state)
{
	int64_t before;

	(void)state;
	before = fttcpd_round_clock_us();
	one(SILENT, "ping", "pong", SHORT_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_TIMEOUT,
	   "Failed to communicate with server 127.0.0.1 port #: it did not "
	   "answer within 300ms");
	assert_true(fttcpd_round_clock_us() - before >= SHORT_MS * 1000);
	one(DEAF, "ping", NULL, SHORT_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_TIMEOUT,
	   "Failed to communicate with server 127.0.0.1 port #: it did not "
	   "answer within 300ms");
	one(GREET, NULL, "HELLO 2.0", SHORT_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_TIMEOUT,
	   "Failed to communicate with server 127.0.0.1 port #: it did not "
	   "give the expected answer within 300ms");
}

static void bad_answers(void **state)
{
	(void)state;
	one(RUDE, NULL, "HELLO", LONG_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_ANSWER,
	   "Failed to communicate with server 127.0.0.1 port #: it "
	   "disconnected without an answer");
	one(WRONG, NULL, "HELLO", LONG_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_ANSWER,
	   "Failed to communicate with server 127.0.0.1 port #: the answer "
	   "ended and was not the expected one");
	one(CHATTER, NULL, "HELLO", LONG_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_ANSWER,
	   "Failed to communicate with server 127.0.0.1 port #: the expected "
	   "answer is not in its first 4096 bytes");
	one(RESET, "ping", "pong", LONG_MS);
	is(FTTCPD_PROBE_PARTIAL, FTTCPD_PROBE_FAIL_ANSWER,
	   "Failed to communicate with server 127.0.0.1 port #: Connection "
	   "reset by peer");
	assert_false(round_->late);
}

/*
 * It gives the right answer and a reset behind it. In steps, since a round would
 * disconnect between the two.
 */
static void does_not_disconnect(void **state)
{
	struct fttcpd_probe_target *target = &round_->target[0];
	struct fttcpd_probe_conf *conf = &round_->conf;
	char buf[FTTCPD_PROBE_TEXT], want[64];
	struct fttcpd_probe_socket s;
	struct pollfd pfd;
	int listener, fd;

	(void)state;
	memset(round_, 0, sizeof(*round_));
	strcpy(conf->name, "svc");
	bytes(&conf->expect, "HELLO");
	round_->targets = 1;
	fttcp_addr_parse("127.0.0.1", &target->at);
	target->at.port = listen_on(&listener, AF_INET, 4);
	fttcpd_probe_socket_begin(&s, conf, target);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	fttcpd_probe_socket_ready(&s);
	assert_int_equal(s.step, FTTCPD_PROBE_READING);
	say(fd, "HELLO");
	reset(fd);
	close(fd);
	pfd.fd = s.fd;
	do
		pfd.events = 0;
	while (poll(&pfd, 1, 10) >= 0 && !(pfd.revents & POLLERR));
	fttcpd_probe_socket_ready(&s);
	assert_int_equal(s.step, FTTCPD_PROBE_DONE);
	fttcpd_probe_socket_end(&s);
	assert_int_equal(target->failure, FTTCPD_PROBE_FAIL_DISCONNECT);
	snprintf(want, sizeof(want), "Failed to disconnect from port %d of "
		 "resource svc.", target->at.port);
	assert_string_equal(fttcpd_round_text(round_, 0, buf), want);
	close(listener);
}

/* Two addresses, IPv6 among them, and many ports; one of them is ill. */
static void many_ports(void **state)
{
	struct fttcpd_probe_conf conf = { .addresses = 2 };
	char buf[FTTCPD_PROBE_TEXT], want[FTTCPD_PROBE_TEXT];
	struct server s[FTTCPD_CONF_PROBE_PORTS];
	int six[FTTCPD_CONF_PROBE_PORTS];
	unsigned int i, n = FTTCPD_CONF_PROBE_PORTS, ill;

	(void)state;
	fttcp_addr_parse("127.0.0.1", &conf.address[0]);
	fttcp_addr_parse("::1", &conf.address[1]);
	conf.ports.count = n;
	for (i = 0; i < n; i++) {
		struct sockaddr_in6 sa = {
			.sin6_family = AF_INET6,
			.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		};

		start(&s[i], SILENT);
		conf.ports.port[i] = s[i].port;
		six[i] = socket(AF_INET6, SOCK_STREAM, 0);
		sa.sin6_port = htons(s[i].port);
		assert_int_equal(bind(six[i], (struct sockaddr *)&sa,
				      sizeof(sa)), 0);
		assert_int_equal(listen(six[i], 4), 0);
	}
	ask(&conf, LONG_MS);
	assert_int_equal(round_->targets, 2 * n);
	well();
	close(six[n - 1]);
	ask(&conf, LONG_MS);
	assert_int_equal(round_->result, FTTCPD_PROBE_COMPLETE);
	for (i = 0, ill = 0; i < round_->targets; i++)
		if (round_->target[i].failure)
			ill = i;
	assert_int_equal(ill, 2 * n - 1);
	snprintf(want, sizeof(want), "Failed to connect to the host <::1> and "
		 "port <%d>.", s[n - 1].port);
	assert_string_equal(fttcpd_round_text(round_, ill, buf), want);
	for (i = 0; i < n; i++) {
		stop(&s[i]);
		if (i < n - 1)
			close(six[i]);
	}
}

/* The worst one counts, and a slow one makes it no less sure. */
static void worst_counts(void **state)
{
	struct fttcpd_probe_conf conf = { .ports.count = 3 };
	struct server gone, silent, good;

	(void)state;
	start(&gone, DEAF);
	stop(&gone);
	start(&silent, SILENT);
	start(&good, GREET);
	conf.ports.port[0] = silent.port;
	conf.ports.port[1] = gone.port;
	conf.ports.port[2] = good.port;
	bytes(&conf.expect, "HELLO");
	ask(&conf, SHORT_MS);
	assert_int_equal(round_->result, FTTCPD_PROBE_COMPLETE);
	assert_false(round_->late);
	assert_false(round_->slow);
	assert_int_equal(round_->target[0].failure, FTTCPD_PROBE_FAIL_TIMEOUT);
	assert_int_equal(round_->target[1].failure, FTTCPD_PROBE_FAIL_CONNECT);
	assert_int_equal(round_->target[2].failure, FTTCPD_PROBE_FAIL_NONE);
	stop(&silent);
	stop(&good);
}

/* Without an address of its own a probe goes to every service address. */
static void service_addresses(void **state)
{
	static struct fttcpd_conf all;
	struct fttcpd_probe_conf conf = { .ports = { { 1, 2 }, 2 } };

	(void)state;
	fttcp_addr_parse("10.0.0.100", &all.service[0].addr);
	fttcp_addr_parse("2001:db8::100", &all.service[1].addr);
	all.services = 2;
	memset(round_, 0, sizeof(*round_));
	fttcpd_round_setup(round_, &all, &conf);
	assert_int_equal(round_->targets, 4);
	assert_int_equal(round_->target[3].at.family, AF_INET6);
	assert_int_equal(round_->target[3].at.port, 2);
	assert_int_equal(round_->target[0].at.port, 1);
}

/* The daemon's own want is not the service's fault. */
static void no_descriptors(void **state)
{
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	{
		struct fttcpd_probe_conf conf = { .ports = { { 1 }, 1 } };
		int spare = dup(0);

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		ask(&conf, LONG_MS);
		setrlimit(RLIMIT_NOFILE, &before);
		close(spare);
	}
	assert_int_equal(round_->result, FTTCPD_PROBE_PARTIAL);
	assert_int_equal(round_->target[0].failure, FTTCPD_PROBE_FAIL_OWN);
	assert_true(round_->late);
}

static void *run_round(void *arg)
{
	fttcpd_round_run(arg);
	return NULL;
}

/* It ends soon when it is told to, whatever its time limit. */
static void cancelled(void **state)
{
	struct fttcpd_probe_conf conf = { .ports.count = 1, .addresses = 1 };
	static const struct fttcpd_conf none;
	pthread_t thread;
	struct server s;

	(void)state;
	start(&s, SILENT);
	conf.ports.port[0] = s.port;
	conf.timeout_ms = 10 * LONG_MS;
	bytes(&conf.expect, "HELLO");
	fttcp_addr_parse("127.0.0.1", &conf.address[0]);
	memset(round_, 0, sizeof(*round_));
	fttcpd_round_setup(round_, &none, &conf);
	assert_int_equal(pthread_create(&thread, NULL, run_round, round_), 0);
	while (!s.taken)
		nap_ms(1);
	round_->cancel = true;
	pthread_join(thread, NULL);
	assert_true(round_->took_us < LONG_MS * 1000);
	stop(&s);
}

/*
 * A machine that has no time: another process stops this one again and again, for
 * most of the round, as a scheduler would. The same silent server is late then, not
 * ill, and says so; without that it is ill.
 */
static void stop_and_go(pid_t pid)
{
	for (;;) {
		kill(pid, SIGSTOP);
		nap_ms(60);
		kill(pid, SIGCONT);
		nap_ms(30);
	}
}

static void overloaded(void **state)
{
	pid_t self = getpid(), child;

	(void)state;
	one(SILENT, "ping", "pong", SHORT_MS);
	assert_int_equal(round_->result, FTTCPD_PROBE_PARTIAL);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		stop_and_go(self);
	one(SILENT, "ping", "pong", SHORT_MS);
	kill(child, SIGKILL);
	kill(self, SIGCONT);
	waitpid(child, NULL, 0);
	assert_int_equal(round_->result, FTTCPD_PROBE_PARTIAL);
	assert_int_equal(round_->target[0].failure, FTTCPD_PROBE_FAIL_TIMEOUT);
	assert_true(round_->slow);
	assert_true(round_->delay_us >= SHORT_MS * 1000 / 4);
	assert_true(round_->late);
	/* refused is refused, however late */
	child = fork();
	assert_true(child >= 0);
	if (!child)
		stop_and_go(self);
	nobody_listens(NULL);
	kill(child, SIGKILL);
	kill(self, SIGCONT);
	waitpid(child, NULL, 0);
	assert_false(round_->late);
}

/* What the kernel's files say, and do not say. */
static void load(void **state)
{
	static const char pressure[] =
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=1234567\n";
	struct fttcpd_load now;

	(void)state;
	assert_int_equal(fttcpd_load_running("0.20 0.18 0.12 1/80 11206\n"), 0);
	assert_int_equal(fttcpd_load_running("9.20 8.18 7.12 33/80 1\n"), 32);
	assert_int_equal(fttcpd_load_running("9.20 8.18 7.12 0/80 1\n"), 0);
	assert_int_equal(fttcpd_load_running(""), -1);
	assert_int_equal(fttcpd_load_running("0.20 0.18 0.12 -1/80 1\n"), -1);
	assert_false(fttcpd_load_is_crowd(-1, 1));
	assert_false(fttcpd_load_is_crowd(3, 1));
	assert_true(fttcpd_load_is_crowd(4, 1));
	assert_false(fttcpd_load_is_crowd(7, 2));
	assert_true(fttcpd_load_is_crowd(8, 2));
	assert_int_equal(fttcpd_load_stalled_us(pressure), 1234567);
	assert_int_equal(fttcpd_load_stalled_us("some total=9\n"), -1);
	assert_int_equal(fttcpd_load_stalled_us(""), -1);
	fttcpd_load_begin(&now);
	assert_true(now.cpus >= 1);
	assert_true(now.running_fd >= 0);
	assert_true(fttcpd_load_end(&now) >= 0);
}

static int setup(void **state)
{
	(void)state;
	round_ = calloc(1, sizeof(*round_));
	return !round_;
}

static int teardown(void **state)
{
	(void)state;
	free(round_);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(does_not_connect),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(does_not_disconnect),
		cmocka_unit_test(many_ports),
		cmocka_unit_test(worst_counts),
		cmocka_unit_test(service_addresses),
		cmocka_unit_test(no_descriptors),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(overloaded),
		cmocka_unit_test(load),
	};

	return cmocka_run_group_tests_name("probe_round", tests, setup,
					   teardown);
}
