/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of the configuration as text, the way that value.h reads them. Pure
 * functions.
 */
#ifndef FTTCPD_VALUE_TEXT_H
#define FTTCPD_VALUE_TEXT_H

#include "value.h"

/* The longest: bytes to send, each of which may need four characters. */
#define FTTCPD_VALUE_TEXT	520

size_t fttcpd_value_size(fttcpd_value_fn *parse,
			 const struct fttcpd_value *value);
const char *fttcpd_value_text(fttcpd_value_fn *parse,
			      const struct fttcpd_value *value, const void *in,
			      char buf[FTTCPD_VALUE_TEXT]);

#endif /* FTTCPD_VALUE_TEXT_H */
