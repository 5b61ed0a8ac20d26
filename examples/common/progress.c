/* progress.c - a progress bar that costs its callers an atomic addition.
 *
 * A process has one terminal, hence one bar: this is the examples' only state that no caller holds.
 * Whoever counts and finds the last drawing older than a tenth of a second draws, unless another
 * thread is drawing. Until progress_begin(), and without a terminal, counting is all that
 * happens. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

enum { BAR_CELLS = 40 };
static const int64_t REDRAW_NS = 100 * 1000 * 1000;

static pthread_mutex_t drawing = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t done;
static _Atomic bool    is_shown; /* release in begin, acquire in add: label and total are set */
static char            label[32];
static int64_t         total;
static int64_t         drawn_ns; /* under `drawing` */

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Caller holds `drawing`. */
static void draw(int64_t count)
{
    char      bar[BAR_CELLS + 1];
    const int cells = (int)(count >= total ? BAR_CELLS : count * BAR_CELLS / total);
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', (size_t)cells);
    bar[BAR_CELLS] = '\0';
    fprintf(stderr, "\r%s [%s] %lld/%lld", label, bar, (long long)count, (long long)total);
    fflush(stderr);
}

void progress_begin(const char *text, int64_t count)
{
    if (!isatty(STDERR_FILENO) || count <= 0)
        return;
    snprintf(label, sizeof label, "%s", text);
    total = count;
    atomic_store_explicit(&is_shown, true, memory_order_release);
}

void progress_add(int64_t n)
{
    const int64_t count = atomic_fetch_add_explicit(&done, n, memory_order_relaxed) + n;
    if (!atomic_load_explicit(&is_shown, memory_order_acquire) ||
        pthread_mutex_trylock(&drawing) != 0)
        return;
    const int64_t now = now_ns();
    if (now - drawn_ns >= REDRAW_NS) {
        drawn_ns = now;
        draw(count);
    }
    pthread_mutex_unlock(&drawing);
}

void progress_end(void)
{
    pthread_mutex_lock(&drawing);
    if (atomic_exchange(&is_shown, false))
        fprintf(stderr, "\r%*s\r", BAR_CELLS + 64, "");
    atomic_store(&done, 0);
    pthread_mutex_unlock(&drawing);
}
