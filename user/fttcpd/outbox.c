// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns packets that wait to be written.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "outbox.h"

struct fttcpd_packet {
	struct fttcpd_packet *next;
	size_t len;
	uint8_t data[];
};

/**
 * fttcpd_outbox_setup() - empty, for a new connection
 * @box:	outbox
 * @stream:	of TCP, not of packets
 */
void fttcpd_outbox_setup(struct fttcpd_outbox *box, bool stream)
{
	memset(box, 0, sizeof(*box));
	box->last = &box->first;
	box->stream = stream;
}

static void drop_first(struct fttcpd_outbox *box)
{
	struct fttcpd_packet *p = box->first;

	box->first = p->next;
	if (!box->first)
		box->last = &box->first;
	box->bytes -= p->len;
	box->done = 0;
	free(p);
}

/** fttcpd_outbox_clean() - nobody reads them any more */
void fttcpd_outbox_clean(struct fttcpd_outbox *box)
{
	while (box->first)
		drop_first(box);
	fttcpd_seal_end(&box->seal);
}

/**
 * fttcpd_outbox_add() - one more, behind all others
 * @box:	outbox
 * @p:		packet
 *
 * Return: 0, -ENOMEM, or why it cannot be said.
 */
int fttcpd_outbox_add(struct fttcpd_outbox *box, const struct fttcp_packet *p)
{
	uint8_t buf[FTTCP_PACKET_MAX];
	struct fttcpd_packet *new;
	size_t head = box->stream ? sizeof(uint32_t) : 0;
	size_t tail = fttcpd_seal_size(&box->seal);
	uint32_t be;
	int len, rc;

	len = fttcp_packet_encode(p, buf);
	if (len < 0)
		return len;
	new = malloc(sizeof(*new) + head + len + tail);
	if (!new)
		return -ENOMEM;
	be = htonl(len);
	memcpy(new->data, &be, head);
	memcpy(new->data + head, buf, len);
	rc = tail ? fttcpd_seal_put(&box->seal, new->data, head + len,
				    new->data + head + len) : 0;
	if (rc) {
		free(new);
		return rc;
	}
	new->len = head + len + tail;
	new->next = NULL;
	*box->last = new;
	box->last = &new->next;
	box->bytes += new->len;
	return 0;
}

/**
 * fttcpd_outbox_write() - the next one, as far as it goes
 * @box:	outbox with something in it
 * @fd:		its reader
 *
 * Return: 1 when a packet has gone, 0 when there is no room for the rest of it,
 * or a negative errno.
 */
int fttcpd_outbox_write(struct fttcpd_outbox *box, int fd)
{
	struct fttcpd_packet *p = box->first;
	ssize_t n;

	n = send(fd, p->data + box->done, p->len - box->done,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	if (n < 0)
		return -errno;
	box->done += n;
	if (box->done < p->len)
		return 0;
	drop_first(box);
	return 1;
}
