// SPDX-License-Identifier: GPL-2.0-only
/*
 * finish: the last program of a test VM. Reports the result on a channel of
 * its own (a QEMU debug console port: no driver, nothing else writes there)
 * and ends the machine through the isa-debug-exit port.
 *
 * usage: finish EXIT_VALUE "RESULT LINE"
 * QEMU ends with status 2 * EXIT_VALUE + 1.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_RESULT	0xe9
#define PORT_EXIT	0xf4

static int out_byte(int fd, unsigned int port, unsigned char value)
{
	return pwrite(fd, &value, 1, port) == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
	const char *c;
	int fd;

	if (argc != 3)
		return 2;
	fd = open("/dev/port", O_RDWR);
	if (fd < 0) {
		perror("finish: /dev/port");
		return 1;
	}
	for (c = argv[2]; *c; c++)
		if (out_byte(fd, PORT_RESULT, *c))
			return 1;
	if (out_byte(fd, PORT_RESULT, '\n'))
		return 1;
	return out_byte(fd, PORT_EXIT, atoi(argv[1])) ? 1 : 0;
}
