/* rk_tessera.c - the stencil as a sequential program: two stores, one task a step.
 *
 * Nothing in it says that there are ranks. Time is rank 0's between two fences, messages and bytes are
 * those rank 0 sent meanwhile. */
#include "rk_tessera.h"
#include "../bench_util.h"
#include "rk_cross.h"

#include <stdio.h>
#include <tessera/tessera.h>

static tsr_status sweep(const tsr_task_context *t)
{
    const tsr_out_f64_2d out = tsr_out_f64_2d_of(t, CROSS_OUT);
    const tsr_in_f64_2d  left = tsr_in_f64_2d_of(t, CROSS_LEFT);
    const int64_t        i = out.box.low[0], j = out.box.low[1];
    if (out.box.high[0] > i && out.box.high[1] > j) /* left's element is one before the middle's */
        rk_sweep(&tsr_at(out, i, j), out.stride[0], &tsr_at(left, i, j) + 1, left.stride[0],
                 out.box.high[0] - i, out.box.high[1] - j);
    return TSR_OK;
}

static const tsr_task_desc sweeping = CROSS_TASK("ranks.sweep", sweep);

static tsr_status start(const tsr_task_context *t)
{
    const tsr_out_f64_2d out = tsr_out_f64_2d_of(t, CROSS_OUT);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = rk_start(i, j);
    return TSR_OK;
}

static const tsr_task_desc starting = {
    .name = "ranks.start",
    .args = {[CROSS_OUT] = {TSR_WRITE, TSR_F64, 2, "out"}},
    .variants = {[TSR_CPU] = {.body = start}},
};

typedef struct answer {
    double  seconds;
    int64_t steps, messages, bytes;
    double  value[RK_VALUES];
} answer;

static tsr_status steps(tsr_store *s, int64_t n, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < n; ++i)
        TSR_TRY(cross_step(&sweeping, s[(i + 1) % 2], s[i % 2], rows, columns));
    return tsr_fence();
}

/* Steps in even numbers until `seconds` are over: how many is agreed. */
static tsr_status measure(const rk_case *c, tsr_store *s, int64_t rows, int64_t columns, answer *out)
{
    int64_t n = 50;
    for (;;) {
        const int64_t messages = tsr_counter(TSR_COUNT_MESSAGES);
        const int64_t bytes = tsr_counter(TSR_COUNT_MESSAGE_BYTES);
        const double  began = bench_now();
        TSR_TRY(steps(s, n, rows, columns));
        out->seconds = bench_now() - began;
        out->steps = n;
        out->messages = tsr_counter(TSR_COUNT_MESSAGES) - messages;
        out->bytes = tsr_counter(TSR_COUNT_MESSAGE_BYTES) - bytes;
        const double grow = out->seconds > 0 ? c->seconds / out->seconds : 100;
        int64_t      next = grow <= 1.1 ? 0 : (int64_t)((double)n * (grow < 20 ? grow : 20)) / 2 * 2 + 2;
        TSR_TRY(tsr_agree(&next, sizeof next));
        if (next == 0)
            return TSR_OK;
        n = next;
    }
}

static tsr_status run(const rk_case *c, answer *out)
{
    TSR_SCOPE();
    const int64_t   rows = c->grid_rows * c->side, columns = c->grid_columns * c->side;
    const tsr_shape shape = TSR_SHAPE(rows + 2, columns + 2);
    tsr_store       s[2];
    for (int k = 0; k < 2; ++k) {
        s[k] = tsr_store_create(TSR_F64, shape);
        TSR_TRY(tsr_issue(&starting, [CROSS_OUT] = tsr_arg_of(s[k])));
    }
    TSR_TRY(steps(s, RK_CHECK_STEPS, rows, columns));
    for (int k = 0; k < RK_VALUES; ++k) {
        int64_t i, j;
        rk_value_at(c, k, &i, &j);
        TSR_TRY(tsr_value(tsr_project(tsr_project(s[0], 0, i), 0, j), &out->value[k]));
    }
    return measure(c, s, rows, columns, out);
}

int rk_tessera_measure(int64_t side, double seconds, rk_case *out_case, rk_line *out, int *out_rank)
{
    answer a = {0};
    if (tsr_start(NULL, NULL) != TSR_OK) {
        fprintf(stderr, "%s\n", tsr_error_text());
        return 1;
    }
    rk_case_init(out_case, tsr_rank_count(), side, seconds);
    *out_rank = tsr_rank();
    const tsr_status s = run(out_case, &a);
    if (s != TSR_OK)
        fprintf(stderr, "%s\n", tsr_error_text());
    const double steps = a.steps > 0 ? (double)a.steps : 1;
    *out = (rk_line){1e6 * a.seconds / steps, (double)a.messages / steps, (double)a.bytes / steps, {0}};
    for (int k = 0; k < RK_VALUES; ++k)
        out->value[k] = a.value[k];
    return tsr_finish() || s != TSR_OK;
}
