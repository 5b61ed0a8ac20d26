/* solve/leaf.c - canonical leaves: boxes of the iteration that depend on nothing but its extents and
 * the task type (DESIGN 4).
 *
 * Powers of two: along the innermost dimension up to 512 (all of `leaf_elements` where it is the only
 * one), then the others doubled in turn, innermost first, while the leaf has at most `leaf_elements`;
 * no dimension further than covers its extent. Then along the outermost until the leaf has four
 * times as many elements as its accumulator, or covers the extent.
 *
 * Of several REDUCE arguments the one counts whose accumulator is the largest for the leaf without
 * the last rule; the first among equals.
 *
 * Cost: O(log of the leaf); the lists O(leaves of this rank * arguments). Threads: pure functions. */
#include "base/mutant.h"
#include "base/mutant.h"
#include "solve/problem.h"

enum { INNERMOST = 512, ACCUMULATOR_TIMES = 4 };

/* Double leaf[d] if it does not cover its extent and the leaf stays within `most`. */
static bool leaf_double(int64_t *leaf, const int64_t *extents, int d, int64_t *elements,
                        int64_t most)
{
    if (leaf[d] >= extents[d] || *elements > most / 2)
        return false;
    leaf[d] *= 2;
    *elements *= 2;
    return true;
}

static int64_t accumulator_of(int rank, const int64_t *leaf, unsigned kept, int64_t rest)
{
    for (int d = 0; d < rank; ++d)
        if (kept >> d & 1)
            rest = mul64(rest, leaf[d]);
    return rest;
}

void tsr_leaf_extents(int rank, const int64_t *extents, int64_t leaf_elements, unsigned kept,
                      int64_t accumulator_rest, int64_t *out_leaf)
{
    int64_t elements = 1;
    for (int d = 0; d < rank; ++d)
        out_leaf[d] = 1;
    if (rank <= 0)
        return;
    const int64_t inner = rank == 1 ? leaf_elements : min64(INNERMOST, leaf_elements);
    while (leaf_double(out_leaf, extents, rank - 1, &elements, inner))
        ;
    for (bool grew = true; grew;) {
        grew = false;
        for (int d = rank - 2; d >= 0; --d)
            grew |= leaf_double(out_leaf, extents, d, &elements, leaf_elements);
    }
    while (elements <
               mul64(ACCUMULATOR_TIMES, accumulator_of(rank, out_leaf, kept, accumulator_rest)) &&
           leaf_double(out_leaf, extents, 0, &elements, INT64_MAX / 2))
        ;
}

/* ---- of an operation ---- */

struct accumulator {
    unsigned kept; /* iteration dimensions that move it */
    int64_t  rest; /* elements along the others of its dimensions */
};

static struct accumulator accumulator(const struct problem *q, int arg)
{
    struct accumulator a = {0, 1};
    const struct view *v = q->op->arg[arg].view;
    for (int d = 0; d < v->rank; ++d) {
        bool feeds = false;
        for (int r = 0; r < v->root_rank; ++r)
            feeds |= v->a[r][d] != 0;
        if (d < q->rank && solve_drives(q, arg, d))
            a.kept |= 1u << d;
        else if (feeds)
            a.rest = mul64(a.rest, v->extent[d]);
    }
    return a;
}

static int largest_accumulator(const struct problem *q, const int64_t *leaf)
{
    int     best = -1;
    int64_t most = -1;
    for (int i = 0; i < q->op->n_args; ++i) {
        if (q->desc->args[i].access != TSR_REDUCE || !access_is_store(q->op, i))
            continue;
        const struct accumulator a = accumulator(q, i);
        const int64_t            size = accumulator_of(q->rank, leaf, a.kept, a.rest);
        if (size > most) {
            most = size;
            best = i;
        }
    }
    return best;
}

void solve_leaf_of(const struct problem *q, const int64_t *extent, bool with_accumulator,
                   int64_t *out_leaf, int *out_arg)
{
    const int64_t elements = q->rt->config.leaf;
    tsr_leaf_extents(q->rank, extent, elements, 0, 0, out_leaf);
    if (!with_accumulator)
        return;
    *out_arg = largest_accumulator(q, out_leaf);
    if (*out_arg >= 0) {
        const struct accumulator a = accumulator(q, *out_arg);
        tsr_leaf_extents(q->rank, extent, elements, a.kept, a.rest, out_leaf);
    }
    for (int d = 0; d < q->rank; ++d)
        if (q->desc->leaf[d] > 0)
            out_leaf[d] = q->desc->leaf[d];
    if (MUTANT(LEAF_SHIFTED) && q->rank > 0 && out_leaf[q->rank - 1] > 1)
        out_leaf[q->rank - 1] /= 2;
}

