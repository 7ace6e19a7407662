// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns what a section [probe NAME] of fttcpd.conf(5) means when all of the file is
 * known: values that were left out, and values that do not fit together.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fttcp/limits.h>

#include "conf.h"
#include "conf_probe.h"

/**
 * fttcpd_conf_probe_defaults() - a section begins
 * @p:		its place, zero but for its name and line
 */
void fttcpd_conf_probe_defaults(struct fttcpd_probe_conf *p)
{
	p->timeout_ms = FTTCP_PROBE_TIMEOUT_MS_DEFAULT;
	p->interval_ms = FTTCP_PROBE_INTERVAL_MS_DEFAULT;
	p->retry_interval_ms = FTTCP_PROBE_RETRY_MS_DEFAULT;
	p->retry_count = FTTCPD_UNSET;
	p->restart_timeout_ms = FTTCPD_UNSET;
	p->restart_wait_ms = FTTCP_PROBE_WAIT_MS_DEFAULT;
	p->failover = true;
}

/**
 * fttcpd_conf_probe_targets() - how many connections a round makes
 * @conf:	configuration
 * @p:		probe
 *
 * Return: addresses times ports.
 */
unsigned int fttcpd_conf_probe_targets(const struct fttcpd_conf *conf,
				       const struct fttcpd_probe_conf *p)
{
	return (p->addresses ? p->addresses : conf->services) * p->ports.count;
}

static int check_restart(struct fttcpd_probe_conf *p, char *err, size_t size)
{
	bool count = p->retry_count != FTTCPD_UNSET;
	bool limit = p->restart_timeout_ms != FTTCPD_UNSET;

	if (!p->restart[0] && ((count && p->retry_count) || limit)) {
		snprintf(err, size, "%s has no use without restart; add for "
			 "example \"restart = bird.service\"",
			 limit ? "restart-timeout" : "retry-count");
		return -EINVAL;
	}
	if (!p->restart[0] && !p->failover) {
		snprintf(err, size, "neither restart nor failover, so nothing "
			 "follows from a failure; add for example \"restart = "
			 "bird.service\"");
		return -EINVAL;
	}
	if (!count)
		p->retry_count = p->restart[0] ?
				 FTTCP_PROBE_RETRY_COUNT_DEFAULT : 0;
	if (!limit)
		p->restart_timeout_ms = FTTCP_PROBE_RESTART_MS_DEFAULT;
	return 0;
}

/* Otherwise each failure is forgotten before the next one can come. */
static int check_times(const struct fttcpd_probe_conf *p, char *err,
		       size_t size)
{
	uint64_t least = (uint64_t)p->interval_ms + p->timeout_ms;

	if (p->retry_interval_ms >= least)
		return 0;
	snprintf(err, size, "retry-interval is shorter than interval and "
		 "probe-timeout together, so that partial failures cannot add "
		 "up; make it at least %llums", (unsigned long long)least);
	return -EINVAL;
}

/**
 * fttcpd_conf_probe_check() - the file has been read
 * @conf:	configuration
 * @p:		one of its probes; what was left out is filled in
 * @err:	what is wrong and a remedy otherwise
 * @size:	of @err
 *
 * Return: 0 or -EINVAL.
 */
int fttcpd_conf_probe_check(const struct fttcpd_conf *conf,
			    struct fttcpd_probe_conf *p, char *err, size_t size)
{
	unsigned int i, j;

	if (!p->ports.count) {
		snprintf(err, size, "port-list is missing; add for example "
			 "\"port-list = 179\"");
		return -EINVAL;
	}
	if (!p->addresses && !conf->services) {
		snprintf(err, size, "address is missing, and there is no "
			 "service address; add for example \"address = "
			 "127.0.0.1\"");
		return -EINVAL;
	}
	if (fttcpd_conf_probe_targets(conf, p) > FTTCP_PROBE_TARGETS_MAX) {
		snprintf(err, size, "more than %u connections (addresses times "
			 "ports); make two probes of it",
			 FTTCP_PROBE_TARGETS_MAX);
		return -EINVAL;
	}
	for (i = 0; i < p->addresses; i++)
		for (j = 0; j < i; j++)
			if (fttcp_endpoint_equal(&p->address[i],
						 &p->address[j])) {
				snprintf(err, size, "an address is given "
					 "twice; remove one of the two");
				return -EINVAL;
			}
	if (check_restart(p, err, size))
		return -EINVAL;
	return check_times(p, err, size);
}
