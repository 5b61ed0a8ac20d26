/* tests/unit/solve/plan_check.c - a plan against what the macros of task.h promise, element by
 * element. Nothing here is the solver's way of finding it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unit/solve/plan_check.h"

/* ---- the box of an argument, from the comments in task.h ---- */

static const tsr_constraint *derivation(const tsr_task_desc *d, int arg)
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &d->constraints[k];
        if (c->of == arg && (c->kind == TSR_CONSTRAINT_HALO || c->kind == TSR_CONSTRAINT_SCALE ||
                             c->kind == TSR_CONSTRAINT_BROADCAST))
            return c;
    }
    return NULL;
}

static int64_t within(int64_t v, int64_t extent)
{
    return v < 0 ? 0 : v > extent ? extent : v;
}

static tsr_box expected_box(const tsr_task_desc *d, struct plan *const *plans, int arg,
                            const tsr_box *it)
{
    const struct view    *v = plans[0]->arg[arg].view;
    const tsr_constraint *c = derivation(d, arg);
    tsr_box               all = box_of_shape(v->rank, v->extent);
    if (v->rank == 0 || (c && c->kind == TSR_CONSTRAINT_BROADCAST && c->dims == 0))
        return all;
    if (!c)
        return *it;
    const tsr_box on = expected_box(d, plans, c->on, it);
    for (int k = 0; k < v->rank; ++k) {
        if (c->kind == TSR_CONSTRAINT_BROADCAST && (c->dims >> k & 1))
            continue;
        int64_t low = on.low[k], high = on.high[k];
        if (low < high && c->kind == TSR_CONSTRAINT_HALO) {
            low -= c->low[k];
            high += c->high[k];
        }
        if (low < high && c->kind == TSR_CONSTRAINT_SCALE) {
            low *= c->low[k] ? c->low[k] : 1;
            high *= c->low[k] ? c->low[k] : 1;
        }
        all.low[k] = within(low, v->extent[k]);
        all.high[k] = within(high, v->extent[k]);
    }
    return all;
}

/* ---- elements ---- */

static bool next_index(const tsr_box *b, int64_t *at)
{
    for (int d = b->rank - 1; d >= 0; --d) {
        if (++at[d] < b->high[d])
            return true;
        at[d] = b->low[d];
    }
    return false;
}

static void start_index(const tsr_box *b, int64_t *at)
{
    for (int d = 0; d < b->rank; ++d)
        at[d] = b->low[d];
}

static void to_root(const struct view *v, const int64_t *at, int64_t *out)
{
    for (int r = 0; r < v->root_rank; ++r) {
        out[r] = v->b[r];
        for (int d = 0; d < v->rank; ++d)
            out[r] += v->a[r][d] * at[d];
    }
}

static int64_t number_of(const struct root *root, const int64_t *at)
{
    int64_t n = 0;
    for (int d = 0; d < root->rank; ++d) {
        cr_assert(at[d] >= 0 && at[d] < root->extent[d], "index %lld of dimension %d is outside",
                  (long long)at[d], d);
        n = n * root->extent[d] + at[d];
    }
    return n;
}

/* ---- points ---- */

static tsr_box point_iteration(const struct plan *p, int point)
{
    tsr_box b = {.rank = p->rank};
    int     rest = point;
    for (int d = p->rank - 1; d >= 0; --d) {
        b.low[d] = p->cut[d][rest % p->grid[d]];
        b.high[d] = p->cut[d][rest % p->grid[d] + 1];
        rest /= p->grid[d];
    }
    return b;
}

static tsr_box row_box(const int64_t *row, const struct plan_arg *a)
{
    tsr_box b = {.rank = a->rank};
    for (int d = 0; d < a->rank; ++d) {
        b.low[d] = row[a->box_at + d];
        b.high[d] = row[a->box_at + a->rank + d];
    }
    return b;
}

/* Every element that the box names is in the region. */
static void check_region(const struct plan_arg *a, const tsr_box *box, const struct region *r)
{
    int64_t at[TSR_MAX_RANK] = {0}, root[TSR_MAX_RANK];
    start_index(box, at);
    if (box_is_empty(box))
        return;
    do {
        struct region one = {.rank = r->rank};
        to_root(a->view, at, root);
        for (int d = 0; d < r->rank; ++d) {
            one.low[d] = root[d];
            one.high[d] = root[d] + 1;
            one.step[d] = 1;
        }
        cr_assert(region_contains(r, &one));
    } while (next_index(box, at));
}

