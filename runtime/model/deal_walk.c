/* model/deal_walk.c - the ranks whose boxes meet a box, in ascending order.
 *
 * Along each axis the coordinates that can meet are a range, found from the cut's formula: a guess, and a
 * step or two.  The walk is over the product of the ranges, the axis of the greatest stride outermost.
 *
 * Cost: O(rank) to begin, O(rank) a rank found; of a LIST O(ranks) in all.  Threads: pure functions. */
#include "model/deal.h"

static int64_t floor_div(int64_t a, int64_t b) /* b > 0 */
{
    return a / b - (a % b < 0);
}

/* The first k in [0, n] with cut k above x; n + 1: none. */
static int first_above(const struct deal_axis *a, int64_t x)
{
    if (x < 0)
        return 0;
    if (x >= a->base)
        return a->n + 1;
    int low = 1, high = a->n; /* the answer lies in [low, high] */
    int guess = (int)((__int128)x * a->n / (a->base > 0 ? a->base : 1)) + 1;
    for (int step = 1; low < high; step *= 2) {
        guess = guess < low ? low : guess >= high ? high - 1 : guess;
        const bool above = deal_cut(a, guess) > x;
        if (above)
            high = guess;
        else
            low = guess + 1;
        guess = step > 4 ? low + (high - low) / 2 : above ? guess - step : guess + step;
    }
    return low;
}

/* Coordinates [from, to) of dimension k's axis whose intervals may meet [low, high). */
static void range_of(const struct deal *d, int k, int64_t low, int64_t high, int *from, int *to)
{
    const struct deal_side *s = &d->side[k];
    const struct deal_axis *a = &d->axis[s->by];
    const bool              up = s->scale > 0;
    const int64_t           scale = up ? s->scale : -s->scale;
    /* behind: the cut where c ends is above this; before: the cut where it begins is at most that */
    const int64_t behind = up ? floor_div(low - s->high, scale) : floor_div(s->low - high, scale);
    const int64_t before =
        up ? floor_div(high - s->low - 1, scale) : floor_div(s->high - low - 1, scale);
    int first = first_above(a, behind) - 1, last = first_above(a, before) - 1;
    if (first >= a->n) /* the last piece reaches to the end of the hull */
        first = a->n - 1;
    if (last < 0) /* and the first to the other */
        last = 0;
    first = first < 0 ? 0 : first;
    last = last > a->n - 1 ? a->n - 1 : last;
    *from = first > *from ? first : *from;
    *to = last + 1 < *to ? last + 1 : *to;
}

struct deal_walk deal_walk_begin(const struct deal *d, const tsr_box *met)
{
    struct deal_walk w = {.d = d, .met = *met, .r = -1};
    w.over = d->kind == DEAL_NONE || box_is_empty(met) || !box_meets(&d->hull, met);
    if (w.over || d->kind != DEAL_GRID)
        return w;
    for (int k = 0; k < d->n_axes; ++k)
        w.to[k] = d->only >> k & 1 ? 1 : d->axis[k].n;
    for (int k = 0; k < d->rank; ++k)
        if (d->side[k].by >= 0)
            range_of(d, k, met->low[k], met->high[k], &w.from[d->side[k].by], &w.to[d->side[k].by]);
    for (int k = 0; k < d->n_axes; ++k) {
        w.over |= w.from[k] >= w.to[k];
        w.at[k] = w.from[k];
    }
    return w;
}

/* The next rank of the product; false: there is none. */
static bool grid_next(struct deal_walk *w)
{
    const struct deal *d = w->d;
    int                k = d->n_axes - 1;
    if (!w->begun) {
        w->begun = true;
    } else {
        for (; k >= 0 && ++w->at[k] == w->to[k]; --k)
            w->at[k] = w->from[k];
        if (k < 0)
            return false;
    }
    w->r = 0;
    for (k = 0; k < d->n_axes; ++k)
        w->r += w->at[k] * d->axis[k].stride;
    return true;
}

static bool next_rank(struct deal_walk *w)
{
    const struct deal *d = w->d;
    if (d->kind == DEAL_GRID)
        return grid_next(w);
    if (d->kind == DEAL_ONE) {
        w->over = w->begun;
        w->begun = true;
        w->r = d->one;
        return !w->over;
    }
    return ++w->r < d->n_ranks;
}

bool deal_walk_next(struct deal_walk *w)
{
    while (!w->over && next_rank(w)) {
        w->box = w->d->kind == DEAL_GRID ? deal_box_at(w->d, w->at) : deal_box(w->d, w->r);
        if ((w->box.rank == 0 || !box_is_empty(&w->box)) && box_meets(&w->box, &w->met))
            return true;
    }
    w->over = true;
    return false;
}
