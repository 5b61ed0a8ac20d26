/* soak_step.c - shapes from a step's number, tasks on them, sums known beforehand.
 *
 * A step makes a matrix of int64, written by a manual launch over tiles: element i (row-major) is
 * 3 i + s. From a strided slice of its rows it makes a second matrix (plus 7) by an aligned task,
 * reads that through a transposed view into a sum, and copies a sub-box in place. The sum has a
 * closed form. Shape, slice, step and number of tiles come from a bijection of the step's number,
 * so that no two steps agree in all of them, while the mean work of a step does not change.
 * Every eighth step also issues a task that fails at one of its points, one that depends on it, and
 * asks for the dependent value: the failure must come back, and nothing else be touched. */
#include "soak_step.h"

enum { OUT, IN, NUMBER };
enum { FAIL_EVERY = 8, MAX_TILES = 24 };

/* ---- tasks ---- */

static tsr_status number_body(const tsr_task_context *t)
{
    tsr_out_i64_2d out = tsr_out_i64_2d_of(t, OUT);
    const int64_t  width = tsr_i64_of(t, NUMBER) >> 32, s = tsr_i64_of(t, NUMBER) & 0xffffffff;
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 3 * (i * width + j) + s;
    return TSR_OK;
}

static tsr_status add_body(const tsr_task_context *t)
{
    tsr_out_i64_2d      out = tsr_out_i64_2d_of(t, OUT);
    const tsr_in_i64_2d in = tsr_in_i64_2d_of(t, IN);
    const int64_t       number = tsr_i64_of(t, NUMBER);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = tsr_at(in, i, j) + number;
    return TSR_OK;
}

static tsr_status sum_body(const tsr_task_context *t)
{
    int64_t            *sum = tsr_element_i64_of(t, OUT);
    const tsr_in_i64_2d in = tsr_in_i64_2d_of(t, IN);
    TSR_FOR_2D(i, j, in.box)
        *sum += tsr_at(in, i, j);
    return TSR_OK;
}

static tsr_status failing_body(const tsr_task_context *t)
{
    tsr_out_i64_2d out = tsr_out_i64_2d_of(t, OUT);
    const int64_t  number = tsr_i64_of(t, NUMBER);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = number;
    if (out.box.low[0] == 0)
        return TSR_FAIL(TASK_FAILED, "step %lld fails as it should", (long long)number);
    return TSR_OK;
}

#define NUMBERED(body_, ...)                                                                       \
    {                                                                                              \
        .name = "soak." #body_,                                                                    \
        .args = {[OUT] = {TSR_WRITE, TSR_I64, .rank = 2, .name = "out"}, __VA_ARGS__},             \
        .variants = {[TSR_CPU] = {.body = body_}},                                                 \
    }

static const tsr_task_desc number_task =
    NUMBERED(number_body, [IN] = {TSR_SCALAR, TSR_I64, .name = "unused"},
             [NUMBER] = {TSR_SCALAR, TSR_I64, .name = "number"});
static const tsr_task_desc failing_task =
    NUMBERED(failing_body, [IN] = {TSR_SCALAR, TSR_I64, .name = "unused"},
             [NUMBER] = {TSR_SCALAR, TSR_I64, .name = "number"});

static const tsr_task_desc add_task = {
    .name = "soak.add",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, .rank = 2, .name = "out"},
             [IN] = {TSR_READ, TSR_I64, .rank = 2, .name = "in"},
             [NUMBER] = {TSR_SCALAR, TSR_I64, .name = "number"}},
    .constraints = {TSR_ALIGN(OUT, IN)},
    .variants = {[TSR_CPU] = {.body = add_body}},
};

static const tsr_task_desc sum_task = {
    .name = "soak.sum",
    .args = {[OUT] = {TSR_REDUCE, TSR_I64, .rank = 0, .name = "sum", .reduction = TSR_SUM},
             [IN] = {TSR_READ, TSR_I64, .rank = 2, .name = "in"}},
    .variants = {[TSR_CPU] = {.body = sum_body}},
};

/* ---- shapes ---- */

typedef struct plan {
    int64_t number, rows, columns;
    int64_t start, stop, stride; /* the slice of rows */
    int64_t tiles;
} plan;

/* Different numbers give different plans up to 2^24 steps: odd multiplication permutes 24 bits. */
static plan plan_step(int64_t number)
{
    const uint32_t u = ((uint32_t)number * 0x9e3779u + 0x1234567u) & 0xffffff;
    plan           p = {.number = number & 0xffffffff};
    p.rows = 24 + (u & 63);
    p.columns = 4 + ((u >> 6) & 63);
    p.start = (u >> 12) & 7;
    p.stop = p.rows - ((u >> 15) & 7);
    p.stride = 1 + ((u >> 18) & 3);
    p.tiles = 9 + ((u >> 20) & 15);
    return p;
}

