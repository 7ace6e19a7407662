/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers, durations and sizes as a person writes them. Pure functions.
 *
 *   number     decimal digits only, no sign, no blanks
 *   duration   500ms  2s  1.5s  1m  250us; a bare number has the unit that the
 *              caller names
 *   size       4096  64K  16M  2G  (powers of 1024; KiB, MiB, GiB and a
 *              trailing B are the same thing)
 */
#ifndef FTTCP_UNITS_H
#define FTTCP_UNITS_H

#include <stdint.h>

/* Units of a bare number in fttcp_duration_parse(), in microseconds. */
#define FTTCP_UNIT_MS 1000ULL
#define FTTCP_UNIT_S 1000000ULL

/**
 * fttcp_number_parse() - read a decimal number
 * @s: text
 * @max: largest value allowed
 * @out: result, untouched on error
 *
 * Return: 0, -EINVAL (no number), -ERANGE (over @max).
 */
int fttcp_number_parse(const char *s, uint64_t max, uint64_t *out);

/**
 * fttcp_duration_parse() - read a duration
 * @s: text
 * @unit: microseconds in the unit of a bare number, FTTCP_UNIT_*
 * @us: result in microseconds, untouched on error
 *
 * Return: 0, -EINVAL (no duration), -ERANGE (over a year).
 */
int fttcp_duration_parse(const char *s, uint64_t unit, uint64_t *us);

/**
 * fttcp_size_parse() - read a size
 * @s: text
 * @bytes: result, untouched on error
 *
 * Return: 0, -EINVAL (no size), -ERANGE (over 2^63).
 */
int fttcp_size_parse(const char *s, uint64_t *bytes);

#endif
