/* solve/plan.c - plans: memory, counts, and which points meet a region.
 *
 * The arrays of a plan stand in blocks that go with it. Where each iteration dimension moves the
 * argument along one root dimension, the points that meet a region are a box of the grid, found by
 * bisection; elsewhere (partitions given by hand, split dimensions, images) points are sorted by
 * where they begin along the first root dimension, with the furthest end so far beside it.
 *
 * Cost: plan_find_points O(log + met), O(log + points that reach as far) where not by the grid.
 * Threads: counts belong to the issuing thread; plan_find_points is pure. */
#include <assert.h>
#include <stdlib.h>

#include "solve/problem.h"

enum { SORT_FROM = 32 };

/* A run of memory for the arrays of one plan; the newest block may have room left. */
struct block {
    struct block *next;
    size_t        left; /* units of this size, at the end of the block's */
    size_t        n;
    size_t        unused; /* keeps what follows aligned to 16 */
};

enum { BLOCK_UNITS = 48 };

struct plan *plan_create(struct tsr_runtime *rt, const struct operation *op)
{
    struct plan *p = base_calloc(1, plan_size(op->n_args));
    if (!p)
        return NULL;
    p->id = solve_next_plan(rt);
    p->users = 1;
    p->desc = op->desc;
    p->n_args = op->n_args;
    p->n_ranks = rt->n_ranks;
    p->alone = -1;
    p->bytes = plan_size(op->n_args);
    return p;
}

void *plan_memory(struct plan *p, int64_t n, size_t size)
{
    if (n < 0 || n > (int64_t)1 << 40)
        return NULL;
    const size_t  units = ((size_t)n * size + sizeof(struct block) - 1) / sizeof(struct block);
    struct block *b = p->memory;
    if (!b || b->left < units) {
        const size_t made = units > BLOCK_UNITS ? units : BLOCK_UNITS;
        b = base_calloc(made + 1, sizeof *b);
        if (!b)
            return NULL;
        *b = (struct block){.next = p->memory, .left = made, .n = made};
        p->memory = b;
        p->bytes += (made + 1) * sizeof *b;
    }
    b->left -= units;
    return b + 1 + (b->n - b->left - units);
}

struct plan *plan_keep(struct plan *p)
{
    ++p->users;
    return p;
}

void plan_release(struct plan *p)
{
    if (!p)
        return;
    assert(p->users > 0);
    if (--p->users > 0)
        return;
    if (p->schedule_free)
        p->schedule_free(p->schedule);
    for (int i = 0; i < p->n_args; ++i) {
        view_release(p->arg[i].view);
        deal_release(p->arg[i].ranks);
        deal_release(p->arg[i].results);
    }
    deal_release(p->iteration);
    while (p->memory) {
        struct block *b = p->memory;
        p->memory = b->next;
        base_free(b);
    }
    base_free(p);
}

int plan_result_rank(const struct plan *p, int k, int r)
{
    const struct plan_arg *a = &p->arg[k];
    if (p->replicated)
        return r;
    if (a->result)
        return a->result[r] >= 0 ? a->result[r] : r;
    if (a->results->kind == DEAL_ONE)
        return deal_has(a->ranks, r) ? a->results->one : r;
    if (a->results->kind != DEAL_GRID)
        return r;
    for (int d = 0; d < a->results->n_axes; ++d) { /* the first along the axes that move no element */
        const struct deal_axis *x = &a->results->axis[d];
        if (a->results->only >> d & 1)
            r -= r / x->stride % x->n * x->stride;
    }
    return r;
}

/* ---- by the grid ---- */

/* Coordinates [*c0, *c1) of one cut whose intervals may meet [low, high); the cut runs either way. */
static void narrow(const int64_t *lows, const int64_t *highs, int n, int64_t low, int64_t high,
                   int *c0, int *c1)
{
    const bool up = lows[n - 1] > lows[0] || (lows[n - 1] == lows[0] && highs[n - 1] >= highs[0]);
    int        a = *c0, b = *c1;
    while (a < b) { /* the first that is not wholly before */
        const int  m = a + (b - a) / 2;
        const bool before = up ? highs[m] <= low : lows[m] >= high;
        if (before)
            a = m + 1;
        else
            b = m;
    }
    *c0 = a;
    b = *c1;
    while (a < b) { /* the first that is wholly behind */
        const int  m = a + (b - a) / 2;
        const bool behind = up ? lows[m] >= high : highs[m] <= low;
        if (behind)
            b = m;
        else
            a = m + 1;
    }
    *c1 = a;
}

struct span {
    int low[TSR_MAX_RANK], high[TSR_MAX_RANK];
};

