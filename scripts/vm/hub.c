// SPDX-License-Identifier: GPL-2.0-only
/*
 * hub: an Ethernet switch in user space that joins the VMs of a cluster and
 * can misbehave on request. Its ports are AF_UNIX datagram sockets, as QEMU's
 * -netdev dgram uses them: no privileges, and nothing of the host's network.
 *
 * usage: hub PATH PORTS [PCAP [BYTES]]
 *   port I receives at PATH.hI and sends to PATH.vI, where the VM binds. The
 *   VM may come, go and come back. PCAP gets every frame that was switched, or
 *   its first BYTES.
 *
 * Commands on standard input, each answered by "ok" or "error" on a line:
 *   cut I J     frames from port I to port J vanish      (one direction)
 *   join I J    they pass again
 *   loss P      each copy of a frame is lost with P percent probability
 *   delay US    each frame waits for US microseconds
 * End of file ends the hub.
 *
 * A receiver that is slower than the senders holds them up rather than lose
 * frames, unless it stands still (a paused VM): then its frames are dropped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_PORTS	16
#define MAX_FRAME	70000
#define MAX_MACS	64
#define QUEUE_HIGH	256	/* frames waiting for a port: hold senders up */
#define QUEUE_MAX	8192	/* never more than this many, delay included */
#define STILL_US	50000	/* no progress for so long: it stands still */
#define BURST		32	/* frames taken from a port at a time */

struct frame {
	struct frame *next;
	uint64_t due;
	size_t len;
	unsigned char data[];
};

struct port {
	int in;			/* bound; the VM sends here */
	int out;		/* connected to the VM's socket, or -1 */
	struct sockaddr_un vm;
	struct frame *first, **last;
	unsigned int queued;
	uint64_t progress;	/* when a frame last left, or could have */
	bool still;		/* the VM stands still: do not wait for it */
	bool cut[MAX_PORTS];	/* towards these ports */
};

static struct port ports[MAX_PORTS];
static int nports;
static int loss_percent;
static uint64_t delay_us;
static FILE *pcap;
static size_t pcap_bytes = 65535;

static struct {
	uint8_t mac[6];
	int port;		/* -1: unused */
} macs[MAX_MACS];

static uint64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static uint64_t now(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void pcap_open(const char *path)
{
	/* version 2.4, no zone, frames of up to 64 KiB, Ethernet */
	uint32_t head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1 };

	pcap = fopen(path, "w");
	if (!pcap || fwrite(head, sizeof(head), 1, pcap) != 1)
		fail(path);
}

static void pcap_add(const unsigned char *data, size_t len)
{
	uint64_t t = clock_us(CLOCK_REALTIME);
	size_t kept = len < pcap_bytes ? len : pcap_bytes;
	uint32_t head[4] = { t / 1000000, t % 1000000, kept, len };

	if (!pcap)
		return;
	if (fwrite(head, sizeof(head), 1, pcap) != 1 ||
	    fwrite(data, kept, 1, pcap) != 1 || fflush(pcap))
		fail("pcap");
}

static void port_open(struct port *port, const char *path, int index)
{
	struct sockaddr_un me = { .sun_family = AF_UNIX };
	size_t size = sizeof(me.sun_path);

	if (snprintf(me.sun_path, size, "%s.h%d", path, index) >= (int)size ||
	    snprintf(port->vm.sun_path, size, "%s.v%d", path, index) >= (int)size) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	port->vm.sun_family = AF_UNIX;
	port->out = -1;
	port->last = &port->first;
	unlink(me.sun_path);
	port->in = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (port->in < 0 || bind(port->in, (void *)&me, sizeof(me)))
		fail(me.sun_path);
}

