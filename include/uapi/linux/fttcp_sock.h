/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The socket-level interface of fttcp: what an application says to, and
 * learns from, one protected TCP socket. The netlink interface is in
 * <linux/fttcp.h>.
 *
 *	setsockopt(fd, SOL_TCP, TCP_ULP, "fttcp", 5)
 *
 * protects a connected socket, or every connection that a listener will
 * accept. All options below are of level SOL_FTTCP and give ENOPROTOOPT on a
 * socket that fttcp does not know.
 */
#ifndef _UAPI_LINUX_FTTCP_SOCK_H
#define _UAPI_LINUX_FTTCP_SOCK_H

#include <linux/types.h>

/* Above every level that Linux uses (the last one is SOL_VSOCK, 287). */
#define SOL_FTTCP		0x4654

/*
 * FTTCP_INFO (get, connection): struct fttcp_info. The kernel fills as much
 * as the caller's length takes and returns that length; a field that an older
 * kernel does not know stays zero.
 */
#define FTTCP_INFO		1

/*
 * FTTCP_STANDBY (set and get, listener, int): when non-zero, replicas of
 * connections to this listener's address and port are accepted before the
 * node is promoted. Reads deliver the inbound stream, writes give EAGAIN
 * and poll() reports no POLLOUT until promotion, when the same descriptor
 * becomes live.
 */
#define FTTCP_STANDBY		2

/*
 * FTTCP_CLAIM (set, listener, struct fttcp_claim): connections that the lost
 * node had opened itself and that match arrive here after promotion. Any
 * listening socket will do, its own address does not matter. Needs
 * CAP_NET_ADMIN in the socket's network namespace (EPERM).
 */
#define FTTCP_CLAIM		3

/* fttcp_info.flags */
#define FTTCP_INFO_RESUMED	(1 << 0) /* began its life on another node */
#define FTTCP_INFO_STANDBY	(1 << 1) /* a replica: reads only, for now */
#define FTTCP_INFO_PROTECTED	(1 << 2) /* a backup holds all that was sent */
#define FTTCP_INFO_ACTIVE_OPEN	(1 << 3) /* was opened by connect() */

/**
 * struct fttcp_info - where a protected connection stands
 * @flags:	FTTCP_INFO_*
 * @mode:	enum fttcp_mode
 * @state:	enum fttcp_conn_state
 * @down_reason: enum fttcp_down_reason, why it is not protected
 * @reserved:	zero
 * @epoch:	epoch of the node's role
 * @conn_id:	the connection's number, the same on both nodes
 * @rx_received: inbound stream bytes that TCP has taken in order
 * @rx_consumed: of these, read by the application
 * @tx_written:	outbound stream bytes that the application has written
 * @tx_acked:	of these, acknowledged by the peer
 * @tx_held:	of these, held by the backup
 *
 * Offsets count from the first byte after the handshake where fttcp saw it
 * (listener, policy); for a connection attached later, from the first byte
 * that the peer had not acknowledged, and that the application had not read,
 * at that moment. They go on counting across takeovers.
 *
 * The application that takes over a connection continues its outbound stream
 * at @tx_written, and its inbound stream at @rx_consumed.
 */
struct fttcp_info {
	__u32	flags;
	__u8	mode;
	__u8	state;
	__u8	down_reason;
	__u8	reserved;
	__u64	epoch;
	__u64	conn_id;
	__u64	rx_received;
	__u64	rx_consumed;
	__u64	tx_written;
	__u64	tx_acked;
	__u64	tx_held;
};

/**
 * struct fttcp_claim - which connections a claim listener takes
 * @family:	AF_INET or AF_INET6, 0 for either
 * @local_port:	network byte order, 0 for any
 * @remote_port: network byte order, 0 for any
 * @local_prefixlen: bits of @local that must match, 0 for any address
 * @remote_prefixlen: bits of @remote that must match
 * @reserved:	must be zero (EINVAL)
 * @local:	the connection's own address, IPv4 in the first four bytes
 * @remote:	its peer's address
 */
struct fttcp_claim {
	__u16	family;
	__be16	local_port;
	__be16	remote_port;
	__u8	local_prefixlen;
	__u8	remote_prefixlen;
	__u32	reserved;
	__u8	local[16];
	__u8	remote[16];
};

#endif /* _UAPI_LINUX_FTTCP_SOCK_H */
