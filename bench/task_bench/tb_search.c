/* tb_search.c - from large tasks to small ones, until half of the machine is lost.
 *
 * Efficiency is FLOP/s over the peak that the same kernel reaches on the same cores with nothing
 * else to do. Cost: a geometric series, about twice its first term; the first is chosen by doubling
 * until efficiency is comfortable. Threads: the caller's. */
#include "tb_search.h"
#include "tb_point.h"

#include <stddef.h>

enum { FIRST_ITERATIONS = 1 << 11, LAST_ITERATIONS = 1 << 18, EMPTY_TRIES = 7, TRIES = 4 };
static const double ENOUGH_SECONDS = 0.25; /* no further try once a point has taken this long */
static const double COMFORTABLE = 0.6;

typedef struct sample {
    int64_t iterations;
    double  granularity_us, efficiency;
} sample;

typedef struct search {
    const tb_system *system;
    const tb_graph  *graph;
    int              workers;
    double           peak_flops;
    tb_result       *result;
} search;

double tb_search_time(const tb_system *s, const tb_graph *g, int64_t iterations,
                      tb_result *out_result)
{
    tb_tally_reset();
    const double   seconds = s->run(s->state, g, iterations);
    const tb_tally ran = tb_tally_sum();

    out_result->tasks_run = ran.run;
    out_result->wrong += ran.wrong;
    if (seconds < 0.0)
        out_result->error = "the run failed";
    else if (ran.run != tb_graph_tasks(g))
        out_result->error = "a run did not execute every task once";
    else if (ran.wrong != 0)
        out_result->error = "a task read something else than its dependence wrote";
    return out_result->error == NULL ? seconds : -1.0;
}

/* The least time of a few runs. */
static double time_least(search *s, int64_t iterations, int tries)
{
    double least = 1e30, spent = 0.0;
    for (int i = 0; i < tries && (i == 0 || spent < ENOUGH_SECONDS); ++i) {
        const double seconds = tb_search_time(s->system, s->graph, iterations, s->result);
        if (seconds < 0.0)
            return -1.0;
        least = seconds < least ? seconds : least;
        spent += seconds;
    }
    return least;
}

static sample measure(search *s, int64_t iterations)
{
    const double seconds = time_least(s, iterations, TRIES);
    const double tasks = (double)tb_graph_tasks(s->graph);
    const double flops = (double)TB_KERNEL_FLOPS * (double)iterations * tasks / seconds;
    return (sample){
        .iterations = iterations,
        .granularity_us = 1e6 * seconds * s->workers / tasks,
        .efficiency = flops / s->peak_flops,
    };
}

static double interpolate(sample above, sample below)
{
    if (above.efficiency <= below.efficiency)
        return above.granularity_us;
    const double part = (0.5 - below.efficiency) / (above.efficiency - below.efficiency);
    return below.granularity_us + part * (above.granularity_us - below.granularity_us);
}

static void find_metg(search *s)
{
    sample now = measure(s, FIRST_ITERATIONS);
    while (now.efficiency < COMFORTABLE && now.iterations < LAST_ITERATIONS &&
           s->result->error == NULL)
        now = measure(s, 2 * now.iterations);
    if (now.efficiency < 0.5) { /* however large the tasks: the peak was measured in quieter times */
        s->result->is_unsteady = s->result->error == NULL;
        return;
    }
    sample above = now;
    while (now.efficiency >= 0.5 && now.iterations > 1 && s->result->error == NULL) {
        above = now;
        now = measure(s, now.iterations / 2);
    }
    s->result->metg_us = now.efficiency >= 0.5 ? now.granularity_us : interpolate(above, now);
}

tb_result tb_search_run(const tb_system *s, const tb_graph *g, int workers, double peak_flops)
{
    tb_result result = {0};
    search    state = {s, g, workers, peak_flops, &result};

    const double empty = time_least(&state, 0, EMPTY_TRIES);
    result.empty_task_us = 1e6 * empty / (double)tb_graph_tasks(g);
    if (result.error == NULL)
        find_metg(&state);
    if (result.error != NULL)
        result.metg_us = result.empty_task_us = 0.0;
    return result;
}
