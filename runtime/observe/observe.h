/* observe/observe.h - events, counters, names, the flight recorder, the trace file, the watchdog.
 *
 * Every rank has one `struct observe`, and every worker a lane in it: a ring of the worker's last
 * events and its counters, written by that worker alone and readable by anyone at any time. Keeping
 * events costs a stamp and five stores each and is always on; whoever wants to know what happened
 * (a crash, SIGUSR1, a trace file, the watchdog, the program) reads the lanes.
 *
 *     struct observe_lane *l = observe_lane(o, worker);
 *     observe_event(l, OBSERVE_RUN, number, first_point, bits);
 *     observe_count(l, TSR_COUNT_TASKS, n);
 *
 * Threads: a lane belongs to its worker; what takes a `struct observe` says who may call it. */
#ifndef TESSERA_OBSERVE_OBSERVE_H
#define TESSERA_OBSERVE_OBSERVE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <tessera/runtime.h>

/* ---- events ---- */

/* Every kind of event: name, shape, what `a` is, what `b` is ("" where it is nothing).
 *
 * A SPAN begins what its worker does until the lane's next SPAN: a strip that is run costs one stamp,
 * not two. A MARK is an instant and ends nothing. So a worker that runs dry says IDLE, and the
 * issuing thread that goes back to the user's code says PROGRAM. */
#define OBSERVE_KIND_MAP(X)                                                                        \
    X(NONE, MARK, "", "")                                                                          \
    X(PROGRAM, SPAN, "", "")              /* the issuing thread is in the user's code */           \
    X(ISSUE, MARK, "arguments", "")       /* an operation got its number */                        \
    X(RELEASE, MARK, "", "store")         /* a handle was released, as an entry */                 \
    X(WINDOW, SPAN, "operations", "why")  /* a window closed; number: its first */                 \
    X(SOLVE, MARK, "points", "known")     /* known: 1 when the partition was */                    \
    X(ANALYSE, SPAN, "points", "known")   /* known: 1 when the edges were */                       \
    X(RENAME, MARK, "argument", "bytes")  /* an argument got memory of its own */                  \
    X(SPOT, SPAN, "points", "")           /* run by the issuing thread as it was issued */         \
    X(RUN, SPAN, "first", "bits")         /* points first + i for every bit i set */               \
    X(STEAL, MARK, "from", "bits")        /* taken from that worker, about to RUN */               \
    X(COPY, SPAN, "argument", "bytes")    /* a copy within the rank */                             \
    X(FOLD, SPAN, "argument", "partials") /* partial results combine */                            \
    X(SEND, MARK, "to", "bytes")          /* handed to the transport */                            \
    X(RECEIVE, MARK, "from", "bytes")     /* arrived */                                            \
    X(FETCH, MARK, "from", "bytes")       /* a box of another rank, kept */                        \
    X(SETTLE, MARK, "layers", "store")    /* a copy home, an owner map being long */               \
    X(IMAGE, MARK, "argument", "")        /* boxes of an image computed */                         \
    X(AGREE, MARK, "what", "value")       /* a fact became the same on all ranks */                \
    X(DONE, MARK, "points", "")           /* all that this rank does for it is done */             \
    X(RETIRE, MARK, "", "")               /* reported, in program order */                         \
    X(FAIL, MARK, "status", "point")      /* status: of tsr_status, negated */                     \
    X(MEMORY, MARK, "returned", "bytes")  /* returned 0: taken, 1: given back */                   \
    X(PRESSURE, SPAN, "", "bytes")        /* issue waits for memory or the window */               \
    X(WAIT_BEGIN, SPAN, "why", "")        /* the program waits for this operation */               \
    X(WAIT_END, SPAN, "", "")             /* and goes on: as PROGRAM */                            \
    X(IDLE, SPAN, "", "")                 /* nothing to run: spins */                              \
    X(SLEEP, SPAN, "", "")                /* spun long enough: sleeps */                           \
    X(WAKE, MARK, "worker", "")           /* woke that worker */                                   \
    X(COLLECTIVE, SPAN, "call", "count")  /* a body waits for the other points */                  \
    X(BODY, SPAN, "", "")                 /* and goes on */

enum observe_kind {
#define X(name, shape, a, b) OBSERVE_##name,
    OBSERVE_KIND_MAP(X)
#undef X
        OBSERVE_N_KINDS
};

/* One event as readers see it, and as the trace file holds it: 32 bytes, little-endian. */
struct observe_event {
    uint64_t stamp; /* of observe_stamp() */
    uint16_t kind;
    uint16_t worker;
    uint32_t a;
    uint64_t number; /* of the operation; 0: of none */
    uint64_t b;
};
_Static_assert(sizeof(struct observe_event) == 32, "the trace format says so");

/* The name of a kind ("RUN"); "?" for a number that is none. Threads: any, signal handlers too. */
const char *observe_kind_name(unsigned kind);

/* ---- lanes ---- */

struct observe;

