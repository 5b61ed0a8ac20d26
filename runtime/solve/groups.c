/* solve/groups.c - which arguments are cut in the same places, and what each group follows from.
 *
 * ALIGN joins arguments into groups (union-find: Tarjan 1975, by the lowest number, with path
 * halving). A group is free, or one of its members is derived by one HALO, SCALE, BROADCAST or IMAGE
 * from an argument of another group; the others go with it. Chains are allowed, circles are not.
 *
 * Cost: O(arguments + constraints), with arguments at most 16. Threads: the issuing thread. */
#include <string.h>

#include "solve/groups.h"

int group_find(struct problem *q, int arg)
{
    while (q->group[arg] != arg)
        arg = q->group[arg] = q->group[q->group[arg]];
    return arg;
}

static void group_join(struct problem *q, int a, int b)
{
    a = group_find(q, a);
    b = group_find(q, b);
    if (a < b)
        q->group[b] = a;
    else
        q->group[a] = b;
}

bool constraint_derives(const tsr_constraint *c)
{
    return c->kind == TSR_CONSTRAINT_HALO || c->kind == TSR_CONSTRAINT_SCALE ||
           c->kind == TSR_CONSTRAINT_BROADCAST || c->kind == TSR_CONSTRAINT_IMAGE;
}

bool constraint_is_whole(const tsr_constraint *c)
{
    return c->kind == TSR_CONSTRAINT_BROADCAST && c->dims == 0;
}

/* ---- ALIGN ---- */

static bool is_unbound(const struct problem *q, int arg)
{
    return q->part[arg].role == ROLE_UNBOUND;
}

static tsr_status join_aligned(struct problem *q, const tsr_constraint *c)
{
    const struct view *a = q->op->arg[c->of].view, *b = q->op->arg[c->on].view;
    struct words       name, x, y, sx, sy;
    if (is_unbound(q, c->of) || is_unbound(q, c->on))
        return TSR_OK;
    if (a->rank != b->rank || memcmp(a->extent, b->extent, (size_t)a->rank * sizeof a->extent[0]))
        return tsr_fail_(q->op->site, TSR_BAD_SHAPE, "%s: %s: %s is %s, %s is %s", q->desc->name,
                         solve_constraint_name(q, c, &name), solve_arg_name(q, c->of, &x),
                         solve_view_shape_name(q, c->of, &sx), solve_arg_name(q, c->on, &y),
                         solve_view_shape_name(q, c->on, &sy));
    group_join(q, c->of, c->on);
    return TSR_OK;
}

tsr_status groups_join(struct problem *q)
{
    for (int i = 0; i < TSR_MAX_ARGS; ++i)
        q->group[i] = i;
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (c->kind == TSR_CONSTRAINT_ALIGN && c->of != c->on) {
            const tsr_status s = join_aligned(q, c);
            if (s != TSR_OK)
                return s;
        }
    }
    return TSR_OK;
}

/* ---- derivations ---- */

tsr_status constraints_contradict(const struct problem *q, const tsr_constraint *a,
                                  const tsr_constraint *b, const char *why)
{
    struct words x, y;
    return tsr_fail_(q->op->site, TSR_UNSOLVABLE, "%s: %s and %s contradict: %s", q->desc->name,
                     solve_constraint_name(q, a, &x), solve_constraint_name(q, b, &y), why);
}

/* An ALIGN that put an argument into its group; NULL where it stands alone. */
static const tsr_constraint *align_of(struct problem *q, int arg)
{
    const tsr_constraint *other = NULL;
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (c->kind != TSR_CONSTRAINT_ALIGN || c->of == c->on)
            continue;
        if (c->of == arg || c->on == arg)
            return c;
        if (!other && group_find(q, c->of) == group_find(q, arg))
            other = c;
    }
    return other;
}

static bool is_same_constraint(const tsr_constraint *a, const tsr_constraint *b)
{
    return a->kind == b->kind && a->of == b->of && a->on == b->on && a->dims == b->dims &&
           a->image == b->image && a->exact == b->exact && !memcmp(a->low, b->low, sizeof a->low) &&
           !memcmp(a->high, b->high, sizeof a->high);
}

static tsr_status take_derivation(struct problem *q, const tsr_constraint *c,
                                  const tsr_constraint *of_group[TSR_MAX_ARGS])
{
    const int             g = group_find(q, c->of);
    const tsr_constraint *other = of_group[g], *align = align_of(q, c->of);
    if (other && !is_same_constraint(other, c))
        return constraints_contradict(q, other, c, "the same pieces follow from both");
    if (align && constraint_is_whole(c))
        return constraints_contradict(q, c, align,
                                      "what every point sees whole is not cut where another is");
    if (align && c->kind == TSR_CONSTRAINT_IMAGE)
        return constraints_contradict(q, c, align, "pieces of an image follow from values alone");
    of_group[g] = c;
    return TSR_OK;
}

static bool goes_round(struct problem *q, int g, const tsr_constraint *of_group[TSR_MAX_ARGS])
{
    int at = g;
    for (int steps = 0; steps <= TSR_MAX_ARGS; ++steps) {
        if (!of_group[at] || constraint_is_whole(of_group[at]))
            return false;
        at = group_find(q, of_group[at]->on);
        if (at == g)
            return true;
    }
    return false; /* into a circle that g is not in: found from there */
}

static tsr_status refuse_circles(struct problem *q, const tsr_constraint *of_group[TSR_MAX_ARGS])
{
    for (int g = 0; g < TSR_MAX_ARGS; ++g) {
        if (!goes_round(q, g, of_group))
            continue;
        const tsr_constraint *first = of_group[g], *next = of_group[group_find(q, first->on)];
        if (next != first)
            return constraints_contradict(q, first, next, "each piece follows from the other");
        const tsr_constraint *align = align_of(q, first->of);
        if (align)
            return constraints_contradict(q, first, align,
                                          "a piece cannot follow from one it is aligned with");
        return constraints_contradict(q, first, first, "a piece cannot follow from itself");
    }
    return TSR_OK;
}

tsr_status groups_derive(struct problem *q, const tsr_constraint *of_group[TSR_MAX_ARGS])
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *c = &q->desc->constraints[k];
        if (!constraint_derives(c) || q->part[c->of].role != ROLE_FREE)
            continue; /* a value, an unbound output or a partition needs none */
        const tsr_status s = take_derivation(q, c, of_group);
        if (s != TSR_OK)
            return s;
    }
    return refuse_circles(q, of_group);
}
