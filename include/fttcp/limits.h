/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every time limit and bound of fttcp, with its unit and its reason. Nothing
 * else in the project holds such a number. Shared by the module and by user
 * space, so there is no code and no kernel type here.
 */
#ifndef _FTTCP_LIMITS_H
#define _FTTCP_LIMITS_H

/* --- node: defaults of what `fttcpctl node set` changes ---------------- */

/*
 * Longest time that a segment waits for the backup before the connection is
 * worth more than its copy (R5). Two seconds are below the hold time of every
 * routing protocol and above several retransmissions of the dedicated link.
 */
#define FTTCP_HOLD_MAX_MS_DEFAULT	2000
#define FTTCP_HOLD_MAX_MS_MIN		10
#define FTTCP_HOLD_MAX_MS_MAX		600000

/*
 * A silent link is down after interval times misses: 300 ms. It is also the
 * length of the lease (R4), so a takeover starts no sooner than that after
 * the last sign of life. Fewer misses than two would make one lost segment of
 * the link a takeover.
 */
#define FTTCP_HEARTBEAT_MS_DEFAULT	100
#define FTTCP_HEARTBEAT_MS_MIN		5
#define FTTCP_HEARTBEAT_MS_MAX		60000
#define FTTCP_HEARTBEAT_MISSES_DEFAULT	3
#define FTTCP_HEARTBEAT_MISSES_MIN	2
#define FTTCP_HEARTBEAT_MISSES_MAX	100

/*
 * The backup adds this share of the lease before it promotes, in percent:
 * clocks of two machines drift by far less, and it is cheap.
 */
#define FTTCP_LEASE_MARGIN_PCT		10

/*
 * A backup whose worker had no turn for the time of a silent link and this long
 * (milliseconds) stood still: its machine was suspended, or paused. A
 * worker waits for a CPU, a lock or memory for less than that even on a machine
 * that is emulated and has much else to do; whoever takes that for standing
 * still does not take over.
 */
#define FTTCP_STILL_MS			1000

/*
 * An epoch begins with 1 and grows by one with each takeover, so a larger one
 * than this is an error or an attack; taken for true it would make the next
 * overflow to 0, which everybody takes for an old one.
 */
#define FTTCP_EPOCH_MAX			(1ULL << 62)

/* --- memory ------------------------------------------------------------ */

/*
 * Payload bytes that wait in one lane before outbound data stays in its own
 * socket (back-pressure). Enough for 10 Gbit/s times 3 ms.
 */
#define FTTCP_LANE_QUEUE_MAX_DEFAULT	(4ULL << 20)
#define FTTCP_LANE_QUEUE_MAX_MIN	(64ULL << 10)
#define FTTCP_LANE_QUEUE_MAX_MAX	(1ULL << 30)

/*
 * Bytes that a namespace may hold in records (active) and in replicas
 * (backup), payload and bookkeeping. On the active new bytes then wait, for
 * hold-max at most; on the backup the link goes down with the reason `memory`.
 * The connections go on.
 */
#define FTTCP_MEMORY_MAX_DEFAULT	(256ULL << 20)
#define FTTCP_MEMORY_MAX_MIN		(1ULL << 20)
#define FTTCP_MEMORY_MAX_MAX		(1ULL << 40)

/* Connections and replicas of a namespace: 16 times the largest BGP router. */
#define FTTCP_CONNS_MAX			65536
/* Policies are searched in order for every new connection. */
#define FTTCP_POLICIES_MAX		256

/*
 * Commands of operators that a namespace remembers by their ids, 150 bytes
 * each. Who repeats one after a takeover does so within minutes; tools of a
 * cluster send a few a second.
 */
#define FTTCP_COMMANDS_MAX		1024
/* Characters of a command's id, a UUID for instance, and of its name. */
#define FTTCP_COMMAND_ID_MAX		36
#define FTTCP_COMMAND_NAME_MAX		23
/* Segments in hold of one connection: more than any window of 64 KiB GSO
 * segments; above it the newest is dropped, as by a full queue of a device,
 * and TCP sends it again.
 */
#define FTTCP_HELD_SEGMENTS_MAX		4096

/*
 * Inbound bytes that a standby application may leave unread. Above it the
 * replica begins anew, with what its twin has not read; four times the largest
 * default receive buffer of Linux.
 */
