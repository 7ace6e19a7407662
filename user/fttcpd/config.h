/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration for who asks at the control socket: members of a JSON
 * answer.
 *
 *   "file": path, "settings": [{"section", "key", "value", "source": "file" |
 *   "default" | "kernel", "line", "takes-effect", "after-restart"}], "next": N
 *
 * and of a reload
 *
 *   "changed": [{"section", "key", "line", "from", "to", "takes-effect"}],
 *   "more": N
 */
#ifndef FTTCPD_CONFIG_H
#define FTTCPD_CONFIG_H

#include <json-c/json.h>

#include "daemon.h"

/*
 * Settings and changes of one answer: of some 300 bytes each they fit a packet
 * of the control socket. Settings are asked for again from "next" on, changes
 * are only counted from there.
 */
#define FTTCPD_CONFIG_BATCH	100

/**
 * struct fttcpd_changes - what a reload has changed
 * @list:	array of objects
 * @more:	how many it has no room for
 */
struct fttcpd_changes {
	struct json_object *list;
	unsigned int more;
};

void fttcpd_config_change(const struct fttcpd_change *change, void *changes);
int fttcpd_config_answer(struct fttcpd *d, struct json_object *answer,
			 unsigned int first);

#endif /* FTTCPD_CONFIG_H */
