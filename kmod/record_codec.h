/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks that a record from the network must pass before anything looks
 * at it, as pure functions over bytes. Compiles in the kernel and in user
 * space.
 */
#ifndef _FTTCP_RECORD_CODEC_H
#define _FTTCP_RECORD_CODEC_H

#include <linux/types.h>
#include <fttcp/wire.h>

#ifndef __KERNEL__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

/* Why a record does not decode; the text is fttcp_decode_text(). */
enum fttcp_decode {
	FTTCP_DECODE_OK,
	FTTCP_DECODE_MAGIC,
	FTTCP_DECODE_VERSION,
	FTTCP_DECODE_TYPE,
	FTTCP_DECODE_BODY_LEN,
	FTTCP_DECODE_PAYLOAD_LEN,
	FTTCP_DECODE_RESERVED,
	FTTCP_DECODE_INDEX,
	FTTCP_DECODE_FIELD,
};

/**
 * struct fttcp_rx - a record that is arriving
 * @have:	bytes of header and body collected in @buf
 * @type:	enum fttcp_wire_type, once the header is whole
 * @body_len:	bytes of the body
 * @payload_len: bytes of payload
 * @payload_got: of these, seen so far
 * @index:	of the record, 0 when it is not counted
 * @buf:	header and body as they came
 */
struct fttcp_rx {
	u32	have;
	u8	type;
	u16	body_len;
	u32	payload_len;
	u32	payload_got;
	u64	index;
	u8	buf[sizeof(struct fttcp_wire_hdr) + FTTCP_WIRE_BODY_MAX]
		__attribute__((aligned(8)));
};

u16 fttcp_wire_body_len(u8 type);
bool fttcp_wire_counted(u8 type);
bool fttcp_wire_has_payload(u8 type);
void fttcp_wire_encode_hdr(struct fttcp_wire_hdr *h, u8 type, u32 payload_len,
			   u64 index);
enum fttcp_decode fttcp_wire_decode_hdr(const struct fttcp_wire_hdr *h,
					u64 last_index, struct fttcp_rx *rx);
enum fttcp_decode fttcp_wire_check_body(u8 type, const void *body);
u32 fttcp_wire_stop_code(u8 reason);
u8 fttcp_wire_stop_reason(u32 code);
bool fttcp_wire_word_ok(const char *text, size_t size, bool blanks);
const char *fttcp_decode_text(enum fttcp_decode d);

#endif /* _FTTCP_RECORD_CODEC_H */
