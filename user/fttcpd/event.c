// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns how an event of the catalogue is told: limits, the fields of the journal,
 * and the way into the kernel's stream, which numbers it, keeps it and sends it
 * to all who follow. Its static variables are under one lock: the threads beside
 * the loop may have something to tell, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fttcp/strings-gen.h>

#include "event.h"
#include "journal.h"
#include "log.h"

/* Numbers are below this; each has its limit at its place. */
#define NUMBERS		(FTTCP_EVT_MAX + 1)

/* A handle of its own: the daemon still wants the words about its request. */
static struct fttcp_nl *stream;
static struct fttcpd_event_limit limits[NUMBERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/**
 * fttcpd_event_init() - events go into the kernel's stream from now on
 *
 * Return: 0, or a negative errno, and then they are written only.
 */
int fttcpd_event_init(void)
{
	return stream ? 0 : fttcp_nl_open(&stream);
}

/** fttcpd_event_exit() - they do not any more */
void fttcpd_event_exit(void)
{
	pthread_mutex_lock(&lock);
	fttcp_nl_close(stream);
	stream = NULL;
	memset(limits, 0, sizeof(limits));
	pthread_mutex_unlock(&lock);
}

/**
 * fttcpd_event_allowed() - whether an event is to be written
 * @limit:	of this event
 * @kind:	"none", "burst" or "short"
 * @now_ms:	monotonic
 *
 * The same limits as those of the kernel.
 *
 * Return: false when it has been written often enough.
 */
bool fttcpd_event_allowed(struct fttcpd_event_limit *limit, const char *kind,
			  int64_t now_ms)
{
	int64_t since = now_ms - limit->ms, add;
	bool used = limit->used;

	limit->used = true;
	if (!strcmp(kind, "short")) {
		if (used && since < FTTCP_EVENT_SHORT_MS)
			return false;
		limit->ms = now_ms;
		return true;
	}
	if (strcmp(kind, "burst"))
		return true;
	add = used ? since * FTTCP_EVENT_RATE_PER_SEC / 1000 :
		     FTTCP_EVENT_BURST;
	if (add > 0) {
		limit->tokens = limit->tokens + add > FTTCP_EVENT_BURST ?
				FTTCP_EVENT_BURST : limit->tokens + add;
		limit->ms = now_ms;
	}
	if (!limit->tokens)
		return false;
	limit->tokens--;
	return true;
}

static int priority(uint32_t severity)
{
	static const int of[] = {
		[FTTCP_SEVERITY_INFO] = LOG_INFO,
		[FTTCP_SEVERITY_NOTICE] = LOG_NOTICE,
		[FTTCP_SEVERITY_WARNING] = LOG_WARNING,
		[FTTCP_SEVERITY_ERROR] = LOG_ERR,
		[FTTCP_SEVERITY_CRITICAL] = LOG_CRIT,
	};

	return severity <= FTTCP_SEVERITY_CRITICAL ? of[severity] : LOG_ERR;
}

/* Which event it is, in the entry of the journal. */
static void add_identity(struct fttcpd_journal *j,
			 const struct fttcp_catalogue_event *e)
{
	fttcpd_journal_add(j, "MESSAGE_ID", "%s", e->message_id);
	fttcpd_journal_add(j, "FTTCP_EVENT", "%u", e->number);
	fttcpd_journal_add(j, "FTTCP_EVENT_NAME", "%s", e->name);
	fttcpd_journal_add(j, "FTTCP_ADVICE", "%s", e->advice);
}

static void into_stream(uint32_t number, int error, const char *text)
{
	struct fttcp_event event = { .id = number, .error = error };

	if (!stream)
		return;
	/* a longer one is cut, by the kernel, too */
	snprintf(event.text, sizeof(event.text), "%.*s",
		 (int)sizeof(event.text) - 1, text);
	fttcp_mark(&event, FTTCP_A_EVENT_ID);
	fttcp_mark(&event, FTTCP_A_EVENT_TEXT);
	if (error)
		fttcp_mark(&event, FTTCP_A_EVENT_ERRNO);
	/* it has been written: nobody else is to be told of a failure */
	fttcp_event_raise(stream, &event);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/**
 * fttcpd_event_raise() - tell of an event
 * @number:	enum fttcp_event_id
 * @error:	negative errno, 0 none
 * @function:	where, or NULL
 * @line:	where
 * @fmt:	its text
 *
 * For event-gen.c, which has the texts.
 */
void fttcpd_event_raise(uint32_t number, int error, const char *function,
			unsigned int line, const char *fmt, ...)
{
	const struct fttcp_catalogue_event *e;
	struct fttcpd_journal j;
	char text[1024];
	va_list ap;

	e = fttcp_catalogue_by_number(number);
	if (!e)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&lock);
	if (fttcpd_event_allowed(&limits[number], e->limit, now_ms())) {
		fttcpd_journal_begin(&j, priority(e->severity), text);
		add_identity(&j, e);
		if (error)
			fttcpd_journal_add(&j, "ERRNO", "%d", -error);
		if (function) {
			fttcpd_journal_add(&j, "CODE_FUNC", "%s", function);
			fttcpd_journal_add(&j, "CODE_LINE", "%u", line);
		}
		fttcpd_journal_end(&j);
	}
	into_stream(number, error, text);
	pthread_mutex_unlock(&lock);
}

/* Formats that are kept to the letter stand alone. */
static void kernel_text(const struct fttcp_event *event, char *buf, size_t size)
{
	if (event->id == FTTCP_EVT_NODE_STATE)
		snprintf(buf, size, "kernel: %s",
			 fttcp_state_name(event->state));
	else if (event->id < FTTCP_EVT_NODE_STATE)
		snprintf(buf, size, "%s", event->text);
	else
		snprintf(buf, size, "kernel: %s: %s", event->name,
			 event->text[0] ? event->text :
			 fttcp_down_reason_name(event->reason));
}

static void add_endpoints(struct fttcpd_journal *j,
			  const struct fttcp_event *event)
{
	char buf[FTTCP_ADDR_STRLEN];

	if (event->local.family)
		fttcpd_journal_add(j, "FTTCP_LOCAL", "%s",
				   fttcp_endpoint_format(&event->local, buf));
	if (event->remote.family)
		fttcpd_journal_add(j, "FTTCP_PEER", "%s",
				   fttcp_endpoint_format(&event->remote, buf));
}

/**
 * fttcpd_event_kernel() - write down an event of the kernel
 * @event:	as it came
 */
void fttcpd_event_kernel(const struct fttcp_event *event)
{
	const struct fttcp_catalogue_event *e;
	char text[2 * FTTCP_TEXT_LEN];
	struct fttcpd_journal j;

	e = fttcp_catalogue_by_number(event->id);
	kernel_text(event, text, sizeof(text));
	/* what the kernel notices, others have asked for */
	fttcpd_journal_begin(&j, event->severity == FTTCP_SEVERITY_NOTICE ?
			     LOG_INFO : priority(event->severity), text);
	if (e)
		add_identity(&j, e);
	fttcpd_journal_add(&j, "FTTCP_SEQ", "%" PRIu64, event->seq);
	if (fttcp_has(event, FTTCP_A_EVENT_CONN_ID))
		fttcpd_journal_add(&j, "FTTCP_CONNECTION", "%" PRIu64,
				   event->conn_id);
	if (fttcp_has(event, FTTCP_A_EVENT_LINK_ID))
		fttcpd_journal_add(&j, "FTTCP_LINK", "%u", event->link_id);
	if (fttcp_has(event, FTTCP_A_EVENT_REASON))
		fttcpd_journal_add(&j, "FTTCP_REASON", "%s",
				   fttcp_down_reason_name(event->reason));
	if (fttcp_has(event, FTTCP_A_EVENT_ERRNO))
		fttcpd_journal_add(&j, "ERRNO", "%d", -event->error);
	add_endpoints(&j, event);
	fttcpd_journal_end(&j);
}
