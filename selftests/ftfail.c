// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftfail.so: makes one allocation fail inside the system calls that a program
 * makes, with the kernel's fault injection (CONFIG_FAULT_INJECTION).
 *
 * LD_PRELOAD=ftfail.so FTFAIL_NTH=N FTFAIL_CALLS=NAME[,NAME...]
 * FTFAIL_OUT=FILE program ...
 *
 * Counted are the places that can fail within the named calls alone: sendto,
 * sendmsg, recvfrom, recvmsg, setsockopt, accept, accept4, finit_module. FILE
 * gets "injected NAME" when the Nth has failed, and "left N" after each call with
 * fewer, which is how a loop over N knows its end, and how many there are.
 *
 * FTFAIL_STUCK=FILE: while FILE exists, sendto() does not return: in the main thread
 * when "main" is in FILE, in all others when "worker" is. To be ended by a signal.
 *
 * FTFAIL_HANG=FILE: the disk hangs, fsync() does not return, while FILE exists.
 * FTFAIL_WAIT=FILE: epoll_wait() fails while FILE exists. FTFAIL_THREADS=1: no
 * thread can be made.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAIL_NTH	"/proc/thread-self/fail-nth"

static int left = -1;	/* places to go; 0: it has failed; -1: not yet asked */

static bool wanted(const char *call)
{
	const char *calls = getenv("FTFAIL_CALLS"), *nth = getenv("FTFAIL_NTH");
	size_t len = strlen(call);

	if (left < 0)
		left = nth ? atoi(nth) : 0;
	for (; left && calls && *calls; calls += strcspn(calls, ","),
	     calls += *calls == ',')
		if (strcspn(calls, ",") == len && !strncmp(calls, call, len))
			return true;
	return false;
}

static int open_nth(void)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	fprintf(stderr, "ftfail: %s: %s\n", FAIL_NTH, strerror(errno));
	_exit(99);
}

static void tell(const char *call)
{
	const char *out = getenv("FTFAIL_OUT");
	FILE *file = out ? fopen(out, "ae") : NULL;

	if (!file)
		return;
	if (left)
		fprintf(file, "left %d\n", left);
	else
		fprintf(file, "injected %s\n", call);
	fclose(file);
}

/* From the last write on the kernel counts; so nothing may come in between. */
static void arm(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", left);

	if (write(fd, text, len) != len)
		_exit(99);
}

static void disarm(int fd, const char *call)
{
	int error = errno;
	char text[16] = "";

	/* to read or to write it can be what fails: it had not failed before */
	left = pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 1;
	if (left && write(fd, "0", 1) != 1 && write(fd, "0", 1) != 1)
		_exit(99);
	close(fd);
	tell(call);
	errno = error;
}

#define FAIL_IN(type, call, args)					\
	({								\
		typeof(call) *real = dlsym(RTLD_NEXT, #call);		\
		int fd = wanted(#call) ? open_nth() : -1;		\
		type ret;						\
									\
		if (fd >= 0)						\
			arm(fd);					\
		ret = real args;					\
		if (fd >= 0)						\
			disarm(fd, #call);				\
		ret;							\
	})

static bool is_stuck(const char *path)
{
	const char *who = getpid() == gettid() ? "main" : "worker";
	char text[16] = "";
	FILE *file;

	if (!path)
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return !strncmp(text, who, strlen(who));
}

ssize_t sendto(int sock, const void *data, size_t len, int flags,
	       const struct sockaddr *to, socklen_t tolen)
{
	while (is_stuck(getenv("FTFAIL_STUCK")))
		usleep(1000);
	return FAIL_IN(ssize_t, sendto, (sock, data, len, flags, to, tolen));
}

ssize_t sendmsg(int sock, const struct msghdr *msg, int flags)
{
	return FAIL_IN(ssize_t, sendmsg, (sock, msg, flags));
}

ssize_t recvfrom(int sock, void *data, size_t len, int flags,
		 struct sockaddr *from, socklen_t *fromlen)
{
	return FAIL_IN(ssize_t, recvfrom, (sock, data, len, flags, from, fromlen));
}

ssize_t recvmsg(int sock, struct msghdr *msg, int flags)
{
	return FAIL_IN(ssize_t, recvmsg, (sock, msg, flags));
}

int setsockopt(int sock, int level, int name, const void *value, socklen_t len)
{
	return FAIL_IN(int, setsockopt, (sock, level, name, value, len));
}

int accept(int sock, struct sockaddr *from, socklen_t *len)
{
	return FAIL_IN(int, accept, (sock, from, len));
}

int accept4(int sock, struct sockaddr *from, socklen_t *len, int flags)
{
	return FAIL_IN(int, accept4, (sock, from, len, flags));
}

int fsync(int fd)
{
	int (*real)(int fd) = dlsym(RTLD_NEXT, "fsync");
	const char *hang = getenv("FTFAIL_HANG");

	while (hang && !access(hang, F_OK))
		usleep(1000);
	return real(fd);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	int (*real)(int fd, struct epoll_event *events, int max, int timeout);
	const char *file = getenv("FTFAIL_WAIT");

	real = dlsym(RTLD_NEXT, "epoll_wait");
	if (file && !access(file, F_OK)) {
		errno = EBADF;
		return -1;
	}
	return real(fd, events, max, timeout);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
		   void *(*run)(void *), void *arg)
{
	int (*real)(pthread_t *thread, const pthread_attr_t *attr,
		    void *(*run)(void *), void *arg);

	if (getenv("FTFAIL_THREADS"))
		return EAGAIN;
	real = dlsym(RTLD_NEXT, "pthread_create");
	return real(thread, attr, run, arg);
}

/* As insmod calls it: by number. */
long syscall(long nr, ...)
{
	long (*real)(long nr, ...) = dlsym(RTLD_NEXT, "syscall");
	bool ours = nr == SYS_finit_module && wanted("finit_module");
	int fd = ours ? open_nth() : -1;
	long a[6], ret;
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (fd >= 0)
		arm(fd);
	ret = real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (fd >= 0)
		disarm(fd, "finit_module");
	return ret;
}
