/* formula.c - what a formula costs: one element, and the bandwidth of a fused chain beside a loop by hand.
 *
 *     build/bench/formula [--elements N] [--rounds N] [--workers N]
 *
 * The chain is d = a*b + c*d - e over doubles: four calls, three results nobody keeps.  The loop is the same
 * expression in C, on as many threads as there are workers, pieces as even as they can be; contraction is
 * off for both.  Rounds alternate; medians are shown.  Bytes are those of the arrays: five times read or
 * written.  One-element formulas are issued in a loop of scopes, with TESSERA_FUSE as the environment says. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <tessera/tessera.h>

#include "bench_util.h"

enum { MOST_ROUNDS = 101, SMALL_CALLS = 200000 };

static tsr_formula add, subtract, multiply;

static void binary(tsr_formula *f, const char *name, tsr_op op)
{
    tsr_formula_begin(f, name);
    const tsr_term x = tsr_formula_input(f, TSR_F64), y = tsr_formula_input(f, TSR_F64);
    tsr_formula_output(f, tsr_apply(f, op, x, y));
}

static tsr_store apply(const tsr_formula *f, tsr_store into, tsr_store x, tsr_store y)
{
    TSR_CHECK(tsr_formula_issue(f, &into, 1, (tsr_arg[]){tsr_arg_store(x), tsr_arg_store(y)}, 2));
    return into;
}

/* ---- the chain ---- */

static void chain(tsr_store *s, tsr_shape shape)
{
    TSR_SCOPE();
    const tsr_store p = apply(&multiply, tsr_store_create(TSR_F64, shape), s[0], s[1]);
    const tsr_store q = apply(&multiply, tsr_store_create(TSR_F64, shape), s[2], s[3]);
    const tsr_store r = apply(&add, tsr_store_create(TSR_F64, shape), p, q);
    apply(&subtract, s[3], r, s[4]);
}

/* Each its own pass: what is issued next must not join. */
static void chain_alone(tsr_store *s, tsr_shape shape)
{
    chain(s, shape);
    TSR_CHECK(tsr_flush());
}

typedef struct part {
    double *v[5];
    int64_t low, high;
    int     times;
} part;

static void *loop(void *user)
{
    const part *p = user;
    const double *a = p->v[0], *b = p->v[1], *c = p->v[2], *e = p->v[4];
    double *d = p->v[3];
    for (int t = 0; t < p->times; ++t) {
#pragma GCC ivdep
        for (int64_t i = p->low; i < p->high; ++i)
            d[i] = a[i] * b[i] + c[i] * d[i] - e[i];
        __asm__ volatile("" ::: "memory");
    }
    return NULL;
}

static void loop_by_hand(double *v[5], int64_t n, int workers, int times)
{
    part      p[64];
    pthread_t thread[64];
    for (int w = workers - 1; w >= 0; --w) {
        p[w] = (part){{v[0], v[1], v[2], v[3], v[4]}, n * w / workers, n * (w + 1) / workers, times};
        if (w > 0)
            pthread_create(&thread[w], NULL, loop, &p[w]);
    }
    loop(&p[0]);
    for (int w = 1; w < workers; ++w)
        pthread_join(thread[w], NULL);
}

static void bandwidth(int64_t n, int rounds, int times)
{
    TSR_SCOPE();
    const tsr_shape shape = TSR_SHAPE(n);
    const int       workers = tsr_worker_count();
    tsr_store       s[5];
    double         *v[5], ours[MOST_ROUNDS], theirs[MOST_ROUNDS];
    for (int k = 0; k < 5; ++k) {
        const double value = 0.5 + 0.01 * k;
        s[k] = tsr_store_filled(TSR_F64, shape, &value);
        if (posix_memalign((void **)&v[k], 64, (size_t)n * sizeof(double)) != 0)
            exit(1);
        for (int64_t i = 0; i < n; ++i)
            v[k][i] = value;
    }
    for (int r = -2; r < rounds; ++r) {
        double begin = bench_now();
        for (int t = 0; t < times; ++t)
            chain_alone(s, shape);
        TSR_CHECK(tsr_fence());
        double end = bench_now();
        if (r >= 0)
            ours[r] = (end - begin) / times;
        begin = bench_now();
        loop_by_hand(v, n, workers, times);
        end = bench_now();
        if (r >= 0)
            theirs[r] = (end - begin) / times;
    }
    double *got = malloc((size_t)n * sizeof *got), differ = 0;
    TSR_CHECK(tsr_read(s[3], got, (size_t)n * sizeof *got));
    for (int64_t i = 0; i < n; ++i)
        differ += got[i] != v[3][i];
    const double bytes = 5.0 * (double)n * sizeof(double), a = bench_median(ours, rounds),
                 b = bench_median(theirs, rounds);
    printf("chain of %lld doubles  formulas %6.2f GB/s  loop %6.2f GB/s  ratio %.2f  %s\n", (long long)n,
           bytes / a * 1e-9, bytes / b * 1e-9, b / a, differ == 0 ? "same bits" : "DIFFER");
    for (int k = 0; k < 5; ++k)
        free(v[k]);
    free(got);
}

