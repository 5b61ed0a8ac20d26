/* soak.c - millions of tasks on stores that come and go: does the last cost what the first did?
 *
 *     soak --tasks 10000000 [--workers 2] [--json]
 *
 * A line per tenth: its wall time and what the process holds at its end. Fails when a value is
 * wrong, a failure is not reported, or (with --strict, for quiet machines) when the last tenth takes
 * more than 1.2 times the first or memory grows by more than a tenth over the last nine. */
#include "../bench_util.h"
#include "soak_step.h"

#include <stdio.h>

enum { TENTHS = 10 };

typedef struct tenth {
    double  seconds;
    int64_t resident_bytes;
} tenth;

/* Runs steps until the runtime has run `tasks` bodies in all. */
static tsr_status run_until(soak_state *s, int64_t tasks)
{
    while (tsr_counter(TSR_COUNT_TASKS) < tasks)
        TSR_TRY(soak_step_run(s));
    TSR_TRY(soak_step_drain(s));
    return TSR_OK;
}

static void print_tenth(int i, const tenth *t, bool json)
{
    if (json)
        printf("{\"tenth\": %d, \"seconds\": %.4f, \"resident_bytes\": %lld}\n", i, t->seconds,
               (long long)t->resident_bytes);
    else
        printf("tenth %2d  %9.3f s  %8.1f MB\n", i, t->seconds, 1e-6 * (double)t->resident_bytes);
    fflush(stdout);
}

static tsr_status run_tenths(soak_state *s, int64_t tasks, tenth *tenths, bool json)
{
    for (int i = 0; i < TENTHS; ++i) {
        const double start = bench_now();
        TSR_TRY(run_until(s, tasks * (i + 1) / TENTHS));
        tenths[i].seconds = bench_now() - start;
        tenths[i].resident_bytes = bench_resident_bytes();
        print_tenth(i + 1, &tenths[i], json);
    }
    return TSR_OK;
}

static bool is_flat(const tenth *tenths)
{
    const tenth *first = &tenths[0], *last = &tenths[TENTHS - 1];
    return last->seconds <= 1.2 * first->seconds &&
           (double)last->resident_bytes <= 1.1 * (double)first->resident_bytes;
}

int main(int argc, char **argv)
{
    static soak_state  state;
    tenth              tenths[TENTHS];
    int64_t            tasks = 10000000, workers = 0;
    bool               json = false, strict = false;
    const bench_option options[] = {
        {"--tasks", .number = &tasks, .text = "task bodies in all (10000000)"},
        {"--workers", .number = &workers, .text = "threads in all (one a core)"},
        {"--strict", .flag = &strict, .text = "fail when time or memory grows"},
        {"--json", .flag = &json, .text = "one object a line instead of text"},
        {0},
    };

    bench_options_read(argc, argv, "tasks on stores of shapes never seen before", options);
    TSR_CHECK(tsr_start(NULL, NULL, .workers = (int)workers));
    TSR_CHECK(run_tenths(&state, tasks, tenths, json));
    const int64_t run = tsr_counter(TSR_COUNT_TASKS);
    const int     code = tsr_finish();
    fprintf(stderr, "%lld steps, %lld tasks, %lld failures reported as they should, %lld wrong\n",
            (long long)state.tally.steps, (long long)run, (long long)state.tally.failures_seen,
            (long long)state.tally.wrong);
    return code != 0 || state.tally.wrong != 0 || (strict && !is_flat(tenths));
}
