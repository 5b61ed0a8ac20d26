/* observe/inside.h - what the files of observe/ share and nobody else sees. */
#ifndef TESSERA_OBSERVE_INSIDE_H
#define TESSERA_OBSERVE_INSIDE_H

#include <pthread.h>

#include "base/alloc.h"
#include "observe/observe.h"

/* An operation's name as it is kept: `number` is 0 while the rest is being replaced. The words are
 * stored with release and read with acquire, as those of events are, and for the same reason. */
struct observe_name_slot {
    _Atomic uint64_t      number;
    _Atomic(const char *) task, file, provenance;
    _Atomic int64_t       line;
};

struct observe_trace;

struct observe_watchdog {
    struct observe_watch watch;   /* immutable once set */
    _Atomic uint64_t     armed;   /* the stamp since when the program waits; 0: it does not */
    _Atomic bool         claimed; /* somebody starts the thread, or has */
    bool                 runs;    /* by the claimer; read when nobody polls any more */
    bool                 stop;    /* under lock */
    pthread_mutex_t      lock;
    pthread_cond_t       stopped;
    pthread_t            thread;
};

struct observe {
    /* immutable */
    int                       workers, rank;
    uint64_t                  begin_stamp; /* the same moment on three clocks */
    int64_t                   begin_monotonic_ns, begin_real_ns;
    struct observe_lane      *lane;
    struct observe_name_slot *name;  /* number % OBSERVE_NAMES */
    void                     *block; /* what lanes, rings and names lie in */

    /* any thread, relaxed */
    _Atomic int64_t memory_bytes, memory_peak_bytes;

    /* issuing thread's own */
    uint64_t last_name;     /* the greatest number named */
    uint64_t name_spill_at; /* names go to the trace file when a number reaches it */

    struct observe_trace   *trace; /* NULL: none is open */
    struct observe_watchdog watchdog;
};

/* The same moment on the clocks that a trace relates. Signal handlers too. */
struct observe_clock {
    uint64_t stamp;
    int64_t  monotonic_ns, real_ns;
};
struct observe_clock observe_clock_now(void);

/* Ticks of the stamp counter to nanoseconds, from the time since the observe began: a ratio that
 * gets better the longer the runtime runs. */
struct observe_scale {
    uint64_t begin;
    double   ns_per_tick;
};
struct observe_scale observe_scale_now(const struct observe *o);
/* Nanoseconds from the observe's begin to a stamp. */
static inline int64_t observe_scale_ns(struct observe_scale s, uint64_t stamp)
{
    return (int64_t)((double)(int64_t)(stamp - s.begin) * s.ns_per_tick);
}

/* Whether a kind begins what a worker does, what its `a` and `b` are called. "" past the end. */
bool        observe_kind_is_span(unsigned kind);
const char *observe_kind_a(unsigned kind);
const char *observe_kind_b(unsigned kind);

/* The last span that a lane began; false when its ring holds none. Signal handlers too. */
bool observe_lane_activity(const struct observe_lane *l, struct observe_event *out);

/* Write a line for each worker: what it did last, and for how long. */
void observe_flight_print_activity(const struct observe *o, FILE *out);

/* Write names of operations up to `o->last_name` to the trace file. Issuing thread only. */
void observe_trace_spill_names(struct observe *o);

/* Take an observe off the list that signals see; it may never have been on it. */
void observe_signals_remove(struct observe *o);

/* Set up, stop and take down the watchdog. */
bool observe_watchdog_create(struct observe_watchdog *w);
void observe_watchdog_destroy(struct observe_watchdog *w);

#endif
