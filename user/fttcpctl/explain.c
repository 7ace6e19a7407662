// SPDX-License-Identifier: GPL-2.0-only
/*
 * fttcpctl explain: what an event means, what it does and what to do. Needs
 * neither the module nor the daemon.
 */
#include <errno.h>
#include <fttcp/strings-gen.h>
#include <json-c/json.h>
#include <string.h>

#include "args.h"
#include "catalogue.h"

/* Where the text begins and ends on a line. */
#define INDENT	10
#define WIDTH	78

static const char explain_usage[] =
	"Usage: fttcpctl explain [ EVENT ]\n"
	"EVENT := a number, or a name as in monitor: no-mbuf, FTTCP_EVT_NO_MBUF\n"
	"Without EVENT all are listed.\n";

/* "key       words words\n          words" */
static void paragraph(FILE *to, const char *key, const char *text)
{
	int column = INDENT;
	const char *end;

	fprintf(to, "%-*s", INDENT, key);
	for (; *text; text = end + strspn(end, " ")) {
		end = text + strcspn(text, " ");
		if (column > INDENT && column + (end - text) >= WIDTH) {
			fprintf(to, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			fputc(' ', to);
			column++;
		}
		fprintf(to, "%.*s", (int)(end - text), text);
		column += end - text;
	}
	fputc('\n', to);
}

static const char *raised_by(const struct fttcp_catalogue_event *e)
{
	if (e->by_kernel && e->by_daemon)
		return "kernel and fttcpd";
	return e->by_kernel ? "kernel" : "fttcpd";
}

static void print_text(FILE *to, const struct fttcp_catalogue_event *e)
{
	const struct fttcp_catalogue_action *a;

	fprintf(to, "%u %s (%s)\n", e->number, e->constant, e->name);
	/* to the letter: not wrapped */
	fprintf(to, "%-*s%s\n", INDENT, "text", e->format);
	paragraph(to, "severity", fttcp_severity_name(e->severity));
	if (e->rank[0])
		paragraph(to, "rank", e->rank);
	paragraph(to, "from", raised_by(e));
	if (strcmp(e->limit, "none"))
		paragraph(to, "limit", e->limit);
	paragraph(to, "meaning", e->meaning);
	paragraph(to, "effect", e->effect);
	paragraph(to, "cause", e->cause);
	paragraph(to, "advice", e->advice);
	for (a = e->actions; a->run; a++) {
		fprintf(to, "%-*s%s\n", INDENT, a == e->actions ? "do" : "",
			a->run);
		if (a->why[0])
			fprintf(to, "%*s    # %s\n", INDENT, "", a->why);
	}
}

static struct json_object *actions_json(const struct fttcp_catalogue_event *e)
{
	struct json_object *list = json_object_new_array(), *one;
	const struct fttcp_catalogue_action *a;

	for (a = e->actions; a->run; a++) {
		one = json_object_new_object();
		json_object_object_add(one, "run",
				       json_object_new_string(a->run));
		json_object_object_add(one, "why",
				       json_object_new_string(a->why));
		json_object_array_add(list, one);
	}
	return list;
}

static void print_json(struct out *out, const struct fttcp_catalogue_event *e)
{
	struct json_object *actions = actions_json(e);

	out_begin(out, NULL);
	out_u64(out, "number", e->number);
	out_word(out, "name", e->name);
	out_word(out, "constant", e->constant);
	out_text(out, "format", e->format);
	out_word(out, "severity", fttcp_severity_name(e->severity));
	out_word(out, "rank", e->rank);
	out_flag(out, "by-kernel", e->by_kernel);
	out_flag(out, "by-daemon", e->by_daemon);
	out_word(out, "limit", e->limit);
	out_text(out, "meaning", e->meaning);
	out_text(out, "effect", e->effect);
	out_word(out, "cause", e->cause);
	out_word(out, "advice", e->advice);
	out_word(out, "message-id", e->message_id);
	out_json(out, "actions", actions);
	out_end(out);
	json_object_put(actions);
}

void explain_print(struct out *out, const struct fttcp_catalogue_event *e)
{
	if (out->json)
		print_json(out, e);
	else
		print_text(out->to, e);
}

static void list_all(struct out *out)
{
	size_t i;

	out_list_begin(out);
	for (i = 0; i < fttcp_catalogue_count; i++) {
		const struct fttcp_catalogue_event *e = &fttcp_catalogue[i];

		if (out->json)
			print_json(out, e);
		else
			fprintf(out->to, "%-4u %-24s %s\n", e->number, e->name,
				fttcp_severity_name(e->severity));
	}
	out_list_end(out);
}

static int explain_run(struct ctl *ctl, struct args *args)
{
	const struct fttcp_catalogue_event *e;
	const char *word = args_next(args);
	int err;

	if (!word) {
		list_all(&ctl->out);
		return 0;
	}
	err = args_none(ctl, args);
	if (err)
		return err;
	e = fttcp_catalogue_find(word);
	if (!e)
		return ctl_fail(ctl, CTL_NOT_FOUND, -ENOENT,
				"there is no event \"%s\"; \"fttcpctl explain\" lists all",
				word);
	explain_print(&ctl->out, e);
	return 0;
}

const struct noun noun_explain = {
	.name = "explain",
	.usage = explain_usage,
	.run = explain_run,
};
