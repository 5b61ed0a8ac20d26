/* solve/make_plan.c - the plan of an operation whose cuts are chosen.
 *
 * For every argument: the boxes bodies see (rows of view indices, point by point), the regions of the
 * root behind them, the hull that each rank meets, and where along each root dimension the intervals
 * of a cut stand. Dimensions do not mix, so all of it is made from one list of intervals a dimension.
 *
 * Cost: O(points of this rank * arguments * rank + ranks * arguments). Threads: the issuing thread. */
#include <string.h>

#include "model/types.h"
#include "solve/problem.h"
#include "solve/solve.h"

/* Intervals of one argument along its dimensions, by coordinate of the cut. */
struct axes {
    int64_t *low[TSR_MAX_RANK], *high[TSR_MAX_RANK];
    int64_t  few[64], *memory; /* memory: where few are too few */
};

static int pieces_along(const struct problem *q, int d)
{
    return d < q->rank ? q->grid[d] : 1;
}

static bool axes_make(const struct problem *q, int arg, struct axes *x)
{
    const struct view *v = q->op->arg[arg].view;
    size_t             n = 0;
    for (int d = 0; d < v->rank; ++d)
        n += 2 * (size_t)pieces_along(q, d);
    x->memory = n > sizeof x->few / sizeof *x->few ? base_calloc(n, sizeof *x->memory) : NULL;
    int64_t *at = x->memory ? x->memory : x->few;
    if (n > sizeof x->few / sizeof *x->few && !x->memory)
        return false;
    for (int d = 0; d < v->rank; ++d) {
        const int m = pieces_along(q, d);
        x->low[d] = at;
        x->high[d] = at + m;
        at += 2 * m;
        for (int c = 0; c < m; ++c) {
            const struct interval it = d < q->rank
                                           ? (struct interval){q->cut[d][c], q->cut[d][c + 1]}
                                           : (struct interval){0, 1};
            const struct interval i = solve_along(q, arg, d, it);
            x->low[d][c] = i.low;
            x->high[d][c] = i.high;
        }
    }
    return true;
}

/* ---- points ---- */

static bool grid_next(const struct plan *p, int *at)
{
    for (int d = p->rank - 1; d >= 0; --d) {
        if (++at[d] < p->grid[d])
            return true;
        at[d] = 0;
    }
    return false;
}

static void fill_points(struct plan *p, struct plan_arg *a, const struct axes *x)
{
    int at[TSR_MAX_RANK] = {0};
    for (int i = 0; i < p->n_points; ++i) {
        int64_t *row = p->boxes + (int64_t)i * p->row + a->box_at;
        tsr_box  box = {.rank = a->rank};
        for (int d = 0; d < a->rank; ++d) {
            const int c = d < p->rank ? at[d] : 0;
            row[d] = box.low[d] = x->low[d][c];
            row[a->rank + d] = box.high[d] = x->high[d][c];
        }
        a->region[i] = view_region(a->view, &box);
        grid_next(p, at);
    }
}

/* ---- the inverse ---- */

/* Root indices that [low, high) of view dimension d reaches; empty stays empty, and in order. */
static void root_interval(const struct view *v, int r, int d, int64_t low, int64_t high,
                          int64_t *out_low, int64_t *out_high)
{
    const int64_t a = v->a[r][d], b = v->b[r];
    if (low >= high)
        *out_low = *out_high = a > 0 ? a * low + b : a * low + b + 1;
    else if (a > 0) {
        *out_low = a * low + b;
        *out_high = a * (high - 1) + b + 1;
    } else {
        *out_low = a * (high - 1) + b;
        *out_high = a * low + b + 1;
    }
}

static bool fill_cut(const struct problem *q, struct plan *p, int arg, int r, const struct axes *x)
{
    struct plan_arg *a = &p->arg[arg];
    const int        d = a->view->fed_by[r];
    int64_t          scale, low, high;
    a->cut_by[r] = -1;
    if (d < 0 || d >= p->rank || p->grid[d] < 2 || !solve_affine(q, arg, d, &scale, &low, &high))
        return true;
    a->cut_low[r] = plan_memory(p, p->grid[d], sizeof **a->cut_low);
    a->cut_high[r] = plan_memory(p, p->grid[d], sizeof **a->cut_high);
    if (!a->cut_low[r] || !a->cut_high[r])
        return false;
    a->cut_by[r] = (int8_t)d;
    for (int c = 0; c < p->grid[d]; ++c)
        root_interval(a->view, r, d, x->low[d][c], x->high[d][c], &a->cut_low[r][c],
                      &a->cut_high[r][c]);
    return true;
}

