/* base/failure.c - statuses and the trace of failure that each thread keeps.
 *
 * A trace is text: the first cause, then a line for every place that handed it on.
 *
 *     file:line: in function(): sentence of the status: what the detector said
 *         via file:line: expression
 *
 * The first detector explains, the rest pass on. Whoever passes a status that the trace does not
 * speak of (a body that returned a status without a text) starts a trace there. A place that is
 * already the last of the trace is not added twice: it gives its expression to the line that stands.
 * The text is bounded: what no longer fits is left out, with dots in its place.
 *
 * Cost: O(text), on failure only. Threads: any; the trace is thread-local. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"

enum { EXPRESSION_SHOWN = 100 };

/* Where the last "via" line of the text begins, and whose it is. */
struct last {
    size_t   at;
    tsr_site site;
};

static __thread struct trace current;
static __thread struct last  last;

const char *tsr_status_name(tsr_status s)
{
    switch (s) {
#define X(name, value, text)                                                                       \
    case TSR_##name: return #name;
        TSR_STATUS_MAP(X)
#undef X
    default: return "UNKNOWN";
    }
}

const char *tsr_status_text(tsr_status s)
{
    switch (s) {
#define X(name, value, text)                                                                       \
    case TSR_##name: return text;
        TSR_STATUS_MAP(X)
#undef X
    default: return "an unknown status";
    }
}

const char *tsr_error_text(void)
{
    return current.text;
}

tsr_status tsr_error_status(void)
{
    return current.status;
}

void tsr_error_clear(void)
{
    current.status = TSR_OK;
    current.site = (tsr_site){0};
    current.text[0] = '\0';
    last = (struct last){0};
}

/* Append to the text; what does not fit becomes dots. */
static void append(const char *fmt, va_list args)
{
    static const char dots[] = " ...";
    const size_t      used = strlen(current.text);
    const size_t      room = sizeof current.text - used;
    const int         need = vsnprintf(current.text + used, room, fmt, args);
    if (need >= 0 && (size_t)need < room)
        return;
    memcpy(current.text + sizeof current.text - sizeof dots, dots, sizeof dots);
}

TSR_PRINTF(1, 2) static void add(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append(fmt, args);
    va_end(args);
}

static const char *file_of(tsr_site at)
{
    return at.file ? at.file : "?";
}

static const char *function_of(tsr_site at)
{
    return at.function ? at.function : "?";
}

tsr_status failure_set(tsr_site at, tsr_status s, const char *fmt, va_list args)
{
    /* The arguments may point into the present text: the new one is made beside it. */
    char said[TRACE_BYTES];
    said[0] = '\0';
    if (fmt)
        vsnprintf(said, sizeof said, fmt, args);
    tsr_error_clear();
    current.status = s;
    current.site = at;
    add("%s:%d: in %s(): %s", file_of(at), at.line, function_of(at), tsr_status_text(s));
    if (said[0])
        add(": %s", said);
    return s;
}

tsr_status tsr_fail_(tsr_site at, tsr_status s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    failure_set(at, s, fmt, args);
    va_end(args);
    return s;
}

static bool is_same_place(tsr_site a, tsr_site b)
{
    return a.line == b.line && a.file && b.file && (a.file == b.file || !strcmp(a.file, b.file));
}

tsr_status tsr_pass_(tsr_site at, tsr_status s, const char *expr)
{
    if (current.status != s)
        return tsr_fail_(at, s, "%s", expr ? expr : "");
    if (last.at && is_same_place(last.site, at))
        current.text[last.at] = '\0';
    last = (struct last){strlen(current.text), at};
    const char *shown = expr ? expr : "";
    const char *dots = strlen(shown) > EXPRESSION_SHOWN ? " ..." : "";
    add("\n    via %s:%d: %.*s%s", file_of(at), at.line, EXPRESSION_SHOWN, shown, dots);
    return s;
}

void tsr_die_(tsr_site at, tsr_status s, const char *expr)
{
    tsr_pass_(at, s, expr);
    fflush(stdout);
    fprintf(stderr, "%s\n", current.text);
    exit(1);
}

/* ---- traces as values ---- */

size_t trace_bytes(const struct trace *t)
{
    return offsetof(struct trace, text) + strlen(t->text) + 1;
}

void trace_save(struct trace *out)
{
    memcpy(out, &current, trace_bytes(&current));
}

tsr_status trace_restore(const struct trace *t)
{
    tsr_error_clear();
    memcpy(&current, t, trace_bytes(t));
    return t->status;
}

tsr_status trace_raise(const struct trace *t, tsr_site at, const char *what)
{
    trace_restore(t);
    return tsr_pass_(at, t->status, what);
}
