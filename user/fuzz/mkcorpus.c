// SPDX-License-Identifier: GPL-2.0-only
/*
 * The corpus of fuzz_record: as text in the tree, as files for libFuzzer.
 *
 *	mkcorpus			writes corpus.txt, from valid records
 *	mkcorpus DIR <corpus.txt	makes a file of each line
 *
 * A line is "NAME HEX"; one that begins with # says something. What was found
 * by fuzzing may be added by hand: mkcorpus -a NAME <FILE prints the line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recgen.h"

#define LINE_ROOM	65536

static const char * const names[__FTTCP_WIRE_MAX] = {
	[FTTCP_WIRE_HELLO]	= "hello",
	[FTTCP_WIRE_SYNC_BEGIN]	= "sync-begin",
	[FTTCP_WIRE_SYNC_END]	= "sync-end",
	[FTTCP_WIRE_CONN_ADD]	= "conn-add",
	[FTTCP_WIRE_CONN_OPTS]	= "conn-opts",
	[FTTCP_WIRE_TX_DATA]	= "tx-data",
	[FTTCP_WIRE_RX_DATA]	= "rx-data",
	[FTTCP_WIRE_STATE]	= "state",
	[FTTCP_WIRE_CONN_DEL]	= "conn-del",
	[FTTCP_WIRE_HEARTBEAT]	= "heartbeat",
	[FTTCP_WIRE_ACK]	= "ack",
	[FTTCP_WIRE_NACK]	= "nack",
	[FTTCP_WIRE_STOP]	= "stop",
	[FTTCP_WIRE_AUDIT_MARK]	= "audit-mark",
	[FTTCP_WIRE_AUDIT]	= "audit",
	[FTTCP_WIRE_SWEEP]	= "sweep",
	[FTTCP_WIRE_AUDIT_DIFF]	= "audit-diff",
	[FTTCP_WIRE_AUDIT_DONE]	= "audit-done",
	[FTTCP_WIRE_COMMAND]	= "command",
};

static void hex(const unsigned char *p, size_t len)
{
	while (len--)
		printf("%02x", *p++);
}

static void print_record(uint8_t type, uint64_t *index, struct rnd *r)
{
	_Alignas(8) unsigned char rec[RECGEN_HEAD_MAX];
	uint32_t payload = recgen_has_payload(type) ? 3 : 0;

	*index += recgen_counted(type);
	recgen_header(rec, type, payload, recgen_counted(type) ? *index : 0);
	recgen_fill(type, rec + sizeof(struct fttcp_wire_hdr), r);
	hex(rec, sizeof(struct fttcp_wire_hdr) + recgen_body_len(type));
	hex((const unsigned char *)"abc", payload);
}

static int generate(void)
{
	static const uint8_t whole[] = {
		FTTCP_WIRE_HELLO, FTTCP_WIRE_SYNC_BEGIN, FTTCP_WIRE_CONN_ADD,
		FTTCP_WIRE_TX_DATA, FTTCP_WIRE_RX_DATA, FTTCP_WIRE_SYNC_END,
		FTTCP_WIRE_HEARTBEAT, FTTCP_WIRE_STATE, FTTCP_WIRE_CONN_OPTS,
		FTTCP_WIRE_AUDIT_MARK, FTTCP_WIRE_AUDIT, FTTCP_WIRE_SWEEP,
		FTTCP_WIRE_AUDIT_DIFF, FTTCP_WIRE_AUDIT_DONE,
		FTTCP_WIRE_CONN_DEL, FTTCP_WIRE_STOP,
	};
	struct rnd r = { 1 };
	uint64_t index;

	printf("# SPDX-License-Identifier: GPL-2.0-only\n"
	       "# Corpus of fuzz_record, written by mkcorpus: a valid record of each type,\n"
	       "# and a sequence as it goes over a lane.\n");
	for (uint8_t type = 1; type < __FTTCP_WIRE_MAX; type++) {
		index = 0;
		printf("%s ", names[type]);
		print_record(type, &index, &r);
		puts("");
	}
	index = 0;
	printf("sequence ");
	for (size_t i = 0; i < sizeof(whole); i++)
		print_record(whole[i], &index, &r);
	puts("");
	return 0;
}

static int write_bytes(const char *dir, const char *name, const char *text)
{
	unsigned int byte;
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	for (; sscanf(text, "%2x", &byte) == 1; text += 2)
		fputc(byte, f);
	return fclose(f) ? -errno : 0;
}

static int unpack(const char *dir)
{
	static char line[LINE_ROOM];
	char *text;
	int err;

	while (fgets(line, sizeof(line), stdin)) {
		text = strchr(line, ' ');
		if (line[0] == '#' || !text)
			continue;
		*text++ = 0;
		err = write_bytes(dir, line, text);
		if (err) {
			fprintf(stderr, "mkcorpus: %s/%s: %s\n", dir, line,
				strerror(-err));
			return 1;
		}
	}
	return 0;
}

static int as_line(const char *name)
{
	int c;

	printf("%s ", name);
	while ((c = getchar()) != EOF)
		printf("%02x", c);
	puts("");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return generate();
	if (argc == 3 && !strcmp(argv[1], "-a"))
		return as_line(argv[2]);
	if (argc == 2 && argv[1][0] != '-')
		return unpack(argv[1]);
	fprintf(stderr, "usage: mkcorpus [DIR | -a NAME]\n");
	return 1;
}
