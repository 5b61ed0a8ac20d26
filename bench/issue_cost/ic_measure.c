/* ic_measure.c - batches of 32 operations: issue all and close the window; then wait.
 *
 * With one worker the two parts follow one another on one thread, so that each can be timed alone:
 * what the calls take until the window is closed is issue and analysis, what the wait takes is
 * handing over, running and retiring. Medians over batches. The first time: two operations of a
 * program whose shapes and partitions no operation before has seen. */
#include "ic_measure.h"
#include "../bench_util.h"

#include <stddef.h>

enum { WARM_BATCHES = 64, BATCHES = 400, VARIANTS = 64, FIRST_OPERATIONS = 2 };
enum { COUNTED_WARM = 12, COUNTED_BATCHES = 8, COUNTED_VARIANTS = 8 };

/* ---- the parts ---- */

static tsr_status issue_batch(const ic_row *row, const ic_program *p, int n)
{
    for (int i = 0; i < n; ++i)
        TSR_TRY(row->issue(p, i));
    return tsr_flush();
}

static tsr_status run_batch(const ic_row *row, const ic_program *p, int n)
{
    (void)row;
    (void)p;
    (void)n;
    return tsr_fence();
}

typedef tsr_status part_function(const ic_row *row, const ic_program *p, int n);

static tsr_status whole_batch(const ic_row *row, const ic_program *p, int n)
{
    TSR_TRY(issue_batch(row, p, n));
    return run_batch(row, p, n);
}

/* Callgrind collects inside this function alone. */
__attribute__((noinline)) static tsr_status ic_counted(part_function *part, const ic_row *row,
                                                       const ic_program *p, int n)
{
    const tsr_status status = part(row, p, n);
    __asm__ volatile("" ::: "memory"); /* no tail call */
    return status;
}

/* A batch with its measured part inside ic_counted; *out_seconds is that part's. */
static tsr_status measured_batch(const ic_row *row, const ic_program *p, int n, double *out_seconds)
{
    part_function *part = row->part == IC_ISSUE ? issue_batch
                          : row->part == IC_RUN ? run_batch
                                                : whole_batch;
    if (row->part == IC_RUN)
        TSR_TRY(issue_batch(row, p, n));
    const double start = bench_now();
    TSR_TRY(ic_counted(part, row, p, n));
    *out_seconds = bench_now() - start;
    return tsr_fence();
}

/* What the cost is divided by: operations, or their point tasks. */
static int64_t units_of(const ic_row *row, int64_t operations)
{
    return row->part == IC_RUN ? operations * IC_PIECES : operations;
}

/* ---- time ---- */

static tsr_status time_repeated(const ic_row *row, double *out_ns, int64_t *out_pieces)
{
    TSR_SCOPE();
    static double seconds[BATCHES];
    ic_program    p;
    double        ignored;

    TSR_TRY(ic_program_make(&p, 0));
    for (int i = 0; i < WARM_BATCHES; ++i)
        TSR_TRY(measured_batch(row, &p, IC_BATCH, &ignored));
    const int64_t tasks = tsr_counter(TSR_COUNT_TASKS);
    for (int i = 0; i < BATCHES; ++i)
        TSR_TRY(measured_batch(row, &p, IC_BATCH, &seconds[i]));
    *out_pieces = (tsr_counter(TSR_COUNT_TASKS) - tasks) / (BATCHES * IC_BATCH);
    *out_ns = 1e9 * bench_median(seconds, BATCHES) / (double)units_of(row, IC_BATCH);
    return TSR_OK;
}

static tsr_status time_first(const ic_row *row, double *out_ns)
{
    static double seconds[VARIANTS];
    for (int i = 0; i < VARIANTS; ++i) {
        TSR_SCOPE();
        ic_program p;
        TSR_TRY(ic_program_make(&p, 1 + i));
        TSR_TRY(measured_batch(row, &p, FIRST_OPERATIONS, &seconds[i]));
    }
    *out_ns = 1e9 * bench_median(seconds, VARIANTS) / (double)units_of(row, FIRST_OPERATIONS);
    return TSR_OK;
}

tsr_status ic_measure_time(const ic_row *row, ic_cost *out_cost)
{
    TSR_TRY(time_first(row, &out_cost->first_ns));
    TSR_TRY(time_repeated(row, &out_cost->repeated_ns, &out_cost->pieces));
    return TSR_OK;
}

/* ---- instructions ---- */

/* A batch that is not counted: the same work, on the way around ic_counted. */
static tsr_status uncounted_batch(const ic_row *row, const ic_program *p)
{
    TSR_TRY(issue_batch(row, p, IC_BATCH));
    return tsr_fence();
}

static tsr_status count_repeated(const ic_row *row)
{
    TSR_SCOPE();
    ic_program p;
    double     ignored;
    TSR_TRY(ic_program_make(&p, 0));
    for (int i = 0; i < COUNTED_WARM; ++i)
        TSR_TRY(uncounted_batch(row, &p));
    for (int i = 0; i < COUNTED_BATCHES; ++i)
        TSR_TRY(measured_batch(row, &p, IC_BATCH, &ignored));
    return TSR_OK;
}

static tsr_status count_first(const ic_row *row)
{
    for (int i = 0; i < COUNTED_VARIANTS; ++i) {
        TSR_SCOPE();
        ic_program p;
        double     ignored;
        TSR_TRY(ic_program_make(&p, 1 + i));
        TSR_TRY(measured_batch(row, &p, FIRST_OPERATIONS, &ignored));
    }
    return TSR_OK;
}

tsr_status ic_measure_counted(const ic_row *row, bool first, int64_t *out_units)
{
    *out_units = first ? units_of(row, COUNTED_VARIANTS * FIRST_OPERATIONS)
                       : units_of(row, COUNTED_BATCHES * IC_BATCH);
    return first ? count_first(row) : count_repeated(row);
}
