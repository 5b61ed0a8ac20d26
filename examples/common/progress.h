/* progress.h - one bar on the terminal, fed by tasks; silent where stderr is no terminal. */
#ifndef EXAMPLES_PROGRESS_H
#define EXAMPLES_PROGRESS_H

#include <stdint.h>

/* Say what is counted, and how far to count. Call it once, on rank 0, before the work is issued. */
void progress_begin(const char *label, int64_t total);
/* Count `n` more. Threads: any; never waits. */
void progress_add(int64_t n);
/* Wipe the bar. Where progress_begin() was called. */
void progress_end(void);

#endif
