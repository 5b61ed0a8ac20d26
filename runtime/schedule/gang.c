/* schedule/gang.c - operations whose points start together: who takes part, and when.
 *
 * They start in program order, one at a time per rank: when the points' inputs are there, and every point
 * has a worker.  A worker that comes by takes a seat, the claim of a point; whoever takes the last one
 * starts all.  A seated worker runs nothing else: it waits for what other workers do now, which ends.  The
 * issuing thread is there only while it waits for this operation or a younger one, so where it is needed the
 * others sit down only then, and get up when it goes.  It gets up itself when a verdict is asked of it.
 *
 * Points that run wait for those of other ranks, while this rank's workers may all sit here.  So nothing
 * that another rank waits for may be left undone: they start after all older operations of which this rank
 * sends something, and after what this rank sends for the operation itself.  Then each wait is for an older operation, or for a point of this one that can start.
 *
 * Cost: O(1) for who has no seat to take; O(waits of the points + operations in flight) until it is ready;
 * O(workers) to sit down.  Threads: any worker; gang_add: the issuing thread. */
#include <limits.h>

#include "base/alloc.h"
#include "schedule/internal.h"

bool gang_start(struct tsr_runtime *rt, int ring)
{
    struct engine *e = rt->engine;
    struct gang   *g = &e->gang;
    pthread_mutex_init(&g->lock, NULL);
    g->queue = base_calloc((size_t)ring, sizeof *g->queue);
    g->member = base_aligned(64, sizeof *g->member * (size_t)e->n_workers);
    return g->queue != NULL && g->member != NULL;
}

void gang_stop(struct tsr_runtime *rt)
{
    struct gang *g = &rt->engine->gang;
    base_free((void *)g->queue);
    base_free(g->member);
    if (rt->engine->slot != NULL)
        pthread_mutex_destroy(&g->lock);
}

void gang_add(struct engine *e, uint64_t number)
{
    struct gang   *g = &e->gang;
    const uint64_t n = atomic_load_explicit(&g->queued, memory_order_relaxed);
    atomic_store_explicit(&g->queue[n & e->mask], number, memory_order_relaxed);
    atomic_store_explicit(&g->queued, n + 1, memory_order_release);
}

/* ---- may it start? ---- */

/* Is all done that another rank may wait for: older operations of which something is sent, and what this
 * one sends before its points run? */
static bool others_are_served(const struct engine *e, const struct slot *own, uint64_t number)
{
    for (int x = 0; x < own->n_extras; ++x)
        if (own->extra[x].kind != EXTRA_FOLD && own->extra[x].kind != EXTRA_PARTIAL &&
            atomic_load_explicit(&own->done[own->n_points + x], memory_order_acquire) < number)
            return false;
    uint64_t n = atomic_load_explicit(&e->prefix, memory_order_acquire) + 1;
    for (; n < number; ++n) {
        const struct slot *s = engine_slot(e, n);
        if (s->n_extras > 0 && s->n_actions > 0 &&
            atomic_load_explicit(&s->complete, memory_order_acquire) != n)
            return false;
    }
    return true;
}

static bool is_ready(struct worker *w, struct slot *s, uint64_t number)
{
    struct engine *e = w->rt->engine;
    if (!may_run(w, s, number))
        return false;
    if (atomic_load_explicit(&e->gang.ready, memory_order_acquire) == number)
        return true;
    if ((w->rt->n_ranks > 1 && !others_are_served(e, s, number)) || !points_are_ready(s, number))
        return false;
    atomic_store_explicit(&e->gang.ready, number, memory_order_release);
    return true;
}

/* Are there, or will there be, workers for all points without waiting for the program? */
static bool has_workers(const struct worker *w, const struct slot *s, uint64_t number)
{
    const struct engine *e = w->rt->engine;
    return w->index == 0 || s->n_points < e->n_workers ||
           atomic_load_explicit(&e->gang.issuer_limit, memory_order_relaxed) >= number;
}

/* ---- seats ---- */

/* A point that nobody has, at best one of this worker's: its strip; -1: there is none. */
static int seat_take(const struct worker *w, struct slot *s, uint64_t number)
{
    const int n = s->strips->n, home = (int)s->strips->home[w->index];
    for (int i = 0; i < n; ++i) {
        const int strip = (home + i) % n;
        uint64_t  claim = atomic_load_explicit(&s->claim[strip], memory_order_acquire);
        if (s->strips->first[strip] >= (uint32_t)s->n_points || claim != number << 16)
            continue;
        if (atomic_compare_exchange_strong_explicit(&s->claim[strip], &claim, claim | 1,
                                                    memory_order_acq_rel, memory_order_relaxed))
            return strip;
    }
    return -1;
}

