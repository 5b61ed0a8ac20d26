/* solve/constraints.c - from a task's constraints to the role of each argument and the iteration box.
 *
 * The lead is the first free argument that is written; else the first that is read; else the first
 * that is reduced into. The extents of its view are the iteration box, and every free argument has
 * them. Without a lead the box has rank 0 and there is one point.
 *
 * Invariant after success: part[] leads from every argument, in at most 16 steps, to one that is
 * whole, free, an image, unbound or explicit; along each dimension that is moved, an argument and the
 * one it follows from have the same dimension number.
 *
 * Cost: O(arguments * constraints), at most 16 * 24. Threads: the issuing thread. */
#include <string.h>

#include "solve/groups.h"

/* ---- the arguments as they are ---- */

static enum role role_of_argument(const struct operation *op, int arg)
{
    const struct operation_arg *a = &op->arg[arg];
    const tsr_access            access = op->desc->args[arg].access;
    if (arg >= op->n_args || access == TSR_UNUSED_ARG || !a->root)
        return ROLE_VALUE;
    if (a->root->kind == ROOT_UNBOUND && !a->root->extent_known)
        return ROLE_UNBOUND;
    if (op->points > 0 && a->partition)
        return ROLE_EXPLICIT;
    return a->view->rank == 0 || access == TSR_SCALAR ? ROLE_WHOLE : ROLE_FREE;
}

static tsr_status check_names(const struct problem *q, const tsr_constraint *c)
{
    struct words name, arg;
    const int    n = q->op->n_args, on = constraint_is_whole(c) ? c->of : c->on;
    if (c->of < 0 || c->of >= n || on < 0 || on >= n)
        return tsr_fail_(q->op->site, TSR_UNSOLVABLE, "%s: %s names an argument that is not there",
                         q->desc->name, solve_constraint_name(q, c, &name));
    if (constraint_is_whole(c) || c->kind == TSR_CONSTRAINT_MIN_EXTENT ||
        c->kind == TSR_CONSTRAINT_MULTIPLE_OF)
        return TSR_OK;
    for (int i = 0; i < 2; ++i)
        if (q->part[i ? c->on : c->of].role == ROLE_VALUE)
            return tsr_fail_(q->op->site, TSR_UNSOLVABLE, "%s: %s: %s is no store", q->desc->name,
                             solve_constraint_name(q, c, &name),
                             solve_arg_name(q, i ? c->on : c->of, &arg));
    return TSR_OK;
}

