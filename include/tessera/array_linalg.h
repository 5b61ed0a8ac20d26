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

#ifdef __cplusplus
extern "C" {
#endif

/* The product of matrices.
 * Shape: (m, k) by (k, n) gives (m, n); further dimensions in front are stacks, and broadcast; of one
 * dimension the first is a row, the second a column, and the dimension goes.
 * Types: promote.  Fails: BAD_SHAPE (a number; inner extents that differ; stacks that do not broadcast).
 * Source: numpy.matmul. */
TSR_API nd_array nd_matmul_(nd_array a, nd_array b, tsr_site at);
/* nd_matmul(a, b): as above. */
#define nd_matmul(a, b) nd_matmul_((a), (b), TSR_HERE)
/* The sum of products over the last dimension of `a` and the last but one (of one dimension: the only one)
 * of `b`; of 0-dimensional arrays the product.
 * Shape: (i, j, k) by (l, k, n) gives (i, j, l, n).  Fails: BAD_SHAPE (these extents differ, or the result has
 * more than 8 dimensions).  Source: numpy.dot. */
TSR_API nd_array nd_dot_(nd_array a, nd_array b, tsr_site at);
/* nd_dot(a, b): as above. */
#define nd_dot(a, b) nd_dot_((a), (b), TSR_HERE)
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
/* Every element of `a` times every element of `b`: (m, n) of m and n elements.  Source: numpy.outer. */
TSR_API nd_array nd_outer_(nd_array a, nd_array b, tsr_site at);
/* nd_outer(a, b): as above. */
#define nd_outer(a, b) nd_outer_((a), (b), TSR_HERE)
/* A view with the last two dimensions exchanged.  Fails: BAD_SHAPE of fewer dimensions.
 * Source: numpy.matrix_transpose. */
TSR_API nd_array nd_matrix_transpose_(nd_array a, tsr_site at);
/* nd_matrix_transpose(a): as above. */
#define nd_matrix_transpose(a) nd_matrix_transpose_((a), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
