/* interp_run.c - running a task's kernel: on the whole of everything, point by point, leaf by leaf.
 *
 * A reduction that depends on order runs on each canonical leaf into partials of its own; partials
 * fold along the tree over the leaf grid, and the total is applied to the old content. */
#include "interp_task.h"

#include <string.h>

static void window_of(execution *e, int k, const int64_t *low, const int64_t *high)
{
    operand        *x = &e->arg[k];
    tsr_raw_window *w = &e->call.w[k];
    w->origin = (char *)x->bytes;
    w->stride = x->stride;
    w->low = low ? low : x->low;
    w->high = high ? high : x->high;
    w->rank = x->h ? x->h->rank : 0;
    w->type = x->h ? x->h->type : e->desc->d.args[k].type;
}

/* Windows on all of everything, but for aligned arguments on a box of the iteration space. */
static void windows(execution *e, const int64_t *low, const int64_t *high)
{
    for (int k = 0; k < e->n; ++k) {
        const bool cut = low && e->arg[k].aligned;
        window_of(e, k, cut ? low : NULL, cut ? high : NULL);
    }
}

/* ---- the tree ---- */

/* A partial: a box of the accumulator's elements. */
typedef struct partial {
    int64_t  low[TSR_MAX_RANK], high[TSR_MAX_RANK], stride[TSR_MAX_RANK];
    uint8_t *bytes;
} partial;

static int64_t partial_place(const partial *p, int rank, const int64_t *i)
{
    int64_t place = 0;
    for (int d = 0; d < rank; ++d) {
        if (i[d] < p->low[d] || i[d] >= p->high[d])
            return -1;
        place += (i[d] - p->low[d]) * p->stride[d];
    }
    return place;
}

/* Room for the elements of the accumulator that a box of the iteration space meets. */
static partial partial_create(execution *e, const int64_t *low, const int64_t *high)
{
    const operand *acc = &e->arg[e->reduced];
    partial        p = {0};
    int64_t        extent[TSR_MAX_RANK] = {0}, n = 1;
    for (int d = 0; d < acc->h->rank; ++d) {
        const bool kept = acc->h->stride[d] != 0;
        p.low[d] = !acc->aligned || !kept ? 0 : low[d];
        p.high[d] = !acc->aligned ? acc->h->extent[d] : kept ? high[d] : 1;
        if (!acc->aligned && !kept)
            p.high[d] = 1;
        extent[d] = p.high[d] - p.low[d];
        n *= extent[d];
    }
    dense_strides(acc->h->rank, extent, p.stride);
    const size_t size = el_size(acc->h->type);
    p.bytes = scratch_take(e->s, (size_t)n * size);
    const tsr_arg_desc *d = &e->desc->d.args[e->reduced];
    for (int64_t k = 0; k < n; ++k)
        el_identity(d->reduction, acc->h->type, d->reducer, p.bytes + (size_t)k * size);
    return p;
}

/* One call of the body, into an accumulator of its own. */
static partial run_leaf(execution *e, const int64_t *low, const int64_t *high)
{
    const operand *acc = &e->arg[e->reduced];
    partial        p = partial_create(e, low, high);
    int64_t        stride[TSR_MAX_RANK], shift = 0;
    windows(e, low, high);
    for (int d = 0; d < acc->h->rank; ++d) {
        stride[d] = acc->h->stride[d] == 0 ? 0 : p.stride[d];
        shift += p.low[d] * stride[d];
    }
    tsr_raw_window *w = &e->call.w[e->reduced];
    w->origin = (char *)p.bytes - shift * (int64_t)el_size(acc->h->type);
    w->stride = stride;
    if (!kernel_run(&e->call))
        e->failed = true;
    return p;
}

/* left op right where both have an element; whichever has it elsewhere. */
static partial fold(execution *e, const partial *left, const partial *right)
{
    const operand      *acc = &e->arg[e->reduced];
    const tsr_arg_desc *d = &e->desc->d.args[e->reduced];
    const int           rank = acc->h->rank;
    const size_t        size = el_size(acc->h->type);
    partial             p = *left;
    int64_t             extent[TSR_MAX_RANK] = {0}, n = 1, i[TSR_MAX_RANK];
    for (int k = 0; k < rank; ++k) {
        p.high[k] = right->high[k] > left->high[k] ? right->high[k] : left->high[k];
        extent[k] = p.high[k] - p.low[k];
        n *= extent[k];
    }
    dense_strides(rank, extent, p.stride);
    p.bytes = scratch_take(e->s, (size_t)n * size);
    uint8_t *to = p.bytes;
    for (bool more = box_first(rank, p.low, p.high, i); more;
         more = box_next(rank, p.low, p.high, i), to += size) {
        const int64_t l = partial_place(left, rank, i), r = partial_place(right, rank, i);
        memcpy(to, l >= 0 ? left->bytes + (size_t)l * size : right->bytes + (size_t)r * size, size);
        if (l >= 0 && r >= 0)
            el_combine(d->reduction, acc->h->type, d->reducer, to, right->bytes + (size_t)r * size);
    }
    return p;
}

typedef struct leaf_grid {
    int     rank;
    int64_t extent[TSR_MAX_RANK], leaf[TSR_MAX_RANK], count[TSR_MAX_RANK];
} leaf_grid;

static void leaf_box(const leaf_grid *g, const int64_t *i, int64_t *low, int64_t *high)
{
    for (int d = 0; d < g->rank; ++d) {
        low[d] = i[d] * g->leaf[d];
        high[d] = low[d] + g->leaf[d] < g->extent[d] ? low[d] + g->leaf[d] : g->extent[d];
    }
}

