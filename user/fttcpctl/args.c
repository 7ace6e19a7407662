// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of a command. See args.h.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "args.h"
#include "units.h"

const char *args_next(struct args *args)
{
	if (!args->count)
		return NULL;
	args->count--;
	return *args->words++;
}

int args_none(struct ctl *ctl, struct args *args)
{
	const char *word = args_next(args);

	return word ? ctl_fail_usage(ctl, "unexpected word \"%s\"", word) : 0;
}

static int bad_value(struct ctl *ctl, const struct arg_key *key,
		     const char *text, const char *why)
{
	return ctl_fail_usage(ctl, "%s: \"%s\" is %s", key->word, text, why);
}

static int range_check(struct ctl *ctl, const struct arg_key *key,
		       const char *text, uint64_t v, uint64_t width)
{
	uint64_t max = key->max && key->max < width ? key->max : width;

	if (v < key->min || v > max)
		return ctl_fail_usage(ctl, "%s: \"%s\" is not within %" PRIu64
				      "..%" PRIu64, key->word, text, key->min,
				      max);
	return 0;
}

static int number_take(struct ctl *ctl, const struct arg_key *key,
		       const char *text, void *to)
{
	uint64_t v, width = key->kind == ARG_U64 ? UINT64_MAX : UINT32_MAX;
	int err;

	if (key->kind == ARG_PORT)
		width = UINT16_MAX;
	err = fttcp_number_parse(text, UINT64_MAX, &v);
	if (err)
		return bad_value(ctl, key, text, "not a number");
	if (key->kind == ARG_PORT && !v)
		return bad_value(ctl, key, text, "not a port (1..65535)");
	err = range_check(ctl, key, text, v, width);
	if (err)
		return err;
	if (key->kind == ARG_U64)
		*(uint64_t *)to = v;
	else if (key->kind == ARG_PORT)
		*(uint16_t *)to = v;
	else
		*(uint32_t *)to = v;
	return 0;
}

static int duration_take(struct ctl *ctl, const struct arg_key *key,
			 const char *text, uint32_t *ms)
{
	uint64_t unit = key->kind == ARG_MS ? FTTCP_UNIT_MS : FTTCP_UNIT_S, us;
	int err;

	err = fttcp_duration_parse(text, unit, &us);
	if (err)
		return bad_value(ctl, key, text,
				 "not a duration such as 500ms or 2s");
	if (us % FTTCP_UNIT_MS)
		return bad_value(ctl, key, text, "finer than a millisecond");
	err = range_check(ctl, key, text, us / FTTCP_UNIT_MS, UINT32_MAX);
	if (!err)
		*ms = us / FTTCP_UNIT_MS;
	return err;
}

static int size_take(struct ctl *ctl, const struct arg_key *key,
		     const char *text, uint64_t *size)
{
	uint64_t v;
	int err;

	err = fttcp_size_parse(text, &v);
	if (err)
		return bad_value(ctl, key, text,
				 "not a size such as 65536, 64K or 16M");
	err = range_check(ctl, key, text, v, UINT64_MAX);
	if (!err)
		*size = v;
	return err;
}

/* The names of an enum begin at 0 and end where "unknown" is given. */
static int enum_take(struct ctl *ctl, const struct arg_key *key,
		     const char *text, uint32_t *to)
{
	char list[FTTCP_TEXT_LEN];
	size_t used = 0;
	unsigned int i;
	int v;

	v = key->value(text);
	if (v >= 0) {
		*to = v;
		return 0;
	}
	for (i = 0; strcmp(key->name(i), "unknown") && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s",
				 i ? ", " : "", key->name(i));
	return ctl_fail_usage(ctl, "%s: \"%s\" is none of: %s", key->word, text,
			      list);
}

static int no_device(struct ctl *ctl, const struct arg_key *key,
		     const char *text)
{
	return ctl_fail(ctl, CTL_NOT_FOUND, -ENODEV,
			"%s: \"%s\": there is no such device", key->word, text);
}

static int endpoint_take(struct ctl *ctl, const struct arg_key *key,
			 const char *text, struct fttcp_endpoint *ep)
{
	int err;

	if (key->kind == ARG_ADDRESS)
		err = fttcp_addr_parse(text, ep);
	else
		err = fttcp_endpoint_parse(text, ep);
	switch (err) {
	case 0:
		return 0;
	case -ENODEV:
		return no_device(ctl, key, text);
	case -ERANGE:
		return bad_value(ctl, key, text,
				 "without a port within 1..65535");
	default:
		return bad_value(ctl, key, text, key->kind == ARG_ADDRESS ?
				 "not an address" :
				 "not of the form 10.0.0.1:179 or [2001:db8::1]:179");
	}
}

