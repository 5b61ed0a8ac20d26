/* tessera/status.h - what went wrong, and where in the user's program.
 *
 * Every public call that can fail takes the place it was called from and leaves, on the thread that
 * called, a trace: the first cause, the line that issued the work, the lines the failure passed.
 * Nothing here prints or aborts, but tsr_die_ behind TSR_CHECK, which is for main(). */
#ifndef TESSERA_STATUS_H
#define TESSERA_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One row per status: the enum, its name and its text cannot drift apart. */
#define TSR_STATUS_MAP(X)                                                                          \
    X(OK, 0, "success")                                                                            \
    X(BAD_ARGUMENT, -1, "an argument is not valid")                                                \
    X(BAD_SHAPE, -2, "shapes do not agree")                                                        \
    X(BAD_HANDLE, -3, "the handle is null, stale, or of another kind")                             \
    X(BAD_TYPE, -4, "element types do not agree")                                                  \
    X(NO_MEMORY, -5, "out of memory")                                                              \
    X(NO_VARIANT, -6, "no variant of the task can run on this machine")                            \
    X(UNSOLVABLE, -7, "the partitioning constraints contradict")                                   \
    X(OVERLAP, -8, "pieces that are written meet")                                                 \
    X(TASK_FAILED, -9, "a task reported failure")                                                  \
    X(NOT_ALLOWED, -10, "the call is not allowed here")                                            \
    X(ENVIRONMENT, -11, "a file, device or limit of this machine is in the way")                   \
    X(PEER_LOST, -12, "a rank of this run is gone")                                                \
    X(DIVERGED, -13, "ranks issued different programs")                                            \
    X(UNSUPPORTED, -14, "not supported by this version")                                           \
    X(INTERNAL, -15, "a bug in tessera; please report it")

/* What a call returns: TSR_OK, or why it failed. */
typedef enum tsr_status {
#define X(name, value, text) TSR_##name = (value),
    TSR_STATUS_MAP(X)
#undef X
    TSR_STATUS_FORCE_INT = 0x7fffffff
} tsr_status;

/* A place in source text.  Every public call that can fail carries one; the strings must live as
 * long as the program (those of __FILE__ and __func__ do). */
typedef struct tsr_site {
    const char *file, *function;
    int         line;
} tsr_site;

/* The place where this macro stands. */
#ifdef __cplusplus
#define TSR_HERE (tsr_site{__FILE__, __func__, __LINE__})
#else
#define TSR_HERE ((const tsr_site){__FILE__, __func__, __LINE__}) /* const: copied, not built */
#endif

/* What compilers are told, where they understand: a result to be looked at, a format to be checked
 * against its arguments, a function to call at the end of a block, a symbol to be shown. */
#if defined(__GNUC__)
#define TSR_MUST_CHECK   __attribute__((warn_unused_result))
#define TSR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TSR_CLEANUP(fn)  __attribute__((cleanup(fn)))
#define TSR_UNUSED       __attribute__((unused))
#define TSR_API          __attribute__((visibility("default")))
#else
#define TSR_MUST_CHECK
#define TSR_PRINTF(f, a)
#define TSR_UNUSED
#define TSR_API
#endif

/* The name of a status ("BAD_SHAPE") and its sentence.  Never NULL.  Threads: any. */
TSR_API const char *tsr_status_name(tsr_status s);
/* The sentence that belongs to a status ("shapes do not agree").  Never NULL.  Threads: any. */
TSR_API const char *tsr_status_text(tsr_status s);

/* Text of this thread's last failure: cause, the line that issued the work, the lines it passed
 * through.  "" when nothing failed.  Valid until the next failing call on this thread. */
TSR_API const char *tsr_error_text(void);
/* Status of this thread's last failure; TSR_OK when nothing failed. */
TSR_API tsr_status tsr_error_status(void);
/* Forget this thread's last failure. */
TSR_API void tsr_error_clear(void);

/* Record a failure at `at` and yield its status; behind TSR_FAIL.  Replaces the thread's trace. */
TSR_API tsr_status tsr_fail_(tsr_site at, tsr_status s, const char *fmt, ...) TSR_PRINTF(3, 4);
/* Add a line to the trace of a failure that is handed on; behind TSR_TRY. */
TSR_API tsr_status tsr_pass_(tsr_site at, tsr_status s, const char *expr);
/* Print the trace and exit(1); behind TSR_CHECK. */
TSR_API void tsr_die_(tsr_site at, tsr_status s, const char *expr);

/* Record a failure and yield its status:  return TSR_FAIL(BAD_SHAPE, "%d", n); */
#define TSR_FAIL(name, ...) tsr_fail_(TSR_HERE, TSR_##name, __VA_ARGS__)

/* Hand a failure to the caller, adding this line to its trace. */
#ifdef TSR_BUILDING /* the runtime's own lines are of no use to who reads a trace */
#define TSR_TRY(expr)                                                                              \
    do {                                                                                           \
        const tsr_status tsr_s_ = (expr);                                                          \
        if (tsr_s_ != TSR_OK)                                                                      \
            return tsr_s_;                                                                         \
    } while (0)
#else
#define TSR_TRY(expr)                                                                              \
    do {                                                                                           \
        tsr_status tsr_s_ = (expr);                                                                \
        if (tsr_s_ != TSR_OK)                                                                      \
            return tsr_pass_(TSR_HERE, tsr_s_, #expr);                                             \
    } while (0)
#endif

/* For main(): print the trace and exit(1). */
#define TSR_CHECK(expr)                                                                            \
    do {                                                                                           \
        tsr_status tsr_s_ = (expr);                                                                \
        if (tsr_s_ != TSR_OK)                                                                      \
            tsr_die_(TSR_HERE, tsr_s_, #expr);                                                     \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
