/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The socket-level interface under test, and the few numbers that the C
 * library's headers may not know yet.
 */
#ifndef FT_ABI_H
#define FT_ABI_H

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <linux/fttcp_sock.h>

#ifndef TCP_ULP
#define TCP_ULP			31
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP		262
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY		60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY		0x4000000
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN		0x20000000
#endif

#endif /* FT_ABI_H */
