// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the process that restarts a service: how it begins, how long it may take, what
 * came of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fttcp/limits.h>

#include "log.h"
#include "probe_restart.h"
#include "spawn.h"

#define WORDS_MAX	(FTTCPD_CONF_COMMAND / 2 + 1)
#define ERROR_ROOM	96

/* A unit is systemd's business; a command is split at blanks, without a shell. */
static void make_words(const struct fttcpd_probe_conf *conf,
		       char copy[FTTCPD_CONF_COMMAND], char *words[WORDS_MAX])
{
	static char systemctl[] = "systemctl", quiet[] = "--no-ask-password",
		    restart[] = "restart", end[] = "--";
	char *word, *save = NULL;
	unsigned int n = 0;

	snprintf(copy, FTTCPD_CONF_COMMAND, "%s", conf->restart);
	if (*copy != '/') {
		words[n++] = systemctl;
		words[n++] = quiet;
		words[n++] = restart;
		words[n++] = end;
	}
	for (word = strtok_r(copy, " \t", &save); word && n < WORDS_MAX - 1;
	     word = strtok_r(NULL, " \t", &save))
		words[n++] = word;
	words[n] = NULL;
}

/* The environment of the daemon, and which service it is and why. */
static char **make_environment(char *name, char *reason)
{
	size_t n = 0;
	char **env;

	while (environ[n])
		n++;
	env = calloc(n + 3, sizeof(*env));
	if (!env)
		return NULL;
	memcpy(env, environ, n * sizeof(*env));
	env[n] = name;
	env[n + 1] = reason;
	return env;
}

static int start_process(const struct fttcpd_probe_conf *conf,
			 const char *reason, pid_t *pid)
{
	char name[FTTCPD_CONF_NAME + 16], why[320], copy[FTTCPD_CONF_COMMAND];
	char *words[WORDS_MAX], **env;
	int rc;

	snprintf(name, sizeof(name), "FTTCP_PROBE=%s", conf->name);
	snprintf(why, sizeof(why), "FTTCP_REASON=%s", reason);
	make_words(conf, copy, words);
	env = make_environment(name, why);
	if (!env)
		return -ENOMEM;
	rc = fttcpd_spawn(words, env, pid);
	free(env);
	return rc;
}

static void forget(struct fttcpd_restart *r)
{
	ev_io_stop(r->loop, &r->io);
	ev_timer_stop(r->loop, &r->limit);
	close(r->pidfd);
	r->pid = 0;
}

static const char *say_end(const struct fttcpd_restart *r,
			   const siginfo_t *info, char buf[ERROR_ROOM])
{
	if (r->late)
		snprintf(buf, ERROR_ROOM,
			 "it took longer than restart-timeout and was ended");
	else if (info->si_code == CLD_EXITED)
		snprintf(buf, ERROR_ROOM, "it ended with the status %d",
			 info->si_status);
	else
		snprintf(buf, ERROR_ROOM, "it was ended by the signal %d",
			 info->si_status);
	return buf;
}

/* What a command that ended well has started may go on; a late one goes whole. */
static void on_exit_of(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_restart *r = w->data;
	siginfo_t info = { 0 };
	char buf[ERROR_ROOM];
	bool good;

	(void)loop;
	(void)revents;
	if (r->late)
		kill(-r->pid, SIGKILL);
	if (waitid(P_PIDFD, r->pidfd, &info, WEXITED | WNOHANG) ||
	    !info.si_pid)
		return;
	forget(r);
	good = !r->late && info.si_code == CLD_EXITED && !info.si_status;
	if (r->ended)
		r->ended(r->arg, good ? NULL : say_end(r, &info, buf));
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fttcpd_restart *r = w->data;

	(void)revents;
	kill(-r->pid, r->late ? SIGKILL : SIGTERM);
	if (r->late)
		return;
	r->late = true;
	ev_timer_set(w, FTTCP_PROBE_KILL_MS / 1000., 0.);
	ev_timer_start(loop, w);
}

/**
 * fttcpd_restart_begin() - restart a service
 * @r:		not busy
 * @loop:	the daemon's
 * @conf:	of the probe
 * @reason:	why, for the environment of what runs
 * @ended:	called when it has ended, with NULL or what went wrong
 * @arg:	for @ended
 *
 * Return: 0, or a negative errno and nothing will be called.
 */
int fttcpd_restart_begin(struct fttcpd_restart *r, struct ev_loop *loop,
			 const struct fttcpd_probe_conf *conf,
			 const char *reason,
			 void (*ended)(void *arg, const char *error), void *arg)
{
	pid_t pid;
	int rc;

	rc = start_process(conf, reason, &pid);
	if (rc)
		return rc;
	memset(r, 0, sizeof(*r));
	r->loop = loop;
	r->pidfd = pidfd_open(pid, 0);
	if (r->pidfd < 0) {
		rc = -errno;
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return rc;
	}
	fcntl(r->pidfd, F_SETFD, FD_CLOEXEC);
	snprintf(r->name, sizeof(r->name), "%s", conf->name);
	r->pid = pid;
	r->ended = ended;
	r->arg = arg;
	ev_io_init(&r->io, on_exit_of, r->pidfd, EV_READ);
	ev_timer_init(&r->limit, on_limit, conf->restart_timeout_ms / 1000.,
		      0.);
	r->io.data = r;
	r->limit.data = r;
	ev_io_start(loop, &r->io);
	ev_now_update(loop);
	ev_timer_start(loop, &r->limit);
	return 0;
}

/** fttcpd_restart_busy() - is one under way? */
bool fttcpd_restart_busy(const struct fttcpd_restart *r)
{
	return r->pid;
}

/**
 * fttcpd_restart_leave() - the daemon ends
 * @r:		may be busy
 *
 * A restart that is cut short would leave the service stopped: it goes on without
 * anybody who waits for it.
 */
void fttcpd_restart_leave(struct fttcpd_restart *r)
{
	if (!r->pid)
		return;
	log_notice("probe %s: the restart goes on by itself", r->name);
	forget(r);
}