#define FTTCP_STANDBY_UNREAD_MAX	(24U << 20)

/* How often, and how far apart (milliseconds), a snapshot is tried when memory
 * is short for a moment.
 */
#define FTTCP_SNAPSHOT_TRIES		10
#define FTTCP_SNAPSHOT_RETRY_MS		20

/* --- link -------------------------------------------------------------- */

#define FTTCP_LINKS_MAX			8	/* of a namespace */
#define FTTCP_LANES_MAX			8	/* of a link */

/* A link that said no HELLO after this long is refused (milliseconds). */
#define FTTCP_HELLO_TIMEOUT_MS		5000

/*
 * Page references of one record: what one skb can carry, so that a replica
 * takes a record as one skb.
 */
#define FTTCP_RECORD_FRAGS		16
/* Payload of one record; with 4 KiB pages the line above is reached first. */
#define FTTCP_RECORD_PAYLOAD_MAX	(1U << 20)

/* Bytes read from a lane before they are put into replicas. */
#define FTTCP_LANE_RX_BATCH		(256U << 10)
/* Memory for the headers and bodies of these (bytes); when it is used up, what
 * was read is acted upon first. Room for some 20 new replicas: a socket each,
 * and what the active says meanwhile, such as to renew its lease, waits.
 */
#define FTTCP_LANE_RX_UNITS		(8U << 10)
/* A lane whose socket took nothing tries again after this long (milliseconds)
 * should nobody have told it of room, as when the machine lacked memory.
 */
#define FTTCP_LANE_TX_RETRY_MS		20
/* Records sent in one go before the lane looks at what has arrived. */
#define FTTCP_LANE_TX_BATCH		64

/*
 * How often the active tells the backup how far the peer acknowledged and the
 * application read, when no data says it (milliseconds). It bounds the memory
 * of the backup, not the safety of the data.
 */
#define FTTCP_STATE_INTERVAL_MS		20
/* Connections looked at in one such round, so that heartbeats stay on time. */
#define FTTCP_STATE_BATCH		256

/*
 * The active may advertise this much more window than the backup was told
 * (bytes), but no more than as much again. A promoted node grants it at once,
 * so the right edge never shrinks, and a window update rarely needs a record
 * of its own.
 */
#define FTTCP_WINDOW_SLACK		(64U << 10)

/*
 * sk_pacing_shift of a protected socket: TCP small queues count segments in
 * hold, and TCP's own value (about 1 ms of data) would strangle a connection
 * whose backup is further away than that. 2^-6 s is 16 ms.
 */
#define FTTCP_PACING_SHIFT		6
#define FTTCP_PACING_SHIFT_TCP		10	/* the kernel's default */

/* --- audit ------------------------------------------------------------- */

/*
 * Time from the end of one audit to the next (milliseconds), 0 for none by
 * itself. What it looks for is rare, such as a flipped bit in memory without
 * ECC, and a copy is needed rarely, too: ten minutes bound for how long it is
 * wrong without anybody knowing, and cost next to nothing.
 */
#define FTTCP_AUDIT_INTERVAL_MS_DEFAULT	600000
#define FTTCP_AUDIT_INTERVAL_MS_MIN	100	/* of what is not 0 */
#define FTTCP_AUDIT_INTERVAL_MS_MAX	604800000
/*
 * Bytes of one direction that are digested under one hold of a socket's lock,
 * some 30 microseconds; on the backup the heartbeats wait for that.
 */
#define FTTCP_AUDIT_PIECE		(64U << 10)
/*
 * Pieces, and the bytes of them, in one step of an audit, and the pause to the
 * next (milliseconds): 25 Mbyte or 6400 idle connections in a second, so that
 * data is not kept waiting.
 */
#define FTTCP_AUDIT_BATCH		64
#define FTTCP_AUDIT_BATCH_BYTES		(256U << 10)
#define FTTCP_AUDIT_PAUSE_MS		10
/* Steps in which an audit gets no memory for a record before it gives up. */
#define FTTCP_AUDIT_TRIES		100
/* A backup that says nothing for so long after SWEEP (milliseconds) has lost
 * its answer, for want of memory.
 */
#define FTTCP_AUDIT_ANSWER_MS		10000

/* --- hold ---------------------------------------------------------------- */

