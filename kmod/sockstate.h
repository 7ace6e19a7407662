/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only door to what the kernel keeps inside a TCP socket: reading its
 * state for a record, building a socket from one, and the few questions that
 * the data path asks. Nobody else includes <net/tcp.h> for private fields.
 */
#ifndef _FTTCP_SOCKSTATE_H
#define _FTTCP_SOCKSTATE_H

#include "conn.h"

/* Why a socket cannot be protected; see fttcp_sock_refuse_text(). */
enum fttcp_refuse {
	FTTCP_REFUSE_NONE,
	FTTCP_REFUSE_STATE,
	FTTCP_REFUSE_PROTO,
	FTTCP_REFUSE_ULP,
	FTTCP_REFUSE_MPTCP,
	FTTCP_REFUSE_REPAIR,
	FTTCP_REFUSE_FASTOPEN,
	FTTCP_REFUSE_AO,
	FTTCP_REFUSE_ADDRESS,
	FTTCP_REFUSE_NOMEM,
	FTTCP_REFUSE_LIMIT,
	FTTCP_REFUSE_LINK,
	FTTCP_REFUSE_MAX
};

enum fttcp_refuse fttcp_sock_refuse(const struct sock *sk);
const char *fttcp_sock_refuse_text(enum fttcp_refuse why);
int fttcp_sock_refuse_errno(enum fttcp_refuse why);
int fttcp_sock_refuse_option(enum fttcp_refuse why);

/* reading a live socket; it is locked */
void fttcp_sock_state(struct fttcp_conn *c, struct fttcp_wire_state *w);
void fttcp_sock_opts(const struct sock *sk, struct fttcp_wire_opts *w);
void fttcp_sock_conn(struct fttcp_conn *c, struct fttcp_wire_conn *w);
void fttcp_sock_view(struct fttcp_conn *c, struct fttcp_conn_view *v);
void fttcp_sock_note_offsets(struct fttcp_conn *c, u64 tx_off, u64 rx_off);
u32 fttcp_sock_tx_end(const struct sock *sk);
u32 fttcp_sock_rx_end(const struct sock *sk);
u32 fttcp_sock_snd_una(const struct sock *sk);
u32 fttcp_sock_snd_nxt(const struct sock *sk);
u32 fttcp_sock_copied(const struct sock *sk);
u32 fttcp_sock_edge(const struct sock *sk);
u32 fttcp_sock_edge_most(const struct fttcp_wire_state *w);
u8 fttcp_sock_fins(const struct sock *sk);
bool fttcp_sock_is_live(const struct sock *sk);
u8 fttcp_sock_told_fins(const struct fttcp_conn *c);
u32 fttcp_sock_not_carried(const struct sock *sk);
bool fttcp_sock_readable(const struct sock *sk, u32 want);
struct sk_buff *fttcp_sock_tx_first(struct sock *sk, u32 seq);
struct sk_buff *fttcp_sock_tx_next(struct sock *sk, struct sk_buff *skb);
struct sk_buff *fttcp_sock_rx_first(struct sock *sk, u32 seq);
struct sk_buff *fttcp_sock_rx_next(struct sock *sk, struct sk_buff *skb);
u32 fttcp_skb_seq(const struct sk_buff *skb);
void fttcp_skb_set_seq(struct sk_buff *skb, u32 seq);

/* building a replica's socket; may sleep */
struct sock *fttcp_sock_create(struct fttcp_net *fn,
			       const struct fttcp_wire_conn_add *a);
int fttcp_sock_establish(struct sock *sk,
			 const struct fttcp_wire_conn_add *a);
void fttcp_sock_part(struct sock *sk);
void fttcp_sock_destroy(struct sock *sk);
int fttcp_sock_apply_opts(struct sock *sk, const struct fttcp_wire_opts *w);
int fttcp_sock_apply_plain(struct sock *sk, const struct fttcp_wire_opts *w);
bool fttcp_sock_same_opts(const struct fttcp_wire_opts *a,
			  const struct fttcp_wire_opts *b);
void fttcp_sock_rewind(struct sock *sk, u32 seq);
void fttcp_sock_feed(struct sock *sk, struct sk_buff *skb, u32 seq);
void fttcp_sock_feed_wake(struct sock *sk);
int fttcp_sock_check(struct sock *sk, const char **why);

/**
 * struct fttcp_sock_live - what a replica's socket becomes
 * @w:		the last state that the active told
 * @tsval_age_ns: time since then
 * @tx:		outbound bytes from snd_una on, as skbs with page references
 * @max_window: largest window that the peer ever offered
 * @peer_fin:	FIN follows the last inbound byte
 * @fin:	the same, outbound: it had been sent
 * @spinning:	how the socket is locked: fttcp_sk_lock()
 */
struct fttcp_sock_live {
	const struct fttcp_wire_state *w;
	u64			tsval_age_ns;
	struct sk_buff_head	*tx;
	u32			max_window;
	bool			peer_fin;
	bool			fin;
	bool			spinning;
};

int fttcp_sock_install(struct sock *sk, const struct fttcp_sock_live *live);
void fttcp_sock_finish(struct sock *sk);
void fttcp_sock_shut(struct sock *sk);

/**
 * enum fttcp_sock_peer - what the peer of a promoted connection does
 * @FTTCP_PEER_SILENT:	nothing of it has arrived
 * @FTTCP_PEER_BEHIND:	it has sent what did not arrive, and waits
 * @FTTCP_PEER_GOING:	it is idle, or its bytes arrive
 */
enum fttcp_sock_peer {
	FTTCP_PEER_SILENT,
	FTTCP_PEER_BEHIND,
	FTTCP_PEER_GOING,
};

/* kmod/sockkick.c */
enum fttcp_sock_peer fttcp_sock_peer(const struct sock *sk, u32 begin);
u32 fttcp_sock_rcv_nxt(const struct sock *sk);
u32 fttcp_sock_cwnd(const struct sock *sk);
bool fttcp_sock_has_address(const struct sock *sk);
void fttcp_sock_kick(struct sock *sk, unsigned int acks, bool probe);
int fttcp_sock_unsend(struct sock *sk, u32 begin, u32 cwnd);
void fttcp_sock_abort(struct sock *sk, int err, bool spinning);

#endif /* _FTTCP_SOCKSTATE_H */
