/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes over the dedicated link: records, each a fixed header, a part
 * that its type defines, and payload. All fields are big-endian; sizes are
 * asserted in kmod/record_codec.c, which checks what arrives.
 * Documentation/protocol.rst says which record is sent when.
 */
#ifndef _FTTCP_WIRE_H
#define _FTTCP_WIRE_H

#include <linux/types.h>

#define FTTCP_WIRE_MAGIC	0xF77C
#define FTTCP_WIRE_VERSION	1
/* The oldest version that this one understands. */
#define FTTCP_WIRE_VERSION_MIN	1

/**
 * enum fttcp_wire_type - what a record is
 * @FTTCP_WIRE_HELLO: first record of each lane in each direction
 * @FTTCP_WIRE_SYNC_BEGIN: what follows describes the connections that exist
 * @FTTCP_WIRE_SYNC_END: the backup has seen every one of them
 * @FTTCP_WIRE_CONN_ADD: a connection, whole; replaces what was known of it
 * @FTTCP_WIRE_CONN_OPTS: socket options of a connection changed
 * @FTTCP_WIRE_TX_DATA: bytes that the application wrote
 * @FTTCP_WIRE_RX_DATA: bytes that arrived from the peer, in order
 * @FTTCP_WIRE_STATE: how far both directions are
 * @FTTCP_WIRE_CONN_DEL: the connection has ended
 * @FTTCP_WIRE_HEARTBEAT: sign of life; renews the lease
 * @FTTCP_WIRE_ACK: all records up to an index are in the replica
 * @FTTCP_WIRE_NACK: send this connection again, whole
 * @FTTCP_WIRE_STOP: the sender ends the link, and why
 * @FTTCP_WIRE_AUDIT_MARK: an audit begins; this and the next four only between
 *	nodes that both say FTTCP_WIRE_F_AUDIT
 * @FTTCP_WIRE_AUDIT: what the replica of a connection has to hold
 * @FTTCP_WIRE_SWEEP: that was all; a replica that was not named is nobody's
 * @FTTCP_WIRE_AUDIT_DIFF: a replica is not as AUDIT says
 * @FTTCP_WIRE_AUDIT_DONE: the backup has swept, and what it has looked at
 * @FTTCP_WIRE_COMMAND: what became of an operator's command; only to a node that
 *	says FTTCP_WIRE_F_COMMANDS
 */
enum fttcp_wire_type {
	FTTCP_WIRE_HELLO	= 1,
	FTTCP_WIRE_SYNC_BEGIN	= 2,
	FTTCP_WIRE_SYNC_END	= 3,
	FTTCP_WIRE_CONN_ADD	= 4,
	FTTCP_WIRE_CONN_OPTS	= 5,
	FTTCP_WIRE_TX_DATA	= 6,
	FTTCP_WIRE_RX_DATA	= 7,
	FTTCP_WIRE_STATE	= 8,
	FTTCP_WIRE_CONN_DEL	= 9,
	FTTCP_WIRE_HEARTBEAT	= 10,
	FTTCP_WIRE_ACK		= 11,
	FTTCP_WIRE_NACK		= 12,
	FTTCP_WIRE_STOP		= 13,
	FTTCP_WIRE_AUDIT_MARK	= 14,
	FTTCP_WIRE_AUDIT	= 15,
	FTTCP_WIRE_SWEEP	= 16,
	FTTCP_WIRE_AUDIT_DIFF	= 17,
	FTTCP_WIRE_AUDIT_DONE	= 18,
	FTTCP_WIRE_COMMAND	= 19,
	/* private: */
	__FTTCP_WIRE_MAX
};

/**
 * struct fttcp_wire_hdr - begins every record
 * @magic:	FTTCP_WIRE_MAGIC
 * @version:	FTTCP_WIRE_VERSION of the sender
 * @type:	enum fttcp_wire_type
 * @body_len:	bytes of the type's own part
 * @reserved:	zero
 * @payload_len: bytes of payload, non-zero for the DATA types only
 * @reserved2:	zero
 * @index:	number of the record on its lane and direction, from 1 without
 *		a gap; 0 for HEARTBEAT, ACK, NACK, AUDIT_DIFF and AUDIT_DONE,
 *		which are not counted
 */
struct fttcp_wire_hdr {
	__be16	magic;
	__u8	version;
	__u8	type;
	__be16	body_len;
	__be16	reserved;
	__be32	payload_len;
	__be32	reserved2;
	__be64	index;
};