static bool fill_inverse(const struct problem *q, struct plan *p, int arg, const struct axes *x)
{
    struct plan_arg *a = &p->arg[arg];
    memset(a->cut_by, -1, sizeof a->cut_by);
    a->by_grid = a->view->exact;
    for (int r = 0; r < a->view->root_rank && a->by_grid; ++r)
        if (!fill_cut(q, p, arg, r, x))
            return false;
    return true;
}

/* ---- what holds of an argument ---- */

/* Do pieces along every dimension that could be cut leave out nothing and share nothing? */
static void fill_disjoint(const struct problem *q, int arg, bool *out_disjoint,
                          bool *out_without_gap)
{
    const bool one = q->one_point || q->replicated || (q->alone >= 0 && q->small);
    *out_disjoint = *out_without_gap = true;
    for (int d = 0; d < q->rank && !one; ++d) {
        int64_t scale, low, high;
        if (q->extent[d] <= 1 || q->uncut[d] != UNCUT_NOT)
            continue;
        if (!solve_affine(q, arg, d, &scale, &low, &high)) {
            *out_disjoint = false;
            continue;
        }
        *out_disjoint &= low + high <= 0 && solve_view_separates(q->op->arg[arg].view, d);
        *out_without_gap &= low + high >= 0;
    }
}

static bool is_moved(const struct problem *q, const struct plan *p, int arg)
{
    const bool one_rank = p->n_ranks == 1 || p->replicated || p->alone >= 0;
    for (int d = 0; d < q->rank; ++d) {
        int64_t scale, low, high;
        if ((p->grid[d] > 1 || !one_rank) && q->extent[d] > 1 &&
            solve_affine(q, arg, d, &scale, &low, &high))
            return true;
    }
    return false;
}

/* Of a split dimension or the like: the whole view, and that all of the root. */
static bool names_all(const struct problem *q, int arg, const tsr_box *box)
{
    const struct operation_arg *a = &q->op->arg[arg];
    const tsr_box               all = box_of_shape(a->view->rank, a->view->extent);
    return box_equal(box, &all) && solve_view_is_onto(a->view, a->root->extent);
}

static void fill_facts(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    const tsr_box    it = box_of_shape(q->rank, q->extent);
    const tsr_box    root = box_of_shape(q->op->arg[arg].root->rank, q->op->arg[arg].root->extent);
    const struct region whole = region_of_box(&root);
    tsr_box             box;
    bool                without_gap;
    solve_derive_box(q, arg, &it, &box);
    const bool idle = q->volume == 0 && !q->one_point; /* nobody runs anything */
    if (idle)
        box = (tsr_box){.rank = a->rank};
    a->all = view_region(a->view, &box);
    fill_disjoint(q, arg, &a->disjoint, &without_gap);
    a->covers = !idle && without_gap && region_equal(&a->all, &whole) &&
                (a->view->exact || names_all(q, arg, &box));
    a->whole = !is_moved(q, p, arg);
    for (int d = 0; d < q->rank; ++d)
        if (solve_drives(q, arg, d))
            a->kept |= 1u << d;
}

/* ---- ranks ---- */

/* Arguments that are cut alike share one. */
static bool fill_ranks(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    a->ranks = solve_arg_deal(q, arg, p->iteration);
    if (!a->ranks)
        return false;
    for (int i = 0; i < arg; ++i) {
        struct deal *other = p->arg[i].ranks;
        if (!other || other == a->ranks || !deal_same(other, a->ranks))
            continue;
        deal_release(a->ranks);
        a->ranks = deal_keep(other);
    }
    return a->access != TSR_REDUCE || solve_find_results(p, arg);
}

/* ---- one argument ---- */

static bool build_arg(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    struct axes      x;
    a->region = plan_memory(p, p->n_points, sizeof *a->region);
    if (!a->region || !axes_make(q, arg, &x))
        return false;
    fill_points(p, a, &x);
    fill_facts(q, p, arg);
    const bool ok = fill_inverse(q, p, arg, &x) && fill_ranks(q, p, arg) &&
                    plan_index_points(p, arg) && solve_number_cuts(solve_intern(q->rt), p, arg);
    base_free(x.memory);
    return ok;
}

/* ---- the whole ---- */

/* Does a total change elements to which nobody contributed?  +0 makes -0 another zero, and a NaN becomes
 * the canonical one.  Then which elements a piece has would show, and an image's piece is everything. */
