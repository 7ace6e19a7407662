/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sections [probe NAME] as a whole; their keys are in conf.c's table.
 */
#ifndef FTTCPD_CONF_PROBE_H
#define FTTCPD_CONF_PROBE_H

#include <stddef.h>

#include "conf.h"

void fttcpd_conf_probe_defaults(struct fttcpd_probe_conf *p);
unsigned int fttcpd_conf_probe_targets(const struct fttcpd_conf *conf,
				       const struct fttcpd_probe_conf *p);
int fttcpd_conf_probe_check(const struct fttcpd_conf *conf,
			    struct fttcpd_probe_conf *p, char *err, size_t size);

#endif /* FTTCPD_CONF_PROBE_H */
