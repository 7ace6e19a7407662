// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a daemon that is not root's keeps of its privileges, and that the sockets
 * which it opened before still work.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fttcpd/announce.h"
#include "fttcpd/packet.h"
#include "fttcpd/privilege.h"

#define NOBODY	65534
#define BIT(n)	(1ULL << (n))

static void kept(void **state)
{
	(void)state;
	assert_int_equal(fttcpd_privilege_left(0), 0);
	assert_int_equal(fttcpd_privilege_left(~0ULL), BIT(CAP_NET_ADMIN));
	assert_int_equal(fttcpd_privilege_left(BIT(CAP_NET_RAW)), 0);
}

static uint64_t permitted(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return ~0ULL;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* As the service manager makes it: another user, two ambient capabilities. */
static int become(uint32_t caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps, .inheritable = caps },
	};

	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
	       setresuid(NOBODY, NOBODY, NOBODY) ||
	       syscall(SYS_capset, &head, data) ||
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0,
		     0) ||
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0);
}

/* Return: the number of the first thing that is wrong, 0 for none. */
static int live_as_service(void)
{
	static const uint8_t group[16] = { 0xff, 2, [15] = 1 };
	uint8_t arp[FTTCPD_ARP_LEN] = { 0 };
	struct fttcpd_packet packet;
	int i, rc, lo = 1;

	if (unshare(CLONE_NEWNET))
		return 77;
	if (become(BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW)))
		return 1;
	fttcpd_packet_open(&packet);
	for (i = 0; i < FTTCPD_PACKET_KINDS; i++)
		if (packet.fd[i] < 0)
			return 2;
	if (fttcpd_privilege_drop() || permitted() != BIT(CAP_NET_ADMIN) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_ADMIN, 0, 0))
		return 3;
	if (socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0 || errno != EPERM)
		return 4;
	/* the device is down: whatever it is, it is no lack of privileges */
	rc = fttcpd_packet_send_arp(&packet, arp, sizeof(arp), lo);
	if (rc == -EPERM || rc == -EBADF)
		return 5;
	rc = fttcpd_packet_send_nd(&packet, arp, sizeof(arp), lo, group, NULL);
	if (rc == -EPERM || rc == -EBADF)
		return 6;
	for (i = 0; i < FTTCPD_PACKET_KINDS; i++) {
		rc = fttcpd_packet_listen(&packet, i);
		if (rc != packet.fd[i])
			return 7;
		if (fttcpd_packet_read(&packet, i, arp, sizeof(arp), &lo) !=
		    -EAGAIN)
			return 8;
		fttcpd_packet_deafen(&packet, i);
	}
	fttcpd_packet_close(&packet);
	return fttcpd_packet_listen(&packet, FTTCPD_PACKET_ARP) == -EBADF ?
	       0 : 9;
}

static void service(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(live_as_service());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(service),
	};

	return cmocka_run_group_tests_name("privilege", tests, NULL, NULL);
}
