/* schedule/worker.c - threads: their start and end, idling, waking; the issuing thread's turn.
 *
 * An idle worker spins for about 100 us after its last work, then sleeps; sleeps are timed, so that a
 * lost wake-up costs a millisecond and not the run.  Nobody is woken from issue: waking costs the waker
 * 20 us (FACTS).  Sleepers are woken where the issuing thread begins to wait with work in flight, at a
 * flush, by messages, and by a busy worker that sees more ready work than it can do.
 *
 * A sleeper looks at nothing (`looking` = UINT64_MAX).  When it wakes it first says from where on it
 * looks and then reads `prefix` again, both sequentially consistent: either the issuing thread sees it,
 * or it sees that those slots are gone.
 *
 * Threads: worker functions their own; start, stop, run: the issuing thread. */
#include <linux/futex.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "schedule/internal.h"

enum { SLEEP_SHORT_US = 1000, SLEEP_LONG_US = 20000, PASSES_A_LOOK = 4 };

static uint64_t ticks_per_us(void)
{
    struct timespec a, b;
    const uint64_t t0 = observe_stamp();
    clock_gettime(CLOCK_MONOTONIC, &a);
    do
        clock_gettime(CLOCK_MONOTONIC, &b);
    while ((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec < 20000);
    const int64_t ns = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
    return (observe_stamp() - t0) * 1000 / (uint64_t)ns + 1;
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void sleep_until_woken(struct tsr_runtime *rt, struct worker *w, int microseconds)
{
    struct engine *e = rt->engine;
    const struct timespec limit = {microseconds / 1000000, (microseconds % 1000000) * 1000L};
    const uint32_t word = atomic_load(&e->wake_word);
    atomic_fetch_add(&e->sleepers, 1);
    atomic_store(&w->looking, UINT64_MAX);
    if (!atomic_load(&e->stop)) {
        observe_event(w->lane, OBSERVE_SLEEP, 0, 0, 0);
        if (rt->n_ranks > 1)
            network_doze(rt->network, &e->wake_word, word, microseconds);
        else
            syscall(SYS_futex, &e->wake_word, FUTEX_WAIT_PRIVATE, word, &limit, NULL, 0);
    }
    atomic_fetch_sub(&e->sleepers, 1);
    uint64_t prefix = atomic_load(&e->prefix);
    for (;;) {
        atomic_store(&w->looking, prefix + 1);
        const uint64_t again = atomic_load(&e->prefix);
        if (again == prefix)
            break;
        prefix = again;
    }
}

void sleep_wake(struct tsr_runtime *rt, int threads)
{
    struct engine *e = rt->engine;
    atomic_fetch_add(&e->wake_word, 1);
    syscall(SYS_futex, &e->wake_word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
    if (rt->n_ranks > 1)
        network_nudge(rt->network);
}

/* What a busy worker does for sleepers, now and then. */
static void look_after_sleepers(struct worker *w)
{
    struct schedule_state *st = w->rt->schedule;
    struct engine *e = w->rt->engine;
    const uint64_t awaited = atomic_load_explicit(&st->awaited, memory_order_relaxed);
    if (awaited != 0 && atomic_load_explicit(&e->prefix, memory_order_relaxed) >= awaited) {
        sleep_wake(w->rt, INT_MAX);
        return;
    }
    const uint64_t now = observe_stamp();
    uint64_t last = atomic_load_explicit(&st->last_wake, memory_order_relaxed);
    if (now - last < st->wake_ticks ||
        !atomic_compare_exchange_strong(&st->last_wake, &last, now) || !worker_sees_surplus(w))
        return;
    observe_count(w->lane, TSR_COUNT_WAKES, 1);
    sleep_wake(w->rt, 1);
}

/* Between tasks: messages move on, so that large ones (whose receiver fetches them) do not wait for the
 * end of all that is ready. */
static inline void move_messages(struct tsr_runtime *rt, uint32_t *passes)
{
    if (rt->n_ranks > 1 && ++*passes % PASSES_A_LOOK == 0)
        (void)network_progress(rt->network);
}

static void *worker_main(void *user)
{
    struct worker *w = user;
    struct tsr_runtime *rt = w->rt;
    struct engine *e = rt->engine;
    void *stack = observe_stack_take();
    runtime_current = rt; /* bodies ask for struct types, ranks, counters */
    const uint64_t spin = rt->schedule->spin_ticks;
    uint64_t idle_since = observe_stamp();
    bool idle = false, whole = false;
    uint32_t passes = 0;
    int sleep_us = SLEEP_SHORT_US;
    while (!atomic_load_explicit(&e->stop, memory_order_relaxed)) {
        if (worker_pass(w, whole)) {
            idle = whole = false;
            sleep_us = SLEEP_SHORT_US;
            move_messages(rt, &passes);
            if (__builtin_expect(atomic_load_explicit(&e->sleepers, memory_order_relaxed) > 0, 0))
                look_after_sleepers(w);
            continue;
        }
        if (!idle) {
            idle = true;
            idle_since = observe_stamp();
            observe_event_at(w->lane, idle_since, OBSERVE_IDLE, 0, 0, 0);
        }
        const bool moved = rt->n_ranks > 1 && network_progress(rt->network);
        if (moved)
            continue;
        if (observe_stamp() - idle_since < spin) {
            if (e->crowded)
                sched_yield();
            else
                for (int i = 0; i < 8; ++i)
                    relax();
            continue;
        }
        if ((whole = !whole))
            continue; /* over all of it once more, then it sleeps */
        observe_watchdog_poll(rt->observe);
        sleep_until_woken(rt, w, sleep_us);
        const uint64_t flight = atomic_load(&e->issued) - atomic_load(&e->prefix);
        sleep_us = flight > 0 ? SLEEP_SHORT_US : SLEEP_LONG_US;
    }
    atomic_store(&w->looking, UINT64_MAX);
    observe_stack_give(stack);
    return NULL;
}

static bool worker_init(struct tsr_runtime *rt, int index, int ring)
{
    struct worker *w = &rt->engine->worker[index];
    /* A thread looks from the first operation on before it runs at all: what it says in its first pass, behind
     * its reading of `prefix`, could come when those slots are gone. */
    atomic_store(&w->looking, index == 0 ? UINT64_MAX : 1);
    w->index = index;
    w->rt = rt;
    w->lane = observe_lane(rt->observe, index);
    w->limit = UINT64_MAX;
    w->random = ((uint64_t)rt->config.chaos + 1) * 0x9e3779b97f4a7c15ull ^
                (uint64_t)(index + 1) * 0xbf58476d1ce4e5b9ull ^ (uint64_t)rt->rank << 40;
    w->next = base_calloc((size_t)ring, sizeof *w->next);
    w->next_number = base_calloc((size_t)ring, sizeof *w->next_number);
    return w->next != NULL && w->next_number != NULL;
}

static void bind_thread(struct tsr_runtime *rt, int index, pthread_t thread)
{
    const tsr_machine *m = &rt->config.machine;
    if (!rt->schedule->bound || index >= m->n_cores)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)m->core[index], &set);
    (void)pthread_setaffinity_np(thread, sizeof set, &set);
}

tsr_status schedule_start(struct tsr_runtime *rt, int ring)
{
    struct schedule_state *st = base_calloc(1, sizeof *st);
    struct engine *e = base_aligned(128, sizeof *e);
    const int workers = rt->schedule_workers;
    rt->schedule = st;
    rt->engine = e;
    if (st == NULL || e == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for the workers");
    e->slot = base_aligned(128, sizeof(struct slot) * (size_t)ring);
    e->worker = base_aligned(128, sizeof(struct worker) * (size_t)workers);
    e->mask = (uint64_t)ring - 1;
    e->n_workers = workers;
    pthread_mutex_init(&e->failure_lock, NULL);
    if (e->slot == NULL || e->worker == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for the workers");
    const uint64_t us = ticks_per_us();
    e->wave_bytes = rt->config.machine.l3_bytes > 0 ? rt->config.machine.l3_bytes / 2
                                                    : 16 * rt->config.machine.l2_bytes;
    e->crowded = rt->crowded || workers > rt->config.machine.n_cores;
    st->spin_ticks = us * (uint64_t)(e->crowded ? (rt->config.spin_us < 5 ? rt->config.spin_us : 5)
                                                : rt->config.spin_us);
    st->wake_ticks = us * 100;
    st->bound = rt->config.bind != 0 && !e->crowded && rt->config.chaos == 0;
    if (!gang_start(rt, ring))
        return TSR_FAIL(NO_MEMORY, "no memory for the workers");
    for (int i = 0; i < workers; ++i)
        if (!worker_init(rt, i, ring))
            return TSR_FAIL(NO_MEMORY, "no memory for the workers");
    for (int i = 1; i < workers; ++i) {
        if (pthread_create(&e->worker[i].thread, NULL, worker_main, &e->worker[i]) != 0)
            return TSR_FAIL(ENVIRONMENT, "worker %d of %d cannot be started", i, workers);
        ++st->n_threads;
        bind_thread(rt, i, e->worker[i].thread);
    }
    if (workers > 1)
        bind_thread(rt, 0, pthread_self());
    return TSR_OK;
}

void schedule_stop_workers(struct tsr_runtime *rt)
{
    struct engine *e = rt->engine;
    struct schedule_state *st = rt->schedule;
    if (e == NULL || st == NULL)
        return;
    atomic_store(&e->stop, 1);
    if (st->n_threads > 0)
        sleep_wake(rt, INT_MAX);
    for (int i = 1; i <= st->n_threads; ++i)
        pthread_join(e->worker[i].thread, NULL);
    st->n_threads = 0;
}

void schedule_stop(struct tsr_runtime *rt)
{
    struct engine *e = rt->engine;
    struct schedule_state *st = rt->schedule;
    schedule_stop_workers(rt);
    for (int i = 0; e != NULL && e->worker != NULL && i < e->n_workers; ++i) {
        memory_worker_done(&e->worker[i]);
        base_free(e->worker[i].next);
        base_free(e->worker[i].next_number);
    }
    for (uint64_t i = 0; e != NULL && e->slot != NULL && i <= e->mask; ++i) {
        base_free((void *)e->slot[i].done);
        base_free((void *)e->slot[i].claim);
        base_free(e->slot[i].trace);
    }
    if (e != NULL) {
        gang_stop(rt);
        pthread_mutex_destroy(&e->failure_lock);
        base_free(e->slot);
        base_free(e->worker);
    }
    base_free(e);
    base_free(st);
    rt->engine = NULL;
    rt->schedule = NULL;
}

void schedule_publish(struct tsr_runtime *rt, struct slot *s)
{
    struct engine *e = rt->engine;
    const uint64_t number = s->op.number;
    s->priority = s->op.priority;
    if (s->priority > 0)
        atomic_fetch_add_explicit(&e->urgent, 1, memory_order_relaxed);
    atomic_store_explicit(&s->remaining, s->n_actions, memory_order_relaxed);
    atomic_store_explicit(&s->number, number, memory_order_release);
    if (s->n_actions == 0) {
        schedule_publish_done(rt, s);
        return;
    }
    if (s->gang)
        gang_add(e, number);
    atomic_store_explicit(&e->issued, number, memory_order_release);
}

void schedule_publish_done(struct tsr_runtime *rt, struct slot *s)
{
    struct engine *e = rt->engine;
    const uint64_t number = s->op.number;
    s->n_actions = 0;
    atomic_store_explicit(&s->number, number, memory_order_release);
    atomic_store_explicit(&e->issued, number, memory_order_release);
    atomic_store(&s->complete, number);
    for (;;) {
        uint64_t prefix = atomic_load(&e->prefix);
        if (atomic_load(&engine_slot(e, prefix + 1)->complete) != prefix + 1)
            return;
        atomic_compare_exchange_strong(&e->prefix, &prefix, prefix + 1);
    }
}

void schedule_publish_nothing(struct tsr_runtime *rt, uint64_t number)
{
    struct engine *e = rt->engine;
    atomic_store_explicit(&e->issued, number, memory_order_release);
    /* Nobody else advances the prefix: that slot's `complete` is older. */
    atomic_store_explicit(&e->prefix, number, memory_order_release);
}

uint64_t schedule_oldest_looked_at(const struct tsr_runtime *rt)
{
    const struct engine *e = rt->engine;
    uint64_t oldest = UINT64_MAX;
    if (e->n_workers > 1)
        atomic_thread_fence(memory_order_seq_cst); /* partner: who wakes; prefix may be a release store */
    for (int i = 0; i < e->n_workers; ++i) {
        const uint64_t n = atomic_load(&e->worker[i].looking);
        oldest = n < oldest ? n : oldest;
    }
    return oldest;
}

void schedule_wake(struct tsr_runtime *rt)
{
    struct engine *e = rt->engine;
    if (atomic_load_explicit(&e->sleepers, memory_order_relaxed) == 0 ||
        atomic_load(&e->issued) == atomic_load(&e->prefix))
        return;
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_WAKES, 1);
    sleep_wake(rt, INT_MAX);
}

void schedule_rouse(struct tsr_runtime *rt)
{
    execute_gang_ring(rt);
    if (atomic_load(&rt->engine->sleepers) > 0)
        sleep_wake(rt, 1);
}

bool schedule_step(struct tsr_runtime *rt, uint64_t limit)
{
    struct worker *w = &rt->engine->worker[0];
    w->limit = limit;
    atomic_store_explicit(&rt->engine->gang.issuer_limit, limit, memory_order_relaxed);
    const bool ran = worker_pass(w, true);
    atomic_store_explicit(&rt->engine->gang.issuer_limit, 0, memory_order_relaxed);
    w->limit = UINT64_MAX;
    atomic_store(&w->looking, UINT64_MAX);
    return ran;
}

void schedule_run(struct tsr_runtime *rt, uint64_t limit, schedule_until *until, void *user)
{
    struct engine *e = rt->engine;
    struct schedule_state *st = rt->schedule;
    struct worker *w = &e->worker[0];
    uint64_t idle_since = 0;
    uint32_t passes = 0;
    bool whole = false;
    if (until(user))
        return;
    schedule_wake(rt);
    observe_watchdog_arm(rt->observe);
    w->limit = limit;
    atomic_store_explicit(&e->gang.issuer_limit, limit, memory_order_relaxed);
    for (;;) {
        const bool ran = worker_pass(w, whole);
        if (until(user))
            break;
        if (ran) {
            idle_since = 0;
            whole = false;
            move_messages(rt, &passes);
            if (__builtin_expect(atomic_load_explicit(&e->sleepers, memory_order_relaxed) > 0, 0))
                look_after_sleepers(w);
            continue;
        }
        if (rt->n_ranks > 1 && network_progress(rt->network))
            continue;
        const uint64_t now = observe_stamp();
        if (idle_since == 0) {
            idle_since = now;
            observe_event_at(w->lane, now, OBSERVE_IDLE, 0, 0, 0);
        }
        if (now - idle_since < st->spin_ticks) {
            if (e->crowded)
                sched_yield();
            else
                relax();
            continue;
        }
        if ((whole = !whole))
            continue; /* over all of it once more, then it sleeps */
        observe_watchdog_poll(rt->observe);
        atomic_store(&st->awaited, atomic_load(&e->prefix) + 1);
        if (!until(user))
            sleep_until_woken(rt, w, 200);
        atomic_store(&st->awaited, 0);
    }
    w->limit = UINT64_MAX;
    atomic_store_explicit(&e->gang.issuer_limit, 0, memory_order_relaxed);
    atomic_store(&w->looking, UINT64_MAX);
    observe_watchdog_disarm(rt->observe);
}

void schedule_describe(struct tsr_runtime *rt, FILE *out)
{
    const struct engine *e = rt->engine;
    const uint64_t prefix = atomic_load(&e->prefix), issued = atomic_load(&e->issued);
    fprintf(out, "rank %d: complete up to operation %llu of %llu issued\n", rt->rank,
            (unsigned long long)prefix, (unsigned long long)issued);
    for (uint64_t n = prefix + 1; n <= issued && n < prefix + 6; ++n) {
        const struct slot *s = engine_slot(e, n);
        struct observe_name name = {0};
        (void)observe_name_find(rt->observe, n, &name);
        fprintf(out, "  operation %llu %s (%s:%d): %lld of its actions remain\n",
                (unsigned long long)n, name.task != NULL ? name.task : "?",
                name.file != NULL ? name.file : "?", name.line,
                (long long)atomic_load(&s->remaining));
    }
    gang_describe(rt, out);
}
