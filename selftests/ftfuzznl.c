// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftfuzznl: requests of every kind to the netlink family, made from the policies
 * that the kernel tells: attributes as they should be, at the edge, of another
 * length, twice, unknown, nested wrongly, cut. In two namespaces of its own with
 * a link between them, protected connections and a reader of events that does
 * not read, all of which the requests put out of order and which are made anew
 * from time to time.
 *
 *	ftfuzznl [-s SEED] [-t SECONDS] [-n REQUESTS]
 *
 * Every request has to be answered, and in the end nothing may be left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "ftsock.h"
#include "fuzznet.h"
#include "fuzznode.h"
#include "nlpolicy.h"
#include "nlreq.h"
#include "rnd.h"

#define PORT		5000
#define PAIRS		3
#define RENEW		300	/* requests from one order to the next */
#define DEPTH_MAX	4

struct side {
	struct node node;
	int ns;
	int events;		/* joined the group, and never reads */
};

static struct side sides[2];	/* active and backup, at first */
static struct family_policy policy;
static struct rnd rnd;
static uint64_t seed = 1;
static int pairs[PAIRS][2];
static unsigned long sent, accepted, by_cmd[FTTCP_CMD_MAX + 2];

static int failed(const char *what)
{
	printf("failed: %s\nreplay: ftfuzznl -s %" PRIu64 " -n %lu\n", what,
	       seed, sent);
	fflush(stdout);
	return 1;
}

static void stuck(int sig)
{
	(void)sig;
	_exit(failed("a request was not answered"));
}

/* --- what is there to be put out of order -------------------------------- */

static void close_pairs(void)
{
	for (int i = 0; i < PAIRS; i++) {
		if (pairs[i][0] > 0)
			close(pairs[i][0]);
		if (pairs[i][1] > 0)
			close(pairs[i][1]);
		pairs[i][0] = 0;
		pairs[i][1] = 0;
	}
}

static void open_pairs(void)
{
	/* a node that was fenced meanwhile does not answer */
	struct sock_opts ulp = { .ulp = true }, plain = { .connect_ms = 200 };
	struct sockaddr_storage at;
	int i, l;

	sock_addr("10.9.0.1", PORT, &at);
	l = sock_listen(&at, &ulp, PAIRS);
	for (i = 0; l >= 0 && i < PAIRS; i++) {
		plain.ulp = i == 1;
		pairs[i][0] = sock_connect(&at, NULL, &plain);
		if (pairs[i][0] < 0)
			break;
		pairs[i][1] = accept(l, NULL, NULL);
	}
	if (l >= 0)
		close(l);
}

static void use_pairs(void)
{
	char buf[4096] = "";

	for (int i = 0; i < PAIRS; i++) {
		for (int j = 0; j < 2; j++) {
			if (pairs[i][j] <= 0)
				continue;
			send(pairs[i][j], buf, sizeof(buf),
			     MSG_DONTWAIT | MSG_NOSIGNAL);
			recv(pairs[i][j], buf, sizeof(buf), MSG_DONTWAIT);
		}
	}
}

static int open_link(void)
{
	struct sockaddr_storage at;
	struct sock_opts o = {};
	int l, a, b, err;

	sock_addr("10.9.0.2", PORT + 1, &at);
	fuzz_enter(sides[1].ns);
	l = sock_listen(&at, &o, 1);
	fuzz_enter(sides[0].ns);
	a = sock_connect(&at, NULL, &o);
	b = accept(l, NULL, NULL);
	err = node_link_add(&sides[0].node, 1, &a, 1);
	if (!err)
		err = node_link_add(&sides[1].node, 1, &b, 1);
	close(l);
	close(a);
	close(b);
	return err;
}

