/* interp_stores.c - making stores, and views of them: an offset and strides into the root's array. */
#include "interp.h"

#include <stdlib.h>
#include <string.h>

/* ---- making stores ---- */

static handle *handle_create(interp *s, const oracle_op *o, int r)
{
    handle *h = &s->handle[o->id];
    memset(h, 0, sizeof *h);
    h->live = true;
    h->root = r;
    h->scope = s->depth;
    s->root[r].handles++;
    return h;
}

bool step_create(interp *s, oracle_op *o)
{
    const int64_t n = shape_volume(&o->shape);
    if (n < 0 || n > 100000 || o->shape.rank > TSR_MAX_RANK || el_size(o->type) == 0)
        return false;
    const bool attach = o->kind == OP_ATTACH || o->kind == OP_ATTACH_TILES;
    if (attach && s->depth > 0)
        return false;
    const int r = new_root(s, o->type, &o->shape);
    handle   *h = handle_create(s, o, r);
    h->type = o->type;
    h->rank = o->shape.rank;
    h->whole = true;
    memcpy(h->extent, o->shape.extent, sizeof h->extent);
    dense_strides(h->rank, h->extent, h->stride);
    if (o->kind == OP_CREATE)
        return true;
    memset(s->root[r].defined, 1, (size_t)n);
    for (int64_t k = 0; k < n; ++k)
        el_from_u64(o->type, attach ? hash_pair(o->seed, (uint64_t)k) : o->seed, false,
                    s->root[r].bytes + (size_t)k * s->root[r].size);
    if (attach) {
        s->root[r].attached = o->p[0] ? ATTACHED_WRITE : ATTACHED_READ;
        h->no_write = !o->p[0];
    }
    return true;
}

bool step_unbound(interp *s, oracle_op *o)
{
    const tsr_shape none = {1, {0}};
    handle         *h = handle_create(s, o, new_root(s, o->type, &none));
    h->type = o->type;
    h->unbound = true;
    h->whole = true;
    h->rank = o->shape.rank;
    memcpy(h->extent, o->shape.extent, sizeof h->extent);
    return true;
}

/* ---- views ---- */

static void remove_dim(handle *h, int dim)
{
    for (int d = dim; d + 1 < h->rank; ++d) {
        h->extent[d] = h->extent[d + 1];
        h->stride[d] = h->stride[d + 1];
    }
    h->rank--;
}

static bool insert_dim(handle *h, int dim, int64_t extent, int64_t stride)
{
    if (h->rank == TSR_MAX_RANK)
        return false;
    for (int d = h->rank; d > dim; --d) {
        h->extent[d] = h->extent[d - 1];
        h->stride[d] = h->stride[d - 1];
    }
    h->extent[dim] = extent;
    h->stride[dim] = stride;
    h->rank++;
    return true;
}

static bool view_slice(handle *v, const oracle_op *o)
{
    const int     d = (int)o->p[0];
    const int64_t start = o->p[1], stop = o->p[2], step = o->p[3];
    if (d >= v->rank || step == 0 || start < 0 || (start >= v->extent[d] && (start || v->extent[d])) || stop > v->extent[d] ||
        stop < (step < 0 ? -1 : 0))
        return false;
    const int64_t length = step > 0 ? stop - start : start - stop;
    const int64_t n = length > 0 ? (length + llabs(step) - 1) / llabs(step) : 0;
    v->offset += n ? start * v->stride[d] : 0;
    v->stride[d] *= step;
    v->extent[d] = n;
    return true;
}

static bool view_transpose(handle *v, const oracle_op *o)
{
    const handle old = *v;
    unsigned     seen = 0;
    for (int d = 0; d < v->rank; ++d) {
        if (o->p[d] < 0 || o->p[d] >= v->rank || seen >> o->p[d] & 1)
            return false;
        seen |= 1u << o->p[d];
        v->extent[d] = old.extent[o->p[d]];
        v->stride[d] = old.stride[o->p[d]];
    }
    return v->rank > 0;
}

static bool view_project(handle *v, const oracle_op *o)
{
    const int d = (int)o->p[0];
    if (d >= v->rank || o->p[1] < 0 || o->p[1] >= v->extent[d])
        return false;
    v->offset += o->p[1] * v->stride[d];
    remove_dim(v, d);
    return true;
}

