/* array_walk.h - walking over the indices of a window, for task bodies of libs/array. */
#ifndef ARRAY_WALK_H
#define ARRAY_WALK_H

#include <tessera/body.h>

/* The lowest index of a window; false: it is empty. */
static inline bool array_walk_begin(const tsr_raw_window *w, int64_t *at)
{
    for (int d = 0; d < w->rank; ++d) {
        at[d] = w->low[d];
        if (w->low[d] >= w->high[d])
            return false;
    }
    return true;
}

/* The next index in C order of the first `rank` dimensions; false: that was the last. */
static inline bool array_walk_next(const tsr_raw_window *w, int64_t *at, int rank)
{
    for (int d = rank - 1; d >= 0; --d) {
        if (++at[d] < w->high[d])
            return true;
        at[d] = w->low[d];
    }
    return false;
}

/* Where an index lies, in elements from the origin. */
static inline int64_t array_walk_offset(const tsr_raw_window *w, const int64_t *at)
{
    int64_t offset = 0;
    for (int d = 0; d < w->rank; ++d)
        offset += at[d] * w->stride[d];
    return offset;
}

#endif