struct fttcp_wire_hello {
	__be32	node_id;
	__u8	role;		/* enum fttcp_role */
	__u8	version_min;
	__u8	lane;
	__u8	lanes;
	__be64	epoch;
	__be64	boot_id;	/* random, at module load */
	__be32	heartbeat_ms;
	__be32	lease_ms;
	__be32	features;	/* FTTCP_WIRE_F_*; unknown ones are ignored */
	__u8	claim;		/* FTTCP_WIRE_CLAIM_*, of an active */
	__u8	reserved;
	__be16	reserved2;
};

#define FTTCP_WIRE_F_AUDIT	(1 << 0)	/* knows the records of audits */
#define FTTCP_WIRE_F_COMMANDS	(1 << 1)	/* knows COMMAND */

/*
 * What an active has to lose; of two that meet the one with the larger number
 * goes on. The epoch is its own if it was promoted in it, or a backup has
 * followed it there; otherwise it has begun by itself.
 */
#define FTTCP_WIRE_CLAIM_EPOCH	(1 << 0)
#define FTTCP_WIRE_CLAIM_CONNS	(1 << 1)	/* it has connections */
#define FTTCP_WIRE_CLAIM_ALL	(FTTCP_WIRE_CLAIM_EPOCH | \
				 FTTCP_WIRE_CLAIM_CONNS)

struct fttcp_wire_sync {
	__be64	epoch;
	__be32	conns;
	__be32	reserved;
};

/**
 * struct fttcp_wire_state - how far a connection is
 * @snd_una:	first byte that the peer has not acknowledged
 * @snd_wnd:	the peer's window, bytes
 * @tx_end:	end of the outbound bytes replicated so far
 * @rx_end:	end of the inbound bytes replicated so far
 * @copied:	first inbound byte that the application has not read
 * @rcv_edge:	right edge of the window that was advertised
 * @tsval:	the sender's timestamp clock of this connection, now
 * @ts_recent:	the peer's timestamp to echo
 * @cwnd:	congestion window, segments
 * @ssthresh:	slow start threshold, segments
 * @srtt_us:	smoothed round trip, microseconds times 8
 * @tcp_state:	TCP_*
 * @flags:	FTTCP_WIRE_S_*
 * @reserved:	zero
 */
struct fttcp_wire_state {
	__be32	snd_una;
	__be32	snd_wnd;
	__be32	tx_end;
	__be32	rx_end;
	__be32	copied;
	__be32	rcv_edge;
	__be32	tsval;
	__be32	ts_recent;
	__be32	cwnd;
	__be32	ssthresh;
	__be32	srtt_us;
	__u8	tcp_state;
	__u8	flags;
	__be16	reserved;
};

#define FTTCP_WIRE_S_PEER_FIN	(1 << 0)  /* FIN follows rx_end */
#define FTTCP_WIRE_S_FIN	(1 << 1)  /* our FIN follows tx_end */
#define FTTCP_WIRE_S_CLOSED	(1 << 2)  /* the application is gone */
#define FTTCP_WIRE_S_FIN_ACKED	(1 << 3)  /* the peer acknowledged our FIN */

#define FTTCP_WIRE_MD5_KEYLEN	80
#define FTTCP_WIRE_NAME		16

/* Socket options; host values in network byte order. */
struct fttcp_wire_opts {
	__be32	flags;			/* FTTCP_WIRE_O_* */
	__be32	keepidle;		/* seconds, 0: the namespace's */
	__be32	keepintvl;		/* seconds, 0: the namespace's */
	__be32	user_timeout;		/* milliseconds */
	__be32	notsent_lowat;		/* bytes, 0: the namespace's */
	__be32	mark;
	__be32	priority;
	__be32	sndbuf;			/* bytes as the kernel counts them */
	__be32	rcvbuf;
	__be32	rcvlowat;
	__u8	keepcnt;
	__u8	tos;
	__u8	ttl;			/* 0: the namespace's */
	__u8	min_ttl;
	__u8	tclass;
	__u8	hop_limit;		/* 255 and O_HOP_LIMIT unset: default */
	__u8	min_hop_limit;
	__u8	pmtudisc;
	__be16	user_mss;
	__be16	md5_keylen;		/* 0: no key */
	__u8	md5_key[FTTCP_WIRE_MD5_KEYLEN];
	char	device[FTTCP_WIRE_NAME];	/* bound to, or empty */
	char	cong[FTTCP_WIRE_NAME];		/* congestion control */
	__be32	reserved;			/* keeps what contains it whole */
};

