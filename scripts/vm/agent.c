// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: runs commands inside a VM of a cluster for scripts/vm/lab.py.
 * Speaks over a virtio serial port, which has flow control and needs no
 * network. Several commands run at the same time.
 *
 * usage: agent PORT
 *
 * host to VM:	run ID LENGTH\n + LENGTH bytes	run them as a bash script
 *		kill ID SIGNAL\n		to the whole session of the script
 *		clock ID\n			what time is it in the VM?
 *		fresh NANOSECONDS LENGTH\n + LENGTH random bytes
 *				the machine was resumed from a saved state: set
 *				the clock, forget the random numbers, say hello
 *		end STATUS\n			no more work: leave with STATUS
 * VM to host:	hello\n
 *		out ID LENGTH\n + LENGTH bytes	output (stdout and stderr)
 *		exit ID STATUS\n		as a shell says it: 128 + signal
 *		clock ID NANOSECONDS\n		since 1970
 *
 * Output that daemons started by a script write after the script has ended
 * is still delivered.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_JOBS	64
#define MAX_SCRIPT	(1 << 20)
#define MAX_ENTROPY	256

struct job {
	int id;
	pid_t pid;	/* 0: the script has ended, its output not yet */
	int fd;		/* read end of its output; -1: slot is free */
};

static struct job jobs[MAX_JOBS];
static int port;

static void fail(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(port, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			fail("write to the host");
		p += n;
		len -= n;
	}
}

static void get(void *data, size_t len)
{
	char *p = data;
	ssize_t n;

	while (len) {
		n = read(port, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			fail("read from the host");
		p += n;
		len -= n;
	}
}

/*
 * Each life that begins with the same saved state must draw other random
 * numbers: initial sequence numbers, boot ids, nonces.
 */
static void fresh(long long now, int len)
{
	struct timespec t = { now / 1000000000, now % 1000000000 };
	struct {
		struct rand_pool_info head;
		char data[MAX_ENTROPY];
	} pool = { 0 };
	int fd;

	if (len < 32 || len > MAX_ENTROPY) {
		errno = EINVAL;
		fail("random bytes");
	}
	get(pool.head.buf, len);
	pool.head.buf_size = len;
	pool.head.entropy_count = len * 8;
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) ||
	    ioctl(fd, RNDRESEEDCRNG))
		fail("random numbers");
	close(fd);
	if (clock_settime(CLOCK_REALTIME, &t))
		fail("clock");
	put("hello\n", 6);
}

static void say(const char *word, int id, int value)
{
	char line[64];

	put(line, snprintf(line, sizeof(line), "%s %d %d\n", word, id, value));
}

static void tell_clock(int id)
{
	struct timespec t;
	char line[64];

	clock_gettime(CLOCK_REALTIME, &t);
	put(line, snprintf(line, sizeof(line), "clock %d %lld\n", id,
			   t.tv_sec * 1000000000ll + t.tv_nsec));
}

/* Pass on what a job has written; the slot is free after end of file. */
static void forward(struct job *job)
{
	char data[16384];
	ssize_t n = read(job->fd, data, sizeof(data));

	if (n > 0) {
		say("out", job->id, n);
		put(data, n);
	} else if (n == 0 || errno != EAGAIN) {
		close(job->fd);
		job->fd = -1;
	}
}

static void forward_available(struct job *job)
{
	struct pollfd p = { .fd = job->fd, .events = POLLIN };

	while (job->fd >= 0 && poll(&p, 1, 0) > 0)
		forward(job);
}

static void child(char *script, int out)
{
	sigset_t none;
	int in = open("/dev/null", O_RDONLY);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	execlp("bash", "bash", "-c", script, NULL);
	_exit(127);
}

static void run(int id, int len)
{
	struct job *job = NULL;
	int i, out[2];
	char *script;

	if (len < 0 || len > MAX_SCRIPT)
		fail("script too long");
	script = malloc(len + 1);
	if (!script)
		fail("memory");
	get(script, len);
	script[len] = '\0';
	for (i = 0; i < MAX_JOBS && !job; i++)
		if (jobs[i].fd < 0 && !jobs[i].pid)
			job = &jobs[i];
	if (!job || pipe2(out, O_CLOEXEC | O_NONBLOCK)) {
		say("exit", id, 126);
		free(script);
		return;
	}
	fcntl(out[1], F_SETFL, 0);	/* only our end does not block */
	job->id = id;
	job->fd = out[0];
	job->pid = fork();
	if (job->pid < 0)
		fail("fork");
	if (!job->pid)
		child(script, out[1]);
	close(out[1]);
	free(script);
}

static void reap(void)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < MAX_JOBS; i++) {
			if (jobs[i].pid != pid)
				continue;
			forward_available(&jobs[i]);
			jobs[i].pid = 0;
			say("exit", jobs[i].id, WIFSIGNALED(status) ?
			    128 + WTERMSIG(status) : WEXITSTATUS(status));
		}
	}
}

/* One request line, and what follows it. */
static void request(void)
{
	char line[64];
	int a = 0, b = 0, i;
	long long now;
	size_t n;

	for (n = 0; n < sizeof(line) - 1; n++) {
		get(line + n, 1);
		if (line[n] == '\n')
			break;
	}
	line[n] = '\0';
	if (sscanf(line, "run %d %d", &a, &b) == 2) {
		run(a, b);
	} else if (sscanf(line, "kill %d %d", &a, &b) == 2) {
		for (i = 0; i < MAX_JOBS; i++)
			if (jobs[i].id == a && jobs[i].pid)
				kill(-jobs[i].pid, b);
	} else if (sscanf(line, "clock %d", &a) == 1) {
		tell_clock(a);
	} else if (sscanf(line, "fresh %lld %d", &now, &a) == 2) {
		fresh(now, a);
	} else if (sscanf(line, "end %d", &a) == 1) {
		exit(a);
	} else {
		errno = EPROTO;
		fail(line);
	}
}

static void serve(int signals)
{
	struct pollfd p[MAX_JOBS + 2];
	struct signalfd_siginfo info;
	int i;

	for (;;) {
		p[0] = (struct pollfd){ .fd = port, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = signals, .events = POLLIN };
		for (i = 0; i < MAX_JOBS; i++)
			p[i + 2] = (struct pollfd){ .fd = jobs[i].fd,
						    .events = POLLIN };
		if (poll(p, MAX_JOBS + 2, -1) < 0 && errno != EINTR)
			fail("poll");
		for (i = 0; i < MAX_JOBS; i++)
			if (p[i + 2].revents && jobs[i].fd >= 0)
				forward(&jobs[i]);
		if (p[1].revents &&
		    read(signals, &info, sizeof(info)) == sizeof(info))
			reap();
		if (p[0].revents)
			request();
	}
}

int main(int argc, char **argv)
{
	sigset_t set;
	int i, signals;

	if (argc != 2)
		return 2;
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0)
		fail(argv[1]);
	for (i = 0; i < MAX_JOBS; i++)
		jobs[i].fd = -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		fail("signalfd");
	put("hello\n", 6);
	serve(signals);
	return 0;
}
