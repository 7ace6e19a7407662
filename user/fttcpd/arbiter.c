// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the witness: its socket, its file, and its life. What it decides is lease.c's.
 *
 * What it has granted is on the disk before it is said, so a restart grants nothing
 * twice. What it does not know after one is what an operator has decided meanwhile: it
 * is told that before it grants anything (FTTCP_WITNESS_START_MS).
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "arbiter.h"
#include "daemon.h"
#include "event.h"
#include "keeper.h"
#include "log.h"
#include "notify.h"

/* Datagrams read in one go: a signal wants to be seen as well. */
#define TURN		16

static const char * const end_name[] = {
	[FTTCPD_LEASE_UNUSED] = "not used",
	[FTTCPD_LEASE_GONE] = "not active any more",
	[FTTCPD_LEASE_SHARED] = "both nodes have everything",
};

/* Return: 0, or why @next is not the lease now. */
static int keep(struct fttcpd_arbiter *a, const struct fttcpd_lease *next)
{
	char text[FTTCPD_LEASE_TEXT];
	int rc;

	if (!memcmp(next, &a->lease, sizeof(*next)))
		return 0;
	rc = fttcpd_keeper_write(a->conf.witness_state,
				 fttcpd_lease_text(next, text));
	if (rc)
		fttcpd_evt_lease_not_kept(a->conf.witness_state, strerror(-rc));
	else
		a->lease = *next;
	return rc;
}

static uint8_t grant(struct fttcpd_arbiter *a, const struct fttcpd_ask *ask)
{
	struct fttcpd_lease next = a->lease;
	enum fttcpd_verdict verdict = FTTCPD_LEASE_GRANTED;
	bool claimed = ask->what == FTTCPD_ASK_CLAIM;
	bool decided = claimed || ask->what == FTTCPD_ASK_ALONE;
	uint64_t before = a->lease.number;

	if (!decided && fttcpd_now_ms() < a->open_ms)
		return FTTCPD_ASK_STATUS;
	if (claimed)
		fttcpd_lease_claim(&next, ask->node);
	else
		verdict = fttcpd_lease_ask(&next, ask->node, ask->what ==
					   FTTCPD_ASK_GO_ON_WITH);
	if (verdict != FTTCPD_LEASE_GRANTED)
		return verdict == FTTCPD_LEASE_HELD ? FTTCPD_ASK_HELD :
						      FTTCPD_ASK_STALE;
	if (keep(a, &next))
		return FTTCPD_ASK_CANNOT;
	if (next.number != before)
		fttcpd_evt_lease_given(next.number, ask->node, claimed ?
				       "an operator said so" : "it has asked");
	return FTTCPD_ASK_GRANTED;
}

static uint8_t take_back(struct fttcpd_arbiter *a, const struct fttcpd_ask *ask)
{
	enum fttcpd_end end = ask->what - FTTCPD_ASK_UNUSED +
			      FTTCPD_LEASE_UNUSED;
	struct fttcpd_lease next = a->lease;

	if (!fttcpd_lease_return(&next, ask->node, ask->lease, end))
		return FTTCPD_ASK_STATUS;
	if (keep(a, &next))
		return FTTCPD_ASK_CANNOT;
	fttcpd_evt_lease_free(next.number, ask->node, end_name[end]);
	return FTTCPD_ASK_STATUS;
}

static uint8_t decide(struct fttcpd_arbiter *a, const struct fttcpd_ask *ask)
{
	switch (ask->what) {
	case FTTCPD_ASK_GO_ON:
	case FTTCPD_ASK_GO_ON_WITH:
	case FTTCPD_ASK_ALONE:
	case FTTCPD_ASK_CLAIM:
		return grant(a, ask);
	case FTTCPD_ASK_UNUSED:
	case FTTCPD_ASK_GONE:
	case FTTCPD_ASK_SHARED:
		return take_back(a, ask);
	default:
		return FTTCPD_ASK_STATUS;
	}
}

static void refuse(struct fttcpd_arbiter *a, const struct fttcp_endpoint *from,
		   const char *what)
{
	char who[FTTCP_ADDR_STRLEN];

	a->refused++;
	fttcpd_evt_security_viol(fttcp_endpoint_format(from, who), what,
				 "the witness");
}

