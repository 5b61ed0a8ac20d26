/* interp_task.c - the sequential meaning of a task: check what was declared, copy what is read, run
 * the kernel on the whole of it (point by point, leaf by leaf where that shows), put the results
 * back.
 *
 * A reduction that depends on order runs on each canonical leaf into partials of its own; partials
 * fold along the tree over the leaf grid, and the total is applied to the old content.  O(elements)
 * a task, O(elements log leaves) for such a reduction. */
#include "interp_task.h"

#include <stdlib.h>
#include <string.h>

static const tsr_constraint *constraint_of(const tsr_task_desc *d, tsr_constraint_kind kind, int of)
{
    for (const tsr_constraint *c = d->constraints; c->kind != TSR_CONSTRAINT_NONE; ++c)
        if (c->kind == kind && c->of == of)
            return c;
    return NULL;
}

/* ---- operands ---- */

static bool bind_value(execution *e, int k)
{
    const oracle_arg   *a = &e->o->arg[k];
    const tsr_arg_desc *d = &e->desc->d.args[k];
    operand            *x = &e->arg[k];
    if (d->type == PARAMS_TYPE) {
        x->bytes = (uint8_t *)&e->o->params;
        return true;
    }
    int64_t v = a->value;
    if (a->reg >= 0) {
        if (!e->s->known[a->reg])
            return false;
        v = (int64_t)(e->s->value[a->reg] % 5);
    }
    if (v < 0 && d->type >= TSR_U8 && d->type <= TSR_U64)
        return false; /* not a value of the type */
    x->bytes = scratch_take(e->s, 16);
    el_from_i64(d->type, v, x->bytes);
    return d->access == TSR_SCALAR;
}

static void take_copy(execution *e, operand *x)
{
    const root *r = &e->s->root[x->h->root];
    x->bytes = scratch_take(e->s, (size_t)x->at.n * r->size);
    for (int64_t k = 0; k < x->at.n; ++k)
        memcpy(x->bytes + (size_t)k * r->size, r->bytes + (size_t)x->at.at[k] * r->size, r->size);
}

static bool bind_store(execution *e, int k)
{
    const oracle_arg   *a = &e->o->arg[k];
    const tsr_arg_desc *d = &e->desc->d.args[k];
    operand            *x = &e->arg[k];
    if (a->handle < 0 || !e->s->handle[a->handle].live)
        return false;
    if (e->s->handle[a->handle].bad) {
        e->bad = e->s->handle[a->handle].bad;
        return d->access == TSR_READ;
    }
    x->h = &e->s->handle[a->handle];
    if (d->type != TSR_TYPE_ANY && d->type != x->h->type)
        return false;
    if (x->h->unbound)
        return e->desc->kernel == K_FILTER && k == 0;
    if ((d->rank && d->rank != x->h->rank) || (d->access == TSR_SCALAR && x->h->rank != 0))
        return false;
    if (d->access == TSR_REDUCE ? x->h->no_write || x->h->sealed
                                : is_written(d->access) && !handle_writable(x->h))
        return false;
    x->at = handle_places(e->s, x->h, d->access == TSR_REDUCE);
    for (int i = 0; i < x->h->rank; ++i)
        x->high[i] = x->h->extent[i];
    if (d->access != TSR_REDUCE)
        dense_strides(x->h->rank, x->h->extent, x->stride);
    take_copy(e, x);
    if (is_written(d->access))
        x->covered = memset(scratch_take(e->s, (size_t)x->at.n), 1, (size_t)x->at.n);
    return true;
}

static bool bind(execution *e)
{
    const tsr_task_desc *d = &e->desc->d;
    for (e->n = 0; e->n < TSR_MAX_ARGS && d->args[e->n].access != TSR_UNUSED_ARG; ++e->n) {
        e->arg[e->n].access = d->args[e->n].access;
        if (e->n >= e->o->n_args)
            return false;
        if (e->o->arg[e->n].handle >= 0 ? !bind_store(e, e->n) : !bind_value(e, e->n))
            return false;
    }
    return e->n == e->o->n_args;
}