/*
 * While segments wait, TCP's patience with a peer that has got none of them begins
 * anew so often (milliseconds). Keepalives are a second apart at least; a
 * TCP_USER_TIMEOUT of less than twice this may still end a connection in a hold.
 */
#define FTTCP_PATIENCE_MS		500

/* --- promotion --------------------------------------------------------- */

/*
 * The timestamp clock of a promoted connection is set this far ahead of what
 * the lost node can have sent (milliseconds): PAWS at the peer must never see
 * it go back, and a jump forward does no harm.
 */
#define FTTCP_TS_MARGIN_MS		250

/*
 * Congestion window that is taken over (segments): more than any network holds,
 * and TCP's arithmetic is sure of it.
 */
#define FTTCP_CWND_MAX			(1U << 20)

/*
 * Kicks after promotion: milliseconds from one to the next, the first from when
 * the address came (or from the promotion, when it was there before). The first
 * lost ones cost little. Linux answers a probe once in 500 ms, and the answer to
 * the first may be lost, so another comes when it would answer again.
 */
#define FTTCP_KICK_STEPS_MS		{ 1, 10, 40, 100, 400, 520, 520, 520, \
					  520, 520, 520, 520, 520 }
#define FTTCP_KICK_STEPS		13
/*
 * Between two of them the answers are looked at so often (milliseconds). A peer
 * that seems to be behind is looked at once more before it is told.
 */
#define FTTCP_KICK_LOOK_MS		20
/* Acknowledgements in the first kick: one, and three duplicates of it, which
 * RFC 5681 takes for a loss.
 */
#define FTTCP_KICK_ACKS			4
/* ICMP unreachables in one kick of a peer in backoff. Each undoes one doubling
 * of its timer: eight bring 50 seconds back to 200 milliseconds.
 */
#define FTTCP_KICK_UNREACHABLES		8

/* How often a connection that found its listener's queue full, or no
 * listener, is offered again (milliseconds).
 */
#define FTTCP_CLAIM_RETRY_MS		50

/*
 * Sockets that wait for a worker to attach them, on PREEMPT_RT: as many as
 * become established while a worker is kept from running for some ten
 * milliseconds at 100,000 a second. What does not fit stays unprotected and
 * is counted (AttachRefusedLimit).
 */
#define FTTCP_PROBE_RING		1024

/*
 * Promotion: how often, and how many milliseconds apart, memory is asked for
 * again that a connection's unacknowledged bytes need. More would hold up all
 * connections behind it.
 */
#define FTTCP_PROMOTE_TRIES		5
#define FTTCP_PROMOTE_RETRY_MS		10

/*
 * A promotion waits so long until its epoch is on the disk (milliseconds). A disk
 * that has to spin up or has much to do answers within that; one that hangs
 * would keep the connections dead, for a number that matters only if this
 * machine dies as well before the disk is back.
 */
#define FTTCP_EPOCH_WRITE_MS		1000

/*
 * A promotion or a handover that has not ended so long after hold-max
 * (milliseconds) is stuck: it waits for memory and for the disk with the epoch,
 * a second or so each, and for the backup, hold-max at most. The service
 * manager then gets no more sign of life from the daemon.
 */
#define FTTCP_REQUEST_MS		30000

/*
 * How often, and at what interval (milliseconds), neighbours are asked for a
 * service address before a node becomes active by itself: one that is alive
 * answers in a few milliseconds, and three packets may be lost. And how often
 * that is tried, with startup-wait in between, when nobody can be asked though a
 * device is up: it may be for ever.
 */
#define FTTCP_LOOK_COUNT		3
#define FTTCP_LOOK_MS			300
#define FTTCP_LOOK_TRIES		5

/*
 * fttcpd that is told to end while a switchover or a promotion is under way
 * waits for it: as long as the kernel may take, which is hold-max, and this
 * (milliseconds). Then it is killed, and the kernel goes on.
 */
#define FTTCP_STOP_EXTRA_MS		20000

/*
 * The second path: how often the daemons tell each other that they live
 * (milliseconds), and how many may be missing until one is not heard any more. A
 * second in all: datagrams get lost, and a daemon on a busy machine may be late. The
 * link's heartbeats find a dead node, these only tell it from a cut link.
 */
