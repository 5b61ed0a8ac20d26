/* api/state.c - the API's part of a runtime is made and unmade here, and calls are refused here.
 *
 * Whoever calls must be the thread that started the runtime, outside task bodies and outside
 * TSR_ONCE: then what is issued is one stream, the same on every rank. The check is three loads and
 * stands in api_enter; this file finds the words when it fails. Threads: api_refuse any. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "api/registry.h"
#include "api/state.h"
#include "base/alloc.h"

struct api_state *api_state_create(tsr_site started_at)
{
    static _Atomic uint32_t sequence; /* relaxed: only that numbers differ */
    struct api_state       *s = base_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sequence = atomic_fetch_add_explicit(&sequence, 1, memory_order_relaxed) + 1;
    s->first_generation = s->sequence * 0x10001u | 1;
    s->started_at = started_at;
    s->saved_stdout = -1;
    s->tombstone = base_calloc(TOMBSTONES, sizeof *s->tombstone);
    if (s->tombstone && scope_open(s, started_at))
        return s;
    api_state_destroy(s);
    return NULL;
}

void api_state_destroy(struct api_state *s)
{
    if (!s)
        return;
    while (s->untold) {
        struct cause *next = s->untold->next;
        cause_release(s->untold);
        s->untold = next;
    }
    struct_types_destroy(s->types);
    base_free(s->tombstone);
    base_free(s->scope);
    base_free(s->handle);
    base_free(s->explained);
    base_free(s);
}

struct tsr_runtime *api_refuse(tsr_site at)
{
    struct tsr_runtime *rt = runtime_current;
    tsr_site            other;
    if (runtime_body)
        failure_at(at, NOT_ALLOWED, "a task body cannot issue work or wait for it");
    else if (rt && rt->api->once > 0)
        failure_at(at, NOT_ALLOWED,
                   "inside TSR_ONCE, which runs on one rank only, nothing can be issued");
    else if (rt ? (other = rt->api->started_at, true) : registry_find(&other))
        failure_at(at, NOT_ALLOWED,
                   "only the thread that started the runtime, at %s:%d, issues work", other.file,
                   other.line);
    else
        failure_at(at, NOT_ALLOWED, "no runtime is started: call tsr_start() first");
    return NULL;
}

struct shape_text shape_text(int rank, const int64_t *extent)
{
    struct shape_text t = {"("};
    size_t            used = 1;
    for (int d = 0; d < rank; ++d)
        used += (size_t)snprintf(t.text + used, sizeof t.text - used, "%s%lld", d ? ", " : "",
                                 (long long)extent[d]);
    snprintf(t.text + used, sizeof t.text - used, "%s", rank == 1 ? ",)" : ")");
    return t;
}
