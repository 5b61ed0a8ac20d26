/* depend/asks.c - what of a root the ranks ask for before an operation, and what therefore moves.
 *
 * Each argument that reads asks, on every rank, for the box its points there read.  Boxes that another
 * argument's contain are one; so a stencil written as four shifted views asks for a cross, and no corner
 * moves that nobody reads.  More than ASKS_MOST become one hull: the owner map keeps no more.  Where
 * several arguments write, the hull of what they write is asked for as well, since maps speak of boxes.
 *
 * What moves between two ranks is the union of what the asks need, as boxes that do not meet; both sides
 * derive the same list in the same order.
 *
 * Cost: O(arguments * ranks) words, and owner.h's.  Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

static tsr_box *boxes_of(struct analysis *a, int g, int which)
{
    tsr_box *b = a->d->boxes + (int64_t)(BOXES_EACH * g + which) * a->rt->n_ranks;
    for (int r = 0; r < a->rt->n_ranks; ++r) {
        memset(&b[r], 0, sizeof b[r]);
        b[r].rank = a->group[g].root->rank;
    }
    return b;
}

enum { BOXES_WROTE = ASKS_MOST, BOXES_SCRATCH };

/* Rank r's box of argument k, all r, into boxes that hold other arguments' already. */
static void add_boxes(const struct analysis *a, int k, tsr_box *into, bool *seen)
{
    for (int r = 0; r < a->rt->n_ranks; ++r) {
        if (!exchange_takes_part(a, k, r))
            continue;
        const tsr_box b = exchange_box(a, k, r);
        into[r] = seen[r] ? box_hull(&into[r], &b) : b;
        seen[r] = true;
    }
}

/* Does every rank's box of `inner` stand in that of `outer`? */
static bool within(const tsr_box *inner, const tsr_box *outer, int n)
{
    for (int r = 0; r < n; ++r)
        if (!box_is_empty(&inner[r]) && !box_contains(&outer[r], &inner[r]))
            return false;
    return true;
}

static void hull_all(tsr_box *into, const tsr_box *more, int n)
{
    for (int r = 0; r < n; ++r)
        if (!box_is_empty(&more[r]))
            into[r] = box_is_empty(&into[r]) ? more[r] : box_hull(&into[r], &more[r]);
}

/* One more ask; `boxes` are copied. */
static void ask_add(struct analysis *a, int i, const tsr_box *boxes)
{
    struct group *g = &a->group[i];
    const int     n = a->rt->n_ranks;
    for (int j = 0; j < g->n_asks; ++j) {
        if (within(boxes, g->asked[j], n))
            return;
        if (within(g->asked[j], boxes, n)) {
            memcpy(g->asked[j], boxes, (size_t)n * sizeof *boxes);
            return;
        }
    }
    if (g->n_asks < ASKS_MOST) {
        g->asked[g->n_asks] = boxes_of(a, i, g->n_asks);
        memcpy(g->asked[g->n_asks++], boxes, (size_t)n * sizeof *boxes);
        return;
    }
    for (; g->n_asks > 1; --g->n_asks)
        hull_all(g->asked[0], g->asked[g->n_asks - 1], n);
    hull_all(g->asked[0], boxes, n);
}

/* The hull of what all writing arguments touch, as far as its old content matters. */
static void ask_for_written(struct analysis *a, int i)
{
    struct group *g = &a->group[i];
    bool          seen[256] = {false}, any = false;
    tsr_box      *b = boxes_of(a, i, BOXES_SCRATCH);
    for (int k = 0; k < a->plan->n_args; ++k)
        if ((g->writes | g->folds) >> k & 1 && exchange_reads(a, g, k)) {
            add_boxes(a, k, b, seen);
            any = true;
        }
    if (any)
        ask_add(a, i, b);
}

void asks_find(struct analysis *a, int i)
{
    struct group *g = &a->group[i];
    bool          written[256] = {false};
    g->n_asks = 0;
    g->wrote = NULL;
    ask_for_written(a, i);
    for (int k = 0; k < a->plan->n_args; ++k) {
        if (!(g->args >> k & 1))
            continue;
        if ((g->writes | g->folds) >> k & 1) {
            if (g->wrote == NULL)
                g->wrote = boxes_of(a, i, BOXES_WROTE);
            add_boxes(a, k, g->wrote, written);
        } else if (exchange_reads(a, g, k)) {
            bool     seen[256] = {false};
            tsr_box *b = boxes_of(a, i, BOXES_SCRATCH);
            add_boxes(a, k, b, seen);
            ask_add(a, i, b);
        }
    }
}

/* Add to `into` what of `more` is not there yet; empties `more`. */
static bool unite(struct box_list *into, struct box_list *more)
{
    bool ok = true;
    for (int b = 0; b < into->n && ok; ++b)
        ok = box_list_subtract(more, &into->box[b]);
    for (int b = 0; b < more->n && ok; ++b)
        ok = box_list_add(into, &more->box[b]);
    more->n = 0;
    return ok;
}

bool asks_moves(struct analysis *a, struct owner_map *map, tsr_box *const *asked, int n_asks)
{
    const int        n = a->rt->n_ranks, me = a->rt->rank;
    struct box_list *lists = a->d->lists;
    bool             ok = true;
    for (int r = 0; r < 4 * n; ++r)
        lists[r].n = 0;
    for (int j = 0; j < n_asks && ok; ++j) {
        struct box_list *to = j == 0 ? lists : lists + 2 * n, *from = to + n;
        ok = owner_map_sends(map, me, asked[j], to) && owner_map_needs(map, me, &asked[j][me], from);
        for (int r = 0; r < 2 * n && j > 0 && ok; ++r)
            ok = unite(&lists[r], &lists[2 * n + r]);
    }
    return ok;
}
