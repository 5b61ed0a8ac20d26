/* observe/watchdog.c - says when the program waits and nothing happens.
 *
 * The issuing thread says when it waits (arm, disarm: one store each). Whoever is idle looks now and
 * then (poll); the first that finds a wait older than a second starts a thread, so that programs
 * that never wait long never pay for one. The thread looks once a second: while the program waits
 * and the runtime's progress word stays the same for as long as the setting says, it reports once
 * who waits for whom, as far as the runtime can tell without stopping, and what each worker did
 * last. When progress is seen, or the wait ends, it is ready to report again. It changes nothing: a
 * long body is a stall too, and the report names it.
 *
 * Costs: a stamp for each wait, a load for each poll. Threads: the watchdog's own, with all signals
 * blocked; the pollers race to start it, one wins by an exchange. */
#include <errno.h>
#include <signal.h>

#include "base/deadline.h"
#include "observe/inside.h"

/* What the thread remembers between looks. */
struct stall {
    uint64_t armed, progress; /* of the wait it watches */
    int64_t  since_ns;        /* nothing moved since */
    bool     is_reported;
};

bool observe_watchdog_create(struct observe_watchdog *w)
{
    return deadline_condition_init(&w->stopped) && pthread_mutex_init(&w->lock, NULL) == 0;
}

static void thread_end(struct observe_watchdog *w)
{
    if (!w->runs)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->stopped);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->runs = false;
}

void observe_watchdog_stop(struct observe *o)
{
    atomic_store_explicit(&o->watchdog.claimed, true, memory_order_relaxed);
    thread_end(&o->watchdog);
}

void observe_watchdog_destroy(struct observe_watchdog *w)
{
    thread_end(w);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->stopped);
}

void observe_watchdog_init(struct observe *o, const struct observe_watch *w)
{
    o->watchdog.watch = *w;
}

/* ---- looking ---- */

/* How often to look: once a second, oftener when less than four seconds are to be noticed. */
static int64_t period_ns(const struct observe_watch *w)
{
    const double ns = 1e9 * w->seconds / 4;
    return ns < 1e9 ? (int64_t)ns + 1 : 1000000000;
}

static void report(struct observe *o, const struct stall *s)
{
    const struct observe_watch *w = &o->watchdog.watch;
    FILE                       *out = w->out ? w->out : stderr;
    flockfile(out);
    fprintf(out, "tessera: rank %d: the program waits, and nothing was done for %.1f s\n", o->rank,
            1e-9 * (double)(observe_elapsed_ns(o) - s->since_ns));
    if (w->describe)
        w->describe(w->runtime, out);
    observe_flight_print_activity(o, out);
    fflush(out);
    funlockfile(out);
}

static void look(struct observe *o, struct stall *s)
{
    const struct observe_watch *w = &o->watchdog.watch;
    const uint64_t armed = atomic_load_explicit(&o->watchdog.armed, memory_order_relaxed);
    if (armed == 0) {
        s->armed = 0;
        return;
    }
    const uint64_t progress = w->progress(w->runtime);
    const int64_t  now = observe_elapsed_ns(o);
    if (armed != s->armed || progress != s->progress)
        *s = (struct stall){.armed = armed, .progress = progress, .since_ns = now};
    if (s->is_reported || (double)(now - s->since_ns) < 1e9 * w->seconds)
        return;
    report(o, s);
    s->is_reported = true;
}

/* ---- the thread ---- */

static void *watchdog_main(void *argument)
{
    struct observe          *o = argument;
    struct observe_watchdog *w = &o->watchdog;
    struct stall             s = {0};
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        const struct timespec until = deadline_in(period_ns(&w->watch));
        if (pthread_cond_timedwait(&w->stopped, &w->lock, &until) != ETIMEDOUT)
            continue;
        pthread_mutex_unlock(&w->lock);
        look(o, &s);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Should there be no thread to be had, the runtime goes on unwatched. */
static void thread_start(struct observe *o)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    o->watchdog.runs = pthread_create(&o->watchdog.thread, NULL, watchdog_main, o) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- what the runtime calls ---- */

void observe_watchdog_arm(struct observe *o)
{
    atomic_store_explicit(&o->watchdog.armed, observe_stamp() | 1, memory_order_relaxed);
}

void observe_watchdog_disarm(struct observe *o)
{
    atomic_store_explicit(&o->watchdog.armed, 0, memory_order_relaxed);
}

void observe_watchdog_poll(struct observe *o)
{
    struct observe_watchdog *w = &o->watchdog;
    const uint64_t           armed = atomic_load_explicit(&w->armed, memory_order_relaxed);
    if (armed == 0 || !w->watch.progress || w->watch.seconds <= 0 ||
        atomic_load_explicit(&w->claimed, memory_order_relaxed))
        return;
    const int64_t since_ns = observe_scale_ns(observe_scale_now(o), armed);
    if (observe_elapsed_ns(o) - since_ns < period_ns(&w->watch))
        return;
    if (!atomic_exchange_explicit(&w->claimed, true, memory_order_acq_rel))
        thread_start(o);
}
