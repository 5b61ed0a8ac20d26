/* array_matmul.h - the product of two stacks of matrices, as tasks over tiles. */
#ifndef ARRAY_MATMUL_H
#define ARRAY_MATMUL_H

#include "array_inside.h"

/* The product of (..., m, k) and (..., k, n), stacks of one shape (views that repeat are well), elements of
 * one type that is no half: a new array, failed where that fails.  O(tiles) work, one operation. */
nd_array array_matmul_tiles(nd_array a, nd_array b, nd_type type, const nd_shape *shape, int64_t k,
                            tsr_site at);
/* How many tiles the result of a product has. */
int64_t array_matmul_count(const nd_shape *shape);

#endif
