/* solve/rank_deals.c - which box each rank has, of the iteration and of an argument, in closed form.
 *
 * Where machines are alike, an even grid of ranks is a deal of a few words (model/deal.h), and what an
 * argument meets follows from it along each dimension by an affine function.  That function is compared with
 * solve_along at both ends of the cut: clipping, which alone could make them differ, starts at the ends and
 * is monotone, so what agrees there agrees everywhere.  Else the boxes are listed rank by rank.
 *
 * Shared.  Cost: O(rank), of a list O(ranks).  Threads: the issuing thread. */
#include <string.h>

#include "solve/problem.h"
#include "solve/solve.h"

static const int64_t LARGEST = (int64_t)1 << 56; /* beyond, products might not fit */

bool solve_machines_alike(const struct problem *q)
{
    const struct rank_machine *m = q->rt->machines;
    if (q->rt->machines_alike)
        return true;
    for (int r = 1; r < q->rt->n_ranks; ++r)
        if (max64(1, m[r].workers) != max64(1, m[0].workers))
            return false;
    return true;
}

bool solve_even_deal(const struct problem *q, const int *grid, const int64_t *unit, struct deal *out)
{
    int stride = 1;
    *out = (struct deal){.n_ranks = q->rt->n_ranks, .rank = q->rank, .n_axes = q->rank};
    out->hull = box_of_shape(q->rank, q->extent);
    for (int d = q->rank - 1; d >= 0; --d) {
        const int64_t part = q->extent[d] / grid[d];
        if (grid[d] > 1 && q->least[d] > 1 && part - unit[d] < q->least[d])
            return false; /* cuts are repaired one after the other */
        out->axis[d] = (struct deal_axis){grid[d], stride, q->extent[d], unit[d]};
        out->side[d] = (struct deal_side){d, 1, 0, 0};
        stride *= grid[d];
    }
    return q->rank > 0;
}

/* Root indices of an interval of view dimension d. */
static struct interval root_interval(const struct view *v, int r, int d, struct interval i)
{
    const int64_t a = v->a[r][d], b = v->b[r];
    if (a > 0)
        return (struct interval){a * i.low + b, a * (i.high - 1) + b + 1};
    return (struct interval){a * (i.high - 1) + b, a * i.low + b + 1};
}

/* Does `d` have along root dimension r what solve_along says of coordinate c? */
static bool agrees(const struct problem *q, int arg, const struct deal *it, const struct deal *d, int r,
                   int c)
{
    const struct view *v = q->op->arg[arg].view;
    const int          e = v->fed_by[r];
    struct interval    i, want, got;
    deal_interval(it, e, c, &i.low, &i.high);
    if (i.low >= i.high)
        return true; /* it has no box at all */
    want = solve_along(q, arg, e, i);
    deal_interval(d, r, c, &got.low, &got.high);
    if (want.low >= want.high)
        return got.low >= got.high;
    want = root_interval(v, r, e, want);
    return want.low == got.low && want.high == got.high;
}

/* Along root dimension r; false: no closed form. */
static bool side_of(const struct problem *q, int arg, const struct deal *it, int r, struct deal *d)
{
    const struct view *v = q->op->arg[arg].view;
    const int          e = v->fed_by[r];
    struct deal_side  *s = &d->side[r];
    int64_t            scale, low, high;
    *s = (struct deal_side){-1, 1, 0, 0};
    if (e < 0 || e >= q->rank || it->side[e].by < 0 || !solve_affine(q, arg, e, &scale, &low, &high))
        return true;
    const struct deal_side *t = &it->side[e];
    const int64_t           a = v->a[r][e], b = v->b[r];
    if (scale > LARGEST / q->extent[e] / (a < 0 ? -a : a) || low > LARGEST || high > LARGEST)
        return false;
    const int64_t begin = a * (scale * t->low - low) + b, end = a * (scale * t->high + high - 1) + b;
    *s = (struct deal_side){t->by, a * scale * t->scale, a > 0 ? begin : end, (a > 0 ? end : begin) + 1};
    const int n = it->axis[t->by].n;
    return agrees(q, arg, it, d, r, 0) && agrees(q, arg, it, d, r, 1) && agrees(q, arg, it, d, r, n - 1) &&
           (n < 3 || agrees(q, arg, it, d, r, n - 2));
}

static bool grid_of(const struct problem *q, int arg, const struct deal *it, const tsr_box *hull,
                    struct deal *d)
{
    const struct view *v = q->op->arg[arg].view;
    if (!v->exact)
        return false;
    *d = (struct deal){.kind = DEAL_GRID, .n_ranks = it->n_ranks, .rank = v->root_rank, .hull = *hull,
                       .n_axes = it->n_axes, .only = it->only};
    memcpy(d->axis, it->axis, sizeof d->axis);
    for (int r = 0; r < d->rank; ++r)
        if (!side_of(q, arg, it, r, d))
            return false;
    return true;
}

tsr_box solve_met_box(const struct problem *q, int arg, const tsr_box *it)
{
    tsr_box box;
    solve_derive_box(q, arg, it, &box);
    return solve_root_box(q->op->arg[arg].view, &box);
}

