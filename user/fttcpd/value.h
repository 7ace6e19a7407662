/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of the configuration file: text to number, duration, size, word,
 * address, each with the sentence that a person reads when it is written
 * otherwise. Pure functions over user/lib's addr and units; which value
 * belongs to which key is conf.c's.
 */
#ifndef FTTCPD_VALUE_H
#define FTTCPD_VALUE_H

#include <stddef.h>
#include <stdint.h>

#define FTTCPD_VALUE_ERROR	256

/**
 * struct fttcpd_value - what a key accepts
 * @min:	smallest number, in the base unit (ms, bytes)
 * @max:	largest number; size of the destination for text
 * @words:	the words accepted, separated by blanks
 * @word_value:	what a word stands for
 */
struct fttcpd_value {
	uint64_t min;
	uint64_t max;
	const char *words;
	int (*word_value)(const char *word);
};

/*
 * All parsers: @text is what stands behind the "=", @out where the value
 * goes. Return: 0, or -EINVAL with what is wrong and a remedy in @err.
 */
typedef int fttcpd_value_fn(const char *text, const struct fttcpd_value *value,
			    void *out, char err[FTTCPD_VALUE_ERROR]);

fttcpd_value_fn fttcpd_value_number;	/* uint32_t */
fttcpd_value_fn fttcpd_value_duration;	/* uint32_t, milliseconds */
fttcpd_value_fn fttcpd_value_bytes;	/* uint64_t */
fttcpd_value_fn fttcpd_value_word;	/* uint32_t */
fttcpd_value_fn fttcpd_value_name;	/* char[value->max] */
fttcpd_value_fn fttcpd_value_device;	/* char[IF_NAMESIZE] */
fttcpd_value_fn fttcpd_value_path;	/* char[value->max] */
fttcpd_value_fn fttcpd_value_address;	/* struct fttcp_endpoint, port 0 */
fttcpd_value_fn fttcpd_value_endpoint;	/* struct fttcp_endpoint */
fttcpd_value_fn fttcpd_value_endpoints; /* struct fttcpd_endpoints */
fttcpd_value_fn fttcpd_value_prefix;	/* struct fttcp_prefix */
fttcpd_value_fn fttcpd_value_clients;	/* struct fttcpd_clients */
fttcpd_value_fn fttcpd_value_service;	/* struct fttcpd_service */

/* value_probe.c */
fttcpd_value_fn fttcpd_value_ports;	/* struct fttcpd_ports */
fttcpd_value_fn fttcpd_value_escaped;	/* struct fttcpd_bytes */
fttcpd_value_fn fttcpd_value_restart;	/* char[value->max] */
fttcpd_value_fn fttcpd_value_program;	/* the same */

int fttcpd_value_refuse(char *err, const char *text, const char *what,
			const char *remedy);

#endif /* FTTCPD_VALUE_H */