static void check_boxes(const struct call *c, struct plan *const *plans, const struct plan *p,
                        int arg)
{
    const struct plan_arg *a = &p->arg[arg];
    for (int i = 0; i < p->n_points; ++i) {
        const tsr_box it = point_iteration(p, i);
        const tsr_box got = row_box(p->boxes + (int64_t)i * p->row, a);
        const tsr_box want =
            p->manual ? (c->arg[arg].partition ? c->arg[arg].partition->box[p->first_point + i]
                                               : box_of_shape(a->view->rank, a->view->extent))
                      : expected_box(c->desc, plans, arg, &it);
        const struct region r = view_region(a->view, &want);
        cr_assert(box_equal(&got, &want), "argument %d, point %d", arg, i);
        cr_assert(region_equal(&a->region[i], &r), "argument %d, point %d: region", arg, i);
        if (box_volume(&want) <= 4096)
            check_region(a, &want, &a->region[i]);
    }
}

/* The hull of a rank is that of its box of the iteration, whatever its private cuts are. */
static void check_rank_box(const struct call *c, struct plan *const *plans, int arg, int rank)
{
    const struct plan     *p = plans[rank];
    const struct plan_arg *a = &p->arg[arg];
    tsr_box                hull = {.rank = a->view->root_rank};
    for (int i = 0; i < p->n_points; ++i) {
        const tsr_box b = region_hull(&a->region[i]);
        hull = i ? box_hull(&hull, &b) : b;
    }
    const tsr_box own = deal_box(a->ranks, rank);
    const bool    all = p->alone >= 0 || p->replicated; /* of what may be empty */
    const tsr_box it = all ? box_of_shape(p->rank, p->extent) : deal_box(p->iteration, rank);
    cr_assert_eq(plan_rank_runs(p, rank), p->n_points > 0);
    cr_assert(p->n_points == 0 || box_contains(&own, &hull), "hull of rank %d", rank);
    if (p->n_points == 0)
        cr_assert(a->view->root_rank == 0 || box_is_empty(&own));
    else if (!p->manual) {
        const tsr_box       want = expected_box(c->desc, plans, arg, &it);
        const struct region met = view_region(a->view, &want);
        const tsr_box       box = region_hull(&met);
        cr_assert(box_equal(&own, &box), "box of rank %d", rank);
    }
}

static void check_find(const struct plan *p, int arg, unsigned *seed)
{
    const struct plan_arg *a = &p->arg[arg];
    int                   *out = calloc((size_t)p->n_points + 1, sizeof *out);
    for (int trial = 0; trial < 6; ++trial) {
        struct region r = a->all;
        for (int d = 0; d < r.rank; ++d) {
            const int64_t span = a->all.high[d] - a->all.low[d] + 2;
            r.low[d] = a->all.low[d] - 1 + rand_r(seed) % span;
            r.high[d] = r.low[d] + 1 + rand_r(seed) % span;
            r.step[d] = 1 + rand_r(seed) % 3;
        }
        region_normalize(&r);
        const int n = plan_find_points(p, arg, &r, out, p->n_points);
        int       k = 0;
        for (int i = 0; i < p->n_points; ++i) {
            const bool meets = !region_is_empty(&r) && region_meets(&a->region[i], &r);
            cr_assert(!meets || (k < n && out[k] == i), "argument %d: point %d meets", arg, i);
            k += meets;
        }
        cr_assert_eq(k, n, "argument %d: %d points meet, found %d", arg, k, n);
    }
    free(out);
}

/* ---- all ranks together ---- */

