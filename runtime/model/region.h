/* model/region.h - boxes and strided boxes of root indices.
 *
 * A region is, along each dimension, the indices low, low + step, ... below high.  Normal form:
 * step >= 1, high = last index + 1, step = 1 where there is only one index; an empty region has
 * low = high in every dimension.  Threads: pure functions. */
#ifndef TESSERA_MODEL_REGION_H
#define TESSERA_MODEL_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include <tessera/store.h>

struct region {
    int     rank;
    int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK], step[TSR_MAX_RANK];
};

/* The region of all indices of a box, in normal form. */
struct region region_of_box(const tsr_box *b);
/* The least box that holds a region. */
tsr_box region_hull(const struct region *r);
/* No index at all? A region of rank 0 has one. */
bool region_is_empty(const struct region *r);
/* Bring low, high, step into normal form. */
void region_normalize(struct region *r);
/* Number of indices. */
int64_t region_volume(const struct region *r);
/* Do two regions of the same rank share an index?  Exact, also for steps (congruences by gcd). */
bool region_meets(const struct region *a, const struct region *b);
/* Do their hulls not meet?  For loops in which most do not. */
static inline bool region_is_apart(const struct region *a, const struct region *b)
{
    for (int d = 0; d < a->rank; ++d)
        if (a->low[d] >= b->high[d] || b->low[d] >= a->high[d])
            return true;
    return false;
}
/* Does `a` hold every index of `b`?  Exact. */
bool region_contains(const struct region *a, const struct region *b);
/* Same set of indices (both in normal form)? */
bool region_equal(const struct region *a, const struct region *b);
/* A word of what the region is; equal regions, equal words. */
uint64_t region_hash(uint64_t h, const struct region *r);

/* Boxes. */
bool    box_is_empty(const tsr_box *b);
int64_t box_volume(const tsr_box *b); /* saturates at INT64_MAX */
bool    box_equal(const tsr_box *a, const tsr_box *b);
bool    box_contains(const tsr_box *a, const tsr_box *b);
bool    box_meets(const tsr_box *a, const tsr_box *b);
/* Their common part; empty where there is none. */
tsr_box box_intersection(const tsr_box *a, const tsr_box *b);
/* The least box that holds both; an empty one does not count. */
tsr_box box_hull(const tsr_box *a, const tsr_box *b);
/* The box [0, extent). */
tsr_box box_of_shape(int rank, const int64_t *extent);
/* a without b, as at most 2 * rank boxes that do not meet; returns how many. */
int box_subtract(const tsr_box *a, const tsr_box *b, tsr_box out[2 * TSR_MAX_RANK]);

/* A growing list of boxes. */
struct box_list {
    int      n, capacity;
    tsr_box *box;
};
bool box_list_add(struct box_list *l, const tsr_box *b);          /* false: no memory; drops empty boxes */
bool box_list_subtract(struct box_list *l, const tsr_box *b);     /* every box without b */
void box_list_done(struct box_list *l);

#endif