/* ---- what was declared ---- */

static bool same_extents(const handle *a, const handle *b, unsigned but)
{
    if (a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; ++d)
        if (!(but >> d & 1) && a->extent[d] != b->extent[d])
            return false;
    return true;
}

/* SCALE: f * extent of b covers a (and, where a is written, no more than needed). */
static bool scale_fits(const tsr_constraint *c, const handle *a, const handle *b, bool written)
{
    if (a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; ++d) {
        if (c->low[d] < 1)
            return false;
        if (written && (b->extent[d] * c->low[d] < a->extent[d] ||
                        (b->extent[d] - 1) * c->low[d] >= a->extent[d]))
            return false;
        if (!written && (b->extent[d] - 1) * c->low[d] >= a->extent[d])
            return false;
    }
    return true;
}

static int64_t load_index(const operand *f, int64_t k)
{
    int64_t v;
    memcpy(&v, f->bytes + k * 8, 8);
    return v;
}

/* Every index that f holds lies in a; a written image names no element twice. */
static bool image_points_fit(execution *e, const tsr_constraint *c)
{
    operand       *a = &e->arg[c->of];
    const operand *f = &e->arg[c->on];
    const int      d = a->h->rank;
    if (d < 1 || (d > 1 && (f->h->rank < 1 || f->h->extent[f->h->rank - 1] != d)))
        return false;
    const bool written = a->covered && a->access != TSR_REDUCE;
    if (written)
        memset(a->covered, 0, (size_t)a->at.n);
    for (int64_t k = 0; k + d <= f->at.n; k += d) {
        int64_t place = 0;
        for (int j = 0; j < d; ++j) {
            const int64_t v = load_index(f, k + j);
            if (v < 0 || v >= a->h->extent[j])
                return false;
            place += v * a->stride[j];
        }
        if (written && a->covered[place]++)
            return false;
    }
    return true;
}

static bool image_ranges_fit(const operand *a, const operand *f)
{
    if (a->h->rank < 1 || f->h->rank < 1 || f->h->extent[f->h->rank - 1] != 2)
        return false;
    for (int64_t k = 0; k + 2 <= f->at.n; k += 2)
        if (load_index(f, k) < 0 || load_index(f, k + 1) < load_index(f, k) ||
            load_index(f, k + 1) > a->h->extent[0])
            return false;
    return true;
}

static bool image_fits(execution *e, const tsr_constraint *c)
{
    const operand *f = &e->arg[c->on];
    bool           all, sure;
    if (f->h->type != TSR_I64 || !handle_defined(e->s, f->h) ||
        handle_cause(e->s, f->h, &all, &sure) || !sure)
        return false;
    e->arg[c->of].partly = e->arg[c->of].image = true;
    return c->image == TSR_IMAGE_RANGES ? image_ranges_fit(&e->arg[c->of], f)
                                        : image_points_fit(e, c);
}

static bool constraint_holds(execution *e, const tsr_constraint *c)
{
    operand      *a = &e->arg[c->of];
    const handle *ha = a->h, *hb = e->arg[c->on].h;
    if (!ha || !hb)
        return false;
    switch (c->kind) {
    case TSR_CONSTRAINT_ALIGN: return same_extents(ha, hb, 0);
    case TSR_CONSTRAINT_BROADCAST:
        a->partly = c->dims != 0;
        return c->dims == 0 || same_extents(ha, hb, c->dims);
    case TSR_CONSTRAINT_HALO: a->partly = !same_extents(ha, hb, 0); return ha->rank == hb->rank;
    case TSR_CONSTRAINT_SCALE:
        a->partly = true;
        return scale_fits(c, ha, hb, is_written(a->access));
    case TSR_CONSTRAINT_IMAGE: return image_fits(e, c);
    default: return true;
    }
}

