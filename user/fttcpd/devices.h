/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the devices that a configuration names are on this machine.
 */
#ifndef FTTCPD_DEVICES_H
#define FTTCPD_DEVICES_H

#include "conf.h"

int fttcpd_devices_absent(const char *path, unsigned int line, const char *key,
			  const char *dev, char err[FTTCPD_CONF_ERROR]);
int fttcpd_devices_check(const char *path, const struct fttcpd_conf *conf,
			 char err[FTTCPD_CONF_ERROR]);

#endif /* FTTCPD_DEVICES_H */
