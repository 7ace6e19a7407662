// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A client's side of fttcpd's socket for clients. See fttcp-client.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fttcp-client.h"

/* fttcpd answers a registration when its disk has. */
#define WELCOME_MS 30000

/**
 * struct fttcp_client - one registration
 * @fd: connected socket, or -1
 * @name: of the client
 * @task: of the client
 * @encoding: what it reads
 * @path: of the socket
 * @repo: of the fttcpd that it is registered with
 * @inc: incarnation of its stream
 * @next: number of the next message
 * @done: last delivery that was worked off
 * @buf: one packet
 */
struct fttcp_client {
	int fd;
	char name[FTTCP_CLIENT_NAME];
	uint32_t task;
	uint32_t encoding;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char repo[FTTCP_PACKET_REPO];
	uint64_t inc;
	uint64_t next;
	uint64_t done;
	uint8_t buf[FTTCP_PACKET_MAX];
};

static void broken(struct fttcp_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

static int try_to_say(struct fttcp_client *client, const struct fttcp_packet *p)
{
	uint8_t buf[FTTCP_PACKET_MAX];
	int len = fttcp_packet_encode(p, buf);

	if (len < 0)
		return len;
	if (client->fd < 0)
		return -ECONNRESET;
	if (send(client->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) == len)
		return 0;
	if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
		return -EAGAIN;
	return -ECONNRESET;
}

static int say(struct fttcp_client *client, const struct fttcp_packet *p)
{
	int rc = try_to_say(client, p);

	if (rc == -ECONNRESET)
		broken(client);
	return rc;
}

static int wait_readable(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int rc;

	do {
		rc = poll(&pfd, 1, ms);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	return rc ? 0 : -ETIMEDOUT;
}

static int welcome(struct fttcp_client *client, char *error)
{
	struct fttcp_packet p;
	int rc;

	rc = wait_readable(client->fd, WELCOME_MS);
	if (!rc)
		rc = fttcp_client_read(client, &p);
	if (rc)
		return rc;
	if (p.type == FTTCP_P_REFUSED) {
		snprintf(error, FTTCP_PACKET_TEXT, "%s", p.text);
		return p.error ? -(int)p.error : -EREMOTEIO;
	}
	if (p.type != FTTCP_P_WELCOME)
		return -EBADMSG;
	/* another repository numbers deliveries anew */
	if (strcmp(client->repo, p.repo))
		client->done = 0;
	memcpy(client->repo, p.repo, sizeof(client->repo));
	client->inc = p.inc;
	client->next = p.seq + 1;
	return 0;
}

static int reach(struct fttcp_client *client)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int rc;

	strcpy(sun.sun_path, client->path);
	client->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return -errno;
	if (!connect(client->fd, (struct sockaddr *)&sun, sizeof(sun)))
		return 0;
	rc = -errno;
	broken(client);
	return rc == -ENOENT || rc == -ECONNREFUSED ? -ENOTCONN : rc;
}

static int enroll(struct fttcp_client *client, bool resume, char *error)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_REGISTER, .task = client->task,
		.encoding = client->encoding,
	};
	int rc;

	error[0] = '\0';
	rc = reach(client);
	if (rc)
		return rc;
	memcpy(p.name, client->name, sizeof(p.name));
	if (resume) {
		p.flags = FTTCP_PF_RESUME;
		memcpy(p.repo, client->repo, sizeof(p.repo));
		p.inc = client->inc;
		p.id = client->done;
	}
	rc = try_to_say(client, &p);
	/* who was refused at the door may have been told why */
	if (!rc || rc == -ECONNRESET)
		rc = welcome(client, error);
	if (rc)
		broken(client);
	return rc;
}

int fttcp_client_open(struct fttcp_client **out,
		      const struct fttcp_client_who *who, char *error)
{
	const char *path = who->path ? who->path : FTTCP_CLIENT_PATH;
	struct fttcp_client *client;
	int rc;

	error[0] = '\0';
	if (!fttcp_client_name_ok(who->name) ||
	    strlen(path) >= sizeof(client->path))
		return -EINVAL;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->fd = -1;
	strcpy(client->name, who->name);
	strcpy(client->path, path);
	client->task = who->task;
	client->encoding = who->encoding;
	rc = enroll(client, false, error);
	if (rc)
		free(client);
	else
		*out = client;
	return rc;
}

int fttcp_client_reopen(struct fttcp_client *client, char *error)
{
	broken(client);
	return enroll(client, true, error);
}

void fttcp_client_close(struct fttcp_client *client)
{
	if (!client)
		return;
	broken(client);
	free(client);
}

int fttcp_client_fd(const struct fttcp_client *client)
{
	return client->fd;
}

uint64_t fttcp_client_next(const struct fttcp_client *client, uint64_t *inc)
{
	if (inc)
		*inc = client->inc;
	return client->next;
}

int fttcp_client_send(struct fttcp_client *client, uint32_t kind,
		      uint32_t encoding, const void *body, size_t size)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_MESSAGE, .inc = client->inc,
		.seq = client->next, .kind = kind, .encoding = encoding,
		.body = body, .size = size,
	};
	int rc;

	if (size > FTTCP_MSG_MAX)
		return -EMSGSIZE;
	rc = say(client, &p);
	if (!rc)
		client->next++;
	return rc;
}

int fttcp_client_complete(struct fttcp_client *client)
{
	struct fttcp_packet p = {
		.type = FTTCP_P_COMPLETE, .inc = client->inc,
		.seq = client->next - 1,
	};

	return say(client, &p);
}

int fttcp_client_done(struct fttcp_client *client, uint64_t id)
{
	struct fttcp_packet p = { .type = FTTCP_P_DONE, .id = id };

	if (id > client->done)
		client->done = id;
	return say(client, &p);
}

int fttcp_client_read(struct fttcp_client *client, struct fttcp_packet *p)
{
	ssize_t n;

	if (client->fd < 0)
		return -ECONNRESET;
	n = recv(client->fd, client->buf, sizeof(client->buf), MSG_DONTWAIT);
	/* said once, in front of what was said before the end */
	if (n < 0 && errno == ECONNRESET)
		n = recv(client->fd, client->buf, sizeof(client->buf),
			 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0) {
		broken(client);
		return -ECONNRESET;
	}
	if (fttcp_packet_decode(p, client->buf, n)) {
		broken(client);
		return -EBADMSG;
	}
	if (p->type == FTTCP_P_REPLICATE && p->inc > client->inc) {
		client->inc = p->inc;
		client->next = 1;
	} else if (p->type == FTTCP_P_REFUSED && p->inc == client->inc &&
		   p->seq && p->seq < client->next) {
		/* this one and all behind it were not taken */
		client->next = p->seq;
	}
	return 0;
}