static bool view_broadcast(handle *v, const oracle_op *o)
{
    const int d = (int)o->p[0];
    if (d >= v->rank || v->extent[d] != 1 || o->p[1] < 1)
        return false;
    v->extent[d] = o->p[1];
    v->stride[d] = 0;
    v->promoted = true;
    return true;
}

static bool view_delinearize(handle *v, const oracle_op *o)
{
    const int d = (int)o->p[0], n = (int)o->p[1];
    int64_t   product = 1;
    for (int k = 0; k < n; ++k)
        product *= o->p[2 + k];
    if (d >= v->rank || n < 1 || v->rank + n - 1 > TSR_MAX_RANK || product != v->extent[d])
        return false;
    v->inexact |= n > 1;
    int64_t stride = v->stride[d];
    remove_dim(v, d);
    for (int k = n - 1; k >= 0; --k) {
        insert_dim(v, d, o->p[2 + k], stride);
        stride *= o->p[2 + k];
    }
    return true;
}

static bool view_diagonal(handle *v, const oracle_op *o)
{
    int a = (int)o->p[0], b = (int)o->p[1];
    if (a >= v->rank || b >= v->rank || a == b || v->promoted)
        return false;
    if (a > b) {
        const int c = a;
        a = b;
        b = c;
    }
    if (v->extent[b] != v->extent[a])
        return false;
    v->inexact = true;
    v->stride[a] += v->stride[b];
    remove_dim(v, b);
    return true;
}

static bool view_of(handle *v, const oracle_op *o)
{
    switch (o->kind) {
    case OP_SLICE: return view_slice(v, o);
    case OP_TRANSPOSE: return view_transpose(v, o);
    case OP_PROJECT: return view_project(v, o);
    case OP_PROMOTE:
        v->promoted = true;
        return o->p[0] <= v->rank && o->p[1] >= 1 && insert_dim(v, (int)o->p[0], o->p[1], 0);
    case OP_BROADCAST: return view_broadcast(v, o);
    case OP_REINTERPRET:
        if (el_size(v->type) != el_size(o->type) || o->type == TSR_BOOL)
            return false;
        v->type = o->type;
        return true;
    case OP_DELINEARIZE: return view_delinearize(v, o);
    default: return view_diagonal(v, o);
    }
}

bool step_view(interp *s, oracle_op *o)
{
    const handle *h = live_handle(s, o->a);
    if (!h)
        return false;
    handle v = *h;
    v.whole = false;
    if (!view_of(&v, o) || handle_volume(&v) > 100000)
        return false;
    v.scope = s->depth;
    s->handle[o->id] = v;
    s->root[v.root].handles++;
    return true;
}

/* A slice past the bounds: a failed handle. */
bool step_mistake(interp *s, oracle_op *o)
{
    const handle *h = live_handle(s, o->a);
    if (!h || h->rank == 0)
        return false;
    handle v = *h;
    v.whole = false;
    v.bad = 1 + o->id;
    o->shape_now = handle_shape(h);
    v.scope = s->depth;
    s->handle[o->id] = v;
    s->root[v.root].handles++;
    s->mistaken = true;
    return true;
}

/* The content as it is now, in a root of its own. */
bool step_seal(interp *s, oracle_op *o)
{
    const handle *h = live_handle(s, o->a);
    if (!h || h->sealed || s->root[h->root].attached)
        return false;
    bool      all, sure;
    const int cause = handle_cause(s, h, &all, &sure);
    if (!sure || (cause && (!all || !handle_uniform(s, h))))
        return false; /* whether its whole is failed then, and of what, is not documented */
    const root *from = &s->root[h->root];
    const int   r = new_root(s, h->type, &from->shape);
    memcpy(s->root[r].bytes, from->bytes, (size_t)from->n * from->size);
    memcpy(s->root[r].defined, from->defined, (size_t)from->n);
    memcpy(s->root[r].failed, from->failed, (size_t)from->n * sizeof *from->failed);
    memcpy(s->root[r].doubt, from->doubt, (size_t)from->n);
    s->root[r].troubled = from->troubled;
    handle v = *h;
    v.root = r;
    v.sealed = true;
    v.whole = false;
    v.scope = s->depth;
    s->handle[o->id] = v;
    s->root[r].handles = 1;
    return true;
}
