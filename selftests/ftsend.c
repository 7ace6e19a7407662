// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways in which ftstream hands bytes to TCP: write, sendfile from a memory
 * file, MSG_ZEROCOPY, splice from a pipe. In the second and third the pages
 * stay shared with the sender, who overwrites them when the interface allows
 * it: a reference that somebody kept for longer shows as wrong bytes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "ftconn.h"
#include "ftsock.h"

/*
 * The memory file is a ring. Between namespaces of one kernel its pages are
 * the very pages in the receiver's queue, so what is acknowledged may still
 * be unread: the ring is larger than any receive buffer.
 */
#define FILE_RING	(16 << 20)

/*
 * The socket may take less than was offered; the rest of the generated piece
 * is offered again, so that a slow socket does not cost generating twice.
 */
static int send_write(struct conn *c, unsigned int len)
{
	ssize_t n;

	if (c->txbuf_off != c->tx_off || !c->txbuf_len) {
		pattern_fill(&c->out, c->tx_off, c->txbuf, len);
		c->txbuf_len = len;
	}
	n = send(c->fd, c->txbuf, c->txbuf_len, MSG_NOSIGNAL);
	if (n < 0) {
		c->txbuf_off = c->tx_off;
		return -errno;
	}
	c->tx_off += n;
	c->txbuf_len -= n;
	memmove(c->txbuf, c->txbuf + n, c->txbuf_len);
	c->txbuf_off = c->txbuf_len ? c->tx_off : 0;
	return n;
}

/* Overwrites ring space once the peer has acknowledged and read it. */
static int file_fill(struct conn *c, unsigned int len)
{
	uint64_t from = c->file_end > c->tx_off ? c->file_end : c->tx_off;
	uint64_t to = c->tx_off + len;
	unsigned int n, at;
	int outq;

	if (ioctl(c->fd, SIOCOUTQ, &outq))
		return -errno;
	if (to - (c->tx_off - outq) > FILE_RING)
		return -EAGAIN;
	while (from < to) {
		at = from % FILE_RING;
		n = to - from < FILE_RING - at ? to - from : FILE_RING - at;
		if (n > c->plan->chunk)
			n = c->plan->chunk;
		pattern_fill(&c->out, from, c->txbuf, n);
		if (pwrite(c->file, c->txbuf, n, at) != (ssize_t)n)
			return -EIO;
		from += n;
	}
	c->file_end = to;
	return 0;
}

static int send_file(struct conn *c, unsigned int len)
{
	off_t at = c->tx_off % FILE_RING;
	ssize_t n;
	int err;

	if (len > FILE_RING - at)
		len = FILE_RING - at;
	err = file_fill(c, len);
	if (err)
		return err;
	n = sendfile(c->fd, c->file, &at, len);
	if (n < 0)
		return -errno;
	c->tx_off += n;
	return n;
}

static void zc_complete(struct conn *c, uint32_t last)
{
	unsigned int i;

	if ((int32_t)(last + 1 - c->zc_done) > 0)
		c->zc_done = last + 1;
	/* Finished buffers are overwritten: nobody may need them any more. */
	for (i = 0; i < ZC_RING; i++) {
		if ((int32_t)(c->zc_slot_id[i] - c->zc_done) < 0)
			memset(c->txbuf + (size_t)i * c->plan->chunk, 0xee,
			       c->plan->chunk);
	}
}

/**
 * conn_reap_zerocopy() - collect the kernel's "buffer is yours again" notes
 * @c: the connection
 */
void conn_reap_zerocopy(struct conn *c)
{
	char control[256];

	for (;;) {
		struct msghdr msg = {
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		struct cmsghdr *cm;

		if (recvmsg(c->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (cm = CMSG_FIRSTHDR(&msg); cm; cm = CMSG_NXTHDR(&msg, cm)) {
			struct sock_extended_err ee;

			memcpy(&ee, CMSG_DATA(cm), sizeof(ee));
			if (ee.ee_origin == SO_EE_ORIGIN_ZEROCOPY)
				zc_complete(c, ee.ee_data);
		}
	}
}

static int send_zerocopy(struct conn *c, unsigned int len)
{
	unsigned int slot = c->zc_issued % ZC_RING;
	unsigned char *buf = c->txbuf + (size_t)slot * c->plan->chunk;
	ssize_t n;

	if (c->zc_issued - c->zc_done >= ZC_RING)
		return -EAGAIN;
	pattern_fill(&c->out, c->tx_off, buf, len);
	n = send(c->fd, buf, len, MSG_ZEROCOPY | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	c->zc_slot_id[slot] = c->zc_issued++;
	c->tx_off += n;
	return n;
}

static int send_splice(struct conn *c, unsigned int len)
{
	ssize_t n;

	if (!c->in_txpipe) {
		pattern_fill(&c->out, c->tx_off, c->txbuf, len);
		n = write(c->txpipe[1], c->txbuf, len);
		if (n < 0)
			return -errno;
		c->in_txpipe = n;
	}
	n = splice(c->txpipe[0], NULL, c->fd, NULL, c->in_txpipe,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0)
		return -errno;
	c->in_txpipe -= n;
	c->tx_off += n;
	return n;
}

/**
 * conn_send() - offer bytes at the current offset to the socket
 * @c: the connection
 * @len: at most so many; what is buffered already goes first
 *
 * Return: bytes taken, or a negative errno.
 */
int conn_send(struct conn *c, unsigned int len)
{
	switch (c->plan->tx) {
	case TX_SENDFILE:
		return send_file(c, len);
	case TX_ZEROCOPY:
		return send_zerocopy(c, len);
	case TX_SPLICE:
		return send_splice(c, len);
	case TX_WRITE:
		break;
	}
	return send_write(c, len);
}
