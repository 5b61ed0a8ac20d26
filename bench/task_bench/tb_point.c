/* tb_point.c - the tallies and the kernel.
 *
 * The kernel holds its 64 doubles in vector registers, as Task Bench's does with AVX2; which vectors
 * is chosen once by what the processor has. Threads: each has a tally of its own; resetting and
 * adding up are for the thread that knows that no task runs. */
#define _GNU_SOURCE
#include "tb_point.h"
#include "tb_time.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum { MAX_THREADS = 256 };

static tb_tally                tallies[MAX_THREADS];
static atomic_int              n_tallies;
static _Thread_local tb_tally *mine;

tb_tally *tb_tally_mine(void)
{
    if (mine == NULL)
        mine = &tallies[atomic_fetch_add(&n_tallies, 1) % MAX_THREADS];
    return mine;
}

void tb_tally_reset(void)
{
    for (int i = 0; i < MAX_THREADS; ++i)
        tallies[i] = (tb_tally){0};
}

tb_tally tb_tally_sum(void)
{
    tb_tally sum = {0};
    for (int i = 0; i < MAX_THREADS; ++i) {
        sum.run += tallies[i].run;
        sum.wrong += tallies[i].wrong;
    }
    return sum;
}

/* ---- the kernel ---- */

/* The body over N vectors of type V that make 64 doubles. The starting values are opaque, so that
 * the compiler cannot compute one of them for all; GCC contracts a * a + a where there is FMA. */
#define KERNEL_BODY(V, N)                                                                          \
    V a[N];                                                                                        \
    _Pragma("GCC unroll 16") for (int k = 0; k < N; ++k)                                           \
    {                                                                                              \
        a[k] = (V){} + 1.2345;                                                                     \
        __asm__("" : "+x"(a[k]));                                                                  \
    }                                                                                              \
    for (int64_t i = 0; i < iterations; ++i)                                                       \
        _Pragma("GCC unroll 16") for (int k = 0; k < N; ++k) a[k] = a[k] * a[k] + a[k];            \
    V sum = a[0];                                                                                  \
    _Pragma("GCC unroll 16") for (int k = 1; k < N; ++k) sum += a[k];                              \
    return sum[0];

typedef double vector2 __attribute__((vector_size(16)));

#if defined(__x86_64__)
typedef double vector4 __attribute__((vector_size(32)));
typedef double vector8 __attribute__((vector_size(64)));

__attribute__((target("avx512f,fma"))) static double kernel_avx512(int64_t iterations)
{
    KERNEL_BODY(vector8, 8)
}

__attribute__((target("avx2,fma"))) static double kernel_avx2(int64_t iterations)
{
    KERNEL_BODY(vector4, 16)
}

static double kernel_plain(int64_t iterations)
{
    KERNEL_BODY(vector2, 32)
}

typedef double kernel_function(int64_t iterations);

static kernel_function *kernel_choose(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f"))
        return kernel_avx512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? kernel_avx2
                                                                           : kernel_plain;
}

static kernel_function *kernel;

__attribute__((constructor)) static void kernel_init(void)
{
    kernel = kernel_choose();
}
#else
static double kernel(int64_t iterations)
{
    double          a[64], sum = 0.0;
    volatile double start = 1.2345;
    for (int k = 0; k < 64; ++k)
        a[k] = start;
    for (int64_t i = 0; i < iterations; ++i)
        for (int k = 0; k < 64; ++k)
            a[k] = a[k] * a[k] + a[k];
    for (int k = 0; k < 64; ++k)
        sum += a[k];
    return sum;
}
#endif

double tb_kernel_run(int64_t iterations)
{
    const double value = kernel(iterations);
    __asm__ volatile("" : : "x"(value));
    return value;
}

/* ---- the peak: all workers compute at once, and nothing else ---- */

typedef struct peak_share {
    pthread_barrier_t *start;
    int                core;
    double             seconds;
} peak_share;

enum { PEAK_ITERATIONS = 1 << 21, PEAK_TRIES = 12 };

static void *peak_thread(void *arg)
{
    peak_share *share = arg;

    tb_time_bind(share->core);
    tb_kernel_run(PEAK_ITERATIONS / 16); /* clocks settle */
    share->seconds = 1e30;
    for (int i = 0; i < PEAK_TRIES; ++i) {
        pthread_barrier_wait(share->start);
        const double start = tb_time_now();
        tb_kernel_run(PEAK_ITERATIONS);
        const double seconds = tb_time_now() - start;
        share->seconds = seconds < share->seconds ? seconds : share->seconds;
    }
    return NULL;
}

double tb_kernel_peak(int workers)
{
    pthread_barrier_t start;
    pthread_t         threads[MAX_THREADS];
    peak_share        shares[MAX_THREADS];
    double            flops = 0.0;

    workers = workers > MAX_THREADS ? MAX_THREADS : workers;
    pthread_barrier_init(&start, NULL, (unsigned)workers);
    for (int i = 0; i < workers; ++i) {
        shares[i] = (peak_share){.start = &start, .core = i};
        pthread_create(&threads[i], NULL, peak_thread, &shares[i]);
    }
    for (int i = 0; i < workers; ++i) {
        pthread_join(threads[i], NULL);
        flops += (double)TB_KERNEL_FLOPS * PEAK_ITERATIONS / shares[i].seconds;
    }
    pthread_barrier_destroy(&start);
    return flops;
}