/* Short times, so that nothing waits long for what will not come. */
static int sane(struct node *n, uint32_t id)
{
	static const uint32_t values[][2] = {
		{ FTTCP_A_NODE_HOLD_MAX_MS, 300 },
		{ FTTCP_A_NODE_HEARTBEAT_MS, 100 },
		{ FTTCP_A_NODE_HEARTBEAT_MISSES, 10 },
		{ FTTCP_A_NODE_ON_BACKUP_LOSS, FTTCP_LOSS_SOLO },
		{ FTTCP_A_NODE_MODE, FTTCP_MODE_SYNC },
	};
	unsigned int i;
	int err = 0;

	if (id)
		node_setting(n, FTTCP_A_NODE_ID, id);
	for (i = 0; i < 5 && !err; i++)
		err = node_setting(n, values[i][0], values[i][1]);
	return err;
}

static int no_policies(struct node *n)
{
	struct request r;
	struct answer ans = {};

	/* ids go on and on; the first of all that there can be are enough */
	for (uint32_t id = 1; id < 400; id++) {
		req_begin(&r, n->family, FTTCP_CMD_POLICY_DEL, 0);
		req_u32(&r, FTTCP_A_POLICY_ID, id);
		if (transact(n->fd, &r, 0, &ans))
			return -EAGAIN;
	}
	return 0;
}

static int reset(bool begin)
{
	int i, err;

	close_pairs();
	for (i = 0; i < 2; i++) {
		err = node_role(&sides[i].node, FTTCP_ROLE_BACKUP);
		if (err == -EAGAIN)
			return err;
		err = node_role(&sides[i].node, FTTCP_ROLE_NONE);
		if (!err)
			err = sane(&sides[i].node, i + 1);
		if (err)
			return err;
		for (uint32_t id = 1; id < 9; id++)
			node_link_del(&sides[i].node, id);
	}
	if (!begin)
		return 0;
	node_role(&sides[0].node, FTTCP_ROLE_ACTIVE);
	node_role(&sides[1].node, FTTCP_ROLE_BACKUP);
	open_link();
	fuzz_enter(sides[0].ns);
	open_pairs();
	return 0;
}

/* --- requests ------------------------------------------------------------ */

static uint64_t some_number(const struct attr_policy *p, unsigned int bytes)
{
	uint64_t max = p->max ? p->max : rnd_edge(&rnd, bytes);

	switch (rnd_below(&rnd, 6)) {
	case 0:
		return max + 1;
	case 1:
		return p->min - 1;
	case 2:		/* descriptors, ids, families, ports */
	case 3:
		return rnd_below(&rnd, 24);
	case 4:
		return bytes == 2 ? PORT + rnd_below(&rnd, 2) :
				    rnd_edge(&rnd, bytes);
	}
	return rnd_range(&rnd, p->min, max > p->min ? max : p->min);
}

static size_t some_bytes(const struct attr_policy *p, unsigned char *out)
{
	static const unsigned char addrs[][4] = {
		{ 10, 9, 0, 1 }, { 10, 9, 0, 2 }, { 0 }, { 127, 0, 0, 1 },
	};
	size_t i, len;

	if (rnd_one_in(&rnd, 2)) {
		memcpy(out, addrs[rnd_below(&rnd, 4)], 4);
		return 4;
	}
	len = rnd_range(&rnd, p->min_len, p->max_len ? p->max_len + 1 : 20);
	for (i = 0; i < len; i++)
		out[i] = rnd_edge(&rnd, 1);
	return len;
}

static size_t some_value(const struct attr_policy *p, unsigned char *out)
{
	static const uint8_t sizes[] = {
		[NL_ATTR_TYPE_U8] = 1, [NL_ATTR_TYPE_S8] = 1,
		[NL_ATTR_TYPE_U16] = 2, [NL_ATTR_TYPE_S16] = 2,
		[NL_ATTR_TYPE_U32] = 4, [NL_ATTR_TYPE_S32] = 4,
		[NL_ATTR_TYPE_U64] = 8, [NL_ATTR_TYPE_S64] = 8,
	};
	size_t len = p->type < sizeof(sizes) ? sizes[p->type] : 0;
	uint64_t v;

	if (p->type == NL_ATTR_TYPE_FLAG)
		len = 0;
	else if (!len)
		return some_bytes(p, out);
	v = some_number(p, len);
	memcpy(out, &v, 8);
	/* of another length than it should be */
	return rnd_one_in(&rnd, 24) ? rnd_below(&rnd, 17) : len;
}

