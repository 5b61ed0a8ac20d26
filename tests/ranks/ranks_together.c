/* What the faces of three stores need goes to a neighbour as one message; and who sends without ever
 * receiving does not run away from a receiver that is slow. */
#include <stdatomic.h>
#include <unistd.h>

#include "ranks_try.h"

enum { OUT, A, B, C, N = 3000, STEPS = 60, SETTLED = 20 };

static tsr_status smooth(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const tsr_in_f64_1d  a = tsr_in_f64_1d_of(t, A), c = tsr_in_f64_1d_of(t, C);
    const tsr_in_f32_1d  b = tsr_in_f32_1d_of(t, B);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = 0.25 * (tsr_at(a, i) + tsr_at(a, i + 2)) +
                         0.125 * (double)(tsr_at(b, i) + tsr_at(b, i + 2)) +
                         0.125 * (tsr_at(c, i) + tsr_at(c, i + 2));
    return TSR_OK;
}

static const tsr_task_desc smoothing = {
    .name = "test.together",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"},
             [A] = {TSR_READ, TSR_F64, 1, "a"},
             [B] = {TSR_READ, TSR_F32, 1, "b"},
             [C] = {TSR_READ, TSR_F64, 1, "c"}},
    .constraints = {TSR_HALO(A, OUT, .high = {2}), TSR_HALO(B, OUT, .high = {2}),
                    TSR_HALO(C, OUT, .high = {2})},
    .variants = {[TSR_CPU] = {.body = smooth}},
};

static tsr_status scale(const tsr_task_context *t)
{
    const tsr_out_f64_1d a = tsr_out_f64_1d_of(t, OUT), c = tsr_out_f64_1d_of(t, C);
    const tsr_out_f32_1d b = tsr_out_f32_1d_of(t, B);
    const tsr_in_f64_1d  s = tsr_in_f64_1d_of(t, A);
    TSR_FOR_1D(i, s.box) {
        tsr_at(a, i) = tsr_at(s, i);
        tsr_at(b, i) = (float)(0.5 * tsr_at(s, i));
        tsr_at(c, i) = 0.25 * tsr_at(s, i);
    }
    return TSR_OK;
}

/* All three anew: the next step needs the faces of each. */
static const tsr_task_desc scaling = {
    .name = "test.scale",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "a"},
             [A] = {TSR_READ, TSR_F64, 1, "s"},
             [B] = {TSR_WRITE, TSR_F32, 1, "b"},
             [C] = {TSR_WRITE, TSR_F64, 1, "c"}},
    .constraints = {TSR_ALIGN(OUT, A), TSR_ALIGN(A, B), TSR_ALIGN(A, C)},
    .variants = {[TSR_CPU] = {.body = scale}},
};

static double start_of(int i)
{
    return (double)((i * 7) % 23);
}

static void by_hand(double *a, float *b, double *c)
{
    double *s = calloc(N, sizeof *s);
    for (int i = 0; i < N; ++i) {
        a[i] = c[i] = start_of(i);
        b[i] = (float)start_of(i);
    }
    for (int k = 0; k < STEPS; ++k) {
        for (int i = 1; i < N - 1; ++i)
            s[i] = 0.25 * (a[i - 1] + a[i + 1]) + 0.125 * (double)(b[i - 1] + b[i + 1]) +
                   0.125 * (c[i - 1] + c[i + 1]);
        for (int i = 1; i < N - 1; ++i) {
            a[i] = s[i];
            b[i] = (float)(0.5 * s[i]);
            c[i] = 0.25 * s[i];
        }
    }
    free(s);
}

static tsr_store inside(tsr_store s)
{
    return tsr_slice(s, 0, 1, N - 1, 1);
}

static tsr_status step(tsr_store s, tsr_store a, tsr_store b, tsr_store c)
{
    TSR_SCOPE();
    TSR_TRY(tsr_issue(&smoothing, [OUT] = tsr_arg_of(inside(s)), [A] = tsr_arg_of(a),
                      [B] = tsr_arg_of(b), [C] = tsr_arg_of(c)));
    return tsr_issue(&scaling, [OUT] = tsr_arg_of(inside(a)), [A] = tsr_arg_of(inside(s)),
                     [B] = tsr_arg_of(inside(b)), [C] = tsr_arg_of(inside(c)));
}

static int three_stores(int argc, char **argv, void *user)
{
    double *a = calloc(N, sizeof *a), *c = calloc(N, sizeof *c), *got = calloc(N, sizeof *got);
    float  *b = calloc(N, sizeof *b);
    int64_t messages = 0;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    for (int i = 0; i < N; ++i) {
        a[i] = start_of(i);
        b[i] = (float)start_of(i);
    }
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){0});
    const tsr_store x = tsr_store_create(TSR_F64, TSR_SHAPE(N)), y = tsr_store_create(TSR_F32, TSR_SHAPE(N)),
                    z = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    NEED_OK(tsr_write(x, a, N * sizeof *a));
    NEED_OK(tsr_write(y, b, N * sizeof *b));
    NEED_OK(tsr_write(z, a, N * sizeof *a));
    for (int k = 0; k < STEPS; ++k) {
        if (k == SETTLED) {
            NEED_OK(tsr_fence());
            messages = tsr_counter(TSR_COUNT_MESSAGES);
        }
        NEED_OK(step(s, x, y, z));
    }
    NEED_OK(tsr_fence());
    const int64_t n = tsr_rank_count();
    const int64_t neighbours = n == 1 ? 0 : tsr_rank() == 0 || tsr_rank() == n - 1 ? 1 : 2;
    NEED(tsr_counter(TSR_COUNT_MESSAGES) - messages == neighbours * (STEPS - SETTLED));
    by_hand(a, b, c);
    NEED_OK(tsr_read(x, got, N * sizeof *got));
    NEED(memcmp(got, a, N * sizeof *got) == 0);
    NEED_OK(tsr_read(z, got, N * sizeof *got));
    NEED(memcmp(got, c, N * sizeof *got) == 0);
    free(a);
    free(b);
    free(c);
    free(got);
    return 0;
}

