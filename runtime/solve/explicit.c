/* solve/explicit.c - manual launches: a point task for each point of partitions given by hand.
 *
 * Points are dealt to ranks in blocks, by workers, and never merged. Every store argument has a
 * partition of as many points over its own extents, but those that are whole (0-dimensional, or under
 * BROADCAST), follow from values (IMAGE), or are unbound outputs. Where sums depend on their order
 * each point is a leaf.
 *
 * Written pieces are disjoint: the partition knows whether its boxes are; through a view that is not
 * exact, and between two arguments of one root, regions are compared.
 *
 * Cost: O(points) once a signature, O(points log points) where regions are compared. Threads: the
 * issuing thread. */
#include <string.h>

#include "solve/groups.h"

static const struct partition *partition_of(const struct problem *q, int arg)
{
    return q->op->arg[arg].partition;
}

/* ---- roles ---- */

static const tsr_constraint *deriving(const struct problem *q, int arg)
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (c->of == arg && (constraint_is_whole(c) || c->kind == TSR_CONSTRAINT_IMAGE))
            return c;
    }
    return NULL;
}

static tsr_status refuse_missing(const struct problem *q, int arg)
{
    struct words x, sx;
    return tsr_fail_(
        q->op->site, TSR_UNSOLVABLE,
        "%s: a manual launch of %lld points, and %s (%s) has no partition: give one, or "
        "say BROADCAST",
        q->desc->name, (long long)q->op->points, solve_arg_name(q, arg, &x),
        solve_view_shape_name(q, arg, &sx));
}

static tsr_status take_role(struct problem *q, int arg)
{
    const tsr_constraint *c = deriving(q, arg);
    struct part          *p = &q->part[arg];
    if (p->role != ROLE_FREE)
        return TSR_OK;
    if (!c || (c->kind == TSR_CONSTRAINT_IMAGE && !partition_of(q, c->on)))
        return refuse_missing(q, arg);
    p->role = constraint_is_whole(c) ? ROLE_WHOLE : ROLE_IMAGE;
    p->on = constraint_is_whole(c) ? -1 : c->on;
    p->why = c;
    return TSR_OK;
}

static tsr_status check_partition(const struct problem *q, int arg)
{
    const struct partition *t = partition_of(q, arg);
    const struct view      *v = q->op->arg[arg].view;
    struct words            x, sv, st;
    if (t->n != q->op->points)
        return tsr_fail_(q->op->site, TSR_BAD_SHAPE,
                         "%s: %lld points are launched, and the partition of %s has %lld",
                         q->desc->name, (long long)q->op->points, solve_arg_name(q, arg, &x),
                         (long long)t->n);
    if (t->shape.rank != v->rank ||
        memcmp(t->shape.extent, v->extent, (size_t)v->rank * sizeof v->extent[0]))
        return tsr_fail_(q->op->site, TSR_BAD_SHAPE, "%s: %s is %s, and its partition is of %s",
                         q->desc->name, solve_arg_name(q, arg, &x),
                         solve_view_shape_name(q, arg, &sv),
                         solve_shape_name(t->shape.rank, t->shape.extent, &st));
    return TSR_OK;
}

/* ---- boxes ---- */

/* Box of the view at point i of all. */
static tsr_box box_at_point(const struct problem *q, int arg, int64_t i)
{
    const struct view *v = q->op->arg[arg].view;
    return q->part[arg].role == ROLE_EXPLICIT ? partition_of(q, arg)->box[i]
                                              : box_of_shape(v->rank, v->extent);
}

static struct region region_at(const struct problem *q, int arg, int64_t i)
{
    const tsr_box b = box_at_point(q, arg, i);
    return view_region(q->op->arg[arg].view, &b);
}

static struct region *all_regions(const struct problem *q, int arg)
{
    struct region *r = base_calloc((size_t)q->op->points, sizeof *r);
    for (int64_t i = 0; r && i < q->op->points; ++i)
        r[i] = region_at(q, arg, i);
    return r;
}

/* ---- written pieces ---- */

static tsr_status no_memory(const struct problem *q)
{
    return tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory for its plan", q->desc->name);
}

