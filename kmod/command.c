// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that change something carry an id, which is remembered with what
 * became of them, here and on the backup: who gets no answer repeats the command,
 * perhaps on the node that has taken over, and is told the first outcome.
 *
 *   fttcpctl             active                          backup
 *      | ---- begin ----> |  ---- COMMAND begun ----------> |
 *      | <---- 0 -------- |
 *      | (the command)    |
 *      | ---- end ------> |  ---- COMMAND done -----------> |
 *      |                  |  <--- ACK --------------------- |
 *      | <---- 0 -------- |
 *
 * COMMAND goes over the first lane and STOP over all, so a backup that is given
 * the connections by a command knows of it when it promotes. The answer waits
 * until the backup has the outcome, as what goes to a peer does.
 */
#include <linux/slab.h>

#include "fttcp.h"
#include "link.h"
#include "record.h"

/**
 * fttcp_commands_init_net() - a namespace begins
 * @fn: namespace
 */
void fttcp_commands_init_net(struct fttcp_net *fn)
{
	struct fttcp_commands *cs = &fn->commands;

	mutex_init(&cs->order);
	spin_lock_init(&cs->lock);
	INIT_LIST_HEAD(&cs->list);
	cs->next_seq = 1;
}

/**
 * fttcp_commands_exit_net() - a namespace ends; nobody asks any more
 * @fn: namespace
 */
void fttcp_commands_exit_net(struct fttcp_net *fn)
{
	struct fttcp_command *c, *next;

	list_for_each_entry_safe(c, next, &fn->commands.list, list)
		kfree(c);
}

static struct fttcp_command *find(struct fttcp_commands *cs, const char *id)
{
	struct fttcp_command *c;

	lockdep_assert_held(&cs->lock);
	/* the last ones are asked for most */
	list_for_each_entry_reverse(c, &cs->list, list)
		if (!strcmp(c->id, id))
			return c;
	return NULL;
}

static bool is_under_way(const struct fttcp_command *c)
{
	return c->portid && c->state == FTTCP_COMMAND_STATE_BEGUN;
}

static struct fttcp_command *unlist(struct fttcp_commands *cs,
				    struct fttcp_command *c)
{
	lockdep_assert_held(&cs->lock);
	list_del(&c->list);
	cs->count--;
	if (is_under_way(c))
		cs->under_way--;
	return c;
}

/*
 * List a new one. When there are as many as possible the oldest that is not
 * under way makes room: it comes back in @old, to be freed.
 */
static bool enlist(struct fttcp_commands *cs, struct fttcp_command *new,
		   struct fttcp_command **old)
{
	struct fttcp_command *c;

	lockdep_assert_held(&cs->lock);
	if (cs->count >= FTTCP_COMMANDS_MAX) {
		list_for_each_entry(c, &cs->list, list) {
			if (is_under_way(c))
				continue;
			*old = unlist(cs, c);
			break;
		}
		if (!*old)
			return false;
	}
	new->seq = cs->next_seq++;
	list_add_tail(&new->list, &cs->list);
	cs->count++;
	if (is_under_way(new))
		cs->under_way++;
	return true;
}

/* --- telling the backup -------------------------------------------------- */

static void fill(struct fttcp_record *rec, const struct fttcp_command *c,
		 bool forget)
{
	struct fttcp_wire_command *w = fttcp_record_body(rec);

	strscpy(w->id, c->id, sizeof(w->id));
	strscpy(w->name, c->name, sizeof(w->name));
	w->began_ns = cpu_to_be64(c->began_ns);
	w->epoch = cpu_to_be64(c->epoch);
	w->node = cpu_to_be32(c->node);
	w->error = cpu_to_be32(c->error);
	w->state = c->state;
	w->forget = forget;
}

/* the lane to a backup that understands, with a reference of its link */
static struct fttcp_lane *backup_lane(struct fttcp_net *fn)
{
	struct fttcp_link *link;

	if (READ_ONCE(fn->role) != FTTCP_ROLE_ACTIVE)
		return NULL;
	link = fttcp_link_backup(fn);
	if (!link)
		return NULL;
	if (link->peer_features & FTTCP_WIRE_F_COMMANDS)
		return &link->lanes[0];
	fttcp_link_put(link);
	return NULL;
}

