// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns a round of a health probe: which sockets it has, how far each of them is,
 * what is wrong with them, and how late the round itself was. What one socket does
 * is in probe_socket.c.
 *
 * The source address of a probe is the address that it asks, so that both ends are
 * on this machine: it never asks another one that has the address at the moment, and
 * the kernel protects no such connection (local-peers).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "probe_load.h"
#include "probe_round.h"
#include "probe_socket.h"

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/** fttcpd_round_clock_us() - the clock of @asked_us */
int64_t fttcpd_round_clock_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void add_targets(struct fttcpd_round *round,
			const struct fttcp_endpoint *address)
{
	const struct fttcpd_ports *ports = &round->conf.ports;
	unsigned int i;

	for (i = 0; i < ports->count; i++) {
		struct fttcpd_probe_target *t = &round->target[round->targets];

		if (round->targets == FTTCP_PROBE_TARGETS_MAX)
			return;
		t->at = *address;
		t->at.port = ports->port[i];
		round->targets++;
	}
}

/**
 * fttcpd_round_setup() - a new round
 * @round:	zero
 * @conf:	for the service addresses
 * @probe:	what to do
 */
void fttcpd_round_setup(struct fttcpd_round *round,
			const struct fttcpd_conf *conf,
			const struct fttcpd_probe_conf *probe)
{
	unsigned int i;

	round->conf = *probe;
	for (i = 0; i < probe->addresses; i++)
		add_targets(round, &probe->address[i]);
	for (i = 0; !probe->addresses && i < conf->services; i++)
		add_targets(round, &conf->service[i].addr);
	round->asked_us = fttcpd_round_clock_us();
}

/**
 * struct pace - the round's time
 * @round:	it
 * @end_us:	until when all steps have to be done
 * @ran_us:	when it began to run last
 * @cpu_us:	its CPU time by then
 * @load:	of the machine
 * @crowded:	at the last look, too many wanted to run
 */
struct pace {
	struct fttcpd_round *round;
	int64_t end_us;
	int64_t ran_us;
	int64_t cpu_us;
	struct fttcpd_load load;
	bool crowded;
};

/* Whoever does not wait and has no CPU is kept from running. */
static void pace_pause(struct pace *p)
{
	int64_t wall = clock_us(CLOCK_MONOTONIC) - p->ran_us;
	int64_t cpu = clock_us(CLOCK_THREAD_CPUTIME_ID) - p->cpu_us;

	if (wall > cpu)
		p->round->delay_us += wall - cpu;
}

static void pace_go_on(struct pace *p)
{
	p->ran_us = clock_us(CLOCK_MONOTONIC);
	p->cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
}

/*
 * So is whoever wakes up later than asked for; when something has happened, the time
 * of that is not known. And while many others want to run, the service gets little
 * even where the probe, which has nothing to do, is run at once.
 */
static int wait_for_any(struct pace *p, struct pollfd *fds, unsigned int n,
			int64_t left_us)
{
	int slice = FTTCP_PROBE_SLICE_MS;
	int64_t before, slept;
	bool was_crowded;
	int rc;

	if (left_us < slice * 1000)
		slice = (left_us + 999) / 1000;
	pace_pause(p);
	before = clock_us(CLOCK_MONOTONIC);
	rc = poll(fds, n, slice);
	pace_go_on(p);
	slept = p->ran_us - before;
	was_crowded = p->crowded;
	p->crowded = fttcpd_load_crowded(&p->load);
	if (was_crowded && p->crowded)
		p->round->delay_us += slept;
	else if (!rc && slept > slice * 1000LL)
		p->round->delay_us += slept - slice * 1000LL;
	return rc;
}

/* Return: how many still wait for something. */
static unsigned int collect(const struct fttcpd_probe_socket *sockets,
			    unsigned int count, struct pollfd *fds)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++) {
		fds[i].fd = -1;
		fds[i].events = fttcpd_probe_socket_events(&sockets[i]);
		if (!fds[i].events)
			continue;
		fds[i].fd = sockets[i].fd;
		n++;
	}
	return n;
}

/*
 * At the end it looks once more: what has come by then has come in time, though
 * the probe may see it late.
 */