/* ---- totals ---- */

enum { SUM, SQUARES, VALUES, TOTALS = 40, MANY = 200000 };

static tsr_status moments(const tsr_task_context *t)
{
    double             *sum = tsr_element_f64_of(t, SUM), *squares = tsr_element_f64_of(t, SQUARES);
    const tsr_in_f64_1d in = tsr_in_f64_1d_of(t, VALUES);
    TSR_FOR_1D(i, in.box) {
        *sum += tsr_at(in, i);
        *squares += tsr_at(in, i) * tsr_at(in, i);
    }
    return TSR_OK;
}

static const tsr_task_desc summing = {
    .name = "test.moments",
    .args = {[SUM] = {TSR_REDUCE, TSR_F64, .name = "sum", .reduction = TSR_SUM},
             [SQUARES] = {TSR_REDUCE, TSR_F64, .name = "squares", .reduction = TSR_SUM},
             [VALUES] = {TSR_READ, TSR_F64, 1, "in"}},
    .constraints = {TSR_BROADCAST(SUM), TSR_BROADCAST(SQUARES)},
    .variants = {[TSR_CPU] = {.body = moments}},
};

/* Partial results of two totals are one message too. */
static int two_totals(int argc, char **argv, void *user)
{
    double got[2] = {0};
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store x = tsr_store_filled(TSR_F64, TSR_SHAPE(MANY), &(double){3});
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE()), q = tsr_store_create(TSR_F64, TSR_SHAPE());
    int64_t messages = 0;
    NEED_OK(tsr_fill(s, &(double){0}));
    NEED_OK(tsr_fill(q, &(double){0}));
    for (int k = 0; k < TOTALS; ++k) {
        if (k == SETTLED) {
            NEED_OK(tsr_fence());
            messages = tsr_counter(TSR_COUNT_MESSAGES);
        }
        NEED_OK(tsr_issue(&summing, [SUM] = tsr_arg_of(s), [SQUARES] = tsr_arg_of(q), [VALUES] = tsr_arg_of(x)));
    }
    NEED_OK(tsr_fence());
    NEED(tsr_counter(TSR_COUNT_MESSAGES) - messages == (tsr_rank() > 0 ? TOTALS - SETTLED : 0));
    NEED_OK(tsr_read(s, &got[0], sizeof got[0]));
    NEED_OK(tsr_read(q, &got[1], sizeof got[1]));
    NEED(got[0] == 3.0 * MANY * TOTALS && got[1] == 9.0 * MANY * TOTALS);
    return 0;
}

/* ---- one way ---- */

enum { WAY_STEPS = 9000, SLOW_US = 150000 };

/* Where ranks are threads: how far rank 0 is, and how far it was when the slow body ended. */
static _Atomic int64_t ahead, seen;

static tsr_status pass(const tsr_task_context *t)
{
    const tsr_out_i64_1d out = tsr_out_i64_1d_of(t, 0);
    const tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, 1);
    TSR_FOR_1D(i, out.box) {
        tsr_at(out, i) = i == in.box.low[0] ? tsr_at(in, i) + 1 : tsr_at(in, i - 1) + 1;
        if (i == 0)
            atomic_store(&ahead, tsr_at(out, i));
        if (i == 1 && tsr_at(out, i) == 2) { /* the second step */
            usleep(SLOW_US);
            atomic_store(&seen, atomic_load(&ahead));
        }
    }
    return TSR_OK;
}

/* Each takes from the one before it: nobody sends back. */
static const tsr_task_desc passing = {
    .name = "test.pass",
    .args = {{TSR_WRITE, TSR_I64, 1, "out"}, {TSR_READ, TSR_I64, 1, "in"}},
    .constraints = {TSR_HALO(1, 0, .low = {1})},
    .variants = {[TSR_CPU] = {.body = pass}},
};

static int one_way(int argc, char **argv, void *user)
{
    int64_t got[2] = {0};
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s[2] = {tsr_store_filled(TSR_I64, TSR_SHAPE(2), &(int64_t){0}),
                            tsr_store_filled(TSR_I64, TSR_SHAPE(2), &(int64_t){0})};
    atomic_store(&ahead, 0);
    atomic_store(&seen, 0);
    NEED_OK(tsr_fence());
    const int64_t agreed = tsr_counter(TSR_COUNT_AGREEMENTS);
    for (int k = 0; k < WAY_STEPS; ++k) {
        TSR_SCOPE();
        NEED_OK(tsr_issue(&passing, tsr_arg_of(s[(k + 1) % 2]), tsr_arg_of(s[k % 2])));
    }
    NEED_OK(tsr_read(s[0], got, sizeof got));
    NEED(got[0] == WAY_STEPS && got[1] == WAY_STEPS);
    NEED(tsr_rank_count() == 1 || tsr_counter(TSR_COUNT_AGREEMENTS) - agreed >= 3); /* now and then, unasked */
    NEED(atomic_load(&seen) <= 1024 + 512); /* sends stay home; what runs beside them is a window's */
    return 0;
}

int main(void)
{
    return try_ranks("three_stores", three_stores, NULL) | try_ranks("two_totals", two_totals, NULL) | try_ranks("one_way", one_way, NULL);
}
