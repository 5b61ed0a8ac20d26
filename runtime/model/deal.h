/* model/deal.h - which box each rank has, as a function of its number.
 *
 * What ranks share speaks of boxes of all ranks: the iteration boxes of an operation, what its arguments
 * meet, who wrote what.  A deal says it in words that do not grow with the number of ranks:
 *
 *   NONE   nobody has a box          ONE   rank `one` has the hull
 *   ALL    everybody has the hull    LIST  box[r], where nothing else fits
 *   GRID   ranks stand in a grid: along axis k rank r has coordinate c = r / stride % n, and an even cut
 *          B(c) = base * c / n, rounded to a multiple of unit (B(0) = 0, B(n) = base).  Along dimension d
 *          of the boxes, driven by axis `by` with scale s > 0, coordinate c has
 *
 *              [max(s B(c) + low, hull.low), min(s B(c + 1) + high, hull.high))
 *
 *          where the first begins at hull.low and the last ends at hull.high; with s < 0 the ends change
 *          places.  Undriven dimensions are the hull's.  Who has an empty piece of an axis, or a coordinate
 *          other than 0 along an axis of the mask `only`, has no box.
 *
 * Boxes are of root (or iteration) indices, of rank 1 or more but for NONE, ONE and ALL.  Deals are
 * immutable once made, and counted.  Equal deals have equal hashes.
 *
 * Cost: box and has O(rank); walking O(rank + met); the rest O(rank) but for LIST, where it is O(ranks),
 * and where said.  Threads: counts belong to the issuing thread; questions are pure. */
#ifndef TESSERA_MODEL_DEAL_H
#define TESSERA_MODEL_DEAL_H

#include "model/region.h"

enum deal_kind { DEAL_NONE, DEAL_ALL, DEAL_ONE, DEAL_GRID, DEAL_LIST };

struct deal_axis {
    int     n, stride;
    int64_t base, unit;
};

struct deal_side {
    int     by;        /* axis; -1: all have the hull's */
    int64_t scale;     /* not 0 */
    int64_t low, high; /* added */
};

struct deal {
    int32_t        users;
    enum deal_kind kind;
    int            n_ranks, rank; /* rank: of the boxes */
    int            one;
    bool           disjoint;      /* boxes of different ranks do not meet */
    bool           solid;         /* disjoint, and together the hull */
    uint64_t       hash;
    tsr_box        hull;          /* of all; exact where not empty pieces are clipped away */
    /* GRID */
    int            n_axes;        /* of n > 1; by descending stride */
    unsigned       only;
    bool           full;          /* every piece of every axis has an index */
    struct deal_axis axis[TSR_MAX_RANK];
    struct deal_side side[TSR_MAX_RANK];
    /* LIST */
    tsr_box       *box;           /* [n_ranks] behind the record; others: NULL, and the record ends here */
};

/* ---- making; NULL: no memory ---- */

struct deal *deal_none(int n_ranks, int rank);
struct deal *deal_all(int n_ranks, const tsr_box *box);
struct deal *deal_one(int n_ranks, int one, const tsr_box *box);
/* Boxes are copied; empty ones and those of rank -1 are none. */
struct deal *deal_list(int n_ranks, int rank, const tsr_box *boxes);
/* A GRID as described by kind, n_ranks, rank, hull, axes in any order (n = 1 too), sides, only: normalized,
 * the rest filled in.  The product of the axes is n_ranks. */
struct deal *deal_grid(const struct deal *d);
/* Rank r has r's share of dimension `d` of the hull, as even as they come. */
struct deal *deal_blocks(int n_ranks, const tsr_box *hull, int d);
/* Each rank's hull of both; same n_ranks and rank.  Of grids of the same axes it may hold more, but no more
 * than its own hull. */
struct deal *deal_hull(const struct deal *a, const struct deal *b);
struct deal *deal_keep(struct deal *d);
void         deal_release(struct deal *d); /* takes NULL */

/* ---- asking ---- */

/* Rank r's; empty (low = high = 0 along each dimension) where it has none; for rank 0: ask deal_has. */
tsr_box deal_box(const struct deal *d, int r);
bool    deal_has(const struct deal *d, int r);
/* How many ranks have one; O(1) but for irregular cuts. */
int     deal_count(const struct deal *d);
/* The same function, written alike? */
bool    deal_same(const struct deal *a, const struct deal *b);
/* Does every box of `a` stand inside the same rank's box of `b`?  May say no where grids differ in axes and
 * yet stand so. */
bool    deal_within(const struct deal *a, const struct deal *b);
/* May a box of `a` meet a box of `b`?  False is certain; true is certain but where a grid leaves gaps. */
bool    deal_meets(const struct deal *a, const struct deal *b);
/* Has every piece of every axis an index? */
static inline bool deal_is_full(const struct deal *d)
{
    return d->kind != DEAL_GRID || d->full;
}
/* Of a GRID: the box at these coordinates of its axes. */
tsr_box deal_box_at(const struct deal *d, const int *at);
/* Where cut `c` (0 .. n) of an axis stands. */
int64_t deal_cut(const struct deal_axis *a, int c);
/* Along dimension k of a GRID: what coordinate c of its axis has. */
void    deal_interval(const struct deal *d, int k, int c, int64_t *low, int64_t *high);
/* A word of a deal's function for tables: equal words, equal functions. */
enum { DEAL_MOST_WORDS = 8 + 4 * TSR_MAX_RANK + 6 * TSR_MAX_RANK };
/* As words; NULL for LIST.  How many. */
int     deal_words(const struct deal *d, int64_t out[DEAL_MOST_WORDS]);

/* ---- walking: ranks whose boxes meet a box, ascending ----
 *
 *     struct deal_walk w = deal_walk_begin(d, &box);
 *     while (deal_walk_next(&w)) ... w.r, w.box (all of the rank's box)
 */
struct deal_walk {
    const struct deal *d;
    tsr_box            met;
    int                r;   /* out */
    tsr_box            box; /* out */
    /* own */
    bool               over, begun;
    int                from[TSR_MAX_RANK], to[TSR_MAX_RANK], at[TSR_MAX_RANK];
};
struct deal_walk deal_walk_begin(const struct deal *d, const tsr_box *met);
bool             deal_walk_next(struct deal_walk *w);

#endif