static void check_coverage(struct run *run, const struct call *c, struct plan *const *plans,
                           int arg)
{
    const struct root     *root = run->stage[0].root[c->arg[arg].root - 1];
    const struct plan_arg *any = &plans[0]->arg[arg];
    const int64_t          n = view_volume(root->whole);
    int                   *seen = calloc((size_t)n + 1, sizeof *seen);
    for (int r = 0; r < run->n_ranks; ++r) {
        const struct plan *p = plans[r];
        for (int i = 0; i < p->n_points && !(p->replicated && r > 0); ++i) {
            const tsr_box b = region_hull(&p->arg[arg].region[i]);
            int64_t       at[TSR_MAX_RANK] = {0};
            start_index(&b, at);
            if (box_is_empty(&b))
                continue;
            do {
                struct region one = {.rank = b.rank};
                for (int d = 0; d < b.rank; ++d) {
                    one.low[d] = at[d];
                    one.high[d] = at[d] + 1;
                    one.step[d] = 1;
                }
                if (region_meets(&p->arg[arg].region[i], &one)) {
                    ++seen[number_of(root, at)];
                    cr_assert(region_contains(&any->all, &one), "outside of all");
                }
            } while (next_index(&b, at));
        }
    }
    for (int64_t k = 0; k < n; ++k) {
        const tsr_access access = c->desc->args[arg].access;
        if (any->disjoint || access == TSR_WRITE || access == TSR_READ_WRITE)
            cr_assert(seen[k] <= 1, "argument %d: element %lld in %d points", arg, (long long)k,
                      seen[k]);
        if (any->covers)
            cr_assert(seen[k] >= 1, "argument %d: element %lld in none", arg, (long long)k);
    }
    free(seen);
}

static void check_iteration(struct run *run, struct plan *const *plans)
{
    const struct plan *p = plans[0];
    int64_t            sum = 0, all = 1;
    for (int d = 0; d < p->rank; ++d)
        all *= p->extent[d];
    for (int r = 0; r < run->n_ranks; ++r) {
        const tsr_box b = deal_box(p->iteration, r);
        for (int s = 0; s < run->n_ranks; ++s) {
            const tsr_box there = deal_box(plans[s]->iteration, r), other = deal_box(p->iteration, s);
            cr_assert(box_equal(&b, &there), "rank %d's box, on rank %d", r, s);
            if (s < r && !p->replicated && p->alone < 0)
                cr_assert(box_is_empty(&b) || box_is_empty(&other) || !box_meets(&b, &other),
                          "ranks %d and %d", r, s);
        }
        sum += plan_rank_runs(p, r) ? box_volume(&b) : 0;
    }
    cr_assert_eq(sum, all * (p->replicated ? run->n_ranks : 1), "%lld of %lld", (long long)sum,
                 (long long)all);
}

static void check_cuts(struct run *run, struct plan *const *plans)
{
    for (int r = 0; r < run->n_ranks; ++r) {
        const struct plan *p = plans[r];
        if (p->n_points == 0)
            continue;
        int           n = 1;
        const bool    all = p->alone >= 0 || p->replicated; /* of what may be empty */
        const tsr_box it = all ? box_of_shape(p->rank, p->extent) : deal_box(p->iteration, r);
        for (int d = 0; d < p->rank; ++d) {
            n *= p->grid[d];
            cr_assert_eq(p->cut[d][0], it.low[d]);
            cr_assert_eq(p->cut[d][p->grid[d]], it.high[d]);
            for (int k = 0; k < p->grid[d]; ++k)
                cr_assert(p->cut[d][k] < p->cut[d][k + 1] || it.high[d] == 0);
        }
        cr_assert_eq(n, p->n_points);
    }
}

static void check_shared_arg(struct run *run, struct plan *const *plans, int arg)
{
    for (int r = 1; r < run->n_ranks; ++r) {
        const struct plan_arg *a = &plans[0]->arg[arg], *b = &plans[r]->arg[arg];
        cr_assert_eq(a->covers, b->covers);
        cr_assert_eq(a->disjoint, b->disjoint);
        cr_assert(region_equal(&a->all, &b->all));
        for (int k = 0; k < run->n_ranks; ++k) {
            const tsr_box x = deal_box(a->ranks, k), y = deal_box(b->ranks, k);
            cr_assert(box_equal(&x, &y), "rank box %d on rank %d", k, r);
        }
    }
}

/* ---- MIN_EXTENT, MULTIPLE_OF ---- */

static void check_size(const tsr_constraint *c, const tsr_box *b, const struct view *v)
{
    for (int d = 0; d < v->rank && !box_is_empty(b); ++d) {
        const int64_t least = c->low[d], length = b->high[d] - b->low[d];
        if (least <= 1)
            continue;
        if (c->kind == TSR_CONSTRAINT_MIN_EXTENT)
            cr_assert(length >= least || length == v->extent[d], "%lld, not %lld",
                      (long long)length, (long long)least);
        else
            cr_assert(b->low[d] % least == 0 &&
                          (b->high[d] % least == 0 || b->high[d] == v->extent[d]),
                      "cut at %lld, %lld", (long long)b->low[d], (long long)b->high[d]);
    }
}

