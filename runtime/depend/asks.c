/* depend/asks.c - what of a root the ranks ask for before an operation, and what therefore moves.
 *
 * Each argument that reads asks, on every rank, for the box its points there read.  Boxes that another
 * argument's contain are one; so a stencil written as four shifted views asks for a cross, and no corner
 * moves that nobody reads.  Of more than ASKS_MOST (the owner map keeps no more) those two become one whose hull
 * adds least: six neighbours in space are two bars and two faces.  Where
 * several arguments write, the hull of what they write is asked for as well, since maps speak of boxes.
 *
 * What moves between two ranks is the union of what the asks need, as boxes that do not meet; both sides
 * derive the same list in the same order.
 *
 * What is asked for follows from the plan and from which arguments share a root, so it is found once and
 * kept with the plan.
 *
 * Cost: O(1) where it was found before; else O(arguments) deals; what moves costs what owner.h says.
 * Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

/* What the arguments of one root ask for and write; by the first of them. */
struct plan_ask {
    uint32_t     args;
    int          n;
    struct deal *asked[ASKS_MOST], *wrote; /* counted; wrote NULL: nothing */
};

void asks_release(struct plan_ask *asks, int n_args)
{
    for (int i = 0; asks != NULL && i < n_args; ++i) {
        for (int j = 0; j < asks[i].n; ++j)
            deal_release(asks[i].asked[j]);
        deal_release(asks[i].wrote);
    }
    base_free(asks);
}

static int64_t volume_of(const struct deal *d, int r)
{
    const tsr_box b = deal_box(d, r);
    return box_volume(&b);
}

/* How much more than both a rank would ask for, if it asked for their hull: of a rank from the inside of
 * grids, which stands for all. */
static int64_t growth(const struct deal *a, const struct deal *b)
{
    const int     r = (int)((int64_t)a->n_ranks * 618 / 1000);
    const tsr_box x = deal_box(a, r), y = deal_box(b, r), both = box_hull(&x, &y);
    const tsr_box shared = box_intersection(&x, &y);
    return box_volume(&both) - volume_of(a, r) - volume_of(b, r) + box_volume(&shared);
}

/* Put the hull of `b` and `*into` there.  False: no memory. */
static bool hull_into(struct deal **into, const struct deal *b)
{
    struct deal *both = *into != NULL ? deal_hull(*into, b) : deal_keep((struct deal *)(uintptr_t)b);
    if (both == NULL)
        return false;
    deal_release(*into);
    *into = both;
    return true;
}

/* The two asks whose hull adds least become one, until there are few enough. */
static bool join_some(struct deal **asked, int *n)
{
    while (*n > ASKS_MOST) {
        int     one = 0, other = 1;
        int64_t least = INT64_MAX;
        for (int i = 0; i < *n; ++i)
            for (int j = i + 1; j < *n; ++j) {
                const int64_t more = growth(asked[i], asked[j]);
                if (more >= least)
                    continue;
                one = i;
                other = j;
                least = more;
            }
        if (!hull_into(&asked[one], asked[other]))
            return false;
        deal_release(asked[other]);
        asked[other] = asked[--*n];
    }
    return true;
}

/* One more ask, unless one that is there contains it. */
static bool ask_add(struct deal **asked, int *n, struct deal *d)
{
    if (d->kind == DEAL_NONE)
        return true;
    for (int j = 0; j < *n; ++j) {
        if (deal_within(d, asked[j]))
            return true;
        if (deal_within(asked[j], d)) {
            deal_release(asked[j]);
            asked[j] = deal_keep(d);
            return true;
        }
    }
    asked[(*n)++] = deal_keep(d);
    return join_some(asked, n);
}

/* Fill in what the group asks for and writes.  False: no memory. */
static bool ask_find(const struct analysis *a, const struct group *g, struct plan_ask *out)
{
    struct deal *asked[ASKS_MOST + 1], *read_back = NULL;
    int          n = 0;
    bool         ok = true;
    *out = (struct plan_ask){.args = g->args};
    for (int k = 0; k < a->plan->n_args && ok; ++k) {
        if (!((g->writes | g->folds) >> k & 1))
            continue;
        ok = hull_into(&out->wrote, exchange_deal(a->plan, k));
        if (ok && exchange_reads(a, g, k)) /* the hull of what all of them touch */
            ok = hull_into(&read_back, exchange_deal(a->plan, k));
    }
    if (ok && read_back != NULL)
        ok = ask_add(asked, &n, read_back);
    deal_release(read_back);
    for (int k = 0; k < a->plan->n_args && ok; ++k)
        if ((g->args >> k & 1) && !((g->writes | g->folds) >> k & 1) && exchange_reads(a, g, k))
            ok = ask_add(asked, &n, exchange_deal(a->plan, k));
    out->n = n;
    if (n > ASKS_MOST) { /* there was no memory to join them */
        deal_release(asked[ASKS_MOST]);
        out->n = ASKS_MOST;
    }
    memcpy(out->asked, asked, (size_t)out->n * sizeof *asked);
    return ok;
}

bool asks_find(struct analysis *a, int i)
{
    struct group     *g = &a->group[i];
    struct plan_side *side = a->side;
    if (side->asks == NULL)
        side->asks = base_calloc((size_t)a->plan->n_args, sizeof *side->asks);
    if (side->asks == NULL)
        return false;
    struct plan_ask *ask = &side->asks[g->first];
    if (ask->args != g->args) { /* the first time, or the root lies in other parts now */
        struct plan_ask fresh;
        const bool      ok = ask_find(a, g, &fresh);
        for (int j = 0; j < ask->n; ++j)
            deal_release(ask->asked[j]);
        deal_release(ask->wrote);
        *ask = fresh;
        if (!ok) {
            ask->args = 0;
            return false;
        }
    }
    g->n_asks = ask->n;
    g->asked = ask->asked;
    g->wrote = ask->wrote;
    return true;
}

/* ---- what moves ---- */

/* Add to `into` what of `more` is not there yet; empties `more`. */
static bool unite(struct owner_moves *into, struct owner_moves *more)
{
    const int       n = into->n;
    struct box_list left = {0};
    bool            ok = true;
    for (int i = 0; i < more->n && ok; ++i) {
        left.n = 0;
        ok = box_list_add(&left, &more->move[i].box);
        for (int j = 0; j < n && ok; ++j)
            if (into->move[j].peer == more->move[i].peer)
                ok = box_list_subtract(&left, &into->move[j].box);
        for (int b = 0; b < left.n && ok; ++b)
            ok = owner_moves_add(into, more->move[i].peer, &left.box[b]);
    }
    more->n = 0;
    box_list_done(&left);
    return ok;
}

bool asks_moves(struct analysis *a, struct owner_map *map, struct deal *const *asked, int n_asks)
{
    struct depend_state *d = a->d;
    const int            me = a->rt->rank;
    bool                 ok = true;
    d->to.n = d->from.n = d->more.n = 0;
    for (int j = 0; j < n_asks && ok; ++j) {
        const tsr_box mine = deal_box(asked[j], me);
        ok = owner_map_sends(map, me, asked[j], j == 0 ? &d->to : &d->more) &&
             (j == 0 || unite(&d->to, &d->more)) &&
             owner_map_needs(map, me, &mine, j == 0 ? &d->from : &d->more) &&
             (j == 0 || unite(&d->from, &d->more));
    }
    owner_moves_sort(&d->to);
    owner_moves_sort(&d->from);
    return ok;
}
