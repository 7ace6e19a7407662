// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the processes of a test of messengers. See node.h.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fttcp/limits.h>
#include <linux/fttcp.h>

#include "catalogue.h"
#include "node.h"

struct node node[2];
/* Processes are killed, not machines: memory is as good as a disk, and faster. */
static char dir[64];
static struct fttcpd_messenger *messenger;
static struct shared *mine;
static unsigned int passed;

static uint16_t free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sin, len) ||
	    getsockname(fd, (struct sockaddr *)&sin, &len))
		abort();
	close(fd);
	return ntohs(sin.sin_port);
}

static void told(void *arg)
{
	(void)arg;
	/* called with the lock held: the copy is taken by main */
	kill(getpid(), SIGUSR2);
}

static void at_point(void *arg, enum fttcpd_point point)
{
	(void)arg;
	if (mine->nth && point == mine->point && ++passed == mine->nth)
		kill(getpid(), SIGKILL);
}

static const char *log_of(int i)
{
	static char path[sizeof(dir) + 8];

	snprintf(path, sizeof(path), "%s/%d.log", dir, i);
	return path;
}

/* Handed on when the test has ended. */
static void keep_log(int i)
{
	if (!freopen(log_of(i), "a", stderr))
		_exit(1);
	setvbuf(stderr, NULL, _IONBF, 0);
}

static void show_log(int i)
{
	FILE *f = fopen(log_of(i), "r");
	char line[1024];

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

/* One line of a node's log tells of this event, and has these words behind it. */
bool node_told(int i, uint32_t number, const char *words)
{
	const struct fttcp_catalogue_event *e;
	char line[1024], text[256], *at;
	bool found = false;
	FILE *f;

	e = fttcp_catalogue_by_number(number);
	f = e ? fopen(log_of(i), "r") : NULL;
	if (!f)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(e->format, "<"),
		 e->format);
	while (!found && fgets(line, sizeof(line), f)) {
		at = strstr(line, text);
		found = at && strstr(at, words);
	}
	fclose(f);
	return found;
}

static void serve(int i)
{
	struct fttcpd_messenger_hooks hooks = {
		.told = told, .point = at_point,
	};
	sigset_t set;
	int sig;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	keep_log(i);
	mine = node[i].shared;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (fttcpd_messenger_start(&messenger, &mine->orders, &hooks))
		_exit(1);
	for (;;) {
		if (sigwait(&set, &sig))
			_exit(1);
		if (sig == SIGUSR1)
			fttcpd_messenger_order(messenger, &mine->orders);
		else if (sig == SIGUSR2)
			fttcpd_messenger_status(messenger, &mine->status);
		else
			break;
	}
	fttcpd_messenger_stop(messenger, FTTCP_MESSENGER_STOP_MS);
	_exit(0);
}

void node_start(int i)
{
	memset(&node[i].shared->status, 0, sizeof(node[i].shared->status));
	fflush(NULL);
	node[i].pid = fork();
	if (node[i].pid < 0)
		abort();
	if (!node[i].pid)
		serve(i);
}

void node_kill(int i)
{
	if (!node[i].pid)
		return;
	kill(node[i].pid, SIGKILL);
	waitpid(node[i].pid, NULL, 0);
	node[i].pid = 0;
}

bool node_died(int i)
{
	if (!node[i].pid || waitpid(node[i].pid, NULL, WNOHANG) != node[i].pid)
		return false;
	node[i].pid = 0;
	return true;
}

void node_order(int i)
{
	kill(node[i].pid, SIGUSR1);
}

const char *node_socket(int i)
{
	return node[i].shared->orders.conf.client_socket;
}

const char *node_repo(int i)
{
	return node[i].shared->orders.conf.repo_file;
}

/* ---------------------------------------------------------------------- bed */

static void endpoint(struct fttcp_endpoint *ep, uint16_t to)
{
	ep->family = AF_INET;
	ep->port = to;
	ep->addr[0] = 127;
	ep->addr[3] = 1;
}

static void fill(int i)
{
	struct fttcpd_orders *o = &node[i].shared->orders;

	memset(node[i].shared, 0, sizeof(*node[i].shared));
	o->conf.id = i + 1;
	o->conf.peer_id = 2 - i;
	endpoint(i ? &o->conf.connect : &o->conf.listen, node_port[i]);
	o->conf.messages_port = node_port[i];
	o->auth.keys = 1;
	o->auth.key[0].len = FTTCP_AUTH_KEY_MIN;
	memset(o->auth.key[0].byte, 7, FTTCP_AUTH_KEY_MIN);
	o->conf.retry_ms = 20;
	o->conf.repo_size_max = 64 << 20;
	o->conf.repo_count_max = 100000;
	o->conf.repo_age_ms = 3600000;
	o->conf.clients.count = 1;
	strcpy(o->conf.clients.name[0], "bgp");
	snprintf(o->conf.client_socket, FTTCPD_CONF_PATH, "%.48s/%d.sock", dir, i);
	snprintf(o->conf.repo_file, FTTCPD_CONF_PATH, "%.48s/%d.db", dir, i);
	o->role = i ? FTTCP_ROLE_BACKUP : FTTCP_ROLE_ACTIVE;
	o->epoch = 1;
	o->link_target = -1;
	strcpy(o->state, i ? "ready" : "clients");
}

int nodes_setup(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		node_port[i] = free_port();
		fill(i);
	}
	wire_start();
	for (i = 0; i < 2; i++)
		node_start(i);
	return 0;
}

int nodes_teardown(void **state)
{
	struct dirent *entry;
	char name[400];
	DIR *d;

	(void)state;
	node_kill(0);
	node_kill(1);
	wire_cut();
	show_log(0);
	show_log(1);
	d = opendir(dir);
	while (d && (entry = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", dir, entry->d_name);
		unlink(name);
	}
	if (d)
		closedir(d);
	return 0;
}

int nodes_enter(void **state)
{
	int i;

	(void)state;
	strcpy(dir, "/dev/shm/test_messenger.XXXXXX");
	if (!mkdtemp(dir)) {
		strcpy(dir, "/tmp/test_messenger.XXXXXX");
		if (!mkdtemp(dir))
			return -1;
	}
	for (i = 0; i < 2; i++) {
		node[i].shared = mmap(NULL, sizeof(struct shared),
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (node[i].shared == MAP_FAILED)
			return -1;
	}
	return 0;
}

int nodes_leave(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		munmap(node[i].shared, sizeof(struct shared));
	return rmdir(dir);
}
