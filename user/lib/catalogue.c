// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Looks events up in the catalogue. See catalogue.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "catalogue.h"

const struct fttcp_catalogue_event *fttcp_catalogue_by_number(uint32_t number)
{
	size_t i;

	for (i = 0; i < fttcp_catalogue_count; i++)
		if (fttcp_catalogue[i].number == number)
			return &fttcp_catalogue[i];
	return NULL;
}

static int folded(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

static bool same_word(const char *a, const char *b)
{
	for (; *a && folded(*a) == folded(*b); a++, b++)
		;
	return !*a && !*b;
}

const struct fttcp_catalogue_event *fttcp_catalogue_find(const char *word)
{
	unsigned long number;
	char *end;
	size_t i;

	if (isdigit((unsigned char)word[0])) {
		errno = 0;
		number = strtoul(word, &end, 10);
		if (errno || *end || number > UINT32_MAX)
			return NULL;
		return fttcp_catalogue_by_number(number);
	}
	for (i = 0; i < fttcp_catalogue_count; i++)
		if (same_word(word, fttcp_catalogue[i].name) ||
		    same_word(word, fttcp_catalogue[i].constant))
			return &fttcp_catalogue[i];
	return NULL;
}
