/* solve/derive.c - the box of an argument from a box of the iteration.
 *
 * Dimensions do not mix, so all that there is to know is a monotone function of intervals along each:
 *
 *     free, same:   [l, h)                      halo:   [l - low, h + high)
 *     whole:        [0, extent)                 scale:  [l f, h f)
 *
 * clipped to the argument's extent at every step of a chain. An empty interval stays empty, but where
the argument is whole: who runs no points has no boxes at all, and callers see to that.
 *
 * Cost: O(length of the chain), at most 16. Threads: pure functions. */
#include "base/mutant.h"
#include "solve/problem.h"

static struct interval clip(struct interval i, int64_t extent)
{
    i.low = clamp64(i.low, 0, extent);
    i.high = clamp64(i.high, 0, extent);
    return i;
}

static struct interval grown(struct interval i, const tsr_constraint *c, int d)
{
    const int64_t lost = MUTANT(HALO_ONE_SHORT) && c->high[d] > 0;
    return (struct interval){i.low - c->low[d], i.high + c->high[d] - lost};
}

static int64_t factor(const tsr_constraint *c, int d)
{
    return c->low[d] > 0 ? c->low[d] : 1;
}

/* Does the part at one step of a chain take all of dimension d? */
static bool is_whole_along(const struct problem *q, int arg, int d)
{
    const struct part *p = &q->part[arg];
    switch (p->role) {
    case ROLE_FREE: return d >= q->rank;
    case ROLE_DIMS: return p->why->dims >> d & 1;
    case ROLE_SAME:
    case ROLE_HALO:
    case ROLE_SCALE: return false;
    default: return true;
    }
}

struct interval solve_along(const struct problem *q, int arg, int d, struct interval it)
{
    const struct part *p = &q->part[arg];
    const int64_t      extent = q->op->arg[arg].view->extent[d];
    if (is_whole_along(q, arg, d))
        return (struct interval){0, extent};
    if (it.low >= it.high)
        return (struct interval){0, 0};
    if (p->role == ROLE_FREE)
        return it;
    struct interval on = solve_along(q, p->on, d, it);
    if (on.low >= on.high)
        return (struct interval){clamp64(on.low, 0, extent), clamp64(on.low, 0, extent)};
    if (p->role == ROLE_HALO)
        on = grown(on, p->why, d);
    if (p->role == ROLE_SCALE)
        on = (struct interval){mul64(on.low, factor(p->why, d)), mul64(on.high, factor(p->why, d))};
    return clip(on, extent);
}

void solve_derive_box(const struct problem *q, int arg, const tsr_box *it, tsr_box *out)
{
    const struct view *v = q->op->arg[arg].view;
    *out = (tsr_box){.rank = v->rank};
    for (int d = 0; d < v->rank; ++d) {
        const struct interval all = {0,
                                     1}; /* any that is not empty: it does not move the argument */
        const struct interval i =
            solve_along(q, arg, d, d < it->rank ? (struct interval){it->low[d], it->high[d]} : all);
        out->low[d] = i.low;
        out->high[d] = i.high;
    }
}

bool solve_affine(const struct problem *q, int arg, int d, int64_t *scale, int64_t *low,
                  int64_t *high)
{
    const struct part *p = &q->part[arg];
    if (d >= q->op->arg[arg].view->rank || is_whole_along(q, arg, d))
        return false;
    if (p->role == ROLE_FREE) {
        *scale = 1;
        *low = *high = 0;
        return true;
    }
    if (!solve_affine(q, p->on, d, scale, low, high))
        return false;
    if (p->role == ROLE_HALO) {
        *low += p->why->low[d];
        *high += p->why->high[d];
    }
    if (p->role == ROLE_SCALE) {
        const int64_t f = factor(p->why, d);
        *scale = mul64(*scale, f);
        *low *= f;
        *high *= f;
    }
    return true;
}

bool solve_drives(const struct problem *q, int arg, int d)
{
    int64_t scale, low, high;
    return q->part[arg].role != ROLE_UNBOUND && solve_affine(q, arg, d, &scale, &low, &high) &&
           view_feeds(q->op->arg[arg].view, d);
}

static int64_t magnitude(int64_t v)
{
    return v < 0 ? -v : v;
}

/* Some root dimension must step further for one index of d than all other dimensions reach. */
bool solve_view_separates(const struct view *v, int d)
{
    for (int r = 0; r < v->root_rank; ++r) {
        int64_t reach = 0;
        for (int e = 0; e < v->rank; ++e)
            if (e != d && v->extent[e] > 1)
                reach = add64(reach, mul64(magnitude(v->a[r][e]), v->extent[e] - 1));
        if (magnitude(v->a[r][d]) > reach)
            return true;
    }
    return false;
}

/* Which dimension of extent > 1 moves root dimension r by `step`; -1: none. */
static int moves_by(const struct view *v, int r, int64_t step)
{
    for (int d = 0; d < v->rank; ++d)
        if (v->extent[d] > 1 && magnitude(v->a[r][d]) == step)
            return d;
    return -1;
}

/* Along each root dimension the steps must be a mixed radix: 1, then the extent before, and so on. */
bool solve_view_is_onto(const struct view *v, const int64_t *root_extent)
{
    int64_t volume = 1;
    for (int r = 0; r < v->root_rank; ++r) {
        int64_t reach = 1;
        for (int d; reach < root_extent[r] && (d = moves_by(v, r, reach)) >= 0;)
            reach = mul64(reach, v->extent[d]);
        if (reach != root_extent[r])
            return false;
        volume = mul64(volume, reach);
    }
    return volume == view_volume(v); /* and no dimension feeds two */
}
