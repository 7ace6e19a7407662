// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "audit": whether the replicas are what they should be.
 */
#include "nl.h"

#define AUDIT(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_AUDIT_##_TYPE, _name, _kind, fttcp_audit, _member)

static const struct attr_field audit_fields[] = {
	AUDIT(NUMBER, "number", ATTR_U64, number),
	AUDIT(RESULT, "result", ATTR_U32, result),
	AUDIT(CONNS, "conns", ATTR_U32, conns),
	AUDIT(BYTES, "bytes", ATTR_U64, bytes),
	AUDIT(DIFFERING, "differing", ATTR_U32, differing),
	AUDIT(SKIPPED, "skipped", ATTR_U32, skipped),
	AUDIT(STALE, "stale", ATTR_U32, stale),
	AUDIT(BEGAN_NS, "began-ns", ATTR_U64, began_ns),
	AUDIT(TOOK_MS, "took-ms", ATTR_U32, took_ms),
	AUDIT(WHY, "why", ATTR_TEXT, why),
	{ 0 },
};

const struct attr_set attr_set_audit = {
	.fields = audit_fields,
	.size = sizeof(struct fttcp_audit),
};

int fttcp_audit_get(struct fttcp_nl *nl, struct fttcp_audit *audit)
{
	return nl_do(nl, FTTCP_CMD_AUDIT_GET, &attr_set_audit, NULL, audit);
}

int fttcp_audit_start(struct fttcp_nl *nl, struct fttcp_audit *audit)
{
	return nl_do(nl, FTTCP_CMD_AUDIT, &attr_set_audit, NULL, audit);
}
