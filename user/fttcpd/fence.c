// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the program that fences the other node: how it begins, how long it may take,
 * and what came of it. Status 0 within the time limit is success, all else is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fttcp/strings-gen.h>

#include "daemon.h"
#include "event.h"
#include "log.h"
#include "spawn.h"

#define WORDS_MAX	(FTTCPD_CONF_COMMAND / 2 + 1)
#define ENV_MAX		128	/* variables of the daemon that are passed on */
#define ENV_OWN		5
#define ENV_ROOM	128
#define ERROR_ROOM	96

/** fttcpd_fence_wanted() - is there a program? */
bool fttcpd_fence_wanted(const struct fttcpd_conf *conf)
{
	return conf->fence_program[0] && strcmp(conf->fence_program, "none");
}

/* Split at blanks, without a shell. */
static void make_words(const struct fttcpd_conf *conf,
		       char copy[FTTCPD_CONF_COMMAND], char *words[WORDS_MAX])
{
	char *word, *save = NULL;
	unsigned int n = 0;

	snprintf(copy, FTTCPD_CONF_COMMAND, "%s", conf->fence_program);
	for (word = strtok_r(copy, " \t", &save); word && n < WORDS_MAX - 1;
	     word = strtok_r(NULL, " \t", &save))
		words[n++] = word;
	words[n] = NULL;
}

/* Where the other node is known to be: on the second path, or where its link is. */
static void peer_address(const struct fttcpd_conf *conf, char *buf, size_t size)
{
	const struct fttcp_endpoint *ep = conf->path_peer.family ?
					  &conf->path_peer : &conf->connect;
	struct fttcp_prefix prefix = { .family = ep->family };
	char text[FTTCP_ADDR_STRLEN] = "";

	if (ep->family) {
		memcpy(prefix.addr, ep->addr, sizeof(prefix.addr));
		prefix.len = 8 * fttcp_addr_len(ep->family);
		fttcp_prefix_format(&prefix, text);
		text[strcspn(text, "/")] = '\0';
	}
	snprintf(buf, size, "FTTCP_FENCE_ADDRESS=%s", text);
}

/* The environment of the daemon, and whom to fence and why. */
static void make_environment(struct fttcpd *d, char own[ENV_OWN][ENV_ROOM],
			     char *env[ENV_MAX + ENV_OWN + 1])
{
	struct fttcp_node node = { 0 };
	size_t n = 0, i;

	fttcp_node_get(d->nl, &node);
	snprintf(own[0], ENV_ROOM, "FTTCP_FENCE_NODE=%u", d->conf.peer_id);
	peer_address(&d->conf, own[1], ENV_ROOM);
	snprintf(own[2], ENV_ROOM, "FTTCP_FENCE_REASON=%s",
		 fttcp_down_reason_name(d->reason));
	snprintf(own[3], ENV_ROOM, "FTTCP_FENCE_EPOCH=%" PRIu64,
		 node.epoch_seen);
	snprintf(own[4], ENV_ROOM, "FTTCP_FENCE_BY=%u", d->conf.id);
	for (; environ[n] && n < ENV_MAX; n++)
		env[n] = environ[n];
	for (i = 0; i < ENV_OWN; i++)
		env[n++] = own[i];
	env[n] = NULL;
}

static int start_process(struct fttcpd *d, pid_t *pid)
{
	char copy[FTTCPD_CONF_COMMAND], own[ENV_OWN][ENV_ROOM];
	char *words[WORDS_MAX], *env[ENV_MAX + ENV_OWN + 1];

	make_words(&d->conf, copy, words);
	make_environment(d, own, env);
	return fttcpd_spawn(words, env, pid);
}

static void forget(struct fttcpd *d)
{
	struct fttcpd_fence *f = &d->fence;

	ev_io_stop(d->loop, &f->io);
	ev_timer_stop(d->loop, &f->limit);
	close(f->pidfd);
	f->pid = 0;
}

static void start_limit(struct fttcpd *d, uint32_t ms)
{
	ev_timer_stop(d->loop, &d->fence.limit);
	ev_timer_set(&d->fence.limit, ms / 1000., 0.);
	ev_now_update(d->loop);
	ev_timer_start(d->loop, &d->fence.limit);
}

static void succeed(struct fttcpd *d)
{
	d->fence.failures = 0;
	fttcpd_evt_fence_succeeded(d->conf.peer_id);
	fttcpd_phase(d, "fenced", "node=%u", d->conf.peer_id);
	fttcpd_event(d, FTTCPD_E_FENCED);
}

static void fail(struct fttcpd *d, const char *why)
{
	d->fence.failures++;
	snprintf(d->error, sizeof(d->error), "the other node could not be "
		 "fenced: %s; see that it is off, then add force", why);
	fttcpd_evt_fence_failed(d->conf.peer_id, why, d->conf.fence_retry_ms);
	fttcpd_event(d, FTTCPD_E_FENCE_FAILED);
}

