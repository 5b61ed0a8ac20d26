/* tessera/runtime.h - start and finish, waiting, scopes, counters, ranks in one process.
 *
 * A runtime belongs to the thread that started it: that thread issues, and is worker 0.  Nothing is
 * global: the calls find the runtime through a thread-local "current runtime", so that several
 * runtimes, and several ranks of one run, live in one process. */
#ifndef TESSERA_RUNTIME_H
#define TESSERA_RUNTIME_H

#include <stdbool.h>
#include <stdio.h>

#include <tessera/machine.h>
#include <tessera/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tsr_runtime tsr_runtime;

/* ---- start and finish ---- */

/* How to start.  Zero means the default; a TESSERA_* variable of the same meaning wins over the
 * default and loses to a field that is set.  tsr_config_print() lists the variables.  A TESSERA_* variable
 * that is not known is told of on stderr once a process, and no error.
 *
 * TESSERA_CHECK=cuts, for who writes tasks: before each piece the body runs on halves of it (along every
 * dimension that may be cut), into memory of its own, and the bits are compared.  A task whose result, or
 * success, depends on where it is cut fails (TASK_FAILED), naming argument, element, both values and the
 * line of the call.  It is slow, bodies are called more often, and pieces are larger.  Counters say how
 * many operations it checked and how many it could not: manual launches, images, unbound outputs,
 * canonical tasks (float sums among them), and what cannot be cut.  The runtime's own tasks are left out.
 *
 * TESSERA_SIMULATE=4096 (or .simulate; 4096:17 says which rank, else it is one from the middle): this process
 * is one rank of an imagined run of so many, each with this rank's machine.  Operations are analysed as they
 * would be there, and dropped: no body runs, no store takes memory, nothing is sent.  MESSAGES,
 * MESSAGE_BYTES and HALO_MESSAGES count what this rank would have sent, METADATA_BYTES what is kept of the
 * run, and the time that calls take is that of issue and analysis.  A value that is read is the call's
 * `.simulated`, zeros unless given; a task with an IMAGE or an unbound output needs a model (tsr_model), and
 * is refused at its line without one (NOT_ALLOWED).  There are no local pieces. */
typedef struct tsr_options {
    size_t             size;           /* sizeof(tsr_options), filled in by the macro */
    tsr_site           at;
    int                workers;        /* threads in all, the issuing one included; 0: one a core */
    int                window;         /* operations analysed together; 0: 64 */
    int64_t            leaf;           /* elements of a canonical leaf; 0: 16384.  Changes float sums */
    int64_t            min_piece;      /* smallest piece, elements; 0: by the machine.  Changes no bit */
    int64_t            memory_bytes;   /* host budget; 0: 80 % of the machine's */
    int                memo;           /* 0: on, 1: off, 2: check (do both and compare) */
    uint64_t           chaos;          /* a seed: shuffled ready order, random stalls; 0: off */
    const char        *trace;          /* a file to write the trace to; NULL: none */
    const tsr_machine *machine;        /* NULL: discovered */
    const char        *simulate;       /* "RANKS" or "RANKS:RANK": be one rank of an imagined run; NULL: be real */
} tsr_options;

/* Start a runtime and make it this thread's current one.  Takes --tessera-NAME=VALUE words out of
 * argv (both may be NULL).  Fails: NOT_ALLOWED when this thread has one already; BAD_ARGUMENT for
 * settings that make no sense, naming the variable; ENVIRONMENT. */
TSR_API tsr_status tsr_start_(int *argc, char ***argv, const tsr_options *o) TSR_MUST_CHECK;
/* tsr_start(&argc, &argv, .workers = 2): as above. */
#define tsr_start(argc, argv, ...)                                                                 \
    tsr_start_((argc), (argv), TSR_OPTIONS_(tsr_options, __VA_ARGS__))

