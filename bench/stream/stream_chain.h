/* stream_chain.h - ten elementwise steps, and the same chain written by hand. */
#ifndef STREAM_CHAIN_H
#define STREAM_CHAIN_H

#include <stdint.h>

enum { STREAM_STEPS = 10 };

/* out[i] = in[i] * factor(step) + step: the body of one step, for the tasks and by hand alike. */
void stream_apply(double *out, const double *in, int64_t n, int step);

/* What element i of the input is. */
static inline double stream_input(int64_t i)
{
    return (double)(i % 1000003) * 0x1p-10;
}

/* Runs the chain from `in` to `out` on `threads` threads, block by block: a block is read, goes
 * through all steps between two buffers that stay in a core's cache, and is written. Best of
 * `tries`, in seconds. Threads: makes its own, bound one a core. */
double stream_by_hand(double *out, const double *in, int64_t n, int threads, int tries);

/* How many elements of `out` are not what the chain makes of the input that begins at `first`. */
int64_t stream_count_wrong(const double *out, int64_t first, int64_t n);

#endif
