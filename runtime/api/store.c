/* api/store.c - stores are made, kept, sealed and released.
 *
 * A store is a fresh root with one handle on its identity view; nothing is allocated for its elements
 * until something writes them. Its extents are checked so that no product of them, in elements or
 * bytes, passes 63 bits: nothing behind this line needs to look again. A filled store is a created
 * one and an operation; a sealed one is a copy under a name that cannot be written.
 *
 * Cost: O(rank); no allocation in a steady state. Threads: the issuing thread. */
#include <string.h>

#include "api/call.h"
#include "api/state.h"
#include "pipeline.h"

/* ---- making ---- */

/* `rest`: extents of dimension 0 are not looked at (unbound). */
static tsr_status shape_check(tsr_type type, const tsr_shape *shape, bool rest, size_t *out_bytes,
                              tsr_site at)
{
    const size_t bytes = tsr_type_size(type);
    if (bytes == 0)
        return failure_at(at, BAD_TYPE, "no element type has number %d", (int)type);
    if (shape->rank < 0 || shape->rank > TSR_MAX_RANK)
        return failure_at(at, BAD_SHAPE, "%d dimensions; there may be 0 to %d", shape->rank,
                          TSR_MAX_RANK);
    int64_t total = (int64_t)bytes;
    for (int d = rest; d < shape->rank; ++d) {
        if (shape->extent[d] < 0)
            return failure_at(at, BAD_SHAPE, "extent %d of %s is negative", d,
                              shape_text(shape->rank, shape->extent).text);
        /* empty dimensions do not hide that the others are too large */
        if (__builtin_mul_overflow(total, shape->extent[d] ? shape->extent[d] : 1, &total))
            return failure_at(at, BAD_SHAPE, "%s of %s pass 2^63 bytes",
                              shape_text(shape->rank, shape->extent).text, tsr_type_name(type));
    }
    *out_bytes = bytes;
    return TSR_OK;
}

/* Was the last shape that was found in order this one? */
static inline bool is_made_before(const struct made *m, enum root_kind kind, tsr_type type,
                                  const tsr_shape *shape)
{
    if (m->bytes == 0 || m->kind != kind || m->type != type || m->shape.rank != shape->rank)
        return false;
    for (int d = 0; d < shape->rank; ++d)
        if (m->shape.extent[d] != shape->extent[d])
            return false;
    return true;
}

/* Remember a shape that is in order, and the view that its roots have. */
static void made_set(struct made *m, const struct root *root, const tsr_shape *shape)
{
    view_release(m->view);
    m->kind = (enum root_kind)root->kind;
    m->type = root->type;
    m->bytes = root->element_bytes;
    m->shape = *shape;
    m->view = root->extent_known ? view_keep(root->whole) : NULL;
}

struct root *root_make(struct tsr_runtime *rt, enum root_kind kind, tsr_type type,
                       const tsr_shape *shape, tsr_site at)
{
    struct made     *last = &rt->api->made;
    const bool       is_known = is_made_before(last, kind, type, shape);
    struct root_make m = {
        .kind = kind, .type = type, .rank = shape->rank, .extent = shape->extent, .at = at};
    m.element_bytes = last->bytes;
    m.whole = is_known ? last->view : NULL;
    if (!is_known && shape_check(type, shape, kind == ROOT_UNBOUND, &m.element_bytes, at) != TSR_OK)
        return NULL;
    struct root *root = root_create(rt, &m);
    if (!root)
        api_no_memory(at);
    else if (!is_known)
        made_set(last, root, shape);
    return root;
}

tsr_store root_handle(struct tsr_runtime *rt, struct root *root, tsr_site at)
{
    struct handle *h = handle_take(rt->api);
    if (!h) {
        api_no_memory(at);
        return (tsr_store){HANDLE_NO_ROOM};
    }
    h->kind = HANDLE_STORE;
    h->unbound = !root->extent_known;
    h->plain = root->kind == ROOT_PLAIN;
    h->type = root->type;
    h->root = root;
    h->view = view_keep(root->whole);
    h->partition = NULL;
    h->cause = NULL;
    h->made_at = at;
    ++root->handles;
    return (tsr_store){handle_id(rt->api, h)};
}

