/* tb_graph.h - the graphs of Task Bench: which points of step t - 1 a point of step t reads.
 *
 * Source: Slaughter et al., "Task Bench: a parameterized benchmark for evaluating parallel runtime
 * performance", SC20, and the sizes its code uses. A graph is `steps` rows of `width` points. What
 * (t, x) reads depends on x and on a set that repeats over t, so it is a table made once. */
#ifndef TB_GRAPH_H
#define TB_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

enum { TB_MAX_WIDTH = 256, TB_MAX_DEPS = 16, TB_MAX_SETS = 16 };

/* One row per pattern: its name, and whether a point reads one run of neighbours in every step. */
#define TB_PATTERN_MAP(X)                                                                          \
    X(TRIVIAL, "trivial")                                                                          \
    X(NO_COMM, "no_comm")                                                                          \
    X(STENCIL_1D, "stencil_1d")                                                                    \
    X(STENCIL_1D_PERIODIC, "stencil_1d_periodic")                                                  \
    X(FFT, "fft")                                                                                  \
    X(TREE, "tree")                                                                                \
    X(NEAREST, "nearest")                                                                          \
    X(SPREAD, "spread")                                                                            \
    X(RANDOM_NEAREST, "random_nearest")

typedef enum tb_pattern {
#define X(id, name) TB_##id,
    TB_PATTERN_MAP(X)
#undef X
        TB_N_PATTERNS
} tb_pattern;

/* What one point reads: points of the step before, in the order in which Task Bench lists them. */
typedef struct tb_deps {
    int     n;
    int16_t x[TB_MAX_DEPS];
} tb_deps;

typedef struct tb_graph {
    tb_pattern pattern;
    int        width, steps;
    int        radix;  /* points read in nearest, spread and random_nearest's window */
    int        n_sets; /* rows of `deps`; step t uses tb_graph_set(g, t) */
    int        max_deps;
    bool       is_interval; /* every point's dependence is one run of neighbours, or none at all */
    tb_deps    deps[TB_MAX_SETS][TB_MAX_WIDTH];
} tb_graph;

const char *tb_pattern_name(tb_pattern p);

/* Finds a pattern by its name. False when there is none. */
bool tb_pattern_find(const char *name, tb_pattern *out_pattern);

/* Fills in a graph. `period` is the number of sets of spread and random_nearest.
 * Fails: false, when a size is out of range. */
bool tb_graph_init(tb_graph *g, tb_pattern p, int width, int steps, int radix, int period);

/* The row of `deps` that step t uses. Step 0 reads nothing, whatever the row says. */
static inline int tb_graph_set(const tb_graph *g, int64_t t)
{
    if (g->n_sets == 1)
        return 0;
    return (int)(g->pattern == TB_FFT ? (t + g->n_sets - 1) % g->n_sets : t % g->n_sets);
}

static inline int64_t tb_graph_tasks(const tb_graph *g)
{
    return (int64_t)g->width * g->steps;
}

#endif
