/* tb_point.h - what a task of Task Bench does: check its inputs, fill its output, compute.
 *
 * Every system runs exactly this, inside its timing, from the same compiled kernel. */
#ifndef TB_POINT_H
#define TB_POINT_H

#include "tb_graph.h"

/* What a task hands to those that read it: who wrote it. Task Bench's smallest buffer, 16 bytes. */
typedef struct tb_cell {
    int64_t t, x;
} tb_cell;

/* What one thread has run since tb_tally_reset. One cache line each: written by its thread alone. */
typedef struct tb_tally {
    _Alignas(64) int64_t run;
    int64_t wrong; /* inputs that did not hold (t - 1, dependence) */
} tb_tally;

/* This thread's tally. */
tb_tally *tb_tally_mine(void);

/* Zeroes, or adds up, all threads' tallies. No task may be running. */
void     tb_tally_reset(void);
tb_tally tb_tally_sum(void);

/* a[i] = a[i] * a[i] + a[i] over 64 doubles, `iterations` times. */
double tb_kernel_run(int64_t iterations);

enum { TB_KERNEL_FLOPS = 128 }; /* of one iteration */

/* FLOP/s of the kernel on `workers` threads at once, each on a core of its own. */
double tb_kernel_peak(int workers);

/* Runs the point (t, x): inputs[i] is what d->x[i] wrote in step t - 1. */
static inline void tb_point_run(const tb_graph *g, int64_t t, int64_t x, tb_cell *out,
                                const tb_cell *const *inputs, int64_t iterations)
{
    tb_tally *tally = tb_tally_mine();

    if (t > 0) {
        const tb_deps *d = &g->deps[tb_graph_set(g, t)][x];
        int64_t        wrong = 0;
        for (int i = 0; i < d->n; ++i)
            wrong += (inputs[i]->t != t - 1) | (inputs[i]->x != d->x[i]);
        tally->wrong += wrong;
    }
    out->t = t;
    out->x = x;
    ++tally->run;
    if (iterations > 0)
        tb_kernel_run(iterations);
}

#endif
