// SPDX-License-Identifier: GPL-2.0-only
/*
 * ftsim: one seed of the simulation, as the only process of a User-Mode Linux
 * kernel with simulated time. It works in the host's directory that the kernel was
 * started in. The history is written there, then the verdict; the arguments are in
 * the file "args". (The kernel's command line takes part in its entropy; it has to be
 * the same for every run.) They are:
 *
 *	module=FILE  the module to load
 *	seed=N       what happens
 *	rounds=N     at most so many rounds
 *	mutant=NAME  make this error, for the checker to find
 *	leaks        look for leaks at the end
 *	verbose      record what the peer sends, too
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node.h"
#include "story.h"

#define OUT	"/mnt/out"

static const char *module_file;
static bool leaks;

static const char * const mutants[] = {
	"none", "corrupt", "skip", "emitter", "reset", "stall", "early", "ack",
};

static const char *value_of(const char *arg, const char *name)
{
	size_t len = strlen(name);

	return strncmp(arg, name, len) || arg[len] != '=' ? NULL :
	       arg + len + 1;
}

static void choose_mutant(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		if (!strcmp(name, mutants[i]))
			sim.mutant = i;
	}
}

static void parse(const char *arg)
{
	const char *file = value_of(arg, "module");
	const char *seed = value_of(arg, "seed");
	const char *rounds = value_of(arg, "rounds");
	const char *mutant = value_of(arg, "mutant");

	if (file)
		module_file = file;
	if (seed)
		sim.seed = strtoull(seed, NULL, 0);
	if (rounds)
		sim.rounds = strtoul(rounds, NULL, 0);
	if (mutant)
		choose_mutant(mutant);
	leaks |= !strcmp(arg, "leaks");
	sim.verbose |= !strcmp(arg, "verbose");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		sim_fail("%s: %m", path);
	close(fd);
}

static size_t get(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, len - 1);

	if (n < 0)
		sim_fail("%s: %m", path);
	close(fd);
	buf[n] = 0;
	return n;
}

static void mount_all(void)
{
	if (mount("proc", "/proc", "proc", 0, NULL) ||
	    mount("sys", "/sys", "sysfs", 0, NULL) ||
	    mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL) ||
	    mount("tmp", "/mnt", "tmpfs", 0, NULL) || mkdir(OUT, 0755) ||
	    mount("none", OUT, "hostfs", 0, "/proc/self/cwd"))
		sim_fail("mount: %m");
}

static void read_args(void)
{
	static char buf[1024];
	char *arg, *rest = NULL;

	get(OUT "/args", buf, sizeof(buf));
	for (arg = strtok_r(buf, "\n", &rest); arg;
	     arg = strtok_r(NULL, "\n", &rest))
		parse(arg);
	if (!module_file)
		sim_fail("no arguments");
}

static void load_module(void)
{
	int fd = open(module_file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		sim_fail("%s: %m", module_file);
	close(fd);
}

/* Nothing may hold the module any more: no socket, no namespace. */
static void unload_module(void)
{
	uint64_t give_up = sim_now() + 300000 * MS;

	while (syscall(SYS_delete_module, "fttcp", O_NONBLOCK)) {
		if (sim_now() > give_up)
			sim_fail("the module cannot be removed: %m");
		sim_sleep(100 * MS);
	}
}

/* Two looks with some time between, as young objects are not reported. */
static void look_for_leaks(void)
{
	char buf[4096];
	int i;

	for (i = 0; i < 2; i++) {
		sim_sleep(10000 * MS);
		put("/sys/kernel/debug/kmemleak", "scan");
	}
	if (get("/sys/kernel/debug/kmemleak", buf, sizeof(buf)))
		sim_fail("leaks:\n%s", buf);
}

static void judge_kernel(void)
{
	char buf[8192];
	char *line;

	if (access("/proc/lockdep_stats", F_OK))
		return;
	get("/proc/lockdep_stats", buf, sizeof(buf));
	line = strstr(buf, "debug_locks:");
	if (!line || strtoul(line + strlen("debug_locks:"), NULL, 10) != 1)
		sim_fail("lockdep has switched itself off");
}

/* Where the module is in memory, for a debugger. */
static void tell_address(void)
{
	char buf[64];

	get("/sys/module/fttcp/sections/.text", buf, sizeof(buf));
	sim_say("module at %s", buf);
}

int main(void)
{
	uint64_t digest;
	char line[128];

	if (getpid() != 1) {
		fprintf(stderr, "scripts/simulate starts this\n");
		return 2;
	}
	mount_all();
	read_args();
	if (leaks)
		put("/sys/kernel/debug/kmemleak", "scan=off");
	load_module();
	if (log_open(OUT "/history"))
		sim_fail("no history: %m");
	tell_address();
	rng_seed(&sim.rng, sim.seed);
	hist(.type = H_SEED, .a = sim.seed, .b = HIST_MAGIC);
	story();
	pthread_mutex_lock(&sim.lock);
	digest = log_close();
	pthread_mutex_unlock(&sim.lock);
	node_off(0);
	node_off(1);
	unload_module();
	if (leaks)
		look_for_leaks();
	judge_kernel();
	snprintf(line, sizeof(line), "%llu %u %u %016llx %llu\n",
		 (unsigned long long)sim.seed, sim.takeovers, sim.handovers,
		 (unsigned long long)digest,
		 (unsigned long long)sim_now() / 1000);
	put(OUT "/verdict", line);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
