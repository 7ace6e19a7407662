// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how the daemon starts other programs.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "spawn.h"

/*
 * Signals as a program expects them, a group of its own so that all of it can be
 * ended, and ordinary scheduling, which a service that it starts would inherit.
 */
static int set_attributes(posix_spawnattr_t *attr)
{
	static const struct sched_param ordinary = { .sched_priority = 0 };
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		      POSIX_SPAWN_SETPGROUP;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	if (sched_getscheduler(0) != SCHED_OTHER) {
		flags |= POSIX_SPAWN_SETSCHEDULER;
		posix_spawnattr_setschedpolicy(attr, SCHED_OTHER);
		posix_spawnattr_setschedparam(attr, &ordinary);
	}
	return posix_spawnattr_setflags(attr, flags);
}

/**
 * fttcpd_spawn() - run a program, in a process group of its own
 * @words:	its name, looked for in PATH, and arguments, NULL behind them
 * @env:	its environment
 * @pid:	gets its process
 *
 * Standard input is empty; what it says goes where the daemon's output goes.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_spawn(char **words, char **env, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err;

	err = posix_spawn_file_actions_init(&files);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attr);
	if (err)
		goto err_files;
	err = posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
					       "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO,
						       STDOUT_FILENO);
	if (!err)
		err = set_attributes(&attr);
	if (!err)
		err = posix_spawnp(pid, words[0], &files, &attr, words, env);
	posix_spawnattr_destroy(&attr);
err_files:
	posix_spawn_file_actions_destroy(&files);
	return -err;
}
