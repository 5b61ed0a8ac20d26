/* What the processor's caches are served with: where large blocks lie, and in which order pieces run. */
#include "api_test.h"

#include <unistd.h>

enum { LARGE = 1 << 17, STEPS = 8, MOST = 1 << 16 };

static uintptr_t at[2];

static tsr_status where(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, 0), other = tsr_out_f64_1d_of(t, 1);
    at[0] = (uintptr_t)&tsr_at(out, out.box.low[0]);
    at[1] = (uintptr_t)&tsr_at(other, other.box.low[0]);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_at(other, i) = 0;
    return TSR_OK;
}

#define PLACING(name_, body_)                                                                      \
    {                                                                                              \
        .name = (name_), .args = {{TSR_WRITE, TSR_F64, 1, "one"}, {TSR_WRITE, TSR_F64, 1, "other"}}, \
        .constraints = {TSR_ALIGN(0, 1)}, .variants = {[TSR_CPU] = {.body = (body_)}}              \
    }
static const tsr_task_desc placing = PLACING("cache.where", where);

TestSuite(cache, .init = api_test_start, .fini = api_test_finish);

/* Equal indices of two large stores do not fall on equal places of a page. */
Test(cache, large_blocks_are_staggered)
{
    TSR_SCOPE();
    const tsr_store one = tsr_store_create(TSR_F64, TSR_SHAPE(LARGE));
    const tsr_store other = tsr_store_create(TSR_F64, TSR_SHAPE(LARGE));
    cr_assert_eq(tsr_issue(&placing, tsr_arg_of(one), tsr_arg_of(other)), TSR_OK);
    cr_assert_eq(tsr_fence(), TSR_OK);
    const uintptr_t apart = (at[0] - at[1]) % 4096;
    cr_assert_eq(at[0] % 64, 0);
    cr_assert_eq(at[1] % 64, 0);
    cr_assert(apart >= 512 && apart <= 4096 - 512, "%zu apart", (size_t)apart);
}

/* ---- waves ---- */

static struct ran {
    int64_t step, low, high;
} ran[MOST];
static int n_ran;

enum { OUT, BEFORE, AFTER, STEP };

static tsr_status smooth(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const tsr_in_f64_1d  before = tsr_in_f64_1d_of(t, BEFORE), after = tsr_in_f64_1d_of(t, AFTER);
    int64_t k = 0;
    tsr_scalar_of(t, STEP, &k);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = 0.5 * (tsr_at(before, i) + tsr_at(after, i));
    if (n_ran < MOST)
        ran[n_ran++] = (struct ran){k, out.box.low[0], out.box.high[0]};
    return TSR_OK;
}

static const tsr_task_desc smoothing = {
    .name = "cache.smooth",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"},
             [BEFORE] = {TSR_READ, TSR_F64, 1, "before"},
             [AFTER] = {TSR_READ, TSR_F64, 1, "after"},
             [STEP] = {TSR_SCALAR, TSR_I64, 0, "step"}},
    .constraints = {TSR_ALIGN(OUT, BEFORE), TSR_ALIGN(OUT, AFTER)},
    .variants = {[TSR_CPU] = {.body = smooth}},
};

static tsr_status step(tsr_store to, tsr_store from, int64_t n, int64_t k)
{
    TSR_SCOPE();
    return tsr_issue(&smoothing, [OUT] = tsr_arg_of(tsr_slice(to, 0, 1, n - 1, 1)),
                     [BEFORE] = tsr_arg_of(tsr_slice(from, 0, 0, n - 2, 1)),
                     [AFTER] = tsr_arg_of(tsr_slice(from, 0, 2, n, 1)), [STEP] = tsr_arg_i64(k));
}

/* Steps of a stencil over an array beyond the cache do not each go over all of it: many pieces run before
 * the step before theirs is done (none would; in waves of four half or more, on a machine that is quiet). */
Test(cache, steps_of_a_stencil_go_in_waves)
{
    enum { N = 1 << 22 };
    TSR_SCOPE();
    tsr_store s[2];
    for (int k = 0; k < 2; ++k) {
        s[k] = tsr_store_create(TSR_F64, TSR_SHAPE(N));
        cr_assert_eq(tsr_fill(s[k], &(double){k}), TSR_OK);
    }
    cr_assert_eq(tsr_fence(), TSR_OK);
    for (int k = 0; k < STEPS; ++k)
        cr_assert_eq(step(s[(k + 1) % 2], s[k % 2], N, k), TSR_OK);
    cr_assert_eq(tsr_fence(), TSR_OK);
    int     early = 0;
    int64_t done[STEPS] = {0};
    for (int i = 0; i < n_ran; ++i) {
        const int k = (int)ran[i].step;
        done[k] += ran[i].high - ran[i].low;
        early += k > 0 && done[k - 1] < N - 2;
    }
    cr_assert_gt(n_ran, 8 * STEPS);
    cr_assert_gt(early, n_ran / 4, "%d of %d pieces came before the step before was done", early, n_ran);
}

/* ---- manual launches ---- */

enum { POINTS = 16 };

static tsr_status widest(const tsr_task_context *t)
{
    const tsr_out_i64_1d out = tsr_out_i64_1d_of(t, 0);
    const tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, 1);
    int64_t most = 0;
    TSR_FOR_1D(i, in.box)
        most = tsr_at(in, i) > most ? tsr_at(in, i) : most;
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = most + 1;
    return TSR_OK;
}

