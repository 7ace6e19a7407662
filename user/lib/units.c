// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Numbers, durations and sizes: text to integers. See units.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "units.h"

#define DURATION_MAX_US (366ULL * 24 * 3600 * FTTCP_UNIT_S)
#define SIZE_MAX_BYTES (1ULL << 63)

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{ "us", 1 },
	{ "ms", FTTCP_UNIT_MS },
	{ "s", FTTCP_UNIT_S },
	{ "m", 60 * FTTCP_UNIT_S },
	{ "min", 60 * FTTCP_UNIT_S },
	{ "h", 3600 * FTTCP_UNIT_S },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "B", 1 },
	{ "K", 1ULL << 10 }, { "KB", 1ULL << 10 }, { "KIB", 1ULL << 10 },
	{ "M", 1ULL << 20 }, { "MB", 1ULL << 20 }, { "MIB", 1ULL << 20 },
	{ "G", 1ULL << 30 }, { "GB", 1ULL << 30 }, { "GIB", 1ULL << 30 },
	{ "T", 1ULL << 40 }, { "TB", 1ULL << 40 }, { "TIB", 1ULL << 40 },
	{ NULL, 0 },
};

/* Digits at *s into *out; *s moves behind them. */
static int digits_parse(const char **s, uint64_t max, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;
	unsigned int d;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		d = *p - '0';
		if (v > (max - d) / 10 || d > max)
			return -ERANGE;
		v = v * 10 + d;
	}
	*s = p;
	*out = v;
	return 0;
}

/* ".25" is num 25, den 100; at most six digits. */
static int fraction_parse(const char **s, uint64_t *num, uint64_t *den)
{
	const char *p = *s;

	*num = 0;
	*den = 1;
	if (*p != '.')
		return 0;
	p++;
	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (*den >= 1000000)
			return -EINVAL;
		*num = *num * 10 + (*p - '0');
		*den *= 10;
	}
	*s = p;
	return 0;
}

static uint64_t unit_factor(const struct unit *u, const char *name,
			    int (*compare)(const char *, const char *))
{
	for (; u->name; u++)
		if (!compare(name, u->name))
			return u->factor;
	return 0;
}

/* NUMBER[.FRACTION][UNIT]; *factor is that of a bare number. */
static int quantity_parse(const char *s, const struct unit *units,
			  int (*compare)(const char *, const char *),
			  uint64_t factor, uint64_t max, uint64_t *out)
{
	uint64_t whole, num, den, v;
	int err;

	err = digits_parse(&s, max, &whole);
	if (!err)
		err = fraction_parse(&s, &num, &den);
	if (err)
		return err;
	if (*s)
		factor = unit_factor(units, s, compare);
	if (!factor || num * factor % den)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, factor, &v) ||
	    __builtin_add_overflow(v, num * factor / den, &v) || v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int fttcp_number_parse(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v;
	int err;

	err = digits_parse(&s, max, &v);
	if (err)
		return err;
	if (*s)
		return -EINVAL;
	*out = v;
	return 0;
}

int fttcp_duration_parse(const char *s, uint64_t unit, uint64_t *us)
{
	return quantity_parse(s, duration_units, strcmp, unit,
			      DURATION_MAX_US, us);
}

int fttcp_size_parse(const char *s, uint64_t *bytes)
{
	return quantity_parse(s, size_units, strcasecmp, 1, SIZE_MAX_BYTES,
			      bytes);
}
