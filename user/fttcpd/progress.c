// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the list of what is done beside the loop, and what follows when it is
 * stuck.
 */
#include "progress.h"

/*
 * @restart: a new daemon would help. It adopts what the kernel has become, and
 * asks again. It would not help a disk that hangs: the new one would hang there
 * too, or not start, and nobody would be there to take over. That is told
 * instead.
 */
static const struct {
	const char *name;
	bool restart;
} works[FTTCPD_WORKS] = {
	[FTTCPD_WORK_REQUEST] = { "the kernel's promotion or handover", true },
	[FTTCPD_WORK_DISK] = { "the disk with the epoch", false },
	[FTTCPD_WORK_MESSAGES] = { "the disk with the repository", false },
};

/**
 * fttcpd_progress_begin() - it has begun
 * @p:		what is under way
 * @work:	it
 * @now_us:	monotonic time
 * @limit_ms:	how long it may take
 *
 * What is under way already goes on with its time.
 */
void fttcpd_progress_begin(struct fttcpd_progress *p, enum fttcpd_work work,
			   int64_t now_us, uint32_t limit_ms)
{
	if (p->since_us[work])
		return;
	p->since_us[work] = now_us ? now_us : 1;
	p->limit_ms[work] = limit_ms;
}

/** fttcpd_progress_end() - it has ended, and the loop knows */
void fttcpd_progress_end(struct fttcpd_progress *p, enum fttcpd_work work)
{
	p->since_us[work] = 0;
}

/**
 * fttcpd_progress_late() - does it take too long?
 * @p:		what is under way
 * @work:	it
 * @now_us:	monotonic time
 */
bool fttcpd_progress_late(const struct fttcpd_progress *p,
			  enum fttcpd_work work, int64_t now_us)
{
	return p->since_us[work] &&
	       now_us - p->since_us[work] > p->limit_ms[work] * 1000LL;
}

/**
 * fttcpd_progress_stuck() - does this daemon have to be started anew?
 * @p:		what is under way
 * @now_us:	monotonic time
 *
 * Return: what it is for, or FTTCPD_WORKS.
 */
enum fttcpd_work fttcpd_progress_stuck(const struct fttcpd_progress *p,
				       int64_t now_us)
{
	enum fttcpd_work work;

	for (work = 0; work < FTTCPD_WORKS; work++)
		if (works[work].restart &&
		    fttcpd_progress_late(p, work, now_us))
			break;
	return work;
}

/** fttcpd_progress_name() - for messages */
const char *fttcpd_progress_name(enum fttcpd_work work)
{
	return work < FTTCPD_WORKS ? works[work].name : "nothing";
}
