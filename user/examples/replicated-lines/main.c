// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of fttcpd in one file: its state is a list of lines. On the active
 * node it takes them from standard input; on the backup it has what the active
 * has, and goes on from there when that dies. The tests use it, too.
 *
 * What it says on standard output, a line each:
 *   line N TEXT		the N-th line of the state
 *   reset			the state begins anew
 *   active | backup		what this node is
 *   kept N | safe N | done N	lines that are on this node, on both, taken over
 *   complete			all of the state was said
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/fttcp.h>

#include "fttcp-client.h"

#define LINES_MAX	100000
#define RETRY_MS	100

/* States of a message that its client is told of. */
enum { ACCEPTED = 1, STAGED = 9, ACKNOWLEDGED = 21 };

/**
 * struct lines - the program
 * @client:	registration
 * @line:	the state
 * @count:	lines in it
 * @inc:	incarnation of the twin's stream that it came by
 * @origin:	and the repository
 * @active:	this node is the active one
 * @complete:	it was, in this incarnation
 * @ended:	there is no more input
 */
struct lines {
	struct fttcp_client *client;
	char *line[LINES_MAX];
	uint64_t count;
	uint64_t inc;
	char origin[FTTCP_PACKET_REPO];
	bool active;
	bool complete;
	bool ended;
};

static void reset(struct lines *l)
{
	if (l->count)
		puts("reset");
	while (l->count)
		free(l->line[--l->count]);
}

static void add(struct lines *l, const char *text, size_t len)
{
	if (l->count == LINES_MAX)
		return;
	l->line[l->count++] = strndup(text, len);
	printf("line %llu %.*s\n", (unsigned long long)l->count, (int)len, text);
}

/*
 * The n-th message is the n-th line, so whatever was not taken is said again
 * from where fttcp_client_next() stands. What cannot be said now, can later.
 */
static void say(struct lines *l)
{
	const char *text;
	uint64_t next;

	if (!l->active || fttcp_client_fd(l->client) < 0)
		return;
	while ((next = fttcp_client_next(l->client, NULL)) <= l->count) {
		text = l->line[next - 1];
		if (fttcp_client_send(l->client, 0, 0, text, strlen(text)))
			return;
	}
	if (!l->complete && !fttcp_client_complete(l->client)) {
		l->complete = true;
		puts("complete");
	}
}

/*
 * Of an active that has died, and its successor has gone on; or an operator has sent
 * it again, out of a state that has been said anew since.
 */
static bool is_too_late(const struct lines *l, const struct fttcp_packet *p)
{
	return (p->flags & FTTCP_PF_LATE && l->active) ||
	       (p->inc < l->inc && !strcmp(p->repo, l->origin));
}

static void take_line(struct lines *l, const struct fttcp_packet *p)
{
	if (!is_too_late(l, p)) {
		/* a new incarnation is all of the state, from the beginning */
		if (p->inc != l->inc || strcmp(p->repo, l->origin))
			reset(l);
		l->inc = p->inc;
		memcpy(l->origin, p->repo, sizeof(l->origin));
		add(l, (const char *)p->body, p->size);
	}
	fttcp_client_done(l->client, p->id);
}

static void take_role(struct lines *l, bool active)
{
	if (l->active != active)
		puts(active ? "active" : "backup");
	l->active = active;
}

static void take(struct lines *l, const struct fttcp_packet *p)
{
	switch (p->type) {
	case FTTCP_P_DELIVER:
		take_line(l, p);
		break;
	case FTTCP_P_NODE:
		/* said behind all that came from the old active */
		take_role(l, p->role == FTTCP_ROLE_ACTIVE);
		break;
	case FTTCP_P_REPLICATE:
		l->complete = false;
		break;
	case FTTCP_P_KEPT:
		printf("%s %llu\n", p->state == ACCEPTED ? "kept" :
		       p->state == STAGED ? "safe" : "done",
		       (unsigned long long)p->seq);
		break;
	case FTTCP_P_FAILED:
	case FTTCP_P_REFUSED:
		fprintf(stderr, "line %llu: %s\n", (unsigned long long)p->seq,
			p->text);
		break;
	default:
		break;
	}
}

static void hear(struct lines *l)
{
	struct fttcp_packet p;

	while (!fttcp_client_read(l->client, &p))
		take(l, &p);
}

/* What was read is a line when its end was. */
static void read_input(struct lines *l)
{
	static char buf[4096];
	static size_t have;
	ssize_t n = read(STDIN_FILENO, buf + have, sizeof(buf) - have);
	char *end;

	if (n <= 0) {
		l->ended = true;
		return;
	}
	have += n;
	while ((end = memchr(buf, '\n', have))) {
		if (l->active)
			add(l, buf, end - buf);
		have -= end + 1 - buf;
		memmove(buf, end + 1, have);
	}
	if (have == sizeof(buf))
		have = 0;
}

/* The connection is broken while fttcpd is started again, for example. */
static void come_back(struct lines *l)
{
	char error[FTTCP_PACKET_TEXT];
	uint64_t before, now;

	fttcp_client_next(l->client, &before);
	if (fttcp_client_reopen(l->client, error)) {
		usleep(RETRY_MS * 1000);
		return;
	}
	fttcp_client_next(l->client, &now);
	if (now != before)
		l->complete = false;
}

static void run(struct lines *l)
{
	struct pollfd pfd[2];

	for (;;) {
		if (fttcp_client_fd(l->client) < 0)
			come_back(l);
		pfd[0].fd = fttcp_client_fd(l->client);
		pfd[0].events = POLLIN;
		pfd[1].fd = l->ended || !l->active ? -1 : STDIN_FILENO;
		pfd[1].events = POLLIN;
		if (poll(pfd, 2, RETRY_MS) < 0 && errno != EINTR)
			return;
		if (pfd[1].fd >= 0 && pfd[1].revents)
			read_input(l);
		hear(l);
		say(l);
	}
}

int main(int argc, char **argv)
{
	struct fttcp_client_who who = { .name = "lines", .task = 0x11e5 };
	static struct lines l;
	char error[FTTCP_PACKET_TEXT];
	int c, rc;

	while ((c = getopt(argc, argv, "s:n:t:")) != -1) {
		if (c == 's')
			who.path = optarg;
		else if (c == 'n')
			who.name = optarg;
		else if (c == 't')
			who.task = strtoul(optarg, NULL, 0);
		else
			goto usage;
	}
	if (optind < argc)
		goto usage;
	setvbuf(stdout, NULL, _IOLBF, 0);
	rc = fttcp_client_open(&l.client, &who, error);
	if (rc) {
		fprintf(stderr, "replicated-lines: %s\n",
			*error ? error : strerror(-rc));
		return 1;
	}
	run(&l);
	return 1;
usage:
	fputs("Usage: replicated-lines [-s SOCKET] [-n NAME] [-t TASK]\n",
	      stderr);
	return 2;
}