/* What kernels need beyond their constraints: elements of one type, index tuples. */
static bool kernel_fits(const execution *e)
{
    const operand *a = e->arg;
    switch (e->desc->kernel) {
    case K_COPY:
    case K_PAIRS:
    case K_MINEXT:
    case K_FAIL:
    case K_SCRATCH:
    case K_LAYOUT:
    case K_SCAN:
    case K_REDUCE:
    case K_HISTOGRAM:
    case K_POINT_SUM:
        if (e->desc->kernel == K_PAIRS && a[0].h->rank < 1)
            return false;
        return a[0].h->type == a[1].h->type;
    case K_STENCIL:
    case K_COARSEN: return a[0].h->type == a[1].h->type;
    case K_AFFINE:
    case K_UPDATE2: return a[0].h->type == a[1].h->type;
    case K_SUMMED: return a[1].h->type == a[2].h->type;
    case K_TWO_SUMS: return a[0].h->type == a[2].h->type;
    case K_ADD_AT:
        return a[0].h->type == a[2].h->type &&
               (a[0].h->rank == 1 || a[2].h->extent[a[2].h->rank - 1] == 1);
    case K_ADD: return a[0].h->type == a[1].h->type && a[0].h->type == a[2].h->type;
    case K_GATHER:
        return a[0].h->type == a[2].h->type &&
               (a[2].h->rank == 1 || a[0].h->extent[a[0].h->rank - 1] == 1);
    case K_RANGES: return a[0].h->type == a[2].h->type && a[0].h->extent[a[0].h->rank - 1] == 1;
    case K_SCATTER: return a[0].h->type == a[2].h->type && a[0].h->rank == 1;
    case K_MATMUL:
        return a[0].h->type == a[1].h->type && a[0].h->type == a[2].h->type && a[0].h->rank == 2 &&
               a[1].h->extent[1] == a[2].h->extent[0];
    case K_ARG: return a[1].h->type == TSR_F64;
    default: return true;
    }
}

static bool index_fits(const execution *e)
{
    const handle        *h = e->arg[0].h;
    const kernel_params *p = &e->o->params;
    if (e->desc->kernel != K_INDEX || p->flags < INDEX_POINTS)
        return true;
    if (h->type != TSR_I64 || h->rank < 1)
        return false;
    if (p->flags == INDEX_PERMUTATION)
        return h->rank == 1 && p->modulus[0] == h->extent[0];
    return (p->flags == INDEX_RANGES ? 2 : p->low[0]) <= 1 ||
           h->extent[h->rank - 1] == (p->flags == INDEX_RANGES ? 2 : p->low[0]);
}

static bool declared(execution *e)
{
    const tsr_task_desc *d = &e->desc->d;
    for (const tsr_constraint *c = d->constraints; c->kind != TSR_CONSTRAINT_NONE; ++c)
        if (!constraint_holds(e, c))
            return false;
    e->arg[e->desc->iteration].aligned = true;
    for (int k = 0; k < e->n; ++k) {
        const tsr_constraint *c = constraint_of(d, TSR_CONSTRAINT_ALIGN, k);
        if (c && c->on == e->desc->iteration)
            e->arg[k].aligned = true;
    }
    if (e->o->points > 0) /* an empty store cannot be cut */
        for (int k = 0; k < e->n; ++k)
            if (e->arg[k].h && handle_volume(e->arg[k].h) == 0)
                return false;
    const handle *it = e->arg[e->desc->iteration].h;
    for (int k = 0; k < e->n && !it->unbound && handle_volume(it) > 0; ++k)
        if (e->arg[k].h && !e->arg[k].h->unbound && handle_volume(e->arg[k].h) == 0)
            return false; /* kernels may look for an element of it */
    return kernel_fits(e) && index_fits(e);
}

/* ---- manual launches ---- */

