// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "command": what became of commands, by the ids of their callers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "nl.h"

#define COMMAND(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_COMMAND_##_TYPE, _name, _kind, fttcp_command, _member)

static const struct attr_field command_fields[] = {
	COMMAND(ID, "id", ATTR_TEXT, id),
	COMMAND(NAME, "name", ATTR_TEXT, name),
	COMMAND(STATE, "state", ATTR_U32, state),
	COMMAND(ERRNO, "errno", ATTR_S32, error),
	COMMAND(NODE, "node", ATTR_U32, node),
	COMMAND(EPOCH, "epoch", ATTR_U64, epoch),
	COMMAND(BEGAN_NS, "began-ns", ATTR_U64, began_ns),
	COMMAND(FORGET, "forget", ATTR_FLAG, forget),
	{ 0 },
};

const struct attr_set attr_set_command = {
	.fields = command_fields,
	.size = sizeof(struct fttcp_command),
};

int fttcp_command_new_id(char *id)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return -errno;
	/* RFC 9562: version 4, variant 2 */
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(id, FTTCP_COMMAND_ID_LEN,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
		 b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

/* As it is, so that the kernel says what is wrong with a long one. */
static void named(struct fttcp_command *c, const char *id, const char *name)
{
	snprintf(c->id, sizeof(c->id), "%s", id);
	fttcp_mark(c, FTTCP_A_COMMAND_ID);
	if (!name)
		return;
	snprintf(c->name, sizeof(c->name), "%s", name);
	fttcp_mark(c, FTTCP_A_COMMAND_NAME);
}

int fttcp_command_begin(struct fttcp_nl *nl, const char *id, const char *name)
{
	struct fttcp_command c = { 0 };

	named(&c, id, name);
	return nl_do(nl, FTTCP_CMD_COMMAND_BEGIN, &attr_set_command, &c, NULL);
}

int fttcp_command_end(struct fttcp_nl *nl, const char *id, int err,
		      bool forget)
{
	struct fttcp_command c = { .error = err, .forget = forget };

	named(&c, id, NULL);
	fttcp_mark(&c, FTTCP_A_COMMAND_ERRNO);
	if (forget)
		fttcp_mark(&c, FTTCP_A_COMMAND_FORGET);
	return nl_do(nl, FTTCP_CMD_COMMAND_END, &attr_set_command, &c, NULL);
}

int fttcp_command_get(struct fttcp_nl *nl, const char *id,
		      struct fttcp_command *command)
{
	struct fttcp_command c = { 0 };

	named(&c, id, NULL);
	return nl_do(nl, FTTCP_CMD_COMMAND_GET, &attr_set_command, &c,
		     command);
}

struct command_walk {
	fttcp_command_cb cb;
	void *arg;
};

static int command_each(const void *obj, void *arg)
{
	const struct command_walk *w = arg;

	return w->cb(obj, w->arg);
}

int fttcp_command_dump(struct fttcp_nl *nl, fttcp_command_cb cb, void *arg)
{
	struct command_walk w = { .cb = cb, .arg = arg };

	return nl_dump(nl, FTTCP_CMD_COMMAND_GET, &attr_set_command, NULL,
		       command_each, &w);
}

const char *fttcp_advice(int err)
{
	switch (-err) {
	case EALREADY:
		return "executed-already";
	case EAGAIN:
	case EBUSY:
	case EINPROGRESS:
		return "hold-commands";
	case ENOBUFS:
	case ENOMEM:
	case ENOSPC:
		return "send-elsewhere";
	case ECONNREFUSED:
	case ENOTCONN:
		return "restart";
	}
	return "none";
}