/* ---- the leaves of this rank, point by point ---- */

/* The box of coordinates, in the grid of leaves, that point's box covers. */
static void leaves_of_point(const struct plan *p, const int *at, tsr_box *out)
{
    *out = (tsr_box){.rank = p->rank};
    for (int d = 0; d < p->rank; ++d) {
        out->low[d] = p->cut[d][at[d]] / p->leaf[d];
        out->high[d] = ceil_div(p->cut[d][at[d] + 1], p->leaf[d]);
    }
}

static bool next_in_box(const tsr_box *b, int64_t *at)
{
    for (int d = b->rank - 1; d >= 0; --d) {
        if (++at[d] < b->high[d])
            return true;
        at[d] = b->low[d];
    }
    return false;
}

static bool next_in_grid(const struct plan *p, int *at)
{
    for (int d = p->rank - 1; d >= 0; --d) {
        if (++at[d] < p->grid[d])
            return true;
        at[d] = 0;
    }
    return false;
}

void solve_row(const struct problem *q, const struct plan *p, const tsr_box *it, int64_t *row)
{
    for (int i = 0; i < p->n_args; ++i) {
        const struct plan_arg *a = &p->arg[i];
        tsr_box                box;
        if (!a->store || a->unbound || a->image)
            continue;
        solve_derive_box(q, i, it, &box);
        for (int d = 0; d < a->rank; ++d) {
            row[a->box_at + d] = box.low[d];
            row[a->box_at + a->rank + d] = box.high[d];
        }
    }
}

static void add_leaf(const struct problem *q, struct plan *p, const int64_t *leaf, int n)
{
    tsr_box it = {.rank = p->rank};
    int64_t number = 0;
    for (int d = 0; d < p->rank; ++d) {
        number = number * p->leaf_grid[d] + leaf[d];
        it.low[d] = leaf[d] * p->leaf[d];
        it.high[d] = min64(it.low[d] + p->leaf[d], p->extent[d]);
    }
    p->leaf_number[n] = number;
    solve_row(q, p, &it, p->leaf_boxes + (int64_t)n * p->row);
}

static int64_t count_leaves(const struct plan *p)
{
    int64_t n = p->n_points > 0;
    for (int d = 0; d < p->rank; ++d)
        n = mul64(n, ceil_div(p->cut[d][p->grid[d]], p->leaf[d]) - p->cut[d][0] / p->leaf[d]);
    return n;
}

static void fill_leaves(const struct problem *q, struct plan *p)
{
    int at[TSR_MAX_RANK] = {0}, n = 0;
    for (int i = 0; i < p->n_points; ++i) {
        tsr_box leaves;
        p->point_leaf[i] = n;
        leaves_of_point(p, at, &leaves);
        int64_t leaf[TSR_MAX_RANK] = {0};
        for (int d = 0; d < p->rank; ++d)
            leaf[d] = leaves.low[d];
        if (!box_is_empty(&leaves))
            do
                add_leaf(q, p, leaf, n++);
            while (next_in_box(&leaves, leaf));
        next_in_grid(p, at);
    }
    p->point_leaf[p->n_points] = n;
}

tsr_status solve_list_leaves(const struct problem *q, struct plan *p)
{
    const int64_t n = count_leaves(p);
    if (n > INT32_MAX)
        return tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: %lld leaves on one rank", q->desc->name,
                         (long long)n);
    p->n_leaves = (int)n;
    p->point_leaf = plan_memory(p, p->n_points + 1, sizeof *p->point_leaf);
    p->leaf_number = plan_memory(p, n, sizeof *p->leaf_number);
    p->leaf_boxes = plan_memory(p, mul64(n, p->row), sizeof *p->leaf_boxes);
    if (!p->point_leaf || !p->leaf_number || !p->leaf_boxes)
        return tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory for its leaves", q->desc->name);
    fill_leaves(q, p);
    return TSR_OK;
}
