/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The catalogue of events: what each means, what it does and what to do. The
 * table is generated from include/fttcp/events.yaml.
 */
#ifndef FTTCP_CATALOGUE_H
#define FTTCP_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/fttcp_values.h>

/* Actions of one event, and the end of the list. */
#define FTTCP_CATALOGUE_ACTIONS 8

/**
 * struct fttcp_catalogue_action - something to do
 * @run: a command
 * @why: what it shows or does
 */
struct fttcp_catalogue_action {
	const char *run;
	const char *why;
};

/**
 * struct fttcp_catalogue_event - an event
 * @number: its number, enum fttcp_event_id
 * @name: as messages have it: "no-mbuf"
 * @constant: as programs have it: "FTTCP_EVT_NO_MBUF"
 * @by_kernel: the module raises it
 * @by_daemon: fttcpd raises it
 * @severity: enum fttcp_severity
 * @rank: critical, major or warning, where the format has one of old; or ""
 * @format: of its text; <...> is an argument
 * @limit: none, burst or short
 * @meaning: what has happened
 * @effect: what it does to the connections
 * @cause: class of the cause
 * @advice: for programs
 * @message_id: of its journal entries, 32 hexadecimal digits
 * @actions: what to do; ends with one without a command
 */
struct fttcp_catalogue_event {
	uint32_t number;
	const char *name;
	const char *constant;
	bool by_kernel;
	bool by_daemon;
	uint32_t severity;
	const char *rank;
	const char *format;
	const char *limit;
	const char *meaning;
	const char *effect;
	const char *cause;
	const char *advice;
	const char *message_id;
	struct fttcp_catalogue_action actions[FTTCP_CATALOGUE_ACTIONS];
};

/* In the order of their numbers. */
extern const struct fttcp_catalogue_event fttcp_catalogue[];
extern const size_t fttcp_catalogue_count;

/**
 * fttcp_catalogue_by_number() - look an event up
 * @number: its number
 *
 * Return: the event, or NULL.
 */
const struct fttcp_catalogue_event *fttcp_catalogue_by_number(uint32_t number);

/**
 * fttcp_catalogue_find() - look an event up by what a person writes
 * @word: number, name or constant, whatever the case; - and _ are the same
 *
 * Return: the event, or NULL.
 */
const struct fttcp_catalogue_event *fttcp_catalogue_find(const char *word);

#endif
