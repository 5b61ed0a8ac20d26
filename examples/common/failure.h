/* failure.h - the one line of a failure that a user of a program wants to read. */
#ifndef EXAMPLES_FAILURE_H
#define EXAMPLES_FAILURE_H

#include <stddef.h>

/* Copy the cause of this thread's last failure: its first line, without the place in the source and
 * without the words that every failure of its status begins with. */
void failure_reason(char *out, size_t bytes);

#endif
