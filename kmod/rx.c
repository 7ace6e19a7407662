// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inbound bytes of a live connection into records: from the receive queue,
 * when TCP has put them there (sk_data_ready), before any segment leaves that
 * could acknowledge them (queue_xmit), and whenever a process lets go of the
 * socket.
 */
#include "capture.h"
#include "link.h"
#include "rx.h"
#include "sockstate.h"
#include "tx.h"

/**
 * fttcp_rx_capture() - put what arrived since the last time into records
 * @c: live connection, its socket locked
 *
 * Inbound bytes are taken even when the lane's queue is full: the
 * acknowledgement waits, so the peer's window bounds them, and the
 * application must not read what is in no record.
 *
 * Context: any.
 * Return: 0; -ENOMEM when bytes remain that are in no record, -EAGAIN when the
 * connection has to be sent again, -EPIPE when the lane is down.
 */
int fttcp_rx_capture(struct fttcp_conn *c)
{
	struct fttcp_capture cap = { .c = c, .type = FTTCP_WIRE_RX_DATA };
	u32 end = fttcp_sock_rx_end(c->sk);
	struct sk_buff *skb;
	int err = 0, err2;

	if (!c->lane || !c->added || c->rx_seq == end)
		return 0;
	/* it takes no records any more, so nothing of ours was missed */
	if (READ_ONCE(c->lane->dead))
		return -EPIPE;
	if (fttcp_tx_again(c))
		return -EAGAIN;
	if (unlikely((s32)(fttcp_sock_copied(c->sk) - c->rx_seq) > 0)) {
		/* read before it was in a record: the copy has a hole */
		fttcp_stat_inc(c->fn, FTTCP_STAT_RX_MISSED);
		fttcp_tx_resync(c);
		return -EAGAIN;
	}
	cap.seq = c->rx_seq;
	for (skb = fttcp_sock_rx_first(c->sk, cap.seq); skb && !err;
	     skb = fttcp_sock_rx_next(c->sk, skb))
		err = fttcp_capture_skb(&cap, skb);
	err2 = fttcp_capture_end(&cap);
	if (!err && !err2 && c->rx_seq != end)
		err = -ENOMEM;
	return err ? err : err2;
}
