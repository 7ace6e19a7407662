/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The upper layer protocol "fttcp": which sockets are ours, the tables of
 * functions that they get instead of TCP's own, and how they get them back.
 */
#ifndef _FTTCP_ULP_H
#define _FTTCP_ULP_H

#include "conn.h"
#include "sockstate.h"

/* Which table of socket functions a socket has. */
enum fttcp_prot_kind {
	FTTCP_PROT_LIVE,	/* release_cb, options */
	FTTCP_PROT_LOWAT,	/* and SO_RCVLOWAT done by us */
	FTTCP_PROT_REPLICA,	/* reads only */
	FTTCP_PROT_LISTEN,	/* options */
	FTTCP_PROT_MAX
};

int fttcp_ulp_init(void);
void fttcp_ulp_exit(void);

/**
 * struct fttcp_attach - how to attach
 * @mode: enum fttcp_mode
 * @policy_id: policy that says so, or 0
 * @gfp: allocation context
 * @active_open: the handshake was begun here
 */
struct fttcp_attach {
	u8	mode;
	bool	active_open;
	u32	policy_id;
	gfp_t	gfp;
};

enum fttcp_refuse fttcp_ulp_attach(struct sock *sk,
				   const struct fttcp_attach *how);
enum fttcp_refuse fttcp_ulp_attach_tuple(struct fttcp_net *fn,
					 const struct fttcp_tuple *t,
					 const struct fttcp_attach *how,
					 u64 *id);
int fttcp_ulp_detach(struct fttcp_conn *c, const char **why);
int fttcp_ulp_attach_replica(struct fttcp_conn *c);
bool fttcp_ulp_is_ours(const struct sock *sk);
bool fttcp_ulp_by_policy(const struct sock *sk);
void fttcp_ulp_new_state(struct sock *sk, int state, bool active_open);

/* kmod/probe.c */
int fttcp_probe_init(void);
void fttcp_probe_exit(void);

/* kmod/hooks.c: the tables */
int fttcp_hooks_init(void);
struct proto *fttcp_base_prot(const struct sock *sk);
struct proto *fttcp_hook_prot(const struct sock *sk, enum fttcp_prot_kind k);
int fttcp_hooks_set(struct fttcp_conn *c, enum fttcp_prot_kind kind);
void fttcp_hooks_change(struct fttcp_conn *c, enum fttcp_prot_kind kind);
bool fttcp_hooks_clear(struct fttcp_conn *c, bool destroy);
const struct proto_ops *fttcp_hook_ops(const struct proto_ops *base);
void fttcp_hooks_set_ops(struct fttcp_conn *c);
void fttcp_hooks_clear_ops(struct fttcp_conn *c);

/* kmod/sockopt.c */
int fttcp_setsockopt(struct sock *sk, int level, int opt, sockptr_t val,
		     unsigned int len);
int fttcp_getsockopt(struct sock *sk, int level, int opt, char __user *val,
		     int __user *len);

#endif /* _FTTCP_ULP_H */