static bool span_of(const struct plan *p, const struct plan_arg *a, const struct region *r,
                    struct span *out)
{
    for (int e = 0; e < p->rank; ++e) {
        out->low[e] = 0;
        out->high[e] = p->grid[e];
    }
    for (int j = 0; j < r->rank; ++j) {
        const int e = a->cut_by[j];
        if (e >= 0)
            narrow(a->cut_low[j], a->cut_high[j], p->grid[e], r->low[j], r->high[j], &out->low[e],
                   &out->high[e]);
    }
    for (int e = 0; e < p->rank; ++e)
        if (out->low[e] >= out->high[e])
            return false;
    return true;
}

static int point_at(const struct plan *p, const int *at)
{
    int n = 0;
    for (int e = 0; e < p->rank; ++e)
        n = n * p->grid[e] + at[e];
    return n;
}

static bool span_next(const struct span *s, int rank, int *at)
{
    for (int e = rank - 1; e >= 0; --e) {
        if (++at[e] < s->high[e])
            return true;
        at[e] = s->low[e];
    }
    return false;
}

static int find_by_grid(const struct plan *p, const struct plan_arg *a, const struct region *r,
                        int *out, int max)
{
    struct span s;
    int         at[TSR_MAX_RANK] = {0}, n = 0;
    if (!span_of(p, a, r, &s))
        return 0;
    for (int e = 0; e < p->rank; ++e)
        at[e] = s.low[e];
    do {
        const int point = point_at(p, at);
        if (!region_meets(&a->region[point], r))
            continue;
        if (n < max)
            out[n] = point;
        ++n;
    } while (span_next(&s, p->rank, at));
    return n;
}

/* ---- by search ---- */

static int find_by_scan(const struct plan *p, const struct plan_arg *a, const struct region *r,
                        int *out, int max)
{
    int n = 0;
    for (int i = 0; i < p->n_points; ++i)
        if (region_meets(&a->region[i], r)) {
            if (n < max)
                out[n] = i;
            ++n;
        }
    return n;
}

static int compare_ints(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Entries of by_low that begin below `high`. */
static int begin_below(const struct plan *p, const struct plan_arg *a, int64_t high)
{
    int low = 0, end = p->n_points;
    while (low < end) {
        const int m = low + (end - low) / 2;
        if (a->region[a->by_low[m]].low[0] < high)
            low = m + 1;
        else
            end = m;
    }
    return low;
}

/* Which entries meet r, newest position first; how many, or -1 when they pass `max`. */
static int find_by_order(const struct plan *p, const struct plan_arg *a, const struct region *r,
                         int *out, int max)
{
    int n = 0;
    for (int i = begin_below(p, a, r->high[0]) - 1; i >= 0 && a->reach[i] > r->low[0]; --i) {
        const int point = a->by_low[i];
        if (!region_meets(&a->region[point], r))
            continue;
        if (n == max)
            return -1;
        out[n++] = point;
    }
    qsort(out, (size_t)n, sizeof *out, compare_ints);
    return n;
}

int plan_find_points(const struct plan *p, int arg, const struct region *r, int *out, int max)
{
    const struct plan_arg *a = &p->arg[arg];
    if (p->n_points == 0 || region_is_empty(r) || !a->region)
        return 0;
    if (a->by_grid)
        return find_by_grid(p, a, r, out, max);
    const int n = a->by_low ? find_by_order(p, a, r, out, max) : -1;
    return n >= 0 ? n : find_by_scan(p, a, r, out, max);
}

/* ---- the order ---- */

struct begin {
    int64_t low;
    int     point;
};

static int compare_begins(const void *a, const void *b)
{
    const struct begin *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

bool plan_index_points(struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    const int        n = p->n_points;
    if (a->by_grid || n < SORT_FROM || a->view->root_rank == 0)
        return true;
    struct begin *order = base_calloc((size_t)n, sizeof *order);
    int          *by_low = plan_memory(p, n, sizeof *by_low);
    a->reach = plan_memory(p, n, sizeof *a->reach);
    if (!order || !by_low || !a->reach) {
        base_free(order);
        return false;
    }
    for (int i = 0; i < n; ++i)
        order[i] = (struct begin){a->region[i].low[0], i};
    qsort(order, (size_t)n, sizeof *order, compare_begins);
    for (int i = 0; i < n; ++i) {
        const int64_t high = a->region[order[i].point].high[0];
        by_low[i] = order[i].point;
        a->reach[i] = i ? max64(a->reach[i - 1], high) : high;
    }
    a->by_low = by_low;
    base_free(order);
    return true;
}
