/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adding and removing one address of a device by rtnetlink.
 */
#ifndef FTTCPD_RTADDR_H
#define FTTCPD_RTADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

struct nlmsghdr;

struct nlmsghdr *fttcpd_rtaddr_request(void *buf, bool add,
				       const struct fttcpd_service *service,
				       int ifindex, unsigned int seq);
int fttcpd_rtaddr(bool add, const struct fttcpd_service *service);

#endif /* FTTCPD_RTADDR_H */
