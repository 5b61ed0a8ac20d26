/* observe/observe.c - lanes, their events and counters, and the clocks behind stamps.
 *
 * A lane is written by one worker and read by anyone, at any time, from signal handlers too, so
 * nothing here locks. An event is four words. The writer stores them, then moves `head` past them.
 * A reader copies the words of event s and then looks at `head` again: the copy is good when head is
 * still at most s + mask, for the event that replaces s is not begun before head has passed that.
 * Should the reader have copied a word of the newer event all the same, then its acquire met the
 * writer's release, and it sees the head that tells. (Boehm, Can seqlocks get along with programming
 * language memory models?, MSPC 2012, section 5.)
 *
 * Lanes, rings and names lie in one block, zeroed by the system page by page as it is first touched:
 * a runtime that does little pays for little. Readers of counters sum over lanes: O(workers).
 *
 * Stamps are ticks of a counter that all cores share. Its rate is not asked for at the start, which
 * would take time, but found when somebody prints: the observe remembers when it began on both
 * clocks. */
#include <string.h>

#include "observe/inside.h"

static const struct kind {
    const char *name, *a, *b;
    bool        is_span;
} kinds[OBSERVE_N_KINDS] = {
#define SPAN                 true
#define MARK                 false
#define X(name, shape, a, b) {#name, a, b, shape},
    OBSERVE_KIND_MAP(X)
#undef X
#undef SPAN
#undef MARK
};

static const struct kind *kind_of(unsigned kind)
{
    static const struct kind none = {"?", "", "", false};
    return kind < OBSERVE_N_KINDS ? &kinds[kind] : &none;
}

const char *observe_kind_name(unsigned kind)
{
    return kind_of(kind)->name;
}

bool observe_kind_is_span(unsigned kind)
{
    return kind_of(kind)->is_span;
}

const char *observe_kind_a(unsigned kind)
{
    return kind_of(kind)->a;
}

const char *observe_kind_b(unsigned kind)
{
    return kind_of(kind)->b;
}

/* ---- clocks ---- */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct observe_clock observe_clock_now(void)
{
    return (struct observe_clock){.stamp = observe_stamp(),
                                  .monotonic_ns = clock_ns(CLOCK_MONOTONIC),
                                  .real_ns = clock_ns(CLOCK_REALTIME)};
}

struct observe_scale observe_scale_now(const struct observe *o)
{
    const uint64_t ticks = observe_stamp() - o->begin_stamp;
    const int64_t  ns = observe_elapsed_ns(o);
    return (struct observe_scale){o->begin_stamp, ticks ? (double)ns / (double)ticks : 1.0};
}

int64_t observe_elapsed_ns(const struct observe *o)
{
    return clock_ns(CLOCK_MONOTONIC) - o->begin_monotonic_ns;
}

/* ---- creation ---- */

enum { ALIGN = 128 };

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static uint64_t ring_size(int64_t events)
{
    uint64_t size = 16;
    while (size < (uint64_t)events && size < (uint64_t)1 << 30)
        size *= 2;
    return size;
}

static void lane_init(struct observe *o, int worker, void *ring, uint64_t events)
{
    struct observe_lane *l = &o->lane[worker];
    l->ring = ring;
    l->mask = events - 1;
    l->observe = o;
    l->worker = worker;
    l->spill_at = UINT64_MAX;
}

/* Lanes, rings and names in one block. */
static bool block_create(struct observe *o, uint64_t events)
{
    const size_t lanes = aligned((size_t)o->workers * sizeof *o->lane);
    const size_t names = aligned(OBSERVE_NAMES * sizeof *o->name);
    const size_t ring = events * sizeof(struct observe_event);
    o->block = base_calloc(1, ALIGN + lanes + names + (size_t)o->workers * ring);
    if (!o->block)
        return false;
    char *at = (char *)aligned((uintptr_t)o->block);
    o->lane = (void *)at;
    o->name = (void *)(at + lanes);
    for (int w = 0; w < o->workers; ++w)
        lane_init(o, w, at + lanes + names + (size_t)w * ring, events);
    return true;
}