#define FTTCP_WIRE_O_KEEPALIVE	(1 << 0)
#define FTTCP_WIRE_O_NODELAY	(1 << 1)
#define FTTCP_WIRE_O_CORK	(1 << 2)
#define FTTCP_WIRE_O_OOBINLINE	(1 << 3)
#define FTTCP_WIRE_O_SNDBUF	(1 << 4)	/* set by the application */
#define FTTCP_WIRE_O_RCVBUF	(1 << 5)
#define FTTCP_WIRE_O_HOP_LIMIT	(1 << 6)
#define FTTCP_WIRE_O_QUICKACK	(1 << 7)

/* Which connection, and what the two ends agreed on. */
struct fttcp_wire_conn {
	__be64	id;
	__be16	family;			/* AF_INET, AF_INET6 of the socket */
	__u8	flags;			/* FTTCP_WIRE_C_* */
	__u8	mode;			/* enum fttcp_mode */
	__be16	lport;
	__be16	rport;
	__u8	laddr[16];		/* IPv4 as v4-mapped */
	__u8	raddr[16];
	__be64	tx_offset;		/* stream offset of snd_una */
	__be64	rx_offset;		/* stream offset of copied */
	__be32	max_window;
	__be32	rcv_wnd_max;		/* bytes; highest window ever offered */
	__be16	mss_clamp;
	__be16	mss_cache;
	__be16	advmss;
	__be16	rcv_mss;
	__u8	snd_wscale;
	__u8	rcv_wscale;
	__u8	tcp_opts;		/* FTTCP_WIRE_T_* */
	__u8	reserved;
	__be32	reserved2;
};

#define FTTCP_WIRE_C_ACTIVE_OPEN (1 << 0)

#define FTTCP_WIRE_T_TSTAMP	(1 << 0)
#define FTTCP_WIRE_T_SACK	(1 << 1)
#define FTTCP_WIRE_T_WSCALE	(1 << 2)
#define FTTCP_WIRE_T_ECN	(1 << 3)
#define FTTCP_WIRE_T_USEC_TS	(1 << 4)

/**
 * struct fttcp_wire_conn_add - a connection, whole
 * @conn:	which, and what was agreed on
 * @state:	how far it is
 * @opts:	socket options
 * @tx_follow:	outbound bytes from snd_una on, and
 * @rx_follow:	inbound bytes from copied on, that the peer has had from us or
 *		knows that we have. They follow as TX_DATA and RX_DATA; without
 *		all of them the copy is half a connection, and is not promoted
 */
struct fttcp_wire_conn_add {
	struct fttcp_wire_conn	conn;
	struct fttcp_wire_state	state;
	struct fttcp_wire_opts	opts;
	__be32			tx_follow;
	__be32			rx_follow;
};

struct fttcp_wire_conn_opts {
	__be64			id;
	struct fttcp_wire_opts	opts;
};

/* TX_DATA and RX_DATA: payload begins at sequence number @seq. */
struct fttcp_wire_data {
	__be64			id;
	__be32			seq;
	__be32			reserved;
	struct fttcp_wire_state	state;
};

struct fttcp_wire_conn_state {
	__be64			id;
	struct fttcp_wire_state	state;
};

/**
 * struct fttcp_wire_conn_ref - CONN_DEL and NACK
 * @id:		of the connection
 * @reason:	enum fttcp_down_reason
 * @index:	of a NACK with a reason: low half of the index of the CONN_ADD
 *		that was refused; a later one may have been taken. Else 0
 */
struct fttcp_wire_conn_ref {
	__be64	id;
	__be32	reason;
	__be32	index;
};

/**
 * struct fttcp_wire_beat - HEARTBEAT and ACK
 * @sent_ns:	the sender's clock, opaque to the other side; it goes on while
 *		the sender is suspended
 * @echo_ns:	the latest @sent_ns that came from the other side: what makes
 *		it a grant of the lease, measured from when it was asked for
 * @acked:	cumulative index of the records taken
 * @epoch:	of the sender
 * @lease_ms:	what a backup grants with @echo_ns, so that both sides count
 *		with the same length; 0 from an active
 * @alone_ms:	how long an active without its backup waits until it goes on
 *		alone by itself; 0 if it never does, and from a backup
 */
struct fttcp_wire_beat {
	__be64	sent_ns;
	__be64	echo_ns;
	__be64	acked;
	__be64	epoch;
	__be32	lease_ms;
	__be32	alone_ms;
};

/* What STOP carries for FTTCP_DOWN_REASON_FORCED: 591-000, a resend is due. */
#define FTTCP_WIRE_STOP_FORCED	591000

