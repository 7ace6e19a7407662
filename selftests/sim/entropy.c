// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into the User-Mode Linux process: what its kernel takes for entropy
 * of the host is a fixed stream, so that sequence numbers, hash seeds and random
 * timers are the same in each run. FTSIM_ENTROPY varies it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

static uint64_t state;

static uint64_t next(void)
{
	uint64_t x;

	if (!state) {
		const char *seed = getenv("FTSIM_ENTROPY");

		state = seed ? strtoull(seed, NULL, 0) * 2 + 1 : 1;
	}
	state += 0x9e3779b97f4a7c15ULL;
	x = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	unsigned char *out = buf;
	size_t left = len;

	(void)flags;
	while (left) {
		uint64_t w = next();
		size_t n = left < sizeof(w) ? left : sizeof(w);

		memcpy(out, &w, n);
		out += n;
		left -= n;
	}
	return len;
}

/* The kernel's driver of a hardware generator reads the host's. */
static const char *instead(const char *path)
{
	return strcmp(path, "/dev/random") && strcmp(path, "/dev/urandom") ?
	       path : "/dev/zero";
}

typedef int (*open_fn)(const char *path, int flags, ...);

static int open_by(const char *name, const char *path, int flags, mode_t mode)
{
	open_fn real = (open_fn)dlsym(RTLD_NEXT, name);

	return real(instead(path), flags, mode);
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_by("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_by("open64", path, flags, mode);
}
