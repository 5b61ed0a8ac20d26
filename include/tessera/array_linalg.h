/* tessera/array_linalg.h - products of matrices and vectors.
 *
 *     nd_array c = nd_matmul(a, nd_matrix_transpose(b));
 *     double   s = nd_value(nd_dot(x, y));
 *
 * The work is cut into tiles that follow from the shapes alone, and products are added up in an order that
 * follows from the shapes alone: the same bits on any number of workers and ranks of machines whose
 * processors have the same vectors.  Products of float and complex matrices are OpenBLAS's, which is loaded
 * by the first call that needs it and from then on runs on one thread in all of the process
 * (TESSERA works on many tiles at once); OPENBLAS_CORETYPE, where set, says which of its kernels are used.
 * Integers are exact (they wrap), bool is "or" of "and"s, float16 and bfloat16 are computed in float32 and
 * rounded once.  Where OpenBLAS is not installed, the calls fail with ENVIRONMENT. */
#ifndef TESSERA_ARRAY_LINALG_H
#define TESSERA_ARRAY_LINALG_H

#include <tessera/array_core.h>
#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of products. */
typedef struct nd_product_options {
    size_t   size;
    tsr_site at;
    nd_array out; /* write there, and answer with it; {0}: a new array.  It has the result's shape, and a type
                     that holds the result's kind; it may be an operand, for the product is made first */
} nd_product_options;
/* The product of matrices.
 * Shape: (m, k) by (k, n) gives (m, n); further dimensions in front are stacks, and broadcast; of one
 * dimension the first is a row, the second a column, and the dimension goes.
 * Types: promote.  Fails: BAD_SHAPE (a number; inner extents that differ; stacks that do not broadcast;
 * an `out` of another shape), BAD_TYPE (an `out` of another kind).
 * Source: numpy.matmul. */
TSR_API nd_array nd_matmul_(nd_array a, nd_array b, const nd_product_options *o);
/* nd_matmul(a, b), nd_matmul(a, b, .out = c): as above. */
#define nd_matmul(a, b, ...)                                                                       \
    nd_matmul_((a), (b), TSR_OPTIONS_(nd_product_options, __VA_ARGS__))
/* The sum of products over the last dimension of `a` and the last but one (of one dimension: the only one)
 * of `b`; of 0-dimensional arrays the product.
 * Shape: (i, j, k) by (l, k, n) gives (i, j, l, n).  Fails: BAD_SHAPE (these extents differ, or the result has
 * more than 8 dimensions); for `out` as nd_matmul.  Source: numpy.dot. */
TSR_API nd_array nd_dot_(nd_array a, nd_array b, const nd_product_options *o);
/* nd_dot(a, b), nd_dot(a, b, .out = c): as above. */
#define nd_dot(a, b, ...) nd_dot_((a), (b), TSR_OPTIONS_(nd_product_options, __VA_ARGS__))
/* The sum of products over the last dimensions of both; of 0-dimensional arrays the product.
 * Fails: as nd_dot.  Source: numpy.inner. */
TSR_API nd_array nd_inner_(nd_array a, nd_array b, tsr_site at);
/* nd_inner(a, b): as above. */
#define nd_inner(a, b) nd_inner_((a), (b), TSR_HERE)
/* The sum of products of all elements, those of `a` conjugated.  Fails: BAD_SHAPE (not as many elements).
 * Source: numpy.vdot. */
TSR_API nd_array nd_vdot_(nd_array a, nd_array b, tsr_site at);
/* nd_vdot(a, b): as above. */
#define nd_vdot(a, b) nd_vdot_((a), (b), TSR_HERE)
/* Every element of `a` times every element of `b`: (m, n) of m and n elements.  Fails: for `out` as
 * nd_matmul.  Source: numpy.outer. */
TSR_API nd_array nd_outer_(nd_array a, nd_array b, const nd_product_options *o);
/* nd_outer(a, b), nd_outer(a, b, .out = c): as above. */
#define nd_outer(a, b, ...) nd_outer_((a), (b), TSR_OPTIONS_(nd_product_options, __VA_ARGS__))
/* The sum of products over the last `n` dimensions of `a` and the first `n` of `b`; of none the outer product.
 * Shape: (i, j, k) by (j, k, l) over two gives (i, l).  Fails: BAD_ARGUMENT (there are not as many
 * dimensions); BAD_SHAPE (their extents differ, or the result has more than 8).  Source: numpy.tensordot. */
