/* array_index.h - arrays of indices made one table, and what moves elements by it.
 *
 * Threads: the issuing thread. */
#ifndef ARRAY_INDEX_H
#define ARRAY_INDEX_H

#include "array_inside.h"

/* Elements named by indices: `k` numbers for each of `n` points, for the first dimensions. */
struct array_picked {
    nd_array   a; /* its first k dimensions are indexed */
    array_info info;
    int        k;
    int64_t    n;
    tsr_store  table; /* n x k of int64, each within its dimension */
    tsr_site   at;
};

/* Begin: the table of `n` points, not yet written. */
tsr_status array_pick_begin(struct array_picked *p, nd_array a, const array_info *info, int k,
                            int64_t n, tsr_site at) TSR_MUST_CHECK;
/* Write column `column` of the table from `index`, of one dimension and n elements: indices that
 * count `extent` elements, those of dimension `column` or, where is_flat, of all in C order; `axis`
 * is how a failure names it. */
tsr_status array_pick_column(struct array_picked *p, nd_array index, int column, int axis,
                             bool is_flat, nd_index_mode mode) TSR_MUST_CHECK;
/* A new array of the elements: (n, dimensions of `a` behind the first k). */
nd_array array_pick_read(const struct array_picked *p);
/* Write `values`, of the type of `a` and the shape that array_pick_read gives, to the elements. */
tsr_status array_pick_write(const struct array_picked *p, nd_array values) TSR_MUST_CHECK;

/* The elements (rows) of `a` where `mask`, of bools in the first dimensions of `a`, is true. */
nd_array array_select(nd_array a, const array_info *info, nd_array mask, tsr_site at);
/* The indices where `mask`, of bools, is true: n x dimensions, or in C order n. */
nd_array array_where_true(nd_array mask, const array_info *info, bool is_flat, tsr_site at);

#endif
