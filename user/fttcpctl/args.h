/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a command: "key value" pairs and bare keys, by table. Every
 * mistake is named with the word that it is about, before anything was done.
 */
#ifndef FTTCPCTL_ARGS_H
#define FTTCPCTL_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "ctl.h"

/**
 * struct args - the words not used yet
 * @count: how many
 * @words: which
 */
struct args {
	int count;
	char **words;
};

/* What a key's value is, and so what it is stored as. */
enum arg_kind {
	ARG_FLAG,	/* bool; there is no value */
	ARG_U32,	/* uint32_t, min..max */
	ARG_U64,	/* uint64_t, min..max */
	ARG_PORT,	/* uint16_t, 1..65535 */
	ARG_MS,		/* uint32_t; a bare number is milliseconds */
	ARG_SECONDS,	/* uint32_t in ms; a bare number is seconds */
	ARG_SIZE,	/* uint64_t */
	ARG_ENUM,	/* uint32_t, one of the names */
	ARG_ENDPOINT,	/* struct fttcp_endpoint */
	ARG_ADDRESS,	/* struct fttcp_endpoint without port */
	ARG_PREFIX,	/* struct fttcp_prefix */
	ARG_DEVICE,	/* uint32_t, ifindex of a name */
	ARG_TEXT,	/* const char *, as it is */
	ARG_WHEN,	/* int64_t, microseconds since 1970 */
};

/**
 * struct arg_key - a key
 * @word: the word; "--word" is taken too
 * @kind: of its value
 * @offset: of the member that takes it
 * @attr: marked present in the object, 0: none
 * @min: smallest value, for numbers
 * @max: largest value, for numbers; 0: no limit
 * @value: value of a name, for ARG_ENUM
 * @name: name of a value, for ARG_ENUM
 * @optional: ARG_SECONDS without a number is UINT32_MAX, for ever
 */
struct arg_key {
	const char *word;
	enum arg_kind kind;
	size_t offset;
	uint16_t attr;
	uint64_t min;
	uint64_t max;
	int (*value)(const char *name);
	const char *(*name)(unsigned int value);
	bool optional;
};

/**
 * args_next() - take the next word
 * @args: words
 *
 * Return: the word, or NULL at the end.
 */
const char *args_next(struct args *args);

/**
 * args_parse() - all remaining words by table
 * @ctl: context
 * @args: words
 * @keys: table, ends with a key without a word; at most 64
 * @obj: begins with "uint64_t present"
 *
 * Return: 0, or -EINVAL or -ENODEV, noted.
 */
int args_parse(struct ctl *ctl, struct args *args, const struct arg_key *keys,
	       void *obj);

/**
 * args_none() - there must be no further word
 * @ctl: context
 * @args: words
 *
 * Return: 0, or -EINVAL, noted.
 */
int args_none(struct ctl *ctl, struct args *args);

#endif