#define FTTCP_PATH_INTERVAL_MS_DEFAULT	200
#define FTTCP_PATH_INTERVAL_MS_MIN	10
#define FTTCP_PATH_INTERVAL_MS_MAX	60000
#define FTTCP_PATH_MISSES_DEFAULT	5
#define FTTCP_PATH_MISSES_MIN		2
#define FTTCP_PATH_MISSES_MAX		100

/*
 * The fence: how long its program may take, and how long after a failure it is tried
 * again (milliseconds). A power switch answers within seconds, a management board that
 * restarts within a minute. One that outlived that is asked to end, and killed after
 * the last of these.
 */
#define FTTCP_FENCE_TIMEOUT_MS_DEFAULT	60000
#define FTTCP_FENCE_RETRY_MS_DEFAULT	10000
#define FTTCP_FENCE_MS_MIN		10
#define FTTCP_FENCE_MS_MAX		3600000
#define FTTCP_FENCE_KILL_MS		2000

/*
 * The witness (milliseconds): how often a node asks it how things stand, and sends a
 * question again that was not answered; after how long without an answer it is told as
 * silent, and a question as not answered; and how long an answer may be relied upon,
 * from when the question was sent, by the clock of who asked. Datagrams get lost and a
 * machine may be late: ten of them in the time in which the witness counts as silent. An
 * answer that took longer than the last of these was given to a node that may
 * have stood still meanwhile, and is asked for again. No clock of the witness is in it,
 * so no drift either.
 */
#define FTTCP_WITNESS_INTERVAL_MS	300
#define FTTCP_WITNESS_SILENT_MS		3000
#define FTTCP_WITNESS_ANSWER_MS		2000
/*
 * After a refusal, or silence, a node that wants to go on asks the witness anew. The other
 * node may give its lease back at any time, by taking this one as its backup.
 */
#define FTTCP_WITNESS_RETRY_MS		1000
/*
 * A witness that starts lets nobody begin to go on for so long: an operator may have decided
 * while it was away, and the node that goes on since has to tell it before the other one is
 * granted anything. Longer than a node that lives may be silent
 * (FTTCP_WITNESS_SILENT_MS), and a turn.
 */
#define FTTCP_WITNESS_START_MS		4000
/* Nodes of one witness: it decides between two. */
#define FTTCP_WITNESS_NODES		2

/* --- messages of clients ------------------------------------------------- */

/*
 * Clients of a node, each a program: some ten times what a router runs. And the
 * length of a client's name, with the final 0.
 */
#define FTTCP_CLIENTS_MAX		32
#define FTTCP_CLIENT_NAME		32

/*
 * Bytes of one message: with its header less than a packet that a UNIX socket
 * takes with the buffer that Linux gives it (212,992).
 */
#define FTTCP_MSG_MAX			(64U << 10)

/*
 * Bytes and messages of the repository. A full table of a router's routes is
 * some million messages if each is one, and 256 MiB hold them; who sends more
 * is told to wait.
 */
#define FTTCP_REPO_SIZE_MAX_DEFAULT	(256ULL << 20)
#define FTTCP_REPO_SIZE_MAX_MIN		(1ULL << 20)
#define FTTCP_REPO_SIZE_MAX_MAX		(1ULL << 40)
#define FTTCP_REPO_COUNT_MAX_DEFAULT	1000000
#define FTTCP_REPO_COUNT_MAX_MIN	16
#define FTTCP_REPO_COUNT_MAX_MAX	100000000

/*
 * For how long a message that was acknowledged is kept, for people to see what
 * went on (milliseconds): a day. One in the error store waits for a person who
 * may be on holiday: 30 days.
 */
#define FTTCP_REPO_AGE_MS_DEFAULT	86400000
#define FTTCP_REPO_ERROR_AGE_MS_DEFAULT	2592000000ULL
#define FTTCP_REPO_AGE_MS_MAX		4294967295ULL

/*
 * How often old messages are looked for (milliseconds), and how many are thrown
 * away in one go, so that clients do not wait for it.
 */
#define FTTCP_REPO_RETAIN_MS		10000
#define FTTCP_REPO_RETAIN_BATCH		10000

/*
 * The daemon and fttcpctl wait for each other this long (milliseconds); what
 * either does takes far less, on a disk that works. And the largest log beside
 * the file that is kept (bytes).
 */