static void check_sizes(const tsr_task_desc *desc, const struct plan *p)
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &desc->constraints[k];
        if (c->kind != TSR_CONSTRAINT_MIN_EXTENT && c->kind != TSR_CONSTRAINT_MULTIPLE_OF)
            continue;
        const struct plan_arg *a = &p->arg[c->of];
        for (int i = 0; i < p->n_points && a->store; ++i) {
            const tsr_box b = row_box(p->boxes + (int64_t)i * p->row, a);
            check_size(c, &b, a->view);
        }
        for (int l = 0; l < p->n_leaves && a->store; ++l) {
            const tsr_box b = row_box(p->leaf_boxes + (int64_t)l * p->row, a);
            check_size(c, &b, a->view);
        }
    }
}

/* ---- leaves ---- */

static void check_leaf_rows(const struct call *c, struct plan *const *plans, const struct plan *p,
                            int leaf)
{
    int64_t rest = p->leaf_number[leaf];
    tsr_box it = {.rank = p->rank};
    for (int d = p->rank - 1; d >= 0; --d) {
        it.low[d] = rest % p->leaf_grid[d] * p->leaf[d];
        it.high[d] = it.low[d] + p->leaf[d];
        if (it.high[d] > p->extent[d])
            it.high[d] = p->extent[d];
        rest /= p->leaf_grid[d];
    }
    for (int i = 0; i < p->n_args; ++i) {
        if (!p->arg[i].store || p->manual)
            continue;
        const tsr_box want = expected_box(c->desc, plans, i, &it);
        const tsr_box got = row_box(p->leaf_boxes + (int64_t)leaf * p->row, &p->arg[i]);
        cr_assert(box_equal(&want, &got), "leaf %d, argument %d", leaf, i);
    }
}

static void check_leaves(struct run *run, const struct call *c, struct plan *const *plans)
{
    int64_t all = 1;
    for (int d = 0; d < plans[0]->rank; ++d)
        all *= plans[0]->leaf_grid[d];
    char *seen = calloc((size_t)all + 1, 1);
    for (int r = 0; r < run->n_ranks; ++r) {
        const struct plan *p = plans[r];
        cr_assert(p->leafwise);
        for (int d = 0; d < p->rank; ++d)
            cr_assert_eq(p->leaf[d], plans[0]->leaf[d]);
        cr_assert_eq(p->point_leaf[p->n_points], p->n_leaves);
        for (int i = 0; i < p->n_points; ++i) {
            int64_t inside = 0;
            for (int l = p->point_leaf[i]; l < p->point_leaf[i + 1]; ++l, ++inside) {
                cr_assert(p->leaf_number[l] >= 0 && p->leaf_number[l] < all);
                cr_assert(p->replicated || !seen[p->leaf_number[l]], "leaf twice");
                seen[p->leaf_number[l]] = 1;
                check_leaf_rows(c, plans, p, l);
            }
        }
    }
    for (int64_t k = 0; k < all; ++k)
        cr_assert(seen[k], "leaf %lld of %lld is nobody's", (long long)k, (long long)all);
    free(seen);
}

void check_plans(struct run *run, const struct call *c, struct plan *const *plans)
{
    unsigned seed = 1;
    check_iteration(run, plans);
    check_cuts(run, plans);
    for (int r = 0; r < run->n_ranks && !plans[0]->manual; ++r)
        check_sizes(c->desc, plans[r]);
    for (int i = 0; i < c->n; ++i) {
        if (!c->arg[i].root || plans[0]->arg[i].unbound || plans[0]->arg[i].image)
            continue;
        check_shared_arg(run, plans, i);
        check_coverage(run, c, plans, i);
        for (int r = 0; r < run->n_ranks; ++r) {
            check_boxes(c, plans, plans[r], i);
            check_rank_box(c, plans, i, r);
            check_find(plans[r], i, &seed);
        }
    }
    if (plans[0]->leafwise)
        check_leaves(run, c, plans);
}
