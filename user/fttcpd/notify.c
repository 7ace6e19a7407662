// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the words to the service manager. The socket is opened for each
 * message: there are few of them, and a manager that was restarted is found.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notify.h"

/**
 * fttcpd_notify_address() - the socket address behind $NOTIFY_SOCKET
 * @path:	its value: a path, or "@" and an abstract name
 * @sun:	filled in
 * @len:	length of what is in @sun
 *
 * Return: 0, or -EINVAL for anything else.
 */
int fttcpd_notify_address(const char *path, struct sockaddr_un *sun,
			  socklen_t *len)
{
	size_t n = strlen(path);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if ((path[0] != '/' && path[0] != '@') || n < 2 ||
	    n >= sizeof(sun->sun_path))
		return -EINVAL;
	memcpy(sun->sun_path, path, n);
	if (path[0] == '@')
		sun->sun_path[0] = '\0';
	/* An abstract name has no terminating zero, a path has one. */
	*len = offsetof(struct sockaddr_un, sun_path) + n +
	       (path[0] == '/' ? 1 : 0);
	return 0;
}

/**
 * fttcpd_notify() - tell the service manager
 * @fmt:	as printf: lines of NAME=value
 */
void fttcpd_notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun;
	char text[512];
	socklen_t len;
	va_list ap;
	int fd;

	if (!path || fttcpd_notify_address(path, &sun, &len))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	       (struct sockaddr *)&sun, len);
	close(fd);
}

/**
 * fttcpd_notify_watchdog_us() - how often the manager wants a sign of life
 *
 * Return: microseconds, 0 for never.
 */
uint64_t fttcpd_notify_watchdog_us(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10);
}
