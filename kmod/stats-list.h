/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters: one line each, its constant and its name, under a comment that
 * says what it counts. Included several times with different FTTCP_STAT(), so
 * no guard. The order is that of /proc/net/fttcp_stat. A counter never goes
 * back, a name never changes; Documentation/counters.rst has the same list and
 * scripts/check/counters compares them. Gauges are named Curr.
 */

/* --- attaching --------------------------------------------------------- */

/* Connections and listeners attached, by whatever way. */
FTTCP_STAT(CONN_ATTACHED, "ConnAttached")
/* Of these, detached on request or ended. */
FTTCP_STAT(CONN_DETACHED, "ConnDetached")
/* Connections or listeners that a policy matched. */
FTTCP_STAT(POLICY_HIT, "PolicyHit")
/* Ends of connections of this machine with itself that were left alone. */
FTTCP_STAT(LOCAL_PEER_LEFT, "LocalPeerLeft")
/* Not attached: a state of TCP that can not be replicated, or no socket. */
FTTCP_STAT(ATTACH_REFUSED_STATE, "AttachRefusedState")
/* Not attached: another upper layer protocol, such as kTLS. */
FTTCP_STAT(ATTACH_REFUSED_ULP, "AttachRefusedUlp")
/* Not attached: an MPTCP subflow. */
FTTCP_STAT(ATTACH_REFUSED_MPTCP, "AttachRefusedMptcp")
/* Not attached: the socket is in repair mode. */
FTTCP_STAT(ATTACH_REFUSED_REPAIR, "AttachRefusedRepair")
/* Not attached: TCP fast open is enabled or its data under way. */
FTTCP_STAT(ATTACH_REFUSED_FASTOPEN, "AttachRefusedFastopen")
/* Not attached: an option that can not be carried over, such as TCP-AO. */
FTTCP_STAT(ATTACH_REFUSED_OPTION, "AttachRefusedOption")
/* Not attached: a link-local address. */
FTTCP_STAT(ATTACH_REFUSED_ADDRESS, "AttachRefusedAddress")
/* Not attached: no memory. */
FTTCP_STAT(ATTACH_REFUSED_MEMORY, "AttachRefusedMemory")
/* Not attached: the number of connections is at its limit. */
FTTCP_STAT(ATTACH_REFUSED_LIMIT, "AttachRefusedLimit")
/* Not attached: taken over by another module, or a lane of a link. */
FTTCP_STAT(ATTACH_REFUSED_OTHER, "AttachRefusedOther")

/* --- hold: output commit ----------------------------------------------- */

/* Segments that had to wait for the backup. */
FTTCP_STAT(SEG_HELD, "SegHeld")
/* Of these, segments that left when the backup had acknowledged. */
FTTCP_STAT(SEG_RELEASED, "SegReleased")
/* Segments that left at once. */
FTTCP_STAT(SEG_PASSED, "SegPassed")
/* Segments of a muted socket (replica, fenced, no lease) that were dropped. */
FTTCP_STAT(SEG_DROPPED, "SegDropped")
/* Answers of TCP itself (RST, SYN-ACK) that were not given: silent, or too early. */
FTTCP_STAT(ANSWER_SILENCED, "AnswerSilenced")
/* Segments dropped since too many were held; TCP sends them again. */
FTTCP_STAT(HOLD_QUEUE_FULL, "HoldQueueFull")
/* Held pure acknowledgements that a newer one replaced. */
FTTCP_STAT(ACK_COALESCED, "AckCoalesced")
/* Holds that ended by time instead of the backup. */
FTTCP_STAT(HOLD_MAX_EXPIRED, "HoldMaxExpired")
/* Segments that left ahead of the backup in sync mode. Must stay 0. */
FTTCP_STAT(UNCOVERED_ACK_LEAK, "UncoveredAckLeak")

/* --- capture ----------------------------------------------------------- */

/* Outbound bytes replicated by page reference. */
FTTCP_STAT(BYTES_REFERENCED_TX, "BytesReferencedTx")
/* Inbound bytes replicated by page reference. */
FTTCP_STAT(BYTES_REFERENCED_RX, "BytesReferencedRx")
/* Outbound bytes that had to be copied; the sum of the causes below. */
FTTCP_STAT(BYTES_COPIED_TX, "BytesCopiedTx")
/* Inbound bytes that had to be copied; the sum of the causes below. */
FTTCP_STAT(BYTES_COPIED_RX, "BytesCopiedRx")
/* Bytes copied since MSG_ZEROCOPY leaves the pages to the program. */
FTTCP_STAT(BYTES_COPIED_ZEROCOPY, "BytesCopiedZerocopy")
/* Bytes copied since the pages are shared with a file (sendfile, splice). */
FTTCP_STAT(BYTES_COPIED_SHARED, "BytesCopiedShared")
/* Bytes copied since they were in no page that may be referenced. */
FTTCP_STAT(BYTES_COPIED_LINEAR, "BytesCopiedLinear")
/* Inbound bytes that were read before they were captured. Must stay 0. */
FTTCP_STAT(RX_MISSED, "RxMissed")

