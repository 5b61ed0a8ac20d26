/* ar_figures.c - bandwidth of chains, a stencil, memory and time of one operation, beside loops by hand and NumPy.
 *
 * Loops by hand run on HANDS threads, one bound to each core, as many as there are workers; runs of both sides
 * alternate, ratios are medians of quotients of neighbours.  Each answer is held against the other side's. */
#include "ar_figures.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/array.h>

#include "../bench_util.h"

enum { RUNS = 7, MOST_HANDS = 64, JACOBI_SIDE = 4096, JACOBI_SWEEPS = 5, SMALL_PASSES = 2000 };

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define BY_HAND __attribute__((noinline, optimize("O3"), target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define BY_HAND __attribute__((noinline))
#endif

/* ---- threads ---- */

typedef struct hands {
    int               n;
    pthread_t         thread[MOST_HANDS];
    pthread_barrier_t begin, end;
    void            (*work)(void *user, int hand, int n);
    void             *user;
} hands;

typedef struct one_hand {
    hands *all;
    int    index;
} one_hand;

static void *hand_main(void *user)
{
    one_hand *h = user;
    bench_bind(h->index);
    for (;;) {
        pthread_barrier_wait(&h->all->begin);
        if (h->all->work == NULL)
            break;
        h->all->work(h->all->user, h->index, h->all->n);
        pthread_barrier_wait(&h->all->end);
    }
    free(h);
    return NULL;
}

static void hands_start(hands *h, int n)
{
    h->n = n < MOST_HANDS ? n : MOST_HANDS;
    pthread_barrier_init(&h->begin, NULL, (unsigned)h->n + 1);
    pthread_barrier_init(&h->end, NULL, (unsigned)h->n + 1);
    for (int i = 0; i < h->n; ++i) {
        one_hand *one = malloc(sizeof *one);
        *one = (one_hand){h, i};
        pthread_create(&h->thread[i], NULL, hand_main, one);
    }
}

static double hands_run(hands *h, void (*work)(void *, int, int), void *user)
{
    h->work = work;
    h->user = user;
    const double began = bench_now();
    pthread_barrier_wait(&h->begin);
    pthread_barrier_wait(&h->end);
    return bench_now() - began;
}

static void hands_stop(hands *h)
{
    h->work = NULL;
    pthread_barrier_wait(&h->begin);
    for (int i = 0; i < h->n; ++i)
        pthread_join(h->thread[i], NULL);
}

/* ---- a chain: d = a * b + c * a - e ---- */

typedef struct chain {
    int64_t n;
    double *a, *b, *c, *e, *d;
} chain;

BY_HAND static void chain_loop(double *restrict d, const double *a, const double *b, const double *c,
                               const double *e, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        d[i] = a[i] * b[i] + c[i] * a[i] - e[i];
}

static void chain_by_hand(void *user, int hand, int n)
{
    chain        *x = user;
    const int64_t low = x->n * hand / n, high = x->n * (hand + 1) / n;
    chain_loop(x->d + low, x->a + low, x->b + low, x->c + low, x->e + low, high - low);
    __asm__ volatile("" ::: "memory");
}

static nd_array chain_of(nd_array a, nd_array b, nd_array c, nd_array e)
{
    return nd_sub(nd_add(nd_mul(a, b), nd_mul(c, a)), e);
}

static double *noise(int64_t n, double phase)
{
    double *x = aligned_alloc(4096, ((size_t)n * sizeof *x + 4095) / 4096 * 4096);
    for (int64_t i = 0; x != NULL && i < n; ++i)
        x[i] = sin(0.37 * (double)(i % 1000) + phase);
    return x;
}

/* Two chains in turn, by the same hands. */
typedef struct pair {
    chain   x[2];
    int64_t passes;
} pair;

static void pair_by_hand(void *user, int hand, int n)
{
    pair *p = user;
    for (int64_t i = 0; i < p->passes; ++i)
        for (int k = 0; k < 2; ++k)
            chain_by_hand(&p->x[k], hand, n);
}

/* Runs of both, and one answer.  The two chains have other shapes, so that they are not one pass: each reads and
 * writes what it says.  The ratio of bandwidths, ours to theirs; NAN: the answers differ. */
static double pair_measure(hands *h, pair *p, double *out_seconds)
{
    ND_SCOPE();
    double   ours[RUNS], quotient[RUNS], most = 0;
    nd_array a[2], b[2], c[2], e[2], d[2];
    for (int k = 0; k < 2; ++k) {
        const chain *x = &p->x[k];
        a[k] = nd_from_memory(ND_F64, ND_SHAPE(x->n), x->a);
        b[k] = nd_from_memory(ND_F64, ND_SHAPE(x->n), x->b);
        c[k] = nd_from_memory(ND_F64, ND_SHAPE(x->n), x->c);
        e[k] = nd_from_memory(ND_F64, ND_SHAPE(x->n), x->e);
        d[k] = nd_zeros(ND_F64, x->n);
    }
    for (int r = -3; r < RUNS; ++r) {
        const double began = bench_now();
        for (int64_t i = 0; i < 2 * p->passes; ++i) {
            ND_SCOPE();
            const int k = i % 2;
            nd_assign(d[k], chain_of(a[k], b[k], c[k], e[k]));
        }
        TSR_CHECK(tsr_fence());
        const double mine = bench_now() - began, theirs = hands_run(h, pair_by_hand, p);
        if (r >= 0) {
            ours[r] = mine;
            quotient[r] = theirs / mine;
        }
    }
    for (int k = 0; k < 2; ++k) {
        const nd_array other = nd_from_memory(ND_F64, ND_SHAPE(p->x[k].n), p->x[k].d);
        most = fmax(most, nd_value(nd_max(nd_abs(nd_sub(other, d[k])))));
    }
    *out_seconds = bench_median(ours, RUNS);
    return most == 0 ? bench_median(quotient, RUNS) : NAN;
}

/* Two chains of about n / 2 elements; *out_gb: our bandwidth. */
static double chain_figure(hands *h, int64_t n, int64_t passes, double *out_gb)
{
    pair    p = {.passes = passes};
    double  seconds;
    for (int k = 0; k < 2; ++k) {
        const int64_t m = n / 2 + 64 * k;
        p.x[k] = (chain){m, noise(m, 0), noise(m, 1), noise(m, 2), noise(m, 3), noise(m, 4)};
    }
    const double ratio = pair_measure(h, &p, &seconds);
    *out_gb = 40e-9 * (double)(p.x[0].n + p.x[1].n) * (double)passes / seconds;
    for (int k = 0; k < 2; ++k)
        free(p.x[k].a), free(p.x[k].b), free(p.x[k].c), free(p.x[k].e), free(p.x[k].d);
    return ratio;
}

/* ---- Jacobi: two buffers swapped, the greatest change in the same pass ---- */

typedef struct plate {
    int64_t n;
    double *now, *next;
    double  change[MOST_HANDS];
} plate;

BY_HAND static double sweep_rows(double *restrict next, const double *now, int64_t n, int64_t low, int64_t high)
{
    double most[8] = {0};
    for (int64_t i = low; i < high; ++i) {
        const double *x = now + i * n;
        double *restrict y = next + i * n;
        int64_t j = 1;
        for (; j + 8 <= n - 1; j += 8)
            for (int k = 0; k < 8; ++k) {
                const double v = 0.25 * (((x[j + k - n] + x[j + k + n]) + x[j + k - 1]) + x[j + k + 1]);
                const double change = fabs(v - x[j + k]);
                y[j + k] = v;
                most[k] = change > most[k] ? change : most[k];
            }
        for (; j < n - 1; ++j) {
            const double v = 0.25 * (((x[j - n] + x[j + n]) + x[j - 1]) + x[j + 1]), change = fabs(v - x[j]);
            y[j] = v;
            most[0] = change > most[0] ? change : most[0];
        }
    }
    for (int k = 1; k < 8; ++k)
        most[0] = most[k] > most[0] ? most[k] : most[0];
    return most[0];
}

static void sweep_by_hand(void *user, int hand, int n)
{
    plate *p = user;
    p->change[hand] = sweep_rows(p->next, p->now, p->n, 1 + (p->n - 2) * hand / n, 1 + (p->n - 2) * (hand + 1) / n);
}

static double plate_by_hand(hands *h, plate *p, double *out_seconds)
{
    double most = 0;
    *out_seconds = 0;
    for (int i = 0; i < JACOBI_SWEEPS; ++i) {
        *out_seconds += hands_run(h, sweep_by_hand, p);
        most = 0;
        for (int k = 0; k < h->n; ++k)
            most = fmax(most, p->change[k]);
        double *const t = p->now;
        p->now = p->next;
        p->next = t;
    }
    return most;
}

static double plate_ours(nd_array now, nd_array next, double *out_seconds)
{
    ND_SCOPE();
    const nd_shape number = {0, {0}};
    const nd_array change = nd_full(ND_F64, number, 0);
    const double   began = bench_now();
    for (int i = 0; i < JACOBI_SWEEPS; ++i) {
        ND_SCOPE();
        const nd_array middle = nd_view(now, "1:-1, 1:-1");
        const nd_array fresh =
            nd_mul(0.25, nd_add(nd_add(nd_add(nd_view(now, ":-2, 1:-1"), nd_view(now, "2:, 1:-1")),
                                       nd_view(now, "1:-1, :-2")),
                                nd_view(now, "1:-1, 2:")));
        nd_assign(nd_view(next, "1:-1, 1:-1"), fresh);
        nd_max(nd_abs(nd_sub(fresh, middle)), .out = change);
        const nd_array t = now;
        now = next;
        next = t;
    }
    const double most = nd_value(change);
    *out_seconds = bench_now() - began;
    return most;
}

/* Our time over theirs; NAN: other answers. */
static double jacobi_figure(hands *h, double *out_seconds)
{
    ND_SCOPE();
    const int64_t n = JACOBI_SIDE;
    plate         p = {.n = n, .now = noise(n * n, 0), .next = noise(n * n, 0)};
    const nd_array now = nd_from_memory(ND_F64, ND_SHAPE(n, n), p.now), next = nd_copy(now);
    memcpy(p.next, p.now, (size_t)(n * n) * sizeof *p.now);
    double ours[RUNS], quotient[RUNS];
    bool   same = true;
    /* An odd number of sweeps: each run begins where the last one ended, on both sides. */
    for (int r = -2; r < RUNS; ++r) {
        double mine, theirs;
        const bool turned = (r & 1) != 0;
        const double a = plate_ours(turned ? next : now, turned ? now : next, &mine);
        same &= a == plate_by_hand(h, &p, &theirs);
        if (r >= 0) {
            ours[r] = mine;
            quotient[r] = mine / theirs;
        }
    }
    free(p.now), free(p.next);
    *out_seconds = bench_median(ours, RUNS);
    return same ? bench_median(quotient, RUNS) : NAN;
}

/* ---- memory ---- */

/* Bytes beyond the five arrays at the peak of d = a * b + c * d - e, as a share of one array. */
static double memory_figure(int64_t n, int64_t *out_never_stored)
{
    ND_SCOPE();
    const nd_array a = nd_full(ND_F64, ND_SHAPE(n), 1.5), b = nd_full(ND_F64, ND_SHAPE(n), 2.5), c = nd_full(ND_F64, ND_SHAPE(n), 0.5);
    const nd_array d = nd_full(ND_F64, ND_SHAPE(n), 3.0), e = nd_full(ND_F64, ND_SHAPE(n), 0.25);
    TSR_CHECK(tsr_fence());
    const int64_t before = bench_resident_bytes(), never = tsr_counter(TSR_COUNT_NEVER_STORED);
    bench_peak_reset();
    {
        ND_SCOPE();
        nd_assign(d, nd_sub(nd_add(nd_mul(a, b), nd_mul(c, d)), e));
    }
    TSR_CHECK(tsr_fence());
    *out_never_stored = tsr_counter(TSR_COUNT_NEVER_STORED) - never;
    return (double)(bench_peak_bytes() - before) / (double)(n * 8);
}

/* ---- one operation ---- */

static double operation_ns(int64_t n, int64_t times)
{
    ND_SCOPE();
    const nd_array a = nd_full(ND_F64, ND_SHAPE(n), 1), c = nd_zeros(ND_F64, n);
    double         ns[RUNS];
    for (int r = -2; r < RUNS; ++r) {
        const double began = bench_now();
        for (int64_t i = 0; i < times; ++i)
            nd_add(c, a, .out = c);
        TSR_CHECK(tsr_fence());
        if (r >= 0)
            ns[r] = (bench_now() - began) * 1e9 / (double)times;
    }
    return bench_median(ns, RUNS);
}

static double numpy_ns(const char *python, int64_t n, int64_t times)
{
    char   command[4608];
    double ns = NAN;
    snprintf(command, sizeof command,
             "'%s' -c \"import numpy, timeit, statistics; a = numpy.ones(%lld); c = numpy.zeros(%lld); "
             "print(statistics.median(timeit.repeat(lambda: [numpy.add(c, a, out=c) for i in range(%lld)], "
             "number=1, repeat=7)) / %lld * 1e9)\"",
             python, (long long)n, (long long)n, (long long)times, (long long)times);
    FILE *f = popen(command, "r");
    if (f == NULL || fscanf(f, "%lf", &ns) != 1)
        ns = NAN;
    if (f != NULL)
        pclose(f);
    return ns;
}

/* ---- all ---- */

static void say(bool json, const char *name, double ours, const char *unit, const char *peer, double theirs,
                const char *ratio, double value)
{
    if (json)
        printf("{\"figure\": \"%s\", \"tessera\": %.6g, \"unit\": \"%s\", \"peer\": \"%s\", \"theirs\": %.6g, "
               "\"%s\": %.6g}\n", name, ours, unit, peer, theirs, ratio, value);
    else
        printf("%-34s %12.4g %-6s %-8s %12.4g   %s %.3g\n", name, ours, unit, peer, theirs, ratio, value);
    fflush(stdout);
}

static void operations(const char *python, bool json, const char *kind)
{
    static const int64_t sizes[] = {1, 100, 10000}, times[] = {200000, 200000, 40000};
    for (int k = 0; k < 3; ++k) {
        char         name[64];
        const double ours = operation_ns(sizes[k], times[k]), theirs = numpy_ns(python, sizes[k], times[k]);
        snprintf(name, sizeof name, "c += a, %lld elements, %s", (long long)sizes[k], kind);
        say(json, name, ours, "ns", "numpy", theirs, "numpy / tessera", theirs / ours);
    }
}

int ar_figures(const char *python, int64_t size, bool json)
{
    hands   h = {0};
    double  seconds;
    int64_t never;
    const int64_t large = size > 0 ? size : (int64_t)1 << 27, chained = large / 8, small = 24 * 1024;
    tsr_machine   machine;
    TSR_CHECK(tsr_machine_discover(&machine));
    hands_start(&h, machine.n_cores > 0 ? machine.n_cores : 1);
    TSR_CHECK(tsr_start(NULL, NULL));
    double gb, ratio = chain_figure(&h, chained, 1, &gb);
    int    wrong = isnan(ratio);
    say(json, "chain from memory", gb, "GB/s", "by hand", gb / ratio, "tessera / by hand", ratio);
    ratio = chain_figure(&h, small, SMALL_PASSES, &gb);
    wrong += isnan(ratio);
    say(json, "chain in L2", gb, "GB/s", "by hand", gb / ratio, "tessera / by hand", ratio);
    ratio = jacobi_figure(&h, &seconds);
    wrong += isnan(ratio);
    say(json, "jacobi 4096 x 4096, a sweep", 1e3 * seconds / JACOBI_SWEEPS, "ms", "by hand",
        1e3 * seconds / JACOBI_SWEEPS / ratio, "tessera / by hand", ratio);
    const double extra = memory_figure(large, &never);
    wrong += never != 4; /* every result between */
    say(json, "d = a*b + c*d - e, memory beyond", extra, "arrays", "stores", (double)never, "never stored", (double)never);
    operations(python, json, "fused");
    wrong += tsr_finish() != 0;
    setenv("TESSERA_FUSE", "0", 1);
    TSR_CHECK(tsr_start(NULL, NULL));
    operations(python, json, "each alone");
    wrong += tsr_finish() != 0;
    hands_stop(&h);
    if (wrong > 0)
        fprintf(stderr, "arrays: %d figures have another answer than what they are held against\n", wrong);
    return wrong > 0;
}