static struct deal *list_of(const struct problem *q, int arg, const struct deal *it)
{
    tsr_box *box = base_calloc((size_t)it->n_ranks, sizeof *box);
    if (!box)
        return NULL;
    for (int r = 0; r < it->n_ranks; ++r) {
        const tsr_box own = deal_box(it, r);
        box[r] = box_is_empty(&own) ? (tsr_box){.rank = -1} : solve_met_box(q, arg, &own);
    }
    struct deal *d = deal_list(it->n_ranks, q->op->arg[arg].view->root_rank, box);
    base_free(box);
    return d;
}

tsr_box solve_own_iteration(const struct problem *q)
{
    if (q->replicated || q->alone == q->rt->rank) /* also where there is nothing to iterate over */
        return box_of_shape(q->rank, q->extent);
    return deal_box(q->ranks, q->rt->rank);
}

/* One rank, or every one, does all of it. */
static struct deal *undivided(const struct problem *q, int arg)
{
    const tsr_box all = box_of_shape(q->rank, q->extent), met = solve_met_box(q, arg, &all);
    return q->replicated ? deal_all(q->rt->n_ranks, &met) : deal_one(q->rt->n_ranks, q->alone, &met);
}

struct deal *solve_arg_deal(const struct problem *q, int arg, const struct deal *it)
{
    struct deal d;
    if (it == q->ranks && (q->replicated || q->alone >= 0))
        return undivided(q, arg);
    if (it->kind == DEAL_NONE)
        return deal_none(it->n_ranks, q->op->arg[arg].view->root_rank);
    if (it->kind == DEAL_LIST)
        return list_of(q, arg, it);
    const tsr_box hull = solve_met_box(q, arg, &it->hull);
    if (it->kind == DEAL_ONE)
        return deal_one(it->n_ranks, it->one, &hull);
    if (it->kind == DEAL_ALL)
        return deal_all(it->n_ranks, &hull);
    return grid_of(q, arg, it, &hull, &d) ? deal_grid(&d) : list_of(q, arg, it);
}

/* ---- where totals go ---- */

/* Ranks fold into one box where they differ along axes that move no element: of these, the first along
 * each has the result. */
static bool results_of_grid(const struct deal *ranks, struct deal *out)
{
    int drives[TSR_MAX_RANK] = {0};
    if (ranks->kind != DEAL_GRID || !deal_is_full(ranks))
        return false;
    *out = *ranks;
    for (int k = 0; k < ranks->rank; ++k)
        if (ranks->side[k].by >= 0)
            drives[ranks->side[k].by] += ranks->side[k].high <= ranks->side[k].low;
    for (int k = 0; k < ranks->rank; ++k)
        if (ranks->side[k].by >= 0 && drives[ranks->side[k].by] == 0)
            return false; /* boxes that meet and are not the same */
    for (int k = 0; k < ranks->n_axes; ++k)
        out->only |= drives[k] == 0 ? 1u << k : 0;
    return true;
}

/* The rank that applies the total which each rank contributes to, where boxes are listed: the lowest with
 * the same box, or of all, if some meet without being the same. */
static void results_of_list(const struct deal *ranks, int *out)
{
    const int n = ranks->n_ranks;
    int       lowest = -1;
    bool      regular = true;
    for (int p = 0; p < n; ++p) {
        out[p] = -1;
        const tsr_box b = deal_box(ranks, p);
        if (box_is_empty(&b))
            continue;
        lowest = lowest < 0 ? p : lowest;
        for (int s = 0; s < p && (out[p] < 0 || regular); ++s) {
            const tsr_box c = deal_box(ranks, s);
            if (box_is_empty(&c))
                continue;
            if (box_equal(&b, &c))
                out[p] = out[p] < 0 ? s : out[p];
            else if (box_meets(&b, &c))
                regular = false;
        }
        out[p] = out[p] < 0 ? p : out[p];
    }
    for (int p = 0; p < n && !regular; ++p)
        out[p] = out[p] < 0 ? -1 : lowest;
}

bool solve_find_results(struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    struct deal      d;
    if (results_of_grid(a->ranks, &d))
        return (a->results = deal_grid(&d)) != NULL;
    if (a->ranks->kind != DEAL_LIST && a->ranks->kind != DEAL_GRID && a->ranks->kind != DEAL_ALL)
        return (a->results = deal_keep(a->ranks)) != NULL;
    if (a->ranks->kind == DEAL_ALL)
        return (a->results = p->replicated ? deal_keep(a->ranks)
                                           : deal_one(p->n_ranks, 0, &a->ranks->hull)) != NULL;
    tsr_box *box = base_calloc((size_t)p->n_ranks, sizeof *box);
    a->result = plan_memory(p, p->n_ranks, sizeof *a->result);
    if (box && a->result) {
        results_of_list(a->ranks, a->result);
        for (int r = 0; r < p->n_ranks; ++r)
            box[r].rank = a->ranks->rank;
        for (int r = 0; r < p->n_ranks; ++r) {
            const tsr_box own = deal_box(a->ranks, r);
            if (a->result[r] >= 0)
                box[a->result[r]] = box_hull(&box[a->result[r]], &own);
        }
        a->results = deal_list(p->n_ranks, a->ranks->rank, box);
    }
    base_free(box);
    return a->results != NULL;
}
