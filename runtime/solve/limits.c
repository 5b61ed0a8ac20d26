/* solve/limits.c - where the iteration box may be cut.
 *
 * A dimension is not cut when pieces of a written argument would then meet: it does not move along
 * it (whole), or its view folds the dimension into others. Cuts stand at multiples of what
 * MULTIPLE_OF asks, brought back to the iteration through the argument's factor, and of the leaf
 * where the operation is cut into canonical leaves; pieces keep the extents of MIN_EXTENT.
 *
 * All of it follows from the task type and the views: shared. Cost: O(arguments * rank^2). Threads:
 * the issuing thread. */
#include <string.h>

#include "base/whole.h"
#include "solve/groups.h"
#include "solve/solve.h"

static int64_t lcm64(int64_t a, int64_t b)
{
    return mul64(a / gcd64(a, b), b);
}

/* ---- written arguments ---- */

static void leave_uncut(struct problem *q, int d, enum uncut why, int arg)
{
    if (q->uncut[d] == UNCUT_NOT) {
        q->uncut[d] = why;
        q->uncut_arg[d] = arg;
    }
}

/* The last constraint of a chain that grows a piece. */
static const tsr_constraint *grown_by(const struct problem *q, int arg)
{
    while (q->part[arg].role != ROLE_HALO && q->part[arg].on >= 0)
        arg = q->part[arg].on;
    return q->part[arg].why;
}

static tsr_status limit_written(struct problem *q, int arg)
{
    struct words name, x;
    for (int d = 0; d < q->rank; ++d) {
        int64_t scale, low, high;
        if (q->extent[d] <= 1)
            continue;
        if (!solve_affine(q, arg, d, &scale, &low, &high)) {
            leave_uncut(q, d, UNCUT_WHOLE, arg);
            continue;
        }
        if (low + high > 0)
            return tsr_fail_(q->op->site, TSR_OVERLAP,
                             "%s: %s is written, and by %s the pieces of neighbours meet along "
                             "dimension %d",
                             q->desc->name, solve_arg_name(q, arg, &x),
                             solve_constraint_name(q, grown_by(q, arg), &name), d);
        if (!solve_view_separates(q->op->arg[arg].view, d))
            leave_uncut(q, d, UNCUT_VIEW, arg);
    }
    return TSR_OK;
}

static tsr_status check_written(struct problem *q, int arg)
{
    struct words name, x;
    if (q->op->arg[arg].view->stretched)
        return tsr_fail_(q->op->site, TSR_OVERLAP,
                         "%s: %s is written through a view that repeats elements (a broadcast)",
                         q->desc->name, solve_arg_name(q, arg, &x));
    if (q->part[arg].role == ROLE_IMAGE && !q->desc->disjoint)
        return tsr_fail_(q->op->site, TSR_OVERLAP,
                         "%s: %s is written, and by %s its pieces may meet: only a task type that "
                         "says .disjoint may",
                         q->desc->name, solve_arg_name(q, arg, &x),
                         solve_constraint_name(q, q->part[arg].why, &name));
    return TSR_OK;
}

static tsr_status limit_all_written(struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i) {
        const enum role role = q->part[i].role;
        if (role == ROLE_VALUE || role == ROLE_UNBOUND || !access_writes(q->desc->args[i].access))
            continue;
        tsr_status s = check_written(q, i);
        if (s == TSR_OK && role != ROLE_IMAGE)
            s = limit_written(q, i);
        if (s != TSR_OK)
            return s;
        q->one_point |= role == ROLE_WHOLE;
    }
    return TSR_OK;
}

/* ---- unbound outputs and images ---- */

static void limit_to_first(struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i) {
        for (int d = 1; d < q->rank; ++d) {
            if (q->part[i].role == ROLE_UNBOUND)
                leave_uncut(q, d, UNCUT_UNBOUND, i);
            if (q->part[i].role == ROLE_IMAGE && solve_drives(q, q->part[i].on, d))
                leave_uncut(q, d, UNCUT_IMAGE, q->part[i].on);
        }
    }
}

/* ---- MULTIPLE_OF, MIN_EXTENT ---- */

