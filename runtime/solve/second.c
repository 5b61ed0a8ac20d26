/* solve/second.c - TESSERA_CHECK=cuts: another cut of each point, to compare the bits.
 *
 * A private cut may stand at any place that the limits allow, along any dimension.  So each point is cut
 * again in two along every dimension where that is allowed, near its middle and, where there is a choice,
 * at an odd multiple of the unit: what a body does for its first elements, for the last ones, or for
 * groups of 2, 4, 8 of them then falls elsewhere.  Points of few elements could not be cut again; while the
 * mode is on they are made of four or more, where the rank's box has as many.
 *
 * Not cut again: what the rest of a plan gives by hand (manual launches), what follows from values
 * (images, unbound outputs), operations that bodies see leaf by leaf whatever the cut, and what writes
 * nothing.
 *
 * Cost: O(points here * 2^rank * arguments).  Threads: the issuing thread. */
#include "solve/problem.h"

enum { LEAST_ELEMENTS = 4, MOST_PIECES = 1 << 24 };

bool solve_is_watched(const struct problem *q)
{
    return q->rt->config.check[0] != 0 && !task_is_built_in(q->desc);
}

int64_t solve_second_points(const struct problem *q, int64_t wanted, int64_t volume)
{
    if (q->rt->config.check[0] == 0)
        return wanted;
    return min64(wanted, max64(1, volume / LEAST_ELEMENTS));
}

static bool changes_something(const struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i)
        if (access_is_store(q->op, i) &&
            (access_writes(q->desc->args[i].access) || q->desc->args[i].access == TSR_REDUCE))
            return true;
    return false;
}

/* Where to cut [low, high) of dimension d in two; `low` where that is not allowed. */
static int64_t place(const struct problem *q, int d, int64_t low, int64_t high)
{
    if (q->one_point || q->uncut[d] != UNCUT_NOT)
        return low;
    const int64_t unit = q->unit[d], least = max64(1, q->least[d]);
    const int64_t middle = (low + (high - low) / 2) / unit, odd = middle | 1;
    const int64_t places[] = {odd, odd - 2, middle, middle + 1};
    for (int i = 0; i < 4; ++i) {
        const int64_t at = mul64(places[i], unit);
        if (at > low && at < high && at - low >= least && high - at >= least)
            return at;
    }
    return low;
}

static bool next_point(const struct plan *p, int *at)
{
    for (int d = p->rank - 1; d >= 0; --d) {
        if (++at[d] < p->grid[d])
            return true;
        at[d] = 0;
    }
    return false;
}

/* The pieces of the point at these coordinates: how many; their rows where `row` is not NULL. */
static int64_t cut_point(const struct problem *q, const struct plan *p, const int *at, int64_t *row)
{
    int64_t middle[TSR_MAX_RANK] = {0};
    int     n = 1;
    for (int d = 0; d < p->rank; ++d) {
        middle[d] = place(q, d, p->cut[d][at[d]], p->cut[d][at[d] + 1]);
        n *= middle[d] > p->cut[d][at[d]] ? 2 : 1;
    }
    for (int k = 0; k < n && row != NULL; ++k, row += p->row) {
        tsr_box it = {.rank = p->rank};
        int     halves = k;
        for (int d = 0; d < p->rank; ++d) {
            it.low[d] = p->cut[d][at[d]];
            it.high[d] = p->cut[d][at[d] + 1];
            if (middle[d] == it.low[d])
                continue;
            *(halves % 2 ? &it.low[d] : &it.high[d]) = middle[d];
            halves /= 2;
        }
        solve_row(q, p, &it, row);
    }
    return n;
}

/* How many pieces there are; the first of each point in `first`. */
static int64_t count_pieces(const struct problem *q, const struct plan *p, int *first)
{
    int     at[TSR_MAX_RANK] = {0};
    int64_t n = 0;
    for (int i = 0; i < p->n_points && n < MOST_PIECES; ++i) {
        first[i] = (int)n;
        n += cut_point(q, p, at, NULL);
        next_point(p, at);
    }
    first[p->n_points] = (int)n;
    return n;
}

static const char *cut_again(const struct problem *q, struct plan *p)
{
    int *const    first = plan_memory(p, p->n_points + 1, sizeof *first);
    const int64_t n = first != NULL ? count_pieces(q, p, first) : 0;
    if (n >= MOST_PIECES)
        return "there are too many points";
    if (n == p->n_points && first != NULL)
        return "no point of it can be cut";
    int64_t *const boxes = plan_memory(p, mul64(n, p->row), sizeof *boxes);
    if (first == NULL || boxes == NULL)
        return "there is no memory for a second cut";
    int at[TSR_MAX_RANK] = {0};
    for (int i = 0; i < p->n_points; ++i) {
        (void)cut_point(q, p, at, boxes + (int64_t)first[i] * p->row);
        next_point(p, at);
    }
    p->second_first = first;
    p->second_boxes = boxes;
    return NULL;
}

void solve_cut_again(const struct problem *q, struct plan *p)
{
    p->watched = true;
    if (p->manual)
        p->unchecked = "the points of a manual launch are given";
    else if (p->gang)
        p->unchecked = "its points communicate";
    else if (p->has_image)
        p->unchecked = "boxes of an IMAGE follow from values";
    else if (p->has_unbound)
        p->unchecked = "it has an unbound output";
    else if (p->leafwise)
        p->unchecked = "bodies see canonical leaves wherever it is cut";
    else if (!changes_something(q))
        p->unchecked = "it writes nothing";
    else
        p->unchecked = cut_again(q, p);
}
