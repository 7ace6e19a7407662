// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftstuck: a server that falls asleep in send(), under its socket's lock, as one
 * does whose buffer is on a file server that is gone. It needs no such server: one
 * thread of it sleeps in the transmit ring of a packet socket, on a device that
 * keeps what it is given; another wants to map that ring and waits for the first,
 * with the address space locked; so the page that send() touches does not come.
 *
 *	ftstuck ADDRESS PORT DEV BYTES
 *
 * Takes one connection, tells "open"; SIGUSR1: tells "asleep" and sends that many
 * bytes of the stream of a server of ftstream. When DEV lets go of the frame, they
 * leave; then it ends its half and reads until the other end does, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ftsock.h"
#include "pattern.h"

#define RING_SIZE	4096
#define FRAME_SIZE	2048
#define STACK_SIZE	(256 << 10)

static int ring_fd;
static struct tpacket2_hdr *frame;
static volatile int step;

static int open_ring(const char *dev)
{
	struct tpacket_req req = {
		.tp_block_size = RING_SIZE, .tp_block_nr = 1,
		.tp_frame_size = FRAME_SIZE, .tp_frame_nr = RING_SIZE / FRAME_SIZE,
	};
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(dev),
	};
	int version = TPACKET_V2;

	ring_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (ring_fd < 0 ||
	    setsockopt(ring_fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(ring_fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof(req)) ||
	    bind(ring_fd, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	frame = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     ring_fd, 0);
	return frame == MAP_FAILED ? -errno : 0;
}

/* sleeps until the device has let go of the frame */
static void *use_ring(void *arg)
{
	while (step < 1)
		usleep(1000);
	frame->tp_len = ETH_ZLEN;
	frame->tp_status = TP_STATUS_SEND_REQUEST;
	send(ring_fd, NULL, 0, 0);
	return arg;
}

/* sleeps until the other one has ended, and whoever needs a page does then */
static void *map_ring(void *arg)
{
	while (step < 2)
		usleep(1000);
	step = 3;
	mmap(NULL, RING_SIZE, PROT_READ, MAP_SHARED, ring_fd, 0);
	return arg;
}

static int start(void *(*func)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	return -pthread_create(&thread, &attr, func, NULL);
}

/* Return: the bytes to send, in a mapping without a page; NULL. */
static void *make_stream(int fd, size_t len)
{
	int local, remote, file = memfd_create("ftstuck", MFD_CLOEXEC);
	struct pattern p = { .dir = 's' };
	void *bytes = malloc(len), *map;

	if (!bytes || file < 0 || sock_ports(fd, &local, &remote))
		return NULL;
	p.seed = local + remote;
	pattern_fill(&p, 0, bytes, len);
	if (write(file, bytes, len) != (ssize_t)len || mlockall(MCL_CURRENT))
		return NULL;
	map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0);
	return map == MAP_FAILED ? NULL : map;
}

static void sleep_well(void)
{
	step = 1;
	while (frame->tp_status != TP_STATUS_SENDING)
		usleep(1000);
	puts("asleep");
	fflush(stdout);
	step = 2;
	while (step < 3)
		usleep(1000);
	usleep(100000);
}

static int serve(int fd, const char *dev, size_t len)
{
	int err = open_ring(dev), sig;
	char rest[4096];
	sigset_t set;
	void *bytes;
	ssize_t n;

	if (!err)
		err = start(use_ring) ?: start(map_ring);
	if (err)
		return err;
	bytes = make_stream(fd, len);
	if (!bytes)
		return -ENOMEM;
	puts("open");
	fflush(stdout);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
	sleep_well();
	/* no step of our own between here and the system call needs a page */
	n = send(fd, bytes, len, MSG_NOSIGNAL);
	if (n != (ssize_t)len)
		return n < 0 ? -errno : -EIO;
	if (shutdown(fd, SHUT_WR))
		return -errno;
	do {
		n = read(fd, rest, sizeof(rest));
	} while (n > 0);
	return n < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	struct sock_opts opts = { .ulp = true };
	struct sockaddr_storage at;
	struct pollfd p = { .events = POLLIN };
	sigset_t set;
	int err, fd;

	if (argc != 5 || sock_addr(argv[1], atoi(argv[2]), &at))
		return 1;
	/* blocked before there are threads: for main() alone */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p.fd = sock_listen(&at, &opts, 1);
	if (p.fd < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	poll(&p, 1, -1);
	fd = accept(p.fd, NULL, NULL);
	err = fd < 0 ? -errno : serve(fd, argv[3], strtoul(argv[4], NULL, 0));
	printf("end=%s\n", errno_name(-err));
	return err ? 1 : 0;
}