TSR_API nd_array nd_tensordot_(nd_array a, nd_array b, int n, tsr_site at);
/* nd_tensordot(a, b, 2): as above. */
#define nd_tensordot(a, b, n) nd_tensordot_((a), (b), (n), TSR_HERE)
/* The same over dimensions of `a` with as many of `b`, pair by pair; none (n 0): the outer product.
 * Fails: as nd_tensordot; BAD_ARGUMENT (a dimension is given twice). */
TSR_API nd_array nd_tensordot_axes_(nd_array a, nd_array b, nd_axes axes_a, nd_axes axes_b,
                                    tsr_site at);
/* nd_tensordot_axes(a, b, ND_AXES(0, 2), ND_AXES(1, 0)): as above. */
#define nd_tensordot_axes(a, b, ...) nd_tensordot_axes_((a), (b), __VA_ARGS__, TSR_HERE)
/* A view with the last two dimensions exchanged.  Fails: BAD_SHAPE of fewer dimensions.
 * Source: numpy.matrix_transpose. */
TSR_API nd_array nd_matrix_transpose_(nd_array a, tsr_site at);
/* nd_matrix_transpose(a): as above. */
#define nd_matrix_transpose(a) nd_matrix_transpose_((a), TSR_HERE)

/* ---- equations ----
 *
 * Types: float32, float64, complex64, complex128; bool and integers are computed in float64.  Fails: BAD_TYPE of
 * halves; BAD_SHAPE; what only the numbers show is told where a value is asked for (TASK_FAILED, where NumPy
 * raises LinAlgError).  One matrix is factored block by block, on all cores and ranks; of a stack of
 * matrices each is factored in one task. */

/* The Cholesky factor L, a lower triangle: a = L L^H.  Only the lower triangle of `a` is read.
 * Shape: (..., n, n).  Fails: TASK_FAILED "Matrix is not positive definite".  Source: numpy.linalg.cholesky. */
TSR_API nd_array nd_cholesky_(nd_array a, tsr_site at);
/* nd_cholesky(a): as above. */
#define nd_cholesky(a) nd_cholesky_((a), TSR_HERE)

/* The x of a x = b, by LU with partial pivoting.  Shape: (n, n) and (n,) or (n, columns).
 * Fails: TASK_FAILED "Singular matrix" (a pivot is 0).  Source: numpy.linalg.solve, of one matrix. */
TSR_API nd_array nd_solve_(nd_array a, nd_array b, tsr_site at);
/* nd_solve(a, b): as above. */
#define nd_solve(a, b) nd_solve_((a), (b), TSR_HERE)

/* The inverse, as the solution of a x = 1; to solve, nd_solve is faster and closer.  Shape: (n, n).
 * Fails: TASK_FAILED "Singular matrix".  Source: numpy.linalg.inv, of one matrix. */
TSR_API nd_array nd_inv_(nd_array a, tsr_site at);
/* nd_inv(a): as above. */
#define nd_inv(a) nd_inv_((a), TSR_HERE)

/* How to solve with a triangle; zero means the default. */
typedef struct nd_triangular_options {
    size_t   size;
    tsr_site at;
    bool     lower;         /* the lower triangle is read; default: the upper one */
    bool     transpose;     /* solve a^T x = b */
    bool     unit_diagonal; /* the diagonal is 1, and not read */
} nd_triangular_options;
/* The x of a x = b, where `a` is a triangle; the other half is not read.
 * Shape: (n, n) and (n,) or (n, columns).  Fails: TASK_FAILED "Singular matrix" (0 on the diagonal).
 * Source: scipy.linalg.solve_triangular. */
TSR_API nd_array nd_solve_triangular_(nd_array a, nd_array b, const nd_triangular_options *o);
/* nd_solve_triangular(l, b, .lower = true): as above. */
#define nd_solve_triangular(a, b, ...)                                                             \
    nd_solve_triangular_((a), (b), TSR_OPTIONS_(nd_triangular_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
