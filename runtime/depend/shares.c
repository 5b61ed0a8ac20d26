/* depend/shares.c - of a plan: which points share an accumulator, and in which slabs totals fold.
 *
 * Shares.  Where an operator is exact, partial results may fold in any order and grouping.  Points (or
 * leaves) that fold into the same elements of the result then need no accumulator each: each worker
 * keeps one for all of them that it runs, so that no two bodies meet in one.  A body begins at the
 * identity all the same (it may set what it finds there; of equal ones it may keep the first): from a
 * worker's second point on it gets the worker's spare accumulator, which is folded into the one that is
 * kept while it is still in cache.  Worth it where elements are many and points more than a few a
 * worker; else each point has its own.
 *
 * Slabs.  A large total folds in several actions, each over a slab of the result along its outermost
 * dimension: element by element the same order, by more workers.
 *
 * All of it is private to the rank.  Cost: O(points * rank), once a plan.  Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

enum {
    SHARE_ELEMENTS = 1024,   /* of an accumulator: fewer are not worth sharing */
    SHARE_POINTS = 2,        /* a worker: no more are not worth sharing */
    SLAB_ELEMENTS = 32768,   /* of the accumulators: fewer fold in one action */
    SLABS_MOST = 8,          /* each waits for every point */
};

/* In a chaos run the smallest is worth it, so that small programs come here. */
static int64_t worth(const struct tsr_runtime *rt, int64_t least)
{
    return rt->config.chaos != 0 ? 1 : least;
}

/* The boxes of an argument, one a point (or leaf). */
struct boxes {
    const struct plan_arg *pa;
    const int64_t         *row;
    int                    n, words; /* boxes; words between two */
};

static struct boxes boxes_of(const struct plan *p, int a)
{
    return (struct boxes){&p->arg[a], p->leafwise ? p->leaf_boxes : p->boxes,
                          p->leafwise ? p->n_leaves : p->n_points, p->row};
}

static const int64_t *box_low(const struct boxes *b, int i)
{
    return b->row + (int64_t)i * b->words + b->pa->box_at;
}

static int64_t elements_of(const struct boxes *b, int i)
{
    const int64_t *low = box_low(b, i);
    int64_t n = 1;
    for (int d = 0; d < b->pa->rank; ++d)
        if (view_feeds(b->pa->view, d))
            n *= low[b->pa->rank + d] - low[d];
    return n;
}

size_t shares_elements(const struct plan *p, int a, int i)
{
    const struct boxes b = boxes_of(p, a);
    return (size_t)elements_of(&b, i);
}

/* ---- shares ---- */

/* What shares: accumulators of so many elements at least, of more than so many points. */
struct limits {
    int64_t elements;
    int     points;
};

static bool same_elements(const struct boxes *b, int i, int j)
{
    const int64_t *x = box_low(b, i), *y = box_low(b, j);
    const int rank = b->pa->rank;
    for (int d = 0; d < rank; ++d)
        if ((x[d] != y[d] || x[rank + d] != y[rank + d]) && view_feeds(b->pa->view, d))
            return false;
    return true;
}

static uint64_t hash_of(const struct boxes *b, int i)
{
    const int64_t *low = box_low(b, i);
    uint64_t h = 1;
    for (int d = 0; d < b->pa->rank; ++d)
        if (view_feeds(b->pa->view, d))
            h = hash_word(hash_word(h, (uint64_t)low[d]), (uint64_t)low[b->pa->rank + d]);
    return h;
}

/* first[i]: the first point with the elements of point i; count[first]: how many have them.  `table`:
 * room for a power of two of at least 2 n numbers. */
static void group(const struct boxes *b, int32_t *first, int32_t *count, int32_t *table, int mask)
{
    memset(table, -1, ((size_t)mask + 1) * sizeof *table);
    for (int i = 0; i < b->n; ++i) {
        uint64_t at = hash_of(b, i) & (uint64_t)mask;
        while (table[at] >= 0 && !same_elements(b, table[at], i))
            at = (at + 1) & (uint64_t)mask;
        if (table[at] < 0)
            table[at] = i;
        first[i] = table[at];
        ++count[first[i]];
    }
}

