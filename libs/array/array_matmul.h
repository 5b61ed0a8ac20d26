/* array_matmul.h - the product of two stacks of matrices, as tasks over tiles. */
#ifndef ARRAY_MATMUL_H
#define ARRAY_MATMUL_H

#include "array_blas.h"

/* The product of (..., m, k) and (..., k, n), stacks of one shape (views that repeat are well), elements of
 * one type that is no half: a new array, failed where that fails.  O(tiles) work, one operation. */
nd_array array_matmul_tiles(nd_array a, nd_array b, nd_type type, const nd_shape *shape, int64_t k,
                            tsr_site at);
/* How many tiles the result of a product has. */
int64_t array_matmul_count(const nd_shape *shape);

/* A tile whose second matrix is one column: y = a x; strides in elements. */
struct array_matvec {
    nd_type     type; /* ND_F32 or ND_F64 */
    int64_t     m, k;
    const void *a, *x;
    void       *y;
    int64_t     a_stride[2], x_stride, y_stride;
};
/* Compute it; false: no memory.  Threads: any. */
bool array_matvec(const struct array_matvec *p);
/* Is a product of this type and shape one that array_matvec computes? */
bool array_is_column(nd_type type, const nd_shape *out);

/* A matrix of a task's argument as BLAS takes it, packed where it must be: then *out_packed is to be freed.
 * False: no memory for that.  Threads: any. */
bool array_matrix_of(const char *data, const int64_t stride[2], int64_t rows, int64_t columns,
                     size_t bytes, struct array_matrix *out, void **out_packed);

#endif