static tsr_status take_multiple(struct problem *q, const tsr_constraint *c, int d)
{
    int64_t scale, low, high;
    if (c->low[d] <= 1 || !solve_affine(q, c->of, d, &scale, &low, &high))
        return TSR_OK;
    if (low % c->low[d] || high % c->low[d])
        return constraints_contradict(q, grown_by(q, c->of), c, "the growth is no such multiple");
    q->unit[d] = lcm64(q->unit[d], c->low[d] / gcd64(c->low[d], scale));
    return TSR_OK;
}

static void take_least(struct problem *q, const tsr_constraint *c, int d)
{
    int64_t scale, low, high;
    if (c->low[d] <= 1 || !solve_affine(q, c->of, d, &scale, &low, &high))
        return;
    const int64_t lost = max64(0, -(low + high));
    q->least[d] = max64(q->least[d], ceil_div(add64(c->low[d], lost), scale));
}

static tsr_status take_size(struct problem *q, const tsr_constraint *c)
{
    struct words name;
    if (q->part[c->of].role == ROLE_VALUE || q->part[c->of].role == ROLE_UNBOUND)
        return TSR_OK;
    for (int d = 0; d < q->rank && d < q->op->arg[c->of].view->rank; ++d) {
        if (c->low[d] < 0)
            return tsr_fail_(q->op->site, TSR_UNSOLVABLE, "%s: %s: an extent of %lld",
                             q->desc->name, solve_constraint_name(q, c, &name),
                             (long long)c->low[d]);
        if (c->kind == TSR_CONSTRAINT_MIN_EXTENT) {
            take_least(q, c, d);
            continue;
        }
        const tsr_status s = take_multiple(q, c, d);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

static tsr_status take_sizes(struct problem *q)
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (c->kind != TSR_CONSTRAINT_MIN_EXTENT && c->kind != TSR_CONSTRAINT_MULTIPLE_OF)
            continue;
        const tsr_status s = take_size(q, c);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

/* ---- leaves ---- */

static bool is_leafwise(const struct problem *q)
{
    if (q->desc->canonical)
        return true;
    for (int i = 0; i < q->op->n_args; ++i) {
        const tsr_arg_desc *a = &q->desc->args[i];
        if (a->access == TSR_REDUCE && access_is_store(q->op, i) &&
            !reduce_is_exact(a->reduction, q->op->arg[i].type, a->reducer))
            return true;
    }
    return false;
}

static tsr_status refuse_leaf(const struct problem *q, enum tsr_constraint_kind kind, int d)
{
    struct words name;
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (c->kind == kind && c->low[d] > 1)
            return tsr_fail_(q->op->site, TSR_UNSOLVABLE,
                             "%s: %s and the canonical leaves (%lld along dimension %d of extent "
                             "%lld) contradict: give the task type a .leaf that fits",
                             q->desc->name, solve_constraint_name(q, c, &name),
                             (long long)q->leaf[d], d, (long long)q->extent[d]);
    }
    return TSR_OK;
}

static tsr_status fit_leaf(struct problem *q, int d)
{
    const int64_t leaf = q->leaf[d], extent = q->extent[d], rest = extent % leaf;
    if (extent <= leaf)
        return TSR_OK;
    if (leaf % q->unit[d])
        return refuse_leaf(q, TSR_CONSTRAINT_MULTIPLE_OF, d);
    if (leaf < q->least[d] || (rest && rest < q->least[d]))
        return refuse_leaf(q, TSR_CONSTRAINT_MIN_EXTENT, d);
    return TSR_OK;
}

/* A body is called leaf by leaf: what it writes whole it must see in one call. */
static void widen_leaf(struct problem *q)
{
    for (int d = 0; d < q->rank; ++d)
        if (q->one_point || q->uncut[d] == UNCUT_WHOLE)
            q->leaf[d] = max64(q->extent[d], 1);
}

static tsr_status find_leaves(struct problem *q)
{
    q->leafwise = is_leafwise(q);
    q->leaf_arg = -1;
    solve_leaf_of(q, q->extent, false, q->soft, NULL);
    solve_leaf_of(q, q->extent, true, q->shape, &q->leaf_arg);
    if (!q->leafwise)
        return TSR_OK;
    if (solve_is_gang(q))
        return solve_refuse_leaves(q);
    memcpy(q->leaf, q->shape, sizeof q->leaf);
    widen_leaf(q);
    for (int d = 0; d < q->rank; ++d) {
        const tsr_status s = fit_leaf(q, d);
        if (s != TSR_OK)
            return s;
        q->leaf_grid[d] = ceil_div(q->extent[d], q->leaf[d]);
        q->unit[d] = q->leaf[d];
    }
    return TSR_OK;
}

tsr_status solve_find_limits(struct problem *q)
{
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        q->unit[d] = q->least[d] = q->soft[d] = q->shape[d] = 1;
    tsr_status s = limit_all_written(q);
    if (s == TSR_OK)
        s = take_sizes(q);
    if (s != TSR_OK)
        return s;
    limit_to_first(q);
    return find_leaves(q);
}

/* ---- written arguments against each other ---- */

static struct region region_of_all(const struct problem *q, int arg)
{
    const struct view *v = q->op->arg[arg].view;
    const tsr_box      it = box_of_shape(q->rank, q->extent);
    tsr_box            box;
    if (q->part[arg].role == ROLE_IMAGE)
        box = box_of_shape(v->rank, v->extent);
    else
        solve_derive_box(q, arg, &it, &box);
    return view_region(v, &box);
}

static bool is_changed(const struct problem *q, int arg)
{
    const tsr_access a = q->desc->args[arg].access;
    return arg < q->op->n_args && access_is_store(q->op, arg) &&
           (access_writes(a) || a == TSR_REDUCE);
}

static bool meet_in_root(const struct problem *q, int a, int b)
{
    if (q->op->arg[a].root != q->op->arg[b].root)
        return false;
    if (q->part[a].role == ROLE_UNBOUND || q->part[b].role == ROLE_UNBOUND)
        return true;
    const struct region x = region_of_all(q, a), y = region_of_all(q, b);
    return region_meets(&x, &y);
}

tsr_status solve_check_writes(struct problem *q)
{
    struct words x, y;
    for (int a = 0; a < q->op->n_args; ++a)
        for (int b = a + 1; b < q->op->n_args; ++b)
            if (is_changed(q, a) && is_changed(q, b) && meet_in_root(q, a, b))
                return tsr_fail_(q->op->site, TSR_OVERLAP,
                                 "%s: %s and %s are both written, and share elements of one store",
                                 q->desc->name, solve_arg_name(q, a, &x), solve_arg_name(q, b, &y));
    return TSR_OK;
}

/* ---- written arguments of one store, between ranks ---- */

/* Out of memory counts as a collision: the run is about to end (base_alloc_shortages). */
static bool pair_collides(const struct problem *q, int a, int b)
{
    struct deal *x = solve_arg_deal(q, a, q->ranks), *y = solve_arg_deal(q, b, q->ranks);
    struct deal *both = x && y ? deal_hull(x, y) : NULL;
    bool         collides = !both;
    for (int r = 0; both && !both->disjoint && !collides && r < q->rt->n_ranks; ++r) {
        const tsr_box    mine = deal_box(x, r);
        struct deal_walk w = deal_walk_begin(y, &mine);
        while (!collides && deal_walk_next(&w))
            collides = w.r != r;
    }
    deal_release(x);
    deal_release(y);
    deal_release(both);
    return collides;
}

static bool is_written_box(const struct problem *q, int arg)
{
    const enum role r = q->part[arg].role;
    return r != ROLE_UNBOUND && r != ROLE_IMAGE && is_changed(q, arg);
}

bool solve_ranks_collide(const struct problem *q)
{
    for (int a = 0; a < q->op->n_args; ++a)
        for (int b = a + 1; b < q->op->n_args; ++b)
            if (is_written_box(q, a) && is_written_box(q, b) &&
                q->op->arg[a].root == q->op->arg[b].root && pair_collides(q, a, b))
                return true;
    return false;
}