static tsr_status compare_pieces(const struct problem *q, int a, int b)
{
    struct words   x, y;
    struct region *ra = all_regions(q, a), *rb = a == b ? NULL : all_regions(q, b);
    int64_t        i = 0, j = 0;
    bool           is_short = !ra || (a != b && !rb), meets = false;
    if (!is_short)
        meets = solve_find_meeting(&(struct meeting){ra, rb, q->op->points}, &i, &j, &is_short);
    base_free(ra);
    base_free(rb);
    if (is_short)
        return no_memory(q);
    if (!meets)
        return TSR_OK;
    if (a == b)
        return tsr_fail_(q->op->site, TSR_OVERLAP,
                         "%s: %s is written, and its pieces at points %lld and %lld meet",
                         q->desc->name, solve_arg_name(q, a, &x), (long long)min64(i, j),
                         (long long)max64(i, j));
    return tsr_fail_(
        q->op->site, TSR_OVERLAP,
        "%s: %s at point %lld and %s at point %lld are both written, and share elements "
        "of one store",
        q->desc->name, solve_arg_name(q, a, &x), (long long)i, solve_arg_name(q, b, &y),
        (long long)j);
}

static tsr_status check_written(const struct problem *q, int arg)
{
    struct words       x;
    const struct view *v = q->op->arg[arg].view;
    if (v->stretched)
        return tsr_fail_(q->op->site, TSR_OVERLAP,
                         "%s: %s is written through a view that repeats elements (a broadcast)",
                         q->desc->name, solve_arg_name(q, arg, &x));
    if (q->part[arg].role == ROLE_WHOLE && q->op->points > 1)
        return tsr_fail_(q->op->site, TSR_OVERLAP,
                         "%s: %s is written whole by points 0 and 1 of %lld", q->desc->name,
                         solve_arg_name(q, arg, &x), (long long)q->op->points);
    if (q->part[arg].role == ROLE_IMAGE && !q->desc->disjoint)
        return tsr_fail_(q->op->site, TSR_OVERLAP,
                         "%s: %s is written through an IMAGE, and its pieces may meet: only a task "
                         "type that says .disjoint may",
                         q->desc->name, solve_arg_name(q, arg, &x));
    if (q->part[arg].role != ROLE_EXPLICIT || (v->exact && partition_of(q, arg)->disjoint))
        return TSR_OK;
    return compare_pieces(q, arg, arg);
}

static bool is_changed(const struct problem *q, int arg)
{
    const tsr_access a = q->desc->args[arg].access;
    return q->part[arg].role != ROLE_VALUE && (access_writes(a) || a == TSR_REDUCE);
}

static tsr_status check_pair(const struct problem *q, int a, int b)
{
    struct words x, y;
    if (q->part[a].role == ROLE_UNBOUND || q->part[b].role == ROLE_UNBOUND ||
        q->part[a].role == ROLE_IMAGE || q->part[b].role == ROLE_IMAGE)
        return tsr_fail_(q->op->site, TSR_OVERLAP, "%s: %s and %s are both written, and one store",
                         q->desc->name, solve_arg_name(q, a, &x), solve_arg_name(q, b, &y));
    return compare_pieces(q, a, b);
}