static bool identity_shows(const struct problem *q, int arg)
{
    const tsr_arg_desc *d = &q->desc->args[arg];
    const tsr_type      t = q->op->arg[arg].type;
    return d->access == TSR_REDUCE && (!reduce_is_exact(d->reduction, t, d->reducer) ||
                                       type_is_float(t) || t == TSR_INDEXED_F64);
}

void solve_fill_flags(const struct problem *q, struct plan *p)
{
    p->pure = q->desc->pure;
    for (int i = 0; i < p->n_args; ++i) {
        struct plan_arg    *a = &p->arg[i];
        const tsr_arg_desc *d = &q->desc->args[i];
        if (q->part[i].role == ROLE_VALUE)
            continue;
        a->store = true;
        a->access = d->access;
        a->unbound = q->part[i].role == ROLE_UNBOUND;
        a->image = q->part[i].role == ROLE_IMAGE;
        a->reach_all = a->image && identity_shows(q, i);
        a->view = view_keep(q->op->arg[i].view);
        a->rank = a->view->rank;
        a->box_at = p->row;
        p->row += 2 * a->rank;
        a->exact_reduction = a->access != TSR_REDUCE ||
                             reduce_is_exact(d->reduction, q->op->arg[i].type, d->reducer);
        p->reduces |= a->access == TSR_REDUCE;
        p->has_unbound |= a->unbound;
        p->has_image |= a->image;
        if (a->image)
            a->cut = a->rank_cut = intern_fresh(solve_intern(q->rt));
    }
}

static void copy_shared(const struct problem *q, struct plan *p)
{
    p->rank = q->rank;
    p->lead = q->lead;
    p->replicated = q->replicated;
    p->alone = q->alone;
    p->leafwise = q->leafwise;
    for (int d = 0; d < q->rank; ++d) {
        p->extent[d] = q->extent[d];
        p->rank_grid[d] = q->chosen.grid[d];
        p->leaf[d] = q->leafwise ? q->leaf[d] : 0;
        p->leaf_grid[d] = q->leafwise ? q->leaf_grid[d] : 0;
    }
}

static bool copy_cuts(const struct problem *q, struct plan *p)
{
    int64_t points = plan_rank_runs(p, q->rt->rank);
    for (int d = 0; d < q->rank; ++d) {
        p->grid[d] = q->grid[d];
        p->cut[d] = plan_memory(p, q->grid[d] + 1, sizeof **p->cut);
        if (!p->cut[d])
            return false;
        memcpy(p->cut[d], q->cut[d], (size_t)(q->grid[d] + 1) * sizeof **p->cut);
        points = mul64(points, q->grid[d]);
    }
    p->n_points = points > INT32_MAX ? INT32_MAX : (int)points;
    return true;
}

static void measure(const struct problem *q, struct plan *p)
{
    const tsr_box here_it = solve_own_iteration(q);
    int64_t       bytes = 0;
    for (int i = 0; i < p->n_args; ++i) {
        const struct plan_arg *a = &p->arg[i];
        if (!a->store || a->unbound || a->image || p->n_points == 0)
            continue;
        tsr_box box;
        solve_derive_box(q, i, &here_it, &box);
        const struct region here = view_region(a->view, &box);
        const int64_t       n = region_volume(&here);
        p->elements = max64(p->elements, n);
        bytes = add64(bytes, mul64(n, (int64_t)q->op->arg[i].root->element_bytes));
    }
    p->bytes_per_point = p->n_points ? bytes / p->n_points : 0;
}

static bool build_all(const struct problem *q, struct plan *p)
{
    p->iteration = deal_keep(q->ranks);
    if (!copy_cuts(q, p))
        return false;
    p->boxes = plan_memory(p, mul64(p->n_points, p->row), sizeof *p->boxes);
    if (!p->boxes)
        return false;
    for (int i = 0; i < p->n_args; ++i)
        if (p->arg[i].store && !p->arg[i].unbound && !p->arg[i].image && !build_arg(q, p, i))
            return false;
    measure(q, p);
    return !q->gang_first || solve_fill_gang(q, p, q->gang_first);
}

tsr_status solve_build(struct problem *q, struct plan **out_plan)
{
    struct plan *p = plan_create(q->rt, q->op);
    tsr_status   s = TSR_OK;
    if (p) {
        solve_fill_flags(q, p);
        copy_shared(q, p);
    }
    if (!p || !build_all(q, p))
        s = tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory for its plan", q->desc->name);
    if (s == TSR_OK && p->leafwise)
        s = solve_list_leaves(q, p);
    if (s == TSR_OK)
        *out_plan = p;
    else
        plan_release(p);
    return s;
}
