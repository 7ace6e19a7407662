/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that writes the epoch file, so that a disk which hangs keeps
 * nobody else waiting. What is written, and when, is the business of epoch.c.
 */
#ifndef FTTCPD_KEEPER_H
#define FTTCPD_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#define FTTCPD_KEEPER_TEXT	128	/* bytes of the file, with the final 0 */

struct fttcpd_keeper;

int fttcpd_keeper_start(struct fttcpd_keeper **out, const char *path,
			void (*told)(void *arg), void *arg);
void fttcpd_keeper_stop(struct fttcpd_keeper *k, uint32_t wait_ms);
void fttcpd_keeper_post(struct fttcpd_keeper *k, const char *text);
bool fttcpd_keeper_done(struct fttcpd_keeper *k, uint32_t wait_ms, int *rc);
int fttcpd_keeper_write(const char *path, const char *text);

#endif /* FTTCPD_KEEPER_H */
