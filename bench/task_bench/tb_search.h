/* tb_search.h - the minimum effective task granularity of a system, on one graph. */
#ifndef TB_SEARCH_H
#define TB_SEARCH_H

#include "tb_graph.h"

#include <stdbool.h>

/* A system that can run graphs. `run` executes every point of `g` once, each with `iterations` of
 * the kernel, and gives the wall time in seconds from the first issue to the last completion; it
 * leaves in this process's tallies what it ran. Negative: it failed. */
typedef struct tb_system {
    const char *name;
    void       *state;
    double (*run)(void *state, const tb_graph *g, int64_t iterations);
} tb_system;

typedef struct tb_result {
    double      metg_us;       /* granularity = wall x workers / tasks at which efficiency is 0.5 */
    double      empty_task_us; /* wall / tasks without a kernel */
    int64_t     tasks_run;     /* bodies of the last run; every run is held to width x steps */
    int64_t     wrong;         /* inputs that did not hold what they should, over all runs */
    const char *error;         /* NULL, or why what ran is not valid: there is no result */
    bool        is_unsteady;   /* valid, but no METG: other programs took the machine's time */
} tb_result;

/* Finds METG(50 %): halves the iterations until less than half of `peak_flops` is reached, and
 * interpolates. Each number is the least time of a few runs. */
tb_result tb_search_run(const tb_system *s, const tb_graph *g, int workers, double peak_flops);

/* Time of one run in seconds, held to what it should have run. Negative, with *out_error, if not. */
double tb_search_time(const tb_system *s, const tb_graph *g, int64_t iterations,
                      tb_result *out_result);

#endif