static void judge(struct fttcpd *d, const siginfo_t *info)
{
	char why[ERROR_ROOM];

	if (d->fence.asked)
		snprintf(why, sizeof(why),
			 "it took longer than timeout and was ended");
	else if (info->si_code != CLD_EXITED)
		snprintf(why, sizeof(why), "it was ended by the signal %d",
			 info->si_status);
	else
		snprintf(why, sizeof(why), "it ended with the status %d",
			 info->si_status);
	if (!d->fence.asked && info->si_code == CLD_EXITED && !info->si_status)
		succeed(d);
	else
		fail(d, why);
}

/* What was asked to end goes whole: some of it might still fence. */
static void on_end(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd *d = w->data;
	struct fttcpd_fence *f = &d->fence;
	siginfo_t info = { 0 };

	(void)loop;
	(void)revents;
	if (f->asked)
		kill(-f->pid, SIGKILL);
	if (waitid(P_PIDFD, f->pidfd, &info, WEXITED | WNOHANG) ||
	    !info.si_pid)
		return;
	forget(d);
	if (!f->stopped)
		judge(d, &info);
	else if (f->again)
		fttcpd_fence_start(d);
}

static void ask_to_end(struct fttcpd *d)
{
	d->fence.asked = true;
	kill(-d->fence.pid, SIGTERM);
	start_limit(d, FTTCP_FENCE_KILL_MS);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd *d = w->data;

	(void)loop;
	(void)revents;
	if (d->fence.asked)
		kill(-d->fence.pid, SIGKILL);
	else
		ask_to_end(d);
}

/** fttcpd_fence_init() - before anything else here */
void fttcpd_fence_init(struct fttcpd *d)
{
	ev_init(&d->fence.io, on_end);
	ev_init(&d->fence.limit, on_limit);
	d->fence.io.data = d;
	d->fence.limit.data = d;
}

/**
 * fttcpd_fence_exit() - the daemon ends
 * @d:		daemon
 *
 * Nobody is left who would take over: the other node is left alone.
 */
void fttcpd_fence_exit(struct fttcpd *d)
{
	if (!d->fence.pid)
		return;
	kill(-d->fence.pid, SIGKILL);
	waitid(P_PIDFD, d->fence.pidfd, &(siginfo_t){ 0 }, WEXITED);
	forget(d);
}

static void watch(struct fttcpd *d, pid_t pid, int pidfd)
{
	struct fttcpd_fence *f = &d->fence;

	fcntl(pidfd, F_SETFD, FD_CLOEXEC);
	f->pid = pid;
	f->pidfd = pidfd;
	f->asked = false;
	f->stopped = false;
	f->again = false;
	ev_io_set(&f->io, pidfd, EV_READ);
	ev_io_start(d->loop, &f->io);
	start_limit(d, d->conf.fence_timeout_ms);
}

/**
 * fttcpd_fence_start() - make sure that the other node is silent
 * @d:		daemon
 *
 * Gives UNFENCED now, or FENCED or FENCE_FAILED later, unless it is stopped. While the
 * program runs another start adds nothing.
 */
void fttcpd_fence_start(struct fttcpd *d)
{
	struct fttcpd_fence *f = &d->fence;
	int rc, pidfd;
	pid_t pid;

	if (!fttcpd_fence_wanted(&d->conf)) {
		fttcpd_event(d, FTTCPD_E_UNFENCED);
		return;
	}
	if (f->pid) {
		f->again = f->stopped;
		return;
	}
	if (!f->failures)
		fttcpd_evt_fence_started(d->conf.peer_id,
					 fttcp_down_reason_name(d->reason));
	rc = start_process(d, &pid);
	if (rc) {
		fail(d, strerror(-rc));
		return;
	}
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		rc = errno;
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		fail(d, strerror(rc));
		return;
	}
	watch(d, pid, pidfd);
}

/**
 * fttcpd_fence_stop() - the other node needs no fence
 * @d:		daemon
 *
 * A program that runs is ended, and its result is nobody's.
 */
void fttcpd_fence_stop(struct fttcpd *d)
{
	d->fence.failures = 0;
	d->fence.again = false;
	if (!d->fence.pid || d->fence.stopped)
		return;
	d->fence.stopped = true;
	ask_to_end(d);
}

/**
 * fttcpd_fence_trouble() - what an operator should know of it
 * @d:		daemon
 *
 * Return: a sentence, "" for nothing.
 */
const char *fttcpd_fence_trouble(const struct fttcpd *d)
{
	if (d->fence.failures)
		return "the other node could not be fenced: not taking over, "
		       "nor going on alone; fttcpd's log says why. If it is "
		       "certainly off: \"fttcpctl promote force\", or, on a "
		       "node that holds, \"fttcpctl solo\"";
	return d->conf.allow_unfenced && !fttcpd_conf_decides(&d->conf) ?
	       "nothing fences the other node (allow-unfenced): if both live "
	       "and do not see each other, both may become active" : "";
}