/* --- records and lanes ------------------------------------------------- */

/* Records sent. */
FTTCP_STAT(RECORDS_TX, "RecordsTx")
/* Records received. */
FTTCP_STAT(RECORDS_RX, "RecordsRx")
/* Bytes of records sent, headers and payload. */
FTTCP_STAT(RECORD_BYTES_TX, "RecordBytesTx")
/* Bytes of records received, headers and payload. */
FTTCP_STAT(RECORD_BYTES_RX, "RecordBytesRx")
/* Times that a connection had to wait for room in its lane's queue. */
FTTCP_STAT(LANE_QUEUE_FULL, "LaneQueueFull")
/* Times that a lane's worker was woken. */
FTTCP_STAT(LANE_WAKEUPS, "LaneWakeups")
/* Records that did not decode; each takes its link down. */
FTTCP_STAT(DECODE_ERROR, "DecodeError")
/* NACK records: connections that the backup wanted again. */
FTTCP_STAT(NACK, "Nack")
/* Heartbeats sent. */
FTTCP_STAT(HEARTBEAT_TX, "HeartbeatTx")
/* Heartbeats received. */
FTTCP_STAT(HEARTBEAT_RX, "HeartbeatRx")
/* Intervals in which no heartbeat arrived. */
FTTCP_STAT(HEARTBEAT_MISSED, "HeartbeatMissed")

/* --- links ------------------------------------------------------------- */

/* Links that came up. */
FTTCP_STAT(LINK_UP, "LinkUp")
/* Links that went down; the sum of the reasons below. */
FTTCP_STAT(LINK_DOWN, "LinkDown")
/* Down: the other side closed it. */
FTTCP_STAT(LINK_DOWN_EOF, "LinkDownEof")
/* Down: the device lost its carrier. */
FTTCP_STAT(LINK_DOWN_CARRIER, "LinkDownCarrier")
/* Down: too many heartbeats were missed. */
FTTCP_STAT(LINK_DOWN_HEARTBEAT, "LinkDownHeartbeat")
/* Down: a record did not decode. */
FTTCP_STAT(LINK_DOWN_DECODE, "LinkDownDecode")
/* Down: a smaller epoch was met. */
FTTCP_STAT(LINK_DOWN_EPOCH, "LinkDownEpoch")
/* Down: the roles do not fit. */
FTTCP_STAT(LINK_DOWN_ROLE, "LinkDownRole")
/* Down: no protocol version in common. */
FTTCP_STAT(LINK_DOWN_VERSION, "LinkDownVersion")
/* Down: a queue stayed full. */
FTTCP_STAT(LINK_DOWN_QUEUE_FULL, "LinkDownQueueFull")
/* Down: no memory, or its limit. */
FTTCP_STAT(LINK_DOWN_MEMORY, "LinkDownMemory")
/* Down: the backup did not acknowledge in time. */
FTTCP_STAT(LINK_DOWN_HOLD_MAX, "LinkDownHoldMax")
/* Down: sending failed. */
FTTCP_STAT(LINK_DOWN_SEND_ERROR, "LinkDownSendError")
/* Down: receiving failed. */
FTTCP_STAT(LINK_DOWN_RECV_ERROR, "LinkDownRecvError")
/* Down: removed on request. */
FTTCP_STAT(LINK_DOWN_OPERATOR, "LinkDownOperator")
/* Down: the other side said goodbye. */
FTTCP_STAT(LINK_DOWN_GOODBYE, "LinkDownGoodbye")
/* Down: the backup refused a record. */
FTTCP_STAT(LINK_DOWN_NACK, "LinkDownNack")
/* Down: the namespace went away. */
FTTCP_STAT(LINK_DOWN_NETNS, "LinkDownNetns")
/* Down: it made no progress. */
FTTCP_STAT(LINK_DOWN_STALLED, "LinkDownStalled")
/* Down: stopped in order, here or there. */
FTTCP_STAT(LINK_DOWN_STOPPED, "LinkDownStopped")
/* Down: stopped forced (591-000), here or there. */
FTTCP_STAT(LINK_DOWN_FORCED, "LinkDownForced")

