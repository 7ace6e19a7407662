// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the question which devices of a configuration are missing here.
 */
#include <errno.h>
#include <stdio.h>

#include "devices.h"

/**
 * fttcpd_devices_absent() - say that one is missing
 * @path:	of the file
 * @line:	in it
 * @key:	with its section
 * @dev:	the device
 * @err:	the sentence
 *
 * Return: -ENODEV.
 */
int fttcpd_devices_absent(const char *path, unsigned int line, const char *key,
			  const char *dev, char err[FTTCPD_CONF_ERROR])
{
	snprintf(err, FTTCPD_CONF_ERROR, "%.256s:%u: %s: device %s does not "
		 "exist; \"ip link\" lists those that do", path, line, key,
		 dev);
	return -ENODEV;
}

/**
 * fttcpd_devices_check() - are they all there?
 * @path:	of the file
 * @conf:	what it says
 * @err:	which one is not, in a sentence
 *
 * Return: 0 or -ENODEV.
 */
int fttcpd_devices_check(const char *path, const struct fttcpd_conf *conf,
			 char err[FTTCPD_CONF_ERROR])
{
	const struct fttcpd_service *s;
	const struct fttcpd_policy *p;

	if (conf->link_device[0] && !if_nametoindex(conf->link_device))
		return fttcpd_devices_absent(path,
					     fttcpd_conf_line(conf, "device"),
					     "[link] device",
					     conf->link_device, err);
	for (s = conf->service; s < conf->service + conf->services; s++)
		if (!if_nametoindex(s->dev))
			return fttcpd_devices_absent(path, s->line,
						     "[service] address",
						     s->dev, err);
	for (p = conf->policy; p < conf->policy + conf->policies; p++)
		if (p->device[0] && !if_nametoindex(p->device))
			return fttcpd_devices_absent(path, p->line,
						     "[policy] device",
						     p->device, err);
	return 0;
}
