/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What operators and scripts match on, to the letter: the formats of the
 * reference that are raised about clients and messages. Each names the function
 * and line that raised it.
 */
#ifndef FTTCPD_SAY_H
#define FTTCPD_SAY_H

#include <stdint.h>

void fttcpd_say_unwanted(unsigned int type, uint32_t task, const char *state,
			 const char *function, int line);
void fttcpd_say_complete(uint32_t task, const char *function, int line);
void fttcpd_say_bad_message(const char *function, int line);

#define say_unwanted(type, task, state)	\
	fttcpd_say_unwanted(type, task, state, __func__, __LINE__)
#define say_complete(task)	fttcpd_say_complete(task, __func__, __LINE__)
#define say_bad_message()	fttcpd_say_bad_message(__func__, __LINE__)

#endif /* FTTCPD_SAY_H */
