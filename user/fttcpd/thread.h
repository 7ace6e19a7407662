/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread beside the loop.
 */
#ifndef FTTCPD_THREAD_H
#define FTTCPD_THREAD_H

#include <pthread.h>

int fttcpd_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif /* FTTCPD_THREAD_H */