#define FTTCP_REPO_BUSY_MS		5000
#define FTTCP_REPO_WAL_MAX		(4U << 20)

/*
 * The two daemons' connection for messages: its port, in distance from that of
 * the link; a sign of life so often, and how long without one until it is taken
 * for broken (milliseconds): messages are not in a hurry, and a disk may take
 * seconds.
 */
#define FTTCP_TWIN_PORT_DISTANCE	1
#define FTTCP_TWIN_PING_MS		1000
#define FTTCP_TWIN_SILENT_MS		10000
/* A repository that is full is asked again after this (milliseconds). */
#define FTTCP_TWIN_FULL_MS		1000
/* Who is stopped lets the other end read that and go (milliseconds). */
#define FTTCP_TWIN_STOP_MS		1000

/*
 * Bytes that may wait for one reader. Above the first no more messages are
 * read from the disk for it; at the second, a client that does not read what it
 * is told is taken for dead.
 */
#define FTTCP_OUTBOX_FILL		(512U << 10)
#define FTTCP_OUTBOX_MAX		(4U << 20)

/* Packets read from one connection, and messages moved for one client, before
 * others have their turn; each such turn is one write to the disk.
 */
#define FTTCP_TURN			64

/* Messages that a twin may have without having said that it is done, and how
 * often one is given to a twin that goes away without a word.
 */
#define FTTCP_DELIVER_WINDOW		64
#define FTTCP_DELIVER_TRIES		5

/* How often the messenger looks whether somebody changed the repository, and
 * tries again what did not work (milliseconds).
 */
#define FTTCP_MESSENGER_LOOK_MS		1000
/* A messenger that has told nothing for so long is stuck: ten looks, which a
 * slow disk's flush does not take (milliseconds).
 */
#define FTTCP_MESSENGER_QUIET_MS	10000
/* For so long the daemon waits for the messenger's disk when it ends
 * (milliseconds).
 */
#define FTTCP_MESSENGER_STOP_MS		2000

/* --- health probes (fttcpd) ---------------------------------------------- */

/*
 * What a failure counts, and the sum that requires action. One that may be the
 * fault of the moment (no answer in time) counts half: two within retry-interval
 * are as good as a service that nobody can connect to.
 */
#define FTTCP_PROBE_COMPLETE		100
#define FTTCP_PROBE_PARTIAL		50
/*
 * Failures that an overloaded machine explains count so much together, however
 * many they are: never enough for an action by themselves.
 */
#define FTTCP_PROBE_LATE_MAX		FTTCP_PROBE_PARTIAL
/*
 * A round in which an ordinary program could not run as it should for this share of
 * probe-timeout (percent) says nothing of the service. A quarter is far above what
 * a busy machine takes and leaves a service that works most of its time.
 */
#define FTTCP_PROBE_LATE_PCT		25
/* So it is while as many programs for each CPU want to run, so that one that has
 * to compute takes five times as long as it should.
 */
#define FTTCP_PROBE_CROWD		4
/* The probe wakes up so often while it waits (milliseconds), to see by that how
 * late it is, and whether it is to end.
 */
#define FTTCP_PROBE_SLICE_MS		20
/* Bytes of an answer in which the expected one is looked for: a banner or the
 * head of a page; what follows is not read.
 */
#define FTTCP_PROBE_ANSWER_MAX		4096
/* Addresses times ports of one service, a socket each at the same time. */
#define FTTCP_PROBE_TARGETS_MAX		64
/* The same failure of the same port is logged again after this (milliseconds). */
#define FTTCP_PROBE_SAY_MS		60000
/* A restart that outlived restart-timeout is asked to end; after this long
 * (milliseconds) it is killed, which takes no time.
 */
#define FTTCP_PROBE_KILL_MS		2000
/* Bounds of retry-count: what is remembered of one service. */
#define FTTCP_PROBE_RESTARTS_MAX	100
/* Failures remembered of one service: those that can count, and more for those
 * that an overload explains.
 */
#define FTTCP_PROBE_FAILURES_MAX	16

