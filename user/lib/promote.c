// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who is active: promote, handover, solo.
 */
#include "nl.h"

#define PROMOTE(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_PROMOTE_##_TYPE, _name, _kind, fttcp_promote, _member)

static const struct attr_field promote_fields[] = {
	PROMOTE(EPOCH, "epoch", ATTR_U64, epoch),
	PROMOTE(DRY_RUN, "dry-run", ATTR_FLAG, dry_run),
	PROMOTE(FORCE, "force", ATTR_FLAG, force),
	PROMOTE(PROMOTED, "promoted", ATTR_U32, promoted),
	PROMOTE(FAILED, "failed", ATTR_U32, failed),
	PROMOTE(WOULD_LOSE, "would-lose", ATTR_U64, would_lose),
	PROMOTE(TIME_US, "time-us", ATTR_U32, time_us),
	PROMOTE(WHY, "why", ATTR_TEXT, why),
	{ 0 },
};

const struct attr_set attr_set_promote = {
	.fields = promote_fields,
	.size = sizeof(struct fttcp_promote),
};

int fttcp_promote(struct fttcp_nl *nl, struct fttcp_promote *promote)
{
	struct fttcp_promote ask = *promote;

	return nl_do(nl, FTTCP_CMD_PROMOTE, &attr_set_promote, &ask, promote);
}

int fttcp_handover(struct fttcp_nl *nl)
{
	return nl_do(nl, FTTCP_CMD_HANDOVER, &attr_set_node, NULL, NULL);
}

int fttcp_solo(struct fttcp_nl *nl)
{
	return nl_do(nl, FTTCP_CMD_SOLO, &attr_set_node, NULL, NULL);
}
