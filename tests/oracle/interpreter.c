/* interpreter.c - the sequential meaning of a program: one record after another, on plain arrays.
 *
 * Naive on purpose: a view is an offset and strides into the root's dense array, every access goes
 * through a list of places, every read is a copy taken before anything is written.  No header of
 * runtime/ is here, and no call of the library.
 *
 * Readings chosen where the documentation leaves a choice:
 *  - An operation has failed when any element of a view that it reads is failed; then everything it
 *    would have written is failed, with the cause of the lowest record that failed or was refused.
 *    Where the operation might touch only part of an argument (halo, scale, image, whole dimensions, a manual launch), or
 *    where the old content of an accumulator is failed in part, the generator makes no such program.
 *  - Failure belongs to elements: what was not written by the failed operation stays readable, and
 *    overwriting heals.
 *  - A fence must fail when a task has failed and nothing reported a failure before; it may fail
 *    when something did; it must not when no task failed.
 *  - The leaf of a task without accumulators is the rule's without its last step; a leaf that a task
 *    type gives is taken as it is.  An accumulator that is aligned keeps the dimensions along which
 *    its view moves; one that is broadcast counts all its elements.
 *  - The identity of a float sum is +0; a NaN that an operator gives is the canonical one.  Through an
 *    image each leaf folds into an accumulator of the whole view.  In a manual launch each point is a
 *    leaf of its own, in a row; it contributes to the elements of its box.
 *  - Where several arguments are reduced into, the largest accumulator of a leaf (of the rule without
 *    its last step; the first of equals) decides the leaves of all.
 *  - An operation over an empty iteration box calls no body and changes nothing: there is no total.
 *  - A body of a canonical task, or of one with a float reduction, is called with one leaf at a time.
 *  - A view with a split dimension or a diagonal is met by bounding boxes: nothing that they would
 *    call an overlap of written pieces is made.
 *  - A store attached for reading is not written.
 *  - A view that a task reads and writes, aligned, is one memory: bodies read each element before
 *    they write it. */
#include "interp.h"

#include <stdlib.h>
#include <string.h>

void *scratch_take(interp *s, size_t bytes)
{
    return arena_take(&s->scratch, bytes ? bytes : 1);
}

interp *interp_create(oracle_program *p)
{
    interp *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->p = p;
    return s;
}

void interp_destroy(interp *s)
{
    arena_clear(&s->memory);
    arena_clear(&s->scratch);
    free(s);
}

/* ---- views ---- */

void dense_strides(int rank, const int64_t *extent, int64_t *out_stride)
{
    int64_t n = 1;
    for (int d = rank - 1; d >= 0; --d) {
        out_stride[d] = n;
        n *= extent[d];
    }
}

int64_t handle_volume(const handle *h)
{
    int64_t n = 1;
    for (int d = 0; d < h->rank; ++d)
        n *= h->extent[d];
    return n;
}

tsr_shape handle_shape(const handle *h)
{
    return tsr_shape_of(h->rank, h->extent);
}

places handle_places(interp *s, const handle *h, bool compact)
{
    int64_t low[TSR_MAX_RANK] = {0}, high[TSR_MAX_RANK], i[TSR_MAX_RANK];
    places  p = {0, NULL};
    int64_t room = 1;
    for (int d = 0; d < h->rank; ++d) {
        high[d] = compact && h->stride[d] == 0 && h->extent[d] > 1 ? 1 : h->extent[d];
        room *= high[d];
    }
    p.at = scratch_take(s, (size_t)room * sizeof *p.at);
    for (bool more = box_first(h->rank, low, high, i); more;
         more = box_next(h->rank, low, high, i)) {
        int64_t place = h->offset;
        for (int d = 0; d < h->rank; ++d)
            place += i[d] * h->stride[d];
        p.at[p.n++] = place;
    }
    return p;
}

bool places_meet(interp *s, const places *a, const places *b, int of)
{
    const size_t n = (size_t)s->root[of].n;
    uint8_t     *mark = memset(scratch_take(s, n), 0, n);
    for (int64_t k = 0; k < a->n; ++k)
        mark[a->at[k]] = 1;
    for (int64_t k = 0; k < b->n; ++k)
        if (mark[b->at[k]])
            return true;
    return false;
}

