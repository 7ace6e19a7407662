/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences in struct proto: sendpage went away in 6.5.
 */
#ifndef _FTTCP_COMPAT_HOOKS_H
#define _FTTCP_COMPAT_HOOKS_H

#include <linux/version.h>
#include <net/sock.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
static inline int fttcp_eagain_sendpage(struct sock *sk, struct page *page,
					int offset, size_t size, int flags)
{
	return -EAGAIN;
}

static inline void fttcp_prot_no_sendpage(struct proto *p)
{
	p->sendpage = fttcp_eagain_sendpage;
}
#else
static inline void fttcp_prot_no_sendpage(struct proto *p)
{
}
#endif

#endif /* _FTTCP_COMPAT_HOOKS_H */
