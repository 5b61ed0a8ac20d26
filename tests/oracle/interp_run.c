/* interp_run.c - running a task's kernel: on the whole of everything, point by point, leaf by leaf.
 *
 * Where a reduction depends on order, the kernel runs on each canonical leaf into partials of its own;
 * partials fold along the tree over the leaf grid, and the total is applied to the old content.  In a
 * manual launch each point is a leaf, and the grid is the row of points. */
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

/* Elements of argument k's accumulator at the identity: those of a box of its view; once where the
 * view repeats them. */
static partial partial_create(execution *e, int k, const int64_t *low, const int64_t *high)
{
    const operand      *acc = &e->arg[k];
    const tsr_arg_desc *d = &e->desc->d.args[k];
    const size_t        size = el_size(acc->h->type);
    partial             p = {0};
    int64_t             extent[TSR_MAX_RANK] = {0}, n = 1;
    for (int i = 0; i < acc->h->rank; ++i) {
        const bool kept = acc->h->stride[i] != 0;
        p.low[i] = kept ? low[i] : 0;
        p.high[i] = kept ? high[i] : 1;
        extent[i] = p.high[i] - p.low[i];
        n *= extent[i];
    }
    dense_strides(acc->h->rank, extent, p.stride);
    p.bytes = scratch_take(e->s, (size_t)n * size);
    for (int64_t i = 0; i < n; ++i)
        el_identity(d->reduction, acc->h->type, d->reducer, p.bytes + (size_t)i * size);
    return p;
}

/* Partials of one call of the body, by argument. */
typedef struct partials {
    partial of[TSR_MAX_ARGS];
} partials;

static bool is_reduced(const execution *e, int k)
{
    return e->arg[k].access == TSR_REDUCE;
}

/* One call of the body on the windows that stand, into accumulators of its own. */
static partials run_apart_once(execution *e)
{
    partials p;
    int64_t  stride[TSR_MAX_ARGS][TSR_MAX_RANK];
    for (int k = 0; k < e->n; ++k) {
        if (!is_reduced(e, k))
            continue;
        tsr_raw_window *w = &e->call.w[k];
        const handle   *h = e->arg[k].h;
        int64_t         shift = 0;
        p.of[k] = partial_create(e, k, w->low, w->high);
        for (int d = 0; d < h->rank; ++d) {
            stride[k][d] = h->stride[d] == 0 ? 0 : p.of[k].stride[d];
            shift += p.of[k].low[d] * stride[k][d];
        }
        w->origin = (char *)p.of[k].bytes - shift * (int64_t)el_size(h->type);
        w->stride = stride[k];
    }
    if (!kernel_run(&e->call))
        e->failed = true;
    return p;
}

