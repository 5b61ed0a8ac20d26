/* base/failure.h - a thread's trace of failure, and traces as values.
 *
 * include/tessera/status.h writes the trace of the thread it is called on. A trace is taken as a
 * value where a failure crosses threads or time: a body's failure on a worker, read later by the
 * issuing thread; a failed store, asked for after many lines. Threads: any, each its own trace. */
#ifndef TESSERA_BASE_FAILURE_H
#define TESSERA_BASE_FAILURE_H

#include <stdarg.h>

#include <tessera/status.h>

enum { TRACE_BYTES = 1536 };

/* A failure as a value: what tsr_error_text() answers, and the place of the first cause. */
struct trace {
    tsr_status status; /* TSR_OK: none */
    tsr_site   site;
    char       text[TRACE_BYTES];
};

/* This thread's trace as it is now. */
void trace_save(struct trace *out);
/* Make `t` this thread's trace; answers its status. */
tsr_status trace_restore(const struct trace *t);
/* As trace_restore, and add the line `at` at which `what` asked for it. */
tsr_status trace_raise(const struct trace *t, tsr_site at, const char *what);
/* Bytes of a trace worth sending: a prefix of the struct. */
size_t trace_bytes(const struct trace *t);

/* As tsr_fail_, with the arguments in a list. */
tsr_status failure_set(tsr_site at, tsr_status s, const char *fmt, va_list args);

/* Record a failure at `at`:  return failure_at(at, BAD_SHAPE, "rank %d", rank); */
#define failure_at(at, name, ...) tsr_fail_((at), TSR_##name, __VA_ARGS__)

#endif
