/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How pages are handed to a TCP socket without a copy, with the newest
 * kernel's meaning: one call for several pieces. Included by lane_tx.c alone.
 */
#ifndef _FTTCP_COMPAT_LINK_H
#define _FTTCP_COMPAT_LINK_H

#include <linux/bvec.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uio.h>

#ifdef MSG_SPLICE_PAGES

static inline int fttcp_send_pages(struct socket *sock,
				   const struct bio_vec *bv, unsigned int nr,
				   size_t len, int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bv, nr, len);
	return sock_sendmsg(sock, &msg);
}

#else

static inline int fttcp_send_pages(struct socket *sock,
				   const struct bio_vec *bv, unsigned int nr,
				   size_t len, int flags)
{
	unsigned int i;
	int sent = 0;

	for (i = 0; i < nr; i++) {
		int more = i + 1 < nr ? MSG_MORE | MSG_SENDPAGE_NOTLAST : 0;
		int ret = kernel_sendpage(sock, bv[i].bv_page,
					  bv[i].bv_offset, bv[i].bv_len,
					  flags | more);

		if (ret < 0)
			return sent ?: ret;
		sent += ret;
		if (ret < bv[i].bv_len)
			break;
	}
	return sent;
}

#endif

#endif /* _FTTCP_COMPAT_LINK_H */