/* left op right where both have an element; whichever has it elsewhere. */
static partial fold(execution *e, int k, const partial *left, const partial *right)
{
    const operand      *acc = &e->arg[k];
    const tsr_arg_desc *d = &e->desc->d.args[k];
    const int           rank = acc->h->rank;
    const size_t        size = el_size(acc->h->type);
    partial             p = *left;
    int64_t             extent[TSR_MAX_RANK] = {0}, n = 1, i[TSR_MAX_RANK];
    for (int j = 0; j < rank; ++j) {
        p.high[j] = right->high[j] > left->high[j] ? right->high[j] : left->high[j];
        extent[j] = p.high[j] - p.low[j];
        n *= extent[j];
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

static partials run_tree(execution *e, const leaf_grid *g, const int64_t *low,
                         const int64_t *high)
{
    int     dim;
    int64_t middle;
    if (!leaf_split(g->rank, low, high, &dim, &middle)) {
        int64_t l[TSR_MAX_RANK], h[TSR_MAX_RANK];
        leaf_box(g, low, l, h);
        windows(e, l, h);
        return run_apart_once(e);
    }
    int64_t left_high[TSR_MAX_RANK], right_low[TSR_MAX_RANK];
    memcpy(left_high, high, sizeof left_high);
    memcpy(right_low, low, sizeof right_low);
    left_high[dim] = right_low[dim] = middle;
    const partials left = run_tree(e, g, low, left_high);
    const partials right = run_tree(e, g, right_low, high);
    partials       both;
    for (int k = 0; k < e->n; ++k)
        if (is_reduced(e, k))
            both.of[k] = fold(e, k, &left.of[k], &right.of[k]);
    return both;
}

/* The iteration dimensions that move an accumulator; elements along its others. */
static int64_t accumulator_of(const execution *e, int k, const handle *it, unsigned *out_kept)
{
    const operand *acc = &e->arg[k];
    *out_kept = 0;
    for (int d = 0; acc->aligned && d < it->rank; ++d)
        if (acc->h->stride[d] != 0)
            *out_kept |= 1u << d;
    return acc->aligned ? 1 : acc->at.n;
}

/* The largest accumulator of a leaf of the rule without its last step, the first of equals. */
static int64_t largest_accumulator(const execution *e, const leaf_grid *g, const handle *it,
                                   unsigned *out_kept)
{
    int64_t most = -1, rest = 0;
    *out_kept = 0;
    for (int k = 0; k < e->n; ++k) {
        unsigned kept;
        if (!is_reduced(e, k))
            continue;
        const int64_t further = accumulator_of(e, k, it, &kept);
        int64_t       n = further;
        for (int d = 0; d < g->rank; ++d)
            if (kept >> d & 1)
                n *= g->leaf[d];
        if (n > most) {
            most = n;
            rest = further;
            *out_kept = kept;
        }
    }
    return rest;
}

static leaf_grid grid_of(const execution *e)
{
    const handle  *it = e->arg[e->desc->iteration].h;
    const int64_t *given = e->desc->d.leaf;
    leaf_grid      g = {.rank = it->rank};
    unsigned       kept;
    memcpy(g.extent, it->extent, sizeof g.extent);
    leaf_extents(g.rank, g.extent, e->s->p->config.leaf, 0, 0, g.leaf);
    const int64_t rest = largest_accumulator(e, &g, it, &kept);
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

static void apply_totals(execution *e, const partials *total)
{
    for (int k = 0; k < e->n && !e->failed; ++k)
        if (is_reduced(e, k))
            apply_total(e, k, total->of[k].bytes);
}

static void run_in_order(execution *e)
{
    const leaf_grid g = grid_of(e);
    const int64_t   low[TSR_MAX_RANK] = {0};
    int64_t         i[TSR_MAX_RANK];
    if (!box_first(g.rank, low, g.count, i))
        return;
    const partials total = run_tree(e, &g, low, g.count);
    apply_totals(e, &total);
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

/* Once, on everything. */
static void run_whole(execution *e)
{
    windows(e, NULL, NULL);
    const partials total = run_apart_once(e);
    apply_totals(e, &total);
}

/* ---- manual launches ---- */

/* The partials of points [low, high) that have an element, folded along the tree over the points'
 * numbers; false: none of them has it. */
static bool fold_points(execution *e, int k, const partials *of_point, const int64_t *i, int64_t low,
                        int64_t high, uint8_t *out)
{
    const handle       *h = e->arg[k].h;
    const tsr_arg_desc *d = &e->desc->d.args[k];
    const size_t        size = el_size(h->type);
    int                 dim;
    int64_t             middle;
    char                right[16];
    if (!leaf_split(1, &low, &high, &dim, &middle)) {
        const partial *p = &of_point[low].of[k];
        const int64_t  at = partial_place(p, h->rank, i);
        if (at >= 0)
            memcpy(out, p->bytes + (size_t)at * size, size);
        return at >= 0;
    }
    const bool left_has = fold_points(e, k, of_point, i, low, middle, out);
    const bool right_has = fold_points(e, k, of_point, i, middle, high, (uint8_t *)right);
    if (left_has && right_has)
        el_combine(d->reduction, h->type, d->reducer, out, right);
    else if (right_has)
        memcpy(out, right, size);
    return left_has || right_has;
}

static void apply_points(execution *e, int k, const partials *of_point)
{
    operand            *acc = &e->arg[k];
    const tsr_arg_desc *d = &e->desc->d.args[k];
    const size_t        size = el_size(acc->h->type);
    int64_t             low[TSR_MAX_RANK] = {0}, high[TSR_MAX_RANK], i[TSR_MAX_RANK], at = 0;
    for (int j = 0; j < acc->h->rank; ++j)
        high[j] = acc->h->stride[j] == 0 && acc->h->extent[j] > 1 ? 1 : acc->h->extent[j];
    for (bool more = box_first(acc->h->rank, low, high, i); more;
         more = box_next(acc->h->rank, low, high, i), ++at) {
        uint8_t total[16];
        if (fold_points(e, k, of_point, i, 0, e->o->points, total))
            el_combine(d->reduction, acc->h->type, d->reducer, acc->bytes + (size_t)at * size,
                       total);
    }
}

static void run_points(execution *e)
{
    partials *of_point = scratch_take(e->s, (size_t)e->o->points * sizeof *of_point);
    for (int64_t q = 0; q < e->o->points; ++q) {
        e->call.point = q;
        for (int k = 0; k < e->n; ++k)
            window_of(e, k, e->arg[k].cut ? e->arg[k].cut->box[q].low : NULL,
                      e->arg[k].cut ? e->arg[k].cut->box[q].high : NULL);
        of_point[q] = run_apart_once(e);
    }
    for (int k = 0; k < e->n && !e->failed; ++k)
        if (is_reduced(e, k))
            apply_points(e, k, of_point);
}

bool execution_run(execution *e)
{
    bool ordered = false;
    for (int k = 0; k < e->n; ++k) {
        const tsr_arg_desc *d = &e->desc->d.args[k];
        ordered |= is_reduced(e, k) && !el_is_exact(d->reduction, e->arg[k].h->type, d->reducer);
    }
    const handle *it = e->arg[e->desc->iteration].h;
    if (e->o->points == 0 && !it->unbound && handle_volume(it) == 0)
        return true; /* no body is called, and nothing changes */
    e->call.n = e->n;
    el_not_finite = el_met_not_finite = false;
    if (e->o->points > 0 && e->desc->kernel != K_TALK)
        run_points(e);
    else if (ordered)
        run_in_order(e);
    else if (e->desc->d.canonical)
        run_canonical(e);
    else
        run_whole(e);
    e->o->not_finite = el_met_not_finite;
    return !el_not_finite;
}