static bool bind_manual(execution *e)
{
    if (e->o->points <= 0)
        return true;
    if (e->desc->kernel == K_TALK && e->o->points > e->s->p->config.workers[0])
        return false; /* a worker a point, also where one rank runs all */
    for (int k = 0; k < e->n; ++k) {
        operand *x = &e->arg[k];
        if (!x->h || x->access == TSR_SCALAR ||
            constraint_of(&e->desc->d, TSR_CONSTRAINT_BROADCAST, k))
            continue;
        const int q = e->o->arg[k].partition;
        if (q < 0 || !e->s->part[q].live || e->s->part[q].n != e->o->points)
            return false;
        x->cut = &e->s->part[q];
        x->partly = true;
        if (x->cut->shape.rank != x->h->rank ||
            memcmp(x->cut->shape.extent, x->h->extent, (size_t)x->h->rank * 8) != 0)
            return false;
        if (x->covered && (x->h->inexact || x->h->promoted))
            return false;
        if (x->covered && x->access != TSR_REDUCE)
            memset(x->covered, 0, (size_t)x->at.n);
    }
    return true;
}

/* Mark what the points write; false: two of them meet. */
static bool cover_pieces(execution *e)
{
    for (int k = 0; k < e->n; ++k) {
        operand *x = &e->arg[k];
        if (!x->cut || !x->covered || x->access == TSR_REDUCE)
            continue;
        for (int64_t q = 0; q < x->cut->n; ++q) {
            const tsr_box *b = &x->cut->box[q];
            int64_t        i[TSR_MAX_RANK];
            for (bool more = box_first(b->rank, b->low, b->high, i); more;
                 more = box_next(b->rank, b->low, b->high, i)) {
                int64_t place = 0;
                for (int d = 0; d < b->rank; ++d)
                    place += i[d] * x->stride[d];
                if (x->covered[place]++)
                    return false;
            }
        }
    }
    return true;
}

/* ---- what is written, read and failed ---- */

/* Written views meet neither themselves nor each other. */
static bool written_apart(execution *e)
{
    for (int k = 0; k < e->n; ++k) {
        const operand *x = &e->arg[k];
        if (!x->h || !is_written(x->access))
            continue;
        const root *r = &e->s->root[x->h->root];
        uint8_t    *mark = memset(scratch_take(e->s, (size_t)r->n), 0, (size_t)r->n);
        for (int j = k; j < e->n; ++j) {
            const operand *y = &e->arg[j];
            if (!y->h || y->h->root != x->h->root || !is_written(y->access))
                continue;
            if (j != k && (x->h->inexact || y->h->inexact))
                return false;
            for (int64_t i = 0; i < y->at.n; ++i)
                if (mark[y->at.at[i]]++)
                    return false;
        }
    }
    return true;
}

static bool readable(execution *e, int *out_cause)
{
    *out_cause = 0;
    for (int k = 0; k < e->n; ++k) {
        operand *x = &e->arg[k];
        if (!x->h || x->access == TSR_WRITE)
            continue;
        bool all, sure;
        if (!handle_defined(e->s, x->h))
            return false;
        const int cause = handle_cause(e->s, x->h, &all, &sure);
        if (!sure)
            return false;
        if (cause && (x->cut || x->image || (!all && (x->partly || x->access == TSR_REDUCE))))
            return false;
        if (cause && x->access == TSR_REDUCE && e->desc->kernel == K_SUMMED)
            return false;
        if (cause && (!*out_cause || cause < *out_cause))
            *out_cause = cause;
    }
    for (int k = 0; k < e->n && *out_cause; ++k) /* which of its elements fail is not documented */
        if (e->arg[k].access == TSR_REDUCE && (e->arg[k].cut || e->arg[k].image))
            return false;
    return true;
}

