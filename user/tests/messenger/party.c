// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the two clients of a test of messengers. See party.h.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <time.h>

#include <linux/fttcp.h>

#include "party.h"

#define WINDOW		32

struct party a, b;

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void reach(struct party *p)
{
	struct fttcp_client_who who = {
		.name = "bgp", .task = 0x17, .path = node_socket(p->node),
		.encoding = p->encoding,
	};
	char error[FTTCP_PACKET_TEXT];
	int rc;

	if (p->handle && fttcp_client_fd(p->handle) >= 0)
		return;
	rc = p->handle ? fttcp_client_reopen(p->handle, error) :
			 fttcp_client_open(&p->handle, &who, error);
	if (rc && rc != -ENOTCONN && rc != -ECONNRESET && rc != -EBUSY)
		fail_msg("node %d: %s (%s)", p->node, strerror(-rc), error);
}

void leave(struct party *p)
{
	fttcp_client_close(p->handle);
	p->handle = NULL;
}

/* The n-th message is the number n, so it can be said again. */
static void speak(struct party *p)
{
	char text[24];
	uint64_t next;

	while (p->handle && fttcp_client_fd(p->handle) >= 0) {
		next = fttcp_client_next(p->handle, NULL);
		if (next > p->target || next > p->kept + WINDOW)
			return;
		snprintf(text, sizeof(text), "%llu", (unsigned long long)next);
		if (fttcp_client_send(p->handle, 1, 0, text, strlen(text)))
			return;
	}
}

static void take_delivery(struct party *p, const struct fttcp_packet *packet)
{
	char text[24];

	if (p->bytes) {
		p->got++;
		p->body = *packet;
		memcpy(p->room, packet->body, packet->size < 16 ?
		       packet->size : 16);
		fttcp_client_done(p->handle, packet->id);
		return;
	}
	snprintf(text, sizeof(text), "%.*s", (int)packet->size,
		 (const char *)packet->body);
	/* once, and in order, but for what went to the error store */
	p->got += p->got + 1 == p->hole;
	assert_int_equal(strtoull(text, NULL, 10), packet->seq);
	assert_int_equal(packet->seq, p->got + 1);
	p->got++;
	p->again += !!(packet->flags & FTTCP_PF_AGAIN);
	p->late += !!(packet->flags & FTTCP_PF_LATE);
	if (!p->mute)
		fttcp_client_done(p->handle, packet->id);
}

static void take_kept(struct party *p, const struct fttcp_packet *packet)
{
	if (packet->seq > p->kept)
		p->kept = packet->seq;
	if (packet->state >= FTTCP_MSG_STAGED && packet->seq > p->staged)
		p->staged = packet->seq;
	if (packet->state == FTTCP_MSG_ACKNOWLEDGED && packet->seq > p->acked)
		p->acked = packet->seq;
}

static void take(struct party *p, const struct fttcp_packet *packet)
{
	switch (packet->type) {
	case FTTCP_P_DELIVER:
		take_delivery(p, packet);
		break;
	case FTTCP_P_KEPT:
		take_kept(p, packet);
		break;
	case FTTCP_P_REPLICATE:
		p->rounds++;
		p->kept = 0;
		p->staged = 0;
		p->acked = 0;
		break;
	case FTTCP_P_FAILED:
		p->failed = packet->error;
		break;
	case FTTCP_P_NODE:
		p->role = packet->role;
		p->role_at = p->got;
		break;
	default:
		break;
	}
}

static void listen_to(struct party *p)
{
	struct fttcp_packet packet;

	while (p->handle && !fttcp_client_read(p->handle, &packet))
		take(p, &packet);
}

/* One look at everything, and a little wait. */
void turn(void)
{
	struct pollfd pfd[2] = {
		{ .fd = a.handle ? fttcp_client_fd(a.handle) : -1,
		  .events = POLLIN },
		{ .fd = b.handle ? fttcp_client_fd(b.handle) : -1,
		  .events = POLLIN },
	};

	poll(pfd, 2, 2);
	speak(&a);
	speak(&b);
	listen_to(&a);
	listen_to(&b);
}

/* The same, and everybody who is gone comes back. */
bool again(void)
{
	int i;

	for (i = 0; i < 2; i++)
		if (node_died(i)) {
			node[i].shared->nth = 0;
			node_start(i);
		}
	reach(&a);
	reach(&b);
	return true;
}

int parties_setup(void **state)
{
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	b.node = 1;
	return nodes_setup(state);
}

int parties_teardown(void **state)
{
	leave(&a);
	leave(&b);
	return nodes_teardown(state);
}

void both_here(void)
{
	run_until(again() && a.handle && fttcp_client_fd(a.handle) >= 0 &&
		  b.handle && fttcp_client_fd(b.handle) >= 0);
}

int64_t count(int i, uint32_t states, enum fttcp_repo_errors errors)
{
	static const struct fttcp_repo_limits none;
	char aside[PATH_MAX], err[FTTCP_REPO_ERROR];
	struct fttcp_repo_filter filter = {
		.states = states, .errors = errors,
	};
	struct fttcp_repo *repo;
	int64_t n;

	if (fttcp_repo_open(&repo, node_repo(i), FTTCP_REPO_TOOL, &none, aside,
			    err))
		fail_msg("%s", err);
	n = fttcp_repo_count(repo, &filter);
	fttcp_repo_close(repo);
	return n;
}

void count_in(int i, uint32_t states, enum fttcp_repo_errors errors,
	      int64_t wanted)
{
	assert_int_equal(count(i, states, errors), wanted);
}
