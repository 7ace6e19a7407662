// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The events of the namespace: subscription, order, and knowing what is lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "nl.h"

/* Room for a burst: every connection changing its state at once. */
#define EVENTS_RCVBUF (4 << 20)

#define EVENT(_TYPE, _name, _kind, _member) \
	ATTR(FTTCP_A_EVENT_##_TYPE, _name, _kind, fttcp_event, _member)

static const struct attr_field event_fields[] = {
	EVENT(SEQ, "seq", ATTR_U64, seq),
	EVENT(ID, "id", ATTR_U32, id),
	EVENT(NAME, "name", ATTR_TEXT, name),
	EVENT(SEVERITY, "severity", ATTR_U32, severity),
	EVENT(OBJECT, "object", ATTR_U32, object),
	EVENT(ACTION, "action", ATTR_U32, action),
	EVENT(TEXT, "text", ATTR_TEXT, text),
	EVENT(TIME_NS, "time-ns", ATTR_U64, time_ns),
	EVENT(LINK_ID, "link-id", ATTR_U32, link_id),
	EVENT(CONN_ID, "conn-id", ATTR_U64, conn_id),
	EVENT(REASON, "reason", ATTR_U32, reason),
	EVENT(EPOCH, "epoch", ATTR_U64, epoch),
	EVENT(STATE, "state", ATTR_U32, state),
	EVENT(ROLE, "role", ATTR_U32, role),
	EVENT(ERRNO, "errno", ATTR_S32, error),
	EVENT(FAMILY, "family", ATTR_U16, family),
	ATTR_ADDRESS(FTTCP_A_EVENT_LOCAL_ADDR, "local-addr", fttcp_event,
		     local.addr),
	EVENT(LOCAL_PORT, "local-port", ATTR_U16, local.port),
	ATTR_ADDRESS(FTTCP_A_EVENT_REMOTE_ADDR, "remote-addr", fttcp_event,
		     remote.addr),
	EVENT(REMOTE_PORT, "remote-port", ATTR_U16, remote.port),
	EVENT(BY_DAEMON, "by-daemon", ATTR_FLAG, by_daemon),
	{ 0 },
};

const struct attr_set attr_set_event = {
	.fields = event_fields,
	.size = sizeof(struct fttcp_event),
};

#define COUNT(_TYPE, _name, _kind, _member)			\
	ATTR(FTTCP_A_EVENT_COUNT_##_TYPE, _name, _kind,		\
	     fttcp_event_count, _member)

static const struct attr_field event_count_fields[] = {
	COUNT(ID, "id", ATTR_U32, id),
	COUNT(NAME, "name", ATTR_TEXT, name),
	COUNT(RAISED, "raised", ATTR_U64, raised),
	COUNT(SUPPRESSED, "suppressed", ATTR_U64, suppressed),
	{ 0 },
};

const struct attr_set attr_set_event_count = {
	.fields = event_count_fields,
	.size = sizeof(struct fttcp_event_count),
};

static int events_join(struct fttcp_nl *nl)
{
	int fd = mnl_socket_get_fd(nl->sock), size = EVENTS_RCVBUF;
	uint32_t group = nl->events_group;

	if (!group)
		return -ENOTSUP;
	/* beyond the sysctl's limit where that is allowed, up to it otherwise */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	return 0;
}

static void event_fix(void *obj)
{
	struct fttcp_event *event = obj;

	if (fttcp_has(event, FTTCP_A_EVENT_LOCAL_ADDR))
		event->local.family = event->family;
	if (fttcp_has(event, FTTCP_A_EVENT_REMOTE_ADDR))
		event->remote.family = event->family;
}

struct event_walk {
	fttcp_event_cb cb;
	fttcp_event_count_cb count;
	void *arg;
};

static int event_cb(const void *obj, void *arg)
{
	const struct event_walk *w = arg;

	return w->cb(obj, w->arg);
}

int fttcp_event_dump(struct fttcp_nl *nl, fttcp_event_cb cb, void *arg)
{
	struct event_walk w = { .cb = cb, .arg = arg };

	return nl_dump(nl, FTTCP_CMD_EVENT_GET, &attr_set_event, event_fix,
		       event_cb, &w);
}

static int count_cb(const void *obj, void *arg)
{
	const struct event_walk *w = arg;

	return w->count(obj, w->arg);
}

int fttcp_event_counts(struct fttcp_nl *nl, fttcp_event_count_cb cb, void *arg)
{
	struct event_walk w = { .count = cb, .arg = arg };

	return nl_dump(nl, FTTCP_CMD_EVENT_COUNT_GET, &attr_set_event_count,
		       NULL, count_cb, &w);
}

int fttcp_event_raise(struct fttcp_nl *nl, const struct fttcp_event *event)
{
	return nl_do(nl, FTTCP_CMD_EVENT_RAISE, &attr_set_event, event, NULL);
}

int fttcp_events_open(struct fttcp_events **out)
{
	struct fttcp_events *ev = calloc(1, sizeof(*ev));
	int err;

	if (!ev)
		return -ENOMEM;
	err = fttcp_nl_open(&ev->nl);
	if (!err)
		err = events_join(ev->nl);
	if (err) {
		fttcp_events_close(ev);
		return err;
	}
	*out = ev;
	return 0;
}

void fttcp_events_close(struct fttcp_events *ev)
{
	if (!ev)
		return;
	fttcp_nl_close(ev->nl);
	free(ev);
}

int fttcp_events_fd(const struct fttcp_events *ev)
{
	return mnl_socket_get_fd(ev->nl->sock);
}

void fttcp_events_sync(struct fttcp_events *ev, uint64_t seq)
{
	ev->last = seq;
	ev->synced = true;
}

/*
 * The event after a gap is handed over too: it happened, and a reader who
 * dumps again loses nothing by having seen it.
 */
static int event_take(struct fttcp_events *ev, const struct nlmsghdr *nlh,
		      fttcp_event_cb cb, void *arg)
{
	struct fttcp_event event;
	bool gap;
	int err;

	err = nl_read(&attr_set_event, nlh, &event);
	if (err)
		return err;
	event_fix(&event);
	if (ev->synced && event.seq <= ev->last)
		return 0;
	gap = ev->synced && event.seq != ev->last + 1;
	fttcp_events_sync(ev, event.seq);
	err = cb(&event, arg);
	if (err)
		return err;
	return gap || event.id == FTTCP_EVT_EVENTS_LOST ? -ENOBUFS : 0;
}

static int events_datagram(struct fttcp_events *ev, int len, fttcp_event_cb cb,
			   void *arg)
{
	const struct nlmsghdr *nlh = (const void *)ev->nl->answer;
	int ret, lost = 0;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type != ev->nl->family ||
		    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
			continue;
		ret = event_take(ev, nlh, cb, arg);
		if (ret == -ENOBUFS)
			lost = ret;
		else if (ret)
			return ret;
	}
	return lost;
}

int fttcp_events_read(struct fttcp_events *ev, fttcp_event_cb cb, void *arg)
{
	int ret, lost = 0;
	ssize_t n;

	for (;;) {
		n = recv(fttcp_events_fd(ev), ev->nl->answer,
			 sizeof(ev->nl->answer), MSG_DONTWAIT);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN)
				return lost;
			/* the socket overran; what is queued is still good */
			if (errno != ENOBUFS)
				return -errno;
			lost = -ENOBUFS;
			continue;
		}
		ret = events_datagram(ev, n, cb, arg);
		if (ret == -ENOBUFS)
			lost = ret;
		else if (ret)
			return ret;
	}
}
