/* schedule/pick.c - which strip a worker runs next.
 *
 * In this order: a seat in an operation whose points start together (gang.c); an operation with a
 * priority; on several ranks, sends beside large pieces; the own strips of the oldest operations not all
 * taken (looking a few operations ahead: polling words that are not ready is what costs); deeper, when
 * dry, some operations a pass, so that what a message brings is seen soon, and all of them before it sleeps;
 * then others' strips, the oldest operation first and each share from its far end.  After a strip
 * that is one large piece the worker follows the piece into the operations behind, while they are ready:
 * so a chain over a large array streams through the cache; a stencil's steps go in waves where the array
 * does not stay in the last cache.
 *
 * Invariants: nothing is read of a slot whose number is older than the worker's `looking`; a claim is a
 * compare-and-swap that includes the number.  Cost: O(producers of the strips looked at).
 * Threads: any worker. */
#include <unistd.h>

#include "base/mutant.h"
#include "schedule/internal.h"

enum { AHEAD = 3, AHEAD_STRIPS = 4, STEAL_OPERATIONS = 24, CHAOS_SKIP = 3, WAVE = 4, SENDS_AHEAD = 8, SENDS_LOOK = 2, DEEP = 16 };

static uint64_t random_next(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

static inline bool action_is_ready(const struct slot *s, uint32_t action, uint64_t number)
{
    const struct pattern *p = s->pattern;
    for (uint32_t k = p->first[action]; k < p->first[action + 1]; ++k) {
        const struct edge *e = &p->edge[k];
        if (e->producer == PRODUCER_SELF) {
            if (atomic_load_explicit(&s->done[e->action], memory_order_acquire) < number)
                return false;
            continue;
        }
        const struct producer *from = &s->producer[e->producer];
        if (atomic_load_explicit(&from->done[e->action], memory_order_acquire) < from->number)
            return false;
    }
    return true;
}

static inline uint32_t ready_bits(const struct slot *s, int strip, uint64_t claim, uint64_t number)
{
    const uint32_t full = (1u << s->strips->count[strip]) - 1;
    uint32_t open = full & ~(uint32_t)(claim & 0xffff), ready = 0;
    for (; open != 0; open &= open - 1) {
        const int bit = __builtin_ctz(open);
        if (action_is_ready(s, s->strips->first[strip] + (uint32_t)bit, number))
            ready |= 1u << bit;
    }
    return ready;
}

bool points_are_ready(const struct slot *s, uint64_t number)
{
    for (int i = 0; i < s->n_points && s->pattern != NULL; ++i)
        if (!action_is_ready(s, (uint32_t)i, number))
            return false;
    return true;
}

bool may_run(struct worker *w, struct slot *s, uint64_t number)
{
    if (__builtin_expect(
            atomic_load_explicit(&w->rt->engine->any_failed, memory_order_acquire) == 0, 1))
        return true;
    return atomic_load_explicit(&s->verdict, memory_order_acquire) >> 2 == number;
}

void actions_complete(struct worker *w, struct slot *s, uint64_t number, int count)
{
    struct engine *e = w->rt->engine;
    if (atomic_fetch_sub_explicit(&s->remaining, count, memory_order_acq_rel) != count)
        return;
    observe_event(w->lane, OBSERVE_DONE, number, (uint32_t)s->n_points, 0);
    atomic_store(&s->complete, number); /* sequentially consistent: of two that finish, one sees both */
    for (;;) {
        uint64_t prefix = atomic_load(&e->prefix);
        if (atomic_load(&engine_slot(e, prefix + 1)->complete) != prefix + 1)
            break;
        atomic_compare_exchange_strong(&e->prefix, &prefix, prefix + 1);
    }
}

/* Claim what is ready of a strip and run it.  False: nothing was, or another worker was faster. */
static bool try_strip(struct worker *w, struct slot *s, uint64_t number, int strip, bool *out_taken)
{
    struct engine *e = w->rt->engine;
    *out_taken = true;
    if (s->gang && s->strips->first[strip] < (uint32_t)s->n_points)
        return false; /* seats: gang.c */
    uint64_t claim = atomic_load_explicit(&s->claim[strip], memory_order_acquire);
    const uint32_t full = (1u << s->strips->count[strip]) - 1;
    *out_taken = claim >> 16 != number || (uint32_t)(claim & 0xffff) == full;
    if (MUTANT(THIEF_REUSED_SLOT) && claim >> 16 != number && (uint32_t)(claim & 0xffff) != full)
        *out_taken = false;
    if (*out_taken)
        return false;
    const uint32_t bits = ready_bits(s, strip, claim, number);
    if (bits == 0 || !may_run(w, s, number))
        return false;
    if (!atomic_compare_exchange_strong_explicit(&s->claim[strip], &claim, claim | bits,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return false;
    const uint64_t prefix = atomic_load_explicit(&e->prefix, memory_order_relaxed);
    if (prefix + 1 < number)
        observe_count(w->lane, TSR_COUNT_OVERLAPPED, 1);
    if (!execute_actions(w, s, s->strips->first[strip], bits)) {
        atomic_fetch_and_explicit(&s->claim[strip], ~(uint64_t)bits, memory_order_release);
        return false;
    }
    actions_complete(w, s, number, __builtin_popcount(bits));
    return true;
}

static bool is_beyond_cache(const struct worker *w, const struct slot *s)
{
    return s->n_points * s->op.plan->bytes_per_point > w->rt->engine->wave_bytes;
}

/* Is the strip before `strip` to be run next, because this one needs its neighbour still, as a stencil's
 * does?  So the steps of a stencil go over an array as a wave, WAVE of them at a time: an array that does
 * not stay in the last cache anyway.  In one that does, the processor reads ahead best in plain order. */
static bool goes_in_waves(const struct worker *w, const struct slot *s, uint64_t from, uint64_t number,
                          int strip)
{
    return number / WAVE == from / WAVE && strip > 0 && strip != (int)s->strips->home[w->index] &&
           is_beyond_cache(w, s);
}

/* Does an action wait for several of one operation? */
static bool needs_neighbours(const struct slot *s, uint32_t action)
{
    const struct pattern *p = s->pattern;
    if (p == NULL)
        return true; /* nothing to follow */
    for (uint32_t k = p->first[action] + 1; k < p->first[action + 1]; ++k)
        if (p->edge[k].producer == p->edge[k - 1].producer && p->edge[k].action != p->edge[k - 1].action)
            return true;
    return false;
}

/* The same strip of the operations behind, while it is ready, or a wave.  So a chain over a large array
 * streams through the cache. */
static void follow(struct worker *w, const struct slot *s, uint64_t number, int strip, uint64_t last)
{
    struct engine *e = w->rt->engine;
    uint32_t first = s->strips->first[strip];
    for (uint64_t n = number + 1; n <= last; ++n) {
        struct slot *next = engine_slot(e, n);
        bool taken;
        if (next->n_actions == 0)
            continue; /* it ran as it was issued */
        if (!next->strips->large || strip >= next->strips->n || next->strips->first[strip] != first)
            return;
        if (!is_beyond_cache(w, next) && needs_neighbours(next, first))
            return;
        if (try_strip(w, next, n, strip, &taken))
            continue;
        if (!goes_in_waves(w, next, number, n, strip) || !try_strip(w, next, n, strip - 1, &taken))
            return;
        first = next->strips->first[--strip];
    }
}

/* Some strip of this worker's share of operation `number`; `look`: blocked ones it may look at. */
static bool try_own(struct worker *w, uint64_t number, uint64_t last, int look)
{
    struct engine *e = w->rt->engine;
    struct slot *s = engine_slot(e, number);
    const uint64_t index = number & e->mask;
    if (s->n_actions == 0 ||
        atomic_load_explicit(&s->complete, memory_order_relaxed) == number)
        return false;
    const uint32_t begin = s->strips->home[w->index], end = s->strips->home[w->index + 1];
    if (w->next_number[index] != number) {
        w->next_number[index] = number;
        w->next[index] = begin;
    }
    for (uint32_t i = w->next[index]; i < end && look > 0; ++i) {
        bool taken;
        if (try_strip(w, s, number, (int)i, &taken)) {
            if (s->strips->large && s->n_points > 0)
                follow(w, s, number, (int)i, last);
            return true;
        }
        if (!taken)
            --look;
        else if (i == w->next[index])
            w->next[index] = i + 1;
    }
    return false;
}

static bool own_are_taken(const struct worker *w, uint64_t number)
{
    const struct engine *e = w->rt->engine;
    const struct slot *s = engine_slot(e, number);
    const uint64_t index = number & e->mask;
    return s->n_actions == 0 || (w->next_number[index] == number &&
                                 w->next[index] >= s->strips->home[w->index + 1]);
}

static bool steal(struct worker *w, uint64_t first, uint64_t last)
{
    struct engine *e = w->rt->engine;
    if (last > first + STEAL_OPERATIONS)
        last = first + STEAL_OPERATIONS;
    for (uint64_t n = first; n <= last; ++n) {
        struct slot *s = engine_slot(e, n);
        if (s->n_actions == 0 || atomic_load_explicit(&s->complete, memory_order_relaxed) == n)
            continue;
        if (MUTANT(THIEF_REUSED_SLOT)) { /* it looks, and what it saw may be gone when it takes */
            atomic_store_explicit(&w->looking, UINT64_MAX, memory_order_release);
            usleep(500);
        }
        for (int v = 1; v < e->n_workers; ++v) {
            const int victim = (w->index + v) % e->n_workers;
            const uint32_t begin = s->strips->home[victim], end = s->strips->home[victim + 1];
            int look = AHEAD_STRIPS;
            for (uint32_t i = end; i > begin && look > 0; --i) {
                bool taken;
                if (try_strip(w, s, n, (int)i - 1, &taken)) {
                    observe_event(w->lane, OBSERVE_STEAL, n, (uint32_t)victim, i - 1);
                    observe_count(w->lane, TSR_COUNT_STOLEN, 1);
                    return true;
                }
                look -= !taken;
            }
        }
    }
    return false;
}

static bool urgent(struct worker *w, uint64_t first, uint64_t last)
{
    struct engine *e = w->rt->engine;
    int best = 0;
    for (uint64_t n = first; n <= last; ++n) {
        const struct slot *s = engine_slot(e, n);
        if (s->priority > best && atomic_load_explicit(&s->complete, memory_order_relaxed) != n)
            best = s->priority;
    }
    for (uint64_t n = first; n <= last && best > 0; ++n) {
        struct slot *s = engine_slot(e, n);
        for (int i = 0; s->priority == best && i < s->strips->n; ++i) {
            bool taken;
            if (s->n_actions > 0 && try_strip(w, s, n, i, &taken))
                return true;
        }
    }
    return false;
}

/* A chaos run takes any ready strip of anybody, or nothing at all. */
static bool chaos(struct worker *w, uint64_t first, uint64_t last)
{
    struct engine *e = w->rt->engine;
    if (random_next(w) % CHAOS_SKIP == 0)
        return false;
    for (int tries = 0; tries < 8; ++tries) {
        const uint64_t n = first + random_next(w) % (last - first + 1);
        struct slot *s = engine_slot(e, n);
        bool taken;
        if (s->n_actions == 0 || s->strips->n == 0)
            continue;
        const int i = (int)(random_next(w) % (uint64_t)s->strips->n);
        if (try_strip(w, s, n, i, &taken))
            return true;
    }
    return false;
}

/* A send of this share of an operation; *look is lowered by those not ready.  *out_taken: all are taken. */
static bool try_sends_of(struct worker *w, struct slot *s, uint64_t n, int *look, bool *out_taken)
{
    const uint32_t end = s->strips->home[w->index + 1];
    *out_taken = true;
    for (uint32_t i = s->strips->home[w->index]; i < end && *look > 0; ++i) {
        const int x = (int)s->strips->first[i] - s->n_points;
        bool      taken;
        if (x < 0)
            break; /* extras come first */
        if (s->extra[x].kind != EXTRA_SEND)
            continue;
        if (try_strip(w, s, n, (int)i, &taken))
            return true;
        *look -= !taken;
        *out_taken &= taken;
    }
    return false;
}

/* A send of this worker's share that is ready, beside large pieces: another rank waits for it, and the
 * pieces of the operation before would keep this one busy for long.  Where the oldest ones are not ready,
 * those behind are not looked at: between pieces that fill the cache a look is a line of memory or two. */
static bool try_sends(struct worker *w, uint64_t first, uint64_t last)
{
    struct engine *e = w->rt->engine;
    int look = SENDS_LOOK;
    if (w->sends < first)
        w->sends = first;
    for (uint64_t n = w->sends; n <= last && n < first + SENDS_AHEAD && look > 0; ++n) {
        struct slot *s = engine_slot(e, n);
        bool taken = true;
        if (s->n_actions > 0 && s->n_extras > 0 && s->strips->large &&
            atomic_load_explicit(&s->complete, memory_order_relaxed) != n &&
            try_sends_of(w, s, n, &look, &taken))
            return true;
        if (taken && look > 0 && w->sends == n)
            ++w->sends;
    }
    return false;
}

/* The own strips of `n` operations behind the near ones, going on where the last pass ended. */
static bool try_deep(struct worker *w, uint64_t near, uint64_t last, uint64_t n)
{
    if (w->deep <= near || w->deep > last)
        w->deep = near + 1;
    for (; n > 0 && w->deep <= last; --n, ++w->deep)
        if (try_own(w, w->deep, last, AHEAD_STRIPS))
            return true;
    return false;
}

bool worker_pass(struct worker *w, bool whole)
{
    struct engine *e = w->rt->engine;
    const uint64_t prefix = atomic_load_explicit(&e->prefix, memory_order_acquire);
    uint64_t last = atomic_load_explicit(&e->issued, memory_order_acquire);
    if (w->rt->n_ranks > 1) /* also while the program waits for something else */
        network_completed_set(w->rt->network, prefix);
    if (atomic_load_explicit(&w->looking, memory_order_relaxed) != prefix + 1)
        atomic_store_explicit(&w->looking, prefix + 1, memory_order_release);
    if (last > w->limit)
        last = w->limit;
    if (w->cursor <= prefix)
        w->cursor = prefix + 1;
    if (w->cursor > last && prefix + 1 > last)
        return false;
    if (atomic_load_explicit(&e->gang.queued, memory_order_acquire) !=
            atomic_load_explicit(&e->gang.ended, memory_order_relaxed) &&
        (w->rt->config.chaos == 0 || random_next(w) % 2 == 0) && gang_join(w, last))
        return true;
    if (w->rt->config.chaos != 0 && chaos(w, prefix + 1, last))
        return true;
    if (atomic_load_explicit(&e->urgent, memory_order_relaxed) > 0 && urgent(w, prefix + 1, last))
        return true;
    if (w->rt->n_ranks > 1 && try_sends(w, prefix + 1, last))
        return true;
    while (w->cursor <= last && own_are_taken(w, w->cursor))
        ++w->cursor;
    const uint64_t near = w->cursor + AHEAD < last ? w->cursor + AHEAD : last;
    for (uint64_t n = w->cursor; n <= near; ++n)
        if (try_own(w, n, last, AHEAD_STRIPS))
            return true;
    for (uint64_t n = w->cursor; n <= near; ++n)
        if (try_own(w, n, last, 1 << 20))
            return true;
    if (whole)
        w->deep = 0;
    if (try_deep(w, near, last, whole ? last : DEEP))
        return true;
    return e->n_workers > 1 && steal(w, prefix + 1, last);
}

bool worker_sees_surplus(const struct worker *w)
{
    struct engine *e = w->rt->engine;
    const uint64_t prefix = atomic_load_explicit(&e->prefix, memory_order_acquire);
    const uint64_t last = atomic_load_explicit(&e->issued, memory_order_acquire);
    int ready = 0;
    for (uint64_t n = prefix + 1; n <= last && n < prefix + 8; ++n) {
        const struct slot *s = engine_slot(e, n);
        if (s->n_actions == 0 || s->pattern == NULL ||
            atomic_load_explicit(&s->complete, memory_order_relaxed) == n)
            continue;
        for (int i = 0; i < s->strips->n && i < 32; ++i) {
            const uint64_t claim = atomic_load_explicit(&s->claim[i], memory_order_acquire);
            if (claim >> 16 == n && ready_bits(s, i, claim, n) != 0 && ++ready > 1)
                return true;
        }
    }
    return false;
}