/* Return: NULL for a third one. */
static struct fttcpd_arbiter_node *find(struct fttcpd_arbiter *a, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < FTTCP_WITNESS_NODES; i++) {
		if (a->node[i].id == id)
			return &a->node[i];
		if (a->node[i].id)
			continue;
		a->node[i].id = id;
		while (!a->node[i].hearing.nonce)
			if (fttcpd_auth_nonce(&a->node[i].hearing.nonce,
					      sizeof(uint64_t)))
				a->node[i].hearing.nonce =
					fttcpd_monotonic_us();
		return &a->node[i];
	}
	return NULL;
}

/* Return: whether the datagram is of one of the two, and said now, or by who has to
 * hear first that this is now.
 */
static bool understand(struct fttcpd_arbiter *a,
		       const struct fttcp_endpoint *from, const uint8_t *bytes,
		       size_t len, struct fttcpd_ask *ask)
{
	if (fttcpd_ask_unpack(ask, bytes, len)) {
		a->malformed++;
		return false;
	}
	if (!fttcpd_auth_verify(&a->auth, FTTCPD_ASK_LABEL, bytes,
				FTTCPD_ASK_BODY, bytes + FTTCPD_ASK_BODY)) {
		refuse(a, from, "a question with a wrong key");
		return false;
	}
	if (ask->what >= FTTCPD_ASK_STATUS) {
		refuse(a, from, "an answer of a witness");
		return false;
	}
	if (!find(a, ask->node)) {
		refuse(a, from, "to be a third node");
		return false;
	}
	return true;
}

/* Return: what to answer, FTTCPD_ASK_WHATS for nothing. */
static uint8_t hear(struct fttcpd_arbiter *a, const struct fttcp_endpoint *from,
		    const struct fttcpd_ask *ask)
{
	struct fttcpd_arbiter_node *node = find(a, ask->node);

	switch (fttcpd_beat_hear(&node->hearing, &ask->beat,
				 fttcpd_now_ms(), FTTCP_WITNESS_SILENT_MS)) {
	case FTTCPD_HEARD_LIVE:
		return decide(a, ask);
	case FTTCPD_HEARD_GREETING:
		return FTTCPD_ASK_STATUS;
	case FTTCPD_HEARD_REPLAYED:
		refuse(a, from, "a question again that was heard before");
		return FTTCPD_ASK_WHATS;
	default:
		a->late++;
		return FTTCPD_ASK_WHATS;
	}
}

static void answer(struct fttcpd_arbiter *a, const struct sockaddr_storage *ss,
		   socklen_t len, uint32_t node, uint8_t what)
{
	struct fttcpd_ask ask = {
		.what = what, .node = node, .lease = a->lease.number,
		.owner = a->lease.owner, .last = a->lease.last,
	};
	uint8_t bytes[FTTCPD_ASK_LEN];

	fttcpd_beat_number(&find(a, node)->hearing, &ask.beat);
	fttcpd_ask_pack(&ask, bytes);
	if (fttcpd_auth_sign(&a->auth, FTTCPD_ASK_LABEL, bytes, FTTCPD_ASK_BODY,
			     bytes + FTTCPD_ASK_BODY))
		return;
	/* what is lost is asked for again */
	if (sendto(a->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (void *)ss,
		   len) == sizeof(bytes))
		a->answered++;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fttcpd_arbiter *a = w->data;
	uint8_t bytes[FTTCPD_ASK_LEN + 1], what;
	struct fttcp_endpoint from;
	struct sockaddr_storage ss;
	struct fttcpd_ask ask;
	socklen_t len;
	ssize_t n;
	int i;

	(void)loop;
	(void)revents;
	for (i = 0; i < TURN; i++) {
		len = sizeof(ss);
		n = recvfrom(a->fd, bytes, sizeof(bytes), MSG_DONTWAIT,
			     (struct sockaddr *)&ss, &len);
		/* an error is that of an answer: nobody listens there */
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			continue;
		fttcpd_endpoint_of(&ss, &from);
		if (!understand(a, &from, bytes, n, &ask))
			continue;
		what = hear(a, &from, &ask);
		if (what != FTTCPD_ASK_WHATS)
			answer(a, &ss, len, ask.node, what);
	}
}