/* ---- folds ---- */

static void fold(int64_t n, int rounds, tsr_reduction how, const char *name)
{
    TSR_SCOPE();
    double          took[MOST_ROUNDS], got = 0;
    const tsr_store x = tsr_store_filled(TSR_F64, TSR_SHAPE(n), &(double){0.5});
    const tsr_store total = tsr_store_create(TSR_F64, TSR_SHAPE());
    tsr_formula     f;
    tsr_formula_begin(&f, name);
    tsr_formula_fold(&f, tsr_formula_input(&f, TSR_F64), how, TSR_ALL_AXES);
    for (int r = -1; r < rounds; ++r) {
        const double begin = bench_now();
        TSR_CHECK(tsr_formula_issue(&f, &total, 1, (tsr_arg[]){tsr_arg_store(x)}, 1));
        TSR_CHECK(tsr_value(total, &got));
        if (r >= 0)
            took[r] = bench_now() - begin;
    }
    printf("%s of %lld doubles  %6.2f GB/s  (%g)\n", name, (long long)n,
           (double)n * sizeof(double) / bench_median(took, rounds) * 1e-9, got);
}

/* ---- one element ---- */

static void small(int rounds)
{
    TSR_SCOPE();
    double into[MOST_ROUNDS], fresh[MOST_ROUNDS];
    const tsr_store x = tsr_store_filled(TSR_F64, TSR_SHAPE(1), &(double){0});
    const tsr_store y = tsr_store_filled(TSR_F64, TSR_SHAPE(1), &(double){1});
    for (int r = -1; r < rounds; ++r) {
        double begin = bench_now();
        for (int i = 0; i < SMALL_CALLS; ++i)
            apply(&add, x, x, y);
        TSR_CHECK(tsr_fence());
        double end = bench_now();
        if (r >= 0)
            into[r] = (end - begin) / SMALL_CALLS;
        begin = bench_now();
        for (int i = 0; i < SMALL_CALLS; ++i) {
            TSR_SCOPE();
            apply(&add, tsr_store_create(TSR_F64, TSR_SHAPE(1)), x, y);
            if (i % 8 == 0)
                TSR_CHECK(tsr_flush());
        }
        TSR_CHECK(tsr_fence());
        end = bench_now();
        if (r >= 0)
            fresh[r] = (end - begin) / SMALL_CALLS;
    }
    double value = 0;
    TSR_CHECK(tsr_value(x, &value));
    printf("one element: x = x + y %6.1f ns  z = x + y, z new and dropped %6.1f ns  (%.0f added)\n",
           bench_median(into, rounds) * 1e9, bench_median(fresh, rounds) * 1e9, value);
}

int main(int argc, char **argv)
{
    int64_t elements = 10000000, rounds = 11, workers = 0;
    const bench_option options[] = {
        {"--elements", NULL, &elements, "doubles an array (10000000)"},
        {"--rounds", NULL, &rounds, "rounds, medians are shown (11)"},
        {"--workers", NULL, &workers, "threads (0: one a core)"},
        {0}};
    bench_options_read(argc, argv, "What formulas cost.", options);
    rounds = rounds < 1 ? 1 : rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
    TSR_CHECK(tsr_start(NULL, NULL, .workers = (int)workers));
    binary(&add, "add", TSR_OP_ADD);
    binary(&subtract, "subtract", TSR_OP_SUBTRACT);
    binary(&multiply, "multiply", TSR_OP_MULTIPLY);
    small((int)rounds);
    bandwidth(32768, (int)rounds, 300);
    bandwidth(elements, (int)rounds, 2);
    fold(elements, (int)rounds, TSR_SUM, "sum");
    fold(elements, (int)rounds, TSR_MAX, "maximum");
    printf("fused %lld, stores never given memory %lld\n", (long long)tsr_counter(TSR_COUNT_FUSED),
           (long long)tsr_counter(TSR_COUNT_NEVER_STORED));
    return tsr_finish();
}
