/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test asks of TCP_INFO.
 */
#ifndef FT_INFO_H
#define FT_INFO_H

#include <stdbool.h>

/**
 * struct more_info - of a TCP socket
 * @state: TCP_*
 * @unacked: segments sent and not acknowledged
 * @unsent: bytes not sent
 * @snd_wnd: what the other end takes, bytes
 * @cwnd: congestion window, segments
 * @ssthresh: slow start threshold, segments
 * @backoff: doublings of the timer
 * @probes: of a closed window, not answered
 * @retransmits: by the timer, not answered
 * @usec_ts: its timestamps count microseconds (Linux 6.7)
 */
struct more_info {
	unsigned int state;
	unsigned int unacked;
	unsigned int unsent;
	unsigned int snd_wnd;
	unsigned int cwnd;
	unsigned int ssthresh;
	unsigned int backoff;
	unsigned int probes;
	unsigned int retransmits;
	bool usec_ts;
};

struct more_info more_info(int fd);

#endif /* FT_INFO_H */