static size_t put_attr(unsigned char *at, size_t room, uint16_t type,
		       const void *data, size_t len)
{
	struct nlattr a = { NLA_HDRLEN + len, type };

	if (NLA_ALIGN((size_t)a.nla_len) > room)
		return 0;
	memset(at, 0, NLA_ALIGN(a.nla_len));
	memcpy(at, &a, sizeof(a));
	memcpy(at + NLA_HDRLEN, data, len);
	return NLA_ALIGN(a.nla_len);
}

static size_t some_attrs(unsigned char *out, size_t room, uint16_t which,
			 int depth);

static size_t some_attr(unsigned char *out, size_t room, uint16_t which,
			uint16_t type, int depth)
{
	static unsigned char bufs[DEPTH_MAX + 1][2048];
	static const struct attr_policy unknown = { .nested = NO_POLICY };
	const struct attr_policy *p = &unknown;
	unsigned char *buf = bufs[depth];
	bool nest;
	size_t len;

	if (which < POLICIES && type < POLICY_ATTRS)
		p = &policy.attrs[which][type];
	nest = p->type == NL_ATTR_TYPE_NESTED ||
	       p->type == NL_ATTR_TYPE_NESTED_ARRAY;
	if (rnd_one_in(&rnd, 40))
		nest = !nest;
	if (nest && depth < DEPTH_MAX)
		len = some_attrs(buf, 512, p->nested, depth + 1);
	else
		len = some_value(p, buf);
	if (nest ? !rnd_one_in(&rnd, 20) : rnd_one_in(&rnd, 40))
		type |= NLA_F_NESTED;
	return put_attr(out, room, type, buf, len);
}

/* Those of a policy, each with a chance; none, some unknown, some twice. */
static size_t some_attrs(unsigned char *out, size_t room, uint16_t which,
			 int depth)
{
	uint32_t chance = 1 + rnd_below(&rnd, 5);
	size_t used = 0;
	uint16_t t;

	for (t = 0; which < policy.nr && t < POLICY_ATTRS; t++) {
		if (!policy.attrs[which][t].type)
			continue;
		while (rnd_one_in(&rnd, chance) && used < room) {
			used += some_attr(out + used, room - used, which, t,
					  depth);
			if (!rnd_one_in(&rnd, depth ? 2 : 12))
				break;
		}
	}
	while (rnd_one_in(&rnd, 10))
		used += some_attr(out + used, room - used, which,
				  rnd_below(&rnd, 70), depth);
	return used;
}

static size_t some_request(struct request *r, uint16_t family)
{
	uint8_t cmd = rnd_one_in(&rnd, 40) ? rnd64(&rnd) :
		      rnd_below(&rnd, FTTCP_CMD_MAX + 2);
	bool dump = rnd_one_in(&rnd, 5);
	uint16_t which = dump ? policy.dump[cmd] : policy.request[cmd];

	/* those of another command, too */
	if (rnd_one_in(&rnd, 30))
		which = rnd_below(&rnd, policy.nr);
	req_begin(r, family, cmd, dump ? NLM_F_DUMP : 0);
	if (rnd_one_in(&rnd, 50))
		r->buf[NLMSG_HDRLEN + 1] = rnd64(&rnd);		/* version */
	r->len += some_attrs(r->buf + r->len, sizeof(r->buf) - r->len, which,
			     0);
	by_cmd[cmd <= FTTCP_CMD_MAX ? cmd : FTTCP_CMD_MAX + 1]++;
	if (!rnd_one_in(&rnd, 50))
		return 0;
	return rnd_below(&rnd, r->len - NLMSG_HDRLEN);
}

