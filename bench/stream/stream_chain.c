/* stream_chain.c - the step, the chain by hand in cache-sized blocks, and the check.
 *
 * By hand: each thread takes half of the array and walks it in blocks of 16 Ki doubles (two buffers
 * of 128 KiB, well inside a core's second-level cache; 64 to 256 KiB cost the same). Memory is
 * touched before the timing. */
#include "stream_chain.h"
#include "../bench_util.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 14, MAX_THREADS = 256 };

__attribute__((noinline)) void stream_apply(double *restrict out, const double *restrict in,
                                            int64_t n, int step)
{
    const double factor = 1.0 - 0x1p-6 * step, offset = step;
    for (int64_t i = 0; i < n; ++i)
        out[i] = in[i] * factor + offset;
}

static void apply_all(double *out, const double *in, int64_t n, double *a, double *b)
{
    stream_apply(a, in, n, 0);
    for (int step = 1; step < STREAM_STEPS - 1; ++step) {
        stream_apply(b, a, n, step);
        double *swap = a;
        a = b;
        b = swap;
    }
    stream_apply(out, a, n, STREAM_STEPS - 1);
}

typedef struct share {
    pthread_barrier_t *turn;
    double            *out;
    const double      *in;
    int64_t            n;
    int                core, tries;
    double             seconds;
} share;

static void walk_blocks(const share *s, double *buffers)
{
    for (int64_t at = 0; at < s->n; at += BLOCK) {
        const int64_t n = s->n - at < BLOCK ? s->n - at : BLOCK;
        apply_all(s->out + at, s->in + at, n, buffers, buffers + BLOCK);
    }
}

static void *walk_thread(void *arg)
{
    share  *s = arg;
    double *buffers = aligned_alloc(64, 2 * BLOCK * sizeof *buffers);

    bench_bind(s->core);
    memset(buffers, 0, 2 * BLOCK * sizeof *buffers);
    s->seconds = 1e30;
    for (int i = 0; i < s->tries; ++i) {
        pthread_barrier_wait(s->turn);
        const double start = bench_now();
        walk_blocks(s, buffers);
        pthread_barrier_wait(s->turn);
        const double seconds = bench_now() - start;
        s->seconds = seconds < s->seconds ? seconds : s->seconds;
    }
    free(buffers);
    return NULL;
}

double stream_by_hand(double *out, const double *in, int64_t n, int threads, int tries)
{
    pthread_barrier_t turn;
    pthread_t         thread[MAX_THREADS];
    share             shares[MAX_THREADS];
    double            seconds = 0.0;

    threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    pthread_barrier_init(&turn, NULL, (unsigned)threads);
    for (int i = 0; i < threads; ++i) {
        const int64_t low = n * i / threads, high = n * (i + 1) / threads;
        shares[i] = (share){&turn, out + low, in + low, high - low, i, tries, 0.0};
        pthread_create(&thread[i], NULL, walk_thread, &shares[i]);
    }
    for (int i = 0; i < threads; ++i) {
        pthread_join(thread[i], NULL);
        seconds = shares[i].seconds > seconds ? shares[i].seconds : seconds;
    }
    pthread_barrier_destroy(&turn);
    return seconds;
}

int64_t stream_count_wrong(const double *out, int64_t first, int64_t n)
{
    static double in[BLOCK], expected[BLOCK], a[BLOCK], b[BLOCK];
    int64_t       wrong = 0;

    for (int64_t at = 0; at < n; at += BLOCK) {
        const int64_t m = n - at < BLOCK ? n - at : BLOCK;
        for (int64_t i = 0; i < m; ++i)
            in[i] = stream_input(first + at + i);
        apply_all(expected, in, m, a, b);
        for (int64_t i = 0; i < m; ++i)
            wrong += expected[i] != out[at + i];
    }
    return wrong;
}
