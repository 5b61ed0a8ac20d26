/* array_blas.h - the served BLAS and LAPACK: one thread, loaded when first needed.
 *
 * Threads: array_blas_load on the issuing thread; the others any, once it was well. */
#ifndef ARRAY_BLAS_H
#define ARRAY_BLAS_H

#include "array_inside.h"

/* Load OpenBLAS if it is not there yet.  Fails: ENVIRONMENT. */
tsr_status array_blas_load(tsr_site at) TSR_MUST_CHECK;

/* A matrix in memory: element (i, j) is at data + (i * ld + j), or (j * ld + i) where it is turned. */
struct array_matrix {
    const void *data;
    int64_t     ld;
    bool        is_turned;
};

/* c = a b, or c -= a b: (m, k) by (k, n); c's rows are `ldc` elements apart.  Types: F32, F64, C64, C128.
 * All extents and distances fit an int. */
void array_blas_gemm(nd_type t, int64_t m, int64_t n, int64_t k, struct array_matrix a,
                     struct array_matrix b, void *c, int64_t ldc, bool subtracts);

/* x = the inverse of the triangle `d` (n, n), times x (n, columns). */
void array_blas_solve(nd_type t, int64_t n, int64_t columns, struct array_matrix d, bool is_lower,
                      bool is_unit, void *x, int64_t ldx, bool x_is_turned);
/* The Cholesky factor of the lower triangle of `a` (n, n) in its place; what is above stays.  0, or the order
 * of the minor that is not positive definite. */
int array_lapack_potrf(nd_type t, int64_t n, void *a, int64_t lda);
/* P, L and U of `a` (m, n) in its place, which is in Fortran's order.  Rows j and out_pivot[j] (from 1 on) were
 * exchanged.  0, or the number (from 1 on) of the first pivot that is 0. */
int array_lapack_getrf(nd_type t, int64_t m, int64_t n, void *a, int64_t lda, int *out_pivot);

#endif
