/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encodings of a message: how the versions of a client's wire format are
 * turned into each other, so that the two clients need not be upgraded at the
 * same moment. Pure functions.
 */
#ifndef FTTCP_REPO_CONVERT_H
#define FTTCP_REPO_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/**
 * enum fttcp_encoding - what the bytes of a message are
 * @FTTCP_ENC_OPAQUE:	bytes that are nobody's business; never converted
 * @FTTCP_ENC_TLV8:	wire version 1: elements of one byte type, one byte
 *			length, and the value
 * @FTTCP_ENC_TLV16:	wire version 2: the same with two bytes each, big
 *			endian. What goes from node to node
 * @FTTCP_ENCODINGS:	how many
 */
enum fttcp_encoding {
	FTTCP_ENC_OPAQUE,
	FTTCP_ENC_TLV8,
	FTTCP_ENC_TLV16,
	FTTCP_ENCODINGS,
};

int fttcp_convert(unsigned int from, unsigned int to, const void *in,
		  size_t len, void *out, size_t room);
const char *fttcp_encoding_name(unsigned int encoding);
int fttcp_encoding_value(const char *name);

#endif /* FTTCP_REPO_CONVERT_H */
