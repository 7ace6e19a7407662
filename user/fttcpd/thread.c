// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how a thread is started beside the loop: signals belong to the loop.
 */
#include <signal.h>

#include "thread.h"

/**
 * fttcpd_thread_start() - run something beside the loop
 * @thread:	it
 * @run:	what
 * @arg:	for @run
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}