/* No file: nothing was granted yet, and it shows now whether one can be written. */
static int read_lease(struct fttcpd_arbiter *a)
{
	const char *path = a->conf.witness_state;
	char text[FTTCPD_LEASE_TEXT] = "";
	FILE *f = fopen(path, "re");
	int rc;

	if (!f && errno == ENOENT) {
		rc = fttcpd_keeper_write(path,
					 fttcpd_lease_text(&a->lease, text));
		if (rc)
			log_err("%s: cannot be written: %s; name a file in a "
				"directory that fttcpd may write", path,
				strerror(-rc));
		return rc;
	}
	rc = f ? 0 : -errno;
	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		rc = fttcpd_lease_parse(&a->lease, text);
		fclose(f);
	}
	if (rc)
		log_err("%s: %s; it says to whom the lease was given: put it "
			"back, or see that one node at most is active, then "
			"remove it", path, rc == -EINVAL ?
			"is not what the witness has written" : strerror(-rc));
	return rc;
}

static int open_socket(struct fttcpd_arbiter *a)
{
	struct sockaddr_storage ss;
	socklen_t len = fttcp_endpoint_sockaddr(&a->conf.witness_listen, &ss);
	char buf[FTTCP_ADDR_STRLEN];
	int rc;

	fttcp_endpoint_format(&a->conf.witness_listen, buf);
	a->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0);
	rc = a->fd < 0 || bind(a->fd, (struct sockaddr *)&ss, len) ? -errno : 0;
	if (rc) {
		log_err("[witness] listen: cannot use %s: %s; give this "
			"machine the address, or change it", buf, strerror(-rc));
		return rc;
	}
	fttcpd_evt_witness_serves(buf, a->lease.number, a->lease.owner);
	return 0;
}

/**
 * fttcpd_arbiter_open() - begin to answer
 * @a:		witness with its loop, configuration and keys, all else zero
 *
 * Return: 0 or a negative errno; why was logged.
 */
int fttcpd_arbiter_open(struct fttcpd_arbiter *a)
{
	int rc;

	a->fd = -1;
	rc = read_lease(a);
	if (!rc)
		rc = open_socket(a);
	if (rc) {
		fttcpd_arbiter_close(a);
		return rc;
	}
	ev_io_init(&a->io, on_readable, a->fd, EV_READ);
	a->io.data = a;
	a->open_ms = fttcpd_now_ms() + FTTCP_WITNESS_START_MS;
	ev_io_start(a->loop, &a->io);
	return 0;
}

/** fttcpd_arbiter_close() - answer nobody */
void fttcpd_arbiter_close(struct fttcpd_arbiter *a)
{
	if (a->fd < 0)
		return;
	if (ev_is_active(&a->io))
		ev_io_stop(a->loop, &a->io);
	close(a->fd);
	a->fd = -1;
}

static void on_stop(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)revents;
	fttcpd_notify("STOPPING=1");
	fttcpd_evt_daemon_ends(strsignal(w->signum));
	ev_break(loop, EVBREAK_ALL);
}

static void serve(struct fttcpd_arbiter *a)
{
	ev_signal_init(&a->term, on_stop, SIGTERM);
	ev_signal_init(&a->intr, on_stop, SIGINT);
	ev_signal_start(a->loop, &a->term);
	ev_signal_start(a->loop, &a->intr);
	fttcpd_notify("READY=1\nSTATUS=witness");
	ev_run(a->loop, 0);
}

/**
 * fttcpd_arbiter_run() - all of the witness's life
 * @path:	its configuration
 * @check:	look at that and at the key, and end
 *
 * Return: 0 after a signal, -EINVAL for what trying again does not help, or another
 * negative errno; why was logged.
 */
int fttcpd_arbiter_run(const char *path, bool check)
{
	static struct fttcpd_arbiter a;	/* because of its size */
	char err[FTTCPD_CONF_ERROR];
	int rc;

	if (fttcpd_conf_read_witness(path, &a.conf, err)) {
		log_err("%s", err);
		return -EINVAL;
	}
	rc = fttcpd_auth_read(a.conf.witness_key, &a.auth, err);
	if (rc) {
		log_err("%s: [witness] key-file: %s", path, err);
		return -EINVAL;
	}
	if (check)
		goto out;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fttcpd_event_init();
	a.loop = ev_loop_new(EVFLAG_AUTO);
	rc = a.loop ? fttcpd_arbiter_open(&a) : -ENOMEM;
	if (!rc) {
		serve(&a);
		fttcpd_arbiter_close(&a);
	}
	if (a.loop)
		ev_loop_destroy(a.loop);
	fttcpd_event_exit();
out:
	fttcpd_auth_forget(&a.auth);
	return rc;
}