static void seat_give_back(struct slot *s, int strip)
{
    atomic_fetch_and_explicit(&s->claim[strip], ~(uint64_t)1, memory_order_release);
}

/* One more seat is taken; true: it was the last. */
static bool seat_count(struct gang *g, uint64_t number, int n_points)
{
    uint64_t seats = atomic_load_explicit(&g->seats, memory_order_relaxed), now;
    do
        now = (seats >> 16 == number ? seats : number << 16) + 1;
    while (!atomic_compare_exchange_weak_explicit(&g->seats, &seats, now, memory_order_acq_rel,
                                                  memory_order_relaxed));
    return (now & 0xffff) == (uint64_t)n_points;
}

/* One fewer; false: all are taken, it starts. */
static bool seat_leave(struct gang *g, uint64_t number, int n_points)
{
    uint64_t seats = atomic_load_explicit(&g->seats, memory_order_relaxed);
    do
        if ((seats & 0xffff) == (uint64_t)n_points || seats >> 16 != number)
            return false;
    while (!atomic_compare_exchange_weak_explicit(&g->seats, &seats, seats - 1,
                                                  memory_order_acq_rel, memory_order_relaxed));
    return true;
}

static bool must_leave(struct worker *w, struct slot *s, uint64_t number)
{
    const struct engine *e = w->rt->engine;
    if (atomic_load_explicit(&e->stop, memory_order_relaxed) != 0 ||
        (w->rt->n_ranks > 1 && network_peer_lost(w->rt->network)))
        return true;
    return w->index == 0 ? !may_run(w, s, number) : !has_workers(w, s, number);
}

static bool is_running(void *user)
{
    const struct worker *w = user;
    const struct gang   *g = &w->rt->engine->gang;
    return atomic_load(&g->running) == atomic_load_explicit(&g->seats, memory_order_relaxed) >> 16;
}

/* Wait until all have a seat; false: this one was given back. */
static bool seat_wait(struct worker *w, struct slot *s, uint64_t number)
{
    struct engine *e = w->rt->engine;
    const uint64_t since = observe_stamp();
    if (atomic_load_explicit(&e->sleepers, memory_order_relaxed) > 0)
        sleep_wake(w->rt, INT_MAX);
    observe_event_at(w->lane, since, OBSERVE_IDLE, number, 0, 0);
    while (atomic_load_explicit(&e->gang.running, memory_order_acquire) != number) {
        if (must_leave(w, s, number) && seat_leave(&e->gang, number, s->n_points))
            return false;
        if (w->rt->n_ranks == 1 || !network_progress(w->rt->network))
            execute_gang_rest(w, since, is_running, w);
    }
    return true;
}

/* ---- running ---- */

bool gang_join(struct worker *w, uint64_t last)
{
    struct engine *e = w->rt->engine;
    struct gang   *g = &e->gang;
    const uint64_t ended = atomic_load_explicit(&g->ended, memory_order_acquire);
    if (atomic_load_explicit(&g->queued, memory_order_acquire) == ended)
        return false;
    const uint64_t number = atomic_load_explicit(&g->queue[ended & e->mask], memory_order_relaxed);
    if (number > last || atomic_load_explicit(&g->ended, memory_order_acquire) != ended)
        return false;
    struct slot *s = engine_slot(e, number);
    if (atomic_load_explicit(&g->running, memory_order_relaxed) == number ||
        !has_workers(w, s, number) || !is_ready(w, s, number))
        return false;
    const int strip = seat_take(w, s, number);
    if (strip < 0)
        return false;
    if (seat_count(g, number, s->n_points)) {
        execute_gang_begin(w, s);
        atomic_store(&g->running, number);
        execute_gang_ring(w->rt);
    } else if (!seat_wait(w, s, number)) {
        seat_give_back(s, strip);
        return false;
    }
    (void)execute_actions(w, s, s->strips->first[strip], 1);
    if (atomic_fetch_sub_explicit(&g->left, 1, memory_order_acq_rel) == 1)
        atomic_fetch_add_explicit(&g->ended, 1, memory_order_release);
    actions_complete(w, s, number, 1);
    return true;
}

void gang_describe(struct tsr_runtime *rt, FILE *out)
{
    struct gang *g = &rt->engine->gang;
    const char  *what = atomic_load(&g->what), *file = atomic_load(&g->file);
    const int    awaited = atomic_load(&g->awaited), arrived = atomic_load(&g->arrived);
    if (what == NULL)
        return;
    fprintf(out, "  operation %llu: in %s (%s:%d) ", (unsigned long long)atomic_load(&g->running),
            what, file != NULL ? file : "?", atomic_load(&g->line));
    if (awaited >= 0)
        fprintf(out, "all points of this rank wait for rank %d\n", awaited);
    else
        fprintf(out, "%d points of this rank wait for the others\n", arrived);
}