static int prefix_take(struct ctl *ctl, const struct arg_key *key,
		       const char *text, struct fttcp_prefix *p)
{
	switch (fttcp_prefix_parse(text, p)) {
	case 0:
		return 0;
	case -ERANGE:
		return bad_value(ctl, key, text,
				 "longer than an address (32 or 128 bits)");
	case -EDOM:
		return bad_value(ctl, key, text,
				 "no prefix: bits are set behind its length");
	default:
		return bad_value(ctl, key, text,
				 "not of the form 10.0.0.0/8 or 2001:db8::/32");
	}
}

static int device_take(struct ctl *ctl, const struct arg_key *key,
		       const char *text, uint32_t *ifindex)
{
	uint32_t v = if_nametoindex(text);

	if (!v)
		return no_device(ctl, key, text);
	*ifindex = v;
	return 0;
}

/* 2026-01-31T12:00:00, in UTC. Return: whether it is that. */
static bool date_parse(const char *text, int64_t *us)
{
	struct tm tm = { 0 };
	const char *end;

	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || (*end && strcmp(end, "Z")))
		return false;
	*us = timegm(&tm) * 1000000LL;
	return true;
}

/* A point in time, or how long ago. */
static int when_take(struct ctl *ctl, const struct arg_key *key,
		     const char *text, int64_t *us)
{
	uint64_t ago;

	if (date_parse(text, us))
		return 0;
	if (fttcp_duration_parse(text, FTTCP_UNIT_S, &ago))
		return bad_value(ctl, key, text, "neither a time such as "
				 "2026-01-31T12:00:00 nor how long ago, such "
				 "as 10m");
	*us = time(NULL) * 1000000LL - ago;
	return 0;
}

static int value_take(struct ctl *ctl, const struct arg_key *key,
		      const char *text, void *to)
{
	switch (key->kind) {
	case ARG_U32:
	case ARG_U64:
	case ARG_PORT:
		return number_take(ctl, key, text, to);
	case ARG_MS:
	case ARG_SECONDS:
		return duration_take(ctl, key, text, to);
	case ARG_SIZE:
		return size_take(ctl, key, text, to);
	case ARG_ENUM:
		return enum_take(ctl, key, text, to);
	case ARG_ENDPOINT:
	case ARG_ADDRESS:
		return endpoint_take(ctl, key, text, to);
	case ARG_PREFIX:
		return prefix_take(ctl, key, text, to);
	case ARG_DEVICE:
		return device_take(ctl, key, text, to);
	case ARG_TEXT:
		*(const char **)to = text;
		return 0;
	case ARG_WHEN:
		return when_take(ctl, key, text, to);
	case ARG_FLAG:
		break;
	}
	*(bool *)to = true;
	return 0;
}

static const struct arg_key *key_find(const struct arg_key *keys,
				      const char *word)
{
	if (!strncmp(word, "--", 2))
		word += 2;
	for (; keys->word; keys++)
		if (!strcmp(keys->word, word))
			return keys;
	return NULL;
}

static int unknown_word(struct ctl *ctl, const struct arg_key *keys,
			const char *word)
{
	char list[FTTCP_TEXT_LEN] = "";
	size_t used = 0;

	for (; keys->word && used < sizeof(list); keys++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s",
				 used ? ", " : "", keys->word);
	return ctl_fail_usage(ctl, "unexpected word \"%s\"; there is: %s", word,
			      list);
}

static bool value_follows(const struct args *args)
{
	return args->count && isdigit((unsigned char)args->words[0][0]);
}

static int key_take(struct ctl *ctl, struct args *args,
		    const struct arg_key *key, void *to)
{
	const char *text = "";

	if (key->optional && !value_follows(args)) {
		*(uint32_t *)to = UINT32_MAX;
		return 0;
	}
	if (key->kind != ARG_FLAG)
		text = args_next(args);
	if (!text)
		return ctl_fail_usage(ctl, "%s needs a value", key->word);
	return value_take(ctl, key, text, to);
}

int args_parse(struct ctl *ctl, struct args *args, const struct arg_key *keys,
	       void *obj)
{
	const struct arg_key *key;
	const char *word;
	uint64_t seen = 0;
	int err;

	while ((word = args_next(args))) {
		key = key_find(keys, word);
		if (!key)
			return unknown_word(ctl, keys, word);
		if (seen & (1ULL << (key - keys)))
			return ctl_fail_usage(ctl, "%s is given twice",
					      key->word);
		seen |= 1ULL << (key - keys);
		err = key_take(ctl, args, key, (char *)obj + key->offset);
		if (err)
			return err;
		if (key->attr)
			*(uint64_t *)obj |= 1ULL << key->attr;
	}
	return 0;
}
