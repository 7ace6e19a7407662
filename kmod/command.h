/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of operators by the ids that their callers gave them, so that one
 * that is repeated, also after a takeover, is not executed twice.
 */
#ifndef _FTTCP_COMMAND_H
#define _FTTCP_COMMAND_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <fttcp/wire.h>

struct fttcp_net;
struct fttcp_link;
struct net;

/**
 * struct fttcp_command - what is remembered of one
 * @list:	in fttcp_commands.list
 * @seq:	grows along the list
 * @id:		the caller's
 * @name:	what it is, in words
 * @began_ns:	wall clock of its beginning
 * @epoch:	in which it was begun
 * @node:	on which, 0 if that had no id
 * @portid:	netlink port that has to say how it ends, 0 none on this node
 * @error:	its outcome, 0 or a positive error number
 * @state:	FTTCP_COMMAND_STATE_*
 */
struct fttcp_command {
	struct list_head	list;
	u64			seq;
	char			id[FTTCP_WIRE_COMMAND_ID];
	char			name[FTTCP_WIRE_COMMAND_NAME];
	u64			began_ns;
	u64			epoch;
	u32			node;
	u32			portid;
	u16			error;
	u8			state;
};

/**
 * struct fttcp_commands - those of a namespace
 * @order:	whoever changes an entry and tells the backup; may sleep. Never
 *		taken by a lane's worker
 * @lock:	the list; leaf, process context only
 * @list:	the oldest first
 * @count:	entries of @list
 * @under_way:	of these, begun here and not ended
 * @next_seq:	of the next entry
 */
struct fttcp_commands {
	struct mutex		order;	/* see above */
	spinlock_t		lock;	/* list */
	struct list_head	list;
	u32			count;
	u32			under_way;
	u64			next_seq;
};

void fttcp_commands_init_net(struct fttcp_net *fn);
void fttcp_commands_exit_net(struct fttcp_net *fn);
int fttcp_command_begin(struct fttcp_net *fn, const char *id, const char *name,
			u32 portid, const char **why);
int fttcp_command_end(struct fttcp_net *fn, const char *id, int err,
		      bool forget, const char **why);
bool fttcp_command_find(struct fttcp_net *fn, const char *id,
			struct fttcp_command *found);
bool fttcp_command_next(struct fttcp_net *fn, u64 after,
			struct fttcp_command *found);
void fttcp_commands_gone(struct net *net, u32 portid);
int fttcp_commands_sync(struct fttcp_link *link);
int fttcp_command_take(struct fttcp_net *fn,
		       const struct fttcp_wire_command *w);

#endif /* _FTTCP_COMMAND_H */
