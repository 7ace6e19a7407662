/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What record_codec.c needs from the kernel, and its equal in user space,
 * where the same file is tested.
 */
#ifndef _FTTCP_COMPAT_CODEC_H
#define _FTTCP_COMPAT_CODEC_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <net/tcp_states.h>

#else

#include <assert.h>
#include <endian.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define be16_to_cpu(x)	be16toh(x)
#define be32_to_cpu(x)	be32toh(x)
#define be64_to_cpu(x)	be64toh(x)
#define cpu_to_be16(x)	htobe16(x)
#define cpu_to_be32(x)	htobe32(x)
#define cpu_to_be64(x)	htobe64(x)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* As the kernel's, which needs no message; C11 does, and clang insists. */
#undef static_assert
#define static_assert(expr)	_Static_assert(expr, #expr)

#endif

#endif /* _FTTCP_COMPAT_CODEC_H */