static int64_t sliced_rows(const plan *p)
{
    return (p->stop - p->start + p->stride - 1) / p->stride;
}

/* Sum over the slice of 3 (i * columns + j) + number + 7. */
static int64_t expected_sum(const plan *p)
{
    const int64_t n = sliced_rows(p), count = n * p->columns;
    const int64_t of_rows = n * p->start + p->stride * n * (n - 1) / 2;
    const int64_t of_columns = p->columns * (p->columns - 1) / 2;
    return 3 * (of_rows * p->columns * p->columns + n * of_columns) + count * (p->number + 7);
}

/* ---- a step ---- */

static tsr_status issue_numbers(const plan *p, tsr_store matrix)
{
    const int64_t       tile = (p->rows + p->tiles - 1) / p->tiles;
    const tsr_partition rows =
        tsr_partition_tiles(TSR_SHAPE(p->rows, p->columns), ((int64_t[]){tile, p->columns}));
    const tsr_status status =
        tsr_issue_over(&number_task, tsr_partition_points(rows), [OUT] = tsr_arg_cut(matrix, rows),
                       [IN] = tsr_arg_i64(0), [NUMBER] = tsr_arg_i64(p->columns << 32 | p->number));
    tsr_partition_release(rows);
    return status;
}

/* The sum of the shifted slice; the caller owns it. */
static tsr_status issue_sum(const plan *p, tsr_store matrix, tsr_store *out_sum)
{
    TSR_SCOPE();
    const tsr_store slice = tsr_slice(matrix, 0, p->start, p->stop, p->stride);
    const tsr_store shifted = tsr_store_create(TSR_I64, TSR_SHAPE(sliced_rows(p), p->columns));
    const tsr_store sum = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){0});

    TSR_TRY(tsr_issue(&add_task, [OUT] = tsr_arg_of(shifted), [IN] = tsr_arg_of(slice),
                      [NUMBER] = tsr_arg_i64(7)));
    const tsr_store turned = tsr_transpose(shifted, ((int[]){1, 0}));
    TSR_TRY(tsr_issue(&sum_task, [OUT] = tsr_arg_of(sum), [IN] = tsr_arg_of(turned)));
    /* Written after it was read: the sum must not see it. */
    TSR_TRY(tsr_issue(&add_task, [OUT] = tsr_arg_of(slice), [IN] = tsr_arg_of(shifted),
                      [NUMBER] = tsr_arg_i64(p->number)));
    *out_sum = tsr_store_keep(sum);
    return TSR_OK;
}

/* A task fails; who asks for what depends on it is told so, and the wait counts it. */
static tsr_status run_failure(const plan *p, soak_tally *tally)
{
    TSR_SCOPE();
    const tsr_store bad = tsr_store_create(TSR_I64, TSR_SHAPE(p->rows, p->columns));
    const tsr_store after = tsr_store_create(TSR_I64, TSR_SHAPE(p->rows, p->columns));

    TSR_TRY(tsr_issue(&failing_task, [OUT] = tsr_arg_of(bad), [IN] = tsr_arg_i64(0),
                      [NUMBER] = tsr_arg_i64(p->number)));
    TSR_TRY(tsr_issue(
        &add_task, [OUT] = tsr_arg_of(after), [IN] = tsr_arg_of(bad), [NUMBER] = tsr_arg_i64(1)));
    if (tsr_store_status(after) == TSR_TASK_FAILED)
        ++tally->failures_seen;
    else
        ++tally->wrong;
    return TSR_OK;
}

static tsr_status take_value(soak_pending *p, soak_tally *tally)
{
    int64_t value = 0;
    if (p->sum.id == 0)
        return TSR_OK;
    TSR_TRY(tsr_value(p->sum, &value));
    tally->wrong += value != p->expected;
    tsr_store_release(p->sum);
    p->sum = (tsr_store){0};
    return TSR_OK;
}

tsr_status soak_step_run(soak_state *s)
{
    const plan      p = plan_step(s->tally.steps);
    soak_pending   *pending = &s->pending[s->tally.steps % SOAK_PENDING];
    const tsr_store matrix = tsr_store_create(TSR_I64, TSR_SHAPE(p.rows, p.columns));

    TSR_TRY(take_value(pending, &s->tally));
    TSR_TRY(issue_numbers(&p, matrix));
    TSR_TRY(issue_sum(&p, matrix, &pending->sum));
    pending->expected = expected_sum(&p);
    tsr_store_release(matrix);
    if (s->tally.steps % FAIL_EVERY == 0)
        TSR_TRY(run_failure(&p, &s->tally));
    ++s->tally.steps;
    return TSR_OK;
}

tsr_status soak_step_drain(soak_state *s)
{
    for (int i = 0; i < SOAK_PENDING; ++i)
        TSR_TRY(take_value(&s->pending[i], &s->tally));
    return TSR_OK;
}
