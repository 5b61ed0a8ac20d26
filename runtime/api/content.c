/* api/content.c - what stores hold: written and read as wholes, their status, their local pieces.
 *
 * Writing is issuing one of the runtime's own tasks. Reading waits: a store that was born failed
 * answers at once with its first cause and the line that asks; for others the pipeline knows. What
 * a call is to fill is checked against type and shape before anything waits.
 *
 * Cost: O(arguments) and the data. Threads: the issuing thread; the reading calls are collective. */
#include <string.h>

#include "api/call.h"
#include "api/state.h"
#include "model/types.h"
#include "pipeline.h"

/* ---- writing ---- */

/* The handle of a store to be written; a failed one answers its cause. */
static struct handle *target(struct tsr_runtime *rt, tsr_store s, const char *what, tsr_site at)
{
    struct handle *h = store_get(rt, s, what, at);
    if (h && h->unbound && store_bind(rt, h, at) != TSR_OK)
        return NULL;
    return h;
}

tsr_status tsr_fill_(tsr_store s, const void *value, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = target(rt, s, "tsr_fill()", at);
    if (!h)
        return tsr_error_status();
    if (!value)
        return failure_at(at, BAD_ARGUMENT, "no value to fill with");
    return call_fill(rt, s, h->type, value, at);
}

tsr_status tsr_copy_(tsr_store to, tsr_store from, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    struct handle *t = target(rt, to, "tsr_copy()", at);
    struct handle *f = t ? store_find(rt, from, "", at) : NULL;
    if (!f)
        return tsr_error_status();
    if (f->root && store_bind(rt, f, at) != TSR_OK)
        return tsr_error_status();
    if (f->root && f->type != t->type) {
        char name[64];
        snprintf(name, sizeof name, "%s", tsr_type_name(f->type));
        return failure_at(at, BAD_TYPE, "a copy of %s to %s", name, tsr_type_name(t->type));
    }
    const bool is_same =
        !f->root || (f->view->rank == t->view->rank &&
                     memcmp(f->view->extent, t->view->extent,
                            (size_t)t->view->rank * sizeof t->view->extent[0]) == 0);
    if (!is_same)
        return failure_at(at, BAD_SHAPE, "a copy of %s to %s",
                          shape_text(f->view->rank, f->view->extent).text,
                          shape_text(t->view->rank, t->view->extent).text);
    return call_copy(rt, to, from, false, at);
}

/* Are these as many bytes as the store holds? */
static tsr_status bytes_check(const struct handle *h, size_t bytes, tsr_site at)
{
    const size_t holds = (size_t)view_volume(h->view) * h->root->element_bytes;
    if (bytes == holds)
        return TSR_OK;
    return failure_at(at, BAD_ARGUMENT, "%zu bytes are given; %s of %s are %zu", bytes,
                      shape_text(h->view->rank, h->view->extent).text, tsr_type_name(h->type),
                      holds);
}

tsr_status tsr_write_(tsr_store s, const void *data, size_t bytes, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = target(rt, s, "tsr_write()", at);
    if (!h)
        return tsr_error_status();
    if (!data && bytes > 0)
        return failure_at(at, BAD_ARGUMENT, "no memory to write from");
    const tsr_status status = bytes_check(h, bytes, at);
    if (status != TSR_OK || bytes == 0)
        return status;
    return call_write(rt, s, data, at);
}

/* ---- reading ---- */

tsr_status tsr_store_status_(tsr_store s, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = store_get_bound(rt, s, "tsr_store_status()", at);
    return h ? pipeline_status(rt, h->root, h->view, at) : tsr_error_status();
}

/* A simulated run has no elements: it reads what the call gives. */
static void imagine(const struct tsr_runtime *rt, void *out, size_t bytes, const tsr_reading *how)
{
    const bool has_guess = how->size >= sizeof *how && how->simulated;
    if (rt->simulated && has_guess)
        memcpy(out, how->simulated, bytes);
    else if (rt->simulated && bytes > 0)
        memset(out, 0, bytes);
}

static tsr_status read_out(struct tsr_runtime *rt, const struct handle *h, void *out, size_t bytes,
                           const tsr_reading *how)
{
    TSR_TRY(pipeline_read(rt, h->root, h->view, out, how->at));
    imagine(rt, out, bytes, how);
    return TSR_OK;
}

tsr_status tsr_value_(tsr_store s, void *out, size_t bytes, const tsr_reading *how)
{
    const tsr_site      at = how->at;
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = store_get_bound(rt, s, "tsr_value()", at);
    if (!h)
        return tsr_error_status();
    if (!out)
        return failure_at(at, BAD_ARGUMENT, "no memory for the value");
    if (view_volume(h->view) != 1)
        return failure_at(at, BAD_SHAPE, "%s is not one element",
                          shape_text(h->view->rank, h->view->extent).text);
    if (bytes != h->root->element_bytes)
        return failure_at(at, BAD_TYPE, "a value of %s takes %zu bytes; %zu are given",
                          tsr_type_name(h->type), h->root->element_bytes, bytes);
    return read_out(rt, h, out, bytes, how);
}

tsr_status tsr_read_(tsr_store s, void *out, size_t bytes, const tsr_reading *how)
{
    const tsr_site      at = how->at;
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = store_get_bound(rt, s, "tsr_read()", at);
    if (!h)
        return tsr_error_status();
    if (!out && bytes > 0)
        return failure_at(at, BAD_ARGUMENT, "no memory to read into");
    const tsr_status status = bytes_check(h, bytes, at);
    return status == TSR_OK ? read_out(rt, h, out, bytes, how) : status;
}

tsr_status tsr_read_on_(tsr_store s, int root, void *out, size_t bytes, const tsr_reading *how)
{
    const tsr_site      at = how->at;
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = store_get_bound(rt, s, "tsr_read_on()", at);
    if (!h)
        return tsr_error_status();
    if (root < 0 || root >= rt->n_ranks)
        return failure_at(at, BAD_ARGUMENT, "there is no rank %d among %d", root, rt->n_ranks);
    TSR_TRY(bytes_check(h, bytes, at));
    const bool is_root = root == rt->rank; /* only it knows of a NULL: it takes part all the same */
    TSR_TRY(pipeline_read_on(rt, root, h->root, h->view, is_root ? out : NULL, at));
    if (is_root && !out && bytes > 0)
        return failure_at(at, BAD_ARGUMENT, "no memory to read into");
    if (is_root)
        imagine(rt, out, bytes, how);
    return TSR_OK;
}

tsr_status tsr_local_pieces_(tsr_store s, tsr_piece *out, int capacity, int *out_n, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    const struct handle *h = store_get_bound(rt, s, "tsr_local_pieces()", at);
    if (!h)
        return tsr_error_status();
    if (!out_n || capacity < 0 || (capacity > 0 && !out))
        return failure_at(at, BAD_ARGUMENT, "no room for %d pieces and their number", capacity);
    return pipeline_local(rt, h->root, h->view, out, capacity, out_n, at);
}