static const tsr_task_desc widening = {
    .name = "cache.widest",
    .args = {{TSR_WRITE, TSR_I64, 1, "out"}, {TSR_READ, TSR_I64, 1, "in"}},
    .variants = {[TSR_CPU] = {.body = widest}},
};

/* Two rows written in turn by points that read their neighbours: what a row's writers would wait for they
 * wait for already, through what they read, and the rows stay where they are. */
Test(cache, rows_of_points_stay_in_place)
{
    enum { ROUNDS = 200 };
    TSR_SCOPE();
    tsr_box reads[POINTS];
    for (int i = 0; i < POINTS; ++i)
        reads[i] = (tsr_box){1, {i > 0 ? i - 1 : 0}, {i + 2 < POINTS ? i + 2 : POINTS}};
    const tsr_partition own = tsr_partition_tiles(TSR_SHAPE(POINTS), (int64_t[]){1});
    const tsr_partition three = tsr_partition_boxes(TSR_SHAPE(POINTS), reads, POINTS);
    tsr_store row[2];
    for (int k = 0; k < 2; ++k)
        row[k] = tsr_store_filled(TSR_I64, TSR_SHAPE(POINTS), &(int64_t){0});
    cr_assert_eq(tsr_fence(), TSR_OK);
    const int64_t renamed = tsr_counter(TSR_COUNT_RENAMES);
    for (int k = 0; k < ROUNDS; ++k)
        cr_assert_eq(tsr_issue_over(&widening, POINTS, tsr_arg_cut(row[(k + 1) % 2], own),
                                    tsr_arg_cut(row[k % 2], three)),
                     TSR_OK);
    int64_t got[POINTS];
    cr_assert_eq(tsr_read(row[0], got, sizeof got), TSR_OK);
    for (int i = 0; i < POINTS; ++i)
        cr_assert_eq(got[i], ROUNDS);
    cr_assert_leq(tsr_counter(TSR_COUNT_RENAMES) - renamed, 4);
}

/* ---- a stencil's step whose border follows ---- */

static tsr_status slow(const tsr_task_context *t)
{
    usleep(100000);
    return where(t);
}

static tsr_status meet(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, 0);
    const tsr_in_f64_1d  left = tsr_in_f64_1d_of(t, 1), right = tsr_in_f64_1d_of(t, 2);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_at(left, i) + tsr_at(right, i) + 1;
    return TSR_OK;
}

static const tsr_task_desc slowly = PLACING("cache.slow", slow);
static const tsr_task_desc meeting = {
    .name = "cache.meet",
    .args = {{TSR_WRITE, TSR_F64, 1, "out"}, {TSR_READ, TSR_F64, 1, "left"}, {TSR_READ, TSR_F64, 1, "right"}},
    .constraints = {TSR_ALIGN(1, 0), TSR_ALIGN(2, 0)},
    .variants = {[TSR_CPU] = {.body = meet}},
};

static tsr_status meet_at(tsr_store out, tsr_store left, tsr_store right)
{
    return tsr_issue(&meeting, tsr_arg_of(out), tsr_arg_of(left), tsr_arg_of(right));
}

/* A step writes between the borders, which the step before last, or its borders, still read: but the step before
 * waits for those, and this one for it.  So nothing is gained by new memory, and the array stays in place. */
Test(cache, a_step_behind_its_borders_stays_in_place)
{
    enum { ROUNDS = 12, N = 64 };
    TSR_SCOPE();
    const tsr_store s[2] = {tsr_store_create(TSR_F64, TSR_SHAPE(N)), tsr_store_create(TSR_F64, TSR_SHAPE(N))};
    const int64_t renamed = tsr_counter(TSR_COUNT_RENAMES);
    cr_assert_eq(tsr_issue(&slowly, tsr_arg_of(s[0]), tsr_arg_of(s[1])), TSR_OK, "%s", tsr_error_text()); /* all below is in flight */
    double model[2][N] = {{0}}, got[N];
    for (int k = 0; k < ROUNDS; ++k) {
        const tsr_store now = s[k % 2], next = s[1 - k % 2];
        double *const to = model[1 - k % 2], *const from = model[k % 2];
        cr_assert_eq(meet_at(tsr_slice(next, 0, 1, N - 1, 1), tsr_slice(now, 0, 0, N - 2, 1),
                             tsr_slice(now, 0, 2, N, 1)), TSR_OK, "%s", tsr_error_text());
        cr_assert_eq(meet_at(tsr_slice(next, 0, 0, 1, 1), tsr_slice(next, 0, 1, 2, 1),
                             tsr_slice(next, 0, 2, 3, 1)), TSR_OK, "%s", tsr_error_text());
        for (int i = 1; i < N - 1; ++i)
            to[i] = from[i - 1] + from[i + 1] + 1;
        to[0] = to[1] + to[2] + 1;
    }
    cr_assert_eq(tsr_read(s[ROUNDS % 2], got, sizeof got), TSR_OK, "%s", tsr_error_text());
    cr_assert_arr_eq(got, model[ROUNDS % 2], sizeof got);
    cr_expect_leq(tsr_counter(TSR_COUNT_RENAMES) - renamed, 3);
}
