/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What newer kernels have in <linux/netlink.h> and <net/genetlink.h> and older
 * ones do not. Each shim tests for the name, not for the version, where it can.
 */
#ifndef _FTTCP_COMPAT_NETLINK_H
#define _FTTCP_COMPAT_NETLINK_H

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/netlink.h>
#include <linux/version.h>
#include <net/genetlink.h>

#ifndef NL_SET_ERR_MSG_FMT /* since 6.2 */

#define FTTCP_EXTACK_TEXTS	32
#define FTTCP_EXTACK_LEN	128

/*
 * The extack of these kernels has no room for a text, only a pointer, and is
 * read after the handler returned. A slot is used again after so many more
 * refusals.
 */
static inline char *fttcp_compat_extack_text(void)
{
	static char texts[FTTCP_EXTACK_TEXTS][FTTCP_EXTACK_LEN];
	static atomic_t next;

	return texts[(unsigned int)atomic_inc_return(&next) %
		     FTTCP_EXTACK_TEXTS];
}

#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) do {			\
	struct netlink_ext_ack *__extack = (extack);			\
	char *__text;							\
									\
	if (!__extack)							\
		break;							\
	__text = fttcp_compat_extack_text();				\
	scnprintf(__text, FTTCP_EXTACK_LEN, fmt, ##args);		\
	__extack->_msg = __text;					\
} while (0)

#endif /* NL_SET_ERR_MSG_FMT */

#ifndef GENL_SET_ERR_MSG_FMT
#define GENL_SET_ERR_MSG_FMT(info, msg, args...) \
	NL_SET_ERR_MSG_FMT((info)->extack, msg, ##args)
#endif

/* What pre_doit() is given; no name tells them apart. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define genl_split_ops genl_ops
#endif

#endif /* _FTTCP_COMPAT_NETLINK_H */