/* What one worker writes. The ring is `mask + 1` events of four words; an event is complete when
 * `head` has passed it. */
struct observe_lane {
    alignas(128) _Atomic uint64_t *ring; /* immutable */
    uint64_t         mask;               /* immutable */
    struct observe  *observe;            /* immutable */
    uint64_t         spill_at; /* worker's own: the head at which the ring goes to the file */
    int              worker;   /* immutable */
    _Atomic uint64_t head;     /* worker's own; release, partner: acquire of readers */
    _Atomic uint64_t spilled;  /* worker's own, of readers when it rests: written so far */
    alignas(128) _Atomic int64_t counter[TSR_N_COUNTERS]; /* worker's own, relaxed */
};

/* Write the older part of a full ring to the trace file; behind observe_event. Its worker only. */
void observe_lane_spill(struct observe_lane *l);

/* The time stamp counter: ticks at a constant rate, alike on all cores of a machine. */
static inline uint64_t observe_stamp(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

/* Keep an event that happened at `stamp` (not before the lane's last). Its worker only.
 *
 * The words are stored with release, so that a reader who sees one of a newer event also sees the
 * head that says the older one is gone (partner: acquire in observe_lane_read). Free on x86. */
static inline void observe_event_at(struct observe_lane *l, uint64_t stamp, enum observe_kind k,
                                    uint64_t number, uint32_t a, uint64_t b)
{
    const uint64_t    head = atomic_load_explicit(&l->head, memory_order_relaxed);
    _Atomic uint64_t *word = l->ring + 4 * (head & l->mask);
    const uint64_t    what = (uint64_t)k | (uint64_t)(uint16_t)l->worker << 16 | (uint64_t)a << 32;
    atomic_store_explicit(word, stamp, memory_order_release);
    atomic_store_explicit(word + 1, what, memory_order_release);
    atomic_store_explicit(word + 2, number, memory_order_release);
    atomic_store_explicit(word + 3, b, memory_order_release);
    atomic_store_explicit(&l->head, head + 1, memory_order_release);
    if (__builtin_expect(head + 1 >= l->spill_at, 0))
        observe_lane_spill(l);
}

/* Keep an event that happens now. Its worker only. */
static inline void observe_event(struct observe_lane *l, enum observe_kind k, uint64_t number,
                                 uint32_t a, uint64_t b)
{
    observe_event_at(l, observe_stamp(), k, number, a, b);
}

/* Keep an event whose time nobody asks for, only its place: it has the stamp of the lane's last, and
 * costs none of its own. Its worker only. */
static inline void observe_event_again(struct observe_lane *l, enum observe_kind k, uint64_t number,
                                       uint32_t a, uint64_t b)
{
    const uint64_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
    const uint64_t last =
        atomic_load_explicit(l->ring + 4 * ((head - 1) & l->mask), memory_order_relaxed);
    observe_event_at(l, head > 0 ? last : observe_stamp(), k, number, a, b);
}

/* Read the event with sequence number `sequence` into *out; false when it is not yet there or no
 * longer. Threads: any, signal handlers too. */
bool observe_lane_read(const struct observe_lane *l, uint64_t sequence, struct observe_event *out);

/* ---- counters ---- */

/* Add `n` to a counter of this lane. Its worker only. */
static inline void observe_count(struct observe_lane *l, tsr_counter_id id, int64_t n)
{
    const int64_t now = atomic_load_explicit(&l->counter[id], memory_order_relaxed);
    atomic_store_explicit(&l->counter[id], now + n, memory_order_relaxed);
}

/* Say that `bytes` more of host memory are held (fewer when negative): MEMORY_BYTES and its peak.
 * Threads: any. */
void observe_memory_add(struct observe *o, int64_t bytes);

/* A counter summed over the lanes; a little stale for work that runs. Threads: any. */
int64_t observe_counter_sum(const struct observe *o, tsr_counter_id id);

/* The name of a counter ("RENAMES"), and what it counts. Never NULL. */
const char *observe_counter_name(tsr_counter_id id);
const char *observe_counter_text(tsr_counter_id id);

/* ---- names of operations ---- */

enum { OBSERVE_NAMES = 4096 };

/* What an operation is called. The strings are borrowed and must outlive the runtime. */
struct observe_name {
    const char *task, *file;
    const char *provenance; /* NULL: none */
    int         line;
};

/* Keep the name of operation `number`; that of number - OBSERVE_NAMES goes. Numbers start at 1 and
 * only grow; a second name for the same number replaces the first.
 * Issuing thread only; a few nanoseconds. */
void observe_name(struct observe *o, uint64_t number, const char *task, tsr_site at,
                  const char *provenance);

/* The name of operation `number`; false when it was never kept or is gone. Threads: any, signal
 * handlers too. */
bool observe_name_find(const struct observe *o, uint64_t number, struct observe_name *out);

/* ---- a rank's own ---- */

/* 64 KiB a worker: far more than the flight recorder prints, and no burden on a cache. */
enum { OBSERVE_RING_EVENTS = 2048 };

/* An observe with `workers` lanes of `ring_events` events (rounded up to a power of two;
 * 0: OBSERVE_RING_EVENTS). NULL when memory is short. Threads: any; the new one is the caller's. */
struct observe *observe_create(int workers, int rank, int64_t ring_events);
/* Take it off the list that signals see, stop its watchdog, close its trace and free it. NULL is
 * nothing. No worker may write any more. */
void observe_destroy(struct observe *o);
/* The lane of a worker. Threads: any. */
struct observe_lane *observe_lane(struct observe *o, int worker);
/* Nanoseconds since observe_create. Threads: any, signal handlers too. */
int64_t observe_elapsed_ns(const struct observe *o);

/* ---- flight recorder ---- */

enum { OBSERVE_FLIGHT_TAIL = 64 };

/* Write the last `tail` events of every lane (0: OBSERVE_FLIGHT_TAIL), merged by time, newest last,
 * with names, then what each worker did last. Threads: any. */
void observe_flight_print(const struct observe *o, FILE *out, int tail);
/* The same into a file descriptor, with write(2) and no memory. Signal handlers too. */
void observe_flight_write(const struct observe *o, int fd, int tail);

/* Let signals see this observe. SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write its flight recorder
 * to stderr, then go to whoever had them before; SIGUSR1 writes it and the program goes on, unless
 * the program had a handler of its own or ignored it. Handlers are installed with the first observe
 * of the process and taken back with the last. Threads: any. observe_destroy undoes it. */
void observe_signals_install(struct observe *o);
/* Who is asked first about a crash of the calling thread (one for the process): it does not come back
 * where the crash is its affair. */
void observe_crash_ask(void (*ask)(int signal));

/* An alternate stack for this thread, so that a stack overflow can be told of; NULL where it has one, or
 * there is no memory.  To be given back by the same thread. */
void *observe_stack_take(void);
/* Takes NULL. */
void observe_stack_give(void *stack);

/* ---- trace file ---- */

/* What goes into the head of a trace file. */
struct observe_trace_head {
    int     ranks;           /* of the run: with more than one, names of files end in the rank */
    int64_t clock_offset_ns; /* to be added to this rank's clock to have rank 0's */
};

/* Write events to the file `path` from now on: "%r" in it becomes the rank; without it, ".RANK" is
 * appended when there are several ranks. Events are never lost: a lane whose ring is half full
 * writes it. Fails: ENVIRONMENT, naming the file. Call it before any event is written; the thread
 * that created the observe. */
tsr_status observe_trace_open(struct observe *o, const char *path, struct observe_trace_head head,
                              tsr_site at);
/* Write what the lanes still hold, the counters and the end. Fails: ENVIRONMENT, when something
 * could not be written (then the file has no end, or says how many events it lacks). Nothing when no
 * trace is open. No worker may write meanwhile. */
tsr_status observe_trace_close(struct observe *o, tsr_site at);

/* ---- watchdog ---- */

/* What a watchdog looks at. The functions are called from a thread of its own while the runtime
 * works: they may read atomics and nothing else that moves. */
struct observe_watch {
    void *runtime;
    uint64_t (*progress)(void *runtime);        /* changes whenever something was done */
    void (*describe)(void *runtime, FILE *out); /* who waits for whom; may be NULL */
    FILE  *out;                                 /* NULL: stderr */
    double seconds;                             /* without progress; 0: the watchdog is off */
};

/* Give the watchdog its eyes; starts no thread. The thread that created the observe. */
void observe_watchdog_init(struct observe *o, const struct observe_watch *w);
/* Say that the issuing thread waits from now on, or no more. One store each: around every wait.
 * Issuing thread only. */
void observe_watchdog_arm(struct observe *o);
void observe_watchdog_disarm(struct observe *o);
/* To be called now and then by a thread that waits or is idle (at the latest once a second: let
 * sleeps be timed). The first that finds a wait older than a second starts the watchdog's thread.
 * Threads: any. */
void observe_watchdog_poll(struct observe *o);
/* It looks no more: what it looks at is about to go.  Once no worker polls. */
void observe_watchdog_stop(struct observe *o);

/* ---- text that grows ---- */

/* A string under construction. {0} is empty; `text` is never NULL after the first add. When memory
 * is short it stays as it was and `is_short` is set. */
struct observe_text {
    char  *text;
    size_t length, capacity;
    bool   is_short;
};

/* Append, as printf does. */
void observe_text_add(struct observe_text *t, const char *format, ...) TSR_PRINTF(2, 3);
/* What was added so far, "" for nothing. Borrowed until the next call on `t`. */
const char *observe_text_get(const struct observe_text *t);
/* Empty it, keeping its memory. */
void observe_text_clear(struct observe_text *t);
/* Give its memory back; it is {0} again. */
void observe_text_done(struct observe_text *t);

#endif
