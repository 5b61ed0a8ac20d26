/* tb_time.h - the clock, binding to cores, and what a cache line costs between two of them. */
#ifndef TB_TIME_H
#define TB_TIME_H

#include <time.h>

/* Seconds of the monotonic clock. */
static inline double tb_time_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Binds the calling thread to the n-th core (modulo their number) that the process may use. */
void tb_time_bind(int n);

/* Confines the calling thread, and what it starts, to the first `n` cores that it may use. */
void tb_time_confine(int n);

/* Nanoseconds one cache line takes from core to core: half a round trip between two threads bound
 * to the first two cores, the least of several rounds. 0 where there is only one core. */
double tb_time_line_ns(void);

#endif
