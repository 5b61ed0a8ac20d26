/* array_triangular.h - steps of factorisations: blocks of matrices, as tasks.  Threads: the issuing thread. */
#ifndef ARRAY_TRIANGULAR_H
#define ARRAY_TRIANGULAR_H

#include "array_matmul.h"

enum { ARRAY_BLOCK = 256 };

/* How a step is taken. */
enum {
    STEP_LOWER = 1,  /* the triangle is the lower one */
    STEP_UNIT = 2,   /* its diagonal is 1, and not read */
    STEP_TURNED = 4, /* what is solved for is a turned view */
    STEP_HALF = 8    /* of what is updated only the blocks on and below the diagonal */
};

/* A view of rows [i, i_end) and columns [j, j_end) of a matrix. */
nd_array array_block(nd_array a, int64_t i, int64_t i_end, int64_t j, int64_t j_end, tsr_site at);
/* x = the inverse of the triangle d, times x; a triangle of at most ARRAY_BLOCK rows. */
tsr_status array_step_solve(nd_array d, nd_array x, int how, tsr_site at) TSR_MUST_CHECK;
/* c -= a b. */
tsr_status array_step_update(nd_array c, nd_array a, nd_array b, int how,
                             tsr_site at) TSR_MUST_CHECK;
/* x = the inverse of the triangle `a` (n, n), times x (n, columns): block by block. */
tsr_status array_triangle_solve(nd_array a, nd_array x, int64_t n, int how,
                                tsr_site at) TSR_MUST_CHECK;
/* The type that linear equations are solved in; TSR_TYPE_ANY, and a failure, of halves. */
nd_type array_linear_type(const char *name, nd_type t, tsr_site at);

#endif
