/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results as text or as JSON from the same calls. Text: one object a line,
 * "key value" pairs, further lines indented. JSON: one object per record,
 * written as soon as it is complete, in an array for lists and one a line
 * (NDJSON) for streams; keys are the names of the netlink attributes.
 */
#ifndef FTTCPCTL_OUT_H
#define FTTCPCTL_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

/**
 * struct out - the state of the output
 * @to: stream
 * @json: JSON instead of text
 * @pretty: JSON with newlines and blanks
 * @oneline: text without further lines
 * @object: object being built (JSON)
 * @list: inside out_list_begin() and out_list_end()
 * @count: objects of the list so far
 * @fresh: nothing stands on the line yet (text)
 * @broken: the next key goes on a further line (text)
 */
struct out {
	FILE *to;
	bool json;
	bool pretty;
	bool oneline;
	struct json_object *object;
	bool list;
	unsigned int count;
	bool fresh;
	bool broken;
};

/**
 * out_list_begin() - begin a list of objects
 * @out: output
 */
void out_list_begin(struct out *out);

/**
 * out_list_end() - end it
 * @out: output
 */
void out_list_end(struct out *out);

/**
 * out_begin() - begin an object
 * @out: output
 * @word: what it is: the first word of its line; NULL for none; not in JSON
 */
void out_begin(struct out *out, const char *word);

/**
 * out_record() - begin an object of a stream: what happened to what
 * @out: output
 * @action: first word of the line, "action" in JSON
 * @object: second word, "object" in JSON; NULL for none
 */
void out_record(struct out *out, const char *action, const char *object);

/**
 * out_end() - end the object; it is written
 * @out: output
 */
void out_end(struct out *out);

/**
 * out_break() - continue on a further line, if anything follows (text)
 * @out: output
 */
void out_break(struct out *out);

/* A word that is one of a fixed set, or an address: no blanks in it. */
void out_word(struct out *out, const char *key, const char *value);

/* A sentence: in quotes in the text. */
void out_text(struct out *out, const char *key, const char *value);

void out_u64(struct out *out, const char *key, uint64_t value);
void out_s64(struct out *out, const char *key, int64_t value);

/* Text has the key alone when it is so, nothing when it is not. */
void out_flag(struct out *out, const char *key, bool value);

/* Durations: "key 20ms" in text, "key-ms": 20 in JSON; likewise us. */
void out_ms(struct out *out, const char *key, uint64_t value);
void out_us(struct out *out, const char *key, uint64_t value);

/* A point in time: RFC 3339 under key, in JSON nanoseconds under key-ns too. */
void out_time(struct out *out, const char *key, uint64_t ns);

/* A counter on a line of its own; the name is kept to the letter. */
void out_counter(struct out *out, const char *name, uint64_t value);

/* A member of somebody else's JSON object, as it is. */
void out_json(struct out *out, const char *key, struct json_object *value);

/**
 * out_flush() - write what is buffered
 * @out: output
 *
 * Return: 0, or a negative errno of the stream.
 */
int out_flush(struct out *out);

#endif