/* A store of a new root; on failure one that carries it. */
static tsr_store make(struct tsr_runtime *rt, enum root_kind kind, tsr_type type,
                      const tsr_shape *shape, tsr_site at)
{
    struct root *root = root_make(rt, kind, type, shape, at);
    if (!root)
        return store_failed(rt, at);
    const tsr_store s = root_handle(rt, root, at);
    if (s.id == HANDLE_NO_ROOM)
        root_destroy(rt, root);
    return s;
}

tsr_store tsr_store_create_(tsr_type type, tsr_shape shape, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    return rt ? make(rt, ROOT_PLAIN, type, &shape, at) : (tsr_store){0};
}

tsr_store tsr_store_unbound_(tsr_type type, tsr_shape shape, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return (tsr_store){0};
    if (shape.rank < 1) {
        failure_at(at, BAD_SHAPE, "an unbound store has a dimension of unknown extent");
        return store_failed(rt, at);
    }
    return make(rt, ROOT_UNBOUND, type, &shape, at);
}

tsr_store tsr_store_filled_(tsr_type type, tsr_shape shape, const void *value, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return (tsr_store){0};
    if (!value) {
        failure_at(at, BAD_ARGUMENT, "no value to fill with");
        return store_failed(rt, at);
    }
    const tsr_store s = make(rt, ROOT_PLAIN, type, &shape, at);
    struct handle  *h = handle_find(rt->api, s.id, HANDLE_STORE);
    if (!h || !h->root || call_fill(rt, s, type, value, at) == TSR_OK)
        return s;
    const tsr_store failed = store_failed(rt, at);
    handle_end(rt, handle_find(rt->api, s.id, HANDLE_STORE), ENDED_RELEASED, at);
    return failed;
}

/* ---- ending and moving ---- */

void tsr_store_release_(tsr_store s, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return;
    struct handle *h = handle_find(rt->api, s.id, HANDLE_STORE);
    if (h)
        handle_end(rt, h, ENDED_RELEASED, at);
    else
        handle_explain(rt, s.id, HANDLE_STORE, "", at);
}

tsr_store tsr_store_keep_(tsr_store s, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return s;
    struct handle *h = handle_find(rt->api, s.id, HANDLE_STORE);
    if (h)
        handle_keep(rt, h);
    else
        handle_explain(rt, s.id, HANDLE_STORE, "", at);
    return s;
}

/* ---- sealing ---- */

tsr_store tsr_seal_(tsr_store s, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return (tsr_store){0};
    struct handle *h = store_find(rt, s, "", at);
    if (!h)
        return store_failed(rt, at);
    if (!h->root)
        return call_failed_like(rt, h, at);
    if (store_bind(rt, h, at) != TSR_OK)
        return store_failed(rt, at);
    const tsr_shape shape = tsr_shape_of(h->view->rank, h->view->extent);
    const tsr_store sealed = make(rt, ROOT_SEALED, h->type, &shape, at);
    struct handle  *copy = handle_find(rt->api, sealed.id, HANDLE_STORE);
    if (!copy || !copy->root || call_copy(rt, sealed, s, true, at) == TSR_OK)
        return sealed;
    const tsr_store failed = store_failed(rt, at);
    handle_end(rt, handle_find(rt->api, sealed.id, HANDLE_STORE), ENDED_RELEASED, at);
    return failed;
}

/* ---- what a store is ---- */

tsr_type tsr_store_type_(tsr_store s, tsr_site at)
{
    struct tsr_runtime  *rt = api_enter(at);
    const struct handle *h = rt ? store_get(rt, s, "tsr_store_type()", at) : NULL;
    return h ? h->type : TSR_TYPE_ANY;
}

tsr_shape tsr_store_shape_(tsr_store s, tsr_site at)
{
    struct tsr_runtime  *rt = api_enter(at);
    const struct handle *h = rt ? store_get_bound(rt, s, "tsr_store_shape()", at) : NULL;
    return h ? tsr_shape_of(h->view->rank, h->view->extent) : (tsr_shape){0};
}
