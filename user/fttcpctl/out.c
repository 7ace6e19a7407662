// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results as text or as JSON from the same calls. See out.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "out.h"

#define NS_PER_S UINT64_C(1000000000)

/* Room for a key with its unit. */
#define KEY_LEN 64

void out_list_begin(struct out *out)
{
	out->list = true;
	out->count = 0;
	if (out->json)
		fputc('[', out->to);
}

void out_list_end(struct out *out)
{
	out->list = false;
	if (out->json)
		fputs(out->pretty && out->count ? "\n]\n" : "]\n", out->to);
}

void out_begin(struct out *out, const char *word)
{
	out->fresh = !word;
	out->broken = false;
	if (out->json)
		out->object = json_object_new_object();
	else if (word)
		fputs(word, out->to);
}

void out_record(struct out *out, const char *action, const char *object)
{
	out_begin(out, action);
	if (out->json)
		out_word(out, "action", action);
	if (out->json && object)
		out_word(out, "object", object);
	else if (object)
		fprintf(out->to, " %s", object);
}

void out_end(struct out *out)
{
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (!out->json) {
		if (!out->fresh)
			fputc('\n', out->to);
		return;
	}
	if (out->pretty)
		flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			JSON_C_TO_STRING_NOSLASHESCAPE;
	if (out->list && out->count)
		fputc(',', out->to);
	if (out->list && out->pretty)
		fputc('\n', out->to);
	fputs(json_object_to_json_string_ext(out->object, flags), out->to);
	if (!out->list)
		fputc('\n', out->to);
	json_object_put(out->object);
	out->object = NULL;
	out->count++;
}

void out_break(struct out *out)
{
	out->broken = !out->oneline && !out->fresh;
}

/* "hold-max" with "-ms": the name of the attribute in the spec. */
static void member_add(struct out *out, const char *key, const char *unit,
		       struct json_object *value)
{
	char name[KEY_LEN];

	snprintf(name, sizeof(name), "%s%s", key, unit);
	json_object_object_add(out->object, name, value);
}

static void key_print(struct out *out, const char *key)
{
	if (out->broken)
		fprintf(out->to, "\n\t%s", key);
	else
		fprintf(out->to, "%s%s", out->fresh ? "" : " ", key);
	out->fresh = false;
	out->broken = false;
}

void out_word(struct out *out, const char *key, const char *value)
{
	if (out->json) {
		member_add(out, key, "", json_object_new_string(value));
		return;
	}
	key_print(out, key);
	fprintf(out->to, " %s", value);
}

/* A line of text stays a line, whatever the sentence contains. */
static void quoted_print(FILE *to, const char *s)
{
	fputc('"', to);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(to, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			fprintf(to, "\\x%02x", (unsigned char)*s);
		else
			fputc(*s, to);
	}
	fputc('"', to);
}

void out_text(struct out *out, const char *key, const char *value)
{
	if (out->json) {
		member_add(out, key, "", json_object_new_string(value));
		return;
	}
	key_print(out, key);
	fputc(' ', out->to);
	quoted_print(out->to, value);
}

static void number_out(struct out *out, const char *key, const char *unit,
		       uint64_t value)
{
	char suffix[8];

	if (out->json) {
		snprintf(suffix, sizeof(suffix), "%s%s", *unit ? "-" : "", unit);
		member_add(out, key, suffix, json_object_new_uint64(value));
		return;
	}
	key_print(out, key);
	fprintf(out->to, " %" PRIu64 "%s", value, unit);
}

void out_u64(struct out *out, const char *key, uint64_t value)
{
	number_out(out, key, "", value);
}

void out_ms(struct out *out, const char *key, uint64_t value)
{
	number_out(out, key, "ms", value);
}

void out_us(struct out *out, const char *key, uint64_t value)
{
	number_out(out, key, "us", value);
}

void out_s64(struct out *out, const char *key, int64_t value)
{
	if (out->json) {
		member_add(out, key, "", json_object_new_int64(value));
		return;
	}
	key_print(out, key);
	fprintf(out->to, " %" PRId64, value);
}

void out_flag(struct out *out, const char *key, bool value)
{
	if (out->json)
		member_add(out, key, "", json_object_new_boolean(value));
	else if (value)
		key_print(out, key);
}

void out_time(struct out *out, const char *key, uint64_t ns)
{
	time_t seconds = ns / NS_PER_S;
	char date[32], text[48];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return;
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%06" PRIu64 "Z", date,
		 ns % NS_PER_S / 1000);
	out_word(out, key, text);
	if (out->json)
		member_add(out, key, "-ns", json_object_new_uint64(ns));
}

void out_counter(struct out *out, const char *name, uint64_t value)
{
	if (out->json)
		json_object_object_add(out->object, name,
				       json_object_new_uint64(value));
	else
		fprintf(out->to, "%-32s %" PRIu64 "\n", name, value);
}

void out_json(struct out *out, const char *key, struct json_object *value)
{
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	if (out->json) {
		json_object_object_add(out->object, key,
				       json_object_get(value));
		return;
	}
	if (json_object_is_type(value, json_type_string)) {
		out_text(out, key, json_object_get_string(value));
		return;
	}
	out_word(out, key, json_object_to_json_string_ext(value, flags));
}

int out_flush(struct out *out)
{
	if (fflush(out->to) || ferror(out->to))
		return errno ? -errno : -EIO;
	return 0;
}