struct observe *observe_create(int workers, int rank, int64_t ring_events)
{
    struct observe *o = base_calloc(1, sizeof *o);
    if (!o)
        return NULL;
    const struct observe_clock now = observe_clock_now();
    o->workers = workers;
    o->rank = rank;
    o->begin_stamp = now.stamp;
    o->begin_monotonic_ns = now.monotonic_ns;
    o->begin_real_ns = now.real_ns;
    o->name_spill_at = UINT64_MAX;
    if (block_create(o, ring_size(ring_events > 0 ? ring_events : OBSERVE_RING_EVENTS)) &&
        observe_watchdog_create(&o->watchdog))
        return o;
    base_free(o->block);
    base_free(o);
    return NULL;
}

void observe_destroy(struct observe *o)
{
    if (!o)
        return;
    observe_signals_remove(o);
    observe_watchdog_destroy(&o->watchdog);
    (void)observe_trace_close(o, TSR_HERE);
    base_free(o->block);
    base_free(o);
}

struct observe_lane *observe_lane(struct observe *o, int worker)
{
    return &o->lane[worker];
}

/* ---- reading ---- */

bool observe_lane_read(const struct observe_lane *l, uint64_t sequence, struct observe_event *out)
{
    const uint64_t head = atomic_load_explicit(&l->head, memory_order_acquire);
    if (sequence >= head || head - sequence > l->mask)
        return false;
    const _Atomic uint64_t *word = l->ring + 4 * (sequence & l->mask);
    uint64_t                copy[4];
    for (int i = 0; i < 4; ++i)
        copy[i] = atomic_load_explicit(word + i, memory_order_acquire);
    if (atomic_load_explicit(&l->head, memory_order_relaxed) - sequence > l->mask)
        return false;
    *out = (struct observe_event){.stamp = copy[0],
                                  .kind = (uint16_t)copy[1],
                                  .worker = (uint16_t)(copy[1] >> 16),
                                  .a = (uint32_t)(copy[1] >> 32),
                                  .number = copy[2],
                                  .b = copy[3]};
    return true;
}

bool observe_lane_activity(const struct observe_lane *l, struct observe_event *out)
{
    const uint64_t head = atomic_load_explicit(&l->head, memory_order_acquire);
    const uint64_t last = head > l->mask ? head - l->mask : 0;
    for (uint64_t s = head; s > last; --s)
        if (observe_lane_read(l, s - 1, out) && observe_kind_is_span(out->kind))
            return true;
    return false;
}

/* ---- counters ---- */

static const char *const counter_names[TSR_N_COUNTERS] = {
#define X(name, text) #name,
    TSR_COUNTER_MAP(X)
#undef X
};

static const char *const counter_texts[TSR_N_COUNTERS] = {
#define X(name, text) text,
    TSR_COUNTER_MAP(X)
#undef X
};

const char *observe_counter_name(tsr_counter_id id)
{
    return (unsigned)id < TSR_N_COUNTERS ? counter_names[id] : "?";
}

const char *observe_counter_text(tsr_counter_id id)
{
    return (unsigned)id < TSR_N_COUNTERS ? counter_texts[id] : "?";
}

void observe_memory_add(struct observe *o, int64_t bytes)
{
    const int64_t now =
        atomic_fetch_add_explicit(&o->memory_bytes, bytes, memory_order_relaxed) + bytes;
    int64_t peak = atomic_load_explicit(&o->memory_peak_bytes, memory_order_relaxed);
    while (now > peak &&
           !atomic_compare_exchange_weak_explicit(&o->memory_peak_bytes, &peak, now,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

int64_t observe_counter_sum(const struct observe *o, tsr_counter_id id)
{
    if ((unsigned)id >= TSR_N_COUNTERS)
        return 0;
    if (id == TSR_COUNT_MEMORY_BYTES)
        return atomic_load_explicit(&o->memory_bytes, memory_order_relaxed);
    if (id == TSR_COUNT_MEMORY_PEAK_BYTES)
        return atomic_load_explicit(&o->memory_peak_bytes, memory_order_relaxed);
    int64_t sum = 0;
    for (int w = 0; w < o->workers; ++w)
        sum += atomic_load_explicit(&o->lane[w].counter[id], memory_order_relaxed);
    return sum;
}
