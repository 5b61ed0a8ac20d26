/* api/describe.c - what a library above needs to know of a handle, and to answer with one of its
 * own.
 *
 * A library that wraps stores tells its users' mistakes in its own words: it asks what a handle is
 * without counting a failure as told, makes a failed store of what it found wrong itself, and asks
 * what became of a handle that ended.
 *
 * Cost: O(rank); the ends that are remembered are searched only to explain. Threads: the issuing
 * thread. */
#include "api/call.h"
#include "api/state.h"

static inline void describe_view(const struct handle *h, tsr_store_info *out)
{
    const struct view *v = h->view;
    out->is_failed = false;
    out->type = h->type;
    out->shape.rank = v->rank;
    for (int d = 0; d < v->rank; ++d)
        out->shape.extent[d] = v->extent[d];
}

tsr_status tsr_store_describe_(tsr_store s, tsr_store_info *out, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    struct handle *h = handle_find(rt->api, s.id, HANDLE_STORE);
    if (__builtin_expect(h && h->plain, 1)) {
        describe_view(h, out);
        return TSR_OK;
    }
    h = store_find(rt, s, "", at);
    if (!h)
        return tsr_error_status();
    if (h->root && h->unbound)
        TSR_TRY(store_bind(rt, h, at));
    if (h->root)
        describe_view(h, out);
    else
        *out = (tsr_store_info){.is_failed = true, .type = TSR_TYPE_ANY};
    return TSR_OK;
}

tsr_store tsr_store_alias_(tsr_store s, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return (tsr_store){0};
    struct handle *h = store_find(rt, s, "", at);
    if (!h)
        return store_failed(rt, at);
    if (!h->root)
        return call_failed_like(rt, h, at);
    const struct handle_make m = {.kind = HANDLE_STORE,
                                  .type = h->type,
                                  .root = h->root,
                                  .view = view_keep(h->view),
                                  .at = at};
    return (tsr_store){handle_add(rt, &m)};
}

tsr_store tsr_store_failed_(tsr_site at)
{
    struct tsr_runtime *rt = runtime_current;
    if (!rt || tsr_error_status() == TSR_OK || !api_enter(at))
        return (tsr_store){0};
    return store_failed(rt, at);
}

bool tsr_store_ended(tsr_store s, tsr_ended *out)
{
    struct tsr_runtime *rt = runtime_current;
    if (!rt || runtime_body || !pthread_equal(rt->issuer, pthread_self()))
        return false;
    const struct tombstone *t = tombstone_find(rt->api, s.id);
    if (!t)
        return false;
    *out = (tsr_ended){t->made_at, t->ended_at, t->how == ENDED_SCOPE};
    return true;
}