/* Option structs: the macro fills in .size (old programs run with newer libraries) and .at. */
#ifdef __cplusplus
} /* a template has no C linkage */
/* Defaults of an option struct, for C++ (which fills in a variable of its own to change them). */
template <typename T> static inline T tsr_defaults_(tsr_site at)
{
    T o{};
    o.size = sizeof(T);
    o.at = at;
    return o;
}
extern "C" {
#define TSR_OPTIONS_(T, ...) (&static_cast<const T &>(tsr_defaults_<T>(TSR_HERE)))
#else
#define TSR_OPTIONS_(T, ...) (&(T){.size = sizeof(T), .at = TSR_HERE, __VA_ARGS__})
#endif

/* Wait for everything, print any failure nobody looked at to stderr, free all, and return an exit
 * code: 0, or 1 when such a failure was printed.  Collective.  Waits. */
TSR_API int tsr_finish(void);

/* This thread's current runtime, or NULL.  Threads: any. */
TSR_API tsr_runtime *tsr_runtime_current(void);

/* This rank's number and the number of ranks of the run (0 and 1 without a runtime). */
TSR_API int tsr_rank(void);
/* Number of ranks of the run. */
TSR_API int tsr_rank_count(void);
/* Number of workers of this rank, the issuing thread included. */
TSR_API int tsr_worker_count(void);

/* Print every TESSERA_* variable: name, default, value now, meaning; one a line. */
TSR_API void tsr_config_print(FILE *out);

/* ---- ranks in one process ---- */

/* A program as a function, so that it can run on several ranks; returns an exit code. */
typedef int tsr_program(int argc, char **argv, void *user);

/* How to run ranks as threads over the memory transport. */
typedef struct tsr_ranks_options {
    size_t             size;
    tsr_site           at;
    const tsr_options *each;           /* one per rank: ranks may have different machine tables; NULL: defaults */
    uint64_t           seed;           /* messages are delayed and reordered by this seed; 0: they are not */
    int                argc;
    char             **argv;
} tsr_ranks_options;

/* Run `program` on `ranks` threads of this process, each a rank with a runtime of its own that is
 * started before and finished after it.  Returns the greatest exit code.  The memory transport
 * joins them.  Waits.  Fails: BAD_ARGUMENT, or the first rank's failure to start. */
TSR_API tsr_status tsr_ranks_run_(int ranks, tsr_program *program, void *user, int *out_exit,
                                  const tsr_ranks_options *o) TSR_MUST_CHECK;
/* tsr_ranks_run(4, program, NULL, &code, .seed = 7): as above. */
#define tsr_ranks_run(ranks, program, user, out_exit, ...)                                         \
    tsr_ranks_run_((ranks), (program), (user), (out_exit),                                         \
                   TSR_OPTIONS_(tsr_ranks_options, __VA_ARGS__))

/* For main(): run `program` on TESSERA_RANKS ranks of this process (1 when unset) and return its
 * exit code; prints the trace and returns 1 when the runtime cannot start. */
TSR_API int tsr_main_(int argc, char **argv, tsr_program *program, void *user, tsr_site at);
/* tsr_main(argc, argv, program, NULL): as above. */
#define tsr_main(argc, argv, program, user) tsr_main_((argc), (argv), (program), (user), TSR_HERE)

/* TSR_ONCE { printf(...); }: runs on rank 0 only.  An operation issued inside fails: NOT_ALLOWED. */
#define TSR_ONCE                                                                                   \
    for (TSR_CLEANUP(tsr_once_leave_) int tsr_once_ = tsr_once_enter_(); tsr_once_; tsr_once_ = 0)
/* Behind TSR_ONCE. */
TSR_API int tsr_once_enter_(void);
/* Behind TSR_ONCE: also where break or return leave it. */
TSR_API void tsr_once_leave_(int *once);

/* ---- scopes: they own the handles made inside ---- */

/* What TSR_SCOPE declares. */
typedef struct tsr_scope_guard_ {
    int depth;
} tsr_scope_guard_;
/* Behind TSR_SCOPE. */
TSR_API tsr_scope_guard_ tsr_scope_enter_(tsr_site at);
/* Behind TSR_SCOPE: releases what was made since, newest first. */
TSR_API void tsr_scope_leave_(tsr_scope_guard_ *g);
#define TSR_PASTE2_(a, b) a##b
#define TSR_PASTE_(a, b)  TSR_PASTE2_(a, b)
/* Handles made from here to the end of the block are released there.  break and return mean what
 * they say. */
#define TSR_SCOPE()                                                                                \
    TSR_CLEANUP(tsr_scope_leave_)                                                                  \
    TSR_UNUSED tsr_scope_guard_ TSR_PASTE_(tsr_scope_at_line_, __LINE__) = tsr_scope_enter_(TSR_HERE)

/* ---- waiting ---- */

/* Close the window: what was issued is analysed and may run.  Does not wait. */
TSR_API tsr_status tsr_flush_(tsr_site at);
/* Wait until everything issued is done; answers the first failure that nobody was told yet.
 * Collective.  Waits. */
TSR_API tsr_status tsr_fence_(tsr_site at) TSR_MUST_CHECK;
/* Make `bytes` of host data the same on all ranks: rank 0's win.  Collective.  Waits. */
TSR_API tsr_status tsr_agree_(void *data, size_t bytes, tsr_site at) TSR_MUST_CHECK;
/* tsr_flush(): close the window. */
#define tsr_flush() tsr_flush_(TSR_HERE)
/* tsr_fence(): wait for all that was issued. */
#define tsr_fence() tsr_fence_(TSR_HERE)
/* tsr_agree(&x, sizeof x): rank 0's value everywhere. */
#define tsr_agree(data, bytes) tsr_agree_((data), (bytes), TSR_HERE)

/* ---- provenance ---- */

/* What TSR_PROVENANCE declares. */
typedef struct tsr_provenance_guard_ {
    const char *before;
} tsr_provenance_guard_;
/* Behind TSR_PROVENANCE. */
TSR_API tsr_provenance_guard_ tsr_provenance_enter_(const char *text);
/* Behind TSR_PROVENANCE. */
TSR_API void tsr_provenance_leave_(tsr_provenance_guard_ *g);
/* Operations issued to the end of the block carry `text` (which must live as long as the runtime)
 * in traces, explanations and failures. */
#define TSR_PROVENANCE(text)                                                                       \
    TSR_CLEANUP(tsr_provenance_leave_)                                                             \
    TSR_UNUSED tsr_provenance_guard_ TSR_PASTE_(tsr_provenance_at_line_, __LINE__) =               \
        tsr_provenance_enter_(text)

/* ---- looking inside ---- */

/* What the runtime counts.  name, what it counts. */
#define TSR_COUNTER_MAP(X)                                                                         \
    X(OPERATIONS, "operations issued")                                                             \
    X(TASKS, "task bodies run (a point of an operation each)")                                     \
    X(LEAVES, "calls of bodies leaf by leaf")                                                      \
    X(ON_THE_SPOT, "operations run by the issuing thread as they were issued")                     \
    X(OFF_ISSUER, "task bodies run by another thread than the issuing one")                        \
    X(OVERLAPPED, "task bodies started while an older operation was unfinished")                   \
    X(STOLEN, "task bodies taken from another worker")                                             \
    X(RENAMES, "generations that got memory of their own instead of waiting")                      \
    X(BOX_RENAMES, "of them, boxes beside a rest that stayed where it was")                        \
    X(BOX_GATHERS, "times such a box and the rest had to come together"    )                     \
    X(WAITS_AVOIDED, "accesses of older operations that renaming made nobody wait for")            \
    X(IN_PLACE, "writes that went to the memory of the old generation")                            \
    X(EDGES, "waits found by analysis")                                                            \
    X(PLAN_HITS, "operations whose partition was known")                                           \
    X(PLAN_MISSES, "operations whose partition was solved")                                        \
    X(MEMO_HITS, "operations whose edges were known")                                              \
    X(MEMO_MISSES, "operations whose edges were found by intersection")                            \
    X(TEMPORARIES, "generations that lived piece by piece")                                        \
    X(FUSED, "formulas that became part of an operation begun by another")                         \
    X(NEVER_STORED, "stores that formulas wrote and no memory was taken for")                      \
    X(COMPILED, "points of formulas that ran as compiled code")                                    \
    X(WINDOWS, "windows closed")                                                                   \
    X(COPIES, "copies within a rank")                                                              \
    X(COPY_BYTES, "bytes of them")                                                                 \
    X(MESSAGES, "messages sent to other ranks")                                                    \
    X(MESSAGE_BYTES, "bytes of what they carried")                                                 \
    X(HALO_MESSAGES, "messages that carried part of what a halo asked for")                        \
    X(SETTLES, "copies to a home partition, because an owner map grew long")                       \
    X(FETCHES, "boxes fetched from another rank and kept")                                         \
    X(AGREEMENTS, "facts agreed among ranks")                                                      \
    X(REPLICATED, "operations that every rank computed itself")                                    \
    X(IMAGES, "image boxes computed")                                                              \
    X(IMAGES_REUSED, "operations whose image boxes were known")                                    \
    X(BACK_PRESSURE, "times issue waited for memory or the window")                                \
    X(FAILED_OPERATIONS, "operations that failed")                                                 \
    X(CUTS_CHECKED, "operations run under two cuts (TESSERA_CHECK=cuts)")                          \
    X(CUTS_NOT_CHECKED, "operations that it could not cut again; tsr_explain says why")            \
    X(COMMUNICATORS, "operations whose points ran together here, to communicate")                 \
    X(COLLECTIVES, "calls of a communicator in task bodies")                                       \
    X(WAKES, "times a sleeping worker was woken")                                                  \
    X(MEMORY_BYTES, "host bytes held now")                                                         \
    X(MEMORY_PEAK_BYTES, "the most host bytes ever held")                                          \
    X(METADATA_BYTES, "host bytes the process holds beside them now: plans, owner maps, records")

/* A counter of tsr_counter(). */
typedef enum tsr_counter_id {
#define X(name, text) TSR_COUNT_##name,
    TSR_COUNTER_MAP(X)
#undef X
    TSR_N_COUNTERS
} tsr_counter_id;

/* A counter of this rank's current runtime, summed over its workers; a little stale for work that
 * still runs, exact after a fence.  0 without a runtime. */
TSR_API int64_t tsr_counter(tsr_counter_id id);
/* The name of a counter ("RENAMES").  Never NULL. */
TSR_API const char *tsr_counter_name(tsr_counter_id id);
/* Write the flight recorder (the tail of every worker's events) as text.  Threads: any. */
TSR_API void tsr_flight_print(FILE *out);

#ifdef __cplusplus
}
#endif
#endif