static tsr_status read_arguments(struct problem *q)
{
    for (int i = 0; i < TSR_MAX_ARGS; ++i)
        q->part[i] = (struct part){role_of_argument(q->op, i), -1, NULL};
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (c->kind == TSR_CONSTRAINT_NONE)
            continue;
        const tsr_status s = check_names(q, c);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

/* ---- derived arguments ---- */

static enum role role_of_constraint(const tsr_constraint *c)
{
    switch (c->kind) {
    case TSR_CONSTRAINT_HALO: return ROLE_HALO;
    case TSR_CONSTRAINT_SCALE: return ROLE_SCALE;
    case TSR_CONSTRAINT_IMAGE: return ROLE_IMAGE;
    default: return constraint_is_whole(c) ? ROLE_WHOLE : ROLE_DIMS;
    }
}

static void derive_roles(struct problem *q, const tsr_constraint *of_group[TSR_MAX_ARGS])
{
    for (int i = 0; i < q->op->n_args; ++i) {
        if (q->part[i].role != ROLE_FREE)
            continue;
        const tsr_constraint *c = of_group[group_find(q, i)];
        if (!c)
            continue;
        const bool itself = c->of == i;
        q->part[i].role = itself ? role_of_constraint(c) : ROLE_SAME;
        q->part[i].on = itself ? (constraint_is_whole(c) ? -1 : c->on) : c->of;
        q->part[i].why = c;
    }
}

static tsr_status refuse_derivation(const struct problem *q, int arg, const char *what)
{
    struct words name, x, y, sx, sy;
    const int    on = q->part[arg].on;
    return tsr_fail_(q->op->site, TSR_BAD_SHAPE, "%s: %s: %s: %s is %s, %s is %s", q->desc->name,
                     solve_constraint_name(q, q->part[arg].why, &name), what,
                     solve_arg_name(q, arg, &x), solve_view_shape_name(q, arg, &sx),
                     solve_arg_name(q, on, &y), solve_view_shape_name(q, on, &sy));
}

static tsr_status check_dims(const struct problem *q, int arg)
{
    const struct view *v = q->op->arg[arg].view, *on = q->op->arg[q->part[arg].on].view;
    for (int d = 0; d < v->rank; ++d) {
        if (q->part[arg].why->dims >> d & 1)
            continue;
        if (d >= on->rank || v->extent[d] != on->extent[d])
            return refuse_derivation(q, arg, "the dimensions that are not whole must be equal");
    }
    return TSR_OK;
}

static tsr_status check_factors(const struct problem *q, int arg)
{
    struct words          name;
    const tsr_constraint *c = q->part[arg].why;
    for (int d = 0; d < q->op->arg[arg].view->rank; ++d)
        if (c->low[d] < 0 || c->low[d] > INT32_MAX)
            return tsr_fail_(q->op->site, TSR_UNSOLVABLE, "%s: %s: a factor of %lld", q->desc->name,
                             solve_constraint_name(q, c, &name), (long long)c->low[d]);
    return TSR_OK;
}

static tsr_status check_growth(const struct problem *q, int arg)
{
    struct words          name;
    const tsr_constraint *c = q->part[arg].why;
    const int64_t         most = INT64_MAX / 64;
    for (int d = 0; d < q->op->arg[arg].view->rank; ++d)
        if (c->low[d] < -most || c->low[d] > most || c->high[d] < -most || c->high[d] > most)
            return tsr_fail_(q->op->site, TSR_UNSOLVABLE, "%s: %s grows by more than any store",
                             q->desc->name, solve_constraint_name(q, c, &name));
    return TSR_OK;
}

static tsr_status check_derived(const struct problem *q, int arg)
{
    const struct part *p = &q->part[arg];
    struct words       name, on;
    if (p->on < 0 || p->role == ROLE_FREE)
        return TSR_OK;
    const enum role source = q->part[p->on].role;
    if (source == ROLE_UNBOUND || source == ROLE_IMAGE)
        return tsr_fail_(q->op->site, TSR_UNSOLVABLE,
                         "%s: %s: the pieces of %s are not known when it is cut", q->desc->name,
                         solve_constraint_name(q, p->why, &name), solve_arg_name(q, p->on, &on));
    if (p->role == ROLE_DIMS)
        return check_dims(q, arg);
    if (p->role != ROLE_HALO && p->role != ROLE_SCALE)
        return TSR_OK;
    if (q->op->arg[arg].view->rank != q->op->arg[p->on].view->rank)
        return refuse_derivation(q, arg, "both must have the same number of dimensions");
    return p->role == ROLE_SCALE ? check_factors(q, arg) : check_growth(q, arg);
}

static tsr_status check_image(const struct problem *q, int arg)
{
    struct words          name, w;
    const tsr_constraint *c = q->part[arg].why;
    const struct view    *a = q->op->arg[arg].view, *f = q->op->arg[c->on].view;
    const bool            is_range = c->image == TSR_IMAGE_RANGES;
    const int64_t         last = is_range ? 2 : a->rank;
    if ((is_range || a->rank > 1) && (f->rank < 1 || f->extent[f->rank - 1] != last))
        return tsr_fail_(q->op->site, TSR_BAD_SHAPE, "%s: %s: the last extent of %s must be %lld",
                         q->desc->name, solve_constraint_name(q, c, &name),
                         solve_arg_name(q, c->on, &w), (long long)last);
    return TSR_OK;
}

static tsr_status check_all_derived(const struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i) {
        tsr_status s = check_derived(q, i);
        if (s == TSR_OK && q->part[i].role == ROLE_IMAGE)
            s = check_image(q, i);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

/* ---- the lead ---- */

static int first_free(const struct problem *q, bool (*is_wanted)(tsr_access))
{
    for (int i = 0; i < q->op->n_args; ++i)
        if (q->part[i].role == ROLE_FREE && is_wanted(q->desc->args[i].access))
            return i;
    return -1;
}

static bool is_read(tsr_access a)
{
    return a == TSR_READ;
}

static bool is_reduced(tsr_access a)
{
    return a == TSR_REDUCE;
}

static bool is_mentioned(const struct problem *q, int arg)
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        const bool one = constraint_is_whole(c) || c->kind == TSR_CONSTRAINT_MIN_EXTENT ||
                         c->kind == TSR_CONSTRAINT_MULTIPLE_OF;
        if (c->kind != TSR_CONSTRAINT_NONE && !one && (c->of == arg || c->on == arg))
            return true;
    }
    return false;
}

