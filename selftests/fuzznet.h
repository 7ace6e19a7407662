/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces for the fuzzers, which last as long as their process.
 */
#ifndef FT_FUZZNET_H
#define FT_FUZZNET_H

int fuzz_net_alone(void);
int fuzz_net_pair(int *a, int *b);
void fuzz_enter(int ns);
int fuzz_ip(const char *line);

#endif /* FT_FUZZNET_H */
