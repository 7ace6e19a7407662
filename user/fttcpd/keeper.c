// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the writing of the epoch file, and the thread that does it. The thread
 * may hang in there for as long as the disk does; then it is left behind, with
 * what it needs, when the daemon ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"
#include "thread.h"

/**
 * struct fttcpd_keeper - the writer
 * @thread:	it
 * @told:	called in it after each write, under @lock
 * @arg:	for @told
 * @lock:	protects all below
 * @change:	something below has changed
 * @text:	what is to be in the file; of several only the last one counts
 * @posted:	number of that
 * @written:	number of the last one that was tried
 * @rc:		what came of it, negative errno
 * @stop:	nothing more will be posted
 * @ended:	the thread touches nothing any more
 * @left:	nobody waits for the thread: it tells nobody, and frees this
 * @path:	the file
 */
struct fttcpd_keeper {
	pthread_t thread;
	void (*told)(void *arg);
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t change;
	char text[FTTCPD_KEEPER_TEXT];
	unsigned int posted;
	unsigned int written;
	int rc;
	bool stop;
	bool ended;
	bool left;
	char path[PATH_MAX];
};

static int sync_dir_of(const char *path)
{
	char copy[PATH_MAX];
	int fd, rc = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		rc = -errno;
	close(fd);
	return rc;
}

static int write_new(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	int fd, rc = 0;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = ENOSPC;
	if (write(fd, text, len) != len || fsync(fd))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

/**
 * fttcpd_keeper_write() - put it on the disk
 * @path:	the file
 * @text:	what is to be in it
 *
 * The file has the old text or the new one, whatever happens. Any thread.
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_keeper_write(const char *path, const char *text)
{
	char new[PATH_MAX + 4];
	int rc;

	snprintf(new, sizeof(new), "%s.new", path);
	rc = write_new(new, text);
	if (!rc && rename(new, path))
		rc = -errno;
	return rc ? rc : sync_dir_of(path);
}

static void destroy(struct fttcpd_keeper *k)
{
	pthread_cond_destroy(&k->change);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static void write_one(struct fttcpd_keeper *k)
{
	char text[FTTCPD_KEEPER_TEXT];
	unsigned int nr = k->posted;
	int rc;

	memcpy(text, k->text, sizeof(text));
	pthread_mutex_unlock(&k->lock);
	rc = fttcpd_keeper_write(k->path, text);
	pthread_mutex_lock(&k->lock);
	k->written = nr;
	k->rc = rc;
	pthread_cond_broadcast(&k->change);
	if (!k->left)
		k->told(k->arg);
}

static void *keep(void *arg)
{
	struct fttcpd_keeper *k = arg;
	bool left;

	pthread_mutex_lock(&k->lock);
	while (!k->stop || k->written != k->posted) {
		if (k->written != k->posted)
			write_one(k);
		else
			pthread_cond_wait(&k->change, &k->lock);
	}
	left = k->left;
	k->ended = true;
	pthread_cond_broadcast(&k->change);
	pthread_mutex_unlock(&k->lock);
	if (left)
		destroy(k);
	return NULL;
}

/**
 * fttcpd_keeper_start() - have a thread that writes
 * @out:	keeper, or NULL
 * @path:	the file
 * @told:	called in that thread after each write; does not wait, and calls
 *		nothing of the keeper
 * @arg:	for @told
 *
 * Return: 0 or a negative errno.
 */
int fttcpd_keeper_start(struct fttcpd_keeper **out, const char *path,
			void (*told)(void *arg), void *arg)
{
	struct fttcpd_keeper *k = calloc(1, sizeof(*k));
	pthread_condattr_t attr;
	int rc;

	*out = NULL;
	if (!k)
		return -ENOMEM;
	k->told = told;
	k->arg = arg;
	snprintf(k->path, sizeof(k->path), "%s", path);
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->change, &attr);
	pthread_condattr_destroy(&attr);
	rc = fttcpd_thread_start(&k->thread, keep, k);
	if (rc)
		destroy(k);
	else
		*out = k;
	return rc;
}

/**
 * fttcpd_keeper_post() - write this
 * @k:		keeper
 * @text:	replaces one that waits to be written
 */
void fttcpd_keeper_post(struct fttcpd_keeper *k, const char *text)
{
	pthread_mutex_lock(&k->lock);
	snprintf(k->text, sizeof(k->text), "%s", text);
	k->posted++;
	pthread_cond_broadcast(&k->change);
	pthread_mutex_unlock(&k->lock);
}

static struct timespec in_ms(uint32_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	return t;
}

/**
 * fttcpd_keeper_done() - is it on the disk?
 * @k:		keeper
 * @wait_ms:	wait so long for that
 * @rc:		what came of the last write, 0 or a negative errno; may be NULL
 *
 * Any thread.
 *
 * Return: false while a write has not come to its end.
 */
bool fttcpd_keeper_done(struct fttcpd_keeper *k, uint32_t wait_ms, int *rc)
{
	struct timespec end = in_ms(wait_ms);
	bool done;

	pthread_mutex_lock(&k->lock);
	while (wait_ms && k->written != k->posted)
		if (pthread_cond_timedwait(&k->change, &k->lock, &end))
			break;
	done = k->written == k->posted;
	if (rc)
		*rc = k->rc;
	pthread_mutex_unlock(&k->lock);
	return done;
}

/**
 * fttcpd_keeper_stop() - end of the keeper
 * @k:		keeper, or NULL; nobody may use it any more
 * @wait_ms:	wait so long for what is still being written
 */
void fttcpd_keeper_stop(struct fttcpd_keeper *k, uint32_t wait_ms)
{
	struct timespec end = in_ms(wait_ms);

	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_broadcast(&k->change);
	while (!k->ended)
		if (pthread_cond_timedwait(&k->change, &k->lock, &end))
			break;
	k->left = !k->ended;
	if (k->left) {
		pthread_detach(k->thread);
		pthread_mutex_unlock(&k->lock);
		return;
	}
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	destroy(k);
}
