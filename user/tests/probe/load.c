// SPDX-License-Identifier: GPL-2.0-only
/*
 * In place of fttcpd/probe_load.c: a machine that is as busy as the test says, not as
 * busy as the one it runs on.
 */
#include "fttcpd/probe_load.h"
#include "load.h"

atomic_bool pretend_crowd;

void fttcpd_load_begin(struct fttcpd_load *load)
{
	load->running_fd = -1;
	load->memory_fd = -1;
}

bool fttcpd_load_crowded(const struct fttcpd_load *load)
{
	(void)load;
	return pretend_crowd;
}

int64_t fttcpd_load_end(struct fttcpd_load *load)
{
	(void)load;
	return 0;
}