bool handle_writable(const handle *h)
{
    return !h->no_write && !h->promoted && !h->sealed;
}

bool handle_defined(interp *s, const handle *h)
{
    const places p = handle_places(s, h, true);
    for (int64_t k = 0; k < p.n; ++k)
        if (!s->root[h->root].defined[p.at[k]])
            return false;
    return true;
}

handle *live_handle(interp *s, int id)
{
    if (id < 0 || id >= MAX_OPS || !s->handle[id].live || s->handle[id].unbound ||
        s->handle[id].bad)
        return NULL;
    return &s->handle[id];
}

int64_t shape_volume(const tsr_shape *shape)
{
    int64_t n = 1;
    for (int d = 0; d < shape->rank; ++d) {
        if (shape->extent[d] < 0)
            return -1;
        n *= shape->extent[d];
    }
    return n;
}

int new_root(interp *s, tsr_type t, const tsr_shape *shape)
{
    const int64_t n = shape_volume(shape);
    root         *r = &s->root[s->n_roots];
    memset(r, 0, sizeof *r);
    r->n = n;
    r->shape = *shape;
    r->size = el_size(t);
    const size_t room = (size_t)(n > 0 ? n : 1);
    r->bytes = memset(arena_take(&s->memory, room * r->size), 0, room * r->size);
    r->defined = memset(arena_take(&s->memory, room), 0, room);
    r->failed = memset(arena_take(&s->memory, room * sizeof *r->failed), 0, room * sizeof *r->failed);
    r->doubt = memset(arena_take(&s->memory, room), 0, room);
    return s->n_roots++;
}

/* ---- the end of handles ---- */

static void end_handle(interp *s, handle *h)
{
    h->live = false;
    s->root[h->root].handles--;
}

static bool step_release(interp *s, oracle_op *o)
{
    if (o->a < 0 || !s->handle[o->a].live)
        return false;
    handle *h = &s->handle[o->a];
    if (h->whole && s->root[h->root].attached == ATTACHED_WRITE)
        return false;
    end_handle(s, h);
    return true;
}

static bool step_keep(interp *s, oracle_op *o)
{
    if (o->a < 0 || !s->handle[o->a].live || s->handle[o->a].scope != s->depth || s->depth == 0)
        return false;
    s->handle[o->a].scope--;
    return true;
}

static bool step_leave(interp *s)
{
    if (s->depth == 0)
        return false;
    for (int k = 0; k < MAX_OPS; ++k) {
        if (s->handle[k].live && s->handle[k].scope == s->depth)
            end_handle(s, &s->handle[k]);
        if (s->part[k].live && s->part[k].scope == s->depth)
            s->part[k].live = false;
    }
    s->depth--;
    return true;
}

/* ---- reading ---- */

static void expect_content(interp *s, oracle_op *o, const handle *h)
{
    const root  *r = &s->root[h->root];
    const places p = handle_places(s, h, false);
    o->bytes = (size_t)p.n * r->size;
    o->expect = arena_take(&s->p->memory, o->bytes ? o->bytes : 1);
    o->shape_now = handle_shape(h);
    o->type_now = h->type;
    for (int64_t k = 0; k < p.n; ++k)
        memcpy(o->expect + (size_t)k * r->size, r->bytes + (size_t)p.at[k] * r->size, r->size);
}

static bool step_read(interp *s, oracle_op *o)
{
    const handle *h = live_handle(s, o->a);
    if (o->kind == OP_STATUS && o->a >= 0 && o->a < MAX_OPS && s->handle[o->a].live &&
        s->handle[o->a].bad) {
        o->failed = true;
        o->cause = s->handle[o->a].bad - 1;
        return true;
    }
    if (!h || !handle_defined(s, h))
        return false;
    if (o->kind == OP_VALUE && handle_volume(h) != 1)
        return false;
    if (o->kind == OP_LOCAL && h->promoted)
        return false;
    if (o->kind == OP_DETACH &&
        (!h->whole || s->root[h->root].handles != 1 || s->root[h->root].attached != ATTACHED_WRITE))
        return false;
    bool      all, sure;
    const int cause = handle_cause(s, h, &all, &sure);
    if (!sure)
        return false;
    o->failed = cause > 0;
    o->cause = cause_told(cause);
    o->shape_now = handle_shape(h);
    o->type_now = h->type;
    o->bytes = (size_t)handle_volume(h) * el_size(h->type);
    if (cause && (o->kind == OP_LOCAL || o->kind == OP_DETACH))
        return false;
    if (cause)
        s->told = true;
    else
        expect_content(s, o, h);
    if (o->kind == OP_VALUE && !cause) {
        s->known[o->id] = true;
        memcpy(&s->value[o->id], o->expect, o->bytes < 8 ? o->bytes : 8);
    }
    if (o->kind == OP_DETACH)
        end_handle(s, &s->handle[o->a]);
    return true;
}