/* Number the accumulators.  Returns whether any are shared. */
static bool number(struct shares *s, const struct boxes *b, const int32_t *first,
                   const int32_t *count, const struct limits *l)
{
    bool any = false;
    for (int i = 0; i < b->n; ++i) {
        const int64_t elements = elements_of(b, i);
        const bool shared = elements >= l->elements && count[first[i]] > l->points;
        if (shared && first[i] != i) {
            s->of[i] = s->of[first[i]];
            continue;
        }
        s->of[i] = shared ? ~s->n : s->n; /* of the first of those that share, too */
        any |= shared;
        for (int w = 0; w < (shared ? s->n_workers : 1); ++w)
            s->row[s->n++] = i;
        if (shared && (size_t)elements > s->spare_elements)
            s->spare_elements = (size_t)elements;
    }
    return any;
}

/* For n points; where any that share are as many as the workers, there are no more accumulators. */
static struct shares *shares_of(int n, int n_workers, const struct limits *l)
{
    const size_t most = (size_t)n * (l->points < n_workers ? (size_t)n_workers : 1);
    struct shares *s = base_calloc(1, sizeof *s + ((size_t)n + most) * sizeof(int32_t));
    if (s != NULL) {
        s->n_workers = n_workers;
        s->of = (int32_t *)(void *)(s + 1);
        s->row = s->of + n;
    }
    return s;
}

static bool is_any_large(const struct boxes *b, int64_t elements)
{
    for (int i = 0; i < b->n; ++i)
        if (elements_of(b, i) >= elements)
            return true;
    return false;
}

bool shares_create(const struct tsr_runtime *rt, const struct plan *p, int a, struct shares **out)
{
    const struct boxes b = boxes_of(p, a);
    const struct limits l = {worth(rt, SHARE_ELEMENTS),
                             (int)worth(rt, SHARE_POINTS * rt->schedule_workers)};
    int mask = 1;
    *out = NULL;
    if (!p->arg[a].exact_reduction || b.n <= l.points || !is_any_large(&b, l.elements))
        return true;
    while (mask < 2 * b.n)
        mask = 2 * mask + 1;
    int32_t *first = base_calloc(2 * (size_t)b.n + (size_t)mask + 1, sizeof *first);
    struct shares *s = first != NULL ? shares_of(b.n, rt->schedule_workers, &l) : NULL;
    if (s != NULL) {
        group(&b, first, first + b.n, first + 2 * (size_t)b.n, mask);
        if (number(s, &b, first, first + b.n, &l))
            *out = s;
        else
            base_free(s);
    }
    base_free(first);
    return s != NULL;
}

/* ---- slabs ---- */

static int outermost(const struct plan_arg *pa)
{
    for (int d = 0; d < pa->rank; ++d)
        if (view_feeds(pa->view, d))
            return d;
    return -1;
}

bool slabs_create(const struct tsr_runtime *rt, const struct plan *p, int a, size_t elements,
                  struct slabs **out)
{
    const struct boxes b = boxes_of(p, a);
    const int dim = outermost(b.pa);
    *out = NULL;
    if (rt->schedule_workers < 2 || (int64_t)elements < worth(rt, SLAB_ELEMENTS) || dim < 0)
        return true;
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (int i = 0; i < b.n; ++i) {
        const int64_t *at = box_low(&b, i);
        low = at[dim] < low ? at[dim] : low;
        high = at[b.pa->rank + dim] > high ? at[b.pa->rank + dim] : high;
    }
    int64_t n = rt->schedule_workers < SLABS_MOST ? rt->schedule_workers : SLABS_MOST;
    n = high - low < n ? high - low : n;
    if (n < 2)
        return true;
    struct slabs *s = *out = base_calloc(1, sizeof *s + (size_t)(n + 1) * sizeof s->begin[0]);
    if (s == NULL)
        return false;
    s->n = (int)n;
    s->dim = dim;
    for (int64_t i = 0; i <= n; ++i) /* what other ranks send may lie outside this rank's */
        s->begin[i] = i == 0 ? INT64_MIN : i == n ? INT64_MAX : low + (high - low) * i / n;
    return true;
}
