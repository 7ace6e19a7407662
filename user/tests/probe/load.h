/* SPDX-License-Identifier: GPL-2.0-only */
/* See load.c. */
#ifndef TESTS_PROBE_LOAD_H
#define TESTS_PROBE_LOAD_H

#include <stdatomic.h>

extern atomic_bool pretend_crowd;

#endif /* TESTS_PROBE_LOAD_H */
