/* model/box.c - boxes of indices, and lists of boxes.
 *
 * The empty box has many forms; every function takes all of them, and those that give a box back give
 * low = high = 0 in every dimension for it. A difference a \ b is cut dimension by dimension: what of
 * a lies below b, what lies above, then the same of the slab between along the next dimension. The
 * parts do not meet and there are at most two a dimension. Cost: O(rank); of lists O(boxes * rank).
 * Threads: pure functions; a list belongs to its owner. */
#include <assert.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "model/region.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool box_is_empty(const tsr_box *b)
{
    for (int d = 0; d < b->rank; ++d)
        if (b->low[d] >= b->high[d])
            return true;
    return false;
}

int64_t box_volume(const tsr_box *b)
{
    int64_t n = 1;
    if (box_is_empty(b))
        return 0;
    for (int d = 0; d < b->rank; ++d)
        if (__builtin_mul_overflow(n, b->high[d] - b->low[d], &n))
            return INT64_MAX;
    return n;
}

bool box_equal(const tsr_box *a, const tsr_box *b)
{
    if (a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; ++d)
        if (a->low[d] != b->low[d] || a->high[d] != b->high[d])
            return box_is_empty(a) && box_is_empty(b);
    return true;
}

bool box_contains(const tsr_box *a, const tsr_box *b)
{
    assert(a->rank == b->rank);
    for (int d = 0; d < a->rank; ++d)
        if (b->low[d] < a->low[d] || b->high[d] > a->high[d])
            return box_is_empty(b);
    return true;
}

bool box_meets(const tsr_box *a, const tsr_box *b)
{
    assert(a->rank == b->rank);
    for (int d = 0; d < a->rank; ++d)
        if (greatest(a->low[d], b->low[d]) >= least(a->high[d], b->high[d]))
            return false;
    return true;
}

tsr_box box_intersection(const tsr_box *a, const tsr_box *b)
{
    assert(a->rank == b->rank);
    tsr_box c = {.rank = a->rank};
    for (int d = 0; d < a->rank; ++d) {
        c.low[d] = greatest(a->low[d], b->low[d]);
        c.high[d] = least(a->high[d], b->high[d]);
    }
    return box_is_empty(&c) ? (tsr_box){.rank = a->rank} : c;
}

tsr_box box_hull(const tsr_box *a, const tsr_box *b)
{
    assert(a->rank == b->rank);
    if (box_is_empty(a))
        return box_is_empty(b) ? (tsr_box){.rank = a->rank} : *b;
    if (box_is_empty(b))
        return *a;
    tsr_box c = {.rank = a->rank};
    for (int d = 0; d < a->rank; ++d) {
        c.low[d] = least(a->low[d], b->low[d]);
        c.high[d] = greatest(a->high[d], b->high[d]);
    }
    return c;
}

tsr_box box_of_shape(int rank, const int64_t *extent)
{
    tsr_box b;
    b.rank = rank;
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        b.low[d] = b.high[d] = 0;
    for (int d = 0; d < rank; ++d)
        b.high[d] = extent[d];
    return b;
}

int box_subtract(const tsr_box *a, const tsr_box *b, tsr_box out[2 * TSR_MAX_RANK])
{
    assert(a->rank == b->rank);
    if (box_is_empty(a))
        return 0;
    if (!box_meets(a, b)) {
        out[0] = *a;
        return 1;
    }
    int     n = 0;
    tsr_box rest = *a;
    for (int d = 0; d < a->rank; ++d) {
        if (rest.low[d] < b->low[d]) {
            out[n] = rest;
            out[n++].high[d] = b->low[d];
            rest.low[d] = b->low[d];
        }
        if (rest.high[d] > b->high[d]) {
            out[n] = rest;
            out[n++].low[d] = b->high[d];
            rest.high[d] = b->high[d];
        }
    }
    return n;
}

/* ---- lists ---- */

bool box_list_add(struct box_list *l, const tsr_box *b)
{
    if (box_is_empty(b))
        return true;
    if (l->n == l->capacity) {
        const int capacity = l->capacity ? 2 * l->capacity : 8;
        tsr_box  *grown = base_realloc(l->box, (size_t)capacity, sizeof *grown);
        if (!grown)
            return false;
        l->box = grown;
        l->capacity = capacity;
    }
    l->box[l->n++] = *b;
    return true;
}

bool box_list_subtract(struct box_list *l, const tsr_box *b)
{
    const tsr_box hole = *b; /* may stand in the list */
    const int     before = l->n;
    int           kept = 0;
    for (int i = 0; i < before; ++i) {
        tsr_box part[2 * TSR_MAX_RANK];
        int     n = box_subtract(&l->box[i], &hole, part);
        if (MUTANT(WRONG_SUBTRACT) && n > 1)
            --n;
        if (n > 0)
            l->box[kept++] = part[0];
        for (int k = 1; k < n; ++k)
            if (!box_list_add(l, &part[k]))
                return false;
    }
    /* What was added stands behind the old ones: close the gap. */
    for (int i = before; i < l->n; ++i)
        l->box[kept++] = l->box[i];
    l->n = kept;
    return true;
}

void box_list_done(struct box_list *l)
{
    base_free(l->box);
    *l = (struct box_list){0};
}
