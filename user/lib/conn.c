// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The noun "conn": protected connections, replicas and listeners.
 */
#include <string.h>

#include "nl.h"

#define CONN(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_CONN_##_TYPE, _name, _kind, fttcp_conn, _member)

static const struct attr_field conn_fields[] = {
	CONN(ID, "id", ATTR_U64, id),
	CONN(FAMILY, "family", ATTR_U16, family),
	ATTR_ADDRESS(FTTCP_A_CONN_LOCAL_ADDR, "local-addr", fttcp_conn,
		     local.addr),
	CONN(LOCAL_PORT, "local-port", ATTR_U16, local.port),
	ATTR_ADDRESS(FTTCP_A_CONN_REMOTE_ADDR, "remote-addr", fttcp_conn,
		     remote.addr),
	CONN(REMOTE_PORT, "remote-port", ATTR_U16, remote.port),
	CONN(IFINDEX, "ifindex", ATTR_U32, ifindex),
	CONN(MODE, "mode", ATTR_U32, mode),
	CONN(ORIGIN, "origin", ATTR_U32, origin),
	CONN(ROLE, "role", ATTR_U32, role),
	CONN(STATE, "state", ATTR_U32, state),
	CONN(TCP_STATE, "tcp-state", ATTR_U8, tcp_state),
	CONN(HELD_SEGMENTS, "held-segments", ATTR_U32, held_segments),
	CONN(HELD_BYTES, "held-bytes", ATTR_U64, held_bytes),
	CONN(HELD_MAX_US, "held-max-us", ATTR_U32, held_max_us),
	CONN(TX_SEQ, "tx-seq", ATTR_U32, tx_seq),
	CONN(RX_SEQ, "rx-seq", ATTR_U32, rx_seq),
	CONN(TX_BYTES, "tx-bytes", ATTR_U64, tx_bytes),
	CONN(RX_BYTES, "rx-bytes", ATTR_U64, rx_bytes),
	CONN(BYTES_REFERENCED, "bytes-referenced", ATTR_U64, bytes_referenced),
	CONN(BYTES_COPIED, "bytes-copied", ATTR_U64, bytes_copied),
	CONN(DOWN_REASON, "down-reason", ATTR_U32, down_reason),
	CONN(POLICY_ID, "policy-id", ATTR_U32, policy_id),
	CONN(UNACKED, "unacked", ATTR_U64, unacked),
	CONN(UNREAD, "unread", ATTR_U64, unread),
	CONN(NOT_CARRIED, "not-carried", ATTR_U32, not_carried),
	CONN(ALL, "all", ATTR_FLAG, all),
	{ 0 },
};

const struct attr_set attr_set_conn = {
	.fields = conn_fields,
	.size = sizeof(struct fttcp_conn),
};

/* An end point is there when its address is; the family is told once. */
static void conn_fix(void *obj)
{
	struct fttcp_conn *conn = obj;

	if (fttcp_has(conn, FTTCP_A_CONN_LOCAL_ADDR))
		conn->local.family = conn->family;
	if (fttcp_has(conn, FTTCP_A_CONN_REMOTE_ADDR))
		conn->remote.family = conn->family;
}

/* The scope of a link-local address is the device of the connection. */
static void conn_endpoint(struct fttcp_conn *conn, struct fttcp_endpoint *to,
			  const struct fttcp_endpoint *ep)
{
	*to = *ep;
	conn->family = ep->family;
	fttcp_mark(conn, FTTCP_A_CONN_FAMILY);
	if (!ep->ifindex)
		return;
	conn->ifindex = ep->ifindex;
	fttcp_mark(conn, FTTCP_A_CONN_IFINDEX);
}

void fttcp_conn_local(struct fttcp_conn *conn, const struct fttcp_endpoint *ep)
{
	conn_endpoint(conn, &conn->local, ep);
	fttcp_mark(conn, FTTCP_A_CONN_LOCAL_ADDR);
	fttcp_mark(conn, FTTCP_A_CONN_LOCAL_PORT);
}

void fttcp_conn_remote(struct fttcp_conn *conn, const struct fttcp_endpoint *ep)
{
	conn_endpoint(conn, &conn->remote, ep);
	fttcp_mark(conn, FTTCP_A_CONN_REMOTE_ADDR);
	fttcp_mark(conn, FTTCP_A_CONN_REMOTE_PORT);
}

struct conn_walk {
	fttcp_conn_cb cb;
	void *arg;
};

static int conn_each(const void *obj, void *arg)
{
	const struct conn_walk *w = arg;

	return w->cb(obj, w->arg);
}

int fttcp_conn_dump(struct fttcp_nl *nl, fttcp_conn_cb cb, void *arg)
{
	struct conn_walk w = { .cb = cb, .arg = arg };

	return nl_dump(nl, FTTCP_CMD_CONN_GET, &attr_set_conn, conn_fix,
		       conn_each, &w);
}

int fttcp_conn_attach(struct fttcp_nl *nl, struct fttcp_conn *conn)
{
	struct fttcp_conn answer;
	int err;

	err = nl_do(nl, FTTCP_CMD_CONN_ATTACH, &attr_set_conn, conn, &answer);
	if (err || !fttcp_has(&answer, FTTCP_A_CONN_ID))
		return err;
	conn->id = answer.id;
	fttcp_mark(conn, FTTCP_A_CONN_ID);
	return 0;
}

int fttcp_conn_detach(struct fttcp_nl *nl, const struct fttcp_conn *conn)
{
	return nl_do(nl, FTTCP_CMD_CONN_DETACH, &attr_set_conn, conn, NULL);
}
