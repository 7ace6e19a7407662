/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which file the repository is.
 */
#ifndef FTTCPCTL_MSG_H
#define FTTCPCTL_MSG_H

#include "ctl.h"

/**
 * msg_path() - the file of the repository
 * @ctl: context
 * @named: what was said on the command line, or NULL
 * @path: result: that, or what the daemon that runs says, or the default
 * @size: room in @path
 */
void msg_path(struct ctl *ctl, const char *named, char *path, size_t size);

#endif