static void note_overlap(execution *e)
{
    for (int k = 0; k < e->n; ++k)
        for (int j = 0; j < e->n; ++j)
            if (e->arg[k].h && e->arg[j].h && j != k && is_written(e->arg[k].access) &&
                e->arg[j].access == TSR_READ && e->arg[j].h->root == e->arg[k].h->root &&
                places_meet(e->s, &e->arg[k].at, &e->arg[j].at, e->arg[k].h->root))
                e->o->overlap = 1;
}

/* ---- the end of it ---- */

/* Whether the pieces of a manual launch leave nothing out. */
static bool covers_all(const operand *x)
{
    for (int64_t i = 0; i < x->at.n; ++i)
        if (!x->covered[i])
            return false;
    return true;
}

static void put_back(execution *e, int cause)
{
    for (int k = 0; k < e->n; ++k) {
        operand *x = &e->arg[k];
        if (!x->h || !is_written(x->access) || x->h->unbound)
            continue;
        root *r = &e->s->root[x->h->root];
        for (int64_t i = 0; i < x->at.n; ++i) {
            if (!x->covered[i])
                continue;
            const int64_t place = x->at.at[i];
            r->defined[place] = 1;
            if (!cause)
                memcpy(r->bytes + (size_t)place * r->size, x->bytes + (size_t)i * r->size, r->size);
        }
        if (cause)
            mark_failed(e->s, x->h->root, &x->at, x->covered, cause);
        else
            mark_good(e->s, x->h->root, &x->at, x->covered,
                      x->access == TSR_WRITE && !x->h->inexact && !x->image &&
                          (!x->cut || covers_all(x)));
    }
}

/* The rows of an unbound store become its root. */
static void put_unbound(execution *e)
{
    handle *h = e->arg[0].h;
    h->extent[0] = e->call.unbound_rows;
    h->unbound = false;
    dense_strides(h->rank, h->extent, h->stride);
    const int64_t   n = handle_volume(h);
    const tsr_shape shape = handle_shape(h);
    const int       kept = e->s->root[h->root].handles;
    const int       r = new_root(e->s, h->type, &shape);
    if (n > 0)
        memcpy(e->s->root[r].bytes, e->call.unbound, (size_t)n * e->s->root[r].size);
    free(e->call.unbound);
    memset(e->s->root[r].defined, 1, (size_t)n);
    e->s->root[r].handles = kept;
    h->root = r;
}

/* A failed handle in: the call answers its cause, and the outputs carry it. */
static bool refuse(execution *e)
{
    if (e->o->kind == OP_EXPLAIN || e->o->points > 0 || e->desc->kernel == K_FILTER ||
        e->desc->kernel == K_SCATTER)
        return false;
    put_back(e, cause_of(e->o->id, e->bad - 1));
    e->o->failed = e->o->refused = true;
    e->o->cause = e->bad - 1;
    return true;
}

bool step_task(interp *s, oracle_op *o)
{
    execution e = {.s = s, .o = o, .desc = &s->p->desc[o->desc]};
    int       cause;
    o->params.tag = o->id;
    e.call.p = &o->params;
    if (!bind(&e))
        return false;
    if (e.bad)
        return refuse(&e);
    if (!bind_manual(&e) || !declared(&e) || !cover_pieces(&e) || !written_apart(&e) ||
        !readable(&e, &cause))
        return false;
    note_overlap(&e);
    const handle *it = e.arg[e.desc->iteration].h;
    o->shape_now = it->unbound ? (tsr_shape){0} : handle_shape(it);
    const bool filter = e.desc->kernel == K_FILTER;
    if (filter && (cause || o->kind == OP_EXPLAIN || !e.arg[0].h->unbound))
        return false;
    if (o->kind == OP_EXPLAIN)
        return true;
    if (!cause) {
        if (!execution_run(&e))
            return false;
        if (e.failed) {
            cause = cause_of(o->id, o->id);
            s->failures++;
        }
    }
    o->failed = cause > 0;
    o->cause = cause_told(cause);
    if (filter)
        put_unbound(&e);
    else
        put_back(&e, cause);
    return true;
}