/* Connected, so that poll() tells when the VM takes frames again. */
static bool port_connect(struct port *port)
{
	int size = 4 << 20;

	if (port->out >= 0)
		return true;
	port->out = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (port->out < 0)
		fail("socket");
	setsockopt(port->out, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (!connect(port->out, (void *)&port->vm, sizeof(port->vm)))
		return true;
	close(port->out);
	port->out = -1;
	return false;
}

static void port_drop_first(struct port *port)
{
	struct frame *frame = port->first;

	port->first = frame->next;
	if (!port->first)
		port->last = &port->first;
	port->queued--;
	free(frame);
}

/* 0, or -errno: -EAGAIN if the VM takes no more for now. */
static int port_send(struct port *port, const struct frame *frame)
{
	int err;

	if (!port_connect(port))
		return -ENOTCONN;
	if (send(port->out, frame->data, frame->len, 0) >= 0)
		return 0;
	err = -errno;
	if (err != -EAGAIN) {	/* the VM is gone */
		close(port->out);
		port->out = -1;
	}
	return err;
}

/* Send what is due. Returns false if frames have to wait for the VM. */
static bool port_flush(struct port *port)
{
	uint64_t t = now();

	while (port->first && port->first->due <= t) {
		switch (port_send(port, port->first)) {
		case 0:
			port->progress = t;
			port->still = false;
			break;
		case -EAGAIN:
			if (!port->still && t < port->progress + STILL_US)
				return false;
			port->still = true;
			break;
		}
		port_drop_first(port);
	}
	return true;
}

static void port_queue(struct port *port, const unsigned char *data, size_t len)
{
	struct frame *frame;

	if (port->queued >= QUEUE_MAX ||
	    (loss_percent && rand() % 100 < loss_percent))
		return;
	frame = malloc(sizeof(*frame) + len);
	if (!frame)
		fail("memory");
	frame->next = NULL;
	frame->due = now() + delay_us;
	frame->len = len;
	memcpy(frame->data, data, len);
	if (!port->first)
		port->progress = frame->due;
	*port->last = frame;
	port->last = &frame->next;
	port->queued++;
}

/* The port behind a MAC address, -1 if unknown. */
static int mac_port(const unsigned char *mac)
{
	int i;

	for (i = 0; i < MAX_MACS; i++)
		if (macs[i].port >= 0 && !memcmp(macs[i].mac, mac, 6))
			return macs[i].port;
	return -1;
}

static void mac_learn(const unsigned char *mac, int port)
{
	static int next;
	int i;

	if (mac[0] & 1)
		return;
	for (i = 0; i < MAX_MACS; i++) {
		if (macs[i].port >= 0 && !memcmp(macs[i].mac, mac, 6)) {
			macs[i].port = port;
			return;
		}
	}
	memcpy(macs[next].mac, mac, 6);
	macs[next].port = port;
	next = (next + 1) % MAX_MACS;
}

static void switch_frame(int from, const unsigned char *data, size_t len)
{
	int to, i;

	pcap_add(data, len);
	mac_learn(data + 6, from);
	to = data[0] & 1 ? -1 : mac_port(data);
	for (i = 0; i < nports; i++)
		if (i != from && (to < 0 || to == i) && !ports[from].cut[i])
			port_queue(&ports[i], data, len);
}

static void port_receive(int index)
{
	static unsigned char data[MAX_FRAME];
	ssize_t len;
	int i;

	for (i = 0; i < BURST; i++) {
		len = recv(ports[index].in, data, sizeof(data), 0);
		if (len < 0)
			return;
		if (len >= 14)
			switch_frame(index, data, len);
	}
}

static bool command(const char *line)
{
	int a, b, end = 0;

	if (sscanf(line, "cut %d %d%n", &a, &b, &end) == 2 ||
	    sscanf(line, "join %d %d%n", &a, &b, &end) == 2) {
		if (a < 0 || b < 0 || a >= nports || b >= nports)
			return false;
		ports[a].cut[b] = line[0] == 'c';
	} else if (sscanf(line, "loss %d%n", &a, &end) == 1) {
		if (a < 0 || a > 100)
			return false;
		loss_percent = a;
	} else if (sscanf(line, "delay %d%n", &a, &end) == 1) {
		if (a < 0)
			return false;
		delay_us = a;
	}
	return end && !line[end];
}

/* Returns false at end of file. */
static bool read_commands(void)
{
	static char line[128];
	static size_t used;
	ssize_t n = read(0, line + used, sizeof(line) - 1 - used);
	char *end;

	if (n <= 0)
		return false;
	used += n;
	line[used] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		puts(command(line) ? "ok" : "error");
		fflush(stdout);
		used -= end + 1 - line;
		memmove(line, end + 1, used + 1);
	}
	return used < sizeof(line) - 1;
}

/*
 * Flush all ports; *wait gets the time until the next frame is due, and each
 * port's entry asks for writability where a VM takes no more. Returns whether
 * senders are held up.
 */
static bool flush_all(struct pollfd *p, int64_t *wait)
{
	bool hold = false;
	uint64_t t;
	int i;

	*wait = 1000000;
	for (i = 0; i < nports; i++) {
		struct port *port = &ports[i];

		p[i] = (struct pollfd){ .fd = -1 };
		if (!port_flush(port)) {
			p[i] = (struct pollfd){ port->out, POLLOUT, 0 };
			*wait = *wait < STILL_US ? *wait : STILL_US;
			hold |= port->queued >= QUEUE_HIGH;
		} else if (port->first) {
			t = now();
			t = port->first->due > t ? port->first->due - t : 0;
			*wait = *wait < (int64_t)t ? *wait : (int64_t)t;
		}
	}
	return hold;
}

static void serve(void)
{
	struct pollfd p[2 * MAX_PORTS + 1];
	struct timespec timeout = { 0 };
	int64_t wait;
	bool hold;
	int i;

	for (;;) {
		hold = flush_all(p + nports + 1, &wait);
		for (i = 0; i < nports; i++)
			p[i] = (struct pollfd){ hold ? -1 : ports[i].in, POLLIN, 0 };
		p[nports] = (struct pollfd){ 0, POLLIN, 0 };
		timeout.tv_sec = wait / 1000000;
		timeout.tv_nsec = wait % 1000000 * 1000;
		if (ppoll(p, 2 * nports + 1, &timeout, NULL) < 0 && errno != EINTR)
			fail("poll");
		if (p[nports].revents && !read_commands())
			return;
		for (i = 0; i < nports; i++)
			if (p[i].revents)
				port_receive(i);
	}
}

int main(int argc, char **argv)
{
	int i;

	nports = argc < 3 ? 0 : atoi(argv[2]);
	if (nports < 1 || nports > MAX_PORTS) {
		fprintf(stderr, "usage: hub PATH PORTS [PCAP [BYTES]]\n");
		return 2;
	}
	for (i = 0; i < MAX_MACS; i++)
		macs[i].port = -1;
	for (i = 0; i < nports; i++)
		port_open(&ports[i], argv[1], i);
	if (argc > 3)
		pcap_open(argv[3]);
	if (argc > 4)
		pcap_bytes = atoi(argv[4]);
	puts("ok");
	fflush(stdout);
	serve();
	return 0;
}
