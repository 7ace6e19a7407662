// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's TCP_INFO has and the C library's header has not: the two
 * headers do not go into one file.
 */
#include <sys/socket.h>
#include <linux/in.h>
#include <linux/tcp.h>

#include "ftinfo.h"

#ifndef TCPI_OPT_USEC_TS
#define TCPI_OPT_USEC_TS	64
#endif

/**
 * more_info() - see struct more_info
 * @fd: TCP socket
 *
 * Return: all zero for a socket that is none.
 */
struct more_info more_info(int fd)
{
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len);
	return (struct more_info){
		.state = ti.tcpi_state,
		.unacked = ti.tcpi_unacked,
		.unsent = ti.tcpi_notsent_bytes,
		.snd_wnd = ti.tcpi_snd_wnd,
		.cwnd = ti.tcpi_snd_cwnd,
		.ssthresh = ti.tcpi_snd_ssthresh,
		.backoff = ti.tcpi_backoff,
		.probes = ti.tcpi_probes,
		.retransmits = ti.tcpi_retransmits,
		.usec_ts = ti.tcpi_options & TCPI_OPT_USEC_TS,
	};
}