static tsr_status refuse_free(const struct problem *q, int arg)
{
    struct words x, y, sx, sy;
    solve_arg_name(q, arg, &x);
    solve_arg_name(q, q->lead, &y);
    solve_view_shape_name(q, arg, &sx);
    solve_view_shape_name(q, q->lead, &sy);
    if (is_mentioned(q, arg) && is_mentioned(q, q->lead))
        return tsr_fail_(
            q->op->site, TSR_UNSOLVABLE,
            "%s: %s (%s) and %s (%s) are each cut on their own: tie one to the other by "
            "a constraint, or give them equal extents",
            q->desc->name, x.text, sx.text, y.text, sy.text);
    return tsr_fail_(
        q->op->site, TSR_UNSOLVABLE,
        "%s: no constraint says how to cut %s (%s): its extents are not those of %s (%s). "
        "Add BROADCAST(%s), or HALO, SCALE or IMAGE from another argument",
        q->desc->name, x.text, sx.text, y.text, sy.text, x.text);
}

static tsr_status choose_lead(struct problem *q)
{
    q->lead = first_free(q, access_writes);
    if (q->lead < 0)
        q->lead = first_free(q, is_read);
    if (q->lead < 0)
        q->lead = first_free(q, is_reduced);
    q->volume = 1;
    if (q->lead < 0)
        return TSR_OK;
    const struct view *v = q->op->arg[q->lead].view;
    q->rank = v->rank;
    for (int d = 0; d < v->rank; ++d) {
        q->extent[d] = v->extent[d];
        q->volume = mul64(q->volume, v->extent[d]);
    }
    for (int i = 0; i < q->op->n_args; ++i) {
        const struct view *w = q->op->arg[i].view;
        if (q->part[i].role != ROLE_FREE)
            continue;
        if (w->rank != v->rank ||
            memcmp(w->extent, v->extent, (size_t)v->rank * sizeof v->extent[0]))
            return refuse_free(q, i);
    }
    return TSR_OK;
}

static void measure(struct problem *q)
{
    q->elements = 0;
    for (int i = 0; i < q->op->n_args; ++i)
        if (q->part[i].role != ROLE_VALUE && q->part[i].role != ROLE_UNBOUND)
            q->elements = max64(q->elements, view_volume(q->op->arg[i].view));
}

tsr_status solve_read_constraints(struct problem *q)
{
    const tsr_constraint *of_group[TSR_MAX_ARGS] = {0};
    tsr_status            s = read_arguments(q);
    q->lead = -1;
    if (s == TSR_OK)
        measure(q);
    if (s == TSR_OK && q->op->points > 0)
        return TSR_OK; /* explicit.c reads the rest */
    if (s == TSR_OK)
        s = groups_join(q);
    if (s == TSR_OK)
        s = groups_derive(q, of_group);
    if (s != TSR_OK)
        return s;
    derive_roles(q, of_group);
    s = check_all_derived(q);
    return s == TSR_OK ? choose_lead(q) : s;
}
