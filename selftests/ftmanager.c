// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftmanager: a service manager for one service, as far as fttcpd needs one: it is
 * started as a user, told of by NOTIFY_SOCKET, ended when it gives no sign of
 * life, and started again when it ended by itself.
 *
 * ftmanager [-u UID] [-w MILLISECONDS] PROGRAM [ARGUMENT...]
 *
 *   -u  run as this user and group, with CAP_NET_ADMIN and CAP_NET_RAW ambient
 *       and in the bounding set, and with no_new_privs
 *   -w  WatchdogSec
 *
 * One line each: "started PID", "notify TEXT", "watchdog" (it was silent and gets
 * SIGABRT), "ended signal N" or "ended status N". "notify WATCHDOG=1" is told once
 * for each process. SIGTERM is passed on and ends this program as well; SIGHUP is
 * passed on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESTART_MS	200

static long watchdog_ms;
static unsigned int uid;
static pid_t child;
static int64_t alive_ms;	/* last sign of life, 0 before READY=1 */
static bool fed;		/* by this process */
static bool ending;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void fail(const char *what)
{
	fprintf(stderr, "ftmanager: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int notify_socket(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char name[sizeof(sun.sun_path)];
	int fd, len;

	len = snprintf(name, sizeof(name), "@ftmanager-%d", getpid());
	memcpy(sun.sun_path + 1, name + 1, len - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun,
			   sizeof(sun.sun_family) + len))
		fail("socket");
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void become_user(void)
{
	uint32_t caps = 1 << CAP_NET_ADMIN | 1 << CAP_NET_RAW;
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps, .inheritable = caps },
	};
	int cap;

	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap > 31 || !(caps & 1u << cap))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
	    setresgid(uid, uid, uid) || setresuid(uid, uid, uid) ||
	    syscall(SYS_capset, &head, data) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("user");
}

static void start(char **argv)
{
	char text[32];
	sigset_t none;

	alive_ms = 0;
	fed = false;
	child = fork();
	if (child < 0)
		fail("fork");
	if (child) {
		printf("started %d\n", child);
		return;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(text, sizeof(text), "%ld", watchdog_ms * 1000);
	if (watchdog_ms)
		setenv("WATCHDOG_USEC", text, 1);
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("WATCHDOG_PID", text, 1);
	if (uid)
		become_user();
	/* (a change of the user clears it) */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	execvp(argv[0], argv);
	fail(argv[0]);
}

static void on_notify(int fd)
{
	char text[512];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	char *line, *save;

	if (n <= 0)
		return;
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		bool feed = !strcmp(line, "WATCHDOG=1");

		if (!feed || !fed)
			printf("notify %s\n", line);
		fed = fed || feed;
		if (feed || (!strcmp(line, "READY=1") && !alive_ms))
			alive_ms = now_ms();
	}
}

/* SIGCONT: one that was stopped has to die of it too. */
static void look_at_watchdog(void)
{
	if (!watchdog_ms || !alive_ms || !child ||
	    now_ms() - alive_ms <= watchdog_ms)
		return;
	printf("watchdog\n");
	alive_ms = 0;
	kill(child, SIGABRT);
	kill(child, SIGCONT);
}

static void on_end(char **argv)
{
	bool failed;
	int status;

	if (!child || waitpid(child, &status, WNOHANG) != child)
		return;
	child = 0;
	failed = WIFSIGNALED(status) || WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		printf("ended signal %d\n", WTERMSIG(status));
	else
		printf("ended status %d\n", WEXITSTATUS(status));
	if (ending || !failed)
		exit(failed);
	usleep(RESTART_MS * 1000);
	start(argv);
}

static void on_signal(int fd, char **argv)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		on_end(argv);
		return;
	}
	ending = ending || info.ssi_signo == SIGTERM;
	if (child)
		kill(child, info.ssi_signo);
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	sigset_t set;
	int c;

	while ((c = getopt(argc, argv, "+u:w:")) != -1) {
		if (c == 'u')
			uid = atoi(optarg);
		else if (c == 'w')
			watchdog_ms = atoi(optarg);
		else
			return 2;
	}
	if (optind == argc)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[0].fd = notify_socket();
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fds[1].fd < 0)
		fail("signalfd");
	start(argv + optind);
	for (;;) {
		if (poll(fds, 2, 20) > 0) {
			if (fds[0].revents)
				on_notify(fds[0].fd);
			if (fds[1].revents)
				on_signal(fds[1].fd, argv + optind);
		}
		look_at_watchdog();
	}
}
