/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection of ftstream: sends one pattern stream, checks the other,
 * one step at a time. The caller decides between poll and threads.
 */
#ifndef FT_CONN_H
#define FT_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "pattern.h"

enum tx_how { TX_WRITE, TX_SENDFILE, TX_ZEROCOPY, TX_SPLICE };
enum rx_how { RX_READ, RX_SPLICE, RX_PEEK, RX_LOWAT_OFF };

/* When this end says that it has sent all: at once, or after the other end. */
enum shut_when { SHUT_ASAP, SHUT_AFTER_PEER, SHUT_NEVER };

/**
 * struct conn_plan - what every connection of the process does
 * @total: bytes to send at most
 * @stop_file: when this file exists no more is sent; NULL: until @total
 * @pause_at: stop at this offset until @pause_file exists
 * @pause_file: NULL for no pause
 * @rx_pause_at: read no more from this offset on until @rx_pause_file exists
 * @rx_pause_file: NULL for no pause
 * @rate: bytes per second and connection, 0 unlimited
 * @rx_rate: the same for reading: a slow reader
 * @chunk: bytes per call
 * @lead: send at most so many bytes more than were received, for two that speak in
 *	turns; negative: as they like
 * @tx: how to send
 * @rx: how to receive
 * @shut: half-close order
 * @base_tx: offset of the outbound stream at the point of attachment
 * @base_rx: the same, inbound
 */
struct conn_plan {
	uint64_t total;
	const char *stop_file;
	uint64_t pause_at;
	const char *pause_file;
	uint64_t rx_pause_at;
	const char *rx_pause_file;
	uint64_t rate;
	uint64_t rx_rate;
	unsigned int chunk;
	int64_t lead;
	enum tx_how tx;
	enum rx_how rx;
	enum shut_when shut;
	uint64_t base_tx;
	uint64_t base_rx;
};

/**
 * struct sight - a file that is waited for
 * @looked: when it was looked for, ms
 * @seen: it was there, and is so for good
 */
struct sight {
	int64_t looked;
	bool seen;
};

#define ZC_RING		8

/**
 * struct conn - one connection
 * @fd: the socket, non-blocking or not
 * @plan: shared by all connections
 * @out: the stream this end sends
 * @in: the stream this end checks
 * @tx_off: next byte to send
 * @rx_off: next byte to check
 * @bad: wrong bytes are counted once per read
 * @first_bad: offset of the first wrong byte, -1 for none
 * @gap_ms: longest time without a received byte after the first one
 * @last_rx: when bytes came last, ms, 0 before the first
 * @err_tx: errno of the sending side that ended it, 0
 * @err_rx: the same, receiving side
 * @tx_done: sent all, and said so
 * @rx_done: end of the inbound stream
 * @standby: a replica: only reads until it becomes live
 * @resumed: it began on another node
 * @started: when the first byte could be sent, ms, for the rate
 * @start_off: tx_off at @started
 * @rx_started: when reading began, ms, for the slow reader
 * @rx_start_off: rx_off at @rx_started
 * @stop: the stop file
 * @go_on: the file that ends the pause
 * @read_on: the file that ends the pause of reading
 */
struct conn {
	int fd;
	const struct conn_plan *plan;
	struct pattern out;
	struct pattern in;
	uint64_t tx_off;
	uint64_t rx_off;
	uint64_t bad;
	int64_t first_bad;
	int64_t gap_ms;
	int64_t last_rx;
	int err_tx;
	int err_rx;
	bool tx_done;
	bool rx_done;
	bool standby;
	bool resumed;
	int64_t started;
	uint64_t start_off;
	int64_t rx_started;
	uint64_t rx_start_off;
	struct sight stop;
	struct sight go_on;
	struct sight read_on;

	/* Sender's buffers; which are used depends on the plan. */
	unsigned char *txbuf;
	uint64_t txbuf_off;
	unsigned int txbuf_len;
	int file;
	uint64_t file_end;
	int txpipe[2];
	unsigned int in_txpipe;
	uint32_t zc_issued;
	uint32_t zc_done;
	uint32_t zc_slot_id[ZC_RING];

	unsigned char *rxbuf;
	int rxpipe[2];
};

int conn_setup(struct conn *c, int fd, const struct conn_plan *plan, char dir,
	       uint64_t seed);
void conn_clean(struct conn *c);
int conn_resume(struct conn *c);
bool conn_may_send(struct conn *c);
bool conn_may_read(struct conn *c);
int conn_tx_step(struct conn *c);
int conn_rx_step(struct conn *c);

int conn_send(struct conn *c, unsigned int len);
void conn_reap_zerocopy(struct conn *c);

#endif /* FT_CONN_H */
