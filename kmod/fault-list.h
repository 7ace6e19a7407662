/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault points: constant, and name, under a comment that says where it is.
 * Included several times with different FTTCP_FAULT_POINT(), so no guard. The
 * order is that of one node's way.
 */

/* --- both ---------------------------------------------------------------- */

/* Before a lane gets the memory that it reads into. */
FTTCP_FAULT_POINT(LANE_MEMORY, "lane-memory")
/* Before its worker is started. */
FTTCP_FAULT_POINT(LANE_WORKER, "lane-worker")

/* --- the active --------------------------------------------------------- */

/* Before SYNC_BEGIN is queued. */
FTTCP_FAULT_POINT(SYNC_BEGIN, "sync-begin")
/* Its receipt has come. */
FTTCP_FAULT_POINT(SYNC_BEGUN, "sync-begun")
/* Before an old connection is sent. */
FTTCP_FAULT_POINT(SYNC_CONN, "sync-conn")
/* CONN_ADD is made. */
FTTCP_FAULT_POINT(CONN_ADD, "conn-add")
/* TX_DATA is full; fail: it is lost, as without memory. */
FTTCP_FAULT_POINT(TX_DATA, "tx-data")
/* RX_DATA is full; fail: the same. */
FTTCP_FAULT_POINT(RX_DATA, "rx-data")
/* Before TX_DATA or RX_DATA is queued; fail: the link goes down just then. */
FTTCP_FAULT_POINT(LANE_DIES, "lane-dies")
/* STATE is made. */
FTTCP_FAULT_POINT(STATE, "state")
/* Before SYNC_END is queued. */
FTTCP_FAULT_POINT(SYNC_END, "sync-end")
/* The receipt of SYNC_END has come. */
FTTCP_FAULT_POINT(PROTECTED, "protected")
/* Before a record is sent; fail: the socket takes no more, for ever. */
FTTCP_FAULT_POINT(LANE_SEND, "lane-send")
/* Its header is sent, its payload is not; fail: the same. */
FTTCP_FAULT_POINT(LANE_PART, "lane-part")
/* All that has come is read; delay: what comes now is not. */
FTTCP_FAULT_POINT(LANE_READ, "lane-read")
/* Before receipts are acted upon. */
FTTCP_FAULT_POINT(LANE_TAKEN, "lane-taken")
/* Before a held segment leaves. */
FTTCP_FAULT_POINT(HOLD_RELEASE, "hold-release")

/* --- a backup ----------------------------------------------------------- */

/* Before payload that was read gets its packet buffer. */
FTTCP_FAULT_POINT(LANE_SKB, "lane-skb")
/* SYNC_BEGIN is read. */
FTTCP_FAULT_POINT(TAKE_BEGIN, "take-sync-begin")
/* CONN_ADD is read. */
FTTCP_FAULT_POINT(TAKE_ADD, "take-conn-add")
/* CONN_OPTS is read. */
FTTCP_FAULT_POINT(TAKE_OPTS, "take-conn-opts")
/* TX_DATA is read. */
FTTCP_FAULT_POINT(TAKE_TX, "take-tx-data")
/* RX_DATA is read. */
FTTCP_FAULT_POINT(TAKE_RX, "take-rx-data")
/* STATE is read. */
FTTCP_FAULT_POINT(TAKE_STATE, "take-state")
/* CONN_DEL is read. */
FTTCP_FAULT_POINT(TAKE_DEL, "take-conn-del")
/* SYNC_END is read. */
FTTCP_FAULT_POINT(TAKE_END, "take-sync-end")
/* Before an ACK or HEARTBEAT is sent. */
FTTCP_FAULT_POINT(LANE_ACK, "lane-ack")
/* Before a replica's socket is made. */
FTTCP_FAULT_POINT(REPLICA_MAKE, "replica-make")
/* The same; corrupt: it cannot be made here, as without its device. */
FTTCP_FAULT_POINT(REPLICA_REFUSE, "replica-refuse")
/* A replica is there, its bytes are not. */
FTTCP_FAULT_POINT(REPLICA_ADDED, "replica-added")
/* STATE was read; corrupt: the replica is given up, and asked for again. */
FTTCP_FAULT_POINT(REPLICA_LOSE, "replica-lose")
/* Outbound bytes come to a replica; corrupt: one of them is another there. */
FTTCP_FAULT_POINT(REPLICA_TX, "replica-tx")
/* The same of inbound bytes. */
FTTCP_FAULT_POINT(REPLICA_RX, "replica-rx")
/* STATE was read; corrupt: the end of the outbound bytes is another there. */
FTTCP_FAULT_POINT(REPLICA_SEQ, "replica-seq")
/* CONN_DEL was read; corrupt: the replica stays. */
FTTCP_FAULT_POINT(REPLICA_KEEP, "replica-keep")
/* NACK is made; fail: as without memory. */
FTTCP_FAULT_POINT(NACK, "nack")
/* The same; corrupt: it is lost. */
FTTCP_FAULT_POINT(NACK_LOST, "nack-lost")
/* Every lane has said SYNC_END. */
FTTCP_FAULT_POINT(BACKUP_READY, "backup-ready")

/* --- promotion ---------------------------------------------------------- */

/* Before the links are closed. */
FTTCP_FAULT_POINT(PROMOTE_CLOSE, "promote-close")
/* Before the epoch is taken. */
FTTCP_FAULT_POINT(PROMOTE_EPOCH, "promote-epoch")
/* Before a replica is installed. */
FTTCP_FAULT_POINT(PROMOTE_CONN, "promote-conn")
/* It is in the hash table. */
FTTCP_FAULT_POINT(PROMOTE_HASH, "promote-hash")
/* Every replica is live. */
FTTCP_FAULT_POINT(PROMOTE_END, "promote-end")
/* Before a round of kicks. */
FTTCP_FAULT_POINT(PROMOTE_KICK, "promote-kick")
/* Before a connection is offered. */
FTTCP_FAULT_POINT(CLAIM, "claim")

/* --- handover ----------------------------------------------------------- */

/* Before connections freeze. */
FTTCP_FAULT_POINT(HANDOVER_FREEZE, "handover-freeze")
/* Before the goodbye is queued. */
FTTCP_FAULT_POINT(HANDOVER_BYE, "handover-goodbye")
/* Its receipt has come. */
FTTCP_FAULT_POINT(HANDOVER_END, "handover-end")
