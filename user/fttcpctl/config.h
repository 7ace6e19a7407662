/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How one setting of fttcpd is shown, whoever told it.
 */
#ifndef FTTCPCTL_CONFIG_H
#define FTTCPCTL_CONFIG_H

#include "ctl.h"

#define CONFIG_SECTION	64

/**
 * struct config_setting - one key
 * @section: it stands in
 * @key: its name
 * @value: as in the file, "" for one that is not set
 * @source: "file", "default", "kernel"
 * @line: of the file, 0 for the others
 * @when: a change counts
 * @later: what it is after a restart, NULL for the same
 */
struct config_setting {
	const char *section;
	const char *key;
	const char *value;
	const char *source;
	unsigned int line;
	const char *when;
	const char *later;
};

/**
 * config_print() - one setting; as text a line that fttcpd.conf(5) could have
 * @out: output
 * @s: setting
 * @section: of the one before, "" at first; updated
 */
void config_print(struct out *out, const struct config_setting *s,
		  char section[CONFIG_SECTION]);

/**
 * reload_run() - fttcpctl reload
 * @ctl: context
 * @args: none
 *
 * Return: 0 or a negative errno, noted.
 */
int reload_run(struct ctl *ctl, struct args *args);

#endif
