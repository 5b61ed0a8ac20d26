/* peer_openmp.c - the graphs of Task Bench as OpenMP tasks with `depend`; one text, two runtimes
 * (libgomp by gcc, libomp by clang).
 *
 * One thread issues, as with every system here, and works as well while it waits. What makes the
 * difference, measured with both runtimes (bench/README.md has the numbers):
 *  - a bounded number of steps in flight: left alone, the issuing thread runs ahead, and libgomp
 *    walks the list of a cell's earlier readers for each new one;
 *  - two rows of cells, so that addresses repeat and the runtimes' hash tables stay small;
 *  - the `depend` items of a task written out (a switch): an iterator builds a list in memory first;
 *  - threads bound and waiting actively (environment, set by the driver).
 * Threads: tasks run on any thread of the team; rows are ordered by `depend` alone. */
#include "../task_bench/tb_options.h"
#include "../task_bench/tb_point.h"
#include "../task_bench/tb_time.h"

#include <omp.h>
#include <stddef.h>

/* One cell a line: neighbours are written by different threads. */
typedef struct line_cell {
    _Alignas(64) tb_cell cell;
} line_cell;

static line_cell rows[2][TB_MAX_WIDTH];

enum { STEPS_IN_FLIGHT = 4 };

static void run_point(const tb_graph *g, int t, int x, int64_t iterations)
{
    const tb_deps *d = &g->deps[tb_graph_set(g, t)][x];
    const tb_cell *inputs[TB_MAX_DEPS];
    for (int i = 0; i < d->n; ++i)
        inputs[i] = &rows[(t + 1) & 1][d->x[i]].cell;
    tb_point_run(g, t, x, &rows[t & 1][x].cell, inputs, iterations);
}

#define IN(i)       before[d->x[i]]
#define PRAGMA(...) _Pragma(#__VA_ARGS__)
#define TASK(...)                                                                                  \
    PRAGMA(omp task depend(out : now[x]) firstprivate(t, x) __VA_ARGS__)                           \
    run_point(g, t, x, iterations);                                                                \
    break

/* Issues one point. Its readers of two steps ago are waited for too: that is the cell's reuse. */
static inline void issue_point(const tb_graph *g, int t, int x, int64_t iterations)
{
    const tb_deps *d = &g->deps[tb_graph_set(g, t)][x];
    line_cell     *now = rows[t & 1], *before = rows[(t + 1) & 1];

    switch (t == 0 ? 0 : d->n) {
    case 0: TASK();
    case 1: TASK(depend(in : IN(0)));
    case 2: TASK(depend(in : IN(0), IN(1)));
    case 3: TASK(depend(in : IN(0), IN(1), IN(2)));
    case 4: TASK(depend(in : IN(0), IN(1), IN(2), IN(3)));
    case 5: TASK(depend(in : IN(0), IN(1), IN(2), IN(3), IN(4)));
    default: TASK(depend(iterator(int i = 0 : d->n), in : IN(i)));
    }
    (void)now;
    (void)before;
}

static void issue_all(const tb_graph *g, int64_t iterations)
{
    for (int t = 0; t < g->steps; ++t) {
        for (int x = 0; x < g->width; ++x)
            issue_point(g, t, x, iterations);
        if (t % STEPS_IN_FLIGHT == STEPS_IN_FLIGHT - 1) {
#pragma omp taskwait
        }
    }
}

static double run(void *state, const tb_graph *g, int64_t iterations)
{
    double start = 0.0;
    (void)state;
#pragma omp parallel
    {
#pragma omp barrier
#pragma omp single
        {
            start = tb_time_now();
            issue_all(g, iterations);
        }
    }
    return tb_time_now() - start;
}

int main(int argc, char **argv)
{
    const tb_options options = tb_options_read(argc, argv);
    const tb_system  system = {.name = OPENMP_NAME, .run = run};

    omp_set_dynamic(0);
    omp_set_num_threads(options.workers);
    return tb_options_measure(&options, &system);
}
