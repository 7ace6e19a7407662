/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that the daemon starts.
 */
#ifndef FTTCPD_SPAWN_H
#define FTTCPD_SPAWN_H

#include <sys/types.h>

int fttcpd_spawn(char **words, char **env, pid_t *pid);

#endif /* FTTCPD_SPAWN_H */
