/* tb_time.c - binding, and the line probe.
 *
 * The probe is a ping-pong on one line: each thread waits for the other's number and answers with
 * the next. A machine may change between a fast and a slow line within minutes, so a fine-grained
 * timing means nothing without the probe taken beside it. Cost: about 10 ms. */
#define _GNU_SOURCE
#include "tb_time.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { ROUNDS = 5, ROUND_TRIPS = 5000 };

/* The n-th core of a set, counted modulo their number. */
static int core_nth(const cpu_set_t *set, int n)
{
    n %= CPU_COUNT(set);
    for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, set) && n-- == 0)
            return core;
    return 0;
}

/* The cores of the whole process: the calling thread may be bound already. */
static cpu_set_t process_cores;

__attribute__((constructor)) static void remember_cores(void)
{
    sched_getaffinity(0, sizeof process_cores, &process_cores);
}

void tb_time_bind(int n)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core_nth(&process_cores, n), &one);
    sched_setaffinity(0, sizeof one, &one);
}

void tb_time_confine(int n)
{
    cpu_set_t some;
    CPU_ZERO(&some);
    for (int i = 0; i < n; ++i)
        CPU_SET(core_nth(&process_cores, i), &some);
    sched_setaffinity(0, sizeof some, &some);
}

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

typedef struct ball {
    _Alignas(128) atomic_long n; /* odd: the server's turn; release and acquire pair on it */
    _Alignas(128) double least;
} ball;

static void *answer(void *arg)
{
    ball *b = arg;
    tb_time_bind(1);
    for (long n = 1; n < 2L * ROUNDS * ROUND_TRIPS; n += 2) {
        while (atomic_load_explicit(&b->n, memory_order_acquire) != n)
            relax();
        atomic_store_explicit(&b->n, n + 1, memory_order_release);
    }
    return NULL;
}

static void *serve(void *arg)
{
    ball *b = arg;
    long  n = 0;
    tb_time_bind(0);
    for (int round = 0; round < ROUNDS; ++round) {
        const double start = tb_time_now();
        for (int i = 0; i < ROUND_TRIPS; ++i) {
            atomic_store_explicit(&b->n, ++n, memory_order_release);
            ++n;
            while (atomic_load_explicit(&b->n, memory_order_acquire) != n)
                relax();
        }
        const double one_way = (tb_time_now() - start) / (2.0 * ROUND_TRIPS);
        b->least = one_way < b->least ? one_way : b->least;
    }
    return NULL;
}

double tb_time_line_ns(void)
{
    ball      b = {.least = 1.0};
    pthread_t server, other;

    if (CPU_COUNT(&process_cores) < 2)
        return 0.0;
    pthread_create(&other, NULL, answer, &b);
    pthread_create(&server, NULL, serve, &b);
    pthread_join(server, NULL);
    pthread_join(other, NULL);
    return 1e9 * b.least;
}