/*
 * Queue what became of @c; @lane and @index are told where. Without a backup
 * that is nothing to do.
 */
static int tell(struct fttcp_net *fn, const struct fttcp_command *c,
		bool forget, struct fttcp_lane **lane, u64 *index)
{
	struct fttcp_record *rec;

	lockdep_assert_held(&fn->commands.order);
	*lane = backup_lane(fn);
	if (!*lane)
		return 0;
	rec = fttcp_record_alloc(fn, FTTCP_WIRE_COMMAND, GFP_KERNEL);
	if (!rec) {
		fttcp_lane_put(*lane);
		*lane = NULL;
		return -ENOMEM;
	}
	fill(rec, c, forget);
	*index = fttcp_lane_queue(*lane, rec);
	return 0;
}

/* As with a peer, no longer than hold-max; a lane that dies is an end too. */
static void wait_told(struct fttcp_net *fn, struct fttcp_lane *lane, u64 index)
{
	unsigned int ms = READ_ONCE(fn->conf.hold_max_ms);

	might_sleep();
	if (!lane)
		return;
	if (index)
		wait_event_killable_timeout(lane->wq,
					    READ_ONCE(lane->acked_index) >=
					    index || READ_ONCE(lane->dead),
					    msecs_to_jiffies(ms));
	fttcp_lane_put(lane);
}

/* --- this node's ---------------------------------------------------------- */

static const char *init(struct fttcp_command *c, struct fttcp_net *fn,
			const char *id, const char *name, u32 portid)
{
	if (strscpy(c->id, id, FTTCP_COMMAND_ID_MAX + 1) < 0 ||
	    !fttcp_wire_word_ok(c->id, sizeof(c->id), false))
		return "an id has 1 to 36 printing characters and no blank";
	if (strscpy(c->name, name, FTTCP_COMMAND_NAME_MAX + 1) < 0 ||
	    !fttcp_wire_word_ok(c->name, sizeof(c->name), true))
		return "a name has 1 to 23 printing characters";
	c->began_ns = ktime_get_real_ns();
	c->epoch = READ_ONCE(fn->epoch);
	c->node = READ_ONCE(fn->conf.id);
	c->portid = portid;
	c->state = FTTCP_COMMAND_STATE_BEGUN;
	return NULL;
}

static int known(const struct fttcp_command *old,
		 const struct fttcp_command *new, const char **why)
{
	if (strcmp(old->name, new->name)) {
		*why = "another command had this id; choose a new one";
		return -EINVAL;
	}
	if (is_under_way(old)) {
		*why = "it is under way; ask again for its outcome";
		return -EINPROGRESS;
	}
	*why = "it was executed or begun already; `command show` has its outcome";
	return -EALREADY;
}

/* List @new, or say why not. @old is to be freed. */
static int remember(struct fttcp_net *fn, struct fttcp_command *new,
		    struct fttcp_command **old, const char **why)
{
	struct fttcp_commands *cs = &fn->commands;
	struct fttcp_command *c;
	int err = 0;

	spin_lock(&cs->lock);
	c = find(cs, new->id);
	if (c) {
		err = known(c, new, why);
	} else if (!enlist(cs, new, old)) {
		*why = "as many commands as possible are under way";
		err = -ENOSPC;
	}
	spin_unlock(&cs->lock);
	return err;
}

static struct fttcp_command *forget_it(struct fttcp_net *fn, const char *id)
{
	struct fttcp_commands *cs = &fn->commands;
	struct fttcp_command *c;

	spin_lock(&cs->lock);
	c = find(cs, id);
	if (c)
		unlist(cs, c);
	spin_unlock(&cs->lock);
	return c;
}

/**
 * fttcp_command_begin() - a command is about to be executed
 * @fn: namespace
 * @id: of its caller
 * @name: what it is
 * @portid: netlink port that will say how it ended
 * @why: static text when refused
 *
 * The backup is told before anything that the command does.
 *
 * Context: may sleep.
 * Return: 0; -EALREADY, -EINPROGRESS: it was begun before; -EINVAL: id or name
 * are no such, or the id was another command's; -ENOSPC, -ENOMEM.
 */
