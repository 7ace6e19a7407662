/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A grammar of the link's records: every field of every type, with the values
 * that it may have. From it come valid bodies, damaged ones, and an opinion on
 * any body that was not got from kmod/record_codec.c.
 */
#ifndef FT_RECGEN_H
#define FT_RECGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fttcp/wire.h>

#include "rnd.h"

/* Header, largest body. Payload comes behind. */
#define RECGEN_HEAD_MAX	(sizeof(struct fttcp_wire_hdr) + FTTCP_WIRE_BODY_MAX)

size_t recgen_body_len(uint8_t type);
bool recgen_counted(uint8_t type);
bool recgen_has_payload(uint8_t type);
void recgen_header(void *at, uint8_t type, uint32_t payload_len,
		   uint64_t index);
void recgen_fill(uint8_t type, void *body, struct rnd *r);
void recgen_damage(uint8_t type, void *body, struct rnd *r);
void recgen_damage_header(void *at, struct rnd *r);
bool recgen_valid(uint8_t type, const void *body);

#endif /* FT_RECGEN_H */