/* Defaults and bounds of [probe NAME], milliseconds. */
#define FTTCP_PROBE_TIMEOUT_MS_DEFAULT	5000
#define FTTCP_PROBE_TIMEOUT_MS_MIN	10
#define FTTCP_PROBE_TIMEOUT_MS_MAX	600000
#define FTTCP_PROBE_INTERVAL_MS_DEFAULT	10000
#define FTTCP_PROBE_INTERVAL_MS_MIN	100
#define FTTCP_PROBE_INTERVAL_MS_MAX	3600000
/* Room for some twenty rounds, and for two restarts that take their time. */
#define FTTCP_PROBE_RETRY_MS_DEFAULT	300000
#define FTTCP_PROBE_RETRY_MS_MAX	86400000
#define FTTCP_PROBE_RETRY_COUNT_DEFAULT	2
/* systemd's own limit for a start is 90 seconds. */
#define FTTCP_PROBE_RESTART_MS_DEFAULT	90000
#define FTTCP_PROBE_RESTART_MS_MIN	100
#define FTTCP_PROBE_RESTART_MS_MAX	3600000
/* A service that is started listens within seconds after its start command. */
#define FTTCP_PROBE_WAIT_MS_DEFAULT	10000
#define FTTCP_PROBE_WAIT_MS_MAX		3600000

/* --- automatic resend -------------------------------------------------- */

/* Further backups of a sender: one each in two other rooms, and one to spare. */
#define FTTCP_BACKUPS_MORE		3

/* After a backup was stopped forced, until who took over is called
 * (milliseconds): cluster software takes some seconds to start it.
 */
#define FTTCP_CONNECT_RETRY_MS_DEFAULT	10000
#define FTTCP_CONNECT_RETRY_MS_MIN	10
#define FTTCP_CONNECT_RETRY_MS_MAX	3600000

/* Attempts, each at one address: a minute and a half with the usual interval,
 * after which somebody has to look.
 */
#define FTTCP_AUTO_RESEND_DEFAULT	9
#define FTTCP_AUTO_RESEND_MAX		10000

/*
 * A copy that went wrong three times in five minutes will go wrong again, and each time the
 * peers may be held up for hold-max: there is no link for as long. One who looks for the
 * reason meanwhile still finds it in the journal.
 */
#define FTTCP_SOFT_ERRORS_DEFAULT	3
#define FTTCP_SOFT_ERRORS_MAX		100
#define FTTCP_SOFT_ERROR_WINDOW_MS_DEFAULT 300000
#define FTTCP_SOFT_ERROR_WINDOW_MS_MIN	10
#define FTTCP_SOFT_ERROR_WINDOW_MS_MAX	86400000

/* --- the key of the two nodes ------------------------------------------- */

/* HMAC-SHA256 (bytes). A key shorter than the code weakens it; one longer than the
 * block is hashed first, which adds nothing.
 */
#define FTTCP_AUTH_MAC			32
#define FTTCP_AUTH_KEY_MIN		32
#define FTTCP_AUTH_KEY_MAX		64
/* Keys in a file: the one in use, and the one before or after it. */
#define FTTCP_AUTH_KEYS			2
/* Bytes of a key file: its keys, and some lines about them. */
#define FTTCP_AUTH_FILE_MAX		4096

/* Who connects has to prove that he has the key within this (milliseconds): three
 * messages, on a cable of its own; and so many may be at it at the same time, of
 * whom the one that has been longest makes room for the next.
 */
#define FTTCP_GREET_MS			1000
#define FTTCP_GREET_CALLERS		8
/* The same refusal of the same address is told again after this (milliseconds). */
#define FTTCP_GREET_SAY_MS		60000
/* Bytes that nobody can foretell, so that no proof fits twice. */
#define FTTCP_GREET_NONCE		32

/* --- events ------------------------------------------------------------ */

/* Events of one kind that a peer can cause, each second. */
#define FTTCP_EVENT_RATE_PER_SEC	20
#define FTTCP_EVENT_BURST		50

/* Events that a namespace keeps for a late reader: what happens in a takeover, and
 * half a kilobyte each once there were so many.
 */
#define FTTCP_EVENTS_KEPT		256

/* Text of an event (bytes, with the end): the longest sentences fit. */
#define FTTCP_EVENT_TEXT		256

/* A shortage that lasts, or comes again and again, is told anew after this
 * (milliseconds).
 */
#define FTTCP_EVENT_SHORT_MS		5000

#endif /* _FTTCP_LIMITS_H */