static bool step_shape(interp *s, oracle_op *o)
{
    const handle *h = live_handle(s, o->a);
    if (!h)
        return false;
    o->shape_now = handle_shape(h);
    o->type_now = h->type;
    return true;
}

/* ---- writing ---- */

static bool step_fill(interp *s, oracle_op *o)
{
    const handle *h = live_handle(s, o->a);
    if (!h || !handle_writable(h))
        return false;
    root        *r = &s->root[h->root];
    const places p = handle_places(s, h, false);
    for (int64_t k = 0; k < p.n; ++k) {
        el_from_u64(h->type, o->kind == OP_FILL ? o->seed : hash_pair(o->seed, (uint64_t)k), false,
                    r->bytes + (size_t)p.at[k] * r->size);
        r->defined[p.at[k]] = 1;
    }
    mark_good(s, h->root, &p, NULL, !h->inexact);
    o->shape_now = handle_shape(h);
    o->type_now = h->type;
    return true;
}

static bool step_copy(interp *s, oracle_op *o)
{
    const handle *to = live_handle(s, o->a), *from = live_handle(s, o->b);
    if (!to || !from || to->type != from->type || to->rank != from->rank ||
        memcmp(to->extent, from->extent, (size_t)to->rank * 8) != 0 || !handle_writable(to) ||
        !handle_defined(s, from))
        return false;
    bool         all, sure;
    const int    cause = handle_cause(s, from, &all, &sure);
    root        *t = &s->root[to->root], *f = &s->root[from->root];
    const places tp = handle_places(s, to, false), fp = handle_places(s, from, false);
    if (!sure)
        return false;
    uint8_t *old = scratch_take(s, (size_t)fp.n * f->size);
    for (int64_t k = 0; k < fp.n; ++k)
        memcpy(old + (size_t)k * f->size, f->bytes + (size_t)fp.at[k] * f->size, f->size);
    o->overlap = to->root == from->root && places_meet(s, &tp, &fp, to->root);
    for (int64_t k = 0; k < tp.n; ++k) {
        memcpy(t->bytes + (size_t)tp.at[k] * t->size, old + (size_t)k * f->size, t->size);
        t->defined[tp.at[k]] = 1;
    }
    if (cause)
        mark_failed(s, to->root, &tp, NULL, cause);
    else
        mark_good(s, to->root, &tp, NULL, !to->inexact);
    o->failed = cause > 0;
    return true;
}

/* ---- a record ---- */

static bool step_fence(interp *s, oracle_op *o)
{
    o->fence = s->mistaken ? 2 : s->failures == 0 ? 0 : s->told ? 2 : 1;
    if (s->failures)
        s->told = true;
    return true;
}

static bool step_any(interp *s, oracle_op *o)
{
    switch (o->kind) {
    case OP_CREATE:
    case OP_FILLED:
    case OP_ATTACH:
    case OP_ATTACH_TILES: return step_create(s, o);
    case OP_UNBOUND: return step_unbound(s, o);
    case OP_SEAL: return step_seal(s, o);
    case OP_MISTAKE: return step_mistake(s, o);
    case OP_RELEASE: return step_release(s, o);
    case OP_KEEP: return step_keep(s, o);
    case OP_ENTER: s->depth++; return s->depth < 8 || (s->depth--, false);
    case OP_LEAVE: return step_leave(s);
    case OP_FILL:
    case OP_WRITE: return step_fill(s, o);
    case OP_COPY: return step_copy(s, o);
    case OP_DETACH:
    case OP_READ:
    case OP_VALUE:
    case OP_STATUS:
    case OP_LOCAL: return step_read(s, o);
    case OP_SHAPE: return step_shape(s, o);
    case OP_TILES: return step_tiles(s, o);
    case OP_BOXES: return step_boxes(s, o);
    case OP_PROJECTION: return step_projection(s, o);
    case OP_END_PARTITION: return step_end_partition(s, o);
    case OP_TASK:
    case OP_EXPLAIN: return step_task(s, o);
    case OP_FENCE: return step_fence(s, o);
    case OP_FLUSH:
    case OP_AGREE: return true;
    default: return step_view(s, o);
    }
}