static int one_request(void)
{
	struct side *s = &sides[rnd_below(&rnd, 2)];
	struct answer ans = {};
	struct request r;
	size_t cut = some_request(&r, s->node.family);
	uint8_t cmd = r.buf[NLMSG_HDRLEN];

	sent++;
	alarm(60);
	if (transact(s->node.fd, &r, cut, &ans))
		return failed("a request was not answered");
	accepted += !ans.err;
	if (cmd == FTTCP_CMD_NODE_SET && !ans.err && sane(&s->node, 0))
		return failed("the settings cannot be restored");
	return 0;
}

static int requests(unsigned long most, int seconds)
{
	int64_t end = now_ms() + seconds * 1000LL;

	while (sent < most && now_ms() < end) {
		if (sent % RENEW == 0 && reset(true))
			return failed("the nodes cannot be set anew");
		if (sent % (RENEW * 20) == 0 &&
		    (no_policies(&sides[0].node) ||
		     no_policies(&sides[1].node)))
			return failed("a policy cannot be deleted");
		if (one_request())
			return 1;
		if (rnd_one_in(&rnd, 8))
			use_pairs();
	}
	return 0;
}

/* --- beginning and end --------------------------------------------------- */

static int nothing_left(void)
{
	int64_t limit = now_ms() + 20000;
	struct node_info i;

	for (int s = 0; s < 2; s++) {
		do {
			if (node_get(&sides[s].node, &i))
				return failed("a node does not answer");
			usleep(1000);
		} while ((i.replicas || i.conns || i.memory || i.links ||
			  i.listeners) && now_ms() < limit);
		if (i.replicas || i.conns || i.memory || i.links ||
		    i.listeners)
			return failed("something is left");
	}
	return 0;
}

static int side_open(struct side *s)
{
	int err = node_open(&s->node), group;

	if (err)
		return err;
	s->events = nl_open();
	group = nl_group(s->node.fd, FTTCP_MCGRP_EVENTS);
	if (group < 0 || setsockopt(s->events, SOL_NETLINK,
				    NETLINK_ADD_MEMBERSHIP, &group,
				    sizeof(group)))
		return -ENOENT;
	return 0;
}

static int prepare(void)
{
	int i, err = fuzz_net_pair(&sides[0].ns, &sides[1].ns);

	for (i = 1; i >= 0 && !err; i--) {
		fuzz_enter(sides[i].ns);
		err = side_open(&sides[i]);
	}
	if (!err)
		err = nl_policies(sides[0].node.fd, sides[0].node.family,
				  &policy);
	return err;
}

int main(int argc, char **argv)
{
	unsigned long most = -1UL;
	int c, i, err, seconds = 10;

	while ((c = getopt(argc, argv, "s:t:n:")) != -1) {
		if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 't')
			seconds = atoi(optarg);
		else if (c == 'n')
			most = strtoul(optarg, NULL, 0), seconds = 3600;
		else
			return 1;
	}
	signal(SIGALRM, stuck);
	signal(SIGPIPE, SIG_IGN);
	rnd.s = seed;
	err = prepare();
	if (err) {
		fprintf(stderr, "ftfuzznl: %s\n", strerror(-err));
		return 1;
	}
	err = requests(most, seconds);
	if (!err)
		err = reset(false) ? failed("the nodes cannot be set anew") :
				     nothing_left();
	printf("seed=%" PRIu64 " requests=%lu accepted=%lu policies=%u commands=",
	       seed, sent, accepted, policy.nr);
	for (i = 0; i <= FTTCP_CMD_MAX + 1; i++)
		printf("%lu%c", by_cmd[i], i > FTTCP_CMD_MAX ? '\n' : ',');
	return err;
}