static partial run_tree(execution *e, const leaf_grid *g, const int64_t *low, const int64_t *high)
{
    int     dim;
    int64_t middle;
    if (!leaf_split(g->rank, low, high, &dim, &middle)) {
        int64_t l[TSR_MAX_RANK], h[TSR_MAX_RANK];
        leaf_box(g, low, l, h);
        return run_leaf(e, l, h);
    }
    int64_t left_high[TSR_MAX_RANK], right_low[TSR_MAX_RANK];
    memcpy(left_high, high, sizeof left_high);
    memcpy(right_low, low, sizeof right_low);
    left_high[dim] = right_low[dim] = middle;
    const partial left = run_tree(e, g, low, left_high);
    const partial right = run_tree(e, g, right_low, high);
    return fold(e, &left, &right);
}

static leaf_grid grid_of(const execution *e)
{
    const handle  *it = e->arg[e->desc->iteration].h;
    const int64_t *given = e->desc->d.leaf;
    leaf_grid      g = {.rank = it->rank};
    unsigned       kept = 0;
    int64_t        rest = 0;
    if (e->reduced >= 0) {
        const operand *acc = &e->arg[e->reduced];
        rest = acc->aligned ? 1 : acc->at.n;
        for (int d = 0; acc->aligned && d < it->rank; ++d)
            if (acc->h->stride[d] != 0)
                kept |= 1u << d;
    }
    memcpy(g.extent, it->extent, sizeof g.extent);
    leaf_extents(g.rank, g.extent, e->s->p->config.leaf, kept, rest, g.leaf);
    for (int d = 0; d < g.rank; ++d) {
        if (given[d])
            g.leaf[d] = given[d];
        g.count[d] = (g.extent[d] + g.leaf[d] - 1) / g.leaf[d];
    }
    return g;
}

/* old = old op total, element by element. */
static void apply_total(execution *e, int k, const uint8_t *total)
{
    const operand      *acc = &e->arg[k];
    const tsr_arg_desc *d = &e->desc->d.args[k];
    const size_t        size = el_size(acc->h->type);
    for (int64_t i = 0; i < acc->at.n; ++i)
        el_combine(d->reduction, acc->h->type, d->reducer, acc->bytes + (size_t)i * size,
                   total + (size_t)i * size);
}

static bool run_in_order(execution *e)
{
    const leaf_grid g = grid_of(e);
    const int64_t   low[TSR_MAX_RANK] = {0};
    int64_t         i[TSR_MAX_RANK];
    if (!box_first(g.rank, low, g.count, i))
        return true;
    el_not_finite = false;
    const partial total = run_tree(e, &g, low, g.count);
    if (!e->failed)
        apply_total(e, e->reduced, total.bytes);
    return !el_not_finite;
}

static void run_canonical(execution *e)
{
    const leaf_grid g = grid_of(e);
    const int64_t   low[TSR_MAX_RANK] = {0};
    int64_t         i[TSR_MAX_RANK], l[TSR_MAX_RANK], h[TSR_MAX_RANK];
    for (bool more = box_first(g.rank, low, g.count, i); more;
         more = box_next(g.rank, low, g.count, i)) {
        leaf_box(&g, i, l, h);
        windows(e, l, h);
        if (!kernel_run(&e->call))
            e->failed = true;
    }
}

/* Once, on everything; accumulators start at the identity. */
static void run_whole(execution *e)
{
    int64_t        stride[TSR_MAX_ARGS][TSR_MAX_RANK];
    uint8_t       *total[TSR_MAX_ARGS] = {NULL};
    const int64_t *none = NULL;
    windows(e, none, none);
    const int reduced = e->reduced;
    for (int k = 0; k < e->n; ++k)
        if (e->arg[k].access == TSR_REDUCE) {
            e->reduced = k;
            const handle *h = e->arg[k].h;
            const partial p = partial_create(e, e->arg[k].low, e->arg[k].high);
            for (int d = 0; d < h->rank; ++d)
                stride[k][d] = h->stride[d] == 0 ? 0 : p.stride[d];
            total[k] = p.bytes;
            e->call.w[k].origin = (char *)p.bytes;
            e->call.w[k].stride = stride[k];
        }
    e->reduced = reduced;
    if (!kernel_run(&e->call))
        e->failed = true;
    for (int k = 0; k < e->n && !e->failed; ++k)
        if (total[k])
            apply_total(e, k, total[k]);
}

static void run_points(execution *e)
{
    for (int64_t q = 0; q < e->o->points; ++q) {
        e->call.point = q;
        for (int k = 0; k < e->n; ++k)
            window_of(e, k, e->arg[k].cut ? e->arg[k].cut->box[q].low : NULL,
                      e->arg[k].cut ? e->arg[k].cut->box[q].high : NULL);
        if (!kernel_run(&e->call))
            e->failed = true;
    }
}

bool execution_run(execution *e)
{
    e->reduced = -1;
    for (int k = 0; k < e->n; ++k) {
        const tsr_arg_desc *d = &e->desc->d.args[k];
        if (d->access == TSR_REDUCE && !el_is_exact(d->reduction, e->arg[k].h->type, d->reducer))
            e->reduced = k;
    }
    e->call.n = e->n;
    if (e->o->points > 0) {
        run_points(e);
        return e->reduced < 0;
    }
    if (e->reduced >= 0)
        return run_in_order(e);
    if (e->desc->d.canonical) {
        run_canonical(e);
    } else {
        el_not_finite = false;
        run_whole(e);
        for (int k = 0; k < e->n; ++k)
            if (e->arg[k].access == TSR_REDUCE && el_not_finite)
                return false;
    }
    return true;
}
