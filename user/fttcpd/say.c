// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owns the words of the events about clients and messages.
 */
#include "log.h"
#include "say.h"

/**
 * fttcpd_say_unwanted() - somebody said what has no place now
 * @type:	number of the packet
 * @task:	who said it, 0 for the other node
 * @state:	of this node
 * @function:	that found it
 * @line:	there
 */
void fttcpd_say_unwanted(unsigned int type, uint32_t task, const char *state,
			 const char *function, int line)
{
	log_warn("FTTCP:Received unknown/unwanted message %u from 0x%x in "
		 "fttcp state %s. %s:%d", type, task, state, function, line);
}

/**
 * fttcpd_say_complete() - the last client is complete
 * @task:	which that was
 * @function:	that found it
 * @line:	there
 */
void fttcpd_say_complete(uint32_t task, const char *function, int line)
{
	log_warn("FTTCP:Received client complete message from 0x%x. %s:%d",
		 task, function, line);
}

/**
 * fttcpd_say_bad_message() - the repository gave back what was not put in
 * @function:	that found it
 * @line:	there
 */
void fttcpd_say_bad_message(const char *function, int line)
{
	log_err("FTTCP:Bad message from repository. %s:%d", function, line);
}