static tsr_status check_all_written(const struct problem *q)
{
    for (int a = 0; a < q->op->n_args; ++a) {
        tsr_status s = TSR_OK;
        if (q->part[a].role == ROLE_UNBOUND || !is_changed(q, a))
            continue;
        if (access_writes(q->desc->args[a].access))
            s = check_written(q, a);
        for (int b = a + 1; s == TSR_OK && b < q->op->n_args; ++b)
            if (is_changed(q, b) && q->op->arg[a].root == q->op->arg[b].root)
                s = check_pair(q, a, b);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

/* ---- the plan ---- */

/* Two written arguments of one store: boxes of ranks would meet, who owns what is said in boxes. */
static bool writes_one_store_twice(const struct problem *q)
{
    for (int a = 0; a < q->op->n_args; ++a)
        for (int b = a + 1; b < q->op->n_args; ++b)
            if (is_changed(q, a) && is_changed(q, b) && q->op->arg[a].root == q->op->arg[b].root)
                return true;
    return false;
}

/* Does rank 0 run all of it? */
static bool is_alone(const struct problem *q)
{
    return q->rt->n_ranks > 1 && (q->op->alone || writes_one_store_twice(q));
}

/* Ranges of points by the ranks' workers. */
static struct deal *by_workers(const struct problem *q)
{
    const struct rank_machine *m = q->rt->machines;
    const int                  n = q->rt->n_ranks;
    int64_t                    sum = 0, up_to = 0, from = 0;
    tsr_box                   *range = base_calloc((size_t)n, sizeof *range);
    for (int r = 0; r < n; ++r)
        sum += max64(1, m[r].workers);
    for (int r = 0; range && r < n; ++r) {
        up_to += max64(1, m[r].workers);
        const int64_t to = mul_div(q->op->points, up_to, sum);
        range[r] = (tsr_box){.rank = 1, .low = {from}, .high = {to}};
        from = to;
    }
    struct deal *d = range ? deal_list(n, 1, range) : NULL;
    base_free(range);
    return d;
}

static bool deal_points(const struct problem *q, struct plan *p)
{
    const bool    alone = is_alone(q);
    const tsr_box all = {.rank = 1, .high = {q->op->points}};
    if (alone)
        p->iteration = deal_one(p->n_ranks, 0, &all);
    else if (solve_machines_alike(q))
        p->iteration = deal_blocks(p->n_ranks, &all, 0);
    else
        p->iteration = by_workers(q);
    if (!p->iteration)
        return false;
    const tsr_box mine = deal_box(p->iteration, q->rt->rank);
    p->alone = alone ? 0 : -1;
    p->first_point = mine.low[0];
    p->n_points = (int)(mine.high[0] - p->first_point);
    return true;
}

static bool lay_grid(const struct problem *q, struct plan *p)
{
    p->rank = 1;
    p->lead = -1;
    p->manual = true;
    p->n_all_points = p->extent[0] = q->op->points;
    p->rank_grid[0] = p->n_ranks;
    if (!deal_points(q, p))
        return false;
    p->grid[0] = p->n_points;
    p->cut[0] = plan_memory(p, p->n_points + 1, sizeof **p->cut);
    p->boxes = plan_memory(p, mul64(p->n_points, p->row), sizeof *p->boxes);
    if (!p->cut[0] || !p->boxes)
        return false;
    for (int i = 0; i <= p->n_points; ++i)
        p->cut[0][i] = p->first_point + i;
    return true;
}

static void fill_points(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    for (int i = 0; i < p->n_points; ++i) {
        const tsr_box b = box_at_point(q, arg, p->first_point + i);
        int64_t      *row = p->boxes + (int64_t)i * p->row + a->box_at;
        for (int d = 0; d < a->rank; ++d) {
            row[d] = b.low[d];
            row[a->rank + d] = b.high[d];
        }
        a->region[i] = view_region(a->view, &b);
    }
}

static bool fill_ranks(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    tsr_box         *boxes = base_calloc((size_t)p->n_ranks, sizeof *boxes);
    if (!boxes)
        return false;
    for (int r = 0; r < p->n_ranks; ++r) {
        const tsr_box range = deal_box(p->iteration, r);
        tsr_box       hull = {.rank = a->view->root_rank};
        for (int64_t i = range.low[0]; i < range.high[0]; ++i) {
            const struct region met = region_at(q, arg, i);
            const tsr_box       box = region_hull(&met);
            hull = i == range.low[0] ? box : box_hull(&hull, &box);
            if (q->part[arg].role != ROLE_EXPLICIT)
                break;
        }
        boxes[r] = hull;
    }
    a->ranks = deal_list(p->n_ranks, a->view->root_rank, boxes);
    base_free(boxes);
    return a->ranks && (a->access != TSR_REDUCE || solve_find_results(p, arg));
}

static void fill_facts(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg        *a = &p->arg[arg];
    const struct view      *v = a->view;
    const struct root      *root = q->op->arg[arg].root;
    const struct partition *t = partition_of(q, arg);
    const tsr_box           shape = box_of_shape(v->rank, v->extent);
    const struct region     seen = view_region(v, &shape);
    const tsr_box           box = box_of_shape(root->rank, root->extent);
    const struct region     whole = region_of_box(&box);
    const bool              cut = q->part[arg].role == ROLE_EXPLICIT;
    a->all = seen;
    a->whole = !cut || q->op->points == 1;
    a->disjoint = cut ? t->disjoint && v->exact && !v->stretched : q->op->points == 1;
    a->covers = (!cut || t->covers) && v->exact && region_equal(&seen, &whole);
    a->holes = cut && !t->covers;
    a->kept = cut && t->disjoint ? 1 : 0; /* boxes that meet: one total of all points */
    memset(a->cut_by, -1, sizeof a->cut_by);
    a->by_grid = p->n_points <= 1;
    if (!cut || t->covers)
        return;
    const tsr_box hull = a->ranks->hull;
    for (int d = 0; d < hull.rank; ++d) { /* keeps the steps of what the view shows */
        const int64_t step = a->all.step[d], over = (hull.low[d] - a->all.low[d]) % step;
        a->all.low[d] = hull.low[d] - over;
        a->all.high[d] = hull.high[d];
        a->all.step[d] = step;
    }
    region_normalize(&a->all);
}

static bool build_arg(const struct problem *q, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    a->region = plan_memory(p, p->n_points, sizeof *a->region);
    if (!a->region)
        return false;
    fill_points(q, p, arg);
    if (!fill_ranks(q, p, arg))
        return false;
    fill_facts(q, p, arg);
    return plan_index_points(p, arg) && solve_number_cuts(solve_intern(q->rt), p, arg);
}

static void measure(const struct problem *q, struct plan *p)
{
    int64_t bytes = 0;
    for (int i = 0; i < p->n_args; ++i) {
        const struct plan_arg *a = &p->arg[i];
        int64_t                n = 0;
        if (!a->store || a->unbound || a->image)
            continue;
        for (int k = 0; k < p->n_points; ++k)
            n = add64(n, region_volume(&a->region[k]));
        p->elements = max64(p->elements, n);
        bytes = add64(bytes, mul64(n, (int64_t)q->op->arg[i].root->element_bytes));
    }
    p->bytes_per_point = p->n_points ? bytes / p->n_points : 0;
}

/* Each point is a leaf of its own. */
static bool fill_leaves(struct plan *p)
{
    p->leaf[0] = 1;
    p->leaf_grid[0] = p->n_all_points;
    p->n_leaves = p->n_points;
    p->leaf_boxes = p->boxes;
    p->point_leaf = plan_memory(p, p->n_points + 1, sizeof *p->point_leaf);
    p->leaf_number = plan_memory(p, p->n_points, sizeof *p->leaf_number);
    if (!p->point_leaf || !p->leaf_number)
        return false;
    for (int i = 0; i <= p->n_points; ++i)
        p->point_leaf[i] = i;
    for (int i = 0; i < p->n_points; ++i)
        p->leaf_number[i] = p->first_point + i;
    return true;
}

static bool fill_gang(const struct problem *q, struct plan *p)
{
    int64_t *first = base_calloc((size_t)p->n_ranks + 1, sizeof *first);
    for (int r = 0; first && r < p->n_ranks; ++r) {
        const tsr_box range = deal_box(p->iteration, r);
        first[r + 1] = first[r] + range.high[0] - range.low[0];
    }
    const bool ok = first && solve_fill_gang(q, p, first);
    base_free(first);
    return ok;
}

static bool build_all(const struct problem *q, struct plan *p)
{
    if (!lay_grid(q, p))
        return false;
    for (int i = 0; i < p->n_args; ++i) {
        p->leafwise |= !p->arg[i].exact_reduction && p->arg[i].access == TSR_REDUCE;
        if (p->arg[i].store && !p->arg[i].unbound && !p->arg[i].image && !build_arg(q, p, i))
            return false;
    }
    measure(q, p);
    return (!p->leafwise || fill_leaves(p)) && (!solve_is_gang(q) || fill_gang(q, p));
}

static tsr_status check_all(struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i) {
        tsr_status s = take_role(q, i);
        if (s == TSR_OK && q->part[i].role == ROLE_EXPLICIT)
            s = check_partition(q, i);
        if (s != TSR_OK)
            return s;
    }
    if (q->op->points > INT32_MAX)
        return tsr_fail_(q->op->site, TSR_BAD_SHAPE, "%s: more than 2^31 points", q->desc->name);
    const tsr_status s = check_all_written(q);
    return s == TSR_OK ? solve_check_gang_points(q, is_alone(q)) : s;
}

tsr_status solve_explicit(struct problem *q, struct plan **out_plan)
{
    const tsr_status s = check_all(q);
    if (s != TSR_OK)
        return s;
    struct plan *p = plan_create(q->rt, q->op);
    if (p)
        solve_fill_flags(q, p);
    if (!p || !build_all(q, p)) {
        plan_release(p);
        return no_memory(q);
    }
    *out_plan = p;
    return TSR_OK;
}