struct fttcp_wire_stop {
	__be32	code;			/* enum fttcp_down_reason, or the above */
	__be32	reserved;
	__be64	epoch;
};

/* AUDIT_MARK and SWEEP. */
struct fttcp_wire_audit_mark {
	__be64	number;			/* of the audit; grows within a link */
	__be64	reserved;
};

/**
 * struct fttcp_wire_audit - what a replica has to hold, or a piece of it
 * @id:		of the connection
 * @number:	of the audit
 * @state:	what the last record before this one that carries a state said
 * @opts:	digest of the options that were told last
 * @tx_digest:	of @tx_len outbound bytes
 * @rx_digest:	of @rx_len inbound bytes
 * @tx_seq:	sequence number of the first of the outbound bytes; they are
 *		sent again if need be, so the replica has to have them
 * @tx_len:	how many, perhaps 0
 * @rx_seq:	the same of the inbound bytes, which the application has not
 *		read
 * @rx_len:	how many, perhaps 0
 * @flags:	FTTCP_WIRE_A_*
 * @reserved:	zero
 *
 * Digests are XXH64 with the seed 0. A piece is FTTCP_AUDIT_PIECE bytes at most
 * in each direction, since both nodes keep the socket locked meanwhile.
 */
struct fttcp_wire_audit {
	__be64			id;
	__be64			number;
	struct fttcp_wire_state	state;
	__be64			opts;
	__be64			tx_digest;
	__be64			rx_digest;
	__be32			tx_seq;
	__be32			tx_len;
	__be32			rx_seq;
	__be32			rx_len;
	__be32			flags;
	__be32			reserved;
};

#define FTTCP_WIRE_A_MORE	(1 << 0)  /* another piece follows */
#define FTTCP_WIRE_A_SKIP	(1 << 1)  /* it exists; compare nothing */

/**
 * struct fttcp_wire_audit_diff - a replica differs, and has to be sent again
 * @id:		of the connection
 * @number:	of the audit
 * @index:	of the AUDIT that was not met (of a stale one, of AUDIT_MARK):
 *		what was sent again since is not meant
 * @what:	FTTCP_WIRE_D_*
 * @reserved:	zero
 */
struct fttcp_wire_audit_diff {
	__be64	id;
	__be64	number;
	__be64	index;
	__be32	what;
	__be32	reserved;
};

#define FTTCP_WIRE_D_STATE	(1 << 0)  /* sequence numbers and the like */
#define FTTCP_WIRE_D_OPTS	(1 << 1)  /* socket options */
#define FTTCP_WIRE_D_TX		(1 << 2)  /* outbound bytes */
#define FTTCP_WIRE_D_RX		(1 << 3)  /* inbound bytes */
#define FTTCP_WIRE_D_MISSING	(1 << 4)  /* there is no replica */
#define FTTCP_WIRE_D_STALE	(1 << 5)  /* it was not named, and is gone */

/**
 * struct fttcp_wire_audit_done - the backup has swept, all lanes together
 * @number:	of the audit
 * @bytes:	that were compared
 * @conns:	of so many connections
 * @stale:	replicas that were not named, and are gone
 * @diffs:	AUDIT_DIFFs that were sent; on other lanes they may come later
 * @reserved:	zero
 */
struct fttcp_wire_audit_done {
	__be64	number;
	__be64	bytes;
	__be32	conns;
	__be32	stale;
	__be32	diffs;
	__be32	reserved;
};

#define FTTCP_WIRE_COMMAND_ID	40
#define FTTCP_WIRE_COMMAND_NAME	24

/**
 * struct fttcp_wire_command - a command that was executed, or begun
 * @id:		the caller's name for it, ended by 0
 * @name:	what it is, in words, ended by 0
 * @began_ns:	wall clock of its beginning
 * @epoch:	in which it was begun
 * @node:	on which; 0 if that had no id
 * @error:	its outcome: 0 or a positive error number
 * @state:	FTTCP_COMMAND_STATE_*
 * @forget:	1: it did nothing, forget it
 * @reserved:	zero
 * @reserved2:	zero
 */
struct fttcp_wire_command {
	char	id[FTTCP_WIRE_COMMAND_ID];
	char	name[FTTCP_WIRE_COMMAND_NAME];
	__be64	began_ns;
	__be64	epoch;
	__be32	node;
	__be32	error;
	__u8	state;
	__u8	forget;
	__be16	reserved;
	__be32	reserved2;
};

/* The largest part that a type defines. */
#define FTTCP_WIRE_BODY_MAX	sizeof(struct fttcp_wire_conn_add)

#endif /* _FTTCP_WIRE_H */
