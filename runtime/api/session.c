/* api/session.c - the calls around the stream: waiting, agreeing, once, provenance, counters.
 *
 * TSR_ONCE counts its depth on every rank, also on those that do not enter the block, and leaving
 * counts it back however the block is left. Provenance is one pointer that operations copy. Counters
 * and the flight recorder are observe/'s; a thread without a runtime sees zeros and nothing.
 *
 * Cost: O(1) beside what is waited for. Threads: the issuing thread, where nothing else is said. */
#include "api/state.h"
#include "base/alloc.h"
#include "observe/observe.h"
#include "pipeline.h"

tsr_status tsr_flush_(tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    return rt ? pipeline_flush(rt) : TSR_NOT_ALLOWED;
}

tsr_status tsr_fence_(tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    return rt ? pipeline_fence(rt, at) : TSR_NOT_ALLOWED;
}

tsr_status tsr_agree_(void *data, size_t bytes, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    if (!data && bytes > 0)
        return failure_at(at, BAD_ARGUMENT, "no memory to agree on");
    return pipeline_agree(rt, data, bytes, at);
}

/* ---- once ---- */

/* The runtime whose stream this thread issues; NULL: none. */
static struct tsr_runtime *mine(void)
{
    struct tsr_runtime *rt = runtime_current;
    return rt && !runtime_body && pthread_equal(rt->issuer, pthread_self()) ? rt : NULL;
}

int tsr_once_enter_(void)
{
    struct tsr_runtime *rt = mine();
    if (rt)
        ++rt->api->once;
    return tsr_rank() == 0;
}

void tsr_once_leave_(int *once)
{
    struct tsr_runtime *rt = mine();
    (void)once;
    if (rt && rt->api->once > 0)
        --rt->api->once;
}

/* ---- provenance ---- */

tsr_provenance_guard_ tsr_provenance_enter_(const char *text)
{
    struct tsr_runtime *rt = mine();
    if (!rt)
        return (tsr_provenance_guard_){NULL};
    const tsr_provenance_guard_ g = {rt->api->provenance};
    rt->api->provenance = text;
    return g;
}

void tsr_provenance_leave_(tsr_provenance_guard_ *g)
{
    struct tsr_runtime *rt = mine();
    if (rt)
        rt->api->provenance = g->before;
}

/* ---- looking inside ---- */

int64_t tsr_counter(tsr_counter_id id)
{
    const struct tsr_runtime *rt = runtime_current;
    if (!rt || (int)id < 0 || id >= TSR_N_COUNTERS)
        return 0;
    if (id == TSR_COUNT_METADATA_BYTES)
        return base_alloc_bytes() - observe_counter_sum(rt->observe, TSR_COUNT_MEMORY_BYTES);
    return observe_counter_sum(rt->observe, id);
}

const char *tsr_counter_name(tsr_counter_id id)
{
    return observe_counter_name(id);
}

void tsr_flight_print(FILE *out)
{
    const struct tsr_runtime *rt = runtime_current;
    if (rt)
        observe_flight_print(rt->observe, out, 0);
}
