/* base/deadline.h - waiting no longer than so long, by a clock that nobody sets.
 *
 * A condition variable waits by CLOCK_REALTIME unless it is told otherwise: where that clock is set while
 * somebody waits, he waits for hours, or not at all.  Threads: any. */
#ifndef TESSERA_BASE_DEADLINE_H
#define TESSERA_BASE_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A condition variable that waits until deadline_in() says; false: there is no room for it. */
static inline bool deadline_condition_init(pthread_cond_t *out)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    const bool is_made = pthread_cond_init(out, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return is_made;
}

/* So many nanoseconds (>= 0) from now. */
static inline struct timespec deadline_in(int64_t ns)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    ns += t.tv_nsec;
    t.tv_sec += (time_t)(ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    return t;
}

/* So many milliseconds from now. */
static inline struct timespec deadline_in_ms(int64_t ms)
{
    return deadline_in(ms * 1000000);
}

#endif
