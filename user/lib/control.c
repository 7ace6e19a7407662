// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Client of fttcpd's control socket. See fttcp-control.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fttcp-control.h"

struct fttcp_control {
	int fd;
	int id;
	char buf[FTTCP_CONTROL_MAX + 1];
};

/*
 * The socket is a file, and files are not per network namespace: a daemon of
 * another namespace must not be told to promote. Where /proc does not tell, the
 * daemon is believed to be ours.
 */
static bool same_netns(int fd)
{
	socklen_t len = sizeof(struct ucred);
	struct stat ours, theirs;
	struct ucred cred;
	char path[64];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ||
	    cred.pid <= 0)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", cred.pid);
	if (stat(path, &theirs) || stat("/proc/self/ns/net", &ours))
		return true;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static int control_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		err = -errno;
	else if (!same_netns(fd))
		err = -EXDEV;
	else
		return fd;
	close(fd);
	return err;
}

int fttcp_control_open(struct fttcp_control **out, const char *path)
{
	struct fttcp_control *control;
	int fd;

	fd = control_connect(path ? path : FTTCP_CONTROL_PATH);
	if (fd == -ENOENT || fd == -ECONNREFUSED || fd == -ENOTDIR)
		return -ENOTCONN;
	if (fd < 0)
		return fd;
	control = calloc(1, sizeof(*control));
	if (!control) {
		close(fd);
		return -ENOMEM;
	}
	control->fd = fd;
	*out = control;
	return 0;
}

void fttcp_control_close(struct fttcp_control *control)
{
	if (!control)
		return;
	close(control->fd);
	free(control);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* One packet into control->buf, NUL-terminated. */
static int packet_receive(struct fttcp_control *control, int64_t deadline)
{
	struct pollfd pfd = { .fd = control->fd, .events = POLLIN };
	int64_t left = -1;
	ssize_t n;
	int ret;

	do {
		if (deadline >= 0) {
			left = deadline - now_ms();
			if (left < 0)
				left = 0;
		}
		ret = poll(&pfd, 1, left);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	do {
		n = recv(control->fd, control->buf, FTTCP_CONTROL_MAX, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return -ECONNRESET;
	control->buf[n] = '\0';
	return 0;
}

static int answer_errno(struct json_object *answer)
{
	struct json_object *value;
	int err;

	if (!json_object_object_get_ex(answer, "ok", &value))
		return -EBADMSG;
	if (json_object_get_boolean(value))
		return 0;
	if (!json_object_object_get_ex(answer, "errno", &value))
		return -EREMOTEIO;
	err = json_object_get_int(value);
	return err > 0 ? -err : -EREMOTEIO;
}

/* Packets until the one that answers id: what else comes is not for us. */
static int answer_receive(struct fttcp_control *control, int64_t deadline,
			  struct json_object **answer)
{
	struct json_object *object, *id;
	int err;

	for (;;) {
		err = packet_receive(control, deadline);
		if (err)
			return err;
		object = json_tokener_parse(control->buf);
		if (!json_object_is_type(object, json_type_object)) {
			json_object_put(object);
			return -EBADMSG;
		}
		if (json_object_object_get_ex(object, "id", &id) &&
		    json_object_get_int(id) == control->id)
			break;
		json_object_put(object);
	}
	*answer = object;
	return answer_errno(object);
}

int fttcp_control_request(struct fttcp_control *control,
			  struct json_object *request,
			  struct json_object **answer, int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	const char *text;

	*answer = NULL;
	json_object_object_add(request, "id",
			       json_object_new_int(++control->id));
	text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	if (!text)
		return -ENOMEM;
	if (send(control->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return errno == EPIPE ? -ECONNRESET : -errno;
	return answer_receive(control, deadline, answer);
}
