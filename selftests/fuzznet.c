// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces for the fuzzers: one with a device that swallows all, or
 * two with a cable between them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzznet.h"

/**
 * fuzz_ip() - run ip
 * @line: its arguments, between single spaces
 *
 * Not by a shell, which may have an "ip" of its own.
 *
 * Return: 0 or a negative errno.
 */
int fuzz_ip(const char *line)
{
	char text[128], *argv[16] = { "ip" };
	int i = 1, status;
	pid_t pid;

	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok(text, " "); w && i < 15; w = strtok(NULL, " "))
		argv[i++] = w;
	if (posix_spawnp(&pid, "ip", NULL, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) < 0)
		return -ENOENT;
	return status ? -ENODEV : 0;
}

static int lines(const char * const *line, unsigned int n)
{
	int err = 0;

	while (n-- && !err)
		err = fuzz_ip(*line++);
	return err;
}

/**
 * fuzz_net_alone() - into a new namespace; what is sent goes nowhere
 *
 * 10.66.0.1/16 and fd66::1/64 are here.
 *
 * Return: 0 or a negative errno.
 */
int fuzz_net_alone(void)
{
	static const char * const all[] = {
		"link set dev lo up", "link add name lan type dummy",
		"addr add 10.66.0.1/16 dev lan",
		"addr add fd66::1/64 dev lan nodad", "link set dev lan up",
	};

	if (unshare(CLONE_NEWNET))
		return -errno;
	return lines(all, 5);
}

void fuzz_enter(int ns)
{
	if (!setns(ns, CLONE_NEWNET))
		return;
	perror("setns");
	exit(1);
}

static int here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/**
 * fuzz_net_pair() - two new namespaces; the process is in the first
 * @a: the first, with 10.9.0.1
 * @b: the second, with 10.9.0.2
 *
 * Return: 0 or a negative errno.
 */
int fuzz_net_pair(int *a, int *b)
{
	static const char * const far[] = {
		"link set dev lo up", "addr add 10.9.0.2/24 dev link",
		"link set dev link up",
	}, * const near[] = {
		"link set dev lo up", "addr add 10.9.0.1/24 dev link",
		"link set dev link up",
	};
	char line[80];
	int err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	*b = here();
	if (unshare(CLONE_NEWNET))
		return -errno;
	*a = here();
	snprintf(line, sizeof(line),
		 "link add name link type veth peer name link netns /proc/%d/fd/%d",
		 getpid(), *b);
	err = fuzz_ip(line);
	if (!err)
		err = lines(near, 3);
	if (err)
		return err;
	fuzz_enter(*b);
	err = lines(far, 3);
	fuzz_enter(*a);
	return err;
}