static void run_sockets(struct pace *p, struct fttcpd_probe_socket *sockets)
{
	struct fttcpd_round *round = p->round;
	struct pollfd fds[FTTCP_PROBE_TARGETS_MAX];
	unsigned int i, n = round->targets;
	int64_t left = 1;

	while (left > 0 && !round->cancel && collect(sockets, n, fds)) {
		left = p->end_us - clock_us(CLOCK_MONOTONIC);
		if (wait_for_any(p, fds, n, left > 0 ? left : 0) < 0)
			continue;
		for (i = 0; i < n; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				fttcpd_probe_socket_ready(&sockets[i]);
	}
}

static bool may_be_load(enum fttcpd_probe_failure failure)
{
	return failure == FTTCPD_PROBE_FAIL_TIMEOUT ||
	       failure == FTTCPD_PROBE_FAIL_OWN;
}

/* The worst counts; a failure that load does not explain makes all of it sure. */
static void judge(struct fttcpd_round *round)
{
	bool loaded = fttcpd_probe_is_late(round->delay_us,
					   round->conf.timeout_ms);
	unsigned int i;

	round->result = FTTCPD_PROBE_OK;
	round->late = true;
	round->slow = true;
	for (i = 0; i < round->targets; i++) {
		enum fttcpd_probe_failure failure = round->target[i].failure;

		if (failure == FTTCPD_PROBE_FAIL_NONE)
			continue;
		if (failure == FTTCPD_PROBE_FAIL_CONNECT)
			round->result = FTTCPD_PROBE_COMPLETE;
		else if (round->result == FTTCPD_PROBE_OK)
			round->result = FTTCPD_PROBE_PARTIAL;
		if (!may_be_load(failure))
			round->slow = false;
		if (failure != FTTCPD_PROBE_FAIL_OWN &&
		    !(loaded && may_be_load(failure)))
			round->late = false;
	}
	if (round->result == FTTCPD_PROBE_OK)
		round->late = loaded;
}

/*
 * The daemon may have a scheduling class of its own; the probe is to have as much
 * of the machine as the service, or it could not tell that there is too little.
 */
static void be_ordinary(void)
{
	static const struct sched_param ordinary = { .sched_priority = 0 };

	if (sched_getscheduler(0) != SCHED_OTHER)
		sched_setscheduler(0, SCHED_OTHER, &ordinary);
}

/**
 * fttcpd_round_run() - do it
 * @round:	set up; what came of it is in there afterwards
 *
 * Waits, but not much longer than probe-timeout. In a thread of its own, whose
 * scheduling it makes ordinary.
 */
void fttcpd_round_run(struct fttcpd_round *round)
{
	struct fttcpd_probe_socket sockets[FTTCP_PROBE_TARGETS_MAX];
	struct pace p = { .round = round };
	int64_t began;
	unsigned int i;

	be_ordinary();
	began = clock_us(CLOCK_MONOTONIC);
	round->delay_us = began - round->asked_us;
	p.end_us = began + round->conf.timeout_ms * 1000LL;
	fttcpd_load_begin(&p.load);
	p.crowded = fttcpd_load_crowded(&p.load);
	pace_go_on(&p);
	for (i = 0; i < round->targets; i++)
		fttcpd_probe_socket_begin(&sockets[i], &round->conf,
					  &round->target[i]);
	run_sockets(&p, sockets);
	for (i = 0; i < round->targets; i++)
		fttcpd_probe_socket_end(&sockets[i]);
	pace_pause(&p);
	round->delay_us += fttcpd_load_end(&p.load);
	round->took_us = clock_us(CLOCK_MONOTONIC) - began;
	judge(round);
}

/**
 * fttcpd_round_text() - what is wrong with a target, as it is told
 * @round:	ended
 * @i:		which one
 * @buf:	for the text
 *
 * Return: @buf, "" when nothing is.
 */
const char *fttcpd_round_text(const struct fttcpd_round *round, unsigned int i,
			      char buf[FTTCPD_PROBE_TEXT])
{
	const struct fttcpd_probe_target *t = &round->target[i];
	char host[INET6_ADDRSTRLEN];

	inet_ntop(t->at.family, t->at.addr, host, sizeof(host));
	buf[0] = '\0';
	switch (t->failure) {
	case FTTCPD_PROBE_FAIL_NONE:
		break;
	case FTTCPD_PROBE_FAIL_CONNECT:
		snprintf(buf, FTTCPD_PROBE_TEXT,
			 "Failed to connect to the host <%s> and port <%d>.",
			 host, t->at.port);
		break;
	case FTTCPD_PROBE_FAIL_DISCONNECT:
		snprintf(buf, FTTCPD_PROBE_TEXT,
			 "Failed to disconnect from port %d of resource %s.",
			 t->at.port, round->conf.name);
		break;
	default:
		snprintf(buf, FTTCPD_PROBE_TEXT,
			 "Failed to communicate with server %s port %d: %s",
			 host, t->at.port, t->why);
		break;
	}
	return buf;
}