int fttcp_command_begin(struct fttcp_net *fn, const char *id, const char *name,
			u32 portid, const char **why)
{
	struct fttcp_command *new, *old = NULL;
	struct fttcp_lane *lane;
	u64 index;
	int err;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new) {
		fttcp_evt_no_control_memory(fn, 0);
		return -ENOMEM;
	}
	*why = init(new, fn, id, name, portid);
	if (*why) {
		kfree(new);
		return -EINVAL;
	}
	mutex_lock(&fn->commands.order);
	err = remember(fn, new, &old, why);
	if (err == -ENOSPC)
		fttcp_evt_scb_full(fn, 0, "commands", FTTCP_COMMANDS_MAX);
	if (err == -EALREADY)
		fttcp_event(fn, &(struct fttcp_event) {
			.id = FTTCP_EVT_COMMAND_REPEATED });
	if (err)
		goto out;
	err = tell(fn, new, false, &lane, &index);
	if (err) {
		forget_it(fn, new->id);
		goto out;
	}
	if (lane)
		fttcp_lane_put(lane);
	new = NULL;
out:
	mutex_unlock(&fn->commands.order);
	kfree(old);
	kfree(new);
	return err;
}

/* Note the outcome; @copy is what the backup is told. */
static int note_end(struct fttcp_net *fn, const char *id, int err,
		    struct fttcp_command *copy, const char **why)
{
	struct fttcp_commands *cs = &fn->commands;
	struct fttcp_command *c;
	int ret = 0;

	spin_lock(&cs->lock);
	c = find(cs, id);
	if (!c || c->state == FTTCP_COMMAND_STATE_DONE) {
		*why = c ? "this command has ended already" :
			   "no command with this id was begun";
		ret = c ? -EALREADY : -ENOENT;
	} else {
		if (is_under_way(c))
			cs->under_way--;
		c->portid = 0;
		c->state = FTTCP_COMMAND_STATE_DONE;
		c->error = -err;
		*copy = *c;
	}
	spin_unlock(&cs->lock);
	return ret;
}

/**
 * fttcp_command_end() - a command has ended
 * @fn: namespace
 * @id: of its caller
 * @err: its outcome, 0 or a negative error number
 * @forget: it did nothing; it can be executed if it is repeated
 * @why: static text when refused
 *
 * Context: may sleep, for hold-max while the backup is slow.
 * Return: 0; -ENOENT, -EALREADY: it is not under way; -ERANGE: @err is none.
 */
int fttcp_command_end(struct fttcp_net *fn, const char *id, int err,
		      bool forget, const char **why)
{
	struct fttcp_lane *lane = NULL;
	struct fttcp_command copy;
	u64 index = 0;
	int ret;

	*why = "an outcome is 0 or a negative error number";
	if (err > 0 || err < -MAX_ERRNO)
		return -ERANGE;
	mutex_lock(&fn->commands.order);
	ret = note_end(fn, id, err, &copy, why);
	if (!ret && forget)
		kfree(forget_it(fn, id));
	/* without memory the backup keeps that it was begun, which is true */
	if (!ret)
		tell(fn, &copy, forget, &lane, &index);
	mutex_unlock(&fn->commands.order);
	wait_told(fn, lane, index);
	return ret;
}

/**
 * fttcp_command_find() - what became of a command
 * @fn: namespace
 * @id: of its caller
 * @found: told a copy
 *
 * Context: process.
 * Return: false if nothing is known of it.
 */
bool fttcp_command_find(struct fttcp_net *fn, const char *id,
			struct fttcp_command *found)
{
	struct fttcp_command *c;

	spin_lock(&fn->commands.lock);
	c = find(&fn->commands, id);
	if (c)
		*found = *c;
	spin_unlock(&fn->commands.lock);
	return c;
}

/**
 * fttcp_command_next() - walk over all, the oldest first
 * @fn: namespace
 * @after: @seq of the one before, 0 for the first
 * @found: told a copy
 *
 * Context: process.
 * Return: false at the end.
 */
bool fttcp_command_next(struct fttcp_net *fn, u64 after,
			struct fttcp_command *found)
{
	struct fttcp_command *c;
	bool any = false;