/* --- the node ---------------------------------------------------------- */

/* Times that the lease ran out. */
FTTCP_STAT(LEASE_EXPIRED, "LeaseExpired")
/* Times that a backup stood still for longer than a link may be silent. */
FTTCP_STAT(STOOD_STILL, "StoodStill")
/* Times that the active went on alone. */
FTTCP_STAT(SOLO_ENTERED, "SoloEntered")
/* Records, requests or nodes refused for a smaller epoch. */
FTTCP_STAT(EPOCH_REFUSED, "EpochRefused")
/* Connections sent whole to a backup: at its arrival, at attach, after NACK. */
FTTCP_STAT(SNAPSHOT_CONN, "SnapshotConn")
/* Payload bytes of these. */
FTTCP_STAT(SNAPSHOT_BYTES, "SnapshotBytes")

/* --- replicas ---------------------------------------------------------- */

/* Replicas created. */
FTTCP_STAT(REPLICA_ADDED, "ReplicaAdded")
/* Replicas removed without promotion. */
FTTCP_STAT(REPLICA_REMOVED, "ReplicaRemoved")
/* Records applied to replicas. */
FTTCP_STAT(REPLICA_UPDATED, "ReplicaUpdated")
/* Outbound bytes put into replicas. */
FTTCP_STAT(REPLICA_BYTES_TX, "ReplicaBytesTx")
/* Inbound bytes put into replicas. */
FTTCP_STAT(REPLICA_BYTES_RX, "ReplicaBytesRx")

/* --- audit ------------------------------------------------------------- */

/* Audits that came to their end. */
FTTCP_STAT(AUDIT_DONE, "AuditDone")
/* Audits that did not. */
FTTCP_STAT(AUDIT_FAILED, "AuditFailed")
/* Connections that were compared with their replica. */
FTTCP_STAT(AUDIT_CONN, "AuditConn")
/* Bytes of their queues that were compared. */
FTTCP_STAT(AUDIT_BYTES, "AuditBytes")
/* On an active, connections left out: without a complete replica at present. */
FTTCP_STAT(AUDIT_SKIPPED, "AuditSkipped")
/* Replicas found to differ, or missing; they were asked for and sent again. */
FTTCP_STAT(AUDIT_DIFF, "AuditDiff")
/* On a backup, replicas dropped since the active does not have them. */
FTTCP_STAT(AUDIT_STALE, "AuditStale")

/* --- takeover ---------------------------------------------------------- */

/* Replicas that became live sockets. */
FTTCP_STAT(PROMOTED, "Promoted")
/* Replicas that could not be promoted. */
FTTCP_STAT(PROMOTE_FAILED, "PromoteFailed")
/* Acknowledgements sent so that peers of promoted connections go on. */
FTTCP_STAT(KICK_ACK, "KickAck")
/* ICMP unreachables sent so that they leave their retransmission backoff. */
FTTCP_STAT(KICK_UNREACHABLE, "KickUnreachable")
/* Promoted connections accepted by a program. */
FTTCP_STAT(CLAIMED, "Claimed")
/* Times that a listener's accept queue had no room for one. */
FTTCP_STAT(CLAIM_QUEUE_FULL, "ClaimQueueFull")
/* Replicas accepted by a program as hot standby. */
FTTCP_STAT(STANDBY_ACCEPTED, "StandbyAccepted")

/* --- resources --------------------------------------------------------- */

/* Allocations that failed. */
FTTCP_STAT(ALLOC_FAIL, "AllocFail")
/* Times that memory-max refused memory. */
FTTCP_STAT(MEMORY_LIMIT, "MemoryLimit")
/* Events not sent, for want of memory or by rate limit. */
FTTCP_STAT(EVENTS_LOST, "EventsLost")

/* --- gauges ------------------------------------------------------------ */

/* Connections attached now, promoted ones included, replicas not. */
FTTCP_STAT(CURR_CONN, "CurrConn")
/* Segments held now. */
FTTCP_STAT(CURR_HELD_SEGMENTS, "CurrHeldSegments")
/* Replicas now. */
FTTCP_STAT(CURR_REPLICA, "CurrReplica")
/* Bytes in records and replicas now. */
FTTCP_STAT(CURR_MEMORY, "CurrMemory")