bool interp_step(interp *s, oracle_op *o)
{
    arena_clear(&s->scratch);
    o->idle = o->failed = o->refused = false;
    o->expect = NULL;
    o->bytes = 0;
    o->overlap = 0;
    if (o->guard >= 0) {
        if (!s->known[o->guard])
            return false;
        if (!(s->value[o->guard] & 1)) {
            o->idle = true;
            return true;
        }
    }
    return step_any(s, o);
}

/* ---- a program ---- */

static void finish_handle(interp *s, int id)
{
    const handle   *h = live_handle(s, id);
    oracle_program *p = s->p;
    if (!h || !handle_defined(s, h))
        return;
    if (!h->whole && !h->sealed && hash_u64((uint64_t)id) % 4 != 0)
        return;
    bool      all, sure;
    oracle_op o = {.id = id};
    const int cause = handle_cause(s, h, &all, &sure);
    if (!sure)
        return;
    oracle_final *f = &p->final[p->n_finals++];
    f->id = id;
    f->failed = cause > 0;
    f->cause = cause_told(cause);
    expect_content(s, &o, h);
    f->expect = o.expect;
    f->bytes = o.bytes;
    f->shape = o.shape_now;
    f->type = o.type_now;
}

void interp_finish(interp *s)
{
    s->p->n_finals = 0;
    for (int id = 0; id < MAX_OPS; ++id) {
        arena_clear(&s->scratch);
        finish_handle(s, id);
    }
    s->p->any_failure = s->failures > 0 || s->mistaken;
}

void interp_program(oracle_program *p)
{
    arena_clear(&p->memory);
    interp *s = interp_create(p);
    for (int k = 0; k < p->n_ops; ++k)
        p->op[k].skip = !interp_step(s, &p->op[k]);
    interp_finish(s);
    interp_destroy(s);
}

/* ---- what the generator asks ---- */

bool interp_store(const interp *s, int id, store_info *out)
{
    if (id < 0 || id >= MAX_OPS || !s->handle[id].live || s->handle[id].bad)
        return false;
    const handle *h = &s->handle[id];
    const root   *r = &s->root[h->root];
    *out = (store_info){.live = true,
                        .writable = handle_writable(h) && !h->unbound,
                        .reducible = !h->no_write && !h->sealed && !h->unbound,
                        .sealed = h->sealed,
                        .promoted = h->promoted,
                        .whole_root = h->whole,
                        .unbound = h->unbound,
                        .attached = r->attached != NOT_ATTACHED,
                        .attach_read = r->attached == ATTACHED_READ,
                        .root = h->root,
                        .scope = h->scope,
                        .handles_of_root = r->handles,
                        .type = h->type,
                        .shape = handle_shape(h)};
    return true;
}

bool interp_content(interp *s, int id, bool *out_failed)
{
    const handle *h = live_handle(s, id);
    bool          all, sure;
    arena_clear(&s->scratch);
    if (!h || !handle_defined(s, h))
        return false;
    *out_failed = handle_cause(s, h, &all, &sure) > 0;
    return sure;
}

bool interp_partition(const interp *s, int id, tsr_shape *out_shape, int64_t *out_points)
{
    if (id < 0 || id >= MAX_OPS || !s->part[id].live)
        return false;
    *out_shape = s->part[id].shape;
    *out_points = s->part[id].n;
    return true;
}

int interp_scope_depth(const interp *s)
{
    return s->depth;
}

bool interp_value_known(const interp *s, int id, uint64_t *out_low_bits)
{
    if (!s->known[id])
        return false;
    *out_low_bits = s->value[id];
    return true;
}
