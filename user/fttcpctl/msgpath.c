// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which file the repository is. See msg.h.
 */
#include <string.h>

#include "daemon.h"
#include "msg.h"
#include "repo/repo.h"

/* The answer comes at once, or the daemon is not one to wait for. */
#define ASK_MS 2000

static void take(struct json_object *answer, char *path, size_t size)
{
	struct json_object *value;

	if (json_object_object_get_ex(answer, "repository", &value) &&
	    json_object_is_type(value, json_type_string) &&
	    *json_object_get_string(value))
		snprintf(path, size, "%s", json_object_get_string(value));
}

void msg_path(struct ctl *ctl, const char *named, char *path, size_t size)
{
	struct json_object *request, *answer = NULL;
	struct fttcp_control *control;

	snprintf(path, size, "%s", named ? named : FTTCP_REPO_PATH);
	if (named || fttcp_control_open(&control, ctl->control_path))
		return;
	request = daemon_command("status");
	if (!fttcp_control_request(control, request, &answer, ASK_MS))
		take(answer, path, size);
	json_object_put(answer);
	json_object_put(request);
	fttcp_control_close(control);
}
