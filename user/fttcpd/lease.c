// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the decision of the witness. See lease.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lease.h"

static void give(struct fttcpd_lease *lease, uint32_t node)
{
	if (lease->owner == node)
		return;
	lease->number++;
	lease->owner = node;
}

/**
 * fttcpd_lease_ask() - may this node go on without the other one?
 * @lease:	lease; changed when it is granted
 * @node:	who asks
 * @has_connections: it would go on with connections that it had when it saw the other
 *		node last
 *
 * Return: see the enum. Who has the lease already is granted it again.
 */
enum fttcpd_verdict fttcpd_lease_ask(struct fttcpd_lease *lease, uint32_t node,
				     bool has_connections)
{
	if (lease->owner && lease->owner != node)
		return FTTCPD_LEASE_HELD;
	if (has_connections && lease->last && lease->last != node)
		return FTTCPD_LEASE_STALE;
	give(lease, node);
	return FTTCPD_LEASE_GRANTED;
}

/**
 * fttcpd_lease_claim() - an operator has decided, whatever the lease says
 * @lease:	lease
 * @node:	for this node
 */
void fttcpd_lease_claim(struct fttcpd_lease *lease, uint32_t node)
{
	give(lease, node);
}

/**
 * fttcpd_lease_return() - the lease is not needed any more
 * @lease:	lease
 * @node:	who says so
 * @number:	of the lease that it means
 * @end:	why; SHARED may be said by either node, the others by the owner only
 *
 * What names another lease was said before that one was given, and is not meant.
 *
 * Return: whether anything has changed.
 */
bool fttcpd_lease_return(struct fttcpd_lease *lease, uint32_t node,
			 uint64_t number, enum fttcpd_end end)
{
	if (number != lease->number || (!lease->owner && !lease->last))
		return false;
	if (end != FTTCPD_LEASE_SHARED && lease->owner != node)
		return false;
	if (end == FTTCPD_LEASE_SHARED)
		lease->last = 0;
	else if (end == FTTCPD_LEASE_GONE)
		lease->last = node;
	lease->owner = 0;
	return true;
}

/**
 * fttcpd_lease_text() - as it is kept in the file
 * @lease:	lease
 * @buf:	for one line
 *
 * Return: @buf.
 */
const char *fttcpd_lease_text(const struct fttcpd_lease *lease,
			      char buf[FTTCPD_LEASE_TEXT])
{
	snprintf(buf, FTTCPD_LEASE_TEXT, "%" PRIu64 " %" PRIu32 " %" PRIu32
		 "\n", lease->number, lease->owner, lease->last);
	return buf;
}

/**
 * fttcpd_lease_parse() - from the file
 * @lease:	filled when the text is right
 * @text:	all of the file
 *
 * Return: 0 or -EINVAL for what fttcpd_lease_text() did not write.
 */
int fttcpd_lease_parse(struct fttcpd_lease *lease, const char *text)
{
	struct fttcpd_lease read = { 0 };
	char again[FTTCPD_LEASE_TEXT];

	if (sscanf(text, "%" SCNu64 " %" SCNu32 " %" SCNu32, &read.number,
		   &read.owner, &read.last) != 3 ||
	    strcmp(fttcpd_lease_text(&read, again), text))
		return -EINVAL;
	*lease = read;
	return 0;
}