	spin_lock(&fn->commands.lock);
	list_for_each_entry(c, &fn->commands.list, list) {
		any = c->seq > after;
		if (any) {
			*found = *c;
			break;
		}
	}
	spin_unlock(&fn->commands.lock);
	return any;
}

/**
 * fttcp_commands_gone() - who had begun them says no more how they ended
 * @net: namespace
 * @portid: of a netlink socket that is closed
 *
 * Context: process.
 */
void fttcp_commands_gone(struct net *net, u32 portid)
{
	struct fttcp_commands *cs = &fttcp_net(net)->commands;
	struct fttcp_command *c;

	if (!READ_ONCE(cs->under_way))
		return;
	spin_lock(&cs->lock);
	list_for_each_entry(c, &cs->list, list) {
		if (!is_under_way(c) || c->portid != portid)
			continue;
		c->state = FTTCP_COMMAND_STATE_ABANDONED;
		c->portid = 0;
		cs->under_way--;
	}
	spin_unlock(&cs->lock);
}

/* --- of the other node ----------------------------------------------------- */

/**
 * fttcp_commands_sync() - tell a backup that has come of all
 * @link: link to it, up
 *
 * Context: process, the link's sync work.
 * Return: 0, -ENOMEM, or -EPIPE when the link has ended.
 */
int fttcp_commands_sync(struct fttcp_link *link)
{
	struct fttcp_lane *lane = &link->lanes[0];
	struct fttcp_net *fn = link->fn;
	struct fttcp_command c = {};
	struct fttcp_record *rec;
	int err = 0;

	if (!(link->peer_features & FTTCP_WIRE_F_COMMANDS))
		return 0;
	do {
		if (wait_event_killable(lane->wq, !fttcp_lane_full(lane) ||
					READ_ONCE(lane->dead)))
			return -EINTR;
		/* what is told later must not be overtaken by this */
		mutex_lock(&fn->commands.order);
		rec = NULL;
		if (fttcp_command_next(fn, c.seq, &c)) {
			rec = fttcp_record_alloc(fn, FTTCP_WIRE_COMMAND,
						 GFP_KERNEL);
			err = rec ? 0 : -ENOMEM;
		}
		if (rec) {
			fill(rec, &c, false);
			err = fttcp_lane_queue(lane, rec) ? 0 : -EPIPE;
		}
		mutex_unlock(&fn->commands.order);
	} while (rec && !err);
	return err;
}

/* A later word about one that is known. True: there was nothing new to list. */
static bool merge(struct fttcp_commands *cs, const struct fttcp_command *new,
		  bool forget, struct fttcp_command **old)
{
	struct fttcp_command *c = find(cs, new->id);

	if (!c)
		return forget;
	/* what this node has begun itself it knows better */
	if (is_under_way(c))
		return true;
	if (forget) {
		*old = unlist(cs, c);
	} else if (new->state > c->state) {
		c->state = new->state;
		c->error = new->error;
	}
	return true;
}

/**
 * fttcp_command_take() - COMMAND has come from the active
 * @fn: namespace of a backup
 * @w: checked by the codec
 *
 * Context: process, a lane's worker.
 * Return: 0, -ENOMEM.
 */
int fttcp_command_take(struct fttcp_net *fn,
		       const struct fttcp_wire_command *w)
{
	struct fttcp_commands *cs = &fn->commands;
	struct fttcp_command *new, *old = NULL;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new) {
		fttcp_evt_no_memory(fn, 0);
		return -ENOMEM;
	}
	strscpy(new->id, w->id, sizeof(new->id));
	strscpy(new->name, w->name, sizeof(new->name));
	new->began_ns = be64_to_cpu(w->began_ns);
	new->epoch = be64_to_cpu(w->epoch);
	new->node = be32_to_cpu(w->node);
	new->error = be32_to_cpu(w->error);
	new->state = w->state;
	spin_lock(&cs->lock);
	/* if all places are under way here, this one is not remembered */
	if (!merge(cs, new, w->forget, &old) && enlist(cs, new, &old))
		new = NULL;
	spin_unlock(&cs->lock);
	kfree(old);
	kfree(new);
	return 0;
}
